//! `[tls]`: how connections are encrypted.

use super::acme::Acme;
use super::layers::Given;
use super::listen::{Listen, read_listen};
use super::problem::{Layer, Origin, Wrong};
use super::reader::{Reader, Reported};
use super::server::{PublicUrl, Server};
use super::settings::Setting;
use figment::Figment;
use figment::value::Value;
use std::path::PathBuf;
use std::time::Duration;

pub(super) const SETTINGS: &[Setting] = &[
    Setting::new("tls.mode"),
    Setting::new("tls.listen"),
    Setting::new("tls.cert_file"),
    Setting::new("tls.key_file"),
    Setting::new("tls.hsts_days"),
];

/// The longest time for which browsers can be told to insist on HTTPS, in days: two years.
const HSTS_DAYS_MAX: u64 = 730;

/// How connections are encrypted.
#[derive(Debug, Clone)]
pub struct Tls {
    /// Where. Without repetition, in the order given, and none of them is in `server.listen`.
    pub listen: Vec<Listen>,
    pub certificate: CertificateSource,
    /// How long browsers that believe the certificate are to insist on HTTPS. Zero: they are not told.
    pub hsts: Duration,
}

/// Where the certificate comes from.
#[derive(Debug, Clone)]
pub enum CertificateSource {
    /// A certificate authority, which is asked again in time.
    Acme(Box<Acme>),
    /// Files that somebody else looks after.
    Files { cert: PathBuf, key: PathBuf },
    /// We sign it ourselves. No browser believes it before somebody said so.
    SelfSigned,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Acme,
    Off,
    Files,
    SelfSigned,
}

const MODES: [(&str, Mode); 4] =
    [("off", Mode::Off), ("acme", Mode::Acme), ("files", Mode::Files), ("self-signed", Mode::SelfSigned)];

/// The ports that a browser tries by itself are the defaults where it will believe the certificate.
pub(super) fn defaults_of_mode(given: &Figment) -> Vec<Given> {
    let mode = given.find_value("tls.mode").ok();
    let default = |key: &str, value: [&str; 2]| Given {
        key: key.to_owned(),
        value: Value::from(value.map(str::to_owned).to_vec()),
        origin: Origin::new(Layer::Default, "tls.mode"),
    };
    match mode.as_ref().and_then(Value::as_str) {
        Some(mode) if ["acme", "files"].iter().any(|believed| mode.eq_ignore_ascii_case(believed)) => {
            vec![
                default("server.listen", ["0.0.0.0:80", "[::]:80"]),
                default("tls.listen", ["0.0.0.0:443", "[::]:443"]),
            ]
        }
        Some(_) | None => vec![],
    }
}

impl Tls {
    /// None: nothing is encrypted.
    pub(super) fn read(reader: &mut Reader, public_url: Option<&PublicUrl>) -> Result<Option<Self>, Reported> {
        let mode = reader.choice("tls.mode", &MODES);
        let listen = read_listen(reader, "tls.listen", false);
        let cert = reader.path("tls.cert_file");
        let key = reader.path("tls.key_file");
        let hsts_days = reader.integer("tls.hsts_days", 0..=HSTS_DAYS_MAX);
        let (mode, listen, cert, key, hsts_days): (_, _, _, _, u64) = (mode?, listen?, cert?, key?, hsts_days?);
        let certificate = match (mode, cert, key) {
            (Mode::Files, Some(cert), Some(key)) => CertificateSource::Files { cert, key },
            (Mode::Files, None, _) => return Err(missing(reader, "tls.cert_file")),
            (Mode::Files, _, None) => return Err(missing(reader, "tls.key_file")),
            (Mode::Acme, ..) => CertificateSource::Acme(Box::new(Acme::read(reader, public_url)?)),
            (Mode::SelfSigned, ..) => CertificateSource::SelfSigned,
            (Mode::Off, ..) => return Ok(None),
        };
        // Browsers would insist on what they do not believe.
        let hsts_days = if mode == Mode::SelfSigned { 0 } else { hsts_days };
        Ok(Some(Self { listen, certificate, hsts: Duration::from_secs(hsts_days * 24 * 3_600) }))
    }

    /// A port, or a socket, speaks one language.
    pub(super) fn check_listen(&self, server: &Server, reader: &mut Reader) -> Result<(), Reported> {
        let both = self.listen.iter().find(|address| address.port() != Some(0) && server.listen.contains(address));
        let Some(both) = both else { return Ok(()) };
        let wrong = Wrong::new(format!("{both} is in server.listen, too, which is for connections without encryption"));
        Err(reader.report("tls.listen", wrong.hint("choose another one for one of the two")))
    }
}

fn missing(reader: &mut Reader, key: &str) -> Reported {
    reader.report(key, Wrong::new("has no value, and tls.mode is \"files\"").hint("name a file with PEM"))
}
