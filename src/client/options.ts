/** Whether a server can be heard. */
export type ConnectionState = 'OPEN' | 'LOST' | 'CLOSED';

export interface ClientOptions {
  /** Of the server, such as `http://localhost:4000`. */
  readonly url: string | URL;
  /** Where the server asks for one. A function is asked before each request. */
  readonly token?: string | (() => string | null);
  /** In place of the global one. */
  readonly fetch?: typeof globalThis.fetch;
  /** A WebSocket class in place of the global one. */
  readonly webSocket?: unknown;
  /** Told when the socket of the subscriptions opens, is lost, or is closed since nothing needs it. */
  readonly onConnection?: (state: ConnectionState) => void;
}

export interface RequestOptions {
  /** Aborted, the call throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** What the parts of a client share. */
export interface Connection {
  readonly origin: URL;
  readonly fetch: typeof globalThis.fetch;
  readonly webSocket: unknown;
  readonly onConnection: (state: ConnectionState) => void;
  token(): string | null;
}

export function connectionOf({ url, token, fetch, webSocket, onConnection }: ClientOptions): Connection {
  return {
    origin: new URL(url),
    // The global one, called as a method of anything else, throws in browsers.
    fetch: fetch ?? ((input, init) => globalThis.fetch(input, init)),
    webSocket,
    onConnection: onConnection ?? (() => {}),
    token: () => (typeof token === 'function' ? token() : (token ?? null)),
  };
}
