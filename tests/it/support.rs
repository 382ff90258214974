//! A Quibble in this process on a port of its own, and clients for it.

use futures_util::{SinkExt, StreamExt};
use quibble::auth::{Auth, Passwords};
use quibble::bus::Bus;
use quibble::clock::Clock;
use quibble::config::{Config, Flags, Secret, Sources};
use quibble::http;
use quibble::ids::Ids;
use quibble::jobs::Queue;
use quibble::live::{self, Live};
use quibble::net;
use quibble::run::Machine;
use quibble::store::{Address, Store};
use quibble::telemetry::Metrics;
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

#[path = "../database.rs"]
pub mod database;

use database::TestDatabase;

/// What a test waits for comes within this time, or the test fails.
pub const PATIENCE: Duration = Duration::from_secs(20);

pub const PASSWORD: &str = "correct horse battery";

/// Whoever shows it may read the metrics.
pub const METRICS_TOKEN: &str = "a-token-for-the-metrics";

/// A running Quibble with an owner.
pub struct Quibble {
    pub url: String,
    /// Where those look who look after it.
    pub ops_url: String,
    pub store: Store,
    pub live: Live,
    pub auth: Auth,
    pub clock: Clock,
    pub metrics: Metrics,
    pub drain: CancellationToken,
    pub close: CancellationToken,
    pub stop: CancellationToken,
    /// The owner's API token.
    pub token: String,
    pub http: reqwest::Client,
    pub tracker: TaskTracker,
    pub ids: Ids,
    pub bus: Bus,
    pub database: Arc<TestDatabase>,
}

/// How a Quibble for a test is made.
pub struct Plan {
    pub clock: Clock,
    pub ids: fn(Clock) -> Ids,
    /// What all paths begin with: `/quiz`, or nothing.
    pub base_path: &'static str,
}

impl Default for Plan {
    fn default() -> Self {
        Self { clock: Clock::system(), ids: Ids::system, base_path: "" }
    }
}

impl Quibble {
    pub async fn start() -> Self {
        Self::planned(Plan::default()).await
    }

    pub async fn planned(plan: Plan) -> Self {
        Self::on(Arc::new(database::fresh().await), None, plan).await
    }

    /// Another replica on the same database, with hints if `hinted`.
    pub async fn replica(&self, hinted: bool) -> Self {
        let bus = hinted.then(|| self.bus.replica(&self.ids));
        let mut replica = Self::on(Arc::clone(&self.database), bus, Plan::default()).await;
        replica.token.clone_from(&self.token);
        replica
    }

    /// Another replica on the same database, with this bus.
    pub async fn replica_with(&self, bus: Bus) -> Self {
        let mut replica = Self::on(Arc::clone(&self.database), Some(bus), Plan::default()).await;
        replica.token.clone_from(&self.token);
        replica
    }

    async fn on(database: Arc<TestDatabase>, bus: Option<Bus>, plan: Plan) -> Self {
        let clock = plan.clock;
        let ids = (plan.ids)(clock.clone());
        let base_path = plan.base_path;
        let base_url = watch::channel(format!("http://quiz.test{base_path}")).1;
        let store = Store::open(&address(&database)).await.unwrap();
        let metrics = Metrics::new().unwrap();
        let tracker = TaskTracker::new();
        let (drain, close, stop) = (CancellationToken::new(), CancellationToken::new(), CancellationToken::new());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let bus = bus.unwrap_or_else(|| Bus::local(&ids));
        let live = Live::start(live::Parts {
            store: live::Storage::Sql(store.clone()),
            bus: bus.clone(),
            clock: clock.clone(),
            ids: ids.clone(),
            metrics: metrics.clone(),
            tracker: tracker.clone(),
            stop: stop.clone(),
            base_url: base_url.clone(),
            robots_take: Duration::from_millis(40),
        });
        let auth = Auth::new(store.clone(), clock.clone(), ids.clone(), Passwords::new(ids.clone()), None);
        let routers = http::routers(http::Parts {
            store: store.clone(),
            live: live.clone(),
            auth: auth.clone(),
            clock: clock.clone(),
            ids: ids.clone(),
            metrics: metrics.clone(),
            base_url,
            called: http::Called {
                origin: (!base_path.is_empty()).then(|| "http://quiz.test".to_owned()),
                path: base_path.to_owned(),
            },
            encryption: None,
            queue: Queue::new(store.clone(), clock.clone(), ids.clone()),
            sends_mail: true,
            machine: Arc::new(Machine::new(watch::channel(Arc::new(config(&database, &url))).1, &clock)),
            sockets: tracker.clone(),
            leave: drain.clone(),
            cut_off: watch::channel(false).1,
            drain: drain.clone(),
            close: close.clone(),
            reconnect_spread: Duration::ZERO,
            upload_bytes_max: 5 * 1024 * 1024,
            metrics_token: watch::channel(Some(Secret::new(METRICS_TOKEN))).1,
            imports: http::RunningImports::default(),
        });
        let serve = |listener, app| {
            let limits = net::Limits::new(1_000);
            let door = net::Door { app, tls: None, proxies: net::Proxies::default() };
            tracker.spawn(net::serve(
                net::Listener::Tcp(listener),
                door,
                limits,
                tracker.clone(),
                close.clone(),
                Arc::default(),
            ));
        };
        serve(listener, http::below(base_path, routers.public));
        let ops = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let ops_url = format!("http://{}", ops.local_addr().unwrap());
        serve(ops, routers.ops);
        let owner = store.ensure_owner(ids.uuid(), "owner", clock.now_ms()).await.unwrap();
        let token = api_token(&store, &ids, owner.id).await;
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self {
            url,
            ops_url,
            store,
            live,
            auth,
            clock,
            metrics,
            drain,
            close,
            stop,
            token,
            http,
            tracker,
            ids,
            bus,
            database,
        }
    }

    /// Sends a request as the owner.
    pub async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Response {
        self.send_as(Some(&self.token), method, path, body).await
    }

    pub async fn send_as(&self, token: Option<&str>, method: Method, path: &str, body: Option<Value>) -> Response {
        let mut request = self.http.request(method, format!("{}{path}", self.url)).timeout(PATIENCE);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        request.send().await.unwrap()
    }

    pub async fn get(&self, path: &str) -> Value {
        expect(self.send(Method::GET, path, None).await, StatusCode::OK).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Value {
        expect(self.send(Method::POST, path, Some(body)).await, StatusCode::CREATED).await
    }

    /// A quiz of rounds with these questions: a text's answers, or options with the right one first.
    pub async fn quiz(&self, rounds: &[&[Asked]]) -> String {
        let bank = self.post("/api/banks", json!({ "name": "Bank" })).await;
        let quiz = self.post("/api/quizzes", json!({ "name": "Friday night" })).await;
        let (bank, quiz) = (text(&bank["id"]), text(&quiz["id"]));
        for questions in rounds {
            let round = self.post(&format!("/api/quizzes/{quiz}/rounds"), json!({})).await;
            let round = text(&round["id"]);
            for asked in *questions {
                let question = self.post(&format!("/api/banks/{bank}/questions"), asked.json()).await;
                let path = format!("/api/quizzes/{quiz}/rounds/{round}/questions");
                let added = self.send(Method::POST, &path, Some(json!({ "question_id": question["id"] }))).await;
                assert!(added.status().is_success(), "{}", added.text().await.unwrap());
            }
        }
        quiz
    }

    /// A game of a new quiz: its id and its code.
    pub async fn game(&self, rounds: &[&[Asked]]) -> (String, String) {
        let quiz = self.quiz(rounds).await;
        let game = self.post("/api/games", json!({ "quiz_id": quiz })).await;
        (text(&game["id"]), text(&game["code"]))
    }

    pub async fn join(&self, code: &str, name: &str) -> Value {
        self.post("/api/join", json!({ "code": code, "display_name": name })).await
    }

    pub async fn host(&self, code: &str) -> Socket {
        let mut socket = self.socket(code, json!({ "token": self.token })).await;
        socket.until("host_state").await;
        socket
    }

    /// Joins and connects.
    pub async fn phone(&self, code: &str, name: &str) -> Socket {
        let joined = self.join(code, name).await;
        self.phone_again(code, &text(&joined["session_token"])).await
    }

    pub async fn phone_again(&self, code: &str, session: &str) -> Socket {
        let mut socket = self.socket(code, json!({ "session": session })).await;
        socket.until("welcome").await;
        socket
    }

    pub async fn socket(&self, code: &str, hello: Value) -> Socket {
        let mut socket = Socket::open(&self.url, &format!("/ws/{code}")).await.unwrap();
        socket.say("hello", hello).await;
        socket
    }
}

pub async fn api_token(store: &Store, ids: &Ids, account: uuid::Uuid) -> String {
    let secret = ids.token();
    let token = quibble::store::ApiToken {
        id: ids.uuid(),
        account,
        name: "test".to_owned(),
        prefix: String::new(),
        created_at: 0,
        last_used_at: None,
    };
    store.insert_api_token(&token, &secret.hash()).await.unwrap();
    secret.reveal().to_owned()
}

/// A question to be asked.
#[derive(Clone, Debug)]
pub struct Asked {
    pub prompt: &'static str,
    pub answers: &'static [&'static str],
    pub options: bool,
    pub seconds: Option<u32>,
}

pub fn asks(prompt: &'static str, answers: &'static [&'static str]) -> Asked {
    Asked { prompt, answers, options: false, seconds: None }
}

pub fn choice(prompt: &'static str, options: &'static [&'static str]) -> Asked {
    Asked { prompt, answers: options, options: true, seconds: None }
}

impl Asked {
    fn json(&self) -> Value {
        let mut json = json!({ "prompt": self.prompt });
        if self.options {
            let option = |(place, text): (usize, &&str)| json!({ "text": text, "correct": place == 0 });
            json["type"] = json!("multiple_choice");
            json["choices"] = self.answers.iter().enumerate().map(option).collect();
        } else {
            json["type"] = json!("text");
            json["accepted_answers"] = json!(self.answers);
        }
        if let Some(seconds) = self.seconds {
            json["time_limit_seconds"] = json!(seconds);
        }
        json
    }
}

/// A socket of a client.
pub struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// Everything received, as it came.
    pub heard: Vec<String>,
    /// The game's last known `seq`.
    pub seq: u64,
    /// What a step brought about, which comes before the word that it is done, and was not looked at yet.
    ahead: VecDeque<Value>,
}

impl Socket {
    pub async fn open(url: &str, path: &str) -> Result<Self, tungstenite::Error> {
        Self::open_with_cookie(url, path, None).await
    }

    /// Opens as a browser does that has a cookie.
    pub async fn open_with_cookie(url: &str, path: &str, cookie: Option<&str>) -> Result<Self, tungstenite::Error> {
        let mut request = format!("{}{path}", url.replacen("http", "ws", 1)).into_client_request()?;
        if let Some(cookie) = cookie {
            request.headers_mut().insert("cookie", cookie.parse().unwrap());
        }
        let (stream, _) = timeout(PATIENCE, tokio_tungstenite::connect_async(request)).await.unwrap()?;
        Ok(Self { stream, heard: Vec::new(), seq: 0, ahead: VecDeque::new() })
    }

    /// Opens with room for very little that is not read.
    pub async fn open_narrow(url: &str, path: &str) -> Self {
        let address = url.strip_prefix("http://").unwrap();
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4_096).unwrap();
        let stream = MaybeTlsStream::Plain(socket.connect(address.parse().unwrap()).await.unwrap());
        let request = format!("ws://{address}{path}").into_client_request().unwrap();
        let (stream, _) = tokio_tungstenite::client_async(request, stream).await.unwrap();
        Self { stream, heard: Vec::new(), seq: 0, ahead: VecDeque::new() }
    }

    pub async fn say(&mut self, kind: &str, payload: Value) {
        self.send(json!({ "type": kind, "payload": payload })).await;
    }

    pub async fn send(&mut self, message: Value) {
        self.stream.send(Message::text(message.to_string())).await.unwrap();
    }

    /// Sends to a server that may be gone.
    pub async fn try_send(&mut self, message: Value) {
        let _ = self.stream.send(Message::text(message.to_string())).await;
    }

    /// A step of the host, with what it last saw; waits until it is done.
    pub async fn step(&mut self, kind: &str, mut payload: Value) {
        payload["expected_seq"] = json!(self.seq);
        self.send(json!({ "type": kind, "payload": payload, "id": "step" })).await;
        let mut passed = VecDeque::new();
        let done = loop {
            match self.next().await {
                Ok(message) if message["id"] == "step" => break message,
                Ok(message) => passed.push_back(message),
                Err(code) => panic!("closed with {code:?}"),
            }
        };
        assert_eq!(done["type"], "done", "{kind}: {done}");
        assert!(done["seq"].is_u64() || kind == "decide_claim", "{done}");
        self.ahead = passed;
    }

    /// What the last step brought about, as it came before the word that it is done.
    pub fn brought_about(&self) -> impl DoubleEndedIterator<Item = &Value> {
        self.ahead.iter()
    }

    /// Submits an answer and waits for what becomes of it.
    pub async fn answer(&mut self, question: &Value, answer: &str, id: &str) -> Value {
        let payload = json!({ "question_id": question, "answer": answer });
        self.send(json!({ "type": "submit_answer", "payload": payload, "id": id })).await;
        self.find(|message| message["id"] == *id).await
    }

    /// The next message of this type.
    pub async fn until(&mut self, kind: &str) -> Value {
        self.find(|message| message["type"] == kind).await["payload"].clone()
    }

    /// The next message that is the one.
    pub async fn find(&mut self, is_it: impl Fn(&Value) -> bool) -> Value {
        loop {
            match self.next().await {
                Ok(message) if is_it(&message) => return message,
                Ok(_) => {}
                Err(code) => panic!("closed with {code:?} after {:#?}", self.heard),
            }
        }
    }

    /// The next message, or the code and the reason of the close.
    pub async fn next(&mut self) -> Result<Value, Option<(u16, String)>> {
        if let Some(message) = self.ahead.pop_front() {
            return Ok(message);
        }
        loop {
            let received = timeout(PATIENCE, self.stream.next()).await;
            let received = received.unwrap_or_else(|_| panic!("nothing came after {:#?}", self.heard));
            match received {
                Some(Ok(Message::Text(text))) => {
                    let message: Value = serde_json::from_str(&text).unwrap();
                    self.heard.push(text.to_string());
                    if let Some(seq) = message["seq"].as_u64() {
                        self.seq = self.seq.max(seq);
                    }
                    return Ok(message);
                }
                Some(Ok(Message::Close(frame))) => {
                    return Err(frame.map(|frame| (frame.code.into(), frame.reason.to_string())));
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Err(None),
            }
        }
    }

    /// Waits for the close.
    pub async fn closed(&mut self) -> Option<(u16, String)> {
        loop {
            if let Err(code) = self.next().await {
                return code;
            }
        }
    }

    /// Everything that is under way when this is called has come when it returns.
    pub async fn settle(&mut self) {
        self.send(json!({ "type": "ping", "payload": {}, "id": "settle" })).await;
        self.find(|message| message["id"] == "settle").await;
    }
}

pub async fn expect(response: Response, status: StatusCode) -> Value {
    let found = response.status();
    let body = response.text().await.unwrap();
    assert_eq!(found, status, "{body}");
    serde_json::from_str(&body).unwrap_or(Value::Null)
}

pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("a text: {value}")).to_owned()
}

/// Where a test's database is.
/// The configuration of a process with this database at this address.
fn config(database: &TestDatabase, url: &str) -> Config {
    let (dir, environment) = match database {
        TestDatabase::File(dir) => (dir.path().to_owned(), Vec::new()),
        TestDatabase::Postgres { url, direct_url } => {
            let direct = direct_url.as_ref().map(|url| ("DIRECT_URL", url.as_str()));
            (std::env::temp_dir(), [Some(("DATABASE_URL", url.as_str())), direct].into_iter().flatten().collect())
        }
    };
    let listen = vec![url.trim_start_matches("http://").to_owned()];
    let flags = Flags { data_dir: Some(dir), listen, ..Flags::default() };
    Config::load(Sources { flags, environment: environment.into_iter().collect(), ..Sources::default() }).unwrap()
}

pub fn address(database: &TestDatabase) -> Address {
    match database {
        TestDatabase::File(dir) => Address::File(dir.path().join("quibble.db")),
        TestDatabase::Postgres { url, direct_url } => {
            Address::Postgres { url: url.clone(), direct_url: direct_url.clone(), max_connections: 6 }
        }
    }
}
