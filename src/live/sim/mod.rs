//! The simulator: the live path and the rules as they are, three replicas of them, under one seed.
//!
//! In the place of the database there is a [`Double`], in that of Redis `net`. Time is tokio's, paused: it jumps to
//! wherever somebody waits. Every decision comes from the seed, so that a seed plays the same run again, to the letter.
//!
//! `QUIBBLE_SIM_SEED=n cargo test --lib sim::replays -- --nocapture` prints the run of one seed.

mod chance;
mod directed;
mod double;
mod laws;
mod net;
mod players;
#[cfg(test)]
mod tests;
mod world;

pub use double::Double;

use super::planted;
use chance::Chance;
use std::cell::Cell;
use std::panic;
use std::sync::Once;

/// A mistake that a run is made with, to see that it is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bug {
    Live(planted::Bug),
    Store(StoreBug),
}

/// A mistake of the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum StoreBug {
    /// A batch is acknowledged when its statement has run, and committed soon after.
    AcknowledgedBeforeCommit,
    /// A closed question takes answers.
    AnswersAfterClose,
    /// Events are appended wherever the log ends.
    AppendedAnywhere,
    /// That a message is new is looked up before it is inserted, and no constraint guards it.
    CheckedThenInserted,
    /// The phone's id of a message is passed over.
    ResendStoredAgain,
    /// Answers are read though some are on their way that count.
    UnderWayNotAwaited,
}

/// What a run came to.
struct Outcome {
    /// Of all that happened, in order, and how much that was.
    trace: (u64, u64),
    result: Result<(), String>,
}

thread_local!(static PANICKED: Cell<bool> = const { Cell::new(false) });

/// Plays the run of a seed.
fn run(seed: u64, bug: Option<Bug>, is_printed: bool) -> Outcome {
    watch_panics();
    PANICKED.set(false);
    planted::plant(match bug {
        Some(Bug::Live(bug)) => Some(bug),
        Some(Bug::Store(_)) | None => None,
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let outcome = runtime.block_on(async {
        let chance = Chance::new(seed, bug, is_printed);
        let result = world::play(chance.clone()).await;
        Outcome { trace: chance.traced(), result }
    });
    drop(runtime);
    planted::plant(None);
    if PANICKED.get() {
        return Outcome { result: Err("a task panicked".to_owned()), ..outcome };
    }
    outcome
}

/// A task that panics takes nobody with it, so it is noted.
fn watch_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            PANICKED.set(true);
            before(info);
        }));
    });
}
