//! What is sealed with the secret key, wherever it is kept.

use super::{Store, StoreError};
use sqlx::Row;

/// A text that is sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    pub what: SealedWhat,
    /// What it is sealed for.
    pub purpose: String,
    pub text: String,
}

/// What a sealed text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SealedWhat {
    /// What an authority knows us by.
    AcmeAccount,
    /// The private key of a certificate.
    CertificateKey,
}

impl Store {
    /// Everything that is sealed.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn sealed(&self) -> Result<Vec<Sealed>, StoreError> {
        let mut tx = self.read().await?;
        let mut sealed = Vec::new();
        for what in [SealedWhat::AcmeAccount, SealedWhat::CertificateKey] {
            for row in sqlx::query(what.select()).fetch_all(&mut tx).await? {
                sealed.push(Sealed { what, purpose: row.try_get("purpose")?, text: row.try_get("text")? });
            }
        }
        Ok(sealed)
    }

    /// Keeps other texts in place of sealed ones: all of them, or none. False: somebody else has changed one.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn seal_again(&self, again: &[(Sealed, String)]) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        for (before, text) in again {
            let statement = sqlx::query(before.what.update()).bind(&before.purpose).bind(&before.text).bind(text);
            if statement.execute(&mut tx).await?.rows_affected() != 1 {
                return Ok(false);
            }
        }
        tx.commit().await?;
        Ok(true)
    }
}

impl SealedWhat {
    const fn select(self) -> &'static str {
        match self {
            Self::AcmeAccount => {
                "SELECT directory AS purpose, credentials AS text FROM acme_accounts ORDER BY directory"
            }
            Self::CertificateKey => {
                "SELECT names AS purpose, private_key AS text FROM certificates WHERE private_key IS NOT NULL
                 ORDER BY names"
            }
        }
    }

    const fn update(self) -> &'static str {
        match self {
            Self::AcmeAccount => "UPDATE acme_accounts SET credentials = $3 WHERE directory = $1 AND credentials = $2",
            Self::CertificateKey => "UPDATE certificates SET private_key = $3 WHERE names = $1 AND private_key = $2",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::HeldCertificate;
    use super::super::fixture::Fixture;
    use super::*;

    #[tokio::test]
    async fn sealed_texts_are_replaced_together_or_not_at_all() {
        let Fixture { store, .. } = &Fixture::new().await;
        store.keep_acme_account("https://ca.test/dir", "a", 1).await.unwrap();
        let held = HeldCertificate {
            chain: "chain".to_owned(),
            private_key: "b".to_owned(),
            issued_at: 1,
            not_before: 1,
            not_after: 2,
            renewal: None,
            ask_again_at: None,
            wanted_at: None,
        };
        store.keep_certificate("quiz.example.org", &held).await.unwrap();
        let sealed = store.sealed().await.unwrap();
        let texts = |sealed: &[Sealed]| sealed.iter().map(|one| one.text.clone()).collect::<Vec<_>>();
        assert_eq!(texts(&sealed), ["a", "b"]);
        let again: Vec<_> = sealed.iter().map(|one| (one.clone(), format!("{} again", one.text))).collect();
        // Somebody was faster with the second.
        store
            .keep_certificate("quiz.example.org", &HeldCertificate { private_key: "c".to_owned(), ..held })
            .await
            .unwrap();
        assert!(!store.seal_again(&again).await.unwrap());
        assert_eq!(texts(&store.sealed().await.unwrap()), ["a", "c"]);
        assert!(store.seal_again(&again[..1]).await.unwrap());
        assert_eq!(texts(&store.sealed().await.unwrap()), ["a again", "c"]);
    }
}
