//! The edge: bytes in, bytes out.

mod api;
mod assets;
mod below;
mod error;
mod extract;
mod https;
mod opening;
mod ops;
mod patience;
#[cfg(test)]
mod protocol;
mod security;
mod site;
mod throttle;
pub mod wire;
mod ws;

use crate::auth::Auth;
use crate::clock::Clock;
use crate::config::Secret;
use crate::ids::Ids;
use crate::jobs::Queue;
use crate::limits::BODY_BYTES_MAX;
use crate::live::Live;
use crate::store::Store;
use crate::telemetry::Metrics;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderName, StatusCode};
use axum::response::IntoResponse;
use axum::routing::get;
use site::Site;
use std::sync::Arc;
use std::time::Duration;
use throttle::Throttle;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate, SizeAbove};
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};
use utoipa_axum::router::OpenApiRouter;

/// Names a request in logs and answers.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Backups are.
const PACKED_ALREADY: NotForContentType = NotForContentType::const_new("application/zip");

/// What the edge needs from the rest of the house.
#[derive(Debug)]
pub struct Parts {
    pub store: Store,
    pub live: Live,
    pub auth: Auth,
    pub clock: Clock,
    pub ids: Ids,
    pub metrics: Metrics,
    /// Where phones reach us at present, without a slash at the end, such as `http://192.168.1.5:8080`.
    pub base_url: watch::Receiver<String>,
    pub called: Called,
    /// How connections are encrypted. None: they are not.
    pub encryption: Option<Arc<dyn KnowsEncryption>>,
    /// Where work is asked for that is done after the answer.
    pub queue: Queue,
    /// Whether mail is sent.
    pub sends_mail: bool,
    /// The machine and the settings of this process.
    pub machine: Arc<dyn KnowsMachine>,
    /// Every socket, so that a drain can wait for them.
    pub sockets: TaskTracker,
    /// Cancelled when nobody new is to be sent here.
    pub leave: CancellationToken,
    /// True while this replica has lost the database, which others may still reach.
    pub cut_off: watch::Receiver<bool>,
    /// Cancelled when clients are to come back to another process.
    pub drain: CancellationToken,
    /// Cancelled when sockets are to close.
    pub close: CancellationToken,
    /// Clients come back spread over this time.
    pub reconnect_spread: Duration,
    /// The largest file that a host may send, in bytes.
    pub upload_bytes_max: usize,
    /// Whoever shows it may read the metrics from anywhere.
    pub metrics_token: watch::Receiver<Option<Secret>>,
    /// Imports that run.
    pub imports: api::imports::Running,
}

/// How players call this server, where the operator has said so.
#[derive(Clone, Debug, Default)]
pub struct Called {
    /// Requests of other origins than this one and the request's own host are refused.
    pub origin: Option<String>,
    /// What all paths begin with, without a slash at the end: `/quiz`, or nothing.
    pub path: String,
}

/// The state of every handler. Cheap to clone.
#[derive(Clone, Debug)]
pub struct App(Arc<Inner>);

#[derive(Debug)]
pub struct Inner {
    parts: Parts,
    throttle: Throttle,
    readiness: ops::Readiness,
    site: Site,
    examined: api::operator::Examined,
    copying: api::operator::Copying,
    /// When this process began to serve, in milliseconds since the Unix epoch.
    began_at: i64,
}

impl App {
    /// Whether clients reach us by HTTPS.
    fn is_secure(&self) -> bool {
        self.base_url.borrow().starts_with("https://")
    }

    /// The address of a page for somebody else, by its path.
    fn url_of(&self, path: impl std::fmt::Display) -> String {
        format!("{}{path}", *self.base_url.borrow())
    }
}

impl std::ops::Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0.parts
    }
}

pub use api::certificate::{AcmeStanding, Encryption, EncryptionMode, FailedTry, KnowsEncryption};
pub use api::imports::Running as RunningImports;
pub use api::jobs::JobView;
pub use api::operator::{HealthCheck, HealthState, KnowsMachine, SettingOrigin, SettingView};
pub use below::below;
pub use https::{insist_on_https, send_on, send_to_https};
pub use opening::opening;

/// Everything that Quibble answers, by who asks.
#[derive(Clone, Debug)]
pub struct Routers {
    pub public: Router,
    /// For those who look after this process.
    pub ops: Router,
}

/// The routers of one process.
pub fn routers(parts: Parts) -> Routers {
    let (throttle, began_at) = (Throttle::new(parts.clock.clone()), parts.clock.now_ms());
    let site = Site::below(&parts.called.path);
    let app = App(Arc::new(Inner {
        parts,
        throttle,
        readiness: ops::Readiness::default(),
        examined: api::operator::Examined::default(),
        copying: api::operator::Copying::default(),
        began_at,
        site,
    }));
    Routers { public: public(app.clone()), ops: ops::router(app) }
}

fn public(app: App) -> Router {
    let (api, _) = documented(app.upload_bytes_max).split_for_parts();
    let api = api
        .layer(CompressionLayer::new().compress_when(SizeAbove::new(1_024).and(PACKED_ALREADY)))
        .layer(axum::middleware::from_fn(patience::in_time))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX));
    Router::new()
        .merge(api)
        .route("/api/ws/{code}", get(ws::upgrade))
        .route("/ws/{code}", get(ws::upgrade))
        .route("/healthz", get(ops::healthz))
        .route("/readyz", get(ops::readyz))
        .route("/metrics", get(ops::metrics))
        .route("/qr/{file}", get(assets::qr))
        .route("/api/{*path}", axum::routing::any(|| async { error::ApiError::not_found() }))
        .fallback(assets::serve)
        .method_not_allowed_fallback(|| async {
            let detail = "This address does not take that method.";
            error::ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail)
        })
        .layer(axum::middleware::from_fn_with_state(app.clone(), security::guard))
        .layer(axum::middleware::from_fn_with_state(app.clone(), ops::observe))
        .layer(CatchPanicLayer::custom(|_: Box<dyn std::any::Any + Send>| {
            let detail = "Something went wrong here. The log says more.";
            error::ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail).into_response()
        }))
        .layer(PropagateRequestIdLayer::new(REQUEST_ID))
        .layer(SetRequestIdLayer::new(REQUEST_ID, MakeRequestUuid))
        .with_state(app)
}

/// The OpenAPI document of the REST interface.
pub fn openapi() -> utoipa::openapi::OpenApi {
    documented(0).split_for_parts().1
}

fn documented(upload_bytes_max: usize) -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(api::document()).nest("/api", api::routes(upload_bytes_max))
}
