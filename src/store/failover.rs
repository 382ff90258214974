//! What errors say of the server. One that takes no writes any more is left: after a failover the same address may lead
//! to another one, but only new connections find it. One whose disk is full stays.

use super::dialect;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::time::Instant;

/// PostgreSQL's `read_only_sql_transaction`, and what it calls a standby that is asked for the number of a transaction.
const READ_ONLY: &str = "25006";
const IN_RECOVERY: &str = "during recovery";

/// How often connections are given up at most, while there is no other server.
const EVERY: Duration = Duration::from_secs(1);

/// How long it is remembered that the disk was full. What was not saved is sent again by a phone within four seconds.
const FULL_FOR: Duration = Duration::from_secs(5);

/// Which connections are still good, and whether the disk is. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Failover {
    begun: Instant,
    /// Connections opened up to so many milliseconds after `begun` are given up. None are while it is 0.
    given_up: Arc<AtomicU64>,
    /// So many milliseconds after `begun` the disk was full. It never was while this is 0.
    full: Arc<AtomicU64>,
}

impl Failover {
    pub(super) fn new() -> Self {
        Self { begun: Instant::now(), given_up: Arc::default(), full: Arc::default() }
    }

    /// Gives up the connections of now when an error says that their server only reads, and remembers a full disk.
    pub(super) fn heed(&self, error: &sqlx::Error) {
        let Some(error) = error.as_database_error() else { return };
        if dialect::is_disk_full(error) {
            self.full.store(milliseconds(self.begun.elapsed()).max(1), Ordering::Relaxed);
        }
        let only_reads = error.code().is_some_and(|code| code == READ_ONLY) || error.message().contains(IN_RECOVERY);
        let now = milliseconds(self.begun.elapsed());
        let last = self.given_up.load(Ordering::Relaxed);
        if only_reads && (last == 0 || now - last >= milliseconds(EVERY)) {
            self.given_up.store(now.max(1), Ordering::Relaxed);
            tracing::warn!("the database takes no writes; connections are made anew, in case another server does");
        }
    }

    /// Whether a statement has found the disk full a moment ago.
    pub(super) fn was_full(&self) -> bool {
        let full = self.full.load(Ordering::Relaxed);
        full > 0 && milliseconds(self.begun.elapsed()) - full < milliseconds(FULL_FOR)
    }

    /// Whether a connection of this age may be used again.
    pub(super) fn allows(&self, age: Duration) -> bool {
        let given_up = self.given_up.load(Ordering::Relaxed);
        given_up == 0 || milliseconds(self.begun.elapsed().saturating_sub(age)) > given_up
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
