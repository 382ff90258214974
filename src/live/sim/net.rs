//! The bus between the replicas: hints are lost, come twice, come late and out of order.

use super::world::{Replica, World};
use crate::bus::{Heard, Hint};
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio::time::sleep;

/// Carries the hints of one replica to the others for as long as it lives.
pub(super) async fn carry(world: Arc<World>, from: Arc<Replica>, mut hints: mpsc::Receiver<Hint>) {
    loop {
        let hint = tokio::select! {
            biased;
            () = from.machine.dead.cancelled() => return,
            hint = hints.recv() => hint,
        };
        let Some(hint) = hint else { return };
        from.machine.awake().await;
        for to in world.replicas() {
            // A bus that all share gives a replica its own hints, too.
            send(&world, &from, &to, hint);
        }
    }
}

fn send(world: &Arc<World>, from: &Arc<Replica>, to: &Arc<Replica>, hint: Hint) {
    let (chance, weather) = (&world.chance, world.chance.weather());
    if chance.percent(weather.hints_lost) || from.machine.is_deaf() || to.machine.is_deaf() {
        return;
    }
    let copies = if chance.percent(weather.hints_twice) { 2 } else { 1 };
    for _ in 0..copies {
        let late = chance.percent(weather.hints_late);
        let wait = if late { chance.ms(5, 3_000) } else { chance.ms(0, 3) };
        let (from, to) = (Arc::clone(from), Arc::clone(to));
        world.tasks.spawn(async move {
            sleep(wait).await;
            to.machine.awake().await;
            to.bus.hear(from.bus.replica_id(), Heard::Hint(hint));
        });
    }
}
