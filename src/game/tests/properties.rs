//! Properties that hold for every sequence of commands.

use super::script::{Night, player_id, question, quiz};
use crate::game::view::host::round_review;
use crate::game::{
    Action, Choice, Credit, FrozenQuiz, Game, Key, OptionsChange, Phase, PlayerName, Points, Present, Target, standings,
};
use proptest::prelude::*;

/// What somebody does.
#[derive(Clone, Debug)]
enum Deed {
    Act(Action),
    Answer(usize, u128, &'static str),
    Wait(i64),
}

const NAMES: [&str; 4] = ["ann", "bob", "cid", "dan"];
const TEXTS: [&str; 6] = ["Paris", "paris ", "Rome", "Mars", "Venus", "Tehran"];

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    prop::collection::vec(deed(), 0..80)
}

fn deed() -> impl Strategy<Value = Deed> {
    let q = || (1_u128..=5).prop_map(question);
    let who = || prop::sample::select(&NAMES[..]).prop_map(player_id);
    let credit = prop::option::of(prop::sample::select(vec![Credit::None, Credit::Half, Credit::Full]));
    let target = prop_oneof![
        who().prop_map(Target::Player),
        prop::sample::select(vec!["paris", "rome", "Venus"]).prop_map(|group| Target::Group(group.to_owned())),
    ];
    let name = || prop::sample::select(&NAMES[..]).prop_map(|name| PlayerName::parse(name).unwrap());
    let step = prop::sample::select(vec![
        Action::StartGame,
        Action::ReleaseQuestion { question: None },
        Action::ReleaseAll,
        Action::EndRound,
        Action::ReleaseScores { reason: None },
        Action::ReleaseScores { reason: Some("because".to_owned()) },
        Action::StartNextRound,
        Action::ReopenRound,
        Action::Pause,
        Action::Resume,
        Action::CloseQuestion { question: None },
        Action::ExtendTime { question: None, seconds: 10 },
        Action::Lock { locked: true },
        Action::Lock { locked: false },
        Action::SetTeams { allowed: true },
        secret(true),
        secret(false),
        Action::SetOptions(OptionsChange { auto_advance: Some(10), ..OptionsChange::default() }),
        Action::Present(Present::Blank),
        Action::Present(Present::Auto),
    ]);
    prop_oneof![
        12 => step.prop_map(Deed::Act),
        1 => prop::sample::select(vec![Action::EndGame, Action::CancelGame]).prop_map(Deed::Act),
        4 => (who(), name()).prop_map(|(player, name)| Deed::Act(Action::Join { player, name })),
        3 => q().prop_map(|question| Deed::Act(Action::ReleaseQuestion { question: Some(question) })),
        2 => q().prop_map(|question| Deed::Act(Action::UnreleaseQuestion { question })),
        2 => q().prop_map(|question| Deed::Act(Action::CloseQuestion { question: Some(question) })),
        2 => q().prop_map(|question| Deed::Act(Action::TimeUp { question })),
        2 => q().prop_map(|question| Deed::Act(Action::ReleaseDue { question })),
        2 => q().prop_map(|question_id| Deed::Act(Action::Present(Present::Answer { question_id }))),
        2 => (q(), who()).prop_map(|(question, player)| Deed::Act(Action::Challenge { player, question })),
        1 => who().prop_map(|player| Deed::Act(Action::RemovePlayer { player })),
        1 => who().prop_map(|player| Deed::Act(Action::RestorePlayer { player })),
        1 => who().prop_map(|player| Deed::Act(Action::HideName { player })),
        1 => who().prop_map(|player| Deed::Act(Action::ShowName { player })),
        1 => who().prop_map(|player| Deed::Act(Action::Leave { player })),
        1 => who().prop_map(|player| Deed::Act(Action::Return { player })),
        1 => (who(), name()).prop_map(|(player, name)| Deed::Act(Action::RenamePlayer { player, name })),
        2 => (who(), -3_i64..=3).prop_map(|(player, halves)| {
            Deed::Act(Action::AdjustScore { player, points: Points(halves * 500), reason: "because".to_owned() })
        }),
        1 => (1_u64..40, prop::option::of(Just("back".to_owned())))
            .prop_map(|(adjustment, reason)| Deed::Act(Action::UndoAdjustment { adjustment, reason })),
        5 => (q(), target, credit).prop_map(|(question, target, credit)| {
            Deed::Act(Action::Judge { question, target, credit, remember: None })
        }),
        12 => (0..NAMES.len(), 1_u128..=4, prop::sample::select(&TEXTS[..]))
            .prop_map(|(who, question, text)| Deed::Answer(who, question, text)),
        3 => (0_i64..40).prop_map(Deed::Wait),
    ]
}

fn secret(secret: bool) -> Action {
    Action::SetOptions(OptionsChange { secret_board: Some(secret), ..OptionsChange::default() })
}

fn act(night: &mut Night, deed: &Deed) {
    match deed {
        Deed::Act(action) => {
            let before = night.game.clone();
            if night.act(action.clone()).is_err() {
                assert_eq!(before, night.game, "a refused command changes nothing");
            }
        }
        Deed::Answer(who, id, text) => {
            let _ = night.answer(player_id(NAMES[*who]), question(*id), text);
        }
        Deed::Wait(seconds) => night.now += seconds * 1_000,
    }
}

/// The same quiz with other right answers, of the same shape.
fn permuted() -> FrozenQuiz {
    let mut quiz = quiz();
    for question in quiz.rounds.iter_mut().flat_map(|round| &mut round.questions) {
        match &mut question.key {
            Key::MultipleChoice { choices } => {
                for Choice { correct, .. } in choices {
                    *correct = !*correct;
                }
            }
            Key::Text { accepted, .. } => *accepted = vec!["Rome".to_owned(), "canary".to_owned()],
        }
    }
    quiz
}

proptest! {
    #[test]
    fn replaying_the_log_gives_the_same_game(deeds in deeds()) {
        let mut night = Night::new(quiz());
        for deed in &deeds {
            act(&mut night, deed);
            prop_assert_eq!(night.game.seq, night.log.len() as u64, "seq has no gaps");
        }
        prop_assert_eq!(Game::replay(&night.log), Some(night.game));
    }

    #[test]
    fn nothing_counts_that_came_after_closing(deeds in deeds()) {
        let mut night = Night::new(quiz());
        for deed in &deeds {
            act(&mut night, deed);
            if night.game.phase != Phase::Question {
                for id in 1..=4 {
                    prop_assert!(night.answer(player_id("ann"), question(id), "Mars").is_err());
                }
            }
        }
    }

    #[test]
    fn scores_are_the_sum_of_what_the_marks_earn_and_the_host_gave(deeds in deeds()) {
        let mut night = Night::new(quiz());
        for deed in &deeds {
            act(&mut night, deed);
        }
        // While questions are out nothing is released; after the end everything can be, first what was under way.
        let _ = night.act(Action::EndGame);
        while night.game.corrections_pending() {
            night.act(Action::ReleaseScores { reason: Some("settle".to_owned()) }).unwrap();
        }
        for standing in standings(&night.game, &night.answers, 2) {
            let mut sum = Points(0);
            for round in 0..2 {
                if night.game.rounds[round].released.is_none() {
                    continue;
                }
                for adjustment in night.game.rounds[round].adjustments.values().filter(|a| a.player == standing.player) {
                    sum = Points(sum.0 + adjustment.points.0);
                }
                for question in round_review(&night.game, &night.answers, round).into_iter().flat_map(|review| review.questions) {
                    for answer in question.answers.iter().filter(|answer| answer.player_id == standing.player) {
                        sum = Points(sum.0 + answer.credit.of(question.points).0);
                    }
                }
            }
            prop_assert_eq!(sum, standing.score);
        }
    }

    #[test]
    fn ranks_are_ordered_and_ties_share_one(deeds in deeds()) {
        let mut night = Night::new(quiz());
        for deed in &deeds {
            act(&mut night, deed);
        }
        let standings = standings(&night.game, &night.answers, 2);
        for (place, pair) in standings.windows(2).enumerate() {
            prop_assert!(pair[0].score >= pair[1].score);
            let expected = if pair[0].score == pair[1].score { pair[0].rank } else { place + 2 };
            prop_assert_eq!(pair[1].rank, expected);
        }
    }

    /// The key of a question reaches players and screen only with the scores of its round. Commands that depend on the
    /// key are the host's own, so both nights are given the same ones.
    #[test]
    fn nobody_sees_what_depends_on_the_key_before_the_scores(deeds in deeds()) {
        let (mut night, mut other) = (Night::new(quiz()), Night::new(permuted()));
        for deed in &deeds {
            if matches!(deed, Deed::Act(Action::ReleaseScores { .. })) {
                break;
            }
            act(&mut night, deed);
            act(&mut other, deed);
            for who in ["ann", "bob", "screen"] {
                prop_assert_eq!(night.sight(who), other.sight(who));
            }
        }
    }

    /// Two nights that differ in what Bob answered look the same to Ann until the end. The screen may show what the
    /// room answered, but nobody's score.
    #[test]
    fn while_the_board_is_secret_nobody_sees_what_others_scored(deeds in deeds()) {
        let (mut night, mut other) = (Night::new(quiz()), Night::new(quiz()));
        for night in [&mut night, &mut other] {
            night.act(secret(true)).unwrap();
        }
        for deed in &deeds {
            if matches!(deed, Deed::Act(Action::SetOptions(_))) {
                continue;
            }
            act(&mut night, deed);
            let is_bobs = matches!(deed, Deed::Answer(who, ..) if NAMES[*who] == "bob");
            if !is_bobs {
                act(&mut other, deed);
            }
            if night.game.phase == Phase::Ended {
                break;
            }
            prop_assert_eq!(night.sight("ann"), other.sight("ann"));
            if !matches!(night.game.present, Present::Answer { .. }) {
                prop_assert_eq!(night.sight("screen"), other.sight("screen"));
            }
        }
    }

    #[test]
    fn a_judgement_and_its_undoing_leave_every_mark_as_it_was(deeds in deeds(), id in 1_u128..=4, credit in 0..3_usize) {
        let mut night = Night::new(quiz());
        for deed in &deeds {
            act(&mut night, deed);
        }
        let before = night.game.rounds.clone();
        let target = Target::Group("never judged".to_owned());
        let credit = [Credit::None, Credit::Half, Credit::Full][credit];
        let judge = |credit| Action::Judge { question: question(id), target: target.clone(), credit, remember: None };
        if night.act(judge(Some(credit))).is_ok() {
            night.act(judge(None)).unwrap();
        }
        prop_assert_eq!(before, night.game.rounds);
    }
}
