//! Where a database is, as somebody writes it on a command line.

use crate::config::{Config, Secret, server_url};
use crate::run::{self, Lock};
use crate::store::Address;
use anyhow::{Context, bail, ensure};
use std::path::Path;
use url::Url;

/// Connections that a copy needs at most.
const CONNECTIONS: u32 = 2;

/// A database, which may not be there yet.
#[derive(Debug, PartialEq, Eq)]
pub struct Place(Address);

impl Place {
    /// Reads what somebody wrote: `configured`, a URL, a data folder, or a file.
    ///
    /// # Errors
    /// In words, without the password in it, when it is none of these.
    pub fn read(text: &str, password: Option<String>, allow_plaintext: bool, config: &Config) -> anyhow::Result<Self> {
        if text.contains("://") {
            return Ok(Self(at_server(text, password, allow_plaintext)?));
        }
        ensure!(password.is_none(), "a password file goes with a URL only");
        if text == "configured" {
            return Ok(Self(run::address(config)));
        }
        let path = Path::new(text);
        let file = if path.is_dir() || text.ends_with('/') { run::database_file(path) } else { path.to_owned() };
        Ok(Self(Address::File(file)))
    }

    pub fn address(&self) -> &Address {
        &self.0
    }

    /// A source is there. A server is asked by the copy itself.
    ///
    /// # Errors
    /// In words, when there is no such file.
    pub fn is_there(&self) -> anyhow::Result<()> {
        if let Address::File(file) = &self.0 {
            ensure!(file.is_file(), "there is no database at {}", file.display());
        }
        Ok(())
    }

    /// Makes the folder of the target if need be.
    ///
    /// # Errors
    /// In words, when it cannot be made.
    pub fn make_folder(&self) -> anyhow::Result<()> {
        match &self.0 {
            Address::File(file) => run::make_private_dir(folder(file)),
            Address::Postgres { .. } => Ok(()),
        }
    }

    /// Keeps a Quibble from starting with it meanwhile. A server is asked by the copy itself.
    ///
    /// # Errors
    /// In words, when one is running.
    pub fn lock(&self) -> anyhow::Result<Option<Lock>> {
        let Address::File(file) = &self.0 else { return Ok(None) };
        let dir = folder(file);
        if *file != run::database_file(dir) || !dir.is_dir() {
            return Ok(None);
        }
        let lock = Lock::take(dir)?;
        ensure!(lock.is_some(), "a Quibble is running with the data in {}. Stop it first", dir.display());
        Ok(lock)
    }
}

fn folder(file: &Path) -> &Path {
    file.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn at_server(text: &str, password: Option<String>, allow_plaintext: bool) -> anyhow::Result<Address> {
    // What is wrong is said without the URL, which may hold a password all the same.
    let mut url = Url::parse(text).context("this is not a URL that can be used")?;
    if url.password().is_some() || url.query_pairs().any(|(key, _)| key == "password") {
        bail!(
            "others on this machine can read a password in a command line. Leave it out, and give it in a file \
             (--from-password-file, --to-password-file), as PGPASSWORD or in ~/.pgpass"
        );
    }
    if let Some(password) = password {
        url.set_password(Some(&password)).map_err(|()| anyhow::anyhow!("a password needs a URL with a host"))?;
    }
    let url: Secret = server_url(url.as_str(), allow_plaintext).map_err(anyhow::Error::msg)?;
    Ok(Address::Postgres { url: url.expose().to_owned(), direct_url: None, max_connections: CONNECTIONS })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_gets_its_password_from_elsewhere() {
        let bare = "postgres://me@localhost/q?sslmode=disable";
        let at = |text: &str, password: Option<&str>| at_server(text, password.map(str::to_owned), false);
        let Address::Postgres { url, .. } = at(bare, Some("p@ss/wörd")).unwrap() else { panic!() };
        assert_eq!(url, "postgres://me:p%40ss%2Fw%C3%B6rd@localhost/q?sslmode=disable");
        for text in ["postgres://me:hunter2@localhost/q", "postgres://me@localhost/q?password=hunter2"] {
            let refused = format!("{:#}", at(text, None).unwrap_err());
            assert!(refused.contains("PGPASSWORD") && !refused.contains("hunter2"), "{refused}");
        }
        let refused = format!("{:#}", at("postgres://me@db.example.org/q", None).unwrap_err());
        assert!(refused.contains("unencrypted"), "{refused}");
        assert!(at_server("postgres://me@db.example.org/q", None, true).is_ok());
        assert!(at("mysql://me@localhost/q", None).is_err());
    }
}
