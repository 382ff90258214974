//! Real sockets against the accept loop. Limits are short; [`SOON`] only bounds a test that would otherwise hang.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Mutex;

use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::http::HeaderMap;
use axum::routing::{any, get, post};
use futures_util::{SinkExt, StreamExt};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, mpsc};
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::create_response_with_body;
use tokio_tungstenite::tungstenite::protocol::Role;

use super::*;
use crate::config::Listen;

mod encrypted;
#[cfg(unix)]
mod unix;

/// Far more than anything here takes.
const SOON: Duration = Duration::from_secs(10);

const LIMITS: Limits = Limits {
    max_connections: 100,
    first_byte_timeout: Duration::from_mins(1),
    header_timeout: Duration::from_mins(1),
    write_timeout: Duration::from_mins(1),
    idle_timeout: Duration::from_mins(1),
    header_bytes_max: 16 * 1024,
    headers_max: 64,
};

struct Running {
    address: Listen,
    shutdown: CancellationToken,
    tracker: TaskTracker,
    stats: Arc<Stats>,
    /// A request to `/wait` says here that it has begun.
    begun: mpsc::Receiver<()>,
    /// Lets it finish.
    finish: Arc<Notify>,
}

async fn start(limits: Limits) -> Running {
    start_with(limits, None, Proxies::default()).await
}

async fn start_with(limits: Limits, tls: Option<Tls>, proxies: Proxies) -> Running {
    start_at(Listener::Tcp(TcpListener::bind("127.0.0.1:0").await.unwrap()), limits, tls, proxies)
}

fn start_at(listener: Listener, limits: Limits, tls: Option<Tls>, proxies: Proxies) -> Running {
    let address = listener.at().unwrap();
    let (tell_begun, begun) = mpsc::channel(10);
    let finish = Arc::new(Notify::new());
    let app = app(tell_begun, Arc::clone(&finish));
    let (tracker, shutdown, stats) = (TaskTracker::new(), CancellationToken::new(), Arc::new(Stats::default()));
    tracker.spawn(serve(
        listener,
        Door { app, tls, proxies },
        limits,
        tracker.clone(),
        shutdown.clone(),
        Arc::clone(&stats),
    ));
    Running { address, shutdown, tracker, stats, begun, finish }
}

fn app(begun: mpsc::Sender<()>, finish: Arc<Notify>) -> Router {
    let wait = async move || {
        begun.send(()).await.unwrap();
        finish.notified().await;
        "finished"
    };
    let sockets = TaskTracker::new();
    let echo = async move |mut request: Request| {
        let response = create_response_with_body(&request, Body::empty).unwrap();
        let upgraded = hyper::upgrade::on(&mut request);
        sockets.spawn(async {
            let upgraded = TokioIo::new(upgraded.await.unwrap());
            let mut socket = WebSocketStream::from_raw_socket(upgraded, Role::Server, None).await;
            while let Some(Ok(message @ Message::Text(_))) = socket.next().await {
                socket.send(message).await.unwrap();
            }
        });
        response
    };
    Router::new()
        .route("/", get(async |ConnectInfo(peer): ConnectInfo<SocketAddr>| format!("hello {peer}")))
        .route("/host", get(async |headers: HeaderMap| headers["host"].to_str().unwrap().to_owned()))
        .route("/echo", post(async |body: String| body))
        .route("/large", get(async || vec![b'x'; 64 * 1024 * 1024]))
        .route("/wait", get(wait))
        .route("/ws", any(echo))
}

impl Running {
    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address.tcp().unwrap()).await.unwrap()
    }

    async fn sent(&self, request: &str) -> TcpStream {
        let mut stream = self.connect().await;
        stream.write_all(request.as_bytes()).await.unwrap();
        stream
    }

    /// Waits until all sockets of the server are closed.
    async fn stopped(&self) {
        self.shutdown.cancel();
        self.tracker.close();
        timeout(SOON, self.tracker.wait()).await.expect("the server stops");
        assert_eq!(self.stats.snapshot().open, 0);
    }
}

/// All that the server says until it closes.
async fn until_closed(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut all = Vec::new();
    let read = timeout(SOON, stream.read_to_end(&mut all)).await.expect("the server closes");
    // A reset is a close too.
    _ = read;
    String::from_utf8(all).unwrap()
}

/// One response with a `content-length`, leaving the connection open.
async fn response(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut all = Vec::new();
    timeout(SOON, async {
        loop {
            let text = String::from_utf8_lossy(&all).to_ascii_lowercase();
            if let Some((head, body)) = text.split_once("\r\n\r\n") {
                let length = head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next()?.parse().ok());
                if body.len() >= length.unwrap_or(0) {
                    return;
                }
            }
            assert_ne!(stream.read_buf(&mut all).await.unwrap(), 0, "closed within {text:?}");
        }
    })
    .await
    .expect("the server answers");
    String::from_utf8(all).unwrap()
}

#[tokio::test]
async fn a_request_is_answered_and_knows_its_peer() {
    let server = start(LIMITS).await;
    let mut stream = server.sent("GET / HTTP/1.1\r\nhost: x\r\n\r\n").await;
    let peer = stream.local_addr().unwrap();
    let answer = response(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with(&format!("hello {peer}")), "{answer}");

    stream
        .write_all(b"POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\nconnection: close\r\n\r\nhi")
        .await
        .unwrap();
    assert!(until_closed(&mut stream).await.ends_with("\r\n\r\nhi"));
    server.stopped().await;
    assert_eq!(server.stats.snapshot(), Snapshot { accepted: 1, ..Snapshot::default() });
}

/// The proxies of this machine, which begin with a header where `announce`.
fn proxies(announce: bool) -> Proxies {
    Proxies::new(&["127.0.0.0/8".parse().unwrap()], false, X_FORWARDED_FOR, announce)
}

#[tokio::test]
async fn a_proxy_says_in_each_request_whom_it_speaks_for() {
    let server = start_with(LIMITS, None, proxies(false)).await;
    let mut stream = server.connect().await;
    for client in ["203.0.113.9", "203.0.113.10"] {
        let request = format!("GET / HTTP/1.1\r\nhost: x\r\nx-forwarded-for: {client}\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        assert!(response(&mut stream).await.ends_with(&format!("hello {client}:0")));
    }
}

#[tokio::test]
async fn a_proxy_begins_its_connections_with_whom_it_speaks_for() {
    let short = Limits { first_byte_timeout: Duration::from_millis(50), ..LIMITS };
    let server = start_with(short, None, proxies(true)).await;
    let mut stream = server.sent("PROXY TCP4 203.0.113.9 127.0.0.1 4711 80\r\nGET / HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert!(response(&mut stream).await.ends_with("hello 203.0.113.9:4711"));
    let mut without = server.sent("GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
    assert_eq!(until_closed(&mut without).await, "");
    let mut half = server.sent("PROXY TCP4 203.").await;
    assert_eq!(until_closed(&mut half).await, "");
    assert_eq!(server.stats.snapshot().first_byte_timeouts, 1);
    drop(stream);
    server.stopped().await;
}

#[tokio::test]
async fn a_silent_connection_is_closed() {
    let server = start(Limits { first_byte_timeout: Duration::from_millis(50), ..LIMITS }).await;
    let mut stream = server.connect().await;
    assert_eq!(until_closed(&mut stream).await, "");
    assert_eq!(server.stats.snapshot().first_byte_timeouts, 1);
}

#[tokio::test]
async fn half_a_head_is_closed_even_while_it_trickles() {
    let server = start(Limits { header_timeout: Duration::from_millis(100), ..LIMITS }).await;
    let mut still = server.sent("GET / HTTP/1.1\r\nhost:").await;
    let (mut reader, mut writer) = server.sent("GET / HTTP/1.1\r\n").await.into_split();
    let trickle = async {
        while writer.write_all(b"a: b\r\n").await.is_ok() {
            // The pace of the attack, not a wait for something to happen.
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let closed = async {
        let mut rest = Vec::new();
        _ = reader.read_to_end(&mut rest).await;
    };
    timeout(SOON, async { tokio::join!(trickle, closed) }).await.expect("the trickling connection is closed");
    until_closed(&mut still).await;
    server.stopped().await;
    assert_eq!(server.stats.snapshot().header_timeouts, 2);
}

#[tokio::test]
async fn an_idle_connection_is_closed_after_its_request() {
    let server = start(Limits { header_timeout: Duration::from_millis(100), ..LIMITS }).await;
    let mut stream = server.sent("GET / HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert!(response(&mut stream).await.contains("200 OK"));
    assert_eq!(until_closed(&mut stream).await, "");
}

#[tokio::test]
async fn a_slow_handler_is_not_cut_by_the_timeouts_of_reading() {
    let limits =
        Limits { header_timeout: Duration::from_millis(50), first_byte_timeout: Duration::from_millis(50), ..LIMITS };
    let mut server = start(limits).await;
    let mut stream = server.sent("GET /wait HTTP/1.1\r\nhost: x\r\n\r\n").await;
    server.begun.recv().await.unwrap();
    // The silent neighbour is cut while this request is still under way.
    until_closed(&mut server.connect().await).await;
    server.finish.notify_one();
    assert!(response(&mut stream).await.ends_with("finished"));
}

#[tokio::test]
async fn a_peer_that_takes_nothing_is_cut() {
    let server = start(Limits { write_timeout: Duration::from_millis(100), ..LIMITS }).await;
    let _stream = server.sent("GET /large HTTP/1.1\r\nhost: x\r\n\r\n").await;
    let cut = async {
        while server.stats.snapshot().write_timeouts == 0 {
            tokio::task::yield_now().await;
        }
    };
    timeout(SOON, cut).await.expect("the connection is cut");
    server.stopped().await;
}

#[tokio::test]
async fn beyond_the_limit_connections_are_refused_in_words_until_one_is_closed() {
    let server = start(Limits { max_connections: 2, ..LIMITS }).await;
    let mut first = server.sent("GET / HTTP/1.1\r\nhost: x\r\n\r\n").await;
    let mut second = server.sent("GET / HTTP/1.1\r\nhost: x\r\n\r\n").await;
    response(&mut first).await;
    response(&mut second).await;

    let mut third = server.sent("GET / HTTP/1.1\r\nhost: x\r\n\r\n").await;
    let refusal = until_closed(&mut third).await;
    assert!(refusal.starts_with("HTTP/1.1 503 "), "{refusal}");
    let (head, body) = refusal.split_once("\r\n\r\n").unwrap();
    assert!(head.contains(&format!("content-length: {}\r\n", body.len())), "{refusal}");
    assert_eq!((server.stats.snapshot().open, server.stats.snapshot().refused), (2, 1));

    first.write_all(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.unwrap();
    until_closed(&mut first).await;
    let released = async {
        while server.stats.snapshot().open == 2 {
            tokio::task::yield_now().await;
        }
    };
    timeout(SOON, released).await.expect("the place is given back");
    let mut fourth = server.sent("GET / HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert!(response(&mut fourth).await.contains("200 OK"));
}

#[tokio::test]
async fn silent_refused_connections_do_not_stop_the_accepting() {
    let server = start(Limits { max_connections: 1, ..LIMITS }).await;
    let mut held = server.sent("GET / HTTP/1.1\r\nhost: x\r\n\r\n").await;
    response(&mut held).await;
    let mut refused = Vec::new();
    for _ in 0..REFUSALS_AT_ONCE * 2 {
        refused.push(server.connect().await);
    }
    let all_met = async {
        while server.stats.snapshot().refused < REFUSALS_AT_ONCE as u64 * 2 {
            tokio::task::yield_now().await;
        }
    };
    timeout(SOON, all_met).await.expect("every one is met");
    for stream in &mut refused {
        until_closed(stream).await;
    }
    held.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    assert!(response(&mut held).await.contains("200 OK"));
}

#[tokio::test]
async fn a_head_is_taken_up_to_its_limits_and_refused_past_them() {
    let limits = Limits { header_bytes_max: 9_000, headers_max: 10, ..LIMITS };
    let server = start(limits).await;
    let of_bytes = |bytes: usize| {
        let rest = "GET / HTTP/1.1\r\nhost: x\r\nlong: \r\nconnection: close\r\n\r\n".len();
        format!("GET / HTTP/1.1\r\nhost: x\r\nlong: {}\r\nconnection: close\r\n\r\n", "a".repeat(bytes - rest))
    };
    let of_lines = |lines: usize| {
        format!("GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{}\r\n", "a: b\r\n".repeat(lines - 2))
    };
    for (request, status) in
        [(of_bytes(9_000), "200"), (of_bytes(9_001), "431"), (of_lines(10), "200"), (of_lines(11), "431")]
    {
        let mut stream = server.sent(&request).await;
        let answer = until_closed(&mut stream).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{status}: {answer}");
    }
}

/// Opens `/ws` by hand: the handshake of RFC 6455 with its own sample key.
async fn open_socket(stream: &mut (impl AsyncRead + AsyncWrite + Unpin)) {
    let handshake = "GET /ws HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
        sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    stream.write_all(handshake.as_bytes()).await.unwrap();
    assert!(response(stream).await.starts_with("HTTP/1.1 101 "));
}

async fn echo_through(stream: &mut (impl AsyncRead + AsyncWrite + Unpin)) {
    // "hi" under a mask of zeros, as RFC 6455 lets a client send it.
    stream.write_all(&[0x81, 0x82, 0, 0, 0, 0, b'h', b'i']).await.unwrap();
    let mut frame = [0; 4];
    timeout(SOON, stream.read_exact(&mut frame)).await.expect("the echo comes").unwrap();
    assert_eq!(&frame, b"\x81\x02hi");
}

#[tokio::test]
async fn an_upgraded_socket_counts_until_it_is_closed_and_outlives_the_timeouts() {
    let short = Duration::from_millis(50);
    let server = start(Limits {
        first_byte_timeout: short,
        header_timeout: short,
        write_timeout: short,
        max_connections: 2,
        ..LIMITS
    })
    .await;
    let mut socket = server.connect().await;
    open_socket(&mut socket).await;
    until_closed(&mut server.connect().await).await;
    echo_through(&mut socket).await;
    assert_eq!(server.stats.snapshot().open, 1);

    server.shutdown.cancel();
    server.tracker.close();
    // Two rounds through the runtime after the accept loop is gone: the socket lives, and the tracker knows it.
    echo_through(&mut socket).await;
    assert_eq!(server.stats.snapshot().open, 1);
    assert!(!server.tracker.is_empty());
    drop(socket);
    server.stopped().await;
}

#[tokio::test]
async fn a_stop_finishes_what_is_under_way_and_closes_what_is_idle() {
    let mut server = start(LIMITS).await;
    let mut idle = server.sent("GET / HTTP/1.1\r\nhost: x\r\n\r\n").await;
    response(&mut idle).await;
    let mut silent = server.connect().await;
    let mut busy = server.sent("GET /wait HTTP/1.1\r\nhost: x\r\n\r\n").await;
    server.begun.recv().await.unwrap();

    server.shutdown.cancel();
    assert_eq!(until_closed(&mut idle).await, "");
    assert_eq!(until_closed(&mut silent).await, "");
    server.finish.notify_one();
    let answer = until_closed(&mut busy).await;
    assert!(answer.contains("200 OK") && answer.ends_with("finished"), "{answer}");
    server.stopped().await;
    assert!(TcpStream::connect(server.address.tcp().unwrap()).await.is_err(), "nobody listens any more");
}

/// Fails as often as it is told to, then gives real connections.
struct Failing {
    errors: Arc<Mutex<VecDeque<io::ErrorKind>>>,
    listener: Listener,
}

impl Accept for Failing {
    async fn accept(&mut self) -> io::Result<(Plain, Peer)> {
        let error = self.errors.lock().unwrap().pop_front();
        match error {
            Some(kind) => Err(kind.into()),
            None => self.listener.accept().await,
        }
    }
}

#[tokio::test]
async fn errors_of_accepting_are_outlived() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let errors = [
        io::ErrorKind::ConnectionAborted,
        io::ErrorKind::OutOfMemory,
        io::ErrorKind::Other,
        io::ErrorKind::Interrupted,
    ];
    let errors = Arc::new(Mutex::new(VecDeque::from(errors)));
    let stats = Arc::new(Stats::default());
    let (tracker, shutdown) = (TaskTracker::new(), CancellationToken::new());
    let server = Server {
        door: Door { app: Router::new().route("/", get(async || "hello")), tls: None, proxies: Proxies::default() },
        http: Http::new(&LIMITS, Proxies::default(), tracker.clone(), shutdown.clone(), Arc::clone(&stats)),
        limits: LIMITS,
        tracker: tracker.clone(),
        shutdown,
        stats: Arc::clone(&stats),
        refusals: Arc::new(Semaphore::new(1)),
    };
    tracker.spawn(accept_loop(Failing { errors: Arc::clone(&errors), listener: Listener::Tcp(listener) }, server));
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    assert!(response(&mut stream).await.ends_with("hello"));
    assert!(errors.lock().unwrap().is_empty());
    assert_eq!(stats.snapshot().accept_errors, 2);
}
