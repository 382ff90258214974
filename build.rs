//! Compresses the web bundle once, at build time: the binary carries every file plain, as gzip and as brotli.
//!
//! The bundle itself is committed in `web-dist/`, so that nothing but cargo is needed here.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

const OPENTRIVIAQA: &str = "../shared/data/opentriviaqa";

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=web-dist");
    println!("cargo::rerun-if-changed=migrations");
    // Real questions for tests, which are not ours to pass on: `tests/run` says when they are not there.
    println!("cargo::rustc-check-cfg=cfg(opentriviaqa)");
    if Path::new(OPENTRIVIAQA).exists() {
        println!("cargo::rerun-if-changed={OPENTRIVIAQA}");
        println!("cargo::rustc-cfg=opentriviaqa");
    }
    let source = Path::new("web-dist");
    if !source.join("player.html").exists() {
        println!("cargo::error=web-dist/player.html is missing: run `npm ci && npm run build` in web/");
        return Ok(());
    }
    let out = PathBuf::from(std::env::var_os("OUT_DIR").unwrap_or_default()).join("web");
    if out.exists() {
        fs::remove_dir_all(&out)?;
    }
    copy(source, &out)
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
            continue;
        }
        let content = fs::read(entry.path())?;
        fs::write(&target, &content)?;
        if is_text(&entry.path()) {
            fs::write(with_suffix(&target, ".gz"), gzip(&content)?)?;
            fs::write(with_suffix(&target, ".br"), brotli(&content)?)?;
        }
    }
    Ok(())
}

/// Files that compression makes smaller. Fonts and pictures are compressed already.
fn is_text(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    matches!(extension, Some("css" | "html" | "js" | "json" | "svg" | "txt" | "webmanifest"))
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn gzip(content: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(content)?;
    encoder.finish()
}

fn brotli(content: &[u8]) -> io::Result<Vec<u8>> {
    let mut compressed = Vec::new();
    let params = brotli::enc::BrotliEncoderParams { quality: 11, ..Default::default() };
    brotli::BrotliCompress(&mut &content[..], &mut compressed, &params)?;
    Ok(compressed)
}
