//! `quibble upgrade-check`: whether the database can be upgraded to this version, and back.

use super::doctor::Options;
use crate::clock::Clock;
use crate::config::Config;
use crate::run::doctor::upgrade;
use std::process::ExitCode;

/// Looks, and prints what was found. The exit code is 0 where an upgrade can go ahead, else 1.
pub async fn run(options: &Options, config: &Config) -> ExitCode {
    let now_ms = Clock::system().now_ms();
    options.show(&upgrade::examine(config, &options.backups(config), now_ms).await)
}
