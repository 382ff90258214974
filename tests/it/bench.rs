//! `quibble bench` against the real binary. What it measures is not judged here.

use crate::server::{Server, TOKEN, free_port};
use reqwest::Method;
use serde_json::{Value, json};
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;
use tokio::task::spawn_blocking;

/// What is measured everywhere, and what is measured where the system shows processes.
const FIGURES: [&str; 15] = [
    "join_ms",
    "connect_ms",
    "step_ms",
    "release_ms",
    "release_last_ms",
    "answer_ms",
    "resume_ms",
    "round_end_ms",
    "scores_ms",
    "scores_last_ms",
    "received_bytes",
    "received_connecting_bytes",
    "received_questions_bytes",
    "received_scores_bytes",
    "sent_bytes",
];
const FIGURES_OF_PROCESSES: [&str; 7] = [
    "connect_cpu_us",
    "connection_memory_kib",
    "release_cpu_us",
    "answer_cpu_us",
    "scores_cpu_us",
    "server_cpu_ms",
    "server_memory_kib",
];

pub async fn bench(url: &str, token: &str, more: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_quibble"));
    command.env_clear().args(["bench", "--url", url, "--token", token]).args(more).stdin(Stdio::null());
    spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

fn said(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[tokio::test]
async fn a_night_is_measured_and_cleaned_up() {
    let dir = TempDir::new().unwrap();
    let server = Server::start(dir.path(), free_port()).await;
    let before = server.send(Method::GET, "/api/banks", json!({})).await;
    let night = "--players 20 --games 2 --questions 2 --spread-ms 100 --slow 20 --resume 20 --json";
    let mut options: Vec<_> = night.split(' ').collect();
    let pid = server.child.id().to_string();
    if cfg!(target_os = "linux") {
        options.extend(["--pid", &pid, "--from-addresses", "3"]);
    }
    let output = bench(&server.url, TOKEN, &options).await;
    assert!(output.status.success(), "{}{}", said(&output.stderr), said(&output.stdout));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&report["players"], &report["problem"]), (&json!(20), &Value::Null));
    let of_processes = FIGURES_OF_PROCESSES.iter().filter(|_| cfg!(target_os = "linux"));
    for name in FIGURES.iter().chain(of_processes) {
        let figure = &report["figures"][name];
        for part in ["count", "least", "p50", "p90", "p99", "most"] {
            assert!(figure[part].is_number(), "{name}: {report:#}");
        }
    }
    let counts = ["join_ms", "connect_ms", "release_ms", "answer_ms", "resume_ms", "scores_ms", "received_bytes"];
    let counts = counts.map(|name| report["figures"][name]["count"].as_u64().unwrap());
    // Four phones are slow, and of the other sixteen three come back after each of two questions.
    assert_eq!(counts, [20, 16, 32, 32, 6, 16, 16]);
    assert_eq!(server.send(Method::GET, "/api/banks", json!({})).await, before, "the bank is gone");
    let games = server.send(Method::GET, "/api/games", json!({})).await;
    let open = games.as_array().unwrap().iter().filter(|game| game["status"] != "completed").count();
    assert_eq!(open, 0, "{games:#}");
}

#[tokio::test]
async fn several_phones_of_a_player_are_measured_and_shown_in_a_table() {
    let dir = TempDir::new().unwrap();
    let server = Server::start(dir.path(), free_port()).await;
    let night = "--players 3 --devices 3 --questions 2 --spread-ms 0 --resume 100 --slow 25";
    let output = bench(&server.url, TOKEN, &night.split(' ').collect::<Vec<_>>()).await;
    assert!(output.status.success(), "{}", said(&output.stderr));
    let table = said(&output.stdout);
    assert!(table.lines().any(|line| line.starts_with("answer to durable ack, ms")), "{table}");
}

#[tokio::test]
async fn what_stands_in_the_way_is_said_and_fails_the_run() {
    let dir = TempDir::new().unwrap();
    let server = Server::start(dir.path(), free_port()).await;
    let refusals = [
        ("not-the-token", vec!["--players", "1"], "401"),
        (TOKEN, vec!["--players", "51", "--games", "51"], "50 games are open"),
        (TOKEN, vec!["--players", "1", "--games", "2"], "fewer --players than --games"),
    ];
    for (token, options, words) in refusals {
        let output = bench(&server.url, token, &options).await;
        let stderr = said(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{stderr}");
        assert!(stderr.contains(words), "{stderr}");
    }
    let games = server.send(Method::GET, "/api/games", json!({})).await;
    assert!(games.as_array().unwrap().iter().all(|game| game["status"] == "cancelled"), "{games:#}");

    let url = server.url.clone();
    server.kill();
    let output = bench(&url, TOKEN, &["--json"]).await;
    assert_eq!(output.status.code(), Some(1));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(report["problem"].as_str().unwrap().contains("cannot be reached"), "{report:#}");
}
