//! Files that nobody made to be read.

use std::collections::HashSet;

use proptest::prelude::*;

use crate::limits::{IMPORT_COLUMNS_MAX, IMPORT_ROWS_MAX};
use crate::quiz::export::FileError;
use crate::quiz::import::{Asked, Format, Mapping, Sheet, Unreadable, read};

fn sheet(bytes: impl AsRef<[u8]>) -> Result<Sheet, Unreadable> {
    read(bytes.as_ref(), &Asked::default(), &HashSet::new())
}

fn mapped(mapping: &Mapping) -> Asked {
    Asked { mapping: Some(mapping.clone()), ..Asked::default() }
}

fn refused(bytes: impl AsRef<[u8]>) -> Unreadable {
    sheet(bytes).unwrap_err()
}

#[test]
fn nothing_in_it() {
    for bytes in ["", " \n\n\t", "\u{FEFF}", "\u{FEFF}\r\n"] {
        assert_eq!(refused(bytes), Unreadable::Empty, "{bytes:?}");
    }
    assert_eq!(refused("Question,Answer\n"), Unreadable::NoQuestions);
    assert_eq!(refused("Question,Answer\n,\n\n,,\n"), Unreadable::NoQuestions);
    assert_eq!(refused(r#"{"format":"quibble.bank","version":1,"name":"n","questions":[]}"#), Unreadable::NoQuestions);
    assert_eq!(refused("Question\nWhat is one?\n"), Unreadable::NotATable);
}

#[test]
fn zero_bytes() {
    assert_eq!(refused(b"Question,Answer\nWho\0?,me\n"), Unreadable::NotText);
    assert_eq!(refused([0; 1_000]), Unreadable::NotText);
}

#[test]
fn control_characters_are_reported_by_row() {
    let sheet = sheet("Question,Answer\nWho?,me\u{1B}[31m\nWhy?,so\nHow\u{9D}?,thus\n").unwrap();
    assert_eq!(sheet.rows.len(), 1);
    assert_eq!(sheet.problems.iter().map(|problem| problem.row).collect::<Vec<_>>(), [2, 4]);
    assert_eq!(sheet.problems[1].text, "How[?]?");
}

#[test]
fn columns_at_the_limit_and_far_past_it() {
    let wide = |columns: usize| format!("Question,Answer{}\nWho?,me\n", ",x".repeat(columns - 2));
    assert_eq!(sheet(wide(IMPORT_COLUMNS_MAX)).unwrap().rows.len(), 1);
    assert_eq!(refused(wide(IMPORT_COLUMNS_MAX + 1)), Unreadable::TooManyColumns { columns: IMPORT_COLUMNS_MAX + 1 });
    assert_eq!(refused(wide(1_000_000)), Unreadable::TooManyColumns { columns: 1_000_000 });
    let wide_row = format!("Question,Answer\nWho?,me{}\nWhy?,so\n", ",x".repeat(1_000_000));
    let sheet = sheet(wide_row).unwrap();
    assert_eq!((sheet.rows.len(), sheet.problems.len()), (1, 1));
}

#[test]
fn rows_at_the_limit_and_past_it() {
    let long = |rows: usize| {
        let rows = (0..rows).map(|row| format!("{row}?,a\n"));
        std::iter::once("Question,Answer\n".to_owned()).chain(rows).collect::<String>()
    };
    assert_eq!(sheet(long(IMPORT_ROWS_MAX)).unwrap().rows.len(), IMPORT_ROWS_MAX);
    assert_eq!(refused(long(IMPORT_ROWS_MAX + 1)), Unreadable::TooManyRows { rows: IMPORT_ROWS_MAX + 1 });
    let questions = "#Q q\n^ a\nA a\nB b\n".repeat(IMPORT_ROWS_MAX + 1);
    assert_eq!(refused(questions), Unreadable::TooManyRows { rows: IMPORT_ROWS_MAX + 1 });
}

#[test]
fn one_endless_field() {
    let mut file = b"Question,Answer\nWho?,me\nWhy?,".to_vec();
    file.resize(5 * 1024 * 1024, b'x');
    let read = sheet(&file).unwrap();
    assert_eq!((read.rows.len(), read.problems.len()), (1, 1));
    assert!(read.problems[0].reason().contains("characters long"));
}

#[test]
fn deep_and_broken_json() {
    for text in ["[".repeat(1_000_000), "{\"a\":".repeat(500_000), "{\"format\":".to_owned(), "[1,2".to_owned()] {
        assert!(matches!(refused(text), Unreadable::File(FileError::NotJson { .. })));
    }
    assert!(matches!(refused("[1,2]"), Unreadable::File(FileError::WrongFormat { .. })));
    let text = r#"{"format":"quibble.bank","version":1,"name":"n","questions":[{"prompt":"p","type":"text"},null,
        {"type":"text","prompt":"Who?","accepted_answers":["me"]}]}"#;
    let sheet = sheet(text).unwrap();
    assert_eq!((sheet.format, sheet.rows.len(), sheet.problems.len()), (Format::Json, 1, 2));
    assert_eq!(sheet.rows[0].number, 3);
}

#[test]
fn lone_quotation_marks_cost_only_their_own_rows() {
    let mut file = "Question,Answer\n".to_owned();
    for row in 2..1_000 {
        let mark = if row % 100 == 7 { "\"" } else { "" };
        file.extend([mark, "Question ", &row.to_string(), ",answer\n"]);
    }
    let sheet = sheet(file).unwrap();
    let rows: Vec<usize> = sheet.problems.iter().map(|problem| problem.row).collect();
    assert_eq!(rows, [7, 107, 207, 307, 407, 507, 607, 707, 807, 907]);
    assert_eq!(sheet.rows.len(), 998 - 10);
}

#[test]
fn quotation_marks_only() {
    let mapping = Mapping { prompt: 0, correct: Some(1), ..Mapping::default() };
    let file = format!("Question,Answer\n{}", "\",".repeat(1_000_000));
    let sheet = read(file.as_bytes(), &mapped(&mapping), &HashSet::new()).unwrap();
    assert_eq!((sheet.rows.len(), sheet.problems.len()), (0, 1));
    let lines = format!("Question,Answer\n{}", "\"\n".repeat(10_000));
    assert_eq!(refused(lines), Unreadable::NoQuestions, "each pair of marks holds a line end and nothing else");
}

#[test]
fn line_ends_may_be_mixed() {
    let sheet = sheet("Question,Answer\rOne?,1\nTwo?,2\r\nThree?,3\n\rFour?,4").unwrap();
    assert_eq!(sheet.rows.iter().map(|row| row.number).collect::<Vec<_>>(), [2, 3, 4, 6]);
}

#[test]
fn words_for_people_are_short_whatever_the_file_holds() {
    let huge = "y".repeat(1_000_000);
    let sheet = sheet(format!("Question,A,B,Answer,Points,Type\n{huge},a,b,{huge},{huge},{huge}\n")).unwrap();
    assert_eq!(sheet.problems.len(), 1);
    assert!(sheet.problems[0].reason().chars().count() < 1_500);
    assert!(sheet.problems[0].text.chars().count() <= 161);
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = sheet(bytes);
    }

    #[test]
    fn every_row_of_any_table_is_accounted_for(rest in "[a-c?,;\"\n\r é]{0,200}") {
        let mapping = Mapping { prompt: 0, correct: Some(1), ..Mapping::default() };
        if let Ok(sheet) = read(format!("Question,Answer\n{rest}").as_bytes(), &mapped(&mapping), &HashSet::new()) {
            prop_assert_eq!(sheet.rows.len() + sheet.problems.len(), sheet.total);
            prop_assert!(sheet.total > 0);
        }
    }
}
