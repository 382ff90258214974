//! A whole file as questions and problems: what the preview of an import shows, and what the import
//! takes.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use crate::limits::IMPORT_FIXES_MAX;
use crate::quiz::import::encoding::decode;
use crate::quiz::import::fixes::{Fix, fixable};
use crate::quiz::import::table::Table;
use crate::quiz::import::{Fields, Fixes, Mapping, Reason, Unreadable, json, opentriviaqa, workbook};
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
    /// Of a workbook: the sheet that was read, and those that can be asked for.
    pub sheet: Option<String>,
    pub sheets: Vec<String>,
    /// What the cells of problems hold; none when no row was read.
    pub fields: Option<Fields>,
    /// Questions in the file: rows and problems together, except for a table without a mapping.
    pub total: usize,
    pub rows: Vec<Row>,
    /// Which of `rows` are there as they were fixed, by index.
    pub fixed: Vec<usize>,
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
    /// A workbook as Excel and others write it.
    Xlsx,
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
    /// Its cells, for the first [`IMPORT_FIXES_MAX`] problems, unless they are too long to be fixed
    /// here.
    pub cells: Option<Vec<String>>,
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

/// What a host says about a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    /// For tables; none means a guess.
    pub mapping: Option<Mapping>,
    /// For workbooks, by name; none means the first that holds a table.
    pub sheet: Option<String>,
    pub fixes: Fixes,
}

/// Reads a file of questions: a table (CSV and its kin), a workbook, a bank file or `OpenTriviaQA`,
/// told by its content.
///
/// `existing` holds the [`folded_prompt`] of every question that the bank has already. The same
/// bytes and arguments always give the same sheet, so that a preview promises what the import does.
///
/// # Errors
/// [`Unreadable`] when nothing of the file can be taken, in words for the person who sent it.
pub fn read(bytes: &[u8], asked: &Asked, existing: &HashSet<String>) -> Result<Sheet, Unreadable> {
    if workbook::is_zip(bytes) {
        let workbook::Opened { table, sheet, sheets } = workbook::open(bytes, asked.sheet.as_deref())?;
        // The XML of a workbook is always UTF-8.
        let empty = Sheet::empty(Format::Xlsx, "utf-8");
        let mut read = Sheet { sheet: Some(sheet), sheets, ..empty };
        read.read_table(&table, asked, existing)?;
        return Ok(read);
    }
    let decoded = decode(bytes)?;
    let text = decoded.text.as_str();
    if trim(text).is_empty() {
        return Err(Unreadable::Empty);
    }
    let mut sheet = Sheet::empty(format_of(text), &decoded.encoding);
    match sheet.format {
        Format::Json => sheet.sort_out(&json::BankFile::open(text)?, asked, existing)?,
        Format::OpenTriviaQa => sheet.sort_out(&opentriviaqa::Blocks::open(text)?, asked, existing)?,
        Format::Csv | Format::Xlsx => sheet.read_table(&Table::open(text)?, asked, existing)?,
    }
    Ok(sheet)
}

/// The questions of a file, one by one, each as the file has it or as it is fixed.
pub(crate) trait Source {
    fn fields(&self) -> Fields;

    /// The row of each question, as in [`Row::number`].
    fn numbers(&self) -> Vec<usize>;

    /// The question at a place in [`Self::numbers`].
    fn read(&self, at: usize) -> Result<Draft, Refused>;

    /// The question at that place if its cells were others.
    fn read_fixed(&self, at: usize, cells: &[String]) -> Result<Draft, Refused>;

    /// Its cells, to be fixed: those of [`Self::fields`], and any that are there besides.
    fn cells(&self, at: usize) -> Vec<String>;
}

/// What a [`RowProblem`] tells of a question.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) reasons: Vec<Reason>,
    pub(crate) text: String,
}

impl Sheet {
    fn empty(format: Format, encoding: &str) -> Self {
        Self {
            format,
            encoding: encoding.to_owned(),
            columns: Vec::new(),
            mapping: None,
            sheet: None,
            sheets: Vec::new(),
            fields: None,
            total: 0,
            rows: Vec::new(),
            fixed: Vec::new(),
            problems: Vec::new(),
        }
    }

    fn read_table(&mut self, table: &Table<'_>, asked: &Asked, existing: &HashSet<String>) -> Result<(), Unreadable> {
        self.mapping = asked.mapping.clone().or_else(|| table.guess());
        self.columns.clone_from(&table.columns);
        let Some(mapping) = &self.mapping else {
            self.total = table.len();
            return Ok(());
        };
        mapping.check(table.columns.len())?;
        let rows = table.mapped(mapping.clone());
        self.sort_out(&rows, asked, existing)
    }

    /// Takes each question that is right and there for the first time, and reports the others.
    fn sort_out(&mut self, source: &impl Source, asked: &Asked, existing: &HashSet<String>) -> Result<(), Unreadable> {
        let numbers = source.numbers();
        self.total = numbers.len();
        self.fields = Some(source.fields());
        // Rows come in their order, whatever the format.
        asked.fixes.check(|row| numbers.binary_search(&row).is_ok())?;
        let mut first_rows: HashMap<String, usize> = HashMap::new();
        for (at, row) in numbers.into_iter().enumerate() {
            let fix = asked.fixes.of(row);
            let result = match fix {
                None | Some(Fix::LeaveOut) => source.read(at),
                Some(Fix::Cells(cells)) => source.read_fixed(at, cells),
            };
            let refused = match result {
                Ok(question) if fix == Some(&Fix::LeaveOut) => Refused::because(Reason::LeftOut, &question),
                Err(Refused { text, .. }) if fix == Some(&Fix::LeaveOut) => {
                    Refused { reasons: vec![Reason::LeftOut], text }
                }
                Err(refused) => refused,
                Ok(question) => match first_rows.entry(folded_prompt(&question.prompt)) {
                    Entry::Occupied(first) => Refused::because(Reason::RepeatsRow { first: *first.get() }, &question),
                    Entry::Vacant(place) if existing.contains(place.key()) => {
                        Refused::because(Reason::InBank, &question)
                    }
                    Entry::Vacant(place) => {
                        place.insert(row);
                        if fix.is_some() {
                            self.fixed.push(self.rows.len());
                        }
                        self.rows.push(Row { number: row, question });
                        continue;
                    }
                },
            };
            let cells = match fix {
                Some(Fix::Cells(cells)) => Some(cells.clone()),
                _ if self.problems.len() < IMPORT_FIXES_MAX => fixable(source.cells(at)),
                _ => None,
            };
            self.problems.push(RowProblem { row, reasons: refused.reasons, text: refused.text, cells });
        }
        Ok(())
    }
}

impl Refused {
    fn because(reason: Reason, question: &Draft) -> Self {
        Self { reasons: vec![reason], text: shown(&question.prompt) }
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
