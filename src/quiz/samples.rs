//! Sample banks and a sample quiz of our own writing, in the public domain, for a newcomer's first
//! minute.

#![expect(clippy::expect_used, reason = "embedded at build time, and read by a test")]

use crate::quiz::export::{BankFile, QuizFile, RoundFile, Slot};

const BANKS: [&str; 5] = [
    include_str!("samples/general-knowledge.json"),
    include_str!("samples/science-and-nature.json"),
    include_str!("samples/history-and-places.json"),
    include_str!("samples/food-drink-and-words.json"),
    include_str!("samples/music-film-and-sport.json"),
];
const QUIZ: &str = include_str!("samples/a-night-at-the-snug.json");

/// The sample banks, twenty questions each, in the order they are listed.
#[must_use]
pub fn banks() -> Vec<BankFile> {
    BANKS.iter().map(|text| BankFile::parse(text).expect("a test reads every embedded sample")).collect()
}

/// The sample quiz as it would be exported: with only the questions that its rounds use.
#[must_use]
pub fn quiz() -> QuizFile {
    QuizFile::parse(QUIZ).expect("a test reads every embedded sample")
}

/// The sample quiz with all questions of the sample banks: importing it makes the five banks, once,
/// and the quiz.
#[must_use]
pub fn starter() -> QuizFile {
    let QuizFile { name, description, banks: excerpts, rounds } = quiz();
    let banks = banks();
    let place = |slot: Slot| {
        let question = &excerpts[slot.bank].questions[slot.question];
        let own = banks[slot.bank].questions.iter().position(|other| other == question);
        Slot { bank: slot.bank, question: own.expect("a test finds each of the quiz's questions in its bank") }
    };
    let rounds = rounds
        .into_iter()
        .map(|round| RoundFile { questions: round.questions.into_iter().map(place).collect(), ..round })
        .collect();
    QuizFile { name, description, banks, rounds }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use crate::quiz::question::{Answer, folded_prompt};
    use crate::quiz::text::Description;

    use super::*;

    #[test]
    fn every_sample_comes_back_byte_for_byte() {
        for text in BANKS {
            assert_eq!(BankFile::parse(text).unwrap().to_json(), text);
        }
        assert_eq!(QuizFile::parse(QUIZ).unwrap().to_json(), QUIZ);
        assert_eq!(QuizFile::parse(&starter().to_json()).unwrap(), starter());
    }

    #[test]
    fn each_bank_has_twenty_questions_of_both_kinds_and_no_prompt_comes_twice() {
        let mut prompts = HashSet::new();
        let mut names = HashSet::new();
        for bank in banks() {
            assert_eq!(bank.questions.len(), 20, "{:?}", bank.name);
            let texts = bank.questions.iter().filter(|question| matches!(question.answer, Answer::Text { .. })).count();
            assert_eq!(texts, 10, "{:?}", bank.name);
            assert!(names.insert(bank.name));
            for question in bank.questions {
                assert!(prompts.insert(folded_prompt(&question.prompt)), "{}", question.prompt);
            }
        }
    }

    #[test]
    fn right_choices_stand_in_every_place_alike() {
        let mut places = [0; 4];
        for question in banks().iter().flat_map(|bank| &bank.questions) {
            if let Answer::MultipleChoice { choices } = &question.answer {
                assert_eq!(choices.len(), 4, "{}", question.prompt);
                let right: Vec<usize> = (0..4).filter(|&at| choices[at].correct).collect();
                assert_eq!(right.len(), 1, "{}", question.prompt);
                places[right[0]] += 1;
            }
        }
        assert_eq!(places.iter().sum::<i32>(), 50);
        assert!(places.iter().all(|&count| count >= 10), "{places:?}");
    }

    #[test]
    fn each_sample_says_that_it_is_in_the_public_domain() {
        let quiz = quiz();
        let descriptions = banks().into_iter().map(|bank| bank.description).chain([quiz.description]);
        for description in descriptions {
            assert!(description.as_ref().map(Description::as_str).unwrap_or_default().contains("Public domain (CC0)"));
        }
    }

    #[test]
    fn the_quiz_plays_three_rounds_of_five_from_the_banks() {
        let starter = starter();
        assert_eq!(starter.name.as_str(), "A night at the Snug");
        assert_eq!(starter.banks, banks());
        let sizes: Vec<usize> = starter.rounds.iter().map(|round| round.questions.len()).collect();
        assert_eq!(sizes, [5, 5, 5]);
        assert!(starter.rounds.iter().all(|round| round.title.is_some()));
        assert_eq!(starter.rounds.iter().filter(|round| round.time_limit_seconds.is_some()).count(), 1);
        let slots: HashSet<Slot> = starter.rounds.iter().flat_map(|round| round.questions.clone()).collect();
        assert_eq!(slots.len(), 15, "no question comes twice");
        let quiz = quiz();
        let used: usize = quiz.banks.iter().map(|bank| bank.questions.len()).sum();
        assert_eq!(used, 15, "the exported quiz holds what it uses and no more");
        for (excerpt, bank) in quiz.banks.iter().zip(banks()) {
            assert_eq!((&excerpt.name, &excerpt.description), (&bank.name, &bank.description));
        }
    }
}
