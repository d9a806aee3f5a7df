import { ApiError, apiError, unreachable } from './errors';
import type { TypedDocumentString } from './operations';
import { signInNeeded, token } from './session';
import type { Answer } from './wire';

/**
 * Data of a query or mutation. Throws {@link ApiError}: the API's own code, or UNREACHABLE where no answer came.
 * UNAUTHENTICATED also opens the sign-in.
 */
export async function request<Data, Variables>(
  document: TypedDocumentString<Data, Variables>,
  variables: Variables,
  signal?: AbortSignal,
): Promise<Data> {
  const response = await post(JSON.stringify({ query: document.toString(), variables }), signal);
  const { data, errors } = await answerOf<Data>(response);
  if (errors?.length || !data) throw refused(apiError(errors ?? []));
  return data;
}

/** Uploads a file to a route outside of GraphQL (`/images`, `/directions`); the JSON that it answers. */
export async function upload<Body>(path: string, file: Blob, signal?: AbortSignal): Promise<Body> {
  const response = await reach(path, {
    method: 'POST',
    body: file,
    headers: headers(file.type),
    signal: signal ?? null,
  });
  const body = (await response.json().catch(() => ({}))) as Body & Answer<unknown>;
  if (!response.ok) throw refused(apiError(body.errors ?? [{ message: `${path} answered ${response.status}.` }]));
  return body;
}

function post(body: string, signal?: AbortSignal): Promise<Response> {
  return reach('/graphql', { method: 'POST', body, headers: headers('application/json'), signal: signal ?? null });
}

export function headers(contentType: string): Record<string, string> {
  const authorization = token.value === null ? {} : { authorization: `Bearer ${token.value}` };
  return { 'content-type': contentType, ...authorization };
}

async function reach(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(path, init);
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw unreachable(error);
  }
}

/** A proxy in front of a server that is away answers in HTML: for this page that is no answer. */
async function answerOf<Data>(response: Response): Promise<Answer<Data>> {
  try {
    return (await response.json()) as Answer<Data>;
  } catch (error) {
    throw unreachable(error);
  }
}

function refused(error: ApiError): ApiError {
  if (error.code === 'UNAUTHENTICATED') signInNeeded.value = true;
  return error;
}
