import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import type { Caller } from '../access/caller.js';
import type { Gate } from '../access/gate.js';
import type { Quota } from '../access/quota.js';
import type { Role } from '../access/role.js';
import type { AccessSettings } from '../access/settings.js';
import type { TokenBucket } from '../access/token-bucket.js';
import type { UrlSigner } from '../access/url-signer.js';
import type { Storage } from '../storage/types.js';
import { serveDirections, uploadDirections } from './directions.js';
import type { GraphQLOverHttp } from './graphql.js';
import type { Readiness } from './health.js';
import { serveImage, uploadImage } from './images.js';
import type { Intake } from './intake.js';
import { HttpError, send, sendJson } from './messages.js';
import type { Metrics } from './metrics/index.js';
import type { Studio } from './studio.js';

export interface Parts {
  readonly storage: Storage;
  readonly graphql: GraphQLOverHttp;
  readonly metrics: Metrics;
  readonly version: string;
  readonly studio: Studio;
  /** Whether work sent now would be done. */
  readonly ready: () => Promise<Readiness>;
  readonly logger: Logger;
  readonly access: AccessSettings;
  readonly gate: Gate;
  readonly signer: UrlSigner;
  readonly quota: Quota;
  readonly intake: Intake;
  readonly rate: TokenBucket;
}

/** A request that was let in. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** What stands in the place of `*` in the route's path. */
  readonly name: string;
  /** Null for somebody without a token, where the route takes them. */
  readonly caller: Caller | null;
  /** Seconds for which a signed URL still holds; null where the caller came in with a token. */
  readonly secondsLeft: number | null;
}

export interface Route {
  /** GET answers HEAD too. */
  readonly method: 'GET' | 'POST';
  /** The whole path, or the front of it before `*`. */
  readonly path: string;
  /** A role; a URL that a field signed, or READ; or nothing at all. */
  readonly needs: Role | 'SIGNED' | 'NOTHING';
  answer(parts: Parts, exchange: Exchange): Promise<void>;
}

/** Everything that is served, and who may have it. */
export const ROUTES: readonly Route[] = [
  {
    method: 'POST',
    path: '/graphql',
    // What more its fields need is declared beside each of them.
    needs: 'READ',
    answer: ({ graphql }, { request, response, caller }) => graphql.answer(request, response, caller),
  },
  {
    method: 'GET',
    path: '/images/*',
    needs: 'SIGNED',
    answer: ({ storage }, exchange) => serveImage(storage, exchange),
  },
  { method: 'POST', path: '/images', needs: 'EDIT', answer: (parts, exchange) => uploadImage(parts, exchange) },
  {
    method: 'GET',
    path: '/directions/*',
    needs: 'SIGNED',
    answer: ({ storage }, exchange) => serveDirections(storage, exchange),
  },
  {
    method: 'POST',
    path: '/directions',
    needs: 'EDIT',
    answer: (parts, exchange) => uploadDirections(parts, exchange),
  },
  // The studio holds nothing, and asks for a token when the API does.
  { method: 'GET', path: '/', needs: 'NOTHING', answer: servePage },
  { method: 'GET', path: '/assets/*', needs: 'NOTHING', answer: servePage },
  { method: 'GET', path: '/client.js', needs: 'NOTHING', answer: servePage },
  {
    method: 'GET',
    path: '/healthz',
    needs: 'NOTHING',
    answer: async ({ version }, { response, caller }) =>
      sendJson(response, 200, { status: 'up', ...(caller ? { version } : {}) }),
  },
  {
    method: 'GET',
    path: '/readyz',
    needs: 'NOTHING',
    answer: async (parts, { response, caller }) => {
      const { ready, missing } = await parts.ready();
      sendJson(response, ready ? 200 : 503, { ready, ...(caller ? { missing } : {}) });
    },
  },
  {
    method: 'GET',
    path: '/metrics',
    needs: 'READ',
    answer: async ({ metrics }, { response }) => send(response, 200, metrics.contentType, await metrics.text()),
  },
];

async function servePage({ studio }: Parts, { request, response }: Exchange): Promise<void> {
  const path = request.url?.split('?', 1)[0] ?? '/';
  if (!studio.has(path)) throw new HttpError(404, 'NOT_FOUND', `There is nothing at ${path}.`);
  studio.serve(path, request, response);
}
