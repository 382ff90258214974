//! Written material over HTTP: tags, many questions at once, repeats, drawing at random, and what past games told.

use crate::support::{Quibble, asks, expect, text};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

/// A bank with text questions of these prompts, all answered with yes; its path and their ids.
async fn bank(quibble: &Quibble, name: &str, prompts: &[&str]) -> (String, Vec<Value>) {
    let bank = quibble.post("/api/banks", json!({ "name": name })).await;
    let path = format!("/api/banks/{}/questions", text(&bank["id"]));
    let mut ids = Vec::new();
    for prompt in prompts {
        let question = json!({ "type": "text", "prompt": prompt, "accepted_answers": ["yes"] });
        ids.push(quibble.post(&path, question).await["id"].clone());
    }
    (path, ids)
}

async fn batch(quibble: &Quibble, path: &str, body: Value, status: StatusCode) -> Value {
    expect(quibble.send(Method::POST, &format!("{path}/batch"), Some(body)).await, status).await
}

fn prompts(questions: &Value) -> Vec<String> {
    questions.as_array().unwrap().iter().map(|question| text(&question["prompt"])).collect()
}

#[tokio::test]
async fn a_change_that_does_not_name_tags_leaves_them() {
    let quibble = Quibble::start().await;
    let (path, ids) = bank(&quibble, "Food", &["Soup?"]).await;
    let path = format!("{path}/{}", text(&ids[0]));
    let put = async |body: Value| expect(quibble.send(Method::PUT, &path, Some(body)).await, StatusCode::OK).await;
    let tagged = put(json!({ "prompt": "Soup?", "accepted_answers": ["yes"], "tags": ["Easy", "80s"] })).await;
    assert_eq!(tagged["tags"], json!(["Easy", "80s"]));
    let older_client = put(json!({ "prompt": "Hot soup?", "accepted_answers": ["yes"] })).await;
    assert_eq!(older_client["tags"], json!(["Easy", "80s"]));
    assert_eq!(put(json!({ "prompt": "Soup?", "accepted_answers": ["yes"], "tags": [] })).await.get("tags"), None);
    let versions = quibble.get(&format!("{path}/versions")).await;
    assert_eq!(prompts(&versions), ["Hot soup?", "Soup?", "Soup?"]);
    assert_eq!(versions[1]["tags"], json!(["Easy", "80s"]));
}

#[tokio::test]
async fn many_questions_are_moved_tagged_and_deleted_at_once() {
    let quibble = Quibble::start().await;
    let (food, ids) = bank(&quibble, "Food", &["A?", "B?", "C?"]).await;
    let (drink, _) = bank(&quibble, "Drink", &["Wine?"]).await;
    let ok = StatusCode::OK;
    let tagged = batch(&quibble, &food, json!({ "act": "tag", "ids": ids, "add": ["Easy"] }), ok).await;
    assert_eq!(prompts(&tagged), ["A?", "B?", "C?"]);
    assert_eq!(quibble.get("/api/tags").await, json!([{ "tag": "Easy", "count": 3 }]));
    let to = drink.split('/').nth(3).unwrap();
    let moved = batch(&quibble, &food, json!({ "act": "move", "ids": [ids[2], ids[0]], "to": to }), ok).await;
    assert_eq!(prompts(&moved), ["C?", "A?"], "in the order of the bank where they are");
    assert_eq!((&moved[0]["bank_id"], &moved[0]["position"]), (&json!(to), &json!(1)));
    assert_eq!(batch(&quibble, &drink, json!({ "act": "delete", "ids": [ids[0]] }), ok).await, json!([]));
    assert_eq!(prompts(&quibble.get(&drink).await), ["Wine?", "C?"]);
    batch(&quibble, &drink, json!({ "act": "restore", "ids": [ids[0]] }), ok).await;
    assert_eq!(prompts(&quibble.get("/api/questions?tag=EASY&q=a%3F").await), ["A?"]);

    let wrong = StatusCode::UNPROCESSABLE_ENTITY;
    let unknown = batch(&quibble, &food, json!({ "act": "delete", "ids": [ids[1], ids[0]] }), wrong).await;
    assert_eq!(unknown["question_id"], ids[0]);
    assert_eq!(prompts(&quibble.get(&food).await), ["B?"], "all or none");
    for body in [
        json!({ "act": "move", "ids": [] }),
        json!({ "act": "tag", "ids": [], "add": ["a,b"] }),
        json!({ "act": "tag", "ids": [], "remove": vec!["a"; 11] }),
        json!({ "act": "delete", "ids": vec![ids[1].clone(); 1_001] }),
        json!({ "act": "burn", "ids": [] }),
    ] {
        batch(&quibble, &food, body, wrong).await;
    }
    batch(&quibble, &food, json!({ "act": "delete", "ids": vec![ids[1].clone(); 1_000] }), ok).await;
}

#[tokio::test]
async fn repeats_are_found_over_all_banks() {
    let quibble = Quibble::start().await;
    bank(&quibble, "Food", &["Is soup a good starter on a cold day?", "Bread?"]).await;
    let (_, ids) = bank(&quibble, "Drink", &["bread?", "Wine?", "Is soup a really good starter on a cold day?"]).await;
    let found = quibble.get("/api/questions/repeats").await;
    assert_eq!(found["complete"], true);
    let groups = found["groups"].as_array().unwrap();
    assert_eq!(groups.len(), 2);
    assert_eq!((&groups[0]["same"], groups[0]["questions"][1]["id"].clone()), (&json!(false), ids[2].clone()));
    assert_eq!((&groups[1]["same"], &groups[1]["questions"][1]["bank_name"]), (&json!(true), &json!("Drink")));
}

#[tokio::test]
async fn a_round_is_planned_and_filled_with_what_was_not_used() {
    let quibble = Quibble::start().await;
    let (game, code) = quibble.game(&[&[asks("Used?", &["yes"])]]).await;
    bank(&quibble, "Fresh", &["One?", "Two?"]).await;
    let mut host = quibble.host(&code).await;
    host.step("start_game", json!({})).await;
    host.step("release_question", json!({})).await;
    assert_eq!(
        quibble.send(Method::DELETE, &format!("/api/games/{game}"), None).await.status(),
        StatusCode::NO_CONTENT
    );

    let quiz = text(&quibble.post("/api/quizzes", json!({ "name": "Next" })).await["id"]);
    let plan = json!({ "title": "Music", "planned_questions": 8 });
    let round = quibble.post(&format!("/api/quizzes/{quiz}/rounds"), plan).await;
    assert_eq!(round["planned_questions"], 8);
    let path = format!("/api/quizzes/{quiz}/rounds/{}", text(&round["id"]));
    let older_client = quibble.send(Method::PUT, &path, Some(json!({ "title": "Songs" }))).await;
    assert_eq!(expect(older_client, StatusCode::OK).await["planned_questions"], 8);
    let fill = async |body: Value, status| {
        expect(quibble.send(Method::POST, &format!("{path}/fill"), Some(body)).await, status).await
    };
    let filled = fill(json!({ "count": 5, "unused_days": 30 }), StatusCode::OK).await;
    assert_eq!(filled["added"], 2, "the third was used today");
    let mut drawn = prompts(&filled["round"]["questions"]);
    drawn.sort();
    assert_eq!(drawn, ["One?", "Two?"]);
    let rest = fill(json!({ "count": 5 }), StatusCode::OK).await;
    assert_eq!((&rest["added"], prompts(&rest["round"]["questions"])[2].as_str()), (&json!(1), "Used?"));
    assert!(rest["round"]["questions"][2]["last_used_at"].is_string());
    fill(json!({ "count": 0 }), StatusCode::UNPROCESSABLE_ENTITY).await;
}

#[tokio::test]
async fn past_games_tell_how_hard_questions_are() {
    let quibble = Quibble::start().await;
    let (game, code) = quibble.game(&[&[asks("One?", &["yes"]), asks("Two?", &["yes"])]]).await;
    let quiz = text(&quibble.get(&format!("/api/games/{game}")).await["quiz_id"]);
    let difficulty = format!("/api/quizzes/{quiz}/difficulty");
    let mut host = quibble.host(&code).await;
    let (mut ann, mut bob) = (quibble.phone(&code, "Ann").await, quibble.phone(&code, "Bob").await);
    host.step("start_game", json!({})).await;
    host.step("release_question", json!({})).await;
    let question = ann.until("question_released").await["question"]["id"].clone();
    ann.answer(&question, "yes", "a").await;
    bob.answer(&question, "no", "b").await;
    host.step("end_round", json!({})).await;
    host.step("release_scores", json!({})).await;
    assert_eq!(quibble.get(&difficulty).await, json!([]), "the game is not over");
    host.step("end_game", json!({})).await;
    let known = json!([{ "question_id": question, "games": 1, "answered": 2, "right": 1 }]);
    assert_eq!(quibble.get(&difficulty).await, known, "nobody was asked the other one");
}

#[tokio::test]
async fn the_samples_can_be_had_again() {
    let quibble = Quibble::start().await;
    let quiz = quibble.post("/api/samples", json!({})).await;
    assert!(quiz["question_count"].as_u64().unwrap() > 0);
    assert_eq!(quibble.get("/api/quizzes").await[0]["id"], quiz["id"]);
    assert!(!quibble.get("/api/banks").await.as_array().unwrap().is_empty());
}
