//! Every metric, in one place. Label values never name games, players or codes.

use prometheus::{
    Encoder, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry,
    TextEncoder,
};

/// Seconds: from a fast commit to a stuck disk.
const SECONDS: [f64; 14] = [0.000_5, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0];

/// The metrics of this process. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Metrics {
    registry: Registry,
    pub http_requests: IntCounterVec,
    pub http_request_seconds: HistogramVec,
    pub connections: IntGauge,
    pub connections_accepted: IntCounter,
    pub connections_refused: IntCounter,
    pub accept_errors: IntCounter,
    pub connection_timeouts: IntCounter,
    pub sockets: IntGaugeVec,
    pub socket_messages_received: IntCounterVec,
    pub socket_messages_sent: IntCounter,
    pub sockets_cut: IntCounterVec,
    pub games_live: IntGauge,
    pub game_steps: IntCounterVec,
    pub answers: IntCounterVec,
    pub answer_ack_seconds: Histogram,
    pub answer_batch_size: Histogram,
    pub database_connections: IntGaugeVec,
    pub database_errors: IntCounterVec,
    pub database_seconds: HistogramVec,
    pub redis_up: IntGauge,
    pub hints: IntCounterVec,
    pub storage_writable: IntGauge,
}

impl Metrics {
    /// A registry with every family of Quibble, and those of the process.
    ///
    /// # Errors
    /// When two families share a name: a mistake in this file.
    pub fn new() -> Result<Self, prometheus::Error> {
        let registry = Registry::new();
        let counter = |name: &str, help: &str| registered(&registry, IntCounter::new(name, help)?);
        let counters = |name: &str, help: &str, labels: &[&str]| {
            registered(&registry, IntCounterVec::new(Opts::new(name, help), labels)?)
        };
        let gauge = |name: &str, help: &str| registered(&registry, IntGauge::new(name, help)?);
        let seconds = |name: &str, help: &str| {
            registered(&registry, Histogram::with_opts(HistogramOpts::new(name, help).buckets(SECONDS.to_vec()))?)
        };
        let labelled_seconds = |name: &str, help: &str, labels: &[&str]| {
            let opts = HistogramOpts::new(name, help).buckets(SECONDS.to_vec());
            registered(&registry, HistogramVec::new(opts, labels)?)
        };
        let batch_sizes = vec![1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1_000.0];
        let batches = HistogramOpts::new("quibble_answer_batch_size", "Answers that shared one commit.");
        let metrics = Self {
            http_requests: counters(
                "quibble_http_requests_total",
                "HTTP requests by method, route and status.",
                &["method", "route", "status"],
            )?,
            http_request_seconds: labelled_seconds(
                "quibble_http_request_duration_seconds",
                "Time from a request to its response.",
                &["method", "route"],
            )?,
            connections: gauge("quibble_connections", "Open TCP connections.")?,
            connections_accepted: counter("quibble_connections_accepted_total", "Connections that were let in.")?,
            accept_errors: counter(
                "quibble_accept_errors_total",
                "Connections that the system could not hand over, for want of open files.",
            )?,
            connections_refused: counter(
                "quibble_connections_refused_total",
                "Connections turned away because too many were open.",
            )?,
            connection_timeouts: counter(
                "quibble_connection_timeouts_total",
                "Connections closed because they stayed silent.",
            )?,
            sockets: registered(
                &registry,
                IntGaugeVec::new(Opts::new("quibble_sockets", "Open WebSockets by role."), &["role"])?,
            )?,
            socket_messages_received: counters(
                "quibble_socket_messages_received_total",
                "Messages from WebSocket clients by role.",
                &["role"],
            )?,
            socket_messages_sent: counter("quibble_socket_messages_sent_total", "Messages to WebSocket clients.")?,
            sockets_cut: counters(
                "quibble_sockets_cut_total",
                "WebSockets that the server closed, by reason.",
                &["reason"],
            )?,
            games_live: gauge("quibble_games_live", "Games that this process serves now.")?,
            game_steps: counters("quibble_game_steps_total", "Steps of games by result.", &["result"])?,
            answers: counters("quibble_answers_total", "Submitted answers by what became of them.", &["fate"])?,
            answer_ack_seconds: seconds(
                "quibble_answer_ack_seconds",
                "Time from a submitted answer to its durable acknowledgement.",
            )?,
            answer_batch_size: registered(&registry, Histogram::with_opts(batches.buckets(batch_sizes))?)?,
            database_connections: registered(
                &registry,
                IntGaugeVec::new(
                    Opts::new("quibble_db_pool_connections", "Connections to the database by what they do."),
                    &["state"],
                )?,
            )?,
            database_errors: counters(
                "quibble_database_errors_total",
                "Failed database operations by kind.",
                &["kind"],
            )?,
            database_seconds: labelled_seconds(
                "quibble_database_seconds",
                "Time of database operations.",
                &["operation"],
            )?,
            redis_up: gauge("quibble_redis_up", "1 while hints go through Redis, else 0.")?,
            hints: counters("quibble_pubsub_messages_total", "Hints to and from other replicas.", &["direction"])?,
            storage_writable: gauge("quibble_storage_writable", "1 while the database takes writes, else 0.")?,
            registry: registry.clone(),
        };
        #[cfg(target_os = "linux")]
        registry.register(Box::new(prometheus::process_collector::ProcessCollector::for_self()))?;
        metrics.storage_writable.set(1);
        Ok(metrics)
    }

    /// Everything in the Prometheus text format, version 0.0.4.
    ///
    /// # Errors
    /// When a family cannot be written: a mistake in this file.
    pub fn render(&self) -> Result<String, prometheus::Error> {
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut text)?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }
}

fn registered<C: prometheus::core::Collector + Clone + 'static>(
    registry: &Registry,
    collector: C,
) -> Result<C, prometheus::Error> {
    registry.register(Box::new(collector.clone()))?;
    Ok(collector)
}
