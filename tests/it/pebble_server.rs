//! A certificate authority of a test's own: Pebble, which Let's Encrypt makes for testing clients, with a name server that
//! leads every name to this machine.

use crate::authority::{Authority, connect};
use crate::server::free_port;
use crate::support::PATIENCE;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{sleep, timeout};

/// A running authority. It refuses one good nonce in twenty, and its certificates are valid for six days.
pub struct Pebble {
    dir: TempDir,
    /// Vouches for its own address.
    own: Authority,
    dns: Child,
    authority: Child,
    dns_port: u16,
    manner: Manner,
    port: u16,
    management_port: u16,
}

/// How it behaves.
#[derive(Clone, Copy)]
pub struct Manner {
    /// Where it asks by HTTP and by TLS.
    pub http_port: u16,
    pub tls_port: u16,
    /// It takes its time before it asks.
    pub is_slow: bool,
}

impl Manner {
    pub fn asking(http_port: u16, tls_port: u16) -> Self {
        Self { http_port, tls_port, is_slow: false }
    }
}

fn program(name: &str) -> Command {
    let folder = std::env::var_os("QUIBBLE_TEST_PEBBLE").expect("tests/run acme says where Pebble is");
    let mut command = Command::new(Path::new(&folder).join(name));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

fn authority(dir: &TempDir, dns_port: u16, manner: Manner) -> Child {
    let mut pebble = program("pebble");
    if !manner.is_slow {
        pebble.env("PEBBLE_VA_NOSLEEP", "1");
    }
    pebble
        .env("PEBBLE_WFE_NONCEREJECT", "5")
        .env("PEBBLE_AUTHZREUSE", "0")
        .args(["-strict", "-dnsserver", &format!("127.0.0.1:{dns_port}"), "-config"])
        .arg(dir.path().join("pebble.json"))
        .spawn()
        .unwrap()
}

impl Pebble {
    pub async fn start(manner: Manner) -> Self {
        let dir = TempDir::new().unwrap();
        let write = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).unwrap();
        let own = Authority::new();
        let (cert, key) = own.sign("127.0.0.1");
        write("cert.pem", &cert);
        write("key.pem", &key);

        let (port, management_port, dns_port) = (free_port(), free_port(), free_port());
        let config = serde_json::json!({ "pebble": {
            "listenAddress": format!("127.0.0.1:{port}"),
            "managementListenAddress": format!("127.0.0.1:{management_port}"),
            "certificate": dir.path().join("cert.pem"),
            "privateKey": dir.path().join("key.pem"),
            "httpPort": manner.http_port,
            "tlsPort": manner.tls_port,
            "ocspResponderURL": "",
            "externalAccountBindingRequired": false,
            "retryAfter": { "authz": 1, "order": 1 },
            "keyAlgorithm": "ecdsa",
            "profiles": { "default": { "description": "", "validityPeriod": 518_400 } },
        }});
        write("pebble.json", &config.to_string());
        let dns = program("pebble-challtestsrv")
            .args(["-defaultIPv4", "127.0.0.1", "-defaultIPv6", "", "-http01", "", "-https01", "", "-tlsalpn01", ""])
            .args(["-doh", "", "-management", ""])
            .args(["-dnsserver", &format!("127.0.0.1:{dns_port}")])
            .spawn()
            .unwrap();
        let authority = authority(&dir, dns_port, manner);
        let pebble = Self { dir, own, dns, authority, dns_port, manner, port, management_port };
        pebble.until_started().await;
        pebble
    }

    /// It is started again, and knows nobody any more.
    pub async fn forget(&mut self) {
        let _ = self.authority.kill();
        let _ = self.authority.wait();
        self.authority = authority(&self.dir, self.dns_port, self.manner);
        self.until_started().await;
    }

    async fn until_started(&self) {
        let started = async {
            while self.get(self.port, "/dir").await.is_none() {
                sleep(Duration::from_millis(10)).await;
            }
        };
        timeout(PATIENCE, started).await.expect("the authority starts");
    }

    /// The URL of its directory.
    pub fn directory(&self) -> String {
        format!("https://127.0.0.1:{}/dir", self.port)
    }

    /// Whom to believe that it is the authority.
    pub fn ca_file(&self) -> PathBuf {
        self.own.ca_file()
    }

    /// Whom to believe that a certificate of the authority is one: written into a file.
    pub async fn roots(&self) -> PathBuf {
        let file = self.dir.path().join("roots.pem");
        std::fs::write(&file, self.get(self.management_port, "/roots/0").await.unwrap()).unwrap();
        file
    }

    /// A page of it, if it answers with 200.
    async fn get(&self, port: u16, path: &str) -> Option<String> {
        let mut stream = connect(port, "127.0.0.1", &self.ca_file()).await.ok()?;
        stream.write_all(format!("GET {path} HTTP/1.0\r\nuser-agent: a test\r\n\r\n").as_bytes()).await.ok()?;
        let mut said = String::new();
        stream.read_to_string(&mut said).await.ok()?;
        let (head, body) = said.split_once("\r\n\r\n")?;
        head.starts_with("HTTP/1.0 200").then(|| body.to_owned())
    }
}

impl Drop for Pebble {
    fn drop(&mut self) {
        for child in [&mut self.authority, &mut self.dns] {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
