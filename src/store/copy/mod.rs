//! The rows of one database in another, whichever of the two each is: counted and hashed on both sides.
//!
//! The source is read in one transaction, as it is at one instant, and the target written in another: either every row is
//! there and the same, or none.

mod side;
mod tables;
#[cfg(test)]
mod tests;

use super::{Address, MigrateError, Step, StepState, Store, StoreError, migrate};
use serde::Serialize;
use side::Side;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A replica writes to its database every second. One that has not done so for this long is gone, in milliseconds.
const REPLICA_SILENT_MS: i64 = 10_000;

/// What came of a copy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Copied {
    /// In the order in which they were copied.
    pub tables: Vec<TableCopied>,
}

/// The rows of one table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TableCopied {
    pub table: &'static str,
    pub rows: u64,
    /// SHA-256 over all of them, the same on both sides, in hexadecimal.
    pub sha256: String,
}

/// Rows that are there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TableCounted {
    pub table: &'static str,
    pub rows: u64,
}

/// How far a copy is.
#[derive(Clone, Copy, Debug)]
pub enum Progress {
    /// So many rows of a table were written.
    Written { table: &'static str, rows: u64 },
    /// All rows of a table were written; they are read again at the end.
    Done { table: &'static str, rows: u64 },
}

/// Whether somebody may be at work with the source meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceIs {
    /// What comes later is not wanted.
    MaybeServed,
    /// What came later would be lost.
    AtRest,
}

/// Which of the two databases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    Source,
    Target,
}

/// Why nothing was copied. The target has what it had.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    #[error(
        "{which} has an older schema (step {missing} of it is missing). Bring it up to date with `quibble migrate up`"
    )]
    Older { which: Which, missing: i64 },
    #[error(
        "{which} has a newer schema (step {found}; this version knows {known}). Copy it with the version that made it"
    )]
    Newer { which: Which, found: i64, known: i64 },
    #[error(
        "{which} has a step {step} of the schema that is not the one of this version. Copy it with the version that made it"
    )]
    Changed { which: Which, step: i64 },
    #[error(
        "there is data in the target already ({rows} rows in {table}). Give an empty database, or a file that is not there"
    )]
    NotEmpty { table: &'static str, rows: u64 },
    #[error("a Quibble is running with {0}. Stop every replica first, and wait for {seconds} seconds", seconds = REPLICA_SILENT_MS / 1_000)]
    Served(Which),
    #[error("the column {column} of {table} holds what this version does not copy ({kind})")]
    UnknownKind { table: &'static str, column: String, kind: String },
    #[error("{table} does not have the same columns on both sides")]
    OtherColumns { table: &'static str },
    #[error("a text in {column} of {table} holds the character NUL, which PostgreSQL does not store: {row}")]
    Nul { table: &'static str, column: String, row: String },
    #[error(
        "{table} is not the same on both sides: {from} rows with hash {from_sha256} were read, {to} with {to_sha256} are there"
    )]
    Differs { table: &'static str, from: u64, from_sha256: String, to: u64, to_sha256: String },
    #[error("{0} exists already")]
    Exists(PathBuf),
    #[error("{0} is left beside the copy, which is not finished without it")]
    Unfinished(PathBuf),
    #[error("the copy does not go on: {0} did not answer")]
    Stalled(Which),
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error(transparent)]
    Migrate(#[from] MigrateError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Copies every row into a database that has none. Its schema is brought up to date first, in a transaction of its own; a
/// database without any gets one.
///
/// # Errors
/// When one of the two is not as it should be, or the rows are not the same at the end: the target has none then.
pub async fn copy(
    from: &Address,
    to: &Address,
    source_is: SourceIs,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<Copied, CopyError> {
    let mut source = Side::open(from, Which::Source).await?;
    source.has_our_schema(from).await?;
    let beaten = source.beaten_at(source_is).await?;
    takes_rows(to).await?;
    Store::open(to).await?.close().await;
    let mut target = Side::open(to, Which::Target).await?;
    source.begin_reading().await?;
    target.begin_writing().await?;
    target.is_empty().await?;
    let mut tables = Vec::new();
    for table in tables::TABLES {
        let read = side::carry(&mut source, &mut target, table, progress).await?;
        progress(Progress::Done { table, rows: read.rows });
        tables.push(read);
    }
    for read in &tables {
        let there = target.hashed(read.table).await?;
        if there != *read {
            return Err(CopyError::Differs {
                table: read.table,
                from: read.rows,
                from_sha256: read.sha256.clone(),
                to: there.rows,
                to_sha256: there.sha256,
            });
        }
    }
    source.end().await?;
    if source.beaten_at(source_is).await? != beaten {
        return Err(CopyError::Served(Which::Source));
    }
    target.commit().await?;
    source.close().await;
    target.close().await;
    Ok(Copied { tables })
}

/// Copies every row into a new file. Nothing is there unless everything is.
///
/// # Errors
/// As [`copy`], and when there is such a file.
pub async fn copy_into_new_file(
    from: &Address,
    file: &Path,
    source_is: SourceIs,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<Copied, CopyError> {
    if let Some(there) = super::backup::files_of(file)?.into_iter().next() {
        return Err(CopyError::Exists(there));
    }
    let dir = file.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let work = super::backup::work_in(dir)?;
    let made = work.path().join("quibble.db");
    let copied = copy(from, &Address::File(made.clone()), source_is, progress).await?;
    private(&made)?;
    if let [_, beside, ..] = super::backup::files_of(&made)?.as_slice() {
        return Err(CopyError::Unfinished(beside.clone()));
    }
    fs::File::open(&made)?.sync_all()?;
    fs::rename(&made, file)?;
    super::backup::sync_dir(dir)?;
    Ok(copied)
}

/// How many rows would be copied. Nothing is written; whether the target would take them is looked at.
///
/// # Errors
/// As [`copy`].
pub async fn count(from: &Address, to: &Address, source_is: SourceIs) -> Result<Vec<TableCounted>, CopyError> {
    let mut source = Side::open(from, Which::Source).await?;
    source.has_our_schema(from).await?;
    source.beaten_at(source_is).await?;
    takes_rows(to).await?;
    source.begin_reading().await?;
    let counted = source.counted().await?;
    source.close().await;
    Ok(counted)
}

/// Whether a replica has served this database within the last seconds. A file is known by its lock instead.
///
/// # Errors
/// When it does not answer.
pub async fn is_served(address: &Address) -> Result<bool, CopyError> {
    let mut side = Side::open(address, Which::Target).await?;
    let steps = migrate::steps_of(side.connection(), migrate::known(address)).await?;
    let is_served = side.is_served(&steps).await?;
    side.close().await;
    Ok(is_served)
}

/// Every table of the schema.
pub(super) fn all_tables() -> impl Iterator<Item = &'static str> {
    tables::TABLES.into_iter().chain(tables::LEFT_OUT.map(|(table, _)| table))
}

/// Whether the rows of a table are copied.
pub(super) fn is_copied(table: &str) -> bool {
    tables::TABLES.contains(&table)
}

/// Looks whether a database has a schema that this version can bring up to date, and no rows.
async fn takes_rows(to: &Address) -> Result<(), CopyError> {
    if let Address::File(file) = to
        && !file.try_exists()?
    {
        return Ok(());
    }
    let mut target = Side::open(to, Which::Target).await?;
    let steps = migrate::steps_of(target.connection(), migrate::known(to)).await?;
    agrees(&steps, Which::Target, true)?;
    if target.is_served(&steps).await? {
        return Err(CopyError::Served(Which::Target));
    }
    target.has_no_rows().await?;
    target.close().await;
    Ok(())
}

fn agrees(steps: &[Step], which: Which, may_lack: bool) -> Result<(), CopyError> {
    if let Some(newer) = steps.iter().rev().find(|step| step.state == StepState::Unknown) {
        return Err(CopyError::Newer { which, found: newer.version, known: migrate::newest_known() });
    }
    if let Some(changed) = steps.iter().find(|step| step.state == StepState::Changed) {
        return Err(CopyError::Changed { which, step: changed.version });
    }
    match steps.iter().find(|step| step.state == StepState::Pending) {
        Some(missing) if !may_lack => Err(CopyError::Older { which, missing: missing.version }),
        _ => Ok(()),
    }
}

/// There are names of players in it, and hashes of passwords.
fn private(file: &Path) -> io::Result<()> {
    #[cfg(unix)]
    fs::set_permissions(file, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    Ok(())
}

impl std::fmt::Display for Which {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Source => "the source",
            Self::Target => "the target",
        })
    }
}

impl From<sqlx::Error> for CopyError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}
