//! Reads one setting after another from the merged layers, gives each its type, and collects what is wrong.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use figment::Figment;
use figment::value::{Empty, Value};

use super::Places;
use super::problem::{self, Layer, Origin, Problem, Wrong};

/// The sections' view of the merged configuration.
pub(super) struct Reader {
    pub figment: Figment,
    pub places: Places,
    /// Where a relative path starts when it was given outside the file.
    pub working_dir: PathBuf,
    /// Where a relative path of the file starts.
    pub file_dir: PathBuf,
    pub problems: Vec<Problem>,
}

/// Stands for a problem that is already in [`Reader::problems`].
#[derive(Debug)]
pub(super) struct Reported;

struct Found {
    value: Value,
    origin: Origin,
}

impl Reader {
    /// A text that must be there and that `parse` accepts.
    pub fn required<T>(&mut self, key: &str, parse: impl FnOnce(&str) -> Result<T, Wrong>) -> Result<T, Reported> {
        match self.optional(key, parse)? {
            Some(value) => Ok(value),
            None => Err(self.report_default(key, Wrong::new("has no value"))),
        }
    }

    /// A text that `parse` accepts, or nothing.
    pub fn optional<T>(
        &mut self,
        key: &str,
        parse: impl FnOnce(&str) -> Result<T, Wrong>,
    ) -> Result<Option<T>, Reported> {
        let Some(found) = self.find(key) else {
            return Ok(None);
        };
        let parsed = match &found.value {
            Value::String(_, text) => parse(text),
            other => Err(wrong_type("text in quotes", other)),
        };
        parsed.map(Some).map_err(|wrong| self.report_at(key, found.origin, wrong))
    }

    /// One of a few words.
    pub fn choice<T: Copy>(&mut self, key: &str, choices: &[(&'static str, T)]) -> Result<T, Reported> {
        let words = || choices.iter().map(|(word, _)| *word);
        self.required(key, |text| {
            let known = choices.iter().find(|(word, _)| word.eq_ignore_ascii_case(text));
            known.map(|(_, value)| *value).ok_or_else(|| {
                let wrong = Wrong::new(format!("{text:?} is not one of {}", words().collect::<Vec<_>>().join(", ")));
                match problem::nearest(text, words()) {
                    Some(word) => wrong.hint(format!("did you mean {word:?}?")),
                    None => wrong,
                }
            })
        })
    }

    /// A whole number within `range`.
    pub fn integer<T: TryFrom<u64>>(&mut self, key: &str, range: RangeInclusive<u64>) -> Result<T, Reported> {
        let expected = "a whole number";
        self.typed(key, |value, from_text| {
            let number = match value {
                Value::Num(_, number) if number.to_f64().is_none() => number.to_i128(),
                Value::String(_, text) if from_text => Some(parse_whole(text)?),
                other => return Err(wrong_type(expected, other)),
            };
            number
                .and_then(|number| u64::try_from(number).ok())
                .filter(|number| range.contains(number))
                .and_then(|number| T::try_from(number).ok())
                .ok_or_else(|| {
                    let found = number.map_or("a greater one".to_owned(), |number| number.to_string());
                    Wrong::new(format!("must be from {} to {}, found {found}", range.start(), range.end()))
                })
        })
    }

    /// True or false.
    pub fn boolean(&mut self, key: &str) -> Result<bool, Reported> {
        self.typed(key, |value, from_text| match value {
            Value::Bool(_, value) => Ok(*value),
            Value::String(_, text) if from_text => {
                is_true(text).ok_or_else(|| Wrong::new(format!("must be true or false, found {text:?}")))
            }
            other => Err(wrong_type("true or false", other)),
        })
    }

    /// A list of one to `max` texts, or one text with commas between them. Each wrong item is a problem of its own.
    pub fn list<T>(
        &mut self,
        key: &str,
        max: usize,
        parse: impl Fn(&str) -> Result<T, Wrong>,
    ) -> Result<Vec<T>, Reported> {
        let Some(Found { value, origin }) = self.find(key) else {
            return Err(self.report_default(key, Wrong::new("has no value")));
        };
        let texts = match texts(&value) {
            Ok(texts) if texts.is_empty() => Err(Wrong::new("is empty: at least one is needed")),
            Ok(texts) if texts.len() > max => {
                Err(Wrong::new(format!("has {} entries, at most {max} are possible", texts.len())))
            }
            Ok(texts) => Ok(texts),
            Err(wrong) => Err(wrong),
        };
        let texts = texts.map_err(|wrong| self.report_at(key, origin.clone(), wrong))?;
        let mut parsed = Vec::with_capacity(texts.len());
        let mut reported = None;
        for text in &texts {
            match parse(text) {
                Ok(value) => parsed.push(value),
                Err(wrong) => reported = Some(self.report_at(key, origin.clone(), wrong)),
            }
        }
        reported.map_or(Ok(parsed), Err)
    }

    /// A path, made absolute by the folder that its layer starts from.
    pub fn path(&mut self, key: &str) -> Result<Option<PathBuf>, Reported> {
        let base = self.base_of(key);
        self.optional(key, |text| {
            if text.is_empty() {
                return Err(Wrong::new("is empty").hint("remove it, or name a folder"));
            }
            if is_home(text) {
                return Err(Wrong::new(format!("{text:?} begins with \"~\", which means home only to a shell"))
                    .hint("write the whole path"));
            }
            Ok(base.join(text))
        })
    }

    /// The folder that a relative path in the value of `key` starts from.
    pub fn base_of(&self, key: &str) -> PathBuf {
        let from_file = self.find(key).is_some_and(|found| found.origin.layer == Layer::File);
        if from_file { self.file_dir.clone() } else { self.working_dir.clone() }
    }

    /// The value of `key` as it was given, and by whom.
    pub fn given(&self, key: &str) -> Option<(Value, Origin)> {
        self.find(key).map(|found| (found.value, found.origin))
    }

    /// Where the value of `key` comes from.
    pub fn origin(&self, key: &str) -> Origin {
        self.find(key).map_or(Origin::new(Layer::Default, ""), |found| found.origin)
    }

    /// Adds a problem with a value, where that value was given.
    pub fn report(&mut self, key: &str, wrong: Wrong) -> Reported {
        let origin = self.origin(key);
        self.report_at(key, origin, wrong)
    }

    /// Adds a problem with a value that nobody gave.
    pub fn report_default(&mut self, key: &str, wrong: Wrong) -> Reported {
        self.report_at(key, Origin::new(Layer::Default, ""), wrong)
    }

    fn report_at(&mut self, key: &str, origin: Origin, wrong: Wrong) -> Reported {
        self.problems.push(Problem { key: key.to_owned(), what: wrong.what, origin, hint: wrong.hint });
        Reported
    }

    /// A value that the environment and the command line give as text and the file gives in its type.
    fn typed<T>(&mut self, key: &str, convert: impl FnOnce(&Value, bool) -> Result<T, Wrong>) -> Result<T, Reported> {
        let Some(Found { value, origin }) = self.find(key) else {
            return Err(self.report_default(key, Wrong::new("has no value")));
        };
        let from_text = match origin.layer {
            Layer::Environment | Layer::Credential | Layer::Flag => true,
            Layer::Default | Layer::File => false,
        };
        convert(&value, from_text).map_err(|wrong| self.report_at(key, origin, wrong))
    }

    fn find(&self, key: &str) -> Option<Found> {
        let value = self.figment.find_value(key).ok()?;
        let metadata = self.figment.get_metadata(value.tag())?;
        let layer = Layer::named(&metadata.name)?;
        let place = metadata.source.as_ref().and_then(figment::Source::custom).unwrap_or_default();
        Some(Found { value, origin: Origin::new(layer, place) })
    }
}

/// Whether only a shell knows what a path means.
pub(super) fn is_home(path: &str) -> bool {
    path == "~" || path.starts_with("~/")
}

/// Yes or no, in the words that people use for it.
pub(super) fn is_true(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Some(true),
        "false" | "0" | "no" | "off" => Some(false),
        _ => None,
    }
}

fn parse_whole(text: &str) -> Result<i128, Wrong> {
    text.parse().map_err(|_| Wrong::new(format!("must be a whole number, found {text:?}")))
}

fn texts(value: &Value) -> Result<Vec<String>, Wrong> {
    let split = |text: &str| -> Vec<String> {
        text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
    };
    match value {
        Value::String(_, text) => Ok(split(text)),
        Value::Array(_, items) => {
            let mut texts = Vec::new();
            for item in items {
                let Value::String(_, text) = item else {
                    return Err(wrong_type("a list of texts in quotes", item));
                };
                texts.extend(split(text));
            }
            Ok(texts)
        }
        other => Err(wrong_type("a list of texts in quotes", other)),
    }
}

/// Names the type that was found, never the value: it may be a secret.
fn wrong_type(expected: &str, found: &Value) -> Wrong {
    let (found, hint) = match found {
        Value::String(..) | Value::Char(..) => ("text", Some("remove the quotes")),
        Value::Bool(..) => ("true or false", None),
        Value::Num(_, number) if number.to_f64().is_some() => ("a fraction", None),
        Value::Num(..) => ("a number", None),
        Value::Dict(..) => ("a section", None),
        Value::Array(..) => ("a list", None),
        Value::Empty(_, Empty::None | Empty::Unit) => ("a date or a time", None),
    };
    let wrong = Wrong::new(format!("must be {expected}, found {found}"));
    match hint {
        Some(hint) => wrong.hint(hint),
        None => wrong,
    }
}

/// The folder a relative path of `file` starts at.
pub(super) fn folder_of(file: &Path, working_dir: &Path) -> PathBuf {
    working_dir.join(file).parent().unwrap_or(working_dir).to_owned()
}
