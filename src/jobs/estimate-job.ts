import type { DiscoveryEstimate } from '../engine/index.js';
import { answer } from './answer.js';
import type { Answer } from './ask.js';
import type { EstimateRequest } from './estimator.js';
import type { JobContext } from './job.js';

/** Probes what a discovery would take. */
export async function estimateJob(
  { work, engine }: JobContext,
  { modelId, config }: EstimateRequest,
  signal: AbortSignal,
): Promise<Answer<DiscoveryEstimate>> {
  const { source, hash } = await work.model(modelId);
  return answer(() => engine.estimate({ path: source, hash: hash ?? '' }, config, signal));
}
