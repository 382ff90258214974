//! Links that open the console of a game on another device, signed in. Only hashes of their secrets are kept.

use super::sessions::insertion;
use super::{Session, Store, StoreError, id};
use crate::ids::TokenHash;
use sqlx::Row;
use sqlx::any::AnyRow;
use uuid::Uuid;

/// A link that signs one more device in to an account, at a game.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsoleLink {
    pub account: Uuid,
    pub game: Uuid,
    /// The session or API token that made it: the link ends with it.
    pub made_by: Uuid,
    pub created_at: i64,
    pub expires_at: i64,
}

impl Store {
    /// Stores a console link. The one that its game had before stops working.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn insert_console_link(&self, link: &ConsoleLink, token: &TokenHash) -> Result<(), StoreError> {
        self.execute(
            sqlx::query(
                "INSERT INTO console_links (token_hash, account_id, game_id, made_by, created_at, expires_at)
                 VALUES ($1, $2, $3, $4, $5, $6)
                 ON CONFLICT (game_id) DO UPDATE SET token_hash = excluded.token_hash,
                   account_id = excluded.account_id, made_by = excluded.made_by, created_at = excluded.created_at,
                   expires_at = excluded.expires_at",
            )
            .bind(&token.0)
            .bind(link.account.to_string())
            .bind(link.game.to_string())
            .bind(link.made_by.to_string())
            .bind(link.created_at)
            .bind(link.expires_at),
        )
        .await?;
        Ok(())
    }

    /// The console link with this secret. None when it is unknown, used, cancelled or too old.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn console_link(&self, token: &TokenHash, now_ms: i64) -> Result<Option<ConsoleLink>, StoreError> {
        let row = sqlx::query("SELECT * FROM console_links WHERE token_hash = $1 AND expires_at > $2")
            .bind(&token.0)
            .bind(now_ms)
            .fetch_optional(&mut self.read_live().await?)
            .await?;
        row.as_ref().map(console_link).transpose()
    }

    /// Spends a console link: `session`, which is of its account, begins. Of two that race with one link, one gets
    /// false, and no session.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn spend_console_link(
        &self,
        token: &TokenHash,
        session: &Session,
        session_token: &TokenHash,
    ) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let spent =
            sqlx::query("DELETE FROM console_links WHERE token_hash = $1 AND account_id = $2 AND expires_at > $3")
                .bind(&token.0)
                .bind(session.account.to_string())
                .bind(session.created_at)
                .execute(&mut tx)
                .await?;
        if spent.rows_affected() == 0 {
            return Ok(false);
        }
        insertion(session, session_token).execute(&mut tx).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Cancels the console link of a game, if it has one.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn cancel_console_link(&self, game: Uuid) -> Result<(), StoreError> {
        let cancelling = sqlx::query("DELETE FROM console_links WHERE game_id = $1").bind(game.to_string());
        self.execute(cancelling).await?;
        Ok(())
    }
}

fn console_link(row: &AnyRow) -> Result<ConsoleLink, StoreError> {
    Ok(ConsoleLink {
        account: id(row, "account_id")?,
        game: id(row, "game_id")?,
        made_by: id(row, "made_by")?,
        created_at: row.try_get("created_at")?,
        expires_at: row.try_get("expires_at")?,
    })
}
