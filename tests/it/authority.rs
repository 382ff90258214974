//! A certificate authority of a test's own, and clients that believe one.

use quibble::net::trust;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::pki_types::{CertificateDer, ServerName};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Signs what those believe who trust its file.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    dir: TempDir,
}

impl Authority {
    pub fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "an authority for a test");
        let key = KeyPair::generate().unwrap();
        let dir = TempDir::new().unwrap();
        std::fs::write(dir.path().join("ca.pem"), params.self_signed(&key).unwrap().pem()).unwrap();
        Self { issuer: Issuer::new(params, key), dir }
    }

    /// Its own certificate, as PEM.
    pub fn ca_file(&self) -> PathBuf {
        self.dir.path().join("ca.pem")
    }

    /// A certificate for a host, and its key, as PEM.
    pub fn sign(&self, host: &str) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new([host.to_owned()]).unwrap();
        (params.signed_by(&key, &self.issuer).unwrap().pem(), key.serialize_pem())
    }
}

/// Connects to a port of this machine, and asks for `name` there.
pub async fn connect(port: u16, name: &str, ca_file: &Path) -> io::Result<TlsStream<TcpStream>> {
    let connector = TlsConnector::from(Arc::new(trust(Some(ca_file)).unwrap()));
    let stream = TcpStream::connect(("127.0.0.1", port)).await?;
    connector.connect(ServerName::try_from(name.to_owned()).unwrap(), stream).await
}

/// The certificate that is shown there.
pub async fn shown(port: u16, name: &str, ca_file: &Path) -> io::Result<CertificateDer<'static>> {
    let stream = connect(port, name, ca_file).await?;
    Ok(stream.get_ref().1.peer_certificates().unwrap()[0].clone())
}
