//! One of the two databases of a copy, over a connection of its own.

use super::super::database::percent_encoded;
use super::super::dialect::Dialect;
use super::super::{Address, Step, StepState, migrate};
use super::tables::{AT_REST, TABLES};
use super::{CopyError, Progress, REPLICA_SILENT_MS, SourceIs, TableCopied, TableCounted, Which, agrees};
use crate::ids::hex;
use crate::limits::DB_TIMEOUT;
use futures_util::TryStreamExt;
use sha2::{Digest, Sha256};
use sqlx::any::{AnyConnectOptions, AnyRow};
use sqlx::{AnyConnection, AssertSqlSafe, ConnectOptions, Connection, Executor, Row};
use std::time::Duration;
use tokio::time::timeout;

/// Rows that are written by one statement, and the texts of them in bytes: whichever comes first.
const BATCH_ROWS: usize = 250;
const BATCH_BYTES: usize = 1024 * 1024;

/// How long the next row, or the writing of a batch, may take. A large table is sorted before its first row comes.
const STEP_TAKES_AT_MOST: Duration = Duration::from_secs(600);

pub(super) struct Side {
    connection: AnyConnection,
    dialect: Dialect,
    which: Which,
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Column {
    name: String,
    kind: Kind,
}

/// All that our columns hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Int,
    Text,
}

/// What stands in a row. None is NULL.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Cell {
    Int(Option<i64>),
    Text(Option<String>),
}

/// A hash of rows, in their order.
struct Hash {
    rows: u64,
    sha256: Sha256,
}

impl Side {
    /// Opens a database that is there.
    pub(super) async fn open(address: &Address, which: Which) -> Result<Self, CopyError> {
        sqlx::any::install_default_drivers();
        // A pooler would lend this connection's statements to others.
        let address = address.past_pooler();
        let (options, dialect): (AnyConnectOptions, _) = match &address {
            Address::File(file) => {
                let mode = if which == Which::Source { "ro" } else { "rw" };
                (format!("sqlite://{}?mode={mode}", percent_encoded(file)).parse()?, Dialect::Sqlite)
            }
            Address::Postgres { url, .. } => (url.parse()?, Dialect::Postgres),
        };
        let mut connection = timeout(DB_TIMEOUT, options.connect()).await.map_err(|_| sqlx::Error::PoolTimedOut)??;
        let settings = match (dialect, which) {
            // A role or a database may have shorter ones, which are for questions of other kinds.
            (Dialect::Postgres, _) => {
                "SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0; SET lock_timeout = 5000"
            }
            (Dialect::Sqlite, Which::Source) => "PRAGMA busy_timeout = 10000; PRAGMA trusted_schema = OFF",
            (Dialect::Sqlite, Which::Target) => {
                "PRAGMA busy_timeout = 10000; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; \
                 PRAGMA trusted_schema = OFF; PRAGMA fullfsync = ON"
            }
        };
        connection.execute(settings).await?;
        Ok(Self { connection, dialect, which })
    }

    pub(super) fn connection(&mut self) -> &mut AnyConnection {
        &mut self.connection
    }

    /// Its schema has every step of this version, and no other.
    pub(super) async fn has_our_schema(&mut self, address: &Address) -> Result<(), CopyError> {
        agrees(&migrate::steps_of(&mut self.connection, migrate::known(address)).await?, self.which, false)
    }

    /// When a replica wrote that it serves this server, which it must not be doing now if the source is to be at rest.
    pub(super) async fn beaten_at(&mut self, source_is: SourceIs) -> Result<Option<i64>, CopyError> {
        if source_is == SourceIs::MaybeServed || self.dialect == Dialect::Sqlite {
            return Ok(None);
        }
        let (at, now) = self.beat().await?;
        if now - at < REPLICA_SILENT_MS {
            return Err(CopyError::Served(self.which));
        }
        Ok(Some(at))
    }

    /// Whether a replica serves this server.
    pub(super) async fn is_served(&mut self, steps: &[Step]) -> Result<bool, CopyError> {
        // The second step made the row that replicas write to.
        let beats = steps.iter().any(|step| step.version == 2 && step.state == StepState::Applied);
        if self.dialect == Dialect::Sqlite || !beats {
            return Ok(false);
        }
        let (at, now) = self.beat().await?;
        Ok(now - at < REPLICA_SILENT_MS)
    }

    /// When a replica wrote last, and what time it is, both by the clock of the server.
    async fn beat(&mut self) -> Result<(i64, i64), CopyError> {
        let row = sqlx::query(
            "SELECT at, (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now FROM heartbeat WHERE id = 1",
        )
        .fetch_one(&mut self.connection)
        .await?;
        Ok((row.try_get("at")?, row.try_get("now")?))
    }

    /// From here on everything that is read is as it is now.
    pub(super) async fn begin_reading(&mut self) -> Result<(), CopyError> {
        let begin = match self.dialect {
            Dialect::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            Dialect::Sqlite => "BEGIN",
        };
        self.connection.execute(begin).await?;
        Ok(())
    }

    /// From here on nobody else writes.
    pub(super) async fn begin_writing(&mut self) -> Result<(), CopyError> {
        match self.dialect {
            Dialect::Postgres => {
                self.connection.execute("BEGIN").await?;
                let lock = format!("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE", TABLES.join(", "));
                self.connection.execute(AssertSqlSafe(lock)).await?;
            }
            Dialect::Sqlite => {
                self.connection.execute("BEGIN IMMEDIATE").await?;
            }
        }
        Ok(())
    }

    pub(super) async fn end(&mut self) -> Result<(), CopyError> {
        self.connection.execute("ROLLBACK").await?;
        Ok(())
    }

    pub(super) async fn commit(&mut self) -> Result<(), CopyError> {
        self.connection.execute("COMMIT").await?;
        // The plans of tables that were empty are bad ones for tables that are not. It may be left to later.
        let _ = self.connection.execute("ANALYZE").await;
        Ok(())
    }

    /// Goes. What was not committed goes with it.
    pub(super) async fn close(self) {
        let _ = self.connection.close().await;
    }

    /// No table has a row.
    pub(super) async fn is_empty(&mut self) -> Result<(), CopyError> {
        for TableCounted { table, rows } in self.counted().await? {
            if rows > 0 {
                return Err(CopyError::NotEmpty { table, rows });
            }
        }
        Ok(())
    }

    /// No table that is there has a row.
    pub(super) async fn has_no_rows(&mut self) -> Result<(), CopyError> {
        for table in TABLES {
            if !self.columns_of(table).await?.is_empty() {
                let rows = self.count(table).await?;
                if rows > 0 {
                    return Err(CopyError::NotEmpty { table, rows });
                }
            }
        }
        Ok(())
    }

    pub(super) async fn counted(&mut self) -> Result<Vec<TableCounted>, CopyError> {
        let mut counted = Vec::new();
        for table in TABLES {
            counted.push(TableCounted { table, rows: self.count(table).await? });
        }
        Ok(counted)
    }

    async fn count(&mut self, table: &str) -> Result<u64, CopyError> {
        let sql = format!("SELECT count(*) AS n FROM {table}");
        let row = sqlx::query(AssertSqlSafe(sql)).fetch_one(&mut self.connection).await?;
        Ok(u64::try_from(row.try_get::<i64, _>("n")?).unwrap_or(0))
    }

    /// The rows of a table as they stand here.
    pub(super) async fn hashed(&mut self, table: &'static str) -> Result<TableCopied, CopyError> {
        let (columns, select) = self.reading(table).await?;
        let which = self.which;
        let mut hash = Hash::new(table, &columns);
        let mut rows = sqlx::query(AssertSqlSafe(select)).fetch(&mut self.connection);
        while let Some(row) = within(which, rows.try_next()).await? {
            hash.add(&cells(&row, &columns)?);
        }
        Ok(hash.end(table))
    }

    /// The columns of a table, and how all rows are read: the same on both sides, in the same order.
    async fn reading(&mut self, table: &'static str) -> Result<(Vec<Column>, String), CopyError> {
        let columns = self.columns_of(table).await?.into_iter().map(|(name, kind)| match kind.as_str() {
            "bigint" => Ok(Column { name, kind: Kind::Int }),
            "text" => Ok(Column { name, kind: Kind::Text }),
            _ => Err(CopyError::UnknownKind { table, column: name, kind }),
        });
        let columns = columns.collect::<Result<Vec<_>, _>>()?;
        let read = |column: &Column| {
            let at_rest = AT_REST.iter().find(|(of, name, _)| (*of, *name) == (table, column.name.as_str()));
            at_rest.map_or_else(|| column.name.clone(), |(_, name, instead)| format!("{instead} AS {name}"))
        };
        let key = self.key_of(table).await?;
        let sorted = |name: &String| {
            let is_text = columns.iter().any(|column| column.name == *name && column.kind == Kind::Text);
            // By its bytes, as SQLite does.
            let by = if is_text && self.dialect == Dialect::Postgres { " COLLATE \"C\"" } else { "" };
            format!("{name}{by}")
        };
        let read: Vec<_> = columns.iter().map(read).collect();
        let sorted: Vec<_> = key.iter().map(sorted).collect();
        let select = format!("SELECT {} FROM {table} ORDER BY {}", read.join(", "), sorted.join(", "));
        Ok((columns, select))
    }

    /// Names and kinds, by name.
    async fn columns_of(&mut self, table: &str) -> Result<Vec<(String, String)>, CopyError> {
        let sql = match self.dialect {
            Dialect::Postgres => {
                "SELECT column_name::text AS name, data_type::text AS kind FROM information_schema.columns
                 WHERE table_schema = current_schema() AND table_name = $1 ORDER BY column_name::text COLLATE \"C\""
            }
            Dialect::Sqlite => "SELECT name, lower(type) AS kind FROM pragma_table_info($1) ORDER BY name",
        };
        let rows = sqlx::query(sql).bind(table.to_owned()).fetch_all(&mut self.connection).await?;
        rows.iter().map(|row| Ok((row.try_get("name")?, row.try_get("kind")?))).collect()
    }

    /// The columns that name a row, by name.
    async fn key_of(&mut self, table: &str) -> Result<Vec<String>, CopyError> {
        let sql = match self.dialect {
            Dialect::Postgres => {
                "SELECT a.attname::text AS name FROM pg_index i
                 JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey)
                 WHERE i.indrelid = $1::text::regclass AND i.indisprimary ORDER BY a.attname::text COLLATE \"C\""
            }
            Dialect::Sqlite => "SELECT name FROM pragma_table_info($1) WHERE pk > 0 ORDER BY name",
        };
        let rows = sqlx::query(sql).bind(table.to_owned()).fetch_all(&mut self.connection).await?;
        rows.iter().map(|row| Ok(row.try_get("name")?)).collect()
    }

    async fn insert(&mut self, table: &str, columns: &[Column], rows: &mut Vec<Vec<Cell>>) -> Result<(), CopyError> {
        let sql = insert_sql(table, columns, rows.len());
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for cell in rows.drain(..).flatten() {
            query = match cell {
                Cell::Int(n) => query.bind(n),
                Cell::Text(text) => query.bind(text),
            };
        }
        within(self.which, query.execute(&mut self.connection)).await?;
        Ok(())
    }
}

/// Reads every row of a table and writes it on the other side.
pub(super) async fn carry(
    source: &mut Side,
    target: &mut Side,
    table: &'static str,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<TableCopied, CopyError> {
    let (columns, select) = source.reading(table).await?;
    if target.reading(table).await?.0 != columns {
        return Err(CopyError::OtherColumns { table });
    }
    let (mut hash, mut batch, mut bytes) = (Hash::new(table, &columns), Vec::new(), 0);
    let which = source.which;
    let mut rows = sqlx::query(AssertSqlSafe(select)).fetch(&mut source.connection);
    while let Some(row) = within(which, rows.try_next()).await? {
        let cells = cells(&row, &columns)?;
        if target.dialect == Dialect::Postgres {
            has_no_nul(table, &columns, &cells)?;
        }
        hash.add(&cells);
        bytes += cells.iter().map(Cell::bytes).sum::<usize>();
        batch.push(cells);
        if batch.len() == BATCH_ROWS || bytes >= BATCH_BYTES {
            target.insert(table, &columns, &mut batch).await?;
            bytes = 0;
            progress(Progress::Written { table, rows: hash.rows });
        }
    }
    if !batch.is_empty() {
        target.insert(table, &columns, &mut batch).await?;
    }
    Ok(hash.end(table))
}

async fn within<T>(which: Which, step: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, CopyError> {
    Ok(timeout(STEP_TAKES_AT_MOST, step).await.map_err(|_| CopyError::Stalled(which))??)
}

fn insert_sql(table: &str, columns: &[Column], rows: usize) -> String {
    let names: Vec<_> = columns.iter().map(|column| column.name.as_str()).collect();
    let row = |row: usize| {
        let values: Vec<_> = (1..=columns.len()).map(|n| format!("${}", row * columns.len() + n)).collect();
        format!("({})", values.join(", "))
    };
    let rows: Vec<_> = (0..rows).map(row).collect();
    format!("INSERT INTO {table} ({}) VALUES {}", names.join(", "), rows.join(", "))
}

fn cells(row: &AnyRow, columns: &[Column]) -> Result<Vec<Cell>, sqlx::Error> {
    let cell = |(at, column): (usize, &Column)| {
        Ok(match column.kind {
            Kind::Int => Cell::Int(row.try_get(at)?),
            Kind::Text => Cell::Text(row.try_get(at)?),
        })
    };
    columns.iter().enumerate().map(cell).collect()
}

fn has_no_nul(table: &'static str, columns: &[Column], cells: &[Cell]) -> Result<(), CopyError> {
    let at = cells.iter().position(|cell| matches!(cell, Cell::Text(Some(text)) if text.contains('\0')));
    let Some(column) = at.and_then(|at| columns.get(at)) else { return Ok(()) };
    // Ids come first by no rule, but a table has one or is small.
    let id = columns.iter().zip(cells).find(|(column, _)| column.name == "id" || column.name.ends_with("_id"));
    let row = match id {
        Some((column, Cell::Text(Some(text)))) => format!("{} is {text}", column.name),
        _ => "in a row without an id".to_owned(),
    };
    Err(CopyError::Nul { table, column: column.name.clone(), row })
}

impl Cell {
    fn bytes(&self) -> usize {
        match self {
            Self::Int(_) => 8,
            Self::Text(text) => text.as_ref().map_or(0, String::len),
        }
    }
}

impl Hash {
    /// Begins with what the columns are, so that the same cells under other names are something else.
    fn new(table: &str, columns: &[Column]) -> Self {
        let mut hash = Self { rows: 0, sha256: Sha256::new() };
        hash.text(table);
        for Column { name, kind } in columns {
            hash.text(name);
            hash.sha256.update(match kind {
                Kind::Int => b"n",
                Kind::Text => b"t",
            });
        }
        hash
    }

    /// Each cell says how long it is, so that no two rows come to the same bytes.
    fn add(&mut self, cells: &[Cell]) {
        self.rows += 1;
        for cell in cells {
            match cell {
                Cell::Int(None) | Cell::Text(None) => self.sha256.update([0]),
                Cell::Int(Some(n)) => {
                    self.sha256.update([1]);
                    self.sha256.update(n.to_be_bytes());
                }
                Cell::Text(Some(text)) => {
                    self.sha256.update([2]);
                    self.text(text);
                }
            }
        }
    }

    fn text(&mut self, text: &str) {
        self.sha256.update((text.len() as u64).to_be_bytes());
        self.sha256.update(text);
    }

    fn end(self, table: &'static str) -> TableCopied {
        TableCopied { table, rows: self.rows, sha256: hex(&self.sha256.finalize()) }
    }
}
