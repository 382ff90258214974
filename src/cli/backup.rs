//! `quibble backup …` and `quibble restore`: copies of the data of a Quibble with a file of its own.

use crate::clock::{Clock, file_stamp, rfc3339};
use crate::config::Config;
use crate::run::{self, Lock};
use crate::store::backup::{self, Listed, Manifest};
use anyhow::{Context, ensure};
use clap::Subcommand;
use std::path::{Path, PathBuf};

#[derive(Debug, Subcommand)]
pub enum BackupCommand {
    /// Take a backup, also while games go on, and check it
    Create {
        /// The folder for it; without it, the one of backup.dir
        #[arg(long, value_name = "DIR")]
        into: Option<PathBuf>,
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

/// Runs one of the commands.
///
/// # Errors
/// In words, when there is no good backup at the end.
pub async fn run(command: BackupCommand, config: &Config) -> anyhow::Result<()> {
    let in_data_dir = |dir: Option<PathBuf>| dir.unwrap_or_else(|| run::backup_dir(config));
    match command {
        BackupCommand::Create { into } => create(&in_data_dir(into), config).await,
        BackupCommand::List { dir } => list(&in_data_dir(dir)),
        BackupCommand::Verify { file } => {
            let manifest = backup::verify(&file).await?;
            println!("{} is whole. {}", file.display(), about(&manifest));
            Ok(())
        }
        BackupCommand::Prune { dir, keep } => prune(&in_data_dir(dir), keep),
    }
}

async fn create(into: &Path, config: &Config) -> anyhow::Result<()> {
    has_file(config)?;
    let dir = &config.data.dir;
    ensure!(run::database_file(dir).is_file(), "there is no data in {}", dir.display());
    let store = run::open_store_beside(dir).await?;
    let created = backup::create(&store, into, Clock::system().now_ms()).await;
    store.close().await;
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

/// Puts the data of a backup into the data folder.
///
/// # Errors
/// In words, when something serves there, or is there already, or the backup cannot be used.
pub async fn restore(file: &Path, replace: bool, config: &Config) -> anyhow::Result<()> {
    has_file(config)?;
    let dir = &config.data.dir;
    run::make_private_dir(dir)?;
    let lock = Lock::take(dir)?;
    ensure!(lock.is_some(), "a Quibble is running with the data in {}. Stop it first", dir.display());
    // Before anything is moved.
    let prepared = backup::prepare(file, dir).await?;
    let database = run::database_file(dir);
    let there = backup::files_of(&database)?;
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
    let manifest = prepared.put(&database).with_context(|| format!("nothing was restored{where_it_is}"))?;
    println!("Restored. {}", about(&manifest));
    Ok(())
}

fn has_file(config: &Config) -> anyhow::Result<()> {
    ensure!(
        config.database.is_none(),
        "the data is in a PostgreSQL server: back it up with pg_dump, and restore it with pg_restore"
    );
    Ok(())
}

fn about(manifest: &Manifest) -> String {
    let Manifest { quibble, schema, created_at_ms, bytes, rows, .. } = manifest;
    let count = |table: &str| rows.get(table).copied().unwrap_or(0);
    format!(
        "Taken {} by Quibble {quibble} (schema {schema}): {} questions, {} quizzes, {} games, {} KiB.",
        rfc3339(*created_at_ms),
        count("questions"),
        count("quizzes"),
        count("games"),
        bytes.div_ceil(1024)
    )
}
