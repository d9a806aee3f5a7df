import { createHash } from 'node:crypto';
import { noiseSchedule } from '../../diffusion/schedule.js';
import { EngineError } from '../../errors.js';
import type { FloatTensor } from '../../graph/tensor.js';
import { canonical } from '../config-reader.js';
import { readStates } from '../files/states.js';
import type { StoredTensor } from '../files/stored-tensor.js';
import { WeightFile } from '../files/weight-file.js';
import { diffusersModel } from '../load-diffusers.js';
import type { ConfigFinding, LoadedModel } from '../loaded-model.js';
import { NO_SETTINGS } from '../model-settings.js';
import { readScheduleConfig } from '../schedule-config.js';
import { Weights } from '../weights.js';
import type { Architecture, Understood } from './architecture.js';
import { type CheckpointSettings, readCheckpointSettings } from './checkpoint-settings.js';
import { chooseState } from './choose-state.js';
import { DDPM } from './ddpm.js';
import { folderOf, weightFileOf } from './find-checkpoint.js';
import { GUIDED_DIFFUSION } from './guided-diffusion.js';
import { ShapeTable } from './shape-table.js';

const ARCHITECTURES: readonly Architecture[] = [DDPM, GUIDED_DIFFUSION];

/**
 * Loads a checkpoint of the original code bases (see docs/models/checkpoints.md): one file, or a folder with it, and
 * `azimuth.json` beside it for what weights do not tell. Throws MODEL_INVALID that says where, what was expected and what was
 * got; what was assumed is in the origin's warnings.
 */
export async function loadCheckpoint(path: string): Promise<LoadedModel> {
  const { settings, findings, text } = await readCheckpointSettings(await folderOf(path));
  const file = await WeightFile.open(await weightFileOf(path, settings));
  try {
    const chosen = chooseState(file.path, await readStates(file), settings, ARCHITECTURES);
    if (!chosen) {
      const known = ARCHITECTURES.map(({ format, marker }) => `${format} (${marker})`).join(', ');
      throw file.invalid(`expected the weights of one of ${known}; it holds none of these tensors.`);
    }
    const { architecture, tensors } = chosen;
    const schedule = scheduleOf(settings);
    const shapes = new Map([...tensors].map(([name, { shape }]) => [name, shape]));
    const understood = architecture.understand(new ShapeTable(file.path, shapes), settings);
    const weights = new Weights(await mapped(file, tensors, understood));
    const hash = createHash('sha256')
      .update(architecture.format)
      .update(text && canonical(text));
    await file.digest(hash);
    const config = settings.rescaleTimesteps
      ? { ...understood.config, timestepScale: 1000 / schedule.config.trainTimesteps }
      : understood.config;
    const told = { ...NO_SETTINGS, classLabel: settings.classLabel };
    const noise = noiseSchedule(schedule.config);
    const model = diffusersModel(config, weights, noise, hash.digest('hex'), told, file.path);
    return {
      ...model,
      origin: {
        format: architecture.format,
        files: [{ path: file.path, bytes: file.size }],
        config: [...findings, ...shapeFindings(understood), ...schedule.findings],
        weights: {
          matched: new Set([...understood.sources.values()].map(({ key }) => key)).size,
          ignored: understood.ignored,
        },
        taps: [{ name: model.hTap, shape: model.hShape, chosen: true, why: `the output of ${architecture.tap}` }],
        warnings: [...chosen.warnings, ...understood.warnings, ...schedule.warnings],
      },
    };
  } finally {
    await file.close();
  }
}

function scheduleOf({ scheduler }: CheckpointSettings) {
  const warning =
    'A checkpoint does not tell its schedule; that of its code base is assumed: 1000 timesteps, betas from 0.0001 to 0.02, prediction of the noise. Write {"scheduler": {…}}, as in scheduler_config.json, into azimuth.json if it is another.';
  const read = readScheduleConfig('azimuth.json: scheduler', scheduler ?? '{}');
  return { ...read, warnings: scheduler === null ? [warning] : [] };
}

/** The tensors under diffusers' names. Throws MODEL_INVALID with those that are missing, or that nothing needs. */
async function mapped(
  file: WeightFile,
  stored: ReadonlyMap<string, StoredTensor>,
  { sources, ignored }: Understood,
): Promise<Map<string, FloatTensor>> {
  const uses = new Map<string, string[]>();
  for (const [name, { key }] of sources) uses.set(key, [...(uses.get(key) ?? []), name]);
  const missing = [...uses.keys()].filter((key) => !stored.has(key)).map((key) => `${key} is missing`);
  const unused = [...stored.keys()].filter((key) => !uses.has(key) && !ignored.includes(key));
  const problems = [...missing, ...unused.map((key) => `${key} is not part of the model`)];
  if (problems.length > 0) {
    const more = problems.length > 10 ? `; and ${problems.length - 10} more` : '';
    throw new EngineError(
      'MODEL_INVALID',
      `${file.path}: the weights are not those of a UNet that is built: ${problems.slice(0, 10).join('; ')}${more}.`,
    );
  }
  const tensors = new Map<string, FloatTensor>();
  for (const [key, names] of uses) {
    const tensor = await (stored.get(key) as StoredTensor).load();
    for (const name of names) tensors.set(name, sources.get(name)?.make?.(tensor) ?? tensor);
  }
  return tensors;
}

function shapeFindings({ config }: Understood): ConfigFinding[] {
  const told = 'told by the shapes of the weights';
  const facts: Readonly<Record<string, unknown>> = {
    sample_size: config.sampleSize,
    in_channels: config.inChannels,
    out_channels: config.outChannels,
    block_out_channels: config.blockOutChannels,
    layers_per_block: config.layersPerBlock,
    down_block_types: config.downBlocks,
    resnet_time_scale_shift: config.timeScaleShift,
  };
  return Object.entries(facts).map(([key, value]) => ({
    key,
    value: JSON.stringify(value),
    meaning: key === 'sample_size' ? 'height and width of x' : told,
  }));
}
