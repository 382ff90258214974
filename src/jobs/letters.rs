//! The mail that we write. What it holds is looked up when it goes out, so that the queue keeps no secrets.

use super::Failure;
use super::mail::{Mailer, Message, Table};
use crate::auth::Auth;
use crate::game::GameId;
use crate::game::view::results;
use crate::live::Live;
use crate::store::{Account, Store};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A letter that is to go out. A stored format: fields are added and never taken away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "letter", rename_all = "snake_case")]
pub enum Letter {
    /// Shows that mail arrives.
    Test { to: String },
    /// A link by which somebody chooses a password, for an account that is new.
    Invitation { account: Uuid },
    /// The same, for somebody who has forgotten theirs.
    Forgotten { account: Uuid },
    /// A job has failed for good.
    JobDied { kind: String, subject: Option<String>, error: String },
    /// The standings of a game, for its host.
    Results { game: GameId },
}

impl Letter {
    /// What it is about, for those who look after this Quibble.
    pub(super) fn about(&self) -> &'static str {
        match self {
            Self::Test { .. } => "A test",
            Self::Invitation { .. } => "An invitation",
            Self::Forgotten { .. } => "A new password",
            Self::JobDied { .. } => "A job that failed",
            Self::Results { .. } => "Results",
        }
    }
}

/// Writes a letter as it stands now.
pub(super) async fn write(
    letter: Letter,
    store: &Store,
    live: &Live,
    auth: &Auth,
    mailer: &Mailer,
    base_url: &str,
) -> Result<Message, Failure> {
    match letter {
        Letter::Test { to } => Ok(test(to, base_url)),
        Letter::Invitation { account } => {
            let (account, to) = addressee(store, account).await?;
            let link = link(auth, &account, base_url).await?;
            let name = &account.username;
            let text = format!(
                "You can run quizzes at {base_url} as {name}.\n\n\
                 Choose your password here, within 30 minutes:\n\n{link}\n\n\
                 The link works once. If it is too late, ask for another one where you sign in.\n"
            );
            Ok(Message { to, subject: "Your account at Quibble".to_owned(), text, table: None })
        }
        Letter::Forgotten { account } => {
            let (account, to) = addressee(store, account).await?;
            let link = link(auth, &account, base_url).await?;
            let name = &account.username;
            let text = format!(
                "Somebody, probably you, wants a new password for {name} at {base_url}.\n\n\
                 Choose it here, within 30 minutes:\n\n{link}\n\n\
                 If it was not you, do nothing: your password stays as it is.\n"
            );
            Ok(Message { to, subject: "A new password for Quibble".to_owned(), text, table: None })
        }
        Letter::JobDied { kind, subject, error } => {
            let to = mailer.alerts_to().ok_or_else(|| Failure::Never("mail.alerts_to is not set.".to_owned()))?;
            let about = subject.map_or(String::new(), |subject| format!(" ({subject})"));
            let text = format!(
                "Quibble at {base_url} has given up on a job: {kind}{about}.\n\n{error}\n\n\
                 When the cause is gone, have it tried again: on the page Jobs, or by `quibble jobs retry`.\n"
            );
            Ok(Message { to, subject: format!("Quibble has given up on a job: {kind}"), text, table: None })
        }
        Letter::Results { game } => of_game(game, store, live, base_url).await,
    }
}

/// A letter that says only that it has come.
pub(super) fn test(to: String, base_url: &str) -> Message {
    let text = format!("Mail from Quibble at {base_url} arrives here.\n");
    Message { to, subject: "Mail from Quibble arrives".to_owned(), text, table: None }
}

async fn of_game(game: GameId, store: &Store, live: &Live, base_url: &str) -> Result<Message, Failure> {
    let row = store.game(game).await?.ok_or_else(Failure::no_such_game)?;
    let (_, to) = addressee(store, row.owner).await?;
    let results = live.read(game, results).await.map_err(|error| Failure::Again(error.to_string()))?;
    let first = results.standings.iter().take(10);
    let lines: Vec<_> = first.map(|line| format!("{:>3}  {}  {}", line.rank, line.display_name, line.score)).collect();
    let players = match results.standings.len() {
        1 => "1 player".to_owned(),
        n => format!("{n} players"),
    };
    let text = format!(
        "{} is over, with {players}.\n\n{}\n\nEverybody is in the table that comes with this, and every question at\n\
         {base_url}/host/games/{}\n",
        row.quiz_name,
        lines.join("\n"),
        game.0
    );
    let table = Table { name: format!("results-{}.csv", row.code), csv: results.csv() };
    Ok(Message { to, subject: format!("Results: {}", row.quiz_name), text, table: Some(table) })
}

/// An account that may act, and its address.
async fn addressee(store: &Store, account: Uuid) -> Result<(Account, String), Failure> {
    let account = store.account(account).await?.filter(|account| account.disabled_at.is_none());
    let account = account.ok_or_else(|| Failure::Never("The account is disabled, or not there.".to_owned()))?;
    let email = store.email(account.id).await?;
    let email = email.ok_or_else(|| Failure::Never("The account has no e-mail address any more.".to_owned()))?;
    Ok((account, email))
}

/// A new link: it stops the one before, so the letter that came last is the one that works.
async fn link(auth: &Auth, account: &Account, base_url: &str) -> Result<String, Failure> {
    let token = auth.new_account_link(account).await?;
    Ok(format!("{base_url}/setup#{}", token.reveal()))
}
