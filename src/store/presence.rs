//! Who is connected to which replica. It decides nothing; it lets a host see the phones that others serve.

use super::{Store, StoreError, from_json, id, to_json};
use crate::game::{GameId, PlayerId};
use serde::{Deserialize, Serialize};
use sqlx::Row;
use sqlx::any::AnyRow;
use std::collections::BTreeMap;
use uuid::Uuid;

/// Those who are connected to one replica for a game.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Present {
    /// How many phones each player has there.
    pub phones: BTreeMap<PlayerId, usize>,
    pub screens: usize,
    pub hosts: usize,
}

/// What one replica said, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub at: i64,
    pub present: Present,
}

impl Store {
    /// Says who is connected to this replica for a game.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn set_present(&self, replica: Uuid, game: GameId, seen: &Seen) -> Result<(), StoreError> {
        self.execute(
            sqlx::query(
                "INSERT INTO presences (game_id, replica, at, body) VALUES ($1, $2, $3, $4)
                 ON CONFLICT (game_id, replica) DO UPDATE SET at = excluded.at, body = excluded.body",
            )
            .bind(game.to_string())
            .bind(replica.to_string())
            .bind(seen.at)
            .bind(to_json(&seen.present)?),
        )
        .await?;
        Ok(())
    }

    /// Who is connected to the other replicas, game by game, by those that spoke since `since`.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn present_at_others(
        &self,
        replica: Uuid,
        since: i64,
    ) -> Result<Vec<(GameId, Uuid, Present)>, StoreError> {
        let rows = sqlx::query("SELECT game_id, replica, body FROM presences WHERE replica <> $1 AND at >= $2")
            .bind(replica.to_string())
            .bind(since)
            .fetch_all(&mut self.read().await?)
            .await?;
        let present =
            |row: &AnyRow| Ok((GameId(id(row, "game_id")?), id(row, "replica")?, from_json(row.try_get("body")?)?));
        rows.iter().map(present).collect()
    }

    /// Who is connected to the other replicas for a game, by those that spoke since `since`.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn present_elsewhere(&self, replica: Uuid, game: GameId, since: i64) -> Result<Vec<Seen>, StoreError> {
        let rows = sqlx::query("SELECT at, body FROM presences WHERE game_id = $1 AND replica <> $2 AND at >= $3")
            .bind(game.to_string())
            .bind(replica.to_string())
            .bind(since)
            .fetch_all(&mut self.read_live().await?)
            .await?;
        rows.iter().map(|row| Ok(Seen { at: row.try_get("at")?, present: from_json(row.try_get("body")?)? })).collect()
    }
}
