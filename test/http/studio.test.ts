import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openStudio } from '../../src/http/studio.js';

const SCRIPT = 'export const answer = 42;\n'.repeat(50);

let folder: string;
let server: Server;

/** A build's folder, served on a real socket. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'azimuth-built-'));
  mkdirSync(join(folder, 'assets'));
  writeFileSync(join(folder, 'index.html'), '<!doctype html><title>Azimuth</title>');
  writeFileSync(join(folder, 'built-from'), 'abc');
  writeFileSync(join(folder, 'client.js'), SCRIPT);
  const script = join(folder, 'assets', 'index-abc123.js');
  writeFileSync(script, SCRIPT);
  writeFileSync(`${script}.br`, brotliCompressSync(SCRIPT));
  writeFileSync(`${script}.gz`, gzipSync(SCRIPT));
  const studio = openStudio(folder, '1.2.3');
  server = createServer((incoming, response) => {
    const path = incoming.url ?? '/';
    if (studio.has(path)) studio.serve(path, incoming, response);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

/** `fetch` undoes the compression, so that it cannot be looked at. */
function get(path: string, headers: Record<string, string> = {}): Promise<{ response: IncomingMessage; body: Buffer }> {
  const { port } = server.address() as AddressInfo;
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve({ response, body: Buffer.concat(chunks) }));
    })
      .on('error', reject)
      .end();
  });
}

test('an asset comes compressed as the client can read it, brotli before gzip, and may be kept for ever', async () => {
  const path = '/assets/index-abc123.js';
  const { response, body } = await get(path, { 'accept-encoding': 'gzip, deflate, br' });
  expect(response.headers).toMatchObject({
    'content-encoding': 'br',
    'content-type': 'text/javascript; charset=utf-8',
    'cache-control': 'public, max-age=31536000, immutable',
    vary: 'origin, accept-encoding',
  });
  expect(brotliDecompressSync(body).toString()).toBe(SCRIPT);
  expect(gunzipSync((await get(path, { 'accept-encoding': 'gzip, br;q=0' })).body).toString()).toBe(SCRIPT);
  expect((await get(path)).body.toString()).toBe(SCRIPT);
});

test('the page is asked for anew each time, and nothing in it may load or send anything elsewhere', async () => {
  const { response } = await get('/');
  expect(response.headers['cache-control']).toBe('no-cache');
  const policy = String(response.headers['content-security-policy']);
  expect(policy.split('; ')).toEqual(
    expect.arrayContaining(["default-src 'none'", "script-src 'self'", "connect-src 'self'"]),
  );
  expect(policy).not.toContain('unsafe');
  const again = await get('/', { 'if-none-match': String(response.headers['etag']) });
  expect([again.response.statusCode, again.body.length]).toEqual([304, 0]);
});

test('what is no page of it, its own stamp and paths that lead out included, is not there', async () => {
  for (const path of [
    '/built-from',
    '/assets/../built-from',
    '/assets/index-abc123.js.br',
    '/assets/%2e%2e/built-from',
  ])
    expect((await get(path)).response.statusCode).toBe(404);
});

test('where nothing has been built the page says so', async () => {
  const studio = openStudio(join(folder, 'nothing'), '1.2.3');
  expect(studio.has('/')).toBe(true);
  expect(studio.has('/assets/index-abc123.js')).toBe(false);
});
