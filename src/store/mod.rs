//! Durable rows. The database decides: whatever this room has acknowledged is on disk.
//!
//! SQLite in WAL mode with `synchronous = FULL`: one connection writes, a pool of others reads. SQL is written in the
//! subset that Postgres shares; what differs is in [`dialect`].

mod accounts;
mod answers;
mod banks;
mod bin;
mod codec;
mod dialect;
mod files;
#[cfg(test)]
mod fixture;
mod games;
mod imports;
mod migrate;
mod questions;
mod quizzes;
mod rounds;
mod search;
mod seats;
mod sessions;
mod upkeep;
mod versions;

#[cfg(test)]
mod tests;

pub use accounts::{Account, AccountRole, NewOwner, SetupKind};
pub use answers::{AnswerFate, SubmittedAnswer};
pub use banks::Bank;
pub use bin::{BinKind, Binned};
pub use games::{Appended, GameRow, GameStatus, NewGame, Projection};
pub use imports::{Import, ImportEnded, ImportProblem, ImportState, LeftOut, NewImport};
pub use migrate::MigrateError;
pub use questions::{FoundQuestion, NewQuestion, Placed, QuestionSearch, Reordered, Saved, StoredQuestion};
pub use quizzes::{Quiz, QuizContent, QuizDeleted};
pub use rounds::{QuizRound, Slotted};
pub use seats::{Claim, ClaimState, NewSeat, Pairing, Seat};
pub use sessions::{ApiToken, Session};
pub use versions::QuestionVersion;

use crate::limits::DB_TIMEOUT;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteRow, SqliteSynchronous,
};
use sqlx::{Row, Sqlite, Transaction};
use std::path::Path;
use std::time::Duration;
use uuid::Uuid;

/// Connections that read for live games, and for everything else: a long search or export keeps no game waiting.
const LIVE_READERS: u32 = 2;
const READERS: u32 = 3;

/// The database. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    writer: SqlitePool,
    live_readers: SqlitePool,
    readers: SqlitePool,
}

/// Why the database did not do as asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no room to write. Reading goes on, and writing heals when room returns.
    #[error("the disk is full")]
    DiskFull(#[source] sqlx::Error),
    /// The account has as many of these as it may.
    #[error("an account has at most {0} of these")]
    Full(usize),
    /// Another row has what must be unique.
    #[error("that exists already")]
    Exists,
    /// A row that cannot be read: written by a newer version, or damaged.
    #[error("stored data cannot be read: {0}")]
    Unreadable(String),
    #[error("the database does not answer: {0}")]
    Unavailable(#[source] sqlx::Error),
}

impl Store {
    /// Opens the database file, makes it where there is none, and brings its schema up to date. Nobody else may be
    /// serving it.
    ///
    /// # Errors
    /// When the file cannot be opened or its schema is not one that this version works with.
    pub async fn open(file: &Path) -> Result<Self, MigrateError> {
        let store = Self::attach(file, true).await?;
        migrate::run(&store.writer).await?;
        Ok(store)
    }

    /// Opens a database file that another process serves, as its schema is.
    ///
    /// # Errors
    /// When there is no such file.
    pub async fn open_beside(file: &Path) -> Result<Self, MigrateError> {
        Self::attach(file, false).await
    }

    async fn attach(file: &Path, create: bool) -> Result<Self, MigrateError> {
        let options = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(create)
            .busy_timeout(DB_TIMEOUT)
            .journal_mode(SqliteJournalMode::Wal)
            // NORMAL loses acknowledged commits in a power cut.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .pragma("trusted_schema", "OFF")
            // Where a plain sync leaves data in the cache of the drive (macOS).
            .pragma("fullfsync", "ON")
            .pragma("checkpoint_fullfsync", "ON")
            .optimize_on_close(true, None);
        let pool = SqlitePoolOptions::new().acquire_timeout(DB_TIMEOUT).max_lifetime(None).idle_timeout(None);
        let writer = pool.clone().max_connections(1).connect_with(options.clone()).await?;
        let options = options.read_only(true).create_if_missing(false);
        let readers = |count| {
            let pool = pool.clone().max_connections(count).idle_timeout(Duration::from_secs(300));
            pool.connect_lazy_with(options.clone())
        };
        Ok(Self { writer, live_readers: readers(LIVE_READERS), readers: readers(READERS) })
    }

    /// Ends when every connection is closed. What was committed is on disk before, too.
    pub async fn close(&self) {
        self.live_readers.close().await;
        self.readers.close().await;
        self.writer.close().await;
    }

    /// Whether the database can be read and written now: it writes a row, which a full disk refuses.
    ///
    /// # Errors
    /// What is wrong.
    pub async fn ping(&self, now_ms: i64) -> Result<(), StoreError> {
        sqlx::query("SELECT 1").execute(&self.live_readers).await?;
        let mut tx = self.begin().await?;
        sqlx::query("UPDATE heartbeat SET at = $1").bind(now_ms).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(())
    }

    /// A transaction that writes: it has the right to write from its first statement on.
    async fn begin(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        const BEGIN: &str = "BEGIN IMMEDIATE";
        match self.writer.begin_with(BEGIN).await {
            // After a failed write SQLite has rolled back on its own, which sqlx does not know: that connection would
            // refuse to begin for ever.
            Err(sqlx::Error::InvalidSavePointStatement) => {
                self.writer.acquire().await?.close().await?;
                Ok(self.writer.begin_with(BEGIN).await?)
            }
            begun => Ok(begun?),
        }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let Some(database) = error.as_database_error() else {
            return match error {
                sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => Self::Unreadable(error.to_string()),
                error => Self::Unavailable(error),
            };
        };
        if database.is_unique_violation() {
            return Self::Exists;
        }
        if dialect::is_disk_full(database) { Self::DiskFull(error) } else { Self::Unavailable(error) }
    }
}

/// Whether an account may have one more of what `counted` counts as `n`, by the owner as `$1`.
async fn has_room(
    tx: &mut Transaction<'static, Sqlite>,
    counted: &'static str,
    owner: Uuid,
    most: usize,
) -> Result<(), StoreError> {
    let row = sqlx::query(counted).bind(owner.to_string()).fetch_one(&mut **tx).await?;
    if count(&row, "n")? < most { Ok(()) } else { Err(StoreError::Full(most)) }
}

/// Instants and counts are 64 bits in the database.
fn int(n: impl TryInto<i64>) -> i64 {
    n.try_into().unwrap_or(i64::MAX)
}

/// A column that holds an id.
fn id(row: &SqliteRow, column: &str) -> Result<Uuid, StoreError> {
    parse_id(&row.try_get::<String, _>(column)?)
}

/// A column that may hold an id.
fn optional_id(row: &SqliteRow, column: &str) -> Result<Option<Uuid>, StoreError> {
    row.try_get::<Option<String>, _>(column)?.as_deref().map(parse_id).transpose()
}

fn parse_id(text: &str) -> Result<Uuid, StoreError> {
    Uuid::parse_str(text).map_err(|error| StoreError::Unreadable(format!("id {text:?}: {error}")))
}

/// A column that holds a whole number which is never negative.
fn count(row: &SqliteRow, column: &str) -> Result<usize, StoreError> {
    let n: i64 = row.try_get(column)?;
    usize::try_from(n).map_err(|_| StoreError::Unreadable(format!("{column} is {n}")))
}

fn from_json<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| StoreError::Unreadable(error.to_string()))
}

/// Our own types always serialise: they have string keys and no failing parts.
fn to_json<T: serde::Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Unreadable(error.to_string()))
}
