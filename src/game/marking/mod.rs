//! Marking typed answers: when is what a player typed the right answer, and when should the host look at it?
//!
//! Two answers are the same when their [`compared`] forms are equal, and only the same answer as an accepted one is
//! accepted. Whatever is merely near is suggested to the host and decided by the host, because names of different
//! things are often as near to each other as a misspelling is to its name (Iran, Iraq).
//!
//! The compared form groups answers in review and is stored in events. It must never change: the table in `tests.rs`
//! pins it. A correction that changes forms needs a form of its own beside this one.

mod articles;
mod confusable;
mod explain;
mod folding;
mod form;
mod literals;
mod nearest;
mod numbers;
mod punctuation;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use explain::{Because, Explanation};
use form::{Form, Nearness};
pub use nearest::{Distance, Number};

/// How typed answers are marked: which differences from an accepted one do not matter (all of them, unless a question
/// says otherwise), and whether the nearest number wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct Marking {
    /// `PARIS` is `Paris`, `STRASSE` is `Straße`.
    pub case: bool,
    /// `Malmo` is `Malmö`; also `Lodz` is `Łódź`, `Aeneid` is `Æneid`.
    pub accents: bool,
    /// `St Helens` is `St. Helens`, `dont` is `don't`, `Salt & Pepa` is `Salt and Pepa`, `1,000` is `1000`. Signs that
    /// carry meaning always count: `C++`, `C#`, `-5`, `3.5`, `50%`, `$5`.
    pub punctuation: bool,
    /// `Beatles` is `The Beatles`. Only at the head of an answer; the languages are in `articles.rs`.
    pub articles: bool,
    /// `Jean Luc` is `JeanLuc`. Numbers stay apart: `1 1` is not `11`.
    pub spaces: bool,
    /// `twenty-one` is `21`, `first` is `1st`. English only, up to trillions; no Roman numerals.
    pub number_words: bool,
    /// Of all answers that are numbers, those nearest to the accepted one are right. Then the differences only say
    /// which answers are judged together.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub nearest: bool,
}

/// One kind of difference, named as in [`Marking`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Difference {
    /// Capital and small letters.
    Case,
    /// Accents, and letters that are written without them on a plain keyboard.
    Accents,
    /// Punctuation that carries no meaning.
    Punctuation,
    /// The article at the head.
    Articles,
    /// Spaces between words.
    Spaces,
    /// Numbers in words or in digits.
    NumberWords,
}

/// What becomes of an answer before a host has looked at it. Indices are into the accepted answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The answer is the accepted answer at `matched`. Answers of equal compared form are accepted together.
    Accepted {
        /// The first accepted answer that it equals.
        matched: usize,
    },
    /// The answer is near the accepted answer at `nearest` and no other known answer is as near. The host decides.
    /// Answers of equal compared form nearly always agree in this, but it also looks at where their words begin.
    Suggested {
        /// The nearest accepted answer, the first of several.
        nearest: usize,
    },
    /// Nothing speaks for the answer. The host may still accept it.
    NotAccepted,
}

/// The right answers around a question: those of all questions of the quiz, prepared once and shared by their keys.
///
/// An answer that is as near to one of them as to the accepted answer is not suggested. The accepted answers of the
/// question itself may be among them.
#[derive(Clone, Debug, Default)]
pub struct KnownAnswers {
    by_form: BTreeMap<String, Form>,
}

/// The accepted answers of one question, prepared for judging many answers.
///
/// Besides its compared form, an accepted answer is matched by the forms it has when its words are run together:
/// `OnePlus` for `One Plus`, `Thebeatles` for `The Beatles`.
#[derive(Clone, Debug)]
pub struct AnswerKey {
    marking: Marking,
    accepted: Vec<Form>,
    by_form: BTreeMap<String, usize>,
    known: Arc<KnownAnswers>,
}

/// The form in which two answers are compared: they are the same answer when it is equal. Empty for an answer of
/// nothing but spaces and invisible characters, which is the same as no answer.
///
/// Comparing a compared form changes nothing: `compared(compared(x)) == compared(x)`. Time grows with the length.
#[must_use]
pub fn compared(answer: &str, marking: &Marking) -> String {
    // One step can make way for another (`o ne` becomes a number once its space is gone), so the steps are repeated
    // until nothing changes. Two rounds do for what people type; the bound is for what they paste.
    const ROUNDS: usize = 12;
    let mut form = compared_once(answer, *marking);
    for _ in 1..ROUNDS {
        if is_settled(&form, *marking) {
            break;
        }
        let again = compared_once(&form, *marking);
        if again == form {
            break;
        }
        form = again;
    }
    form
}

/// Judges one answer. To judge many, build an [`AnswerKey`] once.
///
/// `known` are other right answers around, see [`KnownAnswers`].
#[must_use]
pub fn judge(answer: &str, accepted: &[String], marking: &Marking, known: &[String]) -> Verdict {
    AnswerKey::new(accepted, *marking, known).judge(answer)
}

impl Marking {
    /// Every difference matters, except how the same characters are encoded.
    pub const STRICT: Self = Self {
        case: false,
        accents: false,
        punctuation: false,
        articles: false,
        spaces: false,
        number_words: false,
        nearest: false,
    };

    /// Whether `difference` does not matter.
    #[must_use]
    pub const fn ignores(self, difference: Difference) -> bool {
        match difference {
            Difference::Case => self.case,
            Difference::Accents => self.accents,
            Difference::Punctuation => self.punctuation,
            Difference::Articles => self.articles,
            Difference::Spaces => self.spaces,
            Difference::NumberWords => self.number_words,
        }
    }

    /// This marking where `difference` matters.
    #[must_use]
    pub const fn without(mut self, difference: Difference) -> Self {
        match difference {
            Difference::Case => self.case = false,
            Difference::Accents => self.accents = false,
            Difference::Punctuation => self.punctuation = false,
            Difference::Articles => self.articles = false,
            Difference::Spaces => self.spaces = false,
            Difference::NumberWords => self.number_words = false,
        }
        self
    }
}

impl Default for Marking {
    fn default() -> Self {
        Self {
            case: true,
            accents: true,
            punctuation: true,
            articles: true,
            spaces: true,
            number_words: true,
            nearest: false,
        }
    }
}

impl Difference {
    /// All of them, in the order in which a screen lists them.
    pub const ALL: [Self; 6] =
        [Self::Case, Self::Accents, Self::Punctuation, Self::Articles, Self::Spaces, Self::NumberWords];
}

impl KnownAnswers {
    /// Prepares `answers`, in any order; repetitions do no harm.
    pub fn new<T: AsRef<str>>(answers: impl IntoIterator<Item = T>) -> Self {
        let forms = answers.into_iter().map(|answer| Form::new(answer.as_ref()));
        let by_form = forms.filter(|form| !form.compared.is_empty()).map(|form| (form.compared.clone(), form));
        Self { by_form: by_form.collect() }
    }
}

impl AnswerKey {
    /// Prepares the accepted answers of a question. `known` are other right answers around, see [`KnownAnswers`];
    /// where many questions share them, [`AnswerKey::sharing`] prepares them once.
    #[must_use]
    pub fn new(accepted: &[String], marking: Marking, known: &[String]) -> Self {
        Self::sharing(accepted, marking, Arc::new(KnownAnswers::new(known)))
    }

    /// Prepares the accepted answers of a question among known answers that are prepared already.
    #[must_use]
    pub fn sharing(accepted: &[String], marking: Marking, known: Arc<KnownAnswers>) -> Self {
        let mut by_form = BTreeMap::new();
        for (index, text) in accepted.iter().enumerate() {
            by_form.entry(compared(text, &marking)).or_insert(index);
        }
        for (index, text) in accepted.iter().enumerate() {
            for form in forms_run_together(text, marking) {
                by_form.entry(form).or_insert(index);
            }
        }
        by_form.remove("");
        let accepted = accepted.iter().map(|text| Form::new(text)).collect();
        Self { marking, accepted, by_form, known }
    }

    /// The differences that do not matter here.
    #[must_use]
    pub const fn marking(&self) -> Marking {
        self.marking
    }

    /// Judges one answer.
    #[must_use]
    pub fn judge(&self, answer: &str) -> Verdict {
        match self.weigh(answer).1 {
            Finding::Equal(matched) => Verdict::Accepted { matched },
            Finding::Near(nearest, _) => Verdict::Suggested { nearest },
            Finding::Empty | Finding::Confused(_) | Finding::Far => Verdict::NotAccepted,
        }
    }

    /// The compared form of `answer` and what was found. The form alone decides whether it is [`Finding::Equal`].
    fn weigh(&self, answer: &str) -> (String, Finding) {
        let form = compared(answer, &self.marking);
        if form.is_empty() {
            return (form, Finding::Empty);
        }
        if let Some(&index) = self.by_form.get(&form) {
            return (form, Finding::Equal(index));
        }
        let finding = if self.marking == Marking::default() {
            self.search(&Form::with_form(answer, form.clone()))
        } else {
            self.search(&Form::new(answer))
        };
        (form, finding)
    }

    /// Looks for the nearest accepted answer and for what else `answer` could mean.
    fn search(&self, answer: &Form) -> Finding {
        let mut best: Option<(Nearness, usize)> = None;
        let mut confused = None;
        let partners = confusable::partners(&answer.compared);
        for (index, right) in self.accepted.iter().enumerate() {
            if partners.iter().any(|partner| partner.compared == right.compared) {
                confused = Some(answer.text.trim().to_owned());
                continue;
            }
            let Some(nearness) = answer.nearness(right) else {
                continue;
            };
            if answer.is_told_apart_by_a_word(right, confusable::is_pair) {
                confused = Some(answer.text.trim().to_owned());
                continue;
            }
            if best.is_none_or(|best| (nearness, index) < best) {
                best = Some((nearness, index));
            }
        }
        let Some((nearness, index)) = best else {
            return confused.map_or(Finding::Far, Finding::Confused);
        };
        match self.rival(answer, nearness) {
            Some(rival) => Finding::Confused(rival),
            None => Finding::Near(index, nearness),
        }
    }

    /// Another right answer that is as near to `answer` as the nearest accepted one, which is at `nearness`.
    fn rival(&self, answer: &Form, nearness: Nearness) -> Option<String> {
        if nearness == Nearness::Rewritten {
            return None;
        }
        if let Some(same) = self.known.by_form.get(&answer.compared) {
            return Some(same.text.clone());
        }
        let is_other = |form: &Form| !self.accepted.iter().any(|right| right.compared == form.compared);
        let mut known = self.known.by_form.values();
        let rival = match nearness {
            Nearness::Rewritten | Nearness::Renumbered | Nearness::Reordered => None,
            Nearness::Misspelt(_) if confusable::is_name(&answer.compared) => Some(answer),
            Nearness::Misspelt(distance) => known
                .chain(self.accepted.iter().flat_map(|right| confusable::partners(&right.compared)))
                .find(|form| answer.distance_within(form, distance).is_some() && is_other(form)),
            // Charlton is no nearer to Jack than to Bobby because that name is shorter.
            Nearness::Part(_) => known.find(|form| answer.nearness(form).is_some() && is_other(form)),
        };
        rival.map(|form| form.text.trim().to_owned())
    }
}

/// What a search for an answer among the accepted ones comes to.
enum Finding {
    Empty,
    Equal(usize),
    Near(usize, Nearness),
    /// It means this other thing.
    Confused(String),
    Far,
}

fn compared_once(answer: &str, marking: Marking) -> String {
    let characters = folding::characters(answer, marking);
    let mut text = characters.as_str();
    if marking.articles {
        text = articles::without_article(text, marking.punctuation);
    }
    let settled = if marking.punctuation { Cow::Owned(punctuation::settle(text)) } else { Cow::Borrowed(text) };
    let mut words: Vec<&str> = settled.split_whitespace().collect();
    if marking.punctuation {
        spell_and(&mut words);
    }
    if marking.number_words { joined(&numbers::in_digits(&words), marking) } else { joined(&words, marking) }
}

/// Whether `form` is one plain word that no further round can change.
fn is_settled(form: &str, marking: Marking) -> bool {
    let plain = form.bytes().all(|b| b.is_ascii_lowercase());
    plain && (!marking.number_words || numbers::in_digits(&[form]).concat() == form)
}

/// `Guns n Roses` is `Guns and Roses`; between single letters an n is an n.
fn spell_and(words: &mut [&str]) {
    for at in 1..words.len().saturating_sub(1) {
        if matches!(words[at], "n" | "N") && words[at - 1].chars().count() > 1 && words[at + 1].chars().count() > 1 {
            words[at] = "and";
        }
    }
}

/// Puts the words together again. Where spaces do not matter, an underscore keeps apart what would otherwise become
/// one number or another sign.
fn joined<T: AsRef<str>>(words: &[T], marking: Marking) -> String {
    let mut form = String::new();
    for word in words {
        let word = word.as_ref();
        if let (Some(before), Some(after)) = (form.chars().next_back(), word.chars().next()) {
            let numbers_meet = before.is_ascii_digit() && (after.is_ascii_digit() || punctuation::is_currency(after));
            let sign_meets = marking.punctuation && (before == '-' || after == '-');
            if numbers_meet && (marking.punctuation || marking.spaces) || sign_meets && marking.spaces {
                form.push('_');
            } else if !marking.spaces {
                form.push(' ');
            }
        }
        form.push_str(word);
    }
    form
}

/// The forms of an accepted answer that was typed without the spaces that tell its article, its numbers, or the words
/// of `OnePlus` apart.
fn forms_run_together(text: &str, marking: Marking) -> Vec<String> {
    if !marking.spaces {
        return Vec::new();
    }
    let whole_words = marking.without(Difference::NumberWords);
    let mut forms = vec![
        compared(text, &whole_words),
        compared(text, &marking.without(Difference::Articles)),
        compared(text, &whole_words.without(Difference::Articles)),
    ];
    let mut apart = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if c.is_uppercase() && apart.ends_with(char::is_lowercase) {
            apart.push(' ');
        }
        apart.push(c);
    }
    forms.push(compared(&apart, &marking));
    forms
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
