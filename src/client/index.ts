import { AzimuthClient } from './client.js';
import type { ClientOptions } from './options.js';

/**
 * A typed client of Azimuth's API, for browsers and Node.js: `import { createClient } from 'azimuth/client'`. It depends on
 * graphql-ws alone.
 */

export function createClient(options: ClientOptions): AzimuthClient {
  return new AzimuthClient(options);
}

export type { AzimuthClient, FollowFramesOptions, FollowOptions } from './client.js';
export { AzimuthError, type ErrorCode } from './errors.js';
export * from './generated.js';
export type { ClientOptions, ConnectionState, RequestOptions } from './options.js';
export type { UploadedDirections, UploadedImage } from './requests.js';
export type { TypedDocument } from './typed-document.js';
export type * from './types.js';
