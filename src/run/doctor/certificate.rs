//! The certificate that connections are encrypted with. Nothing where none is wanted.

use super::{Check, Checks, database, network};
use crate::acme::{self, Standing};
use crate::clock::rfc3339;
use crate::config::{self, AcmeChallenge, CertificateSource, Config, Listen, PublicUrl};
use crate::net::Certificate;
use crate::run::encryption::{ends_soon, read_own, read_pair};
use crate::run::{Bound, database_file};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

const NAME: &str = "certificate";
const DAY_MS: i64 = 24 * 3_600 * 1_000;

/// Looks at the certificate that `config` names, and whom it is for.
pub async fn examine(config: &Config, now_ms: i64) -> Checks {
    let public_url = config.server.public_url.as_ref();
    match config.tls.as_ref().map(|tls| &tls.certificate) {
        None => Vec::new(),
        Some(CertificateSource::SelfSigned) => vec![own(&config.data.dir)],
        Some(CertificateSource::Files { cert, key }) => match read_pair(cert, key) {
            Ok((_, certificate)) => {
                let is_for = |host: &str| certificate.is_for(host);
                let mut checks = vec![of_operator(&certificate, now_ms)];
                checks.extend(names(public_url, &certificate.names(), is_for));
                checks
            }
            Err(error) => {
                let advice = "put a certificate and its key, as PEM, into the files of tls.cert_file and tls.key_file, \
                    where the user of the service can read them; and run this as that user";
                vec![Check::problem(NAME, format!("{error:#}"), advice)]
            }
        },
        Some(CertificateSource::Acme(wanted)) => {
            let is_for = |host: &str| wanted.domains.iter().any(|domain| covers(domain, host));
            let mut checks = vec![of_authority(config, wanted, now_ms).await];
            checks.extend(names(public_url, &wanted.domains.join(", "), is_for));
            checks.extend(proof(&Bound::configured(config), wanted.challenge).await);
            checks
        }
    }
}

fn of_operator(certificate: &Certificate, now_ms: i64) -> Check {
    let left = left(certificate.not_after_ms, now_ms);
    let found = format!("the one for {} {left}", certificate.names());
    if certificate.not_after_ms <= now_ms {
        return Check::problem(NAME, found, "put a new one into the files of tls.cert_file and tls.key_file");
    }
    if certificate.not_before_ms > now_ms {
        let from = rfc3339(certificate.not_before_ms);
        return Check::problem(NAME, format!("{found}, and only from {from} on"), "wait, or set this machine's clock");
    }
    if ends_soon(certificate, now_ms) {
        let advice = "put a new one into the files of tls.cert_file and tls.key_file before; browsers warn after that";
        return Check::warning(NAME, found, advice);
    }
    Check::ok(NAME, found)
}

fn own(data: &Path) -> Check {
    match read_own(data) {
        Ok(None) => Check::ok(NAME, "there is none yet; the first start makes one of Quibble's own"),
        Ok(Some(certificate)) => {
            let fingerprint = certificate.fingerprint();
            Check::ok(NAME, format!("one of Quibble's own, which browsers warn of once. Its SHA-256 is {fingerprint}"))
        }
        Err(error) => {
            let advice = "run this as the user of the service; the next start makes another where it is damaged";
            Check::warning(NAME, format!("{error:#}"), advice)
        }
    }
}

async fn of_authority(config: &Config, wanted: &config::Acme, now_ms: i64) -> Check {
    if config.database.is_none() && !database_file(&config.data.dir).exists() {
        return Check::ok(NAME, "there is none yet; the first start asks for it");
    }
    let mut inspection = match database::open(config).await {
        Ok(inspection) => inspection,
        Err(check) => return Check { name: NAME, ..check },
    };
    let standing = acme::standing_beside(&mut inspection, wanted, now_ms).await;
    inspection.close().await;
    match standing {
        Ok(standing) => stands(&standing, now_ms),
        Err(error) => {
            let found = format!("the database does not say how it stands: {error}");
            Check::warning(NAME, found, "see what the check of the schema says")
        }
    }
}

fn stands(standing: &Standing, now_ms: i64) -> Check {
    let advice = "`quibble tls test` looks whether the names lead here, `quibble tls status` says what was tried";
    let next = match standing.next_at {
        at if at <= now_ms => "Quibble asks for one as soon as it runs".to_owned(),
        at => format!("the next try is at {}", rfc3339(at)),
    };
    let failed = standing.failed().and_then(|attempt| attempt.problem.as_deref());
    let Some(held) = &standing.held else {
        return match failed {
            Some(problem) => Check::problem(NAME, format!("there is none. {problem} And {next}"), advice),
            None => Check::warning(NAME, format!("there is none yet; {next}"), advice),
        };
    };
    let found = format!("the one of the authority {}", left(held.not_after, now_ms));
    let why = failed.map_or_else(|| next.clone(), |problem| format!("it was not renewed. {problem} And {next}"));
    if held.not_after <= now_ms {
        return Check::problem(NAME, format!("{found}; {why}"), advice);
    }
    if failed.is_some() || now_ms > acme::late_from(held.not_before, held.not_after) {
        return Check::warning(NAME, format!("{found}; {why}"), advice);
    }
    Check::ok(NAME, format!("{found}; {next}"))
}

/// Whether whoever opens the public URL is shown a certificate at all: one that is for others is not.
fn names(public_url: Option<&PublicUrl>, names: &str, is_for: impl Fn(&str) -> bool) -> Option<Check> {
    let public_url = public_url.filter(|url| url.as_str().starts_with("https://"))?;
    let (host, _) = public_url.host_and_port();
    if is_for(host) {
        return None;
    }
    let found = format!("players are sent to {public_url}, and it is for {names}");
    let advice = format!("get one for {host}, too, or set another server.public_url: whoever comes is refused");
    Some(Check::problem(NAME, found, advice))
}

/// Whether `domain`, which may stand for all names one below (`*.example.org`), is `host`.
fn covers(domain: &str, host: &str) -> bool {
    let below = domain.strip_prefix('*').zip(host.split_once('.')).is_some_and(|(parent, (first, rest))| {
        !first.is_empty() && parent.strip_prefix('.').is_some_and(|parent| parent.eq_ignore_ascii_case(rest))
    });
    below || domain.eq_ignore_ascii_case(host)
}

/// Whether this Quibble is at one of the ports at which an authority asks.
async fn proof(bound: &Bound, challenge: AcmeChallenge) -> Option<Check> {
    let is_at = |places: &[Listen], port| places.iter().any(|place| place.port() == Some(port));
    let ports: &[u16] = match challenge {
        AcmeChallenge::Auto => &[80, 443],
        AcmeChallenge::Http => &[80],
        AcmeChallenge::Tls => &[443],
        AcmeChallenge::Dns => return None,
    };
    let wanted = ports.iter().map(u16::to_string).collect::<Vec<_>>().join(" or ");
    for port in ports {
        let configured = if *port == 80 { &bound.plain } else { &bound.encrypted };
        // Systemd may have opened what the configuration does not name.
        let is_here = is_at(configured, *port)
            || network::ask_public(&SocketAddr::from((Ipv4Addr::LOCALHOST, *port)).into()).await.is_some();
        if is_here {
            return Some(Check::ok(NAME, format!("the authority asks at port {wanted}, and Quibble is at {port}")));
        }
    }
    let found = format!("the authority asks at port {wanted}, and Quibble is not there on this machine");
    let advice = "listen there (server.listen for 80, tls.listen for 443, or quibble.socket), let the router pass that port \
        on to this machine, or set acme.challenge = \"dns-01\"";
    Some(Check::warning(NAME, found, advice))
}

fn left(not_after_ms: i64, now_ms: i64) -> String {
    let at = rfc3339(not_after_ms);
    match (not_after_ms - now_ms) / DAY_MS {
        _ if not_after_ms <= now_ms => format!("is out of date since {at}"),
        1 => format!("is valid for 1 more day, until {at}"),
        days => format!("is valid for {days} more days, until {at}"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::CheckState;
    use super::*;
    use crate::net;
    use crate::store::{Attempt, Challenge, HeldCertificate, Outcome, Stage};
    use uuid::Uuid;

    const NOW_MS: i64 = 1_700_000_000_000;

    fn certificate(hosts: &[&str]) -> Certificate {
        let hosts = hosts.iter().map(|host| (*host).to_owned()).collect();
        Certificate::from_pem(&net::self_signed(hosts, NOW_MS).unwrap()).unwrap()
    }

    #[test]
    fn a_certificate_of_an_operator_is_valid_ends_or_has_ended() {
        let certificate = certificate(&["quiz.test"]);
        let ends_at = certificate.not_after_ms;
        let look = |now_ms| of_operator(&certificate, now_ms);
        assert_eq!(look(ends_at - 14 * DAY_MS).state, CheckState::Ok);
        let soon = look(ends_at - 2 * DAY_MS + 1);
        assert_eq!(soon.state, CheckState::Warning);
        assert!(soon.found.starts_with("the one for quiz.test is valid for 1 more day, until 20"), "{}", soon.found);
        let over = look(ends_at);
        assert_eq!(over.state, CheckState::Problem);
        assert!(over.found.contains("is out of date since"), "{}", over.found);
        let early = look(certificate.not_before_ms - 1);
        assert_eq!(early.state, CheckState::Problem);
        assert!(early.found.contains("and only from"), "{}", early.found);
    }

    fn standing(days_left: Option<i64>, failed: bool) -> Standing {
        let held = |days_left| HeldCertificate {
            chain: String::new(),
            private_key: String::new(),
            issued_at: 0,
            not_before: NOW_MS + (days_left - 90) * DAY_MS,
            not_after: NOW_MS + days_left * DAY_MS,
            renewal: None,
            ask_again_at: None,
            wanted_at: None,
        };
        let attempt = |outcome, problem: Option<&str>| Attempt {
            id: Uuid::nil(),
            at: NOW_MS - 1,
            stage: Stage::Production,
            challenge: Challenge::Http01,
            outcome,
            is_exempt: false,
            problem: problem.map(str::to_owned),
        };
        let mut attempts = vec![attempt(Outcome::Issued, None)];
        if failed {
            attempts.push(attempt(Outcome::Failed, Some("The name leads nowhere.")));
        }
        // One that goes on says nothing yet.
        attempts.push(attempt(Outcome::Unfinished, None));
        Standing { held: days_left.map(held), attempts, next_at: NOW_MS + 1 }
    }

    #[test]
    fn a_certificate_of_an_authority_stands_as_the_last_try_left_it() {
        use CheckState::{Ok, Problem, Warning};
        for (days_left, failed, state) in [
            (None, false, Warning),
            (None, true, Problem),
            (Some(60), false, Ok),
            (Some(60), true, Warning),
            (Some(18), false, Ok),
            (Some(17), false, Warning),
            (Some(0), false, Problem),
            (Some(0), true, Problem),
        ] {
            let check = stands(&standing(days_left, failed), NOW_MS);
            assert_eq!(check.state, state, "{days_left:?} {failed}: {}", check.found);
            assert_eq!(check.found.contains("The name leads nowhere."), failed, "{}", check.found);
            assert!(check.found.contains("the next try is at 20"), "{}", check.found);
        }
    }

    #[test]
    fn a_name_stands_for_itself_or_for_those_one_below() {
        for (domain, host, is_covered) in [
            ("quiz.example.org", "quiz.example.org", true),
            ("quiz.example.org", "QUIZ.example.org", true),
            ("quiz.example.org", "example.org", false),
            ("*.example.org", "quiz.example.org", true),
            ("*.example.org", "example.org", false),
            ("*.example.org", "a.b.example.org", false),
            ("*.example.org", ".example.org", false),
            ("*.example.org", "*.example.org", true),
        ] {
            assert_eq!(covers(domain, host), is_covered, "{domain} and {host}");
        }
    }

    #[tokio::test]
    async fn an_authority_is_answered_at_a_port_that_is_configured() {
        let bound = |plain: &str, encrypted: &str| Bound {
            plain: vec![Listen::Tcp(plain.parse().unwrap())],
            encrypted: vec![Listen::Tcp(encrypted.parse().unwrap())],
        };
        let usual = bound("0.0.0.0:80", "[::]:443");
        for challenge in [AcmeChallenge::Auto, AcmeChallenge::Http, AcmeChallenge::Tls] {
            assert_eq!(proof(&usual, challenge).await.unwrap().state, CheckState::Ok, "{challenge:?}");
        }
        assert_eq!(proof(&bound("0.0.0.0:8080", "[::]:443"), AcmeChallenge::Auto).await.unwrap().state, CheckState::Ok);
        assert!(proof(&bound("0.0.0.0:8080", "[::]:8443"), AcmeChallenge::Dns).await.is_none());
    }
}
