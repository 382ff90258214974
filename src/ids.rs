//! The only door to chance: ids, join codes, secrets.

use crate::clock::Clock;
use rand::rngs::{StdRng, SysRng};
use rand::{Rng, SeedableRng};
use sha2::{Digest, Sha256};
use std::sync::{Arc, Mutex, PoisonError};
use uuid::Uuid;

/// The letters of codes that people read aloud and type: no look-alikes (I, L, O, 0, 1).
const CODE_LETTERS: &[u8; 31] = b"ABCDEFGHJKMNPQRSTUVWXYZ23456789";

/// Characters of a join code. 31^6 is 887 million.
pub const CODE_LENGTH: usize = 6;

/// Twelve bits count the UUIDs of one millisecond, from a start in the lower half.
const COUNT_MAX: u16 = 0xfff;
const COUNT_START_MAX: u16 = 0x7ff;

/// Where ids and secrets come from. Cheap to clone; clones share one source.
#[derive(Clone, Debug)]
pub struct Ids {
    clock: Clock,
    source: Arc<Mutex<Source>>,
}

#[derive(Debug)]
struct Source {
    rng: StdRng,
    /// The millisecond and the count of the last UUID.
    last: (u64, u16),
}

/// A secret that is shown once and stored only as its hash. `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

/// The SHA-256 of a token, in hexadecimal: what the database keeps.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenHash(pub String);

impl Ids {
    /// Ids that nobody can guess: a cryptographic generator (ChaCha12) seeded by the operating system.
    ///
    /// # Panics
    /// When the operating system has no randomness to give: without it no secret would be one.
    pub fn system(clock: Clock) -> Self {
        #[expect(clippy::expect_used, reason = "without randomness no secret would be one")]
        let rng = StdRng::try_from_rng(&mut SysRng).expect("the operating system gives randomness");
        Self { clock, source: Source::shared(rng) }
    }

    /// The same ids again for the same seed. For tests.
    pub fn seeded(clock: Clock, seed: u64) -> Self {
        Self { clock, source: Source::shared(StdRng::seed_from_u64(seed)) }
    }

    /// A new UUID, version 7 (RFC 9562, section 5.7), higher than every one before it: those of one millisecond are
    /// counted from a random start (section 6.2, method 1).
    pub fn uuid(&self) -> Uuid {
        let ms = u64::try_from(self.clock.now_ms()).unwrap_or(0);
        let mut random = [0; 10];
        let mut source = self.source.lock().unwrap_or_else(PoisonError::into_inner);
        source.rng.fill_bytes(&mut random);
        let (last_ms, last_count) = source.last;
        let start = u16::from_be_bytes([random[0], random[1]]) & COUNT_START_MAX;
        source.last = match last_count {
            _ if ms > last_ms => (ms, start),
            COUNT_MAX => (last_ms + 1, start),
            count => (last_ms, count + 1),
        };
        let (ms, count) = source.last;
        random[..2].copy_from_slice(&count.to_be_bytes());
        uuid::Builder::from_unix_timestamp_millis(ms, &random).into_uuid()
    }

    /// A secret of 256 bits, in hexadecimal.
    pub fn token(&self) -> Token {
        let mut random = [0; 32];
        self.fill(&mut random);
        Token(hex(&random))
    }

    /// A code for people: six characters of A to Z and 2 to 9 without look-alikes.
    pub fn code(&self) -> String {
        let mut source = self.source.lock().unwrap_or_else(PoisonError::into_inner);
        let letter = |byte: u32| CODE_LETTERS[byte as usize % CODE_LETTERS.len()] as char;
        (0..CODE_LENGTH).map(|_| letter(source.rng.next_u32())).collect()
    }

    /// A number below `bound`, for jitter. 0 for a bound of 0.
    pub fn below(&self, bound: u64) -> u64 {
        let mut source = self.source.lock().unwrap_or_else(PoisonError::into_inner);
        source.rng.next_u64().checked_rem(bound).unwrap_or(0)
    }

    /// A number from 0 to 1, for waits that shall differ.
    pub fn fraction(&self) -> f64 {
        let mut random = [0; 4];
        self.fill(&mut random);
        f64::from(u32::from_le_bytes(random)) / f64::from(u32::MAX)
    }

    /// `count` of these at random, in an order at random; all of them where there are no more.
    pub fn some<T>(&self, mut all: Vec<T>, count: usize) -> Vec<T> {
        let count = count.min(all.len());
        for place in 0..count {
            let left = u64::try_from(all.len() - place).unwrap_or(u64::MAX);
            all.swap(place, place + usize::try_from(self.below(left)).unwrap_or(0));
        }
        all.truncate(count);
        all
    }

    /// Fills `bytes` at random.
    pub fn fill(&self, bytes: &mut [u8]) {
        let mut source = self.source.lock().unwrap_or_else(PoisonError::into_inner);
        source.rng.fill_bytes(bytes);
    }
}

impl Source {
    fn shared(rng: StdRng) -> Arc<Mutex<Self>> {
        Arc::new(Mutex::new(Self { rng, last: (0, 0) }))
    }
}

impl Token {
    /// What somebody sent as a token.
    pub fn claimed(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The secret itself, to be shown once.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is stored and looked up. A token has 256 random bits, so a plain hash is enough.
    pub fn hash(&self) -> TokenHash {
        TokenHash(hex(&Sha256::digest(self.0.as_bytes())))
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(hidden)")
    }
}

/// A typed code as it is stored: upper case, without spaces and hyphens. None when it cannot be a code.
pub fn parse_code(text: &str) -> Option<String> {
    let code: String = text
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '-')
        .take(CODE_LENGTH + 1)
        .map(|c| c.to_ascii_uppercase())
        .collect();
    let fits = code.len() == CODE_LENGTH && code.bytes().all(|byte| CODE_LETTERS.contains(&byte));
    fits.then_some(code)
}

pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_version_7_and_carry_the_time() {
        let id = Ids::seeded(Clock::manual(1_795_291_200_123), 1).uuid();
        assert_eq!(id.get_version_num(), 7);
        assert_eq!(id.get_timestamp().map(|at| at.to_unix().0), Some(1_795_291_200));
    }

    #[test]
    fn every_id_is_higher_than_the_one_before() {
        let clock = Clock::manual(1_000);
        let ids = Ids::seeded(clock.clone(), 1);
        let mut last = ids.uuid();
        // More than a millisecond can count, and then a clock that goes on.
        for n in 0..10_000 {
            if n % 4_000 == 3_999 {
                clock.advance(std::time::Duration::from_millis(1));
            }
            let next = ids.uuid();
            assert!(next > last, "{n}: {next} after {last}");
            last = next;
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_ids() {
        let some = |seed| {
            let ids = Ids::seeded(Clock::manual(5), seed);
            (ids.uuid(), ids.code(), ids.token().reveal().to_owned())
        };
        assert_eq!(some(7), some(7));
        assert_ne!(some(7), some(8));
    }

    #[test]
    fn codes_are_read_with_any_case_and_spacing() {
        assert_eq!(parse_code(" abc-d2 3 "), Some("ABCD23".to_owned()));
        for bad in ["", "ABCD2", "ABCD234", "ABCDE0", "ABCDEI", "ÄBCDEF"] {
            assert_eq!(parse_code(bad), None, "{bad}");
        }
        let code = Ids::system(Clock::system()).code();
        assert_eq!(parse_code(&code), Some(code));
    }

    #[test]
    fn some_are_chosen_once_each_and_every_one_at_times() {
        let ids = Ids::seeded(Clock::manual(1), 3);
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..100 {
            let some = ids.some((0..10).collect(), 3);
            assert_eq!(some.iter().collect::<std::collections::BTreeSet<_>>().len(), 3, "{some:?}");
            seen.extend(some);
        }
        assert_eq!(seen.len(), 10);
        assert_eq!(ids.some(vec![7], 2), [7]);
        assert_eq!(ids.some(Vec::<u8>::new(), 2), [0; 0]);
    }

    #[test]
    fn a_token_does_not_show_itself() {
        let token = Ids::system(Clock::system()).token();
        assert_eq!(token.reveal().len(), 64);
        assert!(!format!("{token:?}").contains(token.reveal()));
        assert_ne!(token.hash().0, token.reveal());
    }
}
