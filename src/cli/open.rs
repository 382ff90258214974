//! Opening the data of a Quibble that may be running.

use crate::config::{Config, nearest};
use crate::run::{self, Lock};
use crate::store::{Account, Store, newest_schema};
use anyhow::ensure;

/// The data of a Quibble.
pub(super) struct Opened {
    pub store: Store,
    /// A process serves it now.
    pub is_served: bool,
    /// Keeps one from starting meanwhile.
    _lock: Option<Lock>,
}

impl Opened {
    /// The account of that name.
    ///
    /// # Errors
    /// In words, with the name that was probably meant, when there is none.
    pub async fn account(&self, name: &str) -> anyhow::Result<Account> {
        if let Some(account) = self.store.account_named(name.trim()).await? {
            return Ok(account);
        }
        let accounts = self.store.accounts().await?;
        let near = nearest(name.trim(), accounts.iter().map(|listed| listed.account.username.as_str()));
        let hint = near.map_or_else(
            || "`quibble user list` shows all names".to_owned(),
            |near| format!("Is {near:?} the one that you mean?"),
        );
        Err(anyhow::anyhow!("no account is called {name:?}. {hint}"))
    }
}

/// Opens what there is.
///
/// # Errors
/// In words, when there is nothing, or it cannot be opened.
pub(super) async fn open_there(config: &Config) -> anyhow::Result<Opened> {
    let dir = &config.data.dir;
    ensure!(
        config.database.is_some() || run::database_file(dir).is_file(),
        "there is no data in {}. Give the configuration and the --data-dir of the service",
        dir.display()
    );
    open(config).await
}

/// Opens what there is, or makes it. A running server alone may change the schema of a file.
///
/// # Errors
/// In words, when it cannot be opened.
pub(super) async fn open(config: &Config) -> anyhow::Result<Opened> {
    let dir = &config.data.dir;
    let has_file = config.database.is_none() && dir.exists();
    let lock = if has_file { Lock::take(dir)? } else { None };
    let is_served = has_file && lock.is_none();
    let store = if is_served {
        let store = run::open_store_beside(dir).await?;
        ensure!(
            store.schema_version().await? >= newest_schema(),
            "the Quibble that runs here is older than this program. Restart it with this version first"
        );
        store
    } else {
        run::open_store(config).await?
    };
    Ok(Opened { store, is_served, _lock: lock })
}
