//! One order at a certificate authority ([RFC 8555 §7](https://www.rfc-editor.org/rfc/rfc8555#section-7)).

use super::hook::{self, Act};
use super::problem::OrderError;
use crate::clock::Clock;
use crate::net::Pem;
use crate::store::{Challenge, Store};
use instant_acme::{
    Account, AuthorizationHandle, AuthorizationStatus, CertificateIdentifier, ChallengeStatus, ChallengeType,
    Identifier, NewOrder, Order, OrderStatus, RetryPolicy,
};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How long an authority may take to make sure of our names, and to write the certificate.
const DECIDES_WITHIN: RetryPolicy =
    RetryPolicy::new().initial_delay(LOOKS_AFTER).backoff(1.5).timeout(Duration::from_secs(120));

/// When it is looked for the first time whether it has. That of the tests decides at once.
const LOOKS_AFTER: Duration = Duration::from_millis(if cfg!(test) { 1 } else { 500 });

/// An answer is kept for so long, in milliseconds: an authority may ask again.
const ANSWERED_FOR_MS: i64 = 3_600 * 1_000;

/// What is asked for.
pub(super) struct Wish<'a> {
    pub account: &'a Account,
    pub names: &'a [String],
    pub challenge: Challenge,
    pub profile: Option<&'a str>,
    /// The certificate that is to be renewed, for authorities that want to know.
    pub replaces: Option<CertificateIdentifier<'a>>,
}

/// Where answers go that authorities ask for.
pub(super) struct Publisher {
    pub store: Store,
    pub clock: Clock,
    pub dns_hook: Option<PathBuf>,
}

/// What an order has come to, also for whoever ends it in the middle.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// The authority has taken an order or refused it. Before that there is nothing for it to count.
    is_ordered: AtomicBool,
    /// Names with the values of the records that the hook has set, or has begun to.
    records: Mutex<Vec<(String, String)>>,
}

impl Progress {
    pub fn is_ordered(&self) -> bool {
        self.is_ordered.load(Ordering::Relaxed)
    }

    /// Clears the records again, which nobody looks at any more.
    pub async fn clear(self, dns_hook: Option<&Path>) {
        let records = self.records.into_inner().unwrap_or_else(PoisonError::into_inner);
        for (name, value) in records {
            if let Some(program) = dns_hook
                && let Err(error) = hook::run(program, Act::Clear, &name, &value).await
            {
                tracing::warn!(%error, "a record for the certificate authority is left behind");
            }
        }
    }
}

/// Asks for a certificate, proves that the names are ours, and waits for it.
///
/// # Errors
/// In words, when there is none.
pub(super) async fn obtain(wish: Wish<'_>, publisher: &Publisher, progress: &Progress) -> Result<Pem, OrderError> {
    let identifiers: Vec<_> = wish.names.iter().map(|name| Identifier::Dns(name.clone())).collect();
    let mut new = NewOrder::new(&identifiers);
    if let Some(profile) = wish.profile {
        new = new.profile(profile);
    }
    if let Some(replaces) = wish.replaces {
        new = new.replaces(replaces);
    }
    let ordered = wish.account.new_order(&new).await.map_err(OrderError::from);
    if !ordered.as_ref().is_err_and(OrderError::is_about_the_authority) {
        progress.is_ordered.store(true, Ordering::Relaxed);
    }
    let mut order = ordered?;
    prove(&mut order, wish.challenge, publisher, progress).await?;
    let key = order.finalize().await?;
    let chain = order.poll_certificate(&DECIDES_WITHIN).await?;
    Ok(Pem { chain: chain.into_bytes(), key: key.into_bytes() })
}

/// Answers for each name, and waits until the authority is content.
async fn prove(
    order: &mut Order,
    challenge: Challenge,
    publisher: &Publisher,
    progress: &Progress,
) -> Result<(), OrderError> {
    let mut authorizations = order.authorizations();
    while let Some(authorization) = authorizations.next().await {
        let authorization = authorization?;
        if authorization.status == AuthorizationStatus::Pending {
            answer(authorization, challenge, publisher, progress).await?;
        }
    }
    let refused = match order.poll_ready(&DECIDES_WITHIN).await {
        Ok(OrderStatus::Ready) => return Ok(()),
        Ok(_) => None,
        Err(instant_acme::Error::Api(problem)) => Some(problem),
        Err(error) => return Err(error.into()),
    };
    // Of which name that is, and why, is said there.
    let mut authorizations = order.authorizations();
    while let Some(authorization) = authorizations.next().await {
        let mut authorization = authorization?;
        let state = authorization.refresh().await?;
        let name = state.identifier().to_string();
        let failed = state.challenges.iter().find(|challenge| challenge.status == ChallengeStatus::Invalid);
        if let Some(problem) = failed.and_then(|challenge| challenge.error.clone()) {
            return Err(OrderError::Unproved { name, challenge, problem });
        }
    }
    Err(refused.map_or(OrderError::Undecided("it gave no reason"), OrderError::Refused))
}

async fn answer(
    mut authorization: AuthorizationHandle<'_>,
    challenge: Challenge,
    publisher: &Publisher,
    progress: &Progress,
) -> Result<(), OrderError> {
    let name = authorization.identifier().to_string();
    let kind = match challenge {
        Challenge::Http01 => ChallengeType::Http01,
        Challenge::TlsAlpn01 => ChallengeType::TlsAlpn01,
        Challenge::Dns01 => ChallengeType::Dns01,
    };
    let Some(mut offered) = authorization.challenge(kind) else {
        return Err(OrderError::NotOffered { name, challenge });
    };
    let key = offered.key_authorization();
    let asked_for = match challenge {
        Challenge::Http01 => &offered.token,
        Challenge::TlsAlpn01 => &name,
        Challenge::Dns01 => {
            let program = publisher.dns_hook.as_deref().ok_or(OrderError::Hook("there is none.".to_owned()))?;
            let name = name.trim_start_matches("*.").to_owned();
            let record = (name.clone(), key.dns_value());
            progress.records.lock().unwrap_or_else(PoisonError::into_inner).push(record);
            hook::run(program, Act::Set, &name, &key.dns_value()).await?;
            return offered.set_ready().await.map_err(|error| OrderError::of_answer(error, name, challenge));
        }
    };
    let expires_at = publisher.clock.now_ms() + ANSWERED_FOR_MS;
    publisher.store.keep_challenge(challenge, asked_for, key.as_str(), expires_at).await?;
    offered.set_ready().await.map_err(|error| OrderError::of_answer(error, name, challenge))
}
