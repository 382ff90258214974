//! How a serving process ends: step by step, with what is acknowledged on disk at each of them.

use crate::config::Config;
#[cfg(unix)]
use std::io::IsTerminal;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long sockets stay open after their clients were told to come back. No other process takes over their games
/// while this one has the data, so the sooner it ends the sooner the next one serves them.
const FAREWELL: Duration = Duration::from_millis(300);

/// How long a client may take to be served by another replica, before its socket to this one is closed.
const MOVE: Duration = Duration::from_secs(3);

/// What is left to do when time is up takes no longer than this.
const LAST_WORK: Duration = Duration::from_secs(1);

/// What runs, and the steps in which it ends.
#[derive(Debug, Default)]
pub(super) struct Ending {
    /// Readiness is off; everything else goes on.
    pub leave: CancellationToken,
    /// Clients are told to come back, and nobody new is let in.
    pub drain: CancellationToken,
    /// Sockets close once what they hold is stored, and no connection is accepted.
    pub close: CancellationToken,
    /// What works behind the sockets ends.
    pub stop: CancellationToken,
    pub sockets: TaskTracker,
    pub connections: TaskTracker,
    pub tasks: TaskTracker,
}

impl Ending {
    /// Ends everything. It takes no longer than the delay, where there are other replicas, and the grace together, and
    /// a second for the last work.
    pub(super) async fn run(&self, config: &Config) {
        self.leave.cancel();
        let farewell = if config.database.is_some() {
            tracing::info!("stopping: no new clients are wanted");
            sleep(config.game.drain_delay).await;
            config.game.reconnect_spread + MOVE
        } else {
            FAREWELL
        };
        let Self { sockets, connections, tasks, .. } = self;
        tracing::info!(sockets = sockets.len(), "stopping: clients are told to come back");
        let end = Instant::now() + config.game.drain_grace;
        self.drain.cancel();
        sockets.close();
        let _ = timeout(farewell.min(config.game.drain_grace), sockets.wait()).await;
        self.close.cancel();
        connections.close();
        let ended = async {
            sockets.wait().await;
            connections.wait().await;
        };
        if timeout_at(end, ended).await.is_err() {
            tracing::warn!(sockets = sockets.len(), "some connections did not end in time");
        }
        self.stop.cancel();
        tasks.close();
        if timeout_at(end.max(Instant::now() + LAST_WORK), tasks.wait()).await.is_err() {
            tracing::warn!(tasks = tasks.len(), "some work did not end in time");
        }
    }
}

/// Being told to stop: SIGTERM, or an interrupt from the terminal, or the end of that. From its making on, neither ends the process by
/// itself.
#[derive(Debug)]
pub(super) struct StopSignal {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    /// SIGHUP says that the terminal is gone. Where there was none it has another meaning, and no end either.
    #[cfg(unix)]
    hangup: tokio::signal::unix::Signal,
    #[cfg(unix)]
    has_terminal: bool,
}

impl StopSignal {
    /// # Errors
    /// When the system lets nobody listen.
    #[cfg(unix)]
    pub(super) fn listen() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
            has_terminal: std::io::stdin().is_terminal(),
        })
    }

    /// Waits for the next one.
    #[cfg(unix)]
    pub(super) async fn told(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
            Some(()) = self.hangup.recv(), if self.has_terminal => {}
        }
    }

    /// # Errors
    /// None on this system.
    #[cfg(not(unix))]
    pub(super) fn listen() -> std::io::Result<Self> {
        Ok(Self {})
    }

    /// Waits for the next one.
    #[cfg(not(unix))]
    pub(super) async fn told(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
    }
}
