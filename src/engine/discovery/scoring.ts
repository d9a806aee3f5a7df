import type { DirectionScore, DiscoveryConfig } from '../contract.js';
import { STREAMS, uniforms } from '../diffusion/random.js';
import type { Between } from '../diffusion/trajectory.js';
import type { FloatTensor } from '../graph/tensor.js';
import { drawNoise, strengthFrom } from './draw.js';
import { nearestDirections } from './objective.js';
import type { ShiftChoice } from './samplers.js';
import type { TrainingState } from './state.js';
import type { Trainer } from './trainer.js';

/** Fresh pairs scored at the end of a discovery, the directions taking turns. */
export const SCORING_PAIRS = 512;

interface Tally {
  pairs: number;
  right: number;
  strengthError: number;
  effect: number;
}

/**
 * How well R names each direction on fresh samples (accuracy), how far its strength is off, and how far a unit of
 * strength moves the image (RMS). Samples come from a stream of their own.
 */
export async function scoreDirections(
  trainer: Trainer,
  state: TrainingState,
  config: DiscoveryConfig,
  sampleShape: readonly number[],
  pairs: number,
  between: Between,
  onProgress: (done: number, total: number) => Promise<void>,
): Promise<DirectionScore[]> {
  const tallies = Array.from(
    { length: config.directions },
    (): Tally => ({ pairs: 0, right: 0, strengthError: 0, effect: 0 }),
  );
  const batches = Math.ceil(pairs / config.batchSize);
  for (let batch = 0; batch < batches; batch += 1) {
    const choice = scoringChoice(config, batch);
    const noise = drawNoise(config, batch, sampleShape, STREAMS.scoring);
    const original = (await trainer.samplers.plain(noise, between)).samples.at(-1) as FloatTensor;
    const phi = state.shift.parameters['phi'] as FloatTensor;
    const shifted = (await trainer.samplers.shifted(noise, phi, choice, between)).samples.at(-1) as FloatTensor;
    await between();
    const { logits, strength } = await trainer.objective.run(
      { x: original, shifted, ...choice },
      trainer.networkFeeds(state),
    );
    tally(tallies, choice, nearestDirections(logits), strength, rootMeanSquares(original, shifted));
    await onProgress(Math.min(pairs, (batch + 1) * config.batchSize), pairs);
  }
  return tallies.map((sum, index) => ({
    index,
    accuracy: sum.right / Math.max(1, sum.pairs),
    strengthError: sum.strengthError / Math.max(1, sum.pairs),
    effectSize: sum.effect / Math.max(1, sum.pairs),
  }));
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

function tally(
  tallies: Tally[],
  choice: ShiftChoice,
  named: readonly number[],
  strength: FloatTensor,
  effects: readonly number[],
): void {
  choice.directions.forEach((k, row) => {
    const sum = tallies[k] as Tally;
    const s = choice.strengths[row] ?? 1;
    sum.pairs += 1;
    sum.right += named[row] === k ? 1 : 0;
    sum.strengthError += Math.abs((strength.data[row] ?? 0) - s);
    sum.effect += (effects[row] ?? 0) / Math.abs(s);
  });
}

/** RMS change of each image. */
function rootMeanSquares(a: FloatTensor, b: FloatTensor): number[] {
  const rows = a.shape[0] ?? 1;
  const width = a.data.length / rows;
  return Array.from({ length: rows }, (_, row) => {
    let sum = 0;
    for (let at = row * width; at < (row + 1) * width; at += 1) sum += ((b.data[at] ?? 0) - (a.data[at] ?? 0)) ** 2;
    return Math.sqrt(sum / width);
  });
}
