//! Finding questions that are there twice, also when somebody put them in other words.

use std::collections::{BTreeSet, HashMap, HashSet};

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::quiz::question::{Answer, Draft, folded_prompt};

/// Comparisons of two prompts before the search gives up. No bank that people write comes near.
const COMPARISONS_MAX: usize = 2_000_000;

/// What is compared of a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The prompt as repeats are found by in a bank.
    folded: String,
    /// The words of the prompt, each once, in order.
    words: BTreeSet<String>,
    /// What counts as right.
    answers: BTreeSet<String>,
}

/// Questions that seem to be one: their places in what was searched, in order, at least two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alike {
    pub places: Vec<usize>,
    /// Whether all of them ask in the same words, letter by letter but for capitals and spaces.
    pub same: bool,
}

impl Asked {
    #[must_use]
    pub fn new(draft: &Draft) -> Self {
        let answers = match &draft.answer {
            Answer::Text { accepted, .. } => accepted.iter().map(|text| plain(text)).collect(),
            Answer::MultipleChoice { choices } => {
                choices.iter().filter(|choice| choice.correct).map(|choice| plain(&choice.text)).collect()
            }
        };
        let words = plain(&draft.prompt).split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect();
        Self { folded: folded_prompt(&draft.prompt), words, answers }
    }

    /// Whether four of five words of both prompts are in both, and an answer is right for both.
    fn is_near(&self, other: &Self) -> bool {
        let shared = self.words.intersection(&other.words).count();
        let all = self.words.len() + other.words.len() - shared;
        shared * 5 >= all * 4 && !self.answers.is_disjoint(&other.answers)
    }
}

/// The questions that seem to be there more than once, in the order of the first of each, and whether all were compared.
///
/// Two questions are alike when they ask in the same words, or when four of five words are the same and a right answer is,
/// too. What is alike to one of a group belongs to it.
#[must_use]
pub fn alike(questions: &[Asked]) -> (Vec<Alike>, bool) {
    let mut groups = Groups((0..questions.len()).collect());
    let mut first_with = HashMap::new();
    for (place, asked) in questions.iter().enumerate() {
        let first = *first_with.entry(asked.folded.as_str()).or_insert(place);
        groups.join(first, place);
    }
    let complete = join_near(questions, &mut groups);
    let mut members: HashMap<usize, Vec<usize>> = HashMap::new();
    for place in 0..questions.len() {
        members.entry(groups.first(place)).or_default().push(place);
    }
    let mut found: Vec<_> = members.into_values().filter(|places| places.len() > 1).collect();
    found.sort_unstable();
    let alike = |places: Vec<usize>| {
        let same = places.iter().all(|&place| questions[place].folded == questions[places[0]].folded);
        Alike { places, same }
    };
    (found.into_iter().map(alike).collect(), complete)
}

/// Joins what is near. Two prompts that share four of five words share one of the rarest of each (prefix filtering, as in
/// Chaudhuri, Ganti and Kaushik, "A primitive operator for similarity joins in data cleaning", 2006), so only questions
/// with such a word and an answer in common are compared.
fn join_near(questions: &[Asked], groups: &mut Groups) -> bool {
    let mut often: HashMap<&str, usize> = HashMap::new();
    for word in questions.iter().flat_map(|asked| &asked.words) {
        *often.entry(word).or_default() += 1;
    }
    let mut met: HashMap<(&str, &str), Vec<usize>> = HashMap::new();
    let mut comparisons = 0;
    for (place, asked) in questions.iter().enumerate() {
        let mut rarest: Vec<&str> = asked.words.iter().map(String::as_str).collect();
        rarest.sort_by_key(|word| (often[word], *word));
        let count = rarest.len();
        rarest.truncate(count - (count * 4).div_ceil(5) + usize::from(count > 0));
        let keys: Vec<_> =
            rarest.iter().flat_map(|word| asked.answers.iter().map(|answer| (*word, answer.as_str()))).collect();
        let mut compared = HashSet::new();
        for key in &keys {
            for &other in met.get(key).into_iter().flatten() {
                if groups.first(other) == groups.first(place) || !compared.insert(other) {
                    continue;
                }
                comparisons += 1;
                if comparisons > COMPARISONS_MAX {
                    return false;
                }
                if asked.is_near(&questions[other]) {
                    groups.join(other, place);
                }
            }
        }
        for key in keys {
            met.entry(key).or_default().push(place);
        }
    }
    true
}

/// Which question each belongs to: itself, or an earlier one.
struct Groups(Vec<usize>);

impl Groups {
    fn first(&mut self, place: usize) -> usize {
        let mut first = place;
        while self.0[first] != first {
            self.0[first] = self.0[self.0[first]];
            first = self.0[first];
        }
        first
    }

    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.first(one), self.first(other));
        self.0[one.max(other)] = one.min(other);
    }
}

/// Words without capitals, accents and punctuation, with single spaces.
fn plain(text: &str) -> String {
    let letters = text.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase);
    let spaced: String = letters.map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quiz::question::{Choice, QuestionInput};

    fn asked(prompt: &str, answers: &[&str]) -> Asked {
        let accepted_answers = Some(answers.iter().map(|&text| text.to_owned()).collect());
        let kind = Some("text".to_owned());
        let input = QuestionInput { kind, prompt: prompt.to_owned(), accepted_answers, ..QuestionInput::default() };
        Asked::new(&input.check().unwrap())
    }

    fn groups(questions: &[(&str, &str)]) -> Vec<(Vec<usize>, bool)> {
        let questions: Vec<_> = questions.iter().map(|(prompt, answer)| asked(prompt, &[answer])).collect();
        let (found, complete) = alike(&questions);
        assert!(complete);
        found.into_iter().map(|alike| (alike.places, alike.same)).collect()
    }

    #[test]
    fn the_same_words_are_the_same_question_whatever_is_right() {
        let found = groups(&[("Who  is it?", "Ann"), ("Soup?", "Yes"), ("who is IT?", "Bob")]);
        assert_eq!(found, [(vec![0, 2], true)]);
    }

    #[test]
    fn four_of_five_words_and_the_answer_are_near() {
        let one = ("Which of the planets is the largest one?", "Jupiter");
        assert_eq!(
            groups(&[one, ("Which of the planets is the very largest one?", "JUPITER!")]),
            [(vec![0, 1], false)]
        );
        // 6 of 8 words.
        assert_eq!(groups(&[one, ("Which of the planets is the smallest one?", "Jupiter")]), []);
        // 7 of 8 words, but another answer.
        assert_eq!(groups(&[one, ("Which of the planets is the very largest one?", "Saturn")]), []);
        assert_eq!(groups(&[("Où vit Zoë?", "Là-bas"), ("ou vit Zoe", "la bas")]), [(vec![0, 1], false)]);
    }

    #[test]
    fn exactly_four_of_five_is_enough() {
        let near = groups(&[("a b c d", "x"), ("a b c d e", "x")]);
        assert_eq!(near, [(vec![0, 1], false)]);
        assert_eq!(groups(&[("a b c", "x"), ("a b c d", "x")]), []);
    }

    #[test]
    fn what_is_alike_to_one_of_a_group_is_of_it() {
        let found = groups(&[("a b c d e", "x"), ("A b c d e", "y"), ("q?", "x"), ("a b c d e f", "x"), ("Q?", "x")]);
        assert_eq!(found, [(vec![0, 1, 3], false), (vec![2, 4], true)]);
    }

    #[test]
    fn a_choice_is_compared_by_its_right_option() {
        let choices = |right: usize| {
            let texts = ["Red", "Blue"].iter().enumerate();
            texts.map(|(at, text)| Choice { text: (*text).to_owned(), correct: at == right }).collect()
        };
        let mut questions =
            [asked("Which colour is the clear sky?", &["Blue"]), asked("Q", &["x"]), asked("Q", &["x"])];
        for (place, right) in [(1, 1), (2, 0)] {
            let draft = Draft {
                prompt: "Which colour is the clear blue sky?".to_owned(),
                points: 1,
                notes: None,
                time_limit_seconds: None,
                tags: Vec::new(),
                answer: Answer::MultipleChoice { choices: choices(right) },
            };
            questions[place] = Asked::new(&draft);
        }
        assert!(questions[0].is_near(&questions[1]) && !questions[0].is_near(&questions[2]));
    }

    #[test]
    fn nothing_is_compared_with_what_has_no_words() {
        assert_eq!(groups(&[("???", "x"), ("!!!", "x")]), []);
    }

    /// The short way finds what comparing each with each would.
    #[test]
    fn no_pair_is_overlooked() {
        let words = ["alpha", "beta", "gamma", "delta", "one", "two", "three", "which", "the", "is"];
        let mut seed = 7_usize;
        let mut next = |below: usize| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % below
        };
        let questions: Vec<_> = (0..120)
            .map(|_| {
                let prompt: Vec<_> = (0..4 + next(4)).map(|_| words[next(words.len())]).collect();
                asked(&prompt.join(" "), &[["x", "y"][next(2)]])
            })
            .collect();
        let mut groups = Groups((0..questions.len()).collect());
        for (place, one) in questions.iter().enumerate() {
            for (other, two) in questions.iter().enumerate().skip(place + 1) {
                if one.is_near(two) || one.folded == two.folded {
                    groups.join(place, other);
                }
            }
        }
        let mut expected: HashMap<usize, Vec<usize>> = HashMap::new();
        for place in 0..questions.len() {
            expected.entry(groups.first(place)).or_default().push(place);
        }
        let mut expected: Vec<_> = expected.into_values().filter(|places| places.len() > 1).collect();
        expected.sort_unstable();
        assert!(!expected.is_empty());
        let found: Vec<_> = alike(&questions).0.into_iter().map(|alike| alike.places).collect();
        assert_eq!(found, expected);
    }
}
