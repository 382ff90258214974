import { base } from './base';

export interface FieldError {
  field: string;
  message: string;
}

/** What the server refused and why (RFC 9457), or `code` "offline" when it could not be reached. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly fields: readonly FieldError[] = [],
    /** The whole problem document, for members that only one code has. */
    readonly problem: Readonly<Record<string, unknown>> = {},
    /** Seconds to wait before another try, when the server said so. */
    readonly retryAfter?: number,
  ) {
    super(message);
    this.name = 'ApiError';
  }

  field(name: string): string | undefined {
    return this.fields.find((error) => error.field === name)?.message;
  }
}

export interface Page<T> {
  items: T[];
  /** Pass it as `?cursor=`; undefined on the last page. */
  next: string | undefined;
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** A call as it is, for what is no JSON. */
export async function send(
  method: Method,
  path: string,
  body?: unknown,
  signal?: AbortSignal,
): Promise<Response> {
  const raw = body instanceof Blob;
  const init: RequestInit = { method, credentials: 'same-origin', headers: { accept: 'application/json' } };
  if (body !== undefined) {
    init.body = raw ? body : JSON.stringify(body);
    init.headers = { ...init.headers, 'content-type': raw ? body.type : 'application/json' };
  }
  if (signal) init.signal = signal;
  let response: Response;
  try {
    response = await fetch(`${base}/api${path}`, init);
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw new ApiError(0, 'offline', 'The server could not be reached.');
  }
  if (!response.ok) throw await problem(response);
  return response;
}

async function problem(response: Response): Promise<ApiError> {
  const document = (await response.json().catch(() => ({}))) as Record<string, unknown>;
  const text = (name: string) =>
    typeof document[name] === 'string' ? (document[name] as string) : undefined;
  const retryAfter = Number(response.headers.get('retry-after') ?? NaN);
  return new ApiError(
    response.status,
    text('code') ?? `http_${response.status}`,
    text('detail') ?? text('error') ?? text('title') ?? `The server answered ${response.status}.`,
    Array.isArray(document['errors']) ? (document['errors'] as FieldError[]) : [],
    document,
    Number.isFinite(retryAfter) ? retryAfter : undefined,
  );
}

async function json<T>(method: Method, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const response = await send(method, path, body, signal);
  // What says nothing has no type, either.
  return (response.headers.has('content-type') ? await response.json() : undefined) as T;
}

/** Calls under `/api`; `path` starts with a slash. A `Blob` body goes as it is, under its type, anything else as JSON. */
export const api = {
  get: <T>(path: string, signal?: AbortSignal) => json<T>('GET', path, undefined, signal),
  post: <T = void>(path: string, body: unknown = {}, signal?: AbortSignal) =>
    json<T>('POST', path, body, signal),
  put: <T = void>(path: string, body: unknown) => json<T>('PUT', path, body),
  patch: <T = void>(path: string, body: unknown) => json<T>('PATCH', path, body),
  delete: <T = void>(path: string) => json<T>('DELETE', path),
  /** One page of a list, with the cursor of the next. */
  async page<T>(path: string, signal?: AbortSignal): Promise<Page<T>> {
    const response = await send('GET', path, undefined, signal);
    return {
      items: (await response.json()) as T[],
      next: response.headers.get('x-next-cursor') ?? undefined,
    };
  },
};
