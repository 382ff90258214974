//! What a host changes about single rows of a file before it is imported: other cells, or leaving
//! a row out.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::limits::{IMPORT_FIX_CHARS_MAX, IMPORT_FIXES_MAX};
use crate::quiz::import::Mapping;

/// Changed rows by number, at most [`IMPORT_FIXES_MAX`]; those that are not named stay as the file
/// has them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fixes(BTreeMap<usize, Fix>);

/// What becomes of one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fix {
    /// It is read as if the file had these cells, [`IMPORT_FIX_CHARS_MAX`] characters together at
    /// most.
    Cells(Vec<String>),
    LeaveOut,
}

/// Which cells a row has that is to be fixed, and what they hold: the table's own, or those that
/// stand for the parts of a question in a file without columns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fields {
    pub columns: Vec<String>,
    pub mapping: Mapping,
}

/// Why fixes were not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FixesFault {
    #[error("The fixes cannot be read: {0}.")]
    Unreadable(String),
    #[error("{given} rows are fixed; at most {IMPORT_FIXES_MAX} can be. Fix the others in the file.")]
    TooMany { given: usize },
    #[error("Row {row} is fixed twice.")]
    Twice { row: usize },
    #[error("The cells of row {row} hold {chars} characters; at most {IMPORT_FIX_CHARS_MAX} can be fixed here.")]
    TooLong { row: usize, chars: usize },
    #[error("The file has no question in row {row}.")]
    NoSuchRow { row: usize },
}

/// One fix as it is sent.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sent {
    row: usize,
    /// None leaves the row out.
    #[serde(default)]
    cells: Option<Vec<String>>,
}

impl Fixes {
    /// Reads a JSON list of `{row, cells}`. Without `cells` the row is left out.
    ///
    /// # Errors
    /// The first fault found.
    pub fn parse(json: &[u8]) -> Result<Self, FixesFault> {
        let sent: Vec<Sent> =
            serde_json::from_slice(json).map_err(|error| FixesFault::Unreadable(error.to_string()))?;
        if sent.len() > IMPORT_FIXES_MAX {
            return Err(FixesFault::TooMany { given: sent.len() });
        }
        let mut fixes = BTreeMap::new();
        for Sent { row, cells } in sent {
            let chars = cells.as_deref().map_or(0, chars_of);
            if chars > IMPORT_FIX_CHARS_MAX {
                return Err(FixesFault::TooLong { row, chars });
            }
            if fixes.insert(row, cells.map_or(Fix::LeaveOut, Fix::Cells)).is_some() {
                return Err(FixesFault::Twice { row });
            }
        }
        Ok(Self(fixes))
    }

    pub(crate) fn of(&self, row: usize) -> Option<&Fix> {
        self.0.get(&row)
    }

    /// Checks that the file has all the rows.
    pub(crate) fn check(&self, has: impl Fn(usize) -> bool) -> Result<(), FixesFault> {
        self.0.keys().find(|&&row| !has(row)).map_or(Ok(()), |&row| Err(FixesFault::NoSuchRow { row }))
    }
}

impl Fields {
    /// The parts of a question, for files without columns.
    pub(crate) fn of_a_question() -> Self {
        let columns = [
            "Question",
            "Right answer",
            "Option A",
            "Option B",
            "Option C",
            "Option D",
            "Option E",
            "Option F",
            "Also accepted",
            "Points",
            "Notes",
        ];
        let mapping = Mapping {
            prompt: 0,
            correct: Some(1),
            options: (2..8).collect(),
            accepted: vec![8],
            points: Some(9),
            notes: Some(10),
            kind: None,
        };
        Self { columns: columns.map(str::to_owned).into(), mapping }
    }
}

/// The cells of a row for someone to fix; none when they are longer than can be fixed here, for
/// nothing is ever cut.
pub(crate) fn fixable(cells: Vec<String>) -> Option<Vec<String>> {
    (chars_of(&cells) <= IMPORT_FIX_CHARS_MAX).then_some(cells)
}

fn chars_of(cells: &[String]) -> usize {
    cells.iter().map(|cell| cell.chars().count()).sum()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parse(json: &serde_json::Value) -> Result<Fixes, FixesFault> {
        Fixes::parse(json.to_string().as_bytes())
    }

    #[test]
    fn fixes_are_read_by_row() {
        let fixes =
            parse(&json!([{"row": 4, "cells": ["Who?", "Me"]}, {"row": 2}, {"row": 3, "cells": null}])).unwrap();
        assert_eq!(fixes.of(4), Some(&Fix::Cells(vec!["Who?".to_owned(), "Me".to_owned()])));
        assert_eq!((fixes.of(2), fixes.of(3), fixes.of(5)), (Some(&Fix::LeaveOut), Some(&Fix::LeaveOut), None));
        assert_eq!(fixes.check(|row| row <= 4), Ok(()));
        assert_eq!(fixes.check(|row| row < 4), Err(FixesFault::NoSuchRow { row: 4 }));
        assert!(parse(&json!([])).is_ok());
    }

    #[test]
    fn fixes_have_limits() {
        let rows = |count: usize| json!((0..count).map(|row| json!({ "row": row })).collect::<Vec<_>>());
        assert!(parse(&rows(IMPORT_FIXES_MAX)).is_ok());
        assert_eq!(parse(&rows(IMPORT_FIXES_MAX + 1)), Err(FixesFault::TooMany { given: IMPORT_FIXES_MAX + 1 }));
        let cells = |chars: usize| json!([{"row": 1, "cells": ["é".repeat(chars - 1), "é"]}]);
        assert!(parse(&cells(IMPORT_FIX_CHARS_MAX)).is_ok());
        let chars = IMPORT_FIX_CHARS_MAX + 1;
        assert_eq!(parse(&cells(chars)), Err(FixesFault::TooLong { row: 1, chars }));
        assert_eq!(fixable(vec!["é".repeat(IMPORT_FIX_CHARS_MAX)]).map(|cells| cells.len()), Some(1));
        assert_eq!(fixable(vec!["é".repeat(chars)]), None);
    }

    #[test]
    fn fixes_that_are_none_are_told_in_words() {
        assert_eq!(parse(&json!([{"row": 1}, {"row": 1, "cells": []}])), Err(FixesFault::Twice { row: 1 }));
        for none in [json!({}), json!([{}]), json!([{"row": -1}]), json!([{"row": 1, "cell": "x"}])] {
            assert!(matches!(parse(&none), Err(FixesFault::Unreadable(_))), "{none}");
        }
        assert!(matches!(Fixes::parse(b"["), Err(FixesFault::Unreadable(_))));
    }

    #[test]
    fn the_parts_of_a_question_are_what_their_names_say() {
        let Fields { columns, mapping } = Fields::of_a_question();
        assert_eq!(crate::quiz::import::mapping::guess(&columns, &[]), Some(mapping));
    }
}
