//! The table of every setting. Names in the environment are made from it, and unknown keys are unknown to it.

use super::{acme, auth, backup, data, database, game, log, mail, ops, problem, redis, server, tls, webhooks};

/// One setting, as the outside names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Setting {
    /// `section.key`, as in the file.
    pub key: &'static str,
    /// Shorter published names in the environment.
    pub short_names: &'static [&'static str],
    /// The flag that sets it, if any.
    pub flag: Option<&'static str>,
    /// Nobody is shown its value.
    pub is_secret: bool,
}

/// Every setting there is.
pub(super) fn all() -> impl Iterator<Item = &'static Setting> + Clone {
    let sections = [
        server::SETTINGS,
        tls::SETTINGS,
        acme::SETTINGS,
        data::SETTINGS,
        database::SETTINGS,
        redis::SETTINGS,
        log::SETTINGS,
        auth::SETTINGS,
        ops::SETTINGS,
        game::SETTINGS,
        backup::SETTINGS,
        mail::SETTINGS,
        webhooks::SETTINGS,
    ];
    sections.into_iter().flatten()
}

/// Every section there is.
pub(super) const SECTIONS: [&str; 13] =
    ["server", "tls", "acme", "data", "database", "redis", "log", "auth", "ops", "game", "backup", "mail", "webhooks"];

pub(super) fn find(key: &str) -> Option<&'static Setting> {
    all().find(|setting| setting.key == key)
}

/// The key that an unknown `section.key` was probably meant to be: a near one of the same section,
/// else a near one of another section, else one that is near as a whole.
pub(super) fn nearest_key(unknown: &str) -> Option<&'static str> {
    let (section, leaf) = unknown.rsplit_once('.').unwrap_or(("", unknown));
    let of_section = all().filter(|setting| setting.section() == section);
    let keys = || all().map(|setting| setting.key);
    problem::nearest(leaf, of_section.map(Setting::leaf))
        .and_then(|leaf| {
            keys().find(|key| key.strip_prefix(section).is_some_and(|rest| rest.strip_prefix('.') == Some(leaf)))
        })
        .or_else(|| {
            let near = problem::nearest(leaf, all().map(Setting::leaf))?;
            all().find(|setting| setting.leaf() == near).map(|setting| setting.key)
        })
        .or_else(|| problem::nearest(unknown, keys()))
}

impl Setting {
    pub const fn new(key: &'static str) -> Self {
        Self { key, short_names: &[], flag: None, is_secret: false }
    }

    pub fn section(&self) -> &'static str {
        self.key.split_once('.').map_or("", |(section, _)| section)
    }

    pub fn leaf(&self) -> &'static str {
        self.key.split_once('.').map_or(self.key, |(_, leaf)| leaf)
    }

    /// Its own name in the environment: `QUIBBLE_SERVER__LISTEN`.
    pub fn variable(&self) -> String {
        format!("QUIBBLE_{}__{}", self.section(), self.leaf()).to_uppercase()
    }

    /// All names that set it directly, its own first.
    pub fn variables(&self) -> Vec<String> {
        let short = self.short_names.iter().map(|name| (*name).to_owned());
        std::iter::once(self.variable()).chain(short).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::problem::Layer;
    use super::super::{Config, DEFAULTS, Flags, Sources, file};
    use super::*;

    /// The settings of `default.toml` in its order: full key, whether it has a default, and whether a
    /// comment stands above it.
    fn described() -> Vec<(String, bool, bool)> {
        let mut section = "";
        let mut commented = false;
        let mut found = Vec::new();
        for line in DEFAULTS.lines() {
            if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
                section = name;
            }
            let disabled =
                line.strip_prefix('#').filter(|rest| rest.starts_with(|first: char| first.is_ascii_lowercase()));
            let assignment = disabled.unwrap_or(line);
            if let Some((key, _)) = assignment.split_once(" = ").filter(|_| !assignment.starts_with('#')) {
                found.push((format!("{section}.{key}"), disabled.is_none(), commented));
            }
            commented = line.starts_with("# ");
        }
        found
    }

    #[test]
    fn the_defaults_describe_exactly_the_settings() {
        let described = described();
        let mut keys: Vec<&str> = described.iter().map(|(key, _, _)| key.as_str()).collect();
        let mut table: Vec<&str> = all().map(|setting| setting.key).collect();
        keys.sort_unstable();
        table.sort_unstable();
        assert_eq!(keys, table);
        for (key, _, commented) in &described {
            assert!(commented, "{key} has no comment above it");
        }
        for setting in all() {
            assert!(SECTIONS.contains(&setting.section()), "{}", setting.key);
            let names = setting.short_names.iter().copied().chain(setting.flag);
            for name in names {
                assert!(DEFAULTS.contains(name), "default.toml does not mention {name}");
            }
        }
    }

    #[test]
    fn every_value_of_the_defaults_is_read() {
        let (given, problems) = file::read(Layer::Default, "default.toml", DEFAULTS);
        assert_eq!(problems, []);
        let with_default: Vec<String> =
            described().into_iter().filter(|(_, has, _)| *has).map(|(key, _, _)| key).collect();
        assert_eq!(given.iter().map(|given| given.key.clone()).collect::<Vec<_>>(), with_default);
    }

    #[test]
    fn the_examples_of_the_defaults_are_valid() {
        // Redis is reached by a URL or by its parts.
        let (before, redis) = DEFAULTS.split_once("[redis]\n").unwrap();
        let (redis, after) = redis.split_once("\n[").unwrap();
        let is_other_way = |line: &&str| line.starts_with("#addr") || line.starts_with("#password");
        let redis: Vec<_> = redis.lines().filter(|line| !is_other_way(line)).collect();
        let one_way = format!("{before}[redis]\n{}\n[{after}", redis.join("\n"));
        let enabled: String = one_way
            .lines()
            .map(|line| match line.strip_prefix('#') {
                Some(rest) if rest.starts_with(|first: char| first.is_ascii_lowercase()) => {
                    format!("{rest}\n")
                }
                Some(_) | None => format!("{line}\n"),
            })
            .collect();
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("quibble.toml");
        for mode in ["files", "acme"] {
            std::fs::write(&path, enabled.replace("mode = \"off\"", &format!("mode = \"{mode}\""))).unwrap();
            let listen = vec!["127.0.0.1:8080".to_owned()];
            let flags = Flags { config: Some(path.clone()), listen, ..Flags::default() };
            let refused = Config::load(Sources { flags, ..Sources::default() }).unwrap_err().to_string();
            // The example token has spaces on purpose, so that nobody keeps it.
            assert!(refused.contains("1 problem:\n  1. auth.dev_token: must be letters"), "{refused}");
        }
    }

    #[test]
    fn names_are_made_from_keys_and_none_is_used_twice() {
        assert_eq!(Setting::new("game.drain_grace_seconds").variable(), "QUIBBLE_GAME__DRAIN_GRACE_SECONDS");
        let mut names: Vec<String> = all().flat_map(Setting::variables).collect();
        let count = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
