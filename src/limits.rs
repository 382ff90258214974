//! Every limit of the product in one place: named, with its unit, tested at the limit and one past it.
//!
//! Nothing that comes from outside grows without one of these.

use std::time::Duration;

// Questions, as published.
pub const PROMPT_CHARS_MAX: usize = 500;
pub const ACCEPTED_ANSWERS_MAX: usize = 10;
pub const ACCEPTED_ANSWER_CHARS_MAX: usize = 150;
pub const CHOICES_MIN: usize = 2;
pub const CHOICES_MAX: usize = 6;
pub const CHOICE_CHARS_MAX: usize = 200;
pub const POINTS_DEFAULT: u32 = 1_000;
pub const POINTS_MAX: u32 = 1_000_000;
pub const NOTES_CHARS_MAX: usize = 1_000;
pub const TIME_LIMIT_SECONDS_MIN: u32 = 5;
pub const TIME_LIMIT_SECONDS_MAX: u32 = 3_600;
pub const BREAK_MINUTES_MAX: u32 = 180;
pub const SOUND_PERCENT_MAX: u8 = 100;
pub const TEXT_PERCENT_MIN: u8 = 75;
pub const TEXT_PERCENT_MAX: u8 = 150;
pub const AUTO_ADVANCE_SECONDS_MAX: u16 = 600;
pub const TAGS_PER_QUESTION_MAX: usize = 10;
pub const TAG_CHARS_MAX: usize = 30;
/// Questions of one act on many.
pub const BATCH_QUESTIONS_MAX: usize = 1_000;
/// Questions that are compared to find repeats, and those of repeats that are shown.
pub const SIMILAR_QUESTIONS_MAX: usize = 40_000;
pub const SIMILAR_SHOWN_MAX: usize = 500;

// Banks and quizzes.
pub const TITLE_CHARS_MAX: usize = 120;
pub const DESCRIPTION_CHARS_MAX: usize = 1_000;
pub const QUESTIONS_PER_BANK_MAX: usize = 20_000;
pub const BANKS_PER_ACCOUNT_MAX: usize = 1_000;
pub const QUIZZES_PER_ACCOUNT_MAX: usize = 1_000;
pub const ROUNDS_PER_QUIZ_MAX: usize = 50;
pub const QUESTIONS_PER_ROUND_MAX: usize = 100;
/// Finished games that say how hard the questions of a quiz are.
pub const PAST_GAMES_MAX: u32 = 10;
pub const UNUSED_DAYS_MAX: u32 = 3_650;
/// Earlier texts of one question that are kept, and for how long.
pub const QUESTION_VERSIONS_MAX: usize = 50;
pub const QUESTION_VERSIONS_KEPT_FOR: Duration = Duration::from_secs(365 * 24 * 3600);

// The bin. Beyond these, what was deleted first goes for good first.
pub const BIN_KEPT_FOR: Duration = Duration::from_secs(30 * 24 * 3600);
pub const BIN_BANKS_MAX: usize = 200;
pub const BIN_QUIZZES_MAX: usize = 200;
pub const BIN_ROUNDS_PER_QUIZ_MAX: usize = 100;
pub const BIN_QUESTIONS_PER_BANK_MAX: usize = 20_000;

// Import.
pub const IMPORT_ROWS_MAX: usize = 10_000;
pub const IMPORT_COLUMNS_MAX: usize = 64;
/// What a workbook may unpack to, in bytes: many times what the rows of an import take.
pub const IMPORT_EXPANDED_BYTES_MAX: usize = 32 * 1024 * 1024;
/// The styles of a workbook, in bytes: the reader makes a large thing of each.
pub const IMPORT_STYLES_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Sheets of a workbook that can be chosen from.
pub const IMPORT_SHEETS_MAX: usize = 100;
/// Rows of one import that can be fixed or left out by hand.
pub const IMPORT_FIXES_MAX: usize = 500;
/// Characters of all cells of a row that is fixed by hand. A question with all its answers takes half of it.
pub const IMPORT_FIX_CHARS_MAX: usize = 8_000;
/// All fixes of an import, as they are sent.
pub const IMPORT_FIXES_BYTES_MAX: usize = 4 * 1024 * 1024;

// Names of players (trust: at most 24 user-perceived characters, at most two marks on one base).
pub const NAME_GRAPHEMES_MAX: usize = 24;
pub const NAME_BYTES_MAX: usize = 96;
pub const NAME_MARKS_PER_BASE_MAX: usize = 2;

// Games.
pub const PLAYERS_PER_GAME_MAX: usize = 2_000;
pub const DEVICES_PER_PLAYER_MAX: usize = 8;
pub const CLAIMS_PENDING_PER_GAME_MAX: usize = 50;
pub const ANSWER_CHARS_MAX: usize = 200;
/// Different answers to a question that phones are told of. At least as many as a question has options.
pub const ANSWERS_SHOWN_TO_PLAYERS_MAX: usize = 8;
/// Where a phone asks for long lists in short: names of a roster, the longest board that is told whole, and the places of
/// a longer one that all are told.
pub const BRIEF_ROSTER_MAX: usize = 30;
pub const BRIEF_BOARD_WHOLE_MAX: usize = 20;
pub const BRIEF_BOARD_TOP: usize = 10;
/// How many answers to one question a player may send, the first one included.
pub const REVISIONS_PER_ANSWER_MAX: u32 = 200;
pub const EVENTS_PER_GAME_MAX: u64 = 100_000;
/// What players do is refused from here on, so that they cannot use up the events of the host.
pub const EVENTS_BEFORE_PLAYERS_STOP: u64 = 90_000;
pub const REASON_CHARS_MAX: usize = 200;
/// Whole points that the host may give or take at once.
pub const POINTS_ADJUSTED_MAX: u32 = 1_000_000;
pub const ADJUSTMENTS_PER_GAME_MAX: usize = 500;
pub const ROUND_SIZE_DEFAULT: usize = 5;
pub const CLIENT_ID_BYTES_MAX: usize = 64;
pub const GAMES_OPEN_PER_ACCOUNT_MAX: usize = 50;

// Practice.
pub const ROBOTS_PER_PRACTICE: usize = 5;
pub const ROBOTS_TAKE_MAX: Duration = Duration::from_secs(20);
/// One more, and the oldest is wiped.
pub const PRACTICES_PER_ACCOUNT_MAX: usize = 5;
/// A practice that nobody ended is kept this long, and one that is over until nobody looks at it any more, or so long.
pub const PRACTICE_TTL: Duration = Duration::from_secs(24 * 3_600);
pub const PRACTICE_OVER_TTL: Duration = Duration::from_secs(3_600);

// Accounts.
pub const PASSWORD_CHARS_MIN: usize = 10;
pub const PASSWORD_CHARS_MAX: usize = 256;
/// Beyond it the owner makes no more of them; the command line of the machine does.
pub const ACCOUNTS_MAX: usize = 500;
pub const USERNAME_CHARS_MAX: usize = 64;
pub const TOKEN_NAME_CHARS_MAX: usize = 64;
pub const API_TOKENS_PER_ACCOUNT_MAX: usize = 50;
pub const SETUP_LINK_TTL: Duration = Duration::from_secs(30 * 60);
pub const SESSION_TTL: Duration = Duration::from_secs(30 * 24 * 3600);
pub const CONSOLE_LINK_TTL: Duration = Duration::from_secs(5 * 60);
pub const PAIRING_TTL: Duration = Duration::from_secs(10 * 60);

// Requests and connections.
/// Those who look after a process, which has others for players.
pub const OPS_CONNECTIONS_MAX: usize = 64;
pub const BODY_BYTES_MAX: usize = 256 * 1024;
/// How long an answer may take once the request is there, and the span in which the pace of its body is taken.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// A body that comes more slowly has stalled. At this pace the largest file of the default setting takes 34 minutes.
pub const UPLOAD_BYTES_PER_SECOND_MIN: u64 = 8 * 1024;
pub const UPLOAD_TIMEOUT: Duration = Duration::from_secs(3_600);
/// Rows of one page of a list, and of a list for a client that asks for no pages.
pub const LIST_LIMIT_MAX: u32 = 200;
pub const LIST_WHOLE_MAX: u32 = 20_000;
pub const FIRST_BYTE_TIMEOUT: Duration = Duration::from_secs(5);
pub const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// A connection of HTTP/2 on which nothing was asked for so long is given up: browsers would keep it for minutes.
pub const HTTP_2_IDLE_TIMEOUT: Duration = Duration::from_secs(30);
/// Requests that a peer may make at once on one. A page of ours has about ten parts.
pub const HTTP_2_STREAMS_MAX: u32 = 16;
pub const HEADER_BYTES_MAX: usize = 16 * 1024;
pub const HEADERS_MAX: usize = 64;

// Sockets.
pub const WS_MESSAGE_BYTES_MAX: usize = 8 * 1024;
/// What phones send is shorter, as a rule.
pub const WS_READ_BUFFER_BYTES: usize = 1024;
pub const WS_QUEUE_MESSAGES: usize = 512;
/// Messages that wait for a socket go out in one write up to the one that makes them so long.
pub const WS_WRITTEN_TOGETHER_BYTES: usize = 16 * 1024;
pub const WS_WRITE_TIMEOUT: Duration = Duration::from_secs(10);
pub const WS_HELLO_TIMEOUT: Duration = Duration::from_secs(5);
pub const WS_PING_EVERY: Duration = Duration::from_secs(20);
pub const WS_DEAD_AFTER: Duration = Duration::from_secs(45);
pub const WS_MESSAGES_PER_SECOND: u32 = 10;
pub const WS_MESSAGES_BURST: u32 = 60;

// The live path.
pub const GAME_QUEUE_MESSAGES: usize = 1_024;
pub const ANSWER_QUEUE: usize = 4_096;
pub const ANSWER_BATCH_MAX: usize = 1_000;
pub const DB_TIMEOUT: Duration = Duration::from_secs(5);
pub const GAME_IDLE_AFTER: Duration = Duration::from_secs(120);
pub const SEQ_CHECK_EVERY: Duration = Duration::from_secs(2);
/// How soon a session that ended elsewhere is noticed.
pub const ACCESS_CHECK_EVERY: Duration = Duration::from_secs(4);
/// A replica that said nothing for so long serves nobody any more.
pub const PRESENCE_STALE_AFTER: Duration = Duration::from_secs(15);
/// How long a game may take to say who takes part.
pub const ATTENDANCE_TIMEOUT: Duration = Duration::from_secs(2);
pub const COUNTS_EVERY: Duration = Duration::from_millis(200);
pub const ROSTER_EVERY: Duration = Duration::from_millis(400);

// Checks of a machine (`quibble doctor`, `quibble upgrade-check`).
/// Less room than this on the disk is a problem, and less than that is little.
pub const DISK_FREE_BYTES_MIN: u64 = 256 * 1024 * 1024;
pub const DISK_FREE_BYTES_LOW: u64 = 1024 * 1024 * 1024;
/// The log of SQLite is taken in long before, as a rule.
pub const WAL_BYTES_MAX: u64 = 256 * 1024 * 1024;
pub const DATABASE_PING_MAX: Duration = Duration::from_millis(50);
/// Milliseconds that the clocks of this machine and of the database's may differ.
pub const DATABASE_CLOCK_OFF_MS_MAX: i64 = 1_000;
/// From 2026-01-01, when there was no Quibble yet, to 2100-01-01, in milliseconds since the Unix epoch.
pub const CLOCK_EARLIEST_MS: i64 = 1_767_225_600_000;
pub const CLOCK_LATEST_MS: i64 = 4_102_444_800_000;
/// One a day is taken; one may fail.
pub const BACKUP_OLD_AFTER: Duration = Duration::from_secs(48 * 3_600);
/// One that is good to go back to after an upgrade.
pub const BACKUP_RECENT_FOR: Duration = Duration::from_secs(24 * 3_600);
pub const INTEGRITY_CHECK_TIMEOUT: Duration = Duration::from_secs(60);
pub const LOOK_UP_TIMEOUT: Duration = Duration::from_secs(5);
pub const PORT_ANSWER_TIMEOUT: Duration = Duration::from_secs(2);

// Planned games of an account, and how far ahead.
pub const PLANNED_GAMES_MAX: usize = 50;
pub const PLANNED_AHEAD_MAX: Duration = Duration::from_secs(366 * 24 * 3_600);

// Mail. The longest address (RFC 5321, section 4.5.3.1.3), in bytes; a letter for a new password, by account.
pub const EMAIL_BYTES_MAX: usize = 254;
pub const RECOVERY_LETTER_EVERY: Duration = Duration::from_secs(5 * 60);

/// A job that could have been begun for so long has nobody who begins it.
pub const JOB_WAITS_MAX: Duration = Duration::from_secs(15 * 60);

// The owner's pages.
/// How long one look of the doctor's may keep the owner waiting, and for how long what it found is shown again.
pub const EXAMINATION_TIMEOUT: Duration = Duration::from_secs(20);
pub const EXAMINATION_FRESH_FOR: Duration = Duration::from_secs(5);
pub const BACKUPS_LISTED_MAX: usize = 200;
/// Games that are shown, and for how long one is that nobody is connected to and nothing happens in.
pub const TONIGHT_GAMES_MAX: usize = 50;
pub const TONIGHT_QUIET_FOR: Duration = Duration::from_secs(6 * 3_600);
/// Open games that are looked at for those that are shown.
pub const OPEN_GAMES_LOOKED_AT_MAX: u32 = 500;
