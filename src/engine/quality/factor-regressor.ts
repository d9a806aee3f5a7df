import { vjp } from '../autodiff/vjp.js';
import { groupNorm, linear } from '../diffusion/layers.js';
import { EngineError } from '../errors.js';
import type { Value } from '../graph/graph.js';
import { type FloatTensor, floatTensor, sizeOf } from '../graph/tensor.js';
import { stageWidths, trunkSpecs } from '../learning/convnet.js';
import { type ParameterSpecs, type Parameters, parameterInputs } from '../learning/parameters.js';
import { Tape } from '../ops/tape.js';
import type { Device } from '../runtime/device.js';
import { Session } from '../runtime/session.js';
import { type FactorSpec, factorColumns, recordFactorLoss } from './factors.js';

const GROUPS = 8;
/** Width of the layer before the outputs: the fixed feature space in which distances are measured. */
export const FEATURE_COUNT = 128;

export interface RegressorShape {
  readonly factors: readonly FactorSpec[];
  /** `[C,S,S]`. */
  readonly sampleShape: readonly [number, number, number];
}

/** What the regressor sees in a batch of images. */
export interface FactorReading {
  /** Raw outputs, `[N, columns]`; see {@link factorColumns}. */
  readonly outputs: FloatTensor;
  /** `[N, 128]`. */
  readonly features: FloatTensor;
}

/** Parameters of the regressor: strided convolutions down to 4×4, one hidden layer, one linear head. */
export function regressorSpecs({ factors, sampleShape }: RegressorShape): ParameterSpecs {
  const [channels, , resolution] = sampleShape;
  const widths = stageWidths(resolution);
  const flat = (widths.at(-1) ?? 0) * (resolution / 2 ** widths.length) ** 2;
  const layer = (outputs: number, fanIn: number): ParameterSpecs => ({
    weight: { shape: [outputs, fanIn], start: { kind: 'uniform', fanIn } },
    bias: { shape: [outputs], start: { kind: 'uniform', fanIn } },
  });
  const named = (prefix: string, specs: ParameterSpecs) =>
    Object.fromEntries(Object.entries(specs).map(([name, spec]) => [`${prefix}.${name}`, spec]));
  return {
    ...trunkSpecs('f', channels, widths, true),
    ...named('f.hidden', layer(FEATURE_COUNT, flat)),
    ...named('f.head', layer(factorColumns(factors), FEATURE_COUNT)),
  };
}

function recordRegressor(tape: Tape, theta: Readonly<Record<string, Value>>, x: Value) {
  const get = (name: string) => theta[`f.${name}`] as Value;
  const affine = (name: string) => ({ weight: get(`${name}.weight`), bias: get(`${name}.bias`) });
  let y = x;
  for (let stage = 0; `f.${stage}.weight` in theta; stage += 1) {
    y = tape.conv(y, get(`${stage}.weight`), get(`${stage}.bias`), { strides: [2, 2], pads: [1, 1, 1, 1] });
    y = tape.silu(groupNorm(tape, y, GROUPS, 1e-5, { weight: get(`${stage}.scale`), bias: get(`${stage}.shift`) }));
  }
  const n = x.shape[0] ?? 1;
  const flat = tape.reshape(y, [n, sizeOf(y.shape) / n]);
  const features = tape.silu(linear(tape, flat, affine('hidden')));
  return { features, outputs: linear(tape, features, affine('head')) };
}

/** Loss and gradients of one batch: the training side of the regressor. */
export class RegressorObjective {
  private constructor(
    private readonly session: Session,
    private readonly names: readonly string[],
  ) {}

  static async create(shape: RegressorShape, batch: number, device: Device): Promise<RegressorObjective> {
    const tape = new Tape();
    const theta = parameterInputs(tape, regressorSpecs(shape));
    const x = tape.input('x', [batch, ...shape.sampleShape]);
    const target = tape.input('target', [batch, factorColumns(shape.factors)]);
    const { outputs } = recordRegressor(tape, theta, x);
    const loss = recordFactorLoss(tape, shape.factors, outputs, target);
    const gradients = vjp(tape, [loss], [tape.scalar(1)], Object.values(theta)) as Value[];
    const names = Object.keys(theta);
    const named = Object.fromEntries(names.map((name, index) => [`grad:${name}`, gradients[index] as Value]));
    return new RegressorObjective(await Session.create(tape.graph({ loss, ...named }), device), names);
  }

  async run(parameters: Parameters, x: FloatTensor, target: FloatTensor) {
    const made = await this.session.run({ ...parameters, x, target });
    const gradients = Object.fromEntries(this.names.map((name) => [name, made[`grad:${name}`] as FloatTensor]));
    return { loss: made['loss']?.data[0] ?? Number.NaN, gradients };
  }

  async release(): Promise<void> {
    await this.session.release();
  }
}

/** A trained regressor, reading images in batches of one size. */
export class FactorRegressor {
  private constructor(
    readonly shape: RegressorShape,
    private readonly batch: number,
    private readonly session: Session,
    private readonly parameters: Parameters,
  ) {}

  static async create(
    shape: RegressorShape,
    parameters: Parameters,
    batch: number,
    device: Device,
  ): Promise<FactorRegressor> {
    const tape = new Tape();
    const theta = parameterInputs(tape, regressorSpecs(shape));
    const x = tape.input('x', [batch, ...shape.sampleShape]);
    const { outputs, features } = recordRegressor(tape, theta, x);
    const session = await Session.create(tape.graph({ outputs, features }), device);
    return new FactorRegressor(shape, batch, session, parameters);
  }

  /** Reads images `[N,C,S,S]` in [-1,1], any N. */
  async read(images: FloatTensor): Promise<FactorReading> {
    const [n = 0, ...sample] = images.shape;
    if (sample.join() !== this.shape.sampleShape.join())
      throw new EngineError('BAD_USER_INPUT', `images: expected [N,${this.shape.sampleShape}], got [${images.shape}].`);
    const columns = factorColumns(this.shape.factors);
    const outputs = floatTensor([n, columns]);
    const features = floatTensor([n, FEATURE_COUNT]);
    const width = sizeOf(sample);
    for (let first = 0; first < n; first += this.batch) {
      const count = Math.min(this.batch, n - first);
      const x = floatTensor([this.batch, ...sample]);
      x.data.set(images.data.subarray(first * width, (first + count) * width));
      const made = await this.session.run({ ...this.parameters, x });
      outputs.data.set((made['outputs'] as FloatTensor).data.subarray(0, count * columns), first * columns);
      features.data.set(
        (made['features'] as FloatTensor).data.subarray(0, count * FEATURE_COUNT),
        first * FEATURE_COUNT,
      );
    }
    return { outputs, features };
  }

  async release(): Promise<void> {
    await this.session.release();
  }
}
