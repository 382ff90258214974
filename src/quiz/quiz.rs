//! A quiz's own words, and those of its rounds.

use serde::Deserialize;

use crate::limits::QUESTIONS_PER_ROUND_MAX;
use crate::quiz::bank::check_words;
use crate::quiz::text::{Description, Fault, Problem, Title, checked_time_limit, in_range, is_blank};

/// A quiz as clients send it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct QuizInput {
    pub name: String,
    pub description: Option<String>,
}

/// The checked words of a quiz.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuizDraft {
    pub name: Title,
    pub description: Option<Description>,
}

impl QuizInput {
    /// Checks everything at once.
    ///
    /// # Errors
    /// Every problem found; at least one.
    pub fn check(self) -> Result<QuizDraft, Vec<Problem>> {
        let (name, description) = check_words(&self.name, self.description.as_deref())?;
        Ok(QuizDraft { name, description })
    }
}

/// A round as clients send it; a blank title is none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct RoundInput {
    pub title: Option<String>,
    #[serde(alias = "timeLimitSeconds")]
    pub time_limit_seconds: Option<i64>,
    #[serde(alias = "plannedQuestions")]
    pub planned_questions: Option<i64>,
}

/// The checked words of a round.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RoundDraft {
    pub title: Option<Title>,
    /// For each question that has none of its own: 5 to 3,600 seconds.
    pub time_limit_seconds: Option<u32>,
    /// How many questions it is to have, at most as many as fit; 0 says that nothing is planned, none leaves it as it is.
    pub planned_questions: Option<u32>,
}

impl RoundInput {
    /// Checks everything at once.
    ///
    /// # Errors
    /// Every problem found; at least one.
    pub fn check(self) -> Result<RoundDraft, Vec<Problem>> {
        let title = self.title.filter(|title| !is_blank(title)).map(|title| Title::new("title", &title)).transpose();
        let time_limit_seconds = self.time_limit_seconds.map(checked_time_limit).transpose();
        let planned_questions = self.planned_questions.map(checked_plan).transpose();
        match (title, time_limit_seconds, planned_questions) {
            (Ok(title), Ok(time_limit_seconds), Ok(planned_questions)) => {
                Ok(RoundDraft { title, time_limit_seconds, planned_questions })
            }
            (title, time_limit, planned) => {
                Err(title.err().into_iter().chain(time_limit.err()).chain(planned.err()).collect())
            }
        }
    }
}

fn checked_plan(given: i64) -> Result<u32, Problem> {
    let max = u32::try_from(QUESTIONS_PER_ROUND_MAX).unwrap_or(u32::MAX);
    in_range(given, 0, max).ok_or_else(|| {
        let what = "The number of questions".to_owned();
        Problem::new("planned_questions", Fault::OutOfRange { what, min: 0, max, given })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quiz_needs_a_name() {
        assert!(QuizInput::default().check().is_err());
        let quiz = QuizInput { name: "Thursday".to_owned(), description: None }.check().unwrap();
        assert_eq!(quiz.name.as_str(), "Thursday");
    }

    #[test]
    fn a_round_may_have_neither_title_nor_limit() {
        assert_eq!(RoundInput::default().check().unwrap(), RoundDraft::default());
        let blank = RoundInput { title: Some(" ".to_owned()), ..RoundInput::default() };
        assert_eq!(blank.check().unwrap(), RoundDraft::default());
    }

    #[test]
    fn all_problems_of_a_round_are_named() {
        let round =
            RoundInput { title: Some("t".repeat(121)), time_limit_seconds: Some(3_601), planned_questions: Some(101) };
        let fields: Vec<String> = round.check().unwrap_err().into_iter().map(|problem| problem.field).collect();
        assert_eq!(fields, ["title", "time_limit_seconds", "planned_questions"]);
    }

    #[test]
    fn the_limit_may_come_in_camel_case() {
        let round: RoundInput = serde_json::from_str(r#"{"timeLimitSeconds":45}"#).unwrap();
        assert_eq!(round.check().unwrap().time_limit_seconds, Some(45));
    }

    #[test]
    fn a_round_is_planned_for_as_many_as_fit() {
        let planned = |n| RoundInput { planned_questions: Some(n), ..RoundInput::default() }.check().is_ok();
        assert_eq!([-1, 0, 100, 101].map(planned), [false, true, true, false]);
    }
}
