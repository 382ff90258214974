//! What listens, and who connects: by TCP, or by a unix socket.

use super::plain::Plain;
#[cfg(unix)]
use super::unix::SocketFile;
use crate::config::Listen;
use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use tokio::net::TcpListener;
#[cfg(unix)]
use tokio::net::UnixListener;

/// A place that is listened on.
#[derive(Debug)]
pub enum Listener {
    Tcp(TcpListener),
    #[cfg(unix)]
    Unix {
        /// Goes before the socket is closed, so that nobody meets a file that leads nowhere. None: another made it.
        file: Option<SocketFile>,
        listener: UnixListener,
    },
}

/// Who connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Peer {
    At(SocketAddr),
    /// Somebody on this machine, by a unix socket.
    Unix,
}

impl Listener {
    /// One that another process opened and handed over.
    ///
    /// # Errors
    /// When it cannot be used without waiting.
    #[cfg(unix)]
    pub fn inherited_tcp(listener: std::net::TcpListener) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        Ok(Self::Tcp(TcpListener::from_std(listener)?))
    }

    /// The same by a unix socket, whose file stays.
    ///
    /// # Errors
    /// When it cannot be used without waiting.
    #[cfg(unix)]
    pub fn inherited_unix(listener: std::os::unix::net::UnixListener) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        Ok(Self::Unix { file: None, listener: UnixListener::from_std(listener)? })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// When the system does not tell.
    pub fn at(&self) -> io::Result<Listen> {
        match self {
            Self::Tcp(listener) => listener.local_addr().map(Listen::Tcp),
            #[cfg(unix)]
            Self::Unix { listener, .. } => {
                let path = listener.local_addr()?.as_pathname().map(ToOwned::to_owned);
                // One that another process opened need not have a file.
                Ok(Listen::Unix(path.unwrap_or_default()))
            }
        }
    }

    pub(super) async fn accept(&self) -> io::Result<(Plain, Peer)> {
        match self {
            Self::Tcp(listener) => {
                let (stream, peer) = listener.accept().await?;
                // An IPv4 peer of an IPv6 socket is still an IPv4 peer.
                Ok((Plain::Tcp(stream), Peer::At(SocketAddr::new(peer.ip().to_canonical(), peer.port()))))
            }
            #[cfg(unix)]
            Self::Unix { listener, .. } => Ok((Plain::Unix(listener.accept().await?.0), Peer::Unix)),
        }
    }
}

impl Peer {
    /// Where it is. Whoever comes by a unix socket is on this machine, and has no port.
    pub fn address(self) -> SocketAddr {
        match self {
            Self::At(address) => address,
            Self::Unix => SocketAddr::new(Ipv4Addr::LOCALHOST.into(), 0),
        }
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(address) => address.fmt(f),
            Self::Unix => f.write_str("unix:"),
        }
    }
}
