import { computed, effect, signal, untracked } from '@preact/signals';
import { type Client, createClient } from 'graphql-ws';
import { signInNeeded, token, tokenVersion } from './session';

/** One socket for all subscriptions, held open so that the page knows whether the server is there. */

export type Connection = 'connecting' | 'online' | 'offline';

const RETRY_MS = [100, 250, 500, 1000, 2000, 3000];
/** A socket whose other end has gone without a word is found out within two of these. */
const KEEP_ALIVE_MS = 10_000;
const PONG_MS = 5_000;
/** Close codes of graphql-transport-ws for a missing or refused token. */
const REFUSED: ReadonlySet<number> = new Set([4401, 4403]);

const state = signal<Connection>('connecting');
export const connection = computed(() => state.value);

/** Grows each time the server is there again: what was read before may be old. */
export const arrivals = signal(0);

export const client = signal<Client>(open());

effect(() => {
  if (tokenVersion.value === 0) return;
  untracked(() => {
    const old = client.value;
    client.value = open();
    void old.dispose();
  });
});

function open(): Client {
  const made = createClient({
    url: new URL('/graphql', location.href.replace(/^http/, 'ws')).href,
    lazy: false,
    connectionParams: () => (token.value === null ? {} : { token: token.value }),
    keepAlive: KEEP_ALIVE_MS,
    retryAttempts: Number.POSITIVE_INFINITY,
    retryWait: (retries) => pause(RETRY_MS[Math.min(retries, RETRY_MS.length - 1)] ?? 3000),
    shouldRetry: (event) => !isRefusal(event),
    onNonLazyError: noteRefusal,
  });
  made.on('connected', () => {
    if (state.value === 'offline') arrivals.value += 1;
    state.value = 'online';
  });
  made.on('closed', (event) => {
    if (made !== client.peek()) return;
    state.value = 'offline';
    noteRefusal(event);
  });
  hangUpWithoutPong(made);
  return made;
}

function hangUpWithoutPong(made: Client): void {
  let waiting: ReturnType<typeof setTimeout> | undefined;
  made.on('ping', (received) => {
    if (!received) waiting = setTimeout(() => made.terminate(), PONG_MS);
  });
  made.on('pong', (received) => {
    if (received) clearTimeout(waiting);
  });
  made.on('closed', () => clearTimeout(waiting));
}

export function isRefusal(event: unknown): boolean {
  return event instanceof CloseEvent && REFUSED.has(event.code);
}

function noteRefusal(event: unknown): void {
  if (isRefusal(event)) signInNeeded.value = true;
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
