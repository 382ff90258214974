-- Links that open the console of a game on one more device, signed in. A game has one at a time.
CREATE TABLE console_links (
  token_hash text PRIMARY KEY NOT NULL,
  account_id text NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  game_id text NOT NULL UNIQUE REFERENCES games (id) ON DELETE CASCADE,
  -- The session or API token that made it: the link ends with it.
  made_by text NOT NULL,
  created_at bigint NOT NULL,
  expires_at bigint NOT NULL
);
