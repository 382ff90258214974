//! The batcher: answers that arrive while a commit is under way go into the next commit together.

use super::planted::{self, Bug};
use super::{ConnectionId, Live, in_time};
use crate::bus::{Change, Hint};
use crate::game::Answer;
use crate::limits::ANSWER_BATCH_MAX;
use crate::store::{AnswerFate, StoreError, SubmittedAnswer};
use futures_util::FutureExt;
use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

/// An answer that waits to be stored.
#[derive(Debug)]
pub struct Submission {
    pub answer: SubmittedAnswer,
    /// The connection that it came through, which gets its own acknowledgement.
    pub from: ConnectionId,
    pub since: Instant,
    pub outcome: oneshot::Sender<AnswerOutcome>,
}

/// What became of a submitted answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerOutcome {
    Decided(AnswerFate),
    /// The disk or the database did not take it. Sending it again is safe.
    NotSaved,
}

/// Stores what comes until the process ends and the queue is empty.
pub(super) async fn batch(live: Live, mut submissions: mpsc::Receiver<Submission>) {
    let mut waiting = Vec::new();
    loop {
        let received = tokio::select! {
            biased;
            received = submissions.recv_many(&mut waiting, ANSWER_BATCH_MAX) => received,
            () = live.0.parts.stop.cancelled() => {
                submissions.close();
                submissions.recv_many(&mut waiting, ANSWER_BATCH_MAX).await
            }
        };
        if received == 0 {
            return;
        }
        // The waiting phones are told that nothing is saved, and the next batch has its own chance.
        if AssertUnwindSafe(store(&live, std::mem::take(&mut waiting))).catch_unwind().await.is_err() {
            tracing::error!("storing answers failed in a way that it should not");
        }
    }
}

async fn store(live: &Live, submissions: Vec<Submission>) {
    let parts = &live.0.parts;
    parts.metrics.answer_batch_size.observe(f64::from(u32::try_from(submissions.len()).unwrap_or(u32::MAX)));
    let outcomes = submit(live, &submissions).await;
    let is_late = |(_, outcome): &(_, AnswerOutcome)| *outcome == AnswerOutcome::Decided(AnswerFate::Closed);
    let (late, decided): (Vec<_>, Vec<_>) =
        submissions.into_iter().zip(outcomes).partition(|each| parts.store.is_shared() && is_late(each));
    tell(live, decided);
    if !late.is_empty() {
        parts.tracker.spawn(look_again(live.clone(), late.into_iter().map(|(submission, _)| submission).collect()));
    }
}

/// Decides answers that came too late. An earlier sending of one may have been in time and be under way still, through
/// another replica: then it counts, and nobody may be told that it does not.
async fn look_again(live: Live, late: Vec<Submission>) {
    let parts = &live.0.parts;
    let batch = answers_of(&late);
    let outcomes = match in_time(parts.store.late_answers(&batch, parts.clock.now_ms())).await {
        Ok(fates) => fates.into_iter().map(AnswerOutcome::Decided).collect(),
        Err(error) => not_saved(&live, &error, late.len()),
    };
    tell(&live, late.into_iter().zip(outcomes).collect());
}

fn answers_of(submissions: &[Submission]) -> Vec<SubmittedAnswer> {
    submissions.iter().map(|submission| submission.answer.clone()).collect()
}

async fn submit(live: &Live, submissions: &[Submission]) -> Vec<AnswerOutcome> {
    let parts = &live.0.parts;
    let batch = answers_of(submissions);
    let now = parts.clock.now_ms();
    let timer = parts.metrics.database.seconds.with_label_values(&["submit_answers"]).start_timer();
    let stored = in_time(parts.store.submit_answers(&batch, now)).await;
    timer.observe_duration();
    match stored {
        Ok(fates) => {
            parts.metrics.storage_writable.set(1);
            fates.into_iter().map(AnswerOutcome::Decided).collect()
        }
        Err(_) if planted::is(Bug::AcknowledgedUnsaved) => {
            let fate = |sent: &SubmittedAnswer| AnswerFate::Stored { id: sent.id, revision: 1, at: now };
            batch.iter().map(fate).map(AnswerOutcome::Decided).collect()
        }
        Err(error) => not_saved(live, &error, batch.len()),
    }
}

/// Tells the games, and then the phones.
fn tell(live: &Live, decided: Vec<(Submission, AnswerOutcome)>) {
    let metrics = &live.0.parts.metrics;
    tell_tables(live, &decided);
    for (submission, outcome) in decided {
        metrics.answers.with_label_values(&[outcome.label()]).inc();
        metrics.answer_ack_seconds.observe(submission.since.elapsed().as_secs_f64());
        let _ = submission.outcome.send(outcome);
    }
}

/// The games learn of stored answers before the phones do, so that a phone which comes back finds its answer there.
/// They never hold up the phones: a game that does not keep up reads its answers again.
fn tell_tables(live: &Live, decided: &[(Submission, AnswerOutcome)]) {
    let mut stored: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (Submission { answer, from, .. }, outcome) in decided {
        // A resend, too: whether its first sending reached the game is not known.
        if let AnswerOutcome::Decided(AnswerFate::Stored { id, revision, at }) = *outcome {
            let (question, player, text) = (answer.question, answer.player, answer.text.clone());
            let known = Answer { id, question, player, text, revision, at };
            stored.entry(answer.game).or_default().push((known, *from));
        }
    }
    for (game, answers) in stored {
        live.0.parts.bus.hint(Hint { game, change: Change::Answers });
        if let Some(table) = live.if_running(game)
            && table.answers.try_send(answers).is_err()
        {
            table.behind.notify_one();
        }
    }
}

fn not_saved(live: &Live, error: &StoreError, count: usize) -> Vec<AnswerOutcome> {
    let kind = if matches!(error, StoreError::DiskFull(_)) { "disk_full" } else { "other" };
    live.0.parts.metrics.database.errors.with_label_values(&[kind]).inc();
    live.0.parts.metrics.storage_writable.set(0);
    tracing::error!(%error, "answers could not be stored; phones keep them and try again");
    vec![AnswerOutcome::NotSaved; count]
}

impl AnswerOutcome {
    fn label(self) -> &'static str {
        match self {
            Self::Decided(AnswerFate::Stored { .. }) => "stored",
            Self::Decided(AnswerFate::TooOften) => "too_often",
            Self::Decided(AnswerFate::Closed) => "closed",
            Self::Decided(AnswerFate::Conflict) => "conflict",
            Self::NotSaved => "not_saved",
        }
    }
}
