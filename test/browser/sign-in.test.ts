import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openBrowser, openPage, violations } from './browser.js';
import { StudioServer } from './studio-server.js';

const TOKEN = 'a-token-of-this-test-and-of-no-other-server';

let server: StudioServer;
let browser: Browser;

beforeAll(async () => {
  server = await StudioServer.start({ AZIMUTH_AUTH: 'required', AZIMUTH_TOKEN: TOKEN });
  browser = await openBrowser();
});

afterAll(async () => {
  await browser?.close();
  await server?.close();
});

test('a server that wants a token is signed in to, for this tab, and its images are shown', async () => {
  const { page } = await openPage(browser);
  await page.goto(server.url);
  const dialog = page.getByRole('dialog', { name: 'Sign in' });
  await dialog.waitFor();
  expect(await violations(page)).toEqual([]);

  await page.getByLabel('Token').fill('not-the-right-one');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('The server does not accept this token').waitFor();

  await page.getByLabel('Token').fill(TOKEN);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('link', { name: 'portraits-32', exact: true }).waitFor();
  await page.getByText('Connected').waitFor();
  const sample = page.getByAltText('Sample of portraits-32, seed 0');
  await expect
    .poll(() => sample.evaluate((image) => (image as unknown as { naturalWidth: number }).naturalWidth), {
      timeout: 120_000,
    })
    .toBe(32);

  await page.reload();
  await page.getByRole('link', { name: 'portraits-32', exact: true }).waitFor();
  expect(await dialog.count()).toBe(0);

  await page.getByRole('button', { name: 'Sign out' }).click();
  await dialog.waitFor();
});
