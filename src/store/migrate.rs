//! Bringing the schema up to date at boot.

use super::StoreError;
use sqlx::migrate::Migrator;
use sqlx::sqlite::SqlitePool;

static MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");

/// Why the database could not be opened with the schema of this version.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    #[error("the database cannot be opened: {0}")]
    Open(#[from] sqlx::Error),
    #[error(
        "the database was written by a newer Quibble (its schema has step {found}, this version knows {known}). \
         Start the newer version again, or choose another data directory."
    )]
    Newer { found: i64, known: i64 },
    #[error("step {0} of the schema is not the one that made this database. Start the version that made it.")]
    Changed(i64),
    #[error("the schema could not be brought up to date: {0}")]
    Failed(#[source] sqlx::migrate::MigrateError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Applies every step that the database does not have yet. The caller holds the lock of the data directory, so nobody
/// else migrates.
pub(super) async fn run(writer: &SqlitePool) -> Result<(), MigrateError> {
    let known = MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or(0);
    MIGRATIONS.run(writer).await.map_err(|error| match error {
        sqlx::migrate::MigrateError::VersionMissing(found) => MigrateError::Newer { found, known },
        sqlx::migrate::MigrateError::VersionMismatch(step) => MigrateError::Changed(step),
        error => MigrateError::Failed(error),
    })
}
