//! Games over HTTP and sockets, as clients play them.

use crate::support::{Asked, Quibble, asks, choice, expect, text};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

const FRANCE: Asked = Asked { prompt: "Capital of France?", answers: &["Paris"], options: false, seconds: None };

#[tokio::test]
async fn a_whole_night() {
    let quibble = Quibble::start().await;
    let second = [choice("The red planet?", &["Mars", "Venus"])];
    let (game, code) = quibble.game(&[&[FRANCE, asks("Capital of Spain?", &["Madrid"])], &second]).await;
    let mut host = quibble.host(&code).await;
    let (mut ann, mut bob) = (quibble.phone(&code, "Ann").await, quibble.phone(&code, "Bob").await);
    let roster = host.find(|m| m["type"] == "lobby_update" && m["payload"]["players"].as_array().unwrap().len() == 2);
    assert_eq!(roster.await["payload"]["players"][0]["display_name"], "Ann");

    host.step("start_game", json!({})).await;
    let started = ann.until("game_started").await;
    assert_eq!((started["round"].clone(), started["total_rounds"].clone()), (json!(1), json!(2)));
    host.step("release_question", json!({})).await;
    let released = ann.until("question_released").await;
    assert_eq!(released["pos_in_round"], 1);
    assert_eq!(released["question"]["prompt"], "Capital of France?");
    let question = &released["question"]["id"];
    let accepted = ann.answer(question, "paris", "a1").await;
    assert_eq!(accepted["type"], "answer_accepted");
    assert_eq!(bob.answer(question, "Lyon", "b1").await["type"], "answer_accepted");
    let count = host.find(|m| m["type"] == "scoreboard_update" && m["payload"]["answer_count"] == 2).await;
    assert_eq!(&count["payload"]["question_id"], question);

    host.step("end_round", json!({})).await;
    let review = host.until("round_review").await;
    assert_eq!(review["questions"][0]["correct_answers"], json!(["Paris"]));
    let marks: Vec<_> =
        review["questions"][0]["answers"].as_array().unwrap().iter().map(|a| a["correct"].clone()).collect();
    assert_eq!(marks, [json!(true), json!(false)]);
    ann.until("round_ended").await;

    let lyon = json!({ "question_id": question, "answer_group": "lyon", "credit": "half" });
    host.step("override_answer", lyon).await;
    host.step("release_scores", json!({})).await;
    let scores = bob.until("round_scores").await;
    assert_eq!(scores["questions"][0]["points_earned"], 500);
    assert_eq!(scores["questions"][0]["your_answer"], "Lyon");
    assert_eq!(scores["round_score"], 500);
    let board = bob.until("round_leaderboard").await;
    let entries: Vec<_> =
        board["entries"].as_array().unwrap().iter().map(|e| (text(&e["display_name"]), e["score"].clone())).collect();
    assert_eq!(entries, [("Ann".to_owned(), json!(1000)), ("Bob".to_owned(), json!(500))]);
    let room = bob.until("round_answers").await["questions"][0].clone();
    assert_eq!((room["right"].clone(), room["players"].clone()), (json!(1), json!(2)));
    assert_eq!(room["counts"][0], json!({ "answer": "Lyon", "count": 1, "credit": "half" }));

    host.step("start_next_round", json!({})).await;
    assert_eq!(bob.until("game_started").await["round"], 2);
    host.step("release_question", json!({})).await;
    let released = bob.until("question_released").await;
    assert_eq!(released["question"]["choices"], json!(["Mars", "Venus"]));
    let refused = bob.answer(&released["question"]["id"], "Pluto", "b2").await;
    assert_eq!(refused["payload"]["code"], "bad_answer");
    bob.answer(&released["question"]["id"], "Mars", "b3").await;
    host.step("end_round", json!({})).await;
    host.step("release_scores", json!({})).await;
    host.step("end_game", json!({})).await;
    let ended = ann.until("game_ended").await;
    assert_eq!(ended["entries"][0]["display_name"], "Bob");

    let players = quibble.get(&format!("/api/games/{game}/players")).await;
    assert_eq!(players[0], json!({ "id": ended["entries"][0]["player_id"], "display_name": "Bob", "score": 1500 }));
    let results = quibble.get(&format!("/api/games/{game}/results")).await;
    assert_eq!(results["rounds"][0]["questions"][0]["difficulty"], 0.5);
    assert_eq!(results["standings"][1]["rounds"], json!([1000, 0]));
    let csv = quibble.send(Method::GET, &format!("/api/games/{game}/results.csv"), None).await.text().await.unwrap();
    assert!(csv.contains("\"1\",\"Bob\",\"1500\",\"500\",\"1000\""), "{csv}");
    assert_eq!(quibble.get(&format!("/api/games/{game}")).await["status"], "completed");
}

#[tokio::test]
async fn a_resend_gets_the_same_acknowledgement_and_counts_once() {
    let quibble = Quibble::start().await;
    let (_, code) = quibble.game(&[&[FRANCE]]).await;
    let mut host = quibble.host(&code).await;
    let mut ann = quibble.phone(&code, "Ann").await;
    host.step("start_game", json!({})).await;
    host.step("release_question", json!({})).await;
    let question = ann.until("question_released").await["question"]["id"].clone();
    let first = ann.answer(&question, "Rome", "m1").await;
    let changed = ann.answer(&question, "Paris", "m2").await;
    let again = ann.answer(&question, "Rome", "m1").await;
    assert_eq!(first, again, "the same bytes");
    assert_ne!(first["payload"]["answer_id"], changed["payload"]["answer_id"]);
    let other = ann.answer(&question, "Oslo", "m1").await;
    assert_eq!(other["payload"]["code"], "conflict");
    host.step("end_round", json!({})).await;
    assert_eq!(ann.answer(&question, "Rome", "m1").await, first, "also when the round is over");
    assert_eq!(ann.answer(&question, "Rome", "m3").await["payload"]["code"], "question_closed");
    let review = host.until("round_review").await;
    assert_eq!(review["questions"][0]["answers"][0]["answer"], "Paris", "the latest counts");
}

#[tokio::test]
async fn of_two_consoles_with_one_step_one_is_stale_and_told_where_the_game_stands() {
    let quibble = Quibble::start().await;
    let (_, code) = quibble.game(&[&[FRANCE, asks("Two?", &["2"])]]).await;
    let (mut one, mut two) = (quibble.host(&code).await, quibble.host(&code).await);
    let seq = one.seq;
    let step = |id: &str| json!({ "type": "start_game", "payload": { "expected_seq": seq }, "id": id });
    one.send(step("one")).await;
    two.send(step("two")).await;
    let first = one.find(|m| m["id"] == "one").await;
    let second = two.find(|m| m["id"] == "two").await;
    let mut kinds = [text(&first["type"]), text(&second["type"])];
    kinds.sort();
    assert_eq!(kinds, ["done", "refused"]);
    let loser = if first["type"] == "refused" { (&mut one, first) } else { (&mut two, second) };
    assert_eq!(loser.1["payload"]["code"], "stale");
    let heard_state = |m: &Value| m["type"] == "host_state" && m["payload"]["phase"] == "question";
    let told = loser.0.heard.iter().any(|text| heard_state(&serde_json::from_str(text).unwrap()));
    if !told {
        loser.0.find(heard_state).await;
    }
}

#[tokio::test]
async fn who_comes_back_is_told_what_the_phase_needs() {
    let quibble = Quibble::start().await;
    let (_, code) = quibble.game(&[&[FRANCE, asks("Two?", &["2"])]]).await;
    let mut host = quibble.host(&code).await;
    let joined = quibble.join(&code, "Ann").await;
    let session = text(&joined["session_token"]);
    let mut ann = quibble.phone_again(&code, &session).await;
    host.step("start_game", json!({})).await;
    host.step("release_question", json!({})).await;
    let question = ann.until("question_released").await["question"]["id"].clone();
    ann.answer(&question, "Paris", "m1").await;
    drop(ann);

    let mut back = quibble.phone_again(&code, &session).await;
    assert_eq!(back.until("game_started").await["round"], 1);
    assert_eq!(back.until("question_released").await["your_answer"], "Paris");
    host.step("end_round", json!({})).await;
    drop(back);
    let mut back = quibble.phone_again(&code, &session).await;
    back.until("round_ended").await;
    host.step("release_scores", json!({})).await;
    drop(back);
    let mut back = quibble.phone_again(&code, &session).await;
    assert_eq!(back.until("round_scores").await["round_score"], 1000);
    back.until("round_leaderboard").await;
}

#[tokio::test]
async fn a_question_is_closed_by_the_server_when_its_time_is_up() {
    let quibble = Quibble::start().await;
    let timed = Asked { seconds: Some(5), ..FRANCE };
    let (_, code) = quibble.game(&[&[timed]]).await;
    let mut host = quibble.host(&code).await;
    let mut ann = quibble.phone(&code, "Ann").await;
    host.step("start_game", json!({})).await;
    host.step("release_question", json!({})).await;
    let released = ann.until("question_released").await;
    assert!(released["closes_at"].as_i64().unwrap() > quibble.clock.now_ms());
    assert_eq!(ann.until("question_closed").await["by"], "time");
    assert!(quibble.clock.now_ms() >= released["closes_at"].as_i64().unwrap());
    let late = ann.answer(&released["question"]["id"], "Paris", "late").await;
    assert_eq!(late["payload"]["code"], "question_closed");
}

#[tokio::test]
async fn a_name_that_is_hidden_leaves_the_board_that_is_up_and_a_break_outlasts_a_new_board() {
    let quibble = Quibble::start().await;
    let (game, code) = quibble.game(&[&[FRANCE]]).await;
    let mut host = quibble.host(&code).await;
    let joined = quibble.join(&code, "Rude").await;
    let mut ann = quibble.phone(&code, "Ann").await;
    let link = quibble.post(&format!("/api/games/{game}/screens"), json!({})).await;
    let mut screen = quibble.socket(&code, json!({ "screen": link["screen_token"] })).await;
    for step in ["start_game", "release_question", "end_round"] {
        host.step(step, json!({})).await;
    }
    host.step("present", json!({ "view": "break" })).await;
    host.step("release_scores", json!({})).await;
    assert_eq!(ann.until("break").await["on"], true);
    assert_eq!(ann.until("break").await["on"], false, "the board ends it");
    host.step("present", json!({ "view": "break" })).await;
    assert_eq!(ann.until("break").await["on"], true);
    host.step("hide_name", json!({ "player_id": joined["player_id"] })).await;
    for socket in [&mut ann, &mut screen] {
        let board = socket.find(|m| m["type"] == "round_leaderboard" && !m.to_string().contains("Rude")).await;
        assert_eq!(board["payload"]["entries"].as_array().unwrap().len(), 2);
    }
    host.step("end_game", json!({})).await;
    host.step("show_name", json!({ "player_id": joined["player_id"] })).await;
    ann.find(|m| m["type"] == "game_ended" && m.to_string().contains("Rude")).await;
    let breaks = ann.heard.iter().filter(|text| text.contains(r#""type":"break""#)).count();
    assert_eq!(breaks, 4, "after the two above, one begins and the end of the game ends it");
}

#[tokio::test]
async fn a_removed_player_is_cut_and_kept_out() {
    let quibble = Quibble::start().await;
    let (_, code) = quibble.game(&[&[FRANCE]]).await;
    let mut host = quibble.host(&code).await;
    let join = json!({ "code": code, "display_name": "Rude", "device": "phone-1" });
    let joined = quibble.post("/api/join", join).await;
    let mut phone = quibble.phone_again(&code, &text(&joined["session_token"])).await;
    host.find(|m| m["type"] == "host_state" && m["payload"]["players"][0]["online"] == 1).await;
    host.step("remove_player", json!({ "player_id": joined["player_id"] })).await;
    assert_eq!(phone.closed().await, Some((4403, "removed".to_owned())));
    let again = json!({ "code": code, "display_name": "Nicer", "device": "phone-1" });
    let refused = quibble.send_as(None, Method::POST, "/api/join", Some(again)).await;
    assert_eq!(expect(refused, StatusCode::FORBIDDEN).await["code"], "removed");
    let mut back = quibble.socket(&code, json!({ "session": joined["session_token"] })).await;
    assert_eq!(back.closed().await, Some((4403, "removed".to_owned())));
    host.step("restore_player", json!({ "player_id": joined["player_id"] })).await;
    quibble.phone_again(&code, &text(&joined["session_token"])).await;
}

#[tokio::test]
async fn a_player_moves_to_another_phone_when_the_host_agrees() {
    let quibble = Quibble::start().await;
    let (_, code) = quibble.game(&[&[FRANCE]]).await;
    let mut host = quibble.host(&code).await;
    let mut old = quibble.phone(&code, "Ann").await;
    let taken = json!({ "code": code, "display_name": "ann", "device": "new" });
    let refused = quibble.send_as(None, Method::POST, "/api/join", Some(taken.clone())).await;
    let refused = expect(refused, StatusCode::CONFLICT).await;
    assert_eq!(refused["code"], "name_taken");
    assert_eq!(refused["suggestions"], json!(["ann 2", "ann 3", "ann 4"]));
    let claim = quibble.post("/api/join/claims", taken).await;
    let poll = || {
        quibble.send_as(
            None,
            Method::POST,
            "/api/join/claims/poll",
            Some(json!({ "claim_token": claim["claim_token"] })),
        )
    };
    assert_eq!(expect(poll().await, StatusCode::OK).await["status"], "waiting");
    host.find(|m| m["type"] == "host_state" && m["payload"]["claims"][0]["claim_id"] == claim["claim_id"]).await;
    host.step("decide_claim", json!({ "claim_id": claim["claim_id"], "approve": true })).await;
    assert_eq!(old.closed().await, Some((4403, "moved".to_owned())));
    let seated = expect(poll().await, StatusCode::OK).await;
    assert_eq!(seated["status"], "approved");
    assert_eq!(seated["display_name"], "Ann");
    quibble.phone_again(&code, &text(&seated["session_token"])).await;
}

#[tokio::test]
async fn a_player_moves_to_another_phone_by_the_secret_of_the_seat() {
    let quibble = Quibble::start().await;
    let (_, code) = quibble.game(&[&[FRANCE]]).await;
    let mut host = quibble.host(&code).await;
    let joined = quibble.join(&code, "Ann").await;
    let secret = text(&joined["session_token"]);
    let mut old = quibble.phone_again(&code, &secret).await;
    let move_to = async |secret: &str, device: &str| {
        let wish = json!({ "code": code, "session_token": secret, "device": device });
        quibble.send_as(None, Method::POST, "/api/join/moves", Some(wish)).await
    };
    let none = expect(move_to("made up", "a new phone of Ann's").await, StatusCode::NOT_FOUND).await;
    assert_eq!(none["code"], "no_such_seat");

    let moved = expect(move_to(&secret, "a new phone of Ann's").await, StatusCode::CREATED).await;
    assert_eq!(
        (moved["display_name"].clone(), moved["player_id"].clone()),
        (json!("Ann"), joined["player_id"].clone())
    );
    assert_eq!(old.closed().await, Some((4403, "moved".to_owned())));
    let mut back = quibble.socket(&code, json!({ "session": secret })).await;
    assert_eq!(back.closed().await, Some((4403, "moved".to_owned())));
    quibble.phone_again(&code, &text(&moved["session_token"])).await;

    // The link works once, and again for the phone that it brought the seat to: its answer may have been lost.
    assert_eq!(expect(move_to(&secret, "a stranger's own phone").await, StatusCode::GONE).await["code"], "seat_moved");
    let again = expect(move_to(&secret, "a new phone of Ann's").await, StatusCode::CREATED).await;
    let mut new = quibble.phone_again(&code, &text(&again["session_token"])).await;

    // In a team both play on.
    host.step("set_teams", json!({ "allowed": true })).await;
    let second = expect(move_to(&text(&again["session_token"]), "one more").await, StatusCode::CREATED).await;
    let mut both = quibble.phone_again(&code, &text(&second["session_token"])).await;
    assert_eq!(
        both.find(|m| m["type"] == "you" && m["payload"]["devices"] == 2).await["payload"]["display_name"],
        "Ann"
    );
    host.step("remove_player", json!({ "player_id": joined["player_id"] })).await;
    assert_eq!(new.closed().await, Some((4403, "removed".to_owned())));
    let refused = expect(move_to(&text(&second["session_token"]), "yet another").await, StatusCode::FORBIDDEN).await;
    assert_eq!(refused["code"], "removed");
}

#[tokio::test]
async fn phones_are_told_of_a_break() {
    let quibble = Quibble::start().await;
    let (_, code) = quibble.game(&[&[FRANCE]]).await;
    let mut host = quibble.host(&code).await;
    let mut ann = quibble.phone(&code, "Ann").await;
    host.step("start_game", json!({})).await;
    host.step("present", json!({ "view": "break", "minutes": 10 })).await;
    let told = ann.until("break").await;
    assert_eq!(told["on"], true);
    assert!(told["until"].is_i64(), "{told}");
    let mut late = quibble.phone(&code, "Bob").await;
    assert_eq!(late.until("break").await, told);
    host.step("present", json!({ "view": "auto" })).await;
    assert_eq!(ann.until("break").await, json!({ "on": false }));
}

#[tokio::test]
async fn phones_of_a_team_share_one_seat_and_one_answer() {
    let quibble = Quibble::start().await;
    let (_, code) = quibble.game(&[&[FRANCE]]).await;
    let mut host = quibble.host(&code).await;
    host.step("set_teams", json!({ "allowed": true })).await;
    let mut first = quibble.phone(&code, "The Foxes").await;
    let claim =
        quibble.post("/api/join/claims", json!({ "code": code, "display_name": "the foxes", "device": "two" })).await;
    let asked = first.until("claim").await;
    first.send(json!({ "type": "decide_claim", "payload": { "claim_id": asked["claim_id"], "approve": true }, "id": "ok" })).await;
    assert_eq!(first.find(|m| m["id"] == "ok").await["type"], "done");
    let mut second = quibble.phone_again(&code, &text(&claim["claim_token"])).await;
    host.step("start_game", json!({})).await;
    host.step("release_question", json!({})).await;
    let question = first.until("question_released").await["question"]["id"].clone();
    second.until("question_released").await;
    first.answer(&question, "Paris", "m1").await;
    let told = second.until("answer_accepted").await;
    assert_eq!(told["answer"], "Paris");
    let count = host.until("scoreboard_update").await;
    assert_eq!(count["answer_count"], 1);
}

#[tokio::test]
async fn an_answered_question_stays_released() {
    let quibble = Quibble::start().await;
    let (_, code) = quibble.game(&[&[FRANCE, asks("Two?", &["2"])]]).await;
    let mut host = quibble.host(&code).await;
    let mut ann = quibble.phone(&code, "Ann").await;
    host.step("start_game", json!({})).await;
    host.step("release_question", json!({})).await;
    let first = ann.until("question_released").await["question"]["id"].clone();
    host.step("unrelease_question", json!({ "question_id": first })).await;
    assert_eq!(ann.until("question_unreleased").await["question_id"], first);
    host.step("release_question", json!({})).await;
    ann.until("question_released").await;
    ann.answer(&first, "Paris", "m1").await;
    host.send(json!({ "type": "unrelease_question", "payload": { "question_id": first }, "id": "back" })).await;
    assert_eq!(host.find(|m| m["id"] == "back").await["payload"]["code"], "already_answered");
}

#[tokio::test]
async fn a_judgement_can_be_remembered_as_an_accepted_answer() {
    let quibble = Quibble::start().await;
    let (_, code) = quibble.game(&[&[FRANCE]]).await;
    let mut host = quibble.host(&code).await;
    let mut ann = quibble.phone(&code, "Ann").await;
    host.step("start_game", json!({})).await;
    host.step("release_question", json!({})).await;
    let question = ann.until("question_released").await["question"]["id"].clone();
    ann.answer(&question, "City of Light", "m1").await;
    host.step("end_round", json!({})).await;
    let review = host.until("round_review").await;
    let group = review["questions"][0]["groups"][0]["answer_group"].clone();
    let judge = json!({ "question_id": question, "answer_group": group, "credit": "full", "remember": true });
    host.step("override_answer", judge).await;
    let found = quibble.get("/api/questions?q=France").await;
    assert_eq!(found[0]["accepted_answers"], json!(["Paris", "City of Light"]));
}

#[tokio::test]
async fn editing_tonights_bank_does_not_change_tonights_game() {
    let quibble = Quibble::start().await;
    let (_, code) = quibble.game(&[&[FRANCE]]).await;
    let found = quibble.get("/api/questions?q=France").await;
    let path = format!("/api/banks/{}/questions/{}", text(&found[0]["bank_id"]), text(&found[0]["id"]));
    let edited = json!({ "type": "text", "prompt": "Capital of Peru?", "accepted_answers": ["Lima"] });
    expect(quibble.send(Method::PUT, &path, Some(edited)).await, StatusCode::OK).await;
    let mut host = quibble.host(&code).await;
    host.step("start_game", json!({})).await;
    host.step("release_question", json!({})).await;
    assert_eq!(host.until("question_released").await["question"]["prompt"], "Capital of France?");
}

#[tokio::test]
async fn a_screen_is_paired_by_code_or_link_and_only_looks() {
    let quibble = Quibble::start().await;
    let (game, code) = quibble.game(&[&[FRANCE]]).await;
    let waiting = quibble.send_as(None, Method::POST, "/api/screens/pairings", Some(json!({}))).await;
    let waiting = expect(waiting, StatusCode::CREATED).await;
    quibble.post(&format!("/api/games/{game}/screens"), json!({ "pairing_code": waiting["code"] })).await;
    let poll = json!({ "secret": waiting["secret"] });
    let paired = quibble.send_as(None, Method::POST, "/api/screens/pairings/poll", Some(poll)).await;
    let paired = expect(paired, StatusCode::OK).await;
    assert_eq!((text(&paired["status"]), text(&paired["game_code"])), ("paired".to_owned(), code.clone()));
    let mut screen = quibble.socket(&code, json!({ "screen": paired["screen_token"] })).await;
    assert_eq!(screen.until("screen_state").await["join_url"], format!("http://quiz.test/j/{code}"));
    screen.send(json!({ "type": "start_game", "payload": {}, "id": "try" })).await;
    assert_eq!(screen.find(|m| m["id"] == "try").await["payload"]["code"], "not_allowed");
    let link = quibble.post(&format!("/api/games/{game}/screens"), json!({})).await;
    let mut other = quibble.socket(&code, json!({ "screen": link["screen_token"] })).await;
    other.until("screen_state").await;
    let cut = quibble.send(Method::DELETE, &format!("/api/games/{game}/screens"), None).await;
    assert_eq!(cut.status(), StatusCode::NO_CONTENT);
    assert_eq!(screen.closed().await, Some((4401, "not signed in".to_owned())));
    assert_eq!(other.closed().await, Some((4401, "not signed in".to_owned())));
}

#[tokio::test]
async fn a_console_knows_what_its_step_did_when_it_is_told_that_it_is_done() {
    let quibble = Quibble::start().await;
    let (_, code) = quibble.game(&[&[asks("One?", &["1"])]]).await;
    let mut host = quibble.host(&code).await;
    // In quick succession, so that the state would wait for its turn.
    for locked in [true, false, true] {
        host.step("lock", json!({ "locked": locked })).await;
        let state = host.brought_about().rfind(|message| message["type"] == "host_state");
        assert_eq!(state.map(|state| &state["payload"]["locked"]), Some(&json!(locked)));
    }
}

#[tokio::test]
async fn points_are_given_while_the_board_is_up_and_their_player_is_told() {
    let quibble = Quibble::start().await;
    let (game, code) = quibble.game(&[&[FRANCE]]).await;
    let mut host = quibble.host(&code).await;
    let (mut ann, mut bob) = (quibble.phone(&code, "Ann").await, quibble.phone(&code, "Bob").await);
    for step in ["start_game", "release_question", "end_round", "release_scores"] {
        host.step(step, json!({})).await;
    }
    let board = bob.until("round_leaderboard").await;
    ann.until("round_leaderboard").await;
    let player = |name: &str| {
        let entries = board["entries"].as_array().unwrap();
        entries.iter().find(|entry| entry["display_name"] == name).unwrap()["player_id"].clone()
    };
    let adjust = |points: f64| json!({ "player_id": player("Ann"), "points": points, "reason": "=Best name" });
    host.send(json!({ "type": "adjust_score", "payload": adjust(0.3), "id": "bad" })).await;
    assert_eq!(host.find(|m| m["id"] == "bad").await["payload"]["code"], "bad_points");
    host.step("adjust_score", adjust(2.5)).await;
    let told = ann.until("round_scores").await;
    assert_eq!(told["adjustments"], json!([{ "points": 2.5, "reason": "=Best name" }]));
    assert_eq!(told["round_score"], 2.5);
    let others = bob.until("round_scores").await;
    assert_eq!(others.get("adjustments"), None, "nobody else's are told");
    let board = bob.until("round_leaderboard").await;
    assert_eq!((board["entries"][0]["score"].clone(), board["corrected"].clone()), (json!(2.5), json!("=Best name")));
    let csv = quibble.send(Method::GET, &format!("/api/games/{game}/results.csv"), None).await.text().await.unwrap();
    assert!(csv.contains("\"1\",\"Ann\",\"2.5\",\"2.5\",\"2.5\",\"2.5: =Best name\""), "{csv}");
    let results = quibble.get(&format!("/api/games/{game}/results.json")).await;
    assert_eq!(results["standings"][0]["adjustments"][0]["reason"], "=Best name");
    let state = host.find(|m| m["type"] == "host_state" && m["payload"]["adjustments"][0]["points"] == 2.5).await;
    let undo = json!({ "adjustment": state["payload"]["adjustments"][0]["id"], "reason": "A slip" });
    host.step("undo_adjustment", undo.clone()).await;
    assert_eq!(ann.until("round_scores").await["round_score"], 0);
    host.send(json!({ "type": "undo_adjustment", "payload": undo, "id": "again" })).await;
    assert_eq!(host.find(|m| m["id"] == "again").await["payload"]["code"], "unknown_adjustment");
}

#[tokio::test]
async fn a_hidden_name_reaches_everybody_and_its_player_keeps_the_seat() {
    let quibble = Quibble::start().await;
    let (_, code) = quibble.game(&[&[FRANCE]]).await;
    let mut host = quibble.host(&code).await;
    let mut ann = quibble.phone(&code, "Ann").await;
    let joined = quibble.join(&code, "Rude").await;
    let mut rude = quibble.phone_again(&code, &text(&joined["session_token"])).await;
    host.step("hide_name", json!({ "player_id": joined["player_id"] })).await;
    let you = rude.find(|m| m["type"] == "you" && m["payload"]["display_name"] != "Rude").await;
    let shown = text(&you["payload"]["display_name"]);
    let is_shown = |m: &Value| m["type"] == "lobby_update" && m["payload"]["players"][1]["display_name"] == *shown;
    ann.find(is_shown).await;
    rude.send(json!({ "type": "rename", "payload": { "display_name": "Ruder" }, "id": "again" })).await;
    assert_eq!(rude.find(|m| m["id"] == "again").await["payload"]["code"], "name_hidden");
    let taken = json!({ "code": code, "display_name": "rude" });
    let refused = quibble.send_as(None, Method::POST, "/api/join", Some(taken)).await;
    assert_eq!(expect(refused, StatusCode::CONFLICT).await["code"], "name_taken");
    host.step("show_name", json!({ "player_id": joined["player_id"] })).await;
    rude.find(|m| m["type"] == "you" && m["payload"]["display_name"] == "Rude").await;
}

#[tokio::test]
async fn the_nearest_number_wins() {
    let quibble = Quibble::start().await;
    let bank = quibble.post("/api/banks", json!({ "name": "Bank" })).await;
    let tower =
        json!({ "type": "text", "prompt": "When?", "accepted_answers": ["1889"], "marking": { "nearest": true } });
    let path = format!("/api/banks/{}/questions", text(&bank["id"]));
    assert_eq!(quibble.post(&path, tower).await["marking"]["nearest"], true);
    let game = quibble.post("/api/games", json!({ "bank_id": bank["id"] })).await;
    let code = text(&game["code"]);
    let mut host = quibble.host(&code).await;
    let (mut ann, mut bob) = (quibble.phone(&code, "Ann").await, quibble.phone(&code, "Bob").await);
    host.step("start_game", json!({})).await;
    host.step("release_question", json!({})).await;
    let released = ann.until("question_released").await;
    assert_eq!(released["question"]["nearest"], true);
    ann.answer(&released["question"]["id"], "eighteen eighty", "a").await;
    bob.answer(&released["question"]["id"], "1900", "b").await;
    host.step("end_round", json!({})).await;
    let groups = host.until("round_review").await["questions"][0]["groups"].clone();
    assert_eq!((groups[0]["distance"].clone(), groups[0]["credit"].clone()), (json!("9"), json!("full")));
    assert_eq!((groups[1]["distance"].clone(), groups[1]["credit"].clone()), (json!("11"), json!("none")));
    host.step("release_scores", json!({})).await;
    assert_eq!(ann.until("round_scores").await["round_score"], 1000);
    assert_eq!(bob.until("round_scores").await["questions"][0]["nearest"], true);
}

#[tokio::test]
async fn the_next_question_comes_by_itself_and_a_pause_stops_that() {
    let quibble = Quibble::start().await;
    let (_, code) = quibble.game(&[&[asks("One?", &["1"]), asks("Two?", &["2"]), asks("Three?", &["3"])]]).await;
    let mut host = quibble.host(&code).await;
    let mut ann = quibble.phone(&code, "Ann").await;
    host.step("set_options", json!({ "auto_advance": 1 })).await;
    host.step("start_game", json!({})).await;
    host.step("release_question", json!({})).await;
    assert_eq!(ann.until("question_released").await["question"]["prompt"], "One?");
    let next_at = host.until("host_state").await["next_at"].as_i64();
    assert_eq!(ann.until("question_released").await["question"]["prompt"], "Two?");
    assert!(next_at.is_none_or(|at| quibble.clock.now_ms() >= at));
    host.find(|m| m["type"] == "host_state" && m["payload"]["questions"][1]["state"] == "open").await;
    host.step("pause", json!({})).await;
    let paused = host.find(|m| m["type"] == "host_state" && m["payload"]["paused_at"].is_i64()).await;
    assert_eq!(paused["payload"]["questions"][2]["state"], "pending");
    assert_eq!(paused["payload"]["next_at"], json!(null));
    host.step("release_question", json!({ "all": true })).await;
    assert_eq!(ann.until("question_released").await["question"]["prompt"], "Three?");
}

/// Phones may ask for long lists in short, and for a whole board after that. Everybody else gets them whole.
#[tokio::test]
async fn a_large_room_is_told_in_short_to_phones_that_ask() {
    let quibble = Quibble::start().await;
    let (_, code) = quibble.game(&[&[FRANCE]]).await;
    let mut host = quibble.host(&code).await;
    let mut whole = quibble.phone(&code, "Player 0").await;
    let mut session = Value::Null;
    for n in 1..40 {
        session = quibble.join(&code, &format!("Player {n}")).await["session_token"].clone();
    }
    let hello = json!({ "session": session, "brief": true });
    let mut brief = quibble.socket(&code, hello.clone()).await;
    let roster = brief.until("lobby_update").await;
    assert_eq!((roster["players"].as_array().unwrap().len(), roster["total"].clone()), (30, json!(40)));
    let is_whole = |m: &Value| m["type"] == "lobby_update" && m["payload"]["players"].as_array().unwrap().len() == 40;
    assert_eq!(whole.find(is_whole).await["payload"]["total"], Value::Null);

    host.step("start_game", json!({})).await;
    host.step("release_question", json!({})).await;
    let question = whole.until("question_released").await["question"]["id"].clone();
    whole.answer(&question, "Paris", "a").await;
    host.step("end_round", json!({})).await;
    host.step("release_scores", json!({})).await;
    let board = whole.until("round_leaderboard").await;
    let entries = board["entries"].as_array().unwrap();
    assert_eq!((entries.len(), board["total"].clone()), (40, Value::Null));
    let own = entries.iter().position(|entry| entry["display_name"] == "Player 39").unwrap();
    let in_short = |short: &Value| {
        assert_eq!(short["entries"].as_array().unwrap()[..], entries[..10]);
        assert_eq!((short["total"].clone(), short["near"]["above"].clone()), (json!(40), json!(own - 1)));
        assert_eq!(short["near"]["entries"].as_array().unwrap()[..], entries[own - 1..=own + 1]);
    };
    in_short(&brief.until("round_leaderboard").await);
    let mut again = quibble.socket(&code, hello).await;
    in_short(&again.until("round_leaderboard").await);
    again.say("show_board", json!({})).await;
    assert_eq!(again.until("round_leaderboard").await, board);
}
