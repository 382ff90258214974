//! The real binary as a process of its own.

use crate::support::{PATIENCE, Socket};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tokio::time::{sleep, timeout};

pub const TOKEN: &str = "a-token-for-this-test";

/// A way to one Quibble, or to several behind a balancer.
pub struct Api {
    pub url: String,
    pub http: reqwest::Client,
}

/// A running Quibble.
pub struct Server {
    pub child: Child,
    api: Api,
}

impl std::ops::Deref for Server {
    type Target = Api;

    fn deref(&self) -> &Api {
        &self.api
    }
}

impl Server {
    pub fn command(dir: &Path, port: u16) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_quibble"));
        command
            .env_clear()
            .env("DEV_AUTH_TOKEN", TOKEN)
            .args(["serve", "--data-dir"])
            .arg(dir)
            .args(["--listen", &format!("127.0.0.1:{port}"), "--log-level", "error"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        command
    }

    /// What goes wrong goes wrong on purpose. Whoever looks for the log of a failed test finds it beside the build.
    pub fn log(command: &mut Command, port: u16) {
        let log = format!("{}/replica-{port}.log", env!("CARGO_TARGET_TMPDIR"));
        command.stderr(std::fs::File::options().create(true).append(true).open(log).unwrap());
    }

    /// Starts with a file for its data, and waits until it is ready.
    pub async fn start(dir: &Path, port: u16) -> Self {
        Self::run(Self::command(dir, port), port).await
    }

    /// Starts, and waits until it is ready.
    pub async fn run(command: Command, port: u16) -> Self {
        let server = Self::spawn(command, port);
        server.until_ready().await;
        server
    }

    /// Starts, and waits for nothing.
    pub fn spawn(mut command: Command, port: u16) -> Self {
        let mut child = command.spawn().unwrap();
        drain_output(&mut child);
        Self { child, api: Api::at(port) }
    }

    pub fn kill(self) {
        drop(self);
    }

    #[cfg(unix)]
    pub fn terminate(&self) {
        self.signal("-TERM");
    }

    #[cfg(unix)]
    pub fn signal(&self, name: &str) {
        let status = Command::new("kill").args([name, &self.child.id().to_string()]).status().unwrap();
        assert!(status.success());
    }
}

impl Api {
    /// Whoever listens on a port of this machine.
    pub fn at(port: u16) -> Self {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { url: format!("http://127.0.0.1:{port}"), http }
    }

    pub async fn until_ready(&self) {
        self.until("/readyz", StatusCode::OK).await;
    }

    /// Waits until an address answers with a status.
    pub async fn until(&self, path: &str, wanted: StatusCode) {
        let answered = async {
            while self.status(path).await != Some(wanted) {
                sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(PATIENCE, answered).await.unwrap_or_else(|_| panic!("{path} answers with {wanted}"));
    }

    /// What an address answers with now. None when nobody is there.
    pub async fn status(&self, path: &str) -> Option<StatusCode> {
        Some(self.http.get(format!("{}{path}", self.url)).send().await.ok()?.status())
    }

    pub async fn send(&self, method: Method, path: &str, body: Value) -> Value {
        let request = self.http.request(method, format!("{}{path}", self.url)).bearer_auth(TOKEN).json(&body);
        let response = request.send().await.unwrap();
        assert!(response.status().is_success(), "{path}: {}", response.text().await.unwrap());
        response.json().await.unwrap_or(Value::Null)
    }

    /// A game of one bank's questions: its id and its code.
    pub async fn game(&self, questions: usize) -> (String, String) {
        self.timed_game(questions, None).await
    }

    /// The same with so many seconds for each question.
    pub async fn timed_game(&self, questions: usize, seconds: Option<i64>) -> (String, String) {
        let bank = self.send(Method::POST, "/api/banks", json!({ "name": "Bank" })).await;
        let id = bank["id"].as_str().unwrap();
        for n in 0..questions {
            let mut question =
                json!({ "type": "text", "prompt": format!("Question {n}?"), "accepted_answers": ["yes"] });
            if let Some(seconds) = seconds {
                question["time_limit_seconds"] = json!(seconds);
            }
            self.send(Method::POST, &format!("/api/banks/{id}/questions"), question).await;
        }
        let new = json!({ "bank_id": id, "round_size": questions });
        let game = self.send(Method::POST, "/api/games", new).await;
        (game["id"].as_str().unwrap().to_owned(), game["code"].as_str().unwrap().to_owned())
    }

    pub async fn socket(&self, code: &str, hello: Value) -> Socket {
        let mut socket = Socket::open(&self.url, &format!("/ws/{code}")).await.unwrap();
        socket.say("hello", hello).await;
        socket.until("welcome").await;
        socket
    }
}

/// A failed test leaves no server behind.
impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads what the child prints, so that it never waits for us.
pub fn drain_output(child: &mut Child) {
    let out = child.stdout.take().unwrap();
    std::thread::spawn(move || BufReader::new(out).lines().for_each(drop));
}

pub fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
