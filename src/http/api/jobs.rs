//! Jobs, for whoever looks after this Quibble: what waits, what is at work, and what somebody has to look at.

use super::{Page, page};
use crate::clock::rfc3339;
use crate::http::App;
use crate::http::error::{ApiError, Problem};
use crate::http::extract::{Ids, Json, Owner, Query};
use crate::jobs::Task;
use crate::store::{Job, JobSearch, JobState};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, ask)).routes(routes!(retry)).routes(routes!(cancel))
}

/// Something that is done after the answer.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct JobView {
    id: Uuid,
    /// `backup`, `game`, `mail`, `results`, `retention`, `statistics` or `webhook`.
    kind: String,
    /// What it is about.
    subject: Option<String>,
    /// `queued`, `running`, `done`, `dead` (it failed too often) or `cancelled`.
    state: &'static str,
    attempts: usize,
    attempts_max: usize,
    /// Not before.
    run_at: String,
    /// What went wrong at the last attempt.
    error: Option<String>,
    created_at: String,
    updated_at: String,
}

#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
struct Search {
    /// Only those in this state.
    state: Option<String>,
}

/// What is to be done now.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct NewJob {
    /// `backup`.
    kind: String,
}

/// Jobs, newest first
#[utoipa::path(get, path = "/jobs", tag = "operator", params(Search, Page),
    responses((status = 200, body = Vec<JobView>), (status = 403, body = Problem), (status = 422, body = Problem)))]
async fn list(
    State(app): State<App>,
    _: Owner,
    Query(search): Query<Search>,
    Query(asked): Query<Page>,
) -> Result<Response, ApiError> {
    let named = |text: &str| {
        let unknown = || ApiError::invalid_field("state", "A job is queued, running, done, dead or cancelled.");
        JobState::named(text).ok_or_else(unknown)
    };
    let state = search.state.as_deref().map(named).transpose()?;
    let limit = asked.limit();
    let jobs = app.store.jobs(JobSearch { state, before: asked.cursor }, limit + 1).await?;
    Ok(page(jobs.into_iter().map(JobView::from).collect(), limit, |job| job.id))
}

/// Have something done now
#[utoipa::path(post, path = "/jobs", tag = "operator", request_body = NewJob,
    responses((status = 201, body = JobView), (status = 403, body = Problem), (status = 422, body = Problem)))]
async fn ask(
    State(app): State<App>,
    _: Owner,
    Json(new): Json<NewJob>,
) -> Result<(StatusCode, Json<JobView>), ApiError> {
    if new.kind != "backup" {
        return Err(ApiError::invalid_field("kind", "A backup can be asked for."));
    }
    let id = app.queue.add(Task::Backup).await?;
    Ok((StatusCode::CREATED, Json(found(&app, id).await?)))
}

/// Try a job again, now
#[utoipa::path(post, path = "/jobs/{id}/retry", tag = "operator", params(("id" = Uuid, Path)),
    responses((status = 200, body = JobView), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem)))]
async fn retry(State(app): State<App>, _: Owner, Ids(id): Ids<Uuid>) -> Result<Json<JobView>, ApiError> {
    let is_moved = app.store.retry_job(id, app.clock.now_ms()).await?;
    let job = found(&app, id).await?;
    if !is_moved {
        return Err(ApiError::new(StatusCode::CONFLICT, "not_waiting", "This job is at work, or done."));
    }
    app.queue.ring();
    Ok(Json(job))
}

/// Have a job not be done
#[utoipa::path(post, path = "/jobs/{id}/cancel", tag = "operator", params(("id" = Uuid, Path)),
    responses((status = 200, body = JobView), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem)))]
async fn cancel(State(app): State<App>, _: Owner, Ids(id): Ids<Uuid>) -> Result<Json<JobView>, ApiError> {
    let is_moved = app.store.cancel_job(id, app.clock.now_ms()).await?;
    let job = found(&app, id).await?;
    if !is_moved {
        return Err(ApiError::new(StatusCode::CONFLICT, "over", "This job is done, or cancelled already."));
    }
    Ok(Json(job))
}

async fn found(app: &App, id: Uuid) -> Result<JobView, ApiError> {
    app.store.job(id).await?.map(JobView::from).ok_or_else(ApiError::not_found)
}

impl From<Job> for JobView {
    fn from(job: Job) -> Self {
        Self {
            id: job.id,
            kind: job.kind,
            subject: job.subject,
            state: job.state.text(),
            attempts: job.attempts,
            attempts_max: job.attempts_max,
            run_at: rfc3339(job.run_at),
            error: job.error,
            created_at: rfc3339(job.created_at),
            updated_at: rfc3339(job.updated_at),
        }
    }
}
