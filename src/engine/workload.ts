import { vjp } from './autodiff/vjp.js';
import type { DiscoveryConfig, ReverseProcess } from './contract.js';
import type { DiffusionModel } from './diffusion/model.js';
import { normals } from './diffusion/random.js';
import { type SamplingStep, samplingPlan } from './diffusion/schedule.js';
import { recordStep, stepFeeds, stepInputs } from './diffusion/step.js';
import { backpropagate, sampleTrajectory } from './diffusion/trajectory.js';
import { Trainer } from './discovery/trainer.js';
import type { Value } from './graph/graph.js';
import { type FloatTensor, floatTensor, sizeOf } from './graph/tensor.js';
import { loadModel } from './models/load-model.js';
import { Tape } from './ops/tape.js';
import type { Device } from './runtime/device.js';
import { Session } from './runtime/session.js';
import { measureStatistics } from './shift/statistics.js';

/** One measured piece of work: T sampling steps, the VJP of one step, the gradient through T steps, or a training step. */
export interface WorkloadRequest {
  readonly task: 'sample' | 'vjp' | 'gradient' | 'training';
  readonly steps: number;
  readonly batch: number;
  readonly process: ReverseProcess;
}

type Task = () => Promise<void>;

const nothing = async () => {};

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

  /** Sampling and its gradients by Δh, with Δh itself as the parameter. */
  private async steps({ task, steps, batch, process }: WorkloadRequest): Promise<Task> {
    const { model, device } = this;
    const tape = new Tape();
    const inputs = stepInputs(tape, model, batch);
    const deltaH = tape.input('deltaH', [batch, ...model.hShape]);
    const { xNext } = recordStep(tape, model, inputs, process, () => deltaH);
    const cotangent = tape.input('cotangent', xNext.shape);
    const [gradX, gradDeltaH] = vjp(tape, [xNext], [cotangent], [inputs.x, deltaH]) as [Value, Value];
    const forward = task === 'vjp' ? null : await Session.create(tape.graph({ xNext }), device);
    const backward = task === 'sample' ? null : await Session.create(tape.graph({ gradX, gradDeltaH }), device);
    const first = task === 'gradient' ? await Session.create(tape.graph({ gradDeltaH }), device) : null;
    const plan = samplingPlan(model.schedule, steps);
    const noise = this.noise(batch, model.sampleShape, 1);
    const shift = this.noise(batch, model.hShape, 0.01);
    const ones = floatTensor(noise.shape, new Float32Array(noise.data.length).fill(1));
    const feeds = (i: number, x: FloatTensor) => ({
      ...stepFeeds(model, plan[i] as SamplingStep, 0),
      x,
      deltaH: shift,
    });
    const runVjp = async (i: number, x: FloatTensor, ct: FloatTensor) => {
      const session = (i === 0 && first) || (backward as Session);
      const made = await session.run({ ...feeds(i, x), cotangent: ct });
      return { x: made['gradX'] ?? null, parameters: { deltaH: made['gradDeltaH'] as FloatTensor } };
    };
    const runStep = async (i: number, x: FloatTensor) =>
      (await (forward as Session).run(feeds(i, x)))['xNext'] as FloatTensor;
    return async () => {
      if (task === 'vjp') return void (await runVjp(0, noise, ones));
      const trajectory = await sampleTrajectory(noise, steps, runStep, nothing);
      if (task === 'gradient') await backpropagate(trajectory, ones, runVjp, nothing);
    };
  }

  /** One step of a discovery past its warm-up, at the defaults but for T, batch and process. */
  private async training({ steps, batch, process }: WorkloadRequest): Promise<Task> {
    const { model, device } = this;
    const config: DiscoveryConfig = {
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
    const statistics = await measureStatistics(model, device, nothing, nothing);
    const trainer = await Trainer.create(model, config, statistics, device);
    let state = { ...trainer.initial(), step: 100 };
    return async () => {
      state = (await trainer.step(state, nothing, null)).state;
    };
  }

  private noise(batch: number, shape: readonly number[], scale: number): FloatTensor {
    const size = batch * sizeOf(shape);
    const values = normals({ seed: 1, stream: 0, sample: 0, step: 0 }, size);
    return floatTensor(
      [batch, ...shape],
      values.map((value) => value * scale),
    );
  }
}
