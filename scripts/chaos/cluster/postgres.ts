import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import pg from 'pg';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../../src/storage/embedded-postgres.js';
import { isAlive, processes } from '../../../test/helpers/processes.js';
import type { Random } from '../../support/random.js';
import type { Timeline } from '../timeline.js';

const LOOK_MS = 100;
const RESTART_MAX_MS = 1500;
/** Small, so that the log of changes does not fill the quota by itself. */
const WAL_MB = { max_wal_size: 96, min_wal_size: 32 };

/** A PostgreSQL of our own, started again when it ends, as an init system would. */
export class Postgres {
  private stopping = false;
  private readonly keeping: Promise<void>;

  private constructor(
    private readonly folder: string,
    private server: EmbeddedPostgres,
    private readonly random: Random,
    private readonly timeline: Timeline,
  ) {
    this.keeping = this.keep();
  }

  static async start(folder: string, random: Random, timeline: Timeline): Promise<Postgres> {
    const server = await startEmbeddedPostgres(folder);
    const postgres = new Postgres(folder, server, random, timeline);
    await postgres.query(`ALTER SYSTEM SET max_wal_size = '${WAL_MB.max_wal_size}MB'`);
    await postgres.query(`ALTER SYSTEM SET min_wal_size = '${WAL_MB.min_wal_size}MB'`);
    await postgres.query('SELECT pg_reload_conf()');
    return postgres;
  }

  get url(): string {
    return this.server.url;
  }

  /** Null while there is none. */
  get pid(): number | null {
    try {
      const pid = Number(readFileSync(join(this.folder, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0]);
      return isAlive(pid) ? pid : null;
    } catch {
      return null;
    }
  }

  /** Rows of one statement on a connection of its own. */
  async query<Row extends pg.QueryResultRow>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    const client = new pg.Client({
      connectionString: this.url,
      connectionTimeoutMillis: 2000,
      application_name: 'chaos',
    });
    client.on('error', () => {});
    try {
      await client.connect();
      return (await client.query<Row>(text, [...values])).rows;
    } finally {
      await client.end().catch(() => {});
    }
  }

  /** SIGKILL to one backend that serves a client, upon which PostgreSQL restarts all of them. */
  killBackend(): boolean {
    const backends = this.children().filter(({ command }) => /^postgres: azimuth /.test(command));
    if (backends.length === 0) return false;
    process.kill(this.random.pick(backends).pid, 'SIGKILL');
    return true;
  }

  /** SIGKILL to the postmaster and everything it has started. */
  killAll(): boolean {
    const { pid } = this;
    if (pid === null) return false;
    const children = this.children();
    for (const victim of [pid, ...children.map((child) => child.pid)]) killIfThere(victim);
    return true;
  }

  async stop(): Promise<void> {
    this.stopping = true;
    await this.keeping;
    if (this.pid !== null) await this.server.stop();
  }

  private children() {
    const { pid } = this;
    return pid === null ? [] : processes().filter(({ parent }) => parent === pid);
  }

  private async keep(): Promise<void> {
    while (!this.stopping) {
      await setTimeout(LOOK_MS);
      if (this.stopping || this.pid !== null) continue;
      await setTimeout(this.random.below(RESTART_MAX_MS));
      // On a full disk it may not come up; the next look tries again.
      await startEmbeddedPostgres(this.folder).then(
        (server) => {
          this.server = server;
        },
        (error: Error) => this.timeline.note(`PostgreSQL did not start: ${error.message.split('\n').at(-1)}`),
      );
    }
  }
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It was faster.
  }
}
