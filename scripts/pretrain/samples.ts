import type { Engine } from '../../src/engine/index.js';
import { grid } from '../demo/pictures.js';
import { galleryOf } from '../support/gallery.js';

const ROWS = 4;
const COLUMNS = 8;
const SAMPLING_STEPS = 20;

/** Samples of the model in a folder as one PNG: the same seeds each time, so that sheets can be compared. */
export async function contactSheet(engine: Engine, folder: string): Promise<Buffer> {
  const { signal } = new AbortController();
  const { hash } = await engine.importModel(folder, async () => {}, signal);
  const seeds = Array.from({ length: ROWS * COLUMNS }, (_, seed) => seed);
  const images = await galleryOf(engine, { path: folder, hash }, seeds, SAMPLING_STEPS);
  const pictures = images.map(({ bytes }) => Buffer.from(bytes));
  return grid(Array.from({ length: ROWS }, (_, row) => pictures.slice(row * COLUMNS, (row + 1) * COLUMNS)));
}
