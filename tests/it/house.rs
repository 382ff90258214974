//! The order of the house: who may know whom, and that what is generated is fresh.

use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Rooms, and the rooms that they may name. Clock, ids, limits, pace, config and telemetry are the ground: they know nothing
/// of ours (ids ask the clock), and may be known by all.
const ARROWS: [(&str, &[&str]); 17] = [
    ("acme", &["net", "store"]),
    ("auth", &["store"]),
    ("bus", &["game"]),
    ("cli", &["acme", "auth", "bus", "game", "http", "jobs", "live", "net", "quiz", "run", "store"]),
    ("clock", &[]),
    ("config", &[]),
    ("game", &[]),
    ("http", &["auth", "game", "jobs", "live", "quiz", "store"]),
    ("ids", &["clock"]),
    ("jobs", &["auth", "bus", "game", "live", "net", "store"]),
    ("limits", &[]),
    ("live", &["bus", "game", "quiz", "store"]),
    ("net", &[]),
    ("pace", &[]),
    ("quiz", &[]),
    ("store", &["game", "quiz"]),
    ("telemetry", &[]),
];

const GROUND: [&str; 6] = ["clock", "config", "ids", "limits", "pace", "telemetry"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files(dir: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|found| found == extension) {
            found.push(path);
        }
    }
    found
}

/// The rooms that a file names with `crate::`.
fn named(source: &str) -> Vec<String> {
    let after = source.split("crate::").skip(1);
    let room = |rest: &str| rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    after.map(room).filter(|room| !room.is_empty()).collect()
}

#[test]
fn rooms_know_only_whom_they_may() {
    let arrows: BTreeMap<_, _> = ARROWS.into_iter().collect();
    let mut broken = Vec::new();
    for file in files(&root().join("src"), "rs") {
        let path = file.strip_prefix(root().join("src")).unwrap();
        let room = path.components().next().unwrap().as_os_str().to_str().unwrap().trim_end_matches(".rs");
        if matches!(room, "lib" | "main" | "run") {
            continue;
        }
        let allowed = arrows.get(room).unwrap_or_else(|| panic!("{room} is a room without a line in this test"));
        for other in named(&fs::read_to_string(&file).unwrap()) {
            let is_ground = GROUND.contains(&other.as_str()) && !GROUND.contains(&room);
            if other != room && !allowed.contains(&other.as_str()) && !is_ground {
                broken.push(format!("{} names {other}", path.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn the_rules_read_no_clock_and_draw_no_chance() {
    let mut broken = Vec::new();
    for file in files(&root().join("src/game"), "rs").into_iter().chain(files(&root().join("src/quiz"), "rs")) {
        let source = fs::read_to_string(&file).unwrap();
        // Tests stand at the end of a file, or in files of their own.
        let (rules, _) = source.split_once("#[cfg(test)]\nmod tests {").unwrap_or((&source, ""));
        let within = file.strip_prefix(root()).unwrap();
        let is_test = within.iter().any(|part| part.to_string_lossy().contains("tests") || part == "properties.rs");
        let impure = ["std::time", "tokio", "rand::", "std::fs", "std::env", "std::net", "async fn", "f32"];
        let rooms = ["crate::clock", "crate::ids", "crate::config", "crate::telemetry", "crate::pace"];
        for word in impure.into_iter().chain(rooms).filter(|word| !is_test && rules.contains(word)) {
            broken.push(format!("{} has {word}", file.display()));
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

/// One crypto provider, and none that needs a system's library.
#[test]
fn no_second_crypto_library_comes_along() {
    let lock = fs::read_to_string(root().join("Cargo.lock")).unwrap();
    for banned in ["ring", "openssl", "openssl-sys", "native-tls", "rustls-pemfile", "serde_yml"] {
        // The lock file also names what no feature of ours turns on. What other platforms would need is not here.
        if lock.contains(&format!("name = \"{banned}\"\n")) {
            let tree = ["tree", "--offline", "--locked", "--edges", "all", "--invert", banned];
            let users = Command::new(env!("CARGO")).args(tree).current_dir(root()).output().unwrap();
            assert!(users.status.success(), "{}", String::from_utf8_lossy(&users.stderr));
            assert!(users.stdout.is_empty(), "{}", String::from_utf8_lossy(&users.stdout));
        }
    }
}

#[test]
fn every_metric_is_explained() {
    let names = |file: &str| -> BTreeSet<String> {
        let text = fs::read_to_string(root().join(file)).unwrap();
        let starts = text.match_indices("quibble_").map(|(at, _)| &text[at..]);
        let is_name = |c: char| c.is_ascii_lowercase() || c == '_';
        starts.map(|text| text.chars().take_while(|c| is_name(*c)).collect()).collect()
    };
    let unexplained: Vec<_> =
        names("src/telemetry/metrics.rs").difference(&names("docs/operations.md")).cloned().collect();
    assert!(unexplained.is_empty(), "docs/operations.md does not say what these are: {unexplained:?}");
}

/// `web-dist/SOURCES.sha256` is the hash over the sources that the bundle was built from: for each file of `web/`,
/// by path, the path, a zero byte, the SHA-256 of its content in hexadecimal, and a line feed.
#[test]
fn the_web_bundle_is_built_from_the_sources_beside_it() {
    let web = root().join("web");
    let mut sources: Vec<(String, PathBuf)> = all_files(&web)
        .into_iter()
        .map(|path| (path.strip_prefix(&web).unwrap().to_str().unwrap().replace('\\', "/"), path))
        .filter(|(name, _)| !name.starts_with("node_modules/"))
        .collect();
    sources.sort();
    let mut hash = Sha256::new();
    for (name, path) in sources {
        hash.update(name.as_bytes());
        hash.update([0]);
        hash.update(hex(&Sha256::digest(fs::read(path).unwrap())).as_bytes());
        hash.update(b"\n");
    }
    let built = fs::read_to_string(root().join("web-dist/SOURCES.sha256")).unwrap();
    assert_eq!(built.trim(), hex(&hash.finalize()), "web-dist is stale: run `npm run build` in web/");
}

fn all_files(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let within = |path: PathBuf| match path.file_name().and_then(|name| name.to_str()) {
        Some("node_modules") => Vec::new(),
        _ if path.is_dir() => all_files(&path),
        _ => vec![path],
    };
    entries.flat_map(within).collect()
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

/// The document that clients are generated from. `UPDATE=1 cargo test` writes it.
#[test]
fn the_openapi_document_is_that_of_the_handlers() {
    let path = root().join("web/openapi.json");
    let current = format!("{}\n", quibble::http::openapi().to_pretty_json().unwrap());
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, &current).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == current,
        "web/openapi.json is stale: run `UPDATE=1 cargo test openapi`, then build web/ again"
    );
}
