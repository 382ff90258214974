//! The environment layer: exact names from the table, the published short names, credentials, and nothing else of ours.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use figment::value::Value;

use super::credentials::{self, Credentials};
use super::layers::Given;
use super::problem::{self, Layer, Origin, Problem};
use super::settings::{self, Setting};

/// The largest file that a `…_FILE` variable may name, and the largest credential, in bytes.
const VALUE_FILE_BYTES_MAX: u64 = 64 * 1024;

/// Names of ours that are no setting.
pub(super) const CONFIG_VARIABLE: &str = "QUIBBLE_CONFIG";
/// Accepted for the sake of existing deployments. There is no telemetry to disable.
const TELEMETRY_VARIABLE: &str = "QUIBBLE_TELEMETRY_DISABLED";

/// Published names that this version does not act on, and what to say about them.
const NOT_YET: &[(&[&str], &str)] = &[
    (
        &["AUTH0_DOMAIN", "AUTH0_AUDIENCE", "AUTH0_CLIENT_ID", "AUTH0_CLIENT_SECRET", "AUTH0_BASE_URL"],
        "this version does not sign hosts in through Auth0: they have accounts here",
    ),
    (
        &["AUTH_GITHUB_CLIENT_ID", "AUTH_GITHUB_CLIENT_SECRET"],
        "this version does not sign hosts in through GitHub: they have accounts here",
    ),
    (&["WHITELISTED_EMAILS"], "in this version nobody can sign up by e-mail"),
];

/// The variables of a process, or of a test.
#[derive(Clone, Default)]
pub struct Environment {
    variables: BTreeMap<String, OsString>,
}

impl Environment {
    /// What this process was started with. Names that are not UTF-8 are none of ours and left out.
    #[must_use]
    pub fn of_process() -> Self {
        std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value))).collect()
    }

    /// The value of a variable; one that is set but empty counts as not set.
    pub(super) fn value(&self, name: &str) -> Option<&OsStr> {
        self.variables.get(name).map(OsString::as_os_str).filter(|value| !value.is_empty())
    }
}

/// What the environment and the credentials in it give, everything that is wrong with that, and what to warn of.
pub(super) fn read(environment: &Environment, working_dir: &Path) -> (Vec<Given>, Vec<Problem>, Vec<String>) {
    let mut given = Vec::new();
    let mut problems = Vec::new();
    let credentials = Credentials::of(environment).unwrap_or_else(|problem| {
        problems.push(problem);
        Credentials::default()
    });
    for setting in settings::all() {
        match of_setting(environment, &credentials, setting, working_dir) {
            Ok(value) => given.extend(value),
            Err(problem) => problems.push(problem),
        }
    }
    problems.extend(environment.variables.iter().filter_map(|(name, value)| unknown(name, value)));
    let warnings = [warnings(environment), credentials.warnings()].concat();
    (given, problems, warnings)
}

/// Whether any value is in a file, or in the folder of credentials.
pub(super) fn has_values_in_files(environment: &Environment) -> bool {
    let files = settings::all().flat_map(Setting::variables).map(|name| format!("{name}_FILE"));
    files.chain([credentials::FOLDER_VARIABLE.to_owned()]).any(|name| environment.value(&name).is_some())
}

/// One place that gives a value.
enum Place {
    Variable(String),
    /// A variable that names a file.
    FileOf(String),
    Credential(PathBuf),
}

fn of_setting(
    environment: &Environment,
    credentials: &Credentials,
    setting: &Setting,
    working_dir: &Path,
) -> Result<Option<Given>, Problem> {
    let is_set = |name: &String| environment.value(name).is_some_and(|value| !is_link(value));
    let direct = setting.variables().into_iter();
    let by_file = setting.variables().into_iter().map(|name| format!("{name}_FILE"));
    let variables = direct.filter(is_set).map(Place::Variable).chain(by_file.filter(is_set).map(Place::FileOf));
    let places: Vec<_> = variables.chain(credentials.file(setting.key).map(Place::Credential)).collect();
    let problem = |place: &Place, what: String, hint: &str| Problem {
        key: setting.key.to_owned(),
        what,
        origin: place.origin(setting),
        hint: Some(hint.to_owned()),
    };
    let place = match places.as_slice() {
        [] => return Ok(None),
        [one] => one,
        [one, .., last] => {
            let what = format!("is set twice, by {} and by {}", one.named(setting), last.named(setting));
            return Err(problem(one, what, "keep one of the two"));
        }
    };
    let text = place.text(environment, working_dir).map_err(|(what, hint)| problem(place, what, hint))?;
    Ok(Some(Given { key: setting.key.to_owned(), value: Value::from(text), origin: place.origin(setting) }))
}

impl Place {
    fn origin(&self, setting: &Setting) -> Origin {
        match self {
            Self::Variable(name) | Self::FileOf(name) => Origin::new(Layer::Environment, name.as_str()),
            Self::Credential(_) => Origin::new(Layer::Credential, setting.key),
        }
    }

    fn named(&self, setting: &Setting) -> String {
        match self {
            Self::Variable(name) | Self::FileOf(name) => name.clone(),
            Self::Credential(_) => format!("the credential {}", setting.key),
        }
    }

    /// The value, or what is wrong and what to do.
    fn text(&self, environment: &Environment, working_dir: &Path) -> Result<String, (String, &'static str)> {
        let variable = |name| {
            let value = environment.value(name).and_then(OsStr::to_str);
            value.ok_or_else(|| ("is not valid UTF-8".to_owned(), "set it again, as plain text"))
        };
        let file = match self {
            Self::Variable(name) => return variable(name).map(str::to_owned),
            Self::FileOf(name) => working_dir.join(variable(name)?),
            Self::Credential(file) => file.clone(),
        };
        read_value_file(&file).map_err(|error| {
            let what = format!("cannot be read from {:?}: {error}", file.display().to_string());
            (what, "name a readable file that holds only the value")
        })
    }
}

/// The text of a mounted value, without the line break that editors leave at its end.
fn read_value_file(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(VALUE_FILE_BYTES_MAX + 1).read_to_string(&mut text)?;
    if text.len() as u64 > VALUE_FILE_BYTES_MAX {
        return Err(io::Error::other(format!("it is larger than {VALUE_FILE_BYTES_MAX} bytes")));
    }
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

/// A problem if `name` claims to be ours and is not. Its value is never repeated: it may be a misspelt secret.
fn unknown(name: &str, value: &OsStr) -> Option<Problem> {
    let rest = name.strip_prefix("QUIBBLE_")?;
    let known: Vec<String> = settings::all()
        .flat_map(Setting::variables)
        .filter(|known| known.starts_with("QUIBBLE_"))
        .chain([CONFIG_VARIABLE.to_owned(), TELEMETRY_VARIABLE.to_owned()])
        .collect();
    let is_known = |name: &str| known.iter().any(|known| known == name);
    let by_file = name.strip_suffix("_FILE").is_some_and(|name| name != CONFIG_VARIABLE && is_known(name));
    if value.is_empty() || is_known(name) || by_file || is_service_link(rest, value) {
        return None;
    }
    let rests = known.iter().filter_map(|known| known.strip_prefix("QUIBBLE_"));
    let key = rest.to_lowercase().replacen("__", ".", 1);
    let near = match rest {
        "PORT" | "ADDR" | "ADDRESS" | "HOST" | "BIND" => settings::find("server.listen").map(Setting::variable),
        "CONFIG_FILE" => Some(CONFIG_VARIABLE.to_owned()),
        _ => settings::nearest_key(&key)
            .and_then(settings::find)
            .map(Setting::variable)
            .or_else(|| problem::nearest(rest, rests).map(|near| format!("QUIBBLE_{near}"))),
    };
    Some(Problem {
        key: name.to_owned(),
        what: "is not a setting".to_owned(),
        origin: Origin::new(Layer::Environment, name),
        hint: Some(
            near.map_or("names are QUIBBLE_<SECTION>__<KEY>".to_owned(), |near| format!("did you mean {near}?")),
        ),
    })
}

/// Whether Kubernetes put this variable there, for a Service whose name begins with `quibble`
/// (<https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables>).
/// `rest` is the name after `QUIBBLE_`.
fn is_service_link(rest: &str, value: &OsStr) -> bool {
    let is_port = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()) && !text.is_empty();
    let parts: Vec<&str> = rest.split('_').collect();
    let protocols = ["TCP", "UDP", "SCTP"];
    match parts.as_slice() {
        [.., "SERVICE", "HOST" | "PORT"] => true,
        [.., "PORT", port, protocol] | [.., "PORT", port, protocol, "PROTO" | "PORT" | "ADDR"] => {
            is_port(port) && protocols.contains(protocol)
        }
        // By hand one would write a number here, meaning to choose our port: that is worth a word.
        [.., "PORT"] => value.to_str().is_some_and(|value| value.contains("://")),
        // A named port: QUIBBLE_SERVICE_PORT_HTTP.
        parts => parts.windows(2).any(|pair| pair == ["SERVICE", "PORT"]),
    }
}

fn warnings(environment: &Environment) -> Vec<String> {
    let warning = |(names, but): &(&[&str], &str)| {
        let names = names.iter().flat_map(|name| [(*name).to_owned(), format!("{name}_FILE")]);
        let set: Vec<String> =
            names.filter(|name| environment.value(name).is_some_and(|value| !is_link(value))).collect();
        let (last, others) = set.split_last()?;
        if others.is_empty() {
            return Some(format!("{last} is set, but {but}"));
        }
        Some(format!("{} and {last} are set, but {but}", others.join(", ")))
    };
    NOT_YET.iter().filter_map(warning).collect()
}

/// `SMTP_PORT=tcp://10.0.0.1:25` is no setting but a Kubernetes Service named `smtp`.
fn is_link(value: &OsStr) -> bool {
    value.to_str().is_some_and(|value| value.starts_with("tcp://") || value.starts_with("udp://"))
}

impl<N: Into<String>, V: Into<OsString>> FromIterator<(N, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(variables: I) -> Self {
        Self { variables: variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect() }
    }
}

/// Names only: values may be secrets.
impl std::fmt::Debug for Environment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.variables.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(variables: &[(&str, &str)], expected: &[&str]) {
        let environment: Environment = variables.iter().copied().collect();
        let (_, problems, _) = read(&environment, Path::new("/"));
        let lines: Vec<_> =
            problems.iter().map(|p| format!("{}: {} | {}", p.key, p.what, p.hint.as_deref().unwrap_or(""))).collect();
        assert_eq!(lines, expected);
    }

    #[test]
    fn what_kubernetes_injects_is_ignored() {
        check(
            &[
                ("QUIBBLE_SERVICE_HOST", "10.0.0.1"),
                ("QUIBBLE_SERVICE_PORT", "80"),
                ("QUIBBLE_SERVICE_PORT_HTTP", "80"),
                ("QUIBBLE_PORT", "tcp://10.0.0.1:80"),
                ("QUIBBLE_PORT_8080_TCP", "tcp://10.0.0.1:8080"),
                ("QUIBBLE_PORT_8080_TCP_PROTO", "tcp"),
                ("QUIBBLE_PORT_8080_TCP_PORT", "8080"),
                ("QUIBBLE_PORT_8080_TCP_ADDR", "10.0.0.1"),
                ("QUIBBLE_PORT_53_UDP", "udp://10.0.0.1:53"),
                ("QUIBBLE_WEB_SERVICE_HOST", "10.0.0.2"),
                ("QUIBBLE_WEB_PORT_80_TCP_ADDR", "10.0.0.2"),
                ("QUIBBLE_WEB_PORT", "tcp://10.0.0.2:80"),
                ("QUIBBLE_TELEMETRY_DISABLED", "1"),
                ("QUIBBLE_NOTHING", ""),
                ("QUIBBLER", "1"),
                ("PATH", "/bin"),
            ],
            &[],
        );
    }

    #[test]
    fn an_unknown_name_of_ours_is_a_problem_and_its_value_is_not_shown() {
        check(
            &[
                ("QUIBBLE_AUTH__DEV_TOKN", "hunter2"),
                ("QUIBBLE_CONFIG_FILE", "a.toml"),
                ("QUIBBLE_FOO", "1"),
                ("QUIBBLE_LISTEN", ":80"),
                ("QUIBBLE_PORT", "8080"),
                ("QUIBBLE_PORT_X_TCP", "1"),
                ("QUIBBLE_SERVER_LISTEN", ":80"),
                ("QUIBBLE_SERVER__LEVEL", "info"),
            ],
            &[
                "QUIBBLE_AUTH__DEV_TOKN: is not a setting | did you mean QUIBBLE_AUTH__DEV_TOKEN?",
                "QUIBBLE_CONFIG_FILE: is not a setting | did you mean QUIBBLE_CONFIG?",
                "QUIBBLE_FOO: is not a setting | names are QUIBBLE_<SECTION>__<KEY>",
                "QUIBBLE_LISTEN: is not a setting | did you mean QUIBBLE_SERVER__LISTEN?",
                "QUIBBLE_PORT: is not a setting | did you mean QUIBBLE_SERVER__LISTEN?",
                "QUIBBLE_PORT_X_TCP: is not a setting | names are QUIBBLE_<SECTION>__<KEY>",
                "QUIBBLE_SERVER_LISTEN: is not a setting | did you mean QUIBBLE_SERVER__LISTEN?",
                "QUIBBLE_SERVER__LEVEL: is not a setting | did you mean QUIBBLE_LOG__LEVEL?",
            ],
        );
    }

    #[test]
    fn one_setting_from_two_names_is_refused() {
        check(
            &[
                ("ADDR", ":80"),
                ("QUIBBLE_SERVER__LISTEN", ":81"),
                ("DEV_AUTH_TOKEN", "a"),
                ("DEV_AUTH_TOKEN_FILE", "/a"),
            ],
            &[
                "server.listen: is set twice, by QUIBBLE_SERVER__LISTEN and by ADDR | keep one of the two",
                "auth.dev_token: is set twice, by DEV_AUTH_TOKEN and by DEV_AUTH_TOKEN_FILE | keep one of the two",
            ],
        );
    }

    #[test]
    fn published_names_without_effect_are_told() {
        let environment: Environment = [
            ("AUTH0_DOMAIN", "quiz.example.org"),
            ("AUTH0_CLIENT_SECRET_FILE", "/run/secrets/auth0"),
            ("AUTH0_CLIENT_ID", "hunter2"),
            ("WHITELISTED_EMAILS", ""),
        ]
        .into_iter()
        .collect();
        assert_eq!(
            warnings(&environment),
            [
                "AUTH0_DOMAIN, AUTH0_CLIENT_ID and AUTH0_CLIENT_SECRET_FILE are set, but this version does not sign hosts \
              in through Auth0: they have accounts here"
            ]
        );
        assert!(!format!("{environment:?}").contains("hunter2"));
    }

    #[test]
    fn what_kubernetes_says_of_a_service_is_no_setting() {
        let environment: Environment =
            [("SMTP_PORT", "tcp://10.0.0.1:25"), ("SMTP_HOST", "mail.example.org")].into_iter().collect();
        let (given, problems, warnings) = read(&environment, Path::new("/"));
        assert_eq!(given.iter().map(|given| given.key.as_str()).collect::<Vec<_>>(), ["mail.host"]);
        assert_eq!((problems.len(), warnings.len()), (0, 0));
    }

    #[test]
    fn a_value_file_is_read_without_its_line_break_and_up_to_its_limit() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("token");
        std::fs::write(&path, " spaced \r\n").unwrap();
        assert_eq!(read_value_file(&path).unwrap(), " spaced ");
        std::fs::write(&path, "a".repeat(64 * 1024)).unwrap();
        assert!(read_value_file(&path).is_ok());
        std::fs::write(&path, "a".repeat(64 * 1024 + 1)).unwrap();
        assert!(read_value_file(&path).is_err());
        assert!(read_value_file(&dir.path().join("none")).is_err());
    }
}
