//! What tests of authored material begin with: a database of their own, an account, short ways to make things.

use super::{Address, NewQuestion, Placed, Store, StoredQuestion};
use crate::clock::Clock;
use crate::ids::Ids;
use crate::quiz::bank::{BankDraft, BankInput};
use crate::quiz::question::{ChoiceInput, Draft, QuestionInput};
use crate::quiz::quiz::{QuizDraft, QuizInput, RoundDraft, RoundInput};
use std::time::Duration;
use uuid::Uuid;

#[path = "../../tests/database.rs"]
pub(super) mod test_database;

use test_database::TestDatabase;

pub(crate) struct Fixture {
    pub(crate) store: Store,
    pub(crate) ids: Ids,
    pub(crate) owner: Uuid,
    clock: Clock,
    database: TestDatabase,
}

impl Fixture {
    pub(crate) async fn new() -> Self {
        let database = test_database::fresh().await;
        let store = Store::open(&address(&database)).await.unwrap();
        let clock = Clock::manual(1_000);
        let ids = Ids::seeded(clock.clone(), 1);
        let owner = store.ensure_owner(ids.uuid(), "owner", 1).await.unwrap().id;
        Self { store, ids, owner, clock, database }
    }

    /// Where its database is.
    pub(crate) fn address(&self) -> Address {
        address(&self.database)
    }

    /// An id that sorts after all before it.
    pub(crate) fn next_id(&self) -> Uuid {
        self.clock.advance(Duration::from_millis(1));
        self.ids.uuid()
    }

    /// Another account.
    pub(crate) async fn stranger(&self) -> Uuid {
        let id = self.next_id();
        self.store
            .execute(
                sqlx::query(
                    "INSERT INTO accounts (id, username, username_key, role, created_at, updated_at)
             VALUES ($1, $1, $1, 'host', 1, 1)",
                )
                .bind(id.to_string()),
            )
            .await
            .unwrap();
        id
    }

    pub(crate) async fn bank(&self, name: &str) -> Uuid {
        self.store.create_bank(self.owner, self.next_id(), &bank_words(name), 1).await.unwrap().id
    }

    /// Adds a question to a bank of the owner's.
    pub(crate) async fn add(&self, bank: Uuid, draft: &Draft) -> StoredQuestion {
        let new = NewQuestion { id: self.next_id(), draft };
        match self.store.insert_question(self.owner, bank, &new, 1).await.unwrap() {
            Placed::Done(question) => question,
            refused => panic!("{refused:?}"),
        }
    }

    /// Adds a question for each prompt.
    pub(crate) async fn add_all(&self, bank: Uuid, prompts: &[&str]) -> Vec<Uuid> {
        let mut ids = Vec::new();
        for prompt in prompts {
            ids.push(self.add(bank, &text_question(prompt, &["yes"])).await.id);
        }
        ids
    }

    /// Fills a bank behind `first` questions up to `count`, in one go.
    pub(crate) async fn fill(&self, bank: Uuid, first: usize, count: usize) {
        self.store.execute(sqlx::query(
            "WITH RECURSIVE n (i) AS (SELECT $2 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < $3)
             INSERT INTO questions (id, bank_id, position, kind, prompt, prompt_key, search_key, points, answer, version,
               created_at, updated_at)
             SELECT '00000000-0000-7000-8000-' || substr('000000000000' || i, length('000000000000' || i) - 11), $1, i, 'text', 'Question ' || i, 'question ' || i,
               'question ' || i || ' yes', 1000, '{\"accepted\":[\"yes\"]}', 1, 1, 1 FROM n",
        )
        .bind(bank.to_string())
        .bind(super::int(first))
        .bind(super::int(count)))
        .await
        .unwrap();
    }

    pub(crate) async fn quiz(&self, name: &str) -> Uuid {
        self.store.create_quiz(self.owner, self.next_id(), &quiz_words(name), 1).await.unwrap().id
    }

    pub(crate) async fn round(&self, quiz: Uuid, title: &str) -> Uuid {
        match self.store.create_round(self.owner, quiz, self.next_id(), &round_words(title), 1).await.unwrap() {
            Placed::Done(round) => round.id,
            refused => panic!("{refused:?}"),
        }
    }

    /// The prompts of a bank in order.
    pub(crate) async fn prompts(&self, bank: Uuid) -> Vec<String> {
        let questions = self.store.all_questions(self.owner, bank).await.unwrap();
        questions.into_iter().map(|question| question.draft.prompt).collect()
    }
}

/// Where a test's database is.
pub(crate) fn address(database: &TestDatabase) -> Address {
    match database {
        TestDatabase::File(dir) => Address::File(dir.path().join("quibble.db")),
        TestDatabase::Postgres { url, direct_url } => {
            Address::Postgres { url: url.clone(), direct_url: direct_url.clone(), max_connections: 4 }
        }
    }
}

pub(crate) fn bank_words(name: &str) -> BankDraft {
    BankInput { name: name.to_owned(), description: None }.check().unwrap()
}

pub(crate) fn quiz_words(name: &str) -> QuizDraft {
    QuizInput { name: name.to_owned(), description: None }.check().unwrap()
}

/// An empty title is none.
pub(crate) fn round_words(title: &str) -> RoundDraft {
    RoundInput { title: Some(title.to_owned()), ..RoundInput::default() }.check().unwrap()
}

pub(crate) fn text_question(prompt: &str, accepted: &[&str]) -> Draft {
    let accepted = accepted.iter().map(|&text| text.to_owned()).collect();
    let input = QuestionInput {
        kind: Some("text".to_owned()),
        prompt: prompt.to_owned(),
        accepted_answers: Some(accepted),
        ..QuestionInput::default()
    };
    input.check().unwrap()
}

/// The first choice is the right one.
pub(crate) fn choice_question(prompt: &str, choices: &[&str]) -> Draft {
    let choice = |(index, text): (usize, &&str)| ChoiceInput { text: (*text).to_owned(), correct: index == 0 };
    let input = QuestionInput {
        kind: Some("multiple_choice".to_owned()),
        prompt: prompt.to_owned(),
        choices: Some(choices.iter().enumerate().map(choice).collect()),
        ..QuestionInput::default()
    };
    input.check().unwrap()
}
