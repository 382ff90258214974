//! A database of a test's own, for the library's tests and those of `tests/it`: SQLite in a folder, or one on the
//! PostgreSQL server that `QUIBBLE_TEST_POSTGRES` names by its URL, reached through the pooler at
//! `QUIBBLE_TEST_POOLER` if there is one.

use sqlx::{Connection, Executor, PgConnection};
use std::sync::atomic::{AtomicU32, Ordering};
use tempfile::TempDir;

/// Where a test keeps its rows. They go with it.
pub enum TestDatabase {
    File(TempDir),
    Postgres {
        url: String,
        /// Past the pooler, if `url` goes through one.
        direct_url: Option<String>,
    },
}

/// A new, empty database.
pub async fn fresh() -> TestDatabase {
    static MADE: AtomicU32 = AtomicU32::new(0);
    let Some(server) = server() else { return TestDatabase::File(tempfile::tempdir().unwrap()) };
    let name = format!("test_{}_{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
    let mut admin = PgConnection::connect(&server).await.unwrap();
    let create = format!("CREATE DATABASE {name} TEMPLATE template0");
    admin.execute(sqlx::AssertSqlSafe(create)).await.unwrap();
    let named = |server: &str| {
        let (address, options) = server.split_once('?').unwrap_or((server, ""));
        format!("{}/{name}?{options}", address.rsplit_once('/').unwrap().0)
    };
    match setting("QUIBBLE_TEST_POOLER") {
        Some(pooler) => TestDatabase::Postgres { url: named(&pooler), direct_url: Some(named(&server)) },
        None => TestDatabase::Postgres { url: named(&server), direct_url: None },
    }
}

/// The server that these tests run on, if it is PostgreSQL.
pub fn server() -> Option<String> {
    setting("QUIBBLE_TEST_POSTGRES")
}

fn setting(name: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "the tests' own switches")]
    std::env::var(name).ok().filter(|url| !url.is_empty())
}
