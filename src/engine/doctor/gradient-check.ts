import { vjp } from '../autodiff/vjp.js';
import type { GradientCheck } from '../contract.js';
import type { DiffusionModel } from '../diffusion/model.js';
import { normals, STREAMS } from '../diffusion/random.js';
import type { Between } from '../diffusion/trajectory.js';
import { usableBytes } from '../discovery/memory.js';
import type { Graph, Value } from '../graph/graph.js';
import { type FloatTensor, floatTensor, sizeOf } from '../graph/tensor.js';
import { Tape } from '../ops/tape.js';
import type { Device } from '../runtime/device.js';
import { sessionBytes } from '../runtime/footprint.js';
import { Session } from '../runtime/session.js';

/** Larger inputs are cropped: a convolutional network is the same one at any extent. */
const MAX_SIZE = 64;
/** A wrong gradient is wrong by its own size; differences of float32 carry a thousandth of rounding. */
const TOLERANCE = 1e-2;
/** Steps of the differences, in units of what is changed; the one that agrees best counts. */
const STEPS = [3e-2, 1e-2, 3e-3];

/**
 * Compares the VJP of the UNet's output, by x and by h, with central differences: along a random u, J·u = (f(+ε·u) −
 * f(−ε·u))/2ε, and ‖J·u‖² must be ⟨VJP(J·u), u⟩.
 */
export async function checkGradients(model: DiffusionModel, device: Device, between: Between): Promise<GradientCheck> {
  const [, height, width] = model.sampleShape;
  const size = Math.min(MAX_SIZE, Math.max(height, width));
  const whole = size === Math.max(height, width);
  const where = whole ? `its own ${height}×${width}` : `a crop of ${size}×${size} from its ${height}×${width}`;
  const skipped = (why: string): GradientCheck => {
    return { verdict: 'SKIPPED', inputSize: size, errorByX: null, errorByH: null, message: why };
  };
  const graph = recorded(model, [Math.min(size, height), Math.min(size, width)]);
  if (graph === null)
    return skipped(`The model cannot be recorded at ${size}×${size}, and ${height}×${width} is too large to check.`);
  const needed = sessionBytes([{ graph, lanes: 1 }]);
  if (device.name === 'cpu' && needed > usableBytes())
    return skipped(`Checking would take ${(needed / 2 ** 30).toFixed(1)} GiB of memory, more than can be had.`);
  const session = await Session.create(graph, device);
  try {
    const [errorByX, errorByH] = await disagreements(model, graph, session, between);
    if (errorByX === null || errorByH === null) {
      const message = `The output does not depend on ${errorByX === null ? 'x' : 'h'}: the model may not be trained.`;
      return { verdict: 'FAILED', inputSize: size, errorByX, errorByH, message };
    }
    const passes = Math.max(errorByX, errorByH) <= TOLERANCE;
    const worst = Math.max(errorByX, errorByH).toExponential(1);
    const message = passes
      ? `Gradients agree with finite differences to ${worst}, on ${where}.`
      : `Gradients disagree with finite differences by ${worst}, on ${where}. Directions learned on it would be wrong: please report this model.`;
    return { verdict: passes ? 'PASSED' : 'FAILED', inputSize: size, errorByX, errorByH, message };
  } finally {
    await session.release();
  }
}

/** Output and both gradients at an extent; null if the model has no other extent than its own. */
function recorded(model: DiffusionModel, extent: readonly [number, number]): Graph | null {
  try {
    const tape = new Tape();
    const x = tape.input('x', [1, model.sampleShape[0], ...extent]);
    const encoded = model.encode(tape, x, tape.input('features', [1, model.featureCount]));
    const deltaH = tape.input('deltaH', encoded.h.shape);
    const y = model.decode(tape, tape.add(encoded.h, deltaH), encoded);
    const gradients = vjp(tape, [y], [tape.input('cotangent', y.shape)], [x, deltaH]);
    const [byX, byH] = gradients.map((gradient, at) => gradient ?? tape.zeros([x, deltaH][at]?.shape ?? [])) as [
      Value,
      Value,
    ];
    return tape.graph({ y, h: encoded.h, byX, byH });
  } catch (error) {
    if (extent.join() !== model.sampleShape.slice(1).join()) return null;
    throw error;
  }
}

async function disagreements(
  model: DiffusionModel,
  graph: Graph,
  session: Session,
  between: Between,
): Promise<[number | null, number | null]> {
  const shapeOf = (name: string) => graph.inputs.find((input) => input.name === name)?.shape ?? [];
  const random = (name: string, sample: number) => {
    const shape = shapeOf(name);
    return floatTensor(shape, normals({ seed: 0, stream: STREAMS.sampleNoise, sample, step: 1 }, sizeOf(shape)));
  };
  const features = model.timestepFeatures(Math.floor(model.schedule.trainTimesteps / 2));
  const at = { x: random('x', 0), deltaH: floatTensor(shapeOf('deltaH')) };
  const none = floatTensor(shapeOf('cotangent'));
  const run = async (change: Partial<Record<'x' | 'deltaH' | 'cotangent', FloatTensor>>) => {
    await between();
    return session.run({ features, ...at, cotangent: none, ...change });
  };
  const h = (await run({}))['h'] as FloatTensor;
  const errors: (number | null)[] = [];
  for (const [name, output, scale] of [
    ['x', 'byX', 1],
    ['deltaH', 'byH', rms(h)],
  ] as const) {
    const u = scaled(random(name, 1), scale);
    let best = Number.POSITIVE_INFINITY;
    for (const step of STEPS) {
      const moved = async (sign: number) => (await run({ [name]: sum(at[name], u, sign * step) }))['y'] as FloatTensor;
      const change = scaled(sum(await moved(1), await moved(-1), -1), 1 / (2 * step));
      const gradient = (await run({ cotangent: change }))[output] as FloatTensor;
      const expected = dot(change, change);
      if (expected > 0) best = Math.min(best, Math.abs(dot(gradient, u) - expected) / expected);
    }
    errors.push(Number.isFinite(best) ? best : null);
  }
  return errors as [number | null, number | null];
}

function dot(a: FloatTensor, b: FloatTensor): number {
  return a.data.reduce((total, value, at) => total + value * (b.data[at] ?? 0), 0);
}

function rms(a: FloatTensor): number {
  return Math.sqrt(dot(a, a) / a.data.length);
}

function scaled({ shape, data }: FloatTensor, factor: number): FloatTensor {
  return floatTensor(
    shape,
    data.map((value) => value * factor),
  );
}

function sum(a: FloatTensor, b: FloatTensor, factor: number): FloatTensor {
  return floatTensor(
    a.shape,
    a.data.map((value, at) => value + factor * (b.data[at] ?? 0)),
  );
}
