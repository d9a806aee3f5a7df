import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { Storage } from '../storage/types.js';

/** What GET /metrics shows. Each server has its own registry, so that two can live in one process. */
export function createMetrics(storage: Storage, openSockets: () => number): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const gauge = (name: string, help: string, read: () => number | Promise<number>) =>
    new Gauge({
      name,
      help,
      registers: [registry],
      async collect() {
        this.set(await read());
      },
    });
  gauge('azimuth_open_sockets', 'WebSocket clients connected.', openSockets);
  const server = async () => storage.status.server();
  gauge('azimuth_workers', 'Workers alive in the last 10 seconds.', async () => (await server()).workers);
  gauge('azimuth_queued_discoveries', 'Discoveries that wait.', async () => (await server()).queuedDiscoveries);
  gauge('azimuth_queued_edits', 'Edits that wait.', async () => (await server()).queuedEdits);
  return registry;
}
