//! New passwords: where they come from, and `quibble user reset-password`.

use super::super::secret_file::{first_line, first_line_of};
use super::Accounts;
use crate::config::Config;
use anyhow::{Context, ensure};
use clap::Args;
use std::io::{self, IsTerminal};
use std::path::PathBuf;

/// Where a new password comes from. Never from the command line itself, which others on the machine see.
#[derive(Debug, Args)]
pub struct PasswordFrom {
    /// Read the password from standard input, up to the end of its first line
    #[arg(long, conflicts_with = "password_file")]
    password_stdin: bool,
    /// Read the password from the first line of this file
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

impl PasswordFrom {
    /// Reads it, or asks for it on a terminal. None where there is neither.
    ///
    /// # Errors
    /// In words, when it cannot be read, or the two that were typed differ.
    pub fn read(&self) -> anyhow::Result<Option<String>> {
        if let Some(file) = &self.password_file {
            return first_line_of(file).map(Some);
        }
        if self.password_stdin {
            let read = first_line(io::stdin().lock());
            return Ok(Some(read.context("the password on standard input cannot be read")?));
        }
        if !io::stdin().is_terminal() {
            return Ok(None);
        }
        let ask = |what| rpassword::prompt_password(what).context("the password cannot be asked for");
        let password = ask("New password: ")?;
        ensure!(ask("The same again: ")? == password, "the two are not the same, so nothing was changed");
        Ok(Some(password))
    }
}

/// Sets another password.
///
/// # Errors
/// In words, when nothing gives it, or there is no such account.
pub async fn reset(name: &str, end_tokens: bool, password: &PasswordFrom, config: &Config) -> anyhow::Result<()> {
    let password = password.read()?.with_context(|| {
        format!(
            "nothing gives the password: give --password-stdin or --password-file, or print a link with \
             `quibble user setup-link {name:?}`"
        )
    })?;
    let accounts = Accounts::open(config).await?;
    let account = accounts.named(name).await?;
    accounts.auth.reset_password(&account, password).await?;
    println!("{} has a new password. Whoever was signed in with the old one is out.", account.username);
    if end_tokens {
        println!("API tokens that ended: {}.", accounts.store().revoke_api_tokens(account.id).await?);
    } else {
        let tokens = accounts.store().api_tokens_of(account.id).await?.len();
        if tokens > 0 {
            println!("API tokens that still work: {tokens}. With --end-tokens they would end, too.");
        }
    }
    if account.disabled_at.is_some() {
        println!("The account is disabled all the same. `quibble user enable {:?}` changes that.", account.username);
    }
    accounts.close().await;
    Ok(())
}
