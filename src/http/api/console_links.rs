//! One more console: a link, shown as a QR code, that opens a game on another device, signed in.

use super::account::{AccountView, cookie, guessed, user_agent};
use super::games::owned_game;
use crate::game::GameId;
use crate::http::App;
use crate::http::assets::qr_svg;
use crate::http::error::{ApiError, Problem};
use crate::http::extract::{Host, Ids, Json, Peer};
use crate::ids::Token;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(create, cancel)).routes(routes!(check)).routes(routes!(spend))
}

/// A link that signs one device in: its secret is in here, and nowhere else.
#[derive(Serialize, utoipa::ToSchema)]
struct NewConsoleLink {
    url: String,
    /// The same as an SVG picture.
    qr: String,
    expires_at_ms: i64,
}

#[derive(Deserialize, utoipa::ToSchema)]
struct ConsoleLinkToken {
    token: String,
}

/// What a console link grants: to host as this account.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct ConsoleLinkView {
    username: String,
    /// The game that it opens.
    quiz_name: String,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct ConsoleOpened {
    account: AccountView,
    game_id: Uuid,
}

/// Make a link that opens this game's console on one more device, signed in; it is good once and for five minutes
#[utoipa::path(post, path = "/games/{id}/console-link", tag = "games", params(("id" = Uuid, Path)),
    responses((status = 201, body = NewConsoleLink), (status = 404, body = Problem)))]
async fn create(
    State(app): State<App>,
    host: Host,
    Ids(id): Ids<Uuid>,
) -> Result<(StatusCode, Json<NewConsoleLink>), ApiError> {
    let game = owned_game(&app, &host, id).await?;
    let (token, expires_at_ms) = app.auth.new_console_link(&host.0, game.id.0).await?;
    let url = app.url_of(format_args!("/host/link#{}", token.reveal()));
    let qr = qr_svg(&url).ok_or_else(ApiError::not_found)?;
    Ok((StatusCode::CREATED, Json(NewConsoleLink { url, qr, expires_at_ms })))
}

/// Cancel the link that opens this game's console, if it was not used
#[utoipa::path(delete, path = "/games/{id}/console-link", tag = "games", params(("id" = Uuid, Path)),
    responses((status = 204), (status = 404, body = Problem)))]
async fn cancel(State(app): State<App>, host: Host, Ids(id): Ids<Uuid>) -> Result<StatusCode, ApiError> {
    let game = owned_game(&app, &host, id).await?;
    app.store.cancel_console_link(game.id.0).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What a console link grants
#[utoipa::path(post, path = "/console-link/check", tag = "games", security(()), request_body = ConsoleLinkToken,
    responses((status = 200, body = ConsoleLinkView), (status = 410, body = Problem), (status = 429, body = Problem)))]
async fn check(
    State(app): State<App>,
    Peer(peer): Peer,
    Json(link): Json<ConsoleLinkToken>,
) -> Result<Json<ConsoleLinkView>, ApiError> {
    let (link, account) = guessed(&app, peer, app.auth.console_link(&Token::claimed(&link.token))).await?;
    let game = app.store.game(GameId(link.game)).await?.ok_or_else(ApiError::not_found)?;
    Ok(Json(ConsoleLinkView { username: account.username, quiz_name: game.quiz_name }))
}

/// Use a console link: this browser is signed in
#[utoipa::path(post, path = "/console-link/use", tag = "games", security(()), request_body = ConsoleLinkToken,
    responses((status = 201, body = ConsoleOpened), (status = 410, body = Problem), (status = 429, body = Problem)))]
async fn spend(
    State(app): State<App>,
    Peer(peer): Peer,
    headers: HeaderMap,
    Json(link): Json<ConsoleLinkToken>,
) -> Result<impl IntoResponse, ApiError> {
    let token = Token::claimed(&link.token);
    let (link, account, session) = guessed(&app, peer, app.auth.use_console_link(&token, user_agent(&headers))).await?;
    let opened = ConsoleOpened { account: account.into(), game_id: link.game };
    Ok((StatusCode::CREATED, cookie(&app, Some(&session)), Json(opened)))
}
