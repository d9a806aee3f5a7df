import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type FloatTensor, floatTensor, sizeOf } from '../../src/engine/graph/tensor.js';
import { fixture } from './models.js';
import { type TorchValue, torchFile } from './torch-file.js';

/** The reference values under test/golden/checkpoints: see scripts/golden/checkpoints.py. */
export const CHECKPOINTS = ['ddim', 'ddim-deep', 'adm', 'adm-new-order', 'adm-narrow-start', 'p2', 'iddpm'];

/** Element i of tensor n as that script made it: a hash (Wellons, lowbias32), its upper 24 bits in −½…½. */
function uniform(index: number, salt: number): number {
  let x = (index + Math.imul(salt, 0x9e3779b9)) >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  x ^= x >>> 16;
  return (x >>> 8) / 2 ** 24 - 0.5;
}

/** The state dict that the reference values were computed with. */
export function checkpointTensors(name: string): Map<string, FloatTensor> {
  const table = JSON.parse(readFileSync(fixture(`checkpoints/${name}/weights.json`), 'utf8')) as [
    string,
    number[],
    number,
    number,
  ][];
  return new Map(
    table.map(([key, shape, width, middle], salt) => {
      const data = Float32Array.from({ length: sizeOf(shape) }, (_, i) => middle + width * uniform(i, salt));
      return [key, floatTensor(shape, data)];
    }),
  );
}

/** Writes a folder that holds the checkpoint and its reference values; `wrap` says how the file keeps the weights. */
export function writeCheckpoint(
  name: string,
  folder: string,
  wrap: (tensors: Map<string, FloatTensor>) => TorchValue = (tensors) => new Map(tensors),
): void {
  for (const file of ['golden.safetensors', 'golden.json', 'azimuth.json'])
    cpSync(fixture(`checkpoints/${name}/${file}`), join(folder, file));
  writeFileSync(join(folder, 'model.pt'), torchFile(wrap(checkpointTensors(name))));
}
