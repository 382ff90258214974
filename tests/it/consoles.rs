//! A second console of a game, by a link that signs one more device in.

use crate::support::{Plan, Quibble, Socket, asks, expect, text};
use quibble::clock::Clock;
use quibble::ids::Ids;
use quibble::limits::CONSOLE_LINK_TTL;
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};
use std::time::Duration;

struct Scene {
    quibble: Quibble,
    game: String,
    code: String,
}

impl Scene {
    async fn new() -> Self {
        let quibble =
            Quibble::planned(Plan { clock: Clock::manual(1_800_000_000_000), ids: Ids::system, ..Plan::default() })
                .await;
        let (game, code) = quibble.game(&[&[asks("One?", &["1"])]]).await;
        Self { quibble, game, code }
    }

    /// Makes a link, and gives its secret.
    async fn link(&self) -> String {
        let made = self.quibble.post(&format!("/api/games/{}/console-link", self.game), json!({})).await;
        assert!(text(&made["qr"]).contains("<svg"));
        let url = text(&made["url"]);
        let (page, secret) = url.split_once('#').unwrap();
        assert_eq!(page, "http://quiz.test/host/link", "the secret is where no server is sent it");
        secret.to_owned()
    }

    /// What a device that is not signed in does with a secret.
    async fn on_device(&self, what: &str, secret: &str) -> Response {
        let path = format!("/api/console-link/{what}");
        self.quibble.send_as(None, Method::POST, &path, Some(json!({ "token": secret }))).await
    }

    async fn sessions(&self) -> Vec<Value> {
        self.quibble.get("/api/account/sessions").await.as_array().unwrap().clone()
    }
}

fn cookie(response: &Response) -> String {
    let cookie = response.headers()["set-cookie"].to_str().unwrap();
    assert!(cookie.contains("HttpOnly"), "{cookie}");
    cookie.split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_link_opens_the_console_on_one_more_device() {
    let scene = Scene::new().await;
    let secret = scene.link().await;
    let grants = expect(scene.on_device("check", &secret).await, StatusCode::OK).await;
    assert_eq!(grants, json!({ "username": "owner", "quiz_name": "Friday night" }));
    assert!(scene.sessions().await.is_empty(), "looking signs nobody in");

    let used = scene.on_device("use", &secret).await;
    let cookie = cookie(&used);
    let opened = expect(used, StatusCode::CREATED).await;
    assert_eq!(opened["game_id"], json!(scene.game));
    assert_eq!(opened["account"]["username"], "owner");
    let mut phone =
        Socket::open_with_cookie(&scene.quibble.url, &format!("/ws/{}", scene.code), Some(&cookie)).await.unwrap();
    phone.until("host_state").await;
    phone.step("start_game", json!({})).await;

    // It can be signed out from elsewhere, and is off the game then.
    let sessions = scene.sessions().await;
    let path = format!("/api/account/sessions/{}", text(&sessions[0]["id"]));
    assert!(scene.quibble.send(Method::DELETE, &path, None).await.status().is_success());
    assert_eq!(phone.closed().await.map(|(code, _)| code), Some(4401));
}

#[tokio::test]
async fn of_two_devices_with_one_link_one_gets_in() {
    let scene = Scene::new().await;
    let secret = scene.link().await;
    let (one, other) = tokio::join!(scene.on_device("use", &secret), scene.on_device("use", &secret));
    let mut statuses = [one.status().as_u16(), other.status().as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 410]);
    assert_eq!(scene.sessions().await.len(), 1);
    let late = expect(scene.on_device("check", &secret).await, StatusCode::GONE).await;
    assert_eq!(late["code"], "link_spent");
}

#[tokio::test]
async fn a_link_is_good_for_five_minutes_and_until_it_is_cancelled() {
    let scene = Scene::new().await;
    let status = async |secret: &str| scene.on_device("check", secret).await.status().as_u16();
    let (first, second) = (scene.link().await, scene.link().await);
    assert_eq!([status(&first).await, status(&second).await], [410, 200], "the newest counts");
    scene.quibble.clock.advance(CONSOLE_LINK_TTL.saturating_sub(Duration::from_millis(1)));
    assert_eq!(status(&second).await, 200);
    scene.quibble.clock.advance(Duration::from_millis(1));
    assert_eq!(status(&second).await, 410);
    assert_eq!(scene.on_device("use", &second).await.status().as_u16(), 410);

    let third = scene.link().await;
    let path = format!("/api/games/{}/console-link", scene.game);
    assert_eq!(scene.quibble.send(Method::DELETE, &path, None).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(status(&third).await, 410);
}
