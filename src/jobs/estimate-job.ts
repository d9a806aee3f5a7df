import { EngineError } from '../engine/index.js';
import type { EstimateAnswer, EstimateRequest } from './estimator.js';
import type { JobContext } from './job.js';

/** Probes what a discovery would take. */
export async function estimateJob(
  { work, engine }: JobContext,
  { modelId, config }: EstimateRequest,
  signal: AbortSignal,
): Promise<EstimateAnswer> {
  const { source, hash } = await work.model(modelId);
  try {
    return { estimate: await engine.estimate({ path: source, hash: hash ?? '' }, config, signal) };
  } catch (error) {
    if (error instanceof EngineError) return { error: { code: error.code, message: error.message } };
    throw error;
  }
}
