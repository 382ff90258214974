//! Backups of a database that is a file: which there are, one more, whether one is sound, and a copy of one elsewhere.

use crate::auth::Credential;
use crate::clock::rfc3339;
use crate::http::App;
use crate::http::api::account::{Guessed, guessed};
use crate::http::error::{ApiError, Problem};
use crate::http::extract::{Json, Local, Owner, Peer};
use crate::limits::BACKUPS_LISTED_MAX;
use crate::store::backup::{self, BackupError, Listed, Manifest};
use crate::{auth::AuthError, http::extract::Ids};
use axum::body::Body;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::fs::File;
use tokio::runtime::Handle;
use tokio_util::io::ReaderStream;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_backups, create_backup))
        .routes(routes!(check_backup))
        .routes(routes!(download_backup))
}

/// The backups that there are.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct BackupsView {
    /// Where they are on the machine of the server. None where the data is in a PostgreSQL server, whose own means copy it.
    #[serde(skip_serializing_if = "Option::is_none")]
    folder: Option<String>,
    /// The newest first, 200 at most.
    backups: Vec<BackupView>,
    /// What is done with them, or was done last.
    #[serde(skip_serializing_if = "Option::is_none")]
    work: Option<BackupWork>,
}

/// A copy of everything, at an instant.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct BackupView {
    /// Of its file.
    name: String,
    /// Of its file.
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<u64>,
    /// None where it does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    about: Option<BackupAbout>,
    /// Why it cannot be used, in English.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

/// What a backup says of itself.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct BackupAbout {
    created_at: String,
    /// The version that took it, and the newest step of its schema.
    version: String,
    schema: i64,
    accounts: i64,
    questions: i64,
    quizzes: i64,
    games: i64,
    answers: i64,
}

/// A backup that is taken or checked.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
struct BackupWork {
    act: BackupAct,
    state: BackupWorkState,
    /// The backup that it is about. None until there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    began_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<String>,
    /// What went wrong, in English.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum BackupAct {
    Check,
    Create,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum BackupWorkState {
    Done,
    Failed,
    Running,
}

/// Whoever takes all data away shows once more who they are.
#[derive(Deserialize, utoipa::ToSchema)]
struct BackupDownload {
    /// The owner's.
    password: String,
}

/// What is done with backups: one thing at a time.
#[derive(Clone, Debug, Default)]
pub struct Copying(Arc<Mutex<Option<BackupWork>>>);

/// The backups in the folder of this server, and what is done with them
#[utoipa::path(get, path = "/operator/backups", tag = "operator",
    responses((status = 200, body = BackupsView), (status = 403, body = Problem)))]
async fn list_backups(State(app): State<App>, _: Owner) -> Result<Json<BackupsView>, ApiError> {
    let Some(dir) = app.machine.backups() else {
        return Ok(Json(BackupsView { folder: None, backups: Vec::new(), work: None }));
    };
    let folder = Some(dir.display().to_string());
    let listed = blocking(&app, move || {
        let mut listed = backup::list(&dir)?;
        listed.reverse();
        listed.truncate(BACKUPS_LISTED_MAX);
        Ok(listed.into_iter().map(BackupView::from).collect())
    });
    Ok(Json(BackupsView { folder, backups: listed.await?, work: app.0.copying.last() }))
}

/// Take a backup; it is checked, and the list says when it is there
#[utoipa::path(post, path = "/operator/backups", tag = "operator",
    responses((status = 202, body = BackupWork), (status = 403, body = Problem), (status = 409, body = Problem)))]
async fn create_backup(State(app): State<App>, _: Owner) -> Result<(StatusCode, Json<BackupWork>), ApiError> {
    let dir = folder(&app)?;
    let (store, now) = (app.store.clone(), app.clock.now_ms());
    let work = app.0.copying.begin(&app, BackupAct::Create, None, move || {
        let (file, _) = Handle::current().block_on(backup::create(&store, &dir, now))?;
        Ok(name_of(&file))
    })?;
    Ok((StatusCode::ACCEPTED, Json(work)))
}

/// Read a backup to its end and open its database; the list says what came of it
#[utoipa::path(post, path = "/operator/backups/{name}/check", tag = "operator", params(("name" = String, Path)),
    responses((status = 202, body = BackupWork), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem)))]
async fn check_backup(
    State(app): State<App>,
    _: Owner,
    Ids(name): Ids<String>,
) -> Result<(StatusCode, Json<BackupWork>), ApiError> {
    let file = named(&app, &name).await?;
    let work = app.0.copying.begin(&app, BackupAct::Check, Some(name), move || {
        Handle::current().block_on(backup::verify(&file))?;
        Ok(name_of(&file))
    })?;
    Ok((StatusCode::ACCEPTED, Json(work)))
}

/// Take a copy of a backup away. It holds everything, so the owner's browser shows the password once more, by HTTPS or on
/// the machine of the server
#[utoipa::path(post, path = "/operator/backups/{name}/download", tag = "operator", params(("name" = String, Path)),
    request_body = BackupDownload,
    responses((status = 200, content_type = "application/zip", body = [u8]), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem)))]
async fn download_backup(
    State(app): State<App>,
    Peer(peer): Peer,
    Local(is_local): Local,
    Owner(owner): Owner,
    Ids(name): Ids<String>,
    Json(shown): Json<BackupDownload>,
) -> Result<Response, ApiError> {
    if !matches!(owner.0.credential, Credential::Session(_)) {
        let detail = "A backup is given to a signed-in browser only, not to a token.";
        return Err(ApiError::new(StatusCode::FORBIDDEN, "session_only", detail));
    }
    if !app.is_secure() && !is_local {
        let detail = "Without HTTPS others could read the backup on its way. Copy the file on the server, or open this page \
            there, or by HTTPS.";
        return Err(ApiError::new(StatusCode::FORBIDDEN, "not_encrypted", detail));
    }
    guessed(&app, peer, app.auth.confirm(&owner.0, shown.password)).await.map_err(|error| match error {
        Guessed::Auth(AuthError::BadCredentials) => ApiError::invalid_field("password", "That is not your password."),
        error => error.into(),
    })?;
    let file = named(&app, &name).await?;
    let opened = async {
        let opened = File::open(&file).await?;
        let bytes = opened.metadata().await?.len();
        Ok((opened, bytes))
    };
    let (opened, bytes) = opened.await.map_err(|error| unreadable(BackupError::Io(error)))?;
    tracing::info!(name, "the owner takes a copy of a backup away");
    let headers = [
        (header::CONTENT_TYPE, "application/zip".to_owned()),
        (header::CONTENT_LENGTH, bytes.to_string()),
        // Names of backups are letters, digits, dots and hyphens.
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    Ok((headers, Body::from_stream(ReaderStream::new(opened))).into_response())
}

/// The folder of the backups.
fn folder(app: &App) -> Result<PathBuf, ApiError> {
    app.machine.backups().ok_or_else(|| {
        let detail =
            "The data is in a PostgreSQL server: it is copied there, with pg_dump or what the server has for it.";
        ApiError::new(StatusCode::CONFLICT, "not_a_file", detail)
    })
}

/// The file of a backup by its name. What is not on the list is not there.
async fn named(app: &App, name: &str) -> Result<PathBuf, ApiError> {
    let (dir, name) = (folder(app)?, name.to_owned());
    let found = blocking(app, move || {
        let listed = backup::list(&dir)?;
        Ok(listed.into_iter().map(|listed| listed.file).find(|file| name_of(file) == name))
    });
    found.await?.ok_or_else(ApiError::not_found)
}

fn name_of(file: &Path) -> String {
    file.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Reads files where that holds nobody up.
async fn blocking<T: Send + 'static>(
    app: &App,
    read: impl FnOnce() -> Result<T, BackupError> + Send + 'static,
) -> Result<T, ApiError> {
    let read = app.live.parts().tracker.spawn_blocking(read).await;
    read.unwrap_or_else(|error| Err(BackupError::Io(error.into()))).map_err(unreadable)
}

#[expect(clippy::needless_pass_by_value, reason = "it is what an error is mapped by")]
fn unreadable(error: BackupError) -> ApiError {
    tracing::error!(%error, "backups cannot be read");
    ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "unreadable", format!("The backups cannot be read: {error}."))
}

impl Copying {
    fn last(&self) -> Option<BackupWork> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Begins something, unless something else is under way. It ends whether somebody waits for it or not.
    fn begin(
        &self,
        app: &App,
        act: BackupAct,
        name: Option<String>,
        work: impl FnOnce() -> Result<String, BackupError> + Send + 'static,
    ) -> Result<BackupWork, ApiError> {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if last.as_ref().is_some_and(|work| work.state == BackupWorkState::Running) {
            let detail = "A backup is taken or checked already. Wait until that is done.";
            return Err(ApiError::new(StatusCode::CONFLICT, "busy", detail));
        }
        let clock = app.clock.clone();
        let begun = BackupWork {
            act,
            state: BackupWorkState::Running,
            name,
            began_at: rfc3339(clock.now_ms()),
            ended_at: None,
            problem: None,
        };
        *last = Some(begun.clone());
        let (this, mut ended) = (self.clone(), begun.clone());
        app.live.parts().tracker.spawn_blocking(move || {
            let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
            let outcome = outcome.unwrap_or_else(|_| Err(BackupError::Io(std::io::Error::other("it broke off"))));
            ended.ended_at = Some(rfc3339(clock.now_ms()));
            ended.state = BackupWorkState::Done;
            match outcome {
                Ok(name) => ended.name = Some(name),
                Err(error) => {
                    tracing::error!(%error, ?act, "a backup failed");
                    ended.state = BackupWorkState::Failed;
                    ended.problem = Some(error.to_string());
                }
            }
            *this.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(ended);
        });
        Ok(begun)
    }
}

impl From<Listed> for BackupView {
    fn from(Listed { file, manifest }: Listed) -> Self {
        let bytes = std::fs::metadata(&file).ok().map(|about| about.len());
        let (about, problem) = match manifest {
            Ok(manifest) => (Some(manifest.into()), None),
            Err(error) => (None, Some(error.to_string())),
        };
        Self { name: name_of(&file), bytes, about, problem }
    }
}

impl From<Manifest> for BackupAbout {
    fn from(manifest: Manifest) -> Self {
        let count = |table| manifest.rows.get(table).copied().unwrap_or(0);
        Self {
            created_at: rfc3339(manifest.created_at_ms),
            schema: manifest.schema,
            accounts: count("accounts"),
            questions: count("questions"),
            quizzes: count("quizzes"),
            games: count("games"),
            answers: count("game_answers"),
            version: manifest.quibble,
        }
    }
}
