//! Who listens here, and what is reached from here.

use super::{Check, Checks};
use crate::bus;
use crate::config::{Config, Listen};
use crate::limits::{LOOK_UP_TIMEOUT, PORT_ANSWER_TIMEOUT};
use crate::net::{self, Answer};
use crate::run::{Bound, base_url, trust_one_crypto_provider};
use axum::http::StatusCode;
use serde_json::Value;
use std::io;
use std::net::IpAddr;
use tokio::net::lookup_host;
use tokio::time::timeout;

const PORT: &str = "port";
const SERVICE: &str = "service";
const PUBLIC_URL: &str = "public_url";

/// Looks whether Redis is there, if one is named.
pub async fn redis(config: &Config) -> Option<Check> {
    let name = "redis";
    let settings = config.redis.as_ref()?;
    trust_one_crypto_provider();
    Some(match bus::reach(settings).await {
        Ok(took) => Check::ok(name, format!("it answers in {took:.1?}")),
        Err(error) => Check::warning(
            name,
            format!("it cannot be reached: {error}"),
            "see that it runs, and that redis.url is right. A night works without: what happens on another replica is \
             seen up to two seconds later",
        ),
    })
}

/// Looks at each address that is to be listened on: free, or who has it.
pub async fn ports(config: &Config) -> Checks {
    let mut checks = Vec::new();
    let Bound { plain, encrypted } = Bound::configured(config);
    for (address, tried) in net::try_bind(&[plain, encrypted].concat()) {
        let ours = ask_public(&address).await;
        checks.push(port(&address, tried, ours, true));
    }
    for (address, tried) in net::try_bind(&config.ops.listen) {
        let ours = ask_ops(&address).await;
        checks.push(port(&address, tried, ours, config.ops.is_chosen));
    }
    checks
}

/// `ours` is what a Quibble that listens there says of itself. Where an address is not needed, Quibble does without.
fn port(address: &Listen, tried: io::Result<()>, ours: Option<Value>, is_needed: bool) -> Check {
    let error = match (tried, ours) {
        (_, Some(_)) => return Check::ok(PORT, format!("a Quibble listens on {address}")),
        (Ok(()), None) => return Check::ok(PORT, format!("{address} is free")),
        (Err(error), None) => error,
    };
    let (found, advice) = if error.kind() == io::ErrorKind::AddrInUse {
        (format!("another program listens on {address}"), "stop it, or choose another port".to_owned())
    } else {
        let advice = net::bind_advice(address, error.kind()).unwrap_or("choose another address");
        (format!("{address} cannot be listened on: {error}"), advice.to_owned())
    };
    if is_needed {
        Check::problem(PORT, found, advice)
    } else {
        Check::warning(PORT, found, format!("{advice} with ops.listen; or do without"))
    }
}

/// Asks the Quibble that runs here how it is.
pub async fn service(config: &Config) -> Check {
    for address in &config.ops.listen {
        if ask_ops(address).await.is_some()
            && let Ok(answer) = net::ask(address, "/readyz", PORT_ANSWER_TIMEOUT).await
        {
            return health(address, &answer);
        }
    }
    for address in &config.server.listen {
        if ask_public(address).await.is_some()
            && let Ok(answer) = net::ask(address, "/readyz", PORT_ANSWER_TIMEOUT).await
        {
            return health(address, &answer);
        }
    }
    let advice = "start it, if it should run: `systemctl start quibble` or `quibble serve`";
    Check::warning(SERVICE, "no Quibble answers where this configuration says that one listens", advice)
}

fn health(address: &Listen, answer: &Answer) -> Check {
    let said: Value = serde_json::from_str(&answer.body).unwrap_or_default();
    if answer.status != StatusCode::OK {
        let why = said["error"].as_str().unwrap_or("it does not say why");
        let advice = "look at its log; docs/operations.md says what each failure looks like";
        return Check::problem(SERVICE, format!("the Quibble at {address} cannot serve: {why}"), advice);
    }
    let version = said["version"].as_str().unwrap_or(env!("CARGO_PKG_VERSION"));
    if version != env!("CARGO_PKG_VERSION") {
        let found = format!("the Quibble at {address} is version {version}, and this is {}", env!("CARGO_PKG_VERSION"));
        return Check::warning(SERVICE, found, "restart it when nobody plays, to have it run this version");
    }
    if !said["degraded"].is_null() {
        let found = format!("the Quibble at {address} serves, without {}", said["degraded"]);
        return Check::warning(SERVICE, found, "see what the check of that says");
    }
    let playing = match (said["games"].as_u64(), said["sockets"].as_u64()) {
        (Some(games), Some(sockets)) => format!(": {games} games, {sockets} phones, screens and consoles"),
        _ => String::new(),
    };
    Check::ok(SERVICE, format!("the Quibble at {address} serves{playing}"))
}

/// What a Quibble tells everybody of itself, if one listens there.
pub(super) async fn ask_public(address: &Listen) -> Option<Value> {
    told(address, "/api/server", "setup_required").await
}

/// What a Quibble tells those who look after it, if one listens there.
async fn ask_ops(address: &Listen) -> Option<Value> {
    told(address, "/readyz", "checks").await
}

/// One that starts, or is full, says so in its own way.
async fn told(address: &Listen, path: &str, has: &str) -> Option<Value> {
    let answer = net::ask(address, path, PORT_ANSWER_TIMEOUT).await.ok()?;
    let said: Value = serde_json::from_str(&answer.body).unwrap_or_default();
    if !said[has].is_null() || said["error"] == "starting" {
        return Some(said);
    }
    let health = net::ask(address, "/healthz", PORT_ANSWER_TIMEOUT).await.ok()?;
    let said: Value = serde_json::from_str(&health.body).unwrap_or_default();
    (said == serde_json::json!({ "status": "ok" })).then_some(said)
}

/// Looks up where players are sent.
pub async fn public_url(config: &Config) -> Check {
    let Some(url) = &config.server.public_url else {
        let shown = base_url(config, &Bound::configured(config), None);
        if shown.contains("//127.0.0.1") {
            let advice = "listen on an address of the network (--listen :8080), or set server.public_url";
            return Check::warning(PUBLIC_URL, "no other device reaches this machine where it listens", advice);
        }
        return Check::ok(PUBLIC_URL, format!("server.public_url is not set: players are shown {shown}"));
    };
    let (host, port) = url.host_and_port();
    let found = match timeout(LOOK_UP_TIMEOUT, lookup_host((host, port))).await {
        Ok(Ok(found)) => found.map(|address| address.ip().to_canonical()).collect::<Vec<_>>(),
        Ok(Err(error)) => {
            let advice = "mend the name where it is kept, or server.public_url; phones cannot look it up, either";
            return Check::problem(PUBLIC_URL, format!("{host} leads nowhere: {error}"), advice);
        }
        Err(_) => {
            let advice = "see whether this machine reaches its name server";
            return Check::warning(PUBLIC_URL, format!("{host} was not found within {LOOK_UP_TIMEOUT:?}"), advice);
        }
    };
    leads_to(host, &found, &net::own_addresses())
}

fn leads_to(host: &str, found: &[IpAddr], own: &[IpAddr]) -> Check {
    let listed = found.iter().map(IpAddr::to_string).collect::<Vec<_>>().join(", ");
    if found.iter().all(IpAddr::is_loopback) {
        let found = format!("{host} leads to {listed} here, the machine itself");
        return Check::warning(PUBLIC_URL, found, "see that it leads phones here, and not to themselves");
    }
    if found.iter().any(|ip| own.contains(ip)) {
        return Check::ok(PUBLIC_URL, format!("{host} leads to this machine ({listed})"));
    }
    let found = format!(
        "{host} leads to {listed}, which is not this machine: right where a proxy or a router passes on what comes there"
    );
    Check::ok(PUBLIC_URL, found)
}

#[cfg(test)]
mod tests {
    use super::super::CheckState;
    use super::*;
    use serde_json::json;

    #[test]
    fn a_port_is_free_ours_or_anothers() {
        let address = Listen::Tcp("127.0.0.1:8080".parse().unwrap());
        let state = |error: Option<io::ErrorKind>, ours: bool, is_needed| {
            let tried = error.map_or(Ok(()), |kind| Err(kind.into()));
            port(&address, tried, ours.then_some(Value::Null), is_needed).state
        };
        let taken = Some(io::ErrorKind::AddrInUse);
        assert_eq!(state(None, false, true), CheckState::Ok);
        assert_eq!(state(taken, true, true), CheckState::Ok);
        assert_eq!(state(taken, false, true), CheckState::Problem);
        assert_eq!(state(taken, false, false), CheckState::Warning);
        assert_eq!(state(Some(io::ErrorKind::PermissionDenied), false, true), CheckState::Problem);
    }

    #[test]
    fn a_service_says_how_it_is() {
        let health = |status, body: Value| {
            health(&Listen::Tcp("127.0.0.1:9090".parse().unwrap()), &Answer { status, body: body.to_string() })
        };
        let version = env!("CARGO_PKG_VERSION");
        let well = health(StatusCode::OK, json!({ "status": "ok", "version": version, "games": 2, "sockets": 80 }));
        assert_eq!(well.state, CheckState::Ok);
        assert!(well.found.contains("2 games, 80 phones"), "{}", well.found);
        let unwell = health(StatusCode::SERVICE_UNAVAILABLE, json!({ "error": "the database does not answer" }));
        assert_eq!(unwell.state, CheckState::Problem);
        assert!(unwell.found.ends_with("cannot serve: the database does not answer"), "{}", unwell.found);
        assert_eq!(health(StatusCode::OK, json!({ "version": "0.0.1" })).state, CheckState::Warning);
        assert_eq!(health(StatusCode::OK, json!({ "degraded": ["redis"] })).state, CheckState::Warning);
    }

    #[test]
    fn a_name_leads_here_elsewhere_or_in_a_circle() {
        let ips = |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect::<Vec<IpAddr>>();
        let own = ips(&["127.0.0.1", "192.168.1.5"]);
        let look = |found: &[&str]| leads_to("quiz.test", &ips(found), &own);
        assert!(look(&["192.168.1.5"]).found.contains("leads to this machine"));
        assert!(look(&["203.0.113.5", "192.168.1.5"]).found.contains("leads to this machine"));
        assert!(look(&["203.0.113.5"]).found.contains("not this machine"));
        assert_eq!(look(&["127.0.1.1"]).state, CheckState::Warning);
    }
}
