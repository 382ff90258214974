//! Text that went through the wrong encoding once before it came here: UTF-8 that was read as
//! windows-1252 or Mac Roman and stored again ("cafÃ©", "Itâ€™s"). It is valid text, so only its
//! look gives it away.
//!
//! A lead letter followed by what UTF-8's second and third bytes look like is next to impossible in
//! writing, except for one closing quotation mark, dash or space after the last letter of a word;
//! those are told apart by their surroundings.

use encoding_rs::WINDOWS_1252;

/// The garbled part with a little of what surrounds it, if there is one.
pub(crate) fn find(text: &str) -> Option<String> {
    if text.is_ascii() {
        return None;
    }
    let chars: Vec<char> = text.chars().collect();
    let at = (0..chars.len()).find(|&at| !chars[at].is_ascii() && is_garbled(&chars, at))?;
    let around = at.saturating_sub(8)..chars.len().min(at + 8);
    Some(chars[around].iter().collect())
}

fn is_garbled(chars: &[char], at: usize) -> bool {
    let next = |offset: usize| chars.get(at + offset).copied().unwrap_or(' ');
    let follow = |offset: usize| follows(next(offset));
    let before = if at > 0 { chars[at - 1] } else { ' ' };
    // Capitals alone end in such a letter, or it is quoted for itself.
    let ends_word = before.is_uppercase() || matches!(before, '“' | '„' | '‘' | '«' | '"' | '\'');
    if matches!(chars[at], 'Â' | 'Ã' | 'Î' | 'Ï') && before.is_whitespace() && next(1).is_whitespace() {
        // The hard space after it became a common one; no word is this letter alone.
        return true;
    }
    match chars[at] {
        // Two bytes, U+00A0 to U+00BF: signs. Nothing is written with this letter and a sign.
        'Â' => matches!(next(1), '\u{A0}'..='\u{BF}'),
        'Ã' => match follow(1) {
            Some(Follow::Inner) => true,
            Some(Follow::Closing) => !ends_word || next(2).is_alphanumeric(),
            None => lost(chars, at),
        },
        // Two bytes: Latin Extended, Greek, Cyrillic.
        'Ä' | 'Å' | 'Î' | 'Ï' | 'Ð' | 'Ñ' => {
            let is_area_or_volume = chars[at] == 'Å' && matches!(next(1), '²' | '³');
            match follow(1) {
                Some(Follow::Inner) => !is_area_or_volume,
                Some(Follow::Closing) => !ends_word,
                None => lost(chars, at),
            }
        }
        // Three bytes, U+2000 to U+20FF: quotation marks, dashes, the euro. The third byte is often
        // lost.
        'â' if next(1) == '€' => true,
        // Three and four bytes of any other kind.
        'à'..='ï' => match (follow(1), follow(2)) {
            (Some(first), Some(second)) => first == Follow::Inner || second == Follow::Inner,
            (None, _) | (_, None) => false,
        },
        'ð' => next(1) == 'Ÿ' && follow(2).is_some() && follow(3).is_some(),
        // Mac Roman's look of the same: "√©" is é, "‚Äô" is an apostrophe.
        '√' => {
            let is_formula = next(1).is_numeric() || matches!(next(1), 'π' | '∑' | '∏' | '∫' | 'Ω' | '∞' | 'µ');
            !next(1).is_ascii() && !next(1).is_whitespace() && !is_formula
        }
        '‚' => next(1) == 'Ä' && !next(2).is_ascii(),
        _ => false,
    }
}

/// A lead letter whose second byte became a question mark on the way, in the middle of a word.
fn lost(chars: &[char], at: usize) -> bool {
    let after_capital = at > 0 && chars[at - 1].is_uppercase();
    !after_capital && chars.get(at + 1) == Some(&'?') && chars.get(at + 2).is_some_and(|c| c.is_alphabetic())
}

/// How a character looks that windows-1252 keeps where UTF-8 has its second and later bytes (0x80
/// to 0xBF).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Follow {
    /// Writing has it after a letter: a closing quotation mark, a dash, an ellipsis, a hard space.
    Closing,
    Inner,
}

fn follows(c: char) -> Option<Follow> {
    if c.is_ascii() {
        return None;
    }
    if matches!(c, '\u{A0}' | '…' | '‘' | '’' | '“' | '”' | '–' | '—' | '«' | '»') {
        return Some(Follow::Closing);
    }
    let mut buffer = [0; 4];
    let (bytes, _, unmappable) = WINDOWS_1252.encode(c.encode_utf8(&mut buffer));
    let is_later_byte = !unmappable && matches!(*bytes, [0x80..=0xBF]);
    is_later_byte.then_some(Follow::Inner)
}

#[cfg(test)]
mod tests {
    use encoding_rs::MACINTOSH;

    use super::*;

    #[test]
    fn utf8_read_as_windows_1252_is_found() {
        let right = [
            "Earth’s",
            "“Lucy” was",
            "1846–48",
            "café",
            "Émile",
            "5 £",
            "2½ hours",
            "10 × 3",
            "Wojtyła",
            "Śląsk",
            "π",
            "λ",
            "Привет",
            "100 µm",
            "DVD±RW",
            "24° F",
            "cœur",
            "Œuvre",
            "œuvre",
            "Dvořák",
            "and so…",
            "日本",
            "😀 yes",
            "Mexican–American War",
            "E=mc²",
            "Solidarność",
            "Ö",
            "déjà vu",
            "naïve",
            "Ελλάδα",
            "20 € each",
        ];
        for text in right {
            assert_eq!(find(text), None, "{text}");
            let (garbled, _, _) = WINDOWS_1252.decode(text.as_bytes());
            assert!(find(&garbled).is_some(), "{text} as {garbled}");
        }
    }

    #[test]
    fn utf8_read_as_mac_roman_is_found() {
        for text in ["café", "Earth’s", "“Lucy”", "über"] {
            let (garbled, _, _) = MACINTOSH.decode(text.as_bytes());
            assert!(find(&garbled).is_some(), "{text} as {garbled}");
        }
    }

    #[test]
    fn what_was_lost_on_the_way_is_found() {
        for text in ["supporters â€œFuhrerâ€ (leader)", "Ð?n oxygen tank", "n to Î\u{A0}* or Î\u{A0} to", "n to Î * or"]
        {
            assert!(find(text).is_some(), "{text}");
        }
    }

    #[test]
    fn real_writing_is_left_alone() {
        let texts = [
            "“CAFÉ”",
            "‚Äpfel‘",
            "the letter “Ä”",
            "„SCHÖN“",
            "MAÇÃ”",
            "À la carte",
            "5 Å² and 3 Å³",
            "il est allé…”",
            "“Où est-il allé”…",
            "à\u{A0}«\u{A0}Paris\u{A0}»",
            "Straße”",
            "3×½",
            "Ñandú",
            "Åland – Finland",
            "ÎLE",
            "¿Qué?",
            "Ângela",
            "São Paulo",
            "Ðe",
            "√2 and √π²",
            "Piñata",
            "â",
            "Ðóra",
            "YSTÄVÄ – friend",
            "El Niño’s",
        ];
        for text in texts {
            assert_eq!(find(text), None, "{text}");
        }
    }

    #[test]
    fn the_excerpt_shows_the_place() {
        assert_eq!(find("a long text before cafÃ© and a long text after").unwrap(), "fore cafÃ© and a");
    }
}
