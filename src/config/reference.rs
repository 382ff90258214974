//! What every setting is, for people and for programs. All of it is read from `default.toml`, where it is written down, and
//! from the table of settings.

use super::DEFAULTS;
use super::settings::{self, Setting};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// A setting, as `default.toml` describes it.
struct Described {
    setting: &'static Setting,
    /// Its comment, without the marks.
    text: String,
    /// Its default, or an example of a value.
    value: toml::Value,
    /// The same as it is written.
    written: &'static str,
    has_default: bool,
}

/// A [JSON Schema](https://json-schema.org/draft/2020-12/schema) of the configuration file, for editors: names, types,
/// defaults and descriptions. Ranges and what belongs together are checked by `quibble config check`.
pub fn schema() -> Value {
    let mut sections = Map::new();
    for Described { setting, text, value, has_default, .. } in all() {
        let section = sections
            .entry(setting.section())
            .or_insert_with(|| json!({ "type": "object", "additionalProperties": false, "properties": {} }));
        let mut about = match &value {
            toml::Value::Integer(_) => json!({ "type": "integer" }),
            toml::Value::Boolean(_) => json!({ "type": "boolean" }),
            // A list may be one text, with commas between.
            toml::Value::Array(_) => json!({ "type": ["array", "string"], "items": { "type": "string" } }),
            _ => json!({ "type": "string" }),
        };
        about["description"] = text.into();
        if has_default {
            about["default"] = json!(value);
        } else if !setting.is_secret {
            about["examples"] = json!([value]);
        }
        if setting.is_secret {
            about["writeOnly"] = true.into();
        }
        section["properties"][setting.leaf()] = about;
    }
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "quibble.toml",
        "type": "object",
        "additionalProperties": false,
        "properties": sections,
    })
}

/// What a setting is, for whoever asks about one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// In Markdown.
    pub text: String,
    /// As it is written in a file (TOML). None where there is none.
    pub default: Option<&'static str>,
    /// In the environment, by which one or the other.
    pub variables: Vec<String>,
    pub flag: Option<&'static str>,
    /// Nobody is shown its value.
    pub is_secret: bool,
}

/// Every setting by its key.
pub fn about() -> BTreeMap<&'static str, About> {
    let about = |Described { setting, text, written, has_default, .. }: Described| {
        let default = has_default.then_some(written);
        let Setting { key, flag, is_secret, .. } = *setting;
        (key, About { text, default, variables: setting.variables(), flag, is_secret })
    };
    all().into_iter().map(about).collect()
}

/// The page of all settings, in Markdown.
pub fn page() -> String {
    let mut page = String::from(
        "# Settings\n\nEvery setting with its default, made from `src/config/default.toml` (`UPDATE=1 cargo test --lib \
         config::reference`).\n`quibble config generate` prints the same as a configuration file, `quibble config show \
         --origin` what is in\neffect, `quibble config schema` a JSON Schema for editors.\n",
    );
    let mut section = "";
    for Described { setting, text, written, has_default, .. } in all() {
        if setting.section() != section {
            section = setting.section();
            page += &format!("\n## {section}\n");
        }
        page += &format!("\n### {}\n\n{}\n\n", setting.key, markdown(&text));
        let kind = match (has_default, setting.is_secret) {
            (true, _) => format!("Default: `{written}`"),
            (false, false) => format!("No default. Example: `{written}`"),
            (false, true) => "No default. A secret: nobody is shown it".to_owned(),
        };
        let variables: Vec<_> = setting.variables().iter().map(|name| format!("`{name}`")).collect();
        page += &format!("{kind}. In the environment: {}", variables.join(" or "));
        page += &setting.flag.map_or(".\n".to_owned(), |flag| format!(". Command line: `{flag}`.\n"));
    }
    page
}

/// Lines that are set off stay as they are.
fn markdown(text: &str) -> String {
    let mut lines = Vec::new();
    let mut is_set_off = false;
    for line in text.lines() {
        if line.starts_with("  ") != is_set_off {
            is_set_off = !is_set_off;
            lines.extend(if is_set_off { ["", "```text"] } else { ["```", ""] });
        }
        lines.push(line);
    }
    if is_set_off {
        lines.push("```");
    }
    lines.join("\n")
}

/// Every setting, in the order in which `default.toml` has them.
fn all() -> Vec<Described> {
    let (mut section, mut text, mut found) = ("", Vec::new(), Vec::new());
    for line in DEFAULTS.lines() {
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            section = name;
        }
        let example = line.strip_prefix('#').filter(|rest| rest.starts_with(|first: char| first.is_ascii_lowercase()));
        let assignment = example.unwrap_or(line);
        let value = toml::from_str::<toml::Table>(assignment).ok().and_then(|table| table.into_iter().next());
        if let Some((leaf, value)) = value
            && let Some(setting) = settings::find(&format!("{section}.{leaf}"))
        {
            let written = assignment.split_once(" = ").map_or(assignment, |(_, written)| written);
            found.push(Described { setting, text: text.join("\n"), value, written, has_default: example.is_none() });
        }
        match line.strip_prefix("# ") {
            Some(words) => text.push(words),
            None => text.clear(),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_is_on_the_page_and_in_the_schema() {
        assert_eq!(all().len(), settings::all().count());
        let (page, schema) = (page(), schema());
        for setting in settings::all() {
            assert!(page.contains(&format!("\n### {}\n", setting.key)), "{}", setting.key);
            let about = &schema["properties"][setting.section()]["properties"][setting.leaf()];
            assert!(about["description"].as_str().is_some_and(|text| text.len() > 20), "{}: {about}", setting.key);
        }
        let about = |section: &str, leaf: &str| schema["properties"][section]["properties"][leaf].clone();
        assert_eq!(about("server", "max_connections")["default"], 10_000);
        assert_eq!(about("server", "listen")["type"], json!(["array", "string"]));
        assert_eq!(about("data", "samples")["type"], "boolean");
        assert_eq!(about("database", "url")["writeOnly"], true);
        assert_eq!(about("database", "url")["examples"], Value::Null, "an example of a secret would be used");
    }

    #[test]
    fn the_page_is_fresh() {
        let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/settings.md");
        let updates = std::env::var_os("UPDATE").is_some();
        if updates {
            std::fs::write(&file, page()).unwrap();
        }
        assert!(
            std::fs::read_to_string(&file).is_ok_and(|kept| kept == page()),
            "docs/settings.md is stale: see its head"
        );
    }
}
