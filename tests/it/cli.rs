//! The commands that serve nobody: configuration, health, and what a package needs.

use crate::server::{Server, free_port};
use crate::support::{PATIENCE, Socket, expect, text};
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};
use sqlx::{Connection, Executor};
use std::io::{Seek, Write};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// Runs a command to its end, under nothing but this environment.
pub fn quibble(arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_quibble"));
    command.env_clear().envs(environment.iter().copied()).args(arguments).output().unwrap()
}

/// The same with something on standard input.
pub fn quibble_reading(input: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_quibble"));
    command.env_clear().args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // One that does not want it may have ended.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

/// What a command said that failed.
#[track_caller]
pub fn failed(output: &Output, code: i32) -> String {
    assert_eq!(output.status.code(), Some(code), "{}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[track_caller]
pub fn printed(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn configured(dir: &Path) -> String {
    let file = dir.join("quibble.toml");
    std::fs::write(&file, "[server]\nlisten = [\"127.0.0.1:8081\"]\n\n[redis]\nurl = \"redis://:hunter2@localhost\"\n")
        .unwrap();
    file.to_str().unwrap().to_owned()
}

#[test]
fn a_configuration_is_shown_with_the_origin_of_every_value_and_without_its_secrets() {
    let dir = TempDir::new().unwrap();
    let file = configured(dir.path());
    let environment = [
        ("LOG_LEVEL", "debug"),
        ("QUIBBLE_SERVER__MAX_CONNECTIONS", "500"),
        ("QUIBBLE_DATA__SAMPLES", "No"),
        ("DATABASE_URL", "postgres://quibble:hunter2@127.0.0.1/quibble"),
    ];
    let shown = quibble(&["config", "show", "--origin", "--config", &file, "--log-format", "json"], &environment);
    let shown = printed(&shown);
    assert!(!shown.contains("hunter2"), "{shown}");
    for line in [
        format!("listen = [\"127.0.0.1:8081\"] # from {file}:2:1"),
        "#public_url is not set".to_owned(),
        "max_connections = 500 # from the environment variable QUIBBLE_SERVER__MAX_CONNECTIONS".to_owned(),
        "max_upload_mb = 16 # from the defaults".to_owned(),
        "samples = false # from the environment variable QUIBBLE_DATA__SAMPLES".to_owned(),
        "#url is set, and a secret # from the environment variable DATABASE_URL".to_owned(),
        format!("#url is set, and a secret # from {file}:5:1"),
        "level = \"debug\" # from the environment variable LOG_LEVEL".to_owned(),
        "format = \"json\" # from the command line, --log-format".to_owned(),
    ] {
        assert!(shown.lines().any(|shown| shown == line), "{line} in\n{shown}");
    }
    let json = printed(&quibble(&["config", "show", "--json", "--config", &file], &environment));
    assert!(!json.contains("hunter2"), "{json}");
    let json: Value = serde_json::from_str(&json).unwrap();
    let of = |key: &str| json.as_array().unwrap().iter().find(|setting| setting["key"] == key).unwrap().clone();
    assert_eq!(of("server.max_connections")["value"], "500");
    assert_eq!(of("server.max_connections")["origin"]["place"], "QUIBBLE_SERVER__MAX_CONNECTIONS");
    assert_eq!((of("redis.url")["value"].clone(), of("redis.url")["secret"].clone()), (Value::Null, true.into()));
}

#[test]
fn what_is_shown_or_generated_is_a_configuration() {
    let dir = TempDir::new().unwrap();
    let shown = printed(&quibble(&["config", "show", "--listen", ":8082,localhost:8083"], &[("ADDR", ":1")]));
    assert!(shown.contains("listen = [\":8082,localhost:8083\"]"), "{shown}");
    for (name, text) in [("shown.toml", shown), ("generated.toml", printed(&quibble(&["config", "generate"], &[])))] {
        let file = dir.path().join(name);
        std::fs::write(&file, text).unwrap();
        let checked = printed(&quibble(&["config", "check", "--config", file.to_str().unwrap()], &[]));
        assert_eq!(checked, format!("The configuration is good. Its file is {}.\n", file.display()));
    }
}

#[test]
fn a_bad_configuration_fails_its_check_with_every_problem() {
    let bad = quibble(&["config", "check", "--listen", "nowhere", "--log-format", "xml"], &[("QUIBBLE_FOO", "1")]);
    assert_eq!(bad.status.code(), Some(78));
    let said = String::from_utf8_lossy(&bad.stderr).into_owned();
    assert!(said.starts_with("the configuration has 3 problems:"), "{said}");
    let warned = printed(&quibble(&["config", "check"], &[("AUTH0_DOMAIN", "example.org")]));
    assert!(
        warned.starts_with("Note: AUTH0_DOMAIN is set, but this version does not sign hosts in through Auth0"),
        "{warned}"
    );
}

#[tokio::test]
async fn a_health_check_asks_the_process_that_listens_here() {
    let dir = TempDir::new().unwrap();
    let port = free_port();
    let check = |more: &'static [&'static str]| {
        let listen = format!(":{port}");
        tokio::task::spawn_blocking(move || quibble(&[&["healthcheck", "--listen", &listen], more].concat(), &[]))
    };
    assert_eq!(check(&[]).await.unwrap().status.code(), Some(1), "nobody is there");
    let server = Server::start(dir.path(), port).await;
    assert_eq!(printed(&check(&[]).await.unwrap()), "{\"status\":\"ok\"}\n");
    assert_eq!(printed(&check(&["--ready"]).await.unwrap()), "{\"status\":\"ok\"}\n");
    server.kill();

    // Where there is an address for operators it is asked, whatever becomes of the others.
    let ops = format!("127.0.0.1:{}", free_port());
    let mut command = Server::command(dir.path(), port);
    command.env("QUIBBLE_OPS__LISTEN", &ops);
    let server = Server::run(command, port).await;
    let asked = move || quibble(&["healthcheck", "--ready", "--listen", ":1"], &[("QUIBBLE_OPS__LISTEN", &ops)]);
    let said = printed(&tokio::task::spawn_blocking(asked).await.unwrap());
    assert!(said.contains("\"database_writable\":true"), "{said}");
    server.kill();
}

#[test]
fn a_package_gets_its_completions_and_manual_pages() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = printed(&quibble(&["completions", shell], &[]));
        assert!(script.contains("healthcheck"), "{shell}");
    }
    assert!(printed(&quibble(&["man"], &[])).contains(".TH quibble 1"));
    let dir = TempDir::new().unwrap();
    printed(&quibble(&["man", "--into", dir.path().to_str().unwrap()], &[]));
    for page in [
        "quibble-user-create.1",
        "quibble-doctor.1",
        "quibble.1",
        "quibble-serve.1",
        "quibble-config-show.1",
        "quibble-migrate-up.1",
    ] {
        assert!(dir.path().join(page).is_file(), "{page}");
    }
    let version: Value = serde_json::from_str(&printed(&quibble(&["version", "--json"], &[]))).unwrap();
    assert_eq!(version["version"], env!("CARGO_PKG_VERSION"));
}

#[test]
fn an_unknown_word_is_answered_with_the_near_one() {
    let unknown = quibble(&["helthcheck"], &[]);
    assert_eq!(unknown.status.code(), Some(2));
    let said = String::from_utf8_lossy(&unknown.stderr).into_owned();
    assert!(said.contains("'healthcheck'"), "{said}");
}

/// Taken in the middle of a game, put back beside what came later, and played on.
#[tokio::test]
async fn a_backup_of_a_running_quibble_is_put_back() {
    let (dir, port) = (TempDir::new().unwrap(), free_port());
    let backups = dir.path().join("elsewhere");
    let data = dir.path().join("data");
    let run = |arguments: &[&str]| quibble(&[arguments, &["--data-dir", data.to_str().unwrap()]].concat(), &[]);
    let refused = |arguments: &[&str], why: &str| {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(1));
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains(why), "{said}");
    };
    let into = backups.to_str().unwrap();
    refused(&["backup", "create", "--into", into], "there is no data in");

    let server = Server::start(&data, port).await;
    let (game, _) = server.game(1).await;
    let created = printed(&run(&["backup", "create", "--into", into]));
    let file = created.lines().next().unwrap().to_owned();
    assert!(created.contains("1 games"), "{created}");
    refused(&["restore", &file], "a Quibble is running");
    server.send(Method::POST, "/api/banks", json!({ "name": "Later" })).await;
    server.kill();

    refused(&["restore", &file], "--replace moves it aside");
    refused(&["restore", "--replace", dir.path().join("none.zip").to_str().unwrap()], "No such file");
    assert!(data.join("quibble.db").is_file(), "nothing was moved for a backup that is none");
    printed(&run(&["backup", "verify", &file]));
    std::fs::rename(data.join("quibble.db"), dir.path().join("bad.db")).unwrap();
    refused(&["restore", &file], "--replace moves it aside");
    std::fs::rename(dir.path().join("bad.db"), data.join("quibble.db")).unwrap();
    let restored = printed(&run(&["restore", "--replace", &file]));
    let aside = restored.split(" is in ").nth(1).unwrap().split(" now.").next().unwrap();
    for name in ["quibble.db", "quibble.db-wal"] {
        assert!(Path::new(aside).join(name).is_file(), "{name} is in {aside}");
    }
    let server = Server::start(&data, port).await;
    assert_eq!(server.send(Method::GET, &format!("/api/games/{game}"), Value::Null).await["status"], "lobby");
    let banks = server.send(Method::GET, "/api/banks", Value::Null).await;
    assert!(!banks.to_string().contains("Later"), "{banks}");
    server.kill();

    printed(&run(&["backup", "create", "--into", into]));
    std::fs::write(backups.join("quibble-0.backup.zip"), "no backup").unwrap();
    let listed = printed(&run(&["backup", "list", into]));
    assert_eq!((listed.matches("Taken ").count(), listed.matches("Cannot be used").count()), (2, 1), "{listed}");
    let pruned = printed(&run(&["backup", "prune", into, "--keep", "1"]));
    assert!(pruned.contains(&format!("Deleted {file}")) && pruned.contains("1 of 2 backups stay."), "{pruned}");
}

/// Somebody who signs in with a password, or cannot.
async fn sign_in(server: &Server, name: &str, password: &str) -> Response {
    let shown = json!({ "username": name, "password": password });
    server.http.post(format!("{}/api/session", server.url)).json(&shown).send().await.unwrap()
}

/// The link of somebody without a password, made and used beside the server; then a new password, and out.
#[tokio::test]
async fn accounts_are_made_shut_out_and_let_in_again_while_the_server_runs() {
    let (dir, port) = (TempDir::new().unwrap(), free_port());
    let data = dir.path().to_str().unwrap();
    let user = |arguments: &[&str]| quibble(&[&["user"], arguments, &["--data-dir", data]].concat(), &[]);
    let server = Server::start(dir.path(), port).await;

    // With a password from standard input, and from a file.
    let create = ["user", "create", "Ann", "--password-stdin", "--data-dir", data];
    let made = printed(&quibble_reading("correct horse battery\n", &create));
    assert_eq!(made, format!("Ann hosts here now, and signs in at http://127.0.0.1:{port}\n"));
    let again = failed(&quibble_reading("correct horse battery\n", &create), 1);
    assert!(again.contains("an account is called \"Ann\" already"), "{again}");
    let short =
        failed(&quibble_reading("horse\n", &["user", "create", "Eve", "--password-stdin", "--data-dir", data]), 1);
    assert!(short.contains("at least 10 characters"), "{short}");
    assert!(failed(&user(&["create", " "]), 1).contains("1 to 64 characters"));
    failed(&user(&["create", "Eve", "--password", "on the command line"]), 2);

    // Ann runs a game.
    let signed_in = sign_in(&server, "ann", "correct horse battery").await;
    let cookie = signed_in.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let as_ann = async |method: Method, path: &str, body: Value| {
        let request = server.http.request(method, format!("{}{path}", server.url)).header("cookie", &cookie);
        request.json(&body).send().await.unwrap()
    };
    let bank = expect(as_ann(Method::POST, "/api/banks", json!({ "name": "Ann's" })).await, StatusCode::CREATED).await;
    let bank = text(&bank["id"]);
    let question = json!({ "type": "text", "prompt": "One?", "accepted_answers": ["1"] });
    as_ann(Method::POST, &format!("/api/banks/{bank}/questions"), question).await;
    let game = as_ann(Method::POST, "/api/games", json!({ "bank_id": bank, "round_size": 1 })).await;
    let code = text(&expect(game, StatusCode::CREATED).await["code"]);
    let mut console = Socket::open_with_cookie(&server.url, &format!("/ws/{code}"), Some(&cookie)).await.unwrap();
    console.until("host_state").await;
    let token = as_ann(Method::POST, "/api/account/tokens", json!({ "name": "mine" })).await;
    let token = text(&expect(token, StatusCode::CREATED).await["token"]);
    let with_token =
        async || server.http.get(format!("{}/api/me", server.url)).bearer_auth(&token).send().await.unwrap().status();
    assert_eq!(with_token().await, StatusCode::OK);

    let unknown = failed(&user(&["disable", "anm"]), 1);
    assert!(unknown.contains("no account is called \"anm\". Is \"Ann\" the one that you mean?"), "{unknown}");
    let disabled = printed(&user(&["disable", "ANN"]));
    assert!(disabled.starts_with("Ann is disabled"), "{disabled}");
    assert_eq!(with_token().await, StatusCode::UNAUTHORIZED);
    assert_eq!(sign_in(&server, "ann", "correct horse battery").await.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(as_ann(Method::GET, "/api/me", Value::Null).await.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(console.closed().await.map(|(code, _)| code), Some(4401), "an open console is closed");
    let found = server.http.get(format!("{}/api/games/by-code/{code}", server.url)).send().await.unwrap();
    assert_eq!(found.status(), StatusCode::OK, "the game goes on");
    assert!(failed(&user(&["setup-link", "Ann"]), 1).contains("`quibble user enable \"Ann\"` comes first"));
    let list = printed(&user(&["list"]));
    assert!(list.lines().any(|line| line.starts_with("Ann ") && line.contains("disabled since 20")), "{list}");

    printed(&user(&["enable", "Ann"]));
    assert_eq!(with_token().await, StatusCode::OK);
    assert_eq!(as_ann(Method::GET, "/api/me", Value::Null).await.status(), StatusCode::UNAUTHORIZED);
    let secret = dir.path().join("password");
    std::fs::write(&secret, "another horse battery\r\n").unwrap();
    let reset = ["reset-password", "Ann", "--password-file", secret.to_str().unwrap()];
    let told = printed(&user(&reset));
    assert!(told.contains("API tokens that still work: 1"), "{told}");
    assert_eq!(sign_in(&server, "ann", "correct horse battery").await.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(sign_in(&server, "ann", "another horse battery").await.status(), StatusCode::OK);
    assert!(printed(&user(&[&reset[..], &["--end-tokens"]].concat())).contains("API tokens that ended: 1."));
    assert_eq!(with_token().await, StatusCode::UNAUTHORIZED);
    server.kill();
}

#[tokio::test]
async fn an_account_without_a_password_gets_a_link() {
    let (dir, port) = (TempDir::new().unwrap(), free_port());
    let data = dir.path().to_str().unwrap();
    let user = |arguments: &[&str]| quibble(&[&["user"], arguments, &["--data-dir", data]].concat(), &[]);
    let nothing = failed(&user(&["list"]), 1);
    assert!(nothing.contains("there is no data in"), "{nothing}");
    assert!(!dir.path().join("quibble.db").exists(), "looking makes nothing");

    // Before the first start, too.
    let made = printed(&user(&["create", "Bob"]));
    let secret_of = |said: &str| said.split_once("/setup#").unwrap().1.trim().to_owned();
    let server = Server::start(dir.path(), port).await;
    let owner = printed(&user(&["setup-link"]));
    let setup = async |what: &str, body: Value| {
        server.http.post(format!("{}/api/setup{what}", server.url)).json(&body).send().await.unwrap()
    };
    let kind = expect(setup("/check", json!({ "token": secret_of(&made) })).await, StatusCode::OK).await;
    assert_eq!(kind, json!({ "kind": "recovery", "username": "Bob" }));
    let chosen = json!({ "token": secret_of(&made), "password": "correct horse battery" });
    let set_up = expect(setup("", chosen.clone()).await, StatusCode::CREATED).await;
    assert_eq!((&set_up["username"], &set_up["role"]), (&json!("Bob"), &json!("host")));
    assert_eq!(setup("", chosen).await.status(), StatusCode::GONE, "once");
    assert_eq!(sign_in(&server, "bob", "correct horse battery").await.status(), StatusCode::OK);
    let kind = expect(setup("/check", json!({ "token": secret_of(&owner) })).await, StatusCode::OK).await;
    assert_eq!(kind, json!({ "kind": "owner" }), "another's link is not the owner's");

    let pat = ["user", "create", "--owner", "Pat", "--password-stdin", "--data-dir", data];
    assert!(failed(&user(&["create", "--owner", "Pat"]), 1).contains("the owner needs a password"));
    assert!(printed(&quibble_reading("correct horse battery", &pat)).starts_with("Pat owns this Quibble"));
    assert!(failed(&quibble_reading("correct horse battery", &pat), 1).contains("is called \"Pat\""));
    assert_eq!(sign_in(&server, "pat", "correct horse battery").await.status(), StatusCode::OK);
    printed(&user(&["disable", "Bob"]));
    let last = failed(&user(&["disable", "Pat"]), 1);
    assert!(last.contains("nobody else could sign in then"), "{last}");
    let listed: Value = serde_json::from_str(&printed(&user(&["list", "--json"]))).unwrap();
    let summary = |of: &Value| {
        let has = |key: &str| !of[key].is_null();
        (text(&of["name"]), text(&of["role"]), of["has_password"].clone(), has("disabled_at"), has("last_seen_at"))
    };
    let listed: Vec<_> = listed.as_array().unwrap().iter().map(summary).collect();
    let yes = json!(true);
    let bob = ("Bob".to_owned(), "host".to_owned(), yes.clone(), true, false);
    assert_eq!(listed, [bob, ("Pat".to_owned(), "owner".to_owned(), yes, false, true)]);
    server.kill();
}

/// What a command that checks things printed: the code that it ended with, and the states and sentences by name.
fn checked(output: &Output) -> (Option<i32>, Vec<(String, String, String)>) {
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(said["ok"] == true, output.status.success(), "{said}");
    let check = |check: &Value| {
        let advised = check["advice"].is_string();
        assert_eq!(check["state"] != "ok", advised, "what is not well comes with what to do: {check}");
        (text(&check["name"]), text(&check["state"]), text(&check["found"]))
    };
    (output.status.code(), said["checks"].as_array().unwrap().iter().map(check).collect())
}

fn states<'a>(checks: &'a [(String, String, String)], name: &str) -> Vec<(&'a str, &'a str)> {
    let named = checks.iter().filter(|(of, ..)| of == name);
    named.map(|(_, state, found)| (state.as_str(), found.as_str())).collect()
}

#[tokio::test]
async fn a_doctor_looks_at_what_runs_and_finds_what_does_not() {
    let (dir, port) = (TempDir::new().unwrap(), free_port());
    let (data, listen) = (dir.path().join("data"), format!("127.0.0.1:{port}"));
    let ops = format!("127.0.0.1:{}", free_port());
    let doctor = |more: &[&str]| {
        let arguments = ["doctor", "--json", "--data-dir", data.to_str().unwrap(), "--listen", &listen];
        quibble(&[&arguments, more].concat(), &[("QUIBBLE_OPS__LISTEN", &ops)])
    };
    let (code, checks) = checked(&doctor(&[]));
    assert_eq!(code, Some(0), "{checks:?}");
    assert_eq!(states(&checks, "data_folder")[0].0, "warning");
    assert!(states(&checks, "database")[0].1.contains("there is none yet"), "{checks:?}");
    assert!(!data.exists(), "looking makes nothing");

    let mut command = Server::command(&data, port);
    command.env("QUIBBLE_OPS__LISTEN", &ops);
    let server = Server::run(command, port).await;
    let (code, checks) = checked(&doctor(&[]));
    assert_eq!(code, Some(0), "{checks:?}");
    for name in ["configuration", "data_folder", "database", "integrity", "schema", "clock", "service"] {
        assert_eq!(states(&checks, name)[0].0, "ok", "{checks:?}");
    }
    let ports: Vec<_> = states(&checks, "port").into_iter().map(|(_, found)| found.to_owned()).collect();
    assert_eq!(ports, [&listen, &ops].map(|address| format!("a Quibble listens on {address}")));
    assert!(states(&checks, "service")[0].1.contains("0 games"), "{checks:?}");
    assert_eq!(states(&checks, "backup")[0].0, "warning", "{checks:?}");
    printed(&quibble(&["backup", "create", "--data-dir", data.to_str().unwrap()], &[]));
    let (_, checks) = checked(&doctor(&[]));
    assert_eq!(states(&checks, "backup")[0].0, "ok", "{checks:?}");
    assert_eq!(states(&checked(&doctor(&["--backups", "/nowhere"])).1, "backup")[0].0, "warning");
    server.kill();

    // Another program has the port, and the database is damaged.
    let other = std::net::TcpListener::bind(&listen).unwrap();
    std::thread::spawn(move || other.incoming().for_each(drop));
    printed(&quibble(&["migrate", "up", "--data-dir", data.to_str().unwrap()], &[]));
    let mut file = std::fs::File::options().write(true).open(data.join("quibble.db")).unwrap();
    file.seek(std::io::SeekFrom::Start(4_096)).unwrap();
    file.write_all(&vec![0xff; 16 * 4_096]).unwrap();
    let (code, checks) = checked(&doctor(&[]));
    assert_eq!(code, Some(1));
    let damaged = checks.iter().find(|(name, state, _)| state == "problem" && name != "port");
    assert!(["database", "integrity", "schema"].contains(&damaged.unwrap().0.as_str()), "{checks:?}");
    assert_eq!(states(&checks, "port")[0], ("problem", format!("another program listens on {listen}").as_str()));
    assert_eq!(states(&checks, "service")[0].0, "warning");
}

#[test]
fn a_doctor_names_what_is_wrong_with_a_configuration() {
    let bad = quibble(&["doctor", "--json", "--listen", "nowhere", "--log-format", "xml"], &[]);
    let (code, checks) = checked(&bad);
    assert_eq!(code, Some(1));
    assert_eq!(states(&checks, "configuration").len(), 2, "{checks:?}");
    let said = quibble(&["doctor", "--listen", "nowhere"], &[]);
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    assert!(said.starts_with("problem  configuration: server.listen: "), "{said}");
    assert!(said.ends_with("\n1 checks: 1 problem, 0 warnings.\n"), "{said}");
}

#[tokio::test]
async fn a_doctor_looks_at_the_certificate() {
    let dir = TempDir::new().unwrap();
    let path = |name: &str| dir.path().join(name).display().to_string();
    let (data, listen, tls_listen) = (path("data"), free_port(), format!("127.0.0.1:{}", free_port()));
    let look = |settings: &[(&str, &str)]| {
        let arguments = ["doctor", "--json", "--data-dir", &data, "--listen", &format!("127.0.0.1:{listen}")];
        let all = [settings, &[("QUIBBLE_TLS__LISTEN", &tls_listen)]].concat();
        let (_, checks) = checked(&quibble(&arguments, &all));
        let of = states(&checks, "certificate");
        of.into_iter().map(|(state, found)| (state.to_owned(), found.to_owned())).collect::<Vec<_>>()
    };
    assert_eq!(look(&[]), [], "there is to be none");

    let (cert, key) = (path("cert.pem"), path("key.pem"));
    let files = [("QUIBBLE_TLS__MODE", "files"), ("QUIBBLE_TLS__CERT_FILE", &cert), ("QUIBBLE_TLS__KEY_FILE", &key)];
    let none = look(&files);
    assert_eq!(none[0].0, "problem");
    assert!(none[0].1.contains("cert.pem cannot be read"), "{none:?}");
    let now_ms = quibble::clock::Clock::system().now_ms();
    let pem = quibble::net::self_signed(vec!["quiz.example.org".to_owned()], now_ms).unwrap();
    std::fs::write(&cert, pem.chain).unwrap();
    std::fs::write(&key, pem.key).unwrap();
    let well = look(&files);
    assert_eq!((well.len(), well[0].0.as_str()), (1, "ok"), "{well:?}");
    assert!(well[0].1.contains("quiz.example.org is valid for 39"), "{well:?}");
    for (url, states) in [
        ("https://quiz.example.org", &["ok"][..]),
        ("https://other.example.org", &["ok", "problem"]),
        ("http://192.168.1.5", &["ok"]),
    ] {
        let settings = [&files[..], &[("QUIBBLE_SERVER__PUBLIC_URL", url)]].concat();
        let found: Vec<_> = look(&settings).into_iter().map(|(state, _)| state).collect();
        assert_eq!(found, states, "{url}");
    }

    let own = [("QUIBBLE_TLS__MODE", "self-signed")];
    assert!(look(&own)[0].1.contains("the first start makes one"));
    let nowhere = format!("https://127.0.0.1:{}/directory", free_port());
    let acme = [
        ("QUIBBLE_TLS__MODE", "acme"),
        ("QUIBBLE_ACME__DOMAINS", "quiz.example.org"),
        ("QUIBBLE_ACME__DIRECTORY", &nowhere),
        ("QUIBBLE_ACME__CHALLENGE", "tls-alpn-01"),
    ];
    assert!(look(&acme)[0].1.contains("the first start asks for it"));
    assert!(!dir.path().join("data").exists(), "looking makes nothing");

    for settings in [&own[..], &acme] {
        let mut command = Server::command(&dir.path().join("data"), listen);
        command.envs(settings.iter().copied()).env("QUIBBLE_TLS__LISTEN", &tls_listen);
        Server::log(&mut command, listen);
        let server = Server::run(command, listen).await;
        let found = async {
            loop {
                let found = look(settings);
                if found[0].1.contains("SHA-256") || found[0].0 == "problem" {
                    return found;
                }
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
        };
        let found = tokio::time::timeout(PATIENCE, found).await.unwrap();
        if settings == own {
            assert_eq!((found.len(), found[0].0.as_str()), (1, "ok"), "{found:?}");
        } else {
            assert!(found[0].1.starts_with("there is none. The certificate authority cannot be spoken"), "{found:?}");
            assert!(found[0].1.contains("And the next try is at "), "{found:?}");
            // Whether anybody is at port 443 of this machine is its own affair.
            assert!(found[1].1.starts_with("the authority asks at port 443, and Quibble is "), "{found:?}");
        }
        server.kill();
    }
}

/// A database that lacks the newest step, as one of the version before.
#[tokio::test]
async fn an_upgrade_goes_ahead_with_a_backup_and_is_only_looked_at() {
    let (dir, port) = (TempDir::new().unwrap(), free_port());
    let data = dir.path().to_str().unwrap();
    let check = || quibble(&["upgrade-check", "--json", "--data-dir", data], &[]);
    assert!(states(&checked(&check()).1, "database")[0].1.contains("there is none yet"));
    Server::start(dir.path(), port).await.kill();
    let (code, checks) = checked(&check());
    assert_eq!((code, checks.len()), (Some(0), 1), "{checks:?}");
    assert!(states(&checks, "schema")[0].1.contains("nothing is to be done"), "{checks:?}");

    let file = format!("sqlite://{}", dir.path().join("quibble.db").display());
    let mut database = sqlx::SqliteConnection::connect(&file).await.unwrap();
    let newest = "DELETE FROM _sqlx_migrations WHERE version = (SELECT max(version) FROM _sqlx_migrations)";
    database.execute(newest).await.unwrap();
    database.close().await.unwrap();
    let plan = printed(&quibble(&["migrate", "plan", "--data-dir", data], &[]));
    assert!(plan.contains("(pending)"), "{plan}");
    let (code, checks) = checked(&check());
    assert_eq!(code, Some(1));
    assert_eq!(states(&checks, "backup")[0].0, "problem", "{checks:?}");
    let step = plan.lines().next().unwrap().trim_start_matches("-- ").trim_end_matches(" (pending)");
    assert!(states(&checks, "steps")[0].1.starts_with(step), "{step} in {checks:?}");
    assert!(!states(&checks, "rollback").is_empty(), "{checks:?}");
    let doctor = checked(&quibble(&["doctor", "--json", "--data-dir", data, "--listen", "127.0.0.1:0"], &[])).1;
    assert_eq!(states(&doctor, "schema")[0].0, "warning", "{doctor:?}");

    printed(&quibble(&["backup", "create", "--data-dir", data], &[]));
    let (code, checks) = checked(&check());
    assert_eq!(code, Some(0), "{checks:?}");
    assert_eq!(printed(&quibble(&["migrate", "plan", "--data-dir", data], &[])), plan, "nothing was applied");
    assert_eq!(quibble(&["upgrade-check", "--listen", "nowhere"], &[]).status.code(), Some(78));
}
