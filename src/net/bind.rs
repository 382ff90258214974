//! Opens the listening sockets.

use std::fmt;
use std::io;
use std::net::SocketAddr;

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::TcpListener;

/// Connections that the system keeps waiting while we are busy accepting others.
const BACKLOG: i32 = 1024;

/// The addresses that could not be opened, all at once. `Display` says what to do about each.
#[derive(Debug, thiserror::Error)]
pub struct BindError {
    /// Never empty.
    pub failures: Vec<(SocketAddr, io::Error)>,
}

/// Opens a listener for each address, in order. Must be called within a runtime.
///
/// An IPv6 address takes IPv6 only, so that `0.0.0.0` and `[::]` stand side by side on every system. Where there is no
/// IPv6, `[::]` is left out when `0.0.0.0` with the same port is listened on too.
///
/// # Errors
///
/// Every address that could not be opened; the others are closed again.
pub fn bind(addresses: &[SocketAddr]) -> Result<Vec<TcpListener>, BindError> {
    let mut listeners = Vec::with_capacity(addresses.len());
    let mut failures = Vec::new();
    for address in addresses {
        match open(*address) {
            Ok(listener) => listeners.push(listener),
            Err(error) if is_missing_ipv6(*address, &error, addresses) => {
                tracing::info!(%address, %error, "no IPv6 on this machine, listening on IPv4 only");
            }
            Err(error) => failures.push((*address, error)),
        }
    }
    if failures.is_empty() { Ok(listeners) } else { Err(BindError { failures }) }
}

/// Whether each of these addresses could be listened on now. Nothing listens meanwhile.
pub fn try_bind(addresses: &[SocketAddr]) -> Vec<(SocketAddr, io::Result<()>)> {
    let tried = |address: &SocketAddr| match bound(*address) {
        Err(error) if !is_missing_ipv6(*address, &error, addresses) => (*address, Err(error)),
        Ok(_) | Err(_) => (*address, Ok(())),
    };
    addresses.iter().map(tried).collect()
}

fn open(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = bound(address)?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
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

fn is_missing_ipv6(address: SocketAddr, error: &io::Error, all: &[SocketAddr]) -> bool {
    let has_ipv4 =
        all.iter().any(|other| other.is_ipv4() && other.ip().is_unspecified() && other.port() == address.port());
    let is_in_use = matches!(error.kind(), io::ErrorKind::AddrInUse | io::ErrorKind::PermissionDenied);
    address.is_ipv6() && address.ip().is_unspecified() && has_ipv4 && !is_in_use
}

/// What to do about an address that cannot be listened on.
pub fn advice(kind: io::ErrorKind) -> Option<&'static str> {
    match kind {
        io::ErrorKind::AddrInUse => Some(
            "another program (perhaps another Quibble) already does. \
             Stop it, or choose another port with --listen",
        ),
        io::ErrorKind::PermissionDenied => {
            Some("this user may not open that port. Choose one from 1024 up with --listen")
        }
        io::ErrorKind::AddrNotAvailable => {
            Some("this machine does not have that address. 0.0.0.0 and [::] stand for all it has")
        }
        _ => None,
    }
}

impl fmt::Display for BindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (address, error)) in self.failures.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            write!(f, "{separator}cannot listen on {address}: ")?;
            match advice(error.kind()) {
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

    fn addresses(texts: &[&str]) -> Vec<SocketAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[tokio::test]
    async fn both_families_share_a_port() {
        let ipv4 = bind(&addresses(&["0.0.0.0:0"])).unwrap();
        let port = ipv4[0].local_addr().unwrap().port();
        match bind(&addresses(&[&format!("[::]:{port}")])) {
            Ok(ipv6) => assert_eq!(ipv6[0].local_addr().unwrap().port(), port),
            // A machine without IPv6 says so in other words.
            Err(error) => assert_ne!(error.failures[0].1.kind(), io::ErrorKind::AddrInUse),
        }
    }

    #[tokio::test]
    async fn every_address_that_fails_is_told() {
        let taken = bind(&addresses(&["127.0.0.1:0"])).unwrap();
        let taken = taken[0].local_addr().unwrap();
        // 192.0.2.0/24 is for documentation (RFC 5737); no machine has it.
        let error = bind(&[taken, "192.0.2.1:8080".parse().unwrap()]).unwrap_err();
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
        let taken = bind(&addresses(&["127.0.0.1:0"])).unwrap();
        let taken = taken.into_iter().next().unwrap();
        let address = taken.local_addr().unwrap();
        let tried = |address| try_bind(&[address]).remove(0).1.map_err(|error| error.kind());
        assert_eq!(tried(address), Err(io::ErrorKind::AddrInUse));
        drop(taken);
        assert_eq!(tried(address), Ok(()));
        assert_eq!(tried(address), Ok(()));
        assert!(bind(&[address]).is_ok());
    }

    #[test]
    fn missing_ipv6_is_forgiven_only_beside_ipv4() {
        let unsupported = io::Error::other("address family not supported");
        let both = addresses(&["0.0.0.0:80", "[::]:80"]);
        assert!(is_missing_ipv6(both[1], &unsupported, &both));
        assert!(!is_missing_ipv6(both[0], &unsupported, &both));
        assert!(!is_missing_ipv6(both[1], &unsupported, &both[1..]));
        assert!(!is_missing_ipv6(both[1], &unsupported, &addresses(&["0.0.0.0:81", "[::]:80"])));
        assert!(!is_missing_ipv6(both[1], &io::ErrorKind::AddrInUse.into(), &both));
    }
}
