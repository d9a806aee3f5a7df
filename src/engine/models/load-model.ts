import { EngineError } from '../errors.js';
import { isCheckpoint } from './checkpoints/find-checkpoint.js';
import { loadCheckpoint } from './checkpoints/load-checkpoint.js';
import { isDiffusers, loadDiffusers } from './load-diffusers.js';
import type { LoadedModel } from './loaded-model.js';
import { isOnnx, loadOnnx } from './onnx/load-onnx.js';

export interface LoadOptions {
  /** Where h is read, by a name that the model's report lists; the format's own choice if left out. */
  readonly hTap?: string | undefined;
}

/** A kind of model file or folder. */
interface ModelFormat {
  readonly name: string;
  /** A cheap look, from names and first bytes: whether `path` is of this format, valid or not. */
  recognises(path: string): Promise<boolean>;
  load(path: string, options: LoadOptions): Promise<LoadedModel>;
}

/** The first that recognises a path loads it. */
const FORMATS: readonly ModelFormat[] = [
  { name: 'checkpoint', recognises: isCheckpoint, load: loadCheckpoint },
  { name: 'ONNX export', recognises: isOnnx, load: loadOnnx },
  { name: 'diffusers folder', recognises: isDiffusers, load: loadDiffusers },
];

/** Loads a model of any format. Throws MODEL_INVALID that says where, what was expected, what was got and what to do. */
export async function loadModel(path: string, options: LoadOptions = {}): Promise<LoadedModel> {
  for (const format of FORMATS) if (await format.recognises(path)) return format.load(path, options);
  const known = FORMATS.map(({ name }) => name).join(', ');
  throw new EngineError('MODEL_INVALID', `${path}: expected one of ${known}; it is none of them.`);
}
