import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import WebSocket from 'ws';
import { OPEN_ACCESS } from '../../src/access/settings.js';
import { startServer } from '../../src/server.js';
import { ApiClient } from '../helpers/client.js';
import { startTestServer, type TestServer, WITH_TOKENS } from '../helpers/server.js';

let server: TestServer;
let admin: ApiClient;
beforeAll(async () => {
  server = await startTestServer({ access: WITH_TOKENS });
  admin = server.api;
});
afterAll(() => server.close());

const CREATE = `mutation ($input: CreateTokenInput!) {
  createToken(input: $input) { secret token { id name role expiresAt revokedAt } } }`;
interface Created {
  readonly createToken: { readonly secret: string; readonly token: { readonly id: string } };
}
const revoke = (id: string) => admin.query('mutation ($id: ID!) { revokeToken(id: $id) { revokedAt } }', { id });

describe('a token', () => {
  test('that the API made can be used at once, is listed without its secret, and ends when it is revoked', async () => {
    const input = { name: 'app', role: 'EDIT', expiresInDays: 30 };
    const { createToken } = await admin.query<Created>(CREATE, { input });
    expect(createToken.token).toMatchObject({ name: 'app', role: 'EDIT', revokedAt: null });
    const app = admin.as(createToken.secret);
    await app.query('{ server { version } }');
    expect(JSON.stringify(await admin.query('{ tokens { id name role } }'))).toContain(createToken.token.id);
    await revoke(createToken.token.id);
    const { status, errors } = await app.request('{ server { version } }');
    expect([status, errors[0]?.extensions.code]).toEqual([401, 'UNAUTHENTICATED']);
  });

  test('is kept as a hash alone', async () => {
    const { secret } = await server.token('READ');
    const { rows } = await server.pool.query('SELECT t::text AS row FROM token t');
    expect(rows.length).toBeGreaterThan(0);
    expect(JSON.stringify(rows)).not.toContain(secret.slice(4));
  });

  test.each([{ expiresInDays: 0 }, { expiresInDays: 3651 }, { name: '' }, { name: 'x\0y' }])(
    'with %o is refused',
    async (wrong) => {
      const error = await admin.errorOf(CREATE, { input: { name: 'x', role: 'READ', ...wrong } });
      expect(error.extensions.code).toBe('BAD_USER_INPUT');
    },
  );

  test('is no node, and its id is no other id', async () => {
    const { createToken } = await admin.query<Created>(CREATE, { input: { name: 'x', role: 'READ' } });
    const { id } = createToken.token;
    for (const query of ['node(id: $id) { id }', 'model(id: $id) { id }'])
      expect((await admin.errorOf(`query ($id: ID!) { ${query} }`, { id })).extensions.code).toBe('BAD_USER_INPUT');
    const error = await admin.errorOf('mutation ($id: ID!) { revokeToken(id: $id) { id } }', {
      id: server.unknownId('Token'),
    });
    expect(error.extensions.code).toBe('NOT_FOUND');
  });
});

interface End {
  readonly code: number;
  readonly atMs: number;
}

/** A client that has been acknowledged and has had an event; `ended` tells the code that its socket is closed with. */
async function subscriber(
  url: string,
  secret: string,
  modelId: string,
): Promise<{ socket: WebSocket; ended: Promise<End> }> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  const send = (message: object) => socket.send(JSON.stringify(message));
  const query = `subscription { importProgress(modelId: "${modelId}") { __typename } }`;
  const ended = new Promise<End>((resolve) => socket.once('close', (code) => resolve({ code, atMs: Date.now() })));
  await new Promise<void>((resolve) => {
    socket.once('open', () => send({ type: 'connection_init', payload: { token: secret } }));
    socket.on('message', (data) => {
      const { type } = JSON.parse(String(data));
      if (type === 'connection_ack') send({ id: '1', type: 'subscribe', payload: { query } });
      if (type === 'next') resolve();
    });
  });
  return { socket, ended };
}

describe('a socket', () => {
  test('ends within a second of the revocation of its token, on every node, and no other does', async () => {
    const logger = pino({ level: 'fatal' }, pino.destination(2));
    const access = { ...OPEN_ACCESS, ...WITH_TOKENS };
    const options = { host: '127.0.0.1', port: 0, device: 'cpu', logger, worker: false, access };
    const dataDir = mkdtempSync(join(tmpdir(), 'azimuth-node-'));
    const other = await startServer({ ...options, dataDir, databaseUrl: server.databaseUrl });
    const modelId = await server.importingModel('watched');
    const { secret, row } = await server.token('READ');
    const kept = await subscriber(admin.url, (await server.token('READ')).secret, modelId);
    const ends = [];
    for (const url of [admin.url, admin.url, other.url]) ends.push((await subscriber(url, secret, modelId)).ended);
    const revokedMs = Date.now();
    await server.tokens.revoke(row.id);
    for (const { code, atMs } of await Promise.all(ends)) {
      expect(code).toBe(4401);
      expect(atMs - revokedMs).toBeLessThan(1000);
    }
    expect(kept.socket.readyState).toBe(WebSocket.OPEN);
    kept.socket.close();
    await other.close();
    rmSync(dataDir, { recursive: true, force: true });
  });

  test('ends when its token expires', async () => {
    const modelId = await server.importingModel('expiring');
    const { secret } = await server.token('READ', new Date(Date.now() + 1500));
    expect((await (await subscriber(admin.url, secret, modelId)).ended).code).toBe(4401);
  });

  test('of a client that does not answer the closing handshake ends too', async () => {
    const modelId = await server.importingModel('deaf');
    const { secret, row } = await server.token('READ');
    const { socket, ended } = await subscriber(admin.url, secret, modelId);
    socket.pause();
    await server.tokens.revoke(row.id);
    await vi.waitFor(
      async () => {
        const metrics = await (await fetch(`${admin.url}/metrics`, { headers: admin.authorization })).text();
        expect(metrics).toContain('azimuth_open_sockets 0');
      },
      { timeout: 5000 },
    );
    socket.resume();
    await ended;
  });
});
