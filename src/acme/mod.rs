//! A certificate from an authority: asked for, shown, and renewed in time, whichever replica does it and however often it
//! is started again. What is shown goes on being shown through every failure.

mod answers;
mod client;
mod hook;
mod order;
mod problem;
mod reach;
mod schedule;
#[cfg(test)]
mod tests;
mod vault;

pub use answers::Answers;
pub use problem::for_hosts;
pub use reach::{Reach, look};
pub use schedule::late_from;
pub use vault::{Vault, WrongKey};

use crate::clock::{Clock, millis, rfc3339};
use crate::config::{self, AcmeChallenge};
use crate::ids::Ids;
use crate::net::{self, Certificate, Certificates, Pem};
use crate::store::{
    Attempt, CertificateClaim, Challenge, HeldCertificate, Inspection, Outcome, Renewal, Stage, Store, StoreError,
};
use crate::telemetry::Metrics;
use client::Client;
use instant_acme::{Account, AccountCredentials, CertificateIdentifier, ExternalAccountKey, NewAccount};
use order::{Progress, Publisher, Wish};
use problem::OrderError;
use rustls::ClientConfig;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use schedule::Ways;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{interval, sleep, timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How often it is looked whether there is something to do: another replica may have got a certificate, and somebody may
/// want a new one.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// How long an order may take in all.
const ORDER_MAX: Duration = Duration::from_secs(900);

/// How often an order is repeated in one try, where the authority wants something else than that.
const REPEATS_MAX: u32 = 3;
const REPEATED_AFTER: Duration = Duration::from_secs(1);

/// Whoever orders says again and again that it still does; one that has said nothing for so long has ended.
const HELD_FOR_MS: i64 = 60 * 1_000;
const HOLD_EVERY: Duration = Duration::from_secs(15);

/// When an authority that says nothing about renewals is asked again, and the bounds of what it may say, in milliseconds.
const ASK_AGAIN_MS: i64 = 6 * 3_600 * 1_000;
const ASK_AGAIN_MS_MIN: i64 = 60 * 1_000;
const ASK_AGAIN_MS_MAX: i64 = 24 * 3_600 * 1_000;

/// How it stands with a certificate.
#[derive(Clone, Debug)]
pub struct Standing {
    pub held: Option<HeldCertificate>,
    /// What was tried in the last days, the latest last.
    pub attempts: Vec<Attempt>,
    /// When it is tried next.
    pub next_at: i64,
}

impl Standing {
    fn of(config: &config::Acme, held: Option<HeldCertificate>, attempts: Vec<Attempt>) -> Self {
        let next_at = next(config, held.as_ref(), &attempts).at;
        Self { held, attempts, next_at }
    }

    /// The last try that ended, where it failed.
    pub fn failed(&self) -> Option<&Attempt> {
        let ended = self.attempts.iter().rev().find(|attempt| attempt.outcome != Outcome::Unfinished);
        ended.filter(|attempt| attempt.outcome == Outcome::Failed)
    }
}

/// The names of a certificate, as the database knows them.
pub fn key_of(config: &config::Acme) -> String {
    let mut names = config.domains.clone();
    names.sort_unstable();
    names.join(",")
}

/// How it stands with the certificate that is wanted.
///
/// # Errors
/// When the database does not answer.
pub async fn standing(store: &Store, config: &config::Acme, now_ms: i64) -> Result<Standing, StoreError> {
    let names = key_of(config);
    let held = store.certificate(&names).await?;
    let attempts = store.attempts(&names, now_ms - schedule::COUNTED_FOR_MS).await?;
    Ok(Standing::of(config, held, attempts))
}

/// The same, beside whoever serves the database, and without writing to it.
///
/// # Errors
/// When the database does not answer, or its schema has no certificates yet.
pub async fn standing_beside(
    inspection: &mut Inspection,
    config: &config::Acme,
    now_ms: i64,
) -> Result<Standing, StoreError> {
    let names = key_of(config);
    let held = inspection.certificate(&names).await?;
    let attempts = inspection.attempts(&names, now_ms - schedule::COUNTED_FOR_MS).await?;
    Ok(Standing::of(config, held, attempts))
}

/// The next try, as the configuration wants it.
fn next(config: &config::Acme, held: Option<&HeldCertificate>, attempts: &[Attempt]) -> schedule::Next {
    let (challenges, can_rehearse) = (challenges(config), config.rehearsal_directory.is_some());
    schedule::next(schedule::due(held), attempts, Ways { challenges: &challenges, can_rehearse })
}

/// In the order in which they are tried.
fn challenges(config: &config::Acme) -> Vec<Challenge> {
    match config.challenge {
        AcmeChallenge::Auto => vec![Challenge::Http01, Challenge::TlsAlpn01],
        AcmeChallenge::Http => vec![Challenge::Http01],
        AcmeChallenge::Tls => vec![Challenge::TlsAlpn01],
        AcmeChallenge::Dns => vec![Challenge::Dns01],
    }
}

/// What a certificate is got with.
pub struct Parts {
    pub store: Store,
    pub clock: Clock,
    pub ids: Ids,
    pub metrics: Metrics,
    pub config: config::Acme,
    pub vault: Vault,
    /// Where it is shown.
    pub shown: Certificates,
}

/// Sees to the certificate of this Quibble.
pub struct Acme {
    parts: Parts,
    /// The names, as the database knows them.
    names: String,
    /// This process.
    holder: Uuid,
    trust: Arc<ClientConfig>,
    /// When the certificate was issued that was looked at last, and whether it can be shown.
    looked_at: Option<(i64, bool)>,
}

/// A certificate that has come.
struct Issued {
    pem: Pem,
    certificate: Certificate,
    /// It came as the renewal that the authority asked for.
    is_exempt: bool,
}

impl Acme {
    /// Gets ready. Nobody is asked for anything yet.
    ///
    /// # Errors
    /// When the certificates of `acme.ca_file` cannot be read.
    pub fn new(parts: Parts) -> Result<Self, net::TrustError> {
        let trust = Arc::new(net::trust(parts.config.ca_file.as_deref())?);
        let (names, holder) = (key_of(&parts.config), parts.ids.uuid());
        Ok(Self { names, holder, trust, looked_at: None, parts })
    }

    /// Shows the certificate that is there, if there is one.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn load(&mut self) -> Result<(), StoreError> {
        self.held().await?;
        Ok(())
    }

    /// Sees to it that there is one, until `stop`.
    pub async fn keep(mut self, stop: CancellationToken) {
        let mut said = None;
        loop {
            let turn = async {
                let failed = self.turn().await.err().map(|error| error.to_string());
                if let Some(error) = failed.as_ref().filter(|_| failed != said) {
                    tracing::warn!(error, "the certificate cannot be seen to at the moment");
                }
                said = failed;
                sleep(LOOK_EVERY).await;
            };
            tokio::select! {
                () = turn => {}
                () = stop.cancelled() => return,
            }
        }
    }

    /// Looks once, and does what is due.
    async fn turn(&mut self) -> Result<(), StoreError> {
        let held = self.held().await?;
        let now_ms = self.parts.clock.now_ms();
        if !held.as_ref().is_some_and(|held| asks(held, now_ms)) && self.next(held.as_ref()).await?.at > now_ms {
            return Ok(());
        }
        if !self.claim().await? {
            return Ok(());
        }
        // Another one may have done it in the meantime.
        let done = self.due().await;
        self.parts.store.release_certificate(&self.names, self.holder).await?;
        done
    }

    /// The authorities in `acme.ca_file` may have changed. They stay while it cannot be read.
    fn trust_as_of_now(&mut self) {
        let Some(file) = self.parts.config.ca_file.as_deref() else { return };
        match net::trust(Some(file)) {
            Ok(trust) => self.trust = Arc::new(trust),
            Err(error) => tracing::warn!(%error, "acme.ca_file is not used, what it had before stays"),
        }
    }

    /// Does what is due, while no other process does.
    async fn due(&mut self) -> Result<(), StoreError> {
        self.trust_as_of_now();
        let mut held = self.held().await?;
        let now_ms = self.parts.clock.now_ms();
        if let Some(certificate) = &held
            && asks(certificate, now_ms)
        {
            self.ask_about_renewal(certificate).await?;
            // That may have taken longer than the claim lasts.
            if !self.claim().await? {
                return Ok(());
            }
            held = self.held().await?;
        }
        let next = self.next(held.as_ref()).await?;
        if next.at > now_ms {
            return Ok(());
        }
        let mut attempt = Attempt {
            id: self.parts.ids.uuid(),
            at: now_ms,
            stage: next.stage,
            challenge: next.challenge,
            outcome: Outcome::Unfinished,
            is_exempt: false,
            problem: None,
        };
        self.parts.store.begin_attempt(&self.names, &attempt).await?;
        tracing::info!(names = self.names, challenge = next.challenge.text(), stage = ?next.stage, "asking for a certificate");
        let progress = Progress::default();
        let ordered = tokio::select! {
            ordered = timeout(ORDER_MAX, self.order(&attempt, held.as_ref(), &progress)) => {
                ordered.unwrap_or(Err(OrderError::Undecided("it took too long")))
            }
            () = self.hold() => Err(OrderError::TakenOver),
        };
        let result = match ordered {
            Ok(issued) => {
                attempt.outcome = Outcome::Issued;
                attempt.is_exempt = issued.is_exempt;
                if attempt.stage == Stage::Production {
                    self.keep_issued(issued).await?;
                } else {
                    tracing::info!("the rehearsal went well, the certificate itself is next");
                }
                "issued"
            }
            Err(error) => {
                let problem = error.said();
                tracing::error!(problem, "there is no new certificate");
                attempt.outcome = Outcome::Failed;
                attempt.is_exempt = !progress.is_ordered();
                attempt.problem = Some(problem);
                "failed"
            }
        };
        self.parts.metrics.certificate_orders.with_label_values(&[result]).inc();
        self.parts.store.end_attempt(&attempt).await?;
        let cleared = timeout(ORDER_MAX, progress.clear(self.parts.config.dns_hook.as_deref())).await;
        if cleared.is_err() {
            tracing::warn!("records for the certificate authority are left behind: to clear them takes too long");
        }
        Ok(())
    }

    /// The certificate of the database, which is shown from now on. One that cannot be shown is none, so that another is
    /// asked for.
    async fn held(&mut self) -> Result<Option<HeldCertificate>, StoreError> {
        let held = self.parts.store.certificate(&self.names).await?;
        Ok(held.filter(|held| self.show(held)))
    }

    async fn next(&self, held: Option<&HeldCertificate>) -> Result<schedule::Next, StoreError> {
        let now_ms = self.parts.clock.now_ms();
        let tried = async || self.parts.store.attempts(&self.names, now_ms - schedule::COUNTED_FOR_MS).await;
        let mut attempts = tried().await?;
        if attempts.last().is_some_and(|last| last.at > now_ms)
            && self.parts.store.redate_attempts(&self.names, now_ms).await?
        {
            tracing::warn!("the clock was put back: tries for a certificate that lie ahead count as made now");
            attempts = tried().await?;
        }
        Ok(next(&self.parts.config, held, &attempts))
    }

    async fn claim(&self) -> Result<bool, StoreError> {
        let now_ms = self.parts.clock.now_ms();
        let claim =
            CertificateClaim { names: &self.names, holder: self.holder, now_ms, until_ms: now_ms + HELD_FOR_MS };
        self.parts.store.claim_certificate(claim).await
    }

    /// Says again and again that this process orders. Ends when another one does.
    async fn hold(&self) {
        let mut due = interval(HOLD_EVERY);
        loop {
            due.tick().await;
            match self.claim().await {
                Ok(true) => {}
                Ok(false) => return,
                // The claim lasts for a while without it.
                Err(error) => tracing::warn!(%error, "an order for a certificate goes on without the database"),
            }
        }
    }

    /// False: it cannot be shown. Whatever was shown before still is.
    fn show(&mut self, held: &HeldCertificate) -> bool {
        if let Some((_, is_shown)) = self.looked_at.filter(|(issued_at, _)| *issued_at == held.issued_at) {
            return is_shown;
        }
        let opened = self.opened(held);
        self.looked_at = Some((held.issued_at, opened.is_ok()));
        match opened {
            Ok(certificate) => {
                tracing::info!(
                    names = certificate.names(),
                    not_after = rfc3339(certificate.not_after_ms),
                    "a certificate is shown to those who connect"
                );
                self.parts.metrics.certificate_not_after.set(certificate.not_after_ms / 1_000);
                self.parts.shown.show(certificate);
                true
            }
            Err(error) => {
                tracing::error!(error, "the certificate that is kept cannot be shown, another is asked for");
                false
            }
        }
    }

    fn opened(&self, held: &HeldCertificate) -> Result<Certificate, String> {
        let key = self.parts.vault.open(&self.names, &held.private_key).map_err(|error| error.to_string())?;
        let pem = Pem { chain: held.chain.clone().into_bytes(), key: key.into_bytes() };
        Certificate::from_pem(&pem).map_err(|error| error.to_string())
    }

    async fn keep_issued(&mut self, issued: Issued) -> Result<(), StoreError> {
        let Issued { pem, certificate, .. } = issued;
        let text = |bytes| String::from_utf8(bytes).map_err(|error| StoreError::Unreadable(error.to_string()));
        let sealed = self.parts.vault.seal(&self.names, &text(pem.key)?);
        let held = HeldCertificate {
            chain: text(pem.chain)?,
            private_key: sealed.map_err(|error| StoreError::Unreadable(error.to_string()))?,
            issued_at: self.parts.clock.now_ms(),
            not_before: certificate.not_before_ms,
            not_after: certificate.not_after_ms,
            renewal: None,
            ask_again_at: None,
            wanted_at: None,
        };
        self.parts.store.keep_certificate(&self.names, &held).await?;
        self.show(&held);
        Ok(())
    }

    async fn order(
        &self,
        attempt: &Attempt,
        held: Option<&HeldCertificate>,
        progress: &Progress,
    ) -> Result<Issued, OrderError> {
        let config = &self.parts.config;
        let directory = match (attempt.stage, &config.rehearsal_directory) {
            (Stage::Rehearsal, Some(rehearsal)) => rehearsal,
            (Stage::Production | Stage::Rehearsal, _) => &config.directory,
        };
        let mut account = self.account(directory).await?;
        let leaf = held.filter(|_| attempt.stage == Stage::Production).and_then(leaf);
        let replaces = leaf.as_ref().and_then(|leaf| CertificateIdentifier::try_from(leaf).ok());
        // Only an authority that says when to renew takes an order as a renewal.
        let window = held.and_then(|held| held.renewal);
        let mut replaces = replaces.filter(|_| window.is_some());
        let publisher = Publisher {
            store: self.parts.store.clone(),
            clock: self.parts.clock.clone(),
            dns_hook: config.dns_hook.clone(),
        };
        // Whoever wants it earlier is counted.
        let mut is_exempt = replaces.is_some() && window.is_some_and(|window| window.window_start <= attempt.at);
        let mut repeats = 0..REPEATS_MAX;
        let pem = loop {
            let wish = Wish {
                account: &account,
                names: &config.domains,
                challenge: attempt.challenge,
                profile: config.profile.as_deref(),
                replaces: replaces.clone(),
            };
            match order::obtain(wish, &publisher, progress).await {
                Ok(pem) => break pem,
                Err(error) if repeats.next().is_none() => return Err(error),
                Err(error) if error.is_about_a_nonce() => sleep(REPEATED_AFTER).await,
                Err(error) if replaces.is_some() && error.is_about_the_renewal() => {
                    (replaces, is_exempt) = (None, false);
                }
                Err(error) if error.is_about_the_account() => {
                    tracing::warn!("the certificate authority has forgotten our account, it gets another");
                    account = self.new_account(directory).await?;
                    (replaces, is_exempt) = (None, false);
                }
                Err(error) => return Err(error),
            }
        };
        let certificate = Certificate::from_pem(&pem).map_err(|error| OrderError::Unusable(error.to_string()))?;
        // A name with an asterisk is for any name in its place.
        let is_for = |name: &&String| certificate.is_for(&name.replacen('*', "any", 1));
        if let Some(name) = config.domains.iter().find(|name| !is_for(name)) {
            return Err(OrderError::Unusable(format!("it is not for {name}, but for {}", certificate.names())));
        }
        Ok(Issued { pem, certificate, is_exempt })
    }

    /// What an authority knows us by.
    async fn account(&self, directory: &str) -> Result<Account, OrderError> {
        let Some(sealed) = self.parts.store.acme_account(directory).await? else {
            return self.new_account(directory).await;
        };
        let opened = self.parts.vault.open(directory, &sealed).map_err(|error| error.to_string());
        let credentials = opened
            .and_then(|text| serde_json::from_str::<AccountCredentials>(&text).map_err(|error| error.to_string()));
        match credentials {
            Ok(credentials) => Ok(self.builder().from_credentials(credentials).await?),
            Err(error) => {
                tracing::warn!(error, "the account at the certificate authority cannot be read, it gets another");
                self.new_account(directory).await
            }
        }
    }

    async fn new_account(&self, directory: &str) -> Result<Account, OrderError> {
        let config = &self.parts.config;
        let contact = config.email.as_ref().map(|email| format!("mailto:{email}"));
        let new = NewAccount {
            contact: &contact.as_deref().into_iter().collect::<Vec<_>>(),
            terms_of_service_agreed: true,
            only_return_existing: false,
        };
        let eab = config.eab.as_ref().map(|eab| ExternalAccountKey::new(eab.key_id.clone(), &eab.key.bytes()));
        let (account, credentials) = self.builder().create(&new, directory.to_owned(), eab.as_ref()).await?;
        let text = serde_json::to_string(&credentials).map_err(|error| OrderError::Unusable(error.to_string()))?;
        let sealed =
            self.parts.vault.seal(directory, &text).map_err(|error| OrderError::Unusable(error.to_string()))?;
        self.parts.store.keep_acme_account(directory, &sealed, self.parts.clock.now_ms()).await?;
        Ok(account)
    }

    fn builder(&self) -> instant_acme::AccountBuilder {
        Account::builder_with_http(Box::new(Client::new(Arc::clone(&self.trust))))
    }

    /// Asks the authority when it wants its certificate renewed
    /// ([RFC 9773](https://www.rfc-editor.org/rfc/rfc9773.html)), and chooses an instant in its window, once.
    async fn ask_about_renewal(&self, held: &HeldCertificate) -> Result<(), StoreError> {
        let now_ms = self.parts.clock.now_ms();
        let (renewal, again_in) = match self.renewal_info(held).await {
            Ok((start, end, again_in)) => {
                let is_same = |renewal: &Renewal| (renewal.window_start, renewal.window_end) == (start, end);
                let chosen = held.renewal.filter(is_same).unwrap_or_else(|| Renewal {
                    window_start: start,
                    window_end: end,
                    at: start + i64::try_from(self.parts.ids.below(end.abs_diff(start))).unwrap_or_default(),
                });
                (Some(chosen), again_in)
            }
            Err(error) => {
                tracing::debug!(%error, "the certificate authority does not say when to renew");
                (held.renewal, ASK_AGAIN_MS)
            }
        };
        let again_at = now_ms + again_in.clamp(ASK_AGAIN_MS_MIN, ASK_AGAIN_MS_MAX);
        self.parts.store.set_renewal(&self.names, held.issued_at, renewal, again_at).await
    }

    /// The window, and when to ask again, in milliseconds.
    async fn renewal_info(&self, held: &HeldCertificate) -> Result<(i64, i64, i64), OrderError> {
        let account = self.account(&self.parts.config.directory).await?;
        let leaf = leaf(held).ok_or(OrderError::Undecided("the certificate cannot be read"))?;
        let id = CertificateIdentifier::try_from(&leaf).map_err(OrderError::Unusable)?;
        let (info, again_in) = account.renewal_info(&id).await?;
        let ms = |instant: time::OffsetDateTime| instant.unix_timestamp().saturating_mul(1_000);
        let (start, end) = (ms(info.suggested_window.start), ms(info.suggested_window.end));
        if end <= start {
            return Err(OrderError::Undecided("it wants a renewal in no time"));
        }
        Ok((start, end, millis(again_in)))
    }
}

/// Whether the authority is to be asked when it wants it renewed. An instant that was never chosen so far ahead is one
/// from before the clock was put back.
fn asks(held: &HeldCertificate, now_ms: i64) -> bool {
    held.ask_again_at.is_none_or(|at| at <= now_ms || at > now_ms + ASK_AGAIN_MS_MAX)
}

/// The first certificate of a chain.
fn leaf(held: &HeldCertificate) -> Option<CertificateDer<'static>> {
    CertificateDer::pem_slice_iter(held.chain.as_bytes()).next()?.ok()
}
