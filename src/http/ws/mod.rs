//! Sockets: who they are, what they may say, and what they are told.

mod session;
mod socket;
mod speaker;

use super::App;
use super::error::ApiError;
use super::extract::{Peer, Query, SESSION_COOKIE, bearer, cookie};
use super::throttle::Guess;
use super::wire::{self, ClientMessage, Hello, Received};
use crate::game::{GameId, Refusal};
use crate::ids::{Token, parse_code};
use crate::limits::{DB_TIMEOUT, WS_HELLO_TIMEOUT, WS_WRITE_TIMEOUT};
use crate::live::{Audience, Connection, Cut, Entry, LiveError};
use crate::store::GameRow;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Deserialize;
use session::Session;
use socket::{Error, Message, Upgrade, Utf8Bytes, WebSocket};
use speaker::Speaker;
use std::net::IpAddr;
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

/// Somebody at the door of a game: the code that they named, and what they may show.
struct Knock {
    /// None for a code that names no game: whoever shows nothing that fits learns no more than that.
    game: Option<GameRow>,
    hello: Hello,
    /// The session of the browser.
    cookie: Option<Token>,
    peer: IpAddr,
}

/// Who came in, and what they said instead of a `hello`.
struct Greeted {
    game: GameId,
    entry: Entry,
    first: Option<Utf8Bytes>,
}

/// Who is connected to the game.
struct Seated {
    game: GameId,
    audience: Audience,
    connection: Connection,
    first: Option<Utf8Bytes>,
}

/// `GET /ws/{code}`: with credentials in the address they are checked before the upgrade, else the first message is
/// the `hello`, or the browser's session is enough.
///
/// Whoever comes with a seat, a screen or an account is never slowed down. The others learn what is wrong in their turn,
/// and about a code that names no game no sooner than about a wrong secret.
pub async fn upgrade(
    State(app): State<App>,
    Path(code): Path<String>,
    Query(credentials): Query<Credentials>,
    Peer(peer): Peer,
    headers: HeaderMap,
    upgrade: Upgrade,
) -> Result<Response, ApiError> {
    if app.drain.is_cancelled() || *app.cut_off.borrow() {
        return Err(LiveError::Stopping.into());
    }
    let game = match parse_code(&code) {
        Some(code) => in_time(async { Ok(app.store.game_by_code(&code).await?) }).await?,
        None => None,
    };
    let hello = Hello {
        session: credentials.session,
        token: credentials.token,
        screen: credentials.screen,
        ..Hello::default()
    };
    let mut knock = Knock { game, hello, cookie: cookie(&headers, SESSION_COOKIE).map(Token::claimed), peer };
    if let Some(token) = bearer(&headers) {
        knock.hello.token.get_or_insert_with(|| token.to_owned());
    }
    let named = knock.hello.names_somebody();
    let greeted = if named {
        match admit(&app, &knock).await? {
            Ok((game, entry)) => Some(Greeted { game, entry, first: None }),
            Err(denied) => {
                drop(app.0.throttle.turn(Guess::Code, peer).await?);
                return Err(denied.response());
            }
        }
    } else {
        None
    };
    let (response, opening) = upgrade.accept();
    let sockets = app.sockets.clone();
    // In a box, because the room that it takes to come in would stay with the socket for as long as it is open.
    let coming = Box::pin(come_in(app.clone(), opening, knock, greeted));
    sockets.spawn(async move {
        if let Some((socket, seated)) = coming.await {
            run(app, socket, seated).await;
        }
    });
    Ok(response)
}

/// Serves a socket to its end.
async fn run(app: App, mut socket: Box<WebSocket>, seated: Result<Seated, Close>) {
    let close = match seated {
        Ok(Seated { game, audience, connection, first }) => {
            let sockets = app.metrics.sockets.with_label_values(&[role(audience)]);
            sockets.inc();
            let speaker = Speaker { app: &app, game, audience, connection: connection.id };
            let close = Session::new(speaker, &connection).run(&mut socket, connection, first).await;
            sockets.dec();
            close
        }
        Err(close) => close,
    };
    let is_drained = close == Close::Gone && app.drain.is_cancelled();
    app.metrics.sockets_cut.with_label_values(&[if is_drained { "drained" } else { close.label() }]).inc();
    if close != Close::Gone {
        let (code, reason) = close.frame();
        // The other side may be gone already.
        let _ = timeout(Duration::from_secs(1), socket.close(code, reason)).await;
    }
}

/// Opens the socket and finds out who it is. None when it went before.
async fn come_in(
    app: App,
    opening: impl Future<Output = Option<WebSocket>>,
    knock: Knock,
    greeted: Option<Greeted>,
) -> Option<(Box<WebSocket>, Result<Seated, Close>)> {
    let mut socket = Box::new(opening.await?);
    let seated = seat(&app, &mut socket, knock, greeted).await;
    Some((socket, seated))
}

async fn seat(app: &App, socket: &mut WebSocket, mut knock: Knock, greeted: Option<Greeted>) -> Result<Seated, Close> {
    let Greeted { game, entry, first } = match greeted {
        Some(greeted) => greeted,
        None => greet(app, socket, &mut knock).await?,
    };
    let (audience, was_here) = (entry.audience, entry.since > 0);
    let connection = match app.live.connect(game, entry).await {
        Ok(connection) => connection,
        Err(LiveError::Refused(Refusal::Removed)) => return Err(Close::Terminal(Denied::Removed)),
        Err(LiveError::Refused(Refusal::UnknownPlayer) | LiveError::NoSuchGame) => {
            return Err(Close::Terminal(Denied::NoSuchGame));
        }
        Err(
            LiveError::Refused(_)
            | LiveError::NoSuchClaim
            | LiveError::NotSaved(_)
            | LiveError::Stopping
            | LiveError::TooFast,
        ) => return Err(Close::Unavailable),
    };
    // What was revoked while it came in was not connected yet, so nobody cut it.
    match admit(app, &knock).await {
        Ok(Ok(_)) => {
            app.metrics.sockets_returned.inc_by(u64::from(was_here));
            Ok(Seated { game, audience, connection, first })
        }
        Ok(Err(denied)) => Err(Close::Terminal(denied)),
        Err(_) => Err(Close::Unavailable),
    }
}

/// Waits for the first message, which says who is there. A host's browser need not say so.
async fn greet(app: &App, socket: &mut WebSocket, knock: &mut Knock) -> Result<Greeted, Close> {
    let first = async {
        loop {
            match socket.next().await {
                Some(Ok(Message::Text(text))) => return Ok(text),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(Message::Binary(_) | Message::Frame(_))) => return Err(Close::Policy),
                Some(Ok(Message::Close(_)) | Err(_)) | None => return Err(Close::Gone),
            }
        }
    };
    let first = match timeout(WS_HELLO_TIMEOUT, first).await {
        Ok(text) => Some(text?),
        Err(_) if knock.cookie.is_some() => None,
        Err(_) => return Err(Close::HelloLate),
    };
    let said = first.as_ref().map(|text| wire::parse(text));
    let first = match said {
        Some(Ok(Received { message: Ok(ClientMessage::Hello(hello)), .. })) => {
            knock.hello = hello;
            None
        }
        _ => first,
    };
    match admit(app, knock).await {
        Ok(Ok((game, entry))) => Ok(Greeted { game, entry, first }),
        Ok(Err(denied)) => {
            let turn = app.0.throttle.turn(Guess::Code, knock.peer).await.map_err(|_| Close::Unavailable)?;
            drop(turn);
            Err(Close::Terminal(denied))
        }
        Err(_) => Err(Close::Unavailable),
    }
}

/// What asks the database, for as long as it may take.
async fn in_time<T>(asked: impl Future<Output = Result<T, ApiError>>) -> Result<T, ApiError> {
    timeout(DB_TIMEOUT, asked).await.unwrap_or_else(|_| Err(LiveError::Stopping.into()))
}

/// Who somebody is in the game that they named, by the first credential that they show.
async fn admit(app: &App, knock: &Knock) -> Result<Result<(GameId, Entry), Denied>, ApiError> {
    in_time(identify(app, knock)).await
}

async fn identify(app: &App, knock: &Knock) -> Result<Result<(GameId, Entry), Denied>, ApiError> {
    let Some(game) = &knock.game else { return Ok(Err(Denied::NoSuchGame)) };
    let hello = &knock.hello;
    let entry = |audience, secret| Entry { audience, secret, since: hello.since.unwrap_or(0), brief: hello.brief };
    if let Some(token) = &hello.session {
        let secret = Token::claimed(token).hash();
        let seat = app.store.seat(&secret).await?;
        return Ok(match seat.filter(|seat| seat.game == game.id) {
            None => Err(Denied::NotSignedIn),
            Some(seat) if seat.revoked => Err(Denied::Moved),
            Some(seat) => Ok((game.id, entry(Audience::Player(seat.player), Some(secret)))),
        });
    }
    if let Some(token) = &hello.screen {
        let secret = Token::claimed(token).hash();
        let shown = app.store.screen(&secret).await? == Some(game.id);
        return Ok(if shown { Ok((game.id, entry(Audience::Screen, Some(secret)))) } else { Err(Denied::NotSignedIn) });
    }
    let caller = match (&hello.token, &knock.cookie) {
        (Some(token), _) => app.auth.bearer(&Token::claimed(token)).await?,
        (None, Some(cookie)) => app.auth.session(cookie).await?,
        (None, None) => None,
    };
    Ok(match caller {
        None => Err(Denied::NotSignedIn),
        Some(caller) if caller.account.id != game.owner => Err(Denied::NoSuchGame),
        Some(caller) => Ok((game.id, entry(Audience::Host { credential: caller.credential.id() }, None))),
    })
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

/// Writes something. False when the reader takes nothing.
async fn written(writing: impl Future<Output = Result<(), Error>>) -> bool {
    matches!(timeout(WS_WRITE_TIMEOUT, writing).await, Ok(Ok(())))
}
