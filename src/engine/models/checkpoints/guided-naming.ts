import { type FloatTensor, floatTensor } from '../../graph/tensor.js';
import type { WeightSource } from './architecture.js';
import type { AttentionOrder } from './attention-heads.js';
import type { BlockPlan } from './guided-diffusion.js';
import { asMatrix, type Naming } from './naming.js';

/** Module paths of openai's code bases: one flat list of blocks a side, each block a list of layers. */
export function guidedNaming(
  plan: BlockPlan,
  attends: readonly boolean[],
  order: AttentionOrder,
  headsOf: (channels: number) => number,
): Naming {
  const layers = (block: string) => ({ resnet: `${block}.0`, attention: `${block}.1` });
  return {
    timeEmbedding: ['time_embed.0', 'time_embed.2'],
    convIn: 'input_blocks.0.0',
    normOut: 'out.0',
    convOut: 'out.2',
    mid: { first: 'middle_block.0', attention: 'middle_block.1', last: 'middle_block.2' },
    down: (level, block) => layers(`input_blocks.${plan.input(level, block)}`),
    up: (level, block) => layers(`output_blocks.${plan.output(level, block)}`),
    downsampler: (level) => `input_blocks.${plan.input(level, plan.blocks)}.0${plan.resamplesInBlocks ? '' : '.op'}`,
    upsampler: (level) => {
      const last = `output_blocks.${plan.output(level, plan.blocks)}.${attends[level] ? 2 : 1}`;
      return plan.resamplesInBlocks ? last : `${last}.conv`;
    },
    resnetParts: ['in_layers.0', 'in_layers.2', 'emb_layers.1', 'out_layers.0', 'out_layers.3', 'skip_connection'],
    attention: (name, channels) => attentionSources(name, order, channels, headsOf(channels)),
  };
}

function attentionSources(
  name: string,
  order: AttentionOrder,
  channels: number,
  heads: number,
): Record<string, WeightSource> {
  const sources: Record<string, WeightSource> = {};
  for (const kind of ['weight', 'bias']) {
    sources[`group_norm.${kind}`] = { key: `${name}.norm.${kind}` };
    sources[`to_out.0.${kind}`] = { key: `${name}.proj_out.${kind}`, make: asMatrix };
    ['to_q', 'to_k', 'to_v'].forEach((part, index) => {
      // One of another shape is left as it is, and refused with the others that do not fit.
      const make = (tensor: FloatTensor) =>
        tensor.shape[0] === 3 * channels ? asMatrix(third(tensor, index, channels, heads, order)) : tensor;
      sources[`${part}.${kind}`] = { key: `${name}.qkv.${kind}`, make };
    });
  }
  return sources;
}

/** The rows of `[3C, …]` that make the queries (0), keys (1) or values (2): `[C, …]`, head by head. */
function third(
  { shape, data }: FloatTensor,
  index: number,
  channels: number,
  heads: number,
  order: AttentionOrder,
): FloatTensor {
  const width = channels / heads;
  const row = shape.slice(1).reduce((product, extent) => product * extent, 1);
  const out = new Float32Array(channels * row);
  for (let head = 0; head < heads; head += 1) {
    const from = order === 'legacy' ? (head * 3 + index) * width : index * channels + head * width;
    out.set(data.subarray(from * row, (from + width) * row), head * width * row);
  }
  return floatTensor([channels, ...shape.slice(1)], out);
}
