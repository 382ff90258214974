//! Players: finding a game, joining it, and asking for a seat from another phone. Nobody here is signed in.

use crate::game::{Action, Answers, ClaimId, Game, PlayerId, PlayerName, PlayerState, Refusal};
use crate::http::App;
use crate::http::error::{ApiError, Problem};
use crate::http::extract::{Ids, Json, Peer};
use crate::http::throttle::{Guess, Made};
use crate::ids::{Token, parse_code};
use crate::limits::PLAYERS_PER_GAME_MAX;
use crate::live::LiveError;
use crate::store::{Claim, ClaimState, GameRow, NewSeat};
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

/// What a phone may call itself, in bytes.
const DEVICE_BYTES_MAX: usize = 64;

/// A name of at least this many bytes is one that nobody else knows. Our own page makes 128 random bits.
const DEVICE_BYTES_SECRET: usize = 16;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(by_code))
        .routes(routes!(join))
        .routes(routes!(claim))
        .routes(routes!(poll_claim))
        .routes(routes!(move_seat))
}

/// A game as somebody sees it who only knows its code.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Joinable {
    game_code: String,
    quiz_name: String,
    phase: String,
    joinable: bool,
    /// Why not: `locked`, `full` or `ended`.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    teams: bool,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct Join {
    code: String,
    #[serde(alias = "displayName")]
    display_name: String,
    /// What the phone calls itself, at random, so that one that was sent away stays away.
    #[serde(default)]
    device: String,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Joined {
    game_code: String,
    /// The secret of the seat.
    session_token: String,
    display_name: String,
    player_id: Uuid,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Claimed {
    claim_id: Uuid,
    /// Ask with this what became of the claim. It is the seat's secret once the claim is approved.
    claim_token: String,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct PollClaim {
    #[serde(alias = "claimToken")]
    claim_token: String,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct MoveSeat {
    code: String,
    /// The secret of the seat that the player has now.
    #[serde(alias = "sessionToken")]
    session_token: String,
    /// What the phone calls itself, as when it joins.
    #[serde(default)]
    device: String,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(tag = "status", rename_all = "snake_case")]
enum ClaimStatus {
    Approved(Joined),
    Refused {},
    Waiting {},
}

/// Find a game by its code
#[utoipa::path(get, path = "/games/by-code/{code}", tag = "play", security(()), params(("code" = String, Path)),
    responses((status = 200, body = Joinable), (status = 404, body = Problem), (status = 429, body = Problem)))]
async fn by_code(State(app): State<App>, Peer(peer): Peer, Ids(code): Ids<String>) -> Result<Json<Joinable>, ApiError> {
    let row = find(&app, &code, peer).await?;
    let look = |game: &Game, _: &Answers| {
        let full = game.listed_players().count() >= PLAYERS_PER_GAME_MAX;
        if game.locked { Some("locked") } else { full.then_some("full") }
    };
    // A game that is over is not worth reading its log.
    let reason = if row.status.is_open() { app.live.read(row.id, look).await? } else { Some("ended") };
    Ok(Json(Joinable {
        game_code: row.code,
        quiz_name: row.quiz_name,
        phase: row.phase,
        joinable: reason.is_none(),
        reason,
        teams: row.teams,
    }))
}

/// Join a game
#[utoipa::path(post, path = "/join", tag = "play", security(()), request_body = Join,
    responses((status = 201, body = Joined), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem)))]
async fn join(
    State(app): State<App>,
    Peer(peer): Peer,
    Json(join): Json<Join>,
) -> Result<(StatusCode, Json<Joined>), ApiError> {
    let row = find(&app, &join.code, peer).await?;
    let name = parse_name(&join.display_name)?;
    let device = Device::named(&join.device)?;
    stays_away(&app, &row, &device).await?;
    app.0.throttle.make(Made::Player(row.id), peer)?;
    let player = PlayerId(app.ids.uuid());
    let token = app.ids.token();
    let seat = NewSeat { token: token.hash(), player, device: device.hash.clone() };
    let action = Action::Join { player, name: name.clone() };
    let (player, name) = match app.live.join(row.id, action, seat).await {
        Ok(_) => (player, name),
        Err(LiveError::Refused(refusal @ (Refusal::NameTaken | Refusal::Locked | Refusal::Full))) => {
            match own_seat(&app, &row, &name, &device, &token).await? {
                Some(own) => own,
                None if refusal == Refusal::NameTaken => return Err(name_taken(&app, &row, &name).await?),
                None => return Err(LiveError::from(refusal).into()),
            }
        }
        // Published clients read 409 as a taken name.
        Err(LiveError::Refused(refusal @ Refusal::GameOver)) => {
            return Err(ApiError::new(StatusCode::NOT_FOUND, refusal.code(), refusal.to_string()));
        }
        Err(error) => return Err(error.into()),
    };
    let joined = Joined {
        game_code: row.code,
        session_token: token.reveal().to_owned(),
        display_name: name.to_string(),
        player_id: player.0,
    };
    Ok((StatusCode::CREATED, Json(joined)))
}

/// Ask for the seat of a player who is in the game already: the same person or team on another phone
#[utoipa::path(post, path = "/join/claims", tag = "play", security(()), request_body = Join,
    responses((status = 201, body = Claimed), (status = 404, body = Problem), (status = 409, body = Problem),
        (status = 429, body = Problem)))]
async fn claim(
    State(app): State<App>,
    Peer(peer): Peer,
    Json(join): Json<Join>,
) -> Result<(StatusCode, Json<Claimed>), ApiError> {
    let row = find(&app, &join.code, peer).await?;
    let name = parse_name(&join.display_name)?;
    let device = Device::named(&join.device)?;
    stays_away(&app, &row, &device).await?;
    let player = app.live.read(row.id, move |game, _| player_named(game, &name)).await?;
    let Some(player) = player else {
        let detail = "Nobody in this game has that name.";
        return Err(ApiError::new(StatusCode::NOT_FOUND, "unknown_player", detail));
    };
    app.0.throttle.make(Made::Player(row.id), peer)?;
    let token = app.ids.token();
    let claim = Claim {
        id: ClaimId(app.ids.uuid()),
        game: row.id,
        player,
        // One that others may share replaces nobody's wish.
        device: if device.is_secret { device.hash } else { String::new() },
        state: ClaimState::Waiting,
        created_at: app.clock.now_ms(),
    };
    if !app.store.insert_claim(&claim, &token.hash()).await? {
        return Err(ApiError::too_many(30));
    }
    app.live.claims_changed(row.id).await?;
    let claimed = Claimed { claim_id: claim.id.0, claim_token: token.reveal().to_owned() };
    Ok((StatusCode::CREATED, Json(claimed)))
}

/// What became of a claim
#[utoipa::path(post, path = "/join/claims/poll", tag = "play", security(()), request_body = PollClaim,
    responses((status = 200, body = ClaimStatus), (status = 404, body = Problem), (status = 429, body = Problem)))]
async fn poll_claim(
    State(app): State<App>,
    Peer(peer): Peer,
    Json(poll): Json<PollClaim>,
) -> Result<Json<ClaimStatus>, ApiError> {
    let Some(claim) = app.store.claim(&Token::claimed(&poll.claim_token).hash()).await? else {
        drop(app.0.throttle.turn(Guess::Code, peer).await?);
        return Err(ApiError::not_found());
    };
    match claim.state {
        ClaimState::Waiting => return Ok(Json(ClaimStatus::Waiting {})),
        ClaimState::Refused => return Ok(Json(ClaimStatus::Refused {})),
        ClaimState::Approved => {}
    }
    let player = claim.player;
    let seated = move |game: &Game, _: &Answers| {
        let name = game.players.get(&player).map(|player| player.name.to_string())?;
        Some((game.code.clone(), name))
    };
    let (game_code, display_name) = app.live.read(claim.game, seated).await?.ok_or_else(ApiError::not_found)?;
    Ok(Json(ClaimStatus::Approved(Joined {
        game_code,
        session_token: poll.claim_token,
        display_name,
        player_id: player.0,
    })))
}

/// Go on from another phone, by the secret of the seat. Where teams are not allowed, the phone before lets go of it
#[utoipa::path(post, path = "/join/moves", tag = "play", security(()), request_body = MoveSeat,
    responses((status = 201, body = Joined), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 410, body = Problem), (status = 429, body = Problem)))]
async fn move_seat(
    State(app): State<App>,
    Peer(peer): Peer,
    Json(wish): Json<MoveSeat>,
) -> Result<(StatusCode, Json<Joined>), ApiError> {
    let row = find(&app, &wish.code, peer).await?;
    let device = Device::named(&wish.device)?;
    stays_away(&app, &row, &device).await?;
    let from = Token::claimed(&wish.session_token).hash();
    let Some(held) = app.store.seat(&from).await?.filter(|seat| seat.game == row.id) else {
        drop(app.0.throttle.turn(Guess::Code, peer).await?);
        let detail = "This link belongs to no seat of the game.";
        return Err(ApiError::new(StatusCode::NOT_FOUND, "no_such_seat", detail));
    };
    app.0.throttle.make(Made::Player(row.id), peer)?;
    let token = app.ids.token();
    let seat = NewSeat { token: token.hash(), player: held.player, device: device.hash.clone() };
    if held.revoked || !app.live.move_seat(row.id, from, seat.clone()).await? {
        // The phone that has the seat now asks again when the first answer was lost.
        let seated = app.store.seated_players_of_device(row.id, &device.hash).await?;
        if !device.is_secret || !seated.contains(&held.player) {
            let detail = "This link was used before: the seat is on another phone now.";
            return Err(ApiError::new(StatusCode::GONE, "seat_moved", detail));
        }
        app.store.insert_seat(row.id, &seat, app.clock.now_ms()).await?;
    }
    let name = move |game: &Game, _: &Answers| game.players.get(&held.player).map(|player| player.name.to_string());
    let display_name = app.live.read(row.id, name).await?.ok_or_else(ApiError::not_found)?;
    let joined = Joined {
        game_code: row.code,
        session_token: token.reveal().to_owned(),
        display_name,
        player_id: held.player.0,
    };
    Ok((StatusCode::CREATED, Json(joined)))
}

/// The game with this code. Misses are counted, hits are free.
async fn find(app: &App, code: &str, peer: IpAddr) -> Result<GameRow, ApiError> {
    let turn = app.0.throttle.turn(Guess::Code, peer).await?;
    let row = match parse_code(code) {
        Some(code) => app.store.game_by_code(&code).await,
        None => Ok(None),
    };
    // Only a wrong code costs.
    if !matches!(row, Ok(None)) {
        turn.free();
    }
    row?.ok_or_else(|| {
        let detail = "There is no game with that code. Look at the screen again.";
        ApiError::new(StatusCode::NOT_FOUND, "unknown_code", detail)
    })
}

fn parse_name(text: &str) -> Result<PlayerName, ApiError> {
    PlayerName::parse(text).map_err(|problem| {
        let refusal = Refusal::BadName(problem);
        ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, refusal.code(), refusal.to_string())
    })
}

/// What a phone calls itself. Kept as a hash, like other secrets.
struct Device {
    /// Empty for a phone that says nothing of itself.
    hash: String,
    /// Whether nobody else knows it.
    is_secret: bool,
}

impl Device {
    fn named(text: &str) -> Result<Self, ApiError> {
        if text.len() > DEVICE_BYTES_MAX {
            let message = format!("A device's name has at most {DEVICE_BYTES_MAX} bytes.");
            return Err(ApiError::invalid_field("device", message));
        }
        let hash = if text.is_empty() { String::new() } else { Token::claimed(text).hash().0 };
        Ok(Self { hash, is_secret: text.len() >= DEVICE_BYTES_SECRET })
    }
}

/// Gives a phone the seat back that it has under this name: its first answer was lost, or the player had left.
async fn own_seat(
    app: &App,
    row: &GameRow,
    name: &PlayerName,
    device: &Device,
    token: &Token,
) -> Result<Option<(PlayerId, PlayerName)>, ApiError> {
    if !device.is_secret {
        return Ok(None);
    }
    let name = name.clone();
    let look = move |game: &Game, _: &Answers| {
        let player = player_named(game, &name)?;
        Some((player, game.players.get(&player)?.name.clone()))
    };
    let Some(own) = app.live.read(row.id, look).await? else { return Ok(None) };
    if !app.store.seated_players_of_device(row.id, &device.hash).await?.contains(&own.0) {
        return Ok(None);
    }
    let seat = NewSeat { token: token.hash(), player: own.0, device: device.hash.clone() };
    app.store.insert_seat(row.id, &seat, app.clock.now_ms()).await?;
    Ok(Some(own))
}

/// A phone whose player the host removed does not come back under another name.
async fn stays_away(app: &App, row: &GameRow, device: &Device) -> Result<(), ApiError> {
    if device.hash.is_empty() {
        return Ok(());
    }
    let players = app.store.players_of_device(row.id, &device.hash).await?;
    let removed = move |game: &Game, _: &Answers| {
        let removed = |id| game.players.get(id).is_some_and(|player| player.state == PlayerState::Removed);
        players.iter().any(removed)
    };
    if app.live.read(row.id, removed).await? { Err(LiveError::from(Refusal::Removed).into()) } else { Ok(()) }
}

fn player_named(game: &Game, name: &PlayerName) -> Option<PlayerId> {
    game.listed_players().find(|(_, player)| player.goes_by(name)).map(|(id, _)| id)
}

/// The refusal of a taken name, with three free ones that are like it.
async fn name_taken(app: &App, row: &GameRow, name: &PlayerName) -> Result<ApiError, ApiError> {
    let name = name.clone();
    let look = move |game: &Game, _: &Answers| (free_names(game, &name), player_named(game, &name).is_some());
    let (suggestions, claimable) = app.live.read(row.id, look).await?;
    let error: ApiError = LiveError::from(Refusal::NameTaken).into();
    Ok(error.with("suggestions", suggestions).with("claimable", claimable))
}

fn free_names(game: &Game, name: &PlayerName) -> Vec<String> {
    let variants = (2..100).filter_map(|n| {
        let suffix = format!(" {n}");
        let mut stem = name.as_str().to_owned();
        loop {
            match PlayerName::parse(&format!("{stem}{suffix}")) {
                Ok(variant) => return Some(variant),
                Err(_) => stem.pop()?,
            };
        }
    });
    let free = variants.filter(|variant| !game.players.values().any(|player| player.goes_by(variant)));
    free.take(3).map(|variant| variant.to_string()).collect()
}
