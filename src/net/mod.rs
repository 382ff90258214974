//! Listeners: our own accept loop, with a limit on everything a stranger can hold on to.
//!
//! The stock accept loop of the web framework never closes a connection that says nothing, does not
//! bound how many there are, and loses sight of sockets once they are upgraded. This one closes a
//! silent connection after [`Limits::first_byte_timeout`], a slow handshake or request head after
//! [`Limits::header_timeout`], and a peer that takes none of its response after
//! [`Limits::write_timeout`]; it counts a connection until its socket is really closed, upgraded or not.

use std::io;
use std::sync::{Arc, Once};
use std::time::Duration;

use axum::Router;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::Semaphore;
use tokio::time::Instant;
use tokio_rustls::server::TlsStream;
use tokio_util::either::Either;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::limits;

mod addresses;
mod ask;
mod bind;
mod http;
mod listener;
mod plain;
mod proxies;
mod socket;
mod stats;
#[cfg(test)]
mod tests;
mod tls;
#[cfg(unix)]
mod unix;

pub use addresses::{lan_urls, own_addresses, own_hosts};
pub use ask::{Answer, ask, ask_by_name, exchange, on_this_machine};
pub use bind::{BindError, advice as bind_advice, bind, try_bind};
pub use listener::Listener;
pub use proxies::{Proxies, X_FORWARDED_FOR};
pub use stats::{Snapshot, Stats};
pub use tls::{Certificate, CertificateError, Certificates, Pem, ProvesNames, Tls, TrustError, self_signed, trust};

use http::Http;
use listener::Peer;
use plain::Plain;
use socket::Socket;
use stats::Admission;

/// How long to wait before accepting again, when the system has nothing to accept with (no descriptors, no memory).
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// How often such trouble is logged at most.
const ACCEPT_TOLD_EVERY: Duration = Duration::from_secs(1);

/// How many refused connections are given their answer at once; beyond that they are only dropped.
const REFUSALS_AT_ONCE: usize = 64;

/// How long a refused connection may take to read why.
const REFUSAL_TIMEOUT: Duration = Duration::from_secs(1);

/// How much of its request a refused connection may send meanwhile, in bytes.
const REFUSAL_READ_BYTES_MAX: u64 = 16 * 1024;

const REFUSAL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\n\
    content-type: text/plain; charset=utf-8\r\n\
    content-length: 56\r\n\
    retry-after: 5\r\n\
    cache-control: no-store\r\n\
    connection: close\r\n\r\n\
    This server is full at the moment. Please come back soon";

/// What one listener grants to those who connect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Connections open at once, over all listeners that share their [`Stats`].
    pub max_connections: usize,
    /// From the connection to its first byte.
    pub first_byte_timeout: Duration,
    /// From the first byte of a request to the end of its head; also between two requests, and for agreeing on
    /// encryption.
    pub header_timeout: Duration,
    /// How long a peer may take nothing of what we send.
    pub write_timeout: Duration,
    /// How long a connection of HTTP/2 is kept on which nothing is asked.
    pub idle_timeout: Duration,
    /// The head of a request: request line and headers, in bytes. Beyond it: 431.
    pub header_bytes_max: usize,
    /// Header lines of a request. Beyond it: 431.
    pub headers_max: usize,
}

impl Limits {
    /// The limits of the product, with the configured number of connections.
    #[must_use]
    pub const fn new(max_connections: usize) -> Self {
        Self {
            max_connections,
            first_byte_timeout: limits::FIRST_BYTE_TIMEOUT,
            header_timeout: limits::HEADER_TIMEOUT,
            write_timeout: limits::REQUEST_TIMEOUT,
            idle_timeout: limits::HTTP_2_IDLE_TIMEOUT,
            header_bytes_max: limits::HEADER_BYTES_MAX,
            headers_max: limits::HEADERS_MAX,
        }
    }
}

/// A connection's bytes, encrypted or not. One type for both, so that everything above is compiled once.
type Stream = Either<Socket, Box<TlsStream<Socket>>>;

/// What one listener leads to. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Door {
    pub app: Router,
    /// How it encrypts. None: it does not.
    pub tls: Option<Tls>,
    /// Who is believed to speak for others.
    pub proxies: Proxies,
}

/// Serves one listener until `shutdown`, then returns at once; connections finish on their own.
///
/// Requests carry `ConnectInfo<SocketAddr>` with the address of the peer, which is 127.0.0.1 without a port where it comes by a
/// unix socket. All tasks run on `tracker`, and `tracker`
/// waits for every open socket, upgraded ones too. At `shutdown` idle connections are closed, requests under way are
/// answered, and upgraded sockets are left to the application, which has to tell them. Give listeners of one server
/// the same `stats`: the limit on connections counts over all of them.
pub async fn serve(
    listener: Listener,
    door: Door,
    limits: Limits,
    tracker: TaskTracker,
    shutdown: CancellationToken,
    stats: Arc<Stats>,
) {
    let refusals = Arc::new(Semaphore::new(REFUSALS_AT_ONCE));
    let http = Http::new(&limits, door.proxies.clone(), tracker.clone(), shutdown.clone(), Arc::clone(&stats));
    accept_loop(listener, Server { door, http, limits, tracker, shutdown, stats, refusals }).await;
}

#[derive(Clone)]
struct Server {
    door: Door,
    http: Http,
    limits: Limits,
    tracker: TaskTracker,
    shutdown: CancellationToken,
    stats: Arc<Stats>,
    refusals: Arc<Semaphore>,
}

/// Where connections come from.
trait Accept {
    fn accept(&mut self) -> impl Future<Output = io::Result<(Plain, Peer)>> + Send;
}

async fn accept_loop(mut listener: impl Accept, server: Server) {
    let mut told: Option<Instant> = None;
    loop {
        let accepted = tokio::select! {
            biased;
            () = server.shutdown.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => server.admit(stream, peer),
            Err(error) if is_about_the_peer(&error) => {}
            Err(error) => {
                server.stats.accept_failed();
                if told.is_none_or(|told| told.elapsed() >= ACCEPT_TOLD_EVERY) {
                    told = Some(Instant::now());
                    tracing::error!(%error, "cannot accept connections at the moment, trying again");
                }
                tokio::select! {
                    () = server.shutdown.cancelled() => return,
                    () = tokio::time::sleep(ACCEPT_PAUSE) => {}
                }
            }
        }
    }
}

/// The peer was gone before we took the connection; the next one may be fine.
fn is_about_the_peer(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::Interrupted
    )
}

impl Server {
    fn admit(&self, stream: Plain, peer: Peer) {
        let Some(admission) = Stats::admit(&self.stats, self.limits.max_connections) else {
            return self.refuse(stream);
        };
        // Answers are small and awaited.
        stream.send_at_once();
        self.tracker.spawn(self.clone().connection(stream, peer, admission));
    }

    /// Says why and closes, without ever waiting for the peer here.
    fn refuse(&self, mut stream: Plain) {
        let Ok(permit) = Arc::clone(&self.refusals).try_acquire_owned() else {
            return;
        };
        self.tracker.spawn(async move {
            let answer = async {
                stream.write_all(REFUSAL).await?;
                stream.shutdown().await?;
                // Closing on unread data resets the connection, and the peer would never see the answer.
                let mut rest = (&mut stream).take(REFUSAL_READ_BYTES_MAX);
                tokio::io::copy(&mut rest, &mut tokio::io::sink()).await
            };
            // Whether it wanted to hear is the peer's affair.
            _ = tokio::time::timeout(REFUSAL_TIMEOUT, answer).await;
            drop(permit);
        });
    }

    /// Whom a proxy speaks for, which has as long to say so as others have for their first byte.
    async fn announced(&self, stream: &mut Plain, proxy: Peer) -> Option<Peer> {
        let said = tokio::select! {
            biased;
            () = self.shutdown.cancelled() => return None,
            said = tokio::time::timeout(self.limits.first_byte_timeout, proxies::announced(stream)) => said,
        };
        match said {
            // Nobody comes from within another machine.
            Ok(Ok(Some(client))) if client.ip().is_loopback() && !proxy.address().ip().is_loopback() => Some(proxy),
            Ok(Ok(client)) => Some(client.map_or(proxy, Peer::At)),
            Ok(Err(error)) => {
                // Once: whoever looks whether we live may come every second.
                static TOLD: Once = Once::new();
                TOLD.call_once(
                    || tracing::warn!(%proxy, %error, "its connections are closed: see server.proxy_protocol"),
                );
                None
            }
            Err(_) => {
                self.stats.first_byte_timed_out();
                None
            }
        }
    }

    async fn connection(self, mut stream: Plain, mut peer: Peer, admission: Admission) {
        if self.door.proxies.are_announced_by(peer) {
            let Some(client) = self.announced(&mut stream, peer).await else { return };
            peer = client;
        }
        let first = tokio::select! {
            biased;
            () = self.shutdown.cancelled() => return,
            first = tokio::time::timeout(self.limits.first_byte_timeout, stream.first_byte()) => first,
        };
        let first = match first {
            Ok(Ok(Some(first))) => first,
            Ok(Ok(None) | Err(_)) => return,
            Err(_) => return self.stats.first_byte_timed_out(),
        };

        let socket = Socket::new(stream, self.limits.write_timeout, admission, self.tracker.token());
        let Door { app, tls, .. } = self.door;
        match tls {
            None => self.http.serve(Either::Left(socket), peer, app).await,
            Some(tls) if first != tls::HANDSHAKE => {
                self.http.serve(Either::Left(socket), peer, tls.unencrypted).await;
            }
            Some(tls) => {
                // What it takes to agree is not kept for as long as the connection lasts.
                let agreed = Box::pin(encrypted(&tls, socket, self.limits.header_timeout, &self.stats)).await;
                if let Some(stream) = agreed {
                    self.http.serve(stream, peer, app).await;
                }
            }
        }
    }
}

/// What is agreed on with a peer that wants encryption, if it is in time.
async fn encrypted(tls: &Tls, socket: Socket, within: Duration, stats: &Stats) -> Option<Stream> {
    match tokio::time::timeout(within, tls.accept(socket)).await {
        Ok(Ok(None)) => None,
        Ok(Ok(Some(stream))) => {
            stats.handshake_done();
            Some(Either::Right(Box::new(stream)))
        }
        // Every scanner of the Internet comes by here.
        Ok(Err(error)) => {
            stats.handshake_failed();
            tracing::debug!(%error, "a peer did not agree on encryption");
            None
        }
        Err(_) => {
            stats.handshake_failed();
            None
        }
    }
}

impl Accept for Listener {
    async fn accept(&mut self) -> io::Result<(Plain, Peer)> {
        Self::accept(self).await
    }
}
