//! `[webhooks]`: who is told what happens here.

use super::problem::Wrong;
use super::reader::{Reader, Reported};
use super::secret::Secret;
use super::settings::Setting;
use axum::http::Uri;
use base64::prelude::{BASE64_STANDARD, Engine};
use std::path::PathBuf;

pub(super) const SETTINGS: &[Setting] = &[
    Setting { is_secret: true, ..Setting::new("webhooks.urls") },
    Setting { is_secret: true, ..Setting::new("webhooks.secret") },
    Setting::new("webhooks.ca_file"),
];

const URLS_MAX: usize = 10;

/// The longest URL, in bytes.
const URL_BYTES_MAX: usize = 2_000;

/// How a key begins, and how many bytes it has
/// ([Standard Webhooks](https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md)).
const SECRET_PREFIX: &str = "whsec_";
const SECRET_BYTES_MIN: usize = 24;
const SECRET_BYTES_MAX: usize = 64;

/// Who is told what happens here.
#[derive(Debug, Clone)]
pub struct Webhooks {
    /// At least one. They may hold a secret of whom they lead to.
    pub urls: Vec<Secret>,
    /// The key that signs what is sent, in base64.
    key: Secret,
    /// The certificate authorities to trust instead of the public ones, as PEM.
    pub ca_file: Option<PathBuf>,
}

impl Webhooks {
    /// None: nobody is told.
    pub(super) fn read(reader: &mut Reader) -> Result<Option<Self>, Reported> {
        let urls = match reader.given("webhooks.urls") {
            Some(_) => reader.list("webhooks.urls", URLS_MAX, url).map(Some),
            None => Ok(None),
        };
        let key = reader.optional("webhooks.secret", key);
        let ca_file = reader.path("webhooks.ca_file");
        match (urls?, key?, ca_file?) {
            (Some(urls), Some(key), ca_file) => Ok(Some(Self { urls, key, ca_file })),
            (Some(_), None, _) => {
                let wrong = Wrong::new("has no value, and webhooks.urls is set");
                Err(reader.report("webhooks.secret", wrong.hint(HOW)))
            }
            (None, ..) => Ok(None),
        }
    }

    /// The key that signs what is sent.
    pub fn key(&self) -> Vec<u8> {
        // It was decoded before it was taken.
        BASE64_STANDARD.decode(self.key.expose()).unwrap_or_default()
    }

    /// With a key that was not read from a configuration.
    #[cfg(test)]
    pub(crate) fn made(urls: Vec<Secret>, key: &[u8]) -> Self {
        Self { urls, key: Secret::new(BASE64_STANDARD.encode(key)), ca_file: None }
    }
}

const HOW: &str = "`echo whsec_$(openssl rand -base64 32)` makes a good one";

fn key(text: &str) -> Result<Secret, Wrong> {
    let bytes = text.strip_prefix(SECRET_PREFIX).and_then(|key| BASE64_STANDARD.decode(key).ok());
    match bytes {
        Some(bytes) if (SECRET_BYTES_MIN..=SECRET_BYTES_MAX).contains(&bytes.len()) => {
            Ok(Secret::new(&text[SECRET_PREFIX.len()..]))
        }
        Some(_) | None => {
            let wrong = format!("must be {SECRET_PREFIX} and {SECRET_BYTES_MIN} to {SECRET_BYTES_MAX} bytes in base64");
            Err(Wrong::new(wrong).hint(HOW))
        }
    }
}

/// What is wrong is said without the URL, which may hold a secret.
fn url(text: &str) -> Result<Secret, Wrong> {
    let example = "write it like https://example.org/quiz-events";
    let is_web = |uri: &Uri| matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some();
    let has_login =
        text.split("://").nth(1).and_then(|rest| rest.split(['/', '?']).next()).is_some_and(|host| host.contains('@'));
    match text.parse::<Uri>() {
        Ok(uri) if is_web(&uri) && !has_login && text.len() <= URL_BYTES_MAX => Ok(Secret::new(text)),
        _ => Err(Wrong::new("is not a URL that can be called: it must begin with https:// or http://").hint(example)),
    }
}
