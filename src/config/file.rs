//! The file layer: TOML with the position of every key.

use std::borrow::Cow;
use std::ops::Range;

use figment::value::{Empty, Num, Tag, Value};
use toml::Spanned;
use toml::de::{DeInteger, DeTable, DeValue};

use super::layers::Given;
use super::problem::{self, Layer, Origin, Problem};
use super::settings;

/// How many malformed statements of one file are told.
const MALFORMED_MAX: usize = 20;

/// How far back the beginning of a malformed statement is looked for, in lines.
const STATEMENT_LINES_MAX: usize = 50;

/// What a configuration text gives, and everything that is wrong with its form and its names.
///
/// `name` is how positions are reported: `name:12:1`. A malformed statement is reported and left
/// out, and the rest is read.
pub(super) fn read(layer: Layer, name: &str, text: &str) -> (Vec<Given>, Vec<Problem>) {
    // Editors on some systems begin a file with a byte order mark.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut file = File { layer, name, text, given: Vec::new(), problems: Vec::new() };
    let mut readable = Cow::Borrowed(text);
    for _ in 0..MALFORMED_MAX {
        let Err(error) = DeTable::parse(&readable) else {
            break;
        };
        let span = error.span().unwrap_or(0..0);
        let statement = statement_around(&readable, span.start);
        file.malformed(span, &statement, error.message());
        let blank: String =
            readable[statement.clone()].bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }).collect();
        readable.to_mut().replace_range(statement, &blank);
    }
    if let Ok(document) = DeTable::parse(&readable) {
        for (name, section) in in_order(document.get_ref()) {
            file.section(name, section);
        }
    }
    file.problems.sort_by_key(|(start, _)| *start);
    (file.given, file.problems.into_iter().map(|(_, problem)| problem).collect())
}

/// The lines of the statement in which the parser stumbled at byte `at`. The parser itself recovers too, but takes
/// what follows an unclosed bracket for its content, and then complains about every healthy line.
fn statement_around(text: &str, at: usize) -> Range<usize> {
    let mut starts = vec![0];
    starts.extend(text.match_indices('\n').map(|(newline, _)| newline + 1).filter(|start| *start < text.len()));
    let stumbled = starts.partition_point(|start| *start <= at).saturating_sub(1);
    // What stands before the statement is a healthy document of its own.
    let first = (stumbled.saturating_sub(STATEMENT_LINES_MAX)..=stumbled)
        .rev()
        .find(|line| DeTable::parse(&text[..starts[*line]]).is_ok())
        .unwrap_or(stumbled);
    let line = |index: usize| text[starts[index]..].lines().next().unwrap_or_default().trim_start();
    let is_header = |line: &str| {
        line.strip_prefix('[')
            .is_some_and(|rest| rest.trim_start_matches('[').starts_with(|first: char| first.is_ascii_alphabetic()))
    };
    let is_assignment = |line: &str| {
        let name =
            line.trim_start_matches(|letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-');
        name.len() < line.len() && name.trim_start().starts_with('=')
    };
    // Without its header, a section's settings would seem to belong to the section before.
    let ends = |index: &usize| is_header(line(*index)) || (!is_header(line(first)) && is_assignment(line(*index)));
    let end = (first + 1..starts.len()).find(ends).map_or(text.len(), |index| starts[index]);
    starts[first]..end
}

struct File<'a> {
    layer: Layer,
    name: &'a str,
    text: &'a str,
    given: Vec<Given>,
    /// With the byte at which each is, to tell them in the order of the file.
    problems: Vec<(usize, Problem)>,
}

impl File<'_> {
    fn section(&mut self, name: &Spanned<impl AsRef<str>>, section: &Spanned<DeValue<'_>>) {
        let (span, name) = (name.span(), name.get_ref().as_ref());
        if !settings::SECTIONS.contains(&name) {
            return self.unknown_section(span, name, section);
        }
        let DeValue::Table(table) = section.get_ref() else {
            let hint = format!("write it as a line of its own: [{name}]");
            return self.problem(span, name, "is a section, not a setting".to_owned(), Some(hint));
        };
        for (key, value) in in_order(table) {
            let full = format!("{name}.{}", key.get_ref());
            if settings::find(&full).is_none() {
                let hint = settings::nearest_key(&full).map(|near| format!("did you mean {near}?"));
                self.problem(key.span(), &full, "is not a setting".to_owned(), hint);
                continue;
            }
            let origin = self.origin(&key.span());
            self.given.push(Given { key: full, value: plain(value.get_ref()), origin });
        }
    }

    fn unknown_section(&mut self, span: Range<usize>, name: &str, section: &Spanned<DeValue<'_>>) {
        if let DeValue::Table(_) = section.get_ref() {
            let hint = problem::nearest(name, settings::SECTIONS)
                .map_or(format!("sections are {}", settings::SECTIONS.join(", ")), |near| {
                    format!("did you mean [{near}]?")
                });
            return self.problem(span, name, "is not a section".to_owned(), Some(hint));
        }
        let hint = match settings::nearest_key(name) {
            Some(near) => format!("did you mean {near}? Settings stand under their [section]"),
            None => format!("settings stand under their section, which is one of {}", settings::SECTIONS.join(", ")),
        };
        self.problem(span, name, "is not a setting".to_owned(), Some(hint));
    }

    /// The parser's sentence names what it expected; the line itself is not repeated, it may hold a secret.
    fn malformed(&mut self, span: Range<usize>, statement: &Range<usize>, message: &str) {
        let line = |at: usize| self.text.get(..at).unwrap_or(self.text).matches('\n').count() + 1;
        let begins = (line(statement.start) < line(span.start))
            .then(|| format!("it is in what begins in line {}", line(statement.start)));
        let name = self.name;
        self.problem(span, name, format!("is not TOML here: {message}"), begins);
    }

    fn problem(&mut self, span: Range<usize>, key: &str, what: String, hint: Option<String>) {
        let origin = self.origin(&span);
        self.problems.push((span.start, Problem { key: key.to_owned(), what, origin, hint }));
    }

    fn origin(&self, span: &Range<usize>) -> Origin {
        let before = self.text.get(..span.start).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Origin::new(self.layer, format!("{}:{line}:{column}", self.name))
    }
}

/// The entries of a table in the order of the file.
fn in_order<'t, 'i>(table: &'t DeTable<'i>) -> Vec<(&'t Spanned<Cow<'i, str>>, &'t Spanned<DeValue<'i>>)> {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    entries
}

/// The same value in the merge engine's type. It knows no dates, and no setting is one: they become "nothing".
fn plain(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => Value::from(text.as_ref()),
        DeValue::Integer(number) => Value::Num(Tag::Default, whole(number)),
        DeValue::Float(number) => Value::from(number.as_str().parse::<f64>().unwrap_or(f64::NAN)),
        DeValue::Boolean(value) => Value::from(*value),
        DeValue::Datetime(_) => Value::Empty(Tag::Default, Empty::Unit),
        DeValue::Array(items) => Value::from(items.iter().map(|item| plain(item.get_ref())).collect::<Vec<_>>()),
        DeValue::Table(table) => Value::from(
            table
                .iter()
                .map(|(key, value)| (key.get_ref().to_string(), plain(value.get_ref())))
                .collect::<figment::value::Dict>(),
        ),
    }
}

/// A number past 128 bits becomes the greatest one: it is out of every range anyhow.
fn whole(number: &DeInteger<'_>) -> Num {
    Num::I128(i128::from_str_radix(number.as_str(), number.radix()).unwrap_or(i128::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> Vec<String> {
        let (_, problems) = read(Layer::File, "quibble.toml", text);
        problems
            .iter()
            .map(|p| format!("{} {} {} | {}", p.origin, p.key, p.what, p.hint.as_deref().unwrap_or("")))
            .collect()
    }

    #[test]
    fn every_key_has_its_position() {
        let text = "\u{feff}# ä\n[server]\nlisten = [\n  \":1\",\n]\n  max_connections = 20\n[log]\nlevel = \"ä\" \n";
        let (given, problems) = read(Layer::File, "q.toml", text);
        assert_eq!(problems, []);
        let places: Vec<_> = given.iter().map(|given| format!("{} {}", given.key, given.origin.place)).collect();
        assert_eq!(places, ["server.listen q.toml:3:1", "server.max_connections q.toml:6:3", "log.level q.toml:8:1"]);
    }

    #[test]
    fn a_mistake_of_form_does_not_hide_the_others() {
        let text = "\
[server]
listen = [\":8080\"

[log]
levle = \"info\"
format = = \"json\"
[data]
samples = [
  1
  2,
]
dir = \"/srv\"
[log]
level = \"info\"
[lgo]
";
        let found: Vec<_> =
            problems(text).into_iter().map(|line| line.split(" here:").next().unwrap().to_owned()).collect();
        assert_eq!(
            found,
            [
                "quibble.toml:4:1 quibble.toml is not TOML",
                "quibble.toml:5:1 log.levle is not a setting | did you mean log.level?",
                "quibble.toml:6:10 quibble.toml is not TOML",
                "quibble.toml:10:3 quibble.toml is not TOML",
                "quibble.toml:13:2 quibble.toml is not TOML",
                "quibble.toml:15:2 lgo is not a section | did you mean [log]?",
            ]
        );
        assert!(problems(text)[0].ends_with("it is in what begins in line 2"), "{:?}", problems(text)[0]);
        assert!(read(Layer::File, "", text).0.iter().any(|given| given.key == "data.dir"));
    }

    #[test]
    fn a_file_cut_off_anywhere_is_read_without_a_panic() {
        let text = format!("{}[auth]\r\ndev_token = '''ä\n'''", super::super::DEFAULTS);
        for end in (0..text.len()).rev().step_by(13).filter(|end| text.is_char_boundary(*end)) {
            read(Layer::File, "", &text[..end]);
        }
    }

    #[test]
    fn a_file_of_nonsense_is_told_with_an_end() {
        let found = problems(&"key = = 1\n".repeat(1_000));
        assert_eq!(found.len(), 20);
    }

    #[test]
    fn a_broken_line_is_not_repeated() {
        for text in [
            "[auth]\ndev_token = \"hunter2",
            "[auth]\ndev_token = hunter2\n",
            "[auth]\ndev_token = \"hunter2\" x\n",
            "[auth]\ndev_token=\"a\"\ndev_token = \"hunter2\"",
        ] {
            let found = problems(text);
            assert!(!found.is_empty());
            assert!(!found.iter().any(|line| line.contains("hunter2")), "{found:#?}");
        }
    }

    #[test]
    fn keys_in_the_wrong_place_find_home() {
        assert_eq!(
            problems(
                "listen = \":8080\"\ncolour = 1\nlog = \"debug\"\n[server]\nlevel = \"info\"\n[servers]\nlisten = 1\n[theme]\n"
            ),
            [
                "quibble.toml:1:1 listen is not a setting | did you mean server.listen? Settings stand under their [section]",
                "quibble.toml:2:1 colour is not a setting | settings stand under their section, which is one of server, tls, acme, data, database, redis, log, auth, ops, game, backup, mail, webhooks",
                "quibble.toml:3:1 log is a section, not a setting | write it as a line of its own: [log]",
                "quibble.toml:5:1 server.level is not a setting | did you mean log.level?",
                "quibble.toml:6:2 servers is not a section | did you mean [server]?",
                "quibble.toml:8:2 theme is not a section | sections are server, tls, acme, data, database, redis, log, auth, ops, game, backup, mail, webhooks",
            ]
        );
    }
}
