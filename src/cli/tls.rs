//! `quibble tls …`: the certificate, for whoever looks after it.

use super::open::open;
use crate::acme::{self, Standing};
use crate::clock::{Clock, rfc3339};
use crate::config::{self, CertificateSource, Config};
use crate::ids::Ids;
use crate::net::Certificate;
use crate::run;
use crate::store::{Outcome, Stage, Store};
use anyhow::Context;
use clap::Subcommand;
use serde_json::{Value, json};

const DAY_MS: i64 = 24 * 3_600 * 1_000;

#[derive(Debug, Subcommand)]
pub enum TlsCommand {
    /// Show the certificate, when it is renewed, and what went wrong
    Status {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Let the Quibble that runs here get a new certificate now
    Renew,
    /// Look whether the names of the certificate lead to the Quibble that runs here
    Test,
}

/// Runs one of the commands.
///
/// # Errors
/// In words, when there is nothing to show, or something is not as it should be.
pub async fn run(command: TlsCommand, config: &Config) -> anyhow::Result<()> {
    let tls = config.tls.as_ref().context("tls.mode is \"off\": nothing is encrypted here")?;
    let wanted = match (&tls.certificate, &command) {
        (CertificateSource::Acme(wanted), _) => wanted,
        (CertificateSource::Files { cert, key }, TlsCommand::Status { json }) => {
            print_certificate(&run::read_pair(cert, key)?.1, *json);
            return Ok(());
        }
        (CertificateSource::SelfSigned, TlsCommand::Status { json }) => {
            let own = run::read_own(&config.data.dir)?.context("there is none yet: the first start makes it")?;
            print_certificate(&own, *json);
            return Ok(());
        }
        (CertificateSource::Files { .. }, _) => {
            anyhow::bail!("the certificate is in files of yours: replace them, and send SIGHUP to Quibble or wait")
        }
        (CertificateSource::SelfSigned, _) => {
            anyhow::bail!("Quibble signs its certificate itself, and renews it in time")
        }
    };
    let opened = open(config).await?;
    let store = &opened.store;
    let clock = Clock::system();
    let done = match command {
        TlsCommand::Status { json } => status(store, wanted, &clock, json).await,
        TlsCommand::Renew => renew(store, wanted, &clock).await,
        TlsCommand::Test => test(store, wanted, &clock, config).await,
    };
    store.close().await;
    done
}

fn print_certificate(certificate: &Certificate, json: bool) {
    let (not_before, not_after) = (rfc3339(certificate.not_before_ms), rfc3339(certificate.not_after_ms));
    if json {
        let said = json!({
            "names": certificate.hosts(), "not_before": not_before, "not_after": not_after,
            "sha256": certificate.fingerprint(),
        });
        println!("{said}");
        return;
    }
    println!("For        {}\nValid      {not_before} to {not_after}", certificate.names());
    println!("SHA-256    {}", certificate.fingerprint());
    let days = (certificate.not_after_ms - Clock::system().now_ms()) / DAY_MS;
    println!("Days left  {}", days.max(0));
}

async fn status(store: &Store, wanted: &config::Acme, clock: &Clock, json: bool) -> anyhow::Result<()> {
    let now_ms = clock.now_ms();
    let standing = acme::standing(store, wanted, now_ms).await?;
    if json {
        println!("{}", as_json(wanted, &standing));
        return Ok(());
    }
    println!("For        {}", wanted.domains.join(", "));
    match &standing.held {
        None => println!("Valid      there is no certificate yet"),
        Some(held) => {
            println!("Valid      {} to {}", rfc3339(held.not_before), rfc3339(held.not_after));
            println!("Days left  {}", ((held.not_after - now_ms) / DAY_MS).max(0));
        }
    }
    println!("Next try   {}", if standing.next_at <= now_ms { "now".to_owned() } else { rfc3339(standing.next_at) });
    for attempt in standing.attempts.iter().rev().take(5) {
        let what = match attempt.stage {
            Stage::Production => "",
            Stage::Rehearsal => " (rehearsal)",
        };
        let said = match (attempt.outcome, &attempt.problem) {
            (Outcome::Issued, _) => "went well",
            (Outcome::Unfinished, _) => "did not come to an end, or goes on",
            (Outcome::Failed, Some(problem)) => problem,
            (Outcome::Failed, None) => "failed",
        };
        println!("Tried      {} by {}{what}: {said}", rfc3339(attempt.at), attempt.challenge.text());
    }
    Ok(())
}

fn as_json(wanted: &config::Acme, standing: &Standing) -> Value {
    let attempts: Vec<_> = standing
        .attempts
        .iter()
        .map(|attempt| {
            let outcome = match attempt.outcome {
                Outcome::Issued => "issued",
                Outcome::Unfinished => "unfinished",
                Outcome::Failed => "failed",
            };
            json!({
                "at": rfc3339(attempt.at), "challenge": attempt.challenge.text(), "outcome": outcome,
                "rehearsal": attempt.stage == Stage::Rehearsal, "problem": attempt.problem,
            })
        })
        .collect();
    let held = standing.held.as_ref();
    json!({
        "names": wanted.domains,
        "not_before": held.map(|held| rfc3339(held.not_before)),
        "not_after": held.map(|held| rfc3339(held.not_after)),
        "renewal": held.and_then(|held| held.renewal).map(|renewal| rfc3339(renewal.at)),
        "next_try": rfc3339(standing.next_at),
        "attempts": attempts,
    })
}

async fn renew(store: &Store, wanted: &config::Acme, clock: &Clock) -> anyhow::Result<()> {
    let now_ms = clock.now_ms();
    store.want_certificate(&acme::key_of(wanted), now_ms).await?;
    let standing = acme::standing(store, wanted, now_ms).await?;
    if standing.next_at <= now_ms {
        println!(
            "The Quibble that runs here asks for a new certificate within a few seconds. `quibble tls status` tells."
        );
    } else {
        println!(
            "A new certificate is asked for at {}: certificate authorities limit how often that may be.",
            rfc3339(standing.next_at)
        );
    }
    Ok(())
}

async fn test(store: &Store, wanted: &config::Acme, clock: &Clock, config: &Config) -> anyhow::Result<()> {
    let ids = Ids::system(clock.clone());
    let mut problems = 0;
    for name in wanted.domains.iter().filter(|name| !name.starts_with("*.")) {
        let reach = acme::look(store, clock, &ids, name, 80).await?;
        let addresses: Vec<_> = reach.addresses.iter().map(|address| address.ip().to_string()).collect();
        println!(
            "{name}\n  leads to   {}",
            if addresses.is_empty() { "nowhere".to_owned() } else { addresses.join(", ") }
        );
        match reach.problem {
            None => println!("  port 80    this Quibble answers"),
            Some(problem) => {
                problems += 1;
                println!("  problem    {problem}");
            }
        }
    }
    if !config.server.listen.iter().any(|place| place.port() == Some(80)) {
        println!("\nserver.listen has no port 80: the router or a socket unit has to pass it on to one that is there.");
    }
    anyhow::ensure!(problems == 0, "{problems} of the names would not pass http-01");
    Ok(())
}
