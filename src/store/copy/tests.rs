use super::super::fixture::{Fixture, address, test_database};
use super::tables::{LEFT_OUT, TABLES};
use super::*;
use crate::store::{Address, Store};
use sqlx::Row;
use std::collections::BTreeSet;
use tempfile::TempDir;

/// Everything that a text may be: quotes, signs of SQL, lines, a byte order mark, marks that combine, signs of 4 bytes, and
/// what sorts differently by language and by bytes.
const ODD: &str = "it's \"odd\" \\ %s $1 ?; -- \n\t\r\u{feff}Zoë e\u{301} ß Å 🎉👩‍👩‍👧 \u{202e}x\u{10ffff} a_B ~";

/// One row at least in each table, in the order of the tables.
const ROWS: [&str; 36] = [
    "INSERT INTO accounts VALUES ('a1', $1, 'k1', 'owner', NULL, 1, 2)",
    "INSERT INTO accounts VALUES ('Ä2', 'x', 'k2', 'host', '$argon2id$', -1, 9223372036854775807)",
    "INSERT INTO accounts VALUES ('_3', '', 'k3', 'host', '', 0, 0)",
    "INSERT INTO disabled_accounts VALUES ('Ä2', 5)",
    "INSERT INTO setup_links VALUES ('t1', 1, 2, NULL)",
    "INSERT INTO account_links VALUES ('t2', 'a1', 1, 2)",
    "INSERT INTO sessions VALUES ('s1', 't3', 'a1', $1, 1, 2, 3)",
    "INSERT INTO api_tokens VALUES ('p1', 't4', 'a1', $1, 'qbl_', 1, NULL)",
    "INSERT INTO banks VALUES ('b1', 'a1', $1, $1, NULL, 1, 2, NULL)",
    "INSERT INTO imports VALUES ('i1', 'b1', 'done', 2, 2, 1, $1, 1, 2)",
    "INSERT INTO questions (id, bank_id, position, kind, prompt, prompt_key, search_key, points, answer, version, import_id,
       created_at, updated_at) VALUES ('q1', 'b1', 1, 'text', $1, $1, $1, 1000, $1, 1, 'i1', 1, 1)",
    "INSERT INTO question_versions VALUES ('q1', 1, $1, 1, 2)",
    "INSERT INTO quizzes VALUES ('z1', 'a1', $1, $1, $1, 1, 2, 3)",
    "INSERT INTO rounds VALUES ('r1', 'z1', 1, $1, 30, 1, 1, NULL, NULL)",
    "INSERT INTO slots VALUES ('r1', 1, 'q1')",
    "INSERT INTO games VALUES ('g1', 'a1', 'ABCD', 'z1', NULL, $1, 2, 'in_progress', 'question', 1, 1, 1, 1, 2, 1, 2, 0)",
    "INSERT INTO console_links VALUES ('t5', 'a1', 'g1', 's1', 1, 2)",
    "INSERT INTO game_events VALUES ('g1', 2, 1, 'question_released', $1)",
    "INSERT INTO game_events VALUES ('g1', 1, 1, 'created', '{}')",
    "INSERT INTO open_questions VALUES ('g1', 'q1', NULL)",
    "INSERT INTO game_answers VALUES ('w1', 'g1', 'q1', 'y1', 'c1', $1, 1, 1)",
    "INSERT INTO seats VALUES ('t6', 'g1', 'y1', $1, 1, NULL)",
    "INSERT INTO claims VALUES ('l1', 't7', 'g1', 'y1', $1, 'waiting', 1)",
    "INSERT INTO screens VALUES ('t8', 'g1', 1, NULL)",
    "INSERT INTO pairings VALUES ('h1', 'XYZ', NULL, 1)",
    "INSERT INTO remembered VALUES ('g1', 'q1', $1)",
    "INSERT INTO question_uses VALUES ('q1', 'g1', 1)",
    "INSERT INTO acme_accounts VALUES ('https://ca.example.org', 'sealed', 1)",
    "INSERT INTO certificates (names, holder, held_until, chain) VALUES ('quiz.example.org', 'a process', 99, $1)",
    "INSERT INTO acme_attempts VALUES ('m1', 'quiz.example.org', 1, 'production', 'http-01', 'failed', 0, $1)",
    "INSERT INTO jobs VALUES ('j1', 'mail', $1, NULL, 'a1', 'running', 1, 3, 1, 'a process', 99, NULL, $1, 1, 2)",
    "INSERT INTO jobs VALUES ('j2', 'mail', '{}', $1, NULL, 'done', 1, 3, 1, NULL, NULL, 'once', NULL, 1, 2)",
    "INSERT INTO account_emails VALUES ('a1', $1, 1)",
    "INSERT INTO daily_statistics VALUES ('2026-11-27', 1, 2, 3)",
    "INSERT INTO outbox VALUES ('games', 1)",
    "INSERT INTO presences VALUES ('g1', 'a replica', 1, '{}')",
];

/// A file with something in every table.
async fn filled(dir: &Path) -> Address {
    let address = Address::File(dir.join("filled.db"));
    let store = Store::open(&address).await.unwrap();
    for sql in ROWS {
        let query = sqlx::query(sql);
        let query = if sql.contains("$1") { query.bind(ODD) } else { query };
        store.execute(query).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    }
    store.close().await;
    address
}

async fn copied(from: &Address, to: &Address) -> Result<Copied, CopyError> {
    copy(from, to, SourceIs::AtRest, &mut |_| {}).await
}

fn file(dir: &TempDir, name: &str) -> Address {
    Address::File(dir.path().join(name))
}

async fn texts(address: &Address, sql: &'static str) -> Vec<String> {
    let store = Store::open_beside(address).await.unwrap();
    let rows = sqlx::query(sql).fetch_all(&mut store.read().await.unwrap()).await.unwrap();
    store.close().await;
    rows.iter().map(|row| row.try_get(0).unwrap()).collect()
}

/// A new table is copied, or somebody said why it is not.
#[tokio::test]
async fn every_table_of_the_schema_is_copied_or_named() {
    let f = Fixture::new().await;
    let sql = if f.store.is_shared() {
        "SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema()"
    } else {
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    };
    let rows = sqlx::query(sql).fetch_all(&mut f.store.read().await.unwrap()).await.unwrap();
    let there: BTreeSet<String> = rows.iter().map(|row| row.try_get(0).unwrap()).collect();
    let known = TABLES.into_iter().chain(LEFT_OUT.map(|(table, _)| table));
    assert_eq!(there, known.map(str::to_owned).collect(), "say in store/copy/tables.rs what becomes of a new table");
}

#[tokio::test]
async fn every_row_comes_over_and_back_as_it_was() {
    let dir = TempDir::new().unwrap();
    let from = filled(dir.path()).await;
    // Whatever the tests run on: a file, or a server.
    let database = test_database::fresh().await;
    let (there, back) = (address(&database), file(&dir, "back.db"));
    let mut told = Vec::new();
    let mut tell = |progress| {
        if let Progress::Done { table, rows } = progress {
            told.push((table, rows));
        }
    };
    let over = copy(&from, &there, SourceIs::AtRest, &mut tell).await.unwrap();
    assert_eq!(over.tables.iter().map(|table| table.table).collect::<Vec<_>>(), TABLES);
    assert!(over.tables.iter().all(|table| table.rows > 0), "a table without rows shows nothing: {over:?}");
    assert_eq!(told, over.tables.iter().map(|table| (table.table, table.rows)).collect::<Vec<_>>());
    assert_eq!(copied(&there, &back).await.unwrap(), over, "the hashes do not depend on where the rows are");
    for at in [&from, &there, &back] {
        assert_eq!(texts(at, "SELECT prompt FROM questions").await, [ODD]);
        assert_eq!(texts(at, "SELECT body FROM game_events ORDER BY seq").await, ["{}", ODD]);
    }
    // What a process is at, and who is connected to it, stays behind.
    assert!(texts(&back, "SELECT replica FROM presences").await.is_empty());
    let held = "SELECT names FROM certificates WHERE holder IS NULL AND held_until = 0";
    assert_eq!(texts(&back, held).await, ["quiz.example.org"]);
    let held = "SELECT id FROM jobs WHERE holder IS NULL AND (held_until = 0) = (id = 'j1') ORDER BY id";
    assert_eq!(texts(&back, held).await, ["j1"]);
}

#[tokio::test]
async fn a_target_with_data_is_refused_and_stays_as_it_is() {
    let dir = TempDir::new().unwrap();
    let from = filled(dir.path()).await;
    let (database, other) = (test_database::fresh().await, file(&dir, "other.db"));
    let there = address(&database);
    copied(&from, &there).await.unwrap();
    copied(&from, &other).await.unwrap();
    for to in [&there, &other] {
        let refused = copied(&from, to).await.unwrap_err();
        assert!(matches!(refused, CopyError::NotEmpty { table: "accounts", rows: 3 }), "{refused}");
        let refused = count(&from, to, SourceIs::AtRest).await.unwrap_err();
        assert!(matches!(refused, CopyError::NotEmpty { .. }), "{refused}");
        assert_eq!(texts(to, "SELECT prompt FROM questions").await, [ODD]);
    }
}

/// The last table fails: no row of the first is there.
#[tokio::test]
async fn a_copy_that_fails_leaves_nothing() {
    let dir = TempDir::new().unwrap();
    let from = filled(dir.path()).await;
    let database = test_database::fresh().await;
    let there = address(&database);
    let store = Store::open(&there).await.unwrap();
    store.execute(sqlx::query("ALTER TABLE acme_attempts ADD COLUMN later text")).await.unwrap();
    let refused = copied(&from, &there).await.unwrap_err();
    assert!(matches!(refused, CopyError::OtherColumns { table: "acme_attempts" }), "{refused}");
    assert!(texts(&there, "SELECT id FROM accounts").await.is_empty());
    store.close().await;

    let new = dir.path().join("new.db");
    copy_into_new_file(&from, &new, SourceIs::AtRest, &mut |_| {}).await.unwrap();
    let again = copy_into_new_file(&from, &new, SourceIs::AtRest, &mut |_| {}).await.unwrap_err();
    assert!(matches!(again, CopyError::Exists(_)), "{again}");
    let left = fs::read_dir(dir.path()).unwrap().flatten().filter(|entry| entry.path().is_dir()).count();
    assert_eq!(left, 0, "what was under way is gone");
}

#[tokio::test]
async fn what_a_server_does_not_store_is_named() {
    let dir = TempDir::new().unwrap();
    let from = filled(dir.path()).await;
    let store = Store::open(&from).await.unwrap();
    store.execute(sqlx::query("UPDATE sessions SET user_agent = $1").bind("a\0b")).await.unwrap();
    store.close().await;
    let database = test_database::fresh().await;
    let there = address(&database);
    match (copied(&from, &there).await, test_database::server()) {
        (Err(refused), Some(_)) => {
            let said = refused.to_string();
            assert!(said.contains("user_agent of sessions") && said.contains("account_id is a1"), "{said}");
            assert!(texts(&there, "SELECT id FROM accounts").await.is_empty());
        }
        (Ok(_), None) => assert_eq!(texts(&there, "SELECT user_agent FROM sessions").await, ["a\0b"]),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn other_schemas_are_refused_in_words() {
    let dir = TempDir::new().unwrap();
    let from = filled(dir.path()).await;
    let newest = migrate::newest_known();
    let tampered = async |sql: &'static str, bound: i64| {
        let store = Store::open_beside(&from).await.unwrap();
        store.execute(sqlx::query(sql).bind(bound)).await.unwrap();
        store.close().await;
        let refused = copied(&from, &file(&dir, "never.db")).await.unwrap_err().to_string();
        assert!(!dir.path().join("never.db").exists());
        refused
    };
    let newer = tampered(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES ($1, 'x', true, x'00', 0)",
        newest + 1,
    );
    let newer = newer.await;
    assert!(newer.contains("the source has a newer schema"), "{newer}");
    let older = tampered("DELETE FROM _sqlx_migrations WHERE version >= $1", newest).await;
    assert!(older.contains("the source has an older schema") && older.contains("quibble migrate up"), "{older}");
}

/// On a server a replica is known by what it writes every second.
#[tokio::test]
async fn a_server_that_is_served_is_neither_copied_nor_written() {
    let database = test_database::fresh().await;
    let served = address(&database);
    let store = Store::open(&served).await.unwrap();
    let Some(now) = store.clock_ms().await.unwrap() else { return };
    let dir = TempDir::new().unwrap();
    let from = filled(dir.path()).await;
    store.ping(now).await.unwrap();
    assert!(is_served(&served).await.unwrap());
    let refused = copied(&from, &served).await.unwrap_err();
    assert!(matches!(refused, CopyError::Served(Which::Target)), "{refused}");
    let refused = copied(&served, &file(&dir, "new.db")).await.unwrap_err();
    assert!(matches!(refused, CopyError::Served(Which::Source)), "{refused}");
    // A backup takes it as it is.
    copy(&served, &file(&dir, "new.db"), SourceIs::MaybeServed, &mut |_| {}).await.unwrap();
    store.ping(now - REPLICA_SILENT_MS).await.unwrap();
    assert!(!is_served(&served).await.unwrap());
    copied(&from, &served).await.unwrap();
    store.close().await;
}
