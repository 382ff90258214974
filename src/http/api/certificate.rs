//! How connections are encrypted, for hosts: whether the night has HTTPS, and what keeps it from having it.

use crate::http::App;
use crate::http::error::{ApiError, Problem};
use crate::http::extract::{Host, Json};
use crate::store::StoreError;
use axum::extract::State;
use futures_util::future::BoxFuture;
use serde::Serialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(certificate))
}

/// Knows how connections are encrypted at present.
pub trait KnowsEncryption: Send + Sync + std::fmt::Debug {
    /// How they are, without anything that is secret.
    ///
    /// # Errors
    /// When the database does not answer.
    fn encryption(&self) -> BoxFuture<'_, Result<Encryption, StoreError>>;
}

/// How connections are encrypted.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Encryption {
    pub mode: EncryptionMode,
    /// The names and addresses that the certificate is for, or is to be for.
    pub names: Vec<String>,
    /// The last instant at which it is valid, in milliseconds since the Unix epoch. Missing while there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_after_ms: Option<i64>,
    /// It is out of date, or will be before long, and should have been renewed by now.
    pub ends_soon: bool,
    /// How it stands with the authority that the certificate comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acme: Option<AcmeStanding>,
}

/// Where the certificate comes from, if there is to be one.
#[derive(Clone, Copy, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EncryptionMode {
    /// Nothing is encrypted here.
    Off,
    /// Files of the operator's.
    Files,
    /// Quibble signs it, and no browser believes it by itself.
    SelfSigned,
    /// An authority, asked by ACME.
    Acme,
}

/// How it stands with a certificate authority.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct AcmeStanding {
    /// When it is asked next, in milliseconds since the Unix epoch. An instant in the past: at once.
    pub next_try_ms: i64,
    /// The last try that ended, where it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed: Option<FailedTry>,
}

/// A try to get a certificate that failed.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct FailedTry {
    /// In milliseconds since the Unix epoch.
    pub at_ms: i64,
    /// What went wrong and what to do, in English.
    pub problem: String,
    /// It was at the authority that is there for tries.
    pub was_rehearsal: bool,
}

/// How connections are encrypted, and what keeps them from being so
#[utoipa::path(get, path = "/certificate", tag = "server",
    responses((status = 200, body = Encryption), (status = 401, body = Problem)))]
async fn certificate(State(app): State<App>, _: Host) -> Result<Json<Encryption>, ApiError> {
    let Some(known) = &app.encryption else { return Ok(Json(Encryption::off())) };
    Ok(Json(known.encryption().await?))
}

impl Encryption {
    fn off() -> Self {
        Self { mode: EncryptionMode::Off, names: Vec::new(), not_after_ms: None, ends_soon: false, acme: None }
    }
}
