use super::script::{Night, play, player_id, question, quiz};
use crate::game::view::player::round_scores;
use crate::game::view::results;
use crate::game::{Action, Points, Refusal, standings};
use crate::limits::{ADJUSTMENTS_PER_GAME_MAX, POINTS_ADJUSTED_MAX, REASON_CHARS_MAX};
use insta::assert_snapshot;

const ONE_ROUND: &str = "join ann; join bob; start; release; ann: q1 Paris; bob: q1 Rome; end-round";

/// One round is played, and its board is up.
fn board_is_up() -> Night {
    let mut night = Night::new(quiz());
    for line in ONE_ROUND.split("; ").chain(["scores"]) {
        night.line(line).unwrap();
    }
    night
}

fn adjust(player: &str, points: f64, reason: &str) -> Action {
    let points = Points::from_number(points).unwrap();
    Action::AdjustScore { player: player_id(player), points, reason: reason.to_owned() }
}

fn scores(night: &Night) -> String {
    let standing = |standing: crate::game::Standing| format!("{} {}", standing.name, standing.score);
    standings(&night.game, &night.answers, 2).into_iter().map(standing).collect::<Vec<_>>().join(", ")
}

#[test]
fn what_is_given_before_the_scores_counts_with_them() {
    assert_snapshot!(play(&format!("adjust ann 1 x; {ONE_ROUND}; adjust bob 1500.5 Best team name")), @r"
    adjust ann 1 x: unknown_player
    RoundReview 1/2, q1 closed by Host
    1. ann 0
    1. bob 0
    ");
    assert_snapshot!(play(&format!("{ONE_ROUND}; adjust bob 1500.5 Best team name; adjust bob -100 Late; scores")), @r"
    Leaderboard 1/2, q1 closed by Host
    1. bob 1400.5
    2. ann 1000
    ");
}

#[test]
fn while_a_board_is_up_it_changes_at_once_and_says_why() {
    let mut night = board_is_up();
    night.act(adjust("ann", -1_200.0, " A phone under the table ")).unwrap();
    assert_eq!(scores(&night), "bob 0, ann -200");
    assert_eq!(night.game.board_corrected.as_deref(), Some("A phone under the table"));
    assert!(!night.game.corrections_pending());
    let told = round_scores(&night.game, &night.answers, 0, player_id("ann")).unwrap();
    assert_eq!((told.round_score, told.adjustments[0].points), (Points(-200_000), Points(-1_200_000)));
    assert_eq!(round_scores(&night.game, &night.answers, 0, player_id("bob")).unwrap().adjustments, []);
    let results = results(&night.game, &night.answers);
    assert_eq!(results.standings[1].adjustments[0].reason, "A phone under the table");
}

#[test]
fn what_else_is_pending_keeps_its_own_reason() {
    let mut night = board_is_up();
    night.line("judge q1 rome full").unwrap();
    night.act(adjust("bob", 1.0, "Best team name")).unwrap();
    assert_eq!(scores(&night), "ann 1000, bob 0", "it waits with the judgement");
    night.line("scores Rome counts too").unwrap();
    assert_eq!(scores(&night), "bob 1001, ann 1000");
    assert_eq!(night.game.board_corrected.as_deref(), Some("Rome counts too"));
}

#[test]
fn an_adjustment_is_taken_back_once() {
    let mut night = board_is_up();
    night.act(adjust("bob", 5.0, "Best team name")).unwrap();
    let (adjustment, _) = night.game.rounds[0].adjustments.first_key_value().unwrap();
    let undo =
        |reason: Option<&str>| Action::UndoAdjustment { adjustment: *adjustment, reason: reason.map(str::to_owned) };
    let (later, at_once) = (undo(None), undo(Some("Taken back")));
    let mut waiting = board_is_up();
    waiting.act(adjust("bob", 5.0, "Best team name")).unwrap();
    waiting.act(later).unwrap();
    assert!(waiting.game.corrections_pending());
    assert_eq!(scores(&waiting), "ann 1000, bob 5");
    night.act(at_once.clone()).unwrap();
    assert_eq!(scores(&night), "ann 1000, bob 0");
    assert_eq!(night.game.board_corrected.as_deref(), Some("Taken back"));
    assert_eq!(night.act(at_once), Err(Refusal::UnknownAdjustment));
    let lines: Vec<_> = night.game.journal.iter().rev().take(4).map(|line| line.text_key).collect();
    assert_eq!(lines, ["scores_corrected", "adjustment_undone", "scores_corrected", "score_adjusted"]);
}

#[test]
fn at_the_end_it_counts_in_the_last_round_that_has_scores() {
    let mut night = board_is_up();
    for line in ["next-round", "release", "end-game"] {
        night.line(line).unwrap();
    }
    night.act(adjust("bob", 2_000.0, "The bar's quiz machine")).unwrap();
    assert_eq!(scores(&night), "bob 2000, ann 1000");
    let mut never = Night::new(quiz());
    never.line("join ann").unwrap();
    never.line("end-game").unwrap();
    assert_eq!(never.act(adjust("ann", 1.0, "x")), Err(Refusal::WrongPhase));
}

#[test]
fn what_was_given_in_a_round_without_questions_can_still_be_released() {
    let mut night = board_is_up();
    for line in ["next-round", "adjust bob 3000 A round of drinks", "end-game", "scores"] {
        night.line(line).unwrap();
    }
    assert_eq!(scores(&night), "bob 3000, ann 1000");
}

#[test]
fn points_reasons_and_their_number_have_limits() {
    let mut night = Night::new(quiz());
    night.line("join ann").unwrap();
    night.line("join bob").unwrap();
    night.line("remove bob").unwrap();
    let most = f64::from(POINTS_ADJUSTED_MAX);
    for (points, reason, expected) in [
        (most, "x", Ok(())),
        (-most, "x", Ok(())),
        (0.5, &"x".repeat(REASON_CHARS_MAX), Ok(())),
        (most + 0.5, "x", Err(Refusal::BadPoints)),
        (-most - 0.5, "x", Err(Refusal::BadPoints)),
        (0.0, "x", Err(Refusal::BadPoints)),
        (1.0, " ", Err(Refusal::ReasonMissing)),
        (1.0, &"x".repeat(REASON_CHARS_MAX + 1), Err(Refusal::ReasonTooLong)),
    ] {
        assert_eq!(night.act(adjust("ann", points, reason)).map(|_| ()), expected, "{points} {reason}");
    }
    assert_eq!(night.act(adjust("bob", 1.0, "x")), Err(Refusal::UnknownPlayer), "who was sent away");
    for _ in 3..ADJUSTMENTS_PER_GAME_MAX {
        night.act(adjust("ann", 1.0, "x")).unwrap();
    }
    assert_eq!(night.act(adjust("ann", 1.0, "x")), Err(Refusal::TooManyAdjustments));
    let adjustment = *night.game.rounds[0].adjustments.first_key_value().unwrap().0;
    night.act(Action::UndoAdjustment { adjustment, reason: None }).unwrap();
    night.act(adjust("ann", 1.0, "x")).unwrap();
}

#[test]
fn numbers_are_whole_and_half_points_or_none() {
    for (number, points) in [
        (2.5, Some(Points(2_500))),
        (-0.5, Some(Points(-500))),
        (0.25, None),
        (f64::NAN, None),
        (f64::INFINITY, None),
        (1e300, None),
    ] {
        assert_eq!(Points::from_number(number), points, "{number}");
    }
    assert_eq!([Points(-500), Points(-1_500), Points(250)].map(|points| points.to_string()), ["-0.5", "-1.5", "0.25"]);
}

#[test]
fn the_marks_of_the_round_stay_as_they_are() {
    let mut night = board_is_up();
    night.act(adjust("bob", 5.0, "Best team name")).unwrap();
    let told = round_scores(&night.game, &night.answers, 0, player_id("bob")).unwrap();
    assert_eq!(told.questions[0].question_id, question(1));
    assert_eq!(told.questions[0].points_earned, Points(0));
}
