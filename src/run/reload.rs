//! Reading the configuration again, on SIGHUP: what can be changed in a process that serves is changed, what cannot is
//! named, and a configuration with mistakes changes nothing. No connection notices.

use super::supervisor;
use crate::config::{Config, Effective, Secret, Sources};
use crate::telemetry::logs::Level;
use std::sync::Arc;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

/// What takes effect without a restart.
#[cfg(unix)]
const AT_ONCE: [&str; 4] = ["log.level", "ops.metrics_token", "game.drain_delay_seconds", "game.drain_grace_seconds"];

/// What a new configuration changes.
pub(super) struct Reload {
    pub sources: Sources,
    /// The configuration of the process as it serves.
    pub config: watch::Sender<Arc<Config>>,
    pub log_level: Level,
    pub metrics_token: watch::Sender<Option<Secret>>,
    /// Told on every SIGHUP.
    pub told: Arc<Notify>,
}

impl Reload {
    /// Waits for SIGHUP, again and again.
    #[cfg(unix)]
    pub async fn keep(self, stop: CancellationToken) {
        use tokio::signal::unix::{SignalKind, signal};
        let mut hangup = match signal(SignalKind::hangup()) {
            Ok(hangup) => hangup,
            Err(error) => return tracing::warn!(%error, "the configuration cannot be read again without a restart"),
        };
        loop {
            tokio::select! {
                _ = hangup.recv() => {}
                () = stop.cancelled() => return,
            }
            supervisor::tell_reloading();
            self.once();
            self.told.notify_waiters();
            supervisor::tell_reloaded();
        }
    }

    /// There is no such signal.
    #[cfg(not(unix))]
    pub async fn keep(self, stop: CancellationToken) {
        stop.cancelled().await;
    }

    #[cfg(unix)]
    fn once(&self) {
        let new = match Config::load(self.sources.clone()) {
            Ok(new) => new,
            Err(error) => return tracing::error!(%error, "the new configuration is not used, the old one stays"),
        };
        let old = Arc::clone(&self.config.borrow());
        let changed: Vec<_> = changed(&old.effective, &new.effective).collect();
        let (now, later): (Vec<&str>, Vec<&str>) = changed.into_iter().partition(|key| AT_ONCE.contains(key));
        if now.contains(&"log.level")
            && let Err(error) = self.log_level.set(&new.log.level)
        {
            tracing::error!(%error, "the new log.level is not used, the old one stays");
        }
        self.metrics_token.send_replace(new.ops.metrics_token);
        for warning in &new.warnings {
            tracing::warn!("{warning}");
        }
        tracing::info!(changed = now.join(", "), needs_restart = later.join(", "), "the configuration was read again");
        // What needs a restart stays what it is, and is named again until there is one.
        let mut served = old.as_ref().clone();
        for (kept, new) in served.effective.iter_mut().zip(&new.effective).filter(|(kept, _)| now.contains(&kept.key)) {
            *kept = new.clone();
        }
        served.game.drain_delay = new.game.drain_delay;
        served.game.drain_grace = new.game.drain_grace;
        self.config.send_replace(Arc::new(served));
    }
}

/// The settings with another value.
#[cfg(unix)]
fn changed<'a>(old: &'a [Effective], new: &'a [Effective]) -> impl Iterator<Item = &'static str> {
    old.iter().zip(new).filter(|(old, new)| old.has_other_value_than(new)).map(|(old, _)| old.key)
}
