//! What a person at the terminal reads first.

use super::Bound;
use crate::config::Listen;
use crate::ids::Token;
use crate::net;
use std::io::{IsTerminal, Write};
use std::net::IpAddr;

/// Says where Quibble is, and how to begin. Nobody reading is fine.
pub(super) fn greet(base_url: &str, bound: &Bound, signs_itself: bool, setup_link: Option<&Token>) {
    let mut out = std::io::stdout();
    let setup_link = setup_link.map(|token| format!("{base_url}/setup#{}", token.reveal()));
    let mut text = String::from("\nQuibble is running.\n\n");
    let mut in_network = Vec::new();
    for (scheme, listen) in [("http", &bound.plain), ("https", &bound.encrypted)] {
        let here = listen.iter().filter_map(Listen::tcp).find(|address| is_open_here(address.ip()));
        if let Some(address) = here {
            text += &format!("  On this machine   {scheme}://localhost:{}\n", address.port());
        }
        in_network.extend(net::lan_urls(scheme, listen));
        for socket in listen.iter().filter(|place| place.tcp().is_none()) {
            text += &format!("  For a proxy       {socket}\n");
        }
    }
    for url in &in_network {
        text += &format!("  In your network   {url}\n");
    }
    if !in_network.iter().any(|url| url == base_url) && !base_url.contains("127.0.0.1") {
        text += &format!("  For players       {base_url}\n");
    }
    if signs_itself {
        text += "\nBrowsers warn of the https addresses: Quibble has signed their certificate itself.\n";
    }
    if let Some(link) = &setup_link {
        text += &format!("\nFirst, make your account. This link works once, for 30 minutes:\n\n  {link}\n");
    }
    if out.is_terminal()
        && let Ok(qr) = qrcode::QrCode::new(setup_link.as_deref().unwrap_or(base_url))
    {
        let picture = qr.render::<qrcode::render::unicode::Dense1x2>().quiet_zone(true).build();
        text += &format!("\n{picture}\n");
    }
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}

fn is_open_here(ip: IpAddr) -> bool {
    ip.is_unspecified() || ip.to_canonical().is_loopback()
}
