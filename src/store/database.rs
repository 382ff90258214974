//! One database: how it is reached, and how its transactions begin.

use super::dialect::{self, Dialect};
use super::{MigrateError, StoreError, migrate};
use crate::limits::DB_TIMEOUT;
use crate::store::tx::Tx;
use sqlx::any::{AnyArguments, AnyConnectOptions, AnyPoolOptions, AnyQueryResult};
use sqlx::pool::PoolOptions;
use sqlx::query::Query;
use sqlx::{Any, AnyPool, ConnectOptions, Connection, Executor, Row};
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
        })
    }

    /// Live games have connections of their own, as with SQLite.
    async fn attach_server(url: &str, max_connections: u32, is_direct: bool) -> Result<Self, sqlx::Error> {
        let options: AnyConnectOptions = url.parse()?;
        // A pool tries until its time is up, and then says no more than that.
        let tried = timeout(DB_TIMEOUT, options.connect()).await.map_err(|_| sqlx::Error::PoolTimedOut)?;
        tried?.close().await?;
        let others = (max_connections / 4).max(1);
        let live = pool(max_connections.saturating_sub(others).max(1)).connect_with(options.clone()).await?;
        let readers = pool(others).connect_lazy_with(options);
        Ok(Self { writer: live.clone(), live_readers: live, readers, dialect: Dialect::Postgres, is_direct })
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

    /// Whether the database can be read and written now: it writes a row, which a full disk refuses.
    ///
    /// # Errors
    /// What is wrong.
    pub async fn ping(&self, now_ms: i64) -> Result<(), StoreError> {
        sqlx::query("SELECT 1").execute(&mut self.read_live().await?).await?;
        let mut tx = self.begin().await?;
        sqlx::query("UPDATE heartbeat SET at = $1").bind(now_ms).execute(&mut tx).await?;
        tx.commit().await?;
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
        let pools = match self.dialect {
            Dialect::Postgres => vec![&self.live_readers, &self.readers],
            Dialect::Sqlite => vec![&self.writer, &self.live_readers, &self.readers],
        };
        (pools.iter().map(|pool| pool.size()).sum(), pools.iter().map(|pool| pool.num_idle()).sum())
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

    /// A transaction that stores answers: whoever waits for what is under way sees it from its first statement on.
    pub(super) async fn begin_answers(&self) -> Result<Tx, StoreError> {
        match self.dialect {
            Dialect::Postgres => Ok(self.begin_in(&self.writer, dialect::BEGIN_ANSWERS).await?),
            Dialect::Sqlite => self.begin().await,
        }
    }

    async fn begin_in(&self, pool: &AnyPool, how: &'static str) -> Result<Tx, sqlx::Error> {
        Ok(Tx::new(pool.begin_with(how).await?, self.is_direct))
    }

    /// Waits until every transaction has ended that may still store an answer to a question which is closed by now, for
    /// as long as one can take. SQLite has one writer, so nothing is under way there.
    pub(super) async fn outlast_answers(&self) -> Result<(), StoreError> {
        if self.dialect == Dialect::Sqlite {
            return Ok(());
        }
        let number = async |sql: &'static str| -> Result<i64, StoreError> {
            let row = sqlx::query(sql).fetch_one(&mut self.read_live().await?).await?;
            Ok(row.try_get("n")?)
        };
        let begun = number("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS n").await?;
        let until = Instant::now() + dialect::ANSWERS_TAKE_AT_MOST;
        while number("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS n").await? < begun {
            if Instant::now() >= until {
                break;
            }
            sleep(Duration::from_millis(5)).await;
        }
        Ok(())
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

/// The path as it stands in a URL.
fn percent_encoded(file: &Path) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"/-._~".contains(byte);
    let bytes = file.as_os_str().as_encoded_bytes().iter();
    bytes.map(|byte| if plain(byte) { char::from(*byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
