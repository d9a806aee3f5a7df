import type { Activation } from '../diffusion/layers.js';
import { AUTOENCODER_MEANINGS } from './config-meanings.js';
import { ConfigReader } from './config-reader.js';
import { readActivation } from './diffusers-config.js';
import type { ConfigFinding } from './loaded-model.js';

/** A diffusers `VQModel` or `AutoencoderKL` configuration, validated. */
export interface AutoencoderConfig {
  readonly imageChannels: number;
  /** Channels of a sample, as the UNet makes it. */
  readonly sampleChannels: number;
  /** Channels between quantisation and the convolutional halves. */
  readonly latentChannels: number;
  /** Entries of the codebook that samples are rounded to; `null`: they are not. */
  readonly codes: number | null;
  readonly blockOutChannels: readonly number[];
  readonly layersPerBlock: number;
  /** Whether each level has attention, outermost first; of the decoder, innermost first. */
  readonly downAttention: readonly boolean[];
  readonly upAttention: readonly boolean[];
  readonly midAttention: boolean;
  readonly activation: Activation;
  readonly normGroups: number;
  /** Whether the encoder gives mean and log variance of a sample. */
  readonly isVariational: boolean;
  readonly quantConv: boolean;
  readonly postQuantConv: boolean;
  /** A sample of the UNet is (latent − shift)·scale, a channel each. */
  readonly scale: readonly number[];
  readonly shift: readonly number[];
}

const MAX_CHANNELS = 8192;
/** Of Stable Diffusion, and diffusers' default for every autoencoder. */
const USUAL_SCALE = 0.18215;

/** Reads the `config.json` of an autoencoder. Throws MODEL_INVALID for an option that is not built, and for unknown keys. */
export function readAutoencoderConfig(
  where: string,
  text: string,
): { config: AutoencoderConfig; findings: ConfigFinding[]; warnings: string[] } {
  const reader = ConfigReader.parse(where, text);
  const isQuantised = reader.choice('_class_name', ['VQModel', 'AutoencoderKL']) === 'VQModel';
  const blockOutChannels = reader.numbers('block_out_channels', [1, MAX_CHANNELS], [1, 8]);
  const levels = blockOutChannels.length;
  const latentChannels = reader.integer('latent_channels', [1, 64], isQuantised ? 3 : 4);
  const imageChannels = reader.integer('out_channels', [1, 3], 3);
  reader.only('in_channels', imageChannels);
  reader.only('norm_type', 'group');
  const codes = isQuantised ? reader.integer('num_vq_embeddings', [1, 1_000_000], 256) : null;
  const sampleChannels = (isQuantised && reader.integerOrNull('vq_embed_dim', [1, 64])) || latentChannels;
  const perChannel = (key: string, fallback: number, low: number) =>
    reader.has(key)
      ? reader.numbers(key, [low, 1e6], [sampleChannels, sampleChannels])
      : new Array<number>(sampleChannels).fill(fallback);
  const hasScale = reader.has('scaling_factor');
  const factor = reader.number('scaling_factor', [1e-6, 1e6], isQuantised ? 1 : USUAL_SCALE);
  const offset = reader.has('shift_factor') ? reader.number('shift_factor', [-1e6, 1e6]) : 0;
  const config: AutoencoderConfig = {
    imageChannels,
    sampleChannels,
    latentChannels,
    codes,
    blockOutChannels,
    layersPerBlock: reader.integer('layers_per_block', [1, 16], 1),
    downAttention: readAttention(reader, 'down_block_types', 'DownEncoderBlock2D', levels),
    upAttention: readAttention(reader, 'up_block_types', 'UpDecoderBlock2D', levels),
    midAttention: reader.boolean('mid_block_add_attention', true),
    activation: readActivation(reader),
    normGroups: reader.integer('norm_num_groups', [1, MAX_CHANNELS], 32),
    isVariational: !isQuantised,
    quantConv: isQuantised || reader.boolean('use_quant_conv', true),
    postQuantConv: isQuantised || reader.boolean('use_post_quant_conv', true),
    scale: perChannel('latents_std', 1, 1e-6).map((deviation) => factor / deviation),
    shift: perChannel('latents_mean', offset, -1e6),
  };
  for (const channels of blockOutChannels)
    if (channels % config.normGroups !== 0)
      reader.refuse('block_out_channels', `multiples of norm_num_groups = ${config.normGroups}`, channels);
  reader.finish(['sample_size', 'force_upcast', 'lookup_from_codebook', 'dropout']);
  const warnings =
    isQuantised && !hasScale
      ? [
          `${where} has no scaling_factor: samples are decoded as they are, as in 2022, when such files were written. ` +
            `Today's diffusers would divide them by ${USUAL_SCALE}; write the factor down if the UNet was trained with one.`,
        ]
      : [];
  return { config, findings: reader.findings(AUTOENCODER_MEANINGS), warnings };
}

function readAttention(reader: ConfigReader, key: string, plain: string, count: number): boolean[] {
  const attending = `Attn${plain}`;
  return reader.choices(key, [plain, attending], count).map((name) => name === attending);
}
