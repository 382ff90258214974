//! What the owner sees and does who looks after this Quibble: each resource a file.

mod accounts;
mod backups;
mod health;
mod process;
mod settings;
mod tonight;

pub use backups::Copying;
pub use health::{Examined, HealthCheck, HealthState};
pub use settings::{SettingOrigin, SettingView};

use crate::http::App;
use futures_util::future::BoxFuture;
use std::fmt::Debug;
use std::path::PathBuf;
use utoipa_axum::router::OpenApiRouter;

/// Knows the machine that this process runs on, and what it was started with. The edge knows neither.
pub trait KnowsMachine: Debug + Send + Sync {
    /// Looks at everything, as `quibble doctor` does. It may wait for files and other machines, so it is to be run where
    /// that holds nobody up.
    fn examine(&self) -> BoxFuture<'static, Vec<HealthCheck>>;

    /// Every setting as it is in effect.
    fn settings(&self) -> Vec<SettingView>;

    /// The folder of the backups. None where the data is in a server, whose operator sees to its copies.
    fn backups(&self) -> Option<PathBuf>;

    /// Bytes that may still be written where the data is. None where the system does not say, or the data is elsewhere.
    fn disk_free(&self) -> Option<u64>;
}

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(accounts::routes())
        .merge(backups::routes())
        .merge(health::routes())
        .merge(process::routes())
        .merge(settings::routes())
        .merge(tonight::routes())
}
