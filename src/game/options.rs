//! How a game is shown and played, as its host likes it.

use super::command::Refusal;
use crate::limits::SOUND_PERCENT_MAX;
use serde::{Deserialize, Serialize};

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
    /// The volume of the big screen in percent; 0 is silence.
    pub sound: u8,
}

impl Default for Options {
    fn default() -> Self {
        Self { join_strip: true, calm: false, secret_board: false, lock_in: false, sound: 0 }
    }
}

/// What is to be different: None leaves an option as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OptionsChange {
    pub join_strip: Option<bool>,
    pub calm: Option<bool>,
    pub secret_board: Option<bool>,
    pub lock_in: Option<bool>,
    /// In percent.
    pub sound: Option<u32>,
}

/// An option that changed: its name, the name of what it was, and both values in words.
pub(super) type Difference = (&'static str, &'static str, String, String);

impl Options {
    /// These options with a change.
    ///
    /// # Errors
    /// [`Refusal::BadOptions`] for a volume above 100.
    pub fn changed(self, change: &OptionsChange) -> Result<Self, Refusal> {
        let sound = match change.sound {
            None => self.sound,
            Some(percent) => {
                u8::try_from(percent).ok().filter(|percent| *percent <= SOUND_PERCENT_MAX).ok_or(Refusal::BadOptions)?
            }
        };
        Ok(Self {
            join_strip: change.join_strip.unwrap_or(self.join_strip),
            calm: change.calm.unwrap_or(self.calm),
            secret_board: change.secret_board.unwrap_or(self.secret_board),
            lock_in: change.lock_in.unwrap_or(self.lock_in),
            sound,
        })
    }

    /// What is different in `later`.
    pub(super) fn differences(self, later: Self) -> Vec<Difference> {
        let flag = |name, was_name, was: bool, is: bool| (name, was_name, was.to_string(), is.to_string());
        let all = [
            flag("join_strip", "was_join_strip", self.join_strip, later.join_strip),
            flag("calm", "was_calm", self.calm, later.calm),
            flag("secret_board", "was_secret_board", self.secret_board, later.secret_board),
            flag("lock_in", "was_lock_in", self.lock_in, later.lock_in),
            ("sound", "was_sound", self.sound.to_string(), later.sound.to_string()),
        ];
        all.into_iter().filter(|(_, _, was, is)| was != is).collect()
    }
}
