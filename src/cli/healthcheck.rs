//! `quibble healthcheck`: for supervisors that run a command, such as that of a container without a shell.

use crate::config::Config;
use crate::net;
use anyhow::Context;
use axum::http::StatusCode;
use std::time::Duration;

/// Supervisors give up soon, too.
const ANSWERS_WITHIN: Duration = Duration::from_secs(5);

/// Asks the process that listens where this configuration says: at the address for operators, if one was chosen, which a
/// full house leaves free.
///
/// # Errors
/// In words, when it does not answer or is not well.
pub async fn run(ready: bool, config: &Config) -> anyhow::Result<()> {
    // Where proxies begin with a header of their own, nobody else is let in.
    let only_there = config.ops.is_chosen || config.server.proxies.protocol;
    let for_operators = config.ops.listen.first().filter(|_| only_there);
    let unencrypted = config.server.listen.first().or(config.ops.listen.first());
    let listen = for_operators.or(unencrypted).context("nothing is listened on without encryption: set ops.listen")?;
    let path = if ready { "/readyz" } else { "/healthz" };
    let about = format!("{path} at {}", net::on_this_machine(listen));
    let answer = net::ask(listen, path, ANSWERS_WITHIN).await.with_context(|| about.clone())?;
    anyhow::ensure!(answer.status == StatusCode::OK, "{about} said {}: {}", answer.status, answer.body);
    println!("{}", answer.body);
    Ok(())
}
