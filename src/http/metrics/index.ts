import { collectDefaultMetrics, Registry } from 'prom-client';
import type { Storage } from '../../storage/types.js';
import { eventMetrics, type FanOutObserver, type SocketFacts, watchSockets } from './events.js';
import { type ObserveRequest, requestMetrics } from './requests.js';
import { watchStorage } from './storage.js';
import { withWorkers } from './workers.js';

export interface Metrics {
  readonly contentType: string;
  /** The text that Prometheus reads: of this process, of the database, and of every worker that is alive. */
  text(): Promise<string>;
  readonly observeRequest: ObserveRequest;
  readonly fanOut: FanOutObserver;
  watchSockets(facts: SocketFacts): void;
}

/** What GET /metrics shows. Each server has its own registry, so that two can live in one process. */
export function createMetrics(storage: Storage): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  watchStorage(registry, storage);
  return {
    contentType: registry.contentType,
    text: () => withWorkers(registry, storage),
    observeRequest: requestMetrics(registry),
    fanOut: eventMetrics(registry),
    watchSockets: (facts) => watchSockets(registry, facts),
  };
}
