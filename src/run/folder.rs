//! The data folder of a process: private, and its own while it serves.

use crate::config::Config;
use anyhow::Context;
use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Keeps the data folder for this process. A database server needs no such thing.
pub(super) fn lock_data(config: &Config) -> anyhow::Result<Option<Lock>> {
    if config.database.is_some() {
        return Ok(None);
    }
    let dir = &config.data.dir;
    make_private_dir(dir)?;
    #[cfg(unix)]
    warn_if_others_read(dir);
    let lock = Lock::take(dir)?;
    anyhow::ensure!(
        lock.is_some(),
        "another Quibble is running with the data in {}. Stop it, or choose another --data-dir",
        dir.display()
    );
    Ok(lock)
}

/// A folder that only its owner reads.
///
/// # Errors
/// When it cannot be made.
pub fn make_private_dir(dir: &Path) -> anyhow::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir).with_context(|| format!("the data folder {} cannot be made", dir.display()))
}

/// A folder that was there before keeps its rights: whoever made it knows why.
#[cfg(unix)]
fn warn_if_others_read(dir: &Path) {
    if let Ok(about) = fs::metadata(dir)
        && std::os::unix::fs::PermissionsExt::mode(&about.permissions()) & 0o077 != 0
    {
        tracing::warn!(dir = %dir.display(), "others on this machine can read the data folder; `chmod 700` closes it");
    }
}

/// Keeps a second process from serving the same data.
#[derive(Debug)]
pub struct Lock(#[expect(dead_code, reason = "the system holds the lock while the file is open")] File);

impl Lock {
    /// Takes the lock of a data folder. None when another process has it.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn take(dir: &Path) -> anyhow::Result<Option<Self>> {
        let path = dir.join("quibble.lock");
        let file = File::create(&path).with_context(|| format!("{} cannot be written", path.display()))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => {
                Err(error).with_context(|| format!("{} cannot be locked", path.display()))
            }
        }
    }
}

/// Writes down where this process is reached, for the commands that print links. Without it they name the address that
/// is configured.
pub(super) fn write_address(dir: &Path, base_url: &str) {
    if let Err(error) = fs::write(address_file(dir), base_url) {
        tracing::warn!(%error, "the address of this server cannot be written into the data folder");
    }
}

/// The file in which a serving process says where it is reached.
fn address_file(dir: &Path) -> PathBuf {
    dir.join("quibble.url")
}

/// Where the process that serves this data folder is reached.
pub fn served_at(dir: &Path) -> Option<String> {
    fs::read_to_string(address_file(dir)).ok()
}

/// Puts a file there as a whole, for its owner alone.
pub(super) fn write_private(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut new = tempfile::NamedTempFile::new_in(file.parent().unwrap_or(Path::new(".")))?;
    new.write_all(bytes)?;
    new.as_file().sync_all()?;
    new.persist(file)?;
    Ok(())
}
