//! Who plays: phones that send an answer until they know its fate, and hosts who press a step until they know it.

use super::chance::from;
use super::laws::{Acknowledged, Picture, Press, Told};
use super::world::{Replica, Shown, World};
use crate::game::view::Common;
use crate::game::view::host::{HostMessage, HostState, PulseState};
use crate::game::view::player::PlayerMessage;
use crate::game::{
    Action, AnswerId, Credit, Phase, PlayerId, PlayerName, Points, Present, QuestionId, Refusal, Target,
};
use crate::ids::TokenHash;
use crate::live::{AnswerOutcome, Audience, Connection, Cut, Entry, Live, LiveError, Message, Outbound, Submission};
use crate::store::{AnswerFate, NewSeat, SubmittedAnswer};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep, sleep_until};
use uuid::Uuid;

/// How long a client waits for a word before it goes elsewhere.
const PATIENCE: Duration = Duration::from_secs(3);

/// Times that a host presses a step whose fate is not known.
const PRESSES_MAX: usize = 4;

/// Somebody's way into the game.
struct Client {
    world: Arc<World>,
    name: String,
    audience: Audience,
    secret: Option<TokenHash>,
    link: Option<Link>,
    /// The `seq` that it has seen.
    seen: u64,
}

struct Link {
    replica: Arc<Replica>,
    connection: Connection,
}

/// One phone of a player.
struct Phone {
    client: Client,
    player: PlayerId,
    number: usize,
    sent: usize,
    pending: Option<Pending>,
    picture: Picture,
    acts_at: Instant,
}

/// An answer whose fate is not known yet.
struct Pending {
    client_id: String,
    question: QuestionId,
    text: String,
    since: Instant,
    /// Where the log ended when it was sent the last time.
    sent_at: u64,
    outcome: Option<oneshot::Receiver<AnswerOutcome>>,
}

struct Host {
    client: Client,
    number: usize,
    pressed: usize,
    state: Option<HostState>,
    picture: Picture,
    acts_at: Instant,
}

impl Client {
    fn new(world: Arc<World>, name: String, audience: Audience) -> Self {
        Self { world, name, audience, secret: None, link: None, seen: 0 }
    }

    /// Tries to connect to any replica. Says why not, where that was said.
    async fn connect(&mut self) -> Result<(), Option<LiveError>> {
        let world = &self.world;
        let replica = world.some_replica();
        let entry = Entry { audience: self.audience, secret: self.secret.clone(), since: self.seen, brief: false };
        sleep(world.chance.ms(0, 30)).await;
        match from(&replica.machine, PATIENCE, replica.live.connect(world.game, entry)).await {
            Some(Ok(connection)) => {
                world.chance.note(format_args!("{} connects to {}", self.name, replica.machine.name));
                self.link = Some(Link { replica, connection });
                Ok(())
            }
            Some(Err(error)) => Err(Some(error)),
            None => Err(None),
        }
    }

    /// The next message. None when the connection has ended, or there is none.
    async fn next(&mut self) -> Option<Arc<Outbound>> {
        let Some(Link { replica, connection }) = &mut self.link else { return std::future::pending().await };
        let message = tokio::select! {
            biased;
            () = replica.machine.dead.cancelled() => None,
            _ = connection.cut.changed() => None,
            message = connection.messages.recv() => message,
        };
        if message.is_none() {
            let cut = *connection.cut.borrow();
            self.world.chance.note(format_args!("{} is cut by {}: {cut:?}", self.name, replica.machine.name));
            if cut == Some(Cut::Slow) {
                self.world.breach("a client that reads is not cut", format_args!("{}", self.name));
            }
            self.link = None;
        }
        message
    }

    /// Waits until the replica goes on. False where that took too long: the client has gone elsewhere.
    async fn hears(&mut self) -> bool {
        let Some(Link { replica, .. }) = &self.link else { return false };
        if !replica.machine.is_asleep() || from(&replica.machine, PATIENCE, async {}).await.is_some() {
            return true;
        }
        self.vanish();
        false
    }

    /// What every message must be.
    fn check(&mut self, message: &Outbound) {
        let (world, seq) = (&self.world, message.seq);
        if seq < self.seen {
            world.breach("nobody goes back in time", format_args!("{} from {} to {seq}", self.name, self.seen));
        }
        if seq > world.seq() {
            world.breach("nothing is shown before it is stored", format_args!("{} sees {seq}", self.name));
        }
        self.seen = self.seen.max(seq);
    }

    /// Is gone without a word; the connection stays, and nobody reads it.
    fn vanish(&mut self) {
        if let Some(Link { replica, connection }) = self.link.take() {
            self.world.chance.note(format_args!("{} vanishes from {}", self.name, replica.machine.name));
            self.world.abandon(&replica, connection, self.secret.clone());
        }
    }

    /// Takes a step at the replica of this connection, or at any. None: no word came back.
    async fn act(&self, action: Action, expected_seq: Option<u64>) -> Option<Result<u64, LiveError>> {
        let replica = self.link.as_ref().map_or_else(|| self.world.some_replica(), |link| Arc::clone(&link.replica));
        from(&replica.machine, PATIENCE, replica.live.act(self.world.game, action, expected_seq)).await
    }
}

/// Plays for one player until the run is over.
pub(super) async fn phone(world: Arc<World>, number: usize) {
    let over = world.over.clone();
    let player = world.players[number];
    let client = Client::new(world, format!("phone {number}"), Audience::Player(player));
    let phone =
        Phone { client, player, number, sent: 0, pending: None, picture: Picture::default(), acts_at: Instant::now() };
    tokio::select! {
        biased;
        () = over.cancelled() => {}
        () = phone.play() => {}
    }
}

impl Phone {
    async fn play(mut self) {
        self.join().await;
        loop {
            if self.client.link.is_none() {
                self.come_in().await;
                continue;
            }
            let pending = async {
                match self.pending.as_mut().and_then(|pending| pending.outcome.as_mut()) {
                    Some(outcome) => outcome.await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                message = self.client.next() => match message {
                    Some(message) => if self.client.hears().await { self.hear(&message) },
                    None => self.unlinked(),
                },
                outcome = pending => {
                    if self.client.hears().await {
                        self.learn(outcome.unwrap_or(AnswerOutcome::NotSaved));
                    } else {
                        self.unlinked();
                    }
                }
                () = sleep_until(self.acts_at) => self.act().await,
            }
            self.paint();
        }
    }

    async fn join(&mut self) {
        let world = Arc::clone(&self.client.world);
        let name = PlayerName::parse(&format!(
            "Team {}",
            ["Ash", "Birch", "Cedar", "Elm", "Fir", "Gum", "Holly"][self.number]
        ))
        .unwrap();
        let (player, token) = (self.player, world.ids.token().hash());
        sleep(world.chance.ms(0, 1_500)).await;
        loop {
            let replica = world.some_replica();
            let seat = NewSeat { token: token.clone(), player, device: String::new() };
            let join = replica.live.join(world.game, Action::Join { player, name: name.clone() }, seat);
            match from(&replica.machine, PATIENCE, join).await {
                // The second: an earlier try was stored, and nobody said so.
                Some(Ok(_) | Err(LiveError::Refused(Refusal::NameTaken))) => break,
                _ => sleep(world.chance.ms(50, 500)).await,
            }
        }
        world.chance.note(format_args!("{} has joined", self.client.name));
        self.client.secret = Some(token);
    }

    async fn come_in(&mut self) {
        self.unlinked();
        self.paint();
        self.find_seat();
        if let Err(why) = self.client.connect().await {
            if !matches!(
                why,
                None | Some(
                    LiveError::NotSaved(_)
                        | LiveError::Stopping
                        | LiveError::Refused(Refusal::Removed)
                        | LiveError::TooFast
                )
            ) {
                self.client.world.breach("a player may come in", format_args!("{}: {why:?}", self.client.name));
            }
            sleep(self.client.world.chance.ms(30, 400)).await;
        }
    }

    /// After a move whose outcome is not known, either seat may be the one.
    fn find_seat(&mut self) {
        let world = &self.client.world;
        let seat_of = |rows: &mut super::double::GameRows| {
            let mut seats = rows.seats.iter();
            seats.find(|(_, seat)| **seat == (self.player, false)).map(|(token, _)| token.clone())
        };
        self.client.secret = world.rows.of(world.game, seat_of).flatten();
    }

    /// Nobody will say any more what became of what was sent through the connection.
    fn unlinked(&mut self) {
        if let Some(pending) = &mut self.pending {
            pending.outcome = None;
        }
    }

    fn paint(&mut self) {
        self.picture.seq = self.client.link.as_ref().map(|_| self.client.seen);
        self.picture.pending = self.pending.as_ref().map(|pending| (pending.question, pending.text.clone()));
        self.client.world.ledger.lock().unwrap().phones.insert(self.player, self.picture.clone());
    }

    fn hear(&mut self, message: &Outbound) {
        self.client.check(message);
        match &message.message {
            Message::Player(PlayerMessage::Welcome(_)) => {
                self.picture = Picture::default();
            }
            Message::Common(common) | Message::Player(PlayerMessage::Common(common)) => {
                self.picture.hear(common);
                hear_board(&self.client.world, common, message.seq);
            }
            Message::Player(PlayerMessage::RoundScores(scores)) => {
                self.picture.phase = Some(Phase::Leaderboard);
                let answers = scores.questions.iter().map(|score| (score.question_id, score.your_answer.clone()));
                self.picture.scores = answers.collect();
            }
            _ => {}
        }
    }

    async fn act(&mut self) {
        let world = Arc::clone(&self.client.world);
        let chance = &world.chance;
        self.acts_at = Instant::now() + chance.ms(80, 900);
        let is_late = |pending: &Pending| pending.outcome.is_some() && pending.since.elapsed() > PATIENCE;
        if self.pending.as_ref().is_some_and(is_late) {
            self.client.vanish();
            return self.unlinked();
        }
        if chance.per_mille(chance.weather().unsteady) {
            return self.misbehave().await;
        }
        if self.pending.is_none() && !chance.is_healed() {
            self.think();
        }
        self.send();
    }

    /// Thinks of an answer; at times to a question that has closed.
    fn think(&mut self) {
        let chance = &self.client.world.chance;
        let minds = chance.percent(95);
        let questions: Vec<_> = self.picture.shown.iter().filter(|(_, open)| **open || !minds).collect();
        let Some((question, _)) = chance.one_of(&questions) else { return };
        let text = if question.0.as_u128() % 3 == 0 { 490 + chance.below(20) } else { chance.below(3) };
        self.sent += 1;
        self.pending = Some(Pending {
            client_id: format!("{}-{}", self.number, self.sent),
            question: **question,
            text: text.to_string(),
            since: Instant::now(),
            sent_at: 0,
            outcome: None,
        });
    }

    fn send(&mut self) {
        let Some(Link { replica, connection }) = &self.client.link else { return };
        let Some(pending) = self.pending.as_mut().filter(|pending| pending.outcome.is_none()) else { return };
        let world = &self.client.world;
        let (answered, outcome) = oneshot::channel();
        let submission = Submission {
            answer: SubmittedAnswer {
                id: AnswerId(world.ids.uuid()),
                game: world.game,
                question: pending.question,
                player: self.player,
                client_id: pending.client_id.clone(),
                text: pending.text.clone(),
            },
            from: connection.id,
            since: Instant::now(),
            outcome: answered,
        };
        let Pending { client_id, question, text, .. } = pending;
        world.chance.note(format_args!("{} sends {client_id}: {text} to {}", self.client.name, question.0.as_u128()));
        pending.since = Instant::now();
        pending.sent_at = world.seq();
        pending.outcome = Some(outcome);
        if world.chance.per_mille(world.chance.weather().unsteady) || replica.machine.is_asleep() {
            // It is stuck somewhere, and comes when the phone may have given it up.
            let (replica, wait) = (Arc::clone(replica), world.chance.ms(1, 4_000));
            world.tasks.spawn(async move {
                sleep(wait).await;
                replica.machine.awake().await;
                submit(&replica.live, submission);
            });
        } else {
            submit(&replica.live, submission);
        }
    }

    fn learn(&mut self, outcome: AnswerOutcome) {
        let Some(pending) = self.pending.take() else { return };
        let world = &self.client.world;
        world.chance.note(format_args!("{} learns of {}: {outcome:?}", self.client.name, pending.client_id));
        let (player, client_id) = (self.player, pending.client_id.clone());
        let mut ledger = world.ledger.lock().unwrap();
        match outcome {
            AnswerOutcome::Decided(AnswerFate::Stored { id, revision, .. }) => {
                let Pending { question, text, .. } = pending;
                let known = Acknowledged { player, client_id, question, text, id, revision };
                ledger.acknowledged.push(known.clone());
                drop(ledger);
                let is_stored = world.rows.of(world.game, |rows| rows.sent(player, &known.client_id).is_some());
                if is_stored != Some(true) {
                    world.breach("what is acknowledged is stored", format_args!("{known:?}"));
                }
            }
            AnswerOutcome::Decided(AnswerFate::Closed) => {
                ledger.closed.insert((player, client_id), pending.sent_at);
            }
            AnswerOutcome::Decided(AnswerFate::TooOften | AnswerFate::Conflict) => {
                drop(ledger);
                world.breach("nobody is refused for what they did not do", format_args!("{client_id}: {outcome:?}"));
            }
            AnswerOutcome::NotSaved => {
                drop(ledger);
                self.pending = Some(Pending { outcome: None, ..pending });
                self.acts_at = Instant::now() + world.chance.ms(50, 400);
            }
        }
    }

    async fn misbehave(&mut self) {
        let world = Arc::clone(&self.client.world);
        match world.chance.below(8) {
            0 | 1 => self.client.vanish(),
            2 => {
                world.chance.note(format_args!("{} hangs up", self.client.name));
                self.client.link = None;
            }
            3 => {
                world.chance.note(format_args!("{} reads nothing for a while", self.client.name));
                return sleep(world.chance.ms(200, 3_000)).await;
            }
            4 => {
                world.chance.note(format_args!("{} leaves", self.client.name));
                self.client.act(Action::Leave { player: self.player }, None).await;
                sleep(world.chance.ms(0, 1_500)).await;
            }
            5 | 6 => self.change_phones().await,
            _ => {
                let question = self.picture.scores.keys().next().copied();
                if let Some(question) = question {
                    self.client.act(Action::Challenge { player: self.player, question }, None).await;
                }
            }
        }
        self.unlinked();
    }

    /// Takes the seat to another phone. The old one stays where it is and would go on listening.
    async fn change_phones(&mut self) {
        let world = Arc::clone(&self.client.world);
        let Some(from_seat) = self.client.secret.clone() else { return };
        self.client.vanish();
        let replica = world.some_replica();
        let seat = NewSeat { token: world.ids.token().hash(), player: self.player, device: String::new() };
        let moved = from(&replica.machine, PATIENCE, replica.live.move_seat(world.game, from_seat, seat)).await;
        world.chance.note(format_args!("{} takes its seat to another phone: {moved:?}", self.client.name));
    }
}

/// Runs the game until everything heals, then only watches.
pub(super) async fn host(world: Arc<World>, number: usize) {
    let over = world.over.clone();
    let credential = Uuid::from_u128(1_000 + number as u128);
    let client = Client::new(world, format!("host {number}"), Audience::Host { credential });
    let host = Host { client, number, pressed: 0, state: None, picture: Picture::default(), acts_at: Instant::now() };
    tokio::select! {
        biased;
        () = over.cancelled() => {}
        () = host.run() => {}
    }
}

impl Host {
    async fn run(mut self) {
        loop {
            if self.client.link.is_none() {
                if self.client.connect().await.is_err() {
                    sleep(self.client.world.chance.ms(30, 400)).await;
                }
                continue;
            }
            tokio::select! {
                biased;
                message = self.client.next() => {
                    if let Some(message) = message
                        && self.client.hears().await
                    {
                        self.hear(&message);
                    }
                }
                () = sleep_until(self.acts_at) => self.act().await,
            }
            self.picture.seq = self.client.link.as_ref().map(|_| self.client.seen);
            self.client.world.ledger.lock().unwrap().hosts.insert(self.number, self.picture.clone());
        }
    }

    fn hear(&mut self, message: &Outbound) {
        self.client.check(message);
        match &message.message {
            Message::Host(HostMessage::HostState(state)) => {
                self.picture.phase = Some(state.phase);
                self.picture.state_seq = message.seq;
                let asked = state.questions.iter().filter(|question| question.state != PulseState::Pending);
                self.picture.shown = asked.map(|pulse| (pulse.id, pulse.state == PulseState::Open)).collect();
                self.state = Some(state.clone());
            }
            Message::Host(HostMessage::RoundReview(review)) => {
                let of = |question: &crate::game::view::host::ReviewQuestion| {
                    let id = question.question_id;
                    question
                        .answers
                        .iter()
                        .map(move |answer| ((id, answer.player_id), answer.answer.clone()))
                        .collect::<Vec<_>>()
                };
                self.picture.reviews.insert(review.round, review.questions.iter().flat_map(of).collect());
            }
            Message::Common(common) | Message::Host(HostMessage::Common(common)) => {
                hear_board(&self.client.world, common, message.seq);
            }
            _ => {}
        }
    }

    async fn act(&mut self) {
        let world = Arc::clone(&self.client.world);
        let chance = &world.chance;
        self.acts_at = Instant::now() + chance.ms(150, 1_400);
        if chance.is_healed() {
            return;
        }
        if chance.per_mille(chance.weather().unsteady) {
            return match chance.below(3) {
                0 => self.client.vanish(),
                1 => self.client.link = None,
                _ => sleep(chance.ms(200, 3_000)).await,
            };
        }
        if let Some(action) = self.choose() {
            self.press(action).await;
        }
    }

    fn choose(&mut self) -> Option<Action> {
        let state = self.state.as_ref()?;
        let chance = &self.client.world.chance;
        let dice = chance.below(100);
        if dice < 12 && state.phase != Phase::Lobby {
            return self.adjust();
        }
        let some_player = || chance.one_of(&state.players).map(|player| player.id);
        if dice < 16 {
            return match dice {
                12 => some_player().map(|player| Action::RemovePlayer { player }),
                13 | 14 => some_player().map(|player| Action::RestorePlayer { player }),
                _ => Some(Action::Present(*chance.one_of(&[Present::Auto, Present::Blank]).unwrap())),
            };
        }
        let is = |wanted: PulseState| state.questions.iter().filter(move |pulse| pulse.state == wanted);
        let some = |wanted: PulseState| chance.one_of(&is(wanted).collect::<Vec<_>>()).map(|pulse| pulse.id);
        let to_come = is(PulseState::Pending).next().is_some();
        Some(match state.phase {
            Phase::Lobby if state.players.len() > 2 || dice > 80 => Action::StartGame,
            Phase::Question if state.paused_at.is_some() && dice < 70 => Action::Resume,
            Phase::Question => match dice {
                45..50 if to_come => Action::ReleaseAll,
                50..62 => Action::CloseQuestion { question: some(PulseState::Open) },
                62..70 => Action::ExtendTime { question: some(PulseState::Open), seconds: 3 },
                70..74 => Action::Pause,
                74..77 => Action::UnreleaseQuestion { question: some(PulseState::Open)? },
                _ if to_come => Action::ReleaseQuestion { question: None },
                77..90 => Action::EndRound,
                _ => return None,
            },
            Phase::RoundReview => match dice {
                16..45 => self.judge(some_player()?)?,
                45..55 => Action::ReopenRound,
                _ => Action::ReleaseScores { reason: None },
            },
            Phase::Leaderboard => match dice {
                16..40 => self.judge(some_player()?)?,
                40..60 => Action::ReleaseScores { reason: Some("looked again".to_owned()) },
                60..62 => Action::EndGame,
                _ => Action::StartNextRound,
            },
            Phase::Lobby | Phase::Ended => return None,
        })
    }

    fn judge(&self, player: PlayerId) -> Option<Action> {
        let chance = &self.client.world.chance;
        let questions: Vec<_> = self.picture.shown.keys().copied().collect();
        let credit = *chance.one_of(&[None, Some(Credit::None), Some(Credit::Half), Some(Credit::Full)])?;
        let question = *chance.one_of(&questions)?;
        Some(Action::Judge { question, target: Target::Player(player), credit, remember: None })
    }

    /// Gives somebody points, with words that show whose press it was.
    fn adjust(&mut self) -> Option<Action> {
        let state = self.state.as_ref()?;
        let player = self.client.world.chance.one_of(&state.players)?.id;
        self.pressed += 1;
        let reason = format!("host {} press {}", self.number, self.pressed);
        Some(Action::AdjustScore { player, points: Points::whole(1), reason })
    }

    /// Presses a step until it is known what became of it. What is pressed again expects the same.
    async fn press(&mut self, action: Action) {
        let world = Arc::clone(&self.client.world);
        let expected = Some(self.picture.state_seq);
        let mut told = Told::Nothing;
        for _ in 0..PRESSES_MAX {
            let answer = self.client.act(action.clone(), expected).await;
            world.chance.note(format_args!("{} presses {action:?} at {expected:?}: {answer:?}", self.client.name));
            match answer {
                Some(Ok(seq)) => {
                    told = Told::Done(seq);
                    break;
                }
                Some(Err(LiveError::Refused(_))) => {
                    told = if told == Told::Nothing { Told::Refused } else { Told::Unsure };
                    break;
                }
                Some(Err(_)) | None => told = Told::Unsure,
            }
            if self.client.link.as_ref().is_some_and(|link| link.replica.machine.is_dead()) || world.chance.percent(50)
            {
                self.client.link = None;
            }
            sleep(world.chance.ms(50, 600)).await;
        }
        Press { action, told }.check(&world);
    }
}

impl Picture {
    fn hear(&mut self, common: &Common) {
        match common {
            Common::GameStarted(_) => {
                self.phase = Some(Phase::Question);
                self.shown = Shown::new();
            }
            Common::QuestionReleased(question) => drop(self.shown.insert(question.question.id, !question.closed)),
            Common::QuestionUnreleased(question) => drop(self.shown.remove(&question.question_id)),
            Common::QuestionClosed(question) => drop(self.shown.insert(question.question_id, false)),
            Common::QuestionTimer(timer) => drop(self.shown.insert(timer.question_id, true)),
            Common::RoundEnded(_) => {
                self.phase = Some(Phase::RoundReview);
                self.shown.values_mut().for_each(|open| *open = false);
            }
            Common::RoundReopened(_) => self.phase = Some(Phase::Question),
            Common::RoundLeaderboard(_) => self.phase = Some(Phase::Leaderboard),
            Common::GameEnded(_) => self.phase = Some(Phase::Ended),
            Common::Break(_) | Common::LobbyUpdate(_) | Common::Paused(_) | Common::Resumed {} | Common::Teams(_) => {}
        }
    }
}

fn submit(live: &Live, submission: Submission) {
    let _ = live.submit(submission);
}

fn hear_board(world: &World, common: &Common, seq: u64) {
    let (Common::RoundLeaderboard(board) | Common::GameEnded(board)) = common else { return };
    let board: Vec<_> = board.entries.iter().map(|entry| (entry.rank, entry.player_id, entry.score)).collect();
    let known = world.ledger.lock().unwrap().boards.entry(seq).or_insert_with(|| board.clone()).clone();
    if known != board {
        world.breach("everybody sees the same board", format_args!("at {seq}: {known:?} and {board:?}"));
    }
}
