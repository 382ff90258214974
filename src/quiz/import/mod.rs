//! Questions from files: bytes in, checked questions and a list of what could not be taken out.
//!
//! A file is either refused as a whole in words ([`Unreadable`]) or every question of it is
//! accounted for, taken or reported. Nothing is cut and nothing is guessed at: what can be read in
//! two ways is reported.

pub mod preview;

pub mod mapping;

pub(crate) mod csv;
pub(crate) mod json;
pub(crate) mod opentriviaqa;
pub(crate) mod table;
pub(crate) mod workbook;

pub(crate) mod correct;
pub(crate) mod encoding;
pub(crate) mod mojibake;

mod fixes;
mod reason;

pub use fixes::{Fields, Fixes, FixesFault};
pub use mapping::Mapping;
pub use preview::{Asked, Format, Row, RowProblem, Sheet, read};
pub use reason::{Reason, Unreadable};

#[cfg(test)]
mod hostile_tests;
#[cfg(opentriviaqa)]
#[cfg(test)]
mod opentriviaqa_data_tests;
