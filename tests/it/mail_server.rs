//! A server that takes mail (RFC 5321), keeps it, and misbehaves when it is told to.

use crate::authority::Authority;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// How the server is on a day.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    Takes,
    /// It says to come back later (450).
    Busy,
    /// It knows nobody by that name (550).
    Refuses,
    /// It says nothing at all.
    Sleeps,
}

/// A letter as it came.
#[derive(Clone, Debug)]
pub struct Letter {
    pub to: String,
    /// Head and body, with soft line breaks of quoted-printable taken out.
    pub text: String,
    /// What the client said of itself to be let in.
    pub login: Option<String>,
    pub is_encrypted: bool,
}

pub struct MailServer {
    pub port: u16,
    pub authority: Authority,
    state: Arc<State>,
}

struct State {
    letters: Mutex<Vec<Letter>>,
    mood: Mutex<Mood>,
    tls: TlsAcceptor,
}

impl MailServer {
    pub async fn new() -> Self {
        let authority = Authority::new();
        let (chain, key) = authority.sign("localhost");
        let chain = vec![CertificateDer::from_pem_slice(chain.as_bytes()).unwrap()];
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let config = config.with_no_client_auth().with_single_cert(chain, key).unwrap();
        let state = State {
            letters: Mutex::default(),
            mood: Mutex::new(Mood::Takes),
            tls: TlsAcceptor::from(Arc::new(config)),
        };
        let (listener, state) = (TcpListener::bind("127.0.0.1:0").await.unwrap(), Arc::new(state));
        let port = listener.local_addr().unwrap().port();
        let serving = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let state = Arc::clone(&serving);
                // A client that goes in the middle has gone.
                tokio::spawn(async move { state.greet(stream).await.unwrap_or_default() });
            }
        });
        Self { port, authority, state }
    }

    pub fn is(&self, mood: Mood) {
        *self.state.mood.lock().unwrap() = mood;
    }

    pub fn letters(&self) -> Vec<Letter> {
        self.state.letters.lock().unwrap().clone()
    }

    /// What `[mail]` says of it.
    pub fn settings(&self) -> String {
        format!(
            "[mail]\nhost = \"localhost\"\nport = {}\nencryption = \"starttls\"\nuser = \"quibble\"\n\
             password = \"a-password-for-mail\"\nfrom = \"Quiz Night <quiz@example.org>\"\n\
             alerts_to = \"operator@example.org\"\nca_file = \"{}\"\n",
            self.port,
            self.authority.ca_file().display()
        )
    }
}

impl State {
    async fn greet(self: Arc<Self>, mut stream: TcpStream) -> std::io::Result<()> {
        if self.mood() == Mood::Sleeps {
            return std::future::pending().await;
        }
        stream.write_all(b"220 localhost ready\r\n").await?;
        let mut stream = BufReader::new(stream);
        if self.talk(&mut stream, false).await? {
            let stream = self.tls.accept(stream.into_inner()).await?;
            self.talk(&mut BufReader::new(stream), true).await?;
        }
        Ok(())
    }

    fn mood(&self) -> Mood {
        *self.mood.lock().unwrap()
    }

    /// True: the client wants to go on encrypted.
    async fn talk<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: &mut BufReader<S>,
        is_encrypted: bool,
    ) -> std::io::Result<bool> {
        let (mut to, mut login, mut line) = (String::new(), None, String::new());
        loop {
            line.clear();
            if stream.read_line(&mut line).await? == 0 {
                return Ok(false);
            }
            let said = line.trim_end().to_owned();
            let command = said.split([' ', ':']).next().unwrap_or_default().to_uppercase();
            let answer = match command.as_str() {
                "EHLO" if is_encrypted => "250-localhost\r\n250 AUTH PLAIN",
                "EHLO" => "250-localhost\r\n250 STARTTLS",
                "STARTTLS" => {
                    stream.write_all(b"220 go on\r\n").await?;
                    return Ok(true);
                }
                "AUTH" => {
                    login = said.rsplit(' ').next().map(str::to_owned);
                    "235 welcome"
                }
                "RCPT" if self.mood() == Mood::Busy => "450 later",
                "RCPT" if self.mood() == Mood::Refuses => "550 nobody here by that name",
                "RCPT" => {
                    to = said.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
                    "250 fine"
                }
                "DATA" => {
                    stream.write_all(b"354 go on\r\n").await?;
                    let mut text = String::new();
                    while !text.ends_with("\r\n.\r\n") {
                        stream.read_line(&mut text).await?;
                    }
                    let text = text.replace("=\r\n", "").replace("=3D", "=");
                    let letter = Letter { to: to.clone(), text, login: login.clone(), is_encrypted };
                    self.letters.lock().unwrap().push(letter);
                    "250 taken"
                }
                "QUIT" => "221 bye",
                _ => "250 fine",
            };
            stream.write_all(format!("{answer}\r\n").as_bytes()).await?;
        }
    }
}
