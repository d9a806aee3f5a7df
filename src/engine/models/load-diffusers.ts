import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { DiffusionModel } from '../diffusion/model.js';
import { noiseSchedule, samplingPlan } from '../diffusion/schedule.js';
import { EngineError } from '../errors.js';
import { Tape } from '../ops/tape.js';
import { canonical } from './config-reader.js';
import { readUNetConfig, type UNetConfig } from './diffusers-config.js';
import {
  ATTENTION_NAMES,
  type ClassLabel,
  OLD_ATTENTION_NAMES,
  UNetRecorder,
  type WeightLookup,
} from './diffusers-unet.js';
import { readTextFile } from './files/text-file.js';
import { readWeightFolder } from './files/weight-folder.js';
import { readAutoencoder } from './load-autoencoder.js';
import type { LoadedModel } from './loaded-model.js';
import { type ModelSettings, NO_SETTINGS, readSettings, SETTINGS_FILE } from './model-settings.js';
import { readScheduleConfig } from './schedule-config.js';
import { unetFeatureCount, unetFeatures } from './unet-features.js';
import { unetLayout } from './unet-layout.js';
import { unetWeightShapes } from './unet-weights.js';
import { frozen, Weights } from './weights.js';

/** Whether `path` is a folder; what it lacks is said when it is loaded. */
export async function isDiffusers(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null))?.isDirectory() ?? false;
}

/**
 * Loads a diffusers folder: `config.json` and weights (see {@link readWeightFolder}) flat or under `unet/`, and
 * `scheduler/scheduler_config.json` (or `scheduler_config.json` beside them). Throws MODEL_INVALID that says which file, what
 * was expected and what was got.
 */
export async function loadDiffusers(folder: string): Promise<LoadedModel> {
  const unetFolder = existsSync(join(folder, 'unet', 'config.json')) ? join(folder, 'unet') : folder;
  const schedulerFile = [
    join(folder, 'scheduler', 'scheduler_config.json'),
    join(folder, 'scheduler_config.json'),
  ].find(existsSync);
  if (!schedulerFile)
    throw new EngineError('MODEL_INVALID', `${folder}: expected scheduler/scheduler_config.json, found none.`);
  const configText = await readTextFile(join(unetFolder, 'config.json'));
  const scheduleText = await readTextFile(schedulerFile);
  const settings = await readSettings(folder);
  const unet = readUNetConfig('config.json', configText);
  const scheduler = readScheduleConfig('scheduler_config.json', scheduleText);
  const schedule = noiseSchedule(scheduler.config);
  const hash = createHash('sha256')
    .update(canonical(configText))
    .update(canonical(scheduleText))
    .update(settings.text && canonical(settings.text));
  const { tensors, files } = await readWeightFolder(unetFolder, hash);
  const autoencoder = await readAutoencoder(folder, unet.config, settings.settings, hash);
  const weights = new Weights(tensors);
  const where = basename(files[0]?.path ?? '');
  const model = diffusersModel(unet.config, weights, schedule, hash.digest('hex'), settings.settings, where);
  const origin: LoadedModel['origin'] = {
    format: 'diffusers',
    files: [...files, ...(autoencoder?.files ?? [])],
    config: [...unet.findings, ...scheduler.findings, ...(autoencoder?.findings ?? []), ...settings.findings],
    weights: { matched: weights.count + (autoencoder?.matched ?? 0), ignored: [] },
    taps: [{ name: model.hTap, shape: model.hShape, chosen: true, why: 'the bottleneck of a UNet2DModel' }],
    warnings: [
      ...variancesDiffer(unet.config, scheduler.learnedVariance),
      ...(autoencoder ? autoencoder.warnings : unpicturable(unet.config)),
    ],
  };
  return { ...model, ...(autoencoder ? { latents: autoencoder.latents } : {}), origin };
}

function variancesDiffer({ inChannels, outChannels }: UNetConfig, isLearned: boolean): string[] {
  const predicts = outChannels === 2 * inChannels;
  if (predicts === isLearned) return [];
  return [
    predicts
      ? `The model has ${outChannels} output channels for ${inChannels} of the image, as those of learned variance have; the scheduler's variance_type says otherwise. The first ${inChannels} are taken as the prediction.`
      : `The scheduler's variance_type says that the variance is learned, and the model has no output channels for it.`,
  ];
}

/** Samples that are not pictures, with no autoencoder beside them that makes pictures of them. */
function unpicturable({ inChannels }: UNetConfig): string[] {
  if (inChannels === 1 || inChannels === 3) return [];
  const shown = inChannels < 3 ? 'first channel' : 'first three channels';
  return [
    `The model makes samples of ${inChannels} channels, and no vqvae/ or vae/ lies beside it that decodes them: pictures show the ${shown}.`,
  ];
}

/** The model of a configuration and its weights, in diffusers' names. Throws MODEL_INVALID where they do not fit. */
export function diffusersModel(
  config: UNetConfig,
  weights: Weights,
  schedule: DiffusionModel['schedule'],
  hash: string,
  settings: ModelSettings = NO_SETTINGS,
  where = 'the weights',
): DiffusionModel {
  const layout = unetLayout(config);
  const old = [...layout.down, ...layout.up]
    .flatMap(({ blocks }) => blocks.map(({ attention }) => attention))
    .concat(layout.mid.attention);
  const names = old.some((name) => name && weights.has(`${name}.query.weight`)) ? OLD_ATTENTION_NAMES : ATTENTION_NAMES;
  for (const [name, shape] of unetWeightShapes(config, layout, names)) weights.expect(name, shape);
  weights.check(where);
  const projection = () => weights.get('time_proj.weight');
  const features = (timestep: number) => unetFeatures(config, projection, timestep);
  const label = classLabel(config, settings, features);
  // Refuses here, not while sampling, a schedule that leads to timesteps the model does not have.
  for (const { timestep } of samplingPlan(schedule, 2)) features(timestep);
  const lookups = new WeakMap<Tape, WeightLookup>();
  const recorder = (tape: Tape) => {
    const lookup = lookups.get(tape) ?? frozen(tape, weights);
    lookups.set(tape, lookup);
    return new UNetRecorder(tape, config, layout, names, lookup, label);
  };
  const [height, width] = config.sampleSize;
  const factor = 2 ** (config.blockOutChannels.length - 1);
  return {
    hash,
    schedule,
    sampleShape: [config.inChannels, height, width],
    hShape: [layout.mid.channels, height / factor, width / factor],
    hTap: config.midBlock ? 'mid_block' : `down_blocks.${config.blockOutChannels.length - 1}`,
    parameterCount: weights.parameterCount,
    timeEmbeddingWidth: weights.get('time_embedding.linear_2.bias').shape[0] ?? 0,
    featureCount: unetFeatureCount(config),
    timestepFeatures: features,
    encode: (tape, x, features) => recorder(tape).encode(x, features),
    decode: (tape, h, encoded) => recorder(tape).decode(h, encoded),
  };
}

/** What a model of classes is asked for. */
function classLabel(
  { classEmbedding }: UNetConfig,
  { classLabel: index }: ModelSettings,
  features: DiffusionModel['timestepFeatures'],
): ClassLabel | null {
  if (!classEmbedding && index === null) return null;
  const classes = classEmbedding?.kind === 'table' ? classEmbedding.classes : Number.POSITIVE_INFINITY;
  if (classEmbedding && index !== null && index < classes) return { index, features: features(index) };
  throw new EngineError(
    'MODEL_INVALID',
    classEmbedding
      ? `config.json: the model was trained with ${Number.isFinite(classes) ? `${classes} ` : ''}classes, and samples one of them. ` +
          `Write its number into ${SETTINGS_FILE} in the model's folder: {"classLabel": 0}; got ${index ?? 'none'}.`
      : `${SETTINGS_FILE}: classLabel: the model has no classes; remove it.`,
  );
}
