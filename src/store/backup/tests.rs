use super::super::fixture::{Fixture, test_database};
use super::super::{Address, Store};
use super::*;
use tempfile::TempDir;

/// A store with a file of its own, however the tests run.
async fn filled() -> Option<Fixture> {
    if test_database::server().is_some() {
        return None;
    }
    let f = Fixture::new().await;
    let bank = f.bank("Food").await;
    f.add_all(bank, &["A?", "B?"]).await;
    Some(f)
}

/// Restores without anything before.
async fn put(file: &Path, database: &Path) -> Result<Manifest, BackupError> {
    prepare(file, database.parent().unwrap()).await?.put(database)
}

#[tokio::test]
async fn a_backup_is_taken_while_the_store_is_open_and_comes_back_whole() {
    let Some(f) = filled().await else { return };
    let dir = TempDir::new().unwrap();
    let (file, manifest) = create(&f.store, &dir.path().join("backups"), 1_000).await.unwrap();
    assert_eq!(file.file_name().unwrap(), "quibble-1970-01-01T00-00-01.000Z.backup.zip");
    assert_eq!(manifest.rows["questions"], 2);
    assert_eq!(manifest.schema, migrate::newest_known());
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&file).unwrap().permissions());
        assert_eq!(mode & 0o777, 0o600, "nobody else reads it");
    }
    // What comes later is not in it.
    f.bank("Drink").await;
    assert_eq!(verify(&file).await.unwrap(), manifest);
    let database = dir.path().join("quibble.db");
    assert_eq!(put(&file, &database).await.unwrap(), manifest);
    let store = Store::open(&Address::File(database.clone())).await.unwrap();
    let (_, again) = create(&store, &dir.path().join("again"), 1_000).await.unwrap();
    store.close().await;
    let (_, later) = create(&f.store, &dir.path().join("later"), 1_000).await.unwrap();
    assert_eq!((again.rows["banks"], later.rows["banks"]), (1, 2));
    assert!(matches!(put(&file, &database).await, Err(BackupError::Exists(_))), "nothing is written over");
    assert!(matches!(create(&f.store, &dir.path().join("backups"), 1_000).await, Err(BackupError::Exists(_))));
    // What belongs to another database would be applied to this one.
    let elsewhere = dir.path().join("elsewhere.db");
    fs::write(dir.path().join("elsewhere.db-wal"), "the newest of another").unwrap();
    assert!(matches!(put(&file, &elsewhere).await, Err(BackupError::Exists(_))));
    let listed = list(&dir.path().join("backups")).unwrap();
    assert_eq!(listed.len(), 1, "what was under way is gone");
    assert_eq!(listed[0].manifest.as_ref().unwrap(), &manifest);
    assert!(list(&dir.path().join("nowhere")).unwrap().is_empty());
}

#[tokio::test]
async fn a_damaged_backup_is_refused_and_leaves_nothing() {
    let Some(f) = filled().await else { return };
    let dir = TempDir::new().unwrap();
    let (file, manifest) = create(&f.store, dir.path(), 1_000).await.unwrap();
    let whole = fs::read(&file).unwrap();
    let database = dir.path().join("quibble.db");
    let refused = async |bytes: &[u8]| {
        fs::write(&file, bytes).unwrap();
        let verified = verify(&file).await.unwrap_err();
        let error = put(&file, &database).await.unwrap_err();
        assert!(!database.exists());
        assert_eq!(verified.to_string(), error.to_string());
        error
    };
    let half = refused(&whole[..whole.len() / 2]).await;
    assert!(matches!(half, BackupError::NotABackup(_)), "{half}");
    let text = refused(b"my holiday").await;
    assert!(matches!(text, BackupError::NotABackup(_)), "{text}");
    let mut bent = whole.clone();
    bent[whole.len() / 2] ^= 0x55;
    let bent = refused(&bent).await;
    assert!(matches!(bent, BackupError::Damaged { .. } | BackupError::NotABackup(_)), "{bent}");

    // Another database under the same manifest, and the same under another one.
    let copy = dir.path().join("unpacked").join("quibble.db");
    fs::write(&file, &whole).unwrap();
    archive::read(&file, &dir.path().join("unpacked")).unwrap();
    let repacked = |manifest: &Manifest, database: &Path| {
        let packed = dir.path().join("repacked.zip");
        archive::write(manifest, database, &packed).unwrap();
        let bytes = fs::read(&packed).unwrap();
        fs::remove_file(packed).unwrap();
        bytes
    };
    let other = dir.path().join("other.db");
    fs::write(&other, "not a database").unwrap();
    let swapped = refused(&repacked(&manifest, &other)).await;
    assert!(swapped.to_string().contains("is not the one that it names"), "{swapped}");
    let mut lying = manifest.clone();
    lying.rows.insert("questions".to_owned(), 3);
    let lying = refused(&repacked(&lying, &copy)).await;
    assert!(lying.to_string().contains("other rows than it says"), "{lying}");
}

#[tokio::test]
async fn a_backup_of_a_newer_schema_is_not_restored() {
    let Some(f) = filled().await else { return };
    let dir = TempDir::new().unwrap();
    let (file, mut manifest) = create(&f.store, dir.path(), 1_000).await.unwrap();
    let copy = dir.path().join("unpacked").join("quibble.db");
    archive::read(&file, &dir.path().join("unpacked")).unwrap();
    manifest.schema += 1;
    fs::remove_file(&file).unwrap();
    archive::write(&manifest, &copy, &file).unwrap();
    let refused = put(&file, &dir.path().join("quibble.db")).await.unwrap_err();
    assert!(matches!(refused, BackupError::Newer { .. }), "{refused}");
}
