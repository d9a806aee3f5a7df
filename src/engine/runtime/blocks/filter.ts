import { floatTensor, lazyTensor, type Tensor } from '../../graph/tensor.js';

/** The least multiple of `block` that `channels` fit into. */
export function filled(channels: number, block: number): number {
  return Math.ceil(channels / block) * block;
}

/**
 * A filter `[O,C,kh,kw]` in the order `[O/block, C/block, kh, kw, block of C, block of O]` that convolutions on blocks read, outputs
 * filled up with zeros; `[O/block, C, kh, kw, block of O]` where there are fewer input channels than a block has.
 */
export function blockedFilter(filter: Tensor, block: number): Tensor {
  const [o, c, kh, kw] = filter.shape as [number, number, number, number];
  const compute = () => reordered(filter.data as Float32Array, [o, c, kh * kw], block);
  return lazyTensor([filled(o, block), c, kh, kw], compute);
}

/** The same row of taps for each of `channels`, as convolutions of single channels read it. */
export function singleFilter(taps: readonly number[], channels: number, block: number): Tensor {
  const data = Float32Array.from(
    { length: channels * taps.length },
    (_, at) => taps[Math.floor(at / block) % taps.length] ?? 0,
  );
  return floatTensor([channels, 1, taps.length, 1], data);
}

function reordered(from: Float32Array, [o, c, taps]: [number, number, number], block: number): Float32Array {
  const inner = c < block ? 1 : block;
  const out = new Float32Array(filled(o, block) * c * taps);
  let to = 0;
  for (let outputs = 0; outputs < o; outputs += block)
    for (let inputs = 0; inputs < c; inputs += inner)
      for (let tap = 0; tap < taps; tap += 1)
        for (let input = inputs; input < inputs + inner; input += 1)
          for (let output = outputs; output < outputs + block; output += 1, to += 1)
            out[to] = output < o ? (from[(output * c + input) * taps + tap] as number) : 0;
  return out;
}

/** A bias `[O]`, filled up with zeros. */
export function filledBias({ shape, data }: Tensor, block: number): Tensor {
  const bias = floatTensor([filled(shape[0] ?? 0, block)]);
  bias.data.set(data as Float32Array);
  return bias;
}
