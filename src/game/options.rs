//! How a game is shown and played, as its host likes it.

use super::command::Refusal;
use crate::limits::{AUTO_ADVANCE_SECONDS_MAX, SOUND_PERCENT_MAX, TEXT_PERCENT_MAX, TEXT_PERCENT_MIN};
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;

/// The options of one game. Part of a stored format: new ones are added with a default.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct Options {
    /// Whether the big screen says on every view how to join.
    pub join_strip: bool,
    /// Whether the big screen only fades: nothing flies, nothing falls.
    pub calm: bool,
    /// Whether the standings stay with the host until the game ends.
    pub secret_board: bool,
    /// Whether phones ask before an answer is sent, as a sheet that is handed in.
    pub lock_in: bool,
    /// Whether the host releases what is left of a round at once.
    pub release_all: bool,
    /// How long after a question the next one of its round is released by itself, in seconds; 0 is never.
    pub auto_advance: u16,
    /// The volume of the big screen in percent; 0 is silence.
    pub sound: u8,
    /// The size of what is read on the big screen, in percent of the usual.
    pub text: u8,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            join_strip: true,
            calm: false,
            secret_board: false,
            lock_in: false,
            release_all: false,
            auto_advance: 0,
            sound: 0,
            text: 100,
        }
    }
}

/// What is to be different: None leaves an option as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OptionsChange {
    pub join_strip: Option<bool>,
    pub calm: Option<bool>,
    pub secret_board: Option<bool>,
    pub lock_in: Option<bool>,
    pub release_all: Option<bool>,
    /// In seconds.
    pub auto_advance: Option<u32>,
    /// In percent.
    pub sound: Option<u32>,
    /// In percent.
    pub text: Option<u32>,
}

/// An option that changed: its name, the name of what it was, and both values in words.
pub(super) type Difference = (&'static str, &'static str, String, String);

impl Options {
    /// These options with a change.
    ///
    /// # Errors
    /// [`Refusal::BadOptions`] for a number out of its range.
    pub fn changed(self, change: &OptionsChange) -> Result<Self, Refusal> {
        Ok(Self {
            join_strip: change.join_strip.unwrap_or(self.join_strip),
            calm: change.calm.unwrap_or(self.calm),
            secret_board: change.secret_board.unwrap_or(self.secret_board),
            lock_in: change.lock_in.unwrap_or(self.lock_in),
            release_all: change.release_all.unwrap_or(self.release_all),
            auto_advance: number(change.auto_advance, self.auto_advance, 0..=AUTO_ADVANCE_SECONDS_MAX)?,
            sound: number(change.sound, self.sound, 0..=SOUND_PERCENT_MAX)?,
            text: number(change.text, self.text, TEXT_PERCENT_MIN..=TEXT_PERCENT_MAX)?,
        })
    }

    /// What is different in `later`.
    pub(super) fn differences(self, later: Self) -> Vec<Difference> {
        let all = [
            ("join_strip", "was_join_strip", self.join_strip.to_string(), later.join_strip.to_string()),
            ("calm", "was_calm", self.calm.to_string(), later.calm.to_string()),
            ("secret_board", "was_secret_board", self.secret_board.to_string(), later.secret_board.to_string()),
            ("lock_in", "was_lock_in", self.lock_in.to_string(), later.lock_in.to_string()),
            ("release_all", "was_release_all", self.release_all.to_string(), later.release_all.to_string()),
            ("auto_advance", "was_auto_advance", self.auto_advance.to_string(), later.auto_advance.to_string()),
            ("sound", "was_sound", self.sound.to_string(), later.sound.to_string()),
            ("text", "was_text", self.text.to_string(), later.text.to_string()),
        ];
        all.into_iter().filter(|(_, _, was, is)| was != is).collect()
    }
}

fn number<T: TryFrom<u32> + PartialOrd>(wanted: Option<u32>, now: T, range: RangeInclusive<T>) -> Result<T, Refusal> {
    let Some(wanted) = wanted else { return Ok(now) };
    T::try_from(wanted).ok().filter(|wanted| range.contains(wanted)).ok_or(Refusal::BadOptions)
}
