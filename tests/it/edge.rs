//! The edge: health, headers, origins, limits, slow readers, drain.

use crate::support::{METRICS_TOKEN, PASSWORD, PATIENCE, Plan, Quibble, Socket, asks, expect, text};
use futures_util::future::join_all;
use quibble::clock::Clock;
use quibble::game::{Action, GameId, PlayerId, PlayerName};
use quibble::ids::Ids;
use quibble::limits::{DEVICES_PER_PLAYER_MAX, IMPORT_FIXES_BYTES_MAX};
use quibble::live::LiveError;
use reqwest::header::{ACCEPT_ENCODING, CONTENT_TYPE, HeaderMap, ORIGIN, SET_COOKIE};
use reqwest::{Method, StatusCode};
use serde_json::json;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

#[tokio::test]
async fn health_readiness_and_metrics() {
    let quibble = Quibble::start().await;
    assert_eq!(quibble.get("/healthz").await, json!({ "status": "ok" }));
    assert_eq!(quibble.get("/readyz").await, json!({ "status": "ok" }));
    let metrics = quibble.send(Method::GET, "/metrics", None).await.text().await.unwrap();
    for family in ["quibble_http_requests_total", "quibble_storage_writable 1", "process_resident_memory_bytes"] {
        assert!(metrics.contains(family), "{family} in {metrics}");
    }
    let forwarded = quibble.http.get(format!("{}/metrics", quibble.url)).header("x-forwarded-for", "192.0.2.1");
    for (shown, status) in [
        (None, StatusCode::NOT_FOUND),
        (Some("another-token"), StatusCode::NOT_FOUND),
        (Some(METRICS_TOKEN), StatusCode::OK),
    ] {
        let request = forwarded.try_clone().unwrap();
        let request = if let Some(shown) = shown { request.bearer_auth(shown) } else { request };
        assert_eq!(request.send().await.unwrap().status(), status, "{shown:?}");
    }
    quibble.drain.cancel();
    let draining = quibble.send(Method::GET, "/readyz", None).await;
    assert_eq!(draining.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(quibble.get("/healthz").await, json!({ "status": "ok" }));
}

/// At an address of their own, those who look after a process see more.
#[tokio::test]
async fn health_readiness_and_metrics_have_an_address_of_their_own() {
    let quibble = Quibble::start().await;
    let (_, code) = quibble.game(&[&[asks("One?", &["1"])]]).await;
    let _host = quibble.host(&code).await;
    let get = |path: &str| quibble.http.get(format!("{}{path}", quibble.ops_url));
    assert_eq!(get("/healthz").send().await.unwrap().status(), StatusCode::OK);
    let ready = expect(get("/readyz").send().await.unwrap(), StatusCode::OK).await;
    assert_eq!(ready["status"], "ok");
    assert_eq!(ready["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(
        ready["checks"],
        json!({ "database_reached": true, "database_writable": true, "draining": false, "hints_carried": true })
    );
    assert_eq!((ready["games"].clone(), ready["sockets"].clone()), (json!(1), json!(1)));
    let metrics = get("/metrics").header("x-forwarded-for", "192.0.2.1").send().await.unwrap();
    assert!(metrics.text().await.unwrap().contains("quibble_sockets{role=\"host\"} 1"));
    assert_eq!(get("/").send().await.unwrap().status(), StatusCode::NOT_FOUND, "nobody plays here");
    quibble.drain.cancel();
    let draining = expect(get("/readyz").send().await.unwrap(), StatusCode::SERVICE_UNAVAILABLE).await;
    assert_eq!((draining["error"].clone(), draining["checks"]["draining"].clone()), (json!("restarting"), json!(true)));
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let quibble = Quibble::start().await;
    for path in ["/", "/host", "/screen", "/api/me", "/api/nothing", "/nothing", "/healthz", "/qr/ABC234.svg"] {
        let response = quibble.send_as(None, Method::GET, path, None).await;
        let header = |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap()).unwrap_or_default();
        assert!(header("content-security-policy").starts_with("default-src 'none'; script-src 'self'; "), "{path}");
        assert!(!header("content-security-policy").contains("unsafe"), "{path}");
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header("referrer-policy"), "no-referrer", "{path}");
        assert_eq!(header("cross-origin-resource-policy"), "same-origin", "{path}");
        assert!(!header("x-request-id").is_empty(), "{path}");
        assert!(!header("cache-control").is_empty(), "{path}");
    }
}

#[tokio::test]
async fn an_opener_policy_goes_only_to_browsers_that_heed_it() {
    let quibble = Quibble::start().await;
    let get = || quibble.http.get(format!("{}/host", quibble.url));
    let policy = |response: reqwest::Response| response.headers().get("cross-origin-opener-policy").cloned();
    assert_eq!(policy(get().send().await.unwrap()), None);
    let trusted = get().header("sec-fetch-mode", "navigate").send().await.unwrap();
    assert_eq!(policy(trusted).unwrap(), "same-origin");
}

#[tokio::test]
async fn pages_are_compressed_cached_and_found_in_any_case() {
    let quibble = Quibble::start().await;
    let get = |path: &str| quibble.http.get(format!("{}{path}", quibble.url)).header(ACCEPT_ENCODING, "br");
    let page = get("/J/abc234").send().await.unwrap();
    assert_eq!(page.status(), StatusCode::OK);
    assert_eq!(page.headers()["content-encoding"], "br");
    assert_eq!(page.headers()["cache-control"], "no-cache");
    let etag = page.headers()["etag"].clone();
    let again = get("/").header("if-none-match", etag).send().await.unwrap();
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    assert_eq!(get("/assets/missing.js").send().await.unwrap().status(), StatusCode::NOT_FOUND);
    assert_eq!(get("/qr/abc234.svg").send().await.unwrap().headers()[CONTENT_TYPE], "image/svg+xml");
    assert_eq!(get("/qr/<script>.svg").send().await.unwrap().status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn errors_are_problems_in_words() {
    let quibble = Quibble::start().await;
    let response = quibble.send_as(None, Method::GET, "/api/banks", None).await;
    assert_eq!(response.headers()[CONTENT_TYPE], "application/problem+json");
    let problem = expect(response, StatusCode::UNAUTHORIZED).await;
    assert_eq!((text(&problem["code"]), problem["status"].clone()), ("unauthorized".to_owned(), json!(401)));
    assert_eq!(problem["error"], problem["detail"]);
    let url = format!("{}/api/banks", quibble.url);
    let post = || quibble.http.post(&url).bearer_auth(&quibble.token);
    assert_eq!(post().body("{}").send().await.unwrap().status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let broken = post().header(CONTENT_TYPE, "application/json").body("{").send().await.unwrap();
    assert_eq!(broken.status(), StatusCode::BAD_REQUEST);
    let big = post().header(CONTENT_TYPE, "application/json").body("x".repeat(300 * 1024)).send().await.unwrap();
    assert_eq!(big.status(), StatusCode::PAYLOAD_TOO_LARGE);
    let nameless = quibble.send(Method::POST, "/api/banks", Some(json!({ "name": " " }))).await;
    let nameless = expect(nameless, StatusCode::UNPROCESSABLE_ENTITY).await;
    assert_eq!(nameless["errors"][0]["field"], "name");
    let wrong_method = quibble.send(Method::PATCH, "/api/banks", Some(json!({}))).await;
    assert_eq!(expect(wrong_method, StatusCode::METHOD_NOT_ALLOWED).await["code"], "method_not_allowed");
}

#[tokio::test]
async fn requests_from_other_sites_are_refused() {
    let quibble = Quibble::start().await;
    let own = quibble.url.clone();
    for (origin, allowed) in [(own.as_str(), true), ("http://evil.test", false), ("null", false)] {
        let request = quibble.http.post(format!("{own}/api/banks")).bearer_auth(&quibble.token);
        let response = request.header(ORIGIN, origin).json(&json!({ "name": "x" })).send().await.unwrap();
        assert_eq!(response.status() == StatusCode::CREATED, allowed, "{origin}: {}", response.status());
        assert_eq!(response.status() == StatusCode::FORBIDDEN, !allowed, "{origin}");
    }
    let (_, code) = quibble.game(&[&[asks("One?", &["1"])]]).await;
    let request = quibble.http.get(format!("{own}/ws/{code}")).header(ORIGIN, "http://evil.test");
    let request = request.header("upgrade", "websocket").header("connection", "upgrade");
    let request = request.header("sec-websocket-version", "13").header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
    assert_eq!(request.send().await.unwrap().status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn set_up_sign_in_and_out() {
    let quibble = Quibble::start().await;
    assert_eq!(quibble.get("/api/server").await["setup_required"], true);
    let link = quibble.auth.new_setup_link().await.unwrap();
    let check = json!({ "token": link.reveal() });
    let checked = quibble.send_as(None, Method::POST, "/api/setup/check", Some(check)).await;
    assert_eq!(expect(checked, StatusCode::OK).await, json!({ "kind": "owner" }));
    let set_up = json!({ "token": link.reveal(), "username": "Pat", "password": PASSWORD });
    let (one, two) = tokio::join!(
        quibble.send_as(None, Method::POST, "/api/setup", Some(set_up.clone())),
        quibble.send_as(None, Method::POST, "/api/setup", Some(set_up)),
    );
    let mut statuses = [one.status(), two.status()];
    statuses.sort();
    assert_eq!(statuses, [StatusCode::CREATED, StatusCode::GONE], "two racing submits make one owner");
    assert_eq!(quibble.get("/api/server").await["setup_required"], false);

    let wrong = json!({ "username": "pat", "password": "wrong horse battery" });
    let wrong = quibble.send_as(None, Method::POST, "/api/session", Some(wrong)).await;
    assert_eq!(expect(wrong, StatusCode::UNAUTHORIZED).await["code"], "bad_credentials");
    let right = json!({ "username": "PAT", "password": PASSWORD });
    let signed_in = quibble.send_as(None, Method::POST, "/api/session", Some(right)).await;
    assert_eq!(signed_in.status(), StatusCode::OK);
    let cookie = signed_in.headers()[SET_COOKIE].to_str().unwrap().to_owned();
    assert!(cookie.contains("; HttpOnly; SameSite=Lax; "), "{cookie}");
    let cookie = cookie.split(';').next().unwrap().to_owned();
    let with_cookie = |method: Method, path: &str| {
        quibble.http.request(method, format!("{}{path}", quibble.url)).header("cookie", &cookie)
    };
    let me = with_cookie(Method::GET, "/api/me").send().await.unwrap();
    assert_eq!(expect(me, StatusCode::OK).await["username"], "Pat");
    let out = with_cookie(Method::DELETE, "/api/session").send().await.unwrap();
    assert_eq!(out.status(), StatusCode::NO_CONTENT);
    let gone = with_cookie(Method::GET, "/api/me").send().await.unwrap();
    assert_eq!(gone.status(), StatusCode::UNAUTHORIZED);

    let recovery = quibble.auth.new_setup_link().await.unwrap();
    let check = json!({ "token": recovery.reveal() });
    let checked = quibble.send_as(None, Method::POST, "/api/setup/check", Some(check)).await;
    assert_eq!(expect(checked, StatusCode::OK).await, json!({ "kind": "recovery", "username": "Pat" }));
}

#[tokio::test]
async fn a_set_up_link_is_good_for_thirty_minutes() {
    let plan = Plan { clock: Clock::manual(1_000_000), ids: Ids::system, ..Plan::default() };
    let quibble = Quibble::planned(plan).await;
    let link = quibble.auth.new_setup_link().await.unwrap();
    let check = || quibble.send_as(None, Method::POST, "/api/setup/check", Some(json!({ "token": link.reveal() })));
    assert_eq!(check().await.status(), StatusCode::OK);
    quibble.clock.advance(Duration::from_secs(30 * 60));
    assert_eq!(expect(check().await, StatusCode::GONE).await["code"], "link_spent");
}

#[tokio::test]
async fn guessing_codes_is_slowed_down_and_finding_is_not() {
    // The clock stands, so that no guess comes back.
    let quibble = Quibble::planned(Plan { clock: Clock::manual(1_000_000), ids: Ids::system, ..Plan::default() }).await;
    let (_, code) = quibble.game(&[&[asks("One?", &["1"])]]).await;
    for _ in 0..200 {
        let found = quibble.send_as(None, Method::GET, &format!("/api/games/by-code/{code}"), None).await;
        assert_eq!(found.status(), StatusCode::OK);
    }
    let session = text(&quibble.join(&code, "Ann").await["session_token"]);
    let guess = async || quibble.send_as(None, Method::GET, "/api/games/by-code/ZZZZZZ", None).await;
    for _ in 0..60 {
        assert_eq!(guess().await.status(), StatusCode::NOT_FOUND);
    }
    // From here on a guess waits, those of one address a few at a time, and one more is refused.
    let start = Instant::now();
    let guesses = join_all((0..40).map(|_| guess())).await;
    let (waited, refused): (Vec<_>, Vec<_>) = guesses.iter().partition(|guess| guess.status() == StatusCode::NOT_FOUND);
    // Those that come when others have waited already may wait too.
    assert!(waited.len() >= 32 && !refused.is_empty(), "{} waited, {} refused", waited.len(), refused.len());
    assert!(start.elapsed() >= Duration::from_secs(2));
    for response in refused {
        assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
        assert!(response.headers().contains_key("retry-after"));
    }
    // Whoever sits at a table comes back at once all the same.
    let start = Instant::now();
    let (_, mut ann) = tokio::join!(guess(), quibble.phone_again(&code, &session));
    ann.settle().await;
    assert!(start.elapsed() >= Duration::from_secs(2), "the guess waited beside it");
    assert_eq!(quibble.join(&code, "Bob").await["display_name"], "Bob", "nobody is locked out");
}

#[tokio::test]
async fn a_host_s_browser_needs_no_hello() {
    let quibble = Quibble::start().await;
    let (_, code) = quibble.game(&[&[asks("One?", &["1"])]]).await;
    let link = quibble.auth.new_setup_link().await.unwrap();
    let owner = json!({ "token": link.reveal(), "username": "pat", "password": PASSWORD });
    let made = quibble.send_as(None, Method::POST, "/api/setup", Some(owner)).await;
    let cookie = made.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let mut console = Socket::open_with_cookie(&quibble.url, &format!("/ws/{code}"), Some(&cookie)).await.unwrap();
    console.send(json!({ "type": "start_game", "id": 1 })).await;
    assert_eq!(console.find(|message| message["id"] == 1).await["type"], "done");
    let mut watching = Socket::open_with_cookie(&quibble.url, &format!("/ws/{code}"), Some(&cookie)).await.unwrap();
    assert_eq!(watching.until("welcome").await["role"], "host", "also without a word, after a while");
}

#[tokio::test]
async fn a_message_may_be_large() {
    let quibble = Quibble::start().await;
    let question = |n: usize| json!({ "type": "text", "prompt": format!("{n}{}", "?".repeat(495)), "points": 1, "accepted_answers": ["1"] });
    let questions: Vec<_> = (0..1_000).map(question).collect();
    let file = json!({ "format": "quibble.bank", "version": 1, "name": "Many", "questions": questions });
    let bank = quibble.post("/api/banks/import", file).await;
    let game = quibble.post("/api/games", json!({ "bank_id": bank["id"], "round_size": 100 })).await;
    let mut host = quibble.host(&text(&game["code"])).await;
    host.settle().await;
    assert!(host.heard.iter().any(|text| text.len() > 512 * 1024), "the quiz came whole");
}

#[tokio::test]
async fn a_player_stirs_the_log_at_a_pace_and_the_host_at_will() {
    let quibble = Quibble::planned(Plan { clock: Clock::manual(1_000_000), ids: Ids::system, ..Plan::default() }).await;
    let (game, code) = quibble.game(&[&[asks("One?", &["1"])]]).await;
    let joined = quibble.join(&code, "Ann").await;
    let game = GameId(game.parse().unwrap());
    let player = PlayerId(text(&joined["player_id"]).parse().unwrap());
    let name = |n: usize| PlayerName::parse(&format!("Ann {n}")).unwrap();
    let rename = async |n: usize| quibble.live.act(game, Action::Rename { player, name: name(n) }, None).await;
    for n in 0..60 {
        rename(n).await.unwrap();
    }
    assert!(matches!(rename(60).await, Err(LiveError::TooFast)));
    quibble.live.act(game, Action::RenamePlayer { player, name: name(61) }, None).await.unwrap();
    quibble.clock.advance(Duration::from_secs(5));
    rename(62).await.unwrap();
}

#[tokio::test]
async fn a_file_is_as_large_as_the_setting_says() {
    let quibble = Quibble::start().await;
    let bank = quibble.post("/api/banks", json!({ "name": "Bank" })).await;
    let path = format!("{}/api/banks/{}/imports/preview", quibble.url, text(&bank["id"]));
    let send = async |bytes: usize| {
        let mut file = b"Question,Answer\nWho?,me\n".to_vec();
        file.resize(bytes, b'\n');
        quibble.http.post(&path).bearer_auth(&quibble.token).body(file).send().await.unwrap()
    };
    let most = quibble.get("/api/server").await["upload_bytes_max"].as_u64().unwrap();
    let most = usize::try_from(most).unwrap();
    assert_eq!(send(most).await.status(), StatusCode::OK);
    let refused = expect(send(most + 1).await, StatusCode::PAYLOAD_TOO_LARGE).await;
    assert_eq!(refused["code"], "too_large");
}

#[tokio::test]
async fn rows_are_fixed_in_a_form_beside_their_file() {
    let quibble = Quibble::start().await;
    let bank = quibble.post("/api/banks", json!({ "name": "Bank" })).await;
    let path = format!("{}/api/banks/{}/imports", quibble.url, text(&bank["id"]));
    let send = async |path: &str, parts: &[(&str, &str)]| {
        let parts = parts
            .iter()
            .map(|(name, body)| format!("--edge\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{body}\r\n"));
        let body = parts.chain(["--edge--\r\n".to_owned()]).collect::<String>();
        let request = quibble.http.post(path).bearer_auth(&quibble.token);
        request.header("content-type", "multipart/form-data; boundary=edge").body(body).send().await.unwrap()
    };
    let preview = format!("{path}/preview");
    let file = ("file", "Question,Answer\nWho?,\nWhy?,so\nHow?,\n");
    let fixes = ("fixes", r#"[{"row":2,"cells":["Who?","me"]},{"row":4}]"#);

    let bare = expect(send(&preview, &[file]).await, StatusCode::OK).await;
    assert_eq!((&bare["importable"], &bare["problems"][0]["cells"]), (&json!(1), &json!(["Who?", ""])));
    let after = expect(send(&preview, &[fixes, file]).await, StatusCode::OK).await;
    assert_eq!((&after["importable"], &after["fixed"][0]["row"]), (&json!(2), &json!(2)));
    assert_eq!(after["problems"].as_array().unwrap().len(), 1);

    for (parts, status, field) in [
        (&[fixes][..], 422, "file"),
        (&[file, ("fixes", "[")], 422, "fixes"),
        (&[file, ("fixes", r#"[{"row":9}]"#)], 422, "fixes"),
    ] {
        let refused = expect(send(&preview, parts).await, StatusCode::from_u16(status).unwrap()).await;
        assert_eq!(refused["errors"][0]["field"], field);
    }
    let other = expect(send(&preview, &[file, ("files", "")]).await, StatusCode::BAD_REQUEST).await;
    assert_eq!(other["code"], "bad_body");
    let most = usize::try_from(quibble.get("/api/server").await["upload_bytes_max"].as_u64().unwrap()).unwrap();
    let mut large = file.1.to_owned();
    large.extend(std::iter::repeat_n('\n', most - large.len()));
    expect(send(&preview, &[("file", &large), fixes]).await, StatusCode::OK).await;
    large.push('\n');
    let refused = expect(send(&preview, &[("file", &large), fixes]).await, StatusCode::PAYLOAD_TOO_LARGE).await;
    assert_eq!(refused["code"], "too_large");
    let long = format!("[{}]", " ".repeat(IMPORT_FIXES_BYTES_MAX - 2));
    expect(send(&preview, &[file, ("fixes", &long)]).await, StatusCode::OK).await;
    let longer = format!("{long} ");
    expect(send(&preview, &[file, ("fixes", &longer)]).await, StatusCode::PAYLOAD_TOO_LARGE).await;

    let begun = expect(send(&path, &[file, fixes]).await, StatusCode::ACCEPTED).await;
    assert_eq!(begun["problems"][0]["reason"], "Left out, as you said.");
    let import = format!("/api/banks/{}/imports/{}", text(&bank["id"]), text(&begun["id"]));
    let over = async {
        loop {
            let import = quibble.get(&import).await;
            if import["state"] != "running" {
                break import;
            }
            tokio::task::yield_now().await;
        }
    };
    let done = timeout(Duration::from_secs(60), over).await.expect("the import comes to an end");
    assert_eq!((&done["state"], &done["imported"]), (&json!("done"), &json!(2)));
}

#[tokio::test]
async fn the_ninth_phone_of_a_team_takes_the_place_of_the_first() {
    let quibble = Quibble::start().await;
    let (_, code) = quibble.game(&[&[asks("One?", &["1"])]]).await;
    let session = text(&quibble.join(&code, "Ann").await["session_token"]);
    let mut phones = Vec::new();
    for _ in 0..DEVICES_PER_PLAYER_MAX {
        phones.push(quibble.phone_again(&code, &session).await);
    }
    phones[0].settle().await;
    let mut ninth = quibble.phone_again(&code, &session).await;
    assert_eq!(phones[0].closed().await, Some((4403, "moved".to_owned())));
    phones[1].settle().await;
    ninth.settle().await;
}

#[tokio::test]
async fn a_phone_that_joins_again_gets_its_seat_back() {
    let quibble = Quibble::start().await;
    let (_, code) = quibble.game(&[&[asks("One?", &["1"])]]).await;
    let join = async |name: &str, device: &str| {
        let body = json!({ "code": code, "display_name": name, "device": device });
        quibble.send_as(None, Method::POST, "/api/join", Some(body)).await
    };
    let device = "0123456789abcdef";
    let first = expect(join("Ann", device).await, StatusCode::CREATED).await;
    // The answer was lost on the way.
    let second = expect(join(" ann ", device).await, StatusCode::CREATED).await;
    assert_eq!(first["player_id"], second["player_id"]);
    quibble.phone_again(&code, &text(&second["session_token"])).await;
    let other = expect(join("Ann", "fedcba9876543210").await, StatusCode::CONFLICT).await;
    assert_eq!((&other["code"], &other["claimable"]), (&json!("name_taken"), &json!(true)));
    expect(join("Bob", "short").await, StatusCode::CREATED).await;
    let guessable = expect(join("Bob", "short").await, StatusCode::CONFLICT).await;
    assert_eq!(guessable["code"], "name_taken", "a name that others could guess proves nothing");
}

#[tokio::test]
async fn sockets_are_let_in_by_what_they_show() {
    let quibble = Quibble::start().await;
    let (_, code) = quibble.game(&[&[asks("One?", &["1"])]]).await;
    let (_, other) = quibble.game(&[&[asks("Two?", &["2"])]]).await;
    let session = text(&quibble.join(&code, "Ann").await["session_token"]);
    let status = async |path: String| match Socket::open(&quibble.url, &path).await {
        Ok(_) => 101,
        Err(tokio_tungstenite::tungstenite::Error::Http(response)) => response.status().as_u16(),
        Err(error) => panic!("{error}"),
    };
    assert_eq!(status(format!("/ws/{code}?session={session}")).await, 101);
    assert_eq!(status(format!("/api/ws/{code}?token={}", quibble.token)).await, 101);
    assert_eq!(status(format!("/ws/{other}?session={session}")).await, 401, "a seat is good in its game only");
    assert_eq!(status(format!("/ws/{code}?token=nonsense")).await, 401);
    assert_eq!(status("/ws/ZZZZZZ?session=nonsense".to_owned()).await, 404);
    let mut lost = quibble.socket("ZZZZZZ", json!({})).await;
    assert_eq!(lost.closed().await, Some((4404, "no such game".to_owned())));
    let mut nobody = quibble.socket(&code, json!({})).await;
    assert_eq!(nobody.closed().await, Some((4401, "not signed in".to_owned())));
    let mut rude = Socket::open(&quibble.url, &format!("/ws/{code}")).await.unwrap();
    rude.say("start_game", json!({})).await;
    assert_eq!(rude.closed().await, Some((4401, "not signed in".to_owned())));
    let mut silent = Socket::open(&quibble.url, &format!("/ws/{code}")).await.unwrap();
    assert_eq!(silent.closed().await, Some((4408, "no hello".to_owned())));
}

#[tokio::test]
async fn messages_are_limited_in_size_and_rate_and_nonsense_is_answered_in_words() {
    let quibble = Quibble::start().await;
    let (_, code) = quibble.game(&[&[asks("One?", &["1"])]]).await;
    let mut ann = quibble.phone(&code, "Ann").await;
    ann.send(json!({ "type": "dance", "id": 1 })).await;
    assert_eq!(ann.find(|m| m["id"] == 1).await["payload"]["code"], "bad_message");
    ann.send(json!({ "type": "submit_answer", "payload": { "questionId": "x" }, "id": 2 })).await;
    assert_eq!(ann.find(|m| m["id"] == 2).await["payload"]["code"], "bad_message");
    ann.send(json!({ "type": "start_game", "id": 3 })).await;
    assert_eq!(ann.find(|m| m["id"] == 3).await["payload"]["code"], "not_allowed");
    for id in 10..80 {
        ann.send(json!({ "type": "ping", "id": id })).await;
    }
    assert_eq!(ann.find(|m| m["type"] == "refused").await["payload"]["code"], "too_fast");
    let mut big = quibble.phone(&code, "Big").await;
    big.send(json!({ "type": "rename", "payload": { "display_name": "x".repeat(9_000) } })).await;
    assert!(big.closed().await.is_none_or(|(code, _)| code != 1000));
}

#[tokio::test]
async fn signing_out_cuts_the_console() {
    let quibble = Quibble::start().await;
    let (_, code) = quibble.game(&[&[asks("One?", &["1"])]]).await;
    let token = quibble.post("/api/account/tokens", json!({ "name": "second console" })).await;
    let mut console = quibble.socket(&code, json!({ "token": token["token"] })).await;
    console.until("host_state").await;
    let path = format!("/api/account/tokens/{}", text(&token["id"]));
    assert_eq!(quibble.send(Method::DELETE, &path, None).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(console.closed().await, Some((4401, "not signed in".to_owned())));
}

/// So many hundred messages are more than what a reader that takes nothing has room for, in buffers and queues.
const SLOW_AFTER: usize = 400;

#[tokio::test]
async fn a_slow_reader_is_cut_and_the_others_go_on() {
    let quibble = Quibble::start().await;
    // Every extension of the time makes a hundred messages.
    let question = |n: usize| json!({ "type": "text", "prompt": format!("Question {n}?"), "points": 1, "accepted_answers": ["1"] });
    let questions: Vec<_> = (0..100).map(question).collect();
    let file = json!({ "format": "quibble.bank", "version": 1, "name": "Many", "questions": questions });
    let bank = quibble.post("/api/banks/import", file).await;
    let game = quibble.post("/api/games", json!({ "bank_id": bank["id"], "round_size": 100 })).await;
    let (game, code) = (GameId(text(&game["id"]).parse().unwrap()), text(&game["code"]));
    let seat = quibble.join(&code, "Slow").await;
    let mut slow = Socket::open_narrow(&quibble.url, &format!("/ws/{code}")).await;
    slow.say("hello", json!({ "session": seat["session_token"] })).await;
    slow.until("welcome").await;
    let mut ann = quibble.phone(&code, "Ann").await;
    let (reading, mut read) = tokio::sync::watch::channel(0);
    tokio::spawn(async move {
        while ann.next().await.is_ok() {
            reading.send_modify(|read| *read += 1);
        }
    });
    // Nobody reads `slow`: its socket fills, then its queue, then it is cut.
    quibble.live.act(game, Action::StartGame, None).await.unwrap();
    for _ in 0..100 {
        quibble.live.act(game, Action::ReleaseQuestion { question: None }, None).await.unwrap();
    }
    let cut = || quibble.metrics.sockets_cut.with_label_values(&["slow"]).get();
    for extended in 1..=SLOW_AFTER {
        quibble.live.act(game, Action::ExtendTime { question: None, seconds: 60 }, None).await.unwrap();
        let told = 100 * (extended + 1);
        read.wait_for(|read| *read >= told).await.expect("the other one misses nothing");
        if cut() > 0 {
            break;
        }
    }
    let is_cut = async {
        while cut() == 0 {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, is_cut).await.expect("a reader that takes nothing is cut");
    drop(slow);
}

#[tokio::test]
async fn a_drain_sends_clients_away_with_everything_acknowledged() {
    let quibble = Quibble::start().await;
    let (_, code) = quibble.game(&[&[asks("One?", &["1"])]]).await;
    let mut host = quibble.host(&code).await;
    let mut ann = quibble.phone(&code, "Ann").await;
    host.step("start_game", json!({})).await;
    host.step("release_question", json!({})).await;
    let question = ann.until("question_released").await["question"]["id"].clone();
    quibble.drain.cancel();
    assert_eq!(ann.until("reconnect").await["after_ms"], 0);
    assert_eq!(
        ann.answer(&question, "1", "m1").await["type"],
        "answer_accepted",
        "a drained socket still takes answers"
    );
    drop(host);
    let drained = || quibble.metrics.sockets_cut.with_label_values(&["drained"]).get() == 1;
    timeout(PATIENCE, async {
        while !drained() {
            sleep(Duration::from_millis(5)).await;
        }
    })
    .await
    .expect("the host went elsewhere");
    quibble.close.cancel();
    assert_eq!(ann.closed().await, Some((1012, "restarting".to_owned())));
    quibble.stop.cancel();
    quibble.tracker.close();
    timeout(PATIENCE, quibble.tracker.wait()).await.expect("every task ends");
}

#[test]
fn headers_of_a_page_name_every_inline_style() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let quibble = Quibble::start().await;
        let response = quibble.send_as(None, Method::GET, "/", None).await;
        let headers: HeaderMap = response.headers().clone();
        let page = response.text().await.unwrap();
        let styles = page.matches("<style").count();
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(styles >= 1 && policy.matches("'sha256-").count() >= styles, "{policy}");
        assert!(!page.contains(" style="), "no style attributes");
        assert!(!page.contains("<script>"), "no inline scripts");
    });
}
