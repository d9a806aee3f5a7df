import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { processes } from '../../../test/helpers/processes.js';
import { Random } from '../../support/random.js';
import type { Timeline } from '../timeline.js';
import { Front } from './front.js';
import { Instance } from './instance.js';
import { Postgres } from './postgres.js';
import { Quota } from './quota.js';

export interface ClusterOptions {
  readonly folder: string;
  readonly apis: number;
  readonly workers: number;
  readonly seed: number;
  readonly timeline: Timeline;
}

/** Everything that can be killed: API nodes behind a proxy, workers, PostgreSQL on a file system of its own. */
export class Cluster {
  private constructor(
    readonly postgres: Postgres,
    readonly quota: Quota | null,
    readonly apis: readonly Instance[],
    readonly workers: readonly Instance[],
    readonly front: Front,
  ) {}

  static async start({ folder, apis, workers, seed, timeline }: ClusterOptions): Promise<Cluster> {
    const database = join(folder, 'database');
    const quota = Quota.mount(database);
    const random = new Random(seed);
    const postgres = await Postgres.start(database, random, timeline);
    const instance = (role: string, index: number) =>
      new Instance({
        name: `${role} ${index + 1}`,
        args: [role],
        env: {
          ...process.env,
          HOST: '127.0.0.1',
          PORT: '0',
          DATABASE_URL: postgres.url,
          AZIMUTH_DATA: join(folder, `${role}-${index + 1}`),
          AZIMUTH_DEVICE: 'cpu',
          LOG_LEVEL: 'info',
        },
        logFile: join(folder, `${role}-${index + 1}.log`),
        timeline,
        random,
      });
    const nodes = Array.from({ length: apis }, (_, index) => instance('api', index));
    const workerNodes = Array.from({ length: workers }, (_, index) => instance('worker', index));
    const front = await Front.open(() => nodes.flatMap(({ port }) => port ?? []));
    return new Cluster(postgres, quota, nodes, workerNodes, front);
  }

  /** Gives the names of those that did not end in time when asked to. */
  async stop(): Promise<string[]> {
    const instances = [...this.apis, ...this.workers];
    const inTime = await Promise.all(instances.map((instance) => instance.stop()));
    await this.front.close();
    await this.postgres.stop();
    this.quota?.unmount();
    return instances.filter((_, index) => !inTime[index]).map(({ name }) => name);
  }
}

/** The process that computes for a worker; null while it has none. */
export function engineOf({ pid }: Instance): number | null {
  if (pid === null) return null;
  return processes().find(({ parent, command }) => parent === pid && command.includes('worker-main'))?.pid ?? null;
}

/** The id under which an engine process takes runs. */
export function workerIdOf(enginePid: number): string | null {
  try {
    const environment = readFileSync(`/proc/${enginePid}/environ`, 'utf8').split('\0');
    return environment.find((line) => line.startsWith('AZIMUTH_WORKER_ID='))?.split('=')[1] ?? null;
  } catch {
    return null;
  }
}
