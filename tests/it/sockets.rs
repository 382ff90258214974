//! Unix sockets: the real binary with nothing else to listen on, behind a real proxy, and with one that systemd opened.

use crate::server::{Api, TOKEN, drain_output, free_port};
use crate::support::PATIENCE;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::time::{sleep, timeout};

/// A folder with the data of a Quibble and its sockets.
struct House {
    dir: TempDir,
}

/// A process that ends with its test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl House {
    fn new() -> Self {
        Self { dir: TempDir::new().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// `quibble` with settings by which it listens on two sockets alone.
    fn command(&self, arguments: &[&str]) -> Command {
        self.command_with("data", arguments)
    }

    /// The same with data of its own.
    fn command_with(&self, data: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_quibble"));
        command.env_clear().current_dir(self.dir.path()).args(arguments).args(["--data-dir", data]);
        command.args(["--listen", "unix:quibble.sock"]).env("QUIBBLE_OPS__LISTEN", "unix:ops.sock");
        command.env("DEV_AUTH_TOKEN", TOKEN).env("LOG_LEVEL", "error").stdin(Stdio::null()).stdout(Stdio::piped());
        command
    }

    fn said(&self, arguments: &[&str]) -> Output {
        self.command(arguments).stderr(Stdio::piped()).output().unwrap()
    }

    async fn serve(&self, settings: &[(&str, &str)]) -> Running {
        let mut child = self.command(&["serve"]).envs(settings.iter().copied()).spawn().unwrap();
        drain_output(&mut child);
        let running = Running(child);
        let ready = async {
            while !self.ask("quibble.sock", "/readyz", "").await.starts_with("HTTP/1.1 200 ") {
                sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(PATIENCE, ready).await.expect("it is ready");
        running
    }

    /// All that is answered to a request, or nothing where nobody is there.
    async fn ask(&self, socket: &str, path: &str, headers: &str) -> String {
        let mut answer = Vec::new();
        if let Ok(mut stream) = UnixStream::connect(self.path(socket)).await {
            let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{headers}\r\n");
            stream.write_all(request.as_bytes()).await.unwrap();
            let _ = timeout(PATIENCE, stream.read_to_end(&mut answer)).await.expect("it is answered");
        }
        String::from_utf8_lossy(&answer).into_owned()
    }
}

fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or_default()
}

/// Waits until a process has ended by itself.
async fn ended(running: &mut Running) -> Option<i32> {
    let ended = async {
        loop {
            if let Some(status) = running.0.try_wait().unwrap() {
                return status.code();
            }
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, ended).await.expect("it ends")
}

fn terminate(running: &Running) {
    assert!(Command::new("kill").args(["-TERM", &running.0.id().to_string()]).status().unwrap().success());
}

#[tokio::test]
async fn a_quibble_with_sockets_alone_is_served_looked_after_and_gone() {
    let house = House::new();
    drop(UnixListener::bind(house.path("quibble.sock")).unwrap());
    let mut server = house.serve(&[("QUIBBLE_SERVER__SOCKET_MODE", "0620")]).await;
    for name in ["quibble.sock", "ops.sock"] {
        let about = std::fs::metadata(house.path(name)).unwrap();
        assert!(about.file_type().is_socket());
        assert_eq!(about.permissions().mode() & 0o777, 0o620, "{name}");
    }

    assert!(house.ask("quibble.sock", "/", "").await.contains("<title>"));
    for (headers, expected) in
        [("", "200"), ("x-forwarded-for: 203.0.113.9\r\n", "404"), ("forwarded: for=_a\r\n", "404")]
    {
        assert_eq!(status(&house.ask("quibble.sock", "/metrics", headers).await), expected, "{headers}");
    }
    let health = house.said(&["healthcheck", "--ready"]);
    assert!(String::from_utf8_lossy(&health.stdout).contains("\"database_writable\":true"), "{health:?}");
    let mut public = house.command(&["healthcheck"]);
    let public = public.env_remove("QUIBBLE_OPS__LISTEN").output().unwrap();
    assert_eq!(String::from_utf8_lossy(&public.stdout), "{\"status\":\"ok\"}\n");
    let doctor: Value = serde_json::from_slice(&house.said(&["doctor", "--json"]).stdout).unwrap();
    let found = |name: &str| {
        let checks = doctor["checks"].as_array().unwrap().iter().filter(move |check| check["name"] == name);
        checks.map(|check| (check["state"].clone(), check["found"].to_string())).collect::<Vec<_>>()
    };
    for (state, said) in [found("port"), found("service")].concat() {
        assert_eq!(state, "ok", "{said}");
        assert!(said.contains("unix:/"), "{said}");
    }
    assert_eq!(found("public_url")[0].0, "warning", "{doctor}");

    let another = house.command_with("another", &["serve"]).stderr(Stdio::piped()).output().unwrap();
    let said = String::from_utf8_lossy(&another.stderr);
    assert!(said.contains("quibble.sock: another program (perhaps another Quibble) already does"), "{said}");
    assert_eq!(another.status.code(), Some(1));
    assert_eq!(status(&house.ask("quibble.sock", "/healthz", "").await), "200");

    terminate(&server);
    assert_eq!(ended(&mut server).await, Some(0));
    assert!(!house.path("quibble.sock").exists() && !house.path("ops.sock").exists());

    // What a kill leaves behind is in nobody's way.
    drop(house.serve(&[]).await);
    assert!(house.path("quibble.sock").exists());
    let mut server = house.serve(&[]).await;
    terminate(&server);
    assert_eq!(ended(&mut server).await, Some(0));
}

/// systemd hands it over as descriptor 3, and keeps its file.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_socket_that_systemd_opened_is_served_and_stays() {
    let house = House::new();
    let path = house.path("systemd.sock");
    let script = "exec 3<&0 </dev/null; LISTEN_FDS=1 LISTEN_PID=$$ exec \"$0\" \"$@\"";
    let listener = UnixListener::bind(&path).unwrap();
    let mut command = Command::new("bash");
    command.env_clear().env("DEV_AUTH_TOKEN", TOKEN).current_dir(house.dir.path()).arg("-c").arg(script);
    command.arg(env!("CARGO_BIN_EXE_quibble")).args(["serve", "--data-dir", "data", "--log-level", "error"]);
    command
        .args(["--listen", "127.0.0.1:1"])
        .stdin(Stdio::from(std::os::fd::OwnedFd::from(listener)))
        .stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    drain_output(&mut child);
    let mut server = Running(child);
    // Who connects before there is a process waits for it.
    let answer = house.ask("systemd.sock", "/healthz", "").await;
    assert_eq!(status(&answer), "200", "{answer}");
    terminate(&server);
    assert_eq!(ended(&mut server).await, Some(0));
    assert!(path.exists(), "it is systemd's");
}

/// nginx takes what comes by TCP to the socket, sockets of games too, and is believed whom it speaks for.
#[tokio::test]
async fn a_proxy_reaches_it_by_its_socket() {
    let Some(program) = std::env::var_os("QUIBBLE_TEST_NGINX") else { return };
    let (house, port) = (House::new(), free_port());
    let _server = house.serve(&[("QUIBBLE_SERVER__PUBLIC_URL", "http://quiz.test")]).await;
    let config = format!(
        "user root; daemon off; master_process off; pid nginx.pid; error_log stderr; worker_processes 1; events {{}}
http {{
  access_log off;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  upstream quibble {{ server unix:{}; }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://quibble;
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection upgrade;
    }}
  }}
}}",
        house.path("quibble.sock").display()
    );
    std::fs::write(house.path("nginx.conf"), config).unwrap();
    let mut nginx = Command::new(program);
    nginx.arg("-p").arg(house.dir.path()).arg("-c").arg(house.path("nginx.conf"));
    let _nginx = Running(nginx.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
    let api = Api::at(port);
    api.until_ready().await;
    assert_eq!(api.status("/metrics").await, Some(StatusCode::NOT_FOUND), "nginx says for whom it asks");

    let (_, code) = api.game(1).await;
    let mut host = api.socket(&code, json!({ "token": TOKEN })).await;
    host.until("host_state").await;
    let join = json!({ "code": code, "display_name": "The Snug" });
    let joined = api.send(Method::POST, "/api/join", join).await;
    let mut phone = api.socket(&code, json!({ "session": joined["session_token"] })).await;
    host.step("start_game", json!({})).await;
    phone.until("game_started").await;
}
