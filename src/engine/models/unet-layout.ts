import type { ResampleType, UNetConfig } from './diffusers-config.js';

/** One residual block, with self-attention behind it or not. Names are module paths of diffusers' `UNet2DModel`. */
export interface ResnetLayout {
  readonly name: string;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly attention: string | null;
}

export interface LevelLayout {
  readonly blocks: readonly ResnetLayout[];
  /** Module path of the convolution that halves or doubles the image after the level. */
  readonly resample: string | null;
  /** The residual block that does so in its place. */
  readonly resampleBlock: ResnetLayout | null;
}

export interface UNetLayout {
  readonly down: readonly LevelLayout[];
  readonly mid: {
    readonly first: ResnetLayout;
    readonly attention: string | null;
    readonly last: ResnetLayout;
    readonly channels: number;
  };
  readonly up: readonly LevelLayout[];
}

/** Channels and module paths of every block, as `UNet2DModel.__init__` lays them out. */
export function unetLayout(config: UNetConfig): UNetLayout {
  const { blockOutChannels: channels, layersPerBlock, downBlocks, upBlocks } = config;
  const at = (level: number) => channels[level] ?? channels[0] ?? 0;
  const top = channels.length - 1;
  const down = downBlocks.map((kind, level) => ({
    blocks: Array.from({ length: layersPerBlock }, (_, i) =>
      block(
        `down_blocks.${level}`,
        i,
        i === 0 ? at(Math.max(0, level - 1)) : at(level),
        at(level),
        kind === 'AttnDownBlock2D',
      ),
    ),
    ...resampler(
      `down_blocks.${level}.downsamplers.0`,
      level < top && resampleType(kind, config.downsampleType),
      at(level),
    ),
  }));
  const up = upBlocks.map((kind, index) => {
    const level = top - index;
    const [out, previous, outer] = [at(level), at(Math.min(level + 1, top)), at(Math.max(level - 1, 0))];
    return {
      blocks: Array.from({ length: layersPerBlock + 1 }, (_, i) => {
        const skip = i === layersPerBlock ? outer : out;
        return block(`up_blocks.${index}`, i, (i === 0 ? previous : out) + skip, out, kind === 'AttnUpBlock2D');
      }),
      ...resampler(`up_blocks.${index}.upsamplers.0`, level > 0 && resampleType(kind, config.upsampleType), out),
    };
  });
  return { down, up, mid: midLayout(at(top), config.midAttention) };
}

/** Only blocks with attention heed the configuration. */
function resampleType(kind: UNetConfig['downBlocks' | 'upBlocks'][number], ofAttention: ResampleType): ResampleType {
  if (kind.startsWith('Resnet')) return 'resnet';
  return kind.startsWith('Attn') ? ofAttention : 'conv';
}

function resampler(
  name: string,
  type: ResampleType | false,
  channels: number,
): Pick<LevelLayout, 'resample' | 'resampleBlock'> {
  return {
    resample: type === 'conv' ? `${name}.conv` : null,
    resampleBlock: type === 'resnet' ? { name, inChannels: channels, outChannels: channels, attention: null } : null,
  };
}

function block(
  prefix: string,
  index: number,
  inChannels: number,
  outChannels: number,
  attention: boolean,
): ResnetLayout {
  return {
    name: `${prefix}.resnets.${index}`,
    inChannels,
    outChannels,
    attention: attention ? `${prefix}.attentions.${index}` : null,
  };
}

function midLayout(channels: number, attention: boolean): UNetLayout['mid'] {
  const resnet = (index: number) => block('mid_block', index, channels, channels, false);
  return { first: resnet(0), last: resnet(1), attention: attention ? 'mid_block.attentions.0' : null, channels };
}
