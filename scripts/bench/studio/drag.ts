import { setTimeout } from 'node:timers/promises';
import type { Browser, Page } from 'playwright-core';
import type { LaunchedServer } from '../../support/launch.js';

/** The slider, the image beside it, and a clock inside the page: from the input event to the picture on the screen. */
const CLOCK = `window.firstFrame = () => new Promise((resolve, reject) => {
  const slider = document.querySelector('.shift-slider input');
  const image = document.querySelector('.stage-image');
  let movedAt = 0;
  // A frame that the next one replaces is not decoded any more: then that one is the first to be seen.
  const show = () => image.decode().then(() => requestAnimationFrame(() => resolve(performance.now() - movedAt)), show);
  slider.addEventListener('input', (event) => { movedAt ||= event.timeStamp; }, { capture: true });
  const observer = new MutationObserver(() => {
    if (!movedAt) return;
    observer.disconnect();
    show();
  });
  observer.observe(image, { attributes: true, attributeFilter: ['src'] });
  setTimeout(() => reject(new Error('no frame within 10 s')), 10000);
})`;

/** Time that an image needs to come to rest after a drag. */
const REST_MS = 1500;

/** Milliseconds from the first movement of each of `count` drags to the first frame that it shows. */
export async function firstFrames(
  browser: Browser,
  { url }: LaunchedServer,
  { modelId, directionId }: { readonly modelId: string; readonly directionId: string },
  count: number,
): Promise<number[]> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  const search = new URLSearchParams({ model: modelId, seed: '11', shifts: `${directionId}~1` });
  await page.goto(`${url}/#/edit?${search}`);
  await page.locator('.stage-image').waitFor({ timeout: 60_000 });
  await setTimeout(REST_MS);
  await page.evaluate(CLOCK);
  const times: number[] = [];
  // The first one builds what the others find.
  for (let n = 0; n <= count; n += 1) times.push(await drag(page, n));
  await page.close();
  return times.slice(1);
}

async function drag(page: Page, n: number): Promise<number> {
  const box = await page.locator('.shift-slider input').boundingBox();
  if (!box) throw new Error('The slider is not on the page.');
  const thumb = Number(await page.locator('.shift-slider input').inputValue());
  const limit = Number(await page.locator('.shift-slider input').getAttribute('max'));
  const x = (value: number) => box.x + 9 + ((value + limit) / (2 * limit)) * (box.width - 18);
  const y = box.y + box.height / 2;
  const shown = page.evaluate<number>('firstFrame()');
  await page.mouse.move(x(thumb), y);
  await page.mouse.down();
  // Somewhere new each time: what was computed before is answered from what it left.
  const to = (n % 2 ? -1 : 1) * (0.5 + 0.11 * n);
  await page.mouse.move(x(Math.max(-limit, Math.min(limit, to))), y, { steps: 3 });
  const ms = await shown;
  await page.mouse.up();
  await setTimeout(REST_MS);
  return ms;
}
