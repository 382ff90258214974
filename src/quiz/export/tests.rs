use proptest::prelude::*;

use crate::limits::{ACCEPTED_ANSWERS_MAX, CHOICES_MAX, CHOICES_MIN, POINTS_MAX};
use crate::quiz::question::{ChoiceInput, Marking};

use super::*;

const BANK: &str = r#"{
  "format": "quibble.bank",
  "version": 1,
  "name": "Mixed",
  "description": "Two of each\nkind.",
  "questions": [
    {
      "type": "text",
      "prompt": "Say “é”",
      "points": 1000,
      "accepted_answers": [
        "é"
      ],
      "marking": {
        "accents": false
      },
      "time_limit_seconds": 30,
      "notes": "ay"
    },
    {
      "type": "text",
      "prompt": "How tall?",
      "points": 1000,
      "accepted_answers": [
        "330"
      ],
      "marking": {
        "nearest": true
      }
    },
    {
      "type": "multiple_choice",
      "prompt": "Which?",
      "points": 0,
      "choices": [
        {
          "text": "this",
          "correct": true
        },
        {
          "text": "that",
          "correct": false
        }
      ]
    }
  ]
}
"#;

fn problems(error: &FileError) -> Vec<String> {
    error.problems().iter().map(ToString::to_string).collect()
}

#[test]
fn a_bank_file_comes_back_byte_for_byte() {
    assert_eq!(BankFile::parse(BANK).unwrap().to_json(), BANK);
    let marked = format!("\u{FEFF}{BANK}");
    assert_eq!(BankFile::parse(&marked).unwrap().to_json(), BANK);
}

#[test]
fn defaults_and_other_spellings_are_read_and_written_one_way() {
    let loose = r#"{"questions":[{"choices":[{"text":"a","correct":true},{"text":"b"}],"prompt":" P ","type":"multipleChoice"}],
        "name":"N","description":" ","version":1,"format":"quibble.bank"}"#;
    let once = BankFile::parse(loose).unwrap();
    assert!(once.to_json().contains("\"points\": 1000"));
    assert!(!once.to_json().contains("description"));
    assert_eq!(BankFile::parse(&once.to_json()).unwrap(), once);
}

#[test]
fn every_problem_of_a_bank_file_is_named() {
    let text = r#"{"format":"quibble.bank","version":1,"name":"","questions":[
        {"type":"text","prompt":"p","accepted_answers":[]},
        {"type":"text","prompt":"p","accepted_answers":["a"],"image":"x.png"},
        {"type":"text","prompt":7}, 8,
        {"type":"multiple_choice","prompt":"p","choices":[{"text":"a","correct":true,"why":""},{"text":"b"}]}]}"#;
    let error = BankFile::parse(text).unwrap_err();
    insta::assert_snapshot!(problems(&error).join("\n"), @r"
    name: The name is empty.
    questions.0.accepted_answers: Accepted answers must number from 1 to 10; there are 0.
    questions.1.image: “image” is not something this version of Quibble knows, and would be lost.
    questions.2.: Not readable here: invalid type: integer `7`, expected a string.
    questions.3.: Not readable here: invalid type: integer `8`, expected struct QuestionInput.
    questions.4.why: “why” is not something this version of Quibble knows, and would be lost.
    ");
}

#[test]
fn files_of_another_kind_are_named() {
    let quiz = r#"{"format":"quibble.quiz","version":1,"name":"q","banks":[],"rounds":[]}"#;
    assert_eq!(BankFile::parse(quiz), Err(FileError::IsQuiz));
    assert_eq!(QuizFile::parse(BANK), Err(FileError::IsBank));
    for text in ["[]", "7", "{}", r#"{"format":"other"}"#] {
        assert_eq!(BankFile::parse(text), Err(FileError::WrongFormat { wanted: "bank" }), "{text}");
    }
    let newer = BANK.replace("\"version\": 1", "\"version\": 2");
    assert_eq!(BankFile::parse(&newer), Err(FileError::Newer { version: 2 }));
    let extended = BANK.replace("\"version\": 1", "\"version\": 1, \"owner\": 7");
    assert!(matches!(BankFile::parse(&extended), Err(FileError::NotJson { .. })));
    assert!(matches!(BankFile::parse("{"), Err(FileError::NotJson { .. })));
    assert!(matches!(BankFile::parse(&"[".repeat(100_000)), Err(FileError::NotJson { .. })));
}

#[test]
fn every_problem_of_a_quiz_file_is_named() {
    let text = r#"{"format":"quibble.quiz","version":1,"name":"q","banks":[
        {"name":"b","questions":[{"type":"text","prompt":"p","accepted_answers":["a"]}]}],
        "rounds":[{"title":"t\u0000","time_limit_seconds":1,"questions":[[0,0],[0,0],[0,1],[1,0]]}]}"#;
    insta::assert_snapshot!(problems(&QuizFile::parse(text).unwrap_err()).join("\n"), @r"
    rounds.0.title: The title holds an invisible control character (U+0000).
    rounds.0.time_limit_seconds: The time limit in seconds must be from 5 to 3600, not 1.
    rounds.0.questions.1: The same question stands twice in this round.
    rounds.0.questions.2: There is no question 1 in bank 0 of this file.
    rounds.0.questions.3: There is no question 0 in bank 1 of this file.
    ");
}

#[test]
fn the_number_of_questions_and_rounds_is_limited() {
    let question = r#"{"type":"text","prompt":"p","accepted_answers":["a"]}"#;
    let bank = |count: usize| {
        let questions = vec![question; count].join(",");
        format!(r#"{{"format":"quibble.bank","version":1,"name":"n","questions":[{questions}]}}"#)
    };
    assert!(BankFile::parse(&bank(QUESTIONS_PER_BANK_MAX)).is_ok());
    assert!(BankFile::parse(&bank(QUESTIONS_PER_BANK_MAX + 1)).is_err());
    let quiz = |rounds: usize, slots: usize| {
        let questions = vec![question; slots].join(",");
        let slots = (0..slots).map(|at| format!("[0,{at}]")).collect::<Vec<_>>().join(",");
        let rounds = vec![format!(r#"{{"questions":[{slots}]}}"#); rounds].join(",");
        format!(
            r#"{{"format":"quibble.quiz","version":1,"name":"n","banks":[{{"name":"b","questions":[{questions}]}}],"rounds":[{rounds}]}}"#
        )
    };
    assert!(QuizFile::parse(&quiz(ROUNDS_PER_QUIZ_MAX, 1)).is_ok());
    assert!(QuizFile::parse(&quiz(ROUNDS_PER_QUIZ_MAX + 1, 1)).is_err());
    assert!(QuizFile::parse(&quiz(1, QUESTIONS_PER_ROUND_MAX)).is_ok());
    assert!(QuizFile::parse(&quiz(1, QUESTIONS_PER_ROUND_MAX + 1)).is_err());
}

// A few of everything that files have to carry; all of Unicode is slow to draw from.
const ANY_LINE: &str = "[ -~é\u{301}ßŁĳﬁжأ日\u{200D}\u{FEFF}\u{1F389}]{1,40}";
const ANY_LINES: &str = "[ -~é\u{301}ßŁжأ日\u{A0}\u{200D}\u{1F389}\n\t\r]{1,80}";

fn any_draft() -> impl Strategy<Value = Draft> {
    let marking = proptest::array::uniform6(any::<bool>()).prop_map(
        |[case, accents, punctuation, articles, spaces, number_words]| Marking {
            case,
            accents,
            punctuation,
            articles,
            spaces,
            number_words,
            nearest: false,
        },
    );
    let text = proptest::collection::vec(ANY_LINE, 1..=ACCEPTED_ANSWERS_MAX).prop_map(|accepted| QuestionInput {
        kind: Some("text".to_owned()),
        accepted_answers: Some(accepted),
        ..QuestionInput::default()
    });
    let text = (text, proptest::option::of(marking)).prop_map(|(input, marking)| QuestionInput { marking, ..input });
    let choices = (proptest::collection::vec(ANY_LINE, CHOICES_MIN..=CHOICES_MAX), 0..CHOICES_MIN);
    let choices = choices.prop_map(|(texts, right)| QuestionInput {
        kind: Some("multiple_choice".to_owned()),
        choices: Some(
            texts.into_iter().enumerate().map(|(at, text)| ChoiceInput { text, correct: at == right }).collect(),
        ),
        ..QuestionInput::default()
    });
    let frame = (
        ANY_LINES,
        proptest::option::of(0..=i64::from(POINTS_MAX)),
        proptest::option::of(ANY_LINES),
        proptest::option::of(5_i64..=3_600),
        proptest::option::of(proptest::collection::vec("[a-zé ]{1,30}", 0..3)),
    );
    (prop_oneof![text, choices], frame)
        .prop_map(|(input, (prompt, points, notes, time_limit_seconds, tags))| QuestionInput {
            prompt,
            points,
            notes,
            time_limit_seconds,
            tags,
            ..input
        })
        .prop_filter_map("within the rules", |input| input.check().ok())
}

fn any_bank() -> impl Strategy<Value = BankFile> {
    let words = ("[a-zé🎉 ]{1,60}", proptest::option::of(ANY_LINES));
    (words, proptest::collection::vec(any_draft(), 0..6)).prop_filter_map(
        "named",
        |((name, description), questions)| {
            let (name, description) = check_words(&name, description.as_deref()).ok()?;
            Some(BankFile { name, description, questions })
        },
    )
}

fn any_quiz() -> impl Strategy<Value = QuizFile> {
    let round = (proptest::option::of("[a-z]{1,20}"), proptest::option::of(5_u32..=3_600), any::<u64>());
    (any_bank(), proptest::collection::vec(any_bank(), 0..3), proptest::collection::vec(round, 0..4)).prop_map(
        |(own, banks, rounds)| {
            let slots = |seed: u64| {
                let all = banks
                    .iter()
                    .enumerate()
                    .flat_map(|(bank, file)| (0..file.questions.len()).map(move |question| Slot { bank, question }));
                all.filter(|slot| seed >> (slot.bank * 6 + slot.question) & 1 == 1).collect()
            };
            let rounds = rounds.into_iter().map(|(title, time_limit_seconds, seed)| RoundFile {
                title: title.map(|title| Title::new("title", &title).unwrap()),
                time_limit_seconds,
                questions: slots(seed),
            });
            let rounds = rounds.collect();
            QuizFile { name: own.name, description: own.description, rounds, banks }
        },
    )
}

proptest! {
    #[test]
    fn any_bank_comes_back_identical(bank in any_bank()) {
        let text = bank.to_json();
        let again = BankFile::parse(&text).unwrap();
        prop_assert_eq!(&again, &bank);
        prop_assert_eq!(again.to_json(), text);
    }

    #[test]
    fn any_quiz_comes_back_identical(quiz in any_quiz()) {
        let text = quiz.to_json();
        let again = QuizFile::parse(&text).unwrap();
        prop_assert_eq!(&again, &quiz);
        prop_assert_eq!(again.to_json(), text);
    }

    #[test]
    fn checking_twice_changes_nothing(draft in any_draft()) {
        prop_assert_eq!(QuestionInput::from(draft.clone()).check(), Ok(draft));
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,200}") {
        let _ = BankFile::parse(&text);
        let _ = QuizFile::parse(&text);
    }
}

#[test]
fn a_question_in_two_rounds_is_found() {
    let mut file = crate::quiz::samples::quiz();
    assert_eq!(file.repeated(), None);
    file.rounds[2].questions[1] = file.rounds[0].questions[3];
    assert_eq!(file.repeated(), Some((2, 1)));
}

#[test]
fn a_file_has_a_name_that_every_system_takes() {
    for (name, stem) in [("Food & Drink", "food---drink"), ("../etc", "etc"), ("🎉", "quibble"), ("A", "a")] {
        assert_eq!(file_stem(name), stem);
    }
    assert_eq!(file_stem(&"x".repeat(120)).len(), 60);
}
