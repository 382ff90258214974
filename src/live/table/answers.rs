//! Answers that are on disk, as the game counts them.

use super::{StoredAnswers, Table};
use crate::game::Answer;
use crate::game::view::player::{self, PlayerMessage};
use crate::live::connection::{Message, Outbound};
use crate::live::{ConnectionId, in_time};
use crate::store::StoreError;

/// The id of no connection.
pub(super) const NOBODY: ConnectionId = ConnectionId(0);

impl Table {
    pub(super) fn answered(&mut self, answers: StoredAnswers) {
        for (answer, from) in answers {
            // A re-read of the answers may have been first; the other phones are to be told all the same.
            let known = self.answers.of(answer.question, answer.player).map(|known| known.revision);
            if known.is_some_and(|revision| revision > answer.revision) {
                continue;
            }
            let mut others = self.connections.of(answer.player).filter(|(id, _)| *id != from).peekable();
            if others.peek().is_some() {
                let accepted = PlayerMessage::AnswerAccepted(player::AnswerAccepted {
                    question_id: answer.question,
                    answer_id: answer.id,
                    answer: answer.text.clone(),
                });
                let accepted = Outbound::new(Message::Player(accepted), self.game.seq);
                others.for_each(|(_, outbox)| outbox.send(&accepted));
            }
            if self.presence.answer(&answer) {
                self.uncounted.insert(answer.question);
            }
            self.answers.record(answer);
        }
        self.shared.has_new_answers();
        if !self.uncounted.is_empty() {
            self.host_state.mark();
        }
        if self.game.round_state().ended {
            self.unreviewed.insert(self.game.round);
            self.review.mark();
        }
        self.flush();
    }

    /// Takes in answers that did not fit into the queue.
    pub(super) async fn catch_up_with_answers(&mut self) {
        let stored = in_time(self.live.parts().store.answers(self.game.id)).await;
        self.is_behind = stored.is_err();
        match stored {
            Ok(answers) => self.take_in(answers),
            Err(error) => tracing::error!(%error, game = %self.game.id, "the answers cannot be read"),
        }
    }

    /// Takes in every answer that is on disk.
    pub(super) async fn read_answers(&mut self) -> Result<(), StoreError> {
        let answers = in_time(self.live.parts().store.answers(self.game.id)).await?;
        self.count_answers(answers);
        Ok(())
    }

    /// Takes in every answer to the current round.
    pub(super) async fn read_answers_of_round(&mut self) -> Result<(), StoreError> {
        let questions: Vec<_> = self.game.frozen_round().questions.iter().map(|question| question.id).collect();
        let (answers, is_whole) = in_time(self.live.parts().store.answers_to(self.game.id, &questions)).await?;
        self.has_whole_round = is_whole;
        self.count_answers(answers);
        Ok(())
    }

    fn count_answers(&mut self, answers: Vec<Answer>) {
        for answer in answers {
            self.answers.record(answer);
        }
        self.shared.has_new_answers();
        for question in &self.game.frozen_round().questions {
            for answer in self.answers.to(question.id) {
                self.presence.answer(answer);
            }
        }
    }
}
