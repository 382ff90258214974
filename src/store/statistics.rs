//! What was played, by day.

use super::{Store, StoreError, count, int};
use crate::clock::day_begins;
use sqlx::Row;
use sqlx::any::AnyRow;

const DAY_MS: i64 = 24 * 3_600 * 1_000;

/// What was played on a day, in UTC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DayPlayed {
    /// Such as 2026-11-27.
    pub day: String,
    /// Games that were over on it.
    pub games: usize,
    /// Those who played in them.
    pub players: usize,
    /// Answers of that day that count.
    pub answers: usize,
}

impl Store {
    /// Counts what was played on a day, such as 2026-11-27, and keeps it.
    ///
    /// # Errors
    /// When that is no day, or the database does not take it.
    pub async fn count_day(&self, day: &str) -> Result<(), StoreError> {
        let from = day_begins(day).ok_or_else(|| StoreError::Unreadable(format!("{day:?} is no day")))?;
        // Apart, because answers wait for whoever writes.
        let counted = sqlx::query(
            "SELECT count(*) AS games, CAST(coalesce(sum(player_count), 0) AS bigint) AS players,
               (SELECT count(*) FROM (SELECT DISTINCT a.game_id, a.question_id, a.player_id FROM game_answers a
                 JOIN games p ON p.id = a.game_id WHERE p.practice = 0 AND a.at >= $1 AND a.at < $2) counted) AS answers
             FROM games WHERE practice = 0 AND status = 'completed' AND updated_at >= $1 AND updated_at < $2",
        )
        .bind(from)
        .bind(from + DAY_MS)
        .fetch_one(&mut self.read().await?)
        .await?;
        self.execute(
            sqlx::query(
                "INSERT INTO daily_statistics (day, games, players, answers) VALUES ($1, $2, $3, $4)
                 ON CONFLICT (day) DO UPDATE SET games = excluded.games, players = excluded.players,
                   answers = excluded.answers",
            )
            .bind(day)
            .bind(int(count(&counted, "games")?))
            .bind(int(count(&counted, "players")?))
            .bind(int(count(&counted, "answers")?)),
        )
        .await?;
        Ok(())
    }

    /// The last days that were counted, the latest first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn days_played(&self, limit: u32) -> Result<Vec<DayPlayed>, StoreError> {
        let rows = sqlx::query("SELECT day, games, players, answers FROM daily_statistics ORDER BY day DESC LIMIT $1")
            .bind(i64::from(limit))
            .fetch_all(&mut self.read().await?)
            .await?;
        let day = |row: &AnyRow| {
            Ok(DayPlayed {
                day: row.try_get("day")?,
                games: count(row, "games")?,
                players: count(row, "players")?,
                answers: count(row, "answers")?,
            })
        };
        rows.iter().map(day).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Fixture;
    use super::*;

    #[tokio::test]
    async fn a_day_is_counted_once_however_often_it_is() {
        let f = Fixture::new().await;
        let at = 1_795_780_800_000_i64; // 2026-11-27T12:00:00Z
        for (n, status, practice, updated_at) in [
            (1, "completed", 0, at),
            (2, "completed", 0, at + DAY_MS),
            (3, "cancelled", 0, at),
            (4, "completed", 1, at),
        ] {
            f.store
                .execute(
                    sqlx::query(
                        "INSERT INTO games (id, owner_id, code, quiz_name, seq, status, phase, current_round,
                           current_question, round_size, teams, player_count, practice, created_at, updated_at)
                         VALUES ($1, $2, $1, 'Quiz', 1, $3, $3, 0, 0, 5, 0, 7, $4, 0, $5)",
                    )
                    .bind(format!("game {n}"))
                    .bind(f.owner.to_string())
                    .bind(status)
                    .bind(practice)
                    .bind(updated_at),
                )
                .await
                .unwrap();
        }
        for _ in 0..2 {
            f.store.count_day("2026-11-27").await.unwrap();
        }
        let day = DayPlayed { day: "2026-11-27".to_owned(), games: 1, players: 7, answers: 0 };
        assert_eq!(f.store.days_played(10).await.unwrap(), [day]);
        assert!(f.store.count_day("soon").await.is_err());
    }
}
