//! What must hold, whatever went wrong.

use super::double::StoredAnswer;
use super::world::{Shown, World};
use crate::game::{
    Action, Answer, AnswerId, Answers, Game, Phase, PlayerId, Points, QuestionId, QuestionState, What, standings,
};
use std::collections::{BTreeMap, BTreeSet};

/// What was said to whom.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    /// The first law that was broken, and how.
    pub broken: Option<String>,
    pub acknowledged: Vec<Acknowledged>,
    /// The messages of players that were told that their question is closed, and where the log ended when
    /// they were sent.
    pub closed: BTreeMap<(PlayerId, String), u64>,
    pub boards: BTreeMap<u64, Vec<(usize, PlayerId, Points)>>,
    pub phones: BTreeMap<PlayerId, Picture>,
    pub hosts: BTreeMap<usize, Picture>,
    pub presses: Vec<Press>,
    /// The places of steps that hosts were told are done.
    pub done: BTreeSet<u64>,
}

/// An answer that a phone was told is saved.
#[derive(Clone, Debug)]
pub(super) struct Acknowledged {
    pub player: PlayerId,
    pub client_id: String,
    pub question: QuestionId,
    pub text: String,
    pub id: AnswerId,
    pub revision: u32,
}

/// A step that a host pressed.
#[derive(Clone, Debug)]
pub(super) struct Press {
    pub action: Action,
    pub told: Told,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    Done(u64),
    Nothing,
    /// Refused the first time, so it did nothing.
    Refused,
    Unsure,
}

/// What a client has been told.
#[derive(Clone, Debug, Default)]
pub(super) struct Picture {
    /// The `seq` that it has seen. None while it is not connected.
    pub seq: Option<u64>,
    /// A phone's: the answer whose fate it does not know.
    pub pending: Option<(QuestionId, String)>,
    pub phase: Option<Phase>,
    /// The released questions of the round, and whether they are open.
    pub shown: Shown,
    /// A host's: what the last state that it was told goes by.
    pub state_seq: u64,
    /// A host's: the answers of each round, counted from 1, as last told.
    pub reviews: BTreeMap<usize, BTreeMap<(QuestionId, PlayerId), String>>,
    /// A phone's: its answers as they were marked, of the round last told.
    pub scores: BTreeMap<QuestionId, Option<String>>,
}

type Law = Result<(), String>;

impl Press {
    /// Checks and keeps what a host was told.
    pub(super) fn check(self, world: &World) {
        if let Told::Done(seq) = self.told
            && let Some(fits) = self.action.what()
        {
            let event = world.rows.of(world.game, |rows| rows.log.iter().find(|(at, _)| *at == seq).cloned()).flatten();
            if !event.as_ref().is_some_and(|(_, event)| fits(&event.what)) {
                world
                    .breach("a step that is done is in the log", format_args!("{:?} at {seq}: {event:?}", self.action));
            }
            if !world.ledger.lock().unwrap().done.insert(seq) {
                world.breach("of two steps one comes first", format_args!("{:?} at {seq}", self.action));
            }
        }
        world.ledger.lock().unwrap().presses.push(self);
    }
}

impl Action {
    /// Whether an event is the last that follows from this action. None where none may follow.
    fn what(&self) -> Option<fn(&What) -> bool> {
        Some(match self {
            Self::StartGame | Self::StartNextRound => |what| matches!(what, What::RoundStarted { .. }),
            Self::ReleaseQuestion { .. } | Self::ReleaseAll => |what| matches!(what, What::QuestionReleased { .. }),
            Self::EndRound => |what| matches!(what, What::RoundEnded { .. }),
            Self::ReleaseScores { .. } => {
                |what| matches!(what, What::ScoresReleased { .. } | What::ScoresCorrected { .. })
            }
            Self::CloseQuestion { .. } => |what| matches!(what, What::QuestionClosed { .. }),
            Self::ReopenRound => |what| matches!(what, What::RoundReopened { .. }),
            Self::UnreleaseQuestion { .. } => |what| matches!(what, What::QuestionUnreleased { .. }),
            Self::ExtendTime { .. } => |what| matches!(what, What::TimeSet { .. }),
            Self::AdjustScore { .. } => {
                |what| matches!(what, What::ScoreAdjusted { .. } | What::ScoresCorrected { .. })
            }
            Self::EndGame => |what| matches!(what, What::GameEnded),
            _ => return None,
        })
    }
}

fn law(holds: bool, law: &str, how: impl FnOnce() -> String) -> Law {
    if holds { Ok(()) } else { Err(format!("{law}: {}", how())) }
}

/// Some seconds after everything has healed: every replica has read the log to its end, and every client was told.
pub(super) async fn everybody_knows(world: &World) -> Law {
    let game = world.told();
    let expected = picture(&game);
    let (phones, hosts) = {
        let ledger = world.ledger.lock().unwrap();
        (ledger.phones.clone(), ledger.hosts.clone())
    };
    for replica in world.replicas() {
        let seen = replica.live.read(world.game, |game, _| game.clone()).await;
        let seen = seen.map_err(|error| format!("a healed replica serves: {}: {error}", replica.machine.name))?;
        law(seen.seq >= game.seq && seen == world.told_to(seen.seq), "every replica tells the log", || {
            format!("{} is at {} of {}", replica.machine.name, seen.seq, game.seq)
        })?;
    }
    let playing = |player: &PlayerId| game.players.get(player).is_some_and(crate::game::Player::is_playing);
    for (player, told) in phones.iter().filter(|(player, _)| playing(player)) {
        law(told.seq.is_some(), "every player is connected", || format!("{player} is not"))?;
        let told = (told.phase.unwrap_or(Phase::Lobby), &told.shown);
        let same = told.0 == expected.0 && (told.1 == &expected.1 || !matches!(told.0, Phase::Question));
        law(same, "every player knows where the game stands", || format!("{player}: {told:?}, not {expected:?}"))?;
    }
    for (host, told) in &hosts {
        law(told.seq.is_some(), "every host is connected", || format!("host {host} is not"))?;
        law(told.state_seq == game.seq, "every host knows where the game stands", || {
            format!("host {host} is at {} of {}", told.state_seq, game.seq)
        })?;
    }
    Ok(())
}

fn picture(game: &Game) -> (Phase, Shown) {
    let is_open = |state: &QuestionState| matches!(state, QuestionState::Open { .. });
    let questions = game.round_state().questions.iter();
    (game.phase, questions.map(|(id, state)| (*id, is_open(state))).collect())
}

/// Whose seat is another phone's by now has been cut.
pub(super) fn nobody_stays_who_was_shut_out(world: &World) -> Law {
    let revoked = |rows: &mut super::double::GameRows| {
        let revoked = rows.seats.iter().filter(|(_, (_, is_revoked))| *is_revoked);
        revoked.map(|(token, _)| token.clone()).collect::<BTreeSet<_>>()
    };
    let revoked = world.rows.of(world.game, revoked).unwrap();
    let stays = world.abandoned(|left| {
        let is_revoked = left.secret.as_ref().is_some_and(|secret| revoked.contains(secret));
        let is_served = !left.replica.machine.is_dead() && left.connection.cut.borrow().is_none();
        (is_revoked && is_served).then(|| left.replica.machine.name.clone())
    });
    let stays: Vec<_> = stays.into_iter().flatten().collect();
    law(stays.is_empty(), "who was shut out is cut", || format!("{stays:?}"))
}

/// All the laws, when the game is over.
pub(super) async fn all(world: &World) -> Law {
    if let Some(broken) = world.ledger.lock().unwrap().broken.take() {
        return Err(broken);
    }
    everybody_knows(world).await?;
    log_is_whole(world)?;
    answers_are_kept(world)?;
    steps_count_once(world)?;
    boards_are_right(world)?;
    what_counts_is_told(world).await
}

fn log_is_whole(world: &World) -> Law {
    let log = world.rows.of(world.game, |rows| rows.log.clone()).unwrap();
    for (expected, (seq, event)) in (1..).zip(&log) {
        law(*seq == expected, "the log has no gap and one event for each seq", || format!("{seq}: {event:?}"))?;
    }
    let mut rounds = BTreeSet::new();
    let mut released = BTreeSet::new();
    let mut ended = 0;
    for (seq, event) in &log {
        let is_new = match &event.what {
            What::RoundStarted { round } => rounds.insert(*round),
            What::QuestionReleased { question, .. } => released.insert(*question),
            What::QuestionUnreleased { question } => released.remove(question),
            What::GameEnded => {
                ended += 1;
                ended == 1
            }
            _ => true,
        };
        law(is_new, "nothing is done twice", || format!("{seq}: {event:?}"))?;
    }
    Ok(())
}

fn answers_are_kept(world: &World) -> Law {
    let (log, stored) = world.rows.of(world.game, |rows| (rows.log.clone(), rows.answers.clone())).unwrap();
    let mut messages = BTreeMap::new();
    let mut revisions = BTreeSet::new();
    for stored in &stored {
        let Answer { player, question, revision, .. } = stored.answer;
        let is_first = messages.insert((player, stored.client_id.clone()), stored).is_none();
        law(is_first, "a message counts once", || format!("{stored:?}"))?;
        let is_first = revisions.insert((player, question, revision));
        law(is_first, "answers have an order", || format!("{stored:?}"))?;
    }
    was_open(&log, &stored)?;
    let ledger = world.ledger.lock().unwrap();
    for known in &ledger.acknowledged {
        let stored = messages.get(&(known.player, known.client_id.clone()));
        let is_same = stored.is_some_and(|StoredAnswer { answer, .. }| {
            (answer.id, answer.question, answer.revision, &answer.text)
                == (known.id, known.question, known.revision, &known.text)
        });
        law(is_same, "what is acknowledged is stored as it was said", || format!("{known:?}, not {stored:?}"))?;
    }
    for (message, seq) in &ledger.closed {
        // A copy that was on its way counts if it comes when the question is open again.
        let came_again = |stored: &StoredAnswer| {
            let since = log.iter().filter(|(at, _)| (seq + 1..=stored.seen_seq).contains(at));
            let mut since = since.map(|(_, event)| &event.what);
            // In a pause no clock runs, also one that had run out and of which nothing was in the log yet.
            since.any(|what| {
                matches!(
                    what,
                    What::Paused | What::QuestionReleased { .. } | What::RoundReopened { .. } | What::TimeSet { .. }
                )
            })
        };
        let stored = messages.get(message).filter(|stored| !came_again(stored));
        law(stored.is_none(), "what was refused does not count", || format!("{stored:?}, refused at {seq}"))?;
    }
    for answer in world.rows.of(world.game, |rows| rows.latest()).unwrap() {
        let last = ledger
            .acknowledged
            .iter()
            .filter(|known| (known.player, known.question) == (answer.player, answer.question));
        let last = last.max_by_key(|known| known.revision).map(|known| known.text.as_str());
        let pending = ledger.phones.get(&answer.player).and_then(|told| told.pending.as_ref());
        let is_pending = pending.is_some_and(|(question, text)| (*question, text) == (answer.question, &answer.text));
        let own = |stored: &&&StoredAnswer| stored.answer.id == answer.id;
        let refused = messages
            .values()
            .find(own)
            .and_then(|stored| ledger.closed.get(&(answer.player, stored.client_id.clone())));
        // A copy that came when the question was open again: see above.
        law(
            is_pending || refused.is_some() || last == Some(answer.text.as_str()),
            "the last acknowledged answer counts",
            || format!("{answer:?}, not {last:?}"),
        )?;
    }
    Ok(())
}

/// Whatever is stored, its question was open where its statement saw the log.
fn was_open(log: &[(u64, crate::game::Event)], stored: &[StoredAnswer]) -> Law {
    let mut by_seq: BTreeMap<u64, Vec<&StoredAnswer>> = BTreeMap::new();
    for answer in stored {
        by_seq.entry(answer.seen_seq).or_default().push(answer);
    }
    let mut game = Game::new(&log[0].1).unwrap();
    for (_, event) in &log[1..] {
        check_open(&game, &by_seq)?;
        crate::game::apply(&mut game, event);
    }
    check_open(&game, &by_seq)
}

fn check_open(game: &Game, by_seq: &BTreeMap<u64, Vec<&StoredAnswer>>) -> Law {
    let open: BTreeMap<_, _> = game.open_questions().into_iter().collect();
    for StoredAnswer { answer, .. } in by_seq.get(&game.seq).into_iter().flatten() {
        let closes_at = open.get(&answer.question);
        let was_open = closes_at.is_some_and(|at| at.is_none_or(|at| at > answer.at));
        law(was_open, "an answer counts while its question is open", || format!("{answer:?} at {}", game.seq))?;
    }
    Ok(())
}

fn steps_count_once(world: &World) -> Law {
    let log = world.rows.of(world.game, |rows| rows.log.clone()).unwrap();
    let count = |said: &str| {
        let same = |what: &What| matches!(what, What::ScoreAdjusted { reason, .. } if reason == said);
        log.iter().filter(|(_, event)| same(&event.what)).count()
    };
    for press in &world.ledger.lock().unwrap().presses {
        let Action::AdjustScore { reason, .. } = &press.action else { continue };
        let times = count(reason);
        let as_told = match press.told {
            Told::Done(_) => times == 1,
            Told::Refused | Told::Nothing => times == 0,
            Told::Unsure => times <= 1,
        };
        law(as_told, "a step counts once", || format!("{press:?}: {times} times"))?;
    }
    Ok(())
}

/// Every board that anybody saw is the one of the log and the answers.
fn boards_are_right(world: &World) -> Law {
    let answers = all_answers(world);
    let boards = world.ledger.lock().unwrap().boards.clone();
    for (seq, told) in boards {
        let game = world.told_to(seq);
        let right = standings(&game, &answers, game.rounds.len());
        let right: Vec<_> = right.iter().map(|standing| (standing.rank, standing.player, standing.score)).collect();
        law(told == right, "a board shows what was answered", || format!("at {seq}: {told:?}, not {right:?}"))?;
    }
    Ok(())
}

fn all_answers(world: &World) -> Answers {
    let mut answers = Answers::new(&world.told().quiz);
    world.rows.of(world.game, |rows| rows.latest()).unwrap().into_iter().for_each(|answer| answers.record(answer));
    answers
}

/// What is stored is what every replica counts, every host judges and every player is told.
async fn what_counts_is_told(world: &World) -> Law {
    let game = world.told();
    let latest = world.rows.of(world.game, |rows| rows.latest()).unwrap();
    let stored: BTreeMap<_, _> =
        latest.iter().map(|answer| ((answer.question, answer.player), answer.text.clone())).collect();
    for replica in world.replicas() {
        let asked = latest.clone();
        let counted = replica.live.read(world.game, move |_, answers| {
            let missing = asked.into_iter().find(|answer| answers.of(answer.question, answer.player) != Some(answer));
            missing.map(|missing| format!("{missing:?}"))
        });
        let missing = counted.await.map_err(|error| format!("a healed replica serves: {error}"))?;
        law(missing.is_none(), "every replica counts what is stored", || {
            format!("{} misses {missing:?}", replica.machine.name)
        })?;
    }
    let ledger = world.ledger.lock().unwrap();
    let listed: BTreeSet<_> = game.listed_players().map(|(player, _)| player).collect();
    for (round, state) in (1..).zip(&game.rounds).filter(|(_, state)| state.released.is_some()) {
        let to_judge = |(question, player): &(QuestionId, PlayerId)| {
            state.questions.contains_key(question) && listed.contains(player)
        };
        let expected: BTreeMap<_, _> = stored.clone().into_iter().filter(|(about, _)| to_judge(about)).collect();
        for (host, told) in &ledger.hosts {
            let told = told.reviews.get(&round).cloned().unwrap_or_default();
            law(told == expected, "every host judges what is stored", || {
                format!("host {host}, round {round}: {told:?}, not {expected:?}")
            })?;
        }
    }
    for (player, told) in &ledger.phones {
        for (question, text) in told.scores.iter().filter(|_| listed.contains(player)) {
            let counts = stored.get(&(*question, *player));
            law(counts == text.as_ref(), "every player is told what counts", || {
                format!("{player}: {text:?}, not {counts:?}")
            })?;
        }
    }
    Ok(())
}
