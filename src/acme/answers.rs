//! Answers to an authority that makes sure that a name is ours. It may ask any replica, so they are in the database.

use crate::clock::Clock;
use crate::net::ProvesNames;
use crate::store::{Challenge, Store};
use axum::Router;
use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use rcgen::{CertificateParams, CustomExtension, KeyPair};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use sha2::{Digest, Sha256};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::time::timeout;
use tower::ServiceExt;

/// Where authorities ask by HTTP ([RFC 8555 §8.3](https://www.rfc-editor.org/rfc/rfc8555#section-8.3)).
pub(super) const ASKED_AT: &str = "/.well-known/acme-challenge/";

/// The longest token, in bytes: those of an authority have 128 bits, in base64.
const TOKEN_BYTES_MAX: usize = 128;

/// An authority gives up soon, and asks again.
const KNOWN_WITHIN: Duration = Duration::from_secs(5);

/// Knows the answers as soon as there is a database. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Answers(Arc<OnceLock<(Store, Clock)>>);

impl Answers {
    /// From now on they come from here.
    pub fn come_from(&self, store: Store, clock: Clock) {
        // There is one database.
        let _ = self.0.set((store, clock));
    }

    /// Answers where authorities ask by HTTP, and passes everything else on to `inner`.
    pub fn before(&self, inner: Router) -> Router {
        let answers = self.clone();
        Router::new().fallback(async move |request: Request| {
            let Some(token) = request.uri().path().strip_prefix(ASKED_AT) else {
                return inner.oneshot(request).await.into_response();
            };
            match answers.known(Challenge::Http01, token).await {
                Some(answer) => ([(header::CONTENT_TYPE, "application/octet-stream")], answer).into_response(),
                None => (StatusCode::NOT_FOUND, "no certificate authority is to ask for that\n").into_response(),
            }
        })
    }

    async fn known(&self, kind: Challenge, asked_for: &str) -> Option<String> {
        let (store, clock) = self.0.get()?;
        let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        if asked_for.len() > TOKEN_BYTES_MAX || !asked_for.bytes().all(is_token) {
            return None;
        }
        let known = timeout(KNOWN_WITHIN, store.challenge(kind, asked_for, clock.now_ms())).await.ok()?;
        known.inspect_err(|error| tracing::warn!(%error, "a certificate authority asks, and nobody knows")).ok()?
    }
}

impl ProvesNames for Answers {
    fn proof<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Option<Arc<CertifiedKey>>> {
        async move {
            let answer = self.known(Challenge::TlsAlpn01, &name.to_ascii_lowercase()).await?;
            let proof = certificate(name, &answer);
            proof.inspect_err(|error| tracing::warn!(error, "a certificate authority cannot be answered")).ok()
        }
        .boxed()
    }
}

/// The certificate that answers a question by TLS: it is for the name that is asked for, and has the digest of the answer
/// ([RFC 8737 §3](https://www.rfc-editor.org/rfc/rfc8737#section-3)).
fn certificate(name: &str, answer: &str) -> Result<Arc<CertifiedKey>, String> {
    let make = || {
        let mut params = CertificateParams::new([name.to_owned()])?;
        params.custom_extensions = vec![CustomExtension::new_acme_identifier(&Sha256::digest(answer))];
        let key = KeyPair::generate()?;
        Ok((params.self_signed(&key)?.der().clone(), key))
    };
    let (certificate, key): (CertificateDer<'static>, _) = make().map_err(|error: rcgen::Error| error.to_string())?;
    let key = PrivateKeyDer::try_from(key.serialize_der())?;
    let key = aws_lc_rs::default_provider().key_provider.load_private_key(key).map_err(|error| error.to_string())?;
    // Whoever looked at it as at any other certificate would not know what it says.
    Ok(Arc::new(CertifiedKey::new(vec![certificate], key)))
}
