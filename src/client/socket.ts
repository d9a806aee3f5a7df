import { type Client, createClient } from 'graphql-ws/client';
import type { Connection } from './options.js';

const PING_EVERY_MS = 10_000;
/** A network that vanishes says nothing: without a sign of life for so long, the socket is given up. */
const SIGN_OF_LIFE_MS = 5000;
/** Kept open between two edits of a slider. */
const IDLE_MS = 10_000;

/** The one socket of a client's subscriptions, opened when one needs it. It never retries by itself: `replay.ts` does. */
export function openSocket({ origin, webSocket, token, onConnection }: Connection): Client {
  let deadline: ReturnType<typeof setTimeout> | undefined;
  const expectLife = () => {
    clearTimeout(deadline);
    deadline = setTimeout(() => client.terminate(), SIGN_OF_LIFE_MS);
  };
  const alive = () => clearTimeout(deadline);
  const client = createClient({
    url: socketUrl(origin),
    webSocketImpl: webSocket,
    retryAttempts: 0,
    lazyCloseTimeout: IDLE_MS,
    keepAlive: PING_EVERY_MS,
    connectionParams: () => {
      const value = token();
      return value === null ? undefined : { authorization: `Bearer ${value}` };
    },
    on: {
      connecting: expectLife,
      connected: () => {
        alive();
        onConnection('OPEN');
      },
      ping: (received) => {
        if (!received) expectLife();
      },
      pong: alive,
      closed: (event) => {
        alive();
        onConnection(isNormal(event) ? 'CLOSED' : 'LOST');
      },
    },
  });
  return client;
}

function socketUrl(origin: URL): string {
  const url = new URL('/graphql', origin);
  url.protocol = origin.protocol === 'https:' ? 'wss:' : 'ws:';
  return url.href;
}

function isNormal(event: unknown): boolean {
  return typeof event === 'object' && event !== null && 'code' in event && event.code === 1000;
}
