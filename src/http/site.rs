//! The pages as this Quibble serves them: below a path, where it shares a host with others. They name their files from the
//! root, and so are written anew then, once, when the process starts. All other files name each other by where they are.

use super::assets::{Asset, base64, built};
use axum::body::Bytes;
use axum::http::HeaderValue;
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::io::{self, Write};
use std::sync::LazyLock;

const PAGES: [&str; 3] = ["player.html", "host.html", "screen.html"];

static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| policy(PAGES.iter().filter_map(|page| built(page))));

/// The pages below a path.
#[derive(Debug)]
pub(super) struct Site {
    base: String,
    /// What differs from the bundle.
    pages: HashMap<&'static str, Asset>,
    policy: HeaderValue,
}

/// The policy for every answer: only our own files, and the inline styles that the pages were built with.
pub(super) fn content_security_policy() -> HeaderValue {
    POLICY.clone()
}

impl Site {
    /// The pages as all paths begin with `base`: `/quiz`, or nothing.
    pub fn below(base: &str) -> Self {
        let pages: HashMap<_, _> = match base {
            "" => HashMap::new(),
            base => PAGES.iter().filter_map(|name| Some((*name, written_for(base, name)?))).collect(),
        };
        let policy = if pages.is_empty() { content_security_policy() } else { policy(pages.values()) };
        Self { base: base.to_owned(), pages, policy }
    }

    /// What all paths begin with.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// A page or another file.
    pub fn asset(&self, name: &str) -> Option<&Asset> {
        self.pages.get(name).or_else(|| built(name))
    }

    /// The policy for these pages.
    pub fn content_security_policy(&self) -> HeaderValue {
        self.policy.clone()
    }
}

/// A page with every path of it below `base`, which it tells its script, too.
fn written_for(base: &str, name: &str) -> Option<Asset> {
    let page = String::from_utf8_lossy(&built(name)?.plain)
        .replacen("<html ", &format!("<html data-base=\"{base}\" "), 1)
        .replace("\"/assets/", &format!("\"{base}/assets/"))
        .replace("url(/assets/", &format!("url({base}/assets/"))
        .replace("action=\"/\"", &format!("action=\"{base}/\""));
    // What cannot be compressed is sent as it is.
    let gzip = gzip(page.as_bytes()).ok();
    Asset::new(name, page.into(), gzip, None)
}

fn gzip(page: &[u8]) -> io::Result<Bytes> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(page)?;
    encoder.finish().map(Bytes::from)
}

fn policy<'a>(pages: impl Iterator<Item = &'a Asset>) -> HeaderValue {
    let hashes = pages.flat_map(|page| inline_style_hashes(&String::from_utf8_lossy(&page.plain)));
    let styles = hashes.fold(String::new(), |styles, hash| styles + " 'sha256-" + &hash + "'");
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'{styles}; img-src 'self' data:; font-src 'self'; \
         connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    );
    HeaderValue::from_str(&policy).unwrap_or_else(|_| HeaderValue::from_static("default-src 'none'"))
}

/// The hashes that a policy names for the inline styles of a page (CSP level 3, section 2.3.1).
fn inline_style_hashes(page: &str) -> Vec<String> {
    let styles = page.split("<style").skip(1).filter_map(|rest| {
        let (_, rest) = rest.split_once('>')?;
        rest.split_once("</style>").map(|(style, _)| style)
    });
    styles.map(|style| base64(&Sha256::digest(style))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    /// The paths from the root that a page names.
    fn named(page: &Asset) -> Vec<String> {
        let text = String::from_utf8_lossy(&page.plain).into_owned();
        let parts = text.split(['"', '(']).filter(|part| part.starts_with('/'));
        parts.map(|part| part.split(')').next().unwrap().to_owned()).collect()
    }

    #[test]
    fn every_path_of_a_page_is_below_the_one_of_its_site() {
        let (root, site) = (Site::below(""), Site::below("/pub/quiz"));
        for name in PAGES {
            let (built, page) = (root.asset(name).unwrap(), site.asset(name).unwrap());
            let paths = named(built);
            assert!(paths.len() > 3 && paths.iter().all(|path| !path.starts_with("/pub")), "{name}: {paths:?}");
            assert_eq!(named(page)[1..], paths.iter().map(|path| format!("/pub/quiz{path}")).collect::<Vec<_>>()[..]);
            assert_eq!(named(page)[0], "/pub/quiz", "what the script is told");
            let text = String::from_utf8_lossy(&page.plain);
            assert_eq!(text.matches("<html data-base=\"/pub/quiz\" lang=").count(), 1, "{name}");
            for file in paths.iter().filter(|file| file.starts_with("/assets/")) {
                assert!(root.asset(&file[1..]).is_some(), "{name} names {file}");
            }
        }
        assert_eq!(root.content_security_policy(), content_security_policy());
        assert_ne!(site.content_security_policy(), content_security_policy(), "a style names a picture");
        assert!(std::ptr::eq(site.asset("sw.js").unwrap(), root.asset("sw.js").unwrap()));
    }

    #[test]
    fn what_is_compressed_at_the_start_is_the_same_page() {
        let page = Site::below("/quiz").pages.remove("player.html").unwrap();
        let mut gzip = Vec::new();
        flate2::read::GzDecoder::new(&page.gzip.unwrap()[..]).read_to_end(&mut gzip).unwrap();
        assert_eq!(gzip, page.plain.to_vec());
    }
}
