//! `quibble healthcheck`: for supervisors that run a command, such as that of a container without a shell.

use super::bench::client::{Call, Client, Origin};
use super::bench::options::Target;
use crate::config::Config;
use anyhow::Context;
use axum::http::{Method, StatusCode};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;
use tokio::time::timeout;

/// Supervisors give up soon, too.
const ANSWERS_WITHIN: Duration = Duration::from_secs(5);

/// Asks the process that listens where this configuration says: at the address for operators, if one was chosen, which a
/// full house leaves free.
///
/// # Errors
/// In words, when it does not answer or is not well.
pub async fn run(ready: bool, config: &Config) -> anyhow::Result<()> {
    let for_operators = config.ops.listen.first().filter(|_| config.ops.is_chosen);
    let unencrypted = config.server.listen.first().or(config.ops.listen.first());
    let listen = for_operators.or(unencrypted).context("nothing is listened on without encryption: set ops.listen")?;
    let address = on_this_machine(*listen);
    let client = Client::new(Target { is_encrypted: false, authority: address.to_string() }, None).await?;
    let path = if ready { "/readyz" } else { "/healthz" };
    let call = Call { method: Method::GET, path, token: None, body: None };
    let origin = Origin::default();
    let answered = timeout(ANSWERS_WITHIN, client.call(&origin, call)).await;
    let answer = answered.with_context(|| format!("{address} did not answer within {ANSWERS_WITHIN:?}"))??;
    anyhow::ensure!(answer.status == StatusCode::OK, "{address}{path} said {}: {}", answer.status, answer.body);
    println!("{}", answer.body);
    Ok(())
}

/// Where to reach what listens there.
fn on_this_machine(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}
