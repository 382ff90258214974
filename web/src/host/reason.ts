import { ApiError } from '../shared/api';

/** Why something failed, as a sentence: what the server says of single fields comes before its general word. */
export function reasonOf(error: unknown): string {
  if (error instanceof ApiError && error.fields.length > 0) {
    return error.fields.map((field) => field.message).join(' ');
  }
  return error instanceof Error ? error.message : String(error);
}
