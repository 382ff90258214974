//! The article at the head of an answer.
//!
//! Which articles are safe to ignore was decided by what else the answer could then be taken for:
//! - English `the`, `a`, `an`.
//! - French `le`, `la`, `une`, German `der`, `das`, `ein`, `eine` and Italian `il`, `gli`, where at least five letters follow.
//!
//! Left alone on purpose: `die` (*Die Hard*), `les` (Les Paul), `un` (UN), `i` (*I, Robot*), `as`, `o`, `de`, `uno`, `una`,
//! and `el`, `los`, `las`, `lo`, which are part of the names of places (El Salvador is not Salvador).
//! `l'` goes with its apostrophe: people who leave that out write *Loreal*, not *Oreal*.

use super::folding::is_word;

/// `text` without its leading article; `text` itself if it has none, or if nothing of its own would be left
/// (`The The`, `A`, `La`).
pub(super) fn without_article(text: &str, punctuation: bool) -> &str {
    let text_start = if punctuation { text.trim_start_matches(|c: char| !is_word(c)) } else { text.trim_start() };
    let Some((word, rest)) = text_start.split_once(char::is_whitespace) else {
        return text;
    };
    let droppable = match word.to_ascii_lowercase().as_str() {
        "the" | "an" => true,
        "a" => !names_a_letter(rest),
        "le" | "la" | "une" | "der" | "das" | "ein" | "eine" | "il" | "gli" => is_apart_from_its_article(word, rest),
        _ => false,
    };
    if droppable && words(rest).any(|word| !is_article(word)) { rest } else { text }
}

/// Whether `a` before `rest` is the letter: `A 4`, `A & E`, `A is for Alibi`, `A B C`.
fn names_a_letter(rest: &str) -> bool {
    let rest = rest.trim_start();
    if rest.starts_with(['&', '+', '-', '/', '=', '*', '#', '.', ',', ':']) {
        return true;
    }
    words(rest).next().is_none_or(|word| {
        word.chars().count() == 1
            || word.starts_with(|c: char| c.is_ascii_digit())
            || ["and", "or", "is", "to"].iter().any(|other| word.eq_ignore_ascii_case(other))
    })
}

/// Whether `rest` is the same thing with and without the foreign article: not *La La Land*, *Le Mans*, *La Palma*.
fn is_apart_from_its_article(article: &str, rest: &str) -> bool {
    let Some(first) = words(rest).next() else { return false };
    let letters = rest.chars().filter(|&c| is_word(c) && !c.is_ascii_digit()).count();
    let place = article.eq_ignore_ascii_case("la") && first.eq_ignore_ascii_case("palma");
    letters >= 5 && !place && !is_article(first) && !first.starts_with(|c: char| c.is_ascii_digit())
}

fn is_article(word: &str) -> bool {
    ["the", "a", "an", "le", "la", "une", "der", "das", "ein", "eine", "il", "gli"]
        .iter()
        .any(|article| word.eq_ignore_ascii_case(article))
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !is_word(c)).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drops_only_what_is_an_article() {
        for (text, rest) in [
            ("the beatles", "beatles"),
            ("The Beatles", "Beatles"),
            ("a cat", "cat"),
            ("an apple", "apple"),
            ("\"the beatles\"", "beatles\""),
            ("la seine", "seine"),
            ("der spiegel", "spiegel"),
            ("the a team", "a team"),
            ("the the", "the the"),
            ("a", "a"),
            ("the", "the"),
            ("the ?", "the ?"),
            ("a-ha", "a-ha"),
            ("a 4", "a 4"),
            ("a & e", "a & e"),
            ("a is for alibi", "a is for alibi"),
            ("a. a. milne", "a. a. milne"),
            ("la la land", "la la land"),
            ("la palma", "la palma"),
            ("le mans", "le mans"),
            ("el salvador", "el salvador"),
            ("die hard", "die hard"),
            ("les paul", "les paul"),
        ] {
            assert_eq!(without_article(text, true), rest, "{text}");
        }
    }
}
