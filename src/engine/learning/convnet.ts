import type { Value } from '../graph/graph.js';
import { floatTensor } from '../graph/tensor.js';
import type { Tape } from '../ops/tape.js';
import type { ParameterSpecs } from './parameters.js';

/** Widths of the stages; each halves the image until 4×4 is left. 32 px: three stages, the size of LeNet; 256 px: six. */
export function stageWidths(resolution: number): readonly number[] {
  const stages = Math.max(1, Math.round(Math.log2(resolution / 4)));
  return Array.from({ length: stages }, (_, stage) => Math.min(48 * 2 ** stage, 384));
}

/** Parameters of the trunk: 4×4 convolutions of stride 2, with GroupNorm where `normalised`. */
export function trunkSpecs(
  prefix: string,
  inChannels: number,
  widths: readonly number[],
  normalised: boolean,
): ParameterSpecs {
  const specs: Record<string, ParameterSpecs[string]> = {};
  widths.forEach((width, stage) => {
    const fanIn = (widths[stage - 1] ?? inChannels) * 16;
    specs[`${prefix}.${stage}.weight`] = { shape: [width, fanIn / 16, 4, 4], start: { kind: 'uniform', fanIn } };
    specs[`${prefix}.${stage}.bias`] = { shape: [width], start: { kind: 'uniform', fanIn } };
    if (!normalised) return;
    specs[`${prefix}.${stage}.scale`] = { shape: [width], start: { kind: 'constant', value: 1 } };
    specs[`${prefix}.${stage}.shift`] = { shape: [width], start: { kind: 'constant', value: 0 } };
  });
  return specs;
}

/**
 * Features `[N, 4·width]`: the last stage averaged over quadrants, which share the middle of an odd extent. As one product with a
 * constant matrix: the gradient of a mean over a part of the axes spreads a value at a time, 0.5 ms for 16 rows of R at 32×32 where
 * the product takes 0.03.
 */
export function quadrants(tape: Tape, x: Value): Value {
  const [n, c, h, w] = x.shape as [number, number, number, number];
  const means = tape.constant(floatTensor([h * w, 4], quadrantMeans(h, w)), 'quadrants');
  return tape.reshape(tape.matmul(tape.reshape(x, [n * c, h * w]), means), [n, c * 4]);
}

/** `[h·w, 4]`: what each pixel has in the mean of each quadrant. */
function quadrantMeans(h: number, w: number): Float32Array {
  const means = new Float32Array(h * w * 4);
  const isIn = (half: number, at: number, extent: number) =>
    half === 0 ? at < Math.ceil(extent / 2) : at >= Math.floor(extent / 2);
  const share = 1 / (Math.ceil(h / 2) * Math.ceil(w / 2));
  for (let at = 0; at < means.length; at += 1) {
    const [pixel, quadrant] = [Math.floor(at / 4), at % 4];
    const [row, column] = [Math.floor(pixel / w), pixel % w];
    if (isIn(Math.floor(quadrant / 2), row, h) && isIn(quadrant % 2, column, w)) means[at] = share;
  }
  return means;
}
