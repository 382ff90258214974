//! A certificate with its key, as it is read from PEM.

use std::net::IpAddr;
use std::sync::Arc;

use rustls::client::verify_server_name;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::ParsedCertificate;
use rustls::sign::CertifiedKey;
use sha2::{Digest, Sha256};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer;

/// A certificate chain and the private key of its first certificate, as PEM
/// ([RFC 7468](https://www.rfc-editor.org/rfc/rfc7468)).
#[derive(Clone, PartialEq, Eq)]
pub struct Pem {
    /// Our certificate first, then those up to the one below the root.
    pub chain: Vec<u8>,
    /// PKCS#8, PKCS#1 or SEC1, not encrypted.
    pub key: Vec<u8>,
}

/// A certificate that can be shown: its key fits.
#[derive(Debug)]
pub struct Certificate {
    key: Arc<CertifiedKey>,
    names: Vec<Name>,
    /// The first instant at which it is valid, and the last, in milliseconds since the Unix epoch.
    pub not_before_ms: i64,
    pub not_after_ms: i64,
    /// It is shown to whoever connects, by whatever name: nobody believes it anyway.
    is_for_all: bool,
}

/// Whom a certificate is for (subjectAltName,
/// [RFC 5280 §4.2.1.6](https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.6)).
#[derive(Clone, Debug, PartialEq, Eq)]
enum Name {
    Dns(String),
    Address(IpAddr),
}

/// Why a certificate cannot be shown. `Display` says what to do.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    #[error("the certificate is not PEM, which begins with -----BEGIN CERTIFICATE-----: {0}")]
    Chain(rustls::pki_types::pem::Error),
    #[error("there is no certificate: PEM with -----BEGIN CERTIFICATE----- is wanted")]
    NoCertificate,
    #[error("the key is not PEM with an unencrypted private key: {0}")]
    Key(rustls::pki_types::pem::Error),
    #[error("the first certificate cannot be read: our own goes first, then those of its authorities")]
    Unreadable,
    #[error("the certificate and the key do not belong together")]
    Mismatch,
    #[error("the key cannot be used: {0}. One for ECDSA (P-256) or RSA (2048 bits) can")]
    Unusable(rustls::Error),
    #[error("the certificate names nobody: it needs a subjectAltName")]
    Nameless,
}

impl Certificate {
    /// Reads a certificate and its key, and makes sure that they belong together. Whether it is valid at present, and
    /// whether anybody believes it, is for others to ask.
    ///
    /// # Errors
    /// When it cannot be shown, in words.
    pub fn from_pem(pem: &Pem) -> Result<Self, CertificateError> {
        let chain: Vec<CertificateDer<'static>> =
            CertificateDer::pem_slice_iter(&pem.chain).collect::<Result<_, _>>().map_err(CertificateError::Chain)?;
        let key = PrivateKeyDer::from_pem_slice(&pem.key).map_err(CertificateError::Key)?;
        let first = chain.first().ok_or(CertificateError::NoCertificate)?;
        let (_, parsed) = X509Certificate::from_der(first).map_err(|_| CertificateError::Unreadable)?;
        let names = names(&parsed);
        let validity = parsed.validity();
        let ms = |seconds: i64| seconds.saturating_mul(1_000);
        let (not_before_ms, not_after_ms) = (ms(validity.not_before.timestamp()), ms(validity.not_after.timestamp()));
        if names.is_empty() {
            return Err(CertificateError::Nameless);
        }
        let key = CertifiedKey::from_der(chain.clone(), key, &aws_lc_rs::default_provider());
        let key = key.map_err(|error| match error {
            rustls::Error::InconsistentKeys(_) => CertificateError::Mismatch,
            error => CertificateError::Unusable(error),
        })?;
        Ok(Self { key: Arc::new(key), names, not_before_ms, not_after_ms, is_for_all: false })
    }

    /// Shows it to whoever connects, by whatever name.
    #[must_use]
    pub fn for_all(self) -> Self {
        Self { is_for_all: true, ..self }
    }

    /// The host that players open, where browsers believe the certificate: the first name without an asterisk, else an
    /// address.
    pub fn host(&self) -> Option<String> {
        if self.is_for_all {
            return None;
        }
        let names = self.names.iter().filter_map(|name| match name {
            Name::Dns(name) if !name.contains('*') => Some(name.clone()),
            Name::Dns(_) | Name::Address(_) => None,
        });
        let addresses = self.names.iter().filter_map(|name| match name {
            Name::Address(IpAddr::V4(address)) => Some(address.to_string()),
            Name::Address(IpAddr::V6(address)) => Some(format!("[{address}]")),
            Name::Dns(_) => None,
        });
        names.chain(addresses).next()
    }

    /// The names and addresses that it is for.
    pub fn hosts(&self) -> Vec<String> {
        let host = |name: &Name| match name {
            Name::Dns(name) => name.clone(),
            Name::Address(address) => address.to_string(),
        };
        self.names.iter().map(host).collect()
    }

    /// Whom it is for, for people.
    pub fn names(&self) -> String {
        self.hosts().join(", ")
    }

    /// The SHA-256 of the certificate, as browsers show it: pairs of hexadecimal digits with colons between them.
    pub fn fingerprint(&self) -> String {
        let digest = Sha256::digest(self.leaf());
        digest.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":")
    }

    /// Whether it is shown to whoever asks for this name.
    pub fn is_for(&self, name: &str) -> bool {
        let wanted = ServerName::try_from(name).ok();
        let parsed = ParsedCertificate::try_from(self.leaf()).ok();
        let covers = wanted.zip(parsed).is_some_and(|(name, parsed)| verify_server_name(&parsed, &name).is_ok());
        self.is_for_all || covers
    }

    pub(super) fn key(&self) -> Arc<CertifiedKey> {
        Arc::clone(&self.key)
    }

    fn leaf(&self) -> &CertificateDer<'static> {
        // There is a first one: without it there is no certificate.
        &self.key.cert[0]
    }
}

fn names(parsed: &X509Certificate<'_>) -> Vec<Name> {
    let Ok(Some(extension)) = parsed.subject_alternative_name() else { return Vec::new() };
    let name = |name: &GeneralName<'_>| match name {
        GeneralName::DNSName(name) => Some(Name::Dns((*name).to_owned())),
        GeneralName::IPAddress(bytes) => {
            let v4 = <[u8; 4]>::try_from(*bytes).map(IpAddr::from);
            let address = v4.or_else(|_| <[u8; 16]>::try_from(*bytes).map(IpAddr::from));
            address.ok().map(Name::Address)
        }
        _ => None,
    };
    extension.value.general_names.iter().filter_map(name).collect()
}

impl std::fmt::Debug for Pem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pem (hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::super::self_signed;
    use super::*;

    const NOW_MS: i64 = 1_700_000_000_000;
    const DAY_MS: i64 = 24 * 3_600 * 1_000;

    fn made(hosts: &[&str]) -> Pem {
        self_signed(hosts.iter().map(|host| (*host).to_owned()).collect(), NOW_MS).unwrap()
    }

    #[test]
    fn a_certificate_says_whom_it_is_for_and_until_when() {
        let certificate = Certificate::from_pem(&made(&["*.example.org", "quiz.example.org", "192.168.1.5"])).unwrap();
        assert_eq!(certificate.names(), "*.example.org, quiz.example.org, 192.168.1.5");
        assert_eq!(certificate.host().as_deref(), Some("quiz.example.org"));
        assert_eq!(certificate.not_before_ms, NOW_MS - DAY_MS);
        assert_eq!(certificate.not_after_ms, NOW_MS + 397 * DAY_MS);
        for (name, ours) in [
            ("quiz.example.org", true),
            ("QUIZ.example.org", true),
            ("other.example.org", true),
            ("192.168.1.5", true),
            ("example.org", false),
            ("a.b.example.org", false),
            ("192.168.1.6", false),
            ("not a name", false),
        ] {
            assert_eq!(certificate.is_for(name), ours, "{name}");
        }
        let for_all = certificate.for_all();
        assert!(for_all.is_for("example.org"));
        assert_eq!(for_all.host(), None);
        assert_eq!(Certificate::from_pem(&made(&["*.example.org", "::1"])).unwrap().host().as_deref(), Some("[::1]"));
        assert_eq!(Certificate::from_pem(&made(&["*.example.org"])).unwrap().host(), None);
    }

    #[test]
    fn what_cannot_be_shown_is_refused_in_words() {
        let (one, other) = (made(&["one.test"]), made(&["other.test"]));
        let text = |text: &str| text.as_bytes().to_vec();
        let broken = text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
        for (chain, key, said) in [
            (one.chain.clone(), other.key.clone(), "do not belong together"),
            (text(""), one.key.clone(), "there is no certificate"),
            (one.key.clone(), one.key.clone(), "there is no certificate"),
            (text("-----BEGIN CERTIFICATE-----\n"), one.key.clone(), "not PEM"),
            (broken, one.key.clone(), "cannot be read"),
            (one.chain.clone(), one.chain.clone(), "not PEM with an unencrypted private key"),
            (made(&[]).chain, one.key.clone(), "names nobody"),
        ] {
            let refused = Certificate::from_pem(&Pem { chain, key }).unwrap_err().to_string();
            assert!(refused.contains(said), "{said}: {refused}");
        }
    }

    #[test]
    fn the_key_is_not_shown_to_those_who_look_at_it_as_text() {
        assert_eq!(format!("{:?}", made(&["one.test"])), "Pem (hidden)");
    }
}
