//! Configuration: embedded defaults, a file, the environment with credentials, and the command line, in that order.
//!
//! [`Config::load`] gives either a fully typed configuration or every problem at once, each with where it
//! came from and what was probably meant. The defaults and their description are `default.toml` beside this
//! file, and nowhere else. Nothing outside this room reads the environment.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use directories::ProjectDirs;

mod acme;
mod auth;
mod backup;
mod credentials;
mod data;
mod database;
mod effective;
mod environment;
mod file;
mod game;
mod layers;
mod listen;
mod log;
mod mail;
mod ops;
mod problem;
mod reader;
mod redis;
pub mod reference;
mod secret;
mod server;
mod settings;
#[cfg(test)]
mod tests;
mod tls;
mod webhooks;

#[cfg(test)]
pub(crate) use acme::Eab;
pub use acme::{Acme, AcmeChallenge};
pub use auth::{Auth, secret_key};
pub use backup::Backup;
pub use data::Data;
pub use database::{Database, server_url};
pub use effective::{Effective, Shown};
pub use environment::Environment;
pub use game::Game;
pub use listen::Listen;
pub use log::{Log, LogFormat};
pub use mail::{Mail, MailEncryption};
pub use ops::Ops;
pub use problem::{ConfigError, Layer, Origin, Problem, nearest};
pub use redis::Redis;
pub use secret::Secret;
pub use server::{Proxies, PublicUrl, Role, Server};
pub use tls::{CertificateSource, Tls};
pub use webhooks::Webhooks;

use layers::Given;
use problem::Wrong;
use reader::{Reader, Reported};

/// The text of `default.toml`: every setting, described, with its default.
pub const DEFAULTS: &str = include_str!("default.toml");

/// The largest configuration file, in bytes.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// A complete configuration, every value checked.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where we listen and how we are called.
    pub server: Server,
    /// How connections are encrypted, if at all.
    pub tls: Option<Tls>,
    /// Where everything is kept.
    pub data: Data,
    /// The database server, where the data is not in a file of our own.
    pub database: Option<Database>,
    /// What hurries replicas along, where there are several.
    pub redis: Option<Redis>,
    /// What is logged and how it looks.
    pub log: Log,
    /// Who may come in.
    pub auth: Auth,
    /// What is shown to those who look after this process.
    pub ops: Ops,
    /// How running games meet a restart.
    pub game: Game,
    /// Copies of the data that are taken by themselves.
    pub backup: Backup,
    /// The server that takes our mail, if one does.
    pub mail: Option<Mail>,
    /// Who is told what happens here, if anybody is.
    pub webhooks: Option<Webhooks>,
    /// The configuration file that was read, if any.
    pub file: Option<PathBuf>,
    /// What the operator should know though it is no error, one sentence each.
    pub warnings: Vec<String>,
    /// Every setting, and who gave its value.
    pub effective: Vec<Effective>,
    /// What the file gave.
    from_file: FromFile,
}

/// What a file gives. It may have secrets, which nobody is shown.
#[derive(Clone, Default)]
struct FromFile(Vec<Given>);

/// Everything a configuration is made from, besides the defaults.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// The strongest layer.
    pub flags: Flags,
    /// The layer below.
    pub environment: Environment,
    /// Where to look for what nobody named.
    pub places: Places,
    /// Where relative paths of the command line and the environment start.
    pub working_dir: PathBuf,
}

/// What the command line says about the configuration, unchecked.
#[derive(Debug, Clone, Default)]
pub struct Flags {
    /// `--config FILE`
    pub config: Option<PathBuf>,
    /// `--data-dir DIR`
    pub data_dir: Option<PathBuf>,
    /// `--listen ADDRESS`, any number of times
    pub listen: Vec<String>,
    /// `--public-url URL`
    pub public_url: Option<String>,
    /// `--log-level FILTER`
    pub log_level: Option<String>,
    /// `--log-format auto|pretty|json`
    pub log_format: Option<String>,
    /// `--role all|web|worker`
    pub role: Option<String>,
}

/// Where this platform keeps such things.
#[derive(Debug, Clone, Default)]
pub struct Places {
    /// Configuration files to look for; the first that exists is read.
    pub config_files: Vec<PathBuf>,
    /// The data folder when none is chosen.
    pub data_dir: Option<PathBuf>,
}

impl Config {
    /// Reads all layers and checks every value.
    ///
    /// # Errors
    ///
    /// All problems of all layers at once: unknown names, values of a wrong type or out of range, files that
    /// cannot be read, and settings that contradict each other.
    pub fn load(sources: Sources) -> Result<Self, ConfigError> {
        let Sources { flags, environment, places, working_dir } = &sources;
        let file = choose_file(flags, environment, places, working_dir);
        let (from_file, problems) = match &file {
            Some(file) => file.read(),
            None => (Vec::new(), Vec::new()),
        };
        Self::build(sources, file.map(|file| file.path), FromFile(from_file), problems)
    }

    /// The same with what credentials and the files of variables say now. The configuration file counts as it was read: it
    /// may be half written at any moment.
    ///
    /// # Errors
    ///
    /// As for a whole configuration.
    pub fn with_values_of_now(&self, sources: Sources) -> Result<Self, ConfigError> {
        Self::build(sources, self.file.clone(), self.from_file.clone(), Vec::new())
    }

    fn build(
        sources: Sources,
        file: Option<PathBuf>,
        from_file: FromFile,
        mut problems: Vec<Problem>,
    ) -> Result<Self, ConfigError> {
        let Sources { flags, environment, places, working_dir } = sources;
        let (defaults, found) = file::read(Layer::Default, "default.toml", DEFAULTS);
        problems.splice(0..0, found);
        let (from_environment, found, mut warnings) = environment::read(&environment, &working_dir);
        problems.extend(found);
        let (from_flags, found) = layers::flags(&flags);
        problems.extend(found);

        let figment_of_defaults = layers::merge(defaults.clone());
        let given = [defaults, from_file.0.clone(), from_environment, from_flags];
        let of_mode = tls::defaults_of_mode(&layers::merge(given.iter().flatten().cloned()));
        let [defaults, of_file, from_environment, from_flags] = given;
        let given = [defaults, of_mode, of_file, from_environment, from_flags].into_iter().flatten();
        let file_dir = file.as_deref().map_or(working_dir.clone(), |file| reader::folder_of(file, &working_dir));
        let figment = layers::merge(given);
        let mut reader = Reader { figment, places, working_dir, file_dir, problems };
        let server = Server::read(&mut reader);
        let public_url = server.as_ref().ok().and_then(|server| server.public_url.as_ref());
        let tls = Tls::read(&mut reader, public_url);
        let data = Data::read(&mut reader);
        let database = Database::read(&mut reader);
        let redis = Redis::read(&mut reader);
        let log = Log::read(&mut reader);
        let auth = Auth::read(&mut reader);
        let ops = Ops::read(&mut reader);
        let game = Game::read(&mut reader);
        let backup = Backup::read(&mut reader);
        let mail = Mail::read(&mut reader);
        let webhooks = Webhooks::read(&mut reader);
        let doors = match (&server, &tls, &auth) {
            (Ok(server), Ok(tls), Ok(auth)) => check_doors(server, tls.as_ref(), auth, &mut reader),
            _ => Ok(()),
        };
        let sealed = match (&tls, &database, &auth) {
            (Ok(tls), Ok(database), Ok(auth)) => check_secret_key(tls.as_ref(), database.as_ref(), auth, &mut reader),
            _ => Ok(()),
        };
        let divided = match (&server, &database) {
            (Ok(server), Ok(database)) => server.check_role(database.as_ref(), &mut reader),
            _ => Ok(()),
        };
        let each = (server, tls, data, database, redis, log, auth, ops, game, (backup, mail, webhooks));
        let together = doors.and(sealed).and(divided);
        match (each, together) {
            (
                (
                    Ok(server),
                    Ok(tls),
                    Ok(data),
                    Ok(database),
                    Ok(redis),
                    Ok(log),
                    Ok(auth),
                    Ok(ops),
                    Ok(game),
                    (Ok(backup), Ok(mail), Ok(webhooks)),
                ),
                Ok(()),
            ) if reader.problems.is_empty() => {
                let effective = effective::all(&reader, &figment_of_defaults);
                warnings.extend(server.check_known(tls.as_ref()));
                Ok(Self {
                    server,
                    tls,
                    data,
                    database,
                    redis,
                    log,
                    auth,
                    ops,
                    game,
                    backup,
                    mail,
                    webhooks,
                    file,
                    warnings,
                    effective,
                    from_file,
                })
            }
            _ => Err(ConfigError { problems: reader.problems }),
        }
    }
}

impl std::fmt::Debug for FromFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.iter().map(|given| &given.key)).finish()
    }
}

/// The ports that a section names must suit the others.
fn check_doors(server: &Server, tls: Option<&Tls>, auth: &Auth, reader: &mut Reader) -> Result<(), Reported> {
    let all = server.listen.iter().chain(tls.into_iter().flat_map(|tls| &tls.listen));
    let reach = auth.check_reach(all, reader);
    let apart = tls.map_or(Ok(()), |tls| tls.check_listen(server, reader));
    let some_way = server.check_some_way(tls, reader);
    let proxied = auth.check_proxies(server, reader);
    reach.and(apart).and(some_way).and(proxied)
}

/// Replicas that share a certificate must be able to open its key.
fn check_secret_key(
    tls: Option<&Tls>,
    database: Option<&Database>,
    auth: &Auth,
    reader: &mut Reader,
) -> Result<(), Reported> {
    let is_shared = matches!(tls, Some(Tls { certificate: CertificateSource::Acme(_), .. })) && database.is_some();
    if !is_shared || auth.secret_key.is_some() {
        return Ok(());
    }
    let wrong = Wrong::new("has no value, and the keys of certificates are kept in the database of database.url");
    Err(reader
        .report("auth.secret_key", wrong.hint("give all replicas the same: `openssl rand -hex 32` makes a good one")))
}

impl Sources {
    /// The environment, working folder and platform of this process, under its command line.
    #[must_use]
    pub fn of_process(flags: Flags) -> Self {
        Self {
            flags,
            environment: Environment::of_process(),
            places: Places::of_platform(),
            // Without a working folder, relative paths stay as they are.
            working_dir: std::env::current_dir().unwrap_or_default(),
        }
    }

    /// Whether any value is in a file of its own, where another may take its place at any time.
    pub fn have_values_in_files(&self) -> bool {
        environment::has_values_in_files(&self.environment)
    }
}

impl Places {
    /// The folders of the user who runs us, then those of the machine.
    #[must_use]
    pub fn of_platform() -> Self {
        let user = ProjectDirs::from("", "", "quibble");
        let own = user.as_ref().map(|user| user.config_dir().join("quibble.toml"));
        let of_machine = cfg!(unix).then(|| PathBuf::from("/etc/quibble/quibble.toml"));
        let data_dir = user.map(|user| user.state_dir().unwrap_or(user.data_local_dir()).to_owned());
        Self { config_files: own.into_iter().chain(of_machine).collect(), data_dir }
    }
}

/// A configuration file to read, and who said so.
struct ChosenFile {
    path: PathBuf,
    full: PathBuf,
    /// The place that names it, or nothing when it was found in one of the usual places.
    named_by: Option<Origin>,
}

fn choose_file(flags: &Flags, environment: &Environment, places: &Places, working_dir: &Path) -> Option<ChosenFile> {
    let chosen = |path: &Path, layer, place| ChosenFile {
        path: path.to_owned(),
        full: working_dir.join(path),
        named_by: Some(Origin::new(layer, place)),
    };
    if let Some(path) = &flags.config {
        return Some(chosen(path, Layer::Flag, "--config"));
    }
    if let Some(path) = environment.value(environment::CONFIG_VARIABLE) {
        return Some(chosen(Path::new(path), Layer::Environment, environment::CONFIG_VARIABLE));
    }
    let is_there = |path: &&PathBuf| !matches!(path.try_exists(), Ok(false));
    let path = places.config_files.iter().find(is_there)?.clone();
    Some(ChosenFile { full: path.clone(), path, named_by: None })
}

impl ChosenFile {
    fn read(&self) -> (Vec<Given>, Vec<Problem>) {
        let name = self.path.display().to_string();
        match read_text(&self.full) {
            Ok(text) => file::read(Layer::File, &name, &text),
            Err(wrong) => {
                let origin = self.named_by.clone().unwrap_or(Origin::new(Layer::File, name.as_str()));
                (Vec::new(), vec![Problem { key: name, what: wrong.what, origin, hint: wrong.hint }])
            }
        }
    }
}

fn read_text(path: &Path) -> Result<String, Wrong> {
    let unreadable = |error: io::Error| {
        let wrong = Wrong::new(format!("cannot be read: {error}"));
        match error.kind() {
            io::ErrorKind::PermissionDenied => wrong.hint("let the user who runs Quibble read it"),
            io::ErrorKind::InvalidData => Wrong::new("is not UTF-8 text").hint("save it again as UTF-8"),
            _ => wrong,
        }
    };
    let mut text = String::new();
    File::open(path).and_then(|file| file.take(FILE_BYTES_MAX + 1).read_to_string(&mut text)).map_err(unreadable)?;
    if text.len() as u64 > FILE_BYTES_MAX {
        return Err(Wrong::new(format!("is larger than {FILE_BYTES_MAX} bytes")).hint("is it the right file?"));
    }
    Ok(text)
}
