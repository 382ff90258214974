//! The real binary: its start, kill -9 in a loop, a drain, what runs out, bad configuration.

use crate::bench::bench;
use crate::server::{Server, TOKEN, free_port};
use crate::support::{PATIENCE, Socket};
use futures_util::future::join_all;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, timeout};

/// Kills that the loop survives. The issue asks for fifty.
const KILLS: usize = 50;

/// Kill -9 at a random instant while phones answer and a host steps, again and again: every acknowledged answer is there
/// exactly once, the phase, the released questions and the host's steps are as they were, and everybody is served again
/// within three seconds.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_loop_of_kills_loses_nothing_that_was_acknowledged() {
    let dir = TempDir::new().unwrap();
    let port = free_port();
    let mut server = Server::start(dir.path(), port).await;
    let (_, code) = server.game(3).await;
    let (mut sessions, mut players) = (Vec::new(), Vec::new());
    for n in 0..6 {
        let join = json!({ "code": code, "display_name": format!("Team {n}") });
        let joined = server.send(Method::POST, "/api/join", join).await;
        sessions.push(joined["session_token"].clone());
        players.push(joined["player_id"].as_str().unwrap().to_owned());
    }
    let mut host = server.socket(&code, json!({ "token": TOKEN })).await;
    host.until("host_state").await;
    host.step("start_game", json!({})).await;
    host.step("release_question", json!({})).await;
    host.step("release_question", json!({})).await;
    drop(host);

    // By player and question: the answers that were acknowledged, the last one last, and those in doubt at a kill.
    let mut acknowledged: BTreeMap<(usize, String), String> = BTreeMap::new();
    let mut in_doubt: BTreeMap<(usize, String), String> = BTreeMap::new();
    // By player: the ids of acknowledged messages.
    let mut acks: BTreeSet<(usize, String)> = BTreeSet::new();
    let mut locked = false;
    for kill in 0..KILLS {
        let first = Arc::new(Notify::new());
        let phones: Vec<_> = sessions
            .iter()
            .enumerate()
            .map(|(player, session)| {
                let (url, code, session) = (server.url.clone(), code.clone(), session.clone());
                tokio::spawn(answer_until_cut(url, code, session, player, kill, Arc::clone(&first)))
            })
            .collect();
        let console = tokio::spawn(lock_until_cut(server.url.clone(), code.clone(), locked));
        timeout(PATIENCE, first.notified()).await.expect("an answer is acknowledged");
        // Then at some instant within twenty milliseconds, in no order.
        sleep(Duration::from_micros((kill as u64 * 7_919) % 20_000)).await;
        server.kill();
        for (player, phone) in phones.into_iter().enumerate() {
            let phone = phone.await.unwrap();
            acks.extend(phone.ids.into_iter().map(|id| (player, id)));
            acknowledged.extend(phone.acknowledged.into_iter().inspect(|(key, _)| {
                in_doubt.remove(key);
            }));
            in_doubt.extend(phone.in_doubt);
        }
        let (done, tried) = console.await.unwrap();

        let restarted = Instant::now();
        server = Server::start(dir.path(), port).await;
        let mut host = server.socket(&code, json!({ "token": TOKEN })).await;
        let state = host.until("host_state").await;
        assert_eq!(state["phase"], "question");
        locked = state["locked"].as_bool().unwrap();
        assert!([done, tried].contains(&locked), "kill {kill}: {locked} of {done} and {tried}");
        for (player, session) in sessions.iter().enumerate() {
            let mut phone = server.socket(&code, json!({ "session": session })).await;
            let mut shown = BTreeMap::new();
            for _ in 0..2 {
                let released = phone.until("question_released").await;
                let question = released["question"]["id"].as_str().unwrap().to_owned();
                shown.insert(question, released["your_answer"].as_str().map(str::to_owned));
            }
            phone.settle().await;
            assert_eq!(phone.heard.iter().filter(|text| text.contains("\"question_released\"")).count(), 2);
            for (question, answer) in shown {
                let key = (player, question);
                let acked = acknowledged.get(&key).cloned();
                let allowed = [acked, in_doubt.get(&key).cloned()];
                assert!(allowed.contains(&answer), "kill {kill}, {key:?}: {answer:?} of {allowed:?}");
                // What was shown once must stay, whether its acknowledgement arrived or not.
                in_doubt.remove(&key);
                acknowledged.extend(answer.map(|answer| (key, answer)));
            }
        }
        assert!(restarted.elapsed() < Duration::from_secs(3), "kill {kill}: {:?}", restarted.elapsed());
    }

    // Once more, with the end of the round under way: it happened or it did not, and the night goes on from there.
    let mut host = server.socket(&code, json!({ "token": TOKEN })).await;
    host.until("host_state").await;
    host.try_send(json!({ "type": "end_round", "payload": {}, "id": "end" })).await;
    server.kill();
    server = Server::start(dir.path(), port).await;
    let mut host = server.socket(&code, json!({ "token": TOKEN })).await;
    if host.until("host_state").await["phase"] == "question" {
        host.step("end_round", json!({})).await;
    }
    host.step("release_scores", json!({})).await;
    host.until("round_leaderboard").await;
    server.kill();

    assert!(acks.len() >= KILLS, "answers were acknowledged: {}", acks.len());
    let file = dir.path().join("quibble.db");
    let database = sqlx::SqlitePool::connect(&format!("sqlite://{}", file.display())).await.unwrap();
    for (player, id) in acks {
        let rows: i64 = sqlx::query_scalar("SELECT count(*) FROM game_answers WHERE player_id = $1 AND client_id = $2")
            .bind(&players[player])
            .bind(&id)
            .fetch_one(&database)
            .await
            .unwrap();
        assert_eq!(rows, 1, "message {id} of player {player}");
    }
}

/// What a phone knows when its server is gone.
#[derive(Default)]
struct Answered {
    /// What was acknowledged last for each question, and what was sent after that.
    acknowledged: Answers,
    in_doubt: Answers,
    /// The ids of all that was acknowledged.
    ids: Vec<String>,
}

type Answers = BTreeMap<(usize, String), String>;

/// Answers both questions again and again until the server is gone.
async fn answer_until_cut(
    url: String,
    code: String,
    session: Value,
    player: usize,
    kill: usize,
    first: Arc<Notify>,
) -> Answered {
    let mut answered = Answered::default();
    let Ok(mut phone) = Socket::open(&url, &format!("/ws/{code}")).await else { return answered };
    phone.say("hello", json!({ "session": session })).await;
    let mut questions = Vec::new();
    while questions.len() < 2 {
        let Ok(message) = phone.next().await else { return answered };
        if message["type"] == "question_released" {
            questions.push(message["payload"]["question"]["id"].as_str().unwrap().to_owned());
        }
    }
    for n in 0_usize.. {
        let key = (player, questions[n % 2].clone());
        let (text, id) = (format!("answer {kill}-{n}"), format!("{kill}-{n}"));
        answered.in_doubt.insert(key.clone(), text.clone());
        let payload = json!({ "question_id": key.1, "answer": text });
        phone.try_send(json!({ "type": "submit_answer", "payload": payload, "id": id })).await;
        loop {
            let Ok(message) = phone.next().await else { return answered };
            if message["id"] != *id {
                continue;
            }
            // Refused is too fast: not stored.
            answered.in_doubt.remove(&key);
            if message["type"] == "answer_accepted" {
                answered.acknowledged.insert(key, text);
                answered.ids.push(id);
                first.notify_one();
            }
            break;
        }
    }
    answered
}

/// Locks and unlocks the lobby until the server is gone. Gives what was done last, and what was tried after that.
async fn lock_until_cut(url: String, code: String, mut locked: bool) -> (bool, bool) {
    let Ok(mut host) = Socket::open(&url, &format!("/ws/{code}")).await else { return (locked, locked) };
    host.say("hello", json!({ "token": TOKEN })).await;
    loop {
        let wanted = !locked;
        host.try_send(json!({ "type": "lock", "payload": { "locked": wanted }, "id": "lock" })).await;
        loop {
            let Ok(message) = host.next().await else { return (locked, wanted) };
            if message["id"] != "lock" {
                continue;
            }
            if message["type"] == "done" {
                locked = wanted;
            }
            break;
        }
    }
}

#[cfg(unix)]
#[tokio::test]
async fn sigterm_drains_and_exits_with_success() {
    let dir = TempDir::new().unwrap();
    let mut server = Server::start(dir.path(), free_port()).await;
    let (_, code) = server.game(1).await;
    let mut host = server.socket(&code, json!({ "token": TOKEN })).await;
    server.terminate();
    host.until("reconnect").await;
    assert_eq!(host.closed().await.map(|(code, _)| code), Some(1012));
    let exit = timeout(PATIENCE, async {
        loop {
            match server.child.try_wait().unwrap() {
                Some(status) => return status,
                None => sleep(Duration::from_millis(5)).await,
            }
        }
    });
    assert!(exit.await.expect("the process ends").success());
}

/// What systemd waits for: that it is told, in this order, and again and again meanwhile.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn systemd_is_told_when_it_is_ready_alive_and_stopping() {
    let dir = TempDir::new().unwrap();
    let told = tokio::net::UnixDatagram::bind(dir.path().join("notify")).unwrap();
    let port = free_port();
    let mut command = Server::command(&dir.path().join("data"), port);
    command.env("NOTIFY_SOCKET", dir.path().join("notify")).env("WATCHDOG_USEC", "300000");
    let server = Server::run(command, port).await;
    let until = async |what: &str| {
        let hears = async {
            loop {
                let mut text = vec![0; 1_000];
                let length = told.recv(&mut text).await.unwrap();
                let text = String::from_utf8_lossy(&text[..length]).into_owned();
                if text.lines().any(|line| line == what) {
                    return;
                }
            }
        };
        timeout(PATIENCE, hears).await.unwrap_or_else(|_| panic!("systemd is told {what}"));
    };
    until("READY=1").await;
    for _ in 0..3 {
        until("WATCHDOG=1").await;
    }
    server.terminate();
    until("STOPPING=1").await;
}

/// systemd opens the port, and hands it over as descriptor 3. Who connects before there is a process waits for it.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_port_that_systemd_opened_is_served() {
    let dir = TempDir::new().unwrap();
    let port = free_port();
    let script = format!(
        "exec 3<&0 </dev/null; LISTEN_FDS=1 LISTEN_PID=$$ exec {} serve --data-dir {} --listen 127.0.0.1:1 --log-level warn",
        env!("CARGO_BIN_EXE_quibble"),
        dir.path().display()
    );
    let listener = std::net::TcpListener::bind(("127.0.0.1", port)).unwrap();
    let early = reqwest::Client::builder().no_proxy().build().unwrap();
    let early = tokio::spawn(early.get(format!("http://127.0.0.1:{port}/healthz")).send());
    let mut command = Command::new("bash");
    command.env_clear().env("DEV_AUTH_TOKEN", TOKEN).args(["-c", &script]).stdout(Stdio::piped());
    command.stdin(Stdio::from(std::os::fd::OwnedFd::from(listener)));
    let server = Server::run(command, port).await;
    assert_eq!(early.await.unwrap().unwrap().status(), StatusCode::OK);
    server.kill();
}

/// What can be changed in a process that serves is, the rest is named, and nobody notices.
#[cfg(unix)]
#[tokio::test]
async fn the_configuration_is_read_again_when_the_process_is_told_to() {
    let dir = TempDir::new().unwrap();
    let (file, log) = (dir.path().join("quibble.toml"), dir.path().join("log"));
    let written = |level: &str, token: &str, more: &str| {
        let text = format!("[log]\nlevel = \"{level}\"\n[ops]\nlisten = \"off\"\nmetrics_token = \"{token}\"\n{more}");
        std::fs::write(&file, text).unwrap();
    };
    written("warn", "the-first-of-the-tokens", "");
    let port = free_port();
    let mut command = Command::new(env!("CARGO_BIN_EXE_quibble"));
    command.env_clear().env("DEV_AUTH_TOKEN", TOKEN).args(["serve", "--log-format", "json", "--config"]).arg(&file);
    command.args(["--listen", &format!("127.0.0.1:{port}"), "--data-dir"]).arg(dir.path().join("data"));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(std::fs::File::create(&log).unwrap());
    let server = Server::run(command, port).await;
    let (_, code) = server.game(1).await;
    let mut host = server.socket(&code, json!({ "role": "host", "token": TOKEN })).await;

    let said = async |words: &str| {
        let says = async {
            while !std::fs::read_to_string(&log).unwrap().contains(words) {
                sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(PATIENCE, says).await.unwrap_or_else(|_| panic!("the log says {words}"));
    };
    let metrics = async |token: &str| {
        let request = server.http.get(format!("{}/metrics", server.url)).bearer_auth(token);
        request.header("x-forwarded-for", "203.0.113.9").send().await.unwrap().status()
    };
    assert_eq!(metrics("the-first-of-the-tokens").await, StatusCode::OK);

    written("info", "the-second-of-the-tokens", "[server]\nmax_connections = 77\n");
    server.signal("-HUP");
    said("\"changed\":\"log.level, ops.metrics_token\",\"needs_restart\":\"server.max_connections\"").await;
    assert_eq!(metrics("the-second-of-the-tokens").await, StatusCode::OK);
    assert_eq!(metrics("the-first-of-the-tokens").await, StatusCode::NOT_FOUND);

    written("warm", "the-third-of-the-tokens", "");
    server.signal("-HUP");
    said("the new configuration is not used, the old one stays").await;
    assert_eq!(metrics("the-second-of-the-tokens").await, StatusCode::OK);

    // What waits for a restart is named again, and what was done is not.
    written("info", "the-second-of-the-tokens", "[server]\nmax_connections = 78\n");
    server.signal("-HUP");
    said("\"changed\":\"\",\"needs_restart\":\"server.max_connections\"").await;
    assert!(!std::fs::read_to_string(&log).unwrap().contains("of-the-tokens"), "no secret is logged");
    host.say("ping", json!({})).await;
    host.until("pong").await;
}

#[tokio::test]
async fn a_second_process_on_the_same_data_is_refused_in_words() {
    let dir = TempDir::new().unwrap();
    let server = Server::start(dir.path(), free_port()).await;
    let second = Server::command(dir.path(), free_port()).stderr(Stdio::piped()).output().unwrap();
    assert!(!second.status.success());
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(said.contains("another Quibble is running with the data in"), "{said}");
    server.kill();
}

#[test]
fn bad_configuration_is_refused_with_every_problem_and_exit_code_78() {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("quibble.toml");
    std::fs::write(&file, "[server]\nlisten = [\"nowhere\"]\nlistn = 1\n\n[log]\nlevel = \"info\"\nformat = \"xml\"\n")
        .unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_quibble"));
    let output = command.env_clear().arg("serve").arg("--config").arg(&file).output().unwrap();
    assert_eq!(output.status.code(), Some(78));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    for part in ["server.listen", "listn", "log.format", "quibble.toml:3"] {
        assert!(said.contains(part), "{part} in {said}");
    }
}

/// Nothing depends on an address that nobody has chosen, and what somebody has chosen must be had.
#[tokio::test]
async fn the_address_for_operators_is_let_go_unless_it_was_chosen() {
    let dir = TempDir::new().unwrap();
    let (port, ops_port) = (free_port(), free_port());
    let started = |ops: String, dir: &Path, port| {
        let mut command = Server::command(dir, port);
        command.env("QUIBBLE_OPS__LISTEN", ops).stderr(Stdio::piped());
        command
    };
    let server = Server::run(started(format!("127.0.0.1:{ops_port}"), dir.path(), port), port).await;
    let ready = server.http.get(format!("http://127.0.0.1:{ops_port}/readyz")).send().await.unwrap();
    assert_eq!(ready.status(), StatusCode::OK);
    // Another that has nothing of its own there, and one that wants the same.
    let other = TempDir::new().unwrap();
    let other_port = free_port();
    let without = Server::run(started("off".to_owned(), other.path(), other_port), other_port).await;
    without.kill();
    let refused = started(format!("127.0.0.1:{ops_port}"), other.path(), other_port).output().unwrap();
    assert_eq!(refused.status.code(), Some(1));
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains(&format!("cannot listen on 127.0.0.1:{ops_port}")), "{said}");
    server.kill();
}

#[test]
fn the_token_for_development_works_on_loopback_only() {
    let dir = TempDir::new().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_quibble"));
    command
        .env_clear()
        .env("DEV_AUTH_TOKEN", TOKEN)
        .args(["serve", "--listen", "0.0.0.0:0", "--data-dir"])
        .arg(dir.path());
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(78));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!said.contains(TOKEN) && said.contains("dev_token"), "{said}");
}

#[tokio::test]
async fn the_first_start_prints_a_link_that_makes_the_owner_and_later_ones_do_not() {
    let dir = TempDir::new().unwrap();
    let port = free_port();
    let mut command = Command::new(env!("CARGO_BIN_EXE_quibble"));
    command.env_clear().args(["serve", "--listen", &format!("127.0.0.1:{port}"), "--data-dir"]).arg(dir.path());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let link = lines.into_iter().find_map(|line| line.split_once("/setup#").map(|(_, token)| token.trim().to_owned()));
    let link = link.expect("a link is printed");
    assert_eq!(link.len(), 64, "256 bits");
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let owner = json!({ "token": link, "username": "pat", "password": "correct horse battery" });
    let made = http.post(format!("http://127.0.0.1:{port}/api/setup")).json(&owner).send().await.unwrap();
    assert_eq!(made.status(), StatusCode::CREATED);
    let cookie = made.headers()["set-cookie"].to_str().unwrap().to_owned();
    let get = |path: &str| http.get(format!("http://127.0.0.1:{port}{path}")).header("cookie", &cookie).send();
    let banks: Value = get("/api/banks").await.unwrap().json().await.unwrap();
    assert!(banks.as_array().unwrap().len() >= 4, "sample banks: {banks}");
    let quizzes: Value = get("/api/quizzes").await.unwrap().json().await.unwrap();
    assert_eq!(quizzes.as_array().unwrap().len(), 1);
    // Beside the running server: its address, and a link that it takes.
    let link = setup_link(dir.path());
    let (address, token) = link.split_once("/setup#").unwrap();
    assert_eq!(address, format!("http://127.0.0.1:{port}"));
    let check = http.post(format!("{address}/api/setup/check")).json(&json!({ "token": token })).send().await.unwrap();
    assert_eq!(check.json::<Value>().await.unwrap()["kind"], "recovery");
    child.kill().unwrap();
    child.wait().unwrap();
    let mut child = command.spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let told: Vec<_> = lines.take_while(|line| !line.contains("On this machine")).collect();
    assert!(!told.iter().any(|line| line.contains("/setup#")));
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(setup_link(dir.path()).contains("/setup#"), "also while nothing runs");
}

/// What `quibble user setup-link` prints.
pub fn setup_link(dir: &Path) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_quibble"));
    let output = command.env_clear().args(["user", "setup-link", "--data-dir"]).arg(dir).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let link = said.lines().map(str::trim).find(|line| line.starts_with("http"));
    link.unwrap_or_else(|| panic!("{said}{}", String::from_utf8_lossy(&output.stderr))).to_owned()
}

/// A phone that has answered the one open question of a game.
#[cfg(target_os = "linux")]
struct Seated {
    code: String,
    session: Value,
    phone: Socket,
    question: Value,
}

#[cfg(target_os = "linux")]
async fn seated(server: &Server) -> Seated {
    let (_, code) = server.game(1).await;
    let joined = server.send(Method::POST, "/api/join", json!({ "code": code, "display_name": "Ann" })).await;
    let mut host = server.socket(&code, json!({ "token": TOKEN })).await;
    host.until("host_state").await;
    host.step("start_game", json!({})).await;
    host.step("release_question", json!({})).await;
    let mut phone = server.socket(&code, json!({ "session": joined["session_token"] })).await;
    let question = phone.until("question_released").await["question"]["id"].clone();
    assert_eq!(phone.answer(&question, "before", "before").await["type"], "answer_accepted");
    Seated { code, session: joined["session_token"].clone(), phone, question }
}

/// A full disk, made with a limit on the size of files: phones are told that nothing is saved, nothing is acknowledged
/// falsely, and it heals when there is room.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_full_disk_acknowledges_nothing_and_heals() {
    let dir = TempDir::new().unwrap();
    let port = free_port();
    // Past the limit a write fails, as on a full disk, once the signal that would end the process is ignored.
    let script = format!(
        "trap '' XFSZ; exec {} serve --data-dir {} --listen 127.0.0.1:{port} --log-level off",
        env!("CARGO_BIN_EXE_quibble"),
        dir.path().display()
    );
    let mut command = Command::new("bash");
    command.env_clear().env("DEV_AUTH_TOKEN", TOKEN).args(["-c", &script]).stdin(Stdio::null()).stdout(Stdio::piped());
    let server = Server::run(command, port).await;
    let Seated { code, session, mut phone, question } = seated(&server).await;

    // The write-ahead log is as large as it may become.
    let full = std::fs::metadata(dir.path().join("quibble.db-wal")).unwrap().len();
    limit(&server, &format!("--fsize={full}:"));
    let refused = phone.answer(&question, "while full", "while-full").await;
    assert_eq!(refused["payload"]["code"], "not_saved", "{refused}");
    for look in 0..3 {
        let unready = server.http.get(format!("{}/readyz", server.url)).send().await.unwrap();
        assert_eq!(unready.status(), StatusCode::SERVICE_UNAVAILABLE, "look {look}");
        // Another answer in between, so that readiness does not hang on a connection that has just failed.
        let refused = phone.answer(&question, "while full", "while-full").await;
        assert_eq!(refused["payload"]["code"], "not_saved", "{refused}");
    }
    let healthy = server.http.get(format!("{}/healthz", server.url)).send().await.unwrap();
    assert_eq!(healthy.status(), StatusCode::OK);

    limit(&server, "--fsize=unlimited:");
    let healed = phone.answer(&question, "while full", "while-full").await;
    assert_eq!(healed["type"], "answer_accepted", "{healed}");
    server.until_ready().await;
    drop(phone);
    let mut back = server.socket(&code, json!({ "session": session })).await;
    assert_eq!(back.until("question_released").await["your_answer"], "while full");
    server.kill();
}

/// Strangers may hold all descriptors that there are: whoever sits in the game plays on, and when they go the door is
/// open again.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn when_descriptors_run_out_those_who_are_in_play_on() {
    let dir = TempDir::new().unwrap();
    let server = Server::start(dir.path(), free_port()).await;
    let Seated { mut phone, question, .. } = seated(&server).await;

    let open = std::fs::read_dir(format!("/proc/{}/fd", server.child.id())).unwrap().count();
    limit(&server, &format!("--nofile={}:", open + 5));
    let address = server.url.strip_prefix("http://").unwrap().to_owned();
    let strangers = join_all((0..40).map(|_| TcpStream::connect(&address))).await;
    let (worked, since) = (worked(&server), Instant::now());
    for n in 0..5 {
        let id = format!("while-full-{n}");
        assert_eq!(phone.answer(&question, &id, &id).await["type"], "answer_accepted");
    }
    // Whoever cannot be let in is not tried without end.
    sleep(Duration::from_secs(1).saturating_sub(since.elapsed())).await;
    let share = self::worked(&server).saturating_sub(worked).as_secs_f64() / since.elapsed().as_secs_f64();
    assert!(share < 0.2, "{share} of a core was busy");
    drop(strangers);
    server.until_ready().await;
    until_metric(&server, "quibble_accept_errors_total").await;
    server.kill();
}

/// For how long a process has kept a core busy, to a hundredth of a second.
#[cfg(target_os = "linux")]
fn worked(server: &Server) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", server.child.id())).unwrap();
    // After its name in brackets, which may have spaces: utime and stime are the 14th and 15th of all (proc(5)).
    let fields: Vec<_> = stat.rsplit(") ").next().unwrap().split(' ').collect();
    let ticks: u64 = fields[11..13].iter().map(|ticks| ticks.parse::<u64>().unwrap()).sum();
    Duration::from_millis(ticks * 10)
}

/// Waits until a metric is above zero.
async fn until_metric(server: &Server, name: &str) {
    let is_counted = |line: &str| {
        let value = line.strip_prefix(name).and_then(|rest| rest.strip_prefix(' '));
        value.is_some_and(|value| value.parse::<f64>().unwrap() > 0.0)
    };
    let counted = async {
        loop {
            let metrics = server.http.get(format!("{}/metrics", server.url)).send().await.unwrap();
            if metrics.text().await.unwrap().lines().any(is_counted) {
                return;
            }
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(PATIENCE, counted).await.unwrap_or_else(|_| panic!("{name} stays at zero"));
}

#[tokio::test]
async fn what_a_process_is_made_of_is_counted() {
    let dir = TempDir::new().unwrap();
    let server = Server::start(dir.path(), free_port()).await;
    for name in [
        "quibble_runtime_tasks",
        "quibble_runtime_delay_seconds_count",
        "quibble_db_pool_acquire_seconds_count",
        "quibble_db_pool_connections{state=\"idle\"}",
        "quibble_sqlite_file_bytes{file=\"quibble.db\"}",
        "quibble_sqlite_file_bytes{file=\"quibble.db-wal\"}",
        "quibble_schema_version",
    ] {
        until_metric(&server, name).await;
    }
    server.kill();
}

/// A small machine. Nobody need be cut off for the want of memory: all that is kept has a limit of its own.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn three_hundred_phones_fit_into_128_mib() {
    const MIB: u64 = 128;
    let dir = TempDir::new().unwrap();
    let server = Server::start(dir.path(), free_port()).await;
    // What exceeds this ends the process. Unlike that of a control group, anybody may set this limit.
    limit(&server, &format!("--data={}:", MIB << 20));
    let night = "--players 300 --questions 5 --spread-ms 200 --resume 10 --json";
    let output = bench(&server.url, TOKEN, &night.split(' ').collect::<Vec<_>>()).await;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let counts = ["join_ms", "connect_ms", "answer_ms", "resume_ms", "round_end_ms", "scores_ms"];
    let counts = counts.map(|name| report["figures"][name]["count"].as_u64().unwrap());
    assert_eq!(counts, [300, 300, 1_500, 150, 300, 300]);
    // And with the pages of the binary's own file, which are not data.
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.child.id())).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let peak: u64 = peak.trim().strip_suffix(" kB").unwrap().parse().unwrap();
    assert!(peak <= MIB << 10, "{peak} KiB were in memory");
}

#[cfg(target_os = "linux")]
fn limit(server: &Server, what: &str) {
    let limited = Command::new("prlimit").args(["--pid", &server.child.id().to_string(), what]).status();
    assert!(limited.expect("util-linux has prlimit").success());
}
