import { crc32 } from 'node:zlib';

const KEYWORD = 'azimuth';
/** Signature and the IHDR chunk, which must come first. */
const HEAD_BYTES = 8 + 25;

/** A PNG with a text of its own under the keyword `azimuth`, uncompressed UTF-8 (iTXt: PNG specification, 11.3.4.5). */
export function withText(png: Uint8Array, text: string): Uint8Array {
  const content = Buffer.concat([Buffer.from(`iTXt${KEYWORD}\0\0\0\0\0`, 'latin1'), Buffer.from(text, 'utf8')]);
  const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)];
  // The length counts neither itself nor the type.
  length.writeUInt32BE(content.length - 4);
  checksum.writeUInt32BE(crc32(content));
  const joined = Buffer.concat([png.subarray(0, HEAD_BYTES), length, content, checksum, png.subarray(HEAD_BYTES)]);
  return new Uint8Array(joined);
}
