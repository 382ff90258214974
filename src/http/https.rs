//! Where there is HTTPS: whoever comes without it is sent there, and browsers are told to come by it from then on.

use super::security::protect;
use axum::Router;
use axum::extract::Request;
use axum::http::uri::Scheme;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use std::time::Duration;
use tokio::sync::watch;
use tower::ServiceExt;

/// What is answered without encryption all the same. Those who look after this process seldom follow anybody.
const ANSWERED: [&str; 3] = ["/healthz", "/readyz", "/metrics"];

/// A page that was loaded before there was HTTPS goes on as it is until it is loaded again: a socket follows nobody, and a
/// night may be under way when the first certificate comes.
const GOES_ON: [&str; 2] = ["/api/", "/ws/"];

/// For connections without encryption: while `is_spoken` says that HTTPS is, and players are reached by it, whoever loads a
/// page is sent to the same one below `base_url`, such as `https://quiz.example.org`. Everything else is answered from
/// `inner`.
pub fn send_to_https(
    base_url: watch::Receiver<String>,
    is_spoken: impl Fn() -> bool + Clone + Send + Sync + 'static,
    inner: Router,
) -> Router {
    Router::new().fallback(async move |request: Request| {
        let to = base_url.borrow().clone();
        let path = request.uri().path();
        let goes_on = ANSWERED.contains(&path) || GOES_ON.iter().any(|begin| path.starts_with(begin));
        if goes_on || came_by_https(request.headers()) || !is_spoken() || !to.starts_with("https://") {
            return inner.oneshot(request).await.into_response();
        }
        sent_on(&to, &request)
    })
}

/// For those who come without encryption where it is spoken: sends them to the same page below `base_url`, but answers for
/// health and metrics from `inner`.
pub fn send_on(base_url: watch::Receiver<String>, inner: Router) -> Router {
    Router::new().fallback(async move |request: Request| {
        if ANSWERED.contains(&request.uri().path()) {
            return inner.oneshot(request).await.into_response();
        }
        let to = base_url.borrow().clone();
        sent_on(&to, &request)
    })
}

/// Whether a proxy says that it was spoken with by HTTPS: to be sent there again and again helps nobody. Whoever makes it up
/// is spared a redirect, and nothing else.
fn came_by_https(headers: &HeaderMap) -> bool {
    headers.get("x-forwarded-proto").is_some_and(|scheme| scheme.as_bytes().eq_ignore_ascii_case(b"https"))
}

fn sent_on(base_url: &str, request: &Request) -> Response {
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    // No browser is to remember it: HTTPS may be turned off again.
    let headers = [(header::LOCATION, format!("{base_url}{path}")), (header::CACHE_CONTROL, "no-store".to_owned())];
    let mut response: Response = (StatusCode::PERMANENT_REDIRECT, headers).into_response();
    protect(response.headers_mut());
    response
}

/// For connections with encryption: tells browsers to insist on it for a while
/// ([RFC 6797](https://www.rfc-editor.org/rfc/rfc6797)), where players are reached by it at its own port. At another, browsers
/// would look for HTTPS at every port without encryption, too.
pub fn insist_on_https(base_url: watch::Receiver<String>, within: Duration, inner: Router) -> Router {
    let value = HeaderValue::try_from(format!("max-age={}", within.as_secs()));
    match value {
        Ok(value) if !within.is_zero() => inner.layer(axum::middleware::map_response(move |mut response: Response| {
            let at_its_port = base_url
                .borrow()
                .parse()
                .is_ok_and(|url: Uri| url.scheme() == Some(&Scheme::HTTPS) && url.port_u16().is_none());
            if at_its_port {
                response.headers_mut().insert(header::STRICT_TRANSPORT_SECURITY, value.clone());
            }
            std::future::ready(response)
        })),
        Ok(_) | Err(_) => inner,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use axum::routing::get;

    fn inner() -> Router {
        let goes_on = Router::new().route("/api/server", get("about")).route("/ws/{code}", get("a socket"));
        goes_on.route("/healthz", get("well")).route("/join", get("a page"))
    }

    async fn ask(router: Router, uri: &str) -> Response {
        router.oneshot(Request::builder().uri(uri).body(Body::empty()).unwrap()).await.unwrap()
    }

    #[tokio::test]
    async fn everybody_is_sent_to_the_same_page_and_health_is_answered() {
        let (moved, base_url) = watch::channel("https://quiz.example.org".to_owned());
        let router = send_to_https(base_url.clone(), || true, inner());
        for (uri, to) in [
            ("/", "https://quiz.example.org/"),
            ("/join?code=ABC234", "https://quiz.example.org/join?code=ABC234"),
            ("http://elsewhere.example/join", "https://quiz.example.org/join"),
            ("//elsewhere.example/join", "https://quiz.example.org//elsewhere.example/join"),
        ] {
            let response = ask(router.clone(), uri).await;
            assert_eq!(response.status(), StatusCode::PERMANENT_REDIRECT, "{uri}");
            assert_eq!(response.headers()[header::LOCATION], to);
            assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
        }
        for path in ["/healthz", "/api/server", "/ws/ABC234"] {
            assert_eq!(ask(router.clone(), path).await.status(), StatusCode::OK, "{path}");
        }

        let by_proxy =
            Request::builder().uri("/join").header("x-forwarded-proto", "https").body(Body::empty()).unwrap();
        let response = router.clone().oneshot(by_proxy).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "a proxy in front has spoken HTTPS with them");

        moved.send_replace("http://192.168.1.5:8080".to_owned());
        assert_eq!(ask(router, "/join").await.status(), StatusCode::OK, "there is no HTTPS that they could take");
        moved.send_replace("https://quiz.example.org".to_owned());
        let not_yet = send_to_https(base_url.clone(), || false, inner());
        assert_eq!(ask(not_yet, "/join").await.status(), StatusCode::OK, "there is no certificate");
        let at_https = send_on(base_url, inner());
        let response = ask(at_https.clone(), "/join").await;
        assert_eq!(response.headers()[header::LOCATION], "https://quiz.example.org/join");
        assert_eq!(ask(at_https, "/healthz").await.status(), StatusCode::OK);
    }

    #[tokio::test]
    async fn browsers_are_told_to_insist_where_that_is_wanted() {
        let insists = async |base_url: &str, seconds: u64| {
            let base_url = watch::channel(base_url.to_owned()).1;
            let router = insist_on_https(base_url, Duration::from_secs(seconds), inner());
            ask(router, "/join").await.headers().get(header::STRICT_TRANSPORT_SECURITY).cloned()
        };
        assert_eq!(insists("https://quiz.example.org", 60).await.unwrap(), "max-age=60");
        for (base_url, seconds) in [
            ("https://quiz.example.org", 0),
            ("https://quiz.example.org:8443", 60),
            ("http://quiz.example.org", 60),
            ("http://192.168.1.5:8080", 60),
        ] {
            assert_eq!(insists(base_url, seconds).await, None, "{base_url} {seconds}");
        }
    }
}
