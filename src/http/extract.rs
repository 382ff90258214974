//! What handlers are handed: the caller, checked bodies, ids from paths.

use super::App;
use super::error::ApiError;
use crate::auth::{Caller, Credential};
use crate::ids::Token;
use crate::store::AccountRole;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, FromRequest, FromRequestParts, OptionalFromRequestParts, Path, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use uuid::Uuid;

/// The cookie of a signed-in browser.
pub const SESSION_COOKIE: &str = "quibble_session";

/// Somebody who is signed in, by session cookie or bearer token. Else 401.
#[derive(Clone, Debug)]
pub struct Host(pub Caller);

/// The owner, who looks after this Quibble. Else 401, or 403 for a host.
#[derive(Clone, Debug)]
pub struct Owner(pub Host);

/// JSON: a body of at most 256 KiB with a JSON content type, or an answer.
#[derive(Clone, Copy, Debug)]
pub struct Json<T>(pub T);

/// Ids from the path. What is no UUID is not found.
#[derive(Clone, Copy, Debug)]
pub struct Ids<T>(pub T);

/// Parameters from the query of the address.
#[derive(Clone, Copy, Debug)]
pub struct Query<T>(pub T);

/// Whether the other side is a program on this machine, and no proxy that speaks for somebody else.
#[derive(Clone, Copy, Debug)]
pub struct Local(pub bool);

/// The address of the other side.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub IpAddr);

impl Host {
    /// The account that is signed in.
    pub fn account_id(&self) -> Uuid {
        self.0.account.id
    }

    /// The session of this browser. None for tokens.
    pub fn session_id(&self) -> Option<Uuid> {
        match self.0.credential {
            Credential::Session(id) => Some(id),
            Credential::ApiToken(_) | Credential::DevToken => None,
        }
    }
}

impl FromRequestParts<App> for Host {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        signed_in(app, &parts.headers).await?.map(Self).ok_or_else(ApiError::unauthorized)
    }
}

impl OptionalFromRequestParts<App> for Host {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Option<Self>, ApiError> {
        Ok(signed_in(app, &parts.headers).await?.map(Self))
    }
}

impl FromRequestParts<App> for Owner {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let host = <Host as FromRequestParts<App>>::from_request_parts(parts, app).await?;
        match host.0.account.role {
            AccountRole::Owner => Ok(Self(host)),
            AccountRole::Host => Err(ApiError::owner_only()),
        }
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let is_json = content_type.is_some_and(|value| {
            let essence = value.split(';').next().unwrap_or_default().trim();
            essence.eq_ignore_ascii_case("application/json")
        });
        if !is_json {
            let detail = "Send JSON, with the header `content-type: application/json`.";
            return Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_json", detail));
        }
        let body = Bytes::from_request(request, state)
            .await
            .map_err(|rejection| ApiError::new(rejection.status(), "bad_body", rejection.body_text()))?;
        serde_json::from_slice(&body).map(Self).map_err(|error| {
            let status = if error.is_data() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::BAD_REQUEST };
            ApiError::new(status, "bad_json", format!("The JSON cannot be read: {error}."))
        })
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Ids<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let path = <Path<T> as FromRequestParts<S>>::from_request_parts(parts, state).await;
        path.map(|Path(ids)| Self(ids)).map_err(|_| ApiError::not_found())
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let query = axum::extract::Query::<T>::from_request_parts(parts, state).await;
        query.map(|axum::extract::Query(query)| Self(query)).map_err(|rejection| {
            let detail = format!("The address cannot be read: {}.", rejection.body_text());
            ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "bad_query", detail)
        })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Peer {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        Ok(Self(peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |ConnectInfo(address)| address.ip().to_canonical())))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Local {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let is_local = peer.is_some_and(|ConnectInfo(address)| address.ip().to_canonical().is_loopback());
        let is_forwarded = ["forwarded", "x-forwarded-for"].iter().any(|name| parts.headers.contains_key(*name));
        Ok(Self(is_local && !is_forwarded))
    }
}

/// Who the headers speak for. A bearer token goes before a cookie.
pub async fn signed_in(app: &App, headers: &HeaderMap) -> Result<Option<Caller>, ApiError> {
    if let Some(token) = bearer(headers) {
        return Ok(app.auth.bearer(&Token::claimed(token)).await?);
    }
    match cookie(headers, SESSION_COOKIE) {
        Some(token) => Ok(app.auth.session(&Token::claimed(token)).await?),
        None => Ok(None),
    }
}

/// The bearer token (RFC 6750, section 2.1). Other schemes are those of a proxy in front of us.
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// The value of a cookie (RFC 6265, section 5.4).
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let values = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let mut pairs = values.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
}
