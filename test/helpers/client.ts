import { type Client, createClient } from 'graphql-ws';
import WebSocket from 'ws';

export interface ApiError {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions: {
    readonly code: string;
    readonly argument?: string;
    readonly expected?: string;
    readonly got?: string;
    readonly limit?: number;
    readonly value?: number;
    readonly setting?: string;
  };
}

export interface Answer<Data> {
  readonly status: number;
  readonly data: Data | null;
  readonly errors: readonly ApiError[];
}

/** A client as an application would write one: fetch for operations, graphql-ws for subscriptions. */
export class ApiClient {
  constructor(
    readonly url: string,
    /** Bearer token; none if left out. */
    readonly token: string | null = null,
  ) {}

  /** The same server for the holder of another token. */
  as(token: string | null): ApiClient {
    return new ApiClient(this.url, token);
  }

  /** What authenticates a request. */
  get authorization(): Record<string, string> {
    return this.token === null ? {} : { authorization: `Bearer ${this.token}` };
  }

  async request<Data = Record<string, unknown>>(query: string, variables: object = {}): Promise<Answer<Data>> {
    return this.send<Data>(JSON.stringify({ query, variables }));
  }

  /** A body as it is, for numbers that JSON.stringify does not write, such as 1e999. */
  async send<Data>(body: string, headers: Record<string, string> = { 'content-type': 'application/json' }) {
    const all = { ...this.authorization, ...headers };
    const response = await fetch(`${this.url}/graphql`, { method: 'POST', headers: all, body });
    const answer = (await response.json()) as { data?: Data; errors?: ApiError[] };
    return { status: response.status, data: answer.data ?? null, errors: answer.errors ?? [] };
  }

  /** The data; throws what errors say. */
  async query<Data>(query: string, variables: object = {}): Promise<Data> {
    const { data, errors } = await this.request<Data>(query, variables);
    if (data === null || errors.length > 0) throw new Error(errors.map((error) => error.message).join('\n'));
    return data;
  }

  /** The only error of an operation that must fail. */
  async errorOf(query: string, variables: object = {}): Promise<ApiError> {
    const { errors } = await this.request(query, variables);
    if (errors.length !== 1 || errors[0] === undefined)
      throw new Error(`expected one error: ${JSON.stringify(errors)}`);
    return errors[0];
  }

  socket(): Client {
    return createClient({
      url: `${this.url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      retryAttempts: 0,
      ...(this.token === null ? {} : { connectionParams: { token: this.token } }),
    });
  }
}

/** All results of a subscription until it completes, or until `enough` says so. */
export async function collect<Data>(
  client: Client,
  query: string,
  variables: Record<string, unknown>,
  enough: (results: readonly Data[]) => boolean = () => false,
): Promise<Data[]> {
  const results: Data[] = [];
  for await (const { data, errors } of client.iterate<Data>({ query, variables })) {
    if (errors) throw new SubscriptionError(errors);
    if (data) results.push(data);
    if (enough(results)) break;
  }
  return results;
}

export class SubscriptionError extends Error {
  constructor(readonly errors: readonly { readonly message: string; readonly extensions?: unknown }[]) {
    super(errors.map((error) => error.message).join('\n'));
  }
}
