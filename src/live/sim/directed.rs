//! What the simulator found, played step by step.

use super::chance::{Chance, Line};
use super::double::transaction;
use super::world::{Replica, World};
use crate::game::{Action, AnswerId, PlayerId, PlayerName, QuestionId};
use crate::live::{AnswerOutcome, Audience, Connection, ConnectionId, Entry, LiveError, Submission};
use crate::store::{AnswerFate, SubmittedAnswer};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

const MINUTE: Duration = Duration::from_secs(60);

/// Three replicas that fare well, of which each knows the game.
async fn at_peace() -> (Arc<World>, [Arc<Replica>; 3]) {
    let world = World::new(Chance::calm());
    let replicas: [_; 3] = world.replicas().try_into().unwrap_or_else(|_| panic!("three replicas"));
    for replica in &replicas {
        replica.live.read(world.game, |_, _| ()).await.unwrap();
    }
    (world, replicas)
}

async fn connect(world: &World, to: &Replica, audience: Audience, since: u64) -> Result<Connection, LiveError> {
    to.live.connect(world.game, Entry { audience, secret: None, since, brief: false }).await
}

#[tokio::test(start_paused = true)]
async fn nobody_goes_back_in_time_at_a_replica_that_cannot_look() {
    let (world, [one, two, _]) = at_peace().await;
    let host = Audience::Host { credential: Uuid::from_u128(7) };
    two.machine.is_deaf_for(MINUTE);
    let seq = one.live.act(world.game, Action::StartGame, None).await.unwrap();
    two.machine.is_cut_off_for(Duration::from_secs(1));
    let refused = connect(&world, &two, host, seq).await.unwrap_err();
    assert!(matches!(refused, LiveError::NotSaved(_)), "{refused:?}");
    two.machine.recovers();
    let mut connection = connect(&world, &two, host, seq).await.unwrap();
    assert_eq!(connection.messages.recv().await.unwrap().seq, seq);
}

#[tokio::test(start_paused = true)]
async fn nobody_is_unknown_to_a_replica_that_cannot_look() {
    let (world, [one, two, _]) = at_peace().await;
    let player = PlayerId(Uuid::from_u128(7));
    two.machine.is_deaf_for(MINUTE);
    one.live.act(world.game, join(player), None).await.unwrap();
    two.machine.is_cut_off_for(Duration::from_secs(1));
    let refused = connect(&world, &two, Audience::Player(player), 0).await.unwrap_err();
    assert!(matches!(refused, LiveError::NotSaved(_)), "{refused:?}");
}

#[tokio::test(start_paused = true)]
async fn nobody_is_refused_whose_earlier_sending_is_under_way() {
    let (world, [one, two, _]) = at_peace().await;
    let player = PlayerId(Uuid::from_u128(7));
    for action in [join(player), Action::StartGame, Action::ReleaseAll] {
        one.live.act(world.game, action, None).await.unwrap();
    }
    let answer = SubmittedAnswer {
        id: AnswerId(world.ids.uuid()),
        game: world.game,
        question: QuestionId(Uuid::from_u128(1)),
        player,
        client_id: "same".to_owned(),
        text: "0".to_owned(),
    };
    let line = Line { chance: world.chance.clone(), machine: Arc::clone(&one.machine) };
    let slow_commit = [Duration::ZERO, Duration::from_secs(2)];
    let now = one.machine.clock.now_ms();
    world.tasks.spawn(transaction(world.rows.clone(), line, vec![answer.clone()], now, slow_commit));
    sleep(Duration::from_millis(100)).await;
    one.live.act(world.game, Action::CloseQuestion { question: None }, None).await.unwrap();
    let again = SubmittedAnswer { id: AnswerId(world.ids.uuid()), ..answer.clone() };
    let (answered, outcome) = oneshot::channel();
    let submission = Submission { answer: again, from: ConnectionId(1), since: Instant::now(), outcome: answered };
    two.live.submit(submission).unwrap();
    let stored = AnswerFate::Stored { id: answer.id, revision: 1, at: now };
    assert_eq!(outcome.await, Ok(AnswerOutcome::Decided(stored)));
}

fn join(player: PlayerId) -> Action {
    Action::Join { player, name: PlayerName::parse("Ash").unwrap() }
}
