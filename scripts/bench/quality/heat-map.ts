import sharp from 'sharp';
import type { EffectMatrix } from '../../../src/engine/quality/disentanglement.js';

const [CELL_WIDTH, CELL_HEIGHT, LEFT, TOP] = [92, 26, 44, 34];

/** The effect matrix as a PNG: red where the factor grows with strength, blue where it shrinks; an asterisk where |ρ| ≥ 0.9. */
export async function heatMap(
  effects: EffectMatrix,
  correlation: EffectMatrix,
  factors: readonly string[],
): Promise<Buffer> {
  const largest = Math.max(...effects.flat().map(Math.abs), 1e-6);
  const [width, height] = [LEFT + factors.length * CELL_WIDTH, TOP + effects.length * CELL_HEIGHT];
  const names = factors.map((name, f) => text(LEFT + (f + 0.5) * CELL_WIDTH, TOP - 12, name.replace('_', ' ')));
  const rows = effects.flatMap((row, k) => [
    text(LEFT / 2, TOP + (k + 0.65) * CELL_HEIGHT, String(k)),
    ...row.map((value, f) => cell(value, largest, (correlation[k]?.[f] ?? 0) >= 0.9, f, k)),
  ]);
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><rect width="100%" height="100%" fill="#fff"/>${[...names, ...rows].join('')}</svg>`;
  return sharp(Buffer.from(svg)).png({ palette: true, compressionLevel: 9 }).toBuffer();
}

function cell(value: number, largest: number, isMonotonous: boolean, f: number, k: number): string {
  const [x, y] = [LEFT + f * CELL_WIDTH, TOP + k * CELL_HEIGHT];
  const faded = Math.round(255 * (1 - Math.sqrt(Math.abs(value) / largest)));
  const fill = value > 0 ? `rgb(255,${faded},${faded})` : `rgb(${faded},${faded},255)`;
  const label = `${value.toFixed(2)}${isMonotonous ? '*' : ''}`;
  return `<rect x="${x}" y="${y}" width="${CELL_WIDTH - 2}" height="${CELL_HEIGHT - 2}" fill="${fill}"/>${text(x + CELL_WIDTH / 2, y + 0.65 * CELL_HEIGHT, label, faded < 80 ? '#fff' : '#222')}`;
}

function text(x: number, y: number, content: string, fill = '#222'): string {
  return `<text x="${x}" y="${y}" font-family="sans-serif" font-size="12" fill="${fill}" text-anchor="middle">${content}</text>`;
}
