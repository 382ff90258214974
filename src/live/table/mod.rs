//! One game at work: its state as the log tells it, and the connections that watch it.

mod answers;
mod connections;
mod crowd;
mod replicas;
mod steps;
mod telling;

use super::connection::{Connection, ConnectionId, Cut};
use super::{Attendance, Audience, Entry, Live, LiveError, in_time, robots};
use crate::bus::Change;
use crate::clock::Waiting;
use crate::game::view::host::Presence;
use crate::game::{Action, Answer, Answers, ClaimId, Game, GameId, Phase, PlayerId, QuestionId};
use crate::ids::TokenHash;
use crate::limits::{COUNTS_EVERY, GAME_IDLE_AFTER, ROSTER_EVERY, SEQ_CHECK_EVERY};
use crate::pace::Bucket;
use crate::store::{NewSeat, StoreError};
use connections::SharedMessages;
use crowd::Crowd;
use prometheus::IntGauge;
use replicas::Elsewhere;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use steps::IDLE_LOOKS;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::time::{Instant, sleep_until};
use uuid::Uuid;

/// A look into a game.
type Look = Box<dyn FnOnce(&Game, &Answers) + Send>;

/// What the task of a game is asked.
pub(super) enum Request {
    Act {
        action: Box<Action>,
        expected_seq: Option<u64>,
        seat: Option<NewSeat>,
        reply: oneshot::Sender<Result<u64, LiveError>>,
    },
    Attendance {
        reply: oneshot::Sender<Attendance>,
    },
    ClaimsChanged {
        reply: oneshot::Sender<()>,
    },
    Connect {
        entry: Entry,
        reply: oneshot::Sender<Result<Connection, LiveError>>,
    },
    CutScreens,
    DecideClaim {
        claim: ClaimId,
        approve: bool,
        of: Option<PlayerId>,
        reply: oneshot::Sender<Result<(), LiveError>>,
    },
    /// Another replica changed something. None: it is not known what.
    Hint(Option<Change>),
    MoveSeat {
        from: TokenHash,
        seat: NewSeat,
        reply: oneshot::Sender<Result<bool, LiveError>>,
    },
    Read(Look),
    Refresh {
        connection: ConnectionId,
        reply: oneshot::Sender<()>,
    },
    ShowBoard {
        connection: ConnectionId,
        reply: oneshot::Sender<()>,
    },
    Revoke {
        credential: Uuid,
    },
}

/// Answers of one game that are on disk, each with the connection that it came through.
pub(super) type StoredAnswers = Vec<(Answer, ConnectionId)>;

/// What the task of a game is to do.
pub(super) struct Queues {
    pub requests: mpsc::Receiver<Request>,
    pub answers: mpsc::Receiver<StoredAnswers>,
    /// Answers did not fit into their queue: they are to be read from the disk.
    pub behind: Arc<Notify>,
}

/// The task of one game.
pub(super) struct Table {
    live: Live,
    game: Game,
    answers: Answers,
    queues: Queues,
    connections: Crowd,
    shared: SharedMessages,
    next_connection: u64,
    gone: Arc<Notify>,
    presence: Presence,
    /// Answers did not fit into their queue, and could not be read from the disk yet.
    is_behind: bool,
    /// The answers to the round were read when none was under way any more.
    has_whole_round: bool,
    /// Questions whose count the hosts have not been told.
    uncounted: BTreeSet<QuestionId>,
    /// Rounds whose reviews the hosts have not been told.
    unreviewed: BTreeSet<usize>,
    host_state: Coalesced,
    roster: Coalesced,
    review: Coalesced,
    /// What each player did to the game's log lately.
    stirs: BTreeMap<PlayerId, Bucket>,
    /// What other replicas know and do.
    elsewhere: Elsewhere,
    idle_looks: Bucket,
    /// While a deadline is ahead.
    waiting: Option<Waiting>,
    /// After a deadline could not be kept: when to try again.
    no_deadline_before: Instant,
    empty_since: Instant,
}

/// Counted in a gauge for as long as it lives.
struct Counted(IntGauge);

/// A message that is sent at once when it was quiet, and else together with what follows within its interval.
struct Coalesced {
    every: Duration,
    last: Option<Instant>,
    due: Option<Instant>,
}

impl Table {
    /// Reads a game from its log.
    pub(super) async fn read(live: Live, id: GameId, queues: Queues) -> Result<Self, LiveError> {
        let store = &live.parts().store;
        let events = in_time(store.events_after(id, 0)).await.map_err(LiveError::NotSaved)?;
        if events.is_empty() {
            return Err(LiveError::NoSuchGame);
        }
        let damaged = || LiveError::NotSaved(StoreError::Unreadable("a log that begins with no game".to_owned()));
        let game = Game::replay(&events).ok_or_else(damaged)?;
        let answers = Answers::new(&game.quiz);
        let now = live.parts().clock.now_ms();
        let mut table = Self {
            live,
            game,
            answers,
            queues,
            connections: Crowd::default(),
            shared: SharedMessages::default(),
            next_connection: 1,
            gone: Arc::default(),
            presence: Presence::default(),
            is_behind: false,
            has_whole_round: false,
            uncounted: BTreeSet::new(),
            unreviewed: BTreeSet::new(),
            host_state: Coalesced::new(COUNTS_EVERY),
            roster: Coalesced::new(ROSTER_EVERY),
            review: Coalesced::new(COUNTS_EVERY),
            stirs: BTreeMap::new(),
            elsewhere: Elsewhere::new(),
            idle_looks: Bucket::full(IDLE_LOOKS, now),
            waiting: None,
            no_deadline_before: Instant::now(),
            empty_since: Instant::now(),
        };
        table.read_answers().await.map_err(LiveError::NotSaved)?;
        table.read_claims().await.map_err(LiveError::NotSaved)?;
        Ok(table)
    }

    /// Serves the game until nobody has been there for a while, or the process ends.
    pub(super) async fn run(mut self) {
        let stop = self.live.parts().stop.clone();
        if self.game.phase != Phase::Ended && self.game.is_practice() {
            let robots = robots::play(self.live.clone(), self.game.id, self.game.robots.clone());
            self.live.parts().tracker.spawn(robots);
        }
        let _counted = Counted::in_gauge(&self.live.parts().metrics.games_live);
        let mut check = tokio::time::interval(SEQ_CHECK_EVERY);
        check.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let (gone, behind) = (Arc::clone(&self.gone), Arc::clone(&self.queues.behind));
        loop {
            let next = self.next_instant();
            tokio::select! {
                biased;
                Some(answers) = self.queues.answers.recv() => self.answered(answers),
                () = behind.notified() => self.catch_up_with_answers().await,
                () = sleep_until(next) => self.tick().await,
                () = gone.notified() => self.drop_gone(),
                request = self.queues.requests.recv() => match request {
                    Some(request) => self.serve(request).await,
                    None => break,
                },
                _ = check.tick() => {
                    if self.is_behind {
                        self.catch_up_with_answers().await;
                    }
                    self.look_around().await;
                    if self.is_idle() && self.live.forget(self.game.id, &mut self.queues) {
                        break;
                    }
                }
                () = stop.cancelled(), if self.connections.is_empty() => break,
            }
        }
        if self.game.is_practice()
            && self.game.phase == Phase::Ended
            && !stop.is_cancelled()
            && let Err(error) = in_time(self.live.parts().store.wipe_practice(self.game.id)).await
        {
            tracing::warn!(%error, game = %self.game.id, "a practice game is wiped later");
        }
    }

    async fn serve(&mut self, request: Request) {
        match request {
            // Whoever asked has given up: nothing shall come of it.
            Request::Act { reply, .. } if reply.is_closed() => {}
            Request::Act { action, expected_seq, seat, reply } => {
                let _ = reply.send(self.act(*action, expected_seq, seat.as_ref()).await);
            }
            Request::Attendance { reply } => {
                let _ = reply.send(self.attendance());
            }
            Request::ClaimsChanged { reply } => {
                self.claims_changed().await;
                let _ = reply.send(());
            }
            Request::Connect { entry, reply } => {
                let connected = self.connect(entry).await;
                let _ = reply.send(connected);
            }
            Request::CutScreens => self.cut(Cut::Revoked, |audience| audience == Audience::Screen),
            Request::DecideClaim { claim, approve, of, reply } => {
                let _ = reply.send(self.decide_claim(claim, approve, of).await);
            }
            Request::Hint(Some(change)) => self.hinted(change).await,
            Request::Hint(None) => self.look_around().await,
            Request::MoveSeat { from, seat, reply } => {
                let _ = reply.send(self.move_seat(&from, &seat).await);
            }
            Request::Read(look) => look(&self.game, &self.answers),
            Request::Refresh { connection, reply } => {
                self.refresh(connection);
                let _ = reply.send(());
            }
            Request::ShowBoard { connection, reply } => {
                self.show_board(connection);
                let _ = reply.send(());
            }
            Request::Revoke { credential } => {
                self.cut(Cut::Revoked, |audience| audience == Audience::Host { credential });
            }
        }
    }

    /// When there is something to do without being asked.
    fn next_instant(&mut self) -> Instant {
        let now = Instant::now();
        let deadline = self.game.next_by_clock();
        if deadline.is_some() != self.waiting.is_some() {
            self.waiting = deadline.is_some().then(|| self.live.parts().clock.waiting());
        }
        let deadline = deadline.map(|(at, _)| {
            let ms = (at - self.live.parts().clock.now_ms()).max(0);
            // Never a busy loop, should the wall clock stand still.
            let wait = Duration::from_millis(u64::try_from(ms).unwrap_or(0)).max(Duration::from_millis(5));
            (now + wait).max(self.no_deadline_before)
        });
        let dues = [deadline, self.host_state.due, self.roster.due, self.review.due, self.elsewhere.due()];
        dues.into_iter().flatten().min().unwrap_or(now + SEQ_CHECK_EVERY)
    }

    async fn tick(&mut self) {
        let now = self.live.parts().clock.now_ms();
        if let Some((at, action)) = self.game.next_by_clock()
            && at <= now
            && let Err(error) = self.act(action, None, None).await
        {
            tracing::debug!(%error, game = %self.game.id, "what is due could not be done");
            // Answers are refused by the database all the same; closing is tried again.
            self.no_deadline_before = Instant::now() + SEQ_CHECK_EVERY;
        }
        self.follow_hints().await;
        self.flush();
    }

    /// Whether nobody is there, or nobody but robots.
    fn is_deserted(&self) -> bool {
        let is_robot = |audience| matches!(audience, Audience::Player(player) if self.game.robots.contains(&player));
        self.connections.iter().all(|outbox| is_robot(outbox.audience))
    }

    fn is_idle(&self) -> bool {
        self.is_deserted() && self.empty_since.elapsed() >= GAME_IDLE_AFTER
    }
}

impl Counted {
    fn in_gauge(gauge: &IntGauge) -> Self {
        gauge.inc();
        Self(gauge.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl Coalesced {
    fn new(every: Duration) -> Self {
        Self { every, last: None, due: None }
    }

    /// There is something new to say.
    fn mark(&mut self) {
        let now = Instant::now();
        let next = self.last.map_or(now, |last| (last + self.every).max(now));
        self.due.get_or_insert(next);
    }

    /// What there is to say does not wait.
    fn hurry(&mut self) {
        if let Some(due) = &mut self.due {
            *due = (*due).min(Instant::now());
        }
    }

    /// Whether it is to be said now.
    fn take(&mut self, now: Instant) -> bool {
        let due = self.due.is_some_and(|due| due <= now);
        if due {
            self.due = None;
            self.last = Some(now);
        }
        due
    }
}
