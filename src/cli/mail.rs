//! `quibble mail …`: whether mail goes out.

use crate::auth;
use crate::clock::Clock;
use crate::config::Config;
use crate::ids::Ids;
use crate::jobs::Mailer;
use crate::run::{self, Bound};
use anyhow::Context;
use clap::Subcommand;
use std::time::Duration;
use tokio::time::timeout;

/// The longest wait for the server of the mail.
const SENT_WITHIN: Duration = Duration::from_secs(60);

#[derive(Debug, Subcommand)]
pub enum MailCommand {
    /// Send a letter that says only that it has come
    Test {
        /// To whom; without it, to mail.alerts_to
        #[arg(long, value_name = "ADDRESS")]
        to: Option<String>,
    },
}

/// Runs one of the commands.
///
/// # Errors
/// In words, when no mail went out.
pub async fn run(command: MailCommand, config: &Config) -> anyhow::Result<()> {
    let MailCommand::Test { to } = command;
    let mail = config.mail.as_ref().context("mail.host is not set: nothing says which server takes the mail")?;
    let to = match &to {
        Some(to) => auth::email(to).with_context(|| format!("{to:?} cannot be written to"))?,
        None => mail.alerts_to.as_deref().context("say to whom: give --to, or set mail.alerts_to")?,
    };
    let mailer = Mailer::new(mail)?;
    let base_url = run::base_url(config, &Bound::configured(config), None);
    let id = Ids::system(Clock::system()).uuid();
    let (host, port) = (&mail.host, mail.port);
    timeout(SENT_WITHIN, mailer.send_test(id, to, &base_url))
        .await
        .with_context(|| format!("{host}:{port} did not take it within {} s", SENT_WITHIN.as_secs()))?
        .with_context(|| format!("{host}:{port} did not take it"))?;
    println!("{host}:{port} has taken a letter to {to}. Look whether it arrives, and where.");
    Ok(())
}
