import { vjp } from '../../src/engine/autodiff/vjp.js';
import type { Value } from '../../src/engine/graph/graph.js';
import { type FloatTensor, floatTensor, sizeOf } from '../../src/engine/graph/tensor.js';
import { Tape } from '../../src/engine/ops/tape.js';
import { type Device, openDevice } from '../../src/engine/runtime/device.js';
import { Session } from '../../src/engine/runtime/session.js';

/** Largest relative disagreement allowed. Finite differences of float32 functions carry about 1e-3 of rounding themselves. */
export const TOLERANCE = { finiteDifference: 4e-3, golden: 1e-4, exact: 1e-6 } as const;

/** A small deterministic generator (mulberry32), so that a failure is reproduced by its seed. */
export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Values uniform in [low, high). */
export function randomTensor(shape: readonly number[], random: () => number, low = -1, high = 1): FloatTensor {
  return floatTensor(
    shape,
    Float32Array.from({ length: sizeOf(shape) }, () => low + (high - low) * random()),
  );
}

export function dot(a: FloatTensor, b: FloatTensor): number {
  return a.data.reduce((sum, value, index) => sum + value * (b.data[index] ?? 0), 0);
}

export function norm(a: FloatTensor): number {
  return Math.sqrt(dot(a, a));
}

/** ‖a − b‖ / ‖b‖. */
export function relativeError(a: FloatTensor, b: FloatTensor): number {
  return norm(axpy(a, -1, b)) / Math.max(norm(b), 1e-30);
}

function axpy(a: FloatTensor, scale: number, b: FloatTensor): FloatTensor {
  return floatTensor(
    a.shape,
    a.data.map((value, index) => value + scale * (b.data[index] ?? 0)),
  );
}

let opened: Promise<Device> | undefined;

/** The device under test: the CPU, or what AZIMUTH_TEST_DEVICE names. */
export function testDevice(): Promise<Device> {
  opened ??= openDevice(process.env['AZIMUTH_TEST_DEVICE'] ?? 'cpu');
  return opened;
}

/** A function of float tensors, recorded on a tape. */
export type Recorded = (tape: Tape, inputs: Value[]) => Value;

/** Runs a recorded function once. */
export async function evaluate(build: Recorded, feeds: readonly FloatTensor[]): Promise<FloatTensor> {
  const tape = new Tape();
  const inputs = feeds.map((feed, index) => tape.input(`x${index}`, feed.shape));
  const session = await Session.create(tape.graph({ y: build(tape, inputs) }), await testDevice());
  const results = await session.run(Object.fromEntries(feeds.map((feed, index) => [`x${index}`, feed])));
  await session.release();
  return results['y'] as FloatTensor;
}

/**
 * The one numeric check of gradients: for every input in turn ⟨ct, J·u⟩, with J·u by central difference, against
 * ⟨vjp(ct), u⟩. Returns the disagreement of each input, relative to ‖ct‖·‖J·u‖.
 */
export async function gradientErrors(
  build: Recorded,
  feeds: readonly FloatTensor[],
  seed: number,
  step = 1e-2,
): Promise<number[]> {
  const tape = new Tape();
  const inputs = feeds.map((feed, index) => tape.input(`x${index}`, feed.shape));
  const y = build(tape, inputs);
  const ct = tape.input('ct', y.shape);
  const gradients = vjp(tape, [y], [ct], inputs);
  const outputs = Object.fromEntries(
    gradients.map((gradient, index) => [`g${index}`, gradient ?? tape.zeros(inputs[index]?.shape ?? [])]),
  );
  const session = await Session.create(tape.graph({ y, ...outputs }), await testDevice());
  const random = generator(seed);
  const cotangent = randomTensor(y.shape, random);
  const run = (at: readonly FloatTensor[]) =>
    session.run({ ct: cotangent, ...Object.fromEntries(at.map((feed, index) => [`x${index}`, feed])) });
  const base = await run(feeds);
  if (base['y']?.shape.join() !== y.shape.join())
    throw new Error(`inferred shape [${y.shape}], the runtime gives [${base['y']?.shape}]`);
  const errors: number[] = [];
  for (const [index, feed] of feeds.entries()) {
    const u = randomTensor(feed.shape, random);
    const at = async (scale: number) =>
      (await run(feeds.map((other, position) => (position === index ? axpy(feed, scale, u) : other))))[
        'y'
      ] as FloatTensor;
    const difference = axpy(await at(step), -1, await at(-step));
    const directional = floatTensor(
      difference.shape,
      difference.data.map((value) => value / (2 * step)),
    );
    const scale = norm(cotangent) * norm(directional) + 1e-6;
    errors.push(Math.abs(dot(cotangent, directional) - dot(base[`g${index}`] as FloatTensor, u)) / scale);
  }
  await session.release();
  return errors;
}
