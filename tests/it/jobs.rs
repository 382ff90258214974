//! Work after the answer, by the real binary: mail by a real connection, tries that follow a failure, commands.

use crate::mail_server::{Letter, MailServer, Mood};
use crate::server::{Api, Server, TOKEN, free_port};
use crate::support::database::{TestDatabase, fresh};
use crate::support::{PATIENCE, text};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Output;
use std::time::Duration;
use tempfile::TempDir;
use tokio::process::Command;
use tokio::time::{sleep, timeout};

/// A Quibble that sends mail.
struct Night {
    dir: TempDir,
    mail: MailServer,
    server: Server,
}

impl Night {
    async fn new() -> Self {
        let (dir, mail, port) = (TempDir::new().unwrap(), MailServer::new().await, free_port());
        std::fs::write(dir.path().join("quibble.toml"), mail.settings()).unwrap();
        let mut command = Server::command(dir.path(), port);
        command.arg("--config").arg(dir.path().join("quibble.toml"));
        Self { server: Server::run(command, port).await, dir, mail }
    }

    async fn run(&self, args: &[&str]) -> Output {
        run(self.dir.path(), args).await
    }

    async fn letter(&self, nth: usize) -> Letter {
        let arrived = async {
            while self.mail.letters().len() < nth {
                sleep(Duration::from_millis(10)).await;
            }
        };
        timeout(PATIENCE, arrived).await.expect("a letter arrives");
        self.mail.letters().swap_remove(nth - 1)
    }

    /// The job of a kind, when it is in a state.
    async fn job(&self, kind: &str, state: &str) -> Value {
        let found = async {
            loop {
                let jobs = self.server.send(Method::GET, "/api/jobs", Value::Null).await;
                let job = jobs.as_array().unwrap().iter().find(|job| job["kind"] == kind && job["state"] == state);
                match job {
                    Some(job) if job["attempts"] != 0 => return job.clone(),
                    _ => sleep(Duration::from_millis(20)).await,
                }
            }
        };
        timeout(PATIENCE, found).await.unwrap_or_else(|_| panic!("a {kind} is {state}"))
    }
}

async fn run(dir: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_quibble"));
    command.env_clear().args(args).arg("--data-dir").arg(dir).arg("--config").arg(dir.join("quibble.toml"));
    // The server of the mail is in this process.
    command.output().await.unwrap()
}

fn said(output: &Output) -> String {
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}{err}");
    out.into_owned()
}

fn link(letter: &Letter) -> &str {
    letter.text.lines().find_map(|line| line.split("/setup#").nth(1)).expect("there is a link")
}

#[tokio::test]
async fn somebody_is_invited_by_mail_and_gets_another_password_by_mail() {
    let night = Night::new().await;
    let told = said(&night.run(&["user", "create", "anna", "--email", "anna@example.org", "--link"]).await);
    assert!(told.contains("An invitation goes to anna@example.org"), "{told}");
    let letter = night.letter(1).await;
    assert_eq!((letter.to.as_str(), letter.is_encrypted), ("anna@example.org", true));
    assert!(letter.login.is_some() && letter.text.contains("From: \"Quiz Night\" <quiz@example.org>"), "{letter:?}");
    let set_up = async |token: &str, password: &str| {
        let body = json!({ "token": token, "password": password });
        let request = night.server.http.post(format!("{}/api/setup", night.server.url)).json(&body);
        request.send().await.unwrap().status()
    };
    assert_eq!(set_up(link(&letter), "a password of hers").await, StatusCode::CREATED);

    let recover = async |username: &str| {
        let body = json!({ "username": username });
        let request = night.server.http.post(format!("{}/api/recovery", night.server.url)).json(&body);
        request.send().await.unwrap().status()
    };
    for nobody in ["nobody", "owner", "anna", "anna"] {
        assert_eq!(recover(nobody).await, StatusCode::ACCEPTED, "the answer tells nothing");
    }
    let second = night.letter(2).await;
    assert!(second.to == "anna@example.org" && second.text.contains("your password stays as it is"), "{second:?}");
    assert_eq!(set_up(link(&second), "another password").await, StatusCode::CREATED);
    assert_eq!(set_up(link(&second), "a third password").await, StatusCode::GONE);
    assert_eq!(night.mail.letters().len(), 2, "who asks twice is written to once");
}

#[tokio::test]
async fn mail_that_is_not_taken_is_tried_again_and_given_up_where_that_is_of_no_use() {
    let night = Night::new().await;
    night.mail.is(Mood::Busy);
    said(&night.run(&["user", "create", "bert", "--email", "bert@example.org", "--link"]).await);
    let job = night.job("mail", "queued").await;
    assert!(text(&job["error"]).contains("later"), "{job}");
    night.mail.is(Mood::Takes);
    said(&night.run(&["jobs", "retry", &text(&job["id"])]).await);
    night.letter(1).await;
    assert_eq!(night.job("mail", "done").await["id"], job["id"]);

    night.mail.is(Mood::Refuses);
    said(&night.run(&["user", "create", "cleo", "--email", "cleo@example.org", "--link"]).await);
    let job = night.job("mail", "dead").await;
    assert!(text(&job["error"]).contains("nobody here by that name"), "{job}");
    let listed: Value =
        serde_json::from_str(&said(&night.run(&["jobs", "list", "--state", "dead", "--json"]).await)).unwrap();
    assert_eq!(listed[0]["id"], job["id"]);
    said(&night.run(&["jobs", "cancel", &text(&job["id"])]).await);
    assert!(!night.run(&["jobs", "cancel", &text(&job["id"])]).await.status.success());
}

/// Mail down: nobody at the server's port, and one that never answers. Nothing waits for it but the letter.
#[tokio::test]
async fn a_mail_server_that_sleeps_keeps_nobody_waiting() {
    let night = Night::new().await;
    night.mail.is(Mood::Sleeps);
    for name in ["anna", "bert"] {
        said(&night.run(&["user", "create", name, "--email", "x@example.org", "--link"]).await);
    }
    // Both lanes are at a letter.
    let running = async {
        let at_work = "/api/jobs?state=running";
        while night.server.send(Method::GET, at_work, Value::Null).await.as_array().unwrap().len() < 2 {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(PATIENCE, running).await.expect("both letters are under way");
    let (game, code) = night.server.game(1).await;
    let mut host = night.server.socket(&code, json!({ "token": TOKEN })).await;
    host.say("start_game", json!({})).await;
    host.until("game_started").await;
    night.server.send(Method::GET, &format!("/api/games/{game}"), Value::Null).await;
    let jobs = night.server.send(Method::GET, "/api/jobs?state=running", Value::Null).await;
    let id = text(&jobs[0]["id"]);
    night.server.send(Method::POST, &format!("/api/jobs/{id}/cancel"), Value::Null).await;
    // A stop does not wait for it, either, and leaves it to the next process.
    let mut server = night.server;
    server.terminate();
    let ended = async {
        while server.child.try_wait().unwrap().is_none() {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(Duration::from_secs(8), ended).await.expect("it stops sooner than the server of the mail would answer");
    let jobs: Value =
        serde_json::from_str(&said(&run(night.dir.path(), &["jobs", "list", "--state", "queued", "--json"]).await))
            .unwrap();
    let mail: Vec<_> = jobs.as_array().unwrap().iter().filter(|job| job["kind"] == "mail").collect();
    assert_eq!(mail.len(), 1, "{jobs}");
    assert_eq!(mail[0]["attempts"], 0, "{jobs}");
}

#[tokio::test]
async fn a_test_letter_says_whether_mail_goes_out() {
    let night = Night::new().await;
    let told = said(&night.run(&["mail", "test"]).await);
    assert!(told.contains("has taken a letter to operator@example.org"), "{told}");
    assert_eq!(night.letter(1).await.to, "operator@example.org");
    night.mail.is(Mood::Refuses);
    let refused = night.run(&["mail", "test", "--to", "x@example.org"]).await;
    let told = String::from_utf8_lossy(&refused.stderr);
    assert!(refused.status.code() == Some(1) && told.contains("nobody here by that name"), "{told}");
    let refused = night.run(&["mail", "test", "--to", "nowhere"]).await;
    assert!(String::from_utf8_lossy(&refused.stderr).contains("cannot be written to"));
}

#[tokio::test]
async fn the_host_of_a_game_gets_its_results_once() {
    let night = Night::new().await;
    night.server.send(Method::PUT, "/api/account/email", json!({ "email": "host@example.org" })).await;
    let (_, code) = night.server.game(1).await;
    let seat = night.server.send(Method::POST, "/api/join", json!({ "code": code, "display_name": "Ünal" })).await;
    let mut host = night.server.socket(&code, json!({ "token": TOKEN })).await;
    let mut phone = night.server.socket(&code, json!({ "session": seat["session_token"] })).await;
    for step in ["start_game", "release_question"] {
        host.step(step, json!({})).await;
    }
    let released = phone.until("question_released").await;
    let question = &released["question"]["id"];
    phone.say("submit_answer", json!({ "question_id": question, "answer": "yes" })).await;
    phone.until("answer_accepted").await;
    for step in ["end_round", "release_scores", "end_game"] {
        host.step(step, json!({})).await;
    }
    phone.until("game_ended").await;
    let letter = night.letter(1).await;
    assert_eq!(letter.to, "host@example.org");
    assert!(letter.text.contains("Bank is over, with 1 player."), "{letter:?}");
    assert!(letter.text.contains("text/csv") && letter.text.contains(&format!("results-{code}.csv")), "{letter:?}");
    night.job("results", "done").await;
}

/// Players elsewhere than the work, and two who do it: each letter goes out once.
#[tokio::test]
async fn the_work_is_divided_and_done_once() {
    let TestDatabase::Postgres { url, .. } = fresh().await else { return };
    let (dir, mail) = (TempDir::new().unwrap(), MailServer::new().await);
    let settings = format!("[database]\nurl = \"{url}\"\n[ops]\nlisten = \"off\"\n{}", mail.settings());
    std::fs::write(dir.path().join("quibble.toml"), settings).unwrap();
    let start = |role: &str, port: u16, ops: Option<u16>| {
        let mut command = Server::command(dir.path(), port);
        command.arg("--config").arg(dir.path().join("quibble.toml")).args(["--role", role]);
        if let Some(ops) = ops {
            command.env("QUIBBLE_OPS__LISTEN", format!("127.0.0.1:{ops}"));
        }
        command
    };
    let port = free_port();
    let web = Server::run(start("web", port, None), port).await;
    for n in 0..10 {
        said(&run(dir.path(), &["user", "create", &format!("host {n}"), "--email", "x@example.org", "--link"]).await);
    }
    assert!(mail.letters().is_empty(), "whoever serves players leaves the work alone");
    let mut workers = Vec::new();
    for _ in 0..2 {
        let (closed, ops) = (free_port(), free_port());
        let worker = Server::spawn(start("worker", closed, Some(ops)), ops);
        worker.until_ready().await;
        assert_eq!(Api::at(closed).status("/readyz").await, None, "nobody plays there");
        workers.push(worker);
    }
    let done = async {
        loop {
            let jobs = web.send(Method::GET, "/api/jobs?state=done", Value::Null).await;
            if jobs.as_array().unwrap().iter().filter(|job| job["kind"] == "mail").count() == 10 {
                return;
            }
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, done).await.expect("all of it is done");
    assert_eq!(mail.letters().len(), 10);
}
