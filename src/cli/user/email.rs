//! `quibble user email`: where mail to an account goes.

use super::Accounts;
use crate::auth;
use crate::config::Config;

/// Shows where mail to an account goes, or changes it.
///
/// # Errors
/// In words, when there is no such account or address.
pub async fn run(name: &str, email: Option<&str>, remove: bool, config: &Config) -> anyhow::Result<()> {
    let accounts = Accounts::open(config).await?;
    let account = accounts.named(name).await?;
    let (name, now_ms) = (&account.username, accounts.clock.now_ms());
    match email {
        None if remove => {
            accounts.store().set_email(account.id, None, now_ms).await?;
            println!("{name} gets no mail.");
        }
        None => match accounts.store().email(account.id).await? {
            Some(email) => println!("{email}"),
            None => println!("{name} has no address. `quibble user email {name:?} ADDRESS` sets one."),
        },
        Some(email) => {
            let email = auth::email(email)?;
            accounts.store().set_email(account.id, Some(email), now_ms).await?;
            println!("Mail to {name} goes to {email} now.");
        }
    }
    accounts.close().await;
    Ok(())
}
