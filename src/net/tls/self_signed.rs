//! A certificate that we make ourselves: it encrypts, but browsers believe nobody who signs for themselves.

use std::time::Duration;

use rcgen::{CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair};
use time::OffsetDateTime;

use super::certificate::Pem;

/// It is valid for so long: as long as some systems accept at most.
const VALID_FOR: Duration = Duration::from_secs(397 * 24 * 3_600);

/// It begins a little earlier, for those whose clock is slow.
const VALID_SINCE: Duration = Duration::from_secs(24 * 3_600);

/// A new key (ECDSA, P-256) with a certificate for `hosts`, names and addresses, that it signed itself at `now_ms`.
///
/// # Errors
/// When one of the hosts is neither, or the system gives no randomness.
pub fn self_signed(hosts: Vec<String>, now_ms: i64) -> Result<Pem, rcgen::Error> {
    let now = OffsetDateTime::from_unix_timestamp(now_ms / 1_000).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let mut params = CertificateParams::new(hosts)?;
    params.not_before = now.saturating_sub(VALID_SINCE.try_into().unwrap_or_default());
    params.not_after = now.saturating_add(VALID_FOR.try_into().unwrap_or_default());
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "Quibble, signed by itself");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let key = KeyPair::generate()?;
    let certificate = params.self_signed(&key)?;
    Ok(Pem { chain: certificate.pem().into_bytes(), key: key.serialize_pem().into_bytes() })
}
