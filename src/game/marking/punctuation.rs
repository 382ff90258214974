//! Punctuation goes, except where it carries meaning: `C++`, `C#`, `-5`, `3.5`, `50%`, `$5`, `O-`, `9/11`, `10:30`.

use super::folding::is_word;
use super::literals::number_literal;

/// Rewrites `text` (already folded by character) so that only words, numbers, signs that carry meaning and spaces are left.
/// Text without any letter or digit is its own meaning and stays as it is.
pub(super) fn settle(text: &str) -> String {
    if text.bytes().all(|b| b.is_ascii_alphabetic() || b == b' ') {
        return text.to_owned();
    }
    let chars: Vec<char> = text.chars().collect();
    if !chars.iter().copied().any(is_word) {
        return text.to_owned();
    }
    let mut settled = Settled { out: String::with_capacity(text.len() + 8), number_at: 0 };
    let mut at = 0;
    while at < chars.len() {
        at += settled.take(&chars, at);
    }
    settled.out
}

struct Settled {
    out: String,
    /// Where the last number begins in `out`.
    number_at: usize,
}

/// What becomes of a sign.
enum Fate {
    Drop,
    Space,
    /// Stays as it is.
    Keep,
    /// Stays, and joins what is on both sides of it, spaces or not.
    Bind,
    /// Stays, and joins what follows it, after spaces or not.
    Lead,
    /// Belongs before the number that it follows.
    ToFront,
    Becomes(&'static str),
}

impl Settled {
    /// Takes what begins at `at` and tells how many characters that was.
    fn take(&mut self, chars: &[char], at: usize) -> usize {
        let c = chars[at];
        if c.is_ascii_digit() {
            let (used, number) = number_literal(&chars[at..]);
            self.number_at = self.out.len();
            self.out.push_str(&number);
            return used;
        }
        if is_word(c) {
            self.out.push(c);
            return 1;
        }
        if let Some(used) = self.leading_point(chars, at).or_else(|| self.and_between_apostrophes(chars, at)) {
            return used;
        }
        match fate(&Place { chars, at }) {
            Fate::Drop => {}
            Fate::Space => self.out.push(' '),
            Fate::Keep => self.out.push(c),
            Fate::Becomes(text) => self.out.push_str(text),
            Fate::ToFront => {
                if !self.out[..self.number_at].ends_with(is_currency) {
                    self.out.insert(self.number_at, c);
                }
            }
            fate @ (Fate::Bind | Fate::Lead) => {
                if matches!(fate, Fate::Bind) {
                    self.out.truncate(self.out.trim_end().len());
                }
                self.out.push(c);
                return 1 + chars[at + 1..].iter().take_while(|c| c.is_whitespace()).count();
            }
        }
        1
    }

    /// `.5` is `0.5`.
    fn leading_point(&mut self, chars: &[char], at: usize) -> Option<usize> {
        let place = Place { chars, at };
        if chars[at] != '.' || !digit(place.after()) || place.before().is_some_and(|c| is_word(c) || c == '.') {
            return None;
        }
        let digits = chars[at + 1..].iter().take_while(|c| c.is_ascii_digit());
        self.number_at = self.out.len();
        self.out.push_str("0.");
        let length = self.out.len();
        self.out.extend(digits);
        Some(1 + self.out.len() - length)
    }

    /// `rock'n'roll` is `rock and roll`.
    fn and_between_apostrophes(&mut self, chars: &[char], at: usize) -> Option<usize> {
        let [_, 'n' | 'N', '\'', ..] = chars[at..] else {
            return None;
        };
        if chars[at] != '\'' {
            return None;
        }
        self.out.push_str(" and ");
        Some(3)
    }
}

/// A sign among its neighbours.
struct Place<'a> {
    chars: &'a [char],
    at: usize,
}

impl Place<'_> {
    fn before(&self) -> Option<char> {
        self.at.checked_sub(1).map(|at| self.chars[at])
    }

    fn after(&self) -> Option<char> {
        self.chars.get(self.at + 1).copied()
    }

    fn before_spaces(&self) -> Option<char> {
        self.chars[..self.at].iter().rev().find(|c| !c.is_whitespace()).copied()
    }

    fn after_spaces(&self) -> Option<char> {
        self.chars[self.at + 1..].iter().find(|c| !c.is_whitespace()).copied()
    }

    /// Whether a number begins right after the sign, with at most two signs of its own before its digits (`-$.5`).
    fn number_follows(&self) -> bool {
        let next = self.chars[self.at + 1..].iter().take(3);
        digit(next.copied().find(|&c| !(is_currency(c) || c == '.' || c == '-')))
    }

    /// How many letters stand right before the sign.
    fn letters_before(&self) -> usize {
        self.chars[..self.at].iter().rev().take_while(|&&c| is_word(c) && !c.is_ascii_digit()).count()
    }

    fn letters_after(&self) -> usize {
        self.chars[self.at + 1..].iter().take_while(|&&c| is_word(c) && !c.is_ascii_digit()).count()
    }

    /// Whether the sign stands between two numbers, either touching both or apart from both.
    fn between_numbers(&self) -> bool {
        let touching = digit(self.before()) && digit(self.after());
        let apart = space(self.before()) && space(self.after());
        touching || apart && digit(self.before_spaces()) && digit(self.after_spaces())
    }

    /// Whether the sign stands after a musical note.
    fn after_note(&self) -> bool {
        self.letters_before() == 1
            && matches!(self.before(), Some('a'..='g' | 'A'..='G'))
            && !self.at.checked_sub(2).is_some_and(|at| is_word(self.chars[at]))
    }
}

fn fate(place: &Place<'_>) -> Fate {
    let (before, after) = (place.before(), place.after());
    let between_digits = digit(before) && digit(after);
    match place.chars[place.at] {
        '&' => Fate::Becomes(" and "),
        '-' => dash(place),
        '+' => plus(place),
        '#' if place.after_note() => Fate::Becomes(" sharp"),
        '♭' if place.after_note() => Fate::Becomes(" flat"),
        '#' if before.is_some_and(|c| is_word(c) || c == '#') => Fate::Keep,
        '%' | '‰' if digit(place.before_spaces()) => Fate::Bind,
        c if is_currency(c) && place.number_follows() => Fate::Keep,
        c if is_currency(c) && digit(place.before_spaces()) => Fate::ToFront,
        c if is_currency(c) && digit(place.after_spaces()) => Fate::Lead,
        '^' if digit(before) && (digit(after) || after == Some('-') && place.number_follows()) => Fate::Keep,
        '/' | ':' | '*' | '=' | '<' | '>' | '÷' if place.between_numbers() => Fate::Bind,
        '<' | '>' | '√' | '∛' | '∜' | '±' | '≤' | '≥' if digit(after) => Fate::Keep,
        _ if between_digits => Fate::Space,
        // One letter on a side is an initial (U.S.A., J.R.R.); more are words of a sentence.
        '.' if digit(before) || digit(after) || place.letters_before() > 1 && place.letters_after() > 1 => Fate::Space,
        '.' | '\'' | '*' | '^' | '·' | '•' | '‧' | '・' => Fate::Drop,
        _ => Fate::Space,
    }
}

/// A dash is a minus before a number that nothing touches, and a sign after one or two letters (blood group `O-`, ion `Cl-`).
fn dash(place: &Place<'_>) -> Fate {
    let (before, after) = (place.before(), place.after());
    let open = before.is_none_or(|c| c.is_whitespace() || is_currency(c) || "(_^/:=<>*".contains(c));
    if open && place.number_follows() {
        return Fate::Keep;
    }
    if place.before_spaces().is_none() && space(after) && digit(place.after_spaces()) {
        return Fate::Lead;
    }
    if (1..=2).contains(&place.letters_before()) && after.is_none_or(|c| !is_word(c) && c != '-') {
        return Fate::Keep;
    }
    Fate::Space
}

/// A plus is part of what it touches (`C++`, `A+`, `+5`); standing free it means `and` between words.
fn plus(place: &Place<'_>) -> Fate {
    let touches = |c: Option<char>| c.is_some_and(|c| is_word(c) || c == '+');
    if touches(place.before()) || touches(place.after()) {
        return Fate::Keep;
    }
    let letter = |c: Option<char>| c.is_some_and(|c| is_word(c) && !c.is_ascii_digit());
    if letter(place.before_spaces()) && letter(place.after_spaces()) {
        return Fate::Becomes(" and ");
    }
    Fate::Bind
}

pub(super) fn is_currency(c: char) -> bool {
    matches!(c, '$' | '¢' | '£' | '¤' | '¥' | '\u{20A0}'..='\u{20CF}')
}

fn digit(c: Option<char>) -> bool {
    c.is_some_and(|c| c.is_ascii_digit())
}

/// Nothing there counts as a space.
fn space(c: Option<char>) -> bool {
    c.is_none_or(char::is_whitespace)
}
