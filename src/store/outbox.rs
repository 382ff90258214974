//! What happened in games, for those who are told later.

use super::games::game_row;
use super::{GameRow, Store, StoreError};
use sqlx::Row;

impl Store {
    /// Until when it is known what happened, in milliseconds since the Unix epoch. Whoever asks first begins at `now_ms`.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn outbox_read_to(&self, now_ms: i64) -> Result<i64, StoreError> {
        let first =
            sqlx::query("INSERT INTO outbox (name, read_to) VALUES ('games', $1) ON CONFLICT (name) DO NOTHING");
        self.execute(first.bind(now_ms)).await?;
        let row = sqlx::query("SELECT read_to FROM outbox WHERE name = 'games'");
        Ok(row.fetch_one(&mut self.read().await?).await?.try_get("read_to")?)
    }

    /// Notes until when it is known. It never goes back.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn set_outbox_read_to(&self, read_to: i64) -> Result<(), StoreError> {
        let statement = sqlx::query("UPDATE outbox SET read_to = $1 WHERE name = 'games' AND read_to < $1");
        self.execute(statement.bind(read_to)).await?;
        Ok(())
    }

    /// Games but those for practice that changed since an instant, the first to change first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn games_changed_since(&self, since_ms: i64, limit: u32) -> Result<Vec<GameRow>, StoreError> {
        let rows =
            sqlx::query("SELECT * FROM games WHERE practice = 0 AND updated_at >= $1 ORDER BY updated_at, id LIMIT $2")
                .bind(since_ms)
                .bind(i64::from(limit))
                .fetch_all(&mut self.read().await?)
                .await?;
        rows.iter().map(game_row).collect()
    }
}
