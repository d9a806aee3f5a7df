import type { EventRow } from '../../storage/types.js';

/**
 * A payload may show rows as they are now, so that it is not kept for longer: enough for many who come back at once to
 * share a replay.
 */
const KEPT_MS = 1000;
const KEPT_MAX = 64;
const KEPT_CHARACTERS = 4 * 2 ** 20;

interface Kept {
  readonly since: number;
  readonly payload: Promise<string>;
  length: number;
}

/** Executes an operation for each event, and lets all who want the same result at about the same time share it. */
export class RecentPayloads {
  private readonly kept = new Map<number, Kept>();
  private characters = 0;

  constructor(private readonly execute: (row: EventRow) => Promise<string>) {}

  /** The `payload` of the event's message, as JSON. */
  of(row: EventRow): Promise<string> {
    const now = performance.now();
    const known = this.kept.get(row.seq);
    if (known && now - known.since < KEPT_MS) return known.payload;
    this.forget(row.seq);
    const fresh: Kept = { since: now, payload: this.execute(row), length: 0 };
    this.kept.set(row.seq, fresh);
    fresh.payload.then(
      ({ length }) => this.measure(row.seq, fresh, length),
      () => this.forget(row.seq),
    );
    this.trim(now);
    return fresh.payload;
  }

  private measure(seq: number, entry: Kept, length: number): void {
    if (this.kept.get(seq) !== entry) return;
    entry.length = length;
    this.characters += length;
    this.trim(performance.now());
  }

  /** Oldest first, which a map is in. */
  private trim(now: number): void {
    for (const [seq, { since }] of this.kept) {
      const fits = this.kept.size <= KEPT_MAX && this.characters <= KEPT_CHARACTERS;
      if (fits && now - since < KEPT_MS) return;
      this.forget(seq);
    }
  }

  private forget(seq: number): void {
    this.characters -= this.kept.get(seq)?.length ?? 0;
    this.kept.delete(seq);
  }
}
