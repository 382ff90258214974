//! The only door to time.
//!
//! Wall time comes from a [`Clock`], so that a test can turn it; timeouts and intervals use tokio's clock, which a
//! test can pause. Somebody may set the machine's clock at any time, and it sets itself when it finds the network: what
//! counts goes on evenly from what it showed in the beginning, and follows such a jump when it is told to.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Where the wall time comes from.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    Manual(Arc<AtomicI64>),
    System(Arc<Machine>),
    /// Goes with tokio's clock, which a test pauses. With what it shows in the beginning.
    #[cfg(test)]
    Tokio(tokio::time::Instant, Arc<AtomicI64>),
}

/// The machine's clock since the beginning.
#[derive(Debug)]
struct Machine {
    /// By a clock that nobody sets.
    begun: Instant,
    /// What counts as the time of that instant.
    begun_ms: AtomicI64,
    /// How many wait for an instant.
    waiting: AtomicUsize,
}

/// Somebody waits for an instant of a clock. Until this is dropped, a jump of the machine's clock would be felt.
#[derive(Debug)]
pub struct Waiting(Option<Arc<Machine>>);

impl Drop for Waiting {
    fn drop(&mut self) {
        if let Some(machine) = &self.0 {
            machine.waiting.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        #[expect(
            clippy::disallowed_methods,
            reason = "this is the door, and wall time goes on while a test pauses tokio's"
        )]
        let begun = Instant::now();
        Self(Source::System(Arc::new(Machine {
            begun,
            begun_ms: AtomicI64::new(machine_ms()),
            waiting: AtomicUsize::new(0),
        })))
    }

    /// A clock that stands at `start_ms` until it is turned.
    pub fn manual(start_ms: i64) -> Self {
        Self(Source::Manual(Arc::new(AtomicI64::new(start_ms))))
    }

    /// A clock that shows `start_ms` now and goes with tokio's, until it is turned.
    #[cfg(test)]
    pub fn of_tokio(start_ms: i64) -> Self {
        Self(Source::Tokio(tokio::time::Instant::now(), Arc::new(AtomicI64::new(start_ms))))
    }

    /// Milliseconds since the Unix epoch.
    pub fn now_ms(&self) -> i64 {
        match &self.0 {
            Source::Manual(now) => now.load(Ordering::SeqCst),
            Source::System(machine) => {
                let since = millis(machine.begun.elapsed());
                machine.begun_ms.load(Ordering::Relaxed).saturating_add(since)
            }
            #[cfg(test)]
            Source::Tokio(since, start) => start.load(Ordering::Relaxed) + millis(since.elapsed()),
        }
    }

    /// Goes by another clock than the machine's from now on: by one that shows `now_ms`. Says by how many milliseconds
    /// that moves it. A manual clock stays as it is.
    pub fn follow(&self, now_ms: i64) -> i64 {
        let moves = now_ms - self.now_ms();
        if let Source::System(machine) = &self.0 {
            machine.begun_ms.fetch_add(moves, Ordering::Relaxed);
        }
        #[cfg(test)]
        if let Source::Tokio(_, start) = &self.0 {
            start.fetch_add(moves, Ordering::Relaxed);
        }
        moves
    }

    /// By how many milliseconds the machine's clock is ahead of what counts by now. A manual clock is never off.
    pub fn machine_is_ahead_ms(&self) -> i64 {
        match &self.0 {
            Source::System(_) => machine_ms() - self.now_ms(),
            Source::Manual(_) => 0,
            #[cfg(test)]
            Source::Tokio(..) => 0,
        }
    }

    /// Says that somebody waits for an instant.
    pub fn waiting(&self) -> Waiting {
        let Source::System(machine) = &self.0 else { return Waiting(None) };
        machine.waiting.fetch_add(1, Ordering::Relaxed);
        Waiting(Some(Arc::clone(machine)))
    }

    /// Whether anybody waits for an instant.
    pub fn is_waited_for(&self) -> bool {
        matches!(&self.0, Source::System(machine) if machine.waiting.load(Ordering::Relaxed) > 0)
    }

    /// Turns a manual clock on. The machine's clock stays as it is.
    pub fn advance(&self, by: Duration) {
        if let Source::Manual(now) = &self.0 {
            now.fetch_add(millis(by), Ordering::SeqCst);
        }
    }
}

/// What the machine's clock shows now.
fn machine_ms() -> i64 {
    #[expect(clippy::disallowed_methods, reason = "this is the door")]
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    millis(since)
}

/// A span in milliseconds, as instants are counted here.
pub fn millis(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}

/// An instant in RFC 3339, in UTC with milliseconds.
pub fn rfc3339(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms).map_or_else(|_| ms.to_string(), |instant| format!("{instant:.3}"))
}

/// The same for the name of a file, which takes no colons everywhere.
pub fn file_stamp(ms: i64) -> String {
    rfc3339(ms).replace(':', "-")
}

/// An instant that is written in RFC 3339, in milliseconds since the Unix epoch.
pub fn instant(text: &str) -> Option<i64> {
    Some(text.parse::<jiff::Timestamp>().ok()?.as_millisecond())
}

/// The day of an instant in UTC, such as 2026-11-27.
pub fn day_of(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms).map_or_else(|_| ms.to_string(), |instant| instant.strftime("%F").to_string())
}

/// When such a day begins, in milliseconds since the Unix epoch.
pub fn day_begins(day: &str) -> Option<i64> {
    let date: jiff::civil::Date = day.parse().ok()?;
    Some(date.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_stands_until_it_is_turned() {
        let clock = Clock::manual(1_000);
        assert_eq!(clock.now_ms(), 1_000);
        clock.clone().advance(Duration::from_secs(2));
        assert_eq!(clock.now_ms(), 3_000);
    }

    #[test]
    fn the_machines_clock_can_follow_another() {
        let clock = Clock::system();
        let own = clock.now_ms();
        assert!((clock.clone().follow(own + 7_200_000) - 7_200_000).abs() < 1_000);
        assert!(clock.now_ms() >= own + 7_200_000, "clones are one clock");
        assert!((clock.machine_is_ahead_ms() + 7_200_000).abs() < 1_000);
        clock.follow(own);
        assert!(clock.now_ms() < own + 1_000);
    }

    #[test]
    fn whoever_waits_is_counted() {
        let clock = Clock::system();
        assert!(!clock.is_waited_for());
        let both = [clock.waiting(), clock.clone().waiting()];
        assert!(clock.is_waited_for());
        drop(both);
        assert!(!clock.is_waited_for());
    }

    #[test]
    fn instants_are_written_as_rfc_3339() {
        assert_eq!(instant("2026-11-21T21:00:00.123+01:00"), Some(1_795_291_200_123));
        assert_eq!(instant("next Friday"), None);
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(rfc3339(1_795_291_200_123), "2026-11-21T20:00:00.123Z");
    }

    #[test]
    fn a_day_is_named_and_found_by_its_name() {
        assert_eq!(day_of(1_795_291_200_123), "2026-11-21");
        assert_eq!(day_begins("2026-11-21"), Some(1_795_219_200_000));
        assert_eq!(day_begins("soon"), None);
    }
}
