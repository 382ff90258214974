//! Names that players choose for themselves: shown to a whole pub, so checked once, here.

use crate::limits::{NAME_BYTES_MAX, NAME_GRAPHEMES_MAX, NAME_MARKS_PER_BASE_MAX};
use serde::{Deserialize, Serialize};
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};
use unicode_segmentation::UnicodeSegmentation;

/// A player's name: NFC, one line, 1 to 24 user-perceived characters, nothing invisible and nothing that turns the
/// text around.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "Checked", into = "String")]
pub struct PlayerName {
    name: String,
    key: String,
}

/// The text of a name that was checked before: a log holds no others.
#[derive(Deserialize)]
struct Checked(String);

/// What is wrong with a name, in words for the person who typed it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameProblem {
    #[error("type a name.")]
    Empty,
    #[error("it has characters that cannot be seen.")]
    Invisible,
    #[error("it is too long. {NAME_GRAPHEMES_MAX} characters are the most.")]
    TooLong,
    #[error("it has too many marks on one letter.")]
    TooManyMarks,
}

impl PlayerName {
    /// Trims, folds runs of spaces and normalises `text` to NFC, then checks it.
    ///
    /// # Errors
    /// The first problem found.
    pub fn parse(text: &str) -> Result<Self, NameProblem> {
        let spaced = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if spaced.is_empty() {
            return Err(NameProblem::Empty);
        }
        if spaced.len() > 4 * NAME_BYTES_MAX {
            return Err(NameProblem::TooLong);
        }
        let name: String = spaced.nfc().collect();
        if name.len() > NAME_BYTES_MAX || name.graphemes(true).count() > NAME_GRAPHEMES_MAX {
            return Err(NameProblem::TooLong);
        }
        let mut marks = 0;
        for c in name.nfd() {
            marks = if is_combining_mark(c) { marks + 1 } else { 0 };
            if marks > NAME_MARKS_PER_BASE_MAX {
                return Err(NameProblem::TooManyMarks);
            }
        }
        let mut before = None;
        for c in name.chars() {
            // A zero-width joiner and the emoji presentation selector hold emoji together; elsewhere they hide.
            let glues_emoji = matches!(c, '\u{200D}' | '\u{FE0F}') && before.is_some_and(is_emoji);
            if is_invisible(c) && !glues_emoji {
                return Err(NameProblem::Invisible);
            }
            if c != '\u{FE0F}' {
                before = Some(c);
            }
        }
        Ok(Checked(name).into())
    }

    /// What must be unique within a game: look-alikes and other cases of a name have the same key.
    ///
    /// The skeleton is that of Unicode Technical Standard 39, section 4, over the lower-cased name without spaces.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The name as it is shown.
    pub fn as_str(&self) -> &str {
        &self.name
    }
}

impl From<Checked> for PlayerName {
    fn from(Checked(name): Checked) -> Self {
        let lower: String = name.chars().filter(|c| *c != ' ').flat_map(char::to_lowercase).collect();
        Self { key: unicode_security::skeleton(&lower).collect(), name }
    }
}

impl From<PlayerName> for String {
    fn from(name: PlayerName) -> Self {
        name.name
    }
}

impl std::fmt::Display for PlayerName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name)
    }
}

/// Control, format, bidirectional and blank characters: all that draws nothing or changes what others draw.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
            | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{2800}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}'
            | '\u{FFF0}'..='\u{FFFD}' | '\u{E0000}'..='\u{E0FFF}' | '\u{E000}'..='\u{F8FF}'
            | '\u{F0000}'..='\u{10FFFF}')
}

/// Characters that a joiner may follow inside one emoji.
fn is_emoji(c: char) -> bool {
    matches!(c, '\u{2190}'..='\u{2BFF}' | '\u{1F000}'..='\u{1FAFF}' | '#' | '*' | '0'..='9' | '\u{00A9}' | '\u{00AE}' | '\u{203C}' | '\u{2049}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_trimmed_folded_and_limited() {
        assert_eq!(PlayerName::parse("  The   Quizzly  Bears ").unwrap().as_str(), "The Quizzly Bears");
        assert_eq!(PlayerName::parse(" \t\n"), Err(NameProblem::Empty));
        assert!(PlayerName::parse(&"x".repeat(NAME_GRAPHEMES_MAX)).is_ok());
        assert_eq!(PlayerName::parse(&"x".repeat(NAME_GRAPHEMES_MAX + 1)), Err(NameProblem::TooLong));
        assert_eq!(PlayerName::parse(&"x".repeat(1 << 20)), Err(NameProblem::TooLong));
    }

    #[test]
    fn nothing_invisible_and_nothing_turned_around() {
        for bad in
            ["a\u{202E}b", "a\u{200B}b", "\u{3164}", "a\u{200D}b", "tab\u{0007}", "\u{E0041}x", "\u{2800}", "a\u{FE0F}"]
        {
            assert_eq!(PlayerName::parse(bad), Err(NameProblem::Invisible), "{bad:?}");
        }
        for good in ["👩‍👩‍👧", "❤️", "Zoë", "Łódź", "日本", "صديق", "O'Brien & Söhne"] {
            assert!(PlayerName::parse(good).is_ok(), "{good}");
        }
    }

    #[test]
    fn two_marks_on_a_letter_are_enough() {
        assert!(PlayerName::parse("x\u{0323}\u{0307}").is_ok());
        assert_eq!(PlayerName::parse("x\u{0323}\u{0307}\u{0302}"), Err(NameProblem::TooManyMarks));
    }

    #[test]
    fn look_alikes_share_a_key() {
        let key = |text: &str| PlayerName::parse(text).unwrap().key().to_owned();
        assert_eq!(key("Ann"), key("aNN"));
        assert_eq!(key("Team One"), key("teamone"));
        assert_eq!(key("paypal"), key("p\u{0430}ypal"), "a Cyrillic a looks like a Latin one");
        assert_ne!(key("Ann"), key("Anne"));
    }
}
