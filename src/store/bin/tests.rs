use super::super::fixture::{Fixture, text_question};
use super::super::rounds::Slotted;
use super::super::{Placed, QuizDeleted};
use super::*;
use crate::limits::{
    BANKS_PER_ACCOUNT_MAX, BIN_BANKS_MAX, BIN_KEPT_FOR, BIN_QUESTIONS_PER_BANK_MAX, BIN_QUIZZES_MAX,
    BIN_ROUNDS_PER_QUIZ_MAX, QUIZZES_PER_ACCOUNT_MAX,
};

const MONTH_MS: i64 = 30 * 24 * 3_600 * 1_000;

async fn bin(f: &Fixture) -> Vec<(BinKind, Uuid)> {
    let all = f.store.bin(f.owner, None, 100).await.unwrap();
    all.into_iter().map(|thing| (thing.kind, thing.id)).collect()
}

/// A bank with two questions and a quiz of one round that has them.
async fn night(f: &Fixture) -> (Uuid, Vec<Uuid>, Uuid, Uuid) {
    let bank = f.bank("Food").await;
    let questions = f.add_all(bank, &["Bread?", "Soup?"]).await;
    let quiz = f.quiz("Thursday").await;
    let round = f.round(quiz, "Starters").await;
    assert_eq!(f.store.set_round_questions(f.owner, quiz, round, &questions, 2).await.unwrap(), Slotted::Done);
    (bank, questions, quiz, round)
}

/// Rows of a table, deleted or not.
async fn rows(f: &Fixture, table: &'static str) -> i64 {
    let sql = match table {
        "banks" => "SELECT count(*) AS n FROM banks",
        "questions" => "SELECT count(*) AS n FROM questions",
        "quizzes" => "SELECT count(*) AS n FROM quizzes",
        "rounds" => "SELECT count(*) AS n FROM rounds",
        _ => "SELECT count(*) AS n FROM slots",
    };
    sqlx::query(sql).fetch_one(&mut f.store.read().await.unwrap()).await.unwrap().try_get("n").unwrap()
}

#[tokio::test]
async fn what_was_deleted_is_listed_latest_first_with_where_it_was() {
    let f = Fixture::new().await;
    let (bank, questions, quiz, round) = night(&f).await;
    let other = f.bank("Drink").await;
    f.add_all(other, &["Wine?"]).await;
    f.store.delete_question(f.owner, bank, questions[0], 10).await.unwrap();
    f.store.delete_round(f.owner, quiz, round, 20).await.unwrap();
    f.store.delete_bank(f.owner, other, 30).await.unwrap();
    let listed = f.store.bin(f.owner, None, 10).await.unwrap();
    let thing = |kind, id, name: &str, parent: Option<(Uuid, &str)>, holds, deleted_at| Binned {
        kind,
        id,
        name: Some(name.to_owned()),
        parent: parent.map(|(id, name)| (id, name.to_owned())),
        holds,
        deleted_at,
    };
    let expected = [
        thing(BinKind::Bank, other, "Drink", None, 1, 30),
        thing(BinKind::Round, round, "Starters", Some((quiz, "Thursday")), 1, 20),
        thing(BinKind::Question, questions[0], "Bread?", Some((bank, "Food")), 0, 10),
    ];
    assert_eq!(listed, expected);
    assert_eq!(f.store.bin(f.owner, None, 2).await.unwrap(), expected[..2]);
    assert_eq!(f.store.bin(f.owner, Some(round), 2).await.unwrap(), expected[2..]);
    assert_eq!(f.store.bin(f.stranger().await, None, 10).await.unwrap(), []);
}

#[tokio::test]
async fn what_was_in_a_deleted_thing_comes_into_sight_with_it() {
    let f = Fixture::new().await;
    let (bank, questions, quiz, round) = night(&f).await;
    f.store.delete_question(f.owner, bank, questions[0], 10).await.unwrap();
    f.store.delete_round(f.owner, quiz, round, 11).await.unwrap();
    f.store.delete_bank(f.owner, bank, 20).await.unwrap();
    f.store.delete_quiz(f.owner, quiz, 21).await.unwrap();
    assert_eq!(bin(&f).await, [(BinKind::Quiz, quiz), (BinKind::Bank, bank)]);
    assert!(!f.store.purge(f.owner, BinKind::Question, questions[0]).await.unwrap());
    assert!(!f.store.purge(f.owner, BinKind::Round, round).await.unwrap());
    f.store.restore_bank(f.owner, bank, 30).await.unwrap();
    f.store.restore_quiz(f.owner, quiz, 30).await.unwrap();
    assert_eq!(bin(&f).await, [(BinKind::Round, round), (BinKind::Question, questions[0])]);
}

#[tokio::test]
async fn only_what_is_in_the_bin_of_its_owner_goes_for_good() {
    let f = Fixture::new().await;
    let (bank, questions, quiz, round) = night(&f).await;
    let stranger = f.stranger().await;
    let things =
        [(BinKind::Round, round), (BinKind::Question, questions[0]), (BinKind::Quiz, quiz), (BinKind::Bank, bank)];
    for (kind, id) in things {
        assert!(!f.store.purge(f.owner, kind, id).await.unwrap(), "{kind:?} is not deleted");
        match kind {
            BinKind::Bank => f.store.delete_bank(f.owner, id, 5).await.map(|_| ()).unwrap(),
            BinKind::Question => f.store.delete_question(f.owner, bank, id, 5).await.map(|_| ()).unwrap(),
            BinKind::Quiz => f.store.delete_quiz(f.owner, id, 5).await.map(|_| ()).unwrap(),
            BinKind::Round => f.store.delete_round(f.owner, quiz, id, 5).await.map(|_| ()).unwrap(),
        }
        assert!(!f.store.purge(stranger, kind, id).await.unwrap(), "{kind:?} is somebody else's");
        assert!(f.store.purge(f.owner, kind, id).await.unwrap(), "{kind:?}");
        assert!(!f.store.purge(f.owner, kind, id).await.unwrap(), "{kind:?} is gone");
    }
    for table in ["banks", "questions", "quizzes", "rounds", "slots"] {
        assert_eq!(rows(&f, table).await, 0, "{table}");
    }
    assert_eq!(f.store.restore_bank(f.owner, bank, 6).await.unwrap(), None);
}

#[tokio::test]
async fn a_question_that_went_for_good_leaves_its_rounds() {
    let f = Fixture::new().await;
    let (bank, questions, quiz, _) = night(&f).await;
    f.store.delete_question(f.owner, bank, questions[0], 5).await.unwrap();
    assert!(f.store.purge(f.owner, BinKind::Question, questions[0]).await.unwrap());
    assert_eq!(f.store.restore_question(f.owner, bank, questions[0], 6).await.unwrap(), Placed::NotFound);
    let (_, rounds) = f.store.quiz_content(f.owner, quiz).await.unwrap().unwrap();
    assert_eq!(rounds[0].1.iter().map(|question| question.id).collect::<Vec<_>>(), [questions[1]]);
    assert_eq!(rows(&f, "slots").await, 1);
}

#[tokio::test]
async fn emptying_takes_what_is_in_the_bin_of_one_account_and_nothing_else() {
    let f = Fixture::new().await;
    let (bank, questions, quiz, round) = night(&f).await;
    let (second_bank, second_quiz) = (f.bank("Drink").await, f.quiz("Friday").await);
    // More than one step.
    f.fill(second_bank, 0, STEP + 1).await;
    f.store.delete_question(f.owner, bank, questions[0], 5).await.unwrap();
    f.store.delete_round(f.owner, quiz, round, 5).await.unwrap();
    f.store.delete_bank(f.owner, second_bank, 5).await.unwrap();
    f.store.delete_quiz(f.owner, second_quiz, 5).await.unwrap();
    f.store.empty_bin(Some(f.stranger().await), 9).await.unwrap();
    assert_eq!(bin(&f).await.len(), 4);
    f.store.empty_bin(Some(f.owner), 9).await.unwrap();
    assert_eq!(bin(&f).await, []);
    let left = [rows(&f, "banks").await, rows(&f, "questions").await, rows(&f, "quizzes").await];
    assert_eq!(left, [1, 1, 1]);
    assert_eq!(f.prompts(bank).await, ["Soup?"]);
}

#[tokio::test]
async fn after_its_time_it_goes_by_itself() {
    assert_eq!(i64::try_from(BIN_KEPT_FOR.as_millis()).unwrap(), MONTH_MS);
    let f = Fixture::new().await;
    let (bank, questions, quiz, round) = night(&f).await;
    f.store.delete_question(f.owner, bank, questions[0], 1_000).await.unwrap();
    f.store.delete_round(f.owner, quiz, round, 1_001).await.unwrap();
    f.store.prune(999 + MONTH_MS).await.unwrap();
    assert_eq!(bin(&f).await, [(BinKind::Round, round), (BinKind::Question, questions[0])]);
    f.store.prune(1_000 + MONTH_MS).await.unwrap();
    assert_eq!(bin(&f).await, [(BinKind::Round, round)]);
    f.store.delete_quiz(f.owner, quiz, 2_000).await.unwrap();
    f.store.delete_bank(f.owner, bank, 2_000).await.unwrap();
    f.store.prune(2_000 + MONTH_MS).await.unwrap();
    for table in ["banks", "questions", "quizzes", "rounds"] {
        assert_eq!(rows(&f, table).await, 0, "{table}");
    }
}

#[tokio::test]
async fn a_full_bin_lets_the_first_go() {
    let f = Fixture::new().await;
    let mut at = 10;
    let mut first = None;
    for _ in 0..=BIN_BANKS_MAX {
        let bank = f.bank("Bank").await;
        at += 1;
        assert!(f.store.delete_bank(f.owner, bank, at).await.unwrap());
        first.get_or_insert(bank);
    }
    assert_eq!(rows(&f, "banks").await, int(BIN_BANKS_MAX));
    assert_eq!(f.store.restore_bank(f.owner, first.unwrap(), 999).await.unwrap(), None);

    for _ in 0..=BIN_QUIZZES_MAX {
        let quiz = f.quiz("Quiz").await;
        at += 1;
        assert_eq!(f.store.delete_quiz(f.owner, quiz, at).await.unwrap(), QuizDeleted::Done);
    }
    assert_eq!(rows(&f, "quizzes").await, int(BIN_QUIZZES_MAX));

    let quiz = f.quiz("Quiz").await;
    for _ in 0..=BIN_ROUNDS_PER_QUIZ_MAX {
        let round = f.round(quiz, "").await;
        at += 1;
        assert!(f.store.delete_round(f.owner, quiz, round, at).await.unwrap());
    }
    assert_eq!(rows(&f, "rounds").await, int(BIN_ROUNDS_PER_QUIZ_MAX));
}

#[tokio::test]
async fn a_bank_keeps_so_many_deleted_questions() {
    let f = Fixture::new().await;
    let bank = f.bank("Food").await;
    f.fill(bank, 0, BIN_QUESTIONS_PER_BANK_MAX).await;
    f.store.execute(sqlx::query("UPDATE questions SET deleted_at = position")).await.unwrap();
    let last = f.add(bank, &text_question("Soup?", &["x"])).await.id;
    assert!(f.store.delete_question(f.owner, bank, last, 99_999).await.unwrap());
    assert_eq!(rows(&f, "questions").await, int(BIN_QUESTIONS_PER_BANK_MAX));
    let first = sqlx::query("SELECT 1 FROM questions WHERE position = 0")
        .fetch_all(&mut f.store.read().await.unwrap())
        .await
        .unwrap();
    assert!(first.is_empty(), "the one that was deleted first is gone");
}

/// What is in the bin takes no room, so it cannot come back into a full shelf.
#[tokio::test]
async fn restoring_needs_room() {
    let f = Fixture::new().await;
    let (bank, _, quiz, _) = night(&f).await;
    f.store.delete_bank(f.owner, bank, 5).await.unwrap();
    f.store.delete_quiz(f.owner, quiz, 5).await.unwrap();
    for (sql, most) in [
        (
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $2)
             INSERT INTO banks (id, owner_id, name, name_key, created_at, updated_at)
             SELECT '00000000-0000-7000-8000-' || substr('000000000000' || i, length('000000000000' || i) - 11), $1, 'Bank', 'bank', 1, 1 FROM n",
            BANKS_PER_ACCOUNT_MAX,
        ),
        (
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $2)
             INSERT INTO quizzes (id, owner_id, name, name_key, created_at, updated_at)
             SELECT '00000000-0000-7000-8000-' || substr('000000000000' || i, length('000000000000' || i) - 11), $1, 'Quiz', 'quiz', 1, 1 FROM n",
            QUIZZES_PER_ACCOUNT_MAX,
        ),
    ] {
        let most = int(most);
        f.store.execute(sqlx::query(sql).bind(f.owner.to_string()).bind(most)).await.unwrap();
    }
    let full = f.store.restore_bank(f.owner, bank, 6).await;
    assert!(matches!(full, Err(StoreError::Full(_))), "{full:?}");
    let full = f.store.restore_quiz(f.owner, quiz, 6).await;
    assert!(matches!(full, Err(StoreError::Full(_))), "{full:?}");
    assert_eq!(bin(&f).await.len(), 2, "they stay in the bin");
    let (banks, quizzes) = (f.store.banks(f.owner, "", None, 1).await, f.store.quizzes(f.owner, "", None, 1).await);
    f.store.delete_bank(f.owner, banks.unwrap()[0].id, 7).await.unwrap();
    f.store.delete_quiz(f.owner, quizzes.unwrap()[0].id, 7).await.unwrap();
    assert!(f.store.restore_bank(f.owner, bank, 8).await.unwrap().is_some());
    assert!(f.store.restore_quiz(f.owner, quiz, 8).await.unwrap().is_some());
}
