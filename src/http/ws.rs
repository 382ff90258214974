//! Sockets: who they are, what they may say, and what they are told.

use super::App;
use super::error::ApiError;
use super::extract::{Peer, signed_in};
use super::throttle::{Bucket, Guess, Rate};
use super::wire::{self, ClientMessage, Direct, Hello, OverrideAnswer, Received};
use crate::auth::Caller;
use crate::game::{Action, AnswerId, GameId, PlayerId, PlayerName, Refusal, Target};
use crate::ids::{Token, parse_code};
use crate::limits::{
    CLIENT_ID_BYTES_MAX, TIME_LIMIT_SECONDS_MAX, WS_DEAD_AFTER, WS_FRAME_BYTES_MAX, WS_HELLO_TIMEOUT,
    WS_MESSAGES_BURST, WS_MESSAGES_PER_SECOND, WS_PING_EVERY, WS_READ_BUFFER_BYTES, WS_WRITE_BUFFER_BYTES,
    WS_WRITE_BUFFER_BYTES_MAX, WS_WRITE_TIMEOUT,
};
use crate::live::{AnswerOutcome, Audience, Connection, ConnectionId, Cut, LiveError, Submission};
use crate::store::{AnswerFate, GameRow, SubmittedAnswer};
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt};
use serde::Deserialize;
use serde_json::Value;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::{Instant, MissedTickBehavior, timeout};

/// Answers of one socket that wait for the disk at the same time.
const ANSWERS_WAITING_MAX: usize = 32;

/// Messages past the rate after which a socket is closed.
const BREACHES_MAX: u32 = 50;

const RATE: Rate = Rate { burst: WS_MESSAGES_BURST as f64, per_second: WS_MESSAGES_PER_SECOND as f64 };

/// Credentials in the address, as published. `hello` keeps them out of it.
#[derive(Debug, Default, Deserialize)]
pub struct Credentials {
    session: Option<String>,
    token: Option<String>,
    screen: Option<String>,
}

/// Why a socket closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Close {
    Dead,
    Gone,
    Policy,
    Terminal(Denied),
    Cut(Cut),
    HelloLate,
    Restart,
    Unavailable,
}

/// Who may not come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Denied {
    NotSignedIn,
    Moved,
    NoSuchGame,
    Removed,
}

type Socket = WebSocket;

/// `GET /ws/{code}`: with credentials in the address they are checked before the upgrade, else the first message is
/// the `hello`.
pub async fn upgrade(
    State(app): State<App>,
    Path(code): Path<String>,
    Query(credentials): Query<Credentials>,
    Peer(peer): Peer,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Result<Response, ApiError> {
    if app.drain.is_cancelled() {
        return Err(LiveError::Stopping.into());
    }
    app.0.throttle.check(Guess::Code, peer)?;
    let game = match parse_code(&code) {
        Some(code) => app.store.game_by_code(&code).await?,
        None => None,
    };
    let Some(game) = game else {
        app.0.throttle.miss(Guess::Code, peer);
        return Err(ApiError::not_found());
    };
    let hello =
        Hello { session: credentials.session, token: credentials.token, screen: credentials.screen, since: None };
    let named = hello.session.is_some() || hello.token.is_some() || hello.screen.is_some();
    let audience = if named {
        let admitted = admit(&app, &game, &hello, None).await?;
        Some(admitted.map_err(Denied::response)?)
    } else {
        None
    };
    let browser = signed_in(&app, &headers).await?;
    let sockets = app.sockets.clone();
    Ok(upgrade
        .read_buffer_size(WS_READ_BUFFER_BYTES)
        .write_buffer_size(WS_WRITE_BUFFER_BYTES)
        .max_write_buffer_size(WS_WRITE_BUFFER_BYTES_MAX)
        .max_message_size(WS_FRAME_BYTES_MAX)
        .max_frame_size(WS_FRAME_BYTES_MAX)
        .on_upgrade(move |socket| sockets.track_future(run(app, socket, game, audience, browser)))
        .into_response())
}

async fn run(app: App, mut socket: Socket, game: GameRow, audience: Option<Audience>, browser: Option<Caller>) {
    let audience = match audience {
        Some(audience) => Ok(audience),
        None => greet(&app, &mut socket, &game, browser).await,
    };
    let close = match audience {
        Ok(audience) => serve(&app, &mut socket, game.id, audience).await,
        Err(close) => close,
    };
    app.metrics.sockets_cut.with_label_values(&[close.label()]).inc();
    if close != Close::Gone {
        let (code, reason) = close.frame();
        let frame = Message::Close(Some(CloseFrame { code, reason: Utf8Bytes::from_static(reason) }));
        // The other side may be gone already.
        let _ = timeout(Duration::from_secs(1), socket.send(frame)).await;
    }
}

/// Waits for the first message, which says who is there.
async fn greet(app: &App, socket: &mut Socket, game: &GameRow, browser: Option<Caller>) -> Result<Audience, Close> {
    let first = async {
        loop {
            match socket.recv().await {
                Some(Ok(Message::Text(text))) => return Ok(text),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(Message::Binary(_))) => return Err(Close::Policy),
                Some(Ok(Message::Close(_)) | Err(_)) | None => return Err(Close::Gone),
            }
        }
    };
    let text = timeout(WS_HELLO_TIMEOUT, first).await.map_err(|_| Close::HelloLate)??;
    let Ok(Received { message: Ok(ClientMessage::Hello(hello)), .. }) = wire::parse(&text) else {
        return Err(Close::Terminal(Denied::NotSignedIn));
    };
    match admit(app, game, &hello, browser).await {
        Ok(Ok(audience)) => Ok(audience),
        Ok(Err(denied)) => Err(Close::Terminal(denied)),
        Err(_) => Err(Close::Unavailable),
    }
}

/// Who somebody is in this game, by the first credential that they show.
async fn admit(
    app: &App,
    game: &GameRow,
    hello: &Hello,
    browser: Option<Caller>,
) -> Result<Result<Audience, Denied>, ApiError> {
    if let Some(token) = &hello.session {
        let seat = app.store.seat(&Token::claimed(token).hash()).await?;
        return Ok(match seat.filter(|seat| seat.game == game.id) {
            None => Err(Denied::NotSignedIn),
            Some(seat) if seat.revoked => Err(Denied::Moved),
            Some(seat) => Ok(Audience::Player(seat.player)),
        });
    }
    if let Some(token) = &hello.screen {
        let shown = app.store.screen(&Token::claimed(token).hash()).await?;
        return Ok(if shown == Some(game.id) { Ok(Audience::Screen) } else { Err(Denied::NotSignedIn) });
    }
    let caller = match &hello.token {
        Some(token) => app.auth.bearer(&Token::claimed(token)).await?,
        None => browser,
    };
    Ok(match caller {
        None => Err(Denied::NotSignedIn),
        Some(caller) if caller.account.id != game.owner => Err(Denied::NoSuchGame),
        Some(caller) => Ok(Audience::Host { credential: caller.credential.id() }),
    })
}

async fn serve(app: &App, socket: &mut Socket, game: GameId, audience: Audience) -> Close {
    let connection = match app.live.connect(game, audience).await {
        Ok(connection) => connection,
        Err(LiveError::Refused(Refusal::Removed)) => return Close::Terminal(Denied::Removed),
        Err(LiveError::Refused(_) | LiveError::NoSuchGame | LiveError::NoSuchClaim) => {
            return Close::Terminal(Denied::NoSuchGame);
        }
        Err(LiveError::NotSaved(_) | LiveError::Stopping | LiveError::TooManyPhones) => return Close::Unavailable,
    };
    let role = role(audience);
    let sockets = app.metrics.sockets.with_label_values(&[role]);
    sockets.inc();
    let close = Session::new(Speaker { app, game, audience, connection: connection.id }).run(socket, connection).await;
    sockets.dec();
    close
}

/// Who speaks through a socket, and where.
#[derive(Clone, Copy)]
struct Speaker<'a> {
    app: &'a App,
    game: GameId,
    audience: Audience,
    connection: ConnectionId,
}

/// One socket at work.
struct Session<'a> {
    speaker: Speaker<'a>,
    app: &'a App,
    budget: Bucket,
    breaches: u32,
    /// Answers that wait for the disk.
    waiting: FuturesUnordered<BoxFuture<'static, Bytes>>,
    last_heard: Instant,
}

impl<'a> Session<'a> {
    fn new(speaker: Speaker<'a>) -> Self {
        let app = speaker.app;
        Self {
            speaker,
            app,
            budget: Bucket::full(RATE, app.clock.now_ms()),
            breaches: 0,
            waiting: FuturesUnordered::new(),
            last_heard: Instant::now(),
        }
    }

    async fn run(mut self, socket: &mut Socket, mut connection: Connection) -> Close {
        let received = self.app.metrics.socket_messages_received.with_label_values(&[role(self.speaker.audience)]);
        let sent = self.app.metrics.socket_messages_sent.clone();
        let mut ping = tokio::time::interval_at(Instant::now() + WS_PING_EVERY, WS_PING_EVERY);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut told_to_reconnect = false;
        loop {
            let out = tokio::select! {
                changed = connection.cut.changed() => {
                    // The queue may still hold what the reader should know, but a slow one takes nothing.
                    let cut = *connection.cut.borrow();
                    return match (changed, cut) {
                        (Ok(()), Some(cut)) => Close::Cut(cut),
                        (Ok(()), None) => continue,
                        (Err(_), _) => Close::Restart,
                    };
                }
                message = connection.messages.recv() => match message {
                    Some(message) => message.encoded(wire::encode),
                    None => return Close::Restart,
                },
                Some(acknowledgement) = self.waiting.next() => acknowledgement,
                frame = socket.recv() => match frame {
                    Some(Ok(Message::Text(text))) => {
                        received.inc();
                        self.last_heard = Instant::now();
                        match self.hear(&text).await {
                            Ok(Some(answer)) => {
                                // What the message brought about comes before the word that it is done.
                                while let Ok(message) = connection.messages.try_recv() {
                                    sent.inc();
                                    if !write_text(socket, message.encoded(wire::encode)).await {
                                        return Close::Cut(Cut::Slow);
                                    }
                                }
                                answer
                            }
                            Ok(None) => continue,
                            Err(close) => return close,
                        }
                    }
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => {
                        self.last_heard = Instant::now();
                        continue;
                    }
                    Some(Ok(Message::Binary(_))) => return Close::Policy,
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return Close::Gone,
                },
                _ = ping.tick() => {
                    if self.last_heard.elapsed() > WS_DEAD_AFTER {
                        return Close::Dead;
                    }
                    if !write(socket, Message::Ping(Bytes::new())).await {
                        return Close::Dead;
                    }
                    continue;
                }
                () = self.app.close.cancelled() => {
                    // What the phone has sent is stored and acknowledged first.
                    while let Some(acknowledgement) = self.waiting.next().await {
                        if !write_text(socket, acknowledgement).await {
                            break;
                        }
                    }
                    return Close::Restart;
                }
                () = self.app.drain.cancelled(), if !told_to_reconnect => {
                    told_to_reconnect = true;
                    let spread = u64::try_from(self.app.reconnect_spread.as_millis()).unwrap_or(0);
                    let after_ms = self.app.ids.below(spread + 1);
                    wire::encode_direct(&Direct::Reconnect(wire::Reconnect { after_ms }), None)
                }
            };
            sent.inc();
            if !write_text(socket, out).await {
                return Close::Cut(Cut::Slow);
            }
        }
    }

    /// Takes in one message, and gives what is to be said to it at once.
    async fn hear(&mut self, text: &str) -> Result<Option<Bytes>, Close> {
        let received = match wire::parse(text) {
            Ok(received) => received,
            Err(problem) => return Ok(Some(refuse("bad_message", problem, None))),
        };
        let id = received.id;
        if !self.budget.take(RATE, self.app.clock.now_ms()) {
            self.breaches += 1;
            if self.breaches > BREACHES_MAX {
                return Err(Close::Policy);
            }
            return Ok(Some(refuse("too_fast", "Slow down a little.", id.as_ref())));
        }
        let message = match received.message {
            Ok(message) => message,
            Err(problem) => return Ok(Some(refuse("bad_message", problem, id.as_ref()))),
        };
        let said = match (message, self.speaker.audience) {
            (ClientMessage::Ping(_), _) => {
                let pong = Direct::Pong(wire::Pong { server_time: self.app.clock.now_ms() });
                return Ok(Some(wire::encode_direct(&pong, id.as_ref())));
            }
            // A second hello changes nothing.
            (ClientMessage::Hello(_), _) => return Ok(None),
            (ClientMessage::SubmitAnswer(answer), Audience::Player(player)) => {
                return Ok(self.submit(player, answer, id).await);
            }
            (message, Audience::Player(player)) => self.speaker.player_says(player, message).await,
            (message, Audience::Host { .. }) => self.speaker.host_says(message).await,
            (_, Audience::Screen) => Err(Said::NotAllowed),
        };
        Ok(Some(match said {
            Ok(seq) => wire::encode_done(seq, id.as_ref()),
            Err(said) => said.encode(id.as_ref()),
        }))
    }

    async fn submit(&mut self, player: PlayerId, answer: wire::SubmitAnswer, id: Option<Value>) -> Option<Bytes> {
        if self.waiting.len() >= ANSWERS_WAITING_MAX {
            return Some(refuse("too_fast", "Slow down a little.", id.as_ref()));
        }
        let question = answer.question_id;
        let checked = self.app.live.read(self.speaker.game, move |game, _| match game.quiz.find(question) {
            Some((_, frozen)) => frozen.check_answer(&answer.answer),
            None => Err(Refusal::UnknownQuestion),
        });
        let text = match checked.await {
            Ok(Ok(text)) => text,
            Ok(Err(refusal)) => return Some(Said::from(LiveError::from(refusal)).encode(id.as_ref())),
            Err(error) => return Some(Said::from(error).encode(id.as_ref())),
        };
        let Some(client_id) = client_id(id.as_ref(), &self.app.ids) else {
            let problem = format!("A message's id has at most {CLIENT_ID_BYTES_MAX} bytes.");
            return Some(refuse("bad_message", problem, id.as_ref()));
        };
        let (sender, outcome) = oneshot::channel();
        let submission = Submission {
            answer: SubmittedAnswer {
                id: AnswerId(self.app.ids.uuid()),
                game: self.speaker.game,
                question,
                player,
                client_id,
                text: text.clone(),
            },
            from: self.speaker.connection,
            since: Instant::now(),
            outcome: sender,
        };
        if self.app.live.submit(submission).is_none() {
            return Some(refuse("not_saved", NOT_SAVED, id.as_ref()));
        }
        let acknowledge = async move {
            match outcome.await {
                Ok(AnswerOutcome::Decided(AnswerFate::Stored(answer))) => {
                    wire::encode_direct(&Direct::accepted(question, answer, text), id.as_ref())
                }
                Ok(AnswerOutcome::Decided(AnswerFate::Closed)) => {
                    refuse("question_closed", "This question is closed.", id.as_ref())
                }
                Ok(AnswerOutcome::Decided(AnswerFate::Conflict)) => {
                    refuse("conflict", "Another answer was sent under this id before.", id.as_ref())
                }
                Ok(AnswerOutcome::NotSaved) | Err(_) => refuse("not_saved", NOT_SAVED, id.as_ref()),
            }
        };
        self.waiting.push(acknowledge.boxed());
        None
    }
}

impl Speaker<'_> {
    async fn player_says(&self, player: PlayerId, message: ClientMessage) -> Result<Option<u64>, Said> {
        match message {
            ClientMessage::Rename(rename) => {
                let name = name(&rename.display_name)?;
                self.act(Action::RenamePlayer { player, name }, None).await
            }
            ClientMessage::Leave(_) => self.act(Action::Leave { player }, None).await,
            ClientMessage::Challenge(about) => {
                self.act(Action::Challenge { player, question: about.question_id }, None).await
            }
            ClientMessage::DecideClaim(claim) => {
                let decided = self.app.live.decide_claim(self.game, claim.claim_id, claim.approve, Some(player));
                decided.await?;
                Ok(None)
            }
            _ => Err(Said::NotAllowed),
        }
    }

    async fn host_says(&self, message: ClientMessage) -> Result<Option<u64>, Said> {
        let (action, expected_seq) = match message {
            ClientMessage::StartGame(step) => (Action::StartGame, step.expected_seq),
            ClientMessage::EndRound(step) => (Action::EndRound, step.expected_seq),
            ClientMessage::StartNextRound(step) => (Action::StartNextRound, step.expected_seq),
            ClientMessage::EndGame(step) => (Action::EndGame, step.expected_seq),
            ClientMessage::ReopenRound(step) => (Action::ReopenRound, step.expected_seq),
            ClientMessage::Pause(step) => (Action::Pause, step.expected_seq),
            ClientMessage::Resume(step) => (Action::Resume, step.expected_seq),
            ClientMessage::ReleaseScores(step) => (Action::ReleaseScores { reason: step.reason }, step.expected_seq),
            ClientMessage::ReleaseQuestion(step) => {
                (Action::ReleaseQuestion { question: step.question_id }, step.expected_seq)
            }
            ClientMessage::UnreleaseQuestion(step) => {
                (Action::UnreleaseQuestion { question: step.question_id }, step.expected_seq)
            }
            ClientMessage::CloseQuestion(step) => {
                (Action::CloseQuestion { question: step.question_id }, step.expected_seq)
            }
            ClientMessage::ExtendTime(step) => {
                if step.seconds == 0 || step.seconds > TIME_LIMIT_SECONDS_MAX {
                    return Err(Said::Bad("Extend by 1 to 3600 seconds."));
                }
                (Action::ExtendTime { question: step.question_id, seconds: step.seconds }, step.expected_seq)
            }
            ClientMessage::Lock(step) => (Action::Lock { locked: step.locked }, step.expected_seq),
            ClientMessage::SetTeams(step) => (Action::SetTeams { allowed: step.allowed }, step.expected_seq),
            ClientMessage::RenamePlayer(step) => {
                let name = name(&step.display_name)?;
                (Action::RenamePlayer { player: step.player_id, name }, step.expected_seq)
            }
            ClientMessage::RemovePlayer(step) => (Action::RemovePlayer { player: step.player_id }, step.expected_seq),
            ClientMessage::RestorePlayer(step) => (Action::RestorePlayer { player: step.player_id }, step.expected_seq),
            ClientMessage::Present(step) => {
                let present = step.present().ok_or(Said::Bad("There is no such view of the big screen."))?;
                (Action::Present(present), step.expected_seq)
            }
            ClientMessage::OverrideAnswer(step) => {
                let expected_seq = step.expected_seq;
                (self.judgement(step).await?, expected_seq)
            }
            ClientMessage::DecideClaim(claim) => {
                self.app.live.decide_claim(self.game, claim.claim_id, claim.approve, None).await?;
                return Ok(None);
            }
            _ => return Err(Said::NotAllowed),
        };
        self.act(action, expected_seq).await
    }

    async fn judgement(&self, step: OverrideAnswer) -> Result<Action, Said> {
        let question = step.question_id;
        let credit = step.judgement();
        let target = match (&step.player_id, &step.answer_group) {
            (Some(player), None) => Target::Player(*player),
            (None, Some(group)) => Target::Group(group.clone()),
            _ => return Err(Said::Bad("Judge a player_id or an answer_group.")),
        };
        let remember = if step.remember == Some(true) {
            let about = target.clone();
            let spelling = move |game: &crate::game::Game, answers: &crate::game::Answers| {
                crate::game::view::host::spelling(game, answers, question, &about)
            };
            self.app.live.read(self.game, spelling).await?
        } else {
            None
        };
        Ok(Action::Judge { question, target, credit, remember })
    }

    /// Gives the game's `seq` after the step.
    async fn act(&self, action: Action, expected_seq: Option<u64>) -> Result<Option<u64>, Said> {
        let done = self.app.live.act(self.game, action, expected_seq).await;
        if matches!(done, Err(LiveError::Refused(Refusal::Stale))) {
            let _ = self.app.live.refresh(self.game, self.connection).await;
        }
        Ok(Some(done?))
    }
}

const NOT_SAVED: &str = "Not saved yet. It stays on your phone and is sent again.";

/// Why a message had no effect.
enum Said {
    Bad(&'static str),
    Live(LiveError),
    NotAllowed,
}

impl From<LiveError> for Said {
    fn from(error: LiveError) -> Self {
        Self::Live(error)
    }
}

impl Said {
    fn encode(&self, id: Option<&Value>) -> Bytes {
        match self {
            Self::Bad(problem) => refuse("bad_message", *problem, id),
            Self::NotAllowed => refuse("not_allowed", "That is not yours to do.", id),
            Self::Live(error) => {
                let code = match error {
                    LiveError::Refused(refusal) => refusal.code(),
                    LiveError::NoSuchGame => "no_such_game",
                    LiveError::NoSuchClaim => "no_such_claim",
                    LiveError::NotSaved(_) | LiveError::Stopping | LiveError::TooManyPhones => "not_saved",
                };
                refuse(code, error.to_string(), id)
            }
        }
    }
}

impl Close {
    fn frame(self) -> (u16, &'static str) {
        match self {
            Self::Dead | Self::Gone => (1001, "no answer"),
            Self::Policy => (1008, "too much, or not understood"),
            Self::HelloLate => (4408, "no hello"),
            Self::Restart => (1012, "restarting"),
            Self::Unavailable => (1013, "try again later"),
            Self::Cut(Cut::Left) => (4403, "left"),
            Self::Cut(Cut::Moved) | Self::Terminal(Denied::Moved) => (4403, "moved"),
            Self::Cut(Cut::Removed) | Self::Terminal(Denied::Removed) => (4403, "removed"),
            Self::Cut(Cut::Revoked) | Self::Terminal(Denied::NotSignedIn) => (4401, "not signed in"),
            Self::Cut(Cut::Slow) => (3008, "too slow"),
            Self::Terminal(Denied::NoSuchGame) => (4404, "no such game"),
        }
    }

    fn label(self) -> &'static str {
        match self {
            Self::Dead => "dead",
            Self::Gone => "gone",
            Self::Policy => "policy",
            Self::HelloLate => "hello_late",
            Self::Restart => "restart",
            Self::Unavailable => "unavailable",
            Self::Terminal(_) => "denied",
            Self::Cut(Cut::Left) => "left",
            Self::Cut(Cut::Moved) => "moved",
            Self::Cut(Cut::Removed) => "removed",
            Self::Cut(Cut::Revoked) => "revoked",
            Self::Cut(Cut::Slow) => "slow",
        }
    }
}

impl Denied {
    fn response(self) -> ApiError {
        match self {
            Self::NotSignedIn => ApiError::unauthorized(),
            Self::Moved => ApiError::new(StatusCode::FORBIDDEN, "moved", "This seat moved to another phone."),
            Self::NoSuchGame => ApiError::not_found(),
            Self::Removed => ApiError::new(StatusCode::FORBIDDEN, "removed", "The host removed you from this game."),
        }
    }
}

/// The id that makes a resend recognisable: the client's own, or a new one for clients that send none.
fn client_id(id: Option<&Value>, ids: &crate::ids::Ids) -> Option<String> {
    let id = match id {
        Some(Value::String(id)) => id.clone(),
        Some(id) => id.to_string(),
        None => ids.uuid().to_string(),
    };
    (id.len() <= CLIENT_ID_BYTES_MAX).then_some(id)
}

fn name(text: &str) -> Result<PlayerName, Said> {
    PlayerName::parse(text).map_err(|problem| Said::Live(Refusal::BadName(problem).into()))
}

fn refuse(code: &'static str, message: impl Into<String>, id: Option<&Value>) -> Bytes {
    wire::encode_direct(&Direct::refused(code, message), id)
}

fn role(audience: Audience) -> &'static str {
    match audience {
        Audience::Host { .. } => "host",
        Audience::Player(_) => "player",
        Audience::Screen => "screen",
    }
}

/// Writes a message of ours, which is always UTF-8. False when the reader takes nothing.
async fn write_text(socket: &mut Socket, message: Bytes) -> bool {
    match Utf8Bytes::try_from(message) {
        Ok(text) => write(socket, Message::Text(text)).await,
        Err(_) => true,
    }
}

/// Writes a frame. False when the reader takes nothing.
async fn write(socket: &mut Socket, message: Message) -> bool {
    matches!(timeout(WS_WRITE_TIMEOUT, socket.send(message)).await, Ok(Ok(())))
}
