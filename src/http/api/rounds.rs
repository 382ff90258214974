//! Rounds of a quiz, and which questions stand in them.

use super::banks::invalid;
use super::questions::{OrderBody, QuestionView, in_order};
use crate::http::App;
use crate::http::error::{ApiError, Problem};
use crate::http::extract::{Host, Ids, Json};
use crate::limits::{QUESTIONS_PER_ROUND_MAX, ROUNDS_PER_QUIZ_MAX, TAG_CHARS_MAX, UNUSED_DAYS_MAX};
use crate::quiz::quiz::{RoundDraft, RoundInput};
use crate::store::{Fill, Filled, Placed, QuizRound, Slotted, StoredQuestion};
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

const DAY_MS: i64 = 24 * 3_600 * 1_000;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(create_round))
        .routes(routes!(reorder_rounds))
        .routes(routes!(update_round, delete_round))
        .routes(routes!(restore_round))
        .routes(routes!(set_round_questions, add_round_question))
        .routes(routes!(remove_round_question))
        .routes(routes!(fill_round))
}

/// A round of a quiz with its questions.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct RoundView {
    id: Uuid,
    quiz_id: Uuid,
    /// Counted from 1.
    round_number: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    /// For the whole round.
    #[serde(skip_serializing_if = "Option::is_none")]
    time_limit_seconds: Option<u32>,
    /// How many questions it is to have.
    #[serde(skip_serializing_if = "Option::is_none")]
    planned_questions: Option<usize>,
    /// In order; `position` is the place in the round.
    questions: Vec<QuestionView>,
}

/// What a round is called, and how long it may take.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
struct RoundBody {
    /// One line of at most 120 characters.
    #[serde(default)]
    title: Option<String>,
    /// 5 to 3,600.
    #[serde(default, alias = "timeLimitSeconds")]
    time_limit_seconds: Option<i64>,
    /// How many questions it is to have: at most 100, 0 for no plan. A change that does not name it leaves it.
    #[serde(default, alias = "plannedQuestions")]
    planned_questions: Option<i64>,
}

/// What to fill a round with, at random.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct FillBody {
    /// How many: 1 to 100.
    count: usize,
    /// Only of this bank.
    #[serde(default, alias = "bankId")]
    bank_id: Option<Uuid>,
    /// Only with this tag.
    #[serde(default)]
    tag: String,
    /// None that a game released in the last so many days.
    #[serde(default, alias = "unusedDays")]
    unused_days: Option<u32>,
}

/// A round that was filled.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct FilledView {
    round: RoundView,
    /// Fewer than asked for when there are no more, or no more fit.
    added: usize,
}

/// The questions of a round in order; at most 100, each only once in the whole quiz.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct RoundQuestions {
    #[serde(alias = "questionIds")]
    question_ids: Vec<Uuid>,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct RoundQuestion {
    #[serde(alias = "questionId")]
    question_id: Uuid,
}

/// Add a round at the end of a quiz
#[utoipa::path(post, path = "/quizzes/{id}/rounds", tag = "rounds", params(("id" = Uuid, Path)),
    request_body = RoundBody,
    responses((status = 201, body = RoundView), (status = 401, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn create_round(
    State(app): State<App>,
    host: Host,
    Ids(quiz): Ids<Uuid>,
    Json(body): Json<RoundBody>,
) -> Result<(StatusCode, Json<RoundView>), ApiError> {
    let words = body.check()?;
    let placed = app.store.create_round(host.account_id(), quiz, app.ids.uuid(), &words, app.clock.now_ms()).await?;
    let round = in_quiz(placed)?;
    Ok((StatusCode::CREATED, Json(RoundView::from((round, Vec::new())))))
}

/// Order the rounds of a quiz
#[utoipa::path(patch, path = "/quizzes/{id}/rounds/reorder", tag = "rounds", params(("id" = Uuid, Path)),
    request_body = OrderBody,
    responses((status = 200, body = Vec<RoundView>), (status = 401, body = Problem), (status = 404, body = Problem),
        (status = 422, body = Problem)))]
async fn reorder_rounds(
    State(app): State<App>,
    host: Host,
    Ids(quiz): Ids<Uuid>,
    Json(order): Json<OrderBody>,
) -> Result<Json<Vec<RoundView>>, ApiError> {
    let owner = host.account_id();
    in_order(app.store.reorder_rounds(owner, quiz, &order.ids, app.clock.now_ms()).await?)?;
    let (_, rounds) = app.store.quiz_content(owner, quiz).await?.ok_or_else(ApiError::not_found)?;
    Ok(Json(rounds.into_iter().map(RoundView::from).collect()))
}

/// Rename a round, or change its time limit
#[utoipa::path(put, path = "/quizzes/{id}/rounds/{round_id}", tag = "rounds",
    params(("id" = Uuid, Path), ("round_id" = Uuid, Path)), request_body = RoundBody,
    responses((status = 200, body = RoundView), (status = 401, body = Problem), (status = 404, body = Problem),
        (status = 422, body = Problem)))]
async fn update_round(
    State(app): State<App>,
    host: Host,
    Ids((quiz, round)): Ids<(Uuid, Uuid)>,
    Json(body): Json<RoundBody>,
) -> Result<Json<RoundView>, ApiError> {
    let words = body.check()?;
    if !app.store.update_round(host.account_id(), quiz, round, &words, app.clock.now_ms()).await? {
        return Err(ApiError::not_found());
    }
    shown(&app, &host, quiz, round).await
}

/// Delete a round; it can be restored
#[utoipa::path(delete, path = "/quizzes/{id}/rounds/{round_id}", tag = "rounds",
    params(("id" = Uuid, Path), ("round_id" = Uuid, Path)),
    responses((status = 204), (status = 401, body = Problem), (status = 404, body = Problem)))]
async fn delete_round(
    State(app): State<App>,
    host: Host,
    Ids((quiz, round)): Ids<(Uuid, Uuid)>,
) -> Result<StatusCode, ApiError> {
    let deleted = app.store.delete_round(host.account_id(), quiz, round, app.clock.now_ms()).await?;
    deleted.then_some(StatusCode::NO_CONTENT).ok_or_else(ApiError::not_found)
}

/// Bring a deleted round back to its place
///
/// Its questions come back with it, except those that other rounds have by now.
#[utoipa::path(post, path = "/quizzes/{id}/rounds/{round_id}/restore", tag = "rounds",
    params(("id" = Uuid, Path), ("round_id" = Uuid, Path)),
    responses((status = 200, body = RoundView), (status = 401, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem)))]
async fn restore_round(
    State(app): State<App>,
    host: Host,
    Ids((quiz, round)): Ids<(Uuid, Uuid)>,
) -> Result<Json<RoundView>, ApiError> {
    in_quiz(app.store.restore_round(host.account_id(), quiz, round, app.clock.now_ms()).await?)?;
    shown(&app, &host, quiz, round).await
}

/// Choose the questions of a round and their order
#[utoipa::path(put, path = "/quizzes/{id}/rounds/{round_id}/questions", tag = "rounds",
    params(("id" = Uuid, Path), ("round_id" = Uuid, Path)), request_body = RoundQuestions,
    responses((status = 200, body = RoundView), (status = 401, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn set_round_questions(
    State(app): State<App>,
    host: Host,
    Ids((quiz, round)): Ids<(Uuid, Uuid)>,
    Json(body): Json<RoundQuestions>,
) -> Result<Json<RoundView>, ApiError> {
    let now = app.clock.now_ms();
    let slotted = app.store.set_round_questions(host.account_id(), quiz, round, &body.question_ids, now).await?;
    in_round(slotted, "question_ids")?;
    shown(&app, &host, quiz, round).await
}

/// Add a question at the end of a round
#[utoipa::path(post, path = "/quizzes/{id}/rounds/{round_id}/questions", tag = "rounds",
    params(("id" = Uuid, Path), ("round_id" = Uuid, Path)), request_body = RoundQuestion,
    responses((status = 201, body = RoundView), (status = 401, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn add_round_question(
    State(app): State<App>,
    host: Host,
    Ids((quiz, round)): Ids<(Uuid, Uuid)>,
    Json(body): Json<RoundQuestion>,
) -> Result<(StatusCode, Json<RoundView>), ApiError> {
    let now = app.clock.now_ms();
    let slotted = app.store.add_round_question(host.account_id(), quiz, round, body.question_id, now).await?;
    in_round(slotted, "question_id")?;
    Ok((StatusCode::CREATED, shown(&app, &host, quiz, round).await?))
}

/// Take a question out of a round
#[utoipa::path(delete, path = "/quizzes/{id}/rounds/{round_id}/questions/{question_id}", tag = "rounds",
    params(("id" = Uuid, Path), ("round_id" = Uuid, Path), ("question_id" = Uuid, Path)),
    responses((status = 204), (status = 401, body = Problem), (status = 404, body = Problem)))]
async fn remove_round_question(
    State(app): State<App>,
    host: Host,
    Ids((quiz, round, question)): Ids<(Uuid, Uuid, Uuid)>,
) -> Result<StatusCode, ApiError> {
    let now = app.clock.now_ms();
    let removed = app.store.remove_round_question(host.account_id(), quiz, round, question, now).await?;
    removed.then_some(StatusCode::NO_CONTENT).ok_or_else(ApiError::not_found)
}

/// Fill a round with questions at random
///
/// They come from my banks, are in no round of the quiz, and go to the end of the round.
#[utoipa::path(post, path = "/quizzes/{id}/rounds/{round_id}/fill", tag = "rounds",
    params(("id" = Uuid, Path), ("round_id" = Uuid, Path)), request_body = FillBody,
    responses((status = 200, body = FilledView), (status = 401, body = Problem), (status = 404, body = Problem),
        (status = 422, body = Problem)))]
async fn fill_round(
    State(app): State<App>,
    host: Host,
    Ids((quiz, round)): Ids<(Uuid, Uuid)>,
    Json(body): Json<FillBody>,
) -> Result<Json<FilledView>, ApiError> {
    let now = app.clock.now_ms();
    let fill = body.check(now)?;
    match app.store.fill_round(host.account_id(), quiz, round, &fill, &app.ids, now).await? {
        Filled::Done(added) => Ok(Json(FilledView { round: shown(&app, &host, quiz, round).await?.0, added })),
        Filled::NotFound => Err(ApiError::not_found()),
    }
}

impl FillBody {
    fn check(&self, now_ms: i64) -> Result<Fill<'_>, ApiError> {
        if !(1..=QUESTIONS_PER_ROUND_MAX).contains(&self.count) {
            let message = format!("Ask for 1 to {QUESTIONS_PER_ROUND_MAX} questions.");
            return Err(ApiError::invalid_field("count", message));
        }
        if self.unused_days.is_some_and(|days| days > UNUSED_DAYS_MAX) {
            let message = format!("Look back {UNUSED_DAYS_MAX} days at most.");
            return Err(ApiError::invalid_field("unused_days", message));
        }
        if self.tag.chars().count() > TAG_CHARS_MAX {
            return Err(ApiError::invalid_field("tag", format!("A tag has at most {TAG_CHARS_MAX} characters.")));
        }
        let unused_since = self.unused_days.map(|days| now_ms - i64::from(days) * DAY_MS);
        Ok(Fill { bank: self.bank_id, tag: &self.tag, unused_since, count: self.count })
    }
}

impl From<(QuizRound, Vec<StoredQuestion>)> for RoundView {
    fn from((round, questions): (QuizRound, Vec<StoredQuestion>)) -> Self {
        Self {
            id: round.id,
            quiz_id: round.quiz,
            round_number: round.number,
            title: round.title,
            time_limit_seconds: round.time_limit_seconds,
            planned_questions: round.planned_questions,
            questions: questions.into_iter().map(QuestionView::from).collect(),
        }
    }
}

impl RoundBody {
    fn check(self) -> Result<RoundDraft, ApiError> {
        let (title, time_limit_seconds) = (self.title, self.time_limit_seconds);
        let input = RoundInput { title, time_limit_seconds, planned_questions: self.planned_questions };
        input.check().map_err(invalid)
    }
}

async fn shown(app: &App, host: &Host, quiz: Uuid, round: Uuid) -> Result<Json<RoundView>, ApiError> {
    let content = app.store.round_content(host.account_id(), quiz, round).await?;
    content.map(|content| Json(content.into())).ok_or_else(ApiError::not_found)
}

fn in_quiz<T>(placed: Placed<T>) -> Result<T, ApiError> {
    match placed {
        Placed::Done(done) => Ok(done),
        Placed::Full => {
            let detail = format!("A quiz has at most {ROUNDS_PER_QUIZ_MAX} rounds.");
            Err(ApiError::new(StatusCode::CONFLICT, "full", detail))
        }
        Placed::NotFound => Err(ApiError::not_found()),
    }
}

/// Whether questions were put into a round; `field` is where the client named them.
fn in_round(slotted: Slotted, field: &str) -> Result<(), ApiError> {
    match slotted {
        Slotted::Done => Ok(()),
        Slotted::Elsewhere { question, round } => {
            let detail = format!("Round {round} of this quiz has that question already.");
            let error = ApiError::new(StatusCode::CONFLICT, "already_in_quiz", detail);
            Err(error.with("question_id", question).with("round_number", round))
        }
        Slotted::Full => {
            let message = format!("A round has at most {QUESTIONS_PER_ROUND_MAX} questions.");
            Err(ApiError::invalid_field(field, message))
        }
        Slotted::NotFound => Err(ApiError::not_found()),
        Slotted::Twice(question) => {
            let error = ApiError::invalid_field(field, "A question stands only once in a round.");
            Err(error.with("question_id", question))
        }
        Slotted::UnknownQuestion(question) => {
            let error = ApiError::invalid_field(field, "One of these questions is not in your banks any more.");
            Err(error.with("question_id", question))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::banks::tests::body;
    use super::*;
    use serde_json::json;

    #[tokio::test]
    async fn a_refused_question_is_named() {
        let question = Uuid::max();
        let elsewhere = body(in_round(Slotted::Elsewhere { question, round: 2 }, "question_ids").unwrap_err()).await;
        assert_eq!((&elsewhere["status"], &elsewhere["code"]), (&json!(409), &json!("already_in_quiz")));
        assert_eq!((&elsewhere["question_id"], &elsewhere["round_number"]), (&json!(question), &json!(2)));
        for refused in [Slotted::Twice(question), Slotted::UnknownQuestion(question)] {
            let body = body(in_round(refused, "question_id").unwrap_err()).await;
            assert_eq!((&body["status"], &body["errors"][0]["field"]), (&json!(422), &json!("question_id")));
            assert_eq!(body["question_id"], json!(question));
        }
    }

    #[test]
    fn a_round_may_come_in_camel_case() {
        let body: RoundBody = serde_json::from_value(json!({"timeLimitSeconds": 30})).unwrap();
        assert_eq!(body.check().unwrap(), RoundDraft { time_limit_seconds: Some(30), ..RoundDraft::default() });
        let many: RoundQuestions = serde_json::from_value(json!({"questionIds": [Uuid::nil()]})).unwrap();
        assert_eq!(many.question_ids, [Uuid::nil()]);
    }

    #[test]
    fn a_filling_has_limits() {
        let fill = |count, unused_days| FillBody { count, bank_id: None, tag: String::new(), unused_days };
        for (count, fits) in
            [(0, false), (1, true), (QUESTIONS_PER_ROUND_MAX, true), (QUESTIONS_PER_ROUND_MAX + 1, false)]
        {
            assert_eq!(fill(count, None).check(0).is_ok(), fits, "{count}");
        }
        let now = 10 * DAY_MS;
        assert_eq!(fill(1, Some(3)).check(now).unwrap().unused_since, Some(7 * DAY_MS));
        assert!(fill(1, Some(UNUSED_DAYS_MAX)).check(now).is_ok());
        assert!(fill(1, Some(UNUSED_DAYS_MAX + 1)).check(now).is_err());
    }
}
