//! Results of a game: standings, what every question told, and their downloads.

use super::attachment;
use super::games::{GameView, owned_game};
use crate::game::Points;
use crate::game::view::{ResultAdjustment, Results, results};
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
    Ok(attachment("text/csv; charset=utf-8", &name, "csv", csv(&results.results)))
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

/// One line a player, with what the host gave or took. Begins with a byte order mark, by which spreadsheets know UTF-8.
fn csv(results: &Results) -> String {
    let rounds = results.standings.first().map_or(0, |standing| standing.rounds.len());
    let mut header = vec!["Rank".to_owned(), "Name".to_owned(), "Score".to_owned()];
    header.extend((1..=rounds).map(|round| format!("Round {round}")));
    header.extend(["Given or taken".to_owned(), "Reasons".to_owned()]);
    let mut lines = vec![header];
    for standing in &results.standings {
        let mut line = vec![standing.rank.to_string(), standing.display_name.clone(), standing.score.to_string()];
        line.extend(standing.rounds.iter().map(ToString::to_string));
        let given: Points = standing.adjustments.iter().map(|adjustment| adjustment.points).sum();
        let reason = |adjustment: &ResultAdjustment| format!("{}: {}", adjustment.points, adjustment.reason);
        let reasons: Vec<_> = standing.adjustments.iter().map(reason).collect();
        line.extend([given.to_string(), reasons.join("; ")]);
        lines.push(line);
    }
    let line = |cells: Vec<String>| cells.iter().map(|cell| quoted(cell)).collect::<Vec<_>>().join(",");
    let lines: Vec<_> = lines.into_iter().map(line).collect();
    format!("\u{FEFF}{}\r\n", lines.join("\r\n"))
}

/// A quoted cell. One that a spreadsheet would run as a formula gets an apostrophe in front (OWASP, CSV injection).
fn quoted(cell: &str) -> String {
    let runs = cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    let is_number = cell.parse::<f64>().is_ok();
    let guard = if runs && !is_number { "'" } else { "" };
    format!("\"{guard}{}\"", cell.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_formulas_disarmed() {
        for (cell, csv) in [
            ("Ann", "\"Ann\""),
            ("a \"b\", c", "\"a \"\"b\"\", c\""),
            ("=1+1", "\"'=1+1\""),
            ("@SUM(A1)", "\"'@SUM(A1)\""),
            ("＝1", "\"'＝1\""),
            ("-5", "\"-5\""),
        ] {
            assert_eq!(quoted(cell), csv);
        }
    }
}
