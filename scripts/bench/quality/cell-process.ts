import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DiffusionModel } from '../../../src/engine/diffusion/model.js';
import { discover } from '../../../src/engine/discovery/loop.js';
import { decodeState } from '../../../src/engine/discovery/state.js';
import { rows } from '../../../src/engine/edit/edit.js';
import type { FloatTensor } from '../../../src/engine/graph/tensor.js';
import type { DirectionScore, DiscoveryConfig } from '../../../src/engine/index.js';
import { frechetDistance, kernelDistance } from '../../../src/engine/learning/distances.js';
import { loadModel } from '../../../src/engine/models/load-model.js';
import { encodePicture } from '../../../src/engine/picture.js';
import { disentanglementOf } from '../../../src/engine/quality/disentanglement.js';
import {
  type EffectMeasurement,
  type MeasuredDirections,
  measureEffects,
} from '../../../src/engine/quality/effects.js';
import { sampleStrips } from '../../../src/engine/quality/strips.js';
import { type Device, openDevice } from '../../../src/engine/runtime/device.js';
import { decodeStatistics } from '../../../src/engine/shift/statistics.js';
import { packageFile } from '../../../src/package.js';
import { grid } from '../../demo/pictures.js';
import { domainNamed } from '../../domains/domains.js';
import { type Cell, MODELS } from './cells.js';
import { regressorOf } from './regressor.js';
import type { CellResult, Fidelity } from './result.js';

/**
 * Runs one cell in a process of its own: `cell-process.js CELL-JSON KEY CACHE-FOLDER RESULT-FILE`. Training resumes from its
 * last checkpoint in the cache.
 */
const [cellJson = '', key = '', cache = '', resultFile = ''] = process.argv.slice(2);
const CHECKPOINT_EVERY = 25;
const nothing = async () => {};

interface Trained {
  readonly phi: FloatTensor;
  readonly scores: readonly DirectionScore[];
  readonly secondsPerStep: number;
}

async function main(cell: Cell): Promise<void> {
  const device = await openDevice('cpu', 1);
  const model = await loadModel(packageFile(MODELS[cell.domain]));
  const regressor = await regressorOf(domainNamed(cell.domain), cache, device);
  const config = { ...cell.config, checkpointEvery: CHECKPOINT_EVERY };
  const statisticsFile = join(cache, `statistics-${model.hash.slice(0, 16)}.safetensors`);
  const { phi, scores, secondsPerStep } = await train(model, config, statisticsFile, device);
  const statistics = decodeStatistics(readFileSync(statisticsFile));
  const progress = (done: number, total: number) => console.error(`${cell.label}: measured ${done}/${total}`);
  const measured = await measureEffects({ model, config, statistics, phi }, regressor, device, nothing, progress);
  const { effects, correlation, atEnds } = measured;
  writeAtomically(join(cache, `strips-${key}.png`), await pictureOf({ model, config, statistics, phi }, device));
  const result: CellResult = {
    key,
    ...cell,
    secondsPerStep,
    accuracy: scores.reduce((sum, { accuracy }) => sum + accuracy, 0) / scores.length,
    scores,
    ...disentanglementOf(effects, correlation),
    effects: rounded(effects),
    correlation: rounded(correlation),
    atEnds: { lowest: rounded(atEnds.lowest), highest: rounded(atEnds.highest) },
    fidelity: fidelityOf(measured),
  };
  writeAtomically(resultFile, `${JSON.stringify(result)}\n`);
}

async function train(
  model: DiffusionModel,
  config: DiscoveryConfig,
  statisticsFile: string,
  device: Device,
): Promise<Trained> {
  const stateFile = join(cache, `state-${key}.safetensors`);
  const scoresFile = join(cache, `scores-${key}.json`);
  const known = (file: string) => (existsSync(file) ? readFileSync(file) : null);
  const options = {
    state: known(stateFile),
    statistics: known(statisticsFile),
    signal: new AbortController().signal,
    yieldTo: nothing,
  };
  let secondsPerStep = 0;
  if (!existsSync(scoresFile)) {
    for await (const event of discover(model, config, options, device)) {
      if (event.type === 'statistics') writeAtomically(statisticsFile, event.bytes);
      if (event.type === 'checkpoint') writeAtomically(stateFile, event.state);
      if (event.type === 'step') secondsPerStep = event.secondsPerStep;
      if (event.type === 'step' && event.step % 50 === 0)
        console.error(`${key}: step ${event.step}, loss ${event.loss.toFixed(3)}, ${secondsPerStep.toFixed(2)} s/step`);
      if (event.type === 'scorecard' && event.isFinal)
        writeAtomically(scoresFile, JSON.stringify({ scores: event.scores, secondsPerStep }));
    }
  }
  const phi = decodeState(readFileSync(stateFile), config).shift.parameters['phi'] as FloatTensor;
  return { phi, ...(JSON.parse(readFileSync(scoresFile, 'utf8')) as Omit<Trained, 'phi'>) };
}

/** A row a direction, strengths from −6 to 6. */
async function pictureOf(directions: MeasuredDirections, device: Device): Promise<Uint8Array> {
  const strips = await sampleStrips(directions, [-6, -3, 0, 3, 6], device, nothing);
  const { sampleShape } = directions.model;
  const encoded = strips.map((strip) =>
    Promise.all(rows(strip).map(async (sample) => Buffer.from((await encodePicture(sample, sampleShape)).bytes))),
  );
  return grid(await Promise.all(encoded));
}

/** Distances of each direction's samples at both ends from unedited ones of other seeds, beside those of two halves of these. */
function fidelityOf({ features: { reference, lowest, highest } }: EffectMeasurement): Fidelity {
  const half = (reference.shape[0] ?? 0) / 2;
  const width = reference.shape[1] ?? 0;
  const halves = [0, 1].map(
    (at): FloatTensor => ({
      ...reference,
      shape: [half, width],
      data: reference.data.subarray(at * half * width, (at + 1) * half * width),
    }),
  ) as [FloatTensor, FloatTensor];
  const distance = (set: FloatTensor) => ({
    kid: mean(halves.map((other) => kernelDistance(set, other))),
    frechet: mean(halves.map((other) => frechetDistance(set, other))),
  });
  return {
    splitHalf: { kid: kernelDistance(...halves), frechet: frechetDistance(...halves) },
    lowest: lowest.map(distance),
    highest: highest.map(distance),
  };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function rounded(matrix: readonly (readonly number[])[]): number[][] {
  return matrix.map((row) => row.map((value) => Number(value.toFixed(4))));
}

function writeAtomically(file: string, content: string | Uint8Array): void {
  // Cells side by side may make the same file.
  const part = `${file}.${process.pid}.part`;
  writeFileSync(part, content);
  renameSync(part, file);
}

mkdirSync(cache, { recursive: true });
await main(JSON.parse(cellJson) as Cell);
process.exit(0);
