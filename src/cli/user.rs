//! `quibble user …`: accounts, for somebody who has this machine's command line.

use crate::auth::{Auth, Passwords};
use crate::clock::Clock;
use crate::config::Config;
use crate::ids::Ids;
use crate::run::{self, Bound, Lock};
use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Print a link, good once and for 30 minutes, that makes the owner's account or gives it a new password
    SetupLink,
}

/// Runs one of the commands.
///
/// # Errors
/// In words, when the data cannot be opened.
pub async fn run(command: UserCommand, config: Config) -> anyhow::Result<()> {
    match command {
        UserCommand::SetupLink => setup_link(&config).await,
    }
}

async fn setup_link(config: &Config) -> anyhow::Result<()> {
    let clock = Clock::system();
    let ids = Ids::system(clock.clone());
    let dir = &config.data.dir;
    // A running server alone may change the schema of a file.
    let is_served = config.database.is_none() && dir.exists() && Lock::take(dir)?.is_none();
    let store = if is_served { run::open_store_beside(dir).await? } else { run::open_store(config).await? };
    let auth = Auth::new(store.clone(), clock, ids.clone(), Passwords::new(ids), None);
    let token = auth.new_setup_link().await?;
    let served_at = if is_served { run::served_at(dir) } else { None };
    let base_url = served_at.unwrap_or_else(|| run::base_url(config, &Bound::configured(config), None));
    println!("Open this link within 30 minutes. It works once.\n\n  {base_url}/setup#{}\n", token.reveal());
    store.close().await;
    Ok(())
}
