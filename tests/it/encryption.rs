//! The real binary with HTTPS: its certificate, how another takes its place, and a game that is played through it.

use crate::authority::{Authority, shown};
use crate::server::{Server, TOKEN, free_port};
use crate::support::PATIENCE;
use reqwest::{Method, StatusCode, header, redirect};
use serde_json::json;
use std::path::Path;
use std::process::{Command, Stdio};
use tempfile::TempDir;
use tokio::task::spawn_blocking;
use tokio::time::{sleep, timeout};

/// A Quibble whose certificate is in files of `dir`.
async fn start(dir: &Path, port: u16, tls_port: u16) -> Server {
    let mut command = Server::command(&dir.join("data"), port);
    command
        .env("QUIBBLE_TLS__MODE", "files")
        .env("QUIBBLE_TLS__LISTEN", format!("127.0.0.1:{tls_port}"))
        .env("QUIBBLE_TLS__CERT_FILE", dir.join("cert.pem"))
        .env("QUIBBLE_TLS__KEY_FILE", dir.join("key.pem"));
    Server::log(&mut command, port);
    Server::run(command, port).await
}

async fn play(url: &str, ca_file: &Path) {
    let mut bench = Command::new(env!("CARGO_BIN_EXE_quibble"));
    bench.env_clear().args([
        "bench",
        "--players",
        "5",
        "--questions",
        "2",
        "--token",
        TOKEN,
        "--url",
        url,
        "--ca-file",
    ]);
    bench.arg(ca_file);
    let played = spawn_blocking(move || bench.output().unwrap()).await.unwrap();
    assert!(played.status.success(), "{}", String::from_utf8_lossy(&played.stderr));
}

#[tokio::test]
async fn a_game_is_played_by_https_and_whoever_comes_without_is_sent_there() {
    let dir = TempDir::new().unwrap();
    let authority = Authority::new();
    let (cert, key) = authority.sign("localhost");
    std::fs::write(dir.path().join("cert.pem"), cert).unwrap();
    std::fs::write(dir.path().join("key.pem"), key).unwrap();
    let (port, tls_port) = (free_port(), free_port());
    let server = start(dir.path(), port, tls_port).await;

    let base_url = format!("https://localhost:{tls_port}");
    play(&base_url, &authority.ca_file()).await;
    shown(tls_port, "elsewhere.test", &authority.ca_file()).await.unwrap_err();

    let browser = reqwest::Client::builder().no_proxy().redirect(redirect::Policy::none()).build().unwrap();
    for plain in [port, tls_port] {
        let sent_on = browser.get(format!("http://127.0.0.1:{plain}/j/ABC234?x=1")).send().await.unwrap();
        assert_eq!(sent_on.status(), StatusCode::PERMANENT_REDIRECT);
        assert_eq!(sent_on.headers()[header::LOCATION], format!("{base_url}/j/ABC234?x=1"));
        assert_eq!(server.http.get(format!("http://127.0.0.1:{plain}/healthz")).send().await.unwrap().status(), 200);
    }
}

/// The two files of a pair are written one after the other.
#[cfg(unix)]
#[tokio::test]
async fn a_new_certificate_takes_the_place_of_the_old_one_and_a_bad_one_does_not() {
    let dir = TempDir::new().unwrap();
    let authority = Authority::new();
    let write = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).unwrap();
    let ((old_cert, old_key), (new_cert, new_key)) = (authority.sign("localhost"), authority.sign("localhost"));
    write("cert.pem", &old_cert);
    write("key.pem", &old_key);
    let (port, tls_port) = (free_port(), free_port());
    let server = start(dir.path(), port, tls_port).await;
    let old = shown(tls_port, "localhost", &authority.ca_file()).await.unwrap();

    let log = format!("{}/replica-{port}.log", env!("CARGO_TARGET_TMPDIR"));
    let said_so = || std::fs::read_to_string(&log).unwrap().matches("the old one stays").count();
    let before = said_so();
    for (nth, text) in [new_cert.as_str(), "", &new_cert].into_iter().enumerate() {
        write("cert.pem", text);
        server.signal("-HUP");
        let complains = async {
            while said_so() - before <= nth {
                sleep(std::time::Duration::from_millis(5)).await;
            }
        };
        timeout(PATIENCE, complains).await.expect("it is said what is wrong");
        assert_eq!(shown(tls_port, "localhost", &authority.ca_file()).await.unwrap(), old);
    }
    write("key.pem", &new_key);
    server.signal("-HUP");
    let replaced = async {
        while shown(tls_port, "localhost", &authority.ca_file()).await.unwrap() == old {
            sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, replaced).await.expect("the new one is shown");
}

#[tokio::test]
async fn what_cannot_be_shown_keeps_the_process_from_starting_and_says_why() {
    let dir = TempDir::new().unwrap();
    let authority = Authority::new();
    let ((cert, key), (_, other_key)) = (authority.sign("localhost"), authority.sign("localhost"));
    for (cert, key, said) in [
        (Some(&cert), Some(&other_key), "do not belong together"),
        (Some(&key), Some(&key), "there is no certificate"),
        (None, Some(&key), "cert.pem cannot be read"),
    ] {
        for (name, text) in [("cert.pem", cert), ("key.pem", key)] {
            let _ = std::fs::remove_file(dir.path().join(name));
            text.inspect(|text| std::fs::write(dir.path().join(name), text).unwrap());
        }
        let mut command = Server::command(&dir.path().join("data"), free_port());
        command
            .env("QUIBBLE_TLS__MODE", "files")
            .env("QUIBBLE_TLS__LISTEN", "127.0.0.1:0")
            .env("QUIBBLE_TLS__CERT_FILE", dir.path().join("cert.pem"))
            .env("QUIBBLE_TLS__KEY_FILE", dir.path().join("key.pem"));
        let refused = command.stderr(Stdio::piped()).output().unwrap();
        let text = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert_eq!(refused.status.code(), Some(1), "{text}");
        assert!(text.contains(said), "{said} in {text}");
    }
}

/// Whoever trusts it does so once. Phones, which never will, keep their unencrypted address.
#[tokio::test]
async fn a_certificate_of_our_own_stays_the_same_and_phones_are_not_sent_to_it() {
    let dir = TempDir::new().unwrap();
    let mut kept = Vec::new();
    for _ in 0..2 {
        let (port, tls_port) = (free_port(), free_port());
        let mut command: Command = Server::command(dir.path(), port);
        command.env("QUIBBLE_TLS__MODE", "self-signed").env("QUIBBLE_TLS__LISTEN", format!("127.0.0.1:{tls_port}"));
        let server = Server::run(command, port).await;
        let file = dir.path().join("tls/self-signed.pem");
        play(&format!("https://localhost:{tls_port}"), &file).await;
        let about: serde_json::Value =
            server.http.get(format!("{}/api/server", server.url)).send().await.unwrap().json().await.unwrap();
        assert_eq!(about["secure"], false, "{about}");
        kept.push(std::fs::read(file).unwrap());
    }
    assert_eq!(kept[0], kept[1]);
}

/// A host sees whether there is HTTPS, and what keeps it from being there.
#[tokio::test]
async fn a_host_is_told_how_connections_are_encrypted() {
    let dir = TempDir::new().unwrap();
    let (cert, key) = Authority::new().sign("localhost");
    std::fs::write(dir.path().join("cert.pem"), cert).unwrap();
    std::fs::write(dir.path().join("key.pem"), key).unwrap();
    let told = async |settings: &[(&str, &str)]| {
        let port = free_port();
        let mut command = Server::command(&dir.path().join("data"), port);
        let tls_listen = format!("127.0.0.1:{}", free_port());
        command.envs(settings.iter().copied()).env("QUIBBLE_TLS__LISTEN", &tls_listen);
        command.env("QUIBBLE_SERVER__PUBLIC_URL", format!("http://127.0.0.1:{port}"));
        let server = Server::run(command, port).await;
        let said = async || server.send(Method::GET, "/api/certificate", json!({})).await;
        let mut now = said().await;
        let failing = async {
            while now["mode"] == "acme" && now["acme"]["failed"].is_null() {
                sleep(std::time::Duration::from_millis(20)).await;
                now = said().await;
            }
        };
        timeout(PATIENCE, failing).await.expect("the order fails");
        now
    };

    let off = told(&[]).await;
    assert_eq!(off, json!({ "mode": "off", "names": [], "ends_soon": false }));

    let paths = ["cert.pem", "key.pem"].map(|name| dir.path().join(name).display().to_string());
    let files =
        [("QUIBBLE_TLS__MODE", "files"), ("QUIBBLE_TLS__CERT_FILE", &paths[0]), ("QUIBBLE_TLS__KEY_FILE", &paths[1])];
    let files = told(&files).await;
    // What rcgen makes ends in the year 4096.
    let ends = files["not_after_ms"].as_i64().unwrap();
    assert!(ends > 60_000_000_000_000, "{files}");
    assert_eq!(files, json!({ "mode": "files", "names": ["localhost"], "ends_soon": false, "not_after_ms": ends }));

    let own = told(&[("QUIBBLE_TLS__MODE", "self-signed")]).await;
    assert_eq!(own["mode"], "self_signed");
    assert!(own["names"].as_array().unwrap().contains(&json!("localhost")), "{own}");
    assert!(own["not_after_ms"].is_i64(), "{own}");

    // Nobody listens where this authority is to be.
    let nowhere = format!("https://127.0.0.1:{}/directory", free_port());
    let acme = [
        ("QUIBBLE_TLS__MODE", "acme"),
        ("QUIBBLE_ACME__DOMAINS", "quiz.example.org"),
        ("QUIBBLE_ACME__DIRECTORY", nowhere.as_str()),
    ];
    let acme = told(&acme).await;
    assert_eq!(acme["names"], json!(["quiz.example.org"]));
    assert!(acme["not_after_ms"].is_null(), "{acme}");
    let failed = &acme["acme"]["failed"];
    assert!(failed["problem"].as_str().unwrap().contains("cannot be spoken with"), "{acme}");
    assert_eq!(failed["was_rehearsal"], false);
    let waits_ms = acme["acme"]["next_try_ms"].as_i64().unwrap() - failed["at_ms"].as_i64().unwrap();
    assert!((300_000..=330_000).contains(&waits_ms), "{acme}");
}
