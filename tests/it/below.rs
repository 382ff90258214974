//! Below a path of a host that others share: what a browser is sent, by a proxy that leaves the path and by one that takes
//! it off.

use crate::support::{PASSWORD, Plan, Quibble, Socket, asks, expect, text};
use reqwest::{Method, Response, StatusCode};
use serde_json::json;

async fn start() -> Quibble {
    Quibble::planned(Plan { base_path: "/quiz", ..Plan::default() }).await
}

impl Quibble {
    async fn page(&self, path: &str, headers: &[(&str, &str)]) -> Response {
        let mut request = self.http.get(format!("{}{path}", self.url)).header("accept", "text/html");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.unwrap()
    }
}

#[tokio::test]
async fn a_page_and_its_files_are_the_same_on_both_ways() {
    let (quibble, root) = (start().await, Quibble::start().await);
    let etag = |response: &Response| response.headers()["etag"].to_str().unwrap().to_owned();
    let page = quibble.page("/quiz/j/ABC234", &[]).await;
    let tag = etag(&page);
    assert_ne!(tag, etag(&root.page("/j/ABC234", &[]).await), "it is another page than at the root");
    let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
    let html = page.text().await.unwrap();
    assert!(html.contains("<html data-base=\"/quiz\" "), "{html}");
    for path in ["/quiz", "/quiz/", "/quiz?code=ABC234", "/", "/j/ABC234"] {
        let page = quibble.page(path, &[]).await;
        assert_eq!((page.status(), etag(&page)), (StatusCode::OK, tag.clone()), "{path}");
        assert_eq!(page.headers()["content-security-policy"].to_str().unwrap(), policy);
    }
    let known = quibble.page("/quiz/", &[("if-none-match", &tag)]).await;
    assert_eq!(known.status(), StatusCode::NOT_MODIFIED);
    // The bundle has both, and what is written at the start one.
    let page = quibble.page("/quiz/", &[("accept-encoding", "br, gzip")]).await;
    assert_eq!(page.headers()["content-encoding"], "gzip");

    let script = html.split("src=\"").nth(1).unwrap().split('"').next().unwrap();
    assert!(script.starts_with("/quiz/assets/"), "{script}");
    for path in [script, script.strip_prefix("/quiz").unwrap(), "/quiz/sw.js", "/quiz/healthz", "/healthz", "/readyz"] {
        assert_eq!(quibble.page(path, &[]).await.status(), StatusCode::OK, "{path}");
    }
    for path in ["/quizzes", "/quiz/nowhere", "/quiz/quiz/"] {
        assert_eq!(quibble.page(path, &[]).await.status(), StatusCode::NOT_FOUND, "{path}");
    }

    let links = quibble.page("/quiz/host", &[]).await.headers()["link"].to_str().unwrap().to_owned();
    assert!(links.split(", ").all(|link| link.starts_with("</quiz/")), "{links}");
    assert!(links.contains("</quiz/api/me>"), "{links}");
}

#[tokio::test]
async fn whoever_is_sent_somewhere_is_sent_below_the_path() {
    let quibble = start().await;
    let (game, code) = quibble.game(&[&[asks("One?", &["1"])]]).await;
    assert_eq!(quibble.get("/quiz/api/server").await["join_base"], "http://quiz.test/quiz");
    let screen = quibble.post(&format!("/api/games/{game}/screens"), json!({})).await;
    assert!(text(&screen["url"]).starts_with("http://quiz.test/quiz/screen#"), "{screen}");
    let console = quibble.post(&format!("/quiz/api/games/{game}/console-link"), json!({})).await;
    assert!(text(&console["url"]).starts_with("http://quiz.test/quiz/host/link#"), "{console}");

    for path in ["/quiz/ws", "/ws"] {
        let mut host = Socket::open(&quibble.url, &format!("{path}/{code}")).await.unwrap();
        host.say("hello", json!({ "token": quibble.token })).await;
        host.until("welcome").await;
    }
    let mut screen_socket = Socket::open(&quibble.url, &format!("/quiz/ws/{code}")).await.unwrap();
    screen_socket.say("hello", json!({ "screen": screen["screen_token"] })).await;
    let state = screen_socket.until("screen_state").await;
    assert_eq!(state["join_url"], format!("http://quiz.test/quiz/j/{code}"));
    assert_eq!(quibble.page(&format!("/quiz/qr/{code}.svg"), &[]).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_session_is_nobody_elses_on_the_host() {
    let quibble = start().await;
    let link = quibble.auth.new_setup_link().await.unwrap();
    let owner = json!({ "token": link.reveal(), "username": "pat", "password": PASSWORD });
    let made = quibble.send_as(None, Method::POST, "/quiz/api/setup", Some(owner)).await;
    let cookie = made.headers()["set-cookie"].to_str().unwrap().to_owned();
    assert!(cookie.contains("; Path=/quiz; HttpOnly; "), "{cookie}");
    let session = cookie.split(';').next().unwrap();
    for (origin, status) in [
        ("http://quiz.test", StatusCode::CREATED),
        ("http://quiz.test/quiz", StatusCode::FORBIDDEN),
        ("http://elsewhere.test", StatusCode::FORBIDDEN),
    ] {
        let request = quibble.http.post(format!("{}/quiz/api/banks", quibble.url)).header("cookie", session);
        let response = request.header("origin", origin).json(&json!({ "name": "Mine" })).send().await.unwrap();
        assert_eq!(response.status(), status, "{origin}");
    }
    expect(quibble.send_as(None, Method::GET, "/quiz/api/me", None).await, StatusCode::UNAUTHORIZED).await;
}
