use crate::limits::{TIME_LIMIT_SECONDS_MAX, TIME_LIMIT_SECONDS_MIN};

use super::*;

fn input(json: &str) -> QuestionInput {
    serde_json::from_str(json).unwrap()
}

fn text() -> QuestionInput {
    input(r#"{"type":"text","prompt":"Capital of France?","accepted_answers":["Paris"]}"#)
}

fn choice() -> QuestionInput {
    input(
        r#"{"type":"multiple_choice","prompt":"Capital?","choices":[{"text":"Rome"},{"text":"Paris","correct":true}]}"#,
    )
}

fn problems(input: QuestionInput) -> Vec<String> {
    input.check().unwrap_err().iter().map(ToString::to_string).collect()
}

#[test]
fn the_published_shapes_pass_with_defaults() {
    let draft = text().check().unwrap();
    assert_eq!(draft.points, 1_000);
    assert_eq!(draft.answer, Answer::Text { accepted: vec!["Paris".to_owned()], marking: Marking::default() });
    let draft = choice().check().unwrap();
    assert_eq!(draft.kind(), Kind::MultipleChoice);
    assert_eq!(draft.time_limit_seconds, None);
}

#[test]
fn camel_case_spellings_and_unknown_fields_pass() {
    let draft = input(
        r#"{"type":"multipleChoice","prompt":"P","choices":[{"text":"a","correct":true},{"text":"b"}],"timeLimitSeconds":30,"id":"x"}"#,
    );
    assert_eq!(draft.check().unwrap().time_limit_seconds, Some(30));
    let draft = input(r#"{"type":"text","prompt":"P","acceptedAnswers":["a"],"marking":{"numberWords":false}}"#);
    let Answer::Text { marking, .. } = draft.check().unwrap().answer else { panic!("a text question") };
    assert_eq!(marking, Marking { number_words: false, ..Marking::default() });
}

#[test]
fn every_problem_is_named_at_once() {
    let all = input(
        r#"{"type":"multiple_choice","prompt":" ","points":-1,"notes":"a\u0001","time_limit_seconds":4,
            "accepted_answers":["x"],"marking":{"case":false},"choices":[{"text":""},{"text":"b"},{"text":" b "}]}"#,
    );
    insta::assert_snapshot!(problems(all).join("\n"), @r"
    prompt: The question is empty.
    points: Points must be from 0 to 1000000, not -1.
    notes: The note holds an invisible control character (U+0001).
    time_limit_seconds: The time limit in seconds must be from 5 to 3600, not 4.
    accepted_answers: Accepted answers do not belong to a question of this kind.
    marking: Rules of marking do not belong to a question of this kind.
    choices.0.text: Choice 1 is empty.
    choices.2.text: Choice 3 is the same as 2.
    choices: No choice is marked as correct.
    ");
    insta::assert_snapshot!(problems(input("{}")).join("\n"), @r#"
    prompt: The question is empty.
    type: The kind of question is missing; it is "text" or "multiple_choice".
    "#);
    insta::assert_snapshot!(problems(QuestionInput { kind: Some("poll".to_owned()), ..text() }).join("\n"), @r#"type: "poll" is not a kind of question; it is "text" or "multiple_choice"."#);
}

#[test]
fn each_limit_holds_at_the_limit_and_not_one_past_it() {
    let ok = |input: QuestionInput| input.check().is_ok();
    for (len, fits) in [(1, true), (PROMPT_CHARS_MAX, true), (PROMPT_CHARS_MAX + 1, false)] {
        assert_eq!(ok(QuestionInput { prompt: "ß".repeat(len), ..text() }), fits, "prompt of {len}");
    }
    for (points, fits) in [(0, true), (i64::from(POINTS_MAX), true), (i64::from(POINTS_MAX) + 1, false), (-1, false)] {
        assert_eq!(ok(QuestionInput { points: Some(points), ..text() }), fits, "{points} points");
    }
    for (len, fits) in [(NOTES_CHARS_MAX, true), (NOTES_CHARS_MAX + 1, false)] {
        assert_eq!(ok(QuestionInput { notes: Some("n".repeat(len)), ..text() }), fits, "notes of {len}");
    }
    let (min, max) = (i64::from(TIME_LIMIT_SECONDS_MIN), i64::from(TIME_LIMIT_SECONDS_MAX));
    for (seconds, fits) in [(min - 1, false), (min, true), (max, true), (max + 1, false), (i64::MAX, false)] {
        assert_eq!(ok(QuestionInput { time_limit_seconds: Some(seconds), ..text() }), fits, "{seconds} s");
    }
    for (count, fits) in [(0, false), (1, true), (ACCEPTED_ANSWERS_MAX, true), (ACCEPTED_ANSWERS_MAX + 1, false)] {
        let accepted = (0..count).map(|n| n.to_string()).collect();
        assert_eq!(ok(QuestionInput { accepted_answers: Some(accepted), ..text() }), fits, "{count} accepted");
    }
    for (len, fits) in [(ACCEPTED_ANSWER_CHARS_MAX, true), (ACCEPTED_ANSWER_CHARS_MAX + 1, false)] {
        assert_eq!(ok(QuestionInput { accepted_answers: Some(vec!["a".repeat(len)]), ..text() }), fits);
    }
    for (count, fits) in [(1, false), (CHOICES_MIN, true), (CHOICES_MAX, true), (CHOICES_MAX + 1, false)] {
        let choices = (0..count).map(|n| ChoiceInput { text: n.to_string(), correct: n == 0 }).collect();
        assert_eq!(ok(QuestionInput { choices: Some(choices), ..choice() }), fits, "{count} choices");
    }
    for (len, fits) in [(CHOICE_CHARS_MAX, true), (CHOICE_CHARS_MAX + 1, false)] {
        let choices = ["c".repeat(len), "d".to_owned()].map(|text| ChoiceInput { correct: text == "d", text });
        assert_eq!(ok(QuestionInput { choices: Some(choices.into()), ..choice() }), fits, "choice of {len}");
    }
}

#[test]
fn exactly_one_choice_is_correct() {
    let two = ["a", "b"].map(|text| ChoiceInput { text: text.to_owned(), correct: true });
    let found = problems(QuestionInput { choices: Some(two.into()), ..choice() });
    assert_eq!(found, ["choices: 2 choices are marked as correct; exactly one must be."]);
}

#[test]
fn repeated_accepted_answers_are_reported_not_dropped() {
    let accepted = ["Paris", "paris", "Paris "].map(str::to_owned).to_vec();
    let found = problems(QuestionInput { accepted_answers: Some(accepted), ..text() });
    assert_eq!(found, ["accepted_answers.2: Accepted answer 3 is the same as 1."]);
}

#[test]
fn case_tells_choices_apart() {
    let choices = ["Co", "CO"].map(|text| ChoiceInput { text: text.to_owned(), correct: text == "Co" });
    assert!(QuestionInput { choices: Some(choices.into()), ..choice() }.check().is_ok());
}

#[test]
fn lines_and_tabs_belong_into_prompts_and_notes_only() {
    let lines = "one\r\ntwo\tthree".to_owned();
    let draft = QuestionInput { prompt: lines.clone(), notes: Some(lines.clone()), ..text() }.check().unwrap();
    assert_eq!(draft.prompt, "one\ntwo\tthree");
    assert_eq!(draft.notes.as_deref(), Some("one\ntwo\tthree"));
    assert!(QuestionInput { accepted_answers: Some(vec![lines]), ..text() }.check().is_err());
}

#[test]
fn a_hostile_number_of_answers_yields_few_problems() {
    let found = problems(QuestionInput { accepted_answers: Some(vec![String::new(); 100_000]), ..text() });
    assert_eq!(found.len(), 1 + ACCEPTED_ANSWERS_MAX + 1);
}

#[test]
fn a_draft_is_written_in_the_published_order_without_defaults() {
    let marking = Marking { case: false, ..Marking::default() };
    let strict = QuestionInput { marking: Some(marking), notes: Some("n".to_owned()), ..text() }.check().unwrap();
    insta::assert_snapshot!(serde_json::to_string(&strict).unwrap(), @r#"{"type":"text","prompt":"Capital of France?","points":1000,"accepted_answers":["Paris"],"marking":{"case":false},"notes":"n"}"#);
    insta::assert_snapshot!(serde_json::to_string(&choice().check().unwrap()).unwrap(), @r#"{"type":"multiple_choice","prompt":"Capital?","points":1000,"choices":[{"text":"Rome","correct":false},{"text":"Paris","correct":true}]}"#);
    assert_eq!(QuestionInput::from(strict.clone()).check().unwrap(), strict);
}

#[test]
fn prompts_fold_by_case_and_space_only() {
    assert_eq!(folded_prompt(" Who  IS\nÉdith? "), "who is édith?");
    assert_ne!(folded_prompt("Who is it"), folded_prompt("Who is it?"));
}

#[test]
fn tags_are_short_few_and_different() {
    let tagged =
        |tags: &[&str]| QuestionInput { tags: Some(tags.iter().map(|&tag| tag.to_owned()).collect()), ..text() };
    assert_eq!(tagged(&[" Pub  music ", "80s"]).check().unwrap().tags, ["Pub  music", "80s"]);
    assert_eq!(text().check().unwrap().tags, [""; 0]);
    let names: Vec<_> = (0..=TAGS_PER_QUESTION_MAX).map(|n| n.to_string()).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    assert!(tagged(&names[1..]).check().is_ok());
    let longest = "é".repeat(TAG_CHARS_MAX);
    assert!(tagged(&[&longest]).check().is_ok());
    let too_long = format!("{longest}e");
    let wrong = [names, vec![&too_long], vec!["a,b"], vec!["Music", "a", "music"], vec![" "]];
    let found: Vec<_> = wrong.iter().flat_map(|tags| problems(tagged(tags))).collect();
    insta::assert_snapshot!(found.join("\n"), @r"
    tags: Tags must number from 0 to 10; there are 11.
    tags.0: Tag 1 is 31 characters long; at most 30 fit.
    tags.0: Tag 1 holds a comma, which stands between two tags.
    tags.2: Tag 3 is the same as 1.
    tags.0: Tag 1 is empty.
    ");
}

#[test]
fn where_the_nearest_number_wins_there_is_one_number() {
    let nearest = |accepted: &str| {
        input(&format!(
            r#"{{"type":"text","prompt":"How many?","accepted_answers":[{accepted}],"marking":{{"nearest":true}}}}"#
        ))
    };
    for number in ["1889", "1,889", "-3.5", "−40", "+7", "0.123456789", "123456789012345", "1,234,567"] {
        assert!(nearest(&format!("{number:?}")).check().is_ok(), "{number}");
    }
    for other in ["Paris", "1 or 2", "1,88", "1.", ".5", "--1", "0.1234567890", "1234567890123456", "12,", "１"] {
        assert!(nearest(&format!("{other:?}")).check().is_err(), "{other}");
    }
    assert_eq!(
        problems(nearest(r#""1","2""#)),
        [
            "accepted_answers: Where the nearest number wins, there is one accepted answer: a number in digits, such as 1889 or 3.5."
        ]
    );
}
