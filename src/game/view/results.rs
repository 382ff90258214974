//! The results of a game for its host: standings, and what every question told.

use super::Kind;
use super::host::{AnswerCount, histogram};
use crate::game::answers::Answers;
use crate::game::ids::{PlayerId, QuestionId};
use crate::game::quiz::{FrozenQuestion, Points};
use crate::game::score::{adjustments, played, standings};
use crate::game::state::{Correction, Game, Judgements, RoundState};
use serde::Serialize;

/// Standings and statistics over the released rounds.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Results {
    pub standings: Vec<ResultStanding>,
    pub rounds: Vec<ResultRound>,
}

#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct ResultStanding {
    pub rank: usize,
    #[schema(value_type = uuid::Uuid)]
    pub player_id: PlayerId,
    pub display_name: String,
    #[schema(value_type = f64)]
    pub score: Points,
    /// The points of each round.
    #[schema(value_type = Vec<f64>)]
    pub rounds: Vec<Points>,
    /// What the host gave and took; the points of its round hold it.
    pub adjustments: Vec<ResultAdjustment>,
}

/// Points that the host gave, or took where they are below zero.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ResultAdjustment {
    pub round: usize,
    #[schema(value_type = f64)]
    pub points: Points,
    pub reason: String,
    pub at_ms: i64,
}

#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct ResultRound {
    pub round: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    pub released: bool,
    pub corrections: Vec<Correction>,
    /// The ranks after this round.
    pub ranks: Vec<ResultRank>,
    pub questions: Vec<ResultQuestion>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ResultRank {
    #[schema(value_type = uuid::Uuid)]
    pub player_id: PlayerId,
    pub rank: usize,
}

#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct ResultQuestion {
    #[schema(value_type = uuid::Uuid)]
    pub question_id: QuestionId,
    #[serde(rename = "type")]
    pub kind: Kind,
    pub prompt: String,
    pub points: u32,
    pub correct_answers: Vec<String>,
    pub answered: usize,
    pub correct: usize,
    /// The share of the answers that were not right: kept in thousandths, written as a number from 0 to 1. None when
    /// nobody answered.
    #[serde(serialize_with = "thousandths")]
    #[schema(schema_with = share)]
    pub difficulty: Option<u32>,
    pub histogram: Vec<AnswerCount>,
}

impl Results {
    /// The standings as CSV for a spreadsheet: one line a player, with what the host gave or took. Begins with a byte order
    /// mark, by which spreadsheets know UTF-8.
    pub fn csv(&self) -> String {
        let rounds = self.standings.first().map_or(0, |standing| standing.rounds.len());
        let mut header = vec!["Rank".to_owned(), "Name".to_owned(), "Score".to_owned()];
        header.extend((1..=rounds).map(|round| format!("Round {round}")));
        header.extend(["Given or taken".to_owned(), "Reasons".to_owned()]);
        let mut lines = vec![header];
        for standing in &self.standings {
            let mut line = vec![standing.rank.to_string(), standing.display_name.clone(), standing.score.to_string()];
            line.extend(standing.rounds.iter().map(ToString::to_string));
            let given: Points = standing.adjustments.iter().map(|adjustment| adjustment.points).sum();
            let reason = |adjustment: &ResultAdjustment| format!("{}: {}", adjustment.points, adjustment.reason);
            let reasons: Vec<_> = standing.adjustments.iter().map(reason).collect();
            line.extend([given.to_string(), reasons.join("; ")]);
            lines.push(line);
        }
        let line = |cells: Vec<String>| cells.iter().map(|cell| quoted(cell)).collect::<Vec<_>>().join(",");
        let lines: Vec<_> = lines.into_iter().map(line).collect();
        format!("\u{FEFF}{}\r\n", lines.join("\r\n"))
    }
}

/// The results as released so far.
pub fn results(game: &Game, answers: &Answers) -> Results {
    let standing = |standing: crate::game::Standing| ResultStanding {
        rank: standing.rank,
        player_id: standing.player,
        display_name: standing.name,
        score: standing.score,
        rounds: standing.rounds,
        adjustments: result_adjustments(game, standing.player),
    };
    let all = standings(game, answers, game.rounds.len());
    let has_begun = |(_, state): &(usize, &RoundState)| !state.questions.is_empty() || state.released.is_some();
    let started = game.rounds.iter().enumerate().filter(has_begun);
    Results {
        standings: all.into_iter().map(standing).collect(),
        rounds: started.map(|(round, _)| result_round(game, answers, round)).collect(),
    }
}

/// How many answered a released question, and how many of them were right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tally {
    pub question: QuestionId,
    pub answered: usize,
    pub right: usize,
}

/// What a game told about each of its questions whose scores were released.
pub fn tallies(game: &Game, answers: &Answers) -> Vec<Tally> {
    let mut all = Vec::new();
    for (round, state) in game.rounds.iter().enumerate() {
        let Some(judgements) = &state.released else { continue };
        all.extend(played(game, round).map(|question| tally(game, answers, question.id, judgements)));
    }
    all
}

fn tally(game: &Game, answers: &Answers, question: QuestionId, judgements: &Judgements) -> Tally {
    let judged = game.listed_players().filter_map(|(player, _)| answers.judge(game, question, player, judgements));
    let (answered, right) =
        judged.fold((0, 0), |(all, right), judged| (all + 1, right + usize::from(judged.credit.is_right())));
    Tally { question, answered, right }
}

fn result_adjustments(game: &Game, player: PlayerId) -> Vec<ResultAdjustment> {
    let of_round = |round: usize| {
        adjustments(game, round, player).map(move |adjustment| ResultAdjustment {
            round: round + 1,
            points: adjustment.points,
            reason: adjustment.reason.clone(),
            at_ms: adjustment.at,
        })
    };
    (0..game.rounds.len()).flat_map(of_round).collect()
}

fn result_round(game: &Game, answers: &Answers, round: usize) -> ResultRound {
    let state = &game.rounds[round];
    let rank = |standing: crate::game::Standing| ResultRank { player_id: standing.player, rank: standing.rank };
    ResultRound {
        round: round + 1,
        title: game.quiz.rounds[round].title.clone(),
        released: state.released.is_some(),
        corrections: state.corrections.clone(),
        ranks: standings(game, answers, round + 1).into_iter().map(rank).collect(),
        questions: played(game, round).map(|question| result_question(game, answers, round, question)).collect(),
    }
}

fn result_question(game: &Game, answers: &Answers, round: usize, question: &FrozenQuestion) -> ResultQuestion {
    let state = &game.rounds[round];
    let judgements = state.released.as_ref().unwrap_or(&state.judgements);
    let Tally { answered, right: correct, .. } = tally(game, answers, question.id, judgements);
    let share = (answered - correct) * 1_000;
    ResultQuestion {
        question_id: question.id,
        kind: question.kind(),
        prompt: question.prompt.clone(),
        points: question.points,
        correct_answers: question.correct_answers(),
        answered,
        correct,
        difficulty: share.checked_div(answered).and_then(|share| u32::try_from(share).ok()),
        histogram: histogram(game, answers, question, judgements),
    }
}

#[expect(clippy::ref_option, clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
fn thousandths<S: serde::Serializer>(share: &Option<u32>, serializer: S) -> Result<S::Ok, S::Error> {
    match share {
        Some(share) => serializer.serialize_some(&(f64::from(*share) / 1_000.0)),
        None => serializer.serialize_none(),
    }
}

/// A number, or nothing.
fn share() -> utoipa::openapi::Schema {
    use utoipa::openapi::schema::{ObjectBuilder, SchemaType, Type};
    ObjectBuilder::new().schema_type(SchemaType::Array(vec![Type::Number, Type::Null])).into()
}

/// A quoted cell. One that a spreadsheet would run as a formula gets an apostrophe in front (OWASP, CSV injection).
fn quoted(cell: &str) -> String {
    let runs = cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    let is_number = cell.strip_prefix('-').unwrap_or(cell).bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let guard = if runs && !is_number { "'" } else { "" };
    format!("\"{guard}{}\"", cell.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_formulas_disarmed() {
        for (cell, csv) in [
            ("Ann", "\"Ann\""),
            ("a \"b\", c", "\"a \"\"b\"\", c\""),
            ("=1+1", "\"'=1+1\""),
            ("@SUM(A1)", "\"'@SUM(A1)\""),
            ("＝1", "\"'＝1\""),
            ("-5", "\"-5\""),
        ] {
            assert_eq!(quoted(cell), csv);
        }
    }
}
