//! A game as its log tells it.

use super::command::{Action, Target};
use super::event::{Credit, Event};
use super::ids::{GameId, PlayerId, QuestionId};
use super::name::PlayerName;
use super::options::Options;
use super::quiz::{FrozenQuestion, FrozenQuiz, FrozenRound, Points};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

/// The state of one game: a function of its events and nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Game {
    pub id: GameId,
    pub code: String,
    /// The place of the last applied event in the log.
    pub seq: u64,
    /// The place of the last event that was a step of the host. What players and clocks do makes no console stale.
    pub stepped: u64,
    pub quiz: Arc<FrozenQuiz>,
    pub phase: Phase,
    /// Index of the current round; 0 in the lobby.
    pub round: usize,
    pub locked: bool,
    /// Whether several phones may share a player's seat.
    pub teams: bool,
    pub options: Options,
    /// The players that are no people. A game that has some is for practice: nothing of it counts or is kept.
    pub robots: Vec<PlayerId>,
    pub paused_at: Option<i64>,
    /// When the wait for the next question is over, for a game that goes on by itself.
    pub next_due: Option<i64>,
    pub present: Present,
    pub players: BTreeMap<PlayerId, Player>,
    /// One for each round of the quiz.
    pub rounds: Vec<RoundState>,
    pub cancelled: bool,
    /// Why the board that is up changed since it was first shown.
    pub board_corrected: Option<String>,
    /// The newest acts, oldest first.
    pub journal: VecDeque<JournalEntry>,
}

/// Where a game stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    Lobby,
    Question,
    RoundReview,
    Leaderboard,
    Ended,
}

/// Somebody who competes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Player {
    pub name: PlayerName,
    pub state: PlayerState,
    /// Index of the round in which the player came.
    pub joined_in_round: usize,
    /// Rounds that were over when the player came.
    pub rounds_missed: usize,
    /// The name that the player chose, while the host shows another one.
    pub own_name: Option<PlayerName>,
    /// Whether the shown name may offend: only the host is told.
    pub may_offend: bool,
}

/// Whether a player is in the game.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum PlayerState {
    Playing,
    /// Went of their own will and may come back. Their score stays.
    Left,
    /// Sent away by the host, and off every list.
    Removed,
}

/// What a round has come to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoundState {
    pub questions: BTreeMap<QuestionId, QuestionState>,
    /// When each of them came out, the last time.
    pub released_at: BTreeMap<QuestionId, i64>,
    /// When the clock of the whole round runs out.
    pub closes_at: Option<i64>,
    pub ended: bool,
    /// The host's judgements as they stand.
    pub judgements: Judgements,
    /// The spellings that judgements added to the questions of the bank.
    pub remembered: BTreeMap<(QuestionId, Target), String>,
    /// The judgements that the players know the scores of. None until the scores are released.
    pub released: Option<Judgements>,
    /// What the host gave and took in this round, as it stands.
    pub adjustments: Adjustments,
    /// The adjustments that the players know the scores of. Empty until the scores are released.
    pub released_adjustments: Adjustments,
    /// Who had been sent away when the scores came out. They do not compete, where the nearest wins.
    pub sent_away: BTreeSet<PlayerId>,
    /// Why released scores were changed, oldest first.
    pub corrections: Vec<Correction>,
    /// Answers whose players think that they are right.
    pub challenges: BTreeSet<(QuestionId, PlayerId)>,
}

/// A change of released scores.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Correction {
    pub reason: String,
    #[serde(rename = "at_ms")]
    pub at: i64,
}

/// Points that the host gave to a player, or took where they are below zero.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adjustment {
    pub player: PlayerId,
    pub points: Points,
    pub reason: String,
    /// Milliseconds since the Unix epoch.
    pub at: i64,
}

/// Adjustments by the places of their events in the log.
pub type Adjustments = BTreeMap<u64, Adjustment>;

/// The host's decisions about answers, by question.
pub type Judgements = BTreeMap<(QuestionId, Target), Credit>;

/// Whether a question can be answered. Questions that are not listed are still to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuestionState {
    Open { closes_at: Option<i64> },
    Closed { by: ClosedBy },
}

/// Who closed a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ClosedBy {
    Host,
    Time,
}

/// What the big screen shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case", tag = "view")]
pub enum Present {
    /// A question with its right answer and what was answered. Only after its scores are released.
    Answer {
        question_id: QuestionId,
    },
    /// What the phase asks for.
    #[default]
    Auto,
    Blank,
    Board {
        /// Whether the screen shows the ranks one after another, the last first.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        #[cfg_attr(test, ts(as = "Option<bool>", optional))]
        from_last: bool,
    },
    /// An interval: a card with the time at which the night goes on, if that is known.
    Break {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional, type = "number"))]
        until: Option<i64>,
    },
    Join,
}

/// A line of the host's log: a key of the dictionary with its arguments.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct JournalEntry {
    #[cfg_attr(test, ts(type = "number"))]
    pub seq: u64,
    #[cfg_attr(test, ts(type = "number"))]
    pub at: i64,
    pub text_key: &'static str,
    pub args: BTreeMap<&'static str, String>,
}

impl Game {
    /// The game that its first event makes. None when that event makes no game.
    pub fn new(first: &Event) -> Option<Self> {
        let super::event::What::GameCreated { game, code, quiz, teams, robots } = &first.what else {
            return None;
        };
        Some(Self {
            id: *game,
            code: code.clone(),
            seq: 1,
            stepped: 1,
            quiz: Arc::new(quiz.clone()),
            phase: Phase::Lobby,
            round: 0,
            locked: false,
            teams: *teams,
            options: Options::default(),
            robots: robots.clone(),
            paused_at: None,
            next_due: None,
            present: Present::Auto,
            players: BTreeMap::new(),
            rounds: quiz.rounds.iter().map(|_| RoundState::default()).collect(),
            cancelled: false,
            board_corrected: None,
            journal: VecDeque::new(),
        })
    }

    /// The game that a whole log tells. None for a log that does not begin with a game's making.
    pub fn replay<'a>(events: impl IntoIterator<Item = &'a Event>) -> Option<Self> {
        let mut events = events.into_iter();
        let mut game = Self::new(events.next()?)?;
        for event in events {
            super::apply(&mut game, event);
        }
        Some(game)
    }

    /// Whether nothing of this game counts or is kept.
    pub fn is_practice(&self) -> bool {
        !self.robots.is_empty()
    }

    /// The current round as it was written.
    pub fn frozen_round(&self) -> &FrozenRound {
        &self.quiz.rounds[self.round]
    }

    /// What the current round has come to.
    pub fn round_state(&self) -> &RoundState {
        &self.rounds[self.round]
    }

    /// The state of a question of the current round. None while it is still to come.
    pub fn question_state(&self, question: QuestionId) -> Option<QuestionState> {
        self.round_state().questions.get(&question).copied()
    }

    /// The questions of the current round that are still to come.
    pub fn questions_to_come(&self) -> impl Iterator<Item = &FrozenQuestion> {
        let state = self.round_state();
        self.frozen_round().questions.iter().filter(|question| !state.questions.contains_key(&question.id))
    }

    /// The next question of the current round.
    pub fn next_question(&self) -> Option<&FrozenQuestion> {
        self.questions_to_come().next()
    }

    /// Every open question with the instant at which it closes. While the game is paused no clock runs, so none is
    /// given.
    pub fn open_questions(&self) -> Vec<(QuestionId, Option<i64>)> {
        if self.phase != Phase::Question {
            return Vec::new();
        }
        let open = |(id, state): (&QuestionId, &QuestionState)| match state {
            QuestionState::Open { closes_at } => Some((*id, closes_at.filter(|_| self.paused_at.is_none()))),
            QuestionState::Closed { .. } => None,
        };
        self.round_state().questions.iter().filter_map(open).collect()
    }

    /// What the server's clock does next, and when.
    pub fn next_by_clock(&self) -> Option<(i64, Action)> {
        let closing =
            |(question, closes_at): (QuestionId, Option<i64>)| closes_at.map(|at| (at, Action::TimeUp { question }));
        let closings = self.open_questions().into_iter().filter_map(closing);
        let release = self.next_release().map(|(question, at)| (at, Action::ReleaseDue { question }));
        closings.chain(release).min_by_key(|(at, _)| *at)
    }

    /// The question that comes out by itself, and when. None while the game is paused or the big screen shows something
    /// that the host wants to be seen.
    pub fn next_release(&self) -> Option<(QuestionId, i64)> {
        let waits = self.phase == Phase::Question && self.paused_at.is_none() && self.present == Present::Auto;
        let due = self.next_due.filter(|_| waits)?;
        Some((self.next_question()?.id, due))
    }

    /// Those who are on the lists of this game, by the time of joining.
    pub fn listed_players(&self) -> impl Iterator<Item = (PlayerId, &Player)> {
        let listed = |player: &&Player| player.state != PlayerState::Removed;
        self.players.iter().filter(move |(_, player)| listed(player)).map(|(id, player)| (*id, player))
    }

    /// Whether only the host may see the standings now.
    pub fn hides_board(&self) -> bool {
        self.options.secret_board && self.phase != Phase::Ended
    }

    /// The last round whose scores are released, by its index.
    pub fn last_released(&self) -> Option<usize> {
        self.rounds.iter().rposition(|round| round.released.is_some())
    }

    /// Whether judgements or adjustments differ from what the players were told, in rounds whose scores are released.
    pub fn corrections_pending(&self) -> bool {
        self.rounds.iter().any(RoundState::correction_pending)
    }
}

impl RoundState {
    /// Why the released scores of this round were changed, the last time.
    pub fn corrected(&self) -> Option<&str> {
        self.corrections.last().map(|correction| correction.reason.as_str())
    }

    /// Whether judgements or adjustments changed since the scores of this round were released.
    pub fn correction_pending(&self) -> bool {
        let differs =
            |released: &Judgements| *released != self.judgements || self.released_adjustments != self.adjustments;
        self.released.as_ref().is_some_and(differs)
    }
}

impl Player {
    /// Whether this is the player's name, also where the host shows another one.
    pub fn goes_by(&self, name: &PlayerName) -> bool {
        self.name.key() == name.key() || self.own_name.as_ref().is_some_and(|own| own.key() == name.key())
    }

    /// Whether the player is in the game now.
    pub fn is_playing(&self) -> bool {
        self.state == PlayerState::Playing
    }
}
