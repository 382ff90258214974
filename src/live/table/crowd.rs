//! The connections of one game, found by player without a look at all of them.

use crate::game::PlayerId;
use crate::live::Audience;
use crate::live::connection::{ConnectionId, Outbox};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Default)]
pub(super) struct Crowd {
    all: BTreeMap<ConnectionId, Outbox>,
    of_players: BTreeMap<PlayerId, BTreeSet<ConnectionId>>,
    hosts: usize,
    screens: usize,
}

impl Crowd {
    pub(super) fn insert(&mut self, id: ConnectionId, outbox: Outbox) {
        match outbox.audience {
            Audience::Host { .. } => self.hosts += 1,
            Audience::Screen => self.screens += 1,
            Audience::Player(player) => drop(self.of_players.entry(player).or_default().insert(id)),
        }
        self.all.insert(id, outbox);
    }

    /// Takes out the connections that have ended, and gives whose they were.
    pub(super) fn remove_gone(&mut self) -> Vec<Audience> {
        let gone: Vec<_> = self.all.extract_if(.., |_, outbox| outbox.is_gone()).collect();
        for (id, outbox) in &gone {
            match outbox.audience {
                Audience::Host { .. } => self.hosts -= 1,
                Audience::Screen => self.screens -= 1,
                Audience::Player(player) => self.forget(player, *id),
            }
        }
        gone.into_iter().map(|(_, outbox)| outbox.audience).collect()
    }

    fn forget(&mut self, player: PlayerId, id: ConnectionId) {
        if let Some(ids) = self.of_players.get_mut(&player) {
            ids.remove(&id);
            if ids.is_empty() {
                self.of_players.remove(&player);
            }
        }
    }

    pub(super) fn get(&self, id: ConnectionId) -> Option<&Outbox> {
        self.all.get(&id)
    }

    /// All of them, the oldest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Outbox> {
        self.all.values()
    }

    /// Those of a player, the oldest first.
    pub(super) fn of(&self, player: PlayerId) -> impl Iterator<Item = (ConnectionId, &Outbox)> {
        let ids = self.of_players.get(&player).into_iter().flatten();
        ids.filter_map(|id| Some((*id, self.all.get(id)?)))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    pub(super) fn hosts(&self) -> usize {
        self.hosts
    }

    pub(super) fn screens(&self) -> usize {
        self.screens
    }
}
