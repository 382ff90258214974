//! One phone: it reads all the time, checks what it gets, and says when it got it.

use super::client::{Client, Origin, Socket, text};
use super::game::Game;
use futures_util::{SinkExt, StreamExt};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

/// How long the replay after a connection may take.
const REPLAY_TIMEOUT: Duration = Duration::from_secs(60);

/// Who a phone is.
#[derive(Clone, Debug)]
pub struct Seat {
    /// Its place among all phones.
    pub phone: usize,
    /// Its player's place among all players.
    pub player: usize,
    pub name: String,
    /// The place of its game.
    pub game: usize,
    /// The secret of the seat.
    pub session: String,
    /// It is the one that answers for its player.
    pub answers: bool,
    /// It or another phone of its player answers.
    pub is_answered_for: bool,
    pub origin: Origin,
}

/// What a phone is to do.
#[derive(Clone, Copy, Debug)]
pub enum Order {
    /// Answer the question at this place.
    Answer { place: usize, at: Instant },
    /// Drop the connection and come back.
    ComeBack { at: Instant },
}

/// What reached a phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    Start,
    Question,
    Ack,
    Replay,
    RoundEnd,
    Scores,
    GameEnd,
}

/// Something that a phone says.
#[derive(Debug)]
pub struct News {
    pub phone: usize,
    /// In words, what it got instead.
    pub what: Result<What, String>,
    pub at: Instant,
    /// How long the phone waited for it after what it did itself.
    pub took: Duration,
    /// What is checked when there is time for it.
    pub text: Option<Utf8Bytes>,
}

/// A connected phone.
#[derive(Debug)]
pub struct Phone {
    client: Arc<Client>,
    seat: Arc<Seat>,
    game: Arc<Game>,
    news: mpsc::Sender<News>,
    socket: Socket,
    /// The game's `seq` that it has seen.
    seq: u64,
    /// Questions that it has seen.
    released: usize,
    waiting: Option<Waiting>,
}

/// An answer that is not acknowledged yet.
#[derive(Debug)]
struct Waiting {
    place: usize,
    since: Instant,
}

/// What a new connection was told.
struct Replay {
    socket: Socket,
    questions: Vec<Utf8Bytes>,
    seq: u64,
    took: Duration,
}

#[derive(Deserialize)]
struct Ack {
    #[serde(default)]
    id: Value,
    payload: AckPayload,
}

#[derive(Deserialize)]
struct AckPayload {
    question_id: String,
    answer: String,
}

impl Phone {
    /// Connects, and waits until everything is there that the server has to say; how long that took. A slow phone waits
    /// for nothing.
    ///
    /// # Errors
    /// In words, when it is not let in.
    pub async fn connect(
        client: Arc<Client>,
        seat: Arc<Seat>,
        game: Arc<Game>,
        news: mpsc::Sender<News>,
    ) -> anyhow::Result<(Self, Duration)> {
        let Replay { socket, questions, seq, took } = enter(&client, &seat, &game, 0).await?;
        anyhow::ensure!(questions.is_empty(), "the lobby of the game has a question already");
        Ok((Self { client, seat, game, news, socket, seq, released: 0, waiting: None }, took))
    }

    /// Lives until there are no orders any more.
    pub async fn run(mut self, mut orders: mpsc::Receiver<Order>) {
        if self.seat.origin.is_slow {
            while orders.recv().await.is_some() {}
            return;
        }
        loop {
            let done = tokio::select! {
                received = self.socket.next() => {
                    let at = Instant::now();
                    match text(received) {
                        Ok(Some(text)) => self.hear(text, at).await,
                        Ok(None) => Ok(()),
                        Err(why) => Err(why),
                    }
                }
                order = orders.recv() => match order {
                    Some(Order::Answer { place, at }) => self.answer(place, at).await,
                    Some(Order::ComeBack { at }) => self.come_back(at).await,
                    None => {
                        // The server may be gone already.
                        let _ = self.socket.close(None).await;
                        return;
                    }
                },
            };
            if let Err(why) = done {
                self.say(Err(why), Instant::now(), Duration::ZERO, None).await;
                return;
            }
        }
    }

    async fn hear(&mut self, text: Utf8Bytes, at: Instant) -> Result<(), String> {
        match kind(&text).as_str() {
            "question_released" => {
                self.seq = self.game.check_release(self.released, &text)?;
                self.released += 1;
                self.say(Ok(What::Question), at, Duration::ZERO, None).await;
            }
            "answer_accepted" => {
                let ack: Ack =
                    serde_json::from_str(&text).map_err(|error| format!("an ack cannot be read: {error}"))?;
                // Without an id it is the one of another phone of this player.
                if !ack.id.is_null() {
                    let took = self.acknowledged(&ack, at)?;
                    self.say(Ok(What::Ack), at, took, None).await;
                }
            }
            "game_started" => self.say(Ok(What::Start), at, Duration::ZERO, None).await,
            "round_ended" => self.say(Ok(What::RoundEnd), at, Duration::ZERO, None).await,
            "round_scores" => self.say(Ok(What::Scores), at, Duration::ZERO, Some(text)).await,
            "game_ended" => self.say(Ok(What::GameEnd), at, Duration::ZERO, None).await,
            "refused" => return Err(format!("the server refused its message: {text}")),
            "reconnect" => return Err("the server is about to restart".to_owned()),
            _ => {}
        }
        Ok(())
    }

    /// The time from an answer to its ack, which must be that of the answer.
    fn acknowledged(&mut self, ack: &Ack, at: Instant) -> Result<Duration, String> {
        let Some(waiting) = self.waiting.take() else { return Err("an answer was acknowledged twice".to_owned()) };
        let question = self.game.questions.get(waiting.place).ok_or("no such question")?;
        let answer = question.answer_of(self.seat.player, waiting.place);
        let as_sent = ack.id == message_id(waiting.place).as_str()
            && ack.payload.question_id == question.id
            && ack.payload.answer == answer;
        if !as_sent {
            return Err(format!("the ack is that of another answer: {} {}", ack.id, ack.payload.answer));
        }
        Ok(at - waiting.since)
    }

    async fn answer(&mut self, place: usize, at: Instant) -> Result<(), String> {
        sleep_until(at).await;
        let question = self.game.questions.get(place).ok_or("no such question")?;
        let payload = json!({ "question_id": question.id, "answer": question.answer_of(self.seat.player, place) });
        let message = json!({ "type": "submit_answer", "payload": payload, "id": message_id(place) }).to_string();
        self.waiting = Some(Waiting { place, since: Instant::now() });
        self.socket.send(Message::text(message)).await.map_err(|error| format!("its answer cannot be sent: {error}"))
    }

    /// Loses the connection without a word, as phones do, and makes another one. Every question so far was answered, and
    /// the answers must be there.
    async fn come_back(&mut self, at: Instant) -> Result<(), String> {
        sleep_until(at).await;
        let replay =
            enter(&self.client, &self.seat, &self.game, self.seq).await.map_err(|error| format!("{error:#}"))?;
        self.socket = replay.socket;
        if replay.questions.len() != self.released {
            return Err(format!("{} questions came back and not {}", replay.questions.len(), self.released));
        }
        for (place, text) in replay.questions.iter().enumerate() {
            let question = self.game.questions.get(place).filter(|_| self.seat.is_answered_for);
            let answer = question.map(|question| question.answer_of(self.seat.player, place));
            self.game.check_question(place, text, answer)?;
        }
        self.seq = replay.seq;
        self.say(Ok(What::Replay), Instant::now(), replay.took, None).await;
        Ok(())
    }

    async fn say(&self, what: Result<What, String>, at: Instant, took: Duration, text: Option<Utf8Bytes>) {
        // Who listens to nobody any more is about to end.
        let _ = self.news.send(News { phone: self.seat.phone, what, at, took, text }).await;
    }
}

/// Opens a socket and says who is there. The answer to a `ping` comes after everything that the server has to say first.
async fn enter(client: &Client, seat: &Seat, game: &Game, since: u64) -> anyhow::Result<Replay> {
    let start = Instant::now();
    let mut socket = client.socket(&seat.origin, &game.code).await?;
    let hello = json!({ "type": "hello", "payload": { "session": seat.session, "since": since, "brief": true } });
    socket.send(Message::text(hello.to_string())).await?;
    let mut replay = Replay { socket, questions: Vec::new(), seq: since, took: Duration::ZERO };
    if seat.origin.is_slow {
        return Ok(replay);
    }
    replay.socket.send(Message::text(r#"{"type":"ping","payload":{},"id":"replay"}"#)).await?;
    let read = async {
        loop {
            let Some(text) = text(replay.socket.next().await)? else { continue };
            match kind(&text).as_str() {
                "pong" => return Ok(()),
                "welcome" => {
                    let welcome: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
                    replay.seq = welcome["payload"]["seq"].as_u64().unwrap_or(since);
                }
                "question_released" => replay.questions.push(text),
                "refused" => return Err(format!("the server refused its message: {text}")),
                _ => {}
            }
        }
    };
    let read: Result<(), String> = timeout(REPLAY_TIMEOUT, read).await?;
    read.map_err(anyhow::Error::msg)?;
    replay.took = start.elapsed();
    Ok(replay)
}

fn message_id(place: usize) -> String {
    format!("answer {}", place + 1)
}

/// The type of a message. It stands first in those of the server: long ones need not be read for it.
pub fn kind(text: &str) -> String {
    #[derive(Deserialize)]
    struct Kind {
        #[serde(rename = "type")]
        kind: String,
    }
    let first = text.strip_prefix(r#"{"type":""#).and_then(|rest| rest.split_once('"'));
    match first {
        Some((kind, _)) => kind.to_owned(),
        None => serde_json::from_str::<Kind>(text).map(|message| message.kind).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_type_is_found_wherever_it_stands() {
        assert_eq!(kind(r#"{"type":"welcome","payload":{}}"#), "welcome");
        assert_eq!(kind(r#"{ "payload": {"type":"no"}, "type": "welcome" }"#), "welcome");
        assert_eq!(kind("nothing"), "");
    }
}
