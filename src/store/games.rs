//! Games: their logs of events, and the projection that lists and look-ups read.

use super::questions::{accept_spelling, refuse_spelling};
use super::uses::note_uses;
use super::{NewSeat, Store, StoreError, codec, count, id, int, optional_id};
use crate::game::{Event, Game, GameId, Phase, QuestionId, What};
use crate::store::tx::Tx;
use sqlx::Row;
use sqlx::any::AnyRow;
use uuid::Uuid;

/// A game to be made.
#[derive(Debug)]
pub struct NewGame<'a> {
    pub owner: Uuid,
    pub quiz: Option<Uuid>,
    pub bank: Option<Uuid>,
    pub round_size: usize,
    /// The event that makes it.
    pub first: &'a Event,
    pub game: &'a Game,
}

/// A game as lists show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GameRow {
    pub id: GameId,
    pub owner: Uuid,
    pub code: String,
    pub quiz: Option<Uuid>,
    pub bank: Option<Uuid>,
    pub quiz_name: String,
    pub status: GameStatus,
    pub phase: String,
    pub current_round: usize,
    pub current_question: usize,
    pub round_size: usize,
    pub teams: bool,
    pub player_count: usize,
    /// For practice: on no list, and wiped when it is over.
    pub practice: bool,
    pub created_at: i64,
    pub updated_at: i64,
}

/// Where a game stands, as published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GameStatus {
    Cancelled,
    Completed,
    InProgress,
    Lobby,
}

/// What a step changes besides the log.
#[derive(Debug)]
pub struct Projection<'a> {
    /// The game after the step.
    pub game: &'a Game,
    /// Refuse the step when this question has an answer.
    pub unless_answered: Option<QuestionId>,
    /// The seat of a player who joins with this step.
    pub seat: Option<&'a NewSeat>,
}

/// What became of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Appended {
    Done,
    /// Somebody answered the question that was to be taken back.
    Answered,
    /// The log has moved on.
    Stale,
}

impl Store {
    /// Stores a new game with its first event.
    ///
    /// # Errors
    /// [`StoreError::Exists`] when a running game has its code.
    pub async fn create_game(&self, new: &NewGame<'_>) -> Result<(), StoreError> {
        let (game, at) = (new.game, new.first.at);
        let mut tx = self.begin().await?;
        sqlx::query(
            "INSERT INTO games (id, owner_id, code, quiz_id, bank_id, quiz_name, seq, status, phase, current_round,
               current_question, round_size, teams, player_count, practice, created_at, updated_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, 'lobby', 'lobby', 0, 0, $8, $9, 0, $10, $11, $11)",
        )
        .bind(game.id.to_string())
        .bind(new.owner.to_string())
        .bind(&game.code)
        .bind(new.quiz.map(|id| id.to_string()))
        .bind(new.bank.map(|id| id.to_string()))
        .bind(&game.quiz.name)
        .bind(int(game.seq))
        .bind(int(new.round_size))
        .bind(i64::from(game.teams))
        .bind(i64::from(game.is_practice()))
        .bind(at)
        .execute(&mut tx)
        .await?;
        insert_events(&mut tx, game.id, 0, std::slice::from_ref(new.first)).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Appends `events` to a game's log if it still ends at `seq`, together with their projection.
    ///
    /// # Errors
    /// When the database does not take it. The outcome of a failed commit is not known: read the log again.
    pub async fn append(
        &self,
        game: GameId,
        seq: u64,
        events: &[Event],
        projection: &Projection<'_>,
    ) -> Result<Appended, StoreError> {
        let after = projection.game;
        let at = events.last().map_or(0, |event| event.at);
        let mut tx = self.begin().await?;
        let moved = sqlx::query(
            "UPDATE games SET seq = $3, status = $4, phase = $5, current_round = $6, current_question = $7, teams = $8,
               player_count = $9, updated_at = $10
             WHERE id = $1 AND seq = $2",
        )
        .bind(game.to_string())
        .bind(int(seq))
        .bind(int(after.seq))
        .bind(GameStatus::of(after).as_str())
        .bind(phase_name(after.phase))
        .bind(int(after.round))
        .bind(int(after.round_state().questions.len().saturating_sub(1)))
        .bind(i64::from(after.teams))
        .bind(int(after.listed_players().filter(|(_, player)| player.is_playing()).count()))
        .bind(at)
        .execute(&mut tx)
        .await?;
        if moved.rows_affected() == 0 {
            return Ok(Appended::Stale);
        }
        if let Some(question) = projection.unless_answered
            && has_answers(&mut tx, game, question).await?
        {
            return Ok(Appended::Answered);
        }
        insert_events(&mut tx, game, seq, events).await?;
        rewrite_open_questions(&mut tx, after).await?;
        if !after.is_practice() {
            note_uses(&mut tx, game, events).await?;
        }
        for event in events {
            let What::AnswerJudged { question, remember, forget, .. } = &event.what else { continue };
            if let Some(spelling) = forget {
                forget_spelling(&mut tx, game, *question, spelling, at).await?;
            }
            // What a robot types is nothing to learn from.
            if let Some(spelling) = remember
                && !after.is_practice()
            {
                remember_spelling(&mut tx, game, *question, spelling, at).await?;
            }
        }
        if let Some(seat) = projection.seat {
            super::seats::insert_seat(&mut tx, game, seat, at).await?;
        }
        tx.commit().await?;
        Ok(Appended::Done)
    }

    /// The events of a game after `seq`, in order.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub async fn events_after(&self, game: GameId, seq: u64) -> Result<Vec<Event>, StoreError> {
        events_after(&mut self.read_live().await?, game, seq).await
    }

    /// Where the log of a game ends. None when there is no such game.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn game_seq(&self, game: GameId) -> Result<Option<u64>, StoreError> {
        let row = sqlx::query("SELECT seq FROM games WHERE id = $1").bind(game.to_string());
        let row = row.fetch_optional(&mut self.read_live().await?).await?;
        row.map(|row| Ok(count(&row, "seq")? as u64)).transpose()
    }

    /// A game by its id.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn game(&self, game: GameId) -> Result<Option<GameRow>, StoreError> {
        let row = sqlx::query("SELECT * FROM games WHERE id = $1").bind(game.to_string());
        row.fetch_optional(&mut self.read_live().await?).await?.as_ref().map(game_row).transpose()
    }

    /// The running game with this join code, or else the newest that had it.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn game_by_code(&self, code: &str) -> Result<Option<GameRow>, StoreError> {
        let row = sqlx::query(
            "SELECT * FROM games WHERE code = $1
             ORDER BY CASE WHEN status IN ('lobby', 'in_progress') THEN 0 ELSE 1 END, id DESC LIMIT 1",
        )
        .bind(code);
        row.fetch_optional(&mut self.read_live().await?).await?.as_ref().map(game_row).transpose()
    }

    /// The games of an account but those for practice, newest first, those older than `before` if given.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn games_of(&self, owner: Uuid, before: Option<Uuid>, limit: u32) -> Result<Vec<GameRow>, StoreError> {
        let before = before.map_or_else(|| "g".to_owned(), |id| id.to_string());
        let rows = sqlx::query(
            "SELECT * FROM games WHERE owner_id = $1 AND id < $2 AND practice = 0 ORDER BY id DESC LIMIT $3",
        )
        .bind(owner.to_string())
        .bind(before)
        .bind(i64::from(limit))
        .fetch_all(&mut self.read().await?)
        .await?;
        rows.iter().map(game_row).collect()
    }

    /// The games of all accounts that are not over, with who hosts them, those first in which something happened last.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn open_games(&self, limit: u32) -> Result<Vec<(GameRow, String)>, StoreError> {
        let rows = sqlx::query(
            "SELECT g.*, a.username AS host FROM games g JOIN accounts a ON a.id = g.owner_id
             WHERE g.status IN ('lobby', 'in_progress') ORDER BY g.updated_at DESC, g.id DESC LIMIT $1",
        )
        .bind(i64::from(limit))
        .fetch_all(&mut self.read().await?)
        .await?;
        rows.iter().map(|row| Ok((game_row(row)?, row.try_get("host")?))).collect()
    }

    /// The practice games of an account, newest first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn practices_of(&self, owner: Uuid) -> Result<Vec<GameId>, StoreError> {
        let rows = sqlx::query("SELECT id FROM games WHERE owner_id = $1 AND practice = 1 ORDER BY id DESC")
            .bind(owner.to_string())
            .fetch_all(&mut self.read().await?)
            .await?;
        rows.iter().map(|row| Ok(GameId(id(row, "id")?))).collect()
    }

    /// Wipes a practice game with all that belongs to it. A real game stays.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn wipe_practice(&self, game: GameId) -> Result<(), StoreError> {
        let wiping = sqlx::query("DELETE FROM games WHERE id = $1 AND practice = 1").bind(game.to_string());
        self.execute(wiping).await?;
        Ok(())
    }

    /// How many games of an account are not over, but those for practice.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn open_games_of(&self, owner: Uuid) -> Result<usize, StoreError> {
        let row = sqlx::query(
            "SELECT count(*) AS n FROM games
                 WHERE owner_id = $1 AND status IN ('lobby', 'in_progress') AND practice = 0",
        )
        .bind(owner.to_string())
        .fetch_one(&mut self.read().await?)
        .await?;
        count(&row, "n")
    }
}

impl GameStatus {
    fn of(game: &Game) -> Self {
        match game.phase {
            Phase::Lobby => Self::Lobby,
            Phase::Question | Phase::RoundReview | Phase::Leaderboard => Self::InProgress,
            Phase::Ended if game.cancelled => Self::Cancelled,
            Phase::Ended => Self::Completed,
        }
    }

    /// The published name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cancelled => "cancelled",
            Self::Completed => "completed",
            Self::InProgress => "in_progress",
            Self::Lobby => "lobby",
        }
    }

    /// Whether players can still come.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Lobby | Self::InProgress)
    }
}

fn phase_name(phase: Phase) -> &'static str {
    match phase {
        Phase::Lobby => "lobby",
        Phase::Question => "question",
        Phase::RoundReview => "round_review",
        Phase::Leaderboard => "leaderboard",
        Phase::Ended => "ended",
    }
}

async fn insert_events(tx: &mut Tx, game: GameId, seq: u64, events: &[Event]) -> Result<(), StoreError> {
    for (seq, event) in (seq + 1..).zip(events) {
        let (kind, body) = codec::encode(event)?;
        sqlx::query("INSERT INTO game_events (game_id, seq, at, kind, body) VALUES ($1, $2, $3, $4, $5)")
            .bind(game.to_string())
            .bind(int(seq))
            .bind(event.at)
            .bind(kind)
            .bind(body)
            .execute(&mut *tx)
            .await?;
    }
    Ok(())
}

/// Answers are taken for these questions and no others from the commit on.
async fn rewrite_open_questions(tx: &mut Tx, game: &Game) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM open_questions WHERE game_id = $1").bind(game.id.to_string()).execute(&mut *tx).await?;
    for (question, closes_at) in game.open_questions() {
        sqlx::query("INSERT INTO open_questions (game_id, question_id, closes_at) VALUES ($1, $2, $3)")
            .bind(game.id.to_string())
            .bind(question.to_string())
            .bind(closes_at)
            .execute(&mut *tx)
            .await?;
    }
    Ok(())
}

/// Lets the question of the bank accept a spelling, and notes it unless the question had it before.
async fn remember_spelling(
    tx: &mut Tx,
    game: GameId,
    question: QuestionId,
    spelling: &str,
    at: i64,
) -> Result<(), StoreError> {
    if !accept_spelling(tx, question.0, spelling, at).await? {
        return Ok(());
    }
    sqlx::query("INSERT INTO remembered (game_id, question_id, spelling) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING")
        .bind(game.to_string())
        .bind(question.to_string())
        .bind(spelling)
        .execute(&mut *tx)
        .await?;
    Ok(())
}

/// Takes away a spelling that this game added.
async fn forget_spelling(
    tx: &mut Tx,
    game: GameId,
    question: QuestionId,
    spelling: &str,
    at: i64,
) -> Result<(), StoreError> {
    let noted = sqlx::query("DELETE FROM remembered WHERE game_id = $1 AND question_id = $2 AND spelling = $3")
        .bind(game.to_string())
        .bind(question.to_string())
        .bind(spelling)
        .execute(&mut *tx)
        .await?;
    if noted.rows_affected() > 0 {
        refuse_spelling(tx, question.0, spelling, at).await?;
    }
    Ok(())
}

async fn has_answers(tx: &mut Tx, game: GameId, question: QuestionId) -> Result<bool, StoreError> {
    let row = sqlx::query("SELECT 1 FROM game_answers WHERE game_id = $1 AND question_id = $2 LIMIT 1")
        .bind(game.to_string())
        .bind(question.to_string())
        .fetch_optional(&mut *tx)
        .await?;
    Ok(row.is_some())
}

pub(super) fn game_row(row: &AnyRow) -> Result<GameRow, StoreError> {
    let status: String = row.try_get("status")?;
    let status = match status.as_str() {
        "cancelled" => GameStatus::Cancelled,
        "completed" => GameStatus::Completed,
        "in_progress" => GameStatus::InProgress,
        "lobby" => GameStatus::Lobby,
        other => return Err(StoreError::Unreadable(format!("status {other:?}"))),
    };
    Ok(GameRow {
        id: GameId(id(row, "id")?),
        owner: id(row, "owner_id")?,
        code: row.try_get("code")?,
        quiz: optional_id(row, "quiz_id")?,
        bank: optional_id(row, "bank_id")?,
        quiz_name: row.try_get("quiz_name")?,
        status,
        phase: row.try_get("phase")?,
        current_round: count(row, "current_round")?,
        current_question: count(row, "current_question")?,
        round_size: count(row, "round_size")?,
        teams: row.try_get::<i64, _>("teams")? != 0,
        player_count: count(row, "player_count")?,
        practice: row.try_get::<i64, _>("practice")? != 0,
        created_at: row.try_get("created_at")?,
        updated_at: row.try_get("updated_at")?,
    })
}

pub(super) async fn events_after(tx: &mut Tx, game: GameId, seq: u64) -> Result<Vec<Event>, StoreError> {
    let rows = sqlx::query("SELECT at, kind, body FROM game_events WHERE game_id = $1 AND seq > $2 ORDER BY seq")
        .bind(game.to_string())
        .bind(int(seq))
        .fetch_all(&mut *tx)
        .await?;
    let event = |row: &AnyRow| codec::decode(row.try_get("at")?, row.try_get("kind")?, row.try_get("body")?);
    rows.iter().map(event).collect()
}
