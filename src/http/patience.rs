//! How long a request may take: its body as long as it keeps coming, its answer 30 seconds from then.

use super::error::ApiError;
use crate::limits::{REQUEST_TIMEOUT, UPLOAD_BYTES_PER_SECOND_MIN, UPLOAD_TIMEOUT};
use axum::body::{Body, HttpBody};
use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

/// What has arrived of a body.
#[derive(Clone, Debug, Default)]
struct Arrival {
    bytes: Arc<AtomicU64>,
    /// Cancelled when no more of it is wanted: all is there, or its reader has gone.
    over: CancellationToken,
}

/// Ends a request whose body stalls, and one that takes too long once its body is there.
pub async fn in_time(request: Request, next: Next) -> Response {
    let (request, arrival) = watched(request);
    let mut answer = pin!(next.run(request));
    tokio::select! {
        biased;
        response = &mut answer => return response,
        () = arrival.over.cancelled() => {}
        () = arrival.stalls() => {
            let detail = "The upload stalled or is too slow. Check the connection and send it again.";
            return ApiError::new(StatusCode::REQUEST_TIMEOUT, "upload_stalled", detail).into_response();
        }
    }
    timeout(REQUEST_TIMEOUT, answer).await.unwrap_or_else(|_| {
        let detail = "That took too long. Try again in a moment.";
        ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "timeout", detail).into_response()
    })
}

fn watched(request: Request) -> (Request, Arrival) {
    let arrival = Arrival::default();
    let bytes = Arc::clone(&arrival.bytes);
    // Goes with the body, wherever that ends.
    let end = arrival.over.clone().drop_guard();
    let (parts, body) = request.into_parts();
    if body.is_end_stream() {
        return (Request::from_parts(parts, body), arrival);
    }
    let body = body.into_data_stream().inspect(move |chunk| {
        let _is_kept = &end;
        if let Ok(chunk) = chunk {
            bytes.fetch_add(u64::try_from(chunk.len()).unwrap_or(u64::MAX), Ordering::Relaxed);
        }
    });
    (Request::from_parts(parts, Body::from_stream(body)), arrival)
}

impl Arrival {
    /// Waits until a span of [`REQUEST_TIMEOUT`] brings less than it must, or [`UPLOAD_TIMEOUT`] has gone by.
    async fn stalls(&self) {
        let end = Instant::now() + UPLOAD_TIMEOUT;
        let mut before = 0;
        while Instant::now() < end {
            sleep(REQUEST_TIMEOUT).await;
            let bytes = self.bytes.load(Ordering::Relaxed);
            if bytes - before < UPLOAD_BYTES_PER_SECOND_MIN * REQUEST_TIMEOUT.as_secs() {
                return;
            }
            before = bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::body::Bytes;
    use axum::extract::DefaultBodyLimit;
    use axum::routing::post;
    use futures_util::stream;
    use std::convert::Infallible;
    use std::time::Duration;
    use tower::ServiceExt;

    const SECOND: Duration = Duration::from_secs(1);

    /// Sends so many pieces, one after each pause, to a handler that then thinks for a while. Gives the answer and when
    /// it came.
    async fn send(pieces: usize, bytes: usize, pause: Duration, thinks: Duration) -> (u16, Duration) {
        let body = stream::iter(0..pieces).then(move |_| async move {
            sleep(pause).await;
            Ok::<_, Infallible>(Bytes::from(vec![b'x'; bytes]))
        });
        let handler = async move |body: Bytes| {
            sleep(thinks).await;
            body.len().to_string()
        };
        let app = Router::new()
            .route("/", post(handler))
            .layer(axum::middleware::from_fn(in_time))
            .layer(DefaultBodyLimit::disable());
        let begin = Instant::now();
        let response = app.oneshot(Request::post("/").body(Body::from_stream(body)).unwrap()).await.unwrap();
        let status = response.status().as_u16();
        if status == 200 {
            let read = axum::body::to_bytes(response.into_body(), 100).await.unwrap();
            assert_eq!(read, (pieces * bytes).to_string());
        }
        (status, begin.elapsed())
    }

    fn pace() -> usize {
        usize::try_from(UPLOAD_BYTES_PER_SECOND_MIN).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn an_upload_that_keeps_coming_may_take_long() {
        let (status, took) = send(600, pace() + 1_000, SECOND, SECOND).await;
        assert_eq!((status, took.as_secs()), (200, 601));
    }

    #[tokio::test(start_paused = true)]
    async fn an_upload_that_comes_too_slowly_is_cut() {
        let (status, took) = send(600, pace() - 1_000, SECOND, SECOND).await;
        assert_eq!((status, took), (408, REQUEST_TIMEOUT));
    }

    #[tokio::test(start_paused = true)]
    async fn an_upload_that_stops_is_cut_however_much_there_is_of_it() {
        let (status, took) = send(2, 10_000_000, 50 * SECOND, SECOND).await;
        assert_eq!((status, took), (408, REQUEST_TIMEOUT));
        let (status, took) = send(2, 10_000_000, 25 * SECOND, SECOND).await;
        assert_eq!((status, took.as_secs()), (200, 51));
        let (status, took) = send(3, 10_000_000, 29 * SECOND, SECOND).await;
        assert_eq!((status, took.as_secs()), (200, 88));
    }

    #[tokio::test(start_paused = true)]
    async fn no_upload_takes_for_ever() {
        let (status, took) = send(5_000, 2 * pace(), SECOND, SECOND).await;
        assert_eq!((status, took), (408, UPLOAD_TIMEOUT));
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_is_waited_for_from_when_the_request_is_there() {
        let (status, took) = send(50, 2 * pace(), SECOND, REQUEST_TIMEOUT.saturating_sub(SECOND)).await;
        assert_eq!((status, took.as_secs()), (200, 79));
        let (status, took) = send(50, 2 * pace(), SECOND, REQUEST_TIMEOUT + SECOND).await;
        assert_eq!((status, took.as_secs()), (503, 80));
        let (status, took) = send(0, 0, SECOND, REQUEST_TIMEOUT + SECOND).await;
        assert_eq!((status, took), (503, REQUEST_TIMEOUT));
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_nobody_reads_holds_nothing_up() {
        let app = Router::new()
            .route("/", post(async || sleep(REQUEST_TIMEOUT + SECOND).await))
            .layer(axum::middleware::from_fn(in_time));
        let begin = Instant::now();
        let body = Body::from_stream(stream::pending::<Result<Bytes, Infallible>>());
        let response = app.oneshot(Request::post("/").body(body).unwrap()).await.unwrap();
        assert_eq!((response.status().as_u16(), begin.elapsed()), (503, REQUEST_TIMEOUT));
    }
}
