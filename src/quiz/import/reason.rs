//! Why a file or a row of it was not taken, in words for the person who sent it.

use crate::limits::{IMPORT_COLUMNS_MAX, IMPORT_ROWS_MAX};
use crate::quiz::text::Problem;

/// Why nothing of a file could be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    #[error("The file is empty.")]
    Empty,
    #[error(
        "This is a workbook of an old kind (.xls). Open it and save it as “Excel workbook” (.xlsx) or as “CSV UTF-8”, then import that file."
    )]
    OldWorkbook,
    #[error(
        "This is neither a text file nor an Excel workbook (.xlsx). From a spreadsheet of another kind (.ods, .xlsb, .numbers), save the sheet as “CSV UTF-8” or as .xlsx, then import that file."
    )]
    OtherWorkbook,
    #[error("The workbook is protected by a password. Save it without one, then import that file.")]
    Protected,
    #[error("The workbook is damaged: parts of it cannot be read. Open it in your spreadsheet and save it again.")]
    BrokenWorkbook,
    #[error(
        "The workbook unpacks to more than can be read at once. Save the sheet with the questions as “CSV UTF-8”, then import that file."
    )]
    TooLargeUnpacked,
    #[error("The workbook has no sheet of that name.")]
    NoSuchSheet,
    #[error("This is not a text file. Save the questions as “CSV UTF-8”, or use a Quibble bank file.")]
    NotText,
    #[error("The file says that it is {encoding}, but parts of it are not. Save it again as UTF-8.")]
    Broken { encoding: &'static str },
    #[error(
        "The characters beyond A to Z are stored in a way that cannot be told for certain. Save the file as UTF-8."
    )]
    UnknownEncoding,
    #[error("This is not a table: no comma, semicolon, tab or bar divides its lines into columns.")]
    NotATable,
    #[error("The table has {columns} columns; at most {IMPORT_COLUMNS_MAX} can be read.")]
    TooManyColumns { columns: usize },
    #[error(
        "The file holds {rows} rows; at most {IMPORT_ROWS_MAX} can be read at once. Split it and import the parts."
    )]
    TooManyRows { rows: usize },
    #[error("The file holds no questions.")]
    NoQuestions,
    #[error("The columns are not matched well: {0}")]
    Mapping(#[from] MappingFault),
    #[error(transparent)]
    Fixes(#[from] crate::quiz::import::FixesFault),
    #[error(transparent)]
    File(#[from] crate::quiz::export::FileError),
}

/// What is wrong with a mapping of columns.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MappingFault {
    #[error("there is no column {}; the table has {columns}.", column + 1)]
    NoSuchColumn { column: usize, columns: usize },
    #[error("column {} is used twice.", column + 1)]
    UsedTwice { column: usize },
    #[error("no column holds the answers.")]
    NoAnswers,
}

/// Why a row was not taken. Shown as a sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    #[error("{}", .0.message())]
    Content(Problem),
    #[error("Some characters are garbled (“{excerpt}”): the text was stored in one encoding and read in another.")]
    Mojibake { excerpt: String },
    #[error("The same question is already in row {first}.")]
    RepeatsRow { first: usize },
    #[error("The bank already has this question.")]
    InBank,
    #[error("Left out, as you said.")]
    LeftOut,
    #[error("A quotation mark opens a cell and never closes it.")]
    QuoteNeverCloses,
    #[error("Text follows the quotation mark that closes a cell; quotation marks inside a cell must be doubled.")]
    TextAfterQuote,
    #[error(
        "The row has cells beyond the {columns} columns of the heading; perhaps a cell that holds the divider is not in quotation marks."
    )]
    TooManyCells { columns: usize },
    #[error("“{given}” is not a kind of question; say “text” or “multiple choice”.")]
    UnknownKind { given: String },
    #[error("“{given}” is not a whole number of points.")]
    BadPoints { given: String },
    #[error("The correct answer is missing.")]
    NoCorrect,
    #[error("The correct answer “{given}” is none of the options.")]
    CorrectNotAnOption { given: String },
    #[error("The correct answer “{given}” matches several options.")]
    CorrectMatchesSeveral { given: String },
    #[error("The correct answer “{given}” is the text of one option and the position of another.")]
    CorrectTwoWays { given: String },
    #[error("The row says it is a text question, but has options.")]
    OptionsInText,
    #[error("The row says it is multiple choice, but has no options.")]
    NoOptions,
    #[error("Accepted answers beside options: a multiple-choice question has only its options.")]
    AcceptedBesideOptions,
    #[error("The question has no line with its correct answer (^).")]
    NoCorrectLine,
    #[error("The question has several lines with a correct answer (^).")]
    SeveralCorrectLines,
    #[error("This line belongs to no question.")]
    StrayLine,
    #[error("This is not a question: {detail}.")]
    NotAQuestion { detail: String },
}
