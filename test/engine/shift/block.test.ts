import { describe, expect, it } from 'vitest';
import { type FloatTensor, floatTensor, sizeOf } from '../../../src/engine/graph/tensor.js';
import { type ShiftConfig, shiftControl } from '../../../src/engine/shift/control.js';
import type { HStatistics } from '../../../src/engine/shift/statistics.js';
import {
  dot,
  evaluate,
  generator,
  gradientErrors,
  norm,
  type Recorded,
  randomTensor,
  relativeError,
  TOLERANCE,
} from '../../helpers/numeric.js';

const [N, K, CHANNELS, SIDE, EMBEDDING] = [3, 4, 12, 3, 10] as const;
const [HIDDEN, GROUPS, PIXELS] = [CHANNELS, 4, SIDE * SIDE];
const config: ShiftConfig = {
  kind: 'BLOCK',
  directions: K,
  fullSpatial: false,
  orthonormal: false,
  seed: 4,
  timeEmbeddingWidth: EMBEDDING,
};
const statistics: HStatistics = {
  independent: null,
  modelHash: '',
  timesteps: [900, 100],
  hShape: [CHANNELS, SIDE, SIDE],
  components: floatTensor([2, 0, CHANNELS * PIXELS]),
  rho: floatTensor([2], Float32Array.of(3, 1)),
};
const control = shiftControl(config, statistics);
const RHO = 2;
const record: Recorded = (tape, [phi, strengths, rho, h, temb]) =>
  control.record(tape, phi!, strengths!, rho!, { h: h!, temb: temb! });

/** φ, strengths, ρ(500), h, time embedding. */
function feeds(seed: number, phi = control.initial()): FloatTensor[] {
  const random = generator(seed);
  return [
    phi,
    randomTensor([N, K], random, -3, 3),
    control.operand(500),
    randomTensor([N, CHANNELS, SIDE, SIDE], random, -4, 4),
    randomTensor([1, EMBEDDING], random, -2, 2),
  ];
}

/** B_k of one sample by the method's formula, a loop a layer, in float64. */
function network(phi: Float32Array, k: number, h: Float32Array, temb: Float32Array): Float64Array {
  let at = 0;
  const take = (length: number) => {
    at += length;
    return phi.subarray(at - length, at);
  };
  const silu = (value: number) => value / (1 + Math.exp(-value));
  const [first, time, bias] = [take(HIDDEN * CHANNELS), take(HIDDEN * EMBEDDING), take(HIDDEN)];
  const [scale, shift, heads] = [take(HIDDEN), take(HIDDEN), take(K * CHANNELS * (HIDDEN + 1))];
  const hidden = Array.from({ length: HIDDEN }, (_, o) =>
    Array.from({ length: PIXELS }, (__, p) => {
      let sum = bias[o]!;
      for (let i = 0; i < EMBEDDING; i += 1) sum += time[o * EMBEDDING + i]! * silu(temb[i]!);
      for (let c = 0; c < CHANNELS; c += 1) sum += first[o * CHANNELS + c]! * (h[c * PIXELS + p]! / RHO);
      return sum;
    }),
  );
  const width = HIDDEN / GROUPS;
  const active = hidden.map((row, o) => {
    const group = hidden.slice(Math.floor(o / width) * width, (Math.floor(o / width) + 1) * width).flat();
    const mean = group.reduce((sum, value) => sum + value, 0) / group.length;
    const variance = group.reduce((sum, value) => sum + (value - mean) ** 2, 0) / group.length;
    return row.map((value) => silu(((value - mean) / Math.sqrt(variance + 1e-5)) * scale[o]! + shift[o]!));
  });
  const out = Float64Array.from({ length: CHANNELS * PIXELS }, (_, index) => {
    const [c, p] = [Math.floor(index / PIXELS), index % PIXELS];
    const row = (k * CHANNELS + c) * (HIDDEN + 1);
    return active.reduce((sum, values, o) => sum + heads[row + o]! * values[p]!, heads[row + HIDDEN]!);
  });
  const rms = Math.sqrt(out.reduce((sum, value) => sum + value * value, 0) / out.length);
  return out.map((value) => value / rms);
}

/** d_k of every sample by itself, as rows `[N·K]`. */
async function directions(of: FloatTensor[]): Promise<FloatTensor[][]> {
  const width = CHANNELS * PIXELS;
  const [phi, , rho, h, temb] = of;
  const rows: FloatTensor[][] = [];
  for (let k = 0; k < K; k += 1) {
    const only = floatTensor([N, K]);
    for (let n = 0; n < N; n += 1) only.data[n * K + k] = 1;
    const { data } = await evaluate(record, [phi!, only, rho!, h!, temb!]);
    rows.push(Array.from({ length: N }, (_, n) => floatTensor([width], data.slice(n * width, (n + 1) * width))));
  }
  return rows;
}

describe('the block of a direction', () => {
  it('is the network of the method, layer by layer, its directions weighted and summed', async () => {
    const phi = randomTensor(control.initial().shape, generator(2), -0.7, 0.7);
    const [, strengths, , h, temb] = feeds(3);
    const width = CHANNELS * PIXELS;
    const expected = floatTensor([N, CHANNELS, SIDE, SIDE]);
    for (let n = 0; n < N; n += 1) {
      for (let k = 0; k < K; k += 1) {
        const made = network(phi.data, k, h!.data.subarray(n * width, (n + 1) * width), temb!.data);
        made.forEach((value, i) => {
          expected.data[n * width + i]! += strengths!.data[n * K + k]! * RHO * value;
        });
      }
    }
    expect(relativeError(await evaluate(record, feeds(3, phi)), expected)).toBeLessThan(1e-5);
  });

  it('has the derivatives of finite differences in its parameters, strengths, h and the time embedding', async () => {
    const phi = randomTensor(control.initial().shape, generator(6), -0.7, 0.7);
    const errors = await gradientErrors(record, feeds(7, phi), 11);
    expect(Math.max(...errors)).toBeLessThan(TOLERANCE.finiteDifference);
  });

  it('moves every sample by ρ(t) a unit of strength, whatever its parameters and h', async () => {
    for (const phi of [control.initial(), randomTensor(control.initial().shape, generator(8), -5, 5)]) {
      for (const rows of await directions(feeds(9, phi)))
        for (const row of rows) expect(norm(row) / Math.sqrt(sizeOf(row.shape))).toBeCloseTo(RHO, 4);
    }
  });

  it('of strength 0 is no shift at all', async () => {
    const [phi, , rho, h, temb] = feeds(1);
    const { data } = await evaluate(record, [phi!, floatTensor([N, K]), rho!, h!, temb!]);
    expect(data.every((value) => value === 0)).toBe(true);
  });

  it('starts differently for each direction and seed, the same for the same seed, and depends on h', async () => {
    const rows = await directions(feeds(5));
    const cosine = (a: FloatTensor, b: FloatTensor) => dot(a, b) / (norm(a) * norm(b));
    for (let a = 0; a < K; a += 1)
      for (let b = 0; b < a; b += 1) expect(Math.abs(cosine(rows[a]![0]!, rows[b]![0]!))).toBeLessThan(0.7);
    expect(cosine(rows[0]![0]!, rows[0]![1]!)).toBeLessThan(0.99);
    expect(shiftControl(config, statistics).initial()).toEqual(control.initial());
    expect(
      relativeError(shiftControl({ ...config, seed: 5 }, statistics).initial(), control.initial()),
    ).toBeGreaterThan(0.1);
  });

  it('is not changed by what brings its parameters back to their length', async () => {
    const phi = randomTensor(control.initial().shape, generator(12), -3, 3);
    const back = control.retract(phi);
    expect(relativeError(await evaluate(record, feeds(2, back)), await evaluate(record, feeds(2, phi)))).toBeLessThan(
      1e-5,
    );
    expect(relativeError(control.retract(back), back)).toBeLessThan(TOLERANCE.exact);
  });
});
