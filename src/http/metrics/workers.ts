import { AggregatorRegistry, type Registry } from 'prom-client';
import type { Storage } from '../../storage/types.js';

/** Adds what the workers report with their signs of life; each has a label of its own, so that nothing is summed up. */
export async function withWorkers(registry: Registry, { status }: Storage): Promise<string> {
  const own = await registry.metrics();
  const reports = await status.workerMetrics();
  if (reports.length === 0) return own;
  return `${own}\n${await AggregatorRegistry.aggregate(reports).metrics()}`;
}
