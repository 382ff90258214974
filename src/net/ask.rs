//! Asking others by HTTP, one request a connection.

use crate::config::Listen;
use axum::body::{Body, to_bytes};
use axum::http::{Request, Response, StatusCode, header};
use bytes::Bytes;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
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
pub async fn ask(listen: &Listen, path: &str, within: Duration) -> io::Result<Answer> {
    match on_this_machine(listen) {
        Listen::Tcp(address) => ask_by_name(address, &address.to_string(), path, within).await,
        Listen::Unix(socket) => in_time(within, get_by_unix(&socket, path)).await,
    }
}

/// Gets a page of the host `name`, by plain HTTP, from whatever listens at an address.
///
/// # Errors
/// When no answer comes in time, or it is not one of HTTP.
pub async fn ask_by_name(address: SocketAddr, name: &str, path: &str, within: Duration) -> io::Result<Answer> {
    in_time(within, async { get(TcpStream::connect(address).await?, name, path).await }).await
}

#[cfg(unix)]
async fn get_by_unix(socket: &Path, path: &str) -> io::Result<Answer> {
    get(tokio::net::UnixStream::connect(socket).await?, "localhost", path).await
}

#[cfg(not(unix))]
async fn get_by_unix(_: &Path, _: &str) -> io::Result<Answer> {
    Err(io::ErrorKind::Unsupported.into())
}

async fn in_time(within: Duration, answer: impl Future<Output = io::Result<Answer>>) -> io::Result<Answer> {
    timeout(within, answer)
        .await
        .unwrap_or_else(|_| Err(io::Error::new(io::ErrorKind::TimedOut, format!("no answer came within {within:?}"))))
}

async fn get(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    name: &str,
    path: &str,
) -> io::Result<Answer> {
    let request = Request::get(path)
        .header(header::HOST, name)
        .header(header::CONNECTION, "close")
        .body(Body::empty())
        .map_err(io::Error::other)?;
    let (head, body) = exchange(stream, request, BODY_BYTES_MAX).await?.into_parts();
    Ok(Answer { status: head.status, body: String::from_utf8_lossy(&body).into_owned() })
}

/// Makes the one request of a connection, and takes the whole answer, whose body has at most `body_bytes_max`. The request
/// names its host in a header, and nothing but the path in its address.
///
/// # Errors
/// When no answer comes, or it is too long.
pub async fn exchange<B>(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    request: Request<B>,
    body_bytes_max: usize,
) -> io::Result<Response<Bytes>>
where
    B: hyper::body::Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
    // The connection ends when its sender is gone.
    let answer = async move {
        let (head, body) = sender.send_request(request).await.map_err(io::Error::other)?.into_parts();
        let body = to_bytes(Body::new(body), body_bytes_max).await.map_err(io::Error::other)?;
        Ok(Response::from_parts(head, body))
    };
    let (answer, _) = tokio::join!(answer, connection);
    answer
}

/// Where to reach what listens there.
pub fn on_this_machine(listen: &Listen) -> Listen {
    let Listen::Tcp(address) = listen else { return listen.clone() };
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    Listen::Tcp(SocketAddr::new(ip, address.port()))
}
