import type { EditFrame } from '../engine/index.js';
import { frameKey, type Held, type NewFrame, type Work } from '../storage/index.js';

/** Frames that may wait; the sampling waits for the database beyond. */
const WAITING_MAX = 32;
/** Between two writes of one edit: nobody sees more than 25 pictures a second, and a write of four costs what a write of one does. */
const PACE_MS = 40;

/**
 * Writes the frames of one edit beside its sampling: the first at once, and those that come within {@link PACE_MS} together after
 * it. What the log has already is not written again.
 */
export class FrameWriter {
  private waiting: NewFrame[] = [];
  private writing: Promise<void> | null = null;
  private failure: { readonly error: unknown } | null = null;
  private writtenMs = Number.NEGATIVE_INFINITY;
  /** Ends the wait for the next write. */
  private hurry = (): void => {};

  constructor(
    private readonly work: Work,
    private readonly held: Held,
    private readonly announced: ReadonlySet<string>,
  ) {}

  /** Throws what an earlier write failed with. */
  async push({ type: _, image, original, difference, ...payload }: EditFrame): Promise<void> {
    if (this.announced.has(frameKey(payload))) return;
    this.waiting.push({ payload, image, original, difference });
    this.writing ??= this.write();
    if (this.waiting.length > WAITING_MAX) await this.drain();
    if (this.failure) throw this.failure.error;
  }

  /** Resolves when everything is in the log, which is written at once. */
  async drain(): Promise<void> {
    this.writtenMs = Number.NEGATIVE_INFINITY;
    this.hurry();
    await this.writing;
    if (this.failure) throw this.failure.error;
  }

  private async write(): Promise<void> {
    try {
      while (this.waiting.length > 0) {
        await this.pace();
        this.writtenMs = performance.now();
        await this.work.edits.appendFrames(this.held, this.waiting.splice(0));
      }
    } catch (error) {
      this.failure = { error };
    } finally {
      this.writing = null;
    }
  }

  private pace(): Promise<void> {
    const waitMs = this.writtenMs + PACE_MS - performance.now();
    if (waitMs <= 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, waitMs);
      this.hurry = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
