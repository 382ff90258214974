//! Who may sit where: players' seats, phones that claim one, and the big screens.

use super::{Store, StoreError, count, id, optional_id};
use crate::game::{ClaimId, GameId, PlayerId};
use crate::ids::TokenHash;
use crate::limits::CLAIMS_PENDING_PER_GAME_MAX;
use crate::store::sessions::is_good;
use crate::store::tx::Tx;
use sqlx::Row;
use sqlx::any::AnyRow;
use std::collections::BTreeSet;
use uuid::Uuid;

/// A phone's right to play for a player.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seat {
    pub game: GameId,
    pub player: PlayerId,
    /// Taken away: the player moved to another phone.
    pub revoked: bool,
}

/// A seat to be given to a phone.
#[derive(Clone, Debug)]
pub struct NewSeat {
    pub token: TokenHash,
    pub player: PlayerId,
    /// The hash of what the phone calls itself; empty when it says nothing.
    pub device: String,
}

/// A phone that asks for a seat of a player who is there already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    pub id: ClaimId,
    pub game: GameId,
    pub player: PlayerId,
    pub device: String,
    pub state: ClaimState,
    pub created_at: i64,
}

/// What became of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClaimState {
    Approved,
    Refused,
    Waiting,
}

/// A big screen that waits for a host to name its game.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pairing {
    pub code: String,
    pub game: Option<GameId>,
    pub expires_at: i64,
}

/// Credentials that are good no more.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Revoked {
    /// The secrets of seats and screens.
    pub secrets: BTreeSet<TokenHash>,
    /// Sessions and API tokens.
    pub hosts: BTreeSet<Uuid>,
}

impl Store {
    /// The seat that this secret stands for.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn seat(&self, token: &TokenHash) -> Result<Option<Seat>, StoreError> {
        let row = sqlx::query("SELECT game_id, player_id, revoked_at FROM seats WHERE token_hash = $1").bind(&token.0);
        let Some(row) = row.fetch_optional(&mut self.read_live().await?).await? else { return Ok(None) };
        Ok(Some(Seat {
            game: GameId(id(&row, "game_id")?),
            player: PlayerId(id(&row, "player_id")?),
            revoked: row.try_get::<Option<i64>, _>("revoked_at")?.is_some(),
        }))
    }

    /// Gives a player one more seat.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn insert_seat(&self, game: GameId, seat: &NewSeat, now_ms: i64) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        insert_seat(&mut tx, game, seat, now_ms).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Gives the player of a seat one more; with `moves`, in place of all that they have. False when the seat was taken
    /// away before.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn move_seat(
        &self,
        game: GameId,
        from: &TokenHash,
        seat: &NewSeat,
        moves: bool,
        now_ms: i64,
    ) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        // Of two phones that open one link at the same time, one takes the seat.
        let held = sqlx::query(
            "UPDATE seats SET revoked_at = $4
             WHERE token_hash = $1 AND game_id = $2 AND player_id = $3 AND revoked_at IS NULL RETURNING player_id",
        )
        .bind(&from.0)
        .bind(game.to_string())
        .bind(seat.player.to_string())
        .bind(moves.then_some(now_ms));
        if held.fetch_optional(&mut tx).await?.is_none() {
            return Ok(false);
        }
        if moves {
            revoke_seats(&mut tx, game, seat.player, now_ms).await?;
        }
        insert_seat(&mut tx, game, seat, now_ms).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// The players of a game that a phone has ever played for.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn players_of_device(&self, game: GameId, device: &str) -> Result<Vec<PlayerId>, StoreError> {
        let sql = "SELECT DISTINCT player_id FROM seats WHERE game_id = $1 AND device = $2";
        self.players_by_seat(sql, game, device).await
    }

    /// The players of a game whose seat a phone still has.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn seated_players_of_device(&self, game: GameId, device: &str) -> Result<Vec<PlayerId>, StoreError> {
        let sql = "SELECT DISTINCT player_id FROM seats WHERE game_id = $1 AND device = $2 AND revoked_at IS NULL";
        self.players_by_seat(sql, game, device).await
    }

    async fn players_by_seat(
        &self,
        sql: &'static str,
        game: GameId,
        device: &str,
    ) -> Result<Vec<PlayerId>, StoreError> {
        let rows = sqlx::query(sql).bind(game.to_string()).bind(device).fetch_all(&mut self.read_live().await?).await?;
        rows.iter().map(|row| Ok(PlayerId(id(row, "player_id")?))).collect()
    }

    /// Stores the wish of a phone for a player's seat, in place of an earlier one that still waits. Its token becomes the
    /// seat's when it is approved. False when too many wait in this game.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn insert_claim(&self, claim: &Claim, token: &TokenHash) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        if !claim.device.is_empty() {
            sqlx::query("DELETE FROM claims WHERE game_id = $1 AND device = $2 AND state = 'waiting'")
                .bind(claim.game.to_string())
                .bind(&claim.device)
                .execute(&mut tx)
                .await?;
        }
        let waiting = sqlx::query("SELECT count(*) AS n FROM claims WHERE game_id = $1 AND state = 'waiting'")
            .bind(claim.game.to_string())
            .fetch_one(&mut tx)
            .await?;
        if count(&waiting, "n")? >= CLAIMS_PENDING_PER_GAME_MAX {
            return Ok(false);
        }
        sqlx::query(
            "INSERT INTO claims (id, token_hash, game_id, player_id, device, state, created_at)
             VALUES ($1, $2, $3, $4, $5, 'waiting', $6)",
        )
        .bind(claim.id.to_string())
        .bind(&token.0)
        .bind(claim.game.to_string())
        .bind(claim.player.to_string())
        .bind(&claim.device)
        .bind(claim.created_at)
        .execute(&mut tx)
        .await?;
        tx.commit().await?;
        Ok(true)
    }

    /// The claim that this secret stands for.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn claim(&self, token: &TokenHash) -> Result<Option<Claim>, StoreError> {
        let row = sqlx::query("SELECT * FROM claims WHERE token_hash = $1").bind(&token.0);
        row.fetch_optional(&mut self.read_live().await?).await?.as_ref().map(claim).transpose()
    }

    /// The claims of a game that wait, oldest first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn waiting_claims(&self, game: GameId) -> Result<Vec<Claim>, StoreError> {
        let rows = sqlx::query("SELECT * FROM claims WHERE game_id = $1 AND state = 'waiting' ORDER BY id")
            .bind(game.to_string())
            .fetch_all(&mut self.read_live().await?)
            .await?;
        rows.iter().map(claim).collect()
    }

    /// Decides a waiting claim. An approved one becomes a seat; `moves` takes the player's other seats away. None when
    /// the claim does not wait.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn decide_claim(
        &self,
        game: GameId,
        claim_id: ClaimId,
        approve: bool,
        moves: bool,
        now_ms: i64,
    ) -> Result<Option<Claim>, StoreError> {
        let mut tx = self.begin().await?;
        let row = sqlx::query(
            "UPDATE claims SET state = $3 WHERE id = $1 AND game_id = $2 AND state = 'waiting' RETURNING *",
        )
        .bind(claim_id.to_string())
        .bind(game.to_string())
        .bind(if approve { "approved" } else { "refused" })
        .fetch_optional(&mut tx)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let decided = claim(&row)?;
        if approve && moves {
            revoke_seats(&mut tx, game, decided.player, now_ms).await?;
        }
        if approve {
            let seat = NewSeat {
                token: TokenHash(row.try_get("token_hash")?),
                player: decided.player,
                device: decided.device.clone(),
            };
            insert_seat(&mut tx, game, &seat, now_ms).await?;
        }
        tx.commit().await?;
        Ok(Some(decided))
    }

    /// Lets a big screen show a game.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn insert_screen(&self, token: &TokenHash, game: GameId, now_ms: i64) -> Result<(), StoreError> {
        self.execute(
            sqlx::query("INSERT INTO screens (token_hash, game_id, created_at) VALUES ($1, $2, $3)")
                .bind(&token.0)
                .bind(game.to_string())
                .bind(now_ms),
        )
        .await?;
        Ok(())
    }

    /// The game that a screen's secret shows.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn screen(&self, token: &TokenHash) -> Result<Option<GameId>, StoreError> {
        let row =
            sqlx::query("SELECT game_id FROM screens WHERE token_hash = $1 AND revoked_at IS NULL").bind(&token.0);
        row.fetch_optional(&mut self.read_live().await?).await?.map(|row| Ok(GameId(id(&row, "game_id")?))).transpose()
    }

    /// Takes every screen of a game away.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn revoke_screens(&self, game: GameId, now_ms: i64) -> Result<(), StoreError> {
        self.execute(
            sqlx::query("UPDATE screens SET revoked_at = $2 WHERE game_id = $1 AND revoked_at IS NULL")
                .bind(game.to_string())
                .bind(now_ms),
        )
        .await?;
        Ok(())
    }

    /// Which seats and screens of a game are good no more, and which of these sessions and API tokens.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn revoked(&self, game: GameId, hosts: &[Uuid], now_ms: i64) -> Result<Revoked, StoreError> {
        let mut tx = self.read_live().await?;
        let rows = sqlx::query(
            "SELECT token_hash FROM seats WHERE game_id = $1 AND revoked_at IS NOT NULL
             UNION ALL SELECT token_hash FROM screens WHERE game_id = $1 AND revoked_at IS NOT NULL",
        )
        .bind(game.to_string())
        .fetch_all(&mut tx)
        .await?;
        let secrets = rows.iter().map(|row| Ok(TokenHash(row.try_get("token_hash")?)));
        let mut revoked = Revoked { secrets: secrets.collect::<Result<_, sqlx::Error>>()?, hosts: BTreeSet::new() };
        for host in hosts {
            if !is_good(&mut tx, *host, now_ms).await? {
                revoked.hosts.insert(*host);
            }
        }
        Ok(revoked)
    }

    /// Stores a screen that waits for its game, and forgets those that waited too long.
    ///
    /// # Errors
    /// [`StoreError::Exists`] when another one waits under this code.
    pub async fn insert_pairing(&self, pairing: &Pairing, secret: &TokenHash, now_ms: i64) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        sqlx::query("DELETE FROM pairings WHERE expires_at <= $1").bind(now_ms).execute(&mut tx).await?;
        sqlx::query("INSERT INTO pairings (secret_hash, code, expires_at) VALUES ($1, $2, $3)")
            .bind(&secret.0)
            .bind(&pairing.code)
            .bind(pairing.expires_at)
            .execute(&mut tx)
            .await?;
        tx.commit().await?;
        Ok(())
    }

    /// The screen that waits with this secret. None when it waited too long.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn pairing(&self, secret: &TokenHash, now_ms: i64) -> Result<Option<Pairing>, StoreError> {
        let row =
            sqlx::query("SELECT code, game_id, expires_at FROM pairings WHERE secret_hash = $1 AND expires_at > $2")
                .bind(&secret.0)
                .bind(now_ms)
                .fetch_optional(&mut self.read_live().await?)
                .await?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(Pairing {
            code: row.try_get("code")?,
            game: optional_id(&row, "game_id")?.map(GameId),
            expires_at: row.try_get("expires_at")?,
        }))
    }

    /// Names the game of the screen that waits under `code`. Its secret becomes the screen's. False when none waits.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn pair_screen(&self, code: &str, game: GameId, now_ms: i64) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let paired = sqlx::query(
            "UPDATE pairings SET game_id = $2 WHERE code = $1 AND game_id IS NULL AND expires_at > $3
             RETURNING secret_hash",
        )
        .bind(code)
        .bind(game.to_string())
        .bind(now_ms)
        .fetch_optional(&mut tx)
        .await?;
        let Some(row) = paired else { return Ok(false) };
        sqlx::query("INSERT INTO screens (token_hash, game_id, created_at) VALUES ($1, $2, $3)")
            .bind(row.try_get::<&str, _>("secret_hash")?)
            .bind(game.to_string())
            .bind(now_ms)
            .execute(&mut tx)
            .await?;
        tx.commit().await?;
        Ok(true)
    }
}

pub(super) async fn insert_seat(tx: &mut Tx, game: GameId, seat: &NewSeat, now_ms: i64) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO seats (token_hash, game_id, player_id, device, created_at) VALUES ($1, $2, $3, $4, $5)")
        .bind(&seat.token.0)
        .bind(game.to_string())
        .bind(seat.player.to_string())
        .bind(&seat.device)
        .bind(now_ms)
        .execute(&mut *tx)
        .await?;
    Ok(())
}

async fn revoke_seats(tx: &mut Tx, game: GameId, player: PlayerId, now_ms: i64) -> Result<(), StoreError> {
    sqlx::query("UPDATE seats SET revoked_at = $3 WHERE game_id = $1 AND player_id = $2 AND revoked_at IS NULL")
        .bind(game.to_string())
        .bind(player.to_string())
        .bind(now_ms)
        .execute(&mut *tx)
        .await?;
    Ok(())
}

fn claim(row: &AnyRow) -> Result<Claim, StoreError> {
    let state: &str = row.try_get("state")?;
    let state = match state {
        "approved" => ClaimState::Approved,
        "refused" => ClaimState::Refused,
        "waiting" => ClaimState::Waiting,
        other => return Err(StoreError::Unreadable(format!("claim {other:?}"))),
    };
    Ok(Claim {
        id: ClaimId(id(row, "id")?),
        game: GameId(id(row, "game_id")?),
        player: PlayerId(id(row, "player_id")?),
        device: row.try_get("device")?,
        state,
        created_at: row.try_get("created_at")?,
    })
}
