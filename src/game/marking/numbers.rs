//! English numbers in words, up to the trillions of the short scale: cardinals, ordinals, years, decimals, halves.

use std::borrow::Cow;

use super::punctuation::is_currency;

/// Replaces the numbers among `words` by their digits. Roman numerals stay words: `I` and `mix` would be numbers.
pub(super) fn in_digits<'a>(words: &[&'a str]) -> Vec<Cow<'a, str>> {
    let words: Vec<&str> = words.iter().flat_map(|word| pulled_apart(word)).collect();
    let mut written = Vec::with_capacity(words.len());
    let mut at = 0;
    while at < words.len() {
        if let Some((number, next)) = number(&words, at) {
            written.push(Cow::Owned(number));
            at = next;
        } else {
            written.push(Cow::Borrowed(words[at]));
            at += 1;
        }
    }
    if let Some(fraction) = whole_answer_fraction(&written) {
        return vec![Cow::Borrowed(fraction)];
    }
    written
}

/// What one word says about a number.
#[derive(Clone, Copy, PartialEq)]
enum Part {
    /// 0 to 19.
    Small(u64),
    /// 20, 30 … 90.
    Tens(u64),
    Hundred,
    /// A power of 1,000.
    Scale(u64),
}

#[derive(Clone, Copy)]
struct Word {
    part: Part,
    ordinal: bool,
}

/// A number read from words.
struct Read {
    value: u64,
    ordinal: bool,
    next: usize,
}

const THOUSAND: u64 = 1_000;
const MILLION: u64 = 1_000_000;
const BILLION: u64 = 1_000_000_000;
const TRILLION: u64 = 1_000_000_000_000;

/// The longest word below, in bytes.
const WORD_BYTES_MAX: usize = 11;

fn word(text: &str) -> Option<Word> {
    let mut buffer = [0; WORD_BYTES_MAX];
    let lower = buffer.get_mut(..text.len())?;
    lower.copy_from_slice(text.as_bytes());
    lower.make_ascii_lowercase();
    let cardinal = cardinal(lower).map(|part| Word { part, ordinal: false });
    cardinal.or_else(|| ordinal(lower).map(|part| Word { part, ordinal: true }))
}

fn cardinal(word: &[u8]) -> Option<Part> {
    use Part::{Hundred, Scale, Small, Tens};
    Some(match word {
        b"zero" => Small(0),
        b"one" => Small(1),
        b"two" => Small(2),
        b"three" => Small(3),
        b"four" => Small(4),
        b"five" => Small(5),
        b"six" => Small(6),
        b"seven" => Small(7),
        b"eight" => Small(8),
        b"nine" => Small(9),
        b"ten" => Small(10),
        b"eleven" => Small(11),
        b"twelve" => Small(12),
        b"thirteen" => Small(13),
        b"fourteen" => Small(14),
        b"fifteen" => Small(15),
        b"sixteen" => Small(16),
        b"seventeen" => Small(17),
        b"eighteen" => Small(18),
        b"nineteen" => Small(19),
        b"twenty" => Tens(20),
        b"thirty" => Tens(30),
        b"forty" | b"fourty" => Tens(40),
        b"fifty" => Tens(50),
        b"sixty" => Tens(60),
        b"seventy" => Tens(70),
        b"eighty" => Tens(80),
        b"ninety" | b"ninty" => Tens(90),
        b"hundred" => Hundred,
        b"thousand" => Scale(THOUSAND),
        b"million" => Scale(MILLION),
        b"billion" => Scale(BILLION),
        b"trillion" => Scale(TRILLION),
        _ => return None,
    })
}

fn ordinal(word: &[u8]) -> Option<Part> {
    use Part::{Hundred, Scale, Small, Tens};
    Some(match word {
        b"first" => Small(1),
        b"second" => Small(2),
        b"third" => Small(3),
        b"fourth" => Small(4),
        b"fifth" => Small(5),
        b"sixth" => Small(6),
        b"seventh" => Small(7),
        b"eighth" => Small(8),
        b"ninth" => Small(9),
        b"tenth" => Small(10),
        b"eleventh" => Small(11),
        b"twelfth" => Small(12),
        b"thirteenth" => Small(13),
        b"fourteenth" => Small(14),
        b"fifteenth" => Small(15),
        b"sixteenth" => Small(16),
        b"seventeenth" => Small(17),
        b"eighteenth" => Small(18),
        b"nineteenth" => Small(19),
        b"twentieth" => Tens(20),
        b"thirtieth" => Tens(30),
        b"fortieth" => Tens(40),
        b"fiftieth" => Tens(50),
        b"sixtieth" => Tens(60),
        b"seventieth" => Tens(70),
        b"eightieth" => Tens(80),
        b"ninetieth" => Tens(90),
        b"hundredth" => Hundred,
        b"thousandth" => Scale(THOUSAND),
        b"millionth" => Scale(MILLION),
        b"billionth" => Scale(BILLION),
        b"trillionth" => Scale(TRILLION),
        _ => return None,
    })
}

fn word_at(words: &[&str], at: usize) -> Option<Word> {
    words.get(at).and_then(|text| word(text))
}

fn is(words: &[&str], at: usize, text: &str) -> bool {
    words.get(at).is_some_and(|word| word.eq_ignore_ascii_case(text))
}

fn is_digits(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit())
}

/// Reads one number, of words or of digits that words complete, that begins at `at`; tells where it ends.
fn number(words: &[&str], at: usize) -> Option<(String, usize)> {
    if !is(words, at, "minus") && !is(words, at, "negative") {
        return number_from_digits(words, at).or_else(|| number_from_words(words, at));
    }
    let follows_number = at.checked_sub(1).is_some_and(|before| {
        words[before].ends_with(|c: char| c.is_ascii_digit()) || word_at(words, before).is_some()
    });
    let positive = words.get(at + 1).filter(|word| !word.starts_with('-') && !follows_number)?;
    let (number, next) = number_from_digits(words, at + 1)
        .or_else(|| number_from_words(words, at + 1))
        .or_else(|| positive.starts_with(|c: char| c.is_ascii_digit()).then(|| ((*positive).to_owned(), at + 2)))?;
    Some((format!("-{number}"), next))
}

fn number_from_words(words: &[&str], at: usize) -> Option<(String, usize)> {
    let read = cardinal_or_ordinal(words, at)?;
    if read.ordinal {
        return Some((with_suffix(&read.value.to_string()), read.next));
    }
    let whole = read.value.to_string();
    let decimals = decimals_in_words(words, read.next);
    let (text, next) = match decimals {
        Some((decimals, next)) => (format!("{whole}.{decimals}"), next),
        None => (whole, read.next),
    };
    Some(completed(text, words, next))
}

/// `21th` is `21st`; `5 million`, `2 1/2` and `50 percent` are finished by the words after the digits.
fn number_from_digits(words: &[&str], at: usize) -> Option<(String, usize)> {
    let word = words[at];
    if let Some(alone) = decimal_fraction(word) {
        return Some((alone.to_owned(), at + 1));
    }
    let unsigned = word.trim_start_matches(|c| c == '-' || is_currency(c));
    let digits = unsigned.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    if is_digits(digits)
        && ["st", "nd", "rd", "th"].iter().any(|end| unsigned[digits.len()..].eq_ignore_ascii_case(end))
    {
        return Some((format!("{}{}", &word[..word.len() - unsigned.len()], with_suffix(digits)), at + 1));
    }
    let (whole, decimals) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    if !is_digits(whole) || !is_digits(decimals) {
        return None;
    }
    let (text, next) = completed(unsigned.to_owned(), words, at + 1);
    (next > at + 1).then(|| (format!("{}{text}", &word[..word.len() - unsigned.len()]), next))
}

/// Adds to a number in digits what follows it: a half, a power of ten with what is below it, a percent sign.
fn completed(mut text: String, words: &[&str], mut next: usize) -> (String, usize) {
    if let Some((fraction, after)) = mixed_fraction(words, next).filter(|_| is_digits(&text)) {
        text = format!("{text}.{fraction}");
        next = after;
    }
    while let Some(Word { part, ordinal: false }) = word_at(words, next) {
        let Some((power, scale)) = power_of_ten(part) else {
            break;
        };
        text = shifted(&text, power);
        next += 1;
        let below = below_scale(words, next, scale).filter(|read| !read.ordinal);
        let sum = below.and_then(|read| Some((text.parse::<u64>().ok()?.checked_add(read.value)?, read.next)));
        if let Some((sum, after)) = sum {
            text = sum.to_string();
            next = after;
            break;
        }
    }
    if is(words, next, "percent") {
        return (text + "%", next + 1);
    }
    if is(words, next, "per") && is(words, next + 1, "cent") {
        return (text + "%", next + 2);
    }
    (text, next)
}

fn power_of_ten(part: Part) -> Option<(usize, u64)> {
    match part {
        Part::Small(_) | Part::Tens(_) => None,
        Part::Hundred => Some((2, 100)),
        Part::Scale(scale) => Some((scale.ilog10() as usize, scale)),
    }
}

/// Moves the decimal point of a number in digits to the right.
fn shifted(number: &str, power: usize) -> String {
    let (whole, decimals) = number.split_once('.').unwrap_or((number, ""));
    let mut digits = format!("{whole}{decimals}");
    if decimals.len() <= power {
        digits.extend(std::iter::repeat_n('0', power - decimals.len()));
        return digits;
    }
    digits.insert(whole.len() + power, '.');
    digits
}

/// `and a half` after a whole number, or `1/2` right after it.
fn mixed_fraction(words: &[&str], at: usize) -> Option<(&'static str, usize)> {
    if let Some(fraction) = words.get(at).and_then(|word| decimal_fraction(word)) {
        return fraction.strip_prefix("0.").map(|decimals| (decimals, at + 1));
    }
    if !is(words, at, "and") {
        return None;
    }
    let one = is(words, at + 1, "a") || is(words, at + 1, "one") || is(words, at + 1, "1");
    let three = is(words, at + 1, "three") || is(words, at + 1, "3");
    if one && is(words, at + 2, "half") {
        Some(("5", at + 3))
    } else if one && is(words, at + 2, "quarter") {
        Some(("25", at + 3))
    } else if three && is(words, at + 2, "quarters") {
        Some(("75", at + 3))
    } else {
        None
    }
}

fn decimal_fraction(word: &str) -> Option<&'static str> {
    match word {
        "1/2" => Some("0.5"),
        "1/4" => Some("0.25"),
        "3/4" => Some("0.75"),
        _ => None,
    }
}

/// An answer that is nothing but a half or some quarters.
fn whole_answer_fraction(words: &[Cow<'_, str>]) -> Option<&'static str> {
    let is = |at: usize, text: &str| words[at].eq_ignore_ascii_case(text);
    match words.len() {
        1 if is(0, "half") => Some("0.5"),
        1 if is(0, "quarter") => Some("0.25"),
        2 if (is(0, "1") || is(0, "a")) && is(1, "half") => Some("0.5"),
        2 if (is(0, "1") || is(0, "a")) && is(1, "quarter") => Some("0.25"),
        2 if is(0, "3") && is(1, "quarters") => Some("0.75"),
        _ => None,
    }
}

/// `point one four` after a number.
fn decimals_in_words(words: &[&str], at: usize) -> Option<(String, usize)> {
    if !is(words, at, "point") {
        return None;
    }
    let mut decimals = String::new();
    let mut next = at + 1;
    while let Some(Word { part: Part::Small(value @ 0..=9), ordinal: false }) = word_at(words, next) {
        decimals.push_str(&value.to_string());
        next += 1;
    }
    (!decimals.is_empty()).then_some((decimals, next))
}

/// A whole number in words: `two thousand and one`, `nineteen eighty-four`, `hundred`, `twenty-first`.
fn cardinal_or_ordinal(words: &[&str], at: usize) -> Option<Read> {
    if let Some(year) = year(words, at) {
        return Some(year);
    }
    let after_article = at + usize::from(is(words, at, "a"));
    let first = match word_at(words, after_article)? {
        Word { part: Part::Scale(_), ordinal: false } => Read { value: 1, ordinal: false, next: after_article },
        Word { part: Part::Scale(value), ordinal: true } => {
            return Some(Read { value, ordinal: true, next: after_article + 1 });
        }
        Word { part: Part::Hundred, .. } => hundreds(words, after_article)?,
        Word { part: Part::Small(_) | Part::Tens(_), .. } if after_article > at => return None,
        Word { part: Part::Small(_) | Part::Tens(_), .. } => hundreds(words, at)?,
    };
    if first.ordinal {
        return Some(first);
    }
    let Some(Word { part: Part::Scale(scale), ordinal }) = word_at(words, first.next) else {
        return Some(first);
    };
    let value = first.value * scale;
    let next = first.next + 1;
    if ordinal {
        return Some(Read { value, ordinal, next });
    }
    Some(match below_scale(words, next, scale) {
        Some(read) => Read { value: value + read.value, ..read },
        None => Read { value, ordinal, next },
    })
}

/// What follows a power of ten and is smaller than it, with or without `and` before it.
fn below_scale(words: &[&str], at: usize, limit: u64) -> Option<Read> {
    let at = at + usize::from(is(words, at, "and"));
    if !matches!(word_at(words, at)?.part, Part::Small(_) | Part::Tens(_) | Part::Hundred) {
        return None;
    }
    let group = hundreds(words, at)?;
    if group.ordinal {
        return (group.value < limit).then_some(group);
    }
    let Some(Word { part: Part::Scale(scale), ordinal }) = word_at(words, group.next) else {
        return (group.value < limit).then_some(group);
    };
    if scale >= limit || group.value >= limit / scale {
        return None;
    }
    let value = group.value * scale;
    let next = group.next + 1;
    match below_scale(words, next, scale).filter(|_| !ordinal) {
        Some(read) => Some(Read { value: value + read.value, ..read }),
        None => Some(Read { value, ordinal, next }),
    }
}

/// Up to 9,999 without the word thousand: `one hundred and five`, `nineteen hundred`, `hundred`, `twenty-one`.
fn hundreds(words: &[&str], at: usize) -> Option<Read> {
    let count = match word_at(words, at)?.part {
        Part::Hundred => Read { value: 1, ordinal: false, next: at },
        Part::Small(_) | Part::Tens(_) => below_hundred(words, at)?,
        Part::Scale(_) => return None,
    };
    let Some(Word { part: Part::Hundred, ordinal }) = word_at(words, count.next).filter(|_| !count.ordinal) else {
        return Some(count);
    };
    let value = count.value * 100;
    let next = count.next + 1;
    if ordinal {
        return Some(Read { value, ordinal, next });
    }
    let rest = below_hundred(words, next + usize::from(is(words, next, "and")));
    match rest.filter(|rest| rest.value > 0 && !is_multiplied(words, rest, Part::Hundred)) {
        Some(rest) => Some(Read { value: value + rest.value, ..rest }),
        None => Some(Read { value, ordinal, next }),
    }
}

fn is_multiplied(words: &[&str], read: &Read, by: Part) -> bool {
    !read.ordinal && word_at(words, read.next).is_some_and(|word| word.part == by)
}

fn below_hundred(words: &[&str], at: usize) -> Option<Read> {
    let Word { part, ordinal } = word_at(words, at)?;
    match part {
        Part::Small(value) => Some(Read { value, ordinal, next: at + 1 }),
        Part::Tens(tens) => match word_at(words, at + 1).filter(|_| !ordinal) {
            Some(Word { part: Part::Small(unit @ 1..=9), ordinal }) => {
                Some(Read { value: tens + unit, ordinal, next: at + 2 })
            }
            Some(_) | None => Some(Read { value: tens, ordinal, next: at + 1 }),
        },
        Part::Hundred | Part::Scale(_) => None,
    }
}

/// A year read in two halves: `ten sixty-six`, `nineteen oh four`, `twenty twenty`.
fn year(words: &[&str], at: usize) -> Option<Read> {
    let century = below_hundred(words, at).filter(|read| !read.ordinal && (10..=20).contains(&read.value))?;
    if is(words, century.next, "oh") || is(words, century.next, "o") {
        let unit =
            below_hundred(words, century.next + 1).filter(|read| !read.ordinal && (1..=9).contains(&read.value))?;
        return Some(Read { value: century.value * 100 + unit.value, ..unit });
    }
    let years = below_hundred(words, century.next).filter(|read| !read.ordinal && read.value >= 10)?;
    let goes_on = word_at(words, years.next).is_some_and(|word| matches!(word.part, Part::Hundred | Part::Scale(_)));
    (!goes_on).then_some(Read { value: century.value * 100 + years.value, ..years })
}

fn with_suffix(digits: &str) -> String {
    let suffix = match digits.as_bytes() {
        [.., b'1', _] => "th",
        [.., b'1'] => "st",
        [.., b'2'] => "nd",
        [.., b'3'] => "rd",
        [..] => "th",
    };
    format!("{digits}{suffix}")
}

/// The words of a number written as one (`twentyone`), or with hyphens where those still stand; anything else is one word.
fn pulled_apart(text: &str) -> Vec<&str> {
    const LONGEST: usize = 100;
    let could_be = (6..=LONGEST).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphabetic() || b == b'-')
        && word(text).is_none();
    if !could_be {
        return vec![text];
    }
    let mut parts = Vec::new();
    if pull_apart(text, &mut parts) && number(&parts, 0).is_some_and(|(_, next)| next == parts.len()) {
        return parts;
    }
    vec![text]
}

/// Longest words first, so that `sixty` is not `six` and a remainder.
fn pull_apart<'a>(text: &'a str, parts: &mut Vec<&'a str>) -> bool {
    if text.is_empty() {
        return true;
    }
    for length in (3..=text.len().min(WORD_BYTES_MAX)).rev() {
        let (head, tail) = text.split_at(length);
        let fits = word(head).is_some() || !parts.is_empty() && head.eq_ignore_ascii_case("and");
        if !fits {
            continue;
        }
        parts.push(head);
        if pull_apart(tail.strip_prefix('-').unwrap_or(tail), parts) {
            return true;
        }
        parts.pop();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digits(text: &str) -> String {
        in_digits(&text.split(' ').collect::<Vec<_>>()).join(" ")
    }

    #[test]
    fn reads_words() {
        for (text, expected) in [
            ("zero", "0"),
            ("seven", "7"),
            ("twelve", "12"),
            ("twenty one", "21"),
            ("twentyone", "21"),
            ("twenty-one", "21"),
            ("Twenty One", "21"),
            ("hundred", "100"),
            ("a hundred", "100"),
            ("one hundred and five", "105"),
            ("onehundredandfive", "105"),
            ("one hundred five", "105"),
            ("one hundred two hundred", "100 200"),
            ("nineteen hundred", "1900"),
            ("nineteen hundred and five", "1905"),
            ("a thousand", "1000"),
            ("thousand", "1000"),
            ("two thousand and one", "2001"),
            ("two thousand nineteen", "2019"),
            ("one hundred and twenty thousand", "120000"),
            ("one million two hundred thousand and six", "1200006"),
            ("nine hundred ninety nine trillion nine hundred ninety nine billion", "999999000000000"),
            ("5 million", "5000000"),
            ("1.5 million", "1500000"),
            ("1.23456 thousand", "1234.56"),
            ("5 million two hundred thousand", "5200000"),
            ("$5 million", "$5000000"),
            ("2 1/2", "2.5"),
            ("two and a half", "2.5"),
            ("two and a half million", "2500000"),
            ("three and three quarters", "3.75"),
            ("1/2", "0.5"),
            ("one half", "0.5"),
            ("half", "0.5"),
            ("half blood prince", "half blood prince"),
            ("three point one four", "3.14"),
            ("point break", "point break"),
            ("minus five", "-5"),
            ("minus 5", "-5"),
            ("seven minus five", "7 minus 5"),
            ("minus one", "-1"),
            ("fifty percent", "50%"),
            ("50 per cent", "50%"),
            ("first", "1st"),
            ("twenty first", "21st"),
            ("one hundred and third", "103rd"),
            ("two hundredth", "200th"),
            ("millionth", "1000000th"),
            ("11st", "11th"),
            ("112th", "112th"),
            ("21th", "21st"),
            ("nineteen eighty four", "1984"),
            ("nineteeneightyfour", "1984"),
            ("ten sixty six", "1066"),
            ("nineteen oh four", "1904"),
            ("twenty twenty", "2020"),
            ("twenty twenty one", "2021"),
            ("seven eleven", "7 11"),
            ("one two three", "1 2 3"),
            ("seven brides for seven brothers", "7 brides for 7 brothers"),
            ("one hundred and one dalmatians", "101 dalmatians"),
            ("one hundred and counting", "100 and counting"),
            ("million dollar baby", "1000000 dollar baby"),
            ("a one", "a 1"),
            ("mix", "mix"),
            ("tennis", "tennis"),
            ("someone", "someone"),
            ("stone", "stone"),
            ("oneone", "oneone"),
            ("hundred million", "100000000"),
            ("one thousand million", "1000000000"),
            ("minus minus minus one", "minus minus -1"),
            ("18446744073709551 thousand and nine hundred ninety nine", "18446744073709551000 and 999"),
            ("1844674407370955 thousand and nine", "1844674407370955009"),
            ("18446744073709551615 hundred and nine", "1844674407370955161500 and 9"),
        ] {
            assert_eq!(digits(text), expected, "{text}");
        }
    }
}
