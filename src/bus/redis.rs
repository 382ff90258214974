//! Hints through a channel of Redis (`PUBLISH` and `SUBSCRIBE`, <https://redis.io/docs/latest/develop/pubsub/>).
//!
//! Delivery there is at most once, which is all that hints need. One channel carries the hints of every game, so
//! that a cluster and a failover need nothing special. Each replica also publishes a beat of its own and listens for
//! it: a Redis that is frozen, or a connection that is half open, is noticed within seconds.

use super::{Bus, Change, Heard, Hint};
use crate::config;
use crate::game::GameId;
use crate::ids::Ids;
use crate::telemetry::Metrics;
use futures_util::StreamExt;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, TlsCertificates};
use std::fmt;
use std::str::FromStr;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// The longest wait for Redis to take a connection or a hint.
const REDIS_TIMEOUT: Duration = Duration::from_secs(1);

/// How often a replica publishes its beat, and after how long a silence it gives the connection up.
const BEAT_EVERY: Duration = Duration::from_millis(500);
const SILENCE_MAX: Duration = Duration::from_secs(2);

/// Between two tries to connect: a random wait up to this.
const RETRY_WITHIN: Duration = Duration::from_millis(1_000);

/// Why a bus cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum RedisError {
    #[error("redis.ca_file cannot be read: {0}")]
    Certificates(std::io::Error),
    #[error("the address of Redis cannot be used: {0}")]
    Address(redis::RedisError),
    #[error(transparent)]
    Connection(#[from] redis::RedisError),
}

/// How long Redis takes to answer, or why it does not.
///
/// # Errors
/// In words.
pub async fn reach(settings: &config::Redis) -> Result<Duration, String> {
    let client = client(settings).map_err(|error| error.to_string())?;
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(REDIS_TIMEOUT))
        .set_response_timeout(Some(REDIS_TIMEOUT));
    let answered = timeout(2 * REDIS_TIMEOUT, async {
        let mut connection = client.get_multiplexed_async_connection_with_config(&config).await?;
        let asked = Instant::now();
        redis::cmd("PING").query_async::<()>(&mut connection).await?;
        Ok::<_, redis::RedisError>(asked.elapsed())
    });
    match answered.await {
        Ok(Ok(took)) => Ok(took),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err("it does not answer".to_owned()),
    }
}

/// The way to the other replicas.
pub(super) struct Redis {
    /// As they are now. Each connection is made by those.
    settings: watch::Receiver<config::Redis>,
    channel: String,
    bus: Bus,
    ids: Ids,
    metrics: Metrics,
}

/// What goes through the channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Message {
    pub from: Uuid,
    pub said: Said,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Said {
    Beat,
    Hint(Hint),
}

impl Redis {
    pub(super) fn new(
        settings: watch::Receiver<config::Redis>,
        bus: Bus,
        ids: Ids,
        metrics: Metrics,
    ) -> Result<Self, RedisError> {
        let now = settings.borrow().clone();
        client(&now)?;
        Ok(Self { settings, channel: now.channel, bus, ids, metrics })
    }

    /// Passwords and the file of authorities may have changed since the last one.
    fn client(&self) -> Result<Client, RedisError> {
        client(&self.settings.borrow())
    }

    /// Publishes and listens until the process ends.
    pub(super) async fn run(self, to_send: mpsc::Receiver<Hint>, stop: CancellationToken) {
        tokio::select! {
            () = self.publish(to_send) => {}
            () = self.subscribe() => {}
            () = stop.cancelled() => {}
        }
    }

    /// Publishes hints as they come, and the beat. While Redis is away they are dropped.
    async fn publish(&self, mut to_send: mpsc::Receiver<Hint>) {
        let mut connection: Option<MultiplexedConnection> = None;
        let mut not_before = Instant::now();
        let mut beat = tokio::time::interval(BEAT_EVERY);
        beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let said = tokio::select! {
                hint = to_send.recv() => match hint {
                    Some(hint) => Said::Hint(hint),
                    None => return,
                },
                _ = beat.tick() => Said::Beat,
            };
            if connection.is_none() && Instant::now() >= not_before {
                connection = self.connect().await;
                not_before = Instant::now() + self.pause();
            }
            let Some(open) = &mut connection else { continue };
            let message = Message { from: self.bus.replica, said }.to_string();
            let mut publish = redis::cmd("PUBLISH");
            publish.arg(&self.channel).arg(message);
            let timer = self.metrics.redis.seconds.with_label_values(&["publish"]).start_timer();
            let published = publish.query_async::<()>(open).await;
            timer.observe_duration();
            if let Err(error) = published {
                tracing::debug!(%error, "a hint could not be published");
                self.failed("publish");
                connection = None;
            } else if said != Said::Beat {
                self.metrics.redis.hints.with_label_values(&["out"]).inc();
            }
        }
    }

    async fn connect(&self) -> Option<MultiplexedConnection> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(REDIS_TIMEOUT))
            .set_response_timeout(Some(REDIS_TIMEOUT));
        let timer = self.metrics.redis.seconds.with_label_values(&["connect"]).start_timer();
        let connected = timeout(REDIS_TIMEOUT, async {
            Ok::<_, RedisError>(self.client()?.get_multiplexed_async_connection_with_config(&config).await?)
        });
        let connected = connected.await;
        timer.observe_duration();
        match connected {
            Ok(Ok(connection)) => Some(connection),
            Ok(Err(error)) => {
                tracing::debug!(%error, "Redis cannot be reached");
                self.failed("connect");
                None
            }
            Err(_) => {
                self.failed("connect");
                None
            }
        }
    }

    /// Listens, for ever. After every gap the games are looked at again.
    async fn subscribe(&self) {
        let mut told = None;
        loop {
            let why = self.listen().await;
            self.failed("listen");
            let was_up = self.bus.is_up.swap(false, Ordering::Relaxed);
            self.metrics.redis.up.set(0);
            if was_up || told.as_ref() != Some(&why) {
                tracing::warn!(why, "Redis is away; games follow through the database, up to two seconds later");
                told = Some(why);
            }
            sleep(self.pause()).await;
        }
    }

    /// Listens until the connection is of no use any more, and says why that is.
    async fn listen(&self) -> String {
        let subscribed = timeout(REDIS_TIMEOUT, async {
            let mut subscription = self.client()?.get_async_pubsub().await?;
            subscription.subscribe(&self.channel).await?;
            Ok::<_, RedisError>(subscription)
        });
        let timer = self.metrics.redis.seconds.with_label_values(&["subscribe"]).start_timer();
        let subscribed = subscribed.await;
        timer.observe_duration();
        let subscription = match subscribed {
            Ok(Ok(subscription)) => subscription,
            Ok(Err(error)) => return error.to_string(),
            Err(_) => return "it does not answer".to_owned(),
        };
        let mut messages = subscription.into_on_message();
        // What was said before is lost.
        self.bus.pass_on(Uuid::nil(), Heard::Gap);
        let mut own_beat = Instant::now();
        loop {
            let silence = (own_beat + SILENCE_MAX).saturating_duration_since(Instant::now());
            let message = match timeout(silence, messages.next()).await {
                Ok(Some(message)) => message,
                Ok(None) => return "the connection was closed".to_owned(),
                Err(_) => return "it went silent".to_owned(),
            };
            // What is not ours to read is a newer version's, or somebody else's.
            let Ok(text) = std::str::from_utf8(message.get_payload_bytes()) else { continue };
            match text.parse() {
                Ok(Message { from, said: Said::Beat }) if from == self.bus.replica => {
                    own_beat = Instant::now();
                    if !self.bus.is_up.swap(true, Ordering::Relaxed) {
                        self.metrics.redis.up.set(1);
                        self.metrics.redis.reconnects.inc();
                        tracing::info!("hints go through Redis");
                    }
                }
                Ok(Message { said: Said::Beat, .. }) | Err(NotOurs) => {}
                Ok(Message { from, said: Said::Hint(hint) }) => {
                    self.metrics.redis.hints.with_label_values(&["in"]).inc();
                    self.bus.pass_on(from, Heard::Hint(hint));
                }
            }
        }
    }

    fn failed(&self, operation: &str) {
        self.metrics.redis.errors.with_label_values(&[operation]).inc();
    }

    /// A random wait, so that replicas do not come back all at once.
    fn pause(&self) -> Duration {
        RETRY_WITHIN.mul_f64(self.ids.fraction())
    }
}

/// A message that this version cannot read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NotOurs;

fn client(settings: &config::Redis) -> Result<Client, RedisError> {
    let url = settings.url.expose();
    let client = match &settings.ca_file {
        Some(file) => {
            let root_cert = Some(std::fs::read(file).map_err(RedisError::Certificates)?);
            Client::build_with_tls(url, TlsCertificates { client_tls: None, root_cert })
        }
        None => Client::open(url),
    };
    client.map_err(RedisError::Address)
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let from = self.from.simple();
        match self.said {
            Said::Beat => write!(f, "1 {from} beat"),
            Said::Hint(Hint { game, change }) => {
                let game = game.0.simple();
                match change {
                    Change::Access => write!(f, "1 {from} access {game}"),
                    Change::Answers => write!(f, "1 {from} answers {game}"),
                    Change::Claims => write!(f, "1 {from} claims {game}"),
                    Change::Events { seq } => write!(f, "1 {from} events {game} {seq}"),
                }
            }
        }
    }
}

impl FromStr for Message {
    type Err = NotOurs;

    fn from_str(text: &str) -> Result<Self, NotOurs> {
        let parts: Vec<_> = text.splitn(6, ' ').collect();
        let ["1", from, said @ ..] = parts.as_slice() else { return Err(NotOurs) };
        let id = |text: &str| Uuid::try_parse(text).map_err(|_| NotOurs);
        let hint = |game: &str, change| Ok::<_, NotOurs>(Said::Hint(Hint { game: GameId(id(game)?), change }));
        let said = match said {
            ["beat"] => Said::Beat,
            ["access", game] => hint(game, Change::Access)?,
            ["answers", game] => hint(game, Change::Answers)?,
            ["claims", game] => hint(game, Change::Claims)?,
            ["events", game, seq] => hint(game, Change::Events { seq: seq.parse().map_err(|_| NotOurs)? })?,
            _ => return Err(NotOurs),
        };
        Ok(Self { from: id(from)?, said })
    }
}
