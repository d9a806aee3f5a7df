import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';
import { EngineError } from '../../errors.js';
import { isPlainName } from '../files/weight-folder.js';
import { SETTINGS_FILE } from '../model-settings.js';
import type { CheckpointSettings } from './checkpoint-settings.js';

const ENDINGS = ['.pt', '.pth', '.ckpt', '.bin', '.safetensors'];
/** Files that say that a folder is of another format. */
const OTHER_FORMATS = ['config.json', 'model_index.json', 'unet', 'scheduler', 'scheduler_config.json'];

/** Whether `path` is a file of weights, or a folder of such and of no other format; what is in them is said later. */
export async function isCheckpoint(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => null);
  if (found?.isFile()) return ENDINGS.includes(extname(path));
  if (!found?.isDirectory() || OTHER_FORMATS.some((name) => existsSync(join(path, name)))) return false;
  if ((await readdir(path)).some((name) => name.endsWith('.onnx'))) return false;
  return existsSync(join(path, SETTINGS_FILE)) || (await weightsIn(path)).length > 0;
}

/** The folder of a checkpoint's settings: its own, or the one it is. */
export async function folderOf(path: string): Promise<string> {
  return (await stat(path)).isDirectory() ? path : dirname(path);
}

/** The file of weights. Throws MODEL_INVALID where a folder has none, or several and the settings do not say which. */
export async function weightFileOf(path: string, { weights }: CheckpointSettings): Promise<string> {
  if (!(await stat(path)).isDirectory()) return path;
  if (weights !== null) {
    if (isPlainName(weights)) return join(path, weights);
    throw new EngineError(
      'MODEL_INVALID',
      `${path}: weights: expected the name of a file in the folder, got ${weights}.`,
    );
  }
  const found = await weightsIn(path);
  if (found.length === 1 && found[0] !== undefined) return join(path, found[0]);
  throw new EngineError(
    'MODEL_INVALID',
    found.length === 0
      ? `${path}: expected a file of weights (${ENDINGS.join(', ')}), found none.`
      : `${path}: holds several files of weights (${found.slice(0, 5).join(', ')}); write the one into ${SETTINGS_FILE}: {"weights": "${found[0]}"}.`,
  );
}

async function weightsIn(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => ENDINGS.includes(extname(name))).sort();
}
