//! What is accepted, what is suggested and what is not, by example.

use super::*;

/// What becomes of an answer.
#[derive(Debug, PartialEq, Eq)]
enum Expected {
    Accepted,
    Suggested,
    No,
}
use Expected::{Accepted, No, Suggested};

fn outcome(answer: &str, accepted: &str, marking: Marking, known: &[&str]) -> Expected {
    let key = AnswerKey::sharing(&[accepted.to_owned()], marking, Arc::new(KnownAnswers::new(known)));
    match key.judge(answer) {
        Verdict::Accepted { .. } => Accepted,
        Verdict::Suggested { .. } => Suggested,
        Verdict::NotAccepted => No,
    }
}

fn check(rows: &[(&str, &str, Expected)]) {
    let wrong: Vec<String> = rows
        .iter()
        .filter_map(|(answer, accepted, expected)| {
            let found = outcome(answer, accepted, Marking::default(), &[]);
            let forms = (compared(answer, &Marking::default()), compared(accepted, &Marking::default()));
            (found != *expected).then(|| format!("{answer:?} for {accepted:?}: {found:?}, not {expected:?}, {forms:?}"))
        })
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn case_and_accents() {
    check(&[
        ("Paris", "Paris", Accepted),
        ("PARIS", "paris", Accepted),
        ("  paris  ", "Paris", Accepted),
        ("Strasse", "Straße", Accepted),
        ("STRASSE", "straße", Accepted),
        ("STRAẞE", "straße", Accepted),
        ("Diyarbakir", "Diyarbakır", Accepted),
        ("DIYARBAKIR", "Diyarbakır", Accepted),
        ("istanbul", "İstanbul", Accepted),
        ("ISTANBUL", "istanbul", Accepted),
        ("ΟΔΥΣΣΕΥΣ", "Οδυσσεύς", Accepted),
        ("οδυσσευσ", "Οδυσσεύς", Accepted),
        ("Malmo", "Malmö", Accepted),
        ("Beyonce", "Beyoncé", Accepted),
        ("Beyonce\u{301}", "Beyoncé", Accepted),
        ("Lodz", "Łódź", Accepted),
        ("Aarhus", "Århus", Suggested),
        ("Arhus", "Århus", Accepted),
        ("Tromso", "Tromsø", Accepted),
        ("Aeneid", "Æneid", Accepted),
        ("Oeuvre", "œuvre", Accepted),
        ("Thor", "Þór", Accepted),
        ("Thingvellir", "Þingvellir", Accepted),
        ("Reykjavik", "Reykjavík", Accepted),
        ("Seydisfjordur", "Seyðisfjörður", Accepted),
        ("Dien Bien Phu", "Điện Biên Phủ", Accepted),
        ("Pho", "Phở", Accepted),
        ("Ho Chi Minh", "Hồ Chí Minh", Accepted),
        ("Dvorak", "Dvořák", Accepted),
        ("Muller", "Müller", Accepted),
        ("Mueller", "Müller", Suggested),
        ("El Nino", "El Niño", Accepted),
        ("smorgasbord", "smörgåsbord", Accepted),
        ("Ёлка", "елка", Accepted),
        ("МОСКВА", "Москва", Accepted),
        ("מים", "מַיִם", Accepted),
        ("محمد", "مُحَمَّد", Accepted),
        ("Ｐａｒｉｓ", "Paris", Accepted),
        ("ﬁsh", "fish", Accepted),
        ("トウキョウ", "ﾄｳｷｮｳ", Accepted),
        ("か", "が", No),
        ("東京", "東京", Accepted),
        ("par\u{200B}is", "Paris", Accepted),
        ("\u{202E}Paris\u{202C}", "Paris", Accepted),
    ]);
}

#[test]
fn punctuation_and_spaces() {
    check(&[
        ("Jean Luc", "Jean-Luc", Accepted),
        ("JeanLuc", "Jean-Luc", Accepted),
        ("Jean–Luc", "Jean-Luc", Accepted),
        ("dont", "don't", Accepted),
        ("don’t", "don't", Accepted),
        ("don´t", "don't", Accepted),
        ("don`t", "don't", Accepted),
        ("Hawaii", "Hawaiʻi", Accepted),
        ("OBrien", "O'Brien", Accepted),
        ("O Brien", "O’Brien", Accepted),
        ("Loreal", "L'Oréal", Accepted),
        ("USA", "U.S.A.", Accepted),
        ("U S A", "USA", Accepted),
        ("JRR Tolkien", "J. R. R. Tolkien", Accepted),
        ("St Helens", "St. Helens", Accepted),
        ("ACDC", "AC/DC", Accepted),
        ("AC DC", "AC/DC", Accepted),
        ("MASH", "M*A*S*H", Accepted),
        ("Salt and Pepa", "Salt & Pepa", Accepted),
        ("Salt&Pepa", "Salt and Pepa", Accepted),
        ("A and E", "A&E", Accepted),
        ("Florence and the Machine", "Florence + the Machine", Accepted),
        ("Guns and Roses", "Guns N' Roses", Accepted),
        ("Guns 'n' Roses", "Guns & Roses", Accepted),
        ("rock n roll", "rock'n'roll", Accepted),
        ("wall e", "WALL·E", Accepted),
        ("Oklahoma", "Oklahoma!", Accepted),
        ("\"Heroes\"", "Heroes", Accepted),
        ("“Heroes”", "Heroes", Accepted),
        ("Paris 🎉", "Paris", Accepted),
        ("#metoo", "MeToo", Accepted),
        ("Lego", "Lego™", Accepted),
        ("Pnk", "P!nk", Accepted),
        ("Pink", "P!nk", No),
        ("ice cream", "icecream", Accepted),
        ("Ice   Cream", "ice cream", Accepted),
        ("ice\u{A0}cream", "ice cream", Accepted),
        ("YouTube", "You Tube", Accepted),
        ("B 52", "B-52", Accepted),
        ("B52", "B-52", Accepted),
        ("?", "?", Accepted),
        ("? !", "?!", Accepted),
        ("!", "?", No),
        ("&", "&", Accepted),
        ("and", "&", No),
        ("👍", "👍", Accepted),
        ("🇫🇷", "🇫🇷", Accepted),
        ("🇩🇪", "🇫🇷", No),
        (
            "🏴\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}",
            "🏴\u{E0067}\u{E0062}\u{E0073}\u{E0063}\u{E0074}\u{E007F}",
            No,
        ),
        ("", "Paris", No),
        ("   ", "Paris", No),
        ("\u{200B}\u{FEFF}", "Paris", No),
        ("", "", No),
        ("...", "", No),
    ]);
}

#[test]
fn signs_that_carry_meaning() {
    check(&[
        ("c++", "C++", Accepted),
        ("C ++", "C++", Accepted),
        ("C", "C++", No),
        ("C++", "C", No),
        ("C#", "C", No),
        ("C#", "C++", No),
        ("C sharp", "C#", Accepted),
        ("F♯", "F#", Accepted),
        ("B flat", "B♭", Accepted),
        ("B", "B♭", No),
        ("A+", "A", No),
        ("A-", "A+", No),
        ("O-", "O", No),
        ("O-", "O+", No),
        ("o−", "O-", Accepted),
        ("AB +", "AB+", Accepted),
        ("Na⁺", "Na+", Accepted),
        ("Cl⁻", "Cl", No),
        ("H₂O", "H2O", Accepted),
        ("m²", "m2", Accepted),
        ("10²", "102", No),
        ("10^2", "10²", Accepted),
        ("10⁻³", "10^-3", Accepted),
        ("10³", "10⁻³", No),
        ("-5", "5", No),
        ("5", "-5", No),
        ("−5", "-5", Accepted),
        ("- 5", "-5", Accepted),
        ("minus five", "-5", Accepted),
        ("minus 5 °C", "-5°C", Accepted),
        ("+5", "5", Suggested),
        ("3.5", "35", No),
        ("3,5", "3.5", Accepted),
        ("3·5", "3.5", Accepted),
        (".5", "0.5", Accepted),
        ("3.50", "3.5", Accepted),
        ("50%", "50 %", Accepted),
        ("50", "50%", Suggested),
        ("fifty percent", "50%", Accepted),
        ("50 per cent", "50%", Accepted),
        ("٥٠٪", "50%", Accepted),
        ("$5", "5", Suggested),
        ("5 €", "€5", Accepted),
        ("5€", "€ 5", Accepted),
        ("£5", "$5", No),
        ("9/11", "911", No),
        ("9 / 11", "9/11", Accepted),
        ("10:30", "1030", No),
        ("2-1", "21", No),
        ("2–1", "2-1", Accepted),
        ("2-1", "1-2", No),
        ("2-100", "2100", No),
        ("1 1", "11", No),
        ("6'2", "62", No),
        ("√2", "2", Suggested),
        ("√2", "√4", No),
        ("2+2", "22", No),
        ("Disney", "Disney+", Suggested),
        ("catch-22", "Catch 22", Accepted),
    ]);
}

#[test]
fn articles_at_the_head() {
    check(&[
        ("Beatles", "The Beatles", Accepted),
        ("the beatles", "Beatles", Accepted),
        ("thebeatles", "The Beatles", Accepted),
        ("Apple", "an apple", Accepted),
        ("a dog", "Dog", Accepted),
        ("Louvre", "Le Louvre", Accepted),
        ("la Seine", "Seine", Accepted),
        ("Der Spiegel", "Spiegel", Accepted),
        ("The The", "The The", Accepted),
        ("The", "The The", No),
        ("A", "A", Accepted),
        ("a", "The A", No),
        ("La", "La", Accepted),
        ("The 1975", "1975", Accepted),
        ("A-ha", "Aha", Accepted),
        ("ha", "A-ha", No),
        ("The A-Team", "A-Team", Accepted),
        ("A Team", "The A-Team", Suggested),
        ("4", "A4", Suggested),
        ("A 4", "A4", Accepted),
        ("Land", "La La Land", Suggested),
        ("Lalaland", "La La Land", Accepted),
        ("Salvador", "El Salvador", No),
        ("Elsalvador", "El Salvador", Accepted),
        ("Palma", "La Palma", No),
        ("Hard", "Die Hard", Suggested),
        ("Paul", "Les Paul", Suggested),
        ("LeBron James", "Le Bron James", Accepted),
        ("Le Bron James", "LeBron James", Accepted),
        ("Le Mans", "Lemans", Accepted),
        ("Las Vegas", "Lasvegas", Accepted),
        ("Anthem", "An Them", Accepted),
        ("Theatre", "atre", No),
    ]);
}

#[test]
fn numbers_in_words() {
    check(&[
        ("21", "twenty-one", Accepted),
        ("twenty one", "21", Accepted),
        ("twentyone", "21", Accepted),
        ("Twenty One", "twenty-one", Accepted),
        ("105", "one hundred and five", Accepted),
        ("one hundred five", "105", Accepted),
        ("first", "1st", Accepted),
        ("twenty-first", "21st", Accepted),
        ("21", "21st", Suggested),
        ("1,000", "1000", Accepted),
        ("1 000", "1000", Accepted),
        ("1'000", "1000", Accepted),
        ("a thousand", "1,000", Accepted),
        ("one thousand", "1000", Accepted),
        ("thousand", "1000", Accepted),
        ("1.000", "1000", No),
        ("1.000.000", "1000000", Accepted),
        ("a million", "1000000", Accepted),
        ("5 million", "five million", Accepted),
        ("5,000,000", "5 million", Accepted),
        ("1.5 million", "1500000", Accepted),
        ("one and a half million", "1500000", Accepted),
        ("two and a half", "2.5", Accepted),
        ("2½", "2.5", Accepted),
        ("2 1/2", "two and a half", Accepted),
        ("½", "one half", Accepted),
        ("a half", "0.5", Accepted),
        ("three quarters", "3/4", Accepted),
        ("three point one four", "3.14", Accepted),
        ("nineteen eighty-four", "1984", Accepted),
        ("nineteen eighty four", "1984", Accepted),
        ("ten sixty-six", "1066", Accepted),
        ("nineteen hundred", "1900", Accepted),
        ("two thousand and twelve", "2012", Accepted),
        ("twenty twelve", "2012", Accepted),
        ("six trillion", "6000000000000", Accepted),
        ("101 Dalmatians", "One Hundred and One Dalmatians", Accepted),
        ("7 eleven", "7-Eleven", Accepted),
        ("Seven Eleven", "7-11", Accepted),
        ("One Plus", "OnePlus", Accepted),
        ("oneplus", "One Plus", Accepted),
        ("7", "seven", Accepted),
        ("Seven", "Severn", No),
        ("٣", "3", Accepted),
        ("१९८४", "1984", Accepted),
        ("１９８４", "1984", Accepted),
        ("①", "1", Accepted),
        ("VII", "7", No),
        ("VIII", "8", No),
        ("7", "VII", No),
        ("007", "7", No),
        ("1984", "1985", No),
        ("1984", "1948", No),
        ("nineteen eighty-five", "1984", No),
        ("tennis", "10nis", No),
        ("minus one", "1", No),
        ("eleven", "1 1", No),
        ("one two", "12", No),
    ]);
}

#[test]
fn near_misses() {
    check(&[
        ("Parsi", "Paris", Suggested),
        ("Pariss", "Paris", Suggested),
        ("Shakespear", "Shakespeare", Suggested),
        ("Shakspere", "Shakespeare", Suggested),
        ("Micheal Jackson", "Michael Jackson", Suggested),
        ("Tchaikovski", "Tchaikovsky", Suggested),
        ("Arnold Schwarzeneger", "Arnold Schwarzenegger", Suggested),
        ("Arnold Shwarzeneger", "Arnold Schwarzenegger", Suggested),
        ("Slovakai", "Slovakia", Suggested),
        ("Irann", "Iran", Suggested),
        ("Cat", "Bat", No),
        ("London", "Paris", No),
        ("Einstein", "Albert Einstein", Suggested),
        ("van Gogh", "Vincent van Gogh", Suggested),
        ("Vangogh", "Vincent van Gogh", Suggested),
        ("the river Thames", "Thames", Suggested),
        ("Thames river", "Thames", Suggested),
        ("Curie Marie", "Marie Curie", Suggested),
        ("Al", "Albert Einstein", No),
        ("bert", "Albert Einstein", No),
        ("New", "New York", No),
        ("Tirana", "Iran", No),
        ("747", "Boeing 747", Suggested),
        ("Boeing", "Boeing 747", No),
        ("5 km", "5", Suggested),
        ("5km", "5", Suggested),
        ("Apolo 13", "Apollo 13", Suggested),
        ("Apollo 11", "Apollo 13", No),
        ("World War One", "World War Two", No),
        ("World War 1", "World War I", Suggested),
        ("World War Two", "World War II", Suggested),
        ("World War 2", "World War I", No),
        ("Henry 8", "Henry VIII", Suggested),
        ("Henry VIII", "Henry 8", Suggested),
        ("Second World War", "2nd World War", Accepted),
        ("fifty cent", "50 Cent", Accepted),
        ("Sgt Peppers", "Sgt. Pepper's", Accepted),
        ("Mr and Mrs Smith", "Mr. & Mrs. Smith", Accepted),
        ("Panic at the Disco", "Panic! at the Disco", Accepted),
        ("seven up", "7Up", Accepted),
        ("AT and T", "AT&T", Accepted),
        ("Henry VII", "Henry VIII", No),
        ("Henri VII", "Henry VIII", No),
        ("Rocky II", "Rocky III", No),
        ("George V", "George VI", No),
        ("Henry", "Henry VIII", Suggested),
        ("North Korea", "South Korea", No),
        ("South Carolna", "North Carolina", No),
        ("Republic of Iraq", "Republic of Iran", No),
        ("Iraq", "Iran", No),
        ("Iran", "Irak", No),
        ("Slovenia", "Slovakia", No),
        ("Australia", "Austria", No),
        ("Nigeria", "Niger", No),
        ("Zambia", "Gambia", No),
        ("Ireland", "Iceland", No),
        ("Kingstown", "Kingston", No),
        ("radius", "radium", No),
        ("Dakar", "Dhaka", No),
        ("Guinea", "Papua New Guinea", No),
    ]);
}

#[test]
fn another_known_answer_stands_in_the_way() {
    let known = ["Tallinn", "Robert Brown", "Kate Bush", "Elbe", "Queen", "Vincent Price"];
    for (answer, accepted, expected) in [
        ("Elbe", "Elba", No),
        ("Elbx", "Elba", No),
        ("Elva", "Elba", Suggested),
        ("Bush", "George Bush", No),
        ("Brown", "Gordon Brown", No),
        ("Gordon", "Gordon Brown", Suggested),
        ("Brown", "Al Brown", No),
        ("Queen", "Queen Elizabeth", No),
        ("Tallin", "Tallinn", Suggested),
        ("Vincent", "Vincent van Gogh", No),
        ("Elba", "Elba", Accepted),
    ] {
        assert_eq!(outcome(answer, accepted, Marking::default(), &known), expected, "{answer} for {accepted}");
    }
}

#[test]
fn an_answer_known_twice_is_accepted_twice() {
    assert_eq!(outcome("elbe", "Elbe", Marking::default(), &["The Elbe"]), Accepted);
    assert_eq!(outcome("Elbbe", "Elbe", Marking::default(), &["The Elbe"]), Suggested);
}

#[test]
fn every_confusable_pair_is_kept_apart() {
    for &(one, other) in confusable::PAIRS.into_iter().flatten() {
        assert_ne!(compared(one, &Marking::default()), compared(other, &Marking::default()), "{one}, {other}");
        for (answer, accepted) in [(one, other), (other, one)] {
            for marking in [Marking::default(), Marking::STRICT] {
                assert_eq!(outcome(answer, accepted, marking, &[]), No, "{answer} for {accepted}");
                assert_eq!(outcome(&answer.to_uppercase(), accepted, marking, &[]), No, "{answer} for {accepted}");
            }
        }
    }
}

#[test]
fn there_are_enough_confusable_pairs() {
    let pairs: Vec<_> = confusable::PAIRS.into_iter().flatten().collect();
    assert!(pairs.len() >= 60);
    for (index, &&(one, other)) in pairs.iter().enumerate() {
        let again = |&&&(a, b): &&&(&str, &str)| (a, b) == (one, other) || (b, a) == (one, other);
        assert!(!pairs[index + 1..].iter().any(|pair| again(&pair)), "{one}, {other} twice");
    }
}

#[test]
fn each_setting_decides_its_own_difference() {
    for (difference, answer, accepted) in [
        (Difference::Case, "PARIS", "Paris"),
        (Difference::Accents, "Malmo", "Malmö"),
        (Difference::Punctuation, "dont", "don't"),
        (Difference::Articles, "Beatles", "The Beatles"),
        (Difference::Spaces, "icecream", "ice cream"),
        (Difference::NumberWords, "21", "twenty-one"),
    ] {
        assert_eq!(outcome(answer, accepted, Marking::default(), &[]), Accepted);
        let marking = Marking::default().without(difference);
        assert_eq!(outcome(answer, accepted, marking, &[]), Suggested, "{difference:?}");
        let key = AnswerKey::new(&[accepted.to_owned()], marking, &[]);
        assert_eq!(key.explain(answer).because, Because::DifferencesThatCount(vec![difference]));
    }
}

#[test]
fn what_nobody_types_on_purpose_never_counts() {
    for (answer, accepted) in [
        ("don’t", "don't"),
        ("“yes”", "\"yes\""),
        ("Jean–Luc", "Jean-Luc"),
        ("e\u{301}", "é"),
        ("  a   b ", "a b"),
        ("a\u{A0}b", "a b"),
        ("par\u{AD}is", "paris"),
        ("٣", "3"),
        ("Ｐ", "P"),
    ] {
        assert_eq!(outcome(answer, accepted, Marking::STRICT, &[]), Accepted, "{answer:?}");
    }
}

/// These forms are stored. A change here breaks the marks of games that were played.
#[test]
fn forms_stay_as_they_were_published() {
    for (answer, form) in [
        ("The Beatles", "beatles"),
        ("Łódź", "lodz"),
        ("Straße", "strasse"),
        ("Jean-Luc Picard", "jeanlucpicard"),
        ("Salt & Pepa", "saltandpepa"),
        ("C++", "c++"),
        ("C#", "csharp"),
        ("O-", "o-"),
        ("O- blood", "o-_blood"),
        ("twenty-one", "21"),
        ("7-Eleven", "7_11"),
        ("2-1", "2_1"),
        ("-5", "-5"),
        ("about -5", "about_-5"),
        ("3,5", "3.5"),
        ("€5", "€5"),
        ("5 €", "€5"),
        ("50 %", "50%"),
        ("9/11", "9/11"),
        ("10²", "10^2"),
        ("21st", "21st"),
        ("The The", "thethe"),
        ("A", "a"),
        ("?!", "?!"),
        ("東京", "東京"),
        ("мой", "мой"),
        ("한국", "한국"),
    ] {
        assert_eq!(compared(answer, &Marking::default()), form, "{answer}");
    }
    let spaced = Marking::default().without(Difference::Spaces);
    assert_eq!(compared("The Jean-Luc  of 7 Eleven", &spaced), "jean luc of 7_11");
    assert_eq!(compared("The Café, twenty-one!", &Marking::STRICT), "The Café, twenty-one!");
}

#[test]
fn explains_itself() {
    let key = AnswerKey::new(
        &["The Beatles", "Café de Paris", "Slovakia", "Rocky II"].map(str::to_owned),
        Marking::default(),
        &[],
    );
    for (answer, because, sentence) in [
        ("The Beatles", Because::Exact, "Accepted: it is exactly “The Beatles”."),
        (
            "beatles!",
            Because::DifferencesIgnored(vec![Difference::Case, Difference::Punctuation, Difference::Articles]),
            "Accepted as “The Beatles”: capital letters, punctuation marks and articles do not matter for this question.",
        ),
        (
            "TheBeatles",
            Because::DifferencesIgnored(vec![Difference::Spaces]),
            "Accepted as “The Beatles”: spaces do not matter for this question.",
        ),
        (
            "Beetles",
            Because::NearMiss { distance: 1 },
            "For the host to decide: it is one letter away from “The Beatles”.",
        ),
        ("Paris", Because::PartOf, "For the host to decide: it is a part of “Café de Paris”."),
        (
            "the beatles of course",
            Because::SaysMore,
            "For the host to decide: it contains “The Beatles” and says more.",
        ),
        (
            "Rocky 2",
            Because::RomanNumeral,
            "For the host to decide: it writes the number in “Rocky II” in the other way.",
        ),
        (
            "paris café de",
            Because::OtherOrder,
            "For the host to decide: it has the words of “Café de Paris” in another order.",
        ),
        (
            "Slovenia",
            Because::ConfusedWith("Slovenia".to_owned()),
            "Not accepted: it could just as well mean “Slovenia”.",
        ),
        ("Oasis", Because::TooFar, "Not accepted: it is not near any accepted answer."),
        (" ", Because::Empty, "Not accepted: there is nothing in it."),
    ] {
        let explanation = key.explain(answer);
        assert_eq!(explanation.because, because, "{answer}");
        assert_eq!(explanation.to_string(), sentence);
        assert_eq!(explanation.verdict, key.judge(answer));
        assert_eq!(explanation.compared, compared(answer, &Marking::default()));
    }
}

#[test]
fn the_nearest_accepted_answer_is_named() {
    let accepted = ["Saint Petersburg".to_owned(), "Leningrad".to_owned(), "Petrograd".to_owned()];
    let judge = |answer| judge(answer, &accepted, &Marking::default(), &[]);
    assert_eq!(judge("leningrad"), Verdict::Accepted { matched: 1 });
    assert_eq!(judge("Petrogrod"), Verdict::Suggested { nearest: 2 });
    assert_eq!(judge("Petersburg"), Verdict::Suggested { nearest: 0 });
}

#[test]
fn settings_are_stored_by_name_and_default_to_true() {
    assert_eq!(serde_json::from_str::<Marking>("{}").unwrap(), Marking::default());
    let stored = serde_json::to_string(&Marking::default().without(Difference::NumberWords)).unwrap();
    assert_eq!(
        stored,
        r#"{"case":true,"accents":true,"punctuation":true,"articles":true,"spaces":true,"number_words":false}"#
    );
}
