import type { User } from '../client/user.js';
import type { Cluster } from '../cluster/cluster.js';
import type { Ledger } from '../ledger.js';
import type { Violations } from '../violations.js';
import type { World } from '../world.js';

/** What a check holds against each other. */
export interface CheckParts {
  readonly cluster: Cluster;
  readonly ledger: Ledger;
  readonly violations: Violations;
  readonly user: User;
  readonly world: World;
}

export type Check = (parts: CheckParts) => Promise<void>;

const AT_ONCE = 8;

/** Calls `look` for each item, a few at a time. */
export async function forEach<Item>(items: readonly Item[], look: (item: Item) => Promise<void>): Promise<void> {
  const waiting = items.values();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const item of waiting) await look(item);
    }),
  );
}

/** The row behind a global id. */
export const rowIdOf = (id: string): string => Buffer.from(id, 'base64url').toString('utf8').split(':')[1] ?? '';
