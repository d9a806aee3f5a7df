import type { PictureFormat } from '../picture.js';
import type { DirectionBankRef } from './directions.js';
import type { ReverseProcess } from './discovery.js';
import type { EncodedImage } from './pictures.js';

/** One direction of a bank, applied at `strength`, weighted over normalised time by `curve` (empty: 1 throughout). */
export interface Shift {
  readonly bank: DirectionBankRef;
  readonly directionIndex: number;
  readonly strength: number;
  /** t = 0 is the first (noisiest) step, 1 the last; linear between points, clamped outside. */
  readonly curve: readonly { readonly t: number; readonly weight: number }[];
}

export interface EditRequest {
  /** Of the noise to start from, and of that which steps with η > 0 add. */
  readonly seed: number;
  /** Where an uploaded image starts instead: what {@link Engine.invert} gave. */
  readonly latents?: Uint8Array | null;
  readonly shifts: readonly Shift[];
  readonly samplingSteps: number;
  readonly reverseProcess: ReverseProcess;
  readonly eta: number;
  /** Share of the steps, the last ones, that are taken with η = 1; 0 if left out. */
  readonly qualityBoost?: number;
  /** A frame every n-th step. */
  readonly previewEvery: number;
  /** Longer side of a frame in pixels; the model's resolution where null. */
  readonly previewSize: number | null;
  /** PNG if left out. */
  readonly previewFormat?: PictureFormat;
  /** Beside each frame the unedited one of the same step, and their difference. */
  readonly previewTwins?: boolean;
  /** Steps of a first, coarse pass whose every step is a frame; 0 (none) if left out. */
  readonly coarseSteps?: number;
  /** Rows of the session: the bytes of a sample may depend on it. 1 if left out; larger for what a sweep made. */
  readonly batch?: number;
}

/** One base, edited in several ways. */
export interface SweepRequest extends Omit<EditRequest, 'shifts' | 'coarseSteps'> {
  /** Rows of its session: {@link Engine.sweepBatch} of the whole sweep, also where some of it is there already. */
  readonly batch: number;
  readonly variations: readonly (readonly Shift[])[];
}

export interface EditFrame {
  readonly type: 'frame';
  /** Whether it is of the coarse pass. */
  readonly coarse: boolean;
  readonly stepIndex: number;
  readonly timestep: number;
  /** Of the pass. */
  readonly samplingSteps: number;
  readonly image: EncodedImage;
  /** The unedited sample at this step, and image − original around middle grey, halved; null unless asked for. */
  readonly original: EncodedImage | null;
  readonly difference: EncodedImage | null;
}

export interface EditResult {
  readonly type: 'result';
  readonly result: EncodedImage;
  readonly original: EncodedImage;
}

export type EditEvent = EditFrame | EditResult;

/** An event of one of a sweep's variations. */
export type SweepEvent = EditEvent & { readonly variation: number };

export interface Inversion {
  /** safetensors of `x` `[1,C,H,W]`. */
  readonly latents: Uint8Array;
  /** Of the image that sampling from the latents gives, against the fitted one: dB, on 256 levels. */
  readonly psnr: number;
}

export interface MergeRequest {
  readonly parts: readonly {
    readonly bank: DirectionBankRef;
    readonly directionIndex: number;
    readonly weight: number;
  }[];
  /** Directions whose change of images is taken out of the sum. */
  readonly removed: readonly { readonly bank: DirectionBankRef; readonly directionIndex: number }[];
  readonly reverseProcess: ReverseProcess;
  /** T_ref of the merged direction. */
  readonly samplingSteps: number;
}

export interface MergedDirection {
  /** A bank of one PER_TIMESTEP direction, with the statistics of the first part. */
  readonly parameters: Uint8Array;
  /** RMS change of the image (in [-1,1]) per unit strength. */
  readonly effectSize: number;
  /** |cosine| of the change of images along the sum and along each removed direction, 0…1, on samples not fitted to. */
  readonly leakage: readonly { readonly before: number; readonly after: number }[];
}
