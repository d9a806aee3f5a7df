import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { galleryOf } from '../../scripts/support/gallery.js';
import type { DirectionBankRef, DiscoveryEvent, EditEvent, Engine } from '../../src/engine/contract.js';
import { seenShape } from '../../src/engine/diffusion/model.js';
import { SampleImages } from '../../src/engine/diffusion/sample-images.js';
import { drawChoice, drawNoise } from '../../src/engine/discovery/draw.js';
import { Trainer } from '../../src/engine/discovery/trainer.js';
import { EditedSampler } from '../../src/engine/edit/edited-sampler.js';
import { invert } from '../../src/engine/edit/inversion.js';
import { createEngine } from '../../src/engine/engine.js';
import { EngineError } from '../../src/engine/errors.js';
import { type FloatTensor, floatTensor } from '../../src/engine/graph/tensor.js';
import { loadModel } from '../../src/engine/models/load-model.js';
import { decodePicture, encodePicture, psnr } from '../../src/engine/picture.js';
import { readSafetensors, writeSafetensors } from '../../src/engine/safetensors.js';
import { blankStatistics, encodeStatistics } from '../../src/engine/shift/statistics.js';
import { VERIFY_TOLERANCE, verifyModel } from '../../src/engine/verify.js';
import { fixture, TINY_DISCOVERY } from '../helpers/models.js';
import { dot, generator, randomTensor, testDevice } from '../helpers/numeric.js';

/** Samples of 8×8 pixels, images of 16×16: three channels and a codebook, or one channel and none. */
const VQ = fixture('variants/latent-vq');
const KL = fixture('variants/latent-kl');
const signal = new AbortController().signal;
const nothing = async () => {};

let engine: Engine;
let folder: string;
beforeAll(async () => {
  engine = await createEngine({ device: 'cpu' });
});
afterAll(() => engine.close());
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'azimuth-latents-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function edit(file: string, change: Record<string, unknown>): void {
  const path = join(folder, file);
  writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), ...change }));
}

async function refusal(): Promise<string> {
  const error = await loadModel(folder).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(EngineError);
  return (error as EngineError).message;
}

async function gathered<T>(events: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const event of events) all.push(event);
  return all;
}

describe('a folder with an autoencoder', () => {
  it.each<[string, () => void, RegExp]>([
    ['whose latents are not the UNet’s', () => edit('vqvae/config.json', { vq_embed_dim: 3 }), /expected latents of 4/],
    ['with other weights', () => edit('vqvae/config.json', { num_vq_embeddings: 49 }), /vqvae\/.*quantize.*\[50,4\]/],
    ['of another kind', () => edit('vqvae/config.json', { _class_name: 'AutoencoderTiny' }), /AutoencoderTiny/],
    ['with a key nobody knows', () => edit('vqvae/config.json', { rotation: 1 }), /unknown keys rotation/],
    ['with spatial norms', () => edit('vqvae/config.json', { norm_type: 'spatial' }), /norm_type/],
  ])('%s is refused, saying where', async (_, change, message) => {
    cpSync(VQ, folder, { recursive: true });
    change();
    expect(await refusal()).toMatch(message);
  });

  it('may name attention weights as those of 2022 did', async () => {
    cpSync(VQ, folder, { recursive: true });
    const path = join(folder, 'vqvae/diffusion_pytorch_model.safetensors');
    const { tensors } = readSafetensors(readFileSync(path), 'weights');
    const old = { to_q: 'query', to_k: 'key', to_v: 'value', 'to_out.0': 'proj_attn' };
    const renamed = new Map(
      [...tensors].map(([name, tensor]) => {
        const today = Object.keys(old).find((part) => name.includes(`.${part}.`)) as keyof typeof old | undefined;
        return [today ? name.replace(today, old[today]) : name, tensor] as const;
      }),
    );
    expect([...renamed.keys()].some((name) => name.includes('proj_attn'))).toBe(true);
    writeFileSync(path, writeSafetensors({ tensors: renamed, metadata: {} }));
    const { comparisons } = await verifyModel(folder, await testDevice());
    expect(comparisons.filter(({ error }) => !(error <= VERIFY_TOLERANCE))).toEqual([]);
  });

  it('of 2022, which has no scaling factor, decodes samples as they are, and says so', async () => {
    cpSync(VQ, folder, { recursive: true });
    edit('vqvae/config.json', { scaling_factor: null });
    const unscaled = await loadModel(folder);
    expect(unscaled.origin.warnings).toEqual([expect.stringMatching(/vqvae\/config.json has no scaling_factor/)]);
    // The reference divides x by 0.7: the same image from x/0.7 here.
    const { tensors } = readSafetensors(readFileSync(join(VQ, 'golden.safetensors')), 'golden');
    const x = tensors.get('x') as FloatTensor;
    const images = new SampleImages(unscaled, await testDevice());
    const scaled = floatTensor(
      x.shape,
      x.data.map((value) => value / 0.7),
    );
    const made = await images.of(scaled, nothing);
    await images.release();
    const decoded = tensors.get('decoded') as FloatTensor;
    expect(Math.max(...made.data.map((value, at) => Math.abs(value - (decoded.data[at] ?? 0))))).toBeLessThan(1e-4);
  });

  it('is explained with the keys of its autoencoder, each with a meaning', async () => {
    const { origin } = await loadModel(KL);
    const keys = origin.config.map(({ key }) => key);
    expect(keys).toEqual(expect.arrayContaining(['vae/scaling_factor', 'vae/latents_mean', 'sample_size']));
    expect(origin.config.filter(({ meaning }) => meaning === '')).toEqual([]);
    expect(origin.files.map(({ path }) => path).filter((path) => path.includes('/vae/'))).toHaveLength(1);
    expect(origin.warnings).toEqual([]);
  });

  it('left without its autoencoder shows its first three channels, and says so', async () => {
    cpSync(VQ, folder, { recursive: true });
    rmSync(join(folder, 'vqvae'), { recursive: true });
    expect((await loadModel(folder)).origin.warnings).toEqual([expect.stringMatching(/4 channels.*first three/)]);
    const { hash } = await engine.importModel(folder, nothing, signal);
    const [picture] = await galleryOf(engine, { path: folder, hash }, [1], 2);
    expect(picture).toMatchObject({ width: 8, height: 8 });
  });
});

describe.each([
  ['of a codebook', VQ, 3],
  ['of a variational autoencoder', KL, 1],
])('a latent model %s', (_, source, channels) => {
  it('shows decoded images everywhere: gallery, previews, frames, results, filmstrips', async () => {
    const description = await engine.importModel(source, nothing, signal);
    expect(description).toMatchObject({ resolution: 16, channels });
    const ref = { path: source, hash: description.hash };
    const events = await gathered<DiscoveryEvent>(
      engine.discover(
        ref,
        { ...TINY_DISCOVERY, trainingSteps: 2 },
        { state: null, statistics: null, signal, yieldTo: nothing },
      ),
    );
    const bank = bankOf(events);
    const previews = events.flatMap((event) => (event.type === 'preview' ? [event.original, event.shifted] : []));
    const scores = events.flatMap((event) => (event.type === 'scorecard' && event.isFinal ? event.scores : []));
    expect(scores.map(({ effectSize }) => effectSize).every(Number.isFinite)).toBe(true);
    const request = {
      seed: 5,
      shifts: [{ bank, directionIndex: 0, strength: 2, curve: [] }],
      samplingSteps: 3,
      reverseProcess: 'SYMMETRIC' as const,
      eta: 0,
      previewEvery: 1,
      previewSize: null,
      previewTwins: true,
    };
    const edited = await gathered<EditEvent>(engine.edit(ref, request, signal));
    const frames = edited.flatMap((event) =>
      event.type === 'frame' ? [event.image, event.original, event.difference] : [],
    );
    const results = edited.flatMap((event) => (event.type === 'result' ? [event.result, event.original] : []));
    const strip = await engine.filmstrip(
      ref,
      { bank, directionIndex: 0, strengths: [-1, 1], seed: 3, samplingSteps: 2, reverseProcess: 'SYMMETRIC' },
      signal,
    );
    const gallery = await galleryOf(engine, { path: source, hash: ref.hash }, [5, 6], 3);
    const pictures = [...previews, ...frames, ...results, ...strip, ...gallery];
    expect(pictures.length).toBeGreaterThanOrEqual(21);
    for (const picture of pictures) expect(picture).toMatchObject({ width: 16, height: 16 });
    // The unedited result is what the sample of the same seed decodes to.
    const model = await loadModel(source);
    const device = await testDevice();
    const sampler = await EditedSampler.create(model, { batch: 1, process: 'SYMMETRIC', stochastic: false }, device);
    let last: FloatTensor | null = null;
    for await (const { x } of sampler.sample([5], 3, 0, () => sampler.zero(), nothing)) last = x;
    const image = await sampler.images.of(last as FloatTensor, nothing);
    await sampler.release();
    const expected = await encodePicture(image.data, [channels, 16, 16]);
    expect(Buffer.compare(results[1]!.bytes, expected.bytes)).toBe(0);
  }, 600_000);
});

function bankOf(events: readonly DiscoveryEvent[]): DirectionBankRef {
  const statistics = events.find((event) => event.type === 'statistics');
  const checkpoint = events.findLast((event) => event.type === 'checkpoint');
  return { statistics: statistics!.bytes, parameters: checkpoint!.parameters };
}

describe('directions of a latent model', () => {
  it('are moved by the gradient of what the reconstructor sees: φ against finite differences through the decoder', async () => {
    const model = await loadModel(KL);
    const config = {
      ...TINY_DISCOVERY,
      shift: 'GLOBAL' as const,
      orthonormal: false,
      batchSize: 2,
      adversarialWeight: 0,
    };
    const trainer = await Trainer.create(model, config, blankStatistics(model), await testDevice());
    const state = trainer.initial();
    const phi = state.shift.parameters['phi'] as FloatTensor;
    const [noise, choice] = [drawNoise(config, 1, model.sampleShape), drawChoice(config, 1)];
    const x = await trainer.images.seen((await trainer.samplers.plain(noise, nothing)).samples.at(-1)!, nothing);
    expect(x.shape).toEqual([2, 1, 16, 16]);
    const at = async (parameters: FloatTensor) => {
      const trajectory = await trainer.samplers.shifted(noise, parameters, choice, nothing);
      const sample = trajectory.samples.at(-1) as FloatTensor;
      const pairs = { x, shifted: await trainer.images.seen(sample, nothing), ...choice };
      return { trajectory, sample, result: await trainer.objective.run(pairs, trainer.networkFeeds(state)) };
    };
    const { trajectory, sample, result } = await at(phi);
    const pulled = await trainer.images.pull(sample, result.shifted as FloatTensor, nothing);
    expect(pulled.shape).toEqual([2, ...model.sampleShape]);
    const gradient = await trainer.samplers.gradient(trajectory, pulled, phi, choice, nothing);
    const u = randomTensor(phi.shape, generator(3));
    const along = async (step: number) =>
      (
        await at(
          floatTensor(
            phi.shape,
            phi.data.map((value, index) => value + step * (u.data[index] ?? 0)),
          ),
        )
      ).result.loss;
    const step = 0.02;
    const difference = ((await along(step)) - (await along(-step))) / (2 * step);
    await trainer.release();
    // Losses are float32, a few units large: their difference carries about 1e-7/0.04 of rounding.
    expect(Math.abs(dot(gradient, u) - difference)).toBeLessThan(0.01 * Math.abs(difference) + 1e-4);
    expect(Math.abs(difference)).toBeGreaterThan(1e-3);
  }, 600_000);

  it('can be learned from the latents themselves, with pictures decoded all the same', async () => {
    cpSync(KL, folder, { recursive: true });
    writeFileSync(join(folder, 'azimuth.json'), '{"learnsFrom": "latents"}');
    const model = await loadModel(folder);
    expect(model.hash).not.toBe((await loadModel(KL)).hash);
    expect(seenShape(model)).toEqual([4, 8, 8]);
    const { hash } = await engine.importModel(folder, nothing, signal);
    const config = { ...TINY_DISCOVERY, trainingSteps: 1 };
    const statistics = encodeStatistics(blankStatistics(model));
    const options = { state: null, statistics, signal, yieldTo: nothing };
    const events = await gathered<DiscoveryEvent>(engine.discover({ path: folder, hash }, config, options));
    const preview = events.find((event) => event.type === 'preview');
    expect(preview?.shifted).toMatchObject({ width: 16, height: 16 });
  }, 600_000);
});

describe('an image in a latent model', () => {
  it('is inverted through the encoder, and compared after the decoder', async () => {
    const { hash } = await engine.importModel(KL, nothing, signal);
    const bytes = await sharp({ create: { width: 16, height: 16, channels: 3, background: '#385' } })
      .png()
      .toBuffer();
    const inverted = await engine.invert({ path: KL, hash }, { bytes, fit: 'CROP', samplingSteps: 4 }, signal);
    const model = await loadModel(KL);
    const setting = { batch: 1, process: 'SYMMETRIC', stochastic: false } as const;
    const sampler = await EditedSampler.create(model, setting, await testDevice());
    const image = floatTensor([1, 1, 16, 16], await decodePicture(bytes, [1, 16, 16], 'CROP'));
    const encoded = await sampler.images.inverse(image, nothing);
    const latents = readSafetensors(inverted.latents, 'latents').tensors.get('x') as FloatTensor;
    expect(latents.data).toEqual((await invert(sampler, encoded, 4, nothing)).data);
    const kept = await sampler.images.of(encoded, nothing);
    await sampler.release();
    // What the autoencoder keeps is all that an exact inversion could give back; a UNet of random weights is inverted roughly.
    expect(Math.abs(inverted.psnr - psnr(kept.data, image.data))).toBeLessThan(1);
  }, 600_000);
});
