//! Which column of a table holds what.

use serde::{Deserialize, Deserializer, Serialize};

use crate::quiz::import::reason::MappingFault;
use crate::quiz::text::{folded, trim};

/// Columns by index from 0, as the published import calls carry it.
///
/// A row with options is multiple choice, a row without is a text question whose accepted answers
/// are those of `correct` and `accepted`. The column of the correct answer may itself be an option
/// (beside columns of wrong ones).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mapping {
    pub prompt: usize,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correct: Option<usize>,
    #[serde(default, deserialize_with = "none_is_empty")]
    pub options: Vec<usize>,
    #[serde(default, deserialize_with = "none_is_empty")]
    pub accepted: Vec<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub points: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<usize>,
}

impl Mapping {
    /// Checks that each column is there and used once, and that there are answers.
    ///
    /// # Errors
    /// The first fault found.
    pub fn check(&self, columns: usize) -> Result<(), MappingFault> {
        let correct = self.correct.filter(|correct| !self.options.contains(correct));
        let single = [Some(self.prompt), correct, self.points, self.notes, self.kind];
        let mut seen = Vec::new();
        for column in
            single.into_iter().flatten().chain(self.options.iter().copied()).chain(self.accepted.iter().copied())
        {
            if column >= columns {
                return Err(MappingFault::NoSuchColumn { column, columns });
            }
            if seen.contains(&column) {
                return Err(MappingFault::UsedTwice { column });
            }
            seen.push(column);
        }
        if self.correct.is_none() && self.accepted.is_empty() {
            return Err(MappingFault::NoAnswers);
        }
        Ok(())
    }
}

/// The mapping that the headings suggest in several spellings, or else the look of the first rows;
/// none when it would be a guess in the dark.
#[must_use]
pub fn guess<S: AsRef<str>>(headings: &[S], sample: &[Vec<S>]) -> Option<Mapping> {
    by_headings(headings).or_else(|| by_looks(sample))
}

/// What a heading says its column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Prompt,
    Correct,
    /// "Option B", "Choice 2".
    Option,
    /// "Wrong answer 1": the correct answer is the option that is missing.
    Wrong,
    /// "Answer 2": an option where a correct answer is named, otherwise an accepted answer.
    NumberedAnswer,
    /// "B", "2".
    Place,
    Accepted,
    Points,
    Notes,
    Kind,
    Unknown,
}

impl Role {
    fn of(heading: &str) -> Self {
        let bare = trim(heading.split(['(', '[', ':']).next().unwrap_or_default());
        let bare = bare.split(" - ").next().unwrap_or_default();
        let spaced: String = bare.chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
        let name = folded(&spaced);
        let (stem, numbered) = without_place(&name);
        match stem {
            "" if numbered => Self::Place,
            "option" | "opt" | "choice" | "answer option" | "answer choice" | "possible answer" => Self::Option,
            "wrong" | "wrong answer" | "incorrect" | "incorrect answer" | "distractor" | "false answer" => Self::Wrong,
            "answer" | "antwort" | "réponse" | "reponse" | "respuesta" if numbered => Self::NumberedAnswer,
            "accepted"
            | "accepted answer"
            | "accepted answers"
            | "acceptable answers"
            | "acceptable answer"
            | "also accept"
            | "also accepted"
            | "alternative"
            | "alternatives"
            | "alternative answers"
            | "alternative answer"
            | "alternate answers"
            | "other answers"
            | "aliases"
            | "alias"
            | "variants"
            | "spellings" => Self::Accepted,
            _ if numbered => Self::Unknown,
            "question" | "questions" | "prompt" | "question text" | "question prompt" | "clue" | "q" | "frage"
            | "pregunta" | "domanda" | "vraag" => Self::Prompt,
            "correct" | "correct answer" | "correct answers" | "correct option" | "correct choice" | "right"
            | "right answer" | "answer" | "answers" | "answer key" | "key" | "solution" | "antwort"
            | "richtige antwort" | "réponse" | "reponse" | "bonne réponse" | "respuesta" | "respuesta correcta"
            | "risposta" => Self::Correct,
            "points" | "point" | "point value" | "score" | "value" | "marks" | "punkte" => Self::Points,
            "notes" | "note" | "host notes" | "comment" | "comments" | "remarks" | "explanation" => Self::Notes,
            "type" | "kind" | "question type" | "question kind" => Self::Kind,
            _ => Self::Unknown,
        }
    }
}

/// "option b" → "option", "choice2" → "choice", "b" → "".
fn without_place(name: &str) -> (&str, bool) {
    if let Some(stem) = name.strip_suffix(|c: char| c.is_ascii_digit()) {
        return (stem.trim_end(), true);
    }
    let is_letter = |word: &str| matches!(word, "a" | "b" | "c" | "d" | "e" | "f");
    match name.rsplit_once(' ') {
        Some((stem, last)) if is_letter(last) => (stem, true),
        None if is_letter(name) => ("", true),
        Some(_) | None => (name, false),
    }
}

fn by_headings<S: AsRef<str>>(headings: &[S]) -> Option<Mapping> {
    let roles: Vec<Role> = headings.iter().map(|heading| Role::of(heading.as_ref())).collect();
    let first = |role| roles.iter().position(|&found| found == role);
    let all = |role| (0..roles.len()).filter(|&at| roles[at] == role).collect::<Vec<_>>();
    let correct = first(Role::Correct);
    let mut options = all(Role::Option);
    let mut accepted = all(Role::Accepted);
    let numbered = all(Role::NumberedAnswer);
    if options.is_empty() && correct.is_some() {
        options = numbered;
    } else if options.is_empty() {
        accepted.splice(0..0, numbered);
    }
    if options.is_empty() {
        options = Some(all(Role::Place)).filter(|places| places.len() >= 2).unwrap_or_default();
    }
    let wrong = all(Role::Wrong);
    if options.is_empty() && !wrong.is_empty() {
        options = correct.into_iter().chain(wrong).collect();
    }
    let mapping = Mapping {
        prompt: first(Role::Prompt)?,
        correct,
        options,
        accepted,
        points: first(Role::Points),
        notes: first(Role::Notes),
        kind: first(Role::Kind),
    };
    mapping.check(headings.len()).is_ok().then_some(mapping)
}

/// How much of the sample must look alike: four rows of five.
fn is_most(count: usize, of: usize) -> bool {
    of > 0 && count * 5 >= of * 4
}

/// A column that repeats one of several others names the correct option; the column of the longest
/// texts asks.
fn by_looks<S: AsRef<str>>(sample: &[Vec<S>]) -> Option<Mapping> {
    let width = sample.iter().map(Vec::len).max()?;
    let cell = |row: &Vec<S>, at: usize| row.get(at).map(|cell| folded(cell.as_ref())).unwrap_or_default();
    let rows: Vec<Vec<String>> = sample.iter().map(|row| (0..width).map(|at| cell(row, at)).collect()).collect();
    let length = |at: usize| rows.iter().map(|row| row[at].len()).sum::<usize>();
    let asks = |at: usize| is_most(rows.iter().filter(|row| row[at].ends_with('?')).count(), rows.len());
    let prompt = (0..width).find(|&at| asks(at)).or_else(|| (0..width).max_by_key(|&at| length(at)))?;
    let repeats = |row: &Vec<String>, at: usize| {
        (0..width).find(|&other| other != at && other != prompt && !row[at].is_empty() && row[other] == row[at])
    };
    for correct in (0..width).rev().filter(|&at| at != prompt) {
        let repeated: Vec<usize> = rows.iter().filter_map(|row| repeats(row, correct)).collect();
        if rows.len() < 2 || !is_most(repeated.len(), rows.len()) {
            continue;
        }
        let (Some(&low), Some(&high)) = (repeated.iter().min(), repeated.iter().max()) else {
            continue;
        };
        let options: Vec<usize> = (low..=high).filter(|&at| at != prompt && at != correct).collect();
        if options.len() >= 2 {
            return Some(Mapping { prompt, correct: Some(correct), options, ..Mapping::default() });
        }
    }
    let is_question_and_answer = width == 2 && asks(prompt) && !asks(1 - prompt);
    is_question_and_answer.then(|| Mapping { prompt, correct: Some(1 - prompt), ..Mapping::default() })
}

fn none_is_empty<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<usize>, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(headings: &[&str]) -> Option<Mapping> {
        guess(headings, &[])
    }

    fn mapping(prompt: usize, correct: Option<usize>, options: &[usize], accepted: &[usize]) -> Mapping {
        Mapping { prompt, correct, options: options.into(), accepted: accepted.into(), ..Mapping::default() }
    }

    #[test]
    fn headings_in_several_spellings() {
        let spreadsheet = ["Category", "Question", "Option A", "Option B", "Option C", "Option D", "Correct answer"];
        assert_eq!(named(&spreadsheet), Some(mapping(1, Some(6), &[2, 3, 4, 5], &[])));
        assert_eq!(named(&["prompt", "a", "b", "c", "ANSWER"]), Some(mapping(0, Some(4), &[1, 2, 3], &[])));
        assert_eq!(named(&["Question", "choice1", "choice_2", "Correct"]), Some(mapping(0, Some(3), &[1, 2], &[])));
        let template =
            ["Question - max 120 characters", "Answer 1", "Answer 2 - max 75", "Time limit (sec)", "Correct answer(s)"];
        assert_eq!(named(&template), Some(mapping(0, Some(4), &[1, 2], &[])));
        assert_eq!(named(&["Question", "Answer"]), Some(mapping(0, Some(1), &[], &[])));
        assert_eq!(named(&["Question", "Answer 1", "Answer 2"]), Some(mapping(0, None, &[], &[1, 2])));
        assert_eq!(named(&["Question", "Answer", "Also accept"]), Some(mapping(0, Some(1), &[], &[2])));
        let wrong = ["Question", "Correct Answer", "Wrong answer 1", "Wrong answer 2"];
        assert_eq!(named(&wrong), Some(mapping(0, Some(1), &[1, 2, 3], &[])));
        let full = named(&["Type", "Points", "Question", "Answer", "Notes"]).unwrap();
        assert_eq!((full.kind, full.points, full.notes), (Some(0), Some(1), Some(4)));
    }

    #[test]
    fn headings_that_say_too_little_give_none() {
        for headings in [&["foo", "bar"][..], &["Question", "Category"], &["Answer", "Option A"], &[]] {
            assert_eq!(named(headings), None, "{headings:?}");
        }
    }

    #[test]
    fn unknown_headings_are_made_up_for_by_the_look_of_the_rows() {
        let rows = vec![
            vec!["geo", "Capital of France?", "Rome", "Paris", "Oslo", "Paris"],
            vec!["geo", "Capital of Italy?", "Rome", "Paris", "Oslo", "Rome"],
            vec!["geo", "Capital of Norway?", "Rome", "Paris", "Oslo", "Oslo"],
        ];
        assert_eq!(guess(&["x"; 6], &rows), Some(mapping(1, Some(5), &[2, 3, 4], &[])));
        let pairs = vec![vec!["Who?", "Me"], vec!["Why?", "Because"]];
        assert_eq!(guess(&["x"; 2], &pairs), Some(mapping(0, Some(1), &[], &[])));
        assert_eq!(guess(&["x"; 2], &[vec!["a", "b"], vec!["c", "d"]]), None);
    }

    #[test]
    fn a_mapping_is_checked_against_the_table() {
        assert_eq!(mapping(0, Some(1), &[1, 2], &[]).check(3), Ok(()));
        assert_eq!(
            mapping(0, Some(1), &[2, 3], &[]).check(3).unwrap_err().to_string(),
            "there is no column 4; the table has 3."
        );
        assert_eq!(mapping(0, Some(0), &[], &[]).check(3), Err(MappingFault::UsedTwice { column: 0 }));
        assert_eq!(mapping(0, None, &[1, 2], &[]).check(3), Err(MappingFault::NoAnswers));
        assert_eq!(
            mapping(0, None, &[], &[usize::MAX]).check(3),
            Err(MappingFault::NoSuchColumn { column: usize::MAX, columns: 3 })
        );
    }

    #[test]
    fn a_mapping_reads_as_published() {
        let read: Mapping =
            serde_json::from_str(r#"{"prompt":1,"correct":6,"options":[2,3],"accepted":null,"points":null,"kind":0}"#)
                .unwrap();
        assert_eq!(read, Mapping { kind: Some(0), ..mapping(1, Some(6), &[2, 3], &[]) });
        let written = r#"{"prompt":1,"correct":6,"options":[2,3],"accepted":[],"kind":0}"#;
        assert_eq!(serde_json::to_string(&read).unwrap(), written);
    }
}
