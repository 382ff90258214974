//! Copies of a database: taken while games go on, checked, and put back.
//!
//! A backup is a ZIP archive of two files: `manifest.json`, which says what the other one is, and `quibble.db`, which any
//! SQLite opens, whatever kind of database it was taken of; or `quibble.dump`, which is `pg_dump`'s.

mod archive;
mod server;
#[cfg(test)]
mod tests;
mod tools;

pub(super) use archive::sync_dir;
pub use server::{RestoredToServer, create_of_server, form_for, restore_into_server};

use super::copy::CopyError;
use super::{MigrateError, Store, StoreError, migrate};
use crate::clock::millis;
use serde::{Deserialize, Serialize};
use sqlx::any::AnyConnectOptions;
use sqlx::{AnyConnection, ConnectOptions, Connection, Row};
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;
use tempfile::TempDir;

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
    /// What kind of file the data is in.
    #[serde(default)]
    pub form: Form,
    /// The schema of PostgreSQL that a dump was made of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pg_schema: Option<String>,
}

/// What kind of file the data of a backup is in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// A database of SQLite, from which either kind of database can be restored.
    #[default]
    Portable,
    /// What `pg_dump` writes as its custom format, which only PostgreSQL takes back.
    PgDump,
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
    work: TempDir,
    manifest: Manifest,
}

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
    #[error(transparent)]
    Copy(#[from] CopyError),
    #[error("{0} is not on this machine. It is in the package postgresql-client")]
    NoTool(&'static str),
    #[error("{program} failed: {what}")]
    Tool { program: &'static str, what: String },
    #[error("the backup was made by pg_dump, which only PostgreSQL takes back. Set database.url to a server")]
    WantsServer,
    #[error("the backup is of the schema {made_in:?} of a server, and this one has its tables in {found:?}")]
    OtherPgSchema { made_in: String, found: String },
    #[error("there is data in that database already. --replace moves it aside")]
    ServerHasData,
    #[error("other rows were restored than the backup says that it has")]
    OtherRows,
    #[error("nothing was restored; what was there is in the schema {aside}: {error}")]
    AfterMoving { aside: String, error: Box<Self> },
}

const FORMAT: u32 = 1;

/// How the folders of backups that are under way are called, and how long one can be, in milliseconds.
const WORK_PREFIX: &str = ".quibble-backup-";
const WORK_KEPT_MS: i64 = 24 * 3_600 * 1_000;

/// What people have made, and what games left.
const COUNTED: [&str; 7] = ["accounts", "banks", "questions", "quizzes", "games", "game_events", "game_answers"];

/// Takes a backup into a folder, which is made if need be. Games go on meanwhile; what is committed before it begins is in
/// it, whole.
///
/// # Errors
/// When the copy cannot be made or is not sound.
pub async fn create(store: &Store, into: &Path, now_ms: i64) -> Result<(PathBuf, Manifest), BackupError> {
    let (file, work) = place(into, now_ms)?;
    let copy = work.path().join(Form::Portable.payload());
    store.copy_into(&copy).await?;
    let (schema, rows) = examine(&copy).await?.map_err(|what| damaged(&copy, what))?;
    let (bytes, sha256) = archive::digest(&copy)?;
    let quibble = env!("CARGO_PKG_VERSION").to_owned();
    let (form, pg_schema) = (Form::Portable, None);
    let manifest =
        Manifest { format: FORMAT, quibble, schema, created_at_ms: now_ms, bytes, sha256, rows, form, pg_schema };
    put_together(&manifest, &copy, &work, &file)?;
    Ok((file, manifest))
}

/// Where a backup of this instant goes, and a folder for what is under way: the same one, so that there is room for it and
/// it can be renamed.
fn place(into: &Path, now_ms: i64) -> Result<(PathBuf, TempDir), BackupError> {
    fs::create_dir_all(into)?;
    sweep(into, now_ms);
    let file = into.join(archive::name(now_ms));
    if file.try_exists()? {
        return Err(BackupError::Exists(file));
    }
    Ok((file, work_in(into)?))
}

/// Writes the archive, and gives it its name when it is whole.
fn put_together(manifest: &Manifest, payload: &Path, work: &TempDir, file: &Path) -> Result<(), BackupError> {
    archive::write(manifest, payload, &work.path().join("backup.zip"))?;
    fs::rename(work.path().join("backup.zip"), file)?;
    sync_dir(file.parent().unwrap_or(Path::new(".")))?;
    Ok(())
}

/// Reads the whole of a backup and examines its database, in a folder that goes again: beside it, or where the system
/// keeps such things if that one takes nothing.
///
/// # Errors
/// When it is not as its manifest says, or not sound.
pub async fn verify(file: &Path) -> Result<Manifest, BackupError> {
    let beside = file.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let work = work_in(beside).or_else(|_| work_in(&std::env::temp_dir()))?;
    unpack(file, work.path()).await
}

/// Makes the database of a backup ready to be put into a folder, with its schema up to date.
///
/// # Errors
/// When the backup cannot be used.
pub async fn prepare(file: &Path, dir: &Path) -> Result<Prepared, BackupError> {
    let work = work_in(dir)?;
    let manifest = unpack(file, work.path()).await?;
    if manifest.form == Form::PgDump {
        return Err(BackupError::WantsServer);
    }
    prepared_copy(&work.path().join(manifest.form.payload())).await?;
    Ok(Prepared { work, manifest })
}

/// Brings the schema of what was unpacked up to date.
async fn prepared_copy(copy: &Path) -> Result<(), BackupError> {
    Store::open(&super::Address::File(copy.to_owned())).await?.close().await;
    Ok(())
}

impl Form {
    /// What the file is called in the archive.
    const fn payload(self) -> &'static str {
        match self {
            Self::Portable => "quibble.db",
            Self::PgDump => "quibble.dump",
        }
    }
}

impl Prepared {
    /// Puts it where there is no database, nor anything of one. Nobody may be serving there.
    ///
    /// # Errors
    /// When there is one, or it cannot be written.
    pub fn put(self, database: &Path) -> Result<Manifest, BackupError> {
        if let Some(there) = files_of(database)?.into_iter().next() {
            return Err(BackupError::Exists(there));
        }
        let copy = self.work.path().join(self.manifest.form.payload());
        if let [_, beside, ..] = files_of(&copy)?.as_slice() {
            return Err(damaged(&copy, format!("{} is left beside it", beside.display())));
        }
        fs::File::open(&copy)?.sync_all()?;
        fs::rename(&copy, database)?;
        sync_dir(database.parent().unwrap_or(Path::new(".")))?;
        Ok(self.manifest)
    }
}

/// The files that are there of a database: itself first, and what belongs to it, which SQLite would apply to any other that
/// stood in its place.
///
/// # Errors
/// When that cannot be told.
pub fn files_of(database: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for suffix in ["", "-wal", "-shm", "-journal"] {
        let mut file = database.as_os_str().to_owned();
        file.push(suffix);
        let file = PathBuf::from(file);
        if file.try_exists()? {
            files.push(file);
        }
    }
    Ok(files)
}

/// Moves the files of a database into a folder, all of which are there before the first one goes: a power cut leaves no
/// database without its log.
///
/// # Errors
/// When they cannot be written there, or not be removed here.
pub fn move_aside(files: &[PathBuf], aside: &Path) -> io::Result<()> {
    for file in files {
        let copy = aside.join(file.file_name().unwrap_or_default());
        // Where a file cannot have two names it is copied.
        fs::hard_link(file, &copy).or_else(|_| {
            fs::copy(file, &copy)?;
            fs::File::open(&copy)?.sync_all()
        })?;
    }
    sync_dir(aside)?;
    files.iter().try_for_each(fs::remove_file)
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

/// What a folder has after the oldest backups were deleted.
#[derive(Debug, Default)]
pub struct Pruned {
    pub deleted: Vec<PathBuf>,
    pub kept: usize,
}

/// Deletes all but the newest backups of a folder. One that cannot be used takes no good one's place, and is left for people
/// to look at.
///
/// # Errors
/// When the folder cannot be read, or a backup not deleted.
pub fn prune(dir: &Path, keep: usize) -> Result<Pruned, BackupError> {
    let mut good = list(dir)?;
    good.retain(|backup| backup.manifest.is_ok());
    let beyond = good.len().saturating_sub(keep);
    let mut pruned = Pruned { kept: good.len() - beyond, ..Pruned::default() };
    for Listed { file, .. } in good.into_iter().take(beyond) {
        fs::remove_file(&file)?;
        pruned.deleted.push(file);
    }
    Ok(pruned)
}

/// Takes the data out of a backup into a folder, and examines it. A dump is read by `pg_restore` if that is here.
async fn unpack(file: &Path, into: &Path) -> Result<Manifest, BackupError> {
    let manifest = archive::read(file, into)?;
    let payload = into.join(manifest.form.payload());
    match manifest.form {
        Form::Portable => {
            let (schema, rows) = examine(&payload).await?.map_err(|what| damaged(file, what))?;
            if (schema, &rows) != (manifest.schema, &manifest.rows) {
                return Err(damaged(file, "it has other rows than it says".to_owned()));
            }
        }
        Form::PgDump => match tools::list(&payload).await {
            Ok(()) | Err(BackupError::NoTool(_)) => {}
            Err(error) => return Err(damaged(file, error.to_string())),
        },
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

/// A folder for what is under way, for nobody but its owner. It goes with its value.
pub(super) fn work_in(dir: &Path) -> io::Result<TempDir> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    builder.prefix(WORK_PREFIX).tempdir_in(dir)
}

/// Removes what processes left that died over a backup, so that it does not fill the disk.
fn sweep(dir: &Path, now_ms: i64) {
    let Ok(entries) = fs::read_dir(dir) else { return };
    for entry in entries.flatten() {
        let is_work = entry.file_name().to_string_lossy().starts_with(WORK_PREFIX);
        let changed = entry.metadata().and_then(|about| about.modified()).ok();
        let changed = changed.and_then(|changed| changed.duration_since(UNIX_EPOCH).ok());
        let is_old = changed.is_some_and(|changed| now_ms - millis(changed) > WORK_KEPT_MS);
        if is_work
            && is_old
            && let Err(error) = fs::remove_dir_all(entry.path())
        {
            tracing::warn!(%error, dir = %entry.path().display(), "what a backup left behind cannot be removed");
        }
    }
}
