import type { DirectionScore, DiscoveryConfig } from '../contract.js';
import type { DiffusionModel } from '../diffusion/model.js';
import { STREAMS, uniforms } from '../diffusion/random.js';
import type { Between } from '../diffusion/trajectory.js';
import type { FloatTensor } from '../graph/tensor.js';
import type { Device } from '../runtime/device.js';
import { drawNoise, strengthFrom } from './draw.js';
import { ImageFeatures } from './features.js';
import { measureFidelity, UNMEASURED } from './fidelity.js';
import { nearestDirections } from './objective.js';
import { rowsOf, stack } from './replay.js';
import type { ShiftChoice } from './samplers.js';
import { Scorecard } from './scorecard.js';
import { type ScoringPlan, scoringPlan } from './scoring-plan.js';
import type { TrainingState } from './state.js';
import type { Trainer } from './trainer.js';

/** Unshifted samples that shifted ones are compared with: the first so many of the pairs'. */
const UNSHIFTED = 512;

/** What a scoring works with. */
export interface Scoring {
  readonly model: DiffusionModel;
  readonly config: DiscoveryConfig;
  readonly device: Device;
  readonly trainer: Trainer;
  readonly state: TrainingState;
  readonly between: Between;
  /** Called after each batch with the trajectories done and in all; `false` stops the scoring. */
  readonly onScored: (done: number, total: number) => Promise<boolean>;
}

/** Reports so many further trajectories; `false` stops. */
export type Progress = (trajectories: number) => Promise<boolean>;

/**
 * The last scores of a discovery, from samples of their own; null if it was stopped. A function of configuration and
 * state: begun again after a crash it gives the same.
 */
export async function scoreDirections(scoring: Scoring): Promise<DirectionScore[] | null> {
  const plan = scoringPlan(scoring.config);
  const { model, config, device } = scoring;
  const features = plan.samples === 0 ? null : await ImageFeatures.create(model, config.batchSize, device);
  let done = 0;
  const progress: Progress = (trajectories) => {
    done += trajectories;
    return scoring.onScored(Math.min(done, plan.trajectories), plan.trajectories);
  };
  try {
    const judged = await scorePairs(scoring, plan, features, progress);
    if (!judged) return null;
    const { scorecard, unshifted } = judged;
    const fidelity = features && (await measureFidelity(scoring, plan, features, unshifted, progress));
    if (features && !fidelity) return null;
    return scorecard.full().map((score) => ({ ...score, ...(fidelity?.[score.index] ?? UNMEASURED) }));
  } finally {
    await features?.release();
  }
}

/** Judges fresh pairs, the directions taking turns; with the features of their unshifted samples. */
async function scorePairs(
  { model, config, trainer, state, between }: Scoring,
  { pairs }: ScoringPlan,
  features: ImageFeatures | null,
  progress: Progress,
): Promise<{ scorecard: Scorecard; unshifted: FloatTensor } | null> {
  const scorecard = new Scorecard(config.directions, config.maxStrength, true);
  const phi = state.shift.parameters['phi'] as FloatTensor;
  const seen: FloatTensor[] = [];
  const batches = Math.ceil(pairs / config.batchSize);
  for (let batch = 0; batch < batches; batch += 1) {
    const choice = scoringChoice(config, batch);
    const noise = drawNoise(config, batch, model.sampleShape, STREAMS.scoring);
    const sample = (await trainer.samplers.plain(noise, between)).samples.at(-1) as FloatTensor;
    const moved = (await trainer.samplers.shifted(noise, phi, choice, between)).samples.at(-1) as FloatTensor;
    await between();
    const [x, shifted] = [await trainer.images.seen(sample, between), await trainer.images.seen(moved, between)];
    const judged = await trainer.objective.run({ x, shifted, ...choice }, trainer.judgeFeeds(state));
    scorecard.add({ choice, x, shifted, named: nearestDirections(judged.logits), strength: judged.strength });
    if (features && batch * config.batchSize < UNSHIFTED) {
      await between();
      seen.push(await features.of(sample));
    }
    if (!(await progress(2 * config.batchSize))) return null;
  }
  const rows = stack(seen);
  return { scorecard, unshifted: rowsOf(rows, 0, Math.min(UNSHIFTED, rows.shape[0] ?? 0)) };
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
