//! What every authored text has in common: how it is tidied, measured and refused.

use std::borrow::Cow;
use std::fmt;

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};
use unicode_normalization::char::is_combining_mark;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use crate::limits::{DESCRIPTION_CHARS_MAX, TIME_LIMIT_SECONDS_MAX, TIME_LIMIT_SECONDS_MIN, TITLE_CHARS_MAX};

/// The name of a bank or quiz, or the title of a round: one line of 1 to [`TITLE_CHARS_MAX`]
/// characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Title(String);

impl Title {
    /// Checks a name; `field` is where the problem is reported (`name`, `title`).
    ///
    /// # Errors
    /// Empty, too long, several lines, or characters that no title holds.
    pub fn new(field: &str, raw: &str) -> Result<Self, Problem> {
        let what = if field == "title" { "The title" } else { "The name" };
        checked(field, what, raw, TITLE_CHARS_MAX, Lines::One).map(Self)
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }
}

/// What a bank or quiz is about: 1 to [`DESCRIPTION_CHARS_MAX`] characters, several lines allowed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Description(String);

impl Description {
    /// Checks a description; one that is blank is none.
    ///
    /// # Errors
    /// Too long, or characters that no text holds.
    pub fn new(raw: &str) -> Result<Option<Self>, Problem> {
        if is_blank(raw) {
            return Ok(None);
        }
        checked("description", "The description", raw, DESCRIPTION_CHARS_MAX, Lines::Many).map(|text| Some(Self(text)))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }
}

/// One thing wrong with what was sent: the field it stands beside, and what is wrong in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Path of the field as it was sent, for instance `prompt` or `choices.2.text` (counted from
    /// 0).
    pub field: String,
    pub fault: Fault,
}

impl Problem {
    pub(crate) fn new(field: impl Into<String>, fault: Fault) -> Self {
        Self { field: field.into(), fault }
    }

    /// The sentence for people.
    #[must_use]
    pub fn message(&self) -> String {
        self.fault.to_string()
    }

    pub(crate) fn within(mut self, path: &str) -> Self {
        self.field = format!("{path}.{}", self.field);
        self
    }
}

/// What can be wrong with authored material. `what` names the part in words: "The question",
/// "Choice 3".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("{what} is empty.")]
    Empty { what: String },
    #[error("{what} is {chars} characters long; at most {max} fit.")]
    TooLong { what: String, chars: usize, max: usize },
    #[error("{what} runs over several lines or holds a tab; it must be a single line.")]
    SeveralLines { what: String },
    #[error("{what} holds an invisible control character (U+{code:04X}).")]
    Control { what: String, code: u32 },
    #[error("{what} holds a damaged character: its original was lost before it came here.")]
    Damaged { what: String },
    #[error("{what} must be from {min} to {max}, not {given}.")]
    OutOfRange { what: String, min: u32, max: u32, given: i64 },
    #[error("{what} must number from {min} to {max}; there are {given}.")]
    Count { what: String, min: usize, max: usize, given: usize },
    #[error("{what} holds a comma, which stands between two tags.")]
    Comma { what: String },
    #[error("{what} {second} is the same as {first}.")]
    Same { what: String, first: usize, second: usize },
    #[error("Where the nearest number wins, there is one accepted answer: a number in digits, such as 1889 or 3.5.")]
    NotOneNumber,
    #[error("No choice is marked as correct.")]
    NoneCorrect,
    #[error("{given} choices are marked as correct; exactly one must be.")]
    SeveralCorrect { given: usize },
    #[error("The kind of question is missing; it is \"text\" or \"multiple_choice\".")]
    KindMissing,
    #[error("{given:?} is not a kind of question; it is \"text\" or \"multiple_choice\".")]
    KindUnknown { given: String },
    #[error("{what} do not belong to a question of this kind.")]
    NotOfThisKind { what: String },
    #[error("{what} is not something this version of Quibble knows, and would be lost.")]
    UnknownField { what: String },
    #[error("Not readable here: {detail}.")]
    Unreadable { detail: String },
    #[error("There is no question {question} in bank {bank} of this file.")]
    NoSuchQuestion { bank: usize, question: usize },
    #[error("The same question stands twice in this round.")]
    TwiceInRound,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.fault)
    }
}

impl std::error::Error for Problem {}

impl Serialize for Problem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Problem", 2)?;
        out.serialize_field("field", &self.field)?;
        out.serialize_field("message", &self.message())?;
        out.end()
    }
}

/// Whether a text may hold line breaks and tabs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lines {
    One,
    Many,
}

/// Tidies a text and checks it: characters are Unicode scalar values, counted after tidying.
pub(crate) fn checked(
    field: &str,
    what: impl Into<String>,
    raw: &str,
    max: usize,
    lines: Lines,
) -> Result<String, Problem> {
    let text = tidy(raw);
    let refuse = |fault| Err(Problem::new(field, fault));
    if is_blank(&text) {
        return refuse(Fault::Empty { what: what.into() });
    }
    for c in text.chars() {
        // Nearly every character is one of these.
        if matches!(c, ' '..='~') {
            continue;
        }
        if matches!(c, '\n' | '\t' | '\u{2028}' | '\u{2029}') {
            if lines == Lines::One {
                return refuse(Fault::SeveralLines { what: what.into() });
            }
        } else if c == char::REPLACEMENT_CHARACTER {
            return refuse(Fault::Damaged { what: what.into() });
        } else if c.is_control() || is_noncharacter(c) {
            return refuse(Fault::Control { what: what.into(), code: u32::from(c) });
        }
    }
    let chars = text.chars().count();
    if chars > max {
        return refuse(Fault::TooLong { what: what.into(), chars, max });
    }
    Ok(text.into_owned())
}

/// Checks a time limit in whole seconds.
pub(crate) fn checked_time_limit(given: i64) -> Result<u32, Problem> {
    let (min, max) = (TIME_LIMIT_SECONDS_MIN, TIME_LIMIT_SECONDS_MAX);
    in_range(given, min, max).ok_or_else(|| {
        let what = "The time limit in seconds".to_owned();
        Problem::new("time_limit_seconds", Fault::OutOfRange { what, min, max, given })
    })
}

pub(crate) fn in_range(given: i64, min: u32, max: u32) -> Option<u32> {
    u32::try_from(given).ok().filter(|number| (min..=max).contains(number))
}

/// A text as it is kept: composed (NFC, Unicode Standard Annex 15), line breaks as `\n`, nothing
/// blank at either end.
pub(crate) fn tidy(raw: &str) -> Cow<'_, str> {
    let text = trim(raw);
    let composed: Cow<'_, str> = if text.is_ascii() || is_nfc_quick(text.chars()) == IsNormalized::Yes {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.nfc().collect())
    };
    if !composed.contains('\r') {
        return composed;
    }
    Cow::Owned(composed.replace("\r\n", "\n").replace('\r', "\n"))
}

/// Without the white space, zero-width spaces and byte-order marks at either end.
pub(crate) fn trim(raw: &str) -> &str {
    raw.trim_matches(|c: char| c.is_whitespace() || matches!(c, '\u{200B}' | '\u{FEFF}'))
}

/// A text as it is searched, and as tags are compared: lower case without accents, single spaces.
pub(crate) fn searchable(text: &str) -> String {
    let plain: String = text.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The same words compare equal: composed, lower case, any run of white space as one space.
pub(crate) fn folded(raw: &str) -> String {
    let lower = tidy(raw).to_lowercase();
    if lower.is_ascii() && !has_wide_space(lower.as_bytes()) {
        return lower;
    }
    let words: Vec<&str> = lower.split_whitespace().collect();
    let out = words.join(" ");
    // Lower case can decompose (İ), and what is compared must not depend on how often it was
    // folded.
    tidy(&out).into_owned()
}

/// Whether there is white space other than single spaces.
fn has_wide_space(ascii: &[u8]) -> bool {
    let is_wide = |pair: &[u8]| matches!(pair, [b' ', b' '] | [b'\t'..=b'\r', _] | [_, b'\t'..=b'\r']);
    ascii.windows(2).any(is_wide)
}

/// Whether nothing of the text can be seen.
pub(crate) fn is_blank(text: &str) -> bool {
    text.chars().all(|c| {
        c.is_whitespace()
            || matches!(c, '\u{AD}' | '\u{115F}' | '\u{1160}' | '\u{200B}'..='\u{200F}' | '\u{2060}'..='\u{2064}')
            || matches!(c, '\u{2800}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}')
    })
}

fn is_noncharacter(c: char) -> bool {
    matches!(u32::from(c), 0xFDD0..=0xFDEF) || u32::from(c) & 0xFFFE == 0xFFFE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_are_tidied_and_measured_in_characters() {
        assert_eq!(Title::new("name", "  Cafe\u{301} night\u{FEFF} ").unwrap().as_str(), "Café night");
        let longest = "é".repeat(TITLE_CHARS_MAX);
        assert_eq!(Title::new("name", &longest).unwrap().as_str(), longest);
        let problem = Title::new("name", &format!("{longest}e")).unwrap_err();
        assert_eq!(problem.to_string(), "name: The name is 121 characters long; at most 120 fit.");
    }

    #[test]
    fn what_cannot_be_seen_is_empty() {
        for raw in ["", "  \n", "\u{200B}\u{200D}", "\u{3164}"] {
            assert_eq!(Title::new("title", raw).unwrap_err().message(), "The title is empty.", "{raw:?}");
            assert_eq!(Description::new(raw), Ok(None), "{raw:?}");
        }
    }

    #[test]
    fn control_and_damaged_characters_are_refused_in_words() {
        let message = |raw| Title::new("name", raw).unwrap_err().message();
        assert_eq!(message("a\u{7}b"), "The name holds an invisible control character (U+0007).");
        assert_eq!(message("a\u{85}b"), "The name holds an invisible control character (U+0085).");
        assert_eq!(message("a\u{FFFF}b"), "The name holds an invisible control character (U+FFFF).");
        assert!(message("a\u{FFFD}b").contains("damaged"));
        assert!(message("a\tb").contains("single line"));
        assert!(message("a\u{2028}b").contains("single line"));
    }

    #[test]
    fn descriptions_keep_their_lines() {
        let text = Description::new(" one\r\ntwo\rthree\tfour ").unwrap().unwrap();
        assert_eq!(text.as_str(), "one\ntwo\nthree\tfour");
        assert!(Description::new(&"x".repeat(DESCRIPTION_CHARS_MAX)).unwrap().is_some());
        assert!(Description::new(&"x".repeat(DESCRIPTION_CHARS_MAX + 1)).is_err());
    }

    #[test]
    fn folding_ignores_case_and_spaces_only() {
        assert_eq!(folded("  What\n is  ÅÉ? "), "what is åé?");
        assert_eq!(folded("One\tTWO  three"), "one two three");
        assert_ne!(folded("résumé"), folded("resume"));
        assert_eq!(folded(&folded("İstanbul")), folded("İstanbul"));
    }

    #[test]
    fn problems_serialise_as_field_and_message() {
        let problem = Title::new("name", "").unwrap_err();
        assert_eq!(serde_json::to_string(&problem).unwrap(), r#"{"field":"name","message":"The name is empty."}"#);
    }

    #[test]
    fn case_accents_and_widths_do_not_hide_a_text() {
        assert_eq!(searchable(" Où\tvit  Zoë? "), "ou vit zoe?");
        assert_eq!(searchable("Ｐｕｂ №1"), "pub no1");
        assert_eq!(searchable("ΑΘΉΝΑ"), searchable("Αθήνα"));
    }
}
