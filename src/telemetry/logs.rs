//! Structured logs: pretty on a terminal, JSON otherwise.

use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// How log lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// Pretty on a terminal, JSON otherwise.
    #[default]
    Auto,
    Json,
    Pretty,
}

/// Starts logging to standard error, with the filter `level` in the syntax of tracing's `EnvFilter`.
///
/// # Errors
/// When the filter cannot be read, or logging was started before.
pub fn start(level: &str, format: Format) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let filter = EnvFilter::builder().parse(level)?;
    let pretty = match format {
        Format::Auto => std::io::stderr().is_terminal(),
        Format::Json => false,
        Format::Pretty => true,
    };
    let registry = tracing_subscriber::registry().with(filter);
    if pretty {
        let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_target(false).compact();
        registry.with(layer).try_init()?;
    } else {
        let layer = tracing_subscriber::fmt::layer().json().flatten_event(true).with_writer(std::io::stderr);
        registry.with(layer).try_init()?;
    }
    Ok(())
}
