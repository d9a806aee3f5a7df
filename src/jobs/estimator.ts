import type { DiscoveryConfig, DiscoveryEstimate } from '../engine/index.js';
import { ask } from './ask.js';
import type { Queue } from './queue.js';

/** What a worker is asked to estimate. */
export interface EstimateRequest {
  readonly modelId: string;
  readonly config: DiscoveryConfig;
}

export type Estimate = (request: EstimateRequest) => Promise<DiscoveryEstimate>;

/** Asks a worker what a discovery would take. */
export function createEstimator(queue: Queue): Estimate {
  return (request) => ask<DiscoveryEstimate>(queue, 'estimate', request);
}
