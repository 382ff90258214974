//! Errors of the edge: one shape, problem+json (RFC 9457), with a stable `code` and the plain `error` sentence that
//! older clients read.

use crate::auth::AuthError;
use crate::live::LiveError;
use crate::store::StoreError;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Map, Value, json};

/// A response that is not a success.
#[derive(Debug)]
pub struct ApiError {
    status: StatusCode,
    code: &'static str,
    detail: String,
    fields: Vec<FieldError>,
    retry_after_seconds: Option<u64>,
    more: Map<String, Value>,
}

/// What is wrong with one field of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct FieldError {
    pub field: String,
    pub message: String,
}

/// The body of every error: problem+json (RFC 9457).
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Problem {
    #[serde(rename = "type")]
    kind: String,
    title: String,
    status: u16,
    /// What is wrong, and how to fix it.
    detail: String,
    /// The stable name of the error.
    code: String,
    /// The same sentence as `detail`.
    error: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldError>,
}

impl ApiError {
    /// An error with a code and a sentence for people.
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self { status, code, detail, fields: Vec::new(), retry_after_seconds: None, more: Map::new() }
    }

    /// There is no such thing, or it is somebody else's.
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "There is no such thing here.")
    }

    /// Nobody is signed in.
    pub fn unauthorized() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", "Sign in first.")
    }

    /// Somebody is signed in who does not look after this Quibble.
    pub fn owner_only() -> Self {
        Self::new(StatusCode::FORBIDDEN, "owner_only", "Only the owner of this Quibble can do that.")
    }

    /// The request can be read, but its fields do not work.
    pub fn invalid(fields: Vec<FieldError>) -> Self {
        let sentences: Vec<_> = fields.iter().map(|field| field.message.as_str()).collect();
        let mut error = Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", sentences.join(" "));
        error.fields = fields;
        error
    }

    /// One field does not work.
    pub fn invalid_field(field: &str, message: impl Into<String>) -> Self {
        Self::invalid(vec![FieldError { field: field.to_owned(), message: message.into() }])
    }

    /// Too much at once.
    pub fn too_many(retry_after_seconds: u64) -> Self {
        let detail = format!("Slow down. Try again in {retry_after_seconds} seconds.");
        let mut error = Self::new(StatusCode::TOO_MANY_REQUESTS, "too_fast", detail);
        error.retry_after_seconds = Some(retry_after_seconds);
        error
    }

    /// Adds a member to the problem.
    #[must_use]
    pub fn with(mut self, member: &str, value: impl Serialize) -> Self {
        let value = serde_json::to_value(value).unwrap_or(Value::Null);
        self.more.insert(member.to_owned(), value);
        self
    }

    /// The stable name of this error.
    #[cfg(test)]
    pub fn code(&self) -> &'static str {
        self.code
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let problem = Problem {
            kind: "about:blank".to_owned(),
            title: self.status.canonical_reason().unwrap_or("Error").to_owned(),
            status: self.status.as_u16(),
            detail: self.detail.clone(),
            code: self.code.to_owned(),
            error: self.detail,
            errors: self.fields,
        };
        let mut body = json!(problem);
        if let Value::Object(members) = &mut body {
            members.extend(self.more);
        }
        let mut response = (self.status, body.to_string()).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = self.retry_after_seconds {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::Exists => Self::new(StatusCode::CONFLICT, "exists", "That exists already."),
            StoreError::Full(most) => {
                let detail = format!("An account has at most {most} of these. Delete some first.");
                Self::new(StatusCode::CONFLICT, "too_many", detail)
            }
            StoreError::DiskFull(_) => {
                tracing::error!(%error, "a request could not be stored");
                Self::passing("The server's disk is full, so nothing can be saved. What you typed is still here.")
            }
            StoreError::Unavailable(_) => {
                tracing::error!(%error, "a request could not reach the database");
                Self::passing("This could not be saved just now. Try again in a moment.")
            }
            StoreError::Unreadable(_) => {
                tracing::error!(%error, "stored data cannot be read");
                Self::new(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "internal",
                    "Stored data cannot be read. The log says more.",
                )
            }
        }
    }
}

impl From<LiveError> for ApiError {
    fn from(error: LiveError) -> Self {
        use crate::game::Refusal;
        let sentence = error.to_string();
        match error {
            LiveError::NoSuchGame | LiveError::NoSuchClaim => Self::not_found(),
            LiveError::NotSaved(error) => error.into(),
            LiveError::Stopping => Self::passing(&sentence),
            LiveError::TooFast => Self::too_many(5),
            LiveError::Refused(refusal) => {
                let status = match &refusal {
                    Refusal::BadName(_)
                    | Refusal::BadAnswer(_)
                    | Refusal::BadOptions
                    | Refusal::BadPoints
                    | Refusal::ReasonMissing
                    | Refusal::ReasonTooLong => StatusCode::UNPROCESSABLE_ENTITY,
                    Refusal::Full | Refusal::Locked | Refusal::NameHidden | Refusal::Removed => StatusCode::FORBIDDEN,
                    Refusal::UnknownAdjustment | Refusal::UnknownPlayer | Refusal::UnknownQuestion => {
                        StatusCode::NOT_FOUND
                    }
                    Refusal::AlreadyAnswered
                    | Refusal::GameOver
                    | Refusal::NameTaken
                    | Refusal::NothingToRelease
                    | Refusal::QuestionClosed
                    | Refusal::Stale
                    | Refusal::TooManyAdjustments
                    | Refusal::TooManySteps
                    | Refusal::WrongPhase => StatusCode::CONFLICT,
                };
                Self::new(status, refusal.code(), sentence)
            }
        }
    }
}

impl From<AuthError> for ApiError {
    fn from(error: AuthError) -> Self {
        let sentence = error.to_string();
        match error {
            AuthError::BadCredentials => Self::new(StatusCode::UNAUTHORIZED, "bad_credentials", sentence),
            AuthError::ConsoleLinkSpent | AuthError::LinkSpent => Self::new(StatusCode::GONE, "link_spent", sentence),
            AuthError::Password(_) => Self::invalid_field("password", sentence),
            AuthError::Store(error) => error.into(),
        }
    }
}

impl ApiError {
    fn passing(detail: &str) -> Self {
        let mut error = Self::new(StatusCode::SERVICE_UNAVAILABLE, "not_saved", detail);
        error.retry_after_seconds = Some(2);
        error
    }
}
