import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Browser } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createClient } from '../../src/client/node.js';
import { packageFile } from '../../src/package.js';
import { TINY_MODEL } from '../helpers/models.js';
import { openBrowser, openPage } from './browser.js';
import { StudioServer } from './studio-server.js';

let server: StudioServer;
let browser: Browser;
/** Serves examples/ and nothing else, from another origin than the API's. */
let files: Server;

beforeAll(async () => {
  server = await StudioServer.start();
  const azimuth = createClient({ url: server.url });
  const { id } = await azimuth.importModel({ path: TINY_MODEL, name: 'tiny' });
  for await (const _ of azimuth.importProgress(id));
  await azimuth.close();
  files = createServer(async (request, response) => {
    const name = request.url?.split('?')[0] === '/browser.html' ? 'browser.html' : null;
    // 204: a browser asks for an icon, and reports it as an error where there is none.
    response.writeHead(name ? 200 : 204, { 'content-type': 'text/html; charset=utf-8' });
    response.end(name ? await readFile(packageFile(`examples/${name}`)) : '');
  });
  await new Promise<void>((resolve) => files.listen(0, '127.0.0.1', resolve));
  browser = await openBrowser();
});
afterAll(async () => {
  await browser?.close();
  await new Promise((resolve) => files?.close(resolve));
  await server?.close();
});

test.each(['node.mjs', 'browser.html'])('examples/%s has about sixty lines', async (name) => {
  const text = await readFile(packageFile(`examples/${name}`), 'utf8');
  expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(61);
});

test('the Node.js example discovers, watches, edits, and leaves an image', async () => {
  const cwd = await mkdtemp(join(tmpdir(), 'azimuth-example-'));
  const run = promisify(execFile)(process.execPath, [packageFile('examples/node.mjs'), server.url, 'tiny', '3'], {
    cwd,
  });
  const { stdout } = await run;
  expect(stdout).toMatch(/step 3\/3: loss [\d.]+, accuracy [\d.]+\nSUCCEEDED/);
  expect(stdout).toContain('frame 20/20');
  const [image = ''] = await readdir(cwd);
  const { width, comments } = await sharp(join(cwd, image)).metadata();
  expect(width).toBe(8);
  expect(comments?.map(({ keyword }) => keyword)).toContain('azimuth');
  await rm(cwd, { recursive: true });
});

test('the browser example does so from a page of another origin, and its slider changes the image', async () => {
  const { page, errors } = await openPage(browser);
  const { port } = files.address() as AddressInfo;
  const search = new URLSearchParams({ server: server.url, model: 'tiny', steps: '3' });
  await page.goto(`http://127.0.0.1:${port}/browser.html?${search}`);
  await page.getByText(/: drag it\.$/).waitFor();
  const image = page.getByAltText('A sample of the model, edited');
  const before = await image.getAttribute('src');
  await page.getByLabel('Best direction').fill('5');
  await expect.poll(() => image.getAttribute('src'), { timeout: 30_000 }).not.toBe(before);
  await expect.poll(() => page.evaluate("document.getElementById('image').naturalWidth")).toBe(8);
  expect(errors).toEqual([]);
});
