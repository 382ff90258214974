//! Whether a certificate authority would find us: asked from here, which is not quite the same as from the Internet.

use super::answers::ASKED_AT;
use super::problem::leads_nowhere;
use crate::clock::Clock;
use crate::ids::Ids;
use crate::net::ask_by_name;
use crate::store::{Challenge, Store, StoreError};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::lookup_host;
use tokio::time::timeout;

/// How long each look may take.
const ANSWERS_WITHIN: Duration = Duration::from_secs(10);

/// An answer of ours is known for so long, in milliseconds.
const KNOWN_FOR_MS: i64 = 60 * 1_000;

/// What was found for one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reach {
    pub name: String,
    pub addresses: Vec<SocketAddr>,
    /// None where everything is well; else what is not and what to do.
    pub problem: Option<String>,
}

/// Looks whether `name` leads to this Quibble at `port`, as an authority does by http-01. It has to run.
///
/// # Errors
/// When the database does not take the answer that is asked for.
pub async fn look(store: &Store, clock: &Clock, ids: &Ids, name: &str, port: u16) -> Result<Reach, StoreError> {
    let (token, answer) = (ids.token(), ids.token());
    let expires_at = clock.now_ms() + KNOWN_FOR_MS;
    store.keep_challenge(Challenge::Http01, token.reveal(), answer.reveal(), expires_at).await?;
    let found = timeout(ANSWERS_WITHIN, lookup_host((name, port))).await;
    let addresses: Vec<_> = found.ok().and_then(Result::ok).into_iter().flatten().collect();
    let mut problem = None;
    if addresses.is_empty() {
        problem = Some(leads_nowhere(name));
    }
    let path = format!("{ASKED_AT}{}", token.reveal());
    for address in &addresses {
        problem = match ask_by_name(*address, name, &path, ANSWERS_WITHIN).await {
            Ok(said) if said.body == answer.reveal() => continue,
            Ok(_) => Some(format!(
                "Somebody else answers at {address}, where {name} leads, or this Quibble does not run. Look whether the \
                 name leads to this server."
            )),
            Err(error) => Some(format!(
                "Nobody answers at {address}, where {name} leads ({error}). Open port {port} in the firewall, and let the \
                 router pass it on to this server. Some routers let nobody in from inside: try it from a phone without \
                 Wi-Fi, too."
            )),
        };
        break;
    }
    Ok(Reach { name: name.to_owned(), addresses, problem })
}

#[cfg(test)]
mod tests {
    use super::super::Answers;
    use super::*;
    use crate::net::{self, Door, Limits, Proxies};
    use crate::store::Address;
    use axum::Router;
    use std::sync::Arc;
    use tokio::net::TcpListener;
    use tokio_util::sync::CancellationToken;
    use tokio_util::task::TaskTracker;

    async fn serve(app: Router) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let tracker = TaskTracker::new();
        let door = Door { app, tls: None, proxies: Proxies::default() };
        let stop = CancellationToken::new();
        tracker.spawn(net::serve(
            net::Listener::Tcp(listener),
            door,
            Limits::new(10),
            tracker.clone(),
            stop,
            Arc::default(),
        ));
        port
    }

    #[tokio::test]
    async fn a_name_leads_here_or_to_somebody_else_or_nowhere() {
        let dir = tempfile::tempdir().unwrap();
        let store = &Store::open(&Address::File(dir.path().join("quibble.db"))).await.unwrap();
        let clock = Clock::manual(1_000);
        let ids = &Ids::seeded(clock.clone(), 1);
        let answers = Answers::default();
        answers.come_from(store.clone(), clock.clone());
        let ours = serve(answers.before(Router::new())).await;
        let others = serve(Router::new().fallback(async || "another web server")).await;
        let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
        let problem = async |name: &str, port| look(store, &clock, ids, name, port).await.unwrap().problem;
        assert_eq!(problem("127.0.0.1", ours).await, None);
        for (name, port, said) in [
            ("127.0.0.1", others, "Somebody else answers at 127.0.0.1"),
            ("127.0.0.1", nobody, "Nobody answers at 127.0.0.1"),
            // No name ends like this (RFC 6761).
            ("quiz.invalid", ours, "The name quiz.invalid leads nowhere."),
        ] {
            let problem = problem(name, port).await.unwrap();
            assert!(problem.starts_with(said), "{problem}");
        }
    }
}
