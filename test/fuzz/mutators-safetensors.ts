import type { Random } from '../../scripts/support/random.js';
import type { Mutator } from './mutators.js';

type Header = Record<string, { dtype: unknown; shape: unknown; data_offsets: unknown }>;

const LENGTHS = [0n, 1n, 7n, 8n, 2n ** 31n, 2n ** 32n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n];
const EXTENTS = [-1, 0, 1, 0.5, 2 ** 31, 2 ** 32, 2 ** 53, 1e300, '3', null];
const SHAPES = [
  [],
  [0],
  [-1],
  [2 ** 32, 2 ** 32],
  [2 ** 53, 0],
  new Array(1000).fill(1),
  [1e300, 1e300],
  'x',
  null,
  {},
  [[3]],
];
const TYPES = ['F16', 'BF16', 'F64', 'I64', 'U8', 'F8_E4M3', 'toString', '', 4, null];
const OFFSETS = [[0, 0], [4, 0], [-4, 0], [0, 2 ** 53], [0], [], null, [0, '4'], [0.5, 4.5]];

/** Header and data of a file; `null` where it has none any more. */
function parts(bytes: Buffer): { header: Header; data: Buffer } | null {
  try {
    const end = 8 + Number(bytes.readBigUInt64LE(0));
    const header: unknown = JSON.parse(bytes.toString('utf8', 8, end));
    const isObject = typeof header === 'object' && header !== null && !Array.isArray(header);
    return isObject ? { header: header as Header, data: bytes.subarray(end) } : null;
  } catch {
    return null;
  }
}

function file(header: string, data: Buffer): Buffer {
  const text = Buffer.from(header);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, data]);
}

function edited(bytes: Buffer, random: Random, edit: (entry: Header[string], header: Header) => void): Buffer {
  const found = parts(bytes);
  const names = found ? Object.keys(found.header).filter((name) => found.header[name] instanceof Object) : [];
  if (!found || names.length === 0) return bytes;
  edit(found.header[random.pick(names)] as Header[string], found.header);
  return file(JSON.stringify(found.header), found.data);
}

function floats(bytes: Buffer, random: Random, value: number): Buffer {
  const found = parts(bytes);
  if (!found || found.data.length < 4) return bytes;
  const out = Buffer.from(bytes);
  out.writeFloatLE(value, bytes.length - found.data.length + 4 * random.below(Math.floor(found.data.length / 4)));
  return out;
}

export const SAFETENSORS_MUTATORS: Readonly<Record<string, Mutator>> = {
  'length of the header': (bytes, random) => {
    const out = Buffer.from(bytes);
    if (out.length >= 8) out.writeBigUInt64LE(random.pick(LENGTHS), 0);
    return out;
  },
  'length of the header, nearly': (bytes, random) => {
    const out = Buffer.from(bytes);
    if (out.length >= 8) out.writeUInt32LE(Math.max(0, out.readUInt32LE(0) + random.below(64) - 32), 0);
    return out;
  },
  shape: (bytes, random) =>
    edited(bytes, random, (entry) => {
      entry.shape = random.pick(SHAPES);
    }),
  extent: (bytes, random) =>
    edited(bytes, random, (entry) => {
      if (Array.isArray(entry.shape)) entry.shape[random.below(entry.shape.length)] = random.pick(EXTENTS);
    }),
  'element type': (bytes, random) =>
    edited(bytes, random, (entry) => {
      entry.dtype = random.pick(TYPES);
    }),
  offsets: (bytes, random) =>
    edited(bytes, random, (entry) => {
      entry.data_offsets = random.pick(OFFSETS);
    }),
  'offsets of another': (bytes, random) =>
    edited(bytes, random, (entry, header) => {
      entry.data_offsets = header[random.pick(Object.keys(header))]?.data_offsets;
    }),
  'a tensor less': (bytes, random) =>
    edited(bytes, random, (_, header) => {
      delete header[random.pick(Object.keys(header))];
    }),
  'a tensor more': (bytes, random) =>
    edited(bytes, random, (_, header) => {
      header[random.pick(['more', '__proto__', '__metadata__', 'toString'])] = {
        dtype: 'F32',
        shape: [0],
        data_offsets: [0, 0],
      };
    }),
  'all over each other': (bytes) => {
    const found = parts(bytes);
    if (!found) return bytes;
    const count = Math.floor(found.data.length / 4);
    const entry = { dtype: 'F32', shape: [count], data_offsets: [0, count * 4] };
    return file(
      JSON.stringify(Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`t${i}`, entry]))),
      found.data,
    );
  },
  'many tensors': () => {
    const entry = { dtype: 'F32', shape: [0], data_offsets: [0, 0] };
    return file(
      JSON.stringify(Object.fromEntries(Array.from({ length: 50_000 }, (_, i) => [`t${i}`, entry]))),
      Buffer.alloc(0),
    );
  },
  'a deep header': (_, random) => file(`${'{"a":'.repeat(random.pick([10, 20_000, 1_000_000]))}1`, Buffer.alloc(64)),
  'a deep entry': () => file(`{"a":${'['.repeat(20_000)}${']'.repeat(20_000)}}`, Buffer.alloc(64)),
  'a deep shape': () =>
    file(
      `{"a":{"dtype":"F32","shape":${'['.repeat(20_000)}${']'.repeat(20_000)},"data_offsets":[0,0]}}`,
      Buffer.alloc(64),
    ),
  'a header that is no object': (_, random) => file(random.pick(['[]', 'null', '3', '""', '{', '']), Buffer.alloc(64)),
  'a header of bytes': (bytes) => Buffer.concat([bytes.subarray(0, 8), Buffer.alloc(200, 0xff)]),
  NaN: (bytes, random) => floats(bytes, random, Number.NaN),
  infinity: (bytes, random) => floats(bytes, random, Number.POSITIVE_INFINITY),
};
