//! Work that is done after the answer: mail, copies of the data, what others are told. The queue is in the database, so a
//! job outlives every process, and of several workers one has it. Each is begun at least once, and what it does is done
//! once: by the ids that it goes by where that is in our hand, and by an id that others can tell a repeat by where it is
//! not.

mod game;
mod letters;
mod mail;
mod outbox;
mod queue;
mod schedule;
mod task;
#[cfg(test)]
mod tests;
mod webhook;

pub use letters::Letter;
pub use mail::{MailError, Mailer};
pub use queue::Queue;
pub use task::{KINDS, ScheduledGame, Task};
pub use webhook::Webhooks;

use crate::auth::Auth;
use crate::clock::{Clock, millis};
use crate::ids::Ids;
use crate::live::Live;
use crate::store::{Address, Job, JobClaim, JobOutcome, JobState, Store, StoreError, backup};
use crate::telemetry::Metrics;
use outbox::Outbox;
use schedule::Due;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// For how long a claim is believed, and how often whoever is at a job renews it.
const CLAIM_FOR: Duration = Duration::from_secs(60);
const RENEW_EVERY: Duration = Duration::from_secs(15);

/// The longest wait before a worker looks whether there is something to do. What is asked for in its own process it
/// hears of at once.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// How often it is seen to that what has its time is in the queue, and what happened is passed on.
const ROUND_EVERY: Duration = Duration::from_secs(5);

/// How often what waits is counted.
const COUNT_EVERY: Duration = Duration::from_secs(15);

/// Jobs that a process is at at once: a mail server that sleeps keeps no copy of the data waiting.
pub const LANES: usize = 2;

/// What the workers of a process need.
#[derive(Debug)]
pub struct Parts {
    pub queue: Queue,
    pub store: Store,
    pub live: Live,
    pub auth: Auth,
    pub clock: Clock,
    pub ids: Ids,
    pub metrics: Metrics,
    /// Where players reach us at present.
    pub base_url: watch::Receiver<String>,
    pub backup: Backup,
    /// None: no mail is sent.
    pub mailer: Option<Mailer>,
    /// None: nobody is told what happens.
    pub webhooks: Option<Webhooks>,
}

/// Copies of the data that are taken by themselves.
#[derive(Clone, Debug)]
pub struct Backup {
    /// None: nobody takes one who is not told to.
    pub every: Option<Duration>,
    pub keep: usize,
    pub dir: PathBuf,
    /// Where the data is.
    pub address: Address,
}

/// Does the jobs of the queue. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Jobs {
    parts: Arc<Parts>,
    /// This process.
    holder: Uuid,
}

/// What this process has asked for already. The database knows, too: this only spares asking it.
#[derive(Debug, Default)]
struct Known {
    due: Vec<Due>,
    outbox: Outbox,
}

/// Why an attempt did not do what it was for, for people.
#[derive(Debug)]
enum Failure {
    /// Another try may.
    Again(String),
    /// No other will.
    Never(String),
}

impl Failure {
    fn no_such_game() -> Self {
        Self::Never("The game is not there any more.".to_owned())
    }

    fn told_no_more() -> Self {
        Self::Never("It is not among webhooks.urls any more.".to_owned())
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Again(error.to_string())
    }
}

impl Jobs {
    pub fn new(parts: Parts) -> Self {
        let holder = parts.ids.uuid();
        Self { parts: Arc::new(parts), holder }
    }

    /// Does one job after the other until it is told to stop. What it is at then is given back.
    pub async fn work(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let heard = self.parts.queue.heard();
            match self.next(&stop).await {
                Ok(true) => continue,
                Ok(false) => {}
                Err(error) => tracing::debug!(%error, "the queue of jobs cannot be read"),
            }
            tokio::select! {
                () = sleep(LOOK_EVERY) => {}
                () = heard => {}
                () = stop.cancelled() => {}
            }
        }
    }

    /// Sees to it that what has its time is in the queue, and that what happened in games is passed on.
    pub async fn keep_round(self, stop: CancellationToken) {
        let Parts { store, clock, .. } = &*self.parts;
        if !store.is_shared()
            && let Err(error) = store.free_jobs().await
        {
            tracing::warn!(%error, "jobs of the process before are taken over only when their claims end");
        }
        let mut known = Known::default();
        loop {
            if let Err(error) = self.round(&mut known, clock.now_ms()).await {
                tracing::debug!(%error, "the queue of jobs cannot be filled");
            }
            tokio::select! {
                () = sleep(ROUND_EVERY) => {}
                () = stop.cancelled() => return,
            }
        }
    }

    async fn round(&self, known: &mut Known, now_ms: i64) -> Result<(), StoreError> {
        let Parts { queue, store, backup, mailer, webhooks, .. } = &*self.parts;
        let due = schedule::due(now_ms, backup.every);
        if due != known.due {
            for Due { task, once } in &due {
                queue.add_once(task.clone(), once.clone()).await?;
            }
            known.due = due;
        }
        known.outbox.pass_on(store, queue, webhooks.as_ref(), mailer.is_some(), now_ms).await?;
        Ok(())
    }

    /// Counts what waits, also where others do it: that nobody does is seen by that.
    pub async fn keep_counted(self, stop: CancellationToken) {
        loop {
            if let Err(error) = self.count().await {
                tracing::debug!(%error, "jobs cannot be counted");
            }
            tokio::select! {
                () = sleep(COUNT_EVERY) => {}
                () = stop.cancelled() => return,
            }
        }
    }

    async fn count(&self) -> Result<(), StoreError> {
        let Parts { store, clock, metrics, .. } = &*self.parts;
        let (counts, now_ms) = (store.job_counts().await?, clock.now_ms());
        metrics.jobs.waiting.reset();
        metrics.jobs.oldest_seconds.reset();
        for count in counts {
            let jobs = i64::try_from(count.jobs).unwrap_or(i64::MAX);
            metrics.jobs.waiting.with_label_values(&[count.kind.as_str(), count.state.text()]).set(jobs);
            if count.state == JobState::Queued {
                let waits = (now_ms - count.oldest_run_at).max(0) / 1_000;
                metrics.jobs.oldest_seconds.with_label_values(&[&count.kind]).set(waits);
            }
        }
        Ok(())
    }

    /// Does the next job, if one is due.
    async fn next(&self, stop: &CancellationToken) -> Result<bool, StoreError> {
        let Parts { store, clock, .. } = &*self.parts;
        // A claim writes, so it waits until there is something to claim.
        if store.next_job_at().await?.is_none_or(|at| at > clock.now_ms()) {
            return Ok(false);
        }
        let now_ms = clock.now_ms();
        let claim = JobClaim { holder: self.holder, kinds: &KINDS, now_ms, until_ms: now_ms + millis(CLAIM_FOR) };
        let Some(job) = store.claim_job(claim).await? else { return Ok(false) };
        let began = Instant::now();
        let outcome = tokio::select! {
            ended = self.attempt(&job) => self.outcome(&job, ended),
            () = self.renew(&job) => return Ok(true),
            () = stop.cancelled() => JobOutcome::GivenBack,
        };
        self.note(&job, &outcome, began.elapsed());
        if store.end_job(&job, self.holder, &outcome, clock.now_ms()).await?
            && let JobOutcome::Dead { error } = &outcome
        {
            self.alert(&job, error).await?;
        }
        Ok(true)
    }

    async fn attempt(&self, job: &Job) -> Result<(), Failure> {
        let task = Task::read(job).map_err(|error| Failure::Never(format!("It cannot be read: {error}.")))?;
        let within = task.pace().within;
        timeout(within, self.run(job, task))
            .await
            .unwrap_or_else(|_| Err(Failure::Again(format!("It took longer than {} s.", within.as_secs()))))
    }

    async fn run(&self, job: &Job, task: Task) -> Result<(), Failure> {
        let Parts { store, clock, backup, webhooks, .. } = &*self.parts;
        match task {
            Task::Backup => copy(store.clone(), backup.clone(), clock.now_ms()).await,
            Task::Retention => Ok(store.prune(clock.now_ms()).await?),
            Task::Statistics { day } => Ok(store.count_day(&day).await?),
            Task::Game(wanted) => game::launch(store, clock, &self.parts.ids, job, wanted).await,
            Task::Mail(letter) => self.send(job, letter).await,
            Task::Results { game } => self.send(job, Letter::Results { game }).await,
            Task::Webhook { endpoint, event, game } => {
                let webhooks = webhooks.as_ref().ok_or_else(Failure::told_no_more)?;
                let (store, live) = (store, &self.parts.live);
                let about = webhook::about(store, live, event, game).await?;
                webhooks.send(job.id, &endpoint, event, &about, clock.now_ms()).await
            }
        }
    }

    async fn send(&self, job: &Job, letter: Letter) -> Result<(), Failure> {
        let Parts { store, live, auth, base_url, mailer, .. } = &*self.parts;
        let mailer = mailer.as_ref().ok_or_else(|| Failure::Never("mail.host is not set.".to_owned()))?;
        let base_url = base_url.borrow().clone();
        let message = letters::write(letter, store, live, auth, mailer, &base_url).await?;
        mailer.send(job.id, message).await.map_err(|error| {
            if error.is_final { Failure::Never(error.to_string()) } else { Failure::Again(error.to_string()) }
        })
    }

    fn outcome(&self, job: &Job, ended: Result<(), Failure>) -> JobOutcome {
        match ended {
            Ok(()) => JobOutcome::Done,
            Err(Failure::Never(error)) => JobOutcome::Dead { error },
            Err(Failure::Again(error)) if job.attempts >= job.attempts_max => JobOutcome::Dead { error },
            Err(Failure::Again(error)) => {
                let pace = Task::read(job).map_or_else(|_| task::Pace::default(), |task| task.pace());
                let wait = pace.wait(job.attempts, self.parts.ids.fraction());
                JobOutcome::Again { at: self.parts.clock.now_ms() + millis(wait), error }
            }
        }
    }

    /// Says that it is still at a job. Ends when it is its no more.
    async fn renew(&self, job: &Job) {
        loop {
            sleep(RENEW_EVERY).await;
            let until = self.parts.clock.now_ms() + millis(CLAIM_FOR);
            match self.parts.store.keep_job(job, self.holder, until).await {
                Ok(true) => {}
                Ok(false) => {
                    tracing::info!(id = %job.id, kind = job.kind, "a job was cancelled, or another worker has it");
                    return;
                }
                Err(error) => tracing::debug!(%error, "a claim on a job cannot be renewed"),
            }
        }
    }

    fn note(&self, job: &Job, outcome: &JobOutcome, took: Duration) {
        let (result, id, kind, attempt) = (name(outcome), job.id, job.kind.as_str(), job.attempts);
        match outcome {
            JobOutcome::Done => tracing::info!(%id, kind, attempt, "a job is done"),
            JobOutcome::Again { error, .. } => tracing::warn!(%id, kind, attempt, error, "a job is tried again later"),
            JobOutcome::Dead { error } => tracing::error!(%id, kind, attempt, error, "a job has failed for good"),
            JobOutcome::GivenBack => tracing::info!(%id, kind, "a job is left to the next process"),
        }
        let metrics = &self.parts.metrics.jobs;
        metrics.ended.with_label_values(&[kind, result]).inc();
        metrics.seconds.with_label_values(&[kind]).observe(took.as_secs_f64());
    }

    /// Tells whoever looks after this Quibble that a job needs them. Of mail that cannot go out no mail is sent.
    async fn alert(&self, job: &Job, error: &str) -> Result<(), StoreError> {
        let is_told = self.parts.mailer.as_ref().is_some_and(Mailer::alerts_somebody);
        let is_mail = matches!(Task::read(job), Ok(Task::Mail(_) | Task::Results { .. }));
        if is_told && !is_mail {
            let (kind, subject) = (job.kind.clone(), job.subject.clone());
            let letter = Letter::JobDied { kind, subject, error: error.to_owned() };
            self.parts.queue.add_once(Task::Mail(letter), format!("died/{}/{}", job.id, job.updated_at)).await?;
        }
        Ok(())
    }
}

/// Takes a copy of the data, and deletes the oldest ones. Files are read and written on a thread of its own: games wait for
/// none of it.
async fn copy(store: Store, Backup { dir, keep, address, .. }: Backup, now_ms: i64) -> Result<(), Failure> {
    let copying = move || {
        let making = async {
            match &address {
                Address::File(_) => backup::create(&store, &dir, now_ms).await,
                server @ Address::Postgres { .. } => {
                    backup::create_of_server(server, backup::form_for(server).await?, &dir, now_ms).await
                }
            }
        };
        let made = Handle::current().block_on(making);
        made.map_err(|error| Failure::Again(format!("No backup was made: {error}.")))?;
        let pruned = backup::prune(&dir, keep);
        pruned.map(drop).map_err(|error| Failure::Again(format!("Old backups cannot be deleted: {error}.")))
    };
    spawn_blocking(copying).await.unwrap_or_else(|error| Err(Failure::Again(error.to_string())))
}

fn name(outcome: &JobOutcome) -> &'static str {
    match outcome {
        JobOutcome::Done => "done",
        JobOutcome::Again { .. } => "again",
        JobOutcome::Dead { .. } => "dead",
        JobOutcome::GivenBack => "given_back",
    }
}
