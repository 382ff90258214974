//! The programs of PostgreSQL that take a copy of a server and put it back. They are told where the server is, and its
//! password, by their environment: others on the machine read their command lines.

use super::BackupError;
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use std::io::ErrorKind;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;
use tokio::time::timeout;
use url::Url;

/// How long one of them may take over the whole of a database, and over saying something of itself.
const WORKS_AT_MOST: Duration = Duration::from_secs(6 * 3_600);
const SPEAKS_WITHIN: Duration = Duration::from_secs(30);

/// The most that is told of what one of them said, in bytes.
const SAID_BYTES_MAX: usize = 2_000;

pub(super) const PG_DUMP: &str = "pg_dump";
pub(super) const PG_RESTORE: &str = "pg_restore";

/// The first number of the version of a program, such as 15. None: it is not here.
pub(super) async fn version_of(program: &'static str) -> Result<Option<u32>, BackupError> {
    match run(Command::new(program).arg("--version"), program, SPEAKS_WITHIN).await {
        // `pg_dump (PostgreSQL) 15.4 (Debian 15.4-0+deb12u1)`
        Ok(said) => Ok(said.split(|c: char| !c.is_ascii_digit()).find_map(|number| number.parse().ok())),
        Err(BackupError::NoTool(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Writes the rows of a schema, as a transaction sees them that exported its snapshot.
pub(super) async fn dump(url: &str, schema: &str, snapshot: &str, file: &Path) -> Result<(), BackupError> {
    let mut command = told(PG_DUMP, url)?;
    command.args(["--format=custom", "--no-owner", "--no-privileges", "--no-password", "--lock-wait-timeout=10000"]);
    command.arg(format!("--schema={}", quoted(schema))).arg(format!("--snapshot={snapshot}")).arg("--file").arg(file);
    run(&mut command, PG_DUMP, WORKS_AT_MOST).await.map(drop)
}

/// Puts what [`dump`] wrote into a schema that has nothing of it, as a whole or not at all.
pub(super) async fn restore(url: &str, schema: &str, file: &Path) -> Result<(), BackupError> {
    let mut command = told(PG_RESTORE, url)?;
    command.args(["--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", "--no-password"]);
    // That the schema itself is made is left out this way: it is there.
    command.arg("--schema").arg(schema);
    let database = options(url)?.get_database().unwrap_or_default().to_owned();
    command.arg("--dbname").arg(database).arg(file);
    run(&mut command, PG_RESTORE, WORKS_AT_MOST).await.map(drop)
}

/// Reads what is in a dump, which connects to nothing.
pub(super) async fn list(file: &Path) -> Result<(), BackupError> {
    run(Command::new(PG_RESTORE).arg("--list").arg(file), PG_RESTORE, SPEAKS_WITHIN).await.map(drop)
}

fn told(program: &str, url: &str) -> Result<Command, BackupError> {
    let mut command = Command::new(program);
    for (name, value) in environment(url)? {
        command.env(name, value);
    }
    Ok(command)
}

/// What libpq reads instead of a URL (<https://www.postgresql.org/docs/current/libpq-envars.html>). What is missing in the
/// URL is taken from the environment of this process, as the library here does.
fn environment(url: &str) -> Result<Vec<(&'static str, String)>, BackupError> {
    let options = options(url)?;
    let host = options.get_socket().map_or_else(
        || options.get_host().trim_matches(['[', ']']).to_owned(),
        |socket| socket.to_string_lossy().into_owned(),
    );
    let mode = match options.get_ssl_mode() {
        PgSslMode::Disable => "disable",
        PgSslMode::Allow => "allow",
        PgSslMode::Prefer => "prefer",
        PgSslMode::Require => "require",
        PgSslMode::VerifyCa => "verify-ca",
        PgSslMode::VerifyFull => "verify-full",
    };
    let mut environment = vec![
        ("PGHOST", host),
        ("PGPORT", options.get_port().to_string()),
        ("PGUSER", options.get_username().to_owned()),
        ("PGDATABASE", options.get_database().unwrap_or(options.get_username()).to_owned()),
        ("PGSSLMODE", mode.to_owned()),
    ];
    let parsed = Url::parse(url).map_err(|error| sqlx::Error::Configuration(error.into()))?;
    if let Some(password) = parsed.password() {
        environment.push(("PGPASSWORD", percent_decoded(password)));
    }
    for (key, value) in parsed.query_pairs() {
        let name = match &*key {
            "password" => "PGPASSWORD",
            "sslrootcert" | "ssl-root-cert" | "ssl-ca" => "PGSSLROOTCERT",
            "sslcert" | "ssl-cert" => "PGSSLCERT",
            "sslkey" | "ssl-key" => "PGSSLKEY",
            _ => continue,
        };
        environment.push((name, value.into_owned()));
    }
    let verifies = matches!(options.get_ssl_mode(), PgSslMode::VerifyCa | PgSslMode::VerifyFull);
    if verifies && !environment.iter().any(|(name, _)| *name == "PGSSLROOTCERT") {
        environment.push(("PGSSLROOTCERT", "system".to_owned()));
    }
    Ok(environment)
}

fn options(url: &str) -> Result<PgConnectOptions, BackupError> {
    Ok(url.parse::<PgConnectOptions>()?)
}

fn percent_decoded(text: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let [first, after @ ..] = rest {
        let pair = after.get(..2).and_then(|pair| std::str::from_utf8(pair).ok());
        let coded = pair.filter(|_| *first == b'%').and_then(|pair| u8::from_str_radix(pair, 16).ok());
        bytes.push(coded.unwrap_or(*first));
        rest = if coded.is_some() { after.get(2..).unwrap_or_default() } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// As a pattern of these programs that means this name and no other.
fn quoted(schema: &str) -> String {
    format!("\"{}\"", schema.replace('"', "\"\""))
}

/// What it printed, when it went well.
async fn run(command: &mut Command, program: &'static str, at_most: Duration) -> Result<String, BackupError> {
    command.stdin(Stdio::null()).kill_on_drop(true);
    let failed = |what: String| BackupError::Tool { program, what };
    let output = match timeout(at_most, command.output()).await {
        Err(_) => return Err(failed(format!("it took longer than {} seconds", at_most.as_secs()))),
        Ok(Err(error)) if error.kind() == ErrorKind::NotFound => return Err(BackupError::NoTool(program)),
        Ok(Err(error)) => return Err(error.into()),
        Ok(Ok(output)) => output,
    };
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = output.stderr.get(..SAID_BYTES_MAX).unwrap_or(&output.stderr);
    Err(failed(format!("{}: {}", output.status, String::from_utf8_lossy(said).trim())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_told_by_the_environment() {
        let of = |url: &str, name: &str| {
            environment(url).unwrap().into_iter().find(|(of, _)| *of == name).map(|(_, value)| value)
        };
        let url =
            "postgres://qu%40ibble:p%2Fa%25ss%C3%A9@[::1]:5433/qu%20iz?sslmode=verify-full&sslrootcert=/etc/ca.pem";
        for (name, value) in [
            ("PGHOST", "::1"),
            ("PGPORT", "5433"),
            ("PGUSER", "qu@ibble"),
            ("PGDATABASE", "qu iz"),
            ("PGPASSWORD", "p/a%ssé"),
            ("PGSSLMODE", "verify-full"),
            ("PGSSLROOTCERT", "/etc/ca.pem"),
        ] {
            assert_eq!(of(url, name).as_deref(), Some(value), "{name}");
        }
        assert_eq!(of("postgres:///q?host=/run/postgresql&user=me", "PGHOST").as_deref(), Some("/run/postgresql"));
        assert_eq!(of("postgres://me@db/q", "PGPASSWORD"), None);
        let known_to_all = of("postgres://me@db/q?sslmode=verify-full", "PGSSLROOTCERT");
        assert_eq!(known_to_all.as_deref(), Some("system"));
    }
}
