//! What this machine gives to a process.

use super::{Check, size};
use crate::clock::rfc3339;
use crate::limits::{CLOCK_EARLIEST_MS, CLOCK_LATEST_MS};
use crate::run::capacity;

/// Whether the clock shows a time that can be.
pub fn clock(now_ms: i64) -> Check {
    let found = format!("it is {}", rfc3339(now_ms));
    if (CLOCK_EARLIEST_MS..CLOCK_LATEST_MS).contains(&now_ms) {
        return Check::ok("clock", found);
    }
    let advice = "set the clock: `timedatectl set-ntp true`. Timers and certificates go by it";
    Check::problem("clock", format!("{found}, by this machine's clock"), advice)
}

/// Whether so many connections may be open, by the limits that this process was given. A service may have others.
#[cfg(unix)]
pub fn open_files(connections: usize) -> Option<Check> {
    let (_, most) = rlimit::getrlimit(rlimit::Resource::NOFILE).ok()?;
    Some(files(most, connections))
}

#[cfg(not(unix))]
pub fn open_files(_: usize) -> Option<Check> {
    None
}

#[cfg_attr(not(unix), expect(dead_code, reason = "there is no such limit elsewhere"))]
fn files(most: u64, connections: usize) -> Check {
    let name = "open_files";
    let needed = capacity::files_for(connections);
    if most >= needed {
        return Check::ok(
            name,
            format!("{most} files may be open, and {needed} are needed for {connections} connections"),
        );
    }
    let found = format!("{most} files may be open, and {connections} connections need {needed}");
    let advice = format!("set LimitNOFILE={needed} or `ulimit -Hn`, or a lower server.max_connections");
    Check::warning(name, found, advice)
}

/// Whether so many connections fit in the memory that this process was given.
pub fn memory(connections: usize) -> Check {
    let name = "memory";
    let Some(limit) = capacity::memory_limit() else {
        return Check::ok(name, "nothing limits it but the machine");
    };
    let fit = capacity::connections_in(connections, limit);
    if fit >= connections {
        return Check::ok(name, format!("it is limited to {}, enough for {connections} connections", size(limit)));
    }
    let found = format!("it is limited to {}, which is enough for {fit} of {connections} connections", size(limit));
    Check::warning(name, found, "give the container or the unit more, or expect no more players than that")
}

#[cfg(test)]
mod tests {
    use super::super::CheckState;
    use super::*;

    #[test]
    fn a_clock_that_was_never_set_is_a_problem() {
        let state = |ms| clock(ms).state;
        assert_eq!(state(0), CheckState::Problem);
        assert_eq!(state(CLOCK_EARLIEST_MS - 1), CheckState::Problem);
        assert_eq!(state(CLOCK_EARLIEST_MS), CheckState::Ok);
        assert_eq!(state(CLOCK_LATEST_MS - 1), CheckState::Ok);
        assert_eq!(state(CLOCK_LATEST_MS), CheckState::Problem);
    }

    #[test]
    fn connections_need_files_and_some_more() {
        let enough = capacity::files_for(1_000);
        assert_eq!(files(enough, 1_000).state, CheckState::Ok);
        let few = files(enough - 1, 1_000);
        assert_eq!(few.state, CheckState::Warning);
        assert!(few.advice.unwrap().contains(&format!("LimitNOFILE={enough} ")));
    }
}
