import { EngineError } from '../../errors.js';
import type { OnnxFile, OnnxInput } from './onnx-file.js';

/** What of a file's inputs and outputs a diffusion UNet has. */
export interface UNetInputs {
  readonly sample: OnnxInput;
  readonly timestep: OnnxInput;
  readonly output: string;
  /** Of the export: what the batch of the sample, or else of the timestep, is fixed to; 1 where both are open. */
  readonly batch: number;
  readonly channels: number;
  /** `[C,H,W]`. */
  readonly sampleShape: readonly [number, number, number];
  readonly warnings: readonly string[];
}

const MAX_EXTENT = 4096;
const MAX_CHANNELS = 64;
const MAX_BATCH = 1024;

/**
 * Finds the sample (the one float input of rank 4) and the timestep (the one other input, of rank 0 or 1). `extent` gives the
 * image's extent where the file leaves it open. Throws MODEL_INVALID on other inputs: a condition, a class.
 */
export function findInputs(file: OnnxFile, extent: readonly [number, number] | null): UNetInputs {
  const { where, inputs, outputs } = file;
  const listed = inputs.map(({ name, shape }) => `${name}[${shape.map((size) => size ?? '?')}]`).join(', ') || 'none';
  const refuse = (expected: string) =>
    new EngineError('MODEL_INVALID', `${where}: inputs: expected ${expected}; got ${listed}.`);
  const [sample, ...otherImages] = inputs.filter(({ shape, isFloat }) => shape.length === 4 && isFloat);
  const [timestep, ...otherNumbers] = inputs.filter(({ shape }) => shape.length <= 1);
  if (!sample || !timestep) throw refuse('a sample [N,C,H,W] and a timestep [] or [N]');
  if (otherImages.length + otherNumbers.length + 2 !== inputs.length || otherImages.length + otherNumbers.length > 0)
    throw refuse('a sample and a timestep only (conditions and classes are not fed)');
  const [batch = timestep.shape[0] ?? 1, channels, height = extent?.[0], width = extent?.[1]] = sample.shape.map(
    (size) => size ?? undefined,
  );
  if (!channels || channels > MAX_CHANNELS) throw refuse(`a sample of 1 to ${MAX_CHANNELS} channels`);
  if (!height || !width)
    throw refuse('a sample of fixed height and width, or sample_size in config.json beside the file');
  if (height > MAX_EXTENT || width > MAX_EXTENT || batch > MAX_BATCH)
    throw refuse(`a sample of at most ${MAX_EXTENT} × ${MAX_EXTENT} pixels, in a batch of at most ${MAX_BATCH}`);
  const [output, ...otherOutputs] = outputs;
  if (output === undefined) throw new EngineError('MODEL_INVALID', `${where}: outputs: expected one, found none.`);
  const warnings =
    otherOutputs.length === 0 ? [] : [`Of ${outputs.length} outputs only the first, ${output}, is used.`];
  return { sample, timestep, output, batch, channels, sampleShape: [channels, height, width], warnings };
}
