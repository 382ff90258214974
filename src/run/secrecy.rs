//! How connections are encrypted at present, for hosts who ask. Put together here, where it is known what listeners show,
//! what was configured, and what an authority said; so the edge knows neither listeners nor authorities.

use super::encryption::ends_soon;
use crate::acme;
use crate::clock::Clock;
use crate::config::{self, CertificateSource, Config};
use crate::http::{self, EncryptionMode};
use crate::net::{Certificate, Certificates};
use crate::store::{Stage, Store, StoreError};
use futures_util::future::BoxFuture;
use std::sync::Arc;

/// Knows how connections are encrypted.
#[derive(Debug)]
pub(super) struct Secrecy {
    source: CertificateSource,
    shown: Certificates,
    store: Store,
    clock: Clock,
}

impl Secrecy {
    /// None: they are not.
    pub fn of(
        config: &Config,
        shown: &Certificates,
        store: &Store,
        clock: &Clock,
    ) -> Option<Arc<dyn http::KnowsEncryption>> {
        let source = config.tls.as_ref()?.certificate.clone();
        Some(Arc::new(Self { source, shown: shown.clone(), store: store.clone(), clock: clock.clone() }))
    }

    /// With a certificate of ours or of the operator's.
    fn kept(&self, mode: EncryptionMode) -> http::Encryption {
        let shown = self.shown.shown();
        let shown = shown.as_deref();
        http::Encryption {
            mode,
            names: shown.map_or_else(Vec::new, Certificate::hosts),
            not_after_ms: shown.map(|shown| shown.not_after_ms),
            ends_soon: shown.is_some_and(|shown| ends_soon(shown, self.clock.now_ms())),
            acme: None,
        }
    }

    /// With one from an authority.
    async fn given(&self, wanted: &config::Acme) -> Result<http::Encryption, StoreError> {
        let now_ms = self.clock.now_ms();
        let standing = acme::standing(&self.store, wanted, now_ms).await?;
        let failed = standing.failed().map(|attempt| http::FailedTry {
            at_ms: attempt.at,
            problem: acme::for_hosts(attempt.problem.as_deref().unwrap_or_default()),
            was_rehearsal: attempt.stage == Stage::Rehearsal,
        });
        let shown = self.shown.shown();
        let is_late = |shown: &Certificate| now_ms > acme::late_from(shown.not_before_ms, shown.not_after_ms);
        Ok(http::Encryption {
            mode: EncryptionMode::Acme,
            names: wanted.domains.clone(),
            not_after_ms: shown.as_ref().map(|shown| shown.not_after_ms),
            ends_soon: shown.as_deref().is_some_and(is_late),
            acme: Some(http::AcmeStanding { next_try_ms: standing.next_at, failed }),
        })
    }
}

impl http::KnowsEncryption for Secrecy {
    fn encryption(&self) -> BoxFuture<'_, Result<http::Encryption, StoreError>> {
        Box::pin(async {
            match &self.source {
                CertificateSource::Files { .. } => Ok(self.kept(EncryptionMode::Files)),
                CertificateSource::SelfSigned => Ok(self.kept(EncryptionMode::SelfSigned)),
                CertificateSource::Acme(wanted) => self.given(wanted).await,
            }
        })
    }
}
