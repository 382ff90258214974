//! Our own bank file as a source of questions for a bank that exists.

use serde_json::Value;

use crate::limits::IMPORT_ROWS_MAX;
use crate::quiz::export::{open_bank, read_question};
use crate::quiz::import::correct::Style;
use crate::quiz::import::csv::Record;
use crate::quiz::import::preview::{Refused, Source, shown};
use crate::quiz::import::{Fields, Reason, Unreadable, table};
use crate::quiz::question::{Answer, Draft, QuestionInput, checked_tags};
use crate::quiz::text::{Fault, checked_time_limit};

/// The questions of a bank file; its name and description do not matter here.
pub(crate) struct BankFile {
    questions: Vec<Value>,
    fields: Fields,
}

impl BankFile {
    pub(crate) fn open(text: &str) -> Result<Self, Unreadable> {
        let questions = open_bank(text)?.questions;
        if questions.is_empty() {
            return Err(Unreadable::NoQuestions);
        }
        if questions.len() > IMPORT_ROWS_MAX {
            return Err(Unreadable::TooManyRows { rows: questions.len() });
        }
        Ok(Self { questions, fields: Fields::of_a_question() })
    }
}

impl Source for BankFile {
    fn fields(&self) -> Fields {
        self.fields.clone()
    }

    fn numbers(&self) -> Vec<usize> {
        (1..=self.questions.len()).collect()
    }

    fn read(&self, at: usize) -> Result<Draft, Refused> {
        let question = &self.questions[at];
        read_question(question.clone()).map_err(|problems| {
            let text = match question.get("prompt").and_then(Value::as_str) {
                Some(prompt) => shown(prompt),
                None => shown(&question.to_string()),
            };
            let reasons = problems.into_iter().map(|problem| match problem.fault {
                Fault::Unreadable { detail } => Reason::NotAQuestion { detail },
                _ => Reason::Content(problem),
            });
            Refused { reasons: reasons.collect(), text }
        })
    }

    /// What no cell holds, its time, its tags and its rules of marking, stays as the file has it where that is right by
    /// itself.
    fn read_fixed(&self, at: usize, cells: &[String]) -> Result<Draft, Refused> {
        let row = Record::typed(at + 1, cells);
        let draft = table::read_question(&row, &self.fields.mapping, Style::WORDS)
            .map_err(|reasons| Refused { reasons, text: shown(row.cell(self.fields.mapping.prompt)) })?;
        let Ok(given) = serde_json::from_value::<QuestionInput>(self.questions[at].clone()) else { return Ok(draft) };
        let is_text = matches!(draft.answer, Answer::Text { .. });
        let fixed = QuestionInput {
            time_limit_seconds: given.time_limit_seconds.filter(|seconds| checked_time_limit(*seconds).is_ok()),
            tags: given.tags.filter(|tags| checked_tags("tags", tags).is_ok()),
            marking: given.marking.filter(|_| is_text),
            ..QuestionInput::from(draft)
        };
        fixed.check().map_err(|problems| Refused {
            reasons: problems.into_iter().map(Reason::Content).collect(),
            text: shown(row.cell(self.fields.mapping.prompt)),
        })
    }

    fn cells(&self, at: usize) -> Vec<String> {
        let question = &self.questions[at];
        let Ok(input) = serde_json::from_value::<QuestionInput>(question.clone()) else {
            return vec![question.to_string()];
        };
        let options = &self.fields.mapping.options;
        let mut choices = input.choices.unwrap_or_default();
        let beyond = choices.split_off(choices.len().min(options.len()));
        let mut accepted = input.accepted_answers.unwrap_or_default().into_iter();
        let right = choices.iter().find(|choice| choice.correct).map(|choice| choice.text.clone());
        let right = right.or_else(|| accepted.next()).unwrap_or_default();
        let mut cells = vec![input.prompt, right];
        cells.extend(choices.into_iter().map(|choice| choice.text));
        cells.resize(2 + options.len(), String::new());
        cells.push(accepted.collect::<Vec<_>>().join("; "));
        cells.push(input.points.map(|points| points.to_string()).unwrap_or_default());
        cells.push(input.notes.unwrap_or_default());
        cells.extend(beyond.into_iter().map(|choice| choice.text));
        cells
    }
}
