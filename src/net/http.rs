//! HTTP on one connection: version 1.1, and version 2 where the peer agreed on it with its encryption. It is never guessed
//! from the first bytes: nothing would bound the time in which they come.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, Request};
use axum::http::{HeaderValue, header};
use hyper::body::Incoming;
use hyper::rt::Executor;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::time::{Instant, sleep_until};
use tokio_util::either::Either;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use super::listener::Peer;
use super::stats::Stats;
use super::{Limits, Proxies, Stream, tls};
use crate::limits::HTTP_2_STREAMS_MAX;

/// The smallest read buffer that the library accepts, in bytes.
const BUFFER_BYTES_MIN: usize = 8 * 1024;

/// What a peer may send before we took it, in bytes: of one request, and of all on a connection.
const STREAM_WINDOW_BYTES: u32 = 64 * 1024;
const CONNECTION_WINDOW_BYTES: u32 = 256 * 1024;

/// What we keep for a peer that takes it slowly, in bytes, of one response.
const SEND_BUFFER_BYTES: usize = 64 * 1024;

/// How long responses may still take that are under way when a connection on which nothing is asked is given up.
const LINGER: Duration = Duration::from_secs(300);

/// How long a peer may take to say good-bye at a stop, when it waits for nothing. One that sleeps never does.
const GOODBYE: Duration = Duration::from_secs(1);

/// Serves connections. Cheap to clone.
#[derive(Clone)]
pub(super) struct Http {
    one: http1::Builder,
    two: http2::Builder<Tracked>,
    proxies: Proxies,
    header_timeout: Duration,
    idle_timeout: Duration,
    shutdown: CancellationToken,
    stats: Arc<Stats>,
}

/// Runs the requests of a connection, which go on beside each other.
#[derive(Clone)]
struct Tracked(TaskTracker);

/// The requests of one connection: how many there were, and how many are without a response.
#[derive(Debug, Default)]
struct Requests {
    begun: AtomicUsize,
    waiting: AtomicUsize,
}

impl Http {
    pub fn new(
        limits: &Limits,
        proxies: Proxies,
        tracker: TaskTracker,
        shutdown: CancellationToken,
        stats: Arc<Stats>,
    ) -> Self {
        let mut one = http1::Builder::new();
        // Without a timer the library's header timeout does nothing.
        one.timer(TokioTimer::new())
            .header_read_timeout(limits.header_timeout)
            .max_buf_size(limits.header_bytes_max.max(BUFFER_BYTES_MIN))
            .max_header_size(limits.header_bytes_max)
            .max_headers(limits.headers_max);
        let mut two = http2::Builder::new(Tracked(tracker));
        two.timer(TokioTimer::new())
            .max_concurrent_streams(HTTP_2_STREAMS_MAX)
            .max_header_list_size(u32::try_from(limits.header_bytes_max).unwrap_or(u32::MAX))
            .initial_stream_window_size(STREAM_WINDOW_BYTES)
            .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
            .max_send_buf_size(SEND_BUFFER_BYTES);
        let &Limits { header_timeout, idle_timeout, .. } = limits;
        Self { one, two, proxies, header_timeout, idle_timeout, shutdown, stats }
    }

    /// Serves one connection until it is closed, or taken over by the application.
    pub async fn serve(&self, stream: Stream, peer: Peer, app: Router) {
        let is_two = matches!(&stream, Either::Right(stream) if tls::speaks_http_2(stream));
        let served = if is_two {
            // Boxed: most connections are of the other kind, and each would have the room for both.
            Box::pin(self.serve_two(stream, peer, app)).await
        } else {
            self.serve_one(stream, peer, app).await
        };
        match served {
            Ok(()) => {}
            Err(error) if error.is_timeout() => self.stats.header_timed_out(),
            Err(error) => tracing::debug!(%peer, %error, "connection ended early"),
        }
    }

    async fn serve_one(&self, stream: Stream, peer: Peer, app: Router) -> hyper::Result<()> {
        let proxies = self.proxies.clone();
        let service = service_fn(move |mut request: Request<Incoming>| {
            let client = proxies.client(peer, request.headers());
            request.extensions_mut().insert(ConnectInfo(client));
            app.clone().oneshot(request)
        });
        let mut connection = pin!(self.one.serve_connection(TokioIo::new(stream), service).with_upgrades());
        tokio::select! {
            biased;
            served = connection.as_mut() => served,
            () = self.shutdown.cancelled() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        }
    }

    async fn serve_two(&self, stream: Stream, peer: Peer, app: Router) -> hyper::Result<()> {
        let requests = Arc::new(Requests::default());
        let (counted, proxies) = (Arc::clone(&requests), self.proxies.clone());
        let service = service_fn(move |mut request: Request<Incoming>| {
            let client = proxies.client(peer, request.headers());
            request.extensions_mut().insert(ConnectInfo(client));
            name_host(&mut request);
            let (app, under_way) = (app.clone(), counted.begin());
            async move {
                let response = app.oneshot(request).await;
                drop(under_way);
                response
            }
        });
        let mut connection = pin!(self.two.serve_connection(TokioIo::new(stream), service));
        let mut due = Instant::now() + self.header_timeout;
        let (mut seen, mut is_leaving, mut is_stopping) = (0, false, false);
        loop {
            tokio::select! {
                biased;
                served = connection.as_mut() => return served,
                () = self.shutdown.cancelled(), if !is_stopping => {
                    (is_stopping, due) = (true, Instant::now() + GOODBYE);
                    connection.as_mut().graceful_shutdown();
                }
                () = sleep_until(due) => {
                    let begun = requests.begun.load(Relaxed);
                    let waits = requests.waiting.load(Relaxed) > 0;
                    if begun == 0 && !is_stopping {
                        self.stats.header_timed_out();
                        return Ok(());
                    } else if is_stopping && waits {
                        due = Instant::now() + GOODBYE;
                    } else if is_stopping || (is_leaving && !waits) {
                        return Ok(());
                    } else if begun == seen && !waits {
                        (is_leaving, due) = (true, Instant::now() + LINGER);
                        connection.as_mut().graceful_shutdown();
                    } else {
                        due = Instant::now() + self.idle_timeout;
                    }
                    seen = begun;
                }
            }
        }
    }
}

/// A request of HTTP/2 names its host in its address (RFC 9113 §8.3.1). One of HTTP/1.1 does in a header, where everybody
/// looks for it.
fn name_host(request: &mut Request<Incoming>) {
    let host = request.uri().authority().and_then(|authority| HeaderValue::from_str(authority.as_str()).ok());
    if let Some(host) = host {
        request.headers_mut().entry(header::HOST).or_insert(host);
    }
}

impl Requests {
    fn begin(self: &Arc<Self>) -> UnderWay {
        self.begun.fetch_add(1, Relaxed);
        self.waiting.fetch_add(1, Relaxed);
        UnderWay(Arc::clone(self))
    }
}

/// A request without a response. The peer may take it back at any time.
struct UnderWay(Arc<Requests>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Relaxed);
    }
}

impl<F> Executor<F> for Tracked
where
    F: Future<Output = ()> + Send + 'static,
{
    fn execute(&self, request: F) {
        self.0.spawn(request);
    }
}
