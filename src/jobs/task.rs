//! What can be done, as it is kept.

use super::letters::Letter;
use super::webhook::{Endpoint, Happening};
use crate::game::GameId;
use crate::store::Job;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use uuid::Uuid;

/// The kinds that this version can do, as they are stored.
pub const KINDS: [&str; 7] = ["backup", "game", "mail", "results", "retention", "statistics", "webhook"];

/// A piece of work. A stored format: fields are added and never taken away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Task {
    /// A copy of the data, and the oldest ones go.
    Backup,
    /// A lobby opens.
    Game(ScheduledGame),
    Mail(Letter),
    /// Mails the results of a game to its host.
    Results {
        game: GameId,
    },
    /// Throws away what nobody needs any more.
    Retention,
    /// Counts what was played on a day, such as 2026-11-27.
    Statistics {
        day: String,
    },
    /// Tells somebody what happened.
    Webhook {
        endpoint: Endpoint,
        event: Happening,
        game: GameId,
    },
}

/// A game that is to be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScheduledGame {
    pub quiz: Uuid,
    /// As it is called when it is planned.
    pub quiz_name: String,
    pub teams: bool,
}

#[derive(Serialize, Deserialize)]
struct Day {
    day: String,
}

#[derive(Serialize, Deserialize)]
struct OfGame {
    game: GameId,
}

#[derive(Serialize, Deserialize)]
struct Call {
    endpoint: Endpoint,
    event: Happening,
    game: GameId,
}

/// How often something is tried, how long it may take, and the waits between.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    pub attempts: u32,
    pub within: Duration,
    /// After the first failure. Each one after it is three times as long.
    pub first_wait: Duration,
    pub longest_wait: Duration,
}

impl Task {
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Backup => "backup",
            Self::Game(_) => "game",
            Self::Mail(_) => "mail",
            Self::Results { .. } => "results",
            Self::Retention => "retention",
            Self::Statistics { .. } => "statistics",
            Self::Webhook { .. } => "webhook",
        }
    }

    /// What it is about, for people.
    pub(super) fn subject(&self) -> Option<String> {
        match self {
            Self::Backup | Self::Retention | Self::Results { .. } => None,
            Self::Game(game) => Some(game.quiz_name.clone()),
            Self::Mail(letter) => Some(letter.about().to_owned()),
            Self::Statistics { day } => Some(day.clone()),
            Self::Webhook { endpoint, event, .. } => Some(format!("{} to {}", event.name(), endpoint.host)),
        }
    }

    /// As JSON.
    pub(super) fn payload(&self) -> String {
        let text = match self {
            Self::Backup | Self::Retention => Ok("{}".to_owned()),
            Self::Game(game) => serde_json::to_string(game),
            Self::Mail(letter) => serde_json::to_string(letter),
            Self::Results { game } => serde_json::to_string(&OfGame { game: *game }),
            Self::Statistics { day } => serde_json::to_string(&Day { day: day.clone() }),
            Self::Webhook { endpoint, event, game } => {
                serde_json::to_string(&Call { endpoint: endpoint.clone(), event: *event, game: *game })
            }
        };
        // Our own types always serialise: they have string keys and no failing parts.
        text.unwrap_or_default()
    }

    /// What a stored job is.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(job: &Job) -> Result<Self, serde_json::Error> {
        let text = job.payload.as_str();
        Ok(match job.kind.as_str() {
            "backup" => Self::Backup,
            "game" => Self::Game(serde_json::from_str(text)?),
            "mail" => Self::Mail(serde_json::from_str(text)?),
            "results" => Self::Results { game: serde_json::from_str::<OfGame>(text)?.game },
            "retention" => Self::Retention,
            "statistics" => Self::Statistics { day: serde_json::from_str::<Day>(text)?.day },
            "webhook" => {
                let Call { endpoint, event, game } = serde_json::from_str(text)?;
                Self::Webhook { endpoint, event, game }
            }
            kind => {
                return Err(serde::de::Error::custom(format!("{kind:?} is no kind of job that this version knows")));
            }
        })
    }

    pub(super) fn pace(&self) -> Pace {
        let minutes = |n: u64| Duration::from_secs(n * 60);
        match self {
            Self::Backup => {
                Pace { attempts: 5, within: minutes(60), first_wait: minutes(1), longest_wait: minutes(30) }
            }
            // A room is waiting.
            Self::Game(_) => Pace {
                attempts: 30,
                within: Duration::from_secs(30),
                first_wait: Duration::from_secs(2),
                longest_wait: minutes(1),
            },
            Self::Mail(_) | Self::Results { .. } | Self::Webhook { .. } => Pace::default(),
            Self::Retention | Self::Statistics { .. } => {
                Pace { attempts: 3, within: minutes(10), first_wait: minutes(1), longest_wait: minutes(10) }
            }
        }
    }
}

impl Default for Pace {
    /// That of what others have to be reached for: ten tries over a day.
    fn default() -> Self {
        Self {
            attempts: 10,
            within: Duration::from_secs(60),
            first_wait: Duration::from_secs(30),
            longest_wait: Duration::from_secs(6 * 3_600),
        }
    }
}

impl Pace {
    /// The wait after the attempt of this number, which counts from 1. `chance`, from 0 to 1, spreads it by a fifth to
    /// both sides, so that what failed together does not come back together.
    pub(super) fn wait(self, attempt: usize, chance: f64) -> Duration {
        let times = 3_u32.saturating_pow(u32::try_from(attempt.saturating_sub(1)).unwrap_or(u32::MAX).min(20));
        self.first_wait.saturating_mul(times).min(self.longest_wait).mul_f64(0.8 + 0.4 * chance.clamp(0.0, 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_the_longest_and_are_spread() {
        let pace = Pace::default();
        let waits: Vec<_> = (1..=10).map(|attempt| pace.wait(attempt, 0.5).as_secs()).collect();
        assert_eq!(waits, [30, 90, 270, 810, 2_430, 7_290, 21_600, 21_600, 21_600, 21_600]);
        assert_eq!((pace.wait(1, 0.0).as_secs(), pace.wait(1, 1.0).as_secs()), (24, 36));
        assert_eq!(pace.wait(usize::MAX, 0.5), pace.longest_wait);
    }
}
