//! `quibble jobs …`: what is done after the answer, for somebody who has this machine's command line.

use super::open::{Opened, open};
use crate::clock::{Clock, rfc3339};
use crate::config::Config;
use crate::http::JobView;
use crate::store::{Job, JobSearch, JobState};
use anyhow::{Context, bail, ensure};
use clap::{Subcommand, ValueEnum};
use uuid::Uuid;

#[derive(Debug, Subcommand)]
pub enum JobsCommand {
    /// List jobs, the newest first
    List {
        /// Only those in this state
        #[arg(long)]
        state: Option<State>,
        /// How many at most
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
        limit: u32,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Have a job tried again now that waits, has failed or was cancelled
    Retry {
        /// Which, as `quibble jobs list` says
        id: Uuid,
    },
    /// Have a job not be done
    Cancel {
        /// Which, as `quibble jobs list` says
        id: Uuid,
    },
}

/// Where a job stands.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum State {
    Queued,
    Running,
    Done,
    /// It failed too often
    Dead,
    Cancelled,
}

/// Runs one of the commands.
///
/// # Errors
/// In words, when it cannot be done.
pub async fn run(command: JobsCommand, config: &Config) -> anyhow::Result<()> {
    let opened = open(config).await?;
    match command {
        JobsCommand::List { state, limit, json } => {
            let search = JobSearch { state: state.map(State::stored), before: None };
            let jobs = opened.store.jobs(search, limit).await?;
            if json { print_json(jobs)? } else { print(&jobs) }
        }
        JobsCommand::Retry { id } => {
            let job = found(&opened, id).await?;
            let is_moved = opened.store.retry_job(id, Clock::system().now_ms()).await?;
            ensure!(is_moved, "this {} is {} at present", job.kind, job.state.text());
            println!("This {} is begun again now, or when Quibble runs.", job.kind);
        }
        JobsCommand::Cancel { id } => {
            let job = found(&opened, id).await?;
            let is_moved = opened.store.cancel_job(id, Clock::system().now_ms()).await?;
            ensure!(is_moved, "this {} is {} already", job.kind, job.state.text());
            println!("This {} is cancelled.", job.kind);
        }
    }
    opened.store.close().await;
    Ok(())
}

async fn found(opened: &Opened, id: Uuid) -> anyhow::Result<Job> {
    match opened.store.job(id).await? {
        Some(job) => Ok(job),
        None => bail!("there is no job {id}. `quibble jobs list` shows them"),
    }
}

fn print(jobs: &[Job]) {
    if jobs.is_empty() {
        println!("There are no such jobs.");
    }
    for job in jobs {
        let Job { id, kind, state, attempts, attempts_max, .. } = job;
        let subject = job.subject.as_ref().map_or(String::new(), |subject| format!(" ({subject})"));
        println!("{id}  {kind}{subject}: {}, attempt {attempts} of {attempts_max}", state.text());
        match state {
            JobState::Queued => println!("  not before {}", rfc3339(job.run_at)),
            _ => println!("  since {}", rfc3339(job.updated_at)),
        }
        if let Some(error) = &job.error {
            println!("  {error}");
        }
    }
}

/// As the interface shows them, too.
fn print_json(jobs: Vec<Job>) -> anyhow::Result<()> {
    let jobs: Vec<_> = jobs.into_iter().map(JobView::from).collect();
    println!("{}", serde_json::to_string_pretty(&jobs).context("it cannot be written as JSON")?);
    Ok(())
}

impl State {
    fn stored(self) -> JobState {
        match self {
            Self::Queued => JobState::Queued,
            Self::Running => JobState::Running,
            Self::Done => JobState::Done,
            Self::Dead => JobState::Dead,
            Self::Cancelled => JobState::Cancelled,
        }
    }
}
