//! What happened in a game. A stored format: names are written by hand and only ever added to.

use super::command::Target;
use super::ids::{GameId, PlayerId, QuestionId};
use super::name::PlayerName;
use super::options::Options;
use super::quiz::{FrozenQuiz, Points};
use super::state::{ClosedBy, Present};
use serde::{Deserialize, Serialize};

/// One entry of a game's log. Its `seq` is its place in the log, counted from 1 without gaps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Milliseconds since the Unix epoch.
    pub at: i64,
    pub what: What,
}

/// The kinds of events. The serialised names are stored for ever.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "body")]
pub enum What {
    #[serde(rename = "game_created")]
    GameCreated {
        game: GameId,
        code: String,
        quiz: FrozenQuiz,
        teams: bool,
        /// The players of a practice game that are no people. None in a real one.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        robots: Vec<PlayerId>,
    },
    #[serde(rename = "player_joined")]
    PlayerJoined { player: PlayerId, name: PlayerName },
    #[serde(rename = "player_renamed")]
    PlayerRenamed { player: PlayerId, name: PlayerName },
    /// The host shows another name than the player's own.
    #[serde(rename = "name_hidden")]
    NameHidden { player: PlayerId, name: PlayerName },
    /// The player's own name is shown again.
    #[serde(rename = "name_shown")]
    NameShown { player: PlayerId },
    #[serde(rename = "player_left")]
    PlayerLeft { player: PlayerId },
    #[serde(rename = "player_returned")]
    PlayerReturned { player: PlayerId },
    #[serde(rename = "player_removed")]
    PlayerRemoved { player: PlayerId },
    #[serde(rename = "player_restored")]
    PlayerRestored { player: PlayerId },
    #[serde(rename = "lobby_locked")]
    LobbyLocked { locked: bool },
    #[serde(rename = "teams_set")]
    TeamsSet { allowed: bool },
    #[serde(rename = "options_set")]
    OptionsSet { options: Options },
    #[serde(rename = "round_started")]
    RoundStarted { round: usize },
    #[serde(rename = "question_released")]
    QuestionReleased {
        question: QuestionId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        closes_at: Option<i64>,
        /// Set by the release that starts the clock of the round.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        round_closes_at: Option<i64>,
    },
    #[serde(rename = "question_unreleased")]
    QuestionUnreleased { question: QuestionId },
    #[serde(rename = "question_closed")]
    QuestionClosed { question: QuestionId, by: ClosedBy },
    #[serde(rename = "time_set")]
    TimeSet {
        question: QuestionId,
        closes_at: i64,
        /// Set when the clock of the round moved along.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        round_closes_at: Option<i64>,
    },
    #[serde(rename = "paused")]
    Paused,
    #[serde(rename = "resumed")]
    Resumed,
    #[serde(rename = "round_ended")]
    RoundEnded { round: usize },
    #[serde(rename = "round_reopened")]
    RoundReopened { round: usize },
    #[serde(rename = "answer_judged")]
    AnswerJudged {
        question: QuestionId,
        target: Target,
        /// None: back to the automatic mark.
        credit: Option<Credit>,
        /// The spelling that the bank's question accepts from now on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        remember: Option<String>,
        /// The spelling that it accepts no more, because the judgement that remembered it is gone.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        forget: Option<String>,
    },
    #[serde(rename = "answer_challenged")]
    AnswerChallenged { player: PlayerId, question: QuestionId },
    #[serde(rename = "scores_released")]
    ScoresReleased { round: usize },
    #[serde(rename = "scores_corrected")]
    ScoresCorrected { rounds: Vec<usize>, reason: String },
    #[serde(rename = "score_adjusted")]
    ScoreAdjusted {
        player: PlayerId,
        round: usize,
        /// Below zero where points were taken.
        thousandths: i64,
        reason: String,
    },
    #[serde(rename = "adjustment_undone")]
    AdjustmentUndone {
        /// The place of the adjustment's event in the log.
        adjustment: u64,
    },
    #[serde(rename = "screen_set")]
    ScreenSet { present: Present },
    #[serde(rename = "game_ended")]
    GameEnded,
    #[serde(rename = "game_cancelled")]
    GameCancelled,
}

/// How much of a question's points an answer earns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Credit {
    None,
    Half,
    Full,
}

impl Credit {
    /// The points that this credit earns of a question worth `points` whole points.
    pub fn of(self, points: u32) -> Points {
        match self {
            Self::None => Points(0),
            Self::Half => Points(Points::whole(points).0 / 2),
            Self::Full => Points::whole(points),
        }
    }
}
