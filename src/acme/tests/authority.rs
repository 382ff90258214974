//! A certificate authority of a test's own, which does what real ones do seldom: it speaks as much of RFC 8555 and RFC 9773
//! as our side of it wants, over HTTPS, and checks no signatures of accounts. What it signs is real.

use super::super::Answers;
use super::manner::{Manner, Replacing, Seen};
use super::signing::signed;
use crate::clock::{Clock, rfc3339};
use crate::net::ProvesNames;
use ::aws_lc_rs::hmac;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderValue, Method, Response, StatusCode};
use base64::prelude::{BASE64_URL_SAFE_NO_PAD as BASE64, Engine};
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::PrivateKeyDer;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;

pub(super) struct Authority {
    inside: Arc<Inside>,
    _connections: JoinSet<()>,
}

struct Inside {
    url: String,
    clock: Clock,
    answers: Answers,
    /// What the name servers know: a line a record.
    zone: PathBuf,
    pem: String,
    issuer: Issuer<'static, KeyPair>,
    manner: Mutex<Manner>,
    seen: Mutex<Seen>,
    orders: Mutex<Vec<Order>>,
    /// The digests of the keys of accounts.
    thumbprints: Mutex<Vec<String>>,
    /// The key of accounts that it is to know already.
    binding_key: Vec<u8>,
}

struct Order {
    names: Vec<String>,
    replaces: Option<String>,
    thumbprint: String,
    /// By name.
    states: Vec<Authorized>,
    chain: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Authorized {
    Pending,
    Valid,
    /// By which challenge, and the kind of problem.
    Invalid(String, String),
}

impl Authority {
    pub async fn start(clock: Clock, answers: Answers, zone: PathBuf, binding_key: &[u8]) -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(rcgen::DnType::CommonName, "an authority for a test");
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        let issuer = Issuer::new(params, key);
        let key = KeyPair::generate().unwrap();
        let own = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let tls = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![own.der().clone()], key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(tls));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let inside = Arc::new(Inside {
            url: format!("https://{}", listener.local_addr().unwrap()),
            manner: Mutex::new(Manner::at(clock.now_ms())),
            clock,
            answers,
            zone,
            pem,
            issuer,
            seen: Mutex::default(),
            orders: Mutex::default(),
            thumbprints: Mutex::default(),
            binding_key: binding_key.to_vec(),
        });
        let mut connections = JoinSet::new();
        connections.spawn(serve(Arc::clone(&inside), listener, acceptor));
        Self { inside, _connections: connections }
    }

    /// Changes how it behaves.
    pub fn now(&self, change: impl FnOnce(&mut Manner)) {
        change(&mut self.inside.manner.lock().unwrap());
    }

    pub fn seen(&self) -> Seen {
        self.inside.seen.lock().unwrap().clone()
    }

    /// The URL of its directory.
    pub fn directory(&self) -> String {
        format!("{}/directory", self.inside.url)
    }

    /// Whom to believe that it is the authority, as PEM.
    pub fn pem(&self) -> &str {
        &self.inside.pem
    }

    /// It does not know the accounts any more that it gave out.
    pub fn forget(&self) {
        for thumbprint in self.inside.thumbprints.lock().unwrap().iter_mut() {
            thumbprint.clear();
        }
    }
}

async fn serve(inside: Arc<Inside>, listener: TcpListener, acceptor: TlsAcceptor) {
    let mut connections = JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        inside.seen().connections += 1;
        if inside.manner.lock().unwrap().is_down {
            continue;
        }
        let (inside, acceptor) = (Arc::clone(&inside), acceptor.clone());
        connections.spawn(async move {
            let Ok(stream) = acceptor.accept(stream).await else { return };
            let router = Router::new().fallback(async move |request: Request| inside.answer(request).await);
            let _ =
                http1::Builder::new().serve_connection(TokioIo::new(stream), TowerToHyperService::new(router)).await;
        });
    }
}

/// What is asked in a signed request.
struct Asked {
    /// The digest of the key.
    thumbprint: String,
    payload: Value,
}

impl Inside {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap()
    }

    async fn answer(&self, request: Request) -> Response<Body> {
        self.seen().requests += 1;
        let (head, body) = request.into_parts();
        let path = head.uri.path().to_owned();
        let body = to_bytes(body, 100_000).await.unwrap();
        if path == "/order" {
            let asked: Value = serde_json::from_slice(&body).unwrap();
            self.seen().ordered_at.push(self.clock.now_ms());
            self.seen().orders.push(part(&asked["payload"])["replaces"].as_str().map(str::to_owned));
        }
        let refusal = self.manner.lock().unwrap().refusals.iter_mut().find_map(|refusal| {
            let is_meant = path.starts_with(refusal.at) && refusal.times > 0;
            is_meant.then(|| {
                refusal.times -= 1;
                *refusal
            })
        });
        let mut response = match refusal {
            Some(refusal) => problem(refusal.status, refusal.kind, refusal.detail),
            None if head.method == Method::POST => match self.asked(&path, &body) {
                Some(asked) => self.post(&path, asked).await,
                None => problem(400, "accountDoesNotExist", "who are you?"),
            },
            None => self.get(&path),
        };
        response.headers_mut().insert("replay-nonce", HeaderValue::from_static("bm9uY2U"));
        response
    }

    fn get(&self, path: &str) -> Response<Body> {
        let manner = self.manner.lock().unwrap().clone();
        let url = &self.url;
        if path == "/directory" {
            let mut directory = json!({
                "newNonce": format!("{url}/nonce"), "newAccount": format!("{url}/account"),
                "newOrder": format!("{url}/order"), "meta": { "profiles": { "shortlived": "about 160 hours" } },
            });
            if manner.knows_renewals {
                directory["renewalInfo"] = json!(format!("{url}/renewal"));
            }
            return ok(&directory);
        }
        if path == "/nonce" {
            return ok(&json!(null));
        }
        assert!(path.starts_with("/renewal/"), "{path}");
        self.seen().windows += 1;
        let (start, end) = manner.window;
        let mut window = ok(&json!({ "suggestedWindow": { "start": rfc3339(start), "end": rfc3339(end) } }));
        if let Some(seconds) = manner.ask_again_in {
            window.headers_mut().insert("retry-after", HeaderValue::from(seconds));
        }
        window
    }

    /// Who asks for what, if we know them.
    fn asked(&self, path: &str, body: &[u8]) -> Option<Asked> {
        let signed: Value = serde_json::from_slice(body).unwrap();
        let protected = part(&signed["protected"]);
        assert_eq!(protected["url"], format!("{}{path}", self.url));
        let mut thumbprints = self.thumbprints.lock().unwrap();
        let thumbprint = match &protected["jwk"] {
            Value::Null => {
                let number = protected["kid"].as_str().unwrap().rsplit('/').next().unwrap();
                thumbprints[number.parse::<usize>().unwrap()].clone()
            }
            // RFC 7638
            jwk => {
                let [crv, kty, x, y] = ["crv", "kty", "x", "y"].map(|part| &jwk[part]);
                let text = format!(r#"{{"crv":{crv},"kty":{kty},"x":{x},"y":{y}}}"#);
                let thumbprint = BASE64.encode(Sha256::digest(text));
                thumbprints.push(thumbprint.clone());
                thumbprint
            }
        };
        if thumbprint.is_empty() {
            return None;
        }
        let payload = if signed["payload"] == "" { Value::Null } else { part(&signed["payload"]) };
        Some(Asked { thumbprint, payload })
    }

    async fn post(&self, path: &str, asked: Asked) -> Response<Body> {
        let parts: Vec<_> = path.split('/').skip(1).collect();
        let number = |place: usize| parts[place].parse::<usize>().unwrap();
        match parts[0] {
            "account" => self.new_account(&asked.payload),
            "order" if parts.len() == 1 => self.new_order(&asked),
            "order" => ok(&self.order(number(1))),
            "authorization" => ok(&self.authorization(number(1), number(2))),
            "challenge" => self.challenge(number(1), number(2), parts[3]).await,
            "finalize" => {
                self.issue(number(1), asked.payload["csr"].as_str().unwrap());
                ok(&self.order(number(1)))
            }
            "certificate" => Response::new(Body::from(self.orders.lock().unwrap()[number(1)].chain.clone().unwrap())),
            _ => problem(404, "malformed", path),
        }
    }

    fn new_account(&self, payload: &Value) -> Response<Body> {
        let binding = &payload["externalAccountBinding"];
        if !binding.is_null() {
            let key = hmac::Key::new(hmac::HMAC_SHA256, &self.binding_key);
            let text = |name: &str| binding[name].as_str().unwrap().to_owned();
            let signed = format!("{}.{}", text("protected"), text("payload"));
            hmac::verify(&key, signed.as_bytes(), &BASE64.decode(text("signature")).unwrap()).unwrap();
            self.seen().bindings.push(part(&binding["protected"])["kid"].as_str().unwrap().to_owned());
        }
        self.seen().accounts += 1;
        let number = self.thumbprints.lock().unwrap().len() - 1;
        located(&format!("{}/accounts/{number}", self.url), &json!({ "status": "valid" }))
    }

    fn new_order(&self, asked: &Asked) -> Response<Body> {
        let manner = self.manner.lock().unwrap().clone();
        let identifiers = asked.payload["identifiers"].as_array().unwrap();
        let names: Vec<_> =
            identifiers.iter().map(|identifier| identifier["value"].as_str().unwrap().to_owned()).collect();
        let replaces = asked.payload["replaces"].as_str().map(str::to_owned);
        if replaces.is_some() && manner.replacing == Replacing::Refused {
            return problem(409, "alreadyReplaced", "it has been");
        }
        let order = Order {
            states: vec![Authorized::Pending; names.len()],
            names,
            replaces: replaces.filter(|_| manner.replacing == Replacing::Taken),
            thumbprint: asked.thumbprint.clone(),
            chain: None,
        };
        let number = {
            let mut orders = self.orders.lock().unwrap();
            orders.push(order);
            orders.len() - 1
        };
        located(&format!("{}/order/{number}", self.url), &self.order(number))
    }

    fn order(&self, number: usize) -> Value {
        let orders = self.orders.lock().unwrap();
        let (order, url) = (&orders[number], &self.url);
        let status = if order.chain.is_some() {
            "valid"
        } else if order.states.iter().all(|state| *state == Authorized::Valid) {
            "ready"
        } else if order.states.iter().any(|state| matches!(state, Authorized::Invalid(..))) {
            "invalid"
        } else {
            "pending"
        };
        let authorizations: Vec<_> =
            (0..order.names.len()).map(|name| format!("{url}/authorization/{number}/{name}")).collect();
        let mut told = json!({
            "status": status, "authorizations": authorizations, "finalize": format!("{url}/finalize/{number}"),
        });
        if let Some(replaces) = &order.replaces {
            told["replaces"] = json!(replaces);
        }
        if order.chain.is_some() {
            told["certificate"] = json!(format!("{url}/certificate/{number}"));
        }
        told
    }

    fn authorization(&self, number: usize, name: usize) -> Value {
        let orders = self.orders.lock().unwrap();
        let order = &orders[number];
        let bare = order.names[name].trim_start_matches("*.");
        let kinds = ["http-01", "tls-alpn-01", "dns-01"];
        let challenges: Vec<_> = kinds.iter().map(|kind| self.told(order, number, name, kind)).collect();
        let status = match &order.states[name] {
            Authorized::Pending => "pending",
            Authorized::Valid => "valid",
            Authorized::Invalid(..) => "invalid",
        };
        json!({
            "identifier": { "type": "dns", "value": bare }, "status": status, "challenges": challenges,
            "wildcard": bare != order.names[name],
        })
    }

    fn told(&self, order: &Order, number: usize, name: usize, kind: &str) -> Value {
        let mut told = json!({
            "type": kind, "url": format!("{}/challenge/{number}/{name}/{kind}", self.url), "status": "pending",
            "token": token(number, name),
        });
        if let Authorized::Invalid(challenge, problem) = &order.states[name]
            && challenge == kind
        {
            told["status"] = json!("invalid");
            told["error"] = json!({ "type": urn(problem), "detail": "it was looked at" });
        }
        told
    }

    /// Makes sure of a name.
    async fn challenge(&self, number: usize, name: usize, kind: &str) -> Response<Body> {
        let manner = self.manner.lock().unwrap().clone();
        let (named, expected) = {
            let orders = self.orders.lock().unwrap();
            (orders[number].names[name].clone(), format!("{}.{}", token(number, name), orders[number].thumbprint))
        };
        let is_proved = match kind {
            "http-01" => self.by_http(&token(number, name)).await == expected,
            "tls-alpn-01" => self.by_tls(&named, &expected).await,
            _ => {
                let records = std::fs::read_to_string(&self.zone).unwrap_or_default();
                let bare = named.trim_start_matches("*.");
                let record = format!("_acme-challenge.{bare} {}", BASE64.encode(Sha256::digest(expected)));
                records.lines().any(|line| line == record)
            }
        };
        let problem = manner.unproved.iter().find(|(unproved, _)| *unproved == kind).map(|(_, problem)| *problem);
        let state = match problem {
            None if is_proved => Authorized::Valid,
            problem => Authorized::Invalid(kind.to_owned(), problem.unwrap_or("unauthorized").to_owned()),
        };
        self.seen().proved.extend((state == Authorized::Valid).then(|| kind.to_owned()));
        let mut orders = self.orders.lock().unwrap();
        orders[number].states[name] = state;
        let mut told = self.told(&orders[number], number, name, kind);
        if !manner.tells_at_once {
            told["status"] = json!("processing");
            told["error"] = Value::Null;
        }
        ok(&told)
    }

    async fn by_http(&self, token: &str) -> String {
        let request = Request::get(format!("/.well-known/acme-challenge/{token}")).body(Body::empty()).unwrap();
        let answer = self.answers.before(Router::new()).oneshot(request).await.unwrap();
        String::from_utf8(to_bytes(answer.into_body(), 1_000).await.unwrap().to_vec()).unwrap()
    }

    async fn by_tls(&self, name: &str, expected: &str) -> bool {
        let Some(proof) = self.answers.proof(name).await else { return false };
        let digest = Sha256::digest(expected);
        proof.cert[0].windows(digest.len()).any(|part| part == digest.as_slice())
    }

    fn issue(&self, number: usize, request: &str) {
        let (mut seen, mut orders) = (self.seen(), self.orders.lock().unwrap());
        seen.issued += 1;
        let manner = self.manner.lock().unwrap().clone();
        let life = (self.clock.now_ms(), self.clock.now_ms() + manner.life_ms);
        let signed = signed(&self.issuer, manner.sends, &orders[number].names, request, life, seen.issued as u64);
        orders[number].chain = Some(signed + &self.pem);
    }
}

fn token(order: usize, name: usize) -> String {
    format!("token-{order}-{name}")
}

/// What is in a part of a signed request.
fn part(text: &Value) -> Value {
    serde_json::from_slice(&BASE64.decode(text.as_str().unwrap()).unwrap()).unwrap()
}

fn ok(told: &Value) -> Response<Body> {
    Response::new(Body::from(told.to_string()))
}

fn located(at: &str, told: &Value) -> Response<Body> {
    let mut response = ok(told);
    *response.status_mut() = StatusCode::CREATED;
    response.headers_mut().insert("location", HeaderValue::from_str(at).unwrap());
    response
}

fn urn(kind: &str) -> String {
    format!("urn:ietf:params:acme:error:{kind}")
}

fn problem(status: u16, kind: &str, detail: &str) -> Response<Body> {
    let mut response = ok(&json!({ "type": urn(kind), "detail": detail, "status": status }));
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    response
}
