//! What the players answered, each answer with its automatic mark.

use super::command::{Refusal, Target};
use super::event::Credit;
use super::ids::{AnswerId, PlayerId, QuestionId};
use super::marking::{AnswerKey, Distance, KnownAnswers, Marking, Number, Verdict, compared};
use super::quiz::{FrozenQuestion, FrozenQuiz, Key};
use super::score::Judged;
use super::state::{Game, Judgements};
use crate::limits::ANSWER_CHARS_MAX;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A stored answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub id: AnswerId,
    pub question: QuestionId,
    pub player: PlayerId,
    pub text: String,
    /// Which of the player's answers to this question it is, counted from 1.
    pub revision: u32,
    /// When it was taken, in milliseconds since the Unix epoch.
    pub at: i64,
}

/// The latest answer of every player to every question. All answers are stored; the latest counts.
#[derive(Debug)]
pub struct Answers(BTreeMap<QuestionId, AnswersTo>);

/// The answers to one question.
#[derive(Debug)]
struct AnswersTo {
    key: QuestionKey,
    latest: BTreeMap<PlayerId, Marked>,
    /// The answers that are numbers, where the nearest wins: how far they are, what they are grouped by, and whose.
    numbers: BTreeMap<(Distance, String), BTreeSet<PlayerId>>,
}

/// An answer with what the rules say of it on their own.
#[derive(Debug)]
struct Marked {
    answer: Answer,
    /// The form that equal answers share.
    group: String,
    credit: Credit,
    /// The accepted answer that a refused one nearly is.
    suggested: Option<String>,
    /// How far it is from the right number, where the nearest wins and it is one.
    distance: Option<Distance>,
}

#[derive(Debug)]
enum QuestionKey {
    Choice {
        right: Vec<String>,
    },
    /// The nearest to this number wins.
    Nearest {
        right: Number,
        marking: Marking,
    },
    Text {
        key: AnswerKey,
        accepted: Vec<String>,
        marking: Marking,
    },
}

impl Answers {
    /// No answers yet, and what is right in this quiz.
    pub fn new(quiz: &FrozenQuiz) -> Self {
        let questions = || quiz.rounds.iter().flat_map(|round| &round.questions);
        // A question's own answers may be among them: its key passes them over.
        let known = Arc::new(KnownAnswers::new(questions().flat_map(FrozenQuestion::correct_answers)));
        let key = |question: &FrozenQuestion| match &question.key {
            Key::MultipleChoice { .. } => QuestionKey::Choice { right: question.correct_answers() },
            Key::Text { accepted, marking } => match question.right_number() {
                Some(right) => QuestionKey::Nearest { right, marking: *marking },
                None => QuestionKey::Text {
                    key: AnswerKey::sharing(accepted, *marking, Arc::clone(&known)),
                    accepted: accepted.clone(),
                    marking: *marking,
                },
            },
        };
        let empty = |key| AnswersTo { key, latest: BTreeMap::new(), numbers: BTreeMap::new() };
        Self(questions().map(|question| (question.id, empty(key(question)))).collect())
    }

    /// Takes in a stored answer, in any order: an earlier one than is known, and one to a question that the quiz does
    /// not have, are passed over.
    pub fn record(&mut self, answer: Answer) {
        let Some(to) = self.0.get_mut(&answer.question) else { return };
        if to.latest.get(&answer.player).is_some_and(|known| known.answer.revision >= answer.revision) {
            return;
        }
        let marked = to.key.mark(answer);
        let player = marked.answer.player;
        let number = |marked: &Marked| marked.distance.map(|distance| (distance, marked.group.clone()));
        let new = number(&marked);
        let old = to.latest.insert(player, marked).as_ref().and_then(number);
        if let Some(players) = old.and_then(|old| to.numbers.get_mut(&old)) {
            players.remove(&player);
        }
        if let Some(new) = new {
            to.numbers.entry(new).or_default().insert(player);
        }
    }

    /// The answer of a player that counts.
    pub fn of(&self, question: QuestionId, player: PlayerId) -> Option<&Answer> {
        self.marked(question, player).map(|marked| &marked.answer)
    }

    /// The answers to a question that count, by the time at which their players joined.
    pub fn to(&self, question: QuestionId) -> impl Iterator<Item = &Answer> {
        self.0.get(&question).into_iter().flat_map(|to| to.latest.values()).map(|marked| &marked.answer)
    }

    fn marked(&self, question: QuestionId, player: PlayerId) -> Option<&Marked> {
        self.0.get(&question)?.latest.get(&player)
    }

    /// How the answer of a player is marked under these judgements: one about the player goes before one about all
    /// equal answers, and both before the automatic mark. None where there is no answer.
    pub fn judge(
        &self,
        game: &Game,
        question: QuestionId,
        player: PlayerId,
        judgements: &Judgements,
    ) -> Option<Judged<'_>> {
        let marked = self.marked(question, player)?;
        let is_judged =
            judgements.range((question, Target::FIRST)..).next().is_some_and(|((of, _), _)| *of == question);
        let judgement = |target| judgements.get(&(question, target)).copied();
        let by_player = is_judged.then(|| judgement(Target::Player(player))).flatten();
        let by_group = is_judged.then(|| judgement(Target::Group(marked.group.clone()))).flatten();
        let wins = |distance| self.wins(game, question, player, distance, judgements);
        let auto = if marked.distance.is_some_and(wins) { Credit::Full } else { marked.credit };
        Some(Judged {
            credit: by_player.or(by_group).unwrap_or(auto),
            overridden: by_player.is_some() || by_group.is_some(),
            group_credit: by_group.unwrap_or(auto),
            group_by_host: by_group.is_some(),
            group: &marked.group,
            text: &marked.answer.text,
            suggested: marked.suggested.as_deref(),
            distance: marked.distance,
        })
    }

    /// Whether no number that competes is nearer. Whoever had been sent away when the scores came out does not compete, nor
    /// does an answer that the host judged to be wrong.
    fn wins(
        &self,
        game: &Game,
        question: QuestionId,
        player: PlayerId,
        distance: Distance,
        judgements: &Judgements,
    ) -> bool {
        let Some((round, _)) = game.quiz.find(question) else { return false };
        let sent_away = &game.rounds[round].sent_away;
        let is_wrong = |target| judgements.get(&(question, target)) == Some(&Credit::None);
        let competes = |group: &String, player: &PlayerId| {
            let by_player = judgements.get(&(question, Target::Player(*player)));
            !sent_away.contains(player)
                && by_player.map_or_else(|| !is_wrong(Target::Group(group.clone())), |by| *by != Credit::None)
        };
        let numbers = self.0.get(&question).into_iter().flat_map(|to| &to.numbers);
        let mut nearest = numbers.filter(|((_, group), players)| players.iter().any(|player| competes(group, player)));
        !sent_away.contains(&player) && nearest.next().is_some_and(|((least, _), _)| *least == distance)
    }
}

impl QuestionKey {
    fn mark(&self, answer: Answer) -> Marked {
        match self {
            Self::Choice { right } => {
                let credit = if right.contains(&answer.text) { Credit::Full } else { Credit::None };
                Marked { group: answer.text.clone(), answer, credit, suggested: None, distance: None }
            }
            Self::Nearest { right, marking } => {
                let distance = Number::read(&answer.text).map(|number| number.distance(*right));
                let group = compared(&answer.text, marking);
                Marked { group, answer, credit: Credit::None, suggested: None, distance }
            }
            Self::Text { key, accepted, marking } => {
                let (credit, suggested) = match key.judge(&answer.text) {
                    Verdict::Accepted { .. } => (Credit::Full, None),
                    Verdict::Suggested { nearest } => (Credit::None, accepted.get(nearest).cloned()),
                    Verdict::NotAccepted => (Credit::None, None),
                };
                Marked { group: compared(&answer.text, marking), answer, credit, suggested, distance: None }
            }
        }
    }
}

impl FrozenQuestion {
    /// The number that the nearest answers win by. None for every other question.
    pub fn right_number(&self) -> Option<Number> {
        match &self.key {
            Key::Text { accepted, marking } if marking.nearest => accepted.first().and_then(|text| Number::read(text)),
            Key::Text { .. } | Key::MultipleChoice { .. } => None,
        }
    }

    /// Checks what a player sent: one of the options, or a text that is neither empty nor too long.
    ///
    /// # Errors
    /// [`Refusal::BadAnswer`] with the reason. Being wrong is none.
    pub fn check_answer(&self, text: &str) -> Result<String, Refusal> {
        match &self.key {
            Key::MultipleChoice { choices } => {
                let chosen = choices.iter().find(|choice| choice.text == text);
                chosen.map(|choice| choice.text.clone()).ok_or(Refusal::BadAnswer("choose one of the options."))
            }
            Key::Text { .. } => {
                let text = text.trim();
                if text.is_empty() {
                    return Err(Refusal::BadAnswer("it is empty."));
                }
                if text.chars().any(char::is_control) {
                    return Err(Refusal::BadAnswer("it has characters that cannot be seen."));
                }
                if text.chars().count() > ANSWER_CHARS_MAX {
                    return Err(Refusal::BadAnswer("it is longer than 200 characters."));
                }
                Ok(text.to_owned())
            }
        }
    }
}
