//! What the owner sees and does who looks after a Quibble.

use crate::support::{PASSWORD, Quibble, Socket, asks, database, expect, text};
use quibble::store::backup;
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::time::sleep;

/// The browser of an owner who has a password.
struct Browser {
    quibble: Quibble,
    cookie: String,
}

impl Browser {
    async fn open() -> Self {
        let quibble = Quibble::start().await;
        let link = quibble.auth.new_setup_link().await.unwrap();
        let cookie = set_up(&quibble, link.reveal(), Some("pat")).await;
        Self { quibble, cookie }
    }

    async fn post(&self, path: &str, body: Value) -> Response {
        let request = self.quibble.http.post(format!("{}{path}", self.quibble.url)).header("cookie", &self.cookie);
        request.json(&body).send().await.unwrap()
    }
}

/// Chooses a password by a link, and gives the cookie of the session that this opens.
async fn set_up(quibble: &Quibble, token: &str, username: Option<&str>) -> String {
    let setup = json!({ "token": token, "username": username, "password": PASSWORD });
    let made = quibble.send_as(None, Method::POST, "/api/setup", Some(setup)).await;
    assert_eq!(made.status(), StatusCode::CREATED);
    made.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned()
}

async fn refused(response: Response, status: u16) -> String {
    assert_eq!(response.status().as_u16(), status);
    text(&response.json::<Value>().await.unwrap()["code"])
}

#[tokio::test]
async fn an_owner_makes_disables_and_enables_a_host() {
    let quibble = Quibble::start().await;
    let made = quibble.post("/api/operator/accounts", json!({ "username": "  Robin " })).await;
    assert_eq!(made["username"], "Robin");
    let (page, secret) = made["url"].as_str().unwrap().split_once('#').unwrap();
    assert_eq!(page, "http://quiz.test/setup");
    let taken = json!({ "username": "ROBIN" });
    let taken = quibble.send(Method::POST, "/api/operator/accounts", Some(taken)).await;
    assert_eq!(refused(taken, 422).await, "invalid");

    let cookie = set_up(&quibble, secret, None).await;
    let me = || quibble.http.get(format!("{}/api/me", quibble.url)).header("cookie", &cookie).send();
    assert_eq!(me().await.unwrap().json::<Value>().await.unwrap()["role"], "host");
    let accounts = quibble.get("/api/operator/accounts").await;
    let [owner, robin] = accounts.as_array().unwrap().as_slice() else { panic!("{accounts}") };
    assert_eq!((&owner["role"], &owner["own"]), (&json!("owner"), &json!(true)));
    assert_eq!((&robin["role"], &robin["own"], &robin["has_password"]), (&json!("host"), &json!(false), &json!(true)));
    assert_eq!(robin.get("disabled_at"), None);

    // A game of the host's goes on, and the host is out of it at once.
    let made = quibble.http.post(format!("{}/api/samples", quibble.url)).header("cookie", &cookie);
    let quiz = made.json(&json!({})).send().await.unwrap().json::<Value>().await.unwrap();
    let game = quibble.http.post(format!("{}/api/games", quibble.url)).header("cookie", &cookie);
    let game = game.json(&json!({ "quiz_id": quiz["id"] })).send().await.unwrap().json::<Value>().await.unwrap();
    let path = format!("/ws/{}", text(&game["code"]));
    let mut console = Socket::open_with_cookie(&quibble.url, &path, Some(&cookie)).await.unwrap();
    console.until("host_state").await;
    let path = |act: &str| format!("/api/operator/accounts/{}/{act}", text(&robin["id"]));
    let disabled = expect(quibble.send(Method::POST, &path("disable"), None).await, StatusCode::OK).await;
    assert!(disabled["disabled_at"].is_string());
    assert_eq!(console.closed().await, Some((4401, "not signed in".to_owned())));
    assert_eq!(me().await.unwrap().status(), 401);
    assert_eq!(refused(quibble.send(Method::POST, &path("link"), None).await, 409).await, "disabled");

    let enabled = expect(quibble.send(Method::POST, &path("enable"), None).await, StatusCode::OK).await;
    assert_eq!(enabled.get("disabled_at"), None);
    let again = quibble.post(&path("link"), json!({})).await;
    set_up(&quibble, again["url"].as_str().unwrap().split_once('#').unwrap().1, None).await;
}

#[tokio::test]
async fn an_owner_does_not_shut_themselves_out() {
    let quibble = Quibble::start().await;
    quibble.post("/api/operator/accounts", json!({ "username": "robin" })).await;
    let accounts = quibble.get("/api/operator/accounts").await;
    let owner = text(&accounts[0]["id"]);
    for act in ["link", "disable", "enable"] {
        let path = format!("/api/operator/accounts/{owner}/{act}");
        assert_eq!(refused(quibble.send(Method::POST, &path, None).await, 409).await, "own_account", "{act}");
    }
}

#[tokio::test]
async fn accounts_have_a_limit() {
    let quibble = Quibble::start().await;
    for index in 2..quibble::limits::ACCOUNTS_MAX {
        let name = format!("host {index}");
        quibble.store.insert_host(quibble.ids.uuid(), &name, None, quibble.clock.now_ms()).await.unwrap();
    }
    quibble.post("/api/operator/accounts", json!({ "username": "the last" })).await;
    let one_more = json!({ "username": "one more" });
    let one_more = quibble.send(Method::POST, "/api/operator/accounts", Some(one_more)).await;
    assert_eq!(refused(one_more, 409).await, "too_many");
}

#[tokio::test]
async fn the_doctor_looks_once_for_all_who_ask() {
    let quibble = Quibble::start().await;
    let asked = (0..4).map(|_| quibble.get("/api/operator/health"));
    let answers = futures_util::future::join_all(asked).await;
    let looks: BTreeSet<_> = answers.iter().map(|health| text(&health["looked_at"])).collect();
    assert_eq!(looks.len(), 1, "{looks:?}");
    let checks = answers[0]["checks"].as_array().unwrap();
    let state = |name: &str| {
        let check = checks.iter().find(|check| check["name"] == name);
        check.unwrap_or_else(|| panic!("{name} is not in {checks:#?}"))["state"].clone()
    };
    assert_eq!(state("configuration"), "ok");
    assert_eq!(state("database"), "ok");
    assert_eq!(state("schema"), "ok");
    assert_eq!(state("port"), "ok", "it is this Quibble that listens");
    for check in checks {
        assert!(check["state"] == "ok" || check["advice"].is_string(), "{check}");
    }
}

#[tokio::test]
async fn settings_say_who_set_them_and_hide_secrets() {
    let quibble = Quibble::start().await;
    let settings = quibble.get("/api/operator/settings").await;
    let setting = |key: &str| {
        let found = settings.as_array().unwrap().iter().find(|setting| setting["key"] == key);
        found.unwrap_or_else(|| panic!("{key} is not among the settings")).clone()
    };
    let listen = setting("server.listen");
    assert_eq!((&listen["origin"], &listen["place"]), (&json!("flag"), &json!("--listen")));
    assert_eq!(listen["locked"], true);
    assert!(listen["value"].as_str().unwrap().contains("127.0.0.1"));
    let level = setting("log.level");
    assert_eq!((&level["origin"], &level["locked"]), (&json!("default"), &json!(false)));
    assert_eq!((&level["needs_restart"], &listen["needs_restart"]), (&json!(false), &json!(true)));
    assert_eq!((&level["value"], level.get("place")), (&level["default"], None));
    assert!(level["about"].as_str().unwrap().len() > 20);
    let url = setting("database.url");
    assert_eq!((&url["secret"], url.get("value")), (&json!(true), None));
    assert_eq!(url["is_set"], database::server().is_some());
    if let Some(server) = database::server() {
        assert_eq!(url["place"], "DATABASE_URL");
        assert!(!settings.to_string().contains(&server));
    }
}

#[tokio::test]
async fn the_process_is_told_in_figures() {
    let quibble = Quibble::start().await;
    let process = quibble.get("/api/operator/process").await;
    assert_eq!(process["version"], env!("CARGO_PKG_VERSION"));
    let database = &process["database"];
    assert_eq!(database["kind"], if database::server().is_some() { "server" } else { "file" });
    assert_eq!(database["writable"], true);
    assert!(database["latency_ms"].as_f64().unwrap() > 0.0);
    if cfg!(target_os = "linux") {
        assert!(process["memory_bytes"].as_u64().unwrap() > 1_000_000);
        assert!(process["open_files"].as_u64().unwrap() > 2);
    }
}

#[tokio::test]
async fn tonight_says_who_is_connected_and_how_fast_answers_are_stored() {
    let quibble = Quibble::start().await;
    let (game, code) = quibble.game(&[&[asks("One?", &["1"])]]).await;
    let mut host = quibble.host(&code).await;
    let mut ann = quibble.phone(&code, "Ann").await;
    quibble.join(&code, "Bob").await;
    quibble.metrics.note();
    host.step("start_game", json!({})).await;
    host.step("release_question", json!({})).await;
    let question = ann.until("question_released").await["question"]["id"].clone();
    ann.answer(&question, "1", "a-1").await;

    let tonight = quibble.get("/api/operator/tonight").await;
    let [shown] = tonight["games"].as_array().unwrap().as_slice() else { panic!("{tonight}") };
    assert_eq!((text(&shown["id"]), text(&shown["code"])), (game, code));
    assert_eq!((&shown["players"], &shown["players_here"], &shown["hosts"]), (&json!(2), &json!(1), &json!(1)));
    assert_eq!((&shown["host"], &shown["phase"], &shown["round"]), (&json!("owner"), &json!("question"), &json!(1)));
    assert_eq!((&tonight["replicas"], &tonight["storage_writable"]), (&json!(1), &json!(true)));
    assert_eq!(tonight["answers_last_minute"], 1);
    let lately = &tonight["lately"];
    assert_eq!((&lately["answers"], &lately["not_saved"]), (&json!(1), &json!(0)));
    assert!(lately["saved_p99_ms"].as_f64().unwrap() > 0.0);

    // A game that is over goes.
    host.step("end_game", json!({})).await;
    assert_eq!(quibble.get("/api/operator/tonight").await["games"], json!([]));
}

#[tokio::test]
async fn tonight_sees_the_phones_of_other_replicas() {
    if database::server().is_none() {
        return;
    }
    let quibble = Quibble::start().await;
    let other = quibble.replica(true).await;
    let (_, code) = quibble.game(&[&[asks("One?", &["1"])]]).await;
    let _ann = quibble.phone(&code, "Ann").await;
    let _bob = other.phone(&code, "Bob").await;
    let is_known = async || {
        let tonight = quibble.get("/api/operator/tonight").await;
        tonight["games"][0]["players_here"] == 2 && tonight["replicas"] == 2
    };
    eventually("both phones are seen", is_known).await;
}

#[tokio::test]
async fn a_game_that_nobody_goes_on_with_is_not_tonights() {
    let plan = crate::support::Plan { clock: quibble::clock::Clock::manual(1_800_000_000_000), ..Default::default() };
    let quibble = Quibble::planned(plan).await;
    let (_, code) = quibble.game(&[&[asks("One?", &["1"])]]).await;
    let games = async || quibble.get("/api/operator/tonight").await["games"].as_array().unwrap().len();
    let quiet = quibble::limits::TONIGHT_QUIET_FOR;
    quibble.clock.advance(quiet.saturating_sub(Duration::from_millis(1)));
    assert_eq!(games().await, 1);
    quibble.clock.advance(Duration::from_millis(1));
    assert_eq!(games().await, 0);
    // Whoever is there brings it back.
    let _host = quibble.host(&code).await;
    assert_eq!(games().await, 1);
}

#[tokio::test]
async fn backups_are_taken_checked_and_taken_away() {
    if database::server().is_some() {
        return;
    }
    let browser = Browser::open().await;
    let quibble = &browser.quibble;
    let none = quibble.get("/api/operator/backups").await;
    assert_eq!((&none["backups"], none.get("work")), (&json!([]), None));
    let begun = expect(browser.post("/api/operator/backups", json!({})).await, StatusCode::ACCEPTED).await;
    assert_eq!((&begun["act"], &begun["state"]), (&json!("create"), &json!("running")));
    let done = ended(quibble).await;
    assert_eq!((&done["work"]["state"], done["work"].get("problem")), (&json!("done"), None));
    let [made] = done["backups"].as_array().unwrap().as_slice() else { panic!("{done}") };
    assert_eq!(made["about"]["accounts"], 1);
    let name = text(&made["name"]);
    assert_eq!(done["work"]["name"], json!(name));

    let checked = browser.post(&format!("/api/operator/backups/{name}/check"), json!({})).await;
    expect(checked, StatusCode::ACCEPTED).await;
    assert_eq!(ended(quibble).await["work"]["act"], "check");

    let path = format!("/api/operator/backups/{name}/download");
    let wrong = browser.post(&path, json!({ "password": "not the password" })).await;
    assert_eq!(refused(wrong, 422).await, "invalid");
    // This machine speaks for another one, without HTTPS.
    let away = quibble.http.post(format!("{}{path}", quibble.url)).header("cookie", &browser.cookie);
    let away = away.header("x-forwarded-for", "192.0.2.7").json(&json!({ "password": PASSWORD }));
    assert_eq!(refused(away.send().await.unwrap(), 403).await, "not_encrypted");
    let taken = browser.post(&path, json!({ "password": PASSWORD })).await;
    assert_eq!(taken.headers()["content-disposition"], format!("attachment; filename=\"{name}\"").as_str());
    assert_eq!(taken.headers()["cache-control"], "no-store");
    let dir = tempfile::tempdir().unwrap();
    let copy = dir.path().join(&name);
    std::fs::write(&copy, taken.bytes().await.unwrap()).unwrap();
    assert_eq!(backup::verify(&copy).await.unwrap().rows["accounts"], 1);
    for stranger in ["quibble.db", "..%2Fquibble.db", "%2e%2e%2fquibble.db"] {
        let path = format!("/api/operator/backups/{stranger}/download");
        assert_eq!(browser.post(&path, json!({ "password": PASSWORD })).await.status(), 404, "{stranger}");
    }
}

#[tokio::test]
async fn a_backup_that_is_damaged_is_told() {
    let quibble = Quibble::start().await;
    let database::TestDatabase::File(dir) = &*quibble.database else { return };
    let backups = dir.path().join("backups");
    std::fs::create_dir(&backups).unwrap();
    let name = "quibble-2026-11-26T22-04-05.123Z.backup.zip";
    std::fs::write(backups.join(name), "no archive").unwrap();
    let listed = quibble.get("/api/operator/backups").await;
    assert_eq!((&listed["backups"][0]["name"], listed["backups"][0].get("about")), (&json!(name), None));
    assert!(listed["backups"][0]["problem"].as_str().unwrap().contains("no backup of Quibble's"));
    let path = format!("/api/operator/backups/{name}/check");
    expect(quibble.send(Method::POST, &path, Some(json!({}))).await, StatusCode::ACCEPTED).await;
    let work = ended(&quibble).await["work"].clone();
    assert_eq!(work["state"], "failed");
    assert!(work["problem"].as_str().unwrap().contains(name), "{work}");
}

#[tokio::test]
async fn the_backups_of_a_server_are_elsewhere() {
    if database::server().is_none() {
        return;
    }
    let quibble = Quibble::start().await;
    assert_eq!(quibble.get("/api/operator/backups").await, json!({ "backups": [] }));
    let created = quibble.send(Method::POST, "/api/operator/backups", Some(json!({}))).await;
    assert_eq!(refused(created, 409).await, "not_a_file");
}

/// The list, once what is done with backups is done.
async fn ended(quibble: &Quibble) -> Value {
    let is_over = async || quibble.get("/api/operator/backups").await["work"]["state"] != "running";
    eventually("it is done", is_over).await;
    quibble.get("/api/operator/backups").await
}

/// What happens beside the requests cannot be waited for.
async fn eventually(what: &str, is_so: impl AsyncFn() -> bool) {
    let waited = async {
        while !is_so().await {
            sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(crate::support::PATIENCE, waited).await.unwrap_or_else(|_| panic!("never came true: {what}"));
}
