//! Marks, scores and ranks: functions of the log and the answers, never stored as truth.

use super::answers::Answers;
use super::event::Credit;
use super::ids::PlayerId;
use super::marking::Distance;
use super::quiz::{FrozenQuestion, Points};
use super::state::{Adjustment, Game, Judgements};

/// The mark of one answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged<'a> {
    pub credit: Credit,
    /// The host decided, about this answer or about all equal ones.
    pub overridden: bool,
    /// What equal answers share, with the mark that they share.
    pub group: &'a str,
    pub group_credit: Credit,
    pub group_by_host: bool,
    /// The answer as it was typed.
    pub text: &'a str,
    /// The accepted answer that this one nearly is.
    pub suggested: Option<&'a str>,
    /// How far it is from the right number, where the nearest wins and it is one.
    pub distance: Option<Distance>,
}

/// A player's place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Counted from 1. Equal scores share a rank, and the next one is skipped.
    pub rank: usize,
    pub player: PlayerId,
    pub name: String,
    pub score: Points,
    /// The points of each round that counts, in order.
    pub rounds: Vec<Points>,
}

/// The standings over the first `rounds` rounds, as far as their scores are released. Equal scores are ordered by
/// name, then by the time of joining.
pub fn standings(game: &Game, answers: &Answers, rounds: usize) -> Vec<Standing> {
    let mut standings: Vec<_> = game
        .listed_players()
        .map(|(player, state)| {
            let points = |round: usize| match &game.rounds[round].released {
                Some(judgements) => {
                    [round_score(game, answers, round, player, judgements), adjusted(game, round, player)]
                        .into_iter()
                        .sum()
                }
                None => Points(0),
            };
            let rounds: Vec<_> = (0..rounds.min(game.rounds.len())).map(points).collect();
            let score = rounds.iter().copied().sum();
            Standing { rank: 0, player, name: state.name.to_string(), score, rounds }
        })
        .collect();
    standings
        .sort_by(|a, b| b.score.cmp(&a.score).then_with(|| a.name.cmp(&b.name)).then_with(|| a.player.cmp(&b.player)));
    let mut best = None;
    let mut rank = 0;
    for (place, standing) in standings.iter_mut().enumerate() {
        if best != Some(standing.score) {
            best = Some(standing.score);
            rank = place + 1;
        }
        standing.rank = rank;
    }
    standings
}

/// What the host gave to a player, or took, in a round whose scores are released.
fn adjusted(game: &Game, round: usize, player: PlayerId) -> Points {
    adjustments(game, round, player).map(|adjustment| adjustment.points).sum()
}

/// The adjustments of a player's score that are released with a round, oldest first.
pub(super) fn adjustments(game: &Game, round: usize, player: PlayerId) -> impl Iterator<Item = &Adjustment> {
    game.rounds[round].released_adjustments.values().filter(move |adjustment| adjustment.player == player)
}

/// The points of one player in one round under these judgements.
pub(super) fn round_score(
    game: &Game,
    answers: &Answers,
    round: usize,
    player: PlayerId,
    judgements: &Judgements,
) -> Points {
    let earned = |question: &FrozenQuestion| match answers.judge(game, question.id, player, judgements) {
        Some(judged) => judged.credit.of(question.points),
        None => Points(0),
    };
    played(game, round).map(earned).sum()
}

/// The questions of a round that were released, in order.
pub(super) fn played(game: &Game, round: usize) -> impl Iterator<Item = &FrozenQuestion> {
    let state = &game.rounds[round];
    let frozen = &game.quiz.rounds[round];
    frozen.questions.iter().filter(|question| state.questions.contains_key(&question.id))
}

impl Credit {
    /// Whether the answer counts as right where only right and wrong are told apart.
    pub fn is_right(self) -> bool {
        self == Self::Full
    }
}
