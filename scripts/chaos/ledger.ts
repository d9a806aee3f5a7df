import type { FollowedKind, MutationName, SeenEvent } from './client/operations.js';

/** A mutation that a client was told has been done, and what must be there from then on. */
export interface Acknowledged {
  readonly name: MutationName | 'upload';
  readonly atMs: number;
  readonly id: string;
  /** Fields of what `id` names; of an upload `{ sha256 }`. */
  readonly expected: Readonly<Record<string, unknown>>;
  readonly idempotencyKey: string | null;
}

/** How its user left a run. */
export type Fate = 'finish' | 'cancel' | 'pause' | 'replaced';

/** A run that a client was told of. */
export interface KnownRun {
  readonly id: string;
  readonly kind: FollowedKind;
  /** Runs of one key asked for the same bytes. */
  readonly key: string;
  fate: Fate;
  cancelledAtMs: number | null;
  /** Latest status that any client has seen, and the number of the event that said so; 0 before the first. */
  status: string;
  statusSeq: number;
}

/** One client's subscription to one run, over all its reconnections. */
export interface Sequence {
  readonly runId: string;
  readonly client: string;
  readonly events: SeenEvent[];
  /** How often it was taken up again. */
  reconnections: number;
  /** Whether it was followed to the end. */
  isComplete: boolean;
}

/** What the clients saw: the truth that the database is held against. */
export class Ledger {
  readonly acknowledged: Acknowledged[] = [];
  readonly runs = new Map<string, KnownRun>();
  readonly sequences: Sequence[] = [];
  /** Answers that told a client to try again, by code or kind of failure. */
  readonly refusals = new Map<string, number>();
  /** What a direction may be called by now, the last one acknowledged first; an update not acknowledged may have been done. */
  readonly names = new Map<string, Readonly<Record<string, unknown>>[]>();

  /** When anybody last saw anything. */
  seenAtMs = Date.now();

  acknowledge(name: Acknowledged['name'], id: string, expected: Acknowledged['expected'], key: string | null): void {
    this.acknowledged.push({ name, id, expected, idempotencyKey: key, atMs: Date.now() });
  }

  addRun(id: string, kind: FollowedKind, key: string, fate: Fate = 'finish'): KnownRun {
    const known = this.runs.get(id);
    if (known) return known;
    const run = { id, kind, key, fate, cancelledAtMs: null, status: 'QUEUED', statusSeq: 0 };
    this.runs.set(id, run);
    return run;
  }

  see(sequence: Sequence, event: SeenEvent): void {
    sequence.events.push(event);
    this.seenAtMs = Date.now();
    const run = this.runs.get(sequence.runId);
    // Who comes late, or back, sees again what others saw.
    if (!run || event.status === undefined || event.seq <= run.statusSeq) return;
    run.status = event.status;
    run.statusSeq = event.seq;
  }

  /** Whether any client has seen that a run was taken up again, or ended, after the event of number `seq`. */
  hasGoneOn(id: string, seq: number): boolean {
    const run = this.runs.get(id);
    return run === undefined || (run.statusSeq > seq && run.status !== 'QUEUED');
  }

  /** Subscriptions with something still to come: not followed to the end, of a run that is not left paused. */
  unfinished(statusOf: (runId: string) => string | undefined): Sequence[] {
    const settled = [undefined, 'PAUSED'];
    return this.sequences.filter(({ runId, isComplete }) => !isComplete && !settled.includes(statusOf(runId)));
  }

  refused(how: string): void {
    this.refusals.set(how, (this.refusals.get(how) ?? 0) + 1);
  }
}
