//! How fast something may be done: token buckets, which are handed the time.

/// How much may be done at once, and how much comes back per second.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    pub burst: f64,
    pub per_second: f64,
}

/// A token bucket: what is left of a budget that refills with time.
#[derive(Clone, Copy, Debug)]
pub struct Bucket {
    left: f64,
    at_ms: i64,
}

impl Bucket {
    /// A bucket with its whole budget.
    pub fn full(rate: Rate, now_ms: i64) -> Self {
        Self { left: rate.burst, at_ms: now_ms }
    }

    /// Takes one from the budget. False, and nothing is taken, when it is used up.
    pub fn take(&mut self, rate: Rate, now_ms: i64) -> bool {
        self.refill(rate, now_ms);
        let enough = self.left >= 1.0;
        if enough {
            self.left -= 1.0;
        }
        enough
    }

    /// Puts back what was taken for nothing.
    pub fn give_back(&mut self, rate: Rate) {
        self.left = (self.left + 1.0).min(rate.burst);
    }

    /// Whole seconds until one can be taken; 0 when it can be now.
    pub fn wait_seconds(&mut self, rate: Rate, now_ms: i64) -> u64 {
        self.refill(rate, now_ms);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small number, never negative")]
        let seconds = ((1.0 - self.left).max(0.0) / rate.per_second).ceil() as u64;
        seconds
    }

    /// Whether nothing is missing, so that the bucket may be forgotten.
    pub fn is_full(&mut self, rate: Rate, now_ms: i64) -> bool {
        self.refill(rate, now_ms);
        self.left >= rate.burst
    }

    fn refill(&mut self, rate: Rate, now_ms: i64) {
        // A wall clock that is set back refills nothing.
        #[expect(clippy::cast_precision_loss, reason = "milliseconds between two requests")]
        let seconds = (now_ms - self.at_ms).max(0) as f64 / 1_000.0;
        self.left = (self.left + seconds * rate.per_second).min(rate.burst);
        self.at_ms = now_ms;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate { burst: 2.0, per_second: 0.5 };

    #[test]
    fn a_budget_is_used_up_and_comes_back_with_time() {
        let mut bucket = Bucket::full(RATE, 0);
        assert!(bucket.take(RATE, 0) && bucket.take(RATE, 0));
        assert!(!bucket.take(RATE, 1_999));
        assert_eq!(bucket.wait_seconds(RATE, 1_999), 1);
        assert!(bucket.take(RATE, 2_000));
        bucket.give_back(RATE);
        assert!(bucket.take(RATE, 2_000));
        assert!(!bucket.is_full(RATE, 5_999) && bucket.is_full(RATE, 6_000));
    }

    #[test]
    fn a_clock_that_is_set_back_refills_nothing() {
        let mut bucket = Bucket::full(RATE, 10_000);
        assert!(bucket.take(RATE, 10_000) && bucket.take(RATE, 10_000));
        assert!(!bucket.take(RATE, 0));
        assert!(!bucket.take(RATE, 1_000) && bucket.take(RATE, 2_000));
    }
}
