//! Rows of a table as questions.

use crate::limits::{IMPORT_COLUMNS_MAX, IMPORT_ROWS_MAX};
use crate::quiz::import::correct::{Style, resolve};
use crate::quiz::import::csv::{Record, Records, sniff};
use crate::quiz::import::mapping::{Mapping, guess};
use crate::quiz::import::preview::{Refused, Source, shown};
use crate::quiz::import::{Fields, Reason, Unreadable, mojibake};
use crate::quiz::question::{ChoiceInput, Draft, Kind, QuestionInput};
use crate::quiz::text::{folded, is_blank, tidy, trim};

/// How many rows a guess of the mapping looks at.
const SAMPLE_ROWS: usize = 20;

/// A table with its heading, made up where the file has none.
pub(crate) struct Table<'a> {
    pub(crate) columns: Vec<String>,
    rows: Vec<Record<'a>>,
    divider: u8,
}

impl<'a> Table<'a> {
    pub(crate) fn open(text: &'a str) -> Result<Self, Unreadable> {
        let (divider, text) = sniff(text).ok_or(Unreadable::NotATable)?;
        let mut records = Records::new(text, divider);
        let rows = records.by_ref().take(IMPORT_ROWS_MAX + 1).collect();
        Self::of(rows, records.count(), divider)
    }

    /// The table of rows that are not blank, one more than may be read at most, with the number of
    /// those that follow.
    pub(crate) fn of(mut rows: Vec<Record<'a>>, more: usize, divider: u8) -> Result<Self, Unreadable> {
        let Some(first) = rows.first() else {
            return Err(Unreadable::NoQuestions);
        };
        let width = first.width;
        if width > IMPORT_COLUMNS_MAX {
            return Err(Unreadable::TooManyColumns { columns: width });
        }
        let has_heading = !is_data(&rows);
        let count = rows.len() + more - usize::from(has_heading);
        if count > IMPORT_ROWS_MAX {
            return Err(Unreadable::TooManyRows { rows: count });
        }
        let columns = if has_heading { heading(&rows.remove(0)) } else { (0..width).map(column_name).collect() };
        if rows.is_empty() {
            return Err(Unreadable::NoQuestions);
        }
        Ok(Self { columns, rows, divider })
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(crate) fn guess(&self) -> Option<Mapping> {
        let headings: Vec<&str> = self.columns.iter().map(String::as_str).collect();
        guess(&headings, &sample(&self.rows)).filter(|mapping| mapping.check(self.columns.len()).is_ok())
    }

    /// The rows as questions. The mapping must have been checked.
    pub(crate) fn mapped(&self, mapping: Mapping) -> Mapped<'_, 'a> {
        let mut style = Style::default();
        if let Some(correct) = mapping.correct {
            for row in &self.rows {
                style.note(row.cell(correct), &options(row, &mapping));
            }
        }
        Mapped { table: self, mapping, style }
    }
}

/// A table whose columns are known.
pub(crate) struct Mapped<'t, 'a> {
    table: &'t Table<'a>,
    mapping: Mapping,
    style: Style,
}

impl Source for Mapped<'_, '_> {
    fn fields(&self) -> Fields {
        Fields { columns: self.table.columns.clone(), mapping: self.mapping.clone() }
    }

    fn numbers(&self) -> Vec<usize> {
        self.table.rows.iter().map(|row| row.number).collect()
    }

    fn read(&self, at: usize) -> Result<Draft, Refused> {
        self.read_row(&self.table.rows[at])
    }

    fn read_fixed(&self, at: usize, cells: &[String]) -> Result<Draft, Refused> {
        self.read_row(&Record::typed(self.table.rows[at].number, cells))
    }

    fn cells(&self, at: usize) -> Vec<String> {
        let row = &self.table.rows[at];
        if row.fault.is_some() {
            return row.cells.iter().flat_map(|line| torn(line, self.table.divider)).collect();
        }
        row.cells.iter().map(ToString::to_string).collect()
    }
}

impl Mapped<'_, '_> {
    fn read_row(&self, row: &Record<'_>) -> Result<Draft, Refused> {
        let columns = self.table.columns.len();
        let result = match &row.fault {
            Some(fault) => Err(vec![fault.clone()]),
            None if row.width > columns => Err(vec![Reason::TooManyCells { columns }]),
            None => read_question(row, &self.mapping, self.style),
        };
        result.map_err(|reasons| {
            let prompt = if row.fault.is_some() { row.cell(0) } else { row.cell(self.mapping.prompt) };
            let text = if is_blank(prompt) { shown(&row.cells.join(" · ")) } else { shown(prompt) };
            Refused { reasons, text }
        })
    }
}

/// The cells of a line whose quotation marks are not in order, as good as they can be told.
fn torn(line: &str, divider: u8) -> Vec<String> {
    let cell = |cell: &str| {
        let is_odd = cell.matches('"').count() % 2 == 1;
        let bare = cell.strip_prefix('"').or_else(|| cell.strip_suffix('"')).filter(|_| is_odd);
        bare.unwrap_or(cell).replace("\"\"", "\"")
    };
    line.split(char::from(divider)).map(cell).collect()
}

fn heading(record: &Record<'_>) -> Vec<String> {
    (0..record.width.max(1))
        .map(|at| if is_blank(record.cell(at)) { column_name(at) } else { shown(record.cell(at)) })
        .collect()
}

/// "Column C", as spreadsheets letter them.
fn column_name(at: usize) -> String {
    let mut letters = Vec::new();
    let mut rest = at + 1;
    while rest > 0 {
        letters.push(char::from(b'A' + u8::try_from((rest - 1) % 26).unwrap_or_default()));
        rest = (rest - 1) / 26;
    }
    format!("Column {}", letters.iter().rev().collect::<String>())
}

fn sample<'r>(rows: &'r [Record<'_>]) -> Vec<Vec<&'r str>> {
    rows.iter().take(SAMPLE_ROWS).map(|row| row.cells.iter().map(AsRef::as_ref).collect()).collect()
}

/// Whether the first record is a question already and not a heading: no mapping can be read from
/// its words, and it asks in a sentence or its correct answer is one of its options.
fn is_data(rows: &[Record<'_>]) -> bool {
    let sample = sample(rows);
    let Some(first) = sample.first() else {
        return false;
    };
    if guess(first, &[]).is_some() {
        return false;
    }
    let asks = |cell: &&str| trim(cell).ends_with('?') && trim(cell).split_whitespace().count() >= 3;
    let answers_itself = guess(&[], &sample).is_some_and(|mapping| {
        let Some(correct) = mapping.correct.and_then(|at| first.get(at)) else {
            return false;
        };
        let mut options = mapping.options.iter().filter_map(|&at| first.get(at));
        options.any(|option| folded(option) == folded(correct))
    });
    first.iter().any(asks) || answers_itself
}

fn options<'r>(row: &'r Record<'_>, mapping: &Mapping) -> Vec<&'r str> {
    mapping.options.iter().map(|&at| row.cell(at)).collect()
}

/// The question of a row by the rules of tables.
pub(crate) fn read_question(row: &Record<'_>, mapping: &Mapping, style: Style) -> Result<Draft, Vec<Reason>> {
    let mut reasons = find_garbled(row, mapping);
    let kind = read_kind(row, mapping, &mut reasons);
    let mut input = QuestionInput {
        kind: Some(kind.as_str().to_owned()),
        prompt: row.cell(mapping.prompt).to_owned(),
        points: read_points(row, mapping, &mut reasons),
        notes: mapping.notes.map(|at| row.cell(at).to_owned()),
        ..QuestionInput::default()
    };
    match kind {
        Kind::Text => {
            let accepted = split_accepted(row, mapping);
            if accepted.is_empty() {
                reasons.push(Reason::NoCorrect);
            } else {
                input.accepted_answers = Some(accepted);
            }
        }
        Kind::MultipleChoice => {
            input.choices = Some(read_choices(row, mapping, style, &mut reasons));
        }
    }
    let lacks_answers = kind == Kind::Text && input.accepted_answers.is_none();
    match input.check() {
        Ok(draft) if reasons.is_empty() => Ok(draft),
        Ok(_) => Err(reasons),
        Err(problems) => {
            // "The correct answer is missing" has said so already.
            let told = |field: &str| lacks_answers && field == "accepted_answers";
            let problems = problems.into_iter().filter(|problem| !told(&problem.field));
            reasons.extend(problems.map(Reason::Content));
            Err(reasons)
        }
    }
}

/// At most one place is shown; the person will look at the whole row.
fn find_garbled(row: &Record<'_>, mapping: &Mapping) -> Vec<Reason> {
    let single = [Some(mapping.prompt), mapping.correct, mapping.notes];
    let columns =
        single.into_iter().flatten().chain(mapping.options.iter().copied()).chain(mapping.accepted.iter().copied());
    let found = columns.map(|at| row.cell(at)).find_map(mojibake::find);
    found.map(|excerpt| Reason::Mojibake { excerpt: shown(&excerpt) }).into_iter().collect()
}

fn read_kind(row: &Record<'_>, mapping: &Mapping, reasons: &mut Vec<Reason>) -> Kind {
    let has_options = mapping.options.iter().any(|&at| !is_blank(row.cell(at)) && mapping.correct != Some(at));
    let looks = if has_options { Kind::MultipleChoice } else { Kind::Text };
    let Some(given) = mapping.kind.map(|at| row.cell(at)).filter(|given| !is_blank(given)) else {
        return looks;
    };
    let said = match folded(given).replace(['_', '-', '/'], " ").as_str() {
        "text" | "open" | "free text" | "short answer" | "typed" | "written" => Kind::Text,
        "multiple choice" | "multiplechoice" | "mc" | "mcq" | "choice" | "options" | "true false" => {
            Kind::MultipleChoice
        }
        _ => {
            reasons.push(Reason::UnknownKind { given: shown(given) });
            return looks;
        }
    };
    match (said, looks) {
        (Kind::Text, Kind::MultipleChoice) => reasons.push(Reason::OptionsInText),
        (Kind::MultipleChoice, Kind::Text) => reasons.push(Reason::NoOptions),
        (Kind::Text, Kind::Text) | (Kind::MultipleChoice, Kind::MultipleChoice) => {}
    }
    looks
}

fn read_points(row: &Record<'_>, mapping: &Mapping, reasons: &mut Vec<Reason>) -> Option<i64> {
    let given = trim(row.cell(mapping.points?));
    if given.is_empty() {
        return None;
    }
    let points = given.parse().ok();
    if points.is_none() {
        reasons.push(Reason::BadPoints { given: shown(given) });
    }
    points
}

/// Accepted answers stand in several columns, and several in a cell, divided by `;` or `|`.
fn split_accepted(row: &Record<'_>, mapping: &Mapping) -> Vec<String> {
    let cells = mapping.correct.into_iter().chain(mapping.accepted.iter().copied()).map(|at| row.cell(at));
    cells.flat_map(|cell| cell.split([';', '|'])).filter(|part| !is_blank(part)).map(str::to_owned).collect()
}

/// The options that are not blank. If the correct one cannot be told, that is noted and the first
/// stands in for it, so that the check can still name what else is wrong.
fn read_choices(row: &Record<'_>, mapping: &Mapping, style: Style, reasons: &mut Vec<Reason>) -> Vec<ChoiceInput> {
    let options = options(row, mapping);
    let first = options.iter().position(|option| !is_blank(option)).unwrap_or_default();
    let own_column = mapping.options.iter().position(|&at| mapping.correct == Some(at));
    let given = mapping.correct.map(|at| row.cell(at)).unwrap_or_default();
    let correct = match own_column {
        _ if is_blank(given) => Err(Reason::NoCorrect),
        Some(own) => Ok(own),
        None => resolve(given, &options, style),
    };
    let correct = correct.unwrap_or_else(|reason| {
        reasons.push(reason);
        first
    });
    if mapping.accepted.iter().any(|&at| !is_blank(row.cell(at))) {
        reasons.push(Reason::AcceptedBesideOptions);
    }
    let mut choices: Vec<ChoiceInput> = options
        .iter()
        .enumerate()
        .filter(|(_, option)| !is_blank(option))
        .map(|(at, option)| ChoiceInput { text: tidy(option).into_owned(), correct: at == correct })
        .collect();
    if own_column.is_some() {
        // A column of its own would put the correct answer in the same place in every question.
        choices.sort_by_cached_key(|choice| folded(&choice.text));
    }
    choices
}

#[cfg(test)]
mod tests;
