import type { DiscoveryConfig } from '../contract.js';
import { STREAMS, uniforms } from '../diffusion/random.js';
import type { Between } from '../diffusion/trajectory.js';
import type { FloatTensor } from '../graph/tensor.js';
import { drawNoise, strengthFrom } from './draw.js';
import { nearestDirections } from './objective.js';
import type { ShiftChoice } from './samplers.js';
import { Scorecard } from './scorecard.js';
import type { TrainingState } from './state.js';
import type { Trainer } from './trainer.js';

/** Fresh pairs scored at the end of a discovery, the directions taking turns. */
export const SCORING_PAIRS = 512;

/** Called after each batch; `false` stops the scoring. */
export type OnScored = (done: number, total: number) => Promise<boolean>;

/** Judges `pairs` fresh pairs, from a stream of random numbers of their own; null if it was stopped. */
export async function scoreDirections(
  trainer: Trainer,
  state: TrainingState,
  config: DiscoveryConfig,
  sampleShape: readonly number[],
  pairs: number,
  between: Between,
  onScored: OnScored,
): Promise<Scorecard | null> {
  const scorecard = new Scorecard(config.directions, config.maxStrength, true);
  const batches = Math.ceil(pairs / config.batchSize);
  for (let batch = 0; batch < batches; batch += 1) {
    const choice = scoringChoice(config, batch);
    const noise = drawNoise(config, batch, sampleShape, STREAMS.scoring);
    const x = (await trainer.samplers.plain(noise, between)).samples.at(-1) as FloatTensor;
    const phi = state.shift.parameters['phi'] as FloatTensor;
    const shifted = (await trainer.samplers.shifted(noise, phi, choice, between)).samples.at(-1) as FloatTensor;
    await between();
    const judged = await trainer.objective.run({ x, shifted, ...choice }, trainer.networkFeeds(state));
    scorecard.add({ choice, x, shifted, named: nearestDirections(judged.logits), strength: judged.strength });
    if (!(await onScored(Math.min(pairs, (batch + 1) * config.batchSize), pairs))) return null;
  }
  return scorecard;
}

/** Directions in turn, strengths drawn. */
function scoringChoice(config: DiscoveryConfig, batch: number): ShiftChoice {
  const { seed, batchSize } = config;
  const numbers = uniforms({ seed, stream: STREAMS.scoring, sample: 1, step: batch }, batchSize);
  return {
    directions: Array.from({ length: batchSize }, (_, row) => (batch * batchSize + row) % config.directions),
    strengths: Array.from(numbers, (u) => strengthFrom(u, config)),
  };
}
