import type { DiscoveryConfig } from '../contract.js';
import { WARM_UP_STEPS } from './trainer.js';
import { MOST_BATCHES } from './unedited.js';

/** Fresh pairs scored at the end of a discovery. */
const PAIRS = 512;
const PAIRS_PER_DIRECTION = 8;
/** Samples of a fidelity point: with fewer the distances say little, more are not worth their time. */
const FEWEST = 16;
const MOST = 64;
/** Share of the training's time that the scoring may take. */
const SHARE = 1 / 4;

/** What the last scoring of a discovery samples. */
export interface ScoringPlan {
  readonly pairs: number;
  /** Strengths of each direction's fidelity points. */
  readonly strengths: readonly number[];
  /** Samples of each point; 0: fidelity is not measured. */
  readonly samples: number;
  /** Trajectories in all. */
  readonly trajectories: number;
}

/**
 * A function of the configuration alone. Fidelity gets what the pairs leave of a quarter of the training's trajectories,
 * in which the gradient of one counts as two.
 */
export function scoringPlan(config: DiscoveryConfig): ScoringPlan {
  const { method, directions, trainingSteps, batchSize, maxStrength } = config;
  const pairs = Math.max(PAIRS, PAIRS_PER_DIRECTION * directions);
  const strengths = [-1, -0.5, 0.5, 1].map((part) => part * maxStrength);
  const learning = method === 'LEARNED' ? Math.max(0, trainingSteps - WARM_UP_STEPS) : 0;
  const training = batchSize * (Math.min(trainingSteps, MOST_BATCHES) + trainingSteps + 2 * learning);
  const points = strengths.length * directions;
  const affordable = Math.floor((SHARE * training - 2 * pairs) / points);
  const samples = affordable < FEWEST ? 0 : Math.min(MOST, affordable);
  return { pairs, strengths, samples, trajectories: 2 * pairs + points * samples };
}
