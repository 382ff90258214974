//! A room full of phones that answer without end, each of which comes back to whoever serves it.

use crate::server::{Api, TOKEN};
use crate::support::{PATIENCE, Socket, database::TestDatabase};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};
use tokio_tungstenite::tungstenite;

/// A server that says nothing for so long, while it owes an answer, is left.
const SILENCE: Duration = Duration::from_secs(3);

/// How soon after a fault has healed everybody is served again.
pub const HEALED_WITHIN: Duration = Duration::from_secs(5);

/// Questions that are open all the time: of each, only so many answers of a player are kept (200).
const QUESTIONS: usize = 20;

/// One game and its phones.
pub struct Room {
    pub game: String,
    code: String,
    players: Vec<String>,
    phones: Vec<JoinHandle<Evening>>,
    told: Vec<Arc<Told>>,
    /// How long a phone rests between two answers.
    every: Duration,
    /// How servers refused sockets by a fault of their own.
    failures: Arc<Mutex<Vec<String>>>,
    stop: Arc<AtomicBool>,
}

/// What a phone was told of its answers so far.
#[derive(Default)]
struct Told {
    saved: AtomicUsize,
    not_saved: AtomicUsize,
}

/// What a phone did: the ids of its answers, all of which were acknowledged, and the last of these by question.
struct Evening {
    phone: Phone,
    ids: Vec<String>,
    last: BTreeMap<String, String>,
}

impl Room {
    /// Opens a game whose questions stay open, and lets everybody answer them again and again. The phones reach it
    /// at any of `urls`.
    pub async fn open(server: &Api, urls: &[String], players: usize, every: Duration) -> Self {
        let (game, code) = server.game(QUESTIONS).await;
        let (stop, failures) = (Arc::new(AtomicBool::new(false)), Arc::default());
        let told: Vec<Arc<Told>> = (0..players).map(|_| Arc::default()).collect();
        let (mut phones, mut ids) = (Vec::new(), Vec::new());
        for n in 0..players {
            let join = json!({ "code": code, "display_name": format!("Team {n}") });
            let joined = server.send(Method::POST, "/api/join", join).await;
            ids.push(joined["player_id"].as_str().unwrap().to_owned());
            let (urls, code, session) = (urls.to_vec(), code.clone(), joined["session_token"].clone());
            let (told, failures) = (Arc::clone(&told[n]), Arc::clone(&failures));
            phones.push(Phone { urls, code, session, next: n, socket: None, seen: 0, told, failures });
        }
        let mut host = server.socket(&code, json!({ "token": TOKEN })).await;
        host.until("host_state").await;
        host.step("start_game", json!({})).await;
        host.step("release_question", json!({ "all": true })).await;
        let answering = |phone| tokio::spawn(answer_until(Arc::clone(&stop), phone, every));
        let phones = phones.into_iter().map(answering).collect();
        Self { game, code, players: ids, phones, told, every, failures, stop }
    }

    /// Waits until every phone has one more answer acknowledged than now, and says how long the last of them took.
    pub async fn goes_on(&self) -> Duration {
        let begun = Instant::now();
        timeout(PATIENCE, self.one_more(|told| &told.saved)).await.expect("the room goes on answering");
        begun.elapsed()
    }

    /// Waits until nothing is saved any more: everybody was told so since somebody's answer was last acknowledged.
    pub async fn is_not_saved(&self) {
        let saved = || self.told.iter().map(|told| told.saved.load(Ordering::Relaxed)).sum::<usize>();
        let all = async {
            loop {
                let before = saved();
                self.one_more(|told| &told.not_saved).await;
                if saved() == before {
                    return;
                }
            }
        };
        timeout(PATIENCE, all).await.expect("the room is told that nothing is saved");
    }

    /// Waits until every phone was told something once more.
    async fn one_more(&self, of: fn(&Told) -> &AtomicUsize) {
        let before: Vec<_> = self.told.iter().map(|told| of(told).load(Ordering::Relaxed)).collect();
        for (told, before) in self.told.iter().zip(&before) {
            while of(told).load(Ordering::Relaxed) <= *before {
                sleep(Duration::from_millis(10)).await;
            }
        }
    }

    /// What was wrong is not any more: soon everybody is served.
    pub async fn is_healed(&self) {
        let took = self.goes_on().await;
        assert!(took <= self.every + HEALED_WITHIN, "it took {took:?} until everybody was served again");
    }

    /// Nobody who came to it was refused by a fault of a server.
    pub fn was_never_refused(&self) {
        assert_eq!(*self.failures.lock().unwrap(), [""; 0], "sockets refused with a status of 500 or more");
    }

    /// Ends the round: every acknowledged answer is stored once, the last one counts, the log has no gap, and everybody
    /// sees the same board.
    pub async fn end(self, server: &Api, database: &TestDatabase) {
        self.stop.store(true, Ordering::Relaxed);
        let mut evenings = Vec::new();
        for phone in self.phones {
            evenings.push(timeout(PATIENCE, phone).await.expect("a phone ends").unwrap());
        }
        let mut host = server.socket(&self.code, json!({ "token": TOKEN })).await;
        host.until("host_state").await;
        host.step("end_round", json!({})).await;
        let review = host.find(|m| m["type"] == "round_review").await;
        let mut shown = BTreeMap::<_, BTreeMap<_, _>>::new();
        for question in review["payload"]["questions"].as_array().unwrap() {
            for answer in question["answers"].as_array().unwrap() {
                let words = |name: &str| answer[name].as_str().unwrap().to_owned();
                let id = question["question_id"].as_str().unwrap().to_owned();
                assert_eq!(shown.entry(words("player_id")).or_default().insert(id, words("answer")), None);
            }
        }
        host.step("release_scores", json!({})).await;
        let mut boards = BTreeSet::new();
        for (player, Evening { phone, last, .. }) in self.players.iter().zip(&mut evenings) {
            assert_eq!(shown[player.as_str()], *last, "the last answers count");
            boards.insert(phone.until("round_leaderboard").await.to_string());
        }
        assert_eq!(boards.len(), 1, "everybody sees the same board");

        let url = match database {
            TestDatabase::Postgres { url, .. } => url.clone(),
            TestDatabase::File(dir) => format!("sqlite://{}", dir.path().join("quibble.db").display()),
        };
        sqlx::any::install_default_drivers();
        let rows = sqlx::AnyPool::connect(&url).await.unwrap();
        for (player, Evening { ids, .. }) in self.players.iter().zip(&evenings) {
            let stored: Vec<String> = sqlx::query_scalar("SELECT client_id FROM game_answers WHERE player_id = $1")
                .bind(player)
                .fetch_all(&rows)
                .await
                .unwrap();
            assert_eq!(stored.len(), ids.len(), "each acknowledged answer once, and nothing else");
            assert_eq!(BTreeSet::from_iter(&stored), BTreeSet::from_iter(ids));
        }
        let (count, last): (i64, i64) = sqlx::query_as("SELECT count(*), max(seq) FROM game_events WHERE game_id = $1")
            .bind(&self.game)
            .fetch_one(&rows)
            .await
            .unwrap();
        assert_eq!(count, last, "the log has no gap");
    }
}

/// A phone that comes back to another replica whenever its own is gone, and sends again what was not acknowledged.
struct Phone {
    urls: Vec<String>,
    code: String,
    session: Value,
    /// Which replica it tries next.
    next: usize,
    socket: Option<Socket>,
    seen: u64,
    told: Arc<Told>,
    failures: Arc<Mutex<Vec<String>>>,
}

impl Phone {
    /// Connects until somebody serves it.
    async fn connected(&mut self) -> &mut Socket {
        while self.socket.is_none() {
            match timeout(SILENCE, self.connect()).await {
                Ok(Some(socket)) => self.socket = Some(socket),
                Ok(None) | Err(_) => sleep(Duration::from_millis(30)).await,
            }
        }
        self.socket.as_mut().unwrap()
    }

    async fn connect(&mut self) -> Option<Socket> {
        let url = self.urls[self.next % self.urls.len()].clone();
        self.next += 1;
        let opened = Socket::open(&url, &format!("/ws/{}", self.code)).await;
        if let Err(tungstenite::Error::Http(response)) = &opened
            && response.status().is_server_error()
        {
            let why = response.body().as_deref().map(String::from_utf8_lossy).unwrap_or_default();
            self.failures.lock().unwrap().push(format!("{} {why}", response.status()));
        }
        let mut socket = opened.ok()?;
        let hello = json!({ "session": self.session, "since": self.seen });
        socket.try_send(json!({ "type": "hello", "payload": hello })).await;
        loop {
            let message = socket.next().await.ok()?;
            if message["type"] == "welcome" {
                let seq = message["seq"].as_u64().unwrap();
                assert!(seq >= self.seen, "back in time: {seq} after {}", self.seen);
                self.seen = seq;
                return Some(socket);
            }
        }
    }

    /// The next message. None when the replica went, and another one is to be asked.
    async fn hear(&mut self) -> Option<Value> {
        let Ok(Ok(message)) = timeout(SILENCE, self.connected().await.next()).await else {
            self.socket = None;
            return None;
        };
        self.seen = self.seen.max(message["seq"].as_u64().unwrap_or(0));
        if message["type"] == "reconnect" {
            sleep(Duration::from_millis(message["payload"]["after_ms"].as_u64().unwrap())).await;
            // As a browser does: the socket is kept until another one is there.
            if let Ok(Some(socket)) = timeout(SILENCE, self.connect()).await {
                self.socket = Some(socket);
            }
            return None;
        }
        Some(message)
    }

    /// Waits for a message, over as many replicas as it takes: each of them tells where the game stands.
    async fn until(&mut self, kind: &str) -> Value {
        let found = async {
            loop {
                match self.hear().await {
                    Some(message) if message["type"] == kind => return message["payload"].clone(),
                    Some(_) | None => {}
                }
            }
        };
        timeout(PATIENCE, found).await.unwrap_or_else(|_| panic!("no {kind}"))
    }

    /// Sends an answer until it is acknowledged.
    async fn answer(&mut self, question: &str, text: &str, id: &str) {
        let payload = json!({ "question_id": question, "answer": text });
        let message = json!({ "type": "submit_answer", "payload": payload, "id": id });
        'sent: loop {
            self.connected().await.try_send(message.clone()).await;
            loop {
                match self.hear().await {
                    None => continue 'sent,
                    Some(answer) if answer["id"] != *id => {}
                    Some(answer) if answer["type"] == "answer_accepted" => {
                        self.told.saved.fetch_add(1, Ordering::Relaxed);
                        return;
                    }
                    Some(refused) => {
                        let code = refused["payload"]["code"].as_str().unwrap_or_default();
                        assert!(["not_saved", "too_fast"].contains(&code), "{refused}");
                        self.told.not_saved.fetch_add(usize::from(code == "not_saved"), Ordering::Relaxed);
                        sleep(Duration::from_millis(100)).await;
                        continue 'sent;
                    }
                }
            }
        }
    }
}

/// Answers the questions in turn, again and again, under a new id each time.
async fn answer_until(stop: Arc<AtomicBool>, mut phone: Phone, every: Duration) -> Evening {
    let mut questions = Vec::new();
    while questions.len() < QUESTIONS {
        let question = phone.until("question_released").await["question"]["id"].as_str().unwrap().to_owned();
        if !questions.contains(&question) {
            questions.push(question);
        }
    }
    let (mut ids, mut last) = (Vec::new(), BTreeMap::new());
    while !stop.load(Ordering::Relaxed) {
        let n_th = ids.len();
        let (question, text) = (&questions[n_th % QUESTIONS], format!("answer {n_th}"));
        phone.answer(question, &text, &format!("m{n_th}")).await;
        last.insert(question.clone(), text);
        ids.push(format!("m{n_th}"));
        sleep(every).await;
    }
    Evening { phone, ids, last }
}
