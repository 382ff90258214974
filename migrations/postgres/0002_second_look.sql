-- One row that readiness writes, so that a full disk is seen before an answer meets it.
CREATE TABLE heartbeat (
  id bigint PRIMARY KEY NOT NULL CHECK (id = 1),
  at bigint NOT NULL
);
INSERT INTO heartbeat (id, at) VALUES (1, 0);

-- Ended games are looked up by their code too.
CREATE INDEX games_code ON games (code, id);

-- The waiting claim of a phone is one.
CREATE INDEX claims_device ON claims (game_id, device);

-- The spellings that a game added to a question of a bank, so that taking a judgement back takes nothing else away.
CREATE TABLE remembered (
  game_id text NOT NULL REFERENCES games (id) ON DELETE CASCADE,
  question_id text NOT NULL,
  spelling text NOT NULL,
  PRIMARY KEY (game_id, question_id, spelling)
);
