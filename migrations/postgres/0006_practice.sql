-- A game for practice: on no list, counted nowhere, wiped when it is over.
ALTER TABLE games ADD COLUMN practice bigint NOT NULL DEFAULT 0;
