//! The data folder.

use super::disk::{self, Kind};
use super::{Check, Checks, size};
use crate::config::Config;
use crate::limits::{DISK_FREE_BYTES_LOW, DISK_FREE_BYTES_MIN};
use crate::run::database_file;
use std::fs::{self, Metadata};
use std::io::ErrorKind;
use std::path::Path;

const FOLDER: &str = "data_folder";
const SPACE: &str = "disk_space";
const FILE_SYSTEM: &str = "file_system";

/// Looks at the folder in which everything is kept. With a server there is none.
pub fn examine(config: &Config) -> Checks {
    if config.database.is_some() {
        return Vec::new();
    }
    let dir = &config.data.dir;
    let about = match fs::metadata(dir) {
        Ok(about) => about,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let advice = "the first start makes it. If there was one, give the --data-dir of the service";
            return vec![Check::warning(FOLDER, format!("{} is not there", dir.display()), advice)];
        }
        Err(error) => {
            let advice = "run this as the user of the service";
            return vec![Check::problem(FOLDER, format!("{} cannot be looked at: {error}", dir.display()), advice)];
        }
    };
    let mut checks = vec![folder(dir, &about)];
    checks.extend(disk::free(dir).map(|free| space(dir, free)));
    checks.extend(disk::kind(dir).map(|kind| file_system(dir, kind)));
    checks
}

fn folder(dir: &Path, about: &Metadata) -> Check {
    let name = dir.display();
    if !about.is_dir() {
        return Check::problem(FOLDER, format!("{name} is no folder"), "choose another --data-dir");
    }
    #[cfg(unix)]
    if let Some(check) = strangers(dir, about) {
        return check;
    }
    // Nobody ever sees this file.
    if let Err(error) = tempfile::tempfile_in(dir) {
        let advice = "make room, or let the user of the service write there";
        return Check::problem(FOLDER, format!("nothing can be written into {name}: {error}"), advice);
    }
    #[cfg(unix)]
    if std::os::unix::fs::MetadataExt::mode(about) & 0o077 != 0 {
        let found = format!("others on this machine can look into {name}");
        return Check::warning(FOLDER, found, format!("chmod 700 {name}"));
    }
    Check::ok(FOLDER, format!("{name} takes files, and is this user's alone"))
}

/// What belongs to somebody else, as after a command that root ran.
#[cfg(unix)]
fn strangers(dir: &Path, about: &Metadata) -> Option<Check> {
    use std::os::unix::fs::MetadataExt;
    let name = dir.display();
    let database = database_file(dir);
    let others = ["quibble.db", "quibble.db-wal", "quibble.db-shm", "quibble.lock"].map(|file| dir.join(file));
    let other = others.iter().find(|file| fs::metadata(file).is_ok_and(|file| file.uid() != about.uid()));
    if let Some(other) = other {
        let found = format!("{} belongs to another user than {name}", other.display());
        return Some(Check::problem(FOLDER, found, format!("chown --reference={name} {}*", database.display())));
    }
    let me = rustix::process::geteuid().as_raw();
    if about.uid() == me {
        return None;
    }
    let found = format!("{name} belongs to the user with the id {}, and this runs as {me}", about.uid());
    Some(Check::warning(FOLDER, found, "run commands as the user of the service, such as `sudo -u quibble quibble …`"))
}

fn space(dir: &Path, free: u64) -> Check {
    let found = format!("{} are free for {}", size(free), dir.display());
    let advice = "make room: a full disk stops answers, and an upgrade wants room for a copy of the data";
    match free {
        ..DISK_FREE_BYTES_MIN => Check::problem(SPACE, found, advice),
        DISK_FREE_BYTES_MIN..DISK_FREE_BYTES_LOW => Check::warning(SPACE, found, advice),
        _ => Check::ok(SPACE, found),
    }
}

fn file_system(dir: &Path, kind: Kind) -> Check {
    let name = dir.display();
    match kind {
        Kind::Local => Check::ok(FILE_SYSTEM, format!("{name} is on a disk of this machine")),
        Kind::Passing(what) => Check::warning(
            FILE_SYSTEM,
            format!("{name} is on {what}, and goes with it"),
            "keep the data on a disk; in a container, on a volume",
        ),
        Kind::Network(what) => Check::problem(
            FILE_SYSTEM,
            format!("{name} is on another machine ({what}), where SQLite's log does not work"),
            "keep the data on a disk of this machine, or in PostgreSQL",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::CheckState;
    use super::*;

    #[test]
    fn room_runs_low_before_it_runs_out() {
        let state = |free| space(Path::new("/data"), free).state;
        assert_eq!(state(DISK_FREE_BYTES_MIN - 1), CheckState::Problem);
        assert_eq!(state(DISK_FREE_BYTES_MIN), CheckState::Warning);
        assert_eq!(state(DISK_FREE_BYTES_LOW - 1), CheckState::Warning);
        assert_eq!(state(DISK_FREE_BYTES_LOW), CheckState::Ok);
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_is_private_and_takes_files() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let look = |path: &Path| folder(path, &fs::metadata(path).unwrap());
        let allow = |mode| fs::set_permissions(dir.path(), fs::Permissions::from_mode(mode)).unwrap();
        allow(0o700);
        assert_eq!(look(dir.path()).state, CheckState::Ok);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0, "looking leaves nothing");
        allow(0o750);
        let open = look(dir.path());
        assert_eq!(
            (open.state, open.advice),
            (CheckState::Warning, Some(format!("chmod 700 {}", dir.path().display())))
        );
        let file = dir.path().join("file");
        fs::write(&file, "").unwrap();
        assert_eq!(look(&file).state, CheckState::Problem);
    }

    #[test]
    fn a_database_wants_a_disk_of_its_own_machine() {
        let state = |kind| file_system(Path::new("/data"), kind).state;
        assert_eq!(state(Kind::Local), CheckState::Ok);
        assert_eq!(state(Kind::Passing("memory")), CheckState::Warning);
        assert_eq!(state(Kind::Network("NFS")), CheckState::Problem);
    }
}
