// Generated from the schema and the .graphql files by `npm run schema`; do not edit.
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
/** What a check came to. */
export type CheckVerdict =
  | 'FAILED'
  | 'PASSED'
  /** It would have taken too much; the message says what. */
  | 'SKIPPED';

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
export const PictureFragmentDoc = new TypedDocumentString(`
    fragment Picture on Image {
  id
  url
  width
  height
}
    `, {"fragmentName":"Picture"}) as unknown as TypedDocumentString<PictureFragment, unknown>;
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