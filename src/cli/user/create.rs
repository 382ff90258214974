//! `quibble user create`: new accounts.

use super::password::PasswordFrom;
use super::{Accounts, link, new_name};
use crate::auth::{self, AuthError};
use crate::config::Config;
use crate::ids::Ids;
use crate::jobs::{Letter, Queue, Task};
use crate::store::StoreError;
use anyhow::{Context, bail};

/// Makes an account that hosts, with a password or with a link to choose one, which is mailed where that can be.
///
/// # Errors
/// In words, when there is none at the end.
pub async fn host(name: &str, password: Option<String>, email: Option<String>, config: &Config) -> anyhow::Result<()> {
    let name = new_name(name)?;
    let email = email.as_deref().map(auth::email).transpose()?;
    let accounts = Accounts::open_or_make(config).await?;
    let has_password = password.is_some();
    let account = accounts.auth.create_host(name, password).await.map_err(|error| explained(error, name))?;
    if email.is_some() {
        accounts.store().set_email(account.id, email, accounts.clock.now_ms()).await?;
    }
    match email {
        _ if has_password => println!("{name} hosts here now, and signs in at {}", accounts.base_url),
        Some(email) if config.mail.is_some() => {
            let queue =
                Queue::new(accounts.store().clone(), accounts.clock.clone(), Ids::system(accounts.clock.clone()));
            queue.add(Task::Mail(Letter::Invitation { account: account.id })).await?;
            println!("{name} hosts here now. An invitation goes to {email} at once, or when Quibble runs.");
        }
        Some(_) | None => {
            let token = accounts.auth.new_account_link(&account).await?;
            println!("{name} hosts here now, and has no password yet.");
            link::print(&accounts.base_url, &token);
        }
    }
    accounts.close().await;
    Ok(())
}

/// Makes the owner's account.
///
/// # Errors
/// In words, when nothing gives the password, or there is an owner.
pub async fn owner(name: &str, password: &PasswordFrom, config: &Config) -> anyhow::Result<()> {
    let name = new_name(name)?;
    let password = password.read()?.context(
        "the owner needs a password: give --password-stdin or --password-file, or print a link with \
         `quibble user setup-link`, by which the owner chooses name and password",
    )?;
    let accounts = Accounts::open_or_make(config).await?;
    let Some(owner) = accounts.auth.create_owner(name, password).await.map_err(|error| explained(error, name))? else {
        let there = accounts.store().owner().await?.map(|owner| owner.username).unwrap_or_default();
        bail!(
            "there is an owner, who is called {there:?} and has a password. `quibble user reset-password {there:?}` \
             sets another one; without --owner an account that hosts is made"
        );
    };
    println!("{} owns this Quibble, and signs in at {}", owner.username, accounts.base_url);
    accounts.close().await;
    Ok(())
}

fn explained(error: AuthError, name: &str) -> anyhow::Error {
    match error {
        AuthError::Store(StoreError::Exists) => {
            anyhow::anyhow!("an account is called {name:?} already. Choose another name; `quibble user list` shows all")
        }
        error => error.into(),
    }
}
