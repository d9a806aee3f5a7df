import type { Random } from '../../scripts/support/random.js';
import { JSON_MUTATORS } from './mutators-json.js';
import { SAFETENSORS_MUTATORS } from './mutators-safetensors.js';
import { TORCH_MUTATORS } from './mutators-torch.js';

/** Makes a file that is broken, or lies, of a good one; the original itself where it has nothing to break. */
export type Mutator = (bytes: Buffer, random: Random) => Buffer;
export type Format = 'json' | 'safetensors' | 'torch' | 'onnx';

const EDGES = [0, 1, 0x7f, 0x80, 0xff];

/** Mutations of any file, which know nothing of it. */
const ANY: Readonly<Record<string, Mutator>> = {
  'bit flips': (bytes, random) => {
    const out = Buffer.from(bytes);
    for (let left = 1 + random.below(16); left > 0 && out.length > 0; left -= 1) {
      const at = random.below(out.length);
      out[at] = (out[at] ?? 0) ^ (1 << random.below(8));
    }
    return out;
  },
  'bit flips at the start': (bytes, random) => {
    const out = Buffer.from(bytes);
    for (let left = 1 + random.below(4); left > 0 && out.length > 0; left -= 1) {
      const at = random.below(Math.min(out.length, 400));
      out[at] = (out[at] ?? 0) ^ (1 << random.below(8));
    }
    return out;
  },
  'bit flips at the end': (bytes, random) => {
    const out = Buffer.from(bytes);
    const tail = Math.min(out.length, 400);
    for (let left = 1 + random.below(4); left > 0 && tail > 0; left -= 1) {
      const at = out.length - 1 - random.below(tail);
      out[at] = (out[at] ?? 0) ^ (1 << random.below(8));
    }
    return out;
  },
  'edge bytes': (bytes, random) => {
    const out = Buffer.from(bytes);
    const at = random.below(out.length);
    return out.fill(random.pick(EDGES), at, Math.min(out.length, at + 1 + random.below(8)));
  },
  truncation: (bytes, random) => bytes.subarray(0, random.below(bytes.length)),
  'truncation at the end': (bytes, random) => bytes.subarray(0, Math.max(0, bytes.length - 1 - random.below(64))),
  nothing: () => Buffer.alloc(0),
  'bytes behind': (bytes, random) => Buffer.concat([bytes, Buffer.alloc(1 + random.below(100), random.below(256))]),
  'bytes before': (bytes, random) => Buffer.concat([Buffer.alloc(1 + random.below(16), random.below(256)), bytes]),
  'a part elsewhere': (bytes, random) => {
    const out = Buffer.from(bytes);
    const length = random.below(Math.min(256, out.length));
    bytes.copy(out, random.below(out.length - length), random.below(out.length - length), bytes.length);
    return out;
  },
  zeros: (bytes, random) => {
    const at = random.below(bytes.length);
    return Buffer.from(bytes).fill(0, at, Math.min(bytes.length, at + random.below(4096)));
  },
  noise: (bytes, random) => Buffer.from(bytes.map(() => random.below(256))),
};

/** By format, then by name. */
export const MUTATORS: Readonly<Record<Format, Readonly<Record<string, Mutator>>>> = {
  json: { ...ANY, ...JSON_MUTATORS },
  safetensors: { ...ANY, ...SAFETENSORS_MUTATORS },
  torch: { ...ANY, ...TORCH_MUTATORS },
  onnx: ANY,
};

/** Mutations that replace all that matters by something large, whichever file they are given: a few files are enough. */
export const LARGE: ReadonlySet<string> = new Set([
  'a bomb',
  'a bomb of a pickle',
  'a bomb that says it is small',
  'a deep header',
  'a dictionary in itself',
  'a huge tensor',
  'a list in itself',
  'a long string',
  'a pickle of dictionaries',
  'a pickle of marks',
  'a pickle of nested tuples',
  'a storage shared by many',
  'many entries',
  'many tensors',
  'nested and open',
  'nested deeply',
  'too long',
  'too long a pickle',
]);
