//! Opening the data of a Quibble that may be running.

use crate::config::Config;
use crate::run::{self, Lock};
use crate::store::{Store, newest_schema};
use anyhow::ensure;

/// The data of a Quibble.
pub(super) struct Opened {
    pub store: Store,
    /// A process serves it now.
    pub is_served: bool,
    /// Keeps one from starting meanwhile.
    _lock: Option<Lock>,
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
