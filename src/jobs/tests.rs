//! The workers on a real database: each job's effect once, tries that follow each other, what happened passed on.

use super::*;
use crate::auth::Passwords;
use crate::bus::Bus;
use crate::config::{self, Secret};
use crate::live;
use crate::store::JobSearch;
use crate::store::fixture::{Fixture, choice_question};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use base64::prelude::{BASE64_STANDARD, Engine};
use std::sync::Mutex;
use tokio::net::TcpListener;
use tokio_util::task::TaskTracker;

const KEY: &[u8] = b"0123456789abcdefghijklmnopqrstuv";

/// A worker of its own and what it works on.
struct Bench {
    f: Fixture,
    clock: Clock,
    ids: Ids,
    tasks: TaskTracker,
    dir: tempfile::TempDir,
}

/// Somebody who is told, and what they answer.
#[derive(Clone)]
struct Listener {
    heard: Arc<Mutex<Vec<(HeaderMap, Bytes)>>>,
    answers: Arc<Mutex<Vec<StatusCode>>>,
    url: String,
}

impl Bench {
    async fn new() -> Self {
        let clock = Clock::manual(1_795_780_800_000); // 2026-11-27T12:00:00Z
        let ids = Ids::seeded(clock.clone(), 7);
        Self { f: Fixture::new().await, clock, ids, tasks: TaskTracker::new(), dir: tempfile::tempdir().unwrap() }
    }

    fn worker(&self, webhooks: Option<&Listener>) -> Jobs {
        let (store, clock, ids) = (self.f.store.clone(), self.clock.clone(), self.ids.clone());
        let base_url = watch::channel("http://quiz.test".to_owned()).1;
        let metrics = Metrics::new().unwrap();
        let live = Live::start(live::Parts {
            store: live::Storage::Sql(store.clone()),
            bus: Bus::local(&ids),
            clock: clock.clone(),
            ids: ids.clone(),
            metrics: metrics.clone(),
            tracker: self.tasks.clone(),
            stop: CancellationToken::new(),
            base_url: base_url.clone(),
            robots_take: Duration::ZERO,
        });
        let told = |listener: &Listener| {
            Webhooks::new(&config::Webhooks::made(vec![Secret::new(listener.url.as_str())], KEY)).unwrap()
        };
        Jobs::new(Parts {
            queue: Queue::new(store.clone(), clock.clone(), ids.clone()),
            live,
            auth: Auth::new(store.clone(), clock.clone(), ids.clone(), Passwords::new(ids.clone()), None),
            store,
            clock,
            ids,
            metrics,
            base_url,
            backup: Backup { every: None, keep: 2, dir: self.dir.path().to_owned(), address: self.f.address() },
            mailer: None,
            webhooks: webhooks.map(told),
        })
    }

    /// All that is due, done.
    async fn drain(&self, worker: &Jobs) {
        while worker.next(&CancellationToken::new()).await.unwrap() {}
    }

    async fn states(&self, kind: &str) -> Vec<(JobState, usize)> {
        let jobs = self.f.store.jobs(JobSearch::default(), 100).await.unwrap();
        let of_kind = jobs.into_iter().filter(|job| job.kind == kind);
        of_kind.map(|job| (job.state, job.attempts)).collect()
    }
}

impl Listener {
    async fn new(tasks: &TaskTracker, answers: &[StatusCode]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/told?by=us", listener.local_addr().unwrap());
        let this = Self { heard: Arc::default(), answers: Arc::new(Mutex::new(answers.to_vec())), url };
        let told = async |State(this): State<Self>, headers: HeaderMap, body: Bytes| {
            this.heard.lock().unwrap().push((headers, body));
            this.answers.lock().unwrap().pop().unwrap_or(StatusCode::NO_CONTENT)
        };
        let app = Router::new().route("/told", post(told)).with_state(this.clone());
        tasks.spawn(async move { axum::serve(listener, app).await });
        this
    }

    fn told(&self) -> Vec<(String, serde_json::Value)> {
        let heard = self.heard.lock().unwrap();
        let one = |(headers, body): &(HeaderMap, Bytes)| {
            (headers["webhook-id"].to_str().unwrap().to_owned(), serde_json::from_slice(body).unwrap())
        };
        heard.iter().map(one).collect()
    }
}

#[tokio::test]
async fn each_time_is_one_job_however_many_look() {
    let bench = Bench::new().await;
    let (a, b) = (bench.worker(None), bench.worker(None));
    for worker in [&a, &b, &a] {
        worker.round(&mut Known::default(), bench.clock.now_ms()).await.unwrap();
    }
    tokio::join!(bench.drain(&a), bench.drain(&b));
    assert_eq!(bench.states("retention").await, [(JobState::Done, 1)]);
    assert_eq!(bench.states("statistics").await, [(JobState::Done, 1)]);
    bench.clock.advance(Duration::from_secs(3_600));
    a.round(&mut Known::default(), bench.clock.now_ms()).await.unwrap();
    assert_eq!(bench.states("retention").await, [(JobState::Queued, 0), (JobState::Done, 1)]);
}

#[tokio::test]
async fn a_planned_game_opens_once_and_one_that_cannot_be_played_says_why() {
    let bench = Bench::new().await;
    let Bench { f, clock, .. } = &bench;
    let worker = bench.worker(None);
    let quiz = f.quiz("Friday").await;
    let round = f.round(quiz, "One").await;
    let at = clock.now_ms() + 60_000;
    let plan = |quiz| Task::Game(ScheduledGame { quiz, quiz_name: "Friday".to_owned(), teams: true });
    let empty = worker.parts.queue.add_for(f.owner, plan(quiz), at).await.unwrap();
    bench.drain(&worker).await;
    assert_eq!(bench.states("game").await, [(JobState::Queued, 0)], "its time has not come");
    clock.advance(Duration::from_secs(60));
    bench.drain(&worker).await;
    let job = f.store.job(empty).await.unwrap().unwrap();
    assert_eq!(
        (job.state, job.error.as_deref()),
        (JobState::Dead, Some("Round 1 has no questions. Add some, or delete the round."))
    );

    let bank = f.bank("Bank").await;
    let question = f.add(bank, &choice_question("Red?", &["Yes", "No"])).await;
    f.store.set_round_questions(f.owner, quiz, round, &[question.id], 1).await.unwrap();
    f.store.retry_job(empty, clock.now_ms()).await.unwrap();
    bench.drain(&worker).await;
    let game = f.store.game(crate::game::GameId(empty)).await.unwrap().unwrap();
    assert_eq!((game.quiz, game.teams, game.quiz_name.as_str()), (Some(quiz), true, "Friday"));
    // As if the worker had ended between the game and its word of it.
    f.store.cancel_job(empty, clock.now_ms()).await.unwrap();
    let again = f.store.job(empty).await.unwrap().unwrap();
    let Ok(Task::Game(wanted)) = Task::read(&again) else { panic!("{again:?}") };
    game::launch(&f.store, clock, &bench.ids, &again, wanted).await.unwrap();
    assert_eq!(f.store.games_of(f.owner, None, 10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn what_happens_is_told_once_and_tried_again_where_it_was_not_taken() {
    let bench = Bench::new().await;
    let Bench { f, clock, .. } = &bench;
    let listener = Listener::new(&bench.tasks, &[StatusCode::INTERNAL_SERVER_ERROR]).await;
    let (a, b) = (bench.worker(Some(&listener)), bench.worker(Some(&listener)));
    let quiz = f.quiz("Friday").await;
    let round = f.round(quiz, "One").await;
    let bank = f.bank("Bank").await;
    let question = f.add(bank, &choice_question("Red?", &["Yes", "No"])).await;
    f.store.set_round_questions(f.owner, quiz, round, &[question.id], 1).await.unwrap();
    let (mut seen_by_a, mut seen_by_b) = (Known::default(), Known::default());
    a.round(&mut seen_by_a, clock.now_ms()).await.unwrap();
    clock.advance(Duration::from_secs(1));
    a.parts
        .queue
        .add_for(f.owner, Task::Game(ScheduledGame { quiz, quiz_name: "Friday".to_owned(), teams: false }), 0)
        .await
        .unwrap();
    bench.drain(&a).await;
    for _ in 0..2 {
        a.round(&mut seen_by_a, clock.now_ms()).await.unwrap();
        b.round(&mut seen_by_b, clock.now_ms()).await.unwrap();
    }
    tokio::join!(bench.drain(&a), bench.drain(&b));
    assert_eq!(bench.states("webhook").await, [(JobState::Queued, 1)], "it was not taken");
    clock.advance(Duration::from_secs(60));
    bench.drain(&b).await;
    assert_eq!(bench.states("webhook").await, [(JobState::Done, 2)]);
    let told = listener.told();
    assert_eq!(told.len(), 2);
    assert_eq!(told[0].0, told[1].0, "a repeat has the same id");
    assert_eq!((&told[1].1["type"], &told[1].1["data"]["quiz_name"]), (&"game.created".into(), &"Friday".into()));
    let (headers, body) = listener.heard.lock().unwrap()[1].clone();
    let signed = format!(
        "{}.{}.{}",
        headers["webhook-id"].to_str().unwrap(),
        headers["webhook-timestamp"].to_str().unwrap(),
        std::str::from_utf8(&body).unwrap()
    );
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, KEY);
    let expected = BASE64_STANDARD.encode(aws_lc_rs::hmac::sign(&key, signed.as_bytes()));
    assert_eq!(headers["webhook-signature"], format!("v1,{expected}"));
}

#[tokio::test]
async fn one_who_is_gone_is_told_no_more() {
    let bench = Bench::new().await;
    let listener = Listener::new(&bench.tasks, &[StatusCode::GONE]).await;
    let worker = bench.worker(Some(&listener));
    let endpoint = worker.parts.webhooks.as_ref().unwrap().endpoints().next().unwrap();
    let game = crate::game::GameId(bench.ids.uuid());
    let unknown = Task::Webhook { endpoint, event: webhook::Happening::Created, game };
    worker.parts.queue.add(unknown).await.unwrap();
    bench.drain(&worker).await;
    assert_eq!(bench.states("webhook").await, [(JobState::Dead, 1)], "there is no such game");
    assert!(listener.told().is_empty());
}

#[tokio::test]
async fn what_a_worker_is_at_when_it_stops_is_left_to_the_next() {
    let bench = Bench::new().await;
    let worker = bench.worker(None);
    worker.parts.queue.add(Task::Retention).await.unwrap();
    let stop = CancellationToken::new();
    stop.cancel();
    // Which of the two is ready first is left to chance: a stop gives back, or it is done.
    worker.next(&stop).await.unwrap();
    bench.drain(&worker).await;
    assert_eq!(bench.states("retention").await, [(JobState::Done, 1)]);
}

#[tokio::test]
async fn copies_are_taken_and_the_oldest_go() {
    let bench = Bench::new().await;
    let worker = bench.worker(None);
    for _ in 0..3 {
        worker.parts.queue.add(Task::Backup).await.unwrap();
        bench.drain(&worker).await;
        bench.clock.advance(Duration::from_secs(1));
    }
    assert_eq!(bench.states("backup").await, [(JobState::Done, 1); 3]);
    assert_eq!(backup::list(bench.dir.path()).unwrap().len(), 2);
}

#[test]
fn a_stored_task_reads_as_it_was_written() {
    let game = crate::game::GameId(Uuid::nil());
    let endpoint = webhook::Endpoint { id: "ab".to_owned(), host: "example.org".to_owned() };
    for task in [
        Task::Backup,
        Task::Game(ScheduledGame { quiz: Uuid::nil(), quiz_name: "Q".to_owned(), teams: true }),
        Task::Mail(Letter::Test { to: "a@example.org".to_owned() }),
        Task::Mail(Letter::JobDied { kind: "backup".to_owned(), subject: None, error: "full".to_owned() }),
        Task::Results { game },
        Task::Retention,
        Task::Statistics { day: "2026-11-27".to_owned() },
        Task::Webhook { endpoint, event: webhook::Happening::Ended, game },
    ] {
        assert!(KINDS.contains(&task.kind()));
        let job = Job {
            id: Uuid::nil(),
            kind: task.kind().to_owned(),
            payload: task.payload(),
            subject: None,
            account: None,
            state: JobState::Queued,
            attempts: 0,
            attempts_max: 1,
            run_at: 0,
            error: None,
            created_at: 0,
            updated_at: 0,
        };
        assert_eq!(Task::read(&job).unwrap(), task);
    }
}
