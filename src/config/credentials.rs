//! Credentials: the files of a folder that only this service sees, each named like the setting whose value it has
//! (<https://systemd.io/CREDENTIALS/>).

use super::environment::Environment;
use super::problem::{Layer, Origin, Problem};
use super::settings::{self, SECTIONS};
use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::PathBuf;

/// Where systemd says the folder is.
pub(super) const FOLDER_VARIABLE: &str = "CREDENTIALS_DIRECTORY";

/// The credentials of a process, or of a test. Nothing of them is read yet.
#[derive(Debug, Default)]
pub(super) struct Credentials {
    folder: PathBuf,
    names: BTreeSet<String>,
}

impl Credentials {
    /// A folder that is not there has none: the variable may be left from another service.
    pub fn of(environment: &Environment) -> Result<Self, Problem> {
        let Some(folder) = environment.value(FOLDER_VARIABLE).map(PathBuf::from) else { return Ok(Self::default()) };
        let listed = std::fs::read_dir(&folder).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        match listed {
            Ok(files) => {
                let names = files.into_iter().filter_map(|file| file.file_name().into_string().ok()).collect();
                Ok(Self { folder, names })
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(Problem {
                key: FOLDER_VARIABLE.to_owned(),
                what: format!("cannot be read from {}: {error}", folder.display()),
                origin: Origin::new(Layer::Environment, FOLDER_VARIABLE),
                hint: Some("let the user who runs Quibble read it, or remove the variable".to_owned()),
            }),
        }
    }

    /// The file with the value of a setting, if there is one.
    pub fn file(&self, key: &str) -> Option<PathBuf> {
        self.names.contains(key).then(|| self.folder.join(key))
    }

    /// What to say of those that look like settings and are none. A unit may pass others, for a certificate or a program.
    pub fn warnings(&self) -> Vec<String> {
        let is_ours = |name: &&String| name.split_once('.').is_some_and(|(section, _)| SECTIONS.contains(&section));
        let unknown = self.names.iter().filter(is_ours).filter(|name| settings::find(name).is_none());
        let warning = |name: &String| match settings::nearest_key(name) {
            Some(near) => format!("the credential {name} is not a setting: did you mean {near}?"),
            None => format!("the credential {name} is not a setting"),
        };
        unknown.map(warning).collect()
    }
}
