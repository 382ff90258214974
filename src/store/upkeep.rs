//! Throwing away what nobody needs any more.

use super::{Store, StoreError, int};
use crate::limits::{BIN_KEPT_FOR, PRACTICE_OVER_TTL, PRACTICE_TTL, QUESTION_VERSIONS_KEPT_FOR};
use std::time::Duration;

/// How long claims and screens that were sent away are kept, in milliseconds: longer than any night.
const KEPT_FOR_MS: i64 = 30 * 24 * 3_600 * 1_000;

/// A replica that said nothing for so long, in milliseconds, is gone.
const SILENT_FOR_MS: i64 = 3_600 * 1_000;

/// Tries to get a certificate are kept as long as anybody counts them, and longer for those who wonder.
const ATTEMPTS_KEPT_FOR_MS: i64 = 90 * 24 * 3_600 * 1_000;

/// For how long jobs are kept, in milliseconds: those that are over, longer than whatever is done once could be asked for
/// again, and those that failed, for people to look at.
const JOBS_KEPT_FOR_MS: i64 = 14 * 24 * 3_600 * 1_000;
const DEAD_JOBS_KEPT_FOR_MS: i64 = 90 * 24 * 3_600 * 1_000;

impl Store {
    /// Deletes sessions, links, pairings and challenges that are over, old tries to get certificates, old jobs, claims of a month ago, screens that were sent away as long ago,
    /// what has been in the bin for its time, old texts of questions, and games for practice that are over or were
    /// forgotten. Nothing of a real game's logs.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn prune(&self, now_ms: i64) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        for (sql, before) in [
            ("DELETE FROM sessions WHERE expires_at <= $1", now_ms),
            ("DELETE FROM games WHERE practice = 1 AND created_at <= $1", now_ms - ms(PRACTICE_TTL)),
            (
                "DELETE FROM games WHERE practice = 1 AND status IN ('completed', 'cancelled') AND updated_at <= $1",
                now_ms - ms(PRACTICE_OVER_TTL),
            ),
            ("DELETE FROM setup_links WHERE expires_at <= $1", now_ms),
            ("DELETE FROM account_links WHERE expires_at <= $1", now_ms),
            ("DELETE FROM console_links WHERE expires_at <= $1", now_ms),
            ("DELETE FROM acme_challenges WHERE expires_at <= $1", now_ms),
            ("DELETE FROM acme_attempts WHERE at <= $1", now_ms - ATTEMPTS_KEPT_FOR_MS),
            ("DELETE FROM jobs WHERE state IN ('done', 'cancelled') AND updated_at <= $1", now_ms - JOBS_KEPT_FOR_MS),
            ("DELETE FROM jobs WHERE state = 'dead' AND updated_at <= $1", now_ms - DEAD_JOBS_KEPT_FOR_MS),
            ("DELETE FROM pairings WHERE expires_at <= $1", now_ms),
            ("DELETE FROM claims WHERE created_at <= $1", now_ms - KEPT_FOR_MS),
            ("DELETE FROM screens WHERE revoked_at <= $1", now_ms - KEPT_FOR_MS),
            ("DELETE FROM question_versions WHERE replaced_at <= $1", now_ms - ms(QUESTION_VERSIONS_KEPT_FOR)),
            ("DELETE FROM presences WHERE at <= $1", now_ms - SILENT_FOR_MS),
        ] {
            sqlx::query(sql).bind(before).execute(&mut tx).await?;
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
    use super::*;
    use crate::game::GameId;

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
        let host = f.ids.token();
        f.store.insert_account_link(f.owner, &host.hash(), 0, 2_000).await.unwrap();
        f.store.prune(1_999).await.unwrap();
        assert!(f.store.setup_kind(&host.hash(), 0).await.unwrap().is_some());
        f.store.prune(2_000).await.unwrap();
        assert!(f.store.setup_kind(&host.hash(), 0).await.unwrap().is_none());
    }

    /// A row of a game, made at 0 and last changed an hour later.
    async fn game(f: &Fixture, status: &str, practice: bool) -> GameId {
        let id = GameId(f.ids.uuid());
        f.store.execute(sqlx::query(
            "INSERT INTO games (id, owner_id, code, quiz_name, seq, status, phase, current_round, current_question,
               round_size, teams, player_count, practice, created_at, updated_at)
             VALUES ($1, $2, $1, 'Quiz', 1, $3, $3, 0, 0, 5, 0, 0, $4, 0, $5)",
        )
        .bind(id.to_string())
        .bind(f.owner.to_string())
        .bind(status)
        .bind(i64::from(practice))
        .bind(ms(PRACTICE_OVER_TTL)))
        .await
        .unwrap();
        id
    }

    #[tokio::test]
    async fn practice_is_wiped_an_hour_after_its_end_and_a_day_after_its_beginning() {
        let f = Fixture::new().await;
        let (over, running) = (game(&f, "completed", true).await, game(&f, "in_progress", true).await);
        let real = game(&f, "completed", false).await;
        let left = async |at| {
            f.store.prune(at).await.unwrap();
            let mut left = Vec::new();
            for id in [over, running, real] {
                left.push(f.store.game(id).await.unwrap().is_some());
            }
            left
        };
        assert_eq!(left(2 * ms(PRACTICE_OVER_TTL) - 1).await, [true, true, true]);
        assert_eq!(left(2 * ms(PRACTICE_OVER_TTL)).await, [false, true, true]);
        assert_eq!(left(ms(PRACTICE_TTL) - 1).await, [false, true, true]);
        assert_eq!(left(ms(PRACTICE_TTL)).await, [false, false, true]);
        assert_eq!(left(100 * ms(PRACTICE_TTL)).await, [false, false, true]);
    }
}
