//! Answering below a path of a host that others share.

use axum::Router;
use axum::extract::Request;
use axum::http::Uri;
use axum::response::IntoResponse;
use std::sync::Arc;
use tower::ServiceExt;

/// Answers below `base`, such as `/quiz`, what `inner` answers at the root, and at the root as well: a proxy in front may take
/// the path off, and those who look after this process know of none.
pub fn below(base: &str, inner: Router) -> Router {
    if base.is_empty() {
        return inner;
    }
    let base: Arc<str> = base.into();
    Router::new().fallback(async move |mut request: Request| {
        if let Some(uri) = without(&base, request.uri()) {
            *request.uri_mut() = uri;
        }
        inner.oneshot(request).await.into_response()
    })
}

/// An address without what its path begins with. None where it does not begin so.
fn without(base: &str, uri: &Uri) -> Option<Uri> {
    let rest = uri.path_and_query()?.as_str().strip_prefix(base)?;
    let rest = match rest.as_bytes().first() {
        Some(b'/') => rest.parse(),
        Some(b'?') | None => format!("/{rest}").parse(),
        Some(_) => return None,
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(rest.ok()?);
    Uri::from_parts(parts).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::{Body, to_bytes};

    #[tokio::test]
    async fn a_path_is_the_same_with_the_base_and_without() {
        let inner = Router::new().fallback(async |uri: Uri| uri.to_string());
        for (asked, inside) in [
            ("/quiz", "/"),
            ("/quiz/", "/"),
            ("/quiz?code=ABC234", "/?code=ABC234"),
            ("/quiz/j/ABC234?x=/quiz/", "/j/ABC234?x=/quiz/"),
            ("https://example.org/quiz/j/ABC234", "https://example.org/j/ABC234"),
            ("/quiz//elsewhere.example", "//elsewhere.example"),
            ("/j/ABC234", "/j/ABC234"),
            ("/healthz", "/healthz"),
            ("/quizzes", "/quizzes"),
            ("/Quiz/j/ABC234", "/Quiz/j/ABC234"),
        ] {
            let request = Request::builder().uri(asked).body(Body::empty()).unwrap();
            let response = below("/quiz", inner.clone()).oneshot(request).await.unwrap();
            let said = to_bytes(response.into_body(), 1_000).await.unwrap();
            assert_eq!(String::from_utf8_lossy(&said), inside, "{asked}");
        }
    }
}
