//! The life of the process: build what the configuration says, serve, drain.

use crate::acme::{self, Acme, Answers, Vault};
use crate::auth::{Auth, Passwords};
use crate::bus::Bus;
use crate::clock::Clock;
use crate::config::{self, CertificateSource, Config, PublicUrl, Sources};
use crate::http;
use crate::ids::Ids;
use crate::jobs::Queue;
use crate::limits::ROBOTS_TAKE_MAX;
use crate::live::{self, Live};
use crate::net::Certificates;
use crate::store::{Address, Store};
use crate::telemetry::Metrics;
use crate::telemetry::logs::Level;
use anyhow::Context;
use doors::Doors;
use encryption::Encryption;
use ending::{Ending, StopSignal};
use reload::Reload;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

mod capacity;
pub mod doctor;
mod doors;
mod encryption;
mod ending;
mod folder;
mod greeting;
mod keys;
mod machine;
mod reload;
mod secrecy;
mod supervisor;
mod upkeep;
mod work;

pub use doors::{Bound, base_url};
pub use encryption::{read_own, read_pair};
pub use folder::{Lock, make_private_dir, served_at};
pub use keys::{Rotated, rotate_configured, rotate_file};
pub use machine::Machine;
pub use work::backup_dir;

/// An import that has not moved for so long, in milliseconds, is at work on no replica.
const IMPORT_IDLE_MS: i64 = 120_000;

/// How long the database may take to close its connections.
const DATABASE_CLOSES_WITHIN: Duration = Duration::from_secs(2);

/// Serves until the process is told to stop.
///
/// # Errors
/// In words, when something that it needs cannot be had.
pub async fn serve(config: Config, sources: Sources, log_level: Level) -> anyhow::Result<()> {
    let begun = Instant::now();
    let mut stop = StopSignal::listen()?;
    tracing::info!(version = env!("CARGO_PKG_VERSION"), "starting");
    let clock = Clock::system();
    let ids = Ids::system(clock.clone());
    let metrics = Metrics::new().context("the metrics cannot be made")?;
    trust_one_crypto_provider();
    let _lock = folder::lock_data(&config)?;
    let ending = Ending::default();
    let (certificates, answers) = (Certificates::default(), Answers::default());
    let encryption = Encryption::begin(&config, &certificates, &clock, &metrics.certificate_not_after)?;
    let shown = config.tls.as_ref().map(|_| &certificates);
    let Doors { bound, base_url, stats, open, open_ops } =
        Doors::listen(&config, shown, &answers, &ending, &metrics.connections_max)?;
    let store = tokio::select! {
        store = open_store(&config) => store?.measured(&metrics.database),
        () = stop.told() => return Ok(()),
    };
    began(begun, &store, &clock, &metrics).await?;
    answers.come_from(store.clone(), clock.clone());
    let authority = authority(&config, &store, &clock, &ids, &metrics, &certificates).await?;
    // The certificate of before is shown from here on, and players are reached by it.
    base_url.send_replace(doors::base_url(&config, &bound, shown));
    if config.database.is_none() {
        folder::write_address(&config.data.dir, &base_url.borrow());
    }
    let passwords = Passwords::new(ids.clone());
    let dev_token = config.auth.dev_token.as_ref().map(|token| token.expose().to_owned());
    let auth = Auth::new(store.clone(), clock.clone(), ids.clone(), passwords, dev_token.as_deref());
    let needs_owner = prepare(&store, &clock, &ids, config.data.samples).await?;

    let redis = config.redis.clone().map(watch::Sender::new);
    let live = live(redis.as_ref(), &store, &clock, &ids, &metrics, base_url.subscribe(), &ending)?;
    let served = watch::Sender::new(Arc::new(config.clone()));
    let metrics_token = watch::Sender::new(config.ops.metrics_token.clone());
    let (lost, cut_off) = watch::channel(false);
    let setup_link = if needs_owner { Some(auth.new_setup_link().await?) } else { None };
    let parts = http::Parts {
        store: store.clone(),
        live,
        auth,
        clock: clock.clone(),
        ids: ids.clone(),
        metrics: metrics.clone(),
        base_url: base_url.subscribe(),
        called: called(&config),
        encryption: secrecy::Secrecy::of(&config, &certificates, &store, &clock),
        queue: Queue::new(store.clone(), clock.clone(), ids.clone()),
        sends_mail: config.mail.is_some(),
        machine: Arc::new(Machine::new(served.subscribe(), &clock)),
        sockets: ending.sockets.clone(),
        leave: ending.leave.clone(),
        cut_off,
        drain: ending.drain.clone(),
        close: ending.close.clone(),
        reconnect_spread: config.game.reconnect_spread,
        upload_bytes_max: config.server.upload_bytes_max,
        metrics_token: metrics_token.subscribe(),
        imports: http::RunningImports::default(),
    };
    work::begin(&config, &parts, &ending)?;
    let routers = http::routers(parts);
    open.send_replace(Some(routers.public));
    open_ops.send_replace(Some(routers.ops));
    let draining = metrics.draining.clone();
    let (tasks, stopped) = (&ending.tasks, || ending.stop.clone());
    tasks.spawn(upkeep::pass_on(stats, metrics.clone(), store.clone(), database_files(&config), stopped()));
    tasks.spawn(upkeep::watch_database(lost, store.clone(), clock.clone(), ids, metrics, stopped()));
    tasks.spawn(upkeep::keep_following(store.clone(), clock, stopped()));
    tasks.spawn(supervisor::feed_watchdog(stopped()));
    let signs_itself = config.tls.as_ref().is_some_and(|tls| matches!(tls.certificate, CertificateSource::SelfSigned));
    let reached_at = base_url.borrow().clone();
    greeting::greet(&reached_at, &bound, signs_itself, setup_link.as_ref());
    supervisor::tell_ready(&reached_at);
    tasks.spawn(doors::keep_address(config, bound, certificates, base_url, stopped()));
    let told = Arc::default();
    if let Some(encryption) = encryption {
        tasks.spawn(encryption.keep_fresh(Arc::clone(&told), stopped()));
    }
    if let Some(authority) = authority {
        tasks.spawn(authority.keep(stopped()));
    }
    let reload =
        Reload { sources, config: served.clone(), log_level, metrics_token, store: store.clone(), redis, told };
    tasks.spawn(reload.keep(stopped()));

    stop.told().await;
    supervisor::tell_stopping();
    draining.set(1);
    let config = Arc::clone(&served.borrow());
    end(&ending, &config, &store, stop).await;
    Ok(())
}

/// The games of this process, which hears from other replicas by Redis where there is one.
fn live(
    redis: Option<&watch::Sender<config::Redis>>,
    store: &Store,
    clock: &Clock,
    ids: &Ids,
    metrics: &Metrics,
    base_url: watch::Receiver<String>,
    ending: &Ending,
) -> anyhow::Result<Live> {
    let (tracker, stop) = (ending.tasks.clone(), ending.stop.clone());
    let bus = match redis {
        Some(redis) => Bus::redis(redis.subscribe(), ids, metrics.clone(), &tracker, stop.clone())?,
        None => Bus::local(ids),
    };
    Ok(Live::start(live::Parts {
        store: live::Storage::Sql(store.clone()),
        bus,
        clock: clock.clone(),
        ids: ids.clone(),
        metrics: metrics.clone(),
        tracker,
        stop,
        base_url,
        robots_take: ROBOTS_TAKE_MAX,
    }))
}

/// What is known and done once the database is open, with its schema up to date.
async fn began(begun: Instant, store: &Store, clock: &Clock, metrics: &Metrics) -> anyhow::Result<()> {
    metrics.migration_seconds.set(begun.elapsed().as_secs_f64());
    metrics.schema_version.set(store.schema_version().await?);
    metrics.database.connections_max.set(i64::from(store.connections_max()));
    Ok(upkeep::follow_database(store, clock).await?)
}

/// Ends everything in its order, or at once when told to stop again.
async fn end(ending: &Ending, config: &Config, store: &Store, mut stop: StopSignal) {
    tokio::select! {
        () = ending.run(config) => {}
        () = stop.told() => tracing::warn!("told to stop again: stopping at once"),
    }
    let _ = timeout(DATABASE_CLOSES_WITHIN, store.close()).await;
    tracing::info!("stopped");
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

/// What the database of a data folder is called.
pub const DATABASE_FILE: &str = "quibble.db";

/// The file of a data folder that the database is.
pub fn database_file(dir: &Path) -> PathBuf {
    dir.join(DATABASE_FILE)
}

/// The files that grow with what this process stores.
fn database_files(config: &Config) -> Vec<PathBuf> {
    match address(config) {
        Address::File(file) => vec![file.with_extension("db-wal"), file],
        Address::Postgres { .. } => vec![],
    }
}

/// What sees to a certificate from an authority, where one is wanted. The one that is there already is shown.
async fn authority(
    config: &Config,
    store: &Store,
    clock: &Clock,
    ids: &Ids,
    metrics: &Metrics,
    shown: &Certificates,
) -> anyhow::Result<Option<Acme>> {
    let Some(CertificateSource::Acme(wanted)) = config.tls.as_ref().map(|tls| &tls.certificate) else {
        return Ok(None);
    };
    let mut acme = Acme::new(acme::Parts {
        store: store.clone(),
        clock: clock.clone(),
        ids: ids.clone(),
        metrics: metrics.clone(),
        config: wanted.as_ref().clone(),
        vault: Vault::new(&keys::secret_key(config, store, ids).await?)?,
        shown: shown.clone(),
    })
    .context("with acme.ca_file")?;
    acme.load().await?;
    Ok(Some(acme))
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
    Ok(owner.password_hash.is_none() && owner.disabled_at.is_none())
}

/// How players call us, where the configuration says so.
fn called(config: &Config) -> http::Called {
    let origin = config.server.public_url.as_ref().map(|url| url.origin().to_owned());
    http::Called { origin, path: base_path(config).to_owned() }
}

/// What all paths begin with, where players reach us below one.
fn base_path(config: &Config) -> &str {
    config.server.public_url.as_ref().map_or("", PublicUrl::path)
}

/// Every connection that is encrypted is so by aws-lc-rs, whatever else a library might bring.
pub fn trust_one_crypto_provider() {
    // An error says that one is chosen already, and there is no other.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
}
