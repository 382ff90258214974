//! What goes over a socket: the envelope, and the messages of clients.

use crate::game::view::player::AnswerAccepted;
use crate::game::{Action, AnswerId, ClaimId, Credit, OptionsChange, PlayerId, Present, QuestionId};
use crate::limits::BREAK_MINUTES_MAX;
use crate::live::Message;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A message of a client: `{type, payload, id?}`.
#[derive(Debug)]
pub struct Received {
    /// The client's own id of the message, echoed in what answers it. A string or a number.
    pub id: Option<Value>,
    pub message: Result<ClientMessage, String>,
}

/// What clients say. Fields are also taken in camelCase.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "type", content = "payload", rename_all = "snake_case")]
pub enum ClientMessage {
    // Anybody.
    Hello(Hello),
    Ping(Empty),
    // Hosts.
    AdjustScore(AdjustScore),
    CloseQuestion(MaybeQuestion),
    DecideClaim(DecideClaim),
    EndGame(Step),
    EndRound(Step),
    ExtendTime(ExtendTime),
    HideName(OnePlayer),
    Lock(Lock),
    OverrideAnswer(OverrideAnswer),
    Pause(Step),
    Present(PresentStep),
    ReleaseQuestion(ReleaseQuestion),
    ReleaseScores(ReleaseScores),
    RemovePlayer(OnePlayer),
    RenamePlayer(RenamePlayer),
    ReopenRound(Step),
    RestorePlayer(OnePlayer),
    Resume(Step),
    SetOptions(SetOptions),
    SetTeams(SetTeams),
    ShowName(OnePlayer),
    StartGame(Step),
    StartNextRound(Step),
    UndoAdjustment(UndoAdjustment),
    UnreleaseQuestion(OneQuestion),
    // Players.
    Challenge(OneQuestion),
    Leave(Empty),
    Rename(Rename),
    ShowBoard(Empty),
    SubmitAnswer(SubmitAnswer),
}

/// Who is there. With nothing, the browser's session.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
#[serde(default)]
pub struct Hello {
    pub session: Option<String>,
    pub token: Option<String>,
    pub screen: Option<String>,
    #[cfg_attr(test, ts(optional, type = "number"))]
    pub since: Option<u64>,
    /// A phone wants long rosters and boards in short: the first names, the top, and its own neighbourhood.
    #[cfg_attr(test, ts(as = "Option<bool>", optional))]
    pub brief: bool,
}

impl Hello {
    /// Whether it shows a credential.
    pub fn names_somebody(&self) -> bool {
        self.session.is_some() || self.token.is_some() || self.screen.is_some()
    }
}

#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Empty {}

/// A step of the host. With `expected_seq`, only if the game stands there.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
pub struct Step {
    #[serde(default, alias = "expectedSeq")]
    #[cfg_attr(test, ts(optional, type = "number"))]
    pub expected_seq: Option<u64>,
}

macro_rules! steps {
    ($($(#[$doc:meta])* $name:ident { $($(#[$attr:meta])* $field:ident: $kind:ty),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Deserialize)]
        #[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
        pub struct $name {
            #[serde(default, alias = "expectedSeq")]
            #[cfg_attr(test, ts(optional, type = "number"))]
            pub expected_seq: Option<u64>,
            $($(#[$attr])* pub $field: $kind,)*
        }
    )*};
}

steps! {
    /// One question, every one of the round that is still to come, or else the next.
    ReleaseQuestion {
        #[serde(default, alias = "questionId")] question_id: Option<QuestionId>,
        #[serde(default)] #[cfg_attr(test, ts(as = "Option<bool>", optional))] all: bool,
    }
    /// About one question, or about every one.
    MaybeQuestion { #[serde(default, alias = "questionId")] question_id: Option<QuestionId> }
    OneQuestion { #[serde(alias = "questionId")] question_id: QuestionId }
    OnePlayer { #[serde(alias = "playerId")] player_id: PlayerId }
    RenamePlayer {
        #[serde(alias = "playerId")] player_id: PlayerId,
        #[serde(alias = "displayName")] display_name: String,
    }
    Lock { locked: bool }
    SetTeams { allowed: bool }
    /// The options that are given are changed.
    SetOptions {
        #[serde(default, alias = "joinStrip")] join_strip: Option<bool>,
        #[serde(default)] calm: Option<bool>,
        #[serde(default, alias = "secretBoard")] secret_board: Option<bool>,
        #[serde(default, alias = "lockIn")] lock_in: Option<bool>,
        #[serde(default, alias = "releaseAll")] release_all: Option<bool>,
        #[serde(default, alias = "autoAdvance")] auto_advance: Option<u32>,
        #[serde(default)] sound: Option<u32>,
        #[serde(default)] text: Option<u32>,
    }
    ExtendTime { seconds: u32, #[serde(default, alias = "questionId")] question_id: Option<QuestionId> }
    ReleaseScores { #[serde(default)] reason: Option<String> }
    /// Points for a player, whole or half ones; below zero they are taken.
    AdjustScore {
        #[serde(alias = "playerId")] player_id: PlayerId,
        points: f64,
        reason: String,
    }
    /// Takes an adjustment back, by its id in `host_state`.
    UndoAdjustment { adjustment: u64, #[serde(default)] reason: Option<String> }
    /// What the big screen shows: `auto`, `blank`, `join`, `board` (perhaps from the last to the first), `answer` with a
    /// question, or `break` with the minutes until the night goes on.
    PresentStep {
        view: String,
        #[serde(default, alias = "questionId")] question_id: Option<QuestionId>,
        #[serde(default)] minutes: Option<u32>,
        #[serde(default, alias = "fromLast")]
        #[cfg_attr(test, ts(as = "Option<bool>", optional))]
        from_last: bool,
    }
    /// A judgement of one player's answer or of all equal answers. `credit` goes before `correct`.
    OverrideAnswer {
        #[serde(alias = "questionId")] question_id: QuestionId,
        #[serde(default, alias = "playerId")] player_id: Option<PlayerId>,
        #[serde(default, alias = "answerGroup")] answer_group: Option<String>,
        #[serde(default)] correct: Option<bool>,
        #[serde(default)] credit: Option<CreditChoice>,
        /// Also an accepted answer of the bank's question from now on.
        #[serde(default)] remember: Option<bool>,
    }
}

/// A credit, or `auto` for the mark without the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum CreditChoice {
    Auto,
    Full,
    Half,
    None,
}

#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SubmitAnswer {
    #[serde(alias = "questionId")]
    pub question_id: QuestionId,
    pub answer: String,
}

#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Rename {
    #[serde(alias = "displayName")]
    pub display_name: String,
}

#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct DecideClaim {
    #[serde(alias = "claimId")]
    pub claim_id: ClaimId,
    pub approve: bool,
}

/// Messages to one connection, in answer to what it said or about the connection itself.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "type", content = "payload", rename_all = "snake_case")]
pub enum Direct {
    AnswerAccepted(AnswerAccepted),
    Done {},
    Pong(Pong),
    Reconnect(Reconnect),
    Refused(Refused),
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Pong {
    #[cfg_attr(test, ts(type = "number"))]
    pub server_time: i64,
}

/// Open a new socket after this time, and keep this one until it is open.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Reconnect {
    #[cfg_attr(test, ts(type = "number"))]
    pub after_ms: u64,
}

/// What was asked did not happen.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Refused {
    pub code: &'static str,
    pub message: String,
}

/// A message with what stands around it.
#[derive(Serialize)]
struct Envelope<'a, T> {
    #[serde(flatten)]
    message: T,
    #[serde(skip_serializing_if = "Option::is_none")]
    seq: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a Value>,
}

/// A message that goes to many.
pub fn encode(message: &Message, seq: u64) -> Bytes {
    let seq = Some(seq);
    match message {
        Message::Common(message) => bytes(&Envelope { message, seq, id: None }),
        Message::Host(message) => bytes(&Envelope { message, seq, id: None }),
        Message::Player(message) => bytes(&Envelope { message, seq, id: None }),
        Message::Screen(message) => bytes(&Envelope { message, seq, id: None }),
    }
}

/// A message to one connection.
pub fn encode_direct(message: &Direct, id: Option<&Value>) -> Bytes {
    bytes(&Envelope { message, seq: None, id })
}

/// The word that a step is done, with the game's `seq` after it.
pub fn encode_done(seq: Option<u64>, id: Option<&Value>) -> Bytes {
    bytes(&Envelope { message: &Direct::Done {}, seq, id })
}

/// Reads a client's message. Its id is found even where the rest cannot be read.
///
/// # Errors
/// In words, when it is no JSON object with a `type`.
pub fn parse(text: &str) -> Result<Received, String> {
    let mut value: Value = serde_json::from_str(text).map_err(|error| format!("This is no JSON: {error}."))?;
    let id = value.get_mut("id").map(Value::take).filter(|id| id.is_string() || id.is_number());
    if !value.get("type").is_some_and(Value::is_string) {
        return Err("A message needs a type.".to_owned());
    }
    if value.get("payload").is_none_or(Value::is_null) {
        value["payload"] = json!({});
    }
    let message = serde_json::from_value(value).map_err(|error| format!("This message cannot be read: {error}."));
    Ok(Received { id, message })
}

impl OverrideAnswer {
    /// The judgement. None is the automatic mark.
    pub fn judgement(&self) -> Option<Credit> {
        match self.credit {
            Some(CreditChoice::Auto) => None,
            Some(CreditChoice::Full) => Some(Credit::Full),
            Some(CreditChoice::Half) => Some(Credit::Half),
            Some(CreditChoice::None) => Some(Credit::None),
            None => Some(if self.correct.unwrap_or(true) { Credit::Full } else { Credit::None }),
        }
    }
}

impl SetOptions {
    /// What is to be different.
    pub fn change(&self) -> OptionsChange {
        OptionsChange {
            join_strip: self.join_strip,
            calm: self.calm,
            secret_board: self.secret_board,
            lock_in: self.lock_in,
            release_all: self.release_all,
            auto_advance: self.auto_advance,
            sound: self.sound,
            text: self.text,
        }
    }
}

impl PresentStep {
    /// The step that is asked for.
    ///
    /// # Errors
    /// In words, for what cannot be shown.
    pub fn action(&self) -> Result<Action, &'static str> {
        let present = match (self.view.as_str(), self.question_id) {
            ("answer", Some(question_id)) => Present::Answer { question_id },
            ("auto", _) => Present::Auto,
            ("blank", _) => Present::Blank,
            ("board", _) => Present::Board { from_last: self.from_last },
            ("break", _) if self.minutes.is_some_and(|minutes| !(1..=BREAK_MINUTES_MAX).contains(&minutes)) => {
                return Err("A break takes 1 to 180 minutes.");
            }
            ("break", _) => return Ok(Action::Break { minutes: self.minutes }),
            ("join", _) => Present::Join,
            _ => return Err("There is no such view of the big screen."),
        };
        Ok(Action::Present(present))
    }
}

impl Direct {
    /// An answer is on disk.
    pub fn accepted(question_id: QuestionId, answer_id: AnswerId, answer: String) -> Self {
        Self::AnswerAccepted(AnswerAccepted { question_id, answer_id, answer })
    }

    /// What was asked did not happen.
    pub fn refused(code: &'static str, message: impl Into<String>) -> Self {
        Self::Refused(Refused { code, message: message.into() })
    }
}

/// Our own messages always serialise: they have string keys and no failing parts.
fn bytes<T: Serialize>(message: &T) -> Bytes {
    serde_json::to_vec(message).map_or_else(|_| Bytes::new(), Bytes::from)
}
