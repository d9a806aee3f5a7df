import { type ExecutionArgs, execute, type GraphQLError, type GraphQLFormattedError } from 'graphql';
import type { SubscribePayload } from 'graphql-ws';
import type { WebSocket } from 'ws';
import type { RequestContext } from '../../resolvers/context.js';
import type { RunStream } from '../../resolvers/run-stream.js';
import type { EventRow } from '../../storage/types.js';
import type { FanOutObserver } from '../metrics/events.js';
import { Audience } from './audience.js';
import { sharingKey } from './sharing-key.js';
import { Subscriber } from './subscriber.js';

/** A client that has not read a message for so long is sent away, to come back with `after`. */
const PATIENCE_MS = 10_000;

/** An operation that a client began on its socket, and the source of its events. */
export interface Subscription {
  readonly socket: WebSocket;
  readonly id: string;
  readonly payload: SubscribePayload;
  readonly args: ExecutionArgs;
  readonly context: RequestContext;
  readonly stream: RunStream;
}

export interface FanOutOptions {
  readonly present: (error: GraphQLError) => GraphQLFormattedError;
  readonly observer: FanOutObserver;
  readonly patienceMs?: number;
}

/** Serves the subscriptions of this process: those that ask for the same share their executions. */
export class FanOut {
  private readonly audiences = new Map<string, Audience>();
  private count = 0;

  constructor(private readonly options: FanOutOptions) {}

  /** Subscriptions under way. */
  get subscribers(): number {
    return this.count;
  }

  join(subscription: Subscription): AsyncIterableIterator<never, undefined> {
    const { socket, id, payload, args, context, stream } = subscription;
    const { runId, after } = stream.position;
    const key = sharingKey(payload, args, { runId, audience: context.audience });
    const audience = this.audiences.get(key) ?? this.open(key, subscription);
    const subscriber = new Subscriber(socket, id, after, this.options.patienceMs ?? PATIENCE_MS);
    this.count += 1;
    subscriber.signal.addEventListener('abort', () => {
      this.count -= 1;
    });
    audience.join(subscriber);
    return subscriber;
  }

  private open(key: string, { stream, args }: Subscription): Audience {
    const { present, observer } = this.options;
    const run = async (row: EventRow): Promise<string> => {
      observer.onExecuted();
      const { data = null, errors } = await execute({ ...args, rootValue: stream.toEvent(row) });
      return JSON.stringify(errors ? { data, errors: errors.map(present) } : { data });
    };
    const audience: Audience = new Audience(stream, run, observer.onDelivered, () => {
      if (this.audiences.get(key) === audience) this.audiences.delete(key);
    });
    this.audiences.set(key, audience);
    return audience;
  }
}
