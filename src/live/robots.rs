//! The robots of a practice game: players that this process plays itself, on the same paths as phones.

use super::connection::{Audience, Connection, Entry, Message};
use super::{AnswerOutcome, Live, LiveError, Submission};
use crate::game::view::player::{PlayerMessage, RoundScores};
use crate::game::view::{Common, Kind};
use crate::game::{
    Action, AnswerId, FrozenQuestion, FrozenQuiz, GameId, Key, PlayerId, PlayerName, PlayerState, QuestionId,
};
use crate::ids::Ids;
use crate::store::SubmittedAnswer;
use futures_util::future::join_all;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep, sleep_until};

/// What the robots are called, and how many of a hundred questions each gets right.
const CAST: [(&str, u64); 5] =
    [("Robot Ada", 90), ("Robot Bert", 70), ("Robot Cleo", 55), ("Robot Dot", 40), ("Robot Egon", 25)];

/// Of a hundred questions, those that a robot leaves out; and of its right texts, those with a slip of the finger.
const LEFT_OUT: u64 = 6;
const SLIPS: u64 = 20;

/// Of a hundred texts that did not count, those that a robot stands up for.
const DOUBTS: u64 = 10;

/// Texts shorter than this have no slip that would be near enough to tell.
const SLIP_CHARS_MIN: usize = 5;

/// What a robot answers that knows nothing at all.
const NO_IDEA: &str = "no idea";

/// One robot at the table.
struct Robot {
    live: Live,
    game: GameId,
    player: PlayerId,
    name: &'static str,
    skill: u64,
    /// The questions that it thinks about, and when it will have done so.
    thinking: BTreeMap<QuestionId, Instant>,
    /// The questions that it has seen.
    seen: BTreeSet<QuestionId>,
}

/// Plays the robots of a game until its task lets go of them or the process stops.
pub(super) async fn play(live: Live, game: GameId, robots: Vec<PlayerId>) {
    let stop = live.parts().stop.clone();
    let play = |(player, (name, skill)): (PlayerId, (&'static str, u64))| {
        let live = live.clone();
        Robot { live, game, player, name, skill, thinking: BTreeMap::new(), seen: BTreeSet::new() }.play()
    };
    tokio::select! {
        _ = join_all(robots.into_iter().zip(CAST).map(play)) => {}
        () = stop.cancelled() => {}
    }
}

impl Robot {
    async fn play(mut self) {
        sleep(self.moment()).await;
        let mut connection = match self.sit_down().await {
            Ok(Some(connection)) => connection,
            Ok(None) => return,
            Err(error) => {
                tracing::debug!(%error, game = %self.game, robot = self.name, "a robot does not play");
                return;
            }
        };
        loop {
            let due = self.thinking.iter().map(|(question, at)| (*at, *question)).min();
            tokio::select! {
                // Sent away, or the game's task has ended.
                _ = connection.cut.changed() => return,
                message = connection.messages.recv() => match message {
                    Some(message) => self.hear(&message.message, &connection.quiz).await,
                    None => return,
                },
                () = sleep_until(due.map_or_else(Instant::now, |(at, _)| at)), if due.is_some() => {
                    if let Some((_, question)) = due {
                        self.thinking.remove(&question);
                        self.answer(question, &connection).await;
                    }
                }
            }
        }
    }

    /// Joins unless it did before, and connects as a phone does. None for a robot that is not to play.
    async fn sit_down(&self) -> Result<Option<Connection>, LiveError> {
        let player = self.player;
        let state = self.live.read(self.game, move |game, _| game.players.get(&player).map(|player| player.state));
        match state.await? {
            Some(PlayerState::Playing | PlayerState::Left) => {}
            Some(PlayerState::Removed) => return Ok(None),
            None => {
                let Ok(name) = PlayerName::parse(self.name) else { return Ok(None) };
                self.live.act(self.game, Action::Join { player, name }, None).await?;
            }
        }
        let entry = Entry { audience: Audience::Player(player), secret: None, since: 0, brief: true };
        self.live.connect(self.game, entry).await.map(Some)
    }

    async fn hear(&mut self, message: &Message, quiz: &FrozenQuiz) {
        match message {
            Message::Common(common) | Message::Player(PlayerMessage::Common(common)) => self.hear_common(common),
            Message::Player(PlayerMessage::RoundScores(scores)) => self.look_at(scores, quiz).await,
            Message::Host(_) | Message::Player(_) | Message::Screen(_) => {}
        }
    }

    fn hear_common(&mut self, common: &Common) {
        if let Common::QuestionReleased(released) = common {
            let question = released.question.id;
            let is_new = !released.closed && self.seen.insert(question) && released.your_answer.is_none();
            if is_new && self.ids().below(100) >= LEFT_OUT {
                let at = Instant::now() + self.thinks(released.closes_at);
                self.thinking.insert(question, at);
            }
        } else if let Common::QuestionUnreleased(taken) = common {
            self.seen.remove(&taken.question_id);
            self.thinking.remove(&taken.question_id);
        }
    }

    /// Stands up for a text that did not count, now and then.
    async fn look_at(&self, scores: &RoundScores, quiz: &FrozenQuiz) {
        for score in &scores.questions {
            let is_text = quiz.find(score.question_id).is_some_and(|(_, question)| question.kind() == Kind::Text);
            let minds = is_text && !score.correct && !score.challenged && score.your_answer.is_some();
            if minds && self.ids().below(100) < DOUBTS {
                let challenge = Action::Challenge { player: self.player, question: score.question_id };
                // Refused where the host has decided: nothing to be done about it.
                let _ = self.live.act(self.game, challenge, None).await;
            }
        }
    }

    /// Hands in an answer. One that could not be saved is thought about again.
    async fn answer(&mut self, question: QuestionId, connection: &Connection) {
        let Some((_, frozen)) = connection.quiz.find(question) else { return };
        let text = answer_to(frozen, &connection.quiz, self.skill, self.ids());
        let Ok(text) = frozen.check_answer(&text) else { return };
        let (sender, outcome) = oneshot::channel();
        let submission = Submission {
            answer: SubmittedAnswer {
                id: AnswerId(self.ids().uuid()),
                game: self.game,
                question,
                player: self.player,
                // One answer to a question, also where two processes should play the same robot.
                client_id: question.to_string(),
                text,
            },
            from: connection.id,
            since: Instant::now(),
            outcome: sender,
        };
        let outcome = match self.live.submit(submission) {
            Some(()) => outcome.await.unwrap_or(AnswerOutcome::NotSaved),
            None => AnswerOutcome::NotSaved,
        };
        if outcome == AnswerOutcome::NotSaved {
            self.thinking.insert(question, Instant::now() + self.moment());
        }
    }

    /// How long it thinks about a question: as people do, and within its time.
    fn thinks(&self, closes_at: Option<i64>) -> Duration {
        let moment = self.moment();
        let Some(closes_at) = closes_at else { return moment };
        let left = closes_at - self.live.parts().clock.now_ms();
        moment.min(Duration::from_millis(u64::try_from(left).unwrap_or(0)).mul_f32(0.9))
    }

    /// Between an eighth and the whole of the longest time that robots take.
    fn moment(&self) -> Duration {
        let most = u64::try_from(self.live.parts().robots_take.as_millis()).unwrap_or(u64::MAX);
        Duration::from_millis(most / 8 + self.ids().below(most - most / 8 + 1))
    }

    fn ids(&self) -> &Ids {
        &self.live.parts().ids
    }
}

/// A right answer or a wrong one, as likely as the robot is clever.
fn answer_to(question: &FrozenQuestion, quiz: &FrozenQuiz, skill: u64, ids: &Ids) -> String {
    let knows = ids.below(100) < skill;
    match &question.key {
        Key::MultipleChoice { choices } => {
            let fitting: Vec<_> = choices.iter().filter(|choice| choice.correct == knows).collect();
            one_of(&fitting, ids).or(one_of(&choices.iter().collect::<Vec<_>>(), ids)).map(|choice| choice.text.clone())
        }
        Key::Text { accepted, .. } if knows => {
            let right = accepted.first().cloned();
            if ids.below(100) < SLIPS { right.map(|text| slipped(&text, ids)) } else { right }
        }
        Key::Text { .. } => {
            let others = quiz.rounds.iter().flat_map(|round| &round.questions).filter(|other| other.id != question.id);
            let texts: Vec<_> = others
                .filter_map(|other| match &other.key {
                    Key::Text { accepted, .. } => accepted.first(),
                    Key::MultipleChoice { .. } => None,
                })
                .collect();
            one_of(&texts, ids).map(|text| (*text).clone())
        }
    }
    .unwrap_or_else(|| NO_IDEA.to_owned())
}

/// A text without one of its inner letters, so that the host has something to decide.
fn slipped(text: &str, ids: &Ids) -> String {
    let letters: Vec<char> = text.chars().collect();
    if letters.len() < SLIP_CHARS_MIN {
        return text.to_owned();
    }
    let inner = u64::try_from(letters.len() - 2).unwrap_or(1);
    let gone = 1 + usize::try_from(ids.below(inner)).unwrap_or(0);
    letters.iter().enumerate().filter(|(place, _)| *place != gone).map(|(_, letter)| letter).collect()
}

fn one_of<'a, T: ?Sized>(all: &[&'a T], ids: &Ids) -> Option<&'a T> {
    let place = ids.below(u64::try_from(all.len()).unwrap_or(0));
    all.get(usize::try_from(place).unwrap_or(0)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::game::marking::Marking;
    use crate::game::{Choice, FrozenRound};
    use crate::limits::ROBOTS_PER_PRACTICE;
    use uuid::Uuid;

    fn question(n: u128, key: Key) -> FrozenQuestion {
        let (prompt, points) = (format!("Question {n}?"), 1_000);
        FrozenQuestion {
            id: QuestionId(Uuid::from_u128(n)),
            prompt,
            points,
            notes: None,
            time_limit_seconds: None,
            key,
        }
    }

    fn text(n: u128, accepted: &str) -> FrozenQuestion {
        question(n, Key::Text { accepted: vec![accepted.to_owned()], marking: Marking::default() })
    }

    fn quiz(questions: Vec<FrozenQuestion>) -> FrozenQuiz {
        let round = FrozenRound { title: None, time_limit_seconds: None, questions };
        FrozenQuiz { name: "Practice".to_owned(), rounds: vec![round] }
    }

    /// What a hundred robots of this skill answer to the first question.
    fn answers(quiz: &FrozenQuiz, skill: u64) -> Vec<String> {
        let ids = Ids::seeded(Clock::manual(1_000), 7);
        let question = &quiz.rounds[0].questions[0];
        let answers: Vec<_> = (0..100).map(|_| answer_to(question, quiz, skill, &ids)).collect();
        for answer in &answers {
            question.check_answer(answer).unwrap();
        }
        answers
    }

    #[test]
    fn there_is_a_name_for_every_robot() {
        assert_eq!(CAST.len(), ROBOTS_PER_PRACTICE);
        for (name, _) in CAST {
            PlayerName::parse(name).unwrap();
        }
    }

    #[test]
    fn a_robot_chooses_right_or_wrong_as_it_is_clever() {
        let choice = |text: &str, correct| Choice { text: text.to_owned(), correct };
        let choices = vec![choice("Mars", true), choice("Venus", false), choice("Pluto", false)];
        let quiz = quiz(vec![question(1, Key::MultipleChoice { choices })]);
        let right = |skill| answers(&quiz, skill).iter().filter(|answer| *answer == "Mars").count();
        assert_eq!((right(100), right(0)), (100, 0));
        assert!((30..70).contains(&right(50)), "{}", right(50));
        assert!(["Venus", "Pluto"].iter().all(|wrong| answers(&quiz, 0).contains(&(*wrong).to_owned())));
    }

    #[test]
    fn a_robot_types_what_is_right_or_nearly_or_something_else() {
        let quiz = quiz(vec![text(1, "Danube"), text(2, "Lima")]);
        let clever = answers(&quiz, 100);
        assert!(clever.iter().any(|answer| answer == "Danube"));
        let slips: Vec<_> = clever.iter().filter(|answer| *answer != "Danube").collect();
        assert!(!slips.is_empty() && slips.iter().all(|slip| slip.len() == 5 && slip.starts_with('D')), "{slips:?}");
        assert!(answers(&quiz, 0).iter().all(|answer| answer == "Lima"));
    }

    #[test]
    fn a_robot_has_an_answer_to_the_only_question_and_the_shortest() {
        assert!(answers(&quiz(vec![text(1, "Lima")]), 0).iter().all(|answer| answer == NO_IDEA));
        assert!(answers(&quiz(vec![text(1, "42")]), 100).iter().all(|answer| answer == "42"));
    }
}
