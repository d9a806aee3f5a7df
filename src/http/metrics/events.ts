import { Counter, Histogram, type Registry } from 'prom-client';
import type { EventRow } from '../../storage/types.js';
import { gauge } from './gauge.js';

export interface FanOutObserver {
  /** An event has gone to so many live subscribers. */
  onDelivered(row: EventRow, subscribers: number): void;
  onExecuted(): void;
}

export interface SocketFacts {
  openSockets(): number;
  subscribers(): number;
  bufferedBytes(): number;
}

export function eventMetrics(registry: Registry): FanOutObserver {
  const registers = [registry];
  const lag = new Histogram({
    name: 'azimuth_event_lag_seconds',
    help: 'From an event being appended to its having gone to all live subscribers that asked for the same.',
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers,
  });
  const deliveries = new Counter({
    name: 'azimuth_event_deliveries_total',
    help: 'Messages sent to live subscribers.',
    registers,
  });
  const executions = new Counter({
    name: 'azimuth_event_executions_total',
    help: 'Executions of a subscription for one event, each shared by all who asked for the same.',
    registers,
  });
  return {
    onDelivered: ({ at }, subscribers) => {
      if (subscribers === 0) return;
      // The clocks of two machines may differ.
      lag.observe(Math.max(0, Date.now() - at.getTime()) / 1000);
      deliveries.inc(subscribers);
    },
    onExecuted: () => executions.inc(),
  };
}

export function watchSockets(registry: Registry, { openSockets, subscribers, bufferedBytes }: SocketFacts): void {
  gauge(registry, 'azimuth_open_sockets', 'WebSocket clients connected.', openSockets);
  gauge(registry, 'azimuth_subscribers', 'Subscriptions under way.', subscribers);
  gauge(registry, 'azimuth_socket_buffered_bytes', 'Bytes that wait for WebSocket clients to read.', bufferedBytes);
}
