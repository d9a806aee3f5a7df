import { safetensorsIn } from './safetensors-file.js';
import { adviceFor, type StateTable, statesIn } from './torch-file.js';
import type { WeightFile } from './weight-file.js';

const ZIP = [0x50, 0x4b, 0x03, 0x04];
const JSON_START = 0x7b;

/**
 * The tables of tensors in a file of weights, told by its first bytes: one of safetensors, one or more of torch.save.
 * Throws MODEL_INVALID for anything else, saying what it seems to be.
 */
export async function readStates(file: WeightFile): Promise<readonly StateTable[]> {
  const start = await file.read(0, Math.min(64, file.size));
  if (ZIP.every((byte, i) => start[i] === byte)) return statesIn(file);
  if (file.path.endsWith('.safetensors') || start[8] === JSON_START) {
    return [{ path: '', tensors: await safetensorsIn(file) }];
  }
  throw file.invalid(`${adviceFor(start)}.`);
}
