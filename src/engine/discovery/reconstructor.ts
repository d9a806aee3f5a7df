import { groupNorm, linear } from '../diffusion/layers.js';
import type { Value } from '../graph/graph.js';
import { quadrants, stageWidths, trunkSpecs } from '../learning/convnet.js';
import type { ParameterSpecs } from '../learning/parameters.js';
import type { Tape } from '../ops/tape.js';

const GROUPS = 8;

/** Parameters of R for images `[C,S,S]` and K directions. */
export function reconstructorSpecs(channels: number, resolution: number, directions: number): ParameterSpecs {
  const widths = stageWidths(resolution);
  const features = (widths.at(-1) ?? 0) * 4;
  const head = (outputs: number): ParameterSpecs[string] => ({
    shape: [outputs, features],
    start: { kind: 'uniform', fanIn: features },
  });
  const bias = (outputs: number): ParameterSpecs[string] => ({
    shape: [outputs],
    start: { kind: 'uniform', fanIn: features },
  });
  return {
    ...trunkSpecs('r', 2 * channels, widths, true),
    'r.kind.weight': head(directions),
    'r.kind.bias': bias(directions),
    'r.strength.weight': head(1),
    'r.strength.bias': bias(1),
  };
}

/**
 * R(x, x′) → logits `[N,K]` over the direction and strength estimate `[N]`. Sees the image and the difference, as channels.
 */
export function recordReconstructor(
  tape: Tape,
  parameters: Readonly<Record<string, Value>>,
  x: Value,
  shifted: Value,
): { logits: Value; strength: Value } {
  const get = (name: string) => parameters[`r.${name}`] as Value;
  let y = tape.concat([x, tape.sub(shifted, x)], 1);
  for (let stage = 0; `r.${stage}.weight` in parameters; stage += 1) {
    y = tape.conv(y, get(`${stage}.weight`), get(`${stage}.bias`), { strides: [2, 2], pads: [1, 1, 1, 1] });
    y = tape.silu(groupNorm(tape, y, GROUPS, 1e-5, { weight: get(`${stage}.scale`), bias: get(`${stage}.shift`) }));
  }
  const features = quadrants(tape, y);
  const head = (name: string) => linear(tape, features, { weight: get(`${name}.weight`), bias: get(`${name}.bias`) });
  return { logits: head('kind'), strength: tape.reshape(head('strength'), [x.shape[0] ?? 1]) };
}
