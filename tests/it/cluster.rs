//! Three processes on one PostgreSQL and one Redis, any of which may die at any time. `tests/run postgres` runs these.

use crate::redis_server::Redis;
use crate::server::{Server, TOKEN, free_port};
use crate::support::{PATIENCE, Socket, database};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tempfile::TempDir;
use tokio::time::{sleep, timeout};

const REPLICAS: usize = 3;
const PLAYERS: usize = 12;

/// Replicas that end while the room answers. `QUIBBLE_TEST_KILLS` asks for more.
const KILLS: usize = 9;

/// The replicas of one night.
struct Cluster {
    url: String,
    direct_url: Option<String>,
    redis: Redis,
    dir: TempDir,
    ports: Vec<u16>,
    servers: Vec<Option<Server>>,
}

impl Cluster {
    async fn start(postgres: &str, direct_url: Option<String>) -> Self {
        let ports = (0..REPLICAS).map(|_| free_port()).collect();
        let redis = Redis::start();
        let dir = TempDir::new().unwrap();
        let mut cluster = Self { url: postgres.to_owned(), direct_url, redis, dir, ports, servers: Vec::new() };
        let starts = (0..REPLICAS).map(|replica| cluster.run(replica));
        cluster.servers = futures_util::future::join_all(starts).await.into_iter().map(Some).collect();
        cluster
    }

    async fn run(&self, replica: usize) -> Server {
        let port = self.ports[replica];
        let mut command: Command = Server::command(self.dir.path(), port);
        command.env("DATABASE_URL", &self.url).env("REDIS_URL", self.redis.url());
        command.envs(self.direct_url.iter().map(|url| ("DIRECT_URL", url)));
        command.env("QUIBBLE_GAME__DRAIN_GRACE_SECONDS", "3").env("QUIBBLE_GAME__RECONNECT_SPREAD_MS", "200");
        Server::run(command, port).await
    }

    /// Ends a replica, at once or in order, and starts it again.
    async fn replace(&mut self, replica: usize, at_once: bool) {
        let mut server = self.servers[replica].take().unwrap();
        if !at_once {
            server.terminate();
            let ended = async {
                while server.child.try_wait().unwrap().is_none() {
                    sleep(Duration::from_millis(10)).await;
                }
            };
            timeout(PATIENCE, ended).await.expect("the process ends");
            assert!(server.child.wait().unwrap().success(), "a drain ends well");
        }
        server.kill();
        self.servers[replica] = Some(self.run(replica).await);
    }

    fn urls(&self) -> Vec<String> {
        self.ports.iter().map(|port| format!("http://127.0.0.1:{port}")).collect()
    }

    fn first(&self) -> &Server {
        self.servers[0].as_ref().unwrap()
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
}

impl Phone {
    /// Connects until somebody serves it.
    async fn connected(&mut self) -> &mut Socket {
        while self.socket.is_none() {
            let url = &self.urls[self.next % self.urls.len()];
            self.next += 1;
            let Ok(mut socket) = Socket::open(url, &format!("/ws/{}", self.code)).await else {
                sleep(Duration::from_millis(30)).await;
                continue;
            };
            socket
                .try_send(json!({ "type": "hello", "payload": { "session": self.session, "since": self.seen } }))
                .await;
            while let Ok(message) = socket.next().await {
                if message["type"] == "welcome" {
                    let seq = message["seq"].as_u64().unwrap();
                    assert!(seq >= self.seen, "back in time: {seq} after {}", self.seen);
                    self.seen = seq;
                    self.socket = Some(socket);
                    break;
                }
            }
        }
        self.socket.as_mut().unwrap()
    }

    /// The next message. None when the replica went, and another one is to be asked.
    async fn hear(&mut self) -> Option<Value> {
        let Ok(message) = self.connected().await.next().await else {
            self.socket = None;
            return None;
        };
        self.seen = self.seen.max(message["seq"].as_u64().unwrap_or(0));
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
                    Some(answer) if answer["type"] == "answer_accepted" => return,
                    Some(refused) => {
                        let code = refused["payload"]["code"].as_str().unwrap_or_default();
                        assert!(["not_saved", "too_fast"].contains(&code), "{refused}");
                        sleep(Duration::from_millis(100)).await;
                        continue 'sent;
                    }
                }
            }
        }
    }
}

/// Answers one question again and again, under a new id each time. Gives the ids that were acknowledged, and the last
/// answer.
async fn answer_until(
    stop: Arc<AtomicBool>,
    count: Arc<AtomicUsize>,
    mut phone: Phone,
) -> (Phone, Vec<String>, String) {
    let question = phone.until("question_released").await["question"]["id"].as_str().unwrap().to_owned();
    let (mut ids, mut last) = (Vec::new(), String::new());
    while !stop.load(Ordering::Relaxed) {
        let n = ids.len();
        last = format!("answer {n}");
        phone.answer(&question, &last, &format!("m{n}")).await;
        ids.push(format!("m{n}"));
        count.fetch_add(1, Ordering::Relaxed);
        sleep(Duration::from_millis(120)).await;
    }
    (phone, ids, last)
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replicas_that_come_and_go_lose_nothing_and_double_nothing() {
    let database = database::fresh().await;
    let database::TestDatabase::Postgres { url, direct_url } = &database else { return };
    let mut cluster = Cluster::start(url, direct_url.clone()).await;
    let (game, code) = cluster.first().game(1).await;
    let (mut phones, mut players) = (Vec::new(), Vec::new());
    for n in 0..PLAYERS {
        let server = cluster.servers[n % REPLICAS].as_ref().unwrap();
        let join = json!({ "code": code, "display_name": format!("Team {n}") });
        let joined = server.send(Method::POST, "/api/join", join).await;
        players.push(joined["player_id"].as_str().unwrap().to_owned());
        let (urls, code, session) = (cluster.urls(), code.clone(), joined["session_token"].clone());
        phones.push(Phone { urls, code, session, next: n, socket: None, seen: 0 });
    }
    let mut host = cluster.first().socket(&code, json!({ "token": TOKEN })).await;
    host.until("host_state").await;
    host.step("start_game", json!({})).await;
    host.step("release_question", json!({})).await;
    drop(host);

    let (stop, count) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let answering: Vec<_> = phones
        .into_iter()
        .map(|phone| tokio::spawn(answer_until(Arc::clone(&stop), Arc::clone(&count), phone)))
        .collect();
    let kills = std::env::var("QUIBBLE_TEST_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(KILLS);
    for kill in 0..kills {
        let before = count.load(Ordering::Relaxed);
        cluster.replace(kill % REPLICAS, kill % 3 != 1).await;
        let goes_on = async {
            while count.load(Ordering::Relaxed) < before + PLAYERS {
                sleep(Duration::from_millis(10)).await;
            }
        };
        timeout(PATIENCE, goes_on).await.expect("the room goes on answering");
    }
    stop.store(true, Ordering::Relaxed);
    let mut room = Vec::new();
    for phone in answering {
        room.push(timeout(PATIENCE, phone).await.expect("a phone ends").unwrap());
    }

    let mut host = cluster.first().socket(&code, json!({ "token": TOKEN })).await;
    host.until("host_state").await;
    host.step("end_round", json!({})).await;
    let review = host.find(|m| m["type"] == "round_review").await;
    let answers = review["payload"]["questions"][0]["answers"].as_array().unwrap().clone();
    let shown: BTreeMap<_, _> = answers
        .iter()
        .map(|answer| (answer["player_id"].as_str().unwrap(), answer["answer"].as_str().unwrap()))
        .collect();
    assert_eq!(answers.len(), PLAYERS);
    host.step("release_scores", json!({})).await;
    let mut boards = BTreeSet::new();
    for (player, (phone, _, last)) in room.iter_mut().enumerate() {
        assert_eq!(shown[players[player].as_str()], last, "the last answer counts");
        boards.insert(phone.until("round_leaderboard").await.to_string());
    }
    assert_eq!(boards.len(), 1, "everybody sees the same board");

    let rows = sqlx::PgPool::connect(url).await.unwrap();
    for (player, (_, ids, _)) in room.iter().enumerate() {
        let stored: Vec<String> = sqlx::query_scalar("SELECT client_id FROM game_answers WHERE player_id = $1")
            .bind(&players[player])
            .fetch_all(&rows)
            .await
            .unwrap();
        assert_eq!(stored.len(), ids.len(), "each acknowledged answer once, and nothing else");
        assert_eq!(BTreeSet::from_iter(&stored), BTreeSet::from_iter(ids));
    }
    let (count, last): (i64, i64) = sqlx::query_as("SELECT count(*), max(seq) FROM game_events WHERE game_id = $1")
        .bind(&game)
        .fetch_one(&rows)
        .await
        .unwrap();
    assert_eq!(count, last, "the log has no gap");
}
