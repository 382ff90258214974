//! What players and hosts may say, and what it brings about.

use super::App;
use crate::game::{Action, GameId, PlayerId, PlayerName, Points, Refusal, Target};
use crate::http::wire::{self, ClientMessage, Direct, OverrideAnswer};
use crate::limits::TIME_LIMIT_SECONDS_MAX;
use crate::live::{Audience, ConnectionId, LiveError};
use bytes::Bytes;
use serde_json::Value;

/// Who speaks through a socket, and where.
#[derive(Clone, Copy)]
pub(super) struct Speaker<'a> {
    pub app: &'a App,
    pub game: GameId,
    pub audience: Audience,
    pub connection: ConnectionId,
}

/// Why a message had no effect.
pub(super) enum Said {
    Bad(&'static str),
    Live(LiveError),
    NotAllowed,
}

impl Speaker<'_> {
    pub(super) async fn player_says(&self, player: PlayerId, message: ClientMessage) -> Result<Option<u64>, Said> {
        match message {
            ClientMessage::Rename(rename) => {
                let name = name(&rename.display_name)?;
                self.act(Action::Rename { player, name }, None).await
            }
            ClientMessage::Leave(_) => self.act(Action::Leave { player }, None).await,
            ClientMessage::Challenge(about) => {
                self.act(Action::Challenge { player, question: about.question_id }, None).await
            }
            ClientMessage::ShowBoard(_) => {
                self.app.live.show_board(self.game, self.connection).await?;
                Ok(None)
            }
            ClientMessage::DecideClaim(claim) => {
                let decided = self.app.live.decide_claim(self.game, claim.claim_id, claim.approve, Some(player));
                decided.await?;
                Ok(None)
            }
            _ => Err(Said::NotAllowed),
        }
    }

    pub(super) async fn host_says(&self, message: ClientMessage) -> Result<Option<u64>, Said> {
        let (action, expected_seq) = match message {
            ClientMessage::StartGame(step) => (Action::StartGame, step.expected_seq),
            ClientMessage::EndRound(step) => (Action::EndRound, step.expected_seq),
            ClientMessage::StartNextRound(step) => (Action::StartNextRound, step.expected_seq),
            ClientMessage::EndGame(step) => (Action::EndGame, step.expected_seq),
            ClientMessage::ReopenRound(step) => (Action::ReopenRound, step.expected_seq),
            ClientMessage::Pause(step) => (Action::Pause, step.expected_seq),
            ClientMessage::Resume(step) => (Action::Resume, step.expected_seq),
            ClientMessage::ReleaseScores(step) => (Action::ReleaseScores { reason: step.reason }, step.expected_seq),
            ClientMessage::ReleaseQuestion(step) => {
                let action = match (step.question_id, step.all) {
                    (question, false) => Action::ReleaseQuestion { question },
                    (None, true) => Action::ReleaseAll,
                    (Some(_), true) => return Err(Said::Bad("Release one question, or all of them.")),
                };
                (action, step.expected_seq)
            }
            ClientMessage::UnreleaseQuestion(step) => {
                (Action::UnreleaseQuestion { question: step.question_id }, step.expected_seq)
            }
            ClientMessage::CloseQuestion(step) => {
                (Action::CloseQuestion { question: step.question_id }, step.expected_seq)
            }
            ClientMessage::ExtendTime(step) => {
                if step.seconds == 0 || step.seconds > TIME_LIMIT_SECONDS_MAX {
                    return Err(Said::Bad("Extend by 1 to 3600 seconds."));
                }
                (Action::ExtendTime { question: step.question_id, seconds: step.seconds }, step.expected_seq)
            }
            ClientMessage::Lock(step) => (Action::Lock { locked: step.locked }, step.expected_seq),
            ClientMessage::SetTeams(step) => (Action::SetTeams { allowed: step.allowed }, step.expected_seq),
            ClientMessage::AdjustScore(step) => {
                let points = Points::from_number(step.points);
                let points = points.ok_or_else(|| Said::from(LiveError::from(Refusal::BadPoints)))?;
                (Action::AdjustScore { player: step.player_id, points, reason: step.reason }, step.expected_seq)
            }
            ClientMessage::UndoAdjustment(step) => {
                (Action::UndoAdjustment { adjustment: step.adjustment, reason: step.reason }, step.expected_seq)
            }
            ClientMessage::SetOptions(step) => (Action::SetOptions(step.change()), step.expected_seq),
            ClientMessage::RenamePlayer(step) => {
                let name = name(&step.display_name)?;
                (Action::RenamePlayer { player: step.player_id, name }, step.expected_seq)
            }
            ClientMessage::HideName(step) => (Action::HideName { player: step.player_id }, step.expected_seq),
            ClientMessage::ShowName(step) => (Action::ShowName { player: step.player_id }, step.expected_seq),
            ClientMessage::RemovePlayer(step) => (Action::RemovePlayer { player: step.player_id }, step.expected_seq),
            ClientMessage::RestorePlayer(step) => (Action::RestorePlayer { player: step.player_id }, step.expected_seq),
            ClientMessage::Present(step) => (step.action().map_err(Said::Bad)?, step.expected_seq),
            ClientMessage::OverrideAnswer(step) => {
                let expected_seq = step.expected_seq;
                (self.judgement(step).await?, expected_seq)
            }
            ClientMessage::DecideClaim(claim) => {
                self.app.live.decide_claim(self.game, claim.claim_id, claim.approve, None).await?;
                return Ok(None);
            }
            _ => return Err(Said::NotAllowed),
        };
        self.act(action, expected_seq).await
    }

    async fn judgement(&self, step: OverrideAnswer) -> Result<Action, Said> {
        let question = step.question_id;
        let credit = step.judgement();
        let target = match (&step.player_id, &step.answer_group) {
            // All equal answers, whoever's is named with them.
            (_, Some(group)) => Target::Group(group.clone()),
            (Some(player), None) => Target::Player(*player),
            (None, None) => return Err(Said::Bad("Judge a player_id or an answer_group.")),
        };
        let remember = if step.remember == Some(true) {
            let about = target.clone();
            let spelling = move |game: &crate::game::Game, answers: &crate::game::Answers| {
                crate::game::view::host::spelling(game, answers, question, &about)
            };
            self.app.live.read(self.game, spelling).await?
        } else {
            None
        };
        Ok(Action::Judge { question, target, credit, remember })
    }

    /// Gives the game's `seq` after the step.
    async fn act(&self, action: Action, expected_seq: Option<u64>) -> Result<Option<u64>, Said> {
        let done = self.app.live.act(self.game, action, expected_seq).await;
        if matches!(done, Err(LiveError::Refused(Refusal::Stale))) {
            let _ = self.app.live.refresh(self.game, self.connection).await;
        }
        Ok(Some(done?))
    }
}

impl From<LiveError> for Said {
    fn from(error: LiveError) -> Self {
        Self::Live(error)
    }
}

impl Said {
    pub(super) fn encode(&self, id: Option<&Value>) -> Bytes {
        match self {
            Self::Bad(problem) => refuse("bad_message", *problem, id),
            Self::NotAllowed => refuse("not_allowed", "That is not yours to do.", id),
            Self::Live(error) => {
                let code = match error {
                    LiveError::Refused(refusal) => refusal.code(),
                    LiveError::NoSuchGame => "no_such_game",
                    LiveError::NoSuchClaim => "no_such_claim",
                    LiveError::NotSaved(_) | LiveError::Stopping => "not_saved",
                    LiveError::TooFast => "too_fast",
                };
                refuse(code, error.to_string(), id)
            }
        }
    }
}

fn name(text: &str) -> Result<PlayerName, Said> {
    PlayerName::parse(text).map_err(|problem| Said::Live(Refusal::BadName(problem).into()))
}

pub(super) fn refuse(code: &'static str, message: impl Into<String>, id: Option<&Value>) -> Bytes {
    wire::encode_direct(&Direct::refused(code, message), id)
}
