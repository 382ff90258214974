use super::script::{Night, play, player_id, question, quiz};
use crate::game::view::host::round_review;
use crate::game::view::player::round_answers;
use crate::game::{Action, Credit, Options, OptionsChange, PlayerId, PlayerName, Present, Refusal, Target, What};
use crate::limits::{
    ANSWER_CHARS_MAX, ANSWERS_SHOWN_TO_PLAYERS_MAX, CHOICES_MAX, EVENTS_BEFORE_PLAYERS_STOP, EVENTS_PER_GAME_MAX,
    PLAYERS_PER_GAME_MAX, REASON_CHARS_MAX, SOUND_PERCENT_MAX,
};
use insta::assert_snapshot;
use uuid::Uuid;

#[test]
fn a_whole_night() {
    assert_snapshot!(play("
        join ann; join bob; start
        release; release; ann: q1 paris; bob: q1 Rome; ann: q2 Mars; bob: q2 Mars
        end-round; scores; next-round
        release; bob: q3 teheran; end-round; scores; end-game
    "), @r"
    Ended 2/2, q3 closed by Host
    1. ann 1005
    1. bob 1005
    ");
}

#[test]
fn an_answer_may_change_until_its_question_closes() {
    assert_snapshot!(play("
        join ann; start; release; ann: q1 Rome; ann: q1 Paris; close q1; ann: q1 Rome
        end-round; ann: q1 Rome; scores
    "), @r"
    ann: q1 Rome: question_closed
    ann: q1 Rome: question_closed
    Leaderboard 1/2, q1 closed by Host
    1. ann 1000
    ");
}

#[test]
fn steps_out_of_phase_are_refused() {
    assert_snapshot!(play("
        release; end-round; scores; next-round; pause; reopen
        start; start; scores; next-round; release q3; release q9; unrelease q1
    "), @r"
    release: wrong_phase
    end-round: wrong_phase
    scores: wrong_phase
    next-round: wrong_phase
    pause: wrong_phase
    reopen: wrong_phase
    start: wrong_phase
    scores: wrong_phase
    next-round: wrong_phase
    release q3: unknown_question
    release q9: unknown_question
    unrelease q1: unknown_question
    Question 1/2
    ");
}

#[test]
fn questions_are_released_in_any_order_and_once() {
    assert_snapshot!(play("join ann; start; release q2; release q2; release; release; unrelease q2"), @r"
    release q2: nothing_to_release
    release: nothing_to_release
    Question 1/2, q1 open
    1. ann 0
    ");
}

#[test]
fn the_clock_of_a_question_and_of_its_round() {
    assert_snapshot!(play("
        join ann; start; end-round; scores; next-round
        release; wait 15; release; wait 6; ann: q3 Tehran; time-up q3; time-up q4
        ann: q4 Baghdad; wait 10; ann: q4 Basra; time-up q4
    "), @r"
    ann: q3 Tehran: question_closed
    time-up q4: wrong_phase
    ann: q4 Basra: question_closed
    Question 2/2, q3 closed by Time, q4 closed by Time
    1. ann 0
    ");
}

#[test]
fn a_pause_stops_every_clock() {
    assert_snapshot!(play("
        start; end-round; scores; next-round; release; wait 15; pause; wait 100; time-up q3; resume; wait 4
    "), @r"
    time-up q3: wrong_phase
    Question 2/2, q3 open until 120
    ");
}

#[test]
fn the_end_of_a_round_ends_its_pause() {
    let mut night = Night::new(quiz());
    for action in [Action::StartGame, Action::ReleaseQuestion { question: None }, Action::Pause] {
        night.act(action).unwrap();
    }
    let events = night.act(Action::EndRound).unwrap();
    assert_eq!(events[0].what, What::Resumed, "so that everybody is told");
    assert_eq!(night.game.paused_at, None);
}

#[test]
fn more_time_for_what_is_open_and_for_what_ran_out() {
    assert_snapshot!(play("
        start; end-round; scores; next-round; release; wait 20; time-up q3; extend q3 30; release; extend 10
    "), @"Question 2/2, q3 open until 60, q4 open until 40");
}

#[test]
fn more_time_for_all_moves_the_clock_of_the_round() {
    assert_snapshot!(play("
        start; end-round; scores; next-round; release q4; wait 20; extend 60; wait 20; release q3
    "), @"Question 2/2, q3 open until 60, q4 open until 90");
}

#[test]
fn what_is_released_after_the_time_of_its_round_stays_open() {
    assert_snapshot!(play("
        start; end-round; scores; next-round; release q3; wait 30; time-up q3; wait 10; release q4
    "), @"Question 2/2, q3 closed by Time, q4 open");
}

#[test]
fn what_was_asked_before_an_early_end_is_judged() {
    let mut night = Night::new(quiz());
    let ann = player_id("ann");
    night.act(Action::Join { player: ann, name: PlayerName::parse("ann").unwrap() }).unwrap();
    night.act(Action::StartGame).unwrap();
    night.act(Action::ReleaseQuestion { question: None }).unwrap();
    night.answer(ann, question(1), "Rome").unwrap();
    assert_eq!(round_review(&night.game, &night.answers, 0), None, "nobody judges before the end");
    night.act(Action::EndGame).unwrap();
    assert_eq!(round_review(&night.game, &night.answers, 0).unwrap().questions[0].answers[0].answer, "Rome");
    assert_eq!(round_review(&night.game, &night.answers, 1), None);
}

#[test]
fn a_judgement_that_is_taken_back_takes_its_spelling_along() {
    let mut night = Night::new(quiz());
    for action in [Action::StartGame, Action::ReleaseQuestion { question: None }, Action::EndRound] {
        night.act(action).unwrap();
    }
    let target = Target::Group("lutetia".to_owned());
    let mut judge = |credit, remember: Option<&str>| {
        let remember = remember.map(str::to_owned);
        let action = Action::Judge { question: question(1), target: target.clone(), credit, remember };
        match &night.act(action).unwrap()[0].what {
            What::AnswerJudged { remember, forget, .. } => (remember.clone(), forget.clone()),
            other => panic!("{other:?}"),
        }
    };
    let spelling = Some("Lutetia".to_owned());
    assert_eq!(judge(Some(Credit::Full), Some("Lutetia")), (spelling.clone(), None));
    assert_eq!(judge(Some(Credit::Half), None), (None, spelling));
    assert_eq!(judge(None, None), (None, None), "it is forgotten once");
}

#[test]
fn players_cannot_use_up_the_log_of_the_host() {
    let mut night = Night::new(quiz());
    let (ann, name) = (player_id("ann"), |name| PlayerName::parse(name).unwrap());
    night.act(Action::Join { player: ann, name: name("ann") }).unwrap();
    night.game.seq = EVENTS_BEFORE_PLAYERS_STOP - 1;
    night.act(Action::Rename { player: ann, name: name("anna") }).unwrap();
    let rename = Action::Rename { player: ann, name: name("annie") };
    assert_eq!(night.act(rename), Err(Refusal::TooManySteps));
    night.act(Action::RenamePlayer { player: ann, name: name("annie") }).unwrap();
    night.act(Action::StartGame).unwrap();
    night.game.seq = EVENTS_PER_GAME_MAX - 1;
    night.act(Action::ReleaseQuestion { question: None }).unwrap();
    assert_eq!(night.act(Action::Pause), Err(Refusal::TooManySteps));
    night.act(Action::EndRound).unwrap();
    night.act(Action::ReleaseScores { reason: None }).unwrap();
    night.act(Action::EndGame).unwrap();
}

#[test]
fn a_game_is_full_of_those_who_play_it() {
    let mut night = Night::new(quiz());
    let id = |n: usize| PlayerId(Uuid::from_u128(n as u128));
    let join = |n: usize| Action::Join { player: id(n), name: PlayerName::parse(&format!("team {n}")).unwrap() };
    for n in 1..=PLAYERS_PER_GAME_MAX {
        night.act(join(n)).unwrap();
    }
    assert_eq!(night.act(join(PLAYERS_PER_GAME_MAX + 1)), Err(Refusal::Full));
    night.act(Action::RemovePlayer { player: id(7) }).unwrap();
    night.act(join(PLAYERS_PER_GAME_MAX + 1)).unwrap();
}

#[test]
fn answers_and_reasons_have_a_longest() {
    let mut night = Night::new(quiz());
    let ann = player_id("ann");
    night.act(Action::Join { player: ann, name: PlayerName::parse("ann").unwrap() }).unwrap();
    night.act(Action::StartGame).unwrap();
    night.act(Action::ReleaseQuestion { question: None }).unwrap();
    night.answer(ann, question(1), &"ü".repeat(ANSWER_CHARS_MAX)).unwrap();
    let longer = night.answer(ann, question(1), &"ü".repeat(ANSWER_CHARS_MAX + 1));
    assert!(matches!(longer, Err(Refusal::BadAnswer(_))));
    assert!(matches!(night.answer(ann, question(1), "a\u{0}b"), Err(Refusal::BadAnswer(_))));
    night.act(Action::EndRound).unwrap();
    night.act(Action::ReleaseScores { reason: None }).unwrap();
    let judge = Action::Judge {
        question: question(1),
        target: Target::Player(ann),
        credit: Some(Credit::Full),
        remember: None,
    };
    night.act(judge).unwrap();
    let correct = |length: usize| Action::ReleaseScores { reason: Some("x".repeat(length)) };
    assert_eq!(night.act(correct(REASON_CHARS_MAX + 1)), Err(Refusal::ReasonTooLong));
    night.act(correct(REASON_CHARS_MAX)).unwrap();
}

#[test]
fn one_decision_judges_all_equal_answers_also_those_to_come() {
    assert_snapshot!(play("
        join ann; join bob; join cid; start; release
        ann: q1 Lutetia; end-round; judge q1 lutetia half; reopen
        bob: q1 LUTETIA; cid: q1 Rome; end-round; judge q1 @cid full; scores
    "), @r"
    Leaderboard 1/2, q1 closed by Host
    1. cid 1000
    2. ann 500
    2. bob 500
    ");
}

#[test]
fn a_judgement_about_one_player_goes_before_one_about_all_and_both_can_be_undone() {
    assert_snapshot!(play("
        join ann; join bob; start; release; ann: q1 Paris; bob: q1 Paris; end-round
        judge q1 paris none; judge q1 @ann half; scores
        judge q1 paris auto; judge q1 @ann auto; scores a slip of the pen
    "), @r"
    Leaderboard 1/2, q1 closed by Host
    1. ann 1000
    1. bob 1000
    ");
}

#[test]
fn scores_stay_as_released_until_they_are_corrected_with_a_reason() {
    let before =
        "join ann; join bob; start; release; ann: q1 Rome; bob: q1 Paris; end-round; scores; judge q1 rome full";
    assert_snapshot!(play(before), @r"
    Leaderboard 1/2, q1 closed by Host
    1. bob 1000
    2. ann 0
    ");
    assert_snapshot!(play(&format!("{before}; scores")), @r"
    scores: reason_missing
    Leaderboard 1/2, q1 closed by Host
    1. bob 1000
    2. ann 0
    ");
    assert_snapshot!(play(&format!("{before}; scores Both count; scores again")), @r"
    scores again: nothing_to_release
    Leaderboard 1/2, q1 closed by Host
    1. ann 1000
    1. bob 1000
    ");
}

#[test]
fn half_of_an_odd_number_is_exact() {
    assert_snapshot!(play("join ann; start; release q2; ann: q2 Venus; end-round; judge q2 Venus half; scores"), @r"
    Leaderboard 1/2, q2 closed by Host
    1. ann 2.5
    ");
}

#[test]
fn players_come_late_leave_return_and_are_sent_away() {
    assert_snapshot!(play("
        join ann; join ANN; join bob; start; release; ann: q1 Paris; leave ann; bob: q1 Paris
        return ann; join cid; remove bob; join bob; return bob; remove cid; restore cid; lock; join dan
        end-round; scores
    "), @r"
    join ANN: name_taken
    join bob: name_taken
    return bob: removed
    join dan: locked
    Leaderboard 1/2, q1 closed by Host
    1. ann 1000
    2. cid 0
    ");
}

#[test]
fn a_game_that_is_over_takes_nothing_more_but_corrections() {
    assert_snapshot!(play("
        join ann; start; release; ann: q1 Rome; end-game; join bob; release; pause; end-game; cancel; lock
        scores; judge q1 rome full; scores Rome counts after all
    "), @r"
    join bob: game_over
    release: game_over
    pause: game_over
    end-game: game_over
    cancel: game_over
    lock: game_over
    Ended 1/2, q1 closed by Host
    1. ann 1000
    ");
}

#[test]
fn a_near_miss_is_suggested_unless_another_known_answer_is_as_near() {
    let mut night = Night::new(quiz());
    let (ann, bob) = (player_id("ann"), player_id("bob"));
    for (id, name) in [(ann, "ann"), (bob, "bob")] {
        night.act(Action::Join { player: id, name: PlayerName::parse(name).unwrap() }).unwrap();
    }
    for action in [Action::StartGame, Action::EndRound, Action::ReleaseScores { reason: None }, Action::StartNextRound]
    {
        night.act(action).unwrap();
    }
    night.act(Action::ReleaseQuestion { question: Some(question(4)) }).unwrap();
    night.answer(ann, question(4), "Bagdad").unwrap();
    night.answer(bob, question(4), "Tehran").unwrap();
    night.act(Action::EndRound).unwrap();
    let review = round_review(&night.game, &night.answers, 1).unwrap();
    let suggested: Vec<_> = review.questions[0]
        .groups
        .iter()
        .map(|group| (group.text.as_str(), group.suggested.as_deref(), group.credit))
        .collect();
    assert_eq!(suggested, [("Bagdad", Some("Baghdad"), Credit::None), ("Tehran", None, Credit::None)]);
}

#[test]
fn the_screen_shows_an_answer_only_after_its_scores() {
    let mut night = Night::new(quiz());
    let show = Action::Present(Present::Answer { question_id: question(1) });
    for action in [Action::StartGame, Action::ReleaseQuestion { question: None }, Action::EndRound] {
        assert!(night.act(show.clone()).is_err());
        night.act(action).unwrap();
    }
    assert!(night.act(show.clone()).is_err());
    assert!(!night.sight("screen").contains("Paris"));
    night.act(Action::ReleaseScores { reason: None }).unwrap();
    night.act(show).unwrap();
    assert!(night.sight("screen").contains("Paris"));
}

#[test]
fn a_break_is_shown_until_the_night_goes_on() {
    let mut night = Night::new(quiz());
    night.now = 60_000;
    night.act(Action::Break { minutes: Some(15) }).unwrap();
    assert_eq!(night.game.present, Present::Break { until: Some(16 * 60_000) });
    night.act(Action::StartGame).unwrap();
    assert_eq!(night.game.present, Present::Auto);
    night.act(Action::Break { minutes: None }).unwrap();
    night.act(Action::ReleaseQuestion { question: None }).unwrap();
    assert_eq!(night.game.present, Present::Auto);
    night.act(Action::EndGame).unwrap();
    assert_eq!(night.act(Action::Break { minutes: Some(1) }), Err(Refusal::GameOver));
}

#[test]
fn options_change_by_what_is_given_and_the_journal_knows_what_they_were() {
    let mut night = Night::new(quiz());
    let set = |change: OptionsChange| Action::SetOptions(change);
    let loud = |percent: u32| set(OptionsChange { sound: Some(percent), ..OptionsChange::default() });
    night.act(loud(u32::from(SOUND_PERCENT_MAX))).unwrap();
    assert_eq!(night.act(loud(u32::from(SOUND_PERCENT_MAX) + 1)), Err(Refusal::BadOptions));
    assert_eq!(night.act(loud(256)), Err(Refusal::BadOptions));
    assert_eq!(night.act(set(OptionsChange::default())), Ok(vec![]), "nothing was given");
    night.act(Action::EndGame).unwrap();
    let hush = OptionsChange { sound: Some(0), calm: Some(true), join_strip: Some(true), ..OptionsChange::default() };
    night.act(set(hush)).unwrap();
    assert_eq!(night.game.options, Options { calm: true, ..Options::default() });
    let line = night.game.journal.back().unwrap();
    let args: Vec<_> = line.args.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(line.text_key, "options_set");
    assert_eq!(args, [("calm", "true"), ("sound", "0"), ("was_calm", "false"), ("was_sound", "100")]);
}

#[test]
fn a_secret_board_is_the_host_s_until_the_game_ends() {
    let mut night = Night::new(quiz());
    for line in ["join ann", "join bob", "secret on", "start", "release", "bob: q1 Paris", "end-round", "scores"] {
        night.line(line).unwrap();
    }
    let board = |night: &Night, who: &str| {
        let sight = night.sight(who);
        let is_named = sight.split("Leaderboard(").nth(1).unwrap().contains("bob");
        (is_named, sight.contains("hidden: true"))
    };
    assert_eq!(board(&night, "host"), (true, true));
    assert_eq!(board(&night, "ann"), (false, true));
    assert_eq!(board(&night, "screen"), (false, true));
    assert!(night.sight("bob").contains("points_earned: Points(\n                        1000000"), "their own score");
    night.line("secret off").unwrap();
    assert_eq!(board(&night, "ann"), (true, false));
    night.line("secret on").unwrap();
    night.line("end-game").unwrap();
    for who in ["host", "ann", "screen"] {
        let sight = night.sight(who);
        assert!(sight.split("GameEnded(").nth(1).unwrap().contains("bob") && !sight.contains("hidden: true"), "{who}");
    }
}

#[test]
fn what_changes_nothing_makes_no_event() {
    let mut night = Night::new(quiz());
    assert_eq!(night.act(Action::Resume), Ok(vec![]));
    assert_eq!(night.act(Action::Lock { locked: false }), Ok(vec![]));
    assert_eq!(night.act(Action::Present(Present::Auto)), Ok(vec![]));
    night.act(Action::StartGame).unwrap();
    night.act(Action::ReleaseQuestion { question: None }).unwrap();
    let judge =
        Action::Judge { question: question(1), target: Target::Group("x".into()), credit: None, remember: None };
    assert_eq!(night.act(judge), Ok(vec![]));
}

#[test]
fn players_read_what_the_room_answered_once_the_scores_are_out() {
    const { assert!(ANSWERS_SHOWN_TO_PLAYERS_MAX >= CHOICES_MAX, "every option is shown") };
    for others in [0, 1] {
        let mut night = Night::new(quiz());
        let names: Vec<_> = (0..ANSWERS_SHOWN_TO_PLAYERS_MAX + others).map(|n| format!("p{n}")).collect();
        for name in names.iter().chain([&"quiet".to_owned()]) {
            night.act(Action::Join { player: player_id(name), name: PlayerName::parse(name).unwrap() }).unwrap();
        }
        night.act(Action::StartGame).unwrap();
        night.act(Action::ReleaseQuestion { question: None }).unwrap();
        night.act(Action::ReleaseQuestion { question: None }).unwrap();
        for (n, name) in names.iter().enumerate() {
            let answer = if n == 0 { "Paris".to_owned() } else { format!("guess {n}") };
            night.answer(player_id(name), question(1), &answer).unwrap();
            night.answer(player_id(name), question(2), "Mars").unwrap();
        }
        assert_eq!(round_answers(&night.game, &night.answers, 0), None);
        night.act(Action::EndRound).unwrap();
        assert_eq!(round_answers(&night.game, &night.answers, 0), None);
        night.act(Action::ReleaseScores { reason: None }).unwrap();
        let room = round_answers(&night.game, &night.answers, 0).unwrap();
        let [capital, planet] = room.questions.as_slice() else { panic!("two questions: {room:?}") };
        assert_eq!((capital.players, capital.right, capital.others), (names.len() + 1, 1, others));
        assert_eq!(capital.counts.len(), ANSWERS_SHOWN_TO_PLAYERS_MAX);
        let options: Vec<_> = planet.counts.iter().map(|count| (count.answer.as_str(), count.count)).collect();
        assert_eq!(options, [("Mars", names.len()), ("Venus", 0)]);
        assert_eq!((planet.right, planet.others), (names.len(), 0));
    }
}
