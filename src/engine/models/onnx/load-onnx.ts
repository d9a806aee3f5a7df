import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { noiseSchedule } from '../../diffusion/schedule.js';
import { EngineError } from '../../errors.js';
import { canonical } from '../config-reader.js';
import { parseScheduleConfig } from '../diffusers-config.js';
import { readTextFile } from '../files/text-file.js';
import type { LoadOptions } from '../load-model.js';
import type { ConfigFinding, LoadedModel } from '../loaded-model.js';
import { findInputs } from './inputs.js';
import { type OnnxFile, readOnnxFile } from './onnx-file.js';
import { OnnxUNet } from './onnx-unet.js';

const DIFFUSERS_WEIGHTS = /^diffusion_pytorch_model.*\.(safetensors|bin)$/;

/** Whether `path` is an ONNX file, or a folder with one of them (there or in `unet/`) and no other weights. */
export async function isOnnx(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => null);
  if (found?.isFile()) return path.endsWith('.onnx');
  return found?.isDirectory() ? (await onnxFiles(path)).length > 0 : false;
}

async function onnxFiles(folder: string): Promise<string[]> {
  const files: string[] = [];
  for (const place of [folder, join(folder, 'unet')]) {
    const names = await readdir(place).catch(() => [] as string[]);
    if (names.some((name) => DIFFUSERS_WEIGHTS.test(name))) return [];
    files.push(...names.filter((name) => name.endsWith('.onnx')).map((name) => join(place, name)));
  }
  return files;
}

/**
 * Loads the ONNX export of a diffusion UNet: a file, or a folder with one. Its schedule is `scheduler/scheduler_config.json` or
 * `scheduler_config.json` beside the file or one folder up. Throws MODEL_INVALID that names file, node and operator.
 */
export async function loadOnnx(path: string, { hTap }: LoadOptions): Promise<LoadedModel> {
  const modelFile = await oneFile(path);
  const scheduleText = await readSchedule(modelFile);
  const schedule = noiseSchedule(parseScheduleConfig('scheduler_config.json', scheduleText));
  const file = await readOnnxFile(modelFile);
  const inputs = findInputs(file, await sampleSize(modelFile));
  const unet = new OnnxUNet(file, inputs, hTap);
  const { count, parameters, unused } = unet.recorder.weights();
  const hash = createHash('sha256').update(file.digest).update(canonical(scheduleText));
  if (hTap !== undefined) hash.update(hTap);
  const [channels = 0, height = 0, width = 0] = unet.shape(unet.tap.name).slice(1);
  return {
    hash: hash.digest('hex'),
    schedule,
    sampleShape: inputs.sampleShape,
    hShape: [channels, height, width],
    hTap: unet.tap.name,
    parameterCount: parameters,
    timeEmbeddingWidth: unet.featureCount,
    featureCount: unet.featureCount,
    timestepFeatures: (timestep) => unet.timestepFeatures(timestep),
    encode: (tape, x, features) => unet.encode(tape, x, features),
    decode: (tape, h, encoded) => unet.decode(tape, h, encoded),
    origin: {
      format: 'onnx',
      files: file.files,
      config: findings(file, unet),
      weights: { matched: count, ignored: unused },
      taps: unet.tap.taps,
      warnings: [...inputs.warnings, ...doubts(file, parameters)],
    },
  };
}

async function oneFile(path: string): Promise<string> {
  if ((await stat(path)).isFile()) return path;
  const [only, ...more] = await onnxFiles(path);
  if (only && more.length === 0) return only;
  throw new EngineError(
    'MODEL_INVALID',
    `${path}: expected one .onnx file, found ${more.length + 1}; name the file itself.`,
  );
}

async function readSchedule(modelFile: string): Promise<string> {
  const folder = dirname(modelFile);
  const places = [folder, dirname(folder)].flatMap((place) => [
    join(place, 'scheduler', 'scheduler_config.json'),
    join(place, 'scheduler_config.json'),
  ]);
  const found = places.find(existsSync);
  if (found) return readTextFile(found);
  throw new EngineError(
    'MODEL_INVALID',
    `${modelFile}: expected its noise schedule in scheduler/scheduler_config.json or scheduler_config.json beside it, found none.`,
  );
}

/** `sample_size` of a config.json beside the file, for exports that leave the extent open. */
async function sampleSize(modelFile: string): Promise<readonly [number, number] | null> {
  const text = await readFile(join(dirname(modelFile), 'config.json'), 'utf8').catch(() => null);
  if (text === null) return null;
  try {
    const size: unknown = (JSON.parse(text) as Record<string, unknown>)['sample_size'];
    const [height, width] = Array.isArray(size) ? size : [size, size];
    return [height, width].every((extent) => Number.isInteger(extent) && extent > 0) ? [height, width] : null;
  } catch {
    return null;
  }
}

function findings(
  { opset, producer, nodes }: OnnxFile,
  { inputs, embedding, featureCount }: OnnxUNet,
): ConfigFinding[] {
  const { sample, timestep, output, batch, sampleShape } = inputs;
  const shape = (extents: readonly (number | null)[]) => `[${extents.map((extent) => extent ?? 'open')}]`;
  return [
    { key: 'producer', value: producer || 'unknown', meaning: 'what wrote the file' },
    { key: 'opset', value: String(opset), meaning: 'version of the operators' },
    { key: 'nodes', value: String(nodes.length), meaning: 'operator applications in the file' },
    { key: sample.name, value: shape(sample.shape), meaning: `the noisy sample, taken as [N,${sampleShape}]` },
    { key: timestep.name, value: shape(timestep.shape), meaning: 'the training timestep' },
    { key: output, value: `[N,${sampleShape}]`, meaning: "the model's output, of which these channels are used" },
    {
      key: 'batch',
      value: String(batch),
      meaning: 'what the shapes in the file were read for; any other is derived from it',
    },
    { key: embedding, value: `[1,${featureCount}]`, meaning: 'the time embedding, computed for each timestep' },
  ];
}

/** Exporters that fold or share tensors leave fewer of them than the model had. */
function doubts({ opset }: OnnxFile, parameters: number): string[] {
  const warnings: string[] = [];
  if (opset > 21) warnings.push(`Opset ${opset} is newer than the newest that was verified, 21.`);
  if (parameters === 0) warnings.push('The file has no weights.');
  return warnings;
}
