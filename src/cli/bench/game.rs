//! What is played: questions whose answers the phones know, so that they can tell when something is wrong.

use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::{Arc, OnceLock};
use tokio_tungstenite::tungstenite::Utf8Bytes;

/// What each question is worth.
pub const POINTS: u32 = 1_000;

const RIGHT: &str = "Lisbon";
const CHOICES: [&str; 4] = ["Porto", RIGHT, "Coimbra", "Braga"];

/// One game of the measurement.
#[derive(Debug)]
pub struct Game {
    pub id: String,
    pub code: String,
    pub questions: Arc<[Question]>,
    /// Each question as it was released, once a phone has checked it: those of the others need be equal only.
    released: Vec<OnceLock<Released>>,
}

/// A question as the host wrote it.
#[derive(Debug)]
pub struct Question {
    pub id: String,
    pub prompt: String,
    is_choice: bool,
}

#[derive(Debug)]
struct Released {
    text: Utf8Bytes,
    seq: u64,
}

/// `question_released`, as far as it is checked.
#[derive(Debug, Deserialize)]
struct ReleasedMessage {
    seq: u64,
    payload: ReleasedPayload,
}

#[derive(Debug, Deserialize)]
struct ReleasedPayload {
    question: ReleasedQuestion,
    your_answer: Option<String>,
}

#[derive(Debug, Deserialize)]
struct ReleasedQuestion {
    id: String,
    prompt: String,
    points: u32,
    choices: Option<Vec<String>>,
}

impl Game {
    /// A game in its lobby.
    pub fn new(id: String, code: String, questions: Arc<[Question]>) -> Self {
        let released = questions.iter().map(|_| OnceLock::new()).collect();
        Self { id, code, questions, released }
    }

    /// Checks a question that reached a phone without an answer, and gives the game's `seq` that came with it.
    ///
    /// # Errors
    /// In words, when it is another one.
    pub fn check_release(&self, place: usize, text: &Utf8Bytes) -> Result<u64, String> {
        let Some(known) = self.released.get(place) else { return Err(format!("there is no question {}", place + 1)) };
        if let Some(released) = known.get()
            && released.text == *text
        {
            return Ok(released.seq);
        }
        let seq = self.check_question(place, text, None)?;
        // Another phone may have been faster.
        let _ = known.set(Released { text: text.clone(), seq });
        Ok(seq)
    }

    /// Checks a question that reached a phone, with the answer that it gave.
    ///
    /// # Errors
    /// In words, when it is another one, or the answer is lost.
    pub fn check_question(&self, place: usize, text: &str, answer: Option<&str>) -> Result<u64, String> {
        let Some(asked) = self.questions.get(place) else { return Err(format!("there is no question {}", place + 1)) };
        let number = place + 1;
        let message: ReleasedMessage =
            serde_json::from_str(text).map_err(|error| format!("question {number} cannot be read: {error}"))?;
        let shown = message.payload.question;
        let choices = asked.is_choice.then(|| CHOICES.map(str::to_owned).to_vec());
        if (&shown.id, &shown.prompt, shown.points) != (&asked.id, &asked.prompt, POINTS) || shown.choices != choices {
            return Err(format!("question {number} is not the one that was asked: {text}"));
        }
        if message.payload.your_answer.as_deref() != answer {
            let found = message.payload.your_answer;
            return Err(format!("the answer to question {number} is {found:?} and should be {answer:?}"));
        }
        Ok(message.seq)
    }

    /// Checks what a player is told of the round.
    ///
    /// # Errors
    /// In words, when an answer is missing, or the points are not those of the answers.
    pub fn check_scores(&self, text: &str, player: usize, has_answered: bool) -> Result<(), String> {
        let message: Value = serde_json::from_str(text).map_err(|error| format!("scores cannot be read: {error}"))?;
        let payload = &message["payload"];
        let mut points = 0;
        for (place, question) in self.questions.iter().enumerate() {
            let answer = has_answered.then(|| question.answer_of(player, place));
            let shown = &payload["questions"][place];
            if shown["question_id"] != question.id || shown["your_answer"].as_str() != answer {
                return Err(format!("the scores show another answer to question {} than {answer:?}", place + 1));
            }
            points += if answer == Some(RIGHT) { POINTS } else { 0 };
        }
        match payload["round_score"].as_f64() {
            Some(score) if (score - f64::from(points)).abs() < 0.001 => Ok(()),
            score => Err(format!("the score is {score:?} and should be {points}")),
        }
    }
}

impl Question {
    /// What a host writes into the bank: options and texts in turn.
    pub fn draft(place: usize) -> Value {
        let prompt = prompt(place);
        if place.is_multiple_of(2) {
            let choices = CHOICES.map(|text| json!({ "text": text, "correct": text == RIGHT }));
            json!({ "type": "multiple_choice", "prompt": prompt, "points": POINTS, "choices": choices })
        } else {
            json!({ "type": "text", "prompt": prompt, "points": POINTS, "accepted_answers": [RIGHT] })
        }
    }

    /// The question that was written at this place.
    pub fn written(place: usize, id: String) -> Self {
        Self { id, prompt: prompt(place), is_choice: place.is_multiple_of(2) }
    }

    /// What a player answers: half of them are right.
    pub fn answer_of(&self, player: usize, place: usize) -> &'static str {
        match ((player + place).is_multiple_of(2), self.is_choice) {
            (true, _) => RIGHT,
            (false, true) => CHOICES[0],
            (false, false) => WRONG[player % WRONG.len()],
        }
    }
}

/// Written answers that are wrong.
const WRONG: [&str; 8] = ["Madrid", "Setúbal", "Évora", "Faro", "Rio de Janeiro", "no idea", "Coimbra?", "Sintra"];

fn prompt(place: usize) -> String {
    format!("Question {} of a measurement: which city is the capital of Portugal?", place + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn game() -> Game {
        let questions = (0..2).map(|place| Question::written(place, format!("id{place}"))).collect();
        Game::new("game".to_owned(), "ABC234".to_owned(), questions)
    }

    fn released(place: usize, your_answer: Option<&str>) -> String {
        let draft = Question::draft(place);
        let mut question = json!({ "id": format!("id{place}"), "prompt": draft["prompt"], "points": POINTS });
        if place == 0 {
            question["choices"] = json!(CHOICES);
        }
        json!({ "type": "question_released", "payload": { "question": question, "your_answer": your_answer }, "seq": 7 })
            .to_string()
    }

    #[test]
    fn a_question_is_checked_and_then_compared() {
        let game = game();
        let text = Utf8Bytes::from(released(0, None));
        assert_eq!(game.check_release(0, &text), Ok(7));
        assert_eq!(game.check_release(0, &text), Ok(7));
        assert!(game.check_release(1, &text).is_err(), "another question");
        assert!(game.check_release(2, &text).is_err());
        assert!(game.check_release(0, &Utf8Bytes::from(released(0, Some(RIGHT)))).is_err());
        assert!(game.check_release(0, &Utf8Bytes::from_static("{}")).is_err());
    }

    #[test]
    fn a_lost_answer_is_noticed() {
        let game = game();
        assert_eq!(game.check_question(1, &released(1, Some(RIGHT)), Some(RIGHT)), Ok(7));
        assert!(game.check_question(1, &released(1, None), Some(RIGHT)).unwrap_err().contains("Lisbon"));
    }

    #[test]
    fn scores_are_those_of_the_answers() {
        let game = game();
        let scores = |answers: [Option<&str>; 2], score: u32| {
            let question = |(place, answer)| json!({ "question_id": format!("id{place}"), "your_answer": answer });
            let questions: Vec<_> = answers.into_iter().enumerate().map(question).collect();
            json!({ "payload": { "questions": questions, "round_score": score } }).to_string()
        };
        let own: Vec<_> = game.questions.iter().enumerate().map(|(place, one)| one.answer_of(2, place)).collect();
        assert_eq!(own, [RIGHT, "Évora"]);
        assert_eq!(game.check_scores(&scores([Some(own[0]), Some(own[1])], 1_000), 2, true), Ok(()));
        assert!(game.check_scores(&scores([Some(own[0]), Some(own[1])], 2_000), 2, true).is_err());
        assert!(game.check_scores(&scores([Some(own[0]), None], 1_000), 2, true).is_err());
        assert_eq!(game.check_scores(&scores([None, None], 0), 2, false), Ok(()));
    }
}
