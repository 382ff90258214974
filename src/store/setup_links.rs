//! Links that make the owner, or set the password of an account. Only hashes of their secrets are kept.

use super::accounts::{account_in, set_up_owner, shut_out, write_password};
use super::{Account, NewOwner, Store, StoreError, id};
use crate::ids::TokenHash;
use crate::store::tx::Tx;
use uuid::Uuid;

/// What a set-up link does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SetupKind {
    /// Makes the owner.
    Owner,
    /// Sets a new password for the owner who is there already, or for the account that the link was made for.
    Recovery(Account),
}

impl Store {
    /// Stores a set-up link of the owner's. Older ones stop working.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn insert_setup_link(&self, token: &TokenHash, now_ms: i64, expires_at: i64) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        sqlx::query("DELETE FROM setup_links").execute(&mut tx).await?;
        sqlx::query("INSERT INTO setup_links (token_hash, created_at, expires_at) VALUES ($1, $2, $3)")
            .bind(&token.0)
            .bind(now_ms)
            .bind(expires_at)
            .execute(&mut tx)
            .await?;
        tx.commit().await?;
        Ok(())
    }

    /// Stores a link that sets the password of an account. Its older one stops working.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn insert_account_link(
        &self,
        account: Uuid,
        token: &TokenHash,
        now_ms: i64,
        expires_at: i64,
    ) -> Result<(), StoreError> {
        self.execute(
            sqlx::query(
                "INSERT INTO account_links (token_hash, account_id, created_at, expires_at) VALUES ($1, $2, $3, $4)
                 ON CONFLICT (account_id) DO UPDATE SET token_hash = excluded.token_hash,
                   created_at = excluded.created_at, expires_at = excluded.expires_at",
            )
            .bind(&token.0)
            .bind(account.to_string())
            .bind(now_ms)
            .bind(expires_at),
        )
        .await?;
        Ok(())
    }

    /// What a set-up link does. None when it is unknown, used or too old, or its account is disabled.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn setup_kind(&self, token: &TokenHash, now_ms: i64) -> Result<Option<SetupKind>, StoreError> {
        let link =
            sqlx::query("SELECT 1 FROM setup_links WHERE token_hash = $1 AND used_at IS NULL AND expires_at > $2")
                .bind(&token.0)
                .bind(now_ms)
                .fetch_optional(&mut self.read_live().await?)
                .await?;
        let account = if link.is_some() {
            match self.owner().await? {
                Some(owner) if owner.password_hash.is_some() || owner.disabled_at.is_some() => Some(owner),
                Some(_) | None => return Ok(Some(SetupKind::Owner)),
            }
        } else {
            let link = sqlx::query("SELECT account_id FROM account_links WHERE token_hash = $1 AND expires_at > $2")
                .bind(&token.0)
                .bind(now_ms)
                .fetch_optional(&mut self.read_live().await?)
                .await?;
            match link {
                Some(link) => self.account(id(&link, "account_id")?).await?,
                None => None,
            }
        };
        Ok(account.filter(|account| account.disabled_at.is_none()).map(SetupKind::Recovery))
    }

    /// Spends a set-up link: makes the owner, or gives the account that it is for a new password and ends its sessions.
    /// Of two that race with one link, one gets None.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn spend_setup_link(
        &self,
        token: &TokenHash,
        new: &NewOwner<'_>,
        now_ms: i64,
    ) -> Result<Option<Account>, StoreError> {
        let mut tx = self.begin().await?;
        let spent = sqlx::query(
            "UPDATE setup_links SET used_at = $2 WHERE token_hash = $1 AND used_at IS NULL AND expires_at > $2
               AND NOT EXISTS (SELECT 1 FROM disabled_accounts d JOIN accounts a ON a.id = d.account_id
                               WHERE a.role = 'owner')",
        )
        .bind(&token.0)
        .bind(now_ms)
        .execute(&mut tx)
        .await?;
        let account = if spent.rows_affected() > 0 {
            Some(set_up_owner(&mut tx, new, now_ms).await?)
        } else {
            spend_account_link(&mut tx, token, new.password_hash, now_ms).await?
        };
        tx.commit().await?;
        Ok(account)
    }
}

async fn spend_account_link(
    tx: &mut Tx,
    token: &TokenHash,
    password_hash: &str,
    now_ms: i64,
) -> Result<Option<Account>, StoreError> {
    let spent = sqlx::query(
        "DELETE FROM account_links WHERE token_hash = $1 AND expires_at > $2
           AND NOT EXISTS (SELECT 1 FROM disabled_accounts d WHERE d.account_id = account_links.account_id)
         RETURNING account_id",
    )
    .bind(&token.0)
    .bind(now_ms)
    .fetch_optional(&mut *tx)
    .await?;
    let Some(spent) = spent else { return Ok(None) };
    let account = id(&spent, "account_id")?;
    write_password(tx, account, password_hash, now_ms).await?;
    shut_out(tx, account, None).await?;
    Ok(Some(account_in(tx, account).await?))
}
