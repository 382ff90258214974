//! A database of a test's own, for the library's tests and those of `tests/it`: SQLite in a folder, or one on the
//! PostgreSQL server that `QUIBBLE_TEST_POSTGRES` names by its URL.

use sqlx::{Connection, Executor, PgConnection};
use std::sync::atomic::{AtomicU32, Ordering};
use tempfile::TempDir;

/// Where a test keeps its rows. They go with it.
pub enum TestDatabase {
    File(TempDir),
    Postgres { url: String },
}

/// A new, empty database.
pub async fn fresh() -> TestDatabase {
    static MADE: AtomicU32 = AtomicU32::new(0);
    let Some(server) = server() else { return TestDatabase::File(tempfile::tempdir().unwrap()) };
    let name = format!("test_{}_{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
    let mut admin = PgConnection::connect(&server).await.unwrap();
    let create = format!("CREATE DATABASE {name} TEMPLATE template0");
    admin.execute(sqlx::AssertSqlSafe(create)).await.unwrap();
    let (start, _) = server.rsplit_once('/').unwrap();
    TestDatabase::Postgres { url: format!("{start}/{name}") }
}

/// The server that these tests run on, if it is PostgreSQL.
pub fn server() -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "the tests' own switch")]
    std::env::var("QUIBBLE_TEST_POSTGRES").ok().filter(|url| !url.is_empty())
}
