//! Deciding commands: what a game allows, and the events that follow.

use super::Event;
use super::command::{Action, Command, Refusal, Target};
use super::event::{Credit, What};
use super::ids::{PlayerId, QuestionId};
use super::name::PlayerName;
use super::quiz::{FrozenQuestion, Key, Points};
use super::state::{ClosedBy, Game, Phase, PlayerState, Present, QuestionState, RoundState};
use crate::limits::{
    ADJUSTMENTS_PER_GAME_MAX, EVENTS_BEFORE_PLAYERS_STOP, EVENTS_PER_GAME_MAX, PLAYERS_PER_GAME_MAX,
    POINTS_ADJUSTED_MAX, REASON_CHARS_MAX,
};

/// The events that follow from a command. None at all where everything is already as the command wants it.
///
/// # Errors
/// A coded refusal; the game stays as it is.
pub fn decide(game: &Game, command: &Command) -> Result<Vec<Event>, Refusal> {
    if game.seq >= events_max(&command.action) {
        return Err(Refusal::TooManySteps);
    }
    let happened = happenings(game, command)?;
    Ok(happened.into_iter().map(|what| Event { at: command.at, what }).collect())
}

#[expect(clippy::too_many_lines, reason = "one arm for each action, each of a few lines")]
fn happenings(game: &Game, command: &Command) -> Result<Vec<What>, Refusal> {
    match &command.action {
        Action::StartGame => match game.phase {
            Phase::Lobby => Ok(vec![What::RoundStarted { round: 0 }]),
            Phase::Question | Phase::RoundReview | Phase::Leaderboard | Phase::Ended => Err(Refusal::WrongPhase),
        },
        Action::ReleaseQuestion { question } => release_question(game, command.at, *question),
        Action::ReleaseAll => release_all(game, command.at),
        Action::EndRound => {
            in_phase(game, Phase::Question)?;
            let mut happened = wind_up(game);
            happened.push(What::RoundEnded { round: game.round });
            Ok(happened)
        }
        Action::ReleaseScores { reason } => release_scores(game, reason.as_deref()),
        Action::StartNextRound => {
            in_phase(game, Phase::Leaderboard)?;
            if game.round + 1 == game.rounds.len() {
                return Err(Refusal::WrongPhase);
            }
            Ok(vec![What::RoundStarted { round: game.round + 1 }])
        }
        Action::EndGame => {
            not_over(game)?;
            let mut happened = wind_up(game);
            happened.push(What::GameEnded);
            Ok(happened)
        }
        Action::CancelGame => {
            not_over(game)?;
            let mut happened = wind_up(game);
            happened.push(What::GameCancelled);
            Ok(happened)
        }
        Action::UnreleaseQuestion { question } => {
            in_phase(game, Phase::Question)?;
            game.question_state(*question).ok_or(Refusal::UnknownQuestion)?;
            Ok(vec![What::QuestionUnreleased { question: *question }])
        }
        Action::CloseQuestion { question } => close_question(game, *question),
        Action::ReopenRound => {
            in_phase(game, Phase::RoundReview)?;
            Ok(vec![What::RoundReopened { round: game.round }])
        }
        Action::Pause => {
            in_phase(game, Phase::Question)?;
            Ok(if game.paused_at.is_some() { vec![] } else { vec![What::Paused] })
        }
        Action::Resume => {
            not_over(game)?;
            Ok(if game.paused_at.is_none() { vec![] } else { vec![What::Resumed] })
        }
        Action::ExtendTime { question, seconds } => extend_time(game, command.at, *question, *seconds),
        Action::Judge { question, target, credit, remember } => {
            judge(game, *question, target, *credit, remember.as_ref())
        }
        Action::AdjustScore { player, points, reason } => adjust_score(game, *player, *points, reason),
        Action::UndoAdjustment { adjustment, reason } => undo_adjustment(game, *adjustment, reason.as_deref()),
        Action::Present(present) => present_on_screen(game, *present),
        Action::Break { minutes } => {
            not_over(game)?;
            let until = minutes.map(|minutes| command.at + i64::from(minutes) * 60_000);
            Ok(vec![What::ScreenSet { present: Present::Break { until } }])
        }
        Action::Lock { locked } => {
            not_over(game)?;
            Ok(if game.locked == *locked { vec![] } else { vec![What::LobbyLocked { locked: *locked }] })
        }
        Action::SetTeams { allowed } => {
            not_over(game)?;
            Ok(if game.teams == *allowed { vec![] } else { vec![What::TeamsSet { allowed: *allowed }] })
        }
        // Also after the end: the last board has its sound too.
        Action::SetOptions(change) => {
            let options = game.options.changed(change)?;
            Ok(if game.options == options { vec![] } else { vec![What::OptionsSet { options }] })
        }
        Action::Join { player, name } => join(game, *player, name),
        Action::Rename { player, .. } if game.players.get(player).is_some_and(|player| player.own_name.is_some()) => {
            Err(Refusal::NameHidden)
        }
        Action::Rename { player, name } | Action::RenamePlayer { player, name } => rename(game, *player, name),
        Action::HideName { player } => hide_name(game, *player),
        Action::ShowName { player } => {
            known(game, *player)?;
            let is_hidden = game.players[player].own_name.is_some();
            Ok(if is_hidden { vec![What::NameShown { player: *player }] } else { vec![] })
        }
        Action::RemovePlayer { player } => match known(game, *player)? {
            PlayerState::Playing | PlayerState::Left => Ok(vec![What::PlayerRemoved { player: *player }]),
            PlayerState::Removed => Ok(vec![]),
        },
        Action::RestorePlayer { player } => match known(game, *player)? {
            PlayerState::Playing | PlayerState::Left => Ok(vec![]),
            PlayerState::Removed => {
                name_is_free(game, &game.players[player].name, Some(*player))?;
                Ok(vec![What::PlayerRestored { player: *player }])
            }
        },
        Action::Leave { player } => match known(game, *player)? {
            PlayerState::Playing => Ok(vec![What::PlayerLeft { player: *player }]),
            PlayerState::Left | PlayerState::Removed => Ok(vec![]),
        },
        Action::Return { player } => match known(game, *player)? {
            PlayerState::Playing => Ok(vec![]),
            PlayerState::Left => Ok(vec![What::PlayerReturned { player: *player }]),
            PlayerState::Removed => Err(Refusal::Removed),
        },
        Action::Challenge { player, question } => challenge(game, *player, *question),
        Action::TimeUp { question } => time_up(game, command.at, *question),
        Action::ReleaseDue { question } => release_due(game, command.at, *question),
    }
}

/// How long the log may be for an action. A night can always be brought to its end.
fn events_max(action: &Action) -> u64 {
    match action {
        Action::Join { .. }
        | Action::Leave { .. }
        | Action::Return { .. }
        | Action::Rename { .. }
        | Action::Challenge { .. } => EVENTS_BEFORE_PLAYERS_STOP,
        Action::EndRound
        | Action::ReleaseScores { .. }
        | Action::EndGame
        | Action::CancelGame
        | Action::TimeUp { .. } => u64::MAX,
        Action::StartGame
        | Action::ReleaseQuestion { .. }
        | Action::ReleaseAll
        | Action::ReleaseDue { .. }
        | Action::StartNextRound
        | Action::UnreleaseQuestion { .. }
        | Action::CloseQuestion { .. }
        | Action::ReopenRound
        | Action::Pause
        | Action::Resume
        | Action::ExtendTime { .. }
        | Action::Judge { .. }
        | Action::AdjustScore { .. }
        | Action::UndoAdjustment { .. }
        | Action::Present(_)
        | Action::Break { .. }
        | Action::Lock { .. }
        | Action::SetTeams { .. }
        | Action::SetOptions(_)
        | Action::RenamePlayer { .. }
        | Action::HideName { .. }
        | Action::ShowName { .. }
        | Action::RemovePlayer { .. }
        | Action::RestorePlayer { .. } => EVENTS_PER_GAME_MAX,
    }
}

fn in_phase(game: &Game, phase: Phase) -> Result<(), Refusal> {
    not_over(game)?;
    if game.phase == phase { Ok(()) } else { Err(Refusal::WrongPhase) }
}

fn not_over(game: &Game) -> Result<(), Refusal> {
    if game.phase == Phase::Ended { Err(Refusal::GameOver) } else { Ok(()) }
}

/// The instant from which new clocks count: while the game is paused, that of the pause.
fn clock(game: &Game, at: i64) -> i64 {
    game.paused_at.unwrap_or(at)
}

fn release_question(game: &Game, at: i64, question: Option<QuestionId>) -> Result<Vec<What>, Refusal> {
    in_phase(game, Phase::Question)?;
    let frozen = game.frozen_round();
    let question = match question {
        None => game.next_question().ok_or(Refusal::NothingToRelease)?,
        Some(id) => {
            let found = frozen.questions.iter().find(|question| question.id == id);
            found.ok_or(Refusal::UnknownQuestion)?
        }
    };
    if game.question_state(question.id).is_some() {
        return Err(Refusal::NothingToRelease);
    }
    Ok(released(game, at, [question]))
}

fn release_all(game: &Game, at: i64) -> Result<Vec<What>, Refusal> {
    in_phase(game, Phase::Question)?;
    let happened = released(game, at, game.questions_to_come());
    if happened.is_empty() { Err(Refusal::NothingToRelease) } else { Ok(happened) }
}

fn release_due(game: &Game, at: i64, question: QuestionId) -> Result<Vec<What>, Refusal> {
    if game.next_release().is_none_or(|(next, due)| next != question || due > at) {
        return Err(Refusal::WrongPhase);
    }
    release_question(game, at, Some(question))
}

/// Questions come out, and the first of a round starts its clock.
fn released<'a>(game: &Game, at: i64, questions: impl IntoIterator<Item = &'a FrozenQuestion>) -> Vec<What> {
    let now = clock(game, at);
    let after = |seconds: u32| now + i64::from(seconds) * 1_000;
    let state = game.round_state();
    let starts_round = state.closes_at.is_none() && state.questions.is_empty();
    let mut round_closes_at = game.frozen_round().time_limit_seconds.filter(|_| starts_round).map(after);
    // A round whose time is up does not close what is released after it.
    let of_round = round_closes_at.or(state.closes_at.filter(|closes_at| *closes_at > now));
    let release = |question: &FrozenQuestion| {
        let limits = [question.time_limit_seconds.map(after), of_round];
        let closes_at = limits.into_iter().flatten().min();
        What::QuestionReleased { question: question.id, closes_at, round_closes_at: round_closes_at.take() }
    };
    questions.into_iter().map(release).collect()
}

/// Ends a pause and closes what is open.
fn wind_up(game: &Game) -> Vec<What> {
    let resumed = game.paused_at.map(|_| What::Resumed);
    resumed.into_iter().chain(close_all(game)).collect()
}

fn close_all(game: &Game) -> Vec<What> {
    let close = |(question, _)| What::QuestionClosed { question, by: ClosedBy::Host };
    game.open_questions().into_iter().map(close).collect()
}

fn close_question(game: &Game, question: Option<QuestionId>) -> Result<Vec<What>, Refusal> {
    in_phase(game, Phase::Question)?;
    let Some(id) = question else {
        let happened = close_all(game);
        return if happened.is_empty() { Err(Refusal::QuestionClosed) } else { Ok(happened) };
    };
    match game.question_state(id).ok_or(Refusal::UnknownQuestion)? {
        QuestionState::Open { .. } => Ok(vec![What::QuestionClosed { question: id, by: ClosedBy::Host }]),
        QuestionState::Closed { .. } => Err(Refusal::QuestionClosed),
    }
}

fn extend_time(game: &Game, at: i64, question: Option<QuestionId>, seconds: u32) -> Result<Vec<What>, Refusal> {
    in_phase(game, Phase::Question)?;
    let now = clock(game, at);
    let more = i64::from(seconds) * 1_000;
    let later = |closes_at: Option<i64>| closes_at.unwrap_or(now).max(now) + more;
    if let Some(id) = question {
        let closes_at = match game.question_state(id).ok_or(Refusal::UnknownQuestion)? {
            QuestionState::Open { closes_at } => later(closes_at),
            QuestionState::Closed { .. } => later(None),
        };
        return Ok(vec![What::TimeSet { question: id, closes_at, round_closes_at: None }]);
    }
    let round_closes_at = game.round_state().closes_at.map(|closes_at| later(Some(closes_at)));
    let open = |(id, state): (&QuestionId, &QuestionState)| match state {
        QuestionState::Open { closes_at } => {
            Some(What::TimeSet { question: *id, closes_at: later(*closes_at), round_closes_at })
        }
        QuestionState::Closed { .. } => None,
    };
    let happened: Vec<_> = game.round_state().questions.iter().filter_map(open).collect();
    if happened.is_empty() { Err(Refusal::QuestionClosed) } else { Ok(happened) }
}

fn release_scores(game: &Game, reason: Option<&str>) -> Result<Vec<What>, Refusal> {
    match game.phase {
        Phase::Lobby | Phase::Question => Err(Refusal::WrongPhase),
        Phase::RoundReview => Ok(vec![What::ScoresReleased { round: game.round }]),
        Phase::Leaderboard | Phase::Ended => {
            let state = game.round_state();
            if state.released.is_none() && (!state.questions.is_empty() || !state.adjustments.is_empty()) {
                return Ok(vec![What::ScoresReleased { round: game.round }]);
            }
            correct_scores(game, reason)
        }
    }
}

fn correct_scores(game: &Game, reason: Option<&str>) -> Result<Vec<What>, Refusal> {
    let changed = game.rounds.iter().enumerate().filter(|(_, state)| state.correction_pending());
    let rounds: Vec<_> = changed.map(|(index, _)| index).collect();
    if rounds.is_empty() {
        return Err(Refusal::NothingToRelease);
    }
    let reason = said(reason.unwrap_or_default())?;
    Ok(vec![What::ScoresCorrected { rounds, reason }])
}

/// A reason that says something, and not too much.
fn said(reason: &str) -> Result<String, Refusal> {
    let reason = reason.trim();
    if reason.is_empty() {
        return Err(Refusal::ReasonMissing);
    }
    if reason.chars().count() > REASON_CHARS_MAX {
        return Err(Refusal::ReasonTooLong);
    }
    Ok(reason.to_owned())
}

fn adjust_score(game: &Game, player: PlayerId, points: Points, reason: &str) -> Result<Vec<What>, Refusal> {
    if known(game, player)? == PlayerState::Removed {
        return Err(Refusal::UnknownPlayer);
    }
    if points == Points(0) || !points.is_halves() || points.0.abs() > Points::whole(POINTS_ADJUSTED_MAX).0 {
        return Err(Refusal::BadPoints);
    }
    let reason = said(reason)?;
    if game.rounds.iter().map(|state| state.adjustments.len()).sum::<usize>() >= ADJUSTMENTS_PER_GAME_MAX {
        return Err(Refusal::TooManyAdjustments);
    }
    let is_up = matches!(game.phase, Phase::Leaderboard | Phase::Ended);
    let round = match game.round_state().released {
        // The round that was under way at the end has no scores: the board is that of an earlier one.
        None if is_up => game.last_released().ok_or(Refusal::WrongPhase)?,
        _ => game.round,
    };
    let adjusted = What::ScoreAdjusted { player, round, thousandths: points.0, reason: reason.clone() };
    Ok([adjusted].into_iter().chain(corrected_at_once(game, round, reason)).collect())
}

fn undo_adjustment(game: &Game, adjustment: u64, reason: Option<&str>) -> Result<Vec<What>, Refusal> {
    let has_it = |state: &RoundState| state.adjustments.contains_key(&adjustment);
    let round = game.rounds.iter().position(has_it).ok_or(Refusal::UnknownAdjustment)?;
    let reason = reason.map(said).transpose()?;
    let corrected = reason.and_then(|reason| corrected_at_once(game, round, reason));
    Ok([What::AdjustmentUndone { adjustment }].into_iter().chain(corrected).collect())
}

/// While a board is up, a change of a round's scores is released at once, unless others wait for their own reason.
fn corrected_at_once(game: &Game, round: usize, reason: String) -> Option<What> {
    let state = &game.rounds[round];
    let is_up = matches!(game.phase, Phase::Leaderboard | Phase::Ended);
    let at_once = is_up && state.released.is_some() && !state.correction_pending();
    at_once.then(|| What::ScoresCorrected { rounds: vec![round], reason })
}

fn judge(
    game: &Game,
    question: QuestionId,
    target: &Target,
    credit: Option<Credit>,
    remember: Option<&String>,
) -> Result<Vec<What>, Refusal> {
    let (round, frozen) = game.quiz.find(question).ok_or(Refusal::UnknownQuestion)?;
    let state = &game.rounds[round];
    if !state.questions.contains_key(&question) {
        return Err(Refusal::UnknownQuestion);
    }
    if let Target::Player(player) = target {
        known(game, *player)?;
    }
    // Where the nearest wins, the bank's question has its one number.
    let has_spellings = matches!(frozen.key, Key::Text { .. }) && frozen.right_number().is_none();
    let remember = remember.filter(|_| has_spellings && credit == Some(Credit::Full));
    let about = (question, target.clone());
    if state.judgements.get(&about).copied() == credit && remember.is_none() {
        return Ok(vec![]);
    }
    let forget = state.remembered.get(&about).filter(|_| credit != Some(Credit::Full)).cloned();
    Ok(vec![What::AnswerJudged { question, target: target.clone(), credit, remember: remember.cloned(), forget }])
}

fn present_on_screen(game: &Game, present: Present) -> Result<Vec<What>, Refusal> {
    if let Present::Answer { question_id } = present {
        let (round, _) = game.quiz.find(question_id).ok_or(Refusal::UnknownQuestion)?;
        let state = &game.rounds[round];
        if state.released.is_none() || !state.questions.contains_key(&question_id) {
            return Err(Refusal::WrongPhase);
        }
    }
    Ok(if game.present == present { vec![] } else { vec![What::ScreenSet { present }] })
}

fn join(game: &Game, player: PlayerId, name: &PlayerName) -> Result<Vec<What>, Refusal> {
    not_over(game)?;
    if game.locked {
        return Err(Refusal::Locked);
    }
    if game.listed_players().count() >= PLAYERS_PER_GAME_MAX {
        return Err(Refusal::Full);
    }
    name_is_free(game, name, None)?;
    Ok(vec![What::PlayerJoined { player, name: name.clone() }])
}

fn rename(game: &Game, player: PlayerId, name: &PlayerName) -> Result<Vec<What>, Refusal> {
    not_over(game)?;
    if known(game, player)? == PlayerState::Removed {
        return Err(Refusal::Removed);
    }
    if game.players[&player].name == *name {
        return Ok(vec![]);
    }
    name_is_free(game, name, Some(player))?;
    Ok(vec![What::PlayerRenamed { player, name: name.clone() }])
}

/// "Team 7" for the seventh who came, or the next that is free.
fn hide_name(game: &Game, player: PlayerId) -> Result<Vec<What>, Refusal> {
    known(game, player)?;
    if game.players[&player].own_name.is_some() {
        return Ok(vec![]);
    }
    let place = game.players.range(..=player).count();
    let neutral = |n: usize| PlayerName::parse(&format!("Team {n}")).ok();
    let mut names = (place..=place + game.players.len()).filter_map(neutral);
    let name = names.find(|name| name_is_free(game, name, Some(player)).is_ok()).ok_or(Refusal::NameTaken)?;
    Ok(vec![What::NameHidden { player, name }])
}

fn name_is_free(game: &Game, name: &PlayerName, but: Option<PlayerId>) -> Result<(), Refusal> {
    // Those who were sent away keep their names, so that nobody comes back under one.
    // So do those whose name is hidden: it is shown again when the host says so.
    let taken = game.players.iter().any(|(id, player)| Some(*id) != but && player.goes_by(name));
    if taken { Err(Refusal::NameTaken) } else { Ok(()) }
}

fn known(game: &Game, player: PlayerId) -> Result<PlayerState, Refusal> {
    game.players.get(&player).map(|player| player.state).ok_or(Refusal::UnknownPlayer)
}

fn challenge(game: &Game, player: PlayerId, question: QuestionId) -> Result<Vec<What>, Refusal> {
    if known(game, player)? == PlayerState::Removed {
        return Err(Refusal::Removed);
    }
    let (round, _) = game.quiz.find(question).ok_or(Refusal::UnknownQuestion)?;
    let state = &game.rounds[round];
    if state.released.is_none() {
        return Err(Refusal::WrongPhase);
    }
    if !state.questions.contains_key(&question) {
        return Err(Refusal::UnknownQuestion);
    }
    if state.challenges.contains(&(question, player)) {
        return Ok(vec![]);
    }
    Ok(vec![What::AnswerChallenged { player, question }])
}

fn time_up(game: &Game, at: i64, question: QuestionId) -> Result<Vec<What>, Refusal> {
    in_phase(game, Phase::Question)?;
    let ran_out = |(id, closes_at): (QuestionId, Option<i64>)| id == question && closes_at.is_some_and(|due| due <= at);
    if !game.open_questions().into_iter().any(ran_out) {
        return Err(Refusal::WrongPhase);
    }
    Ok(vec![What::QuestionClosed { question, by: ClosedBy::Time }])
}
