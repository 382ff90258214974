//! Handing mail to a server that delivers it (RFC 5321).

use crate::config::{self, MailEncryption};
use lettre::message::header::ContentType;
use lettre::message::{Attachment, Mailbox, MultiPart, SinglePart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use std::fs;
use std::time::Duration;
use uuid::Uuid;

/// The longest wait for each answer of the server.
const ANSWERS_WITHIN: Duration = Duration::from_secs(20);

/// Hands mail over. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    reply_to: Option<Mailbox>,
    alerts_to: Option<String>,
}

/// A letter as it goes out.
#[derive(Clone, Debug)]
pub(super) struct Message {
    /// An address, with a name in front or without.
    pub to: String,
    pub subject: String,
    pub text: String,
    pub table: Option<Table>,
}

/// A table for a spreadsheet that comes with a letter.
#[derive(Clone, Debug)]
pub(super) struct Table {
    pub name: String,
    pub csv: String,
}

/// Mail did not go out, for people.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub struct MailError {
    what: String,
    /// The same letter will not go out later, either.
    pub is_final: bool,
}

impl MailError {
    fn last(what: impl std::fmt::Display) -> Self {
        Self { what: what.to_string(), is_final: true }
    }
}

impl Mailer {
    /// By the server that the configuration names. Nothing is connected yet.
    ///
    /// # Errors
    /// When `mail.ca_file` or an address cannot be used.
    pub fn new(config: &config::Mail) -> Result<Self, MailError> {
        let tls = match config.encryption {
            MailEncryption::None => Tls::None,
            MailEncryption::StartTls => Tls::Required(trust(config)?),
            MailEncryption::Tls => Tls::Wrapper(trust(config)?),
        };
        let from = mailbox(&config.from)?;
        let mut transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&config.host)
            .port(config.port)
            // A name that is known beats that of a container.
            .hello_name(ClientId::Domain(from.email.domain().to_owned()))
            .tls(tls)
            .timeout(Some(ANSWERS_WITHIN));
        if let Some((user, password)) = &config.login {
            transport = transport.credentials(Credentials::new(user.clone(), password.expose().to_owned()));
        }
        Ok(Self {
            transport: transport.build(),
            from,
            reply_to: config.reply_to.as_deref().map(mailbox).transpose()?,
            alerts_to: config.alerts_to.clone(),
        })
    }

    pub(super) fn alerts_somebody(&self) -> bool {
        self.alerts_to.is_some()
    }

    pub(super) fn alerts_to(&self) -> Option<String> {
        self.alerts_to.clone()
    }

    /// Sends a letter that says only that it has come.
    ///
    /// # Errors
    /// What the server said, or why it was not reached.
    pub async fn send_test(&self, id: Uuid, to: &str, base_url: &str) -> Result<(), MailError> {
        self.send(id, super::letters::test(to.to_owned(), base_url)).await
    }

    /// Hands a letter over. A repeat has the same id, by which those who have it already know it.
    pub(super) async fn send(&self, id: Uuid, message: Message) -> Result<(), MailError> {
        let to = mailbox(&message.to)?;
        let domain = self.from.email.domain();
        let mut letter = lettre::Message::builder()
            .message_id(Some(format!("<{id}@{domain}>")))
            .from(self.from.clone())
            .to(to)
            .subject(message.subject);
        if let Some(reply_to) = &self.reply_to {
            letter = letter.reply_to(reply_to.clone());
        }
        let text = SinglePart::plain(message.text);
        let letter = match message.table {
            None => letter.singlepart(text),
            Some(Table { name, csv }) => {
                let csv_type = ContentType::parse("text/csv; charset=utf-8").map_err(MailError::last)?;
                letter.multipart(
                    MultiPart::mixed().singlepart(text).singlepart(Attachment::new(name).body(csv, csv_type)),
                )
            }
        };
        let letter = letter.map_err(MailError::last)?;
        match self.transport.send(letter).await {
            Ok(_) => Ok(()),
            Err(error) => Err(MailError { what: in_words(&error), is_final: error.is_permanent() }),
        }
    }
}

/// The causes of an error, each said once.
fn in_words(error: &dyn std::error::Error) -> String {
    let mut what = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        if !what.contains(&text) {
            what = format!("{what}: {text}");
        }
        cause = error.source();
    }
    what
}

fn mailbox(text: &str) -> Result<Mailbox, MailError> {
    text.parse().map_err(|error| MailError::last(format!("{text:?} is not an e-mail address: {error}")))
}

fn trust(config: &config::Mail) -> Result<TlsParameters, MailError> {
    let mut trusted = TlsParameters::builder(config.host.clone());
    match &config.ca_file {
        None => trusted = trusted.certificate_store(CertificateStore::WebpkiRoots),
        Some(file) => {
            let unreadable = |error: &dyn std::fmt::Display| {
                MailError::last(format!("mail.ca_file cannot be used, {}: {error}", file.display()))
            };
            let pem = fs::read(file).map_err(|error| unreadable(&error))?;
            let authorities = Certificate::from_pem(&pem).map_err(|error| unreadable(&error))?;
            trusted = trusted.certificate_store(CertificateStore::None).add_root_certificate(authorities);
        }
    }
    trusted.build().map_err(|error| MailError::last(in_words(&error)))
}
