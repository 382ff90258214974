//! The room against an authority that does what real ones do seldom, over days that pass as the clock is turned.

mod authority;
mod life;
mod manner;
mod odd;
mod ours;
mod signing;
mod trouble;

use super::*;
use crate::config::Secret;
use crate::store::Address;
use authority::Authority;
use manner::{DAY_MS, HOUR_MS, Refusal};
use std::path::PathBuf;
use tempfile::TempDir;

const NAME: &str = "quiz.example.org";

/// When the tests begin.
const START_MS: i64 = 1_795_291_200_000;

const BINDING_KEY: &[u8] = b"an account that the authority knows";

/// A venue with a database, between two authorities.
struct Venue {
    dir: TempDir,
    store: Store,
    clock: Clock,
    ids: Ids,
    production: Authority,
    rehearsal: Authority,
}

impl Venue {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&Address::File(dir.path().join("quibble.db"))).await.unwrap();
        let clock = Clock::manual(START_MS);
        let ids = Ids::seeded(clock.clone(), 1);
        let answers = Answers::default();
        answers.come_from(store.clone(), clock.clone());
        let zone = dir.path().join("zone");
        let start = async || Authority::start(clock.clone(), answers.clone(), zone.clone(), BINDING_KEY).await;
        let (production, rehearsal) = (start().await, start().await);
        std::fs::write(dir.path().join("ca.pem"), production.pem().to_owned() + rehearsal.pem()).unwrap();
        Self { dir, store, clock, ids, production, rehearsal }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn config(&self) -> config::Acme {
        config::Acme {
            domains: vec![NAME.to_owned()],
            email: Some("host@example.org".to_owned()),
            challenge: AcmeChallenge::Auto,
            dns_hook: None,
            directory: self.production.directory(),
            rehearsal_directory: Some(self.rehearsal.directory()),
            profile: Some("shortlived".to_owned()),
            ca_file: Some(self.path("ca.pem")),
            eab: None,
        }
    }

    /// A process that has just started.
    fn acme(&self) -> Acme {
        self.acme_with(self.config(), "the secret key")
    }

    fn acme_with(&self, config: config::Acme, secret_key: &str) -> Acme {
        Acme::new(Parts {
            store: self.store.clone(),
            clock: self.clock.clone(),
            ids: self.ids.clone(),
            metrics: Metrics::new().unwrap(),
            config,
            vault: Vault::new(&Secret::new(secret_key)).unwrap(),
            shown: Certificates::default(),
        })
        .unwrap()
    }

    async fn held(&self) -> HeldCertificate {
        self.store.certificate(NAME).await.unwrap().unwrap()
    }

    async fn renewal(&self) -> Renewal {
        self.held().await.renewal.unwrap()
    }

    /// What was tried since the tests began.
    async fn attempts(&self) -> Vec<Attempt> {
        self.store.attempts(NAME, START_MS).await.unwrap()
    }

    async fn last(&self) -> Attempt {
        self.attempts().await.pop().unwrap()
    }

    /// How often somebody connected to one of the authorities.
    fn requests(&self) -> usize {
        self.production.seen().connections + self.rehearsal.seen().connections
    }

    fn turn_to(&self, ms: i64) {
        let by = u64::try_from(ms - self.clock.now_ms()).expect("time goes on");
        self.clock.advance(Duration::from_millis(by));
    }

    /// Looks again and again until `ms`, in steps.
    async fn pass(&self, acme: &mut Acme, ms: i64, step_ms: i64) {
        while self.clock.now_ms() < ms {
            self.turn_to((self.clock.now_ms() + step_ms).min(ms));
            acme.turn().await.unwrap();
        }
    }

    /// Turns the clock to when the next try is due, and looks.
    async fn next_try(&self, acme: &mut Acme) {
        let held = acme.held().await.unwrap();
        let next = acme.next(held.as_ref()).await.unwrap();
        self.turn_to(next.at.max(self.clock.now_ms()));
        acme.turn().await.unwrap();
    }
}

/// What is shown to those who connect.
fn shown(acme: &Acme) -> Option<String> {
    acme.parts.shown.shown().map(|certificate| certificate.fingerprint())
}

/// A refusal of everything at `at`.
fn refusal(at: &'static str, status: u16, kind: &'static str, detail: &'static str) -> Refusal {
    Refusal { at, status, kind, detail, times: usize::MAX }
}
