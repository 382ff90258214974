//! What the host sees: everything.

use super::player::RoundScores;
use super::{Common, Kind, Welcome};
use crate::game::answers::{Answer, Answers};
use crate::game::command::Target;
use crate::game::event::Credit;
use crate::game::ids::{ClaimId, PlayerId, QuestionId};
use crate::game::marking::Distance;
use crate::game::options::Options;
use crate::game::quiz::{FrozenQuestion, Key, Points};
use crate::game::score::played;
use crate::game::state::{
    Adjustment, Game, JournalEntry, Judgements, Phase, PlayerState, Present, QuestionState, RoundState,
};
use serde::Serialize;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// The messages that a host's console gets.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "ToHost"))]
#[serde(tag = "type", content = "payload", rename_all = "snake_case")]
pub enum HostMessage {
    HostQuiz(HostQuiz),
    HostState(HostState),
    RoundReview(RoundReview),
    RoundScores(RoundScores),
    ScoreboardUpdate(ScoreboardUpdate),
    Welcome(Welcome),
    #[serde(untagged)]
    Common(Common),
}

/// How many players answered a question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ScoreboardUpdate {
    pub question_id: QuestionId,
    pub answer_count: usize,
}

/// The frozen quiz with its answers and the host's notes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct HostQuiz {
    pub name: String,
    pub rounds: Vec<HostRound>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct HostRound {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub time_limit_seconds: Option<u32>,
    pub questions: Vec<HostQuestion>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct HostQuestion {
    pub id: QuestionId,
    #[serde(rename = "type")]
    pub kind: Kind,
    pub prompt: String,
    pub points: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub accepted_answers: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub choices: Option<Vec<HostChoice>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub notes: Option<String>,
    /// The nearest number wins.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(test, ts(as = "Option<bool>", optional))]
    pub nearest: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub time_limit_seconds: Option<u32>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct HostChoice {
    pub text: String,
    pub correct: bool,
}

/// All that changes while a game runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct HostState {
    pub phase: Phase,
    pub round: usize,
    pub total_rounds: usize,
    pub locked: bool,
    pub teams: bool,
    pub options: Options,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional, type = "number"))]
    pub paused_at: Option<i64>,
    /// When the next question comes out by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional, type = "number"))]
    pub next_at: Option<i64>,
    pub present: Present,
    pub questions: Vec<QuestionPulse>,
    pub players: Vec<HostPlayer>,
    pub claims: Vec<HostClaim>,
    pub screens: usize,
    pub hosts: usize,
    pub corrections_pending: bool,
    /// What the host gave and took, as it stands.
    pub adjustments: Vec<HostAdjustment>,
    pub log: Vec<JournalEntry>,
}

/// A question of the current round, and how many answered it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct QuestionPulse {
    pub id: QuestionId,
    pub state: PulseState,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional, type = "number"))]
    pub closes_at: Option<i64>,
    pub answered: usize,
    /// How long the players took to answer, the median, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional, type = "number"))]
    pub median_ms: Option<i64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum PulseState {
    Closed,
    Open,
    Pending,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct HostPlayer {
    pub id: PlayerId,
    pub display_name: String,
    pub state: PlayerState,
    /// Phones that are connected.
    pub online: usize,
    /// Questions of the current round that the player answered.
    pub answered: Vec<QuestionId>,
    pub joined_in_round: usize,
    /// Rounds that were over when the player came.
    #[serde(skip_serializing_if = "super::is_zero")]
    #[cfg_attr(test, ts(as = "Option<usize>", optional))]
    pub rounds_missed: usize,
    /// The shown name may offend.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(test, ts(as = "Option<bool>", optional))]
    pub name_warning: bool,
    /// The name that the player chose, while another one is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub own_name: Option<String>,
    /// When the last phone went away, in milliseconds since the Unix epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional, type = "number"))]
    pub last_seen: Option<i64>,
}

/// Points that the host gave to a player, or took where they are below zero.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct HostAdjustment {
    /// What takes it back.
    #[cfg_attr(test, ts(type = "number"))]
    pub id: u64,
    pub player_id: PlayerId,
    pub round: usize,
    #[cfg_attr(test, ts(type = "number"))]
    pub points: Points,
    pub reason: String,
}

/// A phone that asks for a player's seat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct HostClaim {
    pub claim_id: ClaimId,
    pub player_id: PlayerId,
    pub display_name: String,
    #[cfg_attr(test, ts(type = "number"))]
    pub at: i64,
}

/// Who is connected: known to the server, not to the rules.
#[derive(Clone, Debug, Default)]
pub struct Presence {
    pub phones: BTreeMap<PlayerId, usize>,
    pub last_seen: BTreeMap<PlayerId, i64>,
    pub claims: Vec<HostClaim>,
    pub screens: usize,
    pub hosts: usize,
    /// The same at the other replicas.
    pub phones_elsewhere: BTreeMap<PlayerId, usize>,
    pub screens_elsewhere: usize,
    pub hosts_elsewhere: usize,
    /// Who answered the questions of the current round, and when: the first time, as far as that is known.
    pub answered: BTreeMap<QuestionId, BTreeMap<PlayerId, i64>>,
}

impl Presence {
    /// Takes note of an answer to a question of the current round; says whether it is the first of its player.
    pub fn answer(&mut self, answer: &Answer) -> bool {
        let Entry::Vacant(first) = self.answered.entry(answer.question).or_default().entry(answer.player) else {
            return false;
        };
        first.insert(answer.at);
        true
    }

    /// How many phones a player has connected, wherever.
    pub fn phones_of(&self, player: PlayerId) -> usize {
        let count = |phones: &BTreeMap<PlayerId, usize>| phones.get(&player).copied().unwrap_or(0);
        count(&self.phones) + count(&self.phones_elsewhere)
    }
}

/// The answers of a round, to be judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct RoundReview {
    pub round: usize,
    pub total_rounds: usize,
    pub questions: Vec<ReviewQuestion>,
    pub released: bool,
    pub corrections_pending: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ReviewQuestion {
    pub question_id: QuestionId,
    pub prompt: String,
    #[serde(rename = "type")]
    pub kind: Kind,
    pub points: u32,
    pub correct_answers: Vec<String>,
    /// The nearest number wins.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(test, ts(as = "Option<bool>", optional))]
    pub nearest: bool,
    pub answers: Vec<ReviewAnswer>,
    pub groups: Vec<AnswerGroup>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ReviewAnswer {
    pub player_id: PlayerId,
    pub player_name: String,
    pub answer: String,
    pub correct: bool,
    pub overridden: bool,
    pub credit: Credit,
    pub answer_group: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(test, ts(as = "Option<bool>", optional))]
    pub challenged: bool,
}

/// Equal answers, judged together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct AnswerGroup {
    pub answer_group: String,
    /// As the first of them was typed.
    pub text: String,
    pub count: usize,
    pub credit: Credit,
    pub by: JudgedBy,
    /// The accepted answer that these nearly are.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub suggested: Option<String>,
    /// How far these are from the right number, where the nearest wins; none where they are no number.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub distance: Option<String>,
    pub player_ids: Vec<PlayerId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum JudgedBy {
    Auto,
    Host,
}

/// How many gave an answer, and what it earns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct AnswerCount {
    pub answer: String,
    pub count: usize,
    pub credit: Credit,
}

/// The frozen quiz for its host.
pub fn quiz(game: &Game) -> HostQuiz {
    let question = |question: &FrozenQuestion| {
        let (accepted_answers, choices) = match &question.key {
            Key::MultipleChoice { choices } => {
                let choice =
                    |choice: &crate::game::Choice| HostChoice { text: choice.text.clone(), correct: choice.correct };
                (None, Some(choices.iter().map(choice).collect()))
            }
            Key::Text { accepted, .. } => (Some(accepted.clone()), None),
        };
        HostQuestion {
            id: question.id,
            kind: question.kind(),
            prompt: question.prompt.clone(),
            points: question.points,
            accepted_answers,
            choices,
            notes: question.notes.clone(),
            nearest: question.right_number().is_some(),
            time_limit_seconds: question.time_limit_seconds,
        }
    };
    let round = |round: &crate::game::FrozenRound| HostRound {
        title: round.title.clone(),
        time_limit_seconds: round.time_limit_seconds,
        questions: round.questions.iter().map(question).collect(),
    };
    HostQuiz { name: game.quiz.name.clone(), rounds: game.quiz.rounds.iter().map(round).collect() }
}

/// The median of the time from one instant to the others, in milliseconds.
fn median_since<'a>(from: i64, times: impl Iterator<Item = &'a i64>) -> Option<i64> {
    let mut took: Vec<_> = times.map(|at| (at - from).max(0)).collect();
    took.sort_unstable();
    let (lower, upper) = (took.get(took.len().checked_sub(1)? / 2)?, took.get(took.len() / 2)?);
    Some(i64::midpoint(*lower, *upper))
}

/// The game as its host runs it.
pub fn state(game: &Game, presence: &Presence) -> HostState {
    let pulse = |question: &FrozenQuestion| {
        let (state, closes_at) = match game.question_state(question.id) {
            None => (PulseState::Pending, None),
            Some(QuestionState::Open { closes_at }) => (PulseState::Open, closes_at),
            Some(QuestionState::Closed { .. }) => (PulseState::Closed, None),
        };
        let answered = presence.answered.get(&question.id);
        let released_at = game.round_state().released_at.get(&question.id);
        QuestionPulse {
            id: question.id,
            state,
            closes_at,
            answered: answered.map_or(0, BTreeMap::len),
            median_ms: answered.zip(released_at).and_then(|(times, from)| median_since(*from, times.values())),
        }
    };
    let player = |(id, player): (&PlayerId, &crate::game::Player)| HostPlayer {
        id: *id,
        display_name: player.name.to_string(),
        state: player.state,
        online: presence.phones_of(*id),
        answered: presence
            .answered
            .iter()
            .filter(|(_, who)| who.contains_key(id))
            .map(|(question, _)| *question)
            .collect(),
        joined_in_round: player.joined_in_round + 1,
        rounds_missed: player.rounds_missed,
        name_warning: player.may_offend,
        own_name: player.own_name.as_ref().map(ToString::to_string),
        last_seen: presence.last_seen.get(id).copied(),
    };
    HostState {
        phase: game.phase,
        round: game.round + 1,
        total_rounds: game.rounds.len(),
        locked: game.locked,
        teams: game.teams,
        options: game.options,
        paused_at: game.paused_at,
        next_at: game.next_release().map(|(_, at)| at),
        present: game.present,
        questions: game.frozen_round().questions.iter().map(pulse).collect(),
        players: game.players.iter().map(player).collect(),
        claims: presence.claims.clone(),
        screens: presence.screens + presence.screens_elsewhere,
        hosts: presence.hosts + presence.hosts_elsewhere,
        corrections_pending: game.corrections_pending(),
        adjustments: adjustments(game),
        log: game.journal.iter().rev().cloned().collect(),
    }
}

fn adjustments(game: &Game) -> Vec<HostAdjustment> {
    let of_round = |(round, state): (usize, &RoundState)| {
        let adjustment = |(id, adjustment): (&u64, &Adjustment)| HostAdjustment {
            id: *id,
            player_id: adjustment.player,
            round: round + 1,
            points: adjustment.points,
            reason: adjustment.reason.clone(),
        };
        state.adjustments.iter().map(adjustment).collect::<Vec<_>>()
    };
    game.rounds.iter().enumerate().flat_map(of_round).collect()
}

/// What a host's new connection needs after its welcome, the quiz and the state.
pub fn replay(game: &Game, answers: &Answers) -> Vec<HostMessage> {
    let mut messages = vec![HostMessage::Common(super::roster(game))];
    match game.phase {
        Phase::Lobby => {}
        Phase::Question => {
            messages.push(HostMessage::Common(Common::GameStarted(super::round_start(game))));
            let released = super::released_questions(game).into_iter().map(Common::QuestionReleased);
            messages.extend(released.map(HostMessage::Common));
        }
        Phase::RoundReview => {
            messages.push(HostMessage::Common(Common::GameStarted(super::round_start(game))));
            messages.push(HostMessage::Common(Common::RoundEnded(super::round_place(game))));
        }
        Phase::Leaderboard | Phase::Ended => {
            let scores = game.last_released().and_then(|round| round_scores(game, round));
            messages.extend(scores.map(HostMessage::RoundScores));
            messages.push(HostMessage::Common(board(game, answers)));
        }
    }
    let reviews = (0..game.rounds.len()).filter_map(|round| round_review(game, answers, round));
    messages.extend(reviews.map(HostMessage::RoundReview));
    messages
}

/// The board with every score, also while the room is not to see it.
pub(in crate::game) fn board(game: &Game, answers: &Answers) -> Common {
    let board = super::whole_board(game, answers);
    if game.phase == Phase::Ended { Common::GameEnded(board) } else { Common::RoundLeaderboard(board) }
}

/// The answers of a round with their marks as they stand. None before the round has ended.
pub fn round_review(game: &Game, answers: &Answers, round: usize) -> Option<RoundReview> {
    let state = game.rounds.get(round).filter(|state| state.ended || state.released.is_some())?;
    Some(RoundReview {
        round: round + 1,
        total_rounds: game.rounds.len(),
        questions: played(game, round).map(|question| review_question(game, answers, round, question)).collect(),
        released: state.released.is_some(),
        corrections_pending: state.correction_pending(),
    })
}

/// The host's copy of a round's scores: the right answers and nobody's own.
pub fn round_scores(game: &Game, round: usize) -> Option<RoundScores> {
    let state = game.rounds.get(round).filter(|state| state.released.is_some())?;
    let score = |question: &FrozenQuestion| super::player::QuestionScore {
        question_id: question.id,
        prompt: question.prompt.clone(),
        correct_answers: question.correct_answers(),
        your_answer: None,
        correct: false,
        credit: None,
        points_earned: Points(0),
        challenged: false,
        nearest: question.right_number().is_some(),
    };
    Some(RoundScores {
        round: round + 1,
        total_rounds: game.rounds.len(),
        questions: played(game, round).map(score).collect(),
        round_score: Points(0),
        adjustments: Vec::new(),
        is_host: true,
        corrected: state.corrected().map(str::to_owned),
    })
}

/// An answer as it was typed: that of a player, or the first of equal ones.
pub fn spelling(game: &Game, answers: &Answers, question: QuestionId, target: &Target) -> Option<String> {
    match target {
        Target::Player(player) => answers.of(question, *player).map(|answer| answer.text.clone()),
        Target::Group(group) => {
            let groups = groups(game, answers, question, &Judgements::new());
            groups.into_iter().find(|found| found.answer_group == *group).map(|found| found.text)
        }
    }
}

/// What was answered to a question under these judgements: most frequent first.
pub(in crate::game) fn histogram(
    game: &Game,
    answers: &Answers,
    question: &FrozenQuestion,
    judgements: &Judgements,
) -> Vec<AnswerCount> {
    let mut counts: Vec<_> = groups(game, answers, question.id, judgements)
        .into_iter()
        .map(|group| AnswerCount { answer: group.text, count: group.count, credit: group.credit })
        .collect();
    if let Key::MultipleChoice { choices } = &question.key {
        let unchosen = choices.iter().filter(|choice| counts.iter().all(|count| count.answer != choice.text));
        let unchosen: Vec<_> = unchosen
            .map(|choice| AnswerCount {
                answer: choice.text.clone(),
                count: 0,
                credit: if choice.correct { Credit::Full } else { Credit::None },
            })
            .collect();
        counts.extend(unchosen);
        let place = |count: &AnswerCount| choices.iter().position(|choice| choice.text == count.answer);
        counts.sort_by_key(place);
    }
    counts
}

fn review_question(game: &Game, answers: &Answers, round: usize, question: &FrozenQuestion) -> ReviewQuestion {
    let state = &game.rounds[round];
    let answer = |(player, name): (PlayerId, String)| {
        let judged = answers.judge(game, question.id, player, &state.judgements)?;
        Some(ReviewAnswer {
            player_id: player,
            player_name: name,
            answer: judged.text.to_owned(),
            correct: judged.credit.is_right(),
            overridden: judged.overridden,
            credit: judged.credit,
            answer_group: judged.group.to_owned(),
            challenged: state.challenges.contains(&(question.id, player)),
        })
    };
    let listed = game.listed_players().map(|(id, player)| (id, player.name.to_string()));
    ReviewQuestion {
        question_id: question.id,
        prompt: question.prompt.clone(),
        kind: question.kind(),
        points: question.points,
        correct_answers: question.correct_answers(),
        nearest: question.right_number().is_some(),
        answers: listed.filter_map(answer).collect(),
        groups: groups(game, answers, question.id, &state.judgements),
    }
}

/// Equal answers of listed players: most frequent first, equal counts by group. Where the nearest number wins, the
/// nearest first.
fn groups(game: &Game, answers: &Answers, question: QuestionId, judgements: &Judgements) -> Vec<AnswerGroup> {
    let mut groups: BTreeMap<&str, (Option<Distance>, AnswerGroup)> = BTreeMap::new();
    for (player, _) in game.listed_players() {
        let Some(judged) = answers.judge(game, question, player, judgements) else { continue };
        let (_, group) = groups.entry(judged.group).or_insert_with(|| {
            let group = AnswerGroup {
                answer_group: judged.group.to_owned(),
                text: judged.text.to_owned(),
                count: 0,
                credit: judged.group_credit,
                by: if judged.group_by_host { JudgedBy::Host } else { JudgedBy::Auto },
                suggested: judged.suggested.map(str::to_owned),
                distance: judged.distance.map(|distance| distance.to_string()),
                player_ids: Vec::new(),
            };
            (judged.distance, group)
        });
        group.count += 1;
        group.player_ids.push(player);
    }
    let mut groups: Vec<_> = groups.into_values().collect();
    // What is no number comes last.
    groups.sort_by_key(|(distance, group)| (distance.is_none(), *distance, std::cmp::Reverse(group.count)));
    groups.into_iter().map(|(_, group)| group).collect()
}
