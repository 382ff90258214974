//! What the parts of a live game cost: the rules, what each audience is shown, its JSON, and the store. For games of
//! several sizes, so that what grows faster than its game is seen. `cargo bench --bench parts`; docs/performance.md has
//! figures.

#![expect(clippy::unwrap_used, reason = "a game that cannot be made has no figures")]

use divan::{Bencher, black_box};
use quibble::game::marking::Marking;
use quibble::game::view::player::{self, Shared};
use quibble::game::view::{self, Common, host};
use quibble::game::{
    Action, Answer, AnswerId, Answers, Command, Event, FrozenQuestion, FrozenQuiz, FrozenRound, Game, GameId, Key,
    PlayerId, PlayerName, QuestionId, What, apply, decide, standings,
};
use quibble::http::wire;
use quibble::live::Message;
use uuid::Uuid;

const PLAYERS: [usize; 3] = [10, 100, 1_000];
const QUESTIONS: u128 = 10;

fn main() {
    divan::main();
}

/// A game of one round of ten questions.
struct Night {
    game: Game,
    answers: Answers,
    log: Vec<Event>,
}

impl Night {
    /// In the lobby, with players.
    fn new(players: usize) -> Self {
        let question = |n| FrozenQuestion {
            id: QuestionId(Uuid::from_u128(n)),
            prompt: format!("Which of the capitals of Europe is number {n} from the north?"),
            points: 1_000,
            notes: None,
            time_limit_seconds: None,
            key: Key::Text { accepted: vec!["Copenhagen".to_owned()], marking: Marking::default() },
        };
        let round =
            FrozenRound { title: None, time_limit_seconds: None, questions: (0..QUESTIONS).map(question).collect() };
        let what = What::GameCreated {
            game: GameId(Uuid::from_u128(1)),
            code: "ABC234".to_owned(),
            quiz: FrozenQuiz { name: "Friday".to_owned(), rounds: vec![round] },
            teams: false,
            robots: vec![],
        };
        let first = Event { at: 0, what };
        let game = Game::new(&first).unwrap();
        let answers = Answers::new(&game.quiz);
        let mut night = Self { game, answers, log: vec![first] };
        for n in 0..players {
            night.act(join(n));
        }
        night
    }

    /// With all questions released, and answered by everybody: four spellings, half of them right.
    fn answered(players: usize) -> Self {
        let mut night = Self::new(players);
        night.act(Action::StartGame);
        night.act(Action::ReleaseAll);
        for question in 0..QUESTIONS {
            for n in 0..players {
                night.answers.record(Answer {
                    id: AnswerId(Uuid::from_u128(question << 64 | n as u128)),
                    question: QuestionId(Uuid::from_u128(question)),
                    player: player_id(n),
                    text: ["Copenhagen", "copenhagen.", "Kopenhagen", "Oslo"][n % 4].to_owned(),
                    revision: 1,
                    at: 0,
                });
            }
        }
        night
    }

    /// With the round's scores released.
    fn scored(players: usize) -> Self {
        let mut night = Self::answered(players);
        night.act(Action::EndRound);
        night.act(Action::ReleaseScores { reason: None });
        night
    }

    fn act(&mut self, action: Action) {
        self.log.extend(step(&mut self.game, action));
    }
}

fn step(game: &mut Game, action: Action) -> Vec<Event> {
    let events = decide(game, &Command { at: 0, action }).unwrap();
    for event in &events {
        apply(game, event);
    }
    events
}

fn player_id(n: usize) -> PlayerId {
    PlayerId(Uuid::from_u128(n as u128))
}

fn join(n: usize) -> Action {
    Action::Join { player: player_id(n), name: PlayerName::parse(&format!("The Quizzards of Oz {n}")).unwrap() }
}

#[divan::bench_group]
mod rules {
    use super::{Action, Bencher, Game, Night, PLAYERS, black_box, join, standings, step};

    #[divan::bench(args = PLAYERS)]
    fn one_more_joins(bencher: Bencher<'_, '_>, players: usize) {
        let night = Night::new(players);
        bencher.with_inputs(|| night.game.clone()).bench_refs(|game| step(game, join(players)));
    }

    #[divan::bench(args = PLAYERS)]
    fn a_question_is_released(bencher: Bencher<'_, '_>, players: usize) {
        let mut night = Night::new(players);
        night.act(Action::StartGame);
        let release = || Action::ReleaseQuestion { question: None };
        bencher.with_inputs(|| night.game.clone()).bench_refs(|game| step(game, release()));
    }

    #[divan::bench(args = PLAYERS)]
    fn standings_are_counted(bencher: Bencher<'_, '_>, players: usize) {
        let night = Night::scored(players);
        bencher.bench(|| standings(black_box(&night.game), &night.answers, 1));
    }

    #[divan::bench(args = PLAYERS)]
    fn a_log_is_replayed(bencher: Bencher<'_, '_>, players: usize) {
        let night = Night::scored(players);
        bencher.bench(|| Game::replay(black_box(&night.log)));
    }
}

#[divan::bench_group]
mod projection {
    use super::{Action, Bencher, Night, PLAYERS, Shared, black_box, host, player, player_id, view};

    #[divan::bench(args = PLAYERS)]
    fn roster(bencher: Bencher<'_, '_>, players: usize) {
        let night = Night::new(players);
        bencher.bench(|| view::roster(black_box(&night.game)));
    }

    #[divan::bench(args = PLAYERS)]
    fn board(bencher: Bencher<'_, '_>, players: usize) {
        let night = Night::scored(players);
        bencher.bench(|| view::board(black_box(&night.game), &night.answers));
    }

    #[divan::bench(args = PLAYERS)]
    fn answers_of_the_room(bencher: Bencher<'_, '_>, players: usize) {
        let night = Night::scored(players);
        bencher.bench(|| Shared::Answers(0).message(black_box(&night.game), &night.answers));
    }

    /// Without what is the same for all phones, which is made once.
    #[divan::bench(args = PLAYERS)]
    fn a_phone_comes_back(bencher: Bencher<'_, '_>, players: usize) {
        let night = Night::scored(players);
        bencher.bench(|| player::replay(black_box(&night.game), &night.answers, player_id(0)));
    }

    #[divan::bench(args = PLAYERS)]
    fn host_state(bencher: Bencher<'_, '_>, players: usize) {
        let night = Night::answered(players);
        let presence = host::Presence::default();
        bencher.bench(|| host::state(black_box(&night.game), &presence));
    }

    #[divan::bench(args = PLAYERS)]
    fn host_review(bencher: Bencher<'_, '_>, players: usize) {
        let mut night = Night::answered(players);
        night.act(Action::EndRound);
        bencher.bench(|| host::round_review(black_box(&night.game), &night.answers, 0));
    }
}

#[divan::bench_group]
mod serialisation {
    use super::{Bencher, Common, Message, Night, PLAYERS, black_box, view, wire};

    fn encoded(bencher: Bencher<'_, '_>, message: Common) {
        let message = Message::Common(message);
        bencher.bench(|| wire::encode(black_box(&message), 7));
    }

    #[divan::bench]
    fn question(bencher: Bencher<'_, '_>) {
        let night = Night::answered(1);
        let question = view::released_questions(&night.game).remove(0);
        encoded(bencher, Common::QuestionReleased(question));
    }

    #[divan::bench(args = PLAYERS)]
    fn roster(bencher: Bencher<'_, '_>, players: usize) {
        encoded(bencher, view::roster(&Night::new(players).game));
    }

    #[divan::bench(args = PLAYERS)]
    fn board(bencher: Bencher<'_, '_>, players: usize) {
        let night = Night::scored(players);
        encoded(bencher, view::board(&night.game, &night.answers));
    }

    #[divan::bench]
    fn an_answer_is_read(bencher: Bencher<'_, '_>) {
        let text = r#"{"type":"submit_answer","id":"0190a9b2-7c1e-7cc0-b2cf-3a1d5c1f4c11","payload":
            {"question_id":"00000000-0000-0000-0000-000000000003","answer":"Copenhagen"}}"#;
        bencher.bench(|| wire::parse(black_box(text)).is_ok());
    }
}

/// Real commits, with the disk's part in them; a player answers each question twice.
#[divan::bench_group(sample_count = 20, sample_size = 1)]
mod store {
    use super::{AnswerId, Bencher, Game, Night, QUESTIONS, QuestionId, Uuid, player_id};
    use quibble::store::{Address, NewGame, Projection, Store, SubmittedAnswer};
    use tempfile::TempDir;
    use tokio::runtime::Runtime;

    #[divan::bench(args = [1, 16, 256])]
    fn answers_in_one_commit(bencher: Bencher<'_, '_>, count: usize) {
        let dir = TempDir::new().unwrap();
        let runtime = Runtime::new().unwrap();
        let night = Night::answered(count);
        let store = runtime.block_on(kept(&dir, &night));
        let (mut sent, mut batches) = (0_u128, 0_u128);
        let inputs = || {
            batches += 1;
            let mut answer = |n| {
                sent += 1;
                SubmittedAnswer {
                    id: AnswerId(Uuid::from_u128(sent)),
                    game: night.game.id,
                    question: QuestionId(Uuid::from_u128(batches % QUESTIONS)),
                    player: player_id(n),
                    client_id: sent.to_string(),
                    text: "Copenhagen".to_owned(),
                }
            };
            (0..count).map(&mut answer).collect::<Vec<_>>()
        };
        bencher.with_inputs(inputs).bench_local_refs(|batch| runtime.block_on(store.submit_answers(batch, 1)).unwrap());
    }

    /// The game in a database of its own.
    async fn kept(dir: &TempDir, night: &Night) -> Store {
        let store = Store::open(&Address::File(dir.path().join("quibble.db"))).await.unwrap();
        let owner = store.ensure_owner(Uuid::from_u128(1), "owner", 1).await.unwrap().id;
        let (first, later) = night.log.split_first().unwrap();
        let new = NewGame {
            owner,
            quiz: None,
            bank: None,
            round_size: QUESTIONS as usize,
            first,
            game: &Game::new(first).unwrap(),
        };
        store.create_game(&new).await.unwrap();
        let after = Projection { game: &night.game, unless_answered: None, seat: None };
        store.append(night.game.id, 1, later, &after).await.unwrap();
        store
    }
}
