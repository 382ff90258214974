//! Hints between the replicas that serve a game: "look again". No content and no authority; losing a hint makes an
//! update later, never wrong.

mod redis;
#[cfg(test)]
mod tests;

pub use redis::{RedisError, reach};

use crate::config;
use crate::game::GameId;
use crate::ids::Ids;
use crate::telemetry::Metrics;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::{broadcast, mpsc, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

/// Hints that a slow listener may fall behind before it loses some.
const HINTS_MAX: usize = 1_024;

/// Something changed in a game.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hint {
    pub game: GameId,
    pub change: Change,
}

/// What there is to look at again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Sessions, API tokens, seats or screens were revoked.
    Access,
    /// Answers were stored.
    Answers,
    /// A phone asks for a seat, or asks no more.
    Claims,
    /// The log ends at this `seq` now.
    Events { seq: u64 },
}

/// What a listener hears.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    Hint(Hint),
    /// Hints may have been lost: look at every game again.
    Gap,
}

/// Where hints go. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Bus {
    /// Names this replica, which need not hear its own hints.
    replica: Uuid,
    heard: broadcast::Sender<(Uuid, Heard)>,
    /// To the other replicas, where there are any.
    out: Option<mpsc::Sender<Hint>>,
    is_up: Arc<AtomicBool>,
}

/// Hints of others as they come.
#[derive(Debug)]
pub struct Hints {
    replica: Uuid,
    heard: broadcast::Receiver<(Uuid, Heard)>,
}

impl Bus {
    /// A bus within this process.
    pub fn local(ids: &Ids) -> Self {
        Self {
            replica: ids.uuid(),
            heard: broadcast::Sender::new(HINTS_MAX),
            out: None,
            is_up: Arc::new(AtomicBool::new(true)),
        }
    }

    /// A bus through Redis. It comes up by itself, whenever Redis does. Settings that change are those of the next
    /// connection; the channel stays.
    ///
    /// # Errors
    /// When the address or the certificates cannot be used.
    pub fn redis(
        settings: watch::Receiver<config::Redis>,
        ids: &Ids,
        metrics: Metrics,
        tracker: &TaskTracker,
        stop: CancellationToken,
    ) -> Result<Self, RedisError> {
        let (out, to_send) = mpsc::channel(HINTS_MAX);
        let bus = Self { out: Some(out), is_up: Arc::new(AtomicBool::new(false)), ..Self::local(ids) };
        let redis = redis::Redis::new(settings, bus.clone(), ids.clone(), metrics)?;
        tracker.spawn(redis.run(to_send, stop));
        Ok(bus)
    }

    /// A bus that hands over what goes out, and hears what it is told.
    #[cfg(test)]
    pub fn simulated(ids: &Ids, out: mpsc::Sender<Hint>) -> Self {
        Self { out: Some(out), ..Self::local(ids) }
    }

    /// What a simulated bus is told.
    #[cfg(test)]
    pub fn hear(&self, from: Uuid, heard: Heard) {
        self.pass_on(from, heard);
    }

    /// Another replica on this bus within the same process.
    #[must_use]
    pub fn replica(&self, ids: &Ids) -> Self {
        Self { replica: ids.uuid(), ..self.clone() }
    }

    /// What this replica is called.
    pub fn replica_id(&self) -> Uuid {
        self.replica
    }

    /// Tells every other replica. Nobody listening is fine, and so is a bus that is down.
    pub fn hint(&self, hint: Hint) {
        match &self.out {
            // Full: those who miss it look by themselves before long.
            Some(out) => drop(out.try_send(hint)),
            None => self.pass_on(self.replica, Heard::Hint(hint)),
        }
    }

    /// Listens from now on.
    pub fn listen(&self) -> Hints {
        Hints { replica: self.replica, heard: self.heard.subscribe() }
    }

    /// Whether hints reach the other replicas now.
    pub fn is_up(&self) -> bool {
        self.is_up.load(Ordering::Relaxed)
    }

    fn pass_on(&self, from: Uuid, heard: Heard) {
        let _ = self.heard.send((from, heard));
    }
}

impl Hints {
    /// The next hint of another replica. Never ends while a [`Bus`] is left.
    pub async fn next(&mut self) -> Heard {
        loop {
            match self.heard.recv().await {
                Ok((from, Heard::Hint(_))) if from == self.replica => {}
                Ok((_, heard)) => return heard,
                Err(broadcast::error::RecvError::Lagged(_)) => return Heard::Gap,
                Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
            }
        }
    }
}
