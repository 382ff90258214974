//! Results of a game: standings, what every question told, and their downloads.

use super::attachment;
use super::games::{GameView, owned_game};
use crate::game::view::{Results, results};
use crate::http::App;
use crate::http::error::{ApiError, Problem};
use crate::http::extract::{Host, Ids, Json};
use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(show)).routes(routes!(as_csv)).routes(routes!(as_json))
}

/// A game with its results.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct GameResults {
    game: GameView,
    #[serde(flatten)]
    results: Results,
}

/// The results of a game, as released so far
#[utoipa::path(get, path = "/games/{id}/results", operation_id = "results", tag = "results", params(("id" = Uuid, Path)),
    responses((status = 200, body = GameResults), (status = 404, body = Problem)))]
async fn show(State(app): State<App>, host: Host, Ids(id): Ids<Uuid>) -> Result<Json<GameResults>, ApiError> {
    load(&app, &host, id).await.map(Json)
}

/// The standings as CSV, for a spreadsheet
#[utoipa::path(get, path = "/games/{id}/results.csv", tag = "results", params(("id" = Uuid, Path)),
    responses((status = 200, content_type = "text/csv", body = String), (status = 404, body = Problem)))]
async fn as_csv(State(app): State<App>, host: Host, Ids(id): Ids<Uuid>) -> Result<Response, ApiError> {
    let results = load(&app, &host, id).await?;
    let name = format!("{}-{}", results.game.quiz_name, results.game.code);
    Ok(attachment("text/csv; charset=utf-8", &name, "csv", results.results.csv()))
}

/// The results as JSON, for a program
#[utoipa::path(get, path = "/games/{id}/results.json", tag = "results", params(("id" = Uuid, Path)),
    responses((status = 200, body = GameResults), (status = 404, body = Problem)))]
async fn as_json(State(app): State<App>, host: Host, Ids(id): Ids<Uuid>) -> Result<Response, ApiError> {
    let results = load(&app, &host, id).await?;
    let name = format!("{}-{}", results.game.quiz_name, results.game.code);
    let json = serde_json::to_string_pretty(&results).unwrap_or_default();
    Ok(attachment("application/json", &name, "json", json))
}

async fn load(app: &App, host: &Host, id: Uuid) -> Result<GameResults, ApiError> {
    let game = owned_game(app, host, id).await?;
    let results = app.live.read(game.id, results).await?;
    Ok(GameResults { game: game.into(), results })
}
