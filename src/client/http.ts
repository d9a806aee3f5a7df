import { type AnswerError, AzimuthError, answerError, connectionFailed } from './errors.js';
import type { Connection, RequestOptions } from './options.js';
import type { TypedDocument } from './typed-document.js';

interface Answer<Result> {
  readonly data?: Result | null;
  readonly errors?: readonly AnswerError[];
}

/** The data of an operation; throws the first of its errors. */
export async function execute<Result, Variables>(
  connection: Connection,
  document: TypedDocument<Result, Variables>,
  variables: Variables | undefined,
  options: RequestOptions = {},
): Promise<Result> {
  const body = JSON.stringify({ query: document.toString(), variables });
  const headers = { 'content-type': 'application/json' };
  const response = await send(connection, '/graphql', { method: 'POST', headers, body }, options);
  const { data, errors } = await answerOf<Result>(response);
  if (errors !== undefined || data === undefined || data === null) throw answerError(errors ?? []);
  return data;
}

/** POSTs a file as it is; resolves to what the server says of it. */
export async function upload<Result>(
  connection: Connection,
  path: string,
  body: Blob,
  options: RequestOptions = {},
): Promise<Result> {
  const headers = { 'content-type': body.type };
  const response = await send(connection, path, { method: 'POST', headers, body }, options);
  if (!response.ok) throw await refusalOf(response);
  return (await response.json()) as Result;
}

/** A file of the server, by the URL that a field gave. */
export async function download(connection: Connection, url: string, options: RequestOptions = {}): Promise<Blob> {
  const response = await send(connection, url, {}, options);
  if (!response.ok) throw await refusalOf(response);
  return response.blob();
}

async function send(
  connection: Connection,
  path: string,
  { headers, ...init }: { method?: string; headers?: Record<string, string>; body?: string | Blob },
  { signal }: RequestOptions,
): Promise<Response> {
  const url = new URL(path, connection.origin);
  const token = connection.token();
  const authorization = token === null || url.origin !== connection.origin.origin ? {} : bearer(token);
  try {
    const all = { ...init, headers: { ...headers, ...authorization }, signal: signal ?? null };
    return await connection.fetch(url, all);
  } catch (error) {
    signal?.throwIfAborted();
    const advice = 'Is the server running, and may this page use it?';
    throw connectionFailed(`${url.origin} did not answer. ${advice}`, error);
  }
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

async function answerOf<Result>(response: Response): Promise<Answer<Result>> {
  const text = await response.text();
  try {
    return JSON.parse(text) as Answer<Result>;
  } catch (cause) {
    // A proxy in between, or another server than the one meant.
    throw connectionFailed(`${response.url} answered HTTP ${response.status}, and not with JSON.`, cause);
  }
}

async function refusalOf(response: Response): Promise<AzimuthError> {
  const { errors } = await answerOf<never>(response);
  return answerError(errors ?? [{ message: `${response.url} answered HTTP ${response.status}.` }]);
}
