import sharp from 'sharp';
import type { EncodedImage } from './contract.js';
import { EngineError } from './errors.js';

/**
 * One sample `[C,H,W]` in [-1,1] as a PNG: three channels as RGB, one as grey. Values outside are clamped. With `size`,
 * enlarged or reduced so that the longer side has that many pixels; enlarging keeps hard pixel edges.
 */
export async function encodePicture(
  sample: Float32Array,
  [channels, height, width]: readonly [number, number, number],
  size: number | null = null,
): Promise<EncodedImage> {
  if (channels !== 1 && channels !== 3) {
    throw new EngineError('MODEL_INVALID', `pictures: expected samples of 1 or 3 channels, got ${channels}.`);
  }
  const raw = { width, height, channels } as const;
  const image = sharp(interleaved(sample, channels, height * width), { raw });
  const scale = (size ?? Math.max(height, width)) / Math.max(height, width);
  if (scale !== 1) {
    const kernel = scale > 1 ? 'nearest' : 'lanczos3';
    image.resize(Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale)), {
      kernel,
      fit: 'fill',
    });
  }
  const { data, info } = await image.png({ compressionLevel: 6 }).toBuffer({ resolveWithObject: true });
  return { bytes: new Uint8Array(data), width: info.width, height: info.height, contentType: 'image/png' };
}

/** `[C,H·W]` in [-1,1] → bytes `[H·W,C]`, rounded to nearest. */
function interleaved(sample: Float32Array, channels: number, pixels: number): Uint8Array {
  const bytes = new Uint8Array(channels * pixels);
  for (let channel = 0; channel < channels; channel += 1) {
    for (let pixel = 0; pixel < pixels; pixel += 1) {
      const value = ((sample[channel * pixels + pixel] ?? 0) + 1) * 127.5;
      bytes[pixel * channels + channel] = Math.min(255, Math.max(0, Math.round(value)));
    }
  }
  return bytes;
}
