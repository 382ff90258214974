//! `[database]`: a PostgreSQL server, where the data is not in a file of our own.

use super::problem::Wrong;
use super::reader::{Reader, Reported};
use super::secret::Secret;
use super::settings::Setting;
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use std::net::IpAddr;

pub(super) const SETTINGS: &[Setting] = &[
    Setting { short_names: &["DATABASE_URL"], is_secret: true, ..Setting::new("database.url") },
    Setting { short_names: &["DIRECT_URL"], is_secret: true, ..Setting::new("database.direct_url") },
    Setting::new("database.max_connections"),
    Setting::new("database.allow_plaintext"),
];

/// A PostgreSQL server.
#[derive(Debug, Clone)]
pub struct Database {
    /// How the server is reached, through a pooler if there is one.
    pub url: Secret,
    /// How it is reached past the pooler, for migrations.
    pub direct_url: Option<Secret>,
    /// Connections that this process holds at most.
    pub max_connections: u32,
}

impl Database {
    /// None: everything is in a file of our own.
    pub(super) fn read(reader: &mut Reader) -> Result<Option<Self>, Reported> {
        let allow_plaintext = reader.boolean("database.allow_plaintext");
        let max_connections = reader.integer("database.max_connections", 2..=1_000);
        // Without the word on plain text there would be problems that are none.
        let plaintext = *allow_plaintext.as_ref().unwrap_or(&true);
        let url = reader.optional("database.url", |text| postgres_url(text, plaintext));
        let direct_url = reader.optional("database.direct_url", |text| postgres_url(text, plaintext));
        let (url, direct_url, max_connections) = (url?, direct_url?, max_connections?);
        allow_plaintext?;
        match url {
            Some(url) => Ok(Some(Self { url, direct_url, max_connections })),
            None if direct_url.is_some() => {
                let wrong = Wrong::new("is set, but database.url is not").hint("set DATABASE_URL too, or remove it");
                Err(reader.report("database.direct_url", wrong))
            }
            None => Ok(None),
        }
    }

    /// Whether this is the same server and database, reached in the same way, whoever signs in there.
    pub fn is_same_but_for_password(&self, other: &Self) -> bool {
        is_same_server(&self.url, &other.url) && self.max_connections == other.max_connections
    }
}

/// Everything that makes a connection is in the text for developers of its options.
fn is_same_server(one: &Secret, other: &Secret) -> bool {
    let nobodys = |url: &Secret| {
        let options = url.expose().parse::<PgConnectOptions>().ok()?;
        Some(format!("{:?}", options.username("").password("")))
    };
    nobodys(one) == nobodys(other)
}

/// The URL of a server that is not in the configuration.
///
/// # Errors
/// What is wrong with it, in words, without the URL.
pub fn server_url(text: &str, allow_plaintext: bool) -> Result<Secret, String> {
    postgres_url(text, allow_plaintext).map_err(|wrong| match wrong.hint {
        Some(hint) => format!("this {}; {hint}", wrong.what),
        None => format!("this {}", wrong.what),
    })
}

/// What is wrong is said without the URL, which holds a password.
fn postgres_url(text: &str, allow_plaintext: bool) -> Result<Secret, Wrong> {
    let example = "write it like postgres://quibble:password@db.example.org/quibble?sslmode=verify-full";
    if !text.starts_with("postgres://") && !text.starts_with("postgresql://") {
        return Err(Wrong::new("is not the URL of a PostgreSQL server: it must begin with postgres://").hint(example));
    }
    let options: PgConnectOptions =
        text.parse().map_err(|error| Wrong::new(format!("is not a URL that can be used: {error}")).hint(example))?;
    let encrypts = matches!(options.get_ssl_mode(), PgSslMode::Require | PgSslMode::VerifyCa | PgSslMode::VerifyFull);
    if !encrypts && !allow_plaintext && !is_local(&options) {
        let wrong = Wrong::new(format!(
            "lets the connection to {} go unencrypted, with the password and every answer in it",
            options.get_host()
        ));
        return Err(wrong.hint(
            "add ?sslmode=verify-full (with &sslrootcert=FILE where the server has a certificate authority of its \
             own), or at least ?sslmode=require; in a network that nobody else reads, say \
             database.allow_plaintext = true",
        ));
    }
    Ok(Secret::new(text))
}

/// Whether what is sent to this server stays on this machine.
fn is_local(options: &PgConnectOptions) -> bool {
    let host = options.get_host();
    let ip = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    options.get_socket().is_some()
        || host.starts_with('/')
        || host == "localhost"
        || ip.is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn off_this_machine_nothing_goes_in_the_clear_unless_that_is_said() {
        for text in [
            "postgres://me@localhost/q",
            "postgres://me@127.0.0.1:5433/q?sslmode=disable",
            "postgresql://me@[::1]/q",
            "postgres:///q?host=/run/postgresql",
            "postgres://me:pw@db.example.org/q?sslmode=require",
            "postgres://me:pw@db.example.org/q?sslmode=verify-ca&sslrootcert=/etc/ca.pem",
            "postgres://me:pw@db.example.org/q?sslmode=verify-full&channel_binding=require",
        ] {
            assert!(postgres_url(text, false).is_ok(), "{text}");
        }
        for text in [
            "postgres://me:hunter2@db.example.org/q",
            "postgres://me:hunter2@db.example.org/q?sslmode=prefer",
            "postgres://me:hunter2@10.0.0.7/q?sslmode=disable",
        ] {
            let wrong = postgres_url(text, false).unwrap_err();
            assert!(wrong.what.contains("unencrypted") && !format!("{wrong:?}").contains("hunter2"), "{wrong:?}");
            assert!(postgres_url(text, true).is_ok());
        }
    }

    #[test]
    fn a_new_password_is_no_other_server() {
        let old = Secret::new("postgres://me:old@db.example.org/q?sslmode=require");
        for (url, is_same) in [
            ("postgres://me:new@db.example.org/q?sslmode=require", true),
            ("postgresql://else:p%40ss@db.example.org:5432/q?sslmode=require", true),
            ("postgres://db.example.org/q?sslmode=require&user=me&password=new", true),
            ("postgres://me:old@db.example.org/r?sslmode=require", false),
            ("postgres://me:old@db2.example.org/q?sslmode=require", false),
            ("postgres://me:old@db.example.org:5433/q?sslmode=require", false),
            ("postgres://me:old@db.example.org/q?sslmode=verify-full", false),
        ] {
            assert_eq!(is_same_server(&old, &Secret::new(url)), is_same, "{url}");
        }
    }

    #[test]
    fn what_is_no_server_is_refused_without_repeating_it() {
        for text in ["", "mysql://me:hunter2@db/q", "postgres://me:hunter2@db:port/q", "me:hunter2@db"] {
            let wrong = postgres_url(text, true).unwrap_err();
            assert!(!format!("{wrong:?}").contains("hunter2"), "{wrong:?}");
        }
    }
}
