//! Tags of questions: how they are stored, and which an account has.

use super::{Store, StoreError, count, from_json, search};
use crate::quiz::text::searchable;
use sqlx::Row;
use std::collections::BTreeMap;
use uuid::Uuid;

impl Store {
    /// The tags of an account's questions with how many have each, by name. Of spellings that differ only in capitals
    /// or accents, one is given.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn tags(&self, owner: Uuid) -> Result<Vec<(String, usize)>, StoreError> {
        let rows = sqlx::query(
            "SELECT q.tags, count(*) AS n FROM questions q JOIN banks b ON b.id = q.bank_id
             WHERE b.owner_id = $1 AND b.deleted_at IS NULL AND q.deleted_at IS NULL AND q.tag_key <> ''
             GROUP BY q.tags ORDER BY q.tags",
        )
        .bind(owner.to_string())
        .fetch_all(&mut self.read().await?)
        .await?;
        let mut tags: BTreeMap<String, (String, usize)> = BTreeMap::new();
        for row in &rows {
            let n = count(row, "n")?;
            for tag in from_json::<Vec<String>>(row.try_get("tags")?)? {
                tags.entry(searchable(&tag)).or_insert((tag, 0)).1 += n;
            }
        }
        Ok(tags.into_values().collect())
    }
}

/// Tags as they are searched: each on a line.
pub(super) fn tag_key(tags: &[String]) -> String {
    if tags.is_empty() {
        return String::new();
    }
    let keys: Vec<_> = tags.iter().map(|tag| searchable(tag)).collect();
    format!("\n{}\n", keys.join("\n"))
}

/// The pattern for `LIKE … ESCAPE '!'` that tag keys with this tag match. An empty tag matches all.
pub(super) fn tag_pattern(tag: &str) -> String {
    let key = searchable(tag);
    if key.is_empty() { "%".to_owned() } else { format!("%\n{}\n%", search::escaped(&key)) }
}

#[cfg(test)]
mod tests {
    use super::super::QuestionSearch;
    use super::super::fixture::{Fixture, text_question};
    use crate::quiz::question::Draft;

    fn tagged(prompt: &str, tags: &[&str]) -> Draft {
        Draft { tags: tags.iter().map(|&tag| tag.to_owned()).collect(), ..text_question(prompt, &["x"]) }
    }

    #[tokio::test]
    async fn they_are_counted_over_all_banks_of_the_account() {
        let f = Fixture::new().await;
        let (food, music) = (f.bank("Food").await, f.bank("Music").await);
        f.add(food, &tagged("A?", &["Easy", "80s"])).await;
        f.add(music, &tagged("B?", &["80s"])).await;
        f.add(music, &tagged("C?", &["éasy"])).await;
        let gone = f.add(music, &tagged("D?", &["Gone"])).await;
        f.store.delete_question(f.owner, music, gone.id, 2).await.unwrap();
        let tags = f.store.tags(f.owner).await.unwrap();
        assert_eq!(tags, [("80s".to_owned(), 2), ("Easy".to_owned(), 2)]);
        f.store.delete_bank(f.owner, food, 3).await.unwrap();
        assert_eq!(f.store.tags(f.owner).await.unwrap(), [("80s".to_owned(), 1), ("éasy".to_owned(), 1)]);
        assert_eq!(f.store.tags(f.stranger().await).await.unwrap(), []);
    }

    #[tokio::test]
    async fn a_search_finds_whole_tags_in_any_case() {
        let f = Fixture::new().await;
        let bank = f.bank("Food").await;
        f.add(bank, &tagged("A?", &["Sport", "50%_!"])).await;
        f.add(bank, &tagged("B?", &["Motor sport"])).await;
        f.add(bank, &tagged("C?", &[])).await;
        let found = async |query: &str, tag: &str| {
            let search = QuestionSearch { query, tag, limit: 9, ..QuestionSearch::default() };
            let found = f.store.search_questions(f.owner, &search).await.unwrap();
            found.into_iter().map(|found| found.question.draft.prompt).collect::<Vec<_>>()
        };
        assert_eq!(found("", "SPORT").await, ["A?"]);
        assert_eq!(found("", "motor sport").await, ["B?"]);
        assert_eq!(found("", "50%_!").await, ["A?"]);
        assert_eq!(found("", "%").await, [""; 0]);
        assert_eq!(found("", "").await, ["A?", "B?", "C?"]);
        assert_eq!(found("sport", "").await, ["A?", "B?"], "words of a search find tags, too");
        assert_eq!(found("b", "motor sport").await, ["B?"]);
    }
}
