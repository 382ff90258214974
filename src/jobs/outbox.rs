//! What happened in games, as jobs: who is told, and who gets results. It is read from the games themselves, so the live
//! path knows nothing of it, and from where it was read last, so a worker that was away misses nothing.

use super::webhook::{Happening, Webhooks};
use super::{Queue, Task};
use crate::game::GameId;
use crate::store::{GameRow, GameStatus, Store, StoreError};
use std::collections::BTreeMap;

/// Games that are read at once.
const GAMES_AT_ONCE: u32 = 200;

/// Commits come out of order by less than this, in milliseconds: what is as young is read again.
const OUT_OF_ORDER_MS: i64 = 30_000;

/// What this process has passed on already. The database knows, too: this only spares asking it.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    seen: BTreeMap<GameId, GameStatus>,
    /// Until when games were read, in milliseconds since the Unix epoch.
    read_to: Option<i64>,
}

impl Outbox {
    /// Asks for a job for everything that happened since it was called last, by any worker.
    pub(super) async fn pass_on(
        &mut self,
        store: &Store,
        queue: &Queue,
        webhooks: Option<&Webhooks>,
        sends_mail: bool,
        now_ms: i64,
    ) -> Result<(), StoreError> {
        if webhooks.is_none() && !sends_mail {
            return Ok(());
        }
        let read_to = match self.read_to {
            Some(read_to) => read_to,
            // What happened before anybody wanted to hear of it is nobody's news.
            None => store.outbox_read_to(now_ms).await?,
        };
        let games = store.games_changed_since(read_to - OUT_OF_ORDER_MS, GAMES_AT_ONCE).await?;
        for game in &games {
            if self.seen.get(&game.id) == Some(&game.status) {
                continue;
            }
            for event in Happening::of(game.status) {
                for endpoint in webhooks.into_iter().flat_map(Webhooks::endpoints) {
                    let once = format!("webhook/{}/{}/{}", endpoint.id, game.id, event.name());
                    queue.add_once(Task::Webhook { endpoint, event: *event, game: game.id }, once).await?;
                }
            }
            if sends_mail && game.status == GameStatus::Completed && store.email(game.owner).await?.is_some() {
                queue.add_once(Task::Results { game: game.id }, format!("results/{}", game.id)).await?;
            }
            self.seen.insert(game.id, game.status);
        }
        let newest = games.iter().map(|game| game.updated_at).max().unwrap_or(read_to).max(read_to);
        if self.read_to != Some(newest) {
            store.set_outbox_read_to(newest).await?;
            self.read_to = Some(newest);
        }
        self.seen.retain(|id, _| games.iter().any(|GameRow { id: still, .. }| still == id));
        Ok(())
    }
}
