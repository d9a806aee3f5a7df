import type { UNetConfig } from '../diffusers-config.js';
import type { CheckpointSettings } from './checkpoint-settings.js';
import type { ShapeTable } from './shape-table.js';

/** How query, key and value lie in one weight: for each head its three, or all heads of each of the three. */
export type AttentionOrder = 'legacy' | 'new';

type Option = Pick<UNetConfig, 'heads' | 'headChannels'>;

/**
 * Heads of the attentions, which weights do not tell: from the settings, or as the published models have them. Throws
 * MODEL_INVALID where they do not divide the channels.
 */
export function headsOf(
  table: ShapeTable,
  { heads, headChannels }: CheckpointSettings,
  attending: readonly number[],
  resamplesInBlocks: boolean,
): { option: Option; warnings: string[] } {
  const divides = (by: number) => attending.every((channels) => channels % by === 0);
  if (headChannels !== null || heads !== null) {
    const by = headChannels ?? heads ?? 1;
    if (!divides(by))
      throw table.invalid(
        `${headChannels === null ? 'heads' : 'headChannels'}: ${by} does not divide attentions of ${attending} channels`,
      );
    return { option: headChannels === null ? { heads: by, headChannels: null } : { headChannels }, warnings: [] };
  }
  const option =
    resamplesInBlocks && divides(64) ? { headChannels: 64 } : { heads: divides(4) ? 4 : 1, headChannels: null };
  const assumed = option.headChannels === 64 ? '64 channels a head' : `${'heads' in option ? option.heads : 1} heads`;
  const warning = `The weights do not tell the heads of the attentions; ${assumed} are assumed, as usual for such models. Write {"heads": …} or {"headChannels": …} (num_heads, num_head_channels) into azimuth.json if they are others.`;
  return { option, warnings: [warning] };
}

/** The order, which weights do not tell and only matters with several heads. */
export function attentionOrder(
  { attentionOrder: told }: CheckpointSettings,
  matters: boolean,
): { order: AttentionOrder; warnings: string[] } {
  const warning =
    'The weights do not tell the order of query, key and value; "legacy" is assumed. Write {"attentionOrder": "new"} into azimuth.json if the model was made with use_new_attention_order.';
  return { order: told ?? 'legacy', warnings: told === null && matters ? [warning] : [] };
}
