//! Why an answer is judged as it is, for the box in which a host tries answers out.

use std::fmt;

use super::form::Nearness;
use super::{AnswerKey, Difference, Finding, Marking, Verdict, compared};

/// A verdict with its reason. [`fmt::Display`] says it in a sentence of plain English.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// What [`AnswerKey::judge`] says.
    pub verdict: Verdict,
    /// The form in which the answer was compared.
    pub compared: String,
    /// The accepted answer that the verdict speaks of.
    pub accepted: Option<String>,
    /// The reason.
    pub because: Because,
}

/// The reason for a [`Verdict`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Because {
    /// Accepted: nothing differs.
    Exact,
    /// Accepted: these differences do not matter for this question. Never empty.
    DifferencesIgnored(Vec<Difference>),
    /// Suggested: only these differ, and they matter for this question. Never empty.
    DifferencesThatCount(Vec<Difference>),
    /// Suggested: only a Roman numeral is written in digits, or digits as a Roman numeral.
    RomanNumeral,
    /// Suggested: the same words in another order.
    OtherOrder,
    /// Suggested: so many letters are added, left out, changed or swapped with a neighbour.
    NearMiss {
        /// At least 1.
        distance: usize,
    },
    /// Suggested: it is part of the accepted answer.
    PartOf,
    /// Suggested: the accepted answer is part of it.
    SaysMore,
    /// Not accepted: it means this other thing, or could just as well.
    ConfusedWith(String),
    /// Not accepted: it is not near any accepted answer.
    TooFar,
    /// Not accepted: there is nothing in it.
    Empty,
}

impl AnswerKey {
    /// Judges one answer and says why.
    #[must_use]
    pub fn explain(&self, answer: &str) -> Explanation {
        let (compared, finding) = self.weigh(answer);
        let accepted = |index: usize| Some(self.accepted[index].text.clone());
        let (verdict, accepted, because) = match finding {
            Finding::Empty => (Verdict::NotAccepted, None, Because::Empty),
            Finding::Far => (Verdict::NotAccepted, None, Because::TooFar),
            Finding::Confused(other) => (Verdict::NotAccepted, None, Because::ConfusedWith(other)),
            Finding::Equal(matched) => {
                let because = self.why_equal(answer, &self.accepted[matched].text);
                (Verdict::Accepted { matched }, accepted(matched), because)
            }
            Finding::Near(nearest, nearness) => {
                let because = self.why_near(answer, nearest, nearness);
                (Verdict::Suggested { nearest }, accepted(nearest), because)
            }
        };
        Explanation { verdict, compared, accepted, because }
    }

    fn why_equal(&self, answer: &str, accepted: &str) -> Because {
        // A form with its words run together equals the accepted answer only where fewer differences are ignored.
        let without_numbers = self.marking.without(Difference::NumberWords);
        let markings = [
            self.marking,
            without_numbers,
            self.marking.without(Difference::Articles),
            without_numbers.without(Difference::Articles),
        ];
        let differences = markings
            .into_iter()
            .find(|&marking| compared(answer, &marking) == compared(accepted, &marking))
            .map_or_else(|| vec![Difference::Spaces], |marking| differences(answer, accepted, marking));
        if differences.is_empty() { Because::Exact } else { Because::DifferencesIgnored(differences) }
    }

    fn why_near(&self, answer: &str, nearest: usize, nearness: Nearness) -> Because {
        let accepted = &self.accepted[nearest];
        match nearness {
            Nearness::Rewritten => {
                let mut counting = differences(answer, &accepted.text, Marking::default());
                counting.retain(|&difference| !self.marking.ignores(difference));
                Because::DifferencesThatCount(counting)
            }
            Nearness::Renumbered => Because::RomanNumeral,
            Nearness::Reordered => Because::OtherOrder,
            Nearness::Misspelt(distance) => Because::NearMiss { distance },
            Nearness::Part(_) if accepted.compared.len() > compared(answer, &Marking::default()).len() => {
                Because::PartOf
            }
            Nearness::Part(_) => Because::SaysMore,
        }
    }
}

/// The fewest differences that must be ignored for two answers, equal under `marking`, to be equal.
fn differences(one: &str, other: &str, marking: Marking) -> Vec<Difference> {
    // Those that people think of last are let go first.
    const LET_GO: [Difference; 6] = [
        Difference::NumberWords,
        Difference::Articles,
        Difference::Accents,
        Difference::Punctuation,
        Difference::Spaces,
        Difference::Case,
    ];
    let needed = LET_GO.into_iter().fold(marking, |marking, difference| {
        let less = marking.without(difference);
        if compared(one, &less) == compared(other, &less) { less } else { marking }
    });
    Difference::ALL.into_iter().filter(|&difference| needed.ignores(difference)).collect()
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let accepted = self.accepted.as_deref().unwrap_or_default();
        match &self.because {
            Because::Exact => write!(f, "Accepted: it is exactly “{accepted}”."),
            Because::DifferencesIgnored(which) => {
                write!(f, "Accepted as “{accepted}”: {} do not matter for this question.", Listed(which))
            }
            Because::DifferencesThatCount(which) => {
                write!(
                    f,
                    "For the host to decide: only {} differ from “{accepted}”, and they matter here.",
                    Listed(which)
                )
            }
            Because::RomanNumeral => {
                write!(f, "For the host to decide: it writes the number in “{accepted}” in the other way.")
            }
            Because::OtherOrder => {
                write!(f, "For the host to decide: it has the words of “{accepted}” in another order.")
            }
            Because::NearMiss { distance: 1 } => {
                write!(f, "For the host to decide: it is one letter away from “{accepted}”.")
            }
            Because::NearMiss { distance } => {
                write!(f, "For the host to decide: it is {distance} letters away from “{accepted}”.")
            }
            Because::PartOf => write!(f, "For the host to decide: it is a part of “{accepted}”."),
            Because::SaysMore => write!(f, "For the host to decide: it contains “{accepted}” and says more."),
            Because::ConfusedWith(other) => write!(f, "Not accepted: it could just as well mean “{other}”."),
            Because::TooFar => f.write_str("Not accepted: it is not near any accepted answer."),
            Because::Empty => f.write_str("Not accepted: there is nothing in it."),
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Case => "capital letters",
            Self::Accents => "accents",
            Self::Punctuation => "punctuation marks",
            Self::Articles => "articles",
            Self::Spaces => "spaces",
            Self::NumberWords => "numbers in words",
        })
    }
}

/// Joins words as a sentence does: `a`, `a and b`, `a, b and c`.
struct Listed<'a>(&'a [Difference]);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, difference) in self.0.iter().enumerate() {
            let separator = match index {
                0 => "",
                _ if index + 1 == self.0.len() => " and ",
                _ => ", ",
            };
            write!(f, "{separator}{difference}")?;
        }
        Ok(())
    }
}
