//! Games: making one from a quiz or a bank, and looking at them. Running one is the sockets' work.

use super::{Page, page};
use crate::clock::rfc3339;
use crate::game::view::roster_scores;
use crate::game::{Action, GameId, PlayerId, Points};
use crate::http::App;
use crate::http::error::{ApiError, Problem};
use crate::http::extract::{Host, Ids, Json, Query};
use crate::limits::{
    GAMES_OPEN_PER_ACCOUNT_MAX, PRACTICES_PER_ACCOUNT_MAX, QUESTIONS_PER_ROUND_MAX, ROBOTS_PER_PRACTICE,
    ROUND_SIZE_DEFAULT,
};
use crate::store::GameRow;
use crate::store::launch::{Launch, LaunchError};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(show, cancel)).routes(routes!(players))
}

/// A game as published.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct GameView {
    pub id: Uuid,
    pub code: String,
    /// `lobby`, `in_progress`, `completed` or `cancelled`.
    pub status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quiz_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bank_id: Option<Uuid>,
    pub quiz_name: String,
    pub phase: String,
    /// Counted from 0.
    pub current_round_idx: usize,
    /// Counted from 0.
    pub current_question_idx: usize,
    pub round_size: usize,
    pub teams: bool,
    pub player_count: usize,
    /// Robots play along, and the game is on no list and is wiped when it is over.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    pub practice: bool,
    pub created_at: String,
    pub updated_at: String,
}

/// What a new game plays: a quiz, or the questions of a bank in rounds of one size.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct CreateGame {
    #[serde(default, alias = "quizId")]
    quiz_id: Option<Uuid>,
    #[serde(default, alias = "bankId")]
    bank_id: Option<Uuid>,
    /// For a bank: questions per round, 5 unless said.
    #[serde(default, alias = "roundSize")]
    round_size: Option<usize>,
    /// Whether several phones may share a player's seat.
    #[serde(default)]
    teams: bool,
    /// A dry run: five robots play along, and nothing of it counts or is kept.
    #[serde(default)]
    practice: bool,
}

/// A player with the score that the players know of.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct PlayerView {
    id: Uuid,
    display_name: String,
    #[schema(value_type = f64)]
    score: Points,
}

/// My games, newest first
#[utoipa::path(get, path = "/games", tag = "games", params(Page),
    responses((status = 200, body = Vec<GameView>), (status = 401, body = Problem)))]
async fn list(State(app): State<App>, host: Host, Query(asked): Query<Page>) -> Result<Response, ApiError> {
    let limit = asked.limit();
    let rows = app.store.games_of(host.account_id(), asked.cursor, limit + 1).await?;
    Ok(page(rows.into_iter().map(GameView::from).collect(), limit, |game| game.id))
}

/// Make a game; it plays a frozen copy of its quiz
#[utoipa::path(post, path = "/games", tag = "games", request_body = CreateGame,
    responses((status = 201, body = GameView), (status = 404, body = Problem), (status = 409, body = Problem),
        (status = 422, body = Problem)))]
async fn create(
    State(app): State<App>,
    host: Host,
    Json(new): Json<CreateGame>,
) -> Result<(StatusCode, Json<GameView>), ApiError> {
    let owner = host.account_id();
    if new.practice {
        make_room_for_practice(&app, owner).await?;
    } else if app.store.open_games_of(owner).await? >= GAMES_OPEN_PER_ACCOUNT_MAX {
        let detail = format!("{GAMES_OPEN_PER_ACCOUNT_MAX} games are open. End or cancel one first.");
        return Err(ApiError::new(StatusCode::CONFLICT, "too_many", detail));
    }
    let round_size = new.round_size.unwrap_or(ROUND_SIZE_DEFAULT);
    if !(1..=QUESTIONS_PER_ROUND_MAX).contains(&round_size) {
        let message = format!("A round has 1 to {QUESTIONS_PER_ROUND_MAX} questions.");
        return Err(ApiError::invalid_field("round_size", message));
    }
    let mut quiz = match (new.quiz_id, new.bank_id) {
        (Some(quiz), None) => app.store.quiz_to_play(owner, quiz).await?,
        (None, Some(bank)) => app.store.bank_to_play(owner, bank, round_size).await?,
        _ => return Err(ApiError::invalid_field("quiz_id", "Name the quiz or the bank to play.")),
    };
    if new.practice {
        // Wherever a game is named, on a phone too.
        quiz.name = format!("Practice: {}", quiz.name);
    }
    let robots = (0..if new.practice { ROBOTS_PER_PRACTICE } else { 0 }).map(|_| PlayerId(app.ids.uuid())).collect();
    let id = GameId(app.ids.uuid());
    let (quiz_id, bank) = (new.quiz_id, new.bank_id);
    let launch = Launch { quiz: quiz_id, bank, round_size, teams: new.teams, robots, ..Launch::new(id, owner) };
    app.store.launch(&launch, &quiz, &app.clock, &app.ids).await?;
    let row = app.store.game(id).await?.ok_or_else(ApiError::not_found)?;
    Ok((StatusCode::CREATED, Json(row.into())))
}

/// One of my games
#[utoipa::path(get, path = "/games/{id}", tag = "games", params(("id" = Uuid, Path)),
    responses((status = 200, body = GameView), (status = 404, body = Problem)))]
async fn show(State(app): State<App>, host: Host, Ids(id): Ids<Uuid>) -> Result<Json<GameView>, ApiError> {
    Ok(Json(owned_game(&app, &host, id).await?.into()))
}

/// The players of a game with the scores that they know of
#[utoipa::path(get, path = "/games/{id}/players", tag = "games", params(("id" = Uuid, Path)),
    responses((status = 200, body = Vec<PlayerView>), (status = 404, body = Problem)))]
async fn players(State(app): State<App>, host: Host, Ids(id): Ids<Uuid>) -> Result<Json<Vec<PlayerView>>, ApiError> {
    let game = owned_game(&app, &host, id).await?;
    let scores = app.live.read(game.id, roster_scores).await?;
    let view = |(id, display_name, score): (PlayerId, _, _)| PlayerView { id: id.0, display_name, score };
    Ok(Json(scores.into_iter().map(view).collect()))
}

/// Cancel a game that is not over
#[utoipa::path(delete, path = "/games/{id}", tag = "games", params(("id" = Uuid, Path)),
    responses((status = 204), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn cancel(State(app): State<App>, host: Host, Ids(id): Ids<Uuid>) -> Result<StatusCode, ApiError> {
    let game = owned_game(&app, &host, id).await?;
    app.live.act(game.id, Action::CancelGame, None).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A game of the caller. Somebody else's is not found.
pub(super) async fn owned_game(app: &App, host: &Host, id: Uuid) -> Result<GameRow, ApiError> {
    let game = app.store.game(GameId(id)).await?;
    game.filter(|game| game.owner == host.account_id()).ok_or_else(ApiError::not_found)
}

impl From<GameRow> for GameView {
    fn from(row: GameRow) -> Self {
        Self {
            id: row.id.0,
            code: row.code,
            status: row.status.as_str(),
            quiz_id: row.quiz,
            bank_id: row.bank,
            quiz_name: row.quiz_name,
            phase: row.phase,
            current_round_idx: row.current_round,
            current_question_idx: row.current_question,
            round_size: row.round_size,
            teams: row.teams,
            player_count: row.player_count,
            practice: row.practice,
            created_at: rfc3339(row.created_at),
            updated_at: rfc3339(row.updated_at),
        }
    }
}

/// Wipes the oldest practices of an account where one more would be too many.
async fn make_room_for_practice(app: &App, owner: Uuid) -> Result<(), ApiError> {
    for game in app.store.practices_of(owner).await?.into_iter().skip(PRACTICES_PER_ACCOUNT_MAX - 1) {
        // Whoever still looks at it is told that it is over. It may be so already.
        let _ = app.live.act(game, Action::CancelGame, None).await;
        app.store.wipe_practice(game).await?;
    }
    Ok(())
}

impl From<LaunchError> for ApiError {
    fn from(error: LaunchError) -> Self {
        match error {
            LaunchError::Store(error) => error.into(),
            LaunchError::Gone => Self::not_found(),
            LaunchError::Nothing | LaunchError::EmptyRound(_) | LaunchError::Twice(_) => {
                Self::invalid_field("quiz_id", error.to_string())
            }
        }
    }
}
