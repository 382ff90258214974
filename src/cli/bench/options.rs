//! What is asked of a measurement.

use clap::Args;
use clap::builder::RangedU64ValueParser;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::time::Duration;

/// Addresses of 127.0.0.0/8 that phones may come from.
const FROM_ADDRESSES_MAX: u64 = 65_000;

/// Where a load comes from, where it goes, and how much of it.
#[derive(Debug, Args)]
pub struct Options {
    /// The server, such as http://127.0.0.1:8080
    #[arg(long, value_name = "URL", value_parser = Target::parse)]
    pub url: Target,
    /// Trust the certificate authorities in this file (PEM) for https:// instead of those that browsers trust; one that
    /// signed itself is its own
    #[arg(long, value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
    /// An API token of a host, or the server's DEV_AUTH_TOKEN; several hosts share the games
    #[arg(long = "token", value_name = "TOKEN", required = true)]
    pub tokens: Vec<String>,
    /// Players of all games together
    #[arg(long, default_value_t = 100, value_parser = within(1, 1_000_000))]
    pub players: usize,
    /// Connected phones of each player; the first of them answers
    #[arg(long, default_value_t = 1, value_parser = within(1, 8))]
    pub devices: usize,
    /// Games at the same time, with the players shared out
    #[arg(long, default_value_t = 1, value_parser = within(1, 10_000))]
    pub games: usize,
    /// Questions of each game
    #[arg(long, default_value_t = 5, value_parser = within(1, 50))]
    pub questions: usize,
    /// The span in which everybody answers a question, and in which phones come back, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 1_000, value_parser = RangedU64ValueParser::<u64>::new().range(0..=600_000))]
    spread_ms: u64,
    /// Phones that never read what they are sent, in percent
    #[arg(long, value_name = "PERCENT", default_value_t = 0, value_parser = within(0, 99))]
    pub slow: usize,
    /// Phones that drop their connection after each answer and come back, in percent
    #[arg(long, value_name = "PERCENT", default_value_t = 0, value_parser = within(0, 100))]
    pub resume: usize,
    /// Let phones come from this many addresses of this machine, from 127.0.0.2 on: each has some 28,000 ports, and the
    /// server lets only so many join a game from one
    #[arg(long, value_name = "N", value_parser = within(1, FROM_ADDRESSES_MAX))]
    pub from_addresses: Option<usize>,
    /// The server's process on this machine: its CPU time and memory are measured, too (Linux)
    #[arg(long)]
    pub pid: Option<u32>,
    /// Print JSON instead of a table
    #[arg(long)]
    pub json: bool,
}

/// A server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// By HTTPS.
    pub is_encrypted: bool,
    /// The name or address and the port, as the `Host` header has them.
    pub authority: String,
}

impl Options {
    /// The span in which a question is answered.
    pub fn spread(&self) -> Duration {
        Duration::from_millis(self.spread_ms)
    }

    /// Connected phones of all players.
    pub fn phones(&self) -> usize {
        self.players * self.devices
    }

    /// Whether this phone never reads. They are spread evenly.
    pub fn is_slow(&self, phone: usize) -> bool {
        is_chosen(phone, self.slow)
    }

    /// The address that a player's phones come from. None leaves it to the system.
    pub fn address_of(&self, player: usize) -> Option<IpAddr> {
        let addresses = self.from_addresses?;
        let place = u32::try_from(player % addresses).unwrap_or(0);
        Some(IpAddr::V4(Ipv4Addr::from(u32::from(Ipv4Addr::new(127, 0, 0, 2)) + place)))
    }
}

impl Target {
    /// Reads an address such as `http://127.0.0.1:8080`.
    ///
    /// # Errors
    /// In words, for anything else.
    fn parse(text: &str) -> Result<Self, String> {
        let encrypted = text.strip_prefix("https://");
        let rest = encrypted.or(text.strip_prefix("http://")).ok_or("an address begins with http:// or https://")?;
        let authority = rest.strip_suffix('/').unwrap_or(rest);
        if authority.is_empty() || authority.contains(['/', '?', '#', '@']) {
            return Err("an address is a host and perhaps a port, such as http://127.0.0.1:8080".to_owned());
        }
        let is_encrypted = encrypted.is_some();
        let has_port = authority.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
        let default_port = if is_encrypted { 443 } else { 80 };
        let authority = if has_port { authority.to_owned() } else { format!("{authority}:{default_port}") };
        Ok(Self { is_encrypted, authority })
    }
}

/// Whether the one at this place belongs to so many percent that are spread evenly.
pub fn is_chosen(place: usize, percent: usize) -> bool {
    (place + 1) * percent / 100 > place * percent / 100
}

fn within(least: u64, most: u64) -> RangedU64ValueParser<usize> {
    RangedU64ValueParser::new().range(least..=most)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        options: Options,
    }

    fn parse(more: &[&str]) -> Result<Options, String> {
        let least = ["bench", "--url", "http://127.0.0.1:8080", "--token", "secret"];
        let line = Line::try_parse_from(least.iter().chain(more));
        line.map(|line| line.options).map_err(|error| error.to_string())
    }

    #[test]
    fn little_needs_to_be_said() {
        let options = parse(&[]).unwrap();
        assert_eq!((options.phones(), options.games, options.questions), (100, 1, 5));
        assert_eq!(options.spread(), Duration::from_secs(1));
        assert_eq!(options.address_of(7), None);
        assert!(Line::try_parse_from(["bench", "--url", "http://127.0.0.1:8080"]).is_err(), "a token is needed");
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for wrong in [
            ["--players", "0"],
            ["--players", "many"],
            ["--devices", "9"],
            ["--games", "0"],
            ["--questions", "51"],
            ["--slow", "100"],
            ["--resume", "101"],
            ["--spread-ms", "600001"],
            ["--from-addresses", "0"],
            ["--pid", "-1"],
        ] {
            assert!(parse(&wrong).is_err(), "{wrong:?}");
        }
        assert!(parse(&["--questions", "50", "--slow", "99", "--resume", "100", "--devices", "8"]).is_ok());
    }

    #[test]
    fn an_address_is_a_scheme_and_a_host() {
        for (text, is_encrypted, authority) in [
            ("http://quiz.test", false, "quiz.test:80"),
            ("http://[::1]:8080/", false, "[::1]:8080"),
            ("https://quiz.test", true, "quiz.test:443"),
            ("https://quiz.test:8443", true, "quiz.test:8443"),
        ] {
            let target = Target { is_encrypted, authority: authority.to_owned() };
            assert_eq!(Target::parse(text), Ok(target), "{text}");
        }
        for wrong in ["quiz.test", "http://", "https:///", "http://quiz.test/host", "http://me@quiz.test", "ws://quiz"]
        {
            assert!(Target::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_chosen_are_as_many_as_asked_and_spread() {
        for percent in [0, 1, 20, 50, 99, 100] {
            assert_eq!((0..200).filter(|place| is_chosen(*place, percent)).count(), percent * 2);
        }
        let half: Vec<_> = (0..6).map(|place| is_chosen(place, 50)).collect();
        assert_eq!(half, [false, true, false, true, false, true]);
    }

    #[test]
    fn phones_come_from_the_addresses_in_turn() {
        let options = parse(&["--from-addresses", "300"]).unwrap();
        let address = |player| options.address_of(player).unwrap().to_string();
        assert_eq!(
            [address(0), address(1), address(299), address(300)],
            ["127.0.0.2".to_owned(), "127.0.0.3".to_owned(), "127.0.1.45".to_owned(), "127.0.0.2".to_owned(),]
        );
    }
}
