//! What protects browsers: response headers, and refusing requests that another site made.

use super::App;
use super::error::ApiError;
use super::site;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

const HEADERS: [(HeaderName, &str); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=(), payment=(), usb=(), screen-wake-lock=(self), fullscreen=(self)",
    ),
];

/// Refuses unsafe requests from other origins, and sets the security headers on every answer.
pub async fn guard(State(app): State<App>, request: Request, next: Next) -> Response {
    let is_safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let is_upgrade = request.headers().contains_key(header::UPGRADE);
    // Browsers send this header to trustworthy origins only (Fetch Metadata, section 3), and of an opener policy from
    // any other they complain in the console.
    let is_trusted = app.is_secure() || request.headers().contains_key("sec-fetch-mode");
    let mut response = if (is_safe && !is_upgrade) || is_same_origin(&app, request.headers()) {
        next.run(request).await
    } else {
        let detail = "This request came from another site.";
        ApiError::new(StatusCode::FORBIDDEN, "cross_origin", detail).into_response()
    };
    let headers = response.headers_mut();
    protect(headers);
    headers.insert(header::CONTENT_SECURITY_POLICY, app.0.site.content_security_policy());
    if is_trusted {
        let name = HeaderName::from_static("cross-origin-opener-policy");
        headers.insert(name, HeaderValue::from_static("same-origin"));
    }
    response
}

/// Sets what stands on every answer.
pub fn protect(headers: &mut HeaderMap) {
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert(header::CONTENT_SECURITY_POLICY, site::content_security_policy());
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}

/// Whether a request was made by our own pages, or by no page at all: programs send no `Origin`.
fn is_same_origin(app: &App, headers: &HeaderMap) -> bool {
    if headers.get("sec-fetch-site").is_some_and(|site| site == "cross-site" || site == "same-site") {
        return false;
    }
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    let Ok(origin) = origin.to_str() else { return false };
    if app.called.origin.as_deref() == Some(origin) {
        return true;
    }
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let authority = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
    authority.is_some() && authority == host
}
