//! When a certificate is asked for, where, and by which challenge. Pure: what was tried comes from the database, so a
//! restart changes nothing.
//!
//! What Let's Encrypt allows (its page on rate limits): five failed validations of a name an hour, five certificates for
//! the same names in seven days; renewals that it asked for itself (RFC 9773) are not counted. We stay below.

use crate::store::{Attempt, Challenge, HeldCertificate, Outcome, Stage};

const MINUTE_MS: i64 = 60 * 1_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

/// Tries count for so long.
pub const COUNTED_FOR_MS: i64 = 7 * DAY_MS;

/// Orders for the same names at the authority that browsers believe, in [`COUNTED_FOR_MS`].
const ORDERS_MAX: usize = 2;

/// Renewals that an authority asked for, in a day: one that asks again and again is not well.
const RENEWALS_MAX: usize = 2;

/// Tries of the same names that failed, in an hour.
const FAILURES_MAX: usize = 4;

/// How long to wait after the first failure in a row, the second and so on, in minutes.
const BACK_OFF_MINUTES: [i64; 7] = [5, 10, 20, 60, 120, 240, 360];

/// Between a rehearsal that went well and the real thing.
const AFTER_REHEARSAL_MS: i64 = 10 * 1_000;

/// A certificate is renewed when less than this part of its life is left, unless its authority said when; and when less
/// than the smaller part is left in any case.
const RENEWED_AT: i64 = 3;
const URGENT_AT: i64 = 20;

/// A renewal is late when less than this part of its life is left.
const LATE_AT: i64 = 5;

/// What the configuration leaves to choose from.
#[derive(Clone, Copy, Debug)]
pub struct Ways<'a> {
    /// In the order in which they are tried. Never empty.
    pub challenges: &'a [Challenge],
    /// There is an authority for tries.
    pub can_rehearse: bool,
}

/// The next try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Next {
    /// Not before this instant.
    pub at: i64,
    pub stage: Stage,
    pub challenge: Challenge,
}

/// When a certificate is to be renewed. At once where there is none.
pub fn due(held: Option<&HeldCertificate>) -> i64 {
    let Some(held) = held else { return 0 };
    let life = held.not_after - held.not_before;
    let by_itself = held.not_after - life / RENEWED_AT;
    let urgent = held.not_after - life / URGENT_AT;
    let due = held.renewal.map_or(by_itself, |renewal| renewal.at.min(urgent));
    held.wanted_at.map_or(due, |wanted_at| wanted_at.min(due))
}

/// From when on a certificate should have been renewed.
pub fn late_from(not_before: i64, not_after: i64) -> i64 {
    not_after - (not_after - not_before) / LATE_AT
}

/// The next try for a certificate that is due at `due`. `attempts` are those of the last [`COUNTED_FOR_MS`] at least, the
/// latest last.
pub fn next(due: i64, attempts: &[Attempt], ways: Ways<'_>) -> Next {
    let is_issued = |attempt: &&Attempt| attempt.outcome == Outcome::Issued;
    let since = attempts.iter().rposition(|attempt| attempt.stage == Stage::Production && is_issued(&attempt));
    let in_a_row = &attempts[since.map_or(0, |last| last + 1)..];
    let failures = in_a_row.iter().filter(|attempt| !is_issued(attempt)).count();
    let first = ways.challenges[failures % ways.challenges.len()];
    let (soonest, stage, challenge) = match in_a_row.last() {
        None => (due, Stage::Production, ways.challenges[0]),
        Some(rehearsed) if is_issued(&rehearsed) => {
            (rehearsed.at + AFTER_REHEARSAL_MS, Stage::Production, rehearsed.challenge)
        }
        Some(failed) => {
            // Where no order was taken there is nothing to rehearse; and one authority may be away while the other is not.
            let stage = if ways.can_rehearse && !failed.is_exempt { Stage::Rehearsal } else { Stage::Production };
            (failed.at + back_off(failures, failed.at), stage, first)
        }
    };
    let mut at = soonest.max(due);
    let failed = attempts.iter().filter(|attempt| !is_issued(attempt));
    at = at.max(room_at(failed, FAILURES_MAX, HOUR_MS));
    if stage == Stage::Production {
        let counted = attempts.iter().filter(|attempt| attempt.stage == Stage::Production && !attempt.is_exempt);
        at = at.max(room_at(counted, ORDERS_MAX, COUNTED_FOR_MS));
        let renewals = attempts.iter().filter(|attempt| attempt.stage == Stage::Production && is_issued(attempt));
        at = at.max(room_at(renewals, RENEWALS_MAX, DAY_MS));
    }
    Next { at, stage, challenge }
}

/// When there is room for one more, of which `most` may fall into any span of `within`.
fn room_at<'a>(counted: impl DoubleEndedIterator<Item = &'a Attempt>, most: usize, within: i64) -> i64 {
    counted.rev().nth(most - 1).map_or(0, |attempt| attempt.at + within)
}

/// Longer after each failure in a row, and a little different for everybody: `at` is as good as chance here.
fn back_off(failures: usize, at: i64) -> i64 {
    let last = BACK_OFF_MINUTES.len() - 1;
    let wait = BACK_OFF_MINUTES[failures.saturating_sub(1).min(last)] * MINUTE_MS;
    wait + wait / 10 * at.rem_euclid(1_000) / 1_000
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Renewal;
    use proptest::prelude::*;
    use uuid::Uuid;

    const ALL: [Challenge; 2] = [Challenge::Http01, Challenge::TlsAlpn01];
    const WAYS: Ways<'_> = Ways { challenges: &ALL, can_rehearse: true };
    const NO_REHEARSAL: Ways<'_> = Ways { challenges: &ALL, can_rehearse: false };

    fn attempt(at: i64, stage: Stage, challenge: Challenge, outcome: Outcome) -> Attempt {
        Attempt { id: Uuid::nil(), at, stage, challenge, outcome, is_exempt: false, problem: None }
    }

    fn held(not_before: i64, days: i64) -> HeldCertificate {
        HeldCertificate {
            chain: String::new(),
            private_key: String::new(),
            issued_at: not_before,
            not_before,
            not_after: not_before + days * DAY_MS,
            renewal: None,
            ask_again_at: None,
            wanted_at: None,
        }
    }

    #[test]
    fn a_certificate_is_due_when_a_third_of_its_life_is_left_or_when_its_authority_says_so() {
        assert_eq!(due(None), 0);
        assert_eq!(due(Some(&held(0, 90))), 60 * DAY_MS);
        assert_eq!(due(Some(&held(0, 6))), 4 * DAY_MS);
        let renewal = |at| Some(Renewal { window_start: at, window_end: at, at });
        let early = HeldCertificate { renewal: renewal(10 * DAY_MS), ..held(0, 90) };
        assert_eq!(due(Some(&early)), 10 * DAY_MS);
        let never = HeldCertificate { renewal: renewal(1_000 * DAY_MS), ..held(0, 80) };
        assert_eq!(due(Some(&never)), 76 * DAY_MS, "an authority that forgets it does not let it end");
        let wanted = HeldCertificate { wanted_at: Some(5), ..early };
        assert_eq!(due(Some(&wanted)), 5);
        assert_eq!(late_from(0, 90 * DAY_MS), 72 * DAY_MS);
    }

    #[test]
    fn after_a_failure_it_is_rehearsed_until_that_goes_well() {
        let mut tries = vec![];
        let first = next(500, &tries, WAYS);
        assert_eq!(first, Next { at: 500, stage: Stage::Production, challenge: Challenge::Http01 });

        tries.push(attempt(1_000, Stage::Production, Challenge::Http01, Outcome::Failed));
        let second = next(500, &tries, WAYS);
        assert_eq!(
            second,
            Next { at: 1_000 + 5 * MINUTE_MS, stage: Stage::Rehearsal, challenge: Challenge::TlsAlpn01 }
        );

        tries.push(attempt(second.at, Stage::Rehearsal, Challenge::TlsAlpn01, Outcome::Unfinished));
        let third = next(500, &tries, WAYS);
        assert_eq!((third.stage, third.challenge), (Stage::Rehearsal, Challenge::Http01));
        assert!(third.at >= second.at + 10 * MINUTE_MS);

        tries.push(attempt(third.at, Stage::Rehearsal, Challenge::Http01, Outcome::Issued));
        let real = next(500, &tries, WAYS);
        let at = third.at + AFTER_REHEARSAL_MS;
        assert_eq!(real, Next { at, stage: Stage::Production, challenge: Challenge::Http01 }, "in the way that worked");

        tries.push(attempt(at, Stage::Production, Challenge::Http01, Outcome::Issued));
        assert_eq!(next(at + 60 * DAY_MS, &tries, WAYS).stage, Stage::Production, "what went wrong before is over");
    }

    #[test]
    fn where_there_is_no_authority_for_tries_the_real_one_is_asked_again() {
        let tries = [attempt(0, Stage::Production, Challenge::Http01, Outcome::Failed)];
        let again = next(0, &tries, NO_REHEARSAL);
        assert_eq!(again, Next { at: 5 * MINUTE_MS, stage: Stage::Production, challenge: Challenge::TlsAlpn01 });
    }

    #[test]
    fn renewals_that_the_authority_asked_for_are_not_counted() {
        let mut tries: Vec<_> =
            (0..3).map(|n| attempt(n * DAY_MS, Stage::Production, Challenge::Http01, Outcome::Issued)).collect();
        assert_eq!(next(0, &tries, WAYS).at, DAY_MS + COUNTED_FOR_MS);
        tries[2].is_exempt = true;
        assert_eq!(next(0, &tries, WAYS).at, COUNTED_FOR_MS);
        tries[1].is_exempt = true;
        assert_eq!(next(3 * DAY_MS, &tries, WAYS).at, 3 * DAY_MS);
    }

    #[test]
    fn an_authority_that_wants_renewals_again_and_again_gets_two_a_day() {
        let renewal =
            |at| Attempt { is_exempt: true, ..attempt(at, Stage::Production, Challenge::Http01, Outcome::Issued) };
        assert_eq!(next(0, &[renewal(0)], WAYS).at, 0);
        assert_eq!(next(0, &[renewal(0), renewal(5)], WAYS).at, DAY_MS);
    }

    #[test]
    fn where_no_order_was_taken_nothing_is_rehearsed_or_counted() {
        let away = |at, stage| Attempt { is_exempt: true, ..attempt(at, stage, Challenge::Http01, Outcome::Failed) };
        let mut tries = vec![away(0, Stage::Production), away(HOUR_MS, Stage::Production)];
        tries.push(away(2 * HOUR_MS, Stage::Production));
        let again = next(0, &tries, WAYS);
        assert_eq!((again.at, again.stage), (2 * HOUR_MS + 20 * MINUTE_MS, Stage::Production));

        let refused = attempt(0, Stage::Production, Challenge::Http01, Outcome::Failed);
        let tries = [refused, away(5 * MINUTE_MS, Stage::Rehearsal)];
        assert_eq!(next(0, &tries, WAYS).stage, Stage::Production, "the authority for tries is away");
    }

    proptest! {
        /// However tries end, and however often the process is started again meanwhile.
        #[test]
        fn no_limit_is_ever_broken(
            ends in prop::collection::vec(
                (prop_oneof![Just(Outcome::Failed), Just(Outcome::Unfinished), Just(Outcome::Issued)], any::<bool>()),
                1..60,
            ),
            can_rehearse: bool,
            life_days in 1_i64..90,
        ) {
            let ways = Ways { challenges: &ALL, can_rehearse };
            let (mut tries, mut now, mut held_now): (Vec<Attempt>, i64, Option<HeldCertificate>) = (vec![], 1, None);
            for (outcome, is_exempt) in ends {
                let next = next(due(held_now.as_ref()), &tries, ways);
                now = now.max(next.at);
                let is_exempt = is_exempt && outcome != Outcome::Unfinished;
                tries.push(Attempt { is_exempt, ..attempt(now, next.stage, next.challenge, outcome) });
                if next.stage == Stage::Production && outcome == Outcome::Issued {
                    held_now = Some(held(now, life_days));
                }
            }
            for (place, last) in tries.iter().enumerate() {
                let within = |span: i64| tries[..=place].iter().filter(move |other| other.at > last.at - span);
                let failed = within(HOUR_MS).filter(|other| other.outcome != Outcome::Issued).count();
                prop_assert!(failed <= FAILURES_MAX, "{failed} failures in an hour");
                let is_order = |other: &&Attempt| other.stage == Stage::Production && !other.is_exempt;
                let orders = within(COUNTED_FOR_MS).filter(is_order).count();
                prop_assert!(orders <= ORDERS_MAX, "{orders} orders in a week");
                let is_new = |other: &&Attempt| other.stage == Stage::Production && other.outcome == Outcome::Issued;
                let issued = within(DAY_MS).filter(is_new).count();
                prop_assert!(issued <= RENEWALS_MAX, "{issued} certificates in a day");
            }
        }
    }
}
