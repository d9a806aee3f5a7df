import type { FloatTensor } from '../../graph/tensor.js';
import { floatTensor } from '../../graph/tensor.js';
import type { ResnetLayout, UNetLayout } from '../unet-layout.js';
import type { WeightSource } from './architecture.js';

/** Module paths of a code base, each for one of diffusers'; level 0 is outermost, in the decoder too. */
export interface Naming {
  readonly timeEmbedding: readonly [string, string];
  readonly convIn: string;
  readonly normOut: string;
  readonly convOut: string;
  readonly mid: { readonly first: string; readonly attention: string; readonly last: string };
  down(level: number, block: number): { readonly resnet: string; readonly attention: string };
  up(level: number, block: number): { readonly resnet: string; readonly attention: string };
  /** The convolution or residual block between a level and the next. */
  downsampler(level: number): string;
  upsampler(level: number): string;
  /** Parts of a residual block, in the order of {@link RESNET_PARTS}. */
  readonly resnetParts: readonly string[];
  /** Sources of an attention's weights, by diffusers' names of its parts (`to_q.weight`, …). */
  attention(name: string, channels: number): Readonly<Record<string, WeightSource>>;
}

/** diffusers' parts of a residual block. */
export const RESNET_PARTS = ['norm1', 'conv1', 'time_emb_proj', 'norm2', 'conv2', 'conv_shortcut'] as const;

/** The source of every weight of a UNet. */
export function sourcesOf(layout: UNetLayout, naming: Naming): Map<string, WeightSource> {
  const sources = new Map<string, WeightSource>();
  const affine = (name: string, key: string) => {
    for (const part of ['weight', 'bias']) sources.set(`${name}.${part}`, { key: `${key}.${part}` });
  };
  const resnet = ({ name, inChannels, outChannels }: ResnetLayout, key: string) => {
    RESNET_PARTS.forEach((part, i) => {
      if (part !== 'conv_shortcut' || inChannels !== outChannels)
        affine(`${name}.${part}`, `${key}.${naming.resnetParts[i]}`);
    });
  };
  const attention = (name: string | null, key: string, channels: number) => {
    if (!name) return;
    for (const [part, source] of Object.entries(naming.attention(key, channels)))
      sources.set(`${name}.${part}`, source);
  };
  affine('time_embedding.linear_1', naming.timeEmbedding[0]);
  affine('time_embedding.linear_2', naming.timeEmbedding[1]);
  affine('conv_in', naming.convIn);
  const side = (
    levels: UNetLayout['down'],
    place: Naming['down'],
    between: Naming['downsampler'],
    at: (i: number) => number,
  ) =>
    levels.forEach(({ blocks, resample, resampleBlock }, index) => {
      blocks.forEach((block, i) => {
        resnet(block, place(at(index), i).resnet);
        attention(block.attention, place(at(index), i).attention, block.outChannels);
      });
      if (resample) affine(resample, between(at(index)));
      if (resampleBlock) resnet(resampleBlock, between(at(index)));
    });
  side(layout.down, naming.down, naming.downsampler, (index) => index);
  resnet(layout.mid.first, naming.mid.first);
  attention(layout.mid.attention, naming.mid.attention, layout.mid.channels);
  resnet(layout.mid.last, naming.mid.last);
  side(layout.up, naming.up, naming.upsampler, (index) => layout.up.length - 1 - index);
  affine('conv_norm_out', naming.normOut);
  affine('conv_out', naming.convOut);
  return sources;
}

/** A convolution of one pixel as the matrix it is. */
export function asMatrix({ shape, data }: FloatTensor): FloatTensor {
  const isOne = shape.length > 2 && shape.slice(2).every((extent) => extent === 1);
  return floatTensor(isOne ? shape.slice(0, 2) : shape, data);
}
