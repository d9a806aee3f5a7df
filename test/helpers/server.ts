import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';
import { pino } from 'pino';
import { DEFAULT_LIMITS, type Limits } from '../../src/access/limits.js';
import type { Role } from '../../src/access/role.js';
import { hashOf, newSecret } from '../../src/access/secret.js';
import { type AccessSettings, OPEN_ACCESS } from '../../src/access/settings.js';
import { globalId, type NodeType, parseGlobalId } from '../../src/resolvers/ids.js';
import { type RunningServer, startServer } from '../../src/server.js';
import { type Held, openDatabase, openPool, tokenStore, Work } from '../../src/storage/index.js';
import type { TokenRow, TokenStore } from '../../src/storage/types.js';
import { ApiClient } from './client.js';

export interface DirectionsToMake {
  readonly count: number;
  readonly reverseProcess?: 'ASYMMETRIC' | 'SYMMETRIC';
  /** Whether the first checkpoint has been; true if left out. */
  readonly parameters?: boolean;
}

export interface TestServerOptions {
  /** What differs from an open server on loopback. */
  readonly access?: Partial<AccessSettings>;
  readonly limits?: Partial<Limits>;
}

/** Of the tests' servers that ask for tokens. */
export const ADMIN_TOKEN = 'bootstrap-0123456789abcdefghijklmnopqrstuvwxyz';
export const WITH_TOKENS = { tokens: true, bootstrapToken: ADMIN_TOKEN } as const;

/**
 * A real server on a real socket over a PostgreSQL of its own, without a worker: runs stay QUEUED, and what a worker
 * would have stored is inserted here.
 */
export class TestServer {
  readonly api: ApiClient;

  private constructor(
    private readonly server: RunningServer,
    /** What a worker would do. */
    readonly work: Work,
    readonly pool: pg.Pool,
    readonly tokens: TokenStore,
    /** Of its database: another node may open it too. */
    readonly databaseUrl: string,
    token: string | null,
    private readonly cleanUp: () => Promise<void>,
  ) {
    this.api = new ApiClient(server.url, token);
  }

  static async start({ access = {}, limits = {} }: TestServerOptions = {}): Promise<TestServer> {
    const dataDir = await mkdtemp(join(tmpdir(), 'azimuth-api-'));
    const { url, stop } = await openDatabase({ databaseUrl: null, dataDir });
    const logger = pino({ level: process.env['LOG_LEVEL'] ?? 'fatal' }, pino.destination(2));
    const options = { host: '127.0.0.1', port: 0, dataDir, databaseUrl: url, device: 'cpu', logger, worker: false };
    const settings = { ...OPEN_ACCESS, ...access, limits: { ...DEFAULT_LIMITS, ...limits } };
    const server = await startServer({ ...options, access: settings }).catch(async (error: unknown) => {
      await stop();
      await rm(dataDir, { recursive: true, force: true });
      throw error;
    });
    const { pool, database } = openPool(url, 2);
    const token = settings.tokens ? settings.bootstrapToken : null;
    const tokens = tokenStore(database, null);
    return new TestServer(server, new Work(database), pool, tokens, url, token, async () => {
      await stop();
      await rm(dataDir, { recursive: true, force: true });
    });
  }

  async close(): Promise<void> {
    await this.server.close();
    await this.pool.end();
    await this.cleanUp();
  }

  /** A token with a role; expired where `expiresAt` is past. */
  async token(role: Role, expiresAt: Date | null = null): Promise<{ secret: string; row: TokenRow }> {
    const secret = newSecret();
    return { secret, row: await this.tokens.create({ name: role, role, expiresAt, hash: hashOf(secret) }) };
  }

  /** A well-formed id that nothing has. */
  unknownId(type: string): string {
    return globalId(type as NodeType, randomUUID());
  }

  async importingModel(name: string, path = `/nowhere/${randomUUID()}`): Promise<string> {
    const mutation = 'mutation ($input: ImportModelInput!) { importModel(input: $input) { id } }';
    const input = { path, name };
    return (await this.api.query<{ importModel: { id: string } }>(mutation, { input })).importModel.id;
  }

  /** A model as its import would have left it. */
  async readyModel({
    name,
    path,
    hShape = [8, 4, 4],
    trainTimesteps = 1000,
  }: {
    name: string;
    path?: string;
    hShape?: readonly number[];
    trainTimesteps?: number;
  }): Promise<string> {
    const id = await this.importingModel(name, path);
    const description = {
      hash: 'a'.repeat(64),
      resolution: 32,
      channels: 3,
      parameterCount: 1000,
      hShape,
      hTap: 'mid_block',
      trainTimesteps,
      betaSchedule: 'linear',
      predictionType: 'epsilon',
    };
    await this.work.models.finishImport(await this.take(id), description, async () => {});
    return id;
  }

  /** Takes a queued run, as a worker does. */
  async take(id: string): Promise<Held> {
    const held = await this.work.take(rowIdOf(id), randomUUID());
    if (held === null) throw new Error(`${id} is not to be had`);
    return held;
  }

  /** Directions as the first checkpoint of a discovery would have left them; ids in the order of their indices. */
  async directions(modelId: string, { count, reverseProcess, parameters }: DirectionsToMake): Promise<string[]> {
    const hash = (parameters ?? true) ? 'b'.repeat(64) : null;
    const ids = Array.from({ length: count }, () => randomUUID());
    for (const [index, id] of ids.entries()) {
      await this.pool.query(
        `INSERT INTO direction (id, model_id, origin, index, kind, reverse_process, sampling_steps, name, score,
           statistics_hash, parameters_hash) VALUES ($1, $2, 'LEARNED', $3, 'SUBSPACE', $4, 10, $5, $6, $7, $7)`,
        [
          id,
          rowIdOf(modelId),
          index,
          reverseProcess ?? 'SYMMETRIC',
          `Direction ${index}`,
          index % 2 ? 0.5 : null,
          hash,
        ],
      );
    }
    return ids.map((id) => globalId('Direction', id));
  }
}

export const startTestServer = (options?: TestServerOptions): Promise<TestServer> => TestServer.start(options);

function rowIdOf(id: string): string {
  const key = parseGlobalId(id);
  if (key === null) throw new Error(`not an id: ${id}`);
  return key.rowId;
}
