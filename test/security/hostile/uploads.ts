import { crc32, deflateSync } from 'node:zlib';
import sharp from 'sharp';

/** Files that are not what they say; with the statuses that they may end with. */

export interface HostileUpload {
  readonly title: string;
  readonly contentType: string;
  readonly bytes: () => Buffer | Promise<Buffer>;
  readonly status: number;
}

const picture = (format: 'png' | 'jpeg' | 'webp' | 'gif' | 'tiff') =>
  sharp({ create: { width: 64, height: 64, channels: 3, background: 'teal' } })
    .toFormat(format)
    .toBuffer();

function chunk(type: string, data: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}

/** A PNG of zeros: its bytes are a thousandth of its pixels. */
function zeros(width: number, height: number, more: readonly Buffer[] = []): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  // Eight bits of grey.
  header.set([8, 0, 0, 0, 0], 8);
  const rows = deflateSync(Buffer.alloc(Math.min((width + 1) * height, 64 * 2 ** 20)), { level: 9 });
  const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    ...more,
    chunk('IDAT', rows),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** A text chunk of 200 MB in some hundred kilobytes. */
const compressedText = () =>
  chunk(
    'zTXt',
    Buffer.concat([Buffer.from('bomb\0\0', 'latin1'), deflateSync(Buffer.alloc(200 * 2 ** 20), { level: 9 })]),
  );

/** The start of frame says how large a JPEG is. */
function largeJpeg(jpeg: Buffer, side: number): Buffer {
  const at = jpeg.indexOf(Buffer.from([0xff, 0xc0]));
  const copy = Buffer.from(jpeg);
  copy.writeUInt16BE(side, at + 5);
  copy.writeUInt16BE(side, at + 7);
  return copy;
}

/** A lossy WebP says it in fourteen bits, after its start code. */
function largeWebp(webp: Buffer, side: number): Buffer {
  const at = webp.indexOf(Buffer.from([0x9d, 0x01, 0x2a]));
  const copy = Buffer.from(webp);
  copy.writeUInt16LE(side, at + 3);
  copy.writeUInt16LE(side, at + 5);
  return copy;
}

const [PNG, JPEG, WEBP] = ['image/png', 'image/jpeg', 'image/webp'];
const text = (content: string) => () => Buffer.from(content);

export const UPLOADS: readonly HostileUpload[] = [
  { title: 'a JPEG sent as PNG', contentType: PNG, bytes: () => picture('jpeg'), status: 415 },
  { title: 'a PNG sent as JPEG', contentType: JPEG, bytes: () => picture('png'), status: 415 },
  { title: 'a GIF sent as PNG', contentType: PNG, bytes: () => picture('gif'), status: 400 },
  { title: 'a TIFF sent as JPEG', contentType: JPEG, bytes: () => picture('tiff'), status: 400 },
  { title: 'SVG', contentType: 'image/svg+xml', bytes: text('<svg xmlns="http://www.w3.org/2000/svg"/>'), status: 415 },
  {
    title: 'SVG sent as PNG',
    contentType: PNG,
    bytes: text('<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>'),
    status: 400,
  },
  {
    title: 'SVG with an entity of entities',
    contentType: PNG,
    bytes: text('<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><svg>&b;</svg>'),
    status: 400,
  },
  {
    title: 'HTML sent as WebP',
    contentType: WEBP,
    bytes: text('<!doctype html><script>alert(1)</script>'),
    status: 400,
  },
  { title: 'HTML as itself', contentType: 'text/html', bytes: text('<script>alert(1)</script>'), status: 415 },
  { title: 'nothing', contentType: PNG, bytes: () => Buffer.alloc(0), status: 400 },
  {
    title: 'a signature alone',
    contentType: PNG,
    bytes: () => Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    status: 400,
  },
  { title: 'half a PNG', contentType: PNG, bytes: async () => cut(await noise('png')), status: 400 },
  { title: 'half a JPEG', contentType: JPEG, bytes: async () => cut(await noise('jpeg')), status: 400 },
  { title: 'half a WebP', contentType: WEBP, bytes: async () => cut(await noise('webp')), status: 400 },
  { title: 'a PNG of 30,000 × 30,000 zeros', contentType: PNG, bytes: () => zeros(30_000, 30_000), status: 413 },
  {
    title: 'a PNG of 4,000,000,000 a side',
    contentType: PNG,
    bytes: () => zeros(4_000_000_000, 4_000_000_000),
    status: 400,
  },
  {
    title: 'a PNG of 8,192 × 4,800 zeros that ends early',
    contentType: PNG,
    bytes: () => cut(zeros(8192, 4800)),
    status: 400,
  },
  {
    title: 'a PNG with 200 MB of compressed text',
    contentType: PNG,
    bytes: () => zeros(8, 8, [compressedText()]),
    status: 201,
  },
  {
    title: 'a JPEG that says 65,500 a side',
    contentType: JPEG,
    bytes: async () => largeJpeg(await picture('jpeg'), 65_500),
    status: 413,
  },
  {
    title: 'a JPEG that says 6,000 a side',
    contentType: JPEG,
    // Libjpeg fills in what is missing.
    bytes: async () => largeJpeg(await picture('jpeg'), 6000),
    status: 201,
  },
  {
    title: 'a WebP that says 16,383 a side',
    contentType: WEBP,
    bytes: async () => largeWebp(await picture('webp'), 16_383),
    status: 413,
  },
  {
    title: 'a PNG with a web page behind it',
    contentType: PNG,
    bytes: async () => Buffer.concat([await picture('png'), Buffer.from('<script>alert(1)</script>')]),
    status: 201,
  },
  { title: 'more than 20 MiB', contentType: PNG, bytes: () => Buffer.alloc(20 * 2 ** 20 + 1), status: 413 },
];

function cut(bytes: Buffer): Buffer {
  return bytes.subarray(0, bytes.length / 2);
}

function noise(format: 'png' | 'jpeg' | 'webp'): Promise<Buffer> {
  const pixels = Buffer.from(Uint8Array.from({ length: 64 * 64 * 3 }, (_, n) => (n * 7919) % 251));
  return sharp(pixels, { raw: { width: 64, height: 64, channels: 3 } })
    .toFormat(format)
    .toBuffer();
}
