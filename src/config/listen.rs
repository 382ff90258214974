//! Where a process listens: at addresses of TCP, and at unix sockets, which are files.

use super::problem::Wrong;
use super::reader::{Reader, Reported, is_home};
use super::server::{parse_port, split_host_port};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};

/// How many addresses one server listens on at most.
const LISTEN_MAX: usize = 16;

/// The longest path of a unix socket, in bytes: `sockaddr_un` has room for 108 with the zero at the end on Linux, and
/// for 104 elsewhere (unix(7)).
const SOCKET_PATH_BYTES_MAX: usize = if cfg!(target_os = "linux") { 107 } else { 103 };

/// What an entry for a unix socket begins with. Alone it stands for all who come by one.
pub(super) const UNIX: &str = "unix:";

/// A place to listen at. `Display` writes it as it is configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listen {
    Tcp(SocketAddr),
    /// The file of a unix socket, by its whole path.
    Unix(PathBuf),
}

impl Listen {
    /// The address, where it is one of TCP.
    #[must_use]
    pub fn tcp(&self) -> Option<SocketAddr> {
        match self {
            Self::Tcp(address) => Some(*address),
            Self::Unix(_) => None,
        }
    }

    /// The port, where there is one.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        self.tcp().map(|address| address.port())
    }

    /// Whether nobody on another machine can connect there.
    #[must_use]
    pub fn is_of_this_machine(&self) -> bool {
        self.tcp().is_none_or(|address| address.ip().to_canonical().is_loopback())
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Unix(path) => write!(f, "{UNIX}{}", path.display()),
        }
    }
}

impl From<SocketAddr> for Listen {
    fn from(address: SocketAddr) -> Self {
        Self::Tcp(address)
    }
}

/// The places of a list, each once, in the order given. `or_off`: the list may say "off", which is none.
pub(super) fn read_listen(reader: &mut Reader, key: &str, or_off: bool) -> Result<Vec<Listen>, Reported> {
    let base = reader.base_of(key);
    let parse = |text: &str| if or_off && text == "off" { Ok(Vec::new()) } else { places(text, &base) };
    let mut unique = Vec::new();
    for place in reader.list(key, LISTEN_MAX, parse)?.into_iter().flatten() {
        if !unique.contains(&place) {
            unique.push(place);
        }
    }
    Ok(unique)
}

/// The places that one entry means. A relative path starts at `base`.
fn places(text: &str, base: &Path) -> Result<Vec<Listen>, Wrong> {
    match text.strip_prefix(UNIX) {
        Some(path) => Ok(vec![Listen::Unix(socket_path(path, base)?)]),
        None if text.starts_with(['/', '.']) => {
            Err(Wrong::new(format!("{text:?} is a path, not an address"))
                .hint(format!("did you mean \"{UNIX}{text}\"?")))
        }
        None => Ok(addresses(text)?.into_iter().map(Listen::Tcp).collect()),
    }
}

fn socket_path(text: &str, base: &Path) -> Result<PathBuf, Wrong> {
    let example = "write it like unix:/run/quibble/quibble.sock";
    if cfg!(not(unix)) {
        return Err(Wrong::new("this system has no unix sockets that Quibble could use"));
    }
    // Some write it as a URL: unix:///run/quibble.sock.
    let text = text.strip_prefix("//").filter(|rest| rest.starts_with('/')).unwrap_or(text);
    if text.is_empty() {
        return Err(Wrong::new("\"unix:\" names no file").hint(example));
    }
    if text.starts_with('@') {
        let wrong = Wrong::new(format!("{text:?} is a name without a file, which everybody on this machine may use"));
        return Err(wrong.hint(example));
    }
    if is_home(text) {
        return Err(Wrong::new(format!("{text:?} begins with \"~\", which means home only to a shell")).hint(example));
    }
    if text.ends_with('/') || text.contains('\0') {
        return Err(Wrong::new(format!("{text:?} is not the path of a file")).hint(example));
    }
    let path = base.join(text);
    let length = path.as_os_str().len();
    if length > SOCKET_PATH_BYTES_MAX {
        let wrong = Wrong::new(format!(
            "{} has {length} bytes, and the path of a unix socket has at most {SOCKET_PATH_BYTES_MAX}",
            path.display()
        ));
        return Err(wrong.hint("choose a shorter one, such as unix:/run/quibble/quibble.sock"));
    }
    Ok(path)
}

/// The rights of a socket's file, as `chmod` writes them.
pub(super) fn mode(text: &str) -> Result<u32, Wrong> {
    let example = "write it like \"0660\": the owner and the group may connect";
    let is_octal = (3..=4).contains(&text.len()) && text.bytes().all(|byte| matches!(byte, b'0'..=b'7'));
    let mode = u32::from_str_radix(text, 8).ok().filter(|mode| is_octal && *mode <= 0o777);
    let mode = mode.ok_or_else(|| Wrong::new(format!("{text:?} is not the mode of a file")).hint(example))?;
    // To connect is to write (unix(7)).
    if mode & 0o222 == 0 {
        return Err(Wrong::new(format!("with {text:?} nobody could connect")).hint(example));
    }
    Ok(mode)
}

/// The addresses that one entry of `server.listen` means: `:8080` is all of IPv4 and of IPv6.
fn addresses(text: &str) -> Result<Vec<SocketAddr>, Wrong> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) && parse_port(text).is_ok() {
        return Err(
            Wrong::new(format!("{text:?} is a port without an address")).hint(format!("did you mean \":{text}\"?"))
        );
    }
    if text.contains("://") {
        return Err(Wrong::new(format!("{text:?} is a URL, not an address to listen on"))
            .hint("write it like 0.0.0.0:8080; a URL for players belongs in server.public_url"));
    }
    if let Ok(ip) = text.parse::<IpAddr>() {
        return Err(Wrong::new(format!("{text:?} has no port"))
            .hint(format!("did you mean \"{}\"?", SocketAddr::new(ip, 8080))));
    }
    let (host, port) = split_host_port(text);
    let Some(port) = port else {
        return Err(Wrong::new(format!("{text:?} has no port")).hint(format!("did you mean \"{text}:8080\"?")));
    };
    let port = parse_port(port)?;
    let ips: Vec<IpAddr> = match host {
        "" | "*" => vec![Ipv4Addr::UNSPECIFIED.into(), Ipv6Addr::UNSPECIFIED.into()],
        "localhost" => vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()],
        _ => vec![listen_ip(host)?],
    };
    Ok(ips.into_iter().map(|ip| SocketAddr::new(ip, port)).collect())
}

fn listen_ip(host: &str) -> Result<IpAddr, Wrong> {
    let bracketed = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    if let Some(ip) = bracketed.and_then(|host| host.parse::<Ipv6Addr>().ok()) {
        return Ok(ip.into());
    }
    if host.contains(':') {
        return Err(Wrong::new(format!("{host:?} is not an IPv6 address in brackets")).hint("write it like [::1]:8080"));
    }
    host.parse::<Ipv4Addr>().map(IpAddr::from).map_err(|_| {
        Wrong::new(format!("{host:?} is not an IP address of this machine")).hint(
            "give an IP address (0.0.0.0 for all), \"localhost\", or only \":8080\"; \
                 host names are not looked up",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn listens(text: &str, expected: &[&str]) {
        let addresses: Vec<String> =
            places(text, Path::new("/base")).unwrap().iter().map(ToString::to_string).collect();
        assert_eq!(addresses, expected);
    }

    #[test]
    fn reads_the_forms_of_an_address() {
        listens(":8080", &["0.0.0.0:8080", "[::]:8080"]);
        listens("*:80", &["0.0.0.0:80", "[::]:80"]);
        listens("localhost:0", &["127.0.0.1:0", "[::1]:0"]);
        listens("192.168.1.5:65535", &["192.168.1.5:65535"]);
        listens("[fd00::5]:8080", &["[fd00::5]:8080"]);
    }

    #[test]
    fn a_unix_socket_has_a_path() {
        listens("unix:/run/quibble.sock", &["unix:/run/quibble.sock"]);
        listens("unix:///run/quibble.sock", &["unix:/run/quibble.sock"]);
        listens("unix:quibble.sock", &["unix:/base/quibble.sock"]);
        let longest = format!("unix:/{}", "s".repeat(SOCKET_PATH_BYTES_MAX - 1));
        listens(&longest, &[&longest]);
        let relative = format!("unix:{}", "s".repeat(SOCKET_PATH_BYTES_MAX - "/base/".len() + 1));
        for (text, what, hint) in [
            ("unix:", "names no file", "unix:/run/"),
            ("unix:@quibble", "without a file", "unix:/run/"),
            ("unix:~/quibble.sock", "only to a shell", "unix:/run/"),
            ("unix:/run/quibble/", "not the path of a file", "unix:/run/"),
            ("unix:/run/\0", "not the path of a file", "unix:/run/"),
            ("/run/quibble.sock", "is a path", "did you mean \"unix:/run/quibble.sock\"?"),
            (&format!("{longest}s"), "at most", "shorter"),
            (&relative, "at most", "shorter"),
        ] {
            let wrong = places(text, Path::new("/base")).unwrap_err();
            assert!(wrong.what.contains(what), "{text}: {}", wrong.what);
            assert!(wrong.hint.as_deref().unwrap_or("").contains(hint), "{text}: {:?}", wrong.hint);
        }
    }

    #[test]
    fn a_mode_is_that_of_a_file_that_somebody_may_write() {
        for (text, expected) in
            [("0660", Some(0o660)), ("666", Some(0o666)), ("0200", Some(0o200)), ("0777", Some(0o777))]
        {
            assert_eq!(mode(text).ok(), expected, "{text}");
        }
        for text in ["", "66", "00660", "0680", "0o66", "+660", "1777", "0440", "0555", "rw-rw----"] {
            assert!(mode(text).is_err(), "{text}");
        }
    }

    #[test]
    fn this_machine_is_loopback_and_every_unix_socket() {
        for (text, own) in
            [("127.0.0.1:1", true), ("[::1]:1", true), ("unix:/s", true), ("10.0.0.1:1", false), ("*:1", false)]
        {
            assert_eq!(places(text, Path::new("/")).unwrap()[0].is_of_this_machine(), own, "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_address_and_says_what_was_meant() {
        for (text, what, hint) in [
            ("8080", "a port without an address", "did you mean \":8080\"?"),
            ("127.0.0.1", "has no port", "did you mean \"127.0.0.1:8080\"?"),
            ("::1", "has no port", "did you mean \"[::1]:8080\"?"),
            ("quiz", "has no port", "did you mean \"quiz:8080\"?"),
            ("::1:8080", "has no port", "[::1:8080]:8080"),
            ("1.2.3:80", "\"1.2.3\" is not an IP address", "0.0.0.0 for all"),
            ("host.name:80", "not an IP address", "host names are not looked up"),
            ("0.0.0.0:80a0", "\"80a0\" is not a port", "0 to 65535"),
            ("0.0.0.0:65536", "\"65536\" is not a port", "0 to 65535"),
            ("0.0.0.0:+80", "\"+80\" is not a port", "0 to 65535"),
            ("0.0.0.0:", "\"\" is not a port", "0 to 65535"),
            ("http://0.0.0.0:80", "is a URL", "server.public_url"),
            ("x::1:y:80", "in brackets", "[::1]:8080"),
        ] {
            let wrong = places(text, Path::new("/base")).unwrap_err();
            assert!(wrong.what.contains(what), "{text}: {}", wrong.what);
            assert!(wrong.hint.as_deref().unwrap_or("").contains(hint), "{text}: {:?}", wrong.hint);
        }
    }
}
