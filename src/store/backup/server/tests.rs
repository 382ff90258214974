//! On a server only; without one there is nothing to show.

use super::super::{list, prepare, verify};
use super::*;
use crate::store::fixture::{Fixture, address, test_database};
use std::fs;
use tempfile::TempDir;
use test_database::TestDatabase;

/// A database of its own with a bank, and where it is.
async fn filled() -> Option<(Fixture, Address, uuid::Uuid)> {
    test_database::server()?;
    let f = Fixture::new().await;
    let address = f.address();
    let bank = f.bank("Food 🎉").await;
    f.add_all(bank, &["It's \"odd\"?", "B?"]).await;
    Some((f, address, bank))
}

async fn fresh() -> (TestDatabase, Address) {
    let database = test_database::fresh().await;
    let at = address(&database);
    (database, at)
}

async fn prompts(address: &Address, f: &Fixture, bank: uuid::Uuid) -> Vec<String> {
    let store = Store::open(address).await.unwrap();
    let questions = store.all_questions(f.owner, bank).await.unwrap();
    store.close().await;
    questions.into_iter().map(|question| question.draft.prompt).collect()
}

/// The drill: taken while rows are written, checked, and put into an empty server, and into a file.
#[tokio::test]
async fn a_backup_of_a_server_is_taken_while_it_is_written_and_comes_back_whole() {
    let Some((f, from, bank)) = filled().await else { return };
    for (number, form) in [(1, Form::Portable), (2, Form::PgDump)] {
        let dir = TempDir::new().unwrap();
        let before = f.prompts(bank).await.len();
        let write = async {
            for n in 0..40 {
                f.add_all(bank, &[&format!("{number}, {n}?")]).await;
            }
        };
        let into = dir.path().join("backups");
        let (created, ()) = tokio::join!(create_of_server(&from, form, &into, 1_000), write);
        let (file, manifest) = created.unwrap();
        assert_eq!((manifest.form, manifest.schema), (form, crate::store::newest_schema()));
        let taken = usize::try_from(manifest.rows["questions"]).unwrap();
        assert!((before..=before + 40).contains(&taken), "{taken}");
        assert_eq!(verify(&file).await.unwrap(), manifest);
        assert_eq!(list(&into).unwrap().len(), 1, "what was under way is gone");

        let (_database, to) = fresh().await;
        let restored = restore_into_server(&file, &to, false, 2_000).await.unwrap();
        assert_eq!((restored.manifest, restored.aside), (manifest.clone(), None));
        let all = f.prompts(bank).await;
        assert_eq!(prompts(&to, &f, bank).await, all[..taken], "all that was committed before, in its order");
        match (form, prepare(&file, dir.path()).await) {
            (Form::Portable, Ok(prepared)) => {
                let database = dir.path().join("quibble.db");
                prepared.put(&database).unwrap();
                assert_eq!(prompts(&Address::File(database), &f, bank).await, all[..taken]);
            }
            (Form::PgDump, Err(BackupError::WantsServer)) => {}
            (form, prepared) => panic!("{form:?}: {prepared:?}"),
        }
    }
}

#[tokio::test]
async fn a_server_with_data_is_not_written_over_but_moved_aside() {
    let Some((f, from, bank)) = filled().await else { return };
    let dir = TempDir::new().unwrap();
    let (portable, _) = create_of_server(&from, Form::Portable, dir.path(), 1_000).await.unwrap();
    let (dumped, _) = create_of_server(&from, Form::PgDump, dir.path(), 2_000).await.unwrap();
    f.add_all(bank, &["Later?"]).await;
    for file in [&portable, &dumped] {
        let refused = restore_into_server(file, &from, false, 3_000).await.unwrap_err();
        assert!(matches!(refused, BackupError::ServerHasData), "{refused}");
    }
    assert_eq!(f.prompts(bank).await.len(), 3);
    for (file, now_ms) in [(&portable, 4_000), (&dumped, 5_000)] {
        let restored = restore_into_server(file, &from, true, now_ms).await.unwrap();
        let aside = restored.aside.unwrap();
        assert_eq!(aside, format!("before_restore_1970_01_01t00_00_0{}_000z", now_ms / 1_000));
        assert_eq!(prompts(&from, &f, bank).await.len(), 2);
        let mut connection = connect(&from).await.unwrap();
        let kept = number(&mut connection, &format!("SELECT count(*) AS n FROM {aside}.questions")).await.unwrap();
        assert_eq!(kept, 3, "what was there is there still");
        // Its logs are kept as before.
        f.add_all(bank, &["Later?"]).await;
    }
}

#[tokio::test]
async fn a_server_that_is_served_or_a_backup_that_is_damaged_is_refused() {
    let Some((f, from, _)) = filled().await else { return };
    let dir = TempDir::new().unwrap();
    for (now_ms, form) in [(1_000, Form::Portable), (2_000, Form::PgDump)] {
        let (file, mut manifest) = create_of_server(&from, form, dir.path(), now_ms).await.unwrap();
        let (_database, to) = fresh().await;
        let store = Store::open(&to).await.unwrap();
        store.ping(store.clock_ms().await.unwrap().unwrap()).await.unwrap();
        let refused = restore_into_server(&file, &to, true, 3_000).await.unwrap_err();
        assert!(refused.to_string().contains("a Quibble is running with the target"), "{refused}");
        store.ping(0).await.unwrap();
        store.close().await;

        let unpacked = dir.path().join(format!("unpacked {now_ms}"));
        archive::read(&file, &unpacked).unwrap();
        let repacked = dir.path().join("repacked.zip");
        let payload = unpacked.join(form.payload());
        let other = dir.path().join("other");
        fs::write(&other, "something else").unwrap();
        archive::write(&manifest, &other, &repacked).unwrap();
        let refused = restore_into_server(&repacked, &to, true, 3_000).await.unwrap_err();
        assert!(refused.to_string().contains("is not the one that it names"), "{refused}");
        fs::remove_file(&repacked).unwrap();
        manifest.schema += 1;
        archive::write(&manifest, &payload, &repacked).unwrap();
        let refused = restore_into_server(&repacked, &to, true, 3_000).await.unwrap_err();
        assert!(matches!(refused, BackupError::Newer { .. }), "{refused}");
        fs::remove_file(&repacked).unwrap();
    }
    drop(f);
}

#[tokio::test]
async fn the_program_is_used_where_it_knows_the_server() {
    let Some((_f, from, _)) = filled().await else { return };
    let known = tools::version_of(PG_DUMP).await.unwrap();
    let server = number(&mut connect(&from).await.unwrap(), SERVER_VERSION).await.unwrap();
    let expected = if known.is_some_and(|known| i64::from(known) >= server) { Form::PgDump } else { Form::Portable };
    assert_eq!(form_for(&from).await.unwrap(), expected);
    assert_eq!(tools::version_of("pg_dump_of_nobody").await.unwrap(), None);
}
