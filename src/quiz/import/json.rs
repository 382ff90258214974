//! Our own bank file as a source of questions for a bank that exists.

use crate::limits::IMPORT_ROWS_MAX;
use crate::quiz::export::{open_bank, read_question};
use crate::quiz::import::preview::{Candidate, Refused, shown};
use crate::quiz::import::{Reason, Unreadable};
use crate::quiz::text::Fault;

/// Each question of the file; the file's name and description do not matter here.
pub(crate) fn read(text: &str) -> Result<Vec<Candidate>, Unreadable> {
    let bank = open_bank(text)?;
    if bank.questions.is_empty() {
        return Err(Unreadable::NoQuestions);
    }
    if bank.questions.len() > IMPORT_ROWS_MAX {
        return Err(Unreadable::TooManyRows { rows: bank.questions.len() });
    }
    let candidates = bank.questions.into_iter().enumerate().map(|(index, question)| {
        let text = match question.get("prompt").and_then(|prompt| prompt.as_str()) {
            Some(prompt) => shown(prompt),
            None => shown(&question.to_string()),
        };
        let result = read_question(question).map_err(|problems| {
            let reasons = problems.into_iter().map(|problem| match problem.fault {
                Fault::Unreadable { detail } => Reason::NotAQuestion { detail },
                _ => Reason::Content(problem),
            });
            Refused { reasons: reasons.collect(), text }
        });
        Candidate { row: index + 1, result }
    });
    Ok(candidates.collect())
}
