//! What is in effect, and who said so: for people who ask.

use super::problem::Origin;
use super::reader::{self, Reader};
use super::secret::Secret;
use super::settings::{self, Setting};
use figment::Figment;
use figment::value::Value;

/// A setting as it is in effect.
#[derive(Debug, Clone)]
pub struct Effective {
    /// `section.key`
    pub key: &'static str,
    /// None where nobody gave one.
    pub given: Option<(Shown, Origin)>,
}

/// A value that people may see, or that there is one.
#[derive(Debug, Clone)]
pub enum Shown {
    /// A secret.
    Hidden(Secret),
    /// As it stands in a configuration file (TOML).
    Value(String),
}

impl Effective {
    /// Whether another value is in effect, whoever said so.
    pub fn has_other_value_than(&self, other: &Self) -> bool {
        let value = |effective: &Self| match &effective.given {
            None => None,
            Some((Shown::Hidden(secret), _)) => Some(secret.expose().to_owned()),
            Some((Shown::Value(text), _)) => Some(text.clone()),
        };
        value(self) != value(other)
    }
}

/// Every setting, section by section. `defaults` says of what type a text of the environment is.
pub(super) fn all(reader: &Reader, defaults: &Figment) -> Vec<Effective> {
    let effective = |setting: &'static Setting| {
        let given = reader.given(setting.key).map(|(value, origin)| {
            let shown = if setting.is_secret {
                Shown::Hidden(Secret::new(toml(&value, None)))
            } else {
                Shown::Value(toml(&value, defaults.find_value(setting.key).ok().as_ref()))
            };
            (shown, origin)
        });
        Effective { key: setting.key, given }
    };
    settings::all().map(effective).collect()
}

/// A checked value, in the type of its default. A text of TOML escapes what one of JSON does, and in the same way.
fn toml(value: &Value, default: Option<&Value>) -> String {
    match (value, default) {
        (Value::String(_, text), Some(Value::Num(..))) => text.clone(),
        (Value::String(_, text), Some(Value::Bool(..))) => reader::is_true(text).unwrap_or_default().to_string(),
        (Value::String(_, text), Some(Value::Array(..))) => {
            let items: Vec<_> = text.split(',').map(|item| serde_json::Value::from(item.trim()).to_string()).collect();
            format!("[{}]", items.join(", "))
        }
        (Value::Array(_, items), _) => {
            let items: Vec<_> = items.iter().map(|item| toml(item, None)).collect();
            format!("[{}]", items.join(", "))
        }
        (Value::Num(_, number), _) => number.to_i128().map_or_else(String::new, |number| number.to_string()),
        (Value::Bool(_, value), _) => value.to_string(),
        (value, _) => serde_json::Value::from(value.as_str().unwrap_or_default()).to_string(),
    }
}
