//! Who is asking: signed-in browsers, API tokens, and the links that set this Quibble up.
//!
//! Whoever shows something good of an account that is disabled is told what somebody is told who shows nothing good.

mod email;
mod manage;
mod password;
#[cfg(test)]
mod tests;
mod username;

pub use email::{BadEmail, email};
pub use password::{PasswordProblem, Passwords};
pub use username::{BadUsername, username};

use crate::clock::{Clock, millis};
use crate::ids::{Ids, Token};
use crate::limits::{CONSOLE_LINK_TTL, SESSION_TTL, SETUP_LINK_TTL};
use crate::store::{Account, ConsoleLink, NewOwner, Session, SetupKind, Store, StoreError};
use sha2::{Digest, Sha256};
use std::time::Duration;
use subtle::ConstantTimeEq;
use uuid::Uuid;

/// A session or token that was used this recently is not noted again.
const TOUCH_EVERY: Duration = Duration::from_secs(60);

/// An account, and what it proved itself with.
#[derive(Clone, Debug)]
pub struct Caller {
    pub account: Account,
    pub credential: Credential,
}

/// What a caller proved themselves with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credential {
    ApiToken(Uuid),
    /// `DEV_AUTH_TOKEN`.
    DevToken,
    Session(Uuid),
}

/// Checks credentials. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Auth {
    store: Store,
    clock: Clock,
    ids: Ids,
    pub passwords: Passwords,
    /// The hash of `DEV_AUTH_TOKEN`, which stands for the owner.
    dev_token: Option<[u8; 32]>,
}

/// Why somebody could not sign in or set up.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    #[error("That name and password do not go together.")]
    BadCredentials,
    #[error("This link was used or cancelled, or it is older than 5 minutes. Show a new one on the other console.")]
    ConsoleLinkSpent,
    #[error("This link was used already, or it is older than 30 minutes. `quibble user setup-link` prints a new one.")]
    LinkSpent,
    #[error(transparent)]
    Password(#[from] PasswordProblem),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Auth {
    /// Checks against the accounts in `store`.
    pub fn new(store: Store, clock: Clock, ids: Ids, passwords: Passwords, dev_token: Option<&str>) -> Self {
        let dev_token = dev_token.map(|token| Sha256::digest(token).into());
        Self { store, clock, ids, passwords, dev_token }
    }

    /// The account of a session cookie. None when the session ended, or the account is disabled.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn session(&self, token: &Token) -> Result<Option<Caller>, StoreError> {
        let now = self.clock.now_ms();
        let found = self.store.session(&token.hash(), now).await?;
        let Some((session, account)) = found.filter(|(_, account)| may_act(account)) else { return Ok(None) };
        if is_older(session.last_seen_at, now) {
            let touched = self.store.touch_session(session.id, now, now + millis(SESSION_TTL)).await;
            not_worth_failing(touched);
        }
        Ok(Some(Caller { account, credential: Credential::Session(session.id) }))
    }

    /// The account of a bearer token: an API token, or `DEV_AUTH_TOKEN`. None when it was revoked, or the account is
    /// disabled.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn bearer(&self, token: &Token) -> Result<Option<Caller>, StoreError> {
        if let Some(dev_token) = &self.dev_token {
            let sent: [u8; 32] = Sha256::digest(token.reveal()).into();
            if bool::from(sent.ct_eq(dev_token)) {
                // The start has made one.
                let owner = self.store.owner().await?;
                return Ok(owner
                    .filter(may_act)
                    .map(|owner| Caller { account: owner, credential: Credential::DevToken }));
            }
        }
        let now = self.clock.now_ms();
        let found = self.store.api_token(&token.hash()).await?;
        let Some((api_token, account)) = found.filter(|(_, account)| may_act(account)) else { return Ok(None) };
        if api_token.last_used_at.is_none_or(|used| is_older(used, now)) {
            not_worth_failing(self.store.touch_api_token(api_token.id, now).await);
        }
        Ok(Some(Caller { account, credential: Credential::ApiToken(api_token.id) }))
    }

    /// Signs in with a name and a password, and gives the secret of a new session. An unknown name takes as long as
    /// a wrong password. So does the right password of a disabled account, and it gets the same answer: whoever
    /// found it out shall not learn that it is the right one.
    ///
    /// # Errors
    /// [`AuthError::BadCredentials`], or when the database does not answer.
    pub async fn sign_in(
        &self,
        username: &str,
        password: String,
        user_agent: &str,
    ) -> Result<(Account, Token), AuthError> {
        let account = self.store.account_named(username).await?;
        let hash = account.as_ref().and_then(|account| account.password_hash.clone());
        let right = self.passwords.verify(password, hash).await;
        let account = account.filter(|account| right && may_act(account)).ok_or(AuthError::BadCredentials)?;
        let token = self.open_session(&account, user_agent).await?;
        Ok((account, token))
    }

    /// Opens a session for an account that has proved itself, and gives its secret.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn open_session(&self, account: &Account, user_agent: &str) -> Result<Token, StoreError> {
        let token = self.ids.token();
        self.store.insert_session(&self.new_session(account, user_agent), &token.hash()).await?;
        Ok(token)
    }

    fn new_session(&self, account: &Account, user_agent: &str) -> Session {
        let now = self.clock.now_ms();
        Session {
            id: self.ids.uuid(),
            account: account.id,
            user_agent: user_agent.chars().take(200).collect(),
            created_at: now,
            last_seen_at: now,
            expires_at: now + millis(SESSION_TTL),
        }
    }

    /// Makes the secret of a link that signs one more device in, at a game, and says until when it is good. It is good
    /// once; the link that the game had before stops working.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn new_console_link(&self, caller: &Caller, game: Uuid) -> Result<(Token, i64), StoreError> {
        let (token, now) = (self.ids.token(), self.clock.now_ms());
        let link = ConsoleLink {
            account: caller.account.id,
            game,
            made_by: caller.credential.id(),
            created_at: now,
            expires_at: now + millis(CONSOLE_LINK_TTL),
        };
        self.store.insert_console_link(&link, &token.hash()).await?;
        Ok((token, link.expires_at))
    }

    /// What a console link opens, and whom it signs in.
    ///
    /// # Errors
    /// [`AuthError::ConsoleLinkSpent`], or when the database does not answer.
    pub async fn console_link(&self, token: &Token) -> Result<(ConsoleLink, Account), AuthError> {
        let link = self.store.console_link(&token.hash(), self.clock.now_ms()).await?;
        let link = link.ok_or(AuthError::ConsoleLinkSpent)?;
        let account = self.store.account(link.account).await?.filter(may_act).ok_or(AuthError::ConsoleLinkSpent)?;
        Ok((link, account))
    }

    /// Spends a console link, and gives the secret of a new session.
    ///
    /// # Errors
    /// [`AuthError::ConsoleLinkSpent`], or when the database does not take it.
    pub async fn use_console_link(
        &self,
        token: &Token,
        user_agent: &str,
    ) -> Result<(ConsoleLink, Account, Token), AuthError> {
        let (link, account) = self.console_link(token).await?;
        let secret = self.ids.token();
        let session = self.new_session(&account, user_agent);
        if !self.store.spend_console_link(&token.hash(), &session, &secret.hash()).await? {
            return Err(AuthError::ConsoleLinkSpent);
        }
        Ok((link, account, secret))
    }

    /// Makes the secret of a set-up link of the owner's, good for 30 minutes and one use. Older links stop working.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn new_setup_link(&self) -> Result<Token, StoreError> {
        let (token, now) = (self.ids.token(), self.clock.now_ms());
        self.store.insert_setup_link(&token.hash(), now, now + millis(SETUP_LINK_TTL)).await?;
        Ok(token)
    }

    /// What a set-up link does.
    ///
    /// # Errors
    /// [`AuthError::LinkSpent`], or when the database does not answer.
    pub async fn setup_kind(&self, token: &Token) -> Result<SetupKind, AuthError> {
        self.store.setup_kind(&token.hash(), self.clock.now_ms()).await?.ok_or(AuthError::LinkSpent)
    }

    /// Spends a set-up link: makes the owner, or sets the new password of the account that it is for.
    ///
    /// # Errors
    /// A password that does not work, [`AuthError::LinkSpent`], or when the database does not take it.
    pub async fn set_up(&self, token: &Token, username: &str, password: String) -> Result<Account, AuthError> {
        self.setup_kind(token).await?;
        let password_hash = self.passwords.hash(password).await?;
        let new = NewOwner { id: self.ids.uuid(), username, password_hash: &password_hash };
        let owner = self.store.spend_setup_link(&token.hash(), &new, self.clock.now_ms()).await?;
        owner.ok_or(AuthError::LinkSpent)
    }

    /// Makes sure that somebody who is signed in knows the password, too.
    ///
    /// # Errors
    /// [`AuthError::BadCredentials`].
    pub async fn confirm(&self, caller: &Caller, password: String) -> Result<(), AuthError> {
        if !self.passwords.verify(password, caller.account.password_hash.clone()).await {
            return Err(AuthError::BadCredentials);
        }
        Ok(())
    }

    /// Changes a password, for somebody who knows the old one. Other sessions of the account end.
    ///
    /// # Errors
    /// [`AuthError::BadCredentials`], a new password that does not work, or when the database does not take it.
    pub async fn change_password(&self, caller: &Caller, current: String, new: String) -> Result<(), AuthError> {
        self.confirm(caller, current).await?;
        let hash = self.passwords.hash(new).await?;
        let keep = match caller.credential {
            Credential::Session(id) => Some(id),
            Credential::ApiToken(_) | Credential::DevToken => None,
        };
        Ok(self.store.set_password(caller.account.id, &hash, keep, self.clock.now_ms()).await?)
    }
}

impl Credential {
    /// What live connections are revoked by. `DEV_AUTH_TOKEN` is never revoked.
    pub fn id(self) -> Uuid {
        match self {
            Self::ApiToken(id) | Self::Session(id) => id,
            Self::DevToken => Uuid::nil(),
        }
    }
}

fn may_act(account: &Account) -> bool {
    account.disabled_at.is_none()
}

fn is_older(at: i64, now: i64) -> bool {
    now - at >= millis(TOUCH_EVERY)
}

/// Noting when something was last used must not keep anybody out while the disk is full.
fn not_worth_failing(noted: Result<(), StoreError>) {
    if let Err(error) = noted {
        tracing::debug!(%error, "the last use could not be noted");
    }
}
