//! The addresses at which phones in the same network find us.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

use if_addrs::IfOperStatus;

use crate::config::Listen;

/// URLs without a path that other devices can open, the likeliest first: `http://192.168.1.5:8080`. `scheme` is what
/// the listeners speak, `http` or `https`.
///
/// A listener on "any" address stands for those of this machine's interfaces: private IPv4 first, then public IPv4,
/// then bridges to containers and virtual machines; IPv6 only where there is no IPv4 (nobody likes to type it), and
/// link-local addresses only where there is nothing else. Loopback is never among them. Empty when nobody else can
/// reach us.
#[must_use]
pub fn lan_urls(scheme: &str, listen: &[Listen]) -> Vec<String> {
    let listen: Vec<_> = listen.iter().filter_map(Listen::tcp).collect();
    urls(scheme, &listen, &interfaces())
}

/// The names and addresses by which this machine and its network know it, for a certificate.
pub fn own_hosts() -> Vec<String> {
    let reachable = interfaces().into_iter().filter(|(name, ip)| reach(name, *ip).is_some());
    let own = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
    let addresses = own.into_iter().chain(reachable.map(|(_, ip)| ip.to_canonical()));
    std::iter::once("localhost".to_owned()).chain(addresses.map(|ip| ip.to_string())).collect()
}

/// The addresses of this machine, with the names of their interfaces.
fn interfaces() -> Vec<(String, IpAddr)> {
    let interfaces = match if_addrs::get_if_addrs() {
        Ok(interfaces) => interfaces,
        // A unit of systemd need not have the right to read them.
        Err(error) => {
            tracing::debug!(%error, "cannot read the addresses of this machine");
            return ways_out();
        }
    };
    interfaces
        .into_iter()
        .filter(|interface| {
            !matches!(
                interface.oper_status,
                IfOperStatus::Down | IfOperStatus::NotPresent | IfOperStatus::LowerLayerDown
            )
        })
        .map(|interface| (interface.name.clone(), interface.ip()))
        .collect()
}

/// The addresses of this machine, as far as it tells them.
#[must_use]
pub fn own_addresses() -> Vec<IpAddr> {
    match if_addrs::get_if_addrs() {
        Ok(interfaces) => interfaces.iter().map(|interface| interface.ip().to_canonical()).collect(),
        Err(_) => ways_out().into_iter().map(|(_, ip)| ip).collect(),
    }
}

/// The addresses from which this machine would reach others. Nothing is sent to learn them: the destinations are those of
/// documentation (RFC 5737, RFC 3849).
fn ways_out() -> Vec<(String, IpAddr)> {
    let out = |from: IpAddr, to: IpAddr| {
        let socket = UdpSocket::bind((from, 0)).ok()?;
        socket.connect((to, 9)).ok()?;
        Some((String::new(), socket.local_addr().ok()?.ip()))
    };
    let v4 = out(Ipv4Addr::UNSPECIFIED.into(), Ipv4Addr::new(192, 0, 2, 1).into());
    let v6 = out(Ipv6Addr::UNSPECIFIED.into(), Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1).into());
    v4.into_iter().chain(v6).collect()
}

/// How likely a phone in the room can use an address, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Reach {
    PrivateIpv4,
    PublicIpv4,
    Bridge,
    Ipv6,
    LinkLocal,
}

fn urls(scheme: &str, listen: &[SocketAddr], interfaces: &[(String, IpAddr)]) -> Vec<String> {
    let mut found: Vec<(Reach, SocketAddr)> = Vec::new();
    for listener in listen {
        if !listener.ip().is_unspecified() {
            found.extend(reach("", listener.ip()).map(|reach| (reach, *listener)));
            continue;
        }
        let same_family = interfaces.iter().filter(|(_, ip)| ip.is_ipv4() == listener.is_ipv4());
        found.extend(
            same_family.filter_map(|(name, ip)| Some((reach(name, *ip)?, SocketAddr::new(*ip, listener.port())))),
        );
    }
    // A stable sort: within one kind, the system's and the operator's order count.
    found.sort_by_key(|(reach, _)| *reach);
    let best = found.first().map(|(reach, _)| *reach);
    found.retain(|(reach, _)| match reach {
        Reach::PrivateIpv4 | Reach::PublicIpv4 | Reach::Bridge => true,
        Reach::Ipv6 | Reach::LinkLocal => Some(*reach) == best,
    });
    let mut urls = Vec::with_capacity(found.len());
    for (_, address) in found {
        let url = url(scheme, address);
        if !urls.contains(&url) {
            urls.push(url);
        }
    }
    urls
}

fn reach(interface: &str, ip: IpAddr) -> Option<Reach> {
    let ip = ip.to_canonical();
    if ip.is_loopback() || ip.is_unspecified() || ip.is_multicast() {
        return None;
    }
    Some(match ip {
        IpAddr::V4(ip) if ip.is_link_local() => Reach::LinkLocal,
        // Without its interface's number, which means nothing on a phone, such an address does not even work.
        IpAddr::V6(ip) if ip.is_unicast_link_local() => return None,
        _ if is_bridge(interface) => Reach::Bridge,
        IpAddr::V4(ip) if ip.is_private() || is_shared(ip) => Reach::PrivateIpv4,
        IpAddr::V4(_) => Reach::PublicIpv4,
        IpAddr::V6(_) => Reach::Ipv6,
    })
}

/// Carrier-grade and overlay networks: 100.64.0.0/10 ([RFC 6598](https://www.rfc-editor.org/rfc/rfc6598)).
fn is_shared(ip: Ipv4Addr) -> bool {
    let [first, second, ..] = ip.octets();
    first == 100 && (64..128).contains(&second)
}

/// Interfaces that container engines and virtual machines make on their host.
fn is_bridge(interface: &str) -> bool {
    const PREFIXES: [&str; 12] =
        ["docker", "br-", "veth", "virbr", "podman", "cni", "flannel", "cali", "lxc", "lxdbr", "vboxnet", "vmnet"];
    PREFIXES.iter().any(|prefix| interface.starts_with(prefix)) || interface.starts_with("vEthernet")
}

fn url(scheme: &str, address: SocketAddr) -> String {
    let default_port = if scheme == "https" { 443 } else { 80 };
    match (address, address.port()) {
        (SocketAddr::V4(address), port) if port == default_port => format!("{scheme}://{}", address.ip()),
        (SocketAddr::V6(address), port) if port == default_port => format!("{scheme}://[{}]", address.ip()),
        (SocketAddr::V4(address), port) => format!("{scheme}://{}:{port}", address.ip()),
        (SocketAddr::V6(address), port) => format!("{scheme}://[{}]:{port}", address.ip()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOST: [(&str, &str); 9] = [
        ("lo", "127.0.0.1"),
        ("docker0", "172.17.0.1"),
        ("eth1", "203.0.113.9"),
        ("wlan0", "192.168.1.5"),
        ("eth0", "169.254.7.7"),
        ("eth2", "10.0.0.8"),
        ("lo", "::1"),
        ("wlan0", "fe80::5"),
        ("wlan0", "fd00::5"),
    ];

    #[track_caller]
    fn check(listen: &[&str], interfaces: &[(&str, &str)], expected: &[&str]) {
        let listen: Vec<SocketAddr> = listen.iter().map(|text| text.parse().unwrap()).collect();
        let interfaces: Vec<_> =
            interfaces.iter().map(|(name, ip)| ((*name).to_owned(), ip.parse().unwrap())).collect();
        assert_eq!(urls("http", &listen, &interfaces), expected);
    }

    #[test]
    fn the_likeliest_address_comes_first() {
        let expected =
            ["http://192.168.1.5:8080", "http://10.0.0.8:8080", "http://203.0.113.9:8080", "http://172.17.0.1:8080"];
        check(&["0.0.0.0:8080"], &HOST, &expected);
        check(&["0.0.0.0:8080", "[::]:8080"], &HOST, &expected);
        check(&["[::]:8080", "0.0.0.0:8080", "127.0.0.1:9"], &HOST, &expected);
    }

    #[test]
    fn link_local_and_ipv6_only_when_there_is_nothing_else() {
        check(&["0.0.0.0:80"], &HOST[4..5], &["http://169.254.7.7"]);
        check(&["[::]:80"], &HOST, &["http://[fd00::5]"]);
        check(&["[::]:8080", "0.0.0.0:8080"], &HOST[6..], &["http://[fd00::5]:8080"]);
        check(&["[::]:8080"], &HOST[7..8], &[]);
    }

    #[test]
    fn a_chosen_address_stands_for_itself() {
        check(&["192.168.1.5:80", "0.0.0.0:8080"], &HOST[3..4], &["http://192.168.1.5", "http://192.168.1.5:8080"]);
        check(&["10.9.9.9:8080", "10.9.9.9:8080"], &HOST, &["http://10.9.9.9:8080"]);
        check(&["127.0.0.1:8080", "[::1]:8080"], &HOST, &[]);
        check(&["100.64.0.1:1", "100.128.0.1:1"], &[], &["http://100.64.0.1:1", "http://100.128.0.1:1"]);
    }

    #[test]
    fn a_port_that_a_browser_tries_by_itself_is_left_out() {
        let wifi = [("wlan0".to_owned(), "192.168.1.5".parse().unwrap())];
        for (scheme, port, url) in [
            ("http", 80, "http://192.168.1.5"),
            ("http", 443, "http://192.168.1.5:443"),
            ("https", 443, "https://192.168.1.5"),
            ("https", 80, "https://192.168.1.5:80"),
        ] {
            assert_eq!(urls(scheme, &[SocketAddr::from(([0, 0, 0, 0], port))], &wifi), [url]);
        }
    }

    #[test]
    fn this_machine_can_be_asked() {
        assert!(
            lan_urls("http", &[Listen::Tcp("0.0.0.0:8080".parse().unwrap())])
                .iter()
                .all(|url| url.starts_with("http://") && !url.contains("127.0.0.1"))
        );
    }

    #[test]
    fn the_ways_out_are_addresses_of_this_machine() {
        let own: Vec<IpAddr> = if_addrs::get_if_addrs().unwrap().into_iter().map(|interface| interface.ip()).collect();
        let out = ways_out();
        assert!(out.len() <= 2);
        for (_, address) in out {
            assert!(own.contains(&address), "{address} is none of {own:?}");
        }
    }
}
