import { vjp } from '../autodiff/vjp.js';
import type { ReverseProcess, ShiftKind } from '../contract.js';
import { withinBudget } from '../diffusion/memory-plan.js';
import type { DiffusionModel } from '../diffusion/model.js';
import { type SamplingStep, samplingPlan } from '../diffusion/schedule.js';
import { recordStep, stepFeeds, stepInputs } from '../diffusion/step.js';
import {
  type Between,
  backpropagate,
  type StepGradient,
  sampleTrajectory,
  type Trajectory,
} from '../diffusion/trajectory.js';
import type { Graph, Value } from '../graph/graph.js';
import { type FloatTensor, floatTensor } from '../graph/tensor.js';
import { Tape } from '../ops/tape.js';
import { planBatch } from '../runtime/batch-plan.js';
import { BatchSession } from '../runtime/batch-session.js';
import type { Device } from '../runtime/device.js';
import { type ShiftControl, strengthScale } from '../shift/control.js';

export interface SamplerConfig {
  readonly batch: number;
  readonly samplingSteps: number;
  readonly process: ReverseProcess;
  readonly kind: ShiftKind;
  readonly directions: number;
  /** Whether gradients will be asked for. */
  readonly isTrained: boolean;
  /** Through how many of the last sampling steps they go; all of them if left out. */
  readonly gradientSteps?: number | null;
}

/** Which direction each sample of the batch is shifted along, and how far. */
export interface ShiftChoice {
  readonly directions: readonly number[];
  readonly strengths: readonly number[];
}

/** Called after each step with its predicted x0, `[N,C,H,W]`. */
export type OnStep = (stepIndex: number, step: SamplingStep, predictedX0: FloatTensor) => Promise<void>;

/**
 * A sampling step of `batch` samples. An unedited one is a shifted one of strength 0: the same work where the decoder runs once, and
 * where it runs twice a second pass for the few samples that are unedited, in place of a session that holds all weights again.
 */
export function samplingGraph(model: DiffusionModel, config: SamplerConfig, shift: ShiftControl): Graph {
  const { tape, xNext, predictedX0 } = recordShifted(model, config, shift);
  return tape.graph({ xNext, predictedX0 });
}

/** The VJP of a shifted step of `batch` samples, whose activations may take `budgetBytes`; `null` where nothing is trained. */
export function gradientGraph(
  model: DiffusionModel,
  config: SamplerConfig,
  shift: ShiftControl,
  budgetBytes: number,
): Graph | null {
  if (!config.isTrained) return null;
  const { tape, inputs, phi, xNext } = recordShifted(model, config, shift);
  const cotangent = tape.input('cotangent', xNext.shape);
  const [gradX, gradPhi] = vjp(tape, [xNext], [cotangent], [inputs.x, phi]) as [Value, Value];
  return withinBudget(tape.graph({ gradX, gradPhi }), [cotangent.name], budgetBytes);
}

function recordShifted(model: DiffusionModel, config: SamplerConfig, shift: ShiftControl) {
  const tape = new Tape();
  const inputs = stepInputs(tape, model, config.batch);
  const phi = tape.input('phi', shift.phiShape);
  const strengths = tape.input('strengths', [config.batch, config.directions]);
  const operand = tape.input('operand', shift.operandShape);
  const step = recordStep(tape, model, inputs, config.process, (site) =>
    shift.record(tape, phi, strengths, operand, site),
  );
  return { tape, inputs, phi, ...step };
}

/** The sessions of one batch shape: sampling, shifted or not, and the VJP of a shifted step. */
export class Samplers {
  readonly plan: readonly SamplingStep[];

  private constructor(
    private readonly model: DiffusionModel,
    private readonly config: SamplerConfig,
    private readonly shift: ShiftControl,
    private readonly session: BatchSession,
    private backward: BatchSession | null,
  ) {
    this.plan = samplingPlan(model.schedule, config.samplingSteps);
  }

  static async create(
    model: DiffusionModel,
    config: SamplerConfig,
    shift: ShiftControl,
    device: Device,
  ): Promise<Samplers> {
    const plan = planBatch(config.batch, device, model, config.isTrained ? 'training' : 'sampling');
    const graph = samplingGraph(model, { ...config, batch: plan.rows }, shift);
    const { precision } = device;
    const session = await BatchSession.create(graph, plan, device, { precision });
    const parts = planBatch(config.batch, device, model, 'gradient');
    const budget = device.memoryBudget / parts.lanes;
    const backward = gradientGraph(model, { ...config, batch: parts.rows }, shift, budget);
    const gradient = backward && (await BatchSession.create(backward, parts, device, { sums: ['gradPhi'], precision }));
    return new Samplers(model, config, shift, session, gradient);
  }

  /** The unedited trajectory. */
  async plain(noise: FloatTensor, between: Between, onStep?: OnStep): Promise<Trajectory> {
    return this.shifted(noise, this.shift.initial(), this.unmoved(), between, onStep);
  }

  /** The trajectory shifted by `choice` under parameters φ. */
  async shifted(
    noise: FloatTensor,
    phi: FloatTensor,
    choice: ShiftChoice,
    between: Between,
    onStep?: OnStep,
  ): Promise<Trajectory> {
    const strengths = this.strengths(choice);
    return this.sample(noise, between, onStep, (step, x) =>
      this.session.run({ ...this.feeds(step, phi, strengths), x }),
    );
  }

  /** ∂L/∂φ from ∂L/∂x[T], by checkpointing; through the last {@link SamplerConfig.gradientSteps} alone. */
  async gradient(
    trajectory: Trajectory,
    cotangent: FloatTensor,
    phi: FloatTensor,
    choice: ShiftChoice,
    between: Between,
  ): Promise<FloatTensor> {
    const strengths = this.strengths(choice);
    const steps = this.plan.length;
    const earliest = Math.max(0, steps - (this.config.gradientSteps ?? steps));
    const runVjp = async (stepIndex: number, x: FloatTensor, ct: FloatTensor): Promise<StepGradient> => {
      if (!this.backward) throw new RangeError('These samplers have no gradients.');
      const made = await this.backward.run({ ...this.feeds(this.step(stepIndex), phi, strengths), x, cotangent: ct });
      return { x: made['gradX'] as FloatTensor, parameters: { phi: made['gradPhi'] as FloatTensor } };
    };
    return (await backpropagate(trajectory, cotangent, runVjp, between, earliest))['phi'] as FloatTensor;
  }

  /** Frees what only {@link gradient} needs: most of the memory. */
  async releaseGradients(): Promise<void> {
    const session = this.backward;
    this.backward = null;
    await session?.release();
  }

  async release(): Promise<void> {
    await this.releaseGradients();
    await this.session.release();
  }

  private async sample(
    noise: FloatTensor,
    between: Between,
    onStep: OnStep | undefined,
    run: (step: SamplingStep, x: FloatTensor) => Promise<Record<string, FloatTensor>>,
  ): Promise<Trajectory> {
    const runStep = async (stepIndex: number, x: FloatTensor) => {
      const made = await run(this.step(stepIndex), x);
      await onStep?.(stepIndex, this.step(stepIndex), made['predictedX0'] as FloatTensor);
      return made['xNext'] as FloatTensor;
    };
    return sampleTrajectory(noise, this.plan.length, runStep, between);
  }

  private step(stepIndex: number): SamplingStep {
    return this.plan[stepIndex] as SamplingStep;
  }

  private feeds(step: SamplingStep, phi: FloatTensor, strengths: FloatTensor): Record<string, FloatTensor> {
    return { ...stepFeeds(this.model, step, 0), phi, strengths, operand: this.shift.operand(step.timestep) };
  }

  private unmoved(): ShiftChoice {
    const none = new Array<number>(this.config.batch).fill(0);
    return { directions: none, strengths: none };
  }

  /** s·c·r in the column of each sample's direction; T is T_ref while training. */
  private strengths({ directions, strengths }: ShiftChoice): FloatTensor {
    const { batch, directions: count, kind, process, samplingSteps } = this.config;
    const scale = strengthScale(kind, process, samplingSteps, samplingSteps);
    const table = floatTensor([batch, count]);
    directions.forEach((k, row) => {
      table.data[row * count + k] = (strengths[row] ?? 0) * scale;
    });
    return table;
  }
}
