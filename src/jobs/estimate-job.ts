import type { DiscoveryEstimate } from '../engine/index.js';
import type { EstimateRequest } from './estimator.js';
import type { JobContext } from './job.js';
import { modelRef } from './model-ref.js';

/** Probes what a discovery would take. */
export async function estimateJob(
  { work, engine }: JobContext,
  { modelId, config }: EstimateRequest,
  signal: AbortSignal,
): Promise<DiscoveryEstimate> {
  return engine.estimate(modelRef(await work.model(modelId)), config, signal);
}
