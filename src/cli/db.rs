//! `quibble db …`: the database as a whole.

mod place;

use super::secret_file::first_line_of;
use crate::config::Config;
use crate::run;
use crate::store::Address;
use crate::store::copy::{self, Copied, Progress, SourceIs, TableCounted};
use anyhow::Context;
use clap::{Args, Subcommand};
use place::Place;
use serde_json::json;
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub enum DbCommand {
    /// Copy everything into an empty database: from SQLite to PostgreSQL, or back
    ///
    /// No Quibble may be running with either of the two. The source stays as it is. The rows of the target are counted and
    /// hashed, and compared with those of the source, before they are there: it has all of them, or none.
    ///
    /// A place is a data folder, the file of a database, a URL such as postgres://quibble@db.example.org/quibble, or the
    /// word `configured`. A URL that is written here must not hold a password: it comes from a file, from PGPASSWORD, or
    /// from ~/.pgpass.
    Copy(Box<Copying>),
}

#[derive(Debug, Args)]
pub struct Copying {
    /// What is copied
    #[arg(long, value_name = "PLACE", default_value = "configured")]
    from: String,
    /// Where to: an empty database, or a file that is not there
    #[arg(long, value_name = "PLACE")]
    to: String,
    /// Read the password for the URL in --from from the first line of this file
    #[arg(long, value_name = "FILE")]
    from_password_file: Option<PathBuf>,
    /// Read the password for the URL in --to from the first line of this file
    #[arg(long, value_name = "FILE")]
    to_password_file: Option<PathBuf>,
    /// Let connections go unencrypted, in a network that nobody else reads
    #[arg(long)]
    allow_plaintext: bool,
    /// Count the rows and look whether the target takes them, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Rows after which it is said that the copy goes on.
const TOLD_EVERY: u64 = 100_000;

/// Runs one of the commands.
///
/// # Errors
/// In words, when it cannot be done.
pub async fn run(command: DbCommand, config: &Config) -> anyhow::Result<()> {
    match command {
        DbCommand::Copy(copying) => copying.run(config).await,
    }
}

impl Copying {
    async fn run(&self, config: &Config) -> anyhow::Result<()> {
        run::trust_one_crypto_provider();
        let password = |file: Option<&PathBuf>| file.map(|file| first_line_of(file)).transpose();
        let from = Place::read(&self.from, password(self.from_password_file.as_ref())?, self.allow_plaintext, config)
            .context("--from")?;
        let to = Place::read(&self.to, password(self.to_password_file.as_ref())?, self.allow_plaintext, config)
            .context("--to")?;
        anyhow::ensure!(from != to, "--from and --to are the same");
        from.is_there()?;
        if !self.dry_run {
            to.make_folder()?;
        }
        // Held until everything is there.
        let _locks = (from.lock()?, to.lock()?);
        if self.dry_run {
            let counted = copy::count(from.address(), to.address(), SourceIs::AtRest).await?;
            self.print_counted(&counted);
            return Ok(());
        }
        let mut last = 0;
        let mut told = |progress| tell(progress, &mut last);
        let copied = match to.address() {
            Address::File(file) if !file.try_exists()? => {
                copy::copy_into_new_file(from.address(), file, SourceIs::AtRest, &mut told).await
            }
            there => copy::copy(from.address(), there, SourceIs::AtRest, &mut told).await,
        };
        let copied = copied.context("nothing was copied")?;
        self.print_copied(&copied, to.address());
        Ok(())
    }

    fn print_counted(&self, counted: &[TableCounted]) {
        let rows: u64 = counted.iter().map(|table| table.rows).sum();
        if self.json {
            println!("{}", json!({ "dry_run": true, "rows": rows, "tables": counted }));
            return;
        }
        for TableCounted { table, rows } in counted {
            println!("{table:<18} {rows:>10}");
        }
        println!("{rows} rows would be copied. Nothing was written.");
    }

    fn print_copied(&self, copied: &Copied, to: &Address) {
        let rows: u64 = copied.tables.iter().map(|table| table.rows).sum();
        let is_sealed = copied.tables.iter().any(|table| table.table == "acme_accounts" && table.rows > 0);
        if self.json {
            println!("{}", json!({ "dry_run": false, "rows": rows, "tables": copied.tables, "sealed": is_sealed }));
            return;
        }
        for table in &copied.tables {
            println!("{:<18} {:>10}  {}", table.table, table.rows, table.sha256);
        }
        println!("{rows} rows were copied, and are the same on both sides.");
        match to {
            Address::File(file) => println!(
                "A Quibble without database.url serves them as {} of its data folder, which this is: {}",
                run::DATABASE_FILE,
                file.display()
            ),
            Address::Postgres { .. } => println!("Set database.url to that server, and start Quibble."),
        }
        if is_sealed {
            println!(
                "The account at the certificate authority is sealed with the secret key: what starts with the copy needs \
                 the same one, as `secret.key` in its data folder or as auth.secret_key."
            );
        }
    }
}

/// Says how far it is, on standard error. `last` is when that was said before.
fn tell(progress: Progress, last: &mut u64) {
    match progress {
        Progress::Written { table, rows } => {
            if rows >= *last + TOLD_EVERY {
                eprintln!("{table}: {rows} rows so far");
                *last = rows;
            }
        }
        Progress::Done { table, rows } => {
            if rows > 0 {
                eprintln!("{table}: {rows} rows");
            }
            *last = 0;
        }
    }
}
