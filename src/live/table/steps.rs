//! Steps: decided by the rules, appended to the log, and only then taken.

use super::Table;
use crate::bus::{Change, Hint};
use crate::game::{Action, Command, Event, Game, Phase, PlayerId, Refusal, What, apply, decide, view};
use crate::live::planted::{self, Bug};
use crate::live::{LiveError, in_time};
use crate::pace::{Bucket, Rate};
use crate::store::{Appended, NewSeat, Projection, StoreError};
use tokio::task::yield_now;

/// How often a step without an expected `seq` is tried when others step at the same time.
const STEP_TRIES: usize = 20;

/// Looks at the log that found nothing new, though somebody said that there was.
pub(super) const IDLE_LOOKS: Rate = Rate { burst: 20.0, per_second: 1.0 };

/// What one player may do to the log of the game: renames, leaving and coming back, doubts about a mark.
const STIRS: Rate = Rate { burst: 60.0, per_second: 0.2 };

impl Table {
    /// Decides an action and appends what follows, or finds out that the game has moved on.
    pub(super) async fn act(
        &mut self,
        action: Action,
        expected_seq: Option<u64>,
        seat: Option<&NewSeat>,
    ) -> Result<u64, LiveError> {
        let result = self.try_act(action, expected_seq, seat).await;
        let label = match &result {
            Ok(_) => "done",
            Err(LiveError::Refused(refusal)) => refusal.code(),
            Err(LiveError::NotSaved(_)) => "not_saved",
            Err(LiveError::TooFast) => "too_fast",
            Err(LiveError::NoSuchGame | LiveError::NoSuchClaim | LiveError::Stopping) => "failed",
        };
        self.live.parts().metrics.game_steps.with_label_values(&[label]).inc();
        result
    }

    async fn try_act(
        &mut self,
        action: Action,
        mut expected_seq: Option<u64>,
        seat: Option<&NewSeat>,
    ) -> Result<u64, LiveError> {
        if expected_seq.is_some_and(|seq| seq > self.game.seq) {
            self.catch_up().await?;
        }
        let command = Command { at: self.live.parts().clock.now_ms(), action };
        if let Some(player) = stirred_by(&command.action)
            && !self.stirs.entry(player).or_insert_with(|| Bucket::full(STIRS, command.at)).take(STIRS, command.at)
        {
            return Err(LiveError::TooFast);
        }
        for _ in 0..STEP_TRIES {
            if expected_seq.is_some_and(|seq| seq < self.game.stepped || seq > self.game.seq) {
                return Err(Refusal::Stale.into());
            }
            let events = decide(&self.game, &command)?;
            if events.is_empty() {
                return Ok(self.game.seq);
            }
            let mut after = self.game.clone();
            for event in &events {
                apply(&mut after, event);
            }
            match self.append(&command.action, &events, &after, seat).await {
                Ok(Appended::Stale) if !planted::is(Bug::StaleIgnored) => self.look_for_events().await,
                Ok(Appended::Done | Appended::Stale) => {
                    self.live.parts().bus.hint(Hint { game: self.game.id, change: Change::Events { seq: after.seq } });
                    // It is done, also where it cannot be told yet.
                    let _ = self.advance(&events).await;
                    return Ok(after.seq);
                }
                Ok(Appended::Answered) => return Err(Refusal::AlreadyAnswered.into()),
                Err(_) if planted::is(Bug::StepRepeated) => expected_seq = None,
                Err(error) => return Err(error),
            }
        }
        Err(Refusal::Stale.into())
    }

    async fn append(
        &mut self,
        action: &Action,
        events: &[Event],
        after: &Game,
        seat: Option<&NewSeat>,
    ) -> Result<Appended, LiveError> {
        let parts = self.live.parts();
        let projection = Projection {
            game: after,
            unless_answered: match action {
                Action::UnreleaseQuestion { question } => Some(*question),
                _ => None,
            },
            seat,
        };
        let timer = parts.metrics.database.seconds.with_label_values(&["append"]).start_timer();
        let appended = in_time(parts.store.append(self.game.id, self.game.seq, events, &projection)).await;
        timer.observe_duration();
        let error = match appended {
            Ok(appended) => return Ok(appended),
            Err(error) => error,
        };
        parts.metrics.database.errors.with_label_values(&["append"]).inc();
        tracing::error!(%error, game = %self.game.id, "a step could not be stored");
        // Whether it was stored is not known: the log says.
        self.look_for_events().await;
        Err(LiveError::NotSaved(error))
    }

    /// Reads what others appended to the log, because they say so. Those who say so for nothing are heard less often.
    pub(super) async fn look_for_hinted_events(&mut self, seq: u64) {
        let now = self.live.parts().clock.now_ms();
        if seq <= self.game.seq || !self.idle_looks.take(IDLE_LOOKS, now) {
            return;
        }
        let before = self.game.seq;
        let _ = self.read_events("hint").await;
        if self.game.seq > before {
            self.idle_looks.give_back(IDLE_LOOKS);
        }
    }

    /// Reads what others appended to the log. What cannot be read now is read by the next look.
    pub(super) async fn look_for_events(&mut self) {
        let _ = self.read_events("look").await;
    }

    /// Reads the log to its end for somebody who knows more than we do.
    pub(super) async fn catch_up(&mut self) -> Result<(), LiveError> {
        self.read_events("look").await.map_err(LiveError::NotSaved)
    }

    /// Reads what others appended to the log, and counts it by how that became known.
    async fn read_events(&mut self, by: &'static str) -> Result<(), StoreError> {
        let game = self.game.id;
        let unreadable = |error: &StoreError| tracing::warn!(%error, %game, "the log cannot be read");
        let parts = self.live.parts();
        let seq = in_time(parts.store.game_seq(game)).await.inspect_err(unreadable)?;
        if seq.is_none_or(|seq| seq <= self.game.seq) {
            return Ok(());
        }
        let from = self.game.seq + u64::from(planted::is(Bug::EventsSkipped));
        let events = in_time(parts.store.events_after(game, from)).await.inspect_err(unreadable)?;
        let count = u64::try_from(events.len()).unwrap_or(u64::MAX);
        parts.metrics.events_of_others.with_label_values(&[by]).inc_by(count);
        if let Some(last) = events.last() {
            let late_ms = u32::try_from(parts.clock.now_ms() - last.at).unwrap_or(0);
            parts.metrics.events_of_others_seconds.observe(f64::from(late_ms) / 1_000.0);
        }
        self.advance(&events).await
    }

    /// Whether no more answers can come to the round, and all that came are known.
    fn is_settled(&self) -> bool {
        self.has_whole_round && (self.game.round_state().ended || self.game.phase == Phase::Ended)
    }

    /// Moves on by events that are in the log, and tells everybody. Where answers must be known first and cannot be
    /// read, it stays before that event, and the next look at the log tries again.
    async fn advance(&mut self, events: &[Event]) -> Result<(), StoreError> {
        let fanout = self.live.parts().metrics.fanout_seconds.start_timer();
        let stepped = self.game.stepped;
        let mut known = Ok(());
        for event in events {
            if settles_answers(&event.what)
                && !self.is_settled()
                && !planted::is(Bug::RoundEndedEarly)
                && let Err(error) = self.read_answers_of_round().await
            {
                tracing::error!(%error, game = %self.game.id, "the answers cannot be read");
                known = Err(error);
                break;
            }
            apply(&mut self.game, event);
            if matches!(event.what, What::RoundStarted { .. }) {
                self.presence.answered.clear();
            }
            let said = view::announce(event, &self.game, &self.answers);
            self.announce(said);
        }
        // The phones are written to before the host's long review is made.
        yield_now().await;
        self.host_state.mark();
        if self.game.stepped != stepped {
            // The console gets what its step brought about before the word that it is done, and steps on from there.
            self.host_state.hurry();
            self.review.hurry();
        }
        self.send_screen_state();
        self.flush();
        fanout.observe_duration();
        known
    }
}

/// The player who does this to the log, and could do it all night.
fn stirred_by(action: &Action) -> Option<PlayerId> {
    if let Action::Leave { player }
    | Action::Return { player }
    | Action::Challenge { player, .. }
    | Action::Rename { player, .. } = action
    {
        return Some(*player);
    }
    None
}

/// Whether the answers so far must all be known before anybody is told of this event.
fn settles_answers(what: &What) -> bool {
    matches!(
        what,
        What::RoundEnded { .. }
            | What::ScoresReleased { .. }
            | What::ScoresCorrected { .. }
            | What::GameEnded
            | What::GameCancelled
    )
}
