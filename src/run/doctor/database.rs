//! The database, as it is beside whoever serves it.

use super::{Check, Checks, ago, size};
use crate::clock::{Clock, millis};
use crate::config::Config;
use crate::limits::{
    DATABASE_CLOCK_OFF_MS_MAX, DATABASE_PING_MAX, INTEGRITY_CHECK_TIMEOUT, JOB_WAITS_MAX, WAL_BYTES_MAX,
};
use crate::run::{address, database_file, trust_one_crypto_provider};
use crate::store::{Inspection, Step, StepState, StoreError, backup};
use std::fs;
use std::time::Duration;
use tokio::time::timeout;

const DATABASE: &str = "database";
const SCHEMA: &str = "schema";
const JOBS: &str = "jobs";

/// Looks at the database that `config` names.
pub async fn examine(config: &Config, clock: &Clock) -> Checks {
    let mut inspection = match open(config).await {
        Ok(inspection) => inspection,
        Err(check) => return vec![check],
    };
    let mut checks = vec![answers(inspection.ping().await)];
    match inspection.server().await {
        Ok(None) => {
            checks.push(integrity(timeout(INTEGRITY_CHECK_TIMEOUT, inspection.damage()).await.ok()));
            checks.extend(log_of_writes(config));
        }
        Ok(Some(server)) => {
            if server.only_reads {
                let advice = "let database.url lead to the server that takes writes";
                checks.push(Check::problem(DATABASE, "the server only reads, as after a failover", advice));
            }
            checks.push(its_clock(server.clock_ms - clock.now_ms()));
        }
        Err(error) => checks.push(Check::problem(DATABASE, error.to_string(), "look at the server")),
    }
    checks.push(match inspection.steps().await {
        Ok(steps) => match inspection.works_from(&steps).await {
            Ok(works_from) => schema(&steps, works_from),
            Err(error) => Check::problem(SCHEMA, error.to_string(), "look at the database"),
        },
        Err(error) => Check::problem(SCHEMA, chain(error), "look at the database"),
    });
    // An older schema has no place for them, and that is said above.
    if let Ok((dead, waits_since)) = inspection.jobs().await {
        checks.push(jobs(dead, waits_since.map(|since| clock.now_ms() - since)));
    }
    inspection.close().await;
    checks
}

/// `waits_ms`: for how long the job that waits longest could have been begun.
fn jobs(dead: i64, waits_ms: Option<i64>) -> Check {
    let most = millis(JOB_WAITS_MAX);
    match waits_ms {
        Some(waits) if waits > most => {
            let found = format!("one has waited for {} to be begun", ago(waits));
            Check::warning(
                JOBS,
                found,
                "see that Quibble runs; where work is divided, that one is a worker (server.role)",
            )
        }
        _ if dead > 0 => {
            let advice = "`quibble jobs list --state dead` says why; `quibble jobs retry` or `cancel` each";
            Check::warning(JOBS, format!("{dead} have failed for good"), advice)
        }
        _ => Check::ok(JOBS, "none has failed for good, and none waits for a worker"),
    }
}

/// Opens it, or says why there is nothing to look at.
pub(super) async fn open(config: &Config) -> Result<Inspection, Check> {
    let file = database_file(&config.data.dir);
    if config.database.is_none() && !file.exists() {
        return Err(Check::ok(DATABASE, format!("there is none yet; the first start makes {}", file.display())));
    }
    trust_one_crypto_provider();
    Inspection::open(&address(config)).await.map_err(|error| {
        let advice = match config.database {
            None => "run this as the user of the service; where the file is damaged, restore a backup",
            Some(_) => "see that the server runs, and that database.url is right",
        };
        Check::problem(DATABASE, chain(error), advice)
    })
}

fn answers(pinged: Result<Duration, StoreError>) -> Check {
    match pinged {
        Err(error) => Check::problem(DATABASE, error.to_string(), "see that the database runs and takes connections"),
        Ok(took) if took > DATABASE_PING_MAX => Check::warning(
            DATABASE,
            format!("it opens, and takes {took:.1?} for an answer without looking anything up"),
            "see what keeps the disk, the network or the server busy: each answer of a player waits for it",
        ),
        Ok(took) => Check::ok(DATABASE, format!("it opens, and answers in {took:.1?}")),
    }
}

/// `found` is none where the time did not suffice.
fn integrity(found: Option<Result<Vec<String>, StoreError>>) -> Check {
    let name = "integrity";
    let advice = "stop Quibble, keep a copy of the data folder, and restore the last good backup (`quibble restore`)";
    match found {
        None => {
            let found = format!("the file is too large to be read within {INTEGRITY_CHECK_TIMEOUT:?}");
            Check::warning(name, found, "`quibble backup create` reads it whole, and takes its time")
        }
        Some(Err(error)) => Check::problem(name, error.to_string(), advice),
        Some(Ok(damage)) if damage.is_empty() => Check::ok(name, "the file is sound (quick_check)"),
        Some(Ok(damage)) => Check::problem(name, format!("the file is damaged: {}", damage.join("; ")), advice),
    }
}

/// The log that SQLite writes to before the file.
fn log_of_writes(config: &Config) -> Option<Check> {
    let name = "write_ahead_log";
    let file = database_file(&config.data.dir).with_extension("db-wal");
    let bytes = fs::metadata(&file).ok()?.len();
    let found = format!("{} has {}", file.display(), size(bytes));
    if bytes <= WAL_BYTES_MAX {
        return Some(Check::ok(name, found));
    }
    let advice = "something keeps a long look at the database open: a backup, or another program. Restarting Quibble \
        takes the log in";
    Some(Check::warning(name, found, advice))
}

fn its_clock(ahead_ms: i64) -> Check {
    let name = "database_clock";
    let found = format!("it differs from this machine's by {} ms", ahead_ms.abs());
    if ahead_ms.abs() <= DATABASE_CLOCK_OFF_MS_MAX {
        return Check::ok(name, found);
    }
    Check::warning(name, format!("{found}, and counts"), "set both clocks: `timedatectl set-ntp true`")
}

/// The schema of a database beside the one of this program.
fn schema(steps: &[Step], works_from: i64) -> Check {
    let of = |state| steps.iter().filter(move |step| step.state == state).map(|step| step.version);
    let known = steps.iter().filter(|step| step.state != StepState::Unknown).map(|step| step.version).max();
    let known = known.unwrap_or(0);
    if let Some(changed) = of(StepState::Changed).next() {
        let found = format!("step {changed} is not the one that this version knows");
        return Check::problem(SCHEMA, found, "use the version that made this database");
    }
    if let Some(found) = of(StepState::Unknown).max() {
        let advice = "use the newer version that the database was upgraded by";
        let found = format!("the database is newer (step {found}) than this version (step {known})");
        return if known < works_from {
            Check::problem(SCHEMA, format!("{found}, and needs step {works_from} at least"), advice)
        } else {
            Check::warning(SCHEMA, format!("{found}, which can serve it"), advice)
        };
    }
    match of(StepState::Pending).count() {
        0 => Check::ok(SCHEMA, format!("it is the one of this version (step {known})")),
        pending => {
            let advice = "`quibble upgrade-check` says whether an upgrade can go ahead; the next start does it";
            Check::warning(SCHEMA, format!("{pending} steps up to {known} are still to come"), advice)
        }
    }
}

/// Bytes that the database takes as files of the data folder.
pub(super) fn bytes(config: &Config) -> u64 {
    let files = backup::files_of(&database_file(&config.data.dir)).unwrap_or_default();
    files.iter().filter_map(|file| fs::metadata(file).ok()).map(|about| about.len()).sum()
}

/// An error with what it comes from, in one line. Some errors repeat what they come from.
pub(super) fn chain(error: impl Into<anyhow::Error>) -> String {
    let mut text = String::new();
    for cause in error.into().chain().map(ToString::to_string) {
        if text.is_empty() {
            text = cause;
        } else if !text.ends_with(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::CheckState;
    use super::*;

    #[test]
    fn jobs_that_nobody_does_are_told() {
        let most = i64::try_from(JOB_WAITS_MAX.as_millis()).unwrap();
        for (dead, waits, state, told) in [
            (0, None, CheckState::Ok, "none has failed"),
            (0, Some(most), CheckState::Ok, "none has failed"),
            (0, Some(-1), CheckState::Ok, "none has failed"),
            (3, None, CheckState::Warning, "3 have failed"),
            (3, Some(most + 1), CheckState::Warning, "to be begun"),
        ] {
            let check = jobs(dead, waits);
            assert_eq!(check.state, state, "{check:?}");
            assert!(check.found.contains(told), "{check:?}");
        }
    }

    fn steps(states: &[StepState]) -> Vec<Step> {
        let step = |(place, state): (usize, &StepState)| Step {
            version: i64::try_from(place).unwrap() + 1,
            name: String::new(),
            sql: String::new(),
            state: *state,
        };
        states.iter().enumerate().map(step).collect()
    }

    #[test]
    fn a_schema_is_older_equal_or_newer() {
        use StepState::{Applied, Changed, Pending, Unknown};
        let state = |states: &[StepState], works_from| schema(&steps(states), works_from).state;
        assert_eq!(state(&[Applied, Applied], 1), CheckState::Ok);
        assert_eq!(state(&[Applied, Pending], 1), CheckState::Warning);
        assert_eq!(state(&[Applied, Unknown], 1), CheckState::Warning);
        assert_eq!(state(&[Applied, Unknown], 2), CheckState::Problem);
        assert_eq!(state(&[Changed, Pending], 1), CheckState::Problem);
    }

    #[test]
    fn what_is_slow_or_damaged_is_told() {
        assert_eq!(answers(Ok(DATABASE_PING_MAX)).state, CheckState::Ok);
        assert_eq!(answers(Ok(DATABASE_PING_MAX + Duration::from_nanos(1))).state, CheckState::Warning);
        assert_eq!(integrity(None).state, CheckState::Warning);
        assert_eq!(integrity(Some(Ok(vec!["row 3 missing".to_owned()]))).state, CheckState::Problem);
        assert_eq!(its_clock(-DATABASE_CLOCK_OFF_MS_MAX).state, CheckState::Ok);
        assert_eq!(its_clock(DATABASE_CLOCK_OFF_MS_MAX + 1).state, CheckState::Warning);
    }
}
