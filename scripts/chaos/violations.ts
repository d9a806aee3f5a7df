import type { Timeline } from './timeline.js';

/** A promise that was broken. */
export interface Violation {
  readonly check: string;
  readonly text: string;
  /** What happened around it, where it has a time. */
  readonly around: readonly string[];
}

/** Collects what must not be. */
export class Violations {
  readonly all: Violation[] = [];

  constructor(private readonly timeline: Timeline) {}

  report(check: string, text: string, atMs: number | null = Date.now()): void {
    this.timeline.note(`VIOLATION ${check}: ${text}`);
    this.all.push({ check, text, around: atMs === null ? [] : this.timeline.around(atMs) });
  }
}
