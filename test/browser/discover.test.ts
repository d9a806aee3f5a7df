import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TINY_MODEL } from '../helpers/models.js';
import { isTooWide, openBrowser, openPage, violations, type WatchedPage } from './browser.js';
import { StudioServer } from './studio-server.js';

/** Long enough that something can happen in the midst of it. */
const STEPS = 120;
/** Where models may lie, but none does. */
const NOWHERE = join(tmpdir(), 'azimuth-nowhere');

let server: StudioServer;
let browser: Browser;
let watched: WatchedPage;
let page: Page;

beforeAll(async () => {
  server = await StudioServer.start();
  browser = await openBrowser();
  watched = await openPage(browser);
  page = watched.page;
});

afterAll(async () => {
  await browser?.close();
  await server?.close();
});

const points = async () => Number(await page.locator('.chart-plot').first().getAttribute('data-points'));
const enoughPoints = (count: number) => expect.poll(points, { timeout: 200_000 }).toBeGreaterThanOrEqual(count);
const badge = (text: string) => page.locator('h1 .badge', { hasText: text }).waitFor({ timeout: 240_000 });

async function chooseTiny(): Promise<void> {
  // A new page, so that the form is as it is at first.
  await page.goto('about:blank');
  await page.goto(`${server.url}/#/discover`);
  await page.getByLabel('Model').selectOption({ label: 'tiny · 8 px' });
}

/** Starts a run by the form, and waits for its page. */
async function startRun(steps: number): Promise<string> {
  await chooseTiny();
  await page.getByRole('button', { name: /^Quick look/ }).click();
  await page.getByLabel('Training steps').fill(String(steps));
  // Without the thousands of samples that a subspace is measured with.
  await page.getByText('Advanced').click();
  await page.getByLabel('Made of').selectOption('GLOBAL');
  await page.getByText('A step', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Start', exact: true }).click();
  await page.getByRole('button', { name: 'Pause' }).waitFor();
  return decodeURIComponent(page.url().split('/').at(-1) ?? '');
}

describe('models', () => {
  test('the shipped model is there, with its samples as they are made', async () => {
    await page.goto(server.url);
    await page.getByRole('link', { name: 'portraits-32', exact: true }).waitFor();
    await page.getByAltText('Sample of portraits-32, seed 0').waitFor();
  });

  test('a folder that holds no model is refused with the reason and what to do', async () => {
    await page.getByRole('button', { name: 'Import a model' }).click();
    await page.getByLabel('Folder or file on the server').fill(NOWHERE);
    await page.getByLabel('Name (optional)').fill('nothing');
    await page.getByRole('button', { name: 'Import', exact: true }).click();
    const alert = page.getByRole('listitem').filter({ hasText: 'nothing' }).getByRole('alert');
    await expect.poll(() => alert.textContent()).toMatch(/azimuth-nowhere.*Check the files/s);
  });

  test('a model is imported from a folder, and its report can be read', async () => {
    await page.getByRole('button', { name: 'Import a model' }).click();
    await page.getByLabel('Folder or file on the server').fill(TINY_MODEL);
    await page.getByLabel('Name (optional)').fill('tiny');
    await page.getByRole('button', { name: 'Import', exact: true }).click();
    await page.getByRole('link', { name: 'tiny', exact: true }).click();
    await page.getByRole('heading', { name: "The doctor's report" }).waitFor();
    await page.getByText('8 × 8 × 3').waitFor();
  });
});

describe('a discovery', () => {
  test('what the API would refuse stands at its field before it is started', async () => {
    await chooseTiny();
    await page.getByText('Advanced').click();
    await page.getByLabel('Largest strength').fill('0.2');
    await page.getByText(/input\.minStrength: expected less than maxStrength/).waitFor();
    expect(await page.getByRole('button', { name: 'Start', exact: true }).isDisabled()).toBe(true);
  });

  test('a reload in mid-run loses no point', async () => {
    await startRun(STEPS);
    await enoughPoints(20);
    await page.reload();
    await enoughPoints(STEPS);
    await badge('complete');
    expect(await points()).toBe(STEPS);
    expect(await page.getByText(`${STEPS} of ${STEPS} steps`).count()).toBe(1);
  });

  test('its previews are pairs at each timestep, and earlier ones can be gone back to', async () => {
    expect(await page.getByAltText(/^With the shift, timestep/).count()).toBe(5);
    const first = () =>
      page
        .getByAltText(/^With the shift, timestep/)
        .first()
        .getAttribute('src');
    const newest = await first();
    await page.getByRole('slider', { name: 'Training step' }).fill('0');
    await expect.poll(first).not.toBe(newest);
  });

  test('it is paused, resumed and cancelled', async () => {
    await startRun(3000);
    await enoughPoints(1);
    await page.getByRole('button', { name: 'Pause' }).click();
    await badge('paused');
    await page.getByRole('button', { name: 'Resume' }).click();
    await badge('running');
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('button', { name: 'Cancel the run' }).click();
    await badge('cancelled');
  });

  test('until here nothing has gone wrong on the console', () => {
    expect(watched.errors).toEqual([]);
  });

  test('a restart of the server in mid-run: the page says so, recovers by itself, and no point is missing', async () => {
    await startRun(STEPS);
    await enoughPoints(20);
    await server.stop();
    await page.getByText('The server does not answer. This page tries again by itself').waitFor();
    await server.startAgain();
    await page.getByText('Connected').waitFor();
    await badge('complete');
    await expect.poll(points, { timeout: 200_000 }).toBe(STEPS);
    // What the browser itself says while nobody answers.
    const others = watched.errors.filter(
      (text) => !/ERR_CONNECTION_REFUSED|WebSocket|ERR_EMPTY|ERR_INCOMPLETE/.test(text),
    );
    expect(others).toEqual([]);
  });
});

describe.each(['light', 'dark'] as const)('every view in its %s theme', (colorScheme) => {
  const views = ['#/models', '#/discover', '#/directions', '#/edit', 'a model', 'a run'];

  test.each(views)('%s has no serious accessibility violation', async (view) => {
    const { page: fresh } = await openPage(browser, { colorScheme });
    await visit(fresh, view);
    expect(await violations(fresh)).toEqual([]);
    await fresh.context().close();
  });

  test('nothing is wider than a phone', async () => {
    const { page: phone, errors } = await openPage(browser, { colorScheme, viewport: { width: 390, height: 844 } });
    const wide = [];
    for (const view of views) {
      await visit(phone, view);
      if (await isTooWide(phone)) wide.push(view);
    }
    expect(wide).toEqual([]);
    expect(errors).toEqual([]);
    await phone.context().close();
  });
});

/** Goes to a view of the tiny model, and waits until it has something to show. */
async function visit(where: Page, view: string): Promise<void> {
  await where.goto(`${server.url}/${view.startsWith('#') ? view : '#/models'}`);
  await where.locator('h1').waitFor();
  if (view === 'a model') await where.getByRole('link', { name: 'tiny', exact: true }).click();
  if (view === 'a run') {
    await where.goto(`${server.url}/#/discover`);
    await where.getByLabel('Model').selectOption({ label: 'tiny · 8 px' });
    await where.locator('.run-row').first().click();
    await where.locator('.chart-plot').first().waitFor();
  }
  // Whatever is asked for has been answered, but for an estimate, which a busy machine may be long about.
  if (view !== '#/discover') await where.waitForLoadState('networkidle');
}
