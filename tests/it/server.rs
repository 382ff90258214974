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

/// A running Quibble.
pub struct Server {
    pub child: Child,
    pub url: String,
    pub http: reqwest::Client,
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

    /// Starts with a file for its data, and waits until it is ready.
    pub async fn start(dir: &Path, port: u16) -> Self {
        Self::run(Self::command(dir, port), port).await
    }

    /// Starts, and waits until it is ready.
    pub async fn run(mut command: Command, port: u16) -> Self {
        let mut child = command.spawn().unwrap();
        drain_output(&mut child);
        let server = Self {
            child,
            url: format!("http://127.0.0.1:{port}"),
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
        };
        server.until_ready().await;
        server
    }

    pub async fn until_ready(&self) {
        let ready = async {
            loop {
                match self.http.get(format!("{}/readyz", self.url)).send().await {
                    Ok(response) if response.status() == StatusCode::OK => return,
                    Ok(_) | Err(_) => sleep(Duration::from_millis(5)).await,
                }
            }
        };
        timeout(PATIENCE, ready).await.expect("the server becomes ready");
    }

    pub async fn send(&self, method: Method, path: &str, body: Value) -> Value {
        let request = self.http.request(method, format!("{}{path}", self.url)).bearer_auth(TOKEN).json(&body);
        let response = request.send().await.unwrap();
        assert!(response.status().is_success(), "{path}: {}", response.text().await.unwrap());
        response.json().await.unwrap_or(Value::Null)
    }

    /// A game of one bank's questions: its id and its code.
    pub async fn game(&self, questions: usize) -> (String, String) {
        let bank = self.send(Method::POST, "/api/banks", json!({ "name": "Bank" })).await;
        let id = bank["id"].as_str().unwrap();
        for n in 0..questions {
            let question = json!({ "type": "text", "prompt": format!("Question {n}?"), "accepted_answers": ["yes"] });
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

    pub fn kill(self) {
        drop(self);
    }

    #[cfg(unix)]
    pub fn terminate(&self) {
        let status = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(status.success());
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
