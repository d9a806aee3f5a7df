import WebSocket from 'ws';
import { type AzimuthClient, type ClientOptions, createClient as create } from './index.js';

/** What Node.js takes for `azimuth/client`: Node.js 20 has no WebSocket of its own. */

export * from './index.js';

export function createClient(options: ClientOptions): AzimuthClient {
  return create({ webSocket: globalThis.WebSocket ?? WebSocket, ...options });
}
