//! Durable rows, in SQLite or PostgreSQL. The database decides: whatever this room has acknowledged is on disk.
//!
//! SQL is written in the subset that both share; what differs is in [`dialect`], and how each is reached in
//! [`database`].

mod accounts;
mod answers;
pub mod backup;
mod banks;
mod batch;
mod bin;
mod certificates;
mod codec;
mod console_links;
#[cfg(test)]
pub(crate) mod contract;
pub mod copy;
mod database;
mod dialect;
mod failover;
mod files;
mod fill;
#[cfg(test)]
pub(crate) mod fixture;
mod games;
mod imports;
mod inspect;
mod jobs;
pub mod launch;
mod migrate;
mod outbox;
mod presence;
mod questions;
mod quizzes;
mod rounds;
mod sealed;
mod search;
mod seats;
mod sessions;
mod setup_links;
mod statistics;
mod tags;
mod tx;
mod upkeep;
mod uses;
mod versions;

#[cfg(test)]
mod tests;

use crate::store::tx::Tx;
pub use accounts::{Account, AccountListed, AccountRole, NewOwner};
pub use answers::{AnswerFate, SubmittedAnswer};
pub use banks::Bank;
pub use batch::{BatchAct, Batched};
pub use bin::{BinKind, Binned};
pub use certificates::{Attempt, CertificateClaim, Challenge, HeldCertificate, Outcome, Renewal, Stage};
pub use console_links::ConsoleLink;
pub use database::{Address, Store};
pub use fill::{Fill, Filled};
pub use games::{Appended, GameRow, GameStatus, NewGame, Projection};
pub use imports::{IMPORT_CHUNK, Import, ImportEnded, ImportProblem, ImportState, LeftOut, NewImport};
pub use inspect::{Inspection, Server};
pub use jobs::{Job, JobClaim, JobCount, JobOutcome, JobSearch, JobState, NewJob};
pub use migrate::{
    MIGRATION_LOCK, MigrateError, Step, StepState, newest_known as newest_schema, steps as schema_steps,
};
pub use presence::{Present, Seen};
pub use questions::{FoundQuestion, NewQuestion, Placed, QuestionSearch, Reordered, Saved, StoredQuestion};
pub use quizzes::{Quiz, QuizContent, QuizDeleted};
pub use rounds::{QuizRound, Slotted};
pub use sealed::{Sealed, SealedWhat};
pub use seats::{Claim, ClaimState, NewSeat, Pairing, Revoked, Seat};
pub use sessions::{ApiToken, Session};
pub use setup_links::SetupKind;
pub use statistics::DayPlayed;
pub use versions::QuestionVersion;

use sqlx::Row;
use sqlx::any::AnyRow;
use uuid::Uuid;

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
async fn has_room(tx: &mut Tx, counted: &'static str, owner: Uuid, most: usize) -> Result<(), StoreError> {
    database::alone(tx, &format!("rows of {owner}")).await?;
    let row = sqlx::query(counted).bind(owner.to_string()).fetch_one(&mut *tx).await?;
    if count(&row, "n")? < most { Ok(()) } else { Err(StoreError::Full(most)) }
}

/// Instants and counts are 64 bits in the database.
fn int(n: impl TryInto<i64>) -> i64 {
    n.try_into().unwrap_or(i64::MAX)
}

/// A column that holds an id.
fn id(row: &AnyRow, column: &str) -> Result<Uuid, StoreError> {
    parse_id(&row.try_get::<String, _>(column)?)
}

/// A column that may hold an id.
fn optional_id(row: &AnyRow, column: &str) -> Result<Option<Uuid>, StoreError> {
    row.try_get::<Option<String>, _>(column)?.as_deref().map(parse_id).transpose()
}

fn parse_id(text: &str) -> Result<Uuid, StoreError> {
    Uuid::parse_str(text).map_err(|error| StoreError::Unreadable(format!("id {text:?}: {error}")))
}

/// A column that holds a whole number which is never negative.
fn count(row: &AnyRow, column: &str) -> Result<usize, StoreError> {
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
