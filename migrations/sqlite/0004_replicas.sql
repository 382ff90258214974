-- Several replicas can serve one game.

-- What other replicas stored lately.
CREATE INDEX game_answers_at ON game_answers (game_id, at);

-- Who is connected to which replica, as JSON, for the hosts who are connected to another.
CREATE TABLE presences (
  game_id text NOT NULL REFERENCES games (id) ON DELETE CASCADE,
  replica text NOT NULL,
  at bigint NOT NULL,
  body text NOT NULL,
  PRIMARY KEY (game_id, replica)
);

-- What a Quibble must know to work with this schema: every step up to this one. A step that takes something away
-- raises it.
CREATE TABLE schema_info (
  id bigint PRIMARY KEY NOT NULL CHECK (id = 1),
  works_from bigint NOT NULL
);
INSERT INTO schema_info (id, works_from) VALUES (1, 4);
