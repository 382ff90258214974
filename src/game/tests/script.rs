//! A night as a text: one command a line, in the words of the room.

use crate::game::marking::Marking;
use crate::game::view::player::{self, Part};
use crate::game::view::{self, Common, host, screen};
use crate::game::{
    Action, Answer, AnswerId, Answers, Choice, Command, Credit, Event, FrozenQuestion, FrozenQuiz, FrozenRound, Game,
    GameId, Key, OptionsChange, PlayerId, PlayerName, Points, Present, QuestionId, QuestionState, Refusal, Target,
    What, apply, decide,
};
use std::fmt::Write;
use uuid::Uuid;

/// A game at work, with the database's part of the rules: an answer is taken while its question is open.
pub(super) struct Night {
    pub game: Game,
    pub answers: Answers,
    pub log: Vec<Event>,
    pub now: i64,
    taken: u32,
}

/// Two rounds: `q1` (text, Paris), `q2` (options Mars, Venus), then `q3` (text, 42 points each round 30 s).
pub(super) fn quiz() -> FrozenQuiz {
    let text = |n: u128, prompt: &str, accepted: &[&str]| FrozenQuestion {
        id: question(n),
        prompt: prompt.to_owned(),
        points: 1_000,
        notes: None,
        time_limit_seconds: None,
        key: Key::Text {
            accepted: accepted.iter().map(|answer| (*answer).to_owned()).collect(),
            marking: Marking::default(),
        },
    };
    let option = |text: &str, correct| Choice { text: text.to_owned(), correct };
    let options = FrozenQuestion {
        key: Key::MultipleChoice { choices: vec![option("Mars", true), option("Venus", false)] },
        points: 5,
        ..text(2, "The red planet?", &[])
    };
    let timed = FrozenQuestion { time_limit_seconds: Some(20), ..text(3, "Capital of Iran?", &["Tehran", "Teheran"]) };
    FrozenQuiz {
        name: "Friday".to_owned(),
        rounds: vec![
            FrozenRound {
                title: None,
                time_limit_seconds: None,
                questions: vec![text(1, "Capital of France?", &["Paris"]), options],
            },
            FrozenRound {
                title: Some("Fast".to_owned()),
                time_limit_seconds: Some(30),
                questions: vec![timed, text(4, "Capital of Iraq?", &["Baghdad"])],
            },
        ],
    }
}

pub(super) fn question(n: u128) -> QuestionId {
    QuestionId(Uuid::from_u128(n))
}

pub(super) fn player_id(name: &str) -> PlayerId {
    PlayerId(Uuid::from_u128(name.bytes().fold(0, |id, byte| id << 8 | u128::from(byte))))
}

impl Night {
    pub fn new(quiz: FrozenQuiz) -> Self {
        let what = What::GameCreated {
            game: GameId(Uuid::nil()),
            code: "ABC234".to_owned(),
            quiz,
            teams: false,
            robots: vec![],
        };
        let first = Event { at: 0, what };
        let game = Game::new(&first).unwrap();
        let answers = Answers::new(&game.quiz);
        Self { game, answers, log: vec![first], now: 0, taken: 0 }
    }

    pub fn act(&mut self, action: Action) -> Result<Vec<Event>, Refusal> {
        let events = decide(&self.game, &Command { at: self.now, action })?;
        for event in &events {
            apply(&mut self.game, event);
        }
        self.log.extend(events.clone());
        Ok(events)
    }

    /// As the store does: only while the question is open.
    pub fn answer(&mut self, by: PlayerId, id: QuestionId, text: &str) -> Result<(), Refusal> {
        let (_, question) = self.game.quiz.find(id).ok_or(Refusal::UnknownQuestion)?;
        let text = question.check_answer(text)?;
        let open =
            |(open, closes_at): (QuestionId, Option<i64>)| open == id && closes_at.is_none_or(|at| at > self.now);
        if !self.game.open_questions().into_iter().any(open) {
            return Err(Refusal::QuestionClosed);
        }
        self.taken += 1;
        let id_of_answer = AnswerId(Uuid::from_u128(self.taken.into()));
        let revision = self.taken;
        self.answers.record(Answer { id: id_of_answer, question: id, player: by, text, revision, at: self.now });
        Ok(())
    }

    pub(super) fn line(&mut self, line: &str) -> Result<(), Refusal> {
        let words: Vec<_> = line.split_whitespace().collect();
        let id = |word: &str| question(word.trim_start_matches('q').parse().unwrap());
        let name = |word: &str| PlayerName::parse(word).unwrap();
        let action = match words.as_slice() {
            [who, q, rest @ ..] if who.ends_with(':') => {
                return self.answer(player_id(who.trim_end_matches(':')), id(q), &rest.join(" "));
            }
            ["wait", seconds] => {
                self.now += seconds.parse::<i64>().unwrap() * 1_000;
                return Ok(());
            }
            ["join", who] => Action::Join { player: player_id(who), name: name(who) },
            ["rename", who, new] => Action::RenamePlayer { player: player_id(who), name: name(new) },
            ["leave", who] => Action::Leave { player: player_id(who) },
            ["return", who] => Action::Return { player: player_id(who) },
            ["remove", who] => Action::RemovePlayer { player: player_id(who) },
            ["restore", who] => Action::RestorePlayer { player: player_id(who) },
            ["challenge", who, q] => Action::Challenge { player: player_id(who), question: id(q) },
            ["lock"] => Action::Lock { locked: true },
            ["adjust", who, points, reason @ ..] => Action::AdjustScore {
                player: player_id(who),
                points: Points::from_number(points.parse().unwrap()).unwrap(),
                reason: reason.join(" "),
            },
            ["secret", on] => {
                let secret_board = Some(*on == "on");
                Action::SetOptions(OptionsChange { secret_board, ..OptionsChange::default() })
            }
            ["start"] => Action::StartGame,
            ["advance", seconds] => {
                let auto_advance = Some(seconds.parse().unwrap());
                Action::SetOptions(OptionsChange { auto_advance, ..OptionsChange::default() })
            }
            ["release"] => Action::ReleaseQuestion { question: None },
            ["release", "all"] => Action::ReleaseAll,
            ["due", q] => Action::ReleaseDue { question: id(q) },
            ["release", q] => Action::ReleaseQuestion { question: Some(id(q)) },
            ["unrelease", q] => Action::UnreleaseQuestion { question: id(q) },
            ["close"] => Action::CloseQuestion { question: None },
            ["close", q] => Action::CloseQuestion { question: Some(id(q)) },
            ["time-up", q] => Action::TimeUp { question: id(q) },
            ["pause"] => Action::Pause,
            ["resume"] => Action::Resume,
            ["extend", seconds] => Action::ExtendTime { question: None, seconds: seconds.parse().unwrap() },
            ["extend", q, seconds] => Action::ExtendTime { question: Some(id(q)), seconds: seconds.parse().unwrap() },
            ["end-round"] => Action::EndRound,
            ["reopen"] => Action::ReopenRound,
            ["scores"] => Action::ReleaseScores { reason: None },
            ["scores", reason @ ..] => Action::ReleaseScores { reason: Some(reason.join(" ")) },
            ["next-round"] => Action::StartNextRound,
            ["end-game"] => Action::EndGame,
            ["cancel"] => Action::CancelGame,
            ["show", q] => Action::Present(Present::Answer { question_id: id(q) }),
            ["judge", q, target, credit] => {
                let target = match target.strip_prefix('@') {
                    Some(who) => Target::Player(player_id(who)),
                    None => Target::Group((*target).to_owned()),
                };
                let credit = match *credit {
                    "full" => Some(Credit::Full),
                    "half" => Some(Credit::Half),
                    "none" => Some(Credit::None),
                    "auto" => None,
                    other => panic!("no credit: {other}"),
                };
                Action::Judge { question: id(q), target, credit, remember: None }
            }
            other => panic!("no such line: {other:?}"),
        };
        self.act(action).map(|_| ())
    }

    /// Everything that somebody sees now, for comparing and snapshots.
    pub fn sight(&self, who: &str) -> String {
        match who {
            "screen" => {
                let state = screen::state(&self.game, &self.answers, "http://x/j/ABC234");
                format!("{state:#?}\n{:#?}", screen::replay(&self.game, &self.answers))
            }
            "host" => format!("{:#?}", host::replay(&self.game, &self.answers)),
            who => {
                let told = |part| match part {
                    Part::Own(message) => Some(message),
                    Part::Shared(shared) => shared.message(&self.game, &self.answers),
                };
                let parts = player::replay(&self.game, &self.answers, player_id(who));
                format!("{:#?}", parts.into_iter().filter_map(told).collect::<Vec<_>>())
            }
        }
    }
}

/// Plays a script, and tells what became of it: refusals in the order of their lines, then where the game stands.
pub(super) fn play(script: &str) -> String {
    let mut night = Night::new(quiz());
    let mut told = String::new();
    for line in script.lines().flat_map(|line| line.split(';')).map(str::trim).filter(|line| !line.is_empty()) {
        if let Err(refusal) = night.line(line) {
            writeln!(told, "{line}: {}", refusal.code()).unwrap();
        }
    }
    assert_eq!(Game::replay(&night.log), Some(night.game.clone()), "replaying the log gives the same game");
    writeln!(told, "{}", summary(&night)).unwrap();
    told
}

fn summary(night: &Night) -> String {
    let mut text = format!("{:?} {}/{}", night.game.phase, night.game.round + 1, night.game.rounds.len());
    for (id, state) in &night.game.round_state().questions {
        let state = match state {
            QuestionState::Open { closes_at: None } => "open".to_owned(),
            QuestionState::Open { closes_at: Some(at) } => format!("open until {}", at / 1_000),
            QuestionState::Closed { by } => format!("closed by {by:?}"),
        };
        write!(text, ", q{} {state}", id.0.as_u128()).unwrap();
    }
    let board = view::board(&night.game, &night.answers);
    if let Common::RoundLeaderboard(board) | Common::GameEnded(board) = board {
        for entry in board.entries {
            write!(text, "\n{}. {} {}", entry.rank, entry.display_name, entry.score).unwrap();
        }
    }
    text
}
