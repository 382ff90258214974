//! Whole banks and quizzes from files, each in one transaction, and the samples of a new account.

use super::banks::insert_bank;
use super::database::alone;
use super::questions::{NewQuestion, insert_row};
use super::quizzes::insert_quiz;
use super::rounds::{insert_round, insert_slot};
use super::{Store, StoreError};
use crate::ids::Ids;
use crate::quiz::export::{BankFile, QuizFile};
use crate::quiz::quiz::RoundDraft;
use crate::quiz::samples;
use crate::store::tx::Tx;
use uuid::Uuid;

impl Store {
    /// Stores a bank with its questions, and gives its id.
    ///
    /// # Errors
    /// When the database does not take it: then nothing of it is there.
    pub async fn insert_bank_file(
        &self,
        owner: Uuid,
        file: &BankFile,
        ids: &Ids,
        now_ms: i64,
    ) -> Result<Uuid, StoreError> {
        let mut tx = self.begin().await?;
        let bank = ids.uuid();
        bank_file(&mut tx, owner, bank, file, ids, now_ms).await?;
        tx.commit().await?;
        Ok(bank)
    }

    /// Stores a quiz with its rounds, and the banks that its questions come from as new banks; gives the quiz's id.
    /// No question may stand in two rounds of the file.
    ///
    /// # Errors
    /// When the database does not take it: then nothing of it is there.
    pub async fn insert_quiz_file(
        &self,
        owner: Uuid,
        file: &QuizFile,
        ids: &Ids,
        now_ms: i64,
    ) -> Result<Uuid, StoreError> {
        let mut tx = self.begin().await?;
        let quiz = quiz_file(&mut tx, owner, file, ids, now_ms).await?;
        tx.commit().await?;
        Ok(quiz)
    }

    /// Gives an account the sample banks and the sample quiz, once: not when it has or ever had a bank or a quiz.
    /// Says whether it did.
    ///
    /// # Errors
    /// When the database does not take them.
    pub async fn insert_samples(&self, owner: Uuid, ids: &Ids, now_ms: i64) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        alone(&mut tx, &format!("rows of {owner}")).await?;
        let any = sqlx::query(
            "SELECT 1 FROM banks WHERE owner_id = $1 UNION ALL SELECT 1 FROM quizzes WHERE owner_id = $1 LIMIT 1",
        )
        .bind(owner.to_string())
        .fetch_optional(&mut tx)
        .await?;
        if any.is_some() {
            return Ok(false);
        }
        quiz_file(&mut tx, owner, &samples::starter(), ids, now_ms).await?;
        tx.commit().await?;
        Ok(true)
    }
}

/// Stores a quiz file, and gives the quiz's id.
async fn quiz_file(tx: &mut Tx, owner: Uuid, file: &QuizFile, ids: &Ids, at: i64) -> Result<Uuid, StoreError> {
    // Lists are newest first: the first bank gets the highest id.
    let bank_ids: Vec<Uuid> = file.banks.iter().map(|_| ids.uuid()).collect();
    let mut banks = Vec::with_capacity(file.banks.len());
    for (&id, bank) in bank_ids.iter().rev().zip(&file.banks) {
        banks.push(bank_file(tx, owner, id, bank, ids, at).await?);
    }
    let quiz = ids.uuid();
    insert_quiz(tx, owner, quiz, &file.name, file.description.as_ref(), at).await?;
    for round in &file.rounds {
        let id = ids.uuid();
        let words = RoundDraft {
            title: round.title.clone(),
            time_limit_seconds: round.time_limit_seconds,
            planned_questions: None,
        };
        insert_round(tx, quiz, id, &words, at).await?;
        for (position, slot) in (0..).zip(&round.questions) {
            let question = banks.get(slot.bank).and_then(|bank| bank.get(slot.question));
            let question = question.ok_or_else(|| StoreError::Unreadable(format!("no question at {slot:?}")))?;
            insert_slot(tx, id, position, *question).await?;
        }
    }
    Ok(quiz)
}

/// Stores a bank file, and gives the ids of its questions.
async fn bank_file(
    tx: &mut Tx,
    owner: Uuid,
    bank: Uuid,
    file: &BankFile,
    ids: &Ids,
    at: i64,
) -> Result<Vec<Uuid>, StoreError> {
    insert_bank(tx, owner, bank, &file.name, file.description.as_ref(), at).await?;
    let mut questions = Vec::with_capacity(file.questions.len());
    for (position, draft) in (0..).zip(&file.questions) {
        let new = NewQuestion { id: ids.uuid(), draft };
        insert_row(tx, bank, position, &new, None, at).await?;
        questions.push(new.id);
    }
    Ok(questions)
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{Fixture, text_question};
    use super::*;
    use crate::quiz::text::Title;

    #[tokio::test]
    async fn the_samples_come_once() {
        let f = Fixture::new().await;
        assert!(f.store.insert_samples(f.owner, &f.ids, 5).await.unwrap());
        let starter = samples::starter();
        let banks = f.store.banks(f.owner, "", None, 10).await.unwrap();
        let names: Vec<_> = banks.iter().map(|bank| bank.name.as_str()).collect();
        assert_eq!(names, starter.banks.iter().map(|bank| bank.name.as_str()).collect::<Vec<_>>());
        for (bank, file) in banks.iter().zip(&starter.banks) {
            let questions = f.store.all_questions(f.owner, bank.id).await.unwrap();
            assert_eq!(questions.into_iter().map(|question| question.draft).collect::<Vec<_>>(), file.questions);
        }
        let quiz = f.store.quizzes(f.owner, "", None, 10).await.unwrap().remove(0);
        let (_, rounds) = f.store.quiz_content(f.owner, quiz.id).await.unwrap().unwrap();
        assert_eq!(rounds.len(), starter.rounds.len());
        for ((round, questions), file) in rounds.iter().zip(&starter.rounds) {
            assert_eq!(round.title.as_deref(), file.title.as_ref().map(Title::as_str));
            assert_eq!(round.time_limit_seconds, file.time_limit_seconds);
            let drafts = file.questions.iter().map(|slot| &starter.banks[slot.bank].questions[slot.question]);
            assert!(questions.iter().map(|question| &question.draft).eq(drafts));
        }

        assert!(!f.store.insert_samples(f.owner, &f.ids, 6).await.unwrap());
        f.store.delete_quiz(f.owner, quiz.id, 7).await.unwrap();
        for bank in &banks {
            f.store.delete_bank(f.owner, bank.id, 7).await.unwrap();
        }
        assert!(!f.store.insert_samples(f.owner, &f.ids, 8).await.unwrap(), "what was deleted does not come back");
        assert_eq!(f.store.banks(f.owner, "", None, 10).await.unwrap(), []);
    }

    #[tokio::test]
    async fn a_bank_file_becomes_a_bank() {
        let f = Fixture::new().await;
        let file = BankFile {
            name: Title::new("name", "Food").unwrap(),
            description: None,
            questions: vec![text_question("Soup?", &["Yes", "No"]), text_question("Bread?", &["Yes"])],
        };
        let bank = f.store.insert_bank_file(f.owner, &file, &f.ids, 5).await.unwrap();
        assert_eq!(f.prompts(bank).await, ["Soup?", "Bread?"]);
        assert_eq!(f.store.bank(f.owner, bank).await.unwrap().unwrap().name, "Food");
        let last = f.add(bank, &text_question("Salad?", &["Yes"])).await;
        assert_eq!(last.position, 2);
    }

    #[tokio::test]
    async fn of_a_file_that_fails_nothing_is_there() {
        let f = Fixture::new().await;
        let mut file = samples::quiz();
        file.rounds[2].questions[0].bank = 99;
        assert!(f.store.insert_quiz_file(f.owner, &file, &f.ids, 5).await.is_err());
        assert_eq!(f.store.banks(f.owner, "", None, 10).await.unwrap(), []);
        assert_eq!(f.store.quizzes(f.owner, "", None, 10).await.unwrap(), []);
    }
}
