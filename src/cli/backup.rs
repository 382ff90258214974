//! `quibble backup …` and `quibble restore`: copies of the data of a Quibble.

use crate::clock::{Clock, file_stamp, rfc3339};
use crate::config::Config;
use crate::run::{self, Lock};
use crate::store::Address;
use crate::store::backup::{self, Form, Listed, Manifest};
use anyhow::{Context, ensure};
use clap::{Subcommand, ValueEnum};
use std::path::{Path, PathBuf};

#[derive(Debug, Subcommand)]
pub enum BackupCommand {
    /// Take a backup, also while games go on, and check it
    Create {
        /// The folder for it; without it, the one of backup.dir
        #[arg(long, value_name = "DIR")]
        into: Option<PathBuf>,
        /// What it is made with: where the data is in a PostgreSQL server, pg_dump if it is here and knows that server
        #[arg(long, value_name = "FORMAT")]
        format: Option<Format>,
    },
    /// List the backups of a folder
    List {
        /// Without it, the one of backup.dir
        dir: Option<PathBuf>,
    },
    /// Check that a backup is whole and can be restored
    Verify {
        /// The backup
        file: PathBuf,
    },
    /// Delete all but the newest backups of a folder
    Prune {
        /// Without it, the one of backup.dir
        dir: Option<PathBuf>,
        /// How many stay
        #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
        keep: u32,
    },
}

/// What a backup is made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A database of SQLite, which a file and a server can be restored from
    Portable,
    /// pg_dump's own, which only a PostgreSQL server can be restored from
    #[value(name = "pg_dump")]
    PgDump,
}

/// Runs one of the commands.
///
/// # Errors
/// In words, when there is no good backup at the end.
pub async fn run(command: BackupCommand, config: &Config) -> anyhow::Result<()> {
    let in_data_dir = |dir: Option<PathBuf>| dir.unwrap_or_else(|| run::backup_dir(config));
    match command {
        BackupCommand::Create { into, format } => create(&in_data_dir(into), format, config).await,
        BackupCommand::List { dir } => list(&in_data_dir(dir)),
        BackupCommand::Verify { file } => {
            let manifest = backup::verify(&file).await?;
            println!("{} is whole. {}", file.display(), about(&manifest));
            Ok(())
        }
        BackupCommand::Prune { dir, keep } => prune(&in_data_dir(dir), keep),
    }
}

async fn create(into: &Path, format: Option<Format>, config: &Config) -> anyhow::Result<()> {
    let created = match run::address(config) {
        Address::File(file) => {
            ensure!(format != Some(Format::PgDump), "the data is in a file, which pg_dump does not know");
            let dir = &config.data.dir;
            ensure!(file.is_file(), "there is no data in {}", dir.display());
            let store = run::open_store_beside(dir).await?;
            let created = backup::create(&store, into, Clock::system().now_ms()).await;
            store.close().await;
            created
        }
        server @ Address::Postgres { .. } => {
            run::trust_one_crypto_provider();
            let form = match format {
                Some(Format::Portable) => Form::Portable,
                Some(Format::PgDump) => Form::PgDump,
                None => backup::form_for(&server).await?,
            };
            backup::create_of_server(&server, form, into, Clock::system().now_ms()).await
        }
    };
    let (file, manifest) = created.with_context(|| format!("no backup was made in {}", into.display()))?;
    println!("{}\n{}", file.display(), about(&manifest));
    Ok(())
}

fn list(dir: &Path) -> anyhow::Result<()> {
    let backups = backup::list(dir).with_context(|| format!("{} cannot be listed", dir.display()))?;
    for Listed { file, manifest } in &backups {
        match manifest {
            Ok(manifest) => println!("{}\n  {}", file.display(), about(manifest)),
            Err(error) => println!("{}\n  Cannot be used: {error}.", file.display()),
        }
    }
    if backups.is_empty() {
        println!("There are no backups in {}.", dir.display());
    }
    Ok(())
}

fn prune(dir: &Path, keep: u32) -> anyhow::Result<()> {
    let keep = usize::try_from(keep).unwrap_or(usize::MAX);
    let pruned = backup::prune(dir, keep).with_context(|| format!("{} cannot be tidied up", dir.display()))?;
    for file in &pruned.deleted {
        println!("Deleted {}", file.display());
    }
    println!("{} of {} backups stay.", pruned.kept, pruned.kept + pruned.deleted.len());
    Ok(())
}

/// Puts the data of a backup where the configuration has it: into the data folder, or into a PostgreSQL server.
///
/// # Errors
/// In words, when something serves there, or is there already, or the backup cannot be used.
pub async fn restore(file: &Path, replace: bool, config: &Config) -> anyhow::Result<()> {
    match run::address(config) {
        Address::File(database) => into_folder(file, replace, &config.data.dir, &database).await,
        server @ Address::Postgres { .. } => into_server(file, replace, &server).await,
    }
}

async fn into_server(file: &Path, replace: bool, server: &Address) -> anyhow::Result<()> {
    run::trust_one_crypto_provider();
    let restored = backup::restore_into_server(file, server, replace, Clock::system().now_ms()).await?;
    if let Some(aside) = restored.aside {
        println!(
            "What was there is in the schema {aside} of that database now. `DROP SCHEMA {aside} CASCADE` deletes it."
        );
    }
    println!("Restored. {}", about(&restored.manifest));
    Ok(())
}

async fn into_folder(file: &Path, replace: bool, dir: &Path, database: &Path) -> anyhow::Result<()> {
    run::make_private_dir(dir)?;
    let lock = Lock::take(dir)?;
    ensure!(lock.is_some(), "a Quibble is running with the data in {}. Stop it first", dir.display());
    // Before anything is moved.
    let prepared = backup::prepare(file, dir).await?;
    let there = backup::files_of(database)?;
    let mut where_it_is = String::new();
    if !there.is_empty() {
        ensure!(replace, "there is data in {} already. --replace moves it aside", dir.display());
        let aside = dir.join(format!("before-restore-{}", file_stamp(Clock::system().now_ms())));
        run::make_private_dir(&aside)?;
        backup::move_aside(&there, &aside)
            .with_context(|| format!("the data cannot be moved to {}", aside.display()))?;
        println!("What was there is in {} now.", aside.display());
        where_it_is = format!("; what was there is in {}", aside.display());
    }
    let manifest = prepared.put(database).with_context(|| format!("nothing was restored{where_it_is}"))?;
    println!("Restored. {}", about(&manifest));
    Ok(())
}

fn about(manifest: &Manifest) -> String {
    let Manifest { quibble, schema, created_at_ms, bytes, rows, .. } = manifest;
    let count = |table: &str| rows.get(table).copied().unwrap_or(0);
    let by = match manifest.form {
        Form::Portable => "",
        Form::PgDump => " with pg_dump",
    };
    format!(
        "Taken {} by Quibble {quibble}{by} (schema {schema}): {} questions, {} quizzes, {} games, {} KiB.",
        rfc3339(*created_at_ms),
        count("questions"),
        count("quizzes"),
        count("games"),
        bytes.div_ceil(1024)
    )
}
