//! Health: what the doctor finds, while games go on.

use crate::clock::rfc3339;
use crate::http::App;
use crate::http::error::{ApiError, Problem};
use crate::http::extract::{Json, Owner};
use crate::limits::{EXAMINATION_FRESH_FOR, EXAMINATION_TIMEOUT};
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(health))
}

/// What the doctor found.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
struct Health {
    looked_at: String,
    checks: Vec<HealthCheck>,
}

/// How one thing is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct HealthCheck {
    /// What was looked at: a stable name, such as `disk_space`.
    pub name: &'static str,
    pub state: HealthState,
    /// What was found, in English.
    pub found: String,
    /// What to do about it, in English. None where there is nothing to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum HealthState {
    Ok,
    /// It works, but somebody should look.
    Warning,
    /// It does not work.
    Problem,
}

/// What was found last. One look at a time, which goes on when nobody waits for it any more.
#[derive(Clone, Debug)]
pub struct Examined {
    turn: Arc<Semaphore>,
    last: Arc<Mutex<Option<(Instant, Health)>>>,
}

/// What `quibble doctor` says of this machine, its settings and the database
#[utoipa::path(get, path = "/operator/health", tag = "operator",
    responses((status = 200, body = Health), (status = 403, body = Problem), (status = 503, body = Problem)))]
async fn health(State(app): State<App>, _: Owner) -> Result<Json<Health>, ApiError> {
    timeout(EXAMINATION_TIMEOUT, app.0.examined.look(&app))
        .await
        .unwrap_or_else(|_| {
            let detail = "This takes long. It goes on: look again in a moment.";
            Err(ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "timeout", detail))
        })
        .map(Json)
}

impl Examined {
    async fn look(&self, app: &App) -> Result<Health, ApiError> {
        let failed = || {
            let detail = "The checks could not be made. The log says more.";
            ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail)
        };
        let turn = Arc::clone(&self.turn).acquire_owned().await.map_err(|_| failed())?;
        if let Some((at, health)) = &*self.last.lock().unwrap_or_else(PoisonError::into_inner)
            && at.elapsed() < EXAMINATION_FRESH_FOR
        {
            return Ok(health.clone());
        }
        let (last, clock, checks) = (Arc::clone(&self.last), app.clock.clone(), app.machine.examine());
        // It waits for files, which must hold no game up.
        let looking = app.live.parts().tracker.spawn_blocking(move || {
            let _turn = turn;
            let health = Health { checks: Handle::current().block_on(checks), looked_at: rfc3339(clock.now_ms()) };
            *last.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), health.clone()));
            health
        });
        looking.await.map_err(|_| failed())
    }
}

impl Default for Examined {
    fn default() -> Self {
        Self { turn: Arc::new(Semaphore::new(1)), last: Arc::default() }
    }
}
