//! Whether a certificate authority would find us: asked from here, which is not quite the same as from the Internet.

use crate::clock::Clock;
use crate::ids::Ids;
use crate::store::{Challenge, Store, StoreError};
use axum::body::{Body, to_bytes};
use axum::http::{Request, header};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

/// How long each look may take.
const ANSWERS_WITHIN: Duration = Duration::from_secs(10);

/// The longest answer that is read, in bytes.
const ANSWER_BYTES_MAX: usize = 4 * 1024;

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
        problem = Some(format!(
            "The name {name} leads nowhere. Set an A record, and an AAAA record if there is IPv6, to the public address of \
             this server."
        ));
    }
    for address in &addresses {
        let said = timeout(ANSWERS_WITHIN, ask(*address, name, token.reveal())).await;
        problem = match said {
            Ok(Ok(said)) if said == answer.reveal() => continue,
            Ok(Ok(_)) => Some(format!(
                "Somebody else answers at {address}, where {name} leads, or this Quibble does not run. Look whether the \
                 name leads to this server."
            )),
            Ok(Err(error)) => Some(format!(
                "Nobody answers at {address}, where {name} leads ({error}). Open port {port} in the firewall, and let the \
                 router pass it on to this server. Some routers let nobody in from inside: try it from a phone without \
                 Wi-Fi, too."
            )),
            Err(_) => Some(format!(
                "{address}, where {name} leads, does not answer. Open port {port} in the firewall, and let the router pass \
                 it on to this server."
            )),
        };
        break;
    }
    Ok(Reach { name: name.to_owned(), addresses, problem })
}

async fn ask(address: SocketAddr, name: &str, token: &str) -> Result<String, Box<dyn std::error::Error + Send + Sync>> {
    let stream = TokioIo::new(TcpStream::connect(address).await?);
    let (mut sender, connection) = http1::handshake(stream).await?;
    let path = format!("/.well-known/acme-challenge/{token}");
    let request = Request::builder().uri(path).header(header::HOST, name).body(Body::empty())?;
    let answer = async move {
        let (_, body) = sender.send_request(request).await?.into_parts();
        Ok::<_, Box<dyn std::error::Error + Send + Sync>>(to_bytes(Body::new(body), ANSWER_BYTES_MAX).await?)
    };
    let (answer, _) = tokio::join!(answer, connection);
    Ok(String::from_utf8_lossy(&answer?).into_owned())
}
