//! Structured logs: pretty on a terminal, JSON otherwise.

use std::io::IsTerminal;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::reload::{self, Handle};
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Registry};

/// How log lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// Pretty on a terminal, JSON otherwise.
    #[default]
    Auto,
    Json,
    Pretty,
}

/// What is logged, which may be changed at any time. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Level(Handle<EnvFilter, Registry>);

impl Level {
    /// Logs by another filter from now on.
    ///
    /// # Errors
    /// When the filter cannot be read.
    pub fn set(&self, level: &str) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        self.0.reload(EnvFilter::builder().parse(level)?)?;
        Ok(())
    }

    /// That of no log.
    #[cfg(test)]
    pub fn nobodys() -> Self {
        Self(reload::Layer::new(EnvFilter::default()).1)
    }
}

/// Starts logging to standard error, with the filter `level` in the syntax of tracing's `EnvFilter`.
///
/// # Errors
/// When the filter cannot be read, or logging was started before.
pub fn start(level: &str, format: Format) -> Result<Level, Box<dyn std::error::Error + Send + Sync>> {
    let (filter, handle) = reload::Layer::new(EnvFilter::builder().parse(level)?);
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
    Ok(Level(handle))
}
