//! What a person at the terminal reads first.

use crate::net;
use std::io::{IsTerminal, Write};
use std::net::SocketAddr;

/// Says where Quibble is, and how to begin. Nobody reading is fine.
pub(super) fn greet(base_url: &str, bound: &[SocketAddr], setup_link: Option<&str>) {
    let mut out = std::io::stdout();
    let port = bound.first().map_or(80, SocketAddr::port);
    let mut text = String::from("\nQuibble is running.\n\n");
    if bound.iter().any(|address| address.ip().is_unspecified() || address.ip().to_canonical().is_loopback()) {
        text += &format!("  On this machine   http://localhost:{port}\n");
    }
    for url in net::lan_urls(bound) {
        text += &format!("  In your network   {url}\n");
    }
    if !net::lan_urls(bound).iter().any(|url| url == base_url) && !base_url.contains("127.0.0.1") {
        text += &format!("  For players       {base_url}\n");
    }
    if let Some(link) = setup_link {
        text += &format!("\nFirst, make your account. This link works once, for 30 minutes:\n\n  {link}\n");
    }
    if out.is_terminal()
        && let Ok(qr) = qrcode::QrCode::new(setup_link.unwrap_or(base_url))
    {
        let picture = qr.render::<qrcode::render::unicode::Dense1x2>().quiet_zone(true).build();
        text += &format!("\n{picture}\n");
    }
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}
