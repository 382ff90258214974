//! All that the live room asks of the store, so that the simulator can put a double in its place.

#[cfg(test)]
use super::sim::Double;
use crate::game::{Answer, ClaimId, Event, GameId, PlayerId, QuestionId};
use crate::ids::TokenHash;
use crate::store::{
    AnswerFate, Appended, Claim, NewSeat, Projection, Revoked, Seen, Store, StoreError, SubmittedAnswer,
};
use uuid::Uuid;

/// Where the games are kept. Cheap to clone.
#[derive(Clone, Debug)]
pub enum Storage {
    Sql(Store),
    #[cfg(test)]
    Double(Double),
}

/// Passes calls on as they are. [`Store`] says what each of them does.
macro_rules! pass_on {
    ($($name:ident($($argument:ident: $kind:ty),*) -> $given:ty;)*) => {
        impl Storage {
            $(pub(super) async fn $name(&self, $($argument: $kind),*) -> Result<$given, StoreError> {
                match self {
                    Self::Sql(store) => store.$name($($argument),*).await,
                    #[cfg(test)]
                    Self::Double(double) => double.$name($($argument),*).await,
                }
            })*
        }
    };
}

pass_on! {
    answers(game: GameId) -> Vec<Answer>;
    answers_of(game: GameId, player: PlayerId) -> Vec<Answer>;
    answers_since(game: GameId, from: i64) -> Vec<Answer>;
    answers_to(game: GameId, questions: &[QuestionId]) -> (Vec<Answer>, bool);
    append(game: GameId, seq: u64, events: &[Event], projection: &Projection<'_>) -> Appended;
    decide_claim(game: GameId, claim: ClaimId, approve: bool, moves: bool, now_ms: i64) -> Option<Claim>;
    events_after(game: GameId, seq: u64) -> Vec<Event>;
    game_seq(game: GameId) -> Option<u64>;
    late_answers(batch: &[SubmittedAnswer], now_ms: i64) -> Vec<AnswerFate>;
    move_seat(game: GameId, from: &TokenHash, seat: &NewSeat, moves: bool, now_ms: i64) -> bool;
    present_elsewhere(replica: Uuid, game: GameId, since: i64) -> Vec<Seen>;
    revoked(game: GameId, hosts: &[Uuid], now_ms: i64) -> Revoked;
    set_present(replica: Uuid, game: GameId, seen: &Seen) -> ();
    submit_answers(batch: &[SubmittedAnswer], now_ms: i64) -> Vec<AnswerFate>;
    waiting_claims(game: GameId) -> Vec<Claim>;
    wipe_practice(game: GameId) -> ();
}

impl Storage {
    /// Whether other processes may serve the same rows.
    pub(super) fn is_shared(&self) -> bool {
        match self {
            Self::Sql(store) => store.is_shared(),
            #[cfg(test)]
            Self::Double(_) => true,
        }
    }
}
