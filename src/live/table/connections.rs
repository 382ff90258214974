//! Who is connected, and the phones that ask for a seat.

use super::Table;
use crate::bus::{Change, Hint};
use crate::game::view::host::{HostClaim, HostMessage};
use crate::game::view::player::{self, Part, PlayerMessage, Shared};
use crate::game::view::screen::ScreenMessage;
use crate::game::view::{self, PROTOCOL, Role, Welcome};
use crate::game::{Action, Answers, ClaimId, Game, Phase, PlayerId, PlayerState, Refusal};
use crate::ids::TokenHash;
use crate::limits::DEVICES_PER_PLAYER_MAX;
use crate::live::connection::{Connection, ConnectionId, Cut, Message, Outbound, Outbox};
use crate::live::planted::{self, Bug};
use crate::live::{Audience, Entry, LiveError, in_time};
use crate::store::{NewSeat, StoreError};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::time::Instant;

/// What is the same for all phones, made once for those that come while nothing changes: after a replica has gone they
/// come all at once.
#[derive(Debug, Default)]
pub(super) struct SharedMessages {
    /// The game's `seq` that it is of.
    seq: u64,
    messages: BTreeMap<Shared, Arc<Outbound>>,
}

impl SharedMessages {
    fn message(&mut self, what: Shared, game: &Game, answers: &Answers) -> Option<Arc<Outbound>> {
        if self.seq != game.seq {
            self.seq = game.seq;
            self.messages.clear();
        }
        if let Some(message) = self.messages.get(&what) {
            return Some(Arc::clone(message));
        }
        let message = Outbound::new(Message::Player(what.message(game, answers)?), game.seq);
        self.messages.insert(what, Arc::clone(&message));
        Some(message)
    }

    /// An answer is known that was not.
    pub(super) fn has_new_answers(&mut self) {
        self.messages.retain(|what, _| matches!(what, Shared::Roster | Shared::BriefRoster));
    }
}

impl Table {
    pub(super) async fn connect(&mut self, entry: Entry) -> Result<Connection, LiveError> {
        let Entry { audience, brief, .. } = entry;
        let is_stranger = matches!(audience, Audience::Player(player) if !self.game.players.contains_key(&player));
        let is_ahead = entry.since > self.game.seq && !planted::is(Bug::BackInTime);
        if is_ahead || is_stranger {
            // Another replica knows more than we do, or has told them more. Nobody goes back in time.
            self.catch_up().await?;
        }
        if let Audience::Player(player) = audience {
            self.return_player(player).await?;
            self.make_room_for_phone(player);
            self.read_answers_of(player).await.map_err(LiveError::NotSaved)?;
            *self.presence.phones.entry(player).or_insert(0) += 1;
        }
        let id = ConnectionId(self.next_connection);
        self.next_connection += 1;
        let (outbox, connection) = Outbox::open(id, entry, Arc::clone(&self.game.quiz), Arc::clone(&self.gone));
        for message in self.welcome(audience, brief) {
            outbox.send(&message);
        }
        self.connections.insert(id, outbox);
        self.count_connections();
        self.host_state.mark();
        if let Audience::Player(player) = audience {
            self.presence.last_seen.remove(&player);
            self.tell_you(player);
        }
        self.flush();
        Ok(connection)
    }

    /// Of too many phones the one that came first goes: it may be long gone without our knowing.
    fn make_room_for_phone(&self, player: PlayerId) {
        let mut phones = self.connections.of(player).map(|(_, outbox)| outbox).filter(|outbox| !outbox.is_cut());
        let first = phones.next();
        if phones.count() + 1 >= DEVICES_PER_PLAYER_MAX
            && let Some(first) = first
        {
            first.cut(Cut::Moved);
        }
    }

    /// A player who left is back when their phone connects again.
    async fn return_player(&mut self, player: PlayerId) -> Result<(), LiveError> {
        let over = self.game.phase == Phase::Ended;
        match self.game.players.get(&player).map(|player| player.state) {
            None => Err(Refusal::UnknownPlayer.into()),
            Some(PlayerState::Removed) => Err(Refusal::Removed.into()),
            Some(PlayerState::Playing) => Ok(()),
            Some(PlayerState::Left) if over => Ok(()),
            Some(PlayerState::Left) => self.act(Action::Return { player }, None, None).await.map(|_| ()),
        }
    }

    /// Everything that a new connection needs.
    fn welcome(&mut self, audience: Audience, brief: bool) -> Vec<Arc<Outbound>> {
        let mut said = Vec::new();
        let seq = self.game.seq;
        let mut say = |message| said.push(Outbound::new(message, seq));
        let welcome = |role, you| Welcome {
            role,
            game_id: self.game.id,
            code: self.game.code.clone(),
            phase: self.game.phase,
            seq: self.game.seq,
            server_time: self.live.parts().clock.now_ms(),
            protocol: PROTOCOL,
            quiz_name: self.game.quiz.name.clone(),
            teams: self.game.teams,
            paused: self.game.paused_at.is_some(),
            practice: self.game.is_practice(),
            you,
        };
        match audience {
            Audience::Host { .. } => {
                say(Message::Host(HostMessage::Welcome(welcome(Role::Host, None))));
                say(Message::Host(HostMessage::HostQuiz(view::host::quiz(&self.game))));
                say(Message::Host(HostMessage::HostState(view::host::state(&self.game, &self.presence))));
                for message in view::host::replay(&self.game, &self.answers) {
                    say(Message::Host(message));
                }
            }
            Audience::Player(player) => {
                let you = self.you(player);
                say(Message::Player(PlayerMessage::Welcome(welcome(Role::Player, you))));
                for part in player::replay(&self.game, &self.answers, player) {
                    match part {
                        Part::Own(message) => said.push(Outbound::new(Message::Player(message), seq)),
                        Part::Shared(Shared::Roster) if brief => {
                            said.extend(self.shared.message(Shared::BriefRoster, &self.game, &self.answers));
                        }
                        Part::Shared(shared) => {
                            let message = self.shared.message(shared, &self.game, &self.answers);
                            said.extend(message.map(|message| if brief { brief_of(message, player) } else { message }));
                        }
                    }
                }
                for claim in self.presence.claims.iter().filter(|claim| claim.player_id == player && self.game.teams) {
                    said.push(Outbound::new(Message::Player(claim_message(claim)), seq));
                }
            }
            Audience::Screen => {
                say(Message::Screen(ScreenMessage::Welcome(welcome(Role::Screen, None))));
                say(self.screen_state());
                for common in view::screen::replay(&self.game, &self.answers) {
                    say(Message::Common(common));
                }
            }
        }
        said
    }

    /// Tells a connection everything once more.
    pub(super) fn refresh(&mut self, connection: ConnectionId) {
        let Some(outbox) = self.connections.get(connection) else { return };
        let (audience, brief) = (outbox.audience, outbox.brief);
        let said = self.welcome(audience, brief);
        if let Some(outbox) = self.connections.get(connection) {
            for message in &said {
                outbox.send(message);
            }
        }
    }

    /// Tells a connection the whole board, while one is up.
    pub(super) fn show_board(&mut self, connection: ConnectionId) {
        if matches!(self.game.phase, Phase::Leaderboard | Phase::Ended)
            && let Some(outbox) = self.connections.get(connection)
            && let Some(board) = self.shared.message(Shared::Board, &self.game, &self.answers)
        {
            outbox.send(&board);
        }
    }

    pub(super) fn drop_gone(&mut self) {
        let now = self.live.parts().clock.now_ms();
        for audience in self.connections.remove_gone() {
            if let Audience::Player(player) = audience {
                let phones = self.presence.phones.entry(player).or_insert(1);
                *phones = phones.saturating_sub(1);
                if *phones == 0 {
                    self.presence.phones.remove(&player);
                    self.presence.last_seen.insert(player, now);
                }
                self.tell_you(player);
            }
        }
        if self.is_deserted() {
            self.empty_since = Instant::now();
        }
        self.count_connections();
        self.host_state.mark();
        self.flush();
    }

    fn count_connections(&mut self) {
        self.presence.hosts = self.connections.hosts();
        self.presence.screens = self.connections.screens();
    }

    pub(super) fn cut(&self, reason: Cut, who: impl Fn(Audience) -> bool) {
        for outbox in self.connections.iter().filter(|outbox| who(outbox.audience)) {
            outbox.cut(reason);
        }
    }

    pub(super) fn cut_player(&self, reason: Cut, player: PlayerId) {
        for (_, outbox) in self.connections.of(player) {
            outbox.cut(reason);
        }
    }

    /// Gives a phone the seat of the one whose link it opened: that one's, or beside it in a team. False when it is
    /// nobody's any more.
    pub(super) async fn move_seat(&mut self, from: &TokenHash, seat: &NewSeat) -> Result<bool, LiveError> {
        if !self.game.players.contains_key(&seat.player) {
            // They may have joined through another replica just now.
            self.catch_up().await?;
        }
        match self.game.players.get(&seat.player).map(|player| player.state) {
            None => return Err(Refusal::UnknownPlayer.into()),
            Some(PlayerState::Removed) => return Err(Refusal::Removed.into()),
            Some(PlayerState::Playing | PlayerState::Left) => {}
        }
        let parts = self.live.parts();
        let moves = !self.game.teams;
        let now = parts.clock.now_ms();
        let done = in_time(parts.store.move_seat(self.game.id, from, seat, moves, now)).await;
        let done = done.map_err(LiveError::NotSaved)?;
        if done && moves {
            parts.bus.hint(Hint { game: self.game.id, change: Change::Access });
            self.cut_player(Cut::Moved, seat.player);
        }
        Ok(done)
    }

    // Phones that ask for a seat.

    pub(super) async fn claims_changed(&mut self) {
        if let Err(error) = self.read_claims().await {
            tracing::warn!(%error, game = %self.game.id, "the waiting phones cannot be read");
            return;
        }
        if self.game.teams {
            for claim in &self.presence.claims {
                self.tell_player(claim.player_id, claim_message(claim));
            }
        }
        self.host_state.mark();
        self.flush();
    }

    pub(super) async fn read_claims(&mut self) -> Result<(), StoreError> {
        let waiting = in_time(self.live.parts().store.waiting_claims(self.game.id)).await?;
        let name = |player: PlayerId| self.game.players.get(&player).map(|player| player.name.to_string());
        let claim = |claim: crate::store::Claim| {
            let display_name = name(claim.player)?;
            Some(HostClaim { claim_id: claim.id, player_id: claim.player, display_name, at: claim.created_at })
        };
        self.presence.claims = waiting.into_iter().filter_map(claim).collect();
        Ok(())
    }

    pub(super) async fn decide_claim(
        &mut self,
        claim: ClaimId,
        approve: bool,
        of: Option<PlayerId>,
    ) -> Result<(), LiveError> {
        let player_of = |claims: &[HostClaim]| {
            claims.iter().find(|waiting| waiting.claim_id == claim).map(|waiting| waiting.player_id)
        };
        if player_of(&self.presence.claims).is_none() {
            // It may have come through another replica just now.
            self.read_claims().await.map_err(LiveError::NotSaved)?;
        }
        let player = player_of(&self.presence.claims).ok_or(LiveError::NoSuchClaim)?;
        if of.is_some_and(|of| of != player || !self.game.teams) {
            return Err(LiveError::NoSuchClaim);
        }
        let parts = self.live.parts();
        let moves = !self.game.teams;
        let decided =
            in_time(parts.store.decide_claim(self.game.id, claim, approve, moves, parts.clock.now_ms())).await;
        if decided.map_err(LiveError::NotSaved)?.is_none() {
            return Err(LiveError::NoSuchClaim);
        }
        let changed = |change| parts.bus.hint(Hint { game: self.game.id, change });
        changed(Change::Claims);
        if approve && moves {
            changed(Change::Access);
            self.cut_player(Cut::Moved, player);
        }
        self.claims_changed().await;
        Ok(())
    }
}

/// A board as a player's phone asks for it in short, or any other message as it is.
fn brief_of(message: Arc<Outbound>, player: PlayerId) -> Arc<Outbound> {
    let brief = match &message.message {
        Message::Player(PlayerMessage::Common(common)) => view::brief_board(common, player),
        Message::Common(_) | Message::Host(_) | Message::Player(_) | Message::Screen(_) => None,
    };
    match brief {
        Some(brief) => Outbound::new(Message::Common(brief), message.seq),
        None => message,
    }
}

fn claim_message(claim: &HostClaim) -> PlayerMessage {
    PlayerMessage::Claim(player::Claim { claim_id: claim.claim_id, display_name: claim.display_name.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::game::{Command, Event, FrozenQuiz, FrozenRound, GameId, PlayerName, What, apply, decide};
    use uuid::Uuid;

    #[test]
    fn what_all_are_told_is_made_once_and_made_anew_when_it_changes() {
        let round = FrozenRound { title: None, time_limit_seconds: None, questions: vec![] };
        let what = What::GameCreated {
            game: GameId(Uuid::nil()),
            code: "ABC234".to_owned(),
            quiz: FrozenQuiz { name: "Friday".to_owned(), rounds: vec![round] },
            teams: false,
            robots: vec![],
        };
        let mut game = Game::new(&Event { at: 0, what }).unwrap();
        let answers = Answers::new(&game.quiz);
        let mut shared = SharedMessages::default();
        let mut told = |game: &Game, what| shared.message(what, game, &answers).unwrap();
        let empty = told(&game, Shared::Roster);
        assert!(Arc::ptr_eq(&empty, &told(&game, Shared::Roster)));

        let (player, name) = (PlayerId(Uuid::nil()), PlayerName::parse("Ann").unwrap());
        for event in decide(&game, &Command { at: 0, action: Action::Join { player, name } }).unwrap() {
            apply(&mut game, &event);
        }
        let (roster, board) = (told(&game, Shared::Roster), told(&game, Shared::Board));
        assert_ne!(roster.message, empty.message);
        assert!(Arc::ptr_eq(&board, &told(&game, Shared::Board)));

        shared.has_new_answers();
        assert!(Arc::ptr_eq(&roster, &shared.message(Shared::Roster, &game, &answers).unwrap()));
        assert!(!Arc::ptr_eq(&board, &shared.message(Shared::Board, &game, &answers).unwrap()));
    }
}
