import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { createEngine, type Engine } from '../../src/engine/index.js';
import { type RunningWorker, startWorker } from '../../src/jobs/worker.js';
import { type RunningServer, startServer } from '../../src/server.js';
import { openDatabase } from '../../src/storage/index.js';
import { App } from './app.js';

export interface WorkingServerOptions {
  /** Of the hub; the public one if left out. */
  readonly endpoint?: string | null;
  readonly token?: string | null;
  /** The real one if left out. */
  readonly engine?: Engine;
}

/**
 * A real server on a real socket with the real engine, in this process: what a client sees is what a compiled server with
 * a worker process shows, without a build.
 */
export class WorkingServer {
  private constructor(
    readonly app: App,
    readonly dataDir: string,
    private readonly closers: readonly (() => Promise<unknown>)[],
  ) {}

  static async start({
    endpoint = null,
    token = null,
    engine: own,
  }: WorkingServerOptions = {}): Promise<WorkingServer> {
    const dataDir = await mkdtemp(join(tmpdir(), 'azimuth-working-'));
    const database = await openDatabase({ databaseUrl: null, dataDir });
    const logger = pino({ level: process.env['LOG_LEVEL'] ?? 'fatal' }, pino.destination(2));
    const options = { host: '127.0.0.1', port: 0, device: 'cpu', logger, worker: false };
    const server: RunningServer = await startServer({ ...options, dataDir, databaseUrl: database.url });
    const hub = { hub: { endpoint, token }, cache: join(dataDir, 'hub') };
    const engine = own ?? (await createEngine({ device: 'cpu' }));
    const worker: RunningWorker = await startWorker({ url: database.url, engine, version: 'test', logger, hub });
    return new WorkingServer(new App(server.url), dataDir, [
      () => worker.stop(),
      () => server.close(),
      () => database.stop(),
      () => rm(dataDir, { recursive: true, force: true }),
    ]);
  }

  async close(): Promise<void> {
    for (const close of this.closers) await close();
  }
}
