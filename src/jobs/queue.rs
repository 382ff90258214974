//! Asking for work.

use super::Task;
use crate::clock::Clock;
use crate::ids::Ids;
use crate::store::{NewJob, Store, StoreError};
use std::sync::Arc;
use tokio::sync::Notify;
use uuid::Uuid;

/// Where jobs are asked for. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Queue {
    store: Store,
    clock: Clock,
    ids: Ids,
    /// The workers of this process need not wait for their next look.
    bell: Arc<Notify>,
}

impl Queue {
    pub fn new(store: Store, clock: Clock, ids: Ids) -> Self {
        Self { store, clock, ids, bell: Arc::default() }
    }

    /// Asks for a job, to be begun at once. Its id.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn add(&self, task: Task) -> Result<Uuid, StoreError> {
        let new = self.job(&task, None);
        self.store.enqueue(&new, self.clock.now_ms()).await?;
        self.ring();
        Ok(new.id)
    }

    /// Asks for what is done once under this name. Whoever asked for it before did.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn add_once(&self, task: Task, once: String) -> Result<(), StoreError> {
        let new = self.job(&task, Some(once));
        if self.store.enqueue(&new, self.clock.now_ms()).await? {
            self.ring();
        }
        Ok(())
    }

    /// Asks for a job of an account's, to be begun at an instant. Its id.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn add_for(&self, account: Uuid, task: Task, run_at: i64) -> Result<Uuid, StoreError> {
        let new = NewJob { account: Some(account), run_at, ..self.job(&task, None) };
        self.store.enqueue(&new, self.clock.now_ms()).await?;
        self.ring();
        Ok(new.id)
    }

    /// Has the workers of this process look.
    pub fn ring(&self) {
        self.bell.notify_waiters();
    }

    /// Ends when something is asked for from now on.
    pub(super) fn heard(&self) -> impl Future<Output = ()> + use<> {
        let mut heard = Box::pin(Arc::clone(&self.bell).notified_owned());
        // From here on, and not only when it is waited for.
        heard.as_mut().enable();
        heard
    }

    fn job(&self, task: &Task, once: Option<String>) -> NewJob {
        NewJob {
            id: self.ids.uuid(),
            kind: task.kind(),
            payload: task.payload(),
            subject: task.subject(),
            account: None,
            once,
            attempts_max: task.pace().attempts,
            run_at: self.clock.now_ms(),
        }
    }
}
