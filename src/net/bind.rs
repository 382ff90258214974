//! Opens the listening sockets.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::Path;

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::TcpListener;

use super::Listener;
#[cfg(unix)]
use super::unix;
use crate::config::Listen;

/// Connections that the system keeps waiting while we are busy accepting others.
const BACKLOG: i32 = 1024;

/// The places that could not be opened, all at once. `Display` says what to do about each.
#[derive(Debug, thiserror::Error)]
pub struct BindError {
    /// Never empty.
    pub failures: Vec<(Listen, io::Error)>,
}

/// Opens a listener for each place, in order, the files of unix sockets with `socket_mode`. Must be called within a
/// runtime.
///
/// An IPv6 address takes IPv6 only, so that `0.0.0.0` and `[::]` stand side by side on every system. Where there is no
/// IPv6, `[::]` is left out when `0.0.0.0` with the same port is listened on too. The file of a unix socket that nobody
/// serves is replaced.
///
/// # Errors
///
/// Every place that could not be opened; the others are closed again.
pub fn bind(places: &[Listen], socket_mode: u32) -> Result<Vec<Listener>, BindError> {
    let mut listeners = Vec::with_capacity(places.len());
    let mut failures = Vec::new();
    for place in places {
        let opened = match place {
            Listen::Tcp(address) => open(*address),
            Listen::Unix(path) => open_unix(path, socket_mode),
        };
        match opened {
            Ok(listener) => listeners.push(listener),
            Err(error) if is_missing_ipv6(place, &error, places) => {
                tracing::info!(address = %place, %error, "no IPv6 on this machine, listening on IPv4 only");
            }
            Err(error) => failures.push((place.clone(), error)),
        }
    }
    if failures.is_empty() { Ok(listeners) } else { Err(BindError { failures }) }
}

/// Whether each of these places could be listened on now. Nothing listens meanwhile.
pub fn try_bind(places: &[Listen]) -> Vec<(Listen, io::Result<()>)> {
    let tried = |place: &Listen| {
        let tried = match place {
            Listen::Tcp(address) => bound(*address).map(drop),
            Listen::Unix(path) => try_unix(path),
        };
        match tried {
            Err(error) if !is_missing_ipv6(place, &error, places) => (place.clone(), Err(error)),
            Ok(()) | Err(_) => (place.clone(), Ok(())),
        }
    };
    places.iter().map(tried).collect()
}

#[cfg(unix)]
fn open_unix(path: &Path, mode: u32) -> io::Result<Listener> {
    let (socket, file) = unix::bound(path, mode)?;
    socket.listen(BACKLOG)?;
    let listener = tokio::net::UnixListener::from_std(socket.into())?;
    Ok(Listener::Unix { file: Some(file), listener })
}

#[cfg(unix)]
fn try_unix(path: &Path) -> io::Result<()> {
    unix::try_bound(path)
}

#[cfg(not(unix))]
fn open_unix(_: &Path, _: u32) -> io::Result<Listener> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(not(unix))]
fn try_unix(_: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

fn open(address: SocketAddr) -> io::Result<Listener> {
    let socket = bound(address)?;
    socket.listen(BACKLOG)?;
    Ok(Listener::Tcp(TcpListener::from_std(socket.into())?))
}

fn bound(address: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    // On Unix this lets a restart open a port whose last connections are not forgotten yet. On Windows it would let
    // another program take our port.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    Ok(socket)
}

fn is_missing_ipv6(place: &Listen, error: &io::Error, all: &[Listen]) -> bool {
    let Some(address) = place.tcp() else { return false };
    let has_ipv4 = all
        .iter()
        .filter_map(Listen::tcp)
        .any(|other| other.is_ipv4() && other.ip().is_unspecified() && other.port() == address.port());
    let is_in_use = matches!(error.kind(), io::ErrorKind::AddrInUse | io::ErrorKind::PermissionDenied);
    address.is_ipv6() && address.ip().is_unspecified() && has_ipv4 && !is_in_use
}

/// What to do about a place that cannot be listened on.
pub fn advice(place: &Listen, kind: io::ErrorKind) -> Option<&'static str> {
    match (place, kind) {
        (Listen::Tcp(_), io::ErrorKind::AddrInUse) => Some(
            "another program (perhaps another Quibble) already does. \
             Stop it, or choose another port with --listen",
        ),
        (Listen::Tcp(_), io::ErrorKind::PermissionDenied) => {
            Some("this user may not open that port. Choose one from 1024 up with --listen")
        }
        (Listen::Tcp(_), io::ErrorKind::AddrNotAvailable) => {
            Some("this machine does not have that address. 0.0.0.0 and [::] stand for all it has")
        }
        (Listen::Unix(_), io::ErrorKind::AddrInUse) => Some(
            "another program (perhaps another Quibble) already does. \
             Stop it, or choose another path",
        ),
        (Listen::Unix(_), io::ErrorKind::AlreadyExists) => {
            Some("a file that is no socket is there. Remove it, or choose another path")
        }
        (Listen::Unix(_), io::ErrorKind::PermissionDenied) => {
            Some("this user may not use that path. Choose another, in a folder that this user may write into")
        }
        (Listen::Unix(_), io::ErrorKind::NotFound) => Some("its folder is not there. Make it, or choose another path"),
        _ => None,
    }
}

impl fmt::Display for BindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (address, error)) in self.failures.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            write!(f, "{separator}cannot listen on {address}: ")?;
            match advice(address, error.kind()) {
                Some(advice) => f.write_str(advice)?,
                None => write!(f, "{error}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODE: u32 = 0o600;

    fn addresses(texts: &[&str]) -> Vec<Listen> {
        texts.iter().map(|text| Listen::Tcp(text.parse().unwrap())).collect()
    }

    #[tokio::test]
    async fn both_families_share_a_port() {
        let ipv4 = bind(&addresses(&["0.0.0.0:0"]), MODE).unwrap();
        let port = ipv4[0].at().unwrap().port().unwrap();
        match bind(&addresses(&[&format!("[::]:{port}")]), MODE) {
            Ok(ipv6) => assert_eq!(ipv6[0].at().unwrap().port().unwrap(), port),
            // A machine without IPv6 says so in other words.
            Err(error) => assert_ne!(error.failures[0].1.kind(), io::ErrorKind::AddrInUse),
        }
    }

    #[tokio::test]
    async fn every_address_that_fails_is_told() {
        let taken = bind(&addresses(&["127.0.0.1:0"]), MODE).unwrap();
        let taken = taken[0].at().unwrap();
        // 192.0.2.0/24 is for documentation (RFC 5737); no machine has it.
        let error =
            bind(&[std::slice::from_ref(&taken), &addresses(&["192.0.2.1:8080"])[..]].concat(), MODE).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "cannot listen on {taken}: another program (perhaps another Quibble) already does. \
                 Stop it, or choose another port with --listen\n\
                 cannot listen on 192.0.2.1:8080: this machine does not have that address. 0.0.0.0 and [::] stand for all it has"
            )
        );
    }

    #[tokio::test]
    async fn trying_tells_what_is_taken_and_takes_nothing() {
        let taken = bind(&addresses(&["127.0.0.1:0"]), MODE).unwrap();
        let taken = taken.into_iter().next().unwrap();
        let address = taken.at().unwrap();
        let tried = || try_bind(std::slice::from_ref(&address)).remove(0).1.map_err(|error| error.kind());
        assert_eq!(tried(), Err(io::ErrorKind::AddrInUse));
        drop(taken);
        assert_eq!(tried(), Ok(()));
        assert_eq!(tried(), Ok(()));
        assert!(bind(std::slice::from_ref(&address), MODE).is_ok());
    }

    #[test]
    fn missing_ipv6_is_forgiven_only_beside_ipv4() {
        let unsupported = io::Error::other("address family not supported");
        let both = addresses(&["0.0.0.0:80", "[::]:80"]);
        assert!(is_missing_ipv6(&both[1], &unsupported, &both));
        assert!(!is_missing_ipv6(&both[0], &unsupported, &both));
        assert!(!is_missing_ipv6(&both[1], &unsupported, &both[1..]));
        assert!(!is_missing_ipv6(&both[1], &unsupported, &addresses(&["0.0.0.0:81", "[::]:80"])));
        assert!(!is_missing_ipv6(&both[1], &io::ErrorKind::AddrInUse.into(), &both));
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_file_that_nobody_serves_is_replaced_and_ours_goes_with_us() {
        use std::os::unix::fs::PermissionsExt;
        use std::os::unix::net::UnixListener;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("quibble.sock");
        let place = [Listen::Unix(path.clone())];
        let tried = || try_bind(&place).remove(0).1.map_err(|error| error.kind());
        let refused = || bind(&place, MODE).unwrap_err().to_string();

        assert_eq!(tried(), Ok(()));
        assert!(!path.exists(), "to try leaves nothing behind");
        drop(UnixListener::bind(&path).unwrap());
        assert_eq!(tried(), Ok(()));
        assert!(path.exists(), "to try takes nothing away");
        let listeners = bind(&place, 0o620).unwrap();
        assert_eq!(listeners[0].at().unwrap(), place[0]);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o620);
        assert_eq!(tried(), Err(io::ErrorKind::AddrInUse));
        assert!(refused().contains("already does. Stop it, or choose another path"), "{}", refused());
        assert!(path.exists(), "whoever serves it keeps it");
        drop(listeners);
        assert!(!path.exists());

        let listeners = bind(&place, MODE).unwrap();
        std::fs::remove_file(&path).unwrap();
        let anothers = UnixListener::bind(&path).unwrap();
        drop(listeners);
        assert!(path.exists(), "it is another's by now");
        drop((anothers, std::fs::remove_file(&path)));

        std::fs::write(&path, "notes").unwrap();
        assert_eq!(tried(), Err(io::ErrorKind::AlreadyExists));
        assert!(refused().contains("a file that is no socket is there"), "{}", refused());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "notes");
        let nowhere = [Listen::Unix(dir.path().join("none/quibble.sock"))];
        let error = bind(&nowhere, MODE).unwrap_err().to_string();
        assert!(error.ends_with("its folder is not there. Make it, or choose another path"), "{error}");
    }

    /// Its backlog is full, and to wait for a turn would be to wait for ever.
    #[cfg(unix)]
    #[tokio::test]
    async fn one_that_is_served_slowly_is_served() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("quibble.sock");
        let busy = Socket::new(Domain::UNIX, Type::STREAM, None).unwrap();
        busy.bind(&socket2::SockAddr::unix(&path).unwrap()).unwrap();
        busy.listen(0).unwrap();
        let mut waiting = Vec::new();
        loop {
            let socket = Socket::new(Domain::UNIX, Type::STREAM, None).unwrap();
            socket.set_nonblocking(true).unwrap();
            let connected = socket.connect(&socket2::SockAddr::unix(&path).unwrap());
            if connected.is_err() {
                break;
            }
            waiting.push(socket);
        }
        assert!(!waiting.is_empty());
        let error = bind(&[Listen::Unix(path)], MODE).unwrap_err();
        assert_eq!(error.failures[0].1.kind(), io::ErrorKind::AddrInUse);
    }
}
