//! Questions of banks.
//!
//! A question has a stored position that is its own within its bank for ever, deleted or not; what callers see is its
//! *place*: how many questions that are not deleted stand before it.

mod rows;

use crate::store::tx::Tx;
pub(super) use rows::{insert_row, rewrite, stored};

use super::banks::touch_bank;
use super::bin::keep_latest;
use super::tags::tag_pattern;
use super::{Store, StoreError, count, int, parse_id, search};
use crate::limits::{BIN_QUESTIONS_PER_BANK_MAX, QUESTIONS_PER_BANK_MAX};
use crate::quiz::question::{Draft, QuestionInput, folded_prompt};
use crate::quiz::similar::Asked;
use crate::quiz::text::tidy;
use futures_util::TryStreamExt;
use rows::{asked, placed};
pub(super) use rows::{question_columns, questions_where};
use sqlx::Row;
use sqlx::any::AnyRow;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use uuid::Uuid;

/// A question as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredQuestion {
    pub id: Uuid,
    pub bank: Uuid,
    /// Its place, counted from 0: in its bank, or in the round that it was read for.
    pub position: usize,
    /// Counts its changes from 1.
    pub version: usize,
    /// The import that brought it.
    pub import: Option<Uuid>,
    pub created_at: i64,
    pub updated_at: i64,
    /// When a game last released it.
    pub last_used_at: Option<i64>,
    pub draft: Draft,
}

/// A question to be stored.
#[derive(Clone, Copy, Debug)]
pub struct NewQuestion<'a> {
    pub id: Uuid,
    pub draft: &'a Draft,
}

/// What became of something that was to be put into a bank or a quiz.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Placed<T> {
    Done(T),
    /// It holds as many as it may.
    Full,
    /// The account has no such thing.
    NotFound,
}

/// What became of a change to a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Saved {
    /// Somebody else changed it first: what is stored.
    Conflict(StoredQuestion),
    Done(StoredQuestion),
    /// A question stays of the kind it was made as.
    KindIsFixed,
    /// The account has no such question.
    NotFound,
}

/// What became of a new order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reordered {
    Done,
    /// The account has no such bank or quiz.
    NotFound,
    /// This one is named twice.
    Twice(Uuid),
    /// This one is not there.
    Unknown(Uuid),
}

/// A question that a search found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundQuestion {
    pub question: StoredQuestion,
    pub bank_name: String,
}

/// What is searched for.
#[derive(Clone, Copy, Debug, Default)]
pub struct QuestionSearch<'a> {
    /// Words that the prompt or the answers hold, in any case and with or without accents.
    pub query: &'a str,
    /// Only those with this tag, in any case and with or without accents. Empty: all.
    pub tag: &'a str,
    /// Only in this bank.
    pub bank: Option<Uuid>,
    /// Only what comes after this question.
    pub after: Option<Uuid>,
    pub limit: u32,
}

/// The place of question `q` in its bank.
macro_rules! with_place {
    ($columns:literal, $rest:literal) => {
        concat!(
            "SELECT ",
            $columns,
            question_columns!(),
            ", (SELECT count(*) FROM questions p WHERE p.bank_id = q.bank_id AND p.position < q.position
                AND p.deleted_at IS NULL) AS place FROM questions q ",
            $rest
        )
    };
}

impl Store {
    /// Stores a question at the end of a bank.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn insert_question(
        &self,
        owner: Uuid,
        bank: Uuid,
        new: &NewQuestion<'_>,
        now_ms: i64,
    ) -> Result<Placed<StoredQuestion>, StoreError> {
        let mut tx = self.begin().await?;
        if !touch_bank(&mut tx, owner, bank, now_ms).await? {
            return Ok(Placed::NotFound);
        }
        let place = live_count(&mut tx, bank).await?;
        if place >= QUESTIONS_PER_BANK_MAX {
            return Ok(Placed::Full);
        }
        let position = next_position(&mut tx, bank).await?;
        insert_row(&mut tx, bank, position, new, None, now_ms).await?;
        tx.commit().await?;
        Ok(Placed::Done(StoredQuestion {
            id: new.id,
            bank,
            position: place,
            version: 1,
            import: None,
            created_at: now_ms,
            updated_at: now_ms,
            last_used_at: None,
            draft: new.draft.clone(),
        }))
    }

    /// The questions of a bank in order, those after `after` if given. None when the account has no such bank.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn questions(
        &self,
        owner: Uuid,
        bank: Uuid,
        after: Option<Uuid>,
        limit: u32,
    ) -> Result<Option<Vec<StoredQuestion>>, StoreError> {
        let mut tx = self.read().await?;
        let known = sqlx::query("SELECT 1 FROM banks WHERE id = $1 AND owner_id = $2 AND deleted_at IS NULL")
            .bind(bank.to_string())
            .bind(owner.to_string())
            .fetch_optional(&mut tx)
            .await?;
        if known.is_none() {
            return Ok(None);
        }
        let after = match after {
            Some(after) => position(&mut tx, bank, after).await?.unwrap_or(i64::MAX),
            None => -1,
        };
        let row = sqlx::query(
            "SELECT count(*) AS n FROM questions WHERE bank_id = $1 AND position <= $2 AND deleted_at IS NULL",
        )
        .bind(bank.to_string())
        .bind(after)
        .fetch_one(&mut tx)
        .await?;
        let first = count(&row, "n")?;
        let rows = sqlx::query(questions_where!(
            "WHERE q.bank_id = $1 AND q.position > $2 AND q.deleted_at IS NULL ORDER BY q.position LIMIT $3"
        ))
        .bind(bank.to_string())
        .bind(after)
        .bind(i64::from(limit))
        .fetch_all(&mut tx)
        .await?;
        rows.iter().zip(first..).map(|(row, place)| stored(row, place)).collect::<Result<_, _>>().map(Some)
    }

    /// Every question of a bank in order. None of them when the account has no such bank.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn all_questions(&self, owner: Uuid, bank: Uuid) -> Result<Vec<StoredQuestion>, StoreError> {
        Ok(self.questions(owner, bank, None, u32::MAX).await?.unwrap_or_default())
    }

    /// A question of a bank. None when the account has no such question.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn question(
        &self,
        owner: Uuid,
        bank: Uuid,
        question: Uuid,
    ) -> Result<Option<StoredQuestion>, StoreError> {
        let row = sqlx::query(with_place!(
            "",
            "JOIN banks b ON b.id = q.bank_id
             WHERE b.owner_id = $1 AND q.bank_id = $2 AND q.id = $3 AND q.deleted_at IS NULL AND b.deleted_at IS NULL"
        ))
        .bind(owner.to_string())
        .bind(bank.to_string())
        .bind(question.to_string());
        row.fetch_optional(&mut self.read().await?).await?.as_ref().map(placed).transpose()
    }

    /// Replaces what a question says; with `expected_version`, only if that is what is stored. Saving what is stored
    /// already changes nothing, its version included.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn update_question(
        &self,
        owner: Uuid,
        bank: Uuid,
        question: Uuid,
        draft: &Draft,
        expected_version: Option<usize>,
        now_ms: i64,
    ) -> Result<Saved, StoreError> {
        let mut tx = self.begin().await?;
        if !touch_bank(&mut tx, owner, bank, now_ms).await? {
            return Ok(Saved::NotFound);
        }
        let Some(mut current) = live_question(&mut tx, bank, question).await? else { return Ok(Saved::NotFound) };
        if expected_version.is_some_and(|expected| expected != current.version) {
            return Ok(Saved::Conflict(current));
        }
        if current.draft.kind() != draft.kind() {
            return Ok(Saved::KindIsFixed);
        }
        if current.draft == *draft {
            return Ok(Saved::Done(current));
        }
        rewrite(&mut tx, &current, draft, now_ms).await?;
        tx.commit().await?;
        current.version += 1;
        current.updated_at = now_ms;
        current.draft = draft.clone();
        Ok(Saved::Done(current))
    }

    /// Deletes a question; quizzes leave it out from then on. False when the account has no such question.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn delete_question(
        &self,
        owner: Uuid,
        bank: Uuid,
        question: Uuid,
        now_ms: i64,
    ) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        if !touch_bank(&mut tx, owner, bank, now_ms).await? {
            return Ok(false);
        }
        let deleted =
            sqlx::query("UPDATE questions SET deleted_at = $3 WHERE id = $1 AND bank_id = $2 AND deleted_at IS NULL")
                .bind(question.to_string())
                .bind(bank.to_string())
                .bind(now_ms)
                .execute(&mut tx)
                .await?;
        if deleted.rows_affected() == 0 {
            return Ok(false);
        }
        bound_bin(&mut tx, bank).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Brings a deleted question back to its place, and to the rounds that it stood in. One that is not deleted stays
    /// as it is.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn restore_question(
        &self,
        owner: Uuid,
        bank: Uuid,
        question: Uuid,
        now_ms: i64,
    ) -> Result<Placed<StoredQuestion>, StoreError> {
        let mut tx = self.begin().await?;
        if !touch_bank(&mut tx, owner, bank, now_ms).await? {
            return Ok(Placed::NotFound);
        }
        if let Some(question) = live_question(&mut tx, bank, question).await? {
            return Ok(Placed::Done(question));
        }
        if live_count(&mut tx, bank).await? >= QUESTIONS_PER_BANK_MAX {
            return Ok(Placed::Full);
        }
        sqlx::query("UPDATE questions SET deleted_at = NULL WHERE id = $1 AND bank_id = $2")
            .bind(question.to_string())
            .bind(bank.to_string())
            .execute(&mut tx)
            .await?;
        let restored = live_question(&mut tx, bank, question).await?;
        tx.commit().await?;
        Ok(restored.map_or(Placed::NotFound, Placed::Done))
    }

    /// Orders the questions of a bank: those that are named take, in the order given, the places that they hold among
    /// them. Naming all orders the whole bank; the others stay where they are.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn reorder_questions(
        &self,
        owner: Uuid,
        bank: Uuid,
        order: &[Uuid],
        now_ms: i64,
    ) -> Result<Reordered, StoreError> {
        let mut tx = self.begin().await?;
        if !touch_bank(&mut tx, owner, bank, now_ms).await? {
            return Ok(Reordered::NotFound);
        }
        let rows = sqlx::query("SELECT id, position FROM questions WHERE bank_id = $1 AND deleted_at IS NULL")
            .bind(bank.to_string())
            .fetch_all(&mut tx)
            .await?;
        let moves = match moves(&positions(&rows)?, order) {
            Ok(moves) => moves,
            Err(refused) => return Ok(refused),
        };
        for (question, position) in moves {
            sqlx::query("UPDATE questions SET position = $2 WHERE id = $1")
                .bind(question.to_string())
                .bind(position)
                .execute(&mut tx)
                .await?;
        }
        tx.commit().await?;
        Ok(Reordered::Done)
    }

    /// Searches all banks of an account. Banks come oldest first, their questions in order.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn search_questions(
        &self,
        owner: Uuid,
        search: &QuestionSearch<'_>,
    ) -> Result<Vec<FoundQuestion>, StoreError> {
        let sql = with_place!(
            "b.name AS bank_name,",
            "JOIN banks b ON b.id = q.bank_id
             WHERE b.owner_id = $1 AND b.deleted_at IS NULL AND q.deleted_at IS NULL
               AND ($2 = '' OR q.bank_id = $2)
               AND ($3 = '' OR (q.bank_id, q.position) > (SELECT c.bank_id, c.position FROM questions c WHERE c.id = $3))
               AND q.search_key LIKE $5 ESCAPE '!' AND q.search_key LIKE $6 ESCAPE '!'
               AND q.search_key LIKE $7 ESCAPE '!' AND q.search_key LIKE $8 ESCAPE '!'
               AND q.search_key LIKE $9 ESCAPE '!' AND q.search_key LIKE $10 ESCAPE '!'
               AND q.tag_key LIKE $11 ESCAPE '!'
             ORDER BY q.bank_id, q.position LIMIT $4"
        );
        let text = |id: Option<Uuid>| id.map(|id| id.to_string()).unwrap_or_default();
        let mut rows = sqlx::query(sql)
            .bind(owner.to_string())
            .bind(text(search.bank))
            .bind(text(search.after))
            .bind(i64::from(search.limit));
        for pattern in search::patterns(search.query) {
            rows = rows.bind(pattern);
        }
        rows.bind(tag_pattern(search.tag)).fetch_all(&mut self.read().await?).await?.iter().map(found).collect()
    }

    /// Those of these questions that the account has, with their banks.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn found_questions(&self, owner: Uuid, questions: &[Uuid]) -> Result<Vec<FoundQuestion>, StoreError> {
        let mut tx = self.read().await?;
        let mut all = Vec::with_capacity(questions.len());
        for question in questions {
            let row = sqlx::query(with_place!(
                "b.name AS bank_name,",
                "JOIN banks b ON b.id = q.bank_id
                 WHERE b.owner_id = $1 AND q.id = $2 AND b.deleted_at IS NULL AND q.deleted_at IS NULL"
            ))
            .bind(owner.to_string())
            .bind(question.to_string())
            .fetch_optional(&mut tx)
            .await?;
            if let Some(row) = &row {
                all.push(found(row)?);
            }
        }
        Ok(all)
    }

    /// What the questions of an account ask, for finding repeats: at most `most`, banks oldest first, questions in
    /// order.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn asked(&self, owner: Uuid, most: usize) -> Result<Vec<(Uuid, Asked)>, StoreError> {
        let rows = sqlx::query(questions_where!(
            "JOIN banks b ON b.id = q.bank_id
                 WHERE b.owner_id = $1 AND b.deleted_at IS NULL AND q.deleted_at IS NULL
                 ORDER BY q.bank_id, q.position LIMIT $2"
        ))
        .bind(owner.to_string())
        .bind(int(most));
        let mut tx = self.read().await?;
        let mut rows = rows.fetch(&mut tx);
        let mut all = Vec::new();
        while let Some(row) = rows.try_next().await? {
            all.push(asked(&row)?);
        }
        Ok(all)
    }

    /// What the prompts of a bank are compared by, to find repeats. None when the account has no such bank.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn prompt_keys(&self, owner: Uuid, bank: Uuid) -> Result<Option<HashSet<String>>, StoreError> {
        let mut tx = self.read().await?;
        let known = sqlx::query("SELECT 1 FROM banks WHERE id = $1 AND owner_id = $2 AND deleted_at IS NULL")
            .bind(bank.to_string())
            .bind(owner.to_string())
            .fetch_optional(&mut tx)
            .await?;
        if known.is_none() {
            return Ok(None);
        }
        let rows = sqlx::query("SELECT prompt_key FROM questions WHERE bank_id = $1 AND deleted_at IS NULL")
            .bind(bank.to_string())
            .fetch_all(&mut tx)
            .await?;
        rows.iter().map(|row| Ok(row.try_get("prompt_key")?)).collect::<Result<_, StoreError>>().map(Some)
    }
}

fn found(row: &AnyRow) -> Result<FoundQuestion, StoreError> {
    Ok(FoundQuestion { question: placed(row)?, bank_name: row.try_get("bank_name")? })
}

/// Lets a question of a bank accept one more spelling, when it is still there, is answered with text, and has neither
/// that spelling nor as many as it may. Says whether it did.
pub(super) async fn accept_spelling(tx: &mut Tx, question: Uuid, spelling: &str, at: i64) -> Result<bool, StoreError> {
    // The check refuses one too many, one that is there already, and one that no question may have.
    change_spellings(tx, question, at, |accepted| accepted.push(spelling.to_owned())).await
}

/// Takes a spelling away from a question of a bank, unless it is the last. Says whether it did.
pub(super) async fn refuse_spelling(tx: &mut Tx, question: Uuid, spelling: &str, at: i64) -> Result<bool, StoreError> {
    let spelling = tidy(spelling);
    change_spellings(tx, question, at, |accepted| accepted.retain(|known| *known != spelling)).await
}

async fn change_spellings(
    tx: &mut Tx,
    question: Uuid,
    at: i64,
    change: impl FnOnce(&mut Vec<String>),
) -> Result<bool, StoreError> {
    let row = sqlx::query(questions_where!("WHERE q.id = $1 AND q.deleted_at IS NULL"))
        .bind(question.to_string())
        .fetch_optional(&mut *tx)
        .await?;
    let Some(row) = row else { return Ok(false) };
    let before = stored(&row, 0)?;
    let mut input = QuestionInput::from(before.draft.clone());
    let Some(accepted) = &mut input.accepted_answers else { return Ok(false) };
    change(accepted);
    match input.check() {
        Ok(draft) if draft != before.draft => {
            rewrite(tx, &before, &draft, at).await?;
            Ok(true)
        }
        Ok(_) | Err(_) => Ok(false),
    }
}

/// Lets no more deleted questions of a bank be kept than may be.
pub(super) async fn bound_bin(tx: &mut Tx, bank: Uuid) -> Result<(), StoreError> {
    keep_latest(
        tx,
        "DELETE FROM questions WHERE id IN (SELECT id FROM questions WHERE bank_id = $1 AND deleted_at IS NOT NULL
           ORDER BY deleted_at DESC, id DESC LIMIT $3 OFFSET $2)",
        bank,
        BIN_QUESTIONS_PER_BANK_MAX,
    )
    .await
}

/// How many questions of a bank are not deleted.
pub(super) async fn live_count(tx: &mut Tx, bank: Uuid) -> Result<usize, StoreError> {
    let row = sqlx::query("SELECT count(*) AS n FROM questions WHERE bank_id = $1 AND deleted_at IS NULL")
        .bind(bank.to_string())
        .fetch_one(&mut *tx)
        .await?;
    count(&row, "n")
}

/// The first position behind all questions of a bank, deleted ones included.
pub(super) async fn next_position(tx: &mut Tx, bank: Uuid) -> Result<i64, StoreError> {
    let row = sqlx::query("SELECT coalesce(max(position), -1) + 1 AS next FROM questions WHERE bank_id = $1")
        .bind(bank.to_string())
        .fetch_one(&mut *tx)
        .await?;
    Ok(row.try_get("next")?)
}

/// Whether a bank has a question with this prompt.
pub(super) async fn has_prompt(tx: &mut Tx, bank: Uuid, prompt: &str) -> Result<bool, StoreError> {
    let row =
        sqlx::query("SELECT 1 FROM questions WHERE bank_id = $1 AND prompt_key = $2 AND deleted_at IS NULL LIMIT 1")
            .bind(bank.to_string())
            .bind(folded_prompt(prompt))
            .fetch_optional(&mut *tx)
            .await?;
    Ok(row.is_some())
}

async fn live_question(tx: &mut Tx, bank: Uuid, question: Uuid) -> Result<Option<StoredQuestion>, StoreError> {
    let row = sqlx::query(with_place!("", "WHERE q.id = $1 AND q.bank_id = $2 AND q.deleted_at IS NULL"))
        .bind(question.to_string())
        .bind(bank.to_string())
        .fetch_optional(&mut *tx)
        .await?;
    row.as_ref().map(placed).transpose()
}

/// Where a question stands in its bank, deleted or not.
async fn position(tx: &mut Tx, bank: Uuid, question: Uuid) -> Result<Option<i64>, StoreError> {
    let row = sqlx::query("SELECT position FROM questions WHERE id = $1 AND bank_id = $2")
        .bind(question.to_string())
        .bind(bank.to_string())
        .fetch_optional(&mut *tx)
        .await?;
    row.map(|row| Ok(row.try_get("position")?)).transpose()
}

/// The columns `id` and `position`.
pub(super) fn positions(rows: &[AnyRow]) -> Result<BTreeMap<Uuid, i64>, StoreError> {
    rows.iter().map(|row| Ok((parse_id(row.try_get("id")?)?, row.try_get("position")?))).collect()
}

/// What must move so that those in `order` stand in that order on the positions that they hold among them.
pub(super) fn moves(positions: &BTreeMap<Uuid, i64>, order: &[Uuid]) -> Result<Vec<(Uuid, i64)>, Reordered> {
    let mut seen = BTreeSet::new();
    let mut held = Vec::with_capacity(order.len());
    for &id in order {
        let position = *positions.get(&id).ok_or(Reordered::Unknown(id))?;
        if !seen.insert(id) {
            return Err(Reordered::Twice(id));
        }
        held.push(position);
    }
    let mut free = held.clone();
    free.sort_unstable();
    let moves = order.iter().zip(held).zip(free).filter(|((_, from), to)| from != to);
    Ok(moves.map(|((&id, _), to)| (id, to)).collect())
}

#[cfg(test)]
mod tests;
