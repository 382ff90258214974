//! What happened in the last minutes, for those who have nothing that asks for metrics again and again.

use super::Metrics;
use prometheus::core::Metric;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// How often the counters are noted, and for how long a note is kept.
const NOTED_EVERY: Duration = Duration::from_secs(10);
const NOTED_FOR: Duration = Duration::from_secs(310);

/// The counters as they were, the oldest note first. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Recent(Arc<Mutex<VecDeque<Note>>>);

/// What was counted up to an instant.
#[derive(Clone, Debug)]
struct Note {
    at: Instant,
    stored: u64,
    not_saved: u64,
    steps_not_saved: u64,
    cut_as_slow: u64,
    returned: u64,
    turned_away: u64,
    acks: Buckets,
}

/// How many observations of a histogram were at most so large, by its bounds, and how many there were.
#[derive(Clone, Debug, Default)]
struct Buckets {
    up_to: Vec<(f64, u64)>,
    all: u64,
}

/// What happened within a time.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Lately {
    /// How long it was: what was asked for, or less where the process or its notes are younger.
    pub span: Duration,
    /// Answers that are on disk.
    pub stored: u64,
    /// Answers, and steps of hosts, of which it is not known whether they are.
    pub not_saved: u64,
    pub steps_not_saved: u64,
    /// Sockets that took too little of what was sent.
    pub cut_as_slow: u64,
    /// Sockets of clients that had been in their game before.
    pub returned: u64,
    /// Connections that found no place.
    pub turned_away: u64,
    /// Seconds within which half, and 99 of a hundred answers were acknowledged. None without answers.
    pub saved_within: Option<(f64, f64)>,
}

impl Metrics {
    /// Notes the counters, where the last note is old enough.
    pub fn note(&self) {
        let now = Instant::now();
        let mut notes = self.recent.0.lock().unwrap_or_else(PoisonError::into_inner);
        if notes.back().is_some_and(|last| now - last.at < NOTED_EVERY) {
            return;
        }
        notes.push_back(Note::of(self, now));
        notes.retain(|note| now - note.at <= NOTED_FOR);
    }

    /// What happened in the last while, five minutes at most.
    pub fn lately(&self, span: Duration) -> Lately {
        let now = Note::of(self, Instant::now());
        let notes = self.recent.0.lock().unwrap_or_else(PoisonError::into_inner);
        // The youngest that is old enough.
        let before = notes.iter().rev().find(|note| now.at - note.at >= span).or(notes.front());
        before.map_or_else(Lately::default, |before| now.since(before))
    }
}

impl Note {
    fn of(metrics: &Metrics, at: Instant) -> Self {
        Self {
            at,
            stored: metrics.answers.with_label_values(&["stored"]).get(),
            not_saved: metrics.answers.with_label_values(&["not_saved"]).get(),
            steps_not_saved: metrics.game_steps.with_label_values(&["not_saved"]).get(),
            cut_as_slow: metrics.sockets_cut.with_label_values(&["slow"]).get(),
            returned: metrics.sockets_returned.get(),
            turned_away: metrics.connections_refused.get(),
            acks: Buckets::of(&metrics.answer_ack_seconds),
        }
    }

    fn since(&self, before: &Self) -> Lately {
        let acks = self.acks.since(&before.acks);
        Lately {
            span: self.at - before.at,
            stored: self.stored - before.stored,
            not_saved: self.not_saved - before.not_saved,
            steps_not_saved: self.steps_not_saved - before.steps_not_saved,
            cut_as_slow: self.cut_as_slow - before.cut_as_slow,
            returned: self.returned - before.returned,
            turned_away: self.turned_away - before.turned_away,
            saved_within: acks.within(0.5).zip(acks.within(0.99)),
        }
    }
}

impl Buckets {
    fn of(histogram: &prometheus::Histogram) -> Self {
        let metric = histogram.metric();
        let shown = metric.get_histogram();
        let bucket = |bucket: &prometheus::proto::Bucket| (bucket.upper_bound(), bucket.cumulative_count());
        Self { up_to: shown.get_bucket().iter().map(bucket).collect(), all: shown.get_sample_count() }
    }

    fn since(&self, before: &Self) -> Self {
        let known = |index: usize| before.up_to.get(index).map_or(0, |(_, count)| *count);
        let left = self.up_to.iter().enumerate();
        Self {
            up_to: left.map(|(index, (bound, count))| (*bound, count.saturating_sub(known(index)))).collect(),
            all: self.all.saturating_sub(before.all),
        }
    }

    /// What this share of the observations was at most, evenly spread within each bucket, as `histogram_quantile` of
    /// Prometheus has it. The last bound for what is beyond it.
    #[expect(clippy::cast_precision_loss, reason = "counts of minutes")]
    fn within(&self, share: f64) -> Option<f64> {
        if self.all == 0 {
            return None;
        }
        let wanted = share * self.all as f64;
        let (mut lower, mut below) = (0.0, 0.0);
        for (bound, count) in &self.up_to {
            let count = *count as f64;
            if count >= wanted {
                let in_bucket = (count - below).max(1.0);
                return Some(lower + (bound - lower) * (wanted - below) / in_bucket);
            }
            (lower, below) = (*bound, count);
        }
        Some(lower)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::advance;

    const MINUTE: Duration = Duration::from_secs(60);

    fn store(metrics: &Metrics, answers: u64, seconds: f64) {
        metrics.answers.with_label_values(&["stored"]).inc_by(answers);
        for _ in 0..answers {
            metrics.answer_ack_seconds.observe(seconds);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_before_does_not_count() {
        let metrics = Metrics::new().unwrap();
        assert_eq!(metrics.lately(MINUTE), Lately::default(), "nothing is known yet");
        store(&metrics, 100, 3.0);
        for _ in 0..70 {
            advance(Duration::from_secs(5)).await;
            metrics.note();
        }
        store(&metrics, 7, 0.004);
        metrics.sockets_returned.inc();
        advance(Duration::from_secs(5)).await;
        let lately = metrics.lately(MINUTE);
        assert_eq!((lately.stored, lately.returned, lately.not_saved), (7, 1, 0));
        assert_eq!(lately.span, MINUTE);
        let (half, most) = lately.saved_within.unwrap();
        assert!(0.002 < half && half < most && most <= 0.005, "{half} {most}");
        advance(MINUTE * 10).await;
        metrics.note();
        advance(MINUTE).await;
        assert_eq!(metrics.lately(MINUTE).stored, 0);
        assert_eq!(metrics.lately(MINUTE).saved_within, None);
    }

    #[tokio::test(start_paused = true)]
    async fn notes_are_few() {
        let metrics = Metrics::new().unwrap();
        for _ in 0..3_600 {
            advance(Duration::from_secs(1)).await;
            metrics.note();
        }
        assert_eq!(metrics.recent.0.lock().unwrap().len(), 32);
    }

    #[test]
    fn a_share_lies_within_its_bucket() {
        let buckets = Buckets { up_to: vec![(0.01, 50), (0.1, 100), (1.0, 100)], all: 101 };
        assert!((buckets.within(0.25).unwrap() - 0.00505).abs() < 1e-9);
        assert!((buckets.within(0.5).unwrap() - 0.0109).abs() < 1e-9);
        assert!((buckets.within(1.0).unwrap() - 1.0).abs() < 1e-9, "beyond all bounds");
        assert_eq!(Buckets::default().within(0.5), None);
    }
}
