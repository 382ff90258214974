//! The script: what hosts and phones do, stage by stage, and what is measured of it.

use super::client::{Call, Client, Origin};
use super::game::{Game, Question};
use super::host::{Host, Step};
use super::options::{Options, is_chosen};
use super::phone::{News, Order, Phone, Seat, What};
use super::process::{Cpu, Process};
use super::report::{Figure, Report};
use anyhow::Context;
use axum::http::Method;
use futures_util::future::try_join_all;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::task::TaskTracker;

/// Players who join, and phones that connect, at the same time.
const AT_ONCE: usize = 32;

/// How long a stage may take beyond the time that it is given, before what is missing counts as lost.
const STAGE_PATIENCE: Duration = Duration::from_secs(60);

/// How long a player waits until the server lets one more join from that address.
const JOIN_PATIENCE: Duration = Duration::from_secs(900);

/// Until what the server does after the last receipt is over.
const SETTLE: Duration = Duration::from_millis(100);

/// How long phones do nothing before the memory is looked at.
const IDLE: Duration = Duration::from_secs(2);

/// Phones that are named when something is missing.
const NAMED_MAX: usize = 3;

/// One measurement.
#[derive(Debug)]
pub struct Night<'a> {
    options: &'a Options,
    client: Arc<Client>,
    process: Option<Process>,
    start: Instant,
    first_cpu: Option<Cpu>,
    banks: Vec<Bank<'a>>,
    games: Vec<Arc<Game>>,
    seats: Vec<Arc<Seat>>,
    hosts: Vec<Host>,
    orders: Vec<mpsc::Sender<Order>>,
    ear: Ear,
    tasks: TaskTracker,
    pub report: Report,
}

/// The questions of one host.
#[derive(Debug)]
struct Bank<'a> {
    token: &'a str,
    id: String,
    questions: Arc<[Question]>,
}

/// Hears what all phones say.
#[derive(Debug)]
struct Ear {
    say: mpsc::Sender<News>,
    news: mpsc::Receiver<News>,
}

impl<'a> Night<'a> {
    /// Looks at the server and its process.
    ///
    /// # Errors
    /// In words, when one of them is not there.
    pub async fn new(options: &'a Options) -> anyhow::Result<Self> {
        anyhow::ensure!(options.players >= options.games, "there are fewer --players than --games");
        let client = Client::new(options.url.clone(), options.ca_file.as_deref()).await?;
        anyhow::ensure!(
            options.from_addresses.is_none() || client.is_loopback_v4(),
            "--from-addresses are those of this machine: they need a --url such as http://127.0.0.1:8080"
        );
        allow_files(options)?;
        let process = options.pid.map(Process::find).transpose()?;
        let first_cpu = process.as_ref().map(Process::cpu).transpose()?;
        let (say, news) = mpsc::channel(options.phones() + 1_024);
        Ok(Self {
            options,
            client: Arc::new(client),
            process,
            start: Instant::now(),
            first_cpu,
            banks: Vec::new(),
            games: Vec::new(),
            seats: Vec::new(),
            hosts: Vec::new(),
            orders: Vec::new(),
            ear: Ear { say, news },
            tasks: TaskTracker::new(),
            report: Report::default(),
        })
    }

    /// Plays all games from the lobby to the end.
    ///
    /// # Errors
    /// In words, when something is refused, wrong or missing.
    pub async fn play(&mut self) -> anyhow::Result<()> {
        self.prepare().await.context("the games cannot be made")?;
        self.join().await.context("a player cannot join")?;
        self.connect().await.context("a phone cannot connect")?;
        let connecting = self.received();
        self.step("start_game", What::Start).await.context("the start")?;
        for place in 0..self.options.questions {
            self.progress(&format!("question {} of {}", place + 1, self.options.questions));
            self.release().await.with_context(|| format!("the release of question {}", place + 1))?;
            self.answer(place).await.with_context(|| format!("the answers to question {}", place + 1))?;
            self.come_back().await.with_context(|| format!("coming back in question {}", place + 1))?;
        }
        self.progress("the scores");
        let asked = self.received();
        let (steps, heard) = self.step("end_round", What::RoundEnd).await.context("the end of the round")?;
        self.sample_receipts(Figure::RoundEnd, &steps, &heard);
        self.scores().await.context("the release of the scores")?;
        self.step("end_game", What::GameEnd).await.context("the end of the game")?;
        self.sum_up(&connecting, &asked)
    }

    /// Closes all connections and leaves as little on the server as it can: games that are over stay among its games.
    pub async fn clean_up(&mut self) {
        self.hosts.clear();
        self.orders.clear();
        self.tasks.close();
        let _ = timeout(Duration::from_secs(10), self.tasks.wait()).await;
        for (place, game) in self.games.iter().enumerate() {
            let Some(bank) = self.banks.get(place % self.banks.len().max(1)) else { continue };
            // One that is over cannot be cancelled, which is fine.
            let _ = delete(&self.client, bank.token, &format!("/api/games/{}", game.id)).await;
        }
        for bank in &self.banks {
            if let Err(error) = delete(&self.client, bank.token, &format!("/api/banks/{}", bank.id)).await {
                eprintln!("The bank of the measurement stays: {error:#}");
            }
        }
    }

    /// Makes a bank for each host, and the games.
    async fn prepare(&mut self) -> anyhow::Result<()> {
        self.progress("the bank and the games");
        for token in &self.options.tokens {
            let new = json!({ "name": "quibble bench", "description": "Made by a measurement, and deleted by it." });
            let bank = post(&self.client, token, "/api/banks", new).await?;
            let id = string(&bank["id"])?;
            self.banks.push(Bank { token, id: id.clone(), questions: Arc::default() });
            let mut questions = Vec::new();
            for place in 0..self.options.questions {
                let path = format!("/api/banks/{id}/questions");
                let question = post(&self.client, token, &path, Question::draft(place)).await?;
                questions.push(Question::written(place, string(&question["id"])?));
            }
            if let Some(bank) = self.banks.last_mut() {
                bank.questions = questions.into();
            }
        }
        for place in 0..self.options.games {
            let bank = &self.banks[place % self.banks.len()];
            let new = json!({
                "bank_id": bank.id, "round_size": self.options.questions, "teams": self.options.devices > 1,
            });
            let game = post(&self.client, bank.token, "/api/games", new).await?;
            let game = Game::new(string(&game["id"])?, string(&game["code"])?, Arc::clone(&bank.questions));
            self.games.push(Arc::new(game));
        }
        Ok(())
    }

    /// Lets all players join. Each of their phones has a seat then.
    async fn join(&mut self) -> anyhow::Result<()> {
        self.progress(&format!("{} players join", self.options.players));
        let told = AtomicBool::new(false);
        let joins = (0..self.options.players).map(|player| {
            let game = &self.games[player % self.games.len()];
            join(&self.client, self.options, game, player, &told)
        });
        let mut joined: Vec<_> = stream::iter(joins).buffer_unordered(AT_ONCE).try_collect().await?;
        joined.sort_by_key(|(player, ..)| *player);
        for (player, session, wire, took) in joined {
            self.report.took(Figure::Join, took);
            let first = player * self.options.devices;
            for phone in first..first + self.options.devices {
                let address = self.options.address_of(player);
                let is_slow = self.options.is_slow(phone);
                // A player's first phone is the one that joined.
                let wire = if phone == first { Arc::clone(&wire) } else { Arc::default() };
                self.seats.push(Arc::new(Seat {
                    phone,
                    player,
                    name: name(player),
                    game: player % self.games.len(),
                    session: session.clone(),
                    answers: phone == first && !is_slow,
                    is_answered_for: !self.options.is_slow(first),
                    origin: Origin { address, is_slow, wire },
                }));
            }
        }
        Ok(())
    }

    /// Connects hosts and phones, and looks at what a connection takes while nothing happens.
    async fn connect(&mut self) -> anyhow::Result<()> {
        self.progress(&format!("{} phones connect", self.seats.len()));
        for (place, game) in self.games.iter().enumerate() {
            let bank = &self.banks[place % self.banks.len()];
            let (host, serve) = Host::connect(&self.client, bank.token, &game.code).await?;
            self.tasks.spawn(serve);
            self.hosts.push(host);
        }
        let memory = self.process.as_ref().map(Process::memory).transpose()?;
        let cpu = self.cpu()?;
        let connects = self.seats.iter().map(|seat| {
            let (client, game) = (Arc::clone(&self.client), Arc::clone(&self.games[seat.game]));
            let (seat, say, tasks) = (Arc::clone(seat), self.ear.say.clone(), self.tasks.clone());
            async move {
                let name = seat.name.clone();
                let (phone, is_slow) = (seat.phone, seat.origin.is_slow);
                let (connected, took) = Phone::connect(client, seat, game, say).await.context(name)?;
                let (orders, taken) = mpsc::channel(4);
                tasks.spawn(connected.run(taken));
                Ok::<_, anyhow::Error>((phone, orders, (!is_slow).then_some(took)))
            }
        });
        let mut connected: Vec<_> = stream::iter(connects).buffer_unordered(AT_ONCE).try_collect().await?;
        connected.sort_by_key(|(phone, ..)| *phone);
        for (_, orders, took) in connected {
            self.orders.push(orders);
            if let Some(took) = took {
                self.report.took(Figure::Connect, took);
            }
        }
        self.sample_cpu(Figure::ConnectCpu, cpu, self.seats.len()).await?;
        if let (Some(process), Some(before)) = (&self.process, memory) {
            self.progress("nothing happens");
            sleep(IDLE).await;
            let grown = process.memory()?.saturating_sub(before);
            self.report.add(Figure::ConnectionMemory, grown / self.seats.len().max(1) as u64);
        }
        Ok(())
    }

    /// Releases the next question in all games.
    async fn release(&mut self) -> anyhow::Result<()> {
        let cpu = self.cpu()?;
        let (steps, heard) = self.step("release_question", What::Question).await?;
        for step in &steps {
            self.report.took(Figure::Step, step.took);
        }
        let last = self.sample_receipts(Figure::Release, &steps, &heard);
        self.report.took(Figure::ReleaseLast, last);
        self.sample_cpu(Figure::ReleaseCpu, cpu, heard.len()).await
    }

    /// Lets everybody answer once.
    async fn answer(&mut self, place: usize) -> anyhow::Result<()> {
        let answering: BTreeSet<_> = self.chosen(|seat| seat.answers);
        let cpu = self.cpu()?;
        self.order(&answering, |at| Order::Answer { place, at }).await;
        let heard = self.ear.gather(What::Ack, &answering, self.options.spread()).await?;
        for news in &heard {
            self.report.took(Figure::Answer, news.took);
        }
        self.sample_cpu(Figure::AnswerCpu, cpu, heard.len()).await
    }

    /// Lets some phones lose their connection and come back.
    async fn come_back(&mut self) -> anyhow::Result<()> {
        let readers = self.readers().into_iter().enumerate();
        let coming: BTreeSet<_> =
            readers.filter(|(place, _)| is_chosen(*place, self.options.resume)).map(|(_, phone)| phone).collect();
        if coming.is_empty() {
            return Ok(());
        }
        self.order(&coming, |at| Order::ComeBack { at }).await;
        let heard = self.ear.gather(What::Replay, &coming, self.options.spread()).await?;
        for news in &heard {
            self.report.took(Figure::Resume, news.took);
        }
        sleep(SETTLE).await;
        Ok(())
    }

    /// Releases the scores, which must be those of the answers that were acknowledged.
    async fn scores(&mut self) -> anyhow::Result<()> {
        let cpu = self.cpu()?;
        let (steps, heard) = self.step("release_scores", What::Scores).await?;
        let last = self.sample_receipts(Figure::Scores, &steps, &heard);
        self.report.took(Figure::ScoresLast, last);
        self.sample_cpu(Figure::ScoresCpu, cpu, heard.len()).await?;
        for news in &heard {
            let seat = &self.seats[news.phone];
            let text = news.text.as_deref().unwrap_or_default();
            let checked = self.games[seat.game].check_scores(text, seat.player, seat.is_answered_for);
            checked.map_err(|why| anyhow::anyhow!("{}: {why}", seat.name))?;
        }
        Ok(())
    }

    /// Adds the bytes of all phones, with what each had received before the first question and after the last.
    fn sum_up(&mut self, connecting: &[u64], asked: &[u64]) -> anyhow::Result<()> {
        for seat in self.seats.iter().filter(|seat| !seat.origin.is_slow) {
            let (received, sent) = seat.origin.wire.bytes();
            let (connecting, asked) = (connecting[seat.phone], asked[seat.phone]);
            self.report.add(Figure::Received, received);
            self.report.add(Figure::ReceivedConnecting, connecting);
            self.report.add(Figure::ReceivedQuestions, asked - connecting);
            self.report.add(Figure::ReceivedScores, received - asked);
            self.report.add(Figure::Sent, sent);
        }
        if let (Some(process), Some(first)) = (&self.process, &self.first_cpu) {
            self.report.add(Figure::ServerCpu, process.cpu()?.since(first));
            self.report.add(Figure::ServerMemory, process.memory()?);
        }
        self.progress("done");
        Ok(())
    }

    /// Lets all hosts take a step, and waits until every phone that reads has been told of it.
    async fn step(&mut self, kind: &'static str, what: What) -> anyhow::Result<(Vec<Step>, Vec<News>)> {
        let readers = self.readers();
        tokio::try_join!(all_step(&self.hosts, kind), self.ear.gather(what, &readers, Duration::ZERO))
    }

    /// Adds the times from each game's step to its phones' receipts, and gives the longest.
    fn sample_receipts(&mut self, figure: Figure, steps: &[Step], heard: &[News]) -> Duration {
        let mut last = Duration::ZERO;
        for news in heard {
            let took = news.at - steps[self.seats[news.phone].game].start;
            self.report.took(figure, took);
            last = last.max(took);
        }
        last
    }

    fn cpu(&self) -> anyhow::Result<Option<Cpu>> {
        self.process.as_ref().map(Process::cpu).transpose()
    }

    /// Adds the server's CPU time of a stage, for each of so many.
    async fn sample_cpu(&mut self, figure: Figure, before: Option<Cpu>, shared_by: usize) -> anyhow::Result<()> {
        sleep(SETTLE).await;
        if let (Some(process), Some(before)) = (&self.process, before) {
            self.report.add(figure, process.cpu()?.since(&before) / shared_by.max(1) as u64);
        }
        Ok(())
    }

    /// Gives an order to these phones, spread over the time that they are given.
    async fn order(&self, phones: &BTreeSet<usize>, order: impl Fn(Instant) -> Order) {
        let (start, spread) = (Instant::now() + Duration::from_millis(20), self.options.spread());
        let count = u32::try_from(phones.len()).unwrap_or(u32::MAX);
        for (place, phone) in (0..count).zip(phones) {
            // One that is gone has said so.
            let _ = self.orders[*phone].send(order(start + spread * place / count)).await;
        }
    }

    fn readers(&self) -> BTreeSet<usize> {
        self.chosen(|seat| !seat.origin.is_slow)
    }

    fn chosen(&self, is_it: impl Fn(&Seat) -> bool) -> BTreeSet<usize> {
        self.seats.iter().filter(|seat| is_it(seat)).map(|seat| seat.phone).collect()
    }

    /// What each phone has received so far, in bytes.
    fn received(&self) -> Vec<u64> {
        self.seats.iter().map(|seat| seat.origin.wire.bytes().0).collect()
    }

    fn progress(&self, stage: &str) {
        eprintln!("{:>7.1} s  {stage}", self.start.elapsed().as_secs_f64());
    }
}

impl Ear {
    /// Waits until each of these phones has said so once. Any other word is one too many.
    async fn gather(&mut self, what: What, phones: &BTreeSet<usize>, time: Duration) -> anyhow::Result<Vec<News>> {
        let mut missing = phones.clone();
        let mut heard = Vec::with_capacity(phones.len());
        let until = Instant::now() + time + STAGE_PATIENCE;
        while !missing.is_empty() {
            let news = tokio::time::timeout_at(until, self.news.recv()).await;
            let Ok(Some(news)) = news else {
                let named: Vec<_> =
                    missing.iter().take(NAMED_MAX).map(|phone| format!("phone {}", phone + 1)).collect();
                let of = phones.len();
                anyhow::bail!("{what:?} is missing at {} of {of} phones: {}", missing.len(), named.join(", "));
            };
            match &news.what {
                Ok(said) if *said == what && missing.remove(&news.phone) => heard.push(news),
                Ok(said) => anyhow::bail!("phone {} got one more: {said:?}", news.phone + 1),
                Err(why) => anyhow::bail!("phone {}: {why}", news.phone + 1),
            }
        }
        Ok(heard)
    }
}

/// All hosts take a step at the same time.
async fn all_step(hosts: &[Host], kind: &'static str) -> anyhow::Result<Vec<Step>> {
    try_join_all(hosts.iter().map(|host| host.step(kind))).await
}

/// Lets a player join; gives the secret of the seat, the bytes, and how long it took.
async fn join(
    client: &Client,
    options: &Options,
    game: &Game,
    player: usize,
    told: &AtomicBool,
) -> anyhow::Result<(usize, String, Arc<super::client::Wire>, Duration)> {
    let give_up = Instant::now() + JOIN_PATIENCE;
    loop {
        let origin = Origin { address: options.address_of(player), is_slow: false, wire: Arc::default() };
        let body = Some(json!({ "code": game.code, "display_name": name(player) }));
        let start = Instant::now();
        let call = Call { method: Method::POST, path: "/api/join", token: None, body };
        let answer = client.call(&origin, call).await?;
        let took = start.elapsed();
        match answer.retry_after {
            Some(wait) if answer.status.as_u16() == 429 && Instant::now() + wait < give_up => {
                if !told.swap(true, Ordering::Relaxed) {
                    eprintln!(
                        "           the server lets only so many players of one address join a game at once (429): \
                         waiting. Where it is on this machine, --from-addresses spreads them"
                    );
                }
                sleep(wait.max(Duration::from_secs(1))).await;
            }
            _ => {
                let joined = answer.done(&format!("the join of {}", name(player)))?;
                return Ok((player, string(&joined["session_token"])?, origin.wire, took));
            }
        }
    }
}

async fn post(client: &Client, token: &str, path: &str, body: Value) -> anyhow::Result<Value> {
    let call = Call { method: Method::POST, path, token: Some(token), body: Some(body) };
    client.call(&Origin::default(), call).await?.done(path)
}

async fn delete(client: &Client, token: &str, path: &str) -> anyhow::Result<()> {
    let call = Call { method: Method::DELETE, path, token: Some(token), body: None };
    client.call(&Origin::default(), call).await?.done(path).map(drop)
}

fn string(value: &Value) -> anyhow::Result<String> {
    value.as_str().map(str::to_owned).context("the server's answer is not understood")
}

fn name(player: usize) -> String {
    format!("Bench {}", player + 1)
}

/// Each phone is an open file. Systems allow few of them unless asked.
fn allow_files(options: &Options) -> anyhow::Result<()> {
    let wanted = (options.phones() + options.games + 256) as u64;
    let allowed = rlimit::increase_nofile_limit(wanted).context("the limit on open files cannot be raised")?;
    anyhow::ensure!(
        allowed >= wanted,
        "so many phones need {wanted} open files, and {allowed} are allowed: `ulimit -n`"
    );
    Ok(())
}
