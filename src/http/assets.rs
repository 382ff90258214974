//! The web bundle, embedded and compressed at build time, and the QR codes that lead to it.

use super::App;
use super::error::ApiError;
use super::extract::{SESSION_COOKIE, cookie};
use super::site::Site;
use crate::ids::{Token, parse_code};
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use qrcode::{EcLevel, QrCode};
use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;
use std::time::Duration;
use tokio::time::timeout;
use uuid::Uuid;

/// Longer than this a page does not wait to learn whether somebody is signed in.
const SIGNED_IN_WITHIN: Duration = Duration::from_millis(250);

#[derive(RustEmbed)]
#[folder = "$OUT_DIR/web"]
struct Bundle;

/// A file of the bundle in every encoding that it has.
#[derive(Debug)]
pub(super) struct Asset {
    pub plain: Bytes,
    pub gzip: Option<Bytes>,
    pub brotli: Option<Bytes>,
    content_type: &'static str,
    etag: HeaderValue,
    /// Its name changes with its content.
    immutable: bool,
}

static ASSETS: LazyLock<HashMap<String, Asset>> = LazyLock::new(|| {
    let names = Bundle::iter().filter(|name| !name.ends_with(".gz") && !name.ends_with(".br"));
    names.filter_map(|name| Some((name.to_string(), asset(&name)?))).collect()
});

/// What a browser may fetch at once for a path of the host's app: files, and requests. The bundle says it for patterns of
/// paths, in which a star stands for an id.
static EARLY: LazyLock<BTreeMap<String, Vec<String>>> = LazyLock::new(|| {
    let listed = ASSETS.get("early.json").map_or(&b"{}"[..], |asset| &asset.plain);
    serde_json::from_slice(listed).unwrap_or_default()
});

/// A page or a file of the bundle.
pub async fn serve(State(app): State<App>, method: Method, uri: Uri, headers: HeaderMap) -> Response {
    if method != Method::GET && method != Method::HEAD {
        return ApiError::not_found().into_response();
    }
    let path = uri.path();
    let name = match page(path) {
        Some(page) => page,
        None => path.trim_start_matches('/'),
    };
    let site = &app.0.site;
    let Some(asset) = site.asset(name) else { return missing(site, &headers) };
    let mut response = respond(asset, &headers, StatusCode::OK);
    if let Some((id, early)) = early(path) {
        let is_signed_in = early.iter().any(|address| is_private(address)) && is_signed_in(&app, &headers).await;
        if let Ok(links) = HeaderValue::try_from(early_links(early, id, is_signed_in, site.base())) {
            response.headers_mut().insert(header::LINK, links);
        }
    }
    response
}

/// Whether requests with these headers are answered. A refusal that was fetched early would be taken for the answer to a
/// request that is made after signing in.
async fn is_signed_in(app: &App, headers: &HeaderMap) -> bool {
    let Some(cookie) = cookie(headers, SESSION_COOKIE) else { return false };
    // The page comes soon, also where the database does not answer.
    let session = timeout(SIGNED_IN_WITHIN, app.auth.session(&Token::claimed(cookie))).await;
    matches!(session, Ok(Ok(Some(_))))
}

/// What a browser may fetch at once for a path, and the id in that path.
fn early(path: &str) -> Option<(&str, &'static [String])> {
    EARLY.iter().find_map(|(pattern, early)| Some((id_in(path, pattern)?, early.as_slice())))
}

/// Whether a request is answered only to somebody who is signed in. Who is there is asked in any case.
fn is_private(address: &str) -> bool {
    address.starts_with("/api/") && address != "/api/me"
}

/// What may be fetched at once, as a `Link` header (RFC 8288).
fn early_links(early: &[String], id: &str, is_signed_in: bool, base: &str) -> String {
    let wanted = early.iter().filter(|address| is_signed_in || !is_private(address));
    let links: Vec<_> = wanted.map(|address| early_link(&(base.to_owned() + &address.replace('*', id)))).collect();
    links.join(", ")
}

/// The id in a path of this pattern, which is empty where the pattern has none.
fn id_in<'a>(path: &'a str, pattern: &str) -> Option<&'a str> {
    let Some((before, after)) = pattern.split_once('*') else { return (path == pattern).then_some("") };
    let id = path.strip_prefix(before)?.strip_suffix(after)?;
    Uuid::parse_str(id).is_ok().then_some(id)
}

/// The app asks without credentials for other origins, and what was fetched early counts only if it was asked for in the
/// same way: hence `crossorigin`.
fn early_link(address: &str) -> String {
    let kind = match address.rsplit_once('.') {
        Some((_, "js")) => "modulepreload",
        Some((_, "css")) => "preload; as=style",
        _ => "preload; as=fetch",
    };
    format!("<{address}>; rel={kind}; crossorigin")
}

/// The QR code of a game's join address as SVG. Upper case, so that it is coded in fewer modules.
pub async fn qr(State(app): State<App>, Path(file): Path<String>) -> Result<Response, ApiError> {
    let code = file.strip_suffix(".svg").and_then(parse_code).ok_or_else(ApiError::not_found)?;
    let address = shouted(&app.base_url.borrow(), &app.called.path) + "/J/" + &code;
    let svg = qr_svg(&address).ok_or_else(ApiError::not_found)?;
    let headers = [(header::CONTENT_TYPE, "image/svg+xml"), (header::CACHE_CONTROL, "no-cache")];
    Ok((headers, svg).into_response())
}

/// An address with all in capitals that means the same so, which a path need not.
fn shouted(base_url: &str, base_path: &str) -> String {
    let origin = base_url.strip_suffix(base_path).unwrap_or(base_url);
    origin.to_uppercase() + &base_url[origin.len()..]
}

/// An address as the picture of a QR code. None when it is too long for one.
pub fn qr_svg(address: &str) -> Option<String> {
    let qr = QrCode::with_error_correction_level(address, EcLevel::M).ok()?;
    Some(qr.render::<qrcode::render::svg::Color<'_>>().quiet_zone(true).min_dimensions(256, 256).build())
}

/// The page at a path. None for files.
fn page(path: &str) -> Option<&'static str> {
    let mut segments = path.split('/').skip(1);
    let first = segments.next().unwrap_or_default().to_ascii_lowercase();
    match first.as_str() {
        "" | "j" => Some("player.html"),
        "host" | "setup" => Some("host.html"),
        "screen" => Some("screen.html"),
        _ => None,
    }
}

fn respond(asset: &Asset, request: &HeaderMap, status: StatusCode) -> Response {
    let mut response = Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, asset.content_type)
        .header(header::VARY, "accept-encoding")
        .header(header::ETAG, &asset.etag)
        .header(
            header::CACHE_CONTROL,
            if asset.immutable { "public, max-age=31536000, immutable" } else { "no-cache" },
        );
    let known = request.get(header::IF_NONE_MATCH).and_then(|tags| tags.to_str().ok());
    let etag = asset.etag.to_str().unwrap_or_default();
    if status == StatusCode::OK && known.is_some_and(|tags| tags.split(',').any(|tag| tag.trim() == etag)) {
        let unchanged = response.status(StatusCode::NOT_MODIFIED).body(Body::empty());
        return unchanged.unwrap_or_else(|_| StatusCode::NOT_MODIFIED.into_response());
    }
    let accepted = request.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (encoding, content) = match (&asset.brotli, &asset.gzip) {
        (Some(brotli), _) if accepts(accepted, "br") => (Some("br"), brotli),
        (_, Some(gzip)) if accepts(accepted, "gzip") => (Some("gzip"), gzip),
        _ => (None, &asset.plain),
    };
    if let Some(encoding) = encoding {
        response = response.header(header::CONTENT_ENCODING, encoding);
    }
    response.body(Body::from(content.clone())).unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

/// A person gets the start page, which says that there is nothing; a program gets the problem.
fn missing(site: &Site, request: &HeaderMap) -> Response {
    let wants_page = request
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"));
    match site.asset("player.html").filter(|_| wants_page) {
        Some(page) => respond(page, request, StatusCode::NOT_FOUND),
        None => ApiError::not_found().into_response(),
    }
}

/// Whether an `Accept-Encoding` header allows a coding (RFC 9110, section 12.5.3).
fn accepts(header: &str, coding: &str) -> bool {
    header.split(',').any(|part| {
        let mut parts = part.split(';').map(str::trim);
        let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(coding));
        let refused = parts.any(|parameter| {
            parameter.strip_prefix("q=").and_then(|q| q.parse::<f32>().ok()).is_some_and(|q| q <= 0.0)
        });
        named && !refused
    })
}

/// A file of the bundle as it was built.
pub(super) fn built(name: &str) -> Option<&'static Asset> {
    ASSETS.get(name)
}

fn asset(name: &str) -> Option<Asset> {
    let file = |name: &str| {
        Bundle::get(name).map(|file| match file.data {
            Cow::Borrowed(data) => Bytes::from_static(data),
            Cow::Owned(data) => Bytes::from(data),
        })
    };
    Asset::new(name, file(name)?, file(&format!("{name}.gz")), file(&format!("{name}.br")))
}

impl Asset {
    /// A file by its name in the bundle, with what it is compressed to.
    pub fn new(name: &str, plain: Bytes, gzip: Option<Bytes>, brotli: Option<Bytes>) -> Option<Self> {
        let hash = Sha256::digest(&plain);
        let etag = HeaderValue::from_str(&format!("\"{}\"", &base64(&hash)[..22])).ok()?;
        let (content_type, immutable) = (content_type(name), name.starts_with("assets/"));
        Some(Self { plain, gzip, brotli, content_type, etag, immutable })
    }
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default() {
        "css" => "text/css; charset=utf-8",
        "html" => "text/html; charset=utf-8",
        "ico" => "image/x-icon",
        "js" => "text/javascript; charset=utf-8",
        "json" => "application/json",
        "png" => "image/png",
        "svg" => "image/svg+xml",
        "txt" => "text/plain; charset=utf-8",
        "webmanifest" => "application/manifest+json",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    }
}

/// Base64 with padding (RFC 4648, section 4).
pub(super) fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let group = chunk.iter().fold(0_u32, |group, byte| group << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let letter = LETTERS[(group >> (18 - 6 * place)) as usize & 63] as char;
            text.push(if place <= chunk.len() { letter } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_the_standard() {
        let pairs =
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("foobar", "Zm9vYmFy")];
        for (plain, coded) in pairs {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
    }

    #[test]
    fn encodings_are_taken_as_they_are_offered() {
        assert!(accepts("gzip, deflate, br", "br"));
        assert!(!accepts("gzip, br;q=0", "br"));
        assert!(accepts("BR;q=0.5", "br"));
        assert!(!accepts("", "br"));
    }

    #[test]
    fn pages_are_found_in_any_case() {
        for (path, name) in [
            ("/", "player.html"),
            ("/J/ABC234", "player.html"),
            ("/host/banks/1", "host.html"),
            ("/SCREEN", "screen.html"),
        ] {
            assert_eq!(page(path), Some(name), "{path}");
        }
        assert_eq!(page("/assets/x.js"), None);
    }

    #[test]
    fn what_a_page_needs_is_named_with_it() {
        let id = Uuid::nil();
        let (bank, console) = (format!("/host/banks/{id}"), format!("/host/games/{id}/live"));
        let links_of = |path, is_signed_in| early(path).map(|(id, early)| early_links(early, id, is_signed_in, ""));
        for (path, part) in [("/host", "/Home-"), (&bank, "/Bank-"), (&console, "/Live-")] {
            let links = links_of(path, false).unwrap();
            assert!(links.contains(part), "{path}: {links}");
            for link in links.split(", ").filter(|link| !link.starts_with("</api/me>")) {
                let file = link.split(['<', '>']).nth(1).unwrap();
                assert!(ASSETS.contains_key(&file[1..]), "{file}");
            }
        }
        let request = format!("</api/banks/{id}>; rel=preload; as=fetch; crossorigin");
        assert!(links_of(&bank, true).unwrap().contains(&request));
        for path in ["/", "/host/nowhere", "/host/banks/1", "/host/banks/a>,<b", "/assets/x.js"] {
            assert_eq!(links_of(path, true), None, "{path}");
        }
    }

    #[test]
    fn a_qr_code_is_in_capitals_but_for_a_path() {
        for (base_url, base_path, expected) in [
            ("http://192.168.1.5:8080", "", "HTTP://192.168.1.5:8080"),
            ("https://example.org/quiz", "/quiz", "HTTPS://EXAMPLE.ORG/quiz"),
            // Before there is a certificate players come by another address.
            ("http://pub:80", "/quiz", "HTTP://PUB:80"),
        ] {
            assert_eq!(shouted(base_url, base_path), expected);
        }
    }

    #[test]
    fn every_page_is_there_in_every_encoding() {
        for name in ["player.html", "host.html", "screen.html"] {
            let page = &ASSETS[name];
            assert!(page.brotli.as_ref().unwrap().len() < page.plain.len(), "{name}");
            assert!(page.gzip.is_some());
            assert!(!page.immutable);
        }
    }
}
