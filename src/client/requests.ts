import type { Client as Socket } from 'graphql-ws/client';
import { download, execute, upload } from './http.js';
import { type ClientOptions, type Connection, connectionOf, type RequestOptions } from './options.js';
import { openSocket } from './socket.js';
import { subscribe } from './subscription.js';
import type { TypedDocument } from './typed-document.js';

/** `variables` may be left out where none is required. */
type Arguments<Variables> = object extends Variables
  ? [variables?: Variables, options?: RequestOptions]
  : [variables: Variables, options?: RequestOptions];

/** Any operation, and files: what the named operations of AzimuthClient are made of. Failures are thrown as AzimuthError. */
export class Requests {
  private readonly connection: Connection;
  private opened: Socket | null = null;

  constructor(options: ClientOptions) {
    this.connection = connectionOf(options);
  }

  /** A query or mutation: one of this module's documents, one of your own code generation, or a string. */
  request<Result, Variables>(
    document: TypedDocument<Result, Variables>,
    ...[variables, options]: Arguments<Variables>
  ): Promise<Result> {
    return execute(this.connection, document, variables, options);
  }

  /** A subscription on one connection: ends with CONNECTION_FAILED when that is lost. `trainingProgress` and the like go on. */
  subscribe<Result, Variables>(
    document: TypedDocument<Result, Variables>,
    ...[variables, options]: Arguments<Variables>
  ): AsyncGenerator<Result, void, void> {
    this.opened ??= openSocket(this.connection);
    return subscribe(this.opened, document, variables ?? {}, options?.signal);
  }

  /** The absolute address of an image or a file, for an `<img>`. */
  urlOf({ url }: { readonly url: string }): string {
    return new URL(url, this.connection.origin).href;
  }

  /** The bytes of an image or a file, with their media type. */
  download({ url }: { readonly url: string }, options?: RequestOptions): Promise<Blob> {
    return download(this.connection, url, options);
  }

  /** A PNG, JPEG or WebP to edit; its media type is the blob's. Resolves to what `imageId` takes. */
  uploadImage(image: Blob, options?: RequestOptions): Promise<UploadedImage> {
    return upload(this.connection, '/images', image, options);
  }

  /** A file of directions; resolves to what `importDirections` takes as `url`. */
  uploadDirections(file: Blob, options?: RequestOptions): Promise<UploadedDirections> {
    return upload(this.connection, '/directions', new Blob([file], { type: 'application/octet-stream' }), options);
  }

  /** Closes the socket. Subscriptions under way open it again. */
  async close(): Promise<void> {
    const socket = this.opened;
    this.opened = null;
    await socket?.dispose();
  }
}

export interface UploadedImage {
  readonly id: string;
  /** Pixels. */
  readonly width: number;
  readonly height: number;
}

export interface UploadedDirections {
  readonly url: string;
  readonly byteSize: number;
}
