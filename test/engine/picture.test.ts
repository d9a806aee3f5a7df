import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { encodePicture } from '../../src/engine/picture.js';
import { generator, randomTensor } from '../helpers/numeric.js';

/** Small PNGs are written by pngjs, others by sharp, which reads both here. */
describe('a PNG of a sample', () => {
  it.each([
    [3, 32, 32],
    [1, 28, 28],
    [4, 32, 16],
    [3, 64, 64],
    [3, 65, 64],
  ] as const)('of [%i,%i,%i] has the sample’s pixels', async (channels, height, width) => {
    const shape = [channels, height, width] as const;
    const sample = randomTensor(shape, generator(channels * height)).data;
    const { bytes, ...picture } = await encodePicture(sample, shape);
    const { data, info } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true });
    const shown = channels < 3 ? 1 : 3;
    expect(picture).toEqual({ width, height, contentType: 'image/png' });
    expect([info.width, info.height, (await sharp(bytes).metadata()).format]).toEqual([width, height, 'png']);
    for (let pixel = 0; pixel < height * width; pixel += 1)
      for (let channel = 0; channel < shown; channel += 1) {
        const value = ((sample[channel * height * width + pixel] ?? 0) + 1) * 127.5;
        expect(Math.abs((data[pixel * info.channels + channel] ?? 0) - value)).toBeLessThanOrEqual(0.5 + 1e-4);
      }
  });
});
