use super::super::fixture::{Fixture, bank_words, choice_question, text_question};
use super::*;
use crate::limits::ACCEPTED_ANSWERS_MAX;
use crate::quiz::question::{Answer, ChoiceInput};

/// Every field of a text question that is not its default.
fn full() -> Draft {
    let input = QuestionInput {
        kind: Some("text".to_owned()),
        prompt: "Où vit\nZoë?".to_owned(),
        points: Some(7),
        accepted_answers: Some(vec!["Là-bas".to_owned(), "\"here\"".to_owned()]),
        marking: Some(serde_json::from_str(r#"{"accents": false, "spaces": false}"#).unwrap()),
        notes: Some("Ask twice".to_owned()),
        time_limit_seconds: Some(45),
        ..QuestionInput::default()
    };
    input.check().unwrap()
}

async fn remember(f: &Fixture, question: Uuid, spelling: &str) {
    let mut tx = f.store.begin().await.unwrap();
    accept_spelling(&mut tx, question, spelling, 9).await.unwrap();
    tx.commit().await.unwrap();
}

fn accepted(question: &StoredQuestion) -> Vec<&str> {
    match &question.draft.answer {
        Answer::Text { accepted, .. } => accepted.iter().map(String::as_str).collect(),
        Answer::MultipleChoice { .. } => Vec::new(),
    }
}

#[tokio::test]
async fn a_question_comes_back_as_it_was_stored() {
    let f = Fixture::new().await;
    let bank = f.bank("Food").await;
    for (position, draft) in [full(), choice_question("Soup?", &["Yes", "No", "May\"be"])].iter().enumerate() {
        let stored = f.add(bank, draft).await;
        assert_eq!((stored.position, stored.version, stored.import), (position, 1, None));
        assert_eq!(stored.draft, *draft);
        assert_eq!(f.store.question(f.owner, bank, stored.id).await.unwrap(), Some(stored));
    }
}

#[tokio::test]
async fn the_list_is_paged_in_order() {
    let f = Fixture::new().await;
    let bank = f.bank("Food").await;
    let ids = f.add_all(bank, &["A?", "B?", "C?", "D?"]).await;
    f.store.delete_question(f.owner, bank, ids[1], 2).await.unwrap();
    let page = async |after, limit| {
        let questions = f.store.questions(f.owner, bank, after, limit).await.unwrap().unwrap();
        questions.into_iter().map(|question| (question.id, question.position)).collect::<Vec<_>>()
    };
    assert_eq!(page(None, 2).await, [(ids[0], 0), (ids[2], 1)]);
    assert_eq!(page(Some(ids[2]), 2).await, [(ids[3], 2)]);
    assert_eq!(page(Some(ids[1]), 2).await, [(ids[2], 1), (ids[3], 2)], "a deleted one keeps its place");
    assert_eq!(page(Some(Uuid::max()), 2).await, [], "after what never was");
    assert_eq!(f.prompts(bank).await, ["A?", "C?", "D?"]);
}

#[tokio::test]
async fn somebody_elses_question_is_not_found() {
    let f = Fixture::new().await;
    let (bank, other, stranger) = (f.bank("Mine").await, f.bank("Other").await, f.stranger().await);
    let question = f.add(bank, &full()).await;
    for (owner, bank) in [(stranger, bank), (f.owner, other)] {
        assert_eq!(f.store.question(owner, bank, question.id).await.unwrap(), None);
        let saved = f.store.update_question(owner, bank, question.id, &text_question("?", &["x"]), None, 2).await;
        assert_eq!(saved.unwrap(), Saved::NotFound);
        assert!(!f.store.delete_question(owner, bank, question.id, 2).await.unwrap());
        assert_eq!(f.store.restore_question(owner, bank, question.id, 2).await.unwrap(), Placed::NotFound);
    }
    assert_eq!(f.store.questions(stranger, bank, None, 9).await.unwrap(), None);
    assert_eq!(f.store.all_questions(stranger, bank).await.unwrap(), []);
    assert_eq!(f.store.prompt_keys(stranger, bank).await.unwrap(), None);
    let draft = text_question("New?", &["x"]);
    let new = NewQuestion { id: f.next_id(), draft: &draft };
    assert_eq!(f.store.insert_question(stranger, bank, &new, 2).await.unwrap(), Placed::NotFound);
    let order = f.store.reorder_questions(stranger, bank, &[question.id], 2).await.unwrap();
    assert_eq!(order, Reordered::NotFound);
    assert_eq!(f.store.all_questions(f.owner, bank).await.unwrap(), [question], "nothing has changed");
}

#[tokio::test]
async fn the_questions_of_a_deleted_bank_are_not_found() {
    let f = Fixture::new().await;
    let bank = f.bank("Food").await;
    let question = f.add(bank, &full()).await;
    f.store.delete_bank(f.owner, bank, 2).await.unwrap();
    assert_eq!(f.store.question(f.owner, bank, question.id).await.unwrap(), None);
    assert_eq!(f.store.questions(f.owner, bank, None, 9).await.unwrap(), None);
    assert!(!f.store.delete_question(f.owner, bank, question.id, 3).await.unwrap());
    assert_eq!(
        f.store.search_questions(f.owner, &QuestionSearch { limit: 9, ..Default::default() }).await.unwrap(),
        []
    );
}

#[tokio::test]
async fn a_change_counts_versions_and_an_old_one_is_a_conflict() {
    let f = Fixture::new().await;
    let bank = f.bank("Food").await;
    let first = f.add(bank, &text_question("Soup?", &["yes"])).await;
    let draft = text_question("Salad?", &["yes", "no"]);
    let Saved::Done(second) = f.store.update_question(f.owner, bank, first.id, &draft, Some(1), 5).await.unwrap()
    else {
        panic!("the version was right");
    };
    assert_eq!((second.version, second.created_at, second.updated_at), (2, 1, 5));
    assert_eq!(f.store.question(f.owner, bank, first.id).await.unwrap().as_ref(), Some(&second));
    assert_eq!(f.store.bank(f.owner, bank).await.unwrap().unwrap().updated_at, 5);

    let late = text_question("Bread?", &["yes"]);
    let conflict = f.store.update_question(f.owner, bank, first.id, &late, Some(1), 6).await.unwrap();
    assert_eq!(conflict, Saved::Conflict(second.clone()));
    assert_eq!(f.store.question(f.owner, bank, first.id).await.unwrap(), Some(second));
    let Saved::Done(third) = f.store.update_question(f.owner, bank, first.id, &late, None, 7).await.unwrap() else {
        panic!("without a version the last one wins");
    };
    assert_eq!(third.version, 3);
    let again = f.store.update_question(f.owner, bank, first.id, &late, Some(3), 8).await.unwrap();
    assert_eq!(again, Saved::Done(third), "saving the same changes nothing");
}

#[tokio::test]
async fn a_question_stays_of_its_kind() {
    let f = Fixture::new().await;
    let bank = f.bank("Food").await;
    let question = f.add(bank, &text_question("Soup?", &["yes"])).await;
    let other = choice_question("Soup?", &["Yes", "No"]);
    let saved = f.store.update_question(f.owner, bank, question.id, &other, None, 2).await.unwrap();
    assert_eq!(saved, Saved::KindIsFixed);
    assert_eq!(f.store.question(f.owner, bank, question.id).await.unwrap(), Some(question));
}

#[tokio::test]
async fn a_deleted_question_comes_back_to_its_place() {
    let f = Fixture::new().await;
    let bank = f.bank("Food").await;
    let ids = f.add_all(bank, &["A?", "B?", "C?"]).await;
    assert!(f.store.delete_question(f.owner, bank, ids[1], 2).await.unwrap());
    assert!(!f.store.delete_question(f.owner, bank, ids[1], 2).await.unwrap(), "only once");
    assert_eq!(f.store.question(f.owner, bank, ids[1]).await.unwrap(), None);
    let gone = f.store.update_question(f.owner, bank, ids[1], &full(), None, 2).await.unwrap();
    assert_eq!(gone, Saved::NotFound);
    assert_eq!(f.store.bank(f.owner, bank).await.unwrap().unwrap().question_count, 2);
    f.store.reorder_questions(f.owner, bank, &[ids[2], ids[0]], 3).await.unwrap();
    assert_eq!(f.add(bank, &text_question("D?", &["yes"])).await.position, 2);

    let Placed::Done(restored) = f.store.restore_question(f.owner, bank, ids[1], 4).await.unwrap() else {
        panic!("there is room");
    };
    assert_eq!((restored.position, restored.version), (1, 1));
    assert_eq!(f.prompts(bank).await, ["C?", "B?", "A?", "D?"]);
    assert_eq!(f.store.restore_question(f.owner, bank, ids[1], 5).await.unwrap(), Placed::Done(restored));
    assert_eq!(f.store.restore_question(f.owner, bank, Uuid::max(), 5).await.unwrap(), Placed::NotFound);
}

#[tokio::test]
async fn a_bank_is_full_at_its_limit() {
    let f = Fixture::new().await;
    let bank = f.bank("Food").await;
    let first = f.add_all(bank, &["A?"]).await[0];
    f.fill(bank, 1, QUESTIONS_PER_BANK_MAX - 1).await;
    let last = f.add(bank, &text_question("Last?", &["yes"])).await;
    assert_eq!(last.position, QUESTIONS_PER_BANK_MAX - 1);
    let draft = text_question("Too many?", &["yes"]);
    let new = NewQuestion { id: f.next_id(), draft: &draft };
    assert_eq!(f.store.insert_question(f.owner, bank, &new, 2).await.unwrap(), Placed::Full);
    f.store.delete_question(f.owner, bank, first, 2).await.unwrap();
    assert!(matches!(f.store.insert_question(f.owner, bank, &new, 2).await.unwrap(), Placed::Done(_)));
    assert_eq!(f.store.restore_question(f.owner, bank, first, 2).await.unwrap(), Placed::Full);
    assert_eq!(f.store.bank(f.owner, bank).await.unwrap().unwrap().question_count, QUESTIONS_PER_BANK_MAX);
    assert_eq!(f.store.all_questions(f.owner, bank).await.unwrap().len(), QUESTIONS_PER_BANK_MAX);
}

#[tokio::test]
async fn an_order_may_name_all_or_some() {
    let f = Fixture::new().await;
    let (bank, other) = (f.bank("Food").await, f.bank("Other").await);
    let ids = f.add_all(bank, &["A?", "B?", "C?", "D?"]).await;
    let elsewhere = f.add_all(other, &["X?"]).await[0];
    let order = async |order: &[Uuid]| f.store.reorder_questions(f.owner, bank, order, 2).await.unwrap();
    assert_eq!(order(&[ids[3], ids[2], ids[1], ids[0]]).await, Reordered::Done);
    assert_eq!(f.prompts(bank).await, ["D?", "C?", "B?", "A?"]);
    assert_eq!(order(&[ids[0], ids[3]]).await, Reordered::Done);
    assert_eq!(f.prompts(bank).await, ["A?", "C?", "B?", "D?"], "the others stay where they are");
    assert_eq!(order(&[]).await, Reordered::Done);
    assert_eq!(order(&[ids[0], elsewhere]).await, Reordered::Unknown(elsewhere));
    assert_eq!(order(&[ids[1], ids[0], ids[1]]).await, Reordered::Twice(ids[1]));
    f.store.delete_question(f.owner, bank, ids[1], 3).await.unwrap();
    assert_eq!(order(&[ids[1]]).await, Reordered::Unknown(ids[1]));
    assert_eq!(f.prompts(bank).await, ["A?", "C?", "D?"]);
}

#[tokio::test]
async fn a_search_looks_into_prompts_and_answers_of_all_banks() {
    let f = Fixture::new().await;
    let (food, songs) = (f.bank("Food").await, f.bank("Songs").await);
    f.add(food, &text_question("Which café sells crêpes?", &["The Flapjack"])).await;
    let second = f.add(food, &choice_question("What is 50% of a pie?", &["Half", "A crêpe"])).await;
    let third = f.add(songs, &text_question("Who sang “Crepes”?", &["Nobody"])).await;
    let stranger = f.stranger().await;
    let find = async |query: &str, bank, after, limit| {
        let found =
            f.store.search_questions(f.owner, &QuestionSearch { query, tag: "", bank, after, limit }).await.unwrap();
        found.into_iter().map(|found| (found.question.draft.prompt, found.bank_name)).collect::<Vec<_>>()
    };
    let prompts = |found: Vec<(String, String)>| found.into_iter().map(|(prompt, _)| prompt).collect::<Vec<_>>();
    let all = ["Which café sells crêpes?", "What is 50% of a pie?", "Who sang “Crepes”?"];
    assert_eq!(prompts(find("", None, None, 9).await), all);
    assert_eq!(prompts(find("CREPE", None, None, 9).await), all);
    assert_eq!(prompts(find("crepe", None, None, 1).await), all[..1]);
    assert_eq!(prompts(find("crepe", None, Some(second.id), 9).await), all[2..]);
    assert_eq!(prompts(find("crepe", Some(food), None, 9).await), all[..2]);
    assert_eq!(find("flapjack café", None, None, 9).await, [(all[0].to_owned(), "Food".to_owned())]);
    assert_eq!(prompts(find("50%", None, None, 9).await), all[1..2]);
    assert_eq!(prompts(find("5%0", None, None, 9).await), [""; 0]);
    let theirs = QuestionSearch { limit: 9, ..Default::default() };
    assert_eq!(f.store.search_questions(stranger, &theirs).await.unwrap(), []);

    f.store.delete_question(f.owner, songs, third.id, 2).await.unwrap();
    let draft = choice_question("Pie?", &["Yes", "No"]);
    f.store.update_question(f.owner, food, second.id, &draft, None, 2).await.unwrap();
    assert_eq!(prompts(find("crepe", None, None, 9).await), all[..1]);
    let pie = QuestionSearch { query: "pie", limit: 9, ..Default::default() };
    assert_eq!(f.store.search_questions(f.owner, &pie).await.unwrap()[0].question.position, 1);
}

#[tokio::test]
async fn prompts_are_compared_folded_and_without_deleted_ones() {
    let f = Fixture::new().await;
    let bank = f.bank("Food").await;
    f.add(bank, &text_question("Which  SOUP?", &["x"])).await;
    let gone = f.add(bank, &text_question("Gone?", &["x"])).await;
    f.store.delete_question(f.owner, bank, gone.id, 2).await.unwrap();
    let keys = f.store.prompt_keys(f.owner, bank).await.unwrap().unwrap();
    assert_eq!(keys, HashSet::from([folded_prompt("which soup?")]));
}

#[tokio::test]
async fn a_remembered_spelling_is_accepted_from_then_on() {
    let f = Fixture::new().await;
    let bank = f.bank("Food").await;
    let question = f.add(bank, &text_question("Soup?", &["Minestrone"])).await;
    remember(&f, question.id, " minestroni ").await;
    let stored = f.store.question(f.owner, bank, question.id).await.unwrap().unwrap();
    assert_eq!(accepted(&stored), ["Minestrone", "minestroni"]);
    assert_eq!((stored.version, stored.updated_at), (2, 9));
    let search = QuestionSearch { query: "minestroni", limit: 1, ..Default::default() };
    assert_eq!(f.store.search_questions(f.owner, &search).await.unwrap().len(), 1);

    for ignored in ["Minestrone", "", "two\nlines", &"x".repeat(151)] {
        remember(&f, question.id, ignored).await;
        assert_eq!(f.store.question(f.owner, bank, question.id).await.unwrap().unwrap(), stored, "{ignored:?}");
    }
}

#[tokio::test]
async fn a_spelling_is_remembered_up_to_the_limit_and_only_where_there_are_spellings() {
    let f = Fixture::new().await;
    let bank = f.bank("Food").await;
    let spellings: Vec<String> = (1..ACCEPTED_ANSWERS_MAX).map(|n| format!("answer {n}")).collect();
    let spellings: Vec<&str> = spellings.iter().map(String::as_str).collect();
    let question = f.add(bank, &text_question("Soup?", &spellings)).await;
    remember(&f, question.id, "the last that fits").await;
    remember(&f, question.id, "one too many").await;
    let stored = f.store.question(f.owner, bank, question.id).await.unwrap().unwrap();
    assert_eq!(accepted(&stored).len(), ACCEPTED_ANSWERS_MAX);
    assert_eq!(accepted(&stored).last(), Some(&"the last that fits"));

    let choice = f.add(bank, &choice_question("Pie?", &["Yes", "No"])).await;
    remember(&f, choice.id, "Perhaps").await;
    assert_eq!(f.store.question(f.owner, bank, choice.id).await.unwrap(), Some(choice));
    f.store.delete_question(f.owner, bank, question.id, 2).await.unwrap();
    remember(&f, question.id, "too late").await;
    remember(&f, Uuid::max(), "never there").await;
}

#[tokio::test]
async fn a_damaged_row_is_told_and_not_guessed_at() {
    let f = Fixture::new().await;
    let bank = f.bank("Food").await;
    let question = f.add(bank, &full()).await;
    for damage in ["UPDATE questions SET answer = '{}'", "UPDATE questions SET points = -1"] {
        f.store.execute(sqlx::query(damage)).await.unwrap();
        let read = f.store.question(f.owner, bank, question.id).await;
        assert!(matches!(read, Err(StoreError::Unreadable(_))), "{damage}: {read:?}");
    }
}

#[test]
fn only_what_changes_place_moves() {
    let id = Uuid::from_u128;
    let positions = BTreeMap::from([(id(1), 0), (id(2), 5), (id(3), 7)]);
    assert_eq!(moves(&positions, &[id(1), id(3), id(2)]), Ok(vec![(id(3), 5), (id(2), 7)]));
    assert_eq!(moves(&positions, &[id(2), id(3)]), Ok(vec![]));
    assert_eq!(moves(&positions, &[id(3), id(1)]), Ok(vec![(id(3), 0), (id(1), 7)]));
    assert_eq!(moves(&positions, &[id(4)]), Err(Reordered::Unknown(id(4))));
}

#[tokio::test]
async fn a_bank_that_was_renamed_keeps_its_questions() {
    let f = Fixture::new().await;
    let bank = f.bank("Food").await;
    let choices = [("Yes", true), ("No", false)].map(|(text, correct)| ChoiceInput { text: text.to_owned(), correct });
    let input = QuestionInput {
        kind: Some("multiple_choice".to_owned()),
        prompt: "Soup?".to_owned(),
        choices: Some(choices.to_vec()),
        ..QuestionInput::default()
    };
    f.add(bank, &input.check().unwrap()).await;
    f.store.update_bank(f.owner, bank, &bank_words("Meals"), 2).await.unwrap();
    assert_eq!(f.prompts(bank).await, ["Soup?"]);
}
