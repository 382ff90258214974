//! The whole road from layers to a configuration or to its problems.

use std::fs;
use std::time::Duration;

use tempfile::TempDir;

use super::*;

/// A place of its own with one file, which is read when it has a text.
struct Case {
    dir: TempDir,
    sources: Sources,
}

impl Case {
    fn new(file: &str, variables: &[(&str, &str)]) -> Self {
        let dir = TempDir::new().unwrap();
        let path = dir.path().join("quibble.toml");
        if !file.is_empty() {
            fs::write(&path, file).unwrap();
        }
        let sources = Sources {
            flags: Flags::default(),
            environment: variables.iter().copied().collect(),
            places: Places { config_files: vec![path], data_dir: Some("/home/me/.local/state/quibble".into()) },
            working_dir: dir.path().to_owned(),
        };
        Self { dir, sources }
    }

    fn flags(mut self, flags: Flags) -> Self {
        self.sources.flags = flags;
        self
    }

    fn load(&self) -> Result<Config, ConfigError> {
        Config::load(self.sources.clone())
    }

    #[track_caller]
    fn ok(&self) -> Config {
        self.load().unwrap_or_else(|error| panic!("{error}"))
    }

    /// The printed problems, with the file's folder left out.
    #[track_caller]
    fn refused(&self) -> String {
        self.load().unwrap_err().to_string().replace(&format!("{}/", self.dir.path().display()), "")
    }
}

fn listens(config: &Config) -> Vec<String> {
    config.server.listen.iter().map(ToString::to_string).collect()
}

#[test]
fn the_defaults_alone_are_a_configuration() {
    let config = Case::new("", &[]).ok();
    assert_eq!(listens(&config), ["0.0.0.0:8080", "[::]:8080"]);
    assert_eq!(config.server.public_url, None);
    assert_eq!(config.server.max_connections, 10_000);
    assert_eq!(config.data, Data { dir: "/home/me/.local/state/quibble".into(), samples: true });
    assert_eq!(config.log, Log { level: "info".to_owned(), format: LogFormat::Auto });
    assert!(config.auth.dev_token.is_none());
    assert_eq!(config.game.drain_delay, Duration::from_secs(5));
    assert_eq!(config.game.drain_grace, Duration::from_secs(10));
    assert_eq!(config.game.reconnect_spread, Duration::from_secs(2));
    assert_eq!(config.file, None);
    assert_eq!(config.warnings, [""; 0]);
}

#[test]
fn each_layer_beats_the_one_before() {
    let file = "[server]\nlisten = [\"127.0.0.1:1\"]\n[log]\nlevel = \"warn\"\n[data]\nsamples = false\n";
    let config = Case::new(file, &[]).ok();
    assert_eq!((listens(&config), config.log.level.as_str()), (vec!["127.0.0.1:1".to_owned()], "warn"));
    assert_eq!(config.log.format, LogFormat::Auto);
    assert!(!config.data.samples);
    assert!(config.file.is_some());

    let variables = [("ADDR", "127.0.0.1:2, 127.0.0.1:2"), ("LOG_LEVEL", "debug"), ("QUIBBLE_DATA__SAMPLES", "1")];
    let config = Case::new(file, &variables).ok();
    assert_eq!((listens(&config), config.log.level.as_str()), (vec!["127.0.0.1:2".to_owned()], "debug"));
    assert!(config.data.samples);

    let flags = Flags {
        listen: vec!["127.0.0.1:3".to_owned(), "[::1]:4".to_owned()],
        log_level: Some("trace".to_owned()),
        log_format: Some("json".to_owned()),
        public_url: Some("https://pub.example/".to_owned()),
        data_dir: Some("here".into()),
        config: None,
        role: Some("all".to_owned()),
    };
    let case = Case::new(file, &variables).flags(flags);
    let config = case.ok();
    assert_eq!(listens(&config), ["127.0.0.1:3", "[::1]:4"]);
    assert_eq!(config.log, Log { level: "trace".to_owned(), format: LogFormat::Json });
    assert_eq!(config.server.public_url.as_ref().map(PublicUrl::as_str), Some("https://pub.example"));
    assert_eq!(config.data.dir, case.dir.path().join("here"));
}

#[test]
fn the_own_name_of_every_setting_works_in_the_environment() {
    let config = Case::new(
        "",
        &[
            ("QUIBBLE_SERVER__LISTEN", "localhost:80"),
            ("QUIBBLE_SERVER__PUBLIC_URL", "http://pub"),
            ("QUIBBLE_SERVER__MAX_CONNECTIONS", "1000000"),
            ("QUIBBLE_DATA__DIR", "/srv/quibble"),
            ("QUIBBLE_DATA__SAMPLES", "off"),
            ("QUIBBLE_LOG__LEVEL", "error"),
            ("QUIBBLE_LOG__FORMAT", "pretty"),
            ("QUIBBLE_AUTH__DEV_TOKEN", "true"),
            ("QUIBBLE_GAME__DRAIN_DELAY_SECONDS", "1"),
            ("QUIBBLE_GAME__DRAIN_GRACE_SECONDS", "300"),
            ("QUIBBLE_GAME__RECONNECT_SPREAD_MS", "0"),
        ],
    )
    .ok();
    assert_eq!(listens(&config), ["127.0.0.1:80", "[::1]:80"]);
    assert_eq!(config.server.max_connections, 1_000_000);
    assert_eq!(config.data, Data { dir: "/srv/quibble".into(), samples: false });
    assert_eq!(config.log, Log { level: "error".to_owned(), format: LogFormat::Pretty });
    assert_eq!(config.auth.dev_token.as_ref().map(Secret::expose), Some("true"));
    assert_eq!(
        config.game,
        Game {
            drain_delay: Duration::from_secs(1),
            drain_grace: Duration::from_mins(5),
            reconnect_spread: Duration::ZERO
        }
    );
}

#[test]
fn a_secret_that_looks_like_a_number_stays_as_written() {
    for token in ["12345678", "1.50", "true", "[1]", "\"quoted\"", "0x10"] {
        let config = Case::new("", &[("DEV_AUTH_TOKEN", token), ("ADDR", "127.0.0.1:8080")]).ok();
        assert_eq!(config.auth.dev_token.as_ref().map(Secret::expose), Some(token));
    }
    let case = Case::new("", &[("DEV_AUTH_TOKEN_FILE", "token"), ("ADDR", "127.0.0.1:8080")]);
    fs::write(case.dir.path().join("token"), "12345678\n").unwrap();
    assert_eq!(case.ok().auth.dev_token.as_ref().map(Secret::expose), Some("12345678"));
}

#[test]
fn seven_mistakes_are_seven_problems() {
    let file = "\
lisen = 1
[server]
listen = [\":8080\", \"8081\", \"0.0.0.0:x\"]
max_connections = \"20\"
[log]
levl = \"info\"
format = \"jsn\"
[gme]
drain_grace_seconds = 301
[data]
samples = 1
";
    assert_eq!(
        Case::new(file, &[]).refused(),
        "\
the configuration has 8 problems:
  1. lisen: is not a setting
     from quibble.toml:1:1
     did you mean server.listen? Settings stand under their [section]
  2. log.levl: is not a setting
     from quibble.toml:6:1
     did you mean log.level?
  3. gme: is not a section
     from quibble.toml:8:2
     did you mean [game]?
  4. server.listen: \"8081\" is a port without an address
     from quibble.toml:3:1
     did you mean \":8081\"?
  5. server.listen: \"x\" is not a port
     from quibble.toml:3:1
     a port is a number from 0 to 65535
  6. server.max_connections: must be a whole number, found text
     from quibble.toml:4:1
     remove the quotes
  7. data.samples: must be true or false, found a number
     from quibble.toml:11:1
  8. log.format: \"jsn\" is not one of auto, pretty, json
     from quibble.toml:7:1
     did you mean \"json\"?"
    );
}

#[test]
fn one_mistake_in_each_layer_is_told_with_its_place() {
    let flags = Flags { log_level: Some("inof".to_owned()), ..Flags::default() };
    let case = Case::new(
        "[server]\npublic_url = \"quiz\"\n",
        &[
            ("QUIBBLE_GAME__DRAIN_GRACE_SECONDS", "301"),
            ("QUIBBLE_SERVER__MAX_CONNECTIONS", "many"),
            ("QUIBBLE_DATA__SAMPLES", "maybe"),
            ("QUIBBLE_SEVER__LISTEN", ":80"),
        ],
    )
    .flags(flags);
    assert_eq!(
        case.refused(),
        "\
the configuration has 6 problems:
  1. QUIBBLE_SEVER__LISTEN: is not a setting
     from the environment variable QUIBBLE_SEVER__LISTEN
     did you mean QUIBBLE_SERVER__LISTEN?
  2. server.public_url: is not a whole URL: it must begin with http:// or https://
     from quibble.toml:2:1
     write it like https://quiz.example.org, http://192.168.1.5:8080 or https://example.org/quiz
  3. server.max_connections: must be a whole number, found \"many\"
     from the environment variable QUIBBLE_SERVER__MAX_CONNECTIONS
  4. data.samples: must be true or false, found \"maybe\"
     from the environment variable QUIBBLE_DATA__SAMPLES
  5. log.level: \"inof\" is not a log level
     from the command line, --log-level
     did you mean \"info\"?
  6. game.drain_grace_seconds: must be from 0 to 300, found 301
     from the environment variable QUIBBLE_GAME__DRAIN_GRACE_SECONDS"
    );
}

#[test]
fn every_wrong_type_is_named() {
    for (line, what) in [
        ("[server]\nlisten = 8080", "server.listen: must be a list of texts in quotes, found a number"),
        ("[server]\nlisten = [8080]", "server.listen: must be a list of texts in quotes, found a number"),
        ("[server]\nlisten = []", "server.listen: is empty: at least one is needed"),
        (
            "[server]\nlisten = \":0,:1,:2,:3,:4,:5,:6,:7,:8,:9,:10,:11,:12,:13,:14,:15,:16\"",
            "server.listen: has 17 entries, at most 16 are possible",
        ),
        ("[server.listen]\nport = 1", "server.listen: must be a list of texts in quotes, found a section"),
        ("[server]\nmax_connections = 10.5", "server.max_connections: must be a whole number, found a fraction"),
        ("[server]\nmax_connections = 9", "server.max_connections: must be from 10 to 1000000, found 9"),
        ("[server]\nmax_connections = -1", "server.max_connections: must be from 10 to 1000000, found -1"),
        ("[server]\nmax_connections = 1_000_001", "server.max_connections: must be from 10 to 1000000, found 1000001"),
        ("[server]\nmax_upload_mb = 0", "server.max_upload_mb: must be from 1 to 64, found 0"),
        ("[server]\nmax_upload_mb = 65", "server.max_upload_mb: must be from 1 to 64, found 65"),
        ("[log]\nlevel = true", "log.level: must be text in quotes, found true or false"),
        ("[log]\nlevel = 2024-01-01", "log.level: must be text in quotes, found a date or a time"),
        ("[auth]\ndev_token = 12345678", "auth.dev_token: must be text in quotes, found a number"),
        ("[auth]\ndev_token = [\"hunter2\"]", "auth.dev_token: must be text in quotes, found a list"),
        ("[data]\ndir = \"~/quibble\"", "data.dir: \"~/quibble\" begins with \"~\""),
        ("[data]\ndir = \"\"", "data.dir: is empty"),
    ] {
        let refused = Case::new(line, &[]).refused();
        assert!(refused.starts_with(&format!("the configuration has 1 problem:\n  1. {what}")), "{refused}");
    }
}

#[test]
fn the_largest_upload_has_a_published_name() {
    let case = Case::new("", &[("MAX_PAYLOAD_SIZE_MB", "64")]);
    assert_eq!(case.ok().server.upload_bytes_max, 64 * 1024 * 1024);
}

#[test]
fn a_number_too_great_for_any_type_is_out_of_range() {
    let refused = Case::new("[server]\nmax_connections = 999999999999999999999999999999999999999999", &[]).refused();
    assert!(refused.contains("max_connections: must be from 10 to 1000000"), "{refused}");
}

#[test]
fn the_file_is_the_named_one_or_the_first_that_is_there() {
    let case = Case::new("[log]\nlevel = \"warn\"\n", &[("QUIBBLE_CONFIG", "other.toml")]);
    fs::write(case.dir.path().join("other.toml"), "[log]\nlevel = \"debug\"\n").unwrap();
    fs::write(case.dir.path().join("third.toml"), "[log]\nlevel = \"trace\"\n").unwrap();
    assert_eq!(case.ok().log.level, "debug");

    let flags = Flags { config: Some("third.toml".into()), ..Flags::default() };
    let mut case = case.flags(flags);
    let config = case.ok();
    assert_eq!((config.log.level.as_str(), config.file), ("trace", Some("third.toml".into())));

    case.sources.flags.config = None;
    case.sources.environment = Environment::default();
    case.sources.places.config_files.insert(0, case.dir.path().join("absent.toml"));
    assert_eq!(case.ok().log.level, "warn");
}

#[test]
fn a_named_file_that_cannot_be_read_is_a_problem() {
    let case = Case::new("", &[("QUIBBLE_CONFIG", "none.toml")]);
    let refused = case.refused();
    assert!(refused.contains("1. none.toml: cannot be read"), "{refused}");
    assert!(refused.contains("from the environment variable QUIBBLE_CONFIG"), "{refused}");

    fs::write(case.dir.path().join("none.toml"), [0xff, 0xfe]).unwrap();
    assert!(case.refused().contains("none.toml: is not UTF-8 text"));

    fs::write(case.dir.path().join("none.toml"), "#".repeat(1024 * 1024)).unwrap();
    assert!(case.load().is_ok());
    fs::write(case.dir.path().join("none.toml"), "#".repeat(1024 * 1024 + 1)).unwrap();
    assert!(case.refused().contains("none.toml: is larger than 1048576 bytes"));
}

#[test]
fn a_relative_folder_starts_where_it_was_written() {
    let mut case = Case::new("", &[("QUIBBLE_CONFIG", "etc/q.toml")]);
    fs::create_dir(case.dir.path().join("etc")).unwrap();
    fs::write(case.dir.path().join("etc/q.toml"), "[data]\ndir = \"data\"\n").unwrap();
    assert_eq!(case.ok().data.dir, case.dir.path().join("etc/data"));

    case.sources.environment = [("QUIBBLE_DATA_DIR", "data")].into_iter().collect();
    assert_eq!(case.ok().data.dir, case.dir.path().join("data"));
}

#[test]
fn without_a_home_the_data_folder_must_be_chosen() {
    let mut case = Case::new("", &[]);
    case.sources.places.data_dir = None;
    assert!(case.refused().contains("data.dir: is not set, and this user has no home folder"));
}

#[test]
fn the_development_token_needs_loopback_alone() {
    let token = ("DEV_AUTH_TOKEN", "hunter2");
    for (addresses, allowed) in [
        ("127.0.0.1:8080", true),
        ("127.8.8.8:1,[::1]:1,[::ffff:127.0.0.1]:1,localhost:2", true),
        ("127.0.0.1:8080,192.168.1.5:8080", false),
        ("[::ffff:192.168.1.5]:1", false),
        (":8080", false),
    ] {
        assert_eq!(Case::new("", &[token, ("ADDR", addresses)]).load().is_ok(), allowed, "{addresses}");
    }
    let refused = Case::new("", &[token]).refused();
    assert_eq!(
        refused,
        "\
the configuration has 1 problem:
  1. auth.dev_token: stands for the owner, so it works only while nobody but this machine can connect; but we listen on 0.0.0.0:8080
     from the environment variable DEV_AUTH_TOKEN
     remove it, or listen on this machine alone: --listen 127.0.0.1:8080, or ADDR=127.0.0.1:8080"
    );
}

#[test]
fn a_planted_secret_is_never_printed() {
    const PLANTED: &str = "hunter2-planted";
    let shown = |case: &Case| match case.load() {
        Ok(config) => format!("{config:?} {config:#?} {:?} {}", config.warnings, config.warnings.join("\n")),
        Err(error) => format!("{error} {error:?} {error:#?}"),
    };
    let url = format!("https://me:{PLANTED}@pub");
    for variables in [
        vec![("DEV_AUTH_TOKEN", PLANTED), ("ADDR", "127.0.0.1:1")],
        vec![("DEV_AUTH_TOKEN", PLANTED)],
        vec![("DEV_AUTH_TOKEN", "hunter2-planted with spaces")],
        vec![("DEV_AUTH_TOKEN", PLANTED), ("QUIBBLE_AUTH__DEV_TOKEN", PLANTED)],
        vec![("QUIBBLE_AUTH__DEV_TOKN", PLANTED)],
        vec![
            ("DATABASE_URL", PLANTED),
            ("REDIS_PASSWORD", PLANTED),
            ("SMTP_PASSWORD", PLANTED),
            ("AUTH0_CLIENT_SECRET", PLANTED),
        ],
        vec![("REDIS_PASSWORD", PLANTED), ("SMTP_PASSWORD", PLANTED), ("AUTH0_CLIENT_SECRET", PLANTED)],
        vec![("REDIS_PASSWORD", PLANTED), ("REDIS_ADDR", "redis:6379"), ("DATABASE_URL", "postgres://q@db/q")],
        vec![("REDIS_URL", "redis://:hunter2-planted@redis"), ("DIRECT_URL", "postgres://q:hunter2-planted@db/q")],
        vec![("QUIBBLE_SERVER__PUBLIC_URL", url.as_str())],
    ] {
        let case = Case::new("", &variables);
        assert!(!shown(&case).contains(PLANTED), "{variables:?}");
        assert!(!format!("{:?}", case.sources).contains(PLANTED), "{variables:?}");
    }
    for file in [
        format!("[auth]\ndev_token = \"{PLANTED}\"\n"),
        format!("[auth]\ndev_tokn = \"{PLANTED}\"\n"),
        format!("dev_token = \"{PLANTED}\"\n"),
        format!("[auth]\ndev_token = [\"{PLANTED}\"]\n"),
        format!("[auth]\ndev_token = {{ value = \"{PLANTED}\" }}\n"),
        format!("[auth]\ndev_token = \"{PLANTED}\n"),
        format!("[auth]\ndev_token = {PLANTED}\n"),
    ] {
        assert!(!shown(&Case::new(&file, &[])).contains(PLANTED), "{file}");
    }
}

#[test]
fn a_credential_beats_the_file_and_nothing_beats_a_second_place() {
    let mut case = Case::new("[ops]\nmetrics_token = \"of-the-configuration\"\n", &[]);
    let folder = case.dir.path().join("credentials");
    fs::create_dir(&folder).unwrap();
    let write = |name: &str, text: &str| fs::write(folder.join(name), text).unwrap();
    write("ops.metrics_token", "of-the-credential\n");
    write("quiz.pem", "for somebody else");
    write("auth.secret_ky", "hunter2-planted");
    let mut with = |variables: &[(&str, &str)]| {
        let folder = ("CREDENTIALS_DIRECTORY", folder.to_str().unwrap());
        case.sources.environment = variables.iter().copied().chain([folder]).collect();
        case.load()
    };
    let config = with(&[]).unwrap();
    assert_eq!(config.ops.metrics_token.as_ref().map(Secret::expose), Some("of-the-credential"));
    assert_eq!(config.warnings, ["the credential auth.secret_ky is not a setting: did you mean auth.secret_key?"]);
    let (_, origin) = config.effective.iter().find(|it| it.key == "ops.metrics_token").unwrap().given.clone().unwrap();
    assert_eq!(origin.to_string(), "the credential ops.metrics_token");
    assert!(!format!("{config:?}").contains("of-the-"), "{config:?}");

    let refused = with(&[("QUIBBLE_OPS__METRICS_TOKEN_FILE", "token")]).unwrap_err().to_string();
    assert_eq!(
        refused,
        "\
the configuration has 1 problem:
  1. ops.metrics_token: is set twice, by QUIBBLE_OPS__METRICS_TOKEN_FILE and by the credential ops.metrics_token
     from the environment variable QUIBBLE_OPS__METRICS_TOKEN_FILE
     keep one of the two"
    );

    write("ops.metrics_token", "short");
    let refused = with(&[]).unwrap_err().to_string();
    assert!(refused.contains("from the credential ops.metrics_token") && !refused.contains("short"), "{refused}");
    fs::remove_file(folder.join("ops.metrics_token")).unwrap();
    fs::create_dir(folder.join("ops.metrics_token")).unwrap();
    let refused = with(&[]).unwrap_err().to_string();
    assert!(refused.contains("1. ops.metrics_token: cannot be read"), "{refused}");

    // Of a service that is gone.
    let token = [("CREDENTIALS_DIRECTORY", "/nowhere"), ("QUIBBLE_OPS__METRICS_TOKEN", "of-the-environment")];
    let config = Case::new("", &token).ok();
    assert_eq!(config.ops.metrics_token.as_ref().map(Secret::expose), Some("of-the-environment"));
}

#[test]
fn values_in_files_are_read_again_beside_the_file_as_it_was() {
    let case = Case::new("[log]\nlevel = \"warn\"\n", &[("QUIBBLE_OPS__METRICS_TOKEN_FILE", "token")]);
    assert!(case.sources.have_values_in_files() && !Case::new("", &[("ADDR", ":1")]).sources.have_values_in_files());
    fs::write(case.dir.path().join("token"), "the-first-of-them").unwrap();
    let old = case.ok();
    fs::write(case.dir.path().join("token"), "the-second-of-them").unwrap();
    fs::write(case.dir.path().join("quibble.toml"), "half wri").unwrap();
    let new = old.with_values_of_now(case.sources.clone()).unwrap();
    assert_eq!(new.ops.metrics_token.as_ref().map(Secret::expose), Some("the-second-of-them"));
    assert_eq!(new.log.level, "warn");
    assert_eq!(new.file, old.file);
}

#[test]
fn warnings_do_not_stop_the_start() {
    let config = Case::new("", &[("WHITELISTED_EMAILS", ".*"), ("QUIBBLE_TELEMETRY_DISABLED", "1")]).ok();
    assert_eq!(config.warnings, ["WHITELISTED_EMAILS is set, but in this version nobody can sign up by e-mail"]);
}

#[test]
fn a_certificate_that_browsers_believe_brings_the_ports_that_they_try() {
    let of_files = "[tls]\nmode = \"files\"\ncert_file = \"c.pem\"\nkey_file = \"k.pem\"\n";
    let case = Case::new(of_files, &[]);
    let config = case.ok();
    let tls = config.tls.clone().unwrap();
    let encrypted = |tls: &Tls| tls.listen.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(listens(&config), ["0.0.0.0:80", "[::]:80"]);
    assert_eq!(encrypted(&tls), ["0.0.0.0:443", "[::]:443"]);
    let (cert, key) = (case.dir.path().join("c.pem"), case.dir.path().join("k.pem"));
    assert!(matches!(&tls.certificate, CertificateSource::Files { cert: c, key: k } if (c, k) == (&cert, &key)));
    assert_eq!(tls.hsts, Duration::from_secs(30 * 24 * 3_600));

    let chosen = [("ADDR", ":1"), ("QUIBBLE_TLS__LISTEN", ":2"), ("QUIBBLE_TLS__HSTS_DAYS", "0")];
    let config = Case::new(of_files, &chosen).ok();
    let tls = config.tls.clone().unwrap();
    assert_eq!(
        (listens(&config), encrypted(&tls)),
        (vec!["0.0.0.0:1".into(), "[::]:1".into()], vec!["0.0.0.0:2".into(), "[::]:2".into()])
    );
    assert_eq!(tls.hsts, Duration::ZERO);

    // Nobody but us vouches for this one: phones go on as before.
    let config = Case::new("", &[("QUIBBLE_TLS__MODE", "self-signed")]).ok();
    assert_eq!(listens(&config), ["0.0.0.0:8080", "[::]:8080"]);
    assert_eq!(encrypted(&config.tls.unwrap()), ["0.0.0.0:8443", "[::]:8443"]);

    // Turned off in a hurry: what was set for it stays where it is.
    let config = Case::new(of_files, &[("QUIBBLE_TLS__MODE", "off")]).ok();
    assert!(config.tls.is_none());
    assert_eq!(listens(&config), ["0.0.0.0:8080", "[::]:8080"]);
}

#[test]
fn encryption_that_cannot_work_is_refused() {
    let refused = |variables: &[(&str, &str)]| Case::new("", variables).refused();
    let said = refused(&[("QUIBBLE_TLS__MODE", "files"), ("QUIBBLE_TLS__KEY_FILE", "k.pem")]);
    assert!(said.contains("tls.cert_file: has no value, and tls.mode is \"files\""), "{said}");
    let said = refused(&[("QUIBBLE_TLS__MODE", "file")]);
    assert!(said.contains("did you mean \"files\"?"), "{said}");
    let said = refused(&[("QUIBBLE_TLS__MODE", "self-signed"), ("QUIBBLE_TLS__LISTEN", ":8080")]);
    assert!(said.contains("tls.listen: 0.0.0.0:8080 is in server.listen, too"), "{said}");
    let said = refused(&[("ADDR", "off")]);
    assert!(said.contains("server.listen: is \"off\", and tls.mode is \"off\", too: nobody could connect"), "{said}");
    let said = refused(&[("ADDR", ":1, x"), ("QUIBBLE_TLS__LISTEN", "443"), ("QUIBBLE_TLS__HSTS_DAYS", "731")]);
    assert!(said.contains("3 problems"), "{said}");
    // The token of a developer opens no door that others reach.
    let said = refused(&[
        ("ADDR", "127.0.0.1:1"),
        ("QUIBBLE_TLS__MODE", "self-signed"),
        ("DEV_AUTH_TOKEN", "a-token-of-a-developer"),
    ]);
    assert!(said.contains("but we listen on 0.0.0.0:8443"), "{said}");
    assert!(Case::new("", &[("ADDR", "off"), ("QUIBBLE_TLS__MODE", "self-signed")]).load().is_ok());
}

#[test]
fn proxies_are_named_by_address_or_network() {
    let variables = [("QUIBBLE_SERVER__TRUSTED_PROXIES", "10.0.0.0/8, 192.168.1.2, fd00::/8")];
    let proxies = Case::new("", &variables).ok().server.proxies;
    let written: Vec<_> = proxies.trusted.iter().map(ToString::to_string).collect();
    assert_eq!(written, ["10.0.0.0/8", "192.168.1.2/32", "fd00::/8"]);
    assert_eq!((proxies.header.as_str(), proxies.protocol), ("x-forwarded-for", false));
    assert_eq!(Case::new("", &[]).ok().server.proxies.trusted, []);

    let sockets =
        Case::new("", &[("QUIBBLE_SERVER__TRUSTED_PROXIES", "unix:"), ("QUIBBLE_SERVER__PROXY_PROTOCOL", "on")]);
    let proxies = sockets.ok().server.proxies;
    assert!(proxies.trust_unix && proxies.trusted.is_empty() && !proxies.are_none());
    let said = Case::new("", &[("QUIBBLE_SERVER__TRUSTED_PROXIES", "unix:/run/proxy.sock")]).refused();
    assert!(said.contains("all of them are believed, or none"), "{said}");

    let said = Case::new("", &[("QUIBBLE_SERVER__TRUSTED_PROXIES", "10.0.0.0/33, proxy.example.org")]).refused();
    assert!(said.contains("2 problems") && said.contains("\"10.0.0.0/33\" is neither"), "{said}");
    let said = Case::new("", &[("QUIBBLE_SERVER__PROXY_PROTOCOL", "yes")]).refused();
    assert!(said.contains("there is nobody in server.trusted_proxies"), "{said}");
}

#[test]
fn the_work_is_divided_where_a_database_is_shared() {
    let refused = Case::new("[server]\nrole = \"worker\"\n", &[]).refused();
    assert!(refused.contains("server.role: divides the work"), "{refused}");
    let database = ("DATABASE_URL", "postgres://q@localhost/q");
    let config = Case::new("[server]\nrole = \"worker\"\n", &[database]).ok();
    assert_eq!(config.server.role, Role::Worker);
    let refused = Case::new("[server]\nrole = \"wroker\"\n", &[database]).refused();
    assert!(refused.contains("did you mean \"worker\""), "{refused}");
}

#[test]
fn mail_goes_as_older_deployments_say() {
    let from = ("SMTP_FROM_ADDRESS", "Quiz Night <quiz@example.org>");
    let mail = |variables: &[(&str, &str)]| Case::new("", &[&[from], variables].concat()).ok().mail;
    for (variables, port, encryption) in [
        (&[("SMTP_HOST", "mail.example.org")][..], 587, MailEncryption::StartTls),
        (&[("SMTP_HOST", "mail.example.org"), ("SMTP_PORT", "465")], 465, MailEncryption::Tls),
        (
            &[("SMTP_HOST", "mail.example.org"), ("SMTP_PORT", "587"), ("SMTP_SECURE", "true")],
            587,
            MailEncryption::StartTls,
        ),
        (&[("SMTP_HOST", "localhost"), ("SMTP_PORT", "25"), ("SMTP_SECURE", "false")], 25, MailEncryption::None),
        (&[("SMTP_HOST", "10.0.0.7"), ("SMTP_SECURE", "tls")], 465, MailEncryption::Tls),
    ] {
        let mail = mail(variables).unwrap();
        assert_eq!((mail.port, mail.encryption), (port, encryption), "{variables:?}");
        assert_eq!(mail.from, "Quiz Night <quiz@example.org>");
    }
    assert!(Case::new("", &[]).ok().mail.is_none());
}

#[test]
fn mail_that_could_not_go_out_is_refused() {
    let login = "user = \"q\"\npassword = \"hunter2-planted\"\n";
    for (text, told) in [
        ("host = \"mail.example.org\"\n".to_owned(), "mail.from: has no value"),
        ("from = \"quiz@example.org\"\n".to_owned(), "mail.from: is set, but nothing says which server"),
        ("host = \"mail.example.org\"\nfrom = \"quiz\"\n".to_owned(), "is not an e-mail address"),
        ("host = \"a\"\nfrom = \"q@e.org\"\nuser = \"q\"\n".to_owned(), "mail.password: has no value"),
        (format!("host = \"a\"\nfrom = \"q@e.org\"\nencryption = \"none\"\n{login}"), "would go over the network"),
    ] {
        let refused = Case::new(&format!("[mail]\n{text}"), &[]).refused();
        assert!(refused.contains(told), "{refused}");
        assert!(!refused.contains("hunter2-planted"), "{refused}");
    }
}

#[test]
fn whoever_is_told_can_check_that_it_was_us() {
    let secret = "secret = \"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=\"\n";
    let urls = "urls = [\"https://example.org/told?token=hunter2-planted\"]\n";
    let config = Case::new(&format!("[webhooks]\n{urls}{secret}"), &[]).ok();
    assert_eq!(config.webhooks.as_ref().map(|webhooks| (webhooks.urls.len(), webhooks.key().len())), Some((1, 32)));
    assert!(!format!("{config:?}").contains("hunter2-planted"));
    for (text, told) in [
        (urls.to_owned(), "webhooks.secret: has no value"),
        (format!("{urls}secret = \"hunter2-planted\"\n"), "webhooks.secret: must be whsec_"),
        (format!("urls = [\"ftp://hunter2-planted\"]\n{secret}"), "is not a URL that can be called"),
        (format!("urls = [\"https://q:hunter2-planted@example.org\"]\n{secret}"), "is not a URL that can be called"),
    ] {
        let refused = Case::new(&format!("[webhooks]\n{text}"), &[]).refused();
        assert!(refused.contains(told), "{refused}");
        assert!(!refused.contains("hunter2-planted"), "{refused}");
    }
}

#[test]
fn unix_sockets_stand_beside_addresses() {
    let file = "[server]\nlisten = [\"unix:a.sock\", \"127.0.0.1:1\"]\nsocket_mode = \"0666\"\n[tls]\nmode = \"self-signed\"\n\
                listen = \"unix:b.sock\"\n";
    let variables = [("QUIBBLE_OPS__LISTEN", "unix:/run/ops.sock"), ("DEV_AUTH_TOKEN", "a-token-of-a-developer")];
    let case = Case::new(file, &variables);
    let config = case.ok();
    let at = |name: &str| format!("unix:{}", case.dir.path().join(name).display());
    assert_eq!(listens(&config), [at("a.sock"), "127.0.0.1:1".to_owned()]);
    assert_eq!((config.server.socket_mode, config.tls.unwrap().listen[0].to_string()), (0o666, at("b.sock")));
    assert_eq!((config.ops.listen[0].to_string(), config.ops.is_chosen), ("unix:/run/ops.sock".to_owned(), true));
    assert_eq!(config.warnings, [""; 0]);

    let both = "[server]\nlisten = \"unix:a.sock\"\n[tls]\nmode = \"self-signed\"\nlisten = \"unix:./a.sock\"\n";
    let said = Case::new(both, &[]).refused();
    assert!(said.contains("a.sock is in server.listen, too"), "{said}");
    let said = Case::new("", &[("ADDR", &format!("unix:/{}", "s".repeat(107)))]).refused();
    assert!(said.contains("has 108 bytes, and the path of a unix socket has at most 107"), "{said}");
    let said = Case::new("", &[("QUIBBLE_SERVER__SOCKET_MODE", "rw"), ("ADDR", "unix:/run/q.sock")]).refused();
    assert!(said.contains("server.socket_mode: \"rw\" is not the mode of a file"), "{said}");

    let alone = Case::new("", &[("ADDR", "unix:/run/q.sock")]).ok();
    assert!(
        alone.warnings[0].contains("server.public_url, which players are shown, is not set"),
        "{:?}",
        alone.warnings
    );
    let named = [("ADDR", "unix:/run/q.sock"), ("QUIBBLE_SERVER__PUBLIC_URL", "https://quiz.example.org")];
    assert_eq!(Case::new("", &named).ok().warnings, [""; 0]);
}
