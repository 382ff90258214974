//! What a game plays, frozen from authored material, and the game that plays it.

use super::{NewGame, QuizRound, Store, StoreError, StoredQuestion};
use crate::clock::Clock;
use crate::game::{
    Choice, Event, FrozenQuestion, FrozenQuiz, FrozenRound, Game, GameId, Key, PlayerId, QuestionId, What, marking,
};
use crate::ids::Ids;
use crate::limits::{ROUND_SIZE_DEFAULT, ROUNDS_PER_QUIZ_MAX};
use crate::quiz;
use std::collections::BTreeSet;
use uuid::Uuid;

/// A game to be made.
#[derive(Clone, Debug)]
pub struct Launch {
    pub id: GameId,
    pub owner: Uuid,
    pub quiz: Option<Uuid>,
    pub bank: Option<Uuid>,
    pub round_size: usize,
    /// Whether several phones may share a player's seat.
    pub teams: bool,
    /// Those who play along in a game for practice.
    pub robots: Vec<PlayerId>,
}

/// Why there is nothing to play, for people.
#[derive(Debug, thiserror::Error)]
pub enum LaunchError {
    #[error("The quiz is not there any more.")]
    Gone,
    #[error("There are no questions to play yet.")]
    Nothing,
    #[error("Round {0} has no questions. Add some, or delete the round.")]
    EmptyRound(usize),
    #[error("This question comes twice: {0}")]
    Twice(String),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Launch {
    /// A game of an account's.
    pub fn new(id: GameId, owner: Uuid) -> Self {
        let (quiz, bank, robots) = (None, None, Vec::new());
        Self { id, owner, quiz, bank, round_size: ROUND_SIZE_DEFAULT, teams: false, robots }
    }
}

impl Store {
    /// Makes a game with a join code that no other running one has.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn launch(&self, launch: &Launch, quiz: &FrozenQuiz, clock: &Clock, ids: &Ids) -> Result<(), StoreError> {
        loop {
            let (quiz, robots) = (quiz.clone(), launch.robots.clone());
            let what = What::GameCreated { game: launch.id, code: ids.code(), quiz, teams: launch.teams, robots };
            let first = Event { at: clock.now_ms(), what };
            let unmade = || StoreError::Unreadable("a game does not begin with its first event".to_owned());
            let game = Game::new(&first).ok_or_else(unmade)?;
            let Launch { owner, quiz, bank, round_size, .. } = *launch;
            match self.create_game(&NewGame { owner, quiz, bank, round_size, first: &first, game: &game }).await {
                // Another running game has this code: one in 900 million, for each of them. Or this one is there.
                Err(StoreError::Exists) if self.game(launch.id).await?.is_none() => {}
                made => return made,
            }
        }
    }

    /// A quiz as a game plays it.
    ///
    /// # Errors
    /// When it cannot be played.
    pub async fn quiz_to_play(&self, owner: Uuid, quiz: Uuid) -> Result<FrozenQuiz, LaunchError> {
        let (quiz, rounds) = self.quiz_content(owner, quiz).await?.ok_or(LaunchError::Gone)?;
        let round = |(round, questions): (QuizRound, Vec<StoredQuestion>)| FrozenRound {
            title: round.title,
            time_limit_seconds: round.time_limit_seconds,
            questions: questions.into_iter().map(frozen).collect(),
        };
        playable(FrozenQuiz { name: quiz.name, rounds: rounds.into_iter().map(round).collect() })
    }

    /// The questions of a bank as a game plays them, in rounds of `round_size`, which is 1 or more.
    ///
    /// # Errors
    /// When they cannot be played.
    pub async fn bank_to_play(&self, owner: Uuid, bank: Uuid, round_size: usize) -> Result<FrozenQuiz, LaunchError> {
        let bank = self.bank(owner, bank).await?.ok_or(LaunchError::Gone)?;
        let questions = self.all_questions(owner, bank.id).await?;
        let questions: Vec<_> = questions.into_iter().take(round_size * ROUNDS_PER_QUIZ_MAX).map(frozen).collect();
        let round = |questions: &[FrozenQuestion]| FrozenRound {
            title: None,
            time_limit_seconds: None,
            questions: questions.to_vec(),
        };
        playable(FrozenQuiz { name: bank.name, rounds: questions.chunks(round_size).map(round).collect() })
    }
}

/// A quiz can be played when it has rounds, no round is empty, and no question comes twice.
fn playable(quiz: FrozenQuiz) -> Result<FrozenQuiz, LaunchError> {
    if quiz.rounds.is_empty() {
        return Err(LaunchError::Nothing);
    }
    if let Some(empty) = quiz.rounds.iter().position(|round| round.questions.is_empty()) {
        return Err(LaunchError::EmptyRound(empty + 1));
    }
    let mut seen = BTreeSet::new();
    let mut questions = quiz.rounds.iter().flat_map(|round| &round.questions);
    match questions.find(|question| !seen.insert(question.id)) {
        Some(again) => Err(LaunchError::Twice(again.prompt.clone())),
        None => Ok(quiz),
    }
}

fn frozen(question: StoredQuestion) -> FrozenQuestion {
    let draft = question.draft;
    let key = match draft.answer {
        quiz::question::Answer::MultipleChoice { choices } => {
            let choice = |choice: quiz::question::Choice| Choice { text: choice.text, correct: choice.correct };
            Key::MultipleChoice { choices: choices.into_iter().map(choice).collect() }
        }
        quiz::question::Answer::Text { accepted, marking } => Key::Text { accepted, marking: rules(marking) },
    };
    FrozenQuestion {
        id: QuestionId(question.id),
        prompt: draft.prompt,
        points: draft.points,
        notes: draft.notes,
        time_limit_seconds: draft.time_limit_seconds,
        key,
    }
}

/// The rules' own form of what an author chose.
pub fn rules(marking: quiz::question::Marking) -> marking::Marking {
    marking::Marking {
        case: marking.case,
        accents: marking.accents,
        punctuation: marking.punctuation,
        articles: marking.articles,
        spaces: marking.spaces,
        number_words: marking.number_words,
        nearest: marking.nearest,
    }
}
