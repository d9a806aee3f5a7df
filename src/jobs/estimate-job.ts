import type { DiscoveryEstimate } from '../engine/index.js';
import type { EstimateRequest } from './estimator.js';
import type { JobContext } from './job.js';
import { modelRef } from './model-ref.js';

/** Probes what a discovery would take. */
export async function estimateJob(
  context: JobContext,
  { modelId, config }: EstimateRequest,
  signal: AbortSignal,
): Promise<DiscoveryEstimate> {
  const { work, engine } = context;
  return engine.estimate(await modelRef(context, await work.models.row(modelId)), config, signal);
}
