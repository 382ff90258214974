//! Certificates of the authority of the tests.

use super::manner::Sends;
use base64::prelude::{BASE64_URL_SAFE_NO_PAD as BASE64, Engine};
use rcgen::{CertificateParams, Issuer, KeyPair, PublicKeyData};
use time::OffsetDateTime;
use x509_parser::certification_request::X509CertificationRequest;
use x509_parser::prelude::FromDer;

/// What is sent for an order for `names`, as PEM. `life_ms` is from when to when it is valid.
pub(super) fn signed(
    issuer: &Issuer<'static, KeyPair>,
    sends: Sends,
    names: &[String],
    request: &str,
    life_ms: (i64, i64),
    serial: u64,
) -> String {
    let request = BASE64.decode(request).unwrap();
    let (_, request) = X509CertificationRequest::from_der(&request).unwrap();
    let key = TheirKey(request.certification_request_info.subject_pki.subject_public_key.data.to_vec());
    let names = match sends {
        Sends::ForOtherNames => vec!["other.example.org".to_owned()],
        Sends::ForTheFirstNameOnly => names[..1].to_vec(),
        Sends::WhatWasOrdered | Sends::WithAnotherKey | Sends::Nonsense => names.to_vec(),
    };
    let mut params = CertificateParams::new(names).unwrap();
    let second = |ms: i64| OffsetDateTime::from_unix_timestamp(ms / 1_000).unwrap();
    (params.not_before, params.not_after) = (second(life_ms.0), second(life_ms.1));
    params.use_authority_key_identifier_extension = true;
    params.serial_number = Some(serial.into());
    match sends {
        Sends::WithAnotherKey => params.signed_by(&KeyPair::generate().unwrap(), issuer).unwrap().pem(),
        Sends::Nonsense => "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".to_owned(),
        Sends::WhatWasOrdered | Sends::ForOtherNames | Sends::ForTheFirstNameOnly => {
            params.signed_by(&key, issuer).unwrap().pem()
        }
    }
}

/// The key of a request: ECDSA with P-256.
struct TheirKey(Vec<u8>);

impl PublicKeyData for TheirKey {
    fn der_bytes(&self) -> &[u8] {
        &self.0
    }

    fn algorithm(&self) -> &'static rcgen::SignatureAlgorithm {
        &rcgen::PKCS_ECDSA_P256_SHA256
    }
}
