import type { Value } from '../graph/graph.js';
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

/** Features `[N, 4·width]`: the last stage averaged over quadrants, which share the middle of an odd extent. */
export function quadrants(tape: Tape, x: Value): Value {
  const [n, c, h, w] = x.shape as [number, number, number, number];
  if (h % 2 === 1 || w % 2 === 1) return overlappingQuadrants(tape, x);
  const cells = tape.reshape(x, [n, c, 2, h / 2, 2, w / 2]);
  return tape.reshape(tape.reduceMean(cells, [3, 5], false), [n, c * 4]);
}

function overlappingQuadrants(tape: Tape, x: Value): Value {
  const [n, c, h, w] = x.shape as [number, number, number, number];
  const halves = (extent: number): [number, number][] => [
    [0, Math.ceil(extent / 2)],
    [Math.floor(extent / 2), extent],
  ];
  const means = halves(h).flatMap(([top, bottom]) =>
    halves(w).map(([left, right]) =>
      tape.reshape(tape.reduceMean(tape.slice(x, [top, left], [bottom, right], [2, 3]), [2, 3], false), [n, c, 1]),
    ),
  );
  return tape.reshape(tape.concat(means, 2), [n, c * 4]);
}
