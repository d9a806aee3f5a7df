import { Gauge, type Registry } from 'prom-client';
import type { Storage } from '../../storage/types.js';
import { gauge } from './gauge.js';

/** What the database knows: every API process of a deployment shows the same. */
export function watchStorage(registry: Registry, { status }: Storage): void {
  const server = async () => status.server();
  gauge(registry, 'azimuth_workers', 'Workers that are alive.', async () => (await server()).workers);
  gauge(
    registry,
    'azimuth_queued_discoveries',
    'Discoveries that wait.',
    async () => (await server()).queuedDiscoveries,
  );
  gauge(registry, 'azimuth_queued_edits', 'Edits that wait.', async () => (await server()).queuedEdits);
  gauge(registry, 'azimuth_blob_bytes', 'Bytes on disk of images, parameters and statistics.', async () =>
    status.blobBytes(),
  );
  const labelNames = ['kind', 'status'];
  new Gauge({
    name: 'azimuth_runs',
    help: 'Runs that are not over, by kind (discovery, edit, import) and status.',
    labelNames,
    registers: [registry],
    async collect() {
      this.reset();
      for (const { kind, status: state, count } of await status.openRuns()) this.set({ kind, status: state }, count);
    },
  });
  new Gauge({
    name: 'azimuth_oldest_waiting_seconds',
    help: 'How long the oldest of the runs that wait has waited, by kind.',
    labelNames: ['kind'],
    registers: [registry],
    async collect() {
      this.reset();
      for (const { kind, status: state, oldestSeconds } of await status.openRuns())
        if (state === 'QUEUED') this.set({ kind }, oldestSeconds);
    },
  });
}
