//! What is answered while the database is opened and its schema brought up to date: that the process lives, and that it
//! is not ready yet. Whoever wants more waits for a while.

use super::ops;
use super::security::protect;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::timeout;
use tower::ServiceExt;

/// How long a request waits for what it is about. A start seldom takes as long.
const WAIT_MAX: Duration = Duration::from_secs(5);

/// A browser asks again after so many seconds.
const AGAIN_SECONDS: &str = "2";

/// Everything that is answered before there is anything to answer from, and from then on by what `opened` holds.
pub fn opening(opened: watch::Receiver<Option<Router>>) -> Router {
    let closed = Router::new()
        .route("/healthz", get(ops::healthz))
        .route("/readyz", get(async || ops::unready("starting")))
        .fallback(wait)
        .with_state(opened.clone());
    Router::new().fallback(async move |request: Request| {
        let router = opened.borrow().clone();
        if let Some(router) = router {
            return router.oneshot(request).await.into_response();
        }
        let mut response = closed.oneshot(request).await.into_response();
        protect(response.headers_mut());
        response
    })
}

/// A phone that comes in the moment of a restart waits for an instant, and learns of nothing.
async fn wait(State(mut opened): State<watch::Receiver<Option<Router>>>, request: Request) -> Response {
    let _ = timeout(WAIT_MAX, opened.wait_for(Option::is_some)).await;
    let router = opened.borrow().clone();
    if let Some(router) = router {
        return router.oneshot(request).await.into_response();
    }
    let again = [(header::RETRY_AFTER, AGAIN_SECONDS), (HeaderName::from_static("refresh"), AGAIN_SECONDS)];
    let text = "Quibble is starting. This page looks again by itself.\n";
    (StatusCode::SERVICE_UNAVAILABLE, again, text).into_response()
}
