//! What holds for every answer, accepted answer and marking.

use proptest::prelude::*;

use super::*;

/// Pieces of which answers that stumble are made, with bars between them.
const PIECES: &str = "the|a|an|la|le|der|and|n|'n'|l'|one|o|ne|two|ten|teen|th|st|first|twenty|twenty-one|hundred|hundredth\
    |thousand|million|trillion|point|half|quarter|minus|percent|per|cent|oh|1|2|10|007|21st|1,000|1 000\
    |1.5|1.000|3.1.4|.5|5.|1/2|-|–|--|+|++|#|♭|%|$|€|&|*|^|/|:|_|.|,|'|’|´|!|?|(|√|=|<|°|²|⁻|⁺|½|é\
    |e\u{301}|ß|ı|İ|ς|æ|ﬁ|が|한|ि|\u{200D}|٣|👍|🇫🇷|™|ʻ|x|paris";

fn pieces() -> impl Strategy<Value = String> {
    let piece = (
        prop::sample::select(PIECES.split('|').collect::<Vec<_>>()),
        prop::sample::select(["", "", " ", "  "].as_slice()),
    );
    prop::collection::vec(piece, 0..9)
        .prop_map(|pieces| pieces.into_iter().flat_map(|(text, space)| [text, space]).collect())
}

fn answers() -> impl Strategy<Value = String> {
    prop_oneof![3 => pieces(), 1 => any::<String>(), 1 => "[a-zA-Z '.,&-]{0,30}", 1 => "[ -~]{0,12}"]
}

fn markings() -> impl Strategy<Value = Marking> {
    (any::<[bool; 6]>(), any::<bool>()).prop_map(
        |([case, accents, punctuation, articles, spaces, number_words], usual)| {
            if usual {
                Marking::default()
            } else {
                Marking { case, accents, punctuation, articles, spaces, number_words, nearest: false }
            }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn comparing_a_compared_form_changes_nothing(answer in answers(), marking in markings()) {
        let form = compared(&answer, &marking);
        prop_assert_eq!(compared(&form, &marking), form);
    }

    #[test]
    fn any_answer_can_be_judged(answer in answers(), accepted in answers(), known in answers(), marking in markings()) {
        let key = AnswerKey::new(&[accepted], marking, &[known]);
        let verdict = key.judge(&answer);
        prop_assert_eq!(key.explain(&answer).verdict, verdict);
        prop_assert!(!key.explain(&answer).to_string().is_empty());
    }

    #[test]
    fn an_accepted_answer_is_accepted(
        accepted in answers(),
        others in prop::collection::vec(answers(), 0..4),
        marking in markings(),
    ) {
        let all: Vec<String> = others.iter().cloned().chain([accepted.clone()]).collect();
        let is_accepted = matches!(judge(&accepted, &all, &marking, &others), Verdict::Accepted { .. });
        prop_assert_eq!(is_accepted, !compared(&accepted, &marking).is_empty());
    }

    #[test]
    fn dressed_up_answers_are_accepted_both_ways(
        words in prop::collection::vec("[bcdk]{2,8}", 1..4),
        space in prop::sample::select(["", " ", "  ", "-", " – ", ", ", " / "].as_slice()),
        around in prop::sample::select([("", ""), (" ", "!"), ("The ", ""), ("“a ", "”"), ("an\t", "\u{200B}...")].as_slice()),
    ) {
        let plain = words.join(" ");
        let dressed = format!("{}{}{}", around.0, words.join(space).to_uppercase().replace('C', "Ç"), around.1);
        prop_assert_eq!(compared(&plain, &Marking::default()), compared(&dressed, &Marking::default()));
        for (answer, accepted) in [(&plain, &dressed), (&dressed, &plain)] {
            let verdict = judge(answer, std::slice::from_ref(accepted), &Marking::default(), &[]);
            prop_assert_eq!(verdict, Verdict::Accepted { matched: 0 });
        }
    }

    #[test]
    fn answers_of_one_form_share_acceptance(answer in answers(), accepted in answers(), marking in markings()) {
        let key = AnswerKey::new(&[accepted], marking, &[]);
        let is_accepted = |answer: &str| matches!(key.judge(answer), Verdict::Accepted { .. });
        prop_assert_eq!(is_accepted(&answer), is_accepted(&compared(&answer, &marking)));
    }

    #[test]
    fn nothing_is_never_accepted(
        blank in "[ \t\u{A0}\u{200B}\u{FEFF}\u{301}]{0,5}",
        accepted in answers(),
        marking in markings(),
    ) {
        // A lone accent is nothing where accents do not matter.
        let marking = Marking { accents: marking.accents || blank.contains('\u{301}'), ..marking };
        let verdict = judge(&blank, &[accepted, blank.clone(), String::new()], &marking, &[]);
        prop_assert_eq!(verdict, Verdict::NotAccepted);
    }

    #[test]
    fn a_misspelling_is_never_accepted(word in "[b-y]{4,12}", at in any::<prop::sample::Index>(), marking in markings()) {
        let at = at.index(word.len());
        let misspelt = format!("{}z{}", &word[..at], &word[at + 1..]);
        prop_assume!(compared(&word, &marking) == word);
        let verdict = judge(&misspelt, std::slice::from_ref(&word), &marking, &[]);
        prop_assert!(!matches!(verdict, Verdict::Accepted { .. }), "{} for {}", misspelt, word);
    }

    #[test]
    fn other_digits_are_never_near(one in 0_u32..100_000, other in 0_u32..100_000, marking in markings()) {
        prop_assume!(one != other);
        let verdict = judge(&format!("year {one}"), &[format!("year {other}")], &marking, &[]);
        prop_assert_eq!(verdict, Verdict::NotAccepted);
    }
}
