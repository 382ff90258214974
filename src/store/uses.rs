//! When games released the questions of banks: what their logs say, by question.

use super::{Store, StoreError, id};
use crate::game::{Event, GameId, QuestionId, What};
use sqlx::{Any, Transaction};
use uuid::Uuid;

impl Store {
    /// The finished games of an account that released a question that a quiz of it has now, the latest first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn past_games(&self, owner: Uuid, quiz: Uuid, most: u32) -> Result<Vec<GameId>, StoreError> {
        let rows = sqlx::query(
            "SELECT g.id FROM games g WHERE g.owner_id = $1 AND g.status = 'completed' AND g.practice = 0 AND EXISTS (
               SELECT 1 FROM question_uses u JOIN slots s ON s.question_id = u.question_id
                 JOIN rounds r ON r.id = s.round_id
               WHERE u.game_id = g.id AND r.quiz_id = $2 AND r.deleted_at IS NULL)
             ORDER BY g.id DESC LIMIT $3",
        )
        .bind(owner.to_string())
        .bind(quiz.to_string())
        .bind(i64::from(most))
        .fetch_all(&mut *self.read().await?)
        .await?;
        rows.iter().map(|row| id(row, "id").map(GameId)).collect()
    }
}

/// Notes what the events of a step say about the use of questions.
pub(super) async fn note_uses(
    tx: &mut Transaction<'static, Any>,
    game: GameId,
    events: &[Event],
) -> Result<(), StoreError> {
    for event in events {
        let (question, sql) = if let What::QuestionReleased { question, .. } = event.what {
            let insert = "INSERT INTO question_uses (question_id, game_id, at) VALUES ($1, $2, $3)
                          ON CONFLICT (question_id, game_id) DO UPDATE SET at = $3";
            (question, insert)
        } else if let What::QuestionUnreleased { question } = event.what {
            (question, "DELETE FROM question_uses WHERE question_id = $1 AND game_id = $2 AND at <= $3")
        } else {
            continue;
        };
        sqlx::query(sql).bind(question.to_string()).bind(game.to_string()).bind(event.at).execute(&mut **tx).await?;
        last_used(tx, question).await?;
    }
    Ok(())
}

async fn last_used(tx: &mut Transaction<'static, Any>, question: QuestionId) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE questions SET last_used_at = (SELECT max(u.at) FROM question_uses u WHERE u.question_id = $1)
         WHERE id = $1",
    )
    .bind(question.to_string())
    .execute(&mut **tx)
    .await?;
    Ok(())
}
