//! The host of a game: takes its steps, and reads what consoles are told.

use super::client::{Client, Origin, Socket, text};
use super::phone::kind;
use anyhow::Context;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite::Message;

const STEP_TIMEOUT: Duration = Duration::from_secs(60);

/// A host at the console of a game.
#[derive(Debug)]
pub struct Host {
    orders: mpsc::Sender<Order>,
}

/// A step, and the word that it is done.
#[derive(Debug)]
struct Order {
    kind: &'static str,
    done: oneshot::Sender<anyhow::Result<Step>>,
}

/// A step that was taken.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    pub start: Instant,
    /// From there to the server's word that it is done.
    pub took: Duration,
}

impl Host {
    /// Connects to a game. The future that comes with it serves the connection as long as there is a host.
    ///
    /// # Errors
    /// In words, when the host is not let in.
    pub async fn connect(
        client: &Client,
        token: &str,
        code: &str,
    ) -> anyhow::Result<(Self, impl Future<Output = ()> + use<>)> {
        let mut socket = client.socket(&Origin::default(), code).await?;
        let hello = json!({ "type": "hello", "payload": { "token": token } });
        socket.send(Message::text(hello.to_string())).await?;
        let welcome = async {
            loop {
                let text = text(socket.next().await).map_err(anyhow::Error::msg)?;
                if text.is_some_and(|text| kind(&text) == "host_state") {
                    return Ok::<_, anyhow::Error>(());
                }
            }
        };
        timeout(STEP_TIMEOUT, welcome).await.context("the host is told nothing")??;
        let (orders, to_do) = mpsc::channel(1);
        Ok((Self { orders }, serve(socket, to_do)))
    }

    /// Takes a step.
    ///
    /// # Errors
    /// In words, when it is refused, or the connection is gone.
    pub async fn step(&self, kind: &'static str) -> anyhow::Result<Step> {
        let (done, step) = oneshot::channel();
        self.orders.send(Order { kind, done }).await.ok().context("a host lost the connection")?;
        let taken = timeout(STEP_TIMEOUT, step).await.with_context(|| format!("{kind} was not done in time"))?;
        taken.ok().context("a host lost the connection")?.with_context(|| format!("the host's {kind}"))
    }
}

async fn serve(mut socket: Socket, mut orders: mpsc::Receiver<Order>) {
    let mut waiting: Option<(Instant, oneshot::Sender<anyhow::Result<Step>>)> = None;
    loop {
        tokio::select! {
            received = socket.next() => {
                let at = Instant::now();
                let text = match text(received) {
                    Ok(Some(text)) => text,
                    Ok(None) => continue,
                    Err(why) => {
                        if let Some((_, done)) = waiting.take() {
                            let _ = done.send(Err(anyhow::Error::msg(why)));
                        }
                        return;
                    }
                };
                let kind = kind(&text);
                if matches!(kind.as_str(), "done" | "refused") && let Some((start, done)) = waiting.take() {
                    let message: Value = serde_json::from_str(&text).unwrap_or_default();
                    let refusal = message["payload"]["message"].as_str().unwrap_or_default().to_owned();
                    let step = Step { start, took: at - start };
                    let _ = done.send(if kind == "done" { Ok(step) } else { Err(anyhow::Error::msg(refusal)) });
                }
            }
            order = orders.recv() => {
                let Some(Order { kind, done }) = order else {
                    let _ = socket.close(None).await;
                    return;
                };
                let message = json!({ "type": kind, "payload": {}, "id": kind }).to_string();
                let start = Instant::now();
                match socket.send(Message::text(message)).await {
                    Ok(()) => waiting = Some((start, done)),
                    Err(error) => {
                        let _ = done.send(Err(error.into()));
                    }
                }
            }
        }
    }
}
