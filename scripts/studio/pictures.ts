import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import sharp from 'sharp';
import { packageFile } from '../../src/package.js';
import { Api } from '../support/api.js';
import { launchServer } from '../support/launch.js';
import { optionsOf } from '../support/options.js';

/**
 * Makes the README's pictures of the studio: on a server that runs already (`--url`), or one of its own on a data folder (`--data`)
 * whose shipped model has directions, or a new one.
 */

const { values } = optionsOf('usage: npm run studio:pictures -- [--url URL] [--data FOLDER]', {
  options: { data: { type: 'string', default: '' }, url: { type: 'string', default: '' } },
});

const SIZE = { width: 1280, height: 840 };

interface Shown {
  readonly modelId: string;
  readonly discoveryId: string;
  readonly directionIds: readonly string[];
}

async function main(): Promise<void> {
  if (values.url) return picturesOf(values.url);
  const server = await launchServer(values.data || mkdtempSync(join(tmpdir(), 'azimuth-pictures-')));
  await picturesOf(server.url).finally(() => server.stop());
}

async function picturesOf(url: string): Promise<void> {
  const api = new Api(url);
  const browser = await chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: ['--no-sandbox'],
  });
  try {
    await takePictures(browser, url, (await found(api)) ?? (await discovered(api)));
  } finally {
    await browser.close();
    await api.close();
  }
}

/** The newest complete discovery of the shipped model, and its best directions. */
async function found(api: Api): Promise<Shown | null> {
  type Page<Node> = { readonly edges: readonly { readonly node: Node }[] };
  type Run = { readonly id: string; readonly status: string; readonly directions: Page<{ readonly id: string }> };
  const query = `{ models(first: 1) { edges { node { id discoveries(first: 20) { edges { node {
    id status directions(first: 3, orderBy: SCORE) { edges { node { id } } } } } } } } } }`;
  const { models } = await api.query<{ models: Page<{ id: string; discoveries: Page<Run> }> }>(query);
  const model = models.edges[0]?.node;
  const run = model?.discoveries.edges.map(({ node }) => node).find(({ status }) => status === 'SUCCEEDED');
  if (!model || !run) return null;
  const directionIds = run.directions.edges.map(({ node }) => node.id);
  return { modelId: model.id, discoveryId: run.id, directionIds };
}

async function discovered(api: Api): Promise<Shown> {
  const { models } = await api.query<{ models: { edges: { node: { id: string } }[] } }>(
    '{ models { edges { node { id } } } }',
  );
  const input = { modelId: models.edges[0]?.node.id };
  const mutation = 'mutation ($input: StartDiscoveryInput!) { startDiscovery(input: $input) { id } }';
  const { startDiscovery } = await api.query<{ startDiscovery: { id: string } }>(mutation, { input });
  const progress = 'subscription ($id: ID!) { trainingProgress(discoveryId: $id) { __typename } }';
  for await (const _ of api.subscribe(progress, startDiscovery));
  const shown = await found(api);
  if (!shown) throw new Error('The discovery did not succeed; see the log of the server.');
  return shown;
}

async function takePictures(
  browser: Browser,
  url: string,
  { modelId, discoveryId, directionIds }: Shown,
): Promise<void> {
  const shifts = directionIds.map((id, index) => `${id}~${[3, -2, 2][index]}`).join(',');
  const edit = new URLSearchParams({ model: modelId, seed: '11', shifts });
  const views = [
    { name: 'studio-discover', hash: `discover/${encodeURIComponent(discoveryId)}`, theme: 'dark', ready: '.pair img' },
    { name: 'studio-directions', hash: 'directions', theme: 'light', ready: 'main img' },
    { name: 'studio-edit', hash: `edit?${edit}`, theme: 'dark', ready: '.stage-actions a[href]' },
  ] as const;
  for (const { name, hash, theme, ready } of views) {
    const page = await browser.newPage({ viewport: SIZE, colorScheme: theme });
    await page.goto(`${url}/#/${hash}`);
    await page.locator(ready).first().waitFor({ timeout: 120_000 });
    await settled(page);
    const picture = await sharp(await page.screenshot())
      .webp({ quality: 82 })
      .toBuffer();
    writeFileSync(packageFile(`docs/images/${name}.webp`), picture);
    console.log(`docs/images/${name}.webp: ${Math.round(picture.length / 1000)} KB`);
    await page.close();
  }
}

/** Nothing has been fetched for a while: images, and the steps of an edit, are there. */
async function settled(page: Page): Promise<void> {
  await page.waitForLoadState('networkidle');
  await page.waitForTimeout(3000);
}

await main();
