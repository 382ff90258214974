//! Certificates that an authority gives us, what it knows us by, and what was tried: for every replica, and after every
//! restart.

use super::{Store, StoreError, id};
use sqlx::any::AnyRow;
use sqlx::{Any, Executor, Row};
use uuid::Uuid;

/// What lies further ahead than this was written before a clock was put back, in milliseconds.
const CLOCKS_DIFFER_MS: i64 = 10 * 60 * 1_000;

/// A certificate. Its private key is sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldCertificate {
    /// PEM.
    pub chain: String,
    pub private_key: String,
    /// Instants in milliseconds since the Unix epoch.
    pub issued_at: i64,
    pub not_before: i64,
    pub not_after: i64,
    /// When its authority wants it renewed, if it said so.
    pub renewal: Option<Renewal>,
    /// When the authority is to be asked again for that.
    pub ask_again_at: Option<i64>,
    /// Somebody wants a new one, since then.
    pub wanted_at: Option<i64>,
}

/// The window in which an authority wants a certificate renewed, and the instant in it that was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Renewal {
    pub window_start: i64,
    pub window_end: i64,
    pub at: i64,
}

/// One try to get a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    pub id: Uuid,
    pub at: i64,
    pub stage: Stage,
    pub challenge: Challenge,
    pub outcome: Outcome,
    /// The authority does not count it.
    pub is_exempt: bool,
    /// What went wrong, for people.
    pub problem: Option<String>,
}

/// Where a certificate is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// At the authority that browsers believe, which limits tries.
    Production,
    /// At the one beside it that is there for tries.
    Rehearsal,
}

/// How a name is proved to be ours (RFC 8555, RFC 8737).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Challenge {
    Http01,
    TlsAlpn01,
    Dns01,
}

/// What became of a try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It goes on, or whoever made it ended in the middle.
    Unfinished,
    Failed,
    Issued,
}

/// Who may ask for a certificate at present.
#[derive(Clone, Copy, Debug)]
pub struct CertificateClaim<'a> {
    pub names: &'a str,
    /// The process.
    pub holder: Uuid,
    pub now_ms: i64,
    /// Until when this is believed without another word.
    pub until_ms: i64,
}

impl Store {
    /// The certificate for these names, if there is one.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn certificate(&self, names: &str) -> Result<Option<HeldCertificate>, StoreError> {
        held(&mut self.read().await?, names).await
    }

    /// Lets one process at a time ask for a certificate. False: another one does. A claim of a length that nobody makes is
    /// one from before a clock was put back.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn claim_certificate(&self, claim: CertificateClaim<'_>) -> Result<bool, StoreError> {
        let taken = self
            .execute(
                sqlx::query(
                    "INSERT INTO certificates (names, holder, held_until) VALUES ($1, $2, $3)
                     ON CONFLICT (names) DO UPDATE SET holder = excluded.holder, held_until = excluded.held_until
                     WHERE certificates.held_until <= $4 OR certificates.holder = excluded.holder
                       OR certificates.held_until > $5",
                )
                .bind(claim.names)
                .bind(claim.holder.to_string())
                .bind(claim.until_ms)
                .bind(claim.now_ms)
                .bind(claim.until_ms + CLOCKS_DIFFER_MS),
            )
            .await?;
        Ok(taken.rows_affected() == 1)
    }

    /// Lets others ask.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn release_certificate(&self, names: &str, holder: Uuid) -> Result<(), StoreError> {
        let statement = sqlx::query("UPDATE certificates SET held_until = 0 WHERE names = $1 AND holder = $2");
        self.execute(statement.bind(names).bind(holder.to_string())).await?;
        Ok(())
    }

    /// Keeps a new certificate in place of the one before.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn keep_certificate(&self, names: &str, held: &HeldCertificate) -> Result<(), StoreError> {
        self.execute(
            sqlx::query(
                "INSERT INTO certificates (names, held_until, chain, private_key, issued_at, not_before, not_after)
                 VALUES ($1, 0, $2, $3, $4, $5, $6)
                 ON CONFLICT (names) DO UPDATE SET chain = excluded.chain, private_key = excluded.private_key,
                   issued_at = excluded.issued_at, not_before = excluded.not_before, not_after = excluded.not_after,
                   window_start = NULL, window_end = NULL, renew_at = NULL, ask_again_at = NULL, wanted_at = NULL",
            )
            .bind(names)
            .bind(&held.chain)
            .bind(&held.private_key)
            .bind(held.issued_at)
            .bind(held.not_before)
            .bind(held.not_after),
        )
        .await?;
        Ok(())
    }

    /// Keeps what the authority said about the renewal of the certificate that was issued at `issued_at`.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn set_renewal(
        &self,
        names: &str,
        issued_at: i64,
        renewal: Option<Renewal>,
        ask_again_at: i64,
    ) -> Result<(), StoreError> {
        self.execute(
            sqlx::query(
                "UPDATE certificates SET window_start = $3, window_end = $4, renew_at = $5, ask_again_at = $6
                 WHERE names = $1 AND issued_at = $2",
            )
            .bind(names)
            .bind(issued_at)
            .bind(renewal.map(|renewal| renewal.window_start))
            .bind(renewal.map(|renewal| renewal.window_end))
            .bind(renewal.map(|renewal| renewal.at))
            .bind(ask_again_at),
        )
        .await?;
        Ok(())
    }

    /// Wishes for a new certificate. False: there is none to renew, and one is asked for anyway.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn want_certificate(&self, names: &str, now_ms: i64) -> Result<bool, StoreError> {
        let statement = sqlx::query("UPDATE certificates SET wanted_at = $2 WHERE names = $1 AND chain IS NOT NULL");
        Ok(self.execute(statement.bind(names).bind(now_ms)).await?.rows_affected() == 1)
    }

    /// Writes down a try, before it is made: whoever ends in the middle has tried, too.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn begin_attempt(&self, names: &str, attempt: &Attempt) -> Result<(), StoreError> {
        self.execute(
            sqlx::query(
                "INSERT INTO acme_attempts (id, names, at, stage, challenge, outcome, exempt, problem)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            )
            .bind(attempt.id.to_string())
            .bind(names)
            .bind(attempt.at)
            .bind(attempt.stage.text())
            .bind(attempt.challenge.text())
            .bind(attempt.outcome.text())
            .bind(i64::from(attempt.is_exempt))
            .bind(attempt.problem.as_deref()),
        )
        .await?;
        Ok(())
    }

    /// Writes down what became of a try.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn end_attempt(&self, attempt: &Attempt) -> Result<(), StoreError> {
        let statement = sqlx::query("UPDATE acme_attempts SET outcome = $2, exempt = $3, problem = $4 WHERE id = $1")
            .bind(attempt.id.to_string())
            .bind(attempt.outcome.text())
            .bind(i64::from(attempt.is_exempt))
            .bind(attempt.problem.as_deref());
        self.execute(statement).await?;
        Ok(())
    }

    /// What was tried for these names since `since_ms`, the latest last.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn attempts(&self, names: &str, since_ms: i64) -> Result<Vec<Attempt>, StoreError> {
        tried(&mut self.read().await?, names, since_ms).await
    }

    /// Takes tries that lie ahead as made now, which they do after a clock was put back: none is forgotten, and none is
    /// waited for until its time comes again. True: there were some.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn redate_attempts(&self, names: &str, now_ms: i64) -> Result<bool, StoreError> {
        let statement = sqlx::query("UPDATE acme_attempts SET at = $2 WHERE names = $1 AND at > $3");
        let statement = statement.bind(names).bind(now_ms).bind(now_ms + CLOCKS_DIFFER_MS);
        Ok(self.execute(statement).await?.rows_affected() > 0)
    }

    /// What an authority knows us by, sealed. None: it does not know us.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn acme_account(&self, directory: &str) -> Result<Option<String>, StoreError> {
        let row = sqlx::query("SELECT credentials FROM acme_accounts WHERE directory = $1")
            .bind(directory)
            .fetch_optional(&mut self.read().await?)
            .await?;
        Ok(row.map(|row| row.try_get("credentials")).transpose()?)
    }

    /// Keeps what an authority knows us by from now on.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn keep_acme_account(&self, directory: &str, sealed: &str, now_ms: i64) -> Result<(), StoreError> {
        self.execute(
            sqlx::query(
                "INSERT INTO acme_accounts (directory, credentials, created_at) VALUES ($1, $2, $3)
                 ON CONFLICT (directory) DO UPDATE SET credentials = excluded.credentials,
                   created_at = excluded.created_at",
            )
            .bind(directory)
            .bind(sealed)
            .bind(now_ms),
        )
        .await?;
        Ok(())
    }

    /// Keeps the answer to what an authority is about to ask, for whichever of us it asks.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn keep_challenge(
        &self,
        kind: Challenge,
        asked_for: &str,
        answer: &str,
        expires_at: i64,
    ) -> Result<(), StoreError> {
        self.execute(
            sqlx::query(
                "INSERT INTO acme_challenges (kind, asked_for, answer, expires_at) VALUES ($1, $2, $3, $4)
                 ON CONFLICT (kind, asked_for) DO UPDATE SET answer = excluded.answer, expires_at = excluded.expires_at",
            )
            .bind(kind.text())
            .bind(asked_for)
            .bind(answer)
            .bind(expires_at),
        )
        .await?;
        Ok(())
    }

    /// The answer to what an authority asks.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn challenge(&self, kind: Challenge, asked_for: &str, now_ms: i64) -> Result<Option<String>, StoreError> {
        let row =
            sqlx::query("SELECT answer FROM acme_challenges WHERE kind = $1 AND asked_for = $2 AND expires_at > $3")
                .bind(kind.text())
                .bind(asked_for)
                .bind(now_ms)
                .fetch_optional(&mut self.read_live().await?)
                .await?;
        Ok(row.map(|row| row.try_get("answer")).transpose()?)
    }
}

impl Stage {
    const fn text(self) -> &'static str {
        match self {
            Self::Production => "production",
            Self::Rehearsal => "rehearsal",
        }
    }
}

impl Challenge {
    /// The name by which authorities know it.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Http01 => "http-01",
            Self::TlsAlpn01 => "tls-alpn-01",
            Self::Dns01 => "dns-01",
        }
    }
}

impl Outcome {
    const fn text(self) -> &'static str {
        match self {
            Self::Unfinished => "unfinished",
            Self::Failed => "failed",
            Self::Issued => "issued",
        }
    }
}

/// The certificate for these names.
pub(super) async fn held(
    connection: impl Executor<'_, Database = Any>,
    names: &str,
) -> Result<Option<HeldCertificate>, StoreError> {
    let found = sqlx::query("SELECT * FROM certificates WHERE names = $1 AND chain IS NOT NULL");
    let row = found.bind(names).fetch_optional(connection).await?;
    row.as_ref().map(certificate).transpose()
}

/// What was tried for these names since then, the latest last.
pub(super) async fn tried(
    connection: impl Executor<'_, Database = Any>,
    names: &str,
    since_ms: i64,
) -> Result<Vec<Attempt>, StoreError> {
    let found = sqlx::query("SELECT * FROM acme_attempts WHERE names = $1 AND at >= $2 ORDER BY at, id");
    let rows = found.bind(names).bind(since_ms).fetch_all(connection).await?;
    rows.iter().map(attempt).collect()
}

fn certificate(row: &AnyRow) -> Result<HeldCertificate, StoreError> {
    let window: (Option<i64>, Option<i64>, Option<i64>) =
        (row.try_get("window_start")?, row.try_get("window_end")?, row.try_get("renew_at")?);
    let renewal = match window {
        (Some(window_start), Some(window_end), Some(at)) => Some(Renewal { window_start, window_end, at }),
        _ => None,
    };
    Ok(HeldCertificate {
        chain: row.try_get("chain")?,
        private_key: row.try_get("private_key")?,
        issued_at: row.try_get("issued_at")?,
        not_before: row.try_get("not_before")?,
        not_after: row.try_get("not_after")?,
        renewal,
        ask_again_at: row.try_get("ask_again_at")?,
        wanted_at: row.try_get("wanted_at")?,
    })
}

fn attempt(row: &AnyRow) -> Result<Attempt, StoreError> {
    let is = |column: &str| Ok::<String, StoreError>(row.try_get(column)?);
    let unknown = |what: String| StoreError::Unreadable(format!("an attempt with {what:?}"));
    Ok(Attempt {
        id: id(row, "id")?,
        at: row.try_get("at")?,
        stage: known([Stage::Production, Stage::Rehearsal], Stage::text, is("stage")?).map_err(unknown)?,
        challenge: known(
            [Challenge::Http01, Challenge::TlsAlpn01, Challenge::Dns01],
            Challenge::text,
            is("challenge")?,
        )
        .map_err(unknown)?,
        outcome: known([Outcome::Unfinished, Outcome::Failed, Outcome::Issued], Outcome::text, is("outcome")?)
            .map_err(unknown)?,
        is_exempt: row.try_get::<i64, _>("exempt")? != 0,
        problem: row.try_get("problem")?,
    })
}

/// The one of `all` that is written like this.
fn known<T: Copy>(all: impl IntoIterator<Item = T>, text: fn(T) -> &'static str, written: String) -> Result<T, String> {
    all.into_iter().find(|one| text(*one) == written).ok_or(written)
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Fixture;
    use super::*;

    const NAMES: &str = "quiz.example.org";

    fn held(issued_at: i64) -> HeldCertificate {
        HeldCertificate {
            chain: format!("chain {issued_at}"),
            private_key: "sealed".to_owned(),
            issued_at,
            not_before: issued_at,
            not_after: issued_at + 1_000,
            renewal: None,
            ask_again_at: None,
            wanted_at: None,
        }
    }

    #[tokio::test]
    async fn one_process_at_a_time_asks_for_a_certificate() {
        let Fixture { store, ids, .. } = &Fixture::new().await;
        let (one, other) = (ids.uuid(), ids.uuid());
        let claim = async |holder, now_ms| {
            let claim = CertificateClaim { names: NAMES, holder, now_ms, until_ms: now_ms + 100 };
            store.claim_certificate(claim).await.unwrap()
        };
        assert!(claim(one, 1_000).await);
        assert!(!claim(other, 1_099).await);
        assert!(claim(one, 1_050).await, "it goes on");
        assert!(!claim(other, 1_149).await);
        assert!(claim(other, 1_150).await, "it has ended in the middle");
        store.release_certificate(NAMES, one).await.unwrap();
        assert!(!claim(one, 1_200).await, "it lets go of nothing that it does not hold");
        store.release_certificate(NAMES, other).await.unwrap();
        assert!(claim(one, 1_200).await);
        let put_back = 1_200 - CLOCKS_DIFFER_MS;
        assert!(!claim(other, put_back).await);
        assert!(claim(other, put_back - 1).await, "the clock was put back, and it has ended long ago");
        assert_eq!(store.certificate(NAMES).await.unwrap(), None);
    }

    #[tokio::test]
    async fn what_is_known_of_a_renewal_is_that_of_the_newest_certificate() {
        let Fixture { store, .. } = &Fixture::new().await;
        assert!(!store.want_certificate(NAMES, 5).await.unwrap());
        store.keep_certificate(NAMES, &held(10)).await.unwrap();
        assert_eq!(store.certificate(NAMES).await.unwrap(), Some(held(10)));
        assert!(store.want_certificate(NAMES, 15).await.unwrap());
        let renewal = Some(Renewal { window_start: 500, window_end: 600, at: 555 });
        store.set_renewal(NAMES, 10, renewal, 70).await.unwrap();
        let wanted = HeldCertificate { renewal, ask_again_at: Some(70), wanted_at: Some(15), ..held(10) };
        assert_eq!(store.certificate(NAMES).await.unwrap(), Some(wanted));

        store.keep_certificate(NAMES, &held(20)).await.unwrap();
        store.set_renewal(NAMES, 10, renewal, 70).await.unwrap();
        assert_eq!(store.certificate(NAMES).await.unwrap(), Some(held(20)));
        store.set_renewal(NAMES, 20, None, 90).await.unwrap();
        let asked = HeldCertificate { ask_again_at: Some(90), ..held(20) };
        assert_eq!(store.certificate(NAMES).await.unwrap(), Some(asked));
    }

    #[tokio::test]
    async fn tries_are_told_in_their_order_with_what_became_of_them() {
        let Fixture { store, ids, .. } = &Fixture::new().await;
        let mut tries: Vec<Attempt> =
            [(30, Stage::Rehearsal, Challenge::TlsAlpn01), (20, Stage::Production, Challenge::Dns01)]
                .into_iter()
                .map(|(at, stage, challenge)| Attempt {
                    id: ids.uuid(),
                    at,
                    stage,
                    challenge,
                    outcome: Outcome::Unfinished,
                    is_exempt: false,
                    problem: None,
                })
                .collect();
        for attempt in &tries {
            store.begin_attempt(NAMES, attempt).await.unwrap();
        }
        tries[1].outcome = Outcome::Failed;
        tries[1].is_exempt = true;
        tries[1].problem = Some("no answer".to_owned());
        store.end_attempt(&tries[1]).await.unwrap();
        tries.reverse();
        assert_eq!(store.attempts(NAMES, 20).await.unwrap(), tries);
        assert_eq!(store.attempts(NAMES, 21).await.unwrap(), tries[1..]);
        assert_eq!(store.attempts("other.example.org", 0).await.unwrap(), []);

        let put_back = 29 - CLOCKS_DIFFER_MS;
        assert!(store.redate_attempts(NAMES, put_back).await.unwrap());
        assert!(!store.redate_attempts(NAMES, put_back).await.unwrap());
        let at: Vec<_> = store.attempts(NAMES, put_back).await.unwrap().iter().map(|attempt| attempt.at).collect();
        assert_eq!(at, [put_back, 20]);
    }

    #[tokio::test]
    async fn accounts_and_challenges_are_kept_for_every_replica() {
        let Fixture { store, .. } = &Fixture::new().await;
        for sealed in ["first", "second"] {
            store.keep_acme_account("https://ca.test/dir", sealed, 1).await.unwrap();
            assert_eq!(store.acme_account("https://ca.test/dir").await.unwrap().as_deref(), Some(sealed));
        }
        assert_eq!(store.acme_account("https://other.test/dir").await.unwrap(), None);

        for answer in ["first", "second"] {
            store.keep_challenge(Challenge::Http01, "token", answer, 100).await.unwrap();
        }
        let asked = async |kind, now_ms| store.challenge(kind, "token", now_ms).await.unwrap();
        assert_eq!(asked(Challenge::Http01, 99).await.as_deref(), Some("second"));
        assert_eq!(asked(Challenge::TlsAlpn01, 99).await, None);
        assert_eq!(asked(Challenge::Http01, 100).await, None);
        store.prune(100).await.unwrap();
        assert_eq!(asked(Challenge::Http01, 99).await, None);
    }
}
