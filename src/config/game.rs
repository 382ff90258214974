//! `[game]`: how running games meet a restart.

use std::time::Duration;

use super::reader::{Reader, Reported};
use super::settings::Setting;

pub(super) const SETTINGS: &[Setting] = &[
    Setting::new("game.drain_delay_seconds"),
    Setting::new("game.drain_grace_seconds"),
    Setting::new("game.reconnect_spread_ms"),
];

/// How running games meet a restart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Game {
    /// How long a replica that is told to stop goes on as before, so that those who balance between replicas learn it.
    pub drain_delay: Duration,
    /// How long a stop waits for connections to finish, at most.
    pub drain_grace: Duration,
    /// Over how long the return of phones and screens is spread.
    pub reconnect_spread: Duration,
}

impl Game {
    pub(super) fn read(reader: &mut Reader) -> Result<Self, Reported> {
        let drain_delay = reader.integer("game.drain_delay_seconds", 0..=300);
        let drain_grace = reader.integer("game.drain_grace_seconds", 0..=300);
        let reconnect_spread = reader.integer("game.reconnect_spread_ms", 0..=60_000);
        Ok(Self {
            drain_delay: Duration::from_secs(drain_delay?),
            drain_grace: Duration::from_secs(drain_grace?),
            reconnect_spread: Duration::from_millis(reconnect_spread?),
        })
    }
}
