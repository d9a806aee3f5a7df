import { createHash, randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { Random } from '../../support/random.js';
import type { Ledger } from '../ledger.js';
import type { Violations } from '../violations.js';
import { Follower } from './follower.js';
import { type FollowedKind, MUTATIONS, type MutationName } from './operations.js';

const PATIENCE_MS = { upload: 10_000, query: 10_000, mutation: 10_000, mergeDirections: 60_000 } as const;
const RETRY_MIN_MS = 100;
const RETRY_MAX_MS = 1500;
/** What may pass: the server or its database was away or full. */
const PASSING: ReadonlySet<string> = new Set(['INTERNAL_SERVER_ERROR', 'STORAGE_FULL']);

interface Refusal {
  readonly message: string;
  readonly extensions?: { readonly code?: string };
}

/** The run is being ended and this user gives up. */
export class GaveUp extends Error {
  override readonly name = 'GaveUp';
}

export interface UserOptions {
  readonly name: string;
  readonly url: string;
  readonly random: Random;
  readonly ledger: Ledger;
  readonly violations: Violations;
  /** When nobody tries anything any more. */
  readonly deadline: AbortSignal;
}

/** An application: repeats what was not answered until it is, under the same idempotencyKey. */
export class User {
  private readonly follower: Follower;

  constructor(readonly options: UserOptions) {
    this.follower = new Follower(options);
  }

  get random(): Random {
    return this.options.random;
  }

  get ledger(): Ledger {
    return this.options.ledger;
  }

  newKey(): string {
    return randomUUID();
  }

  /** What the mutation gives; null where it was refused with `accepted`. */
  async mutate<Result>(
    name: MutationName,
    variables: Readonly<Record<string, unknown>>,
    accepted: string | null = null,
  ): Promise<Result | null> {
    const patienceMs = name === 'mergeDirections' ? PATIENCE_MS.mergeDirections : PATIENCE_MS.mutation;
    const data = await this.untilAnswered(name, () => this.post(MUTATIONS[name], variables, patienceMs), accepted);
    return data === null ? null : (data[name] as Result);
  }

  async query<Data>(query: string, variables: Readonly<Record<string, unknown>> = {}): Promise<Data> {
    return (await this.untilAnswered('query', () => this.post(query, variables, PATIENCE_MS.query), null)) as Data;
  }

  /** The image's id. */
  async upload(bytes: Buffer): Promise<string> {
    const send = async () => {
      const answer = await fetch(`${this.options.url}/images`, {
        method: 'POST',
        headers: { 'content-type': 'image/png' },
        body: new Uint8Array(bytes),
        signal: AbortSignal.timeout(PATIENCE_MS.upload),
      });
      return this.read(answer);
    };
    const id = String((await this.untilAnswered('upload', send, null))?.['id']);
    this.ledger.acknowledge('upload', id, { sha256: createHash('sha256').update(bytes).digest('hex') }, null);
    return id;
  }

  /** Every event of a run to its end, whatever happens to the sockets; see {@link Follower}. */
  follow(runId: string, kind: FollowedKind) {
    return this.follower.follow(runId, kind);
  }

  async close(): Promise<void> {
    await this.follower.close();
  }

  private async post(query: string, variables: object, patienceMs: number): Promise<Record<string, unknown>> {
    const answer = await fetch(`${this.options.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables }),
      signal: AbortSignal.timeout(patienceMs),
    });
    return this.read(answer);
  }

  /** What a server says is always JSON, and its errors always have a code. */
  private async read(answer: Response): Promise<Record<string, unknown>> {
    const text = await answer.text();
    const { data, errors, ...rest } = parse(text);
    const [error] = (errors ?? []) as Refusal[];
    if (!error && answer.ok) return (data as Record<string, unknown>) ?? rest;
    const code = error?.extensions?.code;
    if (!code) this.options.violations.report('typed errors', `HTTP ${answer.status} without a code: ${text}`);
    throw new Refused(code ?? 'NONE', error?.message ?? text);
  }

  private async untilAnswered(
    what: string,
    send: () => Promise<Record<string, unknown>>,
    accepted: string | null,
  ): Promise<Record<string, unknown> | null> {
    const { deadline, ledger, random, violations } = this.options;
    for (let waitMs = RETRY_MIN_MS; ; waitMs = Math.min(waitMs * 2, RETRY_MAX_MS)) {
      if (deadline.aborted) throw new GaveUp(what);
      try {
        return await send();
      } catch (error) {
        const code = error instanceof Refused ? error.code : 'no answer';
        if (code === accepted) return null;
        ledger.refused(code);
        if (error instanceof Refused && !PASSING.has(code)) {
          violations.report('answers', `${what} was refused: ${code} ${error.message}`);
          throw new GaveUp(what);
        }
        await setTimeout(waitMs * (0.5 + random.next()));
      }
    }
  }
}

class Refused extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

function parse(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}
