import type { Hash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Latents } from '../diffusion/model.js';
import { EngineError } from '../errors.js';
import type { Tape } from '../ops/tape.js';
import { AutoencoderRecorder } from './autoencoder.js';
import { type AutoencoderConfig, readAutoencoderConfig } from './autoencoder-config.js';
import { autoencoderLayout, autoencoderWeightShapes } from './autoencoder-layout.js';
import { canonical } from './config-reader.js';
import type { UNetConfig } from './diffusers-config.js';
import { ATTENTION_NAMES, OLD_ATTENTION_NAMES, type WeightLookup } from './diffusers-unet.js';
import { readTextFile } from './files/text-file.js';
import { readWeightFolder } from './files/weight-folder.js';
import type { ModelOrigin } from './loaded-model.js';
import type { ModelSettings } from './model-settings.js';
import { frozen, Weights } from './weights.js';

/** Folders that an autoencoder lies in, beside `unet/`. */
const FOLDERS = ['vqvae', 'vae'];

export interface LoadedAutoencoder {
  readonly latents: Latents;
  readonly files: ModelOrigin['files'];
  readonly findings: ModelOrigin['config'];
  readonly warnings: readonly string[];
  readonly matched: number;
}

/**
 * The autoencoder of a model's folder, null where there is none; `hash` is updated with what it is made of. Throws
 * MODEL_INVALID where it does not fit itself or the UNet.
 */
export async function readAutoencoder(
  folder: string,
  unet: UNetConfig,
  { learnsFrom }: ModelSettings,
  hash: Hash,
): Promise<LoadedAutoencoder | null> {
  const name = FOLDERS.find((candidate) => existsSync(join(folder, candidate, 'config.json')));
  if (!name) return null;
  const where = `${name}/config.json`;
  const text = await readTextFile(join(folder, name, 'config.json'));
  const { config, findings, warnings } = readAutoencoderConfig(where, text);
  if (config.sampleChannels !== unet.inChannels)
    throw new EngineError(
      'MODEL_INVALID',
      `${where}: expected latents of ${unet.inChannels} channels, as the UNet makes them, got ${config.sampleChannels}.`,
    );
  hash.update(canonical(text));
  const { tensors, files } = await readWeightFolder(join(folder, name), hash);
  const weights = new Weights(tensors);
  const recorder = recorderOf(config, weights, `${name}/${basename(files[0]?.path ?? '')}`);
  const factor = 2 ** (config.blockOutChannels.length - 1);
  const [height, width] = unet.sampleSize;
  return {
    latents: {
      imageShape: [config.imageChannels, height * factor, width * factor],
      imagesAreSeen: learnsFrom === 'images',
      decode: (tape, samples) => recorder(tape).decode(samples),
      encode: (tape, images) => recorder(tape).encode(images),
    },
    files,
    findings: findings.map((finding) => ({ ...finding, key: `${name}/${finding.key}` })),
    warnings,
    matched: weights.count,
  };
}

function recorderOf(config: AutoencoderConfig, weights: Weights, where: string): (tape: Tape) => AutoencoderRecorder {
  const layout = autoencoderLayout(config);
  const halves = [layout.encoder, layout.decoder];
  const attentions = halves.flatMap(({ levels, attention }) => [
    attention,
    ...levels.flatMap(({ blocks }) => blocks.map((block) => block.attention)),
  ]);
  const isOld = attentions.some((name) => name && weights.has(`${name}.query.weight`));
  const names = isOld ? OLD_ATTENTION_NAMES : ATTENTION_NAMES;
  for (const [name, shape] of autoencoderWeightShapes(config, layout, names)) weights.expect(name, shape);
  weights.check(where);
  const codebook = config.codes === null ? null : weights.get('quantize.embedding.weight');
  const lookups = new WeakMap<Tape, WeightLookup>();
  return (tape) => {
    const lookup = lookups.get(tape) ?? frozen(tape, weights);
    lookups.set(tape, lookup);
    return new AutoencoderRecorder(tape, config, layout, names, lookup, codebook);
  };
}
