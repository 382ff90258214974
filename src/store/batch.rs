//! Acts on many questions of a bank at once: all of them, or none.

use super::banks::touch_bank;
use super::questions::{StoredQuestion, bound_bin, live_count, next_position, questions_where, rewrite, stored};
use super::{Store, StoreError};
use crate::limits::{QUESTIONS_PER_BANK_MAX, TAGS_PER_QUESTION_MAX};
use crate::quiz::text::searchable;
use crate::store::tx::Tx;
use std::collections::BTreeSet;
use uuid::Uuid;

/// What is done with the questions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BatchAct<'a> {
    Delete,
    /// To the end of another bank of the account, in the order given. Rounds keep them, and the end of an import into
    /// the first bank does not touch them any more.
    Move(Uuid),
    /// What was deleted, to its places.
    Restore,
    /// Tags that are there already, or are not, are no mistake. Both are checked.
    Tag {
        add: &'a [String],
        remove: &'a [String],
    },
}

/// What became of it. Unless it is done, nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Batched {
    Done,
    /// The bank has no room for so many.
    Full,
    /// The account has no such bank.
    NotFound,
    /// This one would have too many tags.
    TooManyTags(Uuid),
    /// This one is not there.
    Unknown(Uuid),
}

impl Store {
    /// Does the same with several questions of a bank. Naming one twice is the same as once.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn batch_questions(
        &self,
        owner: Uuid,
        bank: Uuid,
        questions: &[Uuid],
        act: BatchAct<'_>,
        now_ms: i64,
    ) -> Result<Batched, StoreError> {
        let mut tx = self.begin().await?;
        // By id, so that two that move in opposite directions wait for one another and not for ever.
        let banks = match act {
            BatchAct::Move(to) => BTreeSet::from([bank, to]),
            BatchAct::Delete | BatchAct::Restore | BatchAct::Tag { .. } => BTreeSet::from([bank]),
        };
        for bank in banks {
            if !touch_bank(&mut tx, owner, bank, now_ms).await? {
                return Ok(Batched::NotFound);
            }
        }
        let mut position = match act {
            BatchAct::Move(to) => next_position(&mut tx, to).await?,
            BatchAct::Delete | BatchAct::Restore | BatchAct::Tag { .. } => 0,
        };
        let is_deleted = matches!(act, BatchAct::Restore);
        let mut seen = BTreeSet::new();
        for &id in questions.iter().filter(|id| seen.insert(**id)) {
            let Some(question) = row(&mut tx, bank, id, is_deleted).await? else { return Ok(Batched::Unknown(id)) };
            let sql = match act {
                BatchAct::Delete => "UPDATE questions SET deleted_at = $2 WHERE id = $1",
                BatchAct::Restore => "UPDATE questions SET deleted_at = NULL WHERE id = $1",
                BatchAct::Move(to) => {
                    sqlx::query("UPDATE questions SET bank_id = $2, position = $3, import_id = NULL WHERE id = $1")
                        .bind(id.to_string())
                        .bind(to.to_string())
                        .bind(position)
                        .execute(&mut tx)
                        .await?;
                    position += 1;
                    continue;
                }
                BatchAct::Tag { add, remove } => {
                    let tags = retagged(&question.draft.tags, add, remove);
                    if tags.len() > TAGS_PER_QUESTION_MAX {
                        return Ok(Batched::TooManyTags(id));
                    }
                    if tags != question.draft.tags {
                        let mut draft = question.draft.clone();
                        draft.tags = tags;
                        rewrite(&mut tx, &question, &draft, now_ms).await?;
                    }
                    continue;
                }
            };
            sqlx::query(sql).bind(id.to_string()).bind(now_ms).execute(&mut tx).await?;
        }
        let filled = match act {
            BatchAct::Move(to) => to,
            BatchAct::Delete | BatchAct::Restore | BatchAct::Tag { .. } => bank,
        };
        if live_count(&mut tx, filled).await? > QUESTIONS_PER_BANK_MAX {
            return Ok(Batched::Full);
        }
        bound_bin(&mut tx, bank).await?;
        tx.commit().await?;
        Ok(Batched::Done)
    }
}

/// A question of a bank that is deleted or is not. Its place is not looked up.
async fn row(tx: &mut Tx, bank: Uuid, question: Uuid, deleted: bool) -> Result<Option<StoredQuestion>, StoreError> {
    let sql = if deleted {
        questions_where!("WHERE q.id = $1 AND q.bank_id = $2 AND q.deleted_at IS NOT NULL")
    } else {
        questions_where!("WHERE q.id = $1 AND q.bank_id = $2 AND q.deleted_at IS NULL")
    };
    let row = sqlx::query(sql).bind(question.to_string()).bind(bank.to_string()).fetch_optional(&mut *tx).await?;
    row.as_ref().map(|row| stored(row, 0)).transpose()
}

fn retagged(tags: &[String], add: &[String], remove: &[String]) -> Vec<String> {
    let has = |tags: &[String], tag: &String| tags.iter().any(|other| searchable(other) == searchable(tag));
    let mut kept: Vec<_> = tags.iter().filter(|tag| !has(remove, tag)).cloned().collect();
    for tag in add {
        if !has(&kept, tag) {
            kept.push(tag.clone());
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{Fixture, text_question};
    use super::super::rounds::Slotted;
    use super::*;

    async fn act(f: &Fixture, bank: Uuid, questions: &[Uuid], act: BatchAct<'_>) -> Batched {
        f.store.batch_questions(f.owner, bank, questions, act, 9).await.unwrap()
    }

    async fn tags(f: &Fixture, bank: Uuid) -> Vec<(usize, String)> {
        let questions = f.store.all_questions(f.owner, bank).await.unwrap();
        questions.into_iter().map(|question| (question.version, question.draft.tags.join(","))).collect()
    }

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(|&word| word.to_owned()).collect()
    }

    #[tokio::test]
    async fn they_are_deleted_and_restored_together() {
        let f = Fixture::new().await;
        let bank = f.bank("Food").await;
        let ids = f.add_all(bank, &["A?", "B?", "C?"]).await;
        assert_eq!(act(&f, bank, &[ids[0], ids[2], ids[0]], BatchAct::Delete).await, Batched::Done);
        assert_eq!(f.prompts(bank).await, ["B?"]);
        let mixed = act(&f, bank, &[ids[0], ids[1]], BatchAct::Restore).await;
        assert_eq!(mixed, Batched::Unknown(ids[1]), "this one is not deleted");
        assert_eq!(f.prompts(bank).await, ["B?"], "all or none");
        assert_eq!(act(&f, bank, &[ids[2], ids[0]], BatchAct::Restore).await, Batched::Done);
        assert_eq!(f.prompts(bank).await, ["A?", "B?", "C?"]);
    }

    #[tokio::test]
    async fn they_move_to_the_end_of_another_bank_and_stay_in_their_rounds() {
        let f = Fixture::new().await;
        let (from, to) = (f.bank("Food").await, f.bank("Drink").await);
        let ids = f.add_all(from, &["A?", "B?", "C?"]).await;
        f.add_all(to, &["Wine?"]).await;
        let quiz = f.quiz("Thursday").await;
        let round = f.round(quiz, "").await;
        assert_eq!(f.store.set_round_questions(f.owner, quiz, round, &ids, 2).await.unwrap(), Slotted::Done);
        assert_eq!(act(&f, from, &[ids[2], ids[0]], BatchAct::Move(to)).await, Batched::Done);
        assert_eq!(f.prompts(from).await, ["B?"]);
        assert_eq!(f.prompts(to).await, ["Wine?", "C?", "A?"]);
        let (_, questions) = f.store.round_content(f.owner, quiz, round).await.unwrap().unwrap();
        assert_eq!(questions.iter().map(|question| question.id).collect::<Vec<_>>(), ids);
        let stranger = f.stranger().await;
        let theirs = f.store.batch_questions(stranger, to, &ids, BatchAct::Delete, 9).await.unwrap();
        assert_eq!(theirs, Batched::NotFound);
        let nowhere = act(&f, to, &ids[2..], BatchAct::Move(Uuid::max())).await;
        assert_eq!(nowhere, Batched::NotFound);
    }

    #[tokio::test]
    async fn a_bank_takes_no_more_than_it_holds() {
        let f = Fixture::new().await;
        let (from, to) = (f.bank("Food").await, f.bank("Drink").await);
        let ids = f.add_all(from, &["A?", "B?"]).await;
        f.fill(to, 0, QUESTIONS_PER_BANK_MAX - 1).await;
        assert_eq!(act(&f, from, &ids, BatchAct::Move(to)).await, Batched::Full);
        assert_eq!(f.prompts(from).await, ["A?", "B?"]);
        assert_eq!(act(&f, from, &ids[..1], BatchAct::Move(to)).await, Batched::Done);
        assert_eq!(act(&f, from, &ids[1..], BatchAct::Delete).await, Batched::Done);
        f.fill(from, 30_000, 30_000 + QUESTIONS_PER_BANK_MAX).await;
        assert_eq!(act(&f, from, &ids[1..], BatchAct::Restore).await, Batched::Full);
    }

    #[tokio::test]
    async fn tags_come_and_go_as_changes_of_the_question() {
        let f = Fixture::new().await;
        let bank = f.bank("Food").await;
        let ids = f.add_all(bank, &["A?", "B?"]).await;
        let (easy, both) = (words(&["Easy"]), words(&["EASY", "Sweet"]));
        let tag = |add, remove| BatchAct::Tag { add, remove };
        assert_eq!(act(&f, bank, &ids[..1], tag(&easy, &[])).await, Batched::Done);
        assert_eq!(act(&f, bank, &ids, tag(&both, &[])).await, Batched::Done);
        let expected = [(3, "Easy,Sweet".to_owned()), (2, "EASY,Sweet".to_owned())];
        assert_eq!(tags(&f, bank).await, expected);
        assert_eq!(act(&f, bank, &ids, tag(&[], &easy)).await, Batched::Done);
        assert_eq!(act(&f, bank, &ids, tag(&[], &easy)).await, Batched::Done);
        assert_eq!(tags(&f, bank).await, [(4, "Sweet".to_owned()), (3, "Sweet".to_owned())]);
        let versions = f.store.question_versions(f.owner, bank, ids[0]).await.unwrap().unwrap();
        assert_eq!(versions[0].draft.tags, ["Easy", "Sweet"]);

        let many: Vec<_> = (1..=TAGS_PER_QUESTION_MAX).map(|n| n.to_string()).collect();
        assert_eq!(act(&f, bank, &ids, tag(&many[1..], &[])).await, Batched::Done);
        assert_eq!(act(&f, bank, &ids, tag(&many, &[])).await, Batched::TooManyTags(ids[0]));
    }

    #[tokio::test]
    async fn a_new_text_keeps_the_tags_it_is_given() {
        let f = Fixture::new().await;
        let bank = f.bank("Food").await;
        let mut draft = text_question("A?", &["x"]);
        draft.tags = words(&["Sweet", "Été"]);
        let question = f.add(bank, &draft).await;
        assert_eq!(f.store.question(f.owner, bank, question.id).await.unwrap().unwrap().draft, draft);
    }
}
