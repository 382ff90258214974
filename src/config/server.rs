//! `[server]`: where we listen and how we are called.

use axum::http::HeaderName;
use ipnet::IpNet;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::database::Database;
use super::listen::{self, Listen, UNIX, read_listen};
use super::problem::Wrong;
use super::reader::{Reader, Reported};
use super::settings::Setting;
use super::tls::Tls;

pub(super) const SETTINGS: &[Setting] = &[
    Setting { short_names: &["ADDR"], flag: Some("--listen"), ..Setting::new("server.listen") },
    Setting::new("server.socket_mode"),
    Setting { flag: Some("--public-url"), ..Setting::new("server.public_url") },
    Setting { flag: Some("--role"), ..Setting::new("server.role") },
    Setting::new("server.max_connections"),
    Setting::new("server.trusted_proxies"),
    Setting::new("server.proxy_header"),
    Setting::new("server.proxy_protocol"),
    Setting { short_names: &["MAX_PAYLOAD_SIZE_MB"], ..Setting::new("server.max_upload_mb") },
];

/// Networks of proxies at most.
const TRUSTED_PROXIES_MAX: usize = 64;

/// The largest file that can be allowed, in MiB.
const UPLOAD_MB_MAX: u64 = 64;

/// The longest public URL, in bytes: a host name of 253 with scheme and port, and a short path.
const PUBLIC_URL_BYTES_MAX: usize = 300;

/// What our own paths begin with: below one of them a path would not be known for what all paths begin with.
const OWN_PATHS: [&str; 11] =
    ["api", "assets", "healthz", "host", "j", "metrics", "qr", "readyz", "screen", "setup", "ws"];

/// Where we listen and how we are called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// Where connections are not encrypted. Without repetition, in the order given; none where all are. Port 0 lets the
    /// system choose.
    pub listen: Vec<Listen>,
    /// The rights of the files of unix sockets that we make.
    pub socket_mode: u32,
    /// The address that players are shown, when it is not simply that of the machine.
    pub public_url: Option<PublicUrl>,
    /// Connections open at once, over all listeners.
    pub max_connections: usize,
    /// The largest file that a host may import, in bytes.
    pub upload_bytes_max: usize,
    pub proxies: Proxies,
    pub role: Role,
}

/// What a process does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    All,
    /// Serves players and hosts, and leaves the jobs to others.
    Web,
    /// Does the jobs, and nobody connects to it but those who look after it.
    Worker,
}

/// Who is believed to speak for others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proxies {
    pub trusted: Vec<IpNet>,
    /// Whether those who come by a unix socket are.
    pub trust_unix: bool,
    /// Where they say for whom.
    pub header: HeaderName,
    /// Each of their connections begins with a header of the PROXY protocol.
    pub protocol: bool,
}

/// An `http` or `https` origin, and the path below which everything is: scheme, host and port in the spelling of a browser's
/// `Origin` header ([RFC 6454 §6.1](https://www.rfc-editor.org/rfc/rfc6454#section-6.1): lower case, no default port), the
/// path of letters, digits and `-._~`, which every browser and proxy writes as they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl {
    text: String,
    /// Where the path begins in it.
    path_at: usize,
}

impl Server {
    pub(super) fn read(reader: &mut Reader) -> Result<Self, Reported> {
        let listen = read_listen(reader, "server.listen", true);
        let socket_mode = reader.required("server.socket_mode", listen::mode);
        let public_url = reader.optional("server.public_url", PublicUrl::parse);
        let max_connections = reader.integer("server.max_connections", 10..=1_000_000);
        let max_upload_mb: Result<usize, _> = reader.integer("server.max_upload_mb", 1..=UPLOAD_MB_MAX);
        let proxies = Proxies::read(reader);
        let roles = [("all", Role::All), ("web", Role::Web), ("worker", Role::Worker)];
        let role = reader.choice("server.role", &roles);
        Ok(Self {
            listen: listen?,
            socket_mode: socket_mode?,
            public_url: public_url?,
            max_connections: max_connections?,
            upload_bytes_max: max_upload_mb? * 1024 * 1024,
            proxies: proxies?,
            role: role?,
        })
    }

    /// Work is divided between processes that share a database.
    pub(super) fn check_role(&self, database: Option<&Database>, reader: &mut Reader) -> Result<(), Reported> {
        if self.role == Role::All || database.is_some() {
            return Ok(());
        }
        let wrong = Wrong::new("divides the work between processes, and one alone can use a file");
        Err(reader.report("server.role", wrong.hint("set database.url, or leave the role at \"all\"")))
    }

    /// Players must come in somewhere.
    pub(super) fn check_some_way(&self, tls: Option<&Tls>, reader: &mut Reader) -> Result<(), Reported> {
        if !self.listen.is_empty() || tls.is_some() {
            return Ok(());
        }
        let wrong = Wrong::new("is \"off\", and tls.mode is \"off\", too: nobody could connect");
        Err(reader.report("server.listen", wrong.hint("give an address, such as \":8080\", or set tls.mode")))
    }

    /// What to say where nobody can know how players come in.
    pub(super) fn check_known(&self, tls: Option<&Tls>) -> Option<String> {
        let mut places = self.listen.iter().chain(tls.into_iter().flat_map(|tls| &tls.listen));
        let is_known = self.public_url.is_some() || places.any(|place| place.tcp().is_some());
        let warning =
            "there are only unix sockets to listen on, and server.public_url, which players are shown, is not set";
        (!is_known).then(|| warning.to_owned())
    }
}

impl Proxies {
    fn read(reader: &mut Reader) -> Result<Self, Reported> {
        let trusted = match reader.given("server.trusted_proxies") {
            None => Ok(Vec::new()),
            Some(_) => reader.list("server.trusted_proxies", TRUSTED_PROXIES_MAX, proxy),
        };
        let names = [("x-forwarded-for", "x-forwarded-for"), ("forwarded", "forwarded")];
        let header = reader.choice("server.proxy_header", &names);
        let protocol = reader.boolean("server.proxy_protocol");
        let (believed, header, protocol) = (trusted?, HeaderName::from_static(header?), protocol?);
        let trust_unix = believed.contains(&None);
        let proxies = Self { trusted: believed.into_iter().flatten().collect(), trust_unix, header, protocol };
        if protocol && proxies.are_none() {
            let wrong = Wrong::new("is true, and there is nobody in server.trusted_proxies who could be believed");
            return Err(reader.report("server.proxy_protocol", wrong.hint("name the addresses of the proxies there")));
        }
        Ok(proxies)
    }

    /// Whether nobody is believed.
    #[must_use]
    pub fn are_none(&self) -> bool {
        self.trusted.is_empty() && !self.trust_unix
    }
}

/// A network, or none for whoever comes by a unix socket.
fn proxy(text: &str) -> Result<Option<IpNet>, Wrong> {
    if text == UNIX {
        return Ok(None);
    }
    if text.starts_with(UNIX) {
        let wrong = Wrong::new(format!("{text:?} names a unix socket: all of them are believed, or none"));
        return Err(wrong.hint("write \"unix:\" alone"));
    }
    network(text).map(Some)
}

/// A network, or a single address.
fn network(text: &str) -> Result<IpNet, Wrong> {
    let network = text.parse().or_else(|_| text.parse().map(|address: IpAddr| IpNet::from(address)));
    if network.as_ref().is_ok_and(|network: &IpNet| network.prefix_len() == 0) {
        return Err(
            Wrong::new(format!("{text:?} is everybody")).hint("name the addresses of the proxies, and no others")
        );
    }
    network.map_err(|_| {
        Wrong::new(format!("{text:?} is neither an IP address nor a network of them"))
            .hint("write it like 10.0.0.0/8, 192.168.1.2 or fd00::/8, or unix: for unix sockets")
    })
}

impl PublicUrl {
    /// The whole, without a slash at the end: `https://example.org/quiz`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The origin, without a slash at the end: `https://example.org`.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.text[..self.path_at]
    }

    /// What all paths begin with: `/quiz`, or nothing.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.text[self.path_at..]
    }

    /// The name of an `https` origin at its own port, if it has one.
    pub(super) fn https_name(&self) -> Option<&str> {
        let host = self.origin().strip_prefix("https://")?;
        (is_host_name(host) && host.contains('.')).then_some(host)
    }

    /// The host, an IPv6 address without its brackets, and the port that a browser goes to.
    #[must_use]
    pub fn host_and_port(&self) -> (&str, u16) {
        let (scheme, authority) = self.origin().split_once("://").unwrap_or(("http", self.origin()));
        let default_port = if scheme == "https" { 443 } else { 80 };
        let (host, port) = split_host_port(authority);
        let host = host.trim_start_matches('[').trim_end_matches(']');
        (host, port.and_then(|port| port.parse().ok()).unwrap_or(default_port))
    }

    fn parse(text: &str) -> Result<Self, Wrong> {
        let example = "write it like https://quiz.example.org, http://192.168.1.5:8080 or https://example.org/quiz";
        let (scheme, rest) = text
            .split_once("://")
            .ok_or_else(|| Wrong::new("is not a whole URL: it must begin with http:// or https://").hint(example))?;
        let https = match scheme.to_ascii_lowercase().as_str() {
            "http" => false,
            "https" => true,
            _ => return Err(Wrong::new("must begin with http:// or https://").hint(example)),
        };
        if text.len() > PUBLIC_URL_BYTES_MAX {
            return Err(Wrong::new(format!("is longer than {PUBLIC_URL_BYTES_MAX} bytes")));
        }
        // A password may stand before the `@`, so the value is not repeated.
        if rest.contains('@') {
            return Err(Wrong::new("must not contain a user name or a password").hint(example));
        }
        if rest.contains(['?', '#']) {
            return Err(Wrong::new("must end after the path: nothing follows \"?\" or \"#\"").hint(example));
        }
        let (authority, path) = rest.find('/').map_or((rest, ""), |slash| rest.split_at(slash));
        let path = path.strip_suffix('/').unwrap_or(path);
        check_path(path)?;
        let (host, port) = split_host_port(authority);
        let host = public_host(host)
            .ok_or_else(|| Wrong::new(format!("{host:?} is not a host name that others can open")).hint(example))?;
        let port = port.map(parse_port).transpose()?;
        if port == Some(0) {
            return Err(Wrong::new("port 0 cannot be opened by a browser"));
        }
        let default_port = if https { 443 } else { 80 };
        let port = port.filter(|port| *port != default_port).map_or(String::new(), |port| format!(":{port}"));
        let scheme = if https { "https" } else { "http" };
        let origin = format!("{scheme}://{host}{port}");
        Ok(Self { path_at: origin.len(), text: origin + path })
    }
}

/// Whether all paths can begin with this one, which begins with a slash itself or is empty.
fn check_path(path: &str) -> Result<(), Wrong> {
    let example = "write it like https://example.org/quiz, of letters, digits and - . _ ~";
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    for part in path.split('/').skip(1) {
        if part.is_empty() || part == "." || part == ".." {
            return Err(Wrong::new(format!("{path:?} is not a path that every browser writes alike")).hint(example));
        }
        if let Some(other) = part.chars().find(|char| !u8::try_from(*char).is_ok_and(is_plain)) {
            return Err(Wrong::new(format!("{path:?} has {other:?} in its path")).hint(example));
        }
    }
    let first = path.split('/').nth(1).unwrap_or_default();
    if OWN_PATHS.iter().any(|own| own.eq_ignore_ascii_case(first)) {
        return Err(Wrong::new(format!("{path:?} begins like a path of Quibble's own")).hint("choose another path"));
    }
    Ok(())
}

/// A host of a URL, lower-cased: an IP address that is not "any", or a name of letters, digits, `-`, `_` and dots.
fn public_host(host: &str) -> Option<String> {
    if let Some(v6) = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        let ip = v6.parse::<Ipv6Addr>().ok().filter(|ip| !ip.is_unspecified())?;
        return Some(format!("[{ip}]"));
    }
    if let Ok(ip) = host.parse::<Ipv4Addr>() {
        return (!ip.is_unspecified()).then(|| ip.to_string());
    }
    is_host_name(host).then(|| host.to_ascii_lowercase())
}

/// A name of letters, digits, `-`, `_` and dots that is not read as an address.
pub(super) fn is_host_name(host: &str) -> bool {
    let label_ok = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    // A name whose last label is a number is read as an IPv4 address by browsers (WHATWG URL, "ends in a number").
    let ends_in_number = host.rsplit('.').next().is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit()));
    host.len() <= 253 && !ends_in_number && host.split('.').all(label_ok)
}

/// Splits at the colon of the port, not at those of an IPv6 address.
pub(super) fn split_host_port(text: &str) -> (&str, Option<&str>) {
    match text.rfind(':') {
        Some(colon) if !text[colon..].contains(']') => (&text[..colon], Some(&text[colon + 1..])),
        Some(_) | None => (text, None),
    }
}

pub(super) fn parse_port(text: &str) -> Result<u16, Wrong> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse::<u16>()
        .ok()
        .filter(|_| digits)
        .ok_or_else(|| Wrong::new(format!("{text:?} is not a port")).hint("a port is a number from 0 to 65535"))
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_url_becomes_an_origin() {
        for (text, origin) in [
            ("https://quiz.example.org", "https://quiz.example.org"),
            ("HTTPS://Quiz.Example.ORG:443/", "https://quiz.example.org"),
            ("http://192.168.1.5:8080", "http://192.168.1.5:8080"),
            ("http://pub:80", "http://pub"),
            ("http://pub:443", "http://pub:443"),
            ("http://[FD00::5]:8080", "http://[fd00::5]:8080"),
        ] {
            let url = PublicUrl::parse(text).unwrap();
            assert_eq!((url.as_str(), url.origin(), url.path()), (origin, origin, ""), "{text}");
        }
    }

    #[test]
    fn a_public_url_may_have_a_path() {
        for (text, whole, path) in [
            ("https://Example.org/quiz", "https://example.org/quiz", "/quiz"),
            ("https://example.org:443/Pub/Quiz_2.0~x/", "https://example.org/Pub/Quiz_2.0~x", "/Pub/Quiz_2.0~x"),
            ("http://[fd00::5]:8080/jukebox", "http://[fd00::5]:8080/jukebox", "/jukebox"),
        ] {
            let url = PublicUrl::parse(text).unwrap();
            assert_eq!((url.as_str(), url.path()), (whole, path));
            assert_eq!(url.origin().to_owned() + url.path(), whole);
        }
        let url = PublicUrl::parse("https://example.org/quiz").unwrap();
        assert_eq!((url.https_name(), url.host_and_port()), (Some("example.org"), ("example.org", 443)));
        for (path, what) in [
            ("/a//b", "every browser writes alike"),
            ("//", "every browser writes alike"),
            ("/./a", "every browser writes alike"),
            ("/quiz/..", "every browser writes alike"),
            ("/quiz%20night", "has '%' in its path"),
            ("/qu\u{ed}z", "has '\u{ed}' in its path"),
            ("/a b", "has ' ' in its path"),
            ("/a;b", "has ';' in its path"),
            ("/quiz?x", "nothing follows"),
            ("/quiz/#top", "nothing follows"),
            ("?x", "nothing follows"),
            ("/api", "Quibble's own"),
            ("/Host/quiz", "Quibble's own"),
            ("/j/", "Quibble's own"),
        ] {
            let wrong = PublicUrl::parse(&format!("https://example.org{path}")).unwrap_err();
            assert!(wrong.what.contains(what), "{path}: {}", wrong.what);
        }
    }

    #[test]
    fn a_public_url_has_a_host_and_a_port() {
        for (text, host, port) in [
            ("https://Quiz.example.org/", "quiz.example.org", 443),
            ("http://pub", "pub", 80),
            ("http://192.168.1.5:8080", "192.168.1.5", 8080),
            ("https://[fd00::5]", "fd00::5", 443),
            ("http://[fd00::5]:8080", "fd00::5", 8080),
        ] {
            assert_eq!(PublicUrl::parse(text).unwrap().host_and_port(), (host, port), "{text}");
        }
    }

    #[test]
    fn refuses_a_public_url_that_phones_could_not_open() {
        let long = format!("http://{}.org", "a".repeat(300));
        for (text, what) in [
            ("quiz.example.org", "whole URL"),
            ("ftp://quiz.example.org", "http:// or https://"),
            ("https://", "not a host name"),
            ("https://a b", "not a host name"),
            ("https://-a.org", "not a host name"),
            ("https://a..org", "not a host name"),
            ("https://1.2.3", "not a host name"),
            ("http://0.0.0.0:8080", "not a host name"),
            ("http://[::]", "not a host name"),
            ("http://pub:0", "port 0"),
            ("http://pub:x", "not a port"),
            (long.as_str(), "longer than 300 bytes"),
        ] {
            let wrong = PublicUrl::parse(text).unwrap_err();
            assert!(wrong.what.contains(what), "{text}: {}", wrong.what);
        }
        let wrong = PublicUrl::parse("https://me:hunter2@pub").unwrap_err();
        assert!(!format!("{wrong:?}").contains("hunter2"));
    }
}
