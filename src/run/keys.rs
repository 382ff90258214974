//! The secret key, and putting another in its place.
//!
//! Where it is in the data folder, the new one is written beside it first, then everything is sealed again in one
//! transaction, then the new one takes the place of the old. Whoever finds both goes by the one that opens what is sealed,
//! so a crash at any instant leaves a key that does.

use super::folder::{make_private_dir, write_private};
use crate::acme::{Vault, WrongKey};
use crate::config::{Config, Secret};
use crate::ids::Ids;
use crate::store::{Sealed, Store, StoreError};
use anyhow::{Context, ensure};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

const KEY_FILE: &str = "secret.key";
const NEW_KEY_FILE: &str = "secret.key.new";

/// What became of a change of the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotated {
    /// What was sealed again.
    pub sealed_again: usize,
    /// What neither key opens. It stays as it is, and counts as not there.
    pub left: usize,
    /// The file that holds the new key. None: the configuration has to.
    pub file: Option<PathBuf>,
}

/// The key that seals what must not be read from a copy of the database: as configured, else the one in the data folder,
/// which is made when there is none.
pub(super) async fn secret_key(config: &Config, store: &Store, ids: &Ids) -> anyhow::Result<Secret> {
    if let Some(key) = &config.auth.secret_key {
        return Ok(key.clone());
    }
    let dir = &config.data.dir;
    if let Some(key) = settled(dir, &store.sealed().await?)? {
        return Ok(key);
    }
    make_private_dir(dir)?;
    write_key(&dir.join(KEY_FILE), ids.token().reveal())
}

/// Puts another key in the place of the one in the data folder.
///
/// # Errors
/// In words, when there is none, or the new one cannot be kept. The old one goes on then.
pub async fn rotate_file(dir: &Path, store: &Store, ids: &Ids) -> anyhow::Result<Rotated> {
    let sealed = store.sealed().await?;
    let old = settled(dir, &sealed)?;
    let old =
        old.with_context(|| format!("there is no secret key in {} yet: it is made when it is needed", dir.display()))?;
    let new = write_key(&dir.join(NEW_KEY_FILE), ids.token().reveal())?;
    let rotated = seal_again(store, &sealed, &old, &new).await?;
    take_place(dir)?;
    Ok(Rotated { file: Some(dir.join(KEY_FILE)), ..rotated })
}

/// Seals everything with `new` that `old` opens. What `new` opens already is left, so that this can be done again.
///
/// # Errors
/// In words, when the two are the same, or the database does not take it: everything is as before then.
pub async fn rotate_configured(store: &Store, old: &Secret, new: &Secret) -> anyhow::Result<Rotated> {
    ensure!(old.expose() != new.expose(), "the new key is the one that is configured");
    seal_again(store, &store.sealed().await?, old, new).await
}

async fn seal_again(store: &Store, sealed: &[Sealed], old: &Secret, new: &Secret) -> anyhow::Result<Rotated> {
    let (old, new) = (Vault::new(old)?, Vault::new(new)?);
    let (mut again, mut left) = (Vec::new(), 0);
    for one in sealed {
        match old.open(&one.purpose, &one.text) {
            Ok(text) => again.push((one.clone(), new.seal(&one.purpose, &text)?)),
            Err(WrongKey) if new.open(&one.purpose, &one.text).is_ok() => {}
            Err(WrongKey) => left += 1,
        }
    }
    let kept: Result<bool, StoreError> = store.seal_again(&again).await;
    ensure!(kept?, "a Quibble has sealed something meanwhile, so nothing was changed. Stop it first");
    Ok(Rotated { sealed_again: again.len(), left, file: None })
}

/// The key in a folder. Of two, which a change leaves that did not come to its end, the one that opens more of what is
/// sealed; it is alone then.
fn settled(dir: &Path, sealed: &[Sealed]) -> anyhow::Result<Option<Secret>> {
    let old = read_key(&dir.join(KEY_FILE))?;
    let Some(new) = read_key(&dir.join(NEW_KEY_FILE))? else { return Ok(old) };
    let Some(old) = old else {
        take_place(dir)?;
        return Ok(Some(new));
    };
    if opened(&new, sealed)? > opened(&old, sealed)? {
        take_place(dir)?;
        tracing::info!("the change of the secret key is finished now");
        return Ok(Some(new));
    }
    // Nothing is sealed with it.
    let file = dir.join(NEW_KEY_FILE);
    fs::remove_file(&file).with_context(|| format!("{} cannot be deleted", file.display()))?;
    Ok(Some(old))
}

fn opened(key: &Secret, sealed: &[Sealed]) -> anyhow::Result<usize> {
    let vault = Vault::new(key)?;
    Ok(sealed.iter().filter(|one| vault.open(&one.purpose, &one.text).is_ok()).count())
}

/// The new key is the key from here on.
fn take_place(dir: &Path) -> anyhow::Result<()> {
    let (new, key) = (dir.join(NEW_KEY_FILE), dir.join(KEY_FILE));
    fs::rename(&new, &key).with_context(|| format!("{} cannot be renamed to {}", new.display(), key.display()))?;
    sync_dir(dir).with_context(|| format!("{} cannot be written", dir.display()))
}

fn read_key(file: &Path) -> anyhow::Result<Option<Secret>> {
    match fs::read_to_string(file) {
        Ok(text) if !text.trim().is_empty() => Ok(Some(Secret::new(text.trim()))),
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("{} cannot be read", file.display()))
        }
        Ok(_) | Err(_) => Ok(None),
    }
}

fn write_key(file: &Path, key: &str) -> anyhow::Result<Secret> {
    let written = write_private(file, key.as_bytes()).and_then(|()| sync_dir(file.parent().unwrap_or(Path::new("."))));
    written.with_context(|| format!("{} cannot be written", file.display()))?;
    Ok(Secret::new(key))
}

/// What was renamed in a folder stays so after a power cut.
fn sync_dir(dir: &Path) -> io::Result<()> {
    if cfg!(unix) { fs::File::open(dir)?.sync_all() } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::store::Address;
    use tempfile::TempDir;

    const DIRECTORY: &str = "https://ca.test/dir";

    struct Sealing {
        dir: TempDir,
        store: Store,
        ids: Ids,
    }

    impl Sealing {
        /// A data folder with a key, and something that is sealed with it.
        async fn new() -> Self {
            let dir = TempDir::new().unwrap();
            let store = Store::open(&Address::File(dir.path().join("quibble.db"))).await.unwrap();
            let key = write_key(&dir.path().join(KEY_FILE), "the first key").unwrap();
            let sealed = Vault::new(&key).unwrap().seal(DIRECTORY, "credentials").unwrap();
            store.keep_acme_account(DIRECTORY, &sealed, 1).await.unwrap();
            Self { dir, store, ids: Ids::seeded(Clock::manual(1), 1) }
        }

        async fn key(&self) -> String {
            let sealed = self.store.sealed().await.unwrap();
            settled(self.dir.path(), &sealed).unwrap().unwrap().expose().to_owned()
        }

        /// Whatever was left behind, there is one key, and it opens what is sealed.
        async fn is_whole(&self) {
            let key = Secret::new(self.key().await);
            let sealed = self.store.sealed().await.unwrap();
            assert_eq!(Vault::new(&key).unwrap().open(DIRECTORY, &sealed[0].text).unwrap(), "credentials");
            assert!(!self.dir.path().join(NEW_KEY_FILE).exists());
            assert_eq!(fs::read_to_string(self.dir.path().join(KEY_FILE)).unwrap(), key.expose());
        }
    }

    #[tokio::test]
    async fn another_key_opens_what_the_one_before_sealed() {
        let of = Sealing::new().await;
        let rotated = rotate_file(of.dir.path(), &of.store, &of.ids).await.unwrap();
        assert_eq!((rotated.sealed_again, rotated.left), (1, 0));
        let second = of.key().await;
        assert_ne!(second, "the first key");
        of.is_whole().await;
        // What no key opens stays, and keeps nobody from going on.
        of.store.keep_acme_account("https://other.test/dir", "00", 1).await.unwrap();
        let again = rotate_file(of.dir.path(), &of.store, &of.ids).await.unwrap();
        assert_eq!((again.sealed_again, again.left), (1, 1));
        assert_ne!(of.key().await, second);
        of.is_whole().await;
    }

    /// As if the process had ended after each step.
    #[tokio::test]
    async fn a_change_that_ends_in_the_middle_leaves_a_key_that_opens() {
        for steps in 0..=3 {
            let of = Sealing::new().await;
            let dir = of.dir.path();
            let sealed = of.store.sealed().await.unwrap();
            let (old, new) = (Secret::new("the first key"), Secret::new("the second key"));
            if steps >= 1 {
                write_key(&dir.join(NEW_KEY_FILE), new.expose()).unwrap();
            }
            if steps >= 2 {
                seal_again(&of.store, &sealed, &old, &new).await.unwrap();
            }
            if steps >= 3 {
                take_place(dir).unwrap();
            }
            // The next who comes is a server, or another change.
            if steps % 2 == 1 {
                rotate_file(dir, &of.store, &of.ids).await.unwrap();
            } else {
                let expected = if steps >= 2 { "the second key" } else { "the first key" };
                assert_eq!(of.key().await, expected, "after {steps} steps");
            }
            of.is_whole().await;
        }
        // The same, the other way about.
        let of = Sealing::new().await;
        let sealed = of.store.sealed().await.unwrap();
        write_key(&of.dir.path().join(NEW_KEY_FILE), "the second key").unwrap();
        seal_again(&of.store, &sealed, &Secret::new("the first key"), &Secret::new("the second key")).await.unwrap();
        rotate_file(of.dir.path(), &of.store, &of.ids).await.unwrap();
        of.is_whole().await;
    }

    #[tokio::test]
    async fn a_key_of_the_configuration_may_be_changed_twice() {
        let of = Sealing::new().await;
        let (old, new) = (Secret::new("the first key"), Secret::new("the second key"));
        assert_eq!(rotate_configured(&of.store, &old, &new).await.unwrap().sealed_again, 1);
        let again = rotate_configured(&of.store, &old, &new).await.unwrap();
        assert_eq!((again.sealed_again, again.left), (0, 0), "it was done already");
        let sealed = of.store.sealed().await.unwrap();
        assert_eq!(Vault::new(&new).unwrap().open(DIRECTORY, &sealed[0].text).unwrap(), "credentials");
        assert!(rotate_configured(&of.store, &new, &new).await.is_err());
    }
}
