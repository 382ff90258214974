//! Chance, faults and the trace of one run. Everything that a run decides, it decides here, by its seed.

use super::Bug;
use crate::clock::Clock;
use crate::ids::Ids;
use crate::store::StoreError;
use std::fmt::{Arguments, Write};
use std::hash::{DefaultHasher, Hasher};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

/// What goes wrong in a run, and how often: another weather for each seed.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Weather {
    /// Of a thousand calls of the store, those that fail with nothing done, that are done and whose reply is lost, and
    /// that fail and are done later.
    pub failing: u64,
    pub unanswered: u64,
    pub late: u64,
    /// Of a thousand steps on the way to the store and back, those that take long.
    pub slow: u64,
    /// Of a hundred hints, those that are lost, come twice, and come late.
    pub hints_lost: u64,
    pub hints_twice: u64,
    pub hints_late: u64,
    /// Milliseconds between two troubles of a replica, at most. 0 for none.
    pub trouble_every: u64,
    /// Of a thousand things that a client does, those that its network spoils.
    pub unsteady: u64,
}

/// The dice and the trace of one run. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Chance(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    ids: Ids,
    weather: Weather,
    /// False once everything is to heal.
    is_rough: AtomicBool,
    bug: Option<Bug>,
    began: Instant,
    trace: Mutex<Trace>,
    said: AtomicU64,
}

#[derive(Debug, Default)]
struct Trace {
    hash: DefaultHasher,
    is_printed: bool,
}

/// A process that serves games: what befalls it.
#[derive(Debug)]
pub(super) struct Machine {
    pub name: String,
    /// Cancelled when it crashes. Whatever it still does after that reaches nobody.
    pub dead: CancellationToken,
    pub clock: Clock,
    troubles: Mutex<Troubles>,
}

#[derive(Debug)]
struct Troubles {
    asleep_until: Instant,
    cut_off_until: Instant,
    /// Hints neither come nor go.
    deaf_until: Instant,
}

/// The way of one replica to the store.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub chance: Chance,
    pub machine: Arc<Machine>,
}

/// What becomes of a call that reached the store.
pub(super) enum Call {
    Done,
    /// The caller hears of a failure, and it is done later all the same.
    Late(Duration),
}

impl Weather {
    fn of(ids: &Ids) -> Self {
        // One in four is calm in a respect.
        let up_to = |most: u64| ids.below(most * 4 / 3).saturating_sub(most / 3);
        Self {
            failing: up_to(60),
            unanswered: up_to(60),
            late: up_to(40),
            slow: up_to(150),
            hints_lost: if ids.below(5) == 0 { 100 } else { up_to(60) },
            hints_twice: up_to(40),
            hints_late: up_to(60),
            trouble_every: [0, 2_000, 5_000, 9_000][usize::try_from(ids.below(4)).unwrap()],
            unsteady: up_to(60),
        }
    }
}

impl Chance {
    pub(super) fn new(seed: u64, bug: Option<Bug>, is_printed: bool) -> Self {
        let ids = Ids::seeded(Clock::manual(1), seed);
        let weather = Weather::of(&ids);
        let chance = Self::with(ids, weather, bug, is_printed);
        chance.note(format_args!("seed {seed}: {weather:?}"));
        chance
    }

    /// Nothing goes wrong.
    pub(super) fn calm() -> Self {
        Self::with(Ids::seeded(Clock::manual(1), 1), Weather::default(), None, false)
    }

    fn with(ids: Ids, weather: Weather, bug: Option<Bug>, is_printed: bool) -> Self {
        let trace = Mutex::new(Trace { hash: DefaultHasher::new(), is_printed });
        let (is_rough, began) = (AtomicBool::new(true), Instant::now());
        Self(Arc::new(Inner { ids, weather, is_rough, bug, began, trace, said: AtomicU64::new(0) }))
    }

    pub(super) fn weather(&self) -> Weather {
        if self.0.is_rough.load(Ordering::Relaxed) { self.0.weather } else { Weather::default() }
    }

    /// From now on nothing goes wrong any more.
    pub(super) fn heal(&self) {
        self.0.is_rough.store(false, Ordering::Relaxed);
    }

    pub(super) fn is_healed(&self) -> bool {
        !self.0.is_rough.load(Ordering::Relaxed)
    }

    /// Whether the double is to make this mistake.
    pub(super) fn has(&self, bug: Bug) -> bool {
        self.0.bug == Some(bug)
    }

    pub(super) fn below(&self, bound: u64) -> u64 {
        self.0.ids.below(bound)
    }

    pub(super) fn percent(&self, percent: u64) -> bool {
        percent > 0 && self.below(100) < percent
    }

    pub(super) fn per_mille(&self, per_mille: u64) -> bool {
        per_mille > 0 && self.below(1_000) < per_mille
    }

    pub(super) fn one_of<'a, T>(&self, all: &'a [T]) -> Option<&'a T> {
        all.get(usize::try_from(self.below(all.len() as u64)).unwrap())
    }

    pub(super) fn ms(&self, from: u64, below: u64) -> Duration {
        Duration::from_millis(from + self.below(below - from))
    }

    /// What a step on the way to the store and back takes.
    pub(super) async fn travel(&self) {
        if self.per_mille(self.weather().slow) {
            let most = *self.one_of(&[50, 300, 1_700]).unwrap();
            sleep(self.ms(5, most)).await;
        } else if self.percent(40) {
            sleep(self.ms(1, 8)).await;
        }
    }

    pub(super) fn elapsed(&self) -> Duration {
        self.0.began.elapsed()
    }

    /// Adds a line to the trace.
    pub(super) fn note(&self, line: Arguments<'_>) {
        let at = self.0.began.elapsed().as_millis();
        let mut trace = self.0.trace.lock().unwrap();
        if trace.is_printed {
            println!("{:>7}.{:03} {line}", at / 1_000, at % 1_000);
        }
        trace.write_fmt(format_args!("{at} {line}\n")).unwrap();
        self.0.said.fetch_add(1, Ordering::Relaxed);
    }

    /// What the trace comes to, and its lines.
    pub(super) fn traced(&self) -> (u64, u64) {
        (self.0.trace.lock().unwrap().hash.finish(), self.0.said.load(Ordering::Relaxed))
    }
}

impl Write for Trace {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.hash.write(text.as_bytes());
        Ok(())
    }
}

impl Machine {
    pub(super) fn new(name: String, clock: Clock) -> Self {
        let now = Instant::now();
        let troubles = Troubles { asleep_until: now, cut_off_until: now, deaf_until: now };
        Self { name, dead: CancellationToken::new(), clock, troubles: Mutex::new(troubles) }
    }

    pub(super) fn is_dead(&self) -> bool {
        self.dead.is_cancelled()
    }

    /// Stops for a while: whoever wants something of it, and whatever it wants of others, waits.
    pub(super) fn sleeps_for(&self, time: Duration) {
        self.troubles.lock().unwrap().asleep_until = Instant::now() + time;
    }

    /// Does not reach the store for a while.
    pub(super) fn is_cut_off_for(&self, time: Duration) {
        self.troubles.lock().unwrap().cut_off_until = Instant::now() + time;
    }

    pub(super) fn is_deaf_for(&self, time: Duration) {
        self.troubles.lock().unwrap().deaf_until = Instant::now() + time;
    }

    pub(super) fn is_deaf(&self) -> bool {
        Instant::now() < self.troubles.lock().unwrap().deaf_until
    }

    pub(super) fn is_asleep(&self) -> bool {
        Instant::now() < self.troubles.lock().unwrap().asleep_until
    }

    pub(super) fn recovers(&self) {
        let now = Instant::now();
        *self.troubles.lock().unwrap() = Troubles { asleep_until: now, cut_off_until: now, deaf_until: now };
    }

    /// Waits until it goes on.
    pub(super) async fn awake(&self) {
        loop {
            let until = self.troubles.lock().unwrap().asleep_until;
            if until <= Instant::now() {
                return;
            }
            // It may be woken before.
            sleep_until(until.min(Instant::now() + Duration::from_millis(250))).await;
        }
    }

    async fn reaches_store(&self) -> Result<(), StoreError> {
        self.awake().await;
        let is_cut_off = || Instant::now() < self.troubles.lock().unwrap().cut_off_until;
        if is_cut_off() {
            // What it is to a pool: nothing for a while, and then a failure.
            sleep(Duration::from_millis(200)).await;
        }
        if is_cut_off() || self.is_dead() { Err(unavailable()) } else { Ok(()) }
    }
}

impl Line {
    pub(super) fn calm() -> Self {
        let machine = Machine::new("calm".to_owned(), Clock::manual(1_000));
        Self { chance: Chance::calm(), machine: Arc::new(machine) }
    }

    /// A call on its way to the store. An error: it is lost, and nothing was done.
    pub(super) async fn out(&self, call: &'static str, writes: bool) -> Result<Call, StoreError> {
        self.chance.travel().await;
        self.machine.reaches_store().await?;
        let weather = self.chance.weather();
        if self.chance.per_mille(weather.failing) {
            self.chance.note(format_args!("{} {call}: fails", self.machine.name));
            return Err(unavailable());
        }
        if writes && self.chance.per_mille(weather.late) {
            self.chance.note(format_args!("{} {call}: fails, and is done later", self.machine.name));
            return Ok(Call::Late(self.chance.ms(1, 4_500)));
        }
        Ok(Call::Done)
    }

    /// The reply on its way back. An error: it is lost, though everything was done.
    pub(super) async fn back(&self, call: &'static str) -> Result<(), StoreError> {
        self.chance.travel().await;
        self.machine.reaches_store().await?;
        if self.chance.per_mille(self.chance.weather().unanswered) {
            self.chance.note(format_args!("{} {call}: its reply is lost", self.machine.name));
            return Err(unavailable());
        }
        Ok(())
    }
}

pub(super) fn unavailable() -> StoreError {
    StoreError::Unavailable(sqlx::Error::PoolTimedOut)
}

/// Waits for something, unless the machine dies or it takes too long.
pub(super) async fn from<T>(machine: &Machine, patience: Duration, what: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        biased;
        () = machine.dead.cancelled() => None,
        got = timeout(patience, async {
            machine.awake().await;
            let got = what.await;
            machine.awake().await;
            got
        }) => got.ok(),
    }
}
