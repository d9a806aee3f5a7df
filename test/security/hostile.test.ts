import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { ApiProcess } from '../helpers/api-process.js';
import { frame, RawConnection } from '../helpers/raw.js';
import { ADMIN_TOKEN } from '../helpers/server.js';
import { DOCUMENTS } from './hostile/documents.js';
import { hostileSockets } from './hostile/sockets.js';
import { UPLOADS } from './hostile/uploads.js';
import { VALUES } from './hostile/values.js';

/**
 * The compiled server under attack, over real sockets. After every attack it answers a normal query, as the same process; over all
 * of them its memory stays within the bound of SECURITY.md.
 */

const MIB = 2 ** 20;
/**
 * How much more resident memory the API process may have at most during, and a little after, everything below: bodies of 256 MiB
 * in pieces and whole, an image of 40 million pixels, and what the allocator keeps of them, which is the more the faster they come.
 */
const PEAK_MAX = 768 * MIB;
const AFTER_MAX = 512 * MIB;

let server: ApiProcess;
let modelId: string;
let before: number;

beforeAll(async () => {
  // Every guard shows itself in seconds, and no rate hides another guard.
  server = await ApiProcess.start({
    AZIMUTH_AUTH: 'required',
    AZIMUTH_TOKEN: ADMIN_TOKEN,
    AZIMUTH_RATE: '0',
    AZIMUTH_HEADER_SECONDS: '1',
    AZIMUTH_REQUEST_SECONDS: '4',
    AZIMUTH_INIT_SECONDS: '1',
  });
  await server.requireWell();
  const { models } = await server.api.query<{ models: { edges: { node: { id: string } }[] } }>(
    '{ models { edges { node { id } } } }',
  );
  modelId = models.edges[0]?.node.id as string;
  before = server.memory().now;
});
afterAll(() => server.close());
afterEach(() => server.requireWell());

const codesOf = (errors: readonly { extensions?: { code?: string } }[]) =>
  errors.map(({ extensions }) => extensions?.code);

/** The codes of the errors that an operation ends with over WebSocket. */
async function overSocket(query: string, variables: string): Promise<unknown[]> {
  const connection = await RawConnection.upgraded(server.port);
  connection.send(frame(JSON.stringify({ type: 'connection_init', payload: { token: ADMIN_TOKEN } })));
  await connection.until((text) => text.includes('connection_ack'));
  connection.send(
    frame(`{"id":"1","type":"subscribe","payload":{"query":${JSON.stringify(query)},"variables":${variables}}}`),
  );
  await connection.until((text) => /"type":"(error|complete|next)"/.test(text));
  const text = connection.text;
  connection.destroy();
  return [...text.matchAll(/"code":"(\w+)"/g)].map(([, code]) => code);
}

describe('a document', () => {
  test.each(DOCUMENTS)(
    'that is %s ends with a typed error, the same over HTTP and WebSocket',
    async (_, query, code) => {
      const { errors } = await server.api.request(query);
      expect(codesOf(errors)).toContain(code);
      expect(codesOf(errors)).not.toContain('INTERNAL_SERVER_ERROR');
      const message = await overSocket(query, '{}');
      expect(message).toContain(code);
      expect(message).not.toContain('INTERNAL_SERVER_ERROR');
    },
  );

  test('in a batch is refused', async () => {
    const { status, errors } = await server.api.send(JSON.stringify(Array(50).fill({ query: '{ __typename }' })));
    expect([status, codesOf(errors)]).toEqual([400, ['BAD_USER_INPUT']]);
  });

  test.each([
    '',
    'null',
    '1',
    '"x"',
    '[]',
    '{"query": 1}',
    '{"query": null}',
    '{"query": {}}',
    '{"query":"{__typename}","extensions":[]}',
    '{"__proto__":{"query":"{__typename}"}}',
    '[['.repeat(200_000),
    '{"query":"\ud800"}',
  ])('whose request is %s ends with a typed error', async (body) => {
    const { status, errors } = await server.api.send(body);
    expect(status).toBe(400);
    expect(codesOf(errors)).not.toContain('INTERNAL_SERVER_ERROR');
    expect(codesOf(errors)).toContain('BAD_USER_INPUT');
  });
});

describe('a variable', () => {
  test.each(VALUES)('that is $title ends with a typed error', async ({ query, variables, code }) => {
    const { errors } = await server.api.send(`{"query":${JSON.stringify(query)},"variables":${variables}}`);
    expect(codesOf(errors)).toContain(code);
    expect(codesOf(errors)).not.toContain('INTERNAL_SERVER_ERROR');
    expect(JSON.stringify(errors).length).toBeLessThan(200_000);
    expect((Object.prototype as Record<string, unknown>)['isAdmin']).toBeUndefined();
  });
});

describe('an upload', () => {
  test.each(UPLOADS)('that is $title ends with $status', async ({ contentType, bytes, status }) => {
    const headers = { ...server.api.authorization, 'content-type': contentType };
    const body = new Uint8Array(await bytes());
    const response = await fetch(`${server.url}/images`, { method: 'POST', headers, body });
    const answer = (await response.json()) as { id?: string; errors?: { extensions: { code: string } }[] };
    expect([response.status, answer]).toEqual([status, expect.anything()]);
    if (status === 201) {
      const image = await fetch(`${server.url}/images/${answer.id}`, { headers: server.api.authorization });
      expect(image.headers.get('content-type')).toBe(contentType);
      expect(image.headers.get('x-content-type-options')).toBe('nosniff');
      expect(image.headers.get('content-security-policy')).toContain("default-src 'none'; sandbox");
    } else expect(['BAD_USER_INPUT', 'LIMIT_EXCEEDED']).toContain(answer.errors?.[0]?.extensions.code);
  });

  test('of forty large files at once takes the memory of a few', async () => {
    const body = new Uint8Array(19 * MIB);
    body.set(Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'));
    const headers = { ...server.api.authorization, 'content-type': 'image/png' };
    const answers = await Promise.all(
      Array.from({ length: 40 }, () =>
        fetch(`${server.url}/images`, { method: 'POST', headers, body }).then(
          async (response) => {
            await response.text();
            return response.status;
            // Forty at once may be slower than this server waits.
          },
          () => 408,
        ),
      ),
    );
    for (const status of answers) expect([400, 408, 503]).toContain(status);
  });
});

describe('a socket', () => {
  const attacks = hostileSockets(ADMIN_TOKEN, 'MODEL');
  test.each(attacks.map(({ title, code }, index) => ({ title, code, index })))(
    'that sends $title is closed ($code)',
    async ({ code, index }) => {
      const connection = await hostileSockets(ADMIN_TOKEN, modelId)[index]?.attack(server.port);
      await connection?.until(() => connection.closeCode !== null);
      if (code === null) expect(connection?.text).toMatch(/^HTTP\/1.1 4\d\d /);
      else expect(connection?.closeCode).toBe(code);
      connection?.destroy();
    },
  );

  test('that pings without end and reads nothing is cut off', async () => {
    const connection = await RawConnection.upgraded(server.port);
    connection.send(frame(JSON.stringify({ type: 'connection_init', payload: { token: ADMIN_TOKEN } })));
    await connection.until((text) => text.includes('connection_ack'));
    connection.pause();
    const pings = Buffer.concat(
      Array.from({ length: 4000 }, () => frame('{"type":"ping","payload":{"x":"0123456789"}}')),
    );
    for (let n = 0; n < 200 && !connection.isClosed; n++) {
      connection.send(pings);
      await sleep(1);
    }
    connection.destroy();
  });
});

describe('a slow client', () => {
  test('that sends its headers byte by byte is cut off', async () => {
    const connection = await RawConnection.open(server.port);
    const head = `POST /graphql HTTP/1.1\r\nhost: 127.0.0.1\r\nx-slow: ${'x'.repeat(1000)}`;
    const dribble = (async () => {
      for (const letter of head) {
        if (connection.isClosed) return;
        connection.send(letter);
        await sleep(100);
      }
    })();
    await connection.closed();
    expect(connection.text).toMatch(/^HTTP\/1.1 408 /);
    await dribble;
  });

  test('that sends its body byte by byte is cut off', async () => {
    const connection = await RawConnection.open(server.port);
    connection.send(
      `POST /images HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ${ADMIN_TOKEN}\r\ncontent-type: image/png\r\ncontent-length: 1000\r\n\r\n`,
    );
    const dribble = (async () => {
      for (let n = 0; n < 1000 && !connection.isClosed; n++) {
        connection.send('x');
        await sleep(100);
      }
    })();
    await connection.closed();
    await dribble;
  });

  test('of two hundred that send nothing does not keep others out', async () => {
    const all = await Promise.all(Array.from({ length: 200 }, () => RawConnection.open(server.port)));
    for (const connection of all) connection.send('POST /graphql HTTP/1.1\r\n');
    await server.requireWell();
    await Promise.all(all.map((connection) => connection.closed()));
  });

  test.each([
    ['a header of 100 kB', `GET / HTTP/1.1\r\nhost: x\r\nx: ${'x'.repeat(100_000)}\r\n\r\n`],
    ['ten thousand headers', `GET / HTTP/1.1\r\nhost: x\r\n${'a: b\r\n'.repeat(10_000)}\r\n`],
    ['two lengths', 'POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nxx'],
    [
      'a length and chunks',
      'POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['a chunk of a negative size', 'POST /graphql HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n-1\r\n\r\n'],
    ['no host', 'GET / HTTP/1.1\r\n\r\n'],
  ])('or one with %s is refused', async (_, request) => {
    const connection = await RawConnection.open(server.port);
    connection.send(request);
    await connection.closed();
    expect(connection.text).toMatch(/^(HTTP\/1.1 4\d\d |$)/);
  });
});

test('over all of it the memory of the API process stays within its bound, and the log has no crash', async () => {
  await sleep(1000);
  const { now, peak } = server.memory();
  console.info(`before ${before / MIB} MiB, peak +${(peak - before) / MIB}, after +${(now - before) / MIB}`);
  expect(peak - before).toBeLessThan(PEAK_MAX);
  expect(now - before).toBeLessThan(AFTER_MAX);
  expect(server.log).not.toMatch(/unexpected error|request failed|Internal error|uncaught/i);
  expect(server.log).not.toContain(ADMIN_TOKEN);
});
