use std::collections::HashSet;
use std::io::Write;

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::*;
use crate::quiz::import::{Asked, Format, Sheet, read as read_file};
use crate::quiz::question::Answer;

const TYPES: &str = r#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>"#;
const PACKAGE: &str = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
/// Styles 0 to 4: general, a date, a time of day, a percentage, hours beyond a day.
const STYLES: &str = r#"<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><numFmts count="1"><numFmt numFmtId="164" formatCode="[h]:mm"/></numFmts><cellXfs count="5"><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="20"/><xf numFmtId="9"/><xf numFmtId="164"/></cellXfs></styleSheet>"#;

/// A workbook of sheets, each with the XML of its rows.
fn workbook(sheets: &[(&str, &str)]) -> Vec<u8> {
    let mut parts = vec![
        ("[Content_Types].xml".to_owned(), TYPES.to_owned()),
        ("_rels/.rels".to_owned(), PACKAGE.to_owned()),
        ("xl/styles.xml".to_owned(), STYLES.to_owned()),
    ];
    let (mut list, mut links) = (String::new(), String::new());
    for (index, (name, rows)) in sheets.iter().enumerate() {
        let (name, state) = name.strip_prefix('-').map_or((*name, "visible"), |name| (name, "hidden"));
        list += &format!(r#"<sheet name="{name}" sheetId="{0}" state="{state}" r:id="rId{0}"/>"#, index + 1);
        links += &format!(
            r#"<Relationship Id="rId{0}" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet{0}.xml"/>"#,
            index + 1
        );
        let sheet = format!(
            r#"<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{rows}</sheetData></worksheet>"#
        );
        parts.push((format!("xl/worksheets/sheet{}.xml", index + 1), sheet));
    }
    parts.push((
        "xl/workbook.xml".to_owned(),
        format!(
            r#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>{list}</sheets></workbook>"#
        ),
    ));
    parts.push((
        "xl/_rels/workbook.xml.rels".to_owned(),
        format!(
            r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{links}</Relationships>"#
        ),
    ));
    zipped(parts.iter().map(|(name, content)| (name.as_str(), content.as_bytes())))
}

fn zipped<'p>(parts: impl IntoIterator<Item = (&'p str, &'p [u8])>) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        zip.start_file(name, options.compression_level(Some(1))).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// A workbook with a part more, or another instead of one.
fn with_part(bytes: &[u8], name: &str, content: &[u8]) -> Vec<u8> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut parts = Vec::new();
    for index in 0..archive.len() {
        let mut part = archive.by_index(index).unwrap();
        let mut bytes = Vec::new();
        part.read_to_end(&mut bytes).unwrap();
        parts.push((part.name().unwrap().into_owned(), bytes));
    }
    parts.retain(|(other, _)| other != name);
    parts.push((name.to_owned(), content.to_owned()));
    zipped(parts.iter().map(|(name, content)| (name.as_str(), content.as_slice())))
}

/// A row of texts.
fn row(number: usize, texts: &[&str]) -> String {
    let cell = |(column, text): (usize, &&str)| {
        let letter = char::from(b'A' + u8::try_from(column).unwrap());
        format!(r#"<c r="{letter}{number}" t="inlineStr"><is><t>{text}</t></is></c>"#)
    };
    format!(r#"<row r="{number}">{}</row>"#, texts.iter().enumerate().map(cell).collect::<String>())
}

fn quiz() -> String {
    row(1, &["Question", "Answer"]) + &row(2, &["Who?", "me"]) + &row(4, &["Why?", ""])
}

fn read(bytes: &[u8]) -> Result<Sheet, Unreadable> {
    read_file(bytes, &Asked::default(), &HashSet::new())
}

fn refused(bytes: &[u8]) -> Unreadable {
    read(bytes).unwrap_err()
}

fn answers(sheet: &Sheet) -> Vec<String> {
    let texts = sheet.rows.iter().map(|row| match &row.question.answer {
        Answer::Text { accepted, .. } => accepted.join("/"),
        Answer::MultipleChoice { .. } => "choices".to_owned(),
    });
    texts.collect()
}

#[test]
fn a_sheet_is_read_like_a_table() {
    let sheet = read(&workbook(&[("Sheet1", &quiz())])).unwrap();
    assert_eq!((sheet.format, sheet.total), (Format::Xlsx, 2));
    assert_eq!(
        (sheet.columns.join("|"), &sheet.sheets[..]),
        ("Question|Answer".to_owned(), &["Sheet1".to_owned()][..])
    );
    assert_eq!((sheet.rows[0].number, answers(&sheet)), (2, vec!["me".to_owned()]));
    assert_eq!((sheet.problems[0].row, sheet.problems[0].cells.clone()), (4, Some(vec!["Why?".to_owned()])));
}

#[test]
fn cells_are_read_as_they_are_shown() {
    let cells = [
        (r#"<c r="B{}"><v>4.0</v></c>"#, "4"),
        (r#"<c r="B{}"><v>0.30000000000000004</v></c>"#, "0.3"),
        (r#"<c r="B{}"><v>-1234567.5</v></c>"#, "-1234567.5"),
        (r#"<c r="B{}"><v>1E21</v></c>"#, "1000000000000000000000"),
        (r#"<c r="B{}"><v>-0.0</v></c>"#, "0"),
        (r#"<c r="B{}" s="1"><v>25404</v></c>"#, "1969-07-20"),
        (r#"<c r="B{}" s="1"><v>25404.845138888888</v></c>"#, "1969-07-20 20:17"),
        (r#"<c r="B{}" s="2"><v>0.5</v></c>"#, "12:00"),
        (r#"<c r="B{}" s="2"><v>0.50001157407407407</v></c>"#, "12:00:01"),
        (r#"<c r="B{}" s="4"><v>1.0625</v></c>"#, "25:30"),
        (r#"<c r="B{}" s="3"><v>0.07</v></c>"#, "7%"),
        (r#"<c r="B{}" t="b"><v>1</v></c>"#, "TRUE"),
        (r#"<c r="B{}" t="str"><f>A1&amp;"x"</f><v>R&amp;B</v></c>"#, "R&B"),
        (r#"<c r="B{}" t="e"><v>#N/A</v></c>"#, "#N/A"),
        (r#"<c r="B{}" t="d"><v>1969-07-20T00:00:00</v></c>"#, "1969-07-20"),
    ];
    let mut rows = row(1, &["Question", "Answer"]);
    for (index, (cell, _)) in cells.iter().enumerate() {
        let number = index + 2;
        let prompt = format!(r#"<c r="A{number}" t="inlineStr"><is><t>Question {number}?</t></is></c>"#);
        rows += &format!(r#"<row r="{number}">{prompt}{}</row>"#, cell.replace("{}", &number.to_string()));
    }
    let shown = answers(&read(&workbook(&[("Sheet1", &rows)])).unwrap());
    assert_eq!(shown, cells.map(|(_, shown)| shown));
}

#[test]
fn strings_are_shared_and_rows_may_lack_their_numbers() {
    let strings = r#"<sst uniqueCount="4" count="4"><si><t>Question</t></si><si><r><t>Ans</t></r><r><t>wer</t></r></si><si><t xml:space="preserve">Who? </t></si><si><t>me</t></si></sst>"#;
    let cell = |index| format!(r#"<c t="s"><v>{index}</v></c>"#);
    let rows = format!("<row>{}{}</row><row>{}{}</row>", cell(0), cell(1), cell(2), cell(3));
    let bytes = with_part(&workbook(&[("Sheet1", &rows)]), "xl/sharedStrings.xml", strings.as_bytes());
    let sheet = read(&bytes).unwrap();
    assert_eq!((sheet.columns.join("|"), answers(&sheet)), ("Question|Answer".to_owned(), vec!["me".to_owned()]));
}

#[test]
fn the_first_sheet_with_a_table_is_read_unless_another_is_asked_for() {
    let other = row(1, &["Question", "Answer"]) + &row(2, &["What?", "that"]);
    let bytes = workbook(&[("Cover", ""), ("-Secret", &quiz()), ("Round 1", &quiz()), ("Round 2", &other)]);
    let sheet = read(&bytes).unwrap();
    assert_eq!(sheet.sheets, ["Cover", "Round 1", "Round 2"]);
    assert_eq!((sheet.sheet.as_deref(), answers(&sheet)), (Some("Round 1"), vec!["me".to_owned()]));
    let asked = |sheet: &str| Asked { sheet: Some(sheet.to_owned()), ..Asked::default() };
    let sheet = read_file(&bytes, &asked("Round 2"), &HashSet::new()).unwrap();
    assert_eq!(answers(&sheet), ["that"]);
    assert_eq!(read_file(&bytes, &asked("Cover"), &HashSet::new()).unwrap_err(), Unreadable::NoQuestions);
    for none in ["Secret", "Round 3"] {
        assert_eq!(read_file(&bytes, &asked(none), &HashSet::new()).unwrap_err(), Unreadable::NoSuchSheet);
    }
    assert_eq!(read(&workbook(&[("-Hidden", &quiz())])).unwrap().sheets, ["Hidden"], "when there is no other");
    let many: Vec<_> = (0..=IMPORT_SHEETS_MAX).map(|n| format!("S{n}")).collect();
    let quiz = quiz();
    let many: Vec<_> = many.iter().map(|name| (name.as_str(), quiz.as_str())).collect();
    assert_eq!(read(&workbook(&many)).unwrap().sheets.len(), IMPORT_SHEETS_MAX);
}

#[test]
fn rows_and_columns_have_the_limits_of_a_table() {
    let cells = |column: &str, row: usize| format!(r#"<row r="{row}"><c r="{column}{row}"><v>1</v></c></row>"#);
    let wide = |column: &str| workbook(&[("S", &(quiz() + &cells(column, 5)))]);
    assert_eq!(read(&wide("XFD")).unwrap().problems.len(), 2, "a far cell is a problem of its row");
    let heading = workbook(&[("S", &(cells("BM", 1) + &cells("A", 2)))]);
    assert_eq!(refused(&heading), Unreadable::TooManyColumns { columns: IMPORT_COLUMNS_MAX + 1 });
    let long = |rows: usize| {
        let rows = (2..rows + 2).map(|n| format!("<row><c><v>{n}</v></c><c><v>1</v></c></row>"));
        let rows = std::iter::once(row(1, &["Question", "Answer"])).chain(rows);
        workbook(&[("S", &rows.collect::<String>())])
    };
    assert_eq!(read(&long(IMPORT_ROWS_MAX)).unwrap().rows.len(), IMPORT_ROWS_MAX);
    assert_eq!(refused(&long(IMPORT_ROWS_MAX + 3)), Unreadable::TooManyRows { rows: IMPORT_ROWS_MAX + 3 });
    let far = workbook(&[("S", &(quiz() + &cells("A", 1_048_576)))]);
    assert_eq!(read(&far).unwrap().problems.last().map(|problem| problem.row), Some(1_048_576));
}

#[test]
fn what_unpacks_to_too_much_is_refused_before_it_is_read() {
    let small = workbook(&[("S", &quiz())]);
    let size = |bytes: &[u8]| {
        let mut archive = ZipArchive::new(Cursor::new(bytes)).unwrap();
        (0..archive.len()).map(|index| usize::try_from(archive.by_index(index).unwrap().size()).unwrap()).sum::<usize>()
    };
    let filled = |bytes: usize| with_part(&small, "xl/media/image1.png", &vec![b' '; bytes]);
    let room = IMPORT_EXPANDED_BYTES_MAX - size(&small);
    let bomb = filled(room + 1);
    assert!(bomb.len() < 1024 * 1024, "{}", bomb.len());
    assert_eq!(refused(&bomb), Unreadable::TooLargeUnpacked);
    assert!(read(&filled(room)).is_ok());
    assert_eq!(measure(&small, size(&small)), Ok(()));
    assert_eq!(measure(&small, size(&small) - 1), Err(Unreadable::TooLargeUnpacked));
}

#[test]
fn a_part_that_says_it_is_small_is_measured_all_the_same() {
    let mut bytes = with_part(&workbook(&[("S", &quiz())]), "xl/media/image1.png", &vec![b' '; 100_000]);
    let told = 100_000_u32.to_le_bytes();
    while let Some(at) = find(&bytes, &told) {
        bytes[at..at + 4].copy_from_slice(&5_u32.to_le_bytes());
    }
    assert!(measure(&bytes, 50_000).is_err());
}

#[test]
fn one_string_in_many_cells_is_counted_each_time() {
    let strings = format!("<sst><si><t>{}</t></si></sst>", "x".repeat(1024 * 1024));
    let cells: String =
        (0..=IMPORT_EXPANDED_BYTES_MAX / (1024 * 1024)).map(|_| r#"<row><c t="s"><v>0</v></c></row>"#).collect();
    let bytes = with_part(&workbook(&[("S", &cells)]), "xl/sharedStrings.xml", strings.as_bytes());
    assert_eq!(refused(&bytes), Unreadable::TooLargeUnpacked);
}

#[test]
fn styles_have_a_limit_of_their_own() {
    let styles = |bytes: usize| {
        let styles = STYLES.replace("</styleSheet>", &(" ".repeat(bytes - STYLES.len()) + "</styleSheet>"));
        with_part(&workbook(&[("S", &quiz())]), "xl/styles.xml", styles.as_bytes())
    };
    assert!(read(&styles(IMPORT_STYLES_BYTES_MAX)).is_ok());
    assert_eq!(refused(&styles(IMPORT_STYLES_BYTES_MAX + 1)), Unreadable::TooLargeUnpacked);
}

#[test]
fn a_number_of_strings_is_not_believed() {
    let strings = |count: &str| {
        let strings = format!("<sst {count}><si><t>x</t></si></sst>");
        with_part(&workbook(&[("S", &quiz())]), "xl/sharedStrings.xml", strings.as_bytes())
    };
    assert!(read(&strings(r#"uniqueCount="1""#)).is_ok());
    assert!(read(&strings(r#"uniqueCount="many""#)).is_ok(), "the reader does not take it either");
    for count in ["uniqueCount=\"99999999999\"", "uniqueCount = '99999999999999999999999'", "a=\"\0\""] {
        assert_eq!(refused(&strings(count)), Unreadable::BrokenWorkbook, "{count}");
    }
}

#[test]
fn a_number_of_parts_is_not_believed() {
    let mut bytes = workbook(&[("S", &quiz())]);
    let end = find(&bytes, b"PK\x05\x06").unwrap();
    let mut wide = b"PK\x06\x06".to_vec();
    wide.extend([0; 20]);
    wide.extend(u64::to_le_bytes(10));
    wide.extend(u64::to_le_bytes(50_000_000));
    wide.extend([0; 16]);
    bytes.splice(end..end, wide);
    assert_eq!(refused(&bytes), Unreadable::BrokenWorkbook);
}

#[test]
fn what_is_no_workbook_of_this_kind_is_named() {
    let old = [b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".as_slice(), &[0; 600]].concat();
    assert_eq!(refused(&old), Unreadable::OldWorkbook);
    let name: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(refused(&[old, name].concat()), Unreadable::Protected);
    let text = |name: &str, content: &str| zipped([(name, content.as_bytes())]);
    let ods = text("mimetype", "application/vnd.oasis.opendocument.spreadsheet");
    for other in [ods, text("xl/workbook.bin", ""), text("word/document.xml", "<a/>"), zipped([])] {
        let refusal = refused(&other);
        assert!([Unreadable::OtherWorkbook, Unreadable::NotText].contains(&refusal), "{refusal:?}");
    }
    let whole = workbook(&[("S", &quiz())]);
    for cut in [5, 100, whole.len() / 2, whole.len() - 10] {
        assert_eq!(refused(&whole[..cut]), Unreadable::BrokenWorkbook, "{cut}");
    }
    for (part, content) in [
        ("xl/worksheets/sheet1.xml", "<worksheet><sheetData><row><c t=\"?\"><v>1</v></c></row>"),
        ("xl/worksheets/sheet1.xml", "not XML"),
        ("xl/worksheets/sheet1.xml", "<worksheet><dimension ref=\"B9:A1\"/><sheetData/></worksheet>"),
        ("xl/workbook.xml", "<workbook><sheets><sheet name=\"S\"/></sheets></workbook>"),
        ("xl/styles.xml", "<styleSheet><fonts>"),
    ] {
        assert_eq!(refused(&with_part(&whole, part, content.as_bytes())), Unreadable::BrokenWorkbook, "{part}");
    }
}

#[test]
fn a_damaged_workbook_is_refused_wherever_the_damage_is() {
    let whole = workbook(&[("S", &quiz())]);
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x55;
        // Read or refused: both will do, as long as it ends.
        let _ = read(&bytes);
    }
}
