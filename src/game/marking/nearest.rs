//! Answers that are numbers, and how far they are from the right one, for questions that the nearest number wins.

use super::{Marking, folding, numbers, punctuation};
use std::fmt;

/// Digits after the point that count; what is finer is cut off.
const DECIMALS: u32 = 15;
/// Digits before the point, at most.
const WHOLE_DIGITS_MAX: usize = 20;
/// Words that may stand around a number: `about 330 metres`.
const WORDS_MAX: usize = 4;

/// A number, exact to its fifteenth decimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Number(i128);

/// How far two numbers are apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Distance(i128);

impl Number {
    /// The number in an answer, in digits or in words: `1,889`, `eighteen eighty-nine`, `about 330 metres`, `$5`. None
    /// where there is no number or more than one, and where a letter behind it could multiply it (`5k`, `3 m`).
    pub fn read(answer: &str) -> Option<Self> {
        let characters = folding::characters(answer, Marking::default());
        let settled = punctuation::settle(&characters);
        let words: Vec<&str> = settled.split_whitespace().collect();
        let written = numbers::in_digits(&words);
        let has_digit = |word: &str| word.bytes().any(|byte| byte.is_ascii_digit());
        let mut found = written.iter().filter(|word| has_digit(word));
        let number = found.next().filter(|_| found.next().is_none())?;
        let mut others = written.iter().filter(|word| !has_digit(word));
        let is_harmless = |word: &str| word.chars().all(char::is_alphabetic) && !multiplies(word);
        let is_number = written.len() <= WORDS_MAX + 1 && others.all(|word| is_harmless(word));
        is_number.then(|| Self::literal(number)).flatten()
    }

    /// One number in digits, with its sign, a currency, and what is written right behind it.
    fn literal(text: &str) -> Option<Self> {
        let unsigned = text.trim_start_matches(|c| matches!(c, '-' | '+') || punctuation::is_currency(c));
        let is_negative = match text[..text.len() - unsigned.len()].matches('-').count() {
            0 => false,
            1 => true,
            _ => return None,
        };
        let digits = unsigned.trim_end_matches(|c: char| c.is_alphabetic() || c == '%' || punctuation::is_currency(c));
        if multiplies(&unsigned[digits.len()..]) {
            return None;
        }
        let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
        let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || whole.len() > WHOLE_DIGITS_MAX || !are_digits(whole) || !are_digits(decimals) {
            return None;
        }
        let decimals = &decimals[..decimals.len().min(DECIMALS as usize)];
        let value: i128 = format!("{whole}{decimals:0<width$}", width = DECIMALS as usize).parse().ok()?;
        Some(Self(if is_negative { -value } else { value }))
    }

    /// How far this number is from another.
    pub fn distance(self, other: Self) -> Distance {
        Distance((self.0 - other.0).abs())
    }
}

impl Distance {
    /// Whether the numbers are the same.
    pub fn is_none(self) -> bool {
        self.0 == 0
    }
}

/// As a number in digits: `11`, `0.5`.
impl fmt::Display for Distance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let one = 10_i128.pow(DECIMALS);
        let (whole, part) = (self.0 / one, self.0 % one);
        if part == 0 {
            return write!(f, "{whole}");
        }
        let part = format!("{part:0>width$}", width = DECIMALS as usize);
        write!(f, "{whole}.{}", part.trim_end_matches('0'))
    }
}

/// Whether this could mean thousands or millions as well as a unit.
fn multiplies(word: &str) -> bool {
    ["k", "m", "b", "t", "bn", "mn", "tn", "mio", "mil"].contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_people_write_them() {
        for (answer, right, distance) in [
            ("1889", "1889", "0"),
            ("1,889", "1900", "11"),
            ("1 000 000", "1e6", ""),
            ("1 000 000", "1,000,000", "0"),
            ("eighteen eighty-nine", "1889", "0"),
            ("3.5", "4", "0.5"),
            ("3,5", "4", "0.5"),
            ("two and a half", "2", "0.5"),
            ("-40", "40", "80"),
            ("minus 40", "-40", "0"),
            ("−5", "0", "5"),
            ("$5", "5", "0"),
            ("5 million", "5000000", "0"),
            ("about 330 metres", "300", "30"),
            ("330km", "300", "30"),
            ("50%", "50", "0"),
            ("21st", "20", "1"),
            ("0.1", "0.3", "0.2"),
            ("3.14159265358979323846", "3", "0.141592653589793"),
            ("99999999999999999999", "0", "99999999999999999999"),
        ] {
            let read = Number::read(right);
            let found = Number::read(answer).zip(read).map(|(answer, right)| answer.distance(right).to_string());
            assert_eq!(found.unwrap_or_default(), distance, "{answer} and {right}");
        }
    }

    #[test]
    fn what_is_no_number_or_several_is_none() {
        for answer in
            ["", "many", "3 or 4", "5k", "5 m", "3bn", "10:30", "9/11", "1.2.3", "C3PO", "100000000000000000000"]
        {
            assert_eq!(Number::read(answer), None, "{answer}");
        }
    }
}
