use super::super::batch::{BatchAct, Batched};
use super::super::fixture::{Fixture, text_question};
use super::super::rounds::Slotted;
use super::*;
use crate::quiz::question::Draft;

fn problem(row: usize) -> ImportProblem {
    ImportProblem { row, reason: "The question is empty.".to_owned(), text: String::new() }
}

/// An import of which two rows are good and one is not.
async fn begin(f: &Fixture, bank: Uuid) -> Import {
    let problems = [problem(3)];
    let new = NewImport { id: f.next_id(), bank, total: 3, problems: &problems, importable: 2 };
    match f.store.create_import(f.owner, &new, 10).await.unwrap() {
        Placed::Done(import) => import,
        refused => panic!("{refused:?}"),
    }
}

async fn chunk(f: &Fixture, import: &Import, prompts: &[&str]) -> Option<Vec<(usize, LeftOut)>> {
    let drafts: Vec<Draft> = prompts.iter().map(|prompt| text_question(prompt, &["yes"])).collect();
    let new: Vec<_> = drafts.iter().map(|draft| NewQuestion { id: f.next_id(), draft }).collect();
    f.store.import_chunk(import.id, &new, 20).await.unwrap()
}

async fn state(f: &Fixture, import: &Import) -> Import {
    f.store.import(f.owner, import.bank, import.id).await.unwrap().unwrap()
}

#[tokio::test]
async fn an_import_runs_to_its_end_with_progress() {
    let f = Fixture::new().await;
    let bank = f.bank("Food").await;
    f.add_all(bank, &["First?"]).await;
    let import = begin(&f, bank).await;
    assert_eq!((import.state, import.total, import.done, import.imported), (ImportState::Running, 3, 1, 0));
    assert_eq!(import.problems, [problem(3)]);
    assert_eq!(chunk(&f, &import, &["A?"]).await, Some(vec![]));
    let half = state(&f, &import).await;
    assert_eq!((half.done, half.imported), (2, 1));
    assert_eq!(chunk(&f, &import, &["B?"]).await, Some(vec![]));
    assert!(f.store.finish_import(import.id, &[problem(3), problem(4)], 30).await.unwrap());
    assert!(!f.store.finish_import(import.id, &[], 31).await.unwrap(), "only once");
    let done = state(&f, &import).await;
    assert_eq!((done.state, done.done, done.imported, done.problems.len()), (ImportState::Done, 3, 2, 2));
    assert_eq!(f.prompts(bank).await, ["First?", "A?", "B?"]);
    let stored = f.store.all_questions(f.owner, bank).await.unwrap();
    assert_eq!(
        stored.iter().map(|question| question.import).collect::<Vec<_>>(),
        [None, Some(import.id), Some(import.id)]
    );
    assert_eq!(chunk(&f, &import, &["Late?"]).await, None, "a finished import takes nothing more");
}

#[tokio::test]
async fn what_the_bank_has_by_now_is_left_out() {
    let f = Fixture::new().await;
    let bank = f.bank("Food").await;
    let import = begin(&f, bank).await;
    f.add_all(bank, &["A?"]).await;
    let left_out = chunk(&f, &import, &["B?", " a? ", "b?"]).await;
    assert_eq!(left_out, Some(vec![(1, LeftOut::Repeat), (2, LeftOut::Repeat)]));
    let now = state(&f, &import).await;
    assert_eq!((now.done, now.imported), (4, 1));
    assert_eq!(f.prompts(bank).await, ["A?", "B?"]);
}

#[tokio::test]
async fn an_import_needs_room_in_its_bank() {
    let f = Fixture::new().await;
    let bank = f.bank("Food").await;
    f.fill(bank, 0, QUESTIONS_PER_BANK_MAX - 2).await;
    let new = |importable| NewImport { id: f.next_id(), bank, total: importable, problems: &[], importable };
    assert_eq!(f.store.create_import(f.owner, &new(3), 10).await.unwrap(), Placed::Full);
    let import = begin(&f, bank).await;
    f.add_all(bank, &["In between?"]).await;
    assert_eq!(chunk(&f, &import, &["A?", "B?"]).await, Some(vec![(1, LeftOut::Full)]));
    assert_eq!(f.store.bank(f.owner, bank).await.unwrap().unwrap().question_count, QUESTIONS_PER_BANK_MAX);
}

#[tokio::test]
async fn a_cancelled_import_keeps_nothing_and_stores_nothing_more() {
    let f = Fixture::new().await;
    let (bank, quiz) = (f.bank("Food").await, f.quiz("Thursday").await);
    f.add_all(bank, &["First?"]).await;
    let import = begin(&f, bank).await;
    chunk(&f, &import, &["A?"]).await;
    let round = f.round(quiz, "One").await;
    let stored = f.store.all_questions(f.owner, bank).await.unwrap()[1].id;
    assert_eq!(f.store.add_round_question(f.owner, quiz, round, stored, 20).await.unwrap(), Slotted::Done);

    let ended = f.store.cancel_import(f.owner, bank, import.id, 30).await.unwrap();
    let ImportEnded::Done(cancelled) = ended.clone() else { panic!("{ended:?}") };
    assert_eq!((cancelled.state, cancelled.imported), (ImportState::Cancelled, 0));
    assert_eq!(f.store.cancel_import(f.owner, bank, import.id, 31).await.unwrap(), ended, "twice is once");
    assert_eq!(chunk(&f, &import, &["B?"]).await, None);
    assert!(!f.store.finish_import(import.id, &[], 32).await.unwrap());
    assert_eq!(f.prompts(bank).await, ["First?"]);
    assert_eq!(f.store.round_content(f.owner, quiz, round).await.unwrap().unwrap().1, []);
    assert_eq!(f.store.restore_question(f.owner, bank, stored, 33).await.unwrap(), Placed::NotFound, "gone for good");
    let undone = f.store.undo_import(f.owner, bank, import.id, 34).await.unwrap();
    assert_eq!(undone, ImportEnded::TooLate(cancelled));
}

#[tokio::test]
async fn what_was_moved_to_another_bank_does_not_end_with_its_import() {
    let f = Fixture::new().await;
    let (bank, other) = (f.bank("Food").await, f.bank("Drink").await);
    let import = begin(&f, bank).await;
    chunk(&f, &import, &["A?", "B?", "C?"]).await;
    let stored: Vec<_> =
        f.store.all_questions(f.owner, bank).await.unwrap().iter().map(|question| question.id).collect();
    let moved = f.store.batch_questions(f.owner, bank, &stored[..1], BatchAct::Move(other), 11).await.unwrap();
    assert_eq!(moved, Batched::Done);
    f.store.finish_import(import.id, &import.problems, 12).await.unwrap();
    f.store.undo_import(f.owner, bank, import.id, 13).await.unwrap();
    assert_eq!((f.prompts(bank).await, f.prompts(other).await), (vec![], vec!["A?".to_owned()]));

    let import = begin(&f, bank).await;
    chunk(&f, &import, &["D?", "E?"]).await;
    let stored = f.store.all_questions(f.owner, bank).await.unwrap()[0].id;
    f.store.batch_questions(f.owner, bank, &[stored], BatchAct::Move(other), 21).await.unwrap();
    f.store.cancel_import(f.owner, bank, import.id, 22).await.unwrap();
    assert_eq!(f.prompts(other).await, ["A?", "D?"]);
}

#[tokio::test]
async fn an_import_that_is_done_is_taken_back_at_once() {
    let f = Fixture::new().await;
    let bank = f.bank("Food").await;
    f.add_all(bank, &["First?"]).await;
    let import = begin(&f, bank).await;
    let running = state(&f, &import).await;
    assert_eq!(f.store.undo_import(f.owner, bank, import.id, 11).await.unwrap(), ImportEnded::TooLate(running));
    chunk(&f, &import, &["A?", "B?"]).await;
    f.store.finish_import(import.id, &import.problems, 12).await.unwrap();
    let done = state(&f, &import).await;
    assert_eq!(f.store.cancel_import(f.owner, bank, import.id, 13).await.unwrap(), ImportEnded::TooLate(done));

    let stored = f.store.all_questions(f.owner, bank).await.unwrap();
    let edited = text_question("Edited?", &["yes"]);
    f.store.update_question(f.owner, bank, stored[1].id, &edited, None, 14).await.unwrap();
    let ended = f.store.undo_import(f.owner, bank, import.id, 15).await.unwrap();
    let ImportEnded::Done(undone) = ended.clone() else { panic!("{ended:?}") };
    assert_eq!((undone.state, undone.imported), (ImportState::Undone, 2));
    assert_eq!(state(&f, &import).await, undone);
    assert_eq!(f.prompts(bank).await, ["First?"]);
    let Placed::Done(restored) = f.store.restore_question(f.owner, bank, stored[1].id, 16).await.unwrap() else {
        panic!("one by one they come back");
    };
    assert_eq!(restored.draft.prompt, "Edited?");
    assert_eq!(f.store.undo_import(f.owner, bank, import.id, 17).await.unwrap(), ended, "twice is once");
    assert_eq!(f.prompts(bank).await, ["First?", "Edited?"], "and does not take away what was brought back");
}

#[tokio::test]
async fn imports_that_a_crash_left_are_failed_at_the_start() {
    let f = Fixture::new().await;
    let bank = f.bank("Food").await;
    let (done, left) = (begin(&f, bank).await, begin(&f, bank).await);
    chunk(&f, &done, &["A?"]).await;
    f.store.finish_import(done.id, &[], 12).await.unwrap();
    chunk(&f, &left, &["B?"]).await;
    assert_eq!(f.store.fail_running_imports(20, 20).await.unwrap(), 1);
    assert_eq!(f.store.fail_running_imports(21, 21).await.unwrap(), 0);
    assert_eq!(state(&f, &left).await.state, ImportState::Failed);
    assert_eq!(state(&f, &done).await.state, ImportState::Done);
    assert_eq!(f.prompts(bank).await, ["A?"]);
    f.store.fail_import(done.id, 22).await.unwrap();
    assert_eq!(state(&f, &done).await.state, ImportState::Done, "what is done does not fail");
    let newest: Vec<_> = f.store.imports(f.owner, bank, None, 9).await.unwrap().unwrap();
    assert_eq!(newest.iter().map(|import| import.id).collect::<Vec<_>>(), [left.id, done.id]);
    let older = f.store.imports(f.owner, bank, Some(left.id), 9).await.unwrap().unwrap();
    assert_eq!(older, newest[1..]);
}

#[tokio::test]
async fn somebody_elses_import_is_not_found() {
    let f = Fixture::new().await;
    let (bank, other, stranger) = (f.bank("Mine").await, f.bank("Other").await, f.stranger().await);
    let import = begin(&f, bank).await;
    chunk(&f, &import, &["A?"]).await;
    for (owner, bank) in [(stranger, bank), (f.owner, other)] {
        assert_eq!(f.store.import(owner, bank, import.id).await.unwrap(), None);
        assert_eq!(f.store.cancel_import(owner, bank, import.id, 20).await.unwrap(), ImportEnded::NotFound);
        assert_eq!(f.store.undo_import(owner, bank, import.id, 20).await.unwrap(), ImportEnded::NotFound);
    }
    assert_eq!(f.store.imports(stranger, bank, None, 9).await.unwrap(), None);
    let new = NewImport { id: f.next_id(), bank, total: 1, problems: &[], importable: 1 };
    assert_eq!(f.store.create_import(stranger, &new, 20).await.unwrap(), Placed::NotFound);
    assert_eq!(state(&f, &import).await.state, ImportState::Running);
}
