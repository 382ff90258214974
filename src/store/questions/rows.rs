//! Rows of questions: what the columns hold.

use super::super::tags::tag_key;
use super::super::versions::keep_version;
use super::super::{StoreError, count, from_json, id, optional_id, to_json};
use super::{NewQuestion, StoredQuestion};
use crate::quiz::question::{Answer, Choice, Draft, Kind, Marking, folded_prompt};
use crate::quiz::similar::Asked;
use crate::quiz::text::searchable;
use crate::store::tx::Tx;
use serde::{Deserialize, Serialize};
use sqlx::Row;
use sqlx::any::AnyRow;
use uuid::Uuid;

/// Stores one question; the caller has seen to the limit of the bank and to a position that is free.
pub(in crate::store) async fn insert_row(
    tx: &mut Tx,
    bank: Uuid,
    position: i64,
    new: &NewQuestion<'_>,
    import: Option<Uuid>,
    at: i64,
) -> Result<(), StoreError> {
    let draft = new.draft;
    sqlx::query(
        "INSERT INTO questions (id, bank_id, position, kind, prompt, prompt_key, search_key, points, notes,
           time_limit_seconds, answer, version, import_id, created_at, updated_at, tags, tag_key)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 1, $12, $13, $13, $14, $15)",
    )
    .bind(new.id.to_string())
    .bind(bank.to_string())
    .bind(position)
    .bind(draft.kind().as_str())
    .bind(&draft.prompt)
    .bind(folded_prompt(&draft.prompt))
    .bind(search_key(draft))
    .bind(i64::from(draft.points))
    .bind(draft.notes.as_deref())
    .bind(draft.time_limit_seconds.map(i64::from))
    .bind(answer_column(&draft.answer)?)
    .bind(import.map(|id| id.to_string()))
    .bind(at)
    .bind(to_json(&draft.tags)?)
    .bind(tag_key(&draft.tags))
    .execute(&mut *tx)
    .await?;
    Ok(())
}

/// Replaces what a question says, and keeps what it said before.
pub(in crate::store) async fn rewrite(
    tx: &mut Tx,
    before: &StoredQuestion,
    draft: &Draft,
    at: i64,
) -> Result<(), StoreError> {
    keep_version(tx, before, at).await?;
    sqlx::query(
        "UPDATE questions SET prompt = $2, prompt_key = $3, search_key = $4, points = $5, notes = $6,
           time_limit_seconds = $7, answer = $8, version = version + 1, updated_at = $9, tags = $10, tag_key = $11
         WHERE id = $1",
    )
    .bind(before.id.to_string())
    .bind(&draft.prompt)
    .bind(folded_prompt(&draft.prompt))
    .bind(search_key(draft))
    .bind(i64::from(draft.points))
    .bind(draft.notes.as_deref())
    .bind(draft.time_limit_seconds.map(i64::from))
    .bind(answer_column(&draft.answer)?)
    .bind(at)
    .bind(to_json(&draft.tags)?)
    .bind(tag_key(&draft.tags))
    .execute(&mut *tx)
    .await?;
    Ok(())
}

/// What a row of questions asks.
pub(super) fn asked(row: &AnyRow) -> Result<(Uuid, Asked), StoreError> {
    let question = stored(row, 0)?;
    Ok((question.id, Asked::new(&question.draft)))
}

/// What [`stored`] reads of question `q`.
macro_rules! question_columns {
    () => {
        "q.*, (SELECT max(u.at) FROM question_uses u WHERE u.question_id = q.id) AS last_used_at"
    };
}
pub(in crate::store) use question_columns;

/// Questions `q` with what [`stored`] reads.
macro_rules! questions_where {
    ($rest:literal) => {
        concat!("SELECT ", $crate::store::questions::question_columns!(), " FROM questions q ", $rest)
    };
}
pub(in crate::store) use questions_where;

/// A row with its place.
pub(super) fn placed(row: &AnyRow) -> Result<StoredQuestion, StoreError> {
    stored(row, count(row, "place")?)
}

/// A row of questions, which stands in `place`.
pub(in crate::store) fn stored(row: &AnyRow, place: usize) -> Result<StoredQuestion, StoreError> {
    let number = |column: &str, value: i64| {
        u32::try_from(value).map_err(|_| StoreError::Unreadable(format!("{column} is {value}")))
    };
    let kind: &str = row.try_get("kind")?;
    let answer: &str = row.try_get("answer")?;
    let answer = if kind == Kind::Text.as_str() {
        let TextColumn { accepted, marking } = from_json(answer)?;
        Answer::Text { accepted, marking }
    } else if kind == Kind::MultipleChoice.as_str() {
        let ChoicesColumn { choices } = from_json(answer)?;
        let choice = |choice: ChoiceColumn| Choice { text: choice.text, correct: choice.correct };
        Answer::MultipleChoice { choices: choices.into_iter().map(choice).collect() }
    } else {
        return Err(StoreError::Unreadable(format!("a question of kind {kind:?}")));
    };
    let time_limit: Option<i64> = row.try_get("time_limit_seconds")?;
    Ok(StoredQuestion {
        id: id(row, "id")?,
        bank: id(row, "bank_id")?,
        position: place,
        version: count(row, "version")?,
        import: optional_id(row, "import_id")?,
        created_at: row.try_get("created_at")?,
        updated_at: row.try_get("updated_at")?,
        last_used_at: row.try_get("last_used_at")?,
        draft: Draft {
            prompt: row.try_get("prompt")?,
            points: number("points", row.try_get("points")?)?,
            notes: row.try_get("notes")?,
            time_limit_seconds: time_limit.map(|limit| number("time_limit_seconds", limit)).transpose()?,
            tags: from_json(row.try_get("tags")?)?,
            answer,
        },
    })
}

/// What the column `answer` holds for a text question.
#[derive(Serialize, Deserialize)]
struct TextColumn {
    accepted: Vec<String>,
    #[serde(default)]
    marking: Marking,
}

/// What the column `answer` holds for a multiple-choice question.
#[derive(Serialize, Deserialize)]
struct ChoicesColumn {
    choices: Vec<ChoiceColumn>,
}

#[derive(Serialize, Deserialize)]
struct ChoiceColumn {
    text: String,
    correct: bool,
}

fn answer_column(answer: &Answer) -> Result<String, StoreError> {
    match answer {
        Answer::Text { accepted, marking } => to_json(&TextColumn { accepted: accepted.clone(), marking: *marking }),
        Answer::MultipleChoice { choices } => {
            let choice = |choice: &Choice| ChoiceColumn { text: choice.text.clone(), correct: choice.correct };
            to_json(&ChoicesColumn { choices: choices.iter().map(choice).collect() })
        }
    }
}

fn search_key(draft: &Draft) -> String {
    let answers: Vec<&str> = match &draft.answer {
        Answer::Text { accepted, .. } => accepted.iter().map(String::as_str).collect(),
        Answer::MultipleChoice { choices } => choices.iter().map(|choice| choice.text.as_str()).collect(),
    };
    searchable(&format!("{} {} {}", draft.prompt, answers.join(" "), draft.tags.join(" ")))
}
