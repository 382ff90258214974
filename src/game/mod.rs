//! The rules of a game: pure, with no I/O, no clock and no chance of their own.
//!
//! A [`Command`] is decided against a [`Game`] into [`Event`]s or a [`Refusal`]; events are applied to the game and
//! replaying them gives the same game again. Answers are a log of their own ([`Answers`]): they never queue behind
//! the host. What each audience may see is projected in [`view`].

mod answers;
mod apply;
mod command;
mod decide;
mod event;
mod ids;
pub mod marking;
mod name;
mod offence;
mod options;
mod quiz;
mod score;
mod state;
pub mod view;

pub use answers::{Answer, Answers};
pub use apply::apply;
pub use command::{Action, Command, Refusal, Target};
pub use decide::decide;
pub use event::{Credit, Event, What};
pub use ids::{AnswerId, ClaimId, GameId, PlayerId, QuestionId};
pub use name::{NameProblem, PlayerName};
pub use options::{Options, OptionsChange};
pub use quiz::{Choice, FrozenQuestion, FrozenQuiz, FrozenRound, Key, Points};
pub use score::{Judged, Standing, standings};
pub use state::{
    Adjustment, ClosedBy, Correction, Game, JournalEntry, Judgements, Phase, Player, PlayerState, Present,
    QuestionState, RoundState,
};

#[cfg(test)]
mod tests;
