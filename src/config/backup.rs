//! `[backup]`: copies of the data that are taken by themselves.

use super::reader::{Reader, Reported};
use super::settings::Setting;
use std::path::PathBuf;
use std::time::Duration;

pub(super) const SETTINGS: &[Setting] =
    &[Setting::new("backup.every_hours"), Setting::new("backup.keep"), Setting::new("backup.dir")];

/// The longest time between two copies, in hours: four weeks.
const EVERY_HOURS_MAX: u64 = 672;

/// Copies of the data that are taken by themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backup {
    /// None: nobody takes one who is not told to.
    pub every: Option<Duration>,
    /// How many stay of those that are in the folder.
    pub keep: u32,
    /// None: `backups` in the data folder.
    pub dir: Option<PathBuf>,
}

impl Backup {
    pub(super) fn read(reader: &mut Reader) -> Result<Self, Reported> {
        let every = reader.integer::<u64>("backup.every_hours", 0..=EVERY_HOURS_MAX);
        let keep = reader.integer("backup.keep", 1..=1_000);
        let dir = reader.path("backup.dir");
        let every = Some(Duration::from_secs(every? * 3_600)).filter(|every| !every.is_zero());
        Ok(Self { every, keep: keep?, dir: dir? })
    }
}
