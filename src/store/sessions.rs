//! Signed-in browsers and API tokens. Only hashes of their secrets are kept.

use super::{Account, Store, StoreError, id};
use crate::ids::TokenHash;
use crate::store::tx::Tx;
use sqlx::any::{AnyArguments, AnyRow};
use sqlx::query::Query;
use sqlx::{Any, Row};
use uuid::Uuid;

/// A signed-in browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    pub id: Uuid,
    pub account: Uuid,
    pub user_agent: String,
    pub created_at: i64,
    pub last_seen_at: i64,
    pub expires_at: i64,
}

/// A secret that stands for an account in programs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiToken {
    pub id: Uuid,
    pub account: Uuid,
    pub name: String,
    pub prefix: String,
    pub created_at: i64,
    pub last_used_at: Option<i64>,
}

impl Store {
    /// Stores a new session.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn insert_session(&self, session: &Session, token: &TokenHash) -> Result<(), StoreError> {
        self.execute(insertion(session, token)).await?;
        Ok(())
    }

    /// The session with this secret, and its account. None when it ended.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn session(&self, token: &TokenHash, now_ms: i64) -> Result<Option<(Session, Account)>, StoreError> {
        let row = sqlx::query("SELECT * FROM sessions WHERE token_hash = $1 AND expires_at > $2")
            .bind(&token.0)
            .bind(now_ms)
            .fetch_optional(&mut self.read_live().await?)
            .await?;
        let Some(session) = row.as_ref().map(session).transpose()? else { return Ok(None) };
        Ok(self.account(session.account).await?.map(|account| (session, account)))
    }

    /// Notes that a session is in use, and lets it last until `expires_at`.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn touch_session(&self, session: Uuid, now_ms: i64, expires_at: i64) -> Result<(), StoreError> {
        self.execute(
            sqlx::query("UPDATE sessions SET last_seen_at = $2, expires_at = $3 WHERE id = $1")
                .bind(session.to_string())
                .bind(now_ms)
                .bind(expires_at),
        )
        .await?;
        Ok(())
    }

    /// The sessions of an account, the last used first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn sessions_of(&self, account: Uuid, now_ms: i64) -> Result<Vec<Session>, StoreError> {
        let rows =
            sqlx::query("SELECT * FROM sessions WHERE account_id = $1 AND expires_at > $2 ORDER BY last_seen_at DESC")
                .bind(account.to_string())
                .bind(now_ms)
                .fetch_all(&mut self.read().await?)
                .await?;
        rows.iter().map(session).collect()
    }

    /// Ends a session of an account. False when there is none.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn end_session(&self, account: Uuid, session: Uuid) -> Result<bool, StoreError> {
        self.end_credential("DELETE FROM sessions WHERE id = $1 AND account_id = $2", account, session).await
    }

    /// Stores a new API token.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn insert_api_token(&self, new: &ApiToken, token: &TokenHash) -> Result<(), StoreError> {
        self.execute(
            sqlx::query(
                "INSERT INTO api_tokens (id, token_hash, account_id, name, prefix, created_at)
             VALUES ($1, $2, $3, $4, $5, $6)",
            )
            .bind(new.id.to_string())
            .bind(&token.0)
            .bind(new.account.to_string())
            .bind(&new.name)
            .bind(&new.prefix)
            .bind(new.created_at),
        )
        .await?;
        Ok(())
    }

    /// The API token with this secret, and its account.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn api_token(&self, token: &TokenHash) -> Result<Option<(ApiToken, Account)>, StoreError> {
        let row = sqlx::query("SELECT * FROM api_tokens WHERE token_hash = $1").bind(&token.0);
        let row = row.fetch_optional(&mut self.read_live().await?).await?;
        let Some(token) = row.as_ref().map(api_token).transpose()? else { return Ok(None) };
        Ok(self.account(token.account).await?.map(|account| (token, account)))
    }

    /// Notes that an API token is in use.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn touch_api_token(&self, token: Uuid, now_ms: i64) -> Result<(), StoreError> {
        self.execute(
            sqlx::query("UPDATE api_tokens SET last_used_at = $2 WHERE id = $1").bind(token.to_string()).bind(now_ms),
        )
        .await?;
        Ok(())
    }

    /// The API tokens of an account, newest first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn api_tokens_of(&self, account: Uuid) -> Result<Vec<ApiToken>, StoreError> {
        let rows = sqlx::query("SELECT * FROM api_tokens WHERE account_id = $1 ORDER BY id DESC")
            .bind(account.to_string())
            .fetch_all(&mut self.read().await?)
            .await?;
        rows.iter().map(api_token).collect()
    }

    /// Ends an API token of an account. False when there is none.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn revoke_api_token(&self, account: Uuid, token: Uuid) -> Result<bool, StoreError> {
        self.end_credential("DELETE FROM api_tokens WHERE id = $1 AND account_id = $2", account, token).await
    }

    /// Ends every API token of an account, and says how many they were.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn revoke_api_tokens(&self, account: Uuid) -> Result<u64, StoreError> {
        let mut tx = self.begin().await?;
        let links = "DELETE FROM console_links WHERE made_by IN (SELECT id FROM api_tokens WHERE account_id = $1)";
        sqlx::query(links).bind(account.to_string()).execute(&mut tx).await?;
        let tokens = sqlx::query("DELETE FROM api_tokens WHERE account_id = $1").bind(account.to_string());
        let ended = tokens.execute(&mut tx).await?.rows_affected();
        tx.commit().await?;
        Ok(ended)
    }

    /// Ends a credential and the links that it made, which would let its holder in again.
    async fn end_credential(&self, sql: &'static str, account: Uuid, credential: Uuid) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let ended = sqlx::query(sql).bind(credential.to_string()).bind(account.to_string()).execute(&mut tx).await?;
        if ended.rows_affected() == 0 {
            return Ok(false);
        }
        sqlx::query("DELETE FROM console_links WHERE made_by = $1")
            .bind(credential.to_string())
            .execute(&mut tx)
            .await?;
        tx.commit().await?;
        Ok(true)
    }
}

/// Whether a session or an API token is good, by its id; the token of the developer, which has none, is the owner's.
pub(super) async fn is_good(tx: &mut Tx, credential: Uuid, now_ms: i64) -> Result<bool, StoreError> {
    if credential.is_nil() {
        let disabled =
            "SELECT 1 FROM disabled_accounts d JOIN accounts a ON a.id = d.account_id WHERE a.role = 'owner'";
        return Ok(sqlx::query(disabled).fetch_optional(&mut *tx).await?.is_none());
    }
    let found = sqlx::query(
        "SELECT 1 FROM sessions s WHERE s.id = $1 AND s.expires_at > $2
           AND NOT EXISTS (SELECT 1 FROM disabled_accounts d WHERE d.account_id = s.account_id)
         UNION ALL SELECT 1 FROM api_tokens t WHERE t.id = $1
           AND NOT EXISTS (SELECT 1 FROM disabled_accounts d WHERE d.account_id = t.account_id)",
    )
    .bind(credential.to_string())
    .bind(now_ms)
    .fetch_optional(&mut *tx)
    .await?;
    Ok(found.is_some())
}

/// The statement that stores a session.
pub(super) fn insertion<'q>(session: &'q Session, token: &'q TokenHash) -> Query<'q, Any, AnyArguments> {
    sqlx::query(
        "INSERT INTO sessions (id, token_hash, account_id, user_agent, created_at, last_seen_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(session.id.to_string())
    .bind(&token.0)
    .bind(session.account.to_string())
    .bind(&session.user_agent)
    .bind(session.created_at)
    .bind(session.last_seen_at)
    .bind(session.expires_at)
}

fn session(row: &AnyRow) -> Result<Session, StoreError> {
    Ok(Session {
        id: id(row, "id")?,
        account: id(row, "account_id")?,
        user_agent: row.try_get("user_agent")?,
        created_at: row.try_get("created_at")?,
        last_seen_at: row.try_get("last_seen_at")?,
        expires_at: row.try_get("expires_at")?,
    })
}

fn api_token(row: &AnyRow) -> Result<ApiToken, StoreError> {
    Ok(ApiToken {
        id: id(row, "id")?,
        account: id(row, "account_id")?,
        name: row.try_get("name")?,
        prefix: row.try_get("prefix")?,
        created_at: row.try_get("created_at")?,
        last_used_at: row.try_get("last_used_at")?,
    })
}
