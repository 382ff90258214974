//! What goes over the bus, and who hears it. Redis itself is met in `tests/it`.

use super::redis::{Message, NotOurs, Said};
use super::*;
use crate::clock::Clock;

fn ids() -> Ids {
    Ids::seeded(Clock::manual(1_000), 1)
}

#[test]
fn messages_read_back_as_they_were_written() {
    let ids = ids();
    let from = ids.uuid();
    let game = GameId(ids.uuid());
    let changes = [Change::Access, Change::Answers, Change::Claims, Change::Events { seq: u64::MAX }];
    let hints = changes.map(|change| Said::Hint(Hint { game, change }));
    for said in [Said::Beat].into_iter().chain(hints) {
        let message = Message { from, said };
        assert_eq!(message.to_string().parse(), Ok(message));
    }
}

#[test]
fn what_a_newer_version_or_a_stranger_says_is_left_alone() {
    let id = Uuid::nil();
    for text in [
        String::new(),
        "beat".to_owned(),
        format!("2 {id} beat"),
        format!("1 {id}"),
        format!("1 {id} beat now"),
        format!("1 {id} events {id}"),
        format!("1 {id} events {id} -1"),
        format!("1 {id} events {id} 1 2"),
        format!("1 {id} scores {id}"),
        "1 x answers y".to_owned(),
        format!("1 {id} answers {}", "a".repeat(100_000)),
    ] {
        assert_eq!(text.parse::<Message>(), Err(NotOurs), "{text}");
    }
}

#[tokio::test]
async fn a_replica_hears_the_others_and_not_itself() {
    let ids = ids();
    let one = Bus::local(&ids);
    let two = one.replica(&ids);
    let (mut hears_one, mut hears_two) = (one.listen(), two.listen());
    let hint = |seq| Hint { game: GameId(Uuid::nil()), change: Change::Events { seq } };
    one.hint(hint(1));
    two.hint(hint(2));
    assert_eq!(hears_two.next().await, Heard::Hint(hint(1)));
    assert_eq!(hears_one.next().await, Heard::Hint(hint(2)));
}

#[tokio::test]
async fn a_listener_that_falls_behind_is_told_so() {
    let ids = ids();
    let one = Bus::local(&ids);
    let two = one.replica(&ids);
    let mut hints = two.listen();
    for _ in 0..=HINTS_MAX {
        one.hint(Hint { game: GameId(Uuid::nil()), change: Change::Answers });
    }
    assert_eq!(hints.next().await, Heard::Gap);
}
