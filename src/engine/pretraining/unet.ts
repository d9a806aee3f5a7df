import { timestepFeatures } from '../diffusion/features.js';
import { type NoiseSchedule, noiseSchedule } from '../diffusion/schedule.js';
import type { Value } from '../graph/graph.js';
import { type FloatTensor, floatTensor, sizeOf } from '../graph/tensor.js';
import type { ParameterSpec, ParameterSpecs } from '../learning/parameters.js';
import { parseScheduleConfig, parseUNetConfig, type UNetConfig } from '../models/diffusers-config.js';
import { ATTENTION_NAMES, UNetRecorder } from '../models/diffusers-unet.js';
import { unetLayout } from '../models/unet-layout.js';
import { unetWeightShapes } from '../models/unet-weights.js';
import type { Tape } from '../ops/tape.js';

/** A UNet whose weights are inputs of the tape. */
export interface TrainableUNet {
  readonly specs: ParameterSpecs;
  readonly schedule: NoiseSchedule;
  /** `[C,H,W]` of one sample. */
  readonly sampleShape: readonly [number, number, number];
  readonly featureCount: number;
  /** One row of sinusoidal features a timestep, `[N, featureCount]`. */
  features(timesteps: readonly number[]): FloatTensor;
  /** x `[N,C,H,W]`, features `[N, featureCount]` → the model's output `[N,C,H,W]`. */
  record(tape: Tape, weights: Readonly<Record<string, Value>>, x: Value, features: Value): Value;
}

/** The UNet of diffusers' `config.json` and `scheduler_config.json`. Throws MODEL_INVALID for what is not built. */
export function trainableUNet(configText: string, scheduleText: string): TrainableUNet {
  const config = parseUNetConfig('config.json', configText);
  const layout = unetLayout(config);
  const featureCount = config.blockOutChannels[0] ?? 0;
  return {
    specs: weightSpecs(unetWeightShapes(config, layout, ATTENTION_NAMES)),
    schedule: noiseSchedule(parseScheduleConfig('scheduler_config.json', scheduleText)),
    sampleShape: [config.inChannels, ...config.sampleSize],
    featureCount,
    features: (timesteps) => featureRows(timesteps, featureCount, config),
    record: (tape, weights, x, features) => {
      const recorder = new UNetRecorder(tape, config, layout, ATTENTION_NAMES, (name) => weights[name] as Value);
      const encoded = recorder.encode(x, features);
      return recorder.decode(encoded.h, encoded);
    },
  };
}

/** PyTorch's defaults: U(±1/√fanIn) for weights and biases of convolutions and linear layers, 1 and 0 for normalisations. */
function weightSpecs(shapes: ReadonlyMap<string, readonly number[]>): ParameterSpecs {
  const start = (name: string): ParameterSpec['start'] => {
    const weight = shapes.get(name.replace(/\.bias$/, '.weight')) ?? [];
    if (weight.length > 1) return { kind: 'uniform', fanIn: sizeOf(weight.slice(1)) };
    return { kind: 'constant', value: name.endsWith('.bias') ? 0 : 1 };
  };
  return Object.fromEntries([...shapes].map(([name, shape]) => [name, { shape, start: start(name) }]));
}

function featureRows(timesteps: readonly number[], count: number, config: UNetConfig): FloatTensor {
  const rows = floatTensor([timesteps.length, count]);
  timesteps.forEach((timestep, row) => {
    rows.data.set(timestepFeatures(timestep, count, config.flipSinToCos, config.freqShift).data, row * count);
  });
  return rows;
}
