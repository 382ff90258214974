//! How we talk to an authority: HTTPS, one connection a request, with a limit on everything. Requests are few.

use super::ASK_AGAIN_MS;
use crate::net;
use axum::http::{HeaderValue, Method, Request, Uri, header};
use bytes::Bytes;
use futures_util::FutureExt;
use instant_acme::{BodyWrapper, BytesResponse, Error, HttpClient};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

/// How long one request may take.
const ANSWERS_WITHIN: Duration = Duration::from_secs(30);

/// The longest answer, in bytes: a chain of certificates.
const ANSWER_BYTES_MAX: usize = 1024 * 1024;

/// Speaks with one authority.
pub(super) struct Client {
    connector: TlsConnector,
}

impl Client {
    /// Believes those whom `trust` does.
    pub fn new(trust: Arc<ClientConfig>) -> Self {
        Self { connector: TlsConnector::from(trust) }
    }
}

impl HttpClient for Client {
    fn request(
        &self,
        request: Request<BodyWrapper<Bytes>>,
    ) -> Pin<Box<dyn Future<Output = Result<BytesResponse, Error>> + Send>> {
        let connector = self.connector.clone();
        async move {
            let host = request.uri().host().unwrap_or_default().to_owned();
            let answered = timeout(ANSWERS_WITHIN, send(connector, request)).await;
            let failed = |what: String| Error::Other(format!("{host}: {what}").into());
            match answered {
                Ok(Ok(response)) => Ok(response),
                Ok(Err(error)) => Err(failed(error.to_string())),
                Err(_) => Err(failed(format!("no answer within {ANSWERS_WITHIN:?}"))),
            }
        }
        .boxed()
    }
}

async fn send(
    connector: TlsConnector,
    mut request: Request<BodyWrapper<Bytes>>,
) -> Result<BytesResponse, Box<dyn std::error::Error + Send + Sync>> {
    let address = request.uri().clone();
    let is_signed = request.method() != Method::GET;
    let host = address.host().filter(|_| address.scheme_str() == Some("https")).ok_or("its address is not https://")?;
    let host = host.trim_matches(['[', ']']);
    let name = ServerName::try_from(host.to_owned())?;
    let stream = TcpStream::connect((host, address.port_u16().unwrap_or(443))).await?;
    let stream = connector.connect(name, stream).await?;
    let authority = address.authority().map_or(host, |authority| authority.as_str());
    request.headers_mut().insert(header::HOST, HeaderValue::from_str(authority)?);
    *request.uri_mut() = address.path_and_query().map_or_else(Uri::default, |path| Uri::from(path.clone()));

    let (mut head, body) = net::exchange(stream, request, ANSWER_BYTES_MAX).await?.into_parts();
    if !is_signed {
        // The library believes no window for a renewal without it.
        head.headers.entry(header::RETRY_AFTER).or_insert(HeaderValue::from(ASK_AGAIN_MS / 1_000));
    }
    Ok(BytesResponse { parts: head, body: Box::new(body) })
}
