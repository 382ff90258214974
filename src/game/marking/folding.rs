//! From the characters that were typed to the characters that are compared: one letter, digit or sign at a time.
//!
//! Normalisation is that of Unicode Standard Annex 15 (form KC), so that full-width letters, ligatures and
//! composed letters are what they look like. Normalisation and case mapping of a character never change once it is in
//! Unicode (<https://www.unicode.org/policies/stability_policy.html>), and the tables below are ours: the result can
//! be stored.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::Marking;

/// Writes `text` with the characters that are compared under `marking`.
///
/// Whatever the marking, invisible characters go, the digits of all scripts become ASCII digits, and the apostrophes,
/// quotation marks and dashes that phones put in by themselves become `'`, `"` and `-`.
pub(super) fn characters(text: &str, marking: Marking) -> String {
    if text.is_ascii() {
        return text.chars().map(|c| ascii(c, marking)).collect();
    }
    let mut folded = Vec::with_capacity(text.len());
    for c in spelled_out(text).nfkd() {
        push_folded(c, marking, &mut folded);
    }
    folded.into_iter().nfc().collect()
}

/// Whether `c` carries an answer: a letter, a digit, or a mark that belongs to a letter.
pub(super) fn is_word(c: char) -> bool {
    c.is_alphanumeric() || is_combining_mark(c)
}

fn ascii(c: char, marking: Marking) -> char {
    match c {
        '`' => '\'',
        c if c.is_ascii_control() => ' ',
        c if marking.case => c.to_ascii_lowercase(),
        c => c,
    }
}

/// Rewrites what normalisation alone would glue to its neighbours: `10²` is not 102, `3½` is not 31/2, and the accent
/// standing for an apostrophe in `Hawai´i` is not a space.
fn spelled_out(text: &str) -> String {
    let mut spelled = String::with_capacity(text.len() + 8);
    let mut chars = text.chars().peekable();
    let mut raised = false;
    while let Some(c) = chars.next() {
        if is_ignorable(c) {
            continue;
        }
        let after_digit = spelled.ends_with(char::is_numeric);
        let was_raised = std::mem::replace(&mut raised, is_superscript(c));
        match c {
            // A power follows a number; after a letter it is only small print (m², Na⁺).
            '⁺' | '⁻' => {
                if after_digit && !was_raised && chars.peek().is_some_and(|&next| is_superscript(next)) {
                    spelled.push('^');
                }
                spelled.push(if c == '⁺' { '+' } else { '-' });
            }
            c if raised => {
                if after_digit && !was_raised {
                    spelled.push('^');
                }
                spelled.push(c);
            }
            '¼'..='¾' | '⅐'..='⅞' | '↉' => {
                if after_digit {
                    spelled.push(' ');
                }
                spelled.push(c);
            }
            // Signs that would otherwise become letters of the word before them.
            '™' | '℠' => spelled.push('®'),
            '\u{B4}' | '\u{384}' | '\u{1FBD}' | '\u{1FBF}' | '\u{1FFD}' | '\u{1FFE}' => spelled.push('\''),
            c if c.is_control() => spelled.push(' '),
            c => spelled.push(c),
        }
    }
    spelled
}

fn is_superscript(c: char) -> bool {
    matches!(c, '⁰' | '¹' | '²' | '³' | '⁴'..='⁻')
}

fn push_folded(c: char, marking: Marking, folded: &mut Vec<char>) {
    if marking.accents {
        if is_accent(c) {
            // The breve of й makes another letter of it, not an accented one.
            if c == '\u{306}' && matches!(folded.last(), Some('и' | 'И')) {
                folded.push(c);
            }
            return;
        }
        if let Some(plain) = plain_letters(c) {
            plain.chars().for_each(|c| push_cased(c, marking, folded));
            return;
        }
    }
    push_cased(canonical(c), marking, folded);
}

/// Full case folding (Unicode 3.13, R4) as the lower case of the upper case: it joins ß with ss, the two small sigmas,
/// and the Turkish dotless ı, whose capital is a plain I, with i.
fn push_cased(c: char, marking: Marking, folded: &mut Vec<char>) {
    if !marking.case {
        folded.push(c);
    } else if c.is_ascii() {
        folded.push(c.to_ascii_lowercase());
    } else if matches!(c, 'ß' | 'ẞ') {
        folded.extend(['s', 's']);
    } else {
        folded.extend(c.to_uppercase().flat_map(char::to_lowercase));
    }
}

/// One character for the many that mean the same: digits, dashes, apostrophes, quotation marks, arithmetic.
fn canonical(c: char) -> char {
    match c {
        '\u{2018}'..='\u{201B}'
        | '′'
        | '‵'
        | '`'
        | '\u{2B9}'..='\u{2C1}'
        | '\u{2C8}'
        | '\u{2CA}'..='\u{2CC}'
        | '\u{55A}'
        | '\u{5F3}'
        | '\u{A78B}'
        | '\u{A78C}' => '\'',
        '\u{201C}'..='\u{201F}' | '«' | '»' | '‹' | '›' | '″' | '‶' | '\u{5F4}' => '"',
        '\u{2010}'..='\u{2015}' | '−' | '⁃' | '\u{58A}' | '\u{5BE}' | '\u{1806}' | '〜' => '-',
        '⁄' | '∕' | '⧸' => '/',
        '×' => 'x',
        '∶' => ':',
        '♯' => '#',
        '٫' => '.',
        '٬' | '،' => ',',
        '٪' => '%',
        c if c.is_whitespace() || c.is_control() => ' ',
        c => ascii_digit(c).unwrap_or(c),
    }
}

/// The ASCII digit of the same value, for a decimal digit (general category Nd) of another script.
fn ascii_digit(c: char) -> Option<char> {
    let at = ZEROS.partition_point(|&zero| zero <= u32::from(c));
    let value = u32::from(c) - ZEROS.get(at.checked_sub(1)?)?;
    char::from_digit(value, 10)
}

/// Where the runs of ten decimal digits begin in Unicode 16, those that normalisation already makes ASCII left out.
const ZEROS: [u32; 68] = [
    0x660, 0x6F0, 0x7C0, 0x966, 0x9E6, 0xA66, 0xAE6, 0xB66, 0xBE6, 0xC66, 0xCE6, 0xD66, 0xDE6, 0xE50, 0xED0, 0xF20,
    0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50, 0x1BB0, 0x1C40, 0x1C50, 0xA620, 0xA8D0,
    0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0x104A0, 0x10D30, 0x10D40, 0x11066, 0x110F0, 0x11136, 0x111D0, 0x112F0,
    0x11450, 0x114D0, 0x11650, 0x116C0, 0x116D0, 0x116DA, 0x11730, 0x118E0, 0x11950, 0x11BF0, 0x11C50, 0x11D50,
    0x11DA0, 0x11F50, 0x16A60, 0x16AC0, 0x16B50, 0x16D70, 0x1E140, 0x1E2F0, 0x1E4D0, 0x1E4F0, 0x1E5F1, 0x1E950,
    0x1FBF0,
];

/// Marks put on a letter of the Latin, Greek, Cyrillic, Hebrew and Arabic scripts, and the Arabic stretching stroke.
/// The vowel signs of India and South East Asia and the Japanese voicing marks are not here: they make other words.
fn is_accent(c: char) -> bool {
    matches!(c,
        '\u{300}'..='\u{36F}' | '\u{1AB0}'..='\u{1AFF}' | '\u{1DC0}'..='\u{1DFF}' | '\u{20D0}'..='\u{20F0}'
        | '\u{FE20}'..='\u{FE2F}' | '\u{483}'..='\u{487}'
        | '\u{591}'..='\u{5BD}' | '\u{5BF}' | '\u{5C1}' | '\u{5C2}' | '\u{5C4}' | '\u{5C5}' | '\u{5C7}'
        | '\u{610}'..='\u{61A}' | '\u{640}' | '\u{64B}'..='\u{65F}' | '\u{670}' | '\u{6D6}'..='\u{6DC}'
        | '\u{6DF}'..='\u{6E4}' | '\u{6E7}' | '\u{6E8}' | '\u{6EA}'..='\u{6ED}')
}

/// What is written on a keyboard without them for the Latin letters that Unicode does not decompose.
fn plain_letters(c: char) -> Option<&'static str> {
    Some(match c {
        'æ' => "ae",
        'Æ' => "AE",
        'œ' => "oe",
        'Œ' => "OE",
        'ß' => "ss",
        'ẞ' => "SS",
        'þ' => "th",
        'Þ' => "Th",
        'ð' | 'đ' | 'ɖ' | 'ɗ' => "d",
        'Ð' | 'Đ' | 'Ɖ' | 'Ɗ' => "D",
        'ø' | 'ɔ' => "o",
        'Ø' | 'Ɔ' => "O",
        'ł' | 'ƚ' => "l",
        'Ł' | 'Ƚ' => "L",
        'ħ' => "h",
        'Ħ' => "H",
        'ı' | 'ɨ' => "i",
        'Ɨ' => "I",
        'ŧ' => "t",
        'Ŧ' => "T",
        'ŋ' | 'ɲ' => "n",
        'Ŋ' | 'Ɲ' => "N",
        'ƀ' | 'ɓ' => "b",
        'Ƀ' | 'Ɓ' => "B",
        'ƙ' => "k",
        'Ƙ' => "K",
        'ǥ' | 'ɠ' => "g",
        'Ǥ' | 'Ɠ' => "G",
        'ɛ' => "e",
        'Ɛ' => "E",
        'ƴ' => "y",
        'Ƴ' => "Y",
        'ƶ' => "z",
        'Ƶ' => "Z",
        'ȷ' => "j",
        _ => return None,
    })
}

/// Characters that nobody sees or types on purpose: joiners, direction marks, variation selectors, fillers.
/// The tag characters stay, because they alone tell the flags of England, Scotland and Wales apart.
fn is_ignorable(c: char) -> bool {
    matches!(c,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180F}'
        | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{2800}' | '\u{3164}'
        | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}' | '\u{1BCA0}'..='\u{1BCA3}'
        | '\u{1D173}'..='\u{1D17A}' | '\u{E0100}'..='\u{E01EF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_digit_of_another_script_has_its_value() {
        for zero in ZEROS {
            for value in 0..10 {
                let digit = char::from_u32(zero + value).unwrap();
                assert_eq!(ascii_digit(digit), char::from_digit(value, 10), "U+{:X}", zero + value);
            }
        }
        assert_eq!(ascii_digit('a'), None);
        assert_eq!(ascii_digit('\u{66A}'), None);
    }

    #[test]
    fn zeros_are_in_order() {
        assert!(ZEROS.is_sorted());
    }

    #[test]
    fn marks_that_make_other_words_stay() {
        for (one, other) in [("か", "が"), ("ハ", "パ"), ("कि", "की"), ("мой", "мои"), ("น้ำ", "นำ")]
        {
            let marking = Marking::default();
            assert_ne!(characters(one, marking), characters(other, marking));
        }
    }
}
