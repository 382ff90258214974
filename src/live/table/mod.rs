//! One game at work: its state as the log tells it, and the connections that watch it.

mod answers;
mod connections;
mod steps;
mod telling;

use super::connection::{Connection, ConnectionId, Cut, Outbox};
use super::{Audience, Live, LiveError};
use crate::game::view::host::Presence;
use crate::game::{Action, Answer, Answers, ClaimId, Game, GameId, PlayerId, QuestionId};
use crate::limits::{COUNTS_EVERY, GAME_IDLE_AFTER, ROSTER_EVERY, SEQ_CHECK_EVERY};
use crate::store::{NewSeat, StoreError};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
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
    /// These answers are on disk, in this order, each with the connection that it came through.
    Answered {
        answers: Vec<(Answer, ConnectionId)>,
    },
    ClaimsChanged {
        reply: oneshot::Sender<()>,
    },
    Connect {
        audience: Audience,
        reply: oneshot::Sender<Result<Connection, LiveError>>,
    },
    CutScreens,
    DecideClaim {
        claim: ClaimId,
        approve: bool,
        of: Option<PlayerId>,
        reply: oneshot::Sender<Result<(), LiveError>>,
    },
    /// The log may have grown. Without a `seq`, hints were lost.
    Hint {
        seq: Option<u64>,
    },
    Read(Look),
    Refresh {
        connection: ConnectionId,
        reply: oneshot::Sender<()>,
    },
    Revoke {
        credential: Uuid,
    },
}

/// The task of one game.
pub(super) struct Table {
    live: Live,
    game: Game,
    answers: Answers,
    requests: mpsc::Receiver<Request>,
    connections: BTreeMap<ConnectionId, Outbox>,
    next_connection: u64,
    gone: Arc<Notify>,
    presence: Presence,
    /// Questions whose count the hosts have not been told.
    uncounted: BTreeSet<QuestionId>,
    host_state: Coalesced,
    roster: Coalesced,
    review: Coalesced,
    /// After a deadline could not be kept: when to try again.
    no_deadline_before: Instant,
    empty_since: Instant,
}

/// A message that is sent at once when it was quiet, and else together with what follows within its interval.
struct Coalesced {
    every: Duration,
    last: Option<Instant>,
    due: Option<Instant>,
}

impl Table {
    /// Reads a game from its log.
    pub(super) async fn read(live: Live, id: GameId, requests: mpsc::Receiver<Request>) -> Result<Self, LiveError> {
        let store = &live.parts().store;
        let events = store.events_after(id, 0).await.map_err(LiveError::NotSaved)?;
        if events.is_empty() {
            return Err(LiveError::NoSuchGame);
        }
        let damaged = || LiveError::NotSaved(StoreError::Unreadable("a log that begins with no game".to_owned()));
        let game = Game::replay(&events).ok_or_else(damaged)?;
        let answers = Answers::new(&game.quiz);
        let mut table = Self {
            live,
            game,
            answers,
            requests,
            connections: BTreeMap::new(),
            next_connection: 1,
            gone: Arc::default(),
            presence: Presence::default(),
            uncounted: BTreeSet::new(),
            host_state: Coalesced::new(COUNTS_EVERY),
            roster: Coalesced::new(ROSTER_EVERY),
            review: Coalesced::new(COUNTS_EVERY),
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
        self.live.parts().metrics.games_live.inc();
        let mut check = tokio::time::interval(SEQ_CHECK_EVERY);
        check.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let gone = Arc::clone(&self.gone);
        loop {
            let next = self.next_instant();
            tokio::select! {
                request = self.requests.recv() => match request {
                    Some(request) => self.serve(request).await,
                    None => break,
                },
                () = gone.notified() => self.drop_gone(),
                () = sleep_until(next) => self.tick().await,
                _ = check.tick() => {
                    self.look_for_events().await;
                    if self.is_idle() && self.live.forget(self.game.id, &mut self.requests) {
                        break;
                    }
                }
                () = stop.cancelled(), if self.connections.is_empty() => break,
            }
        }
        self.live.parts().metrics.games_live.dec();
    }

    async fn serve(&mut self, request: Request) {
        match request {
            Request::Act { action, expected_seq, seat, reply } => {
                let _ = reply.send(self.act(*action, expected_seq, seat.as_ref()).await);
            }
            Request::Answered { answers } => self.answered(answers),
            Request::ClaimsChanged { reply } => {
                self.claims_changed().await;
                let _ = reply.send(());
            }
            Request::Connect { audience, reply } => {
                let connected = self.connect(audience).await;
                let _ = reply.send(connected);
            }
            Request::CutScreens => self.cut(Cut::Revoked, |audience| audience == Audience::Screen),
            Request::DecideClaim { claim, approve, of, reply } => {
                let _ = reply.send(self.decide_claim(claim, approve, of).await);
            }
            Request::Hint { seq } => {
                if seq.is_none_or(|seq| seq > self.game.seq) {
                    self.look_for_events().await;
                }
            }
            Request::Read(look) => look(&self.game, &self.answers),
            Request::Refresh { connection, reply } => {
                if let Some(outbox) = self.connections.get(&connection) {
                    self.welcome(outbox);
                }
                let _ = reply.send(());
            }
            Request::Revoke { credential } => {
                self.cut(Cut::Revoked, |audience| audience == Audience::Host { credential });
            }
        }
    }

    /// When there is something to do without being asked.
    fn next_instant(&self) -> Instant {
        let now = Instant::now();
        let deadline = self.game.next_deadline().map(|(_, at)| {
            let ms = (at - self.live.parts().clock.now_ms()).max(0);
            // Never a busy loop, should the wall clock stand still.
            let wait = Duration::from_millis(u64::try_from(ms).unwrap_or(0)).max(Duration::from_millis(5));
            (now + wait).max(self.no_deadline_before)
        });
        let dues = [deadline, self.host_state.due, self.roster.due, self.review.due];
        dues.into_iter().flatten().min().unwrap_or(now + SEQ_CHECK_EVERY)
    }

    async fn tick(&mut self) {
        let now = self.live.parts().clock.now_ms();
        if let Some((question, at)) = self.game.next_deadline()
            && at <= now
            && let Err(error) = self.act(Action::TimeUp { question }, None, None).await
        {
            tracing::debug!(%error, game = %self.game.id, "a question could not be closed");
            // Answers are refused by the database all the same; closing is tried again.
            self.no_deadline_before = Instant::now() + SEQ_CHECK_EVERY;
        }
        self.flush();
    }

    fn is_idle(&self) -> bool {
        self.connections.is_empty() && self.empty_since.elapsed() >= GAME_IDLE_AFTER
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
