import type { Storage } from '../storage/types.js';
import { LimitError } from './limit-error.js';
import type { Limits } from './limits.js';

/** Summing up takes a moment where there are many: what was added since is counted here, by this node alone. */
const COUNT_AGAIN_MS = 1000;

/** Keeps what clients add below AZIMUTH_STORAGE_BYTES. Runs that were started go on: what they write was promised. */
export class Quota {
  private stored = 0;
  private countedMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly limits: Pick<Limits, 'storageBytes'>,
    private readonly status: Pick<Storage['status'], 'storedBytes'>,
  ) {}

  /** STORAGE_FULL unless `bytes` more fit; for 0 bytes, unless there is any room at all. */
  async reserve(bytes: number): Promise<void> {
    const { storageBytes } = this.limits;
    if (storageBytes === 0) return;
    const now = performance.now();
    if (now - this.countedMs >= COUNT_AGAIN_MS) {
      this.stored = await this.status.storedBytes();
      this.countedMs = now;
    }
    const value = this.stored + Math.max(1, bytes);
    if (value > storageBytes)
      throw new LimitError('storageBytes', storageBytes, value, 'Make room, or ask an administrator to.');
    this.stored += bytes;
  }
}
