//! What systemd is told by this process and hands to it, where it started it (sd_notify(3), sd_listen_fds(3)). Elsewhere
//! nothing is told to anybody.

#[cfg(target_os = "linux")]
pub(super) use linux::{feed_watchdog, listeners, tell_ready, tell_reloaded, tell_reloading, tell_stopping};
#[cfg(not(target_os = "linux"))]
pub(super) use nobody::{feed_watchdog, listeners, tell_ready, tell_reloaded, tell_reloading, tell_stopping};

#[cfg(target_os = "linux")]
mod linux {
    use crate::net::Listener;
    use listenfd::ListenFd;
    use sd_notify::{NotifyState, listen_fds, notify, watchdog_enabled};
    use std::io;
    use tokio::time::{MissedTickBehavior, interval};
    use tokio_util::sync::CancellationToken;

    /// The sockets that were opened for this process before it began: a port below 1024 needs no right of it then, and who
    /// connects while it restarts waits. They take the place of `server.listen`. The file of a unix socket stays systemd's.
    pub fn listeners() -> io::Result<Vec<Listener>> {
        // What this says is meant for this process. What the next reads may have been meant for one that started it.
        if listen_fds()?.len() == 0 {
            return Ok(Vec::new());
        }
        let mut inherited = ListenFd::from_env();
        let mut listeners = Vec::new();
        for nth in 0..inherited.len() {
            let listener = match inherited.take_tcp_listener(nth) {
                Ok(listener) => listener.map(Listener::inherited_tcp).transpose()?,
                // What is neither of the two is told of in the words for the first.
                Err(error) => {
                    let listener = inherited.take_unix_listener(nth).map_err(|_| error)?;
                    listener.map(Listener::inherited_unix).transpose()?
                }
            };
            listeners.extend(listener);
        }
        Ok(listeners)
    }

    /// It serves.
    pub fn tell_ready(base_url: &str) {
        tell(&[NotifyState::Ready, NotifyState::Status(&format!("Serving at {base_url}"))]);
    }

    /// It reads its configuration again.
    pub fn tell_reloading() {
        let since = NotifyState::monotonic_usec_now().ok();
        tell(&[NotifyState::Reloading].into_iter().chain(since).collect::<Vec<_>>());
    }

    /// It has read it, with whatever result.
    pub fn tell_reloaded() {
        tell(&[NotifyState::Ready]);
    }

    /// It ends, which takes as long as clients need to go.
    pub fn tell_stopping() {
        tell(&[NotifyState::Stopping, NotifyState::Status("Stopping: clients are told to come back")]);
    }

    /// Says again and again that this process runs tasks, whatever becomes of its database: to be killed would not bring
    /// that back.
    pub async fn feed_watchdog(stop: CancellationToken) {
        let Some(patience) = watchdog_enabled() else { return };
        let mut due = interval(patience / 3);
        due.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = due.tick() => tell(&[NotifyState::Watchdog]),
                () = stop.cancelled() => return,
            }
        }
    }

    fn tell(what: &[NotifyState<'_>]) {
        if let Err(error) = notify(what) {
            tracing::warn!(%error, "systemd cannot be told");
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod nobody {
    use crate::net::Listener;
    use std::io;
    use tokio_util::sync::CancellationToken;

    pub fn listeners() -> io::Result<Vec<Listener>> {
        Ok(Vec::new())
    }

    pub fn tell_ready(_: &str) {}

    pub fn tell_reloading() {}

    pub fn tell_reloaded() {}

    pub fn tell_stopping() {}

    pub async fn feed_watchdog(_: CancellationToken) {}
}
