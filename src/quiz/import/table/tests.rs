use std::collections::HashSet;

use crate::limits::{IMPORT_FIX_CHARS_MAX, IMPORT_FIXES_MAX};
use crate::quiz::import::{Asked, Fixes, Format, Sheet, read as read_file};
use crate::quiz::question::{Answer, folded_prompt};

use super::*;

fn read(text: &str) -> Sheet {
    let sheet = read_file(text.as_bytes(), &Asked::default(), &HashSet::new()).unwrap();
    assert_eq!(sheet.format, Format::Csv);
    sheet
}

fn mapped(mapping: &Mapping) -> Asked {
    Asked { mapping: Some(mapping.clone()), ..Asked::default() }
}

fn fixed(text: &str, fixes: &serde_json::Value, existing: &HashSet<String>) -> Sheet {
    let fixes = Fixes::parse(fixes.to_string().as_bytes()).unwrap();
    read_file(text.as_bytes(), &Asked { fixes, ..Asked::default() }, existing).unwrap()
}

/// Each question as `row prompt: answers`, the correct choice in brackets; then each problem.
fn told(sheet: &Sheet) -> String {
    let rows = sheet.rows.iter().map(|row| {
        let answers = match &row.question.answer {
            Answer::Text { accepted, .. } => accepted.join(" / "),
            Answer::MultipleChoice { choices } => {
                let choices = choices.iter();
                let texts = choices.map(|c| if c.correct { format!("[{}]", c.text) } else { c.text.clone() });
                texts.collect::<Vec<_>>().join(" ")
            }
        };
        format!("{} {}: {answers}", row.number, row.question.prompt)
    });
    let problems =
        sheet.problems.iter().map(|problem| format!("{} ! {} ! {}", problem.row, problem.text, problem.reason()));
    rows.chain(problems).collect::<Vec<_>>().join("\n")
}

#[test]
fn both_kinds_stand_in_one_sheet() {
    let sheet = read(
        "Question,A,B,C,Answer,Points,Notes\nTwo?,one,two,three,B,500,\nWho?,,,,Ada; Ada Lovelace|Lovelace,,say it slowly\nOdd?,x,y,,x,,\n",
    );
    insta::assert_snapshot!(told(&sheet), @r"
    2 Two?: one [two] three
    3 Who?: Ada / Ada Lovelace / Lovelace
    4 Odd?: [x] y
    ");
    assert_eq!(sheet.rows[0].question.points, 500);
    assert_eq!(sheet.rows[1].question.points, 1_000);
    assert_eq!(sheet.rows[1].question.notes.as_deref(), Some("say it slowly"));
    assert_eq!((sheet.total, sheet.encoding.as_str()), (3, "utf-8"));
}

#[test]
fn every_bad_row_is_reported_with_its_number_and_all_its_reasons() {
    let long = "x".repeat(501);
    let text = format!(
        "Type,Question,Option A,Option B,Correct,Accepted,Points\n\
         ,{long},a,b,c,,\n\
         \n\
         poll,Kind?,a,b,a,,\n\
         text,Options in text?,a,b,a,,\n\
         mc,No options?,,,a,,\n\
         ,Nothing right?,a,b,,,\n\
         ,No answers?,,,,,\n\
         ,Points?,a,b,a,,many\n\
         ,Minus?,a,b,a,,-1\n\
         ,Accepted too?,a,b,a,z,\n\
         ,Cells?,a,b,a,,,,\n\
         ,More cells?,a,b,a,,,x\n\
         ,Said \"so\",a,b,a,,\n\
         ,\"He\" said,a,b,a,,\n\
         ,Garbled cafÃ©,a,b,a,,\n\
         ,Damaged \u{FFFD},a,b,a,,\n\
         ,One choice?,a,,a,,\n\
         ,Same?,a,a,a,,\n\
         ,cells?  ,a,b,b,,\n\
         ,\"Never closes,a,b,a,,\n\
         ,Last?,a,b,b,,\n"
    );
    let sheet = read(&text);
    insta::assert_snapshot!(told(&sheet).replace(&"x".repeat(160), "x160"), @r#"
    12 Cells?: [a] b
    14 Said "so": [a] b
    22 Last?: a [b]
    2 ! x160… ! The correct answer “c” is none of the options. The question is 501 characters long; at most 500 fit.
    4 ! Kind? ! “poll” is not a kind of question; say “text” or “multiple choice”.
    5 ! Options in text? ! The row says it is a text question, but has options.
    6 ! No options? ! The row says it is multiple choice, but has no options.
    7 ! Nothing right? ! The correct answer is missing.
    8 ! No answers? ! The correct answer is missing.
    9 ! Points? ! “many” is not a whole number of points.
    10 ! Minus? ! Points must be from 0 to 1000000, not -1.
    11 ! Accepted too? ! Accepted answers beside options: a multiple-choice question has only its options.
    13 ! More cells? ! The row has cells beyond the 7 columns of the heading; perhaps a cell that holds the divider is not in quotation marks.
    15 ! ,"He" said,a,b,a,, ! Text follows the quotation mark that closes a cell; quotation marks inside a cell must be doubled.
    16 ! Garbled cafÃ© ! Some characters are garbled (“bled cafÃ©”): the text was stored in one encoding and read in another.
    17 ! Damaged [?] ! The question holds a damaged character: its original was lost before it came here.
    18 ! One choice? ! Choices must number from 2 to 6; there are 1.
    19 ! Same? ! The correct answer “a” matches several options. Choice 2 is the same as 1.
    20 ! cells? ! The same question is already in row 12.
    21 ! ,"Never closes,a,b,a,, ! A quotation mark opens a cell and never closes it.
    "#);
    assert_eq!(sheet.rows.len() + sheet.problems.len(), sheet.total);
}

#[test]
fn a_correct_answer_that_can_be_read_two_ways_is_reported_unless_the_other_rows_tell() {
    let rows = "Legs?,2,4,6,2\nWings?,2,1,6,1\n";
    let alone = read(&format!("Question,A,B,C,Answer\n{rows}"));
    insta::assert_snapshot!(told(&alone), @r"
    2 ! Legs? ! The correct answer “2” is the text of one option and the position of another.
    3 ! Wings? ! The correct answer “1” is the text of one option and the position of another.
    ");
    let words = read(&format!("Question,A,B,C,Answer\n{rows}Capital?,Rome,Oslo,,Oslo\n"));
    insta::assert_snapshot!(told(&words), @r"
    2 Legs?: [2] 4 6
    3 Wings?: 2 [1] 6
    4 Capital?: Rome [Oslo]
    ");
    let places = read(&format!("Question,A,B,C,Answer\n{rows}Capital?,Rome,Oslo,,2\n"));
    insta::assert_snapshot!(told(&places), @r"
    2 Legs?: 2 [4] 6
    3 Wings?: [2] 1 6
    4 Capital?: Rome [Oslo]
    ");
}

#[test]
fn a_column_of_correct_answers_beside_wrong_ones_does_not_give_them_away() {
    let sheet = read("Question,Correct,Wrong 1,Wrong 2\nSky?,blue,red,\nGrass?,green,Amber,pink\n");
    insta::assert_snapshot!(told(&sheet), @r"
    2 Sky?: [blue] red
    3 Grass?: Amber [green] pink
    ");
}

#[test]
fn repeats_name_the_first_row_and_those_of_the_bank_are_known() {
    let text = "Question,Answer\nWho is it?,a\n\"who  IS it?\",b\nOld?,c\nBad one?,\nBad one?,d\n";
    let existing = HashSet::from([folded_prompt("OLD?")]);
    let sheet = read_file(text.as_bytes(), &Asked::default(), &existing).unwrap();
    insta::assert_snapshot!(told(&sheet), @r"
    2 Who is it?: a
    6 Bad one?: d
    3 ! who  IS it? ! The same question is already in row 2.
    4 ! Old? ! The bank already has this question.
    5 ! Bad one? ! The correct answer is missing.
    ");
}

#[test]
fn a_table_without_a_heading_starts_at_row_one() {
    let sheet = read("Which colour is grass?;Green\nWhat is two and two?;4; \n");
    assert_eq!(sheet.columns, ["Column A", "Column B"]);
    insta::assert_snapshot!(told(&sheet), @"");
    let sheet = read("What is the word for an answer?;Solution\nWho is it, then?;me\n");
    assert_eq!(sheet.rows.len(), 2, "a row that holds a word of headings is still a row");
    let sheet = read("geo,Capital of France,Rome,Paris,Paris\ngeo,Capital of Italy,Rome,Paris,Rome\n");
    insta::assert_snapshot!(told(&sheet), @r"
    1 Capital of France: Rome [Paris]
    2 Capital of Italy: [Rome] Paris
    ");
}

#[test]
fn an_unknown_heading_waits_for_a_mapping() {
    let text = "foo,bar,baz\nSky,blue,azure\nGrass,green,\n";
    let sheet = read(text);
    assert_eq!((sheet.mapping, sheet.total, sheet.rows.len(), sheet.problems.len()), (None, 2, 0, 0));
    assert_eq!(sheet.columns, ["foo", "bar", "baz"]);
    let mapping = Mapping { prompt: 0, correct: Some(1), accepted: vec![2], ..Mapping::default() };
    let sheet = read_file(text.as_bytes(), &mapped(&mapping), &HashSet::new()).unwrap();
    insta::assert_snapshot!(told(&sheet), @r"
    2 Sky: blue / azure
    3 Grass: green
    ");
    let wrong = Mapping { prompt: 3, ..mapping };
    let error = read_file(text.as_bytes(), &mapped(&wrong), &HashSet::new()).unwrap_err();
    assert_eq!(error.to_string(), "The columns are not matched well: there is no column 4; the table has 3.");
}

#[test]
fn columns_without_a_name_are_lettered() {
    assert_eq!([0, 25, 26, 63].map(column_name), ["Column A", "Column Z", "Column AA", "Column BL"]);
    assert_eq!(read("Question,,Answer\na,b,c\n").columns, ["Question", "Column B", "Answer"]);
}

const SPOILT: &str = "Question,A,B,Answer,Points\n\
    One?,x,y,z,\n\
    Two?,x,y,x,many\n\
    \"Three,x,y,x,\n\
    Four?,x,y,x,,,more\n\
    Five?,x,y,x,\n\
    Six?,,,,\n";

#[test]
fn a_problem_comes_with_its_cells() {
    let sheet = read(SPOILT);
    let cells = sheet.problems.iter().map(|problem| problem.cells.clone().unwrap().join("|"));
    insta::assert_snapshot!(cells.collect::<Vec<_>>().join("\n"), @r"
    One?|x|y|z|
    Two?|x|y|x|many
    Three|x|y|x|
    Four?|x|y|x|||more
    Six?||||
    ");
    let fields = sheet.fields.unwrap();
    assert_eq!((fields.columns, Some(fields.mapping)), (sheet.columns, sheet.mapping));
}

#[test]
fn a_fixed_row_is_read_by_the_rules_of_the_file_and_takes_its_place() {
    let fixes = serde_json::json!([
        {"row": 2, "cells": ["One?", "x", "y", "y", ""]},
        {"row": 3, "cells": ["Two?", "x", "y", "x", "lots"]},
        {"row": 4, "cells": ["\"Three\"", "x", "y", "x", "5"]},
        {"row": 5, "cells": ["Five?", "x", "y", "x"]},
        {"row": 7},
    ]);
    let sheet = fixed(SPOILT, &fixes, &HashSet::new());
    insta::assert_snapshot!(told(&sheet), @r#"
    2 One?: x [y]
    4 "Three": [x] y
    5 Five?: [x] y
    3 ! Two? ! “lots” is not a whole number of points.
    6 ! Five? ! The same question is already in row 5.
    7 ! Six? ! Left out, as you said.
    "#);
    assert_eq!((sheet.total, &sheet.fixed[..]), (6, &[0, 1, 2][..]));
    assert_eq!(sheet.problems[0].cells.as_deref().unwrap().last().unwrap(), "lots");
}

#[test]
fn a_good_row_can_be_left_out_and_a_fixed_one_still_repeat_the_bank() {
    let existing = HashSet::from([folded_prompt("Old?")]);
    let fixes = serde_json::json!([{"row": 6}, {"row": 2, "cells": ["OLD?", "x", "y", "x"]}]);
    let sheet = fixed(SPOILT, &fixes, &existing);
    let told = told(&sheet);
    assert!(told.contains("6 ! Five? ! Left out, as you said."), "{told}");
    assert!(told.contains("2 ! OLD? ! The bank already has this question."), "{told}");
    assert_eq!((sheet.rows.len(), sheet.fixed.len()), (0, 0));
}

#[test]
fn a_fix_of_a_row_that_is_not_there_is_refused() {
    let fixes = Fixes::parse(br#"[{"row": 8, "cells": ["Who?"]}]"#).unwrap();
    let error = read_file(SPOILT.as_bytes(), &Asked { fixes, ..Asked::default() }, &HashSet::new()).unwrap_err();
    assert_eq!(error.to_string(), "The file has no question in row 8.");
}

#[test]
fn only_so_many_problems_can_be_fixed() {
    let rows: Vec<String> = (0..=IMPORT_FIXES_MAX).map(|row| format!("{row}?,")).collect();
    let sheet = read(&format!("Question,Answer\n{}", rows.join("\n")));
    assert!(sheet.problems[IMPORT_FIXES_MAX - 1].cells.is_some());
    assert!(sheet.problems[IMPORT_FIXES_MAX].cells.is_none());
    let long = |chars: usize| read(&format!("Question,Answer\n{},\n", "x".repeat(chars))).problems[0].cells.is_some();
    assert!(long(IMPORT_FIX_CHARS_MAX) && !long(IMPORT_FIX_CHARS_MAX + 1));
}

#[test]
fn questions_without_columns_are_fixed_by_their_parts() {
    let text = "stray\n#Q One?\n^ z\nA x\nB y\n#Q Two?\n^ a\n^ b\nA a\nB b\n";
    let sheet = read_file(text.as_bytes(), &Asked::default(), &HashSet::new()).unwrap();
    let cells: Vec<_> = sheet.problems.iter().map(|problem| problem.cells.clone().unwrap().join("|")).collect();
    assert_eq!(cells, ["stray||||||||||", "One?|z|x|y|||||||", "Two?|a|a|b||||||||b"]);
    let one = ["One?", "y", "x", "y"];
    let sheet = fixed(text, &serde_json::json!([{"row": 1}, {"row": 2, "cells": one}]), &HashSet::new());
    assert!(told(&sheet).starts_with("2 One?: x [y]\n1 ! stray ! Left out"), "{}", told(&sheet));

    let bank = r#"{"format":"quibble.bank","version":1,"name":"n","questions":[
        {"type":"text","prompt":"Who?","accepted_answers":["me","I"],"points":-1,"marking":{"case":false},"time_limit_seconds":20,"notes":"n","tags":["Easy"]},
        {"type":"multiple_choice","prompt":"7?","choices":[{"text":"a"},{"text":"b","correct":true},{"text":"c"},{"text":"d"},{"text":"e"},{"text":"f"},{"text":"g"}]},
        7]}"#;
    let sheet = read_file(bank.as_bytes(), &Asked::default(), &HashSet::new()).unwrap();
    let cells: Vec<_> = sheet.problems.iter().map(|problem| problem.cells.clone().unwrap().join("|")).collect();
    assert_eq!(cells, ["Who?|me|||||||I|-1|n", "7?|b|a|b|c|d|e|f||||g", "7"]);
    let who = ["Who?", "me", "", "", "", "", "", "", "I", "1", "n"];
    let sheet = fixed(bank, &serde_json::json!([{"row": 1, "cells": who}]), &HashSet::new());
    assert_eq!(sheet.fixed, [0]);
    let question = &sheet.rows[0].question;
    assert_eq!(question.tags, ["Easy"]);
    assert_eq!((question.points, question.time_limit_seconds), (1, Some(20)));
    let Answer::Text { accepted, marking } = &question.answer else { panic!("a text question") };
    assert_eq!((accepted.join(" "), marking.case), ("me I".to_owned(), false));
}

#[test]
fn a_fixed_question_keeps_to_the_rules_of_its_marking() {
    let bank = r#"{"format":"quibble.bank","version":1,"name":"n","questions":[
        {"type":"text","prompt":"How high?","accepted_answers":["330","331"],"marking":{"nearest":true}}]}"#;
    let fix = |other: &str| {
        let cells = ["How high?", "330", "", "", "", "", "", "", other, "1", ""];
        fixed(bank, &serde_json::json!([{"row": 1, "cells": cells}]), &HashSet::new())
    };
    assert_eq!((fix("331").rows.len(), fix("331").problems.len()), (0, 1), "still two numbers");
    assert_eq!((fix("").rows.len(), fix("").problems.len()), (1, 0));
}
