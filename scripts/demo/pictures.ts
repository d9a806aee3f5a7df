import sharp from 'sharp';

const TILE = 96;
const GAP = 4;

const tile = (image: Buffer) => sharp(image).resize(TILE, TILE, { kernel: 'nearest', fit: 'fill' }).png().toBuffer();

/** Rows of images as one PNG, enlarged with hard pixel edges; a caption above where `title` is given. */
export async function grid(rows: readonly (readonly Buffer[])[], title = ''): Promise<Buffer> {
  const header = title ? 28 : 0;
  const columns = Math.max(...rows.map((row) => row.length));
  const width = columns * (TILE + GAP) + GAP;
  const height = header + rows.length * (TILE + GAP) + GAP;
  const tiles = await Promise.all(
    rows.flatMap((row, y) =>
      row.map(async (image, x) => ({
        input: await tile(image),
        left: GAP + x * (TILE + GAP),
        top: header + GAP + y * (TILE + GAP),
      })),
    ),
  );
  const caption = title ? [{ input: captionOf(title, width, header), left: 0, top: 0 }] : [];
  return sharp({ create: { width, height, channels: 3, background: '#ffffff' } })
    .composite([...caption, ...tiles])
    .png({ compressionLevel: 9, palette: true })
    .toBuffer();
}

function captionOf(title: string, width: number, height: number): Buffer {
  const text = title.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">
      <text x="${GAP + 2}" y="${height - 8}" font-family="sans-serif" font-size="15" fill="#222">${text}</text></svg>`,
  );
}

/** Images one after the other, there and back, as a GIF. */
export async function animation(images: readonly Buffer[], delayMs: number): Promise<Buffer> {
  const tiles = await Promise.all(images.map(tile));
  const frames = [...tiles, ...tiles.slice(1, -1).toReversed()];
  return sharp(frames, { join: { animated: true } })
    .gif({ delay: frames.map(() => delayMs), loop: 0 })
    .toBuffer();
}
