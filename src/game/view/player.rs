//! What a player sees: their own answers, and nothing of a key before its scores are released.

use super::host::{AnswerCount, histogram};
use super::{Common, QuestionReleased, Welcome};
use crate::game::answers::Answers;
use crate::game::event::Credit;
use crate::game::ids::{AnswerId, ClaimId, PlayerId, QuestionId};
use crate::game::quiz::{FrozenQuestion, Points};
use crate::game::score::{adjustments, played};
use crate::game::state::{Game, Phase};
use crate::limits::ANSWERS_SHOWN_TO_PLAYERS_MAX;
use serde::Serialize;

/// The messages that a player's phone gets.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "ToPlayer"))]
#[serde(tag = "type", content = "payload", rename_all = "snake_case")]
pub enum PlayerMessage {
    AnswerAccepted(AnswerAccepted),
    Claim(Claim),
    Options(PlayerOptions),
    RoundAnswers(RoundAnswers),
    RoundScores(RoundScores),
    Welcome(Welcome),
    You(You),
    #[serde(untagged)]
    Common(Common),
}

/// The answer is on disk. Nothing here says whether it is right.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct AnswerAccepted {
    pub question_id: QuestionId,
    pub answer_id: AnswerId,
    pub answer: String,
}

/// Who this phone plays for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct You {
    pub player_id: PlayerId,
    pub display_name: String,
    /// Phones of this player that are connected.
    pub devices: usize,
}

/// The options of the game that a phone goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct PlayerOptions {
    pub lock_in: bool,
    pub secret_board: bool,
}

/// Another phone asks to play for this team.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Claim {
    pub claim_id: ClaimId,
    pub display_name: String,
}

/// What a player made of a round, once its scores are released.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct RoundScores {
    pub round: usize,
    pub total_rounds: usize,
    pub questions: Vec<QuestionScore>,
    #[cfg_attr(test, ts(type = "number"))]
    pub round_score: Points,
    /// What the host gave or took; `round_score` holds it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(test, ts(as = "Option<Vec<ScoreAdjustment>>", optional))]
    pub adjustments: Vec<ScoreAdjustment>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(test, ts(as = "Option<bool>", optional))]
    pub is_host: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub corrected: Option<String>,
}

/// Points that the host gave, or took where they are below zero.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ScoreAdjustment {
    #[cfg_attr(test, ts(type = "number"))]
    pub points: Points,
    pub reason: String,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "PlayerScore"))]
pub struct QuestionScore {
    pub question_id: QuestionId,
    pub prompt: String,
    pub correct_answers: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub your_answer: Option<String>,
    pub correct: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub credit: Option<Credit>,
    #[cfg_attr(test, ts(type = "number"))]
    pub points_earned: Points,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(test, ts(as = "Option<bool>", optional))]
    pub challenged: bool,
    /// The nearest number won.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(test, ts(as = "Option<bool>", optional))]
    pub nearest: bool,
}

/// What the room answered in a round, once its scores are released: the same for every player.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct RoundAnswers {
    pub round: usize,
    pub questions: Vec<QuestionAnswers>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct QuestionAnswers {
    pub question_id: QuestionId,
    /// Everybody who could have answered.
    pub players: usize,
    /// How many of them are right.
    pub right: usize,
    /// Each option, or the most frequent ones of the written answers; where the nearest wins, the nearest.
    pub counts: Vec<AnswerCount>,
    /// How many gave an answer that is not among `counts`.
    #[serde(skip_serializing_if = "super::is_zero")]
    #[cfg_attr(test, ts(as = "Option<usize>", optional))]
    pub others: usize,
}

/// A part of what a player's new connection is told.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// For this player.
    Own(PlayerMessage),
    /// For every player.
    Shared(Shared),
}

/// What is the same for all players, and names them: long, and made once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shared {
    Roster,
    /// The roster for phones that ask for it in short.
    BriefRoster,
    /// What was answered in the round of this index.
    Answers(usize),
    Board,
}

impl Shared {
    /// What is told of it. None where it is a secret.
    pub fn message(self, game: &Game, answers: &Answers) -> Option<PlayerMessage> {
        match self {
            Self::Roster => Some(PlayerMessage::Common(super::roster(game))),
            Self::BriefRoster => {
                let roster = super::roster(game);
                Some(PlayerMessage::Common(super::brief_roster(&roster).unwrap_or(roster)))
            }
            Self::Answers(round) => round_answers(game, answers, round).map(PlayerMessage::RoundAnswers),
            Self::Board => Some(PlayerMessage::Common(super::board(game, answers))),
        }
    }
}

/// What a player's new connection needs after its welcome. `answers` must hold at least this player's own and, where
/// scores are released, everybody's.
pub fn replay(game: &Game, answers: &Answers, player: PlayerId) -> Vec<Part> {
    let mut parts = vec![Part::Own(PlayerMessage::Options(options(game))), Part::Shared(Shared::Roster)];
    let common = |message| Part::Own(PlayerMessage::Common(message));
    match game.phase {
        Phase::Lobby => {}
        Phase::Question => {
            parts.push(common(Common::GameStarted(super::round_start(game))));
            parts.extend(questions(game, answers, player).into_iter().map(common));
        }
        Phase::RoundReview => {
            parts.push(common(Common::GameStarted(super::round_start(game))));
            // What was handed in, to be looked at while the host marks.
            parts.extend(questions(game, answers, player).into_iter().map(common));
            parts.push(common(Common::RoundEnded(super::round_place(game))));
        }
        Phase::Leaderboard | Phase::Ended => {
            let round = game.last_released();
            let scores = round.and_then(|round| round_scores(game, answers, round, player));
            parts.extend(scores.map(|scores| Part::Own(PlayerMessage::RoundScores(scores))));
            parts.extend(round.map(|round| Part::Shared(Shared::Answers(round))));
            parts.push(Part::Shared(Shared::Board));
        }
    }
    if let Some(paused_at) = game.paused_at {
        parts.push(common(Common::Paused(super::Paused { paused_at })));
    }
    let interval = super::interval(game.present);
    if interval.on {
        parts.push(common(Common::Break(interval)));
    }
    parts
}

/// The options that concern players.
pub fn options(game: &Game) -> PlayerOptions {
    PlayerOptions { lock_in: game.options.lock_in, secret_board: game.options.secret_board }
}

/// The released questions of the current round, each with the player's own answer.
pub fn questions(game: &Game, answers: &Answers, player: PlayerId) -> Vec<Common> {
    let own = |mut question: QuestionReleased| {
        question.your_answer = answers.of(question.question.id, player).map(|answer| answer.text.clone());
        Common::QuestionReleased(question)
    };
    super::released_questions(game).into_iter().map(own).collect()
}

/// A player's scores of a round, as released. None before.
pub fn round_scores(game: &Game, answers: &Answers, round: usize, player: PlayerId) -> Option<RoundScores> {
    let state = game.rounds.get(round)?;
    let judgements = state.released.as_ref()?;
    let score = |question: &FrozenQuestion| {
        let judged = answers.judge(game, question.id, player, judgements);
        let credit = judged.as_ref().map(|judged| judged.credit);
        QuestionScore {
            question_id: question.id,
            prompt: question.prompt.clone(),
            correct_answers: question.correct_answers(),
            your_answer: judged.map(|judged| judged.text.to_owned()),
            correct: credit.is_some_and(Credit::is_right),
            credit,
            points_earned: credit.map_or(Points(0), |credit| credit.of(question.points)),
            challenged: state.challenges.contains(&(question.id, player)),
            nearest: question.right_number().is_some(),
        }
    };
    let questions: Vec<_> = played(game, round).map(score).collect();
    let adjustment = |adjusted: &crate::game::Adjustment| ScoreAdjustment {
        points: adjusted.points,
        reason: adjusted.reason.clone(),
    };
    let adjustments: Vec<_> = adjustments(game, round, player).map(adjustment).collect();
    let earned = questions.iter().map(|question| question.points_earned);
    Some(RoundScores {
        round: round + 1,
        total_rounds: game.rounds.len(),
        round_score: earned.chain(adjustments.iter().map(|adjustment| adjustment.points)).sum(),
        questions,
        adjustments,
        is_host: false,
        // The reason may name somebody else's points.
        corrected: state.corrected().filter(|_| !game.hides_board()).map(str::to_owned),
    })
}

/// What the room answered in a round, as released. None before, and while the standings are a secret: from how many were
/// right somebody could tell how the others stand.
pub fn round_answers(game: &Game, answers: &Answers, round: usize) -> Option<RoundAnswers> {
    if game.hides_board() {
        return None;
    }
    let judgements = game.rounds.get(round)?.released.as_ref()?;
    let players = game.listed_players().count();
    let question = |question: &FrozenQuestion| {
        let mut counts = histogram(game, answers, question, judgements);
        let judged = |player| answers.judge(game, question.id, player, judgements);
        let is_right = |player| judged(player).is_some_and(|judged| judged.credit.is_right());
        let right = game.listed_players().filter(|(player, _)| is_right(*player)).count();
        let others = counts.split_off(counts.len().min(ANSWERS_SHOWN_TO_PLAYERS_MAX));
        let others = others.iter().map(|count| count.count).sum();
        QuestionAnswers { question_id: question.id, players, right, counts, others }
    };
    Some(RoundAnswers { round: round + 1, questions: played(game, round).map(question).collect() })
}
