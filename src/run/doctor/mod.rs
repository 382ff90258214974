//! Whether this machine and this configuration carry a night: what is checked, found and to be done. Nothing is changed
//! by looking. Who shows it is another matter.

mod backups;
mod certificate;
mod database;
mod disk;
mod folder;
mod machine;
mod network;
pub mod upgrade;

pub use disk::free;

use crate::clock::Clock;
use crate::config::Config;
use serde::Serialize;
use std::path::Path;

/// How one thing is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What was looked at: a stable name, such as `disk_space`.
    pub name: &'static str,
    pub state: CheckState,
    /// What was found, in a sentence.
    pub found: String,
    /// What to do about it. None where there is nothing to do.
    pub advice: Option<String>,
}

/// Whether something is as it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckState {
    Ok,
    /// It works, but somebody should look.
    Warning,
    /// It does not work.
    Problem,
}

/// What one look finds out: several things, as a rule.
type Checks = Vec<Check>;

/// Looks at everything that `config` names: this machine, the database, Redis, what listens here, and the backups in a
/// folder. Goes nowhere else, but for the name in the public URL, which it looks up.
pub async fn examine(config: &Config, backups: &Path, clock: &Clock) -> Checks {
    let mut checks = vec![configuration(config)];
    checks.extend(folder::examine(config));
    checks.extend(database::examine(config, clock).await);
    checks.extend(network::redis(config).await);
    checks.push(machine::clock(clock.now_ms()));
    checks.extend(machine::open_files(config.server.max_connections));
    checks.push(machine::memory(config.server.max_connections));
    checks.extend(network::ports(config).await);
    checks.push(network::service(config).await);
    checks.push(network::public_url(config).await);
    checks.extend(certificate::examine(config, clock.now_ms()).await);
    checks.extend(backups::examine(config, backups, clock.now_ms()));
    checks
}

fn configuration(config: &Config) -> Check {
    let name = "configuration";
    let file = match &config.file {
        Some(file) => format!("it can be read, and its file is {}", file.display()),
        None => "it can be read, and there is no file".to_owned(),
    };
    if config.warnings.is_empty() {
        return Check::ok(name, file);
    }
    Check::warning(name, config.warnings.join("; "), "take out what this version does not act on")
}

impl Check {
    /// Something is as it should be.
    pub fn ok(name: &'static str, found: impl Into<String>) -> Self {
        Self { name, state: CheckState::Ok, found: found.into(), advice: None }
    }

    /// Something works, but somebody should look.
    pub fn warning(name: &'static str, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { name, state: CheckState::Warning, found: found.into(), advice: Some(advice.into()) }
    }

    /// Something does not work.
    pub fn problem(name: &'static str, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { name, state: CheckState::Problem, found: found.into(), advice: Some(advice.into()) }
    }
}

/// An amount of bytes for people.
fn size(bytes: u64) -> String {
    const MIB: u64 = 1024 * 1024;
    match bytes {
        ..MIB => format!("{} KiB", bytes.div_ceil(1024)),
        MIB..10_737_418_240 => format!("{} MiB", bytes / MIB),
        _ => format!("{} GiB", bytes / (1024 * MIB)),
    }
}

/// A span for people.
fn ago(ms: i64) -> String {
    let hours = ms / 3_600_000;
    match hours {
        ..1 => format!("{} minutes", ms / 60_000),
        1..48 => format!("{hours} hours"),
        _ => format!("{} days", hours / 24),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_written_for_people() {
        let sizes = [0, 1, 1_048_575, 1_048_576, 10_737_418_239, 10_737_418_240].map(size);
        assert_eq!(sizes, ["0 KiB", "1 KiB", "1024 KiB", "1 MiB", "10239 MiB", "10 GiB"]);
        let spans = [0, 3_599_999, 3_600_000, 172_799_999, 172_800_000].map(ago);
        assert_eq!(spans, ["0 minutes", "59 minutes", "1 hours", "47 hours", "2 days"]);
    }
}
