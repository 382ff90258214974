//! `[mail]`: the server that takes our mail.

use super::problem::Wrong;
use super::reader::{Reader, Reported};
use super::secret::Secret;
use super::server::is_host_name;
use super::settings::Setting;
use std::net::IpAddr;
use std::path::PathBuf;

pub(super) const SETTINGS: &[Setting] = &[
    Setting { short_names: &["SMTP_HOST"], ..Setting::new("mail.host") },
    Setting { short_names: &["SMTP_PORT"], ..Setting::new("mail.port") },
    Setting { short_names: &["SMTP_SECURE"], ..Setting::new("mail.encryption") },
    Setting { short_names: &["SMTP_USER"], ..Setting::new("mail.user") },
    Setting { short_names: &["SMTP_PASSWORD"], is_secret: true, ..Setting::new("mail.password") },
    Setting { short_names: &["SMTP_FROM_ADDRESS"], ..Setting::new("mail.from") },
    Setting { short_names: &["SMTP_REPLY_TO"], ..Setting::new("mail.reply_to") },
    Setting::new("mail.alerts_to"),
    Setting::new("mail.ca_file"),
];

/// The port at which a connection is encrypted from its first byte, and the one at which it becomes so
/// ([RFC 8314](https://www.rfc-editor.org/rfc/rfc8314)).
const TLS_PORT: u16 = 465;
const STARTTLS_PORT: u16 = 587;

/// Where mail goes out.
#[derive(Debug, Clone)]
pub struct Mail {
    /// A name or an address.
    pub host: String,
    pub port: u16,
    pub encryption: MailEncryption,
    pub login: Option<(String, Secret)>,
    /// As it stands in a header: an address, with a name in front if it has one.
    pub from: String,
    pub reply_to: Option<String>,
    /// Who hears that something needs them.
    pub alerts_to: Option<String>,
    /// The certificate authorities to trust instead of the public ones, as PEM.
    pub ca_file: Option<PathBuf>,
}

/// How the way to the mail server is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailEncryption {
    /// From the first byte.
    Tls,
    /// After a greeting, and nothing is said before.
    StartTls,
    /// Not at all.
    None,
}

/// What the setting says: which of the two follows from the port.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Auto,
    Exactly(MailEncryption),
}

/// The last two are what older deployments say.
const WANTED: [(&str, Wanted); 6] = [
    ("auto", Wanted::Auto),
    ("tls", Wanted::Exactly(MailEncryption::Tls)),
    ("starttls", Wanted::Exactly(MailEncryption::StartTls)),
    ("none", Wanted::Exactly(MailEncryption::None)),
    ("true", Wanted::Auto),
    ("false", Wanted::Exactly(MailEncryption::None)),
];

impl Mail {
    /// None: no mail is sent.
    pub(super) fn read(reader: &mut Reader) -> Result<Option<Self>, Reported> {
        let host = reader.optional("mail.host", host);
        let port = if reader.given("mail.port").is_some() {
            reader.integer("mail.port", 1..=65_535).map(Some)
        } else {
            Ok(None)
        };
        let wanted = reader.choice("mail.encryption", &WANTED);
        let user = reader.optional("mail.user", |text| Ok(text.to_owned()));
        let password = reader.optional("mail.password", |text| Ok(Secret::new(text)));
        let from = reader.optional("mail.from", address);
        let reply_to = reader.optional("mail.reply_to", address);
        let alerts_to = reader.optional("mail.alerts_to", address);
        let ca_file = reader.path("mail.ca_file");
        let (host, port, wanted, user, password) = (host?, port?, wanted?, user?, password?);
        let (from, reply_to, alerts_to, ca_file) = (from?, reply_to?, alerts_to?, ca_file?);
        let Some(host) = host else {
            let set = ["mail.user", "mail.password", "mail.from", "mail.alerts_to"];
            return match set.into_iter().find(|key| reader.given(key).is_some()) {
                None => Ok(None),
                Some(key) => {
                    let wrong = Wrong::new("is set, but nothing says which server takes the mail");
                    Err(reader.report(key, wrong.hint("set mail.host")))
                }
            };
        };
        let Some(from) = from else {
            let wrong = Wrong::new("has no value, and mail.host is set");
            return Err(reader.report("mail.from", wrong.hint("write it like Quiz Night <quiz@example.org>")));
        };
        let encryption = match (wanted, port) {
            (Wanted::Exactly(encryption), _) => encryption,
            (Wanted::Auto, Some(TLS_PORT)) => MailEncryption::Tls,
            (Wanted::Auto, _) => MailEncryption::StartTls,
        };
        let port = port.unwrap_or(if encryption == MailEncryption::Tls { TLS_PORT } else { STARTTLS_PORT });
        let login = match (user, password) {
            (Some(user), Some(password)) => Some((user, password)),
            (None, None) => None,
            (user, _) => {
                let (there, missing) =
                    if user.is_some() { ("mail.user", "mail.password") } else { ("mail.password", "mail.user") };
                return Err(reader.report(missing, Wrong::new(format!("has no value, and {there} is set"))));
            }
        };
        if login.is_some() && encryption == MailEncryption::None && !is_this_machine(&host) {
            let wrong = Wrong::new("says that nothing is encrypted, and mail.password would go over the network");
            return Err(reader.report("mail.encryption", wrong.hint("set it to \"auto\"")));
        }
        Ok(Some(Self { host, port, encryption, login, from, reply_to, alerts_to, ca_file }))
    }
}

fn is_this_machine(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

fn host(text: &str) -> Result<String, Wrong> {
    if text.parse::<IpAddr>().is_ok() || is_host_name(text) {
        return Ok(text.to_owned());
    }
    Err(Wrong::new(format!("{text:?} is not the name of a server")).hint("write only the name, like mail.example.org"))
}

/// An address with a name in front, or without. What is wrong with it the library that sends says best.
fn address(text: &str) -> Result<String, Wrong> {
    match text.parse::<lettre::message::Mailbox>() {
        Ok(mailbox) => Ok(mailbox.to_string()),
        Err(_) => Err(Wrong::new(format!("{text:?} is not an e-mail address"))
            .hint("write it like quiz@example.org, or Quiz Night <quiz@example.org>")),
    }
}
