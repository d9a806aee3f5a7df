import type { Logger } from 'pino';
import type { Caller } from '../access/caller.js';
import type { Limits } from '../access/limits.js';
import type { Quota } from '../access/quota.js';
import type { Estimate, Merge, Transfer } from '../jobs/index.js';
import type { Starter, Storage } from '../storage/types.js';
import { createLoaders, type Loaders } from './loaders.js';

/** Who sent an operation, and what it may ask for here. */
export interface RequestAccess {
  readonly caller: Caller;
  /** A path of this server as a client can fetch it: signed, where tokens are asked for. */
  sign(path: string): string;
  /** Folders below which `path` may import. */
  readonly modelRoots: readonly string[];
  readonly limits: Limits;
  readonly quota: Quota;
}

/**
 * What every resolver of one operation shares. A subscription keeps one for its whole life. No private fields: Apollo
 * copies the own properties into an object of its own.
 */
export class RequestContext {
  loaders: Loaders;
  /** Whoever has the same sees the same in every field: subscriptions are executed once for each audience. */
  readonly audience: string;

  constructor(
    readonly storage: Storage,
    readonly logger: Logger,
    /** Azimuth's own version. */
    readonly version: string,
    /** Asks a worker what a discovery would take. */
    readonly estimate: Estimate,
    /** Asks a worker to write and to read direction files. */
    readonly transfer: Transfer,
    /** Asks a worker for a direction made of others. */
    readonly merge: Merge,
    readonly access: RequestAccess,
  ) {
    this.loaders = createLoaders(storage);
    this.audience = access.caller.role;
  }

  /** Whoever starts a run here, for the limits of runs. STORAGE_FULL where there is no room for what the run would write. */
  async starter(): Promise<Starter> {
    const { caller, limits, quota } = this.access;
    await quota.reserve(0);
    return { tokenId: caller.tokenId, queuedRuns: limits.queuedRuns, runsPerToken: limits.runsPerToken };
  }

  /** Called before each event of a subscription: rows change between two events, and a loader remembers. */
  forgetRows(): void {
    this.loaders = createLoaders(this.storage);
  }
}
