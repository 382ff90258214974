//! Games as this process serves them: one task per game with its connections, and one batcher for all answers.
//!
//! Nothing here decides: a step is decided by the rules and exists once the store has appended it. A task can be lost
//! at any instant and be read back from the log.

mod answers;
mod connection;
mod planted;
mod robots;
#[cfg(test)]
mod sim;
mod storage;
mod table;

pub use answers::{AnswerOutcome, Submission};
pub use connection::{Audience, Connection, ConnectionId, Cut, Entry, Message, Outbound, Outbox};
pub use storage::Storage;

use crate::bus::{Bus, Change, Heard, Hint};
use crate::clock::Clock;
use crate::game::{Action, Answers, ClaimId, Game, GameId, PlayerId, Refusal};
use crate::ids::{Ids, TokenHash};
use crate::limits::{ANSWER_QUEUE, ATTENDANCE_TIMEOUT, DB_TIMEOUT, GAME_QUEUE_MESSAGES};
use crate::store::{NewSeat, Present, StoreError};
use crate::telemetry::Metrics;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use table::{Queues, Request, StoredAnswers, Table};
use tokio::sync::{Notify, mpsc, oneshot, watch};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

/// What the live room needs from the rest of the house.
#[derive(Clone, Debug)]
pub struct Parts {
    pub store: Storage,
    pub bus: Bus,
    pub clock: Clock,
    pub ids: Ids,
    pub metrics: Metrics,
    /// Every task that is spawned here.
    pub tracker: TaskTracker,
    /// Cancelled when the process is to end.
    pub stop: CancellationToken,
    /// Where phones reach us at present, without a slash at the end, such as `http://192.168.1.5:8080`.
    pub base_url: watch::Receiver<String>,
    /// The longest that the robots of a practice game take for something.
    pub robots_take: Duration,
}

/// The live games. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Live(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    parts: Parts,
    tables: Mutex<BTreeMap<GameId, TableHandle>>,
    answers: mpsc::Sender<Submission>,
}

/// What reaches the task of a game.
#[derive(Clone, Debug)]
struct TableHandle {
    requests: mpsc::Sender<Request>,
    /// Answers that are on disk. They do not stand in the line of the requests.
    answers: mpsc::Sender<StoredAnswers>,
    /// Told when answers did not fit into their queue.
    behind: Arc<Notify>,
}

/// Who takes part in a game, as this replica knows it.
#[derive(Clone, Debug)]
pub struct Attendance {
    /// Those who play, connected or not.
    pub players: BTreeSet<PlayerId>,
    /// Who is connected to this replica.
    pub present: Present,
}

/// Why a live game did not do as asked.
#[derive(Debug, thiserror::Error)]
pub enum LiveError {
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error("There is no such game.")]
    NoSuchGame,
    #[error("There is no such request waiting.")]
    NoSuchClaim,
    /// The outcome is not known, or nothing happened: the log says which.
    #[error("This could not be saved just now. Try again in a moment.")]
    NotSaved(#[source] StoreError),
    #[error("Quibble is restarting. Try again in a moment.")]
    Stopping,
    #[error("Slow down a little.")]
    TooFast,
}

impl Live {
    /// Starts the batcher of answers. Games start when they are first asked for.
    pub fn start(parts: Parts) -> Self {
        let (answers, submissions) = mpsc::channel(ANSWER_QUEUE);
        let tracker = parts.tracker.clone();
        let live = Self(Arc::new(Inner { parts, tables: Mutex::default(), answers }));
        tracker.spawn(answers::batch(live.clone(), submissions));
        tracker.spawn(forward_hints(live.clone()));
        live
    }

    /// Connects somebody to a game. What they are told comes through the connection, beginning with the welcome.
    ///
    /// # Errors
    /// When there is no such game or its log cannot be read.
    pub async fn connect(&self, game: GameId, entry: Entry) -> Result<Connection, LiveError> {
        self.ask(game, |reply| Request::Connect { entry, reply }).await?
    }

    /// Takes a step in a game, and gives the game's `seq` after it. With `expected_seq`, only if no step was taken
    /// since; what players and clocks did meanwhile does not matter.
    ///
    /// # Errors
    /// A refusal of the rules, or a failure to save.
    pub async fn act(&self, game: GameId, action: Action, expected_seq: Option<u64>) -> Result<u64, LiveError> {
        self.ask(game, |reply| Request::Act { action: Box::new(action), expected_seq, seat: None, reply }).await?
    }

    /// Lets a player join with their first seat.
    ///
    /// # Errors
    /// A refusal of the rules, or a failure to save.
    pub async fn join(&self, game: GameId, action: Action, seat: NewSeat) -> Result<u64, LiveError> {
        self.ask(game, |reply| Request::Act { action: Box::new(action), expected_seq: None, seat: Some(seat), reply })
            .await?
    }

    /// Submits an answer; the receiver gets its fate once that is durable. None while the queue of answers is full.
    pub fn submit(&self, submission: Submission) -> Option<()> {
        self.0.answers.try_send(submission).ok()
    }

    /// Looks into a game.
    ///
    /// # Errors
    /// When there is no such game or its log cannot be read.
    pub async fn read<T: Send + 'static>(
        &self,
        game: GameId,
        look: impl FnOnce(&Game, &Answers) -> T + Send + 'static,
    ) -> Result<T, LiveError> {
        self.ask(game, |reply| {
            Request::Read(Box::new(move |game, answers| {
                let _ = reply.send(look(game, answers));
            }))
        })
        .await
    }

    /// Who takes part in the games that run here. None for a game that is too busy to say.
    pub async fn attendances(&self) -> Vec<(GameId, Option<Attendance>)> {
        let said = async |table: TableHandle| {
            let (reply, answer) = oneshot::channel();
            table.requests.try_send(Request::Attendance { reply }).ok()?;
            timeout(ATTENDANCE_TIMEOUT, answer).await.ok()?.ok()
        };
        let asked = self.running().into_iter().map(async |(game, table)| (game, said(table).await));
        futures_util::future::join_all(asked).await
    }

    /// Tells a connection again where the game stands, as when it was new.
    ///
    /// # Errors
    /// When there is no such game or its log cannot be read.
    pub async fn refresh(&self, game: GameId, connection: ConnectionId) -> Result<(), LiveError> {
        self.ask(game, |reply| Request::Refresh { connection, reply }).await
    }

    /// Tells a connection the whole board, while there is one.
    ///
    /// # Errors
    /// When there is no such game or its log cannot be read.
    pub async fn show_board(&self, game: GameId, connection: ConnectionId) -> Result<(), LiveError> {
        self.ask(game, |reply| Request::ShowBoard { connection, reply }).await
    }

    /// Decides the wish of a phone for a player's seat. With `of`, only if the seat is that player's and teams are
    /// allowed.
    ///
    /// # Errors
    /// When no such wish waits, or a failure to save.
    pub async fn decide_claim(
        &self,
        game: GameId,
        claim: ClaimId,
        approve: bool,
        of: Option<PlayerId>,
    ) -> Result<(), LiveError> {
        self.ask(game, |reply| Request::DecideClaim { claim, approve, of, reply }).await?
    }

    /// Gives a phone the seat of the one whose secret it has; where teams are not allowed, that one lets go of it. False
    /// when the seat was taken away before.
    ///
    /// # Errors
    /// When there is no such player any more, or a failure to save.
    pub async fn move_seat(&self, game: GameId, from: TokenHash, seat: NewSeat) -> Result<bool, LiveError> {
        self.ask(game, |reply| Request::MoveSeat { from, seat, reply }).await?
    }

    /// Tells a game that a phone asks for a seat.
    ///
    /// # Errors
    /// When there is no such game or its log cannot be read.
    pub async fn claims_changed(&self, game: GameId) -> Result<(), LiveError> {
        self.0.parts.bus.hint(Hint { game, change: Change::Claims });
        self.ask(game, |reply| Request::ClaimsChanged { reply }).await
    }

    /// Cuts the connections that came with this session or API token.
    pub async fn revoke(&self, credential: Uuid) {
        for (game, table) in self.running() {
            let _ = table.requests.send(Request::Revoke { credential }).await;
            self.0.parts.bus.hint(Hint { game, change: Change::Access });
        }
    }

    /// Cuts the screens of a game.
    pub async fn cut_screens(&self, game: GameId) {
        if let Some(table) = self.if_running(game) {
            let _ = table.requests.send(Request::CutScreens).await;
        }
        self.0.parts.bus.hint(Hint { game, change: Change::Access });
    }

    /// The parts that this room was built with.
    pub fn parts(&self) -> &Parts {
        &self.0.parts
    }

    /// Asks the task of a game, which starts if it must.
    async fn ask<T>(&self, game: GameId, request: impl FnOnce(oneshot::Sender<T>) -> Request) -> Result<T, LiveError> {
        let (reply, answer) = oneshot::channel();
        let mut request = request(reply);
        // A task that idles out between the look-up and the sending gives the request back: once more, then.
        for _ in 0..3 {
            let table = self.table(game)?;
            match table.requests.send(request).await {
                Ok(()) => return answer.await.map_err(|_| self.gone()),
                Err(mpsc::error::SendError(back)) => request = back,
            }
        }
        Err(LiveError::Stopping)
    }

    /// The task of a game: the running one, or a new one, which reads the log before it serves.
    fn table(&self, game: GameId) -> Result<TableHandle, LiveError> {
        let mut tables = self.0.tables.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(running) = tables.get(&game).filter(|table| !table.requests.is_closed()) {
            return Ok(running.clone());
        }
        if self.0.parts.stop.is_cancelled() {
            return Err(LiveError::Stopping);
        }
        let (requests, to_serve) = mpsc::channel(GAME_QUEUE_MESSAGES);
        let (answers, to_take_in) = mpsc::channel(ANSWER_QUEUE);
        let handle = TableHandle { requests, answers, behind: Arc::default() };
        let queues = Queues { requests: to_serve, answers: to_take_in, behind: Arc::clone(&handle.behind) };
        tables.insert(game, handle.clone());
        let live = self.clone();
        self.0.parts.tracker.spawn(async move {
            match Table::read(live, game, queues).await {
                Ok(table) => table.run().await,
                // Whoever waits is told to try again, and the next one has the log read again.
                Err(error) => tracing::error!(%error, %game, "a game cannot be read"),
            }
        });
        Ok(handle)
    }

    /// Why a request got no answer.
    fn gone(&self) -> LiveError {
        if self.0.parts.stop.is_cancelled() {
            LiveError::Stopping
        } else {
            // The log could not be read, and says why in our own log.
            LiveError::NotSaved(StoreError::Unavailable(sqlx::Error::PoolClosed))
        }
    }

    fn if_running(&self, game: GameId) -> Option<TableHandle> {
        let tables = self.0.tables.lock().unwrap_or_else(PoisonError::into_inner);
        tables.get(&game).filter(|table| !table.requests.is_closed()).cloned()
    }

    fn running(&self) -> Vec<(GameId, TableHandle)> {
        let tables = self.0.tables.lock().unwrap_or_else(PoisonError::into_inner);
        tables.iter().map(|(game, table)| (*game, table.clone())).collect()
    }

    /// Forgets the task of a game unless somebody is just asking it.
    fn forget(&self, game: GameId, queues: &mut Queues) -> bool {
        let mut tables = self.0.tables.lock().unwrap_or_else(PoisonError::into_inner);
        if !queues.requests.is_empty() || !queues.answers.is_empty() {
            return false;
        }
        queues.requests.close();
        tables.remove(&game);
        true
    }
}

/// Asks the database for something, for as long as it may take.
async fn in_time<T>(asked: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    timeout(DB_TIMEOUT, asked).await.unwrap_or(Err(StoreError::Unavailable(sqlx::Error::PoolTimedOut)))
}

/// Passes hints on to the games that run here.
async fn forward_hints(live: Live) {
    let mut hints = live.0.parts.bus.listen();
    loop {
        let heard = tokio::select! {
            biased;
            () = live.0.parts.stop.cancelled() => return,
            heard = hints.next() => heard,
        };
        // A full queue has a look at the database coming anyway.
        match heard {
            Heard::Hint(Hint { game, change }) => {
                if let Some(table) = live.if_running(game) {
                    let _ = table.requests.try_send(Request::Hint(Some(change)));
                }
            }
            Heard::Gap => {
                for (_, table) in live.running() {
                    let _ = table.requests.try_send(Request::Hint(None));
                }
            }
        }
    }
}
