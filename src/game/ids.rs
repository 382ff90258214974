//! The ids that the rules speak of. All are UUIDs (RFC 9562, version 7) made outside and handed in.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(test, derive(ts_rs::TS), ts(type = "string"))]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    )*};
}

ids! {
    /// One playing of a quiz.
    GameId;
    /// Who competes: a person, or a team sharing one score. Ordered by the time of joining.
    PlayerId;
    /// A question of a bank, and its frozen copy in a game.
    QuestionId;
    /// One stored answer.
    AnswerId;
    /// A phone that asks for the seat of a player who is already there.
    ClaimId;
}
