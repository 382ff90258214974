//! The bin: what was deleted, for as long as it can come back, and how it goes for good.
//!
//! Deleting and restoring are with the things themselves: they stay in their rows. What goes for good goes in steps
//! that are short, because live games wait for the one connection that writes.

use super::{Store, StoreError, count, id, int, optional_id};
use crate::store::tx::Tx;
use sqlx::Row;
use sqlx::any::AnyRow;
use uuid::Uuid;

/// Rows of one step of deleting for good.
const STEP: usize = 1_000;

/// A kind of things that can be deleted and restored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinKind {
    Bank,
    Question,
    Quiz,
    Round,
}

/// A thing in the bin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binned {
    pub kind: BinKind,
    pub id: Uuid,
    /// Its name, its prompt or its title.
    pub name: Option<String>,
    /// The bank or quiz that it was deleted from, and what that is called.
    pub parent: Option<(Uuid, String)>,
    /// Questions of a bank or a round, rounds of a quiz: what comes back with it.
    pub holds: usize,
    pub deleted_at: i64,
}

impl Store {
    /// What an account deleted, the latest first, what comes behind `after` if given. What was deleted from something
    /// that is in the bin itself is not listed: it comes into sight when that is restored.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn bin(&self, owner: Uuid, after: Option<Uuid>, limit: u32) -> Result<Vec<Binned>, StoreError> {
        let rows = sqlx::query(
            "WITH bin AS (
               SELECT 'bank' AS kind, b.id, b.name, NULL AS parent_id, NULL AS parent_name, b.deleted_at,
                 (SELECT count(*) FROM questions q WHERE q.bank_id = b.id AND q.deleted_at IS NULL) AS holds
               FROM banks b WHERE b.owner_id = $1 AND b.deleted_at IS NOT NULL
               UNION ALL
               SELECT 'question', q.id, q.prompt, b.id, b.name, q.deleted_at, 0
               FROM questions q JOIN banks b ON b.id = q.bank_id
               WHERE b.owner_id = $1 AND b.deleted_at IS NULL AND q.deleted_at IS NOT NULL
               UNION ALL
               SELECT 'quiz', z.id, z.name, NULL, NULL, z.deleted_at,
                 (SELECT count(*) FROM rounds r WHERE r.quiz_id = z.id AND r.deleted_at IS NULL)
               FROM quizzes z WHERE z.owner_id = $1 AND z.deleted_at IS NOT NULL
               UNION ALL
               SELECT 'round', r.id, r.title, z.id, z.name, r.deleted_at,
                 (SELECT count(*) FROM slots s JOIN questions q ON q.id = s.question_id JOIN banks b ON b.id = q.bank_id
                  WHERE s.round_id = r.id AND q.deleted_at IS NULL AND b.deleted_at IS NULL)
               FROM rounds r JOIN quizzes z ON z.id = r.quiz_id
               WHERE z.owner_id = $1 AND z.deleted_at IS NULL AND r.deleted_at IS NOT NULL
             )
             SELECT * FROM bin
             WHERE $2 = '' OR (deleted_at, id) < (SELECT c.deleted_at, c.id FROM bin c WHERE c.id = $2 LIMIT 1)
             ORDER BY deleted_at DESC, id DESC LIMIT $3",
        )
        .bind(owner.to_string())
        .bind(after.map(|id| id.to_string()).unwrap_or_default())
        .bind(i64::from(limit))
        .fetch_all(&mut self.read().await?)
        .await?;
        rows.iter().map(binned).collect()
    }

    /// Deletes one thing of the bin for good. False when the account has no such thing in its bin.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn purge(&self, owner: Uuid, kind: BinKind, thing: Uuid) -> Result<bool, StoreError> {
        let sql = match kind {
            BinKind::Bank => {
                let known =
                    sqlx::query("SELECT 1 FROM banks WHERE id = $1 AND owner_id = $2 AND deleted_at IS NOT NULL")
                        .bind(thing.to_string())
                        .bind(owner.to_string())
                        .fetch_optional(&mut self.read().await?)
                        .await?;
                if known.is_some() {
                    self.purge_bank(thing).await?;
                }
                return Ok(known.is_some());
            }
            BinKind::Question => {
                "DELETE FROM questions WHERE id = $1 AND deleted_at IS NOT NULL
                   AND bank_id IN (SELECT b.id FROM banks b WHERE b.owner_id = $2 AND b.deleted_at IS NULL)"
            }
            BinKind::Quiz => "DELETE FROM quizzes WHERE id = $1 AND owner_id = $2 AND deleted_at IS NOT NULL",
            BinKind::Round => {
                "DELETE FROM rounds WHERE id = $1 AND deleted_at IS NOT NULL
                   AND quiz_id IN (SELECT z.id FROM quizzes z WHERE z.owner_id = $2 AND z.deleted_at IS NULL)"
            }
        };
        let gone = self.execute(sqlx::query(sql).bind(thing.to_string()).bind(owner.to_string())).await?;
        Ok(gone.rows_affected() > 0)
    }

    /// Deletes for good what was deleted at `before` or earlier: of one account, or of all.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn empty_bin(&self, owner: Option<Uuid>, before: i64) -> Result<(), StoreError> {
        let whose = owner.map(|id| id.to_string()).unwrap_or_default();
        let banks = sqlx::query("SELECT id FROM banks WHERE ($1 = '' OR owner_id = $1) AND deleted_at <= $2")
            .bind(&whose)
            .bind(before)
            .fetch_all(&mut self.read().await?)
            .await?;
        for bank in &banks {
            self.purge_bank(id(bank, "id")?).await?;
        }
        for sql in [
            "DELETE FROM questions WHERE id IN (
               SELECT q.id FROM questions q JOIN banks b ON b.id = q.bank_id
               WHERE ($1 = '' OR b.owner_id = $1) AND q.deleted_at <= $2 LIMIT $3)",
            "DELETE FROM quizzes WHERE id IN (
               SELECT z.id FROM quizzes z WHERE ($1 = '' OR z.owner_id = $1) AND z.deleted_at <= $2 LIMIT $3)",
            "DELETE FROM rounds WHERE id IN (
               SELECT r.id FROM rounds r JOIN quizzes z ON z.id = r.quiz_id
               WHERE ($1 = '' OR z.owner_id = $1) AND r.deleted_at <= $2 LIMIT $3)",
        ] {
            loop {
                let step = self.execute(sqlx::query(sql).bind(&whose).bind(before).bind(int(STEP))).await?;
                if step.rows_affected() == 0 {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Deletes a bank of the bin for good, its questions first. Restoring it in between stops that.
    pub(super) async fn purge_bank(&self, bank: Uuid) -> Result<(), StoreError> {
        loop {
            let step = self
                .execute(
                    sqlx::query(
                        "DELETE FROM questions WHERE id IN (
                   SELECT q.id FROM questions q JOIN banks b ON b.id = q.bank_id
                   WHERE b.id = $1 AND b.deleted_at IS NOT NULL LIMIT $2)",
                    )
                    .bind(bank.to_string())
                    .bind(int(STEP)),
                )
                .await?;
            if step.rows_affected() == 0 {
                break;
            }
        }
        self.execute(sqlx::query("DELETE FROM banks WHERE id = $1 AND deleted_at IS NOT NULL").bind(bank.to_string()))
            .await?;
        Ok(())
    }
}

/// Of the things that `overfull` selects, deletes those behind the `most` that were deleted last. `overfull` names the
/// table; `within` is the bank, quiz or account as `$1`.
pub(super) async fn keep_latest(
    tx: &mut Tx,
    overfull: &'static str,
    within: Uuid,
    most: usize,
) -> Result<(), StoreError> {
    sqlx::query(overfull).bind(within.to_string()).bind(int(most)).bind(i64::MAX).execute(&mut *tx).await?;
    Ok(())
}

impl BinKind {
    /// The published name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bank => "bank",
            Self::Question => "question",
            Self::Quiz => "quiz",
            Self::Round => "round",
        }
    }

    /// The kind of this name.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Bank, Self::Question, Self::Quiz, Self::Round].into_iter().find(|kind| kind.as_str() == text)
    }
}

fn binned(row: &AnyRow) -> Result<Binned, StoreError> {
    let kind: &str = row.try_get("kind")?;
    let kind = BinKind::parse(kind).ok_or_else(|| StoreError::Unreadable(format!("a {kind:?} in the bin")))?;
    let parent = optional_id(row, "parent_id")?;
    let parent = parent.map(|id| Ok::<_, StoreError>((id, row.try_get("parent_name")?))).transpose()?;
    Ok(Binned {
        kind,
        id: id(row, "id")?,
        name: row.try_get("name")?,
        parent,
        holds: count(row, "holds")?,
        deleted_at: row.try_get("deleted_at")?,
    })
}

#[cfg(test)]
mod tests;
