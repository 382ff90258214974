//! The REST interface, one file a resource.

mod account;
mod banks;
mod bin;
pub mod certificate;
mod console_links;
mod filing;
mod games;
pub mod imports;
pub mod jobs;
pub mod operator;
mod planned;
mod play;
mod questions;
mod quizzes;
mod results;
mod rounds;
mod screens;
mod server;

use super::App;
use super::error::{ApiError, FieldError};
use super::extract::Json;
use crate::limits::{LIST_LIMIT_MAX, LIST_WHOLE_MAX};
use crate::quiz::export::file_stem;
use axum::http::{HeaderName, HeaderValue};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa_axum::router::OpenApiRouter;
use uuid::Uuid;

/// Where the next page of a list begins.
const NEXT_CURSOR: HeaderName = HeaderName::from_static("x-next-cursor");

/// Every route under `/api` but the sockets.
pub(super) fn routes(upload_bytes_max: usize) -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(account::routes())
        .merge(banks::routes(upload_bytes_max))
        .merge(bin::routes())
        .merge(certificate::routes())
        .merge(console_links::routes())
        .merge(filing::routes())
        .merge(games::routes())
        .merge(imports::routes(upload_bytes_max))
        .merge(jobs::routes())
        .merge(operator::routes())
        .merge(planned::routes())
        .merge(play::routes())
        .merge(questions::routes())
        .merge(quizzes::routes(upload_bytes_max))
        .merge(results::routes())
        .merge(rounds::routes())
        .merge(screens::routes())
        .merge(server::routes())
}

/// The head of the OpenAPI document.
pub(super) fn document() -> utoipa::openapi::OpenApi {
    let info = utoipa::openapi::InfoBuilder::new()
        .title("Quibble")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some("Live trivia nights on your own machine. Errors are problem+json (RFC 9457)."))
        .build();
    let mut components = utoipa::openapi::Components::new();
    let bearer = SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build());
    components.add_security_scheme("token", bearer);
    let cookie = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new(super::extract::SESSION_COOKIE)));
    components.add_security_scheme("session", cookie);
    let scheme = |name: &str| SecurityRequirement::new(name, [""; 0]);
    utoipa::openapi::OpenApiBuilder::new()
        .info(info)
        .components(Some(components))
        // Where nobody needs to be signed in, the operation says so.
        .security(Some([scheme("token"), scheme("session")]))
        .build()
}

/// Which part of a list is asked for.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct Page {
    /// At most this many, 200 at most. Without it the list comes whole, up to 20,000.
    limit: Option<u32>,
    /// What the header `x-next-cursor` of the page before said.
    cursor: Option<Uuid>,
}

impl Page {
    fn limit(&self) -> u32 {
        self.limit.map_or(LIST_WHOLE_MAX, |limit| limit.clamp(1, LIST_LIMIT_MAX))
    }
}

/// A page of a list. `rows` may hold one more than the limit, which tells that there is a next page.
fn page<T: Serialize>(mut rows: Vec<T>, limit: u32, cursor: impl Fn(&T) -> Uuid) -> Response {
    let limit = limit as usize;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| more).map(&cursor);
    let mut response = Json(rows).into_response();
    if let Some(next) = next.and_then(|next| HeaderValue::from_str(&next.to_string()).ok()) {
        response.headers_mut().insert(NEXT_CURSOR, next);
    }
    response
}

/// A download with a file name that every browser takes: ASCII letters, digits and hyphens.
fn attachment(content_type: &'static str, name: &str, extension: &str, body: String) -> Response {
    let stem = file_stem(name);
    let disposition = format!("attachment; filename=\"{stem}.{extension}\"");
    let mut response = ([(axum::http::header::CONTENT_TYPE, content_type)], body).into_response();
    if let Ok(disposition) = HeaderValue::from_str(&disposition) {
        response.headers_mut().insert(axum::http::header::CONTENT_DISPOSITION, disposition);
    }
    response
}

/// The problems of a checked piece of material, as fields of a request.
fn fields<P>(problems: Vec<P>, field: impl Fn(P) -> (String, String)) -> ApiError {
    let fields = problems.into_iter().map(field).map(|(field, message)| FieldError { field, message });
    ApiError::invalid(fields.collect())
}
