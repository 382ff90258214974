//! The contract of the store where it carries the truth: logs, answers, credentials.

use super::contract::{Bench, contract_tests};
use super::fixture::test_database::{self, TestDatabase};
use super::*;
use crate::clock::Clock;
use crate::game::marking::Marking;
use crate::game::{
    Action, ClaimId, Command, Credit, Event, FrozenQuestion, FrozenQuiz, FrozenRound, Game, GameId, Key, Options,
    PlayerId, PlayerName, QuestionId, Target, What, apply, decide,
};
use crate::ids::{Ids, TokenHash};
use crate::limits::CLAIMS_PENDING_PER_GAME_MAX;

pub(super) struct Fixture {
    pub bench: Bench<Store>,
    pub owner: Uuid,
    _database: TestDatabase,
}

impl Fixture {
    pub async fn new() -> Self {
        let database = test_database::fresh().await;
        let store = Store::open(&fixture::address(&database)).await.unwrap();
        let ids = Ids::seeded(Clock::manual(1_000), 1);
        let owner = store.ensure_owner(ids.uuid(), "owner", 1_000).await.unwrap().id;
        Self { bench: Bench { store, ids }, owner, _database: database }
    }
}

impl std::ops::Deref for Fixture {
    type Target = Bench<Store>;

    fn deref(&self) -> &Bench<Store> {
        &self.bench
    }
}

contract_tests!(Fixture::new().await.bench);

#[tokio::test]
async fn a_list_shows_where_a_game_stands() {
    let fixture = Fixture::new().await;
    let game = fixture.open_game().await;
    let row = fixture.store.game(game.id).await.unwrap().unwrap();
    assert_eq!((row.status, row.phase.as_str()), (GameStatus::InProgress, "question"));
}

#[tokio::test]
async fn a_commit_is_synced_to_the_disk() {
    let fixture = Fixture::new().await;
    if test_database::server().is_some() {
        return;
    }
    let pragma = async |name: &'static str| -> i64 {
        let row = sqlx::query(name).fetch_one(&mut fixture.store.read().await.unwrap()).await.unwrap();
        row.try_get(0).unwrap()
    };
    assert_eq!(pragma("PRAGMA synchronous").await, 2, "FULL");
    assert_eq!(pragma("PRAGMA foreign_keys").await, 1);
    let row = sqlx::query("PRAGMA journal_mode").fetch_one(&mut fixture.store.read().await.unwrap()).await.unwrap();
    assert_eq!(row.try_get::<String, _>(0).unwrap(), "wal");
}

#[tokio::test]
async fn events_and_answers_cannot_be_changed() {
    let fixture = Fixture::new().await;
    let game = fixture.open_game().await;
    let answer = fixture.answer(&game, 1, 1, "a", "yes");
    fixture.store.submit_answers(&[answer], 3_000).await.unwrap();
    for sql in ["UPDATE game_events SET at = 0", "UPDATE game_answers SET answer = 'no'"] {
        let changed = fixture.store.execute(sqlx::query(sql)).await;
        assert!(changed.unwrap_err().to_string().contains("never changed"), "{sql}");
    }
}

#[tokio::test]
async fn a_code_names_one_running_game() {
    let fixture = Fixture::new().await;
    let mut first = fixture.game("SAME23").await.unwrap();
    assert!(matches!(fixture.game("SAME23").await, Err(StoreError::Exists)));
    fixture.step(&mut first, Action::CancelGame).await;
    let second = fixture.game("SAME23").await.unwrap();
    assert_eq!(fixture.store.game_by_code("SAME23").await.unwrap().unwrap().id, second.id);
}

#[tokio::test]
async fn a_joining_player_gets_a_seat_in_the_same_step() {
    let fixture = Fixture::new().await;
    let game = fixture.game("SEAT23").await.unwrap();
    let player = PlayerId(fixture.ids.uuid());
    let token = fixture.ids.token();
    let join = Command { at: 2_000, action: Action::Join { player, name: PlayerName::parse("Ann").unwrap() } };
    let events = decide(&game, &join).unwrap();
    let mut after = game.clone();
    for event in &events {
        apply(&mut after, event);
    }
    let seat = NewSeat { token: token.hash(), player, device: "phone".to_owned() };
    let projection = Projection { game: &after, unless_answered: None, seat: Some(&seat) };
    fixture.store.append(game.id, game.seq, &events, &projection).await.unwrap();
    let seated = fixture.store.seat(&token.hash()).await.unwrap().unwrap();
    assert_eq!(seated, Seat { game: game.id, player, revoked: false });
    assert_eq!(fixture.store.players_of_device(game.id, "phone").await.unwrap(), [player]);
    assert_eq!(fixture.store.game(game.id).await.unwrap().unwrap().player_count, 1);

    let claim = Claim {
        id: ClaimId(fixture.ids.uuid()),
        game: game.id,
        player,
        device: "other".to_owned(),
        state: ClaimState::Waiting,
        created_at: 3_000,
    };
    let claim_token = fixture.ids.token();
    fixture.store.insert_claim(&claim, &claim_token.hash()).await.unwrap();
    assert_eq!(fixture.store.waiting_claims(game.id).await.unwrap(), std::slice::from_ref(&claim));
    let decided = fixture.store.decide_claim(game.id, claim.id, true, true, 4_000).await.unwrap().unwrap();
    assert_eq!(decided.state, ClaimState::Approved);
    assert!(fixture.store.decide_claim(game.id, claim.id, false, true, 4_000).await.unwrap().is_none(), "decided once");
    assert!(fixture.store.seat(&token.hash()).await.unwrap().unwrap().revoked);
    assert!(!fixture.store.seat(&claim_token.hash()).await.unwrap().unwrap().revoked);

    let next = |moves: bool, from: TokenHash| {
        let (store, token) = (&fixture.store, fixture.ids.token());
        let seat = NewSeat { token: token.hash(), player, device: "third".to_owned() };
        async move { store.move_seat(game.id, &from, &seat, moves, 5_000).await.unwrap().then(|| token.hash()) }
    };
    assert_eq!(next(true, token.hash()).await, None, "taken away before");
    let beside = next(false, claim_token.hash()).await.unwrap();
    assert!(!fixture.store.seat(&claim_token.hash()).await.unwrap().unwrap().revoked, "a team's phones share");
    let instead = next(true, beside.clone()).await.unwrap();
    for gone in [&claim_token.hash(), &beside] {
        assert!(fixture.store.seat(gone).await.unwrap().unwrap().revoked);
    }
    assert!(!fixture.store.seat(&instead).await.unwrap().unwrap().revoked);
}

#[tokio::test]
async fn a_spelling_that_a_game_added_goes_with_its_judgement_and_others_stay() {
    let f = fixture::Fixture::new().await;
    let bank = f.bank("Food").await;
    let question = f.add(bank, &fixture::text_question("Soup?", &["Minestrone", "Broth"])).await;
    let frozen = FrozenQuiz {
        name: "Friday".to_owned(),
        rounds: vec![FrozenRound {
            title: None,
            time_limit_seconds: None,
            questions: vec![FrozenQuestion {
                id: QuestionId(question.id),
                prompt: "Soup?".to_owned(),
                points: 1,
                notes: None,
                time_limit_seconds: None,
                key: Key::Text { accepted: vec!["Minestrone".to_owned()], marking: Marking::default() },
            }],
        }],
    };
    let id = GameId(f.ids.uuid());
    let first = Event {
        at: 1,
        what: What::GameCreated { game: id, code: "SOUP23".to_owned(), quiz: frozen, teams: false, robots: vec![] },
    };
    let mut game = Game::new(&first).unwrap();
    let new = NewGame { owner: f.owner, quiz: None, bank: Some(bank), round_size: 1, first: &first, game: &game };
    f.store.create_game(&new).await.unwrap();
    let judge = |group: &str, credit, remember: Option<&str>| Action::Judge {
        question: QuestionId(question.id),
        target: Target::Group(group.to_owned()),
        credit,
        remember: remember.map(str::to_owned),
    };
    let (authored, with_new) = (vec!["Minestrone", "Broth"], vec!["Minestrone", "Broth", "pur\u{e9}e"]);
    for (action, accepted) in [
        (Action::StartGame, &authored),
        (Action::ReleaseQuestion { question: None }, &authored),
        (Action::EndRound, &authored),
        // One that is new to the bank, decomposed as a phone may send it, and one that its author knew.
        (judge("purée", Some(Credit::Full), Some("pure\u{301}e")), &with_new),
        (judge("broth", Some(Credit::Full), Some("Broth")), &with_new),
        (judge("purée", None, None), &authored),
        (judge("broth", None, None), &authored),
    ] {
        let events = decide(&game, &Command { at: 2, action }).unwrap();
        let mut after = game.clone();
        for event in &events {
            apply(&mut after, event);
        }
        let projection = Projection { game: &after, unless_answered: None, seat: None };
        assert_eq!(f.store.append(id, game.seq, &events, &projection).await.unwrap(), Appended::Done);
        let draft = f.store.question(f.owner, bank, question.id).await.unwrap().unwrap().draft;
        let crate::quiz::question::Answer::Text { accepted: stored, .. } = draft.answer else {
            panic!("a text question")
        };
        assert_eq!(&stored, accepted);
        game = after;
    }
}

#[tokio::test]
async fn a_phone_has_one_wish_and_a_game_so_many() {
    let fixture = Fixture::new().await;
    let game = fixture.game("WISH23").await.unwrap();
    let claim = async |device: &str| {
        let claim = Claim {
            id: ClaimId(fixture.ids.uuid()),
            game: game.id,
            player: PlayerId(Uuid::from_u128(1)),
            device: device.to_owned(),
            state: ClaimState::Waiting,
            created_at: 3_000,
        };
        fixture.store.insert_claim(&claim, &fixture.ids.token().hash()).await.unwrap()
    };
    for n in 1..=CLAIMS_PENDING_PER_GAME_MAX {
        assert!(claim(&format!("phone {n}")).await, "{n}");
    }
    assert!(!claim("one more").await);
    assert!(claim("phone 1").await, "in place of its own");
    assert!(!claim("").await, "a phone that says nothing of itself replaces nobody's");
    assert_eq!(fixture.store.waiting_claims(game.id).await.unwrap().len(), CLAIMS_PENDING_PER_GAME_MAX);
}

#[tokio::test]
async fn of_two_that_race_with_one_link_one_makes_the_owner() {
    let fixture = Fixture::new().await;
    let link = TokenHash("link".to_owned());
    fixture.store.insert_setup_link(&link, 1_000, 2_000).await.unwrap();
    let spend = async |name: &str| {
        let new = NewOwner { id: fixture.ids.uuid(), username: name, password_hash: "hash" };
        fixture.store.spend_setup_link(&link, &new, 1_500).await.unwrap()
    };
    let (one, two) = tokio::join!(spend("Ann"), spend("Bob"));
    assert_eq!([&one, &two].into_iter().flatten().count(), 1);
    let owner = fixture.store.owner().await.unwrap().unwrap();
    assert_eq!(Some(&owner), one.as_ref().or(two.as_ref()));
    assert_eq!(owner.id, fixture.owner, "the owner of the samples, with a name and a password now");
    assert!(fixture.store.setup_kind(&link, 1_500).await.unwrap().is_none(), "spent");
    let late = TokenHash("late".to_owned());
    fixture.store.insert_setup_link(&late, 1_000, 2_000).await.unwrap();
    assert!(fixture.store.setup_kind(&late, 2_000).await.unwrap().is_none(), "too old");
    assert!(matches!(fixture.store.setup_kind(&late, 1_999).await.unwrap(), Some(SetupKind::Recovery(_))));
}

#[tokio::test]
async fn sessions_end_by_time_by_hand_and_by_a_new_password() {
    let fixture = Fixture::new().await;
    let open = async |token: &str| {
        let session = Session {
            id: fixture.ids.uuid(),
            account: fixture.owner,
            user_agent: "test".to_owned(),
            created_at: 1_000,
            last_seen_at: 1_000,
            expires_at: 5_000,
        };
        fixture.store.insert_session(&session, &TokenHash(token.to_owned())).await.unwrap();
        session
    };
    let lives =
        async |token: &str, at| fixture.store.session(&TokenHash(token.to_owned()), at).await.unwrap().is_some();
    let (_, two, three) = (open("one").await, open("two").await, open("three").await);
    assert!(lives("one", 4_999).await);
    assert!(!lives("one", 5_000).await);
    assert!(!fixture.store.end_session(fixture.ids.uuid(), two.id).await.unwrap(), "somebody else's");
    assert!(fixture.store.end_session(fixture.owner, two.id).await.unwrap());
    assert!(!lives("two", 2_000).await);
    fixture.store.set_password(fixture.owner, "hash", Some(three.id), 2_000).await.unwrap();
    assert!(!lives("one", 2_000).await);
    assert!(lives("three", 2_000).await);
}

#[tokio::test]
async fn a_waiting_screen_is_paired_once_and_in_time() {
    let fixture = Fixture::new().await;
    let game = fixture.game("TVTV23").await.unwrap();
    let secret = TokenHash("tv".to_owned());
    let pairing = Pairing { code: "PAIR23".to_owned(), game: None, expires_at: 5_000 };
    fixture.store.insert_pairing(&pairing, &secret, 1_000).await.unwrap();
    let again = fixture.store.insert_pairing(&pairing, &TokenHash("tv2".to_owned()), 1_000).await;
    assert!(matches!(again, Err(StoreError::Exists)));
    assert!(!fixture.store.pair_screen("PAIR23", game.id, 5_000).await.unwrap(), "too late");
    assert!(fixture.store.pair_screen("PAIR23", game.id, 4_999).await.unwrap());
    assert!(!fixture.store.pair_screen("PAIR23", game.id, 4_999).await.unwrap(), "once");
    assert_eq!(fixture.store.screen(&secret).await.unwrap(), Some(game.id));
    fixture.store.revoke_screens(game.id, 6_000).await.unwrap();
    assert_eq!(fixture.store.screen(&secret).await.unwrap(), None);
}

#[tokio::test]
async fn a_console_link_is_good_once_and_in_time() {
    let fixture = Fixture::new().await;
    let game = fixture.game("PHNE23").await.unwrap();
    let (maker, link) = (fixture.ids.uuid(), TokenHash("link".to_owned()));
    let (store, owner) = (&fixture.store, fixture.owner);
    let made = ConsoleLink { account: owner, game: game.id.0, made_by: maker, created_at: 1_000, expires_at: 5_000 };
    let session = |at| Session {
        id: fixture.ids.uuid(),
        account: owner,
        user_agent: "phone".to_owned(),
        created_at: at,
        last_seen_at: at,
        expires_at: 9_000,
    };
    let spend = async |at, secret: &str| {
        store.spend_console_link(&link, &session(at), &TokenHash(secret.to_owned())).await.unwrap()
    };
    store.insert_console_link(&made, &link).await.unwrap();
    assert_eq!(store.console_link(&link, 4_999).await.unwrap(), Some(made.clone()));
    assert_eq!(store.console_link(&link, 5_000).await.unwrap(), None);
    assert!(!spend(5_000, "late").await);
    let (one, other) = tokio::join!(spend(4_999, "one"), spend(4_999, "other"));
    assert!(one != other, "of two, one");
    assert_eq!(store.sessions_of(owner, 5_000).await.unwrap().len(), 1);
    assert_eq!(store.console_link(&link, 1_000).await.unwrap(), None, "spent");

    let newer = TokenHash("newer".to_owned());
    store.insert_console_link(&made, &link).await.unwrap();
    store.insert_console_link(&made, &newer).await.unwrap();
    assert_eq!(store.console_link(&link, 1_000).await.unwrap(), None, "a game has one");
    store.cancel_console_link(game.id.0).await.unwrap();
    assert_eq!(store.console_link(&newer, 1_000).await.unwrap(), None, "cancelled");

    let stays = |hash| async move { store.console_link(hash, 1_000).await.unwrap().is_some() };
    let maker = Session { id: maker, ..session(1_000) };
    store.insert_session(&maker, &TokenHash("maker".to_owned())).await.unwrap();
    store.insert_console_link(&made, &link).await.unwrap();
    assert!(!store.end_session(owner, fixture.ids.uuid()).await.unwrap());
    assert!(stays(&link).await);
    assert!(store.end_session(owner, maker.id).await.unwrap());
    assert!(!stays(&link).await, "ends with the browser that made it");
    store.insert_console_link(&made, &link).await.unwrap();
    store.set_password(owner, "hash", None, 2_000).await.unwrap();
    assert!(!stays(&link).await, "ends with the password");
    store.insert_console_link(&made, &link).await.unwrap();
    store.prune(4_999).await.unwrap();
    assert!(stays(&link).await);
    store.prune(5_000).await.unwrap();
    assert!(!stays(&link).await, "thrown away when it is too old");
}

#[tokio::test]
async fn a_full_disk_is_told_apart_and_heals() {
    let fixture = Fixture::new().await;
    if test_database::server().is_some() {
        return;
    }
    let game = fixture.open_game().await;
    let limit = async |pages: &'static str| fixture.store.execute(sqlx::query(pages)).await.unwrap();
    limit("PRAGMA max_page_count = 1").await;
    let text = "x".repeat(200);
    let batch: Vec<_> = (0..1_000).map(|n| fixture.answer(&game, n, 1, "a", &text)).collect();
    let full = fixture.store.submit_answers(&batch, 3_000).await.unwrap_err();
    assert!(matches!(full, StoreError::DiskFull(_)), "{full}");
    assert!(fixture.store.answers(game.id).await.unwrap().is_empty(), "reading goes on");
    limit("PRAGMA max_page_count = 1000000").await;
    fixture.store.submit_answers(&batch, 3_000).await.unwrap();
    assert_eq!(fixture.store.answers(game.id).await.unwrap().len(), 1_000);
}

/// The first line of a game for practice, as it was first written.
#[test]
fn a_game_for_practice_reads_as_it_was_written() {
    let body = r#"{"code":"ABC234","game":"00000000-0000-0000-0000-000000000063","quiz":{"name":"Practice: Friday","rounds":[]},"robots":["019a0000-0000-7000-8000-000000000001"],"teams":false}"#;
    let event = codec::decode(10_000, "game_created", body).unwrap();
    assert!(Game::new(&event).unwrap().is_practice());
    assert_eq!(codec::encode(&event).unwrap(), ("game_created".to_owned(), body.to_owned()));
}

#[test]
fn an_option_that_a_log_does_not_know_is_as_usual() {
    let event = codec::decode(10_000, "options_set", r#"{"options":{"calm":true}}"#).unwrap();
    assert_eq!(event.what, What::OptionsSet { options: Options { calm: true, ..Options::default() } });
}

/// Old logs must replay for ever: this is the format of the first release.
#[test]
fn the_golden_log_reads_as_it_was_written() {
    let golden = include_str!("golden/0.1.0.jsonl");
    let read = |line: &str| {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        codec::decode(row["at"].as_i64().unwrap(), row["kind"].as_str().unwrap(), &row["body"].to_string()).unwrap()
    };
    let events: Vec<_> = golden.lines().map(read).collect();
    let game = Game::replay(&events).unwrap();
    assert_eq!(game.seq, golden.lines().count() as u64);
    let written: Vec<_> = events
        .iter()
        .map(|event| {
            let (kind, body) = codec::encode(event).unwrap();
            format!("{{\"at\":{},\"kind\":\"{kind}\",\"body\":{body}}}", event.at)
        })
        .collect();
    assert_eq!(written.join("\n"), golden.trim_end(), "what is read is written the same");
}

#[tokio::test]
async fn a_question_knows_when_a_game_last_released_it() {
    let fixture = Fixture::new().await;
    let owner = fixture.owner;
    let words = crate::quiz::bank::BankInput { name: "Bank".to_owned(), description: None }.check().unwrap();
    let bank = fixture.store.create_bank(owner, fixture.ids.uuid(), &words, 1).await.unwrap().id;
    let draft = fixture::text_question("One?", &["yes"]);
    for id in [1, 2] {
        // The ids of the fixture's quiz.
        let new = NewQuestion { id: Uuid::from_u128(id), draft: &draft };
        fixture.store.insert_question(owner, bank, &new, 1).await.unwrap();
    }
    let used = async || {
        let questions = fixture.store.all_questions(owner, bank).await.unwrap();
        questions.into_iter().map(|question| question.last_used_at).collect::<Vec<_>>()
    };
    assert_eq!(used().await, [None, None]);
    let mut first = fixture.open_game().await;
    assert_eq!(used().await, [Some(2_000), None]);
    let mut second = fixture.game("NEXT23").await.unwrap();
    for action in [Action::StartGame, Action::ReleaseQuestion { question: None }] {
        assert_eq!(fixture.step(&mut second, action).await, Appended::Done);
    }
    assert_eq!(used().await, [Some(2_000), None]);

    // What the schema's step makes of the logs is the same.
    let live = used().await;
    let step = match test_database::server() {
        Some(_) => include_str!("../../migrations/postgres/0007_filing_questions.sql"),
        None => include_str!("../../migrations/sqlite/0007_filing_questions.sql"),
    };
    let fill = &step[step.find("INSERT INTO question_uses").unwrap()..];
    for (practised, expected) in [(1, vec![None, None]), (0, live)] {
        fixture.store.execute(sqlx::query("UPDATE games SET practice = $1").bind(practised)).await.unwrap();
        fixture.store.execute(sqlx::query("DELETE FROM question_uses")).await.unwrap();
        sqlx::raw_sql(sqlx::AssertSqlSafe(fill.to_owned())).execute(&fixture.store.writer).await.unwrap();
        assert_eq!(used().await, expected, "practised: {practised}");
    }
    let take_back = Action::UnreleaseQuestion { question: QuestionId(Uuid::from_u128(1)) };
    assert_eq!(fixture.step(&mut second, take_back.clone()).await, Appended::Done);
    assert_eq!(used().await, [Some(2_000), None], "the other game released it");
    assert_eq!(fixture.step(&mut first, take_back).await, Appended::Done);
    assert_eq!(used().await, [None, None]);
    fixture.store.execute(sqlx::query("DELETE FROM question_uses")).await.unwrap();
    sqlx::raw_sql(sqlx::AssertSqlSafe(fill.to_owned())).execute(&fixture.store.writer).await.unwrap();
    assert_eq!(used().await, [None, None], "what was taken back was not used");
}
