//! Connections by a unix socket.

use tempfile::TempDir;
use tokio::net::UnixStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use super::encrypted::Authority;
use super::*;

const GET: &str = "GET / HTTP/1.1\r\nhost: x\r\n\r\n";

struct Served {
    server: Running,
    dir: TempDir,
}

fn serve_unix(tls: Option<Tls>, proxies: Proxies) -> Served {
    let dir = TempDir::new().unwrap();
    let at = Listen::Unix(dir.path().join("quibble.sock"));
    let listener = bind(&[at], 0o600).unwrap().remove(0);
    Served { server: start_at(listener, LIMITS, tls, proxies), dir }
}

impl Served {
    async fn connect(&self) -> UnixStream {
        UnixStream::connect(self.dir.path().join("quibble.sock")).await.unwrap()
    }

    async fn said(&self, request: &str) -> String {
        let mut stream = self.connect().await;
        stream.write_all(request.as_bytes()).await.unwrap();
        response(&mut stream).await
    }
}

#[tokio::test]
async fn whoever_comes_by_a_unix_socket_is_on_this_machine() {
    let served = serve_unix(None, proxies(true));
    let forwarded = "GET / HTTP/1.1\r\nhost: x\r\nx-forwarded-for: 203.0.113.9\r\n\r\n";
    for request in [GET, forwarded] {
        let said = served.said(request).await;
        assert!(said.ends_with("hello 127.0.0.1:0"), "none of the proxies of TCP: {said}");
    }

    let request = "ws://localhost/ws".into_client_request().unwrap();
    let (mut socket, _) = tokio_tungstenite::client_async(request, served.connect().await).await.unwrap();
    socket.send(Message::text("hi")).await.unwrap();
    assert_eq!(socket.next().await.unwrap().unwrap(), Message::text("hi"));
    drop(socket);

    let silent = served.connect().await;
    served.server.stopped().await;
    assert!(!served.dir.path().join("quibble.sock").exists(), "its file goes with it");
    drop(silent);
}

#[tokio::test]
async fn a_proxy_that_comes_by_a_unix_socket_is_believed_where_that_is_wanted() {
    let served = serve_unix(None, Proxies::new(&[], true, X_FORWARDED_FOR, false));
    for (request, client) in [
        (GET, "127.0.0.1:0"),
        ("GET / HTTP/1.1\r\nhost: x\r\nx-forwarded-for: 198.51.100.1, 203.0.113.9\r\n\r\n", "203.0.113.9:0"),
    ] {
        let said = served.said(request).await;
        assert!(said.ends_with(&format!("hello {client}")), "{said}");
    }

    let served = serve_unix(None, Proxies::new(&[], true, X_FORWARDED_FOR, true));
    for (client, header) in
        [("203.0.113.9:4711", "PROXY TCP4 203.0.113.9 10.0.0.1 4711 80\r\n"), ("127.0.0.1:0", "PROXY UNKNOWN\r\n")]
    {
        let said = served.said(&format!("{header}{GET}")).await;
        assert!(said.ends_with(&format!("hello {client}")), "{said}");
    }
    let mut unannounced = served.connect().await;
    unannounced.write_all(GET.as_bytes()).await.unwrap();
    assert_eq!(until_closed(&mut unannounced).await, "");
}

#[tokio::test]
async fn encryption_is_spoken_there_too() {
    let authority = Authority::new();
    let certificates = Certificates::default();
    certificates.show(Certificate::from_pem(&authority.sign("quiz.test")).unwrap());
    let unencrypted = Router::new().fallback(async || "this way to HTTPS");
    let served = serve_unix(Some(Tls::new(certificates, unencrypted).unwrap()), Proxies::default());
    let mut stream = authority.encrypt(served.connect().await, "quiz.test", &["http/1.1"]).await.unwrap();
    stream.write_all(GET.as_bytes()).await.unwrap();
    assert!(response(&mut stream).await.ends_with("hello 127.0.0.1:0"));
    assert!(served.said(GET).await.ends_with("this way to HTTPS"));
}
