//! How a listener encrypts: TLS 1.2 and 1.3 with the cipher suites that Mozilla calls intermediate (forward secret and
//! authenticated), HTTP/2 where the peer speaks it, and a certificate that can be replaced while connections go on.

use std::io;
use std::sync::Arc;

use axum::Router;
use futures_util::future::BoxFuture;
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::server::{Acceptor, ClientHello, ResolvesServerCert};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use tokio::io::AsyncWriteExt;
use tokio::sync::watch;
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::server::TlsStream;

use super::socket::Socket;

mod certificate;
mod self_signed;
mod trust;

pub use certificate::{Certificate, CertificateError, Pem};
pub use self_signed::self_signed;
pub use trust::{TrustError, trust};

/// The first byte of what a client of TLS sends: a record of the handshake
/// ([RFC 8446 §5.1](https://www.rfc-editor.org/rfc/rfc8446#section-5.1)). No method of HTTP begins with it.
pub(super) const HANDSHAKE: u8 = 22;

/// What peers may speak inside, the preferred one first
/// ([RFC 7301 §6](https://www.rfc-editor.org/rfc/rfc7301#section-6)).
const HTTP_2: &[u8] = b"h2";
const HTTP_1: &[u8] = b"http/1.1";

/// What certificate authorities speak to see whether a name is ours
/// ([RFC 8737 §4](https://www.rfc-editor.org/rfc/rfc8737#section-4)).
const PROOF: &[u8] = b"acme-tls/1";

/// How a listener encrypts. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Tls {
    config: Arc<ServerConfig>,
    /// Answers those who come without encryption.
    pub(super) unencrypted: Router,
    proofs: Option<Arc<dyn ProvesNames>>,
}

/// Knows what to show to a certificate authority that wants to see whether a name is ours.
pub trait ProvesNames: Send + Sync + std::fmt::Debug {
    /// The certificate that proves that `name` is, where an authority is about to ask.
    fn proof<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Option<Arc<CertifiedKey>>>;
}

/// The certificate that listeners show at present. Cheap to clone; clones share it.
#[derive(Clone, Debug, Default)]
pub struct Certificates(watch::Sender<Option<Arc<Certificate>>>);

impl Tls {
    /// Shows what `certificates` has whenever somebody connects; `unencrypted` answers those who come without
    /// encryption.
    ///
    /// # Errors
    /// When the cryptographic library has none of the protocol versions, or no randomness.
    pub fn new(certificates: Certificates, unencrypted: Router) -> Result<Self, rustls::Error> {
        let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(certificates));
        config.alpn_protocols = vec![HTTP_2.to_vec(), HTTP_1.to_vec()];
        // Who comes back after a restart of the network is spared half of the work, and we keep nothing about anybody.
        config.ticketer = aws_lc_rs::Ticketer::new()?;
        config.send_tls13_tickets = 1;
        Ok(Self { config: Arc::new(config), unencrypted, proofs: None })
    }

    /// Proves to certificate authorities what `proofs` knows to prove.
    #[must_use]
    pub fn proving(self, proofs: Arc<dyn ProvesNames>) -> Self {
        Self { proofs: Some(proofs), ..self }
    }

    /// Agrees with the peer on everything, or fails when the peer goes or wants what we do not have. None for a certificate
    /// authority that has seen its proof.
    pub(super) async fn accept(&self, socket: Socket) -> io::Result<Option<TlsStream<Socket>>> {
        let begun = LazyConfigAcceptor::new(Acceptor::default(), socket).await?;
        let hello = begun.client_hello();
        let wants_proof = hello.alpn().is_some_and(|mut protocols| protocols.any(|protocol| protocol == PROOF));
        let Some(proofs) = self.proofs.as_ref().filter(|_| wants_proof) else {
            return begun.into_stream(Arc::clone(&self.config)).await.map(Some);
        };
        let name = hello.server_name().unwrap_or_default().to_owned();
        let unknown = || io::Error::new(io::ErrorKind::NotFound, "nobody is to ask for a proof of that name");
        let proof = proofs.proof(&name).await.ok_or_else(unknown)?;
        let mut stream = begun.into_stream(proving(proof).map_err(io::Error::other)?).await?;
        stream.shutdown().await?;
        Ok(None)
    }
}

/// Shows a proof, and speaks nothing else.
fn proving(proof: Arc<CertifiedKey>) -> Result<Arc<ServerConfig>, rustls::Error> {
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(SingleCertAndKey::from(proof)));
    config.alpn_protocols = vec![PROOF.to_vec()];
    Ok(Arc::new(config))
}

/// Whether a peer wants HTTP/2.
pub(super) fn speaks_http_2(stream: &TlsStream<Socket>) -> bool {
    stream.get_ref().1.alpn_protocol() == Some(HTTP_2)
}

impl Certificates {
    /// From now on this one is shown. Connections that are open go on with theirs.
    pub fn show(&self, certificate: Certificate) {
        self.0.send_replace(Some(Arc::new(certificate)));
    }

    /// The one that is shown at present.
    pub fn shown(&self) -> Option<Arc<Certificate>> {
        self.0.borrow().clone()
    }

    /// Is told whenever another one is shown.
    pub fn changes(&self) -> watch::Receiver<Option<Arc<Certificate>>> {
        self.0.subscribe()
    }
}

impl ResolvesServerCert for Certificates {
    /// A name that the certificate is not for is refused. Whoever gives none asked for an address.
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let certificate = self.shown()?;
        let is_ours = hello.server_name().is_none_or(|name| certificate.is_for(name));
        is_ours.then(|| certificate.key())
    }
}
