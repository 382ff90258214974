//! The workers of a process: which work it does, and where that work leads.

use super::ending::Ending;
use crate::config::{Config, Role};
use crate::http;
use crate::jobs::{self, Backup, Jobs, LANES, Mailer, Webhooks};
use anyhow::Context;
use std::path::PathBuf;

/// Where copies of the data go.
pub fn backup_dir(config: &Config) -> PathBuf {
    config.backup.dir.clone().unwrap_or_else(|| config.data.dir.join("backups"))
}

/// Starts to do what is in the queue, unless that is left to others.
pub(super) fn begin(config: &Config, parts: &http::Parts, ending: &Ending) -> anyhow::Result<()> {
    // Whoever leaves the work to others has the same settings, and hears at once what is wrong with them.
    let mailer = config.mail.as_ref().map(Mailer::new).transpose().context("mail cannot be sent")?;
    let webhooks = config.webhooks.as_ref().map(Webhooks::new).transpose().context("with webhooks.ca_file")?;
    let keep = usize::try_from(config.backup.keep).unwrap_or(usize::MAX);
    let jobs = Jobs::new(jobs::Parts {
        queue: parts.queue.clone(),
        store: parts.store.clone(),
        live: parts.live.clone(),
        auth: parts.auth.clone(),
        clock: parts.clock.clone(),
        ids: parts.ids.clone(),
        metrics: parts.metrics.clone(),
        base_url: parts.base_url.clone(),
        backup: Backup { every: config.backup.every, keep, dir: backup_dir(config), address: super::address(config) },
        mailer,
        webhooks,
    });
    ending.tasks.spawn(jobs.clone().keep_counted(ending.stop.clone()));
    match config.server.role {
        Role::Web => return Ok(()),
        Role::All | Role::Worker => {}
    }
    ending.tasks.spawn(jobs.clone().keep_round(ending.stop.clone()));
    for _ in 0..LANES {
        ending.tasks.spawn(jobs.clone().work(ending.stop.clone()));
    }
    Ok(())
}
