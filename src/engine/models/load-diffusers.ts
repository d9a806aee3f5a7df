import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { timestepFeatures } from '../diffusion/features.js';
import type { DiffusionModel } from '../diffusion/model.js';
import { noiseSchedule } from '../diffusion/schedule.js';
import { EngineError } from '../errors.js';
import { Tape } from '../ops/tape.js';
import { parseScheduleConfig, parseUNetConfig, type UNetConfig } from './diffusers-config.js';
import { ATTENTION_NAMES, OLD_ATTENTION_NAMES, UNetRecorder, type WeightLookup } from './diffusers-unet.js';
import { readTextFile } from './files/text-file.js';
import { readWeightFolder } from './files/weight-folder.js';
import type { LoadedModel } from './loaded-model.js';
import { unetLayout } from './unet-layout.js';
import { unetWeightShapes } from './unet-weights.js';
import { Weights } from './weights.js';

/** Whether `path` is a folder; what it lacks is said when it is loaded. */
export async function isDiffusers(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null))?.isDirectory() ?? false;
}

/**
 * Loads a diffusers folder: `config.json` and weights (see {@link readWeightFolder}) flat or under `unet/`, and
 * `scheduler/scheduler_config.json` (or `scheduler_config.json` beside them). Throws MODEL_INVALID that says which file, what was expected and what was got.
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
  const config = parseUNetConfig('config.json', configText);
  const schedule = noiseSchedule(parseScheduleConfig('scheduler_config.json', scheduleText));
  const hash = createHash('sha256').update(canonical(configText)).update(canonical(scheduleText));
  const { tensors, files } = await readWeightFolder(unetFolder, hash);
  const weights = new Weights(tensors);
  const model = diffusersModel(config, weights, schedule, hash.digest('hex'), basename(files[0]?.path ?? ''));
  const origin: LoadedModel['origin'] = {
    format: 'diffusers',
    files,
    config: [],
    weights: { matched: weights.count, ignored: [] },
    taps: [{ name: model.hTap, shape: model.hShape, chosen: true, why: 'the bottleneck of a UNet2DModel' }],
    warnings: [],
  };
  return { ...model, origin };
}

function diffusersModel(
  config: UNetConfig,
  weights: Weights,
  schedule: DiffusionModel['schedule'],
  hash: string,
  where: string,
): DiffusionModel {
  const layout = unetLayout(config);
  const old = [...layout.down, ...layout.up]
    .flatMap(({ blocks }) => blocks.map(({ attention }) => attention))
    .concat(layout.mid.attention);
  const names = old.some((name) => name && weights.has(`${name}.query.weight`)) ? OLD_ATTENTION_NAMES : ATTENTION_NAMES;
  for (const [name, shape] of unetWeightShapes(config, layout, names)) weights.expect(name, shape);
  weights.check(where);
  const lookups = new WeakMap<Tape, WeightLookup>();
  const recorder = (tape: Tape) => {
    const lookup = lookups.get(tape) ?? frozen(tape, weights);
    lookups.set(tape, lookup);
    return new UNetRecorder(tape, config, layout, names, lookup);
  };
  const [height, width] = config.sampleSize;
  const factor = 2 ** (config.blockOutChannels.length - 1);
  const featureCount = config.blockOutChannels[0] ?? 0;
  return {
    hash,
    schedule,
    sampleShape: [config.inChannels, height, width],
    hShape: [layout.mid.channels, height / factor, width / factor],
    hTap: 'mid_block',
    parameterCount: weights.parameterCount,
    timeEmbeddingWidth: weights.get('time_embedding.linear_2.bias').shape[0] ?? 0,
    featureCount,
    timestepFeatures: (timestep) => timestepFeatures(timestep, featureCount, config.flipSinToCos, config.freqShift),
    encode: (tape, x, features) => recorder(tape).encode(x, features),
    decode: (tape, h, encoded) => recorder(tape).decode(h, encoded),
  };
}

/** Each weight one constant of the tape, however often it is used. */
function frozen(tape: Tape, weights: Weights): WeightLookup {
  const known = new Map<string, ReturnType<WeightLookup>>();
  return (name) => {
    const value = known.get(name) ?? tape.constant(weights.get(name), name);
    known.set(name, value);
    return value;
  };
}

/** The same content whatever the order and spacing of its keys. */
function canonical(text: string): string {
  const parsed = JSON.parse(text) as Record<string, unknown>;
  return JSON.stringify(Object.fromEntries(Object.entries(parsed).sort(([a], [b]) => (a < b ? -1 : 1))));
}
