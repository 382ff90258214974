//! The commands about the data as a whole: from one database to the other, backups of a server, the secret key, and
//! material as files.

use crate::cli::{failed, printed, quibble, quibble_reading};
use crate::server::{Server, free_port};
use crate::support::{database, text};
use database::TestDatabase;
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::{Connection, Executor};
use std::fs;
use std::path::Path;
use std::process::Output;
use tempfile::TempDir;

/// What a command finds the programs of PostgreSQL by.
fn path() -> String {
    std::env::var("PATH").unwrap_or_default()
}

fn said(output: &Output) -> Value {
    serde_json::from_str(&printed(output)).unwrap()
}

/// A game that was played for a while: its id, and what its player said.
async fn played(server: &Server) -> String {
    let (game, code) = server.game(2).await;
    let mut host = server.socket(&code, json!({ "token": crate::server::TOKEN })).await;
    let join = json!({ "code": code, "display_name": "Zoë O'Neill" });
    let joined = server.send(Method::POST, "/api/join", join).await;
    host.until("host_state").await;
    let mut phone = server.socket(&code, json!({ "session": joined["session_token"] })).await;
    host.step("start_game", json!({})).await;
    host.step("release_question", json!({})).await;
    let released = phone.until("question_released").await;
    let answer = "it's \"odd\" \\ 🎉 e\u{301}";
    assert_eq!(phone.answer(&released["question"]["id"], answer, "one").await["type"], "answer_accepted");
    game
}

#[tokio::test]
async fn everything_goes_from_one_database_to_the_other_and_back() {
    let dir = TempDir::new().unwrap();
    let at = |name: &str| dir.path().join(name).display().to_string();
    let port = free_port();
    let server = Server::start(&dir.path().join("data"), port).await;
    let game = played(&server).await;
    let copy = |arguments: &[&str]| quibble(&[&["db", "copy"], arguments].concat(), &[("PATH", &path())]);
    let from = at("data");
    let running = copy(&["--from", &from, "--to", &at("other.db")]);
    assert!(failed(&running, 1).contains("a Quibble is running with the data in"));
    server.kill();

    // To a server where the tests have one, else to another file.
    let other = database::fresh().await;
    let (there, environment) = match &other {
        TestDatabase::File(other) => (other.path().join("quibble.db").display().to_string(), None),
        TestDatabase::Postgres { url, direct_url } => {
            let url = direct_url.as_ref().unwrap_or(url).clone();
            (url.clone(), Some(url))
        }
    };
    let counted = said(&copy(&["--from", &from, "--to", &there, "--dry-run", "--json"]));
    assert_eq!(counted["dry_run"], true);
    let copied = said(&copy(&["--from", &from, "--to", &there, "--json"]));
    assert_eq!(copied["rows"], counted["rows"]);
    let rows = |table: &str| {
        let tables = copied["tables"].as_array().unwrap();
        tables.iter().find(|one| one["table"] == table).unwrap()["rows"].as_u64().unwrap()
    };
    assert_eq!((rows("games"), rows("game_answers")), (1, 1));
    assert!(rows("game_events") > 3);
    assert!(failed(&copy(&["--from", &from, "--to", &there]), 1).contains("there is data in the target already"));
    assert!(failed(&copy(&["--from", &from, "--to", &from]), 1).contains("are the same"));

    let back = at("back");
    fs::create_dir(&back).unwrap();
    let again = said(&copy(&["--from", &there, "--to", &back, "--json"]));
    assert_eq!(again["tables"], copied["tables"], "the same rows, whichever way they went");
    let server = Server::start(Path::new(&back), port).await;
    let shown = server.send(Method::GET, &format!("/api/games/{game}"), Value::Null).await;
    assert_eq!(shown["status"], "in_progress");
    server.kill();

    // Played on where it came to.
    if let Some(url) = environment {
        let mut command = Server::command(&dir.path().join("replica"), port);
        command.env("DATABASE_URL", &url);
        let server = Server::run(command, port).await;
        let shown = server.send(Method::GET, &format!("/api/games/{game}"), Value::Null).await;
        assert_eq!(shown["status"], "in_progress");
        let refused = failed(&copy(&["--from", &there, "--to", &at("never.db")]), 1);
        assert!(refused.contains("a Quibble is running with the source"), "{refused}");
        server.kill();
    }
}

#[test]
fn a_password_is_not_taken_from_the_command_line() {
    let dir = TempDir::new().unwrap();
    let to = "postgres://me:hunter2@127.0.0.1:1/q?sslmode=disable";
    let data = dir.path().to_str().unwrap();
    let refused = failed(&quibble(&["db", "copy", "--from", data, "--to", to], &[]), 1);
    assert!(refused.contains("--to-password-file") && !refused.contains("hunter2"), "{refused}");
    let refused = failed(&quibble(&["db", "copy", "--from", data, "--to", "none.db"], &[]), 1);
    assert!(refused.contains("there is no database at"), "{refused}");
}

/// The drill with the real program, on a server: taken while it is served, and put back.
#[tokio::test]
async fn a_backup_of_a_server_is_taken_and_put_back() {
    let other = database::fresh().await;
    let TestDatabase::Postgres { url, direct_url } = &other else { return };
    let url = direct_url.as_ref().unwrap_or(url);
    let (dir, port, path) = (TempDir::new().unwrap(), free_port(), path());
    let data = dir.path().join("data");
    let run = |arguments: &[&str]| {
        let environment = [("DATABASE_URL", url.as_str()), ("PATH", &path)];
        quibble(&[arguments, &["--data-dir", data.to_str().unwrap()]].concat(), &environment)
    };
    let begun = async || {
        let mut command = Server::command(&data, port);
        command.env("DATABASE_URL", url);
        Server::run(command, port).await
    };
    let server = begun().await;
    let game = played(&server).await;
    let first_line = |output: &Output| printed(output).lines().next().unwrap().to_owned();
    let portable = first_line(&run(&["backup", "create", "--format", "portable"]));
    let dumped = run(&["backup", "create"]);
    assert!(printed(&dumped).contains("with pg_dump"), "{dumped:?}");
    let dumped = first_line(&dumped);
    assert!(failed(&run(&["restore", &portable, "--replace"]), 1).contains("a Quibble is running with the target"));
    server.kill();
    assert_eq!(printed(&run(&["backup", "list"])).matches("1 games").count(), 2);
    for file in [&portable, &dumped] {
        assert!(printed(&run(&["backup", "verify", file])).contains("is whole"));
    }

    // Replicas are known by what they wrote lately: as if that were long ago.
    let mut admin = sqlx::PgConnection::connect(url).await.unwrap();
    admin.execute("UPDATE heartbeat SET at = 0").await.unwrap();
    assert!(failed(&run(&["restore", &portable]), 1).contains("--replace moves it aside"));
    for file in [&portable, &dumped] {
        admin.execute("UPDATE heartbeat SET at = 0").await.unwrap();
        let restored = printed(&run(&["restore", file, "--replace"]));
        assert!(restored.contains("is in the schema before_restore_"), "{restored}");
    }
    let server = begun().await;
    let shown = server.send(Method::GET, &format!("/api/games/{game}"), Value::Null).await;
    assert_eq!(shown["status"], "in_progress");
    server.kill();

    // The portable one goes into a file, too.
    let file = dir.path().join("file");
    let into_file = |backup: &str| quibble(&["restore", backup, "--data-dir", file.to_str().unwrap()], &[]);
    assert!(failed(&into_file(&dumped), 1).contains("only PostgreSQL takes back"));
    printed(&into_file(&portable));
    let server = Server::start(&file, port).await;
    assert_eq!(server.send(Method::GET, &format!("/api/games/{game}"), Value::Null).await["status"], "in_progress");
    server.kill();
}

#[tokio::test]
async fn the_secret_key_is_changed_while_nobody_serves() {
    let dir = TempDir::new().unwrap();
    let data = dir.path().to_str().unwrap();
    let rotate = |more: &[&str]| quibble(&[&["keys", "rotate", "--data-dir", data], more].concat(), &[]);
    assert!(failed(&rotate(&[]), 1).contains("there is no data in"));
    let server = Server::start(dir.path(), free_port()).await;
    assert!(failed(&rotate(&[]), 1).contains("a Quibble is running with the data"));
    server.kill();
    assert!(failed(&rotate(&[]), 1).contains("there is no secret key in"));
    let key = dir.path().join("secret.key");
    fs::write(&key, "the first key of this Quibble").unwrap();
    let rotated = said(&rotate(&["--json"]));
    assert_eq!((rotated["sealed_again"].clone(), rotated["left"].clone()), (0.into(), 0.into()));
    let second = fs::read_to_string(&key).unwrap();
    assert!(second.len() >= 32 && second != "the first key of this Quibble", "{second}");
    assert!(!dir.path().join("secret.key.new").exists());
    assert!(failed(&rotate(&["--new-key-stdin"]), 1).contains("in a file of the data folder"));

    // Where it is configured it is given, and never in the arguments.
    let (old, new) = ("0".repeat(32), "1".repeat(32));
    fs::write(dir.path().join("quibble.toml"), format!("[auth]\nsecret_key = \"{old}\"\n")).unwrap();
    let config = dir.path().join("quibble.toml").display().to_string();
    let given = |text: &str| {
        quibble_reading(text, &["keys", "rotate", "--new-key-stdin", "--data-dir", data, "--config", &config])
    };
    assert!(failed(&given("short\n"), 1).contains("at least 32 characters"));
    assert!(failed(&given(&old), 1).contains("is the one that is configured"));
    assert!(printed(&given(&format!("{new}\n"))).contains("Set auth.secret_key to it now"));
    assert_eq!(fs::read_to_string(&key).unwrap(), second, "the file is not what counts");
}

#[tokio::test]
async fn material_goes_out_and_comes_in_as_files_while_the_server_runs() {
    let dir = TempDir::new().unwrap();
    let data = dir.path().join("data");
    let run = |arguments: &[&str]| quibble(&[arguments, &["--data-dir", data.to_str().unwrap()]].concat(), &[]);
    let write = |name: &str, text: &str| {
        let file = dir.path().join(name);
        fs::write(&file, text).unwrap();
        file.display().to_string()
    };
    let server = Server::start(&data, free_port()).await;
    let good = write("good.csv", "Question,Answer\nWho?,Me\n\"Where, then?\",Here\n");
    let would = said(&run(&["import", &good, "--bank", "Pub", "--dry-run", "--json"]));
    assert_eq!((would["importable"].clone(), would["imported"].clone()), (2.into(), 0.into()));
    let came = printed(&run(&["import", &good, "--bank", "Pub"]));
    assert!(came.contains("The bank \"Pub\" has 2 of 2 questions of the file."), "{came}");

    // The same again, and one that has no answer: refused by row, and nothing stored.
    let bad = write("bad.csv", "Question,Answer\nWho?,Me\nWhen?,\nWhy?,So\n");
    let refused = run(&["import", &bad, "--bank", "Pub", "--json"]);
    assert!(failed(&refused, 1).contains("2 of 3 questions were refused"));
    let refused: Value = serde_json::from_slice(&refused.stdout).unwrap();
    let rows: Vec<_> = refused["problems"].as_array().unwrap().iter().map(|problem| problem["row"].clone()).collect();
    assert_eq!((rows, refused["imported"].clone()), (vec![json!(2), json!(3)], json!(0)));
    let skipped = said(&run(&["import", &bad, "--bank", "Pub", "--skip-bad", "--json"]));
    assert_eq!((skipped["imported"].clone(), skipped["total"].clone()), (1.into(), 3.into()));
    let imports = server.send(Method::GET, &format!("/api/banks/{}/imports", text(&skipped["id"])), Value::Null).await;
    assert_eq!(imports.as_array().unwrap().len(), 2, "the web shows them");
    assert!(failed(&run(&["import", &good]), 1).contains("--bank"));

    // Out and in again: the same bytes.
    let exported = printed(&run(&["export", "bank", "Pub"]));
    let file = write("pub.json", &exported.replace("\"Pub\"", "\"Pub again\""));
    printed(&run(&["import", &file]));
    assert_eq!(printed(&run(&["export", "bank", "Pub again"])).replace("\"Pub again\"", "\"Pub\""), exported);
    assert!(failed(&run(&["export", "bank", "Pob"]), 1).contains("Is \"Pub\" the one that you mean?"));
    let all = dir.path().join("all").display().to_string();
    let files = said(&run(&["export", "all", "--into", &all, "--json"]));
    let files = files["files"].as_array().unwrap();
    let quiz = files.iter().find(|file| file["kind"] == "quiz").unwrap();
    let banks = files.iter().filter(|file| file["kind"] == "bank").count();
    assert_eq!(banks, server.send(Method::GET, "/api/banks?limit=100", Value::Null).await.as_array().unwrap().len());
    assert!(failed(&run(&["export", "all", "--into", &all]), 1).contains("File exists"), "nothing is written over");

    // A whole quiz, for somebody else.
    printed(&run(&["user", "create", "Ann", "--link"]));
    let came = printed(&run(&["import", quiz["file"].as_str().unwrap(), "--account", "Ann"]));
    assert!(came.contains("The quiz "), "{came}");
    let theirs = printed(&run(&["export", "quiz", quiz["name"].as_str().unwrap(), "--account", "Ann"]));
    let ours = printed(&run(&["export", "quiz", quiz["name"].as_str().unwrap()]));
    assert_eq!(theirs, ours);
    assert!(failed(&run(&["import", &good, "--bank", "x", "--account", "An"]), 1).contains("Is \"Ann\" the one"));
    server.kill();
}
