//! Bad days of one process with a file of its own: its machine's clock is set. `tests/run` says what is needed for that;
//! without it nothing is shown.
#![cfg(target_os = "linux")]

use crate::server::{Server, TOKEN, free_port};
use crate::support::{PATIENCE, Socket};
use quibble::clock::Clock;
use serde_json::json;
use std::process::{Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;
use tokio::time::{sleep, timeout};

/// How long a question is open, in seconds, and how far off a clock may be, in milliseconds.
const TIME_LIMIT_SECONDS: i64 = 600;
const OFF_MS_MAX: i64 = 2_000;

/// The clock of a machine that has just found the network, in the middle of a night. What runs is not moved by it, and the new
/// time counts when nothing runs.
#[tokio::test]
async fn a_clock_that_is_set_moves_no_time_limit() {
    let Ok(library) = std::env::var("QUIBBLE_TEST_FAKETIME") else { return };
    let dir = TempDir::new().unwrap();
    let (offset, log) = (dir.path().join("offset"), dir.path().join("log"));
    let set = |to: &str| std::fs::write(&offset, to).unwrap();
    set("+0");
    let port = free_port();
    let mut command = Command::new(env!("CARGO_BIN_EXE_quibble"));
    command
        .env_clear()
        .envs([("DEV_AUTH_TOKEN", TOKEN), ("LD_PRELOAD", &library), ("FAKETIME_NO_CACHE", "1")])
        .envs([("FAKETIME_TIMESTAMP_FILE", offset.as_os_str()), ("FAKETIME_DONT_FAKE_MONOTONIC", "1".as_ref())])
        .args(["serve", "--log-format", "json", "--listen", &format!("127.0.0.1:{port}"), "--data-dir"])
        .arg(dir.path().join("data"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(std::fs::File::create(&log).unwrap());
    let server = Server::run(command, port).await;
    let said = async |words: &str| {
        let says = async {
            while !std::fs::read_to_string(&log).unwrap().contains(words) {
                sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(PATIENCE, says).await.unwrap_or_else(|_| panic!("the log says {words}"));
    };

    let (_, code) = server.timed_game(2, Some(TIME_LIMIT_SECONDS)).await;
    let joined = server.send(reqwest::Method::POST, "/api/join", json!({ "code": code, "display_name": "Ann" })).await;
    let mut host = server.socket(&code, json!({ "token": TOKEN })).await;
    host.until("host_state").await;
    host.step("start_game", json!({})).await;
    let mut phone = server.socket(&code, json!({ "session": joined["session_token"] })).await;
    let begun = Clock::system().now_ms();
    let mut questions = Vec::new();
    for jump in ["+2h", "-2h"] {
        host.step("release_question", json!({})).await;
        let question = phone.until("question_released").await;
        let left = question["closes_at"].as_i64().unwrap() - time_of(&mut host).await;
        assert!((left - TIME_LIMIT_SECONDS * 1_000).abs() < OFF_MS_MAX, "{left}");
        questions.push(question["question"]["id"].clone());
        set(jump);
        if jump == "+2h" {
            said("the clock of this machine was set: that counts when no question has a time limit").await;
        }
        for (nth, question) in questions.iter().enumerate() {
            let id = format!("{jump}-{nth}");
            assert_eq!(phone.answer(question, &id, &id).await["type"], "answer_accepted", "{id}");
        }
        let shown = time_of(&mut host).await - begun;
        assert!((0..PATIENCE.as_millis().try_into().unwrap()).contains(&shown), "{shown}");
    }
    set("+2h");
    host.step("end_round", json!({})).await;
    said("the clock of this machine was set, and counts again").await;
    let shown = time_of(&mut host).await - Clock::system().now_ms() - 2 * 3_600_000;
    assert!(shown.abs() < OFF_MS_MAX, "{shown}");
}

async fn time_of(host: &mut Socket) -> i64 {
    host.say("ping", json!({})).await;
    host.until("pong").await["server_time"].as_i64().unwrap()
}
