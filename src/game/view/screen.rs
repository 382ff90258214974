//! What the big screen shows to the whole room.

use super::host::{AnswerCount, histogram};
use super::{Common, Kind, Welcome};
use crate::game::answers::Answers;
use crate::game::ids::QuestionId;
use crate::game::options::Options;
use crate::game::state::{Game, Phase, Present};
use serde::Serialize;

/// The messages that a big screen gets.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "ToScreen"))]
#[serde(tag = "type", content = "payload", rename_all = "snake_case")]
pub enum ScreenMessage {
    ScreenState(ScreenState),
    Welcome(Welcome),
    #[serde(untagged)]
    Common(Common),
}

/// All that the screen shows around the questions and the board.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ScreenState {
    /// The address that a phone opens to join.
    pub join_url: String,
    pub code: String,
    pub quiz_name: String,
    pub phase: Phase,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional, type = "number"))]
    pub paused_at: Option<i64>,
    /// When the next question comes out by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional, type = "number"))]
    pub next_at: Option<i64>,
    pub present: Present,
    pub options: Options,
    /// Robots play along, and nothing counts.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(test, ts(as = "Option<bool>", optional))]
    pub practice: bool,
    pub player_count: usize,
    pub round: usize,
    pub total_rounds: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub round_title: Option<String>,
    /// Only while `present` is `answer`, which the rules allow once the scores are released.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub answer: Option<Revealed>,
}

/// A question with its right answer and what the room answered.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Revealed {
    pub question_id: QuestionId,
    #[serde(rename = "type")]
    pub kind: Kind,
    pub prompt: String,
    pub points: u32,
    pub correct_answers: Vec<String>,
    /// The nearest number wins.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(test, ts(as = "Option<bool>", optional))]
    pub nearest: bool,
    pub histogram: Vec<AnswerCount>,
}

/// The screen's surroundings.
pub fn state(game: &Game, answers: &Answers, join_url: &str) -> ScreenState {
    let playing = game.listed_players().filter(|(_, player)| player.is_playing());
    ScreenState {
        join_url: join_url.to_owned(),
        code: game.code.clone(),
        quiz_name: game.quiz.name.clone(),
        phase: game.phase,
        paused_at: game.paused_at,
        next_at: game.next_release().map(|(_, at)| at),
        present: game.present,
        options: game.options,
        practice: game.is_practice(),
        player_count: playing.count(),
        round: game.round + 1,
        total_rounds: game.rounds.len(),
        round_title: game.frozen_round().title.clone(),
        answer: revealed(game, answers),
    }
}

/// What a screen's new connection needs after its welcome and its state.
pub fn replay(game: &Game, answers: &Answers) -> Vec<Common> {
    let mut messages = vec![super::roster(game)];
    match game.phase {
        Phase::Lobby => {}
        Phase::Question => {
            messages.push(Common::GameStarted(super::round_start(game)));
            messages.extend(super::released_questions(game).into_iter().map(Common::QuestionReleased));
        }
        Phase::RoundReview => {
            messages.push(Common::GameStarted(super::round_start(game)));
            messages.push(Common::RoundEnded(super::round_place(game)));
        }
        Phase::Leaderboard | Phase::Ended => messages.push(super::board(game, answers)),
    }
    if let Some(paused_at) = game.paused_at {
        messages.push(Common::Paused(super::Paused { paused_at }));
    }
    messages
}

fn revealed(game: &Game, answers: &Answers) -> Option<Revealed> {
    let Present::Answer { question_id } = game.present else { return None };
    let (round, question) = game.quiz.find(question_id)?;
    let released = game.rounds[round].released.as_ref()?;
    Some(Revealed {
        question_id,
        kind: question.kind(),
        prompt: question.prompt.clone(),
        points: question.points,
        correct_answers: question.correct_answers(),
        nearest: question.right_number().is_some(),
        histogram: histogram(game, answers, question, released),
    })
}
