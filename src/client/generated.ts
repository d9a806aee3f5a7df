// Generated from the schema and the .graphql files by `npm run schema`; do not edit.
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { TypedDocument } from './typed-document.js';
/** An edit to make. */
export type ApplyEditInput = {
  /** Steps of a first, coarse pass whose every step is a frame, 0 (none) to 50 and at most `samplingSteps`. The result is the same. */
  readonly coarseSteps?: number | null | undefined;
  /** Noise added per step, 0 (deterministic DDIM) to 1 (DDPM). */
  readonly eta?: number | null | undefined;
  /** How the image becomes as large as the model's. */
  readonly fit?: ImageFit | null | undefined;
  /** 1 to 200 characters. Used again with the same input it returns the same run; with another it is a CONFLICT. */
  readonly idempotencyKey?: string | null | undefined;
  /** The image to edit, uploaded to /images or made here. It is inverted first, once for each model, number of steps and fit. */
  readonly imageId?: string | null | undefined;
  /** The model; it must be READY. */
  readonly modelId: string;
  /** A frame every n-th step, at least 1. */
  readonly previewEvery?: number | null | undefined;
  /** File format of the frames. Results are PNGs. */
  readonly previewFormat?: ImageFormat | null | undefined;
  /** Pixels on the longer side of a frame, 8 to 2048; the model's resolution if left out. */
  readonly previewSize?: number | null | undefined;
  /** Whether frames have the unedited image of the same step and the difference too. */
  readonly previewTwins?: boolean | null | undefined;
  /** Share of the steps, the last ones, that are taken with eta 1: 0 to 1. It may clean up strong edits. */
  readonly qualityBoost?: number | null | undefined;
  /** The edit that this one supersedes: it is cancelled if it is not final. Of a sweep all edits that are not. */
  readonly replaces?: string | null | undefined;
  /** Where the shifts act. If left out, the directions' own; SYMMETRIC if they differ or there is none. */
  readonly reverseProcess?: ReverseProcess | null | undefined;
  /** DDIM steps, 1 to 1000 and at most the model's `trainTimesteps`. */
  readonly samplingSteps?: number | null | undefined;
  /** Seed of the noise to start from, 0 to 2147483647. Exactly one of seed and imageId. */
  readonly seed?: number | null | undefined;
  /** At most 32; [] samples, unedited. */
  readonly shifts: ReadonlyArray<ShiftInput>;
};

/** A point of the curve that weights a shift over the sampling steps. */
export type CurvePointInput = {
  /** 0 is the first (noisiest) step, 1 the last; ascending from point to point. */
  readonly t: number;
  /** Multiplies the strength there, -100 to 100. */
  readonly weight: number;
};

/** Narrows a list of directions; the conditions given must all hold. */
export type DirectionFilter = {
  /** Is dead, or is not. */
  readonly dead?: boolean | null | undefined;
  /** Found by this discovery. */
  readonly discoveryId?: string | null | undefined;
  /** Is a favourite, or is not. */
  readonly favourite?: boolean | null | undefined;
  /** Is hidden, or is not. */
  readonly hidden?: boolean | null | undefined;
  /** Its score is at least this, 0 to 1. Leaves out those not measured. */
  readonly minScore?: number | null | undefined;
  /** Comes from there. */
  readonly origin?: DirectionOrigin | null | undefined;
  /** Has this tag. */
  readonly tag?: string | null | undefined;
};

/** Order of directions: SCORE and EFFECT_SIZE from the highest, those not measured yet last; INDEX and NAME ascending. */
export type DirectionOrder =
  | 'EFFECT_SIZE'
  | 'INDEX'
  | 'NAME'
  | 'SCORE';

/** Where a direction comes from: a discovery by that method, an imported file, or a sum of others. */
export type DirectionOrigin =
  | 'IMPORTED'
  | 'JACOBIAN'
  | 'LEARNED'
  | 'MERGED'
  | 'PCA'
  | 'RANDOM';

/** How directions are found. */
export type DiscoveryMethod =
  /** Right singular vectors of the derivative of the predicted noise with respect to h. */
  | 'JACOBIAN'
  /** Trained so that a reconstructor can tell them apart in the images that they change. */
  | 'LEARNED'
  /** Principal components of h. */
  | 'PCA'
  /** Random vectors, as a baseline. */
  | 'RANDOM';

/** How previews and frames reach a slow client. */
export type FrameDelivery =
  /** Every event, at the pace of the client. */
  | 'ALL'
  /** A preview or frame is skipped when a newer one is waiting; nothing else ever is. */
  | 'LATEST';

/** How an image of another shape becomes that of the model. */
export type ImageFit =
  /** Its middle, as large as fits. */
  | 'CROP'
  /** All of it, its edges drawn out. */
  | 'PAD'
  /** All of it, squeezed. */
  | 'STRETCH';

/** File formats of frames. */
export type ImageFormat =
  | 'JPEG'
  /** Lossless. */
  | 'PNG'
  | 'WEBP';

/** A direction file, and the model that it is for. Exactly one of url and path. */
export type ImportDirectionsInput = {
  /** The model that they were found in, READY. */
  readonly modelId: string;
  /** A file on the server's own disk. */
  readonly path?: string | null | undefined;
  /** A file on this server: what `exportDirections` or `POST /directions` (raw body) gave. */
  readonly url?: string | null | undefined;
};

/** The model to import. Exactly one of path and hubId. */
export type ImportModelInput = {
  /** Where h is read, by a name of the report's `taps`; the format's own choice if left out. */
  readonly hTap?: string | null | undefined;
  /** A repository of the model hub, as owner/name. Fetched to the data folder, with HF_TOKEN from HF_ENDPOINT. */
  readonly hubId?: string | null | undefined;
  /** 1 to 120 characters; the folder's or repository's name if left out. */
  readonly name?: string | null | undefined;
  /** A folder or file on the server's own disk, in a format of docs/models.md; absolute, or relative to the server's directory. */
  readonly path?: string | null | undefined;
  /** Branch, tag or commit of the repository; main if left out. */
  readonly revision?: string | null | undefined;
};

/** A weighted sum of directions, and what is taken out of it. */
export type MergeDirectionsInput = {
  /** 1 to 120 characters; made of the names of the parts if left out. */
  readonly name?: string | null | undefined;
  /** 1 to 16 directions of one model, none of kind BLOCK. */
  readonly parts: ReadonlyArray<MergePartInput>;
  /** At most 8 directions whose change of images is taken out of the sum, none of kind BLOCK. */
  readonly projectOut?: ReadonlyArray<string> | null | undefined;
  /** That of the sum. Needed where the parts' own differ. */
  readonly reverseProcess?: ReverseProcess | null | undefined;
};

/** A direction, and how much of it. */
export type MergePartInput = {
  /** The direction. */
  readonly directionId: string;
  /** How much of its strength 1 goes into that of the sum, -100 to 100. */
  readonly weight: number;
};

/** What is done of a model after its import. */
export type ModelStageName =
  /** Samples are made and looked at. */
  | 'GALLERY'
  /** Memory of edits and training is foretold. */
  | 'MEMORY'
  /** Gradients are compared with finite differences. */
  | 'SELF_CHECK'
  /** h is measured; the first discovery does it. */
  | 'STATISTICS';

/** How far a stage is. Anything that somebody waits for goes before it. */
export type ModelStageStatus =
  | 'DONE'
  | 'FAILED'
  | 'RUNNING'
  | 'WAITING';

/** Whether a model can be used. */
export type ModelStatus =
  /** It could not be imported: `error` says why. */
  | 'FAILED'
  /** Being read and checked; follow `importProgress`. */
  | 'IMPORTING'
  /** Discoveries and edits can run on it. */
  | 'READY';

/** Where a shift of h acts in a DDIM step. */
export type ReverseProcess =
  /** On the predicted x0 only; the noise of the next step comes from the unshifted pass. */
  | 'ASYMMETRIC'
  /** On the predicted x0 and on the noise of the next step. */
  | 'SYMMETRIC';

/** Where a run is. SUCCEEDED, FAILED and CANCELLED are final. */
export type RunStatus =
  /** Final: a client stopped it; what was stored until then stays. */
  | 'CANCELLED'
  /** Final: `error` says why. */
  | 'FAILED'
  /** Stopped at a checkpoint; can be resumed. */
  | 'PAUSED'
  /** Waits for a worker, also after a crash, before it goes on. */
  | 'QUEUED'
  /** A worker computes it. */
  | 'RUNNING'
  /** Final: it is complete. */
  | 'SUCCEEDED';

/** One direction to apply. */
export type ShiftInput = {
  /** At most 64 points, linear between them and clamped outside. Weight 1 throughout if left out. */
  readonly curve?: ReadonlyArray<CurvePointInput> | null | undefined;
  /** A direction of the model. */
  readonly directionId: string;
  /** -100 to 100; negative goes the other way, 0 changes nothing. */
  readonly strength: number;
};

/** What a direction is made of. */
export type ShiftKind =
  /** A small network of h and the timestep: it depends on the sample. */
  | 'BLOCK'
  /** One vector in h, scaled with the RMS of h at every timestep. */
  | 'GLOBAL'
  /** A vector of its own at every timestep. */
  | 'PER_TIMESTEP'
  /** A combination of the principal components of h over the whole sampling trajectory. */
  | 'SUBSPACE'
  /** GLOBAL with a learned gate over time. */
  | 'TIMESTEP';

/** A discovery to start. */
export type StartDiscoveryInput = {
  /** Weight of the adversarial loss, 0 (no discriminator) to 1000; 0.05 if left out. */
  readonly adversarialWeight?: number | null | undefined;
  /** Samples per training step, 1 to 64. */
  readonly batchSize?: number | null | undefined;
  /** Training steps between two checkpoints, at least 1: the most that a crash costs. */
  readonly checkpointEvery?: number | null | undefined;
  /** How many directions (K), 1 to 256; SUBSPACE at most 64. */
  readonly directions?: number | null | undefined;
  /** GLOBAL and TIMESTEP: a value for each place of h, not only for each channel; false if left out. PER_TIMESTEP: always true. The others: false. */
  readonly fullSpatial?: boolean | null | undefined;
  /** Through how many of the last sampling steps the gradient goes, 1 to `samplingSteps`; all of them if left out. Fewer take less time. LEARNED alone. */
  readonly gradientSteps?: number | null | undefined;
  /** 1 to 200 characters. Used again with the same input it returns the same run; with another it is a CONFLICT. */
  readonly idempotencyKey?: string | null | undefined;
  /** Of the directions (Adam), above 0 to 1; 0.0003 if left out. */
  readonly learningRate?: number | null | undefined;
  /** Largest magnitude of strength to train with, above `minStrength` and at most 100. */
  readonly maxStrength?: number | null | undefined;
  /** How to find the directions: LEARNED, or one of the baselines PCA, JACOBIAN and RANDOM, whose directions are fixed and only the reconstructor learns. */
  readonly method?: DiscoveryMethod | null | undefined;
  /** Smallest magnitude of strength to train with, at least 0. */
  readonly minStrength?: number | null | undefined;
  /** The model; it must be READY. */
  readonly modelId: string;
  /** Keep the directions orthonormal. GLOBAL and TIMESTEP: false if left out; if true, K is at most the dimension. SUBSPACE: false if left out where it starts INDEPENDENT, else true. The others: false. */
  readonly orthonormal?: boolean | null | undefined;
  /** Training steps between two previews; 0 for none. */
  readonly previewEvery?: number | null | undefined;
  /** Where the shift acts in a DDIM step; SYMMETRIC if left out. */
  readonly reverseProcess?: ReverseProcess | null | undefined;
  /** DDIM steps of each sample (T), 2 to 1000 and at most the model's `trainTimesteps`. */
  readonly samplingSteps?: number | null | undefined;
  /** Seed of everything random, 0 to 2147483647. */
  readonly seed?: number | null | undefined;
  /** What the directions are made of. LEARNED: SUBSPACE (if left out), GLOBAL, TIMESTEP or BLOCK; RANDOM: GLOBAL (if left out), TIMESTEP or BLOCK; PCA and JACOBIAN: PER_TIMESTEP. */
  readonly shift?: ShiftKind | null | undefined;
  /** SUBSPACE: where the directions start; INDEPENDENT if left out. Not for the other kinds. */
  readonly start?: SubspaceStart | null | undefined;
  /** Training steps, 1 to 1000000. */
  readonly trainingSteps?: number | null | undefined;
};

/** Edits of one base: every direction at every strength. */
export type StartSweepInput = {
  /** Directions to sweep, at least one. */
  readonly directionIds: ReadonlyArray<string>;
  /** What they have in common. Its shifts act in each of them; coarseSteps must be left out. */
  readonly edit: ApplyEditInput;
  /** As in ApplyEditInput, which must have none here. */
  readonly idempotencyKey?: string | null | undefined;
  /** Strengths of each, at least one, -100 to 100; at most 256 edits in all. */
  readonly strengths: ReadonlyArray<number>;
};

/** Where the directions of a SUBSPACE start. */
export type SubspaceStart =
  /** At the mixtures of components whose effects on images are most independent of each other, the strongest first. */
  | 'INDEPENDENT'
  /** At the principal components of h, the largest variance first. */
  | 'PRINCIPAL';

/** What to change in a direction; a field left out stays as it is. */
export type UpdateDirectionInput = {
  /** Mark it, or take the mark away. */
  readonly favourite?: boolean | null | undefined;
  /** Hide it from pickers, or show it again. */
  readonly hidden?: boolean | null | undefined;
  /** The direction. */
  readonly id: string;
  /** 1 to 120 characters. */
  readonly name?: string | null | undefined;
  /** Replaces all tags: at most 32, each of 1 to 64 characters. */
  readonly tags?: ReadonlyArray<string> | null | undefined;
};

export type ImageFieldsFragment = { readonly id: string, readonly url: string, readonly width: number, readonly height: number };

export type ErrorFieldsFragment = { readonly code: string, readonly message: string };

export type PageFieldsFragment = { readonly endCursor: string | null, readonly hasNextPage: boolean };

export type ModelFieldsFragment = { readonly id: string, readonly name: string, readonly status: ModelStatus, readonly resolution: number, readonly channels: number, readonly parameterCount: number, readonly hShape: ReadonlyArray<number>, readonly hTap: string, readonly trainTimesteps: number, readonly source: string, readonly error: { readonly code: string, readonly message: string } | null, readonly samples: ReadonlyArray<{ readonly id: string, readonly url: string, readonly width: number, readonly height: number }>, readonly stages: ReadonlyArray<{ readonly name: ModelStageName, readonly status: ModelStageStatus, readonly done: number, readonly total: number, readonly estimatedSeconds: number | null, readonly message: string | null }> };

export type DirectionFieldsFragment = { readonly id: string, readonly index: number, readonly name: string, readonly kind: ShiftKind, readonly origin: DirectionOrigin, readonly version: number, readonly reverseProcess: ReverseProcess, readonly samplingSteps: number, readonly accuracy: number | null, readonly strengthError: number | null, readonly effectSize: number | null, readonly monotonicity: number | null, readonly uniqueness: number | null, readonly score: number | null, readonly dead: boolean, readonly favourite: boolean, readonly hidden: boolean, readonly tags: ReadonlyArray<string>, readonly duplicateOf: { readonly id: string, readonly name: string } | null, readonly strengthRange: { readonly min: number, readonly max: number } | null, readonly filmstrip: ReadonlyArray<{ readonly id: string, readonly url: string, readonly width: number, readonly height: number }>, readonly discovery: { readonly id: string } | null };

export type DiscoveryFieldsFragment = { readonly id: string, readonly status: RunStatus, readonly step: number, readonly totalSteps: number, readonly secondsPerStep: number | null, readonly lastSeq: number, readonly createdAt: string, readonly startedAt: string | null, readonly finishedAt: string | null, readonly device: string | null, readonly peakMemoryBytes: number | null, readonly resumedFromStep: number | null, readonly error: { readonly code: string, readonly message: string } | null, readonly model: { readonly id: string }, readonly config: { readonly method: DiscoveryMethod, readonly shift: ShiftKind, readonly start: SubspaceStart | null, readonly directions: number, readonly trainingSteps: number, readonly samplingSteps: number, readonly gradientSteps: number | null, readonly batchSize: number, readonly learningRate: number, readonly adversarialWeight: number, readonly minStrength: number, readonly maxStrength: number, readonly orthonormal: boolean, readonly fullSpatial: boolean, readonly reverseProcess: ReverseProcess, readonly checkpointEvery: number, readonly previewEvery: number, readonly seed: number } };

export type EditFieldsFragment = { readonly id: string, readonly status: RunStatus, readonly seed: number | null, readonly fit: ImageFit | null, readonly samplingSteps: number, readonly coarseSteps: number, readonly eta: number, readonly qualityBoost: number, readonly reverseProcess: ReverseProcess, readonly warnings: ReadonlyArray<string>, readonly cached: boolean, readonly reconstructionPsnr: number | null, readonly lastSeq: number, readonly createdAt: string, readonly finishedAt: string | null, readonly error: { readonly code: string, readonly message: string } | null, readonly model: { readonly id: string }, readonly image: { readonly id: string, readonly url: string, readonly width: number, readonly height: number } | null, readonly shifts: ReadonlyArray<{ readonly strength: number, readonly direction: { readonly id: string, readonly name: string }, readonly curve: ReadonlyArray<{ readonly t: number, readonly weight: number }> }>, readonly original: { readonly id: string, readonly url: string, readonly width: number, readonly height: number } | null, readonly result: { readonly id: string, readonly url: string, readonly width: number, readonly height: number } | null };

export type ImportModelMutationVariables = Exact<{
  input: ImportModelInput;
}>;


export type ImportModelMutation = { readonly importModel: { readonly id: string, readonly name: string, readonly status: ModelStatus, readonly resolution: number, readonly channels: number, readonly parameterCount: number, readonly hShape: ReadonlyArray<number>, readonly hTap: string, readonly trainTimesteps: number, readonly source: string, readonly error: { readonly code: string, readonly message: string } | null, readonly samples: ReadonlyArray<{ readonly id: string, readonly url: string, readonly width: number, readonly height: number }>, readonly stages: ReadonlyArray<{ readonly name: ModelStageName, readonly status: ModelStageStatus, readonly done: number, readonly total: number, readonly estimatedSeconds: number | null, readonly message: string | null }> } };

export type CancelImportMutationVariables = Exact<{
  id: string;
}>;


export type CancelImportMutation = { readonly cancelImport: { readonly id: string, readonly name: string, readonly status: ModelStatus, readonly resolution: number, readonly channels: number, readonly parameterCount: number, readonly hShape: ReadonlyArray<number>, readonly hTap: string, readonly trainTimesteps: number, readonly source: string, readonly error: { readonly code: string, readonly message: string } | null, readonly samples: ReadonlyArray<{ readonly id: string, readonly url: string, readonly width: number, readonly height: number }>, readonly stages: ReadonlyArray<{ readonly name: ModelStageName, readonly status: ModelStageStatus, readonly done: number, readonly total: number, readonly estimatedSeconds: number | null, readonly message: string | null }> } };

export type StartDiscoveryMutationVariables = Exact<{
  input: StartDiscoveryInput;
}>;


export type StartDiscoveryMutation = { readonly startDiscovery: { readonly id: string, readonly status: RunStatus, readonly step: number, readonly totalSteps: number, readonly secondsPerStep: number | null, readonly lastSeq: number, readonly createdAt: string, readonly startedAt: string | null, readonly finishedAt: string | null, readonly device: string | null, readonly peakMemoryBytes: number | null, readonly resumedFromStep: number | null, readonly error: { readonly code: string, readonly message: string } | null, readonly model: { readonly id: string }, readonly config: { readonly method: DiscoveryMethod, readonly shift: ShiftKind, readonly start: SubspaceStart | null, readonly directions: number, readonly trainingSteps: number, readonly samplingSteps: number, readonly gradientSteps: number | null, readonly batchSize: number, readonly learningRate: number, readonly adversarialWeight: number, readonly minStrength: number, readonly maxStrength: number, readonly orthonormal: boolean, readonly fullSpatial: boolean, readonly reverseProcess: ReverseProcess, readonly checkpointEvery: number, readonly previewEvery: number, readonly seed: number } } };

export type PauseDiscoveryMutationVariables = Exact<{
  id: string;
}>;


export type PauseDiscoveryMutation = { readonly pauseDiscovery: { readonly id: string, readonly status: RunStatus, readonly step: number, readonly totalSteps: number, readonly secondsPerStep: number | null, readonly lastSeq: number, readonly createdAt: string, readonly startedAt: string | null, readonly finishedAt: string | null, readonly device: string | null, readonly peakMemoryBytes: number | null, readonly resumedFromStep: number | null, readonly error: { readonly code: string, readonly message: string } | null, readonly model: { readonly id: string }, readonly config: { readonly method: DiscoveryMethod, readonly shift: ShiftKind, readonly start: SubspaceStart | null, readonly directions: number, readonly trainingSteps: number, readonly samplingSteps: number, readonly gradientSteps: number | null, readonly batchSize: number, readonly learningRate: number, readonly adversarialWeight: number, readonly minStrength: number, readonly maxStrength: number, readonly orthonormal: boolean, readonly fullSpatial: boolean, readonly reverseProcess: ReverseProcess, readonly checkpointEvery: number, readonly previewEvery: number, readonly seed: number } } };

export type ResumeDiscoveryMutationVariables = Exact<{
  id: string;
}>;


export type ResumeDiscoveryMutation = { readonly resumeDiscovery: { readonly id: string, readonly status: RunStatus, readonly step: number, readonly totalSteps: number, readonly secondsPerStep: number | null, readonly lastSeq: number, readonly createdAt: string, readonly startedAt: string | null, readonly finishedAt: string | null, readonly device: string | null, readonly peakMemoryBytes: number | null, readonly resumedFromStep: number | null, readonly error: { readonly code: string, readonly message: string } | null, readonly model: { readonly id: string }, readonly config: { readonly method: DiscoveryMethod, readonly shift: ShiftKind, readonly start: SubspaceStart | null, readonly directions: number, readonly trainingSteps: number, readonly samplingSteps: number, readonly gradientSteps: number | null, readonly batchSize: number, readonly learningRate: number, readonly adversarialWeight: number, readonly minStrength: number, readonly maxStrength: number, readonly orthonormal: boolean, readonly fullSpatial: boolean, readonly reverseProcess: ReverseProcess, readonly checkpointEvery: number, readonly previewEvery: number, readonly seed: number } } };

export type CancelDiscoveryMutationVariables = Exact<{
  id: string;
}>;


export type CancelDiscoveryMutation = { readonly cancelDiscovery: { readonly id: string, readonly status: RunStatus, readonly step: number, readonly totalSteps: number, readonly secondsPerStep: number | null, readonly lastSeq: number, readonly createdAt: string, readonly startedAt: string | null, readonly finishedAt: string | null, readonly device: string | null, readonly peakMemoryBytes: number | null, readonly resumedFromStep: number | null, readonly error: { readonly code: string, readonly message: string } | null, readonly model: { readonly id: string }, readonly config: { readonly method: DiscoveryMethod, readonly shift: ShiftKind, readonly start: SubspaceStart | null, readonly directions: number, readonly trainingSteps: number, readonly samplingSteps: number, readonly gradientSteps: number | null, readonly batchSize: number, readonly learningRate: number, readonly adversarialWeight: number, readonly minStrength: number, readonly maxStrength: number, readonly orthonormal: boolean, readonly fullSpatial: boolean, readonly reverseProcess: ReverseProcess, readonly checkpointEvery: number, readonly previewEvery: number, readonly seed: number } } };

export type UpdateDirectionMutationVariables = Exact<{
  input: UpdateDirectionInput;
}>;


export type UpdateDirectionMutation = { readonly updateDirection: { readonly id: string, readonly index: number, readonly name: string, readonly kind: ShiftKind, readonly origin: DirectionOrigin, readonly version: number, readonly reverseProcess: ReverseProcess, readonly samplingSteps: number, readonly accuracy: number | null, readonly strengthError: number | null, readonly effectSize: number | null, readonly monotonicity: number | null, readonly uniqueness: number | null, readonly score: number | null, readonly dead: boolean, readonly favourite: boolean, readonly hidden: boolean, readonly tags: ReadonlyArray<string>, readonly duplicateOf: { readonly id: string, readonly name: string } | null, readonly strengthRange: { readonly min: number, readonly max: number } | null, readonly filmstrip: ReadonlyArray<{ readonly id: string, readonly url: string, readonly width: number, readonly height: number }>, readonly discovery: { readonly id: string } | null } };

export type MergeDirectionsMutationVariables = Exact<{
  input: MergeDirectionsInput;
}>;


export type MergeDirectionsMutation = { readonly mergeDirections: { readonly id: string, readonly index: number, readonly name: string, readonly kind: ShiftKind, readonly origin: DirectionOrigin, readonly version: number, readonly reverseProcess: ReverseProcess, readonly samplingSteps: number, readonly accuracy: number | null, readonly strengthError: number | null, readonly effectSize: number | null, readonly monotonicity: number | null, readonly uniqueness: number | null, readonly score: number | null, readonly dead: boolean, readonly favourite: boolean, readonly hidden: boolean, readonly tags: ReadonlyArray<string>, readonly merge: { readonly parts: ReadonlyArray<{ readonly weight: number, readonly direction: { readonly id: string } | null }>, readonly removed: ReadonlyArray<{ readonly leakageBefore: number, readonly leakageAfter: number, readonly direction: { readonly id: string } | null }> } | null, readonly duplicateOf: { readonly id: string, readonly name: string } | null, readonly strengthRange: { readonly min: number, readonly max: number } | null, readonly filmstrip: ReadonlyArray<{ readonly id: string, readonly url: string, readonly width: number, readonly height: number }>, readonly discovery: { readonly id: string } | null } };

export type ExportDirectionsMutationVariables = Exact<{
  ids: ReadonlyArray<string> | string;
}>;


export type ExportDirectionsMutation = { readonly exportDirections: { readonly url: string, readonly byteSize: number } };

export type ImportDirectionsMutationVariables = Exact<{
  input: ImportDirectionsInput;
}>;


export type ImportDirectionsMutation = { readonly importDirections: ReadonlyArray<{ readonly id: string, readonly index: number, readonly name: string, readonly kind: ShiftKind, readonly origin: DirectionOrigin, readonly version: number, readonly reverseProcess: ReverseProcess, readonly samplingSteps: number, readonly accuracy: number | null, readonly strengthError: number | null, readonly effectSize: number | null, readonly monotonicity: number | null, readonly uniqueness: number | null, readonly score: number | null, readonly dead: boolean, readonly favourite: boolean, readonly hidden: boolean, readonly tags: ReadonlyArray<string>, readonly duplicateOf: { readonly id: string, readonly name: string } | null, readonly strengthRange: { readonly min: number, readonly max: number } | null, readonly filmstrip: ReadonlyArray<{ readonly id: string, readonly url: string, readonly width: number, readonly height: number }>, readonly discovery: { readonly id: string } | null }> };

export type ApplyEditMutationVariables = Exact<{
  input: ApplyEditInput;
}>;


export type ApplyEditMutation = { readonly applyEdit: { readonly id: string, readonly status: RunStatus, readonly seed: number | null, readonly fit: ImageFit | null, readonly samplingSteps: number, readonly coarseSteps: number, readonly eta: number, readonly qualityBoost: number, readonly reverseProcess: ReverseProcess, readonly warnings: ReadonlyArray<string>, readonly cached: boolean, readonly reconstructionPsnr: number | null, readonly lastSeq: number, readonly createdAt: string, readonly finishedAt: string | null, readonly error: { readonly code: string, readonly message: string } | null, readonly model: { readonly id: string }, readonly image: { readonly id: string, readonly url: string, readonly width: number, readonly height: number } | null, readonly shifts: ReadonlyArray<{ readonly strength: number, readonly direction: { readonly id: string, readonly name: string }, readonly curve: ReadonlyArray<{ readonly t: number, readonly weight: number }> }>, readonly original: { readonly id: string, readonly url: string, readonly width: number, readonly height: number } | null, readonly result: { readonly id: string, readonly url: string, readonly width: number, readonly height: number } | null } };

export type StartSweepMutationVariables = Exact<{
  input: StartSweepInput;
}>;


export type StartSweepMutation = { readonly startSweep: ReadonlyArray<{ readonly id: string, readonly status: RunStatus, readonly seed: number | null, readonly fit: ImageFit | null, readonly samplingSteps: number, readonly coarseSteps: number, readonly eta: number, readonly qualityBoost: number, readonly reverseProcess: ReverseProcess, readonly warnings: ReadonlyArray<string>, readonly cached: boolean, readonly reconstructionPsnr: number | null, readonly lastSeq: number, readonly createdAt: string, readonly finishedAt: string | null, readonly error: { readonly code: string, readonly message: string } | null, readonly model: { readonly id: string }, readonly image: { readonly id: string, readonly url: string, readonly width: number, readonly height: number } | null, readonly shifts: ReadonlyArray<{ readonly strength: number, readonly direction: { readonly id: string, readonly name: string }, readonly curve: ReadonlyArray<{ readonly t: number, readonly weight: number }> }>, readonly original: { readonly id: string, readonly url: string, readonly width: number, readonly height: number } | null, readonly result: { readonly id: string, readonly url: string, readonly width: number, readonly height: number } | null }> };

export type CancelEditMutationVariables = Exact<{
  id: string;
}>;


export type CancelEditMutation = { readonly cancelEdit: { readonly id: string, readonly status: RunStatus, readonly seed: number | null, readonly fit: ImageFit | null, readonly samplingSteps: number, readonly coarseSteps: number, readonly eta: number, readonly qualityBoost: number, readonly reverseProcess: ReverseProcess, readonly warnings: ReadonlyArray<string>, readonly cached: boolean, readonly reconstructionPsnr: number | null, readonly lastSeq: number, readonly createdAt: string, readonly finishedAt: string | null, readonly error: { readonly code: string, readonly message: string } | null, readonly model: { readonly id: string }, readonly image: { readonly id: string, readonly url: string, readonly width: number, readonly height: number } | null, readonly shifts: ReadonlyArray<{ readonly strength: number, readonly direction: { readonly id: string, readonly name: string }, readonly curve: ReadonlyArray<{ readonly t: number, readonly weight: number }> }>, readonly original: { readonly id: string, readonly url: string, readonly width: number, readonly height: number } | null, readonly result: { readonly id: string, readonly url: string, readonly width: number, readonly height: number } | null } };

export type RerunEditMutationVariables = Exact<{
  id: string;
}>;


export type RerunEditMutation = { readonly rerunEdit: { readonly id: string, readonly status: RunStatus, readonly seed: number | null, readonly fit: ImageFit | null, readonly samplingSteps: number, readonly coarseSteps: number, readonly eta: number, readonly qualityBoost: number, readonly reverseProcess: ReverseProcess, readonly warnings: ReadonlyArray<string>, readonly cached: boolean, readonly reconstructionPsnr: number | null, readonly lastSeq: number, readonly createdAt: string, readonly finishedAt: string | null, readonly error: { readonly code: string, readonly message: string } | null, readonly model: { readonly id: string }, readonly image: { readonly id: string, readonly url: string, readonly width: number, readonly height: number } | null, readonly shifts: ReadonlyArray<{ readonly strength: number, readonly direction: { readonly id: string, readonly name: string }, readonly curve: ReadonlyArray<{ readonly t: number, readonly weight: number }> }>, readonly original: { readonly id: string, readonly url: string, readonly width: number, readonly height: number } | null, readonly result: { readonly id: string, readonly url: string, readonly width: number, readonly height: number } | null } };

export type ServerQueryVariables = Exact<{ [key: string]: never; }>;


export type ServerQuery = { readonly server: { readonly version: string, readonly workers: number, readonly queuedDiscoveries: number, readonly queuedEdits: number, readonly devices: ReadonlyArray<{ readonly name: string, readonly available: boolean, readonly chosen: boolean, readonly reason: string }> } };

export type ModelsQueryVariables = Exact<{
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type ModelsQuery = { readonly models: { readonly totalCount: number, readonly pageInfo: { readonly endCursor: string | null, readonly hasNextPage: boolean }, readonly edges: ReadonlyArray<{ readonly node: { readonly id: string, readonly name: string, readonly status: ModelStatus, readonly resolution: number, readonly channels: number, readonly parameterCount: number, readonly hShape: ReadonlyArray<number>, readonly hTap: string, readonly trainTimesteps: number, readonly source: string, readonly error: { readonly code: string, readonly message: string } | null, readonly samples: ReadonlyArray<{ readonly id: string, readonly url: string, readonly width: number, readonly height: number }>, readonly stages: ReadonlyArray<{ readonly name: ModelStageName, readonly status: ModelStageStatus, readonly done: number, readonly total: number, readonly estimatedSeconds: number | null, readonly message: string | null }> } }> } };

export type ModelQueryVariables = Exact<{
  id: string;
}>;


export type ModelQuery = { readonly model: { readonly id: string, readonly name: string, readonly status: ModelStatus, readonly resolution: number, readonly channels: number, readonly parameterCount: number, readonly hShape: ReadonlyArray<number>, readonly hTap: string, readonly trainTimesteps: number, readonly source: string, readonly error: { readonly code: string, readonly message: string } | null, readonly samples: ReadonlyArray<{ readonly id: string, readonly url: string, readonly width: number, readonly height: number }>, readonly stages: ReadonlyArray<{ readonly name: ModelStageName, readonly status: ModelStageStatus, readonly done: number, readonly total: number, readonly estimatedSeconds: number | null, readonly message: string | null }> } | null };

export type DirectionsQueryVariables = Exact<{
  modelId: string;
  filter?: DirectionFilter | null | undefined;
  orderBy?: DirectionOrder | null | undefined;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type DirectionsQuery = { readonly directions: { readonly totalCount: number, readonly pageInfo: { readonly endCursor: string | null, readonly hasNextPage: boolean }, readonly edges: ReadonlyArray<{ readonly node: { readonly id: string, readonly index: number, readonly name: string, readonly kind: ShiftKind, readonly origin: DirectionOrigin, readonly version: number, readonly reverseProcess: ReverseProcess, readonly samplingSteps: number, readonly accuracy: number | null, readonly strengthError: number | null, readonly effectSize: number | null, readonly monotonicity: number | null, readonly uniqueness: number | null, readonly score: number | null, readonly dead: boolean, readonly favourite: boolean, readonly hidden: boolean, readonly tags: ReadonlyArray<string>, readonly duplicateOf: { readonly id: string, readonly name: string } | null, readonly strengthRange: { readonly min: number, readonly max: number } | null, readonly filmstrip: ReadonlyArray<{ readonly id: string, readonly url: string, readonly width: number, readonly height: number }>, readonly discovery: { readonly id: string } | null } }> } };

export type DirectionQueryVariables = Exact<{
  id: string;
}>;


export type DirectionQuery = { readonly direction: { readonly id: string, readonly index: number, readonly name: string, readonly kind: ShiftKind, readonly origin: DirectionOrigin, readonly version: number, readonly reverseProcess: ReverseProcess, readonly samplingSteps: number, readonly accuracy: number | null, readonly strengthError: number | null, readonly effectSize: number | null, readonly monotonicity: number | null, readonly uniqueness: number | null, readonly score: number | null, readonly dead: boolean, readonly favourite: boolean, readonly hidden: boolean, readonly tags: ReadonlyArray<string>, readonly duplicateOf: { readonly id: string, readonly name: string } | null, readonly strengthRange: { readonly min: number, readonly max: number } | null, readonly filmstrip: ReadonlyArray<{ readonly id: string, readonly url: string, readonly width: number, readonly height: number }>, readonly discovery: { readonly id: string } | null } | null };

export type DiscoveriesQueryVariables = Exact<{
  modelId?: string | null | undefined;
  status?: RunStatus | null | undefined;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type DiscoveriesQuery = { readonly discoveries: { readonly totalCount: number, readonly pageInfo: { readonly endCursor: string | null, readonly hasNextPage: boolean }, readonly edges: ReadonlyArray<{ readonly node: { readonly id: string, readonly status: RunStatus, readonly step: number, readonly totalSteps: number, readonly secondsPerStep: number | null, readonly lastSeq: number, readonly createdAt: string, readonly startedAt: string | null, readonly finishedAt: string | null, readonly device: string | null, readonly peakMemoryBytes: number | null, readonly resumedFromStep: number | null, readonly error: { readonly code: string, readonly message: string } | null, readonly model: { readonly id: string }, readonly config: { readonly method: DiscoveryMethod, readonly shift: ShiftKind, readonly start: SubspaceStart | null, readonly directions: number, readonly trainingSteps: number, readonly samplingSteps: number, readonly gradientSteps: number | null, readonly batchSize: number, readonly learningRate: number, readonly adversarialWeight: number, readonly minStrength: number, readonly maxStrength: number, readonly orthonormal: boolean, readonly fullSpatial: boolean, readonly reverseProcess: ReverseProcess, readonly checkpointEvery: number, readonly previewEvery: number, readonly seed: number } } }> } };

export type DiscoveryQueryVariables = Exact<{
  id: string;
}>;


export type DiscoveryQuery = { readonly discovery: { readonly id: string, readonly status: RunStatus, readonly step: number, readonly totalSteps: number, readonly secondsPerStep: number | null, readonly lastSeq: number, readonly createdAt: string, readonly startedAt: string | null, readonly finishedAt: string | null, readonly device: string | null, readonly peakMemoryBytes: number | null, readonly resumedFromStep: number | null, readonly error: { readonly code: string, readonly message: string } | null, readonly model: { readonly id: string }, readonly config: { readonly method: DiscoveryMethod, readonly shift: ShiftKind, readonly start: SubspaceStart | null, readonly directions: number, readonly trainingSteps: number, readonly samplingSteps: number, readonly gradientSteps: number | null, readonly batchSize: number, readonly learningRate: number, readonly adversarialWeight: number, readonly minStrength: number, readonly maxStrength: number, readonly orthonormal: boolean, readonly fullSpatial: boolean, readonly reverseProcess: ReverseProcess, readonly checkpointEvery: number, readonly previewEvery: number, readonly seed: number } } | null };

export type EstimateDiscoveryQueryVariables = Exact<{
  input: StartDiscoveryInput;
}>;


export type EstimateDiscoveryQuery = { readonly estimateDiscovery: { readonly fits: boolean, readonly advice: string | null, readonly totalSeconds: number | null, readonly secondsPerStep: number | null, readonly peakMemoryBytes: number } };

export type EditsQueryVariables = Exact<{
  modelId?: string | null | undefined;
  status?: RunStatus | null | undefined;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type EditsQuery = { readonly edits: { readonly totalCount: number, readonly pageInfo: { readonly endCursor: string | null, readonly hasNextPage: boolean }, readonly edges: ReadonlyArray<{ readonly node: { readonly id: string, readonly status: RunStatus, readonly seed: number | null, readonly fit: ImageFit | null, readonly samplingSteps: number, readonly coarseSteps: number, readonly eta: number, readonly qualityBoost: number, readonly reverseProcess: ReverseProcess, readonly warnings: ReadonlyArray<string>, readonly cached: boolean, readonly reconstructionPsnr: number | null, readonly lastSeq: number, readonly createdAt: string, readonly finishedAt: string | null, readonly error: { readonly code: string, readonly message: string } | null, readonly model: { readonly id: string }, readonly image: { readonly id: string, readonly url: string, readonly width: number, readonly height: number } | null, readonly shifts: ReadonlyArray<{ readonly strength: number, readonly direction: { readonly id: string, readonly name: string }, readonly curve: ReadonlyArray<{ readonly t: number, readonly weight: number }> }>, readonly original: { readonly id: string, readonly url: string, readonly width: number, readonly height: number } | null, readonly result: { readonly id: string, readonly url: string, readonly width: number, readonly height: number } | null } }> } };

export type EditQueryVariables = Exact<{
  id: string;
}>;


export type EditQuery = { readonly edit: { readonly id: string, readonly status: RunStatus, readonly seed: number | null, readonly fit: ImageFit | null, readonly samplingSteps: number, readonly coarseSteps: number, readonly eta: number, readonly qualityBoost: number, readonly reverseProcess: ReverseProcess, readonly warnings: ReadonlyArray<string>, readonly cached: boolean, readonly reconstructionPsnr: number | null, readonly lastSeq: number, readonly createdAt: string, readonly finishedAt: string | null, readonly error: { readonly code: string, readonly message: string } | null, readonly model: { readonly id: string }, readonly image: { readonly id: string, readonly url: string, readonly width: number, readonly height: number } | null, readonly shifts: ReadonlyArray<{ readonly strength: number, readonly direction: { readonly id: string, readonly name: string }, readonly curve: ReadonlyArray<{ readonly t: number, readonly weight: number }> }>, readonly original: { readonly id: string, readonly url: string, readonly width: number, readonly height: number } | null, readonly result: { readonly id: string, readonly url: string, readonly width: number, readonly height: number } | null } | null };

export type RunStatusQueryVariables = Exact<{
  id: string;
}>;


export type RunStatusQuery = { readonly node:
    | { readonly __typename: 'Direction' }
    | { readonly __typename: 'Discovery', readonly runStatus: RunStatus }
    | { readonly __typename: 'Edit', readonly runStatus: RunStatus }
    | { readonly __typename: 'Image' }
    | { readonly __typename: 'Model', readonly modelStatus: ModelStatus }
   | null };

export type ImportProgressSubscriptionVariables = Exact<{
  modelId: string;
  after?: number | null | undefined;
}>;


export type ImportProgressSubscription = { readonly importProgress:
    | { readonly __typename: 'ImportStage', readonly seq: number, readonly at: string, readonly stage: string, readonly done: number, readonly total: number }
    | { readonly __typename: 'StatusChanged', readonly seq: number, readonly at: string, readonly status: RunStatus, readonly error: { readonly code: string, readonly message: string } | null }
   };

export type TrainingProgressSubscriptionVariables = Exact<{
  discoveryId: string;
  after?: number | null | undefined;
  frames?: FrameDelivery | null | undefined;
}>;


export type TrainingProgressSubscription = { readonly trainingProgress:
    | { readonly __typename: 'CheckpointSaved', readonly seq: number, readonly at: string, readonly step: number }
    | { readonly __typename: 'ScorecardUpdated', readonly seq: number, readonly at: string, readonly step: number, readonly directions: ReadonlyArray<{ readonly id: string, readonly index: number, readonly name: string, readonly kind: ShiftKind, readonly origin: DirectionOrigin, readonly version: number, readonly reverseProcess: ReverseProcess, readonly samplingSteps: number, readonly accuracy: number | null, readonly strengthError: number | null, readonly effectSize: number | null, readonly monotonicity: number | null, readonly uniqueness: number | null, readonly score: number | null, readonly dead: boolean, readonly favourite: boolean, readonly hidden: boolean, readonly tags: ReadonlyArray<string>, readonly duplicateOf: { readonly id: string, readonly name: string } | null, readonly strengthRange: { readonly min: number, readonly max: number } | null, readonly filmstrip: ReadonlyArray<{ readonly id: string, readonly url: string, readonly width: number, readonly height: number }>, readonly discovery: { readonly id: string } | null }> }
    | { readonly __typename: 'StatusChanged', readonly seq: number, readonly at: string, readonly status: RunStatus, readonly error: { readonly code: string, readonly message: string } | null }
    | { readonly __typename: 'TrainingPreview', readonly seq: number, readonly at: string, readonly step: number, readonly directionIndex: number, readonly strength: number, readonly stepIndex: number, readonly samplingSteps: number, readonly timestep: number, readonly original: { readonly id: string, readonly url: string, readonly width: number, readonly height: number }, readonly shifted: { readonly id: string, readonly url: string, readonly width: number, readonly height: number } }
    | { readonly __typename: 'TrainingStep', readonly seq: number, readonly at: string, readonly step: number, readonly totalSteps: number, readonly loss: number, readonly classificationLoss: number, readonly strengthLoss: number, readonly adversarialLoss: number | null, readonly discriminatorLoss: number | null, readonly accuracy: number, readonly secondsPerStep: number, readonly peakMemoryBytes: number }
   };

export type EditProgressSubscriptionVariables = Exact<{
  editId: string;
  after?: number | null | undefined;
  frames?: FrameDelivery | null | undefined;
}>;


export type EditProgressSubscription = { readonly editProgress:
    | { readonly __typename: 'EditFinished', readonly seq: number, readonly at: string, readonly original: { readonly id: string, readonly url: string, readonly width: number, readonly height: number } | null, readonly result: { readonly id: string, readonly url: string, readonly width: number, readonly height: number } }
    | { readonly __typename: 'EditFrame', readonly seq: number, readonly at: string, readonly stepIndex: number, readonly samplingSteps: number, readonly timestep: number, readonly coarse: boolean, readonly image: { readonly id: string, readonly url: string, readonly width: number, readonly height: number }, readonly original: { readonly id: string, readonly url: string, readonly width: number, readonly height: number } | null, readonly difference: { readonly id: string, readonly url: string, readonly width: number, readonly height: number } | null }
    | { readonly __typename: 'StatusChanged', readonly seq: number, readonly at: string, readonly status: RunStatus, readonly error: { readonly code: string, readonly message: string } | null }
   };

export const ImportModelDocument: TypedDocument<ImportModelMutation, ImportModelMutationVariables> = `mutation ImportModel($input: ImportModelInput!) {
  importModel(input: $input) {
    ...ModelFields
  }
}
fragment ModelFields on Model {
  id
  name
  status
  error {
    ...ErrorFields
  }
  resolution
  channels
  parameterCount
  hShape
  hTap
  trainTimesteps
  source
  samples {
    ...ImageFields
  }
  stages {
    name
    status
    done
    total
    estimatedSeconds
    message
  }
}
fragment ErrorFields on RunError {
  code
  message
}
fragment ImageFields on Image {
  id
  url
  width
  height
}`;

export const CancelImportDocument: TypedDocument<CancelImportMutation, CancelImportMutationVariables> = `mutation CancelImport($id: ID!) {
  cancelImport(id: $id) {
    ...ModelFields
  }
}
fragment ModelFields on Model {
  id
  name
  status
  error {
    ...ErrorFields
  }
  resolution
  channels
  parameterCount
  hShape
  hTap
  trainTimesteps
  source
  samples {
    ...ImageFields
  }
  stages {
    name
    status
    done
    total
    estimatedSeconds
    message
  }
}
fragment ErrorFields on RunError {
  code
  message
}
fragment ImageFields on Image {
  id
  url
  width
  height
}`;

export const StartDiscoveryDocument: TypedDocument<StartDiscoveryMutation, StartDiscoveryMutationVariables> = `mutation StartDiscovery($input: StartDiscoveryInput!) {
  startDiscovery(input: $input) {
    ...DiscoveryFields
  }
}
fragment DiscoveryFields on Discovery {
  id
  status
  error {
    ...ErrorFields
  }
  model {
    id
  }
  step
  totalSteps
  secondsPerStep
  lastSeq
  createdAt
  startedAt
  finishedAt
  device
  peakMemoryBytes
  resumedFromStep
  config {
    method
    shift
    start
    directions
    trainingSteps
    samplingSteps
    gradientSteps
    batchSize
    learningRate
    adversarialWeight
    minStrength
    maxStrength
    orthonormal
    fullSpatial
    reverseProcess
    checkpointEvery
    previewEvery
    seed
  }
}
fragment ErrorFields on RunError {
  code
  message
}`;

export const PauseDiscoveryDocument: TypedDocument<PauseDiscoveryMutation, PauseDiscoveryMutationVariables> = `mutation PauseDiscovery($id: ID!) {
  pauseDiscovery(id: $id) {
    ...DiscoveryFields
  }
}
fragment DiscoveryFields on Discovery {
  id
  status
  error {
    ...ErrorFields
  }
  model {
    id
  }
  step
  totalSteps
  secondsPerStep
  lastSeq
  createdAt
  startedAt
  finishedAt
  device
  peakMemoryBytes
  resumedFromStep
  config {
    method
    shift
    start
    directions
    trainingSteps
    samplingSteps
    gradientSteps
    batchSize
    learningRate
    adversarialWeight
    minStrength
    maxStrength
    orthonormal
    fullSpatial
    reverseProcess
    checkpointEvery
    previewEvery
    seed
  }
}
fragment ErrorFields on RunError {
  code
  message
}`;

export const ResumeDiscoveryDocument: TypedDocument<ResumeDiscoveryMutation, ResumeDiscoveryMutationVariables> = `mutation ResumeDiscovery($id: ID!) {
  resumeDiscovery(id: $id) {
    ...DiscoveryFields
  }
}
fragment DiscoveryFields on Discovery {
  id
  status
  error {
    ...ErrorFields
  }
  model {
    id
  }
  step
  totalSteps
  secondsPerStep
  lastSeq
  createdAt
  startedAt
  finishedAt
  device
  peakMemoryBytes
  resumedFromStep
  config {
    method
    shift
    start
    directions
    trainingSteps
    samplingSteps
    gradientSteps
    batchSize
    learningRate
    adversarialWeight
    minStrength
    maxStrength
    orthonormal
    fullSpatial
    reverseProcess
    checkpointEvery
    previewEvery
    seed
  }
}
fragment ErrorFields on RunError {
  code
  message
}`;

export const CancelDiscoveryDocument: TypedDocument<CancelDiscoveryMutation, CancelDiscoveryMutationVariables> = `mutation CancelDiscovery($id: ID!) {
  cancelDiscovery(id: $id) {
    ...DiscoveryFields
  }
}
fragment DiscoveryFields on Discovery {
  id
  status
  error {
    ...ErrorFields
  }
  model {
    id
  }
  step
  totalSteps
  secondsPerStep
  lastSeq
  createdAt
  startedAt
  finishedAt
  device
  peakMemoryBytes
  resumedFromStep
  config {
    method
    shift
    start
    directions
    trainingSteps
    samplingSteps
    gradientSteps
    batchSize
    learningRate
    adversarialWeight
    minStrength
    maxStrength
    orthonormal
    fullSpatial
    reverseProcess
    checkpointEvery
    previewEvery
    seed
  }
}
fragment ErrorFields on RunError {
  code
  message
}`;

export const UpdateDirectionDocument: TypedDocument<UpdateDirectionMutation, UpdateDirectionMutationVariables> = `mutation UpdateDirection($input: UpdateDirectionInput!) {
  updateDirection(input: $input) {
    ...DirectionFields
  }
}
fragment DirectionFields on Direction {
  id
  index
  name
  kind
  origin
  version
  reverseProcess
  samplingSteps
  accuracy
  strengthError
  effectSize
  monotonicity
  uniqueness
  score
  dead
  duplicateOf {
    id
    name
  }
  favourite
  hidden
  tags
  strengthRange {
    min
    max
  }
  filmstrip {
    ...ImageFields
  }
  discovery {
    id
  }
}
fragment ImageFields on Image {
  id
  url
  width
  height
}`;

export const MergeDirectionsDocument: TypedDocument<MergeDirectionsMutation, MergeDirectionsMutationVariables> = `mutation MergeDirections($input: MergeDirectionsInput!) {
  mergeDirections(input: $input) {
    ...DirectionFields
    merge {
      parts {
        weight
        direction {
          id
        }
      }
      removed {
        leakageBefore
        leakageAfter
        direction {
          id
        }
      }
    }
  }
}
fragment DirectionFields on Direction {
  id
  index
  name
  kind
  origin
  version
  reverseProcess
  samplingSteps
  accuracy
  strengthError
  effectSize
  monotonicity
  uniqueness
  score
  dead
  duplicateOf {
    id
    name
  }
  favourite
  hidden
  tags
  strengthRange {
    min
    max
  }
  filmstrip {
    ...ImageFields
  }
  discovery {
    id
  }
}
fragment ImageFields on Image {
  id
  url
  width
  height
}`;

export const ExportDirectionsDocument: TypedDocument<ExportDirectionsMutation, ExportDirectionsMutationVariables> = `mutation ExportDirections($ids: [ID!]!) {
  exportDirections(ids: $ids) {
    url
    byteSize
  }
}`;

export const ImportDirectionsDocument: TypedDocument<ImportDirectionsMutation, ImportDirectionsMutationVariables> = `mutation ImportDirections($input: ImportDirectionsInput!) {
  importDirections(input: $input) {
    ...DirectionFields
  }
}
fragment DirectionFields on Direction {
  id
  index
  name
  kind
  origin
  version
  reverseProcess
  samplingSteps
  accuracy
  strengthError
  effectSize
  monotonicity
  uniqueness
  score
  dead
  duplicateOf {
    id
    name
  }
  favourite
  hidden
  tags
  strengthRange {
    min
    max
  }
  filmstrip {
    ...ImageFields
  }
  discovery {
    id
  }
}
fragment ImageFields on Image {
  id
  url
  width
  height
}`;

export const ApplyEditDocument: TypedDocument<ApplyEditMutation, ApplyEditMutationVariables> = `mutation ApplyEdit($input: ApplyEditInput!) {
  applyEdit(input: $input) {
    ...EditFields
  }
}
fragment EditFields on Edit {
  id
  status
  error {
    ...ErrorFields
  }
  model {
    id
  }
  seed
  image {
    ...ImageFields
  }
  fit
  shifts {
    direction {
      id
      name
    }
    strength
    curve {
      t
      weight
    }
  }
  samplingSteps
  coarseSteps
  eta
  qualityBoost
  reverseProcess
  warnings
  cached
  original {
    ...ImageFields
  }
  result {
    ...ImageFields
  }
  reconstructionPsnr
  lastSeq
  createdAt
  finishedAt
}
fragment ErrorFields on RunError {
  code
  message
}
fragment ImageFields on Image {
  id
  url
  width
  height
}`;

export const StartSweepDocument: TypedDocument<StartSweepMutation, StartSweepMutationVariables> = `mutation StartSweep($input: StartSweepInput!) {
  startSweep(input: $input) {
    ...EditFields
  }
}
fragment EditFields on Edit {
  id
  status
  error {
    ...ErrorFields
  }
  model {
    id
  }
  seed
  image {
    ...ImageFields
  }
  fit
  shifts {
    direction {
      id
      name
    }
    strength
    curve {
      t
      weight
    }
  }
  samplingSteps
  coarseSteps
  eta
  qualityBoost
  reverseProcess
  warnings
  cached
  original {
    ...ImageFields
  }
  result {
    ...ImageFields
  }
  reconstructionPsnr
  lastSeq
  createdAt
  finishedAt
}
fragment ErrorFields on RunError {
  code
  message
}
fragment ImageFields on Image {
  id
  url
  width
  height
}`;

export const CancelEditDocument: TypedDocument<CancelEditMutation, CancelEditMutationVariables> = `mutation CancelEdit($id: ID!) {
  cancelEdit(id: $id) {
    ...EditFields
  }
}
fragment EditFields on Edit {
  id
  status
  error {
    ...ErrorFields
  }
  model {
    id
  }
  seed
  image {
    ...ImageFields
  }
  fit
  shifts {
    direction {
      id
      name
    }
    strength
    curve {
      t
      weight
    }
  }
  samplingSteps
  coarseSteps
  eta
  qualityBoost
  reverseProcess
  warnings
  cached
  original {
    ...ImageFields
  }
  result {
    ...ImageFields
  }
  reconstructionPsnr
  lastSeq
  createdAt
  finishedAt
}
fragment ErrorFields on RunError {
  code
  message
}
fragment ImageFields on Image {
  id
  url
  width
  height
}`;

export const RerunEditDocument: TypedDocument<RerunEditMutation, RerunEditMutationVariables> = `mutation RerunEdit($id: ID!) {
  rerunEdit(id: $id) {
    ...EditFields
  }
}
fragment EditFields on Edit {
  id
  status
  error {
    ...ErrorFields
  }
  model {
    id
  }
  seed
  image {
    ...ImageFields
  }
  fit
  shifts {
    direction {
      id
      name
    }
    strength
    curve {
      t
      weight
    }
  }
  samplingSteps
  coarseSteps
  eta
  qualityBoost
  reverseProcess
  warnings
  cached
  original {
    ...ImageFields
  }
  result {
    ...ImageFields
  }
  reconstructionPsnr
  lastSeq
  createdAt
  finishedAt
}
fragment ErrorFields on RunError {
  code
  message
}
fragment ImageFields on Image {
  id
  url
  width
  height
}`;

export const ServerDocument: TypedDocument<ServerQuery, ServerQueryVariables> = `query Server {
  server {
    version
    workers
    queuedDiscoveries
    queuedEdits
    devices {
      name
      available
      chosen
      reason
    }
  }
}`;

export const ModelsDocument: TypedDocument<ModelsQuery, ModelsQueryVariables> = `query Models($first: Int, $after: String) {
  models(first: $first, after: $after) {
    totalCount
    pageInfo {
      ...PageFields
    }
    edges {
      node {
        ...ModelFields
      }
    }
  }
}
fragment PageFields on PageInfo {
  endCursor
  hasNextPage
}
fragment ModelFields on Model {
  id
  name
  status
  error {
    ...ErrorFields
  }
  resolution
  channels
  parameterCount
  hShape
  hTap
  trainTimesteps
  source
  samples {
    ...ImageFields
  }
  stages {
    name
    status
    done
    total
    estimatedSeconds
    message
  }
}
fragment ErrorFields on RunError {
  code
  message
}
fragment ImageFields on Image {
  id
  url
  width
  height
}`;

export const ModelDocument: TypedDocument<ModelQuery, ModelQueryVariables> = `query Model($id: ID!) {
  model(id: $id) {
    ...ModelFields
  }
}
fragment ModelFields on Model {
  id
  name
  status
  error {
    ...ErrorFields
  }
  resolution
  channels
  parameterCount
  hShape
  hTap
  trainTimesteps
  source
  samples {
    ...ImageFields
  }
  stages {
    name
    status
    done
    total
    estimatedSeconds
    message
  }
}
fragment ErrorFields on RunError {
  code
  message
}
fragment ImageFields on Image {
  id
  url
  width
  height
}`;

export const DirectionsDocument: TypedDocument<DirectionsQuery, DirectionsQueryVariables> = `query Directions($modelId: ID!, $filter: DirectionFilter, $orderBy: DirectionOrder, $first: Int, $after: String) {
  directions(
    modelId: $modelId
    filter: $filter
    orderBy: $orderBy
    first: $first
    after: $after
  ) {
    totalCount
    pageInfo {
      ...PageFields
    }
    edges {
      node {
        ...DirectionFields
      }
    }
  }
}
fragment PageFields on PageInfo {
  endCursor
  hasNextPage
}
fragment DirectionFields on Direction {
  id
  index
  name
  kind
  origin
  version
  reverseProcess
  samplingSteps
  accuracy
  strengthError
  effectSize
  monotonicity
  uniqueness
  score
  dead
  duplicateOf {
    id
    name
  }
  favourite
  hidden
  tags
  strengthRange {
    min
    max
  }
  filmstrip {
    ...ImageFields
  }
  discovery {
    id
  }
}
fragment ImageFields on Image {
  id
  url
  width
  height
}`;

export const DirectionDocument: TypedDocument<DirectionQuery, DirectionQueryVariables> = `query Direction($id: ID!) {
  direction(id: $id) {
    ...DirectionFields
  }
}
fragment DirectionFields on Direction {
  id
  index
  name
  kind
  origin
  version
  reverseProcess
  samplingSteps
  accuracy
  strengthError
  effectSize
  monotonicity
  uniqueness
  score
  dead
  duplicateOf {
    id
    name
  }
  favourite
  hidden
  tags
  strengthRange {
    min
    max
  }
  filmstrip {
    ...ImageFields
  }
  discovery {
    id
  }
}
fragment ImageFields on Image {
  id
  url
  width
  height
}`;

export const DiscoveriesDocument: TypedDocument<DiscoveriesQuery, DiscoveriesQueryVariables> = `query Discoveries($modelId: ID, $status: RunStatus, $first: Int, $after: String) {
  discoveries(modelId: $modelId, status: $status, first: $first, after: $after) {
    totalCount
    pageInfo {
      ...PageFields
    }
    edges {
      node {
        ...DiscoveryFields
      }
    }
  }
}
fragment PageFields on PageInfo {
  endCursor
  hasNextPage
}
fragment DiscoveryFields on Discovery {
  id
  status
  error {
    ...ErrorFields
  }
  model {
    id
  }
  step
  totalSteps
  secondsPerStep
  lastSeq
  createdAt
  startedAt
  finishedAt
  device
  peakMemoryBytes
  resumedFromStep
  config {
    method
    shift
    start
    directions
    trainingSteps
    samplingSteps
    gradientSteps
    batchSize
    learningRate
    adversarialWeight
    minStrength
    maxStrength
    orthonormal
    fullSpatial
    reverseProcess
    checkpointEvery
    previewEvery
    seed
  }
}
fragment ErrorFields on RunError {
  code
  message
}`;

export const DiscoveryDocument: TypedDocument<DiscoveryQuery, DiscoveryQueryVariables> = `query Discovery($id: ID!) {
  discovery(id: $id) {
    ...DiscoveryFields
  }
}
fragment DiscoveryFields on Discovery {
  id
  status
  error {
    ...ErrorFields
  }
  model {
    id
  }
  step
  totalSteps
  secondsPerStep
  lastSeq
  createdAt
  startedAt
  finishedAt
  device
  peakMemoryBytes
  resumedFromStep
  config {
    method
    shift
    start
    directions
    trainingSteps
    samplingSteps
    gradientSteps
    batchSize
    learningRate
    adversarialWeight
    minStrength
    maxStrength
    orthonormal
    fullSpatial
    reverseProcess
    checkpointEvery
    previewEvery
    seed
  }
}
fragment ErrorFields on RunError {
  code
  message
}`;

export const EstimateDiscoveryDocument: TypedDocument<EstimateDiscoveryQuery, EstimateDiscoveryQueryVariables> = `query EstimateDiscovery($input: StartDiscoveryInput!) {
  estimateDiscovery(input: $input) {
    fits
    advice
    totalSeconds
    secondsPerStep
    peakMemoryBytes
  }
}`;

export const EditsDocument: TypedDocument<EditsQuery, EditsQueryVariables> = `query Edits($modelId: ID, $status: RunStatus, $first: Int, $after: String) {
  edits(modelId: $modelId, status: $status, first: $first, after: $after) {
    totalCount
    pageInfo {
      ...PageFields
    }
    edges {
      node {
        ...EditFields
      }
    }
  }
}
fragment PageFields on PageInfo {
  endCursor
  hasNextPage
}
fragment EditFields on Edit {
  id
  status
  error {
    ...ErrorFields
  }
  model {
    id
  }
  seed
  image {
    ...ImageFields
  }
  fit
  shifts {
    direction {
      id
      name
    }
    strength
    curve {
      t
      weight
    }
  }
  samplingSteps
  coarseSteps
  eta
  qualityBoost
  reverseProcess
  warnings
  cached
  original {
    ...ImageFields
  }
  result {
    ...ImageFields
  }
  reconstructionPsnr
  lastSeq
  createdAt
  finishedAt
}
fragment ErrorFields on RunError {
  code
  message
}
fragment ImageFields on Image {
  id
  url
  width
  height
}`;

export const EditDocument: TypedDocument<EditQuery, EditQueryVariables> = `query Edit($id: ID!) {
  edit(id: $id) {
    ...EditFields
  }
}
fragment EditFields on Edit {
  id
  status
  error {
    ...ErrorFields
  }
  model {
    id
  }
  seed
  image {
    ...ImageFields
  }
  fit
  shifts {
    direction {
      id
      name
    }
    strength
    curve {
      t
      weight
    }
  }
  samplingSteps
  coarseSteps
  eta
  qualityBoost
  reverseProcess
  warnings
  cached
  original {
    ...ImageFields
  }
  result {
    ...ImageFields
  }
  reconstructionPsnr
  lastSeq
  createdAt
  finishedAt
}
fragment ErrorFields on RunError {
  code
  message
}
fragment ImageFields on Image {
  id
  url
  width
  height
}`;

export const RunStatusDocument: TypedDocument<RunStatusQuery, RunStatusQueryVariables> = `query RunStatus($id: ID!) {
  node(id: $id) {
    __typename
    ... on Discovery {
      runStatus: status
    }
    ... on Edit {
      runStatus: status
    }
    ... on Model {
      modelStatus: status
    }
  }
}`;

export const ImportProgressDocument: TypedDocument<ImportProgressSubscription, ImportProgressSubscriptionVariables> = `subscription ImportProgress($modelId: ID!, $after: Int) {
  importProgress(modelId: $modelId, after: $after) {
    __typename
    ... on RunEvent {
      seq
      at
    }
    ... on StatusChanged {
      status
      error {
        ...ErrorFields
      }
    }
    ... on ImportStage {
      stage
      done
      total
    }
  }
}
fragment ErrorFields on RunError {
  code
  message
}`;

export const TrainingProgressDocument: TypedDocument<TrainingProgressSubscription, TrainingProgressSubscriptionVariables> = `subscription TrainingProgress($discoveryId: ID!, $after: Int, $frames: FrameDelivery) {
  trainingProgress(discoveryId: $discoveryId, after: $after, frames: $frames) {
    __typename
    ... on RunEvent {
      seq
      at
    }
    ... on StatusChanged {
      status
      error {
        ...ErrorFields
      }
    }
    ... on TrainingStep {
      step
      totalSteps
      loss
      classificationLoss
      strengthLoss
      adversarialLoss
      discriminatorLoss
      accuracy
      secondsPerStep
      peakMemoryBytes
    }
    ... on TrainingPreview {
      step
      directionIndex
      strength
      stepIndex
      samplingSteps
      timestep
      original {
        ...ImageFields
      }
      shifted {
        ...ImageFields
      }
    }
    ... on CheckpointSaved {
      step
    }
    ... on ScorecardUpdated {
      step
      directions {
        ...DirectionFields
      }
    }
  }
}
fragment ErrorFields on RunError {
  code
  message
}
fragment ImageFields on Image {
  id
  url
  width
  height
}
fragment DirectionFields on Direction {
  id
  index
  name
  kind
  origin
  version
  reverseProcess
  samplingSteps
  accuracy
  strengthError
  effectSize
  monotonicity
  uniqueness
  score
  dead
  duplicateOf {
    id
    name
  }
  favourite
  hidden
  tags
  strengthRange {
    min
    max
  }
  filmstrip {
    ...ImageFields
  }
  discovery {
    id
  }
}`;

export const EditProgressDocument: TypedDocument<EditProgressSubscription, EditProgressSubscriptionVariables> = `subscription EditProgress($editId: ID!, $after: Int, $frames: FrameDelivery) {
  editProgress(editId: $editId, after: $after, frames: $frames) {
    __typename
    ... on RunEvent {
      seq
      at
    }
    ... on StatusChanged {
      status
      error {
        ...ErrorFields
      }
    }
    ... on EditFrame {
      stepIndex
      samplingSteps
      timestep
      coarse
      image {
        ...ImageFields
      }
      original {
        ...ImageFields
      }
      difference {
        ...ImageFields
      }
    }
    ... on EditFinished {
      original {
        ...ImageFields
      }
      result {
        ...ImageFields
      }
    }
  }
}
fragment ErrorFields on RunError {
  code
  message
}
fragment ImageFields on Image {
  id
  url
  width
  height
}`;