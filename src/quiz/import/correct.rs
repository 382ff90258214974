//! Which option a cell means by "the correct answer": its words, its letter (A–F) or its number
//! (1–6).
//!
//! "2" can be the second option or the option that reads 2. A sheet is written one way throughout,
//! so the rows that can only be read one way decide for the others; without such rows, or with rows
//! of both ways, it is reported.

use crate::quiz::import::Reason;
use crate::quiz::import::preview::shown;
use crate::quiz::text::{folded, tidy, trim};

/// "(option b):" in bytes, with room for a second space.
const LONGEST_PLACE: usize = 12;

/// How the sheet names its correct answers, as far as rows that can only be read one way tell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Style {
    by_words: bool,
    by_place: bool,
}

impl Style {
    /// For formats that always repeat the words of the option.
    pub(crate) const WORDS: Self = Self { by_words: true, by_place: false };
    const PLACES: Self = Self { by_words: false, by_place: true };

    /// Takes a row into account.
    pub(crate) fn note(&mut self, given: &str, options: &[&str]) {
        let place = at_place(given, options);
        if place.is_none() && self.by_words {
            return;
        }
        match (with_words(given, options).as_slice(), place) {
            ([_], None) => self.by_words = true,
            ([], Some(_)) => self.by_place = true,
            (_, _) => {}
        }
    }
}

/// The index of the option that is meant. Blank options keep their place and are never meant.
pub(crate) fn resolve(given: &str, options: &[&str], style: Style) -> Result<usize, Reason> {
    let words = with_words(given, options);
    let place = at_place(given, options);
    match (words.as_slice(), place) {
        ([], None) => Err(Reason::CorrectNotAnOption { given: shown(given) }),
        ([], Some(_)) if style == Style::WORDS => Err(Reason::CorrectNotAnOption { given: shown(given) }),
        ([], Some(only)) | (&[only], None) => Ok(only),
        (&[words], Some(place)) if words == place || style == Style::WORDS => Ok(words),
        (_, Some(place)) if style == Style::PLACES => Ok(place),
        ([_], Some(_)) => Err(Reason::CorrectTwoWays { given: shown(given) }),
        ([_, _, ..], _) => Err(Reason::CorrectMatchesSeveral { given: shown(given) }),
    }
}

/// The options that read the same: to the letter, or else but for case and spaces.
fn with_words(given: &str, options: &[&str]) -> Vec<usize> {
    let wanted = tidy(given);
    if wanted.is_empty() {
        return Vec::new();
    }
    let exact: Vec<usize> = (0..options.len()).filter(|&at| tidy(options[at]) == wanted).collect();
    if !exact.is_empty() {
        return exact;
    }
    let wanted = folded(&wanted);
    (0..options.len()).filter(|&at| folded(options[at]) == wanted).collect()
}

/// The option at a letter or number: "B", "b)", "2", "2.", "Option B".
fn at_place(given: &str, options: &[&str]) -> Option<usize> {
    if trim(given).len() > LONGEST_PLACE {
        return None;
    }
    let folded = folded(given);
    let bare = ["option ", "choice ", "answer "].iter().find_map(|word| folded.strip_prefix(word)).unwrap_or(&folded);
    let bare = bare.trim_start_matches('(').trim_end_matches([')', '.', ':']);
    let &[sign] = bare.as_bytes() else {
        return None;
    };
    let place = match sign {
        b'a'..=b'f' => sign - b'a',
        b'1'..=b'6' => sign - b'1',
        _ => return None,
    };
    let place = usize::from(place);
    options.get(place).is_some_and(|option| !tidy(option).is_empty()).then_some(place)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CITIES: [&str; 4] = ["Rome", "Paris", "", "Oslo"];
    const NUMBERS: [&str; 4] = ["2", "4", "1", "8"];

    fn alone(given: &str, options: &[&str]) -> Result<usize, Reason> {
        resolve(given, options, Style::default())
    }

    #[test]
    fn words_letters_and_numbers_are_read() {
        for given in ["Paris", " paris ", "PARIS", "B", "b", "(b)", "B.", "2", "2)", "Option B", "answer 2"] {
            assert_eq!(alone(given, &CITIES), Ok(1), "{given}");
        }
        for given in ["C", "3", "E", "7", "Berlin", "0", "Option"] {
            assert!(matches!(alone(given, &CITIES), Err(Reason::CorrectNotAnOption { .. })), "{given}");
        }
    }

    #[test]
    fn what_matches_several_options_is_reported() {
        let twice = ["egg", "cell", "egg"];
        assert!(matches!(alone("egg", &twice), Err(Reason::CorrectMatchesSeveral { .. })));
        assert!(matches!(alone("EGG", &twice), Err(Reason::CorrectMatchesSeveral { .. })));
        assert_eq!(alone("Co", &["CO", "Co", "co"]), Ok(1), "to the letter before but for case");
    }

    #[test]
    fn words_and_place_that_disagree_are_reported_unless_the_sheet_tells() {
        assert!(matches!(alone("2", &NUMBERS), Err(Reason::CorrectTwoWays { .. })));
        assert!(matches!(alone("B", &["C", "A", "B"]), Err(Reason::CorrectTwoWays { .. })));
        assert_eq!(alone("B", &["A", "B", "C"]), Ok(1), "both ways mean the same");

        let mut words = Style::default();
        words.note("Paris", &CITIES);
        words.note("2", &NUMBERS);
        assert_eq!(resolve("2", &NUMBERS, words), Ok(0));

        let mut places = Style::default();
        places.note("B", &CITIES);
        assert_eq!(resolve("2", &NUMBERS, places), Ok(1));

        let mut both = words;
        both.note("B", &CITIES);
        assert!(matches!(resolve("2", &NUMBERS, both), Err(Reason::CorrectTwoWays { .. })));
    }
}
