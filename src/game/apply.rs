//! Applying events. This cannot fail: whatever the log says has happened.

use super::event::{Event, What};
use super::ids::{PlayerId, QuestionId};
use super::offence::may_offend;
use super::quiz::Points;
use super::state::{Adjustment, Correction, Game, JournalEntry, Phase, Player, PlayerState, Present, QuestionState};
use std::collections::BTreeMap;

/// Acts that the host's log keeps.
const JOURNAL_MAX: usize = 50;

/// Moves the game on by one event. An event that names something the game does not have changes only `seq`.
#[expect(clippy::too_many_lines, reason = "one arm for each kind of event, each of a few lines")]
pub fn apply(game: &mut Game, event: &Event) {
    game.seq += 1;
    if is_step(&event.what) {
        game.stepped = game.seq;
    }
    note(game, event);
    match &event.what {
        // The first event only: see `Game::new`.
        What::GameCreated { .. } => {}
        What::PlayerJoined { player, name } => {
            let joined_in_round = if game.phase == Phase::Lobby { 0 } else { game.round };
            let rounds_missed = match game.phase {
                Phase::Lobby => 0,
                Phase::Question => game.round,
                Phase::RoundReview | Phase::Leaderboard | Phase::Ended => game.round + 1,
            };
            let joined = Player {
                name: name.clone(),
                state: PlayerState::Playing,
                joined_in_round,
                rounds_missed,
                own_name: None,
                may_offend: may_offend(name),
            };
            game.players.insert(*player, joined);
        }
        What::PlayerRenamed { player, name } => {
            if let Some(player) = game.players.get_mut(player) {
                player.may_offend = may_offend(name);
                player.name = name.clone();
                player.own_name = None;
            }
        }
        What::NameHidden { player, name } => {
            if let Some(player) = game.players.get_mut(player) {
                player.may_offend = false;
                player.own_name = Some(std::mem::replace(&mut player.name, name.clone()));
            }
        }
        What::NameShown { player } => {
            if let Some(player) = game.players.get_mut(player)
                && let Some(own) = player.own_name.take()
            {
                player.may_offend = may_offend(&own);
                player.name = own;
            }
        }
        What::PlayerLeft { player } => set_state(game, *player, PlayerState::Left),
        What::PlayerReturned { player } | What::PlayerRestored { player } => {
            set_state(game, *player, PlayerState::Playing);
        }
        What::PlayerRemoved { player } => set_state(game, *player, PlayerState::Removed),
        What::LobbyLocked { locked } => game.locked = *locked,
        What::TeamsSet { allowed } => game.teams = *allowed,
        What::OptionsSet { options } => {
            let changed = game.options.auto_advance != options.auto_advance;
            game.options = *options;
            if changed {
                wait_anew(game, event.at);
            }
        }
        What::RoundStarted { round } => {
            game.phase = Phase::Question;
            game.round = (*round).min(game.rounds.len().saturating_sub(1));
            game.next_due = None;
            game.present = Present::Auto;
        }
        What::QuestionReleased { question, closes_at, round_closes_at } => {
            set_question(game, *question, QuestionState::Open { closes_at: *closes_at });
            let round = game.round;
            let state = &mut game.rounds[round];
            state.closes_at = round_closes_at.or(state.closes_at);
            state.released_at.insert(*question, event.at);
            game.present = Present::Auto;
            wait_anew(game, event.at);
        }
        What::QuestionUnreleased { question } => {
            let round = game.round;
            let state = &mut game.rounds[round];
            state.questions.remove(question);
            // The clock of the round starts with its first release.
            if state.questions.is_empty() {
                state.closes_at = None;
            }
            wait_anew(game, event.at);
        }
        What::QuestionClosed { question, by } => {
            set_question(game, *question, QuestionState::Closed { by: *by });
        }
        What::TimeSet { question, closes_at, round_closes_at } => {
            set_question(game, *question, QuestionState::Open { closes_at: Some(*closes_at) });
            let round = game.round;
            let state = &mut game.rounds[round];
            state.closes_at = round_closes_at.or(state.closes_at);
            // Nothing new comes out in the time that was just given.
            game.next_due = game.next_due.map(|due| due.max(*closes_at));
        }
        What::Paused => game.paused_at = Some(event.at),
        What::Resumed => resume(game, event.at),
        What::RoundEnded { .. } => {
            resume(game, event.at);
            game.phase = Phase::RoundReview;
            let round = game.round;
            game.rounds[round].ended = true;
            game.present = Present::Auto;
        }
        What::RoundReopened { .. } => {
            game.phase = Phase::Question;
            let round = game.round;
            let state = &mut game.rounds[round];
            state.ended = false;
            state.closes_at = None;
            for question in state.questions.values_mut() {
                *question = QuestionState::Open { closes_at: None };
            }
            game.next_due = None;
            game.present = Present::Auto;
        }
        What::AnswerJudged { question, target, credit, remember, forget } => {
            let Some((round, _)) = game.quiz.find(*question) else { return };
            let state = &mut game.rounds[round];
            let about = (*question, target.clone());
            if forget.is_some() {
                state.remembered.remove(&about);
            }
            if let Some(spelling) = remember {
                state.remembered.insert(about.clone(), spelling.clone());
            }
            match credit {
                Some(credit) => state.judgements.insert(about, *credit),
                None => state.judgements.remove(&about),
            };
        }
        What::AnswerChallenged { player, question } => {
            if let Some((round, _)) = game.quiz.find(*question) {
                game.rounds[round].challenges.insert((*question, *player));
            }
        }
        What::ScoresReleased { round } => {
            release(game, *round);
            game.board_corrected = None;
            if game.phase != Phase::Ended {
                game.phase = Phase::Leaderboard;
            }
            game.present = Present::Auto;
        }
        What::ScoresCorrected { rounds, reason } => {
            game.board_corrected = Some(reason.clone());
            for round in rounds {
                release(game, *round);
                if let Some(state) = game.rounds.get_mut(*round) {
                    state.corrections.push(Correction { reason: reason.clone(), at: event.at });
                }
            }
        }
        What::ScoreAdjusted { player, round, thousandths, reason } => {
            let points = Points(*thousandths);
            let adjustment = Adjustment { player: *player, points, reason: reason.clone(), at: event.at };
            if let Some(state) = game.rounds.get_mut(*round) {
                state.adjustments.insert(game.seq, adjustment);
            }
        }
        What::AdjustmentUndone { adjustment } => {
            for state in &mut game.rounds {
                state.adjustments.remove(adjustment);
            }
        }
        What::ScreenSet { present } => {
            let comes_back = game.present != Present::Auto && *present == Present::Auto;
            game.present = *present;
            if comes_back && game.next_due.is_some() {
                wait_anew(game, event.at);
            }
        }
        What::GameEnded => end(game, event.at),
        What::GameCancelled => {
            end(game, event.at);
            game.cancelled = true;
        }
    }
}

/// Whether the host did this, so that a console which has not seen it must not step.
fn is_step(what: &What) -> bool {
    !matches!(
        what,
        What::PlayerJoined { .. }
            | What::PlayerRenamed { .. }
            | What::PlayerLeft { .. }
            | What::PlayerReturned { .. }
            | What::AnswerChallenged { .. }
            | What::QuestionClosed { by: super::ClosedBy::Time, .. }
    )
}

fn set_state(game: &mut Game, id: PlayerId, state: PlayerState) {
    let Some(player) = game.players.get_mut(&id) else { return };
    player.state = state;
    // Scores that are out stay as they are.
    for round in game.rounds.iter_mut().filter(|round| round.released.is_none()) {
        if state == PlayerState::Removed {
            round.sent_away.insert(id);
        } else {
            round.sent_away.remove(&id);
        }
    }
}

fn set_question(game: &mut Game, question: QuestionId, state: QuestionState) {
    let round = game.round;
    game.rounds[round].questions.insert(question, state);
}

/// The wait for the next question begins, where questions come out by themselves: all but the first of a round.
fn wait_anew(game: &mut Game, at: i64) {
    let has_begun = game.phase == Phase::Question && !game.round_state().questions.is_empty();
    let wait = i64::from(game.options.auto_advance) * 1_000;
    let from = game.paused_at.unwrap_or(at);
    game.next_due = (has_begun && wait > 0).then_some(from + wait);
}

/// Every clock that stood still has as much time left as it had.
fn resume(game: &mut Game, at: i64) {
    let Some(paused_at) = game.paused_at.take() else { return };
    let pause = (at - paused_at).max(0);
    let round = game.round;
    let state = &mut game.rounds[round];
    for clock in [&mut state.closes_at, &mut game.next_due].into_iter().flatten() {
        *clock += pause;
    }
    for question in state.questions.values_mut() {
        if let QuestionState::Open { closes_at: Some(closes_at) } = question {
            *closes_at += pause;
        }
    }
}

fn release(game: &mut Game, round: usize) {
    if let Some(state) = game.rounds.get_mut(round) {
        state.released = Some(state.judgements.clone());
        state.released_adjustments = state.adjustments.clone();
    }
}

fn end(game: &mut Game, at: i64) {
    resume(game, at);
    let round = game.round;
    // What was asked before an early end is judged like any other round.
    let asked = !game.rounds[round].questions.is_empty();
    game.rounds[round].ended |= asked;
    game.phase = Phase::Ended;
    game.present = Present::Auto;
}

/// Keeps a line about the event for the host's log.
fn note(game: &mut Game, event: &Event) {
    let Some((text_key, args)) = line(game, &event.what) else { return };
    if game.journal.len() == JOURNAL_MAX {
        game.journal.pop_front();
    }
    let args = args.into_iter().collect::<BTreeMap<_, _>>();
    game.journal.push_back(JournalEntry { seq: game.seq, at: event.at, text_key, args });
}

type Line = (&'static str, Vec<(&'static str, String)>);

fn line(game: &Game, what: &What) -> Option<Line> {
    let name = |id: &PlayerId| game.players.get(id).map_or_else(String::new, |player| player.name.to_string());
    let player = |id: &PlayerId| [("player", name(id)), ("player_id", id.to_string())];
    let question = |id: &QuestionId| {
        let (round, _) = game.quiz.find(*id)?;
        let place = game.quiz.rounds[round].questions.iter().position(|question| question.id == *id)?;
        Some([("question", (place + 1).to_string()), ("question_id", id.to_string())])
    };
    let round = |index: usize| ("round", (index + 1).to_string());
    let adjusted = |points: &Points, reason: &String| [("points", points.to_string()), ("reason", reason.clone())];
    Some(match what {
        What::GameCreated { .. } | What::ScreenSet { .. } => return None,
        What::PlayerJoined { player: id, name } => {
            ("player_joined", vec![("player", name.to_string()), ("player_id", id.to_string())])
        }
        What::PlayerRenamed { player: id, name: new } => {
            ("player_renamed", [&player(id)[..], &[("name", new.to_string())]].concat())
        }
        What::NameHidden { player: id, name: shown } => {
            ("name_hidden", [&player(id)[..], &[("name", shown.to_string())]].concat())
        }
        What::NameShown { player: id } => {
            let own = game.players.get(id).and_then(|player| player.own_name.as_ref())?;
            ("name_shown", [&player(id)[..], &[("name", own.to_string())]].concat())
        }
        What::PlayerLeft { player: id } => ("player_left", player(id).to_vec()),
        What::PlayerReturned { player: id } => ("player_returned", player(id).to_vec()),
        What::PlayerRemoved { player: id } => ("player_removed", player(id).to_vec()),
        What::PlayerRestored { player: id } => ("player_restored", player(id).to_vec()),
        What::LobbyLocked { locked: true } => ("lobby_locked", vec![]),
        What::LobbyLocked { locked: false } => ("lobby_unlocked", vec![]),
        What::TeamsSet { allowed: true } => ("teams_allowed", vec![]),
        What::TeamsSet { allowed: false } => ("teams_refused", vec![]),
        What::OptionsSet { options } => {
            let differences = game.options.differences(*options).into_iter();
            ("options_set", differences.flat_map(|(name, was_name, was, is)| [(name, is), (was_name, was)]).collect())
        }
        What::RoundStarted { round: index } => ("round_started", vec![round(*index)]),
        What::QuestionReleased { question: id, .. } => ("question_released", question(id)?.to_vec()),
        What::QuestionUnreleased { question: id } => ("question_unreleased", question(id)?.to_vec()),
        What::QuestionClosed { question: id, by: super::ClosedBy::Host } => ("question_closed", question(id)?.to_vec()),
        What::QuestionClosed { question: id, by: super::ClosedBy::Time } => {
            ("question_timed_out", question(id)?.to_vec())
        }
        What::TimeSet { question: id, .. } => ("time_set", question(id)?.to_vec()),
        What::Paused => ("paused", vec![]),
        What::Resumed => ("resumed", vec![]),
        What::RoundEnded { round: index } => ("round_ended", vec![round(*index)]),
        What::RoundReopened { round: index } => ("round_reopened", vec![round(*index)]),
        What::AnswerJudged { question: id, target, credit, remember, .. } => {
            let about = match target {
                super::Target::Group(group) => {
                    let text = remember.clone().unwrap_or_else(|| group.clone());
                    [("answer", text), ("answer_group", group.clone())]
                }
                super::Target::Player(id) => [("answer", name(id)), ("player_id", id.to_string())],
            };
            let key = match credit {
                None => "judgement_undone",
                Some(super::Credit::None) => "judged_none",
                Some(super::Credit::Half) => "judged_half",
                Some(super::Credit::Full) => "judged_full",
            };
            (key, [question(id)?, about].concat())
        }
        What::AnswerChallenged { player: by, question: id } => {
            ("answer_challenged", [player(by), question(id)?].concat())
        }
        What::ScoresReleased { round: index } => ("scores_released", vec![round(*index)]),
        What::ScoresCorrected { reason, .. } => ("scores_corrected", vec![("reason", reason.clone())]),
        What::ScoreAdjusted { player: id, thousandths, reason, .. } => {
            ("score_adjusted", [player(id), adjusted(&Points(*thousandths), reason)].concat())
        }
        What::AdjustmentUndone { adjustment } => {
            let undone = game.rounds.iter().find_map(|state| state.adjustments.get(adjustment))?;
            ("adjustment_undone", [player(&undone.player), adjusted(&undone.points, &undone.reason)].concat())
        }
        What::GameEnded => ("game_ended", vec![]),
        What::GameCancelled => ("game_cancelled", vec![]),
    })
}
