//! Backups of a PostgreSQL server, and backups put into one.

use super::tools::{self, PG_DUMP, PG_RESTORE};
use super::{BackupError, COUNTED, FORMAT, Form, Manifest, archive, place, prepared_copy, unpack, work_in};
use crate::clock::file_stamp;
use crate::store::copy::{self, CopyError, SourceIs};
use crate::store::{Address, Store, StoreError};
use sqlx::any::AnyConnectOptions;
use sqlx::{AnyConnection, AssertSqlSafe, ConnectOptions, Connection, Executor, Row};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What was restored, and the schema that what was there before is in now.
#[derive(Debug)]
pub struct RestoredToServer {
    pub manifest: Manifest,
    pub aside: Option<String>,
}

/// How a backup of this server is taken where nobody said: by `pg_dump` if there is one that knows the server.
///
/// # Errors
/// When the server does not answer.
pub async fn form_for(address: &Address) -> Result<Form, BackupError> {
    let server = number(&mut connect(address).await?, SERVER_VERSION).await?;
    let known = tools::version_of(PG_DUMP).await?;
    Ok(if known.is_some_and(|known| i64::from(known) >= server) { Form::PgDump } else { Form::Portable })
}

/// Takes a backup of a server into a folder, which is made if need be. Games go on meanwhile; what is committed before it
/// begins is in it, whole.
///
/// # Errors
/// When the copy cannot be made or is not sound.
pub async fn create_of_server(
    address: &Address,
    form: Form,
    into: &Path,
    now_ms: i64,
) -> Result<(PathBuf, Manifest), BackupError> {
    let (file, work) = place(into, now_ms)?;
    let payload = work.path().join(form.payload());
    let (schema, rows, pg_schema) = match form {
        Form::Portable => {
            copy::copy_into_new_file(address, &payload, SourceIs::MaybeServed, &mut |_| {}).await?;
            let (schema, rows) = super::examine(&payload).await?.map_err(|what| super::damaged(&payload, what))?;
            (schema, rows, None)
        }
        Form::PgDump => {
            let (schema, rows, name) = dump(address, &payload).await?;
            (schema, rows, Some(name))
        }
    };
    let (bytes, sha256) = archive::digest(&payload)?;
    let quibble = env!("CARGO_PKG_VERSION").to_owned();
    let manifest =
        Manifest { format: FORMAT, quibble, schema, created_at_ms: now_ms, bytes, sha256, rows, form, pg_schema };
    super::put_together(&manifest, &payload, &work, &file)?;
    Ok((file, manifest))
}

/// Puts a backup into a server that no replica serves. With `replace`, what is there is moved into a schema beside it, in
/// one transaction, before anything comes in its place.
///
/// # Errors
/// When the backup cannot be used, the server is served or has data, or does not take it. The words say what was moved.
pub async fn restore_into_server(
    file: &Path,
    address: &Address,
    replace: bool,
    now_ms: i64,
) -> Result<RestoredToServer, BackupError> {
    let beside = file.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let work = work_in(beside).or_else(|_| work_in(&std::env::temp_dir()))?;
    let manifest = unpack(file, work.path()).await?;
    let payload = work.path().join(manifest.form.payload());
    match manifest.form {
        Form::Portable => prepared_copy(&payload).await?,
        Form::PgDump if tools::version_of(PG_RESTORE).await?.is_none() => return Err(BackupError::NoTool(PG_RESTORE)),
        Form::PgDump => {}
    }
    if copy::is_served(address).await? {
        return Err(CopyError::Served(copy::Which::Target).into());
    }
    let mut connection = connect(address).await?;
    let schema: String =
        sqlx::query("SELECT current_schema()::text AS name").fetch_one(&mut connection).await?.try_get("name")?;
    if let Some(made_in) = manifest.pg_schema.as_ref().filter(|made_in| **made_in != schema) {
        return Err(BackupError::OtherPgSchema { made_in: made_in.clone(), found: schema });
    }
    let there = tables_there(&mut connection).await?;
    let has_rows = has_rows(&mut connection, &there).await?;
    if has_rows && !replace {
        return Err(BackupError::ServerHasData);
    }
    let aside = if has_rows || (manifest.form == Form::PgDump && !there.is_empty()) {
        Some(move_tables_aside(&mut connection, &there, now_ms).await?)
    } else {
        None
    };
    let _ = connection.close().await;
    match fill(address, &manifest, &payload, &schema).await {
        Ok(()) => Ok(RestoredToServer { manifest, aside }),
        Err(error) => match aside {
            Some(aside) => Err(BackupError::AfterMoving { aside, error: Box::new(error) }),
            None => Err(error),
        },
    }
}

async fn fill(address: &Address, manifest: &Manifest, payload: &Path, schema: &str) -> Result<(), BackupError> {
    match manifest.form {
        Form::Portable => {
            copy::copy(&Address::File(payload.to_owned()), address, SourceIs::AtRest, &mut |_| {}).await?;
        }
        Form::PgDump => {
            tools::restore(url(address), schema, payload).await?;
            let (_, rows) = counted(&mut connect(address).await?).await?;
            if rows != manifest.rows {
                return Err(BackupError::OtherRows);
            }
            Store::open(address).await?.close().await;
        }
    }
    Ok(())
}

/// Dumps what one snapshot shows, and counts it there. The newest step of its schema, its rows, and its schema's name.
async fn dump(address: &Address, payload: &Path) -> Result<(i64, BTreeMap<String, i64>, String), BackupError> {
    let mut connection = connect(address).await?;
    let server = number(&mut connection, SERVER_VERSION).await?;
    match tools::version_of(PG_DUMP).await? {
        None => return Err(BackupError::NoTool(PG_DUMP)),
        Some(known) if i64::from(known) < server => {
            return Err(BackupError::Tool {
                program: PG_DUMP,
                what: format!("it is of version {known}, and the server of {server}. `--format portable` needs none"),
            });
        }
        Some(_) => {}
    }
    // The snapshot lasts as long as its transaction, which waits for the dump.
    connection.execute("SET idle_in_transaction_session_timeout = 0; SET statement_timeout = 0").await?;
    connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
    let row = sqlx::query("SELECT pg_export_snapshot()::text AS snapshot, current_schema()::text AS schema")
        .fetch_one(&mut connection)
        .await?;
    let (snapshot, schema): (String, String) = (row.try_get("snapshot")?, row.try_get("schema")?);
    let (newest, rows) = counted(&mut connection).await?;
    tools::dump(url(address), &schema, &snapshot, payload).await?;
    let _ = connection.close().await;
    Ok((newest, rows, schema))
}

const SERVER_VERSION: &str = "SELECT current_setting('server_version_num')::bigint / 10000 AS n";

/// The newest step of the schema, and how many rows the main tables have.
async fn counted(connection: &mut AnyConnection) -> Result<(i64, BTreeMap<String, i64>), BackupError> {
    let newest = number(connection, "SELECT max(version) AS n FROM _sqlx_migrations").await?;
    let mut rows = BTreeMap::new();
    for table in COUNTED {
        rows.insert(table.to_owned(), number(connection, &format!("SELECT count(*) AS n FROM {table}")).await?);
    }
    Ok((newest, rows))
}

async fn number(connection: &mut AnyConnection, sql: &str) -> Result<i64, BackupError> {
    Ok(sqlx::query(AssertSqlSafe(sql.to_owned())).fetch_one(connection).await?.try_get("n")?)
}

/// Those of our tables that are there.
async fn tables_there(connection: &mut AnyConnection) -> Result<Vec<&'static str>, BackupError> {
    let rows = sqlx::query("SELECT tablename::text AS name FROM pg_tables WHERE schemaname = current_schema()")
        .fetch_all(connection)
        .await?;
    let there = rows.iter().map(|row| row.try_get("name")).collect::<Result<Vec<String>, _>>()?;
    Ok(copy::all_tables().filter(|table| there.iter().any(|name| name == table)).collect())
}

async fn has_rows(connection: &mut AnyConnection, there: &[&'static str]) -> Result<bool, BackupError> {
    for table in there.iter().filter(|table| copy::is_copied(table)) {
        let found = sqlx::query(AssertSqlSafe(format!("SELECT 1 FROM {table} LIMIT 1")));
        if found.fetch_optional(&mut *connection).await?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Moves our tables, and what belongs to them, into a new schema: nothing is deleted, nor anything of others touched.
async fn move_tables_aside(
    connection: &mut AnyConnection,
    there: &[&'static str],
    now_ms: i64,
) -> Result<String, BackupError> {
    let stamp = file_stamp(now_ms).to_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), "_");
    let aside = format!("before_restore_{stamp}");
    connection.execute("SET lock_timeout = 5000").await?;
    let mut moves = format!("BEGIN; CREATE SCHEMA {aside};");
    for table in there {
        moves += &format!(" ALTER TABLE {table} SET SCHEMA {aside};");
    }
    if number(connection, "SELECT count(*) AS n FROM pg_proc WHERE proname = 'logs_are_kept' AND pronamespace = current_schema()::regnamespace").await? > 0 {
        moves += &format!(" ALTER FUNCTION logs_are_kept() SET SCHEMA {aside};");
    }
    moves += " COMMIT";
    connection
        .execute(AssertSqlSafe(moves))
        .await
        .map_err(|error| BackupError::Store(StoreError::Unavailable(error)))?;
    Ok(aside)
}

/// Past a pooler: a snapshot belongs to one connection of the server's.
async fn connect(address: &Address) -> Result<AnyConnection, BackupError> {
    sqlx::any::install_default_drivers();
    let options: AnyConnectOptions = url(address).parse()?;
    let opened = tokio::time::timeout(crate::limits::DB_TIMEOUT, options.connect()).await;
    Ok(opened.map_err(|_| sqlx::Error::PoolTimedOut)??)
}

fn url(address: &Address) -> &str {
    match address {
        Address::Postgres { url, direct_url, .. } => direct_url.as_ref().unwrap_or(url),
        // Whoever asks has a server.
        Address::File(_) => "",
    }
}

#[cfg(test)]
mod tests;
