//! `[ops]`: what is shown to those who look after this process, and to nobody else.

use super::listen::{Listen, read_listen};
use super::problem::{Layer, Wrong};
use super::reader::{Reader, Reported};
use super::secret::Secret;
use super::settings::Setting;

pub(super) const SETTINGS: &[Setting] =
    &[Setting::new("ops.listen"), Setting { is_secret: true, ..Setting::new("ops.metrics_token") }];

/// A token can be as long as a header is read, in bytes, and must not be guessed.
const METRICS_TOKEN_BYTES_MIN: usize = 16;
const METRICS_TOKEN_BYTES_MAX: usize = 512;

/// What is shown to those who look after this process.
#[derive(Debug, Clone)]
pub struct Ops {
    /// Where health, readiness in detail and metrics are. Empty where they are nowhere but at the public addresses.
    pub listen: Vec<Listen>,
    /// Somebody chose these addresses. Otherwise nothing depends on them.
    pub is_chosen: bool,
    /// Whoever shows it as a bearer token may read the metrics at a public address.
    pub metrics_token: Option<Secret>,
}

impl Ops {
    pub(super) fn read(reader: &mut Reader) -> Result<Self, Reported> {
        let listen = read_listen(reader, "ops.listen", true);
        let metrics_token = reader.optional("ops.metrics_token", metrics_token);
        let is_chosen = reader.origin("ops.listen").layer != Layer::Default;
        Ok(Self { listen: listen?, is_chosen, metrics_token: metrics_token? })
    }
}

fn metrics_token(text: &str) -> Result<Secret, Wrong> {
    if !(METRICS_TOKEN_BYTES_MIN..=METRICS_TOKEN_BYTES_MAX).contains(&text.len()) {
        let wrong = format!("must have {METRICS_TOKEN_BYTES_MIN} to {METRICS_TOKEN_BYTES_MAX} characters");
        return Err(Wrong::new(wrong).hint("`openssl rand -hex 24` makes a good one"));
    }
    Secret::for_header(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_for_metrics_is_hard_to_guess_and_fits_in_a_header() {
        let long = "a".repeat(METRICS_TOKEN_BYTES_MAX + 1);
        for (text, good) in [
            ("0123456789abcdef", true),
            (&long[1..], true),
            ("0123456789abcde", false),
            ("0123456789 abcdef", false),
            (&long, false),
        ] {
            assert_eq!(metrics_token(text).is_ok(), good, "{text}");
        }
    }
}
