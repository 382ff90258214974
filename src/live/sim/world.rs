//! Three replicas over one store, what befalls them, and the course of one run.

use super::chance::{Chance, Line, Machine};
use super::double::{Double, Rows};
use super::laws::Ledger;
use super::{laws, net, players};
use crate::bus::{Bus, Heard};
use crate::clock::Clock;
use crate::game::marking::Marking;
use crate::game::{
    Action, Choice, Event, FrozenQuestion, FrozenQuiz, FrozenRound, Game, GameId, Key, Phase, PlayerId, QuestionId,
    What,
};
use crate::ids::{Ids, TokenHash};
use crate::live::{Connection, Live, Parts, Storage};
use crate::telemetry::Metrics;
use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

pub(super) const REPLICAS: usize = 3;
const PHONES: std::ops::Range<u64> = 3..7;
const HOSTS: usize = 2;

/// How long things go wrong, in milliseconds.
const ROUGH_MS: std::ops::Range<u64> = 12_000..28_000;

/// After everything has healed, within this everybody must know everything.
const HEALED_WITHIN: Duration = Duration::from_secs(5);

/// And so much later whoever was shut out must be cut: credentials are looked at every four seconds, with one of the
/// looks at everything that come every two; and the last seat may have moved when all was healed, by a call on its way.
const SHUT_OUT_AFTER: Duration = Duration::from_secs(6);

/// Longer than what is told together waits for, and a hint takes.
const QUIET_FOR: Duration = Duration::from_millis(500);

/// A run that takes longer hangs.
const RUN_AT_MOST: Duration = Duration::from_secs(180);

const HINTS_MAX: usize = 1_024;
const STARTS_AT_MS: i64 = 1_795_291_200_000;

/// One run.
pub(super) struct World {
    pub chance: Chance,
    pub rows: Rows,
    pub game: GameId,
    pub ledger: Mutex<Ledger>,
    pub tasks: TaskTracker,
    /// The run is over.
    pub over: CancellationToken,
    pub players: Vec<PlayerId>,
    pub ids: Ids,
    replicas: Mutex<Vec<Arc<Replica>>>,
    /// Connections whose clients are gone without a word, and those who were left for another phone.
    abandoned: Mutex<Vec<Abandoned>>,
}

/// One life of a replica: after a crash another one takes its place.
pub(super) struct Replica {
    pub machine: Arc<Machine>,
    pub live: Live,
    pub bus: Bus,
    stop: CancellationToken,
}

/// A connection that nobody reads.
pub(super) struct Abandoned {
    pub replica: Arc<Replica>,
    pub connection: Connection,
    pub secret: Option<TokenHash>,
    /// When the replica finds out by itself.
    until: Instant,
}

thread_local!(static METRICS: OnceCell<Metrics> = const { OnceCell::new() });

/// Plays one run to its end, and says which laws were broken.
pub(super) async fn play(chance: Chance) -> Result<(), String> {
    let world = World::new(chance);
    let run = timeout(RUN_AT_MOST, Arc::clone(&world).run()).await;
    world.over.cancel();
    for replica in world.replicas() {
        replica.crash();
    }
    run.unwrap_or_else(|_| Err("the run does not end".to_owned()))
}

impl World {
    pub(super) fn new(chance: Chance) -> Arc<Self> {
        let ids = Ids::seeded(Clock::of_tokio(STARTS_AT_MS), chance.below(u64::MAX));
        let game = GameId(ids.uuid());
        let quiz = quiz(&chance);
        let what = What::GameCreated { game, code: "SIMULA".to_owned(), quiz, teams: false, robots: vec![] };
        let first = Event { at: STARTS_AT_MS, what };
        let rows = Rows::default();
        rows.create(&first, &Game::new(&first).unwrap());
        let phones = PHONES.start + chance.below(PHONES.end - PHONES.start);
        let players = (0..phones).map(|_| PlayerId(ids.uuid())).collect();
        let world = Arc::new(Self {
            chance,
            rows,
            game,
            ledger: Mutex::default(),
            tasks: TaskTracker::new(),
            over: CancellationToken::new(),
            players,
            ids,
            replicas: Mutex::default(),
            abandoned: Mutex::default(),
        });
        for place in 0..REPLICAS {
            world.start(place, 0);
        }
        world
    }

    async fn run(self: Arc<Self>) -> Result<(), String> {
        for n in 0..self.players.len() {
            self.tasks.spawn(players::phone(Arc::clone(&self), n));
        }
        for n in 0..HOSTS {
            self.tasks.spawn(players::host(Arc::clone(&self), n));
        }
        let until = Instant::now() + self.chance.ms(ROUGH_MS.start, ROUGH_MS.end);
        self.make_trouble(until).await;
        self.heal();
        sleep(HEALED_WITHIN).await;
        self.is_quiet().await;
        laws::everybody_knows(&self).await?;
        sleep(SHUT_OUT_AFTER).await;
        laws::nobody_stays_who_was_shut_out(&self)?;
        self.finish().await?;
        sleep(HEALED_WITHIN).await;
        laws::all(&self).await
    }

    pub(super) fn replicas(&self) -> Vec<Arc<Replica>> {
        self.replicas.lock().unwrap().clone()
    }

    pub(super) fn some_replica(&self) -> Arc<Replica> {
        Arc::clone(self.chance.one_of(&self.replicas()).unwrap())
    }

    /// Starts a replica in this place.
    fn start(self: &Arc<Self>, place: usize, nth: u64) {
        let clock = Clock::of_tokio(STARTS_AT_MS + i64::try_from(self.chance.elapsed().as_millis()).unwrap());
        let name = format!("{}{nth}", ["A", "B", "C"][place]);
        self.chance.note(format_args!("{name} starts"));
        let machine = Arc::new(Machine::new(name, clock.clone()));
        let ids = Ids::seeded(clock.clone(), self.chance.below(u64::MAX));
        let (out, hints) = mpsc::channel(HINTS_MAX);
        let bus = Bus::simulated(&ids, out);
        let way = Line { chance: self.chance.clone(), machine: Arc::clone(&machine) };
        let stop = CancellationToken::new();
        let live = Live::start(Parts {
            store: Storage::Double(Double::new(self.rows.clone(), way, self.tasks.clone())),
            bus: bus.clone(),
            clock,
            ids,
            metrics: METRICS.with(|metrics| metrics.get_or_init(|| Metrics::new().unwrap()).clone()),
            tracker: self.tasks.clone(),
            stop: stop.clone(),
            base_url: watch::channel("http://quiz.test".to_owned()).1,
            robots_take: Duration::from_millis(40),
        });
        let replica = Arc::new(Replica { machine, live, bus, stop });
        let mut replicas = self.replicas.lock().unwrap();
        match replicas.get_mut(place) {
            Some(old) => *old = Arc::clone(&replica),
            None => replicas.push(Arc::clone(&replica)),
        }
        drop(replicas);
        self.tasks.spawn(net::carry(Arc::clone(self), replica, hints));
    }

    async fn make_trouble(self: &Arc<Self>, until: Instant) {
        let most = self.chance.weather().trouble_every;
        while Instant::now() < until {
            let wait = self.chance.ms(100, most.max(1_000));
            tokio::time::sleep_until(until.min(Instant::now() + wait)).await;
            self.let_go_of_abandoned();
            if most > 0 && Instant::now() < until {
                self.trouble();
            }
        }
    }

    fn trouble(self: &Arc<Self>) {
        let place = usize::try_from(self.chance.below(REPLICAS as u64)).unwrap();
        let replica = Arc::clone(&self.replicas()[place]);
        let (chance, machine) = (&self.chance, &replica.machine);
        if machine.is_dead() {
            return;
        }
        let time = chance.ms(200, *chance.one_of(&[1_000, 4_000, 9_000]).unwrap());
        match chance.below(8) {
            0..=2 => {
                chance.note(format_args!("{} crashes", machine.name));
                replica.crash();
                let (world, time) = (Arc::clone(self), time / 2);
                self.tasks.spawn(async move {
                    sleep(time).await;
                    if world.replicas()[place].machine.is_dead() {
                        let nth = world.chance.below(1_000);
                        world.start(place, nth);
                    }
                });
            }
            3 => {
                chance.note(format_args!("{} sleeps for {time:?}", machine.name));
                machine.sleeps_for(time);
            }
            4 => {
                chance.note(format_args!("{} is cut off from the store for {time:?}", machine.name));
                machine.is_cut_off_for(time);
            }
            5 => {
                let by = i64::try_from(chance.below(8_000)).unwrap() - 4_000;
                chance.note(format_args!("the clock of {} is turned by {by} ms", machine.name));
                machine.clock.follow(machine.clock.now_ms() + by);
            }
            6 => {
                chance.note(format_args!("{} hears and says nothing for {time:?}", machine.name));
                machine.is_deaf_for(time);
            }
            _ => {
                chance.note(format_args!("{} hears of a gap", machine.name));
                replica.bus.hear(Uuid::nil(), Heard::Gap);
            }
        }
    }

    fn heal(self: &Arc<Self>) {
        self.chance.note(format_args!("everything heals"));
        self.chance.heal();
        let now = STARTS_AT_MS + i64::try_from(self.chance.elapsed().as_millis()).unwrap();
        for (place, replica) in self.replicas().into_iter().enumerate() {
            if replica.machine.is_dead() {
                self.start(place, 1_000);
            } else {
                replica.machine.recovers();
                replica.machine.clock.follow(now);
            }
        }
    }

    /// Leaves a connection without a word: its replica finds out later, or never.
    pub(super) fn abandon(&self, replica: &Arc<Replica>, connection: Connection, secret: Option<TokenHash>) {
        let until = Instant::now() + self.chance.ms(500, 45_000);
        let replica = Arc::clone(replica);
        self.abandoned.lock().unwrap().push(Abandoned { replica, connection, secret, until });
    }

    fn let_go_of_abandoned(&self) {
        let now = Instant::now();
        self.abandoned.lock().unwrap().retain(|left| left.until > now && !left.replica.machine.is_dead());
    }

    pub(super) fn abandoned<T>(&self, look: impl FnMut(&Abandoned) -> T) -> Vec<T> {
        self.abandoned.lock().unwrap().iter().map(look).collect()
    }

    /// Notes that a law was broken.
    pub(super) fn breach(&self, law: &str, how: std::fmt::Arguments<'_>) {
        self.chance.note(format_args!("BROKEN: {law}: {how}"));
        self.ledger.lock().unwrap().broken.get_or_insert_with(|| format!("{law}: {how}"));
    }

    /// The game as its log tells it.
    pub(super) fn told(&self) -> Game {
        self.told_to(u64::MAX)
    }

    pub(super) fn told_to(&self, seq: u64) -> Game {
        let replay = |rows: &mut super::double::GameRows| {
            Game::replay(rows.log.iter().filter(|(place, _)| *place <= seq).map(|(_, event)| event))
        };
        self.rows.of(self.game, replay).flatten().unwrap()
    }

    pub(super) fn seq(&self) -> u64 {
        self.rows.of(self.game, |rows| rows.seq).unwrap()
    }

    /// Waits until no clock has done anything for a moment: what it did is on its way to those who are told.
    async fn is_quiet(&self) {
        let mut before = 0;
        while before != self.seq() {
            before = self.seq();
            sleep(QUIET_FOR).await;
        }
    }

    /// Brings the game to its end, from wherever it is, and has all scores released.
    async fn finish(&self) -> Result<(), String> {
        for _ in 0..100 {
            let game = self.told();
            let action = match game.phase {
                Phase::Lobby => Action::StartGame,
                Phase::Question => Action::EndRound,
                Phase::RoundReview => Action::ReleaseScores { reason: None },
                Phase::Leaderboard => Action::EndGame,
                Phase::Ended => {
                    let to_correct = game.corrections_pending();
                    if !to_correct {
                        return Ok(());
                    }
                    Action::ReleaseScores { reason: Some("counted again".to_owned()) }
                }
            };
            let done = self.some_replica().live.act(self.game, action.clone(), Some(game.seq)).await;
            self.chance.note(format_args!("the end: {action:?}: {done:?}"));
            if matches!(done, Err(crate::live::LiveError::NotSaved(_))) {
                return Err(format!("a step is not saved though everything is well: {action:?}"));
            }
            // Whatever replica is next, it is to know.
            sleep(Duration::from_millis(20)).await;
        }
        Err("the game does not end".to_owned())
    }
}

impl Replica {
    /// Ends without a word: whatever its tasks still do reaches nobody.
    fn crash(&self) {
        self.machine.dead.cancel();
        self.stop.cancel();
    }
}

/// Two rounds of three questions: options, a text, the nearest number; with clocks now and then.
fn quiz(chance: &Chance) -> FrozenQuiz {
    let limit = |percent, from, below| {
        chance.percent(percent).then(|| u32::try_from(chance.ms(from, below).as_millis()).unwrap())
    };
    let keys = || {
        let choice = |text: &str, correct| Choice { text: text.to_owned(), correct };
        let nearest = Marking { nearest: true, ..Marking::default() };
        [
            Key::MultipleChoice { choices: vec![choice("0", true), choice("1", false), choice("2", false)] },
            Key::Text { accepted: vec!["1".to_owned()], marking: Marking::default() },
            Key::Text { accepted: vec!["500".to_owned()], marking: nearest },
        ]
    };
    let mut number = 0;
    let mut question = |key| {
        number += 1;
        FrozenQuestion {
            id: QuestionId(Uuid::from_u128(number)),
            prompt: format!("Question {number}?"),
            points: 10,
            notes: None,
            time_limit_seconds: limit(30, 5, 10),
            key,
        }
    };
    let mut rounds = Vec::new();
    for _ in 0..2 {
        let questions = keys().into_iter().map(&mut question).collect();
        rounds.push(FrozenRound { title: None, time_limit_seconds: limit(20, 6, 12), questions });
    }
    FrozenQuiz { name: "Simulated".to_owned(), rounds }
}

/// Those of a game's questions that are shown to be open.
pub(super) type Shown = BTreeMap<QuestionId, bool>;
