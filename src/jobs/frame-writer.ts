import type { EditFrame } from '../engine/index.js';
import { frameKey, type Held, type NewFrame, type Work } from '../storage/index.js';

/** Frames that may wait; the sampling waits for the database beyond. */
const WAITING_MAX = 32;

/**
 * Writes the frames of one edit beside its sampling: the first at once, and those that come while it is being written
 * together after it. What the log has already is not written again.
 */
export class FrameWriter {
  private waiting: NewFrame[] = [];
  private writing: Promise<void> | null = null;
  private failure: { readonly error: unknown } | null = null;

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

  /** Resolves when everything is in the log. */
  async drain(): Promise<void> {
    await this.writing;
    if (this.failure) throw this.failure.error;
  }

  private async write(): Promise<void> {
    try {
      while (this.waiting.length > 0) await this.work.edits.appendFrames(this.held, this.waiting.splice(0));
    } catch (error) {
      this.failure = { error };
    } finally {
      this.writing = null;
    }
  }
}
