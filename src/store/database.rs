//! One database: how it is reached, and how its transactions begin.

use super::dialect::{self, Dialect};
use super::failover::Failover;
use super::{MigrateError, StoreError, migrate};
use crate::limits::DB_TIMEOUT;
use crate::store::tx::Tx;
use crate::telemetry::DatabaseMetrics;
use prometheus::{Histogram, IntCounter};
use sqlx::any::{AnyArguments, AnyConnectOptions, AnyPoolOptions, AnyQueryResult};
use sqlx::pool::PoolOptions;
use sqlx::postgres::PgConnectOptions;
use sqlx::query::Query;
use sqlx::{Any, AnyPool, ConnectOptions, Connection, Executor, Row};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

/// Connections that read for live games, and for everything else: a long search or export keeps no game waiting.
const LIVE_READERS: u32 = 2;
const READERS: u32 = 3;

/// Where the database is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// SQLite, in this file.
    File(PathBuf),
    /// PostgreSQL, at this URL.
    Postgres {
        url: String,
        /// Past a pooler, for migrations.
        direct_url: Option<String>,
        /// Connections that are held at most.
        max_connections: u32,
    },
}

impl Address {
    /// The same database without a pooler between.
    pub(super) fn past_pooler(&self) -> Self {
        match self {
            Self::File(_) => self.clone(),
            Self::Postgres { url, direct_url, max_connections } => Self::Postgres {
                url: direct_url.as_ref().unwrap_or(url).clone(),
                direct_url: None,
                max_connections: *max_connections,
            },
        }
    }
}

/// The database. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    pub(super) writer: AnyPool,
    live_readers: AnyPool,
    readers: AnyPool,
    pub(super) dialect: Dialect,
    /// Whether a connection is the same one from one transaction to the next.
    is_direct: bool,
    failover: Failover,
    waits: Option<Waits>,
}

/// How long transactions wait for a connection, in seconds, and how many waited in vain.
#[derive(Clone, Debug)]
struct Waits {
    seconds: Histogram,
    timeouts: IntCounter,
}

impl Store {
    /// Opens the database, makes the file where there is none, and brings the schema up to date. Nobody else may be
    /// serving the file.
    ///
    /// # Errors
    /// When the database cannot be opened or its schema is not one that this version works with.
    pub async fn open(address: &Address) -> Result<Self, MigrateError> {
        let store = Self::attach(address, true).await?;
        migrate::run(address, &store).await?;
        Ok(store)
    }

    /// Opens a database that another process serves, as its schema is.
    ///
    /// # Errors
    /// When it is not there.
    pub async fn open_beside(address: &Address) -> Result<Self, MigrateError> {
        Self::attach(address, false).await
    }

    async fn attach(address: &Address, create: bool) -> Result<Self, MigrateError> {
        sqlx::any::install_default_drivers();
        match address {
            Address::File(file) => Ok(Self::attach_file(file, create).await?),
            Address::Postgres { url, direct_url, max_connections } => {
                Ok(Self::attach_server(url, *max_connections, direct_url.is_none()).await?)
            }
        }
    }

    /// SQLite in WAL mode with `synchronous = FULL`: one connection writes, others read.
    async fn attach_file(file: &Path, create: bool) -> Result<Self, sqlx::Error> {
        let path = percent_encoded(file);
        let write: AnyConnectOptions = format!("sqlite://{path}?mode={}", if create { "rwc" } else { "rw" }).parse()?;
        let read: AnyConnectOptions = format!("sqlite://{path}?mode=ro").parse()?;
        let writer = pool(1).idle_timeout(None).after_connect(|connection, _| {
            // NORMAL loses acknowledged commits in a power cut. A plain sync leaves data in the cache of the drive on
            // macOS.
            const PRAGMAS: &str = "PRAGMA busy_timeout = 10000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
                PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; PRAGMA fullfsync = ON; \
                PRAGMA checkpoint_fullfsync = ON";
            Box::pin(async { connection.execute(PRAGMAS).await.map(drop) })
        });
        let writer = writer.connect_with(write).await?;
        let readers = |count| {
            let pool = pool(count).idle_timeout(Duration::from_secs(300)).after_connect(|connection, _| {
                const PRAGMAS: &str = "PRAGMA busy_timeout = 10000; PRAGMA trusted_schema = OFF";
                Box::pin(async { connection.execute(PRAGMAS).await.map(drop) })
            });
            pool.connect_lazy_with(read.clone())
        };
        Ok(Self {
            writer,
            live_readers: readers(LIVE_READERS),
            readers: readers(READERS),
            dialect: Dialect::Sqlite,
            is_direct: true,
            failover: Failover::new(),
            waits: None,
        })
    }

    /// Live games have connections of their own, as with SQLite.
    async fn attach_server(url: &str, max_connections: u32, is_direct: bool) -> Result<Self, sqlx::Error> {
        let options: AnyConnectOptions = url.parse()?;
        // A pool tries until its time is up, and then says no more than that.
        let tried = timeout(DB_TIMEOUT, options.connect()).await.map_err(|_| no_answer(url))?;
        tried?.close().await?;
        let failover = Failover::new();
        let pool = |connections| {
            let failover = failover.clone();
            pool(connections).before_acquire(move |_, about| {
                let allowed = failover.allows(about.age);
                Box::pin(async move { Ok(allowed) })
            })
        };
        let others = (max_connections / 4).max(1);
        let live = pool(max_connections.saturating_sub(others).max(1)).connect_with(options.clone()).await?;
        let readers = pool(others).connect_lazy_with(options);
        let dialect = Dialect::Postgres;
        Ok(Self { writer: live.clone(), live_readers: live, readers, dialect, is_direct, failover, waits: None })
    }

    /// Makes connections to the same server by another URL from now on, which has a new password. Those that are open stay.
    ///
    /// # Errors
    /// When it is no URL.
    pub fn use_password_of(&self, url: &str) -> Result<(), StoreError> {
        let options: AnyConnectOptions = url.parse()?;
        for pool in self.pools() {
            pool.set_connect_options(options.clone());
        }
        Ok(())
    }

    /// The same database, which tells how long transactions wait for a connection.
    #[must_use]
    pub fn measured(self, metrics: &DatabaseMetrics) -> Self {
        let waits = Waits { seconds: metrics.acquire_seconds.clone(), timeouts: metrics.acquire_timeouts.clone() };
        Self { waits: Some(waits), ..self }
    }

    /// Whether other processes may serve the same rows.
    pub fn is_shared(&self) -> bool {
        match self.dialect {
            Dialect::Postgres => true,
            Dialect::Sqlite => false,
        }
    }

    /// Ends when every connection is closed. What was committed is on disk before, too.
    pub async fn close(&self) {
        self.live_readers.close().await;
        self.readers.close().await;
        if self.dialect == Dialect::Sqlite {
            // <https://www.sqlite.org/pragma.html#pragma_optimize> asks for it before a connection is closed.
            let _ = self.writer.execute("PRAGMA optimize").await;
        }
        self.writer.close().await;
    }

    /// Copies a database of its own file, as it is at this instant, into a new file (<https://www.sqlite.org/lang_vacuum.html>).
    /// Others read and write meanwhile.
    ///
    /// # Errors
    /// When it is a server's, or the copy cannot be written.
    pub(super) async fn copy_into(&self, file: &Path) -> Result<(), StoreError> {
        let file = file.to_string_lossy().into_owned();
        sqlx::query("VACUUM INTO $1").bind(file).execute(&self.readers).await?;
        Ok(())
    }

    /// Whether the database can be read and written now: it writes a row, which a full disk refuses. A server
    /// needs no room for that, so it counts, too, whether something else was refused just now.
    ///
    /// # Errors
    /// What is wrong.
    pub async fn ping(&self, now_ms: i64) -> Result<(), StoreError> {
        sqlx::query("SELECT 1").execute(&mut self.read_live().await?).await?;
        let mut tx = self.begin().await?;
        sqlx::query(self.dialect.beat()).bind(now_ms).execute(&mut tx).await?;
        tx.commit().await?;
        if self.failover.was_full() {
            return Err(StoreError::DiskFull(sqlx::Error::Io(ErrorKind::StorageFull.into())));
        }
        Ok(())
    }

    /// What the clock of a database server shows, in milliseconds since the Unix epoch. None for a file, which has none.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn clock_ms(&self) -> Result<Option<i64>, StoreError> {
        if !self.is_shared() {
            return Ok(None);
        }
        let row = sqlx::query("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS n")
            .fetch_one(&mut self.read_live().await?)
            .await?;
        Ok(Some(row.try_get("n")?))
    }

    /// Connections that are open, and those of them that nobody uses.
    pub fn connections(&self) -> (u32, usize) {
        let pools = self.pools();
        (pools.iter().map(|pool| pool.size()).sum(), pools.iter().map(|pool| pool.num_idle()).sum())
    }

    /// Connections that may be open.
    pub fn connections_max(&self) -> u32 {
        self.pools().iter().map(|pool| pool.options().get_max_connections()).sum()
    }

    fn pools(&self) -> Vec<&AnyPool> {
        match self.dialect {
            // Games are read by the connections that write.
            Dialect::Postgres => vec![&self.live_readers, &self.readers],
            Dialect::Sqlite => vec![&self.writer, &self.live_readers, &self.readers],
        }
    }

    /// The newest step of the schema that the database has.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn schema_version(&self) -> Result<i64, StoreError> {
        let newest = sqlx::query("SELECT max(version) AS n FROM _sqlx_migrations");
        Ok(newest.fetch_one(&mut self.read().await?).await?.try_get("n")?)
    }

    /// A transaction that writes. With SQLite it has the right to write from its first statement on.
    pub(super) async fn begin(&self) -> Result<Tx, StoreError> {
        match self.begin_in(&self.writer, self.dialect.begin()).await {
            // After a failed write SQLite has rolled back on its own, which sqlx does not know: that connection would
            // refuse to begin for ever.
            Err(sqlx::Error::InvalidSavePointStatement) => {
                self.writer.acquire().await?.close().await?;
                Ok(self.begin_in(&self.writer, self.dialect.begin()).await?)
            }
            begun => Ok(begun?),
        }
    }

    /// A transaction of PostgreSQL that stores answers: whoever waits for what is under way sees it from its first statement
    /// on.
    pub(super) async fn begin_answers(&self) -> Result<Tx, StoreError> {
        Ok(self.begin_in(&self.writer, dialect::BEGIN_ANSWERS).await?)
    }

    async fn begin_in(&self, pool: &AnyPool, how: &'static str) -> Result<Tx, sqlx::Error> {
        let begun = self.timed(pool.begin_with(how)).await.inspect_err(|error| self.failover.heed(error))?;
        Ok(Tx::new(begun, self.is_direct, self.failover.clone()))
    }

    /// Waits for a connection, and puts down for how long.
    pub(super) async fn timed<T>(&self, wait: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, sqlx::Error> {
        let since = Instant::now();
        let waited = wait.await;
        if let Some(waits) = &self.waits {
            waits.seconds.observe(since.elapsed().as_secs_f64());
            if matches!(waited, Err(sqlx::Error::PoolTimedOut)) {
                waits.timeouts.inc();
            }
        }
        waited
    }

    /// Waits until every transaction has ended that may still store an answer to a question which is closed by now, for
    /// as one can take. SQLite has one writer, so nothing is under way there. False when that is not known, because a
    /// transaction takes longer than one that stores answers should.
    pub(super) async fn outlast_answers(&self) -> Result<bool, StoreError> {
        if self.dialect == Dialect::Sqlite {
            return Ok(true);
        }
        let number = async |sql: &'static str| -> Result<i64, StoreError> {
            let row = sqlx::query(sql).fetch_one(&mut self.read_live().await?).await?;
            Ok(row.try_get("n")?)
        };
        let begun = number("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS n").await?;
        let until = Instant::now() + dialect::ANSWERS_TAKE_AT_MOST;
        while number("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS n").await? < begun {
            if Instant::now() >= until {
                return Ok(false);
            }
            sleep(Duration::from_millis(5)).await;
        }
        Ok(true)
    }

    /// Runs one statement that writes.
    pub(super) async fn execute(&self, statement: Query<'_, Any, AnyArguments>) -> Result<AnyQueryResult, StoreError> {
        let mut tx = self.begin().await?;
        let done = statement.execute(&mut tx).await?;
        tx.commit().await?;
        Ok(done)
    }

    /// A transaction that reads.
    pub(super) async fn read(&self) -> Result<Tx, StoreError> {
        Ok(self.begin_in(&self.readers, self.dialect.begin_read()).await?)
    }

    /// A transaction that reads for a live game.
    pub(super) async fn read_live(&self) -> Result<Tx, StoreError> {
        Ok(self.begin_in(&self.live_readers, self.dialect.begin_read()).await?)
    }
}

/// Lets transactions about one thing follow each other, until they end. With SQLite they do anyhow.
pub(super) async fn alone(tx: &mut Tx, about: &str) -> Result<(), StoreError> {
    if tx.backend_name() == "PostgreSQL" {
        sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))").bind(about).execute(&mut *tx).await?;
    }
    Ok(())
}

pub(super) fn pool(max_connections: u32) -> AnyPoolOptions {
    PoolOptions::new().max_connections(max_connections).acquire_timeout(DB_TIMEOUT).max_lifetime(None)
}

/// Whether its name is not found or nobody is there: it has not answered in time.
fn no_answer(url: &str) -> sqlx::Error {
    let host =
        url.parse::<PgConnectOptions>().map_or_else(|_| "it".to_owned(), |options| options.get_host().to_owned());
    let words = format!("{host} has not answered within {} s", DB_TIMEOUT.as_secs());
    sqlx::Error::Io(std::io::Error::new(ErrorKind::TimedOut, words))
}

/// The path as it stands in a URL.
pub(super) fn percent_encoded(file: &Path) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"/-._~".contains(byte);
    let bytes = file.as_os_str().as_encoded_bytes().iter();
    bytes.map(|byte| if plain(byte) { char::from(*byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{address, test_database};
    use super::*;

    async fn attach(url: &str) -> Result<Store, MigrateError> {
        Store::open_beside(&Address::Postgres { url: url.to_owned(), direct_url: None, max_connections: 2 }).await
    }

    #[tokio::test]
    async fn a_server_is_believed_by_its_certificate() {
        let Some(url) = test_database::server() else { return };
        assert!(url.contains("sslmode=verify-full"), "the server of these tests has a certificate");
        let store = attach(&url).await.unwrap();
        let encrypted = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
        let row = sqlx::query(encrypted).fetch_one(&mut store.read().await.unwrap()).await.unwrap();
        assert!(row.try_get::<bool, _>("ssl").unwrap());
        store.close().await;

        let by_another_name = url.replace("@127.0.0.1:", "@localhost:");
        let by_a_stranger = url.replace("authority.pem", "stranger.pem");
        let by_nobody = url.split("&sslrootcert").next().unwrap();
        for url in [&by_another_name, &by_a_stranger, by_nobody] {
            let refused = attach(url).await.unwrap_err();
            assert!(matches!(refused, MigrateError::Open(sqlx::Error::Tls(_) | sqlx::Error::Io(_))), "{refused:?}");
        }
        // Whoever asks for less is told less.
        let less = by_another_name.replace("verify-full", "verify-ca");
        attach(&less).await.unwrap().close().await;
        attach(&by_nobody.replace("verify-full", "require")).await.unwrap().close().await;
    }

    /// As after a failover: the server takes no writes, and a new connection leads to one that does.
    #[tokio::test]
    async fn connections_to_a_server_that_only_reads_are_given_up() {
        let database = test_database::fresh().await;
        let test_database::TestDatabase::Postgres { url, direct_url } = &database else { return };
        let address = address(&database).past_pooler();
        Store::open(&address).await.unwrap().close().await;
        let url = direct_url.as_ref().unwrap_or(url);
        let name = url.split('?').next().unwrap().rsplit('/').next().unwrap();
        let mut admin = sqlx::PgConnection::connect(url).await.unwrap();
        let mut only_reading = async |whether: &str| {
            let sql = format!("ALTER DATABASE {name} SET default_transaction_read_only = {whether}");
            admin.execute(sqlx::AssertSqlSafe(sql)).await.unwrap();
        };
        only_reading("on").await;
        let store = Store::open_beside(&address).await.unwrap();
        assert!(store.ping(1).await.is_err());
        only_reading("off").await;
        store.ping(2).await.unwrap();
    }
}
