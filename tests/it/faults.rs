//! What can go wrong with the parts of a night that several replicas serve, and with the disk of one that has its own. In
//! each of these a room answers without end, something is broken and healed, and then everybody is served within seconds,
//! every acknowledged answer is stored once, the log has no gap, and all see the same board.

use crate::balancer::Balancer;
use crate::cluster::{Cluster, REPLICAS, Setup};
use crate::postgres_server::Postgres;
use crate::proxy::{Line, Proxy};
use crate::redis_server::Redis;
use crate::room::Room;
use crate::server::{Server, TOKEN, free_port};
use crate::support::database::{self, TestDatabase};
use futures_util::future::join_all;
use quibble::clock::Clock;
use reqwest::StatusCode;
use serde_json::json;
use std::process::Command;
use std::time::Duration;
use tokio::time::sleep;

const PLAYERS: usize = 12;

/// How long a phone rests between two answers.
const EVERY: Duration = Duration::from_millis(120);

/// Longer than the database has for anything.
const LONG: Duration = Duration::from_secs(6);

/// Connections that end with a commit on its way. `QUIBBLE_TEST_CUTS` asks for more.
const CUTS: usize = 10;

fn port_of(url: &str) -> u16 {
    let address = url.split('?').next().unwrap();
    address.rsplit(':').next().unwrap().split('/').next().unwrap().parse().unwrap()
}

/// The address of a database by way of another port.
fn through(url: &str, port: u16) -> String {
    let address = url.split('?').next().unwrap();
    // What goes over the line is to be seen.
    address.replace(&format!(":{}", port_of(url)), &format!(":{port}")) + "?sslmode=disable"
}

/// Three replicas, the first of which reaches the database over a line.
async fn first_over_a_line(database: &TestDatabase) -> Option<(Cluster, Proxy)> {
    let TestDatabase::Postgres { url, direct_url } = database else { return None };
    let url = direct_url.as_ref().unwrap_or(url);
    let proxy = Proxy::before(port_of(url)).await;
    let setup = Setup::on(database)?.database(0, through(url, proxy.port));
    Some((Cluster::start(setup).await, proxy))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_that_is_cut_off_from_the_database_sends_its_phones_to_others() {
    let database = database::fresh().await;
    let Some((cluster, line)) = first_over_a_line(&database).await else { return };
    let room = Room::open(cluster.replica(1), &cluster.urls(), PLAYERS, EVERY).await;
    for broken in [Line::Cut, Line::Frozen] {
        line.set(broken);
        cluster.first().until("/readyz", StatusCode::SERVICE_UNAVAILABLE).await;
        room.goes_on().await;
        assert_eq!(cluster.first().status("/healthz").await, Some(StatusCode::OK));
        line.set(Line::Whole);
        cluster.first().until_ready().await;
        room.is_healed().await;
    }
    room.end(cluster.replica(1), &database).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commits_whose_outcome_nobody_knows_count_once() {
    let database = database::fresh().await;
    let Some((cluster, line)) = first_over_a_line(&database).await else { return };
    // All phones are with the replica whose line breaks.
    let room = Room::open(cluster.replica(1), &cluster.urls()[..1], PLAYERS, EVERY).await;
    for _ in 0..asked("QUIBBLE_TEST_CUTS", CUTS) {
        line.set(Line::CutAfterCommit);
        sleep(Duration::from_millis(200)).await;
        line.set(Line::Whole);
        room.goes_on().await;
    }
    room.is_healed().await;
    room.end(cluster.replica(1), &database).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_database_is_only_slow() {
    let database = database::fresh().await;
    let Some((cluster, line)) = first_over_a_line(&database).await else { return };
    let room = Room::open(cluster.first(), &cluster.urls(), PLAYERS, EVERY).await;
    line.set(Line::Slow(Duration::from_millis(60)));
    for _ in 0..3 {
        room.goes_on().await;
    }
    line.set(Line::Whole);
    room.is_healed().await;
    room.end(cluster.first(), &database).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frozen_replica_is_left_and_comes_back() {
    let database = database::fresh().await;
    let Some(setup) = Setup::on(&database) else { return };
    let cluster = Cluster::start(setup).await;
    let room = Room::open(cluster.replica(1), &cluster.urls(), PLAYERS, EVERY).await;
    cluster.first().signal("-STOP");
    room.goes_on().await;
    sleep(LONG).await;
    room.goes_on().await;
    cluster.first().signal("-CONT");
    cluster.first().until_ready().await;
    room.is_healed().await;
    room.end(cluster.first(), &database).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_without_redis_follows_through_the_database() {
    let database = database::fresh().await;
    let Some(setup) = Setup::on(&database) else { return };
    let line = Proxy::before(port_of(&setup.redis_url())).await;
    let setup = setup.redis(0, format!("redis://127.0.0.1:{}", line.port));
    let cluster = Cluster::start(setup).await;
    let room = Room::open(cluster.replica(1), &cluster.urls(), PLAYERS, EVERY).await;
    for broken in [Line::Cut, Line::Frozen, Line::Slow(Duration::from_millis(700))] {
        line.set(broken);
        sleep(Duration::from_secs(3)).await;
        assert_eq!(cluster.first().status("/readyz").await, Some(StatusCode::OK), "{broken:?}");
        room.is_healed().await;
        line.set(Line::Whole);
        room.is_healed().await;
    }
    room.end(cluster.first(), &database).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn phones_on_a_bad_network_lose_nothing() {
    let database = database::fresh().await;
    let Some(setup) = Setup::on(&database) else { return };
    let cluster = Cluster::start(setup).await;
    let lines = join_all(cluster.ports.iter().map(|port| Proxy::before(*port))).await;
    let urls: Vec<_> = lines.iter().map(|line| format!("http://127.0.0.1:{}", line.port)).collect();
    let room = Room::open(cluster.first(), &urls, PLAYERS, EVERY).await;
    let set = |state| {
        for line in &lines {
            line.set(state);
        }
    };
    let poor = Line::Poor { bytes_per_second: 8_000, lost_percent: 20 };
    for bad in [Line::Slow(Duration::from_millis(300)), Line::Frozen, Line::Cut] {
        set(bad);
        if let Line::Slow(_) = bad {
            room.goes_on().await;
        } else {
            sleep(LONG).await;
        }
        // Over this one, too, whoever left comes back, and is served.
        set(poor);
        for _ in 0..3 {
            room.goes_on().await;
        }
        set(Line::Whole);
        room.is_healed().await;
    }
    room.end(cluster.first(), &database).await;
}

/// How far off the clock of a replica may be once it has looked at that of the database, and what limits a question.
const CLOCK_OFF_MS_MAX: i64 = 1_000;
const TIME_LIMIT_SECONDS: i64 = 30;

/// The clock of the database counts, however wrong that of a replica is and whenever it jumps.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_jumps_moves_no_deadline() {
    let database = database::fresh().await;
    let Some(setup) = Setup::on(&database) else { return };
    let TestDatabase::Postgres { url, direct_url } = &database else { return };
    let url = direct_url.as_ref().unwrap_or(url);
    let file = tempfile::NamedTempFile::new().unwrap();
    let jump = |offset: &str| std::fs::write(file.path(), offset).unwrap();
    jump("+5m");
    // In the past no certificate is valid yet.
    let setup = setup.database(0, through(url, port_of(url))).clock(file.path().to_owned());
    let cluster = Cluster::start(setup).await;
    let room = Room::open(cluster.replica(1), &cluster.urls(), PLAYERS, EVERY).await;
    let maps = std::fs::read_to_string(format!("/proc/{}/maps", cluster.first().child.id())).unwrap();
    assert!(maps.contains("faketime"), "its clock is another");
    let ours = Clock::system();
    for offset in ["+2h", "-2h", "+0"] {
        jump(offset);
        let (_, code) = cluster.first().timed_game(1, Some(TIME_LIMIT_SECONDS)).await;
        let mut host = cluster.first().socket(&code, json!({ "token": TOKEN })).await;
        host.say("ping", json!({})).await;
        let shown = host.until("pong").await["server_time"].as_i64().unwrap();
        assert!((shown - ours.now_ms()).abs() <= CLOCK_OFF_MS_MAX, "{offset}: it goes by the clock of the database");
        host.step("start_game", json!({})).await;
        let asked = ours.now_ms();
        host.step("release_question", json!({})).await;
        let released = asked - CLOCK_OFF_MS_MAX..=ours.now_ms() + CLOCK_OFF_MS_MAX;
        let mut elsewhere = cluster.replica(1).socket(&code, json!({ "token": TOKEN })).await;
        let closes_at = elsewhere.until("question_released").await["closes_at"].as_i64().unwrap();
        let begins_at = closes_at - TIME_LIMIT_SECONDS * 1_000;
        assert!(
            released.contains(&begins_at),
            "{offset}: the deadline is that of {begins_at}, and not of {released:?}"
        );
        room.is_healed().await;
    }
    room.end(cluster.replica(1), &database).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_crashes_is_waited_for() {
    let Some(server) = Postgres::start() else { return };
    let database = TestDatabase::Postgres { url: server.url(), direct_url: None };
    let cluster = Cluster::start(Setup::on(&database).unwrap()).await;
    let room = Room::open(cluster.first(), &cluster.urls(), PLAYERS, EVERY).await;
    for _ in 0..3 {
        server.crash_and_restart();
        room.is_healed().await;
    }
    room.end(cluster.first(), &database).await;
}

/// The table of answers takes no more, while whatever needs no more room is still written, as on a full disk. The log has
/// room as long as the table is larger than a file of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_whose_disk_is_full_saves_nothing_until_there_is_room() {
    let Some(server) = Postgres::start() else { return };
    let database = TestDatabase::Postgres { url: server.url(), direct_url: None };
    let cluster = Cluster::start(Setup::on(&database).unwrap()).await;
    let (game, _) = cluster.first().game(1).await;
    let rows = sqlx::PgPool::connect(&server.url()).await.unwrap();
    let fill = "INSERT INTO game_answers (id, game_id, question_id, player_id, client_id, answer, at, revision)
                SELECT n::text, $1, 'none', 'nobody', n::text, repeat('x', 1800), 0, n FROM generate_series(1, 550) n";
    sqlx::query(fill).bind(&game).execute(&rows).await.unwrap();
    let room = Room::open(cluster.first(), &cluster.urls(), PLAYERS, EVERY).await;
    room.goes_on().await;
    let size = "SELECT pg_relation_size('game_answers')";
    let size: i64 = sqlx::query_scalar(size).fetch_one(&rows).await.unwrap();
    assert!(size > 1 << 20, "{size} bytes");
    // In the middle of a page: what writes less than it should is a full disk to PostgreSQL.
    server.limit_files(&(size + 4_096).to_string());
    room.is_not_saved().await;
    // Nobody takes it for a database that is out of reach.
    sleep(LONG).await;
    room.is_not_saved().await;
    room.was_never_refused();
    for replica in 0..REPLICAS {
        assert_eq!(cluster.replica(replica).status("/readyz").await, Some(StatusCode::SERVICE_UNAVAILABLE));
        assert_eq!(cluster.replica(replica).status("/healthz").await, Some(StatusCode::OK));
    }
    server.limit_files("unlimited");
    room.is_healed().await;
    for replica in 0..REPLICAS {
        cluster.replica(replica).until_ready().await;
    }
    room.end(cluster.first(), &database).await;
}

/// What SQLite does to the disk that may fail, with `EIO`, by the names that libfiu has for it; and how probable that is so
/// that about every third commit fails, which writes many times and syncs once.
const DISK_FAULTS: [(&str, &str); 2] =
    [("name=posix/io/rw/pwrite,failinfo=5", "0.02"), ("name=posix/io/sync/fsync,failinfo=5", "0.3")];

/// How often everybody gets an answer saved meanwhile. `QUIBBLE_TEST_DISK_ROUNDS` asks for more.
const DISK_ROUNDS: usize = 5;

/// Writes and syncs fail now and then, so that each of those that a commit consists of is hit, and then all of them; at
/// last the process is killed in the middle of it.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_errs_acknowledges_nothing_that_it_does_not_hold() {
    let Ok(libraries) = std::env::var("QUIBBLE_TEST_FIU") else { return };
    let dir = tempfile::tempdir().unwrap();
    let port = free_port();
    let mut command = Server::command(dir.path(), port);
    command.env("LD_PRELOAD", libraries).env("FIU_CTRL_FIFO", dir.path().join("fiu"));
    Server::log(&mut command, port);
    let server = Server::run(command, port).await;
    let disk = |what: String| {
        let mut control = Command::new("fiu-ctrl");
        control.arg("-f").arg(dir.path().join("fiu")).args(["-c", &what, &server.child.id().to_string()]);
        assert!(control.status().unwrap().success(), "{what}");
    };
    let room = Room::open(&server, std::slice::from_ref(&server.url), PLAYERS, EVERY).await;
    for (fault, probability) in DISK_FAULTS {
        disk(format!("enable_random {fault},probability={probability}"));
        for _ in 0..asked("QUIBBLE_TEST_DISK_ROUNDS", DISK_ROUNDS) {
            room.goes_on().await;
        }
        disk(format!("enable {fault}"));
        room.is_not_saved().await;
        assert_eq!(server.status("/readyz").await, Some(StatusCode::SERVICE_UNAVAILABLE));
        assert_eq!(server.status("/healthz").await, Some(StatusCode::OK));
        disk(format!("disable {fault}"));
        room.is_healed().await;
        server.until_ready().await;
    }
    let (fault, probability) = DISK_FAULTS[0];
    disk(format!("enable_random {fault},probability={probability}"));
    room.goes_on().await;
    server.kill();
    let server = Server::start(dir.path(), port).await;
    room.is_healed().await;
    room.end(&server, &TestDatabase::File(dir)).await;
}

/// A number that `tests/run faults` asks for, and that of the short form.
fn asked(name: &str, short: usize) -> usize {
    std::env::var(name).ok().and_then(|number| number.parse().ok()).unwrap_or(short)
}

/// Several games behind a balancer that sends everybody anywhere, while every replica is replaced in order, one is
/// killed, Redis freezes and the database crashes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_behind_a_balancer_carries_its_games_through_it_all() {
    let Some(server) = Postgres::start() else { return };
    let database = TestDatabase::Postgres { url: server.url(), direct_url: None };
    let (games, players) = (asked("QUIBBLE_TEST_GAMES", 2), asked("QUIBBLE_TEST_PLAYERS", 10));
    let frozen = Duration::from_secs(asked("QUIBBLE_TEST_FROZEN_SECONDS", 4) as u64);
    // About two hundred answers a second, however many phones there are.
    let every = EVERY.max(Duration::from_millis(5) * u32::try_from(games * players).unwrap());
    let redis = Redis::start();
    let mut cluster =
        Cluster::start(Setup::on(&database).unwrap().redis_everywhere(&redis.url()).drain_delay_seconds(3)).await;
    let balancer = Balancer::before(&cluster.ports).unwrap();
    let all = balancer.api();
    all.until_ready().await;
    let mut rooms = Vec::new();
    for _ in 0..games {
        rooms.push(Room::open(&all, std::slice::from_ref(&all.url), players, every).await);
    }
    let go_on = async |what: &str| {
        let took = join_all(rooms.iter().map(Room::goes_on)).await.into_iter().max().unwrap();
        println!("{what}: everybody has answered again after {:.1} s", took.as_secs_f64());
    };
    for _ in 0..asked("QUIBBLE_TEST_ROLLS", 1) {
        for replica in 0..REPLICAS {
            cluster.replace(replica, false).await;
            go_on("a replica was replaced").await;
        }
    }
    rooms.iter().for_each(Room::was_never_refused);
    cluster.replace(1, true).await;
    go_on("a replica was killed").await;
    rooms.iter().for_each(Room::was_never_refused);
    redis.signal("-STOP");
    sleep(frozen).await;
    go_on("Redis is frozen").await;
    redis.signal("-CONT");
    go_on("Redis is back").await;
    rooms.iter().for_each(Room::was_never_refused);
    server.crash_and_restart();
    go_on("the database crashed").await;
    for room in rooms {
        room.is_healed().await;
        room.end(&all, &database).await;
    }
}
