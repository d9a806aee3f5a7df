import type { Value } from '../graph/graph.js';
import type { FloatTensor } from '../graph/tensor.js';
import type { Tape } from '../ops/tape.js';
import type { NoiseSchedule } from './schedule.js';

/** What decoder passes over one encoding have in common, by name. */
export type Shared = Map<string, readonly Value[]>;

/** What the encoder hands to the decoder. */
export interface Encoded {
  /** Output of the mid block, `[N,Ch,Hh,Wh]`: h-space. */
  readonly h: Value;
  /** Outer first. */
  readonly skips: readonly Value[];
  /** Time embedding, `[1 or N, D]`. */
  readonly temb: Value;
  /** What the decoder's output is multiplied by, `[1 or N, 1]`, in models that scale it by the timestep. */
  readonly outputScale?: Value;
  /** Where the decoder runs more than once. */
  readonly shared?: Shared;
}

/** What a model of latents needs beside its UNet: samples are latents, and images are decoded from them. */
export interface Latents {
  /** `[C,H,W]` of one image. */
  readonly imageShape: readonly [number, number, number];
  /** Whether reconstructor, discriminator and effects see images, or else the latents themselves. */
  readonly imagesAreSeen: boolean;
  /** Samples `[N,Cz,Hz,Wz]` → images `[N,C,H,W]`, in about [-1,1]. */
  decode(tape: Tape, samples: Value): Value;
  /** Images `[N,C,H,W]` in [-1,1] → samples. */
  encode(tape: Tape, images: Value): Value;
}

/** A pre-trained diffusion UNet that can record itself on a tape, in two halves around h. */
export interface DiffusionModel {
  /** SHA-256 (hex) of configuration and weights. */
  readonly hash: string;
  /** `[C,H,W]` of one sample. */
  readonly sampleShape: readonly [number, number, number];
  /** `[Ch,Hh,Wh]` of one sample's h. */
  readonly hShape: readonly [number, number, number];
  /** Module name of the tap. */
  readonly hTap: string;
  readonly parameterCount: number;
  /** Only of models whose samples are not images. */
  readonly latents?: Latents;
  readonly schedule: NoiseSchedule;
  /** Width of {@link Encoded.temb}. */
  readonly timeEmbeddingWidth: number;
  /** Width of {@link timestepFeatures}. */
  readonly featureCount: number;
  /** Sinusoidal features of one timestep, `[1, featureCount]`. */
  timestepFeatures(timestep: number): FloatTensor;
  /** x `[N,C,H,W]`, features `[1 or N, featureCount]`. */
  encode(tape: Tape, x: Value, features: Value): Encoded;
  /** The UNet's output `[N,C,H,W]` (of learned-variance models the first C channels). */
  decode(tape: Tape, h: Value, encoded: Encoded): Value;
}

type Shapes = Pick<DiffusionModel, 'sampleShape' | 'latents'>;

/** `[C,H,W]` of the image that a sample is, or is decoded to. */
export function imageShape({ sampleShape, latents }: Shapes): readonly [number, number, number] {
  return latents?.imageShape ?? sampleShape;
}

/** `[C,H,W]` of what reconstructor, discriminator and effects see. */
export function seenShape(model: Shapes): readonly [number, number, number] {
  return model.latents?.imagesAreSeen === false ? model.sampleShape : imageShape(model);
}
