//! Names that may offend. The host is warned of them and decides: no list knows what a pub finds funny.
//!
//! Words that hardly ever stand inside an innocent one are found anywhere in a name, the others only as a word of their
//! own, so that nobody from Scunthorpe is pointed at. The warning is worked out anew when a log is replayed: it decides
//! nothing, and the lists may change.

use super::name::PlayerName;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Found wherever they stand, also inside a word.
const ANYWHERE: &str = "\
    arsehole asshole bastard bitch bollock cunt faggot fuck gangbang goebbels nigger nigga paedophile pedophile \
    rapist shit slut twat wank wetback whore";

/// Found as a word, with the endings below.
const WORDS: &str = "\
    anal anus arse ass blowjob boner chink clit cock coon crap cum dick dickhead dildo dyke fag gook hitler \
    jizz kike knob knobhead kkk minge molest nazi nonce paki penis piss poof prick pussy rape retard spastic \
    spic tit tosser tranny vagina";

const ENDINGS: [&str; 5] = ["", "s", "es", "ed", "ing"];

/// Innocent words that hold one of those that are found anywhere.
const INNOCENT: &str = "\
    atwater lightwater matsushita mishit niggard nightwatch saltwater scunthorpe shitake shitzu snigger swank \
    therapist wankel";

/// Whether a name holds a word that may offend.
pub fn may_offend(name: &PlayerName) -> bool {
    let words = words(name.as_str());
    let spelt_out: String = words.iter().filter(|word| word.chars().count() == 1).map(String::as_str).collect();
    words.iter().any(|word| offends(word)) || offends(&spelt_out)
}

fn offends(word: &str) -> bool {
    let is_word = |bad: &str| word.strip_prefix(bad).is_some_and(|ending| ENDINGS.contains(&ending));
    if WORDS.split(' ').any(is_word) {
        return true;
    }
    let mut rest = word.to_owned();
    for innocent in INNOCENT.split(' ') {
        rest = rest.replace(innocent, " ");
    }
    let drawn_in = squeezed(&rest);
    ANYWHERE.split(' ').any(|bad| rest.contains(bad) || drawn_in.contains(bad) || is_starred(&rest, bad))
}

/// Whether stars stand for some of the letters of a bad word: `f**k`.
fn is_starred(word: &str, bad: &str) -> bool {
    let fits = |(letter, expected): (char, char)| letter == expected || letter == '*';
    word.contains('*')
        && !word.starts_with('*')
        && word.chars().count() == bad.len()
        && word.chars().zip(bad.chars()).all(fits)
}

/// The words of a name in plain small letters. Figures and signs among letters are the letters that they look like.
fn words(name: &str) -> Vec<String> {
    let plain: String = name.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).collect();
    let words = plain.split(|c: char| !c.is_alphanumeric() && !"*!|@$".contains(c));
    let words = words.map(|word| word.trim_end_matches('!')).filter(|word| word.chars().any(char::is_alphabetic));
    words.map(|word| word.chars().map(as_letter).collect()).collect()
}

fn as_letter(c: char) -> char {
    match c {
        '0' | 'о' | 'ο' => 'o',
        '1' | '!' | '|' | 'і' | 'ι' => 'i',
        '3' | 'е' | 'ε' => 'e',
        '4' | '@' | 'а' | 'α' => 'a',
        '5' | '$' | 'ѕ' => 's',
        '7' | 'т' | 'τ' => 't',
        'с' => 'c',
        'к' | 'κ' => 'k',
        'у' | 'υ' => 'u',
        'в' | 'β' => 'b',
        other => other,
    }
}

/// Without letters that are drawn out: `fuuuuck`.
fn squeezed(word: &str) -> String {
    let mut squeezed = String::with_capacity(word.len());
    let chars: Vec<char> = word.chars().collect();
    for run in chars.chunk_by(|a, b| a == b) {
        let kept = if run.len() > 2 { 1 } else { run.len() };
        squeezed.extend(&run[..kept]);
    }
    squeezed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offends_as(name: &str) -> bool {
        may_offend(&PlayerName::parse(name).unwrap())
    }

    #[test]
    fn words_that_may_offend_are_found() {
        let names = "\
            Fuck this, motherfucker, FUCKERS, fuuuuuck, f u c k, f.u.c.k, f*ck, sh*t, $h1t, Sh!t Quiz, \
            fück, bullshit, The Wankers, Big Dicks, dick, Pissed, assholes, А55, Hitler Youth, c*nt, \
            Tits up, fuсk, Shit!";
        for name in names.split(", ") {
            assert!(offends_as(name), "{name}");
        }
    }

    #[test]
    fn innocent_names_are_left_alone() {
        let names = "\
            Scunthorpe United, Penistone, Cockfosters, Arsenal, Charles Dickens, Dickson, Lightwater, \
            Saltwater Taffy, Matsushita, Shitake Happens, Swanky Franks, Snigger, Moby Dickens, Class Act, \
            Bass Players, Assassins, Peacock, Hancock, Titanic, Cumbria, Document, Raccoon, Spice Girls, \
            Therapists, Grape Nuts, Analysts, Sussex, Essex, Middlesex, Nightwatch, Constitution, Cocktail, \
            Debuggers, Joe Cocker, Cumin, Dicky Bow, Team 5, ***, * * *, A B C, 日本, Quizzly Bears, \
            Knobbly Knees, Button, Wankel Engine, 5 4 3 2 1, Class of 455, Go!";
        for name in names.split(", ") {
            assert!(!offends_as(name), "{name}");
        }
    }
}
