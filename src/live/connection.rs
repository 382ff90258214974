//! One connection to a game: a bounded queue of messages out, and the reason to cut it.

use crate::game::view::Common;
use crate::game::view::host::HostMessage;
use crate::game::view::player::PlayerMessage;
use crate::game::view::screen::ScreenMessage;
use crate::game::{FrozenQuiz, PlayerId};
use crate::ids::TokenHash;
use crate::limits::WS_QUEUE_MESSAGES;
use bytes::Bytes;
use std::sync::{Arc, OnceLock};
use tokio::sync::{Notify, mpsc, watch};
use uuid::Uuid;

/// Who a connection speaks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// `credential` is the session or API token that opened it.
    Host {
        credential: Uuid,
    },
    Player(PlayerId),
    Screen,
}

/// How somebody comes in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub audience: Audience,
    /// The secret of the seat or the screen. None for a host, whose credential has an id.
    pub secret: Option<TokenHash>,
    /// The game's `seq` that they have seen, here or at another replica.
    pub since: u64,
    /// A player's phone asks for long lists in short.
    pub brief: bool,
}

/// Names a connection within its process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(pub u64);

/// The end of a connection that its socket holds. Dropping it disconnects.
#[derive(Debug)]
pub struct Connection {
    pub id: ConnectionId,
    /// What the game plays.
    pub quiz: Arc<FrozenQuiz>,
    pub messages: mpsc::Receiver<Arc<Outbound>>,
    /// Why the game cut this connection. None while it has not.
    pub cut: watch::Receiver<Option<Cut>>,
    pub(super) _gone: Gone,
}

/// Why the server ends a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// The player left.
    Left,
    /// The player's seat moved to another phone.
    Moved,
    /// The host removed the player.
    Removed,
    /// The session, token or screen was revoked.
    Revoked,
    /// It did not read what it was sent.
    Slow,
}

/// A message on its way out. One that goes to many is encoded once.
#[derive(Debug)]
pub struct Outbound {
    pub message: Message,
    /// The game's `seq` that it brings the reader to.
    pub seq: u64,
    encoded: OnceLock<Bytes>,
}

/// What can be said, by audience.
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    Common(Common),
    Host(HostMessage),
    Player(PlayerMessage),
    Screen(ScreenMessage),
}

/// The end of a connection that its game holds.
#[derive(Debug)]
pub struct Outbox {
    pub(super) audience: Audience,
    pub(super) brief: bool,
    pub(super) secret: Option<TokenHash>,
    messages: mpsc::Sender<Arc<Outbound>>,
    cut: watch::Sender<Option<Cut>>,
}

/// Tells the game that a connection is gone. Dropped last, when the queue is closed already.
#[derive(Debug)]
pub(super) struct Gone(Arc<Notify>);

impl Outbound {
    pub(super) fn new(message: Message, seq: u64) -> Arc<Self> {
        Arc::new(Self { message, seq, encoded: OnceLock::new() })
    }

    /// The bytes on the wire, made by the first who asks.
    pub fn encoded(&self, encode: impl FnOnce(&Message, u64) -> Bytes) -> Bytes {
        self.encoded.get_or_init(|| encode(&self.message, self.seq)).clone()
    }
}

impl Outbox {
    /// Both ends of a new connection.
    pub(super) fn open(id: ConnectionId, entry: Entry, quiz: Arc<FrozenQuiz>, gone: Arc<Notify>) -> (Self, Connection) {
        let (sender, messages) = mpsc::channel(WS_QUEUE_MESSAGES);
        let (cut_sender, cut) = watch::channel(None);
        let Entry { audience, secret, brief, .. } = entry;
        let outbox = Self { audience, brief, secret, messages: sender, cut: cut_sender };
        (outbox, Connection { id, quiz, messages, cut, _gone: Gone(gone) })
    }

    /// Queues a message. A reader who fell behind is cut: no message is dropped silently.
    pub(super) fn send(&self, message: &Arc<Outbound>) {
        if let Err(mpsc::error::TrySendError::Full(_)) = self.messages.try_send(Arc::clone(message)) {
            self.cut(Cut::Slow);
        }
    }

    /// Whether nobody reads this any more.
    pub(super) fn is_gone(&self) -> bool {
        self.messages.is_closed()
    }

    /// Whether this connection was ended.
    pub(super) fn is_cut(&self) -> bool {
        self.cut.borrow().is_some()
    }

    /// Ends the connection. The first reason stays.
    pub(super) fn cut(&self, reason: Cut) {
        self.cut.send_if_modified(|cut| {
            cut.is_none() && {
                *cut = Some(reason);
                true
            }
        });
    }
}

impl Drop for Gone {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}
