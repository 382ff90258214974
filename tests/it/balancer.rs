//! HAProxy in front of the replicas: each connection goes to any of those that say they are ready.

use crate::server::{Api, free_port};
use std::fmt::Write;
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// A running balancer.
pub struct Balancer {
    process: Child,
    port: u16,
    _dir: TempDir,
}

impl Balancer {
    /// None where `tests/run` has not said where the program is.
    pub fn before(ports: &[u16]) -> Option<Self> {
        let program = std::env::var_os("QUIBBLE_TEST_HAPROXY")?;
        let (dir, port) = (tempfile::tempdir().unwrap(), free_port());
        let mut config = format!(
            "defaults
  mode http
  timeout connect 2s
  timeout client 60s
  timeout server 60s
  timeout tunnel 1h
  option redispatch
  retries 3
  retry-on conn-failure empty-response
frontend all
  bind 127.0.0.1:{port}
  default_backend replicas
backend replicas
  balance random
  option httpchk GET /readyz
  timeout check 2s
  default-server inter 200ms fall 3 rise 1
"
        );
        for port in ports {
            writeln!(config, "  server replica{port} 127.0.0.1:{port} check").unwrap();
        }
        let file = dir.path().join("haproxy.cfg");
        std::fs::write(&file, config).unwrap();
        let mut command = Command::new(program);
        command.arg("-db").arg("-f").arg(&file).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Some(Self { process: command.spawn().unwrap(), port, _dir: dir })
    }

    pub fn api(&self) -> Api {
        Api::at(self.port)
    }
}

impl Drop for Balancer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
