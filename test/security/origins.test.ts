import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import WebSocket from 'ws';
import { startTestServer, type TestServer, WITH_TOKENS } from '../helpers/server.js';

/** Browsers say where a page comes from in Origin, and what it calls the server in Host. */

let open: TestServer;
let guarded: TestServer;
const APP = 'https://app.example.org';
beforeAll(async () => {
  open = await startTestServer({ access: { hosts: ['azimuth.test'], origins: [APP] } });
  guarded = await startTestServer({ access: { ...WITH_TOKENS, loopback: false, origins: [APP] } });
});
afterAll(async () => {
  await open.close();
  await guarded.close();
});

interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** Over node:http, which lets a test name any host. */
function send(
  server: TestServer,
  method: string,
  path: string,
  headers: Record<string, string>,
  body = '',
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const sent = request(`${server.api.url}${path}`, { method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString(),
        }),
      );
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

const JSON_TYPE = { 'content-type': 'application/json' };
const query = (server: TestServer, headers: Record<string, string>) =>
  send(
    server,
    'POST',
    '/graphql',
    { ...server.api.authorization, ...JSON_TYPE, ...headers },
    '{"query":"{ __typename }"}',
  );

/** Whether a WebSocket is opened, or the status it is refused with. */
function upgrade(server: TestServer, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve) => {
    const { origin, ...others } = headers;
    const socket = new WebSocket(`${server.api.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', {
      headers: others,
      ...(origin === undefined ? {} : { origin }),
    });
    socket.once('open', () => {
      resolve(101);
      socket.close();
    });
    socket.once('unexpected-response', (_, response) => {
      resolve(response.statusCode ?? 0);
      response.resume();
    });
    socket.on('error', () => {});
  });
}

const STRANGER = 'https://evil.example';

describe('an open server on loopback', () => {
  test.each([
    ['a program, without Origin', {}, 200],
    ['its own page', { origin: 'self' }, 200],
    ['another page of this machine', { origin: 'http://localhost:5173' }, 200],
    ['an origin that was configured', { origin: APP }, 200],
    ["a stranger's page", { origin: STRANGER }, 403],
    ['a page without an origin', { origin: 'null' }, 403],
    ['a page whose name only looks like ours', { origin: 'http://localhost.evil.example' }, 403],
    ['a page of the configured name on http', { origin: APP.replace('https', 'http') }, 403],
    ['a browser extension', { origin: 'chrome-extension://localhost' }, 403],
    ['a page that points its own name at 127.0.0.1', { host: 'evil.example', origin: 'http://evil.example' }, 403],
    ['no page, by a name that is not ours', { host: 'evil.example' }, 403],
    ['a name that was configured', { host: 'azimuth.test:4000' }, 200],
    ['IPv6 loopback by name', { host: '[::1]:4000' }, 200],
  ])('takes or refuses requests of %s', async (_, headers: Record<string, string>, status) => {
    const sent = headers['origin'] === 'self' ? { origin: open.api.url } : headers;
    const reply = await query(open, sent);
    expect(reply.status).toBe(status);
    if (status === 403) expect(JSON.parse(reply.body).errors[0].extensions.code).toBe('FORBIDDEN');
    expect(await upgrade(open, sent)).toBe(status === 200 ? 101 : 403);
  });

  test("lets a stranger's page show an image, and read nothing", async () => {
    const reply = await send(open, 'GET', '/healthz', { origin: STRANGER });
    expect([reply.status, reply.headers['access-control-allow-origin']]).toEqual([200, undefined]);
  });
});

describe('a server that asks for tokens, beyond loopback', () => {
  test('tells a browser what a configured origin may send, without cookies', async () => {
    const asked = {
      origin: APP,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization',
    };
    const reply = await send(guarded, 'OPTIONS', '/graphql', asked);
    expect([reply.status, reply.headers['access-control-allow-origin']]).toEqual([204, APP]);
    expect(reply.headers['access-control-allow-headers']).toContain('authorization');
    expect(reply.headers['access-control-allow-credentials']).toBeUndefined();
    expect(reply.headers['vary']).toContain('origin');
    expect((await query(guarded, { origin: APP })).headers['access-control-allow-origin']).toBe(APP);
  });

  test('refuses the preflight of any other, pages of loopback too', async () => {
    for (const origin of [STRANGER, 'http://localhost:5173', 'null']) {
      const asked = { origin, 'access-control-request-method': 'POST' };
      const reply = await send(guarded, 'OPTIONS', '/graphql', asked);
      expect([reply.status, reply.headers['access-control-allow-origin']]).toEqual([403, undefined]);
      expect(await upgrade(guarded, { origin })).toBe(403);
    }
  });

  test('goes by any name', async () => {
    expect((await query(guarded, { host: 'azimuth.example.org' })).status).toBe(200);
  });

  test('tells a page of a configured origin why it is refused, too', async () => {
    const reply = await send(guarded, 'POST', '/graphql', { ...JSON_TYPE, origin: APP }, '{}');
    expect([reply.status, reply.headers['access-control-allow-origin']]).toEqual([401, APP]);
  });
});
