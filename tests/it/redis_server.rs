//! A Redis of a test's own.

use crate::server::free_port;
use crate::support::Quibble;
use quibble::bus::Bus;
use quibble::config;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;
use tokio::sync::watch;

/// A running Redis.
pub struct Redis {
    server: Child,
    port: u16,
    dir: TempDir,
}

impl Redis {
    fn command(port: u16, dir: &Path) -> Command {
        let program = std::env::var_os("QUIBBLE_TEST_REDIS").unwrap();
        let mut command = Command::new(program);
        command.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]);
        command.arg("--dir").arg(dir).stdout(Stdio::null());
        command
    }

    pub fn start() -> Self {
        let port = free_port();
        let dir = tempfile::tempdir().unwrap();
        Self { server: Self::command(port, dir.path()).spawn().unwrap(), port, dir }
    }

    /// One that is encrypted, and lets in nobody but a user who may do no more than hints need.
    pub fn start_locked() -> Self {
        let (port, dir) = (free_port(), tempfile::tempdir().unwrap());
        let certificates = certificates();
        let mut command = Self::command(port, dir.path());
        command.args(["--port", "0", "--tls-port", &port.to_string(), "--tls-auth-clients", "no"]);
        for (setting, file) in [
            ("--tls-cert-file", "server.pem"),
            ("--tls-key-file", "server.key"),
            ("--tls-ca-cert-file", "authority.pem"),
        ] {
            command.arg(setting).arg(certificates.join(file));
        }
        command.args(["--user", "default", "off"]);
        let rights = "on >pass resetchannels &quibble +publish +subscribe +ping";
        command.args(["--user", "hints"]).args(rights.split(' '));
        Self { server: command.spawn().unwrap(), port, dir }
    }

    pub fn stop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }

    pub fn start_again(&mut self) {
        self.stop();
        self.server = Self::command(self.port, self.dir.path()).spawn().unwrap();
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Freezes the server, or lets it go on.
    pub fn signal(&self, name: &str) {
        assert!(Command::new("kill").args([name, &self.server.id().to_string()]).status().unwrap().success());
    }

    pub fn bus(&self, quibble: &Quibble) -> Bus {
        Self::bus_at(quibble, self.url(), None)
    }

    /// The bus of one that was started locked.
    pub fn locked_bus(&self, quibble: &Quibble, password: &str) -> Bus {
        let url = format!("rediss://hints:{password}@127.0.0.1:{}", self.port);
        Self::bus_at(quibble, url, Some(certificates().join("authority.pem")))
    }

    fn bus_at(quibble: &Quibble, url: String, ca_file: Option<PathBuf>) -> Bus {
        let settings = config::Redis { url: config::Secret::new(url), ca_file, channel: "quibble".to_owned() };
        let settings = watch::channel(settings).1;
        Bus::redis(settings, &quibble.ids, quibble.metrics.clone(), &quibble.tracker, quibble.stop.clone()).unwrap()
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Where the certificate of the servers of these tests is.
fn certificates() -> PathBuf {
    PathBuf::from(std::env::var_os("QUIBBLE_TEST_CERTIFICATES").unwrap())
}
