//! Filling a round with questions at random.

use super::quizzes::touch_quiz;
use super::rounds::{insert_slot, live_round, why_not};
use super::tags::tag_pattern;
use super::{Store, StoreError, count, id};
use crate::ids::Ids;
use crate::limits::QUESTIONS_PER_ROUND_MAX;
use sqlx::Row;
use uuid::Uuid;

/// Which questions are drawn, and how many.
#[derive(Clone, Copy, Debug, Default)]
pub struct Fill<'a> {
    /// Only of this bank.
    pub bank: Option<Uuid>,
    /// Only with this tag. Empty: any.
    pub tag: &'a str,
    /// None that a game released at this instant or later.
    pub unused_since: Option<i64>,
    pub count: usize,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filled {
    /// So many were added: fewer than asked for when there are no more, or no more fit.
    Done(usize),
    /// The account has no such quiz, or the quiz no such round.
    NotFound,
}

impl Store {
    /// Draws questions that the quiz does not have, and puts them at the end of a round.
    ///
    /// # Errors
    /// When the database does not take them.
    pub async fn fill_round(
        &self,
        owner: Uuid,
        quiz: Uuid,
        round: Uuid,
        fill: &Fill<'_>,
        ids: &Ids,
        now_ms: i64,
    ) -> Result<Filled, StoreError> {
        let rows = sqlx::query(
            "SELECT q.id FROM questions q JOIN banks b ON b.id = q.bank_id
             WHERE b.owner_id = $1 AND b.deleted_at IS NULL AND q.deleted_at IS NULL
               AND ($2 = '' OR q.bank_id = $2) AND q.tag_key LIKE $3 ESCAPE '!'
               AND NOT EXISTS (SELECT 1 FROM question_uses u WHERE u.question_id = q.id AND u.at >= $4)
               AND NOT EXISTS (SELECT 1 FROM slots s JOIN rounds r ON r.id = s.round_id
                               WHERE s.question_id = q.id AND r.quiz_id = $5 AND r.deleted_at IS NULL)
             ORDER BY q.id",
        )
        .bind(owner.to_string())
        .bind(fill.bank.map(|id| id.to_string()).unwrap_or_default())
        .bind(tag_pattern(fill.tag))
        .bind(fill.unused_since.unwrap_or(i64::MAX))
        .bind(quiz.to_string())
        .fetch_all(&mut self.read().await?)
        .await?;
        let there = rows.iter().map(|row| id(row, "id")).collect::<Result<Vec<_>, _>>()?;
        let drawn = ids.some(there, fill.count.min(QUESTIONS_PER_ROUND_MAX));

        let mut tx = self.begin().await?;
        if !touch_quiz(&mut tx, owner, quiz, now_ms).await? || live_round(&mut tx, owner, quiz, round).await?.is_none()
        {
            return Ok(Filled::NotFound);
        }
        let row =
            sqlx::query("SELECT count(*) AS n, coalesce(max(position), -1) + 1 AS next FROM slots WHERE round_id = $1")
                .bind(round.to_string())
                .fetch_one(&mut tx)
                .await?;
        let room = QUESTIONS_PER_ROUND_MAX.saturating_sub(count(&row, "n")?);
        let first: i64 = row.try_get("next")?;
        let mut position = first;
        for question in drawn.into_iter().take(room) {
            // Somebody may have deleted or taken it since it was drawn.
            if why_not(&mut tx, owner, quiz, round, question).await?.is_none() {
                insert_slot(&mut tx, round, position, question).await?;
                position += 1;
            }
        }
        tx.commit().await?;
        Ok(Filled::Done(usize::try_from(position - first).unwrap_or(0)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{Fixture, text_question};
    use super::super::rounds::Slotted;
    use super::*;
    use std::collections::BTreeSet;

    async fn fill(f: &Fixture, quiz: Uuid, round: Uuid, fill: Fill<'_>) -> (Filled, Vec<Uuid>) {
        let filled = f.store.fill_round(f.owner, quiz, round, &fill, &f.ids, 9).await.unwrap();
        let content = f.store.round_content(f.owner, quiz, round).await.unwrap();
        let questions = content.map(|(_, questions)| questions).unwrap_or_default();
        (filled, questions.into_iter().map(|question| question.id).collect())
    }

    #[tokio::test]
    async fn it_draws_what_the_quiz_does_not_have_yet() {
        let f = Fixture::new().await;
        let bank = f.bank("Food").await;
        let ids = f.add_all(bank, &["A?", "B?", "C?", "D?", "E?"]).await;
        let quiz = f.quiz("Thursday").await;
        let (one, two) = (f.round(quiz, "").await, f.round(quiz, "").await);
        assert_eq!(f.store.set_round_questions(f.owner, quiz, one, &ids[..2], 2).await.unwrap(), Slotted::Done);
        let (filled, drawn) = fill(&f, quiz, two, Fill { count: 2, ..Fill::default() }).await;
        assert_eq!((filled, drawn.len()), (Filled::Done(2), 2));
        assert!(drawn.iter().all(|id| ids[2..].contains(id)));
        let (filled, all) = fill(&f, quiz, two, Fill { count: 9, ..Fill::default() }).await;
        assert_eq!(filled, Filled::Done(1), "there is one more");
        assert_eq!(all[..2], drawn, "what was there stays in front");
        assert_eq!(all.into_iter().collect::<BTreeSet<_>>(), ids[2..].iter().copied().collect());
    }

    #[tokio::test]
    async fn it_keeps_to_a_bank_a_tag_and_what_was_not_used_lately() {
        let f = Fixture::new().await;
        let (bank, other) = (f.bank("Food").await, f.bank("Drink").await);
        let mut tagged = text_question("A?", &["x"]);
        tagged.tags = vec!["Easy".to_owned()];
        let wanted = f.add(bank, &tagged).await.id;
        let used = f.add(bank, &tagged).await.id;
        f.add(other, &tagged).await;
        f.add_all(bank, &["B?"]).await;
        f.store.execute(sqlx::query(
            "INSERT INTO games (id, owner_id, code, quiz_name, seq, status, phase, current_round, current_question,
               round_size, teams, player_count, created_at, updated_at)
             VALUES ('game', $1, 'PAST23', 'Past', 1, 'completed', 'ended', 1, 1, 1, 0, 0, 1, 1)",
        )
        .bind(f.owner.to_string()))
        .await
        .unwrap();
        f.store
            .execute(
                sqlx::query("INSERT INTO question_uses (question_id, game_id, at) VALUES ($1, 'game', 100)")
                    .bind(used.to_string()),
            )
            .await
            .unwrap();
        let quiz = f.quiz("Thursday").await;
        let round = f.round(quiz, "").await;
        let plan = Fill { bank: Some(bank), tag: "easy", unused_since: Some(100), count: 9 };
        assert_eq!(fill(&f, quiz, round, plan).await, (Filled::Done(1), vec![wanted]));
        let plan = Fill { unused_since: Some(101), ..plan };
        assert_eq!(fill(&f, quiz, round, plan).await, (Filled::Done(1), vec![wanted, used]));
    }

    #[tokio::test]
    async fn a_round_takes_no_more_than_it_holds() {
        let f = Fixture::new().await;
        let bank = f.bank("Food").await;
        f.fill(bank, 0, 2 * QUESTIONS_PER_ROUND_MAX).await;
        let quiz = f.quiz("Thursday").await;
        let round = f.round(quiz, "").await;
        let most = Fill { count: QUESTIONS_PER_ROUND_MAX - 1, ..Fill::default() };
        assert_eq!(fill(&f, quiz, round, most).await.0, Filled::Done(QUESTIONS_PER_ROUND_MAX - 1));
        assert_eq!(fill(&f, quiz, round, Fill { count: 2, ..Fill::default() }).await.0, Filled::Done(1));
        let stranger = f.stranger().await;
        let theirs = f.store.fill_round(stranger, quiz, round, &most, &f.ids, 9).await.unwrap();
        assert_eq!(theirs, Filled::NotFound);
    }

    #[tokio::test]
    async fn a_plan_stays_until_it_is_changed() {
        let f = Fixture::new().await;
        let quiz = f.quiz("Thursday").await;
        let round = f.round(quiz, "One").await;
        let planned = async |planned_questions| {
            let input = crate::quiz::quiz::RoundInput { planned_questions, ..Default::default() };
            assert!(f.store.update_round(f.owner, quiz, round, &input.check().unwrap(), 9).await.unwrap());
            f.store.round_content(f.owner, quiz, round).await.unwrap().unwrap().0.planned_questions
        };
        assert_eq!(planned(None).await, None);
        assert_eq!(planned(Some(8)).await, Some(8));
        assert_eq!(planned(None).await, Some(8));
        assert_eq!(planned(Some(0)).await, None);
    }
}
