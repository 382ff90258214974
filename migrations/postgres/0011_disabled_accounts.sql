-- Accounts that may do nothing for now. Not a column of accounts: replicas of the version before go on meanwhile, and
-- PostgreSQL refuses what they have prepared to read of a table that gets one.
CREATE TABLE disabled_accounts (
  account_id text PRIMARY KEY NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  disabled_at bigint NOT NULL
);

-- Links by which somebody sets the password of their account, which has one at a time. The version before would take
-- one in setup_links for the owner's.
CREATE TABLE account_links (
  token_hash text PRIMARY KEY NOT NULL,
  account_id text NOT NULL UNIQUE REFERENCES accounts (id) ON DELETE CASCADE,
  created_at bigint NOT NULL,
  expires_at bigint NOT NULL
);
