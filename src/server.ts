import 'reflect-metadata';
import { createServer, type ServerOptions as HttpOptions } from 'node:http';
import { basename } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { GraphQLSchema } from 'graphql';
import type { Logger } from 'pino';
import type { Caller } from './access/caller.js';
import { Gate } from './access/gate.js';
import type { Limits } from './access/limits.js';
import { Quota } from './access/quota.js';
import { type AccessSettings, OPEN_ACCESS } from './access/settings.js';
import { TokenBucket } from './access/token-bucket.js';
import { UrlSigner } from './access/url-signer.js';
import { Closing } from './closing.js';
import { DEFAULT_CACHE_BYTES } from './environment.js';
import { graphqlOverHttp } from './http/graphql.js';
import { readiness } from './http/health.js';
import { Intake } from './http/intake.js';
import { createMetrics } from './http/metrics/index.js';
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
import { type Address, closeServer, listen } from './listen.js';
import { packageFile, packageVersion } from './package.js';
import { RequestContext } from './resolvers/context.js';
import { createSchema } from './resolvers/schema.js';
import { type Keep, openDatabase, openStorage, startRetention } from './storage/index.js';
import type { Storage } from './storage/types.js';

/** Below the package, wherever that is on each host. */
const SHIPPED_MODEL = 'models/portraits-32';

/** The composition root: nothing else sees all parts. */

export interface ServerOptions {
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
  readonly dataDir: string;
  /** `null` starts the embedded PostgreSQL in `dataDir`. */
  readonly databaseUrl: string | null;
  readonly device: string;
  /** Of the worker's copies of models' files; as {@link DEFAULT_CACHE_BYTES} if left out. */
  readonly cacheBytes?: number;
  readonly logger: Logger;
  /** Whether this process starts a worker; without one, runs stay QUEUED until another process brings one. */
  readonly worker: boolean;
  /** How long `/readyz` says so before it closes; 0 if left out. */
  readonly drainMs?: number;
  readonly stopWithinMs?: number;
  /** Everything for ever, if left out. */
  readonly keep?: Keep;
  /** Open, on loopback, if left out. */
  readonly access?: AccessSettings;
}

export interface RunningServer extends Address {
  /** Ends subscriptions, requests, the worker and the database, in this order. */
  close(): Promise<void>;
}

/** What the front works with. */
interface Backend {
  readonly storage: Storage;
  readonly estimate: Estimate;
  readonly transfer: Transfer;
  readonly merge: Merge;
}

/** Resolves when it listens; the import of the shipped model goes on behind. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const closing = new Closing(options.logger);
  return closing.orNothing(async () => {
    const backend = await openBackend(options, closing);
    const server = await openFront(backend, options, closing);
    return { ...server, close: closing.close };
  });
}

async function openBackend(options: ServerOptions, closing: Closing): Promise<Backend> {
  const { databaseUrl, dataDir, cacheBytes = DEFAULT_CACHE_BYTES, device, logger, stopWithinMs } = options;
  const database = await openDatabase({ databaseUrl, dataDir });
  closing.add(() => database.stop());
  const queue = await openQueue(database.url, { supervises: false });
  closing.add(() => queue.stop());
  const storage = await openStorage({ url: database.url, ...queue });
  closing.add(() => storage.close());
  if (options.keep) {
    const retention = startRetention({ url: database.url, keep: options.keep, logger });
    closing.add(() => retention.stop());
  }
  if (options.worker) {
    const supervisor = startSupervisor({
      ...(stopWithinMs === undefined ? {} : { stopWithinMs }),
      ...{ url: database.url, device, dataDir, cacheBytes, queue, logger },
    });
    closing.add(() => supervisor.stop());
  }
  return { storage, estimate: createEstimator(queue), transfer: createTransfer(queue), merge: createMerger(queue) };
}

async function openFront(
  { storage, estimate, transfer, merge }: Backend,
  { host, port, logger, access = OPEN_ACCESS, drainMs = 0 }: ServerOptions,
  closing: Closing,
): Promise<Address> {
  const version = packageVersion();
  const shippedModel = SHIPPED_MODEL;
  const schema: GraphQLSchema = createSchema();
  const { limits } = access;
  const quota = new Quota(limits, storage.status);
  const intake = new Intake(limits);
  const rate = new TokenBucket(limits.rate, limits.burst);
  const gate = new Gate(access, storage.tokens);
  await gate.requireSomeToken();
  const signer = await UrlSigner.open(access, storage.signingKeys);
  closing.add(async () => signer.close());
  const createContext = (caller: Caller) => {
    const own = { caller, sign: (path: string) => signer.sign(path), modelRoots: access.modelRoots, limits, quota };
    return new RequestContext(storage, logger, version, estimate, transfer, merge, own);
  };
  const graphql = await graphqlOverHttp(schema, createContext, logger, access, intake);
  closing.add(() => graphql.stop());
  const { tokens } = storage;
  const metrics = createMetrics(storage);
  const observer = metrics.fanOut;
  const socket = graphqlOverSocket({ schema, createContext, logger, access, gate, tokens, observer, rate });
  metrics.watchSockets(socket.facts);
  const studio = openStudio(packageFile('dist/web'), version);
  const going = new AbortController();
  const ready = () => readiness(storage, shippedModel, going.signal);
  const front = { graphql, metrics, studio, gate, signer, quota, intake, rate };
  const server = createServer(timeouts(limits), createRouter({ storage, version, ready, logger, access, ...front }));
  server.maxConnections = limits.connections;
  server.on('upgrade', socket.upgrade);
  const address = await listen(server, host, port);
  closing.add(() => closeServer(server));
  closing.add(() => socket.stop());
  closing.add(async () => {
    going.abort();
    await setTimeout(drainMs);
  });
  importShipped(storage, shippedModel).catch((error: unknown) => {
    logger.error({ err: error }, 'the shipped model could not be imported');
  });
  return address;
}

/** Whoever sends a request a byte at a time is cut off; Node.js looks only so often. */
function timeouts({ headerSeconds, requestSeconds }: Limits): HttpOptions {
  const headersTimeout = headerSeconds * 1000;
  const requestTimeout = Math.max(requestSeconds, headerSeconds) * 1000;
  return { headersTimeout, requestTimeout, connectionsCheckingInterval: Math.min(5000, headersTimeout) };
}

/** Like any user's model, and only once for all nodes. */
async function importShipped(storage: Storage, source: string): Promise<void> {
  await storage.models.createOnce({ name: basename(source), source });
}
