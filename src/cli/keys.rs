//! `quibble keys …`: the secret key.

use super::open::open_there;
use super::secret_file::{first_line, first_line_of};
use crate::clock::Clock;
use crate::config::{Config, Secret, secret_key};
use crate::ids::Ids;
use crate::run::{self, Rotated};
use crate::store::copy;
use anyhow::{Context, ensure};
use clap::{Args, Subcommand};
use serde_json::json;
use std::io::{self, IsTerminal};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Put another secret key in the place of the one that there is, and seal everything with it
    ///
    /// No Quibble may be running with the data. Where the key is in the data folder, a new one is made there. Where
    /// auth.secret_key is configured, the new one is asked for, or read from where an option says; afterwards it is set
    /// there. Should that fail, the same command can be given again.
    Rotate(Rotating),
}

#[derive(Debug, Args)]
pub struct Rotating {
    /// Read the new key from standard input, up to the end of its first line
    #[arg(long, conflicts_with = "new_key_file")]
    new_key_stdin: bool,
    /// Read the new key from the first line of this file
    #[arg(long, value_name = "FILE")]
    new_key_file: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs one of the commands.
///
/// # Errors
/// In words, when it cannot be done.
pub async fn run(command: KeysCommand, config: &Config) -> anyhow::Result<()> {
    match command {
        KeysCommand::Rotate(rotating) => rotating.run(config).await,
    }
}

impl Rotating {
    async fn run(&self, config: &Config) -> anyhow::Result<()> {
        let old = config.auth.secret_key.as_ref();
        // Before anything is opened.
        let new = old.map(|_| self.read()).transpose()?;
        ensure!(
            old.is_some() || (!self.new_key_stdin && self.new_key_file.is_none()),
            "the secret key is in a file of the data folder, where a new one is made: leave the option out"
        );
        let opened = open_there(config).await?;
        ensure!(!opened.is_served, "a Quibble is running with the data. Stop it first");
        if opened.store.is_shared() {
            ensure!(
                !copy::is_served(&run::address(config)).await?,
                "a Quibble is running with the data. Stop it first"
            );
        }
        let rotated = match (old, new) {
            (Some(old), Some(new)) => run::rotate_configured(&opened.store, old, &new).await,
            _ => run::rotate_file(&config.data.dir, &opened.store, &Ids::system(Clock::system())).await,
        };
        opened.store.close().await;
        self.print(&rotated?);
        Ok(())
    }

    fn read(&self) -> anyhow::Result<Secret> {
        let text = if let Some(file) = &self.new_key_file {
            first_line_of(file)?
        } else if self.new_key_stdin {
            first_line(io::stdin().lock()).context("the new key on standard input cannot be read")?
        } else {
            ensure!(
                io::stdin().is_terminal(),
                "nothing gives the new key: give --new-key-stdin or --new-key-file (`openssl rand -hex 32` makes a good one)"
            );
            rpassword::prompt_password("New secret key: ").context("the new key cannot be asked for")?
        };
        secret_key(&text).map_err(anyhow::Error::msg)
    }

    fn print(&self, rotated: &Rotated) {
        let Rotated { sealed_again, left, file } = rotated;
        if self.json {
            println!("{}", json!({ "sealed_again": sealed_again, "left": left, "file": file }));
            return;
        }
        println!("There is another secret key. Sealed with it: {sealed_again}.");
        if *left > 0 {
            println!("What neither key opens stays as it is, and counts as not there: {left}.");
        }
        match file {
            Some(file) => println!("It is in {}. Keep it with the backups, but not in the same place.", file.display()),
            None => println!("Set auth.secret_key to it now, before Quibble starts."),
        }
    }
}
