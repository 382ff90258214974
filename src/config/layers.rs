//! The layers on top of each other: every given value is a provider of its own, so that its origin survives the merge.

use figment::value::{Dict, Map, Value};
use figment::{Figment, Metadata, Profile, Provider, Source};

use super::problem::{Layer, Origin, Problem};
use super::{Flags, settings};

/// One value that one place gives to one setting.
#[derive(Clone)]
pub(super) struct Given {
    pub key: String,
    pub value: Value,
    pub origin: Origin,
}

/// Merges what was given, the weakest first.
pub(super) fn merge(given: impl IntoIterator<Item = Given>) -> Figment {
    given.into_iter().fold(Figment::new(), Figment::merge)
}

/// What the command line gives.
pub(super) fn flags(flags: &Flags) -> (Vec<Given>, Vec<Problem>) {
    let mut given = Vec::new();
    let mut problems = Vec::new();
    let mut give = |key: &str, value: Option<Value>| {
        let flag = settings::find(key).and_then(|setting| setting.flag).unwrap_or_default();
        let origin = Origin::new(Layer::Flag, flag);
        given.extend(value.map(|value| Given { key: key.to_owned(), value, origin }));
    };
    give("server.listen", (!flags.listen.is_empty()).then(|| Value::from(flags.listen.clone())));
    give("server.public_url", flags.public_url.clone().map(Value::from));
    give("server.role", flags.role.clone().map(Value::from));
    give("log.level", flags.log_level.clone().map(Value::from));
    give("log.format", flags.log_format.clone().map(Value::from));
    match flags.data_dir.as_ref().map(|dir| dir.to_str()) {
        Some(None) => problems.push(Problem {
            key: "data.dir".to_owned(),
            what: "is not valid UTF-8".to_owned(),
            origin: Origin::new(Layer::Flag, "--data-dir"),
            hint: Some("choose a folder with a plain name".to_owned()),
        }),
        Some(Some(dir)) => give("data.dir", Some(Value::from(dir))),
        None => {}
    }
    (given, problems)
}

impl Provider for Given {
    fn metadata(&self) -> Metadata {
        Metadata::from(self.origin.layer.name(), Source::Custom(self.origin.place.clone()))
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        Ok(Profile::Default.collect(figment::util::nest(&self.key, self.value.clone()).into_dict().unwrap_or_default()))
    }
}
