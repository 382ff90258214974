//! What somebody does with accounts who has the command line of this machine.

use super::{Auth, AuthError};
use crate::clock::millis;
use crate::ids::Token;
use crate::limits::SETUP_LINK_TTL;
use crate::store::{Account, AccountRole, NewOwner, StoreError};

impl Auth {
    /// Makes an account that hosts. Without a password it can be given one by a link.
    ///
    /// # Errors
    /// A password that does not work, [`StoreError::Exists`] when somebody has that name, or when the database does not
    /// take it.
    pub async fn create_host(&self, username: &str, password: Option<String>) -> Result<Account, AuthError> {
        let hash = match password {
            Some(password) => Some(self.passwords.hash(password).await?),
            None => None,
        };
        Ok(self.store.insert_host(self.ids.uuid(), username, hash.as_deref(), self.clock.now_ms()).await?)
    }

    /// Makes the owner. None when there is one with a password.
    ///
    /// # Errors
    /// A password that does not work, [`StoreError::Exists`] when a host has that name, or when the database does not
    /// take it.
    pub async fn create_owner(&self, username: &str, password: String) -> Result<Option<Account>, AuthError> {
        let password_hash = self.passwords.hash(password).await?;
        let new = NewOwner { id: self.ids.uuid(), username, password_hash: &password_hash };
        Ok(self.store.make_owner(&new, self.clock.now_ms()).await?)
    }

    /// Makes the secret of a link that sets the password of an account, good for 30 minutes and one use. Its older link
    /// stops working.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn new_account_link(&self, account: &Account) -> Result<Token, StoreError> {
        match account.role {
            AccountRole::Host => {}
            // The link of the owner is that of a first start.
            AccountRole::Owner => return self.new_setup_link().await,
        }
        let (token, now) = (self.ids.token(), self.clock.now_ms());
        let expires_at = now + millis(SETUP_LINK_TTL);
        self.store.insert_account_link(account.id, &token.hash(), now, expires_at).await?;
        Ok(token)
    }

    /// Gives an account a new password, whoever knew the old one. Its sessions and links end.
    ///
    /// # Errors
    /// A password that does not work, or when the database does not take it.
    pub async fn reset_password(&self, account: &Account, password: String) -> Result<(), AuthError> {
        let hash = self.passwords.hash(password).await?;
        Ok(self.store.set_password(account.id, &hash, None, self.clock.now_ms()).await?)
    }
}
