//! Calls and sockets, as small as they can be: thousands of clients live in one process.

use super::options::Target;
use crate::net::{exchange, trust};
use anyhow::Context;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use rustls::pki_types::ServerName;
use serde_json::Value;
use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context as Poller, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpSocket, TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};
use tokio_util::either::Either;

const DIAL_TIMEOUT: Duration = Duration::from_secs(20);

/// The server gives up on a request after 30 seconds.
const CALL_TIMEOUT: Duration = Duration::from_secs(40);

const BODY_BYTES_MAX: usize = 16 * 1024 * 1024;

/// A phone gets short messages, and there are many of them.
const READ_BUFFER_BYTES: usize = 4 * 1024;

/// The review of a large round is one message to its host.
const MESSAGE_BYTES_MAX: usize = 64 * 1024 * 1024;

/// What the system keeps for a phone that never reads. Much less than for others, or it would swallow a whole night.
const SLOW_BUFFER_BYTES: u32 = 4 * 1024;

/// A WebSocket of a client.
pub type Socket = WebSocketStream<Line>;

/// A connection, encrypted or not. Its bytes are counted as TCP carries them.
type Line = Either<Counted, Box<TlsStream<Counted>>>;

/// Where calls and sockets go.
#[derive(Debug)]
pub struct Client {
    target: Target,
    address: SocketAddr,
    encryption: Option<Encryption>,
}

/// Where a client comes from, and what is counted of it.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// None leaves it to the system.
    pub address: Option<IpAddr>,
    /// It never reads.
    pub is_slow: bool,
    pub wire: Arc<Wire>,
}

/// Bytes over all connections of one client, as TCP carries them.
#[derive(Debug, Default)]
pub struct Wire {
    received: AtomicU64,
    sent: AtomicU64,
}

/// A call of the REST interface.
#[derive(Debug)]
pub struct Call<'a> {
    pub method: Method,
    pub path: &'a str,
    pub token: Option<&'a str>,
    pub body: Option<Value>,
}

/// What the server answered to a call.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub body: Value,
    pub retry_after: Option<Duration>,
}

/// A stream whose bytes are counted.
#[derive(Debug)]
pub struct Counted {
    stream: TcpStream,
    wire: Arc<Wire>,
}

impl Client {
    /// Looks the server up. By HTTPS its certificate has to come from one of the authorities in `ca_file`, or of those
    /// that browsers trust.
    ///
    /// # Errors
    /// When its name is not known, or the file cannot be read.
    pub async fn new(target: Target, ca_file: Option<&Path>) -> anyhow::Result<Self> {
        let found = lookup_host(&target.authority).await;
        let found = found.with_context(|| format!("{} is not known", target.authority))?.next();
        let address = found.with_context(|| format!("{} has no address", target.authority))?;
        let encryption = if target.is_encrypted { Some(Encryption::with(&target, ca_file)?) } else { None };
        Ok(Self { target, address, encryption })
    }

    /// Whether the server is on this machine, by IPv4.
    pub fn is_loopback_v4(&self) -> bool {
        self.address.is_ipv4() && self.address.ip().is_loopback()
    }

    /// Makes one call over a connection of its own.
    ///
    /// # Errors
    /// When no answer comes. One that refuses is an answer.
    pub async fn call(&self, origin: &Origin, call: Call<'_>) -> anyhow::Result<Answer> {
        let about = format!("{} {}", call.method, call.path);
        let answered = timeout(CALL_TIMEOUT, self.answer(origin, call)).await;
        answered.unwrap_or_else(|_| Err(anyhow::anyhow!("no answer came in {CALL_TIMEOUT:?}"))).context(about)
    }

    async fn answer(&self, origin: &Origin, call: Call<'_>) -> anyhow::Result<Answer> {
        let mut request = Request::builder()
            .method(call.method)
            .uri(call.path)
            .header(header::HOST, &self.target.authority)
            .header(header::CONNECTION, "close");
        if let Some(token) = call.token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let request = match call.body {
            Some(body) => {
                request.header(header::CONTENT_TYPE, "application/json").body(Body::from(body.to_string()))?
            }
            None => request.body(Body::empty())?,
        };
        let (head, body) = exchange(self.dial(origin).await?, request, BODY_BYTES_MAX).await?.into_parts();
        let retry_after = head.headers.get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
        Ok(Answer {
            status: head.status,
            // The server says in plain text that it is full.
            body: serde_json::from_slice(&body).unwrap_or(Value::Null),
            retry_after: retry_after.map(Duration::from_secs),
        })
    }

    /// Opens a socket to a game.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub async fn socket(&self, origin: &Origin, code: &str) -> anyhow::Result<Socket> {
        let request = format!("ws://{}/ws/{code}", self.target.authority).into_client_request()?;
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER_BYTES)
            .write_buffer_size(0)
            .max_message_size(Some(MESSAGE_BYTES_MAX))
            .max_frame_size(Some(MESSAGE_BYTES_MAX));
        let stream = self.dial(origin).await?;
        match timeout(DIAL_TIMEOUT, client_async_with_config(request, stream, Some(config))).await {
            Ok(Ok((socket, _))) => Ok(socket),
            Ok(Err(tungstenite::Error::Http(response))) => {
                Err(refused("a socket", response.status(), &Value::Null).context("the server opens no socket"))
            }
            Ok(Err(error)) => Err(error).context("the server opens no socket"),
            Err(_) => anyhow::bail!("the server opened no socket in {DIAL_TIMEOUT:?}"),
        }
    }

    async fn dial(&self, origin: &Origin) -> anyhow::Result<Line> {
        let socket = if self.address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() };
        let socket = socket.context("this process may open no more sockets: raise `ulimit -n`")?;
        if let Some(address) = origin.address {
            let bound = socket.bind(SocketAddr::new(address, 0));
            bound.with_context(|| format!("{address} has no free port, or is no address of this machine"))?;
        }
        if origin.is_slow {
            socket.set_recv_buffer_size(SLOW_BUFFER_BYTES)?;
        }
        let stream = match timeout(DIAL_TIMEOUT, socket.connect(self.address)).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) if error.kind() == io::ErrorKind::AddrNotAvailable => {
                return Err(error).context("no port is free any more: let phones come --from-addresses");
            }
            Ok(Err(error)) => return Err(error).with_context(|| format!("{} cannot be reached", self.address)),
            Err(_) => anyhow::bail!("{} took no connection in {DIAL_TIMEOUT:?}", self.address),
        };
        stream.set_nodelay(true)?;
        let counted = Counted { stream, wire: Arc::clone(&origin.wire) };
        let Some(Encryption { connector, name }) = &self.encryption else { return Ok(Either::Left(counted)) };
        match timeout(DIAL_TIMEOUT, connector.connect(name.clone(), counted)).await {
            Ok(Ok(stream)) => Ok(Either::Right(Box::new(stream))),
            Ok(Err(error)) => Err(error).with_context(|| format!("no encryption was agreed on with {}", self.address)),
            Err(_) => anyhow::bail!("{} agreed on no encryption in {DIAL_TIMEOUT:?}", self.address),
        }
    }
}

/// How connections are encrypted, and what the certificate must be for.
struct Encryption {
    connector: TlsConnector,
    name: ServerName<'static>,
}

impl Encryption {
    fn with(target: &Target, ca_file: Option<&Path>) -> anyhow::Result<Self> {
        let config = trust(ca_file)?;
        let (host, _) = target.authority.rsplit_once(':').context("an address without a port")?;
        let name = ServerName::try_from(host.trim_matches(['[', ']']).to_owned())?;
        Ok(Self { connector: TlsConnector::from(Arc::new(config)), name })
    }
}

impl fmt::Debug for Encryption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Encryption").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Answer {
    /// The body of an answer that is as hoped.
    ///
    /// # Errors
    /// In the server's words, when it refused.
    pub fn done(self, what: &str) -> anyhow::Result<Value> {
        if self.status.is_success() { Ok(self.body) } else { Err(refused(what, self.status, &self.body)) }
    }
}

impl Wire {
    /// Bytes that came, and bytes that went.
    pub fn bytes(&self) -> (u64, u64) {
        (self.received.load(Ordering::Relaxed), self.sent.load(Ordering::Relaxed))
    }
}

/// Why the server refused something, and what can be done about it.
fn refused(what: &str, status: StatusCode, problem: &Value) -> anyhow::Error {
    let code = problem["code"].as_str().unwrap_or_default();
    let detail = problem["detail"].as_str().unwrap_or_default();
    let hint = match (status.as_u16(), code) {
        (401, _) => " The token is none of a host of this server.",
        (409, "full") => " Let each player have several phones with --devices, or make more --games.",
        (409, "too_many") => " Name several hosts, each with a --token: they share the games.",
        (503, _) => " It may have as many connections as it takes: see server.max_connections.",
        _ => "",
    };
    anyhow::anyhow!("the server refused {what} ({status}). {detail}{hint}")
}

/// The text of a message. None for what is not for the game.
///
/// # Errors
/// In words, when the connection ended.
pub fn text(received: Option<Result<Message, tungstenite::Error>>) -> Result<Option<tungstenite::Utf8Bytes>, String> {
    match received {
        Some(Ok(Message::Text(text))) => Ok(Some(text)),
        Some(Ok(Message::Close(Some(frame)))) => {
            Err(format!("the server closed its socket: {} {}", u16::from(frame.code), frame.reason))
        }
        Some(Ok(Message::Close(None))) | None => Err("the server closed its socket".to_owned()),
        Some(Ok(_)) => Ok(None),
        Some(Err(error)) => Err(format!("its socket broke: {error}")),
    }
}

impl AsyncRead for Counted {
    fn poll_read(mut self: Pin<&mut Self>, poller: &mut Poller<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = into.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(poller, into))?;
        self.wire.received.fetch_add((into.filled().len() - before) as u64, Ordering::Relaxed);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Counted {
    fn poll_write(mut self: Pin<&mut Self>, poller: &mut Poller<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.stream).poll_write(poller, bytes))?;
        self.wire.sent.fetch_add(written as u64, Ordering::Relaxed);
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, poller: &mut Poller<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(poller)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, poller: &mut Poller<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(poller)
    }
}
