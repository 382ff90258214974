-- How many questions a round is to have; none while nobody has said.
ALTER TABLE rounds ADD COLUMN planned_questions bigint;
