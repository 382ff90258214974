//! The real binary and a real certificate authority.

use crate::authority;
use crate::pebble_server::{Manner, Pebble};
use crate::server::{Server, free_port};
use crate::support::PATIENCE;
use crate::support::database::{self, TestDatabase};
use reqwest::{StatusCode, header, redirect};
use rustls::pki_types::CertificateDer;
use serde_json::Value;
use std::path::Path;
use std::process::Command;
use std::time::Duration;
use tempfile::TempDir;
use tokio::task::spawn_blocking;
use tokio::time::{sleep, timeout};

const NAME: &str = "quiz.example.org";

/// A venue's machine: where a Quibble listens, and where it keeps things.
struct Venue {
    dir: TempDir,
    port: u16,
    tls_port: u16,
}

impl Venue {
    fn new() -> Self {
        Self { dir: TempDir::new().unwrap(), port: free_port(), tls_port: free_port() }
    }

    fn configured(&self, command: &mut Command, pebble: &Pebble) {
        command
            .env("QUIBBLE_TLS__MODE", "acme")
            .env("QUIBBLE_TLS__LISTEN", format!("127.0.0.1:{}", self.tls_port))
            .env("QUIBBLE_ACME__DOMAINS", NAME)
            .env("QUIBBLE_ACME__DIRECTORY", pebble.directory())
            .env("QUIBBLE_ACME__REHEARSAL_DIRECTORY", pebble.directory())
            .env("QUIBBLE_ACME__CA_FILE", pebble.ca_file());
    }

    async fn start(&self, pebble: &Pebble, challenge: &str) -> Server {
        let mut command = Server::command(self.dir.path(), self.port);
        self.configured(&mut command, pebble);
        command.env("QUIBBLE_ACME__CHALLENGE", challenge);
        Server::log(&mut command, self.port);
        Server::run(command, self.port).await
    }

    /// What is shown to those who believe `roots`.
    async fn shown(&self, roots: &Path) -> Option<CertificateDer<'static>> {
        authority::shown(self.tls_port, NAME, roots).await.ok()
    }

    /// Waits until a certificate is shown that is not `old`.
    async fn until_shown(&self, roots: &Path, old: Option<&CertificateDer<'static>>) -> CertificateDer<'static> {
        let comes = async {
            loop {
                if let Some(shown) = self.shown(roots).await.filter(|shown| Some(shown) != old) {
                    return shown;
                }
                sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(3 * PATIENCE, comes).await.expect("a certificate is shown")
    }

    /// What `quibble tls …` says.
    async fn told(&self, pebble: &Pebble, args: &[&str]) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_quibble"));
        command.env_clear().arg("tls").args(args).arg("--data-dir").arg(self.dir.path());
        self.configured(&mut command, pebble);
        let output = spawn_blocking(move || command.output().unwrap()).await.unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    async fn status(&self, pebble: &Pebble) -> Value {
        serde_json::from_str(&self.told(pebble, &["status", "--json"]).await).unwrap()
    }
}

fn outcomes(status: &Value) -> Vec<&str> {
    status["attempts"].as_array().unwrap().iter().map(|attempt| attempt["outcome"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_certificate_is_got_by_http_and_players_are_sent_to_it() {
    let venue = Venue::new();
    let pebble = Pebble::start(Manner::asking(venue.port, 9)).await;
    let roots = pebble.roots().await;
    let server = venue.start(&pebble, "http-01").await;
    let shown = venue.until_shown(&roots, None).await;

    let browser = reqwest::Client::builder().no_proxy().redirect(redirect::Policy::none()).build().unwrap();
    let join = format!("http://127.0.0.1:{}/j/ABC234", venue.port);
    let sent_on = async {
        loop {
            let answer = browser.get(&join).send().await.unwrap();
            if answer.status() == StatusCode::PERMANENT_REDIRECT {
                return answer.headers()[header::LOCATION].to_str().unwrap().to_owned();
            }
        }
    };
    let sent_to = timeout(PATIENCE, sent_on).await.expect("players are sent to HTTPS");
    assert_eq!(sent_to, format!("https://{NAME}:{}/j/ABC234", venue.tls_port));

    // The authority says when it wants it renewed, and an instant of its window is chosen.
    let chosen = async {
        while venue.status(&pebble).await["renewal"].is_null() {
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(PATIENCE, chosen).await.expect("it is known when to renew");

    // Whoever starts again shows the same, and asks for nothing.
    server.kill();
    let again = venue.start(&pebble, "http-01").await;
    assert_eq!(venue.shown(&roots).await.as_ref(), Some(&shown));
    let status = venue.status(&pebble).await;
    assert_eq!(outcomes(&status), ["issued"], "{status}");
    assert!(venue.told(&pebble, &["status"]).await.contains("went well"));
    again.kill();
}

#[tokio::test]
async fn a_certificate_is_got_by_tls_from_an_authority_that_takes_its_time() {
    let venue = Venue::new();
    let pebble = Pebble::start(Manner { is_slow: true, ..Manner::asking(9, venue.tls_port) }).await;
    let server = venue.start(&pebble, "tls-alpn-01").await;
    venue.until_shown(&pebble.roots().await, None).await;
    server.kill();
}

#[tokio::test]
async fn a_failure_is_said_in_words_and_to_start_again_and_again_breaks_no_limit() {
    let venue = Venue::new();
    // It asks where nobody answers.
    let pebble = Pebble::start(Manner::asking(9, 9)).await;
    let server = venue.start(&pebble, "http-01").await;
    let failed = async {
        while outcomes(&venue.status(&pebble).await) != ["failed"] {
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(3 * PATIENCE, failed).await.expect("it fails");
    let told = venue.told(&pebble, &["status"]).await;
    assert!(told.contains("Nobody answers at port 80 of quiz.example.org."), "{told}");
    assert!(told.contains("there is no certificate yet"), "{told}");
    server.kill();

    for _ in 0..3 {
        let server = venue.start(&pebble, "http-01").await;
        // The night goes on without encryption.
        let about = server.http.get(format!("{}/api/server", server.url)).send().await.unwrap();
        assert_eq!(about.json::<Value>().await.unwrap()["secure"], false);
        server.kill();
    }
    assert_eq!(outcomes(&venue.status(&pebble).await), ["failed"]);
}

/// A new certificate on request, from an authority that has forgotten us; and no more than it allows.
#[tokio::test]
async fn a_certificate_is_renewed_on_request_within_the_limits() {
    let venue = Venue::new();
    let mut pebble = Pebble::start(Manner::asking(venue.port, venue.tls_port)).await;
    let _server = venue.start(&pebble, "auto").await;
    let old = venue.until_shown(&pebble.roots().await, None).await;
    pebble.forget().await;
    venue.told(&pebble, &["renew"]).await;
    venue.until_shown(&pebble.roots().await, Some(&old)).await;
    let status = venue.status(&pebble).await;
    assert_eq!(outcomes(&status), ["issued", "issued"], "{status}");

    let told = venue.told(&pebble, &["renew"]).await;
    assert!(told.contains("certificate authorities limit how often that may be"), "{told}");
}

/// One asks, and it does not matter which of them the authority asks.
#[tokio::test]
async fn of_two_replicas_one_asks_and_both_answer() {
    let TestDatabase::Postgres { url, .. } = database::fresh().await else {
        panic!("tests/run acme says where PostgreSQL is");
    };
    let replicas = [Venue::new(), Venue::new()];
    let pebble = Pebble::start(Manner::asking(replicas[0].port, replicas[1].tls_port)).await;
    let mut servers = Vec::new();
    for venue in &replicas {
        let mut command = Server::command(venue.dir.path(), venue.port);
        venue.configured(&mut command, &pebble);
        command.env("DATABASE_URL", &url).env("QUIBBLE_AUTH__SECRET_KEY", "one key for both of these replicas");
        Server::log(&mut command, venue.port);
        servers.push(Server::spawn(command, venue.port));
    }
    let roots = pebble.roots().await;
    let shown = replicas[0].until_shown(&roots, None).await;
    assert_eq!(replicas[1].until_shown(&roots, None).await, shown);
    let orders = async |venue: &Venue| {
        let text =
            reqwest::get(format!("http://127.0.0.1:{}/metrics", venue.port)).await.unwrap().text().await.unwrap();
        text.lines().filter(|line| line.starts_with("quibble_certificate_orders_total{")).count()
    };
    assert_eq!(orders(&replicas[0]).await + orders(&replicas[1]).await, 1);
}
