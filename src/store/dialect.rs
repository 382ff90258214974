//! What SQLite and Postgres say differently.

use sqlx::error::DatabaseError;
use std::time::Duration;

/// Which SQL is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    Postgres,
    Sqlite,
}

/// SQLite's primary result codes SQLITE_FULL, and SQLITE_IOERR with its extended codes for writing and syncing
/// (<https://www.sqlite.org/rescode.html>), and PostgreSQL's `disk_full`.
const DISK_FULL: [&str; 7] = ["13", "10", "778", "1034", "1290", "4874", "53100"];

/// What PostgreSQL says where a quota or a limit stops a table: for those it has no code of their own.
const NO_LARGER: &str = "could not extend file";

/// Whether the disk did not take what was to be written.
pub(super) fn is_disk_full(error: &dyn DatabaseError) -> bool {
    error.code().is_some_and(|code| DISK_FULL.contains(&code.as_ref())) || error.message().starts_with(NO_LARGER)
}

/// The answers of a batch that count: `$1` holds them as a JSON array, `$2` is the instant, `$3` the last revision that
/// a player may make of an answer.
///
/// A resend is looked for by player and not by game, so that no plan of PostgreSQL's looks through the answers of the game
/// for each of them, as one did before the table was analysed.
///
/// An answer counts while its question is open, and once. Its revision is the next one of its player and question, in the order
/// of the batch, which is taken apart once and not for each column that is looked at. Rows go in in the order of their
/// players, so that two batches never wait for each other.
macro_rules! insert_answers {
    ($batch:literal) => {
        concat!(
            "WITH sent AS MATERIALIZED (
  SELECT e.place AS place, e.value ->> 'id' AS id, e.value ->> 'game_id' AS game_id,
    e.value ->> 'question_id' AS question_id, e.value ->> 'player_id' AS player_id,
    e.value ->> 'client_id' AS client_id, e.value ->> 'answer' AS answer
  FROM ",
            $batch,
            " e
)
INSERT INTO game_answers (id, game_id, question_id, player_id, client_id, answer, at, revision)
SELECT id, game_id, question_id, player_id, client_id, answer, $2, revision FROM (
SELECT a.place, a.id, a.game_id, a.question_id, a.player_id, a.client_id, a.answer,
  coalesce((SELECT max(s.revision) FROM game_answers s
            WHERE s.game_id = a.game_id AND s.question_id = a.question_id AND s.player_id = a.player_id), 0)
  + row_number() OVER (PARTITION BY a.game_id, a.question_id, a.player_id ORDER BY a.place) AS revision
FROM sent a
JOIN open_questions q ON q.game_id = a.game_id AND q.question_id = a.question_id
WHERE (q.closes_at IS NULL OR q.closes_at > $2)
  AND NOT EXISTS (SELECT 1 FROM game_answers s
                  WHERE s.player_id = a.player_id AND s.client_id = a.client_id)
) fresh WHERE revision <= $3
ORDER BY game_id, player_id, place
ON CONFLICT (player_id, client_id) DO NOTHING
RETURNING id, revision, at"
        )
    };
}

/// What is stored under the client ids of a batch, with parameters as above; or nothing but the place, where nothing is
/// stored and the question is open, but its player has made the last revision.
macro_rules! stored_answers {
    ($batch:literal) => {
        concat!(
            "SELECT e.place, s.id, s.question_id, s.answer, s.revision, s.at
FROM ",
            $batch,
            " e
LEFT JOIN game_answers s ON s.player_id = e.value ->> 'player_id' AND s.client_id = e.value ->> 'client_id'
LEFT JOIN open_questions q ON q.game_id = e.value ->> 'game_id' AND q.question_id = e.value ->> 'question_id'
  AND (q.closes_at IS NULL OR q.closes_at > $2)
  AND EXISTS (SELECT 1 FROM game_answers l WHERE l.game_id = q.game_id AND l.question_id = q.question_id
              AND l.player_id = e.value ->> 'player_id' AND l.revision >= $3)
WHERE s.id IS NOT NULL OR q.question_id IS NOT NULL"
        )
    };
}

macro_rules! claim_job {
    ($lock:literal) => {
        concat!(
            "UPDATE jobs SET state = 'running', holder = $1, held_until = $2, attempts = attempts + 1, updated_at = $3
WHERE id = (SELECT id FROM jobs
            WHERE ((state = 'queued' AND run_at <= $3) OR (state = 'running' AND (held_until <= $3 OR held_until > $4)))
              AND $5 LIKE '%,' || kind || ',%'
            ORDER BY run_at, id LIMIT 1 ",
            $lock,
            ") RETURNING id, kind, payload, subject, account_id, state, attempts, attempts_max, run_at, error, created_at,
  updated_at"
        )
    };
}

/// PostgreSQL ends a transaction that stores answers when a statement of it, or a pause between two, takes two seconds.
/// Its number is taken before it looks which questions are open.
pub(super) const BEGIN_ANSWERS: &str = "BEGIN; SET LOCAL statement_timeout = 2000; \
    SET LOCAL idle_in_transaction_session_timeout = 2000; SELECT pg_current_xact_id()";

/// The longest that such a transaction can be under way: its statements and the pauses between them.
pub(super) const ANSWERS_TAKE_AT_MOST: Duration = Duration::from_secs(4);

impl Dialect {
    pub(super) fn insert_answers(self) -> &'static str {
        match self {
            Self::Postgres => insert_answers!(
                "(SELECT t.place - 1 AS place, t.value FROM jsonb_array_elements($1::jsonb) WITH ORDINALITY t (value, place))"
            ),
            Self::Sqlite => insert_answers!("(SELECT key AS place, value FROM json_each($1))"),
        }
    }

    pub(super) fn stored_answers(self) -> &'static str {
        match self {
            Self::Postgres => stored_answers!(
                "(SELECT t.place - 1 AS place, t.value FROM jsonb_array_elements($1::jsonb) WITH ORDINALITY t (value, place))"
            ),
            Self::Sqlite => stored_answers!("(SELECT key AS place, value FROM json_each($1))"),
        }
    }

    /// Takes the job that waits longest: `$1` is who takes it, `$2` until when that is believed, `$3` the instant, `$4` one
    /// beyond which nobody claims anything, `$5` the kinds with a comma before and behind each.
    pub(super) fn claim_job(self) -> &'static str {
        match self {
            Self::Postgres => claim_job!("FOR UPDATE SKIP LOCKED"),
            Self::Sqlite => claim_job!(""),
        }
    }

    pub(super) fn begin(self) -> &'static str {
        match self {
            // Whoever freezes or is cut off in the middle keeps what it has locked for no longer than this.
            Self::Postgres => {
                "BEGIN; SET LOCAL statement_timeout = 10000; SET LOCAL lock_timeout = 5000; \
                 SET LOCAL idle_in_transaction_session_timeout = 5000"
            }
            Self::Sqlite => "BEGIN IMMEDIATE",
        }
    }

    /// Shows that the disk takes writes. A row that another replica writes to just now is left to it.
    pub(super) fn beat(self) -> &'static str {
        match self {
            Self::Postgres => {
                "UPDATE heartbeat SET at = $1 WHERE id = (SELECT id FROM heartbeat FOR UPDATE SKIP LOCKED)"
            }
            Self::Sqlite => "UPDATE heartbeat SET at = $1",
        }
    }

    pub(super) fn begin_read(self) -> &'static str {
        match self {
            Self::Postgres => "BEGIN READ ONLY; SET LOCAL statement_timeout = 10000",
            Self::Sqlite => "BEGIN",
        }
    }
}
