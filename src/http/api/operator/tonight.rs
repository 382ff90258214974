//! Tonight: what a venue without a monitoring of its own wants to know while games go on.

use crate::clock::{millis, rfc3339};
use crate::game::{GameId, PlayerId};
use crate::http::App;
use crate::http::error::{ApiError, Problem};
use crate::http::extract::{Json, Owner};
use crate::limits::{OPEN_GAMES_LOOKED_AT_MAX, PRESENCE_STALE_AFTER, TONIGHT_GAMES_MAX, TONIGHT_QUIET_FOR};
use crate::live::Attendance;
use crate::store::{GameRow, Present};
use axum::extract::State;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

/// What answers a minute are taken from, and what everything else is.
const MINUTE: Duration = Duration::from_secs(60);
const MINUTES: Duration = Duration::from_secs(300);

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(tonight))
}

/// How the night goes.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Tonight {
    looked_at: String,
    /// Games that go on, those first in which something happened last. 50 at most.
    games: Vec<TonightGame>,
    /// What is known of other processes that serve the same games; the figures below are of the one that answers.
    replicas: usize,
    /// The database takes writes.
    storage_writable: bool,
    /// Hints go to and come from other processes.
    hints_carried: bool,
    /// TCP connections now, and for how many there is room.
    connections: i64,
    connections_max: i64,
    /// Answers that were stored within the last minute.
    answers_last_minute: u64,
    lately: LatelyView,
}

/// What happened within the last minutes.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct LatelyView {
    /// How long that is: five minutes, or less where the process is younger.
    seconds: u64,
    answers: u64,
    /// Half of the answers, and 99 of a hundred, were acknowledged within so many milliseconds. None without answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    saved_p50_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    saved_p99_ms: Option<f64>,
    /// Answers and steps of hosts that could not be stored. Phones keep their answers and send them again.
    not_saved: u64,
    /// Phones, screens and consoles that were cut because they took too little of what was sent, and came back.
    cut_as_slow: u64,
    /// Those that came back to their game after their line was broken, for whatever reason.
    returned: u64,
    /// Connections that found no place.
    turned_away: u64,
}

/// A game that goes on.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct TonightGame {
    id: Uuid,
    code: String,
    quiz_name: String,
    host: String,
    phase: String,
    /// Counted from 1. 0 in the lobby.
    round: usize,
    practice: bool,
    players: usize,
    /// Players with a phone that is connected. None where the game is too busy to say.
    #[serde(skip_serializing_if = "Option::is_none")]
    players_here: Option<usize>,
    screens: usize,
    hosts: usize,
    updated_at: String,
}

/// Who is connected to a game, wherever.
#[derive(Debug, Default)]
struct Crowd {
    /// As far as this process knows the game.
    playing: Option<BTreeSet<PlayerId>>,
    /// This process serves the game, and was not told who is connected.
    is_silent: bool,
    present: BTreeSet<PlayerId>,
    screens: usize,
    hosts: usize,
}

/// The games that go on, who is connected, how fast answers are stored, and what went wrong lately
#[utoipa::path(get, path = "/operator/tonight", tag = "operator",
    responses((status = 200, body = Tonight), (status = 403, body = Problem)))]
async fn tonight(State(app): State<App>, _: Owner) -> Result<Json<Tonight>, ApiError> {
    let now = app.clock.now_ms();
    let parts = app.live.parts();
    let open = app.store.open_games(OPEN_GAMES_LOOKED_AT_MAX).await?;
    let mut crowds: BTreeMap<GameId, Crowd> = BTreeMap::new();
    for (game, said) in app.live.attendances().await {
        let crowd = crowds.entry(game).or_default();
        crowd.is_silent = said.is_none();
        if let Some(Attendance { players, present }) = said {
            crowd.playing = Some(players);
            crowd.join(present);
        }
    }
    let mut replicas = BTreeSet::from([parts.bus.replica_id()]);
    if app.store.is_shared() {
        let since = now - millis(PRESENCE_STALE_AFTER);
        for (game, replica, present) in app.store.present_at_others(parts.bus.replica_id(), since).await? {
            replicas.insert(replica);
            crowds.entry(game).or_default().join(present);
        }
    }
    let is_on = |game: &GameRow| {
        now - game.updated_at < millis(TONIGHT_QUIET_FOR) || crowds.get(&game.id).is_some_and(|crowd| !crowd.is_empty())
    };
    let games = open.into_iter().filter(|(row, _)| is_on(row)).take(TONIGHT_GAMES_MAX);
    let nobody = Crowd::default();
    let games = games.map(|(row, host)| {
        let crowd = crowds.get(&row.id).unwrap_or(&nobody);
        TonightGame::of(row, host, crowd)
    });
    let games = games.collect();
    let metrics = &app.metrics;
    let lately = metrics.lately(MINUTES);
    let ms = |seconds: f64| seconds * 1_000.0;
    Ok(Json(Tonight {
        looked_at: rfc3339(now),
        games,
        replicas: replicas.len(),
        storage_writable: metrics.storage_writable.get() == 1,
        hints_carried: parts.bus.is_up(),
        connections: metrics.connections.get(),
        connections_max: metrics.connections_max.get(),
        answers_last_minute: metrics.lately(MINUTE).stored,
        lately: LatelyView {
            seconds: lately.span.as_secs(),
            answers: lately.stored,
            saved_p50_ms: lately.saved_within.map(|(half, _)| ms(half)),
            saved_p99_ms: lately.saved_within.map(|(_, most)| ms(most)),
            not_saved: lately.not_saved + lately.steps_not_saved,
            cut_as_slow: lately.cut_as_slow,
            returned: lately.returned,
            turned_away: lately.turned_away,
        },
    }))
}

impl Crowd {
    fn join(&mut self, present: Present) {
        let Present { phones, screens, hosts } = present;
        self.present.extend(phones.into_iter().filter(|(_, phones)| *phones > 0).map(|(player, _)| player));
        self.screens += screens;
        self.hosts += hosts;
    }

    fn is_empty(&self) -> bool {
        self.present.is_empty() && self.screens == 0 && self.hosts == 0
    }
}

impl TonightGame {
    fn of(row: GameRow, host: String, crowd: &Crowd) -> Self {
        let (players, here) = match &crowd.playing {
            Some(playing) => (playing.len(), crowd.present.intersection(playing).count()),
            None => (row.player_count, crowd.present.len().min(row.player_count)),
        };
        Self {
            id: row.id.0,
            code: row.code,
            quiz_name: row.quiz_name,
            host,
            round: if row.phase == "lobby" { 0 } else { row.current_round + 1 },
            phase: row.phase,
            practice: row.practice,
            players,
            players_here: (!crowd.is_silent).then_some(here),
            screens: crowd.screens,
            hosts: crowd.hosts,
            updated_at: rfc3339(row.updated_at),
        }
    }
}
