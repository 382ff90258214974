//! `quibble user disable` and `enable`: who may sign in.

use super::Accounts;
use crate::config::Config;
use crate::limits::{ACCESS_CHECK_EVERY, SEQ_CHECK_EVERY};
use anyhow::ensure;

/// Lets an account do nothing more.
///
/// # Errors
/// In words, when there is no such account, or nobody else could sign in.
pub async fn disable(name: &str, config: &Config) -> anyhow::Result<()> {
    let accounts = Accounts::open(config).await?;
    let account = accounts.named(name).await?;
    let name = &account.username;
    ensure!(
        accounts.store().disable_account(account.id, accounts.clock.now_ms()).await?,
        "nobody else could sign in then. Make another account first (`quibble user create`), or shut everybody out \
         with a new password: `quibble user reset-password --end-tokens {name:?}`"
    );
    if account.disabled_at.is_some() {
        println!("{name} was disabled already.");
    } else {
        let seconds = (ACCESS_CHECK_EVERY + SEQ_CHECK_EVERY).as_secs();
        println!(
            "{name} is disabled: signed out, off the consoles of games within {seconds} seconds, and its API tokens are \
             refused.\nWhat it made stays, and its games go on. `quibble user enable {name:?}` takes this back."
        );
    }
    accounts.close().await;
    Ok(())
}

/// Lets a disabled account do again what it could.
///
/// # Errors
/// In words, when there is no such account.
pub async fn enable(name: &str, config: &Config) -> anyhow::Result<()> {
    let accounts = Accounts::open(config).await?;
    let account = accounts.named(name).await?;
    let name = &account.username;
    if !accounts.store().enable_account(account.id).await? {
        println!("{name} was not disabled.");
    } else if account.password_hash.is_some() {
        println!("{name} can sign in again, and its API tokens work again.");
    } else {
        println!("{name} is enabled, and has no password. `quibble user setup-link {name:?}` prints a link for one.");
    }
    accounts.close().await;
    Ok(())
}
