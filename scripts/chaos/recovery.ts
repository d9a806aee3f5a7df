import { setTimeout } from 'node:timers/promises';
import type { ActionKind } from './plan.js';
import type { Timeline } from './timeline.js';
import type { Violations } from './violations.js';

const LOOK_MS = 20;
const PATIENCE_MS = 120_000;

export interface Recovery {
  readonly kind: ActionKind;
  readonly ms: number;
}

/** Measures how long it takes until what was struck works again. Another strike may come before. */
export class Recoveries {
  readonly all: Recovery[] = [];
  private readonly pending = new Set<Promise<void>>();

  constructor(
    private readonly timeline: Timeline,
    private readonly violations: Violations,
  ) {}

  /** From now until `isBack`. */
  measure(kind: ActionKind, what: string, isBack: () => Promise<boolean> | boolean): void {
    const measuring = this.until(kind, what, isBack);
    this.pending.add(measuring);
    void measuring.finally(() => this.pending.delete(measuring));
  }

  async settled(): Promise<void> {
    await Promise.all(this.pending);
  }

  private async until(kind: ActionKind, what: string, isBack: () => Promise<boolean> | boolean): Promise<void> {
    const start = Date.now();
    while (Date.now() - start < PATIENCE_MS) {
      if (await isBack()) {
        const ms = Date.now() - start;
        this.all.push({ kind, ms });
        this.timeline.note(`${what}: back after ${ms} ms`);
        return;
      }
      await setTimeout(LOOK_MS);
    }
    this.violations.report('recovery', `${what}: not back after ${PATIENCE_MS / 1000} s`, start);
  }
}
