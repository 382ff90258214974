/* The messages on the socket. Generated from the server's types: `UPDATE=1 cargo test protocol`. */
export type AnswerId = string;
export type ClaimId = string;
export type GameId = string;
export type PlayerId = string;
export type QuestionId = string;
export type Phase = "lobby" | "question" | "round_review" | "leaderboard" | "ended";
export type Credit = "none" | "half" | "full";
export type ClosedBy = "host" | "time";
export type PlayerState = "playing" | "left" | "removed";
export type Present = { "view": "answer", question_id: QuestionId, } | { "view": "auto" } | { "view": "blank" } | { "view": "board", 
/**
 * Whether the screen shows the ranks one after another, the last first.
 */
from_last?: boolean, } | { "view": "break", until?: number, } | { "view": "join" };
export type Options = { 
/**
 * Whether the big screen says on every view how to join.
 */
join_strip: boolean, 
/**
 * Whether the big screen only fades: nothing flies, nothing falls.
 */
calm: boolean, 
/**
 * Whether the standings stay with the host until the game ends.
 */
secret_board: boolean, 
/**
 * Whether phones ask before an answer is sent, as a sheet that is handed in.
 */
lock_in: boolean, 
/**
 * Whether the host releases what is left of a round at once.
 */
release_all: boolean, 
/**
 * How long after a question the next one of its round is released by itself, in seconds; 0 is never.
 */
auto_advance: number, 
/**
 * The volume of the big screen in percent; 0 is silence.
 */
sound: number, 
/**
 * The size of what is read on the big screen, in percent of the usual.
 */
text: number, };
export type Kind = "multiple_choice" | "text";
export type Role = "host" | "player" | "screen";
export type Welcome = { role: Role, game_id: GameId, code: string, phase: Phase, seq: number, server_time: number, protocol: number, quiz_name: string, teams: boolean, paused: boolean, 
/**
 * Robots play along, and nothing counts.
 */
practice?: boolean, you?: You, };
export type RosterPlayer = { id: PlayerId, display_name: string, };
export type Roster = { players: Array<RosterPlayer>, 
/**
 * How many there are, where not all are named.
 */
total?: number, };
export type RoundStart = { round: number, total_rounds: number, round_title?: string, questions_in_round: number, };
export type RoundPlace = { round: number, total_rounds: number, };
export type ReleasedQuestion = { id: QuestionId, type: Kind, prompt: string, points: number, choices?: Array<string>, 
/**
 * The nearest number wins.
 */
nearest?: boolean, };
export type QuestionReleased = { pos_in_round: number, total_in_round: number, round: number, total_rounds: number, round_title?: string, question: ReleasedQuestion, closes_at?: number, closed?: boolean, 
/**
 * The player's own saved answer, when they come back.
 */
your_answer?: string, };
export type QuestionClosed = { question_id: QuestionId, by: ClosedBy, };
export type QuestionUnreleased = { question_id: QuestionId, };
export type QuestionTimer = { question_id: QuestionId, closes_at?: number, };
export type Paused = { paused_at: number, };
export type Teams = { allowed: boolean, };
export type Break = { on: boolean, 
/**
 * When the night goes on, in milliseconds since the Unix epoch, if that is known.
 */
until?: number, };
export type BoardEntry = { rank: number, player_id: PlayerId, display_name: string, score: number, };
export type Near = { 
/**
 * How many entries of the board are above the first one here.
 */
above: number, entries: Array<BoardEntry>, };
export type Board = { entries: Array<BoardEntry>, round: number, total_rounds: number, 
/**
 * The reason, when the board changed after it was first shown.
 */
corrected?: string, cancelled?: boolean, 
/**
 * Set while only the host may see the standings: nobody else's copy has entries.
 */
hidden?: boolean, 
/**
 * How many entries there are, where some are left out. `entries` has the first of them then.
 */
total?: number, 
/**
 * The player's own entry and its neighbours, where they do not follow `entries` at once.
 */
near?: Near, };
export type Common = { "type": "break", "payload": Break } | { "type": "game_ended", "payload": Board } | { "type": "game_started", "payload": RoundStart } | { "type": "lobby_update", "payload": Roster } | { "type": "paused", "payload": Paused } | { "type": "question_closed", "payload": QuestionClosed } | { "type": "question_released", "payload": QuestionReleased } | { "type": "question_timer", "payload": QuestionTimer } | { "type": "question_unreleased", "payload": QuestionUnreleased } | { "type": "resumed", "payload": Record<symbol, never> } | { "type": "round_ended", "payload": RoundPlace } | { "type": "round_leaderboard", "payload": Board } | { "type": "round_reopened", "payload": RoundPlace } | { "type": "teams", "payload": Teams };
export type You = { player_id: PlayerId, display_name: string, 
/**
 * Phones of this player that are connected.
 */
devices: number, };
export type Claim = { claim_id: ClaimId, display_name: string, };
export type PlayerOptions = { lock_in: boolean, secret_board: boolean, };
export type AnswerAccepted = { question_id: QuestionId, answer_id: AnswerId, answer: string, };
export type PlayerScore = { question_id: QuestionId, prompt: string, correct_answers: Array<string>, your_answer?: string, correct: boolean, credit?: Credit, points_earned: number, challenged?: boolean, 
/**
 * The nearest number won.
 */
nearest?: boolean, };
export type ScoreAdjustment = { points: number, reason: string, };
export type RoundScores = { round: number, total_rounds: number, questions: Array<PlayerScore>, round_score: number, 
/**
 * What the host gave or took; `round_score` holds it.
 */
adjustments?: Array<ScoreAdjustment>, is_host?: boolean, corrected?: string, };
export type AnswerCount = { answer: string, count: number, credit: Credit, };
export type QuestionAnswers = { question_id: QuestionId, 
/**
 * Everybody who could have answered.
 */
players: number, 
/**
 * How many of them are right.
 */
right: number, 
/**
 * Each option, or the most frequent ones of the written answers; where the nearest wins, the nearest.
 */
counts: Array<AnswerCount>, 
/**
 * How many gave an answer that is not among `counts`.
 */
others?: number, };
export type RoundAnswers = { round: number, questions: Array<QuestionAnswers>, };
export type ToPlayer = { "type": "answer_accepted", "payload": AnswerAccepted } | { "type": "claim", "payload": Claim } | { "type": "options", "payload": PlayerOptions } | { "type": "round_answers", "payload": RoundAnswers } | { "type": "round_scores", "payload": RoundScores } | { "type": "welcome", "payload": Welcome } | { "type": "you", "payload": You } | Common;
export type HostChoice = { text: string, correct: boolean, };
export type HostQuestion = { id: QuestionId, type: Kind, prompt: string, points: number, accepted_answers?: Array<string>, choices?: Array<HostChoice>, notes?: string, 
/**
 * The nearest number wins.
 */
nearest?: boolean, time_limit_seconds?: number, };
export type HostRound = { title?: string, time_limit_seconds?: number, questions: Array<HostQuestion>, };
export type HostQuiz = { name: string, rounds: Array<HostRound>, };
export type PulseState = "closed" | "open" | "pending";
export type QuestionPulse = { id: QuestionId, state: PulseState, closes_at?: number, answered: number, 
/**
 * How long the players took to answer, the median, in milliseconds.
 */
median_ms?: number, };
export type HostPlayer = { id: PlayerId, display_name: string, state: PlayerState, 
/**
 * Phones that are connected.
 */
online: number, 
/**
 * Questions of the current round that the player answered.
 */
answered: Array<QuestionId>, joined_in_round: number, 
/**
 * Rounds that were over when the player came.
 */
rounds_missed?: number, 
/**
 * The shown name may offend.
 */
name_warning?: boolean, 
/**
 * The name that the player chose, while another one is shown.
 */
own_name?: string, 
/**
 * When the last phone went away, in milliseconds since the Unix epoch.
 */
last_seen?: number, };
export type HostClaim = { claim_id: ClaimId, player_id: PlayerId, display_name: string, at: number, };
export type HostAdjustment = { 
/**
 * What takes it back.
 */
id: number, player_id: PlayerId, round: number, points: number, reason: string, };
export type JournalEntry = { seq: number, at: number, text_key: string, args: { [key in string]: string }, };
export type HostState = { phase: Phase, round: number, total_rounds: number, locked: boolean, teams: boolean, options: Options, paused_at?: number, 
/**
 * When the next question comes out by itself.
 */
next_at?: number, present: Present, questions: Array<QuestionPulse>, players: Array<HostPlayer>, claims: Array<HostClaim>, screens: number, hosts: number, corrections_pending: boolean, 
/**
 * What the host gave and took, as it stands.
 */
adjustments: Array<HostAdjustment>, log: Array<JournalEntry>, };
export type JudgedBy = "auto" | "host";
export type AnswerGroup = { answer_group: string, 
/**
 * As the first of them was typed.
 */
text: string, count: number, credit: Credit, by: JudgedBy, 
/**
 * The accepted answer that these nearly are.
 */
suggested?: string, 
/**
 * How far these are from the right number, where the nearest wins; none where they are no number.
 */
distance?: string, player_ids: Array<PlayerId>, };
export type ReviewAnswer = { player_id: PlayerId, player_name: string, answer: string, correct: boolean, overridden: boolean, credit: Credit, answer_group: string, challenged?: boolean, };
export type ReviewQuestion = { question_id: QuestionId, prompt: string, type: Kind, points: number, correct_answers: Array<string>, 
/**
 * The nearest number wins.
 */
nearest?: boolean, answers: Array<ReviewAnswer>, groups: Array<AnswerGroup>, };
export type RoundReview = { round: number, total_rounds: number, questions: Array<ReviewQuestion>, released: boolean, corrections_pending: boolean, };
export type ScoreboardUpdate = { question_id: QuestionId, answer_count: number, };
export type ToHost = { "type": "host_quiz", "payload": HostQuiz } | { "type": "host_state", "payload": HostState } | { "type": "round_review", "payload": RoundReview } | { "type": "round_scores", "payload": RoundScores } | { "type": "scoreboard_update", "payload": ScoreboardUpdate } | { "type": "welcome", "payload": Welcome } | Common;
export type Revealed = { question_id: QuestionId, type: Kind, prompt: string, points: number, correct_answers: Array<string>, 
/**
 * The nearest number wins.
 */
nearest?: boolean, histogram: Array<AnswerCount>, };
export type ScreenState = { 
/**
 * The address that a phone opens to join.
 */
join_url: string, code: string, quiz_name: string, phase: Phase, paused_at?: number, 
/**
 * When the next question comes out by itself.
 */
next_at?: number, present: Present, options: Options, 
/**
 * Robots play along, and nothing counts.
 */
practice?: boolean, player_count: number, round: number, total_rounds: number, round_title?: string, 
/**
 * Only while `present` is `answer`, which the rules allow once the scores are released.
 */
answer?: Revealed, };
export type ToScreen = { "type": "screen_state", "payload": ScreenState } | { "type": "welcome", "payload": Welcome } | Common;
export type Pong = { server_time: number, };
export type Reconnect = { after_ms: number, };
export type Refused = { code: string, message: string, };
export type Direct = { "type": "answer_accepted", "payload": AnswerAccepted } | { "type": "done", "payload": Record<symbol, never> } | { "type": "pong", "payload": Pong } | { "type": "reconnect", "payload": Reconnect } | { "type": "refused", "payload": Refused };
export type Empty = Record<symbol, never>;
export type Hello = { session?: string, token?: string, screen?: string, since?: number, 
/**
 * A phone wants long rosters and boards in short: the first names, the top, and its own neighbourhood.
 */
brief?: boolean, };
export type Step = { expected_seq?: number, };
export type MaybeQuestion = { expected_seq?: number, question_id?: QuestionId, };
export type ReleaseQuestion = { expected_seq?: number, question_id?: QuestionId, all?: boolean, };
export type OneQuestion = { expected_seq?: number, question_id: QuestionId, };
export type OnePlayer = { expected_seq?: number, player_id: PlayerId, };
export type RenamePlayer = { expected_seq?: number, player_id: PlayerId, display_name: string, };
export type Lock = { expected_seq?: number, locked: boolean, };
export type SetOptions = { expected_seq?: number, join_strip?: boolean, calm?: boolean, secret_board?: boolean, lock_in?: boolean, release_all?: boolean, auto_advance?: number, sound?: number, text?: number, };
export type SetTeams = { expected_seq?: number, allowed: boolean, };
export type ExtendTime = { expected_seq?: number, seconds: number, question_id?: QuestionId, };
export type ReleaseScores = { expected_seq?: number, reason?: string, };
export type AdjustScore = { expected_seq?: number, player_id: PlayerId, points: number, reason: string, };
export type UndoAdjustment = { expected_seq?: number, adjustment: number, reason?: string, };
export type PresentStep = { expected_seq?: number, view: string, question_id?: QuestionId, minutes?: number, from_last?: boolean, };
export type CreditChoice = "auto" | "full" | "half" | "none";
export type OverrideAnswer = { expected_seq?: number, question_id: QuestionId, player_id?: PlayerId, answer_group?: string, correct?: boolean, credit?: CreditChoice, 
/**
 * Also an accepted answer of the bank's question from now on.
 */
remember?: boolean, };
export type SubmitAnswer = { question_id: QuestionId, answer: string, };
export type Rename = { display_name: string, };
export type DecideClaim = { claim_id: ClaimId, approve: boolean, };
export type ClientMessage = { "type": "hello", "payload": Hello } | { "type": "ping", "payload": Empty } | { "type": "adjust_score", "payload": AdjustScore } | { "type": "close_question", "payload": MaybeQuestion } | { "type": "decide_claim", "payload": DecideClaim } | { "type": "end_game", "payload": Step } | { "type": "end_round", "payload": Step } | { "type": "extend_time", "payload": ExtendTime } | { "type": "hide_name", "payload": OnePlayer } | { "type": "lock", "payload": Lock } | { "type": "override_answer", "payload": OverrideAnswer } | { "type": "pause", "payload": Step } | { "type": "present", "payload": PresentStep } | { "type": "release_question", "payload": ReleaseQuestion } | { "type": "release_scores", "payload": ReleaseScores } | { "type": "remove_player", "payload": OnePlayer } | { "type": "rename_player", "payload": RenamePlayer } | { "type": "reopen_round", "payload": Step } | { "type": "restore_player", "payload": OnePlayer } | { "type": "resume", "payload": Step } | { "type": "set_options", "payload": SetOptions } | { "type": "set_teams", "payload": SetTeams } | { "type": "show_name", "payload": OnePlayer } | { "type": "start_game", "payload": Step } | { "type": "start_next_round", "payload": Step } | { "type": "undo_adjustment", "payload": UndoAdjustment } | { "type": "unrelease_question", "payload": OneQuestion } | { "type": "challenge", "payload": OneQuestion } | { "type": "leave", "payload": Empty } | { "type": "rename", "payload": Rename } | { "type": "show_board", "payload": Empty } | { "type": "submit_answer", "payload": SubmitAnswer };

/** Everything that a server says. */
export type ServerMessage = ToHost | ToPlayer | ToScreen | Direct;
/** What stands around every message. */
export interface Envelope { payload: unknown; seq?: number; id?: string }
/** What a player's phone says. */
export type PlayerMessage = Extract<ClientMessage, { type: "challenge" | "decide_claim" | "leave" | "rename" | "submit_answer" }>;
/** What a host's console says. */
export type HostMessage = Exclude<ClientMessage, { type: "challenge" | "hello" | "leave" | "ping" | "rename" | "submit_answer" }>;
