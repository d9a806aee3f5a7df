import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { EngineError } from '../../../src/engine/errors.js';
import { type FloatTensor, floatTensor } from '../../../src/engine/graph/tensor.js';
import { adamStart, adamStep } from '../../../src/engine/learning/adam.js';
import { movingAverage } from '../../../src/engine/learning/average.js';
import { clipGlobalNorm, globalNorm } from '../../../src/engine/learning/clip.js';
import type { Parameters } from '../../../src/engine/learning/parameters.js';
import type { PretrainingConfig } from '../../../src/engine/pretraining/config.js';
import { drawTimesteps } from '../../../src/engine/pretraining/draw.js';
import { type PretrainingEvent, pretrain } from '../../../src/engine/pretraining/loop.js';
import { learningRateAt } from '../../../src/engine/pretraining/trainer.js';
import { trainableUNet } from '../../../src/engine/pretraining/unet.js';
import { openDevice } from '../../../src/engine/runtime/device.js';
import { readSafetensors } from '../../../src/engine/safetensors.js';
import { fixture } from '../../helpers/models.js';

/** One thread: operators this small only wait for others. */
const device = await openDevice('cpu', 1);

const TINY: PretrainingConfig = {
  source: 'squares',
  resolution: 8,
  channels: [8, 16],
  predictionType: 'v_prediction',
  steps: 6,
  batchSize: 4,
  learningRate: 1e-3,
  seed: 5,
  checkpointEvery: 2,
};

/** Bright squares on dark ground, their place a function of step and row. */
function squares(step: number, batch = TINY.batchSize): Float32Array {
  const images = new Float32Array(batch * 3 * 64).fill(-1);
  for (let image = 0; image < batch * 3; image += 1) {
    const corner = (step * 7 + Math.floor(image / 3) * 5) % 5;
    for (let pixel = 0; pixel < 9; pixel += 1)
      images[image * 64 + (corner + Math.floor(pixel / 3)) * 8 + corner + (pixel % 3)] = 1;
  }
  return images;
}

type Checkpoint = Extract<PretrainingEvent, { type: 'checkpoint' }>;

async function train(
  config: PretrainingConfig,
  resumed: Uint8Array | null = null,
  images = (step: number) => squares(step),
) {
  const losses: number[] = [];
  const checkpoints: Checkpoint[] = [];
  for await (const event of pretrain(config, images, resumed, device)) {
    if (event.type === 'start') losses.push(...event.losses);
    if (event.type === 'step') losses.push(event.loss);
    if (event.type === 'checkpoint') checkpoints.push(event);
  }
  return { losses, checkpoints, last: checkpoints.at(-1) as Checkpoint };
}

describe('an optimiser step', () => {
  it('clips, moves and averages as torch does', () => {
    const { shapes, theta, learningRate, steps } = JSON.parse(
      readFileSync(fixture('learning.json'), 'utf8'),
    ).pretraining;
    const named = (values: number[][]): Parameters =>
      Object.fromEntries(values.map((data, at) => [`p${at}`, floatTensor(shapes[at], Float32Array.from(data))]));
    let [parameters, ema] = [named(theta), named(theta)];
    let adam = adamStart(parameters);
    for (const step of steps) {
      const gradients = named(step.gradients);
      expect(Math.abs(globalNorm(gradients) / step.norm - 1)).toBeLessThan(1e-6);
      const moved = adamStep(parameters, clipGlobalNorm(gradients, 1), adam, learningRate, { betas: [0.9, 0.99] });
      parameters = moved.parameters;
      adam = moved.state;
      ema = movingAverage(ema, parameters, step.decay);
      for (const [made, expected] of [
        [parameters, named(step.theta)],
        [ema, named(step.ema)],
      ] as const) {
        for (const name of ['p0', 'p1'])
          made[name]?.data.forEach((value, at) => {
            expect(Math.abs(value - (expected[name] as FloatTensor).data[at]!)).toBeLessThan(1e-6);
          });
      }
    }
  });
});

describe('a pretraining', () => {
  it('resumed from a checkpoint gives the bytes and losses of one that was not stopped', async () => {
    const whole = await train(TINY);
    expect(whole.checkpoints.map(({ step }) => step)).toEqual([2, 4, 6]);
    for (const checkpoint of whole.checkpoints.slice(1)) {
      const resumed = await train(TINY, checkpoint.state);
      expect(resumed.losses).toEqual(whole.losses);
      expect(resumed.last.state).toEqual(whole.last.state);
      expect(resumed.last.files).toEqual(whole.last.files);
    }
  });

  it('is not resumed with other settings, nor from something else', async () => {
    const { last } = await train({ ...TINY, steps: 1 });
    await expect(train({ ...TINY, steps: 1, learningRate: 0.002 }, last.state)).rejects.toThrow(/"learningRate":0.001/);
    const other = last.files['diffusion_pytorch_model.safetensors'] as Uint8Array;
    await expect(train(TINY, other)).rejects.toThrow(/azimuth-pretraining-1/);
  });

  it('learns: the loss is more than halved on pictures that are easy', async () => {
    const config = { ...TINY, steps: 100, batchSize: 16, checkpointEvery: 200, learningRate: 4e-3 };
    const { losses } = await train(config, null, (step) => squares(step, 16));
    const mean = (part: number[]) => part.reduce((sum, loss) => sum + loss, 0) / part.length;
    expect(mean(losses.slice(-20))).toBeLessThan(mean(losses.slice(0, 5)) / 2);
  });

  it('starts from the weights of its seed, and ends on the moving average', async () => {
    const weights = async (config: PretrainingConfig) => {
      const { last } = await train({ ...config, steps: 1 });
      return readSafetensors(last.files['diffusion_pytorch_model.safetensors'] as Uint8Array, 'weights').tensors;
    };
    const [one, other] = [await weights(TINY), await weights({ ...TINY, seed: 6 })];
    expect(one.get('conv_in.weight')).not.toEqual(other.get('conv_in.weight'));
    const { state } = (await train({ ...TINY, steps: 1 })).last;
    const saved = readSafetensors(state, 'state').tensors;
    expect(one.get('conv_in.weight')).toEqual(saved.get('ema/conv_in.weight'));
    expect(one.get('conv_in.weight')).not.toEqual(saved.get('parameters/conv_in.weight'));
  });

  it('stops when it diverges, and says what to do', async () => {
    const endless = () => new Float32Array(TINY.batchSize * 3 * 64).fill(Number.NaN);
    await expect(train(TINY, null, endless)).rejects.toThrow(/diverged at step 1.*smaller learning rate/);
  });

  it.each<[Partial<PretrainingConfig>, RegExp]>([
    [{ steps: 0 }, /^steps: expected a whole number in 1…/],
    [{ batchSize: 1.5 }, /^batch: .*got 1\.5/],
    [{ channels: [8, 18] }, /^channels: expected multiples of 4 in 4…1024, got 8,18/],
    [{ channels: [] }, /^channels: expected 1 to 8 numbers/],
    [{ channels: [8, 8, 8, 8, 8] }, /^resolution: expected a multiple of 16 .*5 levels.*got 8/],
    [{ learningRate: Number.NaN }, /^learning-rate: expected a number above 0/],
    [{ seed: -1 }, /^seed: /],
    [{ checkpointEvery: 0 }, /^checkpoint-every: /],
  ])('refuses %o', async (change, message) => {
    const refusal = await train({ ...TINY, ...change }).then(
      () => null,
      (error: unknown) => error,
    );
    expect(refusal).toBeInstanceOf(EngineError);
    expect((refusal as EngineError).message).toMatch(message);
    expect((refusal as EngineError).code).toBe('BAD_USER_INPUT');
  });
});

describe('what a step draws', () => {
  it('is uniform over the timesteps, and spread evenly in each step', () => {
    const steps = Array.from({ length: 4000 }, (_, step) => drawTimesteps(3, step, 4, 1000));
    const first = steps.map(([t]) => t as number);
    // Standard error of the mean of 4000 uniform numbers: 4.6; five of them.
    expect(Math.abs(first.reduce((sum, t) => sum + t, 0) / first.length - 499.5)).toBeLessThan(23);
    for (const drawn of steps) {
      const quarters = new Set(drawn.map((t) => Math.floor(t / 250)));
      expect([...quarters].sort()).toEqual([0, 1, 2, 3]);
    }
  });

  it('is learned from at a rate that warms up and then decays to a hundredth', () => {
    const config = { ...TINY, steps: 1000, learningRate: 1 };
    expect(learningRateAt(config, 1)).toBeCloseTo(1 / 100, 5);
    expect(learningRateAt(config, 50)).toBeCloseTo(0.5, 2);
    expect(learningRateAt(config, 501)).toBeCloseTo(0.01 + 0.99 / 2, 6);
    expect(learningRateAt(config, 1000)).toBeCloseTo(0.01, 4);
    expect(learningRateAt({ ...config, steps: 10_000 }, 100)).toBeCloseTo(0.5, 2);
  });
});

describe('initial weights', () => {
  it('have the spread that PyTorch gives them', () => {
    const text = JSON.stringify({
      sample_size: 8,
      block_out_channels: [8, 16],
      down_block_types: ['DownBlock2D', 'AttnDownBlock2D'],
      up_block_types: ['AttnUpBlock2D', 'UpBlock2D'],
      norm_num_groups: 4,
    });
    const { specs } = trainableUNet(text, '{}');
    expect(specs['down_blocks.1.resnets.0.conv1.weight']?.start).toEqual({ kind: 'uniform', fanIn: 8 * 9 });
    expect(specs['down_blocks.1.resnets.0.conv1.bias']?.start).toEqual({ kind: 'uniform', fanIn: 8 * 9 });
    expect(specs['time_embedding.linear_2.weight']?.start).toEqual({ kind: 'uniform', fanIn: 32 });
    expect(specs['down_blocks.1.resnets.0.norm1.weight']?.start).toEqual({ kind: 'constant', value: 1 });
    expect(specs['down_blocks.1.attentions.0.group_norm.bias']?.start).toEqual({ kind: 'constant', value: 0 });
  });
});
