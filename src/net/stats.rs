//! What the listeners count.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

/// Counters of one server, shared by its listeners. The number of open connections is also what the
/// limit is held against.
#[derive(Debug, Default)]
pub struct Stats {
    open: AtomicUsize,
    accepted: AtomicU64,
    refused: AtomicU64,
    accept_errors: AtomicU64,
    first_byte_timeouts: AtomicU64,
    header_timeouts: AtomicU64,
    write_timeouts: AtomicU64,
    handshakes: AtomicU64,
    failed_handshakes: AtomicU64,
}

/// The counters at one moment. All but `open` only grow.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// Connections open now, upgraded ones included.
    pub open: usize,
    /// Connections taken in.
    pub accepted: u64,
    /// Connections refused because too many were open.
    pub refused: u64,
    /// Times when the system could not give us a connection.
    pub accept_errors: u64,
    /// Connections closed because they never said anything.
    pub first_byte_timeouts: u64,
    /// Connections closed because the head of a request did not arrive in time; also those idle after a request.
    pub header_timeouts: u64,
    /// Connections closed because the peer took nothing of what we sent.
    pub write_timeouts: u64,
    /// Connections whose encryption was agreed on.
    pub handshakes: u64,
    /// Connections closed because it was not, or not in time.
    pub failed_handshakes: u64,
}

/// One place among the open connections, given back when dropped.
#[derive(Debug)]
pub(super) struct Admission {
    stats: Arc<Stats>,
}

impl Stats {
    /// All counters now.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            open: self.open.load(Relaxed),
            accepted: self.accepted.load(Relaxed),
            refused: self.refused.load(Relaxed),
            accept_errors: self.accept_errors.load(Relaxed),
            first_byte_timeouts: self.first_byte_timeouts.load(Relaxed),
            header_timeouts: self.header_timeouts.load(Relaxed),
            write_timeouts: self.write_timeouts.load(Relaxed),
            handshakes: self.handshakes.load(Relaxed),
            failed_handshakes: self.failed_handshakes.load(Relaxed),
        }
    }

    /// A place among at most `max` open connections, or none and a refusal on record.
    pub(super) fn admit(stats: &Arc<Self>, max: usize) -> Option<Admission> {
        let one_more = |open| (open < max).then_some(open + 1);
        if stats.open.fetch_update(Relaxed, Relaxed, one_more).is_err() {
            stats.refused.fetch_add(1, Relaxed);
            return None;
        }
        stats.accepted.fetch_add(1, Relaxed);
        Some(Admission { stats: Arc::clone(stats) })
    }

    pub(super) fn accept_failed(&self) {
        self.accept_errors.fetch_add(1, Relaxed);
    }

    pub(super) fn first_byte_timed_out(&self) {
        self.first_byte_timeouts.fetch_add(1, Relaxed);
    }

    pub(super) fn header_timed_out(&self) {
        self.header_timeouts.fetch_add(1, Relaxed);
    }

    pub(super) fn handshake_done(&self) {
        self.handshakes.fetch_add(1, Relaxed);
    }

    pub(super) fn handshake_failed(&self) {
        self.failed_handshakes.fetch_add(1, Relaxed);
    }
}

impl Admission {
    pub(super) fn write_timed_out(&self) {
        self.stats.write_timeouts.fetch_add(1, Relaxed);
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        self.stats.open.fetch_sub(1, Relaxed);
    }
}
