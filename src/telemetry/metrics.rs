//! Every metric, in one place. Label values never name games, players or codes.

use super::recent::Recent;
use prometheus::core::Collector;
use prometheus::{
    Encoder, Gauge, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts,
    Registry, TextEncoder,
};

/// Seconds: from a fast commit to a stuck disk.
const SECONDS: [f64; 14] = [0.000_5, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0];

/// From one answer to a full batch.
const BATCH_SIZES: [f64; 10] = [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1_000.0];

/// The metrics of this process. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Metrics {
    registry: Registry,
    pub(super) recent: Recent,
    pub http_requests: IntCounterVec,
    pub http_request_seconds: HistogramVec,
    pub connections: IntGauge,
    pub connections_max: IntGauge,
    pub connections_accepted: IntCounter,
    pub connections_refused: IntCounter,
    pub accept_errors: IntCounter,
    pub connection_timeouts: IntCounter,
    pub tls_handshakes: IntCounterVec,
    pub certificate_not_after: IntGauge,
    pub certificate_orders: IntCounterVec,
    pub sockets: IntGaugeVec,
    pub socket_messages_received: IntCounterVec,
    pub socket_messages_sent: IntCounter,
    pub sockets_cut: IntCounterVec,
    pub sockets_returned: IntCounter,
    pub games_live: IntGauge,
    pub game_steps: IntCounterVec,
    pub fanout_seconds: Histogram,
    pub events_of_others: IntCounterVec,
    pub events_of_others_seconds: Histogram,
    pub answers: IntCounterVec,
    pub answer_ack_seconds: Histogram,
    pub answer_batch_size: Histogram,
    pub database: DatabaseMetrics,
    pub jobs: JobMetrics,
    pub redis: RedisMetrics,
    pub storage_writable: IntGauge,
    pub schema_version: IntGauge,
    pub migration_seconds: Gauge,
    pub draining: IntGauge,
    pub runtime: RuntimeMetrics,
}

/// How busy the process is with its tasks.
#[derive(Clone, Debug)]
pub struct RuntimeMetrics {
    pub delay_seconds: Histogram,
    pub tasks: IntGauge,
}

/// How the database and the way to it fare.
#[derive(Clone, Debug)]
pub struct DatabaseMetrics {
    pub connections: IntGaugeVec,
    pub connections_max: IntGauge,
    pub acquire_seconds: Histogram,
    pub acquire_timeouts: IntCounter,
    pub file_bytes: IntGaugeVec,
    pub errors: IntCounterVec,
    pub seconds: HistogramVec,
}

/// How work is done that comes after the answer.
#[derive(Clone, Debug)]
pub struct JobMetrics {
    pub ended: IntCounterVec,
    pub seconds: HistogramVec,
    pub waiting: IntGaugeVec,
    pub oldest_seconds: IntGaugeVec,
}

/// What a process takes of its machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Process {
    /// In memory now.
    pub memory_bytes: u64,
    pub open_files: u64,
    pub open_files_max: u64,
}

/// How Redis and what goes through it fare.
#[derive(Clone, Debug)]
pub struct RedisMetrics {
    pub up: IntGauge,
    pub errors: IntCounterVec,
    pub seconds: HistogramVec,
    pub reconnects: IntCounter,
    pub hints: IntCounterVec,
}

impl Metrics {
    /// A registry with every family of Quibble, and those of the process.
    ///
    /// # Errors
    /// When two families share a name: a mistake in this file.
    pub fn new() -> Result<Self, prometheus::Error> {
        let new = Families(Registry::new());
        let metrics = Self {
            http_requests: new.counters(
                "quibble_http_requests_total",
                "HTTP requests by method, route and status.",
                &["method", "route", "status"],
            )?,
            http_request_seconds: new.labelled_seconds(
                "quibble_http_request_duration_seconds",
                "Time from a request to its response.",
                &["method", "route"],
            )?,
            connections: new.gauge("quibble_connections", "Open TCP connections.")?,
            connections_max: new.gauge("quibble_connections_max", "TCP connections that there is room for.")?,
            connections_accepted: new.counter("quibble_connections_accepted_total", "Connections that were let in.")?,
            accept_errors: new.counter(
                "quibble_accept_errors_total",
                "Connections that the system could not hand over, for want of open files.",
            )?,
            connections_refused: new
                .counter("quibble_connections_refused_total", "Connections turned away because too many were open.")?,
            connection_timeouts: new
                .counter("quibble_connection_timeouts_total", "Connections closed because they stayed silent.")?,
            tls_handshakes: new.counters(
                "quibble_tls_handshakes_total",
                "Connections that wanted encryption, by whether it was agreed on.",
                &["result"],
            )?,
            certificate_not_after: new.gauge(
                "quibble_certificate_not_after_seconds",
                "The last instant at which the certificate is valid, in seconds since the Unix epoch. 0 without one.",
            )?,
            certificate_orders: new.counters(
                "quibble_certificate_orders_total",
                "Orders for a certificate at an authority, rehearsals among them, by what became of them.",
                &["result"],
            )?,
            sockets: new.gauges("quibble_sockets", "Open WebSockets by role.", &["role"])?,
            socket_messages_received: new.counters(
                "quibble_socket_messages_received_total",
                "Messages from WebSocket clients by role.",
                &["role"],
            )?,
            socket_messages_sent: new
                .counter("quibble_socket_messages_sent_total", "Messages to WebSocket clients.")?,
            sockets_cut: new.counters(
                "quibble_sockets_cut_total",
                "WebSockets that the server closed, by reason.",
                &["reason"],
            )?,
            sockets_returned: new.counter(
                "quibble_sockets_returned_total",
                "WebSockets of clients that had been in their game before.",
            )?,
            games_live: new.gauge("quibble_games_live", "Games that this process serves now.")?,
            game_steps: new.counters("quibble_game_steps_total", "Steps of games by result.", &["result"])?,
            fanout_seconds: new.seconds(
                "quibble_fanout_seconds",
                "Time in which what happened in a game is handed to every socket that this process has of it.",
            )?,
            events_of_others: new.counters(
                "quibble_events_of_others_total",
                "Events that another replica stored, by how this one learnt of them.",
                &["by"],
            )?,
            events_of_others_seconds: new.seconds(
                "quibble_events_of_others_seconds",
                "Time from an event that another replica stored until this one knows it.",
            )?,
            answers: new.counters("quibble_answers_total", "Submitted answers by what became of them.", &["fate"])?,
            answer_ack_seconds: new.seconds(
                "quibble_answer_ack_seconds",
                "Time from a submitted answer to its durable acknowledgement.",
            )?,
            answer_batch_size: new.histogram(
                "quibble_answer_batch_size",
                "Answers that shared one commit.",
                &BATCH_SIZES,
            )?,
            database: DatabaseMetrics::new(&new)?,
            jobs: JobMetrics::new(&new)?,
            redis: RedisMetrics::new(&new)?,
            storage_writable: new.gauge("quibble_storage_writable", "1 while the database takes writes, else 0.")?,
            schema_version: new
                .gauge("quibble_schema_version", "The newest step of the schema that the database has.")?,
            migration_seconds: new.fraction(
                "quibble_migration_seconds",
                "Time from the start of this process until the schema was up to date.",
            )?,
            draining: new.gauge("quibble_draining", "1 once this process has been told to stop, else 0.")?,
            runtime: RuntimeMetrics::new(&new)?,
            registry: new.0.clone(),
            recent: Recent::default(),
        };
        new.process()?;
        metrics.storage_writable.set(1);
        // Known from the start, so that the first one shows as a rise.
        metrics.answers.with_label_values(&["not_saved"]);
        metrics.game_steps.with_label_values(&["not_saved"]);
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

    /// What the system says of this process. None where it says nothing (Linux does).
    pub fn process(&self) -> Option<Process> {
        let families = self.registry.gather();
        let value = |name: &str| {
            let family = families.iter().find(|family| family.name() == name)?;
            family.get_metric().first().map(|metric| metric.get_gauge().get_value())
        };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole numbers of 0 or more")]
        let whole = |name| value(name).map(|value| value as u64);
        Some(Process {
            memory_bytes: whole("process_resident_memory_bytes")?,
            open_files: whole("process_open_fds")?,
            open_files_max: whole("process_max_fds")?,
        })
    }
}

impl RuntimeMetrics {
    fn new(new: &Families) -> Result<Self, prometheus::Error> {
        let late = "How late a task comes to run that is due once a second.";
        Ok(Self {
            delay_seconds: new.seconds("quibble_runtime_delay_seconds", late)?,
            tasks: new.gauge("quibble_runtime_tasks", "Tasks that are under way.")?,
        })
    }
}

impl DatabaseMetrics {
    fn new(new: &Families) -> Result<Self, prometheus::Error> {
        Ok(Self {
            connections: new.gauges(
                "quibble_db_pool_connections",
                "Connections to the database by what they do.",
                &["state"],
            )?,
            connections_max: new
                .gauge("quibble_db_pool_max_connections", "Connections to the database that this process may hold.")?,
            acquire_seconds: new.seconds(
                "quibble_db_pool_acquire_seconds",
                "Time until a transaction has a connection to the database and has begun.",
            )?,
            acquire_timeouts: new.counter(
                "quibble_db_pool_timeouts_total",
                "Transactions that did not begin, because no connection was free or could be made in time.",
            )?,
            file_bytes: new.gauges("quibble_sqlite_file_bytes", "Size of the files of SQLite.", &["file"])?,
            errors: new.counters("quibble_database_errors_total", "Failed database operations by kind.", &["kind"])?,
            seconds: new.labelled_seconds(
                "quibble_database_seconds",
                "Time of database operations.",
                &["operation"],
            )?,
        })
    }
}

impl JobMetrics {
    fn new(new: &Families) -> Result<Self, prometheus::Error> {
        Ok(Self {
            ended: new.counters(
                "quibble_jobs_total",
                "Attempts at jobs by kind and by what became of them: done, again, dead or given_back.",
                &["kind", "result"],
            )?,
            seconds: new.labelled_seconds("quibble_job_duration_seconds", "Time of attempts at jobs.", &["kind"])?,
            waiting: new.gauges(
                "quibble_job_queue_depth",
                "Jobs in the database that are not over, by kind and state.",
                &["kind", "state"],
            )?,
            oldest_seconds: new.gauges(
                "quibble_job_oldest_age_seconds",
                "For how long the job that waits longest could have been begun.",
                &["kind"],
            )?,
        })
    }
}

impl RedisMetrics {
    fn new(new: &Families) -> Result<Self, prometheus::Error> {
        Ok(Self {
            up: new.gauge("quibble_redis_up", "1 while hints go through Redis, else 0.")?,
            errors: new.counters(
                "quibble_redis_errors_total",
                "Times that Redis failed, by what was tried.",
                &["operation"],
            )?,
            seconds: new.labelled_seconds(
                "quibble_redis_seconds",
                "Time of operations of Redis, those that failed included.",
                &["operation"],
            )?,
            reconnects: new.counter(
                "quibble_pubsub_reconnects_total",
                "Times that hints go through Redis again after they did not.",
            )?,
            hints: new.counters(
                "quibble_pubsub_messages_total",
                "Hints to and from other replicas.",
                &["direction"],
            )?,
        })
    }
}

/// Makes families and registers them.
struct Families(Registry);

impl Families {
    fn counter(&self, name: &str, help: &str) -> Result<IntCounter, prometheus::Error> {
        self.registered(IntCounter::new(name, help)?)
    }

    fn counters(&self, name: &str, help: &str, labels: &[&str]) -> Result<IntCounterVec, prometheus::Error> {
        self.registered(IntCounterVec::new(Opts::new(name, help), labels)?)
    }

    fn gauge(&self, name: &str, help: &str) -> Result<IntGauge, prometheus::Error> {
        self.registered(IntGauge::new(name, help)?)
    }

    fn gauges(&self, name: &str, help: &str, labels: &[&str]) -> Result<IntGaugeVec, prometheus::Error> {
        self.registered(IntGaugeVec::new(Opts::new(name, help), labels)?)
    }

    fn fraction(&self, name: &str, help: &str) -> Result<Gauge, prometheus::Error> {
        self.registered(Gauge::new(name, help)?)
    }

    fn histogram(&self, name: &str, help: &str, buckets: &[f64]) -> Result<Histogram, prometheus::Error> {
        self.registered(Histogram::with_opts(HistogramOpts::new(name, help).buckets(buckets.to_vec()))?)
    }

    fn seconds(&self, name: &str, help: &str) -> Result<Histogram, prometheus::Error> {
        self.histogram(name, help, &SECONDS)
    }

    fn labelled_seconds(&self, name: &str, help: &str, labels: &[&str]) -> Result<HistogramVec, prometheus::Error> {
        self.registered(HistogramVec::new(HistogramOpts::new(name, help).buckets(SECONDS.to_vec()), labels)?)
    }

    /// What is known of the process by itself.
    fn process(&self) -> Result<(), prometheus::Error> {
        self.gauges("quibble_build_info", "Always 1; its label says which version this is.", &["version"])?
            .with_label_values(&[env!("CARGO_PKG_VERSION")])
            .set(1);
        #[cfg(target_os = "linux")]
        self.0.register(Box::new(prometheus::process_collector::ProcessCollector::for_self()))?;
        Ok(())
    }

    fn registered<C: Collector + Clone + 'static>(&self, collector: C) -> Result<C, prometheus::Error> {
        self.0.register(Box::new(collector.clone()))?;
        Ok(collector)
    }
}
