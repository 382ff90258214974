//! Rounds of quizzes, and their slots: which questions stand in them, in which order.
//!
//! A deleted question keeps its slot, so that it comes back to its round when it is restored.

use super::bin::keep_latest;
use super::questions::{Placed, Reordered, StoredQuestion, moves, positions, questions_where, stored};
use super::quizzes::touch_quiz;
use super::{Store, StoreError, count, id};
use crate::limits::{BIN_ROUNDS_PER_QUIZ_MAX, QUESTIONS_PER_ROUND_MAX, ROUNDS_PER_QUIZ_MAX};
use crate::quiz::quiz::RoundDraft;
use crate::quiz::text::Title;
use crate::store::tx::Tx;
use sqlx::Row;
use sqlx::any::AnyRow;
use std::collections::BTreeSet;
use uuid::Uuid;

/// A round as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuizRound {
    pub id: Uuid,
    pub quiz: Uuid,
    /// Which round of the quiz it is, counted from 1.
    pub number: usize,
    pub title: Option<String>,
    pub time_limit_seconds: Option<u32>,
    /// How many questions it is to have.
    pub planned_questions: Option<usize>,
    pub created_at: i64,
    pub updated_at: i64,
}

/// What became of putting questions into a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slotted {
    Done,
    /// The quiz has this question already, in the round of this number.
    Elsewhere {
        question: Uuid,
        round: usize,
    },
    /// A round holds as many questions as it may.
    Full,
    /// The account has no such quiz, or the quiz no such round.
    NotFound,
    /// This question is named twice, or is in the round already.
    Twice(Uuid),
    /// The account has no such question.
    UnknownQuestion(Uuid),
}

/// The rounds of quiz `$1` of account `$2` with their numbers.
macro_rules! select_rounds {
    ($and:literal) => {
        concat!(
            "SELECT r.*, (SELECT count(*) FROM rounds p WHERE p.quiz_id = r.quiz_id AND p.position <= r.position
               AND p.deleted_at IS NULL) AS number
             FROM rounds r JOIN quizzes z ON z.id = r.quiz_id
             WHERE r.quiz_id = $1 AND z.owner_id = $2 AND r.deleted_at IS NULL AND z.deleted_at IS NULL ",
            $and
        )
    };
}

impl Store {
    /// Stores a round at the end of a quiz.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn create_round(
        &self,
        owner: Uuid,
        quiz: Uuid,
        new_id: Uuid,
        words: &RoundDraft,
        now_ms: i64,
    ) -> Result<Placed<QuizRound>, StoreError> {
        let mut tx = self.begin().await?;
        if !touch_quiz(&mut tx, owner, quiz, now_ms).await? {
            return Ok(Placed::NotFound);
        }
        if live_count(&mut tx, quiz).await? >= ROUNDS_PER_QUIZ_MAX {
            return Ok(Placed::Full);
        }
        insert_round(&mut tx, quiz, new_id, words, now_ms).await?;
        let made = live_round(&mut tx, owner, quiz, new_id).await?;
        tx.commit().await?;
        Ok(made.map_or(Placed::NotFound, Placed::Done))
    }

    /// Gives a round new words. False when the account has no such quiz, or the quiz no such round.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn update_round(
        &self,
        owner: Uuid,
        quiz: Uuid,
        round: Uuid,
        words: &RoundDraft,
        now_ms: i64,
    ) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        if !touch_quiz(&mut tx, owner, quiz, now_ms).await? {
            return Ok(false);
        }
        let updated = sqlx::query(
            "UPDATE rounds SET title = $3, time_limit_seconds = $4, updated_at = $5,
               planned_questions = nullif(coalesce($6, planned_questions), 0)
             WHERE id = $1 AND quiz_id = $2 AND deleted_at IS NULL",
        )
        .bind(round.to_string())
        .bind(quiz.to_string())
        .bind(words.title.as_ref().map(Title::as_str))
        .bind(words.time_limit_seconds.map(i64::from))
        .bind(now_ms)
        .bind(words.planned_questions.map(i64::from))
        .execute(&mut tx)
        .await?;
        if updated.rows_affected() == 0 {
            return Ok(false);
        }
        tx.commit().await?;
        Ok(true)
    }

    /// Deletes a round. False when the account has no such quiz, or the quiz no such round.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn delete_round(&self, owner: Uuid, quiz: Uuid, round: Uuid, now_ms: i64) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        if !touch_quiz(&mut tx, owner, quiz, now_ms).await? {
            return Ok(false);
        }
        let deleted =
            sqlx::query("UPDATE rounds SET deleted_at = $3 WHERE id = $1 AND quiz_id = $2 AND deleted_at IS NULL")
                .bind(round.to_string())
                .bind(quiz.to_string())
                .bind(now_ms)
                .execute(&mut tx)
                .await?;
        if deleted.rows_affected() == 0 {
            return Ok(false);
        }
        keep_latest(
            &mut tx,
            "DELETE FROM rounds WHERE id IN (SELECT id FROM rounds WHERE quiz_id = $1 AND deleted_at IS NOT NULL
               ORDER BY deleted_at DESC, id DESC LIMIT $3 OFFSET $2)",
            quiz,
            BIN_ROUNDS_PER_QUIZ_MAX,
        )
        .await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Brings a deleted round back to its place, with its questions except those that other rounds of the quiz have
    /// by now. One that is not deleted stays as it is.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn restore_round(
        &self,
        owner: Uuid,
        quiz: Uuid,
        round: Uuid,
        now_ms: i64,
    ) -> Result<Placed<()>, StoreError> {
        let mut tx = self.begin().await?;
        if !touch_quiz(&mut tx, owner, quiz, now_ms).await? {
            return Ok(Placed::NotFound);
        }
        if live_round(&mut tx, owner, quiz, round).await?.is_some() {
            return Ok(Placed::Done(()));
        }
        if live_count(&mut tx, quiz).await? >= ROUNDS_PER_QUIZ_MAX {
            return Ok(Placed::Full);
        }
        let restored = sqlx::query("UPDATE rounds SET deleted_at = NULL WHERE id = $1 AND quiz_id = $2")
            .bind(round.to_string())
            .bind(quiz.to_string())
            .execute(&mut tx)
            .await?;
        if restored.rows_affected() == 0 {
            return Ok(Placed::NotFound);
        }
        sqlx::query(
            "DELETE FROM slots WHERE round_id = $1 AND question_id IN (
               SELECT s.question_id FROM slots s JOIN rounds r ON r.id = s.round_id
               WHERE r.quiz_id = $2 AND r.id <> $1 AND r.deleted_at IS NULL)",
        )
        .bind(round.to_string())
        .bind(quiz.to_string())
        .execute(&mut tx)
        .await?;
        tx.commit().await?;
        Ok(Placed::Done(()))
    }

    /// Orders the rounds of a quiz: those that are named take, in the order given, the places that they hold among
    /// them. Naming all orders the whole quiz; the others stay where they are.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn reorder_rounds(
        &self,
        owner: Uuid,
        quiz: Uuid,
        order: &[Uuid],
        now_ms: i64,
    ) -> Result<Reordered, StoreError> {
        let mut tx = self.begin().await?;
        if !touch_quiz(&mut tx, owner, quiz, now_ms).await? {
            return Ok(Reordered::NotFound);
        }
        let rows = sqlx::query("SELECT id, position FROM rounds WHERE quiz_id = $1 AND deleted_at IS NULL")
            .bind(quiz.to_string())
            .fetch_all(&mut tx)
            .await?;
        let moves = match moves(&positions(&rows)?, order) {
            Ok(moves) => moves,
            Err(refused) => return Ok(refused),
        };
        for (round, position) in moves {
            sqlx::query("UPDATE rounds SET position = $2 WHERE id = $1")
                .bind(round.to_string())
                .bind(position)
                .execute(&mut tx)
                .await?;
        }
        tx.commit().await?;
        Ok(Reordered::Done)
    }

    /// A round with its questions in order; deleted questions are left out. None when the account has no such quiz,
    /// or the quiz no such round.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn round_content(
        &self,
        owner: Uuid,
        quiz: Uuid,
        round: Uuid,
    ) -> Result<Option<(QuizRound, Vec<StoredQuestion>)>, StoreError> {
        let mut tx = self.read().await?;
        let Some(round) = live_round(&mut tx, owner, quiz, round).await? else { return Ok(None) };
        let questions = round_questions(&mut tx, round.id).await?;
        Ok(Some((round, questions)))
    }

    /// Makes these questions the questions of a round, in this order. Whatever stood in it leaves it, slots of deleted
    /// questions included.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn set_round_questions(
        &self,
        owner: Uuid,
        quiz: Uuid,
        round: Uuid,
        questions: &[Uuid],
        now_ms: i64,
    ) -> Result<Slotted, StoreError> {
        let mut tx = self.begin().await?;
        if !touch_quiz(&mut tx, owner, quiz, now_ms).await? || live_round(&mut tx, owner, quiz, round).await?.is_none()
        {
            return Ok(Slotted::NotFound);
        }
        if questions.len() > QUESTIONS_PER_ROUND_MAX {
            return Ok(Slotted::Full);
        }
        let mut seen = BTreeSet::new();
        for &question in questions {
            if !seen.insert(question) {
                return Ok(Slotted::Twice(question));
            }
            if let Some(refused) = why_not(&mut tx, owner, quiz, round, question).await? {
                return Ok(refused);
            }
        }
        sqlx::query("DELETE FROM slots WHERE round_id = $1").bind(round.to_string()).execute(&mut tx).await?;
        for (position, &question) in (0..).zip(questions) {
            insert_slot(&mut tx, round, position, question).await?;
        }
        tx.commit().await?;
        Ok(Slotted::Done)
    }

    /// Puts one question at the end of a round.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn add_round_question(
        &self,
        owner: Uuid,
        quiz: Uuid,
        round: Uuid,
        question: Uuid,
        now_ms: i64,
    ) -> Result<Slotted, StoreError> {
        let mut tx = self.begin().await?;
        if !touch_quiz(&mut tx, owner, quiz, now_ms).await? || live_round(&mut tx, owner, quiz, round).await?.is_none()
        {
            return Ok(Slotted::NotFound);
        }
        if let Some(refused) = why_not(&mut tx, owner, quiz, round, question).await? {
            return Ok(refused);
        }
        let row = sqlx::query(
            "SELECT count(*) AS n, coalesce(max(position), -1) + 1 AS next,
               coalesce(sum(CASE WHEN question_id = $2 THEN 1 ELSE 0 END), 0) AS there
             FROM slots WHERE round_id = $1",
        )
        .bind(round.to_string())
        .bind(question.to_string())
        .fetch_one(&mut tx)
        .await?;
        if count(&row, "there")? > 0 {
            return Ok(Slotted::Twice(question));
        }
        if count(&row, "n")? >= QUESTIONS_PER_ROUND_MAX {
            return Ok(Slotted::Full);
        }
        insert_slot(&mut tx, round, row.try_get("next")?, question).await?;
        tx.commit().await?;
        Ok(Slotted::Done)
    }

    /// Takes one question out of a round. False when it was not there.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn remove_round_question(
        &self,
        owner: Uuid,
        quiz: Uuid,
        round: Uuid,
        question: Uuid,
        now_ms: i64,
    ) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        if !touch_quiz(&mut tx, owner, quiz, now_ms).await? || live_round(&mut tx, owner, quiz, round).await?.is_none()
        {
            return Ok(false);
        }
        let removed = sqlx::query("DELETE FROM slots WHERE round_id = $1 AND question_id = $2")
            .bind(round.to_string())
            .bind(question.to_string())
            .execute(&mut tx)
            .await?;
        if removed.rows_affected() == 0 {
            return Ok(false);
        }
        tx.commit().await?;
        Ok(true)
    }
}

/// Every round of a quiz in order.
pub(super) async fn live_rounds(tx: &mut Tx, owner: Uuid, quiz: Uuid) -> Result<Vec<QuizRound>, StoreError> {
    let rows = sqlx::query(select_rounds!("ORDER BY r.position"))
        .bind(quiz.to_string())
        .bind(owner.to_string())
        .fetch_all(&mut *tx)
        .await?;
    rows.iter().map(round).collect()
}

/// The questions of a round in order, without the deleted ones and those of deleted banks.
pub(super) async fn round_questions(tx: &mut Tx, round: Uuid) -> Result<Vec<StoredQuestion>, StoreError> {
    let rows = sqlx::query(questions_where!(
        "JOIN slots s ON s.question_id = q.id JOIN banks b ON b.id = q.bank_id
         WHERE s.round_id = $1 AND q.deleted_at IS NULL AND b.deleted_at IS NULL ORDER BY s.position"
    ))
    .bind(round.to_string())
    .fetch_all(&mut *tx)
    .await?;
    rows.iter().zip(0..).map(|(row, place)| stored(row, place)).collect()
}

/// Stores a round behind all rounds of a quiz, deleted ones included; the caller has seen to the limit.
pub(super) async fn insert_round(
    tx: &mut Tx,
    quiz: Uuid,
    new_id: Uuid,
    words: &RoundDraft,
    at: i64,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO rounds (id, quiz_id, position, title, time_limit_seconds, created_at, updated_at, planned_questions)
         SELECT $1, $2, coalesce(max(position), -1) + 1, $3, $4, $5, $5, nullif($6, 0) FROM rounds WHERE quiz_id = $2",
    )
    .bind(new_id.to_string())
    .bind(quiz.to_string())
    .bind(words.title.as_ref().map(Title::as_str))
    .bind(words.time_limit_seconds.map(i64::from))
    .bind(at)
    .bind(words.planned_questions.map(i64::from))
    .execute(&mut *tx)
    .await?;
    Ok(())
}

pub(super) async fn insert_slot(tx: &mut Tx, round: Uuid, position: i64, question: Uuid) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO slots (round_id, position, question_id) VALUES ($1, $2, $3)")
        .bind(round.to_string())
        .bind(position)
        .bind(question.to_string())
        .execute(&mut *tx)
        .await?;
    Ok(())
}

/// Why a question cannot stand in a round: it must be the account's, and in no other round of the quiz.
pub(super) async fn why_not(
    tx: &mut Tx,
    owner: Uuid,
    quiz: Uuid,
    round: Uuid,
    question: Uuid,
) -> Result<Option<Slotted>, StoreError> {
    let known = sqlx::query(
        "SELECT 1 FROM questions q JOIN banks b ON b.id = q.bank_id
         WHERE q.id = $1 AND b.owner_id = $2 AND q.deleted_at IS NULL AND b.deleted_at IS NULL",
    )
    .bind(question.to_string())
    .bind(owner.to_string())
    .fetch_optional(&mut *tx)
    .await?;
    if known.is_none() {
        return Ok(Some(Slotted::UnknownQuestion(question)));
    }
    let elsewhere = sqlx::query(select_rounds!(
        "AND r.id <> $3 AND EXISTS (SELECT 1 FROM slots s WHERE s.round_id = r.id AND s.question_id = $4)"
    ))
    .bind(quiz.to_string())
    .bind(owner.to_string())
    .bind(round.to_string())
    .bind(question.to_string())
    .fetch_optional(&mut *tx)
    .await?;
    elsewhere.map(|row| Ok(Slotted::Elsewhere { question, round: count(&row, "number")? })).transpose()
}

async fn live_count(tx: &mut Tx, quiz: Uuid) -> Result<usize, StoreError> {
    let row = sqlx::query("SELECT count(*) AS n FROM rounds WHERE quiz_id = $1 AND deleted_at IS NULL")
        .bind(quiz.to_string())
        .fetch_one(&mut *tx)
        .await?;
    count(&row, "n")
}

pub(super) async fn live_round(
    tx: &mut Tx,
    owner: Uuid,
    quiz: Uuid,
    round_id: Uuid,
) -> Result<Option<QuizRound>, StoreError> {
    let row = sqlx::query(select_rounds!("AND r.id = $3"))
        .bind(quiz.to_string())
        .bind(owner.to_string())
        .bind(round_id.to_string())
        .fetch_optional(&mut *tx)
        .await?;
    row.as_ref().map(round).transpose()
}

fn round(row: &AnyRow) -> Result<QuizRound, StoreError> {
    let limit: Option<i64> = row.try_get("time_limit_seconds")?;
    let seconds = |limit| u32::try_from(limit).map_err(|_| StoreError::Unreadable(format!("a limit of {limit} s")));
    let planned: Option<i64> = row.try_get("planned_questions")?;
    let questions = |n| usize::try_from(n).map_err(|_| StoreError::Unreadable(format!("a plan of {n} questions")));
    Ok(QuizRound {
        id: id(row, "id")?,
        quiz: id(row, "quiz_id")?,
        number: count(row, "number")?,
        title: row.try_get("title")?,
        time_limit_seconds: limit.map(seconds).transpose()?,
        planned_questions: planned.map(questions).transpose()?,
        created_at: row.try_get("created_at")?,
        updated_at: row.try_get("updated_at")?,
    })
}

#[cfg(test)]
mod tests;
