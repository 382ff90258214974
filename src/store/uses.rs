//! When games released the questions of banks: what their logs say, by question.

use super::{Store, StoreError, answers, games, id};
use crate::game::{Answers, Event, Game, GameId, What};
use crate::store::tx::Tx;
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
        .fetch_all(&mut self.read().await?)
        .await?;
        rows.iter().map(|row| id(row, "id").map(GameId)).collect()
    }

    /// A finished game with its answers. Read apart from the games that run, so that it keeps none of them waiting.
    ///
    /// # Errors
    /// When its log cannot be read.
    pub async fn past_game(&self, game: GameId) -> Result<(Game, Answers), StoreError> {
        let mut tx = self.read().await?;
        let events = games::events_after(&mut tx, game, 0).await?;
        let past = Game::replay(&events).ok_or_else(|| StoreError::Unreadable(format!("the log of game {game}")))?;
        let mut counted = Answers::new(&past.quiz);
        for answer in answers::latest(&mut tx, game).await? {
            counted.record(answer);
        }
        Ok((past, counted))
    }
}

/// Notes what the events of a step say about the use of questions. No question's own row is touched: whoever edits a
/// bank must not hold up a game.
pub(super) async fn note_uses(tx: &mut Tx, game: GameId, events: &[Event]) -> Result<(), StoreError> {
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
        sqlx::query(sql).bind(question.to_string()).bind(game.to_string()).bind(event.at).execute(&mut *tx).await?;
    }
    Ok(())
}
