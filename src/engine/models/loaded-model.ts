import type { DiffusionModel } from '../diffusion/model.js';

/** One entry of a model's configuration, as it was understood. */
export interface ConfigFinding {
  readonly key: string;
  readonly value: string;
  readonly meaning: string;
}

/** A place where h could be read; exactly one of them is. */
export interface TapFinding {
  readonly name: string;
  /** `[Ch,Hh,Wh]`. */
  readonly shape: readonly number[];
  readonly chosen: boolean;
  readonly why: string;
}

/** What an importer understood of a model's files; the import doctor reports it. */
export interface ModelOrigin {
  /** As docs/models.md names it: `diffusers`, `onnx`, … */
  readonly format: string;
  readonly files: readonly { readonly path: string; readonly bytes: number }[];
  readonly config: readonly ConfigFinding[];
  readonly weights: { readonly matched: number; readonly ignored: readonly string[] };
  readonly taps: readonly TapFinding[];
  /** Whole sentences, for the user. */
  readonly warnings: readonly string[];
}

/** A model and where it came from. */
export interface LoadedModel extends DiffusionModel {
  readonly origin: ModelOrigin;
}
