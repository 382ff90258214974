/** The server's REST answers by the names that this app gives them. */
import type { Answer, Request } from '../shared/api-schema';
import type { Phase } from '../shared/protocol';

export type ServerInfo = Answer<'Server'>;
/** How connections are encrypted. */
export type Encryption = Answer<'Encryption'>;
export type Account = Answer<'AccountView'>;
/** Where mail to an account goes. */
export type Email = Answer<'Email'>;
export type SetupLink = Answer<'SetupView'>;
export type ConsoleLink = Answer<'NewConsoleLink'>;
export type ConsoleGrant = Answer<'ConsoleLinkView'>;
export type ConsoleOpened = Answer<'ConsoleOpened'>;
export type Session = Answer<'SessionView'>;
export type ApiToken = Answer<'TokenView'>;
/** A token as answered once, on creation. */
export type NewApiToken = ApiToken & { token: string };

export type Bank = Answer<'BankView'>;
export type NamedText = Pick<Bank, 'name' | 'description'>;

export type QuestionType = Answer<'QuestionKind'>;
export type Marking = Answer<'MarkingView'>;
/** What a question says, without its place. */
export type QuestionBody = Answer<'QuestionContent'>;
export type Question = Answer<'QuestionView'>;
/** A question as found by a search over all banks. */
export type FoundQuestion = Answer<'FoundView'>;
export type TryAnswer = Answer<'TryView'>;

export type QuizSummary = Answer<'QuizView'>;
export type Quiz = Answer<'QuizDetail'>;
export type Round = Answer<'RoundView'>;
export type RoundBody = Pick<Round, 'title' | 'time_limit_seconds' | 'planned_questions'>;
/** What a round is filled with, at random. */
export type Fill = Request<'FillBody'>;
export type Filled = Answer<'FilledView'>;
/** How a question went in past games. */
export type Difficulty = Answer<'DifficultyView'>;

export type Tag = Answer<'TagView'>;
/** Questions that seem to be there twice. */
export type Repeats = Answer<'RepeatsView'>;
export type Repeat = Answer<'RepeatView'>;
/** What to do with several questions of a bank. */
export type Batch = Omit<Request<'BatchBody'>, 'ids'>;

/** What was deleted and can come back. */
export type Binned = Answer<'BinnedView'>;
/** A text that a question had. */
export type QuestionVersion = Answer<'VersionView'>;

export type ImportMapping = Request<'MappingView'>;
export type ImportProblem = Answer<'ProblemView'>;
export type ImportPreviewProblem = Answer<'PreviewProblem'>;
/** A row as it is to be read instead; without cells it is left out. */
export interface ImportFix {
  row: number;
  cells?: string[];
}
/** `mapping` is null where there is no table, or where nothing says what its columns hold; then `fields` is, too. */
export type ImportPreview = Omit<Answer<'PreviewView'>, 'mapping' | 'fields' | 'problems'> & {
  mapping: ImportMapping | null;
  fields: ImportFields | null;
  problems: ImportPreviewProblem[];
};
export type ImportFields = { columns: string[]; mapping: ImportMapping };
export type Import = Answer<'ImportView'>;

/** The schema has plain strings for the status and the phase. */
export type Game = Omit<Answer<'GameView'>, 'status' | 'phase'> & { status: GameStatus; phase: Phase };
export type GameStatus = 'lobby' | 'in_progress' | 'completed' | 'cancelled';
/** The link of a new screen, which a waiting screen that was paired has no need of. */
export type ScreenLink = Required<Answer<'Connected'>>;

/** An account as the owner sees it. */
export type OperatedAccount = Answer<'OperatedAccount'>;
/** Whoever opens it chooses the password of the account. */
export type AccountLink = Answer<'AccountLink'>;
export type Backups = Answer<'BackupsView'>;
export type Backup = Answer<'BackupView'>;
export type BackupWork = Answer<'BackupWork'>;
export type JobState = 'queued' | 'running' | 'done' | 'dead' | 'cancelled';
/** Something that is done beside the games. The schema has plain strings for the kind and the state. */
export type Job = Omit<Answer<'JobView'>, 'state'> & { state: JobState };
/** What the doctor says. */
export type Health = Answer<'Health'>;
export type HealthCheck = Answer<'HealthCheck'>;
export type ServerProcess = Answer<'ProcessView'>;
export type Setting = Answer<'SettingView'>;
export type TonightGame = Omit<Answer<'TonightGame'>, 'phase'> & { phase: Phase };
export type Tonight = Omit<Answer<'Tonight'>, 'games'> & { games: TonightGame[] };

export type ResultStanding = Answer<'ResultStanding'>;
/** `difficulty` is the share of the answers that were not right, 0–1; null when nobody answered. */
export type ResultQuestion = Omit<Answer<'ResultQuestion'>, 'difficulty'> & { difficulty: number | null };
export type ResultRound = Omit<Answer<'ResultRound'>, 'questions'> & { questions: ResultQuestion[] };
export type Results = { game: Game; standings: ResultStanding[]; rounds: ResultRound[] };
/** A game whose lobby opens by itself. */
export type PlannedGame = Answer<'PlannedView'>;
