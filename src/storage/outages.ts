/** What may pass: the database is away, or without room. */
export type Outage = 'AWAY' | 'FULL';

/** What pg says, without a code, of a connection that broke before or under a statement (often the ROLLBACK after another). */
const BROKEN = /^Connection terminated|^Client (has encountered a connection error|was closed) and is not queryable/;

/**
 * Why the same may succeed later: no room (SQLSTATE class 53); else the database was away (classes 08 and 57P, or a broken
 * socket), or chose another of two transactions that waited for each other (class 40). Null for what it refused, and for
 * errors of anything else.
 */
export function outageOf(error: unknown): Outage | null {
  for (let at = error; at instanceof Error; at = at.cause) {
    const code = 'code' in at && typeof at.code === 'string' ? at.code : '';
    if (/^53[0-9]{3}$/.test(code)) return 'FULL';
    if (/^(08|40|57P)|^E(CONN|PIPE|NOENT|TIMEDOUT)/.test(code) || BROKEN.test(at.message)) return 'AWAY';
  }
  return null;
}

/** Whether the same may succeed later. */
export function isPassing(error: unknown): boolean {
  return outageOf(error) !== null;
}
