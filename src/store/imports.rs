//! Imports of questions into a bank: where they stand, what they brought, and taking that back.
//!
//! The row decides: questions are stored only while it says `running`, in the same transaction that looks. So a
//! cancelled import stores nothing more, whoever cancelled it.

use super::banks::touch_bank;
use super::questions::{NewQuestion, Placed, bound_bin, has_prompt, insert_row, live_count, next_position};
use super::{Store, StoreError, count, from_json, id, int, to_json};
use crate::limits::QUESTIONS_PER_BANK_MAX;
use crate::quiz::import::preview::shown;
use crate::quiz::import::{Reason, Row, RowProblem};
use crate::store::tx::Tx;
use serde::{Deserialize, Serialize};
use sqlx::Row as _;
use sqlx::any::AnyRow;
use uuid::Uuid;

/// Questions that go into one transaction: a cancel and the answers of a game wait for no more than these.
pub const IMPORT_CHUNK: usize = 250;

/// An import as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    pub id: Uuid,
    pub bank: Uuid,
    pub state: ImportState,
    /// Questions of the file.
    pub total: usize,
    /// Questions of the file that were looked at.
    pub done: usize,
    /// Questions that it stored. None when it was cancelled or failed; those of an undone one are counted still.
    pub imported: usize,
    /// The questions that were not stored.
    pub problems: Vec<ImportProblem>,
    pub created_at: i64,
}

/// Where an import stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportState {
    /// Stopped by its host; it left nothing behind.
    Cancelled,
    Done,
    /// Stopped by a failure or a restart; it left nothing behind.
    Failed,
    Running,
    /// Done, and taken back.
    Undone,
}

/// A question of a file that was not stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportProblem {
    /// The row as a spreadsheet shows it.
    pub row: usize,
    /// Why, in sentences.
    pub reason: String,
    /// The beginning of the question.
    pub text: String,
}

/// An import that begins.
#[derive(Debug)]
pub struct NewImport<'a> {
    pub id: Uuid,
    pub bank: Uuid,
    /// Questions of the file, those with problems included.
    pub total: usize,
    /// What cannot be stored, as is known beforehand.
    pub problems: &'a [ImportProblem],
    /// How many questions are to be stored.
    pub importable: usize,
}

/// Why a question of an import was left out in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeftOut {
    /// The bank holds as many questions as it may.
    Full,
    /// The bank has this question by now.
    Repeat,
}

/// What became of stopping an import or taking it back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImportEnded {
    Done(Import),
    /// The account has no such import.
    NotFound,
    /// It is past that: this is how it stands.
    TooLate(Import),
}

impl From<RowProblem> for ImportProblem {
    fn from(problem: RowProblem) -> Self {
        Self { row: problem.row, reason: problem.reason(), text: problem.text }
    }
}

impl LeftOut {
    /// The same, for people.
    pub fn of(self, row: &Row) -> ImportProblem {
        let reason = match self {
            Self::Full => format!("The bank is full: it holds {QUESTIONS_PER_BANK_MAX} questions."),
            Self::Repeat => Reason::InBank.to_string(),
        };
        ImportProblem { row: row.number, reason, text: shown(&row.question.prompt) }
    }
}

impl Store {
    /// Begins an import, unless the bank has no room for it.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn create_import(
        &self,
        owner: Uuid,
        new: &NewImport<'_>,
        now_ms: i64,
    ) -> Result<Placed<Import>, StoreError> {
        let mut tx = self.begin().await?;
        if !touch_bank(&mut tx, owner, new.bank, now_ms).await? {
            return Ok(Placed::NotFound);
        }
        if live_count(&mut tx, new.bank).await? + new.importable > QUESTIONS_PER_BANK_MAX {
            return Ok(Placed::Full);
        }
        sqlx::query(
            "INSERT INTO imports (id, bank_id, state, total, done, imported, problems, created_at, updated_at)
             VALUES ($1, $2, 'running', $3, $4, 0, $5, $6, $6)",
        )
        .bind(new.id.to_string())
        .bind(new.bank.to_string())
        .bind(int(new.total))
        .bind(int(new.total.saturating_sub(new.importable)))
        .bind(to_json(&new.problems)?)
        .bind(now_ms)
        .execute(&mut tx)
        .await?;
        let made = own_import(&mut tx, owner, new.bank, new.id).await?;
        tx.commit().await?;
        Ok(made.map_or(Placed::NotFound, Placed::Done))
    }

    /// Stores the next questions of an import at the end of its bank, and gives those that were left out, by index.
    /// None when the import does not run any more: then none was stored.
    ///
    /// # Errors
    /// When the database does not take them.
    pub async fn import_chunk(
        &self,
        import: Uuid,
        chunk: &[NewQuestion<'_>],
        now_ms: i64,
    ) -> Result<Option<Vec<(usize, LeftOut)>>, StoreError> {
        let mut tx = self.begin().await?;
        let row = sqlx::query(
            "UPDATE imports SET done = done + $2, updated_at = $3 WHERE id = $1 AND state = 'running'
             RETURNING bank_id",
        )
        .bind(import.to_string())
        .bind(int(chunk.len()))
        .bind(now_ms)
        .fetch_optional(&mut tx)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let bank = id(&row, "bank_id")?;
        let mut room = QUESTIONS_PER_BANK_MAX.saturating_sub(live_count(&mut tx, bank).await?);
        let mut position = next_position(&mut tx, bank).await?;
        let mut left_out = Vec::new();
        for (index, new) in chunk.iter().enumerate() {
            if has_prompt(&mut tx, bank, &new.draft.prompt).await? {
                left_out.push((index, LeftOut::Repeat));
            } else if room == 0 {
                left_out.push((index, LeftOut::Full));
            } else {
                insert_row(&mut tx, bank, position, new, Some(import), now_ms).await?;
                position += 1;
                room -= 1;
            }
        }
        sqlx::query("UPDATE imports SET imported = imported + $2 WHERE id = $1")
            .bind(import.to_string())
            .bind(int(chunk.len() - left_out.len()))
            .execute(&mut tx)
            .await?;
        tx.commit().await?;
        Ok(Some(left_out))
    }

    /// Ends an import that is through, with all problems that there were. False when it does not run any more.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn finish_import(
        &self,
        import: Uuid,
        problems: &[ImportProblem],
        now_ms: i64,
    ) -> Result<bool, StoreError> {
        let finished = self.execute(sqlx::query(
            "UPDATE imports SET state = 'done', problems = $2, updated_at = $3 WHERE id = $1 AND state = 'running'",
        )
        .bind(import.to_string())
        .bind(to_json(&problems)?)
        .bind(now_ms)).await?;
        Ok(finished.rows_affected() > 0)
    }

    /// Stops an import that runs and removes what it stored. One that was cancelled already stays so.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn cancel_import(
        &self,
        owner: Uuid,
        bank: Uuid,
        import: Uuid,
        now_ms: i64,
    ) -> Result<ImportEnded, StoreError> {
        let mut tx = self.begin().await?;
        let Some(found) = own_import(&mut tx, owner, bank, import).await? else { return Ok(ImportEnded::NotFound) };
        match found.state {
            ImportState::Cancelled => return Ok(ImportEnded::Done(found)),
            ImportState::Done | ImportState::Failed | ImportState::Undone => return Ok(ImportEnded::TooLate(found)),
            ImportState::Running => stop(&mut tx, import, ImportState::Cancelled, now_ms).await?,
        }
        let stopped = own_import(&mut tx, owner, bank, import).await?;
        tx.commit().await?;
        Ok(stopped.map_or(ImportEnded::NotFound, ImportEnded::Done))
    }

    /// Stops an import that cannot go on and removes what it stored. One that does not run stays as it is.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn fail_import(&self, import: Uuid, now_ms: i64) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        stop(&mut tx, import, ImportState::Failed, now_ms).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Takes an import back that is done: deletes every question of it that is still there, edited since or not. One
    /// by one they can be restored. One that was taken back already stays so.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn undo_import(
        &self,
        owner: Uuid,
        bank: Uuid,
        import: Uuid,
        now_ms: i64,
    ) -> Result<ImportEnded, StoreError> {
        let mut tx = self.begin().await?;
        if !touch_bank(&mut tx, owner, bank, now_ms).await? {
            return Ok(ImportEnded::NotFound);
        }
        let Some(mut found) = own_import(&mut tx, owner, bank, import).await? else {
            return Ok(ImportEnded::NotFound);
        };
        match found.state {
            ImportState::Undone => return Ok(ImportEnded::Done(found)),
            ImportState::Cancelled | ImportState::Failed | ImportState::Running => {
                return Ok(ImportEnded::TooLate(found));
            }
            ImportState::Done => found.state = ImportState::Undone,
        }
        sqlx::query("UPDATE imports SET state = 'undone', updated_at = $2 WHERE id = $1")
            .bind(import.to_string())
            .bind(now_ms)
            .execute(&mut tx)
            .await?;
        sqlx::query("UPDATE questions SET deleted_at = $2 WHERE import_id = $1 AND deleted_at IS NULL")
            .bind(import.to_string())
            .bind(now_ms)
            .execute(&mut tx)
            .await?;
        bound_bin(&mut tx, bank).await?;
        tx.commit().await?;
        Ok(ImportEnded::Done(found))
    }

    /// The imports into a bank, newest first, those older than `before` if given. None when the account has no such
    /// bank.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn imports(
        &self,
        owner: Uuid,
        bank: Uuid,
        before: Option<Uuid>,
        limit: u32,
    ) -> Result<Option<Vec<Import>>, StoreError> {
        let mut tx = self.read().await?;
        let known = sqlx::query("SELECT 1 FROM banks WHERE id = $1 AND owner_id = $2 AND deleted_at IS NULL")
            .bind(bank.to_string())
            .bind(owner.to_string())
            .fetch_optional(&mut tx)
            .await?;
        if known.is_none() {
            return Ok(None);
        }
        let rows = sqlx::query("SELECT * FROM imports WHERE bank_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3")
            .bind(bank.to_string())
            // No id sorts after a g.
            .bind(before.map_or_else(|| "g".to_owned(), |id| id.to_string()))
            .bind(i64::from(limit))
            .fetch_all(&mut tx)
            .await?;
        rows.iter().map(import).collect::<Result<_, _>>().map(Some)
    }

    /// An import into a bank. None when the account has no such bank, or the bank no such import.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn import(&self, owner: Uuid, bank: Uuid, import: Uuid) -> Result<Option<Import>, StoreError> {
        let mut tx = self.read().await?;
        own_import(&mut tx, owner, bank, import).await
    }

    /// Ends the imports that a process left unfinished and nobody has gone on with since `idle_since`, removes what they
    /// stored, and gives their number.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn fail_running_imports(&self, idle_since: i64, now_ms: i64) -> Result<usize, StoreError> {
        let mut tx = self.begin().await?;
        let rows = sqlx::query("SELECT id FROM imports WHERE state = 'running' AND updated_at <= $1")
            .bind(idle_since)
            .fetch_all(&mut tx)
            .await?;
        for row in &rows {
            stop(&mut tx, id(row, "id")?, ImportState::Failed, now_ms).await?;
        }
        tx.commit().await?;
        Ok(rows.len())
    }
}

impl ImportState {
    /// The published name, which is stored, too.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cancelled => "cancelled",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Running => "running",
            Self::Undone => "undone",
        }
    }

    fn parse(text: &str) -> Result<Self, StoreError> {
        let all = [Self::Cancelled, Self::Done, Self::Failed, Self::Running, Self::Undone];
        let state = all.into_iter().find(|state| state.as_str() == text);
        state.ok_or_else(|| StoreError::Unreadable(format!("state {text:?} of an import")))
    }
}

/// Stops an import if it runs, as if it had never stored anything.
async fn stop(tx: &mut Tx, import: Uuid, state: ImportState, at: i64) -> Result<(), StoreError> {
    let stopped =
        sqlx::query("UPDATE imports SET state = $2, imported = 0, updated_at = $3 WHERE id = $1 AND state = 'running'")
            .bind(import.to_string())
            .bind(state.as_str())
            .bind(at)
            .execute(&mut *tx)
            .await?;
    if stopped.rows_affected() == 0 {
        return Ok(());
    }
    sqlx::query("DELETE FROM questions WHERE import_id = $1").bind(import.to_string()).execute(&mut *tx).await?;
    Ok(())
}

async fn own_import(tx: &mut Tx, owner: Uuid, bank: Uuid, import_id: Uuid) -> Result<Option<Import>, StoreError> {
    let row = sqlx::query(
        "SELECT i.* FROM imports i JOIN banks b ON b.id = i.bank_id
         WHERE i.id = $1 AND i.bank_id = $2 AND b.owner_id = $3 AND b.deleted_at IS NULL",
    )
    .bind(import_id.to_string())
    .bind(bank.to_string())
    .bind(owner.to_string())
    .fetch_optional(&mut *tx)
    .await?;
    row.as_ref().map(import).transpose()
}

fn import(row: &AnyRow) -> Result<Import, StoreError> {
    Ok(Import {
        id: id(row, "id")?,
        bank: id(row, "bank_id")?,
        state: ImportState::parse(row.try_get("state")?)?,
        total: count(row, "total")?,
        done: count(row, "done")?,
        imported: count(row, "imported")?,
        problems: from_json(row.try_get("problems")?)?,
        created_at: row.try_get("created_at")?,
    })
}

#[cfg(test)]
mod tests;
