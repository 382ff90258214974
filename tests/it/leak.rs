//! Play the same seeded game twice with the answer key permuted: every byte that a player or a screen receives before
//! the scores is equal.

use crate::support::{Asked, Plan, Quibble, Socket, asks, text};
use quibble::clock::Clock;
use quibble::ids::Ids;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

const ONE: [Asked; 2] = [
    Asked { prompt: "Capital of France?", answers: &["Paris", "City of Light"], options: false, seconds: None },
    Asked { prompt: "The red planet?", answers: &["Mars", "Venus"], options: true, seconds: Some(3_600) },
];

const OTHER: [Asked; 2] = [
    Asked { prompt: "Capital of France?", answers: &["Rome", "canary-7f3a"], options: false, seconds: None },
    // The options in the same order, the other one right: see `swapped` below.
    Asked { prompt: "The red planet?", answers: &["Mars", "Venus"], options: true, seconds: Some(3_600) },
];

/// What the phones, the screen and anybody who asks received until the scores.
async fn received(questions: &'static [Asked; 2], swapped: bool) -> Vec<String> {
    let plan = Plan { clock: Clock::manual(1_800_000_000_000), ids: |clock| Ids::seeded(clock, 7), ..Plan::default() };
    let quibble = Quibble::planned(plan).await;
    let quiz = quibble.quiz(&[questions]).await;
    if swapped {
        swap_options(&quibble).await;
    }
    let game = quibble.post("/api/games", json!({ "quiz_id": quiz })).await;
    let code = text(&game["code"]);
    let mut bytes = Vec::new();
    let mut host = quibble.host(&code).await;
    let mut ann = quibble.phone(&code, "Ann").await;
    host.find(|m| m["type"] == "host_state" && m["payload"]["players"].as_array().unwrap().len() == 1).await;
    let mut bob = quibble.phone(&code, "Bob").await;
    // Comes now and then, so that what a new connection is told is compared too.
    let cid = text(&quibble.join(&code, "Cid").await["session_token"]);
    let link = quibble.post(&format!("/api/games/{}/screens", text(&game["id"])), json!({})).await;
    let mut screen = quibble.socket(&code, json!({ "screen": link["screen_token"] })).await;
    screen.until("screen_state").await;
    host.step("start_game", json!({})).await;
    for (round, answers) in [["Paris", "Rome"], ["Mars", "Venus"]].into_iter().enumerate() {
        host.step("release_question", json!({})).await;
        let question = ann.until("question_released").await["question"]["id"].clone();
        bob.until("question_released").await;
        for (place, answer) in answers.into_iter().enumerate() {
            let phone = if place == 0 { &mut ann } else { &mut bob };
            phone.answer(&question, answer, &format!("m-{round}-{place}")).await;
            phone.answer(&question, "", "bad").await;
        }
        bytes.extend(replayed(&quibble, &mut host, &code, json!({ "session": cid })).await);
        bytes.extend(replayed(&quibble, &mut host, &code, json!({ "screen": link["screen_token"] })).await);
    }
    host.step("end_round", json!({})).await;
    let group = json!({ "question_id": first(&mut host).await, "answer_group": "oslo", "credit": "full" });
    host.step("override_answer", group).await;
    for socket in [&mut ann, &mut bob, &mut screen] {
        socket.settle().await;
    }
    bytes.extend(replayed(&quibble, &mut host, &code, json!({ "session": cid })).await);
    bytes.extend(replayed(&quibble, &mut host, &code, json!({ "screen": link["screen_token"] })).await);
    let probe = quibble.send_as(None, Method::GET, &format!("/api/games/by-code/{code}"), None).await;
    assert_eq!(probe.status(), StatusCode::OK);
    bytes.push(probe.text().await.unwrap());
    for socket in [&ann, &bob, &screen] {
        // The roster and the screen's state are coalesced by the wall clock: their number varies, their content not.
        let mut heard = socket.heard.clone();
        heard.dedup();
        let (rosters, others): (Vec<_>, Vec<_>) = heard.into_iter().partition(|text| text.contains("\"lobby_update\""));
        bytes.extend(others);
        let roster: Option<Value> = rosters.last().map(|text| serde_json::from_str(text).unwrap());
        bytes.extend(roster.map(|roster| roster["payload"].to_string()));
    }
    bytes
}

/// What Cid's phone or a second screen is told when it comes now. It is gone again when this returns.
async fn replayed(quibble: &Quibble, host: &mut Socket, code: &str, hello: Value) -> Vec<String> {
    let there = if hello.get("session").is_some() { (1, 1) } else { (0, 2) };
    let mut socket = quibble.socket(code, hello).await;
    socket.settle().await;
    host.find(|message| connected(message) == Some(there)).await;
    let mut heard = std::mem::take(&mut socket.heard);
    // The roster of a moment ago may come again.
    let mut rosters = 0;
    heard.retain(|text| {
        rosters += usize::from(text.contains("\"lobby_update\""));
        !text.contains("\"lobby_update\"") || rosters == 1
    });
    drop(socket);
    host.find(|message| connected(message) == Some((0, 1))).await;
    heard
}

/// How many phones of Cid and how many screens are connected, as the host is told.
fn connected(message: &Value) -> Option<(u64, u64)> {
    let state = &message["payload"];
    let players = state["players"].as_array().filter(|_| message["type"] == "host_state")?;
    let cid = players.iter().find(|player| player["display_name"] == "Cid")?;
    Some((cid["online"].as_u64()?, state["screens"].as_u64()?))
}

async fn first(host: &mut Socket) -> Value {
    host.until("round_review").await["questions"][0]["question_id"].clone()
}

/// Makes the other option right without touching ids or order.
async fn swap_options(quibble: &Quibble) {
    let found = quibble.get("/api/questions?q=planet").await;
    let path = format!("/api/banks/{}/questions/{}", text(&found[0]["bank_id"]), text(&found[0]["id"]));
    let choices = json!([{ "text": "Mars", "correct": false }, { "text": "Venus", "correct": true }]);
    let changed = json!({
        "type": "multiple_choice", "prompt": "The red planet?", "choices": choices, "time_limit_seconds": 3_600,
    });
    assert_eq!(quibble.send(Method::PUT, &path, Some(changed)).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn an_answer_reaches_nobody_but_its_player_and_the_host() {
    let quibble = Quibble::start().await;
    let (game, code) = quibble.game(&[&[asks("One?", &["1"])]]).await;
    let mut host = quibble.host(&code).await;
    let mut ann = quibble.phone(&code, "Ann").await;
    let mut bob = quibble.phone(&code, "Bob").await;
    let link = quibble.post(&format!("/api/games/{game}/screens"), json!({})).await;
    let mut screen = quibble.socket(&code, json!({ "screen": link["screen_token"] })).await;
    host.step("start_game", json!({})).await;
    host.step("release_question", json!({})).await;
    let question = ann.until("question_released").await["question"]["id"].clone();
    bob.until("question_released").await;
    host.find(|m| m["type"] == "host_state" && m["payload"]["screens"] == 1).await;
    for socket in [&mut bob, &mut screen] {
        socket.settle().await;
        socket.heard.clear();
    }
    assert_eq!(ann.answer(&question, "1", "a").await["type"], "answer_accepted");
    assert_eq!(host.until("scoreboard_update").await["answer_count"], 1);
    for socket in [&mut bob, &mut screen] {
        socket.settle().await;
        // The roster of a moment ago may still come, and the answer to the question whether all has come.
        let about = |text: &&String| !text.contains("\"lobby_update\"") && !text.contains("\"pong\"");
        assert_eq!(socket.heard.iter().find(about), None);
    }
}

/// What Ann's phone and the screen received until the end of a game with a secret board, in which Bob answered so.
async fn heard_beside(bobs_answer: &str) -> Vec<String> {
    let plan = Plan { clock: Clock::manual(1_800_000_000_000), ids: |clock| Ids::seeded(clock, 7), ..Plan::default() };
    let quibble = Quibble::planned(plan).await;
    let (game, code) = quibble.game(&[&[asks("One?", &["1"])], &[asks("Two?", &["2"])]]).await;
    let mut host = quibble.host(&code).await;
    let (mut ann, mut bob) = (quibble.phone(&code, "Ann").await, quibble.phone(&code, "Bob").await);
    let link = quibble.post(&format!("/api/games/{game}/screens"), json!({})).await;
    let mut screen = quibble.socket(&code, json!({ "screen": link["screen_token"] })).await;
    screen.until("screen_state").await;
    host.step("set_options", json!({ "secret_board": true })).await;
    host.step("start_game", json!({})).await;
    host.step("release_question", json!({})).await;
    let question = bob.until("question_released").await["question"]["id"].clone();
    assert_eq!(bob.answer(&question, bobs_answer, "b").await["type"], "answer_accepted");
    host.step("end_round", json!({})).await;
    host.step("release_scores", json!({})).await;
    let own = host.until("round_leaderboard").await;
    assert_eq!((own["hidden"].clone(), own["entries"].as_array().unwrap().len()), (json!(true), 2));
    host.step("present", json!({ "view": "board" })).await;
    let others = own["entries"].as_array().unwrap().iter().find(|entry| entry["display_name"] == "Bob").unwrap();
    let adjustment = json!({ "player_id": others["player_id"], "points": 1, "reason": "Best hat" });
    host.step("adjust_score", adjustment).await;
    host.step("set_options", json!({ "calm": true })).await;
    for socket in [&mut ann, &mut screen] {
        socket.settle().await;
    }
    let mut second = quibble.socket(&code, json!({ "screen": link["screen_token"] })).await;
    second.settle().await;
    host.step("end_game", json!({})).await;
    let board = ann.until("game_ended").await;
    assert_eq!(board["entries"].as_array().unwrap().len(), 2, "the end shows everything");
    assert_eq!(ann.until("round_answers").await["questions"][0]["counts"][0]["count"], 1);
    let before_the_end = |socket: &Socket| {
        let heard = socket.heard.iter().take_while(|text| !text.contains("game_ended"));
        heard.filter(|text| !text.contains("lobby_update")).cloned().collect::<Vec<_>>()
    };
    [&ann, &screen, &second].into_iter().flat_map(before_the_end).collect()
}

#[tokio::test]
async fn no_byte_before_the_end_depends_on_what_others_scored_while_the_board_is_secret() {
    let right = heard_beside("1").await;
    let wrong = heard_beside("7").await;
    let boards: Vec<_> = right.iter().filter(|text| text.contains("round_leaderboard")).collect();
    assert!(boards.len() >= 3, "Ann, the screen and the second screen: {boards:?}");
    assert!(
        boards.iter().all(|text| text.contains("\"entries\":[]") && text.contains("\"hidden\":true")),
        "{boards:?}"
    );
    assert_eq!(right, wrong);
}

#[tokio::test]
async fn no_byte_before_the_scores_depends_on_the_key() {
    let one = received(&ONE, false).await;
    let other = received(&OTHER, true).await;
    assert!(one.iter().any(|text| text.contains("answer_accepted")), "the game was played");
    assert!(one.iter().any(|text| text.contains("round_ended")));
    assert_eq!(one, other);
    assert!(!other.iter().any(|text| text.contains("canary") || text.contains("round_answers")));
}
