import { readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import WebSocket from 'ws';
import { ApiProcess, DATABASE_PASSWORD } from '../helpers/api-process.js';
import { ADMIN_TOKEN } from '../helpers/server.js';

/** Nothing that is secret gets into the log, at its most talkative; nobody else gets at the database. */

const HUB_TOKEN = 'hf_the-token-of-the-hub';
let server: ApiProcess;
beforeAll(async () => {
  server = await ApiProcess.start({ AZIMUTH_AUTH: 'required', AZIMUTH_TOKEN: ADMIN_TOKEN, HF_TOKEN: HUB_TOKEN });
});
afterAll(() => server.close());

test('no token, password, signature or input of a client stands in the log, whatever fails', async () => {
  const create = 'mutation ($input: CreateTokenInput!) { createToken(input: $input) { secret } }';
  const { createToken } = await server.api.query<{ createToken: { secret: string } }>(create, {
    input: { name: 'app', role: 'READ' },
  });
  const { secret } = createToken;
  const guess = 'azm_a-token-that-somebody-guessed';
  const input = 'what-a-client-wrote';
  for (const token of [secret, guess]) {
    const api = server.api.as(token);
    await api.request(create, { input: { name: input, role: 'ADMIN' } });
    await api.request(`{ node(id: "${input}") { id } }`);
    await fetch(`${server.url}/images/x?signature=${token}&token=${token}`, { headers: api.authorization });
    await fetch(`${server.url}/images`, { method: 'POST', headers: api.authorization, body: token });
    await new Promise<void>((resolve) => {
      const socket = new WebSocket(
        `${server.url.replace('http', 'ws')}/graphql?token=${token}`,
        'graphql-transport-ws',
      );
      socket.once('open', () => {
        socket.send(JSON.stringify({ type: 'connection_init', payload: { token, Authorization: `Bearer ${token}` } }));
        socket.send(token);
      });
      socket.once('close', () => resolve());
    });
  }
  for (const hidden of [secret, guess, ADMIN_TOKEN, DATABASE_PASSWORD, HUB_TOKEN, input])
    expect(server.log).not.toContain(hidden);
});

test('the socket and the data of the embedded database are for their owner alone', () => {
  const socket = new URL(server.databaseUrl).searchParams.get('host') ?? '';
  const cluster = join(dirname(socket), 'postgres');
  expect(readdirSync(socket).some((name) => name.startsWith('.s.PGSQL'))).toBe(true);
  for (const folder of [socket, cluster]) expect(statSync(folder).mode & 0o077).toBe(0);
  expect(statSync(socket).uid).toBe(statSync(join(socket, '.s.PGSQL.5432')).uid);
});
