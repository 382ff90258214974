//! What each connection is told: a message that goes to many is encoded once.

use super::Table;
use crate::game::view::host::{HostMessage, ScoreboardUpdate};
use crate::game::view::player::{self, PlayerMessage};
use crate::game::view::screen::ScreenMessage;
use crate::game::view::{self, Announcement, BoardNews, Common};
use crate::game::{PlayerId, PlayerState};
use crate::live::Audience;
use crate::live::connection::{Cut, Message, Outbound, Outbox};
use std::collections::BTreeMap;
use tokio::time::Instant;

impl Table {
    pub(super) fn announce(&mut self, said: Announcement) {
        for common in said.common {
            self.broadcast(common);
        }
        if said.questions {
            self.send_questions();
        }
        for round in said.scores {
            self.send_scores(round);
        }
        if said.options {
            let options = PlayerMessage::Options(player::options(&self.game));
            self.tell(Message::Player(options), |audience| matches!(audience, Audience::Player(_)));
        }
        match said.board {
            None => {}
            Some(BoardNews { room, host: None }) => self.send_board(&room, |_| true),
            Some(BoardNews { room, host: Some(host) }) => {
                let is_host = |audience| matches!(audience, Audience::Host { .. });
                self.tell(Message::Common(host), is_host);
                self.send_board(&room, |audience| !is_host(audience));
            }
        }
        for round in said.room {
            self.send_room_answers(round);
        }
        if said.roster {
            self.roster.mark();
        }
        if !said.reviews.is_empty() {
            self.unreviewed.extend(said.reviews);
            self.review.mark();
        }
        if let Some(player) = said.you {
            self.tell_you(player);
        }
        let left = |player: PlayerId| self.game.players.get(&player).is_some_and(|p| p.state == PlayerState::Left);
        if let Some(player) = said.you.filter(|player| left(*player)) {
            self.cut_player(Cut::Left, player);
        }
        if let Some(player) = said.cut {
            self.cut_player(Cut::Removed, player);
        }
    }

    /// Sends what is due.
    pub(super) fn flush(&mut self) {
        let now = Instant::now();
        if self.roster.take(now) {
            self.send_roster();
        }
        if self.host_state.take(now) {
            for question_id in std::mem::take(&mut self.uncounted) {
                let answer_count = self.presence.answered.get(&question_id).map_or(0, BTreeMap::len);
                let update = ScoreboardUpdate { question_id, answer_count };
                self.tell_hosts(HostMessage::ScoreboardUpdate(update));
            }
            if self.presence.hosts > 0 {
                let state = view::host::state(&self.game, &self.presence);
                self.tell_hosts(HostMessage::HostState(state));
            }
        }
        if self.review.take(now) {
            let unreviewed = std::mem::take(&mut self.unreviewed);
            // A host who comes later is told everything.
            for round in unreviewed.into_iter().filter(|_| self.presence.hosts > 0) {
                if let Some(review) = view::host::round_review(&self.game, &self.answers, round) {
                    self.tell_hosts(HostMessage::RoundReview(review));
                }
            }
        }
    }

    fn broadcast(&self, common: Common) {
        self.tell(Message::Common(common), |_| true);
    }

    fn send_roster(&self) {
        let roster = view::roster(&self.game);
        let brief = view::brief_roster(&roster).map(|brief| Outbound::new(Message::Common(brief), self.game.seq));
        let whole = Outbound::new(Message::Common(roster), self.game.seq);
        for outbox in self.connections.iter() {
            outbox.send(brief.as_ref().filter(|_| outbox.brief).unwrap_or(&whole));
        }
    }

    fn send_board(&self, board: &Common, whom: impl Fn(Audience) -> bool) {
        let brief = |outbox: &Outbox| match outbox.audience {
            Audience::Player(player) if outbox.brief => view::brief_board(board, player),
            Audience::Host { .. } | Audience::Player(_) | Audience::Screen => None,
        };
        let whole = Outbound::new(Message::Common(board.clone()), self.game.seq);
        for outbox in self.connections.iter().filter(|outbox| whom(outbox.audience)) {
            match brief(outbox) {
                Some(brief) => outbox.send(&Outbound::new(Message::Common(brief), self.game.seq)),
                None => outbox.send(&whole),
            }
        }
    }

    fn send_questions(&self) {
        for question in view::released_questions(&self.game) {
            let message = Outbound::new(Message::Common(Common::QuestionReleased(question)), self.game.seq);
            for outbox in self.connections.iter().filter(|outbox| !matches!(outbox.audience, Audience::Player(_))) {
                outbox.send(&message);
            }
        }
        for outbox in self.connections.iter() {
            if let Audience::Player(player) = outbox.audience {
                for question in player::questions(&self.game, &self.answers, player) {
                    outbox.send(&Outbound::new(Message::Common(question), self.game.seq));
                }
            }
        }
    }

    fn send_scores(&self, round: usize) {
        for outbox in self.connections.iter() {
            let message = match outbox.audience {
                Audience::Host { .. } => view::host::round_scores(&self.game, round)
                    .map(|scores| Message::Host(HostMessage::RoundScores(scores))),
                Audience::Player(id) => player::round_scores(&self.game, &self.answers, round, id)
                    .map(|scores| Message::Player(PlayerMessage::RoundScores(scores))),
                Audience::Screen => None,
            };
            if let Some(message) = message {
                outbox.send(&Outbound::new(message, self.game.seq));
            }
        }
    }

    fn send_room_answers(&self, round: usize) {
        let Some(room) = player::round_answers(&self.game, &self.answers, round) else { return };
        let room = Message::Player(PlayerMessage::RoundAnswers(room));
        self.tell(room, |audience| matches!(audience, Audience::Player(_)));
    }

    fn tell(&self, message: Message, whom: impl Fn(Audience) -> bool) {
        let message = Outbound::new(message, self.game.seq);
        for outbox in self.connections.iter().filter(|outbox| whom(outbox.audience)) {
            outbox.send(&message);
        }
    }

    fn tell_hosts(&self, message: HostMessage) {
        self.tell(Message::Host(message), |audience| matches!(audience, Audience::Host { .. }));
    }

    pub(super) fn tell_player(&self, player: PlayerId, message: PlayerMessage) {
        let message = Outbound::new(Message::Player(message), self.game.seq);
        for (_, outbox) in self.connections.of(player) {
            outbox.send(&message);
        }
    }

    pub(super) fn tell_you(&self, player: PlayerId) {
        if let Some(you) = self.you(player) {
            self.tell_player(player, PlayerMessage::You(you));
        }
    }

    pub(super) fn you(&self, player: PlayerId) -> Option<player::You> {
        let name = &self.game.players.get(&player)?.name;
        let devices = self.presence.phones_of(player);
        Some(player::You { player_id: player, display_name: name.to_string(), devices })
    }

    pub(super) fn screen_state(&self) -> Message {
        let join_url = format!("{}/j/{}", *self.live.parts().base_url.borrow(), self.game.code);
        Message::Screen(ScreenMessage::ScreenState(view::screen::state(&self.game, &self.answers, &join_url)))
    }

    pub(super) fn send_screen_state(&self) {
        if self.presence.screens == 0 {
            return;
        }
        self.tell(self.screen_state(), |audience| audience == Audience::Screen);
    }
}
