import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ApiClient } from '../helpers/client.js';
import { startTestServer, type TestServer } from '../helpers/server.js';

let server: TestServer;
let api: ApiClient;

beforeAll(async () => {
  server = await startTestServer();
  api = server.api;
});
afterAll(() => server.close());

const picture = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: { r: 200, g: 30, b: 90 } } });

async function upload(
  body: Uint8Array,
  contentType: string,
): Promise<{ status: number; answer: Record<string, unknown> }> {
  const headers = { 'content-type': contentType };
  const response = await fetch(`${api.url}/images`, { method: 'POST', headers, body: new Uint8Array(body) });
  return { status: response.status, answer: (await response.json()) as Record<string, unknown> };
}

describe('POST /images', () => {
  test('takes PNG, JPEG and WebP, and gives each the same id again', async () => {
    const files = [
      [await picture(12, 8).png().toBuffer(), 'image/png'],
      [await picture(12, 8).jpeg().toBuffer(), 'image/jpeg'],
      [await picture(12, 8).webp().toBuffer(), 'image/webp'],
    ] as const;
    for (const [body, contentType] of files) {
      const { status, answer } = await upload(body, contentType);
      expect(status).toBe(201);
      expect(answer).toEqual({ id: expect.any(String), width: 12, height: 8 });
      expect((await upload(body, contentType)).answer).toEqual(answer);
    }
  });

  test('counts width and height as they are shown', async () => {
    const onItsSide = await picture(12, 8).withMetadata({ orientation: 6 }).jpeg().toBuffer();
    expect((await upload(onItsSide, 'image/jpeg')).answer).toMatchObject({ width: 8, height: 12 });
  });

  test.each<[string, () => Promise<Uint8Array>, string, number, string]>([
    ['another media type', () => picture(2, 2).gif().toBuffer(), 'image/gif', 415, 'BAD_USER_INPUT'],
    ['a JPEG sent as PNG', () => picture(2, 2).jpeg().toBuffer(), 'image/png', 415, 'BAD_USER_INPUT'],
    [
      'something that is no image',
      async () => Buffer.from('<svg onload="alert(1)"/>'),
      'image/png',
      400,
      'BAD_USER_INPUT',
    ],
    ['an empty body', async () => Buffer.alloc(0), 'image/png', 400, 'BAD_USER_INPUT'],
    ['more than 20 MB', async () => Buffer.alloc(20 * 1024 * 1024 + 1), 'image/png', 413, 'LIMIT_EXCEEDED'],
    ['more than 8192 pixels a side', () => picture(8193, 1).png().toBuffer(), 'image/png', 413, 'LIMIT_EXCEEDED'],
  ])('refuses %s', async (_, body, contentType, status, code) => {
    const refused = await upload(await body(), contentType);
    expect(refused.status).toBe(status);
    expect(refused.answer).toMatchObject({ errors: [{ message: expect.any(String), extensions: { code } }] });
  });

  test('refuses an image whose header is right and whose pixels are damaged', async () => {
    const noise = Buffer.from(Uint8Array.from({ length: 64 * 64 * 3 }, (_, n) => (n * 7919) % 251));
    const whole = await sharp(noise, { raw: { width: 64, height: 64, channels: 3 } })
      .png()
      .toBuffer();
    expect((await upload(whole.subarray(0, whole.length / 2), 'image/png')).status).toBe(400);
  });
});

describe('GET /images/<id>', () => {
  test('serves the bytes for ever, with an ETag', async () => {
    const body = await picture(5, 3).png().toBuffer();
    const id = (await upload(body, 'image/png')).answer['id'];
    const response = await fetch(`${api.url}/images/${id}`);
    expect(response.status).toBe(200);
    expect(Buffer.from(await response.arrayBuffer()).equals(body)).toBe(true);
    expect(response.headers.get('content-type')).toBe('image/png');
    expect(response.headers.get('cache-control')).toContain('immutable');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    const etag = response.headers.get('etag') ?? '';
    const again = await fetch(`${api.url}/images/${id}`, { headers: { 'if-none-match': etag } });
    expect(again.status).toBe(304);
    const head = await fetch(`${api.url}/images/${id}`, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length')]).toEqual([200, String(body.length)]);
  });

  test('has the same image as the API', async () => {
    const body = await picture(4, 4).png().toBuffer();
    const id = (await upload(body, 'image/png')).answer['id'];
    const query = 'query ($id: ID!) { node(id: $id) { ... on Image { url width height contentType base64 } } }';
    expect(await api.query(query, { id })).toEqual({
      node: { url: `/images/${id}`, width: 4, height: 4, contentType: 'image/png', base64: body.toString('base64') },
    });
  });

  test('is 404 for an unknown id, an id of another type, and a path', async () => {
    for (const id of ['nope', server.unknownId('Image'), server.unknownId('Model'), '..%2f..%2fetc%2fpasswd']) {
      const response = await fetch(`${api.url}/images/${id}`);
      expect(response.status).toBe(404);
      expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'NOT_FOUND' } }] });
    }
  });
});

describe('POST /graphql', () => {
  test.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data'])(
    'refuses %s, which a browser would send across sites without asking',
    async (type) => {
      const { status, errors } = await api.send('{"query": "{ __typename }"}', { 'content-type': type });
      expect(status).toBe(400);
      expect(errors[0]?.message).toContain('CSRF');
      expect(errors[0]?.extensions.code).toBe('BAD_USER_INPUT');
    },
  );

  test('is the only way in: GET is 405', async () => {
    const response = await fetch(`${api.url}/graphql?query={__typename}`);
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
  });

  test('refuses a body that is not JSON, too long, or of another type', async () => {
    expect(await api.send('{"query":')).toMatchObject({
      status: 400,
      errors: [{ extensions: { code: 'BAD_USER_INPUT' } }],
    });
    const long = JSON.stringify({ query: `{ __typename } #${'x'.repeat(1024 * 1024)}` });
    expect(await api.send(long)).toMatchObject({ status: 413, errors: [{ extensions: { code: 'LIMIT_EXCEEDED' } }] });
    expect((await api.send('<x/>', { 'content-type': 'application/xml' })).status).toBe(415);
  });

  test('limits aliases, depth, directives, cost and tokens', async () => {
    const codes = async (query: string) => (await api.request(query)).errors.map(({ extensions }) => extensions.code);
    const aliases = Array.from({ length: 31 }, (_, n) => `a${n}: server { version }`).join(' ');
    expect(await codes(`{ ${aliases} }`)).toEqual(['LIMIT_EXCEEDED']);
    const nested = (depth: number): string => (depth === 0 ? 'id' : `id duplicateOf { ${nested(depth - 1)} }`);
    expect(await codes(`{ direction(id: "x") { ${nested(15)} } }`)).toEqual(['LIMIT_EXCEEDED']);
    const directives = Array.from({ length: 21 }, () => 'version @include(if: true)').join(' ');
    expect(await codes(`{ server { ${directives} } }`)).toEqual(['LIMIT_EXCEEDED']);
    const pages =
      'query ($n: Int) { models(first: $n) { edges { node { directions(first: $n) { edges { node { id } } } } } } }';
    expect(await codes(pages)).toEqual(['LIMIT_EXCEEDED']);
    expect(await codes(`{ server { ${'version '.repeat(2000)} } }`)).toEqual(['LIMIT_EXCEEDED']);
  });

  test('counts fragments of fragments without exploding', async () => {
    const fragments = Array.from(
      { length: 25 },
      (_, n) => `fragment f${n} on Direction { ...f${n + 1} ...f${n + 1} }`,
    ).join(' ');
    const query = `{ direction(id: "x") { ...f0 } } ${fragments} fragment f25 on Direction { id }`;
    const startedAt = Date.now();
    const { errors } = await api.request(query);
    expect(errors[0]?.extensions.code).toBe('LIMIT_EXCEEDED');
    expect(Date.now() - startedAt).toBeLessThan(2000);
  });

  test('allows what a studio asks for: two hundred directions with everything', async () => {
    const query = `query ($id: ID!, $n: Int!) { discovery(id: $id) { id status directions(first: $n) { totalCount edges { node {
      id name tags favourite hidden dead score accuracy strengthError effectSize uniqueness monotonicity version kind
      filmstrip { id url width height } duplicateOf { id name } discovery { id }
      fidelity { strength kid frechetDistance } fidelityBaseline { samples kid frechetDistance } strengthRange { min max }
    } } } losses { step loss accuracy } } }`;
    expect(await api.query(query, { id: server.unknownId('Discovery'), n: 200 })).toEqual({ discovery: null });
  });
});

describe('state', () => {
  test.runIf(process.platform === 'linux')('no native engine is loaded into the API process', () => {
    const mapped = readFileSync('/proc/self/maps', 'utf8');
    expect(mapped).toContain('sharp');
    expect(mapped).not.toContain('onnxruntime');
  });

  test('every answer has an id, a given one if it can stand in a log', async () => {
    const idOf = async (headers: Record<string, string>) =>
      (await fetch(`${api.url}/healthz`, { headers })).headers.get('x-request-id');
    expect(await idOf({ 'x-request-id': 'proxy-1' })).toBe('proxy-1');
    expect(await idOf({ 'x-request-id': 'a b"}' })).toMatch(/^[0-9a-f-]{36}$/);
    expect(await idOf({})).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('/healthz says that the process is up', async () => {
    const response = await fetch(`${api.url}/healthz`);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ status: 'up' });
  });

  test('/readyz names what is missing while there is no worker', async () => {
    const response = await fetch(`${api.url}/readyz`);
    expect(response.status).toBe(503);
    const { ready, missing } = (await response.json()) as { ready: boolean; missing: string[] };
    expect(ready).toBe(false);
    expect(missing.map((part) => part.split(':')[0])).toEqual(['worker', 'model']);
  });

  test('/metrics has the queues, for Prometheus', async () => {
    const text = await (await fetch(`${api.url}/metrics`)).text();
    for (const name of ['azimuth_workers 0', 'azimuth_queued_edits 0', 'process_cpu_seconds_total'])
      expect(text).toContain(name);
  });

  test('/ tells what is here', async () => {
    const response = await fetch(`${api.url}/`);
    expect(response.headers.get('content-type')).toContain('text/html');
    expect(await response.text()).toContain('/graphql');
  });

  test('anything else is a 404, and a method that a path does not take a 405', async () => {
    expect((await fetch(`${api.url}/nothing`)).status).toBe(404);
    const response = await fetch(`${api.url}/images`, { method: 'DELETE' });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
  });

  test('the shipped model is being imported once', async () => {
    const query = '{ models { edges { node { name status source } } } }';
    const { models } = await api.query<{ models: { edges: { node: { name: string; status: string } }[] } }>(query);
    expect(models.edges).toHaveLength(1);
    expect(models.edges[0]?.node).toMatchObject({ name: 'portraits-32', status: 'IMPORTING' });
  });
});
