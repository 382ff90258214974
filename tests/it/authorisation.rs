//! Every route and every socket message by every kind of caller. A route that is missing here fails.

use crate::support::{PASSWORD, Quibble, api_token, asks, database, text};
use quibble::ids::Ids;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Who calls, and what they are to get: the status for nobody, for another host, and for the owner.
struct Row {
    method: Method,
    path: &'static str,
    nobody: u16,
    other: u16,
    owner: u16,
}

/// A body that would do, so that nothing but the caller decides.
fn body(path: &str) -> Value {
    let nothing = "019a0000-0000-7000-8000-000000000000";
    match path.rsplit('/').next().unwrap() {
        "reorder" => json!({ "ids": [] }),
        "fill" => json!({ "count": 1 }),
        "batch" => json!({ "act": "tag", "ids": [], "add": ["Easy"] }),
        "questions" if path.contains("/rounds/") => json!({ "question_ids": [], "question_id": nothing }),
        "questions" | "{question}" => json!({ "type": "text", "prompt": "One?", "accepted_answers": ["1"] }),
        "{bank}" | "{quiz}" => json!({ "name": "Renamed" }),
        "accounts" => json!({ "username": "" }),
        "download" => json!({ "password": "" }),
        _ => json!({}),
    }
}

fn row(method: &'static str, path: &'static str, nobody: u16, other: u16, owner: u16) -> Row {
    Row { method: method.parse().unwrap(), path, nobody, other, owner }
}

/// Where the data is in a server there are no backups of a file.
fn on_server() -> bool {
    database::server().is_some()
}

/// `{…}` stands for the owner's objects. 404 hides what is somebody else's.
fn table() -> Vec<Row> {
    [people(), authored(), played()].into_iter().flatten().collect()
}

/// Anybody, accounts, and whoever looks after this Quibble.
fn people() -> Vec<Row> {
    vec![
        // Anybody.
        row("GET", "/api/server", 200, 200, 200),
        row("GET", "/api/games/by-code/{code}", 200, 200, 200),
        row("POST", "/api/join", 422, 422, 422),
        row("POST", "/api/join/claims", 422, 422, 422),
        row("POST", "/api/join/claims/poll", 422, 422, 422),
        row("POST", "/api/join/moves", 422, 422, 422),
        row("POST", "/api/screens/pairings", 201, 201, 201),
        row("POST", "/api/screens/pairings/poll", 422, 422, 422),
        row("POST", "/api/session", 422, 422, 422),
        row("POST", "/api/console-link/check", 422, 422, 422),
        row("POST", "/api/console-link/use", 422, 422, 422),
        row("POST", "/api/recovery", 422, 422, 422),
        row("POST", "/api/setup", 422, 422, 422),
        row("POST", "/api/setup/check", 422, 422, 422),
        // Whoever is signed in, about themselves.
        row("GET", "/api/me", 401, 200, 200),
        row("GET", "/api/account/email", 401, 200, 200),
        row("PUT", "/api/account/email", 401, 200, 200),
        row("DELETE", "/api/session", 401, 204, 204),
        row("GET", "/api/account/sessions", 401, 200, 200),
        row("DELETE", "/api/account/sessions/{nothing}", 401, 404, 404),
        row("PUT", "/api/account/password", 401, 422, 422),
        row("GET", "/api/account/tokens", 401, 200, 200),
        row("POST", "/api/account/tokens", 401, 422, 422),
        row("DELETE", "/api/account/tokens/{nothing}", 401, 404, 404),
        row("POST", "/api/try-answer", 401, 422, 422),
        // Whoever looks after this Quibble.
        row("GET", "/api/jobs", 401, 403, 200),
        row("POST", "/api/jobs", 401, 403, 422),
        row("POST", "/api/jobs/{nothing}/cancel", 401, 403, 404),
        row("POST", "/api/jobs/{nothing}/retry", 401, 403, 404),
    ]
}

fn authored() -> Vec<Row> {
    vec![
        // Banks and questions.
        row("GET", "/api/banks", 401, 200, 200),
        row("POST", "/api/banks", 401, 422, 422),
        row("POST", "/api/banks/import", 401, 422, 422),
        row("GET", "/api/banks/{bank}", 401, 404, 200),
        row("GET", "/api/banks/{bank}/export", 401, 404, 200),
        row("GET", "/api/banks/{bank}/questions", 401, 404, 200),
        row("GET", "/api/banks/{bank}/questions/{question}", 401, 404, 200),
        row("GET", "/api/banks/{bank}/questions/{question}/versions", 401, 404, 200),
        row("GET", "/api/banks/{bank}/imports", 401, 404, 200),
        row("GET", "/api/banks/{bank}/imports/{nothing}", 401, 404, 404),
        row("POST", "/api/banks/{bank}/imports/{nothing}/cancel", 401, 404, 404),
        row("POST", "/api/banks/{bank}/imports/{nothing}/undo", 401, 404, 404),
        row("GET", "/api/questions", 401, 200, 200),
        row("GET", "/api/questions/repeats", 401, 200, 200),
        row("GET", "/api/tags", 401, 200, 200),
        row("GET", "/api/bin", 401, 200, 200),
        row("GET", "/api/certificate", 401, 200, 200),
        // Whoever looks after this Quibble.
        row("GET", "/api/operator/tonight", 401, 403, 200),
        row("GET", "/api/operator/health", 401, 403, 200),
        row("GET", "/api/operator/process", 401, 403, 200),
        row("GET", "/api/operator/settings", 401, 403, 200),
        row("GET", "/api/operator/backups", 401, 403, 200),
        row("POST", "/api/operator/backups", 401, 403, if on_server() { 409 } else { 202 }),
        row("POST", "/api/operator/backups/{nothing}/check", 401, 403, if on_server() { 409 } else { 404 }),
        // Not for tokens.
        row("POST", "/api/operator/backups/{nothing}/download", 401, 403, 403),
        row("GET", "/api/operator/accounts", 401, 403, 200),
        row("POST", "/api/operator/accounts", 401, 403, 422),
        row("POST", "/api/operator/accounts/{nothing}/link", 401, 403, 404),
        row("POST", "/api/operator/accounts/{nothing}/disable", 401, 403, 404),
        row("POST", "/api/operator/accounts/{nothing}/enable", 401, 403, 404),
        // Quizzes and rounds.
        row("GET", "/api/quizzes", 401, 200, 200),
        row("GET", "/api/quizzes/{quiz}", 401, 404, 200),
        row("GET", "/api/quizzes/{quiz}/export", 401, 404, 200),
        row("GET", "/api/quizzes/{quiz}/difficulty", 401, 404, 200),
    ]
}

fn played() -> Vec<Row> {
    vec![
        // Games.
        row("GET", "/api/planned-games", 401, 200, 200),
        row("POST", "/api/planned-games", 401, 422, 422),
        row("DELETE", "/api/planned-games/{nothing}", 401, 404, 404),
        row("GET", "/api/games", 401, 200, 200),
        row("POST", "/api/games", 401, 422, 422),
        row("GET", "/api/games/{game}", 401, 404, 200),
        row("GET", "/api/games/{game}/players", 401, 404, 200),
        row("GET", "/api/games/{game}/results", 401, 404, 200),
        row("GET", "/api/games/{game}/results.csv", 401, 404, 200),
        row("GET", "/api/games/{game}/results.json", 401, 404, 200),
        row("POST", "/api/games/{game}/screens", 401, 404, 201),
        row("DELETE", "/api/games/{game}/screens", 401, 404, 204),
        row("POST", "/api/games/{game}/console-link", 401, 404, 201),
        row("DELETE", "/api/games/{game}/console-link", 401, 404, 204),
        // What changes or deletes, last, in an order in which the owner's objects are still there.
        row("PATCH", "/api/banks/{bank}/questions/reorder", 401, 404, 200),
        row("PUT", "/api/banks/{bank}/questions/{question}", 401, 404, 200),
        row("POST", "/api/banks/{bank}/questions/batch", 401, 404, 200),
        row("POST", "/api/banks/{bank}/questions", 401, 404, 201),
        row("POST", "/api/banks/{bank}/imports/preview", 401, 404, 422),
        row("POST", "/api/banks/{bank}/imports", 401, 404, 422),
        row("PUT", "/api/banks/{bank}", 401, 404, 200),
        row("POST", "/api/samples", 401, 201, 201),
        row("POST", "/api/quizzes", 401, 422, 422),
        row("POST", "/api/quizzes/import", 401, 422, 422),
        row("PUT", "/api/quizzes/{quiz}", 401, 404, 200),
        row("PATCH", "/api/quizzes/{quiz}/rounds/reorder", 401, 404, 200),
        row("POST", "/api/quizzes/{quiz}/rounds", 401, 404, 201),
        row("PUT", "/api/quizzes/{quiz}/rounds/{round}", 401, 404, 200),
        row("PUT", "/api/quizzes/{quiz}/rounds/{round}/questions", 401, 404, 200),
        row("POST", "/api/quizzes/{quiz}/rounds/{round}/questions", 401, 404, 422),
        row("POST", "/api/quizzes/{quiz}/rounds/{round}/fill", 401, 404, 200),
        row("PUT", "/api/quizzes/{quiz}/rounds/{round}/questions", 401, 404, 200),
        // Its questions were just replaced by none.
        row("DELETE", "/api/quizzes/{quiz}/rounds/{round}/questions/{question}", 401, 404, 404),
        row("DELETE", "/api/quizzes/{quiz}/rounds/{round}", 401, 404, 204),
        row("POST", "/api/quizzes/{quiz}/rounds/{round}/restore", 401, 404, 200),
        row("DELETE", "/api/banks/{bank}/questions/{question}", 401, 404, 204),
        row("POST", "/api/banks/{bank}/questions/{question}/restore", 401, 404, 200),
        row("DELETE", "/api/games/{game}", 401, 404, 204),
        row("DELETE", "/api/quizzes/{quiz}", 401, 404, 409),
        row("POST", "/api/quizzes/{quiz}/restore", 401, 404, 200),
        row("DELETE", "/api/banks/{bank}", 401, 404, 204),
        row("POST", "/api/banks/{bank}/restore", 401, 404, 200),
        // What is not in the bin, and what is somebody else's.
        row("DELETE", "/api/bin/{kind}/{bank}", 401, 404, 404),
        row("DELETE", "/api/bin", 401, 204, 204),
    ]
}

#[test]
fn every_route_has_a_row() {
    let document: Value = serde_json::to_value(quibble::http::openapi()).unwrap();
    let mut routes = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys().filter(|key| *key != "parameters") {
            routes.insert((method.to_uppercase(), shape(path)));
        }
    }
    let rows: BTreeSet<_> = table().iter().map(|row| (row.method.to_string(), shape(row.path))).collect();
    let missing: Vec<_> = routes.difference(&rows).collect();
    let unknown: Vec<_> = rows.difference(&routes).collect();
    assert!(missing.is_empty() && unknown.is_empty(), "missing {missing:?}, unknown {unknown:?}");
}

/// A path without the names of its parameters.
fn shape(path: &str) -> String {
    let segment = |part: &str| if part.starts_with('{') { "{}".to_owned() } else { part.to_owned() };
    path.split('/').map(segment).collect::<Vec<_>>().join("/")
}

#[tokio::test]
async fn every_route_answers_every_kind_of_caller_as_declared() {
    let quibble = Quibble::start().await;
    let other = other_host(&quibble).await;
    let (game, code) = quibble.game(&[&[asks("One?", &["1"])]]).await;
    let player = text(&quibble.join(&code, "Ann").await["session_token"]);
    let banks = quibble.get("/api/banks").await;
    let bank = text(&banks[0]["id"]);
    let question = text(&quibble.get(&format!("/api/banks/{bank}/questions")).await[0]["id"]);
    let quizzes = quibble.get("/api/quizzes").await;
    let quiz = text(&quizzes[0]["id"]);
    let round = text(&quibble.get(&format!("/api/quizzes/{quiz}")).await["rounds"][0]["id"]);
    let nothing = "019a0000-0000-7000-8000-000000000000";
    let link = quibble.post(&format!("/api/games/{game}/screens"), json!({})).await;
    let screen = text(&link["screen_token"]);
    let signed_out = revoked_token(&quibble).await;
    let mut wrong = Vec::new();
    for row in table() {
        let filled = [
            ("{bank}", &bank),
            ("{question}", &question),
            ("{quiz}", &quiz),
            ("{round}", &round),
            ("{game}", &game),
            ("{code}", &code),
        ]
        .iter()
        .fold(row.path.to_owned(), |path, (name, id)| path.replace(name, id))
        .replace("{nothing}", nothing)
        .replace("{kind}", "bank");
        let callers = [
            ("nobody", None, row.nobody),
            ("nonsense", Some("nonsense"), row.nobody),
            // A seat in a game is no account.
            ("player", Some(player.as_str()), row.nobody),
            ("screen", Some(screen.as_str()), row.nobody),
            ("signed out", Some(signed_out.as_str()), row.nobody),
            ("other", Some(other.as_str()), row.other),
            ("owner", Some(quibble.token.as_str()), row.owner),
        ];
        for (who, token, expected) in callers {
            let body = (row.method != Method::GET).then(|| body(row.path));
            let status = quibble.send_as(token, row.method.clone(), &filled, body).await.status().as_u16();
            if status != expected {
                wrong.push(format!("{} {} by {who}: {status}, not {expected}", row.method, row.path));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// A browser says who it is by itself, so another site must not make it act.
#[tokio::test]
async fn no_other_site_makes_a_signed_in_browser_act() {
    let quibble = Quibble::start().await;
    let link = quibble.auth.new_setup_link().await.unwrap();
    let owner = json!({ "token": link.reveal(), "username": "pat", "password": PASSWORD });
    let made = quibble.send_as(None, Method::POST, "/api/setup", Some(owner)).await;
    let cookie = made.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let mut wrong = Vec::new();
    for row in table() {
        let mut request = quibble.http.request(row.method.clone(), format!("{}{}", quibble.url, row.path));
        request = request.header("cookie", &cookie).header("origin", "https://elsewhere.example");
        let status = request.json(&body(row.path)).send().await.unwrap().status().as_u16();
        if (status == 403) == (row.method == Method::GET) {
            wrong.push(format!("{} {}: {status}", row.method, row.path));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let own = quibble.http.get(format!("{}/api/me", quibble.url)).header("cookie", &cookie).send().await.unwrap();
    assert_eq!(own.status(), 200, "the session is good");
}

/// What is not in the document: pages, health, and sockets, which have tests of their own in `edge`.
#[tokio::test]
async fn what_anybody_may_see_needs_nobody() {
    let quibble = Quibble::start().await;
    let (_, code) = quibble.game(&[&[asks("One?", &["1"])]]).await;
    for (path, status) in [
        ("/".to_owned(), 200),
        (format!("/j/{code}"), 200),
        ("/host".to_owned(), 200),
        ("/screen".to_owned(), 200),
        ("/sw.js".to_owned(), 200),
        (format!("/qr/{code}.svg"), 200),
        ("/healthz".to_owned(), 200),
        ("/readyz".to_owned(), 200),
        // Not for the caller but for this machine.
        ("/metrics".to_owned(), 200),
        (format!("/ws/{code}"), 400),
        (format!("/api/ws/{code}"), 400),
        ("/api/nothing".to_owned(), 404),
    ] {
        let found = quibble.send_as(None, Method::GET, &path, None).await.status().as_u16();
        assert_eq!(found, status, "{path}");
    }
}

async fn revoked_token(quibble: &Quibble) -> String {
    let made = quibble.post("/api/account/tokens", json!({ "name": "revoked" })).await;
    let path = format!("/api/account/tokens/{}", text(&made["id"]));
    assert!(quibble.send(Method::DELETE, &path, None).await.status().is_success());
    text(&made["token"])
}

/// Another account, with its API token.
async fn other_host(quibble: &Quibble) -> String {
    let ids = Ids::system(quibble.clock.clone());
    let account = quibble.store.insert_host(ids.uuid(), "other", None, quibble.clock.now_ms()).await.unwrap();
    api_token(&quibble.store, &ids, account.id).await
}

/// Each message by a player, a screen and a host: what is not theirs is refused, and changes nothing.
#[tokio::test]
async fn every_message_is_for_whom_it_is_for() {
    let quibble = Quibble::start().await;
    let (game, code) = quibble.game(&[&[asks("One?", &["1"])]]).await;
    let mut host = quibble.host(&code).await;
    let joined = quibble.join(&code, "Ann").await;
    let mut player = quibble.phone_again(&code, &text(&joined["session_token"])).await;
    let link = quibble.post(&format!("/api/games/{game}/screens"), json!({})).await;
    let mut screen = quibble.socket(&code, json!({ "screen": link["screen_token"] })).await;
    screen.until("screen_state").await;
    let question = "019a0000-0000-7000-8000-000000000000";
    let id = joined["player_id"].clone();
    let hosts = [
        ("adjust_score", json!({ "player_id": id, "points": 1, "reason": "x" })),
        ("close_question", json!({})),
        ("end_game", json!({})),
        ("end_round", json!({})),
        ("extend_time", json!({ "seconds": 10 })),
        ("hide_name", json!({ "player_id": id })),
        ("lock", json!({ "locked": true })),
        ("override_answer", json!({ "question_id": question, "player_id": id })),
        ("pause", json!({})),
        ("present", json!({ "view": "blank" })),
        ("release_question", json!({})),
        ("release_scores", json!({})),
        ("remove_player", json!({ "player_id": id })),
        ("rename_player", json!({ "player_id": id, "display_name": "Bob" })),
        ("reopen_round", json!({})),
        ("restore_player", json!({ "player_id": id })),
        ("resume", json!({})),
        ("set_options", json!({ "secret_board": true })),
        ("set_teams", json!({ "allowed": true })),
        ("show_name", json!({ "player_id": id })),
        ("start_game", json!({})),
        ("start_next_round", json!({})),
        ("undo_adjustment", json!({ "adjustment": 1 })),
        ("unrelease_question", json!({ "question_id": question })),
    ];
    let players = [
        ("challenge", json!({ "question_id": question })),
        ("leave", json!({})),
        ("rename", json!({ "display_name": "Bob" })),
        ("show_board", json!({})),
        ("submit_answer", json!({ "question_id": question, "answer": "1" })),
    ];
    let both = [("decide_claim", json!({ "claim_id": question, "approve": true }))];
    let seq = quibble.get(&format!("/api/games/{game}")).await["updated_at"].clone();
    let mut wrong = Vec::new();
    let as_host = hosts.iter().map(|said| (said, ["screen", "player"]));
    let as_player = players.iter().chain(&both).map(|said| (said, ["screen", "screen"]));
    for ((kind, payload), refused) in as_host.chain(as_player) {
        for who in refused {
            let socket = if who == "screen" { &mut screen } else { &mut player };
            socket.send(json!({ "type": kind, "payload": payload, "id": "try" })).await;
            let code = socket.find(|m| m["id"] == "try").await["payload"]["code"].clone();
            if code != "not_allowed" {
                wrong.push(format!("{kind} by {who}: {code}"));
            }
        }
    }
    for (kind, payload) in &players {
        host.send(json!({ "type": kind, "payload": payload, "id": "try" })).await;
        let code = host.find(|m| m["id"] == "try").await["payload"]["code"].clone();
        if code != "not_allowed" {
            wrong.push(format!("{kind} by host: {code}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(quibble.get(&format!("/api/games/{game}")).await["updated_at"], seq, "nothing changed");
    let told = hosts.iter().chain(&players).chain(&both).map(|(kind, _)| (*kind).to_owned());
    let told: BTreeSet<_> = told.chain(["hello", "ping"].map(str::to_owned)).collect();
    assert_eq!(told, client_messages(), "every message of ClientMessage has a line here");
}

/// The messages that the server understands, by their names in its source.
fn client_messages() -> BTreeSet<String> {
    let source = include_str!("../../src/http/wire.rs");
    let (_, variants) = source.split_once("pub enum ClientMessage {").unwrap();
    let (variants, _) = variants.split_once("\n}").unwrap();
    let names = variants.lines().filter_map(|line| line.trim().split_once('(')).map(|(name, _)| name);
    let snake = |name: &str| {
        name.chars().enumerate().fold(String::new(), |snake, (place, c)| {
            let divider = if place > 0 && c.is_uppercase() { "_" } else { "" };
            snake + divider + &c.to_lowercase().to_string()
        })
    };
    names.filter(|name| name.chars().all(char::is_alphanumeric)).map(snake).collect()
}
