use super::super::fixture::{Fixture, round_words, text_question};
use super::*;
use crate::quiz::quiz::RoundInput;

/// The titles of a quiz's rounds in order, with their numbers.
async fn titles(f: &Fixture, quiz: Uuid) -> Vec<String> {
    let (_, rounds) = f.store.quiz_content(f.owner, quiz).await.unwrap().unwrap();
    rounds.into_iter().map(|(round, _)| format!("{} {}", round.number, round.title.unwrap_or_default())).collect()
}

async fn questions(f: &Fixture, quiz: Uuid, round: Uuid) -> Vec<Uuid> {
    let (_, questions) = f.store.round_content(f.owner, quiz, round).await.unwrap().unwrap();
    questions.into_iter().map(|question| question.id).collect()
}

#[tokio::test]
async fn rounds_are_made_at_the_end_and_changed() {
    let f = Fixture::new().await;
    let quiz = f.quiz("Thursday").await;
    let first = f.round(quiz, "One").await;
    f.round(quiz, "").await;
    let (round, questions) = f.store.round_content(f.owner, quiz, first).await.unwrap().unwrap();
    assert_eq!((round.number, round.title.as_deref(), round.time_limit_seconds), (1, Some("One"), None));
    assert_eq!(questions, []);
    let words = RoundInput { time_limit_seconds: Some(60), ..RoundInput::default() }.check().unwrap();
    assert!(f.store.update_round(f.owner, quiz, first, &words, 9).await.unwrap());
    let (round, _) = f.store.round_content(f.owner, quiz, first).await.unwrap().unwrap();
    assert_eq!((round.title, round.time_limit_seconds, round.created_at, round.updated_at), (None, Some(60), 1, 9));
    let quiz = f.store.quiz(f.owner, quiz).await.unwrap().unwrap();
    assert_eq!((quiz.round_count, quiz.updated_at), (2, 9));
}

#[tokio::test]
async fn somebody_elses_round_is_not_found() {
    let f = Fixture::new().await;
    let (quiz, other, stranger) = (f.quiz("Mine").await, f.quiz("Other").await, f.stranger().await);
    let round = f.round(quiz, "One").await;
    let bank = f.bank("Food").await;
    let question = f.add_all(bank, &["Soup?"]).await[0];
    let words = round_words("Theirs");
    for (owner, quiz) in [(stranger, quiz), (f.owner, other)] {
        assert_eq!(f.store.round_content(owner, quiz, round).await.unwrap(), None);
        assert!(!f.store.update_round(owner, quiz, round, &words, 2).await.unwrap());
        assert!(!f.store.delete_round(owner, quiz, round, 2).await.unwrap());
        assert_eq!(f.store.restore_round(owner, quiz, round, 2).await.unwrap(), Placed::NotFound);
        let set = f.store.set_round_questions(owner, quiz, round, &[question], 2).await.unwrap();
        assert_eq!(set, Slotted::NotFound);
        assert_eq!(f.store.add_round_question(owner, quiz, round, question, 2).await.unwrap(), Slotted::NotFound);
        assert!(!f.store.remove_round_question(owner, quiz, round, question, 2).await.unwrap());
    }
    assert_eq!(f.store.create_round(stranger, quiz, f.next_id(), &words, 2).await.unwrap(), Placed::NotFound);
    assert_eq!(f.store.reorder_rounds(stranger, quiz, &[round], 2).await.unwrap(), Reordered::NotFound);
    assert_eq!(titles(&f, quiz).await, ["1 One"]);
}

#[tokio::test]
async fn rounds_are_ordered_deleted_and_come_back_to_their_place() {
    let f = Fixture::new().await;
    let quiz = f.quiz("Thursday").await;
    let ids = [f.round(quiz, "A").await, f.round(quiz, "B").await, f.round(quiz, "C").await];
    let order = [ids[2], ids[0]];
    assert_eq!(f.store.reorder_rounds(f.owner, quiz, &order, 2).await.unwrap(), Reordered::Done);
    assert_eq!(titles(&f, quiz).await, ["1 C", "2 B", "3 A"]);
    let stray = f.store.reorder_rounds(f.owner, quiz, &[ids[0], Uuid::max()], 2).await.unwrap();
    assert_eq!(stray, Reordered::Unknown(Uuid::max()));

    assert!(f.store.delete_round(f.owner, quiz, ids[1], 3).await.unwrap());
    assert!(!f.store.delete_round(f.owner, quiz, ids[1], 3).await.unwrap(), "only once");
    assert_eq!(titles(&f, quiz).await, ["1 C", "2 A"]);
    f.round(quiz, "D").await;
    assert_eq!(f.store.restore_round(f.owner, quiz, ids[1], 4).await.unwrap(), Placed::Done(()));
    assert_eq!(f.store.restore_round(f.owner, quiz, ids[1], 4).await.unwrap(), Placed::Done(()));
    assert_eq!(titles(&f, quiz).await, ["1 C", "2 B", "3 A", "4 D"]);
    assert_eq!(f.store.restore_round(f.owner, quiz, Uuid::max(), 4).await.unwrap(), Placed::NotFound);
}

#[tokio::test]
async fn a_quiz_is_full_at_its_limit() {
    let f = Fixture::new().await;
    let quiz = f.quiz("Thursday").await;
    let first = f.round(quiz, "").await;
    for _ in 1..ROUNDS_PER_QUIZ_MAX {
        f.round(quiz, "").await;
    }
    let words = round_words("");
    assert_eq!(f.store.create_round(f.owner, quiz, f.next_id(), &words, 2).await.unwrap(), Placed::Full);
    f.store.delete_round(f.owner, quiz, first, 2).await.unwrap();
    f.round(quiz, "").await;
    assert_eq!(f.store.restore_round(f.owner, quiz, first, 2).await.unwrap(), Placed::Full);
}

#[tokio::test]
async fn the_questions_of_a_round_are_set_added_and_taken_out() {
    let f = Fixture::new().await;
    let (bank, quiz) = (f.bank("Food").await, f.quiz("Thursday").await);
    let ids = f.add_all(bank, &["A?", "B?", "C?"]).await;
    let round = f.round(quiz, "One").await;
    let set = async |ids: &[Uuid]| f.store.set_round_questions(f.owner, quiz, round, ids, 2).await.unwrap();
    assert_eq!(set(&[ids[2], ids[0]]).await, Slotted::Done);
    assert_eq!(questions(&f, quiz, round).await, [ids[2], ids[0]]);
    assert_eq!(f.store.add_round_question(f.owner, quiz, round, ids[1], 2).await.unwrap(), Slotted::Done);
    assert_eq!(f.store.add_round_question(f.owner, quiz, round, ids[1], 2).await.unwrap(), Slotted::Twice(ids[1]));
    assert!(f.store.remove_round_question(f.owner, quiz, round, ids[0], 2).await.unwrap());
    assert!(!f.store.remove_round_question(f.owner, quiz, round, ids[0], 2).await.unwrap());
    assert_eq!(questions(&f, quiz, round).await, [ids[2], ids[1]]);
    assert_eq!(set(&[ids[0], ids[1], ids[2]]).await, Slotted::Done);
    assert_eq!(questions(&f, quiz, round).await, ids);
    assert_eq!(set(&[ids[0], ids[1], ids[0]]).await, Slotted::Twice(ids[0]));
    assert_eq!(questions(&f, quiz, round).await, ids, "a refusal changes nothing");
    assert_eq!(set(&[]).await, Slotted::Done);
    assert!(questions(&f, quiz, round).await.is_empty());
}

#[tokio::test]
async fn a_round_takes_only_questions_of_its_host_that_are_there() {
    let f = Fixture::new().await;
    let (bank, gone, quiz) = (f.bank("Food").await, f.bank("Gone").await, f.quiz("Thursday").await);
    let round = f.round(quiz, "One").await;
    let deleted = f.add_all(bank, &["A?"]).await[0];
    f.store.delete_question(f.owner, bank, deleted, 2).await.unwrap();
    let bankless = f.add_all(gone, &["B?"]).await[0];
    f.store.delete_bank(f.owner, gone, 2).await.unwrap();
    let stranger = f.stranger().await;
    let file = crate::quiz::samples::banks().remove(0);
    let theirs = f.store.insert_bank_file(stranger, &file, &f.ids, 2).await.unwrap();
    let theirs = f.store.all_questions(stranger, theirs).await.unwrap()[0].id;
    for question in [deleted, bankless, theirs, Uuid::max()] {
        let set = f.store.set_round_questions(f.owner, quiz, round, &[question], 3).await.unwrap();
        assert_eq!(set, Slotted::UnknownQuestion(question));
        let added = f.store.add_round_question(f.owner, quiz, round, question, 3).await.unwrap();
        assert_eq!(added, Slotted::UnknownQuestion(question));
    }
}

#[tokio::test]
async fn a_question_stands_once_in_a_quiz() {
    let f = Fixture::new().await;
    let (bank, quiz) = (f.bank("Food").await, f.quiz("Thursday").await);
    let question = f.add_all(bank, &["A?"]).await[0];
    let (first, second) = (f.round(quiz, "One").await, f.round(quiz, "Two").await);
    f.store.add_round_question(f.owner, quiz, second, question, 2).await.unwrap();
    let refused = Slotted::Elsewhere { question, round: 2 };
    assert_eq!(f.store.set_round_questions(f.owner, quiz, first, &[question], 2).await.unwrap(), refused);
    assert_eq!(f.store.add_round_question(f.owner, quiz, first, question, 2).await.unwrap(), refused);

    let other = f.quiz("Friday").await;
    let elsewhere = f.round(other, "One").await;
    let added = f.store.add_round_question(f.owner, other, elsewhere, question, 2).await.unwrap();
    assert_eq!(added, Slotted::Done, "another quiz may have it, too");

    f.store.delete_round(f.owner, quiz, second, 3).await.unwrap();
    assert_eq!(f.store.add_round_question(f.owner, quiz, first, question, 3).await.unwrap(), Slotted::Done);
    f.store.restore_round(f.owner, quiz, second, 4).await.unwrap();
    assert_eq!(questions(&f, quiz, first).await, [question]);
    assert!(questions(&f, quiz, second).await.is_empty(), "it has moved");
    assert_eq!(questions(&f, other, elsewhere).await, [question]);
}

#[tokio::test]
async fn a_round_is_full_at_its_limit() {
    let f = Fixture::new().await;
    let (bank, quiz) = (f.bank("Food").await, f.quiz("Thursday").await);
    let round = f.round(quiz, "One").await;
    f.fill(bank, 0, QUESTIONS_PER_ROUND_MAX + 1).await;
    let all = f.store.all_questions(f.owner, bank).await.unwrap();
    let ids: Vec<Uuid> = all.iter().map(|question| question.id).collect();
    let set = f.store.set_round_questions(f.owner, quiz, round, &ids, 2).await.unwrap();
    assert_eq!(set, Slotted::Full);
    let set = f.store.set_round_questions(f.owner, quiz, round, &ids[1..], 2).await.unwrap();
    assert_eq!(set, Slotted::Done);
    assert_eq!(f.store.add_round_question(f.owner, quiz, round, ids[0], 2).await.unwrap(), Slotted::Full);
    assert_eq!(questions(&f, quiz, round).await.len(), QUESTIONS_PER_ROUND_MAX);
}

#[tokio::test]
async fn a_deleted_question_keeps_its_slot() {
    let f = Fixture::new().await;
    let (bank, quiz) = (f.bank("Food").await, f.quiz("Thursday").await);
    let round = f.round(quiz, "One").await;
    let ids = f.add_all(bank, &["A?", "B?"]).await;
    f.store.set_round_questions(f.owner, quiz, round, &ids, 2).await.unwrap();
    f.store.delete_question(f.owner, bank, ids[0], 3).await.unwrap();
    assert_eq!(questions(&f, quiz, round).await, ids[1..]);
    let last = f.add(bank, &text_question("C?", &["x"])).await.id;
    f.store.add_round_question(f.owner, quiz, round, last, 4).await.unwrap();
    f.store.restore_question(f.owner, bank, ids[0], 5).await.unwrap();
    assert_eq!(questions(&f, quiz, round).await, [ids[0], ids[1], last]);
}
