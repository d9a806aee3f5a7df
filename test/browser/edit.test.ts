import { readFile } from 'node:fs/promises';
import type { Browser, Locator, Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AzimuthClient, createClient, type Direction } from '../../src/client/node.js';
import { TINY_DISCOVERY, TINY_MODEL } from '../helpers/models.js';
import { isTooWide, openBrowser, openPage, violations, type WatchedPage } from './browser.js';
import { StudioServer } from './studio-server.js';

let server: StudioServer;
let azimuth: AzimuthClient;
let browser: Browser;
let watched: WatchedPage;
let page: Page;
let modelId: string;
let directions: readonly Direction[];

async function over(events: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of events);
}

beforeAll(async () => {
  server = await StudioServer.start();
  azimuth = createClient({ url: server.url });
  modelId = (await azimuth.importModel({ path: TINY_MODEL, name: 'tiny' })).id;
  await over(azimuth.importProgress(modelId));
  const input = { ...TINY_DISCOVERY, modelId, start: 'PRINCIPAL', samplingSteps: 2, trainingSteps: 2 } as const;
  await over(azimuth.trainingProgress((await azimuth.startDiscovery(input)).id));
  directions = (await azimuth.directions({ modelId, orderBy: 'SCORE' })).nodes;
  browser = await openBrowser();
  watched = await openPage(browser, { acceptDownloads: true });
  page = watched.page;
});
afterAll(async () => {
  await azimuth?.close();
  await browser?.close();
  await server?.close();
});

/** On a busy machine too. */
const SOON = { timeout: 30_000 };
const sourceOf = (image: Locator) => image.getAttribute('src');
const stage = () => page.locator('.stage-image').first();
const settled = () => page.locator('.stage-view[aria-busy=false] .stage-image').first().waitFor();
const first = () => directions[0] as Direction;
const address = (view: string, search: string) => `${server.url}/#/${view}?model=${modelId}&${search}`;

/** The recipe as the address has it. */
const inAddress = (name: string) => new URLSearchParams(page.url().split('?')[1]).get(name);

async function pixels(image: Locator): Promise<Buffer> {
  return server.api.image((await sourceOf(image)) ?? '');
}

describe('the directions', () => {
  const card = (name: string) => page.locator('[data-direction]').filter({ hasText: name });

  test('stand on a contact sheet, best first, and dead or duplicate ones come when they are asked for', async () => {
    await page.goto(address('directions', ''));
    await page.getByLabel('Model').selectOption({ label: 'tiny · 8 px' });
    await page.getByLabel(/^Dead and duplicate/).check();
    await expect.poll(() => page.locator('[data-direction]').count(), SOON).toBe(directions.length);
    const names = await page.locator('[data-direction] .name').allTextContents();
    expect(names).toEqual(directions.map(({ name }) => name));
    expect(await page.locator('.card').first().locator('.strip img').count()).toBeGreaterThan(2);
  });

  test('are renamed, marked, tagged and hidden by keyboard', async () => {
    await page.locator('h1').click();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('r');
    await page.getByLabel(/^New name of/).fill('Brighter');
    await page.keyboard.press('Enter');
    await page.locator('.card-strip').first().focus();
    await page.keyboard.press('f');
    await page.getByRole('complementary').getByLabel('Add a tag').fill('light');
    await page.keyboard.press('Enter');
    await card('Brighter').getByText('light').waitFor();
    const marked = () => azimuth.direction(first().id);
    await expect.poll(marked, SOON).toMatchObject({ name: 'Brighter', favourite: true, tags: ['light'] });
    await page.locator('.card-strip').nth(1).press('h');
    await expect.poll(() => page.locator('[data-direction]').count(), SOON).toBe(directions.length - 1);
    await expect.poll(() => card('Brighter').count(), SOON).toBe(1);
    await page.keyboard.press('/');
    await page.locator('input:focus').and(page.getByLabel('Find')).waitFor();
    await page.keyboard.type('light');
    await expect.poll(() => page.locator('[data-direction]').count(), SOON).toBe(1);
    expect(inAddress('text')).toBe('light');
    await page.getByLabel('Find').fill('');
    await page.getByLabel(/^Hidden/).check();
  });

  test('keep every mark while answers are slow, and store each once, in the order in which it was made', async () => {
    const asked: object[] = [];
    let answered = 0;
    await page.route('**/graphql', async (route) => {
      const { query, variables } = JSON.parse(route.request().postData() ?? '{}');
      if (!query.includes('mutation MarkDirection')) return route.continue();
      asked.push(variables.input);
      const response = await route.fetch();
      // The first answer comes after all that is done below.
      if (asked.length === 1) await new Promise((resolve) => setTimeout(resolve, 2000));
      await route.fulfill({ response });
      answered += 1;
    });
    const strip = card('Brighter').locator('.card-strip');
    await strip.press('r');
    await page.getByLabel('New name of Brighter').fill('Darker');
    await page.getByLabel('New name of Brighter').press('Escape');
    await strip.press('r');
    await page.getByLabel('New name of Brighter').fill('Lighter');
    await page.getByLabel('New name of Brighter').press('Enter');
    await card('Lighter').locator('.card-strip').press('f');
    await page.getByRole('complementary').getByLabel('Add a tag').fill('slow');
    await page.keyboard.press('Enter');
    const { id } = first();
    const marked = { name: 'Lighter', favourite: false, tags: ['light', 'slow'] };
    expect(await card('Lighter').locator('.tag').allTextContents()).toEqual(marked.tags);
    await expect.poll(() => azimuth.direction(id), SOON).toMatchObject(marked);
    await expect.poll(() => answered, SOON).toBe(3);
    expect(await card('Lighter').locator('.tag').allTextContents()).toEqual(marked.tags);
    expect(asked).toEqual([
      { id, name: marked.name },
      { id, favourite: marked.favourite },
      { id, tags: marked.tags },
    ]);
    await page.unroute('**/graphql');
    await azimuth.updateDirection({ id, name: 'Brighter', favourite: true, tags: ['light'] });
    await page.reload();
  });

  test('are compared side by side', async () => {
    await page.getByLabel('Compare', { exact: false }).nth(0).check();
    await page.getByLabel('Compare', { exact: false }).nth(1).check();
    await page.getByRole('button', { name: 'Compare 2' }).click();
    expect(await page.getByRole('table').getByRole('columnheader').allTextContents()).toHaveLength(2);
    await page.getByRole('button', { name: 'Close', exact: true }).click();
  });

  test('go to a file, and come back from it', async () => {
    const downloading = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Export 2' }).click();
    const file = await (await downloading).path();
    await page.getByLabel('File of directions').setInputFiles({
      name: 'directions.safetensors',
      mimeType: 'application/octet-stream',
      buffer: await readFile(file),
    });
    await page.getByText('Imported 2 directions.').waitFor();
  });
});

describe('the editor', () => {
  test('a slider that is dragged changes the image, and the address keeps the edit over a reload', async () => {
    await page.goto(address('edit', `seed=3&shifts=${first().id}~0`));
    await settled();
    const before = await pixels(stage());
    const slider = page.getByLabel('Brighter', { exact: true });
    const box = await slider.boundingBox();
    if (!box) throw new Error('the slider has no place on the page');
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await page.mouse.down();
    for (let x = 0.5; x <= 0.95; x += 0.05) await page.mouse.move(box.x + box.width * x, box.y + box.height / 2);
    await page.mouse.up();
    await settled();
    await expect.poll(async () => (await pixels(stage())).equals(before), SOON).toBe(false);
    expect(Number(inAddress('shifts')?.split('~')[1])).toBeGreaterThan(4);
    // What a script that measures reads.
    expect(await page.evaluate('performance.getEntriesByName("edit-first-frame").length')).toBeGreaterThan(1);
    const edited = await pixels(stage());
    await page.reload();
    await settled();
    await expect.poll(async () => (await pixels(stage())).equals(edited), SOON).toBe(true);
  });

  test('the unedited image is shown while its button is held, and beside the edit when split', async () => {
    const edited = await sourceOf(stage());
    const hold = page.getByRole('button', { name: 'Hold for original' });
    await hold.focus();
    await page.keyboard.down('Space');
    await expect.poll(() => sourceOf(stage()), SOON).not.toBe(edited);
    await page.keyboard.up('Space');
    await expect.poll(() => sourceOf(stage()), SOON).toBe(edited);
    await page.getByRole('button', { name: 'Split' }).click();
    await page.getByLabel(/^Split between the original/).fill('20');
    expect(await page.locator('.stage-before').getAttribute('style')).toContain('80%');
    await page.getByRole('button', { name: 'Split' }).click();
  });

  test('every timestep can be gone back to', async () => {
    const result = await sourceOf(stage());
    await page.getByLabel('Timesteps').fill('0');
    await expect.poll(() => sourceOf(stage()), SOON).not.toBe(result);
    await page.getByText('Step 1 of 20').waitFor();
    await page.getByLabel('Timesteps').fill('20');
    await expect.poll(() => sourceOf(stage()), SOON).toBe(result);
  });

  test('steps are undone and done again', async () => {
    const shifts = inAddress('shifts');
    await page.getByRole('button', { name: /^Sample of seed 1$/ }).click();
    await expect.poll(() => inAddress('seed'), SOON).toBe('1');
    await page.getByRole('button', { name: 'Remove Brighter' }).click();
    await expect.poll(() => inAddress('shifts'), SOON).toBeNull();
    await page.keyboard.press('Control+z');
    await expect.poll(() => inAddress('shifts'), SOON).toBe(shifts);
    await page.keyboard.press('Control+z');
    await expect.poll(() => inAddress('seed'), SOON).toBe('3');
    await page.getByRole('button', { name: 'Redo' }).click();
    await expect.poll(() => inAddress('seed'), SOON).toBe('1');
  });

  test('a second direction is added, with a curve, and a sweep offers its strengths', async () => {
    await page.getByRole('button', { name: 'Add …' }).click();
    await page.locator('.choices button, .dialog p.soft').first().waitFor();
    const choices = await page.locator('.choices button').count();
    // All but the first may be dead: the address takes them anyway.
    if (choices > 0) await page.locator('.choices button').first().click();
    else {
      await page.keyboard.press('Escape');
      await page.goto(address('edit', `seed=1&shifts=${first().id}~3,${directions[1]?.id}~2`));
    }
    await expect.poll(() => page.locator('.shift').count(), SOON).toBe(2);
    await page.locator('.shift').nth(1).getByTitle('Curve over the steps').click();
    await page.getByRole('button', { name: 'Early' }).click();
    await expect.poll(() => inAddress('shifts'), SOON).toContain('~0:1;0.25:1;0.5:0.5');
    await settled();
    await page.getByRole('button', { name: 'Sweep' }).click();
    await expect.poll(() => page.locator('.sweep-row img').count(), SOON).toBe(14);
    await page.locator('.sweep-row').first().getByLabel('Strength -6').click();
    await expect.poll(() => inAddress('shifts'), SOON).toContain(`${first().id}~-6`);
  });

  test('the request that is copied gives the same image when it is sent to /graphql', async () => {
    await settled();
    const shown = await pixels(stage());
    await page.getByRole('button', { name: 'Copy as GraphQL' }).click();
    const body = await page.getByLabel('Request', { exact: true }).inputValue();
    await page.keyboard.press('Escape');
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${server.url}/graphql`, { method: 'POST', headers, body });
    const { data, errors } = (await response.json()) as { data: { applyEdit: { id: string } }; errors?: unknown };
    expect(errors).toBeUndefined();
    await over(azimuth.editProgress(data.applyEdit.id));
    const edit = await azimuth.edit(data.applyEdit.id);
    expect((await server.api.image(edit?.result?.url ?? '')).equals(shown)).toBe(true);
  });

  test('the PNG that is downloaded says what made it', async () => {
    const downloading = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Download PNG' }).click();
    const download = await downloading;
    expect(download.suggestedFilename()).toBe('azimuth-seed-1.png');
    const { comments } = await sharp(await download.path()).metadata();
    const text = comments?.find(({ keyword }) => keyword === 'azimuth')?.text ?? '';
    expect(JSON.parse(text)).toMatchObject({ seed: 1, samplingSteps: 20 });
  });

  test('a picture of one’s own is inverted and edited, and it is said how well that went', async () => {
    const picture = sharp({ create: { width: 40, height: 20, channels: 3, background: 'teal' } });
    const buffer = await picture.png().toBuffer();
    await page.getByLabel('Picture to edit').setInputFiles({ name: 'mine.png', mimeType: 'image/png', buffer });
    await page.getByText(/^Reconstruction: .* dB/).waitFor();
    await page.getByLabel('Stretch').check({ force: true });
    await expect.poll(() => inAddress('fit'), SOON).toBe('STRETCH');
    await page.getByText(/^Reconstruction: .* dB/).waitFor();
  });

  test('nothing of this has put an error on the console', () => {
    expect(watched.errors).toEqual([]);
  });
});

describe.each(['light', 'dark'] as const)('in the %s theme', (colorScheme) => {
  test.each([1280, 390])('at %i pixels, sheet and editor are accessible and fit', async (width) => {
    const { page: fresh, errors } = await openPage(browser, { colorScheme, viewport: { width, height: 844 } });
    await fresh.goto(address('directions', 'weak=1'));
    await fresh.getByLabel('Model').selectOption({ label: 'tiny · 8 px' });
    await fresh.locator('[data-direction]').first().waitFor();
    expect(await violations(fresh)).toEqual([]);
    expect(await isTooWide(fresh)).toBe(false);
    await fresh.goto(address('edit', `seed=1&shifts=${first().id}~2~0:1;1:0`));
    await fresh.getByRole('link', { name: 'Download PNG' }).waitFor();
    await fresh.getByText('Finished').waitFor();
    expect(await violations(fresh)).toEqual([]);
    expect(await isTooWide(fresh)).toBe(false);
    expect(errors).toEqual([]);
    await fresh.context().close();
  });
});
