//! The figures of a measurement, and how they are printed.

use super::options::Options;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

/// What is measured, in the order in which it is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Figure {
    Join,
    Connect,
    ConnectCpu,
    ConnectionMemory,
    Step,
    Release,
    ReleaseLast,
    ReleaseCpu,
    Answer,
    AnswerCpu,
    Resume,
    RoundEnd,
    Scores,
    ScoresLast,
    ScoresCpu,
    Received,
    ReceivedConnecting,
    ReceivedQuestions,
    ReceivedScores,
    Sent,
    ServerCpu,
    ServerMemory,
}

/// In what a figure is counted, and what it is shown in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    /// Counted in nanoseconds.
    Ms,
    /// Counted in nanoseconds.
    Us,
    Bytes,
    /// Counted in bytes.
    Kib,
}

/// All samples so far.
#[derive(Debug, Default)]
pub struct Report {
    samples: BTreeMap<Figure, Vec<u64>>,
}

impl Report {
    /// Adds one sample of a time.
    pub fn took(&mut self, figure: Figure, time: Duration) {
        self.add(figure, u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
    }

    /// Adds one sample, in nanoseconds or bytes.
    pub fn add(&mut self, figure: Figure, sample: u64) {
        self.samples.entry(figure).or_default().push(sample);
    }

    /// A line for each figure.
    pub fn table(&self) -> String {
        let mut table = format!("{:<44}", "");
        for column in ["count", "least", "p50", "p90", "p99", "most"] {
            table += &format!("{column:>10}");
        }
        for (figure, samples) in &self.samples {
            let (_, unit, name) = figure.about();
            table += &format!("\n{:<44}{:>10}", format!("{name}, {}", unit.symbol()), samples.len());
            for value in spread(samples) {
                table += &match unit {
                    Unit::Bytes => format!("{value:>10}"),
                    Unit::Ms | Unit::Us | Unit::Kib => format!("{:>10.2}", unit.shown(value)),
                };
            }
        }
        table
    }

    /// The same for machines, with what was asked for and what went wrong.
    pub fn json(&self, options: &Options, problem: Option<&str>) -> Value {
        let figure = |(figure, samples): (&Figure, &Vec<u64>)| {
            let (key, unit, _) = figure.about();
            let [least, p50, p90, p99, most] = spread(samples).map(|value| unit.shown(value));
            let value = json!({
                "count": samples.len(), "least": least, "p50": p50, "p90": p90, "p99": p99, "most": most,
            });
            (format!("{key}_{}", unit.suffix()), value)
        };
        json!({
            "version": env!("CARGO_PKG_VERSION"),
            "url": format!("http://{}", options.url.authority),
            "players": options.players,
            "devices": options.devices,
            "games": options.games,
            "questions": options.questions,
            "spread_ms": options.spread().as_millis(),
            "slow_percent": options.slow,
            "resume_percent": options.resume,
            "figures": self.samples.iter().map(figure).collect::<Map<_, _>>(),
            "problem": problem,
        })
    }
}

impl Figure {
    /// The name for machines without its unit, the unit, and the name for people.
    fn about(self) -> (&'static str, Unit, &'static str) {
        match self {
            Self::Join => ("join", Unit::Ms, "join"),
            Self::Connect => ("connect", Unit::Ms, "connect, to the end of the replay"),
            Self::ConnectCpu => ("connect_cpu", Unit::Us, "connect, server CPU per phone"),
            Self::ConnectionMemory => ("connection_memory", Unit::Kib, "server memory per idle phone"),
            Self::Step => ("step", Unit::Ms, "release until the host's done"),
            Self::Release => ("release", Unit::Ms, "release to each receipt"),
            Self::ReleaseLast => ("release_last", Unit::Ms, "release to the last receipt"),
            Self::ReleaseCpu => ("release_cpu", Unit::Us, "release, server CPU per receipt"),
            Self::Answer => ("answer", Unit::Ms, "answer to durable ack"),
            Self::AnswerCpu => ("answer_cpu", Unit::Us, "answer, server CPU per answer"),
            Self::Resume => ("resume", Unit::Ms, "resume, to the end of the replay"),
            Self::RoundEnd => ("round_end", Unit::Ms, "end of the round to each receipt"),
            Self::Scores => ("scores", Unit::Ms, "scores to each receipt"),
            Self::ScoresLast => ("scores_last", Unit::Ms, "scores to the last receipt"),
            Self::ScoresCpu => ("scores_cpu", Unit::Us, "scores, server CPU per receipt"),
            Self::Received => ("received", Unit::Bytes, "received by a phone"),
            Self::ReceivedConnecting => ("received_connecting", Unit::Bytes, "  of which joining and connecting"),
            Self::ReceivedQuestions => ("received_questions", Unit::Bytes, "  of which questions and acks"),
            Self::ReceivedScores => ("received_scores", Unit::Bytes, "  of which scores and standings"),
            Self::Sent => ("sent", Unit::Bytes, "sent by a phone"),
            Self::ServerCpu => ("server_cpu", Unit::Ms, "server CPU, all in all"),
            Self::ServerMemory => ("server_memory", Unit::Kib, "server memory at the end"),
        }
    }
}

impl Unit {
    fn symbol(self) -> &'static str {
        match self {
            Self::Ms => "ms",
            Self::Us => "µs",
            Self::Bytes => "bytes",
            Self::Kib => "KiB",
        }
    }

    fn suffix(self) -> &'static str {
        match self {
            Self::Ms => "ms",
            Self::Us => "us",
            Self::Bytes => "bytes",
            Self::Kib => "kib",
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "a figure to be read, with a few digits")]
    fn shown(self, value: u64) -> f64 {
        let value = value as f64;
        match self {
            Self::Ms => value / 1e6,
            Self::Us => value / 1e3,
            Self::Bytes => value,
            Self::Kib => value / 1_024.0,
        }
    }
}

/// The least, the 50th, 90th and 99th percentile, and the most.
fn spread(samples: &[u64]) -> [u64; 5] {
    let mut sorted = samples.to_vec();
    sorted.sort_unstable();
    [0, 50, 90, 99, 100].map(|percent| percentile(&sorted, percent))
}

/// The nearest rank: the least sample that so many percent of all samples do not exceed. 0 without samples.
fn percentile(sorted: &[u64], percent: usize) -> u64 {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_samples_of_the_nearest_rank() {
        let hundred: Vec<_> = (1..=100).rev().collect();
        assert_eq!(spread(&hundred), [1, 50, 90, 99, 100]);
        assert_eq!(spread(&[7]), [7; 5]);
        assert_eq!(spread(&[1, 2]), [1, 1, 2, 2, 2]);
        assert_eq!(spread(&[]), [0; 5]);
        let thousand: Vec<_> = (1..=1_000).collect();
        assert_eq!(percentile(&thousand, 99), 990);
    }

    #[test]
    fn the_table_is_aligned_and_in_the_order_of_a_night() {
        let mut report = Report::default();
        report.add(Figure::Received, 90_210);
        report.took(Figure::Connect, Duration::from_micros(1_250));
        report.took(Figure::Connect, Duration::from_micros(3_000));
        report.add(Figure::ReleaseCpu, 9_120);
        let table = report.table();
        let lines: Vec<_> = table.lines().collect();
        let width = |line: &str| line.chars().count();
        assert!(lines.iter().all(|line| width(line) == width(lines[0])), "{table}");
        assert!(lines[1].starts_with("connect, to the end of the replay, ms"), "{table}");
        let connect: Vec<_> = lines[1].split_whitespace().rev().take(6).collect();
        assert_eq!(connect, ["3.00", "3.00", "3.00", "1.25", "1.25", "2"]);
        assert!(lines[3].ends_with("90210"), "{table}");
    }
}
