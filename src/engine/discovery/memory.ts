import { availableParallelism } from 'node:os';
import type { DiscoveryConfig } from '../contract.js';
import { type DiffusionModel, seenShape } from '../diffusion/model.js';
import { imageGraphs } from '../diffusion/sample-images.js';
import { recordStep, stepInputs } from '../diffusion/step.js';
import { EngineError } from '../errors.js';
import type { Graph } from '../graph/graph.js';
import { sizeOf } from '../graph/tensor.js';
import { countOf } from '../learning/parameters.js';
import { Tape } from '../ops/tape.js';
import { availableBytes } from '../runtime/available-memory.js';
import { type Processor as PlannedProcessor, planBatch } from '../runtime/batch-plan.js';
import { type Device, MEMORY_BUDGET_PER_THREAD } from '../runtime/device.js';
import { BLOCK, sessionBytes } from '../runtime/footprint.js';
import { sharesWeights } from '../runtime/shared-weights.js';
import { shiftControl } from '../shift/control.js';
import { rememberedBytes } from '../shift/interpolation.js';
import {
  blankStatistics,
  COMPONENT_COUNT,
  STATISTICS_BATCH,
  STATISTICS_SAMPLES,
  STATISTICS_STEPS,
} from '../shift/statistics.js';
import { type ObjectiveShape, objectiveGraph, objectivePlan } from './objective.js';
import { REPLAY_CAPACITY } from './replay.js';
import { gradientGraph, samplingGraph } from './samplers.js';
import { shiftConfigOf, trainingShapes } from './trainer.js';
import { poolBatches } from './unedited.js';

/** Share of the memory now available that a run may take. */
const USABLE = 0.9;
/** What a process that trains takes beyond what is counted: heap, code, threads, buffers between two session runs (measured). */
const BASE_BYTES = 26 * 2 ** 20;
/** What a lane's thread takes before its sessions (measured). */
const THREAD_BYTES = 20 * 2 ** 20;
type Processor = PlannedProcessor & Pick<Device, 'memoryBudget'>;
const THREADS = availableParallelism();
const CPU: Processor = {
  name: 'cpu',
  threads: THREADS,
  memoryBudget: THREADS * MEMORY_BUDGET_PER_THREAD,
  channelBlock: BLOCK,
  sharesMemory: true,
};
/** A parameter, its gradient and Adam's two moments, the new ones beside the old. */
const COPIES_OF_PARAMETERS = 7;

/** Bytes that a run may take now. */
export function usableBytes(): number {
  return USABLE * availableBytes();
}

/**
 * Bytes that a discovery adds to the process at most, on a CPU. From the shapes of its graphs alone, so that a run too
 * large is known before anything of it exists; within 20 % of what is measured.
 */
export function discoveryBytes(
  model: DiffusionModel,
  config: DiscoveryConfig,
  hasStatistics: boolean,
  processor: Processor = CPU,
): number {
  const before = hasStatistics ? 0 : statisticsBytes(model, processor);
  return BASE_BYTES + Math.max(before, trainingBytes(model, config, processor));
}

function trainingBytes(model: DiffusionModel, config: DiscoveryConfig, processor: Processor): number {
  const { specs, samplers, objective, replay } = trainingShapes(model, config);
  const shift = shiftControl(shiftConfigOf(config, model), blankStatistics(model));
  const { batch, isTrained } = samplers;
  const forward = planBatch(batch, processor, model, isTrained ? 'training' : 'sampling');
  const backward = planBatch(batch, processor, model, 'gradient');
  const sampling = samplingGraph(model, { ...samplers, batch: forward.rows }, shift);
  const budget = processor.memoryBudget / backward.lanes;
  const vjp = gradientGraph(model, { ...samplers, batch: backward.rows }, shift, budget);
  const network = (shape: ObjectiveShape) => {
    const parts = objectivePlan(shape, processor);
    return { graph: objectiveGraph({ ...shape, batch: parts.rows }), lanes: parts.lanes };
  };
  const sessions = sessionBytes(
    [
      { graph: sampling, lanes: forward.lanes },
      ...(vjp ? [{ graph: vjp, lanes: backward.lanes }] : []),
      network(replay),
      network(objective),
      ...decoderGraphs(model, config, processor).map((graph) => ({ graph, lanes: 1 })),
    ],
    sharesWeights(processor),
  );
  const reconstructor = countOf(specs.reconstructor);
  const parameters = sizeOf(shift.phiShape) + reconstructor + countOf(specs.discriminator ?? {});
  return (
    sessions +
    THREAD_BYTES * (Math.max(forward.lanes, backward.lanes) - 1) +
    4 * (COPIES_OF_PARAMETERS * parameters + reconstructor) +
    componentBytes(model) +
    rememberedBytes(shift.operandShape, config.samplingSteps) +
    keptBytes(model, config)
  );
}

/** What turns a latent model's samples into images, and gradients back. */
function decoderGraphs(model: DiffusionModel, { method }: DiscoveryConfig, processor: Processor): Graph[] {
  const graphs = imageGraphs(model, processor);
  if (!graphs) return [];
  return method === 'LEARNED' && model.latents?.imagesAreSeen ? [graphs.decode(), graphs.pull()] : [graphs.decode()];
}

/** h of all samples at every step, and the components made of it. */
function statisticsBytes(model: DiffusionModel, processor: Processor): number {
  const { rows, lanes } = planBatch(STATISTICS_BATCH, processor, model);
  const tape = new Tape();
  const { xNext, h } = recordStep(tape, model, stepInputs(tape, model, rows), 'SYMMETRIC', null);
  const samples = 4 * STATISTICS_SAMPLES * STATISTICS_STEPS * sizeOf(model.hShape);
  return (
    sessionBytes([{ graph: tape.graph({ xNext, h }), lanes }], sharesWeights(processor)) +
    samples +
    2 * componentBytes(model)
  );
}

function componentBytes({ hShape }: DiffusionModel): number {
  return 4 * STATISTICS_STEPS * COMPONENT_COUNT * sizeOf(hShape);
}

/** What grows as a run goes on: remembered pairs, their copy in a checkpoint, unedited images, samples of both trajectories. */
export function keptBytes(model: DiffusionModel, { batchSize, samplingSteps, trainingSteps }: DiscoveryConfig): number {
  const seen = seenShape(model);
  const batchBytes = (shape: readonly number[]) => 4 * batchSize * sizeOf(shape);
  const pairs = 2 * Math.min(REPLAY_CAPACITY, trainingSteps) * batchBytes(seen);
  const unedited = Math.min(poolBatches({ batchSize }, seen), trainingSteps) * batchBytes(seen);
  return 2 * pairs + unedited + 2 * samplingSteps * batchBytes(model.sampleShape);
}

/**
 * Throws OUT_OF_MEMORY, with advice, if a discovery cannot fit in the memory now available. Other devices than the CPU have
 * memory of their own, and refuse by themselves.
 */
export function assertFits(
  model: DiffusionModel,
  config: DiscoveryConfig,
  hasStatistics: boolean,
  device: Device,
): void {
  if (device.name !== 'cpu') return;
  const [needed, usable] = [discoveryBytes(model, config, hasStatistics, device), usableBytes()];
  if (needed <= usable) return;
  const sizes = `about ${gibibytes(needed)} of memory, and ${gibibytes(usable)} can be had`;
  const advice = adviceFor(model, config, hasStatistics, usable, device);
  throw new EngineError('OUT_OF_MEMORY', `The discovery would take ${sizes}. ${advice}`);
}

function gibibytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(1)} GiB`;
}

/** The least change that makes a discovery, which does not fit, fit into `usable` bytes. */
export function adviceFor(
  model: DiffusionModel,
  config: DiscoveryConfig,
  hasStatistics: boolean,
  usable: number,
  processor: Processor = CPU,
): string {
  const bytes = (change: Partial<DiscoveryConfig>) =>
    discoveryBytes(model, { ...config, ...change }, hasStatistics, processor);
  const { batchSize, reverseProcess } = config;
  const [one, all] = [bytes({ batchSize: 1 }), bytes({})];
  if (batchSize > 1 && one <= usable) {
    // Nearly linear in the batch: what the line promises is tried, and less until it holds.
    let fitting = Math.min(1 + Math.floor(((batchSize - 1) * (usable - one)) / (all - one)), batchSize - 1);
    while (fitting > 1 && bytes({ batchSize: fitting }) > usable) fitting = Math.floor(0.95 * fitting);
    return `Use a batchSize of ${fitting} or less.`;
  }
  const single = batchSize > 1 ? 'a batchSize of 1 and ' : '';
  const symmetric = { batchSize: 1, reverseProcess: 'SYMMETRIC' } as const;
  if (reverseProcess === 'ASYMMETRIC' && bytes(symmetric) <= usable) return `Use ${single}reverseProcess SYMMETRIC.`;
  if (bytes({ ...symmetric, directions: 1 }) <= usable) return `Use ${single}fewer directions.`;
  return 'Use a machine with more memory, or a smaller model.';
}
