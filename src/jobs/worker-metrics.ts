import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Database } from '../storage/index.js';
import { reportMetrics } from '../storage/index.js';
import type { RunKind } from '../storage/types.js';

const REPORT_MS = 5000;

/** What a worker counts; an API process shows it, under the worker's id, to whoever asks for /metrics. */
export class WorkerMetrics {
  private readonly registry = new Registry();
  private readonly steps = new Counter({
    name: 'azimuth_training_steps_total',
    help: 'Training steps made.',
    registers: [this.registry],
  });
  private readonly runs = new Histogram({
    name: 'azimuth_run_seconds',
    help: 'From taking a run to letting go of it, by kind and whether it was done; edits per second are the rate of the count.',
    labelNames: ['kind', 'outcome'],
    buckets: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200],
    registers: [this.registry],
  });

  constructor(private readonly workerId: string) {
    new Gauge({
      name: 'azimuth_worker_resident_memory_bytes',
      help: 'Memory of the worker process.',
      registers: [this.registry],
      collect() {
        this.set(process.memoryUsage.rss());
      },
    });
    this.registry.setDefaultLabels({ worker: workerId });
  }

  step(): void {
    this.steps.inc();
  }

  /** Counts the run that `work` does. */
  async during(kind: RunKind, work: () => Promise<void>): Promise<void> {
    const end = this.runs.startTimer({ kind });
    try {
      await work();
      end({ outcome: 'done' });
    } catch (error) {
      end({ outcome: 'ended_early' });
      throw error;
    }
  }

  /** Tells the database every few seconds, until stopped. */
  report(database: Database): { stop(): void } {
    const tell = async () => reportMetrics(database, this.workerId, await this.registry.getMetricsAsJSON());
    void tell().catch(() => {});
    const timer = setInterval(() => void tell().catch(() => {}), REPORT_MS);
    return { stop: () => clearInterval(timer) };
  }
}
