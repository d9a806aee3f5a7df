import type { Browser, Page } from 'playwright-core';

/** What the main thread of a page did while it was watched. */
export interface MainThread {
  /** Share of the time that it was at work, 0 to 1. */
  readonly busyShare: number;
  readonly longestTaskMs: number;
  readonly tasksOver50Ms: number;
  /** The same, counting only what it computed: on a machine that is busy otherwise, tasks are interrupted. */
  readonly busyShareOfCpu: number;
  readonly longestTaskCpuMs: number;
}

interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
  /** Microseconds, on the clock and on the processor. */
  readonly dur?: number;
  readonly tdur?: number;
  readonly args?: { readonly name?: string };
}

const CATEGORIES = ['disabled-by-default-devtools.timeline', 'devtools.timeline', 'toplevel', 'thread_time'];

/** Chromium's own trace, from `act`'s beginning to its end. */
export async function traced(browser: Browser, page: Page, act: () => Promise<void>): Promise<MainThread> {
  await browser.startTracing(page, { categories: CATEGORIES });
  await act();
  const buffer = await browser.stopTracing();
  const { traceEvents } = JSON.parse(buffer.toString('utf8')) as { traceEvents: TraceEvent[] };
  return summary(traceEvents);
}

function summary(events: readonly TraceEvent[]): MainThread {
  const tasks = tasksOfPage(events);
  if (tasks.length === 0) throw new Error('The trace has no task of a main thread.');
  const from = Math.min(...tasks.map(({ ts }) => ts));
  const to = Math.max(...tasks.map(({ ts, dur }) => ts + (dur ?? 0)));
  const durations = tasks.map(({ dur }) => (dur ?? 0) / 1000);
  const computed = tasks.map(({ dur, tdur }) => (tdur ?? dur ?? 0) / 1000);
  const spanMs = (to - from) / 1000;
  return {
    busyShare: sum(durations) / spanMs,
    longestTaskMs: Math.max(...durations),
    tasksOver50Ms: durations.filter((ms) => ms > 50).length,
    busyShareOfCpu: sum(computed) / spanMs,
    longestTaskCpuMs: Math.max(...computed),
  };
}

/** Tasks of the main thread of the renderer that worked most: the browser has others, for pages that nobody looks at. */
function tasksOfPage(events: readonly TraceEvent[]): TraceEvent[] {
  const mains = events.filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain');
  const byThread = mains.map(({ pid, tid }) =>
    events.filter((event) => event.name === 'RunTask' && event.ph === 'X' && event.pid === pid && event.tid === tid),
  );
  const work = (tasks: readonly TraceEvent[]) => sum(tasks.map(({ dur }) => dur ?? 0));
  return byThread.sort((a, b) => work(b) - work(a))[0] ?? [];
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
