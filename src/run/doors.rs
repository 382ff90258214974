//! The ports of a serving process, and where others reach it. Whoever watches it hears from it while it waits for its
//! database.

use super::ending::Ending;
use super::folder::write_address;
use super::{base_path, capacity, supervisor};
use crate::acme::Answers;
use crate::config::{Config, Listen, Proxies, PublicUrl, Role, Tls};
use crate::http;
use crate::limits::OPS_CONNECTIONS_MAX;
use crate::net::{self, Certificates, Listener};
use anyhow::Context;
use axum::Router;
use prometheus::IntGauge;
use std::sync::Arc;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// The open ports.
pub(super) struct Doors {
    pub bound: Bound,
    /// Where players reach this process.
    pub base_url: watch::Sender<String>,
    pub stats: Arc<net::Stats>,
    /// What players and hosts are answered from, and what those are who look after this process.
    pub open: watch::Sender<Option<Router>>,
    pub open_ops: watch::Sender<Option<Router>>,
}

/// Where connections come in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bound {
    pub plain: Vec<Listen>,
    pub encrypted: Vec<Listen>,
}

impl Doors {
    /// Opens the ports, or takes over those that systemd opened.
    pub fn listen(
        config: &Config,
        certificates: Option<&Certificates>,
        answers: &Answers,
        ending: &Ending,
        connections_max: &IntGauge,
    ) -> anyhow::Result<Self> {
        let (plain, encrypted) = listeners(config)?;
        let bound = Bound { plain: places(&plain)?, encrypted: places(&encrypted)? };
        if let Some(outside) = config.auth.exposed_at(bound.plain.iter().chain(&bound.encrypted)) {
            anyhow::bail!(
                "auth.dev_token stands for the owner, and others reach this process at {outside}, which systemd opened. \
                 Remove one of the two"
            );
        }
        let base_url = watch::Sender::new(base_url(config, &bound, certificates));

        let stats: Arc<net::Stats> = Arc::default();
        let room = capacity::connections(config.server.max_connections);
        connections_max.set(i64::try_from(room).unwrap_or(i64::MAX));
        let limits = net::Limits::new(room);
        let serve = |listeners: Vec<Listener>, door: &net::Door, limits, stats: &Arc<net::Stats>| {
            for listener in listeners {
                let (connections, close) = (ending.connections.clone(), ending.close.clone());
                let serving = net::serve(listener, door.clone(), limits, connections, close, Arc::clone(stats));
                ending.tasks.spawn(serving);
            }
        };
        let (open, opened) = watch::channel(None);
        let app = http::opening(opened);
        let Proxies { trusted, trust_unix, header, protocol } = &config.server.proxies;
        let proxies = net::Proxies::new(trusted, *trust_unix, header.clone(), *protocol);
        let mut unencrypted = app.clone();
        if let (Some(certificates), Some(tls)) = (certificates, &config.tls) {
            let shown = certificates.clone();
            let is_believed = move || shown.shown().is_some_and(|shown| shown.host().is_some());
            unencrypted = http::send_to_https(base_url.subscribe(), is_believed, app.clone());
            let sent_on = http::below(base_path(config), http::send_on(base_url.subscribe(), app.clone()));
            let spoken = net::Tls::new(certificates.clone(), sent_on).context("TLS cannot be spoken")?;
            let door = net::Door {
                proxies: proxies.clone(),
                app: http::below(base_path(config), http::insist_on_https(base_url.subscribe(), tls.hsts, app)),
                tls: Some(spoken.proving(Arc::new(answers.clone()))),
            };
            serve(encrypted, &door, limits, &stats);
        }
        let app = http::below(base_path(config), answers.before(unencrypted));
        serve(plain, &net::Door { app, tls: None, proxies }, limits, &stats);

        let ops_listeners = match net::bind(&config.ops.listen, config.server.socket_mode) {
            // Where nobody has chosen the address, it may be another's.
            Err(error) if !config.ops.is_chosen => {
                tracing::info!(%error, "health and metrics are at the public addresses only");
                Vec::new()
            }
            bound => bound?,
        };
        let (open_ops, opened) = watch::channel(None);
        let door = net::Door { app: http::opening(opened), tls: None, proxies: net::Proxies::default() };
        serve(ops_listeners, &door, net::Limits::new(OPS_CONNECTIONS_MAX), &Arc::default());
        Ok(Self { bound, base_url, stats, open, open_ops })
    }
}

/// The listeners without encryption, and those with it. Of those that systemd opened, the ones at a port or a path of
/// `tls.listen` are encrypted.
fn listeners(config: &Config) -> anyhow::Result<(Vec<Listener>, Vec<Listener>)> {
    match config.server.role {
        Role::All | Role::Web => {}
        // Nobody plays here.
        Role::Worker => return Ok((Vec::new(), Vec::new())),
    }
    let encrypted_at = config.tls.as_ref().map_or(&[][..], |tls| &tls.listen);
    let inherited = supervisor::listeners().context("the sockets of systemd cannot be used")?;
    if inherited.is_empty() {
        let mode = config.server.socket_mode;
        return Ok((net::bind(&config.server.listen, mode)?, net::bind(encrypted_at, mode)?));
    }
    let is_encrypted = |listener: &Listener| match listener.at() {
        Ok(Listen::Tcp(at)) => encrypted_at.iter().any(|place| place.port() == Some(at.port())),
        Ok(at @ Listen::Unix(_)) => encrypted_at.contains(&at),
        Err(_) => false,
    };
    let (encrypted, plain): (Vec<_>, Vec<_>) = inherited.into_iter().partition(is_encrypted);
    anyhow::ensure!(
        config.tls.is_none() || !encrypted.is_empty(),
        "tls.mode wants HTTPS, and none of the sockets that systemd opened is at a port of tls.listen: add \
         ListenStream=443 to quibble.socket, as it says there"
    );
    Ok((plain, encrypted))
}

fn places(listeners: &[Listener]) -> std::io::Result<Vec<Listen>> {
    listeners.iter().map(Listener::at).collect()
}

/// Where players reach this process: as configured, else by HTTPS at the host of a certificate that browsers believe, else
/// by this machine's likeliest address. An address by HTTPS has to wait for the certificate that is to come.
pub fn base_url(config: &Config, bound: &Bound, certificates: Option<&Certificates>) -> String {
    let shown = certificates.and_then(Certificates::shown);
    let is_to_come = certificates.is_some() && shown.is_none() && config.tls.is_some();
    let configured = config.server.public_url.as_ref().map(PublicUrl::as_str);
    if let Some(url) = configured.filter(|url| !is_to_come || !url.starts_with("https://")) {
        return url.to_owned();
    }
    let host = shown.and_then(|shown| shown.host()).filter(|_| !bound.encrypted.is_empty());
    if let Some(host) = host {
        return match bound.encrypted.iter().find_map(Listen::port) {
            // What passes HTTPS on to a unix socket listens at its port.
            None | Some(443) => format!("https://{host}"),
            Some(port) => format!("https://{host}:{port}"),
        };
    }
    let urls = net::lan_urls("http", &bound.plain).into_iter().chain(net::lan_urls("https", &bound.encrypted));
    let port = |places: &[Listen]| places.iter().find_map(Listen::port);
    urls.into_iter().next().unwrap_or_else(|| match (port(&bound.plain), port(&bound.encrypted)) {
        (None, Some(port)) => format!("https://127.0.0.1:{port}"),
        (port, _) => format!("http://127.0.0.1:{}", port.unwrap_or(80)),
    })
}

/// Keeps the address of players that of the certificate which is shown.
pub(super) async fn keep_address(
    config: Config,
    bound: Bound,
    certificates: Certificates,
    base_url: watch::Sender<String>,
    stop: CancellationToken,
) {
    let mut changes = certificates.changes();
    loop {
        let new = self::base_url(&config, &bound, Some(&certificates));
        if base_url.send_if_modified(|old| std::mem::replace(old, new.clone()) != new) {
            tracing::info!(address = new, "players reach this server at another address now");
            if config.database.is_none() {
                write_address(&config.data.dir, &new);
            }
        }
        tokio::select! {
            _ = changes.changed() => {}
            () = stop.cancelled() => return,
        }
    }
}

impl Bound {
    /// As it is configured, where nothing is open.
    pub fn configured(config: &Config) -> Self {
        let encrypted = config.tls.as_ref().map_or_else(Vec::new, |tls: &Tls| tls.listen.clone());
        Self { plain: config.server.listen.clone(), encrypted }
    }
}
