//! What is copied, and what is not.

/// The tables that are copied, in an order in which every row comes after those that it names. A new table goes here or
/// into [`LEFT_OUT`]; a test tells if it is forgotten.
pub(super) const TABLES: [&str; 31] = [
    "accounts",
    "disabled_accounts",
    "setup_links",
    "account_links",
    "sessions",
    "api_tokens",
    "banks",
    "imports",
    "questions",
    "question_versions",
    "quizzes",
    "rounds",
    "slots",
    "games",
    "console_links",
    "game_events",
    "open_questions",
    "game_answers",
    "seats",
    "claims",
    "screens",
    "pairings",
    "remembered",
    "question_uses",
    "acme_accounts",
    "certificates",
    "acme_attempts",
    "jobs",
    "account_emails",
    "daily_statistics",
    "outbox",
];

/// The tables that are not, and why.
pub(super) const LEFT_OUT: [(&str, &str); 5] = [
    ("_sqlx_migrations", "each database has its own steps"),
    ("acme_challenges", "answers to what an authority asks within minutes, for an order that nobody is at any more"),
    ("heartbeat", "says when a process served this database"),
    ("presences", "says who is connected to which process"),
    ("schema_info", "comes with the schema"),
];

/// Columns that say what a process is at, and what stands there instead: no process is at it with the copy.
pub(super) const AT_REST: [(&str, &str, &str); 4] = [
    ("certificates", "holder", "CAST(NULL AS text)"),
    ("certificates", "held_until", "CAST(0 AS bigint)"),
    ("jobs", "holder", "CAST(NULL AS text)"),
    // One that was under way is free for the next who comes.
    ("jobs", "held_until", "CAST(CASE state WHEN 'running' THEN 0 END AS bigint)"),
];
