//! Accounts: who may host.

use super::{Store, StoreError, count, database, id};
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
    /// From when on the account may do nothing, in milliseconds since the Unix epoch. None while it may.
    pub disabled_at: Option<i64>,
}

/// What an account may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountRole {
    Host,
    /// Runs this Quibble. There is one.
    Owner,
}

/// An account as those see it who look after this Quibble. Instants are milliseconds since the Unix epoch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountListed {
    pub account: Account,
    pub created_at: i64,
    /// When one of its sessions or API tokens was used last, of those that have not ended.
    pub last_seen_at: Option<i64>,
    pub api_tokens: usize,
}

/// The account that the owner gets.
#[derive(Debug)]
pub struct NewOwner<'a> {
    pub id: Uuid,
    pub username: &'a str,
    pub password_hash: &'a str,
}

/// An account, by what follows: its columns by name, so that a later schema may have more of them.
macro_rules! select_account {
    ($which:literal) => {
        concat!(
            "SELECT a.id, a.username, a.role, a.password_hash, d.disabled_at FROM accounts a
             LEFT JOIN disabled_accounts d ON d.account_id = a.id WHERE ",
            $which
        )
    };
}

impl Store {
    /// Whether anybody has set this Quibble up.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn owner(&self) -> Result<Option<Account>, StoreError> {
        let row = sqlx::query(select_account!("a.role = 'owner'")).fetch_optional(&mut self.read_live().await?).await?;
        row.as_ref().map(account).transpose()
    }

    /// An account by its id.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn account(&self, account_id: Uuid) -> Result<Option<Account>, StoreError> {
        let row = sqlx::query(select_account!("a.id = $1")).bind(account_id.to_string());
        row.fetch_optional(&mut self.read_live().await?).await?.as_ref().map(account).transpose()
    }

    /// An account by its name, in any case.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn account_named(&self, username: &str) -> Result<Option<Account>, StoreError> {
        let row = sqlx::query(select_account!("a.username_key = $1")).bind(username.to_lowercase());
        row.fetch_optional(&mut self.read_live().await?).await?.as_ref().map(account).transpose()
    }

    /// Where mail to an account goes, if it is known.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn email(&self, account_id: Uuid) -> Result<Option<String>, StoreError> {
        let row = sqlx::query("SELECT email FROM account_emails WHERE account_id = $1").bind(account_id.to_string());
        let row = row.fetch_optional(&mut self.read().await?).await?;
        row.map(|row| Ok(row.try_get("email")?)).transpose()
    }

    /// Keeps where mail to an account goes. None: it gets none.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn set_email(&self, account_id: Uuid, email: Option<&str>, now_ms: i64) -> Result<(), StoreError> {
        let statement = match email {
            None => sqlx::query("DELETE FROM account_emails WHERE account_id = $1").bind(account_id.to_string()),
            Some(email) => sqlx::query(
                "INSERT INTO account_emails (account_id, email, updated_at) VALUES ($1, $2, $3)
                 ON CONFLICT (account_id) DO UPDATE SET email = excluded.email, updated_at = excluded.updated_at",
            )
            .bind(account_id.to_string())
            .bind(email)
            .bind(now_ms),
        };
        self.execute(statement).await?;
        Ok(())
    }

    /// All accounts, the oldest first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn accounts(&self) -> Result<Vec<AccountListed>, StoreError> {
        let rows = sqlx::query(
            "SELECT a.id, a.username, a.role, a.password_hash, a.created_at, d.disabled_at,
               (SELECT max(s.last_seen_at) FROM sessions s WHERE s.account_id = a.id) AS session_used_at,
               (SELECT max(t.last_used_at) FROM api_tokens t WHERE t.account_id = a.id) AS token_used_at,
               (SELECT count(*) FROM api_tokens t WHERE t.account_id = a.id) AS tokens
             FROM accounts a LEFT JOIN disabled_accounts d ON d.account_id = a.id ORDER BY a.created_at, a.id",
        )
        .fetch_all(&mut self.read().await?)
        .await?;
        rows.iter().map(listed).collect()
    }

    /// Makes the owner without a password, for `DEV_AUTH_TOKEN` and for the samples of the first start.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn ensure_owner(&self, new_id: Uuid, username: &str, now_ms: i64) -> Result<Account, StoreError> {
        let mut tx = self.begin().await?;
        insert_owner(&mut tx, new_id, username, now_ms).await?;
        tx.commit().await?;
        let owner = self.owner().await?;
        owner.ok_or_else(|| StoreError::Unreadable("the owner is not there".to_owned()))
    }

    /// Sets this Quibble up: makes the owner, or gives the one who never had a password the name and the password. None
    /// when the owner has one. Of two that race, one gets None.
    ///
    /// # Errors
    /// [`StoreError::Exists`] when a host has that name.
    pub async fn make_owner(&self, new: &NewOwner<'_>, now_ms: i64) -> Result<Option<Account>, StoreError> {
        let mut tx = self.begin().await?;
        database::alone(&mut tx, "accounts").await?;
        let is_set_up = sqlx::query("SELECT 1 FROM accounts WHERE role = 'owner' AND password_hash IS NOT NULL")
            .fetch_optional(&mut tx)
            .await?;
        if is_set_up.is_some() {
            return Ok(None);
        }
        let owner = set_up_owner(&mut tx, new, now_ms).await?;
        tx.commit().await?;
        Ok(Some(owner))
    }

    /// Makes an account that hosts.
    ///
    /// # Errors
    /// [`StoreError::Exists`] when somebody has that name.
    pub async fn insert_host(
        &self,
        new_id: Uuid,
        username: &str,
        password_hash: Option<&str>,
        now_ms: i64,
    ) -> Result<Account, StoreError> {
        self.execute(
            sqlx::query(
                "INSERT INTO accounts (id, username, username_key, role, password_hash, created_at, updated_at)
             VALUES ($1, $2, $3, 'host', $4, $5, $5)",
            )
            .bind(new_id.to_string())
            .bind(username)
            .bind(username.to_lowercase())
            .bind(password_hash)
            .bind(now_ms),
        )
        .await?;
        Ok(Account {
            id: new_id,
            username: username.to_owned(),
            role: AccountRole::Host,
            password_hash: password_hash.map(str::to_owned),
            disabled_at: None,
        })
    }

    /// Sets a password and ends every session of the account but the one that is kept, and every link that would let
    /// somebody in.
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
        write_password(&mut tx, account, password_hash, now_ms).await?;
        shut_out(&mut tx, account, keep_session).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Lets an account do nothing more. Its sessions and links end; its API tokens and everything that it made stay.
    /// False, and nothing is changed, where nobody would be left who can sign in or be given a password.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn disable_account(&self, account: Uuid, now_ms: i64) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        database::alone(&mut tx, "accounts").await?;
        let left = sqlx::query(
            "SELECT 1 FROM accounts a WHERE a.id <> $1 AND (a.role = 'owner' OR a.password_hash IS NOT NULL)
               AND NOT EXISTS (SELECT 1 FROM disabled_accounts d WHERE d.account_id = a.id) LIMIT 1",
        )
        .bind(account.to_string())
        .fetch_optional(&mut tx)
        .await?;
        if left.is_none() {
            return Ok(false);
        }
        sqlx::query("INSERT INTO disabled_accounts (account_id, disabled_at) VALUES ($1, $2) ON CONFLICT DO NOTHING")
            .bind(account.to_string())
            .bind(now_ms)
            .execute(&mut tx)
            .await?;
        shut_out(&mut tx, account, None).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Lets an account do again what it could. False when it was not disabled.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn enable_account(&self, account: Uuid) -> Result<bool, StoreError> {
        let enabling = sqlx::query("DELETE FROM disabled_accounts WHERE account_id = $1").bind(account.to_string());
        Ok(self.execute(enabling).await?.rows_affected() > 0)
    }
}

/// Makes the owner or gives them a password, and the name where they never had one, and ends their sessions.
pub(super) async fn set_up_owner(tx: &mut Tx, new: &NewOwner<'_>, now_ms: i64) -> Result<Account, StoreError> {
    insert_owner(tx, new.id, new.username, now_ms).await?;
    // An owner who never had a password was made by the first start, and takes the chosen name.
    sqlx::query("UPDATE accounts SET username = $1, username_key = $2 WHERE role = 'owner' AND password_hash IS NULL")
        .bind(new.username)
        .bind(new.username.to_lowercase())
        .execute(&mut *tx)
        .await?;
    let row = sqlx::query(select_account!("a.role = 'owner'")).fetch_one(&mut *tx).await?;
    let owner = Account { password_hash: Some(new.password_hash.to_owned()), ..account(&row)? };
    write_password(tx, owner.id, new.password_hash, now_ms).await?;
    shut_out(tx, owner.id, None).await?;
    Ok(owner)
}

pub(super) async fn write_password(
    tx: &mut Tx,
    account: Uuid,
    password_hash: &str,
    now_ms: i64,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE accounts SET password_hash = $2, updated_at = $3 WHERE id = $1")
        .bind(account.to_string())
        .bind(password_hash)
        .bind(now_ms)
        .execute(&mut *tx)
        .await?;
    Ok(())
}

/// Ends every session of an account but the one that is kept, and every link that would let somebody in.
pub(super) async fn shut_out(tx: &mut Tx, account: Uuid, keep_session: Option<Uuid>) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM sessions WHERE account_id = $1 AND id <> $2")
        .bind(account.to_string())
        .bind(keep_session.map(|id| id.to_string()).unwrap_or_default())
        .execute(&mut *tx)
        .await?;
    for sql in [
        "DELETE FROM console_links WHERE account_id = $1",
        "DELETE FROM account_links WHERE account_id = $1",
        "DELETE FROM setup_links WHERE EXISTS (SELECT 1 FROM accounts WHERE id = $1 AND role = 'owner')",
    ] {
        sqlx::query(sql).bind(account.to_string()).execute(&mut *tx).await?;
    }
    Ok(())
}

/// An account in a transaction, by its id.
pub(super) async fn account_in(tx: &mut Tx, account_id: Uuid) -> Result<Account, StoreError> {
    let row = sqlx::query(select_account!("a.id = $1")).bind(account_id.to_string()).fetch_one(&mut *tx).await?;
    account(&row)
}

/// Makes the owner where there is none.
async fn insert_owner(tx: &mut Tx, id: Uuid, username: &str, now_ms: i64) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO accounts (id, username, username_key, role, created_at, updated_at)
         SELECT $1, $2, $3, 'owner', $4, $4 WHERE NOT EXISTS (SELECT 1 FROM accounts WHERE role = 'owner')
         ON CONFLICT DO NOTHING",
    )
    .bind(id.to_string())
    .bind(username)
    .bind(username.to_lowercase())
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
        disabled_at: row.try_get("disabled_at")?,
    })
}

fn listed(row: &AnyRow) -> Result<AccountListed, StoreError> {
    let session: Option<i64> = row.try_get("session_used_at")?;
    Ok(AccountListed {
        account: account(row)?,
        created_at: row.try_get("created_at")?,
        last_seen_at: session.max(row.try_get("token_used_at")?),
        api_tokens: count(row, "tokens")?,
    })
}

#[cfg(test)]
mod tests;
