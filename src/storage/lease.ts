import pg from 'pg';

/**
 * How long a worker counts as holding what it has without another sign of life. With RENEW_MS four signs fit in; with the
 * look of those who wait for it, a host that is gone is noticed in about one and a half seconds.
 */
export const LEASE_MS = 1300;
export const RENEW_MS = 250;
/** A database that does not answer for so long is asked over another connection. */
const ANSWER_MS = 1000;
const RECONNECT_MS = 100;

/** Renews a worker's lease over a connection of its own, and finds the database again when it was away. */
export class Lease {
  private client: pg.Client | null = null;

  constructor(
    private readonly url: string,
    private readonly id: string,
    /** What the worker runs on, as JSON. */
    private readonly devices: string,
  ) {}

  /** Whether the database has taken it; waits a little where it has not. */
  async renew(): Promise<boolean> {
    try {
      this.client ??= await connect(this.url);
      await this.client.query(
        `INSERT INTO worker (id, devices) VALUES ($1, $2::jsonb) ON CONFLICT (id) DO UPDATE SET seen_at = now()`,
        [this.id, this.devices],
      );
      return true;
    } catch {
      const { client } = this;
      this.client = null;
      void client?.end().catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, RECONNECT_MS));
      return false;
    }
  }
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'azimuth-lease',
    connectionTimeoutMillis: ANSWER_MS,
    query_timeout: ANSWER_MS,
    keepAlive: true,
  });
  client.on('error', () => {});
  await client.connect();
  // A sign of life that a crash of the database forgets is given again at once: it need not wait for the disk.
  await client.query('SET synchronous_commit = off');
  return client;
}
