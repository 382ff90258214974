//! Three processes on one PostgreSQL and one Redis, any of which may die at any time. `tests/run postgres` runs these.

use crate::redis_server::Redis;
use crate::room::Room;
use crate::server::{Server, TOKEN, free_port};
use crate::support::{PATIENCE, database};
use database::TestDatabase;
use reqwest::{Method, StatusCode};
use serde_json::json;
use sqlx::Connection;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;
use tempfile::TempDir;
use tokio::time::{Instant, sleep, timeout};

pub const REPLICAS: usize = 3;
const PLAYERS: usize = 12;

/// How long a phone rests between two answers.
const EVERY: Duration = Duration::from_millis(120);

/// Replicas that end while the room answers. `QUIBBLE_TEST_KILLS` asks for more.
const KILLS: usize = 6;

/// Where the replicas of one night find what they share: each of them, in its own way.
pub struct Setup {
    databases: Vec<String>,
    direct_url: Option<String>,
    redis_urls: Vec<String>,
    drain_delay_seconds: u32,
    /// Says how far off the clock of the first replica is.
    clock: Option<PathBuf>,
    _redis: Option<Redis>,
}

impl Setup {
    /// All of them in the same way, with a Redis of their own. None with SQLite.
    pub fn on(database: &TestDatabase) -> Option<Self> {
        let TestDatabase::Postgres { url, direct_url } = database else { return None };
        let redis = Redis::start();
        Some(Self {
            databases: vec![url.clone(); REPLICAS],
            direct_url: direct_url.clone(),
            redis_urls: vec![redis.url(); REPLICAS],
            drain_delay_seconds: 0,
            clock: None,
            _redis: Some(redis),
        })
    }

    /// A replica reaches the database in a way of its own.
    pub fn database(mut self, replica: usize, url: String) -> Self {
        self.databases[replica] = url;
        self.direct_url = None;
        self
    }

    /// All of them share a Redis that the test has in hand.
    pub fn redis_everywhere(mut self, url: &str) -> Self {
        self.redis_urls.fill(url.to_owned());
        self
    }

    /// For so long a replica that is to end gives a balancer time to notice.
    pub fn drain_delay_seconds(mut self, seconds: u32) -> Self {
        self.drain_delay_seconds = seconds;
        self
    }

    pub fn redis_url(&self) -> String {
        self.redis_urls[0].clone()
    }

    /// The first replica goes by a clock that is as far off as this file says: `+2h`.
    pub fn clock(mut self, file: PathBuf) -> Self {
        self.clock = Some(file);
        self
    }

    /// A replica reaches Redis in a way of its own.
    pub fn redis(mut self, replica: usize, url: String) -> Self {
        self.redis_urls[replica] = url;
        self
    }
}

/// The replicas of one night.
pub struct Cluster {
    setup: Setup,
    dir: TempDir,
    pub ports: Vec<u16>,
    servers: Vec<Option<Server>>,
}

impl Cluster {
    pub async fn start(setup: Setup) -> Self {
        let ports = (0..REPLICAS).map(|_| free_port()).collect();
        let dir = TempDir::new().unwrap();
        let mut cluster = Self { setup, dir, ports, servers: Vec::new() };
        let starts = (0..REPLICAS).map(|replica| cluster.run(replica));
        cluster.servers = futures_util::future::join_all(starts).await.into_iter().map(Some).collect();
        cluster
    }

    async fn run(&self, replica: usize) -> Server {
        let port = self.ports[replica];
        let mut command: Command = Server::command(self.dir.path(), port);
        command.env("DATABASE_URL", &self.setup.databases[replica]);
        command.env("REDIS_URL", &self.setup.redis_urls[replica]);
        command.envs(self.setup.direct_url.iter().map(|url| ("DIRECT_URL", url)));
        command.env("QUIBBLE_GAME__DRAIN_DELAY_SECONDS", self.setup.drain_delay_seconds.to_string());
        command.env("QUIBBLE_GAME__DRAIN_GRACE_SECONDS", "5");
        command.env("QUIBBLE_GAME__RECONNECT_SPREAD_MS", "200");
        if let (0, Some(file)) = (replica, &self.setup.clock) {
            let library =
                std::env::var("QUIBBLE_TEST_FAKETIME").expect("QUIBBLE_TEST_FAKETIME; use tests/run postgres");
            command.envs([("LD_PRELOAD", library.as_str()), ("FAKETIME_NO_CACHE", "1")]);
            command.env("FAKETIME_TIMESTAMP_FILE", file).env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        }
        Server::log(&mut command, port);
        Server::run(command, port).await
    }

    /// Ends a replica, at once or in order, and starts it again.
    pub async fn replace(&mut self, replica: usize, at_once: bool) {
        let mut server = self.servers[replica].take().unwrap();
        if !at_once {
            server.terminate();
            let ended = async {
                while server.child.try_wait().unwrap().is_none() {
                    sleep(Duration::from_millis(10)).await;
                }
            };
            timeout(PATIENCE, ended).await.expect("the process ends");
            assert!(server.child.wait().unwrap().success(), "a drain ends well");
        }
        server.kill();
        self.servers[replica] = Some(self.run(replica).await);
    }

    pub fn urls(&self) -> Vec<String> {
        self.ports.iter().map(|port| format!("http://127.0.0.1:{port}")).collect()
    }

    pub fn first(&self) -> &Server {
        self.replica(0)
    }

    pub fn replica(&self, replica: usize) -> &Server {
        self.servers[replica].as_ref().unwrap()
    }
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replicas_that_come_and_go_lose_nothing_and_double_nothing() {
    let database = database::fresh().await;
    let Some(setup) = Setup::on(&database) else { return };
    let mut cluster = Cluster::start(setup).await;
    let room = Room::open(cluster.first(), &cluster.urls(), PLAYERS, EVERY).await;
    let kills = std::env::var("QUIBBLE_TEST_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(KILLS);
    for kill in 0..kills {
        cluster.replace(kill % REPLICAS, kill % 3 != 1).await;
        room.goes_on().await;
    }
    room.end(cluster.first(), &database).await;
}

/// Kills of a process that migrates an empty database, spread over the time that this takes.
const KILLED_MIGRATIONS: u32 = 8;

/// A Quibble on a database alone, which nobody waits for.
fn spawn(url: &str, direct_url: Option<&String>, dir: &TempDir) -> Server {
    let port = free_port();
    let mut command = Server::command(dir.path(), port);
    command.env("DATABASE_URL", url).envs(direct_url.map(|url| ("DIRECT_URL", url)));
    Server::spawn(command, port)
}

/// Whoever migrates may die at any point: the next one goes on, and no lock is left behind.
#[tokio::test]
async fn a_migration_that_dies_is_taken_over() {
    let database = database::fresh().await;
    let TestDatabase::Postgres { url, direct_url } = &database else { return };
    let dir = TempDir::new().unwrap();
    let begun = Instant::now();
    let whole = spawn(url, direct_url.as_ref(), &dir);
    whole.until_ready().await;
    let takes = begun.elapsed();
    let rows = sqlx::PgPool::connect(url).await.unwrap();
    let steps = applied(&rows).await;
    drop(whole);

    let database = database::fresh().await;
    let TestDatabase::Postgres { url, direct_url } = &database else { return };
    let mut unfinished = 0;
    for kill in 1..=KILLED_MIGRATIONS {
        let server = spawn(url, direct_url.as_ref(), &dir);
        sleep(takes * kill / KILLED_MIGRATIONS).await;
        unfinished += u32::from(server.status("/readyz").await != Some(StatusCode::OK));
        server.kill();
    }
    assert!(unfinished > 0, "somebody died at work");
    let last = spawn(url, direct_url.as_ref(), &dir);
    last.until_ready().await;
    let rows = sqlx::PgPool::connect(url).await.unwrap();
    assert_eq!(applied(&rows).await, steps);
    let locks = "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
                 WHERE locktype = 'advisory' AND datname = current_database()";
    assert_eq!(sqlx::query_scalar::<_, i64>(locks).fetch_one(&rows).await.unwrap(), 0);
}

async fn applied(rows: &sqlx::PgPool) -> Vec<(i64, bool)> {
    sqlx::query_as("SELECT version, success FROM _sqlx_migrations ORDER BY version").fetch_all(rows).await.unwrap()
}

/// A process that waits for its schema lives, and is not ready.
#[tokio::test]
async fn who_waits_for_a_migration_says_so() {
    let database = database::fresh().await;
    let TestDatabase::Postgres { url, direct_url } = &database else { return };
    let mut other = sqlx::PgConnection::connect(direct_url.as_ref().unwrap_or(url)).await.unwrap();
    let mut migrating = other.begin().await.unwrap();
    sqlx::query("SELECT pg_advisory_xact_lock($1)")
        .bind(quibble::store::MIGRATION_LOCK)
        .execute(&mut *migrating)
        .await
        .unwrap();

    let dir = TempDir::new().unwrap();
    let server = spawn(url, direct_url.as_ref(), &dir);
    server.until("/healthz", StatusCode::OK).await;
    server.until("/readyz", StatusCode::SERVICE_UNAVAILABLE).await;
    let page = server.http.get(format!("{}/j/ABC234", server.url)).send().await.unwrap();
    assert_eq!(page.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(page.headers()["refresh"], "2", "a browser looks again");
    assert!(page.headers().contains_key("content-security-policy"));

    // Whoever comes shortly before it is over waits for it.
    let waits = tokio::spawn(server.http.get(format!("{}/j/ABC234", server.url)).send());
    migrating.commit().await.unwrap();
    assert_eq!(waits.await.unwrap().unwrap().status(), StatusCode::OK);
    assert_eq!(server.status("/readyz").await, Some(StatusCode::OK));
}

/// The role that serves may change no table, and no log.
#[tokio::test]
async fn a_role_that_may_only_serve_serves_a_night() {
    let database = database::fresh().await;
    let TestDatabase::Postgres { url, direct_url } = &database else { return };
    let owner_url = direct_url.as_ref().unwrap_or(url);
    let dir = TempDir::new().unwrap();
    let migrated = Command::new(env!("CARGO_BIN_EXE_quibble"))
        .env_clear()
        .env("DATABASE_URL", owner_url)
        .args(["migrate", "up", "--data-dir"])
        .arg(dir.path())
        .status()
        .unwrap();
    assert!(migrated.success());
    let role = format!("app_{}", owner_url.split('?').next().unwrap().rsplit('/').next().unwrap());
    let owner = sqlx::PgPool::connect(owner_url).await.unwrap();
    let grants = include_str!("../../packaging/postgres/grants.sql").replace(":\"role\"", &role);
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!("CREATE ROLE {role} LOGIN; {grants}"))).execute(&owner).await.unwrap();

    let app_url = owner_url.replace("//quibble@", &format!("//{role}@"));
    let server = spawn(&app_url, None, &dir);
    server.until_ready().await;
    let (game, code) = server.game(1).await;
    let joined = server.send(Method::POST, "/api/join", json!({ "code": code, "display_name": "Ann" })).await;
    let mut phone = server.socket(&code, json!({ "session": joined["session_token"] })).await;
    let mut host = server.socket(&code, json!({ "token": TOKEN })).await;
    host.until("host_state").await;
    host.step("start_game", json!({})).await;
    host.step("release_question", json!({})).await;
    let question = phone.until("question_released").await["question"]["id"].clone();
    assert_eq!(phone.answer(&question, "yes", "first").await["type"], "answer_accepted");
    host.step("end_round", json!({})).await;
    host.step("release_scores", json!({})).await;
    phone.until("round_leaderboard").await;

    let app = sqlx::PgPool::connect(&app_url).await.unwrap();
    for forbidden in [
        "CREATE TABLE mine (n int)",
        "UPDATE game_answers SET answer = 'no'",
        "DELETE FROM game_events",
        "UPDATE _sqlx_migrations SET success = false",
    ] {
        let refused = sqlx::query(forbidden).execute(&app).await.unwrap_err();
        assert_eq!(refused.as_database_error().unwrap().code().unwrap(), "42501", "{forbidden}");
    }
    sqlx::query("DELETE FROM games WHERE id = $1").bind(&game).execute(&app).await.unwrap();
}
