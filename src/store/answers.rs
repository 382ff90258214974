//! Answers: an append-only log beside the events. They never queue behind the host.

use super::{Store, StoreError, count, dialect, id, to_json};
use crate::game::{Answer, AnswerId, GameId, PlayerId, QuestionId};
use serde::Serialize;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;
use std::collections::{BTreeMap, BTreeSet};

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
    /// It is on disk, now or since an earlier sending of the same message.
    Stored(AnswerId),
    /// Its question was not open.
    Closed,
    /// Another answer was sent under the same client id before.
    Conflict,
}

impl Store {
    /// Stores a batch of answers in one commit. Each one counts only while its question is open at `now_ms`; sending
    /// a message again changes nothing and has the same fate. The fates are in the order of the batch.
    ///
    /// # Errors
    /// When the database did not take the batch. Sending it again is safe.
    pub async fn submit_answers(&self, batch: &[SubmittedAnswer], now_ms: i64) -> Result<Vec<AnswerFate>, StoreError> {
        let json = to_json(&batch)?;
        let mut tx = self.begin().await?;
        let rows = sqlx::query(dialect::INSERT_ANSWERS).bind(&json).bind(now_ms).fetch_all(&mut *tx).await?;
        let inserted = rows.iter().map(|row| id(row, "id")).collect::<Result<BTreeSet<_>, _>>()?;
        let mut fates = vec![AnswerFate::Closed; batch.len()];
        if inserted.len() < batch.len() {
            for row in sqlx::query(dialect::STORED_ANSWERS).bind(&json).fetch_all(&mut *tx).await? {
                let place = count(&row, "place")?;
                let (Some(sent), Some(fate)) = (batch.get(place), fates.get_mut(place)) else { continue };
                let same =
                    id(&row, "question_id")? == sent.question.0 && row.try_get::<&str, _>("answer")? == sent.text;
                *fate = if same { AnswerFate::Stored(AnswerId(id(&row, "id")?)) } else { AnswerFate::Conflict };
            }
        }
        if inserted.is_empty() {
            tx.rollback().await?;
        } else {
            tx.commit().await?;
        }
        for (fate, sent) in fates.iter_mut().zip(batch) {
            if inserted.contains(&sent.id.0) {
                *fate = AnswerFate::Stored(sent.id);
            }
        }
        Ok(fates)
    }

    /// Every answer that counts in a game: the latest of each player to each question.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn answers(&self, game: GameId) -> Result<Vec<Answer>, StoreError> {
        let rows = sqlx::query(
            "SELECT id, question_id, player_id, answer, at FROM game_answers WHERE game_id = $1
             ORDER BY question_id, player_id, revision",
        )
        .bind(game.to_string())
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(answer).collect()
    }

    /// The answers of one player, oldest first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn answers_of(&self, game: GameId, player: PlayerId) -> Result<Vec<Answer>, StoreError> {
        let rows = sqlx::query(
            "SELECT id, question_id, player_id, answer, at FROM game_answers WHERE game_id = $1 AND player_id = $2
             ORDER BY question_id, revision",
        )
        .bind(game.to_string())
        .bind(player.to_string())
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(answer).collect()
    }

    /// Who answered these questions.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn answered(
        &self,
        game: GameId,
        questions: &[QuestionId],
    ) -> Result<BTreeMap<QuestionId, BTreeSet<PlayerId>>, StoreError> {
        let mut answered = BTreeMap::new();
        for question in questions {
            let rows = sqlx::query(
                "SELECT player_id FROM game_answers WHERE game_id = $1 AND question_id = $2 AND revision = 1",
            )
            .bind(game.to_string())
            .bind(question.to_string())
            .fetch_all(&self.readers)
            .await?;
            let players = rows.iter().map(|row| Ok(PlayerId(id(row, "player_id")?)));
            answered.insert(*question, players.collect::<Result<BTreeSet<_>, StoreError>>()?);
        }
        Ok(answered)
    }
}

fn answer(row: &SqliteRow) -> Result<Answer, StoreError> {
    Ok(Answer {
        id: AnswerId(id(row, "id")?),
        question: QuestionId(id(row, "question_id")?),
        player: PlayerId(id(row, "player_id")?),
        text: row.try_get("answer")?,
        at: row.try_get("at")?,
    })
}
