//! Slowing down those who guess, and those who fill a game.
//!
//! A whole pub shares one address, so it is not shut out for what one of its guests does: hits are free, and where what
//! is free is used up everybody at that address waits, a few at a time; one more is told to come back. Right and wrong
//! guesses wait alike, so that the wait tells nothing.

use super::error::ApiError;
use crate::clock::Clock;
use crate::game::GameId;
use crate::pace::{Bucket, Rate};
use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::sleep;

/// Addresses that are remembered. Those with their whole budget are forgotten first; if that makes no room, new ones
/// share one budget.
const ADDRESSES_MAX: usize = 10_000;

/// How often room is looked for.
const SWEEP_EVERY_MS: i64 = 1_000;

/// What somebody may guess.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Guess {
    /// A join code, or the code of a waiting screen.
    Code,
    /// A password, a set-up link or the link of a console.
    Password,
}

/// What somebody may make without being known to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Made {
    /// A player in this game.
    Player(GameId),
    /// A screen that waits for its game.
    Pairing,
    /// A letter with a link for a new password.
    Letter,
}

/// What wrong guesses cost.
struct Cost {
    free: Rate,
    wait: Duration,
    /// Those of one address who may wait at the same time; one more is refused.
    at_once: usize,
}

/// Counts by address what is guessed and made.
#[derive(Debug)]
pub struct Throttle {
    clock: Clock,
    guesses: Mutex<Known<Guess, Guesser>>,
    made: Mutex<Known<Made, Bucket>>,
}

#[derive(Debug)]
struct Guesser {
    bucket: Bucket,
    waiting: usize,
}

/// The right to one guess. A wrong one just drops it.
#[derive(Debug)]
#[must_use = "a right guess is free"]
pub struct Turn<'a> {
    throttle: &'a Throttle,
    key: (Guess, IpAddr),
    paid: bool,
}

/// A place in the line of those who wait, also when they give up.
struct Waiting<'a> {
    throttle: &'a Throttle,
    key: (Guess, IpAddr),
}

/// What is remembered of some addresses.
#[derive(Debug)]
struct Known<K, V> {
    by_key: HashMap<(K, IpAddr), V>,
    swept_at: i64,
}

impl Throttle {
    /// Nobody has guessed yet.
    pub fn new(clock: Clock) -> Self {
        Self { clock, guesses: Mutex::default(), made: Mutex::default() }
    }

    /// Lets this address guess once: at once while it has guesses left, else after a wait.
    ///
    /// # Errors
    /// 429 with the time to wait, when too many at this address wait already.
    pub async fn turn(&self, guess: Guess, address: IpAddr) -> Result<Turn<'_>, ApiError> {
        let cost = guess.cost();
        let (key, paid) = self.take(guess, address, &cost)?;
        if !paid {
            let _waiting = Waiting { throttle: self, key };
            sleep(cost.wait).await;
        }
        Ok(Turn { throttle: self, key, paid })
    }

    /// Lets this address make something, as fast as people do.
    ///
    /// # Errors
    /// 429 with the time to wait.
    pub fn make(&self, what: Made, address: IpAddr) -> Result<(), ApiError> {
        let (now, rate) = (self.clock.now_ms(), what.rate());
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, bucket) = made.entry(
            (what, address),
            now,
            |what, bucket| bucket.is_full(what.rate(), now),
            || Bucket::full(rate, now),
        );
        if bucket.take(rate, now) { Ok(()) } else { Err(ApiError::too_many(bucket.wait_seconds(rate, now))) }
    }

    /// Takes a guess from the budget, or a place among those who wait; says which, and under which key.
    fn take(&self, guess: Guess, address: IpAddr, cost: &Cost) -> Result<((Guess, IpAddr), bool), ApiError> {
        let now = self.clock.now_ms();
        let mut known = self.guesses.lock().unwrap_or_else(PoisonError::into_inner);
        let is_idle = |what: Guess, one: &mut Guesser| one.waiting == 0 && one.bucket.is_full(what.cost().free, now);
        let new = || Guesser { bucket: Bucket::full(cost.free, now), waiting: 0 };
        let (key, guesser) = known.entry((guess, address), now, is_idle, new);
        if guesser.bucket.take(cost.free, now) {
            return Ok((key, true));
        }
        if guesser.waiting == cost.at_once {
            return Err(ApiError::too_many(guesser.bucket.wait_seconds(cost.free, now)));
        }
        guesser.waiting += 1;
        Ok((key, false))
    }

    fn with(&self, key: (Guess, IpAddr), change: impl FnOnce(&mut Guesser)) {
        let mut guesses = self.guesses.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(guesser) = guesses.by_key.get_mut(&key) {
            change(guesser);
        }
    }
}

impl Turn<'_> {
    /// The guess was right, or said nothing: it cost nothing.
    pub fn free(self) {
        if self.paid {
            self.throttle.with(self.key, |guesser| guesser.bucket.give_back(self.key.0.cost().free));
        }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.throttle.with(self.key, |guesser| guesser.waiting -= 1);
    }
}

impl Made {
    fn rate(self) -> Rate {
        match self {
            // A full room within ten seconds.
            Self::Player(_) => Rate { burst: 300.0, per_second: 5.0 },
            // Twenty an hour.
            Self::Letter => Rate { burst: 20.0, per_second: 20.0 / 3_600.0 },
            Self::Pairing => Rate { burst: 60.0, per_second: 0.2 },
        }
    }
}

impl Guess {
    fn cost(self) -> Cost {
        match self {
            // With ten open games, somebody who tries codes for a day finds one with a chance of 1.5 %.
            Self::Code => {
                Cost { free: Rate { burst: 60.0, per_second: 0.2 }, wait: Duration::from_secs(2), at_once: 32 }
            }
            Self::Password => {
                Cost { free: Rate { burst: 10.0, per_second: 0.1 }, wait: Duration::from_secs(5), at_once: 2 }
            }
        }
    }
}

impl<K: Copy + Eq + Hash, V> Known<K, V> {
    /// What is known of an address, and the key that it is known by.
    fn entry(
        &mut self,
        (what, address): (K, IpAddr),
        now: i64,
        mut is_idle: impl FnMut(K, &mut V) -> bool,
        new: impl FnOnce() -> V,
    ) -> ((K, IpAddr), &mut V) {
        let mut key = (what, network(address));
        if self.by_key.len() >= ADDRESSES_MAX && !self.by_key.contains_key(&key) {
            if now.abs_diff(self.swept_at) >= SWEEP_EVERY_MS.unsigned_abs() {
                self.by_key.retain(|(what, _), value| !is_idle(*what, value));
                self.swept_at = now;
            }
            if self.by_key.len() >= ADDRESSES_MAX {
                key.1 = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
            }
        }
        (key, self.by_key.entry(key).or_insert_with(new))
    }
}

impl<K, V> Default for Known<K, V> {
    fn default() -> Self {
        Self { by_key: HashMap::new(), swept_at: 0 }
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
    use std::net::Ipv6Addr;
    use tokio::time::Instant;

    const PUB: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));

    async fn miss(throttle: &Throttle, guess: Guess) {
        drop(throttle.turn(guess, PUB).await.unwrap());
    }

    #[tokio::test(start_paused = true)]
    async fn misses_are_free_up_to_the_burst_and_wait_then() {
        let clock = Clock::manual(0);
        let throttle = Throttle::new(clock.clone());
        let start = Instant::now();
        for _ in 0..60 {
            miss(&throttle, Guess::Code).await;
        }
        assert_eq!(start.elapsed(), Duration::ZERO);
        miss(&throttle, Guess::Password).await;
        assert_eq!(start.elapsed(), Duration::ZERO, "what is guessed is counted apart");
        throttle.turn(Guess::Code, PUB).await.unwrap().free();
        assert_eq!(start.elapsed(), Duration::from_secs(2), "a hit waits as a miss does");
        clock.advance(Duration::from_secs(5));
        miss(&throttle, Guess::Code).await;
        assert_eq!(start.elapsed(), Duration::from_secs(2), "with time a guess is free again");
    }

    #[tokio::test(start_paused = true)]
    async fn a_few_wait_and_one_more_is_refused() {
        let throttle = Throttle::new(Clock::manual(0));
        for _ in 0..10 {
            miss(&throttle, Guess::Password).await;
        }
        let turn = || throttle.turn(Guess::Password, PUB);
        let (first, second, third) = tokio::join!(turn(), turn(), turn());
        assert!(first.is_ok() && second.is_ok());
        assert_eq!(third.unwrap_err().code(), "too_fast");
        miss(&throttle, Guess::Password).await;
    }

    #[tokio::test(start_paused = true)]
    async fn who_gives_up_waiting_makes_room() {
        let throttle = Throttle::new(Clock::manual(0));
        for _ in 0..10 {
            miss(&throttle, Guess::Password).await;
        }
        for _ in 0..5 {
            let given_up = tokio::time::timeout(Duration::from_secs(1), throttle.turn(Guess::Password, PUB)).await;
            assert!(given_up.is_err());
        }
        miss(&throttle, Guess::Password).await;
    }

    #[tokio::test(start_paused = true)]
    async fn hits_are_free() {
        let throttle = Throttle::new(Clock::manual(0));
        let start = Instant::now();
        for _ in 0..1_000 {
            throttle.turn(Guess::Code, PUB).await.unwrap().free();
        }
        assert_eq!(start.elapsed(), Duration::ZERO);
    }

    #[test]
    fn a_full_room_joins_at_once_and_a_flood_does_not() {
        let clock = Clock::manual(0);
        let throttle = Throttle::new(clock.clone());
        let game = GameId(uuid::Uuid::nil());
        assert!((0..300).all(|_| throttle.make(Made::Player(game), PUB).is_ok()));
        assert_eq!(throttle.make(Made::Player(game), PUB).unwrap_err().code(), "too_fast");
        assert!(throttle.make(Made::Player(GameId(uuid::Uuid::max())), PUB).is_ok(), "each game has its own budget");
        clock.advance(Duration::from_secs(1));
        assert!((0..5).all(|_| throttle.make(Made::Player(game), PUB).is_ok()));
        assert!(throttle.make(Made::Player(game), PUB).is_err());
    }

    #[test]
    fn what_is_remembered_is_limited() {
        let throttle = Throttle::new(Clock::manual(10_000));
        let game = GameId(uuid::Uuid::nil());
        for n in 0..u16::try_from(ADDRESSES_MAX).unwrap() + 100 {
            let address = Ipv6Addr::new(0x2001, 0xdb8, 1, n, 0, 0, 0, 1);
            throttle.make(Made::Player(game), IpAddr::V6(address)).unwrap();
        }
        assert_eq!(throttle.made.lock().unwrap().by_key.len(), ADDRESSES_MAX + 1);
    }

    #[test]
    fn a_provider_s_network_is_one_address() {
        let address = |last| IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 1, 2, 3, 4, 5, last));
        assert_eq!(network(address(1)), network(address(2)));
        assert_eq!(network(PUB), PUB);
    }
}
