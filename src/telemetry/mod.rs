//! What Quibble says about itself: logs and metrics.

pub mod logs;
mod metrics;
mod recent;

pub use metrics::{DatabaseMetrics, Metrics, Process};
pub use recent::Lately;
