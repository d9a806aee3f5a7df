import { basename, dirname } from 'node:path/posix';
import { EngineError } from '../../engine/index.js';
import type { HubFile } from './repository.js';

/** Folders of a pipeline that hold a UNet, its schedule, or what decodes its latents. */
const FOLDERS: ReadonlySet<string> = new Set(['.', 'unet', 'scheduler', 'vae', 'vqvae']);
const MAX_JSON_BYTES = 16 * 2 ** 20;
const MAX_TOTAL_BYTES = 16 * 2 ** 30;
/** The best first: where a folder has one kind, the others are its copies. */
const WEIGHTS: readonly RegExp[] = [/\.safetensors$/, /\.(bin|pt|pth|ckpt)$/, /\.onnx([._]data)?$/];
/** Half precision, weights that were not averaged, and what is no model. */
const LESSER = /\.(fp16|bf16|non_ema)[.-]|^(optimizer|scheduler|random_states|scaler|training_args)[._]/;

/** The files of a repository that an import needs. MODEL_INVALID where there are none, or too many bytes. */
export function selectFiles(hubId: string, files: readonly HubFile[]): HubFile[] {
  const inFolders = files.filter(({ path }) => FOLDERS.has(dirname(path)));
  const settings = inFolders.filter(({ path, size }) => path.endsWith('.json') && size <= MAX_JSON_BYTES);
  const weights = [...FOLDERS].flatMap((folder) => weightsOf(inFolders.filter(({ path }) => dirname(path) === folder)));
  if (weights.length === 0) {
    const expected = 'weights as .safetensors, .bin, .pt, .ckpt or .onnx, at its root or in unet/';
    throw new EngineError('MODEL_INVALID', `${hubId}: expected ${expected}, found none among ${files.length} files.`);
  }
  const chosen = [...settings, ...weights];
  const total = chosen.reduce((sum, { size }) => sum + size, 0);
  if (total <= MAX_TOTAL_BYTES) return chosen;
  throw new EngineError('MODEL_INVALID', `${hubId}: ${total} bytes to fetch; at most ${MAX_TOTAL_BYTES} are.`);
}

function weightsOf(files: readonly HubFile[]): HubFile[] {
  const kinds = WEIGHTS.map((pattern) => files.filter(({ path }) => pattern.test(path)));
  const full = kinds.map((kind) => kind.filter(({ path }) => !LESSER.test(basename(path))));
  return full.find((kind) => kind.length > 0) ?? [];
}
