//! The certificate that this process shows where none comes from an authority: files, or one of its own, and how a new one
//! takes its place.

use super::folder::write_private;
use super::make_private_dir;
use crate::acme;
use crate::clock::{Clock, rfc3339};
use crate::config::{CertificateSource, Config};
use crate::net::{self, Certificate, Certificates, Pem};
use anyhow::Context;
use prometheus::IntGauge;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

/// How often the files of the certificate are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(10);

/// The largest file of a certificate or a key, in bytes.
const FILE_BYTES_MAX: u64 = 256 * 1024;

/// A certificate of our own making is replaced when it is valid for less than this.
const RENEW_BEFORE_MS: i64 = 30 * DAY_MS;

/// An operator hears of the end of a certificate this long before it, and every day from then on.
const WARN_BEFORE_MS: i64 = 14 * DAY_MS;
const DAY_MS: i64 = 24 * 3_600 * 1_000;

/// The certificate that this process shows, and where it comes from.
pub(super) struct Encryption {
    shown: Certificates,
    source: Source,
    clock: Clock,
    /// What is shown.
    pem: Option<Pem>,
    /// What was wrong with the files when they were looked at last.
    trouble: Option<String>,
    warned_at_ms: i64,
    not_after: IntGauge,
}

enum Source {
    Files {
        cert: PathBuf,
        key: PathBuf,
    },
    /// Made by us for these hosts, and kept in this file, so that whoever trusts it does so once.
    Own {
        file: PathBuf,
        hosts: Vec<String>,
    },
}

impl Encryption {
    /// Reads the certificate, or makes it, and shows it. None: it comes from an authority, or there is to be none.
    ///
    /// # Errors
    /// In words, when there is none that could be shown.
    pub fn begin(
        config: &Config,
        shown: &Certificates,
        clock: &Clock,
        not_after: &IntGauge,
    ) -> anyhow::Result<Option<Self>> {
        let source = match config.tls.as_ref().map(|tls| &tls.certificate) {
            None | Some(CertificateSource::Acme(_)) => return Ok(None),
            Some(CertificateSource::Files { cert, key }) => {
                #[cfg(unix)]
                warn_if_others_read(key);
                Source::Files { cert: cert.clone(), key: key.clone() }
            }
            Some(CertificateSource::SelfSigned) => {
                make_private_dir(&config.data.dir.join("tls"))?;
                Source::Own { file: own_file(&config.data.dir), hosts: net::own_hosts() }
            }
        };
        Self::show_from(source, shown.clone(), clock, not_after.clone()).map(Some)
    }

    fn show_from(source: Source, shown: Certificates, clock: &Clock, not_after: IntGauge) -> anyhow::Result<Self> {
        let (pem, certificate) = source.read(clock.now_ms())?;
        let mut this =
            Self { shown, source, clock: clock.clone(), pem: None, trouble: None, warned_at_ms: 0, not_after };
        this.show(pem, certificate);
        this.warn_of_end();
        Ok(this)
    }

    /// Looks for another certificate now and then, and at once when told to. The one that is shown stays until there is
    /// one that can take its place.
    pub async fn keep_fresh(mut self, told: Arc<Notify>, stop: CancellationToken) {
        let mut due = interval(LOOK_EVERY);
        due.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = due.tick() => {}
                () = told.notified() => {}
                () = stop.cancelled() => return,
            }
            self.look();
            self.warn_of_end();
        }
    }

    fn look(&mut self) {
        let now_ms = self.clock.now_ms();
        let trouble = match self.source.read(now_ms) {
            Ok((pem, _)) if self.pem.as_ref() == Some(&pem) => None,
            Ok((_, new)) if new.not_after_ms <= now_ms && self.ends_at_ms() > now_ms => {
                Some(format!("it is out of date since {}", rfc3339(new.not_after_ms)))
            }
            Ok((pem, certificate)) => {
                self.show(pem, certificate);
                None
            }
            Err(error) => Some(format!("{error:#}")),
        };
        if let Some(trouble) = trouble.as_ref().filter(|trouble| self.trouble.as_ref() != Some(trouble)) {
            tracing::error!(trouble, "the new certificate cannot be shown, the old one stays");
        }
        self.trouble = trouble;
    }

    fn show(&mut self, pem: Pem, certificate: Certificate) {
        tracing::info!(
            names = certificate.names(),
            not_after = rfc3339(certificate.not_after_ms),
            sha256 = certificate.fingerprint(),
            "a certificate is shown to those who connect"
        );
        self.not_after.set(certificate.not_after_ms / 1_000);
        self.pem = Some(pem);
        self.shown.show(certificate);
    }

    fn ends_at_ms(&self) -> i64 {
        self.shown.shown().map_or(0, |shown| shown.not_after_ms)
    }

    fn warn_of_end(&mut self) {
        let now_ms = self.clock.now_ms();
        let ends_at_ms = self.ends_at_ms();
        let ends_soon = self.shown.shown().is_some_and(|shown| ends_soon(&shown, now_ms));
        if !ends_soon || now_ms - self.warned_at_ms < DAY_MS {
            return;
        }
        self.warned_at_ms = now_ms;
        let not_after = rfc3339(ends_at_ms);
        if ends_at_ms <= now_ms {
            tracing::error!(not_after, "the certificate is out of date: browsers warn of this server");
        } else {
            tracing::warn!(not_after, "the certificate is out of date soon");
        }
    }
}

/// Whether an operator should have replaced a certificate by now: 14 days before its end, or later where it is for a
/// shorter time.
pub(super) fn ends_soon(certificate: &Certificate, now_ms: i64) -> bool {
    let Certificate { not_before_ms, not_after_ms, .. } = *certificate;
    now_ms > (not_after_ms - WARN_BEFORE_MS).max(acme::late_from(not_before_ms, not_after_ms))
}

impl Source {
    fn read(&self, now_ms: i64) -> anyhow::Result<(Pem, Certificate)> {
        match self {
            Self::Files { cert, key } => read_pair(cert, key),
            Self::Own { file, hosts } => {
                // What cannot be read may be what people trust. What is damaged is not.
                let kept = kept(file)?.and_then(|pem| Some((Certificate::from_pem(&pem).ok()?, pem)));
                if let Some((certificate, pem)) = kept
                    && certificate.not_after_ms - now_ms > RENEW_BEFORE_MS
                {
                    return Ok((pem, certificate.for_all()));
                }
                let made = net::self_signed(hosts.clone(), now_ms).context("a certificate cannot be made")?;
                let text = [made.chain, made.key].concat();
                write_private(file, &text).with_context(|| format!("{} cannot be written", file.display()))?;
                let pem = in_one_file(text);
                let certificate = Certificate::from_pem(&pem)?.for_all();
                Ok((pem, certificate))
            }
        }
    }
}

/// A certificate and its key, which have to belong together.
///
/// # Errors
/// In words, when they do not, or cannot be read.
pub fn read_pair(cert: &Path, key: &Path) -> anyhow::Result<(Pem, Certificate)> {
    let pem = Pem { chain: read(cert)?, key: read(key)? };
    let certificate =
        Certificate::from_pem(&pem).with_context(|| format!("with {} and {}", cert.display(), key.display()))?;
    Ok((pem, certificate))
}

/// The certificate of our own making in a data folder, if there is one.
///
/// # Errors
/// In words, when it cannot be read.
pub fn read_own(data: &Path) -> anyhow::Result<Option<Certificate>> {
    let file = own_file(data);
    let certificate = kept(&file)?.map(|pem| Certificate::from_pem(&pem)).transpose();
    certificate.with_context(|| format!("with {}", file.display()))
}

/// What a file of our own making has, if it is there.
fn kept(file: &Path) -> anyhow::Result<Option<Pem>> {
    let is_there = file.try_exists().with_context(|| format!("{} cannot be read", file.display()))?;
    if is_there { Ok(Some(in_one_file(read(file)?))) } else { Ok(None) }
}

/// Certificate and key stand in it below each other.
fn in_one_file(text: Vec<u8>) -> Pem {
    Pem { chain: text.clone(), key: text }
}

/// The file of it.
fn own_file(data: &Path) -> PathBuf {
    data.join("tls").join("self-signed.pem")
}

fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let opened = File::open(file).and_then(|opened| opened.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes));
    opened.with_context(|| format!("{} cannot be read", file.display()))?;
    anyhow::ensure!(bytes.len() as u64 <= FILE_BYTES_MAX, "{} is too large for PEM", file.display());
    Ok(bytes)
}

#[cfg(unix)]
fn warn_if_others_read(key: &Path) {
    if let Ok(about) = std::fs::metadata(key)
        && std::os::unix::fs::PermissionsExt::mode(&about.permissions()) & 0o007 != 0
    {
        tracing::warn!(file = %key.display(), "everybody on this machine can read the key of the certificate");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    const NOW_MS: i64 = 1_700_000_000_000;

    struct Files {
        dir: TempDir,
        clock: Clock,
    }

    impl Files {
        fn new() -> Self {
            Self { dir: TempDir::new().unwrap(), clock: Clock::manual(NOW_MS) }
        }

        /// A certificate that was made so many days from the beginning of the test.
        fn write(&self, days: i64) {
            let pem = net::self_signed(vec!["quiz.test".to_owned()], NOW_MS + days * DAY_MS).unwrap();
            std::fs::write(self.dir.path().join("cert"), pem.chain).unwrap();
            std::fs::write(self.dir.path().join("key"), pem.key).unwrap();
        }

        fn encryption(&self, source: Source) -> Encryption {
            let gauge = IntGauge::new("not_after", "When it ends.").unwrap();
            Encryption::show_from(source, Certificates::default(), &self.clock, gauge).unwrap()
        }

        fn of_files(&self) -> Encryption {
            let dir = self.dir.path();
            self.encryption(Source::Files { cert: dir.join("cert"), key: dir.join("key") })
        }
    }

    fn days_left(encryption: &Encryption) -> i64 {
        (encryption.ends_at_ms() - encryption.clock.now_ms()) / DAY_MS
    }

    #[test]
    fn a_new_one_that_is_out_of_date_does_not_take_the_place_of_one_that_is_not() {
        let files = Files::new();
        files.write(0);
        let mut encryption = files.of_files();
        assert_eq!(days_left(&encryption), 397);
        assert_eq!(encryption.not_after.get(), NOW_MS / 1_000 + 397 * 24 * 3_600);
        for (made, left, trouble) in [(-400, 397, true), (-396, 1, false), (-400, 1, true), (10, 407, false)] {
            files.write(made);
            encryption.look();
            assert_eq!((days_left(&encryption), encryption.trouble.is_some()), (left, trouble), "{made}");
        }
        // Where the old one is no better, the operator's newest is shown.
        files.clock.advance(Duration::from_secs(408 * 24 * 3_600));
        files.write(9);
        encryption.look();
        assert_eq!((days_left(&encryption), encryption.trouble.is_some()), (-2, false));
    }

    #[test]
    fn an_operator_hears_of_the_end_two_weeks_before() {
        let certificate = |pem: &Pem| Certificate::from_pem(pem).unwrap();
        let long = certificate(&net::self_signed(vec!["quiz.test".to_owned()], NOW_MS).unwrap());
        let ends_at = NOW_MS + 397 * DAY_MS;
        assert!(!ends_soon(&long, ends_at - 14 * DAY_MS));
        assert!(ends_soon(&long, ends_at - 14 * DAY_MS + 1));
        let mut short = long;
        short.not_before_ms = ends_at - 5 * DAY_MS;
        assert!(!ends_soon(&short, ends_at - DAY_MS), "one of five days always ends within two weeks");
        assert!(ends_soon(&short, ends_at - DAY_MS + 1));
    }

    #[test]
    fn one_that_is_out_of_date_from_the_start_is_shown_all_the_same_and_hosts_are_told() {
        let files = Files::new();
        files.write(-400);
        let mut encryption = files.of_files();
        assert_eq!(days_left(&encryption), -3);
        assert!(ends_soon(&encryption.shown.shown().unwrap(), NOW_MS));
        files.write(0);
        encryption.look();
        assert_eq!(days_left(&encryption), 397);
        assert!(!ends_soon(&encryption.shown.shown().unwrap(), NOW_MS));
    }

    #[test]
    fn a_certificate_of_our_own_is_kept_and_made_again_before_it_ends() {
        let files = Files::new();
        let own = || Source::Own { file: files.dir.path().join("own.pem"), hosts: vec!["localhost".to_owned()] };
        let first = files.encryption(own());
        let fingerprint = |encryption: &Encryption| encryption.shown.shown().unwrap().fingerprint();
        let mut again = files.encryption(own());
        assert_eq!(fingerprint(&again), fingerprint(&first));
        for (days, left) in [(366, 31), (1, 397)] {
            files.clock.advance(Duration::from_secs(days * 24 * 3_600));
            again.look();
            assert_eq!(days_left(&again), left);
        }
        #[cfg(unix)]
        {
            let about = std::fs::metadata(files.dir.path().join("own.pem")).unwrap();
            assert_eq!(std::os::unix::fs::PermissionsExt::mode(&about.permissions()) & 0o777, 0o600);
        }
    }
}
