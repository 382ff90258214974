//! What a serving process sees to all the time.

use crate::clock::Clock;
use crate::ids::Ids;
use crate::net;
use crate::store::{Store, StoreError};
use crate::telemetry::Metrics;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

/// How often the clock of the database is looked at, and what does not matter, in milliseconds: how far off it may be,
/// and how long its answer may take.
const CLOCK_CHECK_EVERY: Duration = Duration::from_secs(10);
const CLOCK_OFF_MS_MAX: i64 = 50;
const CLOCK_ANSWER_MS_MAX: i64 = 200;

/// So little of a time limit nobody misses, in milliseconds: a clock that is put right bit by bit, and not set.
const CLOCK_SLIP_MS_MAX: i64 = 500;

/// How often a replica makes sure of the database on average, how long that may take, and for how long it may fail before
/// clients are sent to other replicas.
const DATABASE_WATCH_EVERY: Duration = Duration::from_secs(1);
const DATABASE_ANSWERS_WITHIN: Duration = Duration::from_secs(3);
const DATABASE_LOST_AFTER: Duration = Duration::from_secs(4);

/// Longer than one look at the database can take: the process itself stood still.
const DATABASE_LOOK_MAX: Duration = Duration::from_secs(5);

/// How often the counts of connections are passed on to the metrics.
const STATS_EVERY: Duration = Duration::from_secs(1);

/// Replicas go by the clock of the database that they share, so that a question closes at one instant everywhere.
pub(super) async fn follow_database(store: &Store, clock: &Clock) -> Result<(), StoreError> {
    let asked = clock.now_ms();
    let Some(shown) = store.clock_ms().await? else { return Ok(()) };
    let answered = clock.now_ms();
    let off = (shown - i64::midpoint(asked, answered)).abs();
    // An answer that took long says little, and a small difference may be the way.
    if answered - asked > CLOCK_ANSWER_MS_MAX || off <= CLOCK_OFF_MS_MAX {
        return Ok(());
    }
    let moved = clock.follow(shown + (answered - asked) / 2);
    tracing::warn!(moved_ms = moved, "this machine's clock is not that of the database, which counts");
    Ok(())
}

/// A process alone goes by the clock of its machine. Where that jumps, no question closes too early or too late: the jump
/// counts when nobody waits for an instant.
fn follow_machine(clock: &Clock, told: &mut bool) {
    let off = clock.machine_is_ahead_ms();
    if off.abs() <= CLOCK_OFF_MS_MAX {
        *told = false;
    } else if off.abs() <= CLOCK_SLIP_MS_MAX || !clock.is_waited_for() {
        let moved = clock.follow(clock.now_ms() + off);
        tracing::info!(moved_ms = moved, "the clock of this machine was set, and counts again");
        *told = false;
    } else if !std::mem::replace(told, true) {
        tracing::warn!(
            off_ms = off,
            "the clock of this machine was set: that counts when no question has a time limit"
        );
    }
}

/// Follows the clock of a database that others share, or of the machine.
pub(super) async fn keep_following(store: Store, clock: Clock, stop: CancellationToken) {
    let mut told = false;
    loop {
        tokio::select! {
            () = sleep(CLOCK_CHECK_EVERY) => {}
            () = stop.cancelled() => return,
        }
        if !store.is_shared() {
            follow_machine(&clock, &mut told);
        } else if let Err(error) = follow_database(&store, &clock).await {
            tracing::debug!(%error, "the clock of the database cannot be read");
        }
    }
}

/// Notices when this replica has lost the database that it shares with others.
pub(super) async fn watch_database(
    lost: watch::Sender<bool>,
    store: Store,
    clock: Clock,
    ids: Ids,
    metrics: Metrics,
    stop: CancellationToken,
) {
    let mut answered = Instant::now();
    while store.is_shared() {
        let began = Instant::now();
        tokio::select! {
            // Not all replicas at once, after it was away.
            () = sleep(DATABASE_WATCH_EVERY.mul_f64(0.5 + ids.fraction())) => {}
            () = stop.cancelled() => return,
        }
        let pinged = timeout(DATABASE_ANSWERS_WITHIN, store.ping(clock.now_ms())).await;
        metrics.storage_writable.set(i64::from(matches!(pinged, Ok(Ok(())))));
        // The disk is as full for other replicas.
        let answers = matches!(pinged, Ok(Ok(()) | Err(StoreError::DiskFull(_))));
        // Whoever was frozen knows nothing about the time before.
        if answers || began.elapsed() > DATABASE_LOOK_MAX {
            answered = Instant::now();
        }
        let is_lost = answered.elapsed() >= DATABASE_LOST_AFTER;
        if lost.send_if_modified(|before| std::mem::replace(before, is_lost) != is_lost) {
            if is_lost {
                tracing::error!("the database is out of reach: clients are asked to go to other replicas");
            } else {
                tracing::info!("the database is back");
            }
        }
    }
}

/// Passes on to the metrics what is counted elsewhere.
pub(super) async fn pass_on(
    stats: Arc<net::Stats>,
    metrics: Metrics,
    store: Store,
    files: Vec<PathBuf>,
    stop: CancellationToken,
) {
    let mut told = net::Snapshot::default();
    loop {
        let due = Instant::now() + STATS_EVERY;
        tokio::select! {
            () = sleep_until(due) => {}
            () = stop.cancelled() => return,
        }
        metrics.runtime.delay_seconds.observe(due.elapsed().as_secs_f64());
        let tasks = Handle::current().metrics().num_alive_tasks();
        metrics.runtime.tasks.set(i64::try_from(tasks).unwrap_or(i64::MAX));
        for file in &files {
            // The log comes and goes.
            let bytes = tokio::fs::metadata(file).await.map_or(0, |about| about.len());
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            metrics.database.file_bytes.with_label_values(&[&*name]).set(i64::try_from(bytes).unwrap_or(i64::MAX));
        }
        let now = stats.snapshot();
        metrics.connections.set(i64::try_from(now.open).unwrap_or(i64::MAX));
        metrics.connections_accepted.inc_by(now.accepted - told.accepted);
        metrics.connections_refused.inc_by(now.refused - told.refused);
        let (open, idle) = store.connections();
        metrics.database.connections.with_label_values(&["idle"]).set(i64::try_from(idle).unwrap_or(i64::MAX));
        let in_use = i64::from(open) - i64::try_from(idle).unwrap_or(0);
        metrics.database.connections.with_label_values(&["in_use"]).set(in_use.max(0));
        metrics.accept_errors.inc_by(now.accept_errors - told.accept_errors);
        let timeouts = |stats: &net::Snapshot| stats.first_byte_timeouts + stats.header_timeouts + stats.write_timeouts;
        metrics.connection_timeouts.inc_by(timeouts(&now) - timeouts(&told));
        let handshakes = |result: &str| metrics.tls_handshakes.with_label_values(&[result]);
        handshakes("done").inc_by(now.handshakes - told.handshakes);
        handshakes("failed").inc_by(now.failed_handshakes - told.failed_handshakes);
        metrics.note();
        told = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR_MS: i64 = 3_600_000;

    #[test]
    fn a_jump_of_the_machines_clock_waits_for_whoever_waits_for_an_instant() {
        let (clock, mut told) = (Clock::system(), false);
        for jump in [2 * HOUR_MS, -2 * HOUR_MS] {
            let waiting = clock.waiting();
            // The machine's clock went the other way.
            clock.follow(clock.now_ms() - jump);
            follow_machine(&clock, &mut told);
            assert!((clock.machine_is_ahead_ms() - jump).abs() < CLOCK_SLIP_MS_MAX && told);
            drop(waiting);
            follow_machine(&clock, &mut told);
            assert!(clock.machine_is_ahead_ms().abs() < CLOCK_SLIP_MS_MAX && !told);
        }
        let _waiting = clock.waiting();
        clock.follow(clock.now_ms() + 200);
        follow_machine(&clock, &mut told);
        assert!(clock.machine_is_ahead_ms().abs() < 100, "what is put right bit by bit is followed");
    }
}
