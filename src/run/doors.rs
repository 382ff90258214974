//! The ports of a serving process, and where others reach it. Whoever watches it hears from it while it waits for its
//! database.

use super::encryption::Encryption;
use super::ending::Ending;
use super::{capacity, supervisor};
use crate::config::{Config, Tls};
use crate::http;
use crate::limits::OPS_CONNECTIONS_MAX;
use crate::net;
use anyhow::Context;
use axum::Router;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// The open ports.
pub(super) struct Doors {
    pub bound: Bound,
    /// Where players reach this process.
    pub base_url: String,
    pub stats: Arc<net::Stats>,
    /// What players and hosts are answered from, and what those are who look after this process.
    pub open: watch::Sender<Option<Router>>,
    pub open_ops: watch::Sender<Option<Router>>,
}

/// Where connections come in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bound {
    pub plain: Vec<SocketAddr>,
    pub encrypted: Vec<SocketAddr>,
}

impl Doors {
    /// Opens the ports, or takes over those that systemd opened.
    pub fn listen(config: &Config, encryption: Option<&Encryption>, ending: &Ending) -> anyhow::Result<Self> {
        let (plain, encrypted) = listeners(config)?;
        let bound = Bound { plain: addresses(&plain)?, encrypted: addresses(&encrypted)? };
        if let Some(outside) = config.auth.exposed_at(&[&bound.plain[..], &bound.encrypted[..]].concat()) {
            anyhow::bail!(
                "auth.dev_token stands for the owner, and others reach this process at {outside}, which systemd opened. \
                 Remove one of the two"
            );
        }
        let host = encryption.and_then(Encryption::public_host);
        let is_believed = host.is_some();
        let base_url = base_url(config, &bound, host.as_deref());

        let stats: Arc<net::Stats> = Arc::default();
        let limits = net::Limits::new(capacity::connections(config.server.max_connections));
        let serve = |listeners: Vec<TcpListener>, door: &net::Door, limits, stats: &Arc<net::Stats>| {
            for listener in listeners {
                let (connections, close) = (ending.connections.clone(), ending.close.clone());
                let serving = net::serve(listener, door.clone(), limits, connections, close, Arc::clone(stats));
                ending.tasks.spawn(serving);
            }
        };
        let (open, opened) = watch::channel(None);
        let app = http::opening(opened);
        // Who is sent to HTTPS must be able to come in there.
        let is_sent_on = is_believed && base_url.starts_with("https://");
        let unencrypted = http::send_to_https(&base_url, app.clone());
        if let Some(encryption) = encryption {
            let within =
                if is_sent_on { config.tls.as_ref().map(|tls| tls.hsts).unwrap_or_default() } else { Duration::ZERO };
            let tls = net::Tls::new(encryption.shown.clone(), unencrypted.clone()).context("TLS cannot be spoken")?;
            let door = net::Door { app: http::insist_on_https(within, app.clone()), tls: Some(tls) };
            serve(encrypted, &door, limits, &stats);
        }
        let door = net::Door { app: if is_sent_on { unencrypted } else { app }, tls: None };
        serve(plain, &door, limits, &stats);

        let ops_listeners = match net::bind(&config.ops.listen) {
            // Where nobody has chosen the address, it may be another's.
            Err(error) if !config.ops.is_chosen => {
                tracing::info!(%error, "health and metrics are at the public addresses only");
                Vec::new()
            }
            bound => bound?,
        };
        let (open_ops, opened) = watch::channel(None);
        let door = net::Door { app: http::opening(opened), tls: None };
        serve(ops_listeners, &door, net::Limits::new(OPS_CONNECTIONS_MAX), &Arc::default());
        Ok(Self { bound, base_url, stats, open, open_ops })
    }
}

/// The listeners without encryption, and those with it. Of those that systemd opened, the ones at a port of `tls.listen`
/// are encrypted.
fn listeners(config: &Config) -> anyhow::Result<(Vec<TcpListener>, Vec<TcpListener>)> {
    let encrypted_at = config.tls.as_ref().map_or(&[][..], |tls| &tls.listen);
    let inherited = supervisor::listeners().context("the sockets of systemd cannot be used")?;
    if inherited.is_empty() {
        return Ok((net::bind(&config.server.listen)?, net::bind(encrypted_at)?));
    }
    let is_encrypted = |listener: &TcpListener| {
        let port = listener.local_addr().map(|address| address.port());
        encrypted_at.iter().any(|address| port.as_ref().is_ok_and(|port| address.port() == *port))
    };
    let (encrypted, plain) = inherited.into_iter().partition(is_encrypted);
    Ok((plain, encrypted))
}

fn addresses(listeners: &[TcpListener]) -> std::io::Result<Vec<SocketAddr>> {
    listeners.iter().map(TcpListener::local_addr).collect()
}

/// Where players reach this process: as configured, else by HTTPS at the host of a certificate that browsers believe, else
/// by this machine's likeliest address.
pub fn base_url(config: &Config, bound: &Bound, host: Option<&str>) -> String {
    if let Some(url) = &config.server.public_url {
        return url.as_str().to_owned();
    }
    if let Some((host, address)) = host.zip(bound.encrypted.first()) {
        return match address.port() {
            443 => format!("https://{host}"),
            port => format!("https://{host}:{port}"),
        };
    }
    let urls = net::lan_urls("http", &bound.plain).into_iter().chain(net::lan_urls("https", &bound.encrypted));
    let own = bound.plain.first().map_or(80, SocketAddr::port);
    urls.into_iter().next().unwrap_or_else(|| format!("http://127.0.0.1:{own}"))
}

impl Bound {
    /// As it is configured, where nothing is open.
    pub fn configured(config: &Config) -> Self {
        let encrypted = config.tls.as_ref().map_or_else(Vec::new, |tls: &Tls| tls.listen.clone());
        Self { plain: config.server.listen.clone(), encrypted }
    }
}
