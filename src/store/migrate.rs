//! Bringing the schema up to date at boot.

use super::database::pool;
use super::{Address, Store, StoreError};
use sqlx::migrate::Migrator;
use sqlx::{Any, AnyConnection, AnyPool, Row, Transaction};
use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::Duration;
use tokio::time::{Instant, sleep};

// Our own lock stands in for the one of the library, which has no bound and outlives errors.
static SQLITE: LazyLock<Migrator> = LazyLock::new(|| without_lock(sqlx::migrate!("migrations/sqlite")));
static POSTGRES: LazyLock<Migrator> = LazyLock::new(|| without_lock(sqlx::migrate!("migrations/postgres")));

fn without_lock(mut migrations: Migrator) -> Migrator {
    migrations.set_locking(false);
    // What a newer version applied is looked at before.
    migrations.set_ignore_missing(true);
    migrations
}

/// How long a replica waits for another one that migrates.
const WAIT_MAX: Duration = Duration::from_secs(600);
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// The step from which on a database says what a version must know to work with it.
pub(super) const FIRST_WITH_SCHEMA_INFO: i64 = 4;

/// Names the lock of the schema among the advisory locks of the database.
pub const MIGRATION_LOCK: i64 = 0x5155_4942_424c_4500;

/// Why the database could not be opened with the schema of this version.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    #[error("another Quibble has been changing the schema for {} minutes. Look at its log", WAIT_MAX.as_secs() / 60)]
    Busy,
    #[error("the database cannot be opened")]
    Open(#[from] sqlx::Error),
    #[error(
        "the database was written by a newer Quibble (its schema has step {found}, this version knows {known}). \
         Start the newer version again, or choose another database."
    )]
    Newer { found: i64, known: i64 },
    #[error("step {0} of the schema is not the one that made this database. Start the version that made it.")]
    Changed(i64),
    #[error("the schema could not be brought up to date")]
    Failed(#[source] sqlx::migrate::MigrateError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A step of the schema, as a database knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub version: i64,
    pub name: String,
    /// What it runs.
    pub sql: String,
    pub state: StepState,
}

/// Whether a database has a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepState {
    Applied,
    /// Applied, but not as this version knows it.
    Changed,
    Pending,
    /// Applied by a newer version.
    Unknown,
}

/// Every step that this version or the database knows, in order.
///
/// # Errors
/// When the database cannot be read.
pub async fn steps(address: &Address) -> Result<Vec<Step>, MigrateError> {
    let store = Store::open_beside(&address.past_pooler()).await?;
    let steps = match store.writer.acquire().await {
        Ok(mut connection) => steps_of(&mut connection, known(address)).await,
        Err(error) => Err(error.into()),
    };
    store.close().await;
    steps
}

/// The newest step of the schema that this version knows.
pub fn newest_known() -> i64 {
    SQLITE.iter().map(|step| step.version).max().unwrap_or(0)
}

/// Applies every step that the database does not have yet.
pub(super) async fn run(address: &Address, store: &Store) -> Result<(), MigrateError> {
    match address {
        // The caller holds the lock of the data directory, so nobody else migrates.
        Address::File(_) => apply(known(address), &store.writer).await,
        Address::Postgres { url, direct_url, .. } => {
            apply_alone(known(address), direct_url.as_ref().unwrap_or(url)).await
        }
    }
}

/// Applies steps to a server while no other replica does.
async fn apply_alone(migrations: &Migrator, direct_url: &str) -> Result<(), MigrateError> {
    let direct = pool(2).connect(direct_url).await?;
    let applied = match lock(&direct).await {
        Ok(_lock) => apply(migrations, &direct).await,
        Err(error) => Err(error),
    };
    // Whatever happened, the lock goes with the connections.
    direct.close().await;
    applied
}

/// The steps that this version knows of such a database.
pub(super) fn known(address: &Address) -> &'static Migrator {
    match address {
        Address::File(_) => &SQLITE,
        Address::Postgres { .. } => &POSTGRES,
    }
}

/// Nothing is changed in a database that this version does not understand.
async fn apply(migrations: &Migrator, pool: &AnyPool) -> Result<(), MigrateError> {
    let steps = steps_of(&mut *pool.acquire().await?, migrations).await?;
    if let Some(changed) = steps.iter().find(|step| step.state == StepState::Changed) {
        return Err(MigrateError::Changed(changed.version));
    }
    let (unknown, known): (Vec<_>, Vec<_>) = steps.iter().partition(|step| step.state == StepState::Unknown);
    let newest = |steps: &[&Step]| steps.iter().map(|step| step.version).max();
    let newest_known = newest(&known).unwrap_or(0);
    if let Some(found) = newest(&unknown) {
        let needed = sqlx::query("SELECT works_from FROM schema_info").fetch_one(pool).await?.try_get("works_from")?;
        if newest_known < needed {
            return Err(MigrateError::Newer { found, known: newest_known });
        }
        tracing::warn!(
            schema = found,
            known = newest_known,
            "the database was written by a newer Quibble, and is served"
        );
    }
    // Even to find nothing to do, the library wants the right to make tables.
    let pending: Vec<_> = steps.iter().filter(|step| step.state == StepState::Pending).collect();
    let Some(last) = pending.last() else { return Ok(()) };
    tracing::info!(steps = pending.len(), to = last.version, "bringing the schema up to date");
    migrations.run(pool).await.map_err(MigrateError::Failed)
}

/// Every step that `migrations` or the database knows, in order.
pub(super) async fn steps_of(connection: &mut AnyConnection, migrations: &Migrator) -> Result<Vec<Step>, MigrateError> {
    let mut applied = applied(connection).await?;
    let mut steps: Vec<_> = migrations
        .iter()
        .map(|step| {
            let state = match applied.remove(&step.version) {
                None => StepState::Pending,
                Some(checksum) if checksum == *step.checksum => StepState::Applied,
                Some(_) => StepState::Changed,
            };
            let (name, sql) = (step.description.to_string(), step.sql.as_str().to_owned());
            Step { version: step.version, name, sql, state }
        })
        .collect();
    let unknown = |version| Step { version, name: String::new(), sql: String::new(), state: StepState::Unknown };
    steps.extend(applied.into_keys().map(unknown));
    steps.sort_by_key(|step| step.version);
    Ok(steps)
}

/// The checksums of the steps that a database has.
async fn applied(connection: &mut AnyConnection) -> Result<BTreeMap<i64, Vec<u8>>, MigrateError> {
    let tables = match connection.backend_name() {
        "PostgreSQL" => {
            "SELECT 1 FROM pg_tables WHERE schemaname = current_schema() AND tablename = '_sqlx_migrations'"
        }
        _ => "SELECT 1 FROM sqlite_schema WHERE name = '_sqlx_migrations'",
    };
    if sqlx::query(tables).fetch_optional(&mut *connection).await?.is_none() {
        return Ok(BTreeMap::new());
    }
    let rows = sqlx::query("SELECT version, checksum FROM _sqlx_migrations").fetch_all(&mut *connection).await?;
    rows.iter().map(|row| Ok((row.try_get("version")?, row.try_get("checksum")?))).collect()
}

/// Waits until no other replica migrates. The lock ends with its transaction, and so with the process at the latest,
/// also through a pooler that shares connections by transaction.
async fn lock(direct: &AnyPool) -> Result<Transaction<'static, Any>, MigrateError> {
    const BEGIN: &str = "BEGIN; SET LOCAL idle_in_transaction_session_timeout = 0";
    let until = Instant::now() + WAIT_MAX;
    let mut told = false;
    loop {
        let mut tx = direct.begin_with(BEGIN).await?;
        let row =
            sqlx::query("SELECT pg_try_advisory_xact_lock($1) AS got").bind(MIGRATION_LOCK).fetch_one(&mut *tx).await?;
        if row.try_get("got")? {
            return Ok(tx);
        }
        tx.rollback().await?;
        if !std::mem::replace(&mut told, true) {
            tracing::info!("another Quibble brings the schema up to date; waiting for it");
        }
        if Instant::now() >= until {
            return Err(MigrateError::Busy);
        }
        sleep(LOOK_EVERY).await;
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{address, test_database};
    use super::*;

    /// Both databases have the same rows: what is added to one is added to the other.
    #[test]
    fn both_databases_have_the_same_steps() {
        let steps = |migrations: &Migrator| {
            migrations.iter().map(|step| (step.version, step.description.to_string())).collect::<Vec<_>>()
        };
        assert_eq!(steps(&SQLITE), steps(&POSTGRES));
    }

    async fn from_the_future(works_from: i64) -> Result<(), MigrateError> {
        let database = test_database::fresh().await;
        let address = address(&database);
        let store = Store::open(&address).await.unwrap();
        store
            .execute(
                sqlx::query(
                    "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
             VALUES (9999, 'from the future', true, $1, 0)",
                )
                .bind(vec![0_u8]),
            )
            .await
            .unwrap();
        store.execute(sqlx::query("UPDATE schema_info SET works_from = $1").bind(works_from)).await.unwrap();
        assert_eq!(steps(&address).await.unwrap().last().unwrap().state, StepState::Unknown);
        store.close().await;
        Store::open(&address).await.map(drop)
    }

    #[tokio::test]
    async fn a_newer_schema_is_served_as_long_as_it_says_so() {
        let known = SQLITE.iter().map(|step| step.version).max().unwrap();
        from_the_future(known).await.unwrap();
        let refused = from_the_future(known + 1).await.unwrap_err();
        let words = "written by a newer Quibble (its schema has step 9999";
        assert!(refused.to_string().contains(words), "{refused}");
    }

    #[tokio::test]
    async fn a_step_that_is_not_the_same_any_more_is_refused_before_anything_is_changed() {
        let database = test_database::fresh().await;
        let address = address(&database);
        let store = Store::open(&address).await.unwrap();
        let newest = SQLITE.iter().map(|step| step.version).max().unwrap();
        // As if the newest were still to come.
        store.execute(sqlx::query("DELETE FROM _sqlx_migrations WHERE version = $1").bind(newest)).await.unwrap();
        store
            .execute(sqlx::query("UPDATE _sqlx_migrations SET checksum = $1 WHERE version = 1").bind(vec![1_u8]))
            .await
            .unwrap();
        store.close().await;
        assert!(matches!(Store::open(&address).await, Err(MigrateError::Changed(1))));
        let states: Vec<_> = steps(&address).await.unwrap().iter().map(|step| step.state).collect();
        assert_eq!((states.first(), states.last()), (Some(&StepState::Changed), Some(&StepState::Pending)));
    }

    /// Steps as they may come: with an index that is built while others write.
    async fn steps_of_a_later_version(second: &str) -> (tempfile::TempDir, Migrator) {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("1_first.sql"), "CREATE TABLE things (n int)").unwrap();
        std::fs::write(dir.path().join("2_second.sql"), second).unwrap();
        let migrator = without_lock(Migrator::new(dir.path()).await.unwrap());
        (dir, migrator)
    }

    #[tokio::test]
    async fn an_index_is_built_concurrently_while_others_wait_and_a_failed_step_leaves_no_lock() {
        let database = test_database::fresh().await;
        let test_database::TestDatabase::Postgres { url, direct_url } = &database else { return };
        let url = direct_url.as_ref().unwrap_or(url);
        sqlx::any::install_default_drivers();
        let (_dir, wrong) = steps_of_a_later_version("CREATE INDEX things_n ON no_such_table (n)").await;
        assert!(matches!(apply_alone(&wrong, url).await, Err(MigrateError::Failed(_))));

        let index = "-- no-transaction\nCREATE INDEX CONCURRENTLY things_n ON things (n)";
        let (_dir, right) = steps_of_a_later_version(index).await;
        let replicas = futures_util::future::join_all((0..8).map(|_| apply_alone(&right, url)));
        for applied in replicas.await {
            applied.unwrap();
        }
        let pool = pool(1).connect(url).await.unwrap();
        let valid = "SELECT indisvalid FROM pg_index WHERE indexrelid = 'things_n'::regclass";
        assert!(sqlx::query(valid).fetch_one(&pool).await.unwrap().try_get::<bool, _>(0).unwrap());
    }

    #[tokio::test]
    async fn replicas_that_start_at_once_all_serve() {
        let database = test_database::fresh().await;
        if test_database::server().is_none() {
            return;
        }
        let address = address(&database);
        let starts = futures_util::future::join_all((0..8).map(|_| Store::open(&address)));
        for store in starts.await {
            let store = store.unwrap();
            store.ping(1).await.unwrap();
            store.close().await;
        }
    }
}
