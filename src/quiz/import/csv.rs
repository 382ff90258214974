//! Records of delimited text (RFC 4180, with the liberties that spreadsheets take), numbered as a
//! spreadsheet shows them.
//!
//! Our own reader rather than the `csv` crate's: that one skips blank lines, so that its row
//! numbers differ from the sheet's, and lets a quotation mark that never closes swallow the rest of
//! the file as one cell. Here such a row is reported and reading resumes on the next line.

use std::borrow::Cow;

use crate::limits::IMPORT_COLUMNS_MAX;
use crate::quiz::import::Reason;
use crate::quiz::text::is_blank;

/// How many records the divider is told from.
const SNIFFED_RECORDS: usize = 50;
const DIVIDERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// One record that is not blank.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Record<'a> {
    /// Its row in the sheet, from 1; blank rows count.
    pub(crate) number: usize,
    /// The first [`IMPORT_COLUMNS_MAX`] cells.
    pub(crate) cells: Vec<Cow<'a, str>>,
    /// How many cells there are up to the last that is not blank.
    pub(crate) width: usize,
    /// Why its cells cannot be trusted.
    pub(crate) fault: Option<Reason>,
}

impl<'a> Record<'a> {
    /// A row of cells that somebody typed.
    pub(crate) fn typed(number: usize, cells: &'a [String]) -> Self {
        let width = cells.iter().rposition(|cell| !is_blank(cell)).map_or(0, |last| last + 1);
        let cells = cells.iter().take(IMPORT_COLUMNS_MAX).map(|cell| Cow::Borrowed(cell.as_str())).collect();
        Self { number, cells, width, fault: None }
    }

    /// A cell's text; one that is not there is blank.
    pub(crate) fn cell(&self, column: usize) -> &str {
        self.cells.get(column).map_or("", AsRef::as_ref)
    }
}

/// The divider of the text, and the text without Excel's `sep=` line; none if nothing divides the
/// lines.
pub(crate) fn sniff(text: &str) -> Option<(u8, &str)> {
    if let Some((divider, rest)) = declared(text) {
        return Some((divider, rest));
    }
    let mut best = None;
    for divider in DIVIDERS {
        let widths: Vec<usize> = Records::new(text, divider).take(SNIFFED_RECORDS).map(|record| record.width).collect();
        let Some(&first) = widths.first().filter(|&&width| width >= 2) else {
            continue;
        };
        let alike = widths.iter().filter(|&&width| width == first).count();
        if best.is_none_or(|(seen, wide, _)| (alike, first) > (seen, wide)) {
            best = Some((alike, first, divider));
        }
    }
    best.map(|(_, _, divider)| (divider, text))
}

/// Excel's own way to name the divider: a first line such as `sep=;`, which it does not show.
fn declared(text: &str) -> Option<(u8, &str)> {
    let rest = text.strip_prefix("sep=").or_else(|| text.strip_prefix("SEP="))?;
    let divider = *rest.as_bytes().first()?;
    let rest = rest.get(1..)?;
    let rest = rest.strip_prefix("\r\n").or_else(|| rest.strip_prefix('\n')).or_else(|| rest.strip_prefix('\r'))?;
    DIVIDERS.contains(&divider).then_some((divider, rest))
}

/// Reads records in one pass over the text; lines may end in `\n`, `\r\n` or `\r`, mixed.
pub(crate) struct Records<'a> {
    text: &'a str,
    divider: u8,
    at: usize,
    number: usize,
}

impl<'a> Records<'a> {
    pub(crate) fn new(text: &'a str, divider: u8) -> Self {
        Self { text, divider, at: 0, number: 0 }
    }

    /// Reads the record at `at`, blank or not, and moves behind it.
    fn read(&mut self) -> Record<'a> {
        let start = self.at;
        self.number += 1;
        let mut record = Record { number: self.number, cells: Vec::new(), width: 0, fault: None };
        let mut count = 0;
        loop {
            let cell = match self.read_cell() {
                Ok(cell) => cell,
                Err(reason) => return self.give_up(start, record, reason),
            };
            count += 1;
            if !is_blank(&cell) {
                record.width = count;
            }
            if count <= IMPORT_COLUMNS_MAX {
                record.cells.push(cell);
            }
            match self.byte(0) {
                Some(byte) if byte == self.divider => self.at += 1,
                _ => break,
            }
        }
        self.skip_line_end();
        record
    }

    /// A record that cannot be read ends with its first line: what follows is read for itself.
    fn give_up(&mut self, start: usize, mut record: Record<'a>, reason: Reason) -> Record<'a> {
        let rest = &self.text[start..];
        let line = &rest[..rest.find(['\r', '\n']).unwrap_or(rest.len())];
        record.cells = vec![Cow::Borrowed(line)];
        record.width = 1;
        record.fault = Some(reason);
        self.at = start + line.len();
        self.skip_line_end();
        record
    }

    fn read_cell(&mut self) -> Result<Cow<'a, str>, Reason> {
        let spaces = self.text.as_bytes()[self.at..].iter().take_while(|&&byte| byte == b' ').count();
        if self.byte(spaces) == Some(b'"') {
            self.at += spaces + 1;
            return self.read_quoted();
        }
        let rest = &self.text.as_bytes()[self.at..];
        let divider = self.divider;
        let ends = |&byte: &u8| byte == divider || byte == b'\n' || byte == b'\r';
        let len = rest.iter().position(ends).unwrap_or(rest.len());
        let cell = &self.text[self.at..self.at + len];
        self.at += len;
        Ok(Cow::Borrowed(cell))
    }

    /// Reads from behind the opening quotation mark; doubled marks stand for one.
    fn read_quoted(&mut self) -> Result<Cow<'a, str>, Reason> {
        let mut cell = Cow::Borrowed("");
        loop {
            let rest = &self.text[self.at..];
            let len = rest.find('"').ok_or(Reason::QuoteNeverCloses)?;
            self.at += len + 1;
            let is_doubled = self.byte(0) == Some(b'"');
            let part = &rest[..len + usize::from(is_doubled)];
            if cell.is_empty() {
                cell = Cow::Borrowed(part);
            } else {
                cell.to_mut().push_str(part);
            }
            if is_doubled {
                self.at += 1;
                continue;
            }
            while self.byte(0) == Some(b' ') {
                self.at += 1;
            }
            return match self.byte(0) {
                None | Some(b'\n' | b'\r') => Ok(cell),
                Some(byte) if byte == self.divider => Ok(cell),
                Some(_) => Err(Reason::TextAfterQuote),
            };
        }
    }

    fn byte(&self, ahead: usize) -> Option<u8> {
        self.text.as_bytes().get(self.at + ahead).copied()
    }

    fn skip_line_end(&mut self) {
        if self.byte(0) == Some(b'\r') {
            self.at += 1;
        }
        let after_return = self.at > 0 && self.text.as_bytes()[self.at - 1] == b'\r';
        if self.byte(0) == Some(b'\n') && (after_return || self.at < self.text.len()) {
            self.at += 1;
        }
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Record<'a>;

    fn next(&mut self) -> Option<Record<'a>> {
        while self.at < self.text.len() {
            let record = self.read();
            if record.width > 0 {
                return Some(record);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Vec<(usize, Vec<String>)> {
        Records::new(text, b',')
            .map(|record| (record.number, record.cells.iter().map(ToString::to_string).collect()))
            .collect()
    }

    fn row(number: usize, cells: &[&str]) -> (usize, Vec<String>) {
        (number, cells.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn quotation_marks_keep_dividers_lines_and_themselves() {
        let text = "a,\"b, c\",\"say \"\"hi\"\"\"\n\"one\ntwo\",\"\",x\n\"\"\"quoted\"\"\",5\" disk,\n";
        assert_eq!(
            rows(text),
            [
                row(1, &["a", "b, c", "say \"hi\""]),
                row(2, &["one\ntwo", "", "x"]),
                row(3, &["\"quoted\"", "5\" disk", ""]),
            ]
        );
    }

    #[test]
    fn rows_are_numbered_as_the_sheet_shows_them() {
        let text = "h,i\r\n\r\na,b\n,\n\"x\ny\",c\rd,e";
        assert_eq!(rows(text), [row(1, &["h", "i"]), row(3, &["a", "b"]), row(5, &["x\ny", "c"]), row(6, &["d", "e"])]);
    }

    #[test]
    fn a_quotation_mark_that_never_closes_costs_one_row() {
        let faults: Vec<_> =
            Records::new("a,b\n\"c,d\ne,f\ng,h", b',').map(|record| (record.number, record.fault)).collect();
        assert_eq!(faults, [(1, None), (2, Some(Reason::QuoteNeverCloses)), (3, None), (4, None)]);
        let records: Vec<_> = Records::new("\"a,b\n\"c\",d\ne,f", b',').collect();
        assert_eq!(records[0].fault, Some(Reason::TextAfterQuote));
        assert_eq!((records[1].number, records[1].cell(0), &records[1].fault), (2, "c", &None));
        assert_eq!(records[2].number, 3);
    }

    #[test]
    fn text_after_a_closed_quotation_mark_is_reported() {
        let records: Vec<_> = Records::new("\"He\" said,x\n\"a\" ,b\n  \"c, d\",e", b',').collect();
        assert_eq!(records[0].fault, Some(Reason::TextAfterQuote));
        assert_eq!(records[0].cell(0), "\"He\" said,x");
        assert_eq!((records[1].cell(0), records[1].cell(1)), ("a", "b"));
        assert_eq!((records[2].cell(0), records[2].cell(1)), ("c, d", "e"));
    }

    #[test]
    fn cells_past_the_limit_are_counted_not_kept() {
        let text = format!("{}x", ",".repeat(1_000_000));
        let record = Records::new(&text, b',').next().unwrap();
        assert_eq!((record.cells.len(), record.width), (IMPORT_COLUMNS_MAX, 1_000_001));
    }

    #[test]
    fn the_divider_is_told_from_the_lines() {
        assert_eq!(sniff("Question;Answer\nOne, two, three;four\n").unwrap().0, b';');
        assert_eq!(sniff("Question\tAnswer\nOne, two\tthree\n").unwrap().0, b'\t');
        assert_eq!(sniff("Question|Answer\nOne; two|three\n").unwrap().0, b'|');
        assert_eq!(sniff("Question,Accepted\n\"What?\",a;b;c\n").unwrap().0, b',');
        assert_eq!(sniff("Who, what?;a\nWhere, when, why?;b\nHow?;c\n").unwrap().0, b';', "no heading");
        assert_eq!(sniff("sep=|\r\na;b|c\n"), Some((b'|', "a;b|c\n")));
        assert_eq!(sniff("just words\nand more\n"), None);
        assert_eq!(sniff(""), None);
    }
}
