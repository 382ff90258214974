//! Several replicas on one PostgreSQL database, with and without hints. With SQLite there is one process, and nothing to
//! show here: `tests/run postgres` runs these.

use crate::redis_server::Redis;
use crate::support::{PATIENCE, Quibble, Socket, asks, database, text};
use futures_util::future::join_all;
use quibble::game::GameId;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// Steps that two consoles race for. `QUIBBLE_TEST_RACES` asks for more.
const RACES: usize = 200;

/// A socket may send ten messages a second, and sixty at once.
const RACES_PER_SOCKET: usize = 50;

/// Two replicas. None with SQLite.
async fn two(hinted: bool) -> Option<(Quibble, Quibble)> {
    database::server()?;
    let one = Quibble::start().await;
    let two = one.replica(hinted).await;
    Some((one, two))
}

async fn until_counted(host: &mut Socket, count: u64) {
    host.find(|m| m["type"] == "scoreboard_update" && m["payload"]["answer_count"] == count).await;
}

/// The host on one replica, players on both: everybody sees the same night.
async fn a_night(one: &Quibble, two: &Quibble) {
    let (game, code) = one.game(&[&[asks("Capital of France?", &["Paris"]), asks("Of Spain?", &["Madrid"])]]).await;
    let mut host = one.host(&code).await;
    let (mut ann, mut bob) = (one.phone(&code, "Ann").await, two.phone(&code, "Bob").await);
    host.find(|m| m["type"] == "lobby_update" && m["payload"]["players"].as_array().unwrap().len() == 2).await;
    host.find(|m| {
        let players = m["payload"]["players"].as_array();
        m["type"] == "host_state" && players.is_some_and(|players| players.iter().all(|player| player["online"] == 1))
    })
    .await;
    host.step("start_game", json!({})).await;
    host.step("release_question", json!({})).await;
    let question = bob.until("question_released").await["question"]["id"].clone();
    assert_eq!(ann.until("question_released").await["question"]["id"], question);
    assert_eq!(bob.answer(&question, "Paris", "b1").await["type"], "answer_accepted");
    assert_eq!(ann.answer(&question, "Lyon", "a1").await["type"], "answer_accepted");
    until_counted(&mut host, 2).await;

    // Bob's phone comes back to the other replica, and finds its answer there.
    let seat = two.join(&code, "Cid").await;
    let mut cid = two.phone_again(&code, &text(&seat["session_token"])).await;
    cid.until("question_released").await;
    assert_eq!(cid.answer(&question, "paris", "c1").await["type"], "answer_accepted");
    let mut cid = one.phone_again(&code, &text(&seat["session_token"])).await;
    let again = cid.until("question_released").await;
    assert_eq!(again["your_answer"], "paris", "{again}");

    host.step("end_round", json!({})).await;
    let review = host.find(|m| m["type"] == "round_review").await;
    assert_eq!(review["payload"]["questions"][0]["answers"].as_array().unwrap().len(), 3);
    host.step("release_scores", json!({})).await;
    assert_eq!(bob.until("round_scores").await["round_score"], 1_000);
    let board = bob.until("round_leaderboard").await;
    assert_eq!(board, ann.until("round_leaderboard").await);
    host.step("end_game", json!({})).await;
    assert_eq!(bob.until("game_ended").await["entries"].as_array().unwrap().len(), 3);
    let players = two.get(&format!("/api/games/{game}/players")).await;
    assert_eq!(players.as_array().unwrap().len(), 3);
    assert!(two.metrics.events_of_others_seconds.get_sample_count() > 0);
}

#[tokio::test]
async fn a_night_on_two_replicas() {
    let Some((one, two)) = two(true).await else { return };
    a_night(&one, &two).await;
}

#[tokio::test]
async fn a_night_on_two_replicas_that_cannot_hear_each_other() {
    let Some((one, two)) = two(false).await else { return };
    a_night(&one, &two).await;
}

/// What one console gets for a step that another one takes at the same moment: to lock the lobby or to unlock it, in
/// turn, so that there is always something to do.
async fn press(host: &mut Socket, seq: u64, race: usize) -> String {
    let id = format!("race-{race}");
    let payload = json!({ "expected_seq": seq, "locked": race.is_multiple_of(2) });
    host.send(json!({ "type": "lock", "payload": payload, "id": id })).await;
    let answer = host.find(|m| m["id"] == *id).await;
    let code = answer["payload"]["code"].as_str();
    code.map_or_else(|| text(&answer["type"]), str::to_owned)
}

#[tokio::test]
async fn of_two_consoles_that_press_at_once_one_steps() {
    let Some((one, two)) = two(true).await else { return };
    let (game, code) = one.game(&[&[asks("Capital of France?", &["Paris"])]]).await;
    #[expect(clippy::disallowed_methods, reason = "the tests' own switch")]
    let races = std::env::var("QUIBBLE_TEST_RACES").ok().and_then(|races| races.parse().ok()).unwrap_or(RACES);
    for start in (0..races).step_by(RACES_PER_SOCKET) {
        let (mut first, mut second) = (one.host(&code).await, two.host(&code).await);
        for race in start..races.min(start + RACES_PER_SOCKET) {
            let seq = seq_of(&one, &game).await;
            let (a, b) = tokio::join!(press(&mut first, seq, race), press(&mut second, seq, race));
            assert_eq!(BTreeSet::from([a, b]), BTreeSet::from(["done".to_owned(), "stale".to_owned()]), "race {race}");
            assert_eq!(seq_of(&one, &game).await, seq + 1, "exactly one event");
        }
    }
}

/// Where the log of a game ends.
async fn seq_of(quibble: &Quibble, game: &str) -> u64 {
    quibble.store.game_seq(GameId(game.parse().unwrap())).await.unwrap().unwrap()
}

#[tokio::test]
async fn an_answer_that_was_accepted_is_marked_whatever_raced_with_the_end_of_its_round() {
    let Some((one, two)) = two(true).await else { return };
    for _ in 0..10 {
        let (_, code) = one.game(&[&[asks("Capital of France?", &["Paris"])]]).await;
        let mut host = one.host(&code).await;
        let joins = (0..12).map(|n| {
            let at = if n % 2 == 0 { &one } else { &two };
            let code = code.clone();
            async move { at.phone(&code, &format!("Player {n}")).await }
        });
        let mut phones = join_all(joins).await;
        host.step("start_game", json!({})).await;
        host.step("release_question", json!({})).await;
        let mut question = Value::Null;
        for phone in &mut phones {
            question = phone.until("question_released").await["question"]["id"].clone();
        }
        let question = &question;
        let answers = phones.iter_mut().enumerate().map(|(n, phone)| async move {
            let fate = phone.answer(question, "Paris", &format!("a{n}")).await;
            fate["type"] == "answer_accepted"
        });
        let (accepted, ()) = tokio::join!(join_all(answers), host.step("end_round", json!({})));
        let accepted = accepted.into_iter().filter(|accepted| *accepted).count();
        host.step("release_scores", json!({})).await;
        let mut marked = 0;
        for phone in &mut phones {
            marked += usize::from(phone.until("round_scores").await["round_score"] == 1_000);
        }
        assert_eq!(marked, accepted, "every accepted answer is marked, and no other");
    }
}

#[tokio::test]
async fn a_seat_that_moves_ends_the_old_phone_on_another_replica() {
    let Some((one, two)) = two(true).await else { return };
    let (_, code) = one.game(&[&[asks("Capital of France?", &["Paris"])]]).await;
    let mut host = one.host(&code).await;
    let mut old = two.phone(&code, "Ann").await;
    let claim = two.post("/api/join/claims", json!({ "code": code, "display_name": "Ann", "device": "new" })).await;
    let id = &claim["claim_id"];
    host.find(|m| m["type"] == "host_state" && m["payload"]["claims"][0]["claim_id"] == *id).await;
    host.step("decide_claim", json!({ "claim_id": id, "approve": true })).await;
    assert_eq!(old.closed().await, Some((4403, "moved".to_owned())));
}

#[tokio::test]
async fn a_session_that_ends_on_one_replica_ends_its_console_on_another() {
    let Some((one, two)) = two(true).await else { return };
    let (_, code) = one.game(&[&[asks("Capital of France?", &["Paris"])]]).await;
    let mut console = two.host(&code).await;
    for token in one.get("/api/account/tokens").await.as_array().unwrap() {
        // Once our own is gone, the others are not ours to revoke.
        one.send(Method::DELETE, &format!("/api/account/tokens/{}", text(&token["id"])), None).await;
    }
    assert_eq!(console.closed().await, Some((4401, "not signed in".to_owned())));
}

async fn until(what: &str, is_so: impl Fn() -> bool) {
    let waited = async {
        while !is_so() {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, waited).await.unwrap_or_else(|_| panic!("{what}"));
}

/// What becomes of Redis makes nothing wrong and nothing unready.
#[tokio::test]
async fn a_night_goes_on_whatever_becomes_of_redis() {
    if database::server().is_none() {
        return;
    }
    let mut redis = Redis::start();
    let first = Quibble::start().await;
    let (one, two) = (first.replica_with(redis.bus(&first)).await, first.replica_with(redis.bus(&first)).await);
    until("Redis comes up", || one.bus.is_up() && two.bus.is_up()).await;
    a_night(&one, &two).await;

    redis.stop();
    until("that it is away is noticed", || !one.bus.is_up() && !two.bus.is_up()).await;
    assert_eq!(one.get("/readyz").await, json!({ "status": "ok", "degraded": ["redis"] }));
    a_night(&one, &two).await;

    redis.start_again();
    until("it is back by itself", || one.bus.is_up() && two.bus.is_up()).await;
    assert_eq!(one.get("/readyz").await, json!({ "status": "ok" }));

    redis.signal("-STOP");
    until("that it is frozen is noticed", || !one.bus.is_up() && !two.bus.is_up()).await;
    a_night(&one, &two).await;
    redis.signal("-CONT");
    until("it goes on by itself", || one.bus.is_up() && two.bus.is_up()).await;
    a_night(&one, &two).await;
}

/// Hints need few rights, and nobody reads them on the way.
#[tokio::test]
async fn hints_go_through_a_redis_that_is_encrypted_and_locked() {
    if database::server().is_none() {
        return;
    }
    let redis = Redis::start_locked();
    let first = Quibble::start().await;
    let bus = |password| redis.locked_bus(&first, password);
    let (one, two) = (first.replica_with(bus("pass")).await, first.replica_with(bus("pass")).await);
    let stranger = bus("guess");
    until("Redis lets them in", || one.bus.is_up() && two.bus.is_up()).await;
    a_night(&one, &two).await;
    assert!(first.metrics.redis.hints.with_label_values(&["in"]).get() > 0);
    assert!(!stranger.is_up());
}

/// Whoever can write to Redis can say anything, and it changes nothing.
#[tokio::test]
async fn a_hostile_redis_changes_nothing() {
    if database::server().is_none() {
        return;
    }
    let redis = Redis::start();
    let first = Quibble::start().await;
    let (one, two) = (first.replica_with(redis.bus(&first)).await, first.replica_with(redis.bus(&first)).await);
    until("Redis comes up", || one.bus.is_up() && two.bus.is_up()).await;
    let (game, code) = one.game(&[&[asks("Capital of France?", &["Paris"])]]).await;
    let _host = one.host(&code).await;
    let _phone = two.phone(&code, "Ann").await;
    let before = seq_of(&one, &game).await;
    let stranger = one.ids.uuid().simple().to_string();
    let game_id = game.replace('-', "");
    let lies: Vec<_> = [
        format!("1 {stranger} events {game_id} 18446744073709551615"),
        format!("1 {stranger} answers {game_id}"),
        format!("1 {stranger} access {game_id}"),
        format!("1 {stranger} claims {game_id}"),
        "\u{0}".repeat(1_000),
    ]
    .into_iter()
    .collect();
    let client = redis::Client::open(redis.url()).unwrap();
    // However long it takes on a busy machine.
    let patient = redis::AsyncConnectionConfig::new().set_response_timeout(None);
    let mut connection = client.get_multiplexed_async_connection_with_config(&patient).await.unwrap();
    for _ in 0..100 {
        let mut pipe = redis::pipe();
        for lie in lies.iter().cycle().take(1_000) {
            pipe.cmd("PUBLISH").arg("quibble").arg(lie).ignore();
        }
        pipe.query_async::<()>(&mut connection).await.unwrap();
    }
    assert_eq!(seq_of(&one, &game).await, before);
    a_night(&one, &two).await;
}
