//! `quibble user …`: accounts, for somebody who has this machine's command line.

use crate::auth::{Auth, Passwords};
use crate::clock::Clock;
use crate::config::Config;
use crate::ids::Ids;
use crate::run::{self, Lock};
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
    // A running server has the right to change the schema, and nobody else.
    let lock = if dir.exists() { Lock::try_take(dir)? } else { None };
    let serving = if lock.is_none() { Lock::told(dir).filter(|_| dir.exists()) } else { None };
    let store = match &serving {
        Some(_) => run::open_store_beside(dir).await?,
        None => run::open_store(dir).await?,
    };
    let auth = Auth::new(store.clone(), clock, ids.clone(), Passwords::new(ids), None);
    let token = auth.new_setup_link().await?;
    let base_url = serving.unwrap_or_else(|| run::base_url(config, &config.server.listen));
    println!("Open this link within 30 minutes. It works once.\n\n  {base_url}/setup#{}\n", token.reveal());
    store.close().await;
    Ok(())
}
