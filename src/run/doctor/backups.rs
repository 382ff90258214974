//! The copies of the data.

use super::{Check, Checks, ago};
use crate::clock::millis;
use crate::config::Config;
use crate::limits::BACKUP_OLD_AFTER;
use crate::run::database_file;
use crate::store::backup::{self, Listed, Manifest};
use std::path::Path;

const NAME: &str = "backup";

/// Looks for the newest backup of a folder.
pub fn examine(config: &Config, dir: &Path, now_ms: i64) -> Checks {
    if config.database.is_some() {
        // Copies may be taken of the server itself.
        if backup::list(dir).is_ok_and(|listed| listed.is_empty()) {
            return vec![Check::ok(NAME, "the data is in a PostgreSQL server, and its copies are not known here")];
        }
        return vec![newest_check(dir, now_ms)];
    }
    // Before the first start there is nothing to copy.
    if !database_file(&config.data.dir).is_file() {
        return Vec::new();
    }
    vec![newest_check(dir, now_ms)]
}

fn newest_check(dir: &Path, now_ms: i64) -> Check {
    let name = dir.display();
    let listed = match backup::list(dir) {
        Ok(listed) => listed,
        Err(error) => {
            let advice = "run this as the user of the service, or name their folder with --backups";
            return Check::warning(NAME, format!("{name} cannot be listed: {error}"), advice);
        }
    };
    let Some(age) = newest(&listed).map(|manifest| now_ms - manifest.created_at_ms) else {
        let advice = "take one now (`quibble backup create`) and one a day, or name their folder with --backups";
        return Check::warning(NAME, format!("there is no backup in {name}"), advice);
    };
    let found = format!("the newest in {name} is {} old", ago(age));
    let most = millis(BACKUP_OLD_AFTER);
    if age > most {
        return Check::warning(NAME, found, "take one: `quibble backup create`, and see why none was taken since");
    }
    let bad = listed.iter().filter(|backup| backup.manifest.is_err()).count();
    if bad > 0 {
        let advice = "`quibble backup list` shows which, and why";
        return Check::warning(NAME, format!("{found}; {bad} others there cannot be used"), advice);
    }
    Check::ok(NAME, found)
}

/// What the newest backup that can be used says of itself.
pub fn newest(listed: &[Listed]) -> Option<&Manifest> {
    listed.iter().rev().find_map(|backup| backup.manifest.as_ref().ok())
}
