//! A question bank's own words; its questions are checked one by one.

use serde::Deserialize;

use crate::quiz::text::{Description, Problem, Title};

/// A bank as clients send it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct BankInput {
    pub name: String,
    pub description: Option<String>,
}

/// The checked words of a bank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BankDraft {
    pub name: Title,
    pub description: Option<Description>,
}

impl BankInput {
    /// Checks everything at once.
    ///
    /// # Errors
    /// Every problem found; at least one.
    pub fn check(self) -> Result<BankDraft, Vec<Problem>> {
        let (name, description) = check_words(&self.name, self.description.as_deref())?;
        Ok(BankDraft { name, description })
    }
}

/// Banks and quizzes are named and described alike.
pub(crate) fn check_words(name: &str, description: Option<&str>) -> Result<(Title, Option<Description>), Vec<Problem>> {
    let name = Title::new("name", name);
    let description = description.map_or(Ok(None), Description::new);
    match (name, description) {
        (Ok(name), Ok(description)) => Ok((name, description)),
        (name, description) => Err(name.err().into_iter().chain(description.err()).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bank_needs_a_name_and_may_be_described() {
        let bank = BankInput { name: " Food ".to_owned(), description: Some("  ".to_owned()) }.check().unwrap();
        assert_eq!(bank.name.as_str(), "Food");
        assert_eq!(bank.description, None);
    }

    #[test]
    fn both_problems_are_named() {
        let found = BankInput { name: "a\nb".to_owned(), description: Some("x".repeat(1_001)) }.check().unwrap_err();
        let fields: Vec<&str> = found.iter().map(|problem| problem.field.as_str()).collect();
        assert_eq!(fields, ["name", "description"]);
    }
}
