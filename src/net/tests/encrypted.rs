//! Connections with encryption, from certificates that were made for the test.

use axum::http::Request;
use hyper::client::conn::http2;
use hyper_util::rt::TokioExecutor;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::*;

/// Signs certificates that the clients of this test believe.
pub(super) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    roots: RootCertStore,
}

impl Authority {
    pub fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(params.self_signed(&key).unwrap().der().clone()).unwrap();
        Self { issuer: Issuer::new(params, key), roots }
    }

    pub fn sign(&self, host: &str) -> Pem {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new([host.to_owned()]).unwrap().signed_by(&key, &self.issuer).unwrap();
        Pem { chain: certificate.pem().into_bytes(), key: key.serialize_pem().into_bytes() }
    }

    async fn connect(&self, server: &Running, name: &str, alpn: &[&str]) -> io::Result<TlsStream<TcpStream>> {
        self.encrypt(server.connect().await, name, alpn).await
    }

    pub async fn encrypt<S>(&self, stream: S, name: &str, alpn: &[&str]) -> io::Result<TlsStream<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(self.roots.clone())
            .with_no_client_auth();
        config.alpn_protocols = alpn.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
        let name = ServerName::try_from(name.to_owned()).unwrap();
        TlsConnector::from(Arc::new(config)).connect(name, stream).await
    }
}

struct House {
    authority: Authority,
    certificates: Certificates,
    server: Running,
}

async fn start_encrypted(limits: Limits) -> House {
    let authority = Authority::new();
    let certificates = Certificates::default();
    certificates.show(Certificate::from_pem(&authority.sign("quiz.test")).unwrap());
    let unencrypted = Router::new().fallback(async || "this way to HTTPS");
    let tls = Tls::new(certificates.clone(), unencrypted).unwrap();
    House { authority, certificates, server: start_with(limits, Some(tls), Proxies::default()).await }
}

#[tokio::test]
async fn a_request_goes_through_encryption_and_knows_its_peer() {
    let House { authority, server, .. } = start_encrypted(LIMITS).await;
    let mut stream = authority.connect(&server, "quiz.test", &["http/1.1"]).await.unwrap();
    let peer = stream.get_ref().0.local_addr().unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nhost: quiz.test\r\n\r\n").await.unwrap();
    assert!(response(&mut stream).await.ends_with(&format!("hello {peer}")));
    drop(stream);
    server.stopped().await;
    assert_eq!(server.stats.snapshot(), Snapshot { accepted: 1, handshakes: 1, ..Snapshot::default() });
}

#[tokio::test]
async fn a_name_that_is_not_ours_is_refused_and_no_name_is_not() {
    let House { authority, certificates, server } = start_encrypted(LIMITS).await;
    let refused = authority.connect(&server, "elsewhere.test", &[]).await.unwrap_err();
    assert!(refused.to_string().contains("AccessDenied"), "{refused}");
    assert_eq!(server.stats.snapshot().failed_handshakes, 1);

    // An address is never sent as a name. This client sees that the certificate is not for it, after it was shown.
    let shown = authority.connect(&server, "127.0.0.1", &[]).await.unwrap_err();
    assert!(shown.to_string().contains("not valid for name"), "{shown}");

    let of_our_own = self_signed(vec!["localhost".to_owned()], 1_700_000_000_000).unwrap();
    certificates.show(Certificate::from_pem(&of_our_own).unwrap().for_all());
    let unbelieved = authority.connect(&server, "elsewhere.test", &[]).await.unwrap_err();
    assert!(unbelieved.to_string().contains("invalid peer certificate"), "it is shown: {unbelieved}");
}

#[tokio::test]
async fn whoever_comes_without_encryption_is_told_where_to_go() {
    let House { server, .. } = start_encrypted(LIMITS).await;
    let mut stream = server.sent("GET / HTTP/1.1\r\nhost: quiz.test\r\n\r\n").await;
    assert!(response(&mut stream).await.ends_with("this way to HTTPS"));
    assert_eq!(server.stats.snapshot().handshakes, 0);
}

#[tokio::test]
async fn half_a_handshake_is_closed() {
    let House { server, .. } = start_encrypted(Limits { header_timeout: Duration::from_millis(50), ..LIMITS }).await;
    let mut stream = server.connect().await;
    // The head of a record of 512 bytes that never come.
    stream.write_all(&[22, 3, 1, 2, 0]).await.unwrap();
    until_closed(&mut stream).await;
    server.stopped().await;
    assert_eq!(server.stats.snapshot().failed_handshakes, 1);
}

#[tokio::test]
async fn a_proxy_speaks_before_the_encryption() {
    let authority = Authority::new();
    let certificates = Certificates::default();
    certificates.show(Certificate::from_pem(&authority.sign("quiz.test")).unwrap());
    let tls = Tls::new(certificates, Router::new()).unwrap();
    let server = start_with(LIMITS, Some(tls), proxies(true)).await;
    let stream = server.sent("PROXY TCP4 203.0.113.9 127.0.0.1 4711 443\r\n").await;
    let mut stream = authority.encrypt(stream, "quiz.test", &["http/1.1"]).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nhost: quiz.test\r\n\r\n").await.unwrap();
    assert!(response(&mut stream).await.ends_with("hello 203.0.113.9:4711"));
}

#[tokio::test]
async fn a_socket_goes_on_while_the_certificate_is_replaced() {
    let House { authority, certificates, server } = start_encrypted(LIMITS).await;
    let shown = |stream: &TlsStream<TcpStream>| stream.get_ref().1.peer_certificates().unwrap()[0].clone();
    let mut socket = authority.connect(&server, "quiz.test", &["http/1.1"]).await.unwrap();
    open_socket(&mut socket).await;

    certificates.show(Certificate::from_pem(&authority.sign("quiz.test")).unwrap());
    echo_through(&mut socket).await;
    let newer = authority.connect(&server, "quiz.test", &["http/1.1"]).await.unwrap();
    assert_ne!(shown(&newer), shown(&socket));

    certificates.show(Certificate::from_pem(&authority.sign("moved.test")).unwrap());
    assert!(authority.connect(&server, "quiz.test", &[]).await.is_err());
    echo_through(&mut socket).await;
    assert_eq!(server.stats.snapshot().open, 2, "an upgraded socket counts");
    drop((socket, newer));
    server.stopped().await;
}

/// One request of HTTP/2, and the text that came back.
async fn ask(sender: &mut http2::SendRequest<Body>, uri: &str) -> String {
    let request = Request::builder().uri(uri).body(Body::empty()).unwrap();
    let response = timeout(SOON, sender.send_request(request)).await.expect("an answer comes").unwrap();
    let body = axum::body::to_bytes(Body::new(response.into_body()), 1_000).await.unwrap();
    String::from_utf8(body.to_vec()).unwrap()
}

#[tokio::test]
async fn http_2_is_spoken_with_those_who_want_it() {
    let House { authority, server, .. } = start_encrypted(LIMITS).await;
    let stream = authority.connect(&server, "quiz.test", &["h2", "http/1.1"]).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let peer = stream.get_ref().0.local_addr().unwrap();
    let (mut sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    let closed = TaskTracker::new().spawn(connection);
    assert_eq!(ask(&mut sender, "https://quiz.test/").await, format!("hello {peer}"));
    assert_eq!(ask(&mut sender, "https://quiz.test:8443/host").await, "quiz.test:8443");

    // What is under way at a stop is answered, and then the connection is closed.
    let mut server = server;
    let waiting = ask(&mut sender, "https://quiz.test/wait");
    let stop = async {
        server.begun.recv().await.unwrap();
        server.shutdown.cancel();
        server.finish.notify_one();
    };
    assert_eq!(tokio::join!(waiting, stop).0, "finished");
    timeout(SOON, closed).await.expect("the server closes").unwrap().unwrap();
    server.stopped().await;
}

#[tokio::test]
async fn a_peer_of_http_2_that_sleeps_does_not_hold_up_a_stop() {
    let House { authority, server, .. } = start_encrypted(LIMITS).await;
    let mut stream = authority.connect(&server, "quiz.test", &["h2"]).await.unwrap();
    // The beginning, with no settings of its own; and a request for "/" (RFC 7541: the static table has all of it).
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await.unwrap();
    stream.write_all(b"\0\0\x0e\x01\x05\0\0\0\x01\x82\x84\x87\x41\x09quiz.test").await.unwrap();
    let mut answered = [0; 9];
    timeout(SOON, stream.read_exact(&mut answered)).await.expect("it answers").unwrap();
    // From here on it takes part in nothing.
    server.stopped().await;
    drop(stream);
}

#[tokio::test]
async fn a_connection_of_http_2_on_which_nothing_is_asked_is_closed() {
    let short = Limits { idle_timeout: Duration::from_millis(50), header_timeout: Duration::from_secs(1), ..LIMITS };
    let House { authority, mut server, .. } = start_encrypted(short).await;
    // Half of what a connection begins with, and nothing more.
    let mut silent = authority.connect(&server, "quiz.test", &["h2"]).await.unwrap();
    silent.write_all(b"PRI * HTTP/2.0\r\n").await.unwrap();
    until_closed(&mut silent).await;
    assert_eq!(server.stats.snapshot().header_timeouts, 1);

    let stream = authority.connect(&server, "quiz.test", &["h2"]).await.unwrap();
    let (mut sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    let closed = TaskTracker::new().spawn(connection);
    // A handler may take longer than a connection may be idle.
    let waiting = ask(&mut sender, "https://quiz.test/wait");
    let finish = async {
        server.begun.recv().await.unwrap();
        until_closed(&mut authority.connect(&server, "quiz.test", &["h2"]).await.unwrap()).await;
        server.finish.notify_one();
    };
    assert_eq!(tokio::join!(waiting, finish).0, "finished");
    timeout(SOON, closed).await.expect("the server closes").unwrap().unwrap();
    server.stopped().await;
}
