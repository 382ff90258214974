//! Slowing down those who guess. A whole pub shares one address, so only misses cost; a hit is free.

use super::error::ApiError;
use crate::clock::Clock;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

/// Addresses that are remembered; past this, those without misses are forgotten.
const ADDRESSES_MAX: usize = 10_000;

/// Misses that are free at once, and how many come back per second, by what is guessed.
const CODES: Rate = Rate { burst: 60.0, per_second: 0.2 };
const PASSWORDS: Rate = Rate { burst: 10.0, per_second: 0.1 };

/// What somebody may guess.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Guess {
    /// A join code, or the code of a waiting screen.
    Code,
    /// A password or a set-up link.
    Password,
}

/// Counts misses by address.
#[derive(Debug)]
pub struct Throttle {
    clock: Clock,
    buckets: Mutex<HashMap<(Guess, IpAddr), Bucket>>,
}

/// A token bucket: what is left of a budget that refills with time.
#[derive(Clone, Copy, Debug)]
pub struct Bucket {
    left: f64,
    at_ms: i64,
}

/// How much a bucket holds and how fast it refills.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    pub burst: f64,
    pub per_second: f64,
}

impl Throttle {
    /// Nobody has missed yet.
    pub fn new(clock: Clock) -> Self {
        Self { clock, buckets: Mutex::default() }
    }

    /// Whether this address may guess now.
    ///
    /// # Errors
    /// 429 with the time to wait.
    pub fn check(&self, guess: Guess, address: IpAddr) -> Result<(), ApiError> {
        let now = self.clock.now_ms();
        let rate = guess.rate();
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets.entry((guess, network(address))).or_insert_with(|| Bucket::full(rate, now));
        match bucket.wait_seconds(rate, now) {
            None => Ok(()),
            Some(seconds) => Err(ApiError::too_many(seconds)),
        }
    }

    /// This address guessed wrong.
    pub fn miss(&self, guess: Guess, address: IpAddr) {
        let now = self.clock.now_ms();
        let rate = guess.rate();
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= ADDRESSES_MAX {
            buckets.retain(|(guess, _), bucket| !bucket.is_full(guess.rate(), now));
        }
        let bucket = buckets.entry((guess, network(address))).or_insert_with(|| Bucket::full(rate, now));
        bucket.take(rate, now);
    }
}

impl Guess {
    fn rate(self) -> Rate {
        match self {
            Self::Code => CODES,
            Self::Password => PASSWORDS,
        }
    }
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

    /// Whole seconds until one can be taken. None when it can be now.
    fn wait_seconds(&mut self, rate: Rate, now_ms: i64) -> Option<u64> {
        self.refill(rate, now_ms);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small positive number")]
        (self.left < 1.0).then(|| ((1.0 - self.left) / rate.per_second).ceil() as u64)
    }

    fn is_full(&mut self, rate: Rate, now_ms: i64) -> bool {
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

/// One customer of a provider has a whole IPv6 /64.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6([a, b, c, d, 0, 0, 0, 0].into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{Ipv4Addr, Ipv6Addr};
    use std::time::Duration;

    const PUB: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));

    #[test]
    fn misses_are_free_up_to_the_burst_and_come_back_with_time() {
        let clock = Clock::manual(0);
        let throttle = Throttle::new(clock.clone());
        for miss in 0..60 {
            assert!(throttle.check(Guess::Code, PUB).is_ok(), "miss {miss}");
            throttle.miss(Guess::Code, PUB);
        }
        assert_eq!(throttle.check(Guess::Code, PUB).unwrap_err().code(), "too_fast");
        assert!(throttle.check(Guess::Password, PUB).is_ok(), "what is guessed is counted apart");
        clock.advance(Duration::from_secs(5));
        assert!(throttle.check(Guess::Code, PUB).is_ok());
    }

    #[test]
    fn hits_are_free() {
        let throttle = Throttle::new(Clock::manual(0));
        assert!((0..1_000).all(|_| throttle.check(Guess::Code, PUB).is_ok()));
    }

    #[test]
    fn a_provider_s_network_is_one_address() {
        let address = |last| IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 1, 2, 3, 4, 5, last));
        assert_eq!(network(address(1)), network(address(2)));
        assert_eq!(network(PUB), PUB);
    }
}
