-- The first schema. Ids are UUIDs as text, instants are integer milliseconds since the Unix epoch, both made by the
-- application; secrets are stored as SHA-256 in hexadecimal.

CREATE TABLE accounts (
  id text PRIMARY KEY NOT NULL,
  username text NOT NULL,
  -- Lower case: what must be unique.
  username_key text NOT NULL UNIQUE,
  role text NOT NULL CHECK (role IN ('owner', 'host')),
  -- A PHC string. Null until the person has set a password.
  password_hash text,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL
);
-- Two racing set-ups make one owner.
CREATE UNIQUE INDEX accounts_one_owner ON accounts (role) WHERE role = 'owner';

CREATE TABLE setup_links (
  token_hash text PRIMARY KEY NOT NULL,
  created_at bigint NOT NULL,
  expires_at bigint NOT NULL,
  used_at bigint
);

CREATE TABLE sessions (
  id text PRIMARY KEY NOT NULL,
  token_hash text NOT NULL UNIQUE,
  account_id text NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  user_agent text NOT NULL,
  created_at bigint NOT NULL,
  last_seen_at bigint NOT NULL,
  expires_at bigint NOT NULL
);
CREATE INDEX sessions_account ON sessions (account_id);

CREATE TABLE api_tokens (
  id text PRIMARY KEY NOT NULL,
  token_hash text NOT NULL UNIQUE,
  account_id text NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  name text NOT NULL,
  -- The first characters, so that a person can tell tokens apart.
  prefix text NOT NULL,
  created_at bigint NOT NULL,
  last_used_at bigint
);
CREATE INDEX api_tokens_account ON api_tokens (account_id);

CREATE TABLE banks (
  id text PRIMARY KEY NOT NULL,
  owner_id text NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  name text NOT NULL,
  -- Folded for search.
  name_key text NOT NULL,
  description text,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  -- Deleted things are kept, so that a deletion can be undone.
  deleted_at bigint
);
CREATE INDEX banks_owner ON banks (owner_id, id);

CREATE TABLE imports (
  id text PRIMARY KEY NOT NULL,
  bank_id text NOT NULL REFERENCES banks (id) ON DELETE CASCADE,
  state text NOT NULL CHECK (state IN ('running', 'done', 'cancelled', 'undone', 'failed')),
  total bigint NOT NULL,
  done bigint NOT NULL,
  imported bigint NOT NULL,
  -- JSON: the rows that were not imported, with their reasons.
  problems text NOT NULL,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL
);
CREATE INDEX imports_bank ON imports (bank_id, id);

CREATE TABLE questions (
  id text PRIMARY KEY NOT NULL,
  bank_id text NOT NULL REFERENCES banks (id) ON DELETE CASCADE,
  -- Order within the bank, each its own. A deleted question keeps its place, so that it can come back to it.
  position bigint NOT NULL,
  kind text NOT NULL CHECK (kind IN ('text', 'multiple_choice')),
  prompt text NOT NULL,
  -- Folded for finding repeats.
  prompt_key text NOT NULL,
  -- The prompt and every answer, folded for search.
  search_key text NOT NULL,
  points bigint NOT NULL,
  notes text,
  time_limit_seconds bigint,
  -- JSON: {"accepted": […], "marking": {…}} or {"choices": [{"text", "correct"}, …]}.
  answer text NOT NULL,
  version bigint NOT NULL,
  import_id text REFERENCES imports (id) ON DELETE SET NULL,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  deleted_at bigint
);
-- Holds all that counting and ordering look at.
CREATE INDEX questions_bank ON questions (bank_id, position, deleted_at);
CREATE INDEX questions_prompt ON questions (bank_id, prompt_key);
CREATE INDEX questions_import ON questions (import_id) WHERE import_id IS NOT NULL;

CREATE TABLE quizzes (
  id text PRIMARY KEY NOT NULL,
  owner_id text NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  name text NOT NULL,
  -- Folded for search.
  name_key text NOT NULL,
  description text,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  deleted_at bigint
);
CREATE INDEX quizzes_owner ON quizzes (owner_id, id);

CREATE TABLE rounds (
  id text PRIMARY KEY NOT NULL,
  quiz_id text NOT NULL REFERENCES quizzes (id) ON DELETE CASCADE,
  -- Order within the quiz; deleted rounds keep their place.
  position bigint NOT NULL,
  title text,
  time_limit_seconds bigint,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  deleted_at bigint
);
CREATE INDEX rounds_quiz ON rounds (quiz_id, position);

CREATE TABLE slots (
  round_id text NOT NULL REFERENCES rounds (id) ON DELETE CASCADE,
  position bigint NOT NULL,
  question_id text NOT NULL REFERENCES questions (id) ON DELETE CASCADE,
  PRIMARY KEY (round_id, question_id)
);
CREATE INDEX slots_question ON slots (question_id);

-- A projection of the game's log for lists and look-ups; seq is where the next host step must append.
CREATE TABLE games (
  id text PRIMARY KEY NOT NULL,
  owner_id text NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  code text NOT NULL,
  quiz_id text REFERENCES quizzes (id) ON DELETE SET NULL,
  bank_id text REFERENCES banks (id) ON DELETE SET NULL,
  quiz_name text NOT NULL,
  seq bigint NOT NULL,
  status text NOT NULL CHECK (status IN ('lobby', 'in_progress', 'completed', 'cancelled')),
  phase text NOT NULL,
  current_round bigint NOT NULL,
  current_question bigint NOT NULL,
  round_size bigint NOT NULL,
  teams bigint NOT NULL,
  player_count bigint NOT NULL,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL
);
CREATE INDEX games_owner ON games (owner_id, id);
CREATE INDEX games_quiz ON games (quiz_id);
-- A code names one running game.
CREATE UNIQUE INDEX games_open_code ON games (code) WHERE status IN ('lobby', 'in_progress');

-- The first of the two logs that are the truth: gap-free per game, never changed.
CREATE TABLE game_events (
  game_id text NOT NULL REFERENCES games (id) ON DELETE CASCADE,
  seq bigint NOT NULL,
  at bigint NOT NULL,
  kind text NOT NULL,
  body text NOT NULL,
  PRIMARY KEY (game_id, seq)
);

-- Which questions take answers, and until when. Rewritten with every step of the host.
CREATE TABLE open_questions (
  game_id text NOT NULL REFERENCES games (id) ON DELETE CASCADE,
  question_id text NOT NULL,
  closes_at bigint,
  PRIMARY KEY (game_id, question_id)
);

-- The second log: every answer that was taken. The latest of a player to a question counts.
CREATE TABLE game_answers (
  id text PRIMARY KEY NOT NULL,
  game_id text NOT NULL REFERENCES games (id) ON DELETE CASCADE,
  question_id text NOT NULL,
  player_id text NOT NULL,
  -- The phone's own id of the message, so that a resend counts once.
  client_id text NOT NULL,
  answer text NOT NULL,
  at bigint NOT NULL,
  -- Which of the player's answers to this question it is, counted from 1.
  revision bigint NOT NULL,
  UNIQUE (game_id, player_id, client_id),
  UNIQUE (game_id, question_id, player_id, revision)
);

CREATE TABLE seats (
  token_hash text PRIMARY KEY NOT NULL,
  game_id text NOT NULL REFERENCES games (id) ON DELETE CASCADE,
  player_id text NOT NULL,
  -- What the phone calls itself, so that one that was sent away stays away.
  device text NOT NULL,
  created_at bigint NOT NULL,
  revoked_at bigint
);
CREATE INDEX seats_player ON seats (game_id, player_id);

CREATE TABLE claims (
  id text PRIMARY KEY NOT NULL,
  token_hash text NOT NULL UNIQUE,
  game_id text NOT NULL REFERENCES games (id) ON DELETE CASCADE,
  player_id text NOT NULL,
  device text NOT NULL,
  state text NOT NULL CHECK (state IN ('waiting', 'approved', 'refused')),
  created_at bigint NOT NULL
);
CREATE INDEX claims_game ON claims (game_id, state);

CREATE TABLE screens (
  token_hash text PRIMARY KEY NOT NULL,
  game_id text NOT NULL REFERENCES games (id) ON DELETE CASCADE,
  created_at bigint NOT NULL,
  revoked_at bigint
);
CREATE INDEX screens_game ON screens (game_id);

CREATE TABLE pairings (
  secret_hash text PRIMARY KEY NOT NULL,
  code text NOT NULL UNIQUE,
  game_id text REFERENCES games (id) ON DELETE CASCADE,
  expires_at bigint NOT NULL
);

CREATE FUNCTION logs_are_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% are never changed', TG_ARGV[0];
END $$;
CREATE TRIGGER game_events_are_kept BEFORE UPDATE ON game_events
FOR EACH ROW EXECUTE FUNCTION logs_are_kept('events');
CREATE TRIGGER game_answers_are_kept BEFORE UPDATE ON game_answers
FOR EACH ROW EXECUTE FUNCTION logs_are_kept('answers');
