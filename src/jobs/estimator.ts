import { setTimeout } from 'node:timers/promises';
import type { DiscoveryConfig, DiscoveryEstimate, EngineErrorCode } from '../engine/index.js';
import type { Queue } from './queue.js';

const POLL_MS = 100;
const LIMIT_MS = 120_000;

/** What a worker is asked to estimate. */
export interface EstimateRequest {
  readonly modelId: string;
  readonly config: DiscoveryConfig;
}

/** What a worker answers: engine errors cross the queue as data. */
export type EstimateAnswer =
  | { readonly estimate: DiscoveryEstimate }
  | { readonly error: { readonly code: EngineErrorCode; readonly message: string } };

export type Estimate = (request: EstimateRequest) => Promise<DiscoveryEstimate>;

/** A worker's refusal, with the API's code. */
class EstimateError extends Error {
  override readonly name = 'EstimateError';

  constructor(
    readonly code: EngineErrorCode,
    message: string,
  ) {
    super(message);
  }
}

/** Asks a worker what a discovery would take; throws its error, or INTERNAL_SERVER_ERROR where none comes in two minutes. */
export function createEstimator({ boss }: Queue): Estimate {
  return async (request) => {
    const id = (await boss.send('estimate', request)) ?? '';
    const deadline = Date.now() + LIMIT_MS;
    while (Date.now() < deadline) {
      const [job] = await boss.findJobs('estimate', { id });
      if (job?.state === 'completed') return unwrap(job.output as EstimateAnswer);
      if (job?.state === 'failed') break;
      await setTimeout(POLL_MS);
    }
    await boss.cancel('estimate', id);
    throw new EstimateError('INTERNAL_SERVER_ERROR', 'No worker gave an estimate.');
  };
}

function unwrap(answer: EstimateAnswer): DiscoveryEstimate {
  if ('estimate' in answer) return answer.estimate;
  throw new EstimateError(answer.error.code, answer.error.message);
}
