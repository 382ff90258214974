import { send } from '../../../shared/api';
import { get, noted, page, post, query } from '../../api';
import type {
  AccountLink,
  Backups,
  BackupWork,
  Health,
  Job,
  OperatedAccount,
  ServerProcess,
  Setting,
  Tonight,
} from '../../rest';

const backup = (name: string) => `/operator/backups/${encodeURIComponent(name)}`;

/** What the owner may ask of the server. */
export const operator = {
  tonight: (signal?: AbortSignal) => get<Tonight>('/operator/tonight', signal),
  health: () => get<Health>('/operator/health'),
  process: () => get<ServerProcess>('/operator/process'),
  settings: () => get<Setting[]>('/operator/settings'),
  backups: (signal?: AbortSignal) => get<Backups>('/operator/backups', signal),
  backUp: () => post<BackupWork>('/operator/backups'),
  checkBackup: (name: string) => post<BackupWork>(`${backup(name)}/check`),
  backupFile: (name: string, password: string) =>
    noted(send('POST', `${backup(name)}/download`, { password }).then((response) => response.blob())),
  jobs: (state: string, limit: number, cursor?: string) =>
    page<Job>(`/jobs${query({ state, limit, cursor })}`),
  retryJob: (id: string) => post<Job>(`/jobs/${id}/retry`),
  cancelJob: (id: string) => post<Job>(`/jobs/${id}/cancel`),
  accounts: () => get<OperatedAccount[]>('/operator/accounts'),
  makeAccount: (username: string) => post<AccountLink>('/operator/accounts', { username }),
  linkAccount: (id: string) => post<AccountLink>(`/operator/accounts/${id}/link`),
  disableAccount: (id: string) => post<OperatedAccount>(`/operator/accounts/${id}/disable`),
  enableAccount: (id: string) => post<OperatedAccount>(`/operator/accounts/${id}/enable`),
};
