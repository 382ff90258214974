//! `[data]`: where everything is kept.

use std::path::PathBuf;

use super::problem::Wrong;
use super::reader::{Reader, Reported};
use super::settings::Setting;

pub(super) const SETTINGS: &[Setting] = &[
    Setting { short_names: &["QUIBBLE_DATA_DIR"], flag: Some("--data-dir"), ..Setting::new("data.dir") },
    Setting::new("data.samples"),
];

/// Where everything is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Data {
    /// The data folder, absolute whenever the working folder is known. It may not exist yet.
    pub dir: PathBuf,
    /// Whether an empty database begins with the samples.
    pub samples: bool,
}

impl Data {
    pub(super) fn read(reader: &mut Reader) -> Result<Self, Reported> {
        let dir = reader.path("data.dir");
        let samples = reader.boolean("data.samples");
        let dir = match dir? {
            Some(dir) => Ok(dir),
            None => reader.places.data_dir.clone().ok_or_else(|| {
                let wrong = Wrong::new("is not set, and this user has no home folder to keep data in")
                    .hint("set it, or give --data-dir or QUIBBLE_DATA_DIR");
                reader.report_default("data.dir", wrong)
            }),
        };
        Ok(Self { dir: dir?, samples: samples? })
    }
}
