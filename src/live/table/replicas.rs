//! The other replicas that serve this game: what they stored, whom they let in, and who is connected to them.
//!
//! They say that something changed, and the database says what. Where hints are lost, or nobody carries them, the
//! regular look finds it.

use super::{Coalesced, Table};
use crate::bus::Change;
use crate::clock::millis;
use crate::game::view::host::Presence;
use crate::game::{Answer, PlayerId};
use crate::limits::{ACCESS_CHECK_EVERY, COUNTS_EVERY, PRESENCE_STALE_AFTER};
use crate::live::connection::Cut;
use crate::live::planted::{self, Bug};
use crate::live::{Attendance, Audience, in_time};
use crate::store::{Present, Seen, StoreError};
use std::collections::BTreeMap;
use tokio::time::Instant;

/// An answer can be stored this much later than the instant at which it was taken, in milliseconds: as long as the
/// database has for it, and clocks that differ.
const ANSWERS_LATE_BY_MS: i64 = 10_000;

/// What this replica knows of the others.
pub(super) struct Elsewhere {
    /// They stored answers.
    answers: Coalesced,
    /// They ended or moved a credential.
    access: Coalesced,
    /// They heard of phones that ask for a seat.
    claims: Coalesced,
    /// Answers taken before this instant are known.
    answers_from: i64,
    access_checked: Instant,
    /// What we told the others last, and when.
    told: Option<(Instant, Present)>,
}

impl Elsewhere {
    pub(super) fn new() -> Self {
        Self {
            answers: Coalesced::new(COUNTS_EVERY),
            access: Coalesced::new(COUNTS_EVERY),
            claims: Coalesced::new(COUNTS_EVERY),
            answers_from: 0,
            access_checked: Instant::now(),
            told: None,
        }
    }

    /// When a hint is to be followed.
    pub(super) fn due(&self) -> Option<Instant> {
        [&self.answers, &self.access, &self.claims].into_iter().filter_map(|hinted| hinted.due).min()
    }
}

impl Table {
    /// Hints cost little, however many there are: what they are about is looked at now and then.
    pub(super) async fn hinted(&mut self, change: Change) {
        match change {
            Change::Access => self.elsewhere.access.mark(),
            Change::Answers => self.elsewhere.answers.mark(),
            Change::Claims => self.elsewhere.claims.mark(),
            Change::Events { seq } if planted::is(Bug::HintBelieved) => self.game.seq = self.game.seq.max(seq),
            Change::Events { seq } => self.look_for_hinted_events(seq).await,
        }
    }

    /// Looks at everything that others may have changed.
    pub(super) async fn look_around(&mut self) {
        if planted::is(Bug::ResyncSkipped) {
            return;
        }
        self.look_for_events().await;
        if self.elsewhere.access_checked.elapsed() >= ACCESS_CHECK_EVERY {
            self.check_access().await;
        }
        if !self.live.parts().store.is_shared() {
            return;
        }
        self.take_in_answers_of_others().await;
        self.tell_others_who_is_here().await;
        self.see_who_is_elsewhere().await;
    }

    /// Does what hints have asked for, where that is due.
    pub(super) async fn follow_hints(&mut self) {
        let now = Instant::now();
        if self.elsewhere.access.take(now) {
            self.check_access().await;
        }
        if self.elsewhere.answers.take(now) {
            self.take_in_answers_of_others().await;
        }
        if self.elsewhere.claims.take(now) {
            self.claims_changed().await;
        }
    }

    async fn take_in_answers_of_others(&mut self) {
        let from = self.elsewhere.answers_from - ANSWERS_LATE_BY_MS;
        let parts = self.live.parts();
        let stored = match in_time(parts.store.answers_since(self.game.id, from)).await {
            Ok(stored) => stored,
            Err(error) => {
                tracing::warn!(%error, game = %self.game.id, "the answers cannot be read");
                return;
            }
        };
        if let Some(latest) = stored.iter().map(|answer| answer.at).max() {
            self.elsewhere.answers_from = self.elsewhere.answers_from.max(latest);
        }
        self.take_in(stored);
    }

    /// What a phone answered through another replica is there when it comes to this one.
    pub(super) async fn read_answers_of(&mut self, player: PlayerId) -> Result<(), StoreError> {
        let store = &self.live.parts().store;
        if store.is_shared() && self.game.phase == crate::game::Phase::Question {
            let stored = in_time(store.answers_of(self.game.id, player)).await?;
            self.take_in(stored);
        }
        Ok(())
    }

    /// Takes in those answers that are not known yet.
    pub(super) fn take_in(&mut self, mut stored: Vec<Answer>) {
        let known = |answer: &Answer| self.answers.of(answer.question, answer.player).map(|known| known.revision);
        stored.retain(|answer| known(answer).is_none_or(|revision| revision < answer.revision));
        if !stored.is_empty() {
            self.answered(stored.into_iter().map(|answer| (answer, super::answers::NOBODY)).collect());
        }
    }

    /// Cuts those whose credential is good no more.
    async fn check_access(&mut self) {
        self.elsewhere.access_checked = Instant::now();
        let hosts = self.connections.iter().filter_map(|outbox| match outbox.audience {
            Audience::Host { credential } => Some(credential),
            Audience::Player(_) | Audience::Screen => None,
        });
        let hosts: Vec<_> = hosts.collect();
        let parts = self.live.parts();
        let now = parts.clock.now_ms();
        let revoked = match in_time(parts.store.revoked(self.game.id, &hosts, now)).await {
            Ok(revoked) => revoked,
            Err(error) => {
                tracing::warn!(%error, game = %self.game.id, "credentials cannot be checked");
                return;
            }
        };
        for outbox in self.connections.iter() {
            let is_revoked = !planted::is(Bug::RevokedStay)
                && outbox.secret.as_ref().is_some_and(|secret| revoked.secrets.contains(secret));
            match outbox.audience {
                Audience::Host { credential } if revoked.hosts.contains(&credential) => outbox.cut(Cut::Revoked),
                Audience::Player(_) if is_revoked => outbox.cut(Cut::Moved),
                Audience::Screen if is_revoked => outbox.cut(Cut::Revoked),
                Audience::Host { .. } | Audience::Player(_) | Audience::Screen => {}
            }
        }
    }

    /// Who is connected here.
    fn present(&self) -> Present {
        let Presence { phones, screens, hosts, .. } = &self.presence;
        Present { phones: phones.clone(), screens: *screens, hosts: *hosts }
    }

    /// Who plays, and who of them is connected here.
    pub(super) fn attendance(&self) -> Attendance {
        let playing = self.game.listed_players().filter(|(_, player)| player.is_playing());
        Attendance { players: playing.map(|(id, _)| id).collect(), present: self.present() }
    }

    /// Says who is connected here: when that changed, and now and then that it is still so.
    async fn tell_others_who_is_here(&mut self) {
        let present = self.present();
        let is_known = self.elsewhere.told.as_ref().is_some_and(|(at, told)| {
            *told == present && (at.elapsed() < PRESENCE_STALE_AFTER / 3 || present == Present::default())
        });
        if is_known || (self.elsewhere.told.is_none() && present == Present::default()) {
            return;
        }
        let parts = self.live.parts();
        let seen = Seen { at: parts.clock.now_ms(), present };
        match in_time(parts.store.set_present(parts.bus.replica_id(), self.game.id, &seen)).await {
            Ok(()) => self.elsewhere.told = Some((Instant::now(), seen.present)),
            Err(error) => tracing::debug!(%error, game = %self.game.id, "who is connected here cannot be told"),
        }
    }

    async fn see_who_is_elsewhere(&mut self) {
        if self.presence.hosts == 0 {
            return;
        }
        let parts = self.live.parts();
        let since = parts.clock.now_ms() - millis(PRESENCE_STALE_AFTER);
        let seen = in_time(parts.store.present_elsewhere(parts.bus.replica_id(), self.game.id, since)).await;
        let Ok(seen) = seen else { return };
        let mut elsewhere = Present::default();
        for Seen { present, .. } in seen {
            elsewhere.screens += present.screens;
            elsewhere.hosts += present.hosts;
            for (player, phones) in present.phones {
                *elsewhere.phones.entry(player).or_insert(0) += phones;
            }
        }
        self.note_elsewhere(elsewhere);
    }

    fn note_elsewhere(&mut self, elsewhere: Present) {
        let Present { phones, screens, hosts } = elsewhere;
        let is_news = self.presence.phones_elsewhere != phones
            || self.presence.screens_elsewhere != screens
            || self.presence.hosts_elsewhere != hosts;
        if !is_news {
            return;
        }
        let now = self.live.parts().clock.now_ms();
        let gone: BTreeMap<_, _> = std::mem::take(&mut self.presence.phones_elsewhere)
            .into_keys()
            .filter(|player| !phones.contains_key(player))
            .map(|player| (player, now))
            .collect();
        self.presence.last_seen.extend(gone);
        self.presence.phones_elsewhere = phones;
        self.presence.screens_elsewhere = screens;
        self.presence.hosts_elsewhere = hosts;
        self.host_state.mark();
        self.flush();
    }
}
