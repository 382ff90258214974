-- Words that a host files questions under: as written (JSON), and folded, each on a line of its own.
ALTER TABLE questions ADD COLUMN tags text NOT NULL DEFAULT '[]';
ALTER TABLE questions ADD COLUMN tag_key text NOT NULL DEFAULT '';

-- Which games released which questions of banks.
CREATE TABLE question_uses (
  question_id text NOT NULL,
  game_id text NOT NULL REFERENCES games (id) ON DELETE CASCADE,
  at bigint NOT NULL,
  PRIMARY KEY (question_id, game_id)
);
CREATE INDEX question_uses_game ON question_uses (game_id);

INSERT INTO question_uses (question_id, game_id, at)
SELECT e.body::jsonb ->> 'question', e.game_id, max(e.at) FROM game_events e JOIN games g ON g.id = e.game_id
WHERE g.practice = 0 AND e.kind = 'question_released' AND NOT EXISTS (
  SELECT 1 FROM game_events u WHERE u.game_id = e.game_id AND u.seq > e.seq AND u.kind = 'question_unreleased'
    AND u.body::jsonb ->> 'question' = e.body::jsonb ->> 'question')
GROUP BY e.body::jsonb ->> 'question', e.game_id;
