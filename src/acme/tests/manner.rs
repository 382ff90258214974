//! How the authority of the tests behaves, and what it has been asked.

pub(super) const HOUR_MS: i64 = 3_600 * 1_000;
pub(super) const DAY_MS: i64 = 24 * HOUR_MS;

/// How it behaves. Can be changed at any time.
#[derive(Clone, Debug)]
pub(super) struct Manner {
    /// Whoever connects is cut off.
    pub is_down: bool,
    /// How long a certificate is valid.
    pub life_ms: i64,
    /// It knows RFC 9773.
    pub knows_renewals: bool,
    /// When it wants a certificate renewed.
    pub window: (i64, i64),
    /// In how many seconds it is to be asked again for that.
    pub ask_again_in: Option<u32>,
    pub replacing: Replacing,
    /// What it says instead of doing what is asked of it.
    pub refusals: Vec<Refusal>,
    /// By which challenges it cannot make sure of a name, and the kind of problem it says.
    pub unproved: Vec<(&'static str, &'static str)>,
    /// It says so at once, in the answer to the challenge.
    pub tells_at_once: bool,
    pub sends: Sends,
}

/// What it does with an order that is the renewal of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Replacing {
    Taken,
    /// Another one has replaced it already.
    Refused,
    /// It does not say that it has understood.
    Unsaid,
}

/// A refusal of what is asked at paths that begin with `at`, so many `times`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Refusal {
    pub at: &'static str,
    pub status: u16,
    pub kind: &'static str,
    pub detail: &'static str,
    pub times: usize,
}

/// What it calls the certificate of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sends {
    WhatWasOrdered,
    ForOtherNames,
    ForTheFirstNameOnly,
    WithAnotherKey,
    Nonsense,
}

/// What it has been asked.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    /// Connections and requests, whatever became of them.
    pub connections: usize,
    pub requests: usize,
    pub accounts: usize,
    /// The key ids of the accounts that it was to know already.
    pub bindings: Vec<String>,
    /// Orders as they were asked for, whatever became of them: what they replace.
    pub orders: Vec<Option<String>>,
    /// When.
    pub ordered_at: Vec<i64>,
    /// For when it wants certificates renewed.
    pub windows: usize,
    /// The challenges by which it made sure.
    pub proved: Vec<String>,
    pub issued: usize,
}

impl Manner {
    pub fn at(now_ms: i64) -> Self {
        Self {
            is_down: false,
            life_ms: 160 * HOUR_MS,
            knows_renewals: true,
            window: (now_ms + 3 * DAY_MS, now_ms + 4 * DAY_MS),
            ask_again_in: Some(6 * 3_600),
            replacing: Replacing::Taken,
            refusals: vec![],
            unproved: vec![],
            tells_at_once: false,
            sends: Sends::WhatWasOrdered,
        }
    }
}
