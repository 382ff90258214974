//! Looking at a database beside whoever serves it: nothing is made, brought up to date or written.

use super::database::percent_encoded;
use super::{Address, Attempt, HeldCertificate, MigrateError, Step, StepState, StoreError, certificates, migrate};
use crate::limits::DB_TIMEOUT;
use sqlx::any::AnyConnectOptions;
use sqlx::{AnyConnection, ConnectOptions, Connection, Row};
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// A database that is looked at, over a connection of its own.
#[derive(Debug)]
pub struct Inspection {
    connection: AnyConnection,
    address: Address,
}

/// What a PostgreSQL server says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// Such as `15.4`.
    pub version: String,
    /// It is a copy of another server, or was told to take no writes.
    pub only_reads: bool,
    /// Milliseconds since the Unix epoch.
    pub clock_ms: i64,
}

impl Inspection {
    /// Opens a database that is there.
    ///
    /// # Errors
    /// When it is not, or does not answer.
    pub async fn open(address: &Address) -> Result<Self, MigrateError> {
        sqlx::any::install_default_drivers();
        // A pooler would lend this connection's statements to others.
        let address = address.past_pooler();
        let options: AnyConnectOptions = match &address {
            Address::File(file) => format!("sqlite://{}?mode=ro", percent_encoded(file)).parse()?,
            Address::Postgres { url, .. } => url.parse()?,
        };
        let opened = timeout(DB_TIMEOUT, options.connect()).await;
        Ok(Self { connection: opened.map_err(|_| sqlx::Error::PoolTimedOut)??, address })
    }

    /// How long the database takes to answer a question that has nothing to look up.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn ping(&mut self) -> Result<Duration, StoreError> {
        let asked = Instant::now();
        let answered = timeout(DB_TIMEOUT, sqlx::query("SELECT 1").fetch_one(&mut self.connection)).await;
        answered.map_err(|_| sqlx::Error::PoolTimedOut)??;
        Ok(asked.elapsed())
    }

    /// What is wrong with the structure of a file (<https://www.sqlite.org/pragma.html#pragma_quick_check>), which is
    /// read from its beginning to its end. Empty for a sound one, and for a server.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn damage(&mut self) -> Result<Vec<String>, StoreError> {
        if matches!(self.address, Address::Postgres { .. }) {
            return Ok(Vec::new());
        }
        let rows = sqlx::query("PRAGMA quick_check(10)").fetch_all(&mut self.connection).await?;
        let found = rows.iter().map(|row| row.try_get(0)).collect::<Result<Vec<String>, _>>()?;
        Ok(found.into_iter().filter(|line| line != "ok").collect())
    }

    /// Every step of the schema that this version or the database knows, in order.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn steps(&mut self) -> Result<Vec<Step>, MigrateError> {
        migrate::steps_of(&mut self.connection, migrate::known(&self.address)).await
    }

    /// The newest step that a version must know to work with the database as it is. 0 while it says nothing of that.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn works_from(&mut self, steps: &[Step]) -> Result<i64, StoreError> {
        let says = |step: &Step| step.version == migrate::FIRST_WITH_SCHEMA_INFO && step.state != StepState::Pending;
        if !steps.iter().any(says) {
            return Ok(0);
        }
        let row = sqlx::query("SELECT works_from FROM schema_info").fetch_one(&mut self.connection).await?;
        Ok(row.try_get("works_from")?)
    }

    /// What the server says of itself. None for a file.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn server(&mut self) -> Result<Option<Server>, StoreError> {
        if matches!(self.address, Address::File(_)) {
            return Ok(None);
        }
        let row = sqlx::query(
            "SELECT current_setting('server_version') AS version,
               pg_is_in_recovery() OR current_setting('transaction_read_only') = 'on' AS only_reads,
               (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS clock_ms",
        )
        .fetch_one(&mut self.connection)
        .await?;
        let version = row.try_get("version")?;
        Ok(Some(Server { version, only_reads: row.try_get("only_reads")?, clock_ms: row.try_get("clock_ms")? }))
    }

    /// How many jobs somebody has to look at, and since when the one that waits longest could be at work, in milliseconds
    /// since the Unix epoch.
    ///
    /// # Errors
    /// When the database does not answer, or has no place for jobs yet.
    pub async fn jobs(&mut self) -> Result<(i64, Option<i64>), StoreError> {
        let row = sqlx::query(
            "SELECT (SELECT count(*) FROM jobs WHERE state = 'dead') AS dead,
               (SELECT min(run_at) FROM jobs WHERE state = 'queued') AS waits_since",
        );
        let row = row.fetch_one(&mut self.connection).await?;
        Ok((row.try_get("dead")?, row.try_get("waits_since")?))
    }

    /// The certificate for these names, if there is one.
    ///
    /// # Errors
    /// When the database does not answer, or has no place for certificates yet.
    pub async fn certificate(&mut self, names: &str) -> Result<Option<HeldCertificate>, StoreError> {
        certificates::held(&mut self.connection, names).await
    }

    /// What was tried to get one since then, the latest last.
    ///
    /// # Errors
    /// As [`Self::certificate`].
    pub async fn attempts(&mut self, names: &str, since_ms: i64) -> Result<Vec<Attempt>, StoreError> {
        certificates::tried(&mut self.connection, names, since_ms).await
    }

    /// Goes.
    pub async fn close(self) {
        // Nothing is lost where it went before.
        let _ = self.connection.close().await;
    }
}

#[cfg(test)]
mod tests {
    use super::super::Store;
    use super::super::fixture::{address, test_database};
    use super::*;

    #[tokio::test]
    async fn a_database_is_looked_at_beside_the_one_who_serves_it() {
        let database = test_database::fresh().await;
        let address = address(&database);
        let store = Store::open(&address).await.unwrap();
        let mut inspection = Inspection::open(&address).await.unwrap();
        inspection.ping().await.unwrap();
        assert!(inspection.damage().await.unwrap().is_empty());
        let steps = inspection.steps().await.unwrap();
        assert!(steps.iter().all(|step| step.state == StepState::Applied));
        assert_eq!(inspection.works_from(&steps).await.unwrap(), 9);
        let server = inspection.server().await.unwrap();
        assert_eq!(server.is_some(), store.is_shared());
        assert!(server.is_none_or(|server| !server.only_reads && server.version.as_str() >= "13"));
        store.ping(1_000).await.unwrap();
        assert_eq!(inspection.jobs().await.unwrap(), (0, None));
        assert!(inspection.certificate("quiz.example.org").await.unwrap().is_none());
        assert!(inspection.attempts("quiz.example.org", 0).await.unwrap().is_empty());
        inspection.close().await;
        store.close().await;
    }

    #[tokio::test]
    async fn looking_makes_nothing() {
        let database = test_database::fresh().await;
        let address = address(&database);
        match (Inspection::open(&address).await, &address) {
            (Err(_), Address::File(file)) => assert!(!file.exists()),
            (Ok(mut empty), Address::Postgres { .. }) => {
                let steps = empty.steps().await.unwrap();
                assert!(steps.iter().all(|step| step.state == StepState::Pending));
                assert_eq!(empty.works_from(&steps).await.unwrap(), 0);
                empty.close().await;
            }
            (opened, _) => panic!("{opened:?}"),
        }
    }

    #[tokio::test]
    async fn what_is_no_database_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("quibble.db");
        std::fs::write(&file, "x".repeat(8_192)).unwrap();
        let opened = Inspection::open(&Address::File(file)).await;
        let found = match opened {
            Ok(mut inspection) => inspection.damage().await.unwrap_err().to_string(),
            Err(error) => format!("{:#}", anyhow::Error::from(error)),
        };
        assert!(found.contains("not a database"), "{found}");
    }
}
