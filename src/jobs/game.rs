//! Games that were planned: their lobby opens when their time has come.

use super::Failure;
use super::task::ScheduledGame;
use crate::clock::Clock;
use crate::game::GameId;
use crate::ids::Ids;
use crate::store::launch::{Launch, LaunchError};
use crate::store::{Job, Store};

/// Makes the game of a job. It has the id of the job, so that there is one however often this is begun.
pub(super) async fn launch(
    store: &Store,
    clock: &Clock,
    ids: &Ids,
    job: &Job,
    wanted: ScheduledGame,
) -> Result<(), Failure> {
    let owner = job.account.ok_or_else(|| Failure::Never("It has no host.".to_owned()))?;
    let id = GameId(job.id);
    if store.game(id).await?.is_some() {
        return Ok(());
    }
    let lasting = |error| match error {
        LaunchError::Store(error) => Failure::from(error),
        error => Failure::Never(error.to_string()),
    };
    let quiz = store.quiz_to_play(owner, wanted.quiz).await.map_err(lasting)?;
    let launch = Launch { quiz: Some(wanted.quiz), teams: wanted.teams, ..Launch::new(id, owner) };
    Ok(store.launch(&launch, &quiz, clock, ids).await?)
}
