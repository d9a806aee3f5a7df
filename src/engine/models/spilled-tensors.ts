import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FloatTensor, sizeOf } from '../graph/tensor.js';

/** Weights that together take less stay in memory. */
const KEPT_BYTES = 16 * 2 ** 20;

/** Closes a file when nobody holds a tensor of it any more. */
const files = new FinalizationRegistry<number>((file) => closeSync(file));

/**
 * The same tensors, read from a temporary file each time their `data` is asked for where they are large: once a session has
 * been built, the runtime has weights of its own, and a second copy would be for nothing. The file has no name, and
 * goes with the last of its tensors.
 */
export function spilled(
  tensors: ReadonlyMap<string, FloatTensor>,
  keptBytes = KEPT_BYTES,
): ReadonlyMap<string, FloatTensor> {
  const total = [...tensors.values()].reduce((sum, { data }) => sum + data.byteLength, 0);
  if (total < keptBytes) return tensors;
  const folder = mkdtempSync(join(tmpdir(), 'azimuth-weights-'));
  const file = new SpillFile(openSync(join(folder, 'weights.bin'), 'w+'));
  rmSync(folder, { recursive: true, force: true });
  return new Map([...tensors].map(([name, tensor]) => [name, file.put(tensor)]));
}

class SpillFile {
  private size = 0;

  constructor(private readonly file: number) {
    files.register(this, file);
  }

  put({ shape, data }: FloatTensor): FloatTensor {
    const at = this.size;
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    for (let done = 0; done < bytes.length; ) done += writeSync(this.file, bytes, done, bytes.length - done, at + done);
    this.size += bytes.length;
    const read = () => this.read(at, sizeOf(shape));
    return {
      dtype: 'float32',
      shape: [...shape],
      get data() {
        return read();
      },
    };
  }

  private read(at: number, elements: number): Float32Array {
    const out = new Float32Array(elements);
    const bytes = new Uint8Array(out.buffer);
    for (let done = 0; done < bytes.length; ) {
      const count = readSync(this.file, bytes, done, bytes.length - done, at + done);
      if (count === 0) throw new Error('the temporary file of weights became shorter');
      done += count;
    }
    return out;
  }
}
