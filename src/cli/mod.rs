//! The command line.

mod backup;
mod bench;
mod checks;
mod config;
mod db;
mod doctor;
mod healthcheck;
mod jobs;
mod mail;
mod keys;
mod material;
mod migrate;
mod open;
mod papers;
mod secret_file;
mod tls;
mod upgrade_check;
mod user;

use crate::config::{Config, ConfigError, Flags, LogFormat, Sources};
use crate::run;
use crate::store::MigrateError;
use crate::telemetry::logs;
use clap::{Args, CommandFactory, Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use tokio::runtime::Runtime;

/// The exit code for a configuration or a schema that does not work with this version: `EX_CONFIG` of sysexits.h.
const EXIT_CONFIG: u8 = 78;

/// How long work that nobody waits for may keep a command from its end.
const RUNTIME_ENDS_WITHIN: Duration = Duration::from_millis(500);

/// Live trivia nights on your own machine.
#[derive(Debug, Parser)]
#[command(name = "quibble", version, about, propagate_version = true)]
struct Cli {
    #[command(flatten)]
    settings: Settings,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    #[command(flatten)]
    Configured(Configured),
    /// The configuration of this machine
    Config {
        #[command(subcommand)]
        command: config::ConfigCommand,
    },
    /// Look whether this machine, its configuration and its database are well, and say what to do if not
    ///
    /// Nothing is changed, and it may run while Quibble does, or not. It connects to what is configured and to nothing
    /// else, but for looking up the name in the public URL. The exit code is 0 where nothing is a problem, else 1.
    Doctor(doctor::Options),
    /// Look what an upgrade of the database to this version would do, and whether it can go ahead, and back
    ///
    /// Nothing is changed. The exit code is 0 where it can go ahead, else 1.
    UpgradeCheck(doctor::Options),
    /// Which version this is
    Version {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Print what makes a shell complete the commands of Quibble
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page, or write those of all commands
    Man {
        /// Write a page for each command into this folder
        #[arg(long, value_name = "DIR")]
        into: Option<PathBuf>,
    },
    /// Play games on a server with many phones at once, and say how long everything took
    Bench(Box<bench::Options>),
}

/// Commands that go by this machine's configuration.
#[derive(Debug, Subcommand)]
enum Configured {
    /// Run Quibble until it is told to stop
    Serve {
        /// Which part of the work is done here, where several processes share a database: all, web or worker
        #[arg(long, value_name = "ROLE")]
        role: Option<String>,
    },
    /// Copies of the data
    Backup {
        #[command(subcommand)]
        command: backup::BackupCommand,
    },
    /// Put the data of a backup into the data folder or the PostgreSQL server that is configured
    ///
    /// No Quibble may be using it. A backup that is a database of SQLite goes into either of the two, one by pg_dump into a
    /// server.
    Restore {
        /// The backup
        file: PathBuf,
        /// Move what is there aside: into a folder beside it, or into a schema of the same database
        #[arg(long)]
        replace: bool,
    },
    /// The database as a whole
    Db {
        #[command(subcommand)]
        command: db::DbCommand,
    },
    /// Banks and quizzes as files
    Export {
        #[command(subcommand)]
        command: material::ExportCommand,
    },
    /// Ask the Quibble that runs here whether it is well: exit code 0 if so, else 1
    Healthcheck {
        /// Ask whether it can serve, which its database is needed for
        #[arg(long)]
        ready: bool,
    },
    /// Questions from a file into a bank, or a whole bank or quiz from a file of Quibble's
    ///
    /// All questions of the file are taken, or none: what cannot be taken is named by its row. The exit code is 1 where
    /// that was so. An import into a bank can be taken back in the web.
    Import(Box<material::Importing>),
    /// The secret key, which seals what must not be read from a copy of the database
    Keys {
        #[command(subcommand)]
        command: keys::KeysCommand,
    },
    /// What is done after the answer: mail, backups, webhooks
    Jobs {
        #[command(subcommand)]
        command: jobs::JobsCommand,
    },
    /// The mail that goes out
    Mail {
        #[command(subcommand)]
        command: mail::MailCommand,
    },
    /// The schema of the database
    Migrate {
        #[command(subcommand)]
        command: migrate::MigrateCommand,
    },
    /// The certificate for HTTPS
    Tls {
        #[command(subcommand)]
        command: tls::TlsCommand,
    },
    /// Accounts of those who host
    User {
        #[command(subcommand)]
        command: user::UserCommand,
    },
}

/// Settings that go before those of the environment and the file.
#[derive(Debug, Args)]
struct Settings {
    /// Read this configuration file
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Keep everything in this folder
    #[arg(long, global = true, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Listen on this address, such as 127.0.0.1:8080 or :8080; may be given several times
    #[arg(long, global = true, value_name = "ADDRESS")]
    listen: Vec<String>,
    /// Where players reach this Quibble, such as https://quiz.example.org
    #[arg(long, global = true, value_name = "URL")]
    public_url: Option<String>,
    /// What to log: error, warn, info, debug, trace, or a filter
    #[arg(long, global = true, value_name = "FILTER")]
    log_level: Option<String>,
    /// How log lines look: auto, pretty or json
    #[arg(long, global = true, value_name = "FORMAT")]
    log_format: Option<String>,
}

/// Runs the command of this process.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    match cli.command {
        Command::Configured(command) => configured(cli.settings, command),
        Command::Config { command } => match config::run(&command, Sources::of_process(cli.settings.into())) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => refuse(&error),
        },
        Command::Doctor(options) => looking(doctor::run(&options, Sources::of_process(cli.settings.into()))),
        Command::UpgradeCheck(options) => match Config::load(Sources::of_process(cli.settings.into())) {
            Ok(config) => looking(upgrade_check::run(&options, &config)),
            Err(error) => refuse(&error),
        },
        Command::Version { json } => papers::version(json),
        Command::Completions { shell } => papers::completions(shell, Cli::command()),
        Command::Man { into } => papers::man(into.as_deref(), Cli::command()),
        Command::Bench(options) => match one_thread().and_then(|runtime| runtime.block_on(bench::run(&options))) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("The measurement failed: {error:#}");
                ExitCode::FAILURE
            }
        },
    }
}

fn configured(settings: Settings, command: Configured) -> ExitCode {
    let mut flags = Flags::from(settings);
    if let Configured::Serve { role } = &command {
        flags.role.clone_from(role);
    }
    let sources = Sources::of_process(flags);
    let config = match Config::load(sources.clone()) {
        Ok(config) => config,
        Err(error) => return refuse(&error),
    };
    let log_level = match logs::start(&config.log.level, format(config.log.format)) {
        Ok(log_level) => log_level,
        Err(error) => {
            eprintln!("The log cannot be started: {error}");
            return ExitCode::FAILURE;
        }
    };
    for warning in &config.warnings {
        tracing::warn!("{warning}");
    }
    let done = running(|runtime| match command {
        Configured::Serve { .. } => runtime.block_on(run::serve(config, sources, log_level)),
        Configured::Backup { command } => runtime.block_on(backup::run(command, &config)),
        Configured::Restore { file, replace } => runtime.block_on(backup::restore(&file, replace, &config)),
        Configured::Db { command } => runtime.block_on(db::run(command, &config)),
        Configured::Export { command } => runtime.block_on(material::export(command, &config)),
        Configured::Healthcheck { ready } => runtime.block_on(healthcheck::run(ready, &config)),
        Configured::Import(importing) => runtime.block_on(material::import(*importing, &config)),
        Configured::Keys { command } => runtime.block_on(keys::run(command, &config)),
        Configured::Jobs { command } => runtime.block_on(jobs::run(command, &config)),
        Configured::Mail { command } => runtime.block_on(mail::run(command, &config)),
        Configured::Migrate { command } => runtime.block_on(migrate::run(command, config)),
        Configured::Tls { command } => runtime.block_on(tls::run(command, &config)),
        Configured::User { command } => runtime.block_on(user::run(command, config)),
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("Quibble stopped: {error:#}");
            let does_not_fit =
                matches!(error.downcast_ref(), Some(MigrateError::Newer { .. } | MigrateError::Changed(_)));
            if does_not_fit { ExitCode::from(EXIT_CONFIG) } else { ExitCode::FAILURE }
        }
    }
}

/// Runs what prints by itself what it found. Nothing is logged.
fn looking(look: impl Future<Output = ExitCode>) -> ExitCode {
    running(|runtime| Ok(runtime.block_on(look))).unwrap_or_else(|error| {
        eprintln!("Nothing can be looked at: {error:#}");
        ExitCode::FAILURE
    })
}

/// Does something, and ends with it.
fn running<T>(what: impl FnOnce(&Runtime) -> anyhow::Result<T>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let done = what(&runtime);
    // A resolver that does not answer keeps whoever looks a name up for half a minute, and nobody wants to know any more.
    runtime.shutdown_timeout(RUNTIME_ENDS_WITHIN);
    done
}

/// A measurement takes one core and leaves the others to the server.
fn one_thread() -> anyhow::Result<Runtime> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_all().build()?)
}

fn refuse(error: &ConfigError) -> ExitCode {
    eprintln!("{error}");
    ExitCode::from(EXIT_CONFIG)
}

fn format(format: LogFormat) -> logs::Format {
    match format {
        LogFormat::Auto => logs::Format::Auto,
        LogFormat::Json => logs::Format::Json,
        LogFormat::Pretty => logs::Format::Pretty,
    }
}

impl From<Settings> for Flags {
    fn from(settings: Settings) -> Self {
        Self {
            config: settings.config,
            data_dir: settings.data_dir,
            listen: settings.listen,
            public_url: settings.public_url,
            log_level: settings.log_level,
            log_format: settings.log_format,
            role: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
