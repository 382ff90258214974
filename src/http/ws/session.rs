//! One socket at work: what comes in, what goes out, and the answers that wait for the disk.

use super::socket::{Error, Message, Utf8Bytes, WebSocket};
use super::speaker::{Said, Speaker, refuse};
use super::{App, Close, role, written};
use crate::game::{AnswerId, FrozenQuiz, PlayerId, Refusal};
use crate::http::wire::{self, ClientMessage, Direct};
use crate::limits::{
    CLIENT_ID_BYTES_MAX, WS_DEAD_AFTER, WS_MESSAGES_BURST, WS_MESSAGES_PER_SECOND, WS_PING_EVERY,
    WS_WRITTEN_TOGETHER_BYTES,
};
use crate::live::{AnswerOutcome, Audience, Connection, Cut, LiveError, Submission};
use crate::pace::{Bucket, Rate};
use crate::store::{AnswerFate, SubmittedAnswer};
use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt};
use serde_json::Value;
use std::pin::pin;
use std::sync::Arc;
use tokio::sync::oneshot;
use tokio::time::{Instant, MissedTickBehavior};

/// Answers of one socket that wait for the disk at the same time.
const ANSWERS_WAITING_MAX: usize = 32;

/// Messages past the rate after which a socket is closed.
const BREACHES_MAX: u32 = 50;

const RATE: Rate = Rate { burst: WS_MESSAGES_BURST as f64, per_second: WS_MESSAGES_PER_SECOND as f64 };

const TOO_OFTEN: &str = "This answer was changed too often. The one that was saved last counts.";

const NOT_SAVED: &str = "Not saved yet. It stays on your phone and is sent again.";

/// One socket at work.
pub(super) struct Session<'a> {
    speaker: Speaker<'a>,
    app: &'a App,
    /// What the game plays: an answer is checked against it without waiting for the game's task.
    quiz: Arc<FrozenQuiz>,
    budget: Bucket,
    breaches: u32,
    /// Answers that wait for the disk.
    waiting: FuturesUnordered<BoxFuture<'static, Bytes>>,
    last_heard: Instant,
}

impl<'a> Session<'a> {
    pub(super) fn new(speaker: Speaker<'a>, connection: &Connection) -> Self {
        let app = speaker.app;
        Self {
            speaker,
            app,
            quiz: Arc::clone(&connection.quiz),
            budget: Bucket::full(RATE, app.clock.now_ms()),
            breaches: 0,
            waiting: FuturesUnordered::new(),
            last_heard: Instant::now(),
        }
    }

    /// Serves the socket to its end. `first` is what it said already.
    pub(super) async fn run(
        mut self,
        socket: &mut WebSocket,
        mut connection: Connection,
        mut first: Option<Utf8Bytes>,
    ) -> Close {
        let received = self.app.metrics.socket_messages_received.with_label_values(&[role(self.speaker.audience)]);
        let sent = self.app.metrics.socket_messages_sent.clone();
        let mut ping = tokio::time::interval_at(Instant::now() + WS_PING_EVERY, WS_PING_EVERY);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut cut_off = self.app.cut_off.clone();
        let mut told_to_reconnect = false;
        // Registered once and not for each message.
        let (mut drain, mut close) = (pin!(self.app.drain.cancelled()), pin!(self.app.close.cancelled()));
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
                frame = heard(&mut first, socket) => match frame {
                    Some(Ok(Message::Text(text))) => {
                        received.inc();
                        self.last_heard = Instant::now();
                        match self.hear(&text).await {
                            Ok(Some(answer)) => {
                                // What the message brought about comes before the word that it is done.
                                while let Ok(message) = connection.messages.try_recv() {
                                    sent.inc();
                                    if !written(socket.send_texts(&[message.encoded(wire::encode)])).await {
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
                    Some(Ok(Message::Binary(_) | Message::Frame(_))) => return Close::Policy,
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return Close::Gone,
                },
                _ = ping.tick() => {
                    if self.last_heard.elapsed() > WS_DEAD_AFTER {
                        return Close::Dead;
                    }
                    if !written(socket.ping()).await {
                        return Close::Dead;
                    }
                    continue;
                }
                () = &mut close => {
                    // What the phone has sent is stored and acknowledged first.
                    while let Some(acknowledgement) = self.waiting.next().await {
                        if !written(socket.send_texts(&[acknowledgement])).await {
                            break;
                        }
                    }
                    return Close::Restart;
                }
                () = &mut drain, if !told_to_reconnect => {
                    told_to_reconnect = true;
                    self.reconnect()
                }
                // The socket stays until the client has another one, which there is only if others have the database.
                Ok(()) = cut_off.changed() => {
                    if !*cut_off.borrow_and_update() {
                        continue;
                    }
                    self.reconnect()
                }
            };
            // What is there by now goes out with it.
            let mut bytes = out.len();
            let mut texts = vec![out];
            while bytes < WS_WRITTEN_TOGETHER_BYTES
                && let Ok(message) = connection.messages.try_recv()
            {
                let text = message.encoded(wire::encode);
                bytes += text.len();
                texts.push(text);
            }
            sent.inc_by(texts.len() as u64);
            // A long one has its time for itself.
            let long = texts.pop_if(|_| bytes >= WS_WRITTEN_TOGETHER_BYTES);
            for together in [texts, long.into_iter().collect()] {
                if !together.is_empty() && !written(socket.send_texts(&together)).await {
                    return Close::Cut(Cut::Slow);
                }
            }
        }
    }

    /// Asks the client to come back to another process, all clients spread over some time.
    fn reconnect(&self) -> Bytes {
        let spread = u64::try_from(self.app.reconnect_spread.as_millis()).unwrap_or(0);
        let after_ms = self.app.ids.below(spread + 1);
        wire::encode_direct(&Direct::Reconnect(wire::Reconnect { after_ms }), None)
    }

    /// Takes in one message, and gives what is to be said to it at once.
    async fn hear(&mut self, text: &str) -> Result<Option<Bytes>, Close> {
        let received = wire::parse(text);
        let id = received.as_ref().ok().and_then(|received| received.id.clone());
        if !self.budget.take(RATE, self.app.clock.now_ms()) {
            self.breaches += 1;
            if self.breaches > BREACHES_MAX {
                return Err(Close::Policy);
            }
            return Ok(Some(Said::from(LiveError::TooFast).encode(id.as_ref())));
        }
        let received = match received {
            Ok(received) => received,
            Err(problem) => return Ok(Some(refuse("bad_message", problem, None))),
        };
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
                return Ok(self.submit(player, &answer, id));
            }
            (message, Audience::Player(player)) => Box::pin(self.speaker.player_says(player, message)).await,
            (message, Audience::Host { .. }) => Box::pin(self.speaker.host_says(message)).await,
            (_, Audience::Screen) => Err(Said::NotAllowed),
        };
        Ok(Some(match said {
            Ok(seq) => wire::encode_done(seq, id.as_ref()),
            Err(said) => said.encode(id.as_ref()),
        }))
    }

    fn submit(&mut self, player: PlayerId, answer: &wire::SubmitAnswer, id: Option<Value>) -> Option<Bytes> {
        if self.waiting.len() >= ANSWERS_WAITING_MAX {
            return Some(Said::from(LiveError::TooFast).encode(id.as_ref()));
        }
        let question = answer.question_id;
        let checked = match self.quiz.find(question) {
            Some((_, frozen)) => frozen.check_answer(&answer.answer),
            None => Err(Refusal::UnknownQuestion),
        };
        let text = match checked {
            Ok(text) => text,
            Err(refusal) => return Some(Said::from(LiveError::from(refusal)).encode(id.as_ref())),
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
                Ok(AnswerOutcome::Decided(AnswerFate::Stored { id: answer, .. })) => {
                    wire::encode_direct(&Direct::accepted(question, answer, text), id.as_ref())
                }
                Ok(AnswerOutcome::Decided(AnswerFate::TooOften)) => refuse("too_often", TOO_OFTEN, id.as_ref()),
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

/// What the socket said before, or says next.
async fn heard(first: &mut Option<Utf8Bytes>, socket: &mut WebSocket) -> Option<Result<Message, Error>> {
    match first.take() {
        Some(text) => Some(Ok(Message::Text(text))),
        None => socket.next().await,
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
