-- Work that is done after the answer: mail, copies of the data, what others are told. A job is claimed by one worker at a
-- time, tried again when it fails, and left for people to look at when it fails too often.
CREATE TABLE jobs (
  id text PRIMARY KEY NOT NULL,
  kind text NOT NULL,
  -- JSON, by its kind. No secrets.
  payload text NOT NULL,
  -- For people: what it is about.
  subject text,
  -- Whose it is. Null: the owner's.
  account_id text REFERENCES accounts (id),
  state text NOT NULL CHECK (state IN ('queued', 'running', 'done', 'dead', 'cancelled')),
  attempts bigint NOT NULL,
  attempts_max bigint NOT NULL,
  -- Not before.
  run_at bigint NOT NULL,
  -- Who is at it, and until when that is believed without another word.
  holder text,
  held_until bigint,
  -- What is done once is asked for under one name.
  once text UNIQUE,
  -- Of the last attempt, for people.
  error text,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL
);
CREATE INDEX jobs_by_state ON jobs (state, run_at);
CREATE INDEX jobs_by_account ON jobs (account_id, kind);

-- Where mail to an account goes.
CREATE TABLE account_emails (
  account_id text PRIMARY KEY NOT NULL REFERENCES accounts (id),
  email text NOT NULL,
  updated_at bigint NOT NULL
);

-- What was played on a day, in UTC, counted when it was over.
CREATE TABLE daily_statistics (
  -- Such as 2026-11-27.
  day text PRIMARY KEY NOT NULL,
  games bigint NOT NULL,
  players bigint NOT NULL,
  answers bigint NOT NULL
);

-- Until when it is known what happened, for those who are told later.
CREATE TABLE outbox (
  name text PRIMARY KEY NOT NULL,
  read_to bigint NOT NULL
);
