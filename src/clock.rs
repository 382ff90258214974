//! The only door to time.
//!
//! Wall time comes from a [`Clock`], so that a test can turn it; timeouts and intervals use tokio's clock, which a
//! test can pause.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Where the wall time comes from.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    Manual(Arc<AtomicI64>),
    /// With the milliseconds by which the clock that counts is ahead of the machine's.
    System(Arc<AtomicI64>),
    /// Goes with tokio's clock, which a test pauses. With what it shows in the beginning.
    #[cfg(test)]
    Tokio(tokio::time::Instant, Arc<AtomicI64>),
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self(Source::System(Arc::default()))
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
            Source::System(ahead) => {
                #[expect(clippy::disallowed_methods, reason = "this is the door")]
                let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                i64::try_from(since.as_millis()).unwrap_or(i64::MAX).saturating_add(ahead.load(Ordering::Relaxed))
            }
            #[cfg(test)]
            Source::Tokio(since, start) => {
                start.load(Ordering::Relaxed) + i64::try_from(since.elapsed().as_millis()).unwrap_or(i64::MAX)
            }
        }
    }

    /// Goes by another clock than the machine's from now on: by one that shows `now_ms`. Says by how many milliseconds
    /// that moves it. A manual clock stays as it is.
    pub fn follow(&self, now_ms: i64) -> i64 {
        let moves = now_ms - self.now_ms();
        if let Source::System(ahead) = &self.0 {
            ahead.fetch_add(moves, Ordering::Relaxed);
        }
        #[cfg(test)]
        if let Source::Tokio(_, start) = &self.0 {
            start.fetch_add(moves, Ordering::Relaxed);
        }
        moves
    }

    /// Turns a manual clock on. The machine's clock stays as it is.
    pub fn advance(&self, by: Duration) {
        if let Source::Manual(now) = &self.0 {
            now.fetch_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX), Ordering::SeqCst);
        }
    }
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
        clock.follow(own);
        assert!(clock.now_ms() < own + 1_000);
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
