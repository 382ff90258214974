//! What has its time. Pure: from the instant follows what should have been asked for by now, and under which name, so that
//! however many processes look however often, each time is one job.

use super::Task;
use crate::clock::{day_of, millis};
use std::time::Duration;

const HOUR_MS: i64 = 3_600 * 1_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// Statistics wait for nights that go past midnight, in milliseconds.
const NIGHT_ENDS_MS: i64 = 6 * HOUR_MS;

/// A job that should be in the queue by now.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Due {
    pub task: Task,
    pub once: String,
}

/// What should have been asked for by `now_ms`.
pub(super) fn due(now_ms: i64, backup_every: Option<Duration>) -> Vec<Due> {
    let slot = |every: i64| now_ms.div_euclid(every.max(1));
    let mut due = vec![Due { task: Task::Retention, once: format!("retention/{}", slot(HOUR_MS)) }];
    let day = day_of(now_ms - NIGHT_ENDS_MS - DAY_MS);
    due.push(Due { once: format!("statistics/{day}"), task: Task::Statistics { day } });
    if let Some(every) = backup_every {
        let every = millis(every);
        due.push(Due { task: Task::Backup, once: format!("backup/{every}/{}", slot(every)) });
    }
    due
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(now_ms: i64, every_hours: u64) -> Vec<String> {
        due(now_ms, Some(Duration::from_secs(every_hours * 3_600))).into_iter().map(|due| due.once).collect()
    }

    #[test]
    fn each_time_has_one_name() {
        let noon = 1_795_780_800_000; // 2026-11-27T12:00:00Z
        assert_eq!(names(noon, 24), names(noon + HOUR_MS - 1, 24));
        assert_ne!(names(noon, 24)[0], names(noon + HOUR_MS, 24)[0]);
        assert_eq!(names(noon, 24)[2], names(noon + 12 * HOUR_MS - 1, 24)[2]);
        assert_ne!(names(noon, 24)[2], names(noon + 12 * HOUR_MS, 24)[2]);
    }

    #[test]
    fn a_day_is_counted_when_its_night_is_over() {
        let midnight = 1_795_824_000_000; // 2026-11-28T00:00:00Z
        assert_eq!(names(midnight + NIGHT_ENDS_MS - 1, 1)[1], "statistics/2026-11-26");
        assert_eq!(names(midnight + NIGHT_ENDS_MS, 1)[1], "statistics/2026-11-27");
    }

    #[test]
    fn without_a_wish_no_copy_is_taken() {
        assert!(due(0, None).iter().all(|due| due.task != Task::Backup));
    }
}
