//! What questions said before they were changed.

use super::questions::StoredQuestion;
use super::{Store, StoreError, count, from_json, int, to_json};
use crate::limits::QUESTION_VERSIONS_MAX;
use crate::quiz::question::{Draft, QuestionInput};
use crate::store::tx::Tx;
use sqlx::Row;
use sqlx::any::AnyRow;
use uuid::Uuid;

/// A text that a question had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuestionVersion {
    pub version: usize,
    /// From when to when the question said this.
    pub saved_at: i64,
    pub replaced_at: i64,
    pub draft: Draft,
}

impl Store {
    /// The earlier texts of a question, the latest first. None when the account has no such question.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn question_versions(
        &self,
        owner: Uuid,
        bank: Uuid,
        question: Uuid,
    ) -> Result<Option<Vec<QuestionVersion>>, StoreError> {
        if self.question(owner, bank, question).await?.is_none() {
            return Ok(None);
        }
        let rows = sqlx::query("SELECT * FROM question_versions WHERE question_id = $1 ORDER BY version DESC")
            .bind(question.to_string())
            .fetch_all(&mut self.read().await?)
            .await?;
        rows.iter().map(version).collect::<Result<_, _>>().map(Some)
    }
}

/// Keeps what a question says before it is changed. When it has as many as it may, the one that stood for the shortest
/// time goes: so the pauses of typing do not push out what was once the question for a month.
pub(super) async fn keep_version(tx: &mut Tx, before: &StoredQuestion, at: i64) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO question_versions (question_id, version, body, saved_at, replaced_at) VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(before.id.to_string())
    .bind(int(before.version))
    .bind(to_json(&before.draft)?)
    .bind(before.updated_at)
    .bind(at)
    .execute(&mut *tx)
    .await?;
    sqlx::query(
        "DELETE FROM question_versions WHERE question_id = $1 AND version IN (
           SELECT version FROM question_versions WHERE question_id = $1 AND version <> $2
           ORDER BY replaced_at - saved_at DESC, version DESC LIMIT $4 OFFSET $3)",
    )
    .bind(before.id.to_string())
    .bind(int(before.version))
    .bind(int(QUESTION_VERSIONS_MAX - 1))
    .bind(i64::MAX)
    .execute(&mut *tx)
    .await?;
    Ok(())
}

fn version(row: &AnyRow) -> Result<QuestionVersion, StoreError> {
    let input: QuestionInput = from_json(row.try_get("body")?)?;
    let draft = input.check().map_err(|problems| {
        let problems: Vec<_> = problems.iter().map(ToString::to_string).collect();
        StoreError::Unreadable(format!("an earlier text of a question: {}", problems.join(" ")))
    })?;
    Ok(QuestionVersion {
        version: count(row, "version")?,
        saved_at: row.try_get("saved_at")?,
        replaced_at: row.try_get("replaced_at")?,
        draft,
    })
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{Fixture, choice_question, text_question};
    use super::super::{BinKind, Saved};
    use super::*;

    async fn save(f: &Fixture, bank: Uuid, question: Uuid, draft: &Draft, at: i64) {
        let saved = f.store.update_question(f.owner, bank, question, draft, None, at).await.unwrap();
        assert!(matches!(saved, Saved::Done(_)), "{saved:?}");
    }

    async fn versions(f: &Fixture, bank: Uuid, question: Uuid) -> Vec<QuestionVersion> {
        f.store.question_versions(f.owner, bank, question).await.unwrap().unwrap()
    }

    #[tokio::test]
    async fn every_change_keeps_what_was_there() {
        let f = Fixture::new().await;
        let bank = f.bank("Food").await;
        let drafts = ["One?", "Two?", "Three?"].map(|prompt| choice_question(prompt, &["Yes", "No"]));
        let question = f.add(bank, &drafts[0]).await.id;
        assert_eq!(versions(&f, bank, question).await, []);
        save(&f, bank, question, &drafts[1], 10).await;
        save(&f, bank, question, &drafts[1], 15).await;
        save(&f, bank, question, &drafts[2], 20).await;
        let kept = |version, saved_at, replaced_at, draft: &Draft| QuestionVersion {
            version,
            saved_at,
            replaced_at,
            draft: draft.clone(),
        };
        let expected = [kept(2, 10, 20, &drafts[1]), kept(1, 1, 10, &drafts[0])];
        assert_eq!(versions(&f, bank, question).await, expected, "saving the same is no change");
    }

    #[tokio::test]
    async fn every_field_of_a_text_comes_back() {
        let f = Fixture::new().await;
        let bank = f.bank("Food").await;
        let input = QuestionInput {
            kind: Some("text".to_owned()),
            prompt: "Où?".to_owned(),
            points: Some(7),
            accepted_answers: Some(vec!["Là".to_owned(), "there".to_owned()]),
            marking: Some(serde_json::from_str(r#"{"accents": false}"#).unwrap()),
            notes: Some("Ask\ntwice".to_owned()),
            time_limit_seconds: Some(45),
            ..QuestionInput::default()
        };
        let draft = input.check().unwrap();
        let question = f.add(bank, &draft).await.id;
        save(&f, bank, question, &text_question("New?", &["x"]), 2).await;
        assert_eq!(versions(&f, bank, question).await[0].draft, draft);
    }

    #[tokio::test]
    async fn of_too_many_the_one_that_stood_shortest_goes() {
        let f = Fixture::new().await;
        let bank = f.bank("Food").await;
        let question = f.add(bank, &text_question("Q1?", &["x"])).await.id;
        let mut at = 1;
        for version in 1..=QUESTION_VERSIONS_MAX {
            // Version 20 stands for a moment only.
            at += if version == 20 { 1 } else { 100 };
            save(&f, bank, question, &text_question(&format!("Q{}?", version + 1), &["x"]), at).await;
        }
        assert_eq!(versions(&f, bank, question).await.len(), QUESTION_VERSIONS_MAX);
        save(&f, bank, question, &text_question("One more?", &["x"]), at + 1).await;
        let left: Vec<_> = versions(&f, bank, question).await.iter().map(|version| version.version).collect();
        assert_eq!(left.len(), QUESTION_VERSIONS_MAX);
        assert!(!left.contains(&20), "{left:?}");
        assert_eq!(left[0], QUESTION_VERSIONS_MAX + 1, "the latest stays, however short it stood");
    }

    #[tokio::test]
    async fn they_are_the_owners_and_go_with_the_question_or_with_time() {
        let f = Fixture::new().await;
        let (bank, stranger) = (f.bank("Food").await, f.stranger().await);
        let question = f.add(bank, &text_question("One?", &["x"])).await.id;
        save(&f, bank, question, &text_question("Two?", &["x"]), 10).await;
        assert_eq!(f.store.question_versions(stranger, bank, question).await.unwrap(), None);
        let year = 365 * 24 * 3_600 * 1_000;
        f.store.prune(9 + year).await.unwrap();
        assert_eq!(versions(&f, bank, question).await.len(), 1);
        f.store.prune(10 + year).await.unwrap();
        assert_eq!(versions(&f, bank, question).await, []);

        save(&f, bank, question, &text_question("Three?", &["x"]), 20).await;
        f.store.delete_question(f.owner, bank, question, 30).await.unwrap();
        assert_eq!(f.store.question_versions(f.owner, bank, question).await.unwrap(), None);
        assert!(f.store.purge(f.owner, BinKind::Question, question).await.unwrap());
        let left =
            sqlx::query("SELECT 1 FROM question_versions").fetch_all(&mut f.store.read().await.unwrap()).await.unwrap();
        assert!(left.is_empty());
    }
}
