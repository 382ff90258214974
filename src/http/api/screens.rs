//! Big screens: paired with a game by a link or by a code, and read-only.

use super::games::owned_game;
use crate::clock::millis;
use crate::http::App;
use crate::http::error::{ApiError, Problem};
use crate::http::extract::{Host, Ids, Json, Peer};
use crate::http::throttle::{Guess, Made};
use crate::ids::{Token, parse_code};
use crate::limits::PAIRING_TTL;
use crate::store::{Pairing, StoreError};
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(connect, disconnect_all)).routes(routes!(pairing)).routes(routes!(poll_pairing))
}

#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
struct Connect {
    /// The code that a waiting screen shows. Without it, a link is made.
    #[serde(alias = "pairingCode")]
    pairing_code: Option<String>,
}

/// A screen's link. Nothing when a waiting screen was paired: it has its own.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Connected {
    #[serde(skip_serializing_if = "Option::is_none")]
    screen_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Waiting {
    /// To be typed by the host.
    code: String,
    /// Ask with this what became of it.
    secret: String,
    expires_at_ms: i64,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct Poll {
    secret: String,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(tag = "status", rename_all = "snake_case")]
enum PairingStatus {
    Expired {},
    Paired { screen_token: String, game_code: String },
    Waiting {},
}

/// Connect a big screen, by a new link or by the code that it shows
#[utoipa::path(post, path = "/games/{id}/screens", tag = "screens", params(("id" = Uuid, Path)), request_body = Connect,
    responses((status = 201, body = Connected), (status = 404, body = Problem)))]
async fn connect(
    State(app): State<App>,
    host: Host,
    Peer(peer): Peer,
    Ids(id): Ids<Uuid>,
    Json(connect): Json<Connect>,
) -> Result<(StatusCode, Json<Connected>), ApiError> {
    let game = owned_game(&app, &host, id).await?;
    let Some(code) = connect.pairing_code else {
        let token = app.ids.token();
        app.store.insert_screen(&token.hash(), game.id, app.clock.now_ms()).await?;
        let url = app.url_of(format_args!("/screen#{}.{}", game.code, token.reveal()));
        let connected = Connected { screen_token: Some(token.reveal().to_owned()), url: Some(url) };
        return Ok((StatusCode::CREATED, Json(connected)));
    };
    let turn = app.0.throttle.turn(Guess::Code, peer).await?;
    let paired = match parse_code(&code) {
        Some(code) => app.store.pair_screen(&code, game.id, app.clock.now_ms()).await,
        None => Ok(false),
    };
    // Only a wrong code costs.
    if !matches!(paired, Ok(false)) {
        turn.free();
    }
    if !paired? {
        let detail = "No screen waits with that code. Look at it again; a code is good for ten minutes.";
        return Err(ApiError::new(StatusCode::NOT_FOUND, "unknown_code", detail));
    }
    Ok((StatusCode::CREATED, Json(Connected { screen_token: None, url: None })))
}

/// Disconnect every screen of a game
#[utoipa::path(delete, path = "/games/{id}/screens", tag = "screens", params(("id" = Uuid, Path)),
    responses((status = 204), (status = 404, body = Problem)))]
async fn disconnect_all(State(app): State<App>, host: Host, Ids(id): Ids<Uuid>) -> Result<StatusCode, ApiError> {
    let game = owned_game(&app, &host, id).await?;
    app.store.revoke_screens(game.id, app.clock.now_ms()).await?;
    app.live.cut_screens(game.id).await;
    Ok(StatusCode::NO_CONTENT)
}

/// Wait for a host to name a game
#[utoipa::path(post, path = "/screens/pairings", tag = "screens", security(()),
    responses((status = 201, body = Waiting), (status = 429, body = Problem)))]
async fn pairing(State(app): State<App>, Peer(peer): Peer) -> Result<(StatusCode, Json<Waiting>), ApiError> {
    // Each one stores a row.
    app.0.throttle.make(Made::Pairing, peer)?;
    let now = app.clock.now_ms();
    let expires_at = now + millis(PAIRING_TTL);
    let secret = app.ids.token();
    loop {
        let pairing = Pairing { code: app.ids.code(), game: None, expires_at };
        match app.store.insert_pairing(&pairing, &secret.hash(), now).await {
            Ok(()) => {
                let secret = secret.reveal().to_owned();
                let waiting = Waiting { code: pairing.code, secret, expires_at_ms: expires_at };
                return Ok((StatusCode::CREATED, Json(waiting)));
            }
            // One in 900 million, for each screen that waits.
            Err(StoreError::Exists) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// What became of a waiting screen
#[utoipa::path(post, path = "/screens/pairings/poll", tag = "screens", security(()), request_body = Poll,
    responses((status = 200, body = PairingStatus)))]
async fn poll_pairing(State(app): State<App>, Json(poll): Json<Poll>) -> Result<Json<PairingStatus>, ApiError> {
    let secret = Token::claimed(&poll.secret).hash();
    let Some(pairing) = app.store.pairing(&secret, app.clock.now_ms()).await? else {
        return Ok(Json(PairingStatus::Expired {}));
    };
    let Some(game) = pairing.game else { return Ok(Json(PairingStatus::Waiting {})) };
    let game = app.store.game(game).await?.ok_or_else(ApiError::not_found)?;
    Ok(Json(PairingStatus::Paired { screen_token: poll.secret, game_code: game.code }))
}
