//! `[acme]`: a certificate from an authority, by ACME.

use super::problem::Wrong;
use super::reader::{Reader, Reported};
use super::secret::Secret;
use super::server::{PublicUrl, is_host_name};
use super::settings::Setting;
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use std::path::PathBuf;

pub(super) const SETTINGS: &[Setting] = &[
    Setting::new("acme.domains"),
    Setting::new("acme.email"),
    Setting::new("acme.challenge"),
    Setting::new("acme.dns_hook"),
    Setting::new("acme.directory"),
    Setting::new("acme.rehearsal_directory"),
    Setting::new("acme.profile"),
    Setting::new("acme.ca_file"),
    Setting::new("acme.eab_key_id"),
    Setting { is_secret: true, ..Setting::new("acme.eab_key") },
];

/// What one certificate may be for: authorities take a hundred, and a venue has one or two.
const DOMAINS_MAX: usize = 20;

/// The longest address of an authority, in bytes.
const DIRECTORY_BYTES_MAX: usize = 500;

/// The authority that is asked unless another is set, and the one beside it that is there for tries.
const DIRECTORY: &str = "https://acme-v02.api.letsencrypt.org/directory";
const REHEARSAL_DIRECTORY: &str = "https://acme-staging-v02.api.letsencrypt.org/directory";

/// How a certificate is got from an authority.
#[derive(Debug, Clone)]
pub struct Acme {
    /// Lower case; at least one, each once. Players open the first.
    pub domains: Vec<String>,
    /// Where the authority writes to, if it does.
    pub email: Option<String>,
    pub challenge: AcmeChallenge,
    /// Sets and clears records in the DNS.
    pub dns_hook: Option<PathBuf>,
    /// The URL of the authority's directory.
    pub directory: String,
    /// That of one that is there for tries, if there is one.
    pub rehearsal_directory: Option<String>,
    /// The kind of certificate, in the authority's words.
    pub profile: Option<String>,
    /// The certificate authorities to trust for talking to the authority itself, as PEM, instead of the public ones.
    pub ca_file: Option<PathBuf>,
    /// An account that the authority has already.
    pub eab: Option<Eab>,
}

/// What binds us to an account that an authority has already
/// ([RFC 8555 §7.3.4](https://www.rfc-editor.org/rfc/rfc8555#section-7.3.4)).
#[derive(Debug, Clone)]
pub struct Eab {
    pub key_id: String,
    pub key: EabKey,
}

/// A key as the authority gives it: in base64url.
#[derive(Debug, Clone)]
pub struct EabKey(Secret);

#[cfg(test)]
impl Eab {
    /// One that was not read from a configuration.
    pub(crate) fn made(key_id: &str, key: &[u8]) -> Self {
        Self { key_id: key_id.to_owned(), key: EabKey(Secret::new(BASE64_URL_SAFE_NO_PAD.encode(key))) }
    }
}

impl EabKey {
    pub fn bytes(&self) -> Vec<u8> {
        // It was decoded before it was taken.
        BASE64_URL_SAFE_NO_PAD.decode(self.0.expose()).unwrap_or_default()
    }

    fn parse(text: &str) -> Result<Self, Wrong> {
        let text = text.trim_end_matches('=');
        match BASE64_URL_SAFE_NO_PAD.decode(text) {
            Ok(bytes) if !bytes.is_empty() => Ok(Self(Secret::new(text))),
            Ok(_) | Err(_) => Err(Wrong::new("is not a key in base64url, as certificate authorities give it")),
        }
    }
}

/// How names are proved to be ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AcmeChallenge {
    /// By HTTP, and by TLS where that does not work.
    Auto,
    Http,
    Tls,
    Dns,
}

impl Acme {
    /// Without `acme.domains` the certificate is for the host of the public URL.
    pub(super) fn read(reader: &mut Reader, public_url: Option<&PublicUrl>) -> Result<Self, Reported> {
        let of_url = public_url.and_then(PublicUrl::https_name);
        let domains = match of_url {
            Some(name) if reader.given("acme.domains").is_none() => Ok(vec![name.to_owned()]),
            _ => reader.list("acme.domains", DOMAINS_MAX, domain),
        };
        let email = reader.optional("acme.email", email);
        let challenge = reader.choice(
            "acme.challenge",
            &[
                ("auto", AcmeChallenge::Auto),
                ("http-01", AcmeChallenge::Http),
                ("tls-alpn-01", AcmeChallenge::Tls),
                ("dns-01", AcmeChallenge::Dns),
            ],
        );
        let dns_hook = reader.path("acme.dns_hook");
        let directory = reader.required("acme.directory", directory_url);
        let rehearsal = reader.optional("acme.rehearsal_directory", directory_url);
        let profile = reader.optional("acme.profile", |text| Ok(text.to_owned()));
        let ca_file = reader.path("acme.ca_file");
        let key_id = reader.optional("acme.eab_key_id", |text| Ok(text.to_owned()));
        let key = reader.optional("acme.eab_key", EabKey::parse);
        let (mut domains, challenge, dns_hook, directory) = (domains?, challenge?, dns_hook?, directory?);
        let mut seen = Vec::new();
        domains.retain(|domain| {
            !seen.contains(domain) && {
                seen.push(domain.clone());
                true
            }
        });
        match (challenge, &dns_hook) {
            (AcmeChallenge::Dns, None) => {
                let wrong = Wrong::new("has no value, and acme.challenge is \"dns-01\"");
                return Err(reader.report("acme.dns_hook", wrong.hint("name the program that changes your DNS")));
            }
            (AcmeChallenge::Dns, Some(_)) => {}
            (_, _) => {
                if let Some(wild) = domains.iter().find(|domain| domain.starts_with("*.")) {
                    let wrong =
                        Wrong::new(format!("{wild:?} stands for many names, which can be proved by \"dns-01\" only"));
                    return Err(reader.report("acme.domains", wrong.hint("set acme.challenge and acme.dns_hook")));
                }
            }
        }
        let eab = match (key_id?, key?) {
            (Some(key_id), Some(key)) => Some(Eab { key_id, key }),
            (None, None) => None,
            (Some(_), None) => return Err(half(reader, "acme.eab_key")),
            (None, Some(_)) => return Err(half(reader, "acme.eab_key_id")),
        };
        let of_default = (directory == DIRECTORY).then(|| REHEARSAL_DIRECTORY.to_owned());
        Ok(Self {
            domains,
            email: email?,
            challenge,
            dns_hook,
            rehearsal_directory: rehearsal?.or(of_default),
            directory,
            profile: profile?,
            ca_file: ca_file?,
            eab,
        })
    }
}

fn half(reader: &mut Reader, key: &str) -> Reported {
    reader.report(key, Wrong::new("is missing: acme.eab_key_id and acme.eab_key belong together"))
}

fn domain(text: &str) -> Result<String, Wrong> {
    let name = text.to_ascii_lowercase();
    let example = "write it like quiz.example.org";
    let bare = name.strip_prefix("*.").unwrap_or(&name);
    if text.contains("://") || text.contains(['/', ':']) {
        return Err(Wrong::new(format!("{text:?} is more than a name")).hint(example));
    }
    if bare.parse::<std::net::IpAddr>().is_ok() {
        return Err(Wrong::new(format!("{text:?} is an address, and a certificate is for names")).hint(example));
    }
    if !is_host_name(bare) || !bare.contains('.') {
        return Err(Wrong::new(format!("{text:?} is not a name that everybody can open")).hint(example));
    }
    Ok(name)
}

fn email(text: &str) -> Result<String, Wrong> {
    let is_one = text.split_once('@').is_some_and(|(who, host)| !who.is_empty() && is_host_name(host));
    if is_one && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(text.to_owned());
    }
    Err(Wrong::new(format!("{text:?} is not an e-mail address")).hint("write it like host@example.org"))
}

fn directory_url(text: &str) -> Result<String, Wrong> {
    if text.starts_with("https://") && text.len() <= DIRECTORY_BYTES_MAX {
        return Ok(text.to_owned());
    }
    Err(Wrong::new("is not the address of a certificate authority, which begins with https://").hint(DIRECTORY))
}
