import { vjp } from '../autodiff/vjp.js';
import type { Graph, Value } from '../graph/graph.js';
import { type FloatTensor, floatTensor, type Tensor } from '../graph/tensor.js';
import { crossEntropy, generatorLoss, hingeLoss, meanAbsoluteError } from '../learning/losses.js';
import { countOf, type ParameterSpecs, type Parameters, parameterInputs } from '../learning/parameters.js';
import { Tape } from '../ops/tape.js';
import { type BatchPlan, type Processor, planEvenly } from '../runtime/batch-plan.js';
import { BatchSession } from '../runtime/batch-session.js';
import type { Device } from '../runtime/device.js';
import { recordDiscriminator, recordSpectral, spectralSpecs } from './discriminator.js';
import { recordReconstructor } from './reconstructor.js';

/** λ_reg of the ancestor (arXiv 2002.03754); λ_cls is 1. */
export const STRENGTH_WEIGHT = 0.25;

/** Unedited and shifted images with what made the difference. */
export interface Pairs {
  readonly x: FloatTensor;
  readonly shifted: FloatTensor;
  /** Direction of each pair. */
  readonly directions: readonly number[];
  readonly strengths: readonly number[];
}

export interface ObjectiveResult {
  readonly classificationLoss: number;
  readonly strengthLoss: number;
  readonly adversarialLoss: number | null;
  readonly discriminatorLoss: number | null;
  /** What S and R minimise: CE + λ_reg·|ŝ − s| + λ_adv·L_G. */
  readonly loss: number;
  readonly accuracy: number;
  readonly logits: FloatTensor;
  readonly strength: FloatTensor;
  /** ∂loss/∂x′; `null` where only R learns. */
  readonly shifted: FloatTensor | null;
  readonly reconstructor: Parameters;
  readonly discriminator: Parameters;
}

export interface ObjectiveShape {
  readonly batch: number;
  readonly sampleShape: readonly [number, number, number];
  readonly directions: number;
  readonly reconstructor: ParameterSpecs;
  /** `null`: no discriminator. */
  readonly discriminator: ParameterSpecs | null;
  readonly adversarialWeight: number;
  /** Whether ∂loss/∂x′ is asked for. */
  readonly pullsBack: boolean;
}

/** Outputs with one entry a sample; the others are sums over parts of the batch. */
const OF_SAMPLES: readonly string[] = ['logits', 'strength', 'grad:shifted'];

/** The graph of {@link Objective}, whose batch is `share` of the samples that the losses are means over. */
export function objectiveGraph(shape: ObjectiveShape, share = 1): Graph {
  const tape = new Tape();
  const images = [shape.batch, ...shape.sampleShape];
  const [x, shifted] = [tape.input('x', images), tape.input('shifted', images)];
  const oneHot = tape.input('oneHot', [shape.batch, shape.directions]);
  const s = tape.input('s', [shape.batch]);
  const theta = parameterInputs(tape, shape.reconstructor);
  const { logits, strength } = recordReconstructor(tape, theta, x, shifted);
  const classificationLoss = crossEntropy(tape, logits, oneHot);
  const strengthLoss = meanAbsoluteError(tape, strength, s);
  const outputs: Record<string, Value> = { logits, strength, classificationLoss, strengthLoss };
  let loss = tape.add(classificationLoss, tape.mul(strengthLoss, tape.scalar(STRENGTH_WEIGHT)));
  if (shape.discriminator) {
    const adversary = recordAdversary(tape, shape.discriminator, { x, shifted }, share);
    Object.assign(outputs, adversary);
    loss = tape.add(loss, tape.mul(adversary.adversarialLoss, tape.scalar(shape.adversarialWeight)));
  }
  const wrt = shape.pullsBack ? { shifted, ...theta } : theta;
  Object.assign(outputs, { loss }, gradientsOf(tape, loss, wrt, share));
  const means = Object.entries(outputs).filter(([, { shape: extents }]) => extents.length === 0);
  for (const [name, value] of means) outputs[name] = tape.mul(value, tape.scalar(share));
  return tape.graph(outputs);
}

/** ∂(share·loss) by each of `wrt`, as outputs. */
function gradientsOf(
  tape: Tape,
  loss: Value,
  wrt: Readonly<Record<string, Value>>,
  share: number,
): Record<string, Value> {
  const gradients = vjp(tape, [loss], [tape.scalar(share)], Object.values(wrt));
  const named = Object.keys(wrt).map((name, index) => [`grad:${name}`, gradients[index] ?? null] as const);
  return Object.fromEntries(named.filter((entry): entry is [`grad:${string}`, Value] => entry[1] !== null));
}

/** How the batch is spread over a device. */
export function objectivePlan(shape: ObjectiveShape, device: Processor): BatchPlan {
  const specs = { ...shape.reconstructor, ...shape.discriminator };
  return planEvenly(shape.batch, device, shape.sampleShape, countOf(specs));
}

/** Everything behind the finished images, as one session: losses, and their gradients by ∂x′, ∂θ_R and ∂θ_D. */
export class Objective {
  private constructor(
    private readonly session: BatchSession,
    private readonly shape: ObjectiveShape,
  ) {}

  static async create(shape: ObjectiveShape, device: Device): Promise<Objective> {
    const plan = objectivePlan(shape, device);
    const graph = objectiveGraph({ ...shape, batch: plan.rows }, plan.rows / plan.batch);
    const sums = Object.keys(graph.outputs).filter((name) => !OF_SAMPLES.includes(name));
    return new Objective(await BatchSession.create(graph, plan, device, { sums }), shape);
  }

  async run(pairs: Pairs, parameters: Parameters): Promise<ObjectiveResult> {
    const { batch, directions } = this.shape;
    const oneHot = floatTensor([batch, directions]);
    pairs.directions.forEach((k, row) => {
      oneHot.data[row * directions + k] = 1;
    });
    const s = floatTensor([batch], Float32Array.from(pairs.strengths));
    const feeds: Record<string, Tensor> = { ...parameters, x: pairs.x, shifted: pairs.shifted, oneHot, s };
    return this.result(await this.session.run(feeds), pairs);
  }

  private result(made: Record<string, FloatTensor>, pairs: Pairs): ObjectiveResult {
    const value = (name: string) => made[name]?.data[0] ?? null;
    const logits = made['logits'] as FloatTensor;
    const named = nearestDirections(logits);
    const right = named.filter((k, row) => k === pairs.directions[row]).length;
    const gradients = (specs: ParameterSpecs) =>
      Object.fromEntries(Object.keys(specs).map((name) => [name, made[`grad:${name}`] as FloatTensor]));
    return {
      loss: value('loss') ?? 0,
      classificationLoss: value('classificationLoss') ?? 0,
      strengthLoss: value('strengthLoss') ?? 0,
      adversarialLoss: value('adversarialLoss'),
      discriminatorLoss: value('discriminatorLoss'),
      accuracy: right / named.length,
      logits,
      strength: made['strength'] as FloatTensor,
      shifted: made['grad:shifted'] ?? null,
      reconstructor: gradients(this.shape.reconstructor),
      discriminator: this.shape.discriminator ? gradients(this.shape.discriminator) : {},
    };
  }

  async release(): Promise<void> {
    await this.session.release();
  }
}

/** L_G and L_D, and the gradients of L_D. */
function recordAdversary(
  tape: Tape,
  specs: ParameterSpecs,
  { x, shifted }: Readonly<Record<'x' | 'shifted', Value>>,
  share: number,
): Readonly<Record<string, Value>> & { readonly adversarialLoss: Value } {
  const theta = parameterInputs(tape, specs);
  const inverses = recordSpectral(tape, theta, parameterInputs(tape, spectralSpecs(specs)));
  const score = (images: Value) => recordDiscriminator(tape, theta, inverses, images);
  const [real, fake] = [score(x), score(shifted)];
  const discriminatorLoss = hingeLoss(tape, real, fake);
  return {
    adversarialLoss: generatorLoss(tape, fake),
    discriminatorLoss,
    ...gradientsOf(tape, discriminatorLoss, theta, share),
  };
}

/** Index of the largest logit of each row. */
export function nearestDirections({ shape, data }: FloatTensor): number[] {
  const [rows, width] = shape as [number, number];
  return Array.from({ length: rows }, (_, row) => {
    const logits = data.subarray(row * width, (row + 1) * width);
    return logits.reduce((best, value, index) => (value > (logits[best] ?? 0) ? index : best), 0);
  });
}
