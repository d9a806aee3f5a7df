import { vjp } from './autodiff/vjp.js';
import type { DiscoveryConfig, ReverseProcess } from './contract.js';
import { withinBudget } from './diffusion/memory-plan.js';
import type { DiffusionModel } from './diffusion/model.js';
import { normals } from './diffusion/random.js';
import { type SamplingStep, samplingPlan } from './diffusion/schedule.js';
import { recordStep, stepFeeds, stepInputs } from './diffusion/step.js';
import { backpropagate, sampleTrajectory } from './diffusion/trajectory.js';
import { objectiveGraph } from './discovery/objective.js';
import { REPLAY_UPDATES } from './discovery/replay.js';
import { gradientGraph, samplingGraph } from './discovery/samplers.js';
import { shiftConfigOf, Trainer, trainingShapes } from './discovery/trainer.js';
import type { Graph, Value } from './graph/graph.js';
import { multiplyAdds } from './graph/multiply-adds.js';
import { type FloatTensor, floatTensor, sizeOf } from './graph/tensor.js';
import { loadModel } from './models/load-model.js';
import { Tape } from './ops/tape.js';
import { planBatch } from './runtime/batch-plan.js';
import { BatchSession } from './runtime/batch-session.js';
import type { Device } from './runtime/device.js';
import { shiftControl } from './shift/control.js';
import { blankStatistics, type HStatistics } from './shift/statistics.js';

/**
 * One measured piece of work: T sampling steps without and with a shift, the VJP of one shifted step, the gradient through T
 * of them, or a training step.
 */
export interface WorkloadRequest {
  readonly task: 'unedited' | 'sample' | 'vjp' | 'gradient' | 'training';
  readonly steps: number;
  readonly batch: number;
  readonly process: ReverseProcess;
}

type Task = () => Promise<void>;

/** The graphs that a task runs: a sampling step, and its VJP. */
interface StepGraphs {
  readonly forward: Graph | null;
  readonly backward: Graph | null;
}

const nothing = async () => {};
/** Past the warm-up. */
const TRAINING_STEP = 100;

/** The engine's work as benchmarks see it, session building apart. */
export class Workload {
  private readonly prepared = new Map<string, Promise<Task>>();

  private constructor(
    private readonly model: DiffusionModel,
    private readonly device: Device,
  ) {}

  static async create(folder: string, device: Device): Promise<Workload> {
    return new Workload(await loadModel(folder), device);
  }

  /** Seconds of one execution. The first one of a kind builds its sessions before the clock starts. */
  async run(request: WorkloadRequest): Promise<number> {
    const key = JSON.stringify(request);
    const task = this.prepared.get(key) ?? (request.task === 'training' ? this.training(request) : this.steps(request));
    this.prepared.set(key, task);
    const execute = await task;
    const start = performance.now();
    await execute();
    return (performance.now() - start) / 1000;
  }

  /** Floating-point operations of one execution, two a multiply-add. */
  flop(request: WorkloadRequest): number {
    return 2 * (request.task === 'training' ? this.trainingMultiplyAdds(request) : this.stepMultiplyAdds(request));
  }

  /** Sampling and its gradients by Δh, with Δh itself as the parameter. */
  private async steps(request: WorkloadRequest): Promise<Task> {
    const { model, device } = this;
    const { task, steps, batch } = request;
    const session = (kind: 'sampling' | 'gradient', name: keyof StepGraphs) => {
      const parts = planBatch(batch, device, model, kind);
      const graph = stepGraphs(model, { ...request, batch: parts.rows })[name];
      const budget = kind === 'gradient' ? device.memoryBudget / parts.lanes : Number.POSITIVE_INFINITY;
      return (
        graph &&
        BatchSession.create(withinBudget(graph, ['cotangent'], budget), parts, device, { precision: device.precision })
      );
    };
    const forward = await session('sampling', 'forward');
    const backward = await session('gradient', 'backward');
    const plan = samplingPlan(model.schedule, steps);
    const noise = normalTensor([batch, ...model.sampleShape], 1);
    const shift = normalTensor([batch, ...model.hShape], 0.01);
    const ones = floatTensor(noise.shape, new Float32Array(noise.data.length).fill(1));
    const feeds = (i: number, x: FloatTensor) => ({
      ...stepFeeds(model, plan[i] as SamplingStep, 0),
      x,
      deltaH: shift,
    });
    const runVjp = async (i: number, x: FloatTensor, ct: FloatTensor) => {
      const made = await (backward as BatchSession).run({ ...feeds(i, x), cotangent: ct });
      return { x: made['gradX'] as FloatTensor, parameters: { deltaH: made['gradDeltaH'] as FloatTensor } };
    };
    const runStep = async (i: number, x: FloatTensor) =>
      (await (forward as BatchSession).run(feeds(i, x)))['xNext'] as FloatTensor;
    return async () => {
      if (task === 'vjp') return void (await runVjp(0, noise, ones));
      const trajectory = await sampleTrajectory(noise, steps, runStep, nothing);
      if (task === 'gradient') await backpropagate(trajectory, ones, runVjp, nothing);
    };
  }

  private stepMultiplyAdds(request: WorkloadRequest): number {
    const { forward, backward } = stepGraphs(this.model, request);
    return request.task === 'vjp' ? count(backward) : request.steps * (count(forward) + count(backward));
  }

  /**
   * One step of a discovery past its warm-up, at the defaults but for T, batch and process; always the same step, so that after
   * the first execution the unedited images of its noise are known, as they are in a training that has been through its pool.
   */
  private async training(request: WorkloadRequest): Promise<Task> {
    const { model, device } = this;
    const trainer = await Trainer.create(model, trainingConfig(request), anyStatistics(model), device);
    let state = trainer.initial();
    return async () => {
      state = (await trainer.step({ ...state, step: TRAINING_STEP }, nothing, null)).state;
    };
  }

  private trainingMultiplyAdds(request: WorkloadRequest): number {
    const { model } = this;
    const config = trainingConfig(request);
    const { samplers, objective, replay } = trainingShapes(model, config);
    const shift = shiftControl(shiftConfigOf(config, model), blankStatistics(model));
    const shifted = samplingGraph(model, samplers, shift);
    const backward = gradientGraph(model, samplers, shift, Number.POSITIVE_INFINITY);
    const trajectory = request.steps * (count(shifted) + count(backward));
    return trajectory + count(objectiveGraph(objective)) + REPLAY_UPDATES * count(objectiveGraph(replay));
  }
}

function count(graph: Graph | null): number {
  return graph ? multiplyAdds(graph) : 0;
}

function stepGraphs(model: DiffusionModel, { task, batch, process }: WorkloadRequest): StepGraphs {
  const tape = new Tape();
  const inputs = stepInputs(tape, model, batch);
  if (task === 'unedited') {
    const { xNext } = recordStep(tape, model, inputs, process, null);
    return { forward: tape.graph({ xNext }), backward: null };
  }
  const deltaH = tape.input('deltaH', [batch, ...model.hShape]);
  const { xNext } = recordStep(tape, model, inputs, process, () => deltaH);
  const forward = task === 'vjp' ? null : tape.graph({ xNext });
  if (task === 'sample') return { forward, backward: null };
  const cotangent = tape.input('cotangent', xNext.shape);
  const [gradX, gradDeltaH] = vjp(tape, [xNext], [cotangent], [inputs.x, deltaH]) as [Value, Value];
  return { forward, backward: tape.graph({ gradX, gradDeltaH }) };
}

function trainingConfig({ steps, batch, process }: WorkloadRequest): DiscoveryConfig {
  return {
    method: 'LEARNED',
    directions: 16,
    trainingSteps: 1000,
    batchSize: batch,
    samplingSteps: steps,
    shift: 'SUBSPACE',
    fullSpatial: false,
    orthonormal: true,
    reverseProcess: process,
    maxStrength: 6,
    minStrength: 0.5,
    learningRate: 0.005,
    adversarialWeight: 0.05,
    seed: 0,
    checkpointEvery: 25,
    previewEvery: 0,
  };
}

/** Random components in place of measured ones, which would take a large model many minutes; a step is the same work. */
function anyStatistics(model: DiffusionModel): HStatistics {
  const blank = blankStatistics(model);
  return { ...blank, components: normalTensor(blank.components.shape, 0.05) };
}

function normalTensor(shape: readonly number[], scale: number): FloatTensor {
  const values = normals({ seed: 1, stream: 0, sample: 0, step: 0 }, sizeOf(shape));
  // In place: a copy of what a large model's components take would wait for the collector.
  for (let at = 0; at < values.length; at += 1) values[at] = scale * (values[at] as number);
  return floatTensor(shape, values);
}
