// Generated from the schema and the .graphql files by `npm run schema`; do not edit.
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
/** Whether a model can be used. */
export type ModelStatus =
  /** It could not be imported: `error` says why. */
  | 'FAILED'
  /** Being read and checked; follow `importProgress`. */
  | 'IMPORTING'
  /** Discoveries and edits can run on it. */
  | 'READY';

export type ModelListQueryVariables = Exact<{ [key: string]: never; }>;


export type ModelListQuery = { readonly models: { readonly edges: ReadonlyArray<{ readonly node: { readonly id: string, readonly name: string, readonly status: ModelStatus, readonly resolution: number, readonly hShape: ReadonlyArray<number> } }> } };

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