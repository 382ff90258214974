-- The bin is looked through by age.
CREATE INDEX questions_deleted ON questions (deleted_at) WHERE deleted_at IS NOT NULL;

-- What questions said before they were changed.
CREATE TABLE question_versions (
  question_id text NOT NULL REFERENCES questions (id) ON DELETE CASCADE,
  version bigint NOT NULL,
  -- JSON: the question as a bank file holds it.
  body text NOT NULL,
  -- From when to when the question said this.
  saved_at bigint NOT NULL,
  replaced_at bigint NOT NULL,
  PRIMARY KEY (question_id, version)
);
CREATE INDEX question_versions_age ON question_versions (replaced_at);
