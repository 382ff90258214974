//! The file that a backup is.

use super::{BackupError, FORMAT, Manifest, damaged};
use crate::clock::file_stamp;
use crate::ids::hex;
use sha2::{Digest, Sha256};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;
use zip::result::ZipError;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

const MANIFEST: &str = "manifest.json";

/// The largest manifest, in bytes.
const MANIFEST_BYTES_MAX: u64 = 64 * 1024;

const PREFIX: &str = "quibble-";
const SUFFIX: &str = ".backup.zip";

/// What a backup of this instant is called: `quibble-2026-11-26T22-04-05.123Z.backup.zip`.
pub(super) fn name(at_ms: i64) -> String {
    format!("{PREFIX}{}{SUFFIX}", file_stamp(at_ms))
}

pub(super) fn is_name(file: &Path) -> bool {
    let name = file.file_name().and_then(|name| name.to_str());
    name.is_some_and(|name| name.starts_with(PREFIX) && name.ends_with(SUFFIX))
}

/// The length of a file in bytes, and its SHA-256 in hexadecimal.
pub(super) fn digest(file: &Path) -> io::Result<(u64, String)> {
    copy_and_digest(&mut File::open(file)?, &mut io::sink())
}

/// Writes the archive, to the disk.
pub(super) fn write(manifest: &Manifest, payload: &Path, file: &Path) -> Result<(), BackupError> {
    let mut zip = ZipWriter::new(private(file)?);
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated).large_file(true);
    zip.start_file(MANIFEST, options).map_err(io::Error::other)?;
    zip.write_all(serde_json::to_string_pretty(manifest).map_err(io::Error::other)?.as_bytes())?;
    zip.start_file(manifest.form.payload(), options).map_err(io::Error::other)?;
    io::copy(&mut File::open(payload)?, &mut zip)?;
    zip.finish().map_err(io::Error::other)?.sync_all()?;
    Ok(())
}

/// What a backup says of itself.
pub(super) fn manifest(file: &Path) -> Result<Manifest, BackupError> {
    manifest_in(&mut open(file)?, file)
}

/// Writes the data of a backup to a new file in a folder, if it is what the manifest says and this version knows its
/// schema.
pub(super) fn read(file: &Path, into: &Path) -> Result<Manifest, BackupError> {
    let mut zip = open(file)?;
    let manifest = manifest_in(&mut zip, file)?;
    let known = super::migrate::newest_known();
    if manifest.schema > known {
        return Err(BackupError::Newer { quibble: manifest.quibble, found: manifest.schema, known });
    }
    let name = manifest.form.payload();
    let mut packed = zip.by_name(name).map_err(|error| unreadable(file, error))?.take(manifest.bytes.saturating_add(1));
    let mut copy = private(&into.join(name))?;
    let unpacked = copy_and_digest(&mut packed, &mut copy);
    let found = unpacked.map_err(|error| damaged(file, error.to_string()))?;
    if found != (manifest.bytes, manifest.sha256.clone()) {
        return Err(damaged(file, "its database is not the one that it names".to_owned()));
    }
    Ok(manifest)
}

/// What was renamed in a folder stays so after a power cut.
pub(in crate::store) fn sync_dir(dir: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(dir)?.sync_all() } else { Ok(()) }
}

fn open(file: &Path) -> Result<ZipArchive<File>, BackupError> {
    ZipArchive::new(File::open(file)?).map_err(|error| unreadable(file, error))
}

fn manifest_in(zip: &mut ZipArchive<File>, file: &Path) -> Result<Manifest, BackupError> {
    let packed = zip.by_name(MANIFEST).map_err(|error| unreadable(file, error))?;
    let mut text = String::new();
    packed.take(MANIFEST_BYTES_MAX).read_to_string(&mut text).map_err(|error| damaged(file, error.to_string()))?;
    let manifest: Manifest = serde_json::from_str(&text).map_err(|error| damaged(file, error.to_string()))?;
    if manifest.format == FORMAT {
        return Ok(manifest);
    }
    Err(BackupError::Newer { quibble: manifest.quibble, found: manifest.schema, known: super::migrate::newest_known() })
}

fn unreadable(file: &Path, error: ZipError) -> BackupError {
    match error {
        ZipError::Io(error) if error.kind() != io::ErrorKind::UnexpectedEof => error.into(),
        _ => BackupError::NotABackup(file.to_owned()),
    }
}

fn copy_and_digest(from: &mut impl Read, to: &mut impl Write) -> io::Result<(u64, String)> {
    let (mut hash, mut bytes, mut chunk) = (Sha256::new(), 0, vec![0; 64 * 1024]);
    loop {
        let n = from.read(&mut chunk)?;
        if n == 0 {
            return Ok((bytes, hex(&hash.finalize())));
        }
        hash.update(&chunk[..n]);
        to.write_all(&chunk[..n])?;
        bytes += n as u64;
    }
}

/// A new file for nobody but its owner: there are names of players in it, and hashes of passwords.
fn private(file: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    if let Some(dir) = file.parent() {
        fs::create_dir_all(dir)?;
    }
    options.open(file)
}
