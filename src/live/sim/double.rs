//! A store in memory that does what the live room asks of PostgreSQL, as far as anybody can tell: the same contract
//! (`store::contract`) holds for it. All replicas share its rows; each has a line of its own to it.
//!
//! A batch of answers sees which questions are open when its statement begins, and is there when it commits. In between
//! others come and go.

use super::chance::{Call, Line, unavailable};
use super::{Bug, StoreBug};
use crate::game::{Answer, ClaimId, Event, Game, GameId, PlayerId, QuestionId};
use crate::ids::TokenHash;
use crate::limits::REVISIONS_PER_ANSWER_MAX;
use crate::store::{AnswerFate, Appended, Claim, NewSeat, Projection, Revoked, Seen, StoreError, SubmittedAnswer};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::time::{Instant, sleep};
use tokio_util::task::TaskTracker;
use uuid::Uuid;

/// The longest that a transaction may take that stores answers, and that anybody waits for one.
const ANSWERS_TAKE_AT_MOST: Duration = Duration::from_millis(3_900);
const ANSWERS_OUTLASTED_AFTER: Duration = Duration::from_secs(4);

/// The way of one replica to the rows. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Double {
    rows: Rows,
    line: Line,
    /// What goes on in the store whoever asked for it.
    tasks: TaskTracker,
}

/// The rows of all games. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(super) struct Rows(Arc<Mutex<BTreeMap<GameId, GameRows>>>);

/// The rows of one game.
#[derive(Debug, Default)]
pub(super) struct GameRows {
    pub seq: u64,
    /// Each event with its `seq`.
    pub log: Vec<(u64, Event)>,
    open: BTreeMap<QuestionId, Option<i64>>,
    pub answers: Vec<StoredAnswer>,
    /// Each seat with whether it was taken away.
    pub seats: BTreeMap<TokenHash, (PlayerId, bool)>,
    presences: BTreeMap<Uuid, Seen>,
    /// Transactions that store answers, by number.
    under_way: BTreeSet<u64>,
    next_transaction: u64,
}

#[derive(Clone, Debug)]
pub(super) struct StoredAnswer {
    pub answer: Answer,
    pub client_id: String,
    /// Where the log ended for the statement that stored it.
    pub seen_seq: u64,
}

/// A transaction that stores answers, for as long as it is under way.
struct UnderWay {
    rows: Rows,
    game: GameId,
    number: u64,
}

impl Rows {
    pub(super) fn lock(&self) -> MutexGuard<'_, BTreeMap<GameId, GameRows>> {
        self.0.lock().unwrap()
    }

    pub(super) fn create(&self, first: &Event, game: &Game) {
        let rows = GameRows { seq: 1, log: vec![(1, first.clone())], ..GameRows::default() };
        self.lock().insert(game.id, rows);
    }

    pub(super) fn of<T>(&self, game: GameId, look: impl FnOnce(&mut GameRows) -> T) -> Option<T> {
        self.lock().get_mut(&game).map(look)
    }

    async fn outlast_answers(&self) {
        let begun = self.lock().values().map(|rows| rows.next_transaction).max().unwrap_or_default();
        let until = Instant::now() + ANSWERS_OUTLASTED_AFTER;
        let is_under_way =
            || self.lock().values().any(|rows| rows.under_way.first().is_some_and(|oldest| *oldest <= begun));
        while is_under_way() && Instant::now() < until {
            sleep(Duration::from_millis(5)).await;
        }
    }

    fn begin(&self, game: GameId) -> UnderWay {
        let begin = |rows: &mut GameRows| {
            rows.next_transaction += 1;
            rows.under_way.insert(rows.next_transaction);
            rows.next_transaction
        };
        let number = self.of(game, begin).unwrap_or_default();
        UnderWay { rows: self.clone(), game, number }
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.rows.of(self.game, |rows| rows.under_way.remove(&self.number));
    }
}

impl GameRows {
    /// The latest answer of each player to each question.
    pub(super) fn latest(&self) -> Vec<Answer> {
        let mut latest: BTreeMap<_, &Answer> = BTreeMap::new();
        for StoredAnswer { answer, .. } in &self.answers {
            let known = latest.entry((answer.question, answer.player)).or_insert(answer);
            if known.revision <= answer.revision {
                *known = answer;
            }
        }
        latest.into_values().cloned().collect()
    }

    pub(super) fn sent(&self, player: PlayerId, client_id: &str) -> Option<&StoredAnswer> {
        self.answers.iter().find(|stored| stored.answer.player == player && stored.client_id == client_id)
    }

    fn is_open(&self, question: QuestionId, now_ms: i64) -> bool {
        self.open.get(&question).is_some_and(|closes_at| closes_at.is_none_or(|closes_at| closes_at > now_ms))
    }

    fn revisions(&self, sent: &SubmittedAnswer) -> u32 {
        let same =
            |stored: &&StoredAnswer| stored.answer.question == sent.question && stored.answer.player == sent.player;
        self.answers.iter().filter(same).map(|stored| stored.answer.revision).max().unwrap_or(0)
    }

    /// What a statement that begins now would insert, as `store/dialect.rs` says it.
    fn fresh(&self, batch: &[SubmittedAnswer], now_ms: i64, line: &Line) -> Vec<StoredAnswer> {
        let has = |bug| line.chance.has(Bug::Store(bug));
        let mut taken: BTreeMap<_, u32> = BTreeMap::new();
        let mut fresh = Vec::new();
        for sent in batch {
            let is_open = self.is_open(sent.question, now_ms) || has(StoreBug::AnswersAfterClose);
            let is_known = self.sent(sent.player, &sent.client_id).is_some() && !has(StoreBug::ResendStoredAgain);
            if !is_open || is_known {
                continue;
            }
            let place = taken.entry((sent.question, sent.player)).or_default();
            *place += 1;
            let revision = self.revisions(sent) + *place;
            if revision > REVISIONS_PER_ANSWER_MAX {
                continue;
            }
            let SubmittedAnswer { id, question, player, .. } = *sent;
            let answer = Answer { id, question, player, text: sent.text.clone(), revision, at: now_ms };
            fresh.push(StoredAnswer { answer, client_id: sent.client_id.clone(), seen_seq: self.seq });
        }
        fresh
    }

    /// Inserts what does not conflict. An error: a revision is somebody else's by now.
    fn insert(&mut self, fresh: Vec<StoredAnswer>, line: &Line) -> Result<BTreeSet<Uuid>, StoreError> {
        let has = |bug| line.chance.has(Bug::Store(bug));
        let checks = !has(StoreBug::CheckedThenInserted);
        let before = self.answers.len();
        let mut inserted = BTreeSet::new();
        for new in fresh {
            let known = self.sent(new.answer.player, &new.client_id).is_some();
            if checks && known && !has(StoreBug::ResendStoredAgain) {
                continue;
            }
            let Answer { question, player, revision, .. } = new.answer;
            let has_revision = |stored: &StoredAnswer| {
                (stored.answer.question, stored.answer.player, stored.answer.revision) == (question, player, revision)
            };
            if checks && self.answers.iter().any(has_revision) {
                self.answers.truncate(before);
                return Err(StoreError::Exists);
            }
            inserted.insert(new.answer.id.0);
            self.answers.push(new);
        }
        Ok(inserted)
    }

    fn fate(&self, sent: &SubmittedAnswer, inserted: &BTreeSet<Uuid>, now_ms: i64) -> AnswerFate {
        let own = |stored: &&StoredAnswer| stored.answer.id == sent.id && inserted.contains(&sent.id.0);
        if let Some(StoredAnswer { answer: Answer { id, revision, at, .. }, .. }) = self.answers.iter().find(own) {
            return AnswerFate::Stored { id: *id, revision: *revision, at: *at };
        }
        match self.known_fate(sent) {
            Some(fate) => fate,
            None if self.is_open(sent.question, now_ms) && self.revisions(sent) >= REVISIONS_PER_ANSWER_MAX => {
                AnswerFate::TooOften
            }
            None => AnswerFate::Closed,
        }
    }

    /// What became of an earlier sending of the same message.
    fn known_fate(&self, sent: &SubmittedAnswer) -> Option<AnswerFate> {
        let known = &self.sent(sent.player, &sent.client_id)?.answer;
        let is_same = known.question == sent.question && known.text == sent.text;
        let stored = AnswerFate::Stored { id: known.id, revision: known.revision, at: known.at };
        Some(if is_same { stored } else { AnswerFate::Conflict })
    }
}

impl Double {
    pub(super) fn new(rows: Rows, line: Line, tasks: TaskTracker) -> Self {
        Self { rows, line, tasks }
    }

    /// Where nothing goes wrong.
    pub(super) fn calm() -> Self {
        Self::new(Rows::default(), Line::calm(), TaskTracker::new())
    }

    pub(super) fn rows(&self) -> &Rows {
        &self.rows
    }

    async fn look<T: Default>(
        &self,
        call: &'static str,
        game: GameId,
        look: impl FnOnce(&GameRows) -> T,
    ) -> Result<T, StoreError> {
        self.line.out(call, false).await?;
        let seen = self.rows.of(game, |rows| look(rows)).unwrap_or_default();
        self.line.back(call).await?;
        Ok(seen)
    }

    /// Changes the rows at once; or later, when the caller has heard of a failure already.
    async fn change<T>(
        &self,
        call: &'static str,
        game: GameId,
        change: impl FnOnce(&mut GameRows) -> T + Send + 'static,
    ) -> Result<T, StoreError> {
        if let Call::Late(wait) = self.line.out(call, true).await? {
            let rows = self.rows.clone();
            self.tasks.spawn(async move {
                sleep(wait).await;
                rows.of(game, change);
            });
            return Err(unavailable());
        }
        let changed = self.rows.of(game, change).ok_or_else(unavailable)?;
        self.line.back(call).await?;
        Ok(changed)
    }

    pub async fn submit_answers(&self, batch: &[SubmittedAnswer], now_ms: i64) -> Result<Vec<AnswerFate>, StoreError> {
        let Some(game) = batch.first().map(|sent| sent.game) else { return Ok(Vec::new()) };
        let call = self.line.out("submit_answers", true).await?;
        if self.line.chance.has(Bug::Store(StoreBug::AcknowledgedBeforeCommit)) {
            return self.acknowledge_at_once(game, batch, now_ms);
        }
        match call {
            Call::Done => {
                let nowhere = [Duration::ZERO; 2];
                let fates = transaction(self.rows.clone(), self.line.clone(), batch.to_vec(), now_ms, nowhere).await?;
                self.line.back("submit_answers").await?;
                Ok(fates)
            }
            Call::Late(wait) => {
                // The caller is cut off before the statement, or before the commit.
                let mut waits = [wait, Duration::ZERO];
                waits.rotate_left(usize::try_from(self.line.chance.below(2)).unwrap());
                let (rows, line, batch) = (self.rows.clone(), self.line.clone(), batch.to_vec());
                self.tasks.spawn(async move { transaction(rows, line, batch, now_ms, waits).await.map(drop) });
                Err(unavailable())
            }
        }
    }

    /// The mistake: the commit follows, unless the machine dies first.
    fn acknowledge_at_once(
        &self,
        game: GameId,
        batch: &[SubmittedAnswer],
        now_ms: i64,
    ) -> Result<Vec<AnswerFate>, StoreError> {
        let plan = |rows: &mut GameRows| {
            let fresh = rows.fresh(batch, now_ms, &self.line);
            let fate = |sent: &SubmittedAnswer| {
                let new = fresh.iter().find(|new| new.answer.id == sent.id).map(|new| &new.answer);
                new.map_or_else(
                    || rows.fate(sent, &BTreeSet::new(), now_ms),
                    |new| AnswerFate::Stored { id: new.id, revision: new.revision, at: new.at },
                )
            };
            let fates = batch.iter().map(fate).collect();
            (fresh, fates)
        };
        let (fresh, fates) = self.rows.of(game, plan).ok_or_else(unavailable)?;
        let (rows, line) = (self.rows.clone(), self.line.clone());
        self.tasks.spawn(async move {
            sleep(line.chance.ms(1, 30)).await;
            if !line.machine.is_dead() {
                rows.of(game, |rows| rows.insert(fresh, &line).map(drop));
            }
        });
        Ok(fates)
    }

    pub async fn answers(&self, game: GameId) -> Result<Vec<Answer>, StoreError> {
        self.line.out("answers", false).await?;
        if !self.line.chance.has(Bug::Store(StoreBug::UnderWayNotAwaited)) {
            self.rows.outlast_answers().await;
        }
        self.line.chance.travel().await;
        let latest = self.rows.of(game, |rows| rows.latest()).unwrap_or_default();
        self.line.back("answers").await?;
        Ok(latest)
    }

    pub async fn answers_to(&self, game: GameId, questions: &[QuestionId]) -> Result<(Vec<Answer>, bool), StoreError> {
        let mut answers = self.answers(game).await?;
        answers.retain(|answer| questions.contains(&answer.question));
        Ok((answers, true))
    }

    pub async fn late_answers(&self, batch: &[SubmittedAnswer], _now_ms: i64) -> Result<Vec<AnswerFate>, StoreError> {
        let Some(game) = batch.first().map(|sent| sent.game) else { return Ok(Vec::new()) };
        self.line.out("late_answers", false).await?;
        self.rows.outlast_answers().await;
        let fates = |rows: &mut GameRows| {
            batch.iter().map(|sent| rows.known_fate(sent).unwrap_or(AnswerFate::Closed)).collect()
        };
        let fates = self.rows.of(game, fates).unwrap_or_default();
        self.line.back("late_answers").await?;
        Ok(fates)
    }

    pub async fn answers_since(&self, game: GameId, from: i64) -> Result<Vec<Answer>, StoreError> {
        self.look("answers_since", game, |rows| in_order(rows, |answer| answer.at >= from)).await
    }

    pub async fn answers_of(&self, game: GameId, of: PlayerId) -> Result<Vec<Answer>, StoreError> {
        self.look("answers_of", game, |rows| in_order(rows, |answer| answer.player == of)).await
    }

    pub async fn append(
        &self,
        game: GameId,
        seq: u64,
        events: &[Event],
        projection: &Projection<'_>,
    ) -> Result<Appended, StoreError> {
        let events = events.to_vec();
        let open = projection.game.open_questions().into_iter().collect();
        let unless_answered = projection.unless_answered;
        let seat = projection.seat.cloned();
        let goes_anywhere = self.line.chance.has(Bug::Store(StoreBug::AppendedAnywhere));
        let line = self.line.clone();
        let append = move |rows: &mut GameRows| {
            if rows.seq != seq && !goes_anywhere {
                return Appended::Stale;
            }
            let is_answered = |question| rows.answers.iter().any(|stored| stored.answer.question == question);
            if unless_answered.is_some_and(is_answered) {
                return Appended::Answered;
            }
            for (seq, event) in (seq + 1..).zip(events) {
                line.chance.note(format_args!("{} appends {seq}: {:?}", line.machine.name, Brief(&event)));
                rows.log.push((seq, event));
                rows.seq = seq;
            }
            rows.open = open;
            if let Some(NewSeat { token, player, .. }) = seat {
                rows.seats.insert(token, (player, false));
            }
            Appended::Done
        };
        self.change("append", game, append).await
    }

    pub async fn events_after(&self, game: GameId, seq: u64) -> Result<Vec<Event>, StoreError> {
        let after = |rows: &GameRows| {
            let later = rows.log.iter().filter(|(place, _)| *place > seq);
            later.map(|(_, event)| event.clone()).collect()
        };
        self.look("events_after", game, after).await
    }

    pub async fn game_seq(&self, game: GameId) -> Result<Option<u64>, StoreError> {
        self.look("game_seq", game, |rows| Some(rows.seq)).await
    }

    pub async fn move_seat(
        &self,
        game: GameId,
        from: &TokenHash,
        seat: &NewSeat,
        moves: bool,
        _now_ms: i64,
    ) -> Result<bool, StoreError> {
        let (from, seat) = (from.clone(), seat.clone());
        let move_it = move |rows: &mut GameRows| {
            if rows.seats.get(&from) != Some(&(seat.player, false)) {
                return false;
            }
            for (player, is_revoked) in rows.seats.values_mut() {
                *is_revoked |= moves && *player == seat.player;
            }
            rows.seats.insert(seat.token, (seat.player, false));
            true
        };
        self.change("move_seat", game, move_it).await
    }

    pub async fn revoked(&self, game: GameId, _hosts: &[Uuid], _now_ms: i64) -> Result<Revoked, StoreError> {
        let revoked = |rows: &GameRows| {
            let revoked = rows.seats.iter().filter(|(_, (_, is_revoked))| *is_revoked);
            Revoked { secrets: revoked.map(|(token, _)| token.clone()).collect(), hosts: BTreeSet::new() }
        };
        self.look("revoked", game, revoked).await
    }

    pub async fn set_present(&self, replica: Uuid, game: GameId, seen: &Seen) -> Result<(), StoreError> {
        let seen = seen.clone();
        self.change("set_present", game, move |rows| drop(rows.presences.insert(replica, seen))).await
    }

    pub async fn present_elsewhere(&self, replica: Uuid, game: GameId, since: i64) -> Result<Vec<Seen>, StoreError> {
        let elsewhere = |rows: &GameRows| {
            let others = rows.presences.iter().filter(|(other, seen)| **other != replica && seen.at >= since);
            others.map(|(_, seen)| seen.clone()).collect()
        };
        self.look("present_elsewhere", game, elsewhere).await
    }

    // Phones that ask for a seat, and practice: nobody here does.

    pub async fn waiting_claims(&self, game: GameId) -> Result<Vec<Claim>, StoreError> {
        self.look("waiting_claims", game, |_| Vec::new()).await
    }

    pub async fn decide_claim(
        &self,
        game: GameId,
        _claim: ClaimId,
        _approve: bool,
        _moves: bool,
        _now_ms: i64,
    ) -> Result<Option<Claim>, StoreError> {
        self.look("decide_claim", game, |_| None).await
    }

    pub async fn wipe_practice(&self, game: GameId) -> Result<(), StoreError> {
        self.look("wipe_practice", game, |_| ()).await
    }
}

/// Stores a batch, with a wait before its statement and one before its commit. The server ends it where it takes too
/// long.
pub(super) async fn transaction(
    rows: Rows,
    line: Line,
    batch: Vec<SubmittedAnswer>,
    now_ms: i64,
    [before_statement, before_commit]: [Duration; 2],
) -> Result<Vec<AnswerFate>, StoreError> {
    let Some(game) = batch.first().map(|sent| sent.game) else { return Ok(Vec::new()) };
    sleep(before_statement).await;
    let begun = Instant::now();
    let _under_way = rows.begin(game);
    line.chance.travel().await;
    let fresh = rows.of(game, |rows| rows.fresh(&batch, now_ms, &line)).ok_or_else(unavailable)?;
    sleep(before_commit).await;
    line.chance.travel().await;
    if begun.elapsed() > ANSWERS_TAKE_AT_MOST {
        return Err(unavailable());
    }
    let commit = |rows: &mut GameRows| {
        let inserted = rows.insert(fresh, &line)?;
        line.chance.note(format_args!("{} stores {} of {}", line.machine.name, inserted.len(), batch.len()));
        Ok(batch.iter().map(|sent| rows.fate(sent, &inserted, now_ms)).collect())
    };
    rows.of(game, commit).ok_or_else(unavailable)?
}

/// The earlier revisions first.
fn in_order(rows: &GameRows, which: impl Fn(&Answer) -> bool) -> Vec<Answer> {
    let mut answers: Vec<_> = rows.answers.iter().map(|stored| &stored.answer).filter(|answer| which(answer)).collect();
    answers.sort_by_key(|answer| (answer.revision, answer.id));
    answers.into_iter().cloned().collect()
}

/// An event in a few words.
struct Brief<'a>(&'a Event);

impl std::fmt::Debug for Brief<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let long = format!("{:?}", self.0.what);
        f.write_str(&long[..long.len().min(110)])
    }
}
