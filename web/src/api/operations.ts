// Generated from the schema and the .graphql files by `npm run schema`; do not edit.
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
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

/** What a check came to. */
export type CheckVerdict =
  | 'FAILED'
  | 'PASSED'
  /** It would have taken too much; the message says what. */
  | 'SKIPPED';

/** A point of the curve that weights a shift over the sampling steps. */
export type CurvePointInput = {
  /** 0 is the first (noisiest) step, 1 the last; ascending from point to point. */
  readonly t: number;
  /** Multiplies the strength there, -100 to 100. */
  readonly weight: number;
};

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

export type SheetDirectionFragment = { readonly id: string, readonly index: number, readonly name: string, readonly kind: ShiftKind, readonly origin: DirectionOrigin, readonly version: number, readonly samplingSteps: number, readonly reverseProcess: ReverseProcess, readonly accuracy: number | null, readonly strengthError: number | null, readonly effectSize: number | null, readonly monotonicity: number | null, readonly uniqueness: number | null, readonly score: number | null, readonly dead: boolean, readonly favourite: boolean, readonly hidden: boolean, readonly tags: ReadonlyArray<string>, readonly duplicateOf: { readonly id: string, readonly name: string } | null, readonly strengthRange: { readonly min: number, readonly max: number } | null, readonly fidelity: ReadonlyArray<{ readonly strength: number, readonly kid: number, readonly frechetDistance: number }>, readonly fidelityBaseline: { readonly frechetDistance: number, readonly samples: number } | null, readonly filmstrip: ReadonlyArray<{ readonly id: string, readonly url: string, readonly width: number, readonly height: number }>, readonly discovery: { readonly id: string, readonly config: { readonly maxStrength: number } } | null };

export type SheetDirectionsQueryVariables = Exact<{
  modelId: string;
  after?: string | null | undefined;
}>;


export type SheetDirectionsQuery = { readonly directions: { readonly pageInfo: { readonly endCursor: string | null, readonly hasNextPage: boolean }, readonly edges: ReadonlyArray<{ readonly node: { readonly id: string, readonly index: number, readonly name: string, readonly kind: ShiftKind, readonly origin: DirectionOrigin, readonly version: number, readonly samplingSteps: number, readonly reverseProcess: ReverseProcess, readonly accuracy: number | null, readonly strengthError: number | null, readonly effectSize: number | null, readonly monotonicity: number | null, readonly uniqueness: number | null, readonly score: number | null, readonly dead: boolean, readonly favourite: boolean, readonly hidden: boolean, readonly tags: ReadonlyArray<string>, readonly duplicateOf: { readonly id: string, readonly name: string } | null, readonly strengthRange: { readonly min: number, readonly max: number } | null, readonly fidelity: ReadonlyArray<{ readonly strength: number, readonly kid: number, readonly frechetDistance: number }>, readonly fidelityBaseline: { readonly frechetDistance: number, readonly samples: number } | null, readonly filmstrip: ReadonlyArray<{ readonly id: string, readonly url: string, readonly width: number, readonly height: number }>, readonly discovery: { readonly id: string, readonly config: { readonly maxStrength: number } } | null } }> } };

export type SheetDiscoveriesQueryVariables = Exact<{
  modelId: string;
}>;


export type SheetDiscoveriesQuery = { readonly discoveries: { readonly edges: ReadonlyArray<{ readonly node: { readonly id: string, readonly status: RunStatus, readonly createdAt: string, readonly config: { readonly method: DiscoveryMethod, readonly directions: number } } }> } };

export type MarkDirectionMutationVariables = Exact<{
  input: UpdateDirectionInput;
}>;


export type MarkDirectionMutation = { readonly updateDirection: { readonly id: string, readonly index: number, readonly name: string, readonly kind: ShiftKind, readonly origin: DirectionOrigin, readonly version: number, readonly samplingSteps: number, readonly reverseProcess: ReverseProcess, readonly accuracy: number | null, readonly strengthError: number | null, readonly effectSize: number | null, readonly monotonicity: number | null, readonly uniqueness: number | null, readonly score: number | null, readonly dead: boolean, readonly favourite: boolean, readonly hidden: boolean, readonly tags: ReadonlyArray<string>, readonly duplicateOf: { readonly id: string, readonly name: string } | null, readonly strengthRange: { readonly min: number, readonly max: number } | null, readonly fidelity: ReadonlyArray<{ readonly strength: number, readonly kid: number, readonly frechetDistance: number }>, readonly fidelityBaseline: { readonly frechetDistance: number, readonly samples: number } | null, readonly filmstrip: ReadonlyArray<{ readonly id: string, readonly url: string, readonly width: number, readonly height: number }>, readonly discovery: { readonly id: string, readonly config: { readonly maxStrength: number } } | null } };

export type ExportSheetMutationVariables = Exact<{
  ids: ReadonlyArray<string> | string;
}>;


export type ExportSheetMutation = { readonly exportDirections: { readonly url: string, readonly byteSize: number } };

export type ImportSheetMutationVariables = Exact<{
  input: ImportDirectionsInput;
}>;


export type ImportSheetMutation = { readonly importDirections: ReadonlyArray<{ readonly id: string }> };

export type RunSummaryFragment = { readonly id: string, readonly status: RunStatus, readonly step: number, readonly totalSteps: number, readonly secondsPerStep: number | null, readonly createdAt: string, readonly error: { readonly code: string, readonly message: string } | null, readonly config: { readonly method: DiscoveryMethod, readonly shift: ShiftKind, readonly directions: number, readonly trainingSteps: number, readonly samplingSteps: number, readonly batchSize: number } };

export type RunListQueryVariables = Exact<{
  modelId: string;
  after?: string | null | undefined;
}>;


export type RunListQuery = { readonly discoveries: { readonly totalCount: number, readonly edges: ReadonlyArray<{ readonly node: { readonly id: string, readonly status: RunStatus, readonly step: number, readonly totalSteps: number, readonly secondsPerStep: number | null, readonly createdAt: string, readonly error: { readonly code: string, readonly message: string } | null, readonly config: { readonly method: DiscoveryMethod, readonly shift: ShiftKind, readonly directions: number, readonly trainingSteps: number, readonly samplingSteps: number, readonly batchSize: number } } }>, readonly pageInfo: { readonly endCursor: string | null, readonly hasNextPage: boolean } } };

export type RunDetailsQueryVariables = Exact<{
  id: string;
}>;


export type RunDetailsQuery = { readonly discovery: { readonly device: string | null, readonly peakMemoryBytes: number | null, readonly resumedFromStep: number | null, readonly startedAt: string | null, readonly finishedAt: string | null, readonly id: string, readonly status: RunStatus, readonly step: number, readonly totalSteps: number, readonly secondsPerStep: number | null, readonly createdAt: string, readonly model: { readonly id: string, readonly name: string, readonly stages: ReadonlyArray<{ readonly name: ModelStageName, readonly status: ModelStageStatus, readonly done: number, readonly total: number, readonly estimatedSeconds: number | null, readonly message: string | null }> }, readonly config: { readonly reverseProcess: ReverseProcess, readonly maxStrength: number, readonly minStrength: number, readonly gradientSteps: number | null, readonly learningRate: number, readonly adversarialWeight: number, readonly orthonormal: boolean, readonly fullSpatial: boolean, readonly start: SubspaceStart | null, readonly seed: number, readonly checkpointEvery: number, readonly previewEvery: number, readonly method: DiscoveryMethod, readonly shift: ShiftKind, readonly directions: number, readonly trainingSteps: number, readonly samplingSteps: number, readonly batchSize: number }, readonly directions: { readonly totalCount: number }, readonly error: { readonly code: string, readonly message: string } | null } | null };

export type EstimateRunQueryVariables = Exact<{
  input: StartDiscoveryInput;
}>;


export type EstimateRunQuery = { readonly estimateDiscovery: { readonly fits: boolean, readonly advice: string | null, readonly peakMemoryBytes: number, readonly secondsPerStep: number | null, readonly totalSeconds: number | null } };

export type StartRunMutationVariables = Exact<{
  input: StartDiscoveryInput;
}>;


export type StartRunMutation = { readonly startDiscovery: { readonly id: string } };

export type PauseRunMutationVariables = Exact<{
  id: string;
}>;


export type PauseRunMutation = { readonly pauseDiscovery: { readonly id: string, readonly status: RunStatus } };

export type ResumeRunMutationVariables = Exact<{
  id: string;
}>;


export type ResumeRunMutation = { readonly resumeDiscovery: { readonly id: string, readonly status: RunStatus } };

export type CancelRunMutationVariables = Exact<{
  id: string;
}>;


export type CancelRunMutation = { readonly cancelDiscovery: { readonly id: string, readonly status: RunStatus } };

export type RunEventsSubscriptionVariables = Exact<{
  discoveryId: string;
  after?: number | null | undefined;
}>;


export type RunEventsSubscription = { readonly trainingProgress:
    | { readonly __typename: 'CheckpointSaved', readonly seq: number, readonly step: number }
    | { readonly __typename: 'ScorecardUpdated', readonly seq: number, readonly step: number }
    | { readonly __typename: 'StatusChanged', readonly seq: number, readonly status: RunStatus, readonly error: { readonly code: string, readonly message: string } | null }
    | { readonly __typename: 'TrainingPreview', readonly seq: number, readonly step: number, readonly stepIndex: number, readonly timestep: number, readonly directionIndex: number, readonly strength: number, readonly original: { readonly id: string, readonly url: string, readonly width: number, readonly height: number }, readonly shifted: { readonly id: string, readonly url: string, readonly width: number, readonly height: number } }
    | { readonly __typename: 'TrainingStep', readonly seq: number, readonly step: number, readonly totalSteps: number, readonly loss: number, readonly classificationLoss: number, readonly strengthLoss: number, readonly accuracy: number, readonly secondsPerStep: number, readonly peakMemoryBytes: number }
   };

export type RackDirectionFragment = { readonly id: string, readonly name: string, readonly score: number | null, readonly favourite: boolean, readonly filmstrip: ReadonlyArray<{ readonly id: string, readonly url: string, readonly width: number, readonly height: number }>, readonly strengthRange: { readonly min: number, readonly max: number } | null, readonly discovery: { readonly config: { readonly maxStrength: number } } | null };

export type EditModelQueryVariables = Exact<{
  id: string;
}>;


export type EditModelQuery = { readonly model: { readonly id: string, readonly resolution: number, readonly trainTimesteps: number, readonly samples: ReadonlyArray<{ readonly id: string, readonly url: string, readonly width: number, readonly height: number }> } | null };

export type RackDirectionsQueryVariables = Exact<{
  ids: ReadonlyArray<string> | string;
}>;


export type RackDirectionsQuery = { readonly nodes: ReadonlyArray<
    | { readonly __typename: 'Direction', readonly id: string, readonly name: string, readonly score: number | null, readonly favourite: boolean, readonly filmstrip: ReadonlyArray<{ readonly id: string, readonly url: string, readonly width: number, readonly height: number }>, readonly strengthRange: { readonly min: number, readonly max: number } | null, readonly discovery: { readonly config: { readonly maxStrength: number } } | null }
    | { readonly __typename: 'Discovery' }
    | { readonly __typename: 'Edit' }
    | { readonly __typename: 'Image' }
    | { readonly __typename: 'Model' }
   | null> };

export type DirectionChoicesQueryVariables = Exact<{
  modelId: string;
}>;


export type DirectionChoicesQuery = { readonly directions: { readonly edges: ReadonlyArray<{ readonly node: { readonly id: string, readonly name: string, readonly score: number | null, readonly favourite: boolean, readonly duplicateOf: { readonly id: string } | null, readonly filmstrip: ReadonlyArray<{ readonly id: string, readonly url: string, readonly width: number, readonly height: number }>, readonly strengthRange: { readonly min: number, readonly max: number } | null, readonly discovery: { readonly config: { readonly maxStrength: number } } | null } }> } };

export type ApplyLiveEditMutationVariables = Exact<{
  input: ApplyEditInput;
}>;


export type ApplyLiveEditMutation = { readonly applyEdit: { readonly id: string, readonly warnings: ReadonlyArray<string> } };

export type EditEventsSubscriptionVariables = Exact<{
  editId: string;
  after?: number | null | undefined;
  frames?: FrameDelivery | null | undefined;
}>;


export type EditEventsSubscription = { readonly editProgress:
    | { readonly __typename: 'EditFinished', readonly seq: number, readonly result: { readonly id: string, readonly url: string, readonly width: number, readonly height: number }, readonly original: { readonly id: string, readonly url: string, readonly width: number, readonly height: number } | null }
    | { readonly __typename: 'EditFrame', readonly seq: number, readonly stepIndex: number, readonly coarse: boolean, readonly image: { readonly id: string, readonly url: string, readonly width: number, readonly height: number } }
    | { readonly __typename: 'StatusChanged', readonly seq: number, readonly status: RunStatus, readonly error: { readonly code: string, readonly message: string } | null }
   };

export type EditOutcomeQueryVariables = Exact<{
  id: string;
}>;


export type EditOutcomeQuery = { readonly edit: { readonly id: string, readonly warnings: ReadonlyArray<string>, readonly reconstructionPsnr: number | null, readonly result: { readonly id: string, readonly url: string, readonly width: number, readonly height: number } | null, readonly original: { readonly id: string, readonly url: string, readonly width: number, readonly height: number } | null, readonly frames: ReadonlyArray<{ readonly stepIndex: number, readonly timestep: number, readonly coarse: boolean, readonly image: { readonly id: string, readonly url: string, readonly width: number, readonly height: number } }> } | null };

export type StartEditSweepMutationVariables = Exact<{
  input: StartSweepInput;
}>;


export type StartEditSweepMutation = { readonly startSweep: ReadonlyArray<{ readonly id: string }> };

export type ModelListQueryVariables = Exact<{ [key: string]: never; }>;


export type ModelListQuery = { readonly models: { readonly edges: ReadonlyArray<{ readonly node: { readonly id: string, readonly name: string, readonly status: ModelStatus, readonly resolution: number, readonly hShape: ReadonlyArray<number> } }> } };

export type StagePartsFragment = { readonly name: ModelStageName, readonly status: ModelStageStatus, readonly done: number, readonly total: number, readonly estimatedSeconds: number | null, readonly message: string | null };

export type PictureFragment = { readonly id: string, readonly url: string, readonly width: number, readonly height: number };

export type ModelCardsQueryVariables = Exact<{ [key: string]: never; }>;


export type ModelCardsQuery = { readonly models: { readonly edges: ReadonlyArray<{ readonly node: { readonly id: string, readonly name: string, readonly status: ModelStatus, readonly source: string, readonly resolution: number, readonly channels: number, readonly parameterCount: number, readonly error: { readonly code: string, readonly message: string } | null, readonly samples: ReadonlyArray<{ readonly id: string, readonly url: string, readonly width: number, readonly height: number }>, readonly stages: ReadonlyArray<{ readonly name: ModelStageName, readonly status: ModelStageStatus, readonly done: number, readonly total: number, readonly estimatedSeconds: number | null, readonly message: string | null }>, readonly directions: { readonly totalCount: number } } }> } };

export type ModelDetailsQueryVariables = Exact<{
  id: string;
}>;


export type ModelDetailsQuery = { readonly model: { readonly id: string, readonly name: string, readonly status: ModelStatus, readonly source: string, readonly hash: string | null, readonly resolution: number, readonly channels: number, readonly parameterCount: number, readonly hShape: ReadonlyArray<number>, readonly hTap: string, readonly trainTimesteps: number, readonly betaSchedule: string, readonly predictionType: string, readonly error: { readonly code: string, readonly message: string } | null, readonly samples: ReadonlyArray<{ readonly id: string, readonly url: string, readonly width: number, readonly height: number }>, readonly stages: ReadonlyArray<{ readonly name: ModelStageName, readonly status: ModelStageStatus, readonly done: number, readonly total: number, readonly estimatedSeconds: number | null, readonly message: string | null }>, readonly report: { readonly format: string, readonly warnings: ReadonlyArray<string>, readonly secondsPerForward: number, readonly files: ReadonlyArray<{ readonly path: string, readonly byteSize: number }>, readonly weights: { readonly matched: number, readonly ignored: ReadonlyArray<string>, readonly byteSize: number }, readonly schedule: { readonly meaning: string }, readonly taps: ReadonlyArray<{ readonly name: string, readonly shape: ReadonlyArray<number>, readonly chosen: boolean, readonly why: string }>, readonly gradients: { readonly verdict: CheckVerdict, readonly message: string } | null, readonly samples: { readonly verdict: CheckVerdict, readonly message: string } | null, readonly memory: { readonly editingBytes: number, readonly trainingBytes: number, readonly usableBytes: number, readonly advice: string | null } | null, readonly config: ReadonlyArray<{ readonly key: string, readonly value: string, readonly meaning: string }> } | null } | null };

export type ImportModelMutationVariables = Exact<{
  input: ImportModelInput;
}>;


export type ImportModelMutation = { readonly importModel: { readonly id: string } };

export type CancelImportMutationVariables = Exact<{
  id: string;
}>;


export type CancelImportMutation = { readonly cancelImport: { readonly id: string } };

export type ImportProgressSubscriptionVariables = Exact<{
  modelId: string;
  after?: number | null | undefined;
}>;


export type ImportProgressSubscription = { readonly importProgress:
    | { readonly __typename: 'ImportStage', readonly seq: number, readonly stage: string, readonly done: number, readonly total: number }
    | { readonly __typename: 'StatusChanged', readonly seq: number, readonly status: RunStatus, readonly error: { readonly code: string, readonly message: string } | null }
   };

export type ServerQueryVariables = Exact<{ [key: string]: never; }>;


export type ServerQuery = { readonly server: { readonly version: string, readonly workers: number, readonly queuedDiscoveries: number, readonly queuedEdits: number, readonly devices: ReadonlyArray<{ readonly name: string, readonly available: boolean, readonly chosen: boolean, readonly reason: string }> } };

export class TypedDocumentString<TResult, TVariables>
  extends String
  implements DocumentTypeDecoration<TResult, TVariables>
{
  __apiType?: NonNullable<DocumentTypeDecoration<TResult, TVariables>['__apiType']>;
  private value: string;
  public __meta__?: Record<string, any> | undefined;

  constructor(value: string, __meta__?: Record<string, any> | undefined) {
    super(value);
    this.value = value;
    this.__meta__ = __meta__;
  }

  override toString(): string & DocumentTypeDecoration<TResult, TVariables> {
    return this.value;
  }
}
export const PictureFragmentDoc = new TypedDocumentString(`
    fragment Picture on Image {
  id
  url
  width
  height
}
    `, {"fragmentName":"Picture"}) as unknown as TypedDocumentString<PictureFragment, unknown>;
export const SheetDirectionFragmentDoc = new TypedDocumentString(`
    fragment SheetDirection on Direction {
  id
  index
  name
  kind
  origin
  version
  samplingSteps
  reverseProcess
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
  fidelity {
    strength
    kid
    frechetDistance
  }
  fidelityBaseline {
    frechetDistance
    samples
  }
  filmstrip {
    ...Picture
  }
  discovery {
    id
    config {
      maxStrength
    }
  }
}
    fragment Picture on Image {
  id
  url
  width
  height
}`, {"fragmentName":"SheetDirection"}) as unknown as TypedDocumentString<SheetDirectionFragment, unknown>;
export const RunSummaryFragmentDoc = new TypedDocumentString(`
    fragment RunSummary on Discovery {
  id
  status
  step
  totalSteps
  secondsPerStep
  createdAt
  error {
    code
    message
  }
  config {
    method
    shift
    directions
    trainingSteps
    samplingSteps
    batchSize
  }
}
    `, {"fragmentName":"RunSummary"}) as unknown as TypedDocumentString<RunSummaryFragment, unknown>;
export const RackDirectionFragmentDoc = new TypedDocumentString(`
    fragment RackDirection on Direction {
  id
  name
  score
  favourite
  filmstrip {
    ...Picture
  }
  strengthRange {
    min
    max
  }
  discovery {
    config {
      maxStrength
    }
  }
}
    fragment Picture on Image {
  id
  url
  width
  height
}`, {"fragmentName":"RackDirection"}) as unknown as TypedDocumentString<RackDirectionFragment, unknown>;
export const StagePartsFragmentDoc = new TypedDocumentString(`
    fragment StageParts on ModelStage {
  name
  status
  done
  total
  estimatedSeconds
  message
}
    `, {"fragmentName":"StageParts"}) as unknown as TypedDocumentString<StagePartsFragment, unknown>;
export const SheetDirectionsDocument = new TypedDocumentString(`
    query SheetDirections($modelId: ID!, $after: String) {
  directions(modelId: $modelId, orderBy: SCORE, first: 200, after: $after) {
    pageInfo {
      endCursor
      hasNextPage
    }
    edges {
      node {
        ...SheetDirection
      }
    }
  }
}
    fragment SheetDirection on Direction {
  id
  index
  name
  kind
  origin
  version
  samplingSteps
  reverseProcess
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
  fidelity {
    strength
    kid
    frechetDistance
  }
  fidelityBaseline {
    frechetDistance
    samples
  }
  filmstrip {
    ...Picture
  }
  discovery {
    id
    config {
      maxStrength
    }
  }
}
fragment Picture on Image {
  id
  url
  width
  height
}`) as unknown as TypedDocumentString<SheetDirectionsQuery, SheetDirectionsQueryVariables>;
export const SheetDiscoveriesDocument = new TypedDocumentString(`
    query SheetDiscoveries($modelId: ID!) {
  discoveries(modelId: $modelId, first: 100) {
    edges {
      node {
        id
        status
        createdAt
        config {
          method
          directions
        }
      }
    }
  }
}
    `) as unknown as TypedDocumentString<SheetDiscoveriesQuery, SheetDiscoveriesQueryVariables>;
export const MarkDirectionDocument = new TypedDocumentString(`
    mutation MarkDirection($input: UpdateDirectionInput!) {
  updateDirection(input: $input) {
    ...SheetDirection
  }
}
    fragment SheetDirection on Direction {
  id
  index
  name
  kind
  origin
  version
  samplingSteps
  reverseProcess
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
  fidelity {
    strength
    kid
    frechetDistance
  }
  fidelityBaseline {
    frechetDistance
    samples
  }
  filmstrip {
    ...Picture
  }
  discovery {
    id
    config {
      maxStrength
    }
  }
}
fragment Picture on Image {
  id
  url
  width
  height
}`) as unknown as TypedDocumentString<MarkDirectionMutation, MarkDirectionMutationVariables>;
export const ExportSheetDocument = new TypedDocumentString(`
    mutation ExportSheet($ids: [ID!]!) {
  exportDirections(ids: $ids) {
    url
    byteSize
  }
}
    `) as unknown as TypedDocumentString<ExportSheetMutation, ExportSheetMutationVariables>;
export const ImportSheetDocument = new TypedDocumentString(`
    mutation ImportSheet($input: ImportDirectionsInput!) {
  importDirections(input: $input) {
    id
  }
}
    `) as unknown as TypedDocumentString<ImportSheetMutation, ImportSheetMutationVariables>;
export const RunListDocument = new TypedDocumentString(`
    query RunList($modelId: ID!, $after: String) {
  discoveries(modelId: $modelId, first: 20, after: $after) {
    totalCount
    edges {
      node {
        ...RunSummary
      }
    }
    pageInfo {
      endCursor
      hasNextPage
    }
  }
}
    fragment RunSummary on Discovery {
  id
  status
  step
  totalSteps
  secondsPerStep
  createdAt
  error {
    code
    message
  }
  config {
    method
    shift
    directions
    trainingSteps
    samplingSteps
    batchSize
  }
}`) as unknown as TypedDocumentString<RunListQuery, RunListQueryVariables>;
export const RunDetailsDocument = new TypedDocumentString(`
    query RunDetails($id: ID!) {
  discovery(id: $id) {
    ...RunSummary
    device
    peakMemoryBytes
    resumedFromStep
    startedAt
    finishedAt
    model {
      id
      name
      stages {
        ...StageParts
      }
    }
    config {
      reverseProcess
      maxStrength
      minStrength
      gradientSteps
      learningRate
      adversarialWeight
      orthonormal
      fullSpatial
      start
      seed
      checkpointEvery
      previewEvery
    }
    directions(first: 1) {
      totalCount
    }
  }
}
    fragment RunSummary on Discovery {
  id
  status
  step
  totalSteps
  secondsPerStep
  createdAt
  error {
    code
    message
  }
  config {
    method
    shift
    directions
    trainingSteps
    samplingSteps
    batchSize
  }
}
fragment StageParts on ModelStage {
  name
  status
  done
  total
  estimatedSeconds
  message
}`) as unknown as TypedDocumentString<RunDetailsQuery, RunDetailsQueryVariables>;
export const EstimateRunDocument = new TypedDocumentString(`
    query EstimateRun($input: StartDiscoveryInput!) {
  estimateDiscovery(input: $input) {
    fits
    advice
    peakMemoryBytes
    secondsPerStep
    totalSeconds
  }
}
    `) as unknown as TypedDocumentString<EstimateRunQuery, EstimateRunQueryVariables>;
export const StartRunDocument = new TypedDocumentString(`
    mutation StartRun($input: StartDiscoveryInput!) {
  startDiscovery(input: $input) {
    id
  }
}
    `) as unknown as TypedDocumentString<StartRunMutation, StartRunMutationVariables>;
export const PauseRunDocument = new TypedDocumentString(`
    mutation PauseRun($id: ID!) {
  pauseDiscovery(id: $id) {
    id
    status
  }
}
    `) as unknown as TypedDocumentString<PauseRunMutation, PauseRunMutationVariables>;
export const ResumeRunDocument = new TypedDocumentString(`
    mutation ResumeRun($id: ID!) {
  resumeDiscovery(id: $id) {
    id
    status
  }
}
    `) as unknown as TypedDocumentString<ResumeRunMutation, ResumeRunMutationVariables>;
export const CancelRunDocument = new TypedDocumentString(`
    mutation CancelRun($id: ID!) {
  cancelDiscovery(id: $id) {
    id
    status
  }
}
    `) as unknown as TypedDocumentString<CancelRunMutation, CancelRunMutationVariables>;
export const RunEventsDocument = new TypedDocumentString(`
    subscription RunEvents($discoveryId: ID!, $after: Int) {
  trainingProgress(discoveryId: $discoveryId, after: $after) {
    __typename
    ... on RunEvent {
      seq
    }
    ... on StatusChanged {
      status
      error {
        code
        message
      }
    }
    ... on TrainingStep {
      step
      totalSteps
      loss
      classificationLoss
      strengthLoss
      accuracy
      secondsPerStep
      peakMemoryBytes
    }
    ... on TrainingPreview {
      step
      stepIndex
      timestep
      directionIndex
      strength
      original {
        ...Picture
      }
      shifted {
        ...Picture
      }
    }
    ... on CheckpointSaved {
      step
    }
    ... on ScorecardUpdated {
      step
    }
  }
}
    fragment Picture on Image {
  id
  url
  width
  height
}`) as unknown as TypedDocumentString<RunEventsSubscription, RunEventsSubscriptionVariables>;
export const EditModelDocument = new TypedDocumentString(`
    query EditModel($id: ID!) {
  model(id: $id) {
    id
    resolution
    trainTimesteps
    samples(first: 32) {
      ...Picture
    }
  }
}
    fragment Picture on Image {
  id
  url
  width
  height
}`) as unknown as TypedDocumentString<EditModelQuery, EditModelQueryVariables>;
export const RackDirectionsDocument = new TypedDocumentString(`
    query RackDirections($ids: [ID!]!) {
  nodes(ids: $ids) {
    __typename
    ... on Direction {
      ...RackDirection
    }
  }
}
    fragment RackDirection on Direction {
  id
  name
  score
  favourite
  filmstrip {
    ...Picture
  }
  strengthRange {
    min
    max
  }
  discovery {
    config {
      maxStrength
    }
  }
}
fragment Picture on Image {
  id
  url
  width
  height
}`) as unknown as TypedDocumentString<RackDirectionsQuery, RackDirectionsQueryVariables>;
export const DirectionChoicesDocument = new TypedDocumentString(`
    query DirectionChoices($modelId: ID!) {
  directions(
    modelId: $modelId
    orderBy: SCORE
    first: 200
    filter: {hidden: false, dead: false}
  ) {
    edges {
      node {
        ...RackDirection
        duplicateOf {
          id
        }
      }
    }
  }
}
    fragment RackDirection on Direction {
  id
  name
  score
  favourite
  filmstrip {
    ...Picture
  }
  strengthRange {
    min
    max
  }
  discovery {
    config {
      maxStrength
    }
  }
}
fragment Picture on Image {
  id
  url
  width
  height
}`) as unknown as TypedDocumentString<DirectionChoicesQuery, DirectionChoicesQueryVariables>;
export const ApplyLiveEditDocument = new TypedDocumentString(`
    mutation ApplyLiveEdit($input: ApplyEditInput!) {
  applyEdit(input: $input) {
    id
    warnings
  }
}
    `) as unknown as TypedDocumentString<ApplyLiveEditMutation, ApplyLiveEditMutationVariables>;
export const EditEventsDocument = new TypedDocumentString(`
    subscription EditEvents($editId: ID!, $after: Int, $frames: FrameDelivery) {
  editProgress(editId: $editId, after: $after, frames: $frames) {
    __typename
    ... on RunEvent {
      seq
    }
    ... on StatusChanged {
      status
      error {
        code
        message
      }
    }
    ... on EditFrame {
      stepIndex
      coarse
      image {
        ...Picture
      }
    }
    ... on EditFinished {
      result {
        ...Picture
      }
      original {
        ...Picture
      }
    }
  }
}
    fragment Picture on Image {
  id
  url
  width
  height
}`) as unknown as TypedDocumentString<EditEventsSubscription, EditEventsSubscriptionVariables>;
export const EditOutcomeDocument = new TypedDocumentString(`
    query EditOutcome($id: ID!) {
  edit(id: $id) {
    id
    warnings
    reconstructionPsnr
    result {
      ...Picture
    }
    original {
      ...Picture
    }
    frames {
      stepIndex
      timestep
      coarse
      image {
        ...Picture
      }
    }
  }
}
    fragment Picture on Image {
  id
  url
  width
  height
}`) as unknown as TypedDocumentString<EditOutcomeQuery, EditOutcomeQueryVariables>;
export const StartEditSweepDocument = new TypedDocumentString(`
    mutation StartEditSweep($input: StartSweepInput!) {
  startSweep(input: $input) {
    id
  }
}
    `) as unknown as TypedDocumentString<StartEditSweepMutation, StartEditSweepMutationVariables>;
export const ModelListDocument = new TypedDocumentString(`
    query ModelList {
  models(first: 100) {
    edges {
      node {
        id
        name
        status
        resolution
        hShape
      }
    }
  }
}
    `) as unknown as TypedDocumentString<ModelListQuery, ModelListQueryVariables>;
export const ModelCardsDocument = new TypedDocumentString(`
    query ModelCards {
  models(first: 100) {
    edges {
      node {
        id
        name
        status
        source
        resolution
        channels
        parameterCount
        error {
          code
          message
        }
        samples(first: 8) {
          ...Picture
        }
        stages {
          ...StageParts
        }
        directions(first: 1) {
          totalCount
        }
      }
    }
  }
}
    fragment StageParts on ModelStage {
  name
  status
  done
  total
  estimatedSeconds
  message
}
fragment Picture on Image {
  id
  url
  width
  height
}`) as unknown as TypedDocumentString<ModelCardsQuery, ModelCardsQueryVariables>;
export const ModelDetailsDocument = new TypedDocumentString(`
    query ModelDetails($id: ID!) {
  model(id: $id) {
    id
    name
    status
    source
    hash
    resolution
    channels
    parameterCount
    hShape
    hTap
    trainTimesteps
    betaSchedule
    predictionType
    error {
      code
      message
    }
    samples(first: 32) {
      ...Picture
    }
    stages {
      ...StageParts
    }
    report {
      format
      warnings
      secondsPerForward
      files {
        path
        byteSize
      }
      weights {
        matched
        ignored
        byteSize
      }
      schedule {
        meaning
      }
      taps {
        name
        shape
        chosen
        why
      }
      gradients {
        verdict
        message
      }
      samples {
        verdict
        message
      }
      memory {
        editingBytes
        trainingBytes
        usableBytes
        advice
      }
      config {
        key
        value
        meaning
      }
    }
  }
}
    fragment StageParts on ModelStage {
  name
  status
  done
  total
  estimatedSeconds
  message
}
fragment Picture on Image {
  id
  url
  width
  height
}`) as unknown as TypedDocumentString<ModelDetailsQuery, ModelDetailsQueryVariables>;
export const ImportModelDocument = new TypedDocumentString(`
    mutation ImportModel($input: ImportModelInput!) {
  importModel(input: $input) {
    id
  }
}
    `) as unknown as TypedDocumentString<ImportModelMutation, ImportModelMutationVariables>;
export const CancelImportDocument = new TypedDocumentString(`
    mutation CancelImport($id: ID!) {
  cancelImport(id: $id) {
    id
  }
}
    `) as unknown as TypedDocumentString<CancelImportMutation, CancelImportMutationVariables>;
export const ImportProgressDocument = new TypedDocumentString(`
    subscription ImportProgress($modelId: ID!, $after: Int) {
  importProgress(modelId: $modelId, after: $after) {
    __typename
    ... on RunEvent {
      seq
    }
    ... on ImportStage {
      stage
      done
      total
    }
    ... on StatusChanged {
      status
      error {
        code
        message
      }
    }
  }
}
    `) as unknown as TypedDocumentString<ImportProgressSubscription, ImportProgressSubscriptionVariables>;
export const ServerDocument = new TypedDocumentString(`
    query Server {
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
}
    `) as unknown as TypedDocumentString<ServerQuery, ServerQueryVariables>;