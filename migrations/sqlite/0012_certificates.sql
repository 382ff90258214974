-- Certificates that an authority gives us by ACME (RFC 8555), and what has to be known for that by every replica and
-- after every restart. Keys are sealed with the secret key of this Quibble.
CREATE TABLE acme_accounts (
  -- The URL of the authority's directory.
  directory text PRIMARY KEY NOT NULL,
  credentials text NOT NULL,
  created_at bigint NOT NULL
);

CREATE TABLE certificates (
  -- Sorted, with commas between them.
  names text PRIMARY KEY NOT NULL,
  -- Who asks for it at present, and until when that is believed without another word.
  holder text,
  held_until bigint NOT NULL,
  -- Null until there is one.
  chain text,
  private_key text,
  issued_at bigint,
  not_before bigint,
  not_after bigint,
  -- When the authority wants it renewed (RFC 9773): the window, our choice in it, and when to ask again.
  window_start bigint,
  window_end bigint,
  renew_at bigint,
  ask_again_at bigint,
  -- Somebody wanted a new one.
  wanted_at bigint
);

-- What was tried, because authorities limit that.
CREATE TABLE acme_attempts (
  id text PRIMARY KEY NOT NULL,
  names text NOT NULL,
  at bigint NOT NULL,
  stage text NOT NULL CHECK (stage IN ('production', 'rehearsal')),
  challenge text NOT NULL CHECK (challenge IN ('http-01', 'tls-alpn-01', 'dns-01')),
  outcome text NOT NULL CHECK (outcome IN ('unfinished', 'failed', 'issued')),
  -- 1: the authority does not count it.
  exempt bigint NOT NULL,
  -- For people.
  problem text
);
CREATE INDEX acme_attempts_by_names ON acme_attempts (names, at);

-- What an authority is about to ask any of us, by its token (http-01) or a name of ours (tls-alpn-01).
CREATE TABLE acme_challenges (
  kind text NOT NULL,
  asked_for text NOT NULL,
  answer text NOT NULL,
  expires_at bigint NOT NULL,
  PRIMARY KEY (kind, asked_for)
);
