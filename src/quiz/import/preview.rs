//! A whole file as questions and problems: what the preview of an import shows, and what the import
//! takes.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use crate::quiz::import::encoding::decode;
use crate::quiz::import::table::Table;
use crate::quiz::import::{Mapping, Reason, Unreadable, json, opentriviaqa};
use crate::quiz::question::{Draft, folded_prompt};
use crate::quiz::text::trim;

/// How much of a text is shown in a list of problems, in characters.
const SHOWN_CHARS_MAX: usize = 160;

/// A file, read. Every question of it is in `rows` or in `problems`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    pub format: Format,
    /// As the WHATWG Encoding Standard names it, in lower case.
    pub encoding: String,
    /// The headings of a table; empty for other formats.
    pub columns: Vec<String>,
    /// Only for a table: the mapping given, or the one guessed. Without one, no row was read.
    pub mapping: Option<Mapping>,
    /// Questions in the file: rows and problems together, except for a table without a mapping.
    pub total: usize,
    pub rows: Vec<Row>,
    /// In the order of the file.
    pub problems: Vec<RowProblem>,
}

/// What kind of file it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    Csv,
    Json,
    OpenTriviaQa,
}

/// A question that can be taken. Serialises as `{row, question}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// Where it stands: the row as a spreadsheet shows it (the heading is row 1), the line of an
    /// `OpenTriviaQA` file, the place in a bank file from 1.
    #[serde(rename = "row")]
    pub number: usize,
    pub question: Draft,
}

/// A question that cannot be taken. Serialises as `{row, reason, text}` with the reasons as
/// sentences.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowProblem {
    /// As in [`Row::number`].
    pub row: usize,
    /// Everything that was found wrong; at least one.
    pub reasons: Vec<Reason>,
    /// The beginning of the question, to find it by.
    pub text: String,
}

impl RowProblem {
    /// All reasons as sentences.
    #[must_use]
    pub fn reason(&self) -> String {
        let sentences: Vec<String> = self.reasons.iter().map(ToString::to_string).collect();
        sentences.join(" ")
    }
}

impl Serialize for RowProblem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("RowProblem", 3)?;
        out.serialize_field("row", &self.row)?;
        out.serialize_field("reason", &self.reason())?;
        out.serialize_field("text", &self.text)?;
        out.end()
    }
}

/// Reads a file of questions: a table (CSV and its kin), a bank file or `OpenTriviaQA`, told by its
/// content.
///
/// `mapping` is for tables; none means a guess. `existing` holds the [`folded_prompt`] of every
/// question that the bank has already. The same bytes and arguments always give the same sheet, so
/// that a preview promises what the import does.
///
/// # Errors
/// [`Unreadable`] when nothing of the file can be taken, in words for the person who sent it.
pub fn read(bytes: &[u8], mapping: Option<&Mapping>, existing: &HashSet<String>) -> Result<Sheet, Unreadable> {
    let decoded = decode(bytes)?;
    let text = decoded.text.as_str();
    if trim(text).is_empty() {
        return Err(Unreadable::Empty);
    }
    let mut sheet = Sheet {
        format: format_of(text),
        encoding: decoded.encoding.clone(),
        columns: Vec::new(),
        mapping: None,
        total: 0,
        rows: Vec::new(),
        problems: Vec::new(),
    };
    let candidates = match sheet.format {
        Format::Json => json::read(text)?,
        Format::OpenTriviaQa => opentriviaqa::read(text)?,
        Format::Csv => {
            let table = Table::open(text)?;
            sheet.mapping = mapping.cloned().or_else(|| table.guess());
            sheet.columns.clone_from(&table.columns);
            let Some(mapping) = &sheet.mapping else {
                sheet.total = table.len();
                return Ok(sheet);
            };
            mapping.check(table.columns.len())?;
            table.read(mapping)
        }
    };
    sheet.total = candidates.len();
    sheet.sort_out(candidates, existing);
    Ok(sheet)
}

/// One question of a file, before it is compared with the others.
pub(crate) struct Candidate {
    pub(crate) row: usize,
    pub(crate) result: Result<Draft, Refused>,
}

/// What a [`RowProblem`] tells of a question.
pub(crate) struct Refused {
    pub(crate) reasons: Vec<Reason>,
    pub(crate) text: String,
}

impl Sheet {
    /// Takes each question that is right and there for the first time, and reports the others.
    fn sort_out(&mut self, candidates: Vec<Candidate>, existing: &HashSet<String>) {
        let mut first_rows: HashMap<String, usize> = HashMap::new();
        for Candidate { row, result } in candidates {
            let question = match result {
                Ok(question) => question,
                Err(Refused { reasons, text }) => {
                    self.problems.push(RowProblem { row, reasons, text });
                    continue;
                }
            };
            let reason = match first_rows.entry(folded_prompt(&question.prompt)) {
                Entry::Occupied(first) => Reason::RepeatsRow { first: *first.get() },
                Entry::Vacant(place) if existing.contains(place.key()) => Reason::InBank,
                Entry::Vacant(place) => {
                    place.insert(row);
                    self.rows.push(Row { number: row, question });
                    continue;
                }
            };
            self.problems.push(RowProblem { row, reasons: vec![reason], text: shown(&question.prompt) });
        }
    }
}

fn format_of(text: &str) -> Format {
    // A table's first cell may begin with a bracket; what follows tells.
    let json = trim(text);
    let inside = json.strip_prefix(['{', '[']).map(|inside| inside.trim_start().chars().next());
    if inside.is_some_and(|next| next.is_none_or(|c| c.is_ascii_digit() || "{}[]\"-".contains(c))) {
        return Format::Json;
    }
    let is_opentriviaqa = text.split(['\n', '\r']).take(100).any(|line| line.starts_with("#Q "));
    if is_opentriviaqa { Format::OpenTriviaQa } else { Format::Csv }
}

/// The beginning of a text as one line that is safe to show: what cannot be shown stands as `[?]`.
pub(crate) fn shown(raw: &str) -> String {
    let mut out = String::new();
    for (count, c) in trim(raw).chars().enumerate() {
        if count == SHOWN_CHARS_MAX {
            out.push('…');
            break;
        }
        if c.is_whitespace() {
            out.push(' ');
        } else if c.is_control() || c == char::REPLACEMENT_CHARACTER {
            out.push_str("[?]");
        } else {
            out.push(c);
        }
    }
    out
}
