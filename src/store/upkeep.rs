//! Throwing away what nobody needs any more.

use super::{Store, StoreError, int};
use crate::limits::{BIN_KEPT_FOR, QUESTION_VERSIONS_KEPT_FOR};
use std::time::Duration;

/// How long claims and screens that were sent away are kept, in milliseconds: longer than any night.
const KEPT_FOR_MS: i64 = 30 * 24 * 3_600 * 1_000;

/// A replica that said nothing for so long, in milliseconds, is gone.
const SILENT_FOR_MS: i64 = 3_600 * 1_000;

impl Store {
    /// Deletes sessions, set-up links and pairings that are over, claims of a month ago, screens that were sent away
    /// as long ago, what has been in the bin for its time, and old texts of questions. Nothing of a game's logs.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn prune(&self, now_ms: i64) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        for (sql, before) in [
            ("DELETE FROM sessions WHERE expires_at <= $1", now_ms),
            ("DELETE FROM setup_links WHERE expires_at <= $1", now_ms),
            ("DELETE FROM console_links WHERE expires_at <= $1", now_ms),
            ("DELETE FROM pairings WHERE expires_at <= $1", now_ms),
            ("DELETE FROM claims WHERE created_at <= $1", now_ms - KEPT_FOR_MS),
            ("DELETE FROM screens WHERE revoked_at <= $1", now_ms - KEPT_FOR_MS),
            ("DELETE FROM question_versions WHERE replaced_at <= $1", now_ms - ms(QUESTION_VERSIONS_KEPT_FOR)),
            ("DELETE FROM presences WHERE at <= $1", now_ms - SILENT_FOR_MS),
        ] {
            sqlx::query(sql).bind(before).execute(&mut *tx).await?;
        }
        tx.commit().await?;
        self.empty_bin(None, now_ms - ms(BIN_KEPT_FOR)).await
    }
}

fn ms(time: Duration) -> i64 {
    int(time.as_millis())
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Fixture;

    #[tokio::test]
    async fn what_is_over_is_thrown_away_and_the_rest_stays() {
        let f = Fixture::new().await;
        let (over, valid) = (f.ids.token(), f.ids.token());
        f.store.insert_setup_link(&over.hash(), 0, 1_000).await.unwrap();
        f.store.prune(999).await.unwrap();
        assert!(f.store.setup_kind(&over.hash(), 0).await.unwrap().is_some());
        f.store.prune(1_000).await.unwrap();
        assert!(f.store.setup_kind(&over.hash(), 0).await.unwrap().is_none());
        f.store.insert_setup_link(&valid.hash(), 0, 2_000).await.unwrap();
        f.store.prune(1_000).await.unwrap();
        assert!(f.store.setup_kind(&valid.hash(), 0).await.unwrap().is_some());
    }
}
