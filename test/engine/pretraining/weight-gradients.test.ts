import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { vjp } from '../../../src/engine/autodiff/vjp.js';
import { conv3x3, groupNorm, linear, upsampleConv } from '../../../src/engine/diffusion/layers.js';
import type { Value } from '../../../src/engine/graph/graph.js';
import { type FloatTensor, floatTensor } from '../../../src/engine/graph/tensor.js';
import { parseUNetConfig } from '../../../src/engine/models/diffusers-config.js';
import { ATTENTION_NAMES, UNetRecorder } from '../../../src/engine/models/diffusers-unet.js';
import { unetLayout } from '../../../src/engine/models/unet-layout.js';
import { Tape } from '../../../src/engine/ops/tape.js';
import { DenoisingObjective } from '../../../src/engine/pretraining/objective.js';
import { trainableUNet } from '../../../src/engine/pretraining/unet.js';
import { Session } from '../../../src/engine/runtime/session.js';
import { readSafetensors } from '../../../src/engine/safetensors.js';
import { fixture } from '../../helpers/models.js';
import { dot, norm, relativeError, testDevice } from '../../helpers/numeric.js';

/** From PyTorch in float64 (scripts/golden/make.py); ours are sums of float32 products, about 1e-6 from it. */
const TOLERANCE = 1e-5;
const golden = readSafetensors(readFileSync(fixture('weight-gradients/layers.safetensors')), 'layers').tensors;

/** Tensors of one layer under a prefix, by the rest of their names. */
function under(prefix: string): Record<string, FloatTensor> {
  return Object.fromEntries(
    [...golden]
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, tensor]) => [name.slice(prefix.length), tensor]),
  );
}

type Layer = (tape: Tape, inputs: readonly Value[], weight: (name: string) => Value) => Value;
type Weight = Parameters<Layer>[2];

const affine = (weight: Weight, prefix = '') => ({ weight: weight(`${prefix}weight`), bias: weight(`${prefix}bias`) });

function recorder(tape: Tape, weight: Weight, options: object): UNetRecorder {
  const text = JSON.stringify({
    sample_size: 8,
    block_out_channels: [8],
    down_block_types: ['AttnDownBlock2D'],
    up_block_types: ['AttnUpBlock2D'],
    norm_num_groups: 2,
    ...options,
  });
  const config = parseUNetConfig('config.json', text);
  return new UNetRecorder(tape, config, unetLayout(config), ATTENTION_NAMES, (name) =>
    weight(name.replace('layer.', '')),
  );
}

const resnet =
  (kind: string): Layer =>
  (tape, [x, temb], weight) => {
    const layout = { name: 'layer', inChannels: 6, outChannels: 8, attention: null };
    return recorder(tape, weight, { resnet_time_scale_shift: kind })['resnet'](x!, temb!, layout);
  };

const downsample =
  (padding: number): Layer =>
  (tape, [x], weight) =>
    recorder(tape, (name) => weight(`conv.${name}`), { downsample_padding: padding })['downsample'](x!, 'layer');

const LAYERS: Readonly<Record<string, Layer>> = {
  conv: (tape, [x], weight) => conv3x3(tape, x!, affine(weight)),
  'conv-narrowing': (tape, [x], weight) => conv3x3(tape, x!, affine(weight)),
  'downsample-padding-1': downsample(1),
  'downsample-padding-0': downsample(0),
  shortcut: (tape, [x], weight) => tape.conv(x!, weight('weight'), weight('bias')),
  upsample: (tape, [x], weight) => upsampleConv(tape, x!, affine(weight, 'conv.')),
  norm: (tape, [x], weight) => groupNorm(tape, x!, 2, 1e-5, affine(weight)),
  linear: (tape, [x], weight) => linear(tape, x!, affine(weight)),
  'time-embedding': (tape, [x], weight) =>
    linear(tape, tape.silu(linear(tape, x!, affine(weight, 'linear_1.'))), affine(weight, 'linear_2.')),
  attention: (tape, [x], weight) => recorder(tape, weight, { attention_head_dim: 4 })['attend'](x!, 'layer'),
  'resnet-default': resnet('default'),
  'resnet-scale-shift': resnet('scale_shift'),
};

describe('weight gradients of one layer agree with PyTorch', () => {
  it.each(Object.keys(LAYERS))('%s', async (name) => {
    const [inputs, weights] = [under(`${name}/input:`), under(`${name}/weight:`)];
    const expected = under(`${name}/grad:`);
    const tape = new Tape();
    const declare = (prefix: string, tensors: Record<string, FloatTensor>) =>
      Object.fromEntries(
        Object.entries(tensors).map(([key, { shape }]) => [key, tape.input(`${prefix}:${key}`, shape)]),
      );
    const [x, w] = [declare('input', inputs), declare('weight', weights)];
    const y = (LAYERS[name] as Layer)(tape, Object.values(x), (key) => w[key] as Value);
    const gradients = vjp(tape, [y], [tape.input('cotangent', y.shape)], Object.values(w));
    const outputs = Object.fromEntries(Object.keys(w).map((key, at) => [key, gradients[at] as Value]));
    const session = await Session.create(tape.graph({ y, ...outputs }), await testDevice());
    const made = await session.run(
      Object.fromEntries([...golden].map(([key, value]) => [key.replace(`${name}/`, ''), value])),
    );
    await session.release();
    expect(relativeError(made['y']!, under(`${name}/`)['output']!)).toBeLessThan(TOLERANCE);
    expect(Object.keys(expected).length).toBeGreaterThan(1);
    const largest = Math.max(...Object.values(expected).map(norm));
    for (const [key, reference] of Object.entries(expected)) {
      // The key projection's bias moves all scores of a query alike: its gradient is 0, and rounding has no size beside it.
      const scale = Math.max(norm(reference), 1e-2 * largest);
      expect(relativeError(made[key]!, reference) * (norm(reference) / scale), key).toBeLessThan(TOLERANCE);
    }
  });
});

interface Probe {
  readonly norm: number;
  /** Product with cos(0), cos(1), … */
  readonly wave: number;
  readonly at: number[];
  readonly values: number[];
}

interface Reference {
  readonly shape: number[];
  readonly timesteps: number[];
  readonly x0: number[];
  readonly noise: number[];
  readonly loss: number;
  readonly gradients: Record<string, Probe>;
}

/**
 * Of a whole UNet: what its layers round adds up, and differs by processor, since ONNX Runtime's kernels sum in the order of its
 * vector units. The largest seen was 0.9e-5 on one and 1.02e-5 on another, for the bias before a normalisation that nearly cancels it.
 */
const UNET_TOLERANCE = 2e-5;

const unets: Record<string, Reference> = JSON.parse(readFileSync(fixture('weight-gradients/unets.json'), 'utf8'));

describe('the gradient of a whole denoising loss by every weight agrees with diffusers', () => {
  it.each(Object.keys(unets))('%s', async (name) => {
    const { shape, timesteps, x0, noise, loss, gradients } = unets[name] as Reference;
    const read = (file: string) => readFileSync(join(fixture(name), file));
    const unet = trainableUNet(read('config.json').toString(), read('scheduler/scheduler_config.json').toString());
    const weights = readSafetensors(read('diffusion_pytorch_model.safetensors'), name).tensors;
    expect(Object.keys(unet.specs).sort()).toEqual([...weights.keys()].sort());
    const objective = await DenoisingObjective.create(unet, timesteps.length, await testDevice());
    const tensor = (values: number[]) => floatTensor(shape, Float32Array.from(values));
    const batch = { x0: tensor(x0), noise: tensor(noise), timesteps };
    const made = await objective.run(batch, Object.fromEntries(weights));
    await objective.release();
    expect(Math.abs(made.loss / loss - 1)).toBeLessThan(UNET_TOLERANCE);
    const largest = Math.max(...Object.values(gradients).map((probe) => probe.norm));
    for (const [key, probe] of Object.entries(gradients)) {
      const gradient = made.gradients[key] as FloatTensor;
      const wave = floatTensor(
        gradient.shape,
        Float32Array.from(gradient.data, (_, index) => Math.cos(index)),
      );
      // As above: gradients that are 0, or nearly, are compared with the largest.
      const scale = Math.max(probe.norm, 1e-3 * largest);
      expect(Math.abs(norm(gradient) - probe.norm) / scale, key).toBeLessThan(UNET_TOLERANCE);
      expect(Math.abs(dot(gradient, wave) - probe.wave) / (scale * norm(wave)), key).toBeLessThan(UNET_TOLERANCE);
      probe.at.forEach((index, position) => {
        expect(Math.abs(gradient.data[index]! - probe.values[position]!) / scale, `${key}[${index}]`).toBeLessThan(
          UNET_TOLERANCE,
        );
      });
    }
  });
});
