//! Whether the database can be upgraded to this version, and back.

use super::database::{bytes, chain, open};
use super::{Check, Checks, ago, backups, disk, size};
use crate::clock::millis;
use crate::config::Config;
use crate::limits::{BACKUP_RECENT_FOR, DISK_FREE_BYTES_MIN};
use crate::store::backup;
use crate::store::{Step, StepState};
use std::path::Path;

const SCHEMA: &str = "schema";
const STEPS: &str = "steps";
const ROLLBACK: &str = "rollback";
const ROOM: &str = "room";
const BACKUP: &str = "backup";

/// How often the data may be there at the same time: itself, a step that writes a table anew, and a backup, which is a
/// copy and then an archive of it.
const COPIES_OF_A_STEP: u64 = 1;
const COPIES_OF_A_BACKUP: u64 = 2;

/// What a start of this version would do to the schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Plan<'a> {
    /// The same schema.
    Nothing {
        at: i64,
    },
    /// The database is newer.
    Older {
        known: i64,
        found: i64,
    },
    /// Steps of the database are not those of this version.
    Changed(i64),
    Upgrade {
        from: i64,
        to: i64,
        steps: &'a [Step],
    },
}

/// Looks what an upgrade to this version would do, and whether it can go ahead. Nothing is changed.
pub async fn examine(config: &Config, backups: &Path, now_ms: i64) -> Checks {
    let mut inspection = match open(config).await {
        Ok(inspection) => inspection,
        Err(check) => return vec![check],
    };
    let read = match inspection.steps().await {
        Ok(steps) => inspection.works_from(&steps).await.map(|works_from| (steps, works_from)).map_err(chain),
        Err(error) => Err(chain(error)),
    };
    inspection.close().await;
    let (steps, works_from) = match read {
        Ok(read) => read,
        Err(error) => return vec![Check::problem(SCHEMA, error, "look at the database: `quibble doctor`")],
    };
    let plan = plan(&steps);
    let mut checks = vec![schema(plan, works_from)];
    if let Plan::Upgrade { from, steps, .. } = plan {
        checks.push(steps_to_come(steps));
        checks.push(rollback(from, works_from_after(steps, works_from)));
        checks.extend(room(config, backups));
        checks.push(recent_backup(config, backups, now_ms));
    }
    checks
}

fn plan(steps: &[Step]) -> Plan<'_> {
    let newest = |is: fn(StepState) -> bool| steps.iter().filter(|step| is(step.state)).map(|step| step.version).max();
    if let Some(changed) = steps.iter().find(|step| step.state == StepState::Changed) {
        return Plan::Changed(changed.version);
    }
    let known = newest(|state| state != StepState::Unknown).unwrap_or(0);
    if let Some(found) = newest(|state| state == StepState::Unknown) {
        return Plan::Older { known, found };
    }
    let from = newest(|state| state == StepState::Applied).unwrap_or(0);
    match steps.iter().position(|step| step.state == StepState::Pending) {
        None => Plan::Nothing { at: known },
        Some(first) => Plan::Upgrade { from, to: known, steps: &steps[first..] },
    }
}

fn schema(plan: Plan<'_>, works_from: i64) -> Check {
    match plan {
        Plan::Nothing { at } => Check::ok(
            SCHEMA,
            format!(
                "the database has the schema of this version (step {at}): nothing is to be done, and versions that know \
                 step {works_from} can serve it, too"
            ),
        ),
        Plan::Older { known, found } if known >= works_from => Check::warning(
            SCHEMA,
            format!("the database is newer (step {found}) than this version (step {known}), which can serve it"),
            "this is the way back; nothing is changed",
        ),
        Plan::Older { known, found } => Check::problem(
            SCHEMA,
            format!(
                "the database is newer (step {found}) than this version (step {known}), and needs step {works_from}"
            ),
            "start the newer version, or restore the backup from before the upgrade",
        ),
        Plan::Changed(step) => Check::problem(
            SCHEMA,
            format!("step {step} of the database is not the one that this version knows"),
            "start the version that made this database",
        ),
        Plan::Upgrade { from, to, .. } => Check::ok(SCHEMA, format!("the database goes from step {from} to step {to}")),
    }
}

fn steps_to_come(steps: &[Step]) -> Check {
    let named: Vec<_> = steps.iter().map(|step| format!("{:04} {}", step.version, step.name)).collect();
    Check::ok(STEPS, format!("{}; `quibble migrate plan` prints them", named.join(", ")))
}

/// The newest step that a version must know to work with the database once `steps` are applied: a step that takes
/// something away writes it down.
fn works_from_after(steps: &[Step], works_from: i64) -> i64 {
    const RAISES: &str = "UPDATE schema_info SET works_from =";
    let raised = |step: &Step| {
        let (_, after) = step.sql.split_once(RAISES)?;
        after.trim_start().split(|c: char| !c.is_ascii_digit()).next()?.parse::<i64>().ok()
    };
    steps.iter().filter_map(raised).fold(works_from, i64::max)
}

/// The version before knows the steps that the database has now, at least.
fn rollback(from: i64, works_from: i64) -> Check {
    if from == 0 {
        return Check::ok(ROLLBACK, "the database is new: there is nothing to go back to");
    }
    if from >= works_from {
        return Check::ok(
            ROLLBACK,
            format!("the version that made step {from} can serve the database afterwards, too"),
        );
    }
    Check::warning(
        ROLLBACK,
        format!("versions that do not know step {works_from} cannot serve the database afterwards"),
        "take a backup right before the upgrade: it is the only way back",
    )
}

/// Whether there is room for a backup, and for a step that writes the largest table anew. A server's disk is its own.
fn room(config: &Config, backups: &Path) -> Checks {
    if config.database.is_some() {
        return Vec::new();
    }
    let data = &config.data.dir;
    // It may have to be made.
    let backups = backups.ancestors().find(|dir| dir.is_dir()).unwrap_or(data);
    let bytes = bytes(config);
    let places = if disk::is_same(data, backups) {
        vec![(data.as_path(), COPIES_OF_A_STEP + COPIES_OF_A_BACKUP)]
    } else {
        vec![(data.as_path(), COPIES_OF_A_STEP), (backups, COPIES_OF_A_BACKUP)]
    };
    let look = |(dir, copies): (&Path, u64)| Some(enough(dir, disk::free(dir)?, bytes.saturating_mul(copies)));
    places.into_iter().filter_map(look).collect()
}

fn enough(dir: &Path, free: u64, wanted: u64) -> Check {
    let wanted = wanted.saturating_add(DISK_FREE_BYTES_MIN);
    let found = format!("{} are free for {}, and {} are wanted", size(free), dir.display(), size(wanted));
    if free >= wanted {
        return Check::ok(ROOM, found);
    }
    Check::problem(ROOM, found, "make room first: for a copy of the data, and for a table that is written anew")
}

fn recent_backup(config: &Config, dir: &Path, now_ms: i64) -> Check {
    let listed = backup::list(dir).unwrap_or_default();
    let age = backups::newest(&listed).map(|manifest| now_ms - manifest.created_at_ms);
    let recent = millis(BACKUP_RECENT_FOR);
    let found = match age {
        Some(age) if age <= recent => {
            return Check::ok(BACKUP, format!("the newest in {} is {} old", dir.display(), ago(age)));
        }
        Some(age) => format!("the newest in {} is {} old", dir.display(), ago(age)),
        None => format!("there is none in {}", dir.display()),
    };
    if config.database.is_some() {
        let advice = "take one: `quibble backup create`; or see that the server has a copy from today by itself";
        return Check::warning(BACKUP, format!("{found}, and copies of the server itself are not known here"), advice);
    }
    Check::problem(BACKUP, found, "take one: `quibble backup create`; or name the folder of yours with --backups")
}

#[cfg(test)]
mod tests {
    use super::super::CheckState;
    use super::*;

    fn step(version: i64, state: StepState, sql: &str) -> Step {
        Step { version, name: format!("number {version}"), sql: sql.to_owned(), state }
    }

    #[test]
    fn a_schema_is_the_same_newer_or_older() {
        use StepState::{Applied, Changed, Pending, Unknown};
        let (one, two) = (step(1, Applied, ""), step(2, Applied, ""));
        let same = [one.clone(), two.clone()];
        assert_eq!(plan(&same), Plan::Nothing { at: 2 });
        let newer = [one.clone(), two, step(3, Unknown, "")];
        assert_eq!(plan(&newer), Plan::Older { known: 2, found: 3 });
        assert_eq!(schema(plan(&newer), 2).state, CheckState::Warning);
        assert_eq!(schema(plan(&newer), 3).state, CheckState::Problem);
        let older = [one, step(2, Pending, ""), step(3, Pending, "")];
        let Plan::Upgrade { from: 1, to: 3, steps } = plan(&older) else { panic!("{:?}", plan(&older)) };
        assert_eq!(steps_to_come(steps).found, "0002 number 2, 0003 number 3; `quibble migrate plan` prints them");
        let changed = [step(1, Changed, ""), step(2, Pending, "")];
        assert_eq!(schema(plan(&changed), 1).state, CheckState::Problem);
    }

    #[test]
    fn a_step_that_takes_something_away_bars_the_way_back() {
        let pending = |sql| step(9, StepState::Pending, sql);
        let raises = pending("-- Why.\nDROP TABLE a;\nUPDATE schema_info SET works_from = 12;\n");
        assert_eq!(works_from_after(&[pending("CREATE TABLE a (n int)")], 4), 4);
        assert_eq!(works_from_after(&[raises.clone(), pending("SELECT 1")], 4), 12);
        assert_eq!(works_from_after(&[raises], 13), 13);
        assert_eq!(rollback(11, 12).state, CheckState::Warning);
        assert_eq!(rollback(12, 12).state, CheckState::Ok);
        assert_eq!(rollback(0, 12).state, CheckState::Ok);
    }

    /// As the steps of this version are written, so that they are understood.
    #[tokio::test]
    async fn the_steps_of_this_version_say_what_they_need() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("quibble.db");
        std::fs::write(&file, "").unwrap();
        let steps = crate::store::schema_steps(&crate::store::Address::File(file)).await.unwrap();
        assert!(steps.iter().all(|step| step.state == StepState::Pending));
        assert_eq!(works_from_after(&steps, 0), 9);
    }

    #[test]
    fn there_is_room_or_there_is_not() {
        let look = |free| enough(Path::new("/data"), free, 1_000).state;
        assert_eq!(look(DISK_FREE_BYTES_MIN + 1_000), CheckState::Ok);
        assert_eq!(look(DISK_FREE_BYTES_MIN + 999), CheckState::Problem);
    }
}
