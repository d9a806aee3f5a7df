import type { CheckpointSettings } from './checkpoint-settings.js';
import type { ShapeTable } from './shape-table.js';

/** Extents that the code bases train their usual UNets at, by the channels of the levels over those of the first features. */
const USUAL: Readonly<Record<string, number>> = {
  '1,2,2,2': 32,
  '1,2,2,2,4': 64,
  '1,2,3,4': 64,
  '1,1,2,3,4': 128,
  '1,1,2,2,4,4': 256,
  '0.5,1,1,2,2,4,4': 512,
};

/**
 * The image's extent, which convolutions do not tell: from the settings, or that of the usual models. Throws MODEL_INVALID
 * where neither says it, or the UNet cannot halve it.
 */
export function imageSize(
  table: ShapeTable,
  { imageSize: told }: CheckpointSettings,
  channels: readonly number[],
  features: number,
): { size: number; warnings: string[] } {
  const multiple = 2 ** (channels.length - 1);
  const multipliers = channels.map((width) => width / features).join();
  const size = told ?? (Object.hasOwn(USUAL, multipliers) ? USUAL[multipliers] : undefined);
  if (size === undefined)
    throw table.invalid(
      `the weights do not tell the image's extent; write it into azimuth.json beside the file: {"imageSize": ${multiple * 8}}`,
    );
  if (size % multiple !== 0)
    throw table.invalid(
      `imageSize: expected a multiple of ${multiple} (the UNet halves it at each level), got ${size}`,
    );
  const assumed = `The weights do not tell the image's extent; ${size} is assumed, as usual for levels of ${multipliers} times the channels. Write {"imageSize": …} into azimuth.json if it is another.`;
  return { size, warnings: told === null ? [assumed] : [] };
}
