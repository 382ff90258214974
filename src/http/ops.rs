//! What operators look at: health, readiness, metrics, and a line for every request.

use super::error::ApiError;
use super::extract::{Local, bearer};
use super::{App, REQUEST_ID};
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;
use std::time::Duration;
use subtle::ConstantTimeEq;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};
use tracing::Instrument;

/// Longer than this, and the database counts as away.
const PING_TIMEOUT: Duration = Duration::from_millis(1_000);

/// How long good news of the database holds, so that asking often costs nothing.
const PING_EVERY: Duration = Duration::from_secs(2);

/// When the database last took a write. One at a time asks it.
#[derive(Debug, Default)]
pub struct Readiness(Mutex<Option<Instant>>);

/// The process runs.
pub async fn healthz() -> impl IntoResponse {
    Json(json!({ "status": "ok" }))
}

/// What those find who look after this process.
pub fn router(app: App) -> Router {
    Router::new()
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz_in_detail))
        .route("/metrics", get(async |State(app): State<App>| written(&app)))
        .fallback(async || ApiError::not_found())
        .layer(axum::middleware::from_fn_with_state(app.clone(), observe))
        .layer(PropagateRequestIdLayer::new(REQUEST_ID))
        .layer(SetRequestIdLayer::new(REQUEST_ID, MakeRequestUuid))
        .with_state(app)
}

/// The process can serve: its database takes writes, and it is not about to end.
pub async fn readyz(State(app): State<App>) -> Response {
    match readiness(&app).await {
        Err(why) => unready(why),
        Ok(()) if app.live.parts().bus.is_up() => Json(json!({ "status": "ok" })).into_response(),
        // Everything works; what happens on other replicas is seen a little later.
        Ok(()) => Json(json!({ "status": "ok", "degraded": ["redis"] })).into_response(),
    }
}

/// The same, with what is behind it.
async fn readyz_in_detail(State(app): State<App>) -> Response {
    let ready = readiness(&app).await;
    let metrics = &app.metrics;
    let connected: i64 =
        ["host", "player", "screen"].map(|role| metrics.sockets.with_label_values(&[role]).get()).iter().sum();
    let is_up = app.live.parts().bus.is_up();
    let mut said = json!({
        "status": if ready.is_ok() { "ok" } else { "unavailable" },
        "version": env!("CARGO_PKG_VERSION"),
        "schema": metrics.schema_version.get(),
        "checks": {
            "database_writable": metrics.storage_writable.get() == 1,
            "database_reached": !*app.cut_off.borrow(),
            "hints_carried": is_up,
            "draining": app.leave.is_cancelled(),
        },
        "games": metrics.games_live.get(),
        "sockets": connected,
    });
    if let Err(why) = ready {
        said["error"] = why.into();
        return (StatusCode::SERVICE_UNAVAILABLE, Json(said)).into_response();
    }
    if !is_up {
        said["degraded"] = json!(["redis"]);
    }
    Json(said).into_response()
}

/// Why the process cannot serve, if it cannot.
async fn readiness(app: &App) -> Result<(), &'static str> {
    if app.leave.is_cancelled() {
        return Err("restarting");
    }
    if *app.cut_off.borrow() {
        return Err("the database does not answer");
    }
    let mut written = app.0.readiness.0.lock().await;
    let is_fresh = written.is_some_and(|at| at.elapsed() < PING_EVERY);
    // An answer that could not be stored is known sooner.
    if !is_fresh || app.metrics.storage_writable.get() == 0 {
        *written = None;
        ping(app).await?;
        *written = Some(Instant::now());
    }
    Ok(())
}

async fn ping(app: &App) -> Result<(), &'static str> {
    let pinged = timeout(PING_TIMEOUT, app.store.ping(app.clock.now_ms())).await;
    app.metrics.storage_writable.set(i64::from(matches!(pinged, Ok(Ok(())))));
    match pinged {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => {
            tracing::warn!(%error, "not ready");
            Err("the database does not take writes")
        }
        Err(_) => Err("the database does not answer"),
    }
}

/// All metrics, for a caller on this machine, or one with the token.
pub async fn metrics(State(app): State<App>, Local(is_local): Local, headers: HeaderMap) -> Response {
    let shown = bearer(&headers);
    let has_token = app
        .metrics_token
        .borrow()
        .as_ref()
        .zip(shown)
        .is_some_and(|(token, shown)| bool::from(token.expose().as_bytes().ct_eq(shown.as_bytes())));
    if !is_local && !has_token {
        return ApiError::not_found().into_response();
    }
    written(&app)
}

fn written(app: &App) -> Response {
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
    // Whatever is logged on the way names its request.
    let span = tracing::info_span!("request", id = %id);
    let response = next.run(request).instrument(span.clone()).await;
    let _in_span = span.enter();
    let status = response.status();
    let method = known_method(method.as_str());
    app.metrics.http_requests.with_label_values(&[method, &route, status.as_str()]).inc();
    app.metrics.http_request_seconds.with_label_values(&[method, &route]).observe(start.elapsed().as_secs_f64());
    let ms = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
    if status.is_server_error() {
        tracing::warn!(method, route, status = status.as_u16(), ms, "request failed");
    } else {
        tracing::debug!(method, route, status = status.as_u16(), ms, "request");
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

/// The process cannot serve, and why.
pub fn unready(why: &str) -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, Json(json!({ "status": "unavailable", "error": why }))).into_response()
}
