//! Seals what must not be read from a copy of the database: AES-256 in Galois/counter mode (NIST SP 800-38D) with a random
//! nonce, bound to what it is for.

use crate::config::Secret;
use crate::ids::hex;
use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// Seals and opens. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Vault(Arc<RandomizedNonceKey>);

/// It was sealed with another key, for something else, or was changed since.
#[derive(Debug, thiserror::Error)]
#[error("it was sealed with another secret key, or is damaged")]
pub struct WrongKey;

impl Vault {
    /// A vault that opens with `key`, of any length: what is in it is as hard to read as that is to guess.
    ///
    /// # Errors
    /// Never for a key of this length; the library could refuse one of another.
    pub fn new(key: &Secret) -> Result<Self, WrongKey> {
        let digest = Sha256::digest(key.expose());
        Ok(Self(Arc::new(RandomizedNonceKey::new(&AES_256_GCM, &digest).map_err(|_| WrongKey)?)))
    }

    /// Seals a text for one purpose. Hexadecimal digits.
    ///
    /// # Errors
    /// When the system has no randomness.
    pub fn seal(&self, purpose: &str, text: &str) -> Result<String, WrongKey> {
        let mut bytes = text.as_bytes().to_vec();
        let nonce = self.0.seal_in_place_append_tag(Aad::from(purpose), &mut bytes).map_err(|_| WrongKey)?;
        Ok(hex(nonce.as_ref()) + &hex(&bytes))
    }

    /// What was sealed for this purpose.
    ///
    /// # Errors
    /// [`WrongKey`]
    pub fn open(&self, purpose: &str, sealed: &str) -> Result<String, WrongKey> {
        let byte = |digits: &[u8]| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok();
        let bytes: Option<Vec<u8>> = sealed.as_bytes().chunks(2).map(byte).collect();
        let mut bytes = bytes.filter(|bytes| bytes.len() > NONCE_LEN).ok_or(WrongKey)?;
        let mut text = bytes.split_off(NONCE_LEN);
        let nonce = Nonce::try_assume_unique_for_key(&bytes).map_err(|_| WrongKey)?;
        let opened = self.0.open_in_place(nonce, Aad::from(purpose), &mut text).map_err(|_| WrongKey)?;
        String::from_utf8(opened.to_vec()).map_err(|_| WrongKey)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_with_the_same_key_and_for_the_same_purpose_only() {
        let vault = Vault::new(&Secret::new("a key")).unwrap();
        let sealed = vault.seal("the account", "naïve secret").unwrap();
        assert!(!sealed.contains("secret"));
        assert_ne!(vault.seal("the account", "naïve secret").unwrap(), sealed, "no two are alike");
        assert_eq!(vault.open("the account", &sealed).unwrap(), "naïve secret");
        assert!(vault.open("another account", &sealed).is_err());
        assert!(Vault::new(&Secret::new("b key")).unwrap().open("the account", &sealed).is_err());
        let damaged = format!("{}0", &sealed[..sealed.len() - 1]);
        let shorter = &sealed[..sealed.len() - 2];
        for wrong in ["", "00", "no digits", &sealed[..24], shorter, &damaged.replace("00", "01")] {
            assert!(wrong == sealed || vault.open("the account", wrong).is_err(), "{wrong}");
        }
    }
}
