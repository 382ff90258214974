//! How near one answer is to another that it does not equal.

use super::{Difference, Marking, compared};

/// An answer prepared for measuring how near it is to others. Every difference that can be ignored is ignored here.
#[derive(Clone, Debug)]
pub(super) struct Form {
    /// As it was written.
    pub(super) text: String,
    pub(super) compared: String,
    words: Vec<String>,
    /// `compared` without what only keeps numbers apart, and the bytes at which its words begin or end.
    run: String,
    boundaries: Vec<usize>,
    length: usize,
    letters: usize,
    /// One bit for each kind of character, to refuse most comparisons in a few instructions.
    kinds: u64,
    numbers: String,
}

/// Nearer ones are less.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Nearness {
    /// The same, but for a difference that this question does not ignore.
    Rewritten,
    /// The same, but for a Roman numeral written in digits or digits as a Roman numeral.
    Renumbered,
    /// The same words in another order.
    Reordered,
    /// So many letters added, left out, changed or swapped with a neighbour.
    Misspelt(usize),
    /// All words of the one within the other, and so many characters more.
    Part(usize),
}

/// Longest form whose letters are compared; no answer within the limits comes near it.
const LENGTH_MAX: usize = 1_000;

impl Form {
    pub(super) fn new(text: &str) -> Self {
        Self::with_form(text, compared(text, &Marking::default()))
    }

    /// With the form that `text` has under the default marking.
    pub(super) fn with_form(text: &str, form: String) -> Self {
        let one_word = text.bytes().all(|b| b.is_ascii_alphanumeric());
        let spaced =
            if one_word { form.clone() } else { compared(text, &Marking::default().without(Difference::Spaces)) };
        let words: Vec<String> = spaced.split([' ', '_']).filter(|word| !word.is_empty()).map(str::to_owned).collect();
        let run = form.replace('_', "");
        let mut boundaries = vec![0];
        if words.concat() == run {
            boundaries.extend(words.iter().scan(0, |end, word| {
                *end += word.len();
                Some(*end)
            }));
        } else {
            boundaries.push(run.len());
        }
        Self {
            text: text.to_owned(),
            words,
            boundaries,
            length: form.chars().count(),
            letters: form.chars().filter(|c| c.is_alphabetic()).count(),
            kinds: form.chars().fold(0, |kinds, c| kinds | 1 << (u32::from(c) % 64)),
            numbers: numbers(&form),
            run,
            compared: form,
        }
    }

    /// How near this answer is to the right one; `None` when nobody would take it for that.
    ///
    /// Answers with other numbers are never near; a Roman numeral is no other number than its digits.
    pub(super) fn nearness(&self, right: &Self) -> Option<Nearness> {
        if self.compared.is_empty() || right.compared.is_empty() {
            return None;
        }
        if self.compared == right.compared {
            return Some(Nearness::Rewritten);
        }
        if self.numbers != right.numbers {
            return self.has_numerals_of(right).then_some(Nearness::Renumbered);
        }
        if self.has_words_of(right) {
            return Some(Nearness::Reordered);
        }
        if let Some(distance) = self.distance_within(right, misspelling_bound(right.letters)) {
            return Some(Nearness::Misspelt(distance));
        }
        let is_part = self.is_part_of(right)
            || right.is_part_of(self)
            || self.is_bare_number() != right.is_bare_number() && !self.numbers.is_empty();
        is_part.then_some(Nearness::Part(self.length.abs_diff(right.length)))
    }

    /// The number of letters by which the two differ, if it is not above `bound` and their numbers are the same.
    pub(super) fn distance_within(&self, other: &Self, bound: usize) -> Option<usize> {
        // Each edit touches at most two kinds of character: one that goes, one that comes.
        let kinds_apart = (self.kinds ^ other.kinds).count_ones() as usize;
        let hopeless = self.length.abs_diff(other.length) > bound
            || kinds_apart > 2 * bound
            || self.length.max(other.length) > LENGTH_MAX
            || self.numbers != other.numbers;
        if hopeless {
            return None;
        }
        Some(strsim::osa_distance(&self.compared, &other.compared)).filter(|&distance| distance <= bound)
    }

    /// Whether one word makes another thing of it: the wrong one of a pair that people confuse, another ruler's number.
    pub(super) fn is_told_apart_by_a_word(&self, other: &Self, is_pair: impl Fn(&str, &str) -> bool) -> bool {
        self.words.len() == other.words.len()
            && self.words.len() > 1
            && self.words.iter().zip(&other.words).any(|(one, other)| {
                one != other && (is_pair(one, other) || roman_value(one).is_some() && roman_value(other).is_some())
            })
    }

    /// Whether the words differ only in how a number after the first word is written: `Rocky 2`, `Rocky II`.
    fn has_numerals_of(&self, other: &Self) -> bool {
        let same_value = |numeral: &str, digits: &str| roman_value(numeral).is_some_and(|v| v.to_string() == digits);
        self.words.len() == other.words.len()
            && self.words.first() == other.words.first()
            && self
                .words
                .iter()
                .zip(&other.words)
                .all(|(one, other)| one == other || same_value(one, other) || same_value(other, one))
    }

    fn has_words_of(&self, other: &Self) -> bool {
        if self.words.len() != other.words.len() || self.words.len() < 2 || self.kinds != other.kinds {
            return false;
        }
        let sorted = |form: &Self| {
            let mut words = form.words.clone();
            words.sort_unstable();
            words
        };
        sorted(self) == sorted(other)
    }

    /// Whether these words stand in `whole`, in this order and nothing between them, and say something.
    fn is_part_of(&self, whole: &Self) -> bool {
        let says_something = self.letters >= 3 || !self.numbers.is_empty() || !self.compared.is_ascii();
        says_something
            && self.run.len() < whole.run.len()
            && self.kinds & !whole.kinds & !KEEPS_APART == 0
            && !self.words.iter().all(|word| FILLERS.contains(&word.as_str()))
            && whole.run.match_indices(&self.run).any(|(start, found)| {
                whole.boundaries.contains(&start) && whole.boundaries.contains(&(start + found.len()))
            })
    }

    /// Whether the answer is numbers and nothing else, neither unit nor currency.
    fn is_bare_number(&self) -> bool {
        !self.numbers.is_empty() && self.compared.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | '-' | '_'))
    }
}

/// How many letters of a right answer with so many `letters` can be wrong.
fn misspelling_bound(letters: usize) -> usize {
    match letters {
        0..=3 => 0,
        4..=7 => 1,
        8..=13 => 2,
        14.. => 3,
    }
}

/// The bit of the underscore in [`Form::kinds`].
const KEEPS_APART: u64 = 1 << (b'_' % 64);

/// Words that name nothing by themselves.
const FILLERS: [&str; 32] = [
    "and", "for", "from", "the", "with", "del", "der", "des", "las", "les", "los", "van", "von", "new", "old", "big",
    "great", "north", "south", "east", "west", "saint", "mount", "lake", "river", "sea", "city", "king", "queen",
    "sir", "lord", "not",
];

/// The numbers in a compared form, in their order, signs and decimals included.
fn numbers(form: &str) -> String {
    let mut numbers = String::new();
    let mut rest = form;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, number) = rest.split_at(start);
        let end = number.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(number.len());
        let mut signs = before.chars().rev();
        let negative = signs.next() == Some('-') && !signs.next().is_some_and(char::is_alphanumeric);
        numbers.push_str(if negative { " -" } else { " " });
        numbers.push_str(number[..end].trim_end_matches('.'));
        rest = &number[end..];
    }
    numbers
}

/// The value of a Roman numeral below 40, which is as far as rulers, popes and sequels go.
fn roman_value(word: &str) -> Option<usize> {
    const UNITS: [&str; 10] = ["", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix"];
    let units = word.trim_start_matches('x');
    let tens = word.len() - units.len();
    let value = 10 * tens + UNITS.iter().position(|&written| written == units)?;
    (tens <= 3 && value > 0).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(answer: &str, right: &str) -> Option<Nearness> {
        Form::new(answer).nearness(&Form::new(right))
    }

    #[test]
    fn measures_nearness() {
        use Nearness::{Misspelt, Part, Renumbered, Reordered, Rewritten};
        for (answer, right, expected) in [
            ("PARIS", "Paris", Some(Rewritten)),
            ("Rocky 2", "Rocky II", Some(Renumbered)),
            ("Rocky 3", "Rocky II", None),
            ("Curie Marie", "Marie Curie", Some(Reordered)),
            ("Parsi", "Paris", Some(Misspelt(1))),
            ("Rom", "Rome", Some(Misspelt(1))),
            ("Ron", "Rom", None),
            ("Shakespear", "Shakespeare", Some(Misspelt(1))),
            ("Shakspear", "Shakespeare", Some(Misspelt(2))),
            ("Einstein", "Albert Einstein", Some(Part(6))),
            ("Vangogh", "Vincent van Gogh", Some(Part(7))),
            ("river thames", "Thames", Some(Part(5))),
            ("Bert", "Albert Einstein", None),
            ("New", "New York", None),
            ("of", "Duke of York", None),
            ("毛", "毛 泽东", Some(Part(2))),
            ("Apolo 13", "Apollo 13", Some(Misspelt(1))),
            ("Apollo 11", "Apollo 13", None),
            ("Apollo", "Apollo 13", None),
            ("21", "21st", Some(Part(2))),
            ("50", "50%", Some(Part(1))),
            ("£5", "$5", None),
            ("-5", "5", None),
            ("3.5", "35", None),
            ("1984", "1985", None),
        ] {
            assert_eq!(near(answer, right), expected, "{answer} for {right}");
        }
    }

    #[test]
    fn reads_roman_numerals() {
        for (numeral, value) in [("i", 1), ("iv", 4), ("viii", 8), ("ix", 9), ("x", 10), ("xiv", 14), ("xxxix", 39)] {
            assert_eq!(roman_value(numeral), Some(value), "{numeral}");
        }
        for word in ["", "iiii", "vx", "xxxx", "mix", "ixi"] {
            assert_eq!(roman_value(word), None, "{word}");
        }
    }

    #[test]
    fn tells_numbers() {
        assert_eq!(numbers("a-5"), " 5");
        assert_eq!(numbers("-5_3.5x7"), " -5 3.5 7");
        assert_eq!(numbers("9/11"), " 9 11");
    }
}
