//! Telling others by HTTP what happens here, signed as
//! [Standard Webhooks](https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md) say.

use super::Failure;
use crate::clock::rfc3339;
use crate::config;
use crate::game::view::{ResultStanding, Results, results};
use crate::game::{GameId, Points};
use crate::ids::hex;
use crate::live::Live;
use crate::net::{self, TrustError};
use crate::store::{GameRow, GameStatus, Store};
use aws_lc_rs::hmac;
use axum::body::Body;
use axum::http::{Request, StatusCode, Uri, header};
use base64::prelude::{BASE64_STANDARD, Engine};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;
use std::io;
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use uuid::Uuid;

/// What is read of an answer, in bytes. Nothing in it matters.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// Those who are told, and the key by which they know that it was us.
#[derive(Clone)]
pub struct Webhooks {
    called: Arc<[(Endpoint, Uri)]>,
    key: Arc<hmac::Key>,
    connector: TlsConnector,
}

/// One who is told. The URL itself may hold a secret, and is not stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// Of the URL: the first half of its SHA-256, in hexadecimal.
    pub id: String,
    /// For people.
    pub host: String,
}

/// What others may want to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Happening {
    #[serde(rename = "game.cancelled")]
    Cancelled,
    #[serde(rename = "game.created")]
    Created,
    #[serde(rename = "game.ended")]
    Ended,
    #[serde(rename = "game.started")]
    Started,
}

/// What is sent.
#[derive(Debug, Serialize)]
pub(super) struct About {
    game: Uuid,
    code: String,
    quiz_name: String,
    status: &'static str,
    teams: bool,
    player_count: usize,
    created_at: String,
    updated_at: String,
    /// Of a game that has ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    standings: Option<Vec<Standing>>,
}

#[derive(Debug, Serialize)]
struct Standing {
    rank: usize,
    display_name: String,
    score: Points,
}

#[derive(Serialize)]
struct Told<'a> {
    #[serde(rename = "type")]
    event: Happening,
    timestamp: String,
    data: &'a About,
}

impl Happening {
    pub fn name(self) -> &'static str {
        match self {
            Self::Cancelled => "game.cancelled",
            Self::Created => "game.created",
            Self::Ended => "game.ended",
            Self::Started => "game.started",
        }
    }

    /// What has happened to a game that stands there.
    pub(super) fn of(status: GameStatus) -> &'static [Self] {
        match status {
            GameStatus::Lobby => &[Self::Created],
            GameStatus::InProgress => &[Self::Created, Self::Started],
            GameStatus::Completed => &[Self::Created, Self::Started, Self::Ended],
            GameStatus::Cancelled => &[Self::Created, Self::Cancelled],
        }
    }
}

/// What there is to say of a game.
pub(super) async fn about(store: &Store, live: &Live, event: Happening, game: GameId) -> Result<About, Failure> {
    let row = store.game(game).await?.ok_or_else(Failure::no_such_game)?;
    let standings = match event {
        Happening::Ended => {
            let results = live.read(game, results).await.map_err(|error| Failure::Again(error.to_string()))?;
            Some(standings(results))
        }
        Happening::Cancelled | Happening::Created | Happening::Started => None,
    };
    let GameRow { id, code, quiz_name, status, teams, player_count, created_at, updated_at, .. } = row;
    Ok(About {
        game: id.0,
        code,
        quiz_name,
        status: status.as_str(),
        teams,
        player_count,
        created_at: rfc3339(created_at),
        updated_at: rfc3339(updated_at),
        standings,
    })
}

fn standings(results: Results) -> Vec<Standing> {
    let line = |standing: ResultStanding| Standing {
        rank: standing.rank,
        display_name: standing.display_name,
        score: standing.score,
    };
    results.standings.into_iter().map(line).collect()
}

impl Webhooks {
    /// Those whom the configuration names.
    ///
    /// # Errors
    /// When `webhooks.ca_file` cannot be used.
    pub fn new(config: &config::Webhooks) -> Result<Self, TrustError> {
        let connector = TlsConnector::from(Arc::new(net::trust(config.ca_file.as_deref())?));
        let called = config.urls.iter().filter_map(|url| {
            let uri: Uri = url.expose().parse().ok()?;
            let id = hex(&Sha256::digest(url.expose())[..16]);
            Some((Endpoint { id, host: uri.host()?.to_owned() }, uri))
        });
        let key = Arc::new(hmac::Key::new(hmac::HMAC_SHA256, &config.key()));
        Ok(Self { called: called.collect(), key, connector })
    }

    pub(super) fn endpoints(&self) -> impl Iterator<Item = Endpoint> {
        self.called.iter().map(|(endpoint, _)| endpoint.clone())
    }

    /// Tells one of them. A repeat has the same id.
    pub(super) async fn send(
        &self,
        id: Uuid,
        endpoint: &Endpoint,
        event: Happening,
        about: &About,
        now_ms: i64,
    ) -> Result<(), Failure> {
        let called = self.called.iter().find(|(known, _)| known.id == endpoint.id);
        let (_, uri) = called.ok_or_else(Failure::told_no_more)?;
        let told = Told { event, timestamp: rfc3339(now_ms), data: about };
        let body = serde_json::to_string(&told).map_err(|error| Failure::Never(error.to_string()))?;
        let status = self.post(uri, id, body, now_ms).await.map_err(|error| Failure::Again(format!("{error}.")))?;
        match status {
            status if status.is_success() => Ok(()),
            StatusCode::GONE => Err(Failure::Never("It answered that it is gone (410).".to_owned())),
            status if status.is_redirection() => Err(Failure::Again(format!(
                "It answered with {status}, which leads elsewhere. Name the address that it leads to in webhooks.urls."
            ))),
            status => Err(Failure::Again(format!("It answered with {status}."))),
        }
    }

    async fn post(&self, uri: &Uri, id: Uuid, body: String, now_ms: i64) -> io::Result<StatusCode> {
        let host = uri.host().unwrap_or_default();
        let is_encrypted = uri.scheme_str() == Some("https");
        let port = uri.port_u16().unwrap_or(if is_encrypted { 443 } else { 80 });
        let request = Request::post(uri.path_and_query().map_or("/", |path| path.as_str()))
            .header(header::HOST, uri.authority().map_or(host, |authority| authority.as_str()))
            .header(header::CONNECTION, "close")
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::CONTENT_LENGTH, body.len())
            .header(header::USER_AGENT, concat!("Quibble/", env!("CARGO_PKG_VERSION")))
            .header("webhook-id", id.to_string())
            .header("webhook-timestamp", now_ms / 1_000)
            .header("webhook-signature", self.signature(id, now_ms / 1_000, &body))
            .body(Body::from(body))
            .map_err(io::Error::other)?;
        // An address of IPv6 stands in brackets.
        let stream = TcpStream::connect((host.trim_matches(['[', ']']), port)).await?;
        let answer = if is_encrypted {
            let name = host.trim_matches(['[', ']']).to_owned().try_into().map_err(io::Error::other)?;
            net::exchange(self.connector.connect(name, stream).await?, request, ANSWER_BYTES_MAX).await?
        } else {
            net::exchange(stream, request, ANSWER_BYTES_MAX).await?
        };
        Ok(answer.status())
    }

    fn signature(&self, id: Uuid, timestamp: i64, body: &str) -> String {
        let tag = hmac::sign(&self.key, format!("{id}.{timestamp}.{body}").as_bytes());
        format!("v1,{}", BASE64_STANDARD.encode(tag))
    }
}

impl fmt::Debug for Webhooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.endpoints().map(|endpoint| endpoint.host)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Secret;

    #[test]
    fn it_is_signed_as_others_check_it() {
        let webhooks = Webhooks::new(&config::Webhooks::made(vec![], b"0123456789abcdefghijklmnopqrstuv")).unwrap();
        // By: printf '%s' "$ID.1614265330.{}" | openssl dgst -sha256 -hmac 0123456789abcdefghijklmnopqrstuv -binary | base64
        assert_eq!(
            webhooks.signature(Uuid::nil(), 1_614_265_330, "{}"),
            "v1,FPmc0JzSEUxJ6qFfbTvJDwadqC88jJ17mLQrYP14rYM="
        );
    }

    #[test]
    fn an_endpoint_hides_its_url() {
        let url = Secret::new("https://hooks.example.org/secret-part");
        let webhooks = Webhooks::new(&config::Webhooks::made(vec![url], b"key")).unwrap();
        let endpoint = webhooks.endpoints().next().unwrap();
        assert_eq!(endpoint.host, "hooks.example.org");
        assert!(!format!("{endpoint:?}{webhooks:?}").contains("secret-part"));
    }
}
