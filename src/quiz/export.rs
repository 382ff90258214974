//! Banks and quizzes as files that come back identically.
//!
//! Written one way only: keys in a fixed order, defaults omitted, two spaces of indent, a line
//! break at the end. Reading what was written gives the same material, and writing what was read
//! from such a file gives the same bytes.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::HashSet;

use crate::limits::{QUESTIONS_PER_BANK_MAX, QUESTIONS_PER_ROUND_MAX, ROUNDS_PER_QUIZ_MAX};
use crate::quiz::bank::check_words;
use crate::quiz::question::{Draft, QuestionInput};
use crate::quiz::quiz::RoundInput;
use crate::quiz::text::{Description, Fault, Problem, Title};

const BANK_FORMAT: &str = "quibble.bank";
const QUIZ_FORMAT: &str = "quibble.quiz";
/// The version that is written, and the newest that is read.
const VERSION: u64 = 1;

/// A bank with its questions in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BankFile {
    pub name: Title,
    pub description: Option<Description>,
    /// At most 20,000.
    pub questions: Vec<Draft>,
}

/// A quiz with the banks that its questions come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuizFile {
    pub name: Title,
    pub description: Option<Description>,
    pub banks: Vec<BankFile>,
    /// At most 50, in order.
    pub rounds: Vec<RoundFile>,
}

/// A round of a quiz file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoundFile {
    pub title: Option<Title>,
    /// For each question without its own, in seconds.
    pub time_limit_seconds: Option<u32>,
    /// At most 100, in order; each stands in the file, none twice in a round.
    pub questions: Vec<Slot>,
}

/// Where a round's question is found in the file: `[bank, question]`, both from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "(usize, usize)", into = "(usize, usize)")]
pub struct Slot {
    pub bank: usize,
    pub question: usize,
}

/// Why a file is neither a bank nor a quiz of ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    #[error("This is not readable JSON: {detail}.")]
    NotJson { detail: String },
    #[error("This JSON is not a Quibble {wanted} file: its \"format\" is not \"quibble.{wanted}\".")]
    WrongFormat { wanted: &'static str },
    #[error("This is a quiz file; import it as a quiz.")]
    IsQuiz,
    #[error("This is a bank file; import it as a bank.")]
    IsBank,
    #[error(
        "The file was written by a newer Quibble (version {version} of the format); this one reads version {VERSION}."
    )]
    Newer { version: u64 },
    #[error("The file has {} problems: {}", .0.len(), summary(.0))]
    Content(Vec<Problem>),
}

impl FileError {
    /// The problems by field, where the file as such could be read.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        match self {
            Self::Content(problems) => problems,
            Self::NotJson { .. } | Self::WrongFormat { .. } | Self::IsQuiz | Self::IsBank | Self::Newer { .. } => &[],
        }
    }
}

fn summary(problems: &[Problem]) -> String {
    let sentences: Vec<String> = problems.iter().take(3).map(ToString::to_string).collect();
    sentences.join(" ")
}

impl BankFile {
    /// The bank as a file.
    #[must_use]
    pub fn to_json(&self) -> String {
        pretty(&BankOut {
            format: Some(BANK_FORMAT),
            version: Some(VERSION),
            name: self.name.as_str(),
            description: self.description.as_ref().map(Description::as_str),
            questions: &self.questions,
        })
    }

    /// Reads a bank file as a whole: all of it is right, or nothing is taken.
    ///
    /// # Errors
    /// It is no bank file, or every problem of it, by field (`questions.3.prompt`).
    pub fn parse(text: &str) -> Result<Self, FileError> {
        let mut problems = Vec::new();
        let bank = check_bank(open_bank(text)?, &mut problems);
        bank.filter(|_| problems.is_empty()).ok_or(FileError::Content(problems))
    }
}

impl QuizFile {
    /// The quiz as a file.
    #[must_use]
    pub fn to_json(&self) -> String {
        let banks = self.banks.iter().map(|bank| BankOut {
            format: None,
            version: None,
            name: bank.name.as_str(),
            description: bank.description.as_ref().map(Description::as_str),
            questions: &bank.questions,
        });
        let rounds = self.rounds.iter().map(|round| RoundOut {
            title: round.title.as_ref().map(Title::as_str),
            time_limit_seconds: round.time_limit_seconds,
            questions: &round.questions,
        });
        pretty(&QuizOut {
            format: QUIZ_FORMAT,
            version: VERSION,
            name: self.name.as_str(),
            description: self.description.as_ref().map(Description::as_str),
            banks: banks.collect(),
            rounds: rounds.collect(),
        })
    }

    /// Reads a quiz file as a whole: all of it is right, or nothing is taken.
    ///
    /// # Errors
    /// It is no quiz file, or every problem of it, by field (`banks.0.questions.3.prompt`,
    /// `rounds.1.title`).
    pub fn parse(text: &str) -> Result<Self, FileError> {
        let raw: RawQuiz = open(text, QUIZ_FORMAT)?;
        let mut problems = Vec::new();
        let words = check_words(&raw.name, raw.description.as_deref()).map_err(|found| problems.extend(found)).ok();
        let mut banks = Vec::new();
        for (index, bank) in raw.banks.into_iter().enumerate() {
            let mut found = Vec::new();
            banks.push(check_bank(bank, &mut found));
            problems.extend(found.into_iter().map(|problem| problem.within(&format!("banks.{index}"))));
        }
        note_count("rounds", "Rounds", raw.rounds.len(), ROUNDS_PER_QUIZ_MAX, &mut problems);
        let mut rounds = Vec::new();
        for (index, round) in raw.rounds.into_iter().enumerate().take(ROUNDS_PER_QUIZ_MAX) {
            let mut found = Vec::new();
            rounds.extend(check_round(round, &banks, &mut found));
            problems.extend(found.into_iter().map(|problem| problem.within(&format!("rounds.{index}"))));
        }
        let banks: Option<Vec<BankFile>> = banks.into_iter().collect();
        match (words, banks) {
            (Some((name, description)), Some(banks)) if problems.is_empty() => {
                Ok(Self { name, description, banks, rounds })
            }
            _ => Err(FileError::Content(problems)),
        }
    }
}

impl QuizFile {
    /// The first question that stands in two rounds: its round and its place there, from 0.
    #[must_use]
    pub fn repeated(&self) -> Option<(usize, usize)> {
        let mut seen = HashSet::new();
        self.rounds.iter().enumerate().find_map(|(round, file)| {
            let again = file.questions.iter().position(|slot| !seen.insert(*slot))?;
            Some((round, again))
        })
    }
}

/// What a file is called that holds something of this name, without its ending.
#[must_use]
pub fn file_stem(name: &str) -> String {
    let mut stem: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
    stem.truncate(60);
    let stem = stem.trim_matches('-');
    if stem.is_empty() { "quibble".to_owned() } else { stem.to_owned() }
}

/// A bank file of which only the frame was read.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawBank {
    #[serde(default, rename = "format")]
    _format: Option<String>,
    #[serde(default, rename = "version")]
    _version: Option<u64>,
    name: String,
    #[serde(default)]
    description: Option<String>,
    pub(crate) questions: Vec<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawQuiz {
    #[serde(rename = "format")]
    _format: String,
    #[serde(rename = "version")]
    _version: u64,
    name: String,
    #[serde(default)]
    description: Option<String>,
    banks: Vec<RawBank>,
    rounds: Vec<RawRound>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRound {
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    time_limit_seconds: Option<i64>,
    questions: Vec<Slot>,
}

/// Reads the frame of a bank file.
pub(crate) fn open_bank(text: &str) -> Result<RawBank, FileError> {
    open(text, BANK_FORMAT)
}

fn open<T: for<'de> Deserialize<'de>>(text: &str, wanted: &'static str) -> Result<T, FileError> {
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let value: Value = serde_json::from_str(text).map_err(|error| not_json(&error))?;
    let found = value.get("format").and_then(Value::as_str).unwrap_or_default();
    if found != wanted {
        return Err(match found {
            QUIZ_FORMAT => FileError::IsQuiz,
            BANK_FORMAT => FileError::IsBank,
            _ => FileError::WrongFormat { wanted: if wanted == BANK_FORMAT { "bank" } else { "quiz" } },
        });
    }
    if let Some(version) = value.get("version").and_then(Value::as_u64).filter(|&version| version > VERSION) {
        return Err(FileError::Newer { version });
    }
    serde_json::from_value(value).map_err(|error| not_json(&error))
}

fn not_json(error: &serde_json::Error) -> FileError {
    FileError::NotJson { detail: error.to_string() }
}

fn check_bank(raw: RawBank, problems: &mut Vec<Problem>) -> Option<BankFile> {
    let words = check_words(&raw.name, raw.description.as_deref()).map_err(|found| problems.extend(found)).ok();
    note_count("questions", "Questions", raw.questions.len(), QUESTIONS_PER_BANK_MAX, problems);
    let mut questions = Vec::new();
    for (index, question) in raw.questions.into_iter().enumerate().take(QUESTIONS_PER_BANK_MAX) {
        match read_question(question) {
            Ok(draft) => questions.push(draft),
            Err(found) => {
                let path = format!("questions.{index}");
                problems.extend(found.into_iter().map(|problem| problem.within(&path)));
            }
        }
    }
    let (name, description) = words?;
    problems.is_empty().then_some(BankFile { name, description, questions })
}

/// A bank that was refused counts as one that holds everything: its own problems come first.
fn check_round(raw: RawRound, banks: &[Option<BankFile>], problems: &mut Vec<Problem>) -> Option<RoundFile> {
    let words = RoundInput { title: raw.title, time_limit_seconds: raw.time_limit_seconds, planned_questions: None };
    let words = words.check();
    let words = words.map_err(|found| problems.extend(found)).ok();
    note_count("questions", "Questions", raw.questions.len(), QUESTIONS_PER_ROUND_MAX, problems);
    let slots = &raw.questions[..raw.questions.len().min(QUESTIONS_PER_ROUND_MAX)];
    for (index, &slot) in slots.iter().enumerate() {
        let exists = match banks.get(slot.bank) {
            Some(Some(bank)) => slot.question < bank.questions.len(),
            Some(None) => true,
            None => false,
        };
        let field = format!("questions.{index}");
        if !exists {
            let fault = Fault::NoSuchQuestion { bank: slot.bank, question: slot.question };
            problems.push(Problem::new(field, fault));
        } else if slots[..index].contains(&slot) {
            problems.push(Problem::new(field, Fault::TwiceInRound));
        }
    }
    let words = words?;
    let round =
        RoundFile { title: words.title, time_limit_seconds: words.time_limit_seconds, questions: raw.questions };
    problems.is_empty().then_some(round)
}

fn note_count(field: &str, what: &str, given: usize, max: usize, problems: &mut Vec<Problem>) {
    if given > max {
        let fault = Fault::Count { what: what.to_owned(), min: 0, max, given };
        problems.push(Problem::new(field, fault));
    }
}

/// A question of a file. Unlike a client's, its unknown fields are refused: they would be lost.
pub(crate) fn read_question(value: Value) -> Result<Draft, Vec<Problem>> {
    const QUESTION: [&str; 11] = [
        "type",
        "prompt",
        "points",
        "accepted_answers",
        "acceptedAnswers",
        "choices",
        "marking",
        "time_limit_seconds",
        "timeLimitSeconds",
        "notes",
        "tags",
    ];
    const CHOICE: [&str; 2] = ["text", "correct"];
    const MARKING: [&str; 8] =
        ["case", "accents", "punctuation", "articles", "spaces", "number_words", "numberWords", "nearest"];
    let mut unknown = unknown_keys(&value, &QUESTION);
    unknown.extend(value.get("marking").map(|marking| unknown_keys(marking, &MARKING)).unwrap_or_default());
    for choice in value.get("choices").and_then(Value::as_array).into_iter().flatten() {
        unknown.extend(unknown_keys(choice, &CHOICE));
    }
    let input: Result<QuestionInput, _> = serde_json::from_value(value);
    let result = match input {
        Ok(input) => input.check(),
        Err(error) => Err(vec![Problem::new("", Fault::Unreadable { detail: error.to_string() })]),
    };
    if unknown.is_empty() {
        return result;
    }
    let lost = unknown.into_iter().map(|key| {
        let what = format!("“{key}”");
        Problem::new(key, Fault::UnknownField { what })
    });
    Err(lost.chain(result.err().into_iter().flatten()).collect())
}

fn unknown_keys(value: &Value, known: &[&str]) -> Vec<String> {
    let keys = value.as_object().into_iter().flat_map(serde_json::Map::keys);
    keys.filter(|key| !known.contains(&key.as_str())).take(3).map(|key| key.chars().take(40).collect()).collect()
}

#[derive(Serialize)]
struct BankOut<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<u64>,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    questions: &'a [Draft],
}

#[derive(Serialize)]
struct QuizOut<'a> {
    format: &'static str,
    version: u64,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    banks: Vec<BankOut<'a>>,
    rounds: Vec<RoundOut<'a>>,
}

#[derive(Serialize)]
struct RoundOut<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    time_limit_seconds: Option<u32>,
    questions: &'a [Slot],
}

fn pretty<T: Serialize>(out: &T) -> String {
    // Only a map with keys that are no strings, or a failing Serialize of our own, can fail; there
    // is neither.
    #[expect(clippy::expect_used, reason = "string keys and no failing parts")]
    let mut text = serde_json::to_string_pretty(out).expect("our own types always serialise");
    text.push('\n');
    text
}

impl From<(usize, usize)> for Slot {
    fn from((bank, question): (usize, usize)) -> Self {
        Self { bank, question }
    }
}

impl From<Slot> for (usize, usize) {
    fn from(slot: Slot) -> Self {
        (slot.bank, slot.question)
    }
}

#[cfg(test)]
mod tests;
