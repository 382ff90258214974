//! The process and its database, in figures.

use crate::clock::rfc3339;
use crate::http::App;
use crate::http::error::{ApiError, Problem};
use crate::http::extract::{Json, Owner};
use axum::extract::State;
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Longer than this, and the database counts as away.
const PING_TIMEOUT: Duration = Duration::from_secs(2);

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(process))
}

/// The process that answers, in figures.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct ProcessView {
    version: &'static str,
    started_at: String,
    database: DatabaseView,
    /// Bytes that may still be written where the data is.
    #[serde(skip_serializing_if = "Option::is_none")]
    disk_free_bytes: Option<u64>,
    /// What the process has in memory.
    #[serde(skip_serializing_if = "Option::is_none")]
    memory_bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    open_files: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    open_files_max: Option<u64>,
    /// TCP connections now, and for how many there is room.
    connections: i64,
    connections_max: i64,
    /// Since the start: let in, turned away because too many were open, and not handed over for want of open files.
    connections_accepted: u64,
    connections_refused: u64,
    accept_errors: u64,
    /// WebSockets now.
    players: i64,
    hosts: i64,
    screens: i64,
    games: i64,
    /// It was told to stop.
    draining: bool,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct DatabaseView {
    kind: DatabaseKind,
    /// It takes writes.
    writable: bool,
    /// How long it took to write something just now, in milliseconds. None where it did not.
    #[serde(skip_serializing_if = "Option::is_none")]
    latency_ms: Option<f64>,
    /// The newest step of its schema.
    schema: i64,
    /// The size of its file with its log.
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<i64>,
    connections: i64,
    connections_max: i64,
}

#[derive(Clone, Copy, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum DatabaseKind {
    /// SQLite, in the data folder.
    File,
    /// PostgreSQL, which several processes may share.
    Server,
}

/// Version, database, connections and memory of the process that answers
#[utoipa::path(get, path = "/operator/process", tag = "operator",
    responses((status = 200, body = ProcessView), (status = 403, body = Problem)))]
async fn process(State(app): State<App>, _: Owner) -> Result<Json<ProcessView>, ApiError> {
    let database = database(&app).await;
    let metrics = &app.metrics;
    let of_system = metrics.process();
    let sockets = |role| metrics.sockets.with_label_values(&[role]).get();
    // The file system may take its time.
    let machine = Arc::clone(&app.machine);
    let disk_free = app.live.parts().tracker.spawn_blocking(move || machine.disk_free());
    Ok(Json(ProcessView {
        version: env!("CARGO_PKG_VERSION"),
        started_at: rfc3339(app.0.began_at),
        database,
        disk_free_bytes: timeout(PING_TIMEOUT, disk_free).await.ok().and_then(Result::ok).flatten(),
        memory_bytes: of_system.map(|process| process.memory_bytes),
        open_files: of_system.map(|process| process.open_files),
        open_files_max: of_system.map(|process| process.open_files_max),
        connections: metrics.connections.get(),
        connections_max: metrics.connections_max.get(),
        connections_accepted: metrics.connections_accepted.get(),
        connections_refused: metrics.connections_refused.get(),
        accept_errors: metrics.accept_errors.get(),
        players: sockets("player"),
        hosts: sockets("host"),
        screens: sockets("screen"),
        games: metrics.games_live.get(),
        draining: metrics.draining.get() == 1,
    }))
}

async fn database(app: &App) -> DatabaseView {
    let asked = Instant::now();
    let pinged = timeout(PING_TIMEOUT, app.store.ping(app.clock.now_ms())).await;
    let writable = matches!(pinged, Ok(Ok(())));
    app.metrics.storage_writable.set(i64::from(writable));
    let (open, _) = app.store.connections();
    let files = &app.metrics.database.file_bytes;
    let bytes = ["quibble.db", "quibble.db-wal"].map(|file| files.with_label_values(&[file]).get()).iter().sum();
    DatabaseView {
        kind: if app.store.is_shared() { DatabaseKind::Server } else { DatabaseKind::File },
        writable,
        latency_ms: writable.then(|| asked.elapsed().as_secs_f64() * 1_000.0),
        schema: app.metrics.schema_version.get(),
        bytes: Some(bytes).filter(|bytes| *bytes > 0),
        connections: i64::from(open),
        connections_max: i64::from(app.store.connections_max()),
    }
}
