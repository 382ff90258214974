//! Passwords: argon2id (RFC 9106) with OWASP's parameters, as PHC strings.

use crate::ids::Ids;
use crate::limits::{PASSWORD_CHARS_MAX, PASSWORD_CHARS_MIN};
use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Memory in KiB, passes and lanes of one hash: 19 MiB, 2, 1.
const PARAMS: (u32, u32, u32) = (19 * 1024, 2, 1);

/// Hashes that are computed at the same time, so that a flood of sign-ins cannot eat the memory.
const AT_ONCE: usize = 2;

/// Hashes and verifies passwords off the async threads. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Passwords {
    ids: Ids,
    params: (u32, u32, u32),
    turns: Arc<Semaphore>,
}

/// What is wrong with a new password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordProblem {
    #[error(
        "A password needs at least {PASSWORD_CHARS_MIN} characters. A few words that only you put together are good."
    )]
    TooShort,
    #[error("A password has at most {PASSWORD_CHARS_MAX} characters.")]
    TooLong,
    #[error("The password could not be hashed.")]
    Failed,
}

impl Passwords {
    /// With the parameters for production.
    pub fn new(ids: Ids) -> Self {
        Self { ids, params: PARAMS, turns: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    /// The PHC string of a new password.
    ///
    /// # Errors
    /// What is wrong with the password.
    pub async fn hash(&self, password: String) -> Result<String, PasswordProblem> {
        let length = password.chars().count();
        if length < PASSWORD_CHARS_MIN {
            return Err(PasswordProblem::TooShort);
        }
        if length > PASSWORD_CHARS_MAX {
            return Err(PasswordProblem::TooLong);
        }
        let mut salt = [0; 16];
        self.ids.fill(&mut salt);
        let argon = argon(self.params).ok_or(PasswordProblem::Failed)?;
        self.in_turn(move || {
            argon.hash_password_with_salt(password.as_bytes(), &salt).map(|hash| hash.to_string()).ok()
        })
        .await
        .flatten()
        .ok_or(PasswordProblem::Failed)
    }

    /// Whether the password is the one that was hashed. Without a hash it never is, and takes as long to find out.
    pub async fn verify(&self, password: String, hash: Option<String>) -> bool {
        if password.chars().count() > PASSWORD_CHARS_MAX {
            return false;
        }
        let params = self.params;
        let verified = self.in_turn(move || {
            if let Some(hash) = hash.as_deref().and_then(|hash| PasswordHash::new(hash).ok()) {
                Argon2::default().verify_password(password.as_bytes(), &hash).is_ok()
            } else {
                let _ = argon(params).map(|argon| argon.hash_password_with_salt(password.as_bytes(), &[0; 16]).is_ok());
                false
            }
        });
        verified.await.unwrap_or(false)
    }

    async fn in_turn<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        let turn = Arc::clone(&self.turns).acquire_owned().await.ok()?;
        // The work goes on when nobody waits for it any more, so it keeps its turn itself.
        let work = move || {
            let _turn = turn;
            work()
        };
        tokio::task::spawn_blocking(work).await.ok()
    }
}

fn argon((memory, passes, lanes): (u32, u32, u32)) -> Option<Argon2<'static>> {
    let params = Params::new(memory, passes, lanes, None).ok()?;
    Some(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;

    fn passwords() -> Passwords {
        Passwords::new(Ids::seeded(Clock::manual(0), 1))
    }

    #[tokio::test]
    async fn only_the_same_password_verifies() {
        let hash = passwords().hash("correct horse battery".to_owned()).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(passwords().verify("correct horse battery".to_owned(), Some(hash.clone())).await);
        assert!(!passwords().verify("correct horse batterz".to_owned(), Some(hash)).await);
        assert!(!passwords().verify("correct horse battery".to_owned(), None).await);
    }

    #[tokio::test]
    async fn lengths_are_limited() {
        let hash = |length: usize| async move { passwords().hash("ü".repeat(length)).await };
        assert_eq!(hash(PASSWORD_CHARS_MIN - 1).await, Err(PasswordProblem::TooShort));
        assert!(hash(PASSWORD_CHARS_MIN).await.is_ok());
        assert!(hash(PASSWORD_CHARS_MAX).await.is_ok());
        assert_eq!(hash(PASSWORD_CHARS_MAX + 1).await, Err(PasswordProblem::TooLong));
    }
}
