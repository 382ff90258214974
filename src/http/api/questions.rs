//! Questions of a bank, searching all of them, and trying answers out.

use super::{Page, page};
use crate::clock::rfc3339;
use crate::game::marking::{AnswerKey, Number, Verdict, compared};
use crate::http::App;
use crate::http::error::{ApiError, Problem};
use crate::http::extract::{Host, Ids, Json, Query};
use crate::limits::{
    ACCEPTED_ANSWER_CHARS_MAX, ACCEPTED_ANSWERS_MAX, ANSWER_CHARS_MAX, BODY_BYTES_MAX, LIST_LIMIT_MAX,
    QUESTIONS_PER_BANK_MAX,
};
use crate::quiz::question::{Answer, Choice, ChoiceInput, Draft, Marking, QuestionInput};
use crate::store::launch::rules;
use crate::store::{
    FoundQuestion, NewQuestion, Placed, QuestionSearch, QuestionVersion, Reordered, Saved, StoreError, StoredQuestion,
};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

/// A full bank can be ordered at once: an id takes 39 bytes of JSON.
const ORDER_BYTES_MAX: usize = BODY_BYTES_MAX + QUESTIONS_PER_BANK_MAX * 40;

pub(super) fn routes() -> OpenApiRouter<App> {
    let order = OpenApiRouter::new().routes(routes!(reorder_questions)).layer(DefaultBodyLimit::max(ORDER_BYTES_MAX));
    OpenApiRouter::new()
        .routes(routes!(list_questions, create_question))
        .routes(routes!(show_question, update_question, delete_question))
        .routes(routes!(restore_question))
        .routes(routes!(list_versions))
        .routes(routes!(search_questions))
        .routes(routes!(try_answer))
        .merge(order)
}

/// A question.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct QuestionView {
    id: Uuid,
    bank_id: Uuid,
    /// Its place, counted from 0: in its bank, or in the round of a quiz that lists it.
    position: usize,
    /// Counts its changes from 1. A change may carry it, to be refused when somebody else came first.
    version: usize,
    created_at: String,
    updated_at: String,
    /// When a game last released it.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_used_at: Option<String>,
    #[serde(flatten)]
    content: QuestionContent,
}

/// What a question says.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct QuestionContent {
    #[serde(rename = "type")]
    #[schema(value_type = QuestionKind)]
    kind: &'static str,
    prompt: String,
    points: u32,
    /// For text: the spellings that count, the first of which is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    accepted_answers: Option<Vec<String>>,
    /// For text: which differences do not matter.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<MarkingView>)]
    marking: Option<Marking>,
    /// For multiple choice.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<ChoiceView>>)]
    choices: Option<Vec<Choice>>,
    /// For the host's eyes.
    #[serde(skip_serializing_if = "Option::is_none")]
    notes: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    time_limit_seconds: Option<u32>,
    /// What it is filed under.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    tags: Vec<String>,
}

/// A question as it is sent. A change replaces all of it.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct QuestionBody {
    /// For a new question: an id that the client made, so that sending it again makes no second question.
    #[serde(default)]
    id: Option<Uuid>,
    /// Needed for a new question, and never changed later.
    #[serde(default, rename = "type")]
    #[schema(value_type = Option<QuestionKind>)]
    kind: Option<String>,
    /// 1 to 500 characters.
    #[serde(default)]
    prompt: String,
    /// 0 to 1,000,000; 1,000 unless said.
    #[serde(default)]
    points: Option<i64>,
    /// For text: 1 to 10 of 1 to 150 characters.
    #[serde(default, alias = "acceptedAnswers")]
    accepted_answers: Option<Vec<String>>,
    /// For multiple choice: 2 to 6 of 1 to 200 characters, exactly one of them correct.
    #[serde(default)]
    #[schema(value_type = Option<Vec<ChoiceView>>)]
    choices: Option<Vec<ChoiceInput>>,
    /// For text: all do not matter unless said.
    #[serde(default)]
    #[schema(value_type = Option<MarkingView>)]
    marking: Option<Marking>,
    /// At most 1,000 characters.
    #[serde(default)]
    notes: Option<String>,
    /// 5 to 3,600.
    #[serde(default, alias = "timeLimitSeconds")]
    time_limit_seconds: Option<i64>,
    /// At most 10 of 1 to 30 characters, without commas. A change that does not name them leaves them as they are.
    #[serde(default)]
    tags: Option<Vec<String>>,
    /// For a change: the version that it was made from.
    #[serde(default)]
    version: Option<usize>,
}

/// A text that a question had. To bring it back, make it the question's again.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct VersionView {
    version: usize,
    /// From when to when the question said this.
    saved_at: String,
    replaced_at: String,
    #[serde(flatten)]
    content: QuestionContent,
}

/// How a question is answered.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(dead_code, reason = "tells the document what the strings are")]
pub(super) enum QuestionKind {
    MultipleChoice,
    Text,
}

/// A choice of a multiple-choice question, as [`Choice`] and [`ChoiceInput`] are written.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct ChoiceView {
    text: String,
    correct: bool,
}

/// How answers are marked. Which differences from an accepted one do not matter: `true` forgives the difference.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct MarkingView {
    #[schema(default = true)]
    case: bool,
    #[schema(default = true)]
    accents: bool,
    #[schema(default = true)]
    punctuation: bool,
    #[schema(default = true)]
    articles: bool,
    #[schema(default = true)]
    spaces: bool,
    #[schema(default = true)]
    number_words: bool,
    /// The one accepted answer is a number, and of all answers that are numbers the nearest are right.
    #[serde(skip_serializing_if = "Option::is_none")]
    nearest: Option<bool>,
}

/// A question that a search found.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct FoundView {
    #[serde(flatten)]
    question: QuestionView,
    bank_name: String,
}

/// What is searched for.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
struct Search {
    /// Words that the prompt or the answers hold, in any case and with or without accents.
    q: String,
    /// Only those with this tag.
    tag: String,
    /// Only in this bank.
    #[serde(alias = "bankId", deserialize_with = "blank_is_none")]
    bank_id: Option<Uuid>,
}

/// An order. Those that are named take, in this order, the places that they hold among them; the others stay.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub(super) struct OrderBody {
    pub(super) ids: Vec<Uuid>,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct TryBody {
    #[serde(alias = "acceptedAnswers")]
    accepted_answers: Vec<String>,
    #[serde(default)]
    #[schema(value_type = MarkingView)]
    marking: Marking,
    answer: String,
}

/// What would become of an answer.
#[derive(Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
struct TryView {
    verdict: VerdictView,
    /// The accepted answer that it is, or nearly is.
    #[serde(skip_serializing_if = "Option::is_none")]
    matched: Option<String>,
    /// The form in which it was compared.
    compared: String,
    /// The reason in a sentence.
    why: String,
}

#[derive(Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum VerdictView {
    Accepted,
    /// On the other answers: the nearest number wins.
    Depends,
    NotAccepted,
    /// The host is asked.
    Suggested,
}

/// The questions of a bank in order
#[utoipa::path(get, path = "/banks/{id}/questions", tag = "questions", params(("id" = Uuid, Path), Page),
    responses((status = 200, body = Vec<QuestionView>), (status = 401, body = Problem), (status = 404, body = Problem)))]
async fn list_questions(
    State(app): State<App>,
    host: Host,
    Ids(bank): Ids<Uuid>,
    Query(asked): Query<Page>,
) -> Result<Response, ApiError> {
    listed(&app, &host, bank, &asked).await
}

/// Add a question at the end of a bank
#[utoipa::path(post, path = "/banks/{id}/questions", tag = "questions", params(("id" = Uuid, Path)),
    request_body = QuestionBody,
    responses((status = 201, body = QuestionView), (status = 401, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn create_question(
    State(app): State<App>,
    host: Host,
    Ids(bank): Ids<Uuid>,
    Json(body): Json<QuestionBody>,
) -> Result<(StatusCode, Json<QuestionView>), ApiError> {
    let owner = host.account_id();
    let id = body.id;
    let draft = QuestionInput::from(body).check().map_err(super::banks::invalid)?;
    let new = NewQuestion { id: id.unwrap_or_else(|| app.ids.uuid()), draft: &draft };
    match app.store.insert_question(owner, bank, &new, app.clock.now_ms()).await {
        Ok(placed) => Ok((StatusCode::CREATED, Json(in_bank(placed)?.into()))),
        // The first sending arrived.
        Err(StoreError::Exists) => match app.store.question(owner, bank, new.id).await? {
            Some(question) if question.draft == draft => Ok((StatusCode::CREATED, Json(question.into()))),
            _ => {
                let detail = "There is another question with this id. Make a new id.";
                Err(ApiError::new(StatusCode::CONFLICT, "conflict", detail))
            }
        },
        Err(error) => Err(error.into()),
    }
}

/// A question of a bank
#[utoipa::path(get, path = "/banks/{id}/questions/{question_id}", tag = "questions",
    params(("id" = Uuid, Path), ("question_id" = Uuid, Path)),
    responses((status = 200, body = QuestionView), (status = 401, body = Problem), (status = 404, body = Problem)))]
async fn show_question(
    State(app): State<App>,
    host: Host,
    Ids((bank, question)): Ids<(Uuid, Uuid)>,
) -> Result<Json<QuestionView>, ApiError> {
    let question = app.store.question(host.account_id(), bank, question).await?;
    question.map(|question| Json(question.into())).ok_or_else(ApiError::not_found)
}

/// Replace what a question says
///
/// With `version`, somebody else's change in between is a 409 with the code `conflict` and the stored question as
/// `current`.
#[utoipa::path(put, path = "/banks/{id}/questions/{question_id}", tag = "questions",
    params(("id" = Uuid, Path), ("question_id" = Uuid, Path)), request_body = QuestionBody,
    responses((status = 200, body = QuestionView), (status = 401, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn update_question(
    State(app): State<App>,
    host: Host,
    Ids((bank, question)): Ids<(Uuid, Uuid)>,
    Json(body): Json<QuestionBody>,
) -> Result<Json<QuestionView>, ApiError> {
    let owner = host.account_id();
    let stored = app.store.question(owner, bank, question).await?.ok_or_else(ApiError::not_found)?;
    let version = body.version;
    let mut input = QuestionInput::from(body);
    input.kind.get_or_insert_with(|| stored.draft.kind().as_str().to_owned());
    input.tags.get_or_insert(stored.draft.tags);
    let draft = input.check().map_err(super::banks::invalid)?;
    match app.store.update_question(owner, bank, question, &draft, version, app.clock.now_ms()).await? {
        Saved::Done(question) => Ok(Json(question.into())),
        Saved::Conflict(current) => {
            let detail = "Somebody changed this question in the meantime.";
            let conflict = ApiError::new(StatusCode::CONFLICT, "conflict", detail);
            Err(conflict.with("current", QuestionView::from(current)))
        }
        Saved::KindIsFixed => {
            let message = "A question stays of its kind. Make a new one of the other kind.";
            Err(ApiError::invalid_field("type", message))
        }
        Saved::NotFound => Err(ApiError::not_found()),
    }
}

/// Delete a question; it can be restored
#[utoipa::path(delete, path = "/banks/{id}/questions/{question_id}", tag = "questions",
    params(("id" = Uuid, Path), ("question_id" = Uuid, Path)),
    responses((status = 204), (status = 401, body = Problem), (status = 404, body = Problem)))]
async fn delete_question(
    State(app): State<App>,
    host: Host,
    Ids((bank, question)): Ids<(Uuid, Uuid)>,
) -> Result<StatusCode, ApiError> {
    let deleted = app.store.delete_question(host.account_id(), bank, question, app.clock.now_ms()).await?;
    deleted.then_some(StatusCode::NO_CONTENT).ok_or_else(ApiError::not_found)
}

/// Bring a deleted question back to its place
#[utoipa::path(post, path = "/banks/{id}/questions/{question_id}/restore", tag = "questions",
    params(("id" = Uuid, Path), ("question_id" = Uuid, Path)),
    responses((status = 200, body = QuestionView), (status = 401, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem)))]
async fn restore_question(
    State(app): State<App>,
    host: Host,
    Ids((bank, question)): Ids<(Uuid, Uuid)>,
) -> Result<Json<QuestionView>, ApiError> {
    let placed = app.store.restore_question(host.account_id(), bank, question, app.clock.now_ms()).await?;
    Ok(Json(in_bank(placed)?.into()))
}

/// What a question said before it was changed, the latest first
///
/// At most 50 texts, of the last year.
#[utoipa::path(get, path = "/banks/{id}/questions/{question_id}/versions", tag = "questions",
    params(("id" = Uuid, Path), ("question_id" = Uuid, Path)),
    responses((status = 200, body = Vec<VersionView>), (status = 401, body = Problem), (status = 404, body = Problem)))]
async fn list_versions(
    State(app): State<App>,
    host: Host,
    Ids((bank, question)): Ids<(Uuid, Uuid)>,
) -> Result<Json<Vec<VersionView>>, ApiError> {
    let versions = app.store.question_versions(host.account_id(), bank, question).await?;
    let versions = versions.ok_or_else(ApiError::not_found)?;
    Ok(Json(versions.into_iter().map(VersionView::from).collect()))
}

/// Order the questions of a bank
///
/// Answers the first 200 of the list.
#[utoipa::path(patch, path = "/banks/{id}/questions/reorder", tag = "questions", params(("id" = Uuid, Path)),
    request_body = OrderBody,
    responses((status = 200, body = Vec<QuestionView>), (status = 401, body = Problem), (status = 404, body = Problem),
        (status = 422, body = Problem)))]
async fn reorder_questions(
    State(app): State<App>,
    host: Host,
    Ids(bank): Ids<Uuid>,
    Json(order): Json<OrderBody>,
) -> Result<Response, ApiError> {
    let reordered = app.store.reorder_questions(host.account_id(), bank, &order.ids, app.clock.now_ms()).await?;
    in_order(reordered)?;
    let first = Page { limit: Some(LIST_LIMIT_MAX), cursor: None };
    listed(&app, &host, bank, &first).await
}

/// Search the questions of all my banks
#[utoipa::path(get, path = "/questions", tag = "questions", params(Search, Page),
    responses((status = 200, body = Vec<FoundView>), (status = 401, body = Problem)))]
async fn search_questions(
    State(app): State<App>,
    host: Host,
    Query(search): Query<Search>,
    Query(asked): Query<Page>,
) -> Result<Response, ApiError> {
    let limit = asked.limit().min(LIST_LIMIT_MAX);
    let search = QuestionSearch {
        query: &search.q,
        tag: &search.tag,
        bank: search.bank_id,
        after: asked.cursor,
        limit: limit + 1,
    };
    let found = app.store.search_questions(host.account_id(), &search).await?;
    Ok(page(found.into_iter().map(FoundView::from).collect(), limit, |found| found.question.id))
}

/// Would this answer be accepted?
#[utoipa::path(post, path = "/try-answer", tag = "questions", request_body = TryBody,
    responses((status = 200, body = TryView), (status = 401, body = Problem), (status = 422, body = Problem)))]
async fn try_answer(_: Host, Json(body): Json<TryBody>) -> Result<Json<TryView>, ApiError> {
    tried(&body).map(Json)
}

impl From<StoredQuestion> for QuestionView {
    fn from(question: StoredQuestion) -> Self {
        Self {
            id: question.id,
            bank_id: question.bank,
            position: question.position,
            version: question.version,
            created_at: rfc3339(question.created_at),
            updated_at: rfc3339(question.updated_at),
            last_used_at: question.last_used_at.map(rfc3339),
            content: question.draft.into(),
        }
    }
}

impl From<QuestionVersion> for VersionView {
    fn from(version: QuestionVersion) -> Self {
        Self {
            version: version.version,
            saved_at: rfc3339(version.saved_at),
            replaced_at: rfc3339(version.replaced_at),
            content: version.draft.into(),
        }
    }
}

impl From<Draft> for QuestionContent {
    fn from(draft: Draft) -> Self {
        let kind = draft.kind().as_str();
        let (accepted_answers, marking, choices) = match draft.answer {
            Answer::Text { accepted, marking } => (Some(accepted), Some(marking), None),
            Answer::MultipleChoice { choices } => (None, None, Some(choices)),
        };
        Self {
            kind,
            prompt: draft.prompt,
            points: draft.points,
            accepted_answers,
            marking,
            choices,
            notes: draft.notes,
            time_limit_seconds: draft.time_limit_seconds,
            tags: draft.tags,
        }
    }
}

impl From<FoundQuestion> for FoundView {
    fn from(found: FoundQuestion) -> Self {
        Self { question: found.question.into(), bank_name: found.bank_name }
    }
}

impl From<QuestionBody> for QuestionInput {
    fn from(body: QuestionBody) -> Self {
        Self {
            kind: body.kind,
            prompt: body.prompt,
            points: body.points,
            accepted_answers: body.accepted_answers,
            choices: body.choices,
            marking: body.marking,
            notes: body.notes,
            time_limit_seconds: body.time_limit_seconds,
            tags: body.tags,
        }
    }
}

/// A page of a bank's questions.
async fn listed(app: &App, host: &Host, bank: Uuid, asked: &Page) -> Result<Response, ApiError> {
    let limit = asked.limit();
    let questions = app.store.questions(host.account_id(), bank, asked.cursor, limit + 1).await?;
    let questions = questions.ok_or_else(ApiError::not_found)?;
    Ok(page(questions.into_iter().map(QuestionView::from).collect(), limit, |question| question.id))
}

fn in_bank(placed: Placed<StoredQuestion>) -> Result<StoredQuestion, ApiError> {
    match placed {
        Placed::Done(question) => Ok(question),
        Placed::Full => Err(bank_is_full()),
        Placed::NotFound => Err(ApiError::not_found()),
    }
}

/// A bank has no room for more.
pub(super) fn bank_is_full() -> ApiError {
    let detail = format!("A bank holds at most {QUESTIONS_PER_BANK_MAX} questions. Begin another one.");
    ApiError::new(StatusCode::CONFLICT, "full", detail)
}

/// Whether an order was taken.
pub(super) fn in_order(reordered: Reordered) -> Result<(), ApiError> {
    match reordered {
        Reordered::Done => Ok(()),
        Reordered::NotFound => Err(ApiError::not_found()),
        Reordered::Twice(id) => Err(ApiError::invalid_field("ids", format!("{id} is named twice."))),
        Reordered::Unknown(id) => Err(ApiError::invalid_field("ids", format!("{id} is not here."))),
    }
}

fn tried(body: &TryBody) -> Result<TryView, ApiError> {
    let accepted = &body.accepted_answers;
    let is_long = |text: &String| text.chars().count() > ACCEPTED_ANSWER_CHARS_MAX;
    if !(1..=ACCEPTED_ANSWERS_MAX).contains(&accepted.len()) || accepted.iter().any(is_long) {
        let message = format!(
            "Name 1 to {ACCEPTED_ANSWERS_MAX} accepted answers of at most {ACCEPTED_ANSWER_CHARS_MAX} characters."
        );
        return Err(ApiError::invalid_field("accepted_answers", message));
    }
    if body.answer.chars().count() > ANSWER_CHARS_MAX {
        let message = format!("An answer has at most {ANSWER_CHARS_MAX} characters.");
        return Err(ApiError::invalid_field("answer", message));
    }
    if body.marking.nearest {
        return tried_nearest(body);
    }
    let explanation = AnswerKey::new(accepted, rules(body.marking), &[]).explain(&body.answer);
    let why = explanation.to_string();
    let verdict = match explanation.verdict {
        Verdict::Accepted { .. } => VerdictView::Accepted,
        Verdict::NotAccepted => VerdictView::NotAccepted,
        Verdict::Suggested { .. } => VerdictView::Suggested,
    };
    Ok(TryView { verdict, matched: explanation.accepted, compared: explanation.compared, why })
}

fn tried_nearest(body: &TryBody) -> Result<TryView, ApiError> {
    let right = &body.accepted_answers[0];
    let Some(number) = Number::read(right).filter(|_| body.accepted_answers.len() == 1) else {
        let message = "Where the nearest number wins, name one accepted answer that is a number.";
        return Err(ApiError::invalid_field("accepted_answers", message));
    };
    let (verdict, why) = match Number::read(&body.answer).map(|answer| answer.distance(number)) {
        None => {
            let why = "Not accepted: there is no number in it, or more than one. The host can still accept it.";
            (VerdictView::NotAccepted, why.to_owned())
        }
        Some(distance) if distance.is_none() => {
            (VerdictView::Accepted, format!("Accepted: it is exactly {right}. Nobody can be nearer."))
        }
        Some(distance) => {
            let why = format!("It is {distance} away from {right}. It is right if nobody is nearer.");
            (VerdictView::Depends, why)
        }
    };
    let matched = (verdict != VerdictView::NotAccepted).then(|| right.clone());
    Ok(TryView { verdict, matched, compared: compared(&body.answer, &rules(body.marking)), why })
}

/// `?bank_id=` is the same as none.
fn blank_is_none<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Uuid>, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.is_empty() {
        return Ok(None);
    }
    Uuid::parse_str(&text).map(Some).map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn draft(body: Value) -> Draft {
        QuestionInput::from(serde_json::from_value::<QuestionBody>(body).unwrap()).check().unwrap()
    }

    fn view(draft: Draft) -> Value {
        serde_json::to_value(QuestionView::from(StoredQuestion {
            id: Uuid::nil(),
            bank: Uuid::max(),
            position: 3,
            version: 2,
            import: None,
            created_at: 0,
            updated_at: 1,
            last_used_at: None,
            draft,
        }))
        .unwrap()
    }

    #[test]
    fn a_text_question_is_shown_as_published() {
        let shown = view(draft(json!({"type": "text", "prompt": "Soup?", "acceptedAnswers": ["Yes"],
            "marking": {"numberWords": false}, "timeLimitSeconds": 30, "choices": null})));
        assert_eq!(
            shown,
            json!({"id": Uuid::nil(), "bank_id": Uuid::max(), "position": 3, "version": 2,
            "created_at": "1970-01-01T00:00:00.000Z", "updated_at": "1970-01-01T00:00:00.001Z",
            "type": "text", "prompt": "Soup?", "points": 1000, "accepted_answers": ["Yes"],
            "marking": {"case": true, "accents": true, "punctuation": true, "articles": true, "spaces": true,
                "number_words": false},
            "time_limit_seconds": 30})
        );
    }

    #[test]
    fn a_multiple_choice_question_is_shown_as_published() {
        let choices = json!([{"text": "Yes", "correct": true}, {"text": "No", "correct": false}]);
        let shown = view(draft(json!({"type": "multiple_choice", "prompt": "Soup?", "points": 5, "notes": "Hot",
            "choices": choices})));
        assert_eq!(
            (&shown["type"], &shown["choices"], &shown["notes"]),
            (&json!("multiple_choice"), &choices, &json!("Hot"))
        );
        assert_eq!((shown.get("marking"), shown.get("accepted_answers")), (None, None));
    }

    #[test]
    fn an_answer_is_tried_out() {
        let body = |answer: &str| TryBody {
            accepted_answers: vec!["Paris".to_owned()],
            marking: Marking::default(),
            answer: answer.to_owned(),
        };
        let accepted = tried(&body("PARIS")).unwrap();
        assert_eq!((accepted.verdict, accepted.matched.as_deref()), (VerdictView::Accepted, Some("Paris")));
        let near = tried(&body("Pariss")).unwrap();
        assert_eq!((near.verdict, near.matched.as_deref()), (VerdictView::Suggested, Some("Paris")));
        let far = tried(&body("London")).unwrap();
        assert_eq!((far.verdict, far.matched), (VerdictView::NotAccepted, None));
        assert!(!far.compared.is_empty() && !far.why.is_empty());
        let mut strict = body("PARIS");
        strict.marking.case = false;
        assert_ne!(tried(&strict).unwrap().verdict, VerdictView::Accepted);
    }

    #[test]
    fn the_nearest_number_is_tried_out() {
        let body = |accepted: &[&str], answer: &str| TryBody {
            accepted_answers: accepted.iter().map(|text| (*text).to_owned()).collect(),
            marking: Marking { nearest: true, ..Marking::default() },
            answer: answer.to_owned(),
        };
        let near = tried(&body(&["1889"], "nineteen hundred")).unwrap();
        assert_eq!(near.verdict, VerdictView::Depends);
        assert_eq!(near.why, "It is 11 away from 1889. It is right if nobody is nearer.");
        assert_eq!(tried(&body(&["1889"], "1,889")).unwrap().verdict, VerdictView::Accepted);
        assert_eq!(tried(&body(&["1889"], "long ago")).unwrap().verdict, VerdictView::NotAccepted);
        assert!(tried(&body(&["1889", "1890"], "1")).is_err());
        assert!(tried(&body(&["Eiffel"], "1")).is_err());
    }

    /// What the quiz room takes for a number, the rules can read.
    #[test]
    fn every_number_that_an_author_may_write_is_one_for_the_rules() {
        for number in ["1889", "1,889", "-3.5", "−40", "+7", "0.000000001", "999,999,999,999,999", "0"] {
            let question = json!({"type": "text", "prompt": "How many?", "accepted_answers": [number],
                "marking": {"nearest": true}});
            draft(question);
            assert!(Number::read(number).is_some(), "{number}");
        }
    }

    #[test]
    fn what_is_tried_out_has_limits() {
        let tries = |count: usize, chars: usize, answer: usize| {
            let accepted_answers = vec!["x".repeat(chars); count];
            tried(&TryBody { accepted_answers, marking: Marking::default(), answer: "x".repeat(answer) }).is_ok()
        };
        assert!(tries(ACCEPTED_ANSWERS_MAX, ACCEPTED_ANSWER_CHARS_MAX, ANSWER_CHARS_MAX));
        assert!(!tries(ACCEPTED_ANSWERS_MAX + 1, 1, 1));
        assert!(!tries(0, 1, 1));
        assert!(!tries(1, ACCEPTED_ANSWER_CHARS_MAX + 1, 1));
        assert!(!tries(1, 1, ANSWER_CHARS_MAX + 1));
    }

    #[test]
    fn an_empty_bank_in_a_search_is_none() {
        let read = |query: &str| axum::extract::Query::<Search>::try_from_uri(&format!("/?{query}").parse().unwrap());
        assert_eq!(read("q=a%20b&bank_id=").unwrap().0.bank_id, None);
        assert_eq!(read("").unwrap().0.q, "");
        assert_eq!(read(&format!("bankId={}", Uuid::max())).unwrap().0.bank_id, Some(Uuid::max()));
        assert!(read("bank_id=x").is_err());
    }
}
