//! Question banks. What is deleted stays in its row, so that it can be restored.

use super::{Store, StoreError, count, has_room, id, int, search};
use crate::limits::{BANKS_PER_ACCOUNT_MAX, BIN_BANKS_MAX};
use crate::quiz::bank::BankDraft;
use crate::quiz::text::searchable;
use crate::quiz::text::{Description, Title};
use crate::store::tx::Tx;
use sqlx::Row;
use sqlx::any::AnyRow;
use uuid::Uuid;

/// A bank as lists show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bank {
    pub id: Uuid,
    pub owner: Uuid,
    pub name: String,
    pub description: Option<String>,
    /// Questions that are not deleted.
    pub question_count: usize,
    pub created_at: i64,
    /// When its words or one of its questions last changed.
    pub updated_at: i64,
}

/// Banks of account `$1` that are not deleted.
macro_rules! select_banks {
    ($and:literal) => {
        concat!(
            "SELECT b.id, b.owner_id, b.name, b.description, b.created_at, b.updated_at,
               (SELECT count(*) FROM questions q WHERE q.bank_id = b.id AND q.deleted_at IS NULL) AS question_count
             FROM banks b WHERE b.owner_id = $1 AND b.deleted_at IS NULL AND ",
            $and
        )
    };
}

const COUNT_BANKS: &str = "SELECT count(*) AS n FROM banks WHERE owner_id = $1 AND deleted_at IS NULL";

impl Store {
    /// Stores a new bank.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn create_bank(
        &self,
        owner: Uuid,
        new_id: Uuid,
        words: &BankDraft,
        now_ms: i64,
    ) -> Result<Bank, StoreError> {
        let mut tx = self.begin().await?;
        insert_bank(&mut tx, owner, new_id, &words.name, words.description.as_ref(), now_ms).await?;
        tx.commit().await?;
        let bank = self.bank(owner, new_id).await?;
        bank.ok_or_else(|| StoreError::Unreadable("the new bank is not there".to_owned()))
    }

    /// The banks of an account whose names hold every word of `query`, newest first, those older than `before` if
    /// given.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn banks(
        &self,
        owner: Uuid,
        query: &str,
        before: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<Bank>, StoreError> {
        let sql = select_banks!(
            "b.id < $2 AND b.name_key LIKE $4 ESCAPE '!' AND b.name_key LIKE $5 ESCAPE '!'
               AND b.name_key LIKE $6 ESCAPE '!' AND b.name_key LIKE $7 ESCAPE '!'
               AND b.name_key LIKE $8 ESCAPE '!' AND b.name_key LIKE $9 ESCAPE '!'
             ORDER BY b.id DESC LIMIT $3"
        );
        let mut rows = sqlx::query(sql)
            .bind(owner.to_string())
            // No id sorts after a g.
            .bind(before.map_or_else(|| "g".to_owned(), |id| id.to_string()))
            .bind(i64::from(limit));
        for pattern in search::patterns(query) {
            rows = rows.bind(pattern);
        }
        rows.fetch_all(&mut self.read().await?).await?.iter().map(bank).collect()
    }

    /// A bank of an account. None when there is no such bank, or it is deleted or somebody else's.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn bank(&self, owner: Uuid, bank_id: Uuid) -> Result<Option<Bank>, StoreError> {
        let row = sqlx::query(select_banks!("b.id = $2")).bind(owner.to_string()).bind(bank_id.to_string());
        row.fetch_optional(&mut self.read().await?).await?.as_ref().map(bank).transpose()
    }

    /// Gives a bank new words. None when the account has no such bank.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn update_bank(
        &self,
        owner: Uuid,
        bank_id: Uuid,
        words: &BankDraft,
        now_ms: i64,
    ) -> Result<Option<Bank>, StoreError> {
        self.execute(
            sqlx::query(
                "UPDATE banks SET name = $3, name_key = $4, description = $5, updated_at = $6
             WHERE id = $1 AND owner_id = $2 AND deleted_at IS NULL",
            )
            .bind(bank_id.to_string())
            .bind(owner.to_string())
            .bind(words.name.as_str())
            .bind(searchable(words.name.as_str()))
            .bind(words.description.as_ref().map(Description::as_str))
            .bind(now_ms),
        )
        .await?;
        self.bank(owner, bank_id).await
    }

    /// Deletes a bank; quizzes leave its questions out from then on. False when the account has no such bank.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn delete_bank(&self, owner: Uuid, bank_id: Uuid, now_ms: i64) -> Result<bool, StoreError> {
        let deleted = self
            .execute(
                sqlx::query(
                    "UPDATE banks SET deleted_at = $3, updated_at = $3
             WHERE id = $1 AND owner_id = $2 AND deleted_at IS NULL",
                )
                .bind(bank_id.to_string())
                .bind(owner.to_string())
                .bind(now_ms),
            )
            .await?;
        if deleted.rows_affected() == 0 {
            return Ok(false);
        }
        let overfull = sqlx::query(
            "SELECT id FROM banks WHERE owner_id = $1 AND deleted_at IS NOT NULL
             ORDER BY deleted_at DESC, id DESC LIMIT $3 OFFSET $2",
        )
        .bind(owner.to_string())
        .bind(int(BIN_BANKS_MAX))
        .bind(i64::MAX)
        .fetch_all(&mut self.read().await?)
        .await?;
        for row in &overfull {
            self.purge_bank(id(row, "id")?).await?;
        }
        Ok(true)
    }

    /// Brings a deleted bank back with its questions. One that is not deleted stays as it is. None when the account
    /// has no such bank, or none any more.
    ///
    /// # Errors
    /// [`StoreError::Full`] when the account has as many banks as it may, or the database does not take it.
    pub async fn restore_bank(&self, owner: Uuid, bank_id: Uuid, now_ms: i64) -> Result<Option<Bank>, StoreError> {
        let mut tx = self.begin().await?;
        let room = has_room(&mut tx, COUNT_BANKS, owner, BANKS_PER_ACCOUNT_MAX).await;
        let restored = sqlx::query(
            "UPDATE banks SET deleted_at = NULL, updated_at = $3
             WHERE id = $1 AND owner_id = $2 AND deleted_at IS NOT NULL",
        )
        .bind(bank_id.to_string())
        .bind(owner.to_string())
        .bind(now_ms)
        .execute(&mut tx)
        .await?;
        if restored.rows_affected() > 0 {
            room?;
            tx.commit().await?;
        }
        self.bank(owner, bank_id).await
    }
}

pub(super) async fn insert_bank(
    tx: &mut Tx,
    owner: Uuid,
    new_id: Uuid,
    name: &Title,
    description: Option<&Description>,
    at: i64,
) -> Result<(), StoreError> {
    has_room(tx, COUNT_BANKS, owner, BANKS_PER_ACCOUNT_MAX).await?;
    sqlx::query(
        "INSERT INTO banks (id, owner_id, name, name_key, description, created_at, updated_at)
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

/// Notes that something in a bank changes. False when the account has no such bank: then nothing may.
///
/// The first statement of every write to a bank, so that writes to one bank follow each other.
pub(super) async fn touch_bank(tx: &mut Tx, owner: Uuid, bank_id: Uuid, at: i64) -> Result<bool, StoreError> {
    let touched =
        sqlx::query("UPDATE banks SET updated_at = $3 WHERE id = $1 AND owner_id = $2 AND deleted_at IS NULL")
            .bind(bank_id.to_string())
            .bind(owner.to_string())
            .bind(at)
            .execute(&mut *tx)
            .await?;
    Ok(touched.rows_affected() > 0)
}

fn bank(row: &AnyRow) -> Result<Bank, StoreError> {
    Ok(Bank {
        id: id(row, "id")?,
        owner: id(row, "owner_id")?,
        name: row.try_get("name")?,
        description: row.try_get("description")?,
        question_count: count(row, "question_count")?,
        created_at: row.try_get("created_at")?,
        updated_at: row.try_get("updated_at")?,
    })
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{Fixture, bank_words, text_question};
    use super::*;

    #[tokio::test]
    async fn an_account_has_so_many_banks() {
        let f = Fixture::new().await;
        let first = f.bank("First").await;
        f.store.execute(sqlx::query(
            "WITH RECURSIVE n (i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < $2)
             INSERT INTO banks (id, owner_id, name, name_key, created_at, updated_at)
             SELECT '00000000-0000-7000-8000-' || substr('000000000000' || i, length('000000000000' || i) - 11), $1, 'Bank', 'bank', 1, 1 FROM n",
        )
        .bind(f.owner.to_string())
        .bind(int(BANKS_PER_ACCOUNT_MAX)))
        .await
        .unwrap();
        let words = bank_words("One more");
        let one_more = async || f.store.create_bank(f.owner, f.next_id(), &words, 2).await;
        assert!(matches!(one_more().await, Err(StoreError::Full(BANKS_PER_ACCOUNT_MAX))));
        f.store.delete_bank(f.owner, first, 2).await.unwrap();
        assert!(one_more().await.is_ok());
    }

    #[tokio::test]
    async fn a_bank_is_made_renamed_deleted_and_restored() {
        let f = Fixture::new().await;
        let made = f.store.create_bank(f.owner, f.ids.uuid(), &bank_words("Food"), 10).await.unwrap();
        assert_eq!((made.name.as_str(), made.question_count, made.created_at, made.updated_at), ("Food", 0, 10, 10));
        assert_eq!(f.store.bank(f.owner, made.id).await.unwrap(), Some(made.clone()));

        let mut words = bank_words("Drink");
        words.description = Description::new("Wine and water").unwrap();
        let renamed = f.store.update_bank(f.owner, made.id, &words, 20).await.unwrap().unwrap();
        assert_eq!((renamed.name.as_str(), renamed.created_at, renamed.updated_at), ("Drink", 10, 20));
        assert_eq!(renamed.description.as_deref(), Some("Wine and water"));

        f.add(made.id, &text_question("Which grape?", &["Merlot"])).await;
        assert!(f.store.delete_bank(f.owner, made.id, 30).await.unwrap());
        assert!(!f.store.delete_bank(f.owner, made.id, 31).await.unwrap(), "only once");
        assert_eq!(f.store.bank(f.owner, made.id).await.unwrap(), None);
        assert_eq!(f.store.update_bank(f.owner, made.id, &words, 32).await.unwrap(), None);
        assert_eq!(f.store.banks(f.owner, "", None, 10).await.unwrap(), []);

        let back = f.store.restore_bank(f.owner, made.id, 40).await.unwrap().unwrap();
        assert_eq!((back.question_count, back.updated_at), (1, 40));
        let again = f.store.restore_bank(f.owner, made.id, 50).await.unwrap().unwrap();
        assert_eq!(again.updated_at, 40, "one that is there stays as it is");
    }

    #[tokio::test]
    async fn somebody_elses_bank_is_not_found() {
        let f = Fixture::new().await;
        let (bank, stranger) = (f.bank("Mine").await, f.stranger().await);
        assert_eq!(f.store.bank(stranger, bank).await.unwrap(), None);
        assert_eq!(f.store.update_bank(stranger, bank, &bank_words("Theirs"), 2).await.unwrap(), None);
        assert!(!f.store.delete_bank(stranger, bank, 2).await.unwrap());
        assert!(f.store.delete_bank(f.owner, bank, 3).await.unwrap());
        assert_eq!(f.store.restore_bank(stranger, bank, 4).await.unwrap(), None);
        assert_eq!(f.store.bank(f.owner, bank).await.unwrap(), None, "it stays deleted");
        assert_eq!(f.store.banks(stranger, "", None, 10).await.unwrap(), []);
    }

    #[tokio::test]
    async fn lists_are_newest_first_paged_and_searched_by_name() {
        let f = Fixture::new().await;
        let mut banks = Vec::new();
        for name in ["Café music", "100% sport", "Music halls"] {
            banks.push(f.bank(name).await);
        }
        let page = f.store.banks(f.owner, "", None, 2).await.unwrap();
        assert_eq!(page.iter().map(|bank| bank.id).collect::<Vec<_>>(), [banks[2], banks[1]]);
        let rest = f.store.banks(f.owner, "", Some(banks[1]), 2).await.unwrap();
        assert_eq!(rest.iter().map(|bank| bank.id).collect::<Vec<_>>(), [banks[0]]);

        let found = async |query: &str| {
            let banks = f.store.banks(f.owner, query, None, 10).await.unwrap();
            banks.into_iter().map(|bank| bank.name).collect::<Vec<_>>()
        };
        assert_eq!(found("MUSIC").await, ["Music halls", "Café music"]);
        assert_eq!(found("music cafe").await, ["Café music"]);
        assert_eq!(found("0%").await, ["100% sport"]);
        assert_eq!(found("_").await, [""; 0]);
    }
}
