//! Asking what listens somewhere, by plain HTTP.

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;

const BODY_BYTES_MAX: usize = 64 * 1024;

/// What was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: StatusCode,
    /// Text that is not UTF-8 has marks where it is not.
    pub body: String,
}

/// Gets a page, by plain HTTP, from whatever listens there on this machine.
///
/// # Errors
/// When no answer comes in time, or it is not one of HTTP.
pub async fn ask(listen: SocketAddr, path: &str, within: Duration) -> io::Result<Answer> {
    let address = on_this_machine(listen);
    ask_by_name(address, &address.to_string(), path, within).await
}

/// Gets a page of the host `name`, by plain HTTP, from whatever listens at an address.
///
/// # Errors
/// When no answer comes in time, or it is not one of HTTP.
pub async fn ask_by_name(address: SocketAddr, name: &str, path: &str, within: Duration) -> io::Result<Answer> {
    timeout(within, exchange(address, name, path))
        .await
        .unwrap_or_else(|_| Err(io::Error::new(io::ErrorKind::TimedOut, format!("no answer came within {within:?}"))))
}

async fn exchange(address: SocketAddr, name: &str, path: &str) -> io::Result<Answer> {
    let stream = TokioIo::new(TcpStream::connect(address).await?);
    let (mut sender, connection) = http1::handshake(stream).await.map_err(io::Error::other)?;
    let request = Request::get(path)
        .header(header::HOST, name)
        .header(header::CONNECTION, "close")
        .body(Body::empty())
        .map_err(io::Error::other)?;
    // The connection ends when its sender is gone.
    let answer = async move {
        let (head, body) = sender.send_request(request).await.map_err(io::Error::other)?.into_parts();
        let body = to_bytes(Body::new(body), BODY_BYTES_MAX).await.map_err(io::Error::other)?;
        Ok(Answer { status: head.status, body: String::from_utf8_lossy(&body).into_owned() })
    };
    let (answer, _) = tokio::join!(answer, connection);
    answer
}

/// Where to reach what listens there.
pub fn on_this_machine(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}
