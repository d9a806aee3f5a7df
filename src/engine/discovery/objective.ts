import { vjp } from '../autodiff/vjp.js';
import type { Graph, Value } from '../graph/graph.js';
import { type FloatTensor, floatTensor, type Tensor } from '../graph/tensor.js';
import { crossEntropy, generatorLoss, hingeLoss, meanAbsoluteError } from '../learning/losses.js';
import { type ParameterSpecs, type Parameters, parameterInputs } from '../learning/parameters.js';
import { Tape } from '../ops/tape.js';
import type { Device } from '../runtime/device.js';
import { Session } from '../runtime/session.js';
import { recordDiscriminator, spectralSpecs } from './discriminator.js';
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
}

/** The graph of {@link Objective}. */
export function objectiveGraph(shape: ObjectiveShape): Graph {
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
  if (shape.discriminator) loss = recordAdversary(tape, shape, shape.discriminator, x, shifted, loss, outputs);
  const gradients = vjp(tape, [loss], [tape.scalar(1)], [shifted, ...Object.values(theta)]);
  const names = ['shifted', ...Object.keys(theta)];
  gradients.forEach((gradient, index) => {
    if (gradient) outputs[`grad:${names[index]}`] = gradient;
  });
  return tape.graph({ ...outputs, loss });
}

/** Everything behind the finished images, as one session: losses, and their gradients by ∂x′, ∂θ_R and ∂θ_D. */
export class Objective {
  private constructor(
    private readonly session: Session,
    private readonly shape: ObjectiveShape,
  ) {}

  static async create(shape: ObjectiveShape, device: Device): Promise<Objective> {
    return new Objective(await Session.create(objectiveGraph(shape), device), shape);
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

/** Adds L_G to the loss of S, and L_D with its gradients to the outputs. */
function recordAdversary(
  tape: Tape,
  shape: ObjectiveShape,
  specs: ParameterSpecs,
  x: Value,
  shifted: Value,
  loss: Value,
  outputs: Record<string, Value>,
): Value {
  const theta = parameterInputs(tape, specs);
  const spectral = parameterInputs(tape, spectralSpecs(specs));
  const [real, fake] = [
    recordDiscriminator(tape, theta, spectral, x),
    recordDiscriminator(tape, theta, spectral, shifted),
  ];
  const adversarialLoss = generatorLoss(tape, fake);
  const discriminatorLoss = hingeLoss(tape, real, fake);
  Object.assign(outputs, { adversarialLoss, discriminatorLoss });
  const gradients = vjp(tape, [discriminatorLoss], [tape.scalar(1)], Object.values(theta));
  Object.keys(theta).forEach((name, index) => {
    const gradient = gradients[index];
    if (gradient) outputs[`grad:${name}`] = gradient;
  });
  return tape.add(loss, tape.mul(adversarialLoss, tape.scalar(shape.adversarialWeight)));
}

/** Index of the largest logit of each row. */
export function nearestDirections({ shape, data }: FloatTensor): number[] {
  const [rows, width] = shape as [number, number];
  return Array.from({ length: rows }, (_, row) => {
    const logits = data.subarray(row * width, (row + 1) * width);
    return logits.reduce((best, value, index) => (value > (logits[best] ?? 0) ? index : best), 0);
  });
}
