//! Real files: five categories of `OpenTriviaQA` as published, and a host's spreadsheet of 5,000 of
//! its questions.

use std::collections::{BTreeMap, HashSet};

use encoding_rs::WINDOWS_1252;

use crate::quiz::import::{Asked, Format, Mapping, Reason, Sheet, read};
use crate::quiz::question::{Answer, Draft, Fault, folded_prompt};

const DIR: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data/opentriviaqa");

fn file(name: &str) -> Vec<u8> {
    let path = format!("{DIR}/{name}");
    std::fs::read(&path)
        .unwrap_or_else(|error| panic!("{path}: {error}; these tests need the OpenTriviaQA files there"))
}

fn sheet(name: &str) -> Sheet {
    let sheet = read(&file(name), &Asked::default(), &HashSet::new()).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(sheet.rows.len() + sheet.problems.len(), sheet.total, "{name}");
    for text in sheet.rows.iter().flat_map(|row| texts(&row.question)).chain(shown_texts(&sheet)) {
        let garbage = text.chars().find(|&c| matches!(c, '\u{80}'..='\u{9F}' | '\u{FFFD}'));
        assert_eq!(garbage, None, "{name}: {text}");
    }
    sheet
}

fn texts(question: &Draft) -> Vec<String> {
    let answers = match &question.answer {
        Answer::Text { accepted, .. } => accepted.clone(),
        Answer::MultipleChoice { choices } => choices.iter().map(|choice| choice.text.clone()).collect(),
    };
    [vec![question.prompt.clone()], answers].concat()
}

fn shown_texts(sheet: &Sheet) -> impl Iterator<Item = String> {
    sheet.problems.iter().flat_map(|problem| [problem.reason(), problem.text.clone()])
}

/// How many rows have each reason; a row may have several.
fn counts(sheet: &Sheet) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for problem in &sheet.problems {
        for name in problem.reasons.iter().map(name).collect::<HashSet<_>>() {
            *counts.entry(name).or_default() += 1;
        }
    }
    let lines = counts.iter().map(|(name, count)| format!("{name}: {count}"));
    [format!("taken: {} of {}", sheet.rows.len(), sheet.total)].into_iter().chain(lines).collect::<Vec<_>>().join("\n")
}

fn name(reason: &Reason) -> &'static str {
    match reason {
        Reason::Mojibake { .. } => "garbled",
        Reason::RepeatsRow { .. } => "repeats a row",
        Reason::Content(problem) => match (problem.field.starts_with("choices"), &problem.fault) {
            (false, Fault::TooLong { .. }) => "prompt too long",
            (true, Fault::TooLong { .. }) => "option too long",
            (true, Fault::Same { .. }) => "two equal options",
            (_, Fault::Damaged { .. }) => "damaged character",
            other => panic!("unexpected: {other:?}"),
        },
        other => panic!("unexpected: {other:?}"),
    }
}

fn problem_rows(sheet: &Sheet, wanted: &str) -> Vec<usize> {
    let has = |reasons: &[Reason]| reasons.iter().any(|reason| name(reason) == wanted);
    sheet.problems.iter().filter(|problem| has(&problem.reasons)).map(|problem| problem.row).collect()
}

/// Checked by hand: of the 118 rows with characters beyond ASCII, 91 are garbled (16 of them have
/// also lost a character) and 27 are right. All 10 over-long rows and the 4 with equal options are
/// here; of the 15 prompts that come again, 3 are over-long both times.
#[test]
fn the_spreadsheet_of_5000_rows_is_accounted_for() {
    let sheet = sheet("spreadsheet-5000.csv");
    assert_eq!((sheet.format, sheet.encoding.as_str(), sheet.total), (Format::Csv, "utf-8", 5_000));
    let expected = Mapping { prompt: 1, correct: Some(6), options: vec![2, 3, 4, 5], ..Mapping::default() };
    assert_eq!(sheet.mapping, Some(expected));
    insta::assert_snapshot!(counts(&sheet), @r"
    taken: 4883 of 5000
    damaged character: 16
    garbled: 91
    option too long: 2
    prompt too long: 8
    repeats a row: 12
    two equal options: 4
    ");
    assert_eq!(problem_rows(&sheet, "prompt too long"), [828, 901, 1975, 2255, 2386, 2452, 3664, 4267]);
    assert_eq!(problem_rows(&sheet, "option too long"), [1597, 3098]);
    assert_eq!(problem_rows(&sheet, "two equal options"), [1414, 3117, 3197, 3212]);
    let repeats = [654, 2085, 2252, 2515, 2837, 3391, 3687, 3801, 3926, 4182, 4774, 4820];
    assert_eq!(problem_rows(&sheet, "repeats a row"), repeats);
}

/// The file read plainly, by the `csv` crate: every question taken is there to the letter, in its
/// row, uncut.
#[test]
fn nothing_of_the_spreadsheet_is_cut() {
    let bytes = file("spreadsheet-5000.csv");
    let sheet = sheet("spreadsheet-5000.csv");
    let records: Vec<::csv::StringRecord> =
        ::csv::Reader::from_reader(bytes.as_slice()).records().map(Result::unwrap).collect();
    assert_eq!(records.len(), 5_000);
    for row in &sheet.rows {
        let record = &records[row.number - 2];
        assert_eq!(row.question.prompt, record[1].trim(), "row {}", row.number);
        let Answer::MultipleChoice { choices } = &row.question.answer else { panic!("row {}", row.number) };
        let options: Vec<&str> = record.iter().skip(2).take(4).map(str::trim).filter(|text| !text.is_empty()).collect();
        assert!(choices.iter().map(|choice| choice.text.as_str()).eq(options), "row {}", row.number);
        let right: Vec<&str> =
            choices.iter().filter(|choice| choice.correct).map(|choice| choice.text.as_str()).collect();
        assert_eq!(right, [record[6].trim()], "row {}", row.number);
    }
    let mut numbers: Vec<usize> =
        sheet.rows.iter().map(|row| row.number).chain(sheet.problems.iter().map(|problem| problem.row)).collect();
    numbers.sort_unstable();
    assert!(numbers.into_iter().eq(2..=5_001));
}

#[test]
fn the_spreadsheet_again_is_all_in_the_bank() {
    let first = sheet("spreadsheet-5000.csv");
    let existing: HashSet<String> = first.rows.iter().map(|row| folded_prompt(&row.question.prompt)).collect();
    let again = read(&file("spreadsheet-5000.csv"), &Asked::default(), &existing).unwrap();
    assert_eq!((again.rows.len(), again.total), (0, 5_000));
    // Repeats of rows of the file are now repeats of the bank.
    let in_bank = again.problems.iter().filter(|problem| problem.reasons == [Reason::InBank]).count();
    assert_eq!(in_bank, first.rows.len() + problem_rows(&first, "repeats a row").len());
}

/// The same sheet as older programs save it.
#[test]
fn the_spreadsheet_in_other_encodings_gives_the_same_rows() {
    let text = String::from_utf8(file("spreadsheet-5000.csv")).unwrap();
    let plain = sheet("spreadsheet-5000.csv");
    let utf16: Vec<u8> = "\u{FEFF}".encode_utf16().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let read_utf16 = read(&utf16, &Asked::default(), &HashSet::new()).unwrap();
    assert_eq!(read_utf16.encoding, "utf-16le");
    assert_eq!(read_utf16.rows, plain.rows);
    assert_eq!(read_utf16.problems, plain.problems);

    let taken: HashSet<usize> = plain.rows.iter().map(|row| row.number).collect();
    let is_latin = |line: &str| !WINDOWS_1252.encode(line).2;
    let kept = text.lines().enumerate().filter(|(at, line)| *at == 0 || taken.contains(&(at + 1)) && is_latin(line));
    let kept: String = kept.flat_map(|(_, line)| [line, "\r\n"]).collect();
    let read_1252 = read(&WINDOWS_1252.encode(&kept).0, &Asked::default(), &HashSet::new()).unwrap();
    assert_eq!(read_1252.encoding, "windows-1252");
    let utf8 = read(kept.as_bytes(), &Asked::default(), &HashSet::new()).unwrap();
    assert_eq!(read_1252.rows, utf8.rows);
    assert!(utf8.rows.len() > 4_800 && utf8.problems.is_empty());
}

/// Each is UTF-8 at heart; `history`, `science-technology` and `video-games` have some places that
/// are not, and the rows of those are reported. The totals are the numbers of `#Q` lines.
#[test]
fn the_raw_files_are_recognised_and_their_damaged_places_reported() {
    let names = ["brain-teasers", "geography", "history", "science-technology", "video-games"];
    let told = names.map(|name| {
        let sheet = sheet(&format!("raw/{name}"));
        assert_eq!((sheet.format, sheet.encoding.as_str()), (Format::OpenTriviaQa, "utf-8"), "{name}");
        format!("{name}\n{}\ndamaged in lines {:?}\n", counts(&sheet), problem_rows(&sheet, "damaged character"))
    });
    insta::assert_snapshot!(told.join("\n"), @r"
    brain-teasers
    taken: 193 of 207
    prompt too long: 9
    repeats a row: 5
    damaged in lines []

    geography
    taken: 840 of 842
    two equal options: 2
    damaged in lines []

    history
    taken: 1634 of 1645
    damaged character: 3
    repeats a row: 8
    damaged in lines [429, 1698, 4268]

    science-technology
    taken: 2481 of 2486
    damaged character: 1
    option too long: 2
    two equal options: 2
    damaged in lines [2313]

    video-games
    taken: 595 of 599
    damaged character: 2
    repeats a row: 1
    two equal options: 1
    damaged in lines [1199, 1206]
    ");
}
