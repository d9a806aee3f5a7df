import 'reflect-metadata';
import { createServer, type Server } from 'node:http';
import { basename } from 'node:path';
import type { GraphQLSchema } from 'graphql';
import type { Logger } from 'pino';
import { graphqlOverHttp } from './http/graphql.js';
import { createMetrics } from './http/metrics.js';
import { createRouter } from './http/router.js';
import { graphqlOverSocket } from './http/socket.js';
import { openStudio } from './http/studio.js';
import {
  createEstimator,
  createMerger,
  createTransfer,
  type Estimate,
  type Merge,
  openQueue,
  startSupervisor,
  type Transfer,
} from './jobs/index.js';
import { packageFile, packageVersion } from './package.js';
import { RequestContext } from './resolvers/context.js';
import { createSchema } from './resolvers/schema.js';
import { openDatabase, openStorage } from './storage/index.js';
import type { Storage } from './storage/types.js';

/** The composition root: nothing else sees all parts. */

export interface ServerOptions {
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
  readonly dataDir: string;
  /** `null` starts the embedded PostgreSQL in `dataDir`. */
  readonly databaseUrl: string | null;
  readonly device: string;
  readonly logger: Logger;
  /** Whether this process starts a worker; without one, runs stay QUEUED until another process brings one. */
  readonly worker: boolean;
}

export interface RunningServer {
  readonly url: string;
  readonly port: number;
  /** Ends subscriptions, requests, the worker and the database, in this order. */
  close(): Promise<void>;
}

type Close = () => Promise<void>;

/** What the front works with. */
interface Backend {
  readonly storage: Storage;
  readonly estimate: Estimate;
  readonly transfer: Transfer;
  readonly merge: Merge;
}

/** Resolves when it listens; the import of the shipped model goes on behind. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const opened: Close[] = [];
  const close = once(() => closeAll(opened, options.logger));
  try {
    const backend = await openBackend(options, opened);
    const server = await openFront(backend, options, opened);
    return { ...server, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function openBackend(options: ServerOptions, opened: Close[]): Promise<Backend> {
  const { databaseUrl, dataDir, device, logger } = options;
  const database = await openDatabase({ databaseUrl, dataDir });
  opened.push(() => database.stop());
  const queue = await openQueue(database.url, { supervises: false });
  opened.push(() => queue.stop());
  const storage = await openStorage({ url: database.url, ...queue });
  opened.push(() => storage.close());
  if (options.worker) {
    const supervisor = startSupervisor({ url: database.url, device, dataDir, queue, logger });
    opened.push(() => supervisor.stop());
  }
  return { storage, estimate: createEstimator(queue), transfer: createTransfer(queue), merge: createMerger(queue) };
}

async function openFront(
  { storage, estimate, transfer, merge }: Backend,
  { host, port, logger }: ServerOptions,
  opened: Close[],
): Promise<{ url: string; port: number }> {
  const version = packageVersion();
  const shippedModel = packageFile('models/portraits-32');
  const schema: GraphQLSchema = createSchema();
  const createContext = () => new RequestContext(storage, logger, version, estimate, transfer, merge);
  const graphql = await graphqlOverHttp(schema, createContext, logger);
  opened.push(() => graphql.stop());
  const socket = graphqlOverSocket(schema, createContext, logger);
  const metrics = createMetrics(storage, socket.openSockets);
  const studio = openStudio(packageFile('dist/web'), version);
  const server = createServer(createRouter({ storage, graphql, metrics, version, studio, shippedModel, logger }));
  server.on('upgrade', socket.upgrade);
  const address = await listen(server, host, port);
  opened.push(() => closeServer(server));
  opened.push(() => socket.stop());
  importShipped(storage, shippedModel).catch((error: unknown) => {
    logger.error({ err: error }, 'the shipped model could not be imported');
  });
  return address;
}

function listen(server: Server, host: string, port: number): Promise<{ url: string; port: number }> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      const address = server.address();
      if (address === null || typeof address === 'string') return reject(new Error('The server has no port.'));
      const name = address.family === 'IPv6' ? `[${address.address}]` : address.address;
      resolve({ url: `http://${name}:${address.port}`, port: address.port });
    });
  });
}

/** Requests under way get so long to end. */
const DRAIN_MS = 2000;

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const drained = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
    server.close(() => {
      clearTimeout(drained);
      resolve();
    });
    server.closeIdleConnections();
  });
}

/** Like any user's model, and only once. */
async function importShipped(storage: Storage, source: string): Promise<void> {
  if ((await storage.models.bySource(source)) !== null) return;
  await storage.models.create({ name: basename(source), source });
}

/** The last opened first. One that fails does not keep the others open. */
async function closeAll(opened: readonly Close[], logger: Logger): Promise<void> {
  for (const close of opened.toReversed()) {
    await close().catch((error: unknown) => logger.error({ err: error }, 'a part of the server did not close'));
  }
}

function once(close: Close): Close {
  let closing: Promise<void> | null = null;
  return () => {
    closing ??= close();
    return closing;
  };
}
