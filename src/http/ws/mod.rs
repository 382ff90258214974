//! Sockets: who they are, what they may say, and what they are told.

mod session;
mod speaker;

use super::App;
use super::error::ApiError;
use super::extract::{Peer, signed_in};
use super::throttle::Guess;
use super::wire::{self, ClientMessage, Hello, Received};
use crate::auth::Caller;
use crate::game::{GameId, Refusal};
use crate::ids::{Token, parse_code};
use crate::limits::{
    WS_FRAME_BYTES_MAX, WS_HELLO_TIMEOUT, WS_READ_BUFFER_BYTES, WS_WRITE_BUFFER_BYTES, WS_WRITE_BUFFER_BYTES_MAX,
    WS_WRITE_TIMEOUT,
};
use crate::live::{Audience, Cut, LiveError};
use crate::store::GameRow;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::Deserialize;
use session::Session;
use speaker::Speaker;
use std::time::Duration;
use tokio::time::timeout;

/// Credentials in the address, as published. `hello` keeps them out of it.
#[derive(Debug, Default, Deserialize)]
pub struct Credentials {
    session: Option<String>,
    token: Option<String>,
    screen: Option<String>,
}

/// Why a socket closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Close {
    Dead,
    Gone,
    Policy,
    Terminal(Denied),
    Cut(Cut),
    HelloLate,
    Restart,
    Unavailable,
}

/// Who may not come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Denied {
    NotSignedIn,
    Moved,
    NoSuchGame,
    Removed,
}

type Socket = WebSocket;

/// `GET /ws/{code}`: with credentials in the address they are checked before the upgrade, else the first message is
/// the `hello`.
pub async fn upgrade(
    State(app): State<App>,
    Path(code): Path<String>,
    Query(credentials): Query<Credentials>,
    Peer(peer): Peer,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Result<Response, ApiError> {
    if app.drain.is_cancelled() {
        return Err(LiveError::Stopping.into());
    }
    app.0.throttle.check(Guess::Code, peer)?;
    let game = match parse_code(&code) {
        Some(code) => app.store.game_by_code(&code).await?,
        None => None,
    };
    let Some(game) = game else {
        app.0.throttle.miss(Guess::Code, peer);
        return Err(ApiError::not_found());
    };
    let hello =
        Hello { session: credentials.session, token: credentials.token, screen: credentials.screen, since: None };
    let named = hello.session.is_some() || hello.token.is_some() || hello.screen.is_some();
    let audience = if named {
        let admitted = admit(&app, &game, &hello, None).await?;
        Some(admitted.map_err(Denied::response)?)
    } else {
        None
    };
    let browser = signed_in(&app, &headers).await?;
    let sockets = app.sockets.clone();
    Ok(upgrade
        .read_buffer_size(WS_READ_BUFFER_BYTES)
        .write_buffer_size(WS_WRITE_BUFFER_BYTES)
        .max_write_buffer_size(WS_WRITE_BUFFER_BYTES_MAX)
        .max_message_size(WS_FRAME_BYTES_MAX)
        .max_frame_size(WS_FRAME_BYTES_MAX)
        .on_upgrade(move |socket| sockets.track_future(run(app, socket, game, audience, browser)))
        .into_response())
}

async fn run(app: App, mut socket: Socket, game: GameRow, audience: Option<Audience>, browser: Option<Caller>) {
    let audience = match audience {
        Some(audience) => Ok(audience),
        None => greet(&app, &mut socket, &game, browser).await,
    };
    let close = match audience {
        Ok(audience) => serve(&app, &mut socket, game.id, audience).await,
        Err(close) => close,
    };
    app.metrics.sockets_cut.with_label_values(&[close.label()]).inc();
    if close != Close::Gone {
        let (code, reason) = close.frame();
        let frame = Message::Close(Some(CloseFrame { code, reason: Utf8Bytes::from_static(reason) }));
        // The other side may be gone already.
        let _ = timeout(Duration::from_secs(1), socket.send(frame)).await;
    }
}

/// Waits for the first message, which says who is there.
async fn greet(app: &App, socket: &mut Socket, game: &GameRow, browser: Option<Caller>) -> Result<Audience, Close> {
    let first = async {
        loop {
            match socket.recv().await {
                Some(Ok(Message::Text(text))) => return Ok(text),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(Message::Binary(_))) => return Err(Close::Policy),
                Some(Ok(Message::Close(_)) | Err(_)) | None => return Err(Close::Gone),
            }
        }
    };
    let text = timeout(WS_HELLO_TIMEOUT, first).await.map_err(|_| Close::HelloLate)??;
    let Ok(Received { message: Ok(ClientMessage::Hello(hello)), .. }) = wire::parse(&text) else {
        return Err(Close::Terminal(Denied::NotSignedIn));
    };
    match admit(app, game, &hello, browser).await {
        Ok(Ok(audience)) => Ok(audience),
        Ok(Err(denied)) => Err(Close::Terminal(denied)),
        Err(_) => Err(Close::Unavailable),
    }
}

/// Who somebody is in this game, by the first credential that they show.
async fn admit(
    app: &App,
    game: &GameRow,
    hello: &Hello,
    browser: Option<Caller>,
) -> Result<Result<Audience, Denied>, ApiError> {
    if let Some(token) = &hello.session {
        let seat = app.store.seat(&Token::claimed(token).hash()).await?;
        return Ok(match seat.filter(|seat| seat.game == game.id) {
            None => Err(Denied::NotSignedIn),
            Some(seat) if seat.revoked => Err(Denied::Moved),
            Some(seat) => Ok(Audience::Player(seat.player)),
        });
    }
    if let Some(token) = &hello.screen {
        let shown = app.store.screen(&Token::claimed(token).hash()).await?;
        return Ok(if shown == Some(game.id) { Ok(Audience::Screen) } else { Err(Denied::NotSignedIn) });
    }
    let caller = match &hello.token {
        Some(token) => app.auth.bearer(&Token::claimed(token)).await?,
        None => browser,
    };
    Ok(match caller {
        None => Err(Denied::NotSignedIn),
        Some(caller) if caller.account.id != game.owner => Err(Denied::NoSuchGame),
        Some(caller) => Ok(Audience::Host { credential: caller.credential.id() }),
    })
}

async fn serve(app: &App, socket: &mut Socket, game: GameId, audience: Audience) -> Close {
    let connection = match app.live.connect(game, audience).await {
        Ok(connection) => connection,
        Err(LiveError::Refused(Refusal::Removed)) => return Close::Terminal(Denied::Removed),
        Err(LiveError::Refused(_) | LiveError::NoSuchGame | LiveError::NoSuchClaim) => {
            return Close::Terminal(Denied::NoSuchGame);
        }
        Err(LiveError::NotSaved(_) | LiveError::Stopping | LiveError::TooManyPhones) => return Close::Unavailable,
    };
    let role = role(audience);
    let sockets = app.metrics.sockets.with_label_values(&[role]);
    sockets.inc();
    let speaker = Speaker { app, game, audience, connection: connection.id };
    let close = Session::new(speaker, &connection).run(socket, connection).await;
    sockets.dec();
    close
}

impl Close {
    fn frame(self) -> (u16, &'static str) {
        match self {
            Self::Dead | Self::Gone => (1001, "no answer"),
            Self::Policy => (1008, "too much, or not understood"),
            Self::HelloLate => (4408, "no hello"),
            Self::Restart => (1012, "restarting"),
            Self::Unavailable => (1013, "try again later"),
            Self::Cut(Cut::Left) => (4403, "left"),
            Self::Cut(Cut::Moved) | Self::Terminal(Denied::Moved) => (4403, "moved"),
            Self::Cut(Cut::Removed) | Self::Terminal(Denied::Removed) => (4403, "removed"),
            Self::Cut(Cut::Revoked) | Self::Terminal(Denied::NotSignedIn) => (4401, "not signed in"),
            Self::Cut(Cut::Slow) => (3008, "too slow"),
            Self::Terminal(Denied::NoSuchGame) => (4404, "no such game"),
        }
    }

    fn label(self) -> &'static str {
        match self {
            Self::Dead => "dead",
            Self::Gone => "gone",
            Self::Policy => "policy",
            Self::HelloLate => "hello_late",
            Self::Restart => "restart",
            Self::Unavailable => "unavailable",
            Self::Terminal(_) => "denied",
            Self::Cut(Cut::Left) => "left",
            Self::Cut(Cut::Moved) => "moved",
            Self::Cut(Cut::Removed) => "removed",
            Self::Cut(Cut::Revoked) => "revoked",
            Self::Cut(Cut::Slow) => "slow",
        }
    }
}

impl Denied {
    fn response(self) -> ApiError {
        match self {
            Self::NotSignedIn => ApiError::unauthorized(),
            Self::Moved => ApiError::new(StatusCode::FORBIDDEN, "moved", "This seat moved to another phone."),
            Self::NoSuchGame => ApiError::not_found(),
            Self::Removed => ApiError::new(StatusCode::FORBIDDEN, "removed", "The host removed you from this game."),
        }
    }
}

fn role(audience: Audience) -> &'static str {
    match audience {
        Audience::Host { .. } => "host",
        Audience::Player(_) => "player",
        Audience::Screen => "screen",
    }
}

/// Writes a message of ours, which is always UTF-8. False when the reader takes nothing.
async fn write_text(socket: &mut Socket, message: Bytes) -> bool {
    match Utf8Bytes::try_from(message) {
        Ok(text) => write(socket, Message::Text(text)).await,
        Err(_) => true,
    }
}

/// Writes a frame. False when the reader takes nothing.
async fn write(socket: &mut Socket, message: Message) -> bool {
    matches!(timeout(WS_WRITE_TIMEOUT, socket.send(message)).await, Ok(Ok(())))
}
