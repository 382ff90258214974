//! One game at work: its state as the log tells it, and the connections that watch it.

use super::connection::{Connection, ConnectionId, Cut, Message, Outbound, Outbox};
use super::{Audience, Live, LiveError};
use crate::bus::Hint;
use crate::game::view::host::{HostClaim, HostMessage, Presence, ScoreboardUpdate};
use crate::game::view::player::{self, PlayerMessage};
use crate::game::view::screen::ScreenMessage;
use crate::game::view::{self, Announcement, Common, PROTOCOL, Role, Welcome};
use crate::game::{
    Action, Answer, Answers, ClaimId, Command, Event, Game, GameId, Phase, PlayerId, PlayerState, QuestionId, Refusal,
    What, apply, decide,
};
use crate::limits::{COUNTS_EVERY, DEVICES_PER_PLAYER_MAX, GAME_IDLE_AFTER, ROSTER_EVERY, SEQ_CHECK_EVERY};
use crate::store::{Appended, NewSeat, Projection, StoreError};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::time::{Instant, sleep_until, timeout};
use uuid::Uuid;

/// How often a step without an expected `seq` is tried when others step at the same time.
const STEP_TRIES: usize = 20;

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

    // Steps.

    /// Decides an action and appends what follows, or finds out that the game has moved on.
    async fn act(
        &mut self,
        action: Action,
        expected_seq: Option<u64>,
        seat: Option<&NewSeat>,
    ) -> Result<u64, LiveError> {
        let result = self.try_act(action, expected_seq, seat).await;
        let label = match &result {
            Ok(_) => "done",
            Err(LiveError::Refused(refusal)) => refusal.code(),
            Err(LiveError::NotSaved(_)) => "not_saved",
            Err(LiveError::NoSuchGame | LiveError::NoSuchClaim | LiveError::Stopping | LiveError::TooManyPhones) => {
                "failed"
            }
        };
        self.live.parts().metrics.game_steps.with_label_values(&[label]).inc();
        result
    }

    async fn try_act(
        &mut self,
        action: Action,
        expected_seq: Option<u64>,
        seat: Option<&NewSeat>,
    ) -> Result<u64, LiveError> {
        if expected_seq.is_some_and(|seq| seq > self.game.seq) {
            self.look_for_events().await;
        }
        let command = Command { at: self.live.parts().clock.now_ms(), action };
        for _ in 0..STEP_TRIES {
            if expected_seq.is_some_and(|seq| seq < self.game.stepped || seq > self.game.seq) {
                return Err(Refusal::Stale.into());
            }
            let events = decide(&self.game, &command)?;
            if events.is_empty() {
                return Ok(self.game.seq);
            }
            let mut after = self.game.clone();
            for event in &events {
                apply(&mut after, event);
            }
            match self.append(&command.action, &events, &after, seat).await? {
                Appended::Done => {
                    self.live.parts().bus.hint(Hint { game: self.game.id, seq: after.seq });
                    self.advance(&events).await;
                    return Ok(self.game.seq);
                }
                Appended::Answered => return Err(Refusal::AlreadyAnswered.into()),
                Appended::Stale => self.look_for_events().await,
            }
        }
        Err(Refusal::Stale.into())
    }

    async fn append(
        &mut self,
        action: &Action,
        events: &[Event],
        after: &Game,
        seat: Option<&NewSeat>,
    ) -> Result<Appended, LiveError> {
        let parts = self.live.parts();
        let projection = Projection {
            game: after,
            unless_answered: match action {
                Action::UnreleaseQuestion { question } => Some(*question),
                _ => None,
            },
            remember: match action {
                Action::Judge { question, remember: Some(spelling), .. } => Some((*question, spelling.as_str())),
                _ => None,
            },
            seat,
        };
        let timer = parts.metrics.database_seconds.with_label_values(&["append"]).start_timer();
        let appended =
            timeout(crate::limits::DB_TIMEOUT, parts.store.append(self.game.id, self.game.seq, events, &projection))
                .await;
        timer.observe_duration();
        let error = match appended {
            Ok(Ok(appended)) => return Ok(appended),
            Ok(Err(error)) => error,
            Err(_) => StoreError::Unavailable(sqlx::Error::PoolTimedOut),
        };
        parts.metrics.database_errors.with_label_values(&["append"]).inc();
        tracing::error!(%error, game = %self.game.id, "a step could not be stored");
        // Whether it was stored is not known: the log says.
        self.look_for_events().await;
        Err(LiveError::NotSaved(error))
    }

    /// Reads what others appended to the log.
    async fn look_for_events(&mut self) {
        let parts = self.live.parts();
        match parts.store.game_seq(self.game.id).await {
            Ok(Some(seq)) if seq > self.game.seq => {}
            Ok(_) => return,
            Err(error) => {
                tracing::warn!(%error, game = %self.game.id, "the log cannot be read");
                return;
            }
        }
        match parts.store.events_after(self.game.id, self.game.seq).await {
            Ok(events) => self.advance(&events).await,
            Err(error) => tracing::warn!(%error, game = %self.game.id, "the log cannot be read"),
        }
    }

    /// Moves on by events that are in the log, and tells everybody.
    async fn advance(&mut self, events: &[Event]) {
        for event in events {
            apply(&mut self.game, event);
            if settles_answers(&event.what)
                && let Err(error) = self.read_answers().await
            {
                tracing::error!(%error, game = %self.game.id, "the answers cannot be read");
            }
            if matches!(event.what, What::RoundStarted { .. }) {
                self.presence.answered.clear();
            }
            let said = view::announce(event, &self.game, &self.answers);
            self.announce(said);
        }
        self.host_state.mark();
        self.send_screen_state();
        self.flush();
    }

    fn announce(&mut self, said: Announcement) {
        for common in said.common {
            self.broadcast(common);
        }
        if said.questions {
            self.send_questions();
        }
        for (round, reason) in said.scores {
            self.send_scores(round, reason.as_ref());
        }
        if let Some(board) = said.board {
            self.broadcast(board);
        }
        if said.roster {
            self.roster.mark();
        }
        if said.review {
            self.review.mark();
        }
        if let Some(player) = said.you {
            self.tell_you(player);
        }
        let left = |player: PlayerId| self.game.players.get(&player).is_some_and(|p| p.state == PlayerState::Left);
        if let Some(player) = said.you.filter(|player| left(*player)) {
            self.cut(Cut::Left, |audience| audience == Audience::Player(player));
        }
        if let Some(player) = said.cut {
            self.cut(Cut::Removed, |audience| audience == Audience::Player(player));
        }
    }

    // Answers.

    fn answered(&mut self, answers: Vec<(Answer, ConnectionId)>) {
        for (answer, from) in answers {
            let accepted = PlayerMessage::AnswerAccepted(player::AnswerAccepted {
                question_id: answer.question,
                answer_id: answer.id,
                answer: answer.text.clone(),
            });
            let others = Outbound::new(Message::Player(accepted), self.game.seq);
            for (id, outbox) in &self.connections {
                if *id != from && outbox.audience == Audience::Player(answer.player) {
                    outbox.send(&others);
                }
            }
            let first = self.presence.answered.entry(answer.question).or_default().insert(answer.player);
            if first {
                self.uncounted.insert(answer.question);
            }
            self.answers.record(answer);
        }
        if !self.uncounted.is_empty() {
            self.host_state.mark();
        }
        if self.game.round_state().ended {
            self.review.mark();
        }
        self.flush();
    }

    /// Takes in every answer that is on disk.
    async fn read_answers(&mut self) -> Result<(), StoreError> {
        for answer in self.live.parts().store.answers(self.game.id).await? {
            self.answers.record(answer);
        }
        for question in &self.game.frozen_round().questions {
            let players = self.answers.players_of(question.id).collect();
            self.presence.answered.insert(question.id, players);
        }
        Ok(())
    }

    // Connections.

    async fn connect(&mut self, audience: Audience) -> Result<Connection, LiveError> {
        if let Audience::Player(player) = audience {
            self.return_player(player).await?;
            let phones = self.presence.phones.entry(player).or_insert(0);
            if *phones >= DEVICES_PER_PLAYER_MAX {
                return Err(LiveError::TooManyPhones);
            }
            *phones += 1;
        }
        let id = ConnectionId(self.next_connection);
        self.next_connection += 1;
        let (outbox, connection) = Outbox::open(id, audience, Arc::clone(&self.gone));
        self.welcome(&outbox);
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

    fn welcome(&self, outbox: &Outbox) {
        let say = |message| outbox.send(&Outbound::new(message, self.game.seq));
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
            you,
        };
        match outbox.audience {
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
                for message in player::replay(&self.game, &self.answers, player) {
                    say(Message::Player(message));
                }
                for claim in self.presence.claims.iter().filter(|claim| claim.player_id == player && self.game.teams) {
                    say(Message::Player(claim_message(claim)));
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
    }

    fn drop_gone(&mut self) {
        let now = self.live.parts().clock.now_ms();
        let gone: Vec<_> = self.connections.iter().filter(|(_, outbox)| outbox.is_gone()).map(|(id, _)| *id).collect();
        for id in gone {
            if let Some(Outbox { audience: Audience::Player(player), .. }) = self.connections.remove(&id) {
                let phones = self.presence.phones.entry(player).or_insert(1);
                *phones = phones.saturating_sub(1);
                if *phones == 0 {
                    self.presence.phones.remove(&player);
                    self.presence.last_seen.insert(player, now);
                }
                self.tell_you(player);
            }
        }
        if self.connections.is_empty() {
            self.empty_since = Instant::now();
        }
        self.count_connections();
        self.host_state.mark();
        self.flush();
    }

    fn count_connections(&mut self) {
        let count =
            |wanted: fn(Audience) -> bool| self.connections.values().filter(|outbox| wanted(outbox.audience)).count();
        self.presence.hosts = count(|audience| matches!(audience, Audience::Host { .. }));
        self.presence.screens = count(|audience| audience == Audience::Screen);
    }

    fn cut(&self, reason: Cut, who: impl Fn(Audience) -> bool) {
        for outbox in self.connections.values().filter(|outbox| who(outbox.audience)) {
            outbox.cut(reason);
        }
    }

    // Claims for seats.

    async fn claims_changed(&mut self) {
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

    async fn read_claims(&mut self) -> Result<(), StoreError> {
        let waiting = self.live.parts().store.waiting_claims(self.game.id).await?;
        let name = |player: PlayerId| self.game.players.get(&player).map(|player| player.name.to_string());
        let claim = |claim: crate::store::Claim| {
            let display_name = name(claim.player)?;
            Some(HostClaim { claim_id: claim.id, player_id: claim.player, display_name, at: claim.created_at })
        };
        self.presence.claims = waiting.into_iter().filter_map(claim).collect();
        Ok(())
    }

    async fn decide_claim(&mut self, claim: ClaimId, approve: bool, of: Option<PlayerId>) -> Result<(), LiveError> {
        let waiting = self.presence.claims.iter().find(|waiting| waiting.claim_id == claim);
        let player = waiting.map(|waiting| waiting.player_id).ok_or(LiveError::NoSuchClaim)?;
        if of.is_some_and(|of| of != player || !self.game.teams) {
            return Err(LiveError::NoSuchClaim);
        }
        let parts = self.live.parts();
        let moves = !self.game.teams;
        let decided = parts.store.decide_claim(self.game.id, claim, approve, moves, parts.clock.now_ms()).await;
        if decided.map_err(LiveError::NotSaved)?.is_none() {
            return Err(LiveError::NoSuchClaim);
        }
        if approve && moves {
            self.cut(Cut::Moved, |audience| audience == Audience::Player(player));
        }
        self.claims_changed().await;
        Ok(())
    }

    // Time.

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

    // Telling.

    /// Sends what is due.
    fn flush(&mut self) {
        let now = Instant::now();
        if self.roster.take(now) {
            let roster = view::roster(&self.game);
            self.broadcast(roster);
        }
        if self.host_state.take(now) {
            for question_id in std::mem::take(&mut self.uncounted) {
                let answer_count = self.presence.answered.get(&question_id).map_or(0, BTreeSet::len);
                let update = ScoreboardUpdate { question_id, answer_count };
                self.tell_hosts(HostMessage::ScoreboardUpdate(update));
            }
            let state = view::host::state(&self.game, &self.presence);
            self.tell_hosts(HostMessage::HostState(state));
        }
        if self.review.take(now) {
            for review in view::host::reviews(&self.game, &self.answers) {
                self.tell_hosts(HostMessage::RoundReview(review));
            }
        }
    }

    fn broadcast(&self, common: Common) {
        let message = Outbound::new(Message::Common(common), self.game.seq);
        for outbox in self.connections.values() {
            outbox.send(&message);
        }
    }

    fn send_questions(&self) {
        for question in view::released_questions(&self.game) {
            let message = Outbound::new(Message::Common(Common::QuestionReleased(question)), self.game.seq);
            for outbox in self.connections.values().filter(|outbox| !matches!(outbox.audience, Audience::Player(_))) {
                outbox.send(&message);
            }
        }
        for outbox in self.connections.values() {
            if let Audience::Player(player) = outbox.audience {
                for question in player::questions(&self.game, &self.answers, player) {
                    outbox.send(&Outbound::new(Message::Common(question), self.game.seq));
                }
            }
        }
    }

    fn send_scores(&self, round: usize, reason: Option<&String>) {
        for outbox in self.connections.values() {
            let message = match outbox.audience {
                Audience::Host { .. } => view::host::round_scores(&self.game, round, reason.cloned())
                    .map(|scores| Message::Host(HostMessage::RoundScores(scores))),
                Audience::Player(id) => player::round_scores(&self.game, &self.answers, round, id, reason.cloned())
                    .map(|scores| Message::Player(PlayerMessage::RoundScores(scores))),
                Audience::Screen => None,
            };
            if let Some(message) = message {
                outbox.send(&Outbound::new(message, self.game.seq));
            }
        }
    }

    fn tell_hosts(&self, message: HostMessage) {
        let message = Outbound::new(Message::Host(message), self.game.seq);
        for outbox in self.connections.values().filter(|outbox| matches!(outbox.audience, Audience::Host { .. })) {
            outbox.send(&message);
        }
    }

    fn tell_player(&self, player: PlayerId, message: PlayerMessage) {
        let message = Outbound::new(Message::Player(message), self.game.seq);
        for outbox in self.connections.values().filter(|outbox| outbox.audience == Audience::Player(player)) {
            outbox.send(&message);
        }
    }

    fn tell_you(&self, player: PlayerId) {
        if let Some(you) = self.you(player) {
            self.tell_player(player, PlayerMessage::You(you));
        }
    }

    fn you(&self, player: PlayerId) -> Option<player::You> {
        let name = &self.game.players.get(&player)?.name;
        let devices = self.presence.phones.get(&player).copied().unwrap_or(0);
        Some(player::You { player_id: player, display_name: name.to_string(), devices })
    }

    fn screen_state(&self) -> Message {
        let join_url = format!("{}{}", self.live.parts().join_url, self.game.code);
        Message::Screen(ScreenMessage::ScreenState(view::screen::state(&self.game, &self.answers, &join_url)))
    }

    fn send_screen_state(&self) {
        let message = Outbound::new(self.screen_state(), self.game.seq);
        for outbox in self.connections.values().filter(|outbox| outbox.audience == Audience::Screen) {
            outbox.send(&message);
        }
    }
}

/// Whether the answers so far must all be known before anybody is told of this event.
fn settles_answers(what: &What) -> bool {
    matches!(
        what,
        What::RoundEnded { .. }
            | What::ScoresReleased { .. }
            | What::ScoresCorrected { .. }
            | What::GameEnded
            | What::GameCancelled
    )
}

fn claim_message(claim: &HostClaim) -> PlayerMessage {
    PlayerMessage::Claim(player::Claim { claim_id: claim.claim_id, display_name: claim.display_name.clone() })
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
