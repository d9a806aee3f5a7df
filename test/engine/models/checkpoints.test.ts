import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FloatTensor, floatTensor } from '../../../src/engine/graph/tensor.js';
import { loadModel } from '../../../src/engine/models/load-model.js';
import { openDevice } from '../../../src/engine/runtime/device.js';
import { writeSafetensors } from '../../../src/engine/safetensors.js';
import { VERIFY_TOLERANCE, verifyModel } from '../../../src/engine/verify.js';
import { CHECKPOINTS, checkpointTensors, writeCheckpoint } from '../../helpers/checkpoints.js';
import { type TorchValue, torchFile } from '../../helpers/torch-file.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'azimuth-checkpoint-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Changes `azimuth.json`; undefined removes a key. */
function settings(change: Record<string, unknown>): void {
  const path = join(folder, 'azimuth.json');
  writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), ...change }));
}

const refusal = (path = folder) =>
  loadModel(path).then(
    () => 'the model was taken',
    (error: Error) => error.message,
  );

const wrapped = (tensors: Map<string, FloatTensor>, prefix: string) =>
  new Map([...tensors].map(([name, tensor]) => [prefix + name, tensor]));
const other = (tensors: Map<string, FloatTensor>) =>
  new Map([...tensors].map(([name, { shape }]) => [name, floatTensor(shape)]));

async function verified() {
  const { comparisons } = await verifyModel(folder, await openDevice('cpu'));
  expect(comparisons.length).toBeGreaterThanOrEqual(15);
  expect(comparisons.filter(({ error }) => !(error <= VERIFY_TOLERANCE))).toEqual([]);
}

describe('a checkpoint of another code base, against its own modules', () => {
  it.each(CHECKPOINTS)('%s: outputs, h, steps, trajectories and their gradients', async (name) => {
    writeCheckpoint(name, folder);
    const { origin } = await loadModel(folder);
    expect(origin.format).toBe(name.startsWith('ddim') ? 'ddpm' : 'guided-diffusion');
    expect(origin.weights.matched).toBe(checkpointTensors(name).size);
    await verified();
  });

  it.each<[string, (tensors: Map<string, FloatTensor>) => TorchValue]>([
    [
      'the states of ddim’s training: the average is taken',
      (tensors) => [wrapped(other(tensors), 'module.'), new Map([['state', new Map()]]), 1, 2, tensors],
    ],
    ['a model in DataParallel', (tensors) => wrapped(tensors, 'module.')],
    [
      'a dictionary with an average',
      (tensors) =>
        new Map<string, TorchValue>([
          ['model', other(tensors)],
          ['ema', tensors],
        ]),
    ],
    [
      'a dictionary with more beside',
      (tensors) =>
        new Map<string, TorchValue>([
          ['step', 3],
          ['model', tensors],
        ]),
    ],
  ])('may be %s', async (_, wrap) => {
    writeCheckpoint('ddim', folder, wrap);
    await verified();
  });

  it('may be safetensors, alone', async () => {
    writeCheckpoint('ddim', folder);
    const { hash } = await loadModel(join(folder, 'model.pt'));
    expect(hash).toBe((await loadModel(folder)).hash);
    const file = join(folder, 'weights.safetensors');
    writeFileSync(file, writeSafetensors({ tensors: checkpointTensors('ddim'), metadata: {} }));
    expect((await loadModel(file)).origin.weights.matched).toBe(checkpointTensors('ddim').size);
  });
});

describe('what weights do not tell', () => {
  const subjects = (warnings: readonly string[]) => warnings.map((text) => /heads|order|schedule/.exec(text)?.[0]);

  it.each<[string, string, Record<string, unknown>]>([
    ['the order of query, key and value', 'adm-new-order', { attentionOrder: 'legacy' }],
    ['the heads', 'adm', { headChannels: 32 }],
    ['the class', 'adm-new-order', { classLabel: 6 }],
    ['the scale of timesteps', 'iddpm', { rescaleTimesteps: false }],
    ['the schedule', 'adm-new-order', { scheduler: {} }],
  ])('matters: %s, told wrong, gives other values', async (_, name, change) => {
    writeCheckpoint(name, folder);
    settings(change);
    const { comparisons } = await verifyModel(folder, await openDevice('cpu'));
    expect(comparisons.filter(({ error }) => error > 10 * VERIFY_TOLERANCE).length).toBeGreaterThan(5);
  });

  it('is assumed with a warning, or told', async () => {
    writeCheckpoint('adm', folder);
    settings({ headChannels: undefined });
    const { origin, schedule } = await loadModel(folder);
    expect(schedule.trainTimesteps).toBe(1000);
    // Its attentions have 64 channels, and so one head, where the order says nothing.
    expect(subjects(origin.warnings)).toEqual(['heads', 'schedule']);
    settings({ headChannels: 16 });
    expect(subjects((await loadModel(folder)).origin.warnings)).toEqual(['order', 'schedule']);
    settings({ headChannels: 16, attentionOrder: 'legacy', scheduler: {} });
    expect((await loadModel(folder)).origin.warnings).toEqual([]);
  });

  it('changes the model’s hash', async () => {
    writeCheckpoint('adm', folder);
    const { hash } = await loadModel(folder);
    settings({ attentionOrder: 'new' });
    expect((await loadModel(folder)).hash).not.toBe(hash);
  });

  it.each<[string, string, Record<string, unknown>, RegExp]>([
    ['the image’s extent', 'ddim', { imageSize: undefined }, /image's extent.*"imageSize"/],
    ['an extent that is halved to nothing', 'ddim', { imageSize: 9 }, /multiple of 2/],
    ['heads that do not divide', 'adm', { headChannels: 24 }, /headChannels: 24 does not divide/],
    ['heads told twice', 'adm', { heads: 2 }, /nothing beside heads/],
    ['a class that is not there', 'adm-new-order', { classLabel: 10 }, /10 classes/],
    ['no class of a model of classes', 'adm-new-order', { classLabel: undefined }, /"classLabel"/],
    ['a class of a model without', 'adm', { classLabel: 1 }, /no classes/],
    ['a key nobody knows', 'adm', { num_heads: 4 }, /unknown keys num_heads/],
    ['a schedule that is none', 'adm', { scheduler: [1] }, /scheduler: expected an object/],
    ['another schedule than DDIM’s', 'adm', { scheduler: { beta_schedule: 'const' } }, /beta_schedule/],
    ['a file elsewhere', 'adm', { weights: '../model.pt' }, /a file in the folder/],
    ['a file that is not there', 'adm', { weights: 'ema.pt' }, /no such file/],
    ['a table that is not there', 'adm', { state: 'ema' }, /state: expected one of/],
    ['a settings key of the wrong kind', 'adm', { attentionOrder: 'newest' }, /legacy, new/],
  ])('%s is refused, saying what to write', async (_, name, change, message) => {
    writeCheckpoint(name, folder);
    settings(change);
    expect(await refusal()).toMatch(message);
  });
});

describe('a checkpoint with what its model does not use', () => {
  it('says so', async () => {
    writeCheckpoint('ddim', folder, (tensors) => tensors.set('logvar', floatTensor([1000])));
    const { origin } = await loadModel(folder);
    expect(origin.weights).toEqual({ matched: checkpointTensors('ddim').size, ignored: ['logvar'] });
    await verified();
  });
});

describe('a checkpoint that is not understood', () => {
  const write = (name: string, change: (tensors: Map<string, FloatTensor>) => void) =>
    writeCheckpoint(name, folder, (tensors) => {
      change(tensors);
      return tensors;
    });
  const rename = (tensors: Map<string, FloatTensor>, from: RegExp) => {
    for (const name of [...tensors.keys()]) if (from.test(name)) tensors.delete(name);
  };

  it.each<[string, string, (tensors: Map<string, FloatTensor>) => void, RegExp]>([
    ['lacks a weight', 'ddim', (t) => t.delete('mid.attn_1.k.bias'), /mid\.attn_1\.k\.bias is missing/],
    ['has one too many', 'ddim', (t) => t.set('extra', floatTensor([1])), /extra is not part of the model/],
    ['has a misshapen one', 'adm', (t) => t.set('middle_block.1.qkv.bias', floatTensor([7])), /has shape \[7\]/],
    ['holds NaN', 'adm', (t) => t.get('out.2.bias')!.data.fill(Number.NaN), /not finite/],
    [
      'halves the image without weights',
      'ddim',
      (t) => rename(t, /sample\.conv/),
      /resampling without one is not built/,
    ],
    [
      'resamples without weights',
      'adm-narrow-start',
      (t) => rename(t, /\.op\.|\.[12]\.conv\./),
      /not built|not part|missing/,
    ],
    ['is a classifier', 'adm', (t) => rename(t, /^output_blocks/), /classifier/],
    [
      'is given another image',
      'adm',
      (t) => t.set('input_blocks.0.0.weight', floatTensor([32, 6, 3, 3])),
      /super-resolution/,
    ],
    ['is of no known code base', 'ddim', (t) => rename(t, /^down/), /holds none of these tensors/],
  ])('and %s is refused', async (_, name, change, message) => {
    write(name, change);
    expect(await refusal()).toMatch(message);
  });

  it('is one of several files', async () => {
    writeCheckpoint('ddim', folder);
    settings({ weights: undefined });
    expect(await refusal()).toMatch(/several files of weights.*"weights"/);
    rmSync(join(folder, 'golden.safetensors'));
    expect(await refusal()).toBe('the model was taken');
    writeFileSync(join(folder, 'model.pt'), torchFile([1, 2]));
    expect(await refusal()).toMatch(/none of these tensors/);
  });
});
