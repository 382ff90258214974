//! Figures of the release binary, printed: its size, its memory when idle, and the time from start to the first
//! response, to readiness and to the first acknowledged answer. `tests/run figures` runs it. Nothing is asserted here:
//! a figure is for reading.

#![expect(clippy::unwrap_used, clippy::panic, reason = "without a server there are no figures")]

#[path = "it/support.rs"]
#[expect(dead_code, reason = "a part of the tests' tools")]
mod support;

use reqwest::Method;
use serde_json::{Value, json};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use support::Socket;
use tempfile::TempDir;

const TOKEN: &str = "figures";
const STARTS: usize = 5;

#[tokio::main]
async fn main() {
    let binary = Path::new(env!("CARGO_BIN_EXE_quibble"));
    let size = std::fs::metadata(binary).unwrap().len();
    println!("binary                                   {:.1} MiB", mib(size));
    let (mut fresh, mut warm) = (Vec::new(), Vec::new());
    for _ in 0..STARTS {
        let dir = TempDir::new().unwrap();
        fresh.push(run(binary, dir.path()).await);
        warm.push(run(binary, dir.path()).await);
    }
    print("new database", &fresh);
    print("existing database", &warm);
    println!("(median and slowest of {STARTS} starts)");
}

struct Run {
    first_response: Duration,
    ready: Duration,
    first_answer: Duration,
    idle_kib: u64,
}

fn print(what: &str, runs: &[Run]) {
    let row = |name: &str, figure: fn(&Run) -> Duration| {
        let mut figures: Vec<_> = runs.iter().map(figure).collect();
        figures.sort();
        let ms = |duration: Duration| duration.as_secs_f64() * 1_000.0;
        let (median, slowest) = (ms(figures[figures.len() / 2]), ms(figures[figures.len() - 1]));
        println!("{what:<18} {name:<20}  {median:>8.1} ms  {slowest:>8.1} ms");
    };
    row("first response", |run| run.first_response);
    row("ready", |run| run.ready);
    row("first answer saved", |run| run.first_answer);
    let idle = runs.iter().map(|run| run.idle_kib).max().unwrap_or_default();
    println!("{what:<18} {:<20}  {:>8.1} MiB", "resident when idle", mib(idle * 1_024));
}

#[expect(clippy::cast_precision_loss, reason = "sizes of files and processes")]
fn mib(bytes: u64) -> f64 {
    bytes as f64 / 1_048_576.0
}

async fn run(binary: &Path, dir: &Path) -> Run {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("http://127.0.0.1:{port}");
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    #[expect(clippy::disallowed_methods, reason = "a figure is real time")]
    let start = Instant::now();
    let mut child = Command::new(binary)
        .env_clear()
        .env("DEV_AUTH_TOKEN", TOKEN)
        .args(["serve", "--log-level", "error", "--listen", &format!("127.0.0.1:{port}"), "--data-dir"])
        .arg(dir)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    until_ok(&http, &format!("{url}/healthz")).await;
    let first_response = start.elapsed();
    until_ok(&http, &format!("{url}/readyz")).await;
    let ready = start.elapsed();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let idle_kib = resident_kib(&child);
    #[expect(clippy::disallowed_methods, reason = "a figure is real time")]
    let play = Instant::now();
    first_answer(&http, &url).await;
    let first_answer = ready + play.elapsed();
    child.kill().unwrap();
    child.wait().unwrap();
    Run { first_response, ready, first_answer, idle_kib }
}

async fn until_ok(http: &reqwest::Client, url: &str) {
    while !http.get(url).send().await.is_ok_and(|response| response.status().is_success()) {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// Plays the sample quiz to its first saved answer, as fast as the server lets us.
async fn first_answer(http: &reqwest::Client, url: &str) {
    let send = async |method: Method, path: &str, body: Value| -> Value {
        let request = http.request(method, format!("{url}{path}")).bearer_auth(TOKEN).json(&body);
        request.send().await.unwrap().json().await.unwrap()
    };
    let quizzes = send(Method::GET, "/api/quizzes", json!({})).await;
    let game = send(Method::POST, "/api/games", json!({ "quiz_id": quizzes[0]["id"] })).await;
    let code = game["code"].as_str().unwrap();
    let joined = send(Method::POST, "/api/join", json!({ "code": code, "display_name": "Ann" })).await;
    let mut host = Socket::open(url, &format!("/ws/{code}")).await.unwrap();
    host.say("hello", json!({ "token": TOKEN })).await;
    host.until("host_state").await;
    let mut phone = Socket::open(url, &format!("/ws/{code}")).await.unwrap();
    phone.say("hello", json!({ "session": joined["session_token"] })).await;
    phone.until("welcome").await;
    for step in ["start_game", "release_question"] {
        host.say(step, json!({})).await;
    }
    let question = phone.until("question_released").await["question"].clone();
    let answer = question["choices"][0].as_str().unwrap_or("something").to_owned();
    assert_eq!(phone.answer(&question["id"], &answer, "first").await["type"], "answer_accepted");
}

#[cfg(target_os = "linux")]
fn resident_kib(child: &Child) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[cfg(not(target_os = "linux"))]
fn resident_kib(_: &Child) -> u64 {
    0
}
