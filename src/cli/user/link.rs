//! `quibble user setup-link`: links by which people choose a password themselves.

use super::Accounts;
use crate::config::Config;
use crate::ids::Token;
use anyhow::bail;

/// Prints a link for the owner, or for an account by its name.
///
/// # Errors
/// In words, when there is no such account, or the link would not work.
pub async fn run(name: Option<&str>, config: &Config) -> anyhow::Result<()> {
    let accounts = match name {
        Some(_) => Accounts::open(config).await?,
        None => Accounts::open_or_make(config).await?,
    };
    let account = match name {
        Some(name) => Some(accounts.named(name).await?),
        None => accounts.store().owner().await?,
    };
    if let Some(account) = account.as_ref().filter(|account| account.disabled_at.is_some()) {
        let name = &account.username;
        bail!("{name} is disabled, so a link would not work. `quibble user enable {name:?}` comes first");
    }
    let token = match &account {
        Some(account) => accounts.auth.new_account_link(account).await?,
        None => accounts.auth.new_setup_link().await?,
    };
    print(&accounts.base_url, &token);
    accounts.close().await;
    Ok(())
}

pub(super) fn print(base_url: &str, token: &Token) {
    println!("Open this link within 30 minutes. It works once.\n\n  {base_url}/setup#{}\n", token.reveal());
}
