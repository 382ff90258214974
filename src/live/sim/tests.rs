use super::StoreBug::{
    AcknowledgedBeforeCommit, AnswersAfterClose, AppendedAnywhere, CheckedThenInserted, ResendStoredAgain,
    UnderWayNotAwaited,
};
use super::planted::Bug::{
    AcknowledgedUnsaved, BackInTime, EventsSkipped, HintBelieved, ResyncSkipped, RevokedStay, RoundEndedEarly,
    StaleIgnored, StepRepeated,
};
use super::{Bug, Double, run};
use crate::clock::Clock;
use crate::game::{Answer, Event, Game, GameId, PlayerId, QuestionId};
use crate::ids::{Ids, TokenHash};
use crate::store::contract::{Bench, contract_tests, kept};
use crate::store::{AnswerFate, Appended, NewSeat, Projection, Revoked, Seen, StoreError, SubmittedAnswer};
use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;
use tokio::time::Instant;
use uuid::Uuid;

/// Seeds of the short form. `QUIBBLE_SIM_SEEDS` asks for more.
const SEEDS: u64 = 60;

/// A planted mistake is found within so many seeds.
const FOUND_WITHIN: u64 = 400;

const MISTAKES: [Bug; 15] = [
    Bug::Store(AcknowledgedBeforeCommit),
    Bug::Live(AcknowledgedUnsaved),
    Bug::Store(AnswersAfterClose),
    Bug::Store(AppendedAnywhere),
    Bug::Live(BackInTime),
    Bug::Store(CheckedThenInserted),
    Bug::Live(EventsSkipped),
    Bug::Live(HintBelieved),
    Bug::Store(ResendStoredAgain),
    Bug::Live(ResyncSkipped),
    Bug::Live(RevokedStay),
    Bug::Live(RoundEndedEarly),
    Bug::Live(StaleIgnored),
    Bug::Live(StepRepeated),
    Bug::Store(UnderWayNotAwaited),
];

kept!(Double, async |double: &Double, first, game| {
    double.rows().create(first, game);
    Ok(())
});

contract_tests!(Bench { store: Double::calm(), ids: Ids::seeded(Clock::manual(1_000), 1) });

/// The tests' own switches.
#[expect(clippy::disallowed_methods, reason = "the tests' own switches")]
fn asked(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

fn again(seed: u64, how: &str) -> String {
    format!("seed {seed}: {how}\n  QUIBBLE_SIM_SEED={seed} cargo test --lib sim::tests::replays -- --nocapture")
}

#[test]
fn every_seed_keeps_the_laws() {
    let seeds = asked("QUIBBLE_SIM_SEEDS").unwrap_or(SEEDS);
    let first = asked("QUIBBLE_SIM_FIRST").unwrap_or(0);
    let (broken, begun) = (Mutex::new(Vec::new()), Instant::now());
    on_all_cores(first..first + seeds, |seed| {
        if let Err(how) = run(seed, None, false).result {
            broken.lock().unwrap().push(again(seed, &how));
        }
    });
    let seconds = begun.elapsed().as_secs_f64();
    let pace = Duration::from_secs_f64(seconds) / u32::try_from(seeds).unwrap();
    println!("{seeds} seeds in {seconds:.1} s: one in {pace:.1?}");
    let broken = broken.into_inner().unwrap();
    assert!(
        broken.is_empty(),
        "{} of {seeds} seeds break a law:\n{}",
        broken.len(),
        broken[..broken.len().min(20)].join("\n")
    );
}

#[test]
fn a_seed_plays_the_same_run_again() {
    for seed in 0..3 {
        assert_eq!(run(seed, None, false).trace, run(seed, None, false).trace, "seed {seed}");
    }
    assert_ne!(run(1, None, false).trace, run(2, None, false).trace);
}

/// Prints the run of the seed that `QUIBBLE_SIM_SEED` names.
#[test]
fn replays() {
    let Some(seed) = asked("QUIBBLE_SIM_SEED") else { return };
    let bug = asked("QUIBBLE_SIM_BUG").map(|bug| MISTAKES[usize::try_from(bug).unwrap()]);
    if let Err(how) = run(seed, bug, true).result {
        panic!("{}", again(seed, &how));
    }
}

#[test]
fn every_planted_mistake_is_found() {
    let missed = Mutex::new(Vec::new());
    on_all_cores(0..MISTAKES.len() as u64, |place| {
        let bug = MISTAKES[usize::try_from(place).unwrap()];
        let Some((seed, how)) =
            (0..FOUND_WITHIN).find_map(|seed| Some((seed, run(seed, Some(bug), false).result.err()?)))
        else {
            return missed.lock().unwrap().push(bug);
        };
        println!("{bug:?}: seed {seed}: {how}");
        assert_eq!(run(seed, None, false).result, Ok(()), "seed {seed} without {bug:?}");
    });
    assert_eq!(*missed.lock().unwrap(), [], "not found within {FOUND_WITHIN} seeds");
}

fn on_all_cores(numbers: Range<u64>, work: impl Fn(u64) + Sync) {
    let next = AtomicU64::new(numbers.start);
    let take = || Some(next.fetch_add(1, Ordering::Relaxed)).filter(|number| *number < numbers.end);
    let cores = thread::available_parallelism().map_or(2, usize::from);
    thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                while let Some(number) = take() {
                    work(number);
                }
            });
        }
    });
}
