//! What the owner's pages show of this machine and of what the process was started with. Put together here, where the
//! configuration and the doctor are known, so that the edge knows neither.

use super::doctor::{self, Check, CheckState};
use super::reload::AT_ONCE;
use super::work::backup_dir;
use crate::clock::Clock;
use crate::config::{Config, Effective, Layer, Origin, Shown, reference};
use crate::http::{HealthCheck, HealthState, KnowsMachine, SettingOrigin, SettingView};
use futures_util::future::BoxFuture;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::watch;

/// Knows this machine, and the configuration as it is in effect.
#[derive(Clone, Debug)]
pub struct Machine {
    config: watch::Receiver<Arc<Config>>,
    clock: Clock,
}

impl Machine {
    /// Of a process that serves with this configuration.
    #[must_use]
    pub fn new(config: watch::Receiver<Arc<Config>>, clock: &Clock) -> Self {
        Self { config, clock: clock.clone() }
    }

    fn config(&self) -> Arc<Config> {
        Arc::clone(&self.config.borrow())
    }
}

impl KnowsMachine for Machine {
    fn examine(&self) -> BoxFuture<'static, Vec<HealthCheck>> {
        let (config, clock) = (self.config(), self.clock.clone());
        Box::pin(async move {
            let checks = doctor::examine(&config, &backup_dir(&config), &clock).await;
            checks.into_iter().map(HealthCheck::from).collect()
        })
    }

    fn settings(&self) -> Vec<SettingView> {
        let mut about = reference::about();
        let config = self.config();
        config.effective.iter().filter_map(|effective| Some(view(effective, about.remove(effective.key)?))).collect()
    }

    fn backups(&self) -> Option<PathBuf> {
        let config = self.config();
        config.database.is_none().then(|| backup_dir(&config))
    }

    fn disk_free(&self) -> Option<u64> {
        let config = self.config();
        config.database.is_none().then(|| doctor::free(&config.data.dir)).flatten()
    }
}

fn view(Effective { key, given }: &Effective, about: reference::About) -> SettingView {
    let reference::About { text, default, variables, flag, is_secret } = about;
    let value = match given {
        Some((Shown::Value(value), _)) => Some(value.clone()),
        Some((Shown::Hidden(_), _)) | None => None,
    };
    let origin = given.as_ref().map(|(_, origin)| origin);
    let set_by = origin.filter(|origin| origin.layer != Layer::Default);
    SettingView {
        key,
        value,
        is_set: given.is_some(),
        secret: is_secret,
        origin: origin.map(|origin| from(origin.layer)),
        place: set_by.map(|Origin { place, .. }| place.clone()),
        locked: set_by.is_some(),
        about: text,
        default,
        variables,
        flag,
        needs_restart: !AT_ONCE.contains(key),
    }
}

fn from(layer: Layer) -> SettingOrigin {
    match layer {
        Layer::Credential => SettingOrigin::Credential,
        Layer::Default => SettingOrigin::Default,
        Layer::Environment => SettingOrigin::Environment,
        Layer::File => SettingOrigin::File,
        Layer::Flag => SettingOrigin::Flag,
    }
}

impl From<Check> for HealthCheck {
    fn from(Check { name, state, found, advice }: Check) -> Self {
        let state = match state {
            CheckState::Ok => HealthState::Ok,
            CheckState::Warning => HealthState::Warning,
            CheckState::Problem => HealthState::Problem,
        };
        Self { name, state, found, advice }
    }
}
