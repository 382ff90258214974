//! Copies of a database of its own file: taken while games go on, checked, and put back.
//!
//! A backup is a ZIP archive of two files: `manifest.json`, which says what the other one is, and `quibble.db`, which any
//! SQLite opens.

mod archive;
#[cfg(test)]
mod tests;

use super::{MigrateError, Store, StoreError, migrate};
use serde::{Deserialize, Serialize};
use sqlx::any::AnyConnectOptions;
use sqlx::{AnyConnection, ConnectOptions, Connection, Row};
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What a backup says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Of the archive. This version reads 1.
    pub format: u32,
    /// The version of Quibble that took it.
    pub quibble: String,
    /// The newest step of the schema that it has.
    pub schema: i64,
    /// Milliseconds since the Unix epoch.
    pub created_at_ms: i64,
    /// Of the database.
    pub bytes: u64,
    /// Of the database, in hexadecimal.
    pub sha256: String,
    /// How many rows its main tables have.
    pub rows: BTreeMap<String, i64>,
}

/// A backup in a folder.
#[derive(Debug)]
pub struct Listed {
    pub file: PathBuf,
    pub manifest: Result<Manifest, BackupError>,
}

/// The database of a backup, ready to be put in its place. It goes with its value unless it is.
#[derive(Debug)]
pub struct Prepared {
    work: Work,
    manifest: Manifest,
}

/// A folder for what is under way, which goes with its value.
#[derive(Debug)]
struct Work(PathBuf);

/// Why there is no backup, or none that can be used.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error("{0} is no backup of Quibble's, or its end is missing")]
    NotABackup(PathBuf),
    #[error("{file} is damaged: {what}. Use another backup")]
    Damaged { file: PathBuf, what: String },
    #[error(
        "the backup was taken by Quibble {quibble}, whose schema has step {found}; this version knows {known}. \
         Restore it with that version or a newer one"
    )]
    Newer { quibble: String, found: i64, known: i64 },
    #[error("{0} exists already")]
    Exists(PathBuf),
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("the copy cannot be read: {0}")]
    Unreadable(#[from] sqlx::Error),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Migrate(#[from] MigrateError),
}

const FORMAT: u32 = 1;

/// What people have made, and what games left.
const COUNTED: [&str; 7] = ["accounts", "banks", "questions", "quizzes", "games", "game_events", "game_answers"];

/// Takes a backup into a folder, which is made if need be. Games go on meanwhile; what is committed before it begins is in
/// it, whole.
///
/// # Errors
/// When the copy cannot be made or is not sound. Nothing is left of it then.
pub async fn create(store: &Store, into: &Path, now_ms: i64) -> Result<(PathBuf, Manifest), BackupError> {
    fs::create_dir_all(into)?;
    let file = into.join(archive::name(now_ms));
    if file.try_exists()? {
        return Err(BackupError::Exists(file));
    }
    // In the same folder, so that there is room for it and it can be renamed.
    let work = Work::within(into)?;
    let copy = work.path().join("quibble.db");
    store.copy_into(&copy).await?;
    let (schema, rows) = examine(&copy).await?.map_err(|what| damaged(&copy, what))?;
    let (bytes, sha256) = archive::digest(&copy)?;
    let version = env!("CARGO_PKG_VERSION").to_owned();
    let manifest = Manifest { format: FORMAT, quibble: version, schema, created_at_ms: now_ms, bytes, sha256, rows };
    archive::write(&manifest, &copy, &work.path().join("backup.zip"))?;
    fs::rename(work.path().join("backup.zip"), &file)?;
    archive::sync_dir(into)?;
    Ok((file, manifest))
}

/// Reads the whole of a backup and examines its database, in a folder that goes again: beside it, or where the system
/// keeps such things if that one takes nothing.
///
/// # Errors
/// When it is not as its manifest says, or not sound.
pub async fn verify(file: &Path) -> Result<Manifest, BackupError> {
    archive::manifest(file)?;
    let beside = file.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let work = Work::within(beside).or_else(|_| Work::within(&std::env::temp_dir()))?;
    unpack(file, &work.path().join("quibble.db")).await
}

/// Makes the database of a backup ready to be put into a folder, with its schema up to date.
///
/// # Errors
/// When the backup cannot be used.
pub async fn prepare(file: &Path, dir: &Path) -> Result<Prepared, BackupError> {
    let manifest = archive::manifest(file)?;
    let known = migrate::newest_known();
    if manifest.schema > known {
        return Err(BackupError::Newer { quibble: manifest.quibble, found: manifest.schema, known });
    }
    let work = Work::within(dir)?;
    let copy = work.path().join("quibble.db");
    let manifest = unpack(file, &copy).await?;
    Store::open(&super::Address::File(copy)).await?.close().await;
    Ok(Prepared { work, manifest })
}

impl Prepared {
    /// Puts it where there is no database. Nobody may be serving there.
    ///
    /// # Errors
    /// When there is one, or it cannot be written.
    pub fn put(self, database: &Path) -> Result<Manifest, BackupError> {
        if database.try_exists()? {
            return Err(BackupError::Exists(database.to_owned()));
        }
        let copy = self.work.path().join("quibble.db");
        fs::File::open(&copy)?.sync_all()?;
        fs::rename(&copy, database)?;
        archive::sync_dir(database.parent().unwrap_or(Path::new(".")))?;
        Ok(self.manifest)
    }
}

/// The backups of a folder, the oldest first, each with what it says of itself.
///
/// # Errors
/// When the folder cannot be read. One that is not there has none.
pub fn list(dir: &Path) -> Result<Vec<Listed>, BackupError> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    };
    let mut files = Vec::new();
    for entry in entries {
        let file = entry?.path();
        if archive::is_name(&file) {
            files.push(file);
        }
    }
    // Their names are their times.
    files.sort();
    let listed = |file: PathBuf| Listed { manifest: archive::manifest(&file), file };
    Ok(files.into_iter().map(listed).collect())
}

/// Takes the database out of a backup and examines it.
async fn unpack(file: &Path, copy: &Path) -> Result<Manifest, BackupError> {
    let manifest = archive::read(file, copy)?;
    let (schema, rows) = examine(copy).await?.map_err(|what| damaged(file, what))?;
    if (schema, &rows) != (manifest.schema, &manifest.rows) {
        return Err(damaged(file, "it has other rows than it says".to_owned()));
    }
    Ok(manifest)
}

/// The schema of a database and its rows, or what is wrong with it.
async fn examine(database: &Path) -> Result<Result<(i64, BTreeMap<String, i64>), String>, BackupError> {
    sqlx::any::install_default_drivers();
    let url = format!("sqlite://{}?mode=ro", super::database::percent_encoded(database));
    let mut connection: AnyConnection = url.parse::<AnyConnectOptions>()?.connect().await?;
    let found = sqlx::query("PRAGMA integrity_check").fetch_one(&mut connection).await?;
    let found: String = found.try_get(0)?;
    if found != "ok" {
        return Ok(Err(found));
    }
    let mut number = async |sql: String| -> Result<i64, sqlx::Error> {
        sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_one(&mut connection).await?.try_get(0)
    };
    let schema = number("SELECT max(version) FROM _sqlx_migrations".to_owned()).await?;
    let mut rows = BTreeMap::new();
    for table in COUNTED {
        rows.insert(table.to_owned(), number(format!("SELECT count(*) FROM {table}")).await?);
    }
    connection.close().await?;
    Ok(Ok((schema, rows)))
}

fn damaged(file: &Path, what: String) -> BackupError {
    BackupError::Damaged { file: file.to_owned(), what }
}

impl Work {
    fn within(dir: &Path) -> io::Result<Self> {
        let work = dir.join(format!(".quibble-backup-{}", std::process::id()));
        // Left by a process of that number that died.
        if work.try_exists()? {
            fs::remove_dir_all(&work)?;
        }
        fs::create_dir_all(&work)?;
        Ok(Self(work))
    }

    fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
