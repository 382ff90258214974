//! A question as its author writes it.

use serde::{Deserialize, Serialize, Serializer};

use crate::limits::{
    ACCEPTED_ANSWER_CHARS_MAX, ACCEPTED_ANSWERS_MAX, CHOICE_CHARS_MAX, CHOICES_MAX, CHOICES_MIN, NOTES_CHARS_MAX,
    POINTS_DEFAULT, POINTS_MAX, PROMPT_CHARS_MAX, TAG_CHARS_MAX, TAGS_PER_QUESTION_MAX,
};
use crate::quiz::text::{Lines, checked, checked_time_limit, folded, in_range, is_blank, searchable};

pub use crate::quiz::text::{Fault, Problem};

/// The checked content of a question. Made by [`QuestionInput::check`]; every limit of `limits.rs`
/// holds.
///
/// Serialises in the published shape with defaults omitted, as the bank file holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// 1 to 500 characters; may run over lines.
    pub prompt: String,
    /// 0 to 1,000,000.
    pub points: u32,
    /// For the host's eyes: 1 to 1,000 characters; may run over lines.
    pub notes: Option<String>,
    /// 5 to 3,600 seconds; none means that the host closes it.
    pub time_limit_seconds: Option<u32>,
    /// What it is filed under: at most 10 of 1 to 30 characters without commas, no two the same.
    pub tags: Vec<String>,
    pub answer: Answer,
}

impl Draft {
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self.answer {
            Answer::Text { .. } => Kind::Text,
            Answer::MultipleChoice { .. } => Kind::MultipleChoice,
        }
    }
}

/// How a question is answered, with what counts as right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// 1 to 10 accepted answers of 1 to 150 characters, no two the same; the first is the one that
    /// is shown.
    Text { accepted: Vec<String>, marking: Marking },
    /// 2 to 6 choices of 1 to 200 characters, no two the same, exactly one of them correct.
    MultipleChoice { choices: Vec<Choice> },
}

/// One choice of a multiple-choice question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Choice {
    pub text: String,
    pub correct: bool,
}

/// The kind of a question; it never changes after creation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    Text,
    MultipleChoice,
}

impl Kind {
    /// The published name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::MultipleChoice => "multiple_choice",
        }
    }
}

/// How a text answer is marked. Which differences do not matter: `true` forgives the difference, and all are forgiven
/// unless the question says otherwise. And whether the nearest number wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_excessive_bools, reason = "seven independent switches, published by these names")]
pub struct Marking {
    pub case: bool,
    pub accents: bool,
    pub punctuation: bool,
    pub articles: bool,
    pub spaces: bool,
    #[serde(alias = "numberWords")]
    pub number_words: bool,
    /// The one accepted answer is a number, and of all answers that are numbers the nearest are right.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub nearest: bool,
}

impl Default for Marking {
    fn default() -> Self {
        Self {
            case: true,
            accents: true,
            punctuation: true,
            articles: true,
            spaces: true,
            number_words: true,
            nearest: false,
        }
    }
}

/// A question as clients and files send it: any shape, nothing checked. Unknown fields are ignored,
/// as published.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct QuestionInput {
    #[serde(rename = "type")]
    pub kind: Option<String>,
    pub prompt: String,
    /// None is the default of 1,000.
    pub points: Option<i64>,
    #[serde(alias = "acceptedAnswers")]
    pub accepted_answers: Option<Vec<String>>,
    pub choices: Option<Vec<ChoiceInput>>,
    pub marking: Option<Marking>,
    pub notes: Option<String>,
    #[serde(alias = "timeLimitSeconds")]
    pub time_limit_seconds: Option<i64>,
    pub tags: Option<Vec<String>>,
}

/// A choice as it is sent; not marked means not correct.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct ChoiceInput {
    pub text: String,
    pub correct: bool,
}

impl QuestionInput {
    /// Checks everything at once.
    ///
    /// # Errors
    /// Every problem found, in the order of the fields; at least one.
    pub fn check(self) -> Result<Draft, Vec<Problem>> {
        let mut problems = Vec::new();
        let prompt =
            keep(&mut problems, checked("prompt", "The question", &self.prompt, PROMPT_CHARS_MAX, Lines::Many));
        let points = keep(&mut problems, check_points(self.points));
        let notes = self
            .notes
            .filter(|notes| !is_blank(notes))
            .and_then(|notes| keep(&mut problems, checked("notes", "The note", &notes, NOTES_CHARS_MAX, Lines::Many)));
        let time_limit_seconds =
            self.time_limit_seconds.and_then(|given| keep(&mut problems, checked_time_limit(given)));
        let tags = checked_tags("tags", &self.tags.unwrap_or_default());
        let tags = tags.map_err(|found| problems.extend(found)).unwrap_or_default();
        let accepted = self.accepted_answers.unwrap_or_default();
        let choices = self.choices.unwrap_or_default();
        let answer = match keep(&mut problems, check_kind(self.kind.as_deref())) {
            Some(Kind::Text) => {
                refuse_stray(&mut problems, "choices", "Choices", !choices.is_empty());
                let marking = self.marking.unwrap_or_default();
                let accepted = check_accepted(&accepted, &mut problems);
                let accepted = accepted.filter(|accepted| !marking.nearest || check_number(accepted, &mut problems));
                accepted.map(|accepted| Answer::Text { accepted, marking })
            }
            Some(Kind::MultipleChoice) => {
                refuse_stray(&mut problems, "accepted_answers", "Accepted answers", !accepted.is_empty());
                let has_marking = self.marking.is_some_and(|marking| marking != Marking::default());
                refuse_stray(&mut problems, "marking", "Rules of marking", has_marking);
                check_choices(&choices, &mut problems).map(|choices| Answer::MultipleChoice { choices })
            }
            None => None,
        };
        match (prompt, points, answer) {
            (Some(prompt), Some(points), Some(answer)) if problems.is_empty() => {
                Ok(Draft { prompt, points, notes, time_limit_seconds, tags, answer })
            }
            _ => Err(problems),
        }
    }
}

/// What two prompts are compared by, to find a question that is there already: composed, lower
/// case, any run of white space as one space. Accents and punctuation count.
#[must_use]
pub fn folded_prompt(prompt: &str) -> String {
    folded(prompt)
}

/// Checks tags; `field` is where the problems are reported.
///
/// # Errors
/// Every problem found; at least one.
pub fn checked_tags(field: &str, given: &[String]) -> Result<Vec<String>, Vec<Problem>> {
    let mut problems = Vec::new();
    if given.len() > TAGS_PER_QUESTION_MAX {
        let fault = Fault::Count { what: "Tags".to_owned(), min: 0, max: TAGS_PER_QUESTION_MAX, given: given.len() };
        problems.push(Problem::new(field, fault));
    }
    let mut kept: Vec<String> = Vec::new();
    for (index, raw) in given.iter().enumerate().take(TAGS_PER_QUESTION_MAX + 1) {
        let field = format!("{field}.{index}");
        let what = format!("Tag {}", index + 1);
        if raw.contains(',') {
            problems.push(Problem::new(&field, Fault::Comma { what: what.clone() }));
        }
        let text = keep(&mut problems, checked(&field, what, raw, TAG_CHARS_MAX, Lines::One)).unwrap_or_default();
        if let Some(first) = kept.iter().position(|other| !text.is_empty() && searchable(other) == searchable(&text)) {
            let fault = Fault::Same { what: "Tag".to_owned(), first: first + 1, second: index + 1 };
            problems.push(Problem::new(&field, fault));
        }
        kept.push(text);
    }
    if problems.is_empty() { Ok(kept) } else { Err(problems) }
}

fn check_kind(given: Option<&str>) -> Result<Kind, Problem> {
    match given {
        Some("text") => Ok(Kind::Text),
        Some("multiple_choice" | "multipleChoice") => Ok(Kind::MultipleChoice),
        Some(other) => Err(Problem::new("type", Fault::KindUnknown { given: other.to_owned() })),
        None => Err(Problem::new("type", Fault::KindMissing)),
    }
}

fn check_points(given: Option<i64>) -> Result<u32, Problem> {
    let Some(given) = given else {
        return Ok(POINTS_DEFAULT);
    };
    in_range(given, 0, POINTS_MAX).ok_or_else(|| {
        Problem::new("points", Fault::OutOfRange { what: "Points".to_owned(), min: 0, max: POINTS_MAX, given })
    })
}

fn check_accepted(given: &[String], problems: &mut Vec<Problem>) -> Option<Vec<String>> {
    let before = problems.len();
    if !(1..=ACCEPTED_ANSWERS_MAX).contains(&given.len()) {
        let what = "Accepted answers".to_owned();
        let fault = Fault::Count { what, min: 1, max: ACCEPTED_ANSWERS_MAX, given: given.len() };
        problems.push(Problem::new("accepted_answers", fault));
    }
    let mut kept: Vec<String> = Vec::new();
    // One past the limit is enough to tell; a million answers are not looked at.
    for (index, raw) in given.iter().enumerate().take(ACCEPTED_ANSWERS_MAX + 1) {
        let what = format!("Accepted answer {}", index + 1);
        let field = format!("accepted_answers.{index}");
        let text = keep(problems, checked(&field, what, raw, ACCEPTED_ANSWER_CHARS_MAX, Lines::One));
        note_twin(&kept, text.as_ref(), &field, "Accepted answer", problems);
        // A refused one keeps its place, so that the numbers in words stay right.
        kept.push(text.unwrap_or_default());
    }
    (problems.len() == before).then_some(kept)
}

/// Where the nearest number wins, there is one right number.
fn check_number(accepted: &[String], problems: &mut Vec<Problem>) -> bool {
    let is_right = accepted.len() == 1 && is_plain_number(&accepted[0]);
    if !is_right {
        problems.push(Problem::new("accepted_answers", Fault::NotOneNumber));
    }
    is_right
}

/// A number in digits, as `1889`, `1,889`, `-3.5`: at most 15 of them before the point and 9 behind it.
fn is_plain_number(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '−', '+']).unwrap_or(text);
    let (whole, decimals) = match unsigned.split_once('.') {
        Some((_, "")) => return false,
        Some(parts) => parts,
        None => (unsigned, ""),
    };
    let groups: Vec<_> = whole.split(',').collect();
    let is_grouped =
        groups.len() == 1 || (1..=3).contains(&groups[0].len()) && groups[1..].iter().all(|group| group.len() == 3);
    let digits = groups.concat();
    let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    (1..=15).contains(&digits.len()) && is_grouped && are_digits(&digits) && are_digits(decimals) && decimals.len() <= 9
}

fn check_choices(given: &[ChoiceInput], problems: &mut Vec<Problem>) -> Option<Vec<Choice>> {
    let before = problems.len();
    if !(CHOICES_MIN..=CHOICES_MAX).contains(&given.len()) {
        let what = "Choices".to_owned();
        let fault = Fault::Count { what, min: CHOICES_MIN, max: CHOICES_MAX, given: given.len() };
        problems.push(Problem::new("choices", fault));
    }
    let mut kept: Vec<String> = Vec::new();
    for (index, raw) in given.iter().enumerate().take(CHOICES_MAX + 1) {
        let what = format!("Choice {}", index + 1);
        let field = format!("choices.{index}.text");
        let text = keep(problems, checked(&field, what, &raw.text, CHOICE_CHARS_MAX, Lines::One));
        note_twin(&kept, text.as_ref(), &field, "Choice", problems);
        kept.push(text.unwrap_or_default());
    }
    match given.iter().filter(|choice| choice.correct).count() {
        1 => {}
        0 => problems.push(Problem::new("choices", Fault::NoneCorrect)),
        several => problems.push(Problem::new("choices", Fault::SeveralCorrect { given: several })),
    }
    let choices = kept.into_iter().zip(given).map(|(text, raw)| Choice { text, correct: raw.correct });
    (problems.len() == before).then(|| choices.collect())
}

/// Two answers that look the same on the screen, whatever their spaces, are one too many. Case may
/// tell them apart (Co, CO).
fn note_twin(kept: &[String], text: Option<&String>, field: &str, what: &str, problems: &mut Vec<Problem>) {
    let Some(text) = text else {
        return;
    };
    let is_twin = |other: &String| {
        other.as_bytes().first() == text.as_bytes().first() && other.split_whitespace().eq(text.split_whitespace())
    };
    if let Some(first) = kept.iter().position(is_twin) {
        let fault = Fault::Same { what: what.to_owned(), first: first + 1, second: kept.len() + 1 };
        problems.push(Problem::new(field, fault));
    }
}

fn refuse_stray(problems: &mut Vec<Problem>, field: &str, what: &str, is_there: bool) {
    if is_there {
        problems.push(Problem::new(field, Fault::NotOfThisKind { what: what.to_owned() }));
    }
}

fn keep<T>(problems: &mut Vec<Problem>, result: Result<T, Problem>) -> Option<T> {
    result.map_err(|problem| problems.push(problem)).ok()
}

/// What a client would send to get this question; checking it gives the same question back.
impl From<Draft> for QuestionInput {
    fn from(draft: Draft) -> Self {
        let kind = Some(draft.kind().as_str().to_owned());
        let (accepted_answers, choices, marking) = match draft.answer {
            Answer::Text { accepted, marking } => (Some(accepted), None, Some(marking)),
            Answer::MultipleChoice { choices } => {
                let choices =
                    choices.into_iter().map(|choice| ChoiceInput { text: choice.text, correct: choice.correct });
                (None, Some(choices.collect()), None)
            }
        };
        Self {
            kind,
            prompt: draft.prompt,
            points: Some(i64::from(draft.points)),
            accepted_answers,
            choices,
            marking,
            notes: draft.notes,
            time_limit_seconds: draft.time_limit_seconds.map(i64::from),
            tags: Some(draft.tags),
        }
    }
}

impl Serialize for Draft {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (accepted, choices, marking) = match &self.answer {
            Answer::Text { accepted, marking } => (Some(accepted.as_slice()), None, StrictMarking::of(*marking)),
            Answer::MultipleChoice { choices } => (None, Some(choices.as_slice()), None),
        };
        let shape = Shape {
            kind: self.kind().as_str(),
            prompt: &self.prompt,
            points: self.points,
            accepted_answers: accepted,
            choices,
            marking,
            time_limit_seconds: self.time_limit_seconds,
            notes: self.notes.as_deref(),
            tags: &self.tags,
        };
        shape.serialize(serializer)
    }
}

/// The order of the keys in files.
#[derive(Serialize)]
struct Shape<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    prompt: &'a str,
    points: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    accepted_answers: Option<&'a [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    choices: Option<&'a [Choice]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    marking: Option<StrictMarking>,
    #[serde(skip_serializing_if = "Option::is_none")]
    time_limit_seconds: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    notes: Option<&'a str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    tags: &'a [String],
}

/// Only the differences that matter, each as `false`, and that the nearest number wins.
#[derive(Serialize)]
struct StrictMarking {
    #[serde(skip_serializing_if = "Option::is_none")]
    case: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    accents: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    punctuation: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    articles: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    spaces: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    number_words: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nearest: Option<bool>,
}

impl StrictMarking {
    fn of(marking: Marking) -> Option<Self> {
        let strict = |forgiven: bool| (!forgiven).then_some(false);
        (marking != Marking::default()).then(|| Self {
            case: strict(marking.case),
            accents: strict(marking.accents),
            punctuation: strict(marking.punctuation),
            articles: strict(marking.articles),
            spaces: strict(marking.spaces),
            number_words: strict(marking.number_words),
            nearest: marking.nearest.then_some(true),
        })
    }
}

#[cfg(test)]
mod tests;
