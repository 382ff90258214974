use super::script::{Night, player_id, question, quiz};
use crate::game::view::host::round_review;
use crate::game::view::{Common, player};
use crate::game::{Credit, FrozenQuiz, Key, Refusal, What, standings};
use proptest::prelude::*;

/// The usual quiz, but the first question is when the tower was opened, and the nearest wins.
fn towers() -> FrozenQuiz {
    let mut quiz = quiz();
    let Key::Text { accepted, marking } = &mut quiz.rounds[0].questions[0].key else { panic!("a text question") };
    *accepted = vec!["1,889".to_owned()];
    marking.nearest = true;
    quiz
}

/// Everybody has answered the question, and it is reviewed.
fn answered(answers: &[(&str, &str)]) -> Night {
    let mut night = Night::new(towers());
    for (who, _) in answers {
        night.line(&format!("join {who}")).unwrap();
    }
    night.line("start").unwrap();
    night.line("release q1").unwrap();
    for (who, text) in answers {
        night.answer(player_id(who), question(1), text).unwrap();
    }
    night.line("end-round").unwrap();
    night
}

/// Who gets points, by name.
fn winners(night: &mut Night) -> Vec<String> {
    night.line("scores").unwrap();
    let right = standings(&night.game, &night.answers, 1).into_iter().filter(|standing| standing.score.0 > 0);
    right.map(|standing| standing.name).collect()
}

const ROOM: [(&str, &str); 5] =
    [("ann", "1900"), ("bob", "eighteen seventy-eight"), ("cid", "1700"), ("dan", "long ago"), ("eve", "about 2000")];

#[test]
fn the_nearest_number_wins_and_ties_all_do() {
    assert_eq!(winners(&mut answered(&ROOM)), ["ann", "bob"]);
    assert_eq!(winners(&mut answered(&ROOM[2..])), ["eve"]);
    assert_eq!(winners(&mut answered(&ROOM[3..4])), Vec::<String>::new(), "no number, no winner");
}

#[test]
fn the_latest_answer_is_the_one_that_competes() {
    let mut night = answered(&ROOM);
    night.line("reopen").unwrap();
    night.answer(player_id("ann"), question(1), "1").unwrap();
    night.line("end-round").unwrap();
    assert_eq!(winners(&mut night), ["bob"]);
}

#[test]
fn the_host_decides_over_it_and_who_is_judged_wrong_competes_no_more() {
    let mut night = answered(&ROOM);
    night.line("judge q1 1900 none").unwrap();
    night.line("judge q1 @dan full").unwrap();
    night.line("judge q1 1700 half").unwrap();
    assert_eq!(winners(&mut night), ["bob", "dan", "cid"]);
    let mut night = answered(&ROOM);
    night.line("judge q1 1900 none").unwrap();
    night.line("judge q1 @bob none").unwrap();
    assert_eq!(winners(&mut night), ["eve"]);
    let mut night = answered(&ROOM);
    night.line("judge q1 1900 none").unwrap();
    night.line("judge q1 @ann half").unwrap();
    assert_eq!(winners(&mut night), ["bob", "ann"], "their own judgement goes first");
}

#[test]
fn who_was_sent_away_does_not_compete() {
    let mut night = answered(&ROOM[1..3]);
    night.line("remove bob").unwrap();
    assert_eq!(winners(&mut night), ["cid"]);
}

#[test]
fn scores_that_are_out_do_not_depend_on_who_is_sent_away_or_comes_back() {
    let mut night = answered(&ROOM[..3]);
    night.line("remove bob").unwrap();
    assert_eq!(winners(&mut night), ["ann"]);
    let right = |night: &Night| {
        let right = standings(&night.game, &night.answers, 1).into_iter().filter(|standing| standing.score.0 > 0);
        right.map(|standing| standing.name).collect::<Vec<_>>()
    };
    night.line("remove ann").unwrap();
    assert_eq!(right(&night), Vec::<String>::new(), "Cid's phone has said that 1700 was wrong");
    assert!(!night.game.corrections_pending());
    night.line("restore ann").unwrap();
    assert_eq!(right(&night), ["ann"]);
    night.line("restore bob").unwrap();
    assert_eq!(right(&night), ["ann"], "as it was told");
}

#[test]
fn the_review_begins_with_the_nearest_and_says_how_near() {
    let night = answered(&ROOM);
    let review = round_review(&night.game, &night.answers, 0).unwrap();
    assert!(review.questions[0].nearest);
    let groups: Vec<_> =
        review.questions[0].groups.iter().map(|group| (group.distance.as_deref(), group.credit)).collect();
    assert_eq!(
        groups,
        [
            (Some("11"), Credit::Full),
            (Some("11"), Credit::Full),
            (Some("111"), Credit::None),
            (Some("189"), Credit::None),
            (None, Credit::None),
        ]
    );
}

#[test]
fn players_are_told_that_the_nearest_wins() {
    let mut night = answered(&ROOM);
    night.line("reopen").unwrap();
    let questions = player::questions(&night.game, &night.answers, player_id("ann"));
    let Common::QuestionReleased(released) = &questions[0] else { panic!("{questions:?}") };
    assert!(released.question.nearest);
    assert!(!night.sight("ann").contains("1,889"));
}

#[test]
fn the_bank_keeps_its_one_number() {
    let mut night = answered(&ROOM);
    let judge = crate::game::Action::Judge {
        question: question(1),
        target: crate::game::Target::Player(player_id("dan")),
        credit: Some(Credit::Full),
        remember: Some("long ago".to_owned()),
    };
    let events = night.act(judge).unwrap();
    assert!(matches!(&events[0].what, What::AnswerJudged { remember: None, .. }));
    assert_eq!(night.answer(player_id("dan"), question(1), "1"), Err(Refusal::QuestionClosed));
}

proptest! {
    #[test]
    fn whoever_is_as_near_as_anybody_wins_and_nobody_else(years in prop::collection::vec(1_700_i64..2_100, 1..6)) {
        let names = ["ann", "bob", "cid", "dan", "eve", "fay"];
        let texts: Vec<_> = years.iter().map(ToString::to_string).collect();
        let answers: Vec<_> = names.iter().copied().zip(texts.iter().map(String::as_str)).collect();
        let least = years.iter().map(|year| (year - 1_889).abs()).min().unwrap();
        let expected: Vec<_> =
            names.iter().zip(&years).filter(|(_, year)| (*year - 1_889).abs() == least).map(|(name, _)| *name).collect();
        prop_assert_eq!(winners(&mut answered(&answers)), expected);
    }
}
