//! Finding by words: what is stored for it, and what it is compared with.

use crate::quiz::text::searchable;

/// How many words of a search may stand anywhere. What follows them is looked for as it stands.
const WORDS: usize = 6;

/// Characters of a search that are looked at.
const QUERY_CHARS_MAX: usize = 200;

/// One pattern for `LIKE … ESCAPE '!'` for each word of a search; all must match. Those beyond the words match all.
pub(super) fn patterns(query: &str) -> [String; WORDS] {
    let query: String = query.chars().take(QUERY_CHARS_MAX).collect();
    let query = searchable(&query);
    let mut words = query.splitn(WORDS, ' ').filter(|word| !word.is_empty());
    std::array::from_fn(|_| words.next().map_or_else(|| "%".to_owned(), containing))
}

fn containing(word: &str) -> String {
    format!("%{}%", escaped(word))
}

/// A text as a part of a pattern for `LIKE … ESCAPE '!'`.
pub(super) fn escaped(text: &str) -> String {
    text.replace('!', "!!").replace('%', "!%").replace('_', "!_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_word_is_a_pattern_and_the_sixth_holds_the_rest() {
        let any = || "%".to_owned();
        assert_eq!(patterns(""), [any(), any(), any(), any(), any(), any()]);
        assert_eq!(patterns("Red  Fox")[..3], ["%red%".to_owned(), "%fox%".to_owned(), any()]);
        assert_eq!(patterns("a b c d e f g h")[5], "%f g h%");
    }

    #[test]
    fn signs_of_patterns_are_only_signs() {
        assert_eq!(patterns("50%_!")[0], "%50!%!_!!%");
    }

    #[test]
    fn a_search_is_read_up_to_its_limit() {
        assert_eq!(patterns(&"x".repeat(QUERY_CHARS_MAX + 1))[0].len(), QUERY_CHARS_MAX + 2);
    }
}
