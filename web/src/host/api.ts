import { api as wire, ApiError, type Page } from '../shared/api';
import { base } from '../shared/base';
import { connection } from './connection.svelte';
import type {
  Account,
  ApiToken,
  Bank,
  Batch,
  Difficulty,
  Email,
  Encryption,
  Fill,
  Filled,
  Binned,
  ConsoleGrant,
  ConsoleLink,
  ConsoleOpened,
  FoundQuestion,
  Game,
  Import,
  ImportFix,
  ImportMapping,
  ImportPreview,
  Marking,
  NamedText,
  NewApiToken,
  PlannedGame,
  Question,
  QuestionBody,
  QuestionVersion,
  Repeats,
  Quiz,
  QuizSummary,
  Results,
  Round,
  RoundBody,
  ScreenLink,
  ServerInfo,
  Session,
  SetupLink,
  Tag,
  TryAnswer,
} from './rest';
import { session } from './session.svelte';
import { newUuid } from './uuid';

export { ApiError, type Page };

/** Notices on the way what concerns the whole app: a server that is away, a session that has ended. */
export async function noted<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof ApiError) {
      // A proxy answers for a server that is away.
      if ([0, 502, 503, 504].includes(error.status)) connection.lost();
      if (error.status === 401 && error.code !== 'bad_credentials') session.lapsed();
    }
    throw error;
  }
}

export const get = <T>(path: string, signal?: AbortSignal) => noted(wire.get<T>(path, signal));
export const page = <T>(path: string, signal?: AbortSignal) => noted(wire.page<T>(path, signal));
export const post = <T>(path: string, body?: unknown, signal?: AbortSignal) =>
  noted(wire.post<T>(path, body, signal));
const put = <T>(path: string, body: unknown) => noted(wire.put<T>(path, body));
const patch = (path: string, body: unknown) => noted(wire.patch(path, body));
const remove = (path: string) => noted(wire.delete(path));

export function query(values: Record<string, string | number | undefined>): string {
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined && value !== '') given.set(name, String(value));
  }
  const text = given.toString();
  return text === '' ? '' : `?${text}`;
}

export const server = () => get<ServerInfo>('/server');
export const encryption = () => get<Encryption>('/certificate');

export const account = {
  me: () => get<Account>('/me'),
  checkLink: (token: string) => post<SetupLink>('/setup/check', { token }),
  setUp: (body: { token: string; username?: string; password: string }) => post<Account>('/setup', body),
  signIn: (username: string, password: string) => post<Account>('/session', { username, password }),
  signOut: () => remove('/session'),
  changePassword: (current_password: string, new_password: string) =>
    put('/account/password', { current_password, new_password }),
  email: () => get<Email>('/account/email'),
  changeEmail: (email: string) => put<Email>('/account/email', { email }),
  /** A letter with a link for a new password, if the account has an address. */
  recover: (username: string) => post('/recovery', { username }),
  sessions: () => get<Session[]>('/account/sessions'),
  endSession: (id: string) => remove(`/account/sessions/${id}`),
  tokens: () => get<ApiToken[]>('/account/tokens'),
  newToken: (name: string) => post<NewApiToken>('/account/tokens', { name }),
  revokeToken: (id: string) => remove(`/account/tokens/${id}`),
};

export const consoleLinks = {
  create: (game: string) => post<ConsoleLink>(`/games/${game}/console-link`),
  cancel: (game: string) => remove(`/games/${game}/console-link`),
  check: (token: string) => post<ConsoleGrant>('/console-link/check', { token }),
  use: (token: string) => post<ConsoleOpened>('/console-link/use', { token }),
};

export const banks = {
  page: (q: string, cursor?: string) => page<Bank>(`/banks${query({ q, cursor, limit: 100 })}`),
  get: (id: string) => get<Bank>(`/banks/${id}`),
  create: (body: NamedText) => post<Bank>('/banks', body),
  update: (id: string, body: NamedText) => put<Bank>(`/banks/${id}`, body),
  remove: (id: string) => remove(`/banks/${id}`),
  restore: (id: string) => post<Bank>(`/banks/${id}/restore`),
  importFile: (file: unknown) => post<Bank>('/banks/import', file),
  exportUrl: (id: string) => `${base}/api/banks/${id}/export`,
};

export const bin = {
  page: (cursor?: string) => page<Binned>(`/bin${query({ cursor, limit: 100 })}`),
  /** For good. */
  purge: (kind: Binned['kind'], id: string) => remove(`/bin/${kind}/${id}`),
  empty: () => remove('/bin'),
};

export const questions = {
  page: (bank: string, cursor?: string, signal?: AbortSignal) =>
    page<Question>(`/banks/${bank}/questions${query({ limit: 200, cursor })}`, signal),
  /** `id` is made here, so that a question that is sent twice is there once. */
  create: (bank: string, id: string, body: QuestionBody) =>
    post<Question>(`/banks/${bank}/questions`, { id, ...body }),
  update: (bank: string, id: string, body: QuestionBody & { version: number }) =>
    put<Question>(`/banks/${bank}/questions/${id}`, body),
  remove: (bank: string, id: string) => remove(`/banks/${bank}/questions/${id}`),
  restore: (bank: string, id: string) => post<Question>(`/banks/${bank}/questions/${id}/restore`),
  versions: (bank: string, id: string) => get<QuestionVersion[]>(`/banks/${bank}/questions/${id}/versions`),
  reorder: (bank: string, ids: string[]) => patch(`/banks/${bank}/questions/reorder`, { ids }),
  search: (q: string, bank_id: string, tag: string, cursor?: string, signal?: AbortSignal) =>
    page<FoundQuestion>(`/questions${query({ q, bank_id, tag, cursor, limit: 50 })}`, signal),
  tags: () => get<Tag[]>('/tags'),
  repeats: () => get<Repeats>('/questions/repeats'),
  /** Answers those that are there then. */
  batch: (bank: string, ids: string[], batch: Batch) =>
    post<Question[]>(`/banks/${bank}/questions/batch`, { ids, ...batch }),
  tryAnswer: (accepted_answers: string[], marking: Marking, answer: string, signal?: AbortSignal) =>
    post<TryAnswer>('/try-answer', { accepted_answers, marking, answer }, signal),
};

/** How a file is to be read: its columns, and what is changed about single rows. */
export interface ImportAsked {
  mapping: ImportMapping | null;
  /** Of a workbook; undefined leaves the choice to the server. */
  sheet?: string | undefined;
  fixes: readonly ImportFix[];
}

const importPath = (bank: string, step: string, { mapping, sheet }: ImportAsked) =>
  `/banks/${bank}/imports${step}${query({ sheet, mapping: mapping === null ? undefined : JSON.stringify(mapping) })}`;

/** A file as it is, or a form (RFC 7578) with the fixes of its rows. */
export function importBody(file: Blob, { fixes }: ImportAsked): Blob {
  if (fixes.length === 0) return new Blob([file], { type: 'application/octet-stream' });
  const edge = `quibble-${newUuid()}`;
  const part = (name: string) => `--${edge}\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n`;
  const parts = [part('fixes'), JSON.stringify(fixes), '\r\n', part('file'), file, `\r\n--${edge}--\r\n`];
  return new Blob(parts, { type: `multipart/form-data; boundary=${edge}` });
}

export const imports = {
  preview: (bank: string, file: Blob, asked: ImportAsked, signal?: AbortSignal) =>
    post<ImportPreview>(importPath(bank, '/preview', asked), importBody(file, asked), signal),
  start: (bank: string, file: Blob, asked: ImportAsked) =>
    post<Import>(importPath(bank, '', asked), importBody(file, asked)),
  list: (bank: string) => get<Import[]>(`/banks/${bank}/imports`),
  get: (bank: string, id: string) => get<Import>(`/banks/${bank}/imports/${id}`),
  cancel: (bank: string, id: string) => post<Import>(`/banks/${bank}/imports/${id}/cancel`),
  undo: (bank: string, id: string) => post<Import>(`/banks/${bank}/imports/${id}/undo`),
};

export const quizzes = {
  page: (q: string, cursor?: string) => page<QuizSummary>(`/quizzes${query({ q, cursor, limit: 100 })}`),
  get: (id: string) => get<Quiz>(`/quizzes/${id}`),
  create: (body: NamedText) => post<QuizSummary>('/quizzes', body),
  update: (id: string, body: NamedText) => put<QuizSummary>(`/quizzes/${id}`, body),
  remove: (id: string) => remove(`/quizzes/${id}`),
  restore: (id: string) => post<QuizSummary>(`/quizzes/${id}/restore`),
  importFile: (file: unknown) => post<QuizSummary>('/quizzes/import', file),
  /** Adds the sample banks and the sample quiz. */
  samples: () => post<QuizSummary>('/samples'),
  difficulty: (id: string) => get<Difficulty[]>(`/quizzes/${id}/difficulty`),
  exportUrl: (id: string) => `${base}/api/quizzes/${id}/export`,
};

export const rounds = {
  create: (quiz: string, body: RoundBody) => post<Round>(`/quizzes/${quiz}/rounds`, body),
  update: (quiz: string, id: string, body: RoundBody) => put(`/quizzes/${quiz}/rounds/${id}`, body),
  remove: (quiz: string, id: string) => remove(`/quizzes/${quiz}/rounds/${id}`),
  restore: (quiz: string, id: string) => post<Round>(`/quizzes/${quiz}/rounds/${id}/restore`),
  reorder: (quiz: string, ids: string[]) => patch(`/quizzes/${quiz}/rounds/reorder`, { ids }),
  fill: (quiz: string, id: string, body: Fill) => post<Filled>(`/quizzes/${quiz}/rounds/${id}/fill`, body),
  setQuestions: (quiz: string, id: string, question_ids: string[]) =>
    put(`/quizzes/${quiz}/rounds/${id}/questions`, { question_ids }),
};

export const games = {
  page: (cursor?: string) => page<Game>(`/games${query({ cursor, limit: 100 })}`),
  get: (id: string) => get<Game>(`/games/${id}`),
  create: (quiz_id: string, teams: boolean) => post<Game>('/games', { quiz_id, teams }),
  planned: () => get<PlannedGame[]>('/planned-games'),
  plan: (quiz_id: string, teams: boolean, opens_at: string) =>
    post<PlannedGame>('/planned-games', { quiz_id, teams, opens_at }),
  cancelPlanned: (id: string) => remove(`/planned-games/${id}`),
  practise: (quiz_id: string) => post<Game>('/games', { quiz_id, practice: true }),
  cancel: (id: string) => remove(`/games/${id}`),
  results: (id: string) => get<Results>(`/games/${id}/results`),
  csvUrl: (id: string) => `${base}/api/games/${id}/results.csv`,
  jsonUrl: (id: string) => `${base}/api/games/${id}/results.json`,
  newScreen: (id: string) => post<ScreenLink>(`/games/${id}/screens`),
};
