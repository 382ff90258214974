//! `quibble doctor`: whether this machine and this configuration carry a night.

use super::checks;
use crate::clock::Clock;
use crate::config::{Config, ConfigError, Sources};
use crate::run::{
    self,
    doctor::{self, Check},
};
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub struct Options {
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Where the backups are; without it, the one of backup.dir
    #[arg(long, value_name = "DIR")]
    backups: Option<PathBuf>,
}

impl Options {
    pub(super) fn show(&self, checks: &[Check]) -> ExitCode {
        checks::show(checks, self.json)
    }

    pub(super) fn backups(&self, config: &Config) -> PathBuf {
        self.backups.clone().unwrap_or_else(|| run::backup_dir(config))
    }
}

/// Looks at everything, and prints it. The exit code is 0 where nothing is a problem, else 1.
pub async fn run(options: &Options, sources: Sources) -> ExitCode {
    match Config::load(sources) {
        Ok(config) => options.show(&doctor::examine(&config, &options.backups(&config), &Clock::system()).await),
        Err(error) => options.show(&unreadable(&error)),
    }
}

/// Without a configuration nothing else can be looked at.
fn unreadable(error: &ConfigError) -> Vec<Check> {
    let check = |problem: &crate::config::Problem| {
        let found = format!("{}: {}, from {}", problem.key, problem.what, problem.origin);
        let advice = problem.hint.clone();
        Check::problem(
            "configuration",
            found,
            advice.unwrap_or_else(|| "`quibble config generate` explains it".to_owned()),
        )
    };
    error.problems.iter().map(check).collect()
}
