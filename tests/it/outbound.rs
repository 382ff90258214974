//! Nothing connects anywhere that was not configured: the system's calls of the real binary are looked at while a night is
//! played. `tests/run it` says where strace is; without it nothing is shown.
#![cfg(target_os = "linux")]

use crate::bench::bench;
use crate::binary::setup_link;
use crate::server::{Server, free_port};
use crate::support::PATIENCE;
use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;
use tokio::time::{sleep, timeout};

/// Whoever sends something to somebody makes one of these calls.
const CALLS: &str = "connect,sendto,sendmsg,sendmmsg";

/// A folder in which the calls of processes are written down.
struct Traced {
    strace: PathBuf,
    dir: TempDir,
}

impl Traced {
    /// None where `tests/run` has not said where strace is.
    fn new() -> Option<Self> {
        let strace = std::env::var_os("QUIBBLE_TEST_STRACE")?.into();
        Some(Self { strace, dir: TempDir::new().unwrap() })
    }

    /// The program with settings and arguments. It is the child itself, and what watches it is not.
    fn command(&self, settings: &[(&str, &str)], arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.strace);
        command.args(["-D", "-f", "-qq", "-e", &format!("trace={CALLS}"), "-e", "signal=none", "-o"]).arg(self.file());
        command.arg(env!("CARGO_BIN_EXE_quibble")).args(arguments).arg("--data-dir").arg(self.data());
        command.env_clear().envs(settings.iter().copied()).stdin(Stdio::null()).stdout(Stdio::piped());
        command.stderr(std::fs::File::create(self.log()).unwrap());
        command
    }

    fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    fn file(&self) -> PathBuf {
        self.dir.path().join("calls")
    }

    fn log(&self) -> PathBuf {
        self.dir.path().join("log")
    }

    fn calls(&self) -> String {
        std::fs::read_to_string(self.file()).unwrap()
    }
}

/// The calls that reach out: they name an address of a network. An answer to somebody who connected names none.
fn reaching_out(calls: &str) -> Vec<&str> {
    calls.lines().filter(|call| call.contains("sa_family=AF_INET")).collect()
}

/// As it comes: from the first start over its set-up to the end of a night. With the word against telemetry and without it
/// nobody is told anything.
#[tokio::test]
async fn a_night_with_the_default_configuration_connects_to_nobody() {
    for settings in [&[][..], &[("QUIBBLE_TELEMETRY_DISABLED", "1")]] {
        let Some(traced) = Traced::new() else { return };
        let port = free_port();
        let listen = format!("0.0.0.0:{port}");
        let command = traced.command(settings, &["serve", "--listen", &listen, "--log-level", "warn"]);
        let mut server = Server::run(command, port).await;
        let token = set_up(&server, &traced.data()).await;
        let night = "--players 5 --questions 3 --spread-ms 100 --resume 20 --json";
        let played = bench(&server.url, &token, &night.split(' ').collect::<Vec<_>>()).await;
        assert!(played.status.success(), "{}", String::from_utf8_lossy(&played.stderr));
        server.terminate();
        timeout(PATIENCE, async {
            while server.child.try_wait().unwrap().is_none() {
                sleep(Duration::from_millis(5)).await;
            }
        })
        .await
        .expect("the process ends");
        let calls = traced.calls();
        assert!(
            calls.contains("sendto("),
            "calls are seen, as that with which the addresses of this machine are asked for"
        );
        assert_eq!(reaching_out(&calls), [""; 0]);
        assert_eq!(std::fs::read_to_string(traced.log()).unwrap(), "", "there is nothing to warn of");
        // Nor do the commands beside it. The doctor knocks at the ports of this machine.
        for command in ["backup create", "config check", "doctor", "upgrade-check", "user list"] {
            let mut command = traced.command(settings, &command.split(' ').collect::<Vec<_>>());
            command.output().unwrap();
            let calls = traced.calls();
            let is_ours = |call: &&str| call.contains("inet_addr(\"127.0.0.1\")") || call.contains("\"::1\"");
            let others: Vec<_> = reaching_out(&calls).into_iter().filter(|call| !is_ours(call)).collect();
            assert_eq!(others, [""; 0], "{command:?}");
        }
    }
}

/// Sets it up by its link, as a browser does, and gives an API token.
async fn set_up(server: &Server, data: &Path) -> String {
    let link = setup_link(data);
    let token = link.split_once("/setup#").unwrap().1;
    let owner = json!({ "token": token, "username": "pat", "password": "correct horse battery" });
    let send = |path: &str| server.http.request(Method::POST, format!("{}{path}", server.url));
    let made = send("/api/setup").json(&owner).send().await.unwrap();
    assert_eq!(made.status(), StatusCode::CREATED);
    let cookie = made.headers()[header::SET_COOKIE].to_str().unwrap().to_owned();
    let new = send("/api/account/tokens").header(header::COOKIE, cookie).json(&json!({ "name": "night" }));
    let made: Value = new.send().await.unwrap().json().await.unwrap();
    made["token"].as_str().unwrap().to_owned()
}

/// What was configured is seen, so that the test above sees what was not.
#[tokio::test]
async fn a_night_with_a_redis_connects_to_that_alone() {
    let Some(traced) = Traced::new() else { return };
    let (port, redis) = (free_port(), free_port());
    let settings = [("REDIS_ADDR", &*format!("127.0.0.1:{redis}"))];
    let listen = format!("127.0.0.1:{port}");
    let _server = Server::run(traced.command(&settings, &["serve", "--listen", &listen]), port).await;
    let is_seen = async {
        while reaching_out(&traced.calls()).is_empty() {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, is_seen).await.expect("a connection to Redis is seen");
    let wanted = format!("sin_port=htons({redis}), sin_addr=inet_addr(\"127.0.0.1\")");
    assert!(reaching_out(&traced.calls()).iter().all(|call| call.contains(&wanted)), "{}", traced.calls());
}
