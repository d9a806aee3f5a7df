import type { RunErrorRow } from './runs.js';

export interface ModelRow {
  readonly id: string;
  readonly name: string;
  readonly status: 'IMPORTING' | 'READY' | 'FAILED';
  readonly error: RunErrorRow | null;
  /** The folder, or `hub:id@revision`, that it was imported from. */
  readonly source: string;
  /** What is fetched before it can be loaded; null for a path. */
  readonly hub: HubRefRow | null;
  /** Where it is loaded from; null until it has been fetched. */
  readonly path: string | null;
  /** Where h shall be read, by a name of the report's taps; null: the format's own choice. */
  readonly tapChoice: string | null;
  readonly report: ModelReportRow | null;
  /** Of its stored files, the one or the folder ('') that is loaded; null where none are stored. */
  readonly entry: string | null;
  readonly hash: string | null;
  readonly resolution: number;
  readonly channels: number;
  readonly parameterCount: number;
  readonly hShape: readonly number[];
  readonly hTap: string;
  readonly trainTimesteps: number;
  readonly betaSchedule: string;
  readonly predictionType: string;
  readonly createdAt: Date;
}

/** A file that a model is loaded from; `path` within its folder, `hash` the SHA-256 (hex) of its bytes. */
export interface ModelFileRow {
  readonly path: string;
  readonly hash: string;
  readonly byteSize: number;
}

/** A repository of a model hub, at a branch, tag or commit. */
export interface HubRefRow {
  readonly hubId: string;
  readonly revision: string;
}

/** What the import doctor found, as the engine says it; what is measured after the import is added when it is known. */
export interface ModelReportRow {
  readonly format: string;
  readonly files: readonly { readonly path: string; readonly bytes: number }[];
  readonly config: readonly { readonly key: string; readonly value: string; readonly meaning: string }[];
  readonly weights: {
    readonly matched: number;
    readonly ignored: readonly string[];
    readonly parameters: number;
    readonly bytes: number;
  };
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
    readonly firstAlphaBar: number;
    readonly lastAlphaBar: number;
    readonly meaning: string;
  };
  readonly secondsPerForward: number;
  readonly warnings: readonly string[];
  readonly memory: MemoryReportRow | null;
  readonly gradients: GradientCheckRow | null;
  readonly samples: SampleCheckRow | null;
}

export interface MemoryReportRow {
  readonly editingBytes: number;
  readonly trainingBytes: number;
  readonly usableBytes: number;
  readonly advice: string | null;
}

export interface GradientCheckRow {
  readonly verdict: 'PASSED' | 'FAILED' | 'SKIPPED';
  readonly inputSize: number;
  readonly errorByX: number | null;
  readonly errorByH: number | null;
  readonly message: string;
}

export interface SampleCheckRow {
  readonly verdict: 'PASSED' | 'FAILED';
  readonly count: number;
  readonly samplingSteps: number;
  readonly min: number | null;
  readonly max: number | null;
  readonly mean: number | null;
  readonly deviation: number | null;
  readonly message: string;
}

/** Something that is done of a model after its import. */
export interface ModelStageRow {
  readonly modelId: string;
  readonly name: 'MEMORY' | 'SELF_CHECK' | 'GALLERY' | 'STATISTICS';
  readonly status: 'WAITING' | 'RUNNING' | 'DONE' | 'FAILED';
  /** In the unit of `total`. */
  readonly done: number;
  readonly total: number;
  /** For all of it; null where nothing is known. */
  readonly estimatedSeconds: number | null;
  readonly message: string | null;
}
