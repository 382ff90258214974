//! What SQLite and Postgres say differently.

use sqlx::error::DatabaseError;

/// SQLite's primary result codes SQLITE_FULL, and SQLITE_IOERR with its extended codes for writing and syncing.
/// <https://www.sqlite.org/rescode.html>
const DISK_FULL: [&str; 6] = ["13", "10", "778", "1034", "1290", "4874"];

/// Whether the disk did not take what was to be written.
pub(super) fn is_disk_full(error: &dyn DatabaseError) -> bool {
    error.code().is_some_and(|code| DISK_FULL.contains(&code.as_ref()))
}

/// The answers of a batch that count: `$1` holds them as a JSON array, `$2` is the instant, `$3` the last revision that
/// a player may make of an answer.
///
/// An answer counts while its question is open, and once. Its revision is the next one of its player and question, in the order
/// of the batch.
pub(super) const INSERT_ANSWERS: &str = "
INSERT INTO game_answers (id, game_id, question_id, player_id, client_id, answer, at, revision)
SELECT id, game_id, question_id, player_id, client_id, answer, $2, revision FROM (
SELECT a.place, a.id, a.game_id, a.question_id, a.player_id, a.client_id, a.answer,
  coalesce((SELECT max(s.revision) FROM game_answers s
            WHERE s.game_id = a.game_id AND s.question_id = a.question_id AND s.player_id = a.player_id), 0)
  + row_number() OVER (PARTITION BY a.game_id, a.question_id, a.player_id ORDER BY a.place) AS revision
FROM (
  SELECT e.key AS place, e.value ->> 'id' AS id, e.value ->> 'game_id' AS game_id,
    e.value ->> 'question_id' AS question_id, e.value ->> 'player_id' AS player_id,
    e.value ->> 'client_id' AS client_id, e.value ->> 'answer' AS answer
  FROM json_each($1) e
) a
JOIN open_questions q ON q.game_id = a.game_id AND q.question_id = a.question_id
WHERE (q.closes_at IS NULL OR q.closes_at > $2)
  AND NOT EXISTS (SELECT 1 FROM game_answers s
                  WHERE s.game_id = a.game_id AND s.player_id = a.player_id AND s.client_id = a.client_id)
) WHERE revision <= $3
ORDER BY place
ON CONFLICT (game_id, player_id, client_id) DO NOTHING
RETURNING id, revision, at";

/// What is stored under the client ids of a batch, `$1` and `$2` as above; or nothing but the place, where nothing is
/// stored though the question is open.
pub(super) const STORED_ANSWERS: &str = "
SELECT e.key AS place, s.id, s.question_id, s.answer, s.revision, s.at
FROM json_each($1) e
LEFT JOIN game_answers s ON s.game_id = e.value ->> 'game_id' AND s.player_id = e.value ->> 'player_id'
  AND s.client_id = e.value ->> 'client_id'
LEFT JOIN open_questions q ON q.game_id = e.value ->> 'game_id' AND q.question_id = e.value ->> 'question_id'
  AND (q.closes_at IS NULL OR q.closes_at > $2)
WHERE s.id IS NOT NULL OR q.question_id IS NOT NULL";
