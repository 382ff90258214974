//! How many connections there is room for on this machine.

use std::fs;
use std::path::Path;

/// Files that are open beside the connections: the database, logs, and some to spare.
const FILES_BESIDE_CONNECTIONS: u64 = 256;

/// Bytes beside the connections, and for each of them: its own, the kernel's, and what is on its way.
const MEMORY_BESIDE_CONNECTIONS: u64 = 64 * 1024 * 1024;
const MEMORY_PER_CONNECTION: u64 = 32 * 1024;

/// What the first version of control groups writes where nothing is limited is near this, in bytes.
const NO_LIMIT: u64 = 1 << 62;

/// How many connections there is room for: of those that are wanted, as the memory and the open files allow that the system
/// gives to this process.
pub(super) fn connections(wanted: usize) -> usize {
    let fit = memory_limit().map_or(wanted, |limit| {
        let fit = connections_in(wanted, limit);
        if fit < wanted {
            let mib = limit / (1024 * 1024);
            tracing::warn!(mib, wanted, connections = fit, "memory is limited, and connections with it");
        }
        fit
    });
    open_connections(fit)
}

/// What memory of so many bytes leaves of the wanted connections: to turn somebody away is better than to be killed.
pub(super) fn connections_in(wanted: usize, limit: u64) -> usize {
    let left = limit.saturating_sub(MEMORY_BESIDE_CONNECTIONS).max(limit / 4) / MEMORY_PER_CONNECTION;
    usize::try_from(left).unwrap_or(usize::MAX).min(wanted)
}

/// The files that may have to be open for so many connections.
pub(super) fn files_for(connections: usize) -> u64 {
    u64::try_from(connections).unwrap_or(u64::MAX).saturating_add(FILES_BESIDE_CONNECTIONS)
}

/// Each connection is an open file, and the database has some of its own. Systems allow few of them unless asked: gives
/// how many connections that leaves.
fn open_connections(wanted: usize) -> usize {
    let files = files_for(wanted);
    match rlimit::increase_nofile_limit(files) {
        Ok(allowed) if allowed < files => {
            let left = allowed.saturating_sub(FILES_BESIDE_CONNECTIONS).max(allowed / 2);
            tracing::warn!(allowed, wanted = files, connections = left, "the system allows fewer open files");
            usize::try_from(left).unwrap_or(wanted).min(wanted)
        }
        Ok(_) => wanted,
        Err(error) => {
            tracing::warn!(%error, "the limit on open files cannot be raised");
            wanted
        }
    }
}

/// The bytes that this process may have by its control group or one around it: a container has one, and a unit of systemd.
/// None where nothing is limited, or nothing is known of it.
#[cfg(target_os = "linux")]
pub(super) fn memory_limit() -> Option<u64> {
    limit_of(&fs::read_to_string("/proc/self/cgroup").ok()?, Path::new("/sys/fs/cgroup"))
}

#[cfg(not(target_os = "linux"))]
pub(super) fn memory_limit() -> Option<u64> {
    None
}

/// The least limit of the groups that a process is in (cgroups(7): `hierarchy:controllers:path`, with no controllers in
/// version 2), which are mounted under `root`.
#[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "there are no control groups elsewhere"))]
fn limit_of(groups: &str, root: &Path) -> Option<u64> {
    let limits = groups.lines().filter_map(|line| {
        let (controllers, path) = line.split_once(':')?.1.split_once(':')?;
        let (mount, file) = match controllers {
            "" => (root.to_owned(), "memory.max"),
            controllers if controllers.split(',').any(|name| name == "memory") => {
                (root.join("memory"), "memory.limit_in_bytes")
            }
            _ => return None,
        };
        least(&mount, path.trim_start_matches('/'), file)
    });
    limits.min()
}

/// The least number in the files of that name of a group and of those around it.
fn least(mount: &Path, path: &str, file: &str) -> Option<u64> {
    let limits = Path::new(path).ancestors().filter_map(|group| {
        let limit = fs::read_to_string(mount.join(group).join(file)).ok()?;
        limit.trim().parse().ok().filter(|limit| *limit < NO_LIMIT)
    });
    limits.min()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    fn write(root: &TempDir, file: &str, text: &str) {
        let file = root.path().join(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    #[test]
    fn little_memory_has_room_for_few_connections() {
        const MIB: u64 = 1024 * 1024;
        assert_eq!(connections_in(10_000, 1024 * MIB), 10_000);
        assert_eq!(connections_in(10_000, 128 * MIB), 2_048);
        assert_eq!(connections_in(10_000, 48 * MIB), 384, "where there is hardly room for the rest, too");
        assert_eq!(connections_in(100, 48 * MIB), 100);
    }

    #[test]
    fn a_limit_is_that_of_the_group_or_of_one_around_it() {
        let root = TempDir::new().unwrap();
        let limit = |groups| limit_of(groups, root.path());
        assert_eq!(limit("0::/system.slice/quibble.service\n"), None, "nothing is written there");
        write(&root, "system.slice/quibble.service/memory.max", "max\n");
        assert_eq!(limit("0::/system.slice/quibble.service\n"), None);
        write(&root, "system.slice/memory.max", "134217728\n");
        assert_eq!(limit("0::/system.slice/quibble.service\n"), Some(134_217_728));
        write(&root, "system.slice/quibble.service/memory.max", "67108864\n");
        assert_eq!(limit("0::/system.slice/quibble.service\n"), Some(67_108_864));
        // A container is at the root of what it sees.
        assert_eq!(limit("0::/\n"), None);
        write(&root, "memory.max", "268435456\n");
        assert_eq!(limit("0::/\n"), Some(268_435_456));
    }

    #[test]
    fn the_first_version_of_control_groups_is_read_too() {
        let root = TempDir::new().unwrap();
        write(&root, "memory/memory.limit_in_bytes", "9223372036854771712\n");
        assert_eq!(limit_of("4:cpu,memory:/\n", root.path()), None);
        write(&root, "memory/venue/memory.limit_in_bytes", "134217728\n");
        let groups = "5:cpuset:/venue\n4:cpu,memory:/venue\n0::/\n";
        assert_eq!(limit_of(groups, root.path()), Some(134_217_728));
    }
}
