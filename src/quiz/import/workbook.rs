//! Sheets of a workbook (XLSX, ECMA-376) as rows of text, each cell as a spreadsheet shows it.
//!
//! A workbook is a ZIP file of XML, and so may be far larger than it looks. What it unpacks to is
//! measured before any of it is read, and so is what makes the reader ask for memory on the file's
//! word alone.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{Cursor, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};

use calamine::{DataRef, ExcelDateTime, Reader, SheetType, SheetVisible, Xlsx, XlsxError};
use zip::ZipArchive;
use zip::result::ZipError;

use crate::limits::{
    IMPORT_COLUMNS_MAX, IMPORT_EXPANDED_BYTES_MAX, IMPORT_ROWS_MAX, IMPORT_SHEETS_MAX, IMPORT_STYLES_BYTES_MAX,
};
use crate::quiz::import::Unreadable;
use crate::quiz::import::csv::Record;
use crate::quiz::import::table::Table;
use crate::quiz::text::is_blank;

/// How many sheets are looked at for the first that holds a table.
const SHEETS_TRIED: usize = 8;

/// A table from a workbook, and where it stands.
pub(crate) struct Opened {
    pub(crate) table: Table<'static>,
    pub(crate) sheet: String,
    /// All sheets that can be asked for.
    pub(crate) sheets: Vec<String>,
}

/// What the bytes are, by how they begin.
pub(crate) fn is_zip(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04")
}

/// Opens a sheet by its name, or else the first that holds a table.
pub(crate) fn open(bytes: &[u8], wanted: Option<&str>) -> Result<Opened, Unreadable> {
    // The reader takes some numbers of a file on trust, and stumbles over those that cannot be.
    let opened = catch_unwind(AssertUnwindSafe(|| open_sheet(bytes, wanted)));
    opened.unwrap_or(Err(Unreadable::BrokenWorkbook))
}

fn open_sheet(bytes: &[u8], wanted: Option<&str>) -> Result<Opened, Unreadable> {
    measure(bytes, IMPORT_EXPANDED_BYTES_MAX)?;
    let mut workbook = Xlsx::new(Cursor::new(bytes)).map_err(|error| refuse(&error))?;
    let sheets = sheet_names(&workbook);
    let open = |workbook: &mut Xlsx<_>, sheet: &str| {
        let (rows, more) = rows(workbook, sheet)?;
        let table = Table::of(rows, more, b',')?;
        Ok(Opened { table, sheet: sheet.to_owned(), sheets: sheets.clone() })
    };
    if let Some(wanted) = wanted {
        if !sheets.iter().any(|sheet| sheet == wanted) {
            return Err(Unreadable::NoSuchSheet);
        }
        return open(&mut workbook, wanted);
    }
    let mut first = Err(Unreadable::NoQuestions);
    for (index, sheet) in sheets.iter().take(SHEETS_TRIED).enumerate() {
        let opened = open(&mut workbook, sheet);
        if opened.is_ok() {
            return opened;
        }
        if index == 0 {
            first = opened;
        }
    }
    first
}

/// The sheets with cells, without those that are hidden unless all are.
fn sheet_names<R: Read + std::io::Seek>(workbook: &Xlsx<R>) -> Vec<String> {
    let sheets = || workbook.sheets_metadata().iter().filter(|sheet| sheet.typ == SheetType::WorkSheet);
    let shown = sheets().filter(|sheet| sheet.visible == SheetVisible::Visible);
    let names: Vec<String> = shown.take(IMPORT_SHEETS_MAX).map(|sheet| sheet.name.clone()).collect();
    if names.is_empty() { sheets().take(IMPORT_SHEETS_MAX).map(|sheet| sheet.name.clone()).collect() } else { names }
}

/// The rows of a sheet that are not blank, one more than may be read at most, and how many follow.
fn rows<R: Read + std::io::Seek>(
    workbook: &mut Xlsx<R>,
    sheet: &str,
) -> Result<(Vec<Record<'static>>, usize), Unreadable> {
    let mut cells = workbook.worksheet_cells_reader(sheet).map_err(|error| refuse(&error))?;
    // Cells may come in any order; a row that comes again is one row.
    let mut rows: BTreeMap<u32, Vec<(usize, String)>> = BTreeMap::new();
    let (mut more, mut last, mut bytes) = (0, None, 0);
    while let Some((cell, style)) = cells.next_cell_with_style_id().map_err(|error| refuse(&error))? {
        let is_percent = || {
            let format = cells.styles().get(style).and_then(|style| style.number_format.as_ref());
            format.is_some_and(|format| format.format_code.contains('%'))
        };
        let text = text_of(cell.get_value(), is_percent);
        if is_blank(&text) {
            continue;
        }
        let (row, column) = cell.get_position();
        if !rows.contains_key(&row) && rows.len() > IMPORT_ROWS_MAX {
            more += usize::from(last != Some(row));
            last = Some(row);
            continue;
        }
        bytes += text.len();
        if bytes > IMPORT_EXPANDED_BYTES_MAX {
            return Err(Unreadable::TooLargeUnpacked);
        }
        let column = usize::try_from(column).unwrap_or(usize::MAX);
        rows.entry(row).or_default().push((column, text.into_owned()));
    }
    let record = |(row, mut cells): (u32, Vec<(usize, String)>)| {
        cells.sort_by_key(|&(column, _)| column);
        let width = cells.last().map_or(0, |&(column, _)| column + 1);
        let mut texts = vec![Cow::Borrowed(""); width.min(IMPORT_COLUMNS_MAX)];
        for (column, text) in cells {
            if let Some(place) = texts.get_mut(column) {
                *place = Cow::Owned(text);
            }
        }
        Record { number: usize::try_from(row).map_or(usize::MAX, |row| row + 1), cells: texts, width, fault: None }
    };
    Ok((rows.into_iter().map(record).collect(), more))
}

/// A cell as its reader sees it: no ".0" behind a whole number, dates as ISO 8601 has them.
fn text_of<'c>(value: &'c DataRef<'_>, is_percent: impl FnOnce() -> bool) -> Cow<'c, str> {
    match value {
        DataRef::Empty => Cow::Borrowed(""),
        DataRef::SharedString(text) => Cow::Borrowed(text),
        DataRef::String(text) | DataRef::DurationIso(text) => Cow::Borrowed(text),
        DataRef::Int(number) => Cow::Owned(number.to_string()),
        DataRef::Float(number) if is_percent() => Cow::Owned(format!("{}%", number_text(number * 100.0))),
        DataRef::Float(number) => Cow::Owned(number_text(*number)),
        DataRef::Bool(true) => Cow::Borrowed("TRUE"),
        DataRef::Bool(false) => Cow::Borrowed("FALSE"),
        DataRef::DateTime(at) => Cow::Owned(time_text(at)),
        DataRef::DateTimeIso(text) => Cow::Borrowed(text.strip_suffix("T00:00:00").unwrap_or(text)),
        DataRef::Error(error) => Cow::Owned(error.to_string()),
    }
}

/// Spreadsheets count with 15 digits, so that a tenth and two tenths are three.
fn number_text(number: f64) -> String {
    let rounded = format!("{number:.14e}").parse().unwrap_or(number);
    // There is no minus zero.
    (rounded + 0.0_f64).to_string()
}

/// A day, a time of day, both, or for a duration its hours.
fn time_text(at: &ExcelDateTime) -> String {
    let (year, month, day, hour, minute, second, _) = at.to_ymd_hms_milli();
    let clock = if second == 0 { format!("{minute:02}") } else { format!("{minute:02}:{second:02}") };
    let days = at.as_f64().trunc();
    if at.is_duration() {
        return format!("{}:{clock}", number_text(days * 24.0 + f64::from(hour)));
    }
    if days == 0.0 {
        return format!("{hour:02}:{clock}");
    }
    let date = format!("{year:04}-{month:02}-{day:02}");
    if (hour, minute, second) == (0, 0, 0) { date } else { format!("{date} {hour:02}:{clock}") }
}

/// Unpacks everything once, to nowhere, so that what comes after cannot grow past the limit.
fn measure(bytes: &[u8], most: usize) -> Result<(), Unreadable> {
    refuse_wide_directory(bytes)?;
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| Unreadable::BrokenWorkbook)?;
    let mut is_workbook = false;
    let mut total = 0;
    for index in 0..archive.len() {
        let part = archive.by_index(index).map_err(|error| match error {
            ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) => Unreadable::Protected,
            _ => Unreadable::BrokenWorkbook,
        })?;
        let name = part.name().map_err(|_| Unreadable::BrokenWorkbook)?.to_ascii_lowercase();
        is_workbook |= name.ends_with("workbook.xml");
        if name == "mimetype" || name.ends_with("workbook.bin") {
            return Err(Unreadable::OtherWorkbook);
        }
        let mut content = Vec::new();
        let room = most.saturating_sub(total);
        // A part may be larger than it says.
        let read = part.take(u64::try_from(room).unwrap_or(u64::MAX).saturating_add(1)).read_to_end(&mut content);
        read.map_err(|_| Unreadable::BrokenWorkbook)?;
        total += content.len();
        if total > most || (name.ends_with("styles.xml") && content.len() > IMPORT_STYLES_BYTES_MAX) {
            return Err(Unreadable::TooLargeUnpacked);
        }
        if name.ends_with("sharedstrings.xml") {
            check_counts(&content)?;
        }
    }
    is_workbook.then_some(()).ok_or(Unreadable::OtherWorkbook)
}

/// The 64-bit directory of a ZIP file says how many parts it has, and the reader makes room for as
/// many. No workbook has as many as need one.
fn refuse_wide_directory(bytes: &[u8]) -> Result<(), Unreadable> {
    const SIGNATURE: &[u8] = b"PK\x06\x06";
    const COUNTS: std::ops::Range<usize> = 24..40;
    let mut at = 0;
    while let Some(found) = find(&bytes[at..], SIGNATURE) {
        at += found;
        let is_wide = |count: &[u8]| count.iter().skip(2).any(|&byte| byte != 0);
        if bytes[at..].get(COUNTS).is_some_and(|counts| counts.chunks(8).any(is_wide)) {
            return Err(Unreadable::BrokenWorkbook);
        }
        at += SIGNATURE.len();
    }
    Ok(())
}

/// The table of strings says how many it has, and the reader makes room for as many: they cannot be
/// more than the table has bytes. Characters that XML does not have could hide the number.
fn check_counts(strings: &[u8]) -> Result<(), Unreadable> {
    const COUNT: &[u8] = b"uniqueCount";
    if strings.iter().any(|&byte| byte < b' ' && !b"\t\r\n".contains(&byte)) {
        return Err(Unreadable::BrokenWorkbook);
    }
    let mut rest = strings;
    while let Some(found) = find(rest, COUNT) {
        rest = &rest[found + COUNT.len()..];
        let digits = rest.trim_ascii_start().strip_prefix(b"=").unwrap_or_default().trim_ascii_start();
        let digits = digits.get(1..).unwrap_or_default();
        let len = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let count = std::str::from_utf8(&digits[..len]).ok().filter(|_| len > 0);
        if count.is_some_and(|count| count.parse::<usize>().map_or(true, |count| count > strings.len())) {
            return Err(Unreadable::BrokenWorkbook);
        }
    }
    Ok(())
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    let first = *wanted.first()?;
    let mut from = 0;
    while let Some(at) = bytes.get(from..)?.iter().position(|&byte| byte == first) {
        if bytes[from + at..].starts_with(wanted) {
            return Some(from + at);
        }
        from += at + 1;
    }
    None
}

fn refuse(error: &XlsxError) -> Unreadable {
    match error {
        XlsxError::Password => Unreadable::Protected,
        _ => Unreadable::BrokenWorkbook,
    }
}

#[cfg(test)]
mod tests;
