//! What operators look at: health, readiness, metrics, and a line for every request.

use super::{App, REQUEST_ID};
use axum::Json;
use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// Longer than this, and the database counts as away.
const PING_TIMEOUT: Duration = Duration::from_millis(1_000);

/// The process runs.
pub async fn healthz() -> impl IntoResponse {
    Json(json!({ "status": "ok" }))
}

/// The process can serve: its database takes writes, and it is not about to end.
pub async fn readyz(State(app): State<App>) -> Response {
    if app.drain.is_cancelled() {
        return unready("restarting");
    }
    match timeout(PING_TIMEOUT, app.store.ping()).await {
        Ok(Ok(())) => {
            app.metrics.storage_writable.set(1);
            Json(json!({ "status": "ok" })).into_response()
        }
        Ok(Err(error)) => {
            app.metrics.storage_writable.set(0);
            tracing::warn!(%error, "not ready");
            unready("the database does not take writes")
        }
        Err(_) => unready("the database does not answer"),
    }
}

/// All metrics, for a caller on this machine only.
pub async fn metrics(State(app): State<App>, request: Request) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let is_local = peer.is_some_and(|ConnectInfo(address)| address.ip().to_canonical().is_loopback());
    let is_forwarded = ["forwarded", "x-forwarded-for"].iter().any(|name| request.headers().contains_key(*name));
    if !is_local || is_forwarded {
        return super::error::ApiError::not_found().into_response();
    }
    match app.metrics.render() {
        Ok(text) => ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response(),
        Err(error) => {
            tracing::error!(%error, "the metrics cannot be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// Counts and logs a request. Paths are logged without their query, which may hold secrets.
pub async fn observe(State(app): State<App>, request: Request, next: Next) -> Response {
    let start = Instant::now();
    let method = request.method().clone();
    let route =
        request.extensions().get::<MatchedPath>().map_or_else(|| "assets".to_owned(), |path| path.as_str().to_owned());
    let id = request.headers().get(&REQUEST_ID).and_then(|id| id.to_str().ok()).unwrap_or_default().to_owned();
    let response = next.run(request).await;
    let status = response.status();
    let method = known_method(method.as_str());
    app.metrics.http_requests.with_label_values(&[method, &route, status.as_str()]).inc();
    app.metrics.http_request_seconds.with_label_values(&[method, &route]).observe(start.elapsed().as_secs_f64());
    let ms = start.elapsed().as_millis();
    if status.is_server_error() {
        tracing::warn!(request_id = %id, method, route, status = status.as_u16(), ms, "request failed");
    } else {
        tracing::debug!(request_id = %id, method, route, status = status.as_u16(), ms, "request");
    }
    response
}

/// A client may send any word as its method; a label has a few.
fn known_method(method: &str) -> &'static str {
    ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]
        .into_iter()
        .find(|known| *known == method)
        .unwrap_or("OTHER")
}

fn unready(why: &str) -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, Json(json!({ "status": "unavailable", "error": why }))).into_response()
}
