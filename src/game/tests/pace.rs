//! Questions that come out by themselves, or all at once, and how quickly they are answered.

use super::script::{Night, play, player_id, question, quiz};
use crate::game::view::host::{Presence, state};
use crate::game::{Action, Options, OptionsChange, Present, Refusal, What};
use crate::limits::{AUTO_ADVANCE_SECONDS_MAX, TEXT_PERCENT_MAX, TEXT_PERCENT_MIN};
use insta::assert_snapshot;

fn played(script: &str) -> Night {
    let mut night = Night::new(quiz());
    for line in script.split(';') {
        night.line(line.trim()).unwrap();
    }
    night
}

/// When the next question comes out by itself, in seconds, as the host and the screen are told.
fn next_at(night: &Night) -> Option<i64> {
    let next_at = state(&night.game, &Presence::default()).next_at;
    let on_screen = crate::game::view::screen::state(&night.game, &night.answers, "").next_at;
    assert_eq!(next_at, on_screen);
    next_at.map(|at| at / 1_000)
}

#[test]
fn the_host_asks_the_first_question_and_the_clock_the_others() {
    assert_snapshot!(play("
        start; advance 20; wait 60; due q1; release; wait 19; due q2; wait 1; due q1; due q2; wait 60; due q2
        end-round; wait 60; due q3; scores; next-round; wait 60; due q3
    "), @r"
    due q1: wrong_phase
    due q2: wrong_phase
    due q1: wrong_phase
    due q2: wrong_phase
    due q3: wrong_phase
    due q3: wrong_phase
    Question 2/2
    ");
}

#[test]
fn the_clock_knows_what_is_due_first() {
    let mut night = played("start; advance 25; end-round; scores; next-round; release");
    let by_clock = |night: &Night| night.game.next_by_clock();
    assert_eq!(by_clock(&night), Some((20_000, Action::TimeUp { question: question(3) })));
    night.line("wait 20").unwrap();
    night.line("time-up q3").unwrap();
    assert_eq!(by_clock(&night), Some((25_000, Action::ReleaseDue { question: question(4) })));
    night.line("wait 5").unwrap();
    night.line("due q4").unwrap();
    assert_eq!(by_clock(&night), Some((30_000, Action::TimeUp { question: question(4) })), "the round's own time");
}

#[test]
fn the_wait_for_the_next_question_stands_still_in_a_pause() {
    let mut night = played("start; advance 20; release; wait 5; pause");
    assert_eq!(next_at(&night), None);
    night.line("wait 100").unwrap();
    night.line("resume").unwrap();
    assert_eq!(next_at(&night), Some(120));
}

#[test]
fn the_wait_begins_anew_after_the_screen_showed_something_else() {
    let mut night = played("start; advance 20; release; wait 15");
    for held in [Present::Blank, Present::Join, Present::Break { until: None }] {
        night.act(Action::Present(held)).unwrap();
        assert_eq!(next_at(&night), None, "{held:?}");
    }
    night.line("wait 60").unwrap();
    night.act(Action::Present(Present::Auto)).unwrap();
    assert_eq!(next_at(&night), Some(95));
}

#[test]
fn nothing_new_comes_out_in_time_that_the_host_gives() {
    assert_eq!(next_at(&played("start; advance 20; release; wait 5; extend 40")), Some(45));
    assert_eq!(next_at(&played("start; advance 20; release; wait 5; extend 5")), Some(20));
}

#[test]
fn the_wait_begins_with_a_release_and_with_the_option() {
    assert_eq!(next_at(&played("start; release; wait 50; advance 20")), Some(70), "it was turned on");
    assert_eq!(next_at(&played("start; advance 20; release; wait 5; advance 0")), None, "it was turned off");
    assert_eq!(next_at(&played("start; advance 20; release q2; wait 5; release q1")), None, "nothing is to come");
    assert_eq!(next_at(&played("start; advance 20; release; wait 5; release; unrelease q2")), Some(25));
    assert_eq!(next_at(&played("start; advance 20; release; wait 5; unrelease q1")), None, "it was the first");
    assert_eq!(next_at(&played("start; advance 20; release; end-round; reopen")), None, "for a reason");
}

#[test]
fn what_is_left_of_a_round_comes_out_at_once() {
    assert_snapshot!(play("
        release all; start; release q2; release all; release all; end-round; scores; next-round; wait 5; release all
    "), @r"
    release all: wrong_phase
    release all: nothing_to_release
    Question 2/2, q3 open until 25, q4 open until 35
    ");
}

#[test]
fn the_clock_of_a_round_starts_once_when_all_comes_out() {
    let mut night = played("start; end-round; scores; next-round");
    let events = night.act(Action::ReleaseAll).unwrap();
    let round = |what: &What| match what {
        What::QuestionReleased { round_closes_at, .. } => *round_closes_at,
        other => panic!("{other:?}"),
    };
    let rounds: Vec<_> = events.iter().map(|event| round(&event.what)).collect();
    assert_eq!(rounds, [Some(30_000), None]);
}

#[test]
fn the_host_is_told_the_median_of_the_time_that_players_took() {
    let mut night = played("join ann; join bob; join cy; start; wait 100; release");
    let mut presence = Presence::default();
    let median = |night: &Night, presence: &Presence| state(&night.game, presence).questions[0].median_ms;
    assert_eq!(median(&night, &presence), None);
    for (line, expected) in [("ann: q1 a", 10_000), ("bob: q1 b", 15_000), ("cy: q1 c", 20_000)] {
        night.line("wait 10").unwrap();
        night.line(line).unwrap();
        let player = player_id(line.split(':').next().unwrap());
        assert!(presence.answer(night.answers.of(question(1), player).unwrap()), "their first");
        assert_eq!(median(&night, &presence), Some(expected), "after {line}");
    }
    night.line("wait 50").unwrap();
    night.line("ann: q1 d").unwrap();
    assert!(!presence.answer(night.answers.of(question(1), player_id("ann")).unwrap()));
    assert_eq!(median(&night, &presence), Some(20_000), "another thought later changes nothing");
}

#[test]
fn numbers_out_of_their_range_are_refused() {
    let mut night = Night::new(quiz());
    let mut set = |change: OptionsChange| night.act(Action::SetOptions(change)).map(|_| night.game.options);
    let wait = |seconds: u16| OptionsChange { auto_advance: Some(seconds.into()), ..OptionsChange::default() };
    let text = |percent: u8| OptionsChange { text: Some(percent.into()), ..OptionsChange::default() };
    assert_eq!(set(wait(AUTO_ADVANCE_SECONDS_MAX + 1)), Err(Refusal::BadOptions));
    assert_eq!(set(text(TEXT_PERCENT_MIN - 1)), Err(Refusal::BadOptions));
    assert_eq!(set(text(TEXT_PERCENT_MAX + 1)), Err(Refusal::BadOptions));
    let options = Options { auto_advance: AUTO_ADVANCE_SECONDS_MAX, ..Options::default() };
    assert_eq!(set(wait(AUTO_ADVANCE_SECONDS_MAX)), Ok(options));
    assert_eq!(set(text(TEXT_PERCENT_MAX)), Ok(Options { text: TEXT_PERCENT_MAX, ..options }));
}
