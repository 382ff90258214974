//! The types of the socket's messages for the web client, written from the types here.

use super::wire::{self, ClientMessage, CreditChoice, Direct};
use crate::game::view::host::{self, HostMessage};
use crate::game::view::player::{self, PlayerMessage};
use crate::game::view::screen::{self, ScreenMessage};
use crate::game::view::{self, Common};
use crate::game::{
    AnswerId, ClaimId, ClosedBy, Credit, GameId, JournalEntry, Options, Phase, PlayerId, PlayerState, Present,
    QuestionId,
};
use std::path::Path;
use ts_rs::{Config, TS};

const HEAD: &str =
    "/* The messages on the socket. Generated from the server's types: `UPDATE=1 cargo test protocol`. */\n";

const FOOT: &str = r#"
/** Everything that a server says. */
export type ServerMessage = ToHost | ToPlayer | ToScreen | Direct;
/** What stands around every message. */
export interface Envelope { payload: unknown; seq?: number; id?: string }
/** What a player's phone says. */
export type PlayerMessage = Extract<ClientMessage, { type: "challenge" | "decide_claim" | "leave" | "rename" | "submit_answer" }>;
/** What a host's console says. */
export type HostMessage = Exclude<ClientMessage, { type: "challenge" | "hello" | "leave" | "ping" | "rename" | "submit_answer" }>;
"#;

macro_rules! declared {
    ($config:expr, $($kind:ty),* $(,)?) => {
        [$(format!("export {}\n", <$kind>::decl($config))),*].concat()
    };
}

fn protocol() -> String {
    let config = Config::new().with_large_int("number");
    let types = declared!(
        &config,
        AnswerId,
        ClaimId,
        GameId,
        PlayerId,
        QuestionId,
        Phase,
        Credit,
        ClosedBy,
        PlayerState,
        Present,
        Options,
        view::Kind,
        view::Role,
        view::Welcome,
        view::RosterPlayer,
        view::Roster,
        view::RoundStart,
        view::RoundPlace,
        view::ShownQuestion,
        view::QuestionReleased,
        view::QuestionClosed,
        view::QuestionUnreleased,
        view::QuestionTimer,
        view::Paused,
        view::Teams,
        view::Break,
        view::BoardEntry,
        view::Near,
        view::Board,
        Common,
        player::You,
        player::Claim,
        player::PlayerOptions,
        player::AnswerAccepted,
        player::QuestionScore,
        player::ScoreAdjustment,
        player::RoundScores,
        host::AnswerCount,
        player::QuestionAnswers,
        player::RoundAnswers,
        PlayerMessage,
        host::HostChoice,
        host::HostQuestion,
        host::HostRound,
        host::HostQuiz,
        host::PulseState,
        host::QuestionPulse,
        host::HostPlayer,
        host::HostClaim,
        host::HostAdjustment,
        JournalEntry,
        host::HostState,
        host::JudgedBy,
        host::AnswerGroup,
        host::ReviewAnswer,
        host::ReviewQuestion,
        host::RoundReview,
        host::ScoreboardUpdate,
        HostMessage,
        screen::Revealed,
        screen::ScreenState,
        ScreenMessage,
        wire::Pong,
        wire::Reconnect,
        wire::Refused,
        Direct,
        wire::Empty,
        wire::Hello,
        wire::Step,
        wire::MaybeQuestion,
        wire::ReleaseQuestion,
        wire::OneQuestion,
        wire::OnePlayer,
        wire::RenamePlayer,
        wire::Lock,
        wire::SetOptions,
        wire::SetTeams,
        wire::ExtendTime,
        wire::ReleaseScores,
        wire::AdjustScore,
        wire::UndoAdjustment,
        wire::PresentStep,
        CreditChoice,
        wire::OverrideAnswer,
        wire::SubmitAnswer,
        wire::Rename,
        wire::DecideClaim,
        ClientMessage,
    );
    format!("{HEAD}{types}{FOOT}")
}

#[test]
fn the_client_s_protocol_is_that_of_the_server() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("web/src/shared/protocol.ts");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, protocol()).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == protocol(), "protocol.ts is stale: run `UPDATE=1 cargo test protocol`, then build web/ again");
}
