//! Quizzes. What is deleted stays in its row, so that it can be restored.

use super::bin::keep_latest;
use super::questions::StoredQuestion;
use super::rounds::{QuizRound, live_rounds, round_questions};
use super::{Store, StoreError, count, has_room, id, search};
use crate::limits::{BIN_QUIZZES_MAX, QUIZZES_PER_ACCOUNT_MAX};
use crate::quiz::quiz::QuizDraft;
use crate::quiz::text::searchable;
use crate::quiz::text::{Description, Title};
use crate::store::tx::Tx;
use sqlx::Row;
use sqlx::any::AnyRow;
use uuid::Uuid;

/// A quiz as lists show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quiz {
    pub id: Uuid,
    pub owner: Uuid,
    pub name: String,
    pub description: Option<String>,
    pub round_count: usize,
    /// Questions in its rounds, without deleted ones.
    pub question_count: usize,
    /// Games that were made from it.
    pub game_count: usize,
    pub created_at: i64,
    /// When its words or its rounds last changed.
    pub updated_at: i64,
}

/// A quiz with its rounds and their questions, all in order.
pub type QuizContent = (Quiz, Vec<(QuizRound, Vec<StoredQuestion>)>);

/// What became of deleting a quiz.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuizDeleted {
    Done,
    /// The account has no such quiz.
    NotFound,
    /// Games were made from it, so it stays.
    Played,
}

/// Quizzes of account `$1` that are not deleted.
macro_rules! select_quizzes {
    ($and:literal) => {
        concat!(
            "SELECT z.id, z.owner_id, z.name, z.description, z.created_at, z.updated_at,
               (SELECT count(*) FROM rounds r WHERE r.quiz_id = z.id AND r.deleted_at IS NULL) AS round_count,
               (SELECT count(*) FROM rounds r JOIN slots s ON s.round_id = r.id
                  JOIN questions q ON q.id = s.question_id JOIN banks b ON b.id = q.bank_id
                WHERE r.quiz_id = z.id AND r.deleted_at IS NULL AND q.deleted_at IS NULL AND b.deleted_at IS NULL)
                 AS question_count,
               (SELECT count(*) FROM games g WHERE g.quiz_id = z.id AND g.practice = 0) AS game_count
             FROM quizzes z WHERE z.owner_id = $1 AND z.deleted_at IS NULL AND ",
            $and
        )
    };
}

const COUNT_QUIZZES: &str = "SELECT count(*) AS n FROM quizzes WHERE owner_id = $1 AND deleted_at IS NULL";

impl Store {
    /// Stores a new quiz without rounds.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn create_quiz(
        &self,
        owner: Uuid,
        new_id: Uuid,
        words: &QuizDraft,
        now_ms: i64,
    ) -> Result<Quiz, StoreError> {
        let mut tx = self.begin().await?;
        insert_quiz(&mut tx, owner, new_id, &words.name, words.description.as_ref(), now_ms).await?;
        tx.commit().await?;
        let quiz = self.quiz(owner, new_id).await?;
        quiz.ok_or_else(|| StoreError::Unreadable("the new quiz is not there".to_owned()))
    }

    /// The quizzes of an account whose names hold every word of `query`, newest first, those older than `before` if
    /// given.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn quizzes(
        &self,
        owner: Uuid,
        query: &str,
        before: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<Quiz>, StoreError> {
        let sql = select_quizzes!(
            "z.id < $2 AND z.name_key LIKE $4 ESCAPE '!' AND z.name_key LIKE $5 ESCAPE '!'
               AND z.name_key LIKE $6 ESCAPE '!' AND z.name_key LIKE $7 ESCAPE '!'
               AND z.name_key LIKE $8 ESCAPE '!' AND z.name_key LIKE $9 ESCAPE '!'
             ORDER BY z.id DESC LIMIT $3"
        );
        let mut rows = sqlx::query(sql)
            .bind(owner.to_string())
            // No id sorts after a g.
            .bind(before.map_or_else(|| "g".to_owned(), |id| id.to_string()))
            .bind(i64::from(limit));
        for pattern in search::patterns(query) {
            rows = rows.bind(pattern);
        }
        rows.fetch_all(&mut self.read().await?).await?.iter().map(quiz).collect()
    }

    /// A quiz of an account. None when there is no such quiz, or it is deleted or somebody else's.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn quiz(&self, owner: Uuid, quiz_id: Uuid) -> Result<Option<Quiz>, StoreError> {
        let row = sqlx::query(select_quizzes!("z.id = $2")).bind(owner.to_string()).bind(quiz_id.to_string());
        row.fetch_optional(&mut self.read().await?).await?.as_ref().map(quiz).transpose()
    }

    /// A quiz with everything in it, as it stands at one instant; deleted questions and those of deleted banks are
    /// left out. None when the account has no such quiz.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn quiz_content(&self, owner: Uuid, quiz_id: Uuid) -> Result<Option<QuizContent>, StoreError> {
        let mut tx = self.read().await?;
        let row = sqlx::query(select_quizzes!("z.id = $2"))
            .bind(owner.to_string())
            .bind(quiz_id.to_string())
            .fetch_optional(&mut tx)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let mut rounds = Vec::new();
        for round in live_rounds(&mut tx, owner, quiz_id).await? {
            let questions = round_questions(&mut tx, round.id).await?;
            rounds.push((round, questions));
        }
        Ok(Some((quiz(&row)?, rounds)))
    }

    /// Gives a quiz new words. None when the account has no such quiz.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn update_quiz(
        &self,
        owner: Uuid,
        quiz_id: Uuid,
        words: &QuizDraft,
        now_ms: i64,
    ) -> Result<Option<Quiz>, StoreError> {
        self.execute(
            sqlx::query(
                "UPDATE quizzes SET name = $3, name_key = $4, description = $5, updated_at = $6
             WHERE id = $1 AND owner_id = $2 AND deleted_at IS NULL",
            )
            .bind(quiz_id.to_string())
            .bind(owner.to_string())
            .bind(words.name.as_str())
            .bind(searchable(words.name.as_str()))
            .bind(words.description.as_ref().map(Description::as_str))
            .bind(now_ms),
        )
        .await?;
        self.quiz(owner, quiz_id).await
    }

    /// Deletes a quiz, unless games were made from it.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn delete_quiz(&self, owner: Uuid, quiz_id: Uuid, now_ms: i64) -> Result<QuizDeleted, StoreError> {
        let mut tx = self.begin().await?;
        if !touch_quiz(&mut tx, owner, quiz_id, now_ms).await? {
            return Ok(QuizDeleted::NotFound);
        }
        let deleted = sqlx::query(
            "UPDATE quizzes SET deleted_at = $2
             WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM games g WHERE g.quiz_id = $1 AND g.practice = 0)",
        )
        .bind(quiz_id.to_string())
        .bind(now_ms)
        .execute(&mut tx)
        .await?;
        if deleted.rows_affected() == 0 {
            return Ok(QuizDeleted::Played);
        }
        keep_latest(
            &mut tx,
            "DELETE FROM quizzes WHERE id IN (SELECT id FROM quizzes WHERE owner_id = $1 AND deleted_at IS NOT NULL
               ORDER BY deleted_at DESC, id DESC LIMIT $3 OFFSET $2)",
            owner,
            BIN_QUIZZES_MAX,
        )
        .await?;
        tx.commit().await?;
        Ok(QuizDeleted::Done)
    }

    /// Brings a deleted quiz back with its rounds. One that is not deleted stays as it is. None when the account has
    /// no such quiz, or none any more.
    ///
    /// # Errors
    /// [`StoreError::Full`] when the account has as many quizzes as it may, or the database does not take it.
    pub async fn restore_quiz(&self, owner: Uuid, quiz_id: Uuid, now_ms: i64) -> Result<Option<Quiz>, StoreError> {
        let mut tx = self.begin().await?;
        let room = has_room(&mut tx, COUNT_QUIZZES, owner, QUIZZES_PER_ACCOUNT_MAX).await;
        let restored = sqlx::query(
            "UPDATE quizzes SET deleted_at = NULL, updated_at = $3
             WHERE id = $1 AND owner_id = $2 AND deleted_at IS NOT NULL",
        )
        .bind(quiz_id.to_string())
        .bind(owner.to_string())
        .bind(now_ms)
        .execute(&mut tx)
        .await?;
        if restored.rows_affected() > 0 {
            room?;
            tx.commit().await?;
        }
        self.quiz(owner, quiz_id).await
    }
}

pub(super) async fn insert_quiz(
    tx: &mut Tx,
    owner: Uuid,
    new_id: Uuid,
    name: &Title,
    description: Option<&Description>,
    at: i64,
) -> Result<(), StoreError> {
    has_room(tx, COUNT_QUIZZES, owner, QUIZZES_PER_ACCOUNT_MAX).await?;
    sqlx::query(
        "INSERT INTO quizzes (id, owner_id, name, name_key, description, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $6)",
    )
    .bind(new_id.to_string())
    .bind(owner.to_string())
    .bind(name.as_str())
    .bind(searchable(name.as_str()))
    .bind(description.map(Description::as_str))
    .bind(at)
    .execute(&mut *tx)
    .await?;
    Ok(())
}

/// Notes that something in a quiz changes. False when the account has no such quiz: then nothing may.
///
/// The first statement of every write to a quiz, so that writes to one quiz follow each other.
pub(super) async fn touch_quiz(tx: &mut Tx, owner: Uuid, quiz_id: Uuid, at: i64) -> Result<bool, StoreError> {
    let touched =
        sqlx::query("UPDATE quizzes SET updated_at = $3 WHERE id = $1 AND owner_id = $2 AND deleted_at IS NULL")
            .bind(quiz_id.to_string())
            .bind(owner.to_string())
            .bind(at)
            .execute(&mut *tx)
            .await?;
    Ok(touched.rows_affected() > 0)
}

fn quiz(row: &AnyRow) -> Result<Quiz, StoreError> {
    Ok(Quiz {
        id: id(row, "id")?,
        owner: id(row, "owner_id")?,
        name: row.try_get("name")?,
        description: row.try_get("description")?,
        round_count: count(row, "round_count")?,
        question_count: count(row, "question_count")?,
        game_count: count(row, "game_count")?,
        created_at: row.try_get("created_at")?,
        updated_at: row.try_get("updated_at")?,
    })
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{Fixture, quiz_words};
    use super::super::rounds::Slotted;
    use super::*;

    /// A game that was made from a quiz: only its row counts here.
    async fn play(f: &Fixture, quiz: Uuid) {
        f.store
            .execute(
                sqlx::query(
                    "INSERT INTO games (id, owner_id, code, quiz_id, quiz_name, seq, status, phase, current_round,
               current_question, round_size, teams, player_count, created_at, updated_at)
             VALUES ($1, $2, 'ABCDEF', $3, 'Quiz', 1, 'lobby', 'lobby', 0, 0, 5, 0, 0, 1, 1)",
                )
                .bind(f.next_id().to_string())
                .bind(f.owner.to_string())
                .bind(quiz.to_string()),
            )
            .await
            .unwrap();
    }

    #[tokio::test]
    async fn an_account_has_so_many_quizzes() {
        let f = Fixture::new().await;
        let first = f.quiz("First").await;
        f.store.execute(sqlx::query(
            "WITH RECURSIVE n (i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < $2)
             INSERT INTO quizzes (id, owner_id, name, name_key, created_at, updated_at)
             SELECT '00000000-0000-7000-8000-' || substr('000000000000' || i, length('000000000000' || i) - 11), $1, 'Quiz', 'quiz', 1, 1 FROM n",
        )
        .bind(f.owner.to_string())
        .bind(super::super::int(QUIZZES_PER_ACCOUNT_MAX)))
        .await
        .unwrap();
        let words = quiz_words("One more");
        let one_more = async || f.store.create_quiz(f.owner, f.next_id(), &words, 2).await;
        assert!(matches!(one_more().await, Err(StoreError::Full(QUIZZES_PER_ACCOUNT_MAX))));
        f.store.delete_quiz(f.owner, first, 2).await.unwrap();
        assert!(one_more().await.is_ok());
    }

    #[tokio::test]
    async fn a_quiz_is_made_renamed_deleted_and_restored() {
        let f = Fixture::new().await;
        let made = f.store.create_quiz(f.owner, f.next_id(), &quiz_words("Thursday"), 10).await.unwrap();
        assert_eq!((made.round_count, made.question_count, made.game_count), (0, 0, 0));
        let renamed = f.store.update_quiz(f.owner, made.id, &quiz_words("Friday"), 20).await.unwrap().unwrap();
        assert_eq!((renamed.name.as_str(), renamed.created_at, renamed.updated_at), ("Friday", 10, 20));

        assert_eq!(f.store.delete_quiz(f.owner, made.id, 30).await.unwrap(), QuizDeleted::Done);
        assert_eq!(f.store.delete_quiz(f.owner, made.id, 31).await.unwrap(), QuizDeleted::NotFound);
        assert_eq!(f.store.quiz(f.owner, made.id).await.unwrap(), None);
        assert_eq!(f.store.quiz_content(f.owner, made.id).await.unwrap(), None);
        assert_eq!(f.store.quizzes(f.owner, "", None, 10).await.unwrap(), []);
        assert_eq!(f.store.restore_quiz(f.owner, made.id, 40).await.unwrap().unwrap().name, "Friday");
    }

    #[tokio::test]
    async fn a_quiz_that_was_played_stays() {
        let f = Fixture::new().await;
        let quiz = f.quiz("Thursday").await;
        play(&f, quiz).await;
        assert_eq!(f.store.delete_quiz(f.owner, quiz, 2).await.unwrap(), QuizDeleted::Played);
        assert_eq!(f.store.quiz(f.owner, quiz).await.unwrap().unwrap().game_count, 1);
    }

    #[tokio::test]
    async fn somebody_elses_quiz_is_not_found() {
        let f = Fixture::new().await;
        let (quiz, stranger) = (f.quiz("Mine").await, f.stranger().await);
        assert_eq!(f.store.quiz(stranger, quiz).await.unwrap(), None);
        assert_eq!(f.store.quiz_content(stranger, quiz).await.unwrap(), None);
        assert_eq!(f.store.update_quiz(stranger, quiz, &quiz_words("Theirs"), 2).await.unwrap(), None);
        assert_eq!(f.store.delete_quiz(stranger, quiz, 2).await.unwrap(), QuizDeleted::NotFound);
        f.store.delete_quiz(f.owner, quiz, 2).await.unwrap();
        assert_eq!(f.store.restore_quiz(stranger, quiz, 3).await.unwrap(), None);
        assert_eq!(f.store.quiz(f.owner, quiz).await.unwrap(), None, "it stays deleted");
    }

    #[tokio::test]
    async fn lists_are_newest_first_paged_and_searched() {
        let f = Fixture::new().await;
        let (first, second) = (f.quiz("Pub night").await, f.quiz("Quiz night").await);
        let ids = |quizzes: Vec<Quiz>| quizzes.into_iter().map(|quiz| quiz.id).collect::<Vec<_>>();
        assert_eq!(ids(f.store.quizzes(f.owner, "NIGHT", None, 10).await.unwrap()), [second, first]);
        assert_eq!(ids(f.store.quizzes(f.owner, "night", Some(second), 10).await.unwrap()), [first]);
        assert_eq!(ids(f.store.quizzes(f.owner, "pub", None, 10).await.unwrap()), [first]);
        assert_eq!(ids(f.store.quizzes(f.owner, "", None, 1).await.unwrap()), [second]);
    }

    #[tokio::test]
    async fn its_content_comes_in_order_and_without_what_is_deleted() {
        let f = Fixture::new().await;
        let (bank, other) = (f.bank("Food").await, f.bank("Drink").await);
        let food = f.add_all(bank, &["Bread?", "Cheese?", "Soup?"]).await;
        let drink = f.add_all(other, &["Wine?"]).await;
        let quiz = f.quiz("Thursday").await;
        let (first, second) = (f.round(quiz, "One").await, f.round(quiz, "").await);
        let picked = [food[2], drink[0], food[0]];
        assert_eq!(f.store.set_round_questions(f.owner, quiz, first, &picked, 2).await.unwrap(), Slotted::Done);
        assert_eq!(f.store.set_round_questions(f.owner, quiz, second, &food[1..2], 2).await.unwrap(), Slotted::Done);

        let read = async || {
            let (quiz, rounds) = f.store.quiz_content(f.owner, quiz).await.unwrap().unwrap();
            let line = |(round, questions): (QuizRound, Vec<StoredQuestion>)| {
                let prompts = questions.iter().enumerate().map(|(place, question)| {
                    assert_eq!(question.position, place);
                    question.draft.prompt.clone()
                });
                format!("{} {:?} {}", round.number, round.title, prompts.collect::<String>())
            };
            (quiz.question_count, rounds.into_iter().map(line).collect::<Vec<_>>())
        };
        assert_eq!(read().await, (4, vec!["1 Some(\"One\") Soup?Wine?Bread?".to_owned(), "2 None Cheese?".to_owned()]));
        f.store.delete_question(f.owner, bank, food[2], 3).await.unwrap();
        f.store.delete_bank(f.owner, other, 3).await.unwrap();
        assert_eq!(read().await, (2, vec!["1 Some(\"One\") Bread?".to_owned(), "2 None Cheese?".to_owned()]));
        f.store.restore_question(f.owner, bank, food[2], 4).await.unwrap();
        f.store.restore_bank(f.owner, other, 4).await.unwrap();
        assert_eq!(read().await.1[0], "1 Some(\"One\") Soup?Wine?Bread?", "back where they stood");
    }
}
