//! Passwords that are replaced while a game goes on. `tests/run postgres` runs this.

use crate::postgres_server::Postgres;
use crate::redis_server::Redis;
use crate::server::{Server, TOKEN, free_port};
use crate::support::PATIENCE;
use reqwest::StatusCode;
use serde_json::{Value, json};
use sqlx::Executor;
use std::process::{Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;
use tokio::time::{sleep, timeout};

/// The servers ask for another password from one moment to the next, and end every connection that was let in by the old
/// one. As soon as the process finds the new one in its files it goes on, and those who were connected are still there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn new_passwords_of_the_database_and_of_redis_need_no_restart() {
    let Some(database) = Postgres::start() else { return };
    let redis = Redis::start();
    let servers = Servers { admin: sqlx::PgPool::connect(&database.url()).await.unwrap(), redis: redis.url() };
    servers.admin.execute("CREATE ROLE quizmaster LOGIN").await.unwrap();
    servers.admin.execute("CREATE DATABASE quizmaster OWNER quizmaster").await.unwrap();
    database.ask_for_passwords("quizmaster");
    servers.ask_for("old-one").await;

    let dir = TempDir::new().unwrap();
    let written = |password: &str| {
        let url = format!("postgres://quizmaster:{password}@127.0.0.1:{}/quizmaster", database.port);
        std::fs::write(dir.path().join("database"), url).unwrap();
        std::fs::write(dir.path().join("redis.password"), password).unwrap();
    };
    written("old-one");
    let port = free_port();
    let mut command = Command::new(env!("CARGO_BIN_EXE_quibble"));
    command
        .env_clear()
        .env("DEV_AUTH_TOKEN", TOKEN)
        .env("DATABASE_URL_FILE", dir.path().join("database"))
        .env("REDIS_ADDR", redis.url().trim_start_matches("redis://"))
        .env("CREDENTIALS_DIRECTORY", dir.path())
        .args(["serve", "--log-format", "json", "--listen", &format!("127.0.0.1:{port}"), "--data-dir"])
        .arg(dir.path().join("data"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    let log = dir.path().join("log");
    command.stderr(std::fs::File::create(&log).unwrap());
    let server = Server::run(command, port).await;
    until_ready(&server, &json!({ "status": "ok" })).await;
    let (_, code) = server.game(1).await;
    let mut host = server.socket(&code, json!({ "token": TOKEN })).await;

    servers.ask_for("new-one").await;
    servers.cut_off().await;
    server.until("/readyz", StatusCode::SERVICE_UNAVAILABLE).await;
    written("new-one");
    server.signal("-HUP");
    until_ready(&server, &json!({ "status": "ok" })).await;
    host.until("host_state").await;
    host.step("start_game", json!({})).await;

    let said = std::fs::read_to_string(&log).unwrap();
    assert!(said.contains("\"changed\":\"database.url, redis.password\",\"needs_restart\":\"\""), "{said}");
    assert!(!said.contains("old-one") && !said.contains("new-one"), "no secret is logged");
}

/// What both servers are told.
struct Servers {
    admin: sqlx::PgPool,
    redis: String,
}

impl Servers {
    async fn ask_for(&self, password: &str) {
        let sql = format!("ALTER ROLE quizmaster PASSWORD '{password}'");
        self.admin.execute(sqlx::AssertSqlSafe(sql)).await.unwrap();
        self.tell_redis(&["CONFIG", "SET", "requirepass", password]).await;
    }

    async fn cut_off(&self) {
        let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'quizmaster'";
        self.admin.execute(sql).await.unwrap();
        for kind in ["pubsub", "normal"] {
            self.tell_redis(&["CLIENT", "KILL", "TYPE", kind, "SKIPME", "yes"]).await;
        }
    }

    /// By the password of now, whatever that is.
    async fn tell_redis(&self, words: &[&str]) {
        let told = async {
            loop {
                for password in ["", ":old-one@", ":new-one@"] {
                    let url = self.redis.replace("redis://", &format!("redis://{password}"));
                    let Ok(mut connection) = redis::Client::open(url).unwrap().get_multiplexed_async_connection().await
                    else {
                        continue;
                    };
                    let mut command = redis::cmd(words[0]);
                    if command.arg(&words[1..]).query_async::<redis::Value>(&mut connection).await.is_ok() {
                        return;
                    }
                }
                sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(PATIENCE, told).await.expect("Redis is told");
    }
}

/// Waits until a process says that it is ready, in these words.
async fn until_ready(server: &Server, words: &Value) {
    let says = async {
        loop {
            let ready = server.http.get(format!("{}/readyz", server.url)).send().await.unwrap();
            if ready.json::<Value>().await.is_ok_and(|said| said == *words) {
                return;
            }
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, says).await.expect("it is ready");
}
