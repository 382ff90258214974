//! Keeping many questions in order: acts on several at once, tags, and questions that are there twice.

use super::questions::{FoundView, QuestionView, bank_is_full};
use crate::http::App;
use crate::http::error::{ApiError, Problem};
use crate::http::extract::{Host, Ids, Json};
use crate::limits::{BATCH_QUESTIONS_MAX, SIMILAR_QUESTIONS_MAX, SIMILAR_SHOWN_MAX, TAGS_PER_QUESTION_MAX};
use crate::quiz::question::checked_tags;
use crate::quiz::similar::alike;
use crate::store::{BatchAct, Batched, FoundQuestion};
use axum::extract::State;
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(batch)).routes(routes!(list_tags)).routes(routes!(list_repeats))
}

/// What to do with several questions of a bank.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct BatchBody {
    act: ActName,
    /// At most 1,000.
    ids: Vec<Uuid>,
    /// For `move`: the bank that they go to.
    #[serde(default)]
    to: Option<Uuid>,
    /// For `tag`: tags to put on and to take off.
    #[serde(default)]
    add: Vec<String>,
    #[serde(default)]
    remove: Vec<String>,
}

#[derive(Clone, Copy, Debug, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum ActName {
    Delete,
    Move,
    Restore,
    Tag,
}

/// A tag, and how many questions have it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct TagView {
    tag: String,
    count: usize,
}

/// Questions that seem to be there twice.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct RepeatsView {
    groups: Vec<RepeatView>,
    /// False when there are more questions, or more repeats among them, than are looked at in one go.
    complete: bool,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct RepeatView {
    /// Whether all ask in the same words. Otherwise four of five words are the same, and a right answer is.
    same: bool,
    /// At least two.
    questions: Vec<FoundView>,
}

/// Do the same with several questions of a bank, all or none
///
/// `delete`, `restore` what was deleted, `move` to the end of another bank, `tag`. Answers those that are there then, in
/// the order of the bank where they are.
#[utoipa::path(post, path = "/banks/{id}/questions/batch", tag = "questions", params(("id" = Uuid, Path)),
    request_body = BatchBody,
    responses((status = 200, body = Vec<QuestionView>), (status = 401, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn batch(
    State(app): State<App>,
    host: Host,
    Ids(bank): Ids<Uuid>,
    Json(body): Json<BatchBody>,
) -> Result<Json<Vec<QuestionView>>, ApiError> {
    if body.ids.len() > BATCH_QUESTIONS_MAX {
        let message = format!("At most {BATCH_QUESTIONS_MAX} questions at once.");
        return Err(ApiError::invalid_field("ids", message));
    }
    let add = checked_tags("add", &body.add).map_err(super::banks::invalid)?;
    let remove = checked_tags("remove", &body.remove).map_err(super::banks::invalid)?;
    let act = match body.act {
        ActName::Delete => BatchAct::Delete,
        ActName::Move => {
            let missing = || ApiError::invalid_field("to", "Say which bank they go to.");
            BatchAct::Move(body.to.ok_or_else(missing)?)
        }
        ActName::Restore => BatchAct::Restore,
        ActName::Tag => BatchAct::Tag { add: &add, remove: &remove },
    };
    let owner = host.account_id();
    match app.store.batch_questions(owner, bank, &body.ids, act, app.clock.now_ms()).await? {
        Batched::Done => {}
        Batched::Full => return Err(bank_is_full()),
        Batched::NotFound => return Err(ApiError::not_found()),
        Batched::TooManyTags(id) => {
            let message = format!("A question has at most {TAGS_PER_QUESTION_MAX} tags.");
            return Err(ApiError::invalid_field("add", message).with("question_id", id));
        }
        Batched::Unknown(id) => {
            let message = "One of these questions is not there any more. Load the bank again.";
            return Err(ApiError::invalid_field("ids", message).with("question_id", id));
        }
    }
    let here = match act {
        BatchAct::Move(to) => to,
        BatchAct::Delete | BatchAct::Restore | BatchAct::Tag { .. } => bank,
    };
    let named: HashSet<_> = body.ids.into_iter().collect();
    let questions = app.store.all_questions(owner, here).await?;
    let questions = questions.into_iter().filter(|question| named.contains(&question.id));
    Ok(Json(questions.map(QuestionView::from).collect()))
}

/// The tags of my questions
#[utoipa::path(get, path = "/tags", tag = "questions",
    responses((status = 200, body = Vec<TagView>), (status = 401, body = Problem)))]
async fn list_tags(State(app): State<App>, host: Host) -> Result<Json<Vec<TagView>>, ApiError> {
    let tags = app.store.tags(host.account_id()).await?;
    Ok(Json(tags.into_iter().map(|(tag, count)| TagView { tag, count }).collect()))
}

/// Questions of my banks that seem to be there twice
#[utoipa::path(get, path = "/questions/repeats", tag = "questions",
    responses((status = 200, body = RepeatsView), (status = 401, body = Problem)))]
async fn list_repeats(State(app): State<App>, host: Host) -> Result<Json<RepeatsView>, ApiError> {
    let owner = host.account_id();
    // Before anything is read: there is memory for as many banks as there are turns.
    let turn = app.imports.turn().await?;
    let mut asked = app.store.asked(owner, SIMILAR_QUESTIONS_MAX + 1).await?;
    let all_read = asked.len() <= SIMILAR_QUESTIONS_MAX;
    asked.truncate(SIMILAR_QUESTIONS_MAX);
    let (ids, asked): (Vec<Uuid>, Vec<_>) = asked.into_iter().unzip();
    let (mut groups, all_compared) = app.imports.read_in(turn, &app.live, move || alike(&asked)).await?;
    let mut room = SIMILAR_SHOWN_MAX;
    let found_groups = groups.len();
    groups.retain(|group| {
        let fits = group.places.len() <= room;
        room -= if fits { group.places.len() } else { 0 };
        fits
    });
    let complete = all_read && all_compared && groups.len() == found_groups;
    let shown: Vec<_> = groups.iter().flat_map(|group| group.places.iter().map(|&place| ids[place])).collect();
    let found = app.store.found_questions(owner, &shown).await?;
    let mut found: HashMap<Uuid, FoundQuestion> = found.into_iter().map(|found| (found.question.id, found)).collect();
    let view = |group: crate::quiz::similar::Alike| {
        let questions: Vec<_> =
            group.places.iter().filter_map(|&place| found.remove(&ids[place])).map(FoundView::from).collect();
        // One that was deleted while we looked leaves no repeat.
        (questions.len() > 1).then_some(RepeatView { same: group.same, questions })
    };
    Ok(Json(RepeatsView { groups: groups.into_iter().filter_map(view).collect(), complete }))
}
