//! Who a client is behind proxies, of which only those are believed that are configured.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Once};

use axum::http::{HeaderMap, HeaderName, header};
use ipnet::IpNet;
use ppp::{HeaderResult, PartialResult, v1, v2};
use tokio::io::{AsyncRead, AsyncReadExt};

use super::listener::Peer;

/// How the PROXY protocol begins in its second version, which no other line does, and so many bytes of the first.
const SIGNATURE: [u8; 12] = *b"\r\n\r\n\0\r\nQUIT\n";

/// What goes before the addresses in the second version.
const FIXED_BYTES: usize = 16;

/// A line of the first version at most, in bytes, and a header of the second: addresses and what a load balancer adds.
const LINE_BYTES_MAX: usize = 107;
const HEADER_BYTES_MAX: usize = 4 * 1024;

/// The header in which proxies say whom they speak for, unless another is configured.
pub const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The proxies that are believed. None by default. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Proxies {
    trusted: Arc<[IpNet]>,
    /// Whoever comes by a unix socket is one.
    unix: bool,
    header: HeaderName,
    /// They begin every connection with a header of the PROXY protocol.
    announce: bool,
}

impl Default for Proxies {
    fn default() -> Self {
        Self::new(&[], false, X_FORWARDED_FOR, false)
    }
}

impl Proxies {
    /// Believes proxies at these addresses, and with `unix` whoever comes by a unix socket, what they say in `header`:
    /// `X-Forwarded-For`, or `Forwarded` ([RFC 7239](https://www.rfc-editor.org/rfc/rfc7239)). With `announce` each of their connections begins with a header
    /// of the [PROXY protocol](https://www.haproxy.org/download/3.2/doc/proxy-protocol.txt), version 1 or 2.
    #[must_use]
    pub fn new(trusted: &[IpNet], unix: bool, header: HeaderName, announce: bool) -> Self {
        Self { trusted: trusted.into(), unix, header, announce }
    }

    fn trust_peer(&self, peer: Peer) -> bool {
        match peer {
            Peer::At(address) => self.trust(address.ip()),
            Peer::Unix => self.unix,
        }
    }

    fn trust(&self, address: IpAddr) -> bool {
        self.trusted.iter().any(|network| network.contains(&address.to_canonical()))
    }

    /// Whether a connection from there begins with a header of the PROXY protocol.
    pub(super) fn are_announced_by(&self, peer: Peer) -> bool {
        self.announce && self.trust_peer(peer)
    }

    /// The client of a request that came from `peer`: of the addresses that proxies have added, the last one that is not a
    /// proxy's own. What stands before it, anybody can have written.
    pub(super) fn client(&self, peer: Peer, headers: &HeaderMap) -> SocketAddr {
        if !self.trust_peer(peer) {
            if headers.contains_key(&self.header) {
                static TOLD: Once = Once::new();
                TOLD.call_once(|| {
                    tracing::warn!(%peer, "it speaks for others, and is not believed: a proxy belongs in server.trusted_proxies");
                });
            }
            return peer.address();
        }
        let mut client = peer.address();
        let mut hops = self.hops(headers);
        // A proxy that hides its client, or says something else, is the client as far as anybody knows.
        while let Some(Some(before)) = hops.pop() {
            client = SocketAddr::new(before.to_canonical(), 0);
            if !self.trust(client.ip()) {
                break;
            }
        }
        client
    }

    /// Who spoke for whom, the last one last. None for what is no address.
    fn hops(&self, headers: &HeaderMap) -> Vec<Option<IpAddr>> {
        let lines = headers.get_all(&self.header).into_iter().map(|line| line.to_str().unwrap_or_default());
        let entries = lines.flat_map(|line| line.split(','));
        if self.header == header::FORWARDED {
            entries.map(|entry| entry.split(';').find_map(forwarded_for)).collect()
        } else {
            entries.map(|entry| node(entry.trim())).collect()
        }
    }
}

/// `for=192.0.2.60`, `for="[2001:db8::17]:4711"`
fn forwarded_for(pair: &str) -> Option<IpAddr> {
    let (name, value) = pair.split_once('=')?;
    let is_for = name.trim().eq_ignore_ascii_case("for");
    is_for.then(|| node(value.trim().trim_matches('"')))?
}

/// An address, with a port or without.
fn node(text: &str) -> Option<IpAddr> {
    let bracketed = text.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    match bracketed {
        Some((address, _)) => address.parse().ok(),
        None => text.parse().ok().or_else(|| text.parse().map(|address: SocketAddr| address.ip()).ok()),
    }
}

/// Reads the header that a proxy begins a connection with, and no byte more. None: the proxy speaks for itself.
///
/// # Errors
/// When the connection begins otherwise, or ends.
pub(super) async fn announced(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<SocketAddr>> {
    let mut read = vec![0; SIGNATURE.len()];
    stream.read_exact(&mut read).await?;
    if read == SIGNATURE {
        read.resize(FIXED_BYTES, 0);
        stream.read_exact(&mut read[SIGNATURE.len()..]).await?;
        let length = usize::from(u16::from_be_bytes([read[FIXED_BYTES - 2], read[FIXED_BYTES - 1]]));
        if length > HEADER_BYTES_MAX {
            return Err(no_header());
        }
        read.resize(FIXED_BYTES + length, 0);
        stream.read_exact(&mut read[FIXED_BYTES..]).await?;
    } else {
        while !read.ends_with(b"\r\n") {
            if read.len() == LINE_BYTES_MAX {
                return Err(no_header());
            }
            read.push(stream.read_u8().await?);
        }
    }
    parsed(&read)
}

fn parsed(header: &[u8]) -> io::Result<Option<SocketAddr>> {
    let parsed = HeaderResult::parse(header);
    if parsed.is_incomplete() {
        return Err(no_header());
    }
    match parsed {
        HeaderResult::V1(Ok(v1::Header { addresses, .. })) => Ok(match addresses {
            v1::Addresses::Tcp4(pair) => Some((pair.source_address, pair.source_port).into()),
            v1::Addresses::Tcp6(pair) => Some((pair.source_address, pair.source_port).into()),
            v1::Addresses::Unknown => None,
        }),
        HeaderResult::V2(Ok(v2::Header { command: v2::Command::Local, .. })) => Ok(None),
        HeaderResult::V2(Ok(v2::Header { addresses, .. })) => Ok(match addresses {
            v2::Addresses::IPv4(pair) => Some((pair.source_address, pair.source_port).into()),
            v2::Addresses::IPv6(pair) => Some((pair.source_address, pair.source_port).into()),
            v2::Addresses::Unix(_) | v2::Addresses::Unspecified => None,
        }),
        HeaderResult::V1(Err(_)) | HeaderResult::V2(Err(_)) => Err(no_header()),
    }
}

fn no_header() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "a proxy did not begin with a header of the PROXY protocol")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PEER: &str = "10.0.0.1:1000";

    fn proxies(header: HeaderName) -> Proxies {
        let trusted = ["10.0.0.0/8", "fd00::/8"].map(|network| network.parse().unwrap());
        Proxies::new(&trusted, true, header, true)
    }

    fn client(header: HeaderName, peer: &str, lines: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(header.clone(), line.parse().unwrap());
        }
        let peer = if peer == "unix:" { Peer::Unix } else { Peer::At(peer.parse().unwrap()) };
        proxies(header).client(peer, &headers).ip().to_string()
    }

    #[test]
    fn the_client_is_the_last_one_that_is_no_proxy() {
        for (peer, lines, expected) in [
            (PEER, &["203.0.113.9"][..], "203.0.113.9"),
            (PEER, &["198.51.100.1, 203.0.113.9"], "203.0.113.9"),
            (PEER, &["198.51.100.1", "203.0.113.9, 10.2.2.2"], "203.0.113.9"),
            (PEER, &["198.51.100.1, 203.0.113.9:4711"], "203.0.113.9"),
            (PEER, &["[2001:db8::1]:80"], "2001:db8::1"),
            (PEER, &["2001:db8::1"], "2001:db8::1"),
            (PEER, &["::ffff:203.0.113.9"], "203.0.113.9"),
            ("[fd00::1]:1", &["203.0.113.9"], "203.0.113.9"),
            // All are proxies: the first of them is as near as anybody comes.
            (PEER, &["10.9.9.9, 10.8.8.8"], "10.9.9.9"),
            (PEER, &[], "10.0.0.1"),
            // What is no address hides what stands before it.
            (PEER, &["203.0.113.9, unknown"], "10.0.0.1"),
            (PEER, &["203.0.113.9, unknown, 10.8.8.8"], "10.8.8.8"),
            (PEER, &[""], "10.0.0.1"),
            ("unix:", &["198.51.100.1, 203.0.113.9"], "203.0.113.9"),
            ("unix:", &["203.0.113.9, 10.2.2.2"], "203.0.113.9"),
            ("unix:", &[], "127.0.0.1"),
            // Nobody else is believed.
            ("192.0.2.1:1", &["203.0.113.9"], "192.0.2.1"),
            ("192.0.2.1:1", &["10.0.0.1"], "192.0.2.1"),
        ] {
            assert_eq!(client(X_FORWARDED_FOR, peer, lines), expected, "{peer} {lines:?}");
        }
    }

    #[test]
    fn the_standard_header_is_read_where_it_is_chosen() {
        for (line, expected) in [
            ("for=203.0.113.9", "203.0.113.9"),
            ("for=198.51.100.1;proto=https, By=10.0.0.7; For=\"203.0.113.9:80\"", "203.0.113.9"),
            ("for=\"[2001:db8::1]:80\"", "2001:db8::1"),
            ("for=203.0.113.9, for=_hidden", "10.0.0.1"),
            ("proto=https", "10.0.0.1"),
        ] {
            assert_eq!(client(header::FORWARDED, PEER, &[line]), expected, "{line}");
        }
        let mut both = HeaderMap::new();
        both.insert(header::FORWARDED, "for=203.0.113.9".parse().unwrap());
        let believed = proxies(X_FORWARDED_FOR).client(Peer::At(PEER.parse().unwrap()), &both);
        assert_eq!(believed.to_string(), PEER, "a proxy passes on what it does not know");
    }

    #[tokio::test]
    async fn a_header_of_the_proxy_protocol_is_read_to_its_end_and_not_further() {
        let v2 = |command: u8, family: u8, rest: &[u8]| {
            let mut bytes = SIGNATURE.to_vec();
            bytes.extend([command, family]);
            bytes.extend(u16::try_from(rest.len()).unwrap().to_be_bytes());
            bytes.extend(rest);
            bytes
        };
        let pair = [203, 0, 113, 9, 10, 0, 0, 1, 0x12, 0x67, 0, 80];
        let with_more = [&pair[..], &[4, 0, 1, 7]].concat();
        for (header, expected) in [
            (b"PROXY TCP4 203.0.113.9 10.0.0.1 4711 80\r\n".to_vec(), Some("203.0.113.9:4711")),
            (b"PROXY TCP6 2001:db8::1 fd00::1 4711 80\r\n".to_vec(), Some("[2001:db8::1]:4711")),
            (b"PROXY UNKNOWN\r\n".to_vec(), None),
            (v2(0x21, 0x11, &pair), Some("203.0.113.9:4711")),
            (v2(0x21, 0x11, &with_more), Some("203.0.113.9:4711")),
            (v2(0x20, 0x00, &[]), None),
        ] {
            let bytes = [&header[..], b"GET / HTTP/1.1\r\n"].concat();
            let mut stream = &bytes[..];
            let client = announced(&mut stream).await.unwrap();
            assert_eq!(client.map(|client| client.to_string()).as_deref(), expected, "{header:?}");
            assert_eq!(stream, b"GET / HTTP/1.1\r\n");
        }
        let long = format!("PROXY TCP4 {}\r\n", "1".repeat(LINE_BYTES_MAX));
        for wrong in [
            b"GET / HTTP/1.1\r\nhost: x\r\n\r\n".to_vec(),
            b"PROXY TCP4 1.2.3.4 5.6.7.8 1 99999\r\n".to_vec(),
            b"PROXY TCP4 203.0".to_vec(),
            long.into_bytes(),
            v2(0x21, 0x11, &pair[..8]),
            v2(0x21, 0x11, &vec![0; HEADER_BYTES_MAX + 1]),
            vec![],
        ] {
            assert!(announced(&mut &wrong[..]).await.is_err(), "{wrong:?}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_written_the_client_is_the_peer_where_that_is_no_proxy(line in "[ -~]{0,80}") {
            for header in [X_FORWARDED_FOR, header::FORWARDED] {
                prop_assert_eq!(client(header.clone(), "192.0.2.1:1", &[&line]), "192.0.2.1");
                // And nothing that is written before the address that a proxy adds changes anything.
                let added = if header == X_FORWARDED_FOR { "203.0.113.9" } else { "for=203.0.113.9" };
                prop_assert_eq!(client(header, PEER, &[&line, added]), "203.0.113.9");
            }
        }

        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let _ = runtime.block_on(announced(&mut &bytes[..]));
            let _ = runtime.block_on(announced(&mut &[&SIGNATURE[..], &bytes].concat()[..]));
        }
    }
}
