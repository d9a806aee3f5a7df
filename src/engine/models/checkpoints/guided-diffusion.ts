import { type UNetConfig, USUAL_OPTIONS } from '../diffusers-config.js';
import { unetLayout } from '../unet-layout.js';
import { attentionHeads } from '../unet-weights.js';
import type { Architecture, Understood } from './architecture.js';
import { attentionOrder, headsOf } from './attention-heads.js';
import type { CheckpointSettings } from './checkpoint-settings.js';
import { guidedNaming } from './guided-naming.js';
import { imageSize } from './image-size.js';
import { sourcesOf } from './naming.js';
import { checkLevels, type ShapeTable } from './shape-table.js';

const GROUPS = 32;

/**
 * The UNet of "Improved Denoising Diffusion Probabilistic Models" (openai/improved-diffusion), of "Diffusion Models Beat GANs"
 * (openai/guided-diffusion: ADM), and of what descends from them (P2-weighting, ILVR): their weights have the same names.
 */
export const GUIDED_DIFFUSION: Architecture = {
  format: 'guided-diffusion',
  marker: 'input_blocks.0.0.weight',
  tap: 'middle_block',
  understand,
};

function understand(table: ShapeTable, settings: CheckpointSettings): Understood {
  if (!table.has('output_blocks.0.0.in_layers.0.weight'))
    throw table.invalid('it has no output_blocks: a classifier, not a UNet that predicts noise');
  const plan = planOf(table);
  const { blocks, channels, levels } = plan;
  checkLevels(table, channels, blocks, GROUPS);
  const features = table.extent('time_embed.0.weight', 1);
  const { size, warnings } = imageSize(table, settings, channels, features);
  const attends = levels.map((level) => table.has(`input_blocks.${plan.input(level, 0)}.1.norm.weight`));
  const attending = [...channels.filter((_, level) => attends[level]), channels.at(-1) ?? 0];
  const heads = headsOf(table, settings, attending, plan.resamplesInBlocks);
  const scaleShift = table.extent('input_blocks.1.0.emb_layers.1.weight', 0) === 2 * (channels[0] ?? 0);
  const labels = table.has('label_emb.weight');
  const config: UNetConfig = {
    ...USUAL_OPTIONS,
    ...heads.option,
    sampleSize: [size, size],
    ...imageChannels(table),
    blockOutChannels: channels,
    layersPerBlock: blocks,
    downBlocks: attends.map((attention) =>
      attention ? 'AttnDownBlock2D' : plan.resamplesInBlocks ? 'ResnetDownsampleBlock2D' : 'DownBlock2D',
    ),
    upBlocks: attends
      .map((attention) =>
        attention ? 'AttnUpBlock2D' : plan.resamplesInBlocks ? 'ResnetUpsampleBlock2D' : 'UpBlock2D',
      )
      .reverse() as UNetConfig['upBlocks'],
    downsampleType: plan.resamplesInBlocks ? 'resnet' : 'conv',
    upsampleType: plan.resamplesInBlocks ? 'resnet' : 'conv',
    classEmbedding: labels ? { kind: 'table', classes: table.extent('label_emb.weight', 0) } : null,
    midAttention: true,
    midAttentionGroups: GROUPS,
    downsamplePadding: 1,
    timeFeatures: features,
    timeEmbeddingWidth: table.extent('time_embed.2.weight', 0),
    flipSinToCos: true,
    freqShift: 0,
    normGroups: GROUPS,
    normEpsilon: 1e-5,
    centerInput: false,
    timeScaleShift: scaleShift ? 'scale_shift' : 'default',
    midScaleFactor: 1,
  };
  const order = attentionOrder(
    settings,
    attending.some((width) => attentionHeads(config, width) > 1),
  );
  const naming = guidedNaming(plan, attends, order.order, (width) => attentionHeads(config, width));
  const sources = sourcesOf(unetLayout(config), naming);
  if (labels) sources.set('class_embedding.weight', { key: 'label_emb.weight' });
  return { config, sources, ignored: [], warnings: [...warnings, ...heads.warnings, ...order.warnings] };
}

/** How the flat lists of blocks are divided into levels. */
export interface BlockPlan {
  readonly levels: readonly number[];
  /** Residual blocks of an encoder's level. */
  readonly blocks: number;
  readonly channels: readonly number[];
  /** Whether residual blocks, not convolutions, halve and double the image. */
  readonly resamplesInBlocks: boolean;
  /** Index in `input_blocks`; block = {@link blocks} is what halves the image behind the level. */
  input(level: number, block: number): number;
  /** Index in `output_blocks`. */
  output(level: number, block: number): number;
}

/** A level of the decoder ends where a block has something behind it that doubles the image; the encoder mirrors it. */
function planOf(table: ShapeTable): BlockPlan {
  const outputs = table.count((index) => `output_blocks.${index}.0.in_layers.0.weight`);
  const ends = (index: number, part: string) =>
    [1, 2].some((at) => table.has(`output_blocks.${index}.${at}.${part}.weight`));
  const indices = Array.from({ length: outputs }, (_, index) => index);
  const inBlock = indices.find((index) => ends(index, 'in_layers.0'));
  const inConvolution = indices.find((index) => ends(index, 'conv'));
  const perLevel = (inBlock ?? inConvolution ?? outputs - 1) + 1;
  const count = outputs / perLevel;
  if (!Number.isInteger(count))
    throw table.invalid(
      `${outputs} output_blocks do not make levels of ${perLevel}; resampling without weights is not built`,
    );
  const levels = Array.from({ length: count }, (_, level) => level);
  const input = (level: number, block: number) => 1 + level * perLevel + block;
  return {
    levels,
    blocks: perLevel - 1,
    channels: levels.map((level) => table.extent(`input_blocks.${input(level, 0)}.0.out_layers.3.weight`, 0)),
    resamplesInBlocks: inBlock !== undefined,
    input,
    output: (level, block) => (count - 1 - level) * perLevel + block,
  };
}

/** Channels in and out. Throws MODEL_INVALID for a UNet that is given another image beside x. */
function imageChannels(table: ShapeTable): Pick<UNetConfig, 'inChannels' | 'outChannels'> {
  const inChannels = table.extent('input_blocks.0.0.weight', 1);
  const outChannels = table.extent('out.2.weight', 0);
  if (inChannels !== 6 && (outChannels === inChannels || outChannels === 2 * inChannels))
    return { inChannels, outChannels };
  throw table.invalid(
    `${inChannels} channels in and ${outChannels} out: a model that is given another image beside x (super-resolution) is not built`,
  );
}
