//! `[auth]`: who may come in.

use super::listen::Listen;
use super::problem::Wrong;
use super::reader::{Reader, Reported};
use super::secret::Secret;
use super::server::Server;
use super::settings::Setting;

pub(super) const SETTINGS: &[Setting] = &[
    Setting { short_names: &["DEV_AUTH_TOKEN"], is_secret: true, ..Setting::new("auth.dev_token") },
    Setting { is_secret: true, ..Setting::new("auth.secret_key") },
];

/// A key must not be guessed, in bytes.
const SECRET_KEY_BYTES_MIN: usize = 32;

/// The longest token, in bytes: it travels in a header.
const DEV_TOKEN_BYTES_MAX: usize = 512;

/// Who may come in.
#[derive(Debug, Clone)]
pub struct Auth {
    /// A bearer token that stands for the owner. Set only while we listen on loopback alone.
    pub dev_token: Option<Secret>,
    /// Seals what must not be read from a copy of the database. None: a file of the data folder has it.
    pub secret_key: Option<Secret>,
}

impl Auth {
    pub(super) fn read(reader: &mut Reader) -> Result<Self, Reported> {
        let dev_token = reader.optional("auth.dev_token", dev_token);
        let secret_key = reader.optional("auth.secret_key", key);
        Ok(Self { dev_token: dev_token?, secret_key: secret_key? })
    }

    /// The first of these places at which others could use the token, if there is one.
    pub fn exposed_at<'a>(&self, places: impl IntoIterator<Item = &'a Listen>) -> Option<&'a Listen> {
        self.dev_token.as_ref()?;
        places.into_iter().find(|place| !place.is_of_this_machine())
    }

    /// A token that opens everything must not be reachable from another machine.
    pub(super) fn check_reach<'a>(
        &self,
        listen: impl IntoIterator<Item = &'a Listen>,
        reader: &mut Reader,
    ) -> Result<(), Reported> {
        let Some(outside) = self.exposed_at(listen) else { return Ok(()) };
        let wrong = Wrong::new(format!(
            "stands for the owner, so it works only while nobody but this machine can connect; \
             but we listen on {outside}"
        ));
        let hint = "remove it, or listen on this machine alone: --listen 127.0.0.1:8080, or ADDR=127.0.0.1:8080";
        Err(reader.report("auth.dev_token", wrong.hint(hint)))
    }
}

impl Auth {
    /// Nor must one that others come through.
    pub(super) fn check_proxies(&self, server: &Server, reader: &mut Reader) -> Result<(), Reported> {
        if self.dev_token.is_none() || server.proxies.are_none() {
            return Ok(());
        }
        let wrong =
            Wrong::new("stands for the owner, and others come in through the proxies in server.trusted_proxies");
        Err(reader.report("auth.dev_token", wrong.hint("remove one of the two")))
    }
}

fn dev_token(text: &str) -> Result<Secret, Wrong> {
    if text.is_empty() {
        return Err(Wrong::new("is empty").hint("remove it, or choose a token"));
    }
    if text.len() > DEV_TOKEN_BYTES_MAX {
        return Err(Wrong::new(format!("is longer than {DEV_TOKEN_BYTES_MAX} bytes")));
    }
    Secret::for_header(text)
}

/// A secret key that is not in the configuration yet.
///
/// # Errors
/// What is wrong with it, in words.
pub fn secret_key(text: &str) -> Result<Secret, String> {
    key(text).map_err(|wrong| match wrong.hint {
        Some(hint) => format!("a secret key {}; {hint}", wrong.what),
        None => format!("a secret key {}", wrong.what),
    })
}

fn key(text: &str) -> Result<Secret, Wrong> {
    if text.len() < SECRET_KEY_BYTES_MIN {
        let wrong = Wrong::new(format!("must have at least {SECRET_KEY_BYTES_MIN} characters"));
        return Err(wrong.hint("`openssl rand -hex 32` makes a good one"));
    }
    Ok(Secret::new(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_fits_in_a_header() {
        assert!(dev_token(&"a".repeat(DEV_TOKEN_BYTES_MAX)).is_ok());
        for text in ["", "two words", "tok\u{e9}n", "line\nbreak", &"a".repeat(DEV_TOKEN_BYTES_MAX + 1)] {
            assert!(dev_token(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_secret_key_is_long() {
        assert!(secret_key(&"k".repeat(SECRET_KEY_BYTES_MIN)).is_ok());
        assert!(secret_key(&"k".repeat(SECRET_KEY_BYTES_MIN - 1)).is_err());
    }
}
