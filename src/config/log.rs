//! `[log]`: what is logged and how it looks.

use tracing_subscriber::EnvFilter;

use super::problem::{self, Wrong};
use super::reader::{Reader, Reported};
use super::settings::Setting;

pub(super) const SETTINGS: &[Setting] = &[
    Setting { short_names: &["LOG_LEVEL"], flag: Some("--log-level"), ..Setting::new("log.level") },
    Setting { flag: Some("--log-format"), ..Setting::new("log.format") },
];

const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

const FORMATS: &[(&str, LogFormat)] =
    &[("auto", LogFormat::Auto), ("pretty", LogFormat::Pretty), ("json", LogFormat::Json)];

/// What is logged and how it looks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// A filter that `tracing_subscriber::EnvFilter` is known to accept.
    pub level: String,
    /// How a line looks.
    pub format: LogFormat,
}

/// How a log line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// Pretty on a terminal, JSON otherwise.
    Auto,
    /// For people.
    Pretty,
    /// One object a line.
    Json,
}

impl Log {
    pub(super) fn read(reader: &mut Reader) -> Result<Self, Reported> {
        let level = reader.required("log.level", filter);
        let format = reader.choice("log.format", FORMATS);
        Ok(Self { level: level?, format: format? })
    }
}

fn filter(text: &str) -> Result<String, Wrong> {
    for directive in text.split(',').map(str::trim) {
        let level = directive.rsplit_once('=').map(|(_, level)| level);
        let span = directive.contains(['[', ']', '{', '}']);
        let word = level.unwrap_or(directive);
        let known = LEVELS.iter().any(|level| level.eq_ignore_ascii_case(word));
        // The library takes a bare word for a module to log everything of, so that "inof" would silence the rest.
        if !known && !span {
            return Err(unknown_level(directive, word, level.is_none()));
        }
    }
    // The library does not allow for the spaces that people write after commas.
    let filter = text.split(',').map(str::trim).collect::<Vec<_>>().join(",");
    EnvFilter::builder()
        .parse(&filter)
        .map_err(|error| Wrong::new(format!("{text:?} is not a log filter: {error}")))?;
    Ok(filter)
}

fn unknown_level(directive: &str, word: &str, bare: bool) -> Wrong {
    let wrong = Wrong::new(format!("{word:?} is not a log level"));
    let aliases = [("warning", "warn"), ("err", "error"), ("fatal", "error"), ("verbose", "debug"), ("none", "off")];
    let alias = aliases.iter().find(|(alias, _)| alias.eq_ignore_ascii_case(word)).map(|(_, level)| *level);
    if let Some(level) = alias.or_else(|| problem::nearest(word, LEVELS)) {
        return wrong.hint(format!("did you mean {level:?}?"));
    }
    if bare && !directive.is_empty() {
        return wrong.hint(format!("for everything that a module logs, write \"{directive}=trace\""));
    }
    wrong.hint("levels are error, warn, info, debug and trace")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_levels_and_filters() {
        for text in ["info", "INFO", "info,quibble::live=debug", "info,quibble[game{code}]=trace"] {
            assert_eq!(filter(text).as_deref(), Ok(text));
        }
        assert_eq!(filter("warn, hyper=off").as_deref(), Ok("warn,hyper=off"));
    }

    #[test]
    fn refuses_what_would_silence_the_log() {
        for (text, hint) in [
            ("inof", "did you mean \"info\"?"),
            ("warning", "did you mean \"warn\"?"),
            ("quibble", "\"quibble=trace\""),
            ("quibble=loud", "levels are"),
            ("info,", "levels are"),
            ("info,quibble=debg", "did you mean \"debug\"?"),
        ] {
            let wrong = filter(text).unwrap_err();
            assert!(wrong.hint.as_deref().unwrap_or("").contains(hint), "{text}: {wrong:?}");
        }
        assert!(filter("info,quibble[game=debug").is_err());
    }
}
