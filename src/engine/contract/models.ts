import type { EncodedImage } from './pictures.js';

/** What an import understood of a model. `hash` is the SHA-256 (hex) of its configuration and weights. */
export interface ModelDescription {
  readonly hash: string;
  readonly resolution: number;
  readonly channels: number;
  readonly parameterCount: number;
  /** `[Ch, Hh, Wh]`, the shape of one sample's h. */
  readonly hShape: readonly number[];
  /** Module name of the tap, `mid_block` for diffusers models. */
  readonly hTap: string;
  readonly trainTimesteps: number;
  readonly betaSchedule: string;
  readonly predictionType: string;
  readonly report: ImportReport;
}

/** What an import understood of a model's files, for the user; MiB and such are for whoever shows it. */
export interface ImportReport {
  /** As docs/models.md names it. */
  readonly format: string;
  readonly files: readonly { readonly path: string; readonly bytes: number }[];
  readonly config: readonly { readonly key: string; readonly value: string; readonly meaning: string }[];
  readonly weights: {
    readonly matched: number;
    readonly ignored: readonly string[];
    readonly parameters: number;
    /** As float32. */
    readonly bytes: number;
  };
  /** Places where h can be read; one is chosen. */
  readonly taps: readonly {
    readonly name: string;
    readonly shape: readonly number[];
    readonly chosen: boolean;
    readonly why: string;
  }[];
  readonly schedule: {
    readonly trainTimesteps: number;
    readonly betaSchedule: string;
    readonly predictionType: string;
    readonly timestepSpacing: string;
    /** ᾱ of the first and the last training timestep. */
    readonly firstAlphaBar: number;
    readonly lastAlphaBar: number;
    readonly meaning: string;
  };
  /** Of one sample through the UNet, on the device in use. */
  readonly secondsPerForward: number;
  readonly warnings: readonly string[];
}

/** Memory that work with a model takes on the CPU, foretold from the shapes of its graphs. */
export interface MemoryReport {
  /** One edit. */
  readonly editingBytes: number;
  /** A discovery at the defaults. */
  readonly trainingBytes: number;
  /** What could be had when this was looked at. */
  readonly usableBytes: number;
  /** What to change for a discovery to fit; null where it fits. */
  readonly advice: string | null;
}

/** Whether the engine's gradients of this model are those of its output: by finite differences. */
export interface GradientCheck {
  readonly verdict: 'PASSED' | 'FAILED' | 'SKIPPED';
  /** Pixels on a side of the input that it was done with. */
  readonly inputSize: number;
  /** Relative disagreement along a random change of x, and of h. */
  readonly errorByX: number | null;
  readonly errorByH: number | null;
  readonly message: string;
}

/** Whether unedited samples look like images: pixels are meant to lie in −1…1. */
export interface SampleCheck {
  readonly verdict: 'PASSED' | 'FAILED';
  readonly count: number;
  readonly samplingSteps: number;
  /** Null where values are not finite. */
  readonly min: number | null;
  readonly max: number | null;
  readonly mean: number | null;
  readonly deviation: number | null;
  readonly message: string;
}

/** How a model is found again after its import. */
export interface ModelRef {
  readonly path: string;
  /** As the import gave it: a model that has changed since is refused. */
  readonly hash: string;
  /** Where h is read; the format's own choice if null. */
  readonly hTap?: string | null;
}

export interface ImportStage {
  readonly stage: string;
  readonly done: number;
  readonly total: number;
}

export type GalleryEvent =
  /** `position` is that of its seed. */
  | { readonly type: 'image'; readonly position: number; readonly image: EncodedImage }
  | { readonly type: 'check'; readonly check: SampleCheck };
