import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { OPEN_ACCESS } from '../../src/access/settings.js';
import { UrlSigner } from '../../src/access/url-signer.js';
import { openStorage } from '../../src/storage/index.js';
import type { Storage } from '../../src/storage/types.js';
import type { ApiClient } from '../helpers/client.js';
import { startTestServer, type TestServer, WITH_TOKENS } from '../helpers/server.js';

let server: TestServer;
let api: ApiClient;
let imageId: string;
/** Of another node. */
let storage: Storage;

beforeAll(async () => {
  server = await startTestServer({ access: WITH_TOKENS });
  api = server.api;
  const body = await sharp({ create: { width: 3, height: 2, channels: 3, background: 'red' } })
    .png()
    .toBuffer();
  const headers = { ...api.authorization, 'content-type': 'image/png' };
  const response = await fetch(`${api.url}/images`, { method: 'POST', headers, body: new Uint8Array(body) });
  imageId = ((await response.json()) as { id: string }).id;
  const unused = async () => {};
  storage = await openStorage({ url: server.databaseUrl, enqueue: unused, dequeue: unused });
});
afterAll(async () => {
  await storage.close();
  await server.close();
});

async function urlOf(client: ApiClient): Promise<string> {
  const query = 'query ($id: ID!) { node(id: $id) { ... on Image { url } } }';
  return (await client.query<{ node: { url: string } }>(query, { id: imageId })).node.url;
}

const get = (path: string, headers: Record<string, string> = {}) => fetch(`${api.url}${path}`, { headers });

const signer = (urlSeconds = 3600) =>
  UrlSigner.open({ ...OPEN_ACCESS, ...WITH_TOKENS, urlSeconds }, storage.signingKeys);

describe('the URL of an image', () => {
  test('can be fetched without a header, by whoever the field gave it to, and cached until it expires', async () => {
    const url = await urlOf(api);
    expect(url).toMatch(new RegExp(`^/images/${imageId}\\?expires=\\d+&key=1&signature=[\\w-]{43}$`));
    const response = await get(url);
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'image/png']);
    const seconds = Number(/private, max-age=(\d+), immutable/.exec(response.headers.get('cache-control') ?? '')?.[1]);
    expect(seconds).toBeGreaterThan(3500);
    expect(seconds).toBeLessThanOrEqual(4500);
  });

  test('is the same for everybody for a while, on every node', async () => {
    const other = await signer();
    const reader = api.as((await server.token('READ')).secret);
    const urls = [await urlOf(api), await urlOf(reader), other.sign(`/images/${imageId}`)];
    // A window may end between two of them.
    expect(new Set(urls).size).toBeLessThanOrEqual(2);
    const { searchParams } = new URL(urls[2] ?? '', 'http://x');
    expect(other.secondsLeft(`/images/${imageId}`, searchParams)).toBeGreaterThan(3500);
    expect((await get(urls[2] ?? '')).status).toBe(200);
    other.close();
  });

  test('is not, in the next window', async () => {
    const other = await signer();
    const at = (ms: number) => other.sign('/images/x', ms);
    expect(at(0)).toBe(at(899_000));
    expect(at(0)).not.toBe(at(901_000));
    other.close();
  });

  test.each<[string, (url: URL) => void]>([
    ['without a signature', (url) => url.searchParams.delete('signature')],
    [
      'with another expiry',
      (url) => url.searchParams.set('expires', String(Number(url.searchParams.get('expires')) + 60)),
    ],
    ['with another key', (url) => url.searchParams.set('key', '2')],
    ['with no key', (url) => url.searchParams.delete('key')],
    [
      'with half a signature',
      (url) => url.searchParams.set('signature', (url.searchParams.get('signature') ?? '').slice(0, 20)),
    ],
    ['with an empty signature', (url) => url.searchParams.set('signature', '')],
    [
      'with another image',
      (url) =>
        (url.pathname = `/images/${Buffer.from('Image:00000000-0000-4000-8000-000000000000').toString('base64url')}`),
    ],
    ['with another route', (url) => (url.pathname = `/directions/${'a'.repeat(64)}.safetensors`)],
    ['with an expiry that is no number', (url) => url.searchParams.set('expires', 'Infinity')],
  ])('%s is refused', async (_, spoil) => {
    const url = new URL(await urlOf(api), api.url);
    spoil(url);
    const response = await fetch(url);
    const signed = url.searchParams.has('signature');
    const { errors } = (await response.json()) as { errors: { extensions: { code: string } }[] };
    expect([response.status, errors[0]?.extensions.code]).toEqual(
      signed ? [403, 'FORBIDDEN'] : [401, 'UNAUTHENTICATED'],
    );
  });

  test('is refused once it has expired', async () => {
    const other = await signer();
    const expired = other.sign(`/images/${imageId}`, Date.now() - 2 * 3_600_000);
    expect((await get(expired)).status).toBe(403);
    other.close();
  });

  test('holds on when the key is changed; the new one signs once every node knows it, and the old one goes', async () => {
    const url = await urlOf(api);
    await storage.signingKeys.rotate(7200);
    const other = await signer();
    expect((await get(url)).status).toBe(200);
    expect(other.sign('/images/x')).toContain('key=1&');
    const later = new URL(other.sign('/images/x', Date.now() + 180_000), api.url);
    expect(later.search).toContain('key=2&');
    expect(other.secondsLeft('/images/x', later.searchParams)).toBeGreaterThan(3500);
    await storage.signingKeys.rotate(0);
    expect((await storage.signingKeys.all()).map(({ id }) => id)).toEqual([3, 2]);
    other.close();
  });

  test('needs no signature with a token, and its token alone with a bad one', async () => {
    expect((await get(`/images/${imageId}`, api.authorization)).status).toBe(200);
    expect((await get(`/images/${imageId}?signature=x`, api.authorization)).status).toBe(200);
    expect((await get(`/images/${imageId}`, { authorization: 'Bearer wrong' })).status).toBe(401);
    expect((await get(`/images/${imageId}`, { authorization: 'Basic eDp5' })).status).toBe(401);
  });
});

test('direction files are signed likewise', async () => {
  const header = Buffer.from('{}      ');
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  const response = await fetch(`${api.url}/directions`, {
    method: 'POST',
    headers: { ...api.authorization, 'content-type': 'application/octet-stream' },
    body: new Uint8Array(Buffer.concat([length, header])),
  });
  const { url } = (await response.json()) as { url: string };
  expect([response.status, response.headers.get('location')]).toEqual([201, url]);
  expect((await get(url)).status).toBe(200);
  expect((await get(url.split('?')[0] ?? '')).status).toBe(401);
});
