-- What Quibble needs of PostgreSQL while it serves, given to a role of its own. It may change no table, and what is in
-- the log of a game it may neither change nor delete on its own.
--
-- Run this as the role that owns the tables, in Quibble's database, after `quibble migrate up` as that role:
--
--     psql "$OWNER_URL" -v role=quibble_app -f grants.sql
--
-- Then serve with the other role in DATABASE_URL. After an upgrade that changes the schema, run `quibble migrate up` as
-- the owner first; new tables are granted as well.

GRANT USAGE ON SCHEMA public TO :"role";
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO :"role";
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO :"role";

-- Only the owner says which steps the schema has.
REVOKE INSERT, UPDATE, DELETE ON _sqlx_migrations, schema_info FROM :"role";
-- A log is written once. With its game it goes all the same.
REVOKE UPDATE, DELETE, TRUNCATE ON game_events, game_answers FROM :"role";
