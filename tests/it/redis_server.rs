//! A Redis of a test's own.

use crate::server::free_port;
use crate::support::Quibble;
use quibble::bus::Bus;
use quibble::config;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

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
        let settings =
            config::Redis { url: config::Secret::new(self.url()), ca_file: None, channel: "quibble".to_owned() };
        Bus::redis(&settings, &quibble.ids, quibble.metrics.clone(), &quibble.tracker, quibble.stop.clone()).unwrap()
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.stop();
    }
}
