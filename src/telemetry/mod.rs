//! What Quibble says about itself: logs and metrics.

pub mod logs;
mod metrics;

pub use metrics::{DatabaseMetrics, Metrics};
