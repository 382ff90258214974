//! `quibble user …`: accounts, for somebody who has this machine's command line.

mod access;
mod create;
mod email;
mod link;
mod list;
mod password;

use super::open::{Opened, open, open_there};
use crate::auth::{Auth, Passwords};
use crate::clock::Clock;
use crate::config::Config;
use crate::ids::Ids;
use crate::run::{self, Bound};
use crate::store::{Account, Store};
use anyhow::Context;
use clap::Subcommand;
use password::PasswordFrom;

#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Make an account that hosts: with a password, or with a link by which its person chooses one
    ///
    /// On a terminal the password is asked for. Elsewhere, and without an option that says where it is, a link is printed
    /// that is good once and for 30 minutes.
    Create {
        /// What the person signs in with
        name: String,
        /// Make the owner's account, which must have no password yet
        #[arg(long)]
        owner: bool,
        /// Print a link instead of asking for a password
        #[arg(long, conflicts_with_all = ["owner", "password_stdin", "password_file"])]
        link: bool,
        /// Where mail to it goes; where mail.host is set and no password is given, an invitation goes there
        #[arg(long, value_name = "ADDRESS", conflicts_with = "owner")]
        email: Option<String>,
        #[command(flatten)]
        password: PasswordFrom,
    },
    /// Show or change where mail to an account goes
    Email {
        /// Whose
        name: String,
        /// The new address
        email: Option<String>,
        /// Send it no more mail
        #[arg(long, conflicts_with = "email")]
        remove: bool,
    },
    /// List the accounts: their role, when they were made and last seen, and whether they can sign in
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Give an account a new password, and sign out every browser that is signed in to it
    ResetPassword {
        /// Whose
        name: String,
        /// End its API tokens, too
        #[arg(long)]
        end_tokens: bool,
        #[command(flatten)]
        password: PasswordFrom,
    },
    /// Print a link, good once and for 30 minutes, that makes the owner's account or gives an account a new password
    SetupLink {
        /// Whose; without it, the owner's
        name: Option<String>,
    },
    /// Let an account do nothing more: nobody signs in to it, and its browsers and API tokens are refused
    ///
    /// What it made stays, and its games go on. `quibble user enable` lets it sign in again.
    Disable {
        /// Whose
        name: String,
    },
    /// Let a disabled account sign in again, and its API tokens work again
    Enable {
        /// Whose
        name: String,
    },
}

/// Runs one of the commands.
///
/// # Errors
/// In words, when it cannot be done.
pub async fn run(command: UserCommand, config: Config) -> anyhow::Result<()> {
    match command {
        UserCommand::Create { name, owner: true, password, .. } => create::owner(&name, &password, &config).await,
        UserCommand::Create { name, link: true, email, .. } => create::host(&name, None, email, &config).await,
        UserCommand::Create { name, email, password, .. } => {
            create::host(&name, password.read()?, email, &config).await
        }
        UserCommand::Email { name, email, remove } => email::run(&name, email.as_deref(), remove, &config).await,
        UserCommand::List { json } => list::run(json, &config).await,
        UserCommand::ResetPassword { name, end_tokens, password } => {
            password::reset(&name, end_tokens, &password, &config).await
        }
        UserCommand::SetupLink { name } => link::run(name.as_deref(), &config).await,
        UserCommand::Disable { name } => access::disable(&name, &config).await,
        UserCommand::Enable { name } => access::enable(&name, &config).await,
    }
}

/// The accounts of a Quibble, which may be running.
struct Accounts {
    opened: Opened,
    auth: Auth,
    clock: Clock,
    /// Where people reach it.
    base_url: String,
}

impl Accounts {
    /// Opens what there is.
    ///
    /// # Errors
    /// In words, when there is nothing, or it cannot be opened.
    async fn open(config: &Config) -> anyhow::Result<Self> {
        Ok(Self::with(open_there(config).await?, config))
    }

    /// Opens what there is, or makes it.
    ///
    /// # Errors
    /// In words, when it cannot be opened.
    async fn open_or_make(config: &Config) -> anyhow::Result<Self> {
        Ok(Self::with(open(config).await?, config))
    }

    fn with(opened: Opened, config: &Config) -> Self {
        let clock = Clock::system();
        let ids = Ids::system(clock.clone());
        let auth = Auth::new(opened.store.clone(), clock.clone(), ids.clone(), Passwords::new(ids), None);
        let served_at = if opened.is_served { run::served_at(&config.data.dir) } else { None };
        let base_url = served_at.unwrap_or_else(|| run::base_url(config, &Bound::configured(config), None));
        Self { opened, auth, clock, base_url }
    }

    /// The account of that name.
    ///
    /// # Errors
    /// In words, with the name that was probably meant, when there is none.
    async fn named(&self, name: &str) -> anyhow::Result<Account> {
        self.opened.account(name).await
    }

    fn store(&self) -> &Store {
        &self.opened.store
    }

    async fn close(self) {
        self.store().close().await;
    }
}

/// The name of a new account.
fn new_name(name: &str) -> anyhow::Result<&str> {
    crate::auth::username(name).with_context(|| format!("{name:?} cannot be the name of an account"))
}
