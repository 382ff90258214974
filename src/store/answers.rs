//! Answers: an append-only log beside the events. They never queue behind the host.

use super::dialect::Dialect;
use super::{Store, StoreError, count, id, optional_id, to_json};
use crate::game::{Answer, AnswerId, GameId, PlayerId, QuestionId};
use crate::limits::REVISIONS_PER_ANSWER_MAX;
use crate::store::tx::Tx;
use futures_util::TryStreamExt;
use serde::Serialize;
use sqlx::any::AnyRow;
use sqlx::{Either, Executor, Row};
use std::collections::BTreeMap;

/// The latest answer of each player to each question of a game, `$1`, or to those that `$which` tells. Without a join, so
/// that no plan of PostgreSQL's is quadratic, as one was before the table was analysed.
macro_rules! latest_answers {
    ($which:literal) => {
        concat!(
            "SELECT id, question_id, player_id, answer, at, revision FROM (
               SELECT id, question_id, player_id, answer, at, revision,
                 row_number() OVER (PARTITION BY question_id, player_id ORDER BY revision DESC) AS recency
               FROM game_answers WHERE game_id = $1 ",
            $which,
            ") a WHERE recency = 1 ORDER BY question_id, player_id"
        )
    };
}

/// An answer on its way to the disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SubmittedAnswer {
    pub id: AnswerId,
    #[serde(rename = "game_id")]
    pub game: GameId,
    #[serde(rename = "question_id")]
    pub question: QuestionId,
    #[serde(rename = "player_id")]
    pub player: PlayerId,
    /// The phone's own id of the message.
    pub client_id: String,
    #[serde(rename = "answer")]
    pub text: String,
}

/// What became of a submitted answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerFate {
    /// It is on disk, now or since an earlier sending of the same message: with its place among the player's answers to
    /// the question, and the instant at which it was taken.
    Stored { id: AnswerId, revision: u32, at: i64 },
    /// Its question was not open.
    Closed,
    /// Another answer was sent under the same client id before.
    Conflict,
    /// The player changed the answer to this question too often.
    TooOften,
}

impl Store {
    /// Stores a batch of answers in one commit. Each one counts only while its question is open at `now_ms`; sending
    /// a message again changes nothing and has the same fate. The fates are in the order of the batch.
    ///
    /// # Errors
    /// When the database did not take the batch. Sending it again is safe.
    pub async fn submit_answers(&self, batch: &[SubmittedAnswer], now_ms: i64) -> Result<Vec<AnswerFate>, StoreError> {
        let json = to_json(&batch)?;
        let insert = sqlx::query(self.dialect.insert_answers())
            .bind(&json)
            .bind(now_ms)
            .bind(i64::from(REVISIONS_PER_ANSWER_MAX));
        if self.dialect == Dialect::Sqlite {
            // One statement is a transaction of its own, and crosses to the thread of the connection once. It is committed
            // when its end is told, and not when its rows are.
            let mut connection = self.timed(self.writer.acquire()).await?;
            let (mut rows, mut is_committed) = (Vec::new(), false);
            let mut told = connection.fetch_many(insert);
            while let Some(told) = told.try_next().await? {
                match told {
                    Either::Left(_) => is_committed = true,
                    Either::Right(row) => rows.push(row),
                }
            }
            drop(told);
            drop(connection);
            if !is_committed {
                return Err(sqlx::Error::WorkerCrashed.into());
            }
            let (mut fates, all) = fates(batch, &rows)?;
            if !all {
                self.find_stored(&mut self.read_live().await?, batch, now_ms, &mut fates).await?;
            }
            return Ok(fates);
        }
        let mut tx = self.begin_answers().await?;
        let (mut fates, all) = fates(batch, &insert.fetch_all(&mut tx).await?)?;
        if !all {
            self.find_stored(&mut tx, batch, now_ms, &mut fates).await?;
        }
        tx.commit().await?;
        Ok(fates)
    }

    /// What became of answers that came too late. An earlier sending of one may have been in time and be under way still:
    /// it is waited for.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn late_answers(&self, batch: &[SubmittedAnswer], now_ms: i64) -> Result<Vec<AnswerFate>, StoreError> {
        self.outlast_answers().await?;
        let mut fates = vec![AnswerFate::Closed; batch.len()];
        self.find_stored(&mut self.read_live().await?, batch, now_ms, &mut fates).await?;
        Ok(fates)
    }

    /// Puts down the fate of those whose message is stored, and of those that were sent too often.
    async fn find_stored(
        &self,
        tx: &mut Tx,
        batch: &[SubmittedAnswer],
        now_ms: i64,
        fates: &mut [AnswerFate],
    ) -> Result<(), StoreError> {
        let json = to_json(&batch)?;
        let rows = sqlx::query(self.dialect.stored_answers())
            .bind(&json)
            .bind(now_ms)
            .bind(i64::from(REVISIONS_PER_ANSWER_MAX))
            .fetch_all(&mut *tx)
            .await?;
        for row in rows {
            let place = count(&row, "place")?;
            let (Some(sent), Some(fate)) = (batch.get(place), fates.get_mut(place)) else { continue };
            let Some(question) = optional_id(&row, "question_id")? else {
                *fate = AnswerFate::TooOften;
                continue;
            };
            let same = question == sent.question.0 && row.try_get::<&str, _>("answer")? == sent.text;
            *fate = if same { stored(&row)? } else { AnswerFate::Conflict };
        }
        Ok(())
    }

    /// Every answer that counts in a game: the latest of each player to each question. What was accepted before a
    /// question closed is among them, whatever raced with its closing.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn answers(&self, game: GameId) -> Result<Vec<Answer>, StoreError> {
        self.outlast_answers().await?;
        latest(&mut self.read_live().await?, game).await
    }

    /// What [`answers`](Self::answers) gives, to some of the questions only, and whether none can be under way any more
    /// that was taken before.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn answers_to(&self, game: GameId, questions: &[QuestionId]) -> Result<(Vec<Answer>, bool), StoreError> {
        let is_whole = self.outlast_answers().await?;
        let mut tx = self.read_live().await?;
        let mut answers = Vec::new();
        for question in questions {
            let rows = sqlx::query(latest_answers!("AND question_id = $2"))
                .bind(game.to_string())
                .bind(question.to_string())
                .fetch_all(&mut tx)
                .await?;
            for row in &rows {
                answers.push(answer(row)?);
            }
        }
        Ok((answers, is_whole))
    }

    /// The answers of a game that were taken at `from` or later, the earlier revisions first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn answers_since(&self, game: GameId, from: i64) -> Result<Vec<Answer>, StoreError> {
        let rows = sqlx::query(
            "SELECT id, question_id, player_id, answer, at, revision FROM game_answers
             WHERE game_id = $1 AND at >= $2 ORDER BY revision, id",
        )
        .bind(game.to_string())
        .bind(from)
        .fetch_all(&mut self.read_live().await?)
        .await?;
        rows.iter().map(answer).collect()
    }

    /// The answers of a player, the earlier revisions first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn answers_of(&self, game: GameId, player: PlayerId) -> Result<Vec<Answer>, StoreError> {
        let rows = sqlx::query(
            "SELECT id, question_id, player_id, answer, at, revision FROM game_answers
             WHERE game_id = $1 AND player_id = $2 ORDER BY revision, id",
        )
        .bind(game.to_string())
        .bind(player.to_string())
        .fetch_all(&mut self.read_live().await?)
        .await?;
        rows.iter().map(answer).collect()
    }
}

/// What became of a batch by the rows that were inserted, and whether all of it was.
fn fates(batch: &[SubmittedAnswer], inserted: &[AnyRow]) -> Result<(Vec<AnswerFate>, bool), StoreError> {
    let inserted = inserted.iter().map(|row| Ok((id(row, "id")?, stored(row)?)));
    let inserted = inserted.collect::<Result<BTreeMap<_, _>, StoreError>>()?;
    let fate = |sent: &SubmittedAnswer| inserted.get(&sent.id.0).copied().unwrap_or(AnswerFate::Closed);
    Ok((batch.iter().map(fate).collect(), inserted.len() == batch.len()))
}

fn stored(row: &AnyRow) -> Result<AnswerFate, StoreError> {
    Ok(AnswerFate::Stored {
        id: AnswerId(id(row, "id")?),
        revision: u32::try_from(count(row, "revision")?).unwrap_or(u32::MAX),
        at: row.try_get("at")?,
    })
}

fn answer(row: &AnyRow) -> Result<Answer, StoreError> {
    Ok(Answer {
        id: AnswerId(id(row, "id")?),
        question: QuestionId(id(row, "question_id")?),
        player: PlayerId(id(row, "player_id")?),
        text: row.try_get("answer")?,
        revision: u32::try_from(count(row, "revision")?).unwrap_or(u32::MAX),
        at: row.try_get("at")?,
    })
}

/// The latest answer of each player to each question.
pub(super) async fn latest(tx: &mut Tx, game: GameId) -> Result<Vec<Answer>, StoreError> {
    let rows = sqlx::query(latest_answers!("")).bind(game.to_string()).fetch_all(&mut *tx).await?;
    rows.iter().map(answer).collect()
}
