//! Bad days of one process with a file of its own: its machine's clock is set, and no name leads anywhere. `tests/run` says
//! what is needed for each; without it nothing is shown.
#![cfg(target_os = "linux")]

use crate::server::{Server, TOKEN, free_port};
use crate::support::{PATIENCE, Socket};
use quibble::clock::Clock;
use serde_json::json;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::Duration;
use tempfile::TempDir;
use tokio::time::{Instant, sleep, timeout};

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

/// A process in a network of its own, in which every packet is lost but those to itself, and whose resolver never answers.
struct Hole {
    dir: TempDir,
    is_root: bool,
}

impl Hole {
    /// None where `tests/run` has not said that there is `ip`.
    fn new() -> Option<Self> {
        std::env::var_os("QUIBBLE_TEST_IP")?;
        let dir = TempDir::new().unwrap();
        std::fs::write(dir.path().join("resolv.conf"), "nameserver 10.9.9.53\n").unwrap();
        let is_root = Command::new("id").arg("-u").output().unwrap().stdout.trim_ascii() == b"0";
        Some(Self { dir, is_root })
    }

    fn command(&self, settings: &[(&str, &str)], arguments: &[&str]) -> Command {
        let script = format!(
            "PATH=$PATH:/usr/sbin:/sbin; ip link set lo up && ip link add hole type veth peer name nowhere && \
             ip link set nowhere up && ip link set hole arp off up && ip addr add 10.9.9.9/24 dev hole && ip route add default dev hole && \
             mount --bind {}/resolv.conf /etc/resolv.conf && exec {} \"$@\"",
            self.dir.path().display(),
            env!("CARGO_BIN_EXE_quibble")
        );
        let mut command = Command::new("unshare");
        command.args(["--net", "--mount"]).args((!self.is_root).then_some("--map-root-user"));
        command.args(["sh", "-c", &script, "sh"]).args(arguments).arg("--data-dir").arg(self.data());
        command.env_clear().env("PATH", "/usr/bin:/bin").envs(settings.iter().copied()).stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// Runs a command in the network of a process.
    fn beside(&self, pid: u32, arguments: &[&str]) -> Output {
        let mut command = Command::new("nsenter");
        command.args(["--net", "--mount", "--target", &pid.to_string()]);
        command.args((!self.is_root).then_some(["--user", "--preserve-credentials"]).into_iter().flatten());
        command.arg(env!("CARGO_BIN_EXE_quibble")).args(arguments).env_clear();
        command.output().unwrap()
    }
}

/// A night needs no names. What does need one tries in vain, and is in nobody's way, not even at the end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_night_goes_on_while_no_name_leads_anywhere() {
    let Some(hole) = Hole::new() else { return };
    let settings = [
        ("DEV_AUTH_TOKEN", TOKEN),
        ("REDIS_ADDR", "redis.example.org"),
        ("QUIBBLE_SERVER__PUBLIC_URL", "http://quiz.example.org"),
    ];
    let listen = ["--listen", "127.0.0.1:8080"];
    let mut command = hole.command(&settings, &["serve", listen[0], listen[1]]);
    command.stderr(std::fs::File::create(hole.dir.path().join("log")).unwrap());
    let mut server = Server::spawn(command, 8080);
    let pid = server.child.id();
    let ready = async {
        while !hole.beside(pid, &["healthcheck", "--ready", listen[0], listen[1], "--data-dir", "/"]).status.success() {
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(PATIENCE, ready).await.expect("it is ready without a name");
    let night = "bench --url http://127.0.0.1:8080 --players 5 --questions 3 --spread-ms 100 --resume 20 --token";
    let played = hole.beside(pid, &night.split(' ').chain([TOKEN]).collect::<Vec<_>>());
    assert!(played.status.success(), "{}", said(&played));
    server.terminate();
    let told = Instant::now();
    while server.child.try_wait().unwrap().is_none() {
        assert!(told.elapsed() < PATIENCE, "it ends");
        sleep(Duration::from_millis(10)).await;
    }
    assert!(told.elapsed() < Duration::from_secs(6), "no look-up is waited for: {:?}", told.elapsed());
}

/// Its supervisor tries again, which is in words, and soon.
#[tokio::test]
async fn a_database_whose_name_leads_nowhere_ends_the_start_in_time() {
    let Some(hole) = Hole::new() else { return };
    let settings = [("DATABASE_URL", "postgres://quibble:hunter2@db.example.org/quibble?sslmode=require")];
    let begun = Instant::now();
    let refused = hole.command(&settings, &["serve", "--listen", "127.0.0.1:8080"]).output().unwrap();
    let took = begun.elapsed();
    let text = said(&refused);
    assert_eq!(refused.status.code(), Some(1), "{text}");
    assert!(text.contains("db.example.org has not answered within 5 s") && !text.contains("hunter2"), "{text}");
    assert!(took < Duration::from_secs(9), "{took:?}: {text}");

    let begun = Instant::now();
    let looked = hole.command(&settings, &["doctor"]).output().unwrap();
    let (took, text) = (begun.elapsed(), said(&looked));
    assert!(text.contains("database") && !text.contains("hunter2"), "{text}");
    assert!(took < Duration::from_secs(20), "{took:?}: {text}");
}

fn said(output: &Output) -> String {
    [&output.stdout[..], &output.stderr].map(String::from_utf8_lossy).concat()
}
