//! Quizzes, and whole quizzes as files.

use super::banks::{Find, NameBody, invalid, parsed, received};
use super::rounds::RoundView;
use super::{Page, attachment, page};
use crate::clock::rfc3339;
use crate::game::view::{Tally, tallies};
use crate::http::App;
use crate::http::error::{ApiError, Problem};
use crate::http::extract::{Host, Ids, Json, Query};
use crate::limits::PAST_GAMES_MAX;
use crate::quiz::export::QuizFile;
use crate::quiz::quiz::{QuizDraft, QuizInput};
use crate::quiz::samples;
use crate::store::{Quiz, QuizDeleted, StoreError};
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

pub(super) fn routes(upload_bytes_max: usize) -> OpenApiRouter<App> {
    let files = OpenApiRouter::new().routes(routes!(import_quiz_file)).layer(DefaultBodyLimit::max(upload_bytes_max));
    OpenApiRouter::new()
        .routes(routes!(list_quizzes, create_quiz))
        .routes(routes!(show_quiz, update_quiz, delete_quiz))
        .routes(routes!(restore_quiz))
        .routes(routes!(export_quiz))
        .routes(routes!(load_samples))
        .routes(routes!(show_difficulty))
        .merge(files)
}

/// A quiz as lists show it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct QuizView {
    id: Uuid,
    owner_id: Uuid,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    round_count: usize,
    question_count: usize,
    /// Games that were made from it.
    game_count: usize,
    created_at: String,
    /// When the quiz or one of its rounds last changed.
    updated_at: String,
}

/// A quiz with its rounds.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct QuizDetail {
    #[serde(flatten)]
    quiz: QuizView,
    rounds: Vec<RoundView>,
}

/// How a question went in past games.
#[derive(Debug, Default, Serialize, utoipa::ToSchema)]
struct DifficultyView {
    question_id: Uuid,
    /// Finished games in which somebody answered it, the last ten at most.
    games: usize,
    answered: usize,
    right: usize,
}

/// My quizzes, newest first
#[utoipa::path(get, path = "/quizzes", tag = "quizzes", params(Find, Page),
    responses((status = 200, body = Vec<QuizView>), (status = 401, body = Problem)))]
async fn list_quizzes(
    State(app): State<App>,
    host: Host,
    Query(find): Query<Find>,
    Query(asked): Query<Page>,
) -> Result<Response, ApiError> {
    let limit = asked.limit();
    let quizzes = app.store.quizzes(host.account_id(), &find.q, asked.cursor, limit + 1).await?;
    Ok(page(quizzes.into_iter().map(QuizView::from).collect(), limit, |quiz| quiz.id))
}

/// Make a quiz
#[utoipa::path(post, path = "/quizzes", tag = "quizzes", request_body = NameBody,
    responses((status = 201, body = QuizView), (status = 401, body = Problem), (status = 422, body = Problem)))]
async fn create_quiz(
    State(app): State<App>,
    host: Host,
    Json(body): Json<NameBody>,
) -> Result<(StatusCode, Json<QuizView>), ApiError> {
    let words = words(body)?;
    let quiz = app.store.create_quiz(host.account_id(), app.ids.uuid(), &words, app.clock.now_ms()).await?;
    Ok((StatusCode::CREATED, Json(quiz.into())))
}

/// One of my quizzes with its rounds and their questions
#[utoipa::path(get, path = "/quizzes/{id}", tag = "quizzes", params(("id" = Uuid, Path)),
    responses((status = 200, body = QuizDetail), (status = 401, body = Problem), (status = 404, body = Problem)))]
async fn show_quiz(State(app): State<App>, host: Host, Ids(id): Ids<Uuid>) -> Result<Json<QuizDetail>, ApiError> {
    let content = app.store.quiz_content(host.account_id(), id).await?;
    let (quiz, rounds) = content.ok_or_else(ApiError::not_found)?;
    let rounds = rounds.into_iter().map(RoundView::from).collect();
    Ok(Json(QuizDetail { quiz: quiz.into(), rounds }))
}

/// Rename a quiz
#[utoipa::path(put, path = "/quizzes/{id}", tag = "quizzes", params(("id" = Uuid, Path)), request_body = NameBody,
    responses((status = 200, body = QuizView), (status = 401, body = Problem), (status = 404, body = Problem),
        (status = 422, body = Problem)))]
async fn update_quiz(
    State(app): State<App>,
    host: Host,
    Ids(id): Ids<Uuid>,
    Json(body): Json<NameBody>,
) -> Result<Json<QuizView>, ApiError> {
    let words = words(body)?;
    let quiz = app.store.update_quiz(host.account_id(), id, &words, app.clock.now_ms()).await?;
    quiz.map(|quiz| Json(quiz.into())).ok_or_else(ApiError::not_found)
}

/// Delete a quiz that no game was made from; it can be restored
#[utoipa::path(delete, path = "/quizzes/{id}", tag = "quizzes", params(("id" = Uuid, Path)),
    responses((status = 204), (status = 401, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem)))]
async fn delete_quiz(State(app): State<App>, host: Host, Ids(id): Ids<Uuid>) -> Result<StatusCode, ApiError> {
    match app.store.delete_quiz(host.account_id(), id, app.clock.now_ms()).await? {
        QuizDeleted::Done => Ok(StatusCode::NO_CONTENT),
        QuizDeleted::NotFound => Err(ApiError::not_found()),
        QuizDeleted::Played => {
            let detail = "Games were played from this quiz, so it stays.";
            Err(ApiError::new(StatusCode::CONFLICT, "played", detail))
        }
    }
}

/// Bring a deleted quiz back
#[utoipa::path(post, path = "/quizzes/{id}/restore", tag = "quizzes", params(("id" = Uuid, Path)),
    responses((status = 200, body = QuizView), (status = 401, body = Problem), (status = 404, body = Problem)))]
async fn restore_quiz(State(app): State<App>, host: Host, Ids(id): Ids<Uuid>) -> Result<Json<QuizView>, ApiError> {
    let quiz = app.store.restore_quiz(host.account_id(), id, app.clock.now_ms()).await?;
    quiz.map(|quiz| Json(quiz.into())).ok_or_else(ApiError::not_found)
}

/// A quiz with the questions that it uses, as a file that can be imported again
#[utoipa::path(get, path = "/quizzes/{id}/export", tag = "quizzes", params(("id" = Uuid, Path)),
    responses((status = 200, content_type = "application/json", body = Object, description = "A quiz file"),
        (status = 401, body = Problem), (status = 404, body = Problem)))]
async fn export_quiz(State(app): State<App>, host: Host, Ids(id): Ids<Uuid>) -> Result<Response, ApiError> {
    let owner = host.account_id();
    let file = app.store.quiz_file(owner, id).await?.ok_or_else(ApiError::not_found)?;
    Ok(attachment("application/json", file.name.as_str(), "json", file.to_json()))
}

/// Make a quiz and its banks from an exported file, all of it or nothing
///
/// The body is the file, at most as large as `GET /server` says.
#[utoipa::path(post, path = "/quizzes/import", tag = "quizzes",
    request_body(content = Object, content_type = "application/json", description = "A quiz file"),
    responses((status = 201, body = QuizView), (status = 401, body = Problem), (status = 413, body = Problem),
        (status = 422, body = Problem)))]
async fn import_quiz_file(
    State(app): State<App>,
    host: Host,
    body: Result<Bytes, BytesRejection>,
) -> Result<(StatusCode, Json<QuizView>), ApiError> {
    let file = parsed(&app, received(&app, body)?, QuizFile::parse).await?;
    if let Some((round, question)) = file.repeated() {
        let field = format!("rounds.{round}.questions.{question}");
        return Err(ApiError::invalid_field(&field, "This question stands in an earlier round already."));
    }
    let owner = host.account_id();
    let id = app.store.insert_quiz_file(owner, &file, &app.ids, app.clock.now_ms()).await?;
    let quiz = app.store.quiz(owner, id).await?.ok_or_else(ApiError::not_found)?;
    Ok((StatusCode::CREATED, Json(quiz.into())))
}

/// Add the sample banks and the sample quiz
#[utoipa::path(post, path = "/samples", tag = "quizzes",
    responses((status = 201, body = QuizView), (status = 401, body = Problem), (status = 409, body = Problem)))]
async fn load_samples(State(app): State<App>, host: Host) -> Result<(StatusCode, Json<QuizView>), ApiError> {
    let owner = host.account_id();
    let id = app.store.insert_quiz_file(owner, &samples::starter(), &app.ids, app.clock.now_ms()).await?;
    let quiz = app.store.quiz(owner, id).await?.ok_or_else(ApiError::not_found)?;
    Ok((StatusCode::CREATED, Json(quiz.into())))
}

/// How the questions of a quiz went in past games
///
/// Questions that nobody has answered yet are left out.
#[utoipa::path(get, path = "/quizzes/{id}/difficulty", tag = "quizzes", params(("id" = Uuid, Path)),
    responses((status = 200, body = Vec<DifficultyView>), (status = 401, body = Problem),
        (status = 404, body = Problem)))]
async fn show_difficulty(
    State(app): State<App>,
    host: Host,
    Ids(id): Ids<Uuid>,
) -> Result<Json<Vec<DifficultyView>>, ApiError> {
    let owner = host.account_id();
    let (_, rounds) = app.store.quiz_content(owner, id).await?.ok_or_else(ApiError::not_found)?;
    let mut known: BTreeMap<Uuid, DifficultyView> = BTreeMap::new();
    for game in app.store.past_games(owner, id, PAST_GAMES_MAX).await? {
        let (game, answers) = match app.store.past_game(game).await {
            // A log that nobody can read any more says nothing of these questions.
            Err(StoreError::Unreadable(_)) => continue,
            past => past?,
        };
        for Tally { question, answered, right } in tallies(&game, &answers) {
            if answered == 0 {
                continue;
            }
            let view = known.entry(question.0).or_default();
            view.question_id = question.0;
            view.games += 1;
            view.answered += answered;
            view.right += right;
        }
    }
    let asked = rounds.iter().flat_map(|(_, questions)| questions);
    Ok(Json(asked.filter_map(|question| known.remove(&question.id)).collect()))
}

impl From<Quiz> for QuizView {
    fn from(quiz: Quiz) -> Self {
        Self {
            id: quiz.id,
            owner_id: quiz.owner,
            name: quiz.name,
            description: quiz.description,
            round_count: quiz.round_count,
            question_count: quiz.question_count,
            game_count: quiz.game_count,
            created_at: rfc3339(quiz.created_at),
            updated_at: rfc3339(quiz.updated_at),
        }
    }
}

fn words(body: NameBody) -> Result<QuizDraft, ApiError> {
    QuizInput { name: body.name, description: body.description }.check().map_err(invalid)
}
