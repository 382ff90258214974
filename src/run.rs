//! The life of the process: build what the configuration says, serve, drain.

use crate::auth::{Auth, Passwords};
use crate::bus::Bus;
use crate::clock::Clock;
use crate::config::Config;
use crate::http;
use crate::ids::Ids;
use crate::limits::ROBOTS_TAKE_MAX;
use crate::live::{self, Live};
use crate::net;
use crate::store::{Address, Store, StoreError};
use crate::telemetry::Metrics;
use anyhow::Context;
use std::fs::{self, File, TryLockError};
use std::io::{IsTerminal, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long sockets stay open after their clients were told to come back. No other process takes over their games
/// while this one has the data, so the sooner it ends the sooner the next one serves them.
const FAREWELL: Duration = Duration::from_millis(300);

/// Files that are open beside the connections: the database, logs, and some to spare.
const FILES_BESIDE_CONNECTIONS: u64 = 256;

/// How often what is out of date is thrown away.
const UPKEEP_EVERY: Duration = Duration::from_secs(3_600);

/// An import that has not moved for so long, in milliseconds, is at work on no replica.
const IMPORT_IDLE_MS: i64 = 120_000;

/// How often the clock of the database is looked at, and what does not matter, in milliseconds: how far off it may be,
/// and how long its answer may take.
const CLOCK_CHECK_EVERY: Duration = Duration::from_secs(10);
const CLOCK_OFF_MS_MAX: i64 = 50;
const CLOCK_ANSWER_MS_MAX: i64 = 200;

/// How often the counts of connections are passed on to the metrics.
const STATS_EVERY: Duration = Duration::from_secs(1);

/// The steps in which a serving process ends.
#[derive(Debug, Default)]
struct Ending {
    /// Clients are told to come back, and readiness is off.
    drain: CancellationToken,
    /// Sockets close once what they hold is stored, and no connection is accepted.
    close: CancellationToken,
    /// What works behind the sockets ends.
    stop: CancellationToken,
}

/// Serves until the process is told to stop.
///
/// # Errors
/// In words, when something that it needs cannot be had.
pub async fn serve(config: Config) -> anyhow::Result<()> {
    let clock = Clock::system();
    let ids = Ids::system(clock.clone());
    let metrics = Metrics::new().context("the metrics cannot be made")?;
    trust_one_crypto_provider();
    let _lock = lock_data(&config)?;
    allow_connections(config.server.max_connections);
    let listeners = net::bind(&config.server.listen)?;
    let bound = listeners.iter().map(tokio::net::TcpListener::local_addr).collect::<Result<Vec<_>, _>>()?;
    let base_url = base_url(&config, &bound);
    if config.database.is_none() {
        let file = address_file(&config.data.dir);
        fs::write(&file, &base_url).with_context(|| format!("{} cannot be written", file.display()))?;
    }
    let store = open_store(&config).await?;
    follow_database(&store, &clock).await?;
    let passwords = Passwords::new(ids.clone());
    let dev_token = config.auth.dev_token.as_ref().map(|token| token.expose().to_owned());
    let auth = Auth::new(store.clone(), clock.clone(), ids.clone(), passwords, dev_token.as_deref());
    let needs_owner = prepare(&store, &clock, &ids, config.data.samples).await?;

    let ending = Ending::default();
    let (tasks, sockets, connections) = (TaskTracker::new(), TaskTracker::new(), TaskTracker::new());
    let bus = match &config.redis {
        Some(redis) => Bus::redis(redis, &ids, metrics.clone(), &tasks, ending.stop.clone())?,
        None => Bus::local(&ids),
    };
    let live = Live::start(live::Parts {
        store: store.clone(),
        bus,
        clock: clock.clone(),
        ids: ids.clone(),
        metrics: metrics.clone(),
        tracker: tasks.clone(),
        stop: ending.stop.clone(),
        join_url: format!("{base_url}/j/"),
        robots_take: ROBOTS_TAKE_MAX,
    });
    let setup_link =
        if needs_owner { Some(format!("{base_url}/setup#{}", auth.new_setup_link().await?.reveal())) } else { None };
    let app = http::router(http::Parts {
        store: store.clone(),
        live,
        auth,
        clock: clock.clone(),
        ids,
        metrics: metrics.clone(),
        base_url: base_url.clone(),
        public_origin: config.server.public_url.as_ref().map(|url| url.as_str().to_owned()),
        sockets: sockets.clone(),
        drain: ending.drain.clone(),
        close: ending.close.clone(),
        reconnect_spread: config.game.reconnect_spread,
        upload_bytes_max: config.server.upload_bytes_max,
        imports: http::RunningImports::default(),
    });
    let stats = Arc::new(net::Stats::default());
    let limits = net::Limits::new(config.server.max_connections);
    for listener in listeners {
        let serving =
            net::serve(listener, app.clone(), limits, connections.clone(), ending.close.clone(), Arc::clone(&stats));
        tasks.spawn(serving);
    }
    tasks.spawn(pass_on(stats, metrics, store.clone(), ending.stop.clone()));
    tasks.spawn(keep_following(store.clone(), clock.clone(), ending.stop.clone()));
    tasks.spawn(keep_up(store.clone(), clock, ending.stop.clone()));
    greet(&base_url, &bound, setup_link.as_deref());

    told_to_stop().await?;
    tracing::info!("stopping: clients are told to come back");
    tokio::select! {
        () = ending.run(&config, [&sockets, &connections, &tasks]) => {}
        _ = told_to_stop() => tracing::warn!("told to stop again: stopping at once"),
    }
    let _ = timeout(Duration::from_secs(5), store.close()).await;
    Ok(())
}

/// Opens the database, and makes its file and the data folder where they are missing.
///
/// # Errors
/// In words, when it cannot be opened.
pub async fn open_store(config: &Config) -> anyhow::Result<Store> {
    let address = address(config);
    match &address {
        Address::File(file) => {
            make_private_dir(&config.data.dir)?;
            Store::open(&address).await.with_context(|| format!("with {}", file.display()))
        }
        Address::Postgres { .. } => {
            trust_one_crypto_provider();
            Store::open(&address).await.context("with the server of database.url")
        }
    }
}

/// Where the configuration says that the database is.
pub fn address(config: &Config) -> Address {
    match &config.database {
        None => Address::File(database_file(&config.data.dir)),
        Some(server) => Address::Postgres {
            url: server.url.expose().to_owned(),
            direct_url: server.direct_url.as_ref().map(|url| url.expose().to_owned()),
            max_connections: server.max_connections,
        },
    }
}

/// Opens the database in the data folder of a process that serves it.
///
/// # Errors
/// In words, when it cannot be opened.
pub async fn open_store_beside(dir: &Path) -> anyhow::Result<Store> {
    let file = database_file(dir);
    Store::open_beside(&Address::File(file.clone())).await.with_context(|| format!("with {}", file.display()))
}

fn database_file(dir: &Path) -> PathBuf {
    dir.join("quibble.db")
}

/// Where players reach this process: as configured, else by this machine's likeliest address.
pub fn base_url(config: &Config, listen: &[SocketAddr]) -> String {
    if let Some(url) = &config.server.public_url {
        return url.as_str().to_owned();
    }
    let own = listen.first().map_or(80, SocketAddr::port);
    net::lan_urls(listen).into_iter().next().unwrap_or_else(|| format!("http://127.0.0.1:{own}"))
}

impl Ending {
    /// Ends step by step. What is acknowledged is on disk at each of them.
    async fn run(&self, config: &Config, trackers: [&TaskTracker; 3]) {
        self.drain.cancel();
        sleep(FAREWELL.min(config.game.drain_grace)).await;
        self.close.cancel();
        let [sockets, connections, tasks] = trackers;
        let grace = config.game.drain_grace;
        sockets.close();
        connections.close();
        let ended = async {
            sockets.wait().await;
            connections.wait().await;
        };
        if timeout(grace, ended).await.is_err() {
            tracing::warn!(sockets = sockets.len(), "some connections did not end in time");
        }
        self.stop.cancel();
        tasks.close();
        if timeout(grace.max(Duration::from_secs(1)), tasks.wait()).await.is_err() {
            tracing::warn!(tasks = tasks.len(), "some work did not end in time");
        }
    }
}

/// Sees to an owner with the samples, and says whether nobody has set this Quibble up yet.
async fn prepare(store: &Store, clock: &Clock, ids: &Ids, samples: bool) -> anyhow::Result<bool> {
    // Another replica may be at work on one.
    let idle_for = if store.is_shared() { IMPORT_IDLE_MS } else { 0 };
    store.fail_running_imports(clock.now_ms() - idle_for, clock.now_ms()).await?;
    let is_first_start = store.owner().await?.is_none();
    let owner = store.ensure_owner(ids.uuid(), "owner", clock.now_ms()).await?;
    if is_first_start && samples {
        store.insert_samples(owner.id, ids, clock.now_ms()).await?;
    }
    Ok(owner.password_hash.is_none())
}

/// Keeps the data folder for this process. A database server needs no such thing.
fn lock_data(config: &Config) -> anyhow::Result<Option<Lock>> {
    if config.database.is_some() {
        return Ok(None);
    }
    let dir = &config.data.dir;
    make_private_dir(dir)?;
    let lock = Lock::take(dir)?;
    anyhow::ensure!(
        lock.is_some(),
        "another Quibble is running with the data in {}. Stop it, or choose another --data-dir",
        dir.display()
    );
    Ok(lock)
}

/// Every connection that is encrypted is so by aws-lc-rs, whatever else a library might bring.
fn trust_one_crypto_provider() {
    // An error says that one is chosen already, and there is no other.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
}

/// A folder that only its owner reads.
fn make_private_dir(dir: &Path) -> anyhow::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir).with_context(|| format!("the data folder {} cannot be made", dir.display()))?;
    #[cfg(unix)]
    warn_if_others_read(dir);
    Ok(())
}

/// A folder that was there before keeps its rights: whoever made it knows why.
#[cfg(unix)]
fn warn_if_others_read(dir: &Path) {
    if let Ok(about) = fs::metadata(dir)
        && std::os::unix::fs::PermissionsExt::mode(&about.permissions()) & 0o077 != 0
    {
        tracing::warn!(dir = %dir.display(), "others on this machine can read the data folder; `chmod 700` closes it");
    }
}

/// Keeps a second process from serving the same data.
#[derive(Debug)]
pub struct Lock(#[expect(dead_code, reason = "the system holds the lock while the file is open")] File);

impl Lock {
    /// Takes the lock of a data folder. None when another process has it.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn take(dir: &Path) -> anyhow::Result<Option<Self>> {
        let path = dir.join("quibble.lock");
        let file = File::create(&path).with_context(|| format!("{} cannot be written", path.display()))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => {
                Err(error).with_context(|| format!("{} cannot be locked", path.display()))
            }
        }
    }
}

/// The file in which a serving process says where it is reached.
fn address_file(dir: &Path) -> PathBuf {
    dir.join("quibble.url")
}

/// Where the process that serves this data folder is reached.
pub fn served_at(dir: &Path) -> Option<String> {
    fs::read_to_string(address_file(dir)).ok()
}

/// Each connection is an open file, and the database has some of its own. Systems allow few of them unless asked.
fn allow_connections(wanted: usize) {
    let wanted = u64::try_from(wanted).unwrap_or(u64::MAX).saturating_add(FILES_BESIDE_CONNECTIONS);
    match rlimit::increase_nofile_limit(wanted) {
        Ok(allowed) if allowed < wanted => {
            tracing::warn!(allowed, wanted, "the system allows fewer open files than server.max_connections needs");
        }
        Ok(_) => {}
        Err(error) => tracing::warn!(%error, "the limit on open files cannot be raised"),
    }
}

/// Throws away what nobody needs any more, now and then.
async fn keep_up(store: Store, clock: Clock, stop: CancellationToken) {
    loop {
        if let Err(error) = store.prune(clock.now_ms()).await {
            tracing::warn!(%error, "what is out of date could not be thrown away");
        }
        tokio::select! {
            () = sleep(UPKEEP_EVERY) => {}
            () = stop.cancelled() => return,
        }
    }
}

/// Replicas go by the clock of the database that they share, so that a question closes at one instant everywhere.
async fn follow_database(store: &Store, clock: &Clock) -> Result<(), StoreError> {
    let asked = clock.now_ms();
    let Some(shown) = store.clock_ms().await? else { return Ok(()) };
    let answered = clock.now_ms();
    let off = (shown - i64::midpoint(asked, answered)).abs();
    // An answer that took long says little, and a small difference may be the way.
    if answered - asked > CLOCK_ANSWER_MS_MAX || off <= CLOCK_OFF_MS_MAX {
        return Ok(());
    }
    let moved = clock.follow(shown + (answered - asked) / 2);
    tracing::warn!(moved_ms = moved, "this machine's clock is not that of the database, which counts");
    Ok(())
}

async fn keep_following(store: Store, clock: Clock, stop: CancellationToken) {
    while store.is_shared() {
        tokio::select! {
            () = sleep(CLOCK_CHECK_EVERY) => {}
            () = stop.cancelled() => return,
        }
        if let Err(error) = follow_database(&store, &clock).await {
            tracing::debug!(%error, "the clock of the database cannot be read");
        }
    }
}

async fn pass_on(stats: Arc<net::Stats>, metrics: Metrics, store: Store, stop: CancellationToken) {
    let mut told = net::Snapshot::default();
    loop {
        tokio::select! {
            () = sleep(STATS_EVERY) => {}
            () = stop.cancelled() => return,
        }
        let now = stats.snapshot();
        metrics.connections.set(i64::try_from(now.open).unwrap_or(i64::MAX));
        metrics.connections_accepted.inc_by(now.accepted - told.accepted);
        metrics.connections_refused.inc_by(now.refused - told.refused);
        let (open, idle) = store.connections();
        metrics.database_connections.with_label_values(&["idle"]).set(i64::try_from(idle).unwrap_or(i64::MAX));
        let in_use = i64::from(open) - i64::try_from(idle).unwrap_or(0);
        metrics.database_connections.with_label_values(&["in_use"]).set(in_use.max(0));
        metrics.accept_errors.inc_by(now.accept_errors - told.accept_errors);
        let timeouts = |stats: &net::Snapshot| stats.first_byte_timeouts + stats.header_timeouts + stats.write_timeouts;
        metrics.connection_timeouts.inc_by(timeouts(&now) - timeouts(&told));
        told = now;
    }
}

/// Says where Quibble is, and how to begin. Nobody reading is fine.
fn greet(base_url: &str, bound: &[SocketAddr], setup_link: Option<&str>) {
    let mut out = std::io::stdout();
    let port = bound.first().map_or(80, SocketAddr::port);
    let mut text = String::from("\nQuibble is running.\n\n");
    if bound.iter().any(|address| address.ip().is_unspecified() || address.ip().to_canonical().is_loopback()) {
        text += &format!("  On this machine   http://localhost:{port}\n");
    }
    for url in net::lan_urls(bound) {
        text += &format!("  In your network   {url}\n");
    }
    if !net::lan_urls(bound).iter().any(|url| url == base_url) && !base_url.contains("127.0.0.1") {
        text += &format!("  For players       {base_url}\n");
    }
    if let Some(link) = setup_link {
        text += &format!("\nFirst, make your account. This link works once, for 30 minutes:\n\n  {link}\n");
    }
    if out.is_terminal()
        && let Ok(qr) = qrcode::QrCode::new(setup_link.unwrap_or(base_url))
    {
        let picture = qr.render::<qrcode::render::unicode::Dense1x2>().quiet_zone(true).build();
        text += &format!("\n{picture}\n");
    }
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}

/// Waits for SIGTERM, or for an interrupt from the terminal.
async fn told_to_stop() -> std::io::Result<()> {
    #[cfg(unix)]
    {
        let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
        tokio::select! {
            _ = terminate.recv() => Ok(()),
            interrupted = tokio::signal::ctrl_c() => interrupted,
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}
