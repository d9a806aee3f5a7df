import { createServer, type ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { Closing } from './closing.js';
import { openQueue, startSupervisor } from './jobs/index.js';
import { closeServer, listen } from './listen.js';
import { packageVersion } from './package.js';
import { type Keep, openPool, prepareDatabase, startRetention } from './storage/index.js';

export interface WorkerHostOptions {
  readonly host: string;
  /** Of `/healthz` and `/readyz`; null for none, 0 for any free one. */
  readonly healthPort: number | null;
  readonly databaseUrl: string;
  /** Where fetched models are kept. */
  readonly dataDir: string;
  readonly device: string;
  /** Copies of models' files take so many bytes at most. */
  readonly cacheBytes: number;
  readonly logger: Logger;
  readonly stopWithinMs: number;
  readonly keep: Keep;
}

export interface RunningWorkerHost {
  /** Where it says how it is. */
  readonly url: string | null;
  close(): Promise<void>;
}

/** A supervisor with its worker, and no front: what `azimuth worker` runs. */
export async function startWorkerHost(options: WorkerHostOptions): Promise<RunningWorkerHost> {
  const { databaseUrl: url, device, dataDir, cacheBytes, logger, healthPort, stopWithinMs } = options;
  const closing = new Closing(logger);
  return closing.orNothing(async () => {
    await prepareDatabase(url);
    const queue = await openQueue(url, { supervises: false });
    closing.add(() => queue.stop());
    const supervisor = startSupervisor({ url, device, dataDir, cacheBytes, queue, logger, stopWithinMs });
    closing.add(() => supervisor.stop());
    const retention = startRetention({ url, keep: options.keep, logger });
    closing.add(() => retention.stop());
    if (healthPort === null) return { url: null, close: closing.close };
    const { pool } = openPool(url, 1);
    closing.add(() => pool.end());
    const server = createServer((request, response) => {
      const path = request.url?.split('?', 1)[0];
      if (path === '/healthz') answer(response, 200, { status: 'up', version: packageVersion() });
      else if (path === '/readyz') {
        const isUp = supervisor.pid() !== null;
        pool.query('SELECT 1').then(
          () =>
            answer(response, isUp ? 200 : 503, { ready: isUp, missing: isUp ? [] : ['worker: it is being started'] }),
          () => answer(response, 503, { ready: false, missing: ['database: it does not answer'] }),
        );
      } else answer(response, 404, { error: 'There are /healthz and /readyz.' });
    });
    const address = await listen(server, options.host, healthPort);
    closing.add(() => closeServer(server));
    return { url: address.url, close: closing.close };
  });
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
