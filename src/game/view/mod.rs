//! What each audience may see: pure projections, each with types of its own.
//!
//! The players' and the screen's types have no field for accepted answers, marks or others' answers before their
//! release, so a leak cannot be written by accident. The types serialise to the payloads of the published protocol;
//! rounds and positions count from 1 there.

pub mod host;
pub mod player;
pub mod screen;

mod brief;
mod results;

pub use brief::{brief_board, brief_roster};
pub use results::{ResultStanding, Results, Tally, results, tallies};

use super::answers::Answers;
use super::event::{Event, What};
use super::ids::{GameId, PlayerId, QuestionId};
use super::quiz::{FrozenQuestion, Key, Points};
use super::score::standings;
use super::state::{ClosedBy, Game, Phase, Present, QuestionState};
use serde::Serialize;

/// What everybody in a game is told: players, hosts and screens alike.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "type", content = "payload", rename_all = "snake_case")]
pub enum Common {
    Break(Break),
    GameEnded(Board),
    GameStarted(RoundStart),
    LobbyUpdate(Roster),
    Paused(Paused),
    QuestionClosed(QuestionClosed),
    QuestionReleased(QuestionReleased),
    QuestionTimer(QuestionTimer),
    QuestionUnreleased(QuestionUnreleased),
    Resumed {},
    RoundEnded(RoundPlace),
    RoundLeaderboard(Board),
    RoundReopened(RoundPlace),
    Teams(Teams),
}

/// Whether the room has an interval.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Break {
    pub on: bool,
    /// When the night goes on, in milliseconds since the Unix epoch, if that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional, type = "number"))]
    pub until: Option<i64>,
}

/// Who is in the game.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Roster {
    pub players: Vec<RosterPlayer>,
    /// How many there are, where not all are named.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub total: Option<usize>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct RosterPlayer {
    pub id: PlayerId,
    pub display_name: String,
}

/// A round begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct RoundStart {
    pub round: usize,
    pub total_rounds: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub round_title: Option<String>,
    pub questions_in_round: usize,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct RoundPlace {
    pub round: usize,
    pub total_rounds: usize,
}

/// A question that can be seen, and answered unless it is closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct QuestionReleased {
    pub pos_in_round: usize,
    pub total_in_round: usize,
    pub round: usize,
    pub total_rounds: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub round_title: Option<String>,
    pub question: ShownQuestion,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional, type = "number"))]
    pub closes_at: Option<i64>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(test, ts(as = "Option<bool>", optional))]
    pub closed: bool,
    /// The player's own saved answer, when they come back.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub your_answer: Option<String>,
}

/// A question as it is asked: without what is right.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "ReleasedQuestion"))]
pub struct ShownQuestion {
    pub id: QuestionId,
    #[serde(rename = "type")]
    pub kind: Kind,
    pub prompt: String,
    pub points: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub choices: Option<Vec<String>>,
    /// The nearest number wins.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(test, ts(as = "Option<bool>", optional))]
    pub nearest: bool,
}

/// How a question is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    MultipleChoice,
    Text,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct QuestionClosed {
    pub question_id: QuestionId,
    pub by: ClosedBy,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct QuestionUnreleased {
    pub question_id: QuestionId,
}

/// When a question closes now; it is open again if it was closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct QuestionTimer {
    pub question_id: QuestionId,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional, type = "number"))]
    pub closes_at: Option<i64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Paused {
    #[cfg_attr(test, ts(type = "number"))]
    pub paused_at: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Teams {
    pub allowed: bool,
}

/// The standings that the room knows.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Board {
    pub entries: Vec<BoardEntry>,
    pub round: usize,
    pub total_rounds: usize,
    /// The reason, when the board changed after it was first shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub corrected: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(test, ts(as = "Option<bool>", optional))]
    pub cancelled: bool,
    /// Set while only the host may see the standings: nobody else's copy has entries.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(test, ts(as = "Option<bool>", optional))]
    pub hidden: bool,
    /// How many entries there are, where some are left out. `entries` has the first of them then.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub total: Option<usize>,
    /// The player's own entry and its neighbours, where they do not follow `entries` at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub near: Option<Near>,
}

/// A part of a board.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Near {
    /// How many entries of the board are above the first one here.
    pub above: usize,
    pub entries: Vec<BoardEntry>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct BoardEntry {
    pub rank: usize,
    pub player_id: PlayerId,
    pub display_name: String,
    #[cfg_attr(test, ts(type = "number"))]
    pub score: Points,
}

/// The first message of a connection: who it is and where the game stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Welcome {
    pub role: Role,
    pub game_id: GameId,
    pub code: String,
    pub phase: Phase,
    #[cfg_attr(test, ts(type = "number"))]
    pub seq: u64,
    #[cfg_attr(test, ts(type = "number"))]
    pub server_time: i64,
    pub protocol: u32,
    pub quiz_name: String,
    pub teams: bool,
    pub paused: bool,
    /// Robots play along, and nothing counts.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(test, ts(as = "Option<bool>", optional))]
    pub practice: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub you: Option<player::You>,
}

/// Who a connection speaks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Host,
    Player,
    Screen,
}

/// What an event makes known, and which projections it changes.
#[derive(Debug, Default, PartialEq)]
pub struct Announcement {
    /// To everybody, before the scores.
    pub common: Vec<Common>,
    /// Whether the roster changed.
    pub roster: bool,
    /// The player whose own name or standing changed.
    pub you: Option<PlayerId>,
    /// The player whose phones are to be cut off.
    pub cut: Option<PlayerId>,
    /// Whether everybody needs the questions of the round again.
    pub questions: bool,
    /// Rounds whose scores every player is told. Indexes.
    pub scores: Vec<usize>,
    /// Whether players are told the options that concern them.
    pub options: bool,
    /// After the scores.
    pub board: Option<BoardNews>,
    /// Rounds of which every player is told what the room answered, where that is no secret. After the board. Indexes.
    pub room: Vec<usize>,
    /// Rounds whose answers come to be judged, or whose marks changed. Indexes.
    pub reviews: Vec<usize>,
}

/// A board for those who watch.
#[derive(Debug, PartialEq)]
pub struct BoardNews {
    pub room: Common,
    /// The host's own, where the room is not to see it.
    pub host: Option<Common>,
}

/// The protocol's version that [`Welcome`] names.
pub const PROTOCOL: u32 = 1;

/// What `event`, which led to `game`, makes known.
pub fn announce(event: &Event, game: &Game, answers: &Answers) -> Announcement {
    let mut said = Announcement::default();
    match &event.what {
        What::PlayerJoined { player, .. } | What::PlayerLeft { player } | What::PlayerReturned { player } => {
            said.roster = true;
            said.you = Some(*player);
        }
        What::PlayerRenamed { player, .. }
        | What::NameHidden { player, .. }
        | What::NameShown { player }
        | What::PlayerRestored { player } => {
            said.roster = true;
            said.you = Some(*player);
            said.reviews.extend(0..game.rounds.len());
            said.board = board_that_is_up(game, answers);
        }
        What::PlayerRemoved { player } => {
            said.roster = true;
            said.cut = Some(*player);
            said.reviews.extend(0..game.rounds.len());
            said.board = board_that_is_up(game, answers);
        }
        What::TeamsSet { allowed } => said.common.push(Common::Teams(Teams { allowed: *allowed })),
        What::OptionsSet { .. } => {
            said.options = true;
            if game.phase == Phase::Leaderboard {
                // It is shown or put away, and what the room answered with it.
                said.board = board_that_is_up(game, answers);
                said.room.extend(game.last_released());
            }
        }
        What::RoundStarted { .. } => said.common.push(Common::GameStarted(round_start(game))),
        What::QuestionReleased { question, .. } => {
            said.common.extend(question_released(game, *question).map(Common::QuestionReleased));
        }
        What::QuestionUnreleased { question } => {
            said.common.push(Common::QuestionUnreleased(QuestionUnreleased { question_id: *question }));
        }
        What::QuestionClosed { question, by } => {
            said.common.push(Common::QuestionClosed(QuestionClosed { question_id: *question, by: *by }));
        }
        What::TimeSet { question, closes_at, .. } => {
            let timer = QuestionTimer { question_id: *question, closes_at: Some(*closes_at) };
            said.common.push(Common::QuestionTimer(timer));
        }
        What::Paused => said.common.push(Common::Paused(Paused { paused_at: event.at })),
        What::Resumed => {
            said.common.push(Common::Resumed {});
            said.common.extend(timers(game));
        }
        What::RoundEnded { .. } => {
            said.common.push(Common::RoundEnded(round_place(game)));
            said.reviews.push(game.round);
        }
        What::RoundReopened { .. } => {
            said.common.push(Common::RoundReopened(round_place(game)));
            // Whoever connected during the review has never seen them.
            said.questions = true;
        }
        What::AnswerJudged { question, .. } | What::AnswerChallenged { question, .. } => {
            said.reviews.extend(game.quiz.find(*question).map(|(round, _)| round));
        }
        What::ScoresReleased { round } => {
            said.scores.push(*round);
            said.room.push(*round);
            said.board = board_that_is_up(game, answers);
            said.common.push(Common::Break(interval(game.present)));
            said.reviews.push(*round);
        }
        What::ScoresCorrected { rounds, .. } => {
            said.scores.clone_from(rounds);
            said.room.clone_from(rounds);
            said.board = board_that_is_up(game, answers);
            said.reviews.clone_from(rounds);
        }
        What::GameEnded | What::GameCancelled => {
            said.board = board_that_is_up(game, answers);
            // Until now it may have been a secret.
            said.room.extend(game.last_released());
            said.common.push(Common::Break(interval(game.present)));
            said.reviews.push(game.round);
        }
        What::ScreenSet { present } => said.common.push(Common::Break(interval(*present))),
        What::GameCreated { .. }
        | What::LobbyLocked { .. }
        | What::ScoreAdjusted { .. }
        | What::AdjustmentUndone { .. } => {}
    }
    said
}

/// The interval of a screen that shows it.
pub fn interval(present: Present) -> Break {
    match present {
        Present::Break { until } => Break { on: true, until },
        Present::Answer { .. } | Present::Auto | Present::Blank | Present::Board { .. } | Present::Join => {
            Break { on: false, until: None }
        }
    }
}

/// The whole roster.
pub fn roster(game: &Game) -> Common {
    let entry = |(id, player): (PlayerId, &super::Player)| RosterPlayer { id, display_name: player.name.to_string() };
    let playing = game.listed_players().filter(|(_, player)| player.is_playing());
    Common::LobbyUpdate(Roster { players: playing.map(entry).collect(), total: None })
}

/// Every listed player with the score that the players know of, by rank.
pub fn roster_scores(game: &Game, answers: &Answers) -> Vec<(PlayerId, String, Points)> {
    let standings = standings(game, answers, game.rounds.len()).into_iter();
    standings.map(|standing| (standing.player, standing.name, standing.score)).collect()
}

/// The board that the room sees: `game_ended` when the game is over, else `round_leaderboard`.
pub fn board(game: &Game, answers: &Answers) -> Common {
    if game.hides_board() {
        // Nor why a board was corrected that nobody sees.
        let hidden = Board { entries: Vec::new(), corrected: None, ..whole_board(game, answers) };
        return Common::RoundLeaderboard(hidden);
    }
    host::board(game, answers)
}

fn board_that_is_up(game: &Game, answers: &Answers) -> Option<BoardNews> {
    let is_up = matches!(game.phase, Phase::Leaderboard | Phase::Ended);
    let host = || game.hides_board().then(|| host::board(game, answers));
    is_up.then(|| BoardNews { room: board(game, answers), host: host() })
}

/// The standings over the released rounds.
fn whole_board(game: &Game, answers: &Answers) -> Board {
    let entry = |standing: super::Standing| BoardEntry {
        rank: standing.rank,
        player_id: standing.player,
        display_name: standing.name,
        score: standing.score,
    };
    Board {
        entries: standings(game, answers, game.rounds.len()).into_iter().map(entry).collect(),
        round: game.round + 1,
        total_rounds: game.rounds.len(),
        corrected: game.board_corrected.clone(),
        cancelled: game.cancelled,
        hidden: game.hides_board(),
        total: None,
        near: None,
    }
}

/// The released questions of the current round, without anybody's answers.
pub fn released_questions(game: &Game) -> Vec<QuestionReleased> {
    let frozen = game.frozen_round();
    frozen.questions.iter().filter_map(|question| question_released(game, question.id)).collect()
}

pub(super) fn round_start(game: &Game) -> RoundStart {
    let frozen = game.frozen_round();
    RoundStart {
        round: game.round + 1,
        total_rounds: game.rounds.len(),
        round_title: frozen.title.clone(),
        questions_in_round: frozen.questions.len(),
    }
}

pub(super) fn round_place(game: &Game) -> RoundPlace {
    RoundPlace { round: game.round + 1, total_rounds: game.rounds.len() }
}

fn question_released(game: &Game, id: QuestionId) -> Option<QuestionReleased> {
    let frozen = game.frozen_round();
    let place = frozen.questions.iter().position(|question| question.id == id)?;
    let (closes_at, closed) = match game.question_state(id)? {
        QuestionState::Open { closes_at } => (closes_at, false),
        QuestionState::Closed { .. } => (None, true),
    };
    Some(QuestionReleased {
        pos_in_round: place + 1,
        total_in_round: frozen.questions.len(),
        round: game.round + 1,
        total_rounds: game.rounds.len(),
        round_title: frozen.title.clone(),
        question: shown(&frozen.questions[place]),
        closes_at,
        closed,
        your_answer: None,
    })
}

fn shown(question: &FrozenQuestion) -> ShownQuestion {
    let (kind, choices) = match &question.key {
        Key::MultipleChoice { choices } => {
            (Kind::MultipleChoice, Some(choices.iter().map(|choice| choice.text.clone()).collect()))
        }
        Key::Text { .. } => (Kind::Text, None),
    };
    ShownQuestion {
        id: question.id,
        kind,
        prompt: question.prompt.clone(),
        points: question.points,
        choices,
        nearest: question.right_number().is_some(),
    }
}

/// The clocks of all open questions, after they changed together.
fn timers(game: &Game) -> Vec<Common> {
    let timer = |(question_id, closes_at)| Common::QuestionTimer(QuestionTimer { question_id, closes_at });
    game.open_questions().into_iter().map(timer).collect()
}

impl FrozenQuestion {
    /// How this question is answered.
    pub fn kind(&self) -> Kind {
        match self.key {
            Key::MultipleChoice { .. } => Kind::MultipleChoice,
            Key::Text { .. } => Kind::Text,
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}
