//! What somebody wants to happen, and the coded reasons why it may not.

use super::event::Credit;
use super::ids::{PlayerId, QuestionId};
use super::name::PlayerName;
use super::options::OptionsChange;
use super::quiz::Points;
use super::state::Present;
use crate::limits::{
    ADJUSTMENTS_PER_GAME_MAX, AUTO_ADVANCE_SECONDS_MAX, POINTS_ADJUSTED_MAX, REASON_CHARS_MAX, SOUND_PERCENT_MAX,
    TEXT_PERCENT_MAX, TEXT_PERCENT_MIN,
};
use serde::{Deserialize, Serialize};

/// An action at an instant. Who may take it is settled before: the rules only know what the game allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// Milliseconds since the Unix epoch.
    pub at: i64,
    pub action: Action,
}

/// The actions of hosts, players and the server's own clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    // The host's steps through the night.
    StartGame,
    /// None: the next question of the round.
    ReleaseQuestion {
        question: Option<QuestionId>,
    },
    /// Every question of the round that is still to come.
    ReleaseAll,
    EndRound,
    /// A reason is required for correcting scores that were released before.
    ReleaseScores {
        reason: Option<String>,
    },
    StartNextRound,
    EndGame,
    CancelGame,
    // The host's corrections of a step.
    UnreleaseQuestion {
        question: QuestionId,
    },
    /// None: every open question.
    CloseQuestion {
        question: Option<QuestionId>,
    },
    ReopenRound,
    Pause,
    Resume,
    /// More time for one question or for every open one; gives a limit to a question without one, and reopens one
    /// that ran out of time.
    ExtendTime {
        question: Option<QuestionId>,
        seconds: u32,
    },
    Judge {
        question: QuestionId,
        target: Target,
        credit: Option<Credit>,
        remember: Option<String>,
    },
    /// Gives a player points, or takes them where they are below zero.
    AdjustScore {
        player: PlayerId,
        points: Points,
        reason: String,
    },
    /// Takes an adjustment back. With a reason, released scores are corrected at once where nothing else is pending.
    UndoAdjustment {
        adjustment: u64,
        reason: Option<String>,
    },
    Present(Present),
    /// Shows that there is a break, and when the night goes on.
    Break {
        minutes: Option<u32>,
    },
    // The host and the room.
    Lock {
        locked: bool,
    },
    SetTeams {
        allowed: bool,
    },
    SetOptions(OptionsChange),
    RenamePlayer {
        player: PlayerId,
        name: PlayerName,
    },
    /// Shows a name that offends nobody instead of the player's own.
    HideName {
        player: PlayerId,
    },
    ShowName {
        player: PlayerId,
    },
    RemovePlayer {
        player: PlayerId,
    },
    RestorePlayer {
        player: PlayerId,
    },
    // Players.
    Rename {
        player: PlayerId,
        name: PlayerName,
    },
    Join {
        player: PlayerId,
        name: PlayerName,
    },
    Leave {
        player: PlayerId,
    },
    Return {
        player: PlayerId,
    },
    Challenge {
        player: PlayerId,
        question: QuestionId,
    },
    // The server's clock.
    TimeUp {
        question: QuestionId,
    },
    ReleaseDue {
        question: QuestionId,
    },
}

/// What a host's judgement is about: one player's answer, or every equal answer, also those still to come.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Target {
    /// The compared form that equal answers share (see `marking::compared`).
    #[serde(rename = "group")]
    Group(String),
    #[serde(rename = "player")]
    Player(PlayerId),
}

impl Target {
    /// Nothing comes before it.
    pub const FIRST: Self = Self::Group(String::new());
}

/// Why a command changed nothing. `code` is part of the interface.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("Somebody answered this question already, so it stays released.")]
    AlreadyAnswered,
    #[error("That is not an answer to this question: {0}")]
    BadAnswer(&'static str),
    #[error("That name does not work: {0}")]
    BadName(#[from] super::name::NameProblem),
    #[error(
        "The volume goes from 0 to {SOUND_PERCENT_MAX} percent, the size of the text from {TEXT_PERCENT_MIN} to \
         {TEXT_PERCENT_MAX} percent, the wait for the next question from 0 to {AUTO_ADVANCE_SECONDS_MAX} seconds."
    )]
    BadOptions,
    #[error("Give or take whole or half points, {POINTS_ADJUSTED_MAX} at most.")]
    BadPoints,
    #[error("This game is full.")]
    Full,
    #[error("This game is over.")]
    GameOver,
    #[error("The lobby is locked. Ask the host to let you in.")]
    Locked,
    #[error("The host has given you this name for tonight.")]
    NameHidden,
    #[error("Somebody in this game has that name, or one that looks like it.")]
    NameTaken,
    #[error("There is nothing to release.")]
    NothingToRelease,
    #[error("Say in a few words why the scores change, so that the players can be told.")]
    ReasonMissing,
    #[error("Say it shorter: a reason has at most {REASON_CHARS_MAX} characters.")]
    ReasonTooLong,
    #[error("This question is closed.")]
    QuestionClosed,
    #[error("The host removed you from this game.")]
    Removed,
    #[error("The game has moved on. Here is where it stands now.")]
    Stale,
    #[error("Scores were adjusted {ADJUSTMENTS_PER_GAME_MAX} times. Take an adjustment back first.")]
    TooManyAdjustments,
    #[error("This game has reached its limit of steps.")]
    TooManySteps,
    #[error("There is no such adjustment, or it was taken back.")]
    UnknownAdjustment,
    #[error("There is no such player in this game.")]
    UnknownPlayer,
    #[error("There is no such question in this part of the game.")]
    UnknownQuestion,
    #[error("That is not possible at this point of the game.")]
    WrongPhase,
}

impl Refusal {
    /// The stable name of this refusal on the wire.
    pub fn code(&self) -> &'static str {
        match self {
            Self::AlreadyAnswered => "already_answered",
            Self::BadAnswer(_) => "bad_answer",
            Self::BadName(_) => "bad_name",
            Self::BadOptions => "bad_options",
            Self::BadPoints => "bad_points",
            Self::Full => "full",
            Self::GameOver => "game_over",
            Self::Locked => "locked",
            Self::NameHidden => "name_hidden",
            Self::NameTaken => "name_taken",
            Self::NothingToRelease => "nothing_to_release",
            Self::QuestionClosed => "question_closed",
            Self::ReasonMissing => "reason_missing",
            Self::ReasonTooLong => "reason_too_long",
            Self::Removed => "removed",
            Self::Stale => "stale",
            Self::TooManyAdjustments => "too_many_adjustments",
            Self::TooManySteps => "too_many_steps",
            Self::UnknownAdjustment => "unknown_adjustment",
            Self::UnknownPlayer => "unknown_player",
            Self::UnknownQuestion => "unknown_question",
            Self::WrongPhase => "wrong_phase",
        }
    }
}
