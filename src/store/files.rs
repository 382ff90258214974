//! Whole banks and quizzes from files, each in one transaction, and the samples of a new account.

use super::banks::insert_bank;
use super::database::alone;
use super::questions::{NewQuestion, insert_row};
use super::quizzes::insert_quiz;
use super::rounds::{insert_round, insert_slot};
use super::{Bank, QuizContent, Store, StoreError};
use crate::ids::Ids;
use crate::quiz::export::{BankFile, QuizFile, RoundFile, Slot};
use crate::quiz::question::Draft;
use crate::quiz::quiz::RoundDraft;
use crate::quiz::samples;
use crate::quiz::text::{Description, Problem, Title};
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

    /// A bank of an account as a file. None when the account has no such bank.
    ///
    /// # Errors
    /// When the database does not answer, or holds what no file can.
    pub async fn bank_file(&self, owner: Uuid, bank: Uuid) -> Result<Option<BankFile>, StoreError> {
        let Some(bank) = self.bank(owner, bank).await? else { return Ok(None) };
        let questions = self.all_questions(owner, bank.id).await?.into_iter().map(|question| question.draft).collect();
        bank_as_file(&bank, questions).map(Some)
    }

    /// A quiz of an account as a file, with the questions that it uses. None when the account has no such quiz.
    ///
    /// # Errors
    /// As [`Self::bank_file`].
    pub async fn quiz_file(&self, owner: Uuid, quiz: Uuid) -> Result<Option<QuizFile>, StoreError> {
        let Some(content) = self.quiz_content(owner, quiz).await? else { return Ok(None) };
        let mut banks = Vec::new();
        for id in banks_in_use(&content) {
            let Some(bank) = self.bank(owner, id).await? else { return Ok(None) };
            banks.push(bank);
        }
        quiz_as_file(content, &banks).map(Some)
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

/// The banks of a quiz's questions in the order in which it first uses them: importing what was exported and
/// exporting it again gives the same file.
fn banks_in_use((_, rounds): &QuizContent) -> Vec<Uuid> {
    let mut banks = Vec::new();
    for question in rounds.iter().flat_map(|(_, questions)| questions) {
        if !banks.contains(&question.bank) {
            banks.push(question.bank);
        }
    }
    banks
}

/// A quiz as a file, with `banks` as [`banks_in_use`] names them. Their questions come in the order of their use.
fn quiz_as_file((quiz, rounds): QuizContent, banks: &[Bank]) -> Result<QuizFile, StoreError> {
    let unreadable = StoreError::Unreadable;
    let (name, description) = stored_words(&quiz.name, quiz.description.as_deref())?;
    let mut used: Vec<Vec<Draft>> = vec![Vec::new(); banks.len()];
    let mut round_files = Vec::with_capacity(rounds.len());
    for (round, questions) in rounds {
        let mut slots = Vec::with_capacity(questions.len());
        for question in questions {
            let bank = banks.iter().position(|bank| bank.id == question.bank);
            let bank = bank.ok_or_else(|| unreadable(format!("no bank {}", question.bank)))?;
            slots.push(Slot { bank, question: used[bank].len() });
            used[bank].push(question.draft);
        }
        let title = round.title.map(|title| Title::new("title", &title)).transpose();
        let title = title.map_err(|problem| unreadable(problem.to_string()))?;
        round_files.push(RoundFile { title, time_limit_seconds: round.time_limit_seconds, questions: slots });
    }
    let banks =
        banks.iter().zip(used).map(|(bank, questions)| bank_as_file(bank, questions)).collect::<Result<_, _>>()?;
    Ok(QuizFile { name, description, banks, rounds: round_files })
}

/// The words of a stored bank or quiz, for a file.
fn stored_words(name: &str, description: Option<&str>) -> Result<(Title, Option<Description>), StoreError> {
    let unreadable = |problem: Problem| StoreError::Unreadable(problem.to_string());
    let name = Title::new("name", name).map_err(unreadable)?;
    let description = description.map(Description::new).transpose().map_err(unreadable)?;
    Ok((name, description.flatten()))
}

/// A bank with some of its questions, as a file holds it.
fn bank_as_file(bank: &Bank, questions: Vec<Draft>) -> Result<BankFile, StoreError> {
    let (name, description) = stored_words(&bank.name, bank.description.as_deref())?;
    Ok(BankFile { name, description, questions })
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{Fixture, text_question};
    use super::super::{Quiz, QuizRound, StoredQuestion};
    use super::*;

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

    #[tokio::test]
    async fn what_is_exported_is_imported_again_as_it_was() {
        let f = Fixture::new().await;
        let file = samples::starter();
        let quiz = f.store.insert_quiz_file(f.owner, &file, &f.ids, 5).await.unwrap();
        let first = f.store.quiz_file(f.owner, quiz).await.unwrap().unwrap();
        let again = f.store.insert_quiz_file(f.owner, &first, &f.ids, 6).await.unwrap();
        assert_eq!(f.store.quiz_file(f.owner, again).await.unwrap().unwrap(), first);
        let bank = f.store.insert_bank_file(f.owner, &file.banks[0], &f.ids, 7).await.unwrap();
        assert_eq!(f.store.bank_file(f.owner, bank).await.unwrap().unwrap(), file.banks[0]);
        let stranger = f.stranger().await;
        assert!(f.store.bank_file(stranger, bank).await.unwrap().is_none());
        assert!(f.store.quiz_file(stranger, quiz).await.unwrap().is_none());
    }

    /// What the store would hold after the import of a file, with ids that count up.
    fn content(file: &QuizFile) -> (QuizContent, Vec<Bank>) {
        let text = |name: &str| name.to_owned();
        let bank = |(index, bank): (usize, &BankFile)| Bank {
            id: Uuid::from_u128(index as u128),
            owner: Uuid::nil(),
            name: text(bank.name.as_str()),
            description: bank.description.as_ref().map(|description| text(description.as_str())),
            question_count: bank.questions.len(),
            created_at: 0,
            updated_at: 0,
        };
        let question = |(position, slot): (usize, &Slot)| StoredQuestion {
            id: Uuid::from_u128((slot.bank * 1_000 + slot.question) as u128),
            bank: Uuid::from_u128(slot.bank as u128),
            position,
            version: 1,
            import: None,
            created_at: 0,
            updated_at: 0,
            last_used_at: None,
            draft: file.banks[slot.bank].questions[slot.question].clone(),
        };
        let round = |(index, round): (usize, &RoundFile)| {
            let row = QuizRound {
                id: Uuid::from_u128(index as u128),
                quiz: Uuid::nil(),
                number: index + 1,
                title: round.title.as_ref().map(|title| text(title.as_str())),
                time_limit_seconds: round.time_limit_seconds,
                planned_questions: None,
                created_at: 0,
                updated_at: 0,
            };
            (row, round.questions.iter().enumerate().map(question).collect())
        };
        let quiz = Quiz {
            id: Uuid::nil(),
            owner: Uuid::nil(),
            name: text(file.name.as_str()),
            description: file.description.as_ref().map(|description| text(description.as_str())),
            round_count: file.rounds.len(),
            question_count: 0,
            game_count: 0,
            created_at: 0,
            updated_at: 0,
        };
        ((quiz, file.rounds.iter().enumerate().map(round).collect()), file.banks.iter().enumerate().map(bank).collect())
    }

    fn exported(file: &QuizFile) -> QuizFile {
        let (content, banks) = content(file);
        let in_use: Vec<_> =
            banks_in_use(&content).into_iter().map(|id| banks[id.as_u128() as usize].clone()).collect();
        quiz_as_file(content, &in_use).unwrap()
    }

    #[test]
    fn an_exported_quiz_holds_what_it_uses_and_comes_back_the_same() {
        let first = exported(&samples::starter());
        let used: usize = first.banks.iter().map(|bank| bank.questions.len()).sum();
        assert_eq!(used, first.rounds.iter().map(|round| round.questions.len()).sum::<usize>());
        let again = exported(&QuizFile::parse(&first.to_json()).unwrap());
        assert_eq!(again, first);
    }
}
