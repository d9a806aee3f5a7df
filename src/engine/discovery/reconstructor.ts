import { groupNorm, linear } from '../diffusion/layers.js';
import type { Value } from '../graph/graph.js';
import { quadrants, stageWidths, trunkSpecs } from '../learning/convnet.js';
import type { ParameterSpecs } from '../learning/parameters.js';
import type { Tape } from '../ops/tape.js';

const GROUPS = 8;
/** Added to the change's root mean square: changes far below a grey level (2/255) stay what they are, nothing. */
const LEAST_CHANGE = 1e-3;
/** Brings the root mean square of a visible change near 1. */
const CHANGE_SCALE = 8;

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
    'r.strength.weight': { ...head(1), shape: [1, 2 * features] },
    'r.strength.bias': bias(1),
  };
}

/**
 * R(x, x′) → logits `[N,K]` over the direction and strength estimate `[N]`. Sees the image and the difference as channels; the
 * difference with its size taken out, so that a faint change says as clearly as a strong one which direction it was. The
 * size goes to the strength alone, as a factor of the features.
 */
export function recordReconstructor(
  tape: Tape,
  parameters: Readonly<Record<string, Value>>,
  x: Value,
  shifted: Value,
): { logits: Value; strength: Value } {
  const get = (name: string) => parameters[`r.${name}`] as Value;
  const n = x.shape[0] ?? 1;
  const change = tape.sub(shifted, x);
  const size = changeSize(tape, change);
  let y = tape.concat([x, tape.div(change, size)], 1);
  for (let stage = 0; `r.${stage}.weight` in parameters; stage += 1) {
    y = tape.conv(y, get(`${stage}.weight`), get(`${stage}.bias`), { strides: [2, 2], pads: [1, 1, 1, 1] });
    y = tape.silu(groupNorm(tape, y, GROUPS, 1e-5, { weight: get(`${stage}.scale`), bias: get(`${stage}.shift`) }));
  }
  const features = quadrants(tape, y);
  const head = (name: string, input: Value) =>
    linear(tape, input, { weight: get(`${name}.weight`), bias: get(`${name}.bias`) });
  const scaled = tape.mul(features, tape.mul(tape.reshape(size, [n, 1]), tape.scalar(CHANGE_SCALE)));
  return {
    logits: head('kind', features),
    strength: tape.reshape(head('strength', tape.concat([features, scaled], 1)), [n]),
  };
}

/** √(mean change² + 1e-6) of each sample, `[N,1,1,1]`. */
function changeSize(tape: Tape, change: Value): Value {
  const square = tape.reduceMean(tape.mul(change, change), [1, 2, 3]);
  return tape.sqrt(tape.add(square, tape.scalar(LEAST_CHANGE ** 2)));
}
