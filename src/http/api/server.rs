//! What anybody may know of this Quibble.

use crate::http::App;
use crate::http::error::ApiError;
use crate::http::extract::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(server))
}

/// This Quibble.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Server {
    version: String,
    /// Whether nobody has made the owner account yet.
    setup_required: bool,
    /// Where phones reach it.
    join_base: String,
    /// Whether phones reach it by HTTPS.
    secure: bool,
    /// What the server's clock says, in milliseconds since the Unix epoch.
    server_time_ms: i64,
    /// Whether a new password can be asked for by mail.
    sends_mail: bool,
    /// The largest file that can be imported, in bytes.
    upload_bytes_max: usize,
}

/// What this Quibble is, and where phones reach it
#[utoipa::path(get, path = "/server", tag = "server", security(()), responses((status = 200, body = Server)))]
async fn server(State(app): State<App>) -> Result<Json<Server>, ApiError> {
    let owner = app.store.owner().await?;
    Ok(Json(Server {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        setup_required: owner.is_none_or(|owner| owner.password_hash.is_none()),
        join_base: app.url_of(""),
        secure: app.is_secure(),
        server_time_ms: app.clock.now_ms(),
        sends_mail: app.sends_mail,
        upload_bytes_max: app.upload_bytes_max,
    }))
}
