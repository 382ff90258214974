//! Accounts: who may host, and the links that make or recover the owner.

use super::{Store, StoreError, id};
use crate::ids::TokenHash;
use crate::store::tx::Tx;
use sqlx::Row;
use sqlx::any::AnyRow;
use uuid::Uuid;

/// A person who signs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub id: Uuid,
    pub username: String,
    pub role: AccountRole,
    /// A PHC string. None until a password is set.
    pub password_hash: Option<String>,
}

/// What an account may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountRole {
    Host,
    /// Runs this Quibble. There is one.
    Owner,
}

/// The account that a set-up link makes.
#[derive(Debug)]
pub struct NewOwner<'a> {
    pub id: Uuid,
    pub username: &'a str,
    pub password_hash: &'a str,
}

/// What a set-up link does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SetupKind {
    /// Makes the owner.
    Owner,
    /// Sets a new password for the owner who is there already.
    Recovery(Account),
}

impl Store {
    /// Whether anybody has set this Quibble up.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn owner(&self) -> Result<Option<Account>, StoreError> {
        let row = sqlx::query("SELECT * FROM accounts WHERE role = 'owner'")
            .fetch_optional(&mut self.read_live().await?)
            .await?;
        row.as_ref().map(account).transpose()
    }

    /// An account by its id.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn account(&self, account_id: Uuid) -> Result<Option<Account>, StoreError> {
        let row = sqlx::query("SELECT * FROM accounts WHERE id = $1").bind(account_id.to_string());
        row.fetch_optional(&mut self.read_live().await?).await?.as_ref().map(account).transpose()
    }

    /// An account by its name, in any case.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn account_named(&self, username: &str) -> Result<Option<Account>, StoreError> {
        let row = sqlx::query("SELECT * FROM accounts WHERE username_key = $1").bind(username.to_lowercase());
        row.fetch_optional(&mut self.read_live().await?).await?.as_ref().map(account).transpose()
    }

    /// Makes the owner without a password, for `DEV_AUTH_TOKEN` and for the samples of the first start.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn ensure_owner(&self, new_id: Uuid, username: &str, now_ms: i64) -> Result<Account, StoreError> {
        let mut tx = self.begin().await?;
        insert_owner(&mut tx, new_id, username, None, now_ms).await?;
        tx.commit().await?;
        let owner = self.owner().await?;
        owner.ok_or_else(|| StoreError::Unreadable("the owner is not there".to_owned()))
    }

    /// Makes an account that hosts, without a password.
    ///
    /// # Errors
    /// [`StoreError::Exists`] when somebody has that name.
    pub async fn insert_host(&self, new_id: Uuid, username: &str, now_ms: i64) -> Result<Account, StoreError> {
        self.execute(
            sqlx::query(
                "INSERT INTO accounts (id, username, username_key, role, created_at, updated_at)
             VALUES ($1, $2, $3, 'host', $4, $4)",
            )
            .bind(new_id.to_string())
            .bind(username)
            .bind(username.to_lowercase())
            .bind(now_ms),
        )
        .await?;
        Ok(Account { id: new_id, username: username.to_owned(), role: AccountRole::Host, password_hash: None })
    }

    /// Stores a set-up link. Older ones stop working.
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

    /// What a set-up link does. None when it is unknown, used or too old.
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
        if link.is_none() {
            return Ok(None);
        }
        Ok(Some(match self.owner().await? {
            Some(owner) if owner.password_hash.is_some() => SetupKind::Recovery(owner),
            Some(_) | None => SetupKind::Owner,
        }))
    }

    /// Spends a set-up link: makes the owner, or gives the owner who is there a new password and ends their sessions.
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
            "UPDATE setup_links SET used_at = $2 WHERE token_hash = $1 AND used_at IS NULL AND expires_at > $2",
        )
        .bind(&token.0)
        .bind(now_ms)
        .execute(&mut tx)
        .await?;
        if spent.rows_affected() == 0 {
            return Ok(None);
        }
        insert_owner(&mut tx, new.id, new.username, None, now_ms).await?;
        // An owner who never had a password was made by the first start, and takes the chosen name.
        sqlx::query(
            "UPDATE accounts SET username = CASE WHEN password_hash IS NULL THEN $1 ELSE username END,
               username_key = CASE WHEN password_hash IS NULL THEN $2 ELSE username_key END,
               password_hash = $3, updated_at = $4
             WHERE role = 'owner'",
        )
        .bind(new.username)
        .bind(new.username.to_lowercase())
        .bind(new.password_hash)
        .bind(now_ms)
        .execute(&mut tx)
        .await?;
        for sql in [
            "DELETE FROM sessions WHERE account_id IN (SELECT id FROM accounts WHERE role = 'owner')",
            "DELETE FROM console_links WHERE account_id IN (SELECT id FROM accounts WHERE role = 'owner')",
        ] {
            sqlx::query(sql).execute(&mut tx).await?;
        }
        let row = sqlx::query("SELECT * FROM accounts WHERE role = 'owner'").fetch_one(&mut tx).await?;
        let owner = account(&row)?;
        tx.commit().await?;
        Ok(Some(owner))
    }

    /// Sets a password and ends every session of the account but the one that is kept, and every console link.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn set_password(
        &self,
        account: Uuid,
        password_hash: &str,
        keep_session: Option<Uuid>,
        now_ms: i64,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        sqlx::query("UPDATE accounts SET password_hash = $2, updated_at = $3 WHERE id = $1")
            .bind(account.to_string())
            .bind(password_hash)
            .bind(now_ms)
            .execute(&mut tx)
            .await?;
        sqlx::query("DELETE FROM sessions WHERE account_id = $1 AND id <> $2")
            .bind(account.to_string())
            .bind(keep_session.map(|id| id.to_string()).unwrap_or_default())
            .execute(&mut tx)
            .await?;
        sqlx::query("DELETE FROM console_links WHERE account_id = $1")
            .bind(account.to_string())
            .execute(&mut tx)
            .await?;
        tx.commit().await?;
        Ok(())
    }
}

/// Makes the owner where there is none.
async fn insert_owner(
    tx: &mut Tx,
    id: Uuid,
    username: &str,
    password_hash: Option<&str>,
    now_ms: i64,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO accounts (id, username, username_key, role, password_hash, created_at, updated_at)
         SELECT $1, $2, $3, 'owner', $4, $5, $5 WHERE NOT EXISTS (SELECT 1 FROM accounts WHERE role = 'owner')
         ON CONFLICT DO NOTHING",
    )
    .bind(id.to_string())
    .bind(username)
    .bind(username.to_lowercase())
    .bind(password_hash)
    .bind(now_ms)
    .execute(&mut *tx)
    .await?;
    Ok(())
}

fn account(row: &AnyRow) -> Result<Account, StoreError> {
    let role: &str = row.try_get("role")?;
    Ok(Account {
        id: id(row, "id")?,
        username: row.try_get("username")?,
        role: if role == "owner" { AccountRole::Owner } else { AccountRole::Host },
        password_hash: row.try_get("password_hash")?,
    })
}
