/**
 * A counter-based generator: a number depends on its key and position alone, so a step computed again draws the same
 * noise, and a resumed run needs no generator state. Philox4x32-10 (Salmon et al., SC 2011, table 2).
 */
export interface RandomKey {
  readonly seed: number;
  /** What the numbers are for: one of {@link STREAMS}. */
  readonly stream: number;
  readonly sample: number;
  readonly step: number;
}

/** Streams that must not share numbers. */
export const STREAMS = {
  sampleNoise: 1,
  stepNoise: 2,
  statistics: 3,
  parameters: 4,
  training: 5,
  replay: 6,
  scoring: 7,
  fidelity: 8,
  scenes: 20,
  pretraining: 21,
  evaluation: 22,
} as const;

type Block = [number, number, number, number];

const MULTIPLIER_0 = 0xd2511f53 | 0;
const MULTIPLIER_1 = 0xcd9e8d57 | 0;
const WEYL_0 = 0x9e3779b9 | 0;
const WEYL_1 = 0xbb67ae85 | 0;

/**
 * High 32 bits of the product of two unsigned 32-bit integers. Here and below words are signed, which V8 keeps in registers where
 * unsigned ones are objects: 9 MiB for the noise of a training step.
 */
function multiplyHigh(a: number, b: number): number {
  const a0 = a & 0xffff;
  const a1 = a >>> 16;
  const b0 = b & 0xffff;
  const b1 = b >>> 16;
  const middle = (Math.imul(a1, b0) + (Math.imul(a0, b0) >>> 16)) | 0;
  const other = (Math.imul(a0, b1) + (middle & 0xffff)) | 0;
  return (Math.imul(a1, b1) + (middle >>> 16) + (other >>> 16)) | 0;
}

/** Puts the four 32-bit words of a counter and a key into `out` from `at` on. */
function writeBlock(out: Uint32Array, at: number, counter: Block, key: [number, number]): void {
  let [c0, c1, c2, c3] = [counter[0] | 0, counter[1] | 0, counter[2] | 0, counter[3] | 0];
  let [k0, k1] = [key[0] | 0, key[1] | 0];
  for (let round = 0; round < 10; round += 1) {
    const h0 = multiplyHigh(MULTIPLIER_0, c0);
    const h1 = multiplyHigh(MULTIPLIER_1, c2);
    const l0 = Math.imul(MULTIPLIER_0, c0);
    c0 = h1 ^ c1 ^ k0;
    c1 = Math.imul(MULTIPLIER_1, c2);
    c2 = h0 ^ c3 ^ k1;
    c3 = l0;
    k0 = (k0 + WEYL_0) | 0;
    k1 = (k1 + WEYL_1) | 0;
  }
  out[at] = c0;
  out[at + 1] = c1;
  out[at + 2] = c2;
  out[at + 3] = c3;
}

/** Four 32-bit words for one counter and key. */
export function philox(counter: Block, key: [number, number]): Block {
  const out = new Uint32Array(4);
  writeBlock(out, 0, counter, key);
  return Array.from(out) as Block;
}

/** `count` 32-bit words of a key, in order. */
function words({ seed, stream, sample, step }: RandomKey, count: number): Uint32Array {
  const out = new Uint32Array(Math.ceil(count / 4) * 4);
  const counter: Block = [0, sample >>> 0, step >>> 0, 0];
  const key: [number, number] = [seed >>> 0, stream >>> 0];
  for (let block = 0; block * 4 < count; block += 1) {
    counter[0] = block;
    writeBlock(out, block * 4, counter, key);
  }
  return out;
}

/** `count` numbers uniform in [0, 1), of 32 bits each. */
export function uniforms(key: RandomKey, count: number): Float64Array {
  const source = words(key, count);
  return Float64Array.from({ length: count }, (_, at) => (source[at] ?? 0) / 2 ** 32);
}

/** `count` standard normal numbers (Box–Muller, computed in float64). */
export function normals(key: RandomKey, count: number): Float32Array {
  const out = new Float32Array(count);
  const source = words(key, count + (count % 2));
  for (let at = 0; at < count; at += 2) {
    const radius = Math.sqrt(-2 * Math.log(((source[at] ?? 0) + 1) / 2 ** 32));
    const angle = (2 * Math.PI * (source[at + 1] ?? 0)) / 2 ** 32;
    out[at] = radius * Math.cos(angle);
    if (at + 1 < count) out[at + 1] = radius * Math.sin(angle);
  }
  return out;
}
