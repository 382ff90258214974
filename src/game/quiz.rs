//! The frozen copy of a quiz that one game plays: editing a bank tonight cannot change tonight's game.

use super::ids::QuestionId;
use super::marking::Marking;
use serde::{Deserialize, Serialize};

/// A quiz as it was when its game was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrozenQuiz {
    pub name: String,
    pub rounds: Vec<FrozenRound>,
}

/// A round of a frozen quiz. Never empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrozenRound {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Seconds from the release of its first question until every question of the round closes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_limit_seconds: Option<u32>,
    pub questions: Vec<FrozenQuestion>,
}

/// A question of a frozen quiz. Its id is unique within the quiz.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrozenQuestion {
    pub id: QuestionId,
    pub prompt: String,
    /// Whole points for full credit.
    pub points: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    /// Seconds from its release until it closes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_limit_seconds: Option<u32>,
    pub key: Key,
}

/// How a question is answered, and what is right.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type")]
pub enum Key {
    #[serde(rename = "multiple_choice")]
    MultipleChoice { choices: Vec<Choice> },
    #[serde(rename = "text")]
    Text {
        accepted: Vec<String>,
        #[serde(default)]
        marking: Marking,
    },
}

/// An option of a multiple-choice question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    pub text: String,
    pub correct: bool,
}

/// Points in thousandths, so that half points are exact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Points(pub i64);

impl FrozenQuiz {
    /// The question with this id and the index of its round.
    pub fn find(&self, id: QuestionId) -> Option<(usize, &FrozenQuestion)> {
        self.rounds.iter().enumerate().find_map(|(round, frozen)| {
            let question = frozen.questions.iter().find(|question| question.id == id)?;
            Some((round, question))
        })
    }
}

impl FrozenQuestion {
    /// The right answers in words: every accepted spelling, or the text of the right option.
    pub fn correct_answers(&self) -> Vec<String> {
        match &self.key {
            Key::MultipleChoice { choices } => {
                choices.iter().filter(|choice| choice.correct).map(|choice| choice.text.clone()).collect()
            }
            Key::Text { accepted, .. } => accepted.clone(),
        }
    }
}

impl Points {
    /// Whole points.
    pub fn whole(points: u32) -> Self {
        Self(i64::from(points) * 1_000)
    }

    /// Whole and half points, as a JSON number has them. None for any other number, and past a billion.
    pub fn from_number(points: f64) -> Option<Self> {
        let halves = points * 2.0;
        if !halves.is_finite() || halves.fract() != 0.0 || halves.abs() > 2e9 {
            return None;
        }
        #[expect(clippy::cast_possible_truncation, reason = "a whole number far below 2^63")]
        let halves = halves as i64;
        Some(Self(halves * 500))
    }

    /// Whether there is nothing finer than a half point.
    pub fn is_halves(self) -> bool {
        self.0 % 500 == 0
    }
}

impl std::iter::Sum for Points {
    fn sum<I: Iterator<Item = Self>>(points: I) -> Self {
        Self(points.map(|points| points.0).sum())
    }
}

/// As a JSON number: an integer where it is whole, else with its decimals.
impl Serialize for Points {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0 % 1_000 == 0 {
            serializer.serialize_i64(self.0 / 1_000)
        } else {
            #[expect(clippy::cast_precision_loss, reason = "scores are far below 2^52 thousandths")]
            serializer.serialize_f64(self.0 as f64 / 1_000.0)
        }
    }
}

impl std::fmt::Display for Points {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, part) = (self.0.unsigned_abs() / 1_000, self.0.unsigned_abs() % 1_000);
        if part == 0 {
            return write!(f, "{sign}{whole}");
        }
        write!(f, "{sign}{whole}.{}", format!("{part:03}").trim_end_matches('0'))
    }
}
