import { mkdtempSync, readdirSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { packageFile } from '../../src/package.js';
import { Api } from '../support/api.js';
import { launchServer } from '../support/launch.js';
import { median } from './contender.js';
import { baseOf } from './slider.js';
import { firstFrames } from './studio/drag.js';
import { openEventSource } from './studio/events.js';
import { type MainThread, traced } from './studio/trace.js';

export interface StudioOptions {
  /** Data folder whose directions are used; a new one where null. */
  readonly data: string | null;
  /** How long events are streamed. */
  readonly seconds: number;
  /** How many drags. */
  readonly count: number;
}

const EVENTS_PER_SECOND = 50;

/** What the studio is like to use: its size, its main thread while events stream, and a slider that is dragged. */
export async function studio({ data, seconds, count }: StudioOptions) {
  const browser = await chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: ['--no-sandbox'],
  });
  try {
    const compressedKilobytes = javaScriptBytes() / 1000;
    console.log(`JavaScript, compressed: ${compressedKilobytes.toFixed(1)} KB`);
    const thread = await whileEventsStream(browser, seconds);
    console.log(`${EVENTS_PER_SECOND} events/s for ${seconds} s:`, thread);
    const frames = await whileDragged(browser, data, count);
    console.log(
      `first frame after a drag: median ${median(frames).toFixed(0)} ms of ${frames.map((ms) => ms.toFixed(0))}`,
    );
    return { compressedKilobytes, ...thread, medianFirstFrameMs: median(frames) };
  } finally {
    await browser.close();
  }
}

function javaScriptBytes(): number {
  const folder = packageFile('dist/web/assets');
  const files = readdirSync(folder).filter((name) => name.endsWith('.js.br'));
  return files.reduce((total, name) => total + statSync(join(folder, name)).size, 0);
}

async function whileEventsStream(browser: Browser, seconds: number): Promise<MainThread> {
  const source = await openEventSource();
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    await page.goto(`${source.url}/#/discover/${encodeURIComponent(source.discoveryId)}`);
    await page.locator('.chart-plot').first().waitFor();
    const thread = await traced(browser, page, () => source.emit(EVENTS_PER_SECOND, seconds));
    await page.close();
    return thread;
  } finally {
    await source.close();
  }
}

async function whileDragged(browser: Browser, data: string | null, count: number): Promise<number[]> {
  const server = await launchServer(data ?? mkdtempSync(join(tmpdir(), 'azimuth-studio-')), { AZIMUTH_DEVICE: 'cpu' });
  const api = new Api(server.url);
  try {
    return await firstFrames(browser, server, await baseOf(api), count);
  } finally {
    await api.close();
    await server.stop();
  }
}
