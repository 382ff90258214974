//! Listening on unix sockets, which are files: one that nobody serves any more is replaced, and ours goes with us.

use std::fs::{self, Metadata, Permissions};
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use socket2::{Domain, SockAddr, Socket, Type};

/// The file of a socket that we listen on. It is removed when this is dropped, unless another stands there by then.
#[derive(Debug)]
pub struct SocketFile {
    path: PathBuf,
    id: FileId,
}

/// The device and the number of a file on it.
#[derive(Debug, PartialEq, Eq)]
struct FileId(u64, u64);

/// Opens a socket that nobody can connect to before it is listened on, with these rights of its file.
pub(super) fn bound(path: &Path, mode: u32) -> io::Result<(Socket, SocketFile)> {
    if is_left_behind(path)? {
        fs::remove_file(path)?;
    }
    let socket = new()?;
    socket.bind(&SockAddr::unix(path)?)?;
    let file = SocketFile { path: path.to_owned(), id: FileId::of(&fs::symlink_metadata(path)?) };
    fs::set_permissions(path, Permissions::from_mode(mode))?;
    Ok((socket, file))
}

/// Whether one could listen there now. A file that is there stays.
pub(super) fn try_bound(path: &Path) -> io::Result<()> {
    if !is_left_behind(path)? {
        drop(bound(path, 0o600)?);
    }
    Ok(())
}

/// Whether there is the file of a socket that nobody serves. An error: another file is there, or one serves it.
fn is_left_behind(path: &Path) -> io::Result<bool> {
    match fs::symlink_metadata(path) {
        Ok(about) if about.file_type().is_socket() => {}
        Ok(_) => return Err(io::ErrorKind::AlreadyExists.into()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    }
    match new()?.connect(&SockAddr::unix(path)?) {
        // To wait for its turn would be to wait for whoever serves it.
        Ok(()) => Err(io::ErrorKind::AddrInUse.into()),
        Err(error) => match error.kind() {
            io::ErrorKind::WouldBlock => Err(io::ErrorKind::AddrInUse.into()),
            io::ErrorKind::ConnectionRefused => Ok(true),
            // It went meanwhile.
            io::ErrorKind::NotFound => Ok(false),
            _ => Err(error),
        },
    }
}

fn new() -> io::Result<Socket> {
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}

impl FileId {
    fn of(about: &Metadata) -> Self {
        Self(about.dev(), about.ino())
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        let is_ours = fs::symlink_metadata(&self.path).is_ok_and(|about| FileId::of(&about) == self.id);
        if is_ours && let Err(error) = fs::remove_file(&self.path) {
            tracing::warn!(%error, file = %self.path.display(), "the file of a socket stays behind");
        }
    }
}
