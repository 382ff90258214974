//! Work that is done after the answer: a queue that outlives every process. A job is claimed by one worker at a time, tried
//! again when it fails, and left for people to look at when it fails too often.

use super::{Store, StoreError, count, id, int, optional_id};
use sqlx::Row;
use sqlx::any::AnyRow;
use uuid::Uuid;

/// A claim that ends later than this after the longest that anybody makes was made before a clock was put back, in
/// milliseconds.
const CLOCKS_DIFFER_MS: i64 = 10 * 60 * 1_000;

/// A job to be done.
#[derive(Clone, Debug)]
pub struct NewJob {
    pub id: Uuid,
    pub kind: &'static str,
    /// JSON, by its kind.
    pub payload: String,
    /// For people: what it is about.
    pub subject: Option<String>,
    /// Whose it is. None: the owner's.
    pub account: Option<Uuid>,
    /// What is done once is asked for under one name.
    pub once: Option<String>,
    pub attempts_max: u32,
    /// Not before, in milliseconds since the Unix epoch.
    pub run_at: i64,
}

/// A job as it stands. Instants are milliseconds since the Unix epoch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    pub id: Uuid,
    pub kind: String,
    pub payload: String,
    pub subject: Option<String>,
    pub account: Option<Uuid>,
    pub state: JobState,
    pub attempts: usize,
    pub attempts_max: usize,
    pub run_at: i64,
    /// Of the last attempt, for people.
    pub error: Option<String>,
    pub created_at: i64,
    pub updated_at: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobState {
    Queued,
    Running,
    Done,
    /// It failed too often. Somebody has to look.
    Dead,
    Cancelled,
}

/// Who takes a job, and for how long that is believed.
#[derive(Clone, Copy, Debug)]
pub struct JobClaim<'a> {
    /// The process.
    pub holder: Uuid,
    /// What it can do. Jobs of other kinds are left to others.
    pub kinds: &'a [&'a str],
    pub now_ms: i64,
    pub until_ms: i64,
}

/// What became of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobOutcome {
    Done,
    /// It is tried again at an instant.
    Again {
        at: i64,
        error: String,
    },
    Dead {
        error: String,
    },
    /// Whoever was at it goes: another begins at once, and the attempt does not count.
    GivenBack,
}

/// How many jobs of a kind are in a state, and since when the one that waits longest could be at work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobCount {
    pub kind: String,
    pub state: JobState,
    pub jobs: usize,
    pub oldest_run_at: i64,
}

/// Which jobs are asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct JobSearch {
    pub state: Option<JobState>,
    /// Those older than this one.
    pub before: Option<Uuid>,
}

/// The columns of a job by their names, so that a later schema may have more of them.
macro_rules! columns {
    () => {
        "id, kind, payload, subject, account_id, state, attempts, attempts_max, run_at, error, created_at, updated_at"
    };
}

impl Store {
    /// Puts a job into the queue. False: what is done once has been asked for before.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn enqueue(&self, new: &NewJob, now_ms: i64) -> Result<bool, StoreError> {
        let statement = sqlx::query(
            "INSERT INTO jobs (id, kind, payload, subject, account_id, state, attempts, attempts_max, run_at, once,
               created_at, updated_at)
             VALUES ($1, $2, $3, $4, $5, 'queued', 0, $6, $7, $8, $9, $9) ON CONFLICT (once) DO NOTHING",
        )
        .bind(new.id.to_string())
        .bind(new.kind)
        .bind(&new.payload)
        .bind(new.subject.as_deref())
        .bind(new.account.map(|account| account.to_string()))
        .bind(i64::from(new.attempts_max))
        .bind(new.run_at)
        .bind(new.once.as_deref())
        .bind(now_ms);
        Ok(self.execute(statement).await?.rows_affected() == 1)
    }

    /// The earliest instant at which a job is to be begun, or taken from one who said nothing for too long.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn next_job_at(&self) -> Result<Option<i64>, StoreError> {
        let row = sqlx::query(
            "SELECT min(CASE state WHEN 'queued' THEN run_at ELSE held_until END) AS at FROM jobs
             WHERE state IN ('queued', 'running')",
        );
        Ok(row.fetch_one(&mut self.read().await?).await?.try_get("at")?)
    }

    /// Takes the job that waits longest, if one is due. One whose worker ended at its last attempt is dead.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn claim_job(&self, claim: JobClaim<'_>) -> Result<Option<Job>, StoreError> {
        let far_ahead = claim.until_ms + CLOCKS_DIFFER_MS;
        let mut tx = self.begin().await?;
        sqlx::query(
            "UPDATE jobs SET state = 'dead', updated_at = $1, holder = NULL,
               error = 'The process ended while it was at this, or said nothing for too long.'
             WHERE state = 'running' AND attempts >= attempts_max AND (held_until <= $1 OR held_until > $2)",
        )
        .bind(claim.now_ms)
        .bind(far_ahead)
        .execute(&mut tx)
        .await?;
        let row = sqlx::query(self.dialect.claim_job())
            .bind(claim.holder.to_string())
            .bind(claim.until_ms)
            .bind(claim.now_ms)
            .bind(far_ahead)
            .bind(format!(",{},", claim.kinds.join(",")))
            .fetch_optional(&mut tx)
            .await?;
        let job = row.as_ref().map(job).transpose()?;
        tx.commit().await?;
        Ok(job)
    }

    /// Says that a worker is still at an attempt. False: it is not its any more.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn keep_job(&self, job: &Job, holder: Uuid, until_ms: i64) -> Result<bool, StoreError> {
        let statement = sqlx::query(
            "UPDATE jobs SET held_until = $4 WHERE id = $1 AND holder = $2 AND attempts = $3 AND state = 'running'",
        )
        .bind(job.id.to_string())
        .bind(holder.to_string())
        .bind(int(job.attempts))
        .bind(until_ms);
        Ok(self.execute(statement).await?.rows_affected() == 1)
    }

    /// Writes down what became of an attempt. False: it was somebody else's by then, or cancelled.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn end_job(
        &self,
        job: &Job,
        holder: Uuid,
        outcome: &JobOutcome,
        now_ms: i64,
    ) -> Result<bool, StoreError> {
        let (state, run_at, error, attempts) = match outcome {
            JobOutcome::Done => (JobState::Done, job.run_at, None, job.attempts),
            JobOutcome::Again { at, error } => (JobState::Queued, *at, Some(error), job.attempts),
            JobOutcome::Dead { error } => (JobState::Dead, job.run_at, Some(error), job.attempts),
            JobOutcome::GivenBack => (JobState::Queued, job.run_at, job.error.as_ref(), job.attempts.saturating_sub(1)),
        };
        let statement = sqlx::query(
            "UPDATE jobs SET state = $4, run_at = $5, error = $6, attempts = $7, updated_at = $8, holder = NULL,
               held_until = NULL
             WHERE id = $1 AND holder = $2 AND attempts = $3 AND state = 'running'",
        )
        .bind(job.id.to_string())
        .bind(holder.to_string())
        .bind(int(job.attempts))
        .bind(state.text())
        .bind(run_at)
        .bind(error)
        .bind(int(attempts))
        .bind(now_ms);
        Ok(self.execute(statement).await?.rows_affected() == 1)
    }

    /// Gives back what a process was at that ended: where one alone uses the database, nobody is at anything when it
    /// begins.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn free_jobs(&self) -> Result<(), StoreError> {
        self.execute(sqlx::query("UPDATE jobs SET held_until = 0 WHERE state = 'running'")).await?;
        Ok(())
    }

    /// Jobs, the newest first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn jobs(&self, search: JobSearch, limit: u32) -> Result<Vec<Job>, StoreError> {
        let rows = sqlx::query(concat!(
            "SELECT ",
            columns!(),
            " FROM jobs WHERE ($1 = '' OR state = $1) AND id < $2 ORDER BY id DESC LIMIT $3"
        ))
        .bind(search.state.map_or("", JobState::text))
        .bind(search.before.map_or_else(|| "g".to_owned(), |id| id.to_string()))
        .bind(i64::from(limit))
        .fetch_all(&mut self.read().await?)
        .await?;
        rows.iter().map(job).collect()
    }

    /// The jobs of one kind that an account waits for, the first to come first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn queued_jobs_of(&self, account: Uuid, kind: &str) -> Result<Vec<Job>, StoreError> {
        let rows = sqlx::query(concat!(
            "SELECT ",
            columns!(),
            " FROM jobs WHERE account_id = $1 AND kind = $2 AND state IN ('queued', 'running') ORDER BY run_at, id"
        ))
        .bind(account.to_string())
        .bind(kind)
        .fetch_all(&mut self.read().await?)
        .await?;
        rows.iter().map(job).collect()
    }

    /// One job.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn job(&self, id: Uuid) -> Result<Option<Job>, StoreError> {
        let row = sqlx::query(concat!("SELECT ", columns!(), " FROM jobs WHERE id = $1")).bind(id.to_string());
        row.fetch_optional(&mut self.read().await?).await?.as_ref().map(job).transpose()
    }

    /// Has a job begin now, with all its attempts before it. False: it is at work, or done.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn retry_job(&self, id: Uuid, now_ms: i64) -> Result<bool, StoreError> {
        let statement = sqlx::query(
            "UPDATE jobs SET state = 'queued', attempts = 0, run_at = $2, updated_at = $2
             WHERE id = $1 AND state IN ('queued', 'dead', 'cancelled')",
        );
        Ok(self.execute(statement.bind(id.to_string()).bind(now_ms)).await?.rows_affected() == 1)
    }

    /// Has a job not be done. Whoever is at it stops when it next says that it is. False: it is done, or cancelled
    /// already.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn cancel_job(&self, id: Uuid, now_ms: i64) -> Result<bool, StoreError> {
        let statement = sqlx::query(
            "UPDATE jobs SET state = 'cancelled', updated_at = $2, holder = NULL, held_until = NULL
             WHERE id = $1 AND state IN ('queued', 'running', 'dead')",
        );
        Ok(self.execute(statement.bind(id.to_string()).bind(now_ms)).await?.rows_affected() == 1)
    }

    /// How many jobs wait, are at work and are dead, by kind.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn job_counts(&self) -> Result<Vec<JobCount>, StoreError> {
        let rows = sqlx::query(
            "SELECT kind, state, count(*) AS n, min(run_at) AS oldest FROM jobs
             WHERE state IN ('queued', 'running', 'dead') GROUP BY kind, state ORDER BY kind, state",
        )
        .fetch_all(&mut self.read().await?)
        .await?;
        let counted = |row: &AnyRow| {
            Ok(JobCount {
                kind: row.try_get("kind")?,
                state: state(row)?,
                jobs: count(row, "n")?,
                oldest_run_at: row.try_get("oldest")?,
            })
        };
        rows.iter().map(counted).collect()
    }
}

impl JobState {
    const ALL: [Self; 5] = [Self::Queued, Self::Running, Self::Done, Self::Dead, Self::Cancelled];

    pub const fn text(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Done => "done",
            Self::Dead => "dead",
            Self::Cancelled => "cancelled",
        }
    }

    /// The state of this name.
    pub fn named(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.text() == text)
    }
}

fn state(row: &AnyRow) -> Result<JobState, StoreError> {
    let text: String = row.try_get("state")?;
    JobState::named(&text).ok_or_else(|| StoreError::Unreadable(format!("the state of a job is {text:?}")))
}

fn job(row: &AnyRow) -> Result<Job, StoreError> {
    Ok(Job {
        id: id(row, "id")?,
        kind: row.try_get("kind")?,
        payload: row.try_get("payload")?,
        subject: row.try_get("subject")?,
        account: optional_id(row, "account_id")?,
        state: state(row)?,
        attempts: count(row, "attempts")?,
        attempts_max: count(row, "attempts_max")?,
        run_at: row.try_get("run_at")?,
        error: row.try_get("error")?,
        created_at: row.try_get("created_at")?,
        updated_at: row.try_get("updated_at")?,
    })
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Fixture;
    use super::*;

    fn new(f: &Fixture, kind: &'static str, run_at: i64) -> NewJob {
        NewJob {
            id: f.next_id(),
            kind,
            payload: "{}".to_owned(),
            subject: None,
            account: None,
            once: None,
            attempts_max: 2,
            run_at,
        }
    }

    fn claim(holder: Uuid, now_ms: i64) -> JobClaim<'static> {
        JobClaim { holder, kinds: &["mail", "backup"], now_ms, until_ms: now_ms + 100 }
    }

    #[tokio::test]
    async fn a_job_is_claimed_by_one_when_it_is_due() {
        let f = Fixture::new().await;
        let (anna, bert) = (f.next_id(), f.next_id());
        let (late, early) = (new(&f, "mail", 20), new(&f, "backup", 10));
        assert!(f.store.enqueue(&late, 1).await.unwrap());
        assert!(f.store.enqueue(&early, 1).await.unwrap());
        assert!(f.store.enqueue(&new(&f, "from-the-future", 0), 1).await.unwrap());
        assert_eq!(f.store.claim_job(claim(anna, 9)).await.unwrap(), None);
        let first = f.store.claim_job(claim(anna, 20)).await.unwrap().unwrap();
        assert_eq!((first.id, first.attempts, first.state), (early.id, 1, JobState::Running));
        assert_eq!(f.store.claim_job(claim(bert, 20)).await.unwrap().unwrap().id, late.id);
        assert_eq!(f.store.claim_job(claim(bert, 20)).await.unwrap(), None);
        assert!(f.store.end_job(&first, anna, &JobOutcome::Done, 21).await.unwrap());
        assert_eq!(f.store.job(early.id).await.unwrap().unwrap().state, JobState::Done);
        assert_eq!(f.store.claim_job(claim(bert, 30)).await.unwrap(), None, "what is done stays done");
    }

    #[tokio::test]
    async fn two_who_claim_at_once_never_get_the_same_job() {
        let f = Fixture::new().await;
        for _ in 0..20 {
            f.store.enqueue(&new(&f, "mail", 0), 1).await.unwrap();
        }
        let worker = |holder: Uuid| {
            let store = f.store.clone();
            async move {
                let mut got = Vec::new();
                while let Some(job) = store.claim_job(claim(holder, 1)).await.unwrap() {
                    got.push(job.id);
                }
                got
            }
        };
        let (a, b) = tokio::join!(worker(f.next_id()), worker(f.next_id()));
        let mut all: Vec<_> = a.into_iter().chain(b).collect();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 20);
    }

    #[tokio::test]
    async fn what_a_worker_left_is_taken_over_and_its_late_word_does_not_count() {
        let f = Fixture::new().await;
        let (anna, bert) = (f.next_id(), f.next_id());
        let new = new(&f, "mail", 0);
        f.store.enqueue(&new, 1).await.unwrap();
        let first = f.store.claim_job(claim(anna, 1)).await.unwrap().unwrap();
        assert!(f.store.keep_job(&first, anna, 201).await.unwrap());
        assert_eq!(f.store.claim_job(claim(bert, 200)).await.unwrap(), None, "it said that it is at it");
        let second = f.store.claim_job(claim(bert, 201)).await.unwrap().unwrap();
        assert_eq!(second.attempts, 2);
        assert!(!f.store.keep_job(&first, anna, 999).await.unwrap());
        assert!(!f.store.end_job(&first, anna, &JobOutcome::Done, 202).await.unwrap());
        // And whoever ends at the last attempt leaves it dead.
        assert_eq!(f.store.claim_job(claim(anna, 999)).await.unwrap(), None);
        let dead = f.store.job(new.id).await.unwrap().unwrap();
        assert_eq!(dead.state, JobState::Dead);
        assert!(dead.error.unwrap().contains("ended"));
    }

    #[tokio::test]
    async fn a_claim_from_before_a_clock_was_put_back_is_none() {
        let f = Fixture::new().await;
        let (anna, bert) = (f.next_id(), f.next_id());
        f.store.enqueue(&new(&f, "mail", 0), 1).await.unwrap();
        f.store.claim_job(claim(anna, 100_000_000)).await.unwrap().unwrap();
        assert!(f.store.claim_job(claim(bert, 1_000)).await.unwrap().is_some());
    }

    #[tokio::test]
    async fn attempts_follow_each_other_until_it_is_given_up_and_people_may_try_again() {
        let f = Fixture::new().await;
        let anna = f.next_id();
        let new = new(&f, "mail", 0);
        f.store.enqueue(&new, 1).await.unwrap();
        let again = |at| JobOutcome::Again { at, error: "no answer".to_owned() };
        let job = f.store.claim_job(claim(anna, 1)).await.unwrap().unwrap();
        f.store.end_job(&job, anna, &again(50), 2).await.unwrap();
        assert_eq!(f.store.next_job_at().await.unwrap(), Some(50));
        assert_eq!(f.store.claim_job(claim(anna, 49)).await.unwrap(), None);
        let job = f.store.claim_job(claim(anna, 50)).await.unwrap().unwrap();
        assert_eq!((job.attempts, job.error.as_deref()), (2, Some("no answer")));
        f.store.end_job(&job, anna, &JobOutcome::Dead { error: "refused".to_owned() }, 51).await.unwrap();
        let counts = f.store.job_counts().await.unwrap();
        assert_eq!((counts[0].state, counts[0].jobs), (JobState::Dead, 1));
        assert!(f.store.retry_job(new.id, 60).await.unwrap());
        let job = f.store.claim_job(claim(anna, 60)).await.unwrap().unwrap();
        assert_eq!(job.attempts, 1);
        assert!(!f.store.retry_job(new.id, 60).await.unwrap(), "somebody is at it");
        f.store.end_job(&job, anna, &JobOutcome::GivenBack, 61).await.unwrap();
        assert_eq!(f.store.job(new.id).await.unwrap().unwrap().attempts, 0, "an attempt that was no try");
    }

    #[tokio::test]
    async fn what_is_cancelled_is_nobodys() {
        let f = Fixture::new().await;
        let anna = f.next_id();
        let (waiting, running) = (new(&f, "mail", 100), new(&f, "mail", 0));
        f.store.enqueue(&waiting, 1).await.unwrap();
        f.store.enqueue(&running, 1).await.unwrap();
        let job = f.store.claim_job(claim(anna, 1)).await.unwrap().unwrap();
        for id in [waiting.id, running.id] {
            assert!(f.store.cancel_job(id, 2).await.unwrap());
            assert!(!f.store.cancel_job(id, 2).await.unwrap());
        }
        assert!(!f.store.keep_job(&job, anna, 200).await.unwrap());
        assert!(!f.store.end_job(&job, anna, &JobOutcome::Done, 3).await.unwrap());
        assert_eq!(f.store.claim_job(claim(anna, 500)).await.unwrap(), None);
        let cancelled = JobSearch { state: Some(JobState::Cancelled), before: None };
        let listed = f.store.jobs(cancelled, 10).await.unwrap();
        assert_eq!(listed.iter().map(|job| job.id).collect::<Vec<_>>(), [running.id, waiting.id]);
    }

    #[tokio::test]
    async fn what_is_done_once_is_asked_for_once() {
        let f = Fixture::new().await;
        let named = |f: &Fixture| NewJob { once: Some("backup/7".to_owned()), ..new(f, "backup", 0) };
        assert!(f.store.enqueue(&named(&f), 1).await.unwrap());
        assert!(!f.store.enqueue(&named(&f), 1).await.unwrap());
        assert_eq!(f.store.jobs(JobSearch::default(), 10).await.unwrap().len(), 1);
    }
}
