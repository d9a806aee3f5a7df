import { describe, expect, it } from 'vitest';
import { normals, uniforms } from '../../../src/engine/diffusion/random.js';
import { type FloatTensor, floatTensor } from '../../../src/engine/graph/tensor.js';
import { openDevice } from '../../../src/engine/runtime/device.js';
import { independentDirections, independentRotation } from '../../../src/engine/shift/independent.js';
import { orthonormalRows } from '../../../src/engine/shift/orthonormal.js';

const M = 6;
const N = 8192;
const key = (sample: number) => ({ seed: 5, stream: 99, sample, step: 0 });
const device = await openDevice('cpu');
const between = async () => {};

/** An effect that is seen in one value of ten, of variance 1. */
function sparse(sample: number): number[] {
  const values = normals(key(sample), N);
  const isSeen = uniforms(key(100 + sample), N);
  return Array.from(values, (value, at) => ((isSeen[at] ?? 0) < 0.1 ? value * Math.sqrt(10) : 0));
}

/** Σ_k mixing[k, m]·effects[k], `[M,N]`. */
function mixed(effects: readonly (readonly number[])[], mixing: FloatTensor): FloatTensor {
  const out = floatTensor([M, N]);
  effects.forEach((effect, k) => {
    for (let m = 0; m < M; m += 1) {
      const weight = mixing.data[k * M + m] ?? 0;
      for (let i = 0; i < N; i += 1) out.data[m * N + i] = (out.data[m * N + i] ?? 0) + weight * (effect[i] ?? 0);
    }
  });
  return out;
}

/** Largest |cosine| of what some row does with one of the effects. */
function agreement(rows: FloatTensor, effects: FloatTensor, wanted: readonly number[]): number {
  const cosines = Array.from({ length: rows.shape[0] ?? 0 }, (_, row) => {
    let [dot, made, right] = [0, 0, 0];
    for (let i = 0; i < N; i += 1) {
      let value = 0;
      for (let m = 0; m < M; m += 1) value += (rows.data[row * M + m] ?? 0) * (effects.data[m * N + i] ?? 0);
      dot += value * (wanted[i] ?? 0);
      made += value * value;
      right += (wanted[i] ?? 0) ** 2;
    }
    return Math.abs(dot) / Math.sqrt(made * right);
  });
  return Math.max(...cosines);
}

describe('independent directions', () => {
  const sources = Array.from({ length: M }, (_, k) => sparse(k + 1));

  it('do one sparse effect each, whatever the components mix', async () => {
    const noise = normals(key(0), M * M);
    const mixing = floatTensor(
      [M, M],
      noise.map((value, at) => (at % (M + 1) === 0 ? 1 : 0) + 0.3 * value),
    );
    const effects = mixed(sources, mixing);
    const rows = await independentDirections(effects, device, between);
    for (const source of sources) expect(agreement(rows, effects, source)).toBeGreaterThan(0.98);
    for (let k = 0; k < M; k += 1) {
      expect(Math.hypot(...rows.data.subarray(k * M, (k + 1) * M))).toBeCloseTo(1, 5);
    }
  });

  it('keep faint effects away from strong ones, which come first', async () => {
    const sizes = [3, 0.1, 2, 0.05, 4, 0.2];
    const turned = orthonormalRows(floatTensor([M, M], normals(key(0), M * M)));
    const mixing = floatTensor(
      [M, M],
      turned.data.map((value, at) => value * (sizes[Math.floor(at / M)] ?? 0)),
    );
    const effects = mixed(sources, mixing);
    const rows = await independentDirections(effects, device, between);
    const part = (from: number, to: number) => floatTensor([to - from, M], rows.data.slice(from * M, to * M));
    for (const k of [0, 2, 4]) expect(agreement(part(0, 3), effects, sources[k] ?? [])).toBeGreaterThan(0.98);
    for (const k of [1, 3, 5]) expect(agreement(part(3, 6), effects, sources[k] ?? [])).toBeGreaterThan(0.9);
  });

  it('are finite where components do nothing at all, and the same each time', async () => {
    const effects = mixed(sources, floatTensor([M, M], normals(key(0), M * M)));
    effects.data.fill(0, 3 * N);
    const rows = await independentDirections(effects, device, between);
    expect(rows.data.every(Number.isFinite)).toBe(true);
    expect(await independentDirections(effects, device, between)).toEqual(rows);
    const nothing = await independentDirections(floatTensor([M, N]), device, between);
    for (let k = 0; k < M; k += 1) expect(Math.hypot(...nothing.data.subarray(k * M, (k + 1) * M))).toBeCloseTo(1, 5);
  });
});

it('an independent rotation is one', async () => {
  const white = floatTensor([M, N], Float32Array.from(Array.from({ length: M }, (_, k) => sparse(k + 1)).flat()));
  const { data } = await independentRotation(white, device, between);
  for (let a = 0; a < M; a += 1) {
    for (let b = 0; b < M; b += 1) {
      let dot = 0;
      for (let j = 0; j < M; j += 1) dot += (data[a * M + j] ?? 0) * (data[b * M + j] ?? 0);
      expect(dot).toBeCloseTo(a === b ? 1 : 0, 5);
    }
  }
});
