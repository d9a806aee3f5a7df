import { setTimeout } from 'node:timers/promises';
import { type Client, createClient } from 'graphql-ws';
import WebSocket from 'ws';
import type { Sequence } from '../ledger.js';
import { type FollowedKind, isFinal, type SeenEvent, SUBSCRIPTIONS } from './operations.js';
import type { UserOptions } from './user.js';

const RETRY_MS = 200;
/** A socket on which nothing comes back for so long is taken for dead, as a network that swallows packets leaves it. */
const KEEP_ALIVE_MS = 10_000;

/** A run being followed. */
export interface Followed {
  readonly sequence: Sequence;
  /** Resolves at the end of the run, or at the deadline. */
  readonly ended: Promise<void>;
  /** Resolves as soon as `enough` holds; to false if the run ended before. */
  until(enough: (events: readonly SeenEvent[]) => boolean): Promise<boolean>;
}

/** Subscriptions that take up where they were, with `after`, when their socket breaks. */
export class Follower {
  private readonly socket: Client;

  constructor(private readonly options: UserOptions) {
    this.socket = createClient({
      url: `${options.url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      retryAttempts: 0,
      keepAlive: KEEP_ALIVE_MS,
    });
  }

  follow(runId: string, kind: FollowedKind): Followed {
    const { name, ledger } = this.options;
    const sequence: Sequence = { runId, client: name, events: [], reconnections: 0, isComplete: false };
    ledger.sequences.push(sequence);
    const waiting = new Set<() => void>();
    const ended = this.toTheEnd(sequence, kind, () => {
      for (const look of waiting) look();
    });
    const until = (enough: (events: readonly SeenEvent[]) => boolean) =>
      new Promise<boolean>((resolve) => {
        const look = () => {
          if (!enough(sequence.events)) return;
          waiting.delete(look);
          resolve(true);
        };
        waiting.add(look);
        look();
        void ended.then(() => resolve(enough(sequence.events)));
      });
    return { sequence, ended, until };
  }

  async close(): Promise<void> {
    await this.socket.dispose();
  }

  private async toTheEnd(sequence: Sequence, kind: FollowedKind, changed: () => void): Promise<void> {
    const { deadline, violations, random, ledger } = this.options;
    while (!deadline.aborted && !sequence.isComplete) {
      try {
        await this.once(sequence, kind, changed);
        if (isFinal(sequence.events.at(-1)?.status)) sequence.isComplete = true;
        else if (!deadline.aborted)
          violations.report('sequences', `${sequence.runId}: the subscription ended before the run did`);
      } catch (error) {
        const code = codeOf(error);
        if (code !== 'INTERNAL_SERVER_ERROR' && code !== null)
          violations.report('sequences', `${sequence.runId}: the subscription was refused: ${code}`);
        ledger.refused(code === null ? 'socket lost' : `subscription ${code}`);
      }
      if (sequence.isComplete) break;
      sequence.reconnections += 1;
      await setTimeout(RETRY_MS * (0.5 + random.next()));
    }
    changed();
  }

  private async once(sequence: Sequence, kind: FollowedKind, changed: () => void): Promise<void> {
    const { deadline, ledger, violations } = this.options;
    const after = sequence.events.at(-1)?.seq ?? 0;
    const variables = { id: sequence.runId, after };
    const results = this.socket.iterate<{ event: SeenEvent }>({ query: SUBSCRIPTIONS[kind], variables });
    const giveUp = () => void results.return?.();
    deadline.addEventListener('abort', giveUp, { once: true });
    try {
      for await (const { data, errors } of results) {
        if (errors?.length) throw errors;
        if (!data) continue;
        const last = sequence.events.at(-1)?.seq ?? 0;
        if (data.event.seq !== last + 1)
          violations.report('sequences', `${sequence.client}, run ${sequence.runId}: ${data.event.seq} after ${last}`);
        ledger.see(sequence, data.event);
        changed();
      }
    } finally {
      deadline.removeEventListener('abort', giveUp);
    }
  }
}

/** The code of a refusal; null where the socket broke. */
function codeOf(error: unknown): string | null {
  const [first] = Array.isArray(error) ? (error as { extensions?: { code?: string } }[]) : [];
  return first ? (first.extensions?.code ?? 'NONE') : null;
}
