import { PNG } from 'pngjs';
import sharp, { type Sharp } from 'sharp';
import type { EncodedImage } from './contract.js';
import { EngineError } from './errors.js';

/** File formats of images that are made; JPEG and WebP lose a little, and take less room. */
export type PictureFormat = 'PNG' | 'JPEG' | 'WEBP';

export interface PictureOptions {
  /** Pixels on the longer side: enlarging keeps hard pixel edges. The sample's own size where null. */
  readonly size?: number | null;
  readonly format?: PictureFormat;
}

const ENCODERS: Readonly<Record<PictureFormat, (image: Sharp) => Sharp>> = {
  PNG: (image) => image.png({ compressionLevel: 6 }),
  // Chroma at full resolution: the pictures are small, and their colours are what is looked at.
  JPEG: (image) => image.jpeg({ quality: 90, chromaSubsampling: '4:4:4' }),
  WEBP: (image) => image.webp({ quality: 90, effort: 1 }),
};
const CONTENT_TYPES: Readonly<Record<PictureFormat, string>> = {
  PNG: 'image/png',
  JPEG: 'image/jpeg',
  WEBP: 'image/webp',
};

/**
 * One sample `[C,H,W]` in [-1,1] as a file: the first three channels as RGB, of fewer the first as grey. Values outside are
 * clamped.
 */
export async function encodePicture(
  sample: Float32Array,
  [given, height, width]: readonly [number, number, number],
  { size = null, format = 'PNG' }: PictureOptions = {},
): Promise<EncodedImage> {
  const channels = given < 3 ? 1 : 3;
  const raw = { width, height, channels } as const;
  const pixels = interleaved(sample, channels, height * width);
  const scale = (size ?? Math.max(height, width)) / Math.max(height, width);
  if (scale === 1 && format === 'PNG' && height * width <= SMALL_PIXELS)
    return { bytes: smallPng(pixels, raw), width, height, contentType: CONTENT_TYPES.PNG };
  const image = sharp(pixels, { raw });
  if (scale !== 1) {
    const kernel = scale > 1 ? 'nearest' : 'lanczos3';
    image.resize(Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale)), {
      kernel,
      fit: 'fill',
    });
  }
  const { data, info } = await ENCODERS[format](image).toBuffer({ resolveWithObject: true });
  return {
    bytes: new Uint8Array(data),
    width: info.width,
    height: info.height,
    contentType: CONTENT_TYPES[format],
  };
}

/** A pipeline of sharp's takes 1.4 ms of the processor before the first pixel: a PNG of 32×32 takes 0.4 ms without one, and no thread. */
const SMALL_PIXELS = 64 ** 2;

interface Raw {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
}

function smallPng(pixels: Uint8Array, { width, height, channels }: Raw): Uint8Array {
  const colorType = channels === 3 ? 2 : 0;
  const png = new PNG({ width, height });
  png.data = Buffer.from(pixels.buffer, pixels.byteOffset, pixels.byteLength);
  return new Uint8Array(
    PNG.sync.write(png, { colorType, inputColorType: colorType, inputHasAlpha: false, deflateLevel: 6 }),
  );
}

/** How a picture of another shape becomes square: its middle, all of it with its edges drawn out, or all of it squeezed. */
export type PictureFit = 'CROP' | 'PAD' | 'STRETCH';

/**
 * A picture file as a sample `[C,H,W]` in [-1,1], upright, on white where it is transparent. One that has the sample's
 * size keeps its pixels. Throws BAD_USER_INPUT if it cannot be read.
 */
export async function decodePicture(
  bytes: Uint8Array,
  [channels, height, width]: readonly [number, number, number],
  fit: PictureFit,
): Promise<Float32Array> {
  checkChannels(channels);
  try {
    const upright = sharp(bytes).autoOrient().flatten({ background: '#fff' }).toColourspace('srgb');
    const fitted = fit === 'PAD' ? await padded(upright, width, height) : upright.resize(width, height, FITS[fit]);
    const image = channels === 1 ? fitted.toColourspace('b-w') : fitted;
    const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
    return planar(data, info.channels, channels, height * width);
  } catch (cause) {
    throw new EngineError('BAD_USER_INPUT', 'image: it cannot be read as PNG, JPEG or WebP.', { cause });
  }
}

const FITS = { CROP: { fit: 'cover' }, STRETCH: { fit: 'fill' } } as const;

async function padded(image: Sharp, width: number, height: number): Promise<Sharp> {
  const inside = image.resize(width, height, { fit: 'inside' });
  const { data, info } = await inside.raw().toBuffer({ resolveWithObject: true });
  const [left, top] = [Math.floor((width - info.width) / 2), Math.floor((height - info.height) / 2)];
  const raw = { width: info.width, height: info.height, channels: info.channels };
  return sharp(data, { raw }).extend({
    left,
    top,
    right: width - info.width - left,
    bottom: height - info.height - top,
    extendWith: 'copy',
  });
}

/** Peak signal-to-noise ratio of two samples as pictures of 256 levels, in dB; 100 where they are the same. */
export function psnr(a: Float32Array, b: Float32Array): number {
  const squares = a.reduce((sum, value, at) => sum + (level(value) - level(b[at] ?? 0)) ** 2, 0);
  return squares === 0 ? 100 : 10 * Math.log10((255 * 255 * a.length) / squares);
}

function checkChannels(channels: number): asserts channels is 1 | 3 {
  if (channels === 1 || channels === 3) return;
  throw new EngineError('MODEL_INVALID', `pictures: expected samples of 1 or 3 channels, got ${channels}.`);
}

function level(value: number): number {
  return Math.min(255, Math.max(0, Math.round((value + 1) * 127.5)));
}

/** Bytes `[H·W,from]` → `[C,H·W]` in [-1,1]. */
function planar(bytes: Uint8Array, from: number, channels: number, pixels: number): Float32Array {
  return Float32Array.from(
    { length: channels * pixels },
    (_, at) => (bytes[(at % pixels) * from + Math.floor(at / pixels)] ?? 0) / 127.5 - 1,
  );
}

/** `[C,H·W]` in [-1,1] → bytes `[H·W,C]`, rounded to nearest. */
function interleaved(sample: Float32Array, channels: number, pixels: number): Uint8Array {
  const bytes = new Uint8Array(channels * pixels);
  for (let channel = 0; channel < channels; channel += 1) {
    for (let pixel = 0; pixel < pixels; pixel += 1) {
      bytes[pixel * channels + channel] = level(sample[channel * pixels + pixel] ?? 0);
    }
  }
  return bytes;
}
