//! Reading settings again: all of them on SIGHUP, and by itself what credentials and the files of variables hold, since
//! passwords are replaced there. What can be changed in a process that serves is changed, what cannot is named, and
//! settings with mistakes change nothing. No connection notices.

use super::supervisor;
use crate::config::{self, Config, Effective, Secret, Sources};
use crate::store::Store;
use crate::telemetry::logs::Level;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

/// How often credentials and the files of variables are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(10);

/// What takes effect without a restart.
pub(super) const AT_ONCE: [&str; 4] =
    ["log.level", "ops.metrics_token", "game.drain_delay_seconds", "game.drain_grace_seconds"];

/// What new settings change.
pub(super) struct Reload {
    pub sources: Sources,
    /// The configuration of the process as it serves.
    pub config: watch::Sender<Arc<Config>>,
    pub log_level: Level,
    pub metrics_token: watch::Sender<Option<Secret>>,
    pub store: Store,
    /// By which connections to Redis are made, where there is one.
    pub redis: Option<watch::Sender<config::Redis>>,
    /// Told on every SIGHUP.
    pub told: Arc<Notify>,
}

/// What was read last. It differs from what is served by what waits for a restart.
struct Seen {
    config: Arc<Config>,
    /// What was wrong when values were looked at last.
    trouble: Option<String>,
}

impl Reload {
    /// Waits for SIGHUP and for other values, again and again.
    pub async fn keep(self, stop: CancellationToken) {
        let mut seen = Seen { config: Arc::clone(&self.config.borrow()), trouble: None };
        let mut hangup = Hangup::listen();
        let has_values = self.sources.have_values_in_files();
        let mut due = interval(LOOK_EVERY);
        due.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = hangup.told() => {
                    supervisor::tell_reloading();
                    self.read_again(&mut seen);
                    self.told.notify_waiters();
                    supervisor::tell_reloaded();
                }
                _ = due.tick(), if has_values => self.look(&mut seen),
                () = stop.cancelled() => return,
            }
        }
    }

    fn read_again(&self, seen: &mut Seen) {
        let new = match Config::load(self.sources.clone()) {
            Ok(new) => new,
            Err(error) => return tracing::error!(%error, "the new configuration is not used, the old one stays"),
        };
        let (changed, needs_restart) = self.apply(&new);
        for warning in &new.warnings {
            tracing::warn!("{warning}");
        }
        tracing::info!(changed, needs_restart, "the configuration was read again");
        seen.config = Arc::new(new);
    }

    /// Looks for other values in files. The configuration file stays as it was read.
    fn look(&self, seen: &mut Seen) {
        let trouble = match seen.config.with_values_of_now(self.sources.clone()) {
            Ok(new) => {
                if changed(&seen.config, &new).next().is_some() {
                    let (changed, needs_restart) = self.apply(&new);
                    tracing::info!(changed, needs_restart, "values in files have changed");
                    seen.config = Arc::new(new);
                }
                None
            }
            Err(error) => Some(error.to_string()),
        };
        if let Some(error) = trouble.as_ref().filter(|trouble| seen.trouble.as_ref() != Some(trouble)) {
            tracing::error!(error, "the new values in files are not used, the old ones stay");
        }
        seen.trouble = trouble;
    }

    /// Changes what can be changed. Gives the names of that, and of what waits for a restart.
    fn apply(&self, new: &Config) -> (String, String) {
        let old = Arc::clone(&self.config.borrow());
        let (now, later): (Vec<_>, Vec<_>) = changed(&old, new).partition(|key| takes_effect(key, &old, new));
        let mut served = old.as_ref().clone();
        for key in &now {
            let done = match *key {
                "log.level" => self.log_level.set(&new.log.level).map_err(|error| error.to_string()),
                "database.url" => {
                    served.database.clone_from(&new.database);
                    let url = new.database.as_ref().map(|database| database.url.expose());
                    url.map_or(Ok(()), |url| self.store.use_password_of(url)).map_err(|error| error.to_string())
                }
                "redis.password" | "redis.url" => {
                    served.redis.clone_from(&new.redis);
                    if let (Some(kept), Some(redis)) = (&self.redis, &new.redis) {
                        kept.send_replace(redis.clone());
                    }
                    Ok(())
                }
                _ => Ok(()),
            };
            if let Err(error) = done {
                tracing::error!(error, "the new {key} is not used, the old one stays");
            }
        }
        self.metrics_token.send_replace(new.ops.metrics_token.clone());
        // What needs a restart stays what it is, and is named again until there is one.
        for (kept, new) in served.effective.iter_mut().zip(&new.effective).filter(|(kept, _)| now.contains(&kept.key)) {
            *kept = new.clone();
        }
        served.game.drain_delay = new.game.drain_delay;
        served.game.drain_grace = new.game.drain_grace;
        self.config.send_replace(Arc::new(served));
        (now.join(", "), later.join(", "))
    }
}

/// Whether the new value of a setting takes effect without a restart. A password does for the connections that are made
/// from then on.
fn takes_effect(key: &str, old: &Config, new: &Config) -> bool {
    match key {
        key if AT_ONCE.contains(&key) => true,
        "database.url" => {
            let both = old.database.as_ref().zip(new.database.as_ref());
            both.is_some_and(|(old, new)| old.is_same_but_for_password(new))
        }
        // Only a start takes it.
        "database.direct_url" => [old, new].iter().all(|config| {
            let database = config.database.as_ref();
            database.is_some_and(|database| database.direct_url.is_some())
        }),
        "redis.password" | "redis.url" => {
            let both = old.redis.as_ref().zip(new.redis.as_ref());
            both.is_some_and(|(old, new)| old.is_same_but_for_password(new))
        }
        _ => false,
    }
}

/// The settings with another value.
fn changed<'a>(old: &'a Config, new: &'a Config) -> impl Iterator<Item = &'static str> + use<'a> {
    let both = old.effective.iter().zip(&new.effective);
    both.filter(|(old, new): &(&Effective, &Effective)| old.has_other_value_than(new)).map(|(old, _)| old.key)
}

/// The signal that asks for it. Where there is none, it never comes.
struct Hangup {
    #[cfg(unix)]
    signal: Option<tokio::signal::unix::Signal>,
}

impl Hangup {
    #[cfg(unix)]
    fn listen() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        let listening = signal(SignalKind::hangup());
        let signal = listening.inspect_err(|error| {
            tracing::warn!(%error, "the configuration cannot be read again without a restart");
        });
        Self { signal: signal.ok() }
    }

    #[cfg(unix)]
    async fn told(&mut self) {
        match &mut self.signal {
            Some(signal) => drop(signal.recv().await),
            None => std::future::pending().await,
        }
    }

    #[cfg(not(unix))]
    fn listen() -> Self {
        Self {}
    }

    #[cfg(not(unix))]
    async fn told(&mut self) {
        std::future::pending().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Environment, Flags};
    use crate::store::Address;
    use tempfile::TempDir;
    use tokio::time::sleep;

    /// A process that keeps its settings fresh, in a folder with one value a file.
    struct Process {
        dir: TempDir,
        config: watch::Receiver<Arc<Config>>,
        metrics_token: watch::Receiver<Option<Secret>>,
        redis: watch::Receiver<config::Redis>,
    }

    impl Process {
        async fn start() -> Self {
            let dir = TempDir::new().unwrap();
            for (name, text) in [
                ("metrics", "old-token-for-metrics\n"),
                ("redis.password", "old"),
                ("auth.secret_key", "an old key of thirty-two characters"),
                ("database.url", "postgres://quibble:old@localhost/quibble"),
            ] {
                std::fs::write(dir.path().join(name), text).unwrap();
            }
            let folder = dir.path().to_str().unwrap();
            let environment: Environment = [
                ("QUIBBLE_OPS__METRICS_TOKEN_FILE", "metrics"),
                ("REDIS_ADDR", "redis:6379"),
                ("CREDENTIALS_DIRECTORY", folder),
            ]
            .into_iter()
            .collect();
            std::fs::write(dir.path().join("quibble.toml"), "[log]\nlevel = \"warn\"\n").unwrap();
            let config = Some("quibble.toml".into());
            let flags = Flags { config, data_dir: Some("data".into()), ..Flags::default() };
            let sources = Sources { flags, environment, working_dir: dir.path().to_owned(), ..Sources::default() };
            let config = Config::load(sources.clone()).unwrap();
            // Any store takes a password that it does not need.
            let store = Store::open(&Address::File(dir.path().join("quibble.db"))).await.unwrap();
            let metrics_token = watch::Sender::new(config.ops.metrics_token.clone());
            let redis = watch::Sender::new(config.redis.clone().unwrap());
            let config = watch::Sender::new(Arc::new(config));
            let process = Self {
                config: config.subscribe(),
                metrics_token: metrics_token.subscribe(),
                redis: redis.subscribe(),
                dir,
            };
            let log_level = Level::nobodys();
            let redis = Some(redis);
            let reload = Reload { sources, config, log_level, metrics_token, store, redis, told: Arc::default() };
            tokio::time::pause();
            #[expect(clippy::disallowed_methods, reason = "it ends with the test")]
            tokio::spawn(reload.keep(CancellationToken::new()));
            process
        }

        /// Writes a value, lets the time pass in which it is noticed, and gives the names of what is served anew.
        async fn write(&mut self, name: &str, text: &str) -> Vec<&'static str> {
            let before = Arc::clone(&self.config.borrow_and_update());
            std::fs::write(self.dir.path().join(name), text).unwrap();
            sleep(LOOK_EVERY + Duration::from_millis(1)).await;
            changed(&before, &self.config.borrow_and_update()).collect()
        }

        fn metrics_token(&self) -> String {
            self.metrics_token.borrow().as_ref().unwrap().expose().to_owned()
        }
    }

    #[tokio::test]
    async fn a_new_secret_in_a_file_is_noticed_and_used_where_it_can_be() {
        let mut process = Process::start().await;
        assert_eq!(process.write("metrics", "new-token-for-metrics\n").await, ["ops.metrics_token"]);
        assert_eq!(process.metrics_token(), "new-token-for-metrics");
        assert_eq!(process.write("redis.password", "new").await, ["redis.password"]);
        assert_eq!(process.redis.borrow().url.expose(), "redis://:new@redis:6379");
        let url = "postgres://quibble:new@localhost/quibble";
        assert_eq!(process.write("database.url", url).await, ["database.url"]);
        assert_eq!(process.config.borrow().database.as_ref().unwrap().url.expose(), url);
        // What is sealed with the old key is not opened by another.
        let secret_key = process.write("auth.secret_key", "a new key of thirty-two characters").await;
        assert_eq!(secret_key, [""; 0]);
        // Nor does a game go on with another database.
        let moved = process.write("database.url", "postgres://quibble:new@localhost/other").await;
        assert_eq!(moved, [""; 0]);
        assert_eq!(process.config.borrow().database.as_ref().unwrap().url.expose(), url);
    }

    #[tokio::test]
    async fn a_bad_secret_leaves_the_old_one_and_a_good_one_heals_it() {
        let mut process = Process::start().await;
        for bad in ["", "too short", "with spaces in the middle of it"] {
            assert_eq!(process.write("metrics", bad).await, [""; 0], "{bad}");
            assert_eq!(process.metrics_token(), "old-token-for-metrics");
        }
        // The others wait for it: half a configuration is none.
        assert_eq!(process.write("redis.password", "new").await, [""; 0]);
        let healed = process.write("metrics", "new-token-for-metrics").await;
        assert_eq!(healed, ["redis.password", "ops.metrics_token"]);
    }

    /// A mounted secret is a link to a link, the second of which is replaced.
    #[cfg(unix)]
    #[tokio::test]
    async fn a_link_that_leads_elsewhere_is_another_secret() {
        let mut process = Process::start().await;
        let path = |name: &str| process.dir.path().join(name);
        for (folder, token) in [("one", "token-of-the-first"), ("two", "token-of-the-second")] {
            std::fs::create_dir(path(folder)).unwrap();
            std::fs::write(path(folder).join("metrics"), token).unwrap();
        }
        std::fs::remove_file(path("metrics")).unwrap();
        std::os::unix::fs::symlink("one", path("..data")).unwrap();
        std::os::unix::fs::symlink("..data/metrics", path("metrics")).unwrap();
        sleep(LOOK_EVERY).await;
        assert_eq!(process.metrics_token(), "token-of-the-first");
        std::os::unix::fs::symlink("two", path("..new")).unwrap();
        std::fs::rename(path("..new"), path("..data")).unwrap();
        sleep(LOOK_EVERY).await;
        assert_eq!(process.metrics_token(), "token-of-the-second");
        process.config.borrow_and_update();
    }

    /// An editor writes it, and nobody said that it is done.
    #[tokio::test]
    async fn the_configuration_file_waits_for_its_signal() {
        let mut process = Process::start().await;
        assert_eq!(process.write("quibble.toml", "[log]\nlevel = \"debug\"\nnonsense").await, [""; 0]);
        assert_eq!(process.write("metrics", "new-token-for-metrics").await, ["ops.metrics_token"]);
    }
}
