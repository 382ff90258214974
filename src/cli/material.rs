//! `quibble export …` and `quibble import`: banks and quizzes as files, also while Quibble runs.

use super::open::{Opened, open_there};
use crate::clock::Clock;
use crate::config::Config;
use crate::ids::Ids;
use crate::quiz::bank::BankInput;
use crate::quiz::export::{BankFile, FileError, QuizFile, file_stem};
use crate::quiz::import::{Asked, Fixes, Format, Mapping, Sheet, Unreadable, read};
use crate::store::{IMPORT_CHUNK, ImportProblem, NewImport, NewQuestion, Placed, Store, StoreError};
use anyhow::{Context, bail, ensure};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use uuid::Uuid;

#[derive(Debug, Subcommand)]
pub enum ExportCommand {
    /// Print a bank as a file that can be imported again
    Bank(One),
    /// Print a quiz with the questions that it uses, as a file that can be imported again
    Quiz(One),
    /// Write every bank and quiz of an account into a folder, a file each
    All {
        /// The folder, which is made if need be; no file in it is written over
        #[arg(long, value_name = "DIR")]
        into: PathBuf,
        /// Whose; without it, the owner's
        #[arg(long, value_name = "NAME")]
        account: Option<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
pub struct One {
    /// Its name, or its id where several are called the same
    name: String,
    /// Whose; without it, the owner's
    #[arg(long, value_name = "NAME")]
    account: Option<String>,
    /// Write this file instead, which must not be there
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Print as JSON what was written
    #[arg(long, requires = "output")]
    json: bool,
}

#[derive(Debug, Args)]
pub struct Importing {
    /// The file: a bank or a quiz of Quibble's, a workbook (XLSX), CSV and its kin, or OpenTriviaQA; `-` is standard input
    file: PathBuf,
    /// The bank that the questions go into, by its name or id, which is made if need be; without it, a bank file makes a new
    /// bank, and a quiz file a new quiz with its banks
    #[arg(long, value_name = "NAME")]
    bank: Option<String>,
    /// Whose; without it, the owner's
    #[arg(long, value_name = "NAME")]
    account: Option<String>,
    /// Which column of a table holds what, as the web's import shows it: {"prompt":0,"correct":1,"options":[2,3]}
    #[arg(long, value_name = "JSON")]
    mapping: Option<String>,
    /// The sheet of a workbook; without it, the first that holds a table
    #[arg(long, value_name = "NAME")]
    sheet: Option<String>,
    /// Import the questions that can be, and leave out the others
    #[arg(long)]
    skip_bad: bool,
    /// Say what would come of it, and store nothing
    #[arg(long)]
    dry_run: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Banks or quizzes that are looked through for a name: more than an account may have.
const LISTED_MAX: u32 = 10_000;

/// Something with a name.
struct Named {
    id: Uuid,
    name: String,
}

/// Somebody's banks and quizzes.
struct Material {
    opened: Opened,
    owner: Uuid,
    clock: Clock,
    ids: Ids,
}

/// What an import came to.
struct Came {
    what: &'static str,
    name: String,
    /// None: nothing was stored.
    id: Option<Uuid>,
    questions: usize,
    problems: Vec<ImportProblem>,
    total: usize,
}

/// Runs one of the exports.
///
/// # Errors
/// In words, when there is no such thing, or it cannot be written.
pub async fn export(command: ExportCommand, config: &Config) -> anyhow::Result<()> {
    match command {
        ExportCommand::Bank(one) => {
            let of = Material::open(one.account.as_deref(), config).await?;
            let bank = only(of.banks().await?, &one.name, "bank")?;
            let file = of.store().bank_file(of.owner, bank.id).await?.context("the bank is gone")?;
            one.write("bank", file.questions.len(), &file.to_json())?;
            of.close().await;
        }
        ExportCommand::Quiz(one) => {
            let of = Material::open(one.account.as_deref(), config).await?;
            let quiz = only(of.quizzes().await?, &one.name, "quiz")?;
            let file = of.store().quiz_file(of.owner, quiz.id).await?.context("the quiz is gone")?;
            one.write("quiz", file.banks.iter().map(|bank| bank.questions.len()).sum(), &file.to_json())?;
            of.close().await;
        }
        ExportCommand::All { into, account, json } => {
            let of = Material::open(account.as_deref(), config).await?;
            let written = of.write_all(&into).await?;
            of.close().await;
            if json {
                println!("{}", json!({ "files": written }));
            } else {
                println!("{} files are in {}.", written.len(), into.display());
            }
        }
    }
    Ok(())
}

/// Runs an import.
///
/// # Errors
/// In words, when nothing was imported, or rows were refused without `--skip-bad`.
pub async fn import(importing: Importing, config: &Config) -> anyhow::Result<()> {
    let bytes = importing.bytes(config.server.upload_bytes_max)?;
    let of = Material::open(importing.account.as_deref(), config).await?;
    let came = importing.run(&of, &bytes).await;
    of.close().await;
    let came = came?;
    importing.print(&came);
    let refused = came.problems.len();
    let kept = if came.id.is_some() || importing.dry_run { "" } else { "nothing was imported: " };
    ensure!(
        refused == 0 || importing.skip_bad,
        "{kept}{refused} of {} questions were refused. Mend the file, or import the others with --skip-bad",
        came.total
    );
    Ok(())
}

impl One {
    fn write(&self, what: &str, questions: usize, text: &str) -> anyhow::Result<()> {
        let Some(file) = &self.output else {
            return match io::stdout().write_all(text.as_bytes()) {
                // A reader that has seen enough is no failure.
                Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error).context("it cannot be printed"),
                _ => Ok(()),
            };
        };
        write_new(file, text)?;
        if self.json {
            println!("{}", json!({ "file": file, "kind": what, "questions": questions }));
        } else {
            println!("{}: {questions} questions.", file.display());
        }
        Ok(())
    }
}

impl Importing {
    fn bytes(&self, bytes_max: usize) -> anyhow::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let limit = u64::try_from(bytes_max).unwrap_or(u64::MAX).saturating_add(1);
        let name = self.file.display();
        let done = if self.file == Path::new("-") {
            io::stdin().lock().take(limit).read_to_end(&mut bytes)
        } else {
            fs::File::open(&self.file).and_then(|file| file.take(limit).read_to_end(&mut bytes))
        };
        done.with_context(|| format!("{name} cannot be read"))?;
        let mb = bytes_max / (1024 * 1024);
        ensure!(bytes.len() <= bytes_max, "{name} is larger than {mb} MB, which is what server.max_upload_mb allows");
        Ok(bytes)
    }

    async fn run(&self, of: &Material, bytes: &[u8]) -> anyhow::Result<Came> {
        let bank = match &self.bank {
            Some(name) => Some((name.as_str(), find(of.banks().await?, name, "bank")?)),
            None => None,
        };
        let existing = match &bank {
            Some((_, Some(bank))) => of.store().prompt_keys(of.owner, bank.id).await?.unwrap_or_default(),
            _ => HashSet::new(),
        };
        let mapping = self.mapping.as_deref().map(serde_json::from_str::<Mapping>).transpose();
        let mapping = mapping.context("the mapping cannot be read")?;
        let asked = Asked { mapping, sheet: self.sheet.clone(), fixes: Fixes::default() };
        let sheet = match read(bytes, &asked, &existing) {
            Err(Unreadable::File(FileError::IsQuiz)) => {
                ensure!(self.bank.is_none(), "this is a quiz file, which brings its own banks: leave out --bank");
                return self.quiz(of, bytes).await;
            }
            read => read?,
        };
        match bank {
            Some((name, bank)) => self.questions(of, name, bank, sheet).await,
            None if sheet.format == Format::Json => self.new_bank(of, bytes, sheet).await,
            None => bail!("say with --bank which bank the questions go into"),
        }
    }

    /// A quiz with its banks, whole or not at all.
    async fn quiz(&self, of: &Material, bytes: &[u8]) -> anyhow::Result<Came> {
        let file = QuizFile::parse(std::str::from_utf8(bytes).context("this is not UTF-8")?)?;
        if let Some((round, question)) = file.repeated() {
            bail!("question {} of round {} stands in an earlier round already", question + 1, round + 1);
        }
        let questions = file.banks.iter().map(|bank| bank.questions.len()).sum();
        let id = if self.dry_run {
            None
        } else {
            Some(of.store().insert_quiz_file(of.owner, &file, &of.ids, of.clock.now_ms()).await.map_err(full)?)
        };
        let name = file.name.as_str().to_owned();
        Ok(Came { what: "quiz", name, id, questions, problems: Vec::new(), total: questions })
    }

    /// A bank of its own, with what of it can be taken.
    async fn new_bank(&self, of: &Material, bytes: &[u8], sheet: Sheet) -> anyhow::Result<Came> {
        let (total, problems) = (sheet.total, problems(&sheet));
        // Its words, whatever its questions are.
        let text = String::from_utf8_lossy(bytes);
        let words: Value = serde_json::from_str(text.trim_start_matches('\u{feff}')).unwrap_or_default();
        let said = |key: &str| words.get(key).and_then(Value::as_str).map(str::to_owned);
        let words = BankInput { name: said("name").unwrap_or_default(), description: said("description") }.check();
        let words = words.map_err(|problems| {
            let sentences: Vec<_> = problems.iter().map(ToString::to_string).collect();
            anyhow::anyhow!("{}", sentences.join(" "))
        })?;
        let questions: Vec<_> = sheet.rows.into_iter().map(|row| row.question).collect();
        let (name, questions_count) = (words.name.as_str().to_owned(), questions.len());
        let id = if self.dry_run || (!problems.is_empty() && !self.skip_bad) {
            None
        } else {
            let file = BankFile { name: words.name, description: words.description, questions };
            Some(of.store().insert_bank_file(of.owner, &file, &of.ids, of.clock.now_ms()).await.map_err(full)?)
        };
        Ok(Came { what: "bank", name, id, questions: questions_count, problems, total })
    }

    /// Questions for a bank that there is, or that is made for them.
    async fn questions(&self, of: &Material, name: &str, bank: Option<Named>, sheet: Sheet) -> anyhow::Result<Came> {
        if matches!(sheet.format, Format::Csv | Format::Xlsx) && sheet.mapping.is_none() {
            bail!(
                "it cannot be told which column holds the question and which the answers. Say it with --mapping; the \
                 columns are: {}",
                sheet.columns.join(", ")
            );
        }
        let mut problems = problems(&sheet);
        let (total, mut questions) = (sheet.total, sheet.rows.len());
        let stores = !self.dry_run && questions > 0 && (problems.is_empty() || self.skip_bad);
        let mut id = None;
        if stores {
            let bank = match bank {
                Some(bank) => bank.id,
                None => of.make_bank(name).await?,
            };
            let left_out = of.store_all(bank, &sheet, &problems).await?;
            questions -= left_out.len();
            problems.extend(left_out);
            problems.sort_by_key(|problem| problem.row);
            id = Some(bank);
        }
        Ok(Came { what: "bank", name: name.to_owned(), id, questions, problems, total })
    }

    fn print(&self, came: &Came) {
        let Came { what, name, id, questions, problems, total } = came;
        if self.json {
            let said = json!({
                "kind": what, "name": name, "id": id, "dry_run": self.dry_run, "total": total,
                "imported": if id.is_some() { *questions } else { 0 }, "importable": questions, "problems": problems,
            });
            println!("{said}");
            return;
        }
        for ImportProblem { row, reason, text } in problems {
            println!("row {row}: {reason} ({text})");
        }
        let of = format!("{questions} of {total} questions");
        match id {
            Some(_) => println!("The {what} {name:?} has {of} of the file."),
            None if self.dry_run => println!("{of} would go into the {what} {name:?}. Nothing was stored."),
            None => println!("{of} could go into the {what} {name:?}. Nothing was stored."),
        }
    }
}

impl Material {
    async fn open(account: Option<&str>, config: &Config) -> anyhow::Result<Self> {
        let opened = open_there(config).await?;
        let account = match account {
            Some(name) => opened.account(name).await?,
            None => opened.store.owner().await?.context("there is no owner yet: start Quibble once")?,
        };
        let clock = Clock::system();
        Ok(Self { opened, owner: account.id, ids: Ids::system(clock.clone()), clock })
    }

    fn store(&self) -> &Store {
        &self.opened.store
    }

    async fn banks(&self) -> anyhow::Result<Vec<Named>> {
        let banks = self.store().banks(self.owner, "", None, LISTED_MAX).await?;
        Ok(banks.into_iter().map(|bank| Named { id: bank.id, name: bank.name }).collect())
    }

    async fn quizzes(&self) -> anyhow::Result<Vec<Named>> {
        let quizzes = self.store().quizzes(self.owner, "", None, LISTED_MAX).await?;
        Ok(quizzes.into_iter().map(|quiz| Named { id: quiz.id, name: quiz.name }).collect())
    }

    async fn write_all(&self, into: &Path) -> anyhow::Result<Vec<Value>> {
        fs::create_dir_all(into).with_context(|| format!("{} cannot be made", into.display()))?;
        let (mut written, mut taken) = (Vec::new(), HashSet::new());
        let mut put = |kind: &str, name: &str, text: &str| -> anyhow::Result<()> {
            let file = into.join(free_name(kind, name, &mut taken));
            write_new(&file, text)?;
            written.push(json!({ "file": file, "kind": kind, "name": name }));
            Ok(())
        };
        // What was deleted meanwhile is left out.
        for bank in self.banks().await? {
            if let Some(file) = self.store().bank_file(self.owner, bank.id).await? {
                put("bank", &bank.name, &file.to_json())?;
            }
        }
        for quiz in self.quizzes().await? {
            if let Some(file) = self.store().quiz_file(self.owner, quiz.id).await? {
                put("quiz", &quiz.name, &file.to_json())?;
            }
        }
        Ok(written)
    }

    async fn make_bank(&self, name: &str) -> anyhow::Result<Uuid> {
        let words = BankInput { name: name.to_owned(), description: None }.check();
        let words = words.map_err(|_| anyhow::anyhow!("a bank cannot be called {name:?}"))?;
        let made = self.store().create_bank(self.owner, self.ids.uuid(), &words, self.clock.now_ms()).await;
        Ok(made.map_err(full)?.id)
    }

    /// Stores the questions of a file as an import, which the web shows and can take back. Those that were left out.
    async fn store_all(
        &self,
        bank: Uuid,
        sheet: &Sheet,
        problems: &[ImportProblem],
    ) -> anyhow::Result<Vec<ImportProblem>> {
        let (id, importable) = (self.ids.uuid(), sheet.rows.len());
        let new = NewImport { id, bank, total: sheet.total, problems, importable };
        match self.store().create_import(self.owner, &new, self.clock.now_ms()).await? {
            Placed::Done(_) => {}
            Placed::Full => bail!("the bank has no room for {importable} more questions"),
            Placed::NotFound => bail!("the bank is gone"),
        }
        match self.chunks(id, sheet, problems).await {
            Ok(left_out) => Ok(left_out),
            Err(error) => {
                // If even that cannot be stored, the next start sees to it.
                let _ = self.store().fail_import(id, self.clock.now_ms()).await;
                Err(error.context("nothing was imported"))
            }
        }
    }

    async fn chunks(
        &self,
        import: Uuid,
        sheet: &Sheet,
        problems: &[ImportProblem],
    ) -> anyhow::Result<Vec<ImportProblem>> {
        let mut left_out = Vec::new();
        for chunk in sheet.rows.chunks(IMPORT_CHUNK) {
            let new: Vec<_> =
                chunk.iter().map(|row| NewQuestion { id: self.ids.uuid(), draft: &row.question }).collect();
            let stored = self.store().import_chunk(import, &new, self.clock.now_ms()).await?;
            let stored = stored.context("the import was cancelled")?;
            left_out.extend(stored.into_iter().filter_map(|(index, why)| Some(why.of(chunk.get(index)?))));
        }
        let mut all = [problems, &left_out].concat();
        all.sort_by_key(|problem| problem.row);
        self.store().finish_import(import, &all, self.clock.now_ms()).await?;
        Ok(left_out)
    }

    async fn close(self) {
        self.store().close().await;
    }
}

fn problems(sheet: &Sheet) -> Vec<ImportProblem> {
    sheet.problems.iter().cloned().map(ImportProblem::from).collect()
}

/// The one of that name or id. None: there is no such.
fn find(all: Vec<Named>, wanted: &str, what: &str) -> anyhow::Result<Option<Named>> {
    let by_id = wanted.parse::<Uuid>().ok();
    let is_it = |named: &Named| Some(named.id) == by_id || named.name == wanted.trim();
    let mut found: Vec<_> = all.into_iter().filter(is_it).collect();
    if found.len() > 1 {
        let ids: Vec<_> = found.iter().map(|named| named.id.to_string()).collect();
        bail!("several are called {wanted:?}. Give the id of the {what} that you mean: {}", ids.join(", "));
    }
    Ok(found.pop())
}

fn only(all: Vec<Named>, wanted: &str, what: &str) -> anyhow::Result<Named> {
    let names: Vec<_> = all.iter().map(|named| named.name.clone()).collect();
    find(all, wanted, what)?.with_context(|| {
        let near = crate::config::nearest(wanted, names.iter().map(String::as_str));
        let hint = near.map(|near| format!(". Is {near:?} the one that you mean?")).unwrap_or_default();
        format!("no {what} is called {wanted:?}{hint}")
    })
}

/// A name for a file that no other of this export has.
fn free_name(kind: &str, name: &str, taken: &mut HashSet<String>) -> String {
    let stem = file_stem(name);
    let names =
        (1_u32..).map(|n| if n == 1 { format!("{kind}-{stem}.json") } else { format!("{kind}-{stem}-{n}.json") });
    let free = names.into_iter().find(|name| taken.insert(name.clone()));
    free.unwrap_or(stem)
}

fn write_new(file: &Path, text: &str) -> anyhow::Result<()> {
    let opened = OpenOptions::new().write(true).create_new(true).open(file);
    let written = opened.and_then(|mut file| file.write_all(text.as_bytes()));
    written.with_context(|| format!("{} cannot be written", file.display()))
}

fn full(error: StoreError) -> anyhow::Error {
    match error {
        StoreError::Full(most) => anyhow::anyhow!("the account has {most} of these, and may not have more"),
        error => error.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_one_export_have_names_of_their_own() {
        let mut taken = HashSet::new();
        let names: Vec<_> =
            ["Food", "food", "🎉"].into_iter().map(|name| free_name("bank", name, &mut taken)).collect();
        assert_eq!(names, ["bank-food.json", "bank-food-2.json", "bank-quibble.json"]);
        assert_eq!(free_name("quiz", "Food", &mut taken), "quiz-food.json");
    }

    #[test]
    fn what_is_called_the_same_is_told_apart_by_its_id() {
        let named = |n, name: &str| Named { id: Uuid::from_u128(n), name: name.to_owned() };
        let all = || vec![named(1, "Food"), named(2, "Food"), named(3, "Drink")];
        assert_eq!(find(all(), " Drink", "bank").unwrap().unwrap().id, Uuid::from_u128(3));
        assert!(find(all(), "drink", "bank").unwrap().is_none());
        let refused = find(all(), "Food", "bank").err().unwrap().to_string();
        assert!(refused.contains(&Uuid::from_u128(2).to_string()), "{refused}");
        let by_id = Uuid::from_u128(2).to_string();
        assert_eq!(find(all(), &by_id, "bank").unwrap().unwrap().id, Uuid::from_u128(2));
        let near = only(all(), "Drnk", "bank").err().unwrap().to_string();
        assert!(near.contains("Is \"Drink\" the one"), "{near}");
    }
}
