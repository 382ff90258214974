//! A dry run: a game that robots play along with, of which nothing stays.

use crate::support::{PATIENCE, Quibble, asks, choice, expect, text};
use quibble::limits::{GAMES_OPEN_PER_ACCOUNT_MAX, PRACTICES_PER_ACCOUNT_MAX, ROBOTS_PER_PRACTICE};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::time::timeout;

async fn practice(quibble: &Quibble, quiz: &str) -> Value {
    quibble.post("/api/games", json!({ "quiz_id": quiz, "practice": true })).await
}

#[tokio::test]
async fn robots_join_answer_and_leave_nothing_behind() {
    let quibble = Quibble::start().await;
    let questions = [choice("Red planet?", &["Mars", "Venus"]), asks("Capital of Peru?", &["Lima"])];
    let quiz = quibble.quiz(&[&questions]).await;
    let game = practice(&quibble, &quiz).await;
    assert_eq!((&game["practice"], &game["quiz_name"]), (&json!(true), &json!("Practice: Friday night")));
    let code = text(&game["code"]);
    let by_code = quibble.get(&format!("/api/games/by-code/{code}")).await;
    assert_eq!(by_code["quiz_name"], "Practice: Friday night", "a phone says so, too");

    let mut host = quibble.socket(&code, json!({ "token": quibble.token })).await;
    assert_eq!(host.until("welcome").await["practice"], true);
    let all_in = |message: &Value| {
        let players = message["payload"]["players"].as_array();
        message["type"] == "host_state" && players.is_some_and(|players| players.len() == ROBOTS_PER_PRACTICE)
    };
    host.find(all_in).await;
    let mut phone = quibble.phone(&code, "Ann").await;
    host.step("start_game", json!({})).await;
    for _ in 0..questions.len() {
        host.step("release_question", json!({})).await;
        let released = phone.until("question_released").await;
        assert_eq!(
            phone.answer(&released["question"]["id"], "Mars", &text(&released["question"]["id"])).await["type"],
            "answer_accepted"
        );
    }
    // Those who leave a question out are few.
    let answered = |message: &Value| {
        let questions = message["payload"]["questions"].as_array();
        message["type"] == "host_state"
            && questions.is_some_and(|all| all.iter().all(|question| question["answered"].as_u64() >= Some(3)))
    };
    host.find(answered).await;
    host.step("end_round", json!({})).await;
    host.step("release_scores", json!({})).await;
    host.step("end_game", json!({})).await;
    let board = phone.until("game_ended").await;
    assert_eq!(board["entries"].as_array().unwrap().len(), ROBOTS_PER_PRACTICE + 1);

    assert_eq!(quibble.get("/api/games").await, json!([]), "on no list");
    assert_eq!(quibble.get(&format!("/api/quizzes/{quiz}")).await["game_count"], 0, "counted nowhere");
    drop((host, phone));
    quibble.close.cancel();
    quibble.stop.cancel();
    quibble.tracker.close();
    timeout(PATIENCE, quibble.tracker.wait()).await.expect("the robots go home");
}

#[tokio::test]
async fn a_real_game_has_no_robots() {
    let quibble = Quibble::start().await;
    let (game, code) = quibble.game(&[&[asks("One?", &["1"])]]).await;
    let game = quibble.get(&format!("/api/games/{game}")).await;
    assert_eq!((game.get("practice"), &game["quiz_name"]), (None, &json!("Friday night")));
    let mut host = quibble.socket(&code, json!({ "token": quibble.token })).await;
    assert!(host.until("welcome").await.get("practice").is_none());
}

#[tokio::test]
async fn practice_is_unlimited_and_the_oldest_makes_room() {
    let quibble = Quibble::start().await;
    let quiz = quibble.quiz(&[&[asks("One?", &["1"])]]).await;
    let mut ids = Vec::new();
    for _ in 0..=PRACTICES_PER_ACCOUNT_MAX {
        ids.push(text(&practice(&quibble, &quiz).await["id"]));
    }
    let mut there = Vec::new();
    for id in &ids {
        there.push(quibble.send(Method::GET, &format!("/api/games/{id}"), None).await.status() == StatusCode::OK);
    }
    assert_eq!(there.iter().filter(|there| **there).count(), PRACTICES_PER_ACCOUNT_MAX);
    assert!(!there[0], "the oldest is wiped");
    // Real games have their own limit, and a practice is none of them.
    for _ in 0..GAMES_OPEN_PER_ACCOUNT_MAX {
        quibble.post("/api/games", json!({ "quiz_id": quiz })).await;
    }
    let full = quibble.send(Method::POST, "/api/games", Some(json!({ "quiz_id": quiz }))).await;
    expect(full, StatusCode::CONFLICT).await;
    practice(&quibble, &quiz).await;
}

#[tokio::test]
async fn a_bank_learns_nothing_from_practice() {
    let quibble = Quibble::start().await;
    let quiz = quibble.quiz(&[&[asks("Capital of Peru?", &["Lima"])]]).await;
    let code = text(&practice(&quibble, &quiz).await["code"]);
    let mut host = quibble.host(&code).await;
    let joined = quibble.join(&code, "Ann").await;
    let mut phone = quibble.phone_again(&code, &text(&joined["session_token"])).await;
    host.step("start_game", json!({})).await;
    host.step("release_question", json!({})).await;
    let question = phone.until("question_released").await["question"]["id"].clone();
    phone.answer(&question, "Leema", "one").await;
    host.step("end_round", json!({})).await;
    let judged =
        json!({ "player_id": joined["player_id"], "question_id": question, "credit": "full", "remember": true });
    host.step("override_answer", judged).await;
    let banks = quibble.get("/api/banks").await;
    let questions = quibble.get(&format!("/api/banks/{}/questions", text(&banks[0]["id"]))).await;
    assert_eq!(questions[0]["accepted_answers"], json!(["Lima"]));
}
