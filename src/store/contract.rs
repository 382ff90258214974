//! What the truth of a live game rests on, whatever keeps it: either database, or the double that the simulator puts in
//! their place.

use super::{
    AnswerFate, Appended, NewGame, NewSeat, Present, Projection, Revoked, Seen, Store, StoreError, SubmittedAnswer,
};
use crate::game::{
    Action, Answer, AnswerId, Choice, Command, Event, FrozenQuestion, FrozenQuiz, FrozenRound, Game, GameId, Key,
    PlayerId, PlayerName, QuestionId, What, apply, decide,
};
use crate::ids::{Ids, TokenHash};
use crate::limits::REVISIONS_PER_ANSWER_MAX;
use uuid::Uuid;

/// What keeps games.
pub(crate) trait Kept {
    async fn create(&self, first: &Event, game: &Game) -> Result<(), StoreError>;
    async fn answers(&self, game: GameId) -> Result<Vec<Answer>, StoreError>;
    async fn answers_of(&self, game: GameId, player: PlayerId) -> Result<Vec<Answer>, StoreError>;
    async fn answers_since(&self, game: GameId, from: i64) -> Result<Vec<Answer>, StoreError>;
    async fn answers_to(&self, game: GameId, questions: &[QuestionId]) -> Result<(Vec<Answer>, bool), StoreError>;
    async fn append(
        &self,
        game: GameId,
        seq: u64,
        events: &[Event],
        projection: &Projection<'_>,
    ) -> Result<Appended, StoreError>;
    async fn events_after(&self, game: GameId, seq: u64) -> Result<Vec<Event>, StoreError>;
    async fn game_seq(&self, game: GameId) -> Result<Option<u64>, StoreError>;
    async fn late_answers(&self, batch: &[SubmittedAnswer], now_ms: i64) -> Result<Vec<AnswerFate>, StoreError>;
    async fn move_seat(
        &self,
        game: GameId,
        from: &TokenHash,
        seat: &NewSeat,
        moves: bool,
        now_ms: i64,
    ) -> Result<bool, StoreError>;
    async fn present_elsewhere(&self, replica: Uuid, game: GameId, since: i64) -> Result<Vec<Seen>, StoreError>;
    async fn revoked(&self, game: GameId, hosts: &[Uuid], now_ms: i64) -> Result<Revoked, StoreError>;
    async fn set_present(&self, replica: Uuid, game: GameId, seen: &Seen) -> Result<(), StoreError>;
    async fn submit_answers(&self, batch: &[SubmittedAnswer], now_ms: i64) -> Result<Vec<AnswerFate>, StoreError>;
}

/// Passes the calls of [`Kept`] on to the methods of the same names.
macro_rules! kept {
    ($kind:ty, $create:expr) => {
        impl crate::store::contract::Kept for $kind {
            async fn create(&self, first: &Event, game: &Game) -> Result<(), StoreError> {
                let create = $create;
                create(self, first, game).await
            }
            async fn answers(&self, game: GameId) -> Result<Vec<Answer>, StoreError> {
                self.answers(game).await
            }
            async fn answers_of(&self, game: GameId, player: PlayerId) -> Result<Vec<Answer>, StoreError> {
                self.answers_of(game, player).await
            }
            async fn answers_since(&self, game: GameId, from: i64) -> Result<Vec<Answer>, StoreError> {
                self.answers_since(game, from).await
            }
            async fn answers_to(
                &self,
                game: GameId,
                questions: &[QuestionId],
            ) -> Result<(Vec<Answer>, bool), StoreError> {
                self.answers_to(game, questions).await
            }
            async fn append(
                &self,
                game: GameId,
                seq: u64,
                events: &[Event],
                projection: &Projection<'_>,
            ) -> Result<Appended, StoreError> {
                self.append(game, seq, events, projection).await
            }
            async fn events_after(&self, game: GameId, seq: u64) -> Result<Vec<Event>, StoreError> {
                self.events_after(game, seq).await
            }
            async fn game_seq(&self, game: GameId) -> Result<Option<u64>, StoreError> {
                self.game_seq(game).await
            }
            async fn late_answers(
                &self,
                batch: &[SubmittedAnswer],
                now_ms: i64,
            ) -> Result<Vec<AnswerFate>, StoreError> {
                self.late_answers(batch, now_ms).await
            }
            async fn move_seat(
                &self,
                game: GameId,
                from: &TokenHash,
                seat: &NewSeat,
                moves: bool,
                now_ms: i64,
            ) -> Result<bool, StoreError> {
                self.move_seat(game, from, seat, moves, now_ms).await
            }
            async fn present_elsewhere(
                &self,
                replica: Uuid,
                game: GameId,
                since: i64,
            ) -> Result<Vec<Seen>, StoreError> {
                self.present_elsewhere(replica, game, since).await
            }
            async fn revoked(&self, game: GameId, hosts: &[Uuid], now_ms: i64) -> Result<Revoked, StoreError> {
                self.revoked(game, hosts, now_ms).await
            }
            async fn set_present(&self, replica: Uuid, game: GameId, seen: &Seen) -> Result<(), StoreError> {
                self.set_present(replica, game, seen).await
            }
            async fn submit_answers(
                &self,
                batch: &[SubmittedAnswer],
                now_ms: i64,
            ) -> Result<Vec<AnswerFate>, StoreError> {
                self.submit_answers(batch, now_ms).await
            }
        }
    };
}

pub(crate) use kept;

/// A test of each promise, for the bench that `$bench` makes.
macro_rules! contract_tests {
    ($bench:expr) => {
        crate::store::contract::contract_tests! { $bench;
            a_log_is_appended_only_where_it_ends,
            a_message_counts_once_whatever_is_resent,
            a_question_closes_by_the_clock_also_before_its_event,
            a_replica_reads_what_others_stored,
            an_answer_is_changed_up_to_the_limit,
            an_answered_question_is_not_taken_back,
            answers_count_while_their_question_is_open,
            each_replica_says_who_is_there_and_hears_of_the_others,
            of_two_phones_with_one_link_one_gets_the_seat,
            the_latest_answer_counts_also_within_a_batch,
        }
    };
    ($bench:expr; $($name:ident,)*) => {
        $(#[tokio::test]
        async fn $name() {
            crate::store::contract::$name(&$bench).await;
        })*
    };
}

pub(crate) use contract_tests;

kept!(Store, async |store: &Store, first, game| {
    let owner = store.ensure_owner(Uuid::from_u128(1), "owner", 1_000).await?.id;
    store.create_game(&NewGame { owner, quiz: None, bank: None, round_size: 2, first, game }).await
});

/// Something that keeps games, and short ways to play them.
pub(crate) struct Bench<S> {
    pub store: S,
    pub ids: Ids,
}

impl<S: Kept> Bench<S> {
    pub(crate) async fn game(&self, code: &str) -> Result<Game, StoreError> {
        let question = |n: u128| FrozenQuestion {
            id: QuestionId(Uuid::from_u128(n)),
            prompt: format!("Question {n}?"),
            points: 1,
            notes: None,
            time_limit_seconds: None,
            key: Key::MultipleChoice { choices: vec![Choice { text: "yes".to_owned(), correct: true }] },
        };
        let round = FrozenRound { title: None, time_limit_seconds: None, questions: vec![question(1), question(2)] };
        let quiz = FrozenQuiz { name: "Friday".to_owned(), rounds: vec![round] };
        let game = GameId(self.ids.uuid());
        let what = What::GameCreated { game, code: code.to_owned(), quiz, teams: false, robots: vec![] };
        let first = Event { at: 1_000, what };
        let game = Game::new(&first).unwrap();
        self.store.create(&first, &game).await?;
        Ok(game)
    }

    /// A game whose first question is open.
    pub(crate) async fn open_game(&self) -> Game {
        let mut game = self.game("OPEN23").await.unwrap();
        for action in [Action::StartGame, Action::ReleaseQuestion { question: None }] {
            assert_eq!(self.step(&mut game, action).await, Appended::Done);
        }
        game
    }

    pub(crate) async fn step(&self, game: &mut Game, action: Action) -> Appended {
        let command = Command { at: 2_000, action };
        let events = decide(game, &command).unwrap();
        let mut after = game.clone();
        for event in &events {
            apply(&mut after, event);
        }
        let unless_answered = match command.action {
            Action::UnreleaseQuestion { question } => Some(question),
            _ => None,
        };
        let projection = Projection { game: &after, unless_answered, seat: None };
        let appended = self.store.append(game.id, game.seq, &events, &projection).await.unwrap();
        if appended == Appended::Done {
            *game = after;
        }
        appended
    }

    pub(crate) fn answer(
        &self,
        game: &Game,
        player: u128,
        question: u128,
        client_id: &str,
        text: &str,
    ) -> SubmittedAnswer {
        SubmittedAnswer {
            id: AnswerId(self.ids.uuid()),
            game: game.id,
            question: QuestionId(Uuid::from_u128(question)),
            player: PlayerId(Uuid::from_u128(player)),
            client_id: client_id.to_owned(),
            text: text.to_owned(),
        }
    }

    /// Lets a player join with this seat.
    pub(crate) async fn join(&self, game: &mut Game, seat: &NewSeat) {
        let action = Action::Join { player: seat.player, name: PlayerName::parse("Ann").unwrap() };
        let events = decide(game, &Command { at: 2_000, action }).unwrap();
        let mut after = game.clone();
        for event in &events {
            apply(&mut after, event);
        }
        let projection = Projection { game: &after, unless_answered: None, seat: Some(seat) };
        assert_eq!(self.store.append(game.id, game.seq, &events, &projection).await.unwrap(), Appended::Done);
        *game = after;
    }
}

pub(crate) async fn a_log_is_appended_only_where_it_ends(bench: &Bench<impl Kept>) {
    let game = bench.game("ABCD23").await.unwrap();
    let (mut one, mut two) = (game.clone(), game.clone());
    assert_eq!(bench.step(&mut one, Action::StartGame).await, Appended::Done);
    assert_eq!(bench.step(&mut two, Action::Lock { locked: true }).await, Appended::Stale);
    let log = bench.store.events_after(game.id, 0).await.unwrap();
    assert_eq!(Game::replay(&log), Some(one.clone()));
    assert_eq!(bench.store.events_after(game.id, 1).await.unwrap().len(), 1);
    assert_eq!(bench.store.game_seq(game.id).await.unwrap(), Some(2));
}

fn stored(answer: &SubmittedAnswer, revision: u32) -> AnswerFate {
    AnswerFate::Stored { id: answer.id, revision, at: 3_000 }
}

pub(crate) async fn answers_count_while_their_question_is_open(bench: &Bench<impl Kept>) {
    let mut game = bench.open_game().await;
    let (open, pending) = (bench.answer(&game, 1, 1, "a", "yes"), bench.answer(&game, 1, 2, "b", "yes"));
    let fates = bench.store.submit_answers(&[pending.clone(), open.clone()], 3_000).await.unwrap();
    assert_eq!(fates, [AnswerFate::Closed, stored(&open, 1)]);
    bench.step(&mut game, Action::EndRound).await;
    let late = bench.answer(&game, 2, 1, "c", "yes");
    assert_eq!(bench.store.submit_answers(&[late], 3_000).await.unwrap(), [AnswerFate::Closed]);
    assert_eq!(bench.store.answers(game.id).await.unwrap().len(), 1);
}

pub(crate) async fn a_question_closes_by_the_clock_also_before_its_event(bench: &Bench<impl Kept>) {
    let mut game = bench.open_game().await;
    bench.step(&mut game, Action::ExtendTime { question: None, seconds: 10 }).await;
    let snapshot = game.clone();
    let answer = |client_id| bench.answer(&snapshot, 1, 1, client_id, "yes");
    let submit = async |client_id, at| bench.store.submit_answers(&[answer(client_id)], at).await.unwrap()[0];
    assert!(matches!(submit("in time", 11_999).await, AnswerFate::Stored { .. }));
    assert_eq!(submit("late", 12_000).await, AnswerFate::Closed);
    bench.step(&mut game, Action::Pause).await;
    assert!(matches!(submit("paused", 99_000).await, AnswerFate::Stored { .. }), "no clock runs in a pause");
}

pub(crate) async fn an_answer_is_changed_up_to_the_limit(bench: &Bench<impl Kept>) {
    let game = bench.open_game().await;
    let change = |n: u32| bench.answer(&game, 1, 1, &format!("change {n}"), &format!("answer {n}"));
    let changes: Vec<_> = (1..=REVISIONS_PER_ANSWER_MAX).map(change).collect();
    let fates = bench.store.submit_answers(&changes, 3_000).await.unwrap();
    assert!(fates.iter().all(|fate| matches!(fate, AnswerFate::Stored { .. })));
    let one_more = change(REVISIONS_PER_ANSWER_MAX + 1);
    assert_eq!(bench.store.submit_answers(&[one_more], 3_000).await.unwrap(), [AnswerFate::TooOften]);
    let last = changes.last().unwrap();
    let again = bench.store.submit_answers(std::slice::from_ref(last), 4_000).await.unwrap();
    assert_eq!(again, [stored(last, REVISIONS_PER_ANSWER_MAX)], "what is stored stays acknowledged");
    // A resend beside the last one takes nothing from it.
    let batch: Vec<_> = [1, 2].map(|n| SubmittedAnswer { player: PlayerId(Uuid::from_u128(2)), ..change(n) }).into();
    bench.store.submit_answers(&batch[..1], 3_000).await.unwrap();
    let fates = bench.store.submit_answers(&batch, 3_000).await.unwrap();
    assert_eq!(fates, [stored(&batch[0], 1), stored(&batch[1], 2)]);
    let mut latest = bench.store.answers(game.id).await.unwrap();
    latest.retain(|answer| answer.player == last.player);
    assert_eq!(latest.len(), 1);
    assert_eq!((latest[0].id, latest[0].revision), (last.id, REVISIONS_PER_ANSWER_MAX));
}

pub(crate) async fn a_message_counts_once_whatever_is_resent(bench: &Bench<impl Kept>) {
    let mut game = bench.open_game().await;
    let first = bench.answer(&game, 1, 1, "same", "yes");
    let resent = SubmittedAnswer { id: AnswerId(bench.ids.uuid()), ..first.clone() };
    let other = bench.answer(&game, 1, 1, "same", "no");
    let unknown = bench.answer(&game, 1, 1, "unknown", "no");
    let fates = bench.store.submit_answers(&[first.clone(), resent.clone()], 3_000).await.unwrap();
    assert_eq!(fates, [stored(&first, 1), stored(&first, 1)], "within one batch");
    bench.step(&mut game, Action::EndRound).await;
    let fates = bench.store.submit_answers(&[resent.clone(), other.clone()], 3_000).await.unwrap();
    assert_eq!(fates, [stored(&first, 1), AnswerFate::Conflict], "also when the question is closed");
    let fates = bench.store.late_answers(&[resent.clone(), other, unknown], 3_000).await.unwrap();
    assert_eq!(fates, [stored(&first, 1), AnswerFate::Conflict, AnswerFate::Closed], "and to those who look again");
    let same_id = bench.answer(&game, 2, 1, "same", "yes");
    assert_eq!(
        bench.store.submit_answers(&[same_id], 3_000).await.unwrap(),
        [AnswerFate::Closed],
        "another player's message with that id is another message"
    );
    assert_eq!(bench.store.answers(game.id).await.unwrap().len(), 1);
}

pub(crate) async fn the_latest_answer_counts_also_within_a_batch(bench: &Bench<impl Kept>) {
    let game = bench.open_game().await;
    let texts = ["one", "two", "three"];
    let batch: Vec<_> = texts.iter().map(|text| bench.answer(&game, 1, 1, text, text)).collect();
    let counting = async || {
        let answers = bench.store.answers(game.id).await.unwrap();
        answers.into_iter().map(|answer| (answer.text, answer.revision)).collect::<Vec<_>>()
    };
    bench.store.submit_answers(&batch, 3_000).await.unwrap();
    assert_eq!(counting().await, [("three".to_owned(), 3)]);
    // A resend beside it takes no place.
    let batch = [batch[0].clone(), bench.answer(&game, 1, 1, "four", "four")];
    bench.store.submit_answers(&batch, 3_000).await.unwrap();
    assert_eq!(counting().await, [("four".to_owned(), 4)]);
}

pub(crate) async fn an_answered_question_is_not_taken_back(bench: &Bench<impl Kept>) {
    let mut game = bench.open_game().await;
    let question = QuestionId(Uuid::from_u128(1));
    bench.store.submit_answers(&[bench.answer(&game, 1, 1, "a", "yes")], 3_000).await.unwrap();
    assert_eq!(bench.step(&mut game, Action::UnreleaseQuestion { question }).await, Appended::Answered);
    assert_eq!(bench.store.game_seq(game.id).await.unwrap(), Some(game.seq), "nothing was appended");
}

pub(crate) async fn a_replica_reads_what_others_stored(bench: &Bench<impl Kept>) {
    let game = bench.open_game().await;
    let answer = |player, id: &str| bench.answer(&game, player, 1, id, id);
    let (first, second, other) = (answer(1, "first"), answer(1, "second"), answer(2, "other"));
    for (sent, at) in [(&first, 3_000), (&other, 3_001), (&second, 3_002)] {
        bench.store.submit_answers(std::slice::from_ref(sent), at).await.unwrap();
    }
    let ids = |answers: Vec<Answer>| answers.into_iter().map(|answer| answer.id).collect::<Vec<_>>();
    assert_eq!(ids(bench.store.answers_since(game.id, 3_001).await.unwrap()), [other.id, second.id]);
    assert_eq!(ids(bench.store.answers_since(game.id, 3_003).await.unwrap()), []);
    assert_eq!(ids(bench.store.answers_of(game.id, first.player).await.unwrap()), [first.id, second.id]);
    assert_eq!(ids(bench.store.answers(game.id).await.unwrap()), [second.id, other.id], "the latest of each");
    let questions = [1, 2].map(|question| QuestionId(Uuid::from_u128(question)));
    assert_eq!(ids(bench.store.answers_to(game.id, &questions).await.unwrap().0), [second.id, other.id]);
    assert_eq!(ids(bench.store.answers_to(game.id, &questions[1..]).await.unwrap().0), []);
}

pub(crate) async fn of_two_phones_with_one_link_one_gets_the_seat(bench: &Bench<impl Kept>) {
    let mut game = bench.game("LINK23").await.unwrap();
    let player = PlayerId(bench.ids.uuid());
    let seat = |token: &str| NewSeat { token: TokenHash(token.to_owned()), player, device: String::new() };
    bench.join(&mut game, &seat("first")).await;
    let moves = async |from: &str, to: &str, moves| {
        bench.store.move_seat(game.id, &TokenHash(from.to_owned()), &seat(to), moves, 3_000).await.unwrap()
    };
    let gone = async || {
        let Revoked { secrets, .. } = bench.store.revoked(game.id, &[], 3_000).await.unwrap();
        secrets.into_iter().map(|TokenHash(secret)| secret).collect::<Vec<_>>()
    };
    assert!(moves("first", "beside", false).await);
    assert_eq!(gone().await, [""; 0], "the phones of a team share");
    assert!(moves("first", "second", true).await);
    assert!(!moves("first", "third", true).await, "taken away before");
    assert_eq!(gone().await, ["beside", "first"]);
}

pub(crate) async fn each_replica_says_who_is_there_and_hears_of_the_others(bench: &Bench<impl Kept>) {
    let game = bench.game("HERE23").await.unwrap().id;
    let (one, two) = (bench.ids.uuid(), bench.ids.uuid());
    let seen = |at, screens| Seen { at, present: Present { screens, ..Present::default() } };
    bench.store.set_present(one, game, &seen(1_000, 1)).await.unwrap();
    bench.store.set_present(one, game, &seen(2_000, 2)).await.unwrap();
    assert_eq!(bench.store.present_elsewhere(two, game, 2_000).await.unwrap(), [seen(2_000, 2)]);
    assert_eq!(bench.store.present_elsewhere(two, game, 2_001).await.unwrap(), [], "silent for too long");
    assert_eq!(bench.store.present_elsewhere(one, game, 0).await.unwrap(), [], "its own");
}
