//! `quibble migrate …`: the schema of the database.

use crate::config::Config;
use crate::run::{self, Lock};
use crate::store::{Step, StepState, schema_steps};
use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub enum MigrateCommand {
    /// Bring the schema up to date, as every start does
    Up,
    /// List the steps of the schema and which of them the database has
    Status,
    /// Print the SQL of the steps that the database does not have
    Plan,
    /// Fail unless the database has every step as this version knows it
    Verify,
}

/// Runs one of the commands.
///
/// # Errors
/// In words, when the database cannot be read or changed, and when it is not as `verify` wants it.
pub async fn run(command: MigrateCommand, config: Config) -> anyhow::Result<()> {
    match command {
        MigrateCommand::Up => up(&config).await,
        MigrateCommand::Status => {
            steps(&config).await?.iter().for_each(|step| println!("{}", line(step)));
            Ok(())
        }
        MigrateCommand::Plan => {
            for step in steps(&config).await?.iter().filter(|step| step.state == StepState::Pending) {
                println!("-- {}\n{}", line(step), step.sql);
            }
            Ok(())
        }
        MigrateCommand::Verify => {
            let steps = steps(&config).await?;
            let wrong: Vec<_> = steps.iter().filter(|step| step.state != StepState::Applied).map(line).collect();
            anyhow::ensure!(wrong.is_empty(), "the schema is not the one of this version:\n  {}", wrong.join("\n  "));
            Ok(())
        }
    }
}

async fn up(config: &Config) -> anyhow::Result<()> {
    if config.database.is_none() && config.data.dir.exists() {
        let lock = Lock::take(&config.data.dir)?;
        anyhow::ensure!(lock.is_some(), "a Quibble is running with this data, and brought its schema up to date");
        run::open_store(config).await?.close().await;
    } else {
        run::open_store(config).await?.close().await;
    }
    println!("The schema is up to date.");
    Ok(())
}

async fn steps(config: &Config) -> anyhow::Result<Vec<Step>> {
    Ok(schema_steps(&run::address(config)).await?)
}

fn line(step: &Step) -> String {
    let state = match step.state {
        StepState::Applied => "applied",
        StepState::Changed => "applied, but not as this version knows it",
        StepState::Pending => "pending",
        StepState::Unknown => "applied by a newer version",
    };
    format!("{:04} {} ({state})", step.version, step.name).replace("  ", " ")
}
