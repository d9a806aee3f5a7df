import type { Logger } from 'pino';
import { openPool } from '../connection.js';
import type { Keep } from './keep.js';
import { Retention } from './retention.js';

const FIRST_MS = 60_000;
const EVERY_MS = 600_000;

/** Makes a pass a minute from now and every ten minutes; `stop` waits for the one under way. */
export function startRetention({ url, keep, logger }: { url: string; keep: Keep; logger: Logger }): {
  stop(): Promise<void>;
} {
  const { pool, database } = openPool(url, 1);
  const retention = new Retention(database, keep);
  let underWay: Promise<void> = Promise.resolve();
  const pass = async () => {
    const removed = await retention.pass();
    if (removed.runs + removed.blobs > 0) logger.info(removed, 'what was kept long enough was removed');
  };
  const next = (delayMs: number): NodeJS.Timeout =>
    setTimeout(() => {
      underWay = pass()
        .catch((error: unknown) => logger.warn({ err: error }, 'old rows could not be removed; trying again later'))
        .finally(() => {
          timer = next(EVERY_MS);
        });
    }, delayMs);
  let timer = next(FIRST_MS);
  return {
    stop: async () => {
      clearTimeout(timer);
      await underWay;
      clearTimeout(timer);
      await pool.end();
    },
  };
}
