//! Hints between the parts of Quibble that serve a game: "look again". No content and no authority; losing a hint
//! makes an update later, never wrong.

use crate::game::GameId;
use tokio::sync::broadcast;

/// Hints that a slow listener may fall behind before it loses some.
const HINTS_MAX: usize = 1_024;

/// Something changed in a game.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hint {
    pub game: GameId,
    /// Where the game's log ends now.
    pub seq: u64,
}

/// Where hints go. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Bus(broadcast::Sender<Hint>);

/// Hints as they come.
#[derive(Debug)]
pub struct Hints(broadcast::Receiver<Hint>);

impl Bus {
    /// A bus within this process.
    pub fn local() -> Self {
        Self(broadcast::Sender::new(HINTS_MAX))
    }

    /// Tells every listener. Nobody listening is fine.
    pub fn hint(&self, hint: Hint) {
        let _ = self.0.send(hint);
    }

    /// Listens from now on.
    pub fn listen(&self) -> Hints {
        Hints(self.0.subscribe())
    }
}

impl Hints {
    /// The next hint. None when some were lost: look at every game again. Never ends while a [`Bus`] is left.
    pub async fn next(&mut self) -> Option<Hint> {
        match self.0.recv().await {
            Ok(hint) => Some(hint),
            Err(broadcast::error::RecvError::Lagged(_)) => None,
            Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
        }
    }
}
