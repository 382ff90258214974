//! What is wrong with a configuration, in words an operator can act on.

use std::fmt;

/// Everything that is wrong with a configuration, found in one go.
///
/// `Display` is a numbered list for people. It never contains the value of a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ConfigError {
    /// Never empty; in the order in which they were found: files, environment, values.
    pub problems: Vec<Problem>,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The setting it is about (`server.listen`), or the name that was met (`QUIBBLE_PROT`), or the file.
    pub key: String,
    /// What is wrong, as the rest of a sentence.
    pub what: String,
    /// Where it was said.
    pub origin: Origin,
    /// What was probably meant, or what to do.
    pub hint: Option<String>,
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Which layer gave it.
    pub layer: Layer,
    /// Where in the layer: `quibble.toml:12:1`, `LOG_LEVEL`, `ops.metrics_token`, `--listen`. Empty for a default.
    pub place: String,
}

/// The layers of a configuration, the weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layer {
    /// The embedded `default.toml`.
    Default,
    /// The configuration file.
    File,
    /// The environment.
    Environment,
    /// A file of systemd's for this service alone.
    Credential,
    /// The command line.
    Flag,
}

/// What a parser of one value has to say against it; the reader adds the key and the origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wrong {
    pub what: String,
    pub hint: Option<String>,
}

impl Wrong {
    pub fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), hint: None }
    }

    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl Origin {
    pub(super) fn new(layer: Layer, place: impl Into<String>) -> Self {
        Self { layer, place: place.into() }
    }
}

impl Layer {
    const ALL: [Self; 5] = [Self::Default, Self::File, Self::Environment, Self::Credential, Self::Flag];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::File => "file",
            Self::Environment => "environment variable",
            Self::Credential => "credential",
            Self::Flag => "command line",
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|layer| layer.name() == name)
    }
}

/// The candidate that `word` was probably meant to be, if one is near enough to be worth naming.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let comparable = |text: &str| text.to_lowercase().replace('-', "_");
    let word = comparable(word);
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&word, &comparable(candidate)), candidate))
        .filter(|(distance, candidate)| *distance <= (candidate.chars().count() / 3).clamp(1, 4))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let noun = if self.problems.len() == 1 { "problem" } else { "problems" };
        write!(f, "the configuration has {} {noun}:", self.problems.len())?;
        for (index, problem) in self.problems.iter().enumerate() {
            write!(f, "\n{:3}. {problem}", index + 1)?;
        }
        Ok(())
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}\n     from {}", self.key, self.what, self.origin)?;
        match &self.hint {
            Some(hint) => write!(f, "\n     {hint}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.layer {
            Layer::Default => f.write_str("the defaults"),
            Layer::File => f.write_str(&self.place),
            Layer::Environment => write!(f, "the environment variable {}", self.place),
            Layer::Credential => write!(f, "the credential {}", self.place),
            Layer::Flag => write!(f, "the command line, {}", self.place),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typing_slip_finds_its_neighbour_and_a_stranger_finds_none() {
        let keys = ["listen", "public_url", "max_connections"];
        assert_eq!(nearest("lisen", keys), Some("listen"));
        assert_eq!(nearest("public-url", keys), Some("public_url"));
        assert_eq!(nearest("MAX_CONECTIONS", keys), Some("max_connections"));
        assert_eq!(nearest("colour", keys), None);
        assert_eq!(nearest("", keys), None);
    }

    #[test]
    fn every_layer_is_found_by_its_name() {
        for layer in Layer::ALL {
            assert_eq!(Layer::named(layer.name()), Some(layer));
        }
        assert_eq!(Layer::named("elsewhere"), None);
    }
}
