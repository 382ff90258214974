//! Games that are planned: their lobby opens by itself.

use crate::clock::{instant, millis, rfc3339};
use crate::http::App;
use crate::http::error::{ApiError, Problem};
use crate::http::extract::{Host, Ids, Json};
use crate::jobs::{ScheduledGame, Task};
use crate::limits::{PLANNED_AHEAD_MAX, PLANNED_GAMES_MAX};
use crate::store::Job;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, plan)).routes(routes!(cancel))
}

/// A game that is planned. The game has its id.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct PlannedView {
    id: Uuid,
    quiz_id: Uuid,
    quiz_name: String,
    teams: bool,
    opens_at: String,
}

/// A game to be planned.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct Plan {
    #[serde(alias = "quizId")]
    quiz_id: Uuid,
    /// When its lobby opens, in RFC 3339: within a year.
    #[serde(alias = "opensAt")]
    opens_at: String,
    /// Whether several phones may share a player's seat.
    #[serde(default)]
    teams: bool,
}

/// My planned games, the first to come first
#[utoipa::path(get, path = "/planned-games", tag = "games",
    responses((status = 200, body = Vec<PlannedView>), (status = 401, body = Problem)))]
async fn list(State(app): State<App>, host: Host) -> Result<Json<Vec<PlannedView>>, ApiError> {
    let jobs = app.store.queued_jobs_of(host.account_id(), "game").await?;
    Ok(Json(jobs.iter().filter_map(view).collect()))
}

/// Plan a game; it plays the quiz as it is when its lobby opens
#[utoipa::path(post, path = "/planned-games", tag = "games", request_body = Plan,
    responses((status = 201, body = PlannedView), (status = 404, body = Problem), (status = 409, body = Problem),
        (status = 422, body = Problem)))]
async fn plan(
    State(app): State<App>,
    host: Host,
    Json(plan): Json<Plan>,
) -> Result<(StatusCode, Json<PlannedView>), ApiError> {
    let owner = host.account_id();
    let unread = || ApiError::invalid_field("opens_at", "Write the time like 2026-12-04T19:30:00Z.");
    let opens_at = instant(&plan.opens_at).ok_or_else(unread)?;
    let ahead = millis(PLANNED_AHEAD_MAX);
    if !(0..=ahead).contains(&(opens_at - app.clock.now_ms())) {
        return Err(ApiError::invalid_field("opens_at", "A game is planned for a time to come, within a year."));
    }
    // What cannot be played now is told now. It may be mended until then.
    let quiz = app.store.quiz_to_play(owner, plan.quiz_id).await?;
    if app.store.queued_jobs_of(owner, "game").await?.len() >= PLANNED_GAMES_MAX {
        let detail = format!("{PLANNED_GAMES_MAX} games are planned. Cancel one first.");
        return Err(ApiError::new(StatusCode::CONFLICT, "too_many", detail));
    }
    let task = Task::Game(ScheduledGame { quiz: plan.quiz_id, quiz_name: quiz.name, teams: plan.teams });
    let id = app.queue.add_for(owner, task, opens_at).await?;
    let planned = app.store.job(id).await?.as_ref().and_then(view).ok_or_else(ApiError::not_found)?;
    Ok((StatusCode::CREATED, Json(planned)))
}

/// Cancel a planned game
#[utoipa::path(delete, path = "/planned-games/{id}", tag = "games", params(("id" = Uuid, Path)),
    responses((status = 204), (status = 404, body = Problem)))]
async fn cancel(State(app): State<App>, host: Host, Ids(id): Ids<Uuid>) -> Result<StatusCode, ApiError> {
    let job = app.store.job(id).await?.filter(|job| job.account == Some(host.account_id()));
    let job = job.filter(|job| view(job).is_some()).ok_or_else(ApiError::not_found)?;
    if app.store.cancel_job(job.id, app.clock.now_ms()).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(ApiError::not_found())
    }
}

/// None where it is another job.
fn view(job: &Job) -> Option<PlannedView> {
    let Ok(Task::Game(ScheduledGame { quiz, quiz_name, teams })) = Task::read(job) else { return None };
    Some(PlannedView { id: job.id, quiz_id: quiz, quiz_name, teams, opens_at: rfc3339(job.run_at) })
}
