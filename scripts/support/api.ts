import { type Client, createClient } from 'graphql-ws';
import WebSocket from 'ws';

/** What a client of the API needs, and nothing of the server's code: queries by HTTP, subscriptions by graphql-transport-ws. */
export class Api {
  private readonly socket: Client;

  constructor(readonly url: string) {
    const retryWait = () => new Promise<void>((resolve) => setTimeout(resolve, 500));
    this.socket = createClient({
      url: `${url.replace(/^http/, 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      retryAttempts: 120,
      retryWait,
      shouldRetry: () => true,
    });
  }

  /** Data of an operation; throws its errors, one a line. */
  async query<Data>(query: string, variables: Record<string, unknown> = {}): Promise<Data> {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${this.url}/graphql`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ query, variables }),
    });
    const { data, errors } = (await response.json()) as { data?: Data; errors?: { message: string }[] };
    if (!data || errors)
      throw new Error((errors ?? []).map(({ message }) => message).join('\n') || `HTTP ${response.status}`);
    return data;
  }

  async *subscribe<Data>(query: string, variables: Record<string, unknown>): AsyncGenerator<Data, void, void> {
    for await (const { data, errors } of this.socket.iterate<Data>({ query, variables })) {
      if (errors) throw new Error(errors.map(({ message }) => message).join('\n'));
      if (data) yield data;
    }
  }

  async image(path: string): Promise<Buffer> {
    const response = await fetch(new URL(path, this.url));
    if (!response.ok) throw new Error(`${path}: HTTP ${response.status}`);
    return Buffer.from(await response.arrayBuffer());
  }

  async close(): Promise<void> {
    await this.socket.dispose();
  }
}
