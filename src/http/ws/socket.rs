//! WebSockets (RFC 6455), as the server has them.
//!
//! The library does the handshake, reads frames and answers control frames. Messages go past its write buffer: it would
//! copy each of them and keep, for as long as the socket is open, the room of the longest.

use crate::http::error::ApiError;
use crate::limits::{WS_MESSAGE_BYTES_MAX, WS_READ_BUFFER_BYTES};
use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{Request, Response, StatusCode};
use bytes::{Buf, Bytes};
use futures_util::{SinkExt, StreamExt};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::handshake::server::create_response_with_body;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
use tokio_tungstenite::tungstenite::protocol::frame::{CloseFrame, FrameHeader};
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
pub use tokio_tungstenite::tungstenite::{Error, Message, Utf8Bytes};

/// The longest header of a frame that is not masked.
const HEADER_BYTES_MAX: usize = 10;

/// The longest message that is copied, to be written with others.
const COPIED_BYTES_MAX: usize = 16 * 1024;

/// A request that asks for a WebSocket.
#[derive(Debug)]
pub struct Upgrade {
    response: Response<Body>,
    upgraded: OnUpgrade,
}

/// An open socket, as the server has it.
#[derive(Debug)]
pub struct WebSocket<S = TokioIo<Upgraded>> {
    stream: WebSocketStream<S>,
    /// A message was begun and not finished: nothing can follow it.
    torn: bool,
}

impl<S: Sync> FromRequestParts<S> for Upgrade {
    /// Why this is no request for a WebSocket.
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let unsuitable = |error: Error| {
            ApiError::new(StatusCode::BAD_REQUEST, "no_websocket", format!("This is a WebSocket. {error}."))
        };
        let mut request = Request::new(());
        *request.method_mut() = parts.method.clone();
        *request.version_mut() = parts.version;
        *request.headers_mut() = parts.headers.clone();
        let response = create_response_with_body(&request, Body::empty).map_err(unsuitable)?;
        let upgraded = parts.extensions.remove::<OnUpgrade>();
        let upgraded = upgraded.ok_or_else(|| unsuitable(ProtocolError::HandshakeIncomplete.into()))?;
        Ok(Self { response, upgraded })
    }
}

impl Upgrade {
    /// The answer to the request, and what becomes the socket once the answer is on its way. None when the client went
    /// before.
    pub fn accept(self) -> (Response<Body>, impl Future<Output = Option<WebSocket>>) {
        let open = async move {
            let upgraded = TokioIo::new(self.upgraded.await.ok()?);
            Some(WebSocket::over(upgraded).await)
        };
        (self.response, open)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> WebSocket<S> {
    async fn over(connection: S) -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(WS_READ_BUFFER_BYTES)
            .write_buffer_size(0)
            .max_message_size(Some(WS_MESSAGE_BYTES_MAX))
            .max_frame_size(Some(WS_MESSAGE_BYTES_MAX));
        let stream = WebSocketStream::from_raw_socket(connection, Role::Server, Some(config)).await;
        Self { stream, torn: false }
    }

    /// The next message, after pings have been answered. None when the socket is closed.
    pub async fn next(&mut self) -> Option<Result<Message, Error>> {
        self.stream.next().await
    }

    /// Sends text messages, which have to be UTF-8, short ones in one write. Where this is dropped before it is done,
    /// nothing can be sent any more.
    ///
    /// # Errors
    /// When the connection is gone, or an earlier message was not finished.
    pub async fn send_texts(&mut self, texts: &[Bytes]) -> Result<(), Error> {
        if self.torn {
            return Err(Error::AlreadyClosed);
        }
        // Answers to pings come first.
        self.stream.flush().await?;
        self.torn = true;
        let connection = self.stream.get_mut();
        let short = texts.iter().filter(|text| is_short(text)).map(Bytes::len).sum::<usize>();
        let mut together = Vec::with_capacity(short + texts.len() * HEADER_BYTES_MAX);
        for text in texts {
            let opcode = OpCode::Data(Data::Text);
            let header = FrameHeader { is_final: true, opcode, ..FrameHeader::default() };
            header.format(text.len() as u64, &mut together)?;
            if is_short(text) {
                together.extend_from_slice(text);
            } else {
                connection.write_all_buf(&mut together.as_slice().chain(&text[..])).await?;
                together.clear();
            }
        }
        connection.write_all(&together).await?;
        connection.flush().await?;
        self.torn = false;
        Ok(())
    }

    /// Asks whether the other side is there.
    ///
    /// # Errors
    /// When the connection is gone, or an earlier message was not finished.
    pub async fn ping(&mut self) -> Result<(), Error> {
        self.control(Message::Ping(Bytes::new())).await
    }

    /// Says why this is the end.
    ///
    /// # Errors
    /// When the connection is gone, or an earlier message was not finished.
    pub async fn close(&mut self, code: u16, reason: &'static str) -> Result<(), Error> {
        self.control(Message::Close(Some(CloseFrame { code: code.into(), reason: reason.into() }))).await
    }

    async fn control(&mut self, message: Message) -> Result<(), Error> {
        if self.torn {
            return Err(Error::AlreadyClosed);
        }
        self.stream.send(message).await
    }
}

/// Whether a text is copied to be written with others. A longer one is written from where it is.
fn is_short(text: &Bytes) -> bool {
    text.len() <= COPIED_BYTES_MAX
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, DuplexStream, duplex};

    async fn sockets(room: usize) -> (WebSocket<DuplexStream>, WebSocketStream<DuplexStream>) {
        let (ours, theirs) = duplex(room);
        (WebSocket::over(ours).await, WebSocketStream::from_raw_socket(theirs, Role::Client, None).await)
    }

    #[tokio::test]
    async fn messages_of_all_lengths_arrive() {
        let (mut ours, mut theirs) = sockets(1_000).await;
        let lengths = [0, 1, 125, 126, COPIED_BYTES_MAX, COPIED_BYTES_MAX + 1, 65_535, 65_536, 1_000_000, 7];
        let texts = lengths.map(|length| Bytes::from("x".repeat(length)));
        let receive = async {
            for text in &texts {
                assert_eq!(theirs.next().await.unwrap().unwrap().into_data(), *text);
            }
        };
        let (sent, ()) = tokio::join!(ours.send_texts(&texts), receive);
        sent.unwrap();
    }

    #[tokio::test]
    async fn pings_are_answered_before_the_next_message() {
        let (mut ours, mut theirs) = sockets(1_000).await;
        theirs.send(Message::Ping("here?".into())).await.unwrap();
        theirs.send(Message::text("hello")).await.unwrap();
        assert!(matches!(ours.next().await, Some(Ok(Message::Ping(_)))));
        ours.send_texts(&["welcome".into()]).await.unwrap();
        assert_eq!(theirs.next().await.unwrap().unwrap(), Message::Pong("here?".into()));
        assert_eq!(theirs.next().await.unwrap().unwrap(), Message::text("welcome"));
    }

    #[tokio::test]
    async fn nothing_follows_a_message_that_was_not_finished() {
        let (mut ours, theirs) = sockets(100).await;
        let texts = [Bytes::from("x".repeat(1_000))];
        let writing = ours.send_texts(&texts);
        // As far as there is room.
        assert!(futures_util::poll!(Box::pin(writing)).is_pending());
        assert!(ours.send_texts(&["more".into()]).await.is_err());
        assert!(ours.ping().await.is_err());
        assert!(ours.close(1013, "too slow").await.is_err());
        drop(ours);
        let mut received = Vec::new();
        theirs.into_inner().read_to_end(&mut received).await.unwrap();
        assert_eq!(received[4..], [b'x'; 96]);
    }
}
